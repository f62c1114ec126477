"""The one-stage detector: its grid against boxes, its loss against plain loops, and a few steps."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from cnnviz import boxes, data, nets, training

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def sigmoid(value):
    return 1 / (1 + math.exp(-value))


def plain_loss(scores, target):
    """Return the four terms by loops over pictures and cells."""
    sums = [0.0] * 4
    pictures, rows, columns, numbers = target.shape
    for n in range(pictures):
        for r in range(rows):
            for c in range(columns):
                said, true = scores[n, :, r, c].tolist(), target[n, r, c].tolist()
                p = sigmoid(said[0])
                if true[0] == 0:
                    sums[0] -= math.log(1 - p)
                    continue
                sums[0] -= math.log(p)
                sums[1] += sum((sigmoid(said[i]) - true[i]) ** 2 for i in (1, 2))
                sums[2] += sum((said[i] - math.log(true[i])) ** 2 for i in (3, 4))
                whole = sum(math.exp(s) for s in said[5:numbers])
                sums[3] -= math.log(math.exp(said[5 + true[5:].index(1)]) / whole)
    return [value / pictures for value in sums]


def some_targets(count=3):
    made = data.scenes(count, objects=(0, 4), seed=5)
    return made, nets.one_stage_target([target for _, target in made], 64)


def test_targets_are_the_grids_of_boxes():
    made, target = some_targets()
    for n, (_, objects) in enumerate(made):
        grid = boxes.encode_grid(objects["boxes"], objects["labels"], 8, 64, 10)
        np.testing.assert_array_equal(target[n], grid.astype(np.float32))
    with pytest.raises(ValueError, match="size must be in multiples of 8"):
        nets.one_stage_target([{"boxes": [], "labels": []}], (8, 12))
    with pytest.raises(TypeError, match="objects must be a list with boxes and labels"):
        nets.one_stage_target([], 8)
    with pytest.raises(TypeError, match=r"objects\[0\] must have boxes and labels"):
        nets.one_stage_target([{"boxes": []}], 8)
    none = {"boxes": [], "labels": []}
    with pytest.raises(ValueError, match=r"objects\[1\]: labels must be from 0 to 9"):
        nets.one_stage_target([none, {"boxes": [[0, 0, 8, 8]], "labels": [10]}], 8)


def test_each_term_is_its_plain_loop():
    _, target = some_targets()
    assert 2 < target[..., 0].sum() < 12
    torch.manual_seed(0)
    scores = torch.randn(3, 15, 8, 8, dtype=torch.float64)
    loss = nets.one_stage_loss(scores, target)
    plain = plain_loss(scores, target)
    assert [term.item() for term in loss] == pytest.approx(plain, rel=1e-12)
    assert loss.total.item() == pytest.approx(plain[0] + 5 * (plain[1] + plain[2]) + plain[3])


def test_a_cell_that_owns_nothing_has_a_gradient_for_p_c_alone():
    _, target = some_targets()
    scores = torch.randn(3, 15, 8, 8, requires_grad=True)
    nets.one_stage_loss(scores, target).total.backward()
    pulled = scores.grad.permute(0, 2, 3, 1)
    free = target[..., 0] == 0
    assert (pulled[free][:, 1:] == 0).all()
    assert (pulled[free][:, 0] > 0).all()
    assert (pulled[~free].abs().sum(-1) > 0).all()


def test_the_loss_is_0_where_the_grid_says_what_is_true():
    made, target = some_targets()
    raw = torch.full((3, 8, 8, 15), -40.0, dtype=torch.float64)
    raw[..., 0] = 80 * target[..., 0] - 40
    raw[..., 1:3] = target[..., 1:3].double().logit()
    raw[..., 3:5] = target[..., 3:5].double().log()
    raw[..., 5:] += 80 * target[..., 5:]
    scores = raw.permute(0, 3, 1, 2)
    assert nets.one_stage_loss(scores, target).total < 1e-12
    for found, where, labels in zip(
        nets.one_stage_boxes(scores), made.boxes, made.labels, strict=True
    ):
        assert len(found["boxes"]) == len(where)
        if not len(where):
            continue
        order = boxes.iou(found["boxes"], where).argmax(0)
        np.testing.assert_allclose(found["boxes"][order], where, atol=1e-5)
        np.testing.assert_array_equal(found["labels"][order], labels)
        np.testing.assert_allclose(found["scores"], 1)


def test_of_boxes_that_overlap_the_worse_of_a_class_is_dropped():
    raw = torch.full((1, 7, 1, 2), -20.0)
    raw[0, 0] = torch.tensor([3.0, 1.0])  # both cells own one
    raw[0, 1] = torch.tensor([4.0, -4.0])  # and say that its centre is where they meet
    raw[0, 3:5] = 1.0
    raw[0, 5] = 20.0
    one = nets.one_stage_boxes(raw)[0]
    assert one["scores"] == pytest.approx([sigmoid(3.0)])
    x, y, half = 8 * sigmoid(4.0), 8 * sigmoid(-20.0), 4 * math.e
    assert one["boxes"][0] == pytest.approx([x - half, y - half, x + half, y + half], abs=1e-4)
    assert len(nets.one_stage_boxes(raw, overlap=1.0)[0]["scores"]) == 2
    raw[0, 5:, 0, 1] = torch.tensor([-20.0, 20.0])  # of another class
    assert nets.one_stage_boxes(raw)[0]["labels"].tolist() == [0, 1]


@pytest.mark.parametrize(
    "digits",
    [
        "digits",
        pytest.param(
            "mnist",
            marks=pytest.mark.skipif(
                not (REAL / "mnist").is_dir(), reason="MNIST is not beside the clone"
            ),
        ),
    ],
)
def test_the_one_that_ships_finds_digits_that_it_was_not_trained_on(digits, monkeypatch):
    monkeypatch.setenv("CNNVIZ_DATA", str(REAL))
    made = data.scenes(150, digits=digits, split="test", seed=7)
    with torch.no_grad():
        found = nets.one_stage_boxes(nets.trained_one_stage()(torch.tensor(made.images)), 0.01)
    objects = [target for _, target in made]
    assert boxes.evaluate(found, objects, thresholds=[0.5])["AP50"] > 0.9


def test_a_picture_without_objects_is_no_trouble():
    scores = torch.zeros(1, 15, 2, 2, requires_grad=True)
    loss = nets.one_stage_loss(scores, torch.zeros(1, 2, 2, 15))
    assert [round(term.item(), 6) for term in loss] == [round(4 * math.log(2), 6), 0, 0, 0]
    loss.total.backward()
    assert scores.grad.isfinite().all()


def test_scores_too_large_stay_finite():
    grid = nets.one_stage_grid(torch.full((1, 15, 1, 1), 1e6))
    assert grid.isfinite().all()


@pytest.mark.parametrize(("classes", "channels", "width"), [(1, 1, 4), (3, 3, 8)])
def test_it_has_a_cell_for_each_8_pixels(classes, channels, width):
    net = nets.one_stage(classes, channels=channels, width=width)
    assert net(torch.zeros(2, channels, 24, 40)).shape == (2, 5 + classes, 3, 5)
    # Before training, a cell is sure of little.
    assert nets.one_stage_grid(net.eval()(torch.zeros(1, channels, 8, 8)))[..., 0].max() < 0.2


def test_half_precision_is_added_up_in_float32():
    _, target = some_targets()
    scores = torch.randn(3, 15, 8, 8).bfloat16()
    loss = nets.one_stage_loss(scores, target)
    assert loss.total.dtype == nets.one_stage_grid(scores).dtype == torch.float32
    assert loss.total == nets.one_stage_loss(scores.float(), target).total


def test_fit_trains_it():
    made, target = some_targets(96)
    torch.manual_seed(0)
    net = nets.one_stage(width=4)
    history = training.fit(
        net,
        (made.images, target),
        recipe=training.Recipe(epochs=4, batch=16, learning_rate=0.01, optimiser="adam"),
        loss=lambda scores, target: nets.one_stage_loss(scores, target).total,
        device="cpu",
        progress="none",
    )
    assert history.train_loss[-1] < 0.7 * history.train_loss[0]


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        (torch.zeros(2, 15, 8), r"scores must be \(N, 5 \+ classes, gh, gw\)"),
        (torch.zeros(2, 5, 8, 8), r"scores must be \(N, 5 \+ classes, gh, gw\)"),
        ([[1.0]], "scores must be a Tensor"),
    ],
)
def test_what_are_no_scores_is_refused(scores, said):
    for call in (nets.one_stage_grid, lambda s: nets.one_stage_loss(s, torch.zeros(2, 8, 8, 15))):
        with pytest.raises((TypeError, ValueError), match=said):
            call(scores)


def test_what_are_no_targets_is_refused():
    scores = torch.zeros(2, 15, 8, 8)
    with pytest.raises(ValueError, match=r"target must be \(N, gh, gw, 5 \+ classes\)"):
        nets.one_stage_loss(scores, torch.zeros(2, 15, 8, 8))
    with pytest.raises(TypeError, match="target must be a Tensor"):
        nets.one_stage_loss(scores, np.zeros((2, 8, 8, 15)))
    with pytest.raises(ValueError, match="width must be"):
        nets.one_stage(width=0)
