"""The embedding explorer's Python half: steps down the gradient, what fits and what does not."""

import numpy as np
import pytest

from cnnviz import EmbeddingExplorer, embeddings

POINTS = [[0, 0], [1, 0], [0, 1.2], [-1, -1]]
LABELS = ["Ann", "Ann", "Ben", "Cem"]


@pytest.mark.parametrize("loss", ["triplet", "contrastive"])
def test_steps_follow_the_gradient(loss):
    explorer = EmbeddingExplorer(POINTS, LABELS, loss=loss, margin=1.0, rate=0.3)
    points = np.array(POINTS)
    for step in range(5):
        explorer.step = step
        assert np.allclose(explorer.embedding, points)
        if loss == "triplet":
            triples = embeddings.triplets(LABELS)
            slope = embeddings.triplet_loss_backward(points, triples, 1.0)
        else:
            slope = embeddings.contrastive_loss_backward(points, LABELS, 1.0)
        assert np.allclose(explorer.pull, -slope)
        points = points - 0.3 * slope


def test_the_planes_edge_holds_points_back():
    explorer = EmbeddingExplorer(POINTS, LABELS, loss="contrastive", margin=4, rate=2, step=60)
    assert np.abs(explorer.embedding[:, 0]).max() == 2
    assert np.abs(explorer.embedding[:, 1]).max() == 1.5


@pytest.mark.parametrize("loss", ["triplet", "contrastive"])
def test_what_it_starts_with_learns_to_tell_its_identities_apart(loss):
    explorer = EmbeddingExplorer(loss=loss, margin=1.5, rate=1)
    before = explorer.loss_value, explorer.equal_error_rate
    explorer.step = 60
    assert explorer.loss_value < before[0] / 10
    assert explorer.equal_error_rate < 0.05 < before[1]


def test_rates_and_kinds_are_those_of_a_count():
    explorer = EmbeddingExplorer()
    at, labels = explorer.embedding, np.array(explorer.labels)
    accepted, own = 0, 0
    for i in range(12):
        for j in range(i):
            near = np.linalg.norm(at[i] - at[j]) <= explorer.threshold
            accepted += near and labels[i] != labels[j]
            own += not near and labels[i] == labels[j]
    assert explorer.error_rates == (accepted / 48, own / 18)
    assert sum(explorer.kinds.values()) == 12 * 3 * 8


def test_it_starts_with_a_triplet_that_has_something_to_say():
    explorer = EmbeddingExplorer()
    kind = embeddings.triplet_kinds(explorer.points, [explorer.triplet], explorer.margin)
    assert kind.tolist() == ["semi-hard"]


def test_other_labels_bring_another_triplet_where_the_old_one_is_none():
    explorer = EmbeddingExplorer(POINTS, LABELS, triplet=(1, 0, 3))
    explorer.labels = [0, 0, 1, 1]
    assert explorer.triplet == [1, 0, 3]
    explorer.labels = [0, 1, 1, 1]
    a, p, n = (explorer.labels[i] for i in explorer.triplet)
    assert a == p != n


def test_points_and_labels_change_together():
    explorer = EmbeddingExplorer(POINTS, LABELS)
    with pytest.raises(ValueError, match="points does not go with the rest"):
        explorer.points = POINTS[:3]
    with explorer.hold_trait_notifications():
        explorer.points, explorer.labels = POINTS[:3], LABELS[:3]
    assert len(explorer.embedding) == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"points": POINTS}, "labels must be given"),
        ({"points": [[0, 0]] * 17, "labels": [0, 1] * 8 + [0]}, "from 3 to 16 points"),
        (
            {"points": [[0, 2], *POINTS[1:]], "labels": LABELS},
            r"must lie in the plane.*\[0.0, 2.0\]",
        ),
        ({"points": POINTS, "labels": [1, 1, 1, 1]}, "from 2 to 4 identities"),
        ({"points": POINTS, "labels": [1, 2, 3, 4]}, "must name an identity twice"),
        ({"points": POINTS, "labels": LABELS[:3]}, "labels must be 4"),
        ({"triplet": (0, 0, 4)}, "two different points of one identity"),
        ({"triplet": (0, 4, 5)}, "two different points of one identity"),
        ({"triplet": (0, 1, 12)}, "two different points of one identity"),
        ({"margin": 4.1}, "margin must be from 0 to 4"),
        ({"threshold": -0.1}, "threshold must be from 0 to 5"),
        ({"step": 61}, "step must be at most 60"),
        ({"loss": "quadruplet"}, "loss must be one of triplet, contrastive"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(arguments, words):
    with pytest.raises(ValueError, match=words):
        EmbeddingExplorer(**arguments)


def test_words_and_picture_tell_of_the_state():
    explorer = EmbeddingExplorer(POINTS, LABELS, margin=0.5)
    assert repr(explorer) == (
        "EmbeddingExplorer(4 points of 3 identities, triplet loss 0.015, A1 A2 B1 is semi-hard)"
    )
    assert "0.0 % false rejects" in explorer.caption()
    before = explorer.picture()
    explorer.step = 30
    assert "after step 30" in repr(explorer)
    assert explorer.picture().tobytes() != before.tobytes()
