"""What an answer holds: nothing yet, numbers, or something that can't be read."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.arrays import as_array
from cnnviz.check._words import show

__all__ = ["Unreadable", "as_numbers", "is_unanswered"]


def is_unanswered(value: object) -> bool:
    """Tell whether `value` is a stub, or a list or tuple with a stub in it."""
    if value is None or value is Ellipsis or value is NotImplemented:
        return True
    if isinstance(value, str):
        return not value.strip()
    return isinstance(value, (list, tuple)) and any(is_unanswered(item) for item in value)


class Unreadable(Exception):
    """An answer that holds no numbers; the message is the end of a sentence about it."""


def as_numbers(value: object) -> NDArray[Any]:
    """Turn a number, list, NumPy array or torch tensor into an array of numbers.

    More may come in than by :func:`cnnviz.arrays.as_array`: complex numbers, and arrays that hold
    nothing. They are no right answers, but what is wrong with them can be said better later.

    Raises
    ------
    Unreadable
        If there are no numbers in it. `find_fault` functions may let it pass through.

    Examples
    --------
    >>> as_numbers([[1, 2], [3, 4]]).shape
    (2, 2)
    >>> as_numbers("three")
    Traceback (most recent call last):
    cnnviz.check._reading.Unreadable: should be a number, and is the text 'three'
    """
    if isinstance(value, str):
        raise Unreadable(f"should be a number, and is the text {show(value)}")
    if callable(value):
        raise Unreadable("should be a value, and is a function: is a pair of brackets missing?")
    try:
        numbers = np.asarray(_unwrapped(value))
        if numbers.dtype.kind == "O":
            numbers = numbers.astype(np.float64)
    except Unreadable:
        raise
    except (Exception, SystemExit):
        numbers = None
    if numbers is None or numbers.dtype.kind not in "biufc":
        raise Unreadable(f"should be made of numbers, and is {show(value)}")
    # Wider floats, or a float16 overflows in the comparison.
    return numbers.astype(np.float64) if numbers.dtype.kind == "f" else numbers


def _unwrapped(value: Any) -> Any:
    """Take tensors and masked arrays, alone or in lists, in by the package's door for arrays."""
    if isinstance(value, (list, tuple)):
        return [_unwrapped(item) for item in value]
    if not (isinstance(value, np.ma.MaskedArray) or hasattr(value, "detach")):
        return value
    try:
        return as_array("it", value)
    except (TypeError, ValueError) as error:
        raise Unreadable(f"can't be read: {error}") from None
