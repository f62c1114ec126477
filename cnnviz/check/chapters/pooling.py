"""Checks for chapter 8, pooling."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz import kernels, ops
from cnnviz.check._calls import names_used
from cnnviz.check._feedback import Feedback
from cnnviz.check._functions import compare_function
from cnnviz.check._mistakes import (
    FORGOT_STRIDE,
    OFF_BY_ONE_BOTTOM,
    OFF_BY_ONE_RIGHT,
    FunctionRow,
    Mistake,
    ValueRow,
)
from cnnviz.check._values import compare, judge

__all__ = ["max_blur_pool", "max_pool", "max_pool_backward", "max_pool_by_hand", "pooled_cost"]

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


MAX_POOL_BY_HAND_MISTAKES: list[ValueRow] = [
    (ops.pool(_BY_HAND, 2, 2), "Your window is 2×2.", "k = 3: each window holds nine numbers."),
    (ops.pool(_BY_HAND, 3, 1), *FORGOT_STRIDE),
    (ops.pool(_BY_HAND, 3), *_STRIDE_IS_KERNEL),
    (ops.pool(_BY_HAND, 3)[0, 0], *_STRIDE_IS_KERNEL),
    (_partial_windows(_BY_HAND, 3, 3), *_PARTIAL_WINDOWS),
    (_partial_windows(_BY_HAND, 2, 2), *_PARTIAL_WINDOWS),
    (_every_start(_BY_HAND, 3, 2), *_PARTIAL_WINDOWS),
    (ops.pool(_BY_HAND, 3, 2, mode="mean"), *_MEAN),
    (
        ops.pool(_BY_HAND, 3, 2).ravel(),
        "Your numbers are right, but they stand in one row.",
        "Windows above and below one another belong into different rows.",
    ),
]


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
        mistakes=MAX_POOL_BY_HAND_MISTAKES,
        hint="Windows start in rows 0 and 2, columns 0 and 2. Neighbours share a row or a column.",
        praise="Right. One 8 wins two windows.",
    )


# --------------------------------------------------------------------------------------
# Forwards


def _integers(shape: tuple[int, int], seed: int) -> Array:
    return np.random.default_rng(seed).integers(-9, 10, shape)


# (x, k, s): windows that touch, overlap and leave gaps; sizes that the stride does not divide.
# The first two are small enough to be printed whole, and worked by hand.
_POOLS = [
    (np.array([[3, 1, 4, 1], [5, 9, 2, 6], [5, 3, 5, 8]]), 2, 2),
    (np.array([[-1, -7, -2, -8], [-3, 2, -6, -5], [-9, -4, -1, -6]]), 2, 1),
    (_integers((5, 6), 0), 2, 2),
    (_integers((8, 5), 1), 3, 2),
    (_integers((6, 7), 2), 2, 3),
    (-np.abs(_integers((5, 6), 3)) - 1, 2, 1),
]


def _largest_magnitude(x: Array, k: int, s: int) -> Array:
    highest, lowest = ops.pool(x, k, s), -ops.pool(-x, k, s)
    return np.where(highest >= -lowest, highest, lowest)


_POOLING_FUNCTIONS = {"pool", "max_pool1d", "max_pool2d", "MaxPool1d", "MaxPool2d"}

MAX_POOL_MISTAKES: list[FunctionRow] = [
    (lambda x, k, s: ops.pool(x, k, s, mode="mean"), *_MEAN),
    (lambda x, k, s: ops.pool(x, k, 1), *FORGOT_STRIDE),
    (lambda x, k, s: ops.pool(x, k), *_STRIDE_IS_KERNEL),
    (_partial_windows, *_PARTIAL_WINDOWS),
    (_every_start, *_PARTIAL_WINDOWS),
    (
        lambda x, k, s: np.maximum(ops.pool(x, k, s), 0),
        "Your maximum is never below 0.",
        "A window may hold negative numbers only. Start from −∞, or from its first.",
    ),
    (lambda x, k, s: -ops.pool(-x, k, s), "Those are minima.", _MEAN.hint),
    (lambda x, k, s: ops.pool(x, k, s, mode="mean") * k * k, "Those are sums.", _MEAN.hint),
    (
        _largest_magnitude,
        "You take the largest magnitude.",
        "−7 is less than 3: compare with the sign.",
    ),
    (lambda x, k, s: ops.pool(x, k, s)[:-1], *OFF_BY_ONE_BOTTOM),
    (lambda x, k, s: ops.pool(x, k, s)[:, :-1], *OFF_BY_ONE_RIGHT),
    (
        lambda x, k, s: ops.pool(x, k, s)[:-1, :-1],
        "The last row and the last column are missing.",
        "⌊(n − k) / s⌋ + 1 windows along an axis; range(m) stops before m.",
    ),
]


def max_pool(answer: object) -> Feedback:
    """Check ``(x, k, s) -> y``: max pooling of a picture (H, W), k×k windows, s pixels apart.

    An answer that calls a pooling function is sent back, though its numbers are right.

    Examples
    --------
    >>> max_pool(lambda x, k, s: ops.pool(x, k, s, mode="mean")).message
    'Those are means.'
    """
    feedback = compare_function(
        answer,
        lambda x, k, s: ops.pool(x, k, s),
        _POOLS,
        mistakes=MAX_POOL_MISTAKES,
        hint="⌊(n − k) / s⌋ + 1 windows along an axis. Place i of them all: i, i + s, i + 2s, …",
        praise="Right, with windows that touch, overlap and leave gaps.",
    )
    if feedback and names_used(answer) & _POOLING_FUNCTIONS:
        return Feedback(
            "failed",
            "The numbers are right, but you call a function that pools.",
            "Take one place inside the window: which pixels stand there, over all windows?",
        )
    return feedback


# --------------------------------------------------------------------------------------
# What pooling saves

_ALL_INPUTS = Mistake(
    "Your kernels read one channel.", "A kernel has 3×3 weights for each of the 16 maps it reads."
)
_UNPOOLED = "The pooling comes first: how many places does it leave?"
_UNPADDED = Mistake(
    "Your convolution shrinks the map.", "p = 1 on each side makes up for a kernel of 3."
)

_CONVOLUTION_MISTAKES: list[ValueRow] = [
    (
        32 * 16 * 9,
        "The convolution's parameters: you forgot the bias.",
        "One for each output channel.",
    ),
    (32 * 9 + 32, *_ALL_INPUTS),
    (32 * 9, *_ALL_INPUTS),
    (
        (32 * 16 * 9 + 32) // 4,
        "You divide the convolution's parameters by 4.",
        "A kernel has as many weights on a small map as on a large one.",
    ),
]

_MULTIPLICATION_MISTAKES: list[ValueRow] = [
    (
        32 * 16 * 9 * 28**2,
        "Those are the multiplications without the pooling.",
        _UNPOOLED,
    ),
    (32 * 9 * 14**2, *_ALL_INPUTS),
    (32 * 16 * 9 * 12**2, *_UNPADDED),
    (
        32 * 16 * 9,
        "Those are the multiplications at one place.",
        "Every kernel goes to every place.",
    ),
    (
        (32 * 16 * 9 + 32) * 14**2,
        "You count the biases as multiplications.",
        "A bias is added.",
    ),
]

_FULLY_CONNECTED_MISTAKES: list[ValueRow] = [
    (
        32 * 14**2 * 10,
        "The fully connected layer's parameters: you forgot the bias.",
        "One for each output channel.",
    ),
    (
        32 * 28**2 * 10 + 10,
        "Your fully connected layer reads maps of 28×28.",
        _UNPOOLED,
    ),
    (32 * 12**2 * 10 + 10, *_UNPADDED),
    (
        16 * 14**2 * 10 + 10,
        "Your fully connected layer reads 16 maps.",
        "It reads what the convolution gives: a map for each kernel.",
    ),
    (
        14**2 * 10 + 10,
        "Your fully connected layer reads one map.",
        "The convolution gives 32.",
    ),
    (
        32 * 10 + 10,
        "Your fully connected layer reads one number of each map.",
        "Only after global pooling. Here it has a weight for every number of every map.",
    ),
]

# The numbers of the answer: what each counts, the right one, the mistakes.
_COST: list[tuple[str, int, list[ValueRow]]] = [
    ("The convolution's parameters", 32 * 16 * 9 + 32, _CONVOLUTION_MISTAKES),
    ("The multiplications", 32 * 16 * 9 * 14**2, _MULTIPLICATION_MISTAKES),
    ("The fully connected layer's parameters", 32 * 14**2 * 10 + 10, _FULLY_CONNECTED_MISTAKES),
]


def _fault_in_cost(answer: Array) -> Mistake | None:
    for given, (name, right, mistakes) in zip(answer, _COST, strict=True):
        if given != right:
            return _count_fault(name, given, mistakes)
    return None


def _count_fault(name: str, given: Any, mistakes: list[ValueRow]) -> Mistake:
    for wrong, *mistake in mistakes:
        if given == wrong:
            return Mistake(*mistake)
    number = f"{given:,.6g}" if given % 1 else f"{int(given):,}".replace(",", " ")
    return Mistake(
        f"{name}: {number} is not it.",
        "Draw the sizes first: after the pooling, after the convolution.",
    )


def pooled_cost(answer: object) -> Feedback:
    """Check parameters, multiplications and parameters of two layers behind a pooling.

    Examples
    --------
    >>> pooled_cost((4640, 3_612_672, 62_730)).message
    'Those are the multiplications without the pooling.'
    """
    return judge(
        answer,
        _fault_in_cost,
        shape=(3,),
        hint="Three numbers: (parameters, multiplications, parameters).",
        praise="Right: the parameters of the convolution are those without the pooling.",
    )


# --------------------------------------------------------------------------------------
# Backwards

_TIES = np.array([[1, 1, 1, 1, 0], [0, 0, 1, 1, 2], [0, 1, 1, 0, 2], [0, 1, 1, 0, 0]])
_OVERLAP = np.array([[0, 2, 1, 3, 0], [1, 0, 5, 0, 2], [2, 1, 0, 0, 4], [0, 3, 1, 2, 0]])
_GRADIENTS = [  # the first two small enough to be printed whole
    (np.array([[3, 5]]), np.array([[1, 4, 2, 2], [0, 4, 0, 2], [7, 7, 7, 7]]), 2, 2),
    (np.array([[1, 2, 3]]), np.array([[0, 4, 1, 5], [2, 3, 6, 0]]), 2, 1),
    (np.array([[1, 3], [2, 4]]), _TIES, 2, 2),
    (np.array([[1, 2, 3], [4, 5, 6]]), _OVERLAP, 3, 1),
    (np.array([[7, 2]]), _OVERLAP, 3, 2),
]


def _windows(x: Array, k: int, s: int) -> Iterator[tuple[tuple[int, int], tuple[slice, slice]]]:
    """Yield each output's index and the slices of its window."""
    rows, columns = ((n - k) // s + 1 for n in x.shape)
    for r, c in np.ndindex(rows, columns):
        yield (r, c), (slice(r * s, r * s + k), slice(c * s, c * s + k))


Backward = Callable[[Array, Array, int, int], Array]


def _by_window(write: Callable[[Array, Array, Any], None]) -> Backward:
    """Make a backward pass that calls ``write(dx, x, gradient)`` with each window of both."""

    def backward(grad: Array, x: Array, k: int, s: int) -> Array:
        dx = np.zeros(x.shape)
        for output, window in _windows(x, k, s):
            write(dx[window], x[window], grad[output])
        return dx

    return backward


def _spread(share: Callable[[Array, Any], Array]) -> Backward:
    """Make a backward pass that adds ``share(window, gradient)`` to every window."""

    def write(dx: Array, window: Array, g: Any) -> None:
        dx += share(window, g)

    return _by_window(write)


def _put(where: Callable[[Array], Any]) -> Backward:
    """Make a backward pass that writes the gradient ``where(window)`` says, over what is there."""

    def write(dx: Array, window: Array, g: Any) -> None:
        dx.flat[where(window)] = g

    return _by_window(write)


def _wiped(share: Callable[[Array, Any], Array]) -> Backward:
    """Make a backward pass that writes ``share(window, gradient)`` over every window."""

    def write(dx: Array, window: Array, g: Any) -> None:
        dx[...] = share(window, g)

    return _by_window(write)


def _tied(window: Array) -> Array:
    return np.asarray(window == window.max(), dtype=float)


def _one_at(window: Array, place: int) -> Array:
    """Return zeros of a window's shape with a 1 at a place counted in reading order."""
    one = np.zeros(window.shape)
    one.flat[place] = 1
    return one


def _last(window: Array) -> int:
    """Return the place of the last of the largest numbers, counted in reading order."""
    return window.size - 1 - int(window.ravel()[::-1].argmax())


_overwritten = _put(lambda window: window.argmax())
_overwritten_ties = _put(lambda window: np.flatnonzero(window == window.max()))
_overwritten_last = _put(_last)


def _stride_forgotten(grad: Array, x: Array, k: int, s: int) -> Array:
    """Send the gradient to (r + i, c + j), in place of (r·s + i, c·s + j)."""
    dx = np.zeros(x.shape)
    for (r, c), window in _windows(x, k, s):
        i, j = np.unravel_index(x[window].argmax(), (k, k))
        dx[r + i, c + j] += grad[r, c]
    return dx


def _at_unit_stride(grad: Array, x: Array, k: int, s: int) -> Array:
    """Take the windows 1 apart, and send their gradients there."""
    dx = np.zeros(x.shape)
    for r, c in np.ndindex(grad.shape):
        window = x[r : r + k, c : c + k]
        i, j = np.unravel_index(window.argmax(), window.shape)
        dx[r + i, c + j] += grad[r, c]
    return dx


def _place_turned(window: Array) -> Array:
    """Return a 1 at the winner's place with its row and column swapped."""
    return _one_at(window, int(window.argmax())).T


def _in_the_corner(grad: Array, x: Array, k: int, s: int) -> Array:
    dx = np.zeros(x.shape)
    for output, window in _windows(x, k, s):
        dx[np.unravel_index(x[window].argmax(), (k, k))] += grad[output]
    return dx


_ADDS_UP = "Gradients of windows that overlap add up: += and not =."
_ONE_WINNER = "Give it once, to the first of them in reading order, as PyTorch does."

_WINDOW_START = Mistake(
    "Your gradients land as if windows were one pixel apart.",
    "Window (r, c) starts at (r·s, c·s).",
)

_BOTH = Mistake(
    "Where pixels tie, you give each the gradient, and where windows overlap, you overwrite.",
    f"{_ONE_WINNER} And write += for =.",
)

MAX_POOL_BACKWARD_MISTAKES: list[FunctionRow] = [
    (_overwritten, "A pixel that wins several windows keeps only the last gradient.", _ADDS_UP),
    (
        _wiped(lambda window, g: g * _one_at(window, int(window.argmax()))),
        "Each window wipes out what an earlier one left in it.",
        _ADDS_UP,
    ),
    (
        _spread(lambda window, g: g * _tied(window)),
        "Where pixels tie, you give each the whole gradient.",
        _ONE_WINNER,
    ),
    (_wiped(lambda window, g: g * _tied(window)), *_BOTH),
    (_overwritten_ties, *_BOTH),
    (
        _overwritten_last,
        "Where pixels tie, you choose the last, and where windows overlap, you overwrite.",
        "PyTorch chooses the first in reading order: >, not >=. And write += for =.",
    ),
    (_stride_forgotten, *_WINDOW_START),
    (_at_unit_stride, *_WINDOW_START),
    (
        _spread(lambda window, g: g * _place_turned(window)),
        "You swapped the winner's row and column.",
        "unravel_index gives (row, column). Add r·s to the first, c·s to the second.",
    ),
    (
        _spread(lambda window, g: np.full(window.shape, g)),
        "Every pixel of a window gets the whole gradient.",
        "Only the winner moves the maximum. Who is it?",
    ),
    (
        _spread(lambda window, g: _one_at(window, int(window.argmax()))),
        "You hand back 1 to each winner.",
        "What goes back is what arrives at the output, grad[r, c].",
    ),
    (
        _spread(lambda window, g: g * _tied(window) / _tied(window).sum()),
        "Where pixels tie, you split the gradient between them.",
        "That is fair, but PyTorch gives it whole to the first in reading order.",
    ),
    (
        _spread(lambda window, g: g * _one_at(window, _last(window))),
        "Where pixels tie, you choose the last.",
        "PyTorch chooses the first in reading order: >, not >=.",
    ),
    (
        _spread(lambda window, g: np.full(window.shape, g / window.size)),
        "You spread the gradient over the whole window, as average pooling does.",
        "In max pooling the winner takes it all.",
    ),
    (
        _in_the_corner,
        "All your gradients land in the top left corner.",
        "argmax counts inside the window. Add the window's start, (r·s, c·s).",
    ),
    (
        _spread(lambda window, g: window.max() * _one_at(window, int(window.argmax()))),
        "You hand the maximum itself back.",
        "What goes back is the output's gradient, to where the maximum came from.",
    ),
    (
        _spread(lambda window, g: g * window.max() * _one_at(window, int(window.argmax()))),
        "You multiply the gradient by the maximum.",
        "The output grows as fast as its winner, so the slope is 1.",
    ),
]


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
        mistakes=MAX_POOL_BACKWARD_MISTAKES,
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


def _max_blurred(x: Array) -> Array:
    return ops.correlate(_highest(x), _BLUR, stride=2)


def _rescaled(answer: object) -> Callable[[Array], Array]:
    """Return the right map times the factor that the answer's brightness is wrong by."""

    def rescaled(x: Array) -> Array:
        right = _max_blurred(x)
        given = np.asarray(answer(x))  # type: ignore[operator]  # compare_function asked first
        factor = float((given * right).sum() / (right * right).sum())
        return right * factor

    return rescaled


_BLURRED_TOO_LATE = Mistake(
    "You blur after you subsample.",
    "What stride 2 has mixed up, no blur can undo. Take the maxima at stride 1 first.",
)

_ONE_AXIS = Mistake("You blur along one axis only.", "Weights: the outer product of 1, 2, 1.")

MAX_BLUR_POOL_MISTAKES: list[FunctionRow] = [
    (
        lambda x: ops.pool(x, 2),
        "That is ordinary max pooling: nothing is blurred.",
        "Between the maxima and the subsampling goes the 1-2-1 blur.",
    ),
    (lambda x: ops.correlate(ops.pool(x, 2), _BLUR), *_BLURRED_TOO_LATE),
    (lambda x: ops.correlate(ops.pool(x, 2), _BLUR, padding=1), *_BLURRED_TOO_LATE),
    (
        lambda x: ops.correlate(ops.pool(x, 2), _BLUR, stride=2),
        "You halve twice.",
        "The maxima are taken at stride 1. Only the blur moves by 2.",
    ),
    (
        lambda x: ops.pool(ops.correlate(x, _BLUR), 2),
        "You blur before you take the maxima.",
        "Maxima first, at stride 1.",
    ),
    (
        lambda x: ops.correlate(_highest(x), _BLUR),
        "You forgot to subsample.",
        "The blur moves by 2: every second row and column.",
    ),
    (
        lambda x: ops.correlate(_highest(x), kernels.gaussian(3), stride=2),
        "Your blur is a Gaussian.",
        "Here its weights are 1 2 1 / 2 4 2 / 1 2 1, over 16.",
    ),
    (
        lambda x: ops.correlate(x, _BLUR, stride=2),
        "You left out the maxima.",
        "They come first: 2×2 windows at stride 1.",
    ),
    (
        lambda x: ops.correlate(ops.pool(x, 2, 1, mode="mean"), _BLUR, stride=2),
        "You take means and then blur: there is no maximum.",
        "The first step is max pooling.",
    ),
    (_highest, "You left out the blur.", "Maxima, then the blur, which moves by 2 pixels."),
    (
        lambda x: ops.correlate(ops.pool(x, 3, 1), _BLUR, stride=2),
        "Your maxima are taken over 3×3.",
        "Windows of 2×2, at stride 1.",
    ),
    (
        lambda x: ops.correlate(_highest(x), _BLUR)[1::2, 1::2],
        "You keep the odd rows and columns.",
        "Start at 0: [::2, ::2], or stride=2.",
    ),
    (
        lambda x: ops.correlate(_highest(x), kernels.box(3), stride=2),
        "Your blur is the plain mean.",
        "Its weights are 1, 2, 1 along each axis, / 16.",
    ),
    (
        lambda x: ops.correlate(_highest(x), _BLUR, stride=2, padding=1),
        "You padded.",
        "Here the blur stays inside the map: padding 0.",
    ),
    (lambda x: ops.correlate(_highest(x), _BLUR[1:2] * 2, stride=2), *_ONE_AXIS),
    (lambda x: ops.correlate(_highest(x), _BLUR[:, 1:2] * 2, stride=2), *_ONE_AXIS),
]


def max_blur_pool(answer: object) -> Feedback:
    """Check ``x -> y``: maxima of 2×2 at stride 1, then the 1-2-1 blur at stride 2.

    Examples
    --------
    >>> max_blur_pool(lambda x: ops.pool(x, 2)).message
    'That is ordinary max pooling: nothing is blurred.'
    """
    brightness = (
        _rescaled(answer),
        "Your blur changes the brightness.",
        "Its weights must sum to 1.",
    )
    return compare_function(
        answer,
        _max_blurred,
        _PICTURES,
        mistakes=[*MAX_BLUR_POOL_MISTAKES, brightness],
        hint="Two lines: the maxima with ops.pool(x, 2, 1), then ops.correlate with stride=2.",
        praise="Right: blurred before it is subsampled.",
    )
