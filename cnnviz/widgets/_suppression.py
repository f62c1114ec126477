"""What becomes of a detector's boxes: rounds of suppression, and what each kept one is worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnviz import boxes

__all__ = ["Fate", "Verdict", "fates", "judge", "rounds"]

Floats = NDArray[Any]
Ints = NDArray[Any]

#: Of a kept box with a true one, from which it finds it; and below which nothing is there.
FINDS, TOUCHES = 0.5, 0.1


class Fate(NamedTuple):
    """What becomes of a box: it is "below" the threshold, "kept" or "suppressed".

    `by` is the box that it falls to, with which it has this `iou`; −1 and 0 for none.
    """

    kind: str
    by: int = -1
    iou: float = 0.0


class Verdict(NamedTuple):
    """What a kept box is worth: "right", or what is wrong with it.

    "label": it finds an object of another class. "overlap": it overlaps an object of its class, but
    too little to find it. "both": too little, and the class is another. "double": a better box has
    found its object. "nothing": nothing is there.

    `object` is the one that is meant, with which the box has this `iou`; −1 and 0 for none.
    """

    kind: str
    object: int = -1
    iou: float = 0.0


def rounds(
    corners: Floats, scores: Floats, threshold: float, labels: Ints | None = None
) -> list[boxes.Step]:
    """Return the rounds of suppression by falling score; with labels, each class by itself."""
    groups = [np.arange(len(scores))]
    if labels is not None:
        groups = [np.flatnonzero(labels == each) for each in np.unique(labels)]
    steps = [
        boxes.Step(int(group[kept]), tuple(group[list(fallen)].tolist()), ious)
        for group in groups
        for kept, fallen, ious in boxes.nms_steps(corners[group], scores[group], threshold)
    ]
    return sorted(steps, key=lambda step: (-scores[step.kept], step.kept))


def fates(count: int, steps: Sequence[boxes.Step]) -> list[Fate]:
    """Return the fate of each of so many boxes: those in no step are below the threshold."""
    found = [Fate("below")] * count
    for step in steps:
        found[step.kept] = Fate("kept")
        for box, iou in zip(step.fallen, step.ious, strict=True):
            found[box] = Fate("suppressed", step.kept, iou)
    return found


def judge(
    corners: Floats, scores: Floats, labels: Ints, objects: Floats
) -> tuple[list[Verdict], list[int]]:
    """Return the verdict on each kept box, and the objects that none of them finds.

    Rows of `objects` are ``(x1, y1, x2, y2, label)``. A box finds an object of its class with an
    IoU of at least 0.5, each object once, as `cnnviz.boxes.match` has it. The kinds of error and
    their bounds, 0.5 and 0.1, are those of TIDE.

    References
    ----------
    Bolya, Foley, Hays and Hoffman, "TIDE: a general toolbox for identifying object detection
    errors", ECCV (2020).
    """
    matched = np.full(len(scores), -1)
    for label in np.unique(labels):
        mine, there = np.flatnonzero(labels == label), np.flatnonzero(objects[:, 4] == label)
        found = boxes.match(corners[mine], scores[mine], objects[there, :4], FINDS)
        matched[mine[found >= 0]] = there[found[found >= 0]]
    ious = np.asarray(boxes.iou(corners, objects[:, :4]))
    verdicts = [
        Verdict("right", int(at), float(ious[i, at]))
        if at >= 0
        else _wrong(ious[i], objects[:, 4] == labels[i])
        for i, at in enumerate(matched)
    ]
    return verdicts, [at for at in range(len(objects)) if at not in matched]


def _wrong(ious: Floats, same: NDArray[np.bool_]) -> Verdict:
    """Return what is wrong with a box, from its IoU with each object, and which are of its class.

    Of its own class the best object counts, unless it overlaps it too little to be meant.
    """

    def best(among: NDArray[np.bool_]) -> tuple[int, float]:
        if not among.any():
            return -1, 0.0
        at = int(np.argmax(np.where(among, ious, -1)))
        return at, float(ious[at])

    own, other = best(same), best(~same)
    if own[1] >= FINDS:
        return Verdict("double", *own)
    if other[1] >= FINDS:
        return Verdict("label", *other)
    if own[1] >= TOUCHES:
        return Verdict("overlap", *own)
    return Verdict("both", *other) if other[1] >= TOUCHES else Verdict("nothing")
