"""What stands still: pictures, kernels, feature maps and signals, drawn with matplotlib.

Every ``show_…`` function returns a figure. Made the last line of a cell, it is shown, once and
sharp: these figures are not registered with pyplot, so that nothing has to be closed and nothing
is shown twice. To set several things side by side, ask for :func:`panels` and hand one of its
axes to each function as ``ax``; then that axes' figure is returned.

Colours mean what they mean in the widgets (:data:`COLOURS`): input, kernel, output, gradient,
padding. Signed values run from blue over near-white to red, with zero always in the middle.

>>> from cnnviz import figures, images
>>> image, kernel, answer, _ = images.figure("edge_light_to_dark")
>>> figures.show_convolution(image, kernel, answer)
<Figure: Input 6 × 6, Kernel 3 × 3, Feature map 4 × 4>
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Mapping, Sequence
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.layout_engine import LayoutEngine
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.textpath import TextPath
from matplotlib.transforms import Bbox
from numpy.typing import ArrayLike, NDArray

from cnnviz import palette
from cnnviz.shapes import padding_per_axis

__all__ = [
    "COLOURS",
    "SIGNED",
    "panels",
    "show_convolution",
    "show_feature_map",
    "show_image",
    "show_kernel",
    "show_numbers",
    "show_signal",
    "use_style",
]

Role = Literal["input", "kernel", "output", "gradient"]
Values = NDArray[Any]

#: One colour, one meaning. All but "padding", which is a hatching, carry text on white.
COLOURS: Mapping[str, str] = MappingProxyType({**palette.LIGHT, "padding": "#868e9a"})

#: The colormap for signed values, registered with matplotlib as "cnnviz_signed". Give `imshow`
#: limits of equal size (``vmin=-top, vmax=top``), or zero leaves the middle.
SIGNED = LinearSegmentedColormap.from_list("cnnviz_signed", list(palette.SIGNED), N=513)
mpl.colormaps.register(SIGNED, force=True)

# The widgets' greys: text, quiet text, lines, and the ground and lines of hatching.
_INK, _MUTED, _LINE, _PAD, _PAD_LINE = "#16191d", "#59616c", "#d8dce2", "#f4f6f8", "#c9ced6"
_STYLE = mpl.rc_params_from_file(
    str(resources.files("cnnviz") / "static" / "cnnviz.mplstyle"), use_default_template=False
)

# Lengths in pixels of a figure 800 wide: the width of a cell in JupyterLab and of the site's text.
_WIDTH, _GAP, _HEADING, _LEGEND, _MARGIN = 800, 44, 30, 24, 6
_CELL, _LARGEST_GRID, _FEW_SAMPLES = 56, 16, 40
_DPI = 100

# The two halves of a heading, and how many points lie between them; the ends of a legend.
_NAME: Mapping[str, Any] = MappingProxyType({"fontsize": 11, "fontweight": "bold"})
_DIMS: Mapping[str, Any] = MappingProxyType({"fontsize": 9.5})
_NAME_GAP = 6
_END: Mapping[str, Any] = MappingProxyType({"fontsize": 9})


def use_style() -> None:
    """Make matplotlib's own functions look like the course: quiet axes, the course's colours.

    The ``show_…`` functions look so without it. It changes ``matplotlib.rcParams`` for the rest
    of the program; ``matplotlib.rcdefaults()`` undoes it.

    Examples
    --------
    >>> import matplotlib
    >>> with matplotlib.rc_context():
    ...     use_style()
    ...     matplotlib.rcParams["axes.spines.top"]
    False
    """
    mpl.rcParams.update(_STYLE)


class _Figure(Figure):
    """A figure that shows itself in a notebook, at twice the pixels, under a short description."""

    def __repr__(self) -> str:
        names = [name for ax in self.axes if (name := ax.get_label())]
        return f"<Figure: {', '.join(str(name) for name in names)}>"

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, dict[str, int]]]:
        """Give IPython the picture; named here, it goes before matplotlib's own formatters."""
        buffer = io.BytesIO()
        with mpl.rc_context(_STYLE):
            self.savefig(buffer, format="png", dpi=2 * _DPI)
        width, height = (round(inches * _DPI) for inches in self.get_size_inches())
        png = base64.b64encode(buffer.getvalue()).decode("ascii")
        return (
            {"image/png": png, "text/plain": repr(self)},
            {"image/png": {"width": width, "height": height}},
        )


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
    ValueError
        If `count` or `columns` is less than 1, or `aspect` is not above 0.

    Examples
    --------
    >>> from cnnviz import images, kernels
    >>> figure, axes = panels(2)
    >>> _ = show_image(images.picture("camera"), ax=axes[0])
    >>> _ = show_kernel(kernels.sobel(), ax=axes[1])
    >>> figure
    <Figure: Input 96 × 96, Kernel 3 × 3>
    """
    columns = min(count, 4) if columns is None else columns
    if count < 1 or columns < 1:
        raise ValueError(f"count and columns must be at least 1, got {count} and {columns}")
    if not aspect > 0:
        raise ValueError(f"aspect must be above 0, got {aspect!r}")
    gap = 24
    width = (_WIDTH - 2 * _MARGIN - gap * (columns - 1)) / columns
    height = width * aspect
    rows = -(-count // columns)
    room = _LEGEND if below else _MARGIN
    step = _HEADING + height + room
    figure = _new_figure(_WIDTH, rows * step + _MARGIN)
    axes = [
        _add_axes(
            figure,
            _MARGIN + (width + gap) * (i % columns),
            (i // columns) * step + _HEADING,
            width,
            height,
        )
        for i in range(count)
    ]
    figure.set_layout_engine(_KeepInside(axes, room))
    return figure, axes


def show_image(
    image: ArrayLike,
    title: str = "Input",
    *,
    role: Role = "input",
    window: Sequence[int] | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Show a grey or colour picture.

    Parameters
    ----------
    image : array_like, shape (H, W), (1, H, W) or (3, H, W)
        uint8 from 0 to 255; floats from 0 to 1. Values beyond stretch the scale.
    title : str
        The heading; the size is added.
    role : "input", "kernel", "output" or "gradient"
        What the picture is; it sets the heading's colour.
    window : (row, column, height, width), optional
        A window to outline in the kernel's colour.
    ax : Axes, optional
        Where to draw, instead of a figure of its own.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If `image` is of another shape, empty, or not made of real numbers; if `role` is none of
        the above.

    Examples
    --------
    >>> show_image(np.eye(4))
    <Figure: Input 4 × 4>
    """
    _check_role(role)
    pixels, dims = _pixels(image), _dims(image)
    height, width = pixels.shape[:2]
    ax = ax or _single(height, width, _heading_width(title, dims))
    low, high = _light_range(pixels)
    ax.imshow((pixels - low) / (high - low), cmap="gray", vmin=0, vmax=1, extent=_extent(pixels))
    _bare(ax)
    _outline(ax, window)
    _heading(ax, title, dims, role)
    return _figure_of(ax)


def show_feature_map(
    values: ArrayLike,
    title: str = "Feature map",
    *,
    role: Role = "output",
    top: float | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Show signed values as colours, blue below zero and red above, with a legend.

    Parameters
    ----------
    values : array_like, shape (H, W) or (1, H, W)
    title : str
        The heading; the size is added.
    role : "input", "kernel", "output" or "gradient"
        What the values are; it sets the heading's colour.
    top : float, optional
        The magnitude that gets the full tone; the largest there is if left out. Give the same
        to maps that are to be compared.
    ax : Axes, optional
        Where to draw, instead of a figure of its own.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If `values` is of another shape, empty, or not made of real numbers; if `top` is not
        above 0; if `role` is none of the above.

    Examples
    --------
    >>> show_feature_map([[-1.0, 0.0], [2.0, 1.0]])
    <Figure: Feature map 2 × 2>
    """
    _check_role(role)
    array, dims = _plane("values", values), _dims(values)
    height, width = array.shape
    ax = ax or _single(height, width, _heading_width(title, dims), below=_LEGEND)
    top = _top(array, top)
    ax.imshow(_signed_grounds(array, top), extent=_extent(array))
    _bare(ax)
    _heading(ax, title, dims, role)
    _legend(ax, top)
    return _figure_of(ax)


def show_kernel(kernel: ArrayLike, title: str = "Kernel", *, ax: Axes | None = None) -> Figure:
    """Show a kernel's weights as numbers on signed colours; without numbers beyond 16 a side.

    Parameters
    ----------
    kernel : array_like, shape (k,), (kh, kw) or (1, kh, kw)
    title : str
        The heading; the size is added.
    ax : Axes, optional
        Where to draw, instead of a figure of its own.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If `kernel` is of another shape, empty, or not made of real numbers.

    Examples
    --------
    >>> show_kernel([[1, 0, -1]])
    <Figure: Kernel 1 × 3>
    """
    return show_numbers(kernel, title, role="kernel", signed=True, ax=ax)


def show_numbers(
    numbers: ArrayLike,
    title: str = "",
    *,
    role: Role = "input",
    signed: bool | None = None,
    padding: int | str | Sequence[Any] = 0,
    window: Sequence[int] | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Show a small grid of numbers, a cell each.

    Parameters
    ----------
    numbers : array_like, shape (n,), (H, W) or (1, H, W)
        NaN leaves a cell blank. Beyond 16 cells a side the numbers are left out.
    title : str
        The heading; the size is added.
    role : "input", "kernel", "output" or "gradient"
        What the numbers are; it sets their colour.
    signed : bool, optional
        Colour by sign, or by size: an input as a picture, 0 black and the largest white, anything
        else in a tint of its role. By sign if left out and a number is negative.
    padding : int, or one int or (before, after) per axis
        A hatched frame of zeros to draw around the grid.
    window : (row, column, height, width), optional
        A window to outline in the kernel's colour. Row and column count from the first number,
        so they are negative in the padding.
    ax : Axes, optional
        Where to draw, instead of a figure of its own.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If an argument is none of the above.

    Examples
    --------
    >>> show_numbers([[1, 2], [3, 4]], "Input", padding=1, window=(-1, -1, 3, 3))
    <Figure: Input 2 × 2>
    """
    _check_role(role)
    array, dims = _grid("numbers", numbers), _dims(numbers)
    frame = padding_per_axis(padding, array.shape, (1, 1), (1, 1), allow_same=False)
    (above, below), (left, right) = frame
    height, width = array.shape[0] + above + below, array.shape[1] + left + right
    written = max(array.shape) <= _LARGEST_GRID
    ax = ax or _single(height, width, _heading_width(title, dims), cells=written)

    signed = bool((array < 0).any()) if signed is None else signed
    if signed:
        grounds = _signed_grounds(array)
    else:
        grounds = _light_grounds(array) if role == "input" else _tinted_grounds(array, role)
    if written:
        size = _cell_size(ax, height, width)
        _cells(ax, array, grounds, size)
        _padding_cells(ax, array.shape, frame, size)
    else:
        if frame != ((0, 0), (0, 0)):
            _padding_block(ax, -left, -above, width, height)
        ax.imshow(grounds, extent=_extent(array), zorder=2)
    ax.set_xlim(-left, width - left)
    ax.set_ylim(height - above, -above)
    ax.set_aspect("equal", anchor="NW")
    _bare(ax)
    _outline(ax, window)
    _heading(ax, title, dims, role)
    return _figure_of(ax)


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
    image : array_like, shape (n,), (H, W), (1, H, W) or (3, H, W)
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
    ValueError
        If an argument is none of the above.

    Examples
    --------
    >>> show_convolution([1, 2, 3, 4], [1, 1], [3, 5, 7])
    <Figure: Input 4, Kernel 2, Feature map 3>
    """
    if len(titles) != 3:
        raise ValueError(f"titles must be three headings, got {titles!r}")
    arrays = [_array(each) for each in (image, kernel, output)]
    written = [_is_written(each) for each in arrays]
    extra = _extra_cells(arrays[0], padding) if written[0] else (0, 0)
    parts = [_part(each, small) for each, small in zip(arrays, written, strict=True)]
    parts[0] = parts[0]._replace(rows=parts[0].rows + extra[0], columns=parts[0].columns + extra[1])
    headings = [
        _heading_width(title, _dims(each)) for title, each in zip(titles, arrays, strict=True)
    ]
    sizes = _sentence_sizes(parts, headings)
    slots = [max(size[0], heading) for size, heading in zip(sizes, headings, strict=True)]

    below = 0 if written[2] else _LEGEND
    tallest = max(height for _, height in sizes)
    total = sum(slots) + 2 * _GAP + 2 * _MARGIN
    figure = _new_figure(total, _HEADING + tallest + below + _MARGIN)
    axes, left = [], float(_MARGIN)
    for (width, height), slot, sign in zip(sizes, slots, ("∗", "=", ""), strict=True):
        axes.append(_add_axes(figure, left, _HEADING, width, height))
        left += slot + _GAP
        if sign:
            _sign(figure, sign, left - _GAP / 2, _HEADING + min(tallest, 240) / 2)

    if written[0]:
        show_numbers(arrays[0], titles[0], padding=padding, window=window, ax=axes[0])
    else:
        show_image(arrays[0], titles[0], window=window, ax=axes[0])
    show_kernel(arrays[1], titles[1], ax=axes[1])
    if written[2]:
        show_numbers(arrays[2], titles[2], role="output", signed=True, ax=axes[2])
    else:
        show_feature_map(arrays[2], titles[2], ax=axes[2])
    return figure


def show_signal(
    *signals: ArrayLike,
    labels: Sequence[str] = (),
    role: Role | Sequence[Role] | None = None,
    title: str = "",
    rate: float | None = None,
    unit: str = "",
    ax: Axes | None = None,
) -> Figure:
    """Show one-dimensional signals over one axis.

    A signal of at most 40 samples is drawn sample by sample, a longer one as a line.

    Parameters
    ----------
    *signals : array_like, shape (n,)
        One to three.
    labels : sequence of str
        One per signal, for the legend.
    role : "input", "kernel", "output" or "gradient", or one of these per signal
        What the signals are; it sets their colours. Signals of one role differ in their lines. If
        left out, the first is an input and the others are outputs.
    title : str
        The heading; in the role's colour where all signals have the same.
    rate : float, optional
        Samples per second; the axis then shows seconds, else sample numbers.
    unit : str
        What the values are measured in.
    ax : Axes, optional
        Where to draw, instead of a figure of its own.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If a signal is not one-dimensional, empty or not made of real numbers, if there are none
        or more than three, or if labels or roles don't match.

    Examples
    --------
    >>> show_signal([0, 1, 0], [0, 0.5, 0.5], labels=["raw", "smooth"], title="A click")
    <Figure: A click>
    """
    if not 1 <= len(signals) <= 3:
        raise ValueError(f"signals must be one to three, got {len(signals)}")
    if labels and len(labels) != len(signals):
        raise ValueError(f"labels must be one per signal ({len(signals)}), got {len(labels)}")
    if rate is not None and not rate > 0:
        raise ValueError(f"rate must be above 0, got {rate!r}")
    roles = _signal_roles(role, len(signals))
    lines = [_real("signals", signal) for signal in signals]
    for line in lines:
        if line.ndim != 1:
            raise ValueError(f"signals must be of shape (n,), got {line.shape}")
    if ax is None:
        top = _HEADING if title or labels else 10
        figure = _new_figure(_WIDTH, top + 200 + 48)
        ax = _add_axes(figure, 64, top, _WIDTH - 64 - 12, 200)
    with mpl.rc_context(_STYLE):
        _draw_signals(ax, lines, labels, roles, 1 if rate is None else 1 / rate)
    ax.set_xlabel("sample" if rate is None else "time in seconds")
    ax.set_ylabel(unit)
    ax.margins(x=0.02)
    ax.spines[["top", "right"]].set_visible(False)
    if title:
        colour = COLOURS[roles[0]] if len(set(roles)) == 1 else _INK
        ax.set_title(title, loc="left", color=colour, **_NAME)
    ax.set_label(title or " and ".join(labels) or "Signal")
    return _figure_of(ax)


# --------------------------------------------------------------------------------------
# Layout


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
        width, height = (inches * _DPI for inches in fig.get_size_inches())
        for ax, place in self._places:
            ax.set_position(place)
            boxes = [axis.get_tightbbox() for axis in (ax.xaxis, ax.yaxis)]
            taken = [to_figure.transform_bbox(box) for box in boxes if box is not None]
            x0, y0, x1, _ = Bbox.union([place, *taken]).extents
            # The outermost numbers may stand out a little, into the margin.
            left = x0 if place.x0 - x0 > _MARGIN / 2 / width else place.x0
            right = x1 if x1 - place.x1 > _MARGIN / 2 / width else place.x1
            below = max(place.y0 - y0 - self._room / height, 0)
            ax.set_position(
                Bbox.from_extents(
                    2 * place.x0 - left, place.y0 + below, 2 * place.x1 - right, place.y1
                )
            )


def _new_figure(width: float, height: float) -> Figure:
    with mpl.rc_context(_STYLE):
        return _Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI)


def _add_axes(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Place axes by pixels from the top left corner."""
    total_width, total_height = (inches * _DPI for inches in figure.get_size_inches())
    bottom = total_height - top - height
    place = (
        left / total_width,
        bottom / total_height,
        width / total_width,
        height / total_height,
    )
    with mpl.rc_context(_STYLE):
        ax = figure.add_axes(place)
    ax.set_anchor("NW")
    return ax


def _single(
    rows: int, columns: int, heading: float, *, cells: bool = False, below: int = 0
) -> Axes:
    """Make a figure for one panel, with a heading so many pixels wide; return its axes."""
    most = min(_CELL if cells else 360, (_WIDTH - 2 * _MARGIN) / columns)
    scale = most if cells else min(360 / max(rows, columns), most)
    width, height = columns * scale, rows * scale
    room = min(max(width, heading, 220), _WIDTH - 2 * _MARGIN)
    figure = _new_figure(room + 2 * _MARGIN, _HEADING + height + below + _MARGIN)
    return _add_axes(figure, _MARGIN, _HEADING, width, height)


class _Part(NamedTuple):
    """One panel of a sentence, in cells or pixels."""

    rows: int
    columns: int
    written: bool


def _part(array: Values, written: bool) -> _Part:
    if array.ndim == 1:
        return _Part(1, array.shape[0], written)
    if array.ndim < 2:
        raise ValueError(f"each part must have 1 to 3 axes, got shape {array.shape}")
    return _Part(array.shape[-2], array.shape[-1], written)


def _sentence_sizes(parts: Sequence[_Part], headings: Sequence[float]) -> list[tuple[float, float]]:
    """Return each panel's (width, height) in pixels, so that a sentence is at most 800 wide."""
    room = _WIDTH - 2 * _GAP - 2 * _MARGIN
    if all(part.written for part in parts):
        # One size of cell, so that the kernel is seen to fit its window.
        cell = _shared_cell([part.columns for part in parts], headings, room)
        return [(part.columns * cell, part.rows * cell) for part in parts]
    kernel = parts[1]
    cell = min(_CELL, 200 / max(kernel.rows, kernel.columns))
    most = min((room - max(kernel.columns * cell, headings[1])) / 2, 320)
    sizes: list[tuple[float, float]] = []
    for part, side in zip(parts, (most, 200, most), strict=True):
        scale = side / max(part.rows, part.columns)
        scale = min(scale, _CELL) if part.written else scale
        sizes.append((part.columns * scale, part.rows * scale))
    return sizes


def _shared_cell(columns: Sequence[int], headings: Sequence[float], room: float) -> float:
    """Return the largest cell with which all grids, or their headings, fit side by side."""
    for cell in range(_CELL, 0, -1):
        if sum(max(n * cell, width) for n, width in zip(columns, headings, strict=True)) <= room:
            return cell
    return min(_CELL, room / sum(columns))  # no room for such headings


def _extra_cells(image: Values, padding: int | str | Sequence[Any]) -> tuple[int, int]:
    shape = (1, image.shape[0]) if image.ndim == 1 else image.shape[-2:]
    rows, columns = padding_per_axis(padding, shape, (1, 1), (1, 1), allow_same=False)
    return sum(rows), sum(columns)


def _is_written(array: Values) -> bool:
    """Tell whether an array is small enough for its numbers to be read."""
    plane = array.ndim in (1, 2) or (array.ndim == 3 and array.shape[0] == 1)
    return plane and 0 < max(array.shape[-2:]) <= _LARGEST_GRID


def _sign(figure: Figure, sign: str, x: float, y: float) -> None:
    width, height = (inches * _DPI for inches in figure.get_size_inches())
    with mpl.rc_context(_STYLE):
        figure.text(
            x / width, 1 - y / height, sign, ha="center", va="center", fontsize=18, color=_MUTED
        )


def _figure_of(ax: Axes) -> Figure:
    figure = ax.get_figure(root=True)
    assert isinstance(figure, Figure)
    return figure


# --------------------------------------------------------------------------------------
# Drawing


def _heading(ax: Axes, title: str, dims: str, role: Role) -> None:
    """Write the name in its colour and the size in grey, as the widgets do."""
    with mpl.rc_context(_STYLE):
        place: dict[str, Any] = {"textcoords": "offset points", "va": "baseline"}
        name = ax.annotate(
            title,
            (0, 1),
            (0, 7),
            xycoords="axes fraction",
            **_NAME,
            color=COLOURS[role],
            **place,
        )
        anchor: Any = (name, ax.transAxes)
        ax.annotate(
            dims,
            (1 if title else 0, 1),
            (_NAME_GAP if title else 0, 7),
            xycoords=anchor,
            **_DIMS,
            color=_MUTED,
            **place,
        )
    ax.set_label(f"{title} {dims}".strip())


def _heading_width(title: str, dims: str) -> int:
    """Return how many pixels wide a heading is."""
    name = _text_width(title, **_NAME) + math.ceil(_NAME_GAP * _DPI / 72) if title else 0
    return name + _text_width(dims, **_DIMS)


def _text_width(text: str, **font: Any) -> int:
    """Return how many pixels wide a text is, of the given ``fontsize`` and ``fontweight``."""
    hinting = 1.03  # letters drawn on whole pixels are a little wider than their outlines
    with mpl.rc_context(_STYLE):
        properties = FontProperties(size=font["fontsize"], weight=font.get("fontweight"))
        points = TextPath((0, 0), text, prop=properties).get_extents().x1
    return math.ceil(hinting * float(points) * _DPI / 72)


def _bare(ax: Axes) -> None:
    """Take away ticks and frame: a picture has neither."""
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)


def _extent(pixels: Values) -> tuple[float, float, float, float]:
    """Let pixel (row, column) fill the square from (column, row): windows then need no halves."""
    height, width = pixels.shape[:2]
    return 0, width, height, 0


def _outline(ax: Axes, window: Sequence[int] | None) -> None:
    """Draw a window over a grid or a picture, ringed in white so that it shows on any ground."""
    if window is None:
        return
    if len(window) != 4 or min(window[2:]) < 1:
        raise ValueError(f"window must be (row, column, height, width), got {window!r}")
    row, column, height, width = window
    for colour, thickness in (("white", 5.0), (COLOURS["kernel"], 2.6)):
        edge = Rectangle((column, row), width, height, fill=False, ec=colour, lw=thickness)
        edge.set_clip_on(False)
        edge.set_zorder(5)
        ax.add_patch(edge)


def _legend(ax: Axes, top: float) -> None:
    """Draw the signed scale under a feature map, its ends labelled."""
    end, gap = _write_end(top), 5
    bar = ax.inset_axes((0.0, 0.0, 1.0, 1.0), transform=ax.transAxes)
    bar.set_axes_locator(_UnderLocator(ax, _text_width(f"−{end}", **_END) + gap * _DPI / 72))
    bar.imshow(np.linspace(-1, 1, 257)[np.newaxis], cmap=SIGNED, aspect="auto")
    _bare(bar)
    with mpl.rc_context(_STYLE):
        for x, text, side in ((0, f"−{end}", "right"), (1, end, "left")):
            bar.annotate(
                text,
                (x, 0.5),
                (-gap if x == 0 else gap, 0),
                xycoords="axes fraction",
                textcoords="offset points",
                ha=side,
                va="center",
                color=_MUTED,
                **_END,
            )


class _UnderLocator:
    """Keeps a legend's bar below the panel, behind `room` pixels for the number at its end."""

    def __init__(self, panel: Axes, room: float) -> None:
        self.panel = panel
        self.room = room

    def __call__(self, _: Any, renderer: Any) -> Bbox:
        self.panel.apply_aspect()
        figure = _figure_of(self.panel)
        box = self.panel.get_position()
        width, height = (inches * _DPI for inches in figure.get_size_inches())
        length = min(max(box.width * width - 2 * self.room, 30), 80)
        return Bbox.from_bounds(
            box.x0 + self.room / width, box.y0 - 18 / height, length / width, 9 / height
        )


def _cells(ax: Axes, array: Values, grounds: Values, size: float) -> None:
    """Draw the cells, `size` points each, and what they hold."""
    texts = _write(array)
    fontsize = _fontsize(size, texts)
    for (row, column), text in zip(np.ndindex(array.shape), texts, strict=True):
        ground = grounds[row, column] / 255
        square = FancyBboxPatch(
            (column + 0.03, row + 0.03),
            0.94,
            0.94,
            boxstyle="round,pad=0,rounding_size=0.06",
            facecolor=ground,
            edgecolor=_LINE,
            linewidth=0.8,
        )
        ax.add_patch(square)
        _number(ax, column, row, text, fontsize, _ink_on(ground))


def _padding_cells(
    ax: Axes, shape: tuple[int, ...], frame: Sequence[tuple[int, int]], size: float
) -> None:
    """Hatch the cells of the padding and write their zeros."""
    (above, below), (left, right) = frame
    disc = {"boxstyle": "circle,pad=0.18", "facecolor": _PAD, "linewidth": 0}
    for i, j in np.ndindex(shape[0] + above + below, shape[1] + left + right):
        row, column = i - above, j - left
        if not (0 <= row < shape[0] and 0 <= column < shape[1]):
            _padding_block(ax, column + 0.03, row + 0.03, 0.94, 0.94)
            _number(ax, column, row, "0", _fontsize(size, ["0"]), _MUTED, bbox=disc)


def _padding_block(ax: Axes, x: float, y: float, width: float, height: float) -> None:
    with mpl.rc_context(_STYLE):
        block = Rectangle((x, y), width, height, fc=_PAD, ec=_PAD_LINE, lw=0, hatch="////")
    ax.add_patch(block)


def _number(
    ax: Axes, column: int, row: int, text: str, fontsize: float, colour: str, **kwargs: Any
) -> None:
    with mpl.rc_context(_STYLE):
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


def _cell_size(ax: Axes, rows: int, columns: int) -> float:
    """Return how many points wide a cell is, where the axes hold so many."""
    box = ax.get_position(original=True)
    width, height = (72 * inches for inches in _figure_of(ax).get_size_inches())
    return float(min(box.width * width / columns, box.height * height / rows))


def _draw_signals(
    ax: Axes, lines: Sequence[Values], labels: Sequence[str], roles: Sequence[Role], step: float
) -> None:
    for i, line in enumerate(lines):
        times, colour = np.arange(len(line)) * step, COLOURS[roles[i]]
        same = roles[:i].count(roles[i])  # signals of this role that were drawn before
        label = labels[i] if labels else None
        if len(line) <= _FEW_SAMPLES:
            times = times + 0.14 * step * (i - (len(lines) - 1) / 2)  # stems side by side
            ax.vlines(times, 0, line, color=colour, linewidth=1.4, clip_on=False)
            ax.plot(times, line, "osD"[same], color=colour, label=label, clip_on=False)
            ax.axhline(0, color=_LINE, linewidth=1, zorder=0)
        else:
            raw = i == 0 and len(lines) > 1  # thin, so that what is laid over it can be followed
            dashes, width = ("-", "--", ":")[same], 0.9 if raw else 1.8
            ax.plot(times, line, dashes, color=colour, linewidth=width, label=label)
    if labels:
        ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(labels), borderaxespad=0.2)


# --------------------------------------------------------------------------------------
# Colour and numbers


def _signed_grounds(array: Values, top: float | None = None) -> NDArray[np.uint8]:
    """Give each cell its signed colour; blank cells are white."""
    grounds = palette.signed_rgb(np.nan_to_num(array), top)
    grounds[np.isnan(array)] = 255
    return grounds


def _light_grounds(array: Values, top: float | None = None) -> NDArray[np.uint8]:
    """Give each cell its grey as the widgets do, 0 black, the largest white; blanks are white."""
    shown = np.nan_to_num(array)
    grounds = palette.light_rgb(shown[np.newaxis], 0, top or shown.max(initial=0))
    grounds[np.isnan(array)] = 255
    return grounds


def _tinted_grounds(array: Values, role: Role) -> NDArray[np.uint8]:
    """Give each cell a tint, the stronger the larger its number, that leaves its text black."""
    shown = np.nan_to_num(array)
    low, high = shown.min(initial=0), shown.max(initial=0)
    strength = 0.3 * np.where(np.isnan(array), 0, shown - low) / ((high - low) or 1)
    tone = 255 * np.array(to_rgb(COLOURS[role]))
    tinted: Values = 255 + strength[..., np.newaxis] * (tone - 255)
    return np.asarray(np.rint(tinted), dtype=np.uint8)


def _ink_on(ground: Values) -> str:
    """Return black or white, whichever stands out more (WCAG relative luminance)."""
    linear = np.where(ground <= 0.04045, ground / 12.92, ((ground + 0.055) / 1.055) ** 2.4)
    return "black" if float(linear @ np.array([0.2126, 0.7152, 0.0722])) > 0.179 else "white"


def _write(array: Values) -> list[str]:
    """Write numbers to one number of decimals, three digits of the largest; true minus signs."""
    finite = array[np.isfinite(array)]
    largest = float(np.abs(finite).max(initial=0))
    most = min(max(2 - math.floor(math.log10(largest)), 0), 6) if largest else 0
    decimals = next(
        (d for d in range(most) if np.allclose(finite, finite.round(d), rtol=0, atol=1e-9)), most
    )
    return [_write_one(float(value), decimals) for value in array.flat]


def _write_one(value: float, decimals: int) -> str:
    """Write one number; NaN is blank, and what is exactly 0 is a bare 0."""
    if math.isnan(value):
        return ""
    return f"{value:.{decimals}f}".replace("-", "−") if value else "0"


def _write_end(value: float) -> str:
    """Write the end of a scale in at least three digits, without a computer's exponent."""
    if 1e-3 <= value < 999.5:
        return f"{value:.3g}"
    if 1 <= value < 999_999.5:
        return f"{value:.0f}"
    mantissa, exponent = f"{value:.2e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{float(mantissa):g}·10{raised}"


def _top(array: Values, top: float | None) -> float:
    """Return the magnitude that gets the full tone."""
    if top is None:
        return float(np.abs(np.nan_to_num(array)).max()) or 1.0
    if not top > 0:
        raise ValueError(f"top must be above 0, got {top!r}")
    return float(top)


# --------------------------------------------------------------------------------------
# Input


def _array(values: ArrayLike) -> Values:
    """Return an array; a torch tensor is taken from its graph and device."""
    source: Any = values
    return np.asarray(source.detach().cpu() if hasattr(source, "detach") else source)


def _real(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Return real numbers as float64. NaN may stand for a blank, but nothing is infinite."""
    array = _array(values)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} must be real numbers, got dtype {array.dtype}")
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, got shape {array.shape}")
    if np.isinf(array).any():
        raise ValueError(f"{name} must be finite, got an infinite value")
    return array.astype(np.float64)


def _plane(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Return (H, W); a channel axis of length 1 is dropped."""
    array = _real(name, values)
    if array.ndim == 3 and array.shape[0] == 1:
        array = array[0]
    if array.ndim != 2:
        raise ValueError(
            f"{name} must be of shape (H, W), got {array.shape}; pick one channel: {name}[0]"
        )
    return array


def _grid(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Return numbers as rows and columns."""
    array = _real(name, values)
    return array[np.newaxis] if array.ndim == 1 else _plane(name, array)


def _dims(values: ArrayLike) -> str:
    """Write a shape as headings do: without a channel axis of length 1."""
    shape = _array(values).shape
    return " × ".join(map(str, shape[1:] if len(shape) == 3 and shape[0] == 1 else shape))


def _check_role(role: str) -> None:
    if role not in palette.LIGHT:
        raise ValueError(f"role must be one of {', '.join(palette.LIGHT)}, got {role!r}")


def _signal_roles(role: Role | Sequence[Role] | None, count: int) -> list[Role]:
    """Return one role per signal; what is not said is an input, and what was made of it."""
    made_of: tuple[Role, ...] = ("input", "output", "output")
    role = made_of[:count] if role is None else role
    roles: list[Role] = [role] * count if isinstance(role, str) else list(role)
    if len(roles) != count:
        raise ValueError(f"role must be one, or one per signal ({count}), got {len(roles)}")
    for each in roles:
        _check_role(each)
    return roles


def _pixels(image: ArrayLike) -> NDArray[np.float64]:
    """Return (H, W) or (H, W, 3), with 0 as black and 1 as full light for uint8."""
    array = _real("image", image)
    if array.ndim == 3 and array.shape[0] == 3:
        array = array.transpose(1, 2, 0)
    elif array.ndim == 3 and array.shape[0] == 1:
        array = array[0]
    elif array.ndim != 2:
        raise ValueError(
            f"image must be of shape (H, W), (1, H, W) or (3, H, W), got {array.shape}"
        )
    return array / 255 if _array(image).dtype == np.uint8 else array


def _light_range(pixels: Values) -> tuple[float, float]:
    """Return the values of black and of full light: 0 and 1, or beyond where the values are."""
    shown = np.nan_to_num(pixels)
    return float(shown.min(initial=0)), float(shown.max(initial=1))
