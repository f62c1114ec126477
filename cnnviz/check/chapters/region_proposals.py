"""Checks for chapter 22, region proposals."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.check._feedback import Feedback
from cnnviz.check._functions import compare_function
from cnnviz.check._mistakes import FunctionRow, ValueRow
from cnnviz.check._values import compare

__all__ = ["bilinear_sample", "hard_negatives", "pooled_box"]

Array = NDArray[Any]

# --------------------------------------------------------------------------------------
# What RoI pooling reads of the box (20, 36, 91, 131) at a stride of 16

POOLED_BOX_MISTAKES: list[ValueRow] = [
    (
        (16, 32, 96, 128),
        "You left out the last column and row.",
        "The places of both rounded corners belong to the region: it is one wider.",
    ),
    (
        (16, 32, 96, 144),
        "Your right edge isn't rounded to the nearest.",
        "91 / 16 = 5.69 is nearer to 6, and place 6 belongs to the region.",
    ),
    (
        (16, 32, 80, 128),
        "You rounded down.",
        "Each corner goes to the nearest whole number, and both ends belong to the region.",
    ),
    (
        (1, 2, 6, 8),
        "Those are places of the map.",
        "A place stands for 16×16 pixels, and the last one is read to its far edge.",
    ),
    (
        (1, 2, 7, 9),
        "Those are edges on the map.",
        "Times 16 they are pixels of the picture.",
    ),
    ((20, 36, 91, 131), "That is the box itself.", "Divide by 16 and round each corner."),
    (
        (32, 16, 144, 112),
        "Your x and y are swapped.",
        "A box is (x1, y1, x2, y2).",
    ),
]


def pooled_box(answer: object) -> Feedback:
    """Check which box of the picture RoI pooling reads for (20, 36, 91, 131) at a stride of 16.

    Examples
    --------
    >>> pooled_box((16, 32, 96, 128)).message
    'You left out the last column and row.'
    """
    return compare(
        answer,
        (16, 32, 112, 144),
        mistakes=POOLED_BOX_MISTAKES,
        hint="Columns ⌊20/16 + ½⌋ to ⌊91/16 + ½⌋, both of them read; rows likewise; then times 16.",
        praise="Right: 21 pixels too far to the right, 13 too far down.",
    )


# --------------------------------------------------------------------------------------
# A value between pixels


def _between(plane: Array, y: float, x: float, half: float = 0.5) -> float:
    height, width = plane.shape
    y, x = np.clip(y - half, 0, height - 1), np.clip(x - half, 0, width - 1)
    rows, columns = (
        np.maximum(0, 1 - np.abs(np.arange(n) - at)) for n, at in ((height, y), (width, x))
    )
    return float(rows @ plane @ columns)


def _unclamped(plane: Array, y: float, x: float) -> float:
    """Return what straight lines through the outermost pixels go on to."""
    top, left = (
        int(np.clip(np.floor(at - 0.5), 0, max(0, n - 2)))
        for at, n in zip((y, x), plane.shape, strict=True)
    )
    down, across = y - 0.5 - top, x - 0.5 - left
    block = plane[top : top + 2, left : left + 2]
    rows, columns = (
        np.array([1 - d, d])[:n] for d, n in zip((down, across), block.shape, strict=True)
    )
    return float(rows @ block @ columns)


def _nearest(plane: Array, y: float, x: float) -> float:
    rows, columns = (
        int(np.clip(np.floor(at), 0, n - 1)) for at, n in zip((y, x), plane.shape, strict=True)
    )
    return float(plane[rows, columns])


_PLANE = np.array([[0.0, 10, 20, 50], [40, 80, 0, 30], [7, 5, 90, 60]])
_POINTS = [
    (0.5, 0.5),
    (0.5, 1),
    (1, 0.5),
    (1.25, 2.75),
    (2.25, 1.1),
    (0.1, 3.9),
    (2.9, 2),
    (1.5, 0),
]

BILINEAR_SAMPLE_MISTAKES: list[FunctionRow] = [
    (
        lambda plane, y, x: _between(plane, y, x, 0),
        "You are half a pixel off.",
        "Pixel 0 reaches from 0 to 1: its value lies at 0.5.",
    ),
    (
        lambda plane, y, x: _between(plane, y, x, -0.5),
        "You moved by half a pixel the wrong way.",
        "The point 0.5 is the middle of pixel 0: subtract ½, don't add it.",
    ),
    (
        lambda plane, y, x: _between(plane.T, y, x),
        "Rows and columns are swapped.",
        "y picks the row, x the column.",
    ),
    (
        _nearest,
        "You took the nearest pixel.",
        "Weigh the two rows and the two columns by how near they are.",
    ),
    (
        _unclamped,
        "Beyond the outermost middles your values go on growing.",
        "There the border's value holds: clip y − ½ to 0 … H − 1, and x − ½ to 0 … W − 1.",
    ),
]


def bilinear_sample(answer: object) -> Feedback:
    """Check ``(plane, y, x) -> value``: what lies at a point, pixel values being in the middles.

    Examples
    --------
    >>> bilinear_sample(lambda plane, y, x: plane[int(y), int(x)]).message
    'You took the nearest pixel.'
    """
    return compare_function(
        answer,
        _between,
        [(_PLANE, *point) for point in _POINTS],
        mistakes=BILINEAR_SAMPLE_MISTAKES,
        hint="Subtract ½ from y and x, clip both, and mix four pixels: two rows, two columns.",
        praise="Right. RoI align is this at a few points of each bin, and their mean.",
    )


# --------------------------------------------------------------------------------------
# Hard negatives


def _chosen(losses: Array, positive: Array, ratio: int) -> Array:
    count = min(ratio * int(positive.sum()), int((~positive).sum()))
    order = np.argsort(-np.where(positive, -np.inf, losses), kind="stable")
    mask = positive.copy()
    mask[order[:count]] = True
    return mask


def _without_positives(losses: Array, positive: Array, ratio: int) -> Array:
    return _chosen(losses, positive, ratio) & ~positive


def _hardest_of_all(losses: Array, positive: Array, ratio: int) -> Array:
    count = min(ratio * int(positive.sum()), int((~positive).sum()))
    mask = positive.copy()
    mask[np.argsort(-losses, kind="stable")[:count]] = True
    return mask


HARD_NEGATIVES_MISTAKES: list[FunctionRow] = [
    (
        lambda losses, positive, ratio: _chosen(-losses, positive, ratio),
        "You kept the easiest ones.",
        "Hard is what costs most: the largest losses.",
    ),
    (
        _without_positives,
        "The positives are missing.",
        "They count as well, all of them.",
    ),
    (
        _hardest_of_all,
        "Positives took the places of negatives.",
        "Look for the largest losses among the negatives alone.",
    ),
    (
        lambda losses, positive, ratio: _chosen(losses, positive, 1),
        "You kept one negative for each positive.",
        "`ratio` says how many.",
    ),
    (
        lambda losses, positive, ratio: np.ones_like(positive),
        "You kept all of them.",
        "Of the negatives only `ratio` for each positive count.",
    ),
]

_LOSSES = np.array([0.1, 2.0, 0.3, 5.0, 0.2, 1.0, 4.0, 0.05, 0.6])
_CASES = [
    (_LOSSES, np.arange(9) == 3, 3),
    (_LOSSES, np.isin(np.arange(9), [0, 6]), 2),
    (_LOSSES, np.isin(np.arange(9), [3, 6]), 3),
    (_LOSSES, np.isin(np.arange(9), [1, 2, 3, 4]), 3),  # fewer negatives than asked for
    (_LOSSES, np.zeros(9, bool), 3),
]


def hard_negatives(answer: object) -> Feedback:
    """Check ``(losses, positive, ratio) -> mask``: which default boxes count in SSD's loss.

    Examples
    --------
    >>> hard_negatives(lambda losses, positive, ratio: positive | True).message
    'You kept all of them.'
    """
    return compare_function(
        answer,
        _chosen,
        _CASES,
        mistakes=HARD_NEGATIVES_MISTAKES,
        hint="Set the positives' losses to −∞, sort, and take the first ratio · positives.",
        praise="Right. Without positives nothing counts, as in the paper.",
    )
