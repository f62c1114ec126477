#!/usr/bin/env bash
# Library: pycocotools 2.0.11, faster-coco-eval 1.8.0, supervision 0.31.2
# Expected: an object is found if a box fits it, whatever number its annotation has.
# What happens: both of COCO's evaluators keep, for each detection, the id of the object that it was matched with, and 0
#   for none. An annotation whose id is 0, as one gets by counting from 0, can be matched, and counts as missed, and its
#   detection as a false alarm. Of two objects found perfectly one is lost: 0.25 where 1 is right. supervision, which
#   numbers the objects itself, gives 1.
#
# Output seen, 2026-11-28:
#   average precision of two objects, each found by a box that fits exactly
#   ids from  pycocotools  faster-coco-eval  supervision
#   0         0.2525       0.2525            1.0000
#   1         1.0000       1.0000            1.0000
#
# Why it matters here: chapter 21 measures detectors. Readers write annotations of their own, and number them from 0.
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install pycocotools==2.0.11 faster-coco-eval==1.8.0 supervision==0.31.2
show <<'PYTHON'
import contextlib
import io
import warnings

import numpy as np
import supervision
from faster_coco_eval import COCO as FasterCOCO
from faster_coco_eval import COCOeval_faster
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from supervision.metrics import MeanAveragePrecision

warnings.filterwarnings("ignore")
BOXES = [[10.0, 10.0, 50.0, 50.0], [100.0, 10.0, 140.0, 50.0]]
SCORES = [0.9, 0.8]


def annotated(first):
    objects = [
        {"id": first + i, "image_id": 1, "category_id": 1, "bbox": [x, y, 40, 40], "area": 1600, "iscrowd": 0}
        for i, (x, y, *_) in enumerate(BOXES)
    ]
    return {"info": {}, "images": [{"id": 1}], "categories": [{"id": 1, "name": "a"}], "annotations": objects}


def detected():
    return [
        {"image_id": 1, "category_id": 1, "bbox": [x, y, 40, 40], "score": score}
        for (x, y, *_), score in zip(BOXES, SCORES)
    ]


def by_coco(data, evaluator, first):
    with contextlib.redirect_stdout(io.StringIO()):
        truth = data()
        truth.dataset = annotated(first)
        truth.createIndex()
        run = evaluator(truth, truth.loadRes(detected()), "bbox")
        run.evaluate()
        run.accumulate()
        run.summarize()
    return run.stats[0]


def by_supervision(_):
    ones = np.ones(2, int)
    found = supervision.Detections(np.array(BOXES), confidence=np.array(SCORES), class_id=ones)
    truth = supervision.Detections(np.array(BOXES), class_id=ones)
    return MeanAveragePrecision().update([found], [truth]).compute().map50_95


TOOLS = {
    "pycocotools": lambda first: by_coco(COCO, COCOeval, first),
    "faster-coco-eval": lambda first: by_coco(FasterCOCO, COCOeval_faster, first),
    "supervision": by_supervision,
}
print("average precision of two objects, each found by a box that fits exactly")
print("ids from  " + "  ".join(f"{name:11}" for name in TOOLS).rstrip())
for first in (0, 1):
    values = "  ".join(f"{tool(first):<{max(11, len(name))}.4f}" for name, tool in TOOLS.items())
    print(f"{first:<9} {values.rstrip()}")
PYTHON
compare
