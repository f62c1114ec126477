"""Which boxes may overlap which: a grid over their centres, so that nothing is N × N.

Two boxes whose IoU is above t have centres close to each other. With sides w and w′, the overlap of
the sides is more than t times the longer one. So w′ < w / t, and the centres are less than
(w + w′)/2 − t max(w, w′) apart. For t ≥ ½ that is at most (1 − t) w.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.boxes._geometry import area_of, inside_of, ratio_of

__all__ = ["Neighbours", "counting"]

Floats = NDArray[np.float64]
Indices = NDArray[Any]

_BOXES_IN_A_CELL = 4
_SAMPLED_FOR_A_CELL = 16


class Neighbours:
    """The boxes of a list, each of which knows those that it may overlap by more than a threshold.

    Boxes of no area are nobody's neighbours.
    """

    @np.errstate(all="ignore")  # numbers near the largest that there are
    def __init__(self, boxes: Floats, threshold: float) -> None:
        self.threshold = threshold
        self.edges = tuple(np.ascontiguousarray(boxes.T))
        lows, highs = self.edges[:2], self.edges[2:]
        self.areas = area_of(*self.edges)
        self.has_area = (highs[0] > lows[0]) & (highs[1] > lows[1])
        members = np.flatnonzero(self.has_area)
        self.across = max(1, int(np.sqrt(len(members) / _BOXES_IN_A_CELL)))
        centres = [(low + high)[members] / 2 for low, high in zip(lows, highs, strict=True)]
        self.borders = [_borders(values, self.across) for values in centres]
        self.longest = [(highs[k] - lows[k])[members].max(initial=0) for k in (0, 1)]
        column, row = (np.searchsorted(self.borders[k], centres[k], "right") for k in (0, 1))
        cells = row * self.across + column
        if self.across < 2**8:
            cells = cells.astype(np.uint16)  # which NumPy sorts by their digits
        self.members = members[np.argsort(cells, kind="stable")]
        counts = np.bincount(cells, minlength=self.across**2)
        self.starts = np.concatenate([[0], np.cumsum(counts)])

    @np.errstate(all="ignore")
    def _cells(self, axis: int, boxes: Indices) -> tuple[Indices, Indices]:
        """Return the first and the last column (or row) in which boxes have neighbours."""
        low, high = self.edges[axis][boxes], self.edges[axis + 2][boxes]
        reach = _reach(high - low, self.longest[axis], self.threshold)
        reach += 1e-9 * (np.abs(low) + np.abs(high))  # more than rounding moves a centre
        ends = ((low + high) / 2 - reach, (low + high) / 2 + reach)
        first, last = (np.searchsorted(self.borders[axis], end, "right") for end in ends)
        return first, last

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
        (left, right), (top, bottom) = self._cells(0, boxes), self._cells(1, boxes)
        rows = bottom - top + 1
        # In each row of cells, the members near a box stand in one run.
        begins = (top.repeat(rows) + counting(rows)) * self.across
        starts = self.starts[begins + left.repeat(rows)]
        lengths = self.starts[begins + right.repeat(rows) + 1] - starts
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
        inside = inside_of(a, b)
        return np.asarray(ratio_of(inside, self.areas[first] + self.areas[second] - inside))


def _borders(centres: Floats, across: int) -> Floats:
    """Return where cells end that hold about equally many: one box far away must not stretch all.

    A sample is enough: borders only decide how many boxes are looked at.
    """
    sample = np.sort(centres[:: max(1, len(centres) // (_SAMPLED_FOR_A_CELL * across))])
    return sample[np.arange(1, across) * len(sample) // across]


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
