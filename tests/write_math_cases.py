"""Write the cases that the browser's arithmetic (frontend/src/math) is held to, answered by torch.

Run as ``python tests/write_math_cases.py cases.json``. The file is the same each time: every choice
comes from one seeded generator. Each case is ``{kind, …arguments, expect}``, with arguments named
as the TypeScript functions name them and arrays as ``{shape, data}``. Most numbers are small whole
ones, which keeps the file short and most answers exact; every fourth case has fractions.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import field_graphs
import torch
import torch.nn.functional as F
from torch import Tensor

Case = dict[str, Any]
Pair = tuple[int, int]

CONV = (F.conv1d, F.conv2d, F.conv3d)
CONV_TRANSPOSE = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)
MAX_POOL = (F.max_pool1d, F.max_pool2d, F.max_pool3d)
MEAN_POOL = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)
LARGEST = {1: 14, 2: 9, 3: 5}  # of an axis, by the number of axes


class Chooser(random.Random):
    """A seeded source of small problems."""

    def per_axis(self, rank: int, choices: Sequence[int]) -> list[int]:
        return [self.choice(choices) for _ in range(rank)]

    def array(self, shape: Sequence[int], fractions: bool, bound: int = 4) -> Tensor:
        count = 1
        for n in shape:
            count *= n
        if fractions:
            values = [round(self.uniform(-bound, bound), 3) for _ in range(count)]
        else:
            values = [float(self.randint(-bound, bound)) for _ in range(count)]
        return torch.tensor(values, dtype=torch.float64).reshape(*shape)

    def short(self, values: Sequence[int]) -> int | list[int]:
        """Sometimes one number for all axes, where they agree: both spellings must work."""
        if len(set(values)) == 1 and self.random() < 0.5:
            return values[0]
        return list(values)

    def padding(self, n: Sequence[int], span: Sequence[int], mode: str) -> list[Pair]:
        """Give (before, after) per axis that torch allows in this mode and the window fits into."""
        pads = []
        for size, reach in zip(n, span, strict=True):
            most = {"reflect": size - 1, "circular": size}.get(mode, 3)
            pair = [self.randint(0, min(most, 3)), self.randint(0, min(most, 3))]
            if self.random() < 0.4:
                pair[1] = pair[0]
            while size + sum(pair) < reach:
                side = pair.index(min(pair))
                if pair[side] >= most:
                    raise Unfit
                pair[side] += 1
            pads.append((pair[0], pair[1]))
        return pads


class Unfit(Exception):
    """The sizes drawn do not go together; draw again."""


def plain(x: Tensor) -> dict[str, Any]:
    """Shape and numbers, whole ones without their ``.0``."""
    data = [int(v) if v == int(v) else v for v in x.detach().flatten().tolist()]
    return {"shape": list(x.shape), "data": data}


def torch_pads(pads: Sequence[Pair]) -> list[int]:
    """Give the last axis first, as `torch.nn.functional.pad` wants it."""
    return [side for pair in reversed(pads) for side in pair]


def pad(x: Tensor, pads: Sequence[Pair], mode: str, value: float = 0.0) -> Tensor:
    if mode == "zero":
        return F.pad(x, torch_pads(pads), value=value)
    return F.pad(x, torch_pads(pads), mode=mode)


def count_windows(n: int, kernel: int, stride: int, dilation: int) -> int:
    """Counted one by one, so that no formula is checked against itself."""
    return sum(1 for start in range(0, n, stride) if start + dilation * (kernel - 1) < n)


def same_pads(
    n: Sequence[int], kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> list[Pair]:
    """Give the least padding with ⌈n/s⌉ windows, the odd one after, found by trying."""
    pads = []
    for m, k, s, d in zip(n, kernel, stride, dilation, strict=True):
        total = 0
        while count_windows(m + total, k, s, d) < -(-m // s):
            total += 1
        pads.append((total // 2, total - total // 2))
    return pads


def backward(y: Tensor, grad: Tensor, leaves: dict[str, Tensor]) -> dict[str, Any]:
    grads = torch.autograd.grad(y, list(leaves.values()), grad)
    return {name: plain(g) for name, g in zip(leaves, grads, strict=True)}


def window(rng: Chooser, rank: int) -> tuple[list[int], list[int], list[int], list[int]]:
    """Input, kernel, stride and dilation: seldom square, even kernels as often as odd ones."""
    n = [rng.randint(2, LARGEST[rank]) for _ in range(rank)]
    kernel = rng.per_axis(rank, (1, 2, 3, 4, 5) if rank < 3 else (1, 2, 3))
    return n, kernel, rng.per_axis(rank, (1, 1, 2, 3)), rng.per_axis(rank, (1, 1, 2))


def draw_padding(
    rng: Chooser,
    n: list[int],
    kernel: list[int],
    stride: list[int],
    dilation: list[int],
    mode: str,
) -> tuple[Any, list[Pair]]:
    """The padding as it is asked for, and what it comes to."""
    span = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    how = rng.random()
    if how < 0.2:
        pads = same_pads(n, kernel, stride, dilation)
        most = {"reflect": -1, "circular": 0}
        if mode in most and any(max(p) > m + most[mode] for p, m in zip(pads, n, strict=True)):
            raise Unfit
        return "same", pads
    if how < 0.3:
        if any(reach > m for reach, m in zip(span, n, strict=True)):
            raise Unfit
        return "valid", [(0, 0)] * len(n)
    pads = rng.padding(n, span, mode)
    if all(before == after for before, after in pads):
        return rng.short([before for before, _ in pads]), pads
    return [list(p) for p in pads], pads


def plane_case(rng: Chooser, rank: int, mode: str, fractions: bool, flip: bool) -> Case:
    """`correlate` and `convolve`: one image, one kernel."""
    n, kernel, stride, dilation = window(rng, rank)
    padding, pads = draw_padding(rng, n, kernel, stride, dilation, mode)
    x, w = rng.array(n, fractions), rng.array(kernel, fractions)
    seen = w.flip(tuple(range(rank))) if flip else w
    y = CONV[rank - 1](
        pad(x[None, None], pads, mode), seen[None, None], stride=stride, dilation=dilation
    )
    return {
        "kind": "convolve" if flip else "correlate",
        "x": plain(x),
        "kernel": plain(w),
        "options": {
            "stride": rng.short(stride),
            "dilation": rng.short(dilation),
            "padding": padding,
            "paddingMode": mode,
        },
        "expect": {"y": plain(y[0, 0])},
    }


def conv_case(rng: Chooser, rank: int, mode: str, fractions: bool) -> Case:
    """`conv` and `convBackward`, with channels, groups, and a batch axis in half of them."""
    n, kernel, stride, dilation = window(rng, rank)
    padding, pads = draw_padding(rng, n, kernel, stride, dilation, mode)
    groups = rng.choice((1, 1, 2, 3))
    inputs, outputs = groups * rng.randint(1, 2), groups * rng.randint(1, 2)
    batch = [rng.randint(1, 2)] if rng.random() < 0.5 else []
    x = rng.array([*batch, inputs, *n], fractions).requires_grad_()
    w = rng.array([outputs, inputs // groups, *kernel], fractions, 3).requires_grad_()
    b = rng.array([outputs], fractions, 3).requires_grad_()
    batched = x if batch else x[None]
    native = padding in ("same", "valid") and mode == "zero" and set(stride) == {1}
    y = CONV[rank - 1](
        batched if native else pad(batched, pads, mode),
        w,
        b,
        stride=stride,
        padding=padding if native else 0,
        dilation=dilation,
        groups=groups,
    )
    y = y if batch else y[0]
    grad = rng.array(y.shape, fractions, 3)
    return {
        "kind": "conv",
        "x": plain(x),
        "weight": plain(w),
        "bias": plain(b),
        "grad": plain(grad),
        "options": {
            "stride": rng.short(stride),
            "dilation": rng.short(dilation),
            "padding": padding,
            "paddingMode": mode,
            "groups": groups,
        },
        "expect": {"y": plain(y), **backward(y, grad, {"dx": x, "dweight": w, "dbias": b})},
    }


def conv_transpose_case(rng: Chooser, rank: int, mode: str, fractions: bool) -> Case:
    """`convTranspose`; asymmetric padding by cropping what torch gives without any."""
    n, kernel, stride, dilation = window(rng, rank)
    extra = [rng.randint(0, max(s, d) - 1) for s, d in zip(stride, dilation, strict=True)]
    full = [
        (m - 1) * s + d * (k - 1) + 1 + e
        for m, k, s, d, e in zip(n, kernel, stride, dilation, extra, strict=True)
    ]
    pads = [(rng.randint(0, 2), rng.randint(0, 2)) for _ in range(rank)]
    if rng.random() < 0.5:
        pads = [(before, before) for before, _ in pads]
    if any(sum(p) >= m for p, m in zip(pads, full, strict=True)):
        raise Unfit
    groups = rng.choice((1, 1, 2, 3))
    inputs, outputs = groups * rng.randint(1, 2), groups * rng.randint(1, 2)
    batch = [rng.randint(1, 2)] if rng.random() < 0.5 else []
    x = rng.array([*batch, inputs, *n], fractions)
    w = rng.array([inputs, outputs // groups, *kernel], fractions, 3)
    b = rng.array([outputs], fractions, 3)
    symmetric = all(before == after for before, after in pads)
    y = CONV_TRANSPOSE[rank - 1](
        x if batch else x[None],
        w,
        b,
        stride=stride,
        padding=[before for before, _ in pads] if symmetric else 0,
        output_padding=extra,
        groups=groups,
        dilation=dilation,
    )
    if not symmetric:
        y = F.pad(y, [-side for side in torch_pads(pads)])
    return {
        "kind": "convTranspose",
        "x": plain(x),
        "weight": plain(w),
        "bias": plain(b),
        "options": {
            "stride": rng.short(stride),
            "dilation": rng.short(dilation),
            "padding": rng.short([p for p, _ in pads]) if symmetric else [list(p) for p in pads],
            "outputPadding": rng.short(extra),
            "groups": groups,
        },
        "expect": {"y": plain(y if batch else y[0])},
    }


def pool_case(rng: Chooser, rank: int, mode: str, fractions: bool) -> Case:
    """`pool` and `poolBackward`: overlaps, padding, gaps, and many ties for the maximum."""
    n = [rng.randint(2, LARGEST[rank]) for _ in range(rank)]
    kernel = rng.per_axis(rank, (1, 2, 3, 4))
    stride = kernel if rng.random() < 0.3 else rng.per_axis(rank, (1, 2, 3))
    pads = [(rng.randint(0, k // 2), rng.randint(0, k // 2)) for k in kernel]
    if rng.random() < 0.5:
        pads = [(before, before) for before, _ in pads]
    if any(k > m + sum(p) for k, m, p in zip(kernel, n, pads, strict=True)):
        raise Unfit
    lead = [rng.randint(1, 2) for _ in range(rng.randint(1, 2))]
    # The l2 norm has no gradient where a window is all zeros: no zeros, then, in the picture.
    x = rng.array([*lead, *n], fractions)
    if mode == "l2":
        x = x + torch.where(x == 0, 1.0, 0.0)
    x.requires_grad_()
    batched = x if len(lead) == 2 else x[None]
    symmetric = all(before == after for before, after in pads)
    own = [before for before, _ in pads]
    if mode == "max":
        padded = batched if symmetric else pad(batched, pads, "zero", float("-inf"))
        y = MAX_POOL[rank - 1](padded, kernel, stride, padding=own if symmetric else 0)
    elif mode == "mean":
        # torch's own padding, where it can: it refuses a kernel larger than the unpadded input.
        native = symmetric and all(k <= m for k, m in zip(kernel, n, strict=True))
        padded = batched if native else pad(batched, pads, "zero")
        y = MEAN_POOL[rank - 1](padded, kernel, stride, padding=own if native else 0)
    else:
        y = MEAN_POOL[rank - 1](pad(batched, pads, "zero") ** 2, kernel, stride).sqrt()
    y = y if len(lead) == 2 else y[0]
    grad = rng.array(y.shape, fractions, 3)
    options: Case = {"mode": mode, "padding": own if symmetric else [list(p) for p in pads]}
    if stride != kernel or rng.random() < 0.5:
        options["stride"] = stride
    return {
        "kind": "pool",
        "x": plain(x),
        "kernel": kernel,
        "grad": plain(grad),
        "options": options,
        "expect": {"y": plain(y), **backward(y, grad, {"dx": x})},
    }


def size_case(rng: Chooser, rank: int, mode: str, fractions: bool) -> Case:
    """`convOutputSize`, `samePadding` and `dropped`, on sizes of which only the shapes are run."""
    n = [rng.randint(1, 40) for _ in range(rank)]
    kernel, stride = rng.per_axis(rank, range(1, 12)), rng.per_axis(rank, range(1, 6))
    dilation = rng.per_axis(rank, (1, 1, 2, 3))
    padding, pads = draw_padding(rng, n, kernel, stride, dilation, "zero")
    padded = [m + sum(p) for m, p in zip(n, pads, strict=True)]
    y = CONV[rank - 1](
        torch.empty(1, 1, *padded, device="meta"),
        torch.empty(1, 1, *kernel, device="meta"),
        stride=stride,
        dilation=dilation,
    )
    dropped = [
        m - 1 - ((o - 1) * s + d * (k - 1))
        for m, o, k, s, d in zip(padded, y.shape[2:], kernel, stride, dilation, strict=True)
    ]
    same = [list(p) for p in same_pads(n, kernel, stride, dilation)]
    case = {
        "kind": "size",
        "n": n,
        "kernel": kernel,
        "options": {"stride": stride, "padding": padding, "dilation": dilation},
        "expect": {"output": list(y.shape[2:]), "dropped": dropped, "same": same},
    }
    return as_plain_numbers(case) if rank == 1 else case


def transpose_size_case(rng: Chooser, rank: int, mode: str, fractions: bool) -> Case:
    """`convTransposeOutputSize`."""
    n, kernel = rng.per_axis(rank, range(1, 20)), rng.per_axis(rank, range(1, 8))
    stride, dilation = rng.per_axis(rank, range(1, 5)), rng.per_axis(rank, (1, 1, 2, 3))
    extra = [rng.randint(0, max(s, d) - 1) for s, d in zip(stride, dilation, strict=True)]
    padding = rng.per_axis(rank, (0, 0, 1, 2, 3))
    full = zip(n, kernel, stride, dilation, extra, padding, strict=True)
    if any((m - 1) * s + d * (k - 1) + 1 + e <= 2 * p for m, k, s, d, e, p in full):
        raise Unfit
    y = CONV_TRANSPOSE[rank - 1](
        torch.empty(1, 1, *n, device="meta"),
        torch.empty(1, 1, *kernel, device="meta"),
        stride=stride,
        padding=padding,
        output_padding=extra,
        dilation=dilation,
    )
    case = {
        "kind": "transposeSize",
        "n": n,
        "kernel": kernel,
        "options": {
            "stride": stride,
            "padding": padding,
            "dilation": dilation,
            "outputPadding": extra,
        },
        "expect": {"output": list(y.shape[2:])},
    }
    return as_plain_numbers(case) if rank == 1 else case


def field_case(rng: Chooser, rank: int, mode: str, fractions: bool) -> Case:
    """`reach` and `seenBy`: a unit of a network with branches, and a position of its input."""
    net = field_graphs.network(rng, rank, depth=10 if fractions else 5)
    nodes = net.graph["nodes"]
    node = rng.randrange(len(nodes))
    unit = field_graphs.place(rng, nodes[node]["size"])
    position = field_graphs.place(rng, nodes[0]["size"])

    def marks(masks: Sequence[Tensor | None]) -> list[Any]:
        return [
            mask if mask is None else "".join(map(str, mask.int().flatten().tolist()))
            for mask in masks
        ]

    return {
        "kind": "field",
        "graph": net.graph,
        "node": node,
        "unit": unit,
        "position": position,
        "expect": {
            "reach": marks(field_graphs.seen(net, node, unit)),
            "seenBy": marks(field_graphs.seers(net, position)),
        },
    }


def embedding_case(rng: Chooser, rank: int, mode: str, fractions: bool) -> Case:
    """Points of a few identities: losses and gradients by torch, the ROC curve by a count."""
    n = rng.randint(3, 10)
    points = rng.array((n, 2), fractions, bound=2)
    labels = [rng.randint(0, 2) for _ in range(n)]
    if not 1 < len(set(labels)) < n:
        raise Unfit
    margin = rng.choice([0.5, 1.0, 2.5])
    names = torch.tensor(labels)
    same = names[:, None] == names
    a, p, x = torch.nonzero((same & ~torch.eye(n, dtype=torch.bool))[:, :, None] & ~same[:, None])[
        :, [0, 1, 2]
    ].T
    i, j = torch.triu_indices(n, n, 1)
    points.requires_grad_()

    def squares(one: Tensor, other: Tensor) -> Tensor:
        return (points[one] - points[other]).square().sum(1)

    triplet = (squares(a, p) - squares(a, x) + margin).relu().mean()
    (triplet_slope,) = torch.autograd.grad(triplet, points)
    squared, alike = squares(i, j), same[i, j]
    safe = torch.where(squared == 0, torch.ones_like(squared), squared).sqrt()
    far = torch.where(squared == 0, margin * torch.ones_like(squared), margin - safe).relu()
    contrastive = torch.where(alike, squared, far.square()).mean() / 2
    (contrastive_slope,) = torch.autograd.grad(contrastive, points)
    distances = squared.detach().sqrt()
    thresholds = distances.unique()
    accepts = [float((distances[~alike] <= t).double().mean()) for t in thresholds]
    rejects = [1 - float((distances[alike] <= t).double().mean()) for t in thresholds]
    return {
        "kind": "embeddings",
        "points": points.tolist(),
        "labels": labels,
        "margin": margin,
        "expect": {
            "triplets": torch.stack([a, p, x], 1).tolist(),
            "tripletLoss": triplet.item(),
            "tripletLossBackward": plain(triplet_slope),
            "contrastiveLoss": contrastive.item(),
            "contrastiveLossBackward": plain(contrastive_slope),
            "accepts": [0.0, *accepts],
            "rejects": [1.0, *rejects],
        },
    }


def as_plain_numbers(case: Case) -> Case:
    """Spell a one-axis case without lists, as most callers do."""

    def bare(value: Any) -> Any:
        return value[0] if isinstance(value, list) and len(value) == 1 else value

    return {
        **case,
        "n": bare(case["n"]),
        "kernel": bare(case["kernel"]),
        "options": {name: bare(value) for name, value in case["options"].items()},
        "expect": {name: bare(value) for name, value in case["expect"].items()},
    }


Maker = Callable[[Chooser, int, str, bool], Case]

MODES = ("zero", "reflect", "replicate", "circular")
# Per kind: what makes one, the modes to go through, and how many of each mode and rank.
PLAN: tuple[tuple[Maker, Sequence[str], Sequence[int], int], ...] = (
    (lambda r, n, m, f: plane_case(r, n, m, f, flip=False), MODES, (1, 2, 3), 28),
    (lambda r, n, m, f: plane_case(r, n, m, f, flip=True), MODES, (1, 2, 3), 12),
    (conv_case, MODES, (1, 2, 3), 48),
    (conv_transpose_case, ("zero",), (1, 2, 3), 100),
    (pool_case, ("max", "mean", "l2"), (1, 2, 3), 40),
    (size_case, ("zero",), (1, 2, 3), 60),
    (transpose_size_case, ("zero",), (1, 2, 3), 35),
    (field_case, ("zero",), (1, 2), 80),
    (embedding_case, ("zero",), (2,), 60),
)


def cases(seed: int = 0) -> list[Case]:
    rng = Chooser(seed)
    made: list[Case] = []
    for maker, modes, ranks, count in PLAN:
        for mode in modes:
            for rank in ranks:
                wanted = len(made) + count
                while len(made) < wanted:
                    try:
                        made.append(maker(rng, rank, mode, len(made) % 4 == 3))
                    except Unfit:
                        continue
    return made


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit("usage: python tests/write_math_cases.py PATH")
    torch.set_num_threads(1)
    Path(sys.argv[1]).write_text(json.dumps(cases(), separators=(",", ":")), encoding="utf-8")


if __name__ == "__main__":
    main()
