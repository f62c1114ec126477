"""What pictures of all kinds share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from cnnviz.arrays import shown

Picture = NDArray[np.uint8]
_Item = TypeVar("_Item")


def channels_first(pixels: NDArray[Any]) -> Picture:
    """Turn (H, W, C) into (C, H, W), as a fresh uint8 array; leave (H, W) as it is."""
    axes = (0, 1) if pixels.ndim == 2 else (2, 0, 1)
    return np.array(pixels.transpose(axes), dtype=np.uint8, order="C")


def lookup(name: str, registry: Mapping[str, _Item]) -> _Item:
    """Return the entry of that name, or list the names there are."""
    if not isinstance(name, str) or name not in registry:
        raise ValueError(f"name must be one of {', '.join(registry)}; got {shown(name)}")
    return registry[name]
