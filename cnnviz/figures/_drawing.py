"""What the figures are made of: headings, cells, windows, legends."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.textpath import TextPath
from matplotlib.transforms import Bbox

from cnnviz import numerals, palette
from cnnviz.figures._checks import Frame, Values
from cnnviz.figures._layout import DPI, CourseFigure, figure_of
from cnnviz.figures._style import COLOURS, LINE, MUTED, PAD, PAD_LINE, SIGNED

__all__ = [
    "NAME",
    "Heading",
    "bare",
    "cell_size",
    "cells",
    "extent",
    "fitted",
    "heading",
    "legend",
    "outline",
    "padding_block",
    "padding_cells",
]

# The two halves of a heading, and how many points lie between them; the ends of a legend.
NAME: Mapping[str, Any] = MappingProxyType({"fontsize": 11, "fontweight": "bold"})


_DIMS: Mapping[str, Any] = MappingProxyType({"fontsize": 9.5})


_NAME_GAP = 6
_SMALLEST_SCALE = 0.75  # of headings that have too little room


_END: Mapping[str, Any] = MappingProxyType({"fontsize": 9})


class Heading(NamedTuple):
    """A name in its colour and a size in grey, both at `scale` of their usual size."""

    name: str
    dims: str
    scale: float = 1.0

    @property
    def width(self) -> int:
        """How many pixels wide it is."""
        name = _text_width(self.name, self.scale, **NAME) if self.name else 0
        gap = math.ceil(_NAME_GAP * DPI / 72) if self.name else 0
        return name + gap + _text_width(self.dims, self.scale, **_DIMS)


def fitted(name: str, dims: str, room: float) -> Heading:
    """Return a heading at most so many pixels wide: smaller if need be, then cut short."""
    heading = Heading(name, dims)
    if (width := heading.width) <= room:
        return heading
    gap = math.ceil(_NAME_GAP * DPI / 72)  # it stays as it is; two widths are rounded up
    heading = heading._replace(scale=max(_SMALLEST_SCALE, (room - gap - 2) / (width - gap)))
    return cut_to(heading, room)


def cut_to(heading: Heading, room: float) -> Heading:
    """Return a heading whose name ends in an ellipsis, if it would be wider than the room."""
    if heading.width <= room:
        return heading
    kept, gone = 0, len(heading.name)  # so many letters fit; so many don't
    while gone - kept > 1:
        middle = (kept + gone) // 2
        fits = heading._replace(name=heading.name[:middle] + "…").width <= room
        kept, gone = (middle, gone) if fits else (kept, middle)
    return heading._replace(name=heading.name[:kept].rstrip() + "…")


def heading(ax: Axes, title: str, dims: str, role: str, how: Heading | None = None) -> None:
    """Write the name in its colour and the size in grey, as the widgets do.

    `how` is the heading as it fits, where the caller knows; in a panel, what fits is found here.
    """
    how = how or fitted(title, dims, _room(ax))
    place: dict[str, Any] = {
        "textcoords": "offset points",
        "va": "baseline",
        "parse_math": False,  # "$5 and $6" are prices
    }
    name = ax.annotate(
        how.name,
        (0, 1),
        (0, 7),
        xycoords="axes fraction",
        color=COLOURS[role],
        **{**NAME, "fontsize": how.scale * NAME["fontsize"]},
        **place,
    )
    anchor: Any = (name, ax.transAxes)
    ax.annotate(
        how.dims,
        (1 if title else 0, 1),
        (_NAME_GAP if title else 0, 7),
        xycoords=anchor,
        color=MUTED,
        **{**_DIMS, "fontsize": how.scale * _DIMS["fontsize"]},
        **place,
    )
    ax.set_label(f"{title} {dims}".strip())


def _room(ax: Axes) -> float:
    """Return how many pixels a heading has: to the next panel of a figure of ours, or its end."""
    figure = figure_of(ax)
    if not isinstance(figure, CourseFigure):
        return math.inf  # the reader's own, in which anything may be moved
    width = figure.get_size_inches()[0] * DPI
    place = ax.get_position(original=True)
    ends = [1 - 2 / width] + [
        box.x0 - 8 / width
        for other in figure.axes
        if (box := other.get_position(original=True)).x0 > place.x1
        and box.y0 < place.y1
        and box.y1 > place.y0
    ]
    return float((min(ends) - place.x0) * width)


def _text_width(text: str, scale: float, **font: Any) -> int:
    """Return how many pixels wide a text is, of the given ``fontsize`` and ``fontweight``."""
    hinting = 1.03  # letters drawn on whole pixels are a little wider than their outlines
    family = tuple(mpl.rcParams["font.family"])
    points = _points(text, font["fontsize"], font.get("fontweight", "normal"), family)
    return math.ceil(hinting * scale * points * DPI / 72)


@functools.lru_cache(maxsize=4096)
def _points(text: str, size: float, weight: str, family: tuple[str, ...]) -> float:
    if not text:
        return 0.0  # matplotlib makes no path of nothing
    properties = FontProperties(family=family, size=size, weight=weight)
    with mpl.rc_context({"text.parse_math": False}):
        return float(TextPath((0, 0), text, prop=properties).get_extents().x1)


def bare(ax: Axes, height: int, width: int, above: int = 0, left: int = 0) -> None:
    """Give a picture its place, row 0 on top, and take away ticks and frame: it has neither."""
    ax.set_axis_on()
    ax.set_xscale("linear")
    ax.set_yscale("linear")
    ax.set_xlim(-left, width - left)
    ax.set_ylim(height - above, -above)
    ax.set_aspect("equal", anchor="NW")
    ax.set_facecolor("white")
    hide_frame(ax)


def hide_frame(ax: Axes) -> None:
    """Take away ticks and frame."""
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)


def extent(pixels: Values) -> tuple[float, float, float, float]:
    """Let pixel (row, column) fill the square from (column, row): windows then need no halves."""
    height, width = pixels.shape[:2]
    return 0, width, height, 0


def outline(ax: Axes, window: tuple[int, int, int, int] | None) -> None:
    """Draw a window over a grid or a picture, ringed in white so that it shows on any ground."""
    if window is None:
        return
    row, column, height, width = window
    for colour, thickness in (("white", 5.0), (COLOURS["kernel"], 2.6)):
        edge = Rectangle((column, row), width, height, fill=False, ec=colour, lw=thickness)
        edge.set_clip_on(False)
        edge.set_zorder(5)
        ax.add_patch(edge)


def legend(ax: Axes, top: float) -> None:
    """Draw the signed scale under a feature map, its ends labelled."""
    end, gap = numerals.scale_end(top), 5
    bar = ax.inset_axes((0.0, 0.0, 1.0, 1.0), transform=ax.transAxes)
    bar.set_axes_locator(_UnderLocator(ax, _text_width(f"−{end}", 1, **_END) + gap * DPI / 72))
    bar.imshow(np.linspace(-1, 1, 257)[np.newaxis], cmap=SIGNED, aspect="auto")
    hide_frame(bar)
    for x, text, side in ((0, f"−{end}", "right"), (1, end, "left")):
        bar.annotate(
            text,
            (x, 0.5),
            (-gap if x == 0 else gap, 0),
            xycoords="axes fraction",
            textcoords="offset points",
            ha=side,
            va="center",
            color=MUTED,
            **_END,
        )


class _UnderLocator:
    """Keeps a legend's bar below the panel, behind `room` pixels for the number at its end."""

    def __init__(self, panel: Axes, room: float) -> None:
        self.panel = panel
        self.room = room

    def __call__(self, _: Any, renderer: Any) -> Bbox:
        self.panel.apply_aspect()
        figure = figure_of(self.panel)
        box = self.panel.get_position()
        width, height = (inches * DPI for inches in figure.get_size_inches())
        length = min(max(box.width * width - 2 * self.room, 30), 80)
        return Bbox.from_bounds(
            box.x0 + self.room / width, box.y0 - 18 / height, length / width, 9 / height
        )


def cells(ax: Axes, array: Values, grounds: Values, size: float) -> None:
    """Draw the cells, `size` points each, and what they hold."""
    texts = numerals.aligned(array)
    fontsize = _fontsize(size, texts)
    for (row, column), text in zip(np.ndindex(array.shape), texts, strict=True):
        ground = grounds[row, column] / 255
        square = FancyBboxPatch(
            (column + 0.03, row + 0.03),
            0.94,
            0.94,
            boxstyle="round,pad=0,rounding_size=0.06",
            facecolor=ground,
            edgecolor=LINE,
            linewidth=0.8,
        )
        ax.add_patch(square)
        _number(ax, column, row, text, fontsize, palette.ink_on(grounds[row, column]))


def padding_cells(ax: Axes, shape: tuple[int, ...], frame: Frame, size: float) -> None:
    """Hatch the cells of the padding and write their zeros."""
    (above, below), (left, right) = frame
    disc = {"boxstyle": "circle,pad=0.18", "facecolor": PAD, "linewidth": 0}
    for i, j in np.ndindex(shape[0] + above + below, shape[1] + left + right):
        row, column = i - above, j - left
        if not (0 <= row < shape[0] and 0 <= column < shape[1]):
            padding_block(ax, column + 0.03, row + 0.03, 0.94, 0.94)
            _number(ax, column, row, "0", _fontsize(size, ["0"]), MUTED, bbox=disc)


def padding_block(ax: Axes, x: float, y: float, width: float, height: float) -> None:
    block = Rectangle((x, y), width, height, fc=PAD, ec=PAD_LINE, lw=0, hatch="////")
    ax.add_patch(block)


def _number(
    ax: Axes, column: int, row: int, text: str, fontsize: float, colour: str, **kwargs: Any
) -> None:
    ax.text(
        column + 0.5,
        row + 0.52,
        text,
        ha="center",
        va="center_baseline",
        fontsize=fontsize,
        color=colour,
        **kwargs,
    )


def _fontsize(size: float, texts: Sequence[str]) -> float:
    """Return the largest size at which every text fits a cell of `size` points."""
    return min(0.3 * size, 14, 1.35 * size / max(1, *map(len, texts))) + 1


def cell_size(ax: Axes, rows: int, columns: int) -> float:
    """Return how many points wide a cell is, where the axes hold so many."""
    box = ax.get_position(original=True)
    width, height = (72 * inches for inches in figure_of(ax).get_size_inches())
    return float(min(box.width * width / columns, box.height * height / rows))
