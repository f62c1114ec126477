"""Windows and columns: an array seen as all the windows that a kernel visits."""

# Arrays that come in are typed Any (ArrayLike), so NumPy's functions on them are, too.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnnviz.arrays import byte_size, refuse_large
from cnnviz.ops._checks import Array
from cnnviz.ops._padding import pad
from cnnviz.shapes import Geometry, window_span

BLOCK_BYTES = 1 << 20  # columns are made about 1 MiB at a time, so that they stay in the cache
DEEP = 24  # at least so many products a sum, or else a product of matrices isn't worth its call
SHORT = 1 << 10  # bytes of a row that is copied faster in one piece


def windows_of(padded: Array, g: Geometry) -> Array:
    """Show ``(N, C, *n)`` as its windows, ``(N, C, *out, *k)``: a view that may be written to."""
    spans = window_span(g.output, g.stride), window_span(g.kernel, g.dilation)
    if any(o + w - 1 > n for n, o, w in zip(padded.shape[2:], *spans, strict=True)):
        raise IndexError(f"windows of {g} must lie in an array of shape {padded.shape}")
    outer, steps = padded.strides[:2], padded.strides[2:]
    per_output = (step * s for step, s in zip(steps, g.stride, strict=True))
    per_tap = (step * d for step, d in zip(steps, g.dilation, strict=True))
    shape = (*padded.shape[:2], *g.output, *g.kernel)
    return as_strided(padded, shape, (*outer, *per_output, *per_tap))


def taps(windows: Array, g: Geometry) -> Iterator[Array]:
    """Yield what each tap of the kernel sees, in reading order: views, ``(N, C, *out)``."""
    for tap in np.ndindex(*g.kernel):
        yield windows[(..., *tap)]


def blocks(
    images: int, channels: int, g: Geometry, dtype: np.dtype[Any]
) -> Iterator[tuple[slice, slice]]:
    """Cut the output into blocks of whole images, or else of rows of one image.

    Each block's columns are about `BLOCK_BYTES` large: what one step writes, the next then finds
    in the processor's cache. That is most of the difference between a slow im2col and a fast one.
    """
    rows, row = g.output[0], (channels, *g.output[1:], *g.kernel)
    refuse_large("weight", row, dtype)
    image_bytes = byte_size(row, dtype) * rows
    parts = min(-(-image_bytes // BLOCK_BYTES), rows)  # −(−a // b) is ⌈a / b⌉
    images_at_once, rows_at_once = max(BLOCK_BYTES // image_bytes, 1), -(-rows // parts)
    for first in range(0, images, images_at_once):
        for top in range(0, rows, rows_at_once):
            yield (
                slice(first, min(first + images_at_once, images)),
                slice(top, min(top + rows_at_once, rows)),
            )


def parts_of(weight: Array, g: Geometry, groups: int) -> int:
    """In how many parts kernels meet their columns: row by row, or as a whole.

    The columns of one row of the kernel are those of the row before, one row of the image on: if
    windows don't jump, one copy serves all rows. That pays unless products get too small, or too
    many rows are copied that only a kernel's last row sees.
    """
    kernels, channels = len(weight) // groups, weight.shape[1]
    row = channels * math.prod(g.kernel[1:])
    beyond = (g.kernel[0] - 1) * g.dilation[0]
    copied_along = byte_size((groups * row, beyond, *g.output[1:]), weight.dtype)
    pays = row >= min(DEEP, 4 * kernels) and beyond < g.output[0] and copied_along <= BLOCK_BYTES
    return g.kernel[0] if g.stride[0] == 1 and pays else 1


def columns_of(
    x: Array, g: Geometry, groups: int, padding_mode: str, parts: int
) -> Iterator[tuple[slice, slice, int, Array]]:
    """Yield blocks of images and rows, each with its columns for each part of the kernel.

    Columns are ``(N, groups, C/groups · Πk / parts, L)``, and good until the next block.
    """
    channels, rest = x.shape[1] // groups, math.prod(g.output[1:])
    part = g._replace(kernel=(g.kernel[0] // parts, *g.kernel[1:]))
    beyond = (parts - 1) * g.dilation[0]  # rows that the last part sees and the first doesn't
    seen = part._replace(output=(g.output[0] + beyond, *g.output[1:]))
    rank = len(g.size)
    taps_first = (0, 1, *range(2 + rank, 2 + 2 * rank), *range(2, 2 + rank))
    padded, scratch = any(map(any, g.padding)), np.empty(0, x.dtype)
    windows = x if padded else windows_of(x, seen)
    for images, rows in blocks(len(x), x.shape[1], part, x.dtype):
        if not padded:
            some = windows[images]
        elif rows.start == 0:
            some = windows_of(pad(x[images], g.padding, padding_mode), seen)
        block = some[:, :, rows.start : rows.stop + beyond].transpose(taps_first)
        if scratch.size < block.size:
            scratch = np.empty(block.size, x.dtype)
        columns = copied(block, scratch[: block.size])
        columns = columns.reshape(len(block), groups, channels * math.prod(part.kernel), -1)
        for i in range(parts):
            start = i * g.dilation[0] * rest
            yield images, rows, i, columns[..., start : start + (rows.stop - rows.start) * rest]


def copied(block: Array, to: Array) -> Array:
    """Copy a view in the order of its axes, unless it lies so already.

    Where the numbers of a short row lie side by side, the row is copied in one piece, as if it
    were one large number: NumPy is then twice as fast as number by number.
    """
    if block.flags.c_contiguous:
        return block
    copy, row_bytes = to.reshape(block.shape), block.shape[-1] * block.itemsize
    if block.strides[-1] == block.itemsize and row_bytes <= SHORT:
        piece = np.dtype((np.void, row_bytes))
        np.copyto(copy.view(piece), block.view(piece))
    else:
        np.copyto(copy, block)
    return copy


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


def matrices_of(weight: Array, groups: int, parts: int) -> Array:
    """Give `matrix_of` each part of the kernels: ``(parts, groups, K/groups, C/groups · …)``."""
    by_part = weight.reshape(*weight.shape[:2], parts, -1).transpose(2, 0, 1, 3)
    return by_part.reshape(parts, groups, len(weight) // groups, -1)


def weight_of(matrices: Array, shape: tuple[int, ...]) -> Array:
    """Put the parts of the kernels together again: the inverse of `matrices_of`."""
    by_part = matrices.reshape(len(matrices), *shape[:2], -1)
    return by_part.transpose(1, 2, 0, 3).reshape(shape)


def matrix_of(weight: Array, groups: int) -> Array:
    """Reshape weights to one matrix per group, a row for each kernel: ``(groups, K/groups, …)``."""
    return weight.reshape(groups, len(weight) // groups, -1)
