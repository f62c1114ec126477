"""Write the cases that the browser's boxes (frontend/src/math/boxes.ts) are held to.

Run as ``python tests/write_box_cases.py cases.json``. The answers are those of `cnnviz.boxes`. The
file is the same each time. Each case is ``{kind, …arguments, expect}``. Many boxes have whole
numbers for edges, so that they touch, coincide, or have no area; every third case has fractions.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cnnviz import boxes

Case = dict[str, Any]
Generator = np.random.Generator

CASES = 60  # of each kind
CLASSES = 3


def some_boxes(rng: Generator, count: int, size: int = 12, *, flat: bool = True) -> NDArray[Any]:
    """Return boxes within a square, some with no area unless they may not."""
    draw = rng.uniform if rng.random() < 1 / 3 else rng.integers
    made = draw(0, size, (count, 2, 2))
    ordered = np.sort(made.astype(np.float64), axis=1).reshape(count, 4)
    if not flat:
        ordered[:, 2:] += 1
    return ordered


def some_scores(rng: Generator, count: int) -> NDArray[Any]:
    """Return scores with ties among them."""
    return rng.integers(0, 8, count) / 8


def pair_case(rng: Generator) -> Case:
    one, other = some_boxes(rng, 2)
    measures = {"iou": boxes.iou, "giou": boxes.giou, "diou": boxes.diou}
    expect = {name: float(measure([one], [other])[0, 0]) for name, measure in measures.items()}
    return {"one": one.tolist(), "other": other.tolist(), "expect": expect}


def nms_case(rng: Generator) -> Case:
    count = int(rng.integers(0, 16))
    made, scores = some_boxes(rng, count), some_scores(rng, count)
    labels, threshold = rng.integers(0, CLASSES, count), float(rng.integers(0, 10) / 10)
    steps = [
        {"kept": step.kept, "falls": sorted(zip(step.fallen, step.ious, strict=True))}
        for step in boxes.nms_steps(made, scores, threshold)
    ]
    kept = boxes.nms(made, scores, threshold, labels=labels)
    return {
        "boxes": made.tolist(),
        "scores": scores.tolist(),
        "labels": labels.tolist(),
        "threshold": threshold,
        "expect": {"steps": steps, "byClass": kept.tolist()},
    }


def grid_case(rng: Generator) -> Case:
    count, (rows, columns) = int(rng.integers(0, 8)), rng.integers(1, 5, 2).tolist()
    made, labels = some_boxes(rng, count, flat=False), rng.integers(0, CLASSES, count)
    target = boxes.encode_grid(made, labels, (rows, columns), (13, 16), CLASSES)
    said = rng.integers(0, 9, (rows, columns, 5 + CLASSES)) / 8  # equal probabilities among them
    return {
        "boxes": made.tolist(),
        "labels": labels.tolist(),
        "grid": [rows, columns],
        "size": [13, 16],
        "classes": CLASSES,
        "said": said.reshape(rows * columns, -1).tolist(),
        "expect": {
            "target": target.reshape(rows * columns, -1).tolist(),
            "decoded": [part.tolist() for part in boxes.decode_grid(said, (13, 16), 0.0)],
        },
    }


def anchor_case(rng: Generator) -> Case:
    grid, stride = rng.integers(1, 4, 2).tolist(), rng.integers(2, 6, 2).tolist()
    sizes = rng.integers(1, 9, (int(rng.integers(1, 4)), 2)).tolist()
    objects = some_boxes(rng, int(rng.integers(0, 5)))
    negative, positive = np.sort(rng.integers(0, 9, 2) / 8).tolist()
    made = boxes.anchors(grid, stride, sizes)
    solid = objects[boxes.area(objects) > 0]
    one = made[: len(solid)] if len(solid) else made[:0]
    deltas = boxes.encode_deltas(solid[: len(one)], one)
    return {
        "grid": grid,
        "stride": stride,
        "sizes": sizes,
        "objects": objects.tolist(),
        "solid": solid[: len(one)].tolist(),
        "positive": positive,
        "negative": negative,
        "expect": {
            "anchors": made.tolist(),
            "assigned": boxes.assign(made, objects, positive, negative).tolist(),
            "deltas": deltas.tolist(),
        },
    }


def precision_case(rng: Generator) -> Case:
    count, truths = int(rng.integers(0, 14)), int(rng.integers(1, 6))
    objects, labels = some_boxes(rng, truths), rng.integers(0, CLASSES, truths)
    told = np.vstack([some_boxes(rng, count), objects])
    kinds, scores = rng.integers(0, CLASSES, count + truths), some_scores(rng, count + truths)
    threshold = float(rng.integers(0, 9) / 8)
    matched = np.full(len(told), -1)
    for kind in range(CLASSES):  # as one class after another is evaluated
        mine, there = np.flatnonzero(kinds == kind), np.flatnonzero(labels == kind)
        found = boxes.match(told[mine], scores[mine], objects[there], threshold)
        matched[mine[found >= 0]] = there[found[found >= 0]]
    hits = matched >= 0
    curve = boxes.precision_recall(scores, hits, truths)
    return {
        "found": {"boxes": told.tolist(), "labels": kinds.tolist()},
        "scores": scores.tolist(),
        "objects": {"boxes": objects.tolist(), "labels": labels.tolist()},
        "threshold": threshold,
        "expect": {
            "matched": matched.tolist(),
            "precision": curve.precision.tolist(),
            "recall": curve.recall.tolist(),
            "average": boxes.average_precision(scores, hits, truths),
        },
    }


MAKERS: dict[str, Callable[[Generator], Case]] = {
    "pair": pair_case,
    "nms": nms_case,
    "grid": grid_case,
    "anchors": anchor_case,
    "precision": precision_case,
}


def cases(seed: int = 0) -> list[Case]:
    """Return all cases."""
    rng = np.random.default_rng(seed)
    return [{"kind": kind, **make(rng)} for kind, make in MAKERS.items() for _ in range(CASES)]


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(cases(), separators=(",", ":")), encoding="utf-8")
