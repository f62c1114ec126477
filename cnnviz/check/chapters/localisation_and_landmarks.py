"""Checks for chapter 19, localisation and landmarks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz import ops
from cnnviz.check._feedback import Feedback
from cnnviz.check._functions import compare_function
from cnnviz.check._mistakes import FunctionRow, ValueRow
from cnnviz.check._values import compare

__all__ = ["box_target", "localisation_loss", "overlap", "softmax_square_gradient"]

Array = NDArray[Any]

# --------------------------------------------------------------------------------------
# A target by hand: a picture of 40×80, a car from (16, 6) to (56, 22)

_TARGET = np.array([1, 0.45, 0.35, 0.4, 0.5, 0, 1, 0])


def _changed(**numbers: Any) -> Array:
    """Return the target with some of its numbers replaced."""
    places = {"p": slice(0, 1), "centre": slice(1, 3), "sides": slice(3, 5), "c": slice(5, 8)}
    changed = _TARGET.copy()
    for name, value in numbers.items():
        changed[places[name]] = value
    return changed


BOX_TARGET_MISTAKES: list[ValueRow] = [
    (
        _changed(sides=[0.5, 0.4]),
        "Height and width are swapped.",
        "The height comes first: b_h, then b_w.",
    ),
    (_changed(centre=[0.35, 0.45]), "b_x and b_y are swapped.", "x first, along the width."),
    (
        _changed(centre=[0.2, 0.15]),
        "That is the upper left corner.",
        "b_x and b_y are the box's centre.",
    ),
    (
        _changed(centre=[36, 14], sides=[16, 40]),
        "Those are pixels.",
        "Divide x by the picture's width and y by its height.",
    ),
    (
        _changed(centre=[0.9, 0.175], sides=[0.2, 1]),
        "You divided x by the height and y by the width.",
        "x goes along the width, 80.",
    ),
    (_changed(c=[1, 0, 0]), "That says pedestrian.", "The classes: pedestrian, car, motorcycle."),
    (_changed(c=[0, 2, 0]), "The class is marked by a 1.", "c₂ = 1, the others 0."),
    (_changed(p=0), "p_c says whether there is an object.", "There is one: p_c = 1."),
]


def box_target(answer: object) -> Feedback:
    """Check the eight numbers of the first exercise.

    Examples
    --------
    >>> box_target([1, 0.45, 0.35, 0.5, 0.4, 0, 1, 0]).message
    'Height and width are swapped.'
    """
    return compare(
        answer,
        _TARGET,
        mistakes=BOX_TARGET_MISTAKES,
        hint="p_c, then the centre (x, y) and height, width as shares, then a 1 for the car.",
        praise="Right.",
    )


# --------------------------------------------------------------------------------------
# The loss with a branch


def _errors(output: Array, target: Array) -> Array:
    return (np.asarray(output) - target) ** 2


def _localisation_loss(output: Array, target: Array) -> float:
    squares = _errors(output, target)
    return float(squares.sum() if target[0] == 1 else squares[0])


_PAIRS = [
    (np.array([0.8, 0.5, 0.3, 0.4, 0.6, 0.1, 0.7, 0.2]), _TARGET),
    (np.array([0.3, 0.5, 0.9, 0.2, 0.1, 0.4, 0.3, 0.3]), np.zeros(8)),
    (np.array([0.1, 0.2, 0.4, 0.5, 0.3, 0.8, 0.1, 0.1]), np.array([1, 0, 1, 0.5, 1, 1, 0, 0])),
    (np.array([0.9, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]), np.zeros(8)),
]

LOCALISATION_LOSS_MISTAKES: list[FunctionRow] = [
    (
        lambda output, target: float(_errors(output, target).sum()),
        "Your loss counts a box where there is none.",
        "If target[0] is 0, only the first term counts.",
    ),
    (
        lambda output, target: float(
            _errors(output, target).sum() if output[0] > 0.5 else _errors(output, target)[0]
        ),
        "You branch on what the network says.",
        "Branch on target[0]: the truth.",
    ),
    (
        lambda output, target: float(
            _errors(output, target)[1:].sum() if target[0] == 1 else _errors(output, target)[0]
        ),
        "With an object, your p_c counts nothing.",
        "All eight terms count then.",
    ),
    (
        lambda output, target: float(_errors(output, target).sum() if target[0] == 1 else 0),
        "Without an object, your loss is 0.",
        "The first term always counts: else p_c is never taught to be 0.",
    ),
    (
        lambda output, target: _localisation_loss(output, target) / (8 if target[0] == 1 else 1),
        "You took the mean.",
        "The slide adds the terms up.",
    ),
    (
        lambda output, target: float(
            np.abs(output - target).sum() if target[0] == 1 else np.abs(output[0] - target[0])
        ),
        "You didn't square.",
        "Each term is (ŷ − y)².",
    ),
]


def localisation_loss(answer: object) -> Feedback:
    """Check ``(output, target) -> loss``: eight numbers each, squared error with the branch.

    Examples
    --------
    >>> localisation_loss(lambda output, target: ((output - target) ** 2).sum()).message
    'Your loss counts a box where there is none.'
    """
    return compare_function(
        answer,
        _localisation_loss,
        _PAIRS,
        mistakes=LOCALISATION_LOSS_MISTAKES,
        hint="The sum of all eight squares if target[0] is 1, the first square alone if it is 0.",
        praise="Right.",
    )


# --------------------------------------------------------------------------------------
# Intersection over union


def _parts(a: Any, b: Any, clamp: bool = True, more: float = 0) -> tuple[float, float, float]:
    """Return the overlap of two boxes, and the area of each."""
    width = min(a[2], b[2]) - max(a[0], b[0]) + more
    height = min(a[3], b[3]) - max(a[1], b[1]) + more
    if clamp:
        width, height = max(width, 0), max(height, 0)
    areas = [(box[2] - box[0] + more) * (box[3] - box[1] + more) for box in (a, b)]
    return float(width * height), float(areas[0]), float(areas[1])


def _overlap(a: Any, b: Any) -> float:
    shared, first, second = _parts(a, b)
    return shared / (first + second - shared)


def _unclamped(a: Any, b: Any) -> float:
    shared, first, second = _parts(a, b, clamp=False)
    return shared / (first + second - shared)


def _ratio(shared: float, whole: float) -> float:
    return shared / whole


_BOXES = [
    ((0, 0, 4, 3), (2, 1, 6, 4)),
    ((1, 1, 3, 5), (1, 1, 3, 5)),
    ((0, 0, 2, 2), (3, 3, 5, 6)),  # apart along both axes
    ((0, 0, 2, 4), (2, 0, 5, 4)),  # side by side
    ((0, 0, 8, 6), (2, 1, 4, 3)),  # one in the other
    ((5, 0, 9, 3), (0, 1, 4, 2)),
]

OVERLAP_MISTAKES: list[FunctionRow] = [
    (
        _unclamped,
        "Boxes that lie apart must give 0.",
        "A negative width times a negative height is positive: max(0, …) for each.",
    ),
    (
        lambda a, b: _ratio(_parts(a, b)[0], sum(_parts(a, b)[1:])),
        "You counted the overlap twice.",
        "Union: both areas, less the overlap.",
    ),
    (
        lambda a, b: _ratio(_parts(a, b)[0], min(_parts(a, b)[1:])),
        "You divided by the smaller box.",
        "Divide by the union.",
    ),
    (
        lambda a, b: _parts(a, b)[0],
        "That is the overlap's area.",
        "Divide it by the union's.",
    ),
    (
        lambda a, b: _ratio(
            _parts(a, b, more=1)[0], sum(_parts(a, b, more=1)[1:]) - _parts(a, b, more=1)[0]
        ),
        "You added 1 to each side.",
        "Coordinates are continuous: a box from 0 to 4 is 4 wide.",
    ),
]


def overlap(answer: object) -> Feedback:
    """Check ``(a, b) -> iou``: two boxes (x1, y1, x2, y2) with an area.

    Examples
    --------
    >>> overlap(_unclamped).message
    'Boxes that lie apart must give 0.'
    """
    return compare_function(
        answer,
        _overlap,
        _BOXES,
        mistakes=OVERLAP_MISTAKES,
        hint="max(0, …) of the overlap's width and height, their product over the union.",
        praise="Right, for boxes that lie apart, too.",
    )


# --------------------------------------------------------------------------------------
# The gradient of a squared error behind softmax


def _softmax_square_gradient(z: Array, target: Array) -> Array:
    return ops.softmax_backward(2 * (ops.softmax(z) - target), z)


def _slip(z: Array, target: Array, kind: str) -> Array:
    p = ops.softmax(z)
    wrong: dict[str, Array] = {
        "outer": 2 * (p - target),
        "cross-entropy": p - target,
        "diagonal": 2 * (p - target) * p * (1 - p),
        "raw": 2 * (z - target),
        "half": _softmax_square_gradient(z, target) / 2,
    }
    return wrong[kind]


_SCORES = [
    (np.array([2.0, 0, -1]), np.array([1.0, 0, 0])),
    (np.array([2.0, 0, -1]), np.array([0.0, 0, 1])),
    (np.array([0.5, 0.5]), np.array([0.0, 1])),
    (np.array([-1.0, 3, 1, 0]), np.array([1.0, 0, 0, 0])),
]

SOFTMAX_SQUARE_GRADIENT_MISTAKES: list[FunctionRow] = [
    (
        lambda z, t: _slip(z, t, "outer"),
        "That is the derivative by p.",
        "Each p depends on every z: go on through softmax.",
    ),
    (
        lambda z, t: _slip(z, t, "cross-entropy"),
        "That is cross-entropy's gradient.",
        "Begin with 2(p − t), then through softmax.",
    ),
    (
        lambda z, t: _slip(z, t, "diagonal"),
        "You left out how a z moves the other p.",
        "p ∘ (g − Σ g p), with g = 2(p − t).",
    ),
    (
        lambda z, t: _slip(z, t, "raw"),
        "You left out softmax.",
        "p = softmax(z), and g = 2(p − t).",
    ),
    (
        lambda z, t: _slip(z, t, "half"),
        "You lost the square's factor 2.",
        "The derivative of (p − t)² is 2(p − t).",
    ),
]


def softmax_square_gradient(answer: object) -> Feedback:
    """Check ``(z, target) -> dz``: the gradient of Σ (softmax(z) − target)².

    Examples
    --------
    >>> softmax_square_gradient(lambda z, t: ops.softmax(z) - t).message
    "That is cross-entropy's gradient."
    """
    return compare_function(
        answer,
        _softmax_square_gradient,
        _SCORES,
        mistakes=SOFTMAX_SQUARE_GRADIENT_MISTAKES,
        hint="g = 2(p − t), then p ∘ (g − Σ g p).",
        praise="Right. Each number has a factor p: a class given up for lost is not taught.",
    )
