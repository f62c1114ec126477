"""Which boxes may overlap which: a grid over their centres, so that nothing is N × N.

Two boxes whose IoU is above t have centres close to each other. With sides w and w′, the overlap of
the sides is more than t times the longer one. So w′ < w / t, and the centres are less than
(w + w′)/2 − t max(w, w′) apart. For t ≥ ½ that is at most (1 − t) w.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.boxes._geometry import ious_of

__all__ = ["Neighbours", "counting"]

Floats = NDArray[np.float64]
Indices = NDArray[Any]

_BOXES_IN_A_CELL = 4


class Neighbours:
    """The boxes of a list, each of which knows those that it may overlap by more than a threshold.

    Boxes of no area are nobody's neighbours.
    """

    @np.errstate(all="ignore")  # numbers near the largest that there are
    def __init__(self, boxes: Floats, threshold: float) -> None:
        self.edges = tuple(np.ascontiguousarray(boxes.T))
        lows, highs = self.edges[:2], self.edges[2:]
        self.has_area = (highs[0] > lows[0]) & (highs[1] > lows[1])
        members = np.flatnonzero(self.has_area)
        self.across = max(1, int(np.sqrt(len(members) / _BOXES_IN_A_CELL)))
        # Per axis: each member's cell, and each box's first and last.
        (column, self.left, self.right), (row, self.top, self.bottom) = (
            self._cells(low, high, members, threshold)
            for low, high in zip(lows, highs, strict=True)
        )
        cells = row * self.across + column
        self.members = members[np.argsort(cells, kind="stable")]
        counts = np.bincount(cells, minlength=self.across**2)
        self.starts = np.concatenate([[0], np.cumsum(counts)])

    def _cells(
        self, low: Floats, high: Floats, members: Indices, threshold: float
    ) -> tuple[Indices, Indices, Indices]:
        centres = (low + high) / 2
        # Cells hold equally many: one box far away must not stretch them all.
        every = np.arange(1, self.across) * len(members) // self.across
        borders = np.sort(centres[members])[every]
        reach = _reach(high - low, float((high - low)[members].max(initial=0)), threshold)
        reach += 1e-9 * (np.abs(low) + np.abs(high))  # more than rounding moves a centre
        first, last = (
            np.searchsorted(borders, c, "right") for c in (centres - reach, centres + reach)
        )
        return np.searchsorted(borders, centres[members], "right"), first, last

    def pairs(self, boxes: Indices, most: int) -> tuple[int, Indices, Indices]:
        """Pair boxes with those near them, themselves among them.

        Parameters
        ----------
        boxes : (B,)
            Indices of boxes.
        most : int
            As many of the first boxes are taken as have this many pairs, and at least one.

        Returns
        -------
        taken : int
            How many of the boxes these are.
        first, second : (P,)
            Indices of the boxes of each pair; `first` goes through `boxes` in order.
        """
        rows = self.bottom[boxes] - self.top[boxes] + 1
        # In each row of cells, the members near a box stand in one run.
        begins = (self.top[boxes].repeat(rows) + counting(rows)) * self.across
        starts = self.starts[begins + self.left[boxes].repeat(rows)]
        lengths = self.starts[begins + self.right[boxes].repeat(rows) + 1] - starts
        sofar = np.cumsum(lengths)[np.cumsum(rows) - 1]  # pairs of each box and those before it
        taken = max(1, int(np.searchsorted(sofar, most, "right")))
        runs = rows[:taken].sum()
        starts, lengths = starts[:runs], lengths[:runs]
        second = self.members[starts.repeat(lengths) + counting(lengths)]
        return taken, boxes[:taken].repeat(np.diff(sofar[:taken], prepend=0)), second

    @np.errstate(all="ignore")
    def ious(self, first: Indices, second: Indices) -> Floats:
        """Return the IoU of each pair."""
        x1, y1, x2, y2 = self.edges
        a, b = ((x1[some], y1[some], x2[some], y2[some]) for some in (first, second))
        return np.asarray(ious_of(a, b))


def _reach(sides: Floats, longest: float, threshold: float) -> Floats:
    """Return how far at most the centre of a box with an IoU above the threshold is away."""
    if threshold >= 0.5:
        return (1 - threshold) * sides
    others = np.minimum(sides / threshold, longest) if threshold else longest
    return sides / 2 + np.maximum(others, sides) * (0.5 - threshold)


def counting(lengths: Indices) -> Indices:
    """Return 0, 1, … up to each length, one after the other."""
    ends = np.cumsum(lengths)
    places = np.arange(ends[-1] if len(ends) else 0)
    return np.asarray(places - (ends - lengths).repeat(lengths))
