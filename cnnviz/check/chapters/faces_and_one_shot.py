"""Checks for chapter 23, faces and one-shot learning."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.check._feedback import Feedback
from cnnviz.check._functions import compare_function
from cnnviz.check._mistakes import FunctionRow, ValueRow
from cnnviz.check._values import compare

__all__ = ["largest_staff", "semi_hard_negative", "triplet_losses"]

Array = NDArray[Any]

# --------------------------------------------------------------------------------------
# How many people a door may know

_STAFF = math.log(0.9) / math.log(0.999)

LARGEST_STAFF_MISTAKES: list[ValueRow] = [
    (math.ceil(_STAFF), "With so many the chance is just above one in ten.", "Round down."),
    (_STAFF, "People are counted whole.", "The largest whole number below that."),
    (100, "You added the chances.", "The chance that none opens is 0.999 to the power of n."),
    (99, "You added the chances.", "The chance that none opens is 0.999 to the power of n."),
    (
        int(math.log(0.1) / math.log(0.999)),
        "With so many the door stays shut once in ten times.",
        "It is to stay shut nine times in ten: 0.999ⁿ > 0.9.",
    ),
    (9, "That is for an error of one in 100.", "This door errs once in 1000 times."),
    (10, "That is for an error of one in 100.", "This door errs once in 1000 times."),
]


def largest_staff(answer: object) -> Feedback:
    """Check how many people keep 1 − 0.999ⁿ below one in ten.

    Examples
    --------
    >>> largest_staff(100).message
    'You added the chances.'
    """
    return compare(
        answer,
        int(_STAFF),
        mistakes=LARGEST_STAFF_MISTAKES,
        hint="Which n is the last for which 0.999ⁿ is above 0.9? Logarithms, or try.",
        praise="Right: with 106 it is 10.06 %.",
    )


# --------------------------------------------------------------------------------------
# Losses of three triplets

TRIPLET_LOSSES_MISTAKES: list[ValueRow] = [
    ([5, 2, -7], "A loss is never below 0.", "max(0, …)."),
    ([1, 0, 0], "You left the margin out.", "9 − 8 + 4."),
    ([1, -2, -11], "You left the margin and the maximum out.", "max(0, 9 − 8 + 4)."),
    (
        [3, 6, 15],
        "You have the negative less the positive.",
        "The positive comes first: 9 − 8 + 4.",
    ),
    ([0, 0, 7], "You have the negative less the positive.", "The positive comes first: 9 − 8 + 4."),
    (
        [float(max(0.0, 3 - math.sqrt(n) + 4)) for n in (8, 11, 20)],
        "You took the roots.",
        "The loss is of the squared distances.",
    ),
    ([0, 2, 0], "A hard triplet has a loss as well.", "9 − 8 + 4 for the first."),
]


def triplet_losses(answer: object) -> Feedback:
    """Check the losses of three triplets: 9 to the positive, margin 4, and 8, 11, 20.

    Examples
    --------
    >>> triplet_losses([5, 2, -7]).message
    'A loss is never below 0.'
    """
    return compare(
        answer,
        [5, 2, 0],
        mistakes=TRIPLET_LOSSES_MISTAKES,
        hint="max(0, positive − negative + margin), all in squares.",
        praise="Right: a hard, a semi-hard and an easy triplet.",
    )


# --------------------------------------------------------------------------------------
# The semi-hard negative


def _semi_hard(squares: Array, same: Array, p: int, *, ties: bool = False) -> int:
    """Return the nearest negative beyond the positive, or else the farthest negative."""
    beyond = ~same & ((squares >= squares[p]) if ties else (squares > squares[p]))
    if beyond.any():
        return int(np.where(beyond, squares, np.inf).argmin())
    return int(np.where(same, -np.inf, squares).argmax())


def _or_else_nearest(squares: Array, same: Array, p: int) -> int:
    beyond = ~same & (squares > squares[p])
    return int(np.where(beyond if beyond.any() else ~same, squares, np.inf).argmin())


def _with_own(squares: Array, same: Array, p: int) -> int:
    """Return the nearest beyond the positive, whoever it shows."""
    beyond = squares > squares[p]
    return int(np.where(beyond, squares, np.inf).argmin()) if beyond.any() else int(p)


_BATCHES = [
    (
        np.array([0.0, 4.0, 1.0, 5.0, 9.0, 4.5]),
        np.array([True, True, False, False, False, True]),
        1,
    ),
    (np.array([0.0, 6.0, 1.0, 2.0, 5.0]), np.array([True, True, False, False, False]), 1),
    (np.array([3.0, 0.0, 3.0, 8.0, 7.0]), np.array([True, True, False, False, False]), 0),
    (
        np.array([7.0, 2.0, 0.0, 9.0, 2.5, 1.0]),
        np.array([False, True, True, True, False, False]),
        3,
    ),
]

SEMI_HARD_NEGATIVE_MISTAKES: list[FunctionRow] = [
    (
        lambda squares, same, p: int(np.where(same, np.inf, squares).argmin()),
        "You take the hardest.",
        "Only negatives that are farther away than the positive count.",
    ),
    (
        lambda squares, same, p: int(np.where(same, -np.inf, squares).argmax()),
        "You take the farthest negative.",
        "The nearest one of those beyond the positive.",
    ),
    (
        _with_own,
        "Your negative may show the anchor's own person.",
        "Leave out where same is True.",
    ),
    (
        lambda squares, same, p: int(np.where(squares > squares[p], squares, np.inf).argmin()),
        "Your negative may show the anchor's own person.",
        "Leave out where same is True.",
    ),
    (
        _or_else_nearest,
        "Where no negative is beyond the positive, you take the nearest.",
        "Then it is the farthest negative, the least hard of them.",
    ),
    (
        lambda squares, same, p: _semi_hard(squares, same, p, ties=True),
        "A negative as far away as the positive counts for you.",
        "It must be farther: >, not ≥.",
    ),
    (
        lambda squares, same, p: float(squares[_semi_hard(squares, same, p)]),
        "You hand back the squared distance.",
        "Its place is asked for: argmin, not min.",
    ),
]


def semi_hard_negative(answer: object) -> Feedback:
    """Check ``(squares, same, p) -> place`` of the semi-hard negative of one anchor.

    Examples
    --------
    >>> semi_hard_negative(lambda squares, same, p: (squares + 99 * same).argmin()).message
    'You take the hardest.'
    """
    return compare_function(
        answer,
        _semi_hard,
        _BATCHES,
        mistakes=SEMI_HARD_NEGATIVE_MISTAKES,
        hint="beyond = ~same & (squares > squares[p]). Then the least of squares among those.",
        praise="Right, also where no negative is far enough.",
    )
