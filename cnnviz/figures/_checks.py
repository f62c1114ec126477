"""What goes in: arrays, words, windows and numbers, each refused by its name."""

from __future__ import annotations

import itertools
import math
import unicodedata
from collections.abc import Collection, Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from cnnviz import numerals, palette
from cnnviz.arrays import as_array, as_image, as_number, check_name, shown
from cnnviz.shapes import padding_per_axis

__all__ = [
    "MOST_NUMBERS",
    "Role",
    "Values",
    "check_axes",
    "check_rate",
    "check_role",
    "check_signal_roles",
    "check_texts",
    "check_window",
    "dims_of",
    "frame_of",
    "grid",
    "pixels_of",
    "plane",
    "real",
    "text_of",
    "top_of",
]

Role = Literal["input", "kernel", "output", "gradient"]
Values = NDArray[Any]
Frame = tuple[tuple[int, int], ...]

#: A colour photograph of 12 million pixels; more takes minutes to draw, and gigabytes.
MOST_NUMBERS = 40_000_000

_MOST_CELLS = 64  # a side, drawn one by one


# --------------------------------------------------------------------------------------
# Arrays


def real(name: str, values: ArrayLike, axes: Collection[int] | None = None) -> Values:
    """Return real numbers as float64. NaN may stand for a blank, but nothing is infinite."""
    array = as_array(name, values, axes=axes, most=MOST_NUMBERS)
    if array.dtype.kind == "f" and np.isinf(array).any():
        raise ValueError(f"{name} must be finite, got an infinite value")
    return array.astype(np.float64)


def plane(name: str, values: ArrayLike) -> Values:
    """Return (H, W); a channel axis of length 1 is dropped."""
    return _one_channel(name, real(name, values), "(H, W) or (1, H, W)")


def grid(name: str, values: ArrayLike) -> Values:
    """Return numbers as rows and columns; those of one axis are a row."""
    array = real(name, values)
    if array.ndim == 1:
        return array[np.newaxis]
    return _one_channel(name, array, "(n,), (H, W) or (1, H, W)")


def _one_channel(name: str, array: Values, allowed: str) -> Values:
    if array.ndim == 3 and array.shape[0] == 1:
        return np.asarray(array[0])
    if array.ndim != 2:
        hint = f"; pick one channel: {name}[0]" if array.ndim == 3 else ""
        raise ValueError(f"{name} must be of shape {allowed}, got {array.shape}{hint}")
    return array


def pixels_of(name: str, image: ArrayLike) -> Values:
    """Return (H, W) or (H, W, 3), with 0 as black and 1 as full light for uint8."""
    planes = as_image(name, image, most=MOST_NUMBERS)
    light = real(name, planes)
    if planes.dtype == np.uint8:
        light /= 255
    return light[0] if len(light) == 1 else light.transpose(1, 2, 0)


def dims_of(array: Values) -> str:
    """Write a shape as headings do: without a channel axis of length 1."""
    shape = array.shape
    return numerals.times(shape[1:] if len(shape) == 3 and shape[0] == 1 else shape)


def top_of(array: Values, top: float | None) -> float:
    """Return the magnitude that gets the full tone."""
    if top is None:
        return float(np.abs(np.nan_to_num(array)).max()) or 1.0
    number = as_number("top", top)
    if not number > 0:
        raise ValueError(f"top must be above 0, got {shown(top)}")
    return number


# --------------------------------------------------------------------------------------
# Places


def frame_of(padding: Any, shape: tuple[int, ...], *, written: bool) -> Frame:
    """Return the padding as (before, after) per axis of a grid."""
    frame = padding_per_axis(padding, shape, (1, 1), (1, 1), allow_same=False)
    sides = [n + sum(pads) for n, pads in zip(shape, frame, strict=True)]
    most = _MOST_CELLS if written else MOST_NUMBERS
    if max(sides) > most and any(map(sum, frame)):
        raise ValueError(
            f"padding must leave at most {most} cells a side to draw, got {shown(padding)}"
        )
    return frame


def check_window(
    window: Sequence[int] | None, shape: Sequence[int], frame: Frame = ((0, 0), (0, 0))
) -> tuple[int, int, int, int] | None:
    """Return a window that lies within a picture and the padding around it, or None."""
    if window is None:
        return None
    form = "window must be (row, column, height, width), four whole numbers"
    try:
        numbers = as_array("window", window)
    except (TypeError, ValueError):
        raise ValueError(f"{form}, got {shown(window)}") from None
    if numbers.shape != (4,) or numbers.dtype.kind not in "iu" or min(numbers[2:]) < 1:
        raise ValueError(f"{form} of which the last two are above 0, got {shown(window)}")
    row, column, height, width = map(int, numbers)
    for start, length, size, pads in zip((row, column), (height, width), shape, frame, strict=True):
        if start < -pads[0] or start + length > size + pads[1]:
            padded = " and its padding" if any(map(any, frame)) else ""
            raise ValueError(
                f"window must lie within the {numerals.times(shape)} cells{padded}, "
                f"got {shown(window)}"
            )
    return row, column, height, width


def check_axes(ax: Axes | None) -> None:
    """Refuse what can't hold a picture: axes that are round, of a map, or have depth."""
    if ax is None:
        return
    if not isinstance(ax, Axes):
        raise TypeError(f"ax must be matplotlib's Axes, got {shown(ax)}")
    if ax.name != "rectilinear":
        raise ValueError(f"ax must have straight axes, got a projection {ax.name!r}")
    if ax.get_figure(root=True) is None:
        raise ValueError("ax must belong to a figure, got one that was removed")


# --------------------------------------------------------------------------------------
# Words


def text_of(name: str, text: str) -> str:
    """Return a heading as it is drawn: on one line, without signs that are never seen.

    What else can't be printed, as a control character, is a question mark.
    """
    if not isinstance(text, str):
        raise TypeError(f"{name} must be text, got {shown(text)}")
    if len(text) > 1000:
        raise ValueError(f"{name} must have at most 1000 letters, got {len(text)}")
    seen = "".join(sign for sign in text if not _is_invisible(sign))
    line = " ".join(seen.split())
    return "".join(sign if sign.isprintable() else "�" for sign in line)


def _is_invisible(sign: str) -> bool:
    """Tell what only joins, parts or varies its neighbours, as a zero-width space does."""
    return unicodedata.category(sign) == "Cf" or "\ufe00" <= sign <= "\ufe0f"


def check_texts(name: str, texts: Sequence[str], count: int, each: str) -> list[str]:
    """Return `count` texts; `each` says what there is one of."""
    try:
        listed = list(itertools.islice(texts, count + 1))  # one more shows that there are too many
    except Exception:  # an object's own __iter__ may raise anything
        raise TypeError(f"{name} must be {each} ({count}), got {shown(texts)}") from None
    if len(listed) != count:
        raise ValueError(f"{name} must be {each} ({count}), got {shown(texts)}")
    return [text_of(name, text) for text in listed]


def check_role(role: Any) -> None:
    """Refuse what is no role."""
    check_name("role", role, palette.LIGHT)


def check_signal_roles(role: Role | Sequence[Role] | None, count: int) -> list[Role]:
    """Return one role per signal; what is not said is an input, and what was made of it."""
    made_of: tuple[Role, ...] = ("input", "output", "output")
    if role is None:
        return list(made_of[:count])
    if isinstance(role, str):
        check_role(role)
        return [role] * count
    try:
        roles = list(itertools.islice(role, count + 1))
    except Exception:  # an object's own __iter__ may raise anything
        raise ValueError(
            f"role must be one, or one per signal ({count}), got {shown(role)}"
        ) from None
    if len(roles) != count:  # of more than are wanted, only one more was read
        got = len(roles) if len(roles) < count else f"more: {shown(role)}"
        raise ValueError(f"role must be one, or one per signal ({count}), got {got}")
    for each in roles:
        check_role(each)
    return roles


def check_rate(rate: float | None, samples: int) -> float:
    """Return the seconds, or samples, from one sample to the next."""
    if rate is None:
        return 1.0
    number = as_number("rate", rate)
    if not number > 0:
        raise ValueError(f"rate must be above 0, got {shown(rate)}")
    step = 1 / number
    if not (math.isfinite(step * samples) and 1e-30 < step < 1e30):
        raise ValueError(f"rate must lie between 1e-30 and 1e30, got {shown(rate)}")
    return step
