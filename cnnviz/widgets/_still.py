"""The pictures that stand in for widgets where no script runs, drawn with Pillow alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from cnnviz import palette

__all__ = ["SCALE", "light", "number", "sentence"]

#: Pixels of a picture per pixel of the page.
SCALE = 2

_INK, _MUTED = "#16191d", "#59616c"
_TITLE, _STAGE, _GAP, _EDGE = 28, 232, 36, 12


def number(value: float) -> str:
    """Return a number in few characters, with a true minus sign and no −0."""
    text = f"{value:.3g}" if value != round(value) else f"{value:.0f}"
    return "0" if text == "-0" else text.replace("-", "−")


def light(planes: NDArray[np.float64], low: float, high: float) -> NDArray[np.uint8]:
    """Return one plane as grey or three as colour, shape (H, W, 3); `low` is black."""
    scaled = np.clip((planes - low) / ((high - low) or 1), 0, 1) * 255
    rgb = np.broadcast_to(scaled, (3, *scaled.shape[1:]))
    return np.rint(np.moveaxis(rgb, 0, -1)).astype(np.uint8)


def sentence(
    panels: list[tuple[str, str, NDArray[np.uint8], NDArray[np.float64] | None]],
    signs: str = "∗=",
) -> Image.Image:
    """Draw panels side by side with signs between, as ``input ∗ kernel = feature map``.

    A panel is its title, the meaning whose colour the title has, its pixels ``(H, W, 3)`` and,
    where the cells are few, the numbers to write into them.
    """
    width = 2 * _EDGE + len(panels) * _STAGE + (len(panels) - 1) * _GAP
    size = (width * SCALE, (2 * _EDGE + _TITLE + _STAGE) * SCALE)
    picture = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(picture)
    for i, (title, meaning, pixels, numbers) in enumerate(panels):
        left = _EDGE + i * (_STAGE + _GAP)
        draw.text(_at(left, _EDGE), title, palette.LIGHT[meaning], _font(16))
        _panel(picture, draw, left, pixels, numbers)
        if i:
            middle = _at(left - _GAP / 2, _EDGE + _TITLE + _STAGE / 2)
            draw.text(middle, signs[i - 1].replace("∗", "*"), _MUTED, _font(24), anchor="mm")
    return picture


def _panel(
    picture: Image.Image,
    draw: ImageDraw.ImageDraw,
    left: float,
    pixels: NDArray[np.uint8],
    numbers: NDArray[np.float64] | None,
) -> None:
    rows, cols = pixels.shape[:2]
    cell = _STAGE / max(rows, cols)
    x0, y0 = _at(left, _EDGE + _TITLE)
    size = (round(cell * cols * SCALE), round(cell * rows * SCALE))
    picture.paste(Image.fromarray(pixels).resize(size, Image.Resampling.NEAREST), (x0, y0))
    if numbers is None:
        return
    labels = [number(value) for value in numbers.ravel()]
    points = min(15.0, cell * 0.5, cell / (0.6 * max(map(len, labels))))
    if points < 6:
        return
    for index, label in enumerate(labels):
        i, j = divmod(index, cols)
        at = _at(left + (j + 0.5) * cell, _EDGE + _TITLE + (i + 0.5) * cell)
        ink = "white" if pixels[i, j] @ [0.299, 0.587, 0.114] < 128 else _INK
        draw.text(at, label.replace("−", "-"), ink, _font(points), anchor="mm")


def _at(x: float, y: float) -> tuple[int, int]:
    return round(x * SCALE), round(y * SCALE)


def _font(points: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(points * SCALE)
