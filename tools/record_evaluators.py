"""Let four evaluators judge the same detections, and keep what each says.

Run ``python tools/record_evaluators.py`` in the repository's root; it writes
``chapters/records/evaluators.json``, which chapter 21 reads. It needs pycocotools,
faster-coco-eval, torchmetrics and supervision; an evaluator that isn't installed keeps what it said
before.

torchmetrics imports torchvision for a few plain functions. Where torchvision was built for another
build of torch, its operators are declared first, so that it can be imported without them.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from cnnviz.files import replacing

FILE = Path(__file__).resolve().parent.parent / "chapters" / "records" / "evaluators.json"
NUMBERS = ("AP", "AP50", "APs", "APm")

Picture = dict[str, list[list[float]]]
Case = dict[str, Any]


def square(x: float, y: float, side: float) -> list[float]:
    """Return a box."""
    return [x, y, x + side, y + side]


HERE, THERE, FAR = square(10, 10, 40), square(100, 10, 40), square(300, 300, 40)


def picture(objects: list[list[float]], found: list[list[float]]) -> Picture:
    """Return objects as (x1, y1, x2, y2, label, crowd), detections as (…, label, score)."""
    return {"objects": objects, "found": found}


def cases() -> list[Case]:
    """Return small sets of detections on which evaluators might disagree."""
    one, far = [*HERE, 1, 0], [*FAR, 1, 0.5]
    many = [[*square(3 * i, 200, 2), 1, 0.9 - i / 1000] for i in range(100)]
    crowd = [*square(200, 200, 200), 1, 1]
    named: dict[str, list[Picture]] = {
        "one of two found": [picture([one, [*THERE, 1, 0]], [[*HERE, 1, 0.9]])],
        "a tie, the hit first": [picture([one], [[*HERE, 1, 0.5], far])],
        "a tie, the hit last": [picture([one], [far, [*HERE, 1, 0.5]])],
        "a false alarm": [picture([one], [[*FAR, 1, 0.9], [*HERE, 1, 0.5]])],
        "the same in a crowd": [picture([one, crowd], [[*FAR, 1, 0.9], [*HERE, 1, 0.5]])],
        "the same on an empty picture": [
            picture([], [[*FAR, 1, 0.9]]),
            picture([one], [[*HERE, 1, 0.5]]),
        ],
        "a class that is nowhere": [picture([one], [[*HERE, 1, 0.5], [*FAR, 2, 0.9]])],
        "a class never found": [picture([one, [*FAR, 2, 0]], [[*HERE, 1, 0.5]])],
        "no objects at all": [picture([], [[*HERE, 1, 0.5]])],
        "a hit behind 100 others": [picture([one], [*many, [*HERE, 1, 0.1]])],
        "behind 100 of another class": [
            picture([one], [*([*box[:4], 2, box[5]] for box in many), [*HERE, 1, 0.1]])
        ],
        "an object of 32×32": [
            picture([[*square(10, 10, 32), 1, 0]], [[*square(10, 10, 32), 1, 0.9]])
        ],
        "an IoU of exactly 0.6": [
            picture([[0, 0, 100, 100, 1, 0]], [[0, 0, 100, 60, 1, 0.9]]),
        ],
    }
    made: list[Case] = [{"name": k, "first_id": 1, "pictures": v} for k, v in named.items()]
    both = picture([one, [*THERE, 1, 0]], [[*HERE, 1, 0.9], [*THERE, 1, 0.8]])
    made.append({"name": "two found, ids from 1", "first_id": 1, "pictures": [both]})
    made.append({"name": "two found, ids from 0", "first_id": 0, "pictures": [both]})
    return made


def by_pycocotools(case: Case) -> list[float]:
    """Return what pycocotools says."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    return _by_coco(case, COCO, COCOeval)


def by_faster(case: Case) -> list[float]:
    """Return what faster-coco-eval says."""
    from faster_coco_eval import COCO, COCOeval_faster

    return _by_coco(case, COCO, COCOeval_faster)


def _by_coco(case: Case, coco: Any, evaluator: Any) -> list[float]:
    objects: list[dict[str, Any]] = []
    found: list[dict[str, Any]] = []
    for number, one in enumerate(case["pictures"], 1):
        for x1, y1, x2, y2, label, crowd in one["objects"]:
            objects.append(
                {
                    "id": case["first_id"] + len(objects),
                    "image_id": number,
                    "category_id": label,
                    "bbox": [x1, y1, x2 - x1, y2 - y1],
                    "area": (x2 - x1) * (y2 - y1),
                    "iscrowd": crowd,
                }
            )
        for x1, y1, x2, y2, label, score in one["found"]:
            box = [x1, y1, x2 - x1, y2 - y1]
            found.append({"image_id": number, "category_id": label, "bbox": box, "score": score})
    with contextlib.redirect_stdout(io.StringIO()):
        truth = coco()
        truth.dataset = {
            "info": {},
            "images": [{"id": i + 1} for i in range(len(case["pictures"]))],
            "categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}],
            "annotations": objects,
        }
        truth.createIndex()
        run = evaluator(truth, truth.loadRes(found), "bbox")
        run.evaluate()
        run.accumulate()
        run.summarize()
    return [float(run.stats[i]) for i in (0, 1, 3, 4)]


def by_torchmetrics(case: Case) -> list[float]:
    """Return what torchmetrics says, which numbers objects itself."""
    import torch
    from torchmetrics.detection import MeanAveragePrecision

    def table(rows: list[list[float]], last: str, dtype: torch.dtype) -> dict[str, torch.Tensor]:
        numbers = torch.tensor(rows, dtype=torch.float64).reshape(-1, 6)
        labels = numbers[:, 4].long()
        return {"boxes": numbers[:, :4], "labels": labels, last: numbers[:, 5].to(dtype)}

    metric = MeanAveragePrecision()
    metric.update(
        [table(one["found"], "scores", torch.float64) for one in case["pictures"]],
        [table(one["objects"], "iscrowd", torch.int64) for one in case["pictures"]],
    )
    result = metric.compute()
    return [float(result[name]) for name in ("map", "map_50", "map_small", "map_medium")]


def by_supervision(case: Case) -> list[float]:
    """Return what supervision says, which numbers objects itself."""
    import supervision
    from supervision.metrics import MeanAveragePrecision

    def detections(rows: list[list[float]], scored: bool) -> Any:
        if not rows:
            return supervision.Detections.empty()
        numbers = np.array(rows, float)
        kinds = {"class_id": numbers[:, 4].astype(int)}
        if scored:
            return supervision.Detections(numbers[:, :4], confidence=numbers[:, 5], **kinds)
        crowds = {"iscrowd": numbers[:, 5].astype(int)}
        return supervision.Detections(numbers[:, :4], data=crowds, **kinds)

    metric = MeanAveragePrecision()
    metric.update(
        [detections(one["found"], True) for one in case["pictures"]],
        [detections(one["objects"], False) for one in case["pictures"]],
    )
    result = metric.compute()
    by_size = (result.small_objects, result.medium_objects)
    return [result.map50_95, result.map50, *(part.map50_95 for part in by_size)]


EVALUATORS: dict[str, Callable[[Case], list[float]]] = {
    "pycocotools": by_pycocotools,
    "faster-coco-eval": by_faster,
    "torchmetrics": by_torchmetrics,
    "supervision": by_supervision,
}


def judged(name: str, case: Case) -> dict[str, float]:
    """Return what one evaluator says of one case."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = EVALUATORS[name](case)
    return {number: round(float(v), 12) for number, v in zip(NUMBERS, values, strict=True)}


def version(name: str) -> str | None:
    """Return the version of an evaluator, None if it isn't installed."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def declared_operators() -> Any:
    """Let torchvision be imported without its compiled part, as long as what is returned lives."""
    import torch

    library: Any = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for name in ("nms", "qnms"):
        with contextlib.suppress(RuntimeError):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return library


def main() -> None:
    """Run each evaluator that is installed on each case, and write the record."""
    before = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {"versions": {}, "cases": []}
    known = {case["name"]: case["results"] for case in before["cases"]}
    versions, made = dict(before["versions"]), cases()
    for case in made:
        case["results"] = dict(known.get(case["name"], {}))
    operators = declared_operators() if version("torchvision") else None
    for name in EVALUATORS:
        if version(name) is None:
            print(f"{name} is not installed: what it said before stands")
            continue
        versions[name] = version(name)
        for case in made:
            case["results"][name] = judged(name, case)
    del operators
    with replacing(FILE) as fresh:
        fresh.write_text(_written({"versions": versions, "cases": made}), encoding="utf-8")


def _written(record: dict[str, Any]) -> str:
    """Return a record as JSON, a case's parts a line each."""

    def line(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    parts = [
        ",\n  ".join(f"{line(name)}: {line(value)}" for name, value in case.items())
        for case in record["cases"]
    ]
    listed = ",\n".join(f"{{ {part} }}" for part in parts)
    return f'{{"versions": {line(record["versions"])},\n"cases": [\n{listed}\n]}}\n'


if __name__ == "__main__":
    main()
