"""The checks of chapter 11: right answers pass, and each mistake gets the message meant for it."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnviz import check, data, ops

# --------------------------------------------------------------------------------------
# The way back through a fully connected layer


def linear_by_autograd(grad, x, weight):
    leaves = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in (x, weight)]
    bias = torch.zeros(len(weight), dtype=torch.float64, requires_grad=True)
    F.linear(*leaves, bias).backward(torch.tensor(grad, dtype=torch.float64))
    return leaves[0].grad, leaves[1].grad, bias.grad


def linear_by_loops(grad, x, weight):
    dx, dweight, dbias = np.zeros(x.shape), np.zeros(weight.shape), np.zeros(len(weight))
    for n, o in np.ndindex(grad.shape):
        dx[n] += grad[n, o] * weight[o]
        dweight[o] += grad[n, o] * x[n]
        dbias[o] += grad[n, o]
    return dx, dweight, dbias


@pytest.mark.parametrize("answer", [linear_by_autograd, linear_by_loops])
def test_linear_backward_right(answer):
    assert check.linear_backward(answer).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda g, x, w: (g @ w, np.einsum("no,ni->io", g, x), g.sum(0)), "dweight is transposed"),
        (lambda g, x, w: (g @ w, g.T @ x, g), "a row for each example"),
        (lambda g, x, w: (g @ w, g.T @ x, g.sum(1)), "adds up the outputs"),
        (lambda g, x, w: (g @ w, g.T @ x, g.sum()), "single number"),
        (lambda g, x, w: (g @ w, g.T @ x / len(g), g.mean(0)), "means over the batch"),
        (lambda g, x, w: (g.T @ x, g @ w, g.sum(0)), "dweight before dx"),
        (lambda g, x, w: [g @ w, g.T @ x], "two gradients"),
        (lambda g, x, w: (x, g.T @ x, g.sum(0)), "x itself"),
        (lambda g, x, w: g @ w, "3 values"),
        (lambda g, x, w: (g @ w.T, g.T @ x, g.sum(0)), "stops with ValueError"),
        (lambda g, x: (g, x, x), "does not take these arguments"),
    ],
)
def test_linear_backward_wrong(answer, message):
    feedback = check.linear_backward(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# One step of Adam


def adam(w, g, m, v, t, rate, b1=0.9, b2=0.999):
    m, v = m + (1 - b1) * (g - m), v + (1 - b2) * (g * g - v)
    size = rate * np.sqrt(1 - b2**t) / (1 - b1**t)
    return w - size * m / (np.sqrt(v) + 1e-8 * np.sqrt(1 - b2**t)), m, v


def test_adam_step_right():
    assert check.adam_step(adam).status == "passed"


def test_adam_step_is_torchs():
    """What passes is PyTorch's step, run for three steps from 0."""
    rng = np.random.default_rng(0)
    leaf = torch.tensor(rng.standard_normal(4), requires_grad=True)
    optimiser = torch.optim.Adam([leaf], lr=0.1)
    w, m, v = leaf.detach().numpy().copy(), np.zeros(4), np.zeros(4)
    for t in range(1, 4):
        g = rng.standard_normal(4)
        leaf.grad = torch.tensor(g)
        optimiser.step()
        w, m, v = adam(w, g, m, v, t, 0.1)
        np.testing.assert_allclose(w, leaf.detach())


def without_hats(w, g, m, v, t, rate):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
    return w - rate * m / (np.sqrt(v) + 1e-8), m, v


def with_hats_kept(w, g, m, v, t, rate):
    m, v = (0.9 * m + 0.1 * g) / (1 - 0.9**t), (0.999 * v + 0.001 * g**2) / (1 - 0.999**t)
    return w - rate * m / (np.sqrt(v) + 1e-8), m, v


def uphill(w, g, m, v, t, rate):
    return 2 * w - adam(w, g, m, v, t, rate)[0], *adam(w, g, m, v, t, rate)[1:]


def adam_with_root_of(divisor):
    def step(w, g, m, v, t, rate):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        return w - rate * m / (1 - 0.9**t) / divisor(v / (1 - 0.999**t)), m, v

    return step


def adam_in_place(w, g, m, v, t, rate):
    m *= 0.9
    m += 0.1 * g
    return adam(w, g, (m - 0.1 * g) / 0.9, v, t, rate)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (adam_with_root_of(lambda v: np.sqrt(v + 1e-8)), "under the root"),
        (adam_with_root_of(np.sqrt), "left out ε"),
        (adam_in_place, "you change the arrays"),
        (without_hats, "left out the hats"),
        (with_hats_kept, "with their hats"),
        (uphill, "uphill"),
        (lambda w, g, m, v, t, rate: adam(w, g, m, v, t + 1, rate), "one too many"),
        (lambda w, g, m, v, t, rate: adam(w, g, m, v, 1, rate), "whatever the step"),
        (lambda w, g, m, v, t, rate: adam(w, g, m, v, t, rate, 0.1, 0.001), "swapped β and 1 − β"),
        (lambda w, g, m, v, t, rate: adam(w, g, m, v, t, rate, 0.999, 0.9), "swapped the two β"),
        (lambda w, g, m, v, t, rate: adam(w, g, m, v, t, rate)[0], "weights alone"),
        (lambda w, g, m, v, t, rate: (w - rate * g, m, v), "plain gradient descent"),
        (lambda w, g, m, v, t: w, "does not take these arguments"),
    ],
)
def test_adam_step_wrong(answer, message):
    feedback = check.adam_step(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# The network that uses its pooling


def blocks(x, w1, b1, w2, b2, *, use=True, stride=1):
    """The tutorials' layers, in PyTorch."""

    def pad(maps, blank):
        return F.pad(maps, (0, 1, 0, 1), value=blank)

    x, w1, b1, w2, b2 = (torch.tensor(a) for a in (x, w1, b1, w2, b2))
    maps = F.relu(F.conv2d(x, w1, b1, padding=1))
    if use:
        maps = F.max_pool2d(pad(maps, -np.inf), 3, 2)
    if stride == 1:
        maps = F.conv2d(maps, w2, b2, padding=1)
    else:
        maps = F.conv2d(pad(maps, 0.0), w2, b2, stride=2)
    maps = F.relu(F.batch_norm(maps, None, None, training=True, eps=1e-3))
    return F.max_pool2d(pad(maps, -np.inf), 3, 2).flatten(1)


def test_mended_features_right():
    assert check.mended_features(blocks).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda *a: blocks(*a, use=False, stride=2), "the program as printed"),
        (lambda *a: blocks(*a, stride=2), "Five numbers"),
        (lambda *a: blocks(*a, use=False), "the maps stay large"),
        (lambda *a: blocks(*a).reshape(-1, 5, 2, 2), "not flattened"),
        (lambda *a: ops.flatten(a[0]), "should be of shape (3, 20)"),
        (lambda *a: blocks(*a).T, "swapped"),
    ],
)
def test_mended_features_wrong(answer, message):
    feedback = check.mended_features(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Digits held out


def by_sorting(labels, every):
    order = sorted(range(len(labels)), key=lambda place: labels[place])
    held = [False] * len(labels)
    for place in order[::every]:
        held[place] = True
    return held


def test_held_out_right():
    assert check.held_out(by_sorting).status == "passed"


def test_held_out_is_the_split_of_the_data():
    from sklearn.datasets import load_digits

    held = by_sorting(load_digits().target.tolist(), 5)
    assert np.array_equal(load_digits().images[held], data.load("digits", "test").pictures[:, 0])


def per_digit(labels, every):
    held = np.zeros(len(labels), bool)
    for digit in set(labels.tolist()):
        held[np.flatnonzero(labels == digit)[::every]] = True
    return held


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda labels, every: np.arange(len(labels)) % every == 0, "through the file"),
        (
            lambda labels, every: np.arange(len(labels)) >= len(labels) - len(labels) // every,
            "the end of the file",
        ),
        (per_digit, "start anew"),
        (lambda labels, every: [not held for held in by_sorting(labels, every)], "to train on"),
        (lambda labels, every: np.argsort(labels, kind="stable")[::every], "return places"),
        (lambda labels, every: np.zeros(len(labels), bool), "wrong in"),
    ],
)
def test_held_out_wrong(answer, message):
    feedback = check.held_out(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Stubs

NAMES = ["linear_backward", "adam_step", "mended_features", "held_out"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stub", [..., None, lambda *arguments: None])
def test_unanswered(name, stub):
    assert getattr(check, name)(stub).status == "unanswered"
