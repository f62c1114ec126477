"""What the loop computes, beside a loop written out by hand; that it repeats; what it tells."""

import json
import random
import threading

import numpy as np
import pytest
import small_runs
import torch
import torch.nn.functional as F
from small_runs import RECIPE, data, net, same, same_weights
from torch import nn

from cnnviz.training import History, Recipe, StopToken, evaluate, fit, hold_out, predict


def seed_all(seed):
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - a layer may still use it
    random.seed(seed)


def draw_all():
    return torch.rand(3).tolist(), np.random.rand(3).tolist(), random.random()  # noqa: NPY002


def run(model, recipe=RECIPE, validation=None, **more):
    return fit(model, data(), validation, recipe, device="cpu", **more)


@pytest.mark.parametrize("parts", [3, 5, 100])
def test_a_batch_in_parts_takes_the_same_steps(parts):
    """Without batch norm, that is, and without chance: parts may be of unequal size."""
    whole, ours = (nn.Sequential(nn.Flatten(), nn.Linear(64, 10)) for _ in range(2))
    ours.load_state_dict(whole.state_dict())
    recipe = Recipe(epochs=2, batch=32, learning_rate=0.01, label_smoothing=0.1)
    seen = []
    ours.register_forward_pre_hook(lambda module, args: seen.append(len(args[0])))
    expected, history = run(whole, recipe), run(ours, recipe.but(accumulate=parts))
    assert max(seen) <= -(-32 // parts)
    np.testing.assert_allclose(history.loss, expected.loss, rtol=1e-5)
    assert history.train_accuracy == pytest.approx(expected.train_accuracy)
    for name, value in whole.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], value, rtol=1e-4, atol=1e-6)


def test_parts_leave_batch_norm_more_than_one_picture():
    with pytest.raises(ValueError, match="batch must leave batch norm"):
        run(net(), RECIPE.but(batch=8, accumulate=8))


@pytest.mark.parametrize("optimiser", ["adam", "adamw", "sgd"])
def test_it_is_the_loop_that_one_would_write(optimiser):
    """Full batches, so that the order of the pictures does not matter."""
    recipe = Recipe(epochs=6, batch=72, optimiser=optimiser, weight_decay=0.01)
    recipe = recipe.but(learning_rate=0.02, schedule="cosine", label_smoothing=0.1)
    model, ours = net(), net()
    for module in (model[5], ours[5]):
        module.p = 0.0
    history = run(ours, recipe)
    pictures, labels = data()
    pictures = pictures.float() / 255
    made = {
        "adam": lambda p: torch.optim.Adam(p, weight_decay=0.01),
        "adamw": lambda p: torch.optim.AdamW(p, weight_decay=0.01),
        "sgd": lambda p: torch.optim.SGD(p, lr=1, momentum=0.9, weight_decay=0.01),
    }[optimiser](model.parameters())
    losses = []
    for step in range(6):
        made.param_groups[0]["lr"] = 0.01 * (1 + np.cos(np.pi * (step + 0.5) / 6))
        loss = F.cross_entropy(model(pictures), labels, label_smoothing=0.1)
        made.zero_grad()
        loss.backward()
        made.step()
        losses.append(loss.item())
    np.testing.assert_allclose(history.loss, losses, rtol=1e-4)
    for name, value in model.state_dict().items():
        if not name.startswith(("0.bias", "1.")):  # batch norm takes that bias out again: noise
            torch.testing.assert_close(ours.state_dict()[name], value, rtol=1e-3, atol=1e-4)


def test_two_runs_give_the_same_numbers_whatever_was_drawn_before():
    one, other = net(), net()
    first = run(one, validation=data(40, 1))
    seed_all(99)
    assert same(first, run(other, validation=data(40, 1)))
    assert same_weights(one, other)
    different = run(net(), RECIPE.but(seed=1), data(40, 1))
    assert (different.loss != first.loss).any()


def test_the_global_generators_are_left_alone():
    model = net()
    seed_all(5)
    expected = draw_all()
    seed_all(5)
    run(model)
    assert draw_all() == expected


def test_each_epoch_sees_every_picture_once_in_another_order():
    seen = []

    class Spy(nn.Module):
        def forward(self, x):
            if self.training:
                seen.append(x[:, 0, 0, 0].clone())
            return x

    pictures = torch.arange(10).float()[:, None, None, None].expand(-1, 1, 2, 2).clone()
    model = nn.Sequential(Spy(), nn.Flatten(), nn.Linear(4, 2))
    fit(model, (pictures, torch.zeros(10, dtype=int)), recipe=Recipe(epochs=2, batch=4))
    assert [len(batch) for batch in seen] == [4, 4, 2] * 2
    first, second = torch.cat(seen[:3]), torch.cat(seen[3:])
    assert first.sort().values.tolist() == second.sort().values.tolist() == list(range(10))
    assert first.tolist() != second.tolist() != list(range(10))


def test_it_learns_and_the_history_says_so():
    history = run(net(), RECIPE.but(epochs=20, augment=()), data(40, 1))
    assert history.epochs == 20
    assert history.steps == 20 * 5
    assert history.train_loss[-1] < history.train_loss[0] / 2
    assert history.validation_accuracy[-1] > 0.95
    assert history.learning_rate.max() == pytest.approx(0.01, rel=0.02)
    assert (history.seconds > 0).all()
    assert repr(history) == "History(20 epochs, 100 steps)"


def test_the_means_of_an_epoch_weigh_each_picture_the_same():
    history = run(net(), RECIPE.but(epochs=1))  # 72 pictures: four batches of 16 and one of 8
    expected = (history.loss[:4].sum() * 16 + history.loss[4] * 8) / 72
    assert history.train_loss[0] == pytest.approx(expected)


def test_validation_is_what_evaluate_says_and_measures_the_plain_loss():
    model = net()
    history = run(model, RECIPE, data(40, 1))
    score = evaluate(model, data(40, 1))
    assert history.validation_loss[-1] == pytest.approx(score.loss, rel=1e-5)
    assert history.validation_accuracy[-1] == score.accuracy
    pictures, labels = data(40, 1)
    scores = torch.tensor(predict(model, pictures))
    assert score.loss == pytest.approx(F.cross_entropy(scores, labels).item(), rel=1e-5)
    assert score.accuracy == (scores.argmax(1) == labels).double().mean().item()
    assert score == pytest.approx(evaluate(model, data(40, 1), batch=7), rel=1e-5)


def test_without_validation_there_is_nan_which_is_null_in_json():
    history = run(net())
    assert np.isnan(history.validation_loss).all()
    text = json.dumps(history.to_dict(), allow_nan=False)
    assert same(History.from_dict(json.loads(text)), history)


def test_a_history_refuses_names_that_it_does_not_have():
    with pytest.raises(ValueError, match="'val_loss'"):
        History.from_dict({"val_loss": []})


def test_a_model_is_left_in_inference_mode_and_measured_in_its_own():
    model = net()
    run(model)
    assert not any(module.training for module in model.modules())
    model.train()
    model[1].eval()  # batch norm frozen, as one does
    evaluate(model, data())
    assert model.training
    assert not model[1].training


def test_another_loss():
    def squared(scores, labels):
        return F.mse_loss(scores, F.one_hot(labels, 4).float())

    model = net()
    history = run(model, RECIPE.but(epochs=1), data(40, 1), loss=squared)
    assert history.validation_loss[0] == pytest.approx(
        evaluate(model, data(40, 1), loss=squared).loss
    )
    assert history.validation_loss[0] < 1


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_mixed_precision_comes_near_to_float32(precision):
    exact = run(net(), RECIPE.but(precision="float32"))
    mixed = run(net(), RECIPE.but(precision=precision))
    np.testing.assert_allclose(mixed.loss[:5], exact.loss[:5], rtol=0.03)
    assert (mixed.loss != exact.loss).any()
    assert mixed.train_loss[-1] < mixed.train_loss[0]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_gives_what_the_cpu_gives():
    recipe = RECIPE.but(augment=(), precision="float32")
    models = net(), net()
    for model in models:
        model[5].p = 0.0
    gpu = fit(models[0], data(), data(40, 1), recipe, device="cuda")
    cpu = fit(models[1], data(), data(40, 1), recipe, device="cpu")
    np.testing.assert_allclose(gpu.loss, cpu.loss, rtol=1e-2)
    mixed = fit(net(), data(), data(40, 1), RECIPE.but(epochs=20), device="cuda")
    assert mixed.validation_accuracy[-1] > 0.9


def test_the_memory_layout_changes_the_speed_alone():
    lasts = [run(net(), RECIPE.but(channels_last=on)).loss for on in (True, False)]
    np.testing.assert_allclose(*lasts, rtol=1e-3)


# --- early stopping -------------------------------------------------------------------------------


@pytest.mark.parametrize("monitor", ["loss", "accuracy"])
def test_patience_ends_the_run_and_gives_the_best_weights_back(monitor):
    kept = []
    recipe = RECIPE.but(epochs=50, patience=3, monitor=monitor, learning_rate=0.2)
    model = net()
    history = run(
        model,
        recipe.but(schedule="constant"),
        data(40, 1),
        on_epoch=lambda moment: kept.append(
            {name: value.clone() for name, value in moment.model.state_dict().items()}
        ),
    )
    assert history.stopped == "patience"
    assert history.epochs == history.best_epoch + 3 < 50
    curve = {"loss": history.validation_loss, "accuracy": -history.validation_accuracy}[monitor]
    assert curve.argmin() == history.best_epoch - 1
    best = kept[history.best_epoch - 1]
    assert all(torch.equal(value, best[name]) for name, value in model.state_dict().items())
    assert any(not torch.equal(value, kept[-1][name]) for name, value in best.items())


def test_the_best_weights_come_back_when_patience_lasts_too():
    model = net()
    recipe = RECIPE.but(epochs=6, patience=6, learning_rate=0.3, schedule="constant")
    history = run(model, recipe, data(40, 1))
    assert history.stopped == ""
    assert evaluate(model, data(40, 1)).loss == pytest.approx(
        history.validation_loss.min(), rel=1e-5
    )


def test_patience_needs_something_to_look_at():
    with pytest.raises(ValueError, match="patience needs a validation set"):
        run(net(), RECIPE.but(patience=2))


# --- hooks ----------------------------------------------------------------------------------------


def test_hooks_are_told_what_a_monitor_shows():
    steps, epochs = [], []
    history = run(net(), validation=data(40, 1), on_step=steps.append, on_epoch=epochs.append)
    assert [moment.step for moment in steps] == list(range(1, 16))
    assert [moment.epoch for moment in steps] == [1] * 5 + [2] * 5 + [3] * 5
    assert [moment.loss for moment in steps] == history.loss.tolist()
    assert [moment.learning_rate for moment in steps] == history.learning_rate.tolist()
    assert [moment.epoch for moment in epochs] == [1, 2, 3]
    assert {(moment.steps, moment.epochs) for moment in steps + epochs} == {(15, 3)}
    assert same(epochs[-1].history, history)
    assert repr(steps[6]) == "Moment(epoch 2 of 3, step 7 of 15)"


def test_a_moment_is_of_its_time_and_filters_are_copies():
    filters, lengths = [], []

    def note(moment):
        filters.append(moment.filters())
        lengths.append(moment.history.steps)

    model = net()
    run(model, on_step=note)
    assert lengths == list(range(1, 16))
    assert filters[0].shape == (4, 1, 3, 3)
    assert (filters[0] != filters[1]).any()
    np.testing.assert_array_equal(filters[-1], model[0].weight.detach())


def test_a_network_without_a_convolution_has_no_filters():
    def note(moment):
        with pytest.raises(ValueError, match="Conv2d"):
            moment.filters()

    fit(nn.Sequential(nn.Flatten(), nn.Linear(64, 4)), data(), recipe=RECIPE, on_epoch=note)


def test_it_runs_in_another_thread_and_is_stopped_from_this_one():
    token, begun, results = StopToken(), threading.Event(), []

    def work():
        recipe = RECIPE.but(epochs=10_000)
        results.append(run(net(), recipe, stop=token, on_step=lambda moment: begun.set()))

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(60)
    token.stop()
    thread.join(60)
    assert not thread.is_alive()
    assert results[0].stopped == "stop"
    assert 0 < results[0].epochs < 10_000


# --- parts that are used alone --------------------------------------------------------------------


def test_hold_out_parts_the_data():
    train, validation = hold_out(data(), 20, seed=3)
    assert (len(train[1]), len(validation[1])) == (52, 20)
    both = torch.cat([train[0], validation[0]]).flatten(1)
    assert sorted(both.tolist()) == sorted(data()[0].flatten(1).tolist())
    again = hold_out(data(), 20, seed=3)
    assert torch.equal(again[1][0], validation[0])
    assert not torch.equal(hold_out(data(), 20, seed=4)[1][0], validation[0])
    with pytest.raises(ValueError, match="count must be below the 72"):
        hold_out(data(), 72)


def test_data_sets_of_the_course_are_taken_as_they_are():
    """The brightest pixel of scikit-learn's digits is 16: the network sees it as 1."""
    from cnnviz import data as course

    digits = course.load("digits")
    train, validation = hold_out(digits, 200)
    assert (len(train), len(validation), train.top) == (1237, 200, 16)
    assert predict(nn.Flatten(), digits).max() == 1
    scaled = nn.Sequential(nn.Flatten(), nn.Linear(64, 10)), RECIPE.but(epochs=1)
    start = {name: value.clone() for name, value in scaled[0].state_dict().items()}
    ours = fit(scaled[0], train, validation, scaled[1], device="cpu")
    scaled[0].load_state_dict(start)
    pairs = [(images.scaled(), images.labels) for images in (train, validation)]
    assert same(ours, fit(scaled[0], *pairs, scaled[1], device="cpu"))


def test_small_runs_have_the_size_that_they_say():
    assert small_runs.net()(torch.zeros(2, 1, 8, 8)).shape == (2, 4)
