"""Padding: to pad, what that does to a gradient, and to cut it off again."""

# Arrays that come in are typed Any (ArrayLike), so NumPy's functions on them are, too.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import math
from typing import Any

import numpy as np

from cnnviz.ops._checks import Array
from cnnviz.shapes import Geometry

Pads = tuple[tuple[int, int], ...]  # before and after each spatial axis
NONE: Pads = ((0, 0),)  # of one axis

PADDING_MODES: dict[str, Any] = {  # ours and numpy.pad's
    "zero": "constant",
    "reflect": "reflect",
    "replicate": "edge",
    "circular": "wrap",
}


def check_room(g: Geometry, mode: str) -> None:
    """Raise if there is not enough of the input to be mirrored or wrapped into its padding."""
    room = {"reflect": -1, "circular": 0}.get(mode, math.inf)
    for axis, (size, pads) in enumerate(zip(g.size, g.padding, strict=True)):
        if max(pads) > size + room:
            raise ValueError(
                f"padding must be at most {size + room} on axis {axis}, of size {size}, "
                f"when it's {mode}, got {pads}"
            )


def padded_size(g: Geometry) -> tuple[int, ...]:
    """Give the spatial sizes once they are padded."""
    return tuple(n + before + after for n, (before, after) in zip(g.size, g.padding, strict=True))


def pad(x: Array, padding: Pads, mode: str) -> Array:
    """Pad the spatial axes of ``(N, C, *n)``."""
    if not any(map(any, padding)):
        return x
    if mode == "zero":  # np.pad takes four times as long for small arrays
        sizes = (n + sum(pads) for n, pads in zip(x.shape[2:], padding, strict=True))
        padded = np.zeros((*x.shape[:2], *sizes), x.dtype)
        cut(padded, padding)[...] = x
        return padded
    return np.pad(x, ((0, 0), (0, 0), *padding), PADDING_MODES[mode])


def pad_backward(dpadded: Array, padding: Pads, mode: str) -> Array:
    """Gradient with respect to the input of `pad`: what a copy received goes to its original.

    For zeros nothing does: `cut` is the whole of it.
    """
    for axis, (before, after) in enumerate(padding, start=2):
        n = dpadded.shape[axis] - before - after
        originals = np.pad(np.arange(n), (before, after), PADDING_MODES[mode])
        moved = np.moveaxis(dpadded, axis, 0)
        inner = moved[before : before + n].copy()
        for copy in (*range(before), *range(before + n, len(moved))):
            inner[originals[copy]] += moved[copy]
        dpadded = np.moveaxis(inner, 0, axis)
    return dpadded


def cut(padded: Array, padding: Pads) -> Array:
    """Take the padding of the spatial axes away again."""
    sizes = zip(padded.shape[2:], padding, strict=True)
    inner = (slice(before, size - after) for size, (before, after) in sizes)
    return padded[(slice(None), slice(None), *inner)]
