"""One writer of numbers: true minus signs, no −0, and what was written can be read again."""

import math
from decimal import Decimal

import numpy as np
import pytest

from cnnviz import numerals


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ([0.25, 0.5, 0], ["0.25", "0.50", "0"]),
        ([1000.4, -7], ["1000", "−7"]),
        ([0.00012345, -0.0], ["0.000123", "0"]),
        ([math.nan, 2], ["", "2"]),
        ([1e-9, -2.5e-8], ["1·10⁻⁹", "−2.5·10⁻⁸"]),
        ([1e300, 3], ["1·10³⁰⁰", "3"]),
        ([math.nan], [""]),
    ],
)
def test_numbers_of_a_grid_are_written_alike(values, written):
    assert numerals.aligned(values) == written


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2, "2"),
        (-0.0, "0"),
        (-2 / 3, "−0.667"),
        (1234.5, "1234"),
        (0.00012, "0.00012"),
        (1e20, "1·10²⁰"),
        (-3e-30, "−3·10⁻³⁰"),
        (math.inf, "inf"),
    ],
)
def test_one_number_in_few_characters(value, text):
    assert numerals.short(value) == text


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 1e400, 5e-324, 1.7e308, 2**70])
def test_no_number_is_too_much(value):
    for write in (numerals.short, numerals.full):
        assert len(write(value)) < 25
    assert len(numerals.aligned([value])) == 1


@pytest.mark.parametrize("seed", range(20))
def test_what_is_written_is_read_again(seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=5) * 10.0 ** rng.integers(-30, 30)
    for value, text in zip(values, numerals.aligned(values), strict=True):
        assert float(numerals.decimal(text)) == pytest.approx(value, abs=0.006 * abs(values).max())
        assert numerals.decimal(numerals.exact(numerals.decimal(text))) == numerals.decimal(text)
    assert numerals.exact(Decimal("-0.50")) == "−0.5"
