"""Detections and objects of many pictures as one table, a row for each box."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnviz.arrays import shown
from cnnviz.boxes._geometry import Edges
from cnnviz.boxes._inputs import as_boxes, as_flags, as_labels, as_scores, plain

__all__ = ["Table", "grouped", "read_table"]

Floats = NDArray[np.float64]
Indices = NDArray[Any]


class Table(NamedTuple):
    """A row for each box; an object has a score of 0, and no detection is a crowd."""

    corners: Floats
    labels: Indices
    scores: Floats
    crowds: NDArray[np.bool_]
    areas: Floats
    pictures: Indices

    def rows(self, some: Indices) -> Table:
        """Return some of the rows."""
        return Table._make(column[some] for column in self)

    def edges(self, some: Indices) -> Edges:
        """Return x1, y1, x2, y2 of some of the rows."""
        x1, y1, x2, y2 = self.corners[some].T
        return x1, y1, x2, y2


def read_table(name: str, pictures: Any, *, scored: bool) -> Table:
    """Check a list of mappings, one for each picture, and return their boxes as a table."""
    if not isinstance(pictures, (list, tuple)):
        raise TypeError(f"{name} must be a list of mappings, one a picture, got {shown(pictures)}")
    rows = [_row(f"{name}[{i}]", picture, scored) for i, picture in enumerate(pictures)]
    of = np.arange(len(rows)).repeat([len(row[0]) for row in rows])
    if not rows:
        rows = [_row(name, {"boxes": [], "labels": [], "scores": []}, scored)]
    corners, labels, scores, crowds, areas = map(np.concatenate, zip(*rows, strict=True))
    # Of all pictures at once, since there may be many thousands.
    bad = {"boxes": ~np.isfinite(corners).all(axis=1), "scores": np.isnan(scores)}
    bad["area"] = np.isnan(areas) & ~bad["boxes"]
    for key, wrong in bad.items():
        if wrong.any():
            what = "NaN or infinity" if key == "boxes" else "NaN"
            raise ValueError(f"{name}[{of[wrong][0]}][{key!r}] must hold numbers, got {what}")
    return Table(corners, labels, scores, crowds, areas, of)


def _row(where: str, picture: Any, scored: bool) -> tuple[NDArray[Any], ...]:
    """Return one picture's corners, labels, scores, crowds and areas."""
    needed = ("boxes", "labels", "scores") if scored else ("boxes", "labels")
    if not isinstance(picture, Mapping):
        raise TypeError(f"{where} must be a mapping, got {shown(picture)}")
    if missing := [key for key in needed if key not in picture]:
        raise ValueError(f"{where} must have {', '.join(needed)}; it lacks {', '.join(missing)}")
    corners = plain(as_boxes(f"{where}['boxes']", picture["boxes"])).astype(np.float64)
    count = len(corners)
    # With edges in the wrong order it is negative, as in pycocotools: no size of object has that.
    with np.errstate(over="ignore", invalid="ignore"):
        areas = np.prod(corners[:, 2:] - corners[:, :2], axis=1)
    scores, crowds = np.zeros(count), np.zeros(count, bool)
    if scored:
        scores = as_scores(f"{where}['scores']", picture["scores"], count)
    elif "area" in picture:
        areas = as_scores(f"{where}['area']", picture["area"], count)
    if not scored and "iscrowd" in picture:
        crowds = as_flags(f"{where}['iscrowd']", picture["iscrowd"], count)
    labels = as_labels(f"{where}['labels']", picture["labels"], count)
    return corners, labels, scores.astype(np.float64), crowds, areas.astype(np.float64)


def grouped(table: Table, labels: Indices, pictures: int) -> tuple[Table, Indices]:
    """Leave out other labels, and sort by class, picture, and falling score.

    Returns
    -------
    table : Table
        Whose labels are now places in `labels`.
    group : ndarray
        Of each row, class and picture as one number.
    """
    place = np.minimum(np.searchsorted(labels, table.labels), max(len(labels) - 1, 0))
    known = labels[place] == table.labels if len(labels) else np.zeros(len(place), bool)
    table = table._replace(labels=place).rows(np.flatnonzero(known))
    group = table.labels * pictures + table.pictures
    order = np.lexsort((-table.scores, group))
    return table.rows(order), group[order]
