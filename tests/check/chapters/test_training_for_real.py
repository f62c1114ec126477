"""The checks of chapter 18: right answers pass, and each mistake gets the message meant for it."""

import statistics

import numpy as np
import pytest
import torch

from cnnviz import check

# --------------------------------------------------------------------------------------
# A gain and its standard error

RUNS = ([49, 52, 55], [56, 59, 59])
ERROR = sum(statistics.variance(runs) / 3 for runs in RUNS) ** 0.5


def test_gain_and_error_right():
    assert check.gain_and_error((6, ERROR)).status == "passed"
    assert check.gain_and_error([6, 2]).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((6, sum(statistics.pvariance(runs) / 3 for runs in RUNS) ** 0.5), "divide by n"),
        ((6, 12**0.5), "a single run's difference"),
        ((6, sum((statistics.variance(runs) / 3) ** 0.5 for runs in RUNS)), "added the two errors"),
        ((6, 4), "forgot the root"),
        ((-6, ERROR), "wrong sign"),
    ],
)
def test_gain_and_error_wrong(answer, message):
    feedback = check.gain_and_error(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# What freezing saves


def by_counting(costs, starts, steps=1000):
    """Count the parts of work of every step."""
    done = whole = 0
    for step in range(steps):
        for cost, start in zip(costs, starts, strict=True):
            done += cost * (1 if step >= start * steps else 3)
            whole += 3 * cost
    return 1 - done / whole


def test_work_saved_right():
    assert check.work_saved(by_counting).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda c, t: 1.5 * by_counting(c, t), "don't run at all"),
        (lambda c, t: by_counting(c, t) / 2, "one of the two gradients"),
        (lambda c, t: 2 / 3 * np.dot(c, t) / sum(c), "before a layer is frozen"),
        (lambda c, t: 2 / 3 * (1 - np.mean(t)), "cost the same"),
        (lambda c, t: by_counting(c, t) * sum(c), "not a share"),
    ],
)
def test_work_saved_wrong(answer, message):
    feedback = check.work_saved(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Gradients of shares


def test_whole_gradient_right():
    right = check.whole_gradient(lambda g, n: (np.array(n)[:, None] * np.array(g)).sum(0) / sum(n))
    assert right.status == "passed"


def test_whole_gradient_is_what_autograd_finds_for_the_whole_batch():
    torch.manual_seed(18)
    net, x = torch.nn.Linear(3, 1), torch.rand(7, 3)

    def gradient(part):
        net.zero_grad()
        net(part).square().mean().backward()
        return net.weight.grad[0].numpy().copy()

    shares = [x[:4], x[4:]]
    parts = np.array([gradient(share) for share in shares])
    weights = [len(share) for share in shares]
    assert np.allclose(np.average(parts, axis=0, weights=weights), gradient(x), atol=1e-6)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda g, n: g.mean(axis=0), "counts the same"),
        (lambda g, n: g.sum(axis=0), "That is the sum"),
        (lambda g, n: np.array(n) @ g, "summed over all examples"),
        (lambda g, n: np.array(n) @ g / len(n), "number of processes"),
    ],
)
def test_whole_gradient_wrong(answer, message):
    feedback = check.whole_gradient(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Fewer bits


def fraction_rounded(x, bits, how=np.round):
    fraction, exponent = np.frexp(x)
    return np.ldexp(how(fraction * 2 ** (bits + 1)) / 2 ** (bits + 1), exponent)


def by_logarithm(x, bits):
    step = 2.0 ** (np.floor(np.log2(np.abs(x))) - bits)
    return np.round(x / step) * step


def test_round_mantissa_right():
    assert check.round_mantissa(by_logarithm).status == "passed"


def test_round_mantissa_with_seven_bits_is_bfloat16():
    x = np.random.default_rng(18).normal(size=1000).astype(np.float32)
    theirs = torch.tensor(x).bfloat16().double().numpy()
    assert np.array_equal(by_logarithm(x.astype(float), 7), theirs)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda x, b: fraction_rounded(x, b - 1), "a bit too few"),
        (lambda x, b: fraction_rounded(x, b, np.trunc), "cut bits off"),
        (lambda x, b: fraction_rounded(x, b, np.floor), "round down"),
        (lambda x, b: np.round(x * 2**b) / 2**b, "equally wide everywhere"),
        (
            lambda x, b: fraction_rounded(x, b, lambda f: np.sign(f) * np.floor(np.abs(f) + 0.5)),
            "away from 0",
        ),
        (lambda x, b: np.round(np.frexp(x)[0] * 2 ** (b + 1)) / 2 ** (b + 1), "exponent out"),
    ],
)
def test_round_mantissa_wrong(answer, message):
    feedback = check.round_mantissa(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Stubs


@pytest.mark.parametrize(
    "name", ["gain_and_error", "work_saved", "whole_gradient", "round_mantissa"]
)
@pytest.mark.parametrize("stub", [..., None])
def test_unanswered(name, stub):
    assert getattr(check, name)(stub).status == "unanswered"


@pytest.mark.parametrize("name", ["work_saved", "whole_gradient", "round_mantissa"])
def test_a_function_that_returns_nothing_is_unanswered(name):
    assert getattr(check, name)(lambda *arguments: None).status == "unanswered"
