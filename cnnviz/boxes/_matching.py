"""COCO's matching of detections with objects, in all pictures and classes at once.

Every pair of a detection and an object of its picture and class is a row. Greedy matching goes
through the pairs of one picture and class in turn; the first pairs of all pictures and classes
don't touch each other, nor do the second ones, so each turn is a few array operations. What holds
at each threshold is a bit of an integer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnviz.boxes._geometry import overlap_of, ratio_of
from cnnviz.boxes._neighbours import counting
from cnnviz.boxes._tables import Table

__all__ = ["Pairs", "find_pairs", "match_pairs"]

Floats = NDArray[np.float64]
Indices = NDArray[Any]

_MOST_PAIRS = 2**17  # whose IoU is computed at once


class Pairs(NamedTuple):
    """Pairs that overlap enough, by detection, then falling IoU, then falling object."""

    detections: Indices
    objects: Indices
    bits: Indices  # bit t is 1 where the IoU reaches threshold t
    turns: Indices  # the first of its group, the second, …


def find_pairs(
    found: Table, groups: Indices, truth: Table, truth_groups: Indices, thresholds: Floats
) -> Pairs:
    """Return the pairs of one group whose IoU reaches the lowest of the rising thresholds."""
    starts = np.searchsorted(truth_groups, groups, "left")
    counts = np.searchsorted(truth_groups, groups, "right") - starts
    parts = [
        _overlapping(found, truth, detections, starts, counts, thresholds[0])
        for detections in _blocks(counts)
    ]
    first, second, ious = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((-second, -ious, first))
    first, second, ious = first[order], second[order], ious[order]
    bits = (1 << np.searchsorted(thresholds, ious, "right")) - 1
    group = groups[first]
    turns = np.arange(len(group)) - np.searchsorted(group, group)
    return Pairs(first, second, bits, turns)


def _blocks(counts: Indices) -> Iterator[Indices]:
    """Yield detections in blocks of about `_MOST_PAIRS` pairs, at least one block."""
    sofar = np.cumsum(counts)
    total = int(sofar[-1]) if len(sofar) else 0
    cuts = np.searchsorted(sofar, np.arange(_MOST_PAIRS, total, _MOST_PAIRS))
    yield from np.split(np.arange(len(counts)), cuts)


def _overlapping(
    found: Table,
    truth: Table,
    detections: Indices,
    starts: Indices,
    counts: Indices,
    least: float,
) -> tuple[Indices, Indices, Floats]:
    """Return the pairs of some detections whose IoU is at least `least`, and that IoU."""
    counts = counts[detections]
    first = detections.repeat(counts)
    second = starts[detections].repeat(counts) + counting(counts)
    with np.errstate(over="ignore", invalid="ignore"):
        inside, union = overlap_of(found.edges(first), truth.edges(second))
        # In a crowd the union isn't known: what counts is how much of the detection lies in it.
        ious = ratio_of(inside, np.where(truth.crowds[second], found.areas[first], union))
    near = np.flatnonzero(ious >= least)
    return first[near], second[near], ious[near]


def match_pairs(
    pairs: Pairs, found: Table, truth: Table, ignored: NDArray[np.bool_]
) -> tuple[Indices, Indices]:
    """Match greedily; objects that are ignored are taken only where no other one is left.

    Returns
    -------
    matched, lost : ndarray of int64
        For each detection, a bit for each threshold at which it has an object, and one for each
        at which that object is ignored.
    """
    last = ignored[pairs.objects]
    order = np.argsort(2 * pairs.detections + last, kind="stable")
    by_turn = np.argsort(pairs.turns, kind="stable")
    ends = np.flatnonzero(np.diff(pairs.turns[by_turn])) + 1
    matched, lost = np.zeros((2, len(found.scores)), np.int64)
    taken = np.zeros(len(truth.scores), np.int64)
    for turn in np.split(order[by_turn], ends):
        d, o = pairs.detections[turn], pairs.objects[turn]
        free = ~np.where(truth.crowds[o], 0, taken[o])  # a crowd may be taken again
        new = pairs.bits[turn] & free & ~matched[d]
        matched[d] |= new
        taken[o] |= new
        lost[d] |= np.where(ignored[o], new, 0)
    return matched, lost
