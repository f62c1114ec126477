"""How boxes, scores and labels come in: NumPy's arrays and torch's tensors alike, checked by name.

Torch is never imported here: whoever hands in a tensor has imported it already.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.arrays import as_array, as_number, refuse_large, shown

__all__ = [
    "Array",
    "as_boxes",
    "as_flags",
    "as_floats",
    "as_labels",
    "as_scores",
    "as_share",
    "is_tensor",
    "like",
    "namespace",
    "plain",
    "together",
]

#: A NumPy array or a torch tensor.
Array = Any


def is_tensor(value: Any) -> bool:
    """Tell a torch tensor, without importing torch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def namespace(*arrays: Array) -> Any:
    """Return the module whose functions go with the arrays: `torch`, or `numpy`."""
    return sys.modules["torch"] if any(map(is_tensor, arrays)) else np


def as_floats(name: str, value: Any) -> Array:
    """Return numbers of any shape as floats, a tensor as one; see `as_boxes`."""
    array = _numbers(name, value)
    refuse_large(name, array.shape)
    return _widened(array)


def as_boxes(name: str, value: Any, *, axes: int | None = 2, finite: bool = False) -> Array:
    """Return boxes as floats, ``(N, 4)``, or ``(…, 4)`` where `axes` is None.

    A tensor stays one, on its device and in its graph; anything else becomes a NumPy array. An
    empty list is ``(0, 4)``. float32 and float64 stay, half precision becomes float32 (the area of
    a picture leaves float16), and whole numbers become the library's own floats.

    Raises
    ------
    TypeError, ValueError
        As `cnnviz.arrays.as_array`; for another shape; and for NaN and infinities, if `finite`.
    """
    array = _numbers(name, value)
    wanted = "(N, 4)" if axes == 2 else "(…, 4)"
    if array.ndim == 1 and array.shape[0] == 0:
        array = array.reshape(0, 4)
    if array.ndim == 0 or array.shape[-1] != 4 or array.ndim != (axes or array.ndim):
        raise ValueError(f"{name} must be boxes {wanted}, got shape {shown(tuple(array.shape))}")
    refuse_large(name, array.shape)
    array = _widened(array)
    if finite:
        _refuse_unbounded(name, array)
    return array


def as_scores(name: str, value: Any, count: int | None, of: str = "boxes") -> NDArray[Any]:
    """Return one score for each of `count` boxes, as NumPy floats; NaN may be among them."""
    return np.asarray(_widened(_per_box(name, value, count, of)))


def as_labels(name: str, value: Any, count: int | None, of: str = "boxes") -> NDArray[np.int64]:
    """Return one whole number for each of `count` boxes; None is any count, as elsewhere."""
    array = _per_box(name, value, count, of)
    if array.size == 0:
        return np.zeros(0, np.int64)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must hold whole numbers, got dtype {array.dtype}")
    if array.dtype == np.uint64 and (array > np.iinfo(np.int64).max).any():
        raise ValueError(f"{name} must hold numbers that fit in int64, got larger ones")
    return array.astype(np.int64)


def as_flags(name: str, value: Any, count: int | None, of: str = "boxes") -> NDArray[np.bool_]:
    """Return True or False for each of `count` boxes; 1 and 0 will do."""
    array = _per_box(name, value, count, of)
    if not ((array == 0) | (array == 1)).all():
        raise ValueError(f"{name} must hold True or False for each of the {of}, or 1 or 0")
    return array.astype(bool)


def as_share(name: str, value: Any) -> float:
    """Return a number from 0 to 1."""
    number = as_number(name, value)
    if not 0 <= number <= 1:
        raise ValueError(f"{name} must be a number from 0 to 1, got {shown(value)}")
    return number


def plain(array: Array) -> NDArray[Any]:
    """Return an array or tensor as NumPy's, on the CPU and out of its graph."""
    return np.asarray(array.detach().cpu().resolve_neg() if is_tensor(array) else array)


def like(array: NDArray[Any], given: Any) -> Array:
    """Return NumPy's array as what was given is: as a tensor on its device, or as it stands."""
    return namespace(given).as_tensor(array, device=given.device) if is_tensor(given) else array


def together(a: Array, b: Array) -> tuple[Array, Array]:
    """Return both as tensors on one device, if one of them is a tensor."""
    if is_tensor(a) == is_tensor(b):
        return a, b
    return (a, like(b, a)) if is_tensor(a) else (like(a, b), b)


def _numbers(name: str, value: Any) -> Array:
    if is_tensor(value):
        return _checked_tensor(name, value)
    if isinstance(value, (list, tuple)) and not value:
        return np.zeros(0)
    if isinstance(value, np.ndarray) and value.size == 0 and value.dtype.kind in "biuf":
        return np.asarray(value)
    return as_array(name, value)


def _checked_tensor(name: str, tensor: Any) -> Any:
    torch = namespace(tensor)
    strange = tensor.is_nested or tensor.is_complex() or tensor.is_quantized or tensor.is_meta
    if strange or tensor.layout != torch.strided:
        raise TypeError(
            f"{name} must be a dense tensor of real numbers, got {tensor.dtype}, "
            f"{tensor.layout}, on {tensor.device}"
        )
    return tensor


def _widened(array: Array) -> Array:
    if is_tensor(array):
        torch = namespace(array)
        if not array.is_floating_point():
            return array.to(torch.get_default_dtype())
        return array if array.dtype in (torch.float32, torch.float64) else array.float()
    if array.dtype.kind != "f":
        return array.astype(np.float64)
    return array if array.dtype.itemsize >= 4 else array.astype(np.float32)


def _per_box(name: str, value: Any, count: int | None, of: str) -> NDArray[Any]:
    array = _numbers(name, value)
    if count is None and array.ndim != 1:
        raise ValueError(f"{name} must have 1 axis, got shape {shown(tuple(array.shape))}")
    count = len(array) if count is None else count
    if tuple(array.shape) != (count,):
        raise ValueError(
            f"{name} must hold one number for each of the {count} {of}, "
            f"got shape {shown(tuple(array.shape))}"
        )
    return as_array(name, array) if count else plain(array)


def _refuse_unbounded(name: str, boxes: Array) -> None:
    bad = ~namespace(boxes).isfinite(boxes)
    if bad.any():
        row = int(np.argwhere(plain(bad))[0, 0])
        raise ValueError(
            f"{name} must hold finite numbers, got NaN or infinity in box {row}: leave it out first"
        )
