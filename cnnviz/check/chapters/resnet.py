"""Checks for chapter 16, ResNet."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz import ops
from cnnviz.check._feedback import Feedback
from cnnviz.check._functions import compare_function
from cnnviz.check._mistakes import FunctionRow, ValueRow
from cnnviz.check._values import compare

__all__ = ["block_by_hand", "block_jacobian", "bottleneck_weights", "residual_block"]

Array = NDArray[Any]

# --------------------------------------------------------------------------------------
# A block by hand

_A, _W1, _B1 = np.array([2, 3]), np.array([[1, -1], [1, 1]]), np.array([0, -4])
_W2, _B2 = np.array([[3, 1], [0, -2]]), np.array([1, -4])
_Z1 = _W1 @ _A + _B1
_Z2 = _W2 @ ops.relu(_Z1) + _B2

BLOCK_BY_HAND_MISTAKES: list[ValueRow] = [
    (ops.relu(_Z2), "That is the plain block.", "Add a before the last ReLU."),
    (
        ops.relu(_Z2) + _A,
        "You added a behind the ReLU.",
        "First z + a, then ReLU of the sum.",
    ),
    (_Z2 + _A, "You forgot the last ReLU.", "What is below 0 becomes 0."),
    (
        ops.relu(_W2 @ _Z1 + _B2 + _A),
        "You forgot the ReLU between the layers.",
        "The second layer reads g(z), not z.",
    ),
    (_Z2, "That is z of the second layer.", "Add a, then take ReLU."),
]


def block_by_hand(answer: object) -> Feedback:
    """Check the block of the first exercise, a = (2, 3).

    Examples
    --------
    >>> block_by_hand([2, 0]).message
    'That is the plain block.'
    """
    return compare(
        answer,
        ops.relu(_Z2 + _A),
        mistakes=BLOCK_BY_HAND_MISTAKES,
        hint="z of the first layer, ReLU, z of the second, plus a, ReLU.",
        praise="Right.",
    )


# --------------------------------------------------------------------------------------
# A block of two convolutions


def _residual_block(a: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    inner = ops.relu(ops.conv(a, w1, b1, padding=1))
    out: Array = ops.relu(ops.conv(inner, w2, b2, padding=1) + a)
    return out


def _branch(a: Array, w1: Array, b1: Array, w2: Array, b2: Array, *, inner: bool = True) -> Array:
    z = ops.conv(a, w1, b1, padding=1)
    out: Array = ops.conv(ops.relu(z) if inner else z, w2, b2, padding=1)
    return out


def _block(maps: int, width: int, size: tuple[int, int], seed: int) -> tuple[Array, ...]:
    """Make a block's input, with numbers below 0, and its weights: whole numbers."""
    chance = np.random.default_rng(seed)
    shapes = [(maps, *size), (width, maps, 3, 3), (width,), (maps, width, 3, 3), (maps,)]
    return tuple(chance.integers(-2, 3, shape).astype(float) for shape in shapes)


_BLOCKS = [_block(1, 1, (4, 5), 0), _block(2, 3, (5, 4), 1), _block(3, 2, (3, 3), 2)]

RESIDUAL_BLOCK_MISTAKES: list[FunctionRow] = [
    (
        lambda a, *rest: ops.relu(_branch(a, *rest)),
        "Nothing goes around your block.",
        "Add a to the second sum, before the last ReLU.",
    ),
    (
        lambda a, *rest: ops.relu(_branch(a, *rest)) + a,
        "You add a behind the last ReLU.",
        "First the sum z + a, then ReLU.",
    ),
    (
        lambda a, *rest: _branch(a, *rest) + a,
        "The last ReLU is missing.",
        "What leaves the block is g(z + a).",
    ),
    (
        lambda a, *rest: ops.relu(_branch(a, *rest, inner=False) + a),
        "The ReLU between the convolutions is missing.",
        "The second convolution reads g(z).",
    ),
    (
        lambda a, *rest: ops.relu(_branch(a, *rest) + ops.relu(a)),
        "You add ReLU of a.",
        "a itself goes around, whatever its sign.",
    ),
]


def residual_block(answer: object) -> Feedback:
    """Check ``(a, w1, b1, w2, b2) -> output``: two 3 × 3 convolutions and a way around them.

    Examples
    --------
    >>> residual_block(lambda a, *rest: _branch(a, *rest) + a).message
    'The last ReLU is missing.'
    """
    return compare_function(
        answer,
        _residual_block,
        _BLOCKS,
        mistakes=RESIDUAL_BLOCK_MISTAKES,
        hint="ops.conv(…, padding=1), ReLU, ops.conv(…, padding=1), plus a, ReLU.",
        praise="Right. With all weights and biases 0 it is ReLU.",
    )


# --------------------------------------------------------------------------------------
# The weights of a bottleneck


def _bottleneck_weights(before: int, width: int) -> int:
    return before * width + 9 * width**2 + 4 * width**2


BOTTLENECK_WEIGHTS_MISTAKES: list[FunctionRow] = [
    (
        lambda before, width: before * width + 9 * width**2 + before * width,
        "Your block gives back as many maps as it got.",
        "4 · width maps go out, whatever came in.",
    ),
    (
        lambda before, width: before * width + width**2 + 4 * width**2,
        "The kernel in the middle has nine places.",
        "3 × 3 · width · width.",
    ),
    (
        lambda before, width: before * width + 9 * width**2 + width**2,
        "Your last layer doesn't widen.",
        "It goes from width to 4 · width maps.",
    ),
    (
        lambda before, width: 9 * (before * width + width**2 + 4 * width**2),
        "You took all three kernels for 3 × 3.",
        "The first and the last are 1 × 1.",
    ),
    (
        lambda before, width: _bottleneck_weights(before, width) + 6 * width,
        "You counted biases.",
        "These convolutions have none: batch norm brings them.",
    ),
]


def bottleneck_weights(answer: object) -> Feedback:
    """Check ``(before, width) -> count``: the weights of a bottleneck's three convolutions.

    Examples
    --------
    >>> bottleneck_weights(lambda before, width: before * width + 5 * width**2).message
    'The kernel in the middle has nine places.'
    """
    return compare_function(
        answer,
        _bottleneck_weights,
        [(256, 64), (64, 64), (512, 128), (7, 3)],
        mistakes=BOTTLENECK_WEIGHTS_MISTAKES,
        hint="before → width (1 × 1), width → width (3 × 3), width → 4 · width (1 × 1).",
        praise="Right.",
    )


# --------------------------------------------------------------------------------------
# The derivative of a block


def _slopes(a: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> tuple[Array, Array]:
    """Return which numbers pass the first ReLU, and which the second: 1 or 0."""
    z1 = w1 @ a + b1
    z2 = w2 @ np.maximum(z1, 0) + b2
    return (z1 > 0).astype(float), (z2 + a > 0).astype(float)


def _block_jacobian(a: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    first, last = _slopes(a, w1, b1, w2, b2)
    jacobian: Array = last[:, None] * (np.eye(len(a)) + w2 @ (first[:, None] * w1))
    return jacobian


def _without(what: str, a: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    """Return the derivative with one thing left out."""
    first, last = _slopes(a, w1, b1, w2, b2)
    if what == "first":
        first = np.ones_like(first)
    if what == "last":
        last = np.ones_like(last)
    branch = w2 @ (first[:, None] * w1)
    if what == "outside":
        outside: Array = np.eye(len(a)) + last[:, None] * branch
        return outside
    around = 0 if what == "around" else np.eye(len(a))
    jacobian: Array = last[:, None] * (around + branch)
    return jacobian


_DENSE = [
    (
        np.array([3.0, 1]),
        np.array([[1.0, -1], [0, 2]]),
        np.array([0.0, -1]),
        np.array([[1.0, 0], [-1, 1]]),
        np.array([-4.0, 0]),
    ),
    (
        np.array([1.0, 2, 0]),
        np.array([[1.0, -1, 2], [2, 1, 0]]),
        np.array([-1.0, 1]),
        np.array([[1.0, 2], [0, -1], [3, 1]]),
        np.array([0.5, 1, -1]),
    ),
    (
        np.array([2.0, 1]),
        np.array([[1.0, 1], [2, -1], [-1, 3]]),
        np.array([0.5, -1, 0]),
        np.array([[1.0, -1, 2], [-2, 1, -3]]),
        np.array([1.0, -0.5]),
    ),
]

BLOCK_JACOBIAN_MISTAKES: list[FunctionRow] = [
    (
        lambda *block: _without("around", *block),
        "The way around is missing.",
        "a passes unchanged, so its derivative is the identity, np.eye(n).",
    ),
    (
        lambda *block: _without("outside", *block),
        "Your identity passes by the last ReLU.",
        "ReLU is taken of the whole sum z + a: it cuts rows of the identity, too.",
    ),
    (
        lambda *block: _without("first", *block),
        "You left out the ReLU between the layers.",
        "Where its z is below 0, the row of w1 counts for nothing.",
    ),
    (
        lambda *block: _without("last", *block),
        "You left out the last ReLU.",
        "Where z + a is below 0, the row of the derivative is 0.",
    ),
    (
        lambda *block: _block_jacobian(*block).T,
        "Rows and columns are swapped.",
        "Row i, column j: output i by input j.",
    ),
]


def block_jacobian(answer: object) -> Feedback:
    """Check ``(a, w1, b1, w2, b2) -> jacobian``: a dense block's output by its input.

    Examples
    --------
    >>> block_jacobian(lambda *block: _block_jacobian(*block).T).message
    'Rows and columns are swapped.'
    """
    return compare_function(
        answer,
        _block_jacobian,
        _DENSE,
        mistakes=BLOCK_JACOBIAN_MISTAKES,
        hint="D₂(I + W₂ D₁ W₁), with 1 on a D's diagonal where its ReLU lets pass, else 0.",
        praise="Right: exact, wherever no sum is 0.",
    )
