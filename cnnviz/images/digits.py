"""A drawn digit, placed as the makers of MNIST placed theirs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.arrays import as_image

__all__ = ["centred_digit"]

_FRAME, _BOX = 28, 20
_CENTRE = 14  # the pixel that MNIST's centres of mass are nearest to


def centred_digit(picture: Any) -> NDArray[np.float64]:
    """Scale a digit into 20 × 20 pixels, and centre it in 28 × 28 by its centre of mass.

    What a network has learned from digits that all stand in one place and are all of one size, it
    knows of such digits alone. So what it is to read must be placed as they were.

    Parameters
    ----------
    picture : array_like, shape (H, W) or (1, H, W)
        A digit, light on a ground of zeros, of any size; no value below 0.

    Returns
    -------
    ndarray of float64, shape (28, 28)
        The rectangle that holds all that is not 0, scaled so that its longer side has 20 pixels,
        each the mean of what it covers; moved by whole pixels so that its centre of mass lies
        nearest to pixel (14, 14), as in MNIST, yet no pixel leaves the frame. The scale of values
        is that of `picture`. Nothing drawn gives zeros.

    Raises
    ------
    ValueError, TypeError
        For an array of another shape, a negative number, one that is not finite.

    References
    ----------
    LeCun, Cortes and Burges, "The MNIST database of handwritten digits".

    Examples
    --------
    A small square in a corner grows, and goes to the middle:

    >>> drawing = np.zeros((40, 60))
    >>> drawing[:4, :4] = 255
    >>> placed = centred_digit(drawing)
    >>> float(placed[4:24, 4:24].min().round(6)), float((placed.sum() / 255).round(6))
    (255.0, 400.0)
    """
    planes = as_image("picture", picture, finite=True)
    if len(planes) > 1:
        raise ValueError(
            f"picture must be grey, (H, W), got shape {planes.shape}: average its channels, as "
            "with picture.mean(axis=0)"
        )
    plane = planes[0].astype(np.float64)
    if plane.size and plane.min() < 0:
        raise ValueError(
            f"picture must be light on a ground of 0, with no value below it, got {plane.min():g}"
        )
    frame = np.zeros((_FRAME, _FRAME))
    if not plane.any():
        return frame
    digit = _fitted(_cropped(plane))
    rows, cols = (
        slice(start, start + length)
        for start, length in zip(_corner(digit), digit.shape, strict=True)
    )
    frame[rows, cols] = digit
    return frame


def _cropped(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the smallest rectangle that holds all that is not 0."""
    rows, cols = np.flatnonzero(plane.any(axis=1)), np.flatnonzero(plane.any(axis=0))
    return plane[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]


def _fitted(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale a plane so that its longer side has 20 pixels."""
    longest = max(plane.shape)
    # The nearest whole number, halves up, in whole numbers: the browser comes to the same.
    height, width = (max(1, (2 * _BOX * n + longest) // (2 * longest)) for n in plane.shape)
    down, across = _cover(plane.shape[0], height), _cover(plane.shape[1], width)
    return np.asarray(down @ plane @ across.T)


def _cover(n: int, pixels: int) -> NDArray[np.float64]:
    """Return what share of each of `pixels` equal stretches of a line each of n pixels covers."""
    edges = np.arange(pixels + 1) * (n / pixels)
    i = np.arange(n)
    shared = np.minimum(edges[1:, None], i + 1) - np.maximum(edges[:-1, None], i)
    return np.asarray(np.maximum(shared, 0) * (pixels / n))


def _corner(digit: NDArray[np.float64]) -> tuple[int, int]:
    """Return the first row and column at which a digit stands in the frame."""
    scaled = digit / digit.max()  # no sum overflows
    mass = scaled.sum()
    centre = [
        float((scaled.sum(axis=1 - a) * np.arange(n)).sum() / mass)
        for a, n in enumerate(digit.shape)
    ]
    # Halves go down, and so does what rounding makes of them: the browser comes to the same.
    wanted = (int(np.floor(_CENTRE - c + 0.5 - 1e-6)) for c in centre)
    row, col = (min(max(at, 0), _FRAME - n) for at, n in zip(wanted, digit.shape, strict=True))
    return row, col
