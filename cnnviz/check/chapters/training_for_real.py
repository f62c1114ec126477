"""Checks for chapter 18, training for real."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.check._feedback import Feedback
from cnnviz.check._functions import compare_function
from cnnviz.check._mistakes import FunctionRow, ValueRow
from cnnviz.check._values import compare

__all__ = ["gain_and_error", "round_mantissa", "whole_gradient", "work_saved"]

Array = NDArray[Any]

# --------------------------------------------------------------------------------------
# A gain and its standard error

_BEFORE, _AFTER = np.array([49.0, 52, 55]), np.array([56.0, 59, 59])
_GAIN = _AFTER.mean() - _BEFORE.mean()


def _error(divisor: int = 2) -> float:
    """Return the gain's standard error; the squares' sums are divided by `divisor`."""
    sums = [((runs - runs.mean()) ** 2).sum() for runs in (_BEFORE, _AFTER)]
    return float(np.sqrt(sum(sums) / divisor / 3))


GAIN_AND_ERROR_MISTAKES: list[ValueRow] = [
    ((_GAIN, _error(3)), "Your variances divide by n.", "Divide the sum of squares by n − 1 = 2."),
    (
        (_GAIN, _error() * np.sqrt(3)),
        "That is the spread of a single run's difference.",
        "Each variance is divided by the number of runs, 3, before they are added.",
    ),
    (
        (_GAIN, sum(runs.std(ddof=1) for runs in (_BEFORE, _AFTER)) / np.sqrt(3)),
        "You added the two errors.",
        "Their squares are added, and the root taken of the sum.",
    ),
    ((_GAIN, _error() ** 2), "You forgot the root.", "The error is √(s²/n + t²/n)."),
    ((-_GAIN, _error()), "Your gain has the wrong sign.", "The new mean less the old one."),
]


def gain_and_error(answer: object) -> Feedback:
    """Check the gain from 49, 52, 55 to 56, 59, 59, and its standard error.

    Examples
    --------
    >>> gain_and_error((-6, 2)).message
    'Your gain has the wrong sign.'
    """
    return compare(
        answer,
        (_GAIN, _error()),
        mistakes=GAIN_AND_ERROR_MISTAKES,
        hint="Means 52 and 58, variances 9 and 3; √(9/3 + 3/3).",
        praise="Right: 6 ± 2. Three errors: hardly luck.",
    )


# --------------------------------------------------------------------------------------
# What freezing saves


def _work_saved(costs: Sequence[float], starts: Sequence[float]) -> float:
    return 2 / 3 * float(np.dot(costs, 1 - np.asarray(starts))) / float(np.sum(costs))


WORK_SAVED_MISTAKES: list[FunctionRow] = [
    (
        lambda costs, starts: 1.5 * _work_saved(costs, starts),
        "Your frozen layers don't run at all.",
        "They still run forward: two of three parts of their work are saved.",
    ),
    (
        lambda costs, starts: _work_saved(costs, starts) / 2,
        "You save one of the two gradients.",
        "That of the weights and that of the input: two parts of three.",
    ),
    (
        lambda costs, starts: 2 / 3 * float(np.dot(costs, starts)) / float(np.sum(costs)),
        "You count the time before a layer is frozen.",
        "It is frozen for a share 1 − t of the training.",
    ),
    (
        lambda costs, starts: 2 / 3 * float(np.mean(1 - np.asarray(starts))),
        "All your layers cost the same.",
        "Weigh each by its cost.",
    ),
    (
        lambda costs, starts: _work_saved(costs, starts) * float(np.sum(costs)),
        "That is work, and not a share of it.",
        "Divide by the sum of all costs.",
    ),
]


def work_saved(answer: object) -> Feedback:
    """Check ``(costs, starts) -> share``: the work that progressive freezing saves.

    Examples
    --------
    >>> work_saved(lambda costs, starts: _work_saved(costs, starts) / 2).message
    'You save one of the two gradients.'
    """
    return compare_function(
        answer,
        _work_saved,
        [
            ([1, 1, 1, 1], [0.5, 0.5, 1, 1]),
            ([2, 3, 1], [0.25, 0.5, 1]),
            ([5, 1], [0.1, 0.9]),
            ([4], [1]),
        ],
        mistakes=WORK_SAVED_MISTAKES,
        hint="2/3 · Σ cost · (1 − start) / Σ cost.",
        praise="Right. Never more than two thirds, and no weight is trained then.",
    )


# --------------------------------------------------------------------------------------
# Gradients of shares


def _whole_gradient(gradients: Array, counts: Sequence[int]) -> Array:
    whole: Array = np.average(gradients, axis=0, weights=counts)
    return whole


WHOLE_GRADIENT_MISTAKES: list[FunctionRow] = [
    (
        lambda gradients, counts: np.mean(gradients, axis=0),
        "Each of your processes counts the same.",
        "One with twice as many examples weighs twice as much.",
    ),
    (
        lambda gradients, counts: np.sum(gradients, axis=0),
        "That is the sum.",
        "Each is a mean already: take their weighted mean.",
    ),
    (
        lambda gradients, counts: np.asarray(counts) @ np.asarray(gradients),
        "That is the gradient of the loss summed over all examples.",
        "Divide by how many examples there are in all.",
    ),
    (
        lambda gradients, counts: np.asarray(counts) @ np.asarray(gradients) / len(counts),
        "You divide by the number of processes.",
        "Divide by the number of examples.",
    ),
]


def whole_gradient(answer: object) -> Feedback:
    """Check ``(gradients, counts) -> gradient``: the batch's, from those of its shares.

    Examples
    --------
    >>> whole_gradient(lambda gradients, counts: gradients.mean(axis=0)).message
    'Each of your processes counts the same.'
    """
    return compare_function(
        answer,
        _whole_gradient,
        [
            (np.array([[7.0], [4.0]]), [2, 1]),
            (np.array([[7.0, 1], [10.0, -3]]), [2, 2]),
            (np.array([[1.0, 0, 2], [0, 4, -1], [3, 3, 3]]), [8, 8, 5]),
        ],
        mistakes=WHOLE_GRADIENT_MISTAKES,
        hint="Σ count · gradient / Σ count.",
        praise="Right. With equal shares it is the plain mean.",
    )


# --------------------------------------------------------------------------------------
# Fewer bits


def _round_mantissa(x: Array, bits: int, round_by: Any = np.round) -> Array:
    fraction, exponent = np.frexp(x)
    scale = 2.0 ** (bits + 1)
    rounded: Array = np.ldexp(round_by(fraction * scale) / scale, exponent)
    return rounded


def _half_up(x: Array) -> Array:
    up: Array = np.sign(x) * np.floor(np.abs(x) + 0.5)
    return up


ROUND_MANTISSA_MISTAKES: list[FunctionRow] = [
    (
        lambda x, bits: _round_mantissa(x, bits - 1),
        "You keep a bit too few.",
        "frexp's fraction is below 1: its leading 1 is a half, and takes one bit more.",
    ),
    (
        lambda x, bits: _round_mantissa(x, bits, np.trunc),
        "You cut bits off.",
        "Round to the nearest, with np.round.",
    ),
    (
        lambda x, bits: _round_mantissa(x, bits, np.floor),
        "You round down.",
        "Round to the nearest, with np.round.",
    ),
    (
        lambda x, bits: np.round(np.asarray(x) * 2.0**bits) / 2.0**bits,
        "Your steps are equally wide everywhere.",
        "They are twice as wide from each power of two on: round the fraction, not x.",
    ),
    (
        lambda x, bits: _round_mantissa(x, bits, _half_up),
        "Your ties all go away from 0.",
        "A tie goes to the even neighbour: np.round does that.",
    ),
    (
        lambda x, bits: np.round(np.frexp(x)[0] * 2.0 ** (bits + 1)) / 2.0 ** (bits + 1),
        "You left the exponent out.",
        "np.ldexp(fraction, exponent) puts it back.",
    ),
]


def round_mantissa(answer: object) -> Feedback:
    """Check ``(x, bits) -> rounded``: to the nearest number with so many bits, ties to even.

    Examples
    --------
    >>> round_mantissa(lambda x, bits: _round_mantissa(x, bits, np.trunc)).message
    'You cut bits off.'
    """
    return compare_function(
        answer,
        _round_mantissa,
        [
            (np.array([1 + 3 / 2048, 1 + 1 / 2048, -1 - 3 / 2048]), 10),
            (np.array([3.14159, -2.71828, 100.3, 0.01]), 3),
            (np.array([1.0, 1.25, 1.375, -1.125, 20.5]), 2),
        ],
        mistakes=ROUND_MANTISSA_MISTAKES,
        hint="np.round(fraction · 2^(bits + 1)) / 2^(bits + 1), and the exponent put back.",
        praise="Right. With 7 bits it is bfloat16's rounding, with 10 that of TF32.",
    )
