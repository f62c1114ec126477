"""Checks for chapter 10, backpropagation."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.check._feedback import Feedback
from cnnviz.check._functions import compare_function
from cnnviz.check._mistakes import KERNEL_FLIPPED, FunctionRow, Mistake, ValueRow
from cnnviz.check._values import compare

__all__ = [
    "backward_by_hand",
    "mean_pool_backward",
    "numerical_gradient",
    "strided_backward",
    "wrong_gradient",
]

Array = NDArray[Any]

_ADDS_UP = "Gradients of windows that overlap add up: += and not =."


def _integers(shape: tuple[int, ...], seed: int) -> Array:
    return np.random.default_rng(seed).integers(-9, 10, shape)


# --------------------------------------------------------------------------------------
# Average pooling, backward


def _shares(
    grad: Array,
    shape: tuple[int, int],
    k: int,
    s: int,
    *,
    share: Callable[[Any, int], Any] = lambda g, k: g / k**2,
    add: bool = True,
) -> Array:
    """Write each output's share over its window, added to what is there or in place of it."""
    dx = np.zeros(shape)
    for r, c in np.ndindex(grad.shape):
        window = dx[r * s : r * s + k, c * s : c * s + k]
        window[...] = share(grad[r, c], k) + (window if add else 0)
    return dx


def _divided_by_uses(grad: Array, shape: tuple[int, int], k: int, s: int) -> Array:
    """Divide what a pixel collects by the number of windows that hold it."""
    uses = _shares(np.ones(grad.shape), shape, k, s, share=lambda g, k: g)
    whole = _shares(grad, shape, k, s, share=lambda g, k: g)
    return np.divide(whole, uses, out=np.zeros(shape), where=uses > 0)


def _at_starts(grad: Array, shape: tuple[int, int], k: int, s: int) -> Array:
    """Give everything to each window's first pixel."""
    dx = np.zeros(shape)
    for r, c in np.ndindex(grad.shape):
        dx[r * s, c * s] += grad[r, c]
    return dx


# Windows that touch, overlap and leave gaps; pixels that the stride leaves over.
_POOLS = [
    (np.array([[4, 8]]), (2, 4), 2, 2),
    (np.array([[4, 8, 12]]), (2, 4), 2, 1),
    (_integers((2, 3), 0), (5, 7), 3, 2),
    (_integers((2, 2), 1), (5, 6), 2, 3),
    (_integers((2, 2), 2), (5, 4), 2, 2),
]

_POOLING_FUNCTIONS = {"pool_backward", "avg_pool1d", "avg_pool2d", "AvgPool1d", "AvgPool2d"}

_WINDOW_START = Mistake(
    "Your windows are one pixel apart, or lie side by side, whatever the stride is.",
    "Window (r, c) starts at (r·s, c·s).",
)

MEAN_POOL_BACKWARD_MISTAKES: list[FunctionRow] = [
    (
        lambda grad, shape, k, s: _shares(grad, shape, k, s, add=False),
        "Each window wipes out what an earlier one left in it.",
        _ADDS_UP,
    ),
    (
        lambda grad, shape, k, s: _shares(grad, shape, k, s, share=lambda g, k: g),
        "Every pixel of a window gets the whole gradient.",
        "A mean moves by 1/k² of one pixel's step.",
    ),
    (
        lambda grad, shape, k, s: _shares(grad, shape, k, s, share=lambda g, k: g / k),
        "You divide by k.",
        "A window of k×k holds k² pixels.",
    ),
    (lambda grad, shape, k, s: _shares(grad, shape, k, 1), *_WINDOW_START),
    (lambda grad, shape, k, s: _clipped(grad, shape, k), *_WINDOW_START),
    (
        _divided_by_uses,
        "You divide by the number of windows that hold a pixel.",
        "Divide by the number of pixels in a window, k², and add up over windows.",
    ),
    (
        _at_starts,
        "Each window's first pixel gets the whole gradient.",
        "In a mean every pixel counts alike.",
    ),
]


def _clipped(grad: Array, shape: tuple[int, int], k: int) -> Array:
    """Lay the windows side by side, as if s were k; what lies beyond the edge is lost."""
    return _shares(grad, (k * grad.shape[0], k * grad.shape[1]), k, k)[: shape[0], : shape[1]]


def mean_pool_backward(answer: object) -> Feedback:
    """Check ``(grad, shape, k, s) -> dx``, the gradient of average pooling.

    An answer that calls a pooling function is sent back, though its numbers are right.

    Examples
    --------
    >>> mean_pool_backward(_at_starts).message
    "Each window's first pixel gets the whole gradient."
    """
    feedback = compare_function(
        answer,
        lambda grad, shape, k, s: _shares(grad, shape, k, s),
        _POOLS,
        mistakes=MEAN_POOL_BACKWARD_MISTAKES,
        hint="For each window: add the output's gradient, over k², to all of its pixels.",
        praise="Right, with windows that touch, overlap and leave gaps.",
    )
    if feedback and _calls_pooling(answer):
        return Feedback(
            "failed",
            "The numbers are right, but you call a function that pools.",
            "Two loops over the outputs, and one line inside.",
        )
    return feedback


def _calls_pooling(answer: object) -> bool:
    """Tell whether a function's own lines name a function that pools."""
    code = getattr(answer, "__code__", None)
    return inspect.iscode(code) and not _POOLING_FUNCTIONS.isdisjoint(code.co_names)


# --------------------------------------------------------------------------------------
# A convolution and a ReLU, by hand

_ROW, _KERNEL, _ARRIVES = np.array([2, 1, 0, 3]), np.array([1, -1]), np.array([3, 5, 7])


def _by_hand(arrives: Array, kernel: Array = _KERNEL) -> tuple[Array, Array, int]:
    """Return dx, dw and db of the row for what arrives at the convolution's output."""
    dx = np.convolve(arrives, kernel)
    return dx, np.correlate(_ROW, arrives), int(arrives.sum())


_Z = np.correlate(_ROW, _KERNEL)
_Q = np.where(_Z > 0, _ARRIVES, 0)
_RIGHT = _by_hand(_Q)

BACKWARD_BY_HAND_MISTAKES: list[ValueRow] = [
    (
        _by_hand(_ARRIVES),
        "You let all three gradients through the ReLU.",
        "Compute z first. Where it is negative, the ReLU gives 0 whatever z does.",
    ),
    (
        _by_hand(np.where(_Z < 0, _ARRIVES, 0)),
        "You let the gradient through where the ReLU is shut.",
        "It passes where z is positive.",
    ),
    (
        (*_RIGHT[:2], 0),
        "The bias gets nothing from you.",
        "Each output contains the bias once: add up what arrives.",
    ),
    (
        (_by_hand(_Q, _KERNEL[::-1])[0], *_RIGHT[1:]),
        "The kernel that stamps dx is flipped.",
        "Scattering doesn't turn it: 3 stamps 3·(1, −1) on the pixels 0 and 1.",
    ),
    (
        (_RIGHT[0], _RIGHT[1][::-1], _RIGHT[2]),
        "The two numbers of dw are swapped.",
        "The first weight met the pixels 0, 1 and 2, the second 1, 2 and 3.",
    ),
    (
        (_RIGHT[1], _RIGHT[0], _RIGHT[2]),
        "You swapped dx and dw.",
        "A gradient has the shape of what it belongs to.",
    ),
    (
        (_RIGHT[0], np.array([3, 3]), _RIGHT[2]),
        "Your dw sums the pixels.",
        "Each pixel counts times the gradient that arrives where it went.",
    ),
    (
        (_RIGHT[0], _RIGHT[1], int(_ARRIVES.sum())),
        "Your db counts what the ReLU stopped.",
        "The bias acts before the ReLU.",
    ),
]


def backward_by_hand(answer: object) -> Feedback:
    """Check the gradients at a row, a kernel and a bias, before a ReLU.

    Examples
    --------
    >>> backward_by_hand(([3, 2, 2, -7], [11, 24], 15)).message
    'You let all three gradients through the ReLU.'
    """
    return compare(
        answer,
        _RIGHT,
        mistakes=BACKWARD_BY_HAND_MISTAKES,
        hint="First z, then what the ReLU lets through, then stamp the kernel once per output.",
        praise="Right. The 7 met a shut ReLU, and is in none of them.",
    )


# --------------------------------------------------------------------------------------
# A convolution with a stride, backward


def _row_backward(
    grad: Array, x: Array, w: Array, s: int, *, turned: bool = False, add: bool = True
) -> tuple[Array, Array]:
    dx, dw = np.zeros(len(x)), np.zeros(len(w))
    for i, g in enumerate(grad):
        window = slice(s * i, s * i + len(w))
        dx[window] = g * (w[::-1] if turned else w) + (dx[window] if add else 0)
        dw += g * x[window]
    return dx, dw


def _stretched(grad: Array, x: Array, w: Array, s: int) -> Array:
    """Give dx the length that the outputs read, without the pixels that are left over."""
    return _row_backward(grad, x, w, s)[0][: s * (len(grad) - 1) + len(w)]


# The first is small enough to work by hand; then gaps, pixels left over, and plain stride 1.
_ROWS = [
    (np.array([4, 5]), np.array([1, 0, 2, 0, 1]), np.array([1, 2, 3]), 2),
    (_integers((3,), 3), _integers((8,), 4), _integers((3,), 5), 2),
    (_integers((3,), 6), _integers((9,), 7), _integers((2,), 8), 3),
    (_integers((4,), 9), _integers((6,), 10), _integers((3,), 11), 1),
]

STRIDED_BACKWARD_MISTAKES: list[FunctionRow] = [
    (
        lambda grad, x, w, s: _row_backward(grad, x, w, 1),
        "You forgot the stride.",
        "Output i read the pixels from s·i on.",
    ),
    (
        lambda grad, x, w, s: _row_backward(grad, x, w, s, turned=True),
        *KERNEL_FLIPPED._replace(hint="Scattering stamps the kernel as it lies: x[s·i + j], w[j]."),
    ),
    (
        lambda grad, x, w, s: _row_backward(grad, x, w, s, add=False),
        "Each window wipes out what an earlier one left in dx.",
        _ADDS_UP,
    ),
    (
        lambda grad, x, w, s: (
            _row_backward(grad, x, w, s)[0],
            _row_backward(grad, x, w, s)[1][::-1],
        ),
        "Your dw is flipped.",
        "dw[j] collects x[s·i + j]: nothing is turned.",
    ),
    (
        lambda grad, x, w, s: (_row_backward(grad, x, w, s)[0], _row_backward(grad, x, w, 1)[1]),
        "Your dw forgot the stride.",
        "Weight j met the pixels j, s + j, 2s + j, …",
    ),
    (
        lambda grad, x, w, s: (_stretched(grad, x, w, s), _row_backward(grad, x, w, s)[1]),
        "Your dx ends with the last window.",
        "A pixel that no window read has the gradient 0: dx has the length of x.",
    ),
    (
        lambda grad, x, w, s: _row_backward(grad, x, w, s)[::-1],
        "You swapped dx and dw.",
        "Return (dx, dw).",
    ),
    (
        lambda grad, x, w, s: _row_backward(grad, x, w, s)[0],
        "You return one array.",
        "Return (dx, dw).",
    ),
    (
        lambda grad, x, w, s: _row_backward(np.ones(len(grad)), x, w, s),
        "You count every output's gradient as 1.",
        "What goes back is what arrives, grad[i], times the slope.",
    ),
]


def strided_backward(answer: object) -> Feedback:
    """Check ``(grad, x, w, s) -> (dx, dw)``, a strided convolution of a row, backward.

    Examples
    --------
    >>> strided_backward(lambda grad, x, w, s: _row_backward(grad, x, w, 1)).message
    'You forgot the stride.'
    """
    return compare_function(
        answer,
        lambda grad, x, w, s: _row_backward(grad, x, w, s),
        _ROWS,
        mistakes=STRIDED_BACKWARD_MISTAKES,
        hint="For each output i: its window starts at s·i. Add grad[i]·w there to dx.",
        praise="Right, with gaps, overlap and pixels left over.",
    )


# --------------------------------------------------------------------------------------
# A gradient checker


def _cube(x: Array) -> float:
    return float((x**3).sum())


def _weighed(x: Array) -> float:
    return float((np.arange(1, x.size + 1).reshape(x.shape) * x**2).sum() + x.prod())


Loss = Callable[[Array], float]
_LOSSES: list[tuple[Loss, Array, float]] = [
    (_cube, np.array([2.0, -1, 0]), 0.1),
    (_weighed, np.array([[1.0, 2, 0.5], [-1, 3, 2]]), 0.01),
    (_cube, np.array([2, 3, 1]), 0.1),
    (_cube, np.array(2.0), 0.5),
]


def _differences(
    loss: Loss,
    x: Array,
    h: float,
    *,
    ends: tuple[int, int] = (1, -1),
    width: float = 2,
    whole: bool = False,
    kept: bool = False,
) -> Array:
    """Differences of the loss for every number of x: `whole` in its dtype, `kept` unrestored."""
    slopes, now = np.zeros(x.shape), x.astype(x.dtype if whole else float)
    for place in np.ndindex(x.shape):
        values = []
        moved = now.copy()
        for end in ends:
            moved[place] = now[place] + end * h
            values.append(loss(moved))
        slopes[place] = (values[0] - values[1]) / (width * h)
        if kept:
            now = moved
    return slopes


def _all_at_once(loss: Loss, x: Array, h: float) -> Array:
    return np.full(x.shape, (loss(x + h) - loss(x - h)) / (2 * h))


_ONE_SIDE = Mistake("You look at one side only.", "(L(x + h) − L(x − h)) / 2h")

NUMERICAL_GRADIENT_MISTAKES: list[FunctionRow] = [
    (lambda loss, x, h: _differences(loss, x, h, ends=(1, 0), width=1), *_ONE_SIDE),
    (lambda loss, x, h: _differences(loss, x, h, ends=(0, -1), width=1), *_ONE_SIDE),
    (
        lambda loss, x, h: _differences(loss, x, h, width=1),
        "Your slopes are twice too large.",
        "From x − h to x + h it is 2h.",
    ),
    (
        lambda loss, x, h: _differences(loss, x, h, ends=(-1, 1)),
        "Your slopes have the wrong sign.",
        "What the loss is at x + h, less what it is at x − h.",
    ),
    (
        lambda loss, x, h: _differences(loss, x, h, whole=True),
        "Whole numbers: with an x of integers your step is cut off.",
        "Copy with x.astype(float).",
    ),
    (
        lambda loss, x, h: _differences(loss, x, h).astype(x.dtype),
        "Your slopes are cut to whole numbers where x holds whole numbers.",
        "np.zeros_like(x) holds what x holds; np.zeros(x.shape) holds floats.",
    ),
    (
        lambda loss, x, h: _differences(loss, x, h, kept=True),
        "You don't set a number back before you change the next.",
        "All numbers but one must be as they were: start from a fresh copy each time.",
    ),
    (
        _all_at_once,
        "You change all numbers at once.",
        "One after the other, each with two losses of its own.",
    ),
    (
        lambda loss, x, h: _differences(loss, x, h, width=2 / h),
        "You forgot to divide by h.",
        "(L(x + h) − L(x − h)) / 2h",
    ),
]


def _untouched(answer: object) -> bool:
    """Tell whether a function that gave right numbers leaves its x as it was."""
    for loss, x, h in _LOSSES:
        given = x.copy()
        answer(loss, given, h)  # type: ignore[operator]  # compare_function asked first
        if not np.array_equal(given, x):
            return False
    return True


def numerical_gradient(answer: object) -> Feedback:
    """Check ``(loss, x, h) -> slopes``, two-sided differences for an array of any shape.

    Examples
    --------
    >>> numerical_gradient(_all_at_once).message
    'You change all numbers at once.'
    """
    feedback = compare_function(
        answer,
        lambda loss, x, h: _differences(loss, x, h),
        _LOSSES,
        mistakes=NUMERICAL_GRADIENT_MISTAKES,
        hint="for place in np.ndindex(x.shape): two copies of x, one number of each changed.",
        praise="Right, for any shape, for integers too.",
    )
    if feedback and not _untouched(answer):
        return Feedback(
            "failed",
            "The numbers are right, but your function changes x.",
            "Whoever calls it still needs x: copy it first.",
        )
    return feedback


# --------------------------------------------------------------------------------------
# Which of four gradients is wrong

_X, _GRAD = np.array([3.0, 0, 4]), np.array([1.0, 0, 0])
_LENGTH = float(np.sqrt(_X @ _X))
_UNIT = _X / _LENGTH
_OF_UNIT = (_GRAD - _UNIT * (_UNIT @ _GRAD)) / _LENGTH

WRONG_GRADIENT_MISTAKES: list[ValueRow] = [
    (
        ("c", _GRAD / _LENGTH),
        "The letter is right, but that is the gradient that the wrong function gives.",
        "The length in the denominator depends on x, too: there is a second term.",
    ),
    (
        ("c", -_UNIT * (_UNIT @ _GRAD) / _LENGTH),
        "The letter is right, but you have the second term only.",
        "The numerator depends on x, too: grad / |x| comes first.",
    ),
    (
        ("c", _GRAD - _UNIT * (_UNIT @ _GRAD)),
        "The letter is right, but you forgot to divide by the length.",
        "y = x / |x| and |x| = 5.",
    ),
    (
        ("c", (_GRAD + _UNIT * (_UNIT @ _GRAD)) / _LENGTH),
        "The letter is right, but the second term has the wrong sign.",
        "A longer x makes y shorter.",
    ),
]

_OTHERS = {
    "a": Mistake(
        "a raises an alarm, but it is the kink: the middle number of x is 0.",
        "Check it at an x without a 0. Which other one alarms?",
    ),
    "b": Mistake(
        "b is right: each output's mean takes a third of every gradient away.",
        "Compare each with your numerical_gradient.",
    ),
    "d": Mistake(
        "d is right: the slope of tanh is 1 − tanh².",
        "Compare each with your numerical_gradient.",
    ),
}


def wrong_gradient(answer: object) -> Feedback:
    """Check the letter of the one wrong gradient among four, and what it should have given.

    Examples
    --------
    >>> wrong_gradient(("c", [0.2, 0, 0])).hint
    'The length in the denominator depends on x, too: there is a second term.'
    """
    feedback = compare(
        answer,
        ("c", _OF_UNIT),
        mistakes=WRONG_GRADIENT_MISTAKES,
        hint="numerical_gradient(lambda x: weights @ forward(x), x, 1e-5) is what a backward pass "
        "should make of grad = weights.",
        praise="Right. Normalising takes away what points along x.",
    )
    if feedback.status == "failed" and isinstance(answer, (tuple, list)) and answer:
        letter = answer[0]
        if isinstance(letter, str) and letter.strip().casefold() in _OTHERS:
            return Feedback("failed", *_OTHERS[letter.strip().casefold()])
    return feedback
