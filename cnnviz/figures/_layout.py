"""Where things lie: figures, panels, and axes placed by pixels."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import LayoutEngine
from matplotlib.transforms import Bbox

from cnnviz.arrays import as_flag, as_number, shown
from cnnviz.figures._style import own_settings, with_own_settings
from cnnviz.shapes import whole

__all__ = [
    "CELL",
    "DPI",
    "GAP",
    "HEADING",
    "LARGEST_GRID",
    "LEGEND",
    "MARGIN",
    "WIDTH",
    "add_axes",
    "figure_of",
    "new_figure",
    "panels",
    "single",
]

# Lengths in pixels of a figure 800 wide: the width of a cell in JupyterLab and of the site's text.
WIDTH, GAP, HEADING, LEGEND, MARGIN = 800, 44, 30, 24, 6
CELL, LARGEST_GRID = 56, 16
DPI = 100

_HIGHEST = 10_000  # pixels; matplotlib draws at most 65 536, and a notebook shows two for each


class CourseFigure(Figure):
    """A figure that shows itself in a notebook, at twice the pixels, under a short description."""

    def __repr__(self) -> str:
        names = [name for ax in self.axes if (name := ax.get_label())]
        return f"<Figure: {', '.join(str(name) for name in names)}>"

    def draw(self, renderer: Any) -> None:
        """Draw with the settings that all was made with, whatever they are by now."""
        with own_settings():
            super().draw(renderer)

    def savefig(self, fname: Any, **options: Any) -> None:
        """Save as matplotlib does, but after no settings except those given here."""
        with own_settings():
            super().savefig(fname, **options)

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, dict[str, int]]]:
        """Give IPython the picture; named here, it goes before matplotlib's own formatters."""
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=2 * DPI)
        width, height = (round(inches * DPI) for inches in self.get_size_inches())
        png = base64.b64encode(buffer.getvalue()).decode("ascii")
        return (
            {"image/png": png, "text/plain": repr(self)},
            {"image/png": {"width": width, "height": height}},
        )


@with_own_settings
def panels(
    count: int, *, columns: int | None = None, aspect: float = 1.0, below: bool = True
) -> tuple[Figure, list[Axes]]:
    """Make a figure with `count` equal panels, to be filled by the ``show_…`` functions.

    A panel that gets ticks and labels gives up some of its area for them.

    Parameters
    ----------
    count : int
        How many panels.
    columns : int, optional
        Panels per row; all in one row (at most four) if left out.
    aspect : float
        Height of a panel over its width.
    below : bool
        Whether to leave room below each panel, for a legend or for ticks; pictures need none.

    Returns
    -------
    figure : Figure
    axes : list of Axes, length `count`

    Raises
    ------
    ValueError, TypeError
        If `count` or `columns` is no whole number or less than 1, if `aspect` is not above 0, or
        if all that would be more than 10 000 pixels high.

    Examples
    --------
    >>> from cnnviz import figures, images, kernels
    >>> figure, axes = panels(2)
    >>> _ = figures.show_image(images.picture("camera"), ax=axes[0])
    >>> _ = figures.show_kernel(kernels.sobel(), ax=axes[1])
    >>> figure
    <Figure: Input 96 × 96, Kernel 3 × 3>
    """
    count = whole("count", count)
    columns = min(count, 4) if columns is None else whole("columns", columns)
    ratio, below = as_number("aspect", aspect), as_flag("below", below)
    if not ratio > 0:
        raise ValueError(f"aspect must be above 0, got {shown(aspect)}")
    if count > 1000:
        raise ValueError(f"count must be at most 1000, got {shown(count)}")
    if columns > 32:
        raise ValueError(f"columns must be at most 32, for panels to be seen, got {shown(columns)}")
    gap = 24
    width = (WIDTH - 2 * MARGIN - gap * (columns - 1)) / columns
    height = width * ratio
    rows = -(-count // columns)
    room = LEGEND if below else MARGIN
    step = HEADING + height + room
    if rows * step > _HIGHEST:
        raise ValueError(
            f"count and aspect ask for a figure {rows * step:.6g} pixels high; at most {_HIGHEST}"
        )
    figure = new_figure(WIDTH, rows * step + MARGIN)
    axes = [
        add_axes(
            figure,
            MARGIN + (width + gap) * (i % columns),
            (i // columns) * step + HEADING,
            width,
            height,
        )
        for i in range(count)
    ]
    figure.set_layout_engine(_KeepInside(axes, room))
    return figure, axes


class _KeepInside(LayoutEngine):
    """Shrinks panels, before they are drawn, so that their ticks and labels stay in the figure.

    A panel's place is what it was given, and the `room` below it, in pixels.
    """

    _adjust_compatible = False
    _colorbar_gridspec = False

    def __init__(self, panels: Sequence[Axes], room: float) -> None:
        super().__init__()
        self._room = room
        self._places = [(ax, ax.get_position(original=True)) for ax in panels]

    def execute(self, fig: Any) -> None:
        """Move the panels of `fig` as far in as their ticks and labels stick out."""
        to_figure = fig.transFigure.inverted()
        width, height = (inches * DPI for inches in fig.get_size_inches())
        for ax, place in self._places:
            ax.set_position(place)
            boxes = [axis.get_tightbbox() for axis in (ax.xaxis, ax.yaxis)]
            taken = [to_figure.transform_bbox(box) for box in boxes if box is not None]
            x0, y0, x1, _ = Bbox.union([place, *taken]).extents
            # The outermost numbers may stand out a little, into the margin.
            left = x0 if place.x0 - x0 > MARGIN / 2 / width else place.x0
            right = x1 if x1 - place.x1 > MARGIN / 2 / width else place.x1
            below = max(place.y0 - y0 - self._room / height, 0)
            ax.set_position(
                Bbox.from_extents(
                    2 * place.x0 - left, place.y0 + below, 2 * place.x1 - right, place.y1
                )
            )


def new_figure(width: float, height: float) -> Figure:
    return CourseFigure(figsize=(width / DPI, height / DPI), dpi=DPI)


def add_axes(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Place axes by pixels from the top left corner."""
    total_width, total_height = (inches * DPI for inches in figure.get_size_inches())
    bottom = total_height - top - height
    place = (
        left / total_width,
        bottom / total_height,
        width / total_width,
        height / total_height,
    )
    ax = figure.add_axes(place)
    ax.set_anchor("NW")
    return ax


def single(rows: int, columns: int, heading: float, *, cells: bool = False, below: int = 0) -> Axes:
    """Make a figure for one panel, with a heading so many pixels wide; return its axes."""
    most = min(CELL if cells else 360, (WIDTH - 2 * MARGIN) / columns)
    scale = most if cells else min(360 / max(rows, columns), most)
    width, height = columns * scale, rows * scale
    room = min(max(width, heading, 220), WIDTH - 2 * MARGIN)
    figure = new_figure(room + 2 * MARGIN, HEADING + height + below + MARGIN)
    return add_axes(figure, MARGIN, HEADING, width, height)


def figure_of(ax: Axes) -> Figure:
    figure = ax.get_figure(root=True)
    assert isinstance(figure, Figure)
    return figure
