"""The colours of cells: signed, by light, or in a tint of their role."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from cnnviz import palette
from cnnviz.figures._checks import Values
from cnnviz.figures._style import COLOURS

__all__ = ["light_grounds", "light_range", "signed_grounds", "tinted_grounds"]


def signed_grounds(array: Values, top: float | None = None) -> NDArray[np.uint8]:
    """Give each cell its signed colour; blank cells are white."""
    grounds = palette.signed_rgb(np.nan_to_num(array), top)
    grounds[np.isnan(array)] = 255
    return grounds


def light_grounds(array: Values, top: float | None = None) -> NDArray[np.uint8]:
    """Give each cell its grey as the widgets do, 0 black, the largest white; blanks are white."""
    shown = np.nan_to_num(array)
    grounds = palette.light_rgb(shown[np.newaxis], 0, top or shown.max(initial=0))
    grounds[np.isnan(array)] = 255
    return grounds


def tinted_grounds(array: Values, role: str) -> NDArray[np.uint8]:
    """Give each cell a tint, the stronger the larger its number, that leaves its text black."""
    shown = np.nan_to_num(array)
    shown = shown / (np.abs(shown).max(initial=0) or 1)  # the largest floats' difference is none
    low, high = shown.min(initial=0), shown.max(initial=0)
    strength = 0.3 * np.where(np.isnan(array), 0, shown - low) / ((high - low) or 1)
    tone = 255 * np.array(to_rgb(COLOURS[role]))
    tinted: Values = 255 + strength[..., np.newaxis] * (tone - 255)
    return np.asarray(np.rint(tinted), dtype=np.uint8)


def light_range(pixels: Values) -> tuple[float, float]:
    """Return the values of black and of full light: 0 and 1, or beyond where the values are."""
    shown = np.nan_to_num(pixels)
    return float(shown.min(initial=0)), float(shown.max(initial=1))
