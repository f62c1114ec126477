"""`cnnviz.ops`' activations against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from agreement import assert_close

from cnnviz import ops

ACTIVATIONS = [
    (ops.relu, ops.relu_backward, torch.relu),
    (ops.sigmoid, ops.sigmoid_backward, torch.sigmoid),
    (ops.softmax, ops.softmax_backward, lambda x: torch.softmax(x, -1)),
]


@pytest.mark.parametrize(("forward", "backward", "reference"), ACTIVATIONS)
def test_activations_against_torch(forward, backward, reference):
    rng = np.random.default_rng(9)
    x = rng.standard_normal((50, 7)) * 5
    leaf = torch.tensor(x, requires_grad=True)
    theirs = reference(leaf)
    assert_close(forward(x), theirs)
    grad = rng.standard_normal(x.shape)
    (dtheirs,) = torch.autograd.grad(theirs, leaf, torch.tensor(grad))
    assert_close(backward(grad, x), dtheirs)
    assert forward(x.astype(np.float32)).dtype == np.float32


def test_extreme_values_stay_finite():
    with np.errstate(all="raise", under="ignore"):
        assert ops.sigmoid([-800.0, -40.0]).tolist() == pytest.approx([0.0, np.exp(-40.0)])
        assert ops.sigmoid_backward([1.0], [40.0]) == pytest.approx(np.exp(-40.0))
        assert ops.softmax([-1000.0, 1000.0]).tolist() == [0.0, 1.0]
        assert ops.cross_entropy([-1000.0, 1000.0], 0) == 2000.0


@pytest.mark.parametrize("axis", [True, None, 1.0, "0", (0, 1), np.array([0])])
def test_an_axis_that_is_no_number_is_refused(axis):
    for call in (
        lambda: ops.softmax([[1.0, 2.0]], axis=axis),
        lambda: ops.softmax_backward([[1.0, 2.0]], [[1.0, 2.0]], axis=axis),
    ):
        with pytest.raises(TypeError, match="axis must be a whole number"):
            call()


def test_softmax_along_another_axis():
    x = np.random.default_rng(10).standard_normal((3, 4, 5))
    assert_close(ops.softmax(x, axis=1), torch.softmax(torch.tensor(x), 1))
    with pytest.raises(ValueError, match="axis must be one of the 3 axes of x, got 3"):
        ops.softmax(x, axis=3)


BAD = [  # what is called, the error, and what its message must say
    (lambda: ops.relu("a"), TypeError, "x must be an array of numbers, got the text"),
    (
        lambda: ops.relu_backward([1], [1, 2]),
        ValueError,
        r"grad must have shape \(2,\), got \(1,\)",
    ),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
