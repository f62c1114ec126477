"""Boxes by themselves and in pairs: formats, areas, and how far two boxes overlap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnnviz.arrays import check_name, refuse_large, shown
from cnnviz.boxes._inputs import Array, as_boxes, is_tensor, namespace, together
from cnnviz.shapes import per_axis

__all__ = [
    "area",
    "clip",
    "convert",
    "diou",
    "giou",
    "iou",
    "paired_diou",
    "paired_giou",
    "paired_iou",
]

FORMATS = ("xyxy", "xywh", "cxcywh")
NORMALISED = tuple(f"{name}-normalised" for name in FORMATS)
INCLUSIVE = "xyxy-inclusive"

_BLOCK = 2**14  # pairs that are computed at once: their numbers stay in the processor's cache


def convert(boxes: Any, source: str, target: str, *, size: Any = None) -> Array:
    """Write boxes in another format.

    Parameters
    ----------
    boxes : (…, 4)
        Four numbers a box, in the source's format.
    source, target : str
        - ``"xyxy"``: the edges x1, y1, x2, y2, in continuous coordinates, where pixel 0 reaches
          from 0 to 1. All other functions take this one.
        - ``"xywh"``: left and upper edge, width, height (COCO).
        - ``"cxcywh"``: the centre, width, height.
        - ``"xyxy-inclusive"``: the first and the last pixel, counted from 0, both of them in the
          box, which is therefore x2 − x1 **+ 1** wide (old VOC code; VOC's files count from 1).
        - ``"xyxy-normalised"``, ``"xywh-normalised"``, ``"cxcywh-normalised"`` (YOLO): x and w in
          picture widths, y and h in picture heights.
    size : (H, W), optional
        The picture's, which the normalised formats need.

    Returns
    -------
    ndarray or Tensor, (…, 4)
        Floats: float32 stays float32.

    Raises
    ------
    TypeError, ValueError
        For what isn't boxes, an unknown format, a size that is missing or no size.

    Examples
    --------
    >>> convert([[2, 3, 6, 5]], "xyxy", "cxcywh")
    array([[4., 4., 4., 2.]])
    >>> convert([[2, 3, 5, 4]], "xyxy-inclusive", "xywh")
    array([[2., 3., 4., 2.]])
    >>> convert([[0.5, 0.5, 0.25, 1]], "cxcywh-normalised", "xyxy", size=(10, 40))
    array([[15.,  0., 25., 10.]])
    """
    boxes = as_boxes("boxes", boxes, axes=None)
    for name, value in (("source", source), ("target", target)):
        check_name(name, value, (*FORMATS, INCLUSIVE, *NORMALISED))
    scale = _scale(size, needed=NORMALISED.count(source) + NORMALISED.count(target) > 0)
    with np.errstate(over="ignore", invalid="ignore"):
        x, y, z, w = _columns(boxes)
        if source in NORMALISED:
            x, y, z, w = (value * factor for value, factor in zip((x, y, z, w), scale, strict=True))
        edges = _TO_EDGES[source.removesuffix("-normalised")](x, y, z, w)
        numbers = _FROM_EDGES[target.removesuffix("-normalised")](*edges)
        if target in NORMALISED:
            numbers = tuple(n / factor for n, factor in zip(numbers, scale, strict=True))
    return namespace(boxes).stack(numbers, -1)


def area(boxes: Any) -> Array:
    """Return each box's width times its height; 0 where one of them is negative.

    Examples
    --------
    >>> area([[0, 0, 4, 3], [5, 5, 2, 9]])
    array([12.,  0.])
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return area_of(*_columns(as_boxes("boxes", boxes, axes=None)))


def clip(boxes: Any, size: Any) -> Array:
    """Return boxes with every edge moved into a picture of ``(H, W)``.

    A box that lies outside keeps no area; it isn't left out.

    Examples
    --------
    >>> clip([[-2, 3, 6, 50]], (20, 30))
    array([[ 0.,  3.,  6., 20.]])
    """
    boxes = as_boxes("boxes", boxes, axes=None)
    height, width = per_axis("size", size, 2)
    x1, y1, x2, y2 = _columns(boxes)
    limits = zip((x1, y1, x2, y2), (width, height) * 2, strict=True)
    return namespace(boxes).stack([edge.clip(0, most) for edge, most in limits], -1)


def iou(a: Any, b: Any) -> Array:
    """Return the intersection over the union of each box of one list with each of another.

    Parameters
    ----------
    a, b : (N, 4), (M, 4)
        Boxes ``(x1, y1, x2, y2)``.

    Returns
    -------
    ndarray or Tensor, (N, M)
        From 0 to 1. A box of no area, or with edges in the wrong order, has 0 with every box,
        itself among them. NaN gives NaN. A tensor has gradients.

    Raises
    ------
    TypeError, ValueError
        For what isn't boxes; and where the result would take more than 4 GiB: give fewer boxes at
        a time.

    Examples
    --------
    >>> iou([[0, 0, 2, 2]], [[1, 0, 3, 2], [0, 0, 2, 1], [5, 5, 6, 6]])
    array([[0.33333333, 0.5       , 0.        ]])
    """
    return _each_pair(ious_of, a, b)


def giou(a: Any, b: Any) -> Array:
    """Return the generalised IoU of each pair: IoU − (hull − union) / hull.

    The hull is the smallest box around both. Boxes that lie apart have a slope, too.

    Parameters and errors are those of :func:`iou`.

    Returns
    -------
    ndarray or Tensor, (N, M)
        From −1 (far apart) to 1. Where the hull has no area, nothing is subtracted.

    References
    ----------
    Rezatofighi et al., "Generalized intersection over union", CVPR (2019).

    Examples
    --------
    >>> giou([[0, 0, 1, 1]], [[0, 0, 1, 1], [3, 0, 4, 1]])
    array([[ 1. , -0.5]])
    """
    return _each_pair(_giou, a, b)


def diou(a: Any, b: Any) -> Array:
    """Return the distance IoU of each pair: IoU − (distance of the centres / hull's diagonal)².

    Parameters and errors are those of :func:`iou`.

    Returns
    -------
    ndarray or Tensor, (N, M)
        From −1 to 1, for boxes whose edges are in order. Where the diagonal is 0, nothing is
        subtracted.

    References
    ----------
    Zheng et al., "Distance-IoU loss", AAAI (2020).

    Examples
    --------
    >>> diou([[0, 0, 2, 2]], [[0, 0, 2, 2], [2, 2, 4, 4]])
    array([[ 1.  , -0.25]])
    """
    return _each_pair(_diou, a, b)


def paired_iou(a: Any, b: Any) -> Array:
    """Return the IoU of each box with its own partner: ``(…, 4)`` and ``(…, 4)`` give ``(…)``.

    One minus it is a loss, whose slope is 0 where two boxes lie apart; see :func:`iou`.

    Raises
    ------
    TypeError, ValueError
        For what isn't boxes, and where a and b have different shapes.

    Examples
    --------
    >>> paired_iou([[0, 0, 2, 2], [0, 0, 1, 1]], [[1, 0, 3, 2], [0, 0, 1, 1]])
    array([0.33333333, 1.        ])
    """
    return _own_partner(ious_of, a, b)


def paired_giou(a: Any, b: Any) -> Array:
    """Return the generalised IoU of each box with its own partner; see :func:`giou`.

    Examples
    --------
    >>> paired_giou([[0, 0, 1, 1]], [[3, 0, 4, 1]])
    array([-0.5])
    """
    return _own_partner(_giou, a, b)


def paired_diou(a: Any, b: Any) -> Array:
    """Return the distance IoU of each box with its own partner; see :func:`diou`.

    Examples
    --------
    >>> paired_diou([[0, 0, 2, 2]], [[2, 2, 4, 4]])
    array([-0.25])
    """
    return _own_partner(_diou, a, b)


# --- the formulas, of edges that NumPy or torch broadcasts ----------------------------------------

Edges = tuple[Array, Array, Array, Array]
Formula = Callable[[Edges, Edges], Array]


def _columns(boxes: Array) -> Edges:
    return boxes[..., 0], boxes[..., 1], boxes[..., 2], boxes[..., 3]


def area_of(x1: Array, y1: Array, x2: Array, y2: Array) -> Array:
    return (x2 - x1).clip(0) * (y2 - y1).clip(0)


def inside_of(a: Edges, b: Edges) -> Array:
    """Return the area of the intersection, which is 0 where there is none."""
    xp = namespace(*a)
    width = xp.minimum(a[2], b[2]) - xp.maximum(a[0], b[0])
    height = xp.minimum(a[3], b[3]) - xp.maximum(a[1], b[1])
    return width.clip(0) * height.clip(0)


def overlap_of(a: Edges, b: Edges) -> tuple[Array, Array]:
    """Return intersection and union from edges that are checked, of any shapes that go together."""
    inside = inside_of(a, b)
    return inside, area_of(*a) + area_of(*b) - inside


def ratio_of(part: Array, whole: Array) -> Array:
    """Divide; 0 where there is nothing to divide by, in value and in slope."""
    return part / namespace(whole).where(whole == 0, 1, whole)


def ious_of(a: Edges, b: Edges) -> Array:
    """Return IoU from edges that are checked, of any shapes that go together."""
    return ratio_of(*overlap_of(a, b))


def _hull(a: Edges, b: Edges) -> Edges:
    xp = namespace(*a)
    lows, highs = map(xp.minimum, a[:2], b[:2]), map(xp.maximum, a[2:], b[2:])
    return (*lows, *highs)


def _giou(a: Edges, b: Edges) -> Array:
    inside, union = overlap_of(a, b)
    hull = area_of(*_hull(a, b))
    return ratio_of(inside, union) - ratio_of(hull - union, hull)


def _diou(a: Edges, b: Edges) -> Array:
    x1, y1, x2, y2 = _hull(a, b)
    dx = (a[0] + a[2] - b[0] - b[2]) / 2
    dy = (a[1] + a[3] - b[1] - b[3]) / 2
    return ious_of(a, b) - ratio_of(dx * dx + dy * dy, (x2 - x1) ** 2 + (y2 - y1) ** 2)


def _each_pair(formula: Formula, a: Any, b: Any) -> Array:
    a, b = together(as_boxes("a", a), as_boxes("b", b))
    if is_tensor(a):
        refuse_large("a", (len(a), len(b)))
        return formula(_columns(a[:, None]), _columns(b[None]))
    dtype = np.result_type(a, b)
    refuse_large("a", (len(a), len(b)), dtype)
    out = np.empty((len(a), len(b)), dtype)
    columns = tuple(np.ascontiguousarray(b.T))
    step = max(1, _BLOCK // max(1, len(b)))
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(a), step):
            rows = slice(start, start + step)
            out[rows] = formula(_columns(a[rows, None]), columns)
    return out


def _own_partner(formula: Formula, a: Any, b: Any) -> Array:
    a, b = together(as_boxes("a", a, axes=None), as_boxes("b", b, axes=None))
    if a.shape != b.shape:
        raise ValueError(
            f"b must have the shape of a, {shown(tuple(a.shape))}, got {shown(tuple(b.shape))}"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        return formula(_columns(a), _columns(b))


# --- formats: each to the four edges and back -----------------------------------------------------

_TO_EDGES: dict[str, Callable[..., Edges]] = {
    "xyxy": lambda x1, y1, x2, y2: (x1, y1, x2, y2),
    "xywh": lambda x, y, w, h: (x, y, x + w, y + h),
    "cxcywh": lambda x, y, w, h: (x - w / 2, y - h / 2, x + w / 2, y + h / 2),
    INCLUSIVE: lambda x1, y1, x2, y2: (x1, y1, x2 + 1, y2 + 1),
}
_FROM_EDGES: dict[str, Callable[..., Edges]] = {
    "xyxy": lambda x1, y1, x2, y2: (x1, y1, x2, y2),
    "xywh": lambda x1, y1, x2, y2: (x1, y1, x2 - x1, y2 - y1),
    "cxcywh": lambda x1, y1, x2, y2: ((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1),
    INCLUSIVE: lambda x1, y1, x2, y2: (x1, y1, x2 - 1, y2 - 1),
}


def _scale(size: Any, needed: bool) -> tuple[int, ...]:
    """Return what x, y, w, h are multiples of."""
    if size is None and not needed:
        return (1, 1, 1, 1)
    if size is None:
        raise ValueError("size must be the picture's (H, W) for a normalised format, got None")
    height, width = per_axis("size", size, 2)
    return (width, height, width, height)
