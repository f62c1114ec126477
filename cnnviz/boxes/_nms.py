"""Non-maximum suppression: of boxes that overlap much, the one with the best score is kept.

Each box is compared with those near it alone, many boxes at a time; which of them fall is then
decided in turn.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnviz.arrays import as_number, shown
from cnnviz.boxes._inputs import Array, as_boxes, as_labels, as_scores, as_share, like, plain
from cnnviz.boxes._neighbours import Neighbours

__all__ = ["Step", "nms", "nms_steps", "soft_nms"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


_FIRST_BLOCK, _LARGEST_BLOCK = 32, 4096  # boxes looked at together
_MOST_PAIRS = 2**17  # and their pairs


class Step(NamedTuple):
    """One step of suppression: the box that is kept, the boxes that fall to it, and their IoU."""

    kept: int
    fallen: tuple[int, ...]
    ious: tuple[float, ...]


def nms(boxes: Any, scores: Any, threshold: float = 0.5, *, labels: Any = None) -> Array:
    """Keep the box with the best score, drop all that overlap it too much, and so on.

    Parameters
    ----------
    boxes : (N, 4)
        ``(x1, y1, x2, y2)``, finite. A box of no area overlaps none: it neither falls nor fells.
    scores : (N,)
        A box whose score is NaN is never kept and fells none. Infinities are ranked as they are.
    threshold : float
        From 0 to 1. A box falls if its IoU with one that is kept is **above** it.
    labels : (N,) of int, optional
        Only boxes of one label fell each other.

    Returns
    -------
    ndarray or Tensor of int64, (K,)
        Indices of the boxes that are kept, by falling score; of equal scores the lower index comes
        first. A tensor on the boxes' device, if they are one.

    Raises
    ------
    TypeError, ValueError
        For what isn't boxes, scores, labels or a threshold; for NaN or infinity in a box.

    Notes
    -----
    IoU is computed in float64, whatever the boxes are in. Memory grows with N; time with the boxes
    near each one that is kept.

    Examples
    --------
    >>> nms([[0, 0, 4, 4], [1, 0, 5, 4], [8, 8, 9, 9]], [0.8, 0.9, 0.7])
    array([1, 2])
    """
    given, (corners, scores, groups) = boxes, _checked(boxes, scores, labels)
    threshold = as_share("threshold", threshold)
    kept = np.zeros(len(corners), bool)
    for group in groups:
        kept[group[[i for i, _, _ in _suppress(corners[group], threshold)]]] = True
    # Groups hold their boxes by falling score; together they are sorted once more.
    return like(_ranked(scores, np.flatnonzero(kept)), given)


def soft_nms(
    boxes: Any, scores: Any, *, sigma: float = 0.5, threshold: float = 0.001, labels: Any = None
) -> tuple[Array, Array]:
    """Lower the scores of boxes that overlap a better one, rather than drop them.

    In turn the box with the best score is kept, and the score of each that is left is multiplied
    by exp(−IoU² / σ), until no score reaches the threshold.

    Parameters
    ----------
    boxes, scores, labels
        As in :func:`nms`; scores at least 0, and finite or NaN.
    sigma : float
        Above 0. The smaller, the faster scores fall.
    threshold : float
        At least 0. Boxes with a score below it are dropped.

    Returns
    -------
    kept : ndarray or Tensor of int64, (K,)
        By falling new score; of equal ones the lower index comes first.
    scores : ndarray or Tensor, (K,)
        The new scores of those, in the precision that they were given in.

    Raises
    ------
    TypeError, ValueError
        As in :func:`nms`; for a negative or infinite score; for a sigma or a threshold that isn't
        allowed.

    Notes
    -----
    As every box may be kept, a million of them take minutes, and no N × N memory.

    References
    ----------
    Bodla, Singh, Chellappa and Davis, "Soft-NMS: improving object detection with one line of
    code", ICCV (2017). The weights are those of its Gaussian penalty.

    Examples
    --------
    >>> kept, scores = soft_nms([[0, 0, 4, 4], [1, 0, 5, 4], [8, 8, 9, 9]], [0.8, 0.9, 0.7])
    >>> kept, scores.round(2)
    (array([1, 2, 0]), array([0.9 , 0.7 , 0.39]))
    """
    given, (corners, numbers, groups) = boxes, _checked(boxes, scores, labels)
    sigma, threshold = as_number("sigma", sigma), as_number("threshold", threshold)
    if sigma <= 0:
        raise ValueError(f"sigma must be above 0, got {shown(sigma)}")
    if threshold < 0:
        raise ValueError(f"threshold must be at least 0, got {shown(threshold)}")
    if (bad := (numbers < 0) | np.isinf(numbers)).any():
        raise ValueError(f"scores must be at least 0 and finite, got {numbers[bad][0]}")
    lowered = numbers.astype(np.float64)
    kept = np.zeros(len(corners), bool)
    for group in groups:
        new = _decay(corners[group], lowered[group], sigma, threshold)
        lowered[group] = new
        kept[group[new >= threshold]] = True
    order = _ranked(lowered, np.flatnonzero(kept))
    return like(order, given), like(lowered[order].astype(numbers.dtype), given)


def nms_steps(boxes: Any, scores: Any, threshold: float = 0.5) -> list[Step]:
    """Return what :func:`nms` does, a record for each box that is kept.

    Returns
    -------
    list of Step
        `kept` is the box's index, `fallen` the indices of the boxes that fall to it, in rising
        order, `ious` their IoU with it.

    Examples
    --------
    >>> for step in nms_steps([[0, 0, 4, 4], [1, 0, 5, 4], [8, 8, 9, 9]], [0.8, 0.9, 0.7]):
    ...     print(step)
    Step(kept=1, fallen=(0,), ious=(0.6,))
    Step(kept=2, fallen=(), ious=())
    """
    corners, _, (group,) = _checked(boxes, scores, None)
    steps = []
    for kept, fallen, ious in _suppress(corners[group], as_share("threshold", threshold)):
        order = np.argsort(group[fallen])
        indices, values = group[fallen][order].tolist(), ious[order].tolist()
        steps.append(Step(int(group[kept]), tuple(indices), tuple(values)))
    return steps


def _checked(boxes: Any, scores: Any, labels: Any) -> tuple[Floats, NDArray[Any], list[Indices]]:
    """Return boxes, scores, and for each label the indices of its boxes by falling score."""
    corners = plain(as_boxes("boxes", boxes, finite=True)).astype(np.float64)
    numbers = as_scores("scores", scores, len(corners))
    order = _ranked(numbers, np.flatnonzero(~np.isnan(numbers)))
    if labels is None:
        return corners, numbers, [order]
    classes = as_labels("labels", labels, len(corners))[order]
    by_class = np.argsort(classes, kind="stable")
    ends = np.flatnonzero(np.diff(classes[by_class])) + 1
    return corners, numbers, np.split(order[by_class], ends)


def _ranked(scores: NDArray[Any], indices: Indices) -> Indices:
    """Return indices, which rise, by falling score; of equal scores the lower index comes first."""
    return indices[np.argsort(-scores[indices].astype(np.float64), kind="stable")]


def _suppress(boxes: Floats, threshold: float) -> Iterator[tuple[int, Indices, Floats]]:
    """Go through boxes that are sorted by falling score.

    Yields the index of each box that is kept, those of the boxes that fall to it, and their IoU.
    """
    near = Neighbours(boxes, threshold)
    standing = np.ones(len(boxes), bool)
    flags = memoryview(standing)  # type: ignore[arg-type]  # the same, faster one by one
    start, size = 0, _FIRST_BLOCK
    while start < len(boxes):
        block = start + np.flatnonzero(standing[start : start + size])
        start += size
        if len(block) == 0:
            continue
        taken, first, second = near.pairs(block, _MOST_PAIRS)
        if taken < len(block):
            start = int(block[taken])
        size = min(2 * size, _LARGEST_BLOCK)
        worse = standing[second] & (first < second)
        first, second = first[worse], second[worse]
        ious = near.ious(first, second)
        falls = ious > threshold
        first, second, ious = first[falls], second[falls], ious[falls]
        bounds = [*np.searchsorted(first, block[:taken]).tolist(), len(first)]
        for box, begin, end in zip(block[:taken].tolist(), bounds[:-1], bounds[1:], strict=True):
            if not flags[box]:
                continue
            fallen, overlaps = second[begin:end], ious[begin:end]
            if begin < end:
                new = standing[fallen]
                fallen, overlaps = fallen[new], overlaps[new]
                standing[fallen] = False
            yield box, fallen, overlaps


def _decay(boxes: Floats, scores: Floats, sigma: float, threshold: float) -> Floats:
    """Return the new scores of boxes that are sorted by falling score; −1 for those dropped."""
    near = Neighbours(boxes, 0.0)
    current, final = scores.copy(), np.full(len(scores), -1.0)
    # Scores only fall. So a heap's best entry is the best box, if its score still holds; else it
    # goes back with the score that it has by now.
    heap = [(-score, box) for box, score in enumerate(scores.tolist())]
    while heap and -heap[0][0] >= threshold:
        score, box = -heap[0][0], heap[0][1]
        if current[box] < score:
            heapq.heapreplace(heap, (-float(current[box]), box))
            continue
        heapq.heappop(heap)
        final[box] = score
        if near.has_area[box]:
            _, first, second = near.pairs(np.array([box]), 0)
            with np.errstate(over="ignore"):  # IoU² / σ may be infinite, which leaves a score of 0
                current[second] *= np.exp(-np.square(near.ious(first, second)) / sigma)
    return final
