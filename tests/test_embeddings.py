"""Losses of embeddings against torch and brute force, and rates of verification against a count."""

import itertools

import numpy as np
import pytest
import torch
from sklearn import metrics

from cnnviz import embeddings

RNG = np.random.default_rng(5)
LABELS = np.array([0, 0, 1, 2, 1, 0, 2, 2, 3])  # 3 is alone
POINTS = RNG.normal(size=(9, 5))


def test_squared_distances_are_those_of_each_pair_and_not_rounded_away():
    squared = embeddings.squared_distances(POINTS, POINTS[:4])
    for i, j in np.ndindex(9, 4):
        assert squared[i, j] == pytest.approx(np.linalg.norm(POINTS[i] - POINTS[j]) ** 2)
    close = embeddings.squared_distances([[1e8, 0], [1e8, 1e-3]])
    assert close[0, 1] == pytest.approx(1e-6)
    wide = RNG.normal(size=(700, 64))  # more than one block
    assert np.allclose(
        embeddings.squared_distances(wide), torch.cdist(*[torch.tensor(wide)] * 2) ** 2
    )


def test_triplets_and_pairs_are_all_that_there_are():
    wanted = [
        (a, p, n)
        for a, p, n in itertools.product(range(9), repeat=3)
        if a != p and LABELS[a] == LABELS[p] != LABELS[n]
    ]
    assert embeddings.triplets(LABELS).tolist() == [list(each) for each in wanted]
    both, same = embeddings.pairs(LABELS)
    assert both.tolist() == [list(each) for each in itertools.combinations(range(9), 2)]
    assert same.tolist() == [LABELS[i] == LABELS[j] for i, j in both]
    assert embeddings.triplets([1, 2, 3]).shape == (0, 3)


@pytest.mark.parametrize("margin", [1e-9, 0.2, 3.0])
def test_the_triplet_loss_and_its_gradient_are_torchs(margin):
    triples = embeddings.triplets(LABELS)
    points = torch.tensor(POINTS, requires_grad=True)
    of_squares = torch.nn.TripletMarginWithDistanceLoss(
        distance_function=lambda x, y: (x - y).square().sum(1), margin=margin
    )
    loss = of_squares(*(points[triples[:, i]] for i in range(3)))
    loss.backward()
    assert embeddings.triplet_loss(POINTS, triples, margin) == pytest.approx(loss.item())
    assert np.allclose(embeddings.triplet_loss_backward(POINTS, triples, margin), points.grad)


@pytest.mark.parametrize("margin", [0.0, 1.0, 3.0])
def test_the_contrastive_loss_and_its_gradient_are_those_of_its_formula(margin):
    points = torch.tensor(POINTS, requires_grad=True)
    losses = []
    for i, j in itertools.combinations(range(9), 2):
        d = (points[i] - points[j]).norm()
        same = LABELS[i] == LABELS[j]
        losses.append(d**2 / 2 if same else torch.relu(margin - d) ** 2 / 2)
    loss = torch.stack(losses).mean()
    loss.backward()
    assert embeddings.contrastive_loss(POINTS, LABELS, margin) == pytest.approx(loss.item())
    slope = embeddings.contrastive_loss_backward(POINTS, LABELS, margin)
    assert np.allclose(slope, points.grad)


def test_points_that_coincide_have_finite_gradients():
    slope = embeddings.contrastive_loss_backward([[1, 1], [1, 1], [2, 1]], ["a", "b", "a"], 2)
    assert slope.tolist() == [[-1 / 3, 0], [1 / 3, 0], [0, 0]]


def test_kinds_are_told_apart_at_their_borders():
    points = [[0.0], [2.0], [2.0], [2.5], [-2.5], [3.0]]
    triples = [[0, 1, n] for n in (2, 3, 4, 5)]
    kinds = embeddings.triplet_kinds(points, triples, margin=2.25)  # 2.5² is 4 + 2.25
    assert kinds.tolist() == ["hard", "easy", "easy", "easy"]
    kinds = embeddings.triplet_kinds(points, triples, margin=2.5)
    assert kinds.tolist() == ["hard", "semi-hard", "semi-hard", "easy"]


def test_every_triplet_without_a_loss_is_easy_and_no_other():
    triples = embeddings.triplets(LABELS)
    kinds = embeddings.triplet_kinds(POINTS, triples, 2.0)
    losses = [embeddings.triplet_loss(POINTS, [each], 2.0) for each in triples]
    assert (kinds == "easy").tolist() == [loss == 0 for loss in losses]
    assert {*kinds} == {*embeddings.KINDS}


def test_the_roc_curve_is_scikit_learns():
    distances = RNG.integers(0, 20, 300) / 10  # with ties
    same = RNG.random(300) < 0.3
    _, accepts, rejects = embeddings.operating_points(distances, same)
    false, true, _ = metrics.roc_curve(same, -distances, drop_intermediate=False)
    assert np.allclose(accepts, false)
    assert np.allclose(1 - rejects, true)


def test_error_rates_are_those_counted_at_every_threshold():
    distances, same = RNG.random(40), RNG.random(40) < 0.5
    thresholds, accepts, rejects = embeddings.operating_points(distances, same)
    for at in range(1, len(thresholds)):
        rates = embeddings.error_rates(distances, same, thresholds[at])
        assert rates == pytest.approx((accepts[at], rejects[at]))


def test_the_equal_error_rate_lies_on_the_curve_and_the_diagonal():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        same = np.arange(60) % 3 == 0
        distances = rng.normal(size=60) + ~same
        rate = embeddings.equal_error_rate(distances, same)
        _, accepts, rejects = embeddings.operating_points(distances, same)
        along = np.linspace(0, len(accepts) - 1, 200_001)
        x, y = (np.interp(along, np.arange(len(accepts)), each) for each in (accepts, rejects))
        nearest = np.argmin(np.abs(x - y))
        assert rate == pytest.approx(x[nearest], abs=1e-3)
    assert embeddings.equal_error_rate([1, 1], [True, False]) == 0.5  # a coin
    assert embeddings.equal_error_rate([2, 1], [True, False]) == 1.0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: embeddings.triplet_loss(POINTS, [[0, 1, 9]]),
            "triples must hold places in points, 0 to 8",
        ),
        (lambda: embeddings.triplet_loss(POINTS, [[0, 1]]), "triples must hold"),
        (
            lambda: embeddings.contrastive_loss(POINTS, [0, 1]),
            "labels must be 9, one for each point",
        ),
        (lambda: embeddings.contrastive_loss(POINTS, LABELS, -1), "margin must be at least 0"),
        (lambda: embeddings.pairs([0.5, 1]), "labels must be a list of whole numbers or of texts"),
        (lambda: embeddings.error_rates([1, 2], [True, True], 1), "same must hold both"),
        (lambda: embeddings.error_rates([1, 2], [1, 0], 1), "same must be 2 times True or False"),
        (lambda: embeddings.squared_distances(POINTS, [[1, 2]]), "others must have 5 columns"),
    ],
)
def test_what_is_wrong_is_said(call, words):
    with pytest.raises(ValueError, match=words):
        call()
