"""COCO's evaluation: average precision and recall over thresholds, sizes of objects and classes.

What pycocotools does in loops over pictures, classes, sizes, thresholds and detections is done here
for many of them at once: see `_matching`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.arrays import as_array, shown
from cnnviz.boxes._inputs import as_labels
from cnnviz.boxes._matching import find_pairs, match_pairs
from cnnviz.boxes._precision import RECALLS
from cnnviz.boxes._tables import Table, grouped, read_table
from cnnviz.shapes import whole

__all__ = ["Evaluation", "evaluate"]

Floats = NDArray[np.float64]
Indices = NDArray[Any]
Areas = Mapping[str, tuple[float, float]]

THRESHOLDS = np.linspace(0.5, 0.95, 10)
AREAS: Areas = {"s": (0.0, 32.0**2), "m": (32.0**2, 96.0**2), "l": (96.0**2, 1e10)}
_ANY_AREA = (0.0, 1e10)
_MOST_THRESHOLDS = 62  # a bit of an int64 for each


@dataclass(frozen=True)
class Evaluation:
    """What :func:`evaluate` finds; printed, a number a line.

    Attributes
    ----------
    numbers : dict of str to float
        ``evaluation["AP"]`` is short for ``evaluation.numbers["AP"]``.
    classes : dict of int to dict
        The same numbers for each class.
    """

    numbers: dict[str, float]
    classes: dict[int, dict[str, float]] = field(repr=False)

    def __getitem__(self, name: str) -> float:
        return self.numbers[name]

    def __str__(self) -> str:
        width = max(map(len, self.numbers))
        return "\n".join(f"{name:{width}} {value:7.4f}" for name, value in self.numbers.items())


def evaluate(
    detections: Sequence[Mapping[str, Any]],
    objects: Sequence[Mapping[str, Any]],
    *,
    classes: Any = None,
    thresholds: Any = None,
    areas: Mapping[str, Any] | None = None,
    max_detections: Sequence[int] = (1, 10, 100),
) -> Evaluation:
    """Return COCO's numbers for a detector's boxes: the same as pycocotools.

    Parameters
    ----------
    detections : list of mappings
        For each picture ``"boxes"`` (N, 4), ``"scores"`` (N,) and ``"labels"`` (N,), as
        torchvision's detectors return them.
    objects : list of mappings
        For each picture ``"boxes"`` (M, 4) and ``"labels"`` (M,); if wanted ``"iscrowd"`` (M,), for
        what stands for many objects: it counts neither as found nor as missed, nor does what lies
        in it; and ``"area"`` (M,), by which an object has its size, else the box's area.
    classes : (K,) of int, optional
        Labels that count; all that occur, if left out. Only those with objects enter a mean.
    thresholds : (T,), optional
        IoUs from which a detection finds an object, above 0 and at most 1, at most 62 of them;
        0.5, 0.55, …, 0.95 if left out.
    areas : mapping of str to (least, most), optional
        Sizes of objects, both ends included, by the letters that end their numbers' names: ``"s"``
        up to 32², ``"m"`` up to 96², ``"l"`` beyond, if left out.
    max_detections : sequence of int
        How many of a picture's best detections of a class are looked at, for each AR; the largest
        of them for all else.

    Returns
    -------
    Evaluation
        ``AP``: the mean over thresholds, classes, and 101 recalls. ``AP50``, ``AP75``: at one
        threshold, if it is among them. ``APs``, ``APm``, ``APl``: of objects of a size. ``AR1``,
        ``AR10``, ``AR100``: recall, by the number of detections. ``ARs``, ``ARm``, ``ARl``. **−1**
        where there are no such objects.

    Raises
    ------
    TypeError, ValueError
        For anything else; what is wrong is named by picture, as ``detections[3]['scores']``; for
        NaN or infinity in a box, NaN in a score.

    Notes
    -----
    What COCO's rules come to, and may surprise: of equal scores, what is given first counts first;
    of equal IoUs, the later object is taken; an object of exactly 32² is both small and medium; a
    detection that finds nothing counts against a size only if it has that size itself; of two
    objects, one found without a mistake is 0.50495; a detection with its edges in the wrong order
    counts as little as none. pycocotools takes an object whose id is 0 for none; there are no ids
    here.

    References
    ----------
    Lin et al., "Microsoft COCO: common objects in context", ECCV (2014); pycocotools' cocoeval.py.

    Examples
    --------
    >>> found = [{"boxes": [[0, 0, 9, 10]], "scores": [0.9], "labels": [3]}]
    >>> truth = [{"boxes": [[0, 0, 10, 10], [20, 0, 30, 10]], "labels": [3, 3]}]
    >>> evaluation = evaluate(found, truth)
    >>> round(evaluation["AP50"], 5), round(evaluation["AR100"], 2), evaluation["APl"]
    (0.50495, 0.45, -1.0)
    """
    limits, sizes = _thresholds(thresholds), _areas(areas)
    most = sorted({whole("max_detections", n) for n in _each("max_detections", max_detections)})
    found = read_table("detections", detections, scored=True)
    truth = read_table("objects", objects, scored=False)
    if len(detections) != len(objects):
        raise ValueError(
            f"detections must be for as many pictures as objects, {len(objects)}, "
            f"got {len(detections)}"
        )
    labels = np.unique(np.concatenate([found.labels, truth.labels]))
    if classes is not None:
        labels = np.unique(as_labels("classes", classes, None))
    precisions, recalls = _measure(
        found, truth, labels, len(objects), limits, (_ANY_AREA, *sizes.values()), most
    )
    columns = _columns(precisions, recalls, limits, list(sizes), most)
    return Evaluation(
        {name: _mean(values[values > -1]) for name, values in columns.items()},
        {
            int(label): {name: float(values[k]) for name, values in columns.items()}
            for k, label in enumerate(labels)
        },
    )


def _measure(
    found: Table,
    truth: Table,
    labels: Indices,
    pictures: int,
    thresholds: Floats,
    areas: Sequence[tuple[float, float]],
    most: Sequence[int],
) -> tuple[Floats, Floats]:
    """Return average precision (classes, areas, thresholds), and recall with an axis of `most`.

    The axes of recall are (classes, areas, most, thresholds); −1 where there are no objects.
    """
    found, groups = grouped(found, labels, pictures)
    truth, truth_groups = grouped(truth, labels, pictures)
    ranks = np.arange(len(groups)) - np.searchsorted(groups, groups)
    best = np.flatnonzero(ranks < most[-1])
    found, groups, ranks = found.rows(best), groups[best], ranks[best]
    pairs = find_pairs(found, groups, truth, truth_groups, thresholds)
    hits, counted, objects = [], [], []
    every = (1 << len(thresholds)) - 1
    for least, largest in areas:
        ignored = truth.crowds | (truth.areas < least) | (truth.areas > largest)
        matched, lost = match_pairs(pairs, found, truth, ignored)
        other = (found.areas < least) | (found.areas > largest)
        hits.append(matched & ~lost)
        counted.append(~(lost | np.where(other, ~matched, 0)) & every)
        objects.append(np.bincount(truth.labels[~ignored], minlength=len(labels)))
    shape = (len(labels), len(areas), len(most), len(thresholds))
    precisions, recalls = np.full((*shape[:2], shape[3]), -1.0), np.full(shape, -1.0)
    order = np.lexsort((-found.scores, found.labels))
    ends = np.searchsorted(found.labels[order], np.arange(len(labels) + 1))
    bits = np.arange(len(thresholds))[:, np.newaxis]
    for k in range(len(labels)):
        rows = order[ends[k] : ends[k + 1]]
        number = np.array([n[k] for n in objects])
        some = number > 0
        right, all_counted = (
            (np.array([bit[rows] for bit in kind])[some, np.newaxis] >> bits) & 1
            for kind in (hits, counted)
        )
        ratio = number[some, np.newaxis]
        precisions[k, some] = _average_precisions(right, all_counted, number[some])
        for m, limit in enumerate(most):
            recalls[k, some, m] = right[..., ranks[rows] < limit].sum(axis=-1) / ratio
    return precisions, recalls


def _average_precisions(hits: Indices, counted: Indices, objects: Indices) -> Floats:
    """Return the mean precision at 101 recalls.

    Parameters
    ----------
    hits, counted : (A, T, n)
        1 for detections, by falling score, that find an object, and that count at all.
    objects : (A,)
        How many objects there are.
    """
    areas, thresholds, n = hits.shape
    found = np.cumsum(hits, axis=-1)
    precision = found / (np.cumsum(counted, axis=-1) + np.spacing(1))
    best = np.zeros((areas, thresholds, n + 1))  # beyond the last detection it is 0
    best[..., :n] = np.maximum.accumulate(precision[..., ::-1], axis=-1)[..., ::-1]
    # How many objects each recall asks for, and after how many detections they are found. All rows
    # are searched at once: each is lifted above those before it.
    asked = [np.searchsorted(np.arange(m + 1) / m, RECALLS) for m in objects]
    row = np.arange(areas * thresholds).reshape(areas, thresholds, 1)
    lift = row * (max(n, objects.max(initial=0)) + 1)
    wanted = np.reshape(asked, (areas, 1, len(RECALLS))) + lift
    place = np.searchsorted((found + lift).ravel(), wanted) - n * row
    return np.asarray(np.take_along_axis(best, place, axis=-1).mean(axis=-1))


def _columns(
    precisions: Floats,
    recalls: Floats,
    thresholds: Floats,
    areas: Sequence[str],
    most: Sequence[int],
) -> dict[str, Floats]:
    """Return COCO's numbers, each for all classes."""
    columns = {"AP": precisions[:, 0].mean(axis=-1)}
    for percent in (50, 75):
        for t in np.flatnonzero(np.isclose(thresholds, percent / 100)):
            columns[f"AP{percent}"] = precisions[:, 0, t]
    for a, name in enumerate(areas, 1):
        columns[f"AP{name}"] = precisions[:, a].mean(axis=-1)
    for m, limit in enumerate(most):
        columns[f"AR{limit}"] = recalls[:, 0, m].mean(axis=-1)
    for a, name in enumerate(areas, 1):
        columns[f"AR{name}"] = recalls[:, a, -1].mean(axis=-1)
    return columns


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else -1.0


def _thresholds(values: Any) -> Floats:
    """Return rising IoUs; as in pycocotools, what is almost 1 is enough for 1."""
    array = np.unique(as_array("thresholds", THRESHOLDS if values is None else values, axes=(1,)))
    if not ((array > 0) & (array <= 1)).all() or len(array) > _MOST_THRESHOLDS:
        raise ValueError(
            f"thresholds must be at most {_MOST_THRESHOLDS} numbers above 0 and at most 1, "
            f"got {shown(values)}"
        )
    return np.minimum(array.astype(np.float64), 1 - 1e-10)


def _areas(areas: Any) -> dict[str, tuple[float, float]]:
    if areas is None:
        return dict(AREAS)
    if not isinstance(areas, Mapping) or not all(isinstance(name, str) for name in areas):
        raise TypeError(f"areas must be a mapping from names to (least, most), got {shown(areas)}")
    checked = {}
    for name, pair in areas.items():
        ends = as_array(f"areas[{shown(name)}]", pair, axes=(1,))
        if ends.shape != (2,) or not ends[0] <= ends[1]:
            raise ValueError(f"areas[{shown(name)}] must be (least, most), got {shown(pair)}")
        checked[name] = (float(ends[0]), float(ends[1]))
    return checked


def _each(name: str, values: Any) -> list[Any]:
    if not isinstance(values, (list, tuple)) or not values:
        raise TypeError(f"{name} must be a list of whole numbers, got {shown(values)}")
    return list(values)
