"""Checks for chapter 2, "Convolution in one dimension"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz import ops
from cnnviz.check._feedback import Feedback
from cnnviz.check._functions import compare_function
from cnnviz.check._mistakes import KERNEL_FLIPPED, KERNEL_NOT_FLIPPED, FunctionRow

__all__ = ["correlate1d", "fft_convolve", "smooth", "toeplitz"]

Vector = NDArray[Any]

# No symmetric kernel, no symmetric signal, and no two lengths alike: every mistake shows.
_CASES = [
    (np.array([2, 1, 3, 0, 4]), np.array([1, 2, 3])),
    (np.array([5, -1, 0, 2, 7, 3]), np.array([2, -1])),
    (np.array([1, 4, 2, 8, 5, 7, 3, 0]), np.array([3, 0, -2, 1])),
]


# --------------------------------------------------------------------------------------
# Correlate


CORRELATE1D_MISTAKES: list[FunctionRow] = [
    (ops.convolve, *KERNEL_FLIPPED),
    (
        lambda x, w: ops.correlate(x, w)[:-1],
        "Off by one at the right edge: the last value is missing.",
        "A kernel of size k has n − k + 1 places to stand, and range(m) stops before m.",
    ),
    (
        lambda x, w: ops.correlate(x, w)[1:],
        "Off by one at the left edge: the first value is missing.",
        "The first place is j = 0, where the window is x[0:k].",
    ),
    (
        lambda x, w: np.correlate(x, w, "full"),
        "This is the full correlation: the kernel hangs over both ends.",
        "Valid keeps only the places where the whole kernel lies on the signal.",
    ),
    (
        lambda x, w: ops.correlate(x, w, padding="same"),
        "This is the same-size correlation: zeros were added at the ends.",
        "Valid adds no zeros, so k − 1 values are lost.",
    ),
    (
        np.convolve,
        "This is the full convolution: the kernel is flipped and hangs over the ends.",
        "That is what np.convolve gives by default. Here the kernel keeps its order "
        "and stays on the signal.",
    ),
    (
        lambda x, w: np.cumsum(ops.correlate(x, w)),
        "Each value has all the earlier ones added to it.",
        "Start each place's sum from 0: set it inside the loop over the places.",
    ),
]


def correlate1d(answer: object) -> Feedback:
    """Check a valid cross-correlation, ``correlate1d(x, w)``.

    Parameters
    ----------
    answer : callable
        Takes a signal of shape (n,) and a kernel of shape (k,), returns shape (n − k + 1,).

    Returns
    -------
    Feedback

    Examples
    --------
    >>> import numpy as np
    >>> correlate1d(lambda x, w: np.correlate(x, w, "valid"))
    ✓ Right. The kernel lies on the signal as it is, at each of its n − k + 1 places.
    >>> correlate1d(lambda x, w: np.convolve(x, w, "valid")).message
    'Your kernel is flipped.'
    """
    return compare_function(
        answer,
        lambda x, w: ops.correlate(x, w),
        _CASES,
        mistakes=CORRELATE1D_MISTAKES,
        hint="At place j, multiply x[j : j + k] by w, value by value, and add up.",
        praise="Right. The kernel lies on the signal as it is, at each of its n − k + 1 places.",
    )


# --------------------------------------------------------------------------------------
# Smooth


def _window_means(before: int, after: int, x: Vector) -> Vector:
    """Return the mean of x[j − before], …, x[j + after] for each j, without what lies outside."""
    return np.array([x[max(0, j - before) : j + after + 1].mean() for j in range(len(x))])


def _half(k: int) -> int:
    return k // 2


def _negative_start(x: Vector, k: int) -> Vector:
    """Slice from j − r even where that is below 0, which Python counts from the end."""
    r = _half(k)
    windows = [x[j - r : j + r + 1] for j in range(len(x))]
    return np.array([window.mean() if window.size else np.nan for window in windows])


SMOOTH_MISTAKES: list[FunctionRow] = [
    (
        lambda x, k: ops.correlate(x, np.full(k, 1 / k), padding=_half(k)),
        "The ends sag: there you divide by k, though fewer than k samples are in the window.",
        "Divide by the number of samples that exist. Smoothing a signal of ones with "
        "the same kernel counts them.",
    ),
    (
        lambda x, k: _window_means(k - 1, 0, x),
        "Your window lies before sample j, so the result comes late.",
        "Centre it: (k − 1)/2 samples before j and as many after.",
    ),
    (
        lambda x, k: _window_means(0, k - 1, x),
        "Your window lies after sample j, so the result comes early.",
        "Centre it: (k − 1)/2 samples before j and as many after.",
    ),
    (
        lambda x, k: _window_means(_half(k) + 1, _half(k) - 1, x),
        "Your windows stand one sample too far to the left.",
        "The middle of the window is sample j itself.",
    ),
    (
        lambda x, k: _window_means(_half(k) - 1, _half(k) + 1, x),
        "Your windows stand one sample too far to the right.",
        "The middle of the window is sample j itself.",
    ),
    (
        lambda x, k: _window_means(_half(k), _half(k) - 1, x),
        "Your window is one short: its last sample is missing.",
        "A slice x[a:b] stops before b, so b must be j + r + 1.",
    ),
    (
        _negative_start,
        "At the left end your slice starts below 0.",
        "Python counts negative places from the end. Start at max(0, j − r).",
    ),
    (
        lambda x, k: ops.correlate(x, np.full(k, 1 / k)),
        "The result is shorter than the signal: you kept the whole windows only.",
        "Give every sample a window, also the ones near the ends.",
    ),
    (
        lambda x, k: ops.correlate(
            x, np.full(k, 1 / k), padding=_half(k), padding_mode="replicate"
        ),
        "You repeated the first and the last sample beyond the ends.",
        "Here nothing is made up: average the samples that exist.",
    ),
    (
        lambda x, k: ops.correlate(x, np.ones(k), padding=_half(k)),
        "You added up and did not divide.",
        "A mean is the sum over the count.",
    ),
]


def smooth(answer: object) -> Feedback:
    """Check a centred moving average that keeps the length, ``smooth(x, k)``.

    Parameters
    ----------
    answer : callable
        Takes a signal of shape (n,) and an odd k, returns shape (n,). Windows that reach over
        an end hold fewer than k samples, and the mean is over those.

    Returns
    -------
    Feedback

    Examples
    --------
    >>> import numpy as np
    >>> smooth(lambda x, k: np.convolve(x, np.ones(k) / k, "same")).message
    'The ends sag: there you divide by k, though fewer than k samples are in the window.'
    """
    return compare_function(
        answer,
        lambda x, k: _window_means(_half(k), _half(k), x),
        [
            (np.array([3.0, 9.0, 6.0, 0.0, 12.0, 15.0, 3.0]), 3),
            (np.array([10.0, 0.0, 5.0, 5.0, 20.0, 40.0, 10.0, 0.0]), 5),
        ],
        mistakes=SMOOTH_MISTAKES,
        hint="Sample j becomes the mean of the samples from j − r to j + r, with r = (k − 1) // 2. "
        "A slice needs whole numbers: //, not /.",
        praise="Right. Same length, nothing shifted, and the ends are true means.",
    )


# --------------------------------------------------------------------------------------
# Toeplitz


def _band(w: Vector, rows: int, n: int, shift: int = 0) -> Vector:
    """Return a matrix with w[i] in row j, column j + i + shift, where there is such a column."""
    matrix = np.zeros((rows, n), dtype=w.dtype)
    for j in range(rows):
        for i, weight in enumerate(w):
            if 0 <= j + i + shift < n:
                matrix[j, j + i + shift] = weight
    return matrix


def _valid_band(w: Vector, n: int) -> Vector:
    return _band(w, n - len(w) + 1, n)


def _circulant(w: Vector, n: int) -> Vector:
    return np.array([np.roll(np.pad(w, (0, n - len(w))), j) for j in range(n)])


TOEPLITZ_MISTAKES: list[FunctionRow] = [
    (
        lambda w, n: _valid_band(w, n).T,
        "Your matrix is transposed: the kernel runs down the columns.",
        "One row per output, one column per input: shape (n − k + 1, n).",
    ),
    (
        lambda w, n: _valid_band(w[::-1], n),
        "Your kernel is flipped.",
        "Row j reads w[0], w[1], … from left to right, starting in column j.",
    ),
    (
        lambda w, n: _band(w, n - len(w) + 1, n, shift=1),
        "Your columns are off by one: the band starts in column 1.",
        "Counting starts at 0, so row j starts in column j.",
    ),
    (
        lambda w, n: _valid_band(w, n)[:-1],
        "The last row is missing.",
        "There are n − k + 1 outputs, and range(m) stops before m.",
    ),
    (
        _circulant,
        "Your band wraps round: the last rows start again at the left.",
        "Valid has n − k + 1 rows. Stop when the kernel touches the right end.",
    ),
    (
        lambda w, n: _band(w, n + len(w) - 1, n, shift=1 - len(w)),
        "This is the matrix of the full correlation: the kernel hangs over the ends.",
        "Valid has n − k + 1 rows, each with the whole kernel in it.",
    ),
    (
        lambda w, n: np.tile(np.pad(w, (0, n - len(w))), (n - len(w) + 1, 1)),
        "All your rows are alike: the kernel does not move.",
        "Each row is the one above, moved one column to the right.",
    ),
]


def toeplitz(answer: object) -> Feedback:
    """Check the matrix of a valid cross-correlation, ``toeplitz(w, n)``.

    Parameters
    ----------
    answer : callable
        Takes a kernel of shape (k,) and the signal's length n, returns shape (n − k + 1, n).

    Returns
    -------
    Feedback

    Examples
    --------
    >>> import numpy as np
    >>> toeplitz(lambda w, n: np.array([np.roll(np.pad(w, (0, n - len(w))), j) for j in range(n)]))
    ✗ Your band wraps round: the last rows start again at the left.
      Case: your function([1, 2, 3], 5) is of shape (5, 5) and should be of shape (3, 5).
      Hint: Valid has n − k + 1 rows. Stop when the kernel touches the right end.
    """
    return compare_function(
        answer,
        _valid_band,
        [(np.array([1, 2, 3]), 5), (np.array([2, -1]), 6), (np.array([3, 0, -2, 1]), 7)],
        mistakes=TOEPLITZ_MISTAKES,
        hint="Start from np.zeros((n − k + 1, n)) and lay w into row j from column j on.",
        praise="Right. A diagonal band: k numbers, each used n − k + 1 times.",
    )


# --------------------------------------------------------------------------------------
# Convolve by FFT


def _by_fft(length: Callable[[int, int], int]) -> Callable[[Vector, Vector], Vector]:
    """Return a convolution by FFT whose transforms have this length."""

    def convolve(x: Vector, w: Vector) -> Vector:
        size = length(len(x), len(w))
        return np.fft.irfft(np.fft.rfft(x, size) * np.fft.rfft(w, size), size)

    return convolve


def _default_inverse(x: Vector, w: Vector) -> Vector:
    """Leave the length to irfft, which takes it to be even."""
    size = len(x) + len(w) - 1
    return np.fft.irfft(np.fft.rfft(x, size) * np.fft.rfft(w, size))


def _conjugated(x: Vector, w: Vector) -> Vector:
    size = len(x) + len(w) - 1
    return np.fft.irfft(np.fft.rfft(x, size) * np.fft.rfft(w, size).conj(), size)


FFT_CONVOLVE_MISTAKES: list[FunctionRow] = [
    (
        _by_fft(lambda n, k: n),
        "The end has wrapped round and is added to the beginning: a circular convolution.",
        "Make room first: transform with length n + k − 1, and rfft fills up with zeros.",
    ),
    (
        _by_fft(lambda n, k: n + k - 2),
        "One value has wrapped round: your transforms are one too short.",
        "The full convolution has n + k − 1 values.",
    ),
    (
        _by_fft(lambda n, k: n + k),
        "One value too many: your transforms have length n + k.",
        "The full convolution has n + k − 1 values.",
    ),
    (
        _by_fft(lambda n, k: 2 ** (n + k - 2).bit_length()),
        "The values are right, with zeros after them.",
        "Longer transforms do no harm, but keep only the first n + k − 1 values.",
    ),
    (
        _default_inverse,
        "irfft was left to guess the length, and it guesses an even one.",
        "Tell it: np.fft.irfft(product, n + k − 1).",
    ),
    (
        lambda x, w: np.convolve(x, w[::-1]),
        KERNEL_NOT_FLIPPED.message,
        "A product of transforms is a convolution already: do not turn the kernel round before it.",
    ),
    (
        _conjugated,
        "You took the complex conjugate of the kernel's transform.",
        "That turns the kernel round and gives a correlation. Convolution is the plain product.",
    ),
    (
        ops.convolve,
        "This is the valid part only.",
        "Full keeps every place where kernel and signal overlap: n + k − 1 values.",
    ),
]


def fft_convolve(answer: object) -> Feedback:
    """Check a full convolution made with the FFT, ``fft_convolve(x, w)``.

    Parameters
    ----------
    answer : callable
        Takes a signal of shape (n,) and a kernel of shape (k,), returns shape (n + k − 1,).

    Returns
    -------
    Feedback

    Examples
    --------
    >>> import numpy as np
    >>> fft_convolve(lambda x, w: np.convolve(x, w)).status
    'passed'
    """
    return compare_function(
        answer,
        lambda x, w: np.convolve(x, w),
        _CASES,
        mistakes=FFT_CONVOLVE_MISTAKES,
        hint="Transform both with length N = n + k − 1, multiply, transform back.",
        praise="Right. With room for n + k − 1 values nothing wraps round.",
    )
