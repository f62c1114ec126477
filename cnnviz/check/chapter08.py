"""Checks for chapter 8, pooling."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz import kernels, ops
from cnnviz.check._feedback import (
    FORGOT_STRIDE,
    OFF_BY_ONE_BOTTOM,
    OFF_BY_ONE_RIGHT,
    Feedback,
    Mistake,
    compare,
    compare_function,
)

__all__ = ["max_blur_pool", "max_pool", "max_pool_backward", "max_pool_by_hand"]

Array = NDArray[Any]

_MEAN = Mistake("Those are means.", "Max pooling takes the largest number of each window.")
_PARTIAL_WINDOWS = Mistake(
    "You rounded up: your last windows hang over the edge.",
    "A window that does not fit is not taken: ⌊(n − k) / s⌋ + 1 windows along each axis.",
)
_STRIDE_IS_KERNEL = Mistake(
    "Your stride is the window's size.", "Windows start s pixels apart, whatever k is."
)

# --------------------------------------------------------------------------------------
# By hand

_BY_HAND = np.array(
    [[1, -2, 3, 0, 2], [4, 0, -1, 5, 1], [2, 6, 0, -3, 7], [0, 1, 8, 2, -1], [3, -4, 2, 1, 0]]
)


def max_pool_by_hand(answer: object) -> Feedback:
    """Check the 3×3, stride 2 max pooling of a 5×5 picture.

    Examples
    --------
    >>> max_pool_by_hand([[4, 5], [6, 8]]).message
    'Your window is 2×2.'
    """
    return compare(
        answer,
        ops.pool(_BY_HAND, 3, 2),
        mistakes=[
            (
                Mistake("Your window is 2×2.", "k = 3: each window holds nine numbers."),
                ops.pool(_BY_HAND, 2, 2),
            ),
            (FORGOT_STRIDE, ops.pool(_BY_HAND, 3, 1)),
            (_STRIDE_IS_KERNEL, ops.pool(_BY_HAND, 3)),
            (_STRIDE_IS_KERNEL, ops.pool(_BY_HAND, 3)[0, 0]),
            (_PARTIAL_WINDOWS, _partial_windows(_BY_HAND, 3, 3)),
            (_PARTIAL_WINDOWS, _partial_windows(_BY_HAND, 2, 2)),
            (_PARTIAL_WINDOWS, _every_start(_BY_HAND, 3, 2)),
            (_MEAN, ops.pool(_BY_HAND, 3, 2, mode="mean")),
        ],
        hint="Windows start in rows 0 and 2, columns 0 and 2. Neighbours share a row or a column.",
        praise="Right. One 8 wins two windows.",
    )


# --------------------------------------------------------------------------------------
# Forwards


def _integers(shape: tuple[int, int], seed: int) -> Array:
    return np.random.default_rng(seed).integers(-9, 10, shape)


# (x, k, s): windows that touch, overlap and leave gaps; sizes that the stride does not divide.
_POOLS = [
    (_integers((5, 6), 0), 2, 2),
    (_integers((8, 5), 1), 3, 2),
    (_integers((6, 7), 2), 2, 3),
    (-np.abs(_integers((5, 6), 3)) - 1, 2, 1),
]


def _partial_windows(x: Array, k: int, s: int) -> Array:
    """Max pooling that rounds up as PyTorch's ceil_mode: no window starts beyond the edge."""
    counts = (min(-(-(n - k) // s) + 1, -(-n // s)) for n in x.shape)
    return _at_starts(x, k, *([i * s for i in range(count)] for count in counts))


def _at_starts(x: Array, k: int, rows: Iterable[int], columns: Iterable[int]) -> Array:
    """Maxima of the windows that start there, cut off at the edge."""
    columns = list(columns)
    return np.array([[x[r : r + k, c : c + k].max() for c in columns] for r in rows])


def _every_start(x: Array, k: int, s: int) -> Array:
    return _at_starts(x, k, *(range(0, n, s) for n in x.shape))


def _largest_magnitude(x: Array, k: int, s: int) -> Array:
    highest, lowest = ops.pool(x, k, s), -ops.pool(-x, k, s)
    return np.where(highest >= -lowest, highest, lowest)


def max_pool(answer: object) -> Feedback:
    """Check ``(x, k, s) -> y``: max pooling of a picture (H, W), k×k windows, s pixels apart.

    Examples
    --------
    >>> max_pool(lambda x, k, s: ops.pool(x, k, s, mode="mean")).message
    'Those are means.'
    """
    return compare_function(
        answer,
        lambda x, k, s: ops.pool(x, k, s),
        _POOLS,
        mistakes=[
            (_MEAN, lambda x, k, s: ops.pool(x, k, s, mode="mean")),
            (FORGOT_STRIDE, lambda x, k, s: ops.pool(x, k, 1)),
            (_STRIDE_IS_KERNEL, lambda x, k, s: ops.pool(x, k)),
            (_PARTIAL_WINDOWS, _partial_windows),
            (_PARTIAL_WINDOWS, _every_start),
            (
                Mistake(
                    "Your maximum is never below 0.",
                    "A window may hold negative numbers only. Start from −∞, or from its first.",
                ),
                lambda x, k, s: np.maximum(ops.pool(x, k, s), 0),
            ),
            (
                Mistake("Those are minima.", _MEAN.hint),
                lambda x, k, s: -ops.pool(-x, k, s),
            ),
            (
                Mistake("Those are sums.", _MEAN.hint),
                lambda x, k, s: ops.pool(x, k, s, mode="mean") * k * k,
            ),
            (
                Mistake(
                    "You take the largest magnitude.", "−7 is less than 3: compare with the sign."
                ),
                _largest_magnitude,
            ),
            (OFF_BY_ONE_BOTTOM, lambda x, k, s: ops.pool(x, k, s)[:-1]),
            (OFF_BY_ONE_RIGHT, lambda x, k, s: ops.pool(x, k, s)[:, :-1]),
            (
                Mistake(
                    "The last row and the last column are missing.",
                    "⌊(n − k) / s⌋ + 1 windows along an axis; range(m) stops before m.",
                ),
                lambda x, k, s: ops.pool(x, k, s)[:-1, :-1],
            ),
        ],
        hint="⌊(n − k) / s⌋ + 1 windows along an axis; window i starts at i·s.",
        praise="Right, with windows that touch, overlap and leave gaps.",
    )


# --------------------------------------------------------------------------------------
# Backwards

_TIES = np.array([[1, 1, 1, 1, 0], [0, 0, 1, 1, 2], [0, 1, 1, 0, 2], [0, 1, 1, 0, 0]])
_OVERLAP = np.array([[0, 2, 1, 3, 0], [1, 0, 5, 0, 2], [2, 1, 0, 0, 4], [0, 3, 1, 2, 0]])
_GRADIENTS = [
    (np.array([[1, 3], [2, 4]]), _TIES, 2, 2),
    (np.array([[1, 2, 3], [4, 5, 6]]), _OVERLAP, 3, 1),
    (np.array([[7, 2]]), _OVERLAP, 3, 2),
]


def _windows(x: Array, k: int, s: int) -> Iterator[tuple[tuple[int, int], tuple[slice, slice]]]:
    """Yield each output's index and the slices of its window."""
    rows, columns = ((n - k) // s + 1 for n in x.shape)
    for r, c in np.ndindex(rows, columns):
        yield (r, c), (slice(r * s, r * s + k), slice(c * s, c * s + k))


def _spread(share: Callable[[Array, Any], Array]) -> Callable[[Array, Array, int, int], Array]:
    """Make a backward pass that adds ``share(window, gradient)`` to every window."""

    def backward(grad: Array, x: Array, k: int, s: int) -> Array:
        dx = np.zeros(x.shape)
        for output, window in _windows(x, k, s):
            dx[window] += share(x[window], grad[output])
        return dx

    return backward


def _tied(window: Array) -> Array:
    return np.asarray(window == window.max(), dtype=float)


def _one_at(window: Array, place: int) -> Array:
    """Return zeros of a window's shape with a 1 at a place counted in reading order."""
    one = np.zeros(window.shape)
    one.flat[place] = 1
    return one


def _overwritten(grad: Array, x: Array, k: int, s: int) -> Array:
    dx = np.zeros(x.shape)
    for output, window in _windows(x, k, s):
        inside = np.unravel_index(x[window].argmax(), (k, k))
        dx[window][inside] = grad[output]
    return dx


def _in_the_corner(grad: Array, x: Array, k: int, s: int) -> Array:
    dx = np.zeros(x.shape)
    for output, window in _windows(x, k, s):
        dx[np.unravel_index(x[window].argmax(), (k, k))] += grad[output]
    return dx


def max_pool_backward(answer: object) -> Feedback:
    """Check ``(grad, x, k, s) -> dx``, the gradient of max pooling, with ties and overlap.

    Examples
    --------
    >>> max_pool_backward(_overwritten).message
    'A pixel that wins several windows keeps only the last gradient.'
    """
    return compare_function(
        answer,
        lambda grad, x, k, s: ops.pool_backward(grad, x, k, s),
        _GRADIENTS,
        mistakes=[
            (
                Mistake(
                    "A pixel that wins several windows keeps only the last gradient.",
                    "Gradients of windows that overlap add up: += and not =.",
                ),
                _overwritten,
            ),
            (
                Mistake(
                    "Where pixels tie, you give each the whole gradient.",
                    "Give it once, to the first of them in reading order, as PyTorch does.",
                ),
                _spread(lambda window, g: g * _tied(window)),
            ),
            (
                Mistake(
                    "Where pixels tie, you split the gradient between them.",
                    "That is fair, but PyTorch gives it whole to the first in reading order.",
                ),
                _spread(lambda window, g: g * _tied(window) / _tied(window).sum()),
            ),
            (
                Mistake(
                    "Where pixels tie, you choose the last.",
                    "PyTorch chooses the first in reading order: >, not >=.",
                ),
                _spread(
                    lambda window, g: (
                        g * _one_at(window, window.size - 1 - int(window.flat[::-1].argmax()))
                    )
                ),
            ),
            (
                Mistake(
                    "You spread the gradient over the whole window, as average pooling does.",
                    "In max pooling the winner takes it all.",
                ),
                _spread(lambda window, g: np.full(window.shape, g / window.size)),
            ),
            (
                Mistake(
                    "All your gradients land in the top left corner.",
                    "argmax counts inside the window. Add the window's start, (r·s, c·s).",
                ),
                _in_the_corner,
            ),
            (
                Mistake(
                    "You hand the maximum itself back.",
                    "What goes back is the output's gradient, to where the maximum came from.",
                ),
                _spread(lambda window, g: window.max() * _one_at(window, int(window.argmax()))),
            ),
            (
                Mistake(
                    "You multiply the gradient by the maximum.",
                    "The output grows as fast as its winner, so the slope is 1.",
                ),
                _spread(lambda window, g: g * window.max() * _one_at(window, int(window.argmax()))),
            ),
        ],
        hint="For each window: find the first maximum, and add the output's gradient there.",
        praise="Right, with ties and with windows that overlap.",
    )


# --------------------------------------------------------------------------------------
# Max pooling without aliases

_BLUR = np.outer([1, 2, 1], [1, 2, 1]) / 16
_PICTURES = [_integers((8, 8), 4), _integers((9, 12), 5), _integers((6, 7), 6) * 1.0]


def _highest(x: Array) -> Array:
    """Max pooling at every place: 2×2 windows, stride 1."""
    return ops.pool(x, 2, 1)


def max_blur_pool(answer: object) -> Feedback:
    """Check ``x -> y``: maxima of 2×2 at stride 1, then the 1-2-1 blur at stride 2.

    Examples
    --------
    >>> max_blur_pool(lambda x: ops.pool(x, 2)).message
    'That is ordinary max pooling: nothing is blurred.'
    """
    blurred_too_late = Mistake(
        "You blur after you subsample.",
        "What stride 2 has mixed up, no blur can undo. Take the maxima at stride 1 first.",
    )
    one_axis = Mistake("You blur along one axis only.", "Weights: the outer product of 1, 2, 1.")
    return compare_function(
        answer,
        lambda x: ops.correlate(_highest(x), _BLUR, stride=2),
        _PICTURES,
        mistakes=[
            (
                Mistake(
                    "That is ordinary max pooling: nothing is blurred.",
                    "Between the maxima and the subsampling goes the 1-2-1 blur.",
                ),
                lambda x: ops.pool(x, 2),
            ),
            (blurred_too_late, lambda x: ops.correlate(ops.pool(x, 2), _BLUR)),
            (blurred_too_late, lambda x: ops.correlate(ops.pool(x, 2), _BLUR, padding=1)),
            (
                Mistake(
                    "You halve twice.",
                    "The maxima are taken at stride 1. Only the blur moves by 2.",
                ),
                lambda x: ops.correlate(ops.pool(x, 2), _BLUR, stride=2),
            ),
            (
                Mistake("You blur before you take the maxima.", "Maxima first, at stride 1."),
                lambda x: ops.pool(ops.correlate(x, _BLUR), 2),
            ),
            (
                Mistake(
                    "You forgot to subsample.", "The blur moves by 2: every second row and column."
                ),
                lambda x: ops.correlate(_highest(x), _BLUR),
            ),
            (
                Mistake("Your blur changes the brightness.", "The weights must sum to 1: over 16."),
                lambda x: ops.correlate(_highest(x), 16 * _BLUR, stride=2),
            ),
            (
                Mistake(
                    "You keep the odd rows and columns.", "Start at 0: [::2, ::2], or stride=2."
                ),
                lambda x: ops.correlate(_highest(x), _BLUR)[1::2, 1::2],
            ),
            (
                Mistake(
                    "Your blur is the plain mean.", "Its weights are 1, 2, 1 along each axis, / 16."
                ),
                lambda x: ops.correlate(_highest(x), kernels.box(3), stride=2),
            ),
            (
                Mistake("You padded.", "Here the blur stays inside the map: padding 0."),
                lambda x: ops.correlate(_highest(x), _BLUR, stride=2, padding=1),
            ),
            (one_axis, lambda x: ops.correlate(_highest(x), _BLUR[1:2] * 2, stride=2)),
            (one_axis, lambda x: ops.correlate(_highest(x), _BLUR[:, 1:2] * 2, stride=2)),
        ],
        hint="Two lines: the maxima with ops.pool(x, 2, 1), then ops.correlate with stride=2.",
        praise="Right: blurred before it is subsampled.",
    )
