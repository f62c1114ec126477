"""Checks for chapter 21, YOLO."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz import boxes
from cnnviz.check._feedback import Feedback
from cnnviz.check._functions import compare_function
from cnnviz.check._mistakes import FunctionRow, ValueRow
from cnnviz.check._values import compare

__all__ = ["average_precision_101", "cell_target", "suppress"]

Array = NDArray[Any]

# --------------------------------------------------------------------------------------
# Which cell owns a box, and what it should say

_CELL = [4, 3, 0.25, 0.5, 4.5, 2]

CELL_TARGET_MISTAKES: list[ValueRow] = [
    (
        [3, 4, 0.25, 0.5, 4.5, 2],
        "Row and column are swapped.",
        "The row comes from y: ⌊36 / 8⌋ = 4.",
    ),
    (
        [4, 3, 0.5, 0.25, 4.5, 2],
        "b_x and b_y are swapped.",
        "b_x is what 26 / 8 has after the point.",
    ),
    ([4, 3, 0.25, 0.5, 2, 4.5], "Height and width are swapped.", "b_h comes before b_w here."),
    (
        [4, 3, 2, 4, 36, 16],
        "Those are pixels.",
        "The unit is a cell: divide by 8.",
    ),
    (
        [4, 3, 26 / 64, 36 / 64, 36 / 64, 16 / 64],
        "Those are shares of the picture, as in chapter 19.",
        "Here the centre is counted from the cell's corner, and the unit is a cell of 8 pixels.",
    ),
    (
        [4, 3, 0.25, 0.5, 36 / 64, 16 / 64],
        "The sides are shares of the picture.",
        "Here their unit is a cell of 8 pixels: they may be above 1.",
    ),
    (
        [2, 2, 0.25, 0.25, 4.5, 2],
        "That is where the box's corner lies.",
        "The cell that holds the centre owns the box.",
    ),
]


def cell_target(answer: object) -> Feedback:
    """Check row, column, b_x, b_y, b_h, b_w of the box (18, 18, 34, 54) in cells of 8 pixels.

    Examples
    --------
    >>> cell_target([3, 4, 0.25, 0.5, 4.5, 2]).message
    'Row and column are swapped.'
    """
    return compare(
        answer,
        _CELL,
        mistakes=CELL_TARGET_MISTAKES,
        hint="The centre is (26, 36). Divide by 8; ⌊ ⌋ is the cell, the rest is the place in it.",
        praise="Right. Sides may be above 1: a box is larger than the cell that owns it.",
    )


# --------------------------------------------------------------------------------------
# Non-maximum suppression


def _suppress(found: Array, scores: Array, threshold: float) -> list[int]:
    return [int(i) for i in boxes.nms(found, scores, threshold)]


def _by_order(
    found: Array, scores: Array, threshold: float, order: Sequence[int], *, dead_count: bool = False
) -> list[int]:
    """Suppress in an order of one's own; perhaps by boxes that are gone themselves, too."""
    overlaps, kept, seen = boxes.iou(found, found), list[int](), list[int]()
    for i in map(int, order):
        if all(overlaps[i, j] <= threshold for j in (seen if dead_count else kept)):
            kept.append(i)
        seen.append(i)
    return kept


def _falling(scores: Array) -> list[int]:
    return [int(i) for i in np.argsort(-scores, kind="stable")]


_CHAIN = np.array([[0.0, 0, 10, 10], [2, 0, 12, 10], [6, 0, 16, 10]])
_HALF = np.array([[0.0, 0, 10, 10], [0, 0, 10, 5], [30, 0, 40, 10]])
_CASES = [
    (_CHAIN, np.array([0.9, 0.8, 0.7]), 0.4),
    (_CHAIN, np.array([0.3, 0.6, 0.5]), 0.4),
    (_CHAIN[::-1].copy(), np.array([0.2, 0.9, 0.4]), 0.2),
    (_HALF, np.array([0.5, 0.7, 0.9]), 0.5),
    (_HALF[:1], np.array([0.1]), 0.5),
    (np.zeros((0, 4)), np.zeros(0), 0.5),
]

SUPPRESS_MISTAKES: list[FunctionRow] = [
    (
        lambda b, s, t: _by_order(b, s, t, _falling(s), dead_count=True),
        "A box that is gone still drops others.",
        "Compare with the boxes that are kept, not with all that came before.",
    ),
    (
        lambda b, s, t: _by_order(b, s, t, range(len(s))),
        "You go through the boxes in the order of the list.",
        "The best score comes first.",
    ),
    (
        lambda b, s, t: _by_order(b, s, t, np.argsort(s, kind="stable").tolist()),
        "You begin with the worst score.",
        "np.argsort sorts upwards; sort by −scores.",
    ),
    (
        lambda b, s, t: sorted(_suppress(b, s, t)),
        "The right boxes, in the order of the list.",
        "Hand them back by falling score, as they are kept.",
    ),
    (
        lambda b, s, t: _by_order(b, s, np.nextafter(t, 0), _falling(s)),
        "An IoU of exactly the threshold is enough for you.",
        "Drop a box whose IoU with a kept one is above the threshold.",
    ),
    (
        lambda b, s, t: [i for i in range(len(s)) if i not in _suppress(b, s, t)],
        "Those are the boxes that are dropped.",
        "Hand back the ones that stay.",
    ),
]


def suppress(answer: object) -> Feedback:
    """Check ``(boxes, scores, threshold) -> kept``: indices by falling score.

    Examples
    --------
    >>> suppress(lambda found, scores, threshold: [0, 1, 2]).status
    'failed'
    """
    return compare_function(
        answer,
        _suppress,
        _CASES,
        mistakes=SUPPRESS_MISTAKES,
        hint="Go by falling score; keep a box if its IoU with each kept one is at most threshold.",
        praise="Right. A dropped box drops nobody: that is why the order matters.",
    )


# --------------------------------------------------------------------------------------
# Average precision at 101 recalls


def _curve(hits: Any) -> tuple[Array, Array]:
    right = np.asarray(hits, bool)
    found = np.cumsum(right)
    return found / np.arange(1, len(right) + 1), found


def _envelope(precision: Array) -> Array:
    return np.maximum.accumulate(precision[::-1])[::-1]


def _at_recalls(precision: Array, recall: Array, recalls: Array) -> float:
    padded = np.append(precision, 0.0)
    return float(padded[np.searchsorted(recall, recalls)].mean())


def _average_precision_101(hits: Any, objects: int) -> float:
    scores = -np.arange(len(hits), dtype=float)
    return boxes.average_precision(scores, np.asarray(hits, bool), objects, method="101-points")


def _area(hits: Any, objects: int) -> float:
    scores = -np.arange(len(hits), dtype=float)
    return boxes.average_precision(scores, np.asarray(hits, bool), objects)


_RECALLS = np.linspace(0, 1, 101)


def _with_dents(hits: Any, objects: int) -> float:
    precision, found = _curve(hits)
    return _at_recalls(precision, found / objects, _RECALLS)


def _at_eleven(hits: Any, objects: int) -> float:
    precision, found = _curve(hits)
    return _at_recalls(_envelope(precision), found / objects, np.arange(11) / 10)


def _of_those_found(hits: Any, objects: int) -> float:
    precision, found = _curve(hits)
    total = max(int(np.sum(hits)), 1)
    return _at_recalls(_envelope(precision), found / total, _RECALLS)


def _at_hits(hits: Any, objects: int) -> float:
    precision, _ = _curve(hits)
    return float(precision[np.asarray(hits, bool)].sum() / objects)


AVERAGE_PRECISION_101_MISTAKES: list[FunctionRow] = [
    (
        _with_dents,
        "You read the curve with its dents.",
        "At a recall r take the highest precision at any recall of at least r.",
    ),
    (_area, "That is the area under the curve.", "Take the mean at recall 0, 0.01, …, 1."),
    (_at_eleven, "That is the mean at 11 recalls.", "COCO takes 101: np.linspace(0, 1, 101)."),
    (
        _of_those_found,
        "Your recall is a share of the objects that were found.",
        "Divide by all objects: those that nobody found count, too.",
    ),
    (
        _at_hits,
        "That is the mean precision at each hit.",
        "Take the mean at recall 0, 0.01, …, 1, of the curve without its dents.",
    ),
    (
        lambda hits, objects: _average_precision_101(hits, objects) * 101 / 100,
        "You divide by 100.",
        "From 0 to 1 in steps of 0.01 there are 101 recalls.",
    ),
]


def average_precision_101(answer: object) -> Feedback:
    """Check ``(hits, objects) -> average precision``, with hits by falling score, as COCO has it.

    Examples
    --------
    >>> average_precision_101(lambda hits, objects: 0.5).status
    'failed'
    """
    return compare_function(
        answer,
        _average_precision_101,
        [
            ([True, False, True, True, False], 4),
            ([True], 2),
            ([False, True, True], 3),
            ([True, True, False, False, True, False, True], 7),
            ([False, False], 1),
            ([True, False, True], 2),
        ],
        mistakes=AVERAGE_PRECISION_101_MISTAKES,
        hint="np.cumsum(hits) gives both; np.maximum.accumulate from the end fills the dents.",
        praise="Right: that is COCO's number for one class and one threshold.",
    )
