"""What each position of a feature map sees of the input along one axis, branches included.

A chain needs no more than a size, a step and a start (:func:`cnnviz.shapes.receptive_field`). Where
paths come together, go up again, or see everything, positions differ, and a list of intervals says
what each sees.

>>> from cnnviz.spans import Spans, Window
>>> stem = Spans().through(Window(7, 2, 3), 112).through(Window(3, 2, 1), 56)
>>> stem.field(), stem.jump(), stem.start()
(11, 4, 0.0)
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

__all__ = ["Spans", "Table", "Window", "identity", "whole"]

Interval = tuple[int, int]
MOST_PHASES = 4096  # positions after which a pattern repeats; longer ones become a table


class Window(NamedTuple):
    """What the outputs of a layer see of what comes in, along one axis.

    Output y sees positions `stride` · y − `before` + `dilation` · t for t = 0 … `kernel` − 1.
    A stride of 0 lets every output see the same. If `transposed`, position x of the input reaches
    the outputs `stride` · x − `before` + `dilation` · t.
    """

    kernel: int = 1
    stride: int = 1
    before: int = 0
    dilation: int = 1
    transposed: bool = False

    def sources(self, output: int) -> Sequence[int]:
        """Return the positions that an output sees, those outside of the map included.

        Examples
        --------
        >>> list(Window(3, 2, 1).sources(4)), list(Window(4, 2, 1, 1, True).sources(4))
        ([7, 8, 9], [2, 1])
        """
        if not self.transposed:
            first = self.stride * output - self.before
            return range(first, first + self.kernel * self.dilation, self.dilation)
        taps = (output + self.before - self.dilation * t for t in range(self.kernel))
        return [place // self.stride for place in taps if place % self.stride == 0]


class Table(NamedTuple):
    """The same for a layer without a rule: the first and last position that each output sees.

    None stands for an output that sees nothing.

    Examples
    --------
    >>> Table(((0, 1), (1, 2))).sources(1)
    range(1, 3)
    """

    spans: tuple[Interval | None, ...]

    def sources(self, output: int) -> Sequence[int]:
        """Return the positions that an output sees."""
        inside = 0 <= output < len(self.spans)
        span = self.spans[output] if inside else None
        return () if span is None else range(span[0], span[1] + 1)


#: Every output sees the position that it has itself.
identity = Window()


def whole(positions: int) -> Window:
    """Return the window of an output that sees every position.

    Examples
    --------
    >>> list(whole(3).sources(7))
    [0, 1, 2]
    """
    return Window(positions, 0)


class Spans(NamedTuple):
    """The intervals that the positions of a map see, in input positions, padding not cut off.

    `intervals` holds one turn of the pattern: one turn further on, all is `advance` further on.
    Without an `advance` there are no positions but those listed.
    """

    intervals: tuple[Interval | None, ...] = ((0, 0),)
    advance: int | None = 1

    def at(self, position: int) -> Interval | None:
        """Return what one position sees; None if nothing.

        Examples
        --------
        >>> Spans(((-1, 1),), 2).at(5)
        (9, 11)
        """
        if self.advance is None:
            inside = 0 <= position < len(self.intervals)
            return self.intervals[position] if inside else None
        turns, place = divmod(position, len(self.intervals))
        found = self.intervals[place]
        shift = turns * self.advance
        return None if found is None else (found[0] + shift, found[1] + shift)

    def through(self, window: Window | Table, positions: int) -> Spans:
        """Return what a layer's outputs see; `positions` is how many there are.

        Examples
        --------
        >>> Spans().through(Window(3, 2, 1), 8)
        Spans(intervals=((-1, 1),), advance=2)
        """
        if window == identity:
            return self
        turn, advance = self._turn(window)
        if advance is None:
            turn = positions
        if isinstance(window, Window) and window.stride == 0:  # all outputs see the same
            found = (self._seen(window.sources(0)),)
            return Spans(found, 0 if advance is not None else None)._for(positions)
        return Spans(tuple(self._seen(window.sources(y)) for y in range(turn)), advance)

    def _turn(self, window: Window | Table) -> tuple[int, int | None]:
        """Return after how many outputs the pattern repeats, and how far on it is then."""
        if isinstance(window, Table) or self.advance is None:
            return 0, None
        turn = len(self.intervals)
        if window.transposed:
            return self._limited(turn * window.stride, self.advance)
        if window.stride == 0:
            return 1, 0
        again = turn // math.gcd(turn, window.stride)
        return self._limited(again, again * window.stride // turn * self.advance)

    @staticmethod
    def _limited(turn: int, advance: int) -> tuple[int, int | None]:
        return (turn, advance) if turn <= MOST_PHASES else (0, None)

    def _for(self, positions: int) -> Spans:
        """Return a table for as many positions, if this is one of a single position."""
        return self if self.advance is not None else Spans(self.intervals * positions, None)

    def _seen(self, sources: Sequence[int]) -> Interval | None:
        """Return the interval from the first to the last that any of some positions sees."""
        if isinstance(sources, range) and len(self.intervals) == 1 and self.advance is not None:
            sources = (sources[0], sources[-1])  # what lies between is seen, too
        found = [span for span in map(self.at, sources) if span is not None]
        return (min(a for a, _ in found), max(b for _, b in found)) if found else None

    def joined(self, other: Spans, positions: int) -> Spans:
        """Return what positions see that get values from two paths.

        Examples
        --------
        >>> Spans(((0, 0),), 2).joined(Spans(((-3, 3),), 2), 8)
        Spans(intervals=((-3, 3),), advance=2)
        """
        if self == other or not any(other._present()):
            return self
        if not any(self._present()):
            return other
        turn, advance = self._common(other)
        both = ((self.at(y), other.at(y)) for y in range(positions if advance is None else turn))
        return Spans(tuple(_hull(*pair) for pair in both), advance)

    def _common(self, other: Spans) -> tuple[int, int | None]:
        if self.advance is None or other.advance is None:
            return 0, None
        mine, theirs = len(self.intervals), len(other.intervals)
        if self.advance * theirs != other.advance * mine:
            return 0, None
        turn = math.lcm(mine, theirs)
        return self._limited(turn, turn // mine * self.advance)

    def apart(self, other: Spans, positions: int) -> float:
        """Return how far apart the centres of two paths' fields are, at most, in input positions.

        Examples
        --------
        >>> Spans(((0, 0),), 2).apart(Spans(((0, 1),), 2), 8)
        0.5
        """
        turn, advance = self._common(other)
        count = positions if advance is None else min(turn, positions)
        pairs = ((self.at(y), other.at(y)) for y in range(count))
        return max((abs(sum(a) - sum(b)) / 2 for a, b in pairs if a and b), default=0.0)

    def field(self) -> int:
        """Return the size of the largest field, its gaps counted as seen."""
        return max((b - a + 1 for a, b in self._present()), default=0)

    def jump(self) -> float | None:
        """Return the distance from a position's field to the next one's; None without a rule."""
        if self.advance is None:
            return None
        turn = len(self.intervals)
        return self.advance / turn if self.advance % turn else self.advance // turn

    def start(self) -> float | None:
        """Return where the first position's field is centred; None if it sees nothing."""
        first = self.at(0)
        return None if first is None else sum(first) / 2

    def _present(self) -> Iterator[Interval]:
        return (span for span in self.intervals if span is not None)


def _hull(one: Interval | None, other: Interval | None) -> Interval | None:
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])
