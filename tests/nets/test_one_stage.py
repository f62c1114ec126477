"""The one-stage detector: its grid against boxes, its loss against plain loops, and a few steps."""

import math

import numpy as np
import pytest
import torch

from cnnviz import boxes, data, nets, training


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
    grids = [
        boxes.encode_grid(b, label, 8, 64, 10)
        for b, label in zip(made.boxes, made.labels, strict=True)
    ]
    return made, torch.tensor(np.stack(grids))


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
    raw[..., 1:3] = target[..., 1:3].logit()
    raw[..., 3:5] = target[..., 3:5].log()
    raw[..., 5:] += 80 * target[..., 5:]
    scores = raw.permute(0, 3, 1, 2)
    assert nets.one_stage_loss(scores, target).total < 1e-12
    for n, grid in enumerate(nets.one_stage_grid(scores)):
        found, certain, labels = boxes.decode_grid(grid, 64)
        assert len(found) == len(made.boxes[n])
        if not len(found):
            continue
        order = boxes.iou(found, made.boxes[n]).argmax(0)
        np.testing.assert_allclose(found[order], made.boxes[n], atol=1e-9)
        np.testing.assert_array_equal(labels[order], made.labels[n])
        np.testing.assert_allclose(certain, 1)


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
