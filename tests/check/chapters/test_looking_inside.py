"""The checks of chapter 17: right answers pass, and each mistake gets the message meant for it."""

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz import attribution, check

# --------------------------------------------------------------------------------------
# A guided ReLU


def by_attribution(g, x):
    """Return what the package's guided ReLU passes back: the score is the sum of g · ReLU."""
    model = nn.Sequential(nn.Flatten(), nn.ReLU(), nn.Linear(x.size, 1, bias=False)).double()
    model[2].weight.data = torch.tensor(g.reshape(1, -1))
    return attribution.guided_backprop(model, torch.tensor(x.reshape(1, 1, -1)), 0).reshape(x.shape)


@pytest.mark.parametrize(
    "answer",
    [by_attribution, lambda g, x: np.maximum(g, 0) * (x > 0), lambda g, x: g * (g > 0) * (x > 0)],
)
def test_guided_relu_right(answer):
    assert check.guided_relu(answer).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda g, x: g * (x > 0), "slope itself"),
        (lambda g, x: np.maximum(g, 0), "deconvolution"),
        (lambda g, x: np.maximum(g, 0) * (x >= 0), "where x is 0"),
        (lambda g, x: np.maximum(x, 0) * (g > 0), "pass x back"),
        (lambda g, x: 1.0 * (x > 0) * (g > 0), "pass 1 back"),
        (lambda g, x: np.maximum(g, 0) * np.maximum(x, 0), "multiply by x"),
        (lambda g, x: abs(g) * (x > 0), "size of what comes back"),
        (lambda g, x: np.maximum(g, 0).sum(), "shape"),
    ],
)
def test_guided_relu_wrong(answer, message):
    feedback = check.guided_relu(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Grad-CAM of two maps


def test_heat_map_is_what_the_package_computes():
    maps = torch.tensor([[[[1.0, 0], [3, 0]], [[0, 4], [0, 0]]]])
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 1, bias=False)]
    model = nn.Sequential(nn.Identity(), *head)
    model[3].weight.data = torch.tensor([[-1.0, 2]])
    assert check.heat_map(attribution.grad_cam(model, "0", maps, 0)[0]).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([[0, 8], [0, 0]], "4 times too large"),
        ([[-1, 8], [-3, 0]], "That is CAM"),
        ([[-0.25, 2], [-0.75, 0]], "ReLU is missing"),
        ([[0.5, 0], [1.5, 0]], "class in the text"),
        ([[0.25, 2], [0.75, 0]], "lost a sign"),
        ([0, 2, 0, 0], "shape"),
    ],
)
def test_heat_map_wrong(answer, message):
    feedback = check.heat_map(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# The smallest step


def by_search(w, x, b):
    """Halve the interval in which a step against the score turns its sign."""
    score = float(np.dot(w, x) + b)
    low, high = 0.0, 1e3
    for _ in range(100):
        step = (low + high) / 2
        moved = float(np.dot(w, x - np.sign(score) * step * np.sign(w)) + b)
        low, high = (step, high) if moved * score > 0 else (low, step)
    return high


@pytest.mark.parametrize(
    "answer", [by_search, lambda w, x, b: abs(w @ x + b) / np.linalg.norm(w, 1)]
)
def test_smallest_nudge_right(answer):
    assert check.smallest_nudge(answer).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda w, x, b: (w @ x + b) / abs(w).sum(), "can be negative"),
        (lambda w, x, b: abs(w @ x) / abs(w).sum(), "left b out"),
        (lambda w, x, b: abs(w @ x + b) / np.linalg.norm(w), "straight line"),
        (lambda w, x, b: abs(w @ x + b) / abs(w).max(), "one pixel alone"),
        (lambda w, x, b: abs(w @ x + b) / abs(w.sum()), "one direction"),
        (lambda w, x, b: abs(w @ x + b) / abs(w).mean(), "mean of |w|"),
    ],
)
def test_smallest_nudge_wrong(answer, message):
    feedback = check.smallest_nudge(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Stubs


@pytest.mark.parametrize("name", ["guided_relu", "heat_map", "smallest_nudge"])
@pytest.mark.parametrize("stub", [..., None])
def test_unanswered(name, stub):
    assert getattr(check, name)(stub).status == "unanswered"


@pytest.mark.parametrize("name", ["guided_relu", "smallest_nudge"])
def test_a_function_that_returns_nothing_is_unanswered(name):
    assert getattr(check, name)(lambda *arguments: None).status == "unanswered"
