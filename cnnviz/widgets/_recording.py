"""What a model makes of one picture: its layers' maps, and the arithmetic behind each number.

An operation that works on each number by itself (a batch norm, a ReLU, a tanh or a sigmoid) joins
the layer before it where nobody else reads that layer: what is shown of "conv, batch norm, ReLU" is
what comes out behind the ReLU, and its arithmetic is written out through all three.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.arrays import shown
from cnnviz.spans import Table, Window, identity, whole
from cnnviz.widgets._traits import pack

__all__ = ["Layer", "Operation", "Step", "Unit", "dead", "layers_of", "picked", "twins"]

Floats = NDArray[Any]

#: Maps are called duplicates whose correlation over positions is larger.
ALIKE = 0.999
LEAST_POSITIONS = 9  # for a correlation to say something
_BENDS = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "sigmoid"}
_JOINED = {"add": "add", "sub": "subtract", "mul": "multiply"}


@dataclass(frozen=True)
class Step:
    """What is done to each number by itself: "norm", "relu", "tanh" or "sigmoid".

    `numbers` (5, K) of a norm are each channel's mean, variance, epsilon, weight and bias.
    """

    kind: str
    label: str
    numbers: Floats | None = None

    def __call__(self, value: float, channel: int) -> float:
        """Return what it makes of a number."""
        if self.numbers is not None:
            mean, variance, epsilon, weight, bias = map(float, self.numbers[:, channel])
            return (value - mean) / math.sqrt(variance + epsilon) * weight + bias
        if self.kind == "relu":
            return max(value, 0.0)
        return math.tanh(value) if self.kind == "tanh" else 1 / (1 + math.exp(-value))

    def plain(self, channel: int | None = None) -> dict[str, Any]:
        """Return it as a page reads it, for one channel or for all."""
        numbers = self.numbers
        if numbers is not None and channel is not None:
            numbers = numbers[:, channel : channel + 1]
        packed = None if numbers is None else pack(numbers)
        return {"kind": self.kind, "label": self.label, "numbers": packed}


@dataclass(frozen=True)
class Operation:
    """How a layer's numbers come about: "conv" (a linear layer, too), "pool", "merge" or "other".

    `windows` say for both axes which positions an output sees. `mode` is "sum" of a convolution,
    "max" or "mean" of a pooling, "add", "subtract", "multiply" or "copy" of a merge, else "". A
    mean is over `divisor` numbers; where that is None, over those inside the map.
    """

    kind: str
    mode: str = ""
    weight: Floats | None = None
    bias: Floats | None = None
    windows: tuple[Window | Table, ...] = (identity, identity)
    groups: int = 1
    divisor: int | None = None


@dataclass(frozen=True)
class Unit:
    """One number of a map, and what it is made of.

    `window` (C, kh, kw) has what it sees, 0 where `rows` or `columns` lie outside of the map.
    """

    window: Floats
    rows: list[int]
    columns: list[int]
    value: float  # of the model
    first: int = 0  # the channel that the window begins with
    weight: Floats | None = None
    bias: float | None = None
    divisor: int = 1


@dataclass
class Layer:
    """A layer's maps (C, H, W), and where they come from."""

    name: str
    modules: list[str]
    labels: list[str]
    kind: str
    maps: Floats
    operation: Operation = field(default_factory=lambda: Operation("other"))
    operands: list[Floats] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)  # the layers that the operands are from
    whole: bool = True  # whether the operands are just what comes out of these layers
    steps: list[Step] = field(default_factory=list)

    @property
    def label(self) -> str:
        """What it does, in words."""
        return ", ".join(self.labels)

    def strongest(self, channel: int | None = None) -> tuple[int, int, int]:
        """Return map, row and column of the largest magnitude, of all maps or of one."""
        sizes = np.abs(self.maps if channel is None else self.maps[channel : channel + 1])
        found = np.unravel_index(int(np.argmax(sizes)), sizes.shape)
        place = tuple(int(n) for n in found)
        return (place[0] if channel is None else channel), place[1], place[2]

    def unit(self, channel: int, row: int, column: int) -> Unit:
        """Return what a number of it is made of."""
        does, value = self.operation, float(self.maps[channel, row, column])
        if does.kind == "merge":
            return self._merged(channel, row, column, value)
        if does.kind == "other":
            alike = [x for x in self.operands if x.shape == self.maps.shape]
            seen = np.array([x[channel, row, column] for x in alike]).reshape(-1, 1, 1)
            return Unit(seen, [row], [column], value)
        x = self.operands[0]
        rows, columns = (
            list(window.sources(at)) for window, at in zip(does.windows, (row, column), strict=True)
        )
        first, count = channel, 1
        if does.weight is not None:
            count = does.weight.shape[1]
            first = channel // (len(does.weight) // does.groups) * count
        inside = [
            [i for i, at in enumerate(places) if 0 <= at < n]
            for places, n in zip((rows, columns), x.shape[1:], strict=True)
        ]
        window = np.zeros((count, len(rows), len(columns)), x.dtype)
        seen = x[np.ix_(range(first, first + count), *_taken((rows, columns), inside))]
        window[np.ix_(range(count), *inside)] = seen
        return Unit(
            window,
            rows,
            columns,
            value,
            first,
            None if does.weight is None else does.weight[channel],
            None if does.bias is None else float(does.bias[channel]),
            does.divisor or len(inside[0]) * len(inside[1]),
        )

    def _merged(self, channel: int, row: int, column: int, value: float) -> Unit:
        if self.operation.mode != "copy":
            seen = np.array([x[channel, row, column] for x in self.operands])
            return Unit(seen.reshape(-1, 1, 1), [row], [column], value, channel)
        for operand in self.operands:  # one behind the other
            if channel < len(operand):
                return Unit(operand[channel, row, column].reshape(1, 1, 1), [row], [column], value)
            channel -= len(operand)
        raise IndexError("no operand has this channel")

    def worked_out(self, channel: int, row: int, column: int) -> float:
        """Return what a unit's arithmetic comes to, in float64."""
        unit, mode = self.unit(channel, row, column), self.operation.mode
        window = unit.window.astype(np.float64)
        if mode == "max":
            value = float(_inside(unit, self.operands[0].shape[1:]).max())
        elif mode == "mean":
            value = float(window.sum()) / unit.divisor
        elif mode == "sum" and unit.weight is not None:
            value = float((window * unit.weight).sum()) + (unit.bias or 0.0)
        elif mode == "subtract":
            value = float(window[0, 0, 0] - window[1:].sum())
        else:
            value = float(window.prod() if mode == "multiply" else window.sum())
        for step in self.steps:
            value = step(value, channel)
        return value

    def adds_up(self) -> bool:
        """Tell whether the arithmetic comes to what the model has, where it is tried."""
        count, height, width = self.maps.shape
        tried = [self.strongest(), (0, 0, 0), (count - 1, height - 1, width - 1)]
        room = 1e-3 * float(np.abs(self.maps).max(initial=0)) + 1e-6
        return all(abs(self.worked_out(*at) - float(self.maps[at])) <= room for at in tried)


def _taken(places: Sequence[list[int]], inside: Sequence[list[int]]) -> list[list[int]]:
    return [[line[i] for i in kept] for line, kept in zip(places, inside, strict=True)]


def _inside(unit: Unit, size: Sequence[int]) -> Floats:
    """Return the part of a unit's window that is not padding."""
    kept = [
        [i for i, at in enumerate(places) if 0 <= at < n]
        for places, n in zip((unit.rows, unit.columns), size, strict=True)
    ]
    return unit.window[np.ix_(range(len(unit.window)), *kept)]


# ---- from a trace to layers ----------------------------------------------------------------------


def layers_of(model: Any, picture: Floats) -> list[Layer]:
    """Run a model on a picture (C, H, W), and return its layers, the picture as the first.

    Raises
    ------
    TypeError, ValueError
        If it is no model, if it stops, or if nothing that comes out of it can be shown.
    """
    import torch

    from cnnviz.ledgers._ledger import check_model
    from cnnviz.ledgers._values import record

    model = check_model(model)
    tensors = [*model.parameters(), *model.buffers()]
    like = next((t for t in tensors if t.is_floating_point()), torch.zeros(1))
    trace, values = record(model, torch.tensor(picture[None]).to(like))
    found = _Grouping(trace.nodes, values).layers
    if len(found) < 2:
        raise ValueError(
            f"model, {type(model).__name__}, must make maps (N, C, H, W) or numbers (N, K) of a "
            "picture: nothing else can be shown"
        )
    return found


class _Grouping:
    """Goes through a trace's nodes and makes layers of them."""

    def __init__(self, nodes: Sequence[Any], values: Any) -> None:
        self.nodes, self.values = nodes, values
        self.layers: list[Layer] = []
        self.home: dict[int, int] = {}  # the layer that a node is part of
        self.last: dict[int, int] = {}  # the last node of each layer
        self.readers = [0] * len(nodes)
        for value in values.values():
            for source, _ in value.operands:
                self.readers[source] += 1
        for index in range(len(nodes)):
            if index in values:
                self._take(index)

    def _take(self, index: int) -> None:
        from cnnviz.ledgers._names import kind, label

        node, maps = self.nodes[index], _maps(self.values[index].out)
        if maps is None:
            return
        if not np.isfinite(maps).all():
            raise ValueError(
                "model must make finite numbers of this picture, got NaN or infinity from "
                f"{node.module or node.operation}"
            )
        sources = [self.home.get(source, -1) for source, _ in self.values[index].operands]
        before = sources[0] if len(sources) == 1 else -1
        if before >= 0 and self._passes_on(index, maps, before):
            self.home[index], self.last[before] = before, index
            return
        step = _step(node)
        source = self.values[index].operands[0][0] if sources else -1
        if step and before > 0 and self.last[before] == source and self.readers[source] == 1:
            layer = self.layers[before]
            if maps.shape == layer.maps.shape:
                layer.steps.append(step)
                layer.labels.append(step.label)
                layer.modules.append(node.module)
                layer.maps = maps
                self.home[index], self.last[before] = before, index
                return
        self.home[index], self.last[len(self.layers)] = len(self.layers), index
        self.layers.append(
            Layer(node.module or node.operation, [node.module], [label(node)], kind(node), maps)
        )
        self._explain(node, index, sources)

    def _passes_on(self, index: int, maps: Floats, before: int) -> bool:
        """Tell a flatten and the like: the same numbers in the same order."""
        old, laid_out = self.layers[before].maps, self.nodes[index].operation
        named = any(word in laid_out for word in ("view", "reshape", "squeeze", "clone", "dropout"))
        return named and old.size == maps.size and np.array_equal(old.ravel(), maps.ravel())

    def _explain(self, node: Any, index: int, sources: list[int]) -> None:
        """Say how a layer's numbers come about, if there is an arithmetic for it."""
        layer = self.layers[-1]
        tensors = [tensor for _, tensor in self.values[index].operands]
        operands = [_maps(tensor) for tensor in tensors]
        layer.sources = sources
        if not tensors or any(operand is None for operand in operands):
            return
        layer.operands = [operand for operand in operands if operand is not None]
        operation = _operation(node, layer, self.layers)
        layer.whole = all(
            at >= 0 and np.array_equal(self.layers[at].maps.ravel(), x.ravel())
            for at, x in zip(sources, layer.operands, strict=True)
        )
        if operation is not None:
            alone = layer.operation
            layer.operation = operation
            if not layer.adds_up():
                layer.operation = alone


def _maps(tensor: Any) -> Floats | None:
    """Return (C, H, W) of what has a batch of one picture; None for what can't be drawn."""
    shape = tuple(tensor.shape)
    if not 2 <= len(shape) <= 4 or shape[0] != 1 or not tensor.numel():
        return None
    if not tensor.is_floating_point():
        return None
    full = shape[1:] if len(shape) == 4 else (*shape[1:], *(1,) * (4 - len(shape)))
    import torch

    wide = tensor.dtype == torch.float64
    return np.asarray((tensor if wide else tensor.float()).cpu().numpy().reshape(full))


def _step(node: Any) -> Step | None:
    name = node.operation
    if name in _BENDS:
        return Step(name, _BENDS[name])
    if name != "native_batch_norm" or node.call.get("training"):
        return None
    weight, bias, mean, variance = node.call.args[1:5]
    epsilon = node.call.get("eps")
    numbers = [
        mean,
        variance,
        mean.new_full(mean.shape, epsilon),
        mean.new_ones(mean.shape) if weight is None else weight,
        mean.new_zeros(mean.shape) if bias is None else bias,
    ]
    return Step("norm", f"batch norm {len(mean)}", np.stack([_numbers(each) for each in numbers]))


def _numbers(tensor: Any) -> Floats:
    """Return a copy of a parameter: what is trained later does not change it."""
    import torch

    kept = tensor.detach() if tensor.dtype == torch.float64 else tensor.detach().float()
    return np.array(kept.cpu().numpy())


def _operation(node: Any, layer: Layer, layers: list[Layer]) -> Operation | None:
    call, x = node.call, layer.operands[0]
    if call is None:
        return None
    if step := _step(node):  # it stands for itself, since someone else reads what is before it
        layer.steps.append(step)
        return Operation("merge", "add")
    if call.name in ("convolution", "_convolution"):
        return _convolution(node)
    if call.name in ("addmm", "mm") and x.shape[1:] == (1, 1):
        return _linear(node, layer, layers)
    if call.name == "mean" and layer.maps.shape == (len(x), 1, 1):
        return Operation("pool", "mean", windows=(whole(x.shape[1]), whole(x.shape[2])))
    if layer.kind == "pool" and len(node.sources) == 1:
        return _pool(node, layer)
    alike = all(operand.shape == layer.maps.shape for operand in layer.operands)
    if call.name in _JOINED and len(layer.operands) == 2 and alike:
        return Operation("merge", _JOINED[call.name])
    if call.name == "cat" and sum(map(len, layer.operands)) == len(layer.maps):
        return Operation("merge", "copy")
    return None


def _convolution(node: Any) -> Operation | None:
    call = node.call
    weight, bias = call.args[1:3]
    if call.get("transposed") or weight.ndim != 4:
        return None
    numbers = (call.numbers(name, 2) for name in ("stride", "padding", "dilation"))
    each = zip(weight.shape[2:], *numbers, strict=True)
    windows = tuple(Window(*four) for four in each)
    kept = None if bias is None else _numbers(bias)
    return Operation("conv", "sum", _numbers(weight), kept, windows, int(call.get("groups")))


def _linear(node: Any, layer: Layer, layers: list[Layer]) -> Operation:
    """Read a linear layer as a convolution whose window is all that comes in."""
    args = node.call.args
    weight = _numbers(args[-1]).T
    bias = _numbers(args[0]) if node.call.name == "addmm" else None
    before = layer.sources[0]
    shape = layer.operands[0].shape
    if before >= 0 and layers[before].maps.size == weight.shape[1]:  # flattened: as it was before
        shape = layers[before].maps.shape
        layer.operands = [layer.operands[0].reshape(shape)]
    windows = (Window(shape[1], 0), Window(shape[2], 0))
    return Operation("conv", "sum", weight.reshape(-1, *shape), bias, windows)


def _pool(node: Any, layer: Layer) -> Operation | None:
    call, windows = node.call, tuple(node.sources[0][1])
    mode = "max" if "max" in call.name else "mean"
    if len(windows) != 2 or len(layer.operands[0]) != len(layer.maps):
        return None
    if not call.name.startswith("avg_pool"):
        return Operation("pool", mode, windows=windows)
    if call.get("divisor_override"):
        return None
    counted = call.get("count_include_pad") and any(call.numbers("padding", 2))
    area = math.prod(window.kernel for window in windows if isinstance(window, Window))
    return Operation("pool", mode, windows=windows, divisor=area if counted else None)


# ---- which layers, and what there is to say of them ----------------------------------------------


def picked(layers: list[Layer], names: Any) -> list[int]:
    """Return the places of the layers that are asked for by their modules' names, in order.

    The picture is always one of them.

    Raises
    ------
    ValueError
        For a name that no layer has.
    """
    if names is None:
        return list(range(len(layers)))
    asked = [names] if isinstance(names, str) else list(names)
    known = sorted({each.name for each in layers[1:]})
    chosen = {0}
    for name in asked:
        found = {
            i
            for i, layer in enumerate(layers[1:], 1)
            for module in [layer.name, *layer.modules]
            if isinstance(name, str) and name and (module == name or module.startswith(f"{name}."))
        }
        if not found:
            close = difflib.get_close_matches(shown(name), known, 3) or known[:6]
            raise ValueError(
                "layers must be names of the model's modules that make maps, such as "
                f"{', '.join(map(repr, close))}; got {shown(name)}"
            )
        chosen |= found
    return sorted(chosen)


def dead(maps: Floats) -> list[int]:
    """Return the maps (C, H, W) that are the same everywhere; of one position, none.

    Examples
    --------
    >>> dead(np.array([[[0, 0]], [[2, 2]], [[0, 1]]]))
    [0, 1]
    """
    flat = maps.reshape(len(maps), -1)
    same = (flat == flat[:, :1]).all(axis=1)
    return [int(i) for i in np.flatnonzero(same)] if flat.shape[1] > 1 else []


def twins(maps: Floats) -> list[list[int]]:
    """Return each map that duplicates an earlier one, with the first of these.

    Maps count as duplicates if they are equal, or if the correlation of their positions, of which
    there must be 9, is more than 0.999.

    Examples
    --------
    >>> ramp = np.arange(9.0).reshape(3, 3)
    >>> twins(np.stack([ramp, ramp.T, 2 * ramp + 1]))
    [[2, 0]]
    """
    flat = maps.reshape(len(maps), -1).astype(np.float64)
    flat = flat - flat.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(flat, axis=1)
    alive = [i for i in range(len(maps)) if i not in set(dead(maps))]
    if flat.shape[1] < LEAST_POSITIONS or not alive:
        return []
    flat[alive] /= np.where(norms[alive] > 0, norms[alive], 1)[:, None]
    return list(_pairs(flat @ flat.T > ALIKE, alive))


def _pairs(alike: NDArray[np.bool_], alive: list[int]) -> Iterator[list[int]]:
    for place, i in enumerate(alive):
        first = next((j for j in alive[:place] if alike[i, j]), None)
        if first is not None:
            yield [i, first]
