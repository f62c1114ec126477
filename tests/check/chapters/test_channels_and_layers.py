"""The checks of chapter 6: right answers pass, and each mistake gets the message meant for it."""

import itertools

import numpy as np
import pytest
import torch

from cnnviz import check, ops

# --------------------------------------------------------------------------------------
# The parameters of one layer


def by_formula(f, c_in, c_out, groups):
    return (f * f * c_in // groups + 1) * c_out


def by_torch(f, c_in, c_out, groups):
    layer = torch.nn.Conv2d(c_in, c_out, f, groups=groups)
    return sum(p.numel() for p in layer.parameters())


def by_groups(f, c_in, c_out, groups):
    one = f * f * (c_in / groups) * (c_out / groups) + c_out / groups
    return groups * one


@pytest.mark.parametrize("answer", [by_formula, by_torch, by_groups])
def test_parameters_right(answer):
    assert check.conv_layer_parameters(answer).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda f, c, k, g: f * f * c // g * k, "forgot the bias"),
        (lambda f, c, k, g: (f * f + 1) * (c // g) * k, "pair of channels"),
        (lambda f, c, k, g: f * f * c * k, "forgot the bias and the groups"),
        (lambda f, c, k, g: f * f * c // g * k + c, "bias for each input channel."),
        (lambda f, c, k, g: f * f * c * k + c, "bias for each input channel, and forgot"),
        (lambda f, c, k, g: by_formula(f, c // g, k // g, 1), "one group"),
        (lambda f, c, k, g: (f * f + 1) * k // g, "flat, and"),
        (lambda f, c, k, g: f * f * c * k + k, "forgot the groups"),
        (lambda f, c, k, g: f * f * (c // g) * (k // g) + k, "twice"),
        (lambda f, c, k, g: by_formula(f, c, k, 1) // g, "divided the biases"),
        (lambda f, c, k, g: (f * f + 1) * k, "flat"),
        (lambda f, c, k, g: f * f * c // g + 1, "single kernel"),
        (lambda f, c, k, g: f * f * c // g * k + 1, "whole layer one bias"),
        (lambda f, c, k, g: f * c // g * k + k, "one pixel high"),
        (lambda f, c, k, g: c * k, "should be"),
        (lambda f, c: f * f * c, "does not take these arguments"),
        (760, "Hand in the function itself"),
    ],
)
def test_parameters_wrong(answer, message):
    feedback = check.conv_layer_parameters(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# The forward pass of one layer


def by_loops(x, weight, bias):
    kernels, channels, height, width = weight.shape
    rows, columns = x.shape[1] - height + 1, x.shape[2] - width + 1
    y = np.zeros((kernels, rows, columns))
    for k, r, c in np.ndindex(*y.shape):
        total = bias[k]
        for d, i, j in np.ndindex(channels, height, width):
            total += weight[k, d, i, j] * x[d, r + i, c + j]
        y[k, r, c] = max(0, total)
    return y


def by_einsum(x, weight, bias):
    windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], axis=(1, 2))
    sums = np.einsum("crsij,kcij->krs", windows, weight)
    return np.maximum(0, sums + bias[:, None, None])


def by_conv2d(x, weight, bias):
    x, weight, bias = (torch.tensor(a, dtype=torch.float32) for a in (x, weight, bias))
    return torch.nn.functional.conv2d(x[None], weight, bias).relu()[0]


@pytest.mark.parametrize("answer", [by_loops, by_einsum, by_conv2d])
def test_forward_right(answer):
    assert check.conv_layer_relu(answer).status == "passed"


def maps(x, weight):
    """Every channel's map under every kernel, by a loop."""
    return np.array([[ops.correlate(c, w) for c, w in zip(x, k, strict=True)] for k in weight])


def cut_at_each_channel(x, weight, bias):
    total = column(bias)
    for c in range(len(x)):
        total = relu(total + maps(x, weight)[:, c])
    return total


def column(bias):
    return bias[:, None, None]


def relu(y):
    return np.maximum(y, 0)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            lambda x, w, b: relu((maps(x, w) + column(b)[:, None]).sum(1)),
            "once for each pair of channels",
        ),
        (lambda x, w, b: relu(maps(x, w)).sum(1) + column(b), "inside the sum"),
        (lambda x, w, b: relu(relu(maps(x, w)).sum(1) + column(b)), "inside the sum"),
        (lambda x, w, b: relu(maps(x, w) + column(b)[:, None]).sum(1), "inside the sum"),
        (cut_at_each_channel, "inside the sum"),
        (lambda x, w, b: relu(cut_at_each_channel(x, w, 0 * b) + column(b)), "inside the sum"),
        (lambda x, w, b: cut_at_each_channel(x, w, 0 * b) + column(b), "inside the sum"),
        (lambda x, w, b: relu(maps(x, w) + column(b)[:, None]), "not summed"),
        (lambda x, w, b: relu(maps(x, w)[:, -1] + column(b)), "last channel"),
        (lambda x, w, b: relu(maps(x, w)[:, 0] + column(b)), "first channel"),
        (lambda x, w, b: relu(maps(x, w).mean(1) + column(b)), "mean over the channels"),
        (lambda x, w, b: relu(maps(x, w).sum(1)), "forgot the bias"),
        (lambda x, w, b: maps(x, w).sum(1) + column(b), "forgot the ReLU"),
        (lambda x, w, b: relu(maps(x, w).sum(1)) + column(b), "before the bias"),
        (lambda x, w, b: by_loops(x, w[..., ::-1, ::-1], b), "flipped"),
        (lambda x, w, b: by_loops(x, np.stack([w[0]] * len(w)), b), "first kernel"),
        (lambda x, w, b: by_loops(x, w, b)[..., :-1], "right edge"),
        (lambda x, w, b: by_loops(x, w, b)[:, :-1], "bottom edge"),
        (lambda x, w, b: by_loops(x, w, b)[..., :-1, :-1], "both edges"),
        (lambda x, w, b: by_loops(x, w, np.full(len(b), b[0])), "first kernel's bias"),
        (lambda x, w, b: by_loops(x, w, b)[0], "shape"),
        (lambda x, w, b: by_loops(x, w, b) + 1, "wrong in every place"),
    ],
)
def test_forward_wrong(answer, message):
    feedback = check.conv_layer_relu(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# What a separable layer holds


def in_torch(k, c_in, c_out):
    pair = torch.nn.Conv2d(c_in, c_in, k, groups=c_in), torch.nn.Conv2d(c_in, c_out, 1)
    return sum(p.numel() for layer in pair for p in layer.parameters())


@pytest.mark.parametrize("answer", [in_torch, lambda k, i, o: k * k * i + i + i * o + o])
def test_separable_right(answer):
    assert check.separable_parameters(answer).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda k, i, o: k * k * i + i * o, "forgot the biases."),
        (lambda k, i, o: k * k * i + i * o + o, "biases of the depthwise"),
        (lambda k, i, o: k * k * i + i * o + i, "biases of the 1×1"),
        (lambda k, i, o: by_formula(k, i, o, 1), "the ordinary layer"),
        (lambda k, i, o: by_formula(k, o, o, o) + by_formula(1, i, o, 1), "makes c_out channels"),
        (lambda k, i, o: by_formula(k, o, o, o) + by_formula(1, o, o, 1), "makes c_out channels"),
        (lambda k, i, o: by_formula(k, 1, 1, 1) + by_formula(1, i, o, 1), "one kernel for all"),
        (lambda k, i, o: by_formula(k, i, i, 1) + by_formula(1, i, o, 1), "is an ordinary layer"),
        (lambda k, i, o: by_formula(k, i, i, i) + by_formula(1, 1, o, 1), "1×1 kernels are flat"),
        (lambda k, i, o: by_formula(k, i, i, i) + by_formula(k, i, o, 1), "step is k × k"),
        (lambda k, i, o: by_formula(k, i, i, i) + 2 * i * o, "pair of channels"),
        (lambda k, i, o: by_formula(k, i, i, i), "left out the 1×1"),
        (lambda k, i, o: by_formula(1, i, o, 1), "left out the depthwise"),
        (lambda k, i, o: by_formula(k, i, i, i) * by_formula(1, i, o, 1), "multiplied"),
        (lambda k, i, o: (k + 1) * i + by_formula(1, i, o, 1), "one pixel high"),
        (lambda k, i, o: 0.5, "should be"),
        (lambda k, i: k * k * i, "does not take these arguments"),
    ],
)
def test_separable_wrong(answer, message):
    feedback = check.separable_parameters(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Transposed layers that double, evenly

DERIVED = [(k, 2, k // 2 - 1, 0) for k in (2, 4, 6, 8)]


def searched(*, evenly):
    """Search by running the layers."""
    found = []
    for k, s, p, e in itertools.product(range(1, 9), range(1, 4), range(4), range(3)):
        if e >= s:
            continue
        ones = np.ones((1, 1, k), int)
        sizes = [(n, (n - 1) * s - 2 * p + k + e) for n in range(8, 17)]
        if any(size != 2 * n for n, size in sizes):
            continue
        written = ops.conv_transpose(np.ones((1, 16), int), ones, None, s, p, e)[0, 8:-8]
        if not evenly or len(set(written)) == 1:
            found.append((k, s, p, e))
    return found


@pytest.mark.parametrize(
    "answer", [DERIVED, DERIVED[::-1], set(DERIVED), np.array(DERIVED), searched(evenly=True)]
)
def test_doublers_right(answer):
    assert check.even_doublers(answer).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message", "hint"),
    [
        (searched(evenly=False), "half of them write unevenly", "multiple of s"),
        ([(k, p, s, e) for k, s, p, e in DERIVED], "s and p are swapped", "order"),
        ([(3, 2, 1, 1)], "written more often", "3/2"),
        ([(3, 2, 0, 0)], "makes 17 of 8", "2n for every n"),
        ([(4, 2, 2, 0)], "padding of both sides together", "per side"),
        ([(2, 2, 1, 2)], "e must be less than s", "dropped"),
        ([(10, 2, 3, 0)], "out of range: k goes from 1 to 8", ""),
        (DERIVED + DERIVED[:1], "twice", "once"),
        (DERIVED[1:], "1 is missing", "Which s"),
        (DERIVED[0], "list of tuples", "For example"),
        ([], "list is empty", "(4, 2, 1, 0)"),
        ([(4, 2, 1.9, 0)], "not whole", "count pixels"),
        ((layer for layer in DERIVED), "not a list yet", "square brackets"),
        ("all", "should be a number", "Four loops"),
    ],
)
def test_doublers_wrong(answer, message, hint):
    feedback = check.even_doublers(answer)
    assert feedback.status == "failed"
    assert message in feedback.message
    assert hint in feedback.hint


# --------------------------------------------------------------------------------------
# Stubs

NAMES = ["conv_layer_parameters", "conv_layer_relu", "separable_parameters", "even_doublers"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stub", [..., None])
def test_unanswered(name, stub):
    assert getattr(check, name)(stub).status == "unanswered"


@pytest.mark.parametrize("name", NAMES[:3])
def test_a_function_that_returns_nothing_is_unanswered(name):
    assert getattr(check, name)(lambda *layer: None).status == "unanswered"
