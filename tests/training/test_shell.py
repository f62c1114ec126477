"""``python -m cnnviz.training``: alone, and as two processes under torchrun."""

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from cnnviz import nets
from cnnviz.training import History, load_weights
from cnnviz.training._shell import RUNS, main

DIGITS = ["lenet-digits", "--device", "cpu", "--epochs", "1", "--progress", "none"]


@pytest.fixture
def one_thread():
    """As many threads as the processes that torchrun starts have."""
    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(usual)


def test_help_names_the_recipes_and_torchrun(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    words = capsys.readouterr().out
    assert all(name in words for name in RUNS)
    assert "torchrun" in words
    assert "--checkpoint" in words


def test_it_prints_a_table_and_writes_what_is_asked_for(tmp_path, capsys):
    paths = [str(tmp_path / name) for name in ("run.pt", "run.json", "run.safetensors")]
    options = ["--checkpoint", paths[0], "--history", paths[1], "--weights", paths[2]]
    assert main([*DIGITS, *options]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "61706 parameters, on cpu" in out
    header, row = out.splitlines()[-2:]
    assert header == "epoch  loss  accuracy  test loss  test accuracy  seconds"
    written = json.loads((tmp_path / "run.json").read_text())
    assert (written["recipe"], written["settings"]["epochs"]) == ("lenet-digits", 1)
    history = History.from_dict(written["history"])
    assert history.steps == 45
    assert row.split()[4] == f"{history.validation_accuracy[0]:.2%}"
    net = nets.lenet5(32)
    assert load_weights(net, paths[2]) == {"recipe": "lenet-digits"}
    assert sorted(os.listdir(tmp_path)) == ["run.json", "run.pt", "run.safetensors"]

    assert main([*DIGITS, "--checkpoint", paths[0]]) == 2  # not asked to go on, nor to overwrite
    assert "resume" in capsys.readouterr().err
    assert main([*DIGITS, "--checkpoint", paths[0], "--resume"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split()[:5] == row.split()[:5]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--epochs", "0"], "ValueError: epochs must be"),
        (["--device", "tpu"], "ValueError: device must be one of"),
        (["--history", "run.txt"], "ValueError: history must name a file ending in .json"),
        (["--weights", "nowhere/w.safetensors"], "there is no 'nowhere'"),
        (["--checkpoint", "nowhere/run.pt"], "there is no 'nowhere'"),
    ],
)
def test_what_is_wrong_is_said_in_a_line_and_before_training(options, words, capsys):
    assert main([*DIGITS, *options]) == 2
    out, err = capsys.readouterr()
    assert words in err
    assert len(err.splitlines()) == 1
    assert "loss" not in out


def test_an_unknown_recipe(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["alexnet"])
    assert caught.value.code == 2
    assert "lenet-mnist" in capsys.readouterr().err


class Few(SimpleNamespace):
    """Noise in the shape of CIFAR-10."""

    def __init__(self, count):
        chance = np.random.default_rng(count)
        pictures = chance.integers(0, 256, (count, 3, 32, 32), np.uint8)
        super().__init__(pictures=pictures, labels=np.arange(count) % 10)

    def __getitem__(self, where):
        return SimpleNamespace(pictures=self.pictures[where], labels=self.labels[where])


@pytest.mark.parametrize(
    ("name", "parameters"), [("cifar10-small", 269722), ("cifar10-94", 11173962)]
)
def test_the_networks_for_cifar10_train_on_some_of_the_pictures(
    name, parameters, tmp_path, monkeypatch, capsys
):
    few = {"train": Few(24), "test": Few(10)}
    monkeypatch.setitem(RUNS, name, replace(RUNS[name], load=few.get))
    path = tmp_path / "run.json"
    options = ["--pictures", "16", "--batch", "8", "--epochs", "2", "--history", str(path)]
    assert main([name, "--device", "cpu", "--progress", "none", *options]) == 0
    assert f"{parameters} parameters" in capsys.readouterr().out
    history = History.from_dict(json.loads(path.read_text())["history"])
    assert history.steps == 4
    assert np.isfinite(history.loss).all()


def test_no_pictures_are_too_few(capsys):
    assert main([*DIGITS, "--pictures", "0"]) == 2
    assert "pictures must be" in capsys.readouterr().err


@pytest.fixture
def meeting_place():
    """A port of this machine that nobody listens on."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        return f"localhost:{free.getsockname()[1]}"


def test_two_processes_train_as_one_does(tmp_path, one_thread, meeting_place):
    """The same batches, each shared: the losses part no faster than rounding makes them.

    Each process has a launcher of its own, as on two machines; ``--standalone`` is one that meets
    itself.
    """
    alone, together = tmp_path / "alone.json", tmp_path / "together.json"
    weights = tmp_path / "together.safetensors"
    assert main([*DIGITS, "--history", str(alone)]) == 0
    torchrun = ["-m", "torch.distributed.run", "--nnodes", "2", "--nproc-per-node", "1"]
    torchrun += ["--rdzv-backend", "c10d", "--rdzv-endpoint", meeting_place, "--rdzv-id", "course"]
    options = ["--history", str(together), "--weights", str(weights)]
    options += ["--checkpoint", str(tmp_path / "run.pt"), "--accumulate", "2"]
    launchers = [
        subprocess.Popen(
            [sys.executable, *torchrun, "-m", "cnnviz.training", *DIGITS, *options],
            env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    told = [launcher.communicate(timeout=200) for launcher in launchers]
    assert [launcher.returncode for launcher in launchers] == [0, 0], told
    words = "61706 parameters, on cpu, 2 processes"
    assert sorted(out.count(words) for out, _ in told) == [0, 1]  # the first alone speaks
    one, two = (
        History.from_dict(json.loads(path.read_text())["history"]) for path in (alone, together)
    )
    assert one.steps == two.steps == 45  # the same batches: the last of 29, shared as 15 and 14
    np.testing.assert_allclose(two.loss[:10], one.loss[:10], rtol=1e-4)
    np.testing.assert_allclose(two.loss, one.loss, rtol=0.1, atol=0.01)
    assert two.train_loss[0] == pytest.approx(one.train_loss[0], rel=0.01)
    assert two.validation_accuracy[0] == pytest.approx(one.validation_accuracy[0], abs=0.02)
    load_weights(nets.lenet5(32), weights)
    assert (tmp_path / "run.pt").exists()
