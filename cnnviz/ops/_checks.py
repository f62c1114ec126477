"""What goes into the layers: arrays, brought to one dtype, and what is wrong with them."""

# Arrays that come in are typed Any (ArrayLike), so NumPy's functions on them are, too.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz import shapes
from cnnviz.arrays import as_array, refuse_large, shown

Array = NDArray[Any]
ArrayLike = Any  # what as_array takes; Any, so that an array may keep its name once checked


_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
_PLAIN = 1 << 20  # numbers: far from all that is too large


def as_numbers(name: str, value: ArrayLike) -> Array:
    """Check one array; see the package for what happens to its dtype."""
    if type(value) is np.ndarray and value.dtype in _FLOATS and 0 < value.size <= _PLAIN:
        return value  # what layers hand to one another, batch after batch, needs no more
    array = as_array(name, value)
    # What is made of it is as large. A view may look larger than the memory that it takes.
    refuse_large(name, array.shape, np.int64 if array.dtype.kind != "f" else array.dtype)
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
    """Return integers as float64; floats stay as they are."""
    return x.astype(np.float64) if x.dtype.kind != "f" else x


def in_silence() -> np.errstate:
    """Let floats do what IEEE 754 says, as PyTorch does, without NumPy's warnings.

    A sum too large is an infinity and ∞ − ∞ is NaN; whoever looks at the result sees it.
    """
    return np.errstate(all="ignore")


def check_one_of(name: str, value: Any, allowed: tuple[str, ...]) -> None:
    """Check a name."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(
            f"{name} must be one of {', '.join(map(repr, allowed))}, got {shown(value)}"
        )


def check_callable(name: str, value: Any) -> None:
    """Check what is to be called later, far from where it was given."""
    if not callable(value):
        raise TypeError(f"{name} must be callable, got {shown(value)}")


def check_axis(axis: Any, x: Array) -> int:
    """Check which axis of x is meant."""
    if x.ndim == 0:
        raise ValueError("x must have at least one axis, got a single number")
    number = shapes.whole("axis", axis, minimum=-x.ndim)
    if number >= x.ndim:
        raise ValueError(f"axis must be one of the {x.ndim} axes of x, got {number}")
    return number


def check_shape(name: str, array: Array | None, shape: tuple[int, ...]) -> None:
    """Check that an array fits another one."""
    if array is not None and array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")


def refuse_overflow(name: str, terms: int, *arrays: Array, bias: Array | None = None) -> None:
    """Raise if a sum of this many products of integers, and the bias, might leave int64."""
    if arrays[0].dtype.kind == "f":
        return
    bound = terms * math.prod(map(largest, arrays)) + (0 if bias is None else largest(bias))
    if bound > np.iinfo(np.int64).max:
        raise ValueError(
            f"{name} must be so small that sums stay exact in int64, got one of up to {bound:.1e}; "
            "float64 has more room"
        )


def largest(x: Array) -> int:
    """Return the largest magnitude of integers, which int64 itself may not hold."""
    return max(int(x.max()), -int(x.min()))
