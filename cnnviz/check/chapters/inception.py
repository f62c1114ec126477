"""Checks for chapter 15, Inception."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.check._feedback import Feedback
from cnnviz.check._functions import compare_function
from cnnviz.check._mistakes import FunctionRow, ValueRow
from cnnviz.check._values import compare

__all__ = ["branch_parameters", "one_layer", "widest_bottleneck"]

Array = NDArray[Any]

# --------------------------------------------------------------------------------------
# The 5×5 branch of GoogLeNet's module 3b

_THIN, _FIVE = 256 * 32, 25 * 32 * 96

BRANCH_PARAMETERS_MISTAKES: list[ValueRow] = [
    (_THIN + _FIVE, "You forgot the biases.", "Each of the 32 and each of the 96 maps has one."),
    (_THIN + _FIVE + 96, "You forgot the biases of the 1×1 layer.", "It has 32, one for each map."),
    (_THIN + _FIVE + 32, "You forgot the biases of the 5×5 layer.", "It has 96, one for each map."),
    (_FIVE + 96, "You forgot the 1×1 layer.", "It has 256 · 32 weights and 32 biases."),
    (
        25 * 256 * 96 + 96,
        "Your 5×5 reads all 256 maps.",
        "It reads what the 1×1 layer gives, 32.",
    ),
    (
        _THIN + 32 + 25 * 256 * 96 + 96,
        "Your 5×5 reads all 256 maps.",
        "It reads what the 1×1 layer gives, 32.",
    ),
    (
        _THIN + 32 + 9 * 32 * 96 + 96,
        "Your kernel is 3×3.",
        "That is torchvision's form; here the branch has the paper's 5×5.",
    ),
    (_THIN + 32 + 5 * 32 * 96 + 96, "Your kernel has 5 weights a map.", "It has 5 · 5."),
]


def branch_parameters(answer: object) -> Feedback:
    """Check the parameters of 256 maps through 1×1 to 32 and through 5×5 to 96.

    Examples
    --------
    >>> branch_parameters(85_120 - 128).message
    'You forgot the biases.'
    """
    return compare(
        answer,
        _THIN + 32 + _FIVE + 96,
        mistakes=BRANCH_PARAMETERS_MISTAKES,
        hint="Two layers: 1×1 from 256 to 32 maps, and 5×5 from 32 to 96, each map with a bias.",
        praise="Right: a seventh of the 614 496 that 5×5 kernels on all 256 maps would have.",
    )


# --------------------------------------------------------------------------------------
# How wide a bottleneck may be


def _widest_bottleneck(before: int, after: int, kernel: int) -> int:
    """Return the largest r with r (C + k² K) < k² C K."""
    return (kernel**2 * before * after - 1) // (before + kernel**2 * after)


WIDEST_BOTTLENECK_MISTAKES: list[FunctionRow] = [
    (
        lambda before, after, kernel: kernel**2 * before * after // (before + kernel**2 * after),
        "You count equal work as less.",
        "The two layers must make fewer multiply–adds; where the division leaves nothing over, "
        "take one map less.",
    ),
    (
        lambda before, after, kernel: _widest_bottleneck(before, after, kernel) + 1,
        "Your bottleneck is one map too wide.",
        "Round down.",
    ),
    (
        lambda before, after, kernel: kernel**2 * before * after / (before + kernel**2 * after),
        "Maps are whole numbers.",
        "Which is the last whole r with fewer multiply–adds?",
    ),
    (
        lambda before, after, kernel: (kernel * before * after - 1) // (before + kernel * after),
        "You took k for k².",
        "A kernel of side k has k² weights for each map.",
    ),
    (
        lambda before, after, kernel: before - 1,
        "You left out what the 1×1 layer costs.",
        "It makes before · r multiply–adds at each pixel.",
    ),
    (
        lambda before, after, kernel: _widest_bottleneck(after, before, kernel),
        "You swapped what comes in and what goes out.",
        "The 1×1 reads `before` maps, and the large kernel gives `after`.",
    ),
]


def widest_bottleneck(answer: object) -> Feedback:
    """Check ``(before, after, kernel) -> r``: the widest bottleneck that still saves work.

    Examples
    --------
    >>> widest_bottleneck(lambda c, k, side: side**2 * c * k // (c + side**2 * k)).message
    'You count equal work as less.'
    """
    return compare_function(
        answer,
        _widest_bottleneck,
        # Of these, (2, 2, 1) and (9, 8, 3) come out even: there equal work is possible.
        [(192, 32, 5), (192, 128, 3), (256, 96, 5), (2, 2, 1), (9, 8, 3), (1, 4, 3), (64, 7, 3)],
        mistakes=WIDEST_BOTTLENECK_MISTAKES,
        hint="r · (before + k² · after) must be below k² · before · after.",
        praise="Right. From 192 maps to 128 by 3×3 kernels it may be 164 wide; GoogLeNet has 96.",
    )


# --------------------------------------------------------------------------------------
# Branches as one layer


def _one_layer(w1: Array, w3: Array, w5: Array) -> Array:
    """Return all kernels, framed by zeros to 5×5, in the branches' order."""
    return np.concatenate([_framed(w) for w in (w1, w3, w5)])


def _framed(weight: Array, place: str = "middle") -> Array:
    room = 5 - weight.shape[-1]
    before = {"middle": room // 2, "corner": 0}[place]
    return np.pad(weight, [(0, 0), (0, 0)] + [(before, room - before)] * 2)


def _branch(rng: np.random.Generator, maps: int, channels: int, side: int) -> Array:
    return rng.integers(-9, 10, (maps, channels, side, side)).astype(float)


_RNG = np.random.default_rng(15)
_BRANCHES = [
    tuple(_branch(_RNG, maps, channels, side) for maps, side in zip(counts, (1, 3, 5), strict=True))
    for counts, channels in [((2, 3, 1), 2), ((1, 1, 1), 3), ((4, 2, 3), 1)]
]

ONE_LAYER_MISTAKES: list[FunctionRow] = [
    (
        lambda w1, w3, w5: np.concatenate([_framed(w, "corner") for w in (w1, w3, w5)]),
        "Your small kernels stand in the upper left corner.",
        "Each has to look at the pixel in the middle: put as many zeros before it as behind it.",
    ),
    (
        lambda w1, w3, w5: np.concatenate([_framed(w) for w in (w5, w3, w1)]),
        "Your branches are in another order.",
        "First the maps of the 1×1, then of the 3×3, then of the 5×5.",
    ),
    (
        lambda w1, w3, w5: np.concatenate(
            [np.repeat(np.repeat(w1, 5, -1), 5, -2), _framed(w3), w5]
        ),
        "You repeat the 1×1 weight in all 25 places.",
        "It reads one pixel: the others get weight 0.",
    ),
    (
        lambda w1, w3, w5: np.concatenate([_framed(w)[..., ::-1, ::-1] for w in (w1, w3, w5)]),
        "Your kernels are turned round.",
        "A layer doesn't flip its kernels; leave them as they are.",
    ),
]


def one_layer(answer: object) -> Feedback:
    """Check ``(w1, w3, w5) -> weights``: branches of 1×1, 3×3 and 5×5 as one 5×5 layer.

    Examples
    --------
    >>> one_layer(lambda w1, w3, w5: _one_layer(w1, w3, w5)[..., ::-1, ::-1]).message
    'Your kernels are turned round.'
    """
    return compare_function(
        answer,
        _one_layer,
        _BRANCHES,
        mistakes=ONE_LAYER_MISTAKES,
        hint="Surround a 1×1 by two rings of zeros, a 3×3 by one, and join along the first axis.",
        praise="Right. A module without bottlenecks is a 5×5 layer with weights held at 0.",
    )
