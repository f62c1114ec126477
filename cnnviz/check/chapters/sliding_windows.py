"""Checks for chapter 20, sliding windows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.check._feedback import Feedback
from cnnviz.check._functions import compare_function
from cnnviz.check._mistakes import FunctionRow, ValueRow
from cnnviz.check._values import compare

__all__ = ["dense_as_kernels", "sharing", "windows_at_two_scales"]

Array = NDArray[Any]

# --------------------------------------------------------------------------------------
# Windows of a page at two scales

WINDOWS_AT_TWO_SCALES_MISTAKES: list[ValueRow] = [
    (12 * 22, "That is one scale.", "Shrink the page to 60×100 and count again."),
    (4 * 9, "That is the shrunk page alone.", "Add the windows of the whole page."),
    (
        11 * 21 + 3 * 8,
        "You left out the first place of each row and column.",
        "⌊(n − w) / s⌋ counts the steps; there is one place more.",
    ),
    (
        12 * 22 * 2,
        "You counted the whole page twice, or shrank the window with it.",
        "At scale ½ the page is 60×100; the window keeps its 32×32.",
    ),
    (
        12 * 22 + 6 * 11,
        "You halved the counts.",
        "Halve the page's sides, not the numbers of places.",
    ),
    (
        89 * 169 + 29 * 69,
        "That is a stride of 1.",
        "The window moves in steps of 8 at both scales.",
    ),
    (12 + 22 + 4 + 9, "You added rows and columns.", "Each row of windows has all columns."),
]


def windows_at_two_scales(answer: object) -> Feedback:
    """Check the windows of 32×32 in steps of 8 on 120×200, at scales 1 and ½.

    Examples
    --------
    >>> windows_at_two_scales(264).message
    'That is one scale.'
    """
    return compare(
        answer,
        12 * 22 + 4 * 9,
        mistakes=WINDOWS_AT_TWO_SCALES_MISTAKES,
        hint="(⌊(120 − 32) / 8⌋ + 1) · (⌊(200 − 32) / 8⌋ + 1), and the same for 60×100.",
        praise="Right: the second scale adds 14 %, and finds what is twice as large.",
    )


# --------------------------------------------------------------------------------------
# A dense layer's weights as kernels


def _kernels(weight: Array, channels: int, side: int) -> Array:
    return weight.reshape(len(weight), channels, side, side)


_CASES = [
    (np.arange(24.0).reshape(3, 8), 2, 2),
    (np.arange(54.0).reshape(2, 27) - 20, 3, 3),
    (np.arange(5.0).reshape(1, 5), 5, 1),
    (np.arange(32.0).reshape(8, 4), 1, 2),
]

DENSE_AS_KERNELS_MISTAKES: list[FunctionRow] = [
    (
        lambda weight, channels, side: np.moveaxis(
            weight.reshape(len(weight), side, side, channels), 3, 1
        ),
        "You read the weights as if channels came last.",
        "PyTorch flattens map by map: channels, rows, columns.",
    ),
    (
        lambda weight, channels, side: weight.reshape(len(weight), side, side, channels),
        "Your channels come last.",
        "PyTorch shapes kernels (units, channels, rows, columns).",
    ),
    (
        lambda weight, channels, side: _kernels(weight, channels, side)[..., ::-1, ::-1],
        "Your kernels are turned round.",
        "A convolution layer doesn't flip: the first weight meets the upper left number.",
    ),
    (
        lambda weight, channels, side: np.swapaxes(_kernels(weight, channels, side), 2, 3),
        "Rows and columns are swapped.",
        "The numbers of a row follow one another.",
    ),
    (
        lambda weight, channels, side: np.swapaxes(_kernels(weight, channels, side), 0, 1),
        "Units and channels are swapped.",
        "Units come first: each has its kernel.",
    ),
]


def dense_as_kernels(answer: object) -> Feedback:
    """Check ``(weight, channels, side) -> kernels``: a dense layer's weights, reshaped.

    Examples
    --------
    >>> dense_as_kernels(lambda w, c, m: w.reshape(len(w), m, m, c)).message
    'Your channels come last.'
    """
    return compare_function(
        answer,
        _kernels,
        _CASES,
        mistakes=DENSE_AS_KERNELS_MISTAKES,
        hint="weight.reshape(…) with four sizes: units, channels, rows, columns.",
        praise="Right. Nothing is computed: the layer was a convolution all along.",
    )


# --------------------------------------------------------------------------------------
# What a layer shares


def _sharing(m: int, t: int, n: int) -> float:
    return (n * m / (m + (n - 1) * min(t, m))) ** 2


SHARING_MISTAKES: list[FunctionRow] = [
    (
        lambda m, t, n: (n * m / (m + (n - 1) * t)) ** 2,
        "Your windows pay for the gaps between them.",
        "Where t is larger than m, a further window adds m columns and no more.",
    ),
    (
        lambda m, t, n: n * m / (m + (n - 1) * min(t, m)),
        "That is one axis.",
        "Rows are shared as columns are: square it.",
    ),
    (
        lambda m, t, n: (m / min(t, m)) ** 2,
        "That is the limit for many windows.",
        "A few windows share less: the first column of windows pays in full.",
    ),
    (
        lambda m, t, n: (n * m / (m + n * min(t, m))) ** 2,
        "You count a window too many.",
        "The first window needs m, each of the n − 1 others adds t.",
    ),
    (
        lambda m, t, n: 1 / _sharing(m, t, n),
        "Your ratio is upside down.",
        "Cropped, divided by as one convolution: at least 1.",
    ),
]


def sharing(answer: object) -> Feedback:
    """Check ``(m, t, n) -> ratio``: how many times more places crops need than a convolution.

    Examples
    --------
    >>> sharing(lambda m, t, n: n * m / (m + (n - 1) * min(t, m))).message
    'That is one axis.'
    """
    return compare_function(
        answer,
        _sharing,
        [(4, 2, 3), (28, 4, 57), (10, 2, 9), (1, 1, 5), (5, 8, 4), (6, 6, 2), (7, 3, 1)],
        mistakes=SHARING_MISTAKES,
        hint="n² m² over the square of m + (n − 1) · t; but what if t is larger than m?",
        praise="Right. At t = m and beyond nothing is shared.",
    )
