"""The training monitor's Python half: what it keeps of a run, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from ipykernel.comm import Comm
from torch import nn

import cnnviz
from cnnviz import training
from cnnviz.widgets import _training_monitor, _training_run
from cnnviz.widgets._traits import unpack

RNG = np.random.default_rng(0)


def small_network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 10))


def digits(count=96):
    generator = np.random.default_rng(1)
    return generator.random((count, 1, 8, 8), np.float32), generator.integers(0, 10, count)


def fit(monitor, name="", model=None, recipe=None, **options):
    recipe = recipe or training.Recipe(epochs=3, batch=32, seed=1)
    hooks = monitor.hooks(name) | options
    return training.fit(model or small_network(), digits(), digits(32), recipe, **hooks)


@pytest.fixture
def sent(monkeypatch):
    """Every state that a monitor shows while it trains, as often as it could."""
    monkeypatch.setattr(_training_monitor, "PAUSE", 0)
    monkeypatch.setattr(_training_monitor, "REST", 0)
    seen = []
    take = cnnviz.TrainingMonitor._take

    def noting(self, run, over):
        take(self, run, over)
        seen.append((run["step"][-1], len(run["epoch"]), self.training))

    monkeypatch.setattr(cnnviz.TrainingMonitor, "_take", noting)
    return seen


class TestLive:
    def test_each_step_and_each_epoch_is_shown(self, sent):
        monitor = cnnviz.TrainingMonitor()
        history = fit(monitor)
        assert [step for step, _, _ in sent] == [1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9]
        assert [epochs for _, epochs, _ in sent] == [0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3]
        assert [going for _, _, going in sent] == [True] * 11 + [False]
        (run,) = monitor.runs
        assert run["loss"] == pytest.approx(history.loss.tolist(), rel=1e-4)
        assert run["validation_accuracy"] == pytest.approx(history.validation_accuracy.tolist())
        assert repr(monitor) == "TrainingMonitor(1 run, 9 steps)"

    def test_the_history_makes_the_same_curves_as_the_run_did(self):
        monitor = cnnviz.TrainingMonitor()
        history = fit(monitor)
        (live,), (recorded,) = monitor.runs, cnnviz.TrainingMonitor(history).runs
        assert live | {"filters": None} == recorded

    def test_watching_changes_nothing(self, sent):
        plain = training.fit(
            small_network(), digits(), digits(32), training.Recipe(epochs=3, batch=32, seed=1)
        )
        watched = fit(cnnviz.TrainingMonitor())
        assert plain.loss.tolist() == watched.loss.tolist()
        assert len(sent) == 12

    def test_it_rests_so_long_that_it_slows_little(self, monkeypatch):
        """Of 960 steps, which take a second or two, few are shown: at most five a second."""
        times = []
        take = cnnviz.TrainingMonitor._take
        monkeypatch.setattr(
            cnnviz.TrainingMonitor, "_take", lambda *args: (times.append(1), take(*args))
        )
        monkeypatch.setattr(_training_monitor, "PAUSE", 3600)
        fit(cnnviz.TrainingMonitor(), recipe=training.Recipe(epochs=20, batch=32))
        assert len(times) == 2, "the first step and the end"

    def test_filters_are_those_of_the_first_step_and_of_each_epoch(self):
        monitor, kept, model = cnnviz.TrainingMonitor(), [], small_network()
        hooks = monitor.hooks()

        def on_epoch(moment):
            kept.append(moment.filters())
            hooks["on_epoch"](moment)

        fit(monitor, model=model, **hooks | {"on_epoch": on_epoch})
        filters = monitor.runs[0]["filters"]
        assert filters["step"] == [1, 3, 6, 9]
        scale = np.array(filters["scale"]).reshape(-1, 1, 1, 1, 1)
        shown = unpack(filters["values"]) * scale
        np.testing.assert_allclose(shown[1:], kept, atol=scale.max() * 0.51)

    def test_the_button_ends_the_epoch_cleanly(self):
        monitor = cnnviz.TrainingMonitor()

        def on_step(moment):
            if moment.step == 4:
                monitor.set_state({"stopping": True})  # as the browser does

        history = fit(monitor, on_step=on_step)
        assert (history.stopped, history.steps, history.epochs) == ("stop", 4, 2)
        assert not monitor.training
        assert not monitor.stopping
        assert not np.isnan(history.validation_accuracy).any()

    def test_stopped_in_an_epoch_it_knows_where_that_began(self):
        monitor = cnnviz.TrainingMonitor()
        live = monitor.hooks()

        def on_step(moment):
            live["on_step"](moment)
            if moment.step == 4:
                monitor.stop()

        fit(monitor, **live | {"on_step": on_step})
        (run,) = monitor.runs
        assert (run["stopped"], run["per_epoch"], run["steps"]) == ("stop", 3, 9)
        assert (run["step"], run["epoch"]) == ([1, 2, 3, 4], [1, 2])
        assert run["filters"]["step"] == [1, 3, 4]

    def test_a_press_from_before_stops_no_later_run(self):
        monitor = cnnviz.TrainingMonitor(stopping=True)
        assert fit(monitor).stopped == ""

    def test_runs_with_names_stand_side_by_side(self):
        monitor = cnnviz.TrainingMonitor()
        fit(monitor, "one")
        fit(monitor, "two")
        assert ([run["name"] for run in monitor.runs], monitor.run) == (["one", "two"], 1)
        first = monitor.runs[1]
        fit(monitor, "one", recipe=training.Recipe(epochs=1, batch=32))
        assert ([run["name"] for run in monitor.runs], monitor.run) == (["one", "two"], 0)
        assert len(monitor.runs[0]["epoch"]) == 1
        assert monitor.runs[1] == first

    def test_a_network_without_a_convolution_has_no_filters(self, sent):
        monitor = cnnviz.TrainingMonitor()
        fit(monitor, model=nn.Sequential(nn.Flatten(), nn.Linear(64, 10)))
        assert monitor.runs[0]["filters"] is None
        assert len(sent) == 12

    def test_hooks_serve_one_run_after_the_other(self):
        monitor = cnnviz.TrainingMonitor()
        hooks = monitor.hooks()
        for epochs in (2, 1):
            recipe = training.Recipe(epochs=epochs, batch=32)
            training.fit(small_network(), digits(), recipe=recipe, **hooks)
            (run,) = monitor.runs
            assert (len(run["step"]), len(run["filters"]["step"])) == (3 * epochs, 1 + epochs)
            assert run["validation_accuracy"] == [None] * epochs


class TestRecorded:
    def test_a_record_comes_back_out_of_json(self):
        monitor = cnnviz.TrainingMonitor()
        fit(monitor, "kept")
        text = json.dumps(monitor.state()["runs"])
        again = cnnviz.TrainingMonitor(json.loads(text))
        assert again.runs == monitor.runs
        assert again.state() == monitor.state()

    def test_a_history_and_its_dictionary_are_the_same_run(self):
        history = training.fit(
            small_network(), digits(), recipe=training.Recipe(epochs=2, batch=32)
        )
        one, other = cnnviz.TrainingMonitor(history), cnnviz.TrainingMonitor(history.to_dict())
        assert one.runs == other.runs

    def test_epochs_alone_will_do(self):
        monitor = cnnviz.TrainingMonitor(
            {"a": {"train_accuracy": [0.5, 0.75]}, "b": {"train_loss": [2, 1, 0.5]}}
        )
        a, b = monitor.runs
        assert (a["step"], a["loss"], a["per_epoch"]) == ([1, 2], [None, None], 1)
        assert (b["step"], b["loss"], b["train_accuracy"]) == ([1, 2, 3], [2, 1, 0.5], [])
        assert "train accuracy 75.0 %" in monitor.caption()
        monitor.run = 1
        assert monitor.caption() == "Training monitor: step 3 of 3, b: loss 0.5."
        assert all(cnnviz.TrainingMonitor(m).picture().width > 500 for m in (monitor.runs[:1], b))

    def test_what_is_not_finite_is_a_gap(self):
        record = {"loss": [2, np.nan, None, np.inf], "validation_loss": [1, -np.inf]}
        monitor = cnnviz.TrainingMonitor(record)
        assert monitor.runs[0]["loss"] == [2, None, None, None]
        assert monitor.runs[0]["validation_loss"] == [1, None]
        assert monitor.caption() == "Training monitor: step 4 of 4."
        json.dumps(monitor.state(), allow_nan=False)
        assert monitor.picture().width > 500

    @pytest.mark.parametrize("empty", [None, {}, [], {"loss": []}, {"a": {"loss": []}}])
    def test_nothing_is_an_empty_monitor(self, empty):
        monitor = cnnviz.TrainingMonitor(empty)
        assert "nothing has been trained" in monitor.caption()
        assert monitor.to_html()
        assert repr(monitor) in (
            "TrainingMonitor(nothing trained yet)",
            "TrainingMonitor(1 run, 0 steps)",
            "TrainingMonitor(1 run, 0 steps of 'a')",
        )

    def test_one_step_of_one_epoch(self):
        monitor = cnnviz.TrainingMonitor({"loss": [1], "train_loss": [1], "train_accuracy": [0]})
        assert repr(monitor) == "TrainingMonitor(1 run, 1 step)"
        assert "train accuracy 0.0 %" in monitor.caption()
        assert monitor.picture().width > 500

    def test_the_step_shown_is_the_last_that_was_kept(self):
        monitor = cnnviz.TrainingMonitor({"loss": [4, 3, 2], "validation_accuracy": [0.5, 0.75, 1]})
        for step, says in ((0, "step 1 of 3: loss 4,"), (2, "step 2 of 3: loss 3,"), (9, "step 3")):
            monitor.step = step
            assert says in monitor.caption()

    def test_filters_belong_to_the_ends_of_epochs(self):
        record = {"loss": np.ones(8), "train_loss": [1, 1, 1], "per_epoch": 3}
        for count, steps in ((3, [3, 6, 8]), (4, [0, 3, 6, 8])):
            run = cnnviz.TrainingMonitor(record, filters=np.ones((count, 2, 1, 2, 2))).runs[0]
            assert run["filters"]["step"] == steps
        with pytest.raises(ValueError, match="filters for each of 3 epochs"):
            cnnviz.TrainingMonitor(record, filters=np.ones((2, 2, 1, 2, 2)))

    def test_colours_are_kept_and_of_other_channels_the_first(self):
        for channels, kept in ((1, 1), (2, 1), (3, 3), (16, 1)):
            filters = RNG.normal(size=(1, 4, channels, 3, 3))
            run = cnnviz.TrainingMonitor({"train_loss": [1]}, filters=filters).runs[0]
            values = unpack(run["filters"]["values"])
            assert (values.shape[2], run["filters"]["channels"]) == (kept, channels)
            scale = run["filters"]["scale"][0]
            np.testing.assert_allclose(values * scale, filters[:, :, :kept], atol=scale * 0.51)


class TestThinning:
    def test_the_first_the_last_and_every_spike_are_kept(self):
        loss = np.geomspace(2, 0.1, 10_000)
        loss[[1234, 7777]] = 9, 0.001
        run = cnnviz.TrainingMonitor({"loss": loss}).runs[0]
        assert len(run["step"]) <= _training_run.MOST_POINTS
        assert (run["step"][0], run["step"][-1]) == (1, 10_000)
        assert {1235, 7778} <= set(run["step"])
        assert (max(run["loss"]), min(run["loss"])) == (9, 0.001)

    def test_what_is_short_is_whole(self):
        run = cnnviz.TrainingMonitor({"loss": np.arange(1, 301)}).runs[0]
        assert run["step"] == list(range(1, 301))

    def test_the_end_of_each_epoch_is_a_step_that_was_kept(self):
        record = {"loss": np.ones(6000), "train_accuracy": np.linspace(0, 1, 60)}
        run = cnnviz.TrainingMonitor(record).runs[0]
        assert set(range(100, 6001, 100)) <= set(run["step"])
        assert len(run["step"]) <= _training_run.MOST_POINTS

    def test_numbers_that_are_not_finite_do_not_hide_the_others(self):
        loss = np.where(np.arange(5000) % 3, np.nan, np.linspace(3, 1, 5000))
        loss[3000] = 7
        assert max(filter(None, cnnviz.TrainingMonitor({"loss": loss}).runs[0]["loss"])) == 7
        nothing = cnnviz.TrainingMonitor({"loss": np.full(5000, np.nan)})
        assert set(nothing.runs[0]["loss"]) == {None}

    def test_thousands_of_epochs_keep_the_best_and_the_worst(self):
        accuracy = np.full(3000, 0.5)
        accuracy[[100, 2000]] = 0.125, 0.875
        run = cnnviz.TrainingMonitor({"validation_accuracy": accuracy}).runs[0]
        assert len(run["epoch"]) <= _training_run.MOST_EPOCHS
        assert {1, 101, 2001, 3000} <= set(run["epoch"])

    def test_a_page_stays_light(self):
        record = {
            "loss": RNG.random(9380),
            "learning_rate": RNG.random(9380),
            **{part: RNG.random(20) for part in _training_run.EPOCHS},
        }
        for shape in ((6, 1, 5, 5), (32, 3, 3, 3), (64, 3, 7, 7), (96, 3, 11, 11)):
            monitor = cnnviz.TrainingMonitor(record, filters=RNG.normal(size=(20, *shape)))
            assert len(json.dumps(monitor.state())) < 40_000
            assert len(monitor.to_html()) < 90_000


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"runs": 3}, TypeError, "runs must be a History, a mapping"),
        ({"runs": {"loss": [1], "accuracy": [1]}}, TypeError, "runs must hold histories"),
        ({"runs": {"loss": [1, 2], "learning_rate": [1]}}, ValueError, "a learning_rate for each"),
        ({"runs": {"train_loss": [1], "train_accuracy": [1, 1]}}, ValueError, "each of 2 epochs"),
        ({"runs": {"train_accuracy": [50, 90]}}, ValueError, "accuracies from 0 to 1, got 50 to"),
        ({"runs": {"loss": ["a"]}}, TypeError, "runs"),
        ({"runs": {"loss": [[1, 2]]}}, ValueError, r"runs \(loss\) must have 1 axes"),
        ({"runs": {"loss": [1, 2], "train_loss": [1] * 3}}, ValueError, "3 epochs of steps"),
        ({"runs": {"loss": [1], "per_epoch": 0.5}}, TypeError, "per_epoch"),
        ({"runs": {1: {"loss": [1]}}}, TypeError, "texts of at most 60 characters for names"),
        ({"runs": {str(i): {"loss": [1]} for i in range(9)}}, ValueError, "at most 8 runs"),
        ({"runs": [{"loss": [1]}]}, TypeError, "runs as a monitor's state has them"),
        ({"runs": {"loss": [1]}, "run": 1}, ValueError, "run must be less than the 1 runs"),
        ({"step": -1}, ValueError, "step must be"),
        ({"log_scale": 1}, TypeError, "log_scale must be True or False"),
        ({"filters": np.ones((1, 1, 1, 2, 2))}, TypeError, "filters must come with one run"),
        ({"runs": {"train_loss": [1]}, "filters": np.ones((2, 2))}, ValueError, "filters"),
        ({"history": {}}, TypeError, "no argument 'history'"),
    ],
)
def test_what_is_not_allowed_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        cnnviz.TrainingMonitor(**arguments)


@pytest.mark.parametrize(
    "damage",
    [
        {"loss": [1]},
        {"loss": [1, "2"]},
        {"loss": [1, float("nan")]},
        {"step": [2, 1]},
        {"step": [1.0, 2.0]},
        {"step": [1, 5]},
        {"epoch": [0]},
        {"per_epoch": 0},
        {"stopped": "tea"},
        {"filters": {}},
        {"filters": {"step": [1], "scale": [1], "channels": 1, "values": {"dtype": "int8"}}},
        {"name": 3},
        {"loss": None},
    ],
)
def test_a_record_that_is_damaged_is_refused(damage):
    run = cnnviz.TrainingMonitor({"loss": [2, 1], "train_loss": [1.5]}).runs[0]
    cnnviz.TrainingMonitor([run])
    with pytest.raises(ValueError, match="runs must be runs as a monitor's state has them"):
        cnnviz.TrainingMonitor([run | damage])


def test_a_press_goes_where_the_page_sends_it():
    """Also while a cell runs that has just shown a step: not behind that cell."""
    monitor = cnnviz.TrainingMonitor()
    monitor.comm = comm = Comm(target_name="test", show_warning=False)
    comm._reply_subshell_id = None  # as ipykernel notes when a cell sends something
    assert comm._reply_subshell_for({"method": "update"}, "a thread") == "a thread"


def test_torch_is_not_needed():
    code = (
        "import sys; sys.modules['torch'] = None; import cnnviz;"
        "m = cnnviz.TrainingMonitor({'loss': [2, 1]}); m.to_html(); m.hooks(); print(m)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "TrainingMonitor(1 run, 2 steps)"
