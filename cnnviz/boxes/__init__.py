"""Boxes: how far they overlap, which of them to keep.

Boxes are arrays (…, 4) of ``(x1, y1, x2, y2)`` in continuous coordinates: pixel 0 reaches from 0 to
1. Sizes of pictures are ``(H, W)``, as everywhere. NumPy's arrays and lists give NumPy's arrays,
torch's tensors give tensors.

- :func:`convert`: other formats, to and fro; :func:`area`, :func:`clip`;
- :func:`iou`, :func:`giou`, :func:`diou`: of each pair; :func:`paired_iou`, :func:`paired_giou`,
  :func:`paired_diou`: of each box with its own partner, as losses have it;
- :func:`nms`, :func:`soft_nms`, :func:`nms_steps`: of boxes that overlap, the best.

What holds for all: an empty list is no boxes; a box of no area, or with its edges in the wrong
order, overlaps nothing. What only computes lets NaN through; what chooses refuses it by name.

>>> from cnnviz import boxes
>>> boxes.iou([[0, 0, 2, 2]], [[1, 0, 3, 2]]).round(3)
array([[0.333]])
"""

from __future__ import annotations

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
from cnnviz.boxes._nms import Step, nms, nms_steps, soft_nms

__all__ = [
    "Step",
    "area",
    "clip",
    "convert",
    "diou",
    "giou",
    "iou",
    "nms",
    "nms_steps",
    "paired_diou",
    "paired_giou",
    "paired_iou",
    "soft_nms",
]
