"""The pictures that stand in for widgets where no script runs, drawn with Pillow alone."""

from __future__ import annotations

import itertools
import math
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from cnnviz import palette
from cnnviz.numerals import short as number
from cnnviz.numerals import times

__all__ = [
    "SCALE",
    "bar",
    "chart",
    "few",
    "message",
    "mosaic",
    "number",
    "outlined",
    "plane",
    "scatter",
    "sentence",
    "stack",
    "table",
    "times",
]

#: Pixels of a picture per pixel of the page.
SCALE = 2
_INK, _MUTED = "#16191d", "#59616c"
_PLAIN_SIGNS = {ord("∗"): "*", ord("→"): ">", ord("←"): "<"}  # Pillow's own font lacks the others
_RULE, _LINE = "#d8dce2", 26
_CHART, _CURVES = (560, 200), (palette.LIGHT["output"], _INK)
_TITLE, _STAGE, _GAP, _EDGE = 28, 232, 36, 12
_WIDEST = 480


def plane(values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    """Return a plane's pixels: signed where `low` is negative, else light from 0 to `high`."""
    if low < 0:
        return palette.signed_rgb(values, max(-low, high))
    return palette.light_rgb(np.asarray(values)[None], 0.0, high)


def few(values: NDArray[Any]) -> NDArray[Any] | None:
    """Return the numbers if they are few enough to be written into their cells."""
    return values if values.size <= 256 else None


def mosaic(values: NDArray[Any], axes: int) -> NDArray[np.float64]:
    """Return the planes of an array of `axes` spatial axes side by side, with NaN between.

    Channels come below one another (those of pictures beside one another, too), and the slices
    of three axes from left to right.
    """
    full = values.reshape(-1, *((1, 1, *values.shape[-axes:])[-3:])).astype(np.float64)
    gap = ((0, 0), (0, 0), (0, 1), (0, 1))
    framed = np.pad(full, gap, constant_values=np.nan)
    if axes == 2:  # no slices: as many channels beside one another as below
        across = math.ceil(math.sqrt(len(framed)))
        blank = np.full_like(framed[:1], np.nan).repeat(-len(framed) % across, axis=0)
        framed = np.concatenate([framed, blank]).reshape(-1, across, *framed.shape[2:])
    rows = [np.concatenate(list(line), axis=1) for line in framed]
    return np.concatenate(rows)[:-1, :-1]


def sentence(
    panels: Sequence[tuple[str, str, NDArray[np.uint8], NDArray[Any] | None]],
    signs: str = "∗=",
    cell: float | None = None,
) -> Image.Image:
    """Draw panels side by side with signs between, as ``input ∗ kernel = feature map``.

    A panel is its title, the meaning whose colour the title has, its pixels ``(H, W, 3)`` and,
    where the cells are few, the numbers to write into them. Cells are as large as each panel's
    stage allows, or all of the size `cell`.
    """
    sides = [cell or _cell(pixels) for _, _, pixels, _ in panels]
    widths = [
        side * p[2].shape[1] if cell else _STAGE for side, p in zip(sides, panels, strict=True)
    ]
    width = 2 * _EDGE + sum(widths) + (len(panels) - 1) * _GAP
    tallest = max(side * len(p[2]) for side, p in zip(sides, panels, strict=True))
    size = (round(width * SCALE), round((2 * _EDGE + _TITLE + tallest) * SCALE))
    picture = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(picture)
    left: float = _EDGE
    for i, (title, meaning, pixels, numbers) in enumerate(panels):
        draw.text(_at(left, _EDGE), title, palette.LIGHT[meaning], _font(16))
        _panel(picture, draw, left, pixels, numbers, sides[i])
        if i:
            middle = _at(left - _GAP / 2, _EDGE + _TITLE + tallest / 2)
            draw.text(middle, signs[i - 1].translate(_PLAIN_SIGNS), _MUTED, _font(24), anchor="mm")
        left += widths[i] + _GAP
    return picture


def chart(
    title: str, curves: Sequence[tuple[str, Sequence[float], Sequence[float | None]]]
) -> Image.Image:
    """Draw curves over the epochs: each a name, its places and its values, None for a gap.

    The first is a line alone, the second has a dot at each number.
    """
    known = [v for _, _, values in curves for v in values if v is not None]
    low, high = min(known, default=0.0), max(known, default=1.0)
    end = max((place for _, places, _ in curves for place in places), default=1.0)
    width, height = _CHART
    picture = Image.new("RGB", (width * SCALE, height * SCALE), "white")
    draw = ImageDraw.Draw(picture)
    left, top, right, bottom = 72, _EDGE + _TITLE, width - 112, height - 36
    draw.text(_at(_EDGE, _EDGE), title, _INK, _font(16))
    for value, y in ((high, top), (low, bottom)):
        draw.line([_at(left, y), _at(right, y)], _RULE, SCALE)
        draw.text(_at(left - 8, y), _drawable(number(value)), _MUTED, _font(14), anchor="rm")
    draw.text(_at(right, bottom + 8), f"epoch {number(end)}", _MUTED, _font(14), anchor="rt")
    tips: list[float] = []
    for nth, (name, places, values) in enumerate(curves):
        points = [
            (left + (right - left) * x / end, bottom - (bottom - top) * _share(value, low, high))
            for x, value in zip(places, values, strict=False)
            if value is not None
        ]
        if points:
            _curve(draw, points, _CURVES[nth], dots=nth > 0)
            tips.append(_apart(points[-1][1], tips))
            draw.text(_at(right + 12, tips[-1]), name, _CURVES[nth], _font(14), anchor="lm")
    return picture.quantize(32)


def bar(title: str, shares: Sequence[float], chosen: Sequence[int]) -> Image.Image:
    """Draw parts of at most 1 in all one behind the other; those that are chosen in ink."""
    width, height, room = 560, 32, 560 - 2 * _EDGE
    picture = Image.new("RGB", (width * SCALE, (_TITLE + height + _EDGE) * SCALE), "white")
    draw = ImageDraw.Draw(picture)
    draw.text(_at(_EDGE, 8), _drawable(title), _INK, _font(14))
    ends = [_EDGE + room * end for end in itertools.accumulate(shares, initial=0.0)]
    for i, (left, right) in enumerate(itertools.pairwise(ends)):
        if right > left:
            tone = _INK if i in chosen else palette.LIGHT["kernel"]
            corners = [_at(left, _TITLE), _at(right, _TITLE + height)]
            draw.rectangle(corners, tone, "white" if right - left > 3 else None)
    return picture


def scatter(
    reach: tuple[float, float],
    points: NDArray[Any],
    tips: NDArray[Any],
    names: Sequence[str],
    kinds: Sequence[int],
) -> Image.Image:
    """Draw named points of up to four kinds in a plane, an arrow from each to its tip.

    The plane reaches from −`reach` to `reach` on both axes.
    """
    unit = 110
    size = tuple(round((2 * r * unit + 2 * _EDGE) * SCALE) for r in reach)
    picture = Image.new("RGB", (size[0], size[1]), "white")
    draw = ImageDraw.Draw(picture)
    corner = (size[0] - _EDGE * SCALE, size[1] - _EDGE * SCALE)
    draw.rectangle([(_EDGE * SCALE, _EDGE * SCALE), corner], None, _RULE, SCALE)
    tones = (*(palette.LIGHT[name] for name in ("input", "kernel", "output")), _INK)

    def place(point: NDArray[Any]) -> tuple[float, float]:
        return _EDGE + unit * (point[0] + reach[0]), _EDGE + unit * (reach[1] - point[1])

    for point, tip in zip(points, tips, strict=True):
        draw.line([_at(*place(point)), _at(*place(tip))], palette.LIGHT["gradient"], 2 * SCALE)
        x, y = place(tip)
        draw.ellipse([_at(x - 3, y - 3), _at(x + 3, y + 3)], palette.LIGHT["gradient"])
    for point, name, kind in zip(points, names, kinds, strict=True):
        x, y = place(point)
        draw.ellipse([_at(x - 13, y - 13), _at(x + 13, y + 13)], tones[kind])
        draw.text(_at(x, y), name, "white", _font(13), anchor="mm")
    return picture.quantize(32)


def outlined(
    size: Sequence[float],
    below: Image.Image | None,
    outlines: Sequence[tuple[Sequence[float], str, bool]],
) -> Image.Image:
    """Draw boxes over a picture of so many rows and columns, or over none.

    An outline is its box ``(x1, y1, x2, y2)``, the meaning whose colour it has, and whether it is
    dashed.
    """
    scale = _WIDEST / max(size)
    height, width = (max(1, round(side * scale)) * SCALE for side in size)
    picture = Image.new("RGB", (width, height), "#f4f6f8")
    if below is not None:
        picture = Image.blend(picture, below.convert("RGB").resize((width, height)), 0.75)
    draw = ImageDraw.Draw(picture)
    for (x1, y1, x2, y2), tone, dashed in outlines:
        corners = [_at(x * scale, y * scale) for x, y in ((x1, y1), (x2, y1), (x2, y2), (x1, y2))]
        for start, end in itertools.pairwise([*corners, corners[0]]):
            for part in _dashes(start, end) if dashed else [(start, end)]:
                draw.line(part, palette.LIGHT[tone], 2 * SCALE)
    return picture


def _dashes(
    start: tuple[int, int], end: tuple[int, int]
) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Return the dashes of a line."""
    (x1, y1), (x2, y2) = start, end
    length = max(abs(x2 - x1), abs(y2 - y1), 1)
    ends = [(at, min(length, at + 7 * SCALE)) for at in range(0, length, 11 * SCALE)]
    return [
        (
            (x1 + (x2 - x1) * a / length, y1 + (y2 - y1) * a / length),
            (x1 + (x2 - x1) * b / length, y1 + (y2 - y1) * b / length),
        )
        for a, b in ends
    ]


def _curve(
    draw: ImageDraw.ImageDraw, points: list[tuple[float, float]], tone: str, dots: bool
) -> None:
    draw.line([_at(*point) for point in points], tone, SCALE)
    for x, y in points if dots else []:
        draw.ellipse([_at(x - 3, y - 3), _at(x + 3, y + 3)], "white", tone, SCALE)


def _apart(y: float, others: list[float]) -> float:
    """Return where a name stands beside its curve's end, so that it covers no other name."""
    return next((other - 18 for other in others if abs(y - other) < 18), y)


def _share(value: float, low: float, high: float) -> float:
    return (value - low) / (high - low) if high > low else 0.5


def stack(pictures: list[Image.Image]) -> Image.Image:
    """Draw pictures below one another."""
    size = (max(each.width for each in pictures), sum(each.height for each in pictures))
    whole = Image.new("RGB", size, "white")
    top = 0
    for each in pictures:
        whole.paste(each, (0, top))
        top += each.height
    return whole


def table(lines: list[list[str]]) -> Image.Image:
    """Draw lines of text in columns, the first left, the others right: a head, rows, and a sum."""
    font, bold = _font(14), _font(14.5)
    widths = [max(font.getlength(line[i]) for line in lines) for i in range(len(lines[0]))]
    ends = np.cumsum(np.array(widths) + _GAP * SCALE / 2)
    size = (round(float(ends[-1]) + 2 * _EDGE * SCALE), (2 * _EDGE + _LINE * len(lines)) * SCALE)
    picture = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(picture)
    for row, line in enumerate(lines):
        middle = (_EDGE + _LINE * (row + 0.5)) * SCALE
        first, last = row == 0, row == len(lines) - 1
        for column, text in enumerate(line):
            x = _EDGE * SCALE + (0 if column == 0 else float(ends[column]))
            side = "lm" if column == 0 else "rm"
            tone = _MUTED if first else _INK
            draw.text((x, middle), _drawable(text), tone, bold if last else font, anchor=side)
        if row:
            y = (_EDGE + _LINE * row) * SCALE
            draw.line([(_EDGE * SCALE, y), (size[0] - _EDGE * SCALE, y)], _RULE, SCALE)
    return picture.quantize(32)  # greys alone: a fifth of the bytes


def message(text: str) -> Image.Image:
    """Draw a sentence in place of what can't be drawn."""
    lines = textwrap.wrap(text, 76)
    size = (800 * SCALE, (2 * _EDGE + _LINE * len(lines)) * SCALE)
    picture = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(picture)
    for row, line in enumerate(lines):
        draw.text(_at(_EDGE, _EDGE + _LINE * row), _drawable(line), _INK, _font(16))
    return picture


def _drawable(text: str) -> str:
    """Return what Pillow's own font can draw."""
    plain = text.replace("·10", "e")
    return plain.translate(str.maketrans("−–×⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--x-0123456789"))


def _cell(pixels: NDArray[np.uint8]) -> float:
    """Return the side of a cell: as large as the stage allows."""
    most: int = max(pixels.shape[:2])
    return _STAGE / most


def _panel(
    picture: Image.Image,
    draw: ImageDraw.ImageDraw,
    left: float,
    pixels: NDArray[np.uint8],
    numbers: NDArray[Any] | None,
    cell: float,
) -> None:
    rows, cols = pixels.shape[:2]
    x0, y0 = _at(left, _EDGE + _TITLE)
    size = (round(cell * cols * SCALE), round(cell * rows * SCALE))
    picture.paste(Image.fromarray(pixels).resize(size, Image.Resampling.NEAREST), (x0, y0))
    if numbers is None:
        return
    for i, j in np.ndindex(rows, cols):  # a white cell is seen to be one
        if not np.isnan(numbers[i, j]):
            corners = [_at(left + (j + d) * cell, _EDGE + _TITLE + (i + d) * cell) for d in (0, 1)]
            draw.rectangle(corners, outline=_RULE)
    labels = ["" if np.isnan(value) else number(value) for value in numbers.ravel()]
    points = min(15.0, cell * 0.5, cell / (0.6 * max(map(len, labels))))
    if points < 6:
        return
    for index, label in enumerate(labels):
        i, j = divmod(index, cols)
        at = _at(left + (j + 0.5) * cell, _EDGE + _TITLE + (i + 0.5) * cell)
        draw.text(at, _drawable(label), palette.ink_on(pixels[i, j]), _font(points), anchor="mm")


def _at(x: float, y: float) -> tuple[int, int]:
    return round(x * SCALE), round(y * SCALE)


def _font(points: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(points * SCALE)
