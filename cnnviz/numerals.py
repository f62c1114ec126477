"""How numbers are written: in figures, widgets, animations and the checks' words.

Everywhere with a true minus sign and never as −0.

>>> from cnnviz import numerals
>>> numerals.aligned([0.25, -0.5, 0])
['0.25', '−0.50', '0']
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["aligned", "decimal", "exact", "full", "grouped", "scale_end", "short", "times"]

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOWERED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_SMALLEST, _LARGEST = -4, 12  # powers of ten between which numbers are written without one


def aligned(values: ArrayLike) -> list[str]:
    """Write numbers to one number of decimals, three digits of the largest; NaN is left blank.

    Parameters
    ----------
    values : array_like of real numbers

    Returns
    -------
    list of str
        One for each, in reading order. What is exactly 0 is a bare 0.

    Examples
    --------
    >>> aligned([1 / 3, -2 / 3])
    ['0.333', '−0.667']
    >>> aligned([3e20, 0])
    ['3·10²⁰', '0']
    """
    array = np.asarray(values, dtype=np.float64)
    finite = array[np.isfinite(array)]
    largest = float(np.abs(finite).max(initial=0))
    if largest and not 10**_SMALLEST <= largest < 10**_LARGEST:
        return ["" if math.isnan(value) else short(value) for value in array.flat]
    most = min(max(2 - math.floor(math.log10(largest)), 0), 6) if largest else 0
    decimals = next(
        (d for d in range(most) if np.allclose(finite, finite.round(d), rtol=0, atol=1e-9)), most
    )
    return [_fixed(float(value), decimals) for value in array.flat]


def short(value: float) -> str:
    """Write one number in few characters: a whole one whole, another in three digits.

    Examples
    --------
    >>> short(-0.12345), short(1234.0), short(1e20)
    ('−0.123', '1234', '1·10²⁰')
    """
    size = abs(value)
    if math.isfinite(size) and size and not 10**_SMALLEST <= size < 10**_LARGEST:
        return _powered(value)
    whole = math.isfinite(size) and (size >= 999.5 or value == round(value))
    return _true_minus(f"{value:.0f}" if whole else f"{value:.3g}")


def full(value: float) -> str:
    """Write one number as Python would: a whole one in full, another in six digits.

    Examples
    --------
    >>> full(1 / 3), full(-40.0), full(1e20)
    ('0.333333', '−40', '1e+20')
    """
    whole = math.isfinite(value) and value == int(value) and abs(value) < 1e15
    return _true_minus(str(int(value)) if whole else f"{value:.6g}")


def scale_end(value: float) -> str:
    """Write the end of a scale, above 0, in at least three digits.

    Examples
    --------
    >>> scale_end(123.456), scale_end(2_500_000)
    ('123', '2.5·10⁶')
    """
    if 1e-3 <= value < 999.5:
        return f"{value:.3g}"
    return f"{value:.0f}" if 1 <= value < 999_999.5 else _powered(value)


def times(sizes: Iterable[int]) -> str:
    """Write sizes as a shape.

    Examples
    --------
    >>> times((3, 32, 32))
    '3 × 32 × 32'
    """
    return " × ".join(map(str, sizes))


def grouped(count: int) -> str:
    """Write a whole number in groups of three.

    Examples
    --------
    >>> grouped(61706)
    '61 706'
    """
    return f"{count:,}".replace(",", " ")


def decimal(text: str) -> Decimal:
    """Read a number that was written here, exactly.

    Examples
    --------
    >>> decimal("−0.50"), decimal("2.5·10⁶")
    (Decimal('-0.50'), Decimal('2.5E+6'))
    """
    plain = text.replace("−", "-")
    mantissa, _, power = plain.partition("·10")
    return Decimal(f"{mantissa}e{power.translate(_LOWERED)}" if power else plain)


def exact(value: Decimal) -> str:
    """Write a decimal number with all its digits.

    Examples
    --------
    >>> exact(Decimal("-0.250")), exact(Decimal("-0.0")), exact(Decimal("1.5e20"))
    ('−0.25', '0', '1.5·10²⁰')
    """
    bare = value.normalize()
    power = bare.adjusted() if bare else 0
    if abs(power) > 12:
        return _true_minus(f"{bare.scaleb(-power):f}") + _ten_to(power)
    return _true_minus(f"{bare:f}")


def _fixed(value: float, decimals: int) -> str:
    if math.isnan(value):
        return ""
    return f"{value:.{decimals}f}".replace("-", "−") if value else "0"


def _powered(value: float) -> str:
    """Write a number in three digits and a power of ten."""
    if not value or not math.isfinite(value):
        return _true_minus(f"{value:g}")
    mantissa, exponent = f"{value:.2e}".split("e")
    return _true_minus(f"{float(mantissa):g}") + _ten_to(int(exponent))


def _ten_to(power: int) -> str:
    return f"·10{str(power).translate(_RAISED)}"


def _true_minus(text: str) -> str:
    return "0" if text == "-0" else text.replace("-", "−")
