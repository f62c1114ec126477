"""Random networks with branches, whose fields are measured by gradients.

All weights and values are positive, so that nothing cancels; where `mean` is set, a mean takes a
maximum's place, since a gradient goes back to the largest value alone.
"""

from __future__ import annotations

import random

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Layer(nn.Module):
    """One random layer on maps of one dimension or two."""

    def __init__(self, rng: random.Random, axes: int, channels: int) -> None:
        super().__init__()
        self.mean = False
        self.axes = axes
        self.kind = rng.choice(
            [
                "conv",
                "conv",
                "conv",
                "pool",
                "mean",
                "transposed",
                "nearest",
                "pad",
                "slice",
                "flip",
                "relu",
                "norm",
            ]
        )
        self.kernel = [rng.randint(1, 4) for _ in range(axes)]
        self.stride = [rng.randint(1, 2) for _ in range(axes)]
        self.dilation = [rng.randint(1, 2) for _ in range(axes)]
        self.padding = [rng.randint(0, k // 2) for k in self.kernel]
        self.pads = [rng.randint(0, 2) for _ in range(2 * axes)]
        self.start, self.step = rng.randint(0, 2), rng.randint(1, 2)
        shape = (channels, channels, *self.kernel)
        self.weight = nn.Parameter(torch.rand(shape, dtype=torch.float64) + 0.1)
        self.norm = (nn.BatchNorm1d, nn.BatchNorm2d)[axes - 1](channels).double()

    def forward(self, x: Tensor) -> Tensor:
        conv = (F.conv1d, F.conv2d)[self.axes - 1]
        back = (F.conv_transpose1d, F.conv_transpose2d)[self.axes - 1]
        largest = (F.max_pool1d, F.max_pool2d)[self.axes - 1]
        mean = (F.avg_pool1d, F.avg_pool2d)[self.axes - 1]
        if self.kind == "conv":
            return conv(x, self.weight, None, self.stride, self.padding, self.dilation)
        if self.kind == "pool":
            pool = mean if self.mean else largest
            return pool(x, self.kernel, self.stride, self.padding)
        if self.kind == "mean":
            return mean(x, self.kernel, self.stride, self.padding, ceil_mode=True)
        if self.kind == "transposed":
            return back(x, self.weight, None, self.stride, 0, 0, 1, self.dilation)
        if self.kind == "nearest":
            return F.interpolate(x, scale_factor=2.0)
        if self.kind == "pad":
            return F.pad(x, self.pads)
        if self.kind == "slice":
            return x[..., self.start :: self.step]
        if self.kind == "flip":
            return x.flip(-1)
        return F.relu(x, inplace=True) if self.kind == "relu" else self.norm(x)


class Branches(nn.Module):
    """Paths that keep the size, added or concatenated."""

    def __init__(self, rng: random.Random, axes: int, channels: int) -> None:
        super().__init__()
        self.axes, self.how = axes, rng.choice(("add", "in place", "cat", "squeeze"))
        odd = [[rng.choice((1, 3, 5)) for _ in range(axes)] for _ in range(rng.randint(1, 3))]
        self.weights = nn.ParameterList(
            torch.rand(channels, channels, *kernel, dtype=torch.float64) + 0.1 for kernel in odd
        )
        self.mix = nn.Parameter(
            torch.rand(channels, (1 + len(odd)) * channels, *(1,) * axes, dtype=torch.float64) + 0.1
        )
        self.identity = rng.random() < 0.7

    def forward(self, x: Tensor) -> Tensor:
        conv = (F.conv1d, F.conv2d)[self.axes - 1]
        paths = [conv(x, w, padding=[k // 2 for k in w.shape[2:]]) for w in self.weights]
        if self.how == "cat":
            return conv(torch.cat([x, *paths], 1), self.mix)
        if self.how == "squeeze":
            return x * paths[0].mean(dim=tuple(range(2, x.ndim)), keepdim=True)
        total = paths[0].clone()
        for path in [*paths[1:], *([x] if self.identity else [])]:
            if self.how == "in place":
                total += path
            else:
                total = total + path
        return total


def network(seed: int, axes: int, depth: int = 5, channels: int = 2) -> nn.Sequential:
    """Return a random network in inference mode."""
    rng = random.Random(seed)
    torch.manual_seed(seed)
    makes = [rng.choice((Layer, Layer, Branches)) for _ in range(depth)]
    return nn.Sequential(*(make(rng, axes, channels) for make in makes)).eval()


def measured(net: nn.Module, size: tuple[int, ...], unit: tuple[int, ...]) -> Tensor:
    """Return where the gradient of one output position is not 0, over the channels."""
    for layer in net.modules():
        if isinstance(layer, Layer):
            layer.mean = True
    x = torch.rand(1, 2, *size, dtype=torch.float64).add_(0.1).requires_grad_()
    y = net(x * 1)
    y[(0, slice(None), *unit)].sum().backward()
    assert x.grad is not None
    return x.grad[0].abs().sum(0) > 0
