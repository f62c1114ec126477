"""One class's detections: which of them hit, precision and recall, average precision."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnviz.arrays import check_name
from cnnviz.boxes._geometry import iou
from cnnviz.boxes._inputs import Array, as_boxes, as_flags, as_scores, as_share, like, plain
from cnnviz.shapes import whole

__all__ = [
    "METHODS",
    "RECALLS",
    "PrecisionRecall",
    "average_precision",
    "match",
    "precision_recall",
]

Floats = NDArray[np.float64]

METHODS = ("all-points", "11-points", "101-points")

#: COCO's 101 recalls, to the last bit: some of them are not the float nearest to n / 100.
RECALLS = np.linspace(0, 1, 101)


class PrecisionRecall(NamedTuple):
    """Precision and recall when the detections down to each score are taken."""

    precision: Floats
    recall: Floats
    scores: Floats


def match(boxes: Any, scores: Any, objects: Any, threshold: float = 0.5) -> Array:
    """Say which object each detection of a picture finds, as COCO does.

    By falling score, each detection takes the object with the highest IoU, of those that are not
    taken yet and whose IoU with it is at least the threshold.

    Parameters
    ----------
    boxes : (N, 4)
        Detections of one class in one picture.
    scores : (N,)
        Without NaN. Of equal scores the lower index comes first.
    objects : (M, 4)
        The objects of this class in this picture. Of equal IoUs the higher index is taken, as in
        COCO's code.
    threshold : float
        From 0 to 1; an IoU of 0 is never enough.

    Returns
    -------
    ndarray or Tensor of int64, (N,)
        The index of an object, or −1 for a detection that finds none.

    Raises
    ------
    TypeError, ValueError
        For what isn't boxes, scores, or a threshold; for NaN.

    Examples
    --------
    >>> match([[0, 0, 4, 4], [0, 0, 4, 5]], [0.8, 0.9], [[0, 0, 4, 4]])
    array([-1,  0])
    """
    given, found = boxes, plain(as_boxes("boxes", boxes, finite=True))
    truth = plain(as_boxes("objects", objects, finite=True))
    order = _ranked(as_scores("scores", scores, len(found)))
    threshold = as_share("threshold", threshold)
    result = np.full(len(found), -1, np.int64)
    overlaps = iou(found, truth)
    taken = np.zeros(len(truth), bool)
    # Most detections touch no object at all, which is seen of all of them at once.
    for detection in order[overlaps.any(axis=1)[order]].tolist():
        free = np.where(taken, 0, overlaps[detection])
        best = len(free) - 1 - int(free[::-1].argmax())
        if free[best] >= threshold and free[best] > 0:
            result[detection] = best
            taken[best] = True
    return like(result, given)


def precision_recall(scores: Any, hits: Any, objects: int) -> PrecisionRecall:
    """Return precision and recall of one class's detections, down to each score in turn.

    Parameters
    ----------
    scores : (N,)
        Of the detections in all pictures, without NaN.
    hits : (N,) of bool
        Whether each finds an object that no other detection has found: ``match(…) >= 0``.
    objects : int
        How many objects there are, found or not.

    Returns
    -------
    PrecisionRecall
        precision, recall, scores: (N,) each, by falling score. Detections of equal scores are
        points of their own, in the order in which they are given, as everywhere in this field: so
        that order can change the curve.

    Raises
    ------
    TypeError, ValueError
        For what isn't scores, hits or a count; for NaN; for more hits than objects.

    Notes
    -----
    Without objects nothing can be found: recall is NaN then.

    Examples
    --------
    >>> curve = precision_recall([0.9, 0.8, 0.7], [True, False, True], objects=4)
    >>> curve.precision.round(3), curve.recall
    (array([1.   , 0.5  , 0.667]), array([0.25, 0.25, 0.5 ]))
    """
    numbers = as_scores("scores", scores, None).astype(np.float64)
    count = len(numbers)
    order = _ranked(numbers)
    right = as_flags("hits", hits, count, "scores")[order]
    objects = whole("objects", objects, 0)
    if right.sum() > objects:
        raise ValueError(f"hits must be at most as many as objects, {objects}, got {right.sum()}")
    found = np.cumsum(right).astype(np.float64)
    recall = found / objects if objects else np.full(count, np.nan)
    return PrecisionRecall(found / np.arange(1, count + 1), recall, numbers[order])


def average_precision(scores: Any, hits: Any, objects: int, *, method: str = "all-points") -> float:
    """Return the average precision of one class: the area under its curve, without its dents.

    Precision at a recall r is the highest precision at any recall of at least r, and 0 where no
    recall is that high.

    Parameters
    ----------
    scores, hits, objects
        As in :func:`precision_recall`.
    method : str
        - ``"all-points"``: the area itself (VOC from 2010 on).
        - ``"11-points"``: the mean at recall 0, 0.1, …, 1 (VOC until 2009).
        - ``"101-points"``: the mean at recall 0, 0.01, …, 1 (COCO). One of two objects found,
          without a mistake, is 51 / 101 = 0.50495 and not 0.5.

    Returns
    -------
    float
        From 0 to 1. NaN where there are no objects; 0 where there are some and no detections.

    Raises
    ------
    TypeError, ValueError
        As :func:`precision_recall`; for an unknown method.

    References
    ----------
    Everingham et al., "The PASCAL visual object classes challenge", IJCV (2010), section 4.2.

    Examples
    --------
    >>> for method in ("all-points", "11-points", "101-points"):
    ...     print(round(average_precision([0.9], [True], objects=2, method=method), 5))
    0.5
    0.54545
    0.50495
    """
    check_name("method", method, METHODS)
    curve = precision_recall(scores, hits, objects)
    if not objects:
        return float("nan")
    best = np.append(np.maximum.accumulate(curve.precision[::-1])[::-1], 0.0)
    if method == "all-points":
        return float((np.diff(curve.recall, prepend=0) * best[:-1]).sum())
    # n / 10 is the float that a recall of n / 10 is; np.linspace gives another one at 0.3.
    recalls = np.arange(11) / 10 if method == "11-points" else RECALLS
    return float(best[np.searchsorted(curve.recall, recalls)].mean())


def _ranked(scores: NDArray[Any]) -> NDArray[np.intp]:
    """Return indices by falling score; of equal scores the lower index comes first."""
    if np.isnan(scores).any():
        raise ValueError("scores must be numbers, got NaN: leave those detections out first")
    return np.argsort(-scores.astype(np.float64), kind="stable")
