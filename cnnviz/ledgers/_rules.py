"""Which positions of what goes in each output of an operation sees: a rule for each of ATen's.

A rule looks at one tensor that goes in. It says, for every dimension of what comes out, which
dimension of that tensor it runs along and through which window, or None where there is no such
dimension. A dimension of the tensor that no output runs along is seen whole.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from cnnviz.spans import Interval, Table, Window, identity, whole

__all__ = ["Along", "Call", "along", "plain_name"]

#: A dimension of the tensor that goes in, and the window through which it is seen.
Along = tuple[int, Window | Table] | None
Rule = Callable[["Call", Tensor], list[Along]]


class Call(NamedTuple):
    """One operation: what it is, what went in, and one of the tensors that came out."""

    func: Any
    name: str  # without "aten::", and without the "_" of those in place
    args: Sequence[Any]
    kwargs: dict[str, Any]
    out: Tensor
    place: int = 0  # which of several that came out

    def get(self, name: str) -> Any:
        """Return an argument by the name that ATen gives it, or its default."""
        place, default = signature(self.func)[name]
        return self.args[place] if place < len(self.args) else self.kwargs.get(name, default)

    def numbers(self, name: str, count: int, default: Sequence[int] = ()) -> list[int]:
        """Return an argument that holds a number for each axis, or one for all of them."""
        value = self.get(name)
        if isinstance(value, int):
            value = [value]
        found = [int(n) for n in value or default]
        return found * count if len(found) == 1 else found


@functools.cache
def plain_name(func: Any) -> str:
    """Return an operation's name as ATen has it: "add_"."""
    return str(func._schema.name).split("::")[-1]


@functools.cache
def signature(func: Any) -> dict[str, tuple[int, Any]]:
    """Return the arguments of an operation by name, each with its place and default."""
    arguments = enumerate(func._schema.arguments)
    return {argument.name: (place, argument.default_value) for place, argument in arguments}


def along(call: Call, source: Tensor) -> list[Along] | None:
    """Return what the outputs see of one tensor that went in; None if there is no rule."""
    rule = _RULES.get(call.name)
    if rule is not None:
        return rule(call, source)
    return _pointwise(call, source) if torch.Tag.pointwise in call.func.tags else None


# --- every position by itself ---------------------------------------------------------------------


def _pointwise(call: Call, source: Tensor) -> list[Along]:
    """Let each value see the one at its own place, and those that are spread out be seen by all."""
    shape, behind = call.out.shape, call.out.ndim - source.ndim
    maps: list[Along] = [
        None if j < behind else (j - behind, _spread(source.shape[j - behind], size))
        for j, size in enumerate(shape)
    ]
    return maps


def _spread(size: int, wanted: int) -> Window:
    return Window(1, 0) if size == 1 < wanted else identity


def _batch_norm(call: Call, source: Tensor) -> list[Along]:
    """Take each value by itself, or, where statistics are of the batch, all of its channel."""
    if source is not call.args[0] or not call.get("training"):
        return _same(source)
    return _whole_along([j for j in range(source.ndim) if j != 1], source)


def _group_norm(call: Call, source: Tensor) -> list[Along]:
    return _whole_along(range(1, source.ndim), source)


def _layer_norm(call: Call, source: Tensor) -> list[Along]:
    last = len(call.get("normalized_shape"))
    return _whole_along(range(source.ndim - last, source.ndim), source)


def _softmax(call: Call, source: Tensor) -> list[Along]:
    return _whole_along([call.get("dim") % source.ndim], source)


def _same(source: Tensor) -> list[Along]:
    return _whole_along([], source)


def _whole_along(dims: Sequence[int], source: Tensor) -> list[Along]:
    """Keep all dimensions; along some of them, every output sees all."""
    sizes = source.shape
    return [(j, whole(sizes[j]) if j in dims else identity) for j in range(source.ndim)]


# --- sums over a dimension ------------------------------------------------------------------------


def _reduction(call: Call, source: Tensor) -> list[Along]:
    names = signature(call.func)
    dims = call.get("dim") if "dim" in names else None
    dims = range(source.ndim) if dims is None or dims == [] else dims
    gone = {d % source.ndim for d in ([dims] if isinstance(dims, int) else dims)}
    if "keepdim" in names and call.get("keepdim"):
        return _whole_along(sorted(gone), source)
    return [(j, identity) for j in range(source.ndim) if j not in gone]


def _product(call: Call, source: Tensor) -> list[Along]:
    """Follow the rows of the first matrix and the columns of the second."""
    first, second = call.args[-2:]
    leading: list[Along] = [(j, identity) for j in range(source.ndim - 2)]
    if source is first:  # its last dimension is summed over, so a square sees rows whole, too
        return [*leading, (source.ndim - 2, identity), None][: call.out.ndim]
    if source is second:
        return [*leading, None, (source.ndim - 1, identity)] if source.ndim > 1 else [None]
    return _pointwise(call, source)  # what is added


# --- windows that slide ---------------------------------------------------------------------------


def _windows(source: Tensor, windows: Sequence[Window | Table]) -> list[Along]:
    """Let windows slide along the last dimensions; a batch comes first, channels are mixed."""
    first = source.ndim - len(windows)
    slid: list[Along] = [(first + i, window) for i, window in enumerate(windows)]
    return [*((j, identity) for j in range(first)), *slid]


def _convolution(call: Call, source: Tensor) -> list[Along]:
    if source is not call.args[0]:
        return [None] * call.out.ndim
    axes = source.ndim - 2
    kernel = call.args[1].shape[2:]
    stride, padding, dilation = (
        call.numbers(name, axes) for name in ("stride", "padding", "dilation")
    )
    numbers = zip(kernel, stride, padding, dilation, strict=True)
    windows = [Window(*four, bool(call.get("transposed"))) for four in numbers]
    maps = _windows(source, windows)
    maps[1] = None  # an output channel is none of the input's
    return maps


def _pool(call: Call, source: Tensor) -> list[Along]:
    axes = int(call.name.split("pool")[1][0])
    kernel = call.numbers("kernel_size", axes)
    stride = call.numbers("stride", axes, kernel)
    padding = call.numbers("padding", axes)
    maximum = call.name.startswith("max")
    dilation = call.numbers("dilation", axes) if maximum else [1] * axes
    return _windows(source, list(map(Window, kernel, stride, padding, dilation)))


def _adaptive_pool(call: Call, source: Tensor) -> list[Along]:
    axes = int(call.name.split("pool")[1][0])
    pairs = zip(source.shape[-axes:], call.out.shape[-axes:], strict=True)
    return _windows(source, [_shared_out(n, m) for n, m in pairs])


def _shared_out(n: int, m: int) -> Window | Table:
    """Share n positions out to m outputs, from ⌊in/m⌋ to ⌈(i+1)n/m⌉."""
    if n % m == 0:
        return Window(n // m, n // m)
    return Table(tuple((i * n // m, -(-(i + 1) * n // m) - 1) for i in range(m)))


def _resized(call: Call, source: Tensor) -> list[Along]:
    axes = source.ndim - 2
    at = _PLACES[call.name.rstrip("123d")]
    factors = _factors(call, axes)
    corners = bool(call.args[2]) if "linear" in call.name or "cubic" in call.name else False
    numbers = zip(source.shape[2:], call.out.shape[2:], factors, strict=True)
    return _windows(source, [_resized_along(at, n, m, f, corners) for n, m, f in numbers])


def _factors(call: Call, axes: int) -> list[float | None]:
    """Return by how much each axis grows where it was said; else the sizes say it."""
    names = signature(call.func)
    if "scale_factors" in names:
        return list(call.get("scale_factors") or [None] * axes)
    return [call.get(name) for name in names if name.startswith("scale")]


def _resized_along(
    at: Callable[[int, float, bool], tuple[int, int]],
    n: int,
    m: int,
    factor: float | None,
    corners: bool,
) -> Window | Table:
    if at is _nearest and m % n == 0 and factor in (None, m / n):
        return Window(m // n, m // n, 0, 1, True)
    scale = n / m if factor is None else 1 / factor
    if corners:
        scale = (n - 1) / (m - 1) if m > 1 else 0.0
    spans = (at(y, scale, corners) for y in range(m))
    return Table(tuple((_inside(a, n), _inside(b, n)) for a, b in spans))


def _inside(place: int, n: int) -> int:
    return min(max(place, 0), n - 1)


def _nearest(y: int, scale: float, corners: bool) -> tuple[int, int]:
    place = math.floor(y * scale)
    return place, place


def _nearest_exact(y: int, scale: float, corners: bool) -> tuple[int, int]:
    place = math.floor((y + 0.5) * scale)
    return place, place


def _linear(y: int, scale: float, corners: bool) -> tuple[int, int]:
    place = y * scale if corners else max((y + 0.5) * scale - 0.5, 0.0)
    return math.floor(place), math.ceil(place)  # a neighbour with weight 0 isn't seen


def _cubic(y: int, scale: float, corners: bool) -> tuple[int, int]:
    place = y * scale if corners else (y + 0.5) * scale - 0.5
    first = math.floor(place)
    return (first, first) if place == first else (first - 1, first + 2)


_PLACES = {
    "upsample_nearest": _nearest,
    "_upsample_nearest_exact": _nearest_exact,
    "upsample_linear": _linear,
    "upsample_bilinear": _linear,
    "upsample_trilinear": _linear,
    "upsample_bicubic": _cubic,
}


def _pixel_shuffle(call: Call, source: Tensor) -> list[Along]:
    r = call.get("upscale_factor")
    return _windows(source, [Window(r, r, 0, 1, True)] * 2)


def _pixel_unshuffle(call: Call, source: Tensor) -> list[Along]:
    r = call.get("downscale_factor")
    return _windows(source, [Window(r, r)] * 2)


# --- moved, cut, joined ---------------------------------------------------------------------------


def _pad(call: Call, source: Tensor) -> list[Along]:
    befores = call.get("pad")[::2]  # the last dimension's first
    last = source.ndim - 1
    return [
        (j, Window(1, 1, befores[last - j]) if last - j < len(befores) else identity)
        for j in range(source.ndim)
    ]


def _reflection_pad(call: Call, source: Tensor) -> list[Along]:
    befores = call.get("padding")[::2]
    axes = len(befores)
    numbers = zip(source.shape[-axes:], call.out.shape[-axes:], reversed(befores), strict=True)
    at = _mirrored if call.name.startswith("reflection") else _inside
    return _windows(
        source, [_listed([at(y - before, n) for y in range(m)]) for n, m, before in numbers]
    )


def _mirrored(place: int, n: int) -> int:
    return n - 1 - abs(n - 1 - abs(place))


def _listed(places: Sequence[int | None]) -> Table:
    spans: list[Interval | None] = [None if place is None else (place, place) for place in places]
    return Table(tuple(spans))


def _slice(call: Call, source: Tensor) -> list[Along]:
    dim, step = call.get("dim") % source.ndim, call.get("step")
    start = call.get("start") or 0
    start = min(max(start + source.shape[dim] * (start < 0), 0), source.shape[dim])
    window = Window(1, step, -start)
    return [(j, window if j == dim else identity) for j in range(source.ndim)]


def _select(call: Call, source: Tensor) -> list[Along]:
    dim = call.get("dim") % source.ndim
    return _one_of(source, dim, call.get("index") % source.shape[dim])


def _unbind(call: Call, source: Tensor) -> list[Along]:
    return _one_of(source, call.get("dim") % source.ndim, call.place)


def _one_of(source: Tensor, dim: int, index: int) -> list[Along]:
    """Take one position and lose the dimension, which the recorder reads as seen whole."""
    return [(j, identity) for j in range(source.ndim) if j != dim]


def _split(call: Call, source: Tensor) -> list[Along]:
    dim = call.get("dim") % source.ndim
    sizes = call.args[1]
    start = call.place * sizes if isinstance(sizes, int) else sum(sizes[: call.place])
    return [(j, Window(1, 1, -start) if j == dim else identity) for j in range(source.ndim)]


def _cat(call: Call, source: Tensor) -> list[Along]:
    tensors = call.get("tensors")
    dim = (call.get("dim") or 0) % call.out.ndim
    place = next(i for i, tensor in enumerate(tensors) if tensor is source)
    start, n = sum(tensor.shape[dim] for tensor in tensors[:place]), source.shape[dim]
    inside = _listed(
        [y - start if 0 <= y - start < n else None for y in range(call.out.shape[dim])]
    )
    return [(j, inside if j == dim else identity) for j in range(source.ndim)]


def _stack(call: Call, source: Tensor) -> list[Along]:
    dim = (call.get("dim") or 0) % call.out.ndim
    maps: list[Along] = [(j, identity) for j in range(source.ndim)]
    return [*maps[:dim], None, *maps[dim:]]


def _flip(call: Call, source: Tensor) -> list[Along]:
    dims = {d % source.ndim for d in call.get("dims")}
    sizes = source.shape
    return [
        (j, _listed(range(sizes[j] - 1, -1, -1)) if j in dims else identity)
        for j in range(source.ndim)
    ]


def _roll(call: Call, source: Tensor) -> list[Along]:
    dims = [d % source.ndim for d in call.get("dims")]
    if not dims:
        return [None] * source.ndim
    by = dict(zip(dims, call.get("shifts"), strict=True))
    sizes = source.shape
    return [
        (j, _listed([(y - by[j]) % sizes[j] for y in range(sizes[j])]) if j in by else identity)
        for j in range(source.ndim)
    ]


def _permute(call: Call, source: Tensor) -> list[Along]:
    return [(d % source.ndim, identity) for d in call.get("dims")]


def _transpose(call: Call, source: Tensor) -> list[Along]:
    order = list(range(source.ndim))
    pair = (call.get("dim0"), call.get("dim1")) if call.name == "transpose" else (0, -1)
    if order:
        a, b = (d % source.ndim for d in pair)
        order[a], order[b] = order[b], order[a]
    return [(d, identity) for d in order]


def _reshape(call: Call, source: Tensor) -> list[Along]:
    """Follow a dimension where its size and the number of values before it stay the same."""
    before = list(itertools.accumulate(source.shape, lambda a, b: a * b, initial=1))
    places = {(before[i], size): i for i, size in enumerate(source.shape) if size > 1}
    ones = [i for i, size in enumerate(source.shape) if size == 1]
    maps: list[Along] = []
    passed = 1
    for size in call.out.shape:
        found = places.pop((passed, size), None)
        if size == 1:  # of those, any will do that stands there
            found = next((i for i in ones if before[i] == passed), None)
            ones = [i for i in ones if i != found]
        maps.append(None if found is None else (found, identity))
        passed *= size
    return maps


_RULES: dict[str, Rule] = {
    **dict.fromkeys(
        [
            "_prelu_kernel",
            "alias",
            "clone",
            "copy",
            "detach",
            "_to_copy",
            "hardswish",
            "lift_fresh",
            "log_sigmoid_forward",
            "native_dropout",
            "rrelu_with_noise",
            "glu",
            "channel_shuffle",
            "native_channel_shuffle",
            "masked_fill",
            "contiguous",
            "expand",
        ],
        _pointwise,
    ),
    **dict.fromkeys(("native_batch_norm", "cudnn_batch_norm", "miopen_batch_norm"), _batch_norm),
    "_native_batch_norm_legit_no_training": lambda call, source: _same(source),
    "native_group_norm": _group_norm,
    "native_layer_norm": _layer_norm,
    **dict.fromkeys(("_softmax", "_log_softmax", "_safe_softmax"), _softmax),
    **dict.fromkeys(
        [
            "mean",
            "sum",
            "amax",
            "amin",
            "max",
            "min",
            "argmax",
            "argmin",
            "var",
            "std",
            "prod",
            "any",
            "all",
            "norm",
            "linalg_vector_norm",
            "logsumexp",
            "median",
            "var_mean",
            "std_mean",
        ],
        _reduction,
    ),
    **dict.fromkeys(["mm", "addmm", "bmm", "baddbmm", "mv"], _product),
    **dict.fromkeys(("convolution", "_convolution"), _convolution),
    **dict.fromkeys(
        [
            "max_pool2d_with_indices",
            "max_pool3d_with_indices",
            "avg_pool1d",
            "avg_pool2d",
            "avg_pool3d",
        ],
        _pool,
    ),
    **dict.fromkeys(
        [
            "_adaptive_avg_pool2d",
            "_adaptive_avg_pool3d",
            "adaptive_max_pool2d",
            "adaptive_max_pool3d",
        ],
        _adaptive_pool,
    ),
    **{f"{name}{d}": _resized for name in _PLACES for d in ("1d", "2d", "3d")},
    "pixel_shuffle": _pixel_shuffle,
    "pixel_unshuffle": _pixel_unshuffle,
    "constant_pad_nd": _pad,
    **{
        f"{name}_pad{d}d": _reflection_pad
        for name in ("reflection", "replication")
        for d in (1, 2, 3)
    },
    "slice": _slice,
    "select": _select,
    "unbind": _unbind,
    **dict.fromkeys(("split", "split_with_sizes"), _split),
    "cat": _cat,
    "stack": _stack,
    "flip": _flip,
    "roll": _roll,
    **dict.fromkeys(("permute",), _permute),
    **dict.fromkeys(("transpose", "t", "numpy_T"), _transpose),
    **dict.fromkeys(("view", "_unsafe_view", "reshape", "_reshape_alias"), _reshape),
    **dict.fromkeys(("squeeze", "unsqueeze"), _reshape),
}
