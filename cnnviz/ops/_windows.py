"""Windows and columns: an array seen as all the windows that a kernel visits."""

# Arrays that come in are typed Any (ArrayLike), so NumPy's functions on them are, too.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cnnviz import shapes
from cnnviz.arrays import refuse_large
from cnnviz.ops._checks import Array
from cnnviz.shapes import Geometry

BLOCK_BYTES = 1 << 20  # columns are made about 1 MiB at a time, so that they stay in the cache


def windows_of(padded: Array, g: Geometry) -> Array:
    """Show ``(N, C, *n)`` as its windows, ``(N, C, *out, *k)``: a view that may be written to."""
    span = shapes.window_span(g.kernel, g.dilation)
    axes = tuple(range(2, padded.ndim))
    everywhere = sliding_window_view(padded, span, axis=axes, writeable=True)
    outputs = (slice(0, o * s, s) for o, s in zip(g.output, g.stride, strict=True))
    taps = (slice(None, None, d) for d in g.dilation)
    return everywhere[(slice(None), slice(None), *outputs, *taps)]


def taps(windows: Array, g: Geometry) -> Iterator[Array]:
    """Yield what each tap of the kernel sees, in reading order: views, ``(N, C, *out)``."""
    for tap in np.ndindex(*g.kernel):
        yield windows[(..., *tap)]


def blocks(windows: Array) -> Iterator[tuple[slice, slice]]:
    """Cut the output into blocks of whole images, or else of rows of one image.

    Each block's columns are about `BLOCK_BYTES` large: what one step writes, the next then finds
    in the processor's cache. That is most of the difference between a slow im2col and a fast one.
    """
    images, rows = windows.shape[0], windows.shape[2]
    refuse_large("weight", windows[0, :, 0].shape, windows.dtype)
    row_bytes = windows[0, :, 0].size * windows.itemsize
    rows_at_once = min(max(BLOCK_BYTES // row_bytes, 1), rows)
    images_at_once = max(BLOCK_BYTES // (row_bytes * rows), 1)
    for image in range(0, images, images_at_once):
        for row in range(0, rows, rows_at_once):
            yield slice(image, image + images_at_once), slice(row, row + rows_at_once)


def columns_of(padded: Array, g: Geometry, groups: int) -> Iterator[tuple[slice, slice, Array]]:
    """Yield blocks of images and rows with their columns, ``(N, groups, C/groups · Πk, L)``."""
    windows = windows_of(padded, g)
    height = padded.shape[1] // groups * math.prod(g.kernel)
    rank = len(g.size)
    taps_first = (0, 1, *range(2 + rank, 2 + 2 * rank), *range(2, 2 + rank))
    for images, rows in blocks(windows):
        block = windows[images, :, rows].transpose(taps_first)
        yield images, rows, block.reshape(len(block), groups, height, -1)


def add_columns(windows: Array, columns: Array, g: Geometry) -> None:
    """Add columns back into the windows that `columns_of` would have read them from.

    Tap by tap, since windows overlap: within one tap, no two of them share a pixel.
    """
    n, channels = windows.shape[:2]
    outputs = windows.shape[2 : 2 + len(g.size)]
    by_tap = columns.reshape(n, channels, -1, *outputs)
    for t, tap in enumerate(taps(windows, g)):
        tap += by_tap[:, :, t]


def grouped(x: Array, groups: int) -> Array:
    """Reshape ``(N, C, *n)`` to ``(N, groups, C/groups, L)``, L being all positions."""
    return x.reshape(len(x), groups, x.shape[1] // groups, -1)


def matrix_of(weight: Array, groups: int) -> Array:
    """Reshape weights to one matrix per group, a row for each kernel: ``(groups, K/groups, …)``."""
    return weight.reshape(groups, len(weight) // groups, -1)
