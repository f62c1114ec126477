"""The checks of chapter 23: right answers pass, and each mistake gets the message meant for it."""

import numpy as np
import pytest
import torch

from cnnviz import check, embeddings, training


def test_the_largest_staff_is_the_last_below_one_in_ten():
    most = max(n for n in range(1000) if 1 - 0.999**n < 0.1)
    assert check.largest_staff(most).status == "passed"
    assert check.largest_staff(float(most)).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (106, "just above"),
        (105.3, "that is not it"),
        (np.log(0.9) / np.log(0.999), "counted whole"),
        (100, "added the chances"),
        (2301, "once in ten"),
        (10, "one in 100"),
        (50, "that is not it"),
    ],
)
def test_largest_staff_wrong(answer, message):
    feedback = check.largest_staff(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


def test_triplet_losses_are_those_of_the_package():
    points = np.sqrt([[0.0], [9], [8], [11], [20]])
    losses = [embeddings.triplet_loss(points, [[0, 1, n]], 4) for n in (2, 3, 4)]
    assert check.triplet_losses(losses).status == "passed"
    assert check.triplet_losses(torch.tensor([5, 2, 0])).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([5, 2, -7], "never below 0"),
        ([1, 0, 0], "left the margin out"),
        ([1, -2, -11], "the margin and the maximum"),
        ([0, 0, 7], "negative less the positive"),
        ([0, 2, 0], "hard triplet has a loss"),
        ([4.1716, 3.6834, 2.5279], "took the roots"),
        ([5, 2, 1], "wrong in one place"),
    ],
)
def test_triplet_losses_wrong(answer, message):
    feedback = check.triplet_losses(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


def by_the_losses_of_a_batch(squares, same, p):
    """Choose as `training.triplet_loss` does, found by a loop over places."""
    others = [i for i in range(len(squares)) if not same[i]]
    beyond = [i for i in others if squares[i] > squares[p]]
    if beyond:
        return min(beyond, key=lambda i: squares[i])
    return max(others, key=lambda i: squares[i])


def test_semi_hard_right():
    assert check.semi_hard_negative(by_the_losses_of_a_batch).status == "passed"


def test_a_loss_made_of_it_is_the_packages():
    features = torch.from_numpy(np.random.default_rng(3).normal(size=(9, 3)))
    labels = torch.tensor([0, 0, 0, 1, 1, 2, 2, 2, 2])
    squares = embeddings.squared_distances(features)
    losses = []
    for a in range(9):
        same = (labels == labels[a]).numpy()
        for p in np.flatnonzero(same):
            if p != a:
                n = by_the_losses_of_a_batch(squares[a], same, p)
                losses.append(max(0.0, squares[a, p] - squares[a, n] + 0.5))
    ours = training.triplet_loss(features, labels, 0.5, "semi-hard")
    assert ours.item() == pytest.approx(np.mean(losses))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda s, same, p: np.where(same, np.inf, s).argmin(), "the hardest"),
        (lambda s, same, p: np.where(same, -1, s).argmax(), "the farthest"),
        (lambda s, same, p: s[by_the_losses_of_a_batch(s, same, p)], "squared distance"),
        (lambda s, same, p: np.where(s > s[p], s, 99).argmin(), "own person"),
    ],
)
def test_semi_hard_wrong(answer, message):
    feedback = check.semi_hard_negative(answer)
    assert feedback.status == "failed"
    assert message in feedback.message
