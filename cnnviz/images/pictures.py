"""Small pictures that need nothing else installed: two photographs, and drawings."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnnviz.images._lookup import Picture, channels_first, lookup

__all__ = ["PICTURES", "picture"]


def picture(name: str) -> Picture:
    """Return a small picture by name.

    =============== ============= ==========================================================
    name            shape         what it shows
    =============== ============= ==========================================================
    "camera"        (96, 96)      a man with a camera. CC0, by Lav Varshney
    "astronaut"     (3, 96, 96)   Eileen Collins. NASA, public domain
    "checkerboard"  (96, 96)      squares of 12 pixels: edges along both axes, and corners
    "rings"         (96, 96)      a zone plate: every direction, finer and finer outwards
    "step"          (96, 96)      one vertical edge, light on the left, dark on the right
    "digit"         (28, 28)      a drawn 5: straight strokes, a curve, and ends
    "impulse"       (15, 15)      one white pixel: filtering it draws the kernel, turned round
    =============== ============= ==========================================================

    The two photographs are squares cut from scikit-image's pictures, averaged over blocks.

    Parameters
    ----------
    name : str
        One of :data:`PICTURES`.

    Returns
    -------
    ndarray of uint8, shape (H, W) or (3, H, W)
        A new array, yours to change.

    Raises
    ------
    ValueError
        If there is no picture of that name.

    Examples
    --------
    >>> picture("impulse").max(), picture("impulse").sum()
    (np.uint8(255), np.uint64(255))
    """
    return lookup(name, _PICTURES)()


def _shipped(name: str) -> Picture:
    """Read a photograph from the package."""
    with (resources.files("cnnviz") / "pictures" / f"{name}.png").open("rb") as file:
        return channels_first(np.asarray(Image.open(file)))


def _checkerboard() -> Picture:
    """Draw squares of 12 pixels, the top left one light."""
    square = np.arange(96) // 12
    light = (square[:, np.newaxis] + square) % 2 == 0
    return np.where(light, 224, 32).astype(np.uint8)


def _rings() -> Picture:
    """Draw a zone plate.

    The stripes run through one period while the squared radius grows by 288, so their frequency
    is radius/144 per pixel: 0.47 in the corners, just under the 0.5 that pixels can hold. The
    profile is a triangle, not a cosine, which keeps it in whole numbers on every machine.
    """
    doubled = 2 * np.arange(96) - 95  # twice the distance from the middle: a whole number
    square = doubled[:, np.newaxis] ** 2 + doubled**2  # four times the squared radius
    period = 4 * 288
    height = np.abs(square % period - period // 2)
    return np.asarray(255 * height // (period // 2), dtype=np.uint8)


def _step() -> Picture:
    """Draw a light half and a dark half, away from black and white so that sharpening shows."""
    half = np.full((96, 96), 200, dtype=np.uint8)
    half[:, 48:] = 50
    return half


def _digit() -> Picture:
    """Draw a 5 on 28×28 pixels, light on dark as in MNIST.

    Each pixel counts how many of its 8×8 sample points lie in the pen's stroke. Coordinates are
    in sixteenths of a pixel, where every sample point is a whole number.
    """
    samples = 2 * np.arange(28 * 8) + 1
    y, x = samples[:, np.newaxis], samples[np.newaxis, :]
    unit, pen = 16, 21  # pen: half the stroke's width

    def along(position: NDArray[np.int64], first: int, last: int) -> NDArray[np.int64]:
        return np.maximum(np.maximum(first - position, position - last), 0)

    bar = along(x, 9 * unit, 19 * unit) ** 2 + (y - 5 * unit) ** 2 <= pen**2
    stem = (x - 9 * unit) ** 2 + along(y, 5 * unit, 12 * unit) ** 2 <= pen**2
    # The bowl: a ring around (13, 17), open on its left between the stem and the tail.
    right, down = x - 13 * unit, y - 17 * unit
    square, radius = right**2 + down**2, 6 * unit
    ring = (square >= (radius - pen) ** 2) & (square <= (radius + pen) ** 2)
    bowl = ring & (right >= -abs(down) + unit // 2)
    ink: NDArray[np.int64] = (bar | stem | bowl).reshape(28, 8, 28, 8).sum(axis=(1, 3))
    return (255 * ink // 64).astype(np.uint8)


def _impulse() -> Picture:
    """Draw one white pixel in the middle."""
    black = np.zeros((15, 15), dtype=np.uint8)
    black[7, 7] = 255
    return black


_PICTURES: dict[str, Callable[[], Picture]] = {
    "camera": lambda: _shipped("camera"),
    "astronaut": lambda: _shipped("astronaut"),
    "checkerboard": _checkerboard,
    "rings": _rings,
    "step": _step,
    "digit": _digit,
    "impulse": _impulse,
}

#: The names that :func:`picture` knows, in the order of the widgets' menu.
PICTURES: tuple[str, ...] = tuple(_PICTURES)
