"""Pooling: every window of an array summarised by one number.

A window is a few taps, and each tap, over all windows, sees a strided part of the input: so windows
are pooled tap by tap, with `_parts` saying which part of the output meets which part of the input.
Padding is never made. It can't win a maximum then, nor take its gradient.
"""

# Arrays that come in are typed Any (ArrayLike), so NumPy's functions on them are, too.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, overload

import numpy as np

from cnnviz import shapes
from cnnviz.arrays import as_flag, refuse_large, shown
from cnnviz.ops._checks import (
    Array,
    ArrayLike,
    as_floats,
    as_numbers_alike,
    check_one_of,
    check_shape,
    in_silence,
    largest,
    refuse_overflow,
)
from cnnviz.shapes import Geometry, Padding, Size

__all__ = ["pool", "pool_backward"]

POOL_MODES = ("max", "mean", "l2")

_FEW = 64  # taps, whose parts are remembered, and whose pixels are copied
_AT_ONCE = 1 << 18  # numbers copied at a time, so that they stay in the cache


@overload
def pool(
    x: ArrayLike,
    kernel: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    mode: str = "max",
    dilation: Size = 1,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    *,
    return_indices: Literal[False] = False,
) -> Array: ...
@overload
def pool(
    x: ArrayLike,
    kernel: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    mode: str = "max",
    dilation: Size = 1,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    *,
    return_indices: Literal[True],
) -> tuple[Array, Array]: ...
def pool(
    x: ArrayLike,
    kernel: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    mode: str = "max",
    dilation: Size = 1,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    *,
    return_indices: bool = False,
) -> Array | tuple[Array, Array]:
    """Summarise every window of an array by one number.

    Parameters
    ----------
    x
        The last axes are pooled, up to two axes in front of them (images and channels) are kept.
    kernel
        One int per pooled axis; an int alone pools the last two axes (the only one of a 1-D array,
        the last three of a 5-D one).
    stride
        The kernel if not given, so that windows touch and don't overlap.
    padding
        As the package says; more than half the kernel, too, which PyTorch refuses. Padding never
        wins a maximum: it counts as −∞, which is also the maximum of a window without a pixel.
    mode
        ``"max"``, ``"mean"``, or ``"l2"``: the root of the mean of the squares.
        (`torch.nn.LPPool2d(2, …)` and ONNX's ``LpPool`` take the root of their sum: √(pixels in a
        window) times as much.)
    dilation
        Steps from tap to tap. PyTorch offers it for ``"max"`` alone, ONNX for all modes.
    ceil_mode
        Round the output's size up, as `cnnviz.shapes.pool_output_size` explains.
    count_include_pad
        What means are divided by: True, as in PyTorch, counts the padding, as zeros; False, as in
        ONNX where nothing is said, the pixels alone. What hangs over the padding, when sizes are
        rounded up, is never counted.
    return_indices
        Give the maxima's places too.

    Returns
    -------
    values : ndarray
        Integers stay integers under ``"max"`` and become float64 otherwise.
    indices : ndarray of int64
        If asked for: where in its plane, in reading order and without the padding, each maximum
        lies, as PyTorch counts (ONNX goes on counting from plane to plane). Of equal ones it is
        the first; NaN wins, the last of them. −1 where a window holds no pixel.

    Raises
    ------
    ValueError, TypeError
        For an unknown mode, a kernel larger than the padded input, a window without a pixel where
        its result has no value (of integers, or ``count_include_pad=False``), an output that is too
        large, and bad arguments generally.

    Examples
    --------
    >>> x = [[1, 2, 5, 6], [3, 4, 7, 8]]
    >>> pool(x, 2)
    array([[4, 8]])
    >>> pool(x, 2, mode="mean")
    array([[2.5, 6.5]])
    >>> values, indices = pool(x, 2, return_indices=True)
    >>> indices
    array([[5, 7]])
    >>> pool(x, (1, 3), ceil_mode=True)
    array([[5, 6],
           [7, 8]])
    """
    (x,) = as_numbers_alike(x=x)
    g, include = _pool_geometry(
        x, kernel, stride, padding, mode, dilation, ceil_mode, count_include_pad
    )
    as_flag("return_indices", return_indices)
    if return_indices and mode != "max":
        raise ValueError(f"return_indices must be False when mode is {mode!r}: no pixel wins")
    shape = (*x.shape[: -len(g.size)], *g.output)
    planes = x.reshape(-1, *g.size)
    with in_silence():
        if return_indices:
            values, places = _winners(planes, g)
            return values.reshape(shape), places.reshape(shape)
        if mode == "max":
            return _maxima(planes, g).reshape(shape)
        floats = _wide(planes)
        divisor = _divisor(g, include)
        scale = _scale(planes, floats, g, mode)
        if mode == "mean":
            out = _up_again(_mean(planes, floats, g, divisor, scale), scale)
        else:
            out = _up_again(_root(floats, g, divisor, scale), scale)
        return out.astype(as_floats(x[..., :0]).dtype).reshape(shape)


def pool_backward(
    grad: ArrayLike,
    x: ArrayLike,
    kernel: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    mode: str = "max",
    dilation: Size = 1,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Array:
    """Gradient of a loss with respect to the input of `pool`.

    Parameters
    ----------
    grad
        The loss's gradient with respect to `pool`'s output, of that output's shape.
    x, kernel, stride, padding, mode, dilation, ceil_mode, count_include_pad
        What `pool` was given.

    Returns
    -------
    ndarray
        Of the shape of x. ``"max"`` gives a window's gradient to its first maximum in reading
        order, as PyTorch does, or to its last NaN; ``"mean"`` gives every pixel the same share;
        ``"l2"`` gives pixel x the share x / (pixels in a window · result), and 0 where the result
        is 0. What padding would receive is lost, but padding never receives a maximum's.

    Raises
    ------
    ValueError, TypeError
        As `pool`, and for a `grad` of another shape than the output's.

    Examples
    --------
    >>> pool_backward([[10, 20]], [[1, 2, 7, 7], [4, 3, 7, 7]], 2)
    array([[ 0,  0, 20,  0],
           [10,  0,  0,  0]])
    """
    grad, x = as_numbers_alike(grad=grad, x=x)
    g, include = _pool_geometry(
        x, kernel, stride, padding, mode, dilation, ceil_mode, count_include_pad
    )
    check_shape("grad", grad, (*x.shape[: -len(g.size)], *g.output))
    refuse_overflow("grad", math.prod(g.kernel), grad)
    planes, grad = x.reshape(-1, *g.size), grad.reshape(-1, *g.output)
    with in_silence():
        if mode == "max":
            return _to_winners(grad, planes, g).reshape(x.shape)
        floats = _wide(planes)
        shares = _wide(grad) / _divisor(g, include)
        dx = np.zeros_like(floats)
        if mode == "mean":
            for part in _parts(g):
                dx[part.input] += shares[part.output]
        else:
            scale = _scale(planes, floats, g, mode)
            root = _root(floats, g, _divisor(g, include), scale)
            root[root == 0] = 1  # where every pixel is 0, so that 0 / 1 is their share
            for part in _parts(g):
                ratio = _down(floats[part.input], scale, part) / root[part.output]
                dx[part.input] += ratio * shares[part.output]
        return dx.astype(as_floats(x[..., :0]).dtype).reshape(x.shape)


# ── Taps ─────────────────────────────────────────────────────────────────────────────────────────


class _Part(NamedTuple):
    """What one tap of the kernel sees: its number, in reading order, and where it meets what."""

    tap: int
    output: tuple[slice, ...]
    input: tuple[slice, ...]


def _parts(g: Geometry) -> Iterable[_Part]:
    """List every tap that meets the input anywhere, in reading order."""
    return _few_parts(g) if math.prod(g.kernel) <= _FEW else _made_parts(g)


@functools.lru_cache(maxsize=128)
def _few_parts(g: Geometry) -> tuple[_Part, ...]:
    """List them once for all batches of a network: that takes as long as pooling small maps."""
    return tuple(_made_parts(g))


def _made_parts(g: Geometry) -> Iterator[_Part]:
    for axes in itertools.product(*(_meetings(g, axis) for axis in range(len(g.size)))):
        taps, outputs, pixels = zip(*axes, strict=True)
        number = 0
        for tap, k in zip(taps, g.kernel, strict=True):
            number = number * k + tap
        yield _Part(number, (slice(None), *outputs), (slice(None), *pixels))


def _meetings(g: Geometry, axis: int) -> list[tuple[int, slice, slice]]:
    """Return an axis's taps with outputs and pixels: output o and tap t meet at os − p + td."""
    n, k, s, d, out = (part[axis] for part in (g.size, g.kernel, g.stride, g.dilation, g.output))
    before, _ = g.padding[axis]
    first, last = _up(before - (out - 1) * s, d), (n - 1 + before) // d
    meetings = []
    for tap in range(max(first, 0), min(last + 1, k)):
        start = tap * d - before
        low, high = max(_up(-start, s), 0), min((n - 1 - start) // s + 1, out)
        if low < high:
            pixels = slice(low * s + start, (high - 1) * s + start + 1, s)
            meetings.append((tap, slice(low, high), pixels))
    return meetings


def _counts(g: Geometry, *, padded: bool) -> list[Array]:
    """Return per axis how many taps of each window lie in the input, or in the padded input."""
    counts = []
    for n, k, s, d, (before, after), out in zip(
        g.size, g.kernel, g.stride, g.dilation, g.padding, g.output, strict=True
    ):
        starts = np.arange(out) * s - before
        low, high = (-before, n + after) if padded else (0, n)
        firsts = np.clip(-((starts - low) // d), 0, k)
        counts.append(np.clip((high - 1 - starts) // d + 1, 0, k) - firsts)
    return counts


@functools.lru_cache(maxsize=128)
def _some_are_empty(g: Geometry) -> bool:
    """Tell whether a window holds no pixel."""
    return any(bool((counts == 0).any()) for counts in _counts(g, padded=False))


def _up(a: int, b: int) -> int:
    """Divide and round up."""
    return -(-a // b)


# ── Maxima ───────────────────────────────────────────────────────────────────────────────────────


def _maxima(planes: Array, g: Geometry) -> Array:
    out = _lowest(planes, g)
    for part in _parts(g):
        seen = out[part.output]
        np.maximum(seen, planes[part.input], out=seen)
    return out


def _lowest(planes: Array, g: Geometry) -> Array:
    """Return in each window's place what no pixel lies below."""
    lowest = -np.inf if planes.dtype.kind == "f" else np.iinfo(planes.dtype).min
    return np.full((len(planes), *g.output), lowest, planes.dtype)


def _winners(planes: Array, g: Geometry) -> tuple[Array, Array]:
    """Return each window's maximum, and where in its plane it lies, −1 if there is no pixel."""
    values, taps = _lowest(planes, g), np.full((len(planes), *g.output), -1)
    at_once = max(_AT_ONCE // math.prod((*g.kernel, *g.output)), 1)
    for first in range(0, len(planes), at_once):
        block = slice(first, first + at_once)
        _find_winners(planes[block], values[block], taps[block], g)
    return values, _places(taps, g)


def _find_winners(planes: Array, values: Array, taps: Array, g: Geometry) -> None:
    """Write some planes' maxima, and the taps that see them, into arrays made for them."""
    # Each pixel is read two or three times, and with a stride slowly: then a copy is faster.
    few = math.prod(g.kernel) <= _FEW
    sights = [
        (part, np.ascontiguousarray(planes[part.input]) if few else planes[part.input])
        for part in _parts(g)
    ]
    for part, pixels in sights:
        seen = values[part.output]
        np.maximum(seen, pixels, out=seen)
    for part, pixels in reversed(sights):  # of equal ones, the first is written last
        np.copyto(taps[part.output], part.tap, where=pixels == values[part.output])
    if values.dtype.kind == "f" and np.isnan(values).any():
        for part, pixels in sights:  # the last NaN, as in PyTorch
            np.copyto(taps[part.output], part.tap, where=np.isnan(pixels))


def _places(taps: Array, g: Geometry) -> Array:
    """Return where in the input's plane the winning taps lie, −1 where there is none."""
    starts, offsets = _steps(g)
    places = starts + offsets.take(taps)
    return np.where(taps < 0, -1, places) if (taps < 0).any() else places


@functools.lru_cache(maxsize=8)
def _steps(g: Geometry) -> tuple[Array, Array]:
    """Return where in the plane windows start, and how far from there their taps lie."""
    starts, offsets = [], []
    for axis, (before, _) in enumerate(g.padding):
        step = math.prod(g.size[axis + 1 :])
        starts.append((np.arange(g.output[axis]) * g.stride[axis] - before) * step)
        offsets.append(np.arange(g.kernel[axis]) * g.dilation[axis] * step)
    return functools.reduce(np.add.outer, starts), functools.reduce(np.add.outer, offsets).ravel()


def _to_winners(grad: Array, planes: Array, g: Geometry) -> Array:
    _, places = _winners(planes, g)
    firsts = np.arange(0, planes.size, math.prod(g.size)).reshape(-1, *(1 for _ in g.size))
    found = places >= 0
    places = places + firsts
    if not found.all():
        places, grad = places[found], grad[found]
    dx = np.zeros(planes.size, planes.dtype)
    np.add.at(dx, places.ravel(), grad.ravel())
    return dx.reshape(planes.shape)


# ── Means and roots ──────────────────────────────────────────────────────────────────────────────


def _wide(x: Array) -> Array:
    """Return float64, in which sums of float32, and of its squares, have room."""
    return x.astype(np.float64, copy=False)


def _divisor(g: Geometry, include: bool) -> Array:
    divisor = np.ones(())
    for counts in _counts(g, padded=include):
        divisor = divisor[..., np.newaxis] * counts
    return divisor


def _mean(planes: Array, floats: Array, g: Geometry, divisor: Array, scale: _Scale | None) -> Array:
    """Return each window's mean, over its scale."""
    whole = planes.dtype.kind != "f"
    exact = whole and math.prod(g.kernel) * largest(planes) <= np.iinfo(np.int64).max
    source = planes if exact else floats
    sums = np.zeros((len(planes), *g.output), source.dtype)
    for part in _parts(g):
        sums[part.output] += _down(source[part.input], scale, part)
    return sums / divisor


def _root(floats: Array, g: Geometry, divisor: Array, scale: _Scale | None) -> Array:
    """Return each window's root of the mean of the squares, over its scale."""
    sums = np.zeros((len(floats), *g.output))
    for part in _parts(g):
        sums[part.output] += _down(floats[part.input], scale, part) ** 2
    return np.sqrt(sums / divisor)


_TAME = 2.0**480  # numbers up to it, and down to its inverse, may be squared and summed


class _Scale(NamedTuple):
    """What each window's numbers are divided by, 2^power, and the largest of their magnitudes.

    Being a power of two, it changes no digit.
    """

    power: Array
    largest: Array


def _scale(planes: Array, floats: Array, g: Geometry, mode: str) -> _Scale | None:
    """Return how to divide so that squares and sums stay in float64; None if they do anyway."""
    if planes.dtype != np.float64:  # no float32 or integer is so huge, or so tiny
        return None
    huge = not (floats.max() <= _TAME and floats.min() >= -_TAME)
    if mode == "mean" and not huge:
        return None
    sizes = np.abs(floats)
    if not huge and np.min(sizes, where=sizes > 0, initial=1) >= 1 / _TAME:
        return None
    top = np.maximum(_maxima(sizes, g), 0)
    power = np.where(np.isfinite(top), np.frexp(top)[1], 0)
    # Beside an infinity, too, finite numbers may not add up to one of the other sign.
    return _Scale(np.where(np.isinf(top), 64, power), top)


def _down(pixels: Array, scale: _Scale | None, part: _Part) -> Array:
    return pixels if scale is None else np.ldexp(pixels, -scale.power[part.output])


def _up_again(values: Array, scale: _Scale | None) -> Array:
    if scale is None:
        return values
    # Rounding may have taken a mean of equal numbers beyond them, here beyond the largest float.
    return np.clip(np.ldexp(values, scale.power), -scale.largest, scale.largest)


# ── What goes in ─────────────────────────────────────────────────────────────────────────────────


def _pool_geometry(
    x: Array,
    kernel: Size,
    stride: Size | None,
    padding: Padding,
    mode: str,
    dilation: Size,
    ceil_mode: bool,
    count_include_pad: bool,
) -> tuple[Geometry, bool]:
    """Check all that `pool` and `pool_backward` have in common."""
    check_one_of("mode", mode, POOL_MODES)
    include = as_flag("count_include_pad", count_include_pad)
    rank = shapes.count_axes(kernel) or {1: 1, 5: 3}.get(x.ndim, 2)
    if rank not in (1, 2, 3):
        raise ValueError(f"kernel must be for 1, 2 or 3 axes, got {shown(kernel)}")
    if not rank <= x.ndim <= rank + 2:
        raise ValueError(
            f"x must have {rank} to {rank + 2} axes for a kernel on {rank}, got shape {x.shape}"
        )
    stride = kernel if stride is None else stride
    g = shapes.geometry(x.shape[-rank:], kernel, stride, padding, dilation, ceil_mode=ceil_mode)
    lead = x.shape[:-rank]
    refuse_large("padding", (*lead, *(n + sum(p) for n, p in zip(g.size, g.padding, strict=True))))
    refuse_large("x", (*lead, *g.output))
    g = _within_reach(g)
    if _some_are_empty(g) and (x.dtype.kind != "f" if mode == "max" else not include):
        why = "integers have no −∞" if mode == "max" else "there is no mean of nothing"
        raise ValueError(
            f"padding must leave a pixel in every window, for {why}; got {shown(padding)}"
        )
    return g, include


def _within_reach(g: Geometry) -> Geometry:
    """Return the same windows without taps and steps beyond the padded input, however far."""
    kernel, stride, dilation = [], [], []
    for n, k, s, d, pads, out in zip(
        g.size, g.kernel, g.stride, g.dilation, g.padding, g.output, strict=True
    ):
        kernel.append(min(k, (n + sum(pads) - 1) // d + 1))
        stride.append(s if out > 1 else 1)
        dilation.append(d if kernel[-1] > 1 else 1)
    return g._replace(kernel=tuple(kernel), stride=tuple(stride), dilation=tuple(dilation))
