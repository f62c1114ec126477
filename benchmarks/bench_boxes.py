"""`cnnviz.boxes` beside what people use, on one thread.

- *NMS* of 10 000 boxes, four kinds of them and three thresholds, beside OpenCV's `NMSBoxes` (which
  is given lists, the form that it reads fastest) and the plainest vectorised NumPy.
- *IoU* of 2 000 × 2 000 boxes beside the plainest vectorised NumPy: time, and peak memory as
  `tracemalloc` sees it.
- *COCO* average precision, 2 000 pictures and 80 classes, beside pycocotools and faster-coco-eval.
  For those the clock starts after their objects are built; for cnnviz, from the arrays on.

A ratio is the time of cnnviz over the other's, medians of turns taken side by side: below 1, cnnviz
is faster. `pip install -c constraints.txt -e ".[bench]"` for OpenCV and faster-coco-eval; what
isn't installed is left out, and said.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before NumPy is imported
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import contextlib
import importlib.util
import io
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
from _report import geometric_mean, machine, print_table, race, write_json
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from cnnviz import boxes

Contenders = dict[str, Callable[[], Any]]

NMS_BOXES, IOU_BOXES = 10_000, 2_000
PICTURES, CLASSES = 2_000, 80
BARS = {
    "NMS / OpenCV": 1.0,
    "NMS / NumPy": 0.3,
    "IoU / NumPy": 0.6,
    "IoU / NumPy, peak memory": 0.5,
    "COCO / pycocotools": 0.5,
    "COCO / faster-coco-eval": 1.5,
}
OPTIONAL = {"cv2": "opencv-python-headless", "faster_coco_eval": "faster-coco-eval"}
INSTALLED = {name for name in OPTIONAL if importlib.util.find_spec(name)}


# --- NMS ------------------------------------------------------------------------------------------


def spread(rng: np.random.Generator, least: float, most: float) -> np.ndarray:
    """Return boxes all over a picture of 1000 × 1000, with sides between two numbers."""
    centres = rng.uniform(0, 1000, (NMS_BOXES, 2))
    sides = rng.uniform(least, most, (NMS_BOXES, 2))
    return np.hstack([centres - sides / 2, centres + sides / 2])


def crowded(rng: np.random.Generator) -> np.ndarray:
    """Return boxes around 100 objects, each of its edges up to a fifth of a side off."""
    objects = spread(rng, 30, 200)[rng.integers(0, 100, NMS_BOXES)]
    sides = np.tile(objects[:, 2:] - objects[:, :2], 2)
    return objects + sides * rng.normal(0, 0.08, objects.shape)


KINDS: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "sides 4–20": lambda rng: spread(rng, 4, 20),
    "sides 10–100": lambda rng: spread(rng, 10, 100),
    "sides 100–600": lambda rng: spread(rng, 100, 600),
    "around 100 objects": crowded,
}


def plain_nms(corners: np.ndarray, scores: np.ndarray, threshold: float) -> list[int]:
    """Suppress as Fast R-CNN's NumPy code does: all that is left, once for each that is kept."""
    x1, y1, x2, y2 = corners.T
    areas = (x2 - x1) * (y2 - y1)
    order = scores.argsort()[::-1]
    kept = []
    while order.size > 0:
        best, rest = order[0], order[1:]
        kept.append(best)
        width = np.maximum(0, np.minimum(x2[best], x2[rest]) - np.maximum(x1[best], x1[rest]))
        height = np.maximum(0, np.minimum(y2[best], y2[rest]) - np.maximum(y1[best], y1[rest]))
        inside = width * height
        order = rest[inside / (areas[best] + areas[rest] - inside) <= threshold]
    return kept


def measure_nms(seconds: float) -> list[dict[str, Any]]:
    """Race each kind of boxes at each threshold."""
    rows = []
    for kind, make in KINDS.items():
        for threshold in (0.3, 0.5, 0.7):
            rng = np.random.default_rng(0)
            corners, scores = make(rng), rng.random(NMS_BOXES)
            runs: Contenders = {
                "cnnviz": lambda c=corners, s=scores, t=threshold: boxes.nms(c, s, t),
                "NumPy": lambda c=corners, s=scores, t=threshold: plain_nms(c, s, t),
            }
            kept = runs["cnnviz"]()
            np.testing.assert_array_equal(kept, runs["NumPy"]())
            if "cv2" in INSTALLED:
                import cv2

                cv2.setNumThreads(1)
                lists = boxes.convert(corners, "xyxy", "xywh").tolist(), scores.tolist()
                runs["OpenCV"] = lambda a=lists, t=threshold: cv2.dnn.NMSBoxes(*a, 0.0, t)
                # It computes in float32 and rounds: a few boxes near the threshold differ.
                assert len(np.setxor1d(kept, runs["OpenCV"]())) <= len(kept) / 100 + 2
            ms = race(runs, seconds)
            row = {"boxes": kind, "threshold": threshold, "kept": len(kept)}
            row |= {f"ms, {name}": value for name, value in ms.items()}
            rows.append(row | {f"NMS / {n}": ms["cnnviz"] / ms[n] for n in ms if n != "cnnviz"})
    return rows


# --- IoU ------------------------------------------------------------------------------------------


def plain_iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return IoU with corners broadcast at once."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    inside = np.prod(np.clip(high - low, 0, None), axis=2)
    areas = [np.prod(x[:, 2:] - x[:, :2], axis=1) for x in (a, b)]
    return inside / (areas[0][:, None] + areas[1][None] - inside)


def peak(run: Callable[[], Any]) -> float:
    """Return how many MiB are held at most, the result included."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


def measure_iou(seconds: float) -> list[dict[str, Any]]:
    """Race both, in two precisions."""
    rows = []
    for dtype in ("float32", "float64"):
        rng = np.random.default_rng(1)
        a, b = (spread(rng, 10, 300)[:IOU_BOXES].astype(dtype) for _ in range(2))
        runs: Contenders = {
            "cnnviz": lambda a=a, b=b: boxes.iou(a, b),
            "NumPy": lambda a=a, b=b: plain_iou(a, b),
        }
        np.testing.assert_allclose(*(run() for run in runs.values()), atol=1e-5)
        ms = race(runs, seconds)
        mib = {name: peak(run) for name, run in runs.items()}
        row: dict[str, Any] = {"dtype": dtype}
        row |= {f"ms, {name}": value for name, value in ms.items()}
        row |= {f"MiB, {name}": value for name, value in mib.items()}
        row["IoU / NumPy"] = ms["cnnviz"] / ms["NumPy"]
        row["IoU / NumPy, peak memory"] = mib["cnnviz"] / mib["NumPy"]
        rows.append(row)
    return rows


# --- COCO -----------------------------------------------------------------------------------------


def scenes() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return a detector's boxes, about 50 a picture, and the objects, about 7 a picture.

    As in COCO a picture has objects of few classes, and one in fifty is a crowd. Most objects are
    found, more or less well; the other detections are false ones with low scores.
    """
    rng = np.random.default_rng(2)
    detections, objects = [], []
    for _ in range(PICTURES):
        m, n = rng.integers(0, 15), rng.integers(20, 61)
        low, sides = rng.integers(0, 4000, (m, 2)) / 8, 10 ** rng.uniform(0.8, 2.4, (m, 2))
        truth = np.hstack([low, low + np.ceil(sides * 8) / 8])
        labels = rng.choice(rng.integers(1, CLASSES + 1, 4), m)
        objects.append({"boxes": truth, "labels": labels, "iscrowd": rng.random(m) < 0.02})
        hits = rng.permutation(m)[: int(0.8 * m)]
        near = np.repeat(hits, rng.integers(1, 3, len(hits)))
        off = rng.normal(0, 0.06, (len(near), 4)) * np.tile(sides[near], 2)
        low, sides = rng.integers(0, 4000, (n, 2)) / 8, 10 ** rng.uniform(0.8, 2.4, (n, 2))
        false = np.hstack([low, low + np.ceil(sides * 8) / 8])
        scores = [rng.beta(5, 2, len(near)), rng.beta(1, 4, n)]
        detections.append(
            {
                "boxes": np.vstack([truth[near] + np.round(off * 8) / 8, false]),
                "scores": np.concatenate(scores).round(3),  # so that many are equal
                "labels": np.concatenate([labels[near], rng.integers(1, CLASSES + 1, n)]),
            }
        )
    return detections, objects


def as_coco(detections: list[dict[str, Any]], objects: list[dict[str, Any]]) -> tuple[Any, Any]:
    """Return COCO's annotations and results, as the other two read them."""
    annotations, results = [], []
    for i, (found, truth) in enumerate(zip(detections, objects, strict=True), 1):
        for box, label, crowd in zip(
            boxes.convert(truth["boxes"], "xyxy", "xywh").tolist(),
            truth["labels"].tolist(),
            truth["iscrowd"].tolist(),
            strict=True,
        ):
            row = {"id": len(annotations) + 1, "image_id": i, "category_id": label, "bbox": box}
            annotations.append(row | {"area": box[2] * box[3], "iscrowd": int(crowd)})
        for box, label, score in zip(
            boxes.convert(found["boxes"], "xyxy", "xywh").tolist(),
            found["labels"].tolist(),
            found["scores"].tolist(),
            strict=True,
        ):
            results.append({"image_id": i, "category_id": label, "bbox": box, "score": score})
    dataset = {
        "images": [{"id": i + 1} for i in range(len(objects))],
        "categories": [{"id": k + 1, "name": str(k + 1)} for k in range(CLASSES)],
        "annotations": annotations,
    }
    return dataset, results


def other_tool(api: Any, evaluator: Any, dataset: Any, results: Any) -> Callable[[], Any]:
    """Return a function that evaluates what is built already."""
    with contextlib.redirect_stdout(io.StringIO()):
        truth = api()
        truth.dataset = dataset
        truth.createIndex()
        found = truth.loadRes(results)

    def run() -> Any:
        with contextlib.redirect_stdout(io.StringIO()):
            evaluation = evaluator(truth, found, "bbox")
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
        return np.asarray(evaluation.stats)[:12]

    return run


def measure_coco(seconds: float) -> list[dict[str, Any]]:
    """Race the three, after they have said the same."""
    detections, objects = scenes()
    dataset, results = as_coco(detections, objects)
    runs: Contenders = {
        "cnnviz": lambda: list(boxes.evaluate(detections, objects).numbers.values()),
        "pycocotools": other_tool(COCO, COCOeval, dataset, results),
    }
    if "faster_coco_eval" in INSTALLED:
        from faster_coco_eval import COCO as FasterCOCO
        from faster_coco_eval import COCOeval_faster

        runs["faster-coco-eval"] = other_tool(FasterCOCO, COCOeval_faster, dataset, results)
    numbers = {name: run() for name, run in runs.items()}
    for name, values in numbers.items():
        np.testing.assert_allclose(values, numbers["cnnviz"], rtol=0, atol=1e-12, err_msg=name)
    ms = race(runs, seconds, least=3)  # pycocotools takes half a minute
    row = {"pictures": PICTURES, "detections": len(results), "AP": float(numbers["cnnviz"][0])}
    row |= {f"ms, {name}": value for name, value in ms.items()}
    return [row | {f"COCO / {n}": ms["cnnviz"] / ms[n] for n in ms if n != "cnnviz"}]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1.0, help="for each row of a table")
    parser.add_argument("--only", choices=["nms", "iou", "coco"], help="one of the tables")
    options = parser.parse_args()
    measures = {"nms": measure_nms, "iou": measure_iou, "coco": measure_coco}
    tables = {
        name: measure(options.seconds)
        for name, measure in measures.items()
        if options.only in (None, name)
    }
    for rows in tables.values():
        print_table(list(rows[0]), [row.values() for row in rows])
        print()
    summary = []
    for name, bar in BARS.items():
        ratios = [row[name] for rows in tables.values() for row in rows if name in row]
        if ratios:
            mean, worst = geometric_mean(ratios), max(ratios)
            holds = ["yes" if ratio <= bar else "no" for ratio in (mean, worst)]
            summary.append([name, bar, mean, holds[0], worst, holds[1]])
    print_table(["ratio", "to reach", "geometric mean", "holds", "worst", "holds"], summary)
    for module in OPTIONAL.keys() - INSTALLED:
        print(f"{OPTIONAL[module]} is not installed, and so left out")
    packages = [OPTIONAL[module] for module in sorted(INSTALLED)]
    facts = machine("numpy", "pycocotools", *packages)
    path = write_json("boxes", {"machine": facts, "tables": tables, "summary": summary})
    print(f"\n{facts}, one thread each; written to {path.relative_to(path.parents[2])}")


if __name__ == "__main__":
    main()
