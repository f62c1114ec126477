"""A convolution as a sentence: input, kernel, feature map."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from cnnviz.arrays import as_array, as_image
from cnnviz.figures._checks import MOST_NUMBERS, Frame, Values, check_texts, dims_of, frame_of, grid
from cnnviz.figures._drawing import Heading, cut_to, fitted
from cnnviz.figures._grids import draw_grid
from cnnviz.figures._layout import (
    CELL,
    DPI,
    GAP,
    HEADING,
    LARGEST_GRID,
    LEGEND,
    MARGIN,
    WIDTH,
    add_axes,
    new_figure,
)
from cnnviz.figures._pictures import draw_image, draw_map
from cnnviz.figures._style import MUTED, with_own_settings

__all__ = ["show_convolution"]


@with_own_settings
def show_convolution(
    image: ArrayLike,
    kernel: ArrayLike,
    output: ArrayLike,
    *,
    titles: Sequence[str] = ("Input", "Kernel", "Feature map"),
    window: Sequence[int] | None = None,
    padding: int | str | Sequence[Any] = 0,
) -> Figure:
    """Show a convolution as a sentence: input ∗ kernel = feature map.

    Grids of up to 16 numbers a side are written out; larger ones are shown as pictures.

    Parameters
    ----------
    image : array_like, shape (n,), (H, W), (1, H, W) or (3, H, W), or a Pillow picture
    kernel : array_like, shape (k,), (kh, kw) or (1, kh, kw)
    output : array_like, shape (m,), (H', W') or (1, H', W')
    titles : three str
        The headings; the sizes are added.
    window : (row, column, height, width), optional
        A window of the input to outline in the kernel's colour.
    padding : int, or one int or (before, after) per axis
        A hatched frame of zeros around an input that is written out.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError, TypeError
        If an argument is none of the above.

    Examples
    --------
    >>> show_convolution([1, 2, 3, 4], [1, 1], [3, 5, 7])
    <Figure: Input 4, Kernel 2, Feature map 3>
    """
    names = check_texts("titles", titles, 3, "three headings")
    arrays = [
        _part_of("image", image, pictured=True),
        _part_of("kernel", kernel),
        _part_of("output", output),
    ]
    written = [_is_written(each) for each in arrays]
    frame = _frame(arrays[0], padding) if written[0] else ((0, 0), (0, 0))
    parts = [_part(each, small) for each, small in zip(arrays, written, strict=True)]
    parts[0] = parts[0]._replace(
        rows=parts[0].rows + sum(frame[0]), columns=parts[0].columns + sum(frame[1])
    )
    headings = [Heading(name, dims_of(each)) for name, each in zip(names, arrays, strict=True)]
    sizes, headings = _sentence_sizes(parts, headings)
    slots = [max(size[0], each.width) for size, each in zip(sizes, headings, strict=True)]

    below = 0 if written[2] else LEGEND
    tallest = max(height for _, height in sizes)
    total = sum(slots) + 2 * GAP + 2 * MARGIN
    figure = new_figure(total, HEADING + tallest + below + MARGIN)
    axes, left = [], float(MARGIN)
    for (width, height), slot, sign in zip(sizes, slots, ("∗", "=", ""), strict=True):
        axes.append(add_axes(figure, left, HEADING, width, height))
        left += slot + GAP
        if sign:
            _sign(figure, sign, left - GAP / 2, HEADING + min(tallest, 240) / 2)

    first: Any = {"window": window, "ax": axes[0], "how": headings[0]}
    last: Any = {"role": "output", "ax": axes[2], "how": headings[2]}
    if written[0]:
        draw_grid("image", arrays[0], names[0], role="input", padding=padding, **first)
    else:
        draw_image("image", arrays[0], names[0], **first)
    draw_grid(
        "kernel", arrays[1], names[1], role="kernel", signed=True, ax=axes[1], how=headings[1]
    )
    if written[2]:
        draw_grid("output", arrays[2], names[2], signed=True, **last)
    else:
        draw_map("output", arrays[2], names[2], **last)
    return figure


class _Part(NamedTuple):
    """One panel of a sentence, in cells or pixels."""

    rows: int
    columns: int
    written: bool


def _part_of(name: str, values: ArrayLike, *, pictured: bool = False) -> Values:
    """Return an array as it came, once it is known to be one that can be drawn."""
    array = as_array(name, values, most=MOST_NUMBERS)
    if pictured and not _is_written(array):
        return as_image(name, array)
    grid(name, array)
    return array


def _part(array: Values, written: bool) -> _Part:
    if array.ndim == 1:
        return _Part(1, array.shape[0], written)
    return _Part(array.shape[-2], array.shape[-1], written)


def _sentence_sizes(
    parts: Sequence[_Part], headings: Sequence[Heading]
) -> tuple[list[tuple[float, float]], list[Heading]]:
    """Return each panel's (width, height) in pixels and its heading, at most 800 wide together."""
    room = WIDTH - 2 * GAP - 2 * MARGIN
    if all(part.written for part in parts):
        # One size of cell, so that the kernel is seen to fit its window.
        columns = [part.columns for part in parts]
        cell, fitting = _shared_cell(columns, headings, room)
        return [(part.columns * cell, part.rows * cell) for part in parts], fitting
    kernel = parts[1]
    cell = min(CELL, 200 / max(kernel.rows, kernel.columns))
    middle = fitted(*headings[1][:2], max(kernel.columns * cell, room / 3))
    most = min((room - max(kernel.columns * cell, middle.width)) / 2, 320)
    sizes: list[tuple[float, float]] = []
    for part, side in zip(parts, (most, 200, most), strict=True):
        scale = side / max(part.rows, part.columns)
        scale = min(scale, CELL) if part.written else scale
        sizes.append((part.columns * scale, part.rows * scale))
    first, last = (fitted(*each[:2], most) for each in (headings[0], headings[2]))
    return sizes, [first, middle, last]


def _shared_cell(
    columns: Sequence[int], headings: Sequence[Heading], room: float
) -> tuple[float, list[Heading]]:
    """Return the largest cell with which all grids, or their headings, fit side by side.

    Headings that leave cells too little get smaller themselves, and then shorter.
    """
    most = min(CELL, room / sum(columns))  # without headings
    least = min(20, 0.7 * most)
    for percent in range(100, 70, -5):
        smaller = [each._replace(scale=percent / 100) for each in headings]
        widths = [each.width for each in smaller]
        for cell in range(CELL, math.ceil(least) - 1, -1):
            if _total(columns, widths, cell) <= room:
                return cell, smaller
    cap = next(
        cap
        for cap in range(max(widths), -1, -1)
        if _total(columns, [min(width, cap) for width in widths], least) <= room
    )
    rooms = [max(cap, n * least) for n in columns]
    return least, [cut_to(each, most) for each, most in zip(smaller, rooms, strict=True)]


def _total(columns: Sequence[int], widths: Sequence[float], cell: float) -> float:
    return sum(max(n * cell, width) for n, width in zip(columns, widths, strict=True))


def _frame(image: Values, padding: int | str | Sequence[Any]) -> Frame:
    shape = (1, image.shape[0]) if image.ndim == 1 else image.shape[-2:]
    return frame_of(padding, shape, written=True)


def _is_written(array: Values) -> bool:
    """Tell whether an array is small enough for its numbers to be read."""
    plane = array.ndim in (1, 2) or (array.ndim == 3 and array.shape[0] == 1)
    return plane and 0 < max(array.shape[-2:]) <= LARGEST_GRID


def _sign(figure: Figure, sign: str, x: float, y: float) -> None:
    width, height = (inches * DPI for inches in figure.get_size_inches())
    figure.text(x / width, 1 - y / height, sign, ha="center", va="center", fontsize=18, color=MUTED)
