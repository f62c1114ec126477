"""Pooling: every window of an array summarised by one number."""

# Arrays that come in are typed Any (ArrayLike), so NumPy's functions on them are, too.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator

import numpy as np

from cnnviz import shapes
from cnnviz.ops._checks import (
    Array,
    ArrayLike,
    as_floats,
    as_numbers_alike,
    check_one_of,
    check_shape,
    refuse_overflow,
)
from cnnviz.ops._padding import cut, pad
from cnnviz.ops._windows import taps as taps_of
from cnnviz.ops._windows import windows_of
from cnnviz.shapes import Geometry, Padding, Size

__all__ = ["pool", "pool_backward"]

POOL_MODES = ("max", "mean", "l2")


def pool(
    x: ArrayLike,
    kernel: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    mode: str = "max",
) -> Array:
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
        As the module says, at most ⌊k/2⌋ per side. Padding never wins a maximum (it counts as −∞).
        In means it counts as zeros and is counted, as in PyTorch (``count_include_pad=True``).
    mode
        ``"max"``, ``"mean"``, or ``"l2"``: the root of the mean of the squares.
        (`torch.nn.LPPool2d(2, …)` takes the root of their sum: √(pixels in a window) times as
        much.)

    Returns
    -------
    ndarray
        Integers stay integers under ``"max"`` and become float64 otherwise.

    Raises
    ------
    ValueError, TypeError
        For an unknown mode, a kernel larger than the padded input, and bad arguments generally.

    Examples
    --------
    >>> x = [[1, 2, 5, 6], [3, 4, 7, 8]]
    >>> pool(x, 2)
    array([[4, 8]])
    >>> pool(x, 2, mode="mean")
    array([[2.5, 6.5]])
    """
    (x,) = as_numbers_alike(x=x)
    g = _pool_geometry(x, kernel, stride, padding, mode)
    taps = taps_of(windows_of(_pad_pool(x, g, mode), g), g)
    out: Array
    if mode == "max":
        out = next(taps).copy()
        for tap in taps:
            np.maximum(out, tap, out=out)
    elif mode == "mean":
        out = np.asarray(sum(taps) / math.prod(g.kernel))
    else:
        out = np.sqrt(sum(tap * tap for tap in taps) / math.prod(g.kernel))
    return out.reshape(*x.shape[: -len(g.size)], *g.output)


def pool_backward(
    grad: ArrayLike,
    x: ArrayLike,
    kernel: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    mode: str = "max",
) -> Array:
    """Gradient of a loss with respect to the input of `pool`.

    Parameters
    ----------
    grad
        The loss's gradient with respect to `pool`'s output, of that output's shape.
    x, kernel, stride, padding, mode
        What `pool` was given.

    Returns
    -------
    ndarray
        Of the shape of x. ``"max"`` gives a window's gradient to its first maximum in reading
        order, as PyTorch does; ``"mean"`` gives every pixel the same share; ``"l2"`` gives pixel x
        the share x / (pixels in a window · result), and 0 where the result is 0.

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
    g = _pool_geometry(x, kernel, stride, padding, mode)
    check_shape("grad", grad, (*x.shape[: -len(g.size)], *g.output))
    refuse_overflow("grad", math.prod(g.kernel), grad)
    padded, count = _pad_pool(x, g, mode), math.prod(g.kernel)
    dpadded = np.zeros_like(padded)
    taps, dtaps = taps_of(windows_of(padded, g), g), taps_of(windows_of(dpadded, g), g)
    grad = grad.reshape(1, -1, *g.output)
    result = pool(x, kernel, stride, padding, mode).reshape(grad.shape)
    shares: Iterable[Array]
    if mode == "max":
        shares = _to_first(taps, result, grad)
    elif mode == "mean":
        shares = itertools.repeat(grad / count, count)
    else:
        slope = np.divide(grad, count * result, out=np.zeros_like(result), where=result > 0)
        shares = (slope * tap for tap in taps)
    for dtap, share in zip(dtaps, shares, strict=True):
        dtap += share
    return cut(dpadded, g.padding).reshape(x.shape)


def _to_first(taps: Iterable[Array], result: Array, grad: Array) -> Iterator[Array]:
    """Yield each tap's share of `grad`: all of it for the first that equals `result`, else 0."""
    unclaimed = np.ones(result.shape, bool)
    for tap in taps:
        first = unclaimed & (tap == result)
        unclaimed &= ~first
        yield np.where(first, grad, 0)


def _pool_geometry(
    x: Array, kernel: Size, stride: Size | None, padding: Padding, mode: str
) -> Geometry:
    check_one_of("mode", mode, POOL_MODES)
    rank = len(kernel) if isinstance(kernel, (tuple, list)) else {1: 1, 5: 3}.get(x.ndim, 2)
    if rank not in (1, 2, 3):
        raise ValueError(f"kernel must be for 1, 2 or 3 axes, got {kernel!r}")
    if not rank <= x.ndim <= rank + 2:
        raise ValueError(
            f"x must have {rank} to {rank + 2} axes for a kernel on {rank}, got shape {x.shape}"
        )
    g = shapes.geometry(x.shape[-rank:], kernel, kernel if stride is None else stride, padding)
    for k, pads in zip(g.kernel, g.padding, strict=True):
        if max(pads) > k // 2:
            raise ValueError(
                f"padding must be at most half the kernel, {k // 2} for {k}, got {padding!r}"
            )
    return g


def _pad_pool(x: Array, g: Geometry, mode: str) -> Array:
    """Bring what `pool` was given to ``(1, C, *n)``, and pad it as this mode wants."""
    x = x.reshape(1, -1, *g.size)
    if mode != "max":
        return pad(as_floats(x), g.padding, "zero")
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    return np.pad(x, ((0, 0), (0, 0), *g.padding), constant_values=lowest)
