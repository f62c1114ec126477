"""The checks of chapter 9: right answers pass, and each mistake gets the message meant for it."""

import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnviz import check, ops

# --------------------------------------------------------------------------------------
# Softmax by hand


@pytest.mark.parametrize(
    "answer",
    [
        [1 / 8, 1 / 4, 5 / 8],
        torch.softmax(7 + torch.log(torch.tensor([1.0, 2, 5])), 0),
    ],
)
def test_softmax_by_hand_right(answer):
    assert check.softmax_by_hand(answer).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([1, 2, 5], "don't sum to 1"),
        ([np.exp(7), 2 * np.exp(7), 5 * np.exp(7)], "don't sum to 1"),
        (np.array([7, 7.6931472, 8.6094379]) / 23.3025851, "scores themselves"),
        (np.log([1, 2, 5]) / np.log(10), "scores themselves"),
        ([0.2, 0.4, 1], "largest power"),
        (np.array([10, 5, 2]) / 17, "smallest probability"),
        ([1 / 2, 2 / 3, 5 / 6], "three sigmoids"),
        (1 / (1 + np.exp(-7) / np.array([1, 2, 5])), "three sigmoids"),
        (np.log([1 / 8, 1 / 4, 5 / 8]), "logarithms"),
        ([12.5, 25, 62.5], "per cent"),
        ([5 / 8, 1 / 4, 1 / 8], "wrong in"),
        ([1 / 8, 7 / 8], "should be of shape"),
    ],
)
def test_softmax_by_hand_wrong(answer, message):
    feedback = check.softmax_by_hand(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Softmax that can't overflow


def naive(z):
    powers = np.exp(z)
    return powers / powers.sum(axis=1, keepdims=True)


def less(summary):
    """Make a softmax of the scores less ``summary(z)``."""
    return lambda z: naive(z - summary(z))


def stable(z):
    return less(lambda z: z.max(axis=1, keepdims=True))(z)


def through_logarithms(z):
    return np.exp(z - np.logaddexp.reduce(z, axis=1, keepdims=True))


@pytest.mark.parametrize(
    "answer",
    [
        stable,
        through_logarithms,
        lambda z: torch.softmax(torch.tensor(z), 1),
        lambda z: [stable(row[None])[0] for row in z],
    ],
)
def test_stable_softmax_right(answer):
    assert check.stable_softmax(answer).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (naive, "overflows"),
        (less(lambda z: z.mean(axis=1, keepdims=True)), "Less their mean"),
        (less(lambda z: z.min(axis=1, keepdims=True)), "Less the smallest"),
        (less(np.max), "same number off every row"),
        (lambda z: stable(z.T).T, "columns sum to 1"),
        (lambda z: np.exp(z - z.max()) / np.exp(z - z.max()).sum(), "together sum to 1"),
        (lambda z: np.exp(z - z.max(axis=1, keepdims=True)), "rows don't sum to 1"),
        (lambda z: stable(-z), "smallest probability"),
        (lambda z: z - np.logaddexp.reduce(z, axis=1, keepdims=True), "logarithms"),
        (lambda z: 1 / (1 + np.exp(-z)), "sigmoids"),
        (lambda z: np.exp(z - z.max(axis=1)) / np.exp(z).sum(axis=1), "stops with ValueError"),
        (lambda z: stable(z)[0], "should be of shape"),
        (stable(np.eye(2)), "Hand in the function itself"),
    ],
)
def test_stable_softmax_wrong(answer, message):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # an overflow is told in words, not by NumPy
        feedback = check.stable_softmax(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Batch norm for maps


def batch_norm(x, gamma, beta, eps, axes=(0, 2, 3), **variance):
    normal = x - x.mean(axis=axes, keepdims=True)
    normal = normal / np.sqrt(x.var(axis=axes, keepdims=True, **variance) + eps)
    return gamma[:, None, None] * normal + beta[:, None, None]


def map_by_map(x, gamma, beta, eps):
    y = np.empty_like(x)
    for c in range(x.shape[1]):
        y[:, c] = (x[:, c] - x[:, c].mean()) / (x[:, c].var() + eps) ** 0.5 * gamma[c] + beta[c]
    return y


@pytest.mark.parametrize("answer", [batch_norm, map_by_map])
def test_normalise_maps_right(answer):
    assert check.normalise_maps(answer).status == "passed"


def by_torch(x, gamma, beta, eps):
    x, gamma, beta = map(torch.tensor, (x, gamma, beta))
    return F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)


@pytest.mark.parametrize(
    "answer", [by_torch, lambda x, gamma, beta, eps: ops.batch_norm(x, gamma, beta, eps=eps)]
)
def test_normalise_maps_by_a_batch_norm(answer):
    feedback = check.normalise_maps(answer)
    assert feedback.status == "failed"
    assert "call a batch norm" in feedback.message


def over(*axes):
    return lambda x, gamma, beta, eps: batch_norm(x, gamma, beta, eps, axes)


def divided_by(divisor):
    """Make a batch norm that divides by ``divisor(variance, eps)``."""

    def function(x, gamma, beta, eps):
        y = np.empty_like(x)
        for c in range(x.shape[1]):
            normal = (x[:, c] - x[:, c].mean()) / divisor(x[:, c].var(), eps)
            y[:, c] = gamma[c] * normal + beta[c]
        return y

    return function


def with_parameters(gamma_beta):
    """Make a batch norm that is given ``gamma_beta(gamma, beta)``."""
    return lambda x, gamma, beta, eps: batch_norm(x, *gamma_beta(gamma, beta), eps)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (over(0), "each number of a map"),
        (over(2, 3), "each picture's map"),
        (over(1, 2, 3), "each picture, all its maps"),
        (over(0, 1, 2, 3), "all maps together"),
        (lambda *inputs: batch_norm(*inputs, ddof=1), "m − 1"),
        (divided_by(lambda variance, eps: variance**0.5 + eps), "outside the root"),
        (divided_by(lambda variance, eps: variance**0.5), "left out ε"),
        (divided_by(lambda variance, eps: (variance + eps**2) ** 0.5), "squared ε"),
        (divided_by(lambda variance, eps: variance + eps), "divide by the variance"),
        (with_parameters(lambda g, b: (np.ones_like(g), np.zeros_like(b))), "left out γ and β"),
        (with_parameters(lambda g, b: (g, np.zeros_like(b))), "left out β"),
        (with_parameters(lambda g, b: (np.ones_like(g), b)), "left out γ"),
        (with_parameters(lambda g, b: (g, g * b)), "before you multiply"),
        (with_parameters(lambda g, b: (b, g)), "swapped γ and β"),
        (lambda x, gamma, beta, eps: x.mean(), "should be of shape"),
        (lambda x, gamma, beta: x, "does not take these arguments"),
    ],
)
def test_normalise_maps_wrong(answer, message):
    feedback = check.normalise_maps(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


def test_the_first_batch_can_be_worked_by_hand():
    feedback = check.normalise_maps(lambda x, gamma, beta, eps: x)
    assert "[[[[1, 1]]], [[[7, 7]]]]" in feedback.message


# --------------------------------------------------------------------------------------
# Batch norm folded away


def fold(weight, bias, gamma, beta, mean, variance, eps):
    scale = gamma / np.sqrt(variance + eps)
    return weight * scale.reshape(-1, 1, 1, 1), (bias - mean) * scale + beta


def test_fold_batch_norm_right():
    assert check.fold_batch_norm(fold).status == "passed"
    assert check.fold_batch_norm(lambda *layer: list(fold(*layer))).status == "passed"


def test_what_is_folded_does_the_work_of_both():
    rng = np.random.default_rng(9)
    weight, x = rng.normal(size=(3, 2, 3, 3)), rng.normal(size=(4, 2, 5, 5))
    bias, gamma, beta, mean = rng.normal(size=(4, 3))
    layer = (weight, bias, gamma, beta, mean, np.array([1.0, 2, 3]), 0.5)
    both = ops.batch_norm(ops.conv(x, weight, bias), gamma, beta, mean, layer[5], 0.5)
    np.testing.assert_allclose(ops.conv(x, *fold(*layer)), both)


def biased(bias_of):
    """Make a fold whose bias is ``bias_of(b, β, μ, s)``."""

    def function(weight, bias, gamma, beta, mean, variance, eps):
        folded, _ = fold(weight, bias, gamma, beta, mean, variance, eps)
        return folded, bias_of(bias, beta, mean, gamma / np.sqrt(variance + eps))

    return function


def scaled(scale_of):
    """Make a fold whose factor is ``scale_of(γ, σ², ε)``."""

    def function(weight, bias, gamma, beta, mean, variance, eps):
        scale = scale_of(gamma, variance, eps)
        return weight * scale[:, None, None, None], (bias - mean) * scale + beta

    return function


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda weight, *rest: (weight, fold(weight, *rest)[1]), "left the weights"),
        (biased(lambda b, beta, mean, s: b - mean + beta), "Your bias is not multiplied"),
        (biased(lambda b, beta, mean, s: b - mean * s + beta), "convolution's bias is not"),
        (biased(lambda b, beta, mean, s: b * s - mean + beta), "after you multiply"),
        (biased(lambda b, beta, mean, s: b * s + beta), "forgot the mean"),
        (biased(lambda b, beta, mean, s: beta - mean * s), "convolution's own bias"),
        (biased(lambda b, beta, mean, s: (b - mean) * s), "forgot β"),
        (biased(lambda b, beta, mean, s: (b - mean + beta) * s), "multiply β"),
        (biased(lambda b, beta, mean, s: (b + mean) * s + beta), "add the mean"),
        (scaled(lambda gamma, v, eps: gamma / (v**0.5 + eps)), "outside the root"),
        (scaled(lambda gamma, v, eps: gamma / v**0.5), "left out ε"),
        (scaled(lambda gamma, v, eps: gamma / (v + eps)), "divide by the variance"),
        (scaled(lambda gamma, v, eps: 1 / (v + eps) ** 0.5), "left out γ"),
        (scaled(lambda gamma, v, eps: gamma * (v + eps) ** 0.5), "multiply by the root"),
        (lambda *layer: fold(*layer)[::-1], "bias first"),
        (lambda *layer: fold(*layer)[0], "should be 2 values"),
    ],
)
def test_fold_batch_norm_wrong(answer, message):
    feedback = check.fold_batch_norm(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Stubs

NAMES = ["softmax_by_hand", "stable_softmax", "normalise_maps", "fold_batch_norm"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stub", [..., None])
def test_unanswered(name, stub):
    assert getattr(check, name)(stub).status == "unanswered"


@pytest.mark.parametrize("name", NAMES[1:])
def test_a_function_that_returns_nothing_is_unanswered(name):
    assert getattr(check, name)(lambda *arguments: None).status == "unanswered"
