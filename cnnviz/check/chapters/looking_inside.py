"""Checks for chapter 17, looking inside."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.check._feedback import Feedback
from cnnviz.check._functions import compare_function
from cnnviz.check._mistakes import FunctionRow, ValueRow
from cnnviz.check._values import compare

__all__ = ["guided_relu", "heat_map", "smallest_nudge"]

Array = NDArray[Any]

# --------------------------------------------------------------------------------------
# A guided ReLU


def _guided_relu(g: Array, x: Array) -> Array:
    """Return what is positive, where the input was."""
    return np.where((g > 0) & (x > 0), g, 0)


_PASSED = [
    (np.array([5.0, 4, -6, -7]), np.array([2.0, -1, 3, -2])),
    (np.array([[1.0, -2], [3, 4]]), np.array([[0.0, 1], [2, -3]])),
    (np.array([0.5, 2, -1, 0, 3]), np.array([1.0, 0, 0, 4, 0.25])),
]

GUIDED_RELU_MISTAKES: list[FunctionRow] = [
    (
        lambda g, x: np.where(x > 0, g, 0),
        "That is the slope itself.",
        "A guided ReLU also stops what comes back negative.",
    ),
    (
        lambda g, x: np.where(g > 0, g, 0),
        "That is the deconvolution's rule.",
        "A guided ReLU also asks whether its input x was positive.",
    ),
    (
        lambda g, x: np.where((g > 0) & (x >= 0), g, 0),
        "You pass where x is 0.",
        "There the ReLU is flat, as PyTorch has it: nothing passes.",
    ),
    (
        lambda g, x: np.where((g > 0) & (x > 0), x, 0),
        "You pass x back.",
        "Where both are positive, what came back, g, goes on.",
    ),
    (
        lambda g, x: np.where((g > 0) & (x > 0), 1, 0),
        "You pass 1 back.",
        "Where both are positive, what came back, g, goes on.",
    ),
    (
        lambda g, x: np.where((g > 0) & (x > 0), g * x, 0),
        "You multiply by x.",
        "The slope of a ReLU is 1 where its input is positive, not x.",
    ),
    (
        lambda g, x: np.where(x > 0, np.abs(g), 0),
        "You take the size of what comes back.",
        "What is negative becomes 0.",
    ),
]


def guided_relu(answer: object) -> Feedback:
    """Check ``(g, x) -> array``: what a guided ReLU passes back.

    Examples
    --------
    >>> guided_relu(lambda g, x: np.where(x > 0, g, 0)).message
    'That is the slope itself.'
    """
    return compare_function(
        answer,
        _guided_relu,
        _PASSED,
        mistakes=GUIDED_RELU_MISTAKES,
        hint="Two conditions, g > 0 and x > 0; np.where(both, g, 0).",
        praise="Right. It is no slope of anything: the score may well fall along it.",
    )


# --------------------------------------------------------------------------------------
# Grad-CAM of two maps

HEAT_MAP_MISTAKES: list[ValueRow] = [
    (
        np.array([[0.0, 8], [0, 0]]),
        "Your map is 4 times too large.",
        "Grad-CAM weights by the slope at each place: a mean over 4 places has w / 4.",
    ),
    (
        np.array([[-1.0, 8], [-3, 0]]),
        "That is CAM.",
        "Grad-CAM divides the weights by the number of places, and cuts off what is negative.",
    ),
    (
        np.array([[-0.25, 2], [-0.75, 0]]),
        "The ReLU is missing.",
        "What speaks against the class is cut off.",
    ),
    (
        np.array([[0.5, 0], [1.5, 0]]),
        "That is the map of the class in the text.",
        "Its weights are 2 and −1; this one's are −1 and 2.",
    ),
    (
        np.array([[0.5, 0], [1.5, -0.25]]),
        "Your weights are swapped.",
        "The first map has −1, the second 2.",
    ),
    (
        np.array([[0.25, 2], [0.75, 0]]),
        "You lost a sign.",
        "The first map is weighted with −1: it speaks against the class.",
    ),
]


def heat_map(answer: object) -> Feedback:
    """Check the Grad-CAM of the maps [[1, 0], [3, 0]] and [[0, 4], [0, 0]], weights −1 and 2.

    Examples
    --------
    >>> heat_map([[-1, 8], [-3, 0]]).message
    'That is CAM.'
    """
    return compare(
        answer,
        np.array([[0.0, 2], [0, 0]]),
        mistakes=HEAT_MAP_MISTAKES,
        hint="α = (−1/4, 2/4). Add up α₁A₁ + α₂A₂, then ReLU.",
        praise="Right. Where the other class saw something, this one has nothing to show.",
    )


# --------------------------------------------------------------------------------------
# The smallest step that undoes a linear score


def _smallest_nudge(w: Array, x: Array, b: float) -> float:
    return float(abs(np.sum(w * x) + b) / np.sum(np.abs(w)))


_SCORES = [
    (np.array([2.0, -1, 3, -2]), np.array([0.5, 0.5, 0.25, 0.5]), 0.0),
    (np.array([2.0, -1, 3, -2]), np.array([0.5, 0.5, 0.25, 0.5]), -1.0),
    (np.array([1.0, 1, -3]), np.array([0.2, 0.4, 0.9]), 0.5),
    (np.array([0.5]), np.array([0.25]), 1.0),
]

SMALLEST_NUDGE_MISTAKES: list[FunctionRow] = [
    (
        lambda w, x, b: (np.sum(w * x) + b) / np.sum(np.abs(w)),
        "Your ε can be negative.",
        "A score below 0 has to rise: take the size of the score.",
    ),
    (
        lambda w, x, b: abs(np.sum(w * x)) / np.sum(np.abs(w)),
        "You left b out.",
        "The score is Σ wᵢxᵢ + b.",
    ),
    (
        lambda w, x, b: abs(np.sum(w * x) + b) / np.sqrt(np.sum(w**2)),
        "That is how far x is from the line where the score is 0, in a straight line.",
        "Here each pixel moves by up to ε on its own: the sizes |wᵢ| add up.",
    ),
    (
        lambda w, x, b: abs(np.sum(w * x) + b) / np.max(np.abs(w)),
        "That moves one pixel alone.",
        "All pixels move at once; each changes the score by ε |wᵢ|.",
    ),
    (
        lambda w, x, b: abs(np.sum(w * x) + b) / abs(np.sum(w)),
        "You move all pixels in one direction.",
        "Each moves in the direction that its own weight's sign asks for.",
    ),
    (
        lambda w, x, b: abs(np.sum(w * x) + b) / np.mean(np.abs(w)),
        "You divide by the mean of |w|.",
        "The changes add up: divide by their sum.",
    ),
]


def smallest_nudge(answer: object) -> Feedback:
    """Check ``(w, x, b) -> ε``: the smallest step in every pixel that brings a score to 0.

    Examples
    --------
    >>> smallest_nudge(lambda w, x, b: abs(np.sum(w * x)) / np.sum(np.abs(w))).message
    'You left b out.'
    """
    return compare_function(
        answer,
        _smallest_nudge,
        _SCORES,
        mistakes=SMALLEST_NUDGE_MISTAKES,
        hint="Against the score, a step of ε changes it by ε Σ|wᵢ|. When is that |score|?",
        praise="Right: FGSM is the best attack on a linear score.",
    )
