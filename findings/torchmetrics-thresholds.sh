#!/usr/bin/env bash
# Library: torchmetrics 1.9.0, torchvision 0.29.1, torch 2.13.0, pycocotools 2.0.11
# Expected: torchmetrics' MeanAveragePrecision, whose backend is pycocotools, gives what pycocotools gives.
# What happens: its IoU thresholds come from torch.linspace in float32, so that 0.55, 0.6, 0.8 and 0.85 are a little more
#   than they say. A box whose IoU is exactly 0.55 or 0.6, as boxes in whole pixels easily have, passes one threshold fewer.
#
# Output seen, 2026-11-28:
#   thresholds above their names: 0.55 0.6 0.8 0.85
#   case              pycocotools  torchmetrics
#   IoU exactly 0.55  0.2          0.1
#   IoU exactly 0.6   0.3          0.2
#   IoU exactly 0.7   0.5          0.5
#
# Why it matters here: chapter 21 compares evaluators on the same detections. (torchvision's wheel is for another build of
#   torch than a processor's; only its plain functions are used, and the operators that it names are declared before.)
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install torch==2.13.0 torchmetrics==1.9.0 pycocotools==2.0.11 pillow==13.0.0
"$python" -I -m pip install -qq --disable-pip-version-check --no-input --no-compile --no-deps torchvision==0.29.1
show <<'PYTHON'
import contextlib
import io
import warnings
from decimal import Decimal

import torch

declared = torch.library.Library("torchvision", "FRAGMENT")
for name in ("nms", "qnms"):
    declared.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from torchmetrics.detection import MeanAveragePrecision

warnings.filterwarnings("ignore")
TRUTH = [0.0, 0.0, 100.0, 100.0]


def by_pycocotools(found, scores):
    def flat(box):
        return [box[0], box[1], box[2] - box[0], box[3] - box[1]]

    one = {"id": 1, "image_id": 1, "category_id": 1, "bbox": flat(TRUTH), "area": 10_000, "iscrowd": 0}
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "info": {}, "images": [{"id": 1}], "categories": [{"id": 1, "name": "a"}], "annotations": [one]
        }
        truth.createIndex()
        boxes = [
            {"image_id": 1, "category_id": 1, "bbox": flat(box), "score": score}
            for box, score in zip(found, scores)
        ]
        run = COCOeval(truth, truth.loadRes(boxes), "bbox")
        run.evaluate()
        run.accumulate()
        run.summarize()
    return run.stats[0]


def by_torchmetrics(found, scores):
    metric = MeanAveragePrecision()
    ones = torch.ones(len(found), dtype=torch.long)
    said = {"boxes": torch.tensor(found), "scores": torch.tensor(scores, dtype=torch.float64), "labels": ones}
    metric.update([said], [{"boxes": torch.tensor([TRUTH]), "labels": ones[:1]}])
    return float(metric.compute()["map"])


above = [t for t in MeanAveragePrecision().iou_thresholds if Decimal(t) > Decimal(str(round(t, 2)))]
print("thresholds above their names:", *(round(t, 2) for t in above))
CASES = {
    f"IoU exactly {share / 100:g}": ([[0.0, 0.0, 100.0, float(share)]], [0.9]) for share in (55, 60, 70)
}
print(f"{'case':16}  pycocotools  torchmetrics")
for name, case in CASES.items():
    print(f"{name:16}  {by_pycocotools(*case):<11.1f}  {by_torchmetrics(*case):.1f}")
PYTHON
compare
