"""Triplet losses of batches against loops over all triplets, and against their NumPy halves."""

import numpy as np
import pytest
import torch

from cnnviz import embeddings, nets, training

LABELS = [0, 0, 1, 2, 1, 0, 2, 2, 3]  # 3 is alone
FEATURES = torch.from_numpy(np.random.default_rng(2).normal(size=(9, 4)))


def by_a_loop(margin, mining):
    """Choose triplets one by one."""
    d = embeddings.squared_distances(FEATURES)
    losses = []
    for a in range(9):
        own = [p for p in range(9) if p != a and LABELS[p] == LABELS[a]]
        others = [n for n in range(9) if LABELS[n] != LABELS[a]]
        if mining == "hardest" and own:
            losses.append(max(d[a, p] for p in own) - min(d[a, n] for n in others))
        for p in own if mining != "hardest" else ():
            beyond = [n for n in others if d[a, n] > d[a, p]]
            semi = min((d[a, n] for n in beyond), default=max(d[a, n] for n in others))
            chosen = [d[a, n] for n in others] if mining == "all" else [semi]
            losses += [d[a, p] - each for each in chosen]
    return np.mean(np.maximum(0, np.array(losses) + margin))


@pytest.mark.parametrize("mining", training.MINING)
@pytest.mark.parametrize("margin", [0, 0.2, 5.0])
def test_each_choice_of_triplets_is_that_of_a_loop(mining, margin):
    loss = training.triplet_loss(FEATURES, torch.tensor(LABELS), margin, mining)
    assert loss.item() == pytest.approx(by_a_loop(margin, mining))


def test_all_triplets_and_all_pairs_have_the_numpy_halves_losses_and_gradients():
    labels = torch.tensor(LABELS)
    triples = embeddings.triplets(LABELS)
    for loss, value, slope in (
        (
            training.triplet_loss(leaf := FEATURES.clone().requires_grad_(), labels, 1.0, "all"),
            embeddings.triplet_loss(FEATURES, triples, 1.0),
            embeddings.triplet_loss_backward(FEATURES, triples, 1.0),
        ),
        (
            training.contrastive_loss(other := FEATURES.clone().requires_grad_(), labels, 3.0),
            embeddings.contrastive_loss(FEATURES, LABELS, 3.0),
            embeddings.contrastive_loss_backward(FEATURES, LABELS, 3.0),
        ),
    ):
        loss.backward()
        assert loss.item() == pytest.approx(value)
        here = leaf if leaf.grad is not None and other.grad is None else other
        assert np.allclose(here.grad, slope)


def test_points_that_coincide_have_finite_gradients():
    for loss in (training.triplet_loss, training.contrastive_loss):
        here = torch.zeros(4, 3, requires_grad=True)
        loss(here, torch.tensor([0, 0, 1, 1]), 0.2).backward()
        assert torch.isfinite(here.grad).all()


def test_a_batch_holds_some_pictures_of_some_people():
    labels = np.repeat(np.arange(9), np.arange(1, 10))
    for seed in range(5):
        batch = training.identity_batch(labels, 4, 5, np.random.default_rng(seed))
        assert len(set(batch.tolist())) == 20
        who, counts = np.unique(labels[batch], return_counts=True)
        assert counts.tolist() == [5] * 4
        assert who.min() >= 4
    with pytest.raises(ValueError, match="identities must be at most 5"):
        training.identity_batch(labels, 6, 5, np.random.default_rng(0))


def test_a_batch_without_a_triplet_is_refused():
    for labels in ([0, 1, 2], [0, 0, 0]):
        with pytest.raises(ValueError, match="there is no triplet"):
            training.triplet_loss(FEATURES[:3], torch.tensor(labels))


def test_embeddings_lie_on_the_sphere_whatever_the_picture():
    net = nets.embedding(7, size=(17, 24), channels=3)
    y = net(torch.rand(4, 3, 17, 24))
    assert y.shape == (4, 7)
    assert torch.allclose(y.norm(dim=1), torch.ones(4))


def test_few_shots_are_right_where_people_stand_apart():
    apart = np.repeat(np.eye(3), 4, axis=0)
    assert embeddings.few_shot_accuracy(apart, np.repeat([0, 1, 2], 4)) == 1
    by_chance = np.random.default_rng(0).normal(size=(200, 2))
    accuracy = embeddings.few_shot_accuracy(by_chance, np.arange(200) % 4, 3)
    assert accuracy == pytest.approx(0.25, abs=0.05)


def test_the_interval_holds_the_rate_and_shrinks_with_people():
    rng = np.random.default_rng(4)
    widths = []
    for people in (10, 80):
        labels = np.repeat(np.arange(people), 5)
        points = rng.normal(size=(people, 8))[labels] + 0.7 * rng.normal(size=(5 * people, 8))
        both, same = embeddings.pairs(labels)
        d = np.sqrt(embeddings.squared_distances(points)[both[:, 0], both[:, 1]])
        low, high = embeddings.equal_error_interval(points, labels, draws=100)
        assert low <= embeddings.equal_error_rate(d, same) <= high
        widths.append(high - low)
    assert widths[1] < widths[0] / 1.5
