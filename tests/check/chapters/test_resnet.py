"""The checks of chapter 16: right answers pass, and each mistake gets the message meant for it."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnnviz import check, nets

# --------------------------------------------------------------------------------------
# A block by hand


def test_block_by_hand_right():
    """z is (−1, 1), ReLU (0, 1), z (2, −6), plus a (4, −3), ReLU (4, 0)."""
    assert check.block_by_hand([4, 0]).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([2, 0], "the plain block"),
        ([4, 3], "behind the ReLU"),
        ([4, -3], "forgot the last ReLU"),
        ([2, -6], "z of the second layer"),
        ([4, 0, 0], "should be of shape (2,)"),
    ],
)
def test_block_by_hand_wrong(answer, message):
    feedback = check.block_by_hand(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# A block of two convolutions


def with_torch(a, w1, b1, w2, b2):
    a, w1, b1, w2, b2 = (torch.tensor(v) for v in (a, w1, b1, w2, b2))
    inner = F.relu(F.conv2d(a[None], w1, b1, padding=1))
    return F.relu(F.conv2d(inner, w2, b2, padding=1) + a)[0].numpy()


def test_residual_block_right():
    assert check.residual_block(with_torch).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda a, *rest: with_torch(a, *rest) + a, "is wrong"),
        (lambda a, *rest: with_torch(a, *rest)[:, 1:-1, 1:-1], "shape"),
        (lambda a, w1, b1, w2, b2: np.maximum(a, 0), "is wrong"),
    ],
)
def test_residual_block_wrong(answer, message):
    feedback = check.residual_block(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# The weights of a bottleneck


def from_the_net(before, width):
    block = nets.Bottleneck(before, width, shortcut="none")
    return sum(m.weight.numel() for m in block.modules() if isinstance(m, nn.Conv2d))


def test_bottleneck_weights_right():
    assert check.bottleneck_weights(from_the_net).status == "passed"
    assert from_the_net(256, 64) == 69_632


def test_bottleneck_weights_with_norm_are_wrong():
    def with_norm(before, width):
        return nets.parameter_count(nets.Bottleneck(before, width, shortcut="none"))

    assert check.bottleneck_weights(with_norm).status == "failed"


# --------------------------------------------------------------------------------------
# The derivative of a block


def by_autograd(a, w1, b1, w2, b2):
    w1, b1, w2, b2 = (torch.tensor(v) for v in (w1, b1, w2, b2))

    def block(a):
        return F.relu(w2 @ F.relu(w1 @ a + b1) + b2 + a)

    return torch.autograd.functional.jacobian(block, torch.tensor(a)).numpy()


def test_block_jacobian_right():
    assert check.block_jacobian(by_autograd).status == "passed"


def test_block_jacobian_of_the_plain_block():
    def plain(a, w1, b1, w2, b2):
        return by_autograd(a, w1, b1, w2, b2) - np.eye(len(a))

    assert check.block_jacobian(plain).status == "failed"


# --------------------------------------------------------------------------------------
# Stubs


@pytest.mark.parametrize(
    "name", ["block_by_hand", "residual_block", "bottleneck_weights", "block_jacobian"]
)
@pytest.mark.parametrize("stub", [..., None])
def test_unanswered(name, stub):
    assert getattr(check, name)(stub).status == "unanswered"


@pytest.mark.parametrize("name", ["residual_block", "bottleneck_weights", "block_jacobian"])
def test_a_function_that_returns_nothing_is_unanswered(name):
    assert getattr(check, name)(lambda *arguments: None).status == "unanswered"
