"""The picture that lies below what a widget draws: a name, an array, or none."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from PIL import Image

from cnnviz import images
from cnnviz.arrays import as_array, shown
from cnnviz.widgets import _page
from cnnviz.widgets._base import png
from cnnviz.widgets._traits import Check

__all__ = ["ground"]


def ground(most: int) -> Check:
    """Return a check for a picture of at most so many pixels a side.

    It takes a name of :data:`cnnviz.images.PICTURES`, numbers from 0 to 255 of shape (H, W) or
    (1 or 3, H, W), a data URI as a page holds it, or None, and returns a data URI, "" for None.
    """

    def check(name: str, value: Any) -> str:
        if value is None or (isinstance(value, str) and value == ""):
            return ""
        if isinstance(value, str) and value.startswith(_page.PICTURE):  # as a page holds it
            try:
                return _data_uri(_page.opened(value).convert("RGB"))
            except (ValueError, OSError):
                raise ValueError(
                    f"{name} must be a picture that can be read, got {shown(value)}"
                ) from None
        if isinstance(value, str) and value not in images.PICTURES:
            raise ValueError(
                f"{name} must be one of {', '.join(images.PICTURES)}, an array, or None for a "
                f"grid; got {shown(value)}"
            )
        return _data_uri(Image.fromarray(_pixels(name, value, most)))

    return check


def _pixels(name: str, value: Any, most: int) -> Any:
    array = images.picture(value) if isinstance(value, str) else as_array(name, value, finite=True)
    fits = array.ndim == 2 or (array.ndim == 3 and array.shape[0] in (1, 3))
    if not fits or max(array.shape[-2:]) > most:
        raise ValueError(
            f"{name} must be an array (H, W) or (1 or 3, H, W) of at most {most} pixels "
            f"a side, got shape {array.shape}"
        )
    if array.min() < 0 or array.max() > 255:
        raise ValueError(f"{name} must hold numbers from 0 to 255")
    pixels = np.moveaxis(array, 0, -1) if array.ndim == 3 else array
    pixels = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[-1] == 1 else pixels
    return np.ascontiguousarray(pixels, dtype=np.uint8)


def _data_uri(picture: Image.Image) -> str:
    return _page.PNG + base64.b64encode(png(picture)).decode("ascii")
