"""The target of a one-stage detector: for each cell, y = [p_c, b_x, b_y, b_h, b_w, c…]."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.arrays import as_number, refuse_large, shown
from cnnviz.boxes._inputs import Array, as_boxes, as_floats, as_labels, like, plain
from cnnviz.shapes import per_axis, whole

__all__ = ["decode_grid", "encode_grid"]


def encode_grid(boxes: Any, labels: Any, grid: Any, size: Any, classes: int) -> Array:
    """Write objects into the grid of what a one-stage detector should say.

    The cell that holds an object's centre owns it: there p_c = 1, b_x and b_y are where in the cell
    the centre lies, from 0 to 1, b_h and b_w are its sides in cells, and its class has a 1. All
    else is 0.

    Parameters
    ----------
    boxes : (N, 4)
        ``(x1, y1, x2, y2)`` in pixels, with sides above 0, and the centre in the picture. A centre
        on the border of two cells belongs to the later one, on the picture's last edge to the
        last.
    labels : (N,) of int
        Classes, from 0.
    grid : int or (gh, gw)
        How many cells.
    size : int or (H, W)
        The picture's.
    classes : int
        How many classes there are.

    Returns
    -------
    ndarray or Tensor, (gh, gw, 5 + classes)
        Floats of the boxes' kind. A cell holds one object: where two centres share a cell, the
        first in the list has it.

    Raises
    ------
    TypeError, ValueError
        For what isn't boxes, labels, a grid; for a side that isn't above 0, a centre outside the
        picture, a label beyond the classes.

    References
    ----------
    Redmon, Divvala, Girshick and Farhadi, "You only look once", CVPR (2016).

    Examples
    --------
    >>> encode_grid([[10, 0, 50, 20]], [1], grid=(1, 3), size=(40, 60), classes=2)
    array([[[0.  , 0.  , 0.  , 0.  , 0.  , 0.  , 0.  ],
            [1.  , 0.5 , 0.25, 0.5 , 2.  , 0.  , 1.  ],
            [0.  , 0.  , 0.  , 0.  , 0.  , 0.  , 0.  ]]])
    """
    given, corners = boxes, plain(as_boxes("boxes", boxes, finite=True))
    classes = whole("classes", classes)
    kinds = as_labels("labels", labels, len(corners))
    if (bad := (kinds < 0) | (kinds >= classes)).any():
        raise ValueError(f"labels must be from 0 to {classes - 1}, got {kinds[bad][0]}")
    (rows, columns), (height, width) = per_axis("grid", grid, 2), per_axis("size", size, 2)
    refuse_large("grid", (rows, columns, 5 + classes), corners.dtype)
    target = np.zeros((rows, columns, 5 + classes), corners.dtype)
    x, y, wide, high = _in_cells(corners, (rows, columns), (height, width))
    column = np.minimum(x.astype(np.intp), columns - 1)
    row = np.minimum(y.astype(np.intp), rows - 1)
    # The last to be written stays; so the first in the list is written last.
    for i in reversed(range(len(corners))):
        cell = target[row[i], column[i]]
        cell[:5] = 1, x[i] - column[i], y[i] - row[i], high[i], wide[i]
        cell[5:] = 0
        cell[5 + kinds[i]] = 1
    return like(target, given)


def decode_grid(target: Any, size: Any, threshold: float = 0.5) -> tuple[Array, Array, Array]:
    """Return the boxes that a grid speaks of: what a detector says, or :func:`encode_grid` wrote.

    Parameters
    ----------
    target : (gh, gw, 5 + classes)
        p_c, b_x, b_y, b_h, b_w and the classes' probabilities of each cell.
    size : int or (H, W)
        The picture's.
    threshold : float
        Cells with a score of at least this are returned. A score of NaN isn't.

    Returns
    -------
    boxes : ndarray or Tensor, (K, 4)
        ``(x1, y1, x2, y2)`` in pixels, cell by cell.
    scores : ndarray or Tensor, (K,)
        p_c times the probability of the likeliest class; p_c where there are no classes.
    labels : ndarray or Tensor of int64, (K,)
        The likeliest class, of equal ones the first.

    Raises
    ------
    TypeError, ValueError
        For another shape, what is no size, what is no threshold.

    Examples
    --------
    >>> target = encode_grid([[10, 0, 50, 20]], [1], grid=(1, 3), size=(40, 60), classes=2)
    >>> decode_grid(target, (40, 60))
    (array([[10.,  0., 50., 20.]]), array([1.]), array([1]))
    """
    given, cells = target, plain(as_floats("target", target))
    if cells.ndim != 3 or cells.shape[2] < 5:
        raise ValueError(f"target must be (gh, gw, 5 + classes), got shape {shown(cells.shape)}")
    threshold = as_number("threshold", threshold)
    height, width = per_axis("size", size, 2)
    high, wide = height / max(cells.shape[0], 1), width / max(cells.shape[1], 1)
    with np.errstate(all="ignore"):
        scores = cells[..., 0].copy()
        labels = np.zeros(scores.shape, np.int64)
        if cells.shape[2] > 5 and scores.size:
            scores *= cells[..., 5:].max(axis=-1)
            labels = cells[..., 5:].argmax(axis=-1)
        row, column = np.nonzero(scores >= threshold)
        found = cells[row, column]
        x, y = (found[:, 1] + column) * wide, (found[:, 2] + row) * high
        half_h, half_w = found[:, 3] * high / 2, found[:, 4] * wide / 2
        corners = np.stack([x - half_w, y - half_h, x + half_w, y + half_h], -1)
    return (
        like(corners.astype(cells.dtype), given),
        like(scores[row, column], given),
        like(labels[row, column], given),
    )


def _in_cells(
    corners: NDArray[Any], grid: tuple[int, ...], size: tuple[int, ...]
) -> NDArray[np.float64]:
    """Return centre x, y, width and height in cells."""
    x1, y1, x2, y2 = corners.astype(np.float64).T
    if not ((x2 > x1) & (y2 > y1)).all():
        raise ValueError("boxes must have sides above 0, got some that haven't")
    (rows, columns), (height, width) = grid, size
    x, y = x1 + (x2 - x1) / 2, y1 + (y2 - y1) / 2
    outside = (x < 0) | (x > width) | (y < 0) | (y > height)
    if outside.any():
        raise ValueError(
            f"boxes must have their centres in the picture of {height}×{width}, "
            f"got {shown(corners[outside][0].tolist())}: leave it out, or clip it first"
        )
    across, down = columns / width, rows / height
    return np.array([x * across, y * down, (x2 - x1) * across, (y2 - y1) * down])
