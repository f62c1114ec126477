"""Full-size pictures from scikit-image, which carries the files itself: nothing is downloaded."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from cnnviz.arrays import refuse_large
from cnnviz.images._lookup import Picture, channels_first
from cnnviz.images.pictures import PICTURES
from cnnviz.shapes import per_axis

__all__ = [
    "astronaut",
    "brick",
    "camera",
    "cat",
    "clock",
    "coffee",
    "coins",
    "grass",
    "gravel",
    "moon",
    "page",
    "text",
]

Size = int | tuple[int, int] | None


class _Entry(NamedTuple):
    shows: str
    shape: tuple[int, ...]
    source: str


_PHOTOGRAPHS = {
    "camera": _Entry("a man with a camera", (512, 512), "CC0, by Lav Varshney"),
    "astronaut": _Entry("Eileen Collins", (3, 512, 512), "NASA, public domain"),
    "brick": _Entry("a brick wall: a regular texture", (512, 512), "CC0, from CC0Textures"),
    "cat": _Entry("Chelsea the cat", (3, 300, 451), "CC0, by Stéfan van der Walt"),
    "clock": _Entry(
        "a clock blurred by moving the camera", (300, 400), "Public domain, Stéfan van der Walt"
    ),
    "coffee": _Entry("a cup of coffee", (3, 400, 600), "CC0, by Rachel Michetti"),
    "coins": _Entry(
        "Greek coins from Pompeii", (303, 384), "Brooklyn Museum, no known restrictions"
    ),
    "grass": _Entry("grass: a texture without order", (512, 512), "CC0, by linolafett"),
    "gravel": _Entry("gravel: a coarse texture", (512, 512), "CC0, from CC0Textures"),
    "moon": _Entry(
        "the surface of the Moon: low contrast", (512, 512), "From scikit-image's pictures"
    ),
    "page": _Entry("a printed page, unevenly lit", (191, 384), "From scikit-image's pictures"),
    "text": _Entry("handwriting on paper", (172, 448), "Public domain"),
}

_DOCUMENTATION = """\
Return {shows}, {shape}. {source}.

Parameters
----------
size : int, (int, int) or None
    Height and width to scale to, smoothed first so that fine detail does not turn into
    false stripes. An int gives a square, None the full size.

Returns
-------
ndarray of uint8, shape {axes}

Raises
------
ImportError
    If scikit-image is not installed.
TypeError, ValueError
    If `size` is not one or two positive integers, or asks for more than memory holds.

Examples
--------
>>> {name}().shape, {name}(size=64).shape
({shape}, {small})
"""


class _Photograph(Protocol):
    def __call__(self, size: Size = None) -> Picture: ...


def _function(name: str) -> _Photograph:
    """Make the public function of one photograph."""
    entry = _PHOTOGRAPHS[name]

    def photograph(size: Size = None) -> Picture:
        return _bundled(name, size)

    photograph.__name__ = photograph.__qualname__ = name
    photograph.__doc__ = textwrap.indent(
        _DOCUMENTATION.format(
            name=name,
            axes="(H, W)" if len(entry.shape) == 2 else "(3, H, W)",
            small=(*entry.shape[:-2], 64, 64),
            **entry._asdict(),
        ),
        "    ",
    ).strip()
    return photograph


camera = _function("camera")
astronaut = _function("astronaut")
brick = _function("brick")
cat = _function("cat")
clock = _function("clock")
coffee = _function("coffee")
coins = _function("coins")
grass = _function("grass")
gravel = _function("gravel")
moon = _function("moon")
page = _function("page")
text = _function("text")


def _bundled(name: str, size: Size) -> Picture:
    """Load one of scikit-image's pictures, scaled to `size`."""
    wanted = None if size is None else per_axis("size", size, 2)
    if wanted is not None:
        refuse_large("size", (*_PHOTOGRAPHS[name].shape[:-2], *wanted), copies=3)
    try:
        from skimage import data, transform
    except ImportError as error:
        raise ImportError(
            f'images.{name}() needs scikit-image: pip install "cnnviz[course]". '
            f"The small pictures need nothing: images.picture({PICTURES[0]!r})."
        ) from error
    full = getattr(data, name)()
    if wanted is not None:
        resize: Callable[..., NDArray[Any]] = transform.resize
        full = np.round(resize(full, wanted, anti_aliasing=True, preserve_range=True))
    return channels_first(np.asarray(full))
