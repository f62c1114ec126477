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

from cnnviz import ops, shapes

NAN = float("nan")
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


# ── What PyTorch, ONNX and users have elsewhere ──────────────────────────────────────────────────


@st.composite
def rich_pools(draw, mode):
    """Draw a pooling with everything that PyTorch offers for this mode."""
    rank = draw(st.integers(1, 3))
    drawn = []
    for _ in range(rank):
        kernel, stride = draw(st.integers(1, 4)), draw(st.integers(1, 4))
        dilation = draw(st.integers(1, 3)) if mode == "max" else 1
        # PyTorch reads beside the input when dilated taps meet padding alone.
        padding = draw(st.integers(0, kernel // 2 if dilation == 1 else 0))
        # PyTorch's 3-D mean wants the kernel to fit without the padding.
        spared = 2 * padding if rank < 3 or mode == "max" else 0
        n = draw(st.integers(max(dilation * (kernel - 1) + 1 - spared, 1), 10))
        drawn.append((n, kernel, stride, padding, dilation))
    n, kernel, stride, padding, dilation = zip(*drawn, strict=True)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    x = rng.standard_normal((2, 3, *n))
    if draw(st.booleans()):
        x = np.round(x)
    if mode == "max" and draw(st.booleans()):
        x[rng.random(x.shape) < 0.3] = rng.choice([np.nan, -np.inf])
    arguments = {"kernel": kernel, "stride": stride, "padding": padding, "mode": mode}
    return x, arguments | {"dilation": dilation, "ceil_mode": draw(st.booleans())}, rng


@cases(400)
@given(rich_pools("max"))
def test_maxima_their_places_and_gradients_are_pytorchs(drawn):
    x, arguments, rng = drawn
    kernel, stride, padding, _, dilation, ceil_mode = arguments.values()
    leaf = torch.tensor(x, requires_grad=True)
    theirs, their_indices = MAX_POOL[len(kernel)](
        leaf, kernel, stride, padding, dilation, ceil_mode, return_indices=True
    )
    values, indices = ops.pool(x, **arguments, return_indices=True)
    np.testing.assert_array_equal(values, theirs.detach().numpy())
    np.testing.assert_array_equal(indices, their_indices.numpy())
    np.testing.assert_array_equal(ops.pool(x, **arguments), values)
    grad = rng.standard_normal(values.shape)
    (dtheirs,) = torch.autograd.grad(theirs, leaf, torch.tensor(grad))
    assert_close(ops.pool_backward(grad, x, **arguments), dtheirs)


@pytest.mark.parametrize("include", [True, False])
@cases(250)
@given(rich_pools("mean"))
def test_means_rounded_up_and_without_padding_are_pytorchs(include, drawn):
    x, arguments, rng = drawn
    kernel, stride, padding, _, _, ceil_mode = arguments.values()
    leaf = torch.tensor(x, requires_grad=True)
    theirs = MEAN_POOL[len(kernel)](leaf, kernel, stride, padding, ceil_mode, include)
    arguments["count_include_pad"] = include
    ours = ops.pool(x, **arguments)
    assert_close(ours, theirs)
    grad = rng.standard_normal(ours.shape)
    (dtheirs,) = torch.autograd.grad(theirs, leaf, torch.tensor(grad))
    assert_close(ops.pool_backward(grad, x, **arguments), dtheirs)
    squares = ops.pool(x * x, **arguments)
    assert_close(ops.pool(x, **arguments | {"mode": "l2"}), np.sqrt(squares))


@st.composite
def wide_pools(draw):
    """Draw a pooling with padding and dilation of any size."""
    rank = draw(st.integers(1, 2))
    drawn = []
    for _ in range(rank):
        n, kernel, stride = (draw(st.integers(1, m)) for m in (6, 4, 4))
        dilation, pads = draw(st.integers(1, 3)), draw(st.tuples(*[st.integers(0, 6)] * 2))
        if dilation * (kernel - 1) + 1 > n + sum(pads):
            kernel = 1
        drawn.append((n, kernel, stride, pads, dilation))
    n, kernel, stride, padding, dilation = zip(*drawn, strict=True)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    arguments = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    return rng.standard_normal((2, *n)), arguments | {"ceil_mode": draw(st.booleans())}


@pytest.mark.parametrize("mode", ["max", "mean", "l2"])
@cases(250)
@given(wide_pools())
def test_padding_beyond_half_the_kernel_against_windows_one_by_one(mode, drawn):
    x, arguments = drawn
    ours = ops.pool(x, mode=mode, **arguments)
    expected = np.stack([one_by_one(plane, mode, **arguments) for plane in x])
    np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-14)
    grad = np.random.default_rng(0).standard_normal(ours.shape)
    gradient = ops.pool_backward(grad, x, mode=mode, **arguments)
    if np.isfinite(ours).all():
        step = np.random.default_rng(1).standard_normal(x.shape) * 1e-6
        change = ops.pool(x + step, mode=mode, **arguments)
        change -= ops.pool(x - step, mode=mode, **arguments)
        assert (gradient * step).sum() == pytest.approx(
            (grad * change).sum() / 2, rel=1e-4, abs=1e-11
        )


def one_by_one(plane, mode, kernel, stride, padding, dilation, ceil_mode):
    """Pool a plane in Python, window by window, pixel by pixel."""
    size = shapes.pool_output_size(plane.shape, kernel, stride, padding, dilation, ceil_mode)
    out = np.empty(size)
    for index in np.ndindex(*size):
        pixels, counted = [], 0
        for tap in np.ndindex(*kernel):
            numbers = zip(index, stride, padding, tap, dilation, strict=True)
            place = [o * s - p[0] + t * d for o, s, p, t, d in numbers]
            axes = list(zip(place, plane.shape, padding, strict=True))
            counted += all(i < n + p[1] for i, n, p in axes)
            if all(0 <= i < n for i, n, _ in axes):
                pixels.append(plane[tuple(place)])
        if mode == "max":
            out[index] = max(pixels, default=-np.inf)
        elif mode == "mean":
            out[index] = sum(pixels) / counted
        else:
            out[index] = math.sqrt(sum(p * p for p in pixels) / counted)
    return out


# ── Values that get lost ─────────────────────────────────────────────────────────────────────────


def test_windows_of_minus_infinity_keep_their_gradient():
    x = np.full((2, 2), -np.inf)
    assert ops.pool_backward(np.ones((2, 2)), x, 2, 2, 1).tolist() == [[1, 1], [1, 1]]
    lowest = np.full((2, 2), np.iinfo(np.int64).min)
    assert ops.pool_backward(np.ones((2, 2), int), lowest, 2, 2, 1).tolist() == [[1, 1], [1, 1]]


def test_nan_wins_and_takes_the_gradient():
    x = [[1.0, NAN, 3.0, NAN, 2.0]]
    values, indices = ops.pool(x, (1, 5), return_indices=True)
    assert np.isnan(values).all()
    assert indices.tolist() == [[3]]
    assert ops.pool_backward([[1.0]], x, (1, 5)).tolist() == [[0, 0, 0, 1, 0]]


@pytest.mark.parametrize("padding", [1, 2, 3])
@pytest.mark.parametrize("fill", [-np.inf, NAN, -3.0])
def test_padding_never_takes_a_gradient(fill, padding):
    x = np.full((3, 3), fill)
    grad = np.ones(ops.pool(x, 2, 1, padding).shape)
    _, indices = ops.pool(x, 2, 1, padding, return_indices=True)
    assert ops.pool_backward(grad, x, 2, 1, padding).sum() == (indices >= 0).sum() == 16


@pytest.mark.parametrize("mode", ["mean", "l2"])
@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (1e20, np.float32),
        (3.4e38, np.float32),
        (1e-45, np.float32),
        (1e-30, np.float32),
        (1e200, float),
        (1.7976931348623157e308, float),
        (1e-200, float),
        (5e-324, float),
        (60000.0, np.float16),
    ],
)
@pytest.mark.parametrize("kernel", [2, 3])
def test_huge_and_tiny_numbers_neither_overflow_nor_vanish(mode, value, dtype, kernel):
    x = np.full((6, 6), value, dtype)
    out = ops.pool(x, kernel, mode=mode)
    np.testing.assert_allclose(out, np.full(out.shape, x[0, 0]), rtol=1e-6)
    gradient = ops.pool_backward(np.ones_like(out), x, kernel, mode=mode)
    np.testing.assert_allclose(gradient, np.full((6, 6), 1 / kernel**2), rtol=1e-6)


def test_each_window_has_a_scale_of_its_own():
    x = np.array([[1e300, -1e300, 3e-300, 4e-300, 3.0, 4.0, 0.0, 0.0]])
    assert_close(ops.pool(x, (1, 2), mode="l2")[0, :1], [1e300])
    assert ops.pool(x, (1, 2), mode="l2")[0, 1] == pytest.approx(math.sqrt(12.5) * 1e-300)
    assert ops.pool(x, (1, 2), mode="l2")[0, 2:].tolist() == [math.sqrt(12.5), 0]
    assert ops.pool(x, (1, 2), mode="mean").tolist() == [[0, 3.5e-300, 3.5, 0]]
    gradient = ops.pool_backward([[1.0, 1, 1, 1]], x, (1, 2), mode="l2")[0]
    ratios = np.array([1, -1, 0.6 * math.sqrt(2), 0.8 * math.sqrt(2)]) / 2
    assert_close(gradient, [*ratios, *ratios[2:], 0, 0])


def test_infinities_stay_what_they_are():
    x = [[-np.inf, 1e308, 1e308, 1e308], [np.inf, 1.0, -np.inf, 1.0]]
    assert ops.pool(x, (1, 4), mode="mean")[0, 0] == -np.inf
    assert np.isnan(ops.pool(x, (1, 4), mode="mean")[1, 0])
    assert ops.pool(x, (1, 4), mode="l2").tolist() == [[np.inf], [np.inf]]


def test_means_of_large_integers_are_summed_as_integers():
    x = [[2**60 + 1, -(2**60)]]
    assert ops.pool(x, (1, 2), mode="mean").tolist() == [[0.5]]


def test_a_kernel_far_larger_than_the_input_is_quick():
    x = np.arange(6.0)
    assert ops.pool(x, 2 * 10**7, padding=10**7).tolist() == [5]
    assert ops.pool(x, 10**18, 10**18, ceil_mode=True, mode="mean").tolist() == [2.5]
    assert ops.pool(x, 2, 1, 10**7, dilation=10**7).size == 10**7 + 6


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


X = np.ones((2, 4, 6, 6))
BAD = [  # what is called, the error, and what its message must say
    (lambda: ops.pool(X, 2, mode="median"), ValueError, "mode must be one of 'max'.* 'median'"),
    (lambda: ops.pool(X, 7), ValueError, "kernel must fit .* 7 of only 6"),
    (lambda: ops.pool(X, NAN), TypeError, "kernel must be .* got nan"),
    (lambda: ops.pool(X, 2, 0), ValueError, "stride must be .* got 0"),
    (
        lambda: ops.pool(np.ones((6, 6), int), 2, padding=2),
        ValueError,
        "padding must leave a pixel",
    ),
    (
        lambda: ops.pool(X, 2, padding=2, mode="mean", count_include_pad=False),
        ValueError,
        "padding must leave a pixel in every window, for there is no mean of nothing; got 2",
    ),
    (lambda: ops.pool(X, 2, dilation=0), ValueError, "dilation must be .* got 0"),
    (lambda: ops.pool(X, 2, dilation=6), ValueError, "kernel must fit .* 7 of only 6"),
    (lambda: ops.pool(X, 2, ceil_mode=1), TypeError, "ceil_mode must be True or False, got 1"),
    (lambda: ops.pool(X, 2, count_include_pad=None), TypeError, "count_include_pad .* got None"),
    (lambda: ops.pool(X, 2, return_indices="yes"), TypeError, "return_indices must be .* 'yes'"),
    (
        lambda: ops.pool(X, 2, mode="mean", return_indices=True),
        ValueError,
        "return_indices must be False when mode is 'mean'",
    ),
    (lambda: ops.pool(X, 2, mode=np.array(["max", "mean"])), ValueError, "mode must be one of"),
    (lambda: ops.pool(X, 2, 1, 10**6), ValueError, r"padding asks for .* GiB"),
    (lambda: ops.pool(X, 2, 1, 10**18), ValueError, r"padding asks for .* GiB"),
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
