"""What moves and is exported: a window sliding over an input, as GIF, MP4 or an SVG sequence.

Pictures fit for a slide (1280 × 720): large numbers, the course's colours, padding hatched, the
window and what it makes outlined, and the sum written out beneath. matplotlib draws them; no
browser is needed.

>>> import tempfile
>>> from cnnviz import animations
>>> with tempfile.TemporaryDirectory() as folder:
...     animations.convolution([1, 2, 3, 4], [1, -1], f"{folder}/difference.gif").name
'difference.gif'
"""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.animation import AbstractMovieWriter, FFMpegWriter, PillowWriter
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray

from cnnviz import ops, palette, shapes
from cnnviz.figures import _STYLE, _ink_on, _light_grounds, _real, _signed_grounds
from cnnviz.figures import _write as _texts_of

__all__ = ["convolution", "pooling"]

Size = int | Sequence[int]
Padding = int | str | Sequence[int | Sequence[int]]
Index = tuple[int, ...]
Texts = Any  # an array of str
Array = NDArray[np.float64]

_LARGEST_SIDE = {1: 16, 2: 12}  # positions a side, by the number of axes: what a slide has room for
_LARGEST_KERNEL = 25  # weights
_WIDTH, _HEIGHT, _DPI = 1280, 720, 100
_MARGIN, _GAP, _TOP, _BELOW = 48, 76, 72, 216  # around and between the grids; the sum's room
_LARGEST_CELL = 96
_FPS = 50  # GIF counts in hundredths of a second


@dataclass(frozen=True)
class _Style:
    """The tones of a light or a dark slide. Cells are light on both."""

    ground: str
    ink: str
    muted: str
    empty: str
    roles: dict[str, str]


_STYLES = {
    "light": _Style("#ffffff", "#16191d", "#59616c", "#f4f6f8", palette.LIGHT),
    "dark": _Style("#15181d", "#e8eaed", "#a3abb7", "#1f242b", palette.DARK),
}
_LINE, _PAD, _PAD_LINE = "#aab1bb", "#e3e6ea", "#868e9a"


# --- what each step tells -------------------------------------------------------------------------


class _Piece(NamedTuple):
    """A few characters of the sum in one tone: "input", "kernel", "output", or None for plain."""

    text: str
    role: str | None = None


@dataclass
class _Step:
    """What one frame shows, whatever it is drawn with."""

    window: list[Index]  # positions of the wide panel (input, or a transposed one's output)
    focus: Index  # the output that is made; transposed, the input that is spread
    shown: Texts  # the output as far as it is known, "" where it isn't
    words: list[list[_Piece]]  # the sum, in parts between which a line may break
    winners: list[Index] = field(default_factory=list)  # of a maximum


@dataclass
class _Story:
    """Three panels and the steps that lead through them; every array has one or two axes."""

    input: Array
    input_texts: Texts
    hatched: NDArray[np.bool_]  # the wide panel's padding, or what padding cuts off
    kernel: Array | None
    kernel_texts: Texts | None
    output: Array
    spacing: Index  # the kernel's dilation
    transposed: bool
    note: str
    steps: list[_Step]


def convolution(
    x: ArrayLike,
    weight: ArrayLike,
    path: str | os.PathLike[str],
    *,
    stride: Size = 1,
    padding: Padding = 0,
    dilation: Size = 1,
    padding_mode: str = "zero",
    transposed: bool = False,
    output_padding: Size = 0,
    fps: float = 2,
    style: str = "light",
) -> Path | list[Path]:
    """Write the animation of a convolution, a frame for each position of the window.

    Ordinary: each frame makes one output, its sum beneath. Transposed: each frame spreads one input
    over the output, what it adds to each beneath.

    Parameters
    ----------
    x : array_like, shape (n,) or (H, W)
        At most 16 positions, 12 a side on two axes, padding included.
    weight : array_like, shape (k,) or (kh, kw)
        As many axes as `x`; at most 25 weights. As in deep learning, the kernel isn't flipped.
    path : path-like
        ``….gif``, ``….mp4`` (needs the program ffmpeg), or a folder, without an ending, for a
        sequence of SVG files. The folder that it lies in must exist.
    stride, padding, dilation, padding_mode, output_padding
        As in :func:`cnnviz.ops.conv` and :func:`cnnviz.ops.conv_transpose`; the last is for a
        transposed convolution, which is padded with zeros alone.
    transposed : bool
    fps : float
        Frames per second, above 0 and at most 50.
    style : {"light", "dark"}

    Returns
    -------
    Path or list of Path
        The file, or the sequence's files in order.

    Raises
    ------
    ValueError, TypeError
        If an argument is not allowed; the message names it.
    FileNotFoundError
        If the folder to write into does not exist.
    RuntimeError
        If an MP4 is asked for and there is no ffmpeg.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     frames = convolution([[1, 2, 0], [0, 1, 3]], [[1, 0], [0, -1]], f"{folder}/frames")
    ...     [frame.name for frame in frames]
    ['frame-1.svg', 'frame-2.svg']
    """
    image, kernel = _plain("x", x), _plain("weight", weight)
    if image.ndim != kernel.ndim:
        raise ValueError(
            f"weight must have as many axes as x, {image.ndim}; got shape {kernel.shape}"
        )
    if kernel.size > _LARGEST_KERNEL:
        raise ValueError(
            f"weight must have at most {_LARGEST_KERNEL} numbers to be legible, got {kernel.size}"
        )
    if not isinstance(transposed, bool):
        raise TypeError(f"transposed must be True or False, got {transposed!r}")
    if transposed:
        if padding_mode != "zero":
            raise ValueError(
                f"padding_mode must be 'zero' for a transposed convolution, got {padding_mode!r}"
            )
        story = _transposed(image, kernel, stride, padding, output_padding, dilation)
    else:
        if output_padding != 0:
            raise ValueError(
                f"output_padding must be 0 for an ordinary convolution, got {output_padding!r}"
            )
        story = _ordinary(image, kernel, stride, padding, dilation, padding_mode)
    return _save(story, path, fps, style)


def pooling(
    x: ArrayLike,
    path: str | os.PathLike[str],
    kernel: Size = 2,
    *,
    stride: Size | None = None,
    padding: Padding = 0,
    mode: str = "max",
    fps: float = 2,
    style: str = "light",
) -> Path | list[Path]:
    """Write the animation of pooling, a frame for each window.

    Parameters
    ----------
    x : array_like, shape (n,) or (H, W)
        At most 16 positions, 12 a side on two axes, padding included.
    path, fps, style
        As in :func:`convolution`.
    kernel : int or tuple of int
        At most 25 positions in all.
    stride, padding, mode
        As in :func:`cnnviz.ops.pool`. The padding of a maximum is −∞, that of the others 0.

    Returns
    -------
    Path or list of Path
        The file, or the sequence's files in order.

    Raises
    ------
    ValueError, TypeError, FileNotFoundError, RuntimeError
        As :func:`convolution`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     len(pooling([[1, 2, 5, 6], [3, 4, 7, 8]], f"{folder}/frames"))
    2
    """
    image = _plain("x", x)
    sides = shapes.per_axis("kernel", kernel, image.ndim)
    output = np.asarray(ops.pool(image, sides, stride, padding, mode), dtype=np.float64)
    steps = sides if stride is None else shapes.per_axis("stride", stride, image.ndim)
    g = shapes.geometry(image.shape, sides, steps, padding)
    if math.prod(sides) > _LARGEST_KERNEL:
        raise ValueError(
            f"kernel must have at most {_LARGEST_KERNEL} positions to be legible, "
            f"got {math.prod(sides)}"
        )
    return _save(_pooled(image, g, output, mode), path, fps, style)


def _ordinary(
    image: Array,
    kernel: Array,
    stride: Size,
    padding: Padding,
    dilation: Size,
    padding_mode: str,
) -> _Story:
    options: Any = {"stride": stride, "padding": padding, "dilation": dilation}
    output = np.asarray(ops.correlate(image, kernel, padding_mode=padding_mode, **options))
    g = shapes.geometry(image.shape, kernel.shape, stride, padding, dilation)
    padded = np.pad(image, g.padding, ops.PADDING_MODES[padding_mode])
    x, w, y = _texts(padded), _texts(kernel), _texts(output)
    steps = []
    shown = _blank(y)
    for at in np.ndindex(output.shape):
        shown = shown.copy()
        shown[at] = y[at]
        taps = _taps(at, g)
        pairs = [(w[u], x[i]) for u, i in zip(np.ndindex(w.shape), taps, strict=True)]
        steps.append(_Step(taps, at, shown, _sum(f"y{_index(at)}", pairs, y[at])))
    note = _note(g, padding_mode if np.any(g.padding) else None)
    hatched = _frame(padded.shape, g.padding)
    return _Story(padded, x, hatched, kernel, w, output, g.dilation, False, note, steps)


def _transposed(
    image: Array,
    kernel: Array,
    stride: Size,
    padding: Padding,
    output_padding: Size,
    dilation: Size,
) -> _Story:
    g = shapes.transpose_geometry(
        image.shape, kernel.shape, stride, padding, output_padding, dilation
    )
    _refuse_wide("x", g.size)
    # What padding cuts off is drawn, too, so nothing is cut off here.
    options: Any = {"output_padding": output_padding, "dilation": dilation, "stride": stride}
    whole = np.asarray(ops.conv_transpose(image[None], kernel[None, None], **options)[0])
    x, w = _texts(image), _texts(kernel)
    cut = _frame(whole.shape, g.padding)
    full = g._replace(padding=((0, 0),) * image.ndim)
    sums = _texts(np.stack(list(_partial_sums(image, kernel, full))))
    known = np.zeros(whole.shape, bool)
    steps = []
    for before, after, at in zip(sums, sums[1:], np.ndindex(image.shape), strict=False):
        taps = _taps(at, full)
        words = [[_Piece(f"x{_index(at)} = "), _Piece(x[at], "input")]]
        for u, i in zip(np.ndindex(kernel.shape), taps, strict=True):
            known[i] = True
            if not cut[i]:
                place = tuple(j - p[0] for j, p in zip(i, g.padding, strict=True))
                words.append(_added(f"y{_index(place)}", before[i], x[at], w[u], after[i]))
        steps.append(_Step(taps, at, np.where(known, after, "").astype(object), words))
    note = _note(g, "cut off" if np.any(g.padding) else None)
    if np.any(output_padding):
        extra = shapes.per_axis("output_padding", output_padding, image.ndim, 0)
        note += f" · output padding {_bare(extra)}"
    return _Story(image, x, cut, kernel, w, whole, g.dilation, True, note, steps)


def _partial_sums(image: Array, kernel: Array, g: shapes.Geometry) -> Iterator[Array]:
    """Yield the transposed output before the first input is spread, and after each."""
    running = np.zeros(g.size)
    yield running.copy()
    for at in np.ndindex(image.shape):
        for u, i in zip(np.ndindex(kernel.shape), _taps(at, g), strict=True):
            running[i] += image[at] * kernel[u]
        yield running.copy()


def _pooled(image: Array, g: shapes.Geometry, output: Array, mode: str) -> _Story:
    empty = -np.inf if mode == "max" else 0.0
    padded = np.pad(image, g.padding, constant_values=empty)
    hatched = _frame(padded.shape, g.padding)
    # Padding that is −∞ has no say in how many decimals the numbers get.
    x, y = _texts(np.where(np.isinf(padded), 0, padded)), _texts(output)
    x[np.isinf(padded)] = "−∞"
    steps, shown = [], _blank(y)
    for at in np.ndindex(output.shape):
        shown = shown.copy()
        shown[at] = y[at]
        taps = _taps(at, g)
        winners = [i for i in taps if mode == "max" and padded[i] == output[at]]
        name = f"y{_index(at)}"
        steps.append(
            _Step(taps, at, shown, _POOLED[mode](name, [x[i] for i in taps], y[at]), winners)
        )
    note = f"{mode} · kernel {_bare(g.kernel)} · " + _note(g, None)
    return _Story(padded, x, hatched, None, None, output, g.dilation, False, note, steps)


def _taps(at: Index, g: shapes.Geometry) -> list[Index]:
    """Return the padded positions that the window of output `at` covers, in reading order."""
    axes = zip(at, g.stride, g.kernel, g.dilation, strict=True)
    return list(itertools.product(*(range(i * s, i * s + k * d, d) for i, s, k, d in axes)))


def _frame(shape: Index, padding: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    """Return where the padding is."""
    frame = np.ones(shape, bool)
    frame[tuple(slice(p[0], n - p[1]) for n, p in zip(shape, padding, strict=True))] = False
    return frame


# --- the words ------------------------------------------------------------------------------------


def _texts(values: Array) -> Texts:
    """Write the numbers as they are shown, everywhere alike; what rounds to 0 is a bare 0."""
    noise = 1e-12 * np.abs(values).max()
    texts = _texts_of(np.where(np.abs(values) < noise, 0, values))
    bare = [text if text.strip("−0.") else "0" for text in texts]
    return np.array(bare, dtype=object).reshape(values.shape)


def _blank(texts: Texts) -> Texts:
    return np.full(texts.shape, "", dtype=object)


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace("−", "-"))


def _signed(value: Decimal) -> str:
    text = f"{value.normalize():f}".replace("-", "−")
    return "0" if text in ("−0", "0") else text


def _factor(text: str, role: str) -> _Piece:
    return _Piece(f"({text})" if text.startswith("−") else text, role)


def _sum(name: str, pairs: Sequence[tuple[str, str]], result: str) -> list[list[_Piece]]:
    """Write ``y[i, j] = w·x + … = result``; what rounding the numbers lost is a term, too."""
    words = [[_Piece(f"{name} = ")]]
    for number, (w, x) in enumerate(pairs):
        sign = [_Piece(" + ")] if number else []
        words.append([*sign, _factor(w, "kernel"), _Piece("·"), _factor(x, "input")])
    products = sum((_decimal(w) * _decimal(x) for w, x in pairs), Decimal(0))
    return [*words, *_end(_decimal(result) - products, result)]


def _end(rest: Decimal, result: str) -> list[list[_Piece]]:
    sign = "−" if rest < 0 else "+"
    rounding = [[_Piece(f" {sign} {_signed(abs(rest))} (rounding)")]] if rest else []
    return [*rounding, [_Piece(" = "), _Piece(result, "output")]]


def _added(name: str, before: str, x: str, w: str, after: str) -> list[_Piece]:
    """Write ``y[i, j]: before + x·w = after``, one part."""
    rest = _decimal(after) - _decimal(before) - _decimal(x) * _decimal(w)
    terms = [
        _Piece(f"   {name}: {before} + "),
        _factor(x, "input"),
        _Piece("·"),
        _factor(w, "kernel"),
    ]
    return [*terms, *itertools.chain(*_end(rest, after))]


def _maximum(name: str, inputs: Sequence[str], result: str) -> list[list[_Piece]]:
    listed = [[_Piece(", " if i else ""), _Piece(x, "input")] for i, x in enumerate(inputs)]
    return [[_Piece(f"{name} = max(")], *listed, [_Piece(") = "), _Piece(result, "output")]]


def _mean(name: str, inputs: Sequence[str], result: str) -> list[list[_Piece]]:
    exact = sum(map(_decimal, inputs), Decimal(0)) == _decimal(result) * len(inputs)
    listed = [[_Piece(" + " if i else ""), _factor(x, "input")] for i, x in enumerate(inputs)]
    equals = f") ÷ {len(inputs)} {'=' if exact else '≈'} "
    return [[_Piece(f"{name} = (")], *listed, [_Piece(equals), _Piece(result, "output")]]


def _l2(name: str, inputs: Sequence[str], result: str) -> list[list[_Piece]]:
    squares = sum((_decimal(x) ** 2 for x in inputs), Decimal(0))
    exact = squares == _decimal(result) ** 2 * len(inputs)
    listed = [
        [_Piece(" + " if i else ""), _factor(x, "input"), _Piece("²")] for i, x in enumerate(inputs)
    ]
    equals = f") ÷ {len(inputs)}) {'=' if exact else '≈'} "
    return [[_Piece(f"{name} = √((")], *listed, [_Piece(equals), _Piece(result, "output")]]


_POOLED: dict[str, Callable[[str, Sequence[str], str], list[list[_Piece]]]] = {
    "max": _maximum,
    "mean": _mean,
    "l2": _l2,
}


def _index(at: Index) -> str:
    return f"[{', '.join(map(str, at))}]"


def _bare(values: Sequence[Any]) -> str:
    """Write a number per axis, one where all agree, unequal padding as before+after."""
    texts = [
        (str(v[0]) if v[0] == v[1] else f"{v[0]}+{v[1]}") if isinstance(v, tuple) else str(v)
        for v in values
    ]
    return texts[0] if len(set(texts)) == 1 else " × ".join(texts)


def _note(g: shapes.Geometry, padding_is: str | None) -> str:
    parts = [f"stride {_bare(g.stride)}", f"padding {_bare(g.padding)}"]
    if padding_is:
        parts[-1] += f" ({padding_is})"
    if any(d > 1 for d in g.dilation):
        parts.append(f"dilation {_bare(g.dilation)}")
    return " · ".join(parts)


# --- drawing --------------------------------------------------------------------------------------


class _Panel(NamedTuple):
    """Where a grid of cells lies, in pixels from the slide's top left corner."""

    left: float
    top: float
    cell: float
    shape: tuple[int, int]

    def box(self, at: Index) -> tuple[float, float]:
        row, column = _plane(at)
        return self.left + column * self.cell, self.top + row * self.cell


def _plane(at: Index) -> tuple[int, int]:
    """Return row and column; an array of one axis is a row."""
    return (0, at[0]) if len(at) == 1 else (at[0], at[1])


class _Slide:
    """The figure: what stays is drawn once, what moves is drawn anew for each step."""

    def __init__(self, story: _Story, style: _Style) -> None:
        self.story, self.style = story, style
        self.figure = Figure(figsize=(_WIDTH / _DPI, _HEIGHT / _DPI), dpi=_DPI)
        self.figure.patch.set_facecolor(style.ground)
        self.ax: Axes = self.figure.add_axes((0, 0, 1, 1))
        self.ax.set_axis_off()
        self.ax.set_xlim(0, _WIDTH)
        self.ax.set_ylim(_HEIGHT, 0)
        self.moving: list[Artist] = []
        self.input, self.kernel, self.output = self._place()
        self._stage()

    # The panels: side by side as a sentence; signals one above the other.

    def _place(self) -> tuple[_Panel, _Panel | None, _Panel]:
        story = self.story
        shapes_ = [a.shape for a in (story.input, story.kernel, story.output) if a is not None]
        grids = [(1, *s) if len(s) == 1 else s for s in shapes_]
        room = _HEIGHT - _TOP - _BELOW
        if len(shapes_[0]) == 1:
            # The kernel stands at its window, so the wide panel needs its room, not the kernel.
            cell = min(
                (_WIDTH - 2 * _MARGIN) / max(columns for _, columns in grids),
                (room - 96) / 3,
                _LARGEST_CELL,
            )
            tops = [_TOP + 24 + i * (cell + 48) for i in range(3)]
            tops = tops if len(grids) == 3 else [tops[0], tops[2]]
            panels = [
                _Panel(_MARGIN, top, cell, grid) for top, grid in zip(tops, grids, strict=True)
            ]
        else:
            gaps = _GAP * (len(grids) - 1)
            wide = (_WIDTH - 2 * _MARGIN - gaps) / sum(columns for _, columns in grids)
            cell = min(wide, room / max(rows for rows, _ in grids), _LARGEST_CELL)
            left = (_WIDTH - gaps - cell * sum(columns for _, columns in grids)) / 2
            panels = []
            for grid in grids:
                top = _TOP + (room - grid[0] * cell) / 2
                panels.append(_Panel(left, top, cell, grid))
                left += grid[1] * cell + _GAP
        return panels[0], panels[1] if len(panels) == 3 else None, panels[-1]

    def _stage(self) -> None:
        """Draw what stays: headings, the input, an ordinary kernel's place, the settings."""
        story = self.story
        signal = story.input.ndim == 1
        hatched = story.hatched
        inside = np.zeros(story.input.shape, bool) if story.transposed else hatched
        self._cells(self.input, story.input, story.input_texts, inside, "input", signed=False)
        free = [int((~hatched).any(axis=_others(hatched, a)).sum()) for a in range(hatched.ndim)]
        self._heading(self.input, "Input", story.input.shape if story.transposed else free, "input")
        self._heading(
            self.output, "Output", free if story.transposed else story.output.shape, "output"
        )
        if self.kernel is not None and story.kernel is not None and story.kernel_texts is not None:
            if not signal:
                none = np.zeros(story.kernel.shape, bool)
                self._cells(self.kernel, story.kernel, story.kernel_texts, none, "kernel")
            self._heading(self.kernel, "Kernel", story.kernel.shape, "kernel")
        signs = ["→"] if self.kernel is None else ["∗ᵀ" if story.transposed else "∗", "="]
        panels = [p for p in (self.input, self.kernel, self.output) if p is not None]
        if not signal:
            for sign, after in zip(signs, panels[1:], strict=True):
                middle = _TOP + (_HEIGHT - _TOP - _BELOW) / 2
                self._text(after.left - _GAP / 2, middle, sign, 30, self.style.muted, ha="center")
        self._text(_MARGIN, _HEIGHT - 28, story.note, 17, self.style.muted)

    def draw(self, step: _Step) -> None:
        """Draw one step."""
        for artist in self.moving:
            artist.remove()
        self.moving = []
        kept = set(self.ax.get_children())
        story = self.story
        cut = story.hatched if story.transposed else np.zeros(story.output.shape, bool)
        values = np.array([float(_decimal(t or "0")) for t in step.shown.flat])
        values = values.reshape(story.output.shape)
        # What is pooled is of the same kind as the input, so it is painted alike.
        pooled = story.kernel is None
        top = np.abs(story.input[~story.hatched] if pooled else story.output).max()
        self._cells(self.output, values, step.shown, cut, "output", top, signed=not pooled)
        wide = self.output if story.transposed else self.input
        narrow = self.input if story.transposed else self.output
        if story.input.ndim == 1:
            self._sliding_kernel(step, wide)
        for box in _boxes(step.window, story.spacing):
            self._outline(wide, box, self.style.roles["kernel"])
        for winner in step.winners:
            self._outline(self.input, [winner], self.style.roles["output"], inset=6)
        role = "input" if story.transposed else "output"
        self._outline(narrow, [step.focus], self.style.roles[role])
        self._write(step.words)
        self.moving = [artist for artist in self.ax.get_children() if artist not in kept]

    def _sliding_kernel(self, step: _Step, wide: _Panel) -> None:
        """Draw a signal's kernel where its window is, each weight in line with its position."""
        story = self.story
        if self.kernel is None or story.kernel is None or story.kernel_texts is None:
            return
        grounds = _signed_grounds(story.kernel)
        for i, at in enumerate(step.window):
            x, _ = wide.box(at)
            self._cell(
                x, self.kernel.top, wide.cell, grounds[i] / 255, story.kernel_texts[i], "kernel"
            )

    def _cells(
        self,
        panel: _Panel,
        values: Array,
        texts: Texts,
        hatched: NDArray[np.bool_],
        role: str,
        top: float | None = None,
        *,
        signed: bool = True,
    ) -> None:
        """Draw a grid; `top` is the magnitude that gets the full tone, the largest if left out."""
        finite = np.where(np.isinf(values), 0, values)
        signed = signed or bool((finite < 0).any())
        grounds = _signed_grounds(finite, top) if signed else _light_grounds(finite, top)
        size = max((len(t) for t in texts.flat), default=1)
        for at in np.ndindex(values.shape):
            x, y = panel.box(at)
            ground = None if texts[at] == "" else grounds[at] / 255
            self._cell(x, y, panel.cell, ground, texts[at], role, bool(hatched[at]), size)

    def _cell(
        self,
        x: float,
        y: float,
        side: float,
        ground: Any,
        text: str,
        role: str,
        hatched: bool = False,
        longest: int = 1,
    ) -> None:
        face = self.style.empty if ground is None else ground
        square = Rectangle((x + 1.5, y + 1.5), side - 3, side - 3, lw=1, ec=_LINE, fc=face)
        if hatched:
            square.set(facecolor=_PAD, edgecolor=_PAD_LINE, hatch="//", linewidth=0)
        self.ax.add_patch(square)
        if not text:
            return
        height = min(0.4 * side, 1.5 * side / max(longest, len(text)))
        behind = {"boxstyle": "round,pad=0.12", "facecolor": _PAD, "linewidth": 0}
        ink = "#16191d" if hatched else _ink_on(np.asarray(face, dtype=np.float64))
        weight = "bold" if role == "kernel" else "normal"
        place: dict[str, Any] = {"ha": "center", "weight": weight} | (
            {"bbox": behind} if hatched else {}
        )
        self._text(x + side / 2, y + side / 2, text, height, ink, **place)

    def _outline(self, panel: _Panel, cells: Sequence[Index], tone: str, inset: float = 0) -> None:
        corners = [panel.box(at) for at in cells]
        left, top = (min(values) + inset for values in zip(*corners, strict=True))
        right, bottom = (max(values) + panel.cell - inset for values in zip(*corners, strict=True))
        for colour, width in ((self.style.ground, 8), (tone, 4.5)):
            self.ax.add_patch(
                Rectangle((left, top), right - left, bottom - top, fill=False, ec=colour, lw=width)
            )

    def _heading(self, panel: _Panel, name: str, sizes: Sequence[int], role: str) -> None:
        y = panel.top - 20
        self._text(panel.left + 2, y, name, 21, self.style.roles[role], weight="bold")
        dims = " × ".join(map(str, sizes))
        self._text(panel.left + 14 + 13 * len(name), y, dims, 18, self.style.muted)

    def _write(self, words: Sequence[Sequence[_Piece]]) -> None:
        """Write the sum under the grids, as large as it fits, lines broken between its parts."""
        parts = [sum(len(piece.text) for piece in word) for word in words]
        width, height = _WIDTH - 2 * _MARGIN, _BELOW - 80
        size = next(
            s for s in range(26, 5, -1) if s < 7 or len(_lines(parts, width, s)) * 1.5 * s <= height
        )
        y = _HEIGHT - _BELOW + 24 + size / 2
        advance = _advance(size)
        for line in _lines(parts, width, size):
            x = float(_MARGIN)
            for piece in itertools.chain.from_iterable(words[i] for i in line):
                text = piece.text.lstrip() if x == _MARGIN else piece.text
                if text:
                    tone = self.style.roles[piece.role] if piece.role else self.style.ink
                    weight = "bold" if piece.role == "output" else "normal"
                    self._text(x, y, text, size, tone, family="DejaVu Sans Mono", weight=weight)
                    x += advance * len(text)
            y += 1.5 * size

    def _text(self, x: float, y: float, text: str, height: float, tone: str, **more: Any) -> None:
        """Write `height` pixels tall, y in the middle of the letters."""
        place: dict[str, Any] = {
            "ha": "left",
            "va": "center_baseline",
            "fontsize": height * 72 / _DPI,
        }
        self.ax.text(x, y, text, color=tone, **(place | more))


def _others(array: NDArray[Any], axis: int) -> tuple[int, ...]:
    return tuple(a for a in range(array.ndim) if a != axis)


def _boxes(window: list[Index], spacing: Index) -> list[list[Index]]:
    """Return what to outline: the window whole, or, with holes in it, each of its positions."""
    return [[at] for at in window] if any(d > 1 for d in spacing) else [window]


def _advance(size: float) -> float:
    """Return how wide a letter of DejaVu Sans Mono is, by its size: 1233 of 2048 units."""
    return size * 1233 / 2048


def _lines(parts: Sequence[int], width: float, size: float) -> list[list[int]]:
    """Break parts, given by their numbers of letters, into lines."""
    lines: list[list[int]] = [[]]
    used = 0.0
    for index, letters in enumerate(parts):
        needed = letters * _advance(size)
        if lines[-1] and used + needed > width:
            lines.append([])
            used = 0.0
        lines[-1].append(index)
        used += needed
    return lines


# --- writing --------------------------------------------------------------------------------------


def _save(story: _Story, path: str | os.PathLike[str], fps: float, style: str) -> Path | list[Path]:
    if style not in _STYLES:
        raise ValueError(f"style must be one of {', '.join(_STYLES)}; got {style!r}")
    if isinstance(fps, bool) or not isinstance(fps, (int, float, np.integer, np.floating)):
        raise TypeError(f"fps must be a number, got {fps!r}")
    if not 0 < fps <= _FPS:
        raise ValueError(f"fps must be above 0 and at most {_FPS}, got {fps!r}")
    for name, array in (("x", story.input), ("x", story.output)):
        _refuse_wide(name, array.shape)
    target = Path(path)
    kind = target.suffix.lower()
    if kind not in ("", ".gif", ".mp4"):
        raise ValueError(
            f"path must end in .gif or .mp4, or be a folder without an ending; got {str(target)!r}"
        )
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"path must lie in a folder that exists; there is no {str(target.parent)!r}: "
            "make it first"
        )
    with mpl.rc_context({**_STYLE, "hatch.linewidth": 1.2, "svg.hashsalt": "cnnviz"}):
        if not kind and target.is_file():
            raise ValueError(f"path must be a folder for SVG files, but {str(target)!r} is a file")
        if not kind:
            return _write_svgs(_Slide(story, _STYLES[style]), target)
        with _writer(kind, fps) as writer:
            slide = _Slide(story, _STYLES[style])
            with writer.saving(slide.figure, str(target), _DPI):
                for step in story.steps:
                    slide.draw(step)
                    writer.grab_frame()
    return target


@contextmanager
def _writer(kind: str, fps: float) -> Iterator[AbstractMovieWriter]:
    if kind == ".gif":
        yield PillowWriter(fps=fps)  # type: ignore[arg-type]
        return
    if not FFMpegWriter.isAvailable():
        raise RuntimeError(
            "an MP4 is written by the program ffmpeg, which isn't here: install it (on Debian or "
            "Ubuntu `apt-get install ffmpeg`, with conda `conda install ffmpeg`, on a Mac `brew "
            "install ffmpeg`), or write a .gif"
        )
    # yuv420p: what players and presentation programs can all show.
    yield FFMpegWriter(fps=fps, codec="h264", extra_args=["-pix_fmt", "yuv420p"])  # type: ignore[arg-type]


def _write_svgs(slide: _Slide, folder: Path) -> list[Path]:
    folder.mkdir(exist_ok=True)
    digits = len(str(len(slide.story.steps)))
    paths = []
    for number, step in enumerate(slide.story.steps, 1):
        slide.draw(step)
        paths.append(folder / f"frame-{number:0{digits}}.svg")
        ground = slide.style.ground
        slide.figure.savefig(paths[-1], format="svg", facecolor=ground, metadata={"Date": None})
    return paths


# --- what goes in ---------------------------------------------------------------------------------


def _plain(name: str, values: ArrayLike) -> Array:
    """Return one or two axes of finite numbers, few enough for a slide."""
    array = _real(name, values)
    if np.isnan(array).any():
        raise ValueError(f"{name} must be finite, got NaN")
    if array.ndim not in (1, 2):
        raise ValueError(f"{name} must be of shape (n,) or (H, W), got {array.shape}")
    _refuse_wide(name, array.shape)
    return array


def _refuse_wide(name: str, shape: Sequence[int]) -> None:
    most = _LARGEST_SIDE[len(shape)]
    if max(shape) > most:
        size = " × ".join(map(str, shape))
        raise ValueError(
            f"{name} must have at most {most} positions a side, padding included, to be "
            f"legible on a slide; got {size}"
        )
