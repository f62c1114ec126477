"""`cnnviz.ops.correlate` and `convolve` against `conv` and NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from agreement import assert_close

from cnnviz import ops


def test_correlate_and_convolve_against_conv():
    rng = np.random.default_rng(2)
    for rank in (1, 2, 3):
        image, kernel = rng.standard_normal((7, 8, 9)[:rank]), rng.standard_normal((2, 3, 4)[:rank])
        arguments = {"stride": 2, "padding": 2, "dilation": 2, "padding_mode": "reflect"}
        seen = ops.correlate(image, kernel, **arguments)
        assert_close(seen, ops.conv(image[None], kernel[None, None], **arguments)[0])
        flipped = kernel[(slice(None, None, -1),) * rank]
        assert_close(ops.convolve(image, flipped, **arguments), seen)
    full = ops.convolve(rng.standard_normal(9), [1.0, 2.0, 4.0], padding=2)
    assert full.shape == (11,)


def test_convolve_full_is_numpys_convolve():
    rng = np.random.default_rng(3)
    signal, kernel = rng.standard_normal(30), rng.standard_normal(5)
    assert_close(ops.convolve(signal, kernel, padding=4), np.convolve(signal, kernel))


X, W = np.ones((2, 4, 6, 6)), np.ones((4, 4, 3, 3))
NAN = float("nan")
BAD = [  # what is called, the error, and what its message must say
    (lambda: ops.correlate(X, W), ValueError, "image must have 1, 2 or 3 axes, got shape"),
    (lambda: ops.correlate(np.ones((6, 6)), [1, 2]), ValueError, r"kernel must .* \(2\), got"),
    (lambda: ops.correlate([1, 2], [1, 2, 3]), ValueError, "kernel must fit .* 3 of only 2"),
    (lambda: ops.correlate([], [1]), ValueError, "image must hold at least one"),
    (lambda: ops.convolve([1, 2], ["a"]), TypeError, "kernel must hold real numbers"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
