"""Boxes: how far they overlap, which to keep, what a detector learns, how good it is.

Boxes are arrays (…, 4) of ``(x1, y1, x2, y2)`` in continuous coordinates: pixel 0 reaches from 0 to
1. Sizes of pictures are ``(H, W)``, as everywhere. NumPy's arrays and lists give NumPy's arrays,
torch's tensors give tensors.

- :func:`convert`: other formats, to and fro; :func:`area`, :func:`clip`;
- :func:`iou`, :func:`giou`, :func:`diou`: of each pair; :func:`paired_iou`, :func:`paired_giou`,
  :func:`paired_diou`: of each box with its own partner, as losses have it;
- :func:`nms`, :func:`soft_nms`, :func:`nms_steps`: of boxes that overlap, the best;
- :func:`anchors`, :func:`assign`, :func:`encode_deltas`, :func:`decode_deltas`: what R-CNN learns;
- :func:`encode_grid`, :func:`decode_grid`: what a one-stage detector learns;
- :func:`match`, :func:`precision_recall`, :func:`average_precision`: how good a detector is at one
  class; :func:`evaluate`: COCO's numbers.

What holds for all: an empty list is no boxes; a box of no area, or with its edges in the wrong
order, overlaps nothing. What only computes lets NaN through; what chooses refuses it by name.

>>> from cnnviz import boxes
>>> boxes.iou([[0, 0, 2, 2]], [[1, 0, 3, 2]]).round(3)
array([[0.333]])
"""

from __future__ import annotations

from cnnviz.boxes._anchors import (
    BACKGROUND,
    IGNORED,
    anchors,
    assign,
    decode_deltas,
    encode_deltas,
)
from cnnviz.boxes._evaluation import Evaluation, evaluate
from cnnviz.boxes._geometry import (
    area,
    clip,
    convert,
    diou,
    giou,
    iou,
    paired_diou,
    paired_giou,
    paired_iou,
)
from cnnviz.boxes._grids import decode_grid, encode_grid
from cnnviz.boxes._nms import Step, nms, nms_steps, soft_nms
from cnnviz.boxes._precision import PrecisionRecall, average_precision, match, precision_recall

__all__ = [
    "BACKGROUND",
    "IGNORED",
    "Evaluation",
    "PrecisionRecall",
    "Step",
    "anchors",
    "area",
    "assign",
    "average_precision",
    "clip",
    "convert",
    "decode_deltas",
    "decode_grid",
    "diou",
    "encode_deltas",
    "encode_grid",
    "evaluate",
    "giou",
    "iou",
    "match",
    "nms",
    "nms_steps",
    "paired_diou",
    "paired_giou",
    "paired_iou",
    "precision_recall",
    "soft_nms",
]
