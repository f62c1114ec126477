"""A chain of layers, sized by hand: what comes out of each layer, what it sees, what it costs.

A layer is a dict with its ``"kind"`` and its parameters (:data:`KINDS`), a chain a list of them.
Integers only, no arrays: the weights' values don't matter here. ``frontend/src/math/chain.ts``
gives the same answers in the browser.

>>> from cnnviz import chain
>>> layers = [{"kind": "conv", "channels": 6, "kernel": 5}, {"kind": "pool", "kernel": 2}]
>>> for row in chain.rows(layers, (1, 28, 28)):
...     print(row["size"], row["receptive_field"], row["jump"], row["parameters"])
(6, 24, 24) (5, 5) (1, 1) 156
(6, 12, 12) (6, 6) (2, 2) 0
"""

from __future__ import annotations

import difflib
import itertools
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from cnnviz import shapes
from cnnviz.arrays import shown

__all__ = [
    "KINDS",
    "PRESETS",
    "check_input_shape",
    "check_layers",
    "from_link",
    "graph",
    "label",
    "link",
    "rows",
]

Layer = dict[str, Any]

#: What stands in for the default of a parameter that must be given.
_NEEDED: Any = object()

#: The parameters of each kind of layer, with their defaults. A pool's stride is its kernel if None.
KINDS: Mapping[str, Mapping[str, Any]] = {
    "conv": {
        "channels": _NEEDED,
        "kernel": _NEEDED,
        "stride": 1,
        "padding": 0,
        "dilation": 1,
        "groups": 1,
        "bias": True,
    },
    "conv_transpose": {
        "channels": _NEEDED,
        "kernel": _NEEDED,
        "stride": 1,
        "padding": 0,
        "output_padding": 0,
        "dilation": 1,
        "groups": 1,
        "bias": True,
    },
    "pool": {"kernel": 2, "stride": None, "padding": 0},
    "flatten": {},
    "linear": {"units": _NEEDED, "bias": True},
}

#: Chains to start from, as links carry them: the input's shape first, then layer after layer.
PRESETS: Mapping[str, str] = {
    "a small net": "3x32x32;conv:c16,k3,p1;pool;conv:c32,k3,p1;pool;flatten;linear:u10",
    "LeNet-5": (
        "1x32x32;conv:c6,k5;pool;conv:c16,k5;pool;conv:c120,k5;flatten;linear:u84;linear:u10"
    ),
    "AlexNet's features": (
        "3x227x227;conv:c96,k11,s4;pool:k3,s2;conv:c256,k5,p2,g2;pool:k3,s2;conv:c384,k3,p1;"
        "conv:c384,k3,p1,g2;conv:c256,k3,p1,g2;pool:k3,s2"
    ),
    "VGG blocks": (
        "3x224x224;conv:c64,k3,p1;conv:c64,k3,p1;pool;conv:c128,k3,p1;conv:c128,k3,p1;pool;"
        "conv:c256,k3,p1;conv:c256,k3,p1;conv:c256,k3,p1;pool"
    ),
    "depthwise separable": (
        "32x56x56;conv:c32,k3,p1,g32;conv:c64,k1;conv:c64,k3,s2,p1,g64;conv:c128,k1"
    ),
    "down and up again": (
        "1x28x28;conv:c16,k3,s2,p1;conv:c32,k3,s2,p1;conv_transpose:c16,k4,s2,p1;"
        "conv_transpose:c1,k4,s2,p1"
    ),
}

LARGEST = 1_000_000  # any one number
LONGEST = 200  # layers
MOST = 2**53 - 1  # a count that the browser, too, holds exactly
_PHASES = 4096

_MINIMUM = {"padding": 0, "output_padding": 0}
_PER_AXIS = ("kernel", "stride", "padding", "output_padding", "dilation")
_LETTERS = {
    "channels": "c",
    "units": "u",
    "kernel": "k",
    "stride": "s",
    "padding": "p",
    "output_padding": "o",
    "dilation": "d",
    "groups": "g",
    "bias": "b",
}
_NAMES = {letter: name for name, letter in _LETTERS.items()}
_TITLES = {"conv_transpose": "transposed conv"}


# --- what a chain is made of ----------------------------------------------------------------------


def check_input_shape(value: Any) -> tuple[int, ...]:
    """Return the shape of what goes into a chain: (features,) or channels first, (C, *n).

    Raises
    ------
    TypeError, ValueError
        If it isn't one to four whole numbers, from 1 to 1 000 000.

    Examples
    --------
    >>> check_input_shape([3, 32, 32])
    (3, 32, 32)
    """
    allowed = "one to four whole numbers: (features,), (C, L), (C, H, W) or (C, D, H, W)"
    axes = shapes.count_axes(value)
    if axes is None:
        raise TypeError(f"input_shape must be {allowed}; got {shown(value)}")
    if not 1 <= axes <= 4:
        raise ValueError(f"input_shape must be {allowed}; got {shown(value)}")
    shape = shapes.per_axis("input_shape", value, axes)
    _refuse_large("input_shape", shape)
    return shape


def check_layers(value: Any) -> list[Layer]:
    """Return a chain's layers as dicts of ints, lists, strings and bools, as JSON holds them.

    Whether each fits what comes in is not asked here: :func:`rows` says that.

    Raises
    ------
    TypeError, ValueError
        If something is not a layer: an unknown kind or parameter, one that is missing, a number
        that no layer could have. The message says which layer, counted from 1.

    Examples
    --------
    >>> check_layers([{"kind": "conv", "channels": 8, "kernel": (3, 5)}])
    [{'kind': 'conv', 'channels': 8, 'kernel': [3, 5]}]
    >>> check_layers([{"kind": "pool", "kernal": 3}])
    Traceback (most recent call last):
    ...
    ValueError: layer 1, pool, has no parameter 'kernal'; did you mean 'kernel'?
    """
    allowed = f"a list of dicts, one for each layer, at most {LONGEST} of them"
    try:
        if isinstance(value, (str, bytes, Mapping)):
            raise TypeError
        layers = list(itertools.islice(value, LONGEST + 1))
    except Exception:  # nothing to go through, or what breaks when one does
        raise TypeError(f"layers must be {allowed}; got {shown(value)}") from None
    if len(layers) > LONGEST:
        raise ValueError(f"layers must be {allowed}; got more: {shown(value)}")
    return [_checked(f"layer {i}", layer) for i, layer in enumerate(layers, 1)]


def _checked(where: str, layer: Any) -> Layer:
    if not isinstance(layer, Mapping):
        raise TypeError(f'{where} must be a dict such as {{"kind": "flatten"}}, got {shown(layer)}')
    kind = layer.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(
            f"the kind of {where} must be one of {', '.join(KINDS)}; got {shown(kind)}"
        )
    known = KINDS[kind]
    for name in layer:
        if name != "kind" and name not in known:
            close = difflib.get_close_matches(str(name), known, 1)
            hint = (
                f"did you mean {close[0]!r}?" if close else f"it has {', '.join(known) or 'none'}"
            )
            raise ValueError(f"{where}, {kind}, has no parameter {shown(name)}; {hint}")
    for name, default in known.items():
        if default is _NEEDED and layer.get(name) is None:
            raise ValueError(f"{where}, {kind}, needs a number of {name}")
    given = {name: layer[name] for name in known if layer.get(name) is not None}
    return {"kind": kind} | {n: _parameter(f"{n} of {where}", n, v) for n, v in given.items()}


def _parameter(where: str, name: str, value: Any) -> Any:
    """Check one parameter by itself; how many axes there are is not known yet."""
    if name == "bias":
        if not isinstance(value, bool):
            raise TypeError(f"{where} must be True or False, got {shown(value)}")
        return value
    if name not in _PER_AXIS:
        _refuse_large(where, [number := shapes.whole(where, value)])
        return number
    plain = _as_ints(value)
    axes = len(plain) if isinstance(plain, list) else 1
    if not 1 <= axes <= 3:
        raise ValueError(
            f"{where} must be one number, or one for each of 1 to 3 axes; got {shown(value)}"
        )
    if name == "padding":
        ones = (1,) * axes
        pads = shapes.padding_per_axis(_as_tuples(plain), ones, ones, ones, name=where)
        _refuse_large(where, sum(pads, ()))
    else:
        _refuse_large(where, shapes.per_axis(where, plain, axes, _MINIMUM.get(name, 1)))
    lone = axes == 1 and isinstance(plain, list) and not isinstance(plain[0], list)
    return plain[0] if lone else plain  # one number in brackets is that number


def _refuse_large(where: str, numbers: Iterable[int]) -> None:
    for number in numbers:
        if number > LARGEST:
            raise ValueError(f"{where} must be at most {LARGEST}, got {number}")


def _as_ints(value: Any, depth: int = 2) -> Any:
    """Return NumPy's and others' whole numbers as ints, tuples as lists, as JSON would."""
    value = shapes.listed(value)
    if isinstance(value, (list, tuple)):
        return [_as_ints(item, depth - 1) if depth else item for item in value]
    try:
        return shapes.whole("", value, minimum=-(2**63))
    except (TypeError, ValueError):  # whoever knows the name refuses it
        return value


def _as_tuples(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return tuple(tuple(item) if isinstance(item, list) else item for item in value)


# --- rows -----------------------------------------------------------------------------------------


class _Window(NamedTuple):
    """A layer that slides a window, every number per axis."""

    geometry: shapes.Geometry
    transposed: bool = False


class _Step(NamedTuple):
    """What one layer does to what comes in."""

    size: tuple[int, ...]
    parameters: int = 0
    multiply_adds: int = 0
    window: _Window | None = None


def rows(layers: Iterable[Mapping[str, Any]], input_shape: Sequence[int]) -> list[dict[str, Any]]:
    """Size a chain, layer by layer.

    Parameters
    ----------
    layers
        As :func:`check_layers` takes them.
    input_shape
        (C, *n), channels first, on one to three axes; or (features,).

    Returns
    -------
    list of dict
        For each layer

        - ``layer``: what it is, in words;
        - ``size``: the shape of its output, (C, *n) or (features,);
        - ``receptive_field``, ``jump``: per axis, in input positions, as in
          :func:`cnnviz.shapes.receptive_field`; None from the first flatten on, for the positions
          are gone. After a transposed convolution the outputs' fields differ, and this is the
          largest, its gaps counted as seen; its jump may be a fraction;
        - ``dropped``: how many positions at the end of each axis ⌊ ⌋ drops;
        - ``parameters``: weights and biases;
        - ``multiply_adds``: one for each product that is summed, those with padding included; in a
          transposed convolution those whose sum is cut off, too. Biases, and pooling's comparisons
          and sums, are not counted;
        - ``error``: None, or why the layer does not fit. Then it and all later layers have None for
          everything but their name.

    Raises
    ------
    TypeError, ValueError
        As :func:`check_layers` and :func:`check_input_shape`.

    References
    ----------
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016); Araujo, Norris
    and Sim, "Computing receptive fields of convolutional neural networks" (Distill, 2019).

    Examples
    --------
    >>> layers, input_shape = from_link(PRESETS["LeNet-5"])
    >>> [row["size"] for row in rows(layers, input_shape)][-3:]
    [(120,), (84,), (10,)]
    >>> rows([{"kind": "pool", "kernel": 9}], (1, 8, 8))[0]["error"]
    'kernel must fit in the padded input: it spans 9 of only 8 positions on axis 0'
    """
    first = check_input_shape(input_shape)
    shape: tuple[int, ...] | None = first
    sights: list[_Sight] | None = [_Sight()] * (len(first) - 1)
    made: list[dict[str, Any]] = []
    blocked = 0
    for number, layer in enumerate(check_layers(layers), 1):
        row = dict.fromkeys(_ROW) | {"layer": label(layer, shape)}
        made.append(row)
        if shape is None:
            row["error"] = f"waits for layer {blocked}"
            continue
        try:
            step = _STEPS[layer["kind"]](_filled(layer), shape)
            sights = _seen_through(sights, step)
            row |= _answers(step, sights)
            shape = step.size
        except (ValueError, TypeError) as error:
            row["error"], shape, blocked = str(error), None, number
    return made


_ROW = (
    "layer",
    "size",
    "receptive_field",
    "jump",
    "dropped",
    "parameters",
    "multiply_adds",
    "error",
)


def _filled(layer: Layer) -> Layer:
    """Return the layer with the defaults of what it leaves out."""
    return {**KINDS[layer["kind"]], **layer}


def _seen_through(sights: list[_Sight] | None, step: _Step) -> list[_Sight] | None:
    """Let the sight along every axis pass one more layer; None once positions are gone."""
    if sights is None or step.window is None:
        return None
    g, transposed = step.window
    reach = (w - 1 for w in shapes.window_span(g.kernel, g.dilation))
    axes = zip(sights, g.stride, g.padding, reach, strict=True)
    return [sight.through(s, before, r, transposed) for sight, s, (before, _), r in axes]


def _answers(step: _Step, sights: list[_Sight] | None) -> dict[str, Any]:
    field = jump = dropped = None
    if sights is not None and step.window is not None:
        field = tuple(sight.field() for sight in sights)
        jump = tuple(sight.jump() for sight in sights)
        dropped = _dropped(step.window)
    counts = (
        math.prod(step.size),
        step.parameters,
        step.multiply_adds,
        *(field or ()),
        *(jump or ()),
    )
    if max(counts) > MOST:
        raise ValueError("the layer must be smaller: its numbers are too large to be counted here")
    return {
        "size": step.size,
        "receptive_field": field,
        "jump": jump,
        "dropped": dropped,
        "parameters": step.parameters,
        "multiply_adds": step.multiply_adds,
    }


def _dropped(window: _Window) -> tuple[int, ...]:
    g, transposed = window
    span = shapes.window_span(g.kernel, g.dilation)
    ends = zip(g.size, g.padding, span, g.stride, strict=True)
    return tuple(0 if transposed else (n + sum(p) - w) % s for n, p, w, s in ends)


def _conv(layer: Layer, shape: tuple[int, ...]) -> _Step:
    channels, n = _channels_and_positions("a convolution", shape)
    out, groups = layer["channels"], _groups(layer, channels)
    kernel = shapes.per_axis("kernel", layer["kernel"], len(n))
    g = shapes.geometry(n, kernel, *(_per_axis(layer, name, n) for name in _SLIDES))
    weights = out * (channels // groups) * math.prod(g.kernel)
    parameters = weights + out * layer["bias"]
    return _Step((out, *g.output), parameters, weights * math.prod(g.output), _Window(g))


def _conv_transpose(layer: Layer, shape: tuple[int, ...]) -> _Step:
    channels, n = _channels_and_positions("a transposed convolution", shape)
    out, groups = layer["channels"], _groups(layer, channels)
    stride, padding, dilation = (_per_axis(layer, name, n) for name in _SLIDES)
    extra = shapes.per_axis("output_padding", layer["output_padding"], len(n), minimum=0)
    kernel = shapes.per_axis("kernel", layer["kernel"], len(n))
    g = shapes.transpose_geometry(n, kernel, stride, padding, extra, dilation)
    size = tuple(m - sum(pads) for m, pads in zip(g.size, g.padding, strict=True))
    weights = channels * (out // groups) * math.prod(g.kernel)
    parameters = weights + out * layer["bias"]
    return _Step((out, *size), parameters, weights * math.prod(n), _Window(g, transposed=True))


def _pool(layer: Layer, shape: tuple[int, ...]) -> _Step:
    channels, n = _channels_and_positions("pooling", shape)
    kernel = shapes.per_axis("kernel", layer["kernel"], len(n))
    stride = kernel if layer["stride"] is None else _per_axis(layer, "stride", n)
    g = shapes.geometry(n, kernel, stride, _per_axis(layer, "padding", n))
    shapes.check_half_padding(g)
    return _Step((channels, *g.output), window=_Window(g))


def _flatten(layer: Layer, shape: tuple[int, ...]) -> _Step:
    return _Step((math.prod(shape),))


def _linear(layer: Layer, shape: tuple[int, ...]) -> _Step:
    if len(shape) > 1:
        raise ValueError(
            f"a linear layer must get numbers in a row, got {' × '.join(map(str, shape))}: "
            "put a flatten before it"
        )
    weights = layer["units"] * shape[0]
    return _Step((layer["units"],), weights + layer["units"] * layer["bias"], weights)


_STEPS: Mapping[str, Callable[[Layer, tuple[int, ...]], _Step]] = {
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "pool": _pool,
    "flatten": _flatten,
    "linear": _linear,
}
_SLIDES = ("stride", "padding", "dilation")


def _per_axis(layer: Layer, name: str, n: Sequence[int]) -> Any:
    """Return a parameter on as many axes as there are, so that a plain int means all of them."""
    if name != "padding":
        return shapes.per_axis(name, layer[name], len(n))
    value = layer[name]
    return value if isinstance(value, str) else _as_tuples(value)


def _channels_and_positions(what: str, shape: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    if len(shape) == 1:
        raise ValueError(
            f"{what} must get channels with positions, got {shape[0]} numbers in a row"
        )
    return shape[0], shape[1:]


def _groups(layer: Layer, channels: int) -> int:
    groups: int = layer["groups"]
    if channels % groups or layer["channels"] % groups:
        raise ValueError(
            f"groups must divide the channels, {channels} in and {layer['channels']} out; "
            f"got {groups}"
        )
    return groups


class _Sight(NamedTuple):
    """What the outputs of a chain see along one axis, kept up from layer to layer.

    Up to the first transposed layer every output sees as much: `size` positions, `step` apart from
    output to output. Behind it, that differs from output to output, in a pattern that repeats, and
    the most is looked for.

    Seen from the positions before the first transposed layer, output y sees those from
    low[⌊(y + a) / s⌋] to high[⌊(y + b) / s⌋]. The lists hold one turn of the pattern: one turn
    further on, all is `advance` further on. A layer of stride t, which begins `before` the first
    position and reaches to `reach` after that, is put in front of both:

    - transposed, y is seen from ⌈(y + before − reach) / t⌉ to ⌊(y + before) / t⌋. Two divisions
      that round down are one by the product: s becomes ts, the lists stay.
    - otherwise, y sees from ty − before to ty − before + reach. A common factor of t and s goes
      out, for rounding down is the same before and after it. If that leaves t = 1, the lists stay;
      else they are written out anew, for s = 1.

    So the lists stay short, mostly of one number, where a chain goes down by what it went up. If
    they grow beyond `_PHASES`, they are given up for a bound (see `_bound`).
    """

    size: int = 1
    step: int = 1
    low: Sequence[int] = (0,)
    high: Sequence[int] = (0,)
    advance: int = 1
    s: int = 1
    a: int = 0
    b: int = 0
    grown: int = 1
    shrunk: int = 1
    behind: tuple[Any, ...] | None = None

    def through(self, stride: int, before: int, reach: int, transposed: bool) -> _Sight:
        """Return the sight after one more layer."""
        if not transposed and self.behind is None:
            return self._replace(size=self.size + reach * self.step, step=self.step * stride)
        sight = self._replace(behind=((stride, reach, transposed), self.behind))
        if transposed:
            return sight._replace(
                s=self.s * stride,
                a=self.a * stride + before - reach + stride - 1,
                b=self.b * stride + before,
                shrunk=self.shrunk * stride,
            )
        common = math.gcd(stride, self.s)
        sight = sight._replace(
            s=self.s // common,
            a=(self.a - before) // common,
            b=(self.b - before + reach) // common,
            grown=self.grown * stride,
        )
        return sight if stride == common else sight._written_out(stride // common)

    def _written_out(self, t: int) -> _Sight:
        """Return the same sight of output ty as one of y, whose lists need no division."""
        turn = len(self.low)
        again = turn // math.gcd(turn, t)  # after so many steps of s outputs the pattern repeats
        if not self.low or again * self.s > _PHASES:
            return self._replace(low=(), high=())
        outputs = range(again * self.s)
        return self._replace(
            low=[_at(self.low, self.advance, (t * y + self.a) // self.s) for y in outputs],
            high=[_at(self.high, self.advance, (t * y + self.b) // self.s) for y in outputs],
            advance=again * t // turn * self.advance,
            s=1,
            a=0,
            b=0,
        )

    def field(self) -> int:
        """Return the size of the largest field, its gaps counted as seen."""
        widest = self._widest() if self.low else self._bound()
        return self.size + self.step * max(widest, 0)  # less than 0 where outputs see nothing

    def _widest(self) -> int:
        """Return the most that an end is ahead of its start."""
        ahead = -((self.a - self.b) // self.s)  # ⌈(b − a) / s⌉: how much further `high` is read
        turns, place = divmod(ahead, len(self.high))
        ends = (*self.high[place:], *(end + self.advance for end in self.high[:place]))
        return (
            max(end - start for end, start in zip(ends, self.low, strict=True))
            + turns * self.advance
        )

    def _bound(self) -> int:
        """Return how far a field may reach if its ends could be rounded at every layer at will.

        It does where no stride down has a factor in common with a stride up before it.
        """
        width, rest = 0, self.behind
        while rest is not None:
            (stride, reach, transposed), rest = rest
            width = (width + reach) // stride if transposed else width * stride + reach
        return width

    def jump(self) -> float:
        """Return the distance between neighbouring outputs' fields, a fraction if it is one."""
        grown = self.step * self.grown
        return grown / self.shrunk if grown % self.shrunk else grown // self.shrunk


def _at(values: Sequence[int], advance: int, index: int) -> int:
    """Return a value of a list that repeats, one turn further on by `advance` more."""
    turns, place = divmod(index, len(values))
    return values[place] + turns * advance


def label(layer: Layer, shape: tuple[int, ...] | None) -> str:
    """Say what a layer is, with what differs from its defaults.

    Examples
    --------
    >>> label({"kind": "conv", "channels": 16, "kernel": 3, "stride": 2}, (8, 32, 32))
    'conv 16, 3 × 3, s 2'
    """
    kind = layer["kind"]
    axes = 1 if shape is None else max(1, len(shape) - 1)
    parts = [str(layer[n]) for n in ("channels", "units") if n in layer]
    if "kernel" in KINDS[kind]:
        kernel = _filled(layer)["kernel"]
        parts.append(_write(kernel if isinstance(kernel, list) else [kernel] * axes, " × "))
    for name in ("stride", "padding", "output_padding", "dilation", "groups"):
        if layer.get(name, KINDS[kind].get(name)) != KINDS[kind].get(name):
            parts.append(f"{_LETTERS[name]} {_write(layer[name], ' × ')}")
    if layer.get("bias", True) is False:
        parts.append("no bias")
    depthwise = layer.get("groups", 1) > 1 and shape is not None and layer["groups"] == shape[0]
    title = _TITLES.get(kind, str(kind)) + (" " if parts else "")
    return title + ", ".join(parts) + (" (depthwise)" if depthwise else "")


# --- as a graph -----------------------------------------------------------------------------------


def graph(layers: Iterable[Mapping[str, Any]], input_shape: Sequence[int]) -> dict[str, Any]:
    """Return a chain as a graph, for :mod:`cnnviz.fields`, up to the first layer that doesn't fit.

    Node 0 is the input, node i layer i. Behind a flatten there is one position, which sees all.
    With the numbers of :func:`rows` comes ``start``, as :func:`cnnviz.shapes.receptive_field` has
    it; None from the first transposed convolution on, behind which fields differ.

    Raises
    ------
    TypeError, ValueError
        As :func:`rows`.

    Examples
    --------
    >>> graph([{"kind": "conv", "channels": 8, "kernel": 3, "padding": 1}], (1, 28))["nodes"][1]
    {'name': 'layer 1', 'label': 'conv 8, 3, p 1', 'channels': 8, 'size': [28], 'from': [0], \
'windows': [[[3, 1, 1, 1]]], 'receptive_field': [3], 'jump': [1], 'start': [0.0]}
    """
    shape = check_input_shape(input_shape)
    axes = len(shape) - 1
    nodes = [_graph_node("input", "input", shape, axes) | dict.fromkeys(_PER_FIELD, [1] * axes)]
    nodes[0] |= {"start": [0.0] * axes}
    checked = check_layers(layers)
    for i, (layer, row) in enumerate(zip(checked, rows(checked, shape), strict=True), 1):
        if row["error"]:
            break
        window = _STEPS[layer["kind"]](_filled(layer), shape).window
        node = _graph_node(f"layer {i}", row["layer"], row["size"], axes)
        windows = _graph_windows(window) or [[n, 0, 0, 1] for n in nodes[-1]["size"]]
        numbers = {name: row[name] and list(row[name]) for name in _PER_FIELD}
        start = None if window is None else _start(nodes[-1], window)
        nodes.append(node | {"from": [i - 1], "windows": [windows]} | numbers | {"start": start})
        shape = row["size"]
    return {"nodes": nodes}


_PER_FIELD = ("receptive_field", "jump")


def _graph_node(name: str, label: str, shape: Sequence[int], axes: int) -> dict[str, Any]:
    size = list(shape[1:]) or [1] * axes
    return {
        "name": name,
        "label": label,
        "channels": shape[0],
        "size": size,
        "from": [],
        "windows": [],
    }


def _graph_windows(window: _Window | None) -> list[list[int]] | None:
    if window is None:
        return None
    g, transposed = window
    axes = zip(g.kernel, g.stride, g.padding, g.dilation, strict=True)
    return [[k, s, before, d] + [1] * transposed for k, s, (before, _), d in axes]


def _start(source: dict[str, Any], window: _Window) -> list[float] | None:
    """Return where the first output's field is centred, from where the first input's is."""
    if window.transposed or source["start"] is None:
        return None
    g = window.geometry
    reach = (w - 1 for w in shapes.window_span(g.kernel, g.dilation))
    axes = zip(source["start"], source["jump"], reach, g.padding, strict=True)
    return [start + (r / 2 - before) * jump for start, jump, r, (before, _) in axes]


# --- links ----------------------------------------------------------------------------------------


def link(layers: Iterable[Mapping[str, Any]], input_shape: Sequence[int]) -> str:
    """Write a chain as a short text that fits into a link, defaults left out.

    The shape comes first, then the layers, apart by ``;``. A parameter is a letter and its value:
    ``c`` channels, ``u`` units, ``k`` kernel, ``s`` stride, ``p`` padding, ``o`` output padding,
    ``d`` dilation, ``g`` groups, ``b0`` no bias. Numbers of several axes are joined by ``x``, and
    unequal padding is written before+after.

    Examples
    --------
    >>> link([{"kind": "conv", "channels": 8, "kernel": (3, 5), "padding": 1}], (1, 28, 28))
    '#layers=1x28x28;conv:c8,k3x5,p1'
    """
    parts = ["x".join(map(str, check_input_shape(input_shape)))]
    for layer in check_layers(layers):
        kind = layer["kind"]
        # KINDS says the order: two texts of one chain are equal.
        given = [n for n, default in KINDS[kind].items() if n in layer and layer[n] != default]
        values = ",".join(f"{_LETTERS[n]}{_write(layer[n], 'x')}" for n in given)
        parts.append(f"{kind}:{values}" if values else kind)
    return "#layers=" + ";".join(parts)


def from_link(text: str) -> tuple[list[Layer], tuple[int, ...]]:
    """Read what :func:`link` wrote; the text may be a whole address.

    Returns
    -------
    layers : list of dict
    input_shape : tuple of int

    Raises
    ------
    TypeError, ValueError
        If it is not such a text, with the part that can't be read.

    Examples
    --------
    >>> from_link("https://example.org/page.html#layers=1x8;conv:c4,k3,psame;flatten")
    ([{'kind': 'conv', 'channels': 4, 'kernel': 3, 'padding': 'same'}, {'kind': 'flatten'}], (1, 8))
    """
    if not isinstance(text, str):
        raise TypeError(f"a link must be text such as '#layers=3x32x32;flatten', got {shown(text)}")
    shape, *parts = text.split("#layers=")[-1].split(";")
    if not re.fullmatch(r"[0-9]{1,9}(x[0-9]{1,9}){0,3}", shape):
        raise ValueError(
            f"a link must begin with the input's shape, such as 3x32x32; got {shown(shape)}"
        )
    layers = check_layers([_read_layer(part) for part in parts])
    return layers, check_input_shape(tuple(map(int, shape.split("x"))))


def _read_layer(part: str) -> Layer:
    kind, _, values = part.partition(":")
    layer: Layer = {"kind": kind}
    for item in values.split(",") if values else ():
        name, text = _NAMES.get(item[:1]), item[1:]
        value: Any = {"0": False, "1": True}.get(text) if name == "bias" else _read(text)
        if name is None or value is None or name in layer:
            raise ValueError(f"the part {item!r} of {part!r} can't be read")
        layer[name] = value
    return layer


def _write(value: Any, between: str) -> str:
    if not isinstance(value, list):
        return str(int(value) if isinstance(value, bool) else value)
    return between.join("+".join(map(str, v)) if isinstance(v, list) else str(v) for v in value)


def _read(text: str) -> Any:
    """Read ``3``, ``3x5``, ``0+1x0+1``, ``same``; None if it is none of these."""
    if text in ("same", "valid"):
        return text
    if not re.fullmatch(r"\d{1,9}(\+\d{1,9})?(x\d{1,9}(\+\d{1,9})?){0,2}", text, re.ASCII):
        return None
    items: list[Any] = [
        [int(n) for n in item.split("+")] if "+" in item else int(item) for item in text.split("x")
    ]
    return items[0] if len(items) == 1 and isinstance(items[0], int) else items
