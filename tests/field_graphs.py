"""Random networks with branches, as graphs for `cnnviz.fields` and as what torch runs.

All weights are positive and there is nothing else but sums, so that nothing cancels: what a unit
sees is where its gradient is not 0, and what sees a position is what answers to it alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

CONV = {1: F.conv1d, 2: F.conv2d}
CONV_TRANSPOSE = {1: F.conv_transpose1d, 2: F.conv_transpose2d}
MEAN_POOL = {1: F.avg_pool1d, 2: F.avg_pool2d}
ADAPTIVE = {1: F.adaptive_avg_pool1d, 2: F.adaptive_avg_pool2d}

Run = Callable[[Tensor], Tensor]


class Layer(NamedTuple):
    """An operation of one map, (1, 1, *n), and its window per axis."""

    run: Run
    windows: list[Any]


class Network(NamedTuple):
    """A graph, and what computes every node's map from the input's."""

    graph: dict[str, Any]
    layers: list[list[tuple[int, Run]]]

    def maps(self, x: Tensor) -> list[Tensor]:
        maps = [x]
        for terms in self.layers:
            maps.append(sum((run(maps[source]) for source, run in terms), torch.zeros(())))
        return maps


def _weights(rng: random.Random, kernel: list[int]) -> Tensor:
    count = int(torch.tensor(kernel).prod())
    values = [rng.uniform(0.5, 1.5) for _ in range(count)]
    return torch.tensor(values, dtype=torch.float64).reshape(1, 1, *kernel)


def _conv(rng: random.Random, n: list[int]) -> Layer:
    axes = range(len(n))
    kernel = [rng.choice((1, 2, 3, 5)) for _ in axes]
    if len(n) == 2 and rng.random() < 0.3:
        kernel[rng.randrange(2)] = 1  # one arm of a cross
    stride = [rng.choice((1, 1, 2, 3)) for _ in axes]
    dilation = [rng.choice((1, 1, 2, 3)) for _ in axes]
    pads = [[rng.randint(0, 3), rng.randint(0, 3)] for _ in axes]
    for a in axes:
        while n[a] + sum(pads[a]) < dilation[a] * (kernel[a] - 1) + 1:
            pads[a][rng.randrange(2)] += 1
    weight = _weights(rng, kernel)
    sides = [side for pair in reversed(pads) for side in pair]

    def run(x: Tensor) -> Tensor:
        return CONV[len(n)](F.pad(x, sides), weight, stride=stride, dilation=dilation)

    return Layer(run, [[kernel[a], stride[a], pads[a][0], dilation[a]] for a in axes])


def _transposed(rng: random.Random, n: list[int]) -> Layer:
    axes = range(len(n))
    kernel, stride = [rng.randint(1, 4) for _ in axes], [rng.randint(1, 3) for _ in axes]
    dilation, cut = [rng.randint(1, 2) for _ in axes], [rng.randint(0, 1) for _ in axes]
    weight = _weights(rng, kernel)
    for a in axes:
        if (n[a] - 1) * stride[a] + dilation[a] * (kernel[a] - 1) + 1 <= 2 * cut[a]:
            cut[a] = 0

    def run(x: Tensor) -> Tensor:
        return CONV_TRANSPOSE[len(n)](x, weight, stride=stride, padding=cut, dilation=dilation)

    return Layer(run, [[kernel[a], stride[a], cut[a], dilation[a], 1] for a in axes])


def _pool(rng: random.Random, n: list[int]) -> Layer:
    kernel = [min(size, rng.randint(1, 3)) for size in n]
    stride = [rng.randint(1, 3) for _ in n]
    padding = [rng.randint(0, k // 2) for k in kernel]

    def run(x: Tensor) -> Tensor:
        return MEAN_POOL[len(n)](x, kernel, stride, padding)

    return Layer(run, [[k, s, p, 1] for k, s, p in zip(kernel, stride, padding, strict=True)])


def _adaptive(rng: random.Random, n: list[int]) -> Layer:
    out = [rng.randint(1, size) for size in n]

    def run(x: Tensor) -> Tensor:
        return ADAPTIVE[len(n)](x, out)

    def spans(size: int, m: int) -> dict[str, Any]:
        return {"spans": [[i * size // m, -(-(i + 1) * size // m) - 1] for i in range(m)]}

    return Layer(run, [spans(size, m) for size, m in zip(n, out, strict=True)])


def _mean(rng: random.Random, n: list[int]) -> Layer:
    axes = tuple(range(2, 2 + len(n)))
    return Layer(lambda x: x.mean(axes, keepdim=True), [[size, 0, 0, 1] for size in n])


def _pass(rng: random.Random, n: list[int]) -> Layer:
    return Layer(lambda x: x, [[1, 1, 0, 1] for _ in n])


MAKERS = (_conv, _conv, _conv, _transposed, _pool, _adaptive, _pass)


def network(rng: random.Random, axes: int, depth: int = 6, largest: int = 14) -> Network:
    """Draw a network; where two maps have one size they are often added up."""
    size = [rng.randint(4, largest) for _ in range(axes)]
    nodes: list[dict[str, Any]] = [
        {"name": "input", "label": "input", "channels": 1, "size": size, "from": [], "windows": []}
    ]
    layers: list[list[tuple[int, Run]]] = []
    maps = [torch.ones(1, 1, *size, dtype=torch.float64)]

    def add(terms: list[tuple[int, Layer]]) -> None:
        y = sum((layer.run(maps[source]) for source, layer in terms), torch.zeros(()))
        name = f"node {len(nodes)}"
        nodes.append({"name": name, "label": name, "channels": 1, "size": list(y.shape[2:])})
        nodes[-1]["from"] = [source for source, _ in terms]
        nodes[-1]["windows"] = [layer.windows for _, layer in terms]
        layers.append([(source, layer.run) for source, layer in terms])
        maps.append(y)

    while len(nodes) <= depth:
        source = rng.choice((len(nodes) - 1, len(nodes) - 1, rng.randrange(len(nodes))))
        n = list(maps[source].shape[2:])
        layer = rng.choice(MAKERS)(rng, n)
        y = layer.run(maps[source])
        if max(y.shape[2:]) > 3 * largest:
            continue
        add([(source, layer)])
        like = [i for i, one in enumerate(maps[:-1]) if one.shape == y.shape]
        if like and rng.random() < 0.7:
            add([(i, _pass(rng, n)) for i in (len(nodes) - 1, rng.choice(like))])
    if rng.random() < 0.3:
        add([(len(nodes) - 1, _mean(rng, nodes[-1]["size"]))])
    return Network({"nodes": nodes}, layers)


def place(rng: random.Random, size: list[int]) -> list[int]:
    return [rng.randrange(n) for n in size]


def seen(net: Network, node: int, position: list[int]) -> list[Tensor | None]:
    """Return where the gradient of a unit is not 0, map by map."""
    x = torch.ones(1, 1, *net.graph["nodes"][0]["size"], dtype=torch.float64, requires_grad=True)
    maps = net.maps(x)
    y = maps[node][(0, 0, *position)]
    found = torch.autograd.grad(y, maps[:node], allow_unused=True) if node else ()
    masks = [None if g is None or not g.any() else g[0, 0] > 0 for g in found]
    own = torch.zeros(maps[node].shape[2:], dtype=torch.bool)
    own[tuple(position)] = True
    return [*masks, own, *[None] * (len(maps) - node - 1)]


def seers(net: Network, position: list[int]) -> list[Tensor | None]:
    """Return which units answer to one position of the input, map by map."""
    x = torch.zeros(1, 1, *net.graph["nodes"][0]["size"], dtype=torch.float64)
    x[(0, 0, *position)] = 1.0
    return [one[0, 0] > 0 if one.any() else None for one in net.maps(x)]
