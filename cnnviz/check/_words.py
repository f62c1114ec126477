"""How numbers, arrays, functions and whatever else comes are written in feedback."""

from __future__ import annotations

import inspect
import reprlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz import numerals
from cnnviz.arrays import as_array

__all__ = ["function_name", "number", "shape_words", "show"]


def function_name(function: Callable[..., object]) -> str:
    """Return what to call a function in a sentence, also where it has no name."""
    name = getattr(function, "__name__", None)
    # The layers that a check hands over are private to its module; their underscore is no news.
    return name.lstrip("_") if isinstance(name, str) and name != "<lambda>" else "your function"


def number(value: Any) -> str:
    """Write a NumPy number as a reader would: whole ones in full, others short, a true minus.

    Examples
    --------
    >>> number(np.float64(-3.0)), number(np.float32(0.1234567))
    ('−3', '0.123457')
    """
    if value.dtype.kind not in "iuf":
        return str(value)
    return numerals.full(value.item())


_LONGEST_LIST = 12  # what a reader can take in, and type again


def _show_array(value: object, shape: tuple[int, ...]) -> str:
    """Write a short array as a list that can be typed again, and say the size of a long one."""
    try:
        return _listed(as_array("array", value, most=_LONGEST_LIST))
    except (TypeError, ValueError):  # too long, empty, masked, or not of real numbers
        size = "×".join(str(int(n)) for n in shape)
    return f"an array of shape {size}" if len(shape) > 1 else f"an array of {size} values"


def _listed(numbers: NDArray[Any]) -> str:
    return f"[{', '.join(map(_listed, numbers))}]" if numbers.ndim else number(numbers[()])


def show(value: object) -> str:
    """Write a value in a few words, whatever its own repr does."""
    try:
        shape = getattr(value, "shape", None)
        if isinstance(shape, tuple) and len(shape) > 0:
            return _show_array(value, shape)
        if isinstance(value, (bool, np.bool_)):
            return str(bool(value))
        if isinstance(value, (int, float, np.number)):
            return number(np.asarray(value)[()])
        if callable(value):
            return f"the function {function_name(value)}"
        if inspect.isgenerator(value):
            return "a generator"
        return reprlib.repr(value)
    except Exception:
        return f"a {type(value).__name__}"


def shape_words(shape: tuple[int, ...]) -> str:
    """Say a shape, as the end of "is …"; that of a single number has no axes to name."""
    return f"of shape {shape}" if shape else "one number"
