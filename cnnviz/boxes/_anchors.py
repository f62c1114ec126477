"""Anchors: boxes that a network starts from, which object each answers for, and R-CNN's deltas."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.arrays import as_array, refuse_large, shown
from cnnviz.boxes._geometry import convert, iou
from cnnviz.boxes._inputs import (
    Array,
    as_boxes,
    as_share,
    like,
    namespace,
    plain,
    together,
)
from cnnviz.shapes import per_axis

__all__ = ["BACKGROUND", "IGNORED", "anchors", "assign", "decode_deltas", "encode_deltas"]

BACKGROUND, IGNORED = -1, -2  # what an anchor stands for that answers for no object

#: The largest logarithm that a side may grow by: 1000 pixels from a stride of 16, as in Detectron.
_LARGEST = math.log(1000 / 16)


def anchors(grid: Any, stride: Any, sizes: Any) -> NDArray[np.float64]:
    """Return boxes of some sizes, centred in each cell of a grid.

    Parameters
    ----------
    grid : int or (gh, gw)
        How many cells.
    stride : int or (sh, sw)
        A cell's height and width in pixels.
    sizes : (k, 2)
        Height and width of each box, in pixels, above 0.

    Returns
    -------
    ndarray, (gh · gw · k, 4)
        ``(x1, y1, x2, y2)``: row by row, cell by cell, and in each cell the sizes in order.

    Raises
    ------
    TypeError, ValueError
        For numbers that are no grid, stride or sizes; if the result would take more than 4 GiB.

    Examples
    --------
    >>> anchors((1, 2), 16, [(8, 4)])
    array([[ 6.,  4., 10., 12.],
           [22.,  4., 26., 12.]])
    """
    (rows, columns), (high, wide) = per_axis("grid", grid, 2), per_axis("stride", stride, 2)
    sides = as_array("sizes", sizes, axes=(2,), finite=True).astype(np.float64)
    if sides.shape[1] != 2 or (sides <= 0).any():
        raise ValueError(
            f"sizes must be (height, width) of each box, above 0, got {shown(sides.tolist())}"
        )
    refuse_large("grid", (rows, columns, len(sides), 4))
    result = np.empty((rows, columns, len(sides), 4))
    result[..., 0] = (np.arange(columns) + 0.5)[:, np.newaxis] * wide - sides[:, 1] / 2
    result[..., 1] = (np.arange(rows) + 0.5)[:, np.newaxis, np.newaxis] * high - sides[:, 0] / 2
    result[..., 2:] = result[..., :2] + sides[:, ::-1]
    return result.reshape(-1, 4)


def assign(anchors: Any, boxes: Any, positive: float = 0.7, negative: float = 0.3) -> Array:
    """Say which object each anchor answers for, by Faster R-CNN's rule.

    An anchor answers for the object with which its IoU is highest, if that is at least `positive`.
    If it is below `negative`, the anchor is background; between the two it is ignored. In addition,
    each object gets the anchors that overlap it most, however little: else small objects would
    have none. Where two objects claim one anchor so, the higher IoU wins, then the lower index.

    Parameters
    ----------
    anchors : (A, 4)
        Finite.
    boxes : (N, 4)
        The objects. One of no area gets no anchor.
    positive, negative : float
        From 0 to 1, `negative` at most `positive`.

    Returns
    -------
    ndarray or Tensor of int64, (A,)
        An index of `boxes`, or −1 for background, −2 for ignored.

    Raises
    ------
    TypeError, ValueError
        For what isn't boxes or thresholds; if A × N numbers would take more than 4 GiB.

    Notes
    -----
    In torchvision and Detectron2 an anchor that an object claims as its best goes to the anchor's
    own best object, which may be another: then the claimant may be left without any.

    References
    ----------
    Ren, He, Girshick and Sun, "Faster R-CNN", NeurIPS (2015), section 3.1.2.

    Examples
    --------
    >>> assign([[0, 0, 4, 4], [1, 0, 5, 4], [8, 8, 12, 12]], [[0, 0, 4, 5]], 0.7, 0.3)
    array([ 0, -2, -1])
    """
    given = anchors
    cells = plain(as_boxes("anchors", anchors, finite=True))
    objects = plain(as_boxes("boxes", boxes, finite=True))
    positive, negative = as_share("positive", positive), as_share("negative", negative)
    if negative > positive:
        raise ValueError(f"negative must be at most positive, {positive}, got {negative}")
    result = np.full(len(cells), BACKGROUND, np.int64)
    if len(cells) and len(objects):
        refuse_large("anchors", (len(cells), len(objects)))
        overlaps = iou(cells, objects)
        best = overlaps.max(axis=1)
        result[best >= negative] = IGNORED
        result[best >= positive] = overlaps.argmax(axis=1)[best >= positive]
        most = overlaps.max(axis=0)
        claims = np.where((overlaps == most) & (most > 0), overlaps, 0)
        claimed = claims.any(axis=1)
        result[claimed] = claims[claimed].argmax(axis=1)
        result[(result >= 0) & (best <= 0)] = BACKGROUND  # at a threshold of 0
    return like(result, given)


def encode_deltas(boxes: Any, anchors: Any) -> Array:
    """Return what moves anchors onto boxes: R-CNN's (dx, dy, dw, dh).

    dx = (x − x_a) / w_a, dy = (y − y_a) / h_a, dw = ln(w / w_a), dh = ln(h / h_a), with centres
    x, y, and sides w, h.

    Parameters
    ----------
    boxes, anchors : (…, 4)
        A box for each anchor, both with sides above 0.

    Returns
    -------
    ndarray or Tensor, (…, 4)
        With gradients, if they are tensors that have them.

    Raises
    ------
    TypeError, ValueError
        For what isn't boxes; for shapes that differ; for a side that isn't above 0.

    References
    ----------
    Girshick, Donahue, Darrell and Malik, "Rich feature hierarchies", CVPR (2014), appendix C.

    Examples
    --------
    >>> encode_deltas([[2, 0, 6, 4]], [[0, 0, 4, 4]])
    array([[0.5, 0. , 0. , 0. ]])
    """
    target, start = _same_shape("boxes", boxes, anchors)
    target, start = _with_sides("boxes", target), _with_sides("anchors", start)
    xp = namespace(target)
    with np.errstate(over="ignore"):
        moved = (target[..., :2] - start[..., :2]) / start[..., 2:]
        return xp.concatenate([moved, xp.log(target[..., 2:] / start[..., 2:])], -1)


def decode_deltas(deltas: Any, anchors: Any) -> Array:
    """Return anchors, moved by (dx, dy, dw, dh): the inverse of :func:`encode_deltas`.

    Parameters
    ----------
    deltas : (…, 4)
        Four numbers for each anchor. Those of a network may be anything: dw and dh count as at
        most ln(1000 / 16), which is 62.5 times the anchor's side.
    anchors : (…, 4)
        With sides above 0.

    Returns
    -------
    ndarray or Tensor, (…, 4)
        Boxes ``(x1, y1, x2, y2)``; with gradients, if they are tensors that have them.

    Raises
    ------
    TypeError, ValueError
        For what isn't boxes; for shapes that differ; for an anchor's side that isn't above 0.

    Examples
    --------
    >>> decode_deltas([[0.5, 0, 0, 0]], [[0, 0, 4, 4]])
    array([[2., 0., 6., 4.]])
    """
    moves, start = _same_shape("deltas", deltas, anchors)
    start = _with_sides("anchors", start)
    xp = namespace(moves)
    with np.errstate(over="ignore", invalid="ignore"):
        centres = start[..., :2] + moves[..., :2] * start[..., 2:]
        sides = start[..., 2:] * xp.exp(moves[..., 2:].clip(max=_LARGEST))
        return xp.concatenate([centres - sides / 2, centres + sides / 2], -1)


def _same_shape(name: str, value: Any, anchors: Any) -> tuple[Array, Array]:
    first, second = as_boxes(name, value, axes=None), as_boxes("anchors", anchors, axes=None)
    if first.shape != second.shape:
        raise ValueError(
            f"{name} must have the shape of anchors, {shown(tuple(second.shape))}, "
            f"got {shown(tuple(first.shape))}"
        )
    return together(first, second)


def _with_sides(name: str, boxes: Array) -> Array:
    """Return boxes as centre, width and height, both of which have to be above 0."""
    result = convert(boxes, "xyxy", "cxcywh")
    if not (result[..., 2:] > 0).all():
        raise ValueError(f"{name} must have sides above 0, got some that haven't")
    return result
