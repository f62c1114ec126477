"""Mistakes worth naming: those that more than one chapter meets, and the rows that tables hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cnnviz.check._feedback import Feedback

__all__ = [
    "FORGOT_BIAS",
    "FORGOT_FLOOR",
    "FORGOT_PADDING",
    "FORGOT_PLUS_ONE",
    "FORGOT_STRIDE",
    "HEIGHT_WIDTH_SWAPPED",
    "KERNEL_FLIPPED",
    "KERNEL_NOT_FLIPPED",
    "KERNEL_TRANSPOSED",
    "OFF_BY_ONE_BOTTOM",
    "OFF_BY_ONE_RIGHT",
    "PADDING_ONE_SIDE",
    "WRONG_SIGN",
    "FunctionRow",
    "Mistake",
    "ValueRow",
    "mistaken",
]

#: A wrong answer, what to say of it, and a hint that leads out of it. A hint of "" stands for the
#: hint of the whole check. A `Mistake` fills the last two places: ``(12.5, *FORGOT_FLOOR)``.
ValueRow = tuple[object, str, str]

#: The same, with a function that makes the mistake in place of a value.
FunctionRow = tuple[Callable[..., object], str, str]


class Mistake(NamedTuple):
    """A mistake worth naming: what it is, and a hint that leads out of it."""

    message: str
    hint: str = ""


KERNEL_FLIPPED = Mistake(
    "Your kernel is flipped.",
    "Cross-correlation lays the kernel on the input as it is, without turning it round.",
)
KERNEL_NOT_FLIPPED = Mistake(
    "Your kernel is not flipped.",
    "Convolution turns the kernel round on every axis before it slides.",
)
KERNEL_TRANSPOSED = Mistake(
    "Your kernel is transposed: its rows have become columns.",
    "Row i, column j of the kernel meets row i, column j of the window.",
)
HEIGHT_WIDTH_SWAPPED = Mistake(
    "Height and width are swapped.",
    "Arrays count rows first: (height, width), and image[row, column].",
)
OFF_BY_ONE_RIGHT = Mistake(
    "Off by one at the right edge: the last column is missing.",
    "A kernel of size k has n − k + 1 places to stand, and range(m) stops before m.",
)
OFF_BY_ONE_BOTTOM = Mistake(
    "Off by one at the bottom edge: the last row is missing.",
    "A kernel of size k has n − k + 1 places to stand, and range(m) stops before m.",
)
FORGOT_FLOOR = Mistake(
    "You forgot the floor.",
    "A last step that does not fit is not taken: ⌊ ⌋ rounds down, and // does that in Python.",
)
FORGOT_PLUS_ONE = Mistake(
    "You forgot the + 1.",
    "The steps between places are one fewer than the places: the first place takes no step.",
)
FORGOT_PADDING = Mistake(
    "You forgot the padding.", "With p pixels on each side, the input is n + 2p wide."
)
PADDING_ONE_SIDE = Mistake(
    "You counted the padding once.", "p is padding per side, so it counts twice: n + 2p."
)
FORGOT_STRIDE = Mistake("You forgot the stride.", "The kernel moves by s pixels, not by one.")
FORGOT_BIAS = Mistake("You forgot the bias.", "Each kernel has one bias, added after the sum.")
WRONG_SIGN = Mistake("The sign is the wrong way round.", "Follow one window by hand.")


def mistaken(mistake: Mistake | str, hint: str, case: str = "") -> Feedback:
    """Name a mistake; one without a hint of its own, or a plain str, takes the check's."""
    message, own_hint = mistake if isinstance(mistake, Mistake) else Mistake(mistake)
    return Feedback("failed", message, own_hint or hint, case)
