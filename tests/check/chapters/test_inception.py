"""The checks of chapter 15: right answers pass, and each mistake gets the message meant for it."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnviz import check, ledger, nets

# --------------------------------------------------------------------------------------
# The 5×5 branch of module 3b


def test_branch_parameters_is_what_googlenet_has():
    with torch.device("meta"):
        branch = nets.googlenet("paper").inception3b.branch3
    assert check.branch_parameters(nets.parameter_count(branch)).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (84_992, "forgot the biases."),
        (85_088, "of the 1×1"),
        (85_024, "of the 5×5"),
        (76_896, "forgot the 1×1 layer"),
        (614_496, "all 256"),
        (614_496 + 8224, "all 256"),
        (8224 + 27_744, "3×3"),
        (8224 + 15_456, "5 weights"),
    ],
)
def test_branch_parameters_wrong(answer, message):
    feedback = check.branch_parameters(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# The widest bottleneck


def work(before, thin, after, kernel):
    """Count the multiply–adds at one pixel."""
    return before * thin + kernel**2 * thin * after


def by_trial(before, after, kernel):
    whole, thin = kernel**2 * before * after, 0
    while work(before, thin + 1, after, kernel) < whole:
        thin += 1
    return thin


def test_widest_bottleneck_right():
    assert check.widest_bottleneck(by_trial).status == "passed"


def test_work_is_what_the_ledger_counts():
    layers = torch.nn.Sequential(torch.nn.Conv2d(192, 16, 1), torch.nn.Conv2d(16, 32, 5, padding=2))
    assert ledger(layers, (192, 3, 3)).multiply_adds == 9 * work(192, 16, 32, 5)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda c, k, side: side**2 * c * k // (c + side**2 * k), "equal work"),
        (lambda c, k, side: by_trial(c, k, side) + 1, "one map too wide"),
        (lambda c, k, side: side**2 * c * k / (c + side**2 * k), "whole numbers"),
        (lambda c, k, side: (side * c * k - 1) // (c + side * k), "k for k²"),
        (lambda c, k, side: c - 1, "what the 1×1 layer costs"),
        (lambda c, k, side: by_trial(k, c, side), "swapped"),
    ],
)
def test_widest_bottleneck_wrong(answer, message):
    feedback = check.widest_bottleneck(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Branches as one layer


def with_zeros(w1, w3, w5):
    weights = np.zeros((len(w1) + len(w3) + len(w5), *w5.shape[1:]))
    weights[: len(w1), :, 2:3, 2:3] = w1
    weights[len(w1) : len(w1) + len(w3), :, 1:4, 1:4] = w3
    weights[len(w1) + len(w3) :] = w5
    return weights


def test_one_layer_right():
    assert check.one_layer(with_zeros).status == "passed"


def test_one_layer_gives_what_the_joined_branches_give():
    torch.manual_seed(15)
    x = torch.randn(1, 3, 8, 7)
    ws = [torch.randn(n, 3, side, side) for n, side in ((2, 1), (4, 3), (3, 5))]
    joined = torch.cat([F.conv2d(x, w, padding=w.shape[-1] // 2) for w in ws], 1)
    weights = torch.tensor(with_zeros(*(w.numpy() for w in ws))).float()
    assert torch.allclose(F.conv2d(x, weights, padding=2), joined, atol=1e-5)


def in_the_corner(w1, w3, w5):
    grown = [np.pad(w, [(0, 0), (0, 0), *[(0, 5 - w.shape[-1])] * 2]) for w in (w1, w3, w5)]
    return np.concatenate(grown)


def last_first(w1, w3, w5):
    ends = [len(w1), len(w1) + len(w3)]
    return np.concatenate(np.split(with_zeros(w1, w3, w5), ends)[::-1])


def everywhere(w1, w3, w5):
    weights = with_zeros(w1, w3, w5)
    weights[: len(w1)] = w1
    return weights


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (in_the_corner, "upper left corner"),
        (lambda w1, w3, w5: np.roll(with_zeros(w1, w3, w5), len(w5), axis=0), "is wrong in"),
        (last_first, "another order"),
        (everywhere, "all 25 places"),
        (lambda w1, w3, w5: with_zeros(w1, w3, w5)[..., ::-1, ::-1], "turned round"),
        (lambda w1, w3, w5: w5, "shape"),
    ],
)
def test_one_layer_wrong(answer, message):
    feedback = check.one_layer(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Stubs


@pytest.mark.parametrize("name", ["branch_parameters", "one_layer", "widest_bottleneck"])
@pytest.mark.parametrize("stub", [..., None])
def test_unanswered(name, stub):
    assert getattr(check, name)(stub).status == "unanswered"


@pytest.mark.parametrize("name", ["one_layer", "widest_bottleneck"])
def test_a_function_that_returns_nothing_is_unanswered(name):
    assert getattr(check, name)(lambda *arguments: None).status == "unanswered"
