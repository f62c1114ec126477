"""`cnnviz.ops.pool`, forward and backward, against PyTorch and finite differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from agreement import assert_close, cases
from hypothesis import given
from hypothesis import strategies as st

from cnnviz import ops

MAX_POOL = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
MEAN_POOL = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}


@st.composite
def pools(draw):
    """Draw a pooling with overlapping, touching or separate windows, with ties in the data."""
    rank = draw(st.integers(1, 3))
    kernel = tuple(draw(st.integers(1, 4)) for _ in range(rank))
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    # PyTorch's 3-D mean wants the kernel to fit without the padding.
    least = [k if rank == 3 else max(1, k - 2 * p) for k, p in zip(kernel, padding, strict=True)]
    n = tuple(draw(st.integers(m, m + 6)) for m in least)
    stride = draw(st.one_of(st.none(), st.tuples(*[st.integers(1, 4)] * rank)))
    lead = draw(st.sampled_from([(2,), (1, 2), (3, 2)]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    x = rng.standard_normal((*lead, *n))
    if draw(st.booleans()):
        x = np.round(x)  # ties
    return x, kernel, stride, padding, rng


def torch_pool(x, kernel, stride, padding, mode):
    rank = len(kernel)
    if mode == "max":
        return MAX_POOL[rank](x, kernel, stride, padding)
    if mode == "mean":
        return MEAN_POOL[rank](x, kernel, stride, padding)
    return MEAN_POOL[rank](x * x, kernel, stride, padding).sqrt()


@pytest.mark.parametrize("mode", ["max", "mean", "l2"])
@cases(300)
@given(pools())
def test_pool_and_pool_backward_against_torch(mode, drawn):
    x, kernel, stride, padding, rng = drawn
    leaf = torch.tensor(x, requires_grad=True)
    theirs = torch_pool(leaf, kernel, stride, padding, mode)
    ours = ops.pool(x, kernel, stride, padding, mode)
    assert_close(ours, theirs)
    grad = rng.standard_normal(ours.shape)
    grad[ours == 0] = 0 if mode == "l2" else grad[ours == 0]  # PyTorch's root has no slope there
    (dtheirs,) = torch.autograd.grad(theirs, leaf, torch.tensor(grad))
    dours = ops.pool_backward(grad, x, kernel, stride, padding, mode)
    assert_close(dours, torch.nan_to_num(dtheirs, nan=0.0) if mode == "l2" else dtheirs)


@pytest.mark.parametrize("mode", ["max", "mean", "l2"])
def test_pool_backward_against_finite_differences(mode):
    rng = np.random.default_rng(4)
    x = rng.permutation(2 * 7 * 8).reshape(2, 7, 8) + 1.0  # no ties
    arguments = {"kernel": (3, 2), "stride": (2, 1), "padding": ((1, 0), (0, 1)), "mode": mode}
    grad = rng.standard_normal(ops.pool(x, **arguments).shape)
    gradient = ops.pool_backward(grad, x, **arguments)
    for index in np.ndindex(*x.shape):
        step = np.zeros_like(x)
        step[index] = 1e-4
        change = ops.pool(x + step, **arguments) - ops.pool(x - step, **arguments)
        assert gradient[index] == pytest.approx((grad * change).sum() / 2e-4, abs=1e-6)


def test_l2_is_the_root_of_the_mean_and_torchs_lp_pool_of_the_sum():
    x = np.array([[3.0, 4.0], [0.0, 0.0]])
    assert ops.pool(x, 2, mode="l2") == [[2.5]]
    lp = F.lp_pool2d(torch.tensor(x)[None], 2.0, 2).numpy()[0]
    assert_close(ops.pool(x, 2, mode="l2") * math.sqrt(4), lp)
    assert ops.pool_backward([[1.0]], np.zeros((2, 2)), 2, mode="l2").tolist() == [[0, 0], [0, 0]]


def test_an_int_kernel_pools_the_last_two_axes_a_tuple_says_which():
    x = np.arange(2 * 4 * 4 * 4).reshape(2, 4, 4, 4)
    assert ops.pool(x, 2).shape == (2, 4, 2, 2)
    assert ops.pool(x, (2, 2, 2)).shape == (2, 2, 2, 2)
    assert ops.pool(x[None], 2).shape == (1, 2, 2, 2, 2)
    assert ops.pool(x[0, 0], (2,)).shape == (4, 2)
    assert ops.pool(x[0, 0, 0], 2).tolist() == [1, 3]


def test_max_padding_never_wins():
    assert ops.pool([[-5, -6], [-7, -8]], 2, 1, ((1, 0), (1, 0))).tolist() == [[-5, -5], [-5, -5]]
    assert ops.pool([[-5.0, -6.0]], 2, 1, ((1, 0), (0, 1))).tolist() == [[-5.0, -6.0]]


X, W = np.ones((2, 4, 6, 6)), np.ones((4, 4, 3, 3))
NAN = float("nan")
BAD = [  # what is called, the error, and what its message must say
    (lambda: ops.pool(X, 2, mode="median"), ValueError, "mode must be one of 'max'.* 'median'"),
    (lambda: ops.pool(X, 7), ValueError, "kernel must fit .* 7 of only 6"),
    (lambda: ops.pool(X, NAN), TypeError, "kernel must be .* got nan"),
    (lambda: ops.pool(X, 2, 0), ValueError, "stride must be .* got 0"),
    (lambda: ops.pool(X, 2, padding=2), ValueError, "padding must be at most half .* 1 .* got 2"),
    (lambda: ops.pool(X, (2, 2, 2, 2)), ValueError, "kernel must be for 1, 2 or 3 axes"),
    (lambda: ops.pool(X, (2,)), ValueError, r"x must have 1 to 3 axes .* got shape \(2, 4, 6, 6"),
    (lambda: ops.pool(np.float64(3), 2), ValueError, r"x must have 2 to 4 axes .* got shape \(\)"),
    (lambda: ops.pool_backward(X, X, 2), ValueError, r"grad must have shape \(2, 4, 3, 3\)"),
    (lambda: ops.pool_backward(X, X, 2, mode="sum"), ValueError, "mode must be one of"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
