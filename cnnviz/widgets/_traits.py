"""What a widget's state is made of, checked at the door."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray

from cnnviz import shapes
from cnnviz.arrays import shown

__all__ = [
    "Array",
    "Check",
    "Checked",
    "Trait",
    "check_inside",
    "check_showable",
    "check_sums",
    "choice",
    "is_list",
    "nearest_inside",
    "pack",
    "padded_size",
    "position",
    "readable",
    "sides",
    "sizes",
    "unpack",
    "whole",
]

#: The kinds of number that the browser half reads as they are.
_DTYPES = ("uint8", "int8", "uint16", "int16", "int32", "float32", "float64")

#: With its padding; as in ``frontend/src/ui/state/checked.ts``.
MOST_POSITIONS = 2**20

#: Asked with a trait's name and what was assigned: returns what to keep, or raises.
Check = Callable[[str, Any], Any]


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


class Trait(traitlets.TraitType[Any, Any]):
    """A part of a widget's state: checked by itself, then beside the rest of the state.

    Parameters
    ----------
    check : callable
        Asked with the trait's name and what was assigned: returns what to keep, or raises.
    """

    def __init__(self, check: Check, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.check = check
        self.tag(sync=True)

    def validate(self, obj: Any, value: Any) -> Any:
        """Return the checked value."""
        return self.check(str(self.name), value)

    def _cross_validate(self, obj: Any, value: Any) -> Any:
        """Let the widget refuse a value that does not go with the others."""
        value = super()._cross_validate(obj, value)
        if hasattr(obj, "_refuse_misfit"):  # a widget, as against any other owner of traits
            obj._refuse_misfit(self.name, value)
        return value


class Array(Trait):
    """A NumPy array: read-only, so that no change goes unseen, and equal arrays make no event."""

    def __init__(self, check: Check, **kwargs: Any) -> None:
        super().__init__(check, **kwargs)
        self.tag(to_json=lambda a, _: pack(a), from_json=lambda p, _: unpack(p))

    def validate(self, obj: Any, value: Any) -> NDArray[Any]:
        """Return `value` as a read-only array of a kind that the browser reads."""
        array = np.array(readable(str(self.name), super().validate(obj, value)))
        array.flags.writeable = False
        return array

    def set(self, obj: Any, value: Any) -> None:
        """Assign; an array equal to the present one changes nothing and notifies nobody."""
        new = np.asarray(self._validate(obj, value))
        old = obj._trait_values.get(self.name)
        if old is None or old.dtype != new.dtype or not np.array_equal(old, new):
            super().set(obj, new)


class Checked(Trait):
    """A small plain value."""


def readable(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Return an array as one of the kinds of number that the browser reads, none of them changed.

    Raises
    ------
    ValueError
        For whole numbers that float64 can't tell apart.
    """
    if array.dtype.name in _DTYPES:
        return array
    if array.dtype.kind == "f":
        return array.astype(np.float64)
    least, most = int(array.min()), int(array.max())
    if least >= -(2**31) and most < 2**31:
        return array.astype(np.int32)
    exact = array.astype(np.float64)
    if max(-least, most) > 2**53 and any(map(_differs, exact.flat, array.flat)):
        raise ValueError(
            f"{name} must hold whole numbers that float64 holds exactly, as all up to 2⁵³ are, "
            f"got {least} to {most}"
        )
    return exact


def _differs(one: Any, other: Any) -> bool:
    return int(one) != int(other)


def choice(allowed: Sequence[str]) -> Check:
    """Return a check that a value is one of some names."""

    def check(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(allowed)}; got {shown(value)}")
        return value

    return check


def whole(minimum: int = 1) -> Check:
    """Return a check for one whole number."""
    return lambda name, value: shapes.whole(name, value, minimum)


def sizes(axes: int | None = None, minimum: int = 1) -> Check:
    """Return a check for an int or a list of one per axis; `axes` of them, None for any number."""

    def check(name: str, value: Any) -> int | list[int]:
        if not is_list(value):
            return shapes.per_axis(name, value, 1, minimum)[0]
        return list(shapes.per_axis(name, value, axes or len(value), minimum))

    return check


def position(axes: int) -> Check:
    """Return a check for the place of one element: an index per axis."""
    return lambda name, value: list(shapes.per_axis(name, value, axes, minimum=0))


def sides(axes: int | None = None) -> Check:
    """Return a check for padding: an int for all sides, or (before, after) for each axis."""

    def check(name: str, value: Any) -> int | list[list[int]]:
        if isinstance(value, str):
            if value == "valid":
                return 0
            raise ValueError(
                f'{name} must be a whole number, one or (before, after) per axis, or "valid"; '
                f'got {shown(value)}. For "same", take shapes.same_padding of your sizes'
            )
        ones = (1,) * (axes or (len(value) if is_list(value) else 1))
        pairs = shapes.padding_per_axis(value, ones, ones, ones, name=name)
        return [list(pair) for pair in pairs] if is_list(value) else pairs[0][0]

    return check


def check_inside(name: str, place: Sequence[int], size: Sequence[int]) -> None:
    """Raise if a place does not lie in an array of this size."""
    if any(i >= n for i, n in zip(place, size, strict=True)):
        raise ValueError(f"{name} must lie in the output, {tuple(size)}, got {tuple(place)}")


def check_showable(name: str, size: Sequence[int]) -> None:
    """Raise if a page could not show so many positions; the browser's half has the same limit."""
    if math.prod(size) > MOST_POSITIONS:
        asked = " × ".join(map(str, size))
        raise ValueError(
            f"{name} must leave at most {MOST_POSITIONS} positions to be shown, got {asked}"
        )


def check_sums(
    name: str,
    dtype: np.dtype[Any],
    x: NDArray[Any],
    weights: NDArray[Any],
    bias: ArrayLike = 0.0,
) -> None:
    """Raise if a sum of products could leave the floats of `dtype`: none of it could be read."""
    if dtype.kind != "f":
        return
    top, room = _largest(x), float(np.finfo(dtype).max)
    with np.errstate(over="ignore"):
        total = float(np.abs(weights.astype(np.float64)).sum())
    if top and total and not top * total + _largest(np.asarray(bias)) <= room:
        raise ValueError(
            f"{name} must make sums that {dtype} holds, up to {room:.2g}; got weights that add up "
            f"to {total:.2g} for numbers up to {top:.2g}"
        )


def _largest(array: NDArray[Any]) -> float:
    """Return the largest magnitude; that of the least integer is none of its type."""
    return max(float(array.max()), -float(array.min()))


def padded_size(g: shapes.Geometry) -> list[int]:
    """Return the sizes of an input with its padding."""
    return [n + before + after for n, (before, after) in zip(g.size, g.padding, strict=True)]


def nearest_inside(place: Sequence[int], size: Sequence[int]) -> list[int]:
    """Return the place in an array of this size that is nearest to `place`."""
    return [min(i, n - 1) for i, n in zip(place, size, strict=True)]


def is_list(value: Any) -> bool:
    """Tell a list, which may be ragged as ``((1, 2), 0)`` is, from a number."""
    return isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim > 0)
