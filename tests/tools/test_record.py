"""What full runs are written down as: a table that can be made in several runs, and read."""

import base64
import json
from types import SimpleNamespace

import numpy as np
import pytest
import record
import torch

from cnnviz import nets

# Faces have a tool, and tests, of their own.
OF_OTHER_TOOLS = ("evaluators", "faces")  # each tested beside the tool that wrote it
TRAININGS = sorted(p for p in record.RECORDS.glob("*.json") if p.stem not in OF_OTHER_TOOLS)


def table_of(path):
    return json.loads(path.read_text(encoding="utf-8"))["trials"]


def test_lines_that_are_not_run_again_stay(tmp_path):
    path, order = tmp_path / "mnist.json", ["a", "b", "c"]
    record.write(path, {"c": {"runs": [{"seed": 0}]}, "a": {"runs": []}}, order)
    record.write(path, {"b": {"runs": []}, "c": {"runs": [{"seed": 1}]}}, order)
    assert list(table_of(path)) == order
    assert table_of(path)["c"]["runs"] == [{"seed": 1}]


def test_a_line_that_the_table_has_no_more_goes(tmp_path):
    path = tmp_path / "mnist.json"
    record.write(path, {"a": {}, "b": {}}, ["a", "b"])
    record.write(path, {}, ["b"])
    assert list(table_of(path)) == ["b"]


def test_more_keeps_what_was_run_with_the_same_recipe_on_the_same_device(tmp_path):
    path, name = tmp_path / "mnist.json", next(iter(record.MNIST))
    recipe = record.MNIST[name].recipe.to_dict()
    line = {"device": "cpu", "recipe": recipe, "runs": [{"seed": 0}]}
    record.write(path, {name: line}, [name])
    assert record.written(path, "mnist", name, "cpu") == [{"seed": 0}]
    assert record.written(path, "mnist", name, "a GPU") == []
    assert record.written(tmp_path / "none.json", "mnist", name, "cpu") == []
    record.write(path, {name: line | {"recipe": recipe | {"epochs": 99}}}, [name])
    assert record.written(path, "mnist", name, "cpu") == []


def test_a_run_that_goes_astray_is_written_down_as_one(monkeypatch):
    examples = (torch.full((8, 3, 32, 32), 1e30), torch.arange(8))

    class Few(SimpleNamespace):
        def __getitem__(self, where):
            return Few(pictures=self.pictures[where], labels=self.labels[where])

    few = Few(pictures=examples[0], labels=examples[1])
    monkeypatch.setattr(record, "pictures", lambda table: (few, few))
    name = next(iter(record.CIFAR))
    result = record.run(("cifar10", name, 0, "cpu"))
    assert (result["name"], result["seed"]) == (name, 0)
    assert "step" in result["failed"]


def test_max_norm_shrinks_what_is_too_long_and_nothing_else():
    net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Conv2d(1, 1, 1), torch.nn.ReLU())
    net[0].weight.data = torch.tensor([[3.0, 4.0], [0.3, 0.4]])
    net[1].weight.data.fill_(-6.0)
    record.max_norm(1)(SimpleNamespace(model=net))
    assert torch.allclose(net[0].weight, torch.tensor([[0.6, 0.8], [0.3, 0.4]]), atol=1e-5)
    assert net[1].weight.item() == pytest.approx(-1, abs=1e-5)


def test_json_has_a_line_for_each_run():
    runs = [{"seed": seed, "train_loss": [0.5, 0.25]} for seed in range(3)]
    content = {"trials": {"a net": {"recipe": {"epochs": 2}, "pictures": None, "runs": runs}}}
    text = record.as_json(content)
    assert json.loads(text) == content
    assert sum('"seed"' in line for line in text.splitlines()) == 3


def test_mistakes_say_which_picture_was_taken_for_what_and_how_surely():
    scores = np.log(np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.25, 0.5, 0.25]]))
    assert record.mistakes(scores, np.array([0, 1, 1])) == [(1, 1, 2, 0.6)]


def test_mistakes_of_large_scores_are_finite():
    assert record.mistakes(np.array([[1000.0, 0.0]]), np.array([1])) == [(0, 1, 0, 1.0)]


@pytest.mark.parametrize(
    ("table", "shape"),
    [("mnist", (1, 28, 28)), ("cifar10", (3, 32, 32)), ("cifar10-cpu", (3, 32, 32))],
    ids=str,
)
def test_each_network_takes_the_pictures_of_its_table(table, shape):
    for name, trial in record.TABLES[table].items():
        net = trial.network().eval()
        if trial.initialise:
            trial.initialise(net)
        with torch.no_grad():
            assert net(torch.zeros(1, *shape)).shape == (1, 10), name


@pytest.mark.parametrize("path", TRAININGS, ids=lambda path: path.stem)
def test_what_is_written_down_is_what_the_tool_would_train(path):
    for name, line in table_of(path).items():
        table = path.stem if path.stem in record.TABLES else path.stem.partition("-")[0]
        trial = record.TABLES[table][name]  # mnist-h100: mnist on a GPU
        assert line["recipe"] == trial.recipe.to_dict(), name
        assert line["pictures"] == trial.pictures, name
        assert line["parameters"] == nets.parameter_count(trial.network()), name
        assert [run["seed"] for run in line["runs"]] == list(range(len(line["runs"]))), name


@pytest.mark.parametrize("path", TRAININGS, ids=lambda path: path.stem)
def test_pictures_that_all_runs_got_wrong_are_there(path):
    for line in table_of(path).values():
        if "wrong in all runs" in line:
            wrong = [{str(place) for place, *_ in run["mistakes"]} for run in line["runs"]]
            assert set(line["wrong in all runs"]) == set.intersection(*wrong)
            for picture in line["wrong in all runs"].values():
                assert len(base64.b64decode(picture)) == 28 * 28


def test_pictures_that_all_got_wrong_are_taken_from_the_runs_that_ended(monkeypatch):
    test = SimpleNamespace(pictures=np.arange(12, dtype=np.uint8).reshape(3, 1, 2, 2))
    monkeypatch.setattr(record, "pictures", lambda table: (None, test))
    ended = {"mistakes": [(2, 5, 6, 0.9), (0, 1, 7, 0.5)]}
    astray = {"failed": "loss became NaN"}
    found = record.hard_pictures("mnist", [ended, astray, {"mistakes": [(2, 5, 3, 0.4)]}])
    assert found == {"2": base64.b64encode(bytes([8, 9, 10, 11])).decode()}
    assert record.hard_pictures("mnist", [astray]) == {}
