"""A slide, 1280 × 720, on which a step of an animation is drawn."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from cnnviz import numerals, palette
from cnnviz.figures._colours import light_grounds, signed_grounds
from cnnviz.figures._story import Array, Index, Piece, Step, Story, Texts
from cnnviz.figures._style import MONO

__all__ = ["DPI", "STYLES", "Slide"]


_WIDTH, _HEIGHT, DPI = 1280, 720, 100


_MARGIN, _GAP, _TOP, _BELOW = 48, 76, 72, 216  # around and between the grids; the sum's room


_LARGEST_CELL = 96


@dataclass(frozen=True)
class SlideStyle:
    """The tones of a light or a dark slide. Cells are light on both."""

    ground: str
    ink: str
    muted: str
    empty: str
    roles: dict[str, str]


STYLES = {
    "light": SlideStyle("#ffffff", "#16191d", "#59616c", "#f4f6f8", palette.LIGHT),
    "dark": SlideStyle("#15181d", "#e8eaed", "#a3abb7", "#1f242b", palette.DARK),
}


_LINE, _PAD, _PAD_LINE = "#aab1bb", "#e3e6ea", "#868e9a"


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


class Slide:
    """The figure: what stays is drawn once, what moves is drawn anew for each step."""

    def __init__(self, story: Story, style: SlideStyle) -> None:
        self.story, self.style = story, style
        self.figure = Figure(figsize=(_WIDTH / DPI, _HEIGHT / DPI), dpi=DPI)
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

    def draw(self, step: Step) -> None:
        """Draw one step."""
        for artist in self.moving:
            artist.remove()
        self.moving = []
        kept = set(self.ax.get_children())
        story = self.story
        cut = story.hatched if story.transposed else np.zeros(story.output.shape, bool)
        values = np.array([float(numerals.decimal(t or "0")) for t in step.shown.flat])
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

    def _sliding_kernel(self, step: Step, wide: _Panel) -> None:
        """Draw a signal's kernel where its window is, each weight in line with its position."""
        story = self.story
        if self.kernel is None or story.kernel is None or story.kernel_texts is None:
            return
        grounds = signed_grounds(story.kernel)
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
        grounds = signed_grounds(finite, top) if signed else light_grounds(finite, top)
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
        ink = "#16191d" if hatched else palette.ink_on(255 * np.asarray(face, dtype=np.float64))
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

    def _write(self, words: Sequence[Sequence[Piece]]) -> None:
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
                    self._text(x, y, text, size, tone, family=list(MONO), weight=weight)
                    x += advance * len(text)
            y += 1.5 * size

    def _text(self, x: float, y: float, text: str, height: float, tone: str, **more: Any) -> None:
        """Write `height` pixels tall, y in the middle of the letters."""
        place: dict[str, Any] = {
            "ha": "left",
            "va": "center_baseline",
            "fontsize": height * 72 / DPI,
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
