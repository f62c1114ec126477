"""How an answer differs from what is expected, in words."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.check._guard import DeclarationError
from cnnviz.check._reading import Unreadable, as_numbers
from cnnviz.check._words import number, shape_words, show

__all__ = ["difference", "is_transposed"]


def difference(answer: object, expected: object, *, reveal: bool = False) -> str | None:
    """Say how `answer` differs from `expected`, as the end of a sentence; None if it does not.

    The right value, or the first of many, is told only where it may be: a function's results
    may be revealed, since they are not what the exercise asks for.
    """
    if isinstance(expected, str):
        return _text_difference(answer, expected, reveal)
    if isinstance(expected, tuple) and not all(_is_number(item) for item in expected):
        return _items_difference(answer, expected, reveal)
    try:
        wanted = as_numbers(expected)
    except Unreadable as error:
        raise DeclarationError(TypeError(f"what to compare with {error}")) from None
    try:
        got = as_numbers(answer)
    except Unreadable as error:
        return str(error)
    return _number_difference(got, wanted, reveal)


def _is_number(value: object) -> bool:
    return np.ndim(value) == 0 and not isinstance(value, str)  # type: ignore[arg-type]


def _text_difference(answer: object, expected: str, reveal: bool) -> str | None:
    if not isinstance(answer, str):
        return f"should be a text in quotes, and is {show(answer)}"
    same = answer.strip().casefold() == expected.strip().casefold()
    return None if same else f"is {show(answer)}, and {_instead(expected, reveal)}"


def _instead(expected: object, reveal: bool) -> str:
    return f"should be {show(expected)}" if reveal else "that is not it"


def _items_difference(answer: object, expected: tuple[object, ...], reveal: bool) -> str | None:
    """Compare several results of different shapes, one by one."""
    if not isinstance(answer, (list, tuple)):
        return f"should be {len(expected)} values, and is {show(answer)}"
    if len(answer) != len(expected):
        return f"should be {len(expected)} values, and has {len(answer)}"
    for place, (got, wanted) in enumerate(zip(answer, expected, strict=True), start=1):
        found = difference(got, wanted, reveal=reveal)
        if found is not None:
            return f"goes wrong at value {place} of {len(expected)}, which {found}"
    return None


def _number_difference(got: NDArray[Any], expected: NDArray[Any], reveal: bool) -> str | None:
    if got.shape != expected.shape:
        return _shape_difference(got, expected)
    wrong = ~_close(got, expected)
    if not wrong.any():
        return None
    if np.isnan(got[wrong]).any():
        return "holds NaN (not a number), as 0/0 gives"
    if got.ndim == 0:
        return f"is {number(got[()])}, and {_instead(expected[()], reveal)}"
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    at = f"[{', '.join(str(i) for i in first)}]"
    has = f"where it has {number(got[first])}"
    if reveal:
        has += f" and should have {number(expected[first])}"
    if wrong.all():
        return f"is wrong in every place, from {at} on, {has}"
    count = int(wrong.sum())
    if count == 1:
        return f"is wrong in one place of {wrong.size}: at {at}, {has}"
    return f"is wrong in {count} places of {wrong.size}, the first at {at}, {has}"


def _shape_difference(got: NDArray[Any], expected: NDArray[Any]) -> str:
    wanted, given = shape_words(expected.shape), shape_words(got.shape)
    same_values = got.size == expected.size and got.squeeze().shape == expected.squeeze().shape
    if same_values and _close(got.squeeze(), expected.squeeze()).all():
        return f"has the right values, but it is {given} and should be {wanted}"
    return f"is {given} and should be {wanted}"


def _close(got: NDArray[Any], expected: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell, place by place, what counts as equal."""
    if expected.dtype.kind in "biu":
        tolerance = 1e-3
    else:
        finite = np.abs(expected[np.isfinite(expected)])
        tolerance = 1e-5 * float(finite.max(initial=0.0)) or 1e-9
    with np.errstate(all="ignore"):
        return np.asarray(np.isclose(got, expected, rtol=0, atol=tolerance, equal_nan=True))


def is_transposed(answer: object, expected: object) -> bool:
    """Tell whether `answer` is `expected` with its last two axes swapped, in shape or values."""
    try:
        got, wanted = as_numbers(answer), as_numbers(expected)
    except (Unreadable, DeclarationError):
        return False
    if wanted.ndim < 2:
        return False
    turned = wanted.swapaxes(-1, -2)
    if got.shape != turned.shape:
        return False
    return turned.shape != wanted.shape or bool(_close(got, turned).all())
