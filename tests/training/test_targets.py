"""Targets in the place of labels: numbers that a network is to give, met by a loss of one's own."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnnviz import training

CHANCE = np.random.default_rng(0)
PICTURES = CHANCE.random((12, 1, 4, 4)).astype(np.float32)
# What a linear network can give exactly: (N, 2, 3).
TARGETS = (PICTURES.reshape(12, 16) @ CHANCE.normal(size=(16, 6))).reshape(12, 2, 3)


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 6), nn.Unflatten(1, (2, 3)))


def recipe(**changes):
    usual = {"epochs": 60, "batch": 4, "learning_rate": 0.02, "optimiser": "adam"}
    return training.Recipe(**usual | changes)


def fitted(net, **how):
    how = {"device": "cpu", "progress": "none", "loss": F.mse_loss, "recipe": recipe()} | how
    return training.fit(net, (PICTURES, TARGETS), **how)


def test_a_loss_of_ones_own_is_brought_down_on_targets_of_any_shape():
    net = network()
    before = training.evaluate(net, (PICTURES, TARGETS), loss=F.mse_loss).loss
    history = fitted(net, validation=(PICTURES, TARGETS))
    assert history.validation_loss[-1] < 0.05 * before
    answers = training.predict(net, PICTURES)
    assert answers.shape == TARGETS.shape
    assert np.mean((answers - TARGETS) ** 2) == pytest.approx(history.validation_loss[-1], rel=1e-4)


def test_each_step_is_torchs():
    net, other = network(), network()
    history = fitted(net, recipe=recipe(epochs=1, batch=12, optimiser="sgd", momentum=0.0))
    loss = F.mse_loss(other(torch.tensor(PICTURES)), torch.tensor(TARGETS).float())
    loss.backward()
    assert history.loss[0] == pytest.approx(loss.item(), rel=1e-6)
    with torch.no_grad():
        for own, theirs in zip(net.parameters(), other.parameters(), strict=True):
            torch.testing.assert_close(own, theirs - history.learning_rate[0] * theirs.grad)


def test_none_of_them_is_right_or_wrong():
    history = fitted(network(), validation=(PICTURES, TARGETS), recipe=recipe(epochs=2))
    assert np.isnan(history.train_accuracy).all()
    assert np.isnan(history.validation_accuracy).all()
    assert np.isfinite(history.train_loss).all()
    assert np.isnan(training.evaluate(network(), (PICTURES, TARGETS), loss=F.mse_loss).accuracy)


def test_lines_of_progress_say_nothing_of_accuracy(capsys):
    how = {"progress": "lines", "recipe": recipe(epochs=1)}
    fitted(network(), validation=(PICTURES, TARGETS), **how)
    said = capsys.readouterr().out
    assert "validation loss" in said
    assert "accuracy" not in said
    assert "nan" not in said


def test_parts_of_a_batch_add_up_to_the_batch():
    whole, parts = network(), network()
    fitted(whole, recipe=recipe(epochs=2))
    fitted(parts, recipe=recipe(epochs=2, accumulate=2))
    for one, other in zip(whole.parameters(), parts.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_a_run_goes_on_from_its_checkpoint(tmp_path):
    path, there = tmp_path / "run.pt", network()
    whole = fitted(there, recipe=recipe(epochs=4))
    net, token = network(), training.StopToken()
    how = {"recipe": recipe(epochs=4), "checkpoint": path}
    fitted(net, stop=token, on_epoch=lambda moment: moment.epoch == 2 and token.stop(), **how)
    again = fitted(net, resume=True, **how)
    np.testing.assert_array_equal(again.loss, whole.loss)
    for one, other in zip(net.parameters(), there.parameters(), strict=True):
        assert torch.equal(one, other)


def test_patience_watches_their_loss_alone():
    how = recipe(epochs=9, patience=1)
    history = fitted(network(), validation=(PICTURES, TARGETS), recipe=how)
    assert history.best_epoch is not None
    how = recipe(patience=1, monitor="accuracy")
    with pytest.raises(ValueError, match='monitor must be "loss" where there are targets'):
        fitted(network(), validation=(PICTURES, TARGETS), recipe=how)


def test_some_are_held_out():
    left, held = training.hold_out((PICTURES, TARGETS), 5)
    assert left[1].shape == (7, 2, 3)
    assert held[1].shape == (5, 2, 3)


@pytest.mark.parametrize("where", [0, 7])
def test_targets_that_are_not_finite_are_named(where):
    bad = TARGETS.copy()
    bad[where, 1, 2] = np.nan
    said = f"train targets must hold finite numbers, got NaN or infinity in picture {where}"
    with pytest.raises(ValueError, match=said):
        training.fit(network(), (PICTURES, bad), loss=F.mse_loss, recipe=recipe())


def test_what_does_not_go_together_is_refused():
    net = network()
    with pytest.raises(TypeError, match="labels must be whole numbers, got float64: numbers"):
        training.fit(net, (PICTURES, TARGETS), recipe=recipe())
    with pytest.raises(TypeError, match="labels must be whole numbers, got float64: numbers"):
        training.evaluate(net, (PICTURES, TARGETS))
    with pytest.raises(TypeError, match="both have labels or both targets"):
        training.fit(
            nn.Flatten(),
            (PICTURES, TARGETS),
            (PICTURES, np.zeros(12, int)),
            loss=F.mse_loss,
            recipe=recipe(),
        )
    with pytest.raises(ValueError, match="must have a label for each picture"):
        training.fit(net, (PICTURES, TARGETS[:5]), loss=F.mse_loss, recipe=recipe())
