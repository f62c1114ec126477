"""`cnnviz.ops`' normalisations against PyTorch, its autograd, and their formulas written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from agreement import assert_close, cases
from hypothesis import given
from hypothesis import strategies as st

from cnnviz import kernels, ops

seeds = st.integers(0, 2**32 - 1)
layouts = st.tuples(st.integers(2, 5), st.integers(1, 7)).flatmap(
    lambda lead: st.lists(st.integers(1, 5), max_size=3).map(lambda n: (*lead, *n))
)


def leaves(*arrays):
    return [torch.tensor(a, requires_grad=True) for a in arrays]


def check_backward(ours, theirs, leaves_, grad):
    for our, their in zip(
        ours, torch.autograd.grad(theirs, leaves_, torch.tensor(grad)), strict=True
    ):
        assert_close(our, their, 1e-10)


class TestBatchNorm:
    @given(layouts, seeds, st.sampled_from([1e-5, 1e-3, 1.0]))
    @cases(150)
    def test_training_against_torch(self, shape, seed, eps):
        rng = np.random.default_rng(seed)
        x, grad = rng.standard_normal((2, *shape)) * 3 + 1
        weight, bias = rng.standard_normal((2, shape[1]))
        tensors = leaves(x, weight, bias)
        theirs = F.batch_norm(tensors[0], None, None, *tensors[1:], training=True, eps=eps)
        assert_close(ops.batch_norm(x, weight, bias, eps=eps), theirs, 1e-10)
        check_backward(ops.batch_norm_backward(grad, x, weight, eps=eps), theirs, tensors, grad)

    @given(layouts, seeds)
    @cases(100)
    def test_inference_against_torch(self, shape, seed):
        rng = np.random.default_rng(seed)
        x, grad = rng.standard_normal((2, *shape))
        weight, bias, mean = rng.standard_normal((3, shape[1]))
        variance = rng.random(shape[1]) + 0.1
        tensors = leaves(x, weight, bias)
        statistics = torch.tensor(mean), torch.tensor(variance)
        theirs = F.batch_norm(tensors[0], *statistics, *tensors[1:])
        assert_close(ops.batch_norm(x, weight, bias, mean, variance), theirs, 1e-10)
        ours = ops.batch_norm_backward(grad, x, weight, mean, variance)
        check_backward(ours, theirs, tensors, grad)

    @pytest.mark.parametrize("momentum", [0.0, 0.1, 1.0])
    def test_running_statistics_are_torchs(self, momentum):
        rng = np.random.default_rng(4)
        layer = torch.nn.BatchNorm2d(3, momentum=momentum, dtype=torch.float64)
        mean, variance = np.zeros(3), np.ones(3)
        for _ in range(4):
            x = rng.standard_normal((2, 3, 4, 5)) * 7 - 2
            layer(torch.tensor(x))
            mean, variance = ops.running_statistics(mean, variance, x, momentum)
        assert_close(mean, layer.running_mean)
        assert_close(variance, layer.running_var)

    def test_the_other_variance_divides_by_the_number_of_values(self):
        x = np.random.default_rng(5).standard_normal((4, 2, 3))
        _, variance = ops.running_statistics([0, 0], [1, 1], x, momentum=1, unbiased=False)
        assert_close(variance, x.var(axis=(0, 2)))

    @pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-7), (np.float32, 0.02)])
    def test_a_large_mean_costs_no_digits(self, dtype, tolerance):
        noise = np.random.default_rng(6).integers(-8, 9, (64, 1)).astype(dtype)
        offset = dtype(2**20 if dtype is np.float32 else 1e8)
        ours = ops.batch_norm(noise + offset, eps=0)
        assert_close(ours, ops.batch_norm(noise, eps=0), tolerance)

    @pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
    def test_what_is_not_finite_spoils_its_own_map_only(self, odd):
        x = np.random.default_rng(7).standard_normal((3, 2, 4))
        x[1, 0, 2] = odd
        theirs = F.batch_norm(torch.tensor(x), None, None, training=True).numpy()
        np.testing.assert_allclose(ops.batch_norm(x), theirs, atol=1e-12)
        assert np.isnan(theirs[:, 0]).all()

    def test_float32_stays_float32(self):
        x = np.random.default_rng(8).standard_normal((3, 2, 4)).astype(np.float32)
        assert ops.batch_norm(x).dtype == np.float32
        assert {a.dtype.name for a in ops.batch_norm_backward(x, x)} == {"float32"}
        means = ops.running_statistics(np.zeros(2, np.float32), np.ones(2, np.float32), x)
        assert {a.dtype.name for a in means} == {"float32"}

    def test_integers_are_taken_as_floats(self):
        x = np.arange(12).reshape(3, 2, 2)
        assert_close(ops.batch_norm(x), ops.batch_norm(x.astype(float)))


class TestLocalResponseNorm:
    @given(
        layouts,
        seeds,
        st.integers(1, 9),
        st.sampled_from([1e-4, 0.5]),
        st.sampled_from([0.5, 0.75, 1.0, 2.0]),
        st.sampled_from([1.0, 2.0]),
    )
    @cases(200)
    def test_against_torch_which_divides_alpha(self, shape, seed, size, alpha, beta, k):
        rng = np.random.default_rng(seed)
        shape = shape if len(shape) > 2 else (*shape, 3)  # torch wants a place
        x, grad = rng.standard_normal((2, *shape)) * 2
        (leaf,) = leaves(x)
        theirs = F.local_response_norm(leaf, size, alpha, beta, k)
        settings = {"size": size, "alpha": alpha, "beta": beta, "k": k, "divide": True}
        assert_close(ops.local_response_norm(x, **settings), theirs)
        ours = ops.local_response_norm_backward(grad, x, **settings)
        check_backward([ours], theirs, [leaf], grad)

    def test_alexnets_formula_written_out(self):
        x = np.random.default_rng(9).standard_normal((2, 7, 3, 3)) * 10
        y = ops.local_response_norm(x)
        for i in range(7):
            squares = sum(x[:, j] ** 2 for j in range(max(0, i - 2), min(6, i + 2) + 1))
            assert_close(y[:, i], x[:, i] / (2 + 1e-4 * squares) ** 0.75)

    def test_huge_values_do_as_torchs(self):
        x = np.array([[[1e300], [1.0], [np.inf], [np.nan], [1e-300], [2.0]]])
        theirs = F.local_response_norm(torch.tensor(x), 3, 1.0, 0.75, 1.0).numpy()
        ours = ops.local_response_norm(x, 3, 1.0, 0.75, 1.0, divide=True)
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def contrast_in_torch(x, kernel, floor, mode):
    """The same in torch, with its own padding and convolution."""
    weight = torch.tensor(kernel / kernel.sum() / x.shape[1]).expand(1, x.shape[1], *kernel.shape)
    pads = [p for size in reversed(kernel.shape) for p in (size // 2, size // 2)]
    convolve = {1: F.conv1d, 2: F.conv2d}[kernel.ndim]

    def blur(maps):
        padded = F.pad(maps, pads, "constant" if mode == "zero" else mode)
        return convolve(padded, weight)

    v = x - blur(x)
    sigma = torch.sqrt(blur(v**2))
    places = tuple(range(-kernel.ndim, 0))
    least = (
        sigma.mean(places, keepdim=True) if floor is None else torch.tensor(floor, dtype=x.dtype)
    )
    return v / torch.where(sigma > least, sigma, least)


class TestLocalContrastNorm:
    @given(
        seeds,
        st.sampled_from([(3,), (5,), (3, 3), (1, 5), (5, 3)]),
        st.sampled_from([None, 0.3, 1.0]),
        st.sampled_from(["zero", "reflect", "replicate", "circular"]),
        st.integers(1, 3),
    )
    @cases(150)
    def test_against_torch(self, seed, size, floor, mode, channels):
        rng = np.random.default_rng(seed)
        x, grad = rng.standard_normal((2, 2, channels, *(6 for _ in size)))
        kernel = rng.random(size)
        (leaf,) = leaves(x)
        theirs = contrast_in_torch(leaf, kernel, floor, mode)
        settings = {"floor": floor, "padding_mode": mode}
        assert_close(ops.local_contrast_norm(x, kernel, **settings), theirs, 1e-10)
        ours = ops.local_contrast_norm_backward(grad, x, kernel, **settings)
        check_backward([ours], theirs, [leaf], grad)

    def test_the_sources_sums_written_out(self):
        """v = x − Σ w x, y = v / max(c, σ): i over maps, p and q over places."""
        x = np.random.default_rng(10).standard_normal((2, 7, 8))
        w = kernels.gaussian(3, 1.0)
        w = w / w.sum() / 2
        around = [(p, q) for p in (-1, 0, 1) for q in (-1, 0, 1)]
        inner = [(j, k) for j in range(2, 5) for k in range(2, 6)]

        def v(i, j, k):
            return x[i, j, k] - sum(
                w[p + 1, q + 1] * x[m, j + p, k + q] for m in (0, 1) for p, q in around
            )

        y = ops.local_contrast_norm(x, w, floor=0.5)
        for i, (j, k) in [(i, place) for i in (0, 1) for place in inner]:
            variance = sum(
                w[p + 1, q + 1] * v(m, j + p, k + q) ** 2 for m in (0, 1) for p, q in around
            )
            assert y[i, j, k] == pytest.approx(v(i, j, k) / max(0.5, math.sqrt(variance)))

    def test_without_contrast_nothing_is_left(self):
        x = np.full((2, 5, 5), 7.0)
        assert np.abs(ops.local_contrast_norm(x, kernels.box(3), floor=1)).max() < 1e-12
        assert ops.local_contrast_norm(np.zeros((1, 4)), [1, 1, 1]).tolist() == [[0.0] * 4]
        grad = ops.local_contrast_norm_backward(
            np.ones((1, 4)), np.zeros((1, 4)), [1, 1, 1], floor=1
        )
        assert np.isfinite(grad).all()

    def test_a_single_image_is_its_own_batch(self):
        x = np.random.default_rng(11).standard_normal((2, 3, 6, 6))
        both = ops.local_contrast_norm(x, kernels.box(3))
        assert_close(ops.local_contrast_norm(x[1], kernels.box(3)), both[1])


ONE = np.ones((2, 3, 4))
BAD = [  # what is called, the error, and what its message must say
    (lambda: ops.batch_norm([1.0]), ValueError, r"x must be \(N, C\) or .* got shape \(1,\)"),
    (lambda: ops.batch_norm(ONE[:1, :, 0]), ValueError, "more than one value per map in training"),
    (
        lambda: ops.batch_norm_backward(ONE[:1, :, 0], ONE[:1, :, 0]),
        ValueError,
        "more than one value",
    ),
    (lambda: ops.batch_norm(ONE, mean=[0, 0, 0]), ValueError, "variance must be given, too"),
    (
        lambda: ops.batch_norm(ONE, mean=[0] * 3, variance=[1, 1, -1]),
        ValueError,
        "variance must be",
    ),
    (lambda: ops.batch_norm(ONE, [1, 2]), ValueError, r"weight must have shape \(3,\)"),
    (lambda: ops.batch_norm(ONE, eps=-1), ValueError, "eps must be at least 0"),
    (
        lambda: ops.running_statistics([0] * 3, [1] * 3, ONE, 1.5),
        ValueError,
        "momentum must be from",
    ),
    (lambda: ops.running_statistics([0] * 3, [1] * 3, ONE[:1, :, :1]), ValueError, "more than one"),
    (lambda: ops.local_response_norm(ONE, 0), ValueError, "size must be"),
    (lambda: ops.local_response_norm(ONE, k=np.nan), ValueError, "k must be a finite number"),
    (lambda: ops.local_contrast_norm(ONE, [1, 1]), ValueError, "each of odd size"),
    (lambda: ops.local_contrast_norm(ONE, [1, -1, 1]), ValueError, "weights from 0 up"),
    (lambda: ops.local_contrast_norm(ONE, [0, 0, 0]), ValueError, "not all of them 0"),
    (lambda: ops.local_contrast_norm(ONE, np.ones((3, 3, 3))), ValueError, "x must be"),
    (lambda: ops.local_contrast_norm(ONE, [1, 1, 1], floor=0), ValueError, "floor must be above 0"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
