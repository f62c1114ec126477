"""`cnnviz.ops`' fully connected layer, flattening and dropout against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from agreement import assert_close, cases
from hypothesis import given
from hypothesis import strategies as st

from cnnviz import ops


@given(st.integers(0, 5), st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**32 - 1))
@cases(100)
def test_linear_against_torch(examples, inputs, outputs, seed):
    rng = np.random.default_rng(seed)
    lead = (examples,) if examples else ()
    x, weight = rng.standard_normal((*lead, inputs)), rng.standard_normal((outputs, inputs))
    bias, grad = rng.standard_normal(outputs), rng.standard_normal((*lead, outputs))
    tensors = [torch.tensor(a, requires_grad=True) for a in (x, weight, bias)]
    theirs = F.linear(*tensors)
    assert_close(ops.linear(x, weight, bias), theirs)
    assert_close(ops.linear(x, weight), theirs - tensors[2])
    dtheirs = torch.autograd.grad(theirs, tensors, torch.tensor(grad))
    for our, their in zip(ops.linear_backward(grad, x, weight), dtheirs, strict=True):
        assert_close(our, their)


def test_whole_numbers_stay_exact():
    big = 2**40 + 1
    assert ops.linear([big, 1], [[3, 1], [0, 2]], [1, 1]).tolist() == [3 * big + 2, 3]
    dx, dweight, dbias = ops.linear_backward([[1, 2]], [[big, 0]], [[3, 1], [0, 2]])
    assert (dx.tolist(), dbias.tolist()) == ([[3, 5]], [1, 2])
    assert dweight.tolist() == [[big, 0], [2 * big, 0]]


def test_flatten_is_torchs_and_comes_back():
    x = np.random.default_rng(1).standard_normal((2, 3, 4, 5))
    flat = ops.flatten(x)
    assert_close(flat, torch.flatten(torch.tensor(x), 1))
    assert_close(ops.flatten_backward(flat, x), x)


class TestDropout:
    def test_keeps_about_the_share_and_the_mean(self):
        x = np.random.default_rng(2).random((200, 200)) + 1
        for rate in (0.0, 0.2, 0.5, 0.9):
            mask = ops.dropout_mask(x.shape, rate, seed=3)
            assert mask.mean() == pytest.approx(1 - rate, abs=0.01)
            assert ops.dropout(x, mask, rate).mean() == pytest.approx(x.mean(), rel=0.02)

    def test_is_torchs_for_the_same_mask(self):
        x = np.random.default_rng(4).standard_normal((5, 6))
        torch.manual_seed(0)
        (leaf,) = [torch.tensor(x, requires_grad=True)]
        theirs = F.dropout(leaf, 0.3)
        mask = (theirs != 0).numpy()
        assert_close(ops.dropout(x, mask, 0.3), theirs)
        grad = np.random.default_rng(5).standard_normal(x.shape)
        (dtheirs,) = torch.autograd.grad(theirs, leaf, torch.tensor(grad))
        assert_close(ops.dropout_backward(grad, mask, 0.3), dtheirs)

    def test_a_seed_repeats_and_a_generator_goes_on(self):
        assert (ops.dropout_mask(50, 0.5, 1) == ops.dropout_mask(50, 0.5, 1)).all()
        generator = np.random.default_rng(1)
        first, second = (ops.dropout_mask(50, 0.5, generator) for _ in range(2))
        assert (first != second).any()

    def test_a_dropped_nan_is_gone(self):
        assert ops.dropout([np.nan, np.inf, 1.0], [False, False, True], 0.5).tolist() == [0, 0, 2]


BAD = [  # what is called, the error, and what its message must say
    (
        lambda: ops.linear(np.ones((2, 3)), np.ones((4, 5))),
        ValueError,
        r"x must be \(N, 5\) or \(5,\)",
    ),
    (lambda: ops.linear(np.ones((2, 3, 5)), np.ones((4, 5))), ValueError, "flatten it first"),
    (lambda: ops.linear([1], [1]), ValueError, r"weight must be \(out, in\)"),
    (lambda: ops.linear([1], [[1]], [1, 2]), ValueError, r"bias must have shape \(1,\)"),
    (lambda: ops.linear([2**62], [[4]]), ValueError, "stay exact in int64"),
    (lambda: ops.linear_backward([1, 1], [1], [[1]]), ValueError, r"grad must have shape \(1,\)"),
    (lambda: ops.flatten(3), ValueError, "x must have an axis"),
    (
        lambda: ops.flatten_backward([1, 2], [[1], [2]]),
        ValueError,
        r"grad must have shape \(2, 1\)",
    ),
    (lambda: ops.dropout([1.0], [1.0], 0.5), TypeError, "mask must hold True and False"),
    (lambda: ops.dropout([1.0], [True, True], 0.5), ValueError, r"mask must have shape \(1,\)"),
    (lambda: ops.dropout([1.0], [True], 1.0), ValueError, "rate must be from 0 to below 1"),
    (lambda: ops.dropout_mask(3, -0.1), ValueError, "rate must be from 0 to below 1"),
    (lambda: ops.dropout_mask(3, 0.1, seed="a"), TypeError, "seed must be a whole number"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
