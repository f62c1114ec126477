"""Residual blocks: what a few layers make of x is added to x itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.arrays import as_flag
from cnnviz.nets._common import counts, one_of

__all__ = [
    "STRIDE_ON",
    "BasicBlock",
    "Bottleneck",
    "PreActivationBlock",
    "conv",
    "make_shortcut",
    "make_stage",
]


#: Which convolution of a bottleneck has the stride.
STRIDE_ON = {"3x3": "as in torchvision", "1x1": "as in the paper"}

_SHORTCUTS = {"projection": "option B", "identity": "option A", "none": "the plain network"}


def conv(before: int, after: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    """Return a convolution that keeps the size, but for its stride; a norm brings the bias.

    Examples
    --------
    >>> conv(16, 32, 3, stride=2)
    Conv2d(16, 32, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), bias=False)
    """
    return nn.Conv2d(before, after, kernel, stride, padding=kernel // 2, bias=False)


class PadShortcut(nn.Module):
    """The identity where the shape changes: every `stride`-th pixel, and zeros as further maps.

    Option A of He et al. (2016), section 3.3: it has no parameters.

    Examples
    --------
    >>> import torch
    >>> PadShortcut(1, 3, stride=2)(torch.ones(1, 1, 2, 2)).flatten()
    tensor([1., 0., 0.])
    """

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.further, self.stride = after - before, stride

    def forward(self, x: Tensor) -> Tensor:
        """Give ``(N, after, ⌈H/s⌉, ⌈W/s⌉)`` for ``(N, before, H, W)``."""
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.further))


def make_shortcut(
    kind: str, before: int, after: int, stride: int, *, norm: bool = True
) -> nn.Module | None:
    """Return the way around a block, None if there is none.

    Parameters
    ----------
    kind : "identity", "projection" or "none"
        What to do where the shape changes: `PadShortcut`, or a 1 × 1 convolution with (`norm`) a
        batch norm. Where it doesn't change, both are the identity.
    before, after : int
        Maps.
    stride : int
    """
    if one_of("shortcut", kind, _SHORTCUTS) == "none":
        return None
    if before == after and stride == 1:
        return nn.Identity()
    if kind == "identity":
        if after < before:
            raise ValueError(f"width must give at least the {before} maps before it, got {after}")
        return PadShortcut(before, after, stride)
    projection = conv(before, after, 1, stride)
    return nn.Sequential(projection, nn.BatchNorm2d(after)) if norm else projection


class BasicBlock(nn.Module):
    """Two 3 × 3 convolutions and a way around them: ReLU(branch(x) + shortcut(x)).

    Parameters
    ----------
    before, width : int
        Maps that come in and go out.
    stride : int
        Of the first convolution.
    shortcut : "projection", "identity" or "none"
        What goes around where the shape changes; with "none" nothing is ever added.

    Examples
    --------
    >>> import torch
    >>> BasicBlock(16, 32, stride=2)(torch.zeros(1, 16, 8, 8)).shape
    torch.Size([1, 32, 4, 4])
    """

    def __init__(
        self, before: int, width: int, stride: int = 1, shortcut: str = "projection"
    ) -> None:
        super().__init__()
        before, width, stride = counts(before=before, width=width, stride=stride)
        self.after = width
        self.conv1 = conv(before, width, 3, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv(width, width, 3)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.downsample = make_shortcut(shortcut, before, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Give ``(N, width, H/stride, W/stride)`` for ``(N, before, H, W)``."""
        out: Tensor = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.downsample is not None:
            out = out + self.downsample(x)
        out = self.relu(out)
        return out


class Bottleneck(nn.Module):
    """1 × 1 to few maps, 3 × 3 on them, 1 × 1 to four times as many, and a way around.

    Parameters
    ----------
    before, width : int
        Maps that come in, and that the 3 × 3 convolution works on; ``4 * width`` go out.
    stride : int
    shortcut : "projection", "identity" or "none"
        As for `BasicBlock`.
    stride_on : "3x3" or "1x1"
        Which convolution has the stride: the 3 × 3, as in torchvision ("v1.5"), or the first
        1 × 1, as in the paper.

    Examples
    --------
    >>> import torch
    >>> Bottleneck(64, 32, stride=2)(torch.zeros(1, 64, 8, 8)).shape
    torch.Size([1, 128, 4, 4])
    """

    def __init__(
        self,
        before: int,
        width: int,
        stride: int = 1,
        shortcut: str = "projection",
        stride_on: str = "3x3",
    ) -> None:
        super().__init__()
        one_of("stride_on", stride_on, STRIDE_ON)
        before, width, stride = counts(before=before, width=width, stride=stride)
        self.after = 4 * width
        first, second = (stride, 1) if stride_on == "1x1" else (1, stride)
        self.conv1 = conv(before, width, 1, first)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv(width, width, 3, second)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = conv(width, self.after, 1)
        self.bn3 = nn.BatchNorm2d(self.after)
        self.relu = nn.ReLU()
        self.downsample = make_shortcut(shortcut, before, self.after, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Give ``(N, 4 * width, H/stride, W/stride)`` for ``(N, before, H, W)``."""
        out: Tensor = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        if self.downsample is not None:
            out = out + self.downsample(x)
        out = self.relu(out)
        return out


class PreActivationBlock(nn.Module):
    """A block whose norm and ReLU come before each convolution: nothing changes what goes around.

    After He et al. (2016b), "Identity mappings in deep residual networks". A projection sees x
    after the first norm and ReLU; the identity is of x itself.

    Parameters
    ----------
    before, width : int
        As for `BasicBlock`; with `bottleneck`, as for `Bottleneck`.
    stride : int
        Of the first 3 × 3 convolution.
    shortcut : "projection", "identity" or "none"
    bottleneck : bool

    Examples
    --------
    >>> import torch
    >>> PreActivationBlock(16, 32, stride=2)(torch.zeros(1, 16, 8, 8)).shape
    torch.Size([1, 32, 4, 4])
    """

    def __init__(
        self,
        before: int,
        width: int,
        stride: int = 1,
        shortcut: str = "projection",
        bottleneck: bool = False,
    ) -> None:
        super().__init__()
        before, width, stride = counts(before=before, width=width, stride=stride)
        if as_flag("bottleneck", bottleneck):
            convs = [
                conv(before, width, 1),
                conv(width, width, 3, stride),
                conv(width, 4 * width, 1),
            ]
        else:
            convs = [conv(before, width, 3, stride), conv(width, width, 3)]
        self.relu = nn.ReLU()
        self.first = nn.BatchNorm2d(before)
        self.branch = nn.Sequential(convs[0])
        for layer in convs[1:]:
            self.branch.extend([nn.BatchNorm2d(layer.in_channels), nn.ReLU(), layer])
        self.after = convs[-1].out_channels
        self.downsample = make_shortcut(shortcut, before, self.after, stride, norm=False)

    def forward(self, x: Tensor) -> Tensor:
        """Give ``(N, after, H/stride, W/stride)`` for ``(N, before, H, W)``."""
        active = self.relu(self.first(x))
        out: Tensor = self.branch(active)
        if self.downsample is None:
            return out
        changes = isinstance(self.downsample, nn.Conv2d)
        return out + cast(Tensor, self.downsample(active if changes else x))


def make_stage(
    block: Callable[..., Any], before: int, width: int, depth: int, stride: int
) -> tuple[nn.Sequential, int]:
    """Return `depth` blocks, of which the first changes the shape, and the maps that come out.

    Examples
    --------
    >>> stage, after = make_stage(Bottleneck, 64, 64, 3, stride=1)
    >>> len(stage), after
    (3, 256)
    """
    first = block(before, width, stride)
    rest = (block(first.after, width) for _ in range(depth - 1))
    return nn.Sequential(first, *rest), first.after
