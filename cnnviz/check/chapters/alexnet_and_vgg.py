"""Checks for chapter 14, AlexNet and VGG."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz import ops
from cnnviz.check._feedback import Feedback
from cnnviz.check._functions import compare_function
from cnnviz.check._mistakes import FunctionRow, ValueRow
from cnnviz.check._values import compare

__all__ = ["first_dense", "merge", "stack_and_single"]

Array = NDArray[Any]

# --------------------------------------------------------------------------------------
# VGG-16's first dense layer, for larger pictures

FIRST_DENSE_MISTAKES: list[ValueRow] = [
    (9 * 9 * 512 * 4096, "You forgot the biases.", "Each of the 4096 units has one."),
    (7 * 7 * 512 * 4096 + 4096, "That is for 224×224.", "What is 288, halved five times?"),
    (9 * 512 * 4096 + 4096, "Your maps have one row.", "The maps are as high as they are wide."),
    (
        18 * 18 * 512 * 4096 + 4096,
        "You halved four times.",
        "There are five poolings; 224 / 2⁵ is 7.",
    ),
    (9 * 9 * 4096 + 4096, "You took one map.", "There are 512 maps of 9×9."),
    (9 * 9 * 512, "That is what goes into a unit.", "There are 4096 units, with a bias each."),
]


def first_dense(answer: object) -> Feedback:
    """Check the parameters of VGG-16's first dense layer for pictures of 288×288.

    Examples
    --------
    >>> first_dense(9 * 9 * 512 * 4096).message
    'You forgot the biases.'
    """
    return compare(
        answer,
        9 * 9 * 512 * 4096 + 4096,
        mistakes=FIRST_DENSE_MISTAKES,
        hint="288 / 2⁵ = 9: maps of 9×9, 512 of them; 4096 units, each with a bias.",
        praise="Right: 65 % more than for 224×224, and the convolutions have no more than before.",
    )


# --------------------------------------------------------------------------------------
# A stack of 3×3 against one kernel with the same field


def _stack_and_single(before: int, width: int, depth: int) -> tuple[int, int]:
    """Return the weights of both, without biases."""
    stack = 9 * width * (before + (depth - 1) * width)
    return stack, (2 * depth + 1) ** 2 * before * width


STACK_AND_SINGLE_MISTAKES: list[FunctionRow] = [
    (
        lambda before, width, depth: _stack_and_single(before, width, depth)[::-1],
        "The two are swapped.",
        "First the stack, then the single layer.",
    ),
    (
        lambda before, width, depth: (
            9 * before * width * depth,
            _stack_and_single(before, width, depth)[1],
        ),
        "All your layers read `before` channels.",
        "Only the first does; the others read the `width` maps of the layer before them.",
    ),
    (
        lambda before, width, depth: (
            9 * width**2 * depth,
            _stack_and_single(before, width, depth)[1],
        ),
        "All your layers read `width` channels.",
        "The first one reads `before`.",
    ),
    (
        lambda before, width, depth: (
            _stack_and_single(before, width, depth)[0],
            9 * depth**2 * before * width,
        ),
        "Your single kernel has side 3 · depth.",
        "Fields overlap: each further layer adds 2.",
    ),
    (
        lambda before, width, depth: (
            _stack_and_single(before, width, depth)[0],
            (2 * depth + 1) ** 2 * width**2,
        ),
        "Your single layer reads `width` channels.",
        "It stands in place of the whole stack, so it reads `before`.",
    ),
    (
        lambda before, width, depth: (
            _stack_and_single(before, width, depth)[0] + depth * width,
            _stack_and_single(before, width, depth)[1] + width,
        ),
        "You counted the biases.",
        "Weights alone are asked for.",
    ),
]


def stack_and_single(answer: object) -> Feedback:
    """Check ``(before, width, depth) -> (stack, single)``: weights of 3×3 layers, and of one.

    Examples
    --------
    >>> stack_and_single(lambda b, w, d: _stack_and_single(b, w, d)[::-1]).message
    'The two are swapped.'
    """
    return compare_function(
        answer,
        _stack_and_single,
        [(64, 64, 2), (64, 128, 2), (3, 64, 2), (256, 512, 3), (5, 7, 1), (2, 3, 4)],
        mistakes=STACK_AND_SINGLE_MISTAKES,
        hint="9 · before · width for the first layer, 9 · width² for each of the others.",
        praise="Right. From 3 to 64 channels, two layers of 3×3 have eight times the weights.",
    )


# --------------------------------------------------------------------------------------
# Two kernels in one


def _merge(first: Array, second: Array) -> Array:
    """Return the full convolution of two kernels."""
    padding = [(n - 1, n - 1) for n in first.shape]
    return ops.correlate(second, first[::-1, ::-1], padding=padding)


_KERNELS = [
    (np.array([[1.0, 2], [3, 4]]), np.array([[1.0, 0], [0, -1]])),
    (np.arange(9.0).reshape(3, 3), np.array([[1.0, 0, -1], [2, 0, -3], [1, 1, 0]])),
    (np.array([[2.0]]), np.arange(9.0).reshape(3, 3)),
    (np.arange(9.0).reshape(3, 3) - 4, np.array([[1.0, -2], [0, 3]])),
]

MERGE_MISTAKES: list[FunctionRow] = [
    (
        lambda first, second: _merge(first, second[::-1, ::-1]),
        "One of your kernels is flipped.",
        "A weight of `second` at (i, j) sees `first` moved by (i, j), not by (−i, −j).",
    ),
    (
        lambda first, second: _merge(first[::-1, ::-1], second),
        "One of your kernels is flipped.",
        "`first` is moved as it is, not turned round.",
    ),
    (
        lambda first, second: _merge(first, second)[::-1, ::-1],
        "Your kernel is turned round.",
        "ops.correlate doesn't flip: the upper left weight is for the upper left pixel.",
    ),
    (
        lambda first, second: ops.correlate(first, second, padding="same"),
        "Your kernel is too small.",
        "3×3 behind 3×3 sees 5×5.",
    ),
]


def merge(answer: object) -> Feedback:
    """Check ``(first, second) -> kernel``: two cross-correlations in one.

    Examples
    --------
    >>> merge(lambda first, second: _merge(first, second)[::-1, ::-1]).message
    'Your kernel is turned round.'
    """
    return compare_function(
        answer,
        _merge,
        _KERNELS,
        mistakes=MERGE_MISTAKES,
        hint="Start from zeros. For each weight of `second` add that weight times `first`, moved.",
        praise="Right. Without an activation, a stack is one layer.",
    )
