"""Checks for chapter 11, a CNN from scratch."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from cnnviz import ops
from cnnviz.check._feedback import Feedback
from cnnviz.check._functions import compare_function
from cnnviz.check._mistakes import FunctionRow, Mistake

__all__ = ["adam_step", "held_out", "linear_backward", "mended_features"]

Array = NDArray[Any]

# --------------------------------------------------------------------------------------
# The way back through a fully connected layer

# (grad, x, weight): one example, small enough for the hand; then batches, none of them square.
_LAYERS = [
    (np.array([[1, -1]]), np.array([[1, 2, 0]]), np.array([[1, 0, 3], [2, -1, 1]])),
    (
        np.array([[1, 0], [2, -1], [0, 3]]),
        np.array([[1, 2, 0, -1], [0, 1, 4, 2], [3, -2, 1, 1]]),
        np.array([[2, 1, 0, -3], [1, -1, 4, 2]]),
    ),
    (np.arange(20).reshape(4, 5) % 7 - 3, np.arange(8).reshape(4, 2) - 2, np.eye(5, 2) * 3 + 1),
]

_MEANS = Mistake(
    "You take means over the batch.",
    "The loss's own mean has been taken already: grad holds its 1/N. Here gradients add up.",
)


def _linear_backward(grad: Array, x: Array, weight: Array) -> tuple[Array, Array, Array]:
    return ops.linear_backward(grad, x, weight)


LINEAR_BACKWARD_MISTAKES: list[FunctionRow] = [
    (
        lambda grad, x, weight: (grad @ weight, x.T @ grad, grad.sum(axis=0)),
        "Your dweight is transposed.",
        "weight is (out, in), and so is its gradient: grad.T @ x.",
    ),
    (
        lambda grad, x, weight: (grad @ weight, grad.T @ x, grad),
        "Your dbias still has a row for each example.",
        "All examples share the bias: add up over axis 0.",
    ),
    (
        lambda grad, x, weight: (grad @ weight, grad.T @ x, grad.sum(axis=1)),
        "Your dbias adds up the outputs of each example.",
        "The bias has one number for each output: add up over the examples, axis 0.",
    ),
    (
        lambda grad, x, weight: (grad @ weight, grad.T @ x, grad.sum()),
        "Your dbias is a single number.",
        "The bias has one number for each output: add up over the examples, axis 0.",
    ),
    (
        lambda grad, x, weight: (
            grad @ weight,
            grad.T @ x / len(x),
            grad.mean(axis=0),
        ),
        *_MEANS,
    ),
    (lambda grad, x, weight: (grad @ weight, grad.T @ x, grad.mean(axis=0)), *_MEANS),
    (
        lambda grad, x, weight: (grad.T @ x, grad @ weight, grad.sum(axis=0)),
        "You return dweight before dx.",
        "The order is dx, dweight, dbias.",
    ),
    (
        lambda grad, x, weight: (grad @ weight, grad.T @ x),
        "You return two gradients.",
        "The bias has one, too: dx, dweight, dbias.",
    ),
    (
        lambda grad, x, weight: (x, grad.T @ x, grad.sum(axis=0)),
        "Your dx is x itself.",
        "An input moves each output by its weight: dx = grad @ weight.",
    ),
]


def linear_backward(answer: object) -> Feedback:
    """Check ``(grad, x, weight) -> (dx, dweight, dbias)`` for a batch.

    Examples
    --------
    >>> linear_backward(lambda grad, x, weight: (grad @ weight, x.T @ grad, grad.sum(axis=0))).hint
    'weight is (out, in), and so is its gradient: grad.T @ x.'
    """
    return compare_function(
        answer,
        _linear_backward,
        _LAYERS,
        mistakes=LINEAR_BACKWARD_MISTAKES,
        hint="Look at the shapes: dx is (N, in), dweight (out, in), dbias (out,).",
        praise="Right, for one example and for batches.",
    )


# --------------------------------------------------------------------------------------
# One step of Adam

# (w, g, m, v, t, rate): the first step, the second, one long after; among the gradients a 0, and
# one so small that ε matters.
_STEPS = [
    (np.array([1.0, 1.0]), np.array([4.0, 4000.0]), np.zeros(2), np.zeros(2), 1, 0.5),
    (np.array([1.0, -2]), np.array([0.0, 3]), np.array([0.4, 1]), np.array([2.0, 7]), 2, 0.5),
    (np.array([[8.0]]), np.array([[-5.0]]), np.array([[1.0]]), np.array([[25.0]]), 90, 2),
    (np.array([1.0]), np.array([1e-8]), np.zeros(1), np.zeros(1), 1, 0.5),
]

Step = Callable[[Array, Array, Array, Array, int, float], tuple[Array, Array, Array]]


def _step(
    b1: float = 0.9,
    b2: float = 0.999,
    *,
    correct: Callable[[Array, float, int], Array] = lambda a, b, t: a / (1 - b**t),
    root: Callable[[Array], Array] = lambda v: np.sqrt(v) + 1e-8,
    square: Callable[[Array], Array] = np.square,
    sign: float = -1,
    keep_hats: bool = False,
) -> Step:
    """Make a step of Adam, with a mistake or without."""

    def step(
        w: Array, g: Array, m: Array, v: Array, t: int, rate: float
    ) -> tuple[Array, Array, Array]:
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * square(g)
        m_hat, v_hat = correct(m, b1, t), correct(v, b2, t)
        w = w + sign * rate * m_hat / root(v_hat)
        return (w, m_hat, v_hat) if keep_hats else (w, m, v)

    return step


ADAM_STEP_MISTAKES: list[FunctionRow] = [
    (
        _step(correct=lambda a, b, t: a),
        "You left out the hats.",
        "Both averages start at 0. Divide them by 1 − β^t before you use them.",
    ),
    (
        _step(correct=lambda a, b, t: a / (1 - b)),
        "You divide by 1 − β, whatever the step.",
        "t is the exponent: 1 − β**t.",
    ),
    (
        _step(correct=lambda a, b, t: a / (1 - b ** (t + 1))),
        "Your t counts one too many.",
        "t is the number of this step already; the first is 1.",
    ),
    (
        _step(keep_hats=True),
        "You return the averages with their hats.",
        "The next step needs them as they are: m and v, not m̂ and v̂.",
    ),
    (_step(sign=1), "You go uphill.", "The loss is to fall: w − η · …"),
    (
        _step(root=lambda v: v + 1e-8),
        "You forgot the root.",
        "v averages squares. The step divides by √v̂ + ε.",
    ),
    (
        _step(root=lambda v: np.sqrt(v + 1e-8)),
        "Your ε stands under the root.",
        "√v̂ + ε: first the root, then ε.",
    ),
    (_step(root=np.sqrt), "You left out ε.", "The step divides by √v̂ + ε."),
    (
        _step(square=lambda g: g),
        "Your v averages the gradient.",
        "It averages the gradient's square, g².",
    ),
    (_step(square=np.abs), "Your v averages the gradient's magnitude.", "It averages g²."),
    (
        _step(b1=0.1, b2=0.001),
        "You swapped β and 1 − β.",
        "The old average weighs β, the new gradient 1 − β.",
    ),
    (_step(b1=0.999, b2=0.9), "You swapped the two β.", "β₁ = 0.9 is for m, β₂ = 0.999 for v."),
    (
        lambda w, g, m, v, t, rate: _step()(w, g, m, v, t, rate)[0],
        "You return the weights alone.",
        "The next step needs the averages, too: return w, m, v.",
    ),
    (
        lambda w, g, m, v, t, rate: (w - rate * g, m, v),
        "That is plain gradient descent.",
        "Update m and v first, and step by m̂ / (√v̂ + ε).",
    ),
]


def _changes_arrays(step: Step) -> bool:
    """Tell whether a step writes into the arrays that it is given."""
    given = copy.deepcopy(_STEPS[1])
    step(*given)
    pairs = zip(given, _STEPS[1], strict=True)
    return not all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in pairs)


def adam_step(answer: object) -> Feedback:
    """Check ``(w, g, m, v, t, rate) -> (w, m, v)``, one step of Adam that changes none of them.

    Examples
    --------
    >>> adam_step(_step(correct=lambda a, b, t: a)).message
    'You left out the hats.'
    """
    feedback = compare_function(
        answer,
        _step(),
        _STEPS,
        mistakes=ADAM_STEP_MISTAKES,
        hint="Four lines: m, v, their corrections by 1 − β**t, the step.",
        praise="Right, at the first step and at the ninetieth.",
    )
    if feedback and _changes_arrays(cast(Step, answer)):
        return Feedback(
            "failed",
            "The results are right, but you change the arrays that you were given.",
            "m *= 0.9 writes into the caller's array; m = 0.9 * m makes a new one.",
        )
    return feedback


# --------------------------------------------------------------------------------------
# The network that uses its pooling


def _parameters(seed: int) -> tuple[Array, ...]:
    rng = np.random.default_rng(seed)
    shapes = ((3, 1, 8, 8), (10, 1, 3, 3), (10,), (5, 10, 3, 3), (5,))
    return tuple(rng.integers(-3, 4, shape).astype(float) for shape in shapes)


_PICTURES = [_parameters(seed) for seed in range(2)]


def _features(
    *,
    use: bool = True,
    stride: int = 1,
    padding: str = "same",
    rectify: tuple[bool, bool] = (True, True),
    normalise: bool = True,
    last: bool = True,
    flat: bool = True,
) -> Callable[..., Array]:
    """Make the tutorials' layers up to the flattened maps, with a mistake or without."""

    def features(x: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
        maps = ops.conv(x, w1, b1, padding=padding)
        maps = ops.relu(maps) if rectify[0] else maps
        maps = ops.pool(maps, 3, 2, padding) if use else maps
        maps = ops.conv(maps, w2, b2, stride=stride, padding=padding)
        maps = ops.batch_norm(maps, eps=1e-3) if normalise else maps
        maps = ops.relu(maps) if rectify[1] else maps
        maps = ops.pool(maps, 3, 2, padding) if last else maps
        return ops.flatten(maps) if flat else maps

    return features


MENDED_FEATURES_MISTAKES: list[FunctionRow] = [
    (
        _features(use=False, stride=2),
        "The first pooling's output is still not used: that is the program as printed.",
        "The second convolution has to read what the pooling gives.",
    ),
    (
        _features(stride=2),
        "Five numbers come out for each picture, where the next layer reads 20.",
        "The pooling has halved the maps already. What stride keeps them at 4×4?",
    ),
    (
        _features(use=False, stride=1),
        "The first pooling's output is not used, and the maps stay large.",
        "The second convolution has to read what the pooling gives.",
    ),
    (
        _features(normalise=False),
        "You left out batch norm.",
        "It stands between the second convolution and its ReLU.",
    ),
    (
        _features(rectify=(False, True)),
        "The first ReLU is missing.",
        "Convolution, ReLU, pooling; convolution, batch norm, ReLU, pooling.",
    ),
    (
        _features(rectify=(True, False)),
        "The second ReLU is missing.",
        "Convolution, ReLU, pooling; convolution, batch norm, ReLU, pooling.",
    ),
    (
        _features(last=False),
        "The second pooling is missing.",
        "Convolution, ReLU, pooling; convolution, batch norm, ReLU, pooling.",
    ),
    (_features(flat=False), "The maps are not flattened.", "Return a row of 20 for each picture."),
]


def mended_features(answer: object) -> Feedback:
    """Check ``(x, w1, b1, w2, b2) -> rows``: the layers up to 20 numbers for each picture.

    Examples
    --------
    >>> mended_features(_features(stride=2)).message
    'Five numbers come out for each picture, where the next layer reads 20.'
    """
    return compare_function(
        answer,
        _features(),
        _PICTURES,
        mistakes=MENDED_FEATURES_MISTAKES,
        hint="Two changes: what the second convolution reads, and its stride.",
        praise="Right: the pooling is used, and 20 numbers come out, as printed.",
    )


# --------------------------------------------------------------------------------------
# Digits held out

_FILES = [
    (np.array([0, 1, 0, 1, 0, 1, 0, 1]), 2),
    (np.array([2, 2, 0, 1, 2, 0, 1, 1, 2, 0, 2, 1, 0]), 3),
    (np.arange(40) * 7 % 10, 5),
    (np.repeat([3, 1, 2], [7, 4, 6]), 5),
]


def _every(labels: Array, every: int, start: int = 0) -> Array:
    held = np.zeros(len(labels), bool)
    held[np.argsort(labels, kind="stable")[start::every]] = True
    return held


def _every_of_the_file(labels: Array, every: int) -> Array:
    return np.asarray(np.arange(len(labels)) % every == 0)


def _anew_for_each_digit(labels: Array, every: int) -> Array:
    held = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        held[np.flatnonzero(labels == label)[::every]] = True
    return held


def _the_last(labels: Array, every: int) -> Array:
    return np.arange(len(labels)) >= len(labels) - len(labels) // every


def _backwards(labels: Array, every: int) -> Array:
    """Sort so that the last of equal labels comes first."""
    held = np.zeros(len(labels), bool)
    order = len(labels) - 1 - np.argsort(labels[::-1], kind="stable")
    held[order[::every]] = True
    return held


_BY_DIGIT = "Sort the places by digit first: np.argsort(labels, kind='stable')."

HELD_OUT_MISTAKES: list[FunctionRow] = [
    (
        _every_of_the_file,
        "You go through the file, not from digit to digit.",
        f"A digit may have no picture held out that way. {_BY_DIGIT}",
    ),
    (_the_last, "You hold out the end of the file.", _BY_DIGIT),
    (
        _anew_for_each_digit,
        "You start anew with each digit.",
        "Put all places in one row, sorted by digit, and take every so many of that row.",
    ),
    (
        lambda labels, every: ~_every(labels, every),
        "You mark the pictures to train on.",
        "True is for those that are held out.",
    ),
    (
        lambda labels, every: _every(labels, every, every - 1),
        "You begin with the last of the first few, not with the first.",
        "[::every] starts with the first place of the sorted row.",
    ),
    (
        lambda labels, every: np.argsort(labels, kind="stable")[::every],
        "You return places.",
        "Make as many booleans as there are labels, and set those at the places to True.",
    ),
    (
        _backwards,
        "Within a digit your order is not the file's.",
        "A stable sort keeps equal labels in their order: kind='stable'.",
    ),
]


def held_out(answer: object) -> Feedback:
    """Check ``(labels, every) -> mask``: every so many of the places, sorted by label.

    Examples
    --------
    >>> held_out(_every_of_the_file).message
    'You go through the file, not from digit to digit.'
    """
    return compare_function(
        answer,
        _every,
        _FILES,
        mistakes=HELD_OUT_MISTAKES,
        hint=_BY_DIGIT,
        praise="Right: each digit has its share, from all parts of the file.",
    )
