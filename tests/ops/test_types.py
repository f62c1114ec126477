"""What all of `cnnviz.ops` has in common: types of results, inputs left alone."""

from __future__ import annotations

import numpy as np

from cnnviz import ops


def test_types_of_results():
    for dtype, expected in [
        (np.float64, np.float64),
        (np.float32, np.float32),
        (np.float16, np.float32),
        (np.uint8, np.int64),
        (bool, np.int64),
    ]:
        x = np.ones((1, 4, 4), dtype)
        weight = np.ones((1, 1, 2, 2), dtype)
        assert ops.conv(x, weight).dtype == expected
        assert ops.conv_transpose(x, weight).dtype == expected
        assert ops.pool(x, 2).dtype == expected
        assert {a.dtype for a in ops.conv_backward(x[:, :3, :3], x, weight)} == {np.dtype(expected)}
        mean = expected if expected != np.int64 else np.float64
        for mode in ("mean", "l2"):
            assert ops.pool(x, 2, mode=mode).dtype == mean
            assert ops.pool_backward(x[:, :2, :2], x, 2, mode=mode).dtype == mean
    # Integers beside floats don't widen them.
    assert ops.conv(np.ones((1, 3), np.float32), [[[1, 1]]], [1]).dtype == np.float32
    assert ops.correlate(np.ones(3, np.uint8), np.ones(2, np.float32)).dtype == np.float32


def test_inputs_are_left_alone():
    rng = np.random.default_rng(7)
    x, weight, bias = rng.random((1, 5, 5)), rng.random((2, 1, 3, 3)), rng.random(2)
    grad = rng.random((2, 3, 3))
    for array in (x, weight, bias, grad):
        array.setflags(write=False)
    out = ops.conv(x, weight, bias)
    dx, _, _ = ops.conv_backward(grad, x, weight)
    ops.conv_transpose(x, weight.reshape(1, 2, 3, 3), bias)
    ops.pool_backward(ops.pool(x, 2), x, 2)
    out += 1  # and results may be written to
    dx += 1
