"""Regions of a feature map, each brought to one size: RoI pooling and RoI align.

Align is bilinear, and a bilinear sample is a weighted sum of rows, of weighted sums of columns. So
each region has two small matrices, and what comes out is rows · map · columnsᵀ. The gradient goes
back through the same two.
"""

# Arrays that come in are typed Any (ArrayLike), so NumPy's functions on them are, too.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cnnviz.arrays import as_flag, as_number, refuse_large, shown
from cnnviz.boxes._inputs import as_boxes, as_labels, plain
from cnnviz.ops._checks import (
    Array,
    ArrayLike,
    as_floats,
    as_numbers,
    as_numbers_alike,
    in_silence,
)
from cnnviz.shapes import Size, per_axis, whole

__all__ = [
    "roi_align",
    "roi_align_backward",
    "roi_align_weights",
    "roi_pool",
    "roi_pool_backward",
]

_MOST_SAMPLES = 4096  # along one axis of a bin: more would take long and say no more
_FARTHEST = 2.0**31  # positions of the map; farther, and a region's ends can't be counted


def roi_align(
    x: ArrayLike,
    boxes: ArrayLike,
    size: Size,
    *,
    scale: float = 1.0,
    samples: int | None = 2,
    aligned: bool = True,
    images: ArrayLike | None = None,
) -> Array:
    """Sample each region of a map on a grid of bins, between pixels where that is where it lies.

    Parameters
    ----------
    x
        Feature maps ``(C, H, W)`` or ``(N, C, H, W)``.
    boxes
        ``(R, 4)`` of ``(x1, y1, x2, y2)``, continuous, in pixels of the picture.
    size
        The bins of each region: ``(oh, ow)``, or one int for both.
    scale
        What a picture's coordinates are multiplied by to become the map's: 1 over its stride.
    samples
        How many points along each axis a bin is the mean of; None: the bin's side in pixels of the
        map, rounded up.
    aligned
        True: a pixel's value lies in its middle, half a pixel from its edge. False: at its corner,
        and a region has at least one pixel, as the first Mask R-CNN had it.
    images
        ``(R,)``: of which picture each region is. Needed where there are several.

    Returns
    -------
    ndarray, (R, C, oh, ow)
        Points more than one pixel outside of the map count as 0; those less far take its border.

    Raises
    ------
    ValueError, TypeError
        If shapes don't fit, a box isn't finite, or an argument is out of range.

    References
    ----------
    He, Gkioxari, Dollár and Girshick, "Mask R-CNN", ICCV (2017), section 3; the details are those
    of torchvision's ``roi_align``.

    Examples
    --------
    >>> x = np.arange(16.0).reshape(1, 4, 4)
    >>> roi_align(x, [[0, 0, 4, 4]], 2)[0, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]])
    >>> roi_align(x, [[0, 0, 4, 4]], 2, aligned=False)[0, 0]  # half a pixel farther
    array([[ 5.  ,  6.75],
           [12.  , 13.75]])
    """
    x, corners, of = _checked(x, boxes, images)
    bins = per_axis("size", size, 2)
    rows, columns = _weights(corners, bins, x.shape[-2:], scale, samples, aligned)
    refuse_large("boxes", (len(corners), x.shape[1], *bins), x.dtype)
    out = np.empty((len(corners), x.shape[1], *bins), x.dtype)
    with in_silence():
        for r, image in enumerate(of):
            out[r] = rows[r].astype(x.dtype) @ x[image] @ columns[r].astype(x.dtype).T
    return out


def roi_align_backward(
    grad: ArrayLike,
    x: ArrayLike,
    boxes: ArrayLike,
    *,
    scale: float = 1.0,
    samples: int | None = 2,
    aligned: bool = True,
    images: ArrayLike | None = None,
) -> Array:
    """Gradient of a loss with respect to the maps that `roi_align` took.

    Parameters
    ----------
    grad
        ``(R, C, oh, ow)``: the loss's gradient with respect to what came out.
    x, boxes, scale, samples, aligned, images
        As they were given to `roi_align`. Of `x` only the shape counts. (Boxes get no gradient.)

    Returns
    -------
    ndarray
        Of x's shape.

    Examples
    --------
    >>> x = np.zeros((1, 2, 2))
    >>> roi_align_backward(np.ones((1, 1, 1, 1)), x, [[0, 0, 2, 2]])
    array([[[0.25, 0.25],
            [0.25, 0.25]]])
    """
    grad, x = as_numbers_alike(grad=grad, x=x)
    shape = x.shape
    x, corners, of = _checked(x, boxes, images)
    grad = _regions_gradient(grad, x, corners)
    rows, columns = _weights(corners, grad.shape[2:], x.shape[-2:], scale, samples, aligned)
    out = np.zeros(x.shape, grad.dtype)
    with in_silence():
        for r, image in enumerate(of):
            out[image] += rows[r].astype(grad.dtype).T @ grad[r] @ columns[r].astype(grad.dtype)
    return out.reshape(shape)


def roi_align_weights(
    boxes: ArrayLike,
    size: Size,
    grid: Size,
    *,
    scale: float = 1.0,
    samples: int | None = 2,
    aligned: bool = True,
) -> tuple[Array, Array]:
    """Return the two matrices of each region that `roi_align` multiplies a map by.

    Parameters
    ----------
    boxes, size, scale, samples, aligned
        As in `roi_align`.
    grid
        The map's height and width.

    Returns
    -------
    rows : ndarray, (R, oh, H)
    columns : ndarray, (R, ow, W)
        For a region r of a map, ``rows[r] @ map @ columns[r].T``.

    Examples
    --------
    >>> rows, columns = roi_align_weights([[0, 1, 2, 3]], (1, 2), (4, 2), samples=1)
    >>> rows[0]
    array([[0. , 0.5, 0.5, 0. ]])
    >>> columns[0]
    array([[1., 0.],
           [0., 1.]])
    """
    corners = _corners(boxes)
    return _weights(
        corners, per_axis("size", size, 2), per_axis("grid", grid, 2), scale, samples, aligned
    )


def roi_pool(
    x: ArrayLike,
    boxes: ArrayLike,
    size: Size,
    *,
    scale: float = 1.0,
    images: ArrayLike | None = None,
) -> Array:
    """Take the maximum of each bin of each region, whose edges are rounded to pixels, twice.

    First the region's corners are rounded, and both of the pixels there belong to it: it is
    x2 − x1 **+ 1** wide. Then a bin begins at the pixel that its edge lies in and ends with that in
    which its other edge lies, so that bins may overlap by a pixel.

    Parameters
    ----------
    x, boxes, size, scale, images
        As in `roi_align`. Halves are rounded away from 0.

    Returns
    -------
    ndarray, (R, C, oh, ow)
        0 for bins that lie outside of the map. NaN wins.

    Raises
    ------
    ValueError, TypeError
        As in `roi_align`.

    References
    ----------
    Girshick, "Fast R-CNN", ICCV (2015), section 2.1; the details are those of torchvision's
    ``roi_pool``.

    Examples
    --------
    >>> roi_pool(np.arange(16.0).reshape(1, 4, 4), [[0, 0, 2.4, 3]], 2)[0, 0]
    array([[ 5.,  6.],
           [13., 14.]])
    """
    x, corners, of = _checked(x, boxes, images)
    bins = per_axis("size", size, 2)
    refuse_large("boxes", (len(corners), x.shape[1], *bins), x.dtype)
    out = np.zeros((len(corners), x.shape[1], *bins), x.dtype)
    for r, i, j, rows, columns in _pooled(corners, bins, x.shape[-2:], scale):
        out[r, :, i, j] = x[of[r], :, rows, columns].max(axis=(1, 2))
    return out


def roi_pool_backward(
    grad: ArrayLike,
    x: ArrayLike,
    boxes: ArrayLike,
    *,
    scale: float = 1.0,
    images: ArrayLike | None = None,
) -> Array:
    """Gradient of a loss with respect to the maps that `roi_pool` took.

    Each bin's gradient goes to its maximum; of equal ones to the first, in reading order.

    Parameters
    ----------
    grad
        ``(R, C, oh, ow)``: the loss's gradient with respect to what came out.
    x, boxes, scale, images
        As they were given to `roi_pool`.

    Returns
    -------
    ndarray
        Of x's shape.

    Examples
    --------
    >>> x = np.array([[[1, 5], [2, 3.0]]])
    >>> roi_pool_backward(np.ones((1, 1, 1, 1)), x, [[0, 0, 1, 1]])
    array([[[0., 1.],
            [0., 0.]]])
    """
    grad, x = as_numbers_alike(grad=grad, x=x)
    shape = x.shape
    x, corners, of = _checked(x, boxes, images)
    grad = _regions_gradient(grad, x, corners)
    out = np.zeros(x.shape, grad.dtype)
    channels = np.arange(x.shape[1])
    for r, i, j, rows, columns in _pooled(corners, grad.shape[2:], x.shape[-2:], scale):
        window = x[of[r], :, rows, columns]
        down, across = np.divmod(window.reshape(len(channels), -1).argmax(axis=1), window.shape[2])
        out[of[r], channels, rows.start + down, columns.start + across] += grad[r, :, i, j]
    return out.reshape(shape)


def _checked(x: ArrayLike, boxes: ArrayLike, images: ArrayLike | None) -> tuple[Any, Any, Any]:
    """Return maps (N, C, H, W), boxes (R, 4), and of which picture each of them is."""
    x = as_floats(as_numbers("x", x))
    if x.ndim not in (3, 4) or 0 in x.shape[-2:]:
        raise ValueError(
            f"x must be maps (C, H, W) or (N, C, H, W), got an array of shape {x.shape}"
        )
    x = x if x.ndim == 4 else x[np.newaxis]
    corners = _corners(boxes)
    if images is None:
        if len(x) != 1:
            raise ValueError(
                f"images must say of which of the {len(x)} pictures each box is, got None"
            )
        return x, corners, np.zeros(len(corners), np.int64)
    of = as_labels("images", images, len(corners))
    if of.size and (of.min() < 0 or of.max() >= len(x)):
        raise ValueError(f"images must be from 0 to {len(x) - 1}, got {shown(of.tolist())}")
    return x, corners, of


def _corners(boxes: ArrayLike) -> Array:
    return plain(as_boxes("boxes", boxes, finite=True)).astype(np.float64)


def _regions_gradient(grad: Array, x: Array, corners: Array) -> Array:
    if grad.ndim != 4 or grad.shape[:2] != (len(corners), x.shape[1]) or 0 in grad.shape[2:]:
        raise ValueError(
            f"grad must be (R, C, oh, ow) with R = {len(corners)} and C = {x.shape[1]}, "
            f"got an array of shape {grad.shape}"
        )
    return as_floats(grad)


def _scaled(corners: Array, scale: float) -> Array:
    """Return boxes in pixels of the map."""
    factor = as_number("scale", scale)
    if factor <= 0:
        raise ValueError(f"scale must be above 0, got {factor}")
    with in_silence():
        result = corners * factor
    if not (np.abs(result) < _FARTHEST).all():
        raise ValueError(f"boxes times scale must be below 2³¹, got {np.abs(result).max():g}")
    return result


def _weights(
    corners: Array,
    bins: tuple[int, ...],
    grid: tuple[int, ...],
    scale: float,
    samples: int | None,
    aligned: bool,
) -> tuple[Array, Array]:
    count = None if samples is None else whole("samples", samples)
    if count is not None and count > _MOST_SAMPLES:
        raise ValueError(f"samples must be at most {_MOST_SAMPLES}, got {count}")
    aligned = as_flag("aligned", aligned)
    scaled = _scaled(corners, scale)
    columns, rows = (
        _axis_weights(
            scaled[:, axis], scaled[:, axis + 2], bins[1 - axis], grid[1 - axis], count, aligned
        )
        for axis in (0, 1)
    )
    return rows, columns


def _axis_weights(
    low: Array, high: Array, bins: int, n: int, samples: int | None, aligned: bool
) -> Array:
    """Return (R, bins, n): what each bin has of each pixel along one axis."""
    refuse_large("boxes", (len(low), bins, n))
    start = low - 0.5 if aligned else low
    length = high - low if aligned else np.maximum(high - low, 1)
    side = (length / bins)[:, np.newaxis]
    counts = (
        np.clip(np.ceil(side), 0, _MOST_SAMPLES)
        if samples is None
        else np.full(side.shape, samples)
    )
    out = np.zeros((len(low), bins, n))
    pixels = np.arange(n)
    for sample in range(int(counts.max(initial=0))):
        taken = np.flatnonzero(counts[:, 0] > sample)
        share = (sample + 0.5) / counts[taken]
        at = start[taken, np.newaxis] + (np.arange(bins) + share) * side[taken]
        inside = (at >= -1) & (at <= n)
        # The two pixels next to a point share it; all others are 1 or more away.
        near = np.clip(at, 0, n - 1)[..., np.newaxis] - pixels
        out[taken] += np.maximum(0, 1 - np.abs(near)) * (inside / counts[taken])[..., np.newaxis]
    return out


def _pooled(
    corners: Array, bins: tuple[int, ...], grid: tuple[int, ...], scale: float
) -> Iterator[tuple[int, int, int, slice, slice]]:
    """Go through bins that hold a pixel: the region, the bin, its rows and columns."""
    scaled = _scaled(corners, scale)
    ends = (np.sign(scaled) * np.floor(np.abs(scaled) + 0.5)).astype(np.int64)
    for r, (x1, y1, x2, y2) in enumerate(ends.tolist()):
        down = list(_spans(y1, y2, bins[0], grid[0]))
        across = list(_spans(x1, x2, bins[1], grid[1]))
        for i, rows in down:
            for j, columns in across:
                yield r, i, j, rows, columns


def _spans(first: int, last: int, bins: int, n: int) -> Iterator[tuple[int, slice]]:
    length = max(last - first + 1, 1)
    for k in range(bins):
        # ⌊k · length / bins⌋ and ⌈(k + 1) · length / bins⌉, in whole numbers
        low, high = first + k * length // bins, first - (-(k + 1) * length // bins)
        low, high = (min(max(edge, 0), n) for edge in (low, high))
        if low < high:
            yield k, slice(low, high)
