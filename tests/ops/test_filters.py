"""`cnnviz.ops.correlate` and `convolve` against `conv` and NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
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


@pytest.mark.parametrize("shape", [(8, 9, 3), (8, 9, 1), (3, 8, 9), (1, 3, 8, 9), (1, 8, 9, 3)])
def test_the_line_in_the_message_takes_one_channel(shape):
    image, kernel = np.ones(shape), np.ones((2, 2))
    with pytest.raises(ValueError, match=r"(image|kernel) must have .* as with image") as refused:
        ops.correlate(image, kernel)
    line = str(refused.value).split("as with ")[1]
    assert ops.correlate(eval(line, {"image": image}), kernel).shape == (7, 8)


def test_masks_are_refused_and_tensors_taken():
    masked = np.ma.masked_equal([1, 2, -9999, 4], -9999)
    with pytest.raises(ValueError, match="image must hold a number everywhere, got 1 masked"):
        ops.correlate(masked, [1, 1])
    with pytest.raises(ValueError, match="kernel must hold a number everywhere"):
        ops.correlate([1, 2, 3, 4, 5], masked)
    weight = torch.nn.Conv2d(3, 4, 3).weight
    x = np.ones((3, 8, 8), np.float32)
    assert_close(ops.conv(x, weight), ops.conv(x, weight.detach().numpy()))
    half = torch.tensor([1.0, 2.0, 4.0], dtype=torch.bfloat16)
    out = ops.correlate(half, half)
    assert (out.dtype, out.tolist()) == (np.float32, [21.0])


def test_integers_at_the_edge_are_exact_or_refused():
    least = np.array([-(2**63), 1, 2])
    with pytest.raises(ValueError, match=r"image must|x must be so small that sums stay exact"):
        ops.correlate(least, [1])
    assert ops.correlate(least, [1.0]).tolist() == [-(2.0**63), 1.0, 2.0]
    assert ops.correlate(np.array([2**63 - 1, 1]), [1]).tolist() == [2**63 - 1, 1]
    assert ops.correlate(np.array([2**63 - 1], np.uint64), np.array([True])).tolist() == [2**63 - 1]
    assert ops.pool(least, 3).tolist() == [2]
    assert ops.relu(least).tolist() == [0, 1, 2]
    assert ops.sigmoid_backward(np.ones(3, int), least)[0] == 0
