"""The checks of chapter 14: right answers pass, and each mistake gets the message meant for it."""

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz import check, nets, ops

# --------------------------------------------------------------------------------------
# VGG-16's first dense layer


def test_first_dense_is_what_pytorch_builds():
    with torch.device("meta"):
        maps = nets.vgg16().features(torch.empty(1, 3, 288, 288))
        layer = nn.Linear(maps[0].numel(), 4096)
    assert check.first_dense(nets.parameter_count(layer)).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (169_869_312, "forgot the biases"),
        (102_764_544, "for 224×224"),
        (9 * 512 * 4096 + 4096, "one row"),
        (18 * 18 * 512 * 4096 + 4096, "halved four times"),
        (9 * 9 * 4096 + 4096, "took one map"),
        (41_472, "goes into a unit"),
    ],
)
def test_first_dense_wrong(answer, message):
    feedback = check.first_dense(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# A stack of 3×3 against one kernel


def with_layers(before, width, depth):
    with torch.device("meta"):
        stack = [nn.Conv2d(before, width, 3, bias=False)]
        stack += [nn.Conv2d(width, width, 3, bias=False) for _ in range(depth - 1)]
        single = nn.Conv2d(before, width, 2 * depth + 1, bias=False)
    return sum(map(nets.parameter_count, stack)), nets.parameter_count(single)


def test_stack_and_single_right():
    assert check.stack_and_single(with_layers).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda b, w, d: with_layers(b, w, d)[::-1], "swapped"),
        (lambda b, w, d: (d * 9 * b * w, (2 * d + 1) ** 2 * b * w), "read `before` channels"),
        (lambda b, w, d: (d * 9 * w * w, (2 * d + 1) ** 2 * b * w), "layers read `width`"),
        (lambda b, w, d: (with_layers(b, w, d)[0], (3 * d) ** 2 * b * w), "side 3 · depth"),
        (lambda b, w, d: (with_layers(b, w, d)[0], (2 * d + 1) ** 2 * w * w), "single layer reads"),
        (
            lambda b, w, d: tuple(
                n + k for n, k in zip(with_layers(b, w, d), (d * w, w), strict=True)
            ),
            "counted the biases",
        ),
        (lambda b, w, d: with_layers(b, w, d)[0], "is one number"),
    ],
)
def test_stack_and_single_wrong(answer, message):
    feedback = check.stack_and_single(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Two kernels in one


def with_numpy(first, second):
    return sum(
        second[i, j] * np.pad(first, ((i, second.shape[0] - 1 - i), (j, second.shape[1] - 1 - j)))
        for i, j in np.ndindex(second.shape)
    )


def with_torch(first, second):
    a, b = torch.tensor(first)[None, None], torch.tensor(second)[None, None]
    return nn.functional.conv_transpose2d(a, b)[0, 0]


@pytest.mark.parametrize("answer", [with_numpy, with_torch])
def test_merge_right(answer):
    assert check.merge(answer).status == "passed"


def test_a_merged_kernel_does_what_the_two_do():
    rng = np.random.default_rng(14)
    x, first, second = rng.random((9, 9)), rng.random((3, 3)), rng.random((2, 2))
    both = ops.correlate(ops.correlate(x, first), second)
    assert np.allclose(both, ops.correlate(x, with_numpy(first, second)))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda a, b: with_numpy(a, b[::-1, ::-1]), "is flipped"),
        (lambda a, b: with_numpy(a[::-1, ::-1], b), "is flipped"),
        (lambda a, b: with_numpy(a, b)[::-1, ::-1], "turned round"),
        (lambda a, b: ops.correlate(a, b, padding="same"), "too small"),
        (lambda a, b: a, "shape"),
    ],
)
def test_merge_wrong(answer, message):
    feedback = check.merge(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Stubs


@pytest.mark.parametrize("name", ["first_dense", "stack_and_single", "merge"])
@pytest.mark.parametrize("stub", [..., None])
def test_unanswered(name, stub):
    assert getattr(check, name)(stub).status == "unanswered"


@pytest.mark.parametrize("name", ["stack_and_single", "merge"])
def test_a_function_that_returns_nothing_is_unanswered(name):
    assert getattr(check, name)(lambda *arguments: None).status == "unanswered"
