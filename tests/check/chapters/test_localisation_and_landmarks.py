"""The checks of chapter 19: right answers pass, and each mistake gets the message meant for it."""

import numpy as np
import pytest
import torch

from cnnviz import boxes, check

# --------------------------------------------------------------------------------------
# A target by hand


def test_box_target_right():
    box = np.array([[16, 6, 56, 22]])
    x, y, w, h = boxes.convert(box, "xyxy", "cxcywh-normalised", size=(40, 80))[0]
    assert check.box_target([1, x, y, h, w, 0, 1, 0]).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([1, 0.45, 0.35, 0.5, 0.4, 0, 1, 0], "Height and width are swapped"),
        ([1, 0.2, 0.15, 0.4, 0.5, 0, 1, 0], "upper left corner"),
        ([1, 36, 14, 16, 40, 0, 1, 0], "Those are pixels"),
        ([0, 0.45, 0.35, 0.4, 0.5, 0, 1, 0], "p_c says whether"),
        ([1, 0.45, 0.35, 0.4, 0.5, 1, 0, 0], "says pedestrian"),
        ([1, 0.45, 0.35, 0.4, 0.5, 0, 1, 0, 0], "should be of shape (8,)"),
    ],
)
def test_box_target_wrong(answer, message):
    feedback = check.box_target(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# The loss with a branch


def with_mask(output, target):
    output, target = torch.tensor(output), torch.tensor(target)
    weight = torch.cat([torch.ones(1), target[:1].repeat(7)])
    return (weight * (output - target) ** 2).sum().item()


def test_localisation_loss_right():
    assert check.localisation_loss(with_mask).status == "passed"


def test_localisation_loss_that_forgets_the_classes():
    assert check.localisation_loss(lambda o, t: with_mask(o[:5], t[:5])).status == "failed"


# --------------------------------------------------------------------------------------
# Intersection over union


def test_overlap_right():
    assert check.overlap(lambda a, b: boxes.iou([a], [b])[0, 0]).status == "passed"


@pytest.mark.parametrize("other", [boxes.giou, boxes.diou])
def test_overlap_wrong(other):
    assert check.overlap(lambda a, b: other([a], [b])[0, 0]).status == "failed"


# --------------------------------------------------------------------------------------
# The gradient of a squared error behind softmax


def by_autograd(z, target):
    z = torch.tensor(z, requires_grad=True)
    ((torch.softmax(z, 0) - torch.tensor(target)) ** 2).sum().backward()
    return z.grad.numpy()


def test_softmax_square_gradient_right():
    assert check.softmax_square_gradient(by_autograd).status == "passed"


def test_softmax_square_gradient_of_the_wrong_sign():
    assert check.softmax_square_gradient(lambda z, t: -by_autograd(z, t)).status == "failed"


# --------------------------------------------------------------------------------------
# Stubs

NAMES = ["box_target", "localisation_loss", "overlap", "softmax_square_gradient"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stub", [..., None])
def test_unanswered(name, stub):
    assert getattr(check, name)(stub).status == "unanswered"


@pytest.mark.parametrize("name", NAMES[1:])
def test_a_function_that_returns_nothing_is_unanswered(name):
    assert getattr(check, name)(lambda *arguments: None).status == "unanswered"
