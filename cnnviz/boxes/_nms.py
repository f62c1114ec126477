"""Non-maximum suppression: of boxes that overlap much, the one with the best score is kept.

Where few are kept, the best are compared with all that are left; where many are, each box is
compared with those near it alone. Which of a block of boxes fall is then decided in turn.
"""

from __future__ import annotations

import heapq
from collections.abc import Generator, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnviz.arrays import as_number, shown
from cnnviz.boxes._geometry import area_of, inside_of
from cnnviz.boxes._inputs import Array, as_boxes, as_labels, as_scores, as_share, like, plain
from cnnviz.boxes._neighbours import Neighbours

__all__ = ["Step", "nms", "nms_steps", "soft_nms"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
#: For each box that is kept: its index, those of the boxes that fall to it, and their IoU.
Falls = Iterator[tuple[int, Indices, Floats]]
#: The same, and in the end the boxes that are left.
Suppression = Generator[tuple[int, Indices, Floats], None, Indices]

_FIRST_BLOCK, _LARGEST_BLOCK = 8, 4096  # boxes that are compared together
# And their pairs. Arrays of 80 kB stay in the processor's cache and in the process's memory: from
# 128 kB on, malloc asks the system for each of them anew.
_MOST_PAIRS = 10_000
# Boxes are compared with all that are left while this costs no more pairs than so many for each box
# at first, and so many for each that is done with: about what a grid's making costs, and its use.
_TRIAL, _ON_A_GRID = 4, 60
_WORTH_COMPARING = 7 / 8  # of the boxes must still be waiting, or else the others are taken out


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
        kept[[i for i, _, _ in _suppress(corners, group, threshold)]] = True
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
    for kept, fallen, ious in _suppress(corners, group, as_share("threshold", threshold)):
        order = np.argsort(fallen)
        steps.append(Step(kept, tuple(fallen[order].tolist()), tuple(ious[order].tolist())))
    return steps


def _checked(boxes: Any, scores: Any, labels: Any) -> tuple[Floats, NDArray[Any], list[Indices]]:
    """Return boxes, scores, and for each label the indices of its boxes by falling score."""
    corners = plain(as_boxes("boxes", boxes, finite=True)).astype(np.float64, copy=False)
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


def _suppress(boxes: Floats, left: Indices, threshold: float) -> Falls:
    """Go through boxes, given by their indices by falling score.

    Yields the index of each box that is kept, those of the boxes that fall to it, and their IoU.
    """
    while len(left := (yield from _among_all(boxes, left, threshold))):
        left = yield from _among_near(boxes, left, threshold)


def _among_all(boxes: Floats, left: Indices, threshold: float) -> Suppression:
    """Compare the best boxes with all that are left, as long as that takes less than a grid.

    Returns the indices of the boxes that are left.
    """
    edges, count, work = boxes[left].T.copy(), len(left), 0
    standing, waiting = np.ones(count, bool), np.arange(count)
    with np.errstate(all="ignore"):  # numbers near the largest that there are
        areas = area_of(*edges)
    while len(waiting) and work <= _TRIAL * count + _ON_A_GRID * (count - len(waiting)):
        if len(waiting) < _WORTH_COMPARING * len(left):
            left, edges, areas = left[waiting], edges.take(waiting, axis=1), areas[waiting]
            standing, waiting = np.ones(len(left), bool), np.arange(len(left))
        block = waiting[: max(1, _MOST_PAIRS // len(left))]
        with np.errstate(all="ignore"):  # these, and boxes of no area
            inside = inside_of(tuple(edges[:, block, None]), tuple(edges[:, None]))
            ious = inside / (areas[block, None] + areas - inside)
        row, second = np.divmod(np.flatnonzero(ious > threshold), len(left))
        worse = standing[second] & (block[row] < second)
        row, second = row[worse], second[worse]
        pairs = block[row], second, ious[row, second]
        for box, fallen, overlaps in _in_turn(block, *pairs, standing):
            yield int(left[box]), left[fallen], overlaps
        standing[block] = False
        waiting = np.flatnonzero(standing)
        work += ious.size
    return left[waiting]


def _among_near(boxes: Floats, left: Indices, threshold: float) -> Suppression:
    """Compare each box with those near it, many at a time, until half of the boxes are done with.

    Returns the indices of the boxes that are left.
    """
    near = Neighbours(boxes[left], threshold)
    standing = np.ones(len(left), bool)
    start, size, waiting = 0, _FIRST_BLOCK, len(left)
    while waiting and 2 * waiting > len(left):
        block = start + np.flatnonzero(standing[start : start + size])
        taken, first, second, ious = _falls(near, block, standing, threshold)
        for box, fallen, overlaps in _in_turn(block[:taken], first, second, ious, standing):
            yield int(left[box]), left[fallen], overlaps
        start = int(block[taken]) if taken < len(block) else start + size
        waiting = int(np.count_nonzero(standing[start:]))
        size = min(2 * size, _LARGEST_BLOCK)
    return left[start:][standing[start:]]


def _falls(
    near: Neighbours, block: Indices, standing: NDArray[np.bool_], threshold: float
) -> tuple[int, Indices, Indices, Floats]:
    """Return the pairs of a better and a worse box that overlap too much, and their IoU."""
    if len(block) == 0:
        return 0, block, block, np.zeros(0)
    taken, first, second = near.pairs(block, _MOST_PAIRS)
    worse = np.flatnonzero(standing[second] & (first < second))
    first, second = first[worse], second[worse]
    ious = near.ious(first, second)
    falls = np.flatnonzero(ious > threshold)
    return taken, first[falls], second[falls], ious[falls]


def _in_turn(
    block: Indices, first: Indices, second: Indices, ious: Floats, standing: NDArray[np.bool_]
) -> Falls:
    """Yield each box of a block that still stands in its turn, and what falls to it."""
    flags = memoryview(standing)  # type: ignore[arg-type]  # the same, faster one by one
    bounds = [*np.searchsorted(first, block).tolist(), len(first)]
    for box, begin, end in zip(block.tolist(), bounds[:-1], bounds[1:], strict=True):
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
