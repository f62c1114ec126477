"""The checks of chapter 10: right answers pass, and each mistake gets the message meant for it."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnviz import check, ops

# --------------------------------------------------------------------------------------
# Average pooling, backward


def mean_by_torch(grad, shape, k, s):
    x = torch.zeros(1, *shape, dtype=torch.float64, requires_grad=True)
    F.avg_pool2d(x, k, s).backward(torch.tensor(grad)[None].double())
    return x.grad[0]


def mean_by_outer_products(grad, shape, k, s):
    dx = np.zeros(shape)
    for i, j in np.ndindex(k, k):
        rows, columns = (slice(a, a + s * n, s) for a, n in zip((i, j), grad.shape, strict=True))
        dx[rows, columns] += grad / (k * k)
    return dx


def mean_by_kron(grad, shape, k, s):
    """Right where windows touch and nothing is left over: not in general."""
    return np.kron(grad, np.full((k, k), 1 / k**2))


def test_mean_pool_backward_right():
    assert check.mean_pool_backward(mean_by_outer_products).status == "passed"


def test_mean_pool_backward_by_a_pooling_function():
    """Its numbers are right, which shows the check's own; but a pooling was not to be called."""
    feedback = check.mean_pool_backward(mean_by_torch)
    assert feedback.status == "failed"
    assert "call a function that pools" in feedback.message


def overwritten(grad, shape, k, s):
    dx = np.zeros(shape)
    for r, c in np.ndindex(grad.shape):
        dx[r * s : r * s + k, c * s : c * s + k] = grad[r, c] / k**2
    return dx


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (overwritten, "wipes out"),
        (lambda *given: mean_by_outer_products(*given) * given[2] ** 2, "whole gradient"),
        (lambda *given: mean_by_outer_products(*given) * given[2], "divide by k."),
        (lambda grad, shape, k, s: mean_by_outer_products(grad, shape, k, 1), "stride"),
        (mean_by_kron, "should be"),
        (
            lambda grad, shape, k, s: ops.pool_backward(grad, np.zeros(shape), k, s),
            "first pixel",
        ),
        (np.ones((2, 4)), "function itself"),
    ],
)
def test_mean_pool_backward_wrong(answer, message):
    feedback = check.mean_pool_backward(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# By hand


@pytest.mark.parametrize(
    "answer",
    [([3, 2, -5, 0], [11, 3], 8), (torch.tensor([3.0, 2, -5, 0]), np.array([11, 3]), 8.0)],
)
def test_backward_by_hand_right(answer):
    assert check.backward_by_hand(answer).status == "passed"


def test_backward_by_hand_is_what_torch_gives():
    row = torch.tensor([[2.0, 1, 0, 3]], requires_grad=True)
    kernel = torch.tensor([[[1.0, -1]]], requires_grad=True)
    bias = torch.zeros(1, requires_grad=True)
    F.relu(F.conv1d(row, kernel, bias)).backward(torch.tensor([[3.0, 5, 7]]))
    answer = row.grad[0], kernel.grad[0, 0], bias.grad[0]
    assert check.backward_by_hand(answer).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (([3, 2, 2, -7], [11, 24], 15), "all three gradients"),
        (([-3, -2, 5, 0], [11, 3], 8), "flipped"),
        (([3, 2, -5, 0], [3, 11], 8), "swapped"),
        (([11, 3], [3, 2, -5, 0], 8), "swapped dx and dw"),
        (([3, 2, -5, 0], [3, 3], 8), "sums the pixels"),
        (([3, 2, -5, 0], [11, 3], 15), "what the ReLU stopped"),
        (([3, 2, -5, 1], [11, 3], 8), "value 1 of 3"),
        (([3, 2, -5, 0], [11, 3]), "3 values"),
        (8, "3 values"),
    ],
)
def test_backward_by_hand_wrong(answer, message):
    feedback = check.backward_by_hand(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# A stride, backward


def strided_by_torch(grad, x, w, s):
    x, w = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (x, w))
    F.conv1d(x[None], w[None, None], stride=s).backward(torch.tensor(grad).double()[None])
    return x.grad, w.grad


def strided_by_cnnviz(grad, x, w, s):
    dx, dw, _ = ops.conv_backward(grad[None], x[None], w[None, None], stride=s)
    return dx[0], dw[0, 0]


@pytest.mark.parametrize("answer", [strided_by_torch, strided_by_cnnviz])
def test_strided_backward_right(answer):
    assert check.strided_backward(answer).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda grad, x, w, s: strided_by_cnnviz(grad, x, w[::-1], s), "flipped"),
        (lambda grad, x, w, s: strided_by_cnnviz(grad, x, w, s)[::-1], "swapped dx and dw"),
        (lambda grad, x, w, s: strided_by_cnnviz(grad, x, w, s)[0], "one array"),
        (lambda grad, x, w, s: strided_by_cnnviz(0 * grad + 1, x, w, s), "as 1"),
        (lambda grad, x, w, s: strided_by_cnnviz(grad, x, 2 * w, s), "should"),
        (lambda grad, x, w: (x, w), "does not take these arguments"),
    ],
)
def test_strided_backward_wrong(answer, message):
    feedback = check.strided_backward(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# A gradient checker


def by_flat_index(loss, x, h):
    flat = np.array(x, dtype=float).ravel()
    slopes = []
    for i in range(flat.size):
        step = np.zeros(flat.size)
        step[i] = h
        ends = [loss((flat + sign * step).reshape(x.shape)) for sign in (1, -1)]
        slopes.append((ends[0] - ends[1]) / (2 * h))
    return np.reshape(slopes, x.shape)


def changes_x(loss, x, h):
    slopes = by_flat_index(loss, x, h)
    x += 1
    return slopes


def truncates(loss, x, h):
    slopes = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] = x[place] + h
        down[place] = x[place] - h
        slopes[place] = (loss(up) - loss(down)) / (2 * h)
    return slopes


def never_restores(loss, x, h):
    x, slopes = x.astype(float), np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        x[place] += h
        up = loss(x)
        x[place] -= 2 * h
        slopes[place] = (up - loss(x)) / (2 * h)
    return slopes


def test_numerical_gradient_right():
    assert check.numerical_gradient(by_flat_index).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (changes_x, "changes x"),
        (truncates, "Whole numbers"),
        (never_restores, "set a number back"),
        (lambda loss, x, h: 2 * by_flat_index(loss, x, h), "twice too large"),
        (lambda loss, x, h: -by_flat_index(loss, x, h), "wrong sign"),
        (lambda loss, x, h: h * by_flat_index(loss, x, h), "divide by h"),
        (lambda loss, x, h: by_flat_index(loss, x, 1e-6), "should"),
    ],
)
def test_numerical_gradient_wrong(answer, message):
    feedback = check.numerical_gradient(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Four gradients


@pytest.mark.parametrize(
    "answer", [("c", [0.128, 0, -0.096]), [" C", np.array([0.128, 0, -0.096])]]
)
def test_wrong_gradient_right(answer):
    assert check.wrong_gradient(answer).status == "passed"


def test_wrong_gradient_is_what_torch_gives():
    x = torch.tensor([3.0, 0, 4], dtype=torch.float64, requires_grad=True)
    (x / x.norm())[0].backward()
    assert check.wrong_gradient(("c", x.grad)).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (("a", [1, 0, 0]), "kink"),
        (("b", [0.128, 0, -0.096]), "b is right"),
        ((" D ", [0, 0, 0]), "d is right"),
        (("c", [0.2, 0, 0]), "wrong function gives"),
        (("c", [0.64, 0, -0.48]), "divide by the length"),
        (("c", [0.272, 0, 0.096]), "wrong sign"),
        (("e", [0.128, 0, -0.096]), "that is not it"),
        (("c", [0.128, -0.096]), "value 2 of 2"),
        ("c", "2 values"),
        ((3, [0.128, 0, -0.096]), "text in quotes"),
    ],
)
def test_wrong_gradient_wrong(answer, message):
    feedback = check.wrong_gradient(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "stub"),
    [
        ("mean_pool_backward", lambda grad, shape, k, s: ...),
        ("backward_by_hand", (..., ..., ...)),
        ("strided_backward", lambda grad, x, w, s: ...),
        ("numerical_gradient", lambda loss, x, h: None),
        ("wrong_gradient", (..., ...)),
    ],
)
def test_a_stub_is_unanswered(name, stub):
    assert getattr(check, name)(stub).status == "unanswered"
