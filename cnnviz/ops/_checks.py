"""What goes into the layers: arrays, brought to one dtype, and what is wrong with them."""

# Arrays that come in are typed Any (ArrayLike), so NumPy's functions on them are, too.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
ArrayLike = Any  # what numpy.asarray takes; Any, so that an array may keep its name once checked


def as_numbers(name: str, value: ArrayLike) -> Array:
    """Check one array; see the module for what happens to its dtype."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} must be an array, got rows of different lengths") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}")
    if array.size == 0:
        raise ValueError(f"{name} must hold at least one number, got shape {array.shape}")
    if array.dtype == np.uint64 and array.max() > np.iinfo(np.int64).max:
        raise ValueError(f"{name} must hold numbers that fit in int64, got {array.max()}")
    if array.dtype.kind != "f":
        return array.astype(np.int64, copy=False)
    return array.astype(np.float32) if array.dtype == np.float16 else array


def as_numbers_alike(**named: ArrayLike | None) -> tuple[Any, ...]:
    """Check arrays and bring them to one dtype; a bias may be None and stays so."""
    arrays = [
        None if value is None and name == "bias" else as_numbers(name, value)
        for name, value in named.items()
    ]
    dtypes = {a.dtype for a in arrays if a is not None}
    # NumPy makes float64 of int64 and float32; here, as in PyTorch, integers don't widen floats.
    dtype = np.result_type(*({d for d in dtypes if d.kind == "f"} or dtypes))
    return tuple(None if a is None else a.astype(dtype, copy=False) for a in arrays)


def as_floats(x: Array) -> Array:
    return x.astype(np.float64) if x.dtype.kind != "f" else x


def check_one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")


def check_shape(name: str, array: Array | None, shape: tuple[int, ...]) -> None:
    if array is not None and array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")


def refuse_overflow(name: str, terms: int, *arrays: Array, bias: Array | None = None) -> None:
    """Raise if a sum of this many products of integers, and the bias, might leave int64."""
    if arrays[0].dtype.kind == "f":
        return
    bound = terms * math.prod(map(_largest, arrays)) + (0 if bias is None else _largest(bias))
    if bound > np.iinfo(np.int64).max:
        raise ValueError(
            f"{name} must be so small that sums stay exact in int64, got one of up to {bound:.1e}; "
            "float64 has more room"
        )


def _largest(x: Array) -> int:
    return max(int(x.max()), -int(x.min()))
