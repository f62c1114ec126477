"""Checkpoints: going on is as if nothing had happened, and nothing is ever lost."""

import errno
import json
import os
import pickle
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import small_runs
import torch
from small_runs import LONG, RECIPE, data, net, same, same_weights, stop_at
from torch import nn

from cnnviz.training import CheckpointError, StopToken, fit


def run(model, path=None, recipe=RECIPE, train=None, **more):
    more = {"device": "cpu", "resume": path is not None, **more}
    return fit(model, train or data(), data(40, 1), recipe, checkpoint=path, **more)


@pytest.mark.parametrize("step", range(1, 16))
@pytest.mark.parametrize(
    "recipe",
    [
        RECIPE,
        RECIPE.but(optimiser="sgd", schedule="step", step_epochs=1, patience=1),
        RECIPE.but(precision="float16", monitor="accuracy", patience=2),
    ],
    ids=["adam", "sgd", "float16"],
)
def test_a_run_that_is_stopped_after_any_step_goes_on_as_if_it_had_not(tmp_path, recipe, step):
    expected, model = net(), net()
    whole = run(expected, recipe=recipe)
    token, path = StopToken(), tmp_path / "run.pt"
    run(net(), path, recipe, stop=token, on_step=stop_at(step, token))
    torch.manual_seed(123)
    assert same(run(model, path, recipe), whole)
    assert same_weights(model, expected)
    assert os.listdir(tmp_path) == ["run.pt"]


def test_a_finished_run_gives_what_it_gave(tmp_path):
    first, again = net(), net(1)
    history = run(first, tmp_path / "run.pt", LONG)
    assert history.stopped == "patience" or history.epochs == LONG.epochs
    steps = []
    assert same(run(again, tmp_path / "run.pt", LONG, on_step=steps.append), history)
    assert same_weights(first, again)
    assert not steps
    assert not again.training


def test_more_epochs_can_follow_where_the_rate_does_not_depend_on_them(tmp_path):
    recipe = RECIPE.but(schedule="constant")
    run(net(), tmp_path / "run.pt", recipe)
    more = run(net(), tmp_path / "run.pt", recipe.but(epochs=5))
    assert same(more, run(net(), recipe=recipe.but(epochs=5)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_a_run_killed_at_20_random_moments_gives_the_same_numbers(tmp_path):
    """Killed while it steps, measures or writes: `killed_runs` does it, and compares."""
    script = Path(small_runs.__file__).with_name("killed_runs.py")
    environment = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    command = [sys.executable, str(script), str(tmp_path), "20"]
    out = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200)
    assert out.returncode == 0, out.stderr
    report = json.loads(out.stdout)
    assert report["kills"] == 20
    assert report["finished"] >= 1
    assert report["different"] == 0
    assert report["left over"] == []
    # They were killed at many places, and had got on in between.
    assert len(set(report["reached"])) > 10, report
    assert max(report["resumed"]) > 0, report


# --- what is refused, and left alone --------------------------------------------------------------


@pytest.fixture
def path(tmp_path):
    """A run stopped in its second epoch."""
    token, path = StopToken(), tmp_path / "run.pt"
    run(net(), path, stop=token, on_step=stop_at(7, token))
    return path


def refused(words, path, model=None, error=ValueError, **more):
    """Going on must fail with these words, and change neither file nor model."""
    before, model = path.read_bytes(), model or net(3)
    untouched = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(error, match=words):
        run(model, path, **more)
    assert path.read_bytes() == before
    assert all(torch.equal(value, untouched[name]) for name, value in model.state_dict().items())


def test_a_run_is_not_overwritten_unasked(path):
    refused("run.pt' is there already: go on with resume=True", path, None, OSError, resume=False)


def test_the_weights_of_another_network_are_named(path):
    wider = net(3)
    wider[0], wider[1] = nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6)
    wider[6] = nn.Linear(24, 4)
    refused(
        r"another network: 0.weight is \(4, 1, 3, 3\) and should be \(6, 1, 3, 3\)", path, wider
    )
    deeper = nn.Sequential(*net(3), nn.Linear(4, 4))
    refused("another network: 7.weight is missing; 7.bias is missing", path, deeper)
    plain = net(3)
    plain[1] = nn.Identity()
    refused("another network: 1.weight is too many; .* and 1 more", path, plain)


def test_another_recipe_or_other_data_is_named(path):
    refused(
        "another recipe: learning_rate was 0.01 and is 0.1; seed was 0 and is 5",
        path,
        recipe=RECIPE.but(learning_rate=0.1, seed=5),
    )
    refused("epochs was 3 and is 9", path, recipe=RECIPE.but(epochs=9))  # moves the one-cycle
    refused("other data: train", path, train=data(seed=1))
    changed = data()
    changed[1][0] = (changed[1][0] + 1) % 4
    refused("other data: train", path, train=changed)


@pytest.mark.parametrize("share", [0, 0.3, 0.5, 0.98])
def test_a_checkpoint_cut_short(path, share):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    refused("run.pt' is not one, or was cut short", path)


def test_what_is_no_checkpoint(path):
    path.write_text("epoch 3: loss 0.1\n")
    refused("is not one, or was cut short", path)
    torch.save(net().state_dict(), path)
    refused("must be one that fit wrote, got a dict with .*0.weight", path)
    torch.save(torch.zeros(3), path)
    refused("must be one that fit wrote, got a Tensor", path)


def test_nothing_in_a_checkpoint_is_run(path, tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "trapped"),)

    torch.save({"format": "cnnviz.training 1", "model": Trap()}, path)
    refused("is not one, or was cut short", path)
    path.write_bytes(pickle.dumps(Trap(), protocol=2))
    refused("is not one, or was cut short", path)
    assert not (tmp_path / "trapped").exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [("run.txt", "must name a file ending in .pt"), ("no/run.pt", "make it first")],
)
def test_a_place_that_will_not_do_is_refused_at_once(tmp_path, name, words):
    with pytest.raises((ValueError, OSError), match=words):
        run(net(), tmp_path / name)


def test_a_disk_that_fills_up_costs_nothing(path):
    """A limit on the size of files stands for the disk: the write itself fails, half-way."""
    before, model = path.read_bytes(), net()
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(moment):
        if moment.step == 9:
            resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, usual[1]))

    try:
        with pytest.raises(
            CheckpointError, match=r"can't be written .*the one before it"
        ) as caught:
            run(model, path, on_step=fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert caught.value.errno == errno.EFBIG
    assert caught.value.filename == str(path)
    assert caught.value.history.steps == 10
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["run.pt"]
    assert same(run(net(), path), run(net()))


def test_a_full_disk_is_called_so(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CheckpointError, match=r"\(No space left on device\)") as caught:
        run(net(), tmp_path / "run.pt")
    assert caught.value.history.epochs == 1
    assert not os.listdir(tmp_path)


def test_a_run_that_breaks_leaves_the_checkpoint_of_the_last_good_epoch(tmp_path):
    class Breaks(nn.Module):
        steps = 0

        def forward(self, x):
            self.steps += self.training
            return x / (self.steps < 8) if self.training else x

    with pytest.raises(FloatingPointError):
        run(net(0, Breaks()), tmp_path / "run.pt", checkpoint_steps=1)
    mended = net(0, nn.Identity())
    assert same(run(mended, tmp_path / "run.pt"), run(net(0, nn.Identity())))
    assert np.isfinite(run(mended, tmp_path / "run.pt").loss).all()
