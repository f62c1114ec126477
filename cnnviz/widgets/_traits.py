"""What a widget's state is made of, checked at the door."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from cnnviz import shapes

__all__ = [
    "Array",
    "Checked",
    "as_array",
    "boolean",
    "choice",
    "finite",
    "pack",
    "position",
    "sides",
    "sizes",
    "unpack",
]

#: The kinds of number that the browser half reads as they are.
_DTYPES = ("uint8", "int32", "float32", "float64")


def as_array(name: str, value: Any) -> NDArray[Any]:
    """Return `value` (an array, a torch tensor, nested lists) as finite, real numbers.

    Raises
    ------
    TypeError
        If it does not hold real numbers.
    ValueError
        If it is empty, ragged, or holds NaN or infinity.
    """
    if hasattr(value, "detach"):  # a torch tensor, wherever it lives and whatever it is part of
        value = value.detach().cpu().numpy()
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} must be an array of numbers: {error}") from None
    if array.dtype.kind not in "buif":
        raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}")
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must hold finite numbers, got NaN or infinity")
    return array


def pack(array: NDArray[Any]) -> dict[str, Any]:
    """Return an array as ``{dtype, shape, data: base64}``, the form that the browser half reads."""
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    data = base64.b64encode(little.tobytes()).decode("ascii")
    return {"dtype": array.dtype.name, "shape": list(array.shape), "data": data}


def unpack(packed: dict[str, Any]) -> NDArray[Any]:
    """Return the array that `pack` packed."""
    dtype = np.dtype(packed["dtype"]).newbyteorder("<")
    data = np.frombuffer(base64.b64decode(packed["data"]), dtype=dtype)
    return data.reshape(packed["shape"]).astype(packed["dtype"])


class Array(traitlets.TraitType[Any, Any]):
    """A NumPy array: read-only, so that no change goes unseen, and equal arrays make no event.

    Parameters
    ----------
    convert : callable
        Called with what was assigned; returns an array of numbers or says what is wrong.
    """

    def __init__(self, convert: Callable[[Any], NDArray[Any]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.convert = convert
        self.tag(sync=True, to_json=lambda a, _: pack(a), from_json=lambda p, _: unpack(p))

    def validate(self, obj: Any, value: Any) -> NDArray[Any]:
        """Return `value` as a read-only array of a kind that the browser reads."""
        array = self.convert(value)
        if array.dtype.name not in _DTYPES:
            whole = array.dtype.kind in "bui" and np.abs(array).max() < 2**31
            array = array.astype(np.int32 if whole else np.float64)
        array = np.array(array)
        array.flags.writeable = False
        return array

    def set(self, obj: Any, value: Any) -> None:
        """Assign; an array equal to the present one changes nothing and notifies nobody."""
        new = np.asarray(self._validate(obj, value))
        old = obj._trait_values.get(self.name)
        if old is None or old.dtype != new.dtype or not np.array_equal(old, new):
            super().set(obj, new)


class Checked(traitlets.TraitType[Any, Any]):
    """A small plain value that a function checks: it returns what to keep, or raises."""

    def __init__(self, check: Callable[[Any], Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.check = check
        self.tag(sync=True)

    def validate(self, obj: Any, value: Any) -> Any:
        """Return the checked value."""
        return self.check(value)


def choice(name: str, allowed: Sequence[str]) -> Callable[[Any], str]:
    """Return a check that a value is one of some names."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(allowed)}; got {value!r}")
        return value

    return check


def boolean(name: str) -> Callable[[Any], bool]:
    """Return a check that a value is true or false."""

    def check(value: Any) -> bool:
        if not isinstance(value, (bool, np.bool_)):
            raise TypeError(f"{name} must be True or False, got {value!r}")
        return bool(value)

    return check


def finite(name: str) -> Callable[[Any], float]:
    """Return a check that a value is a finite real number."""

    def check(value: Any) -> float:
        array = as_array(name, value)
        if array.ndim or array.dtype.kind == "b":
            raise TypeError(f"{name} must be one number, got {value!r}")
        return float(array)

    return check


def sizes(name: str, axes: int | None = None, minimum: int = 1) -> Callable[[Any], Any]:
    """Return a check for an int or a list of one per axis; `axes` of them, None for any number."""

    def check(value: Any) -> int | list[int]:
        if not _is_list(value):
            return shapes.per_axis(name, value, 1, minimum)[0]
        return list(shapes.per_axis(name, value, axes or len(value), minimum))

    return check


def position(name: str, axes: int) -> Callable[[Any], list[int]]:
    """Return a check for the place of one element: an index per axis."""
    return lambda value: list(shapes.per_axis(name, value, axes, minimum=0))


def sides(axes: int | None = None) -> Callable[[Any], int | list[list[int]]]:
    """Return a check for padding: an int for all sides, or (before, after) for each axis."""

    def check(value: Any) -> int | list[list[int]]:
        if isinstance(value, str):
            if value == "valid":
                return 0
            raise ValueError(
                'padding must be a whole number, one or (before, after) per axis, or "valid"; '
                f'got {value!r}. For "same", take shapes.same_padding of your sizes'
            )
        ones = (1,) * (axes or (len(value) if _is_list(value) else 1))
        pairs = shapes.padding_per_axis(value, ones, ones, ones)
        return [list(pair) for pair in pairs] if _is_list(value) else pairs[0][0]

    return check


def _is_list(value: Any) -> bool:
    """Tell a list, which may be ragged as ``((1, 2), 0)`` is, from a number."""
    return isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim > 0)
