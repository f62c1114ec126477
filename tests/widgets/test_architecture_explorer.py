"""The architecture explorer's Python half: the ledger's numbers, rows and groups by name."""

import json
import math

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz import ArchitectureExplorer, ledger, nets

PICTURE = (3, 64, 64)


class Branches(nn.Module):
    """One convolution used twice, and two ways that meet."""

    def __init__(self):
        super().__init__()
        self.shared = nn.Conv2d(4, 4, 3, padding=1)
        self.side = nn.Sequential(nn.Conv2d(4, 4, 1), nn.ReLU())

    def forward(self, x):
        return torch.cat([self.shared(self.shared(x)), self.side(x)], 1)


def of_values(row):
    return math.prod(row["size"]) if row["memory"] else 0


@pytest.fixture(scope="module")
def resnet():
    return ledger(nets.resnet18(), PICTURE)


def test_the_columns_are_the_ledgers_rows(resnet):
    network = ArchitectureExplorer(resnet).networks[0]
    for at, row in enumerate(resnet):
        assert network["name"][at] == row["name"]
        assert network["layers"][network["layer"][at]] == {
            "text": row["layer"],
            "kind": row["kind"],
        }
        assert tuple(network["size"][at]) == row["size"]
        for count in ("parameters", "multiply_adds", "memory"):
            assert network[count][at] == row[count]


def test_every_row_is_selected_with_the_ledgers_numbers(resnet):
    explorer = ArchitectureExplorer(resnet)
    before = 0
    for at, row in enumerate(resnet):
        explorer.selected = at
        chosen = explorer.selection
        same = ("name", "layer", "size", "parameters", "multiply_adds", "memory", "receptive_field")
        assert {name: chosen[name] for name in same} == {name: row[name] for name in same}
        assert chosen["activations"] == of_values(row)
        before += row["parameters"]
        assert chosen["share"] == row["parameters"] / resnet.parameters
        assert chosen["cumulated"] == pytest.approx(before / resnet.parameters)
    assert chosen["cumulated"] == 1


@pytest.mark.parametrize("size_by", ["parameters", "multiply_adds", "activations", "shape"])
def test_the_shares_of_all_groups_of_a_level_add_up(resnet, size_by):
    explorer = ArchitectureExplorer(resnet, size_by=size_by)
    tops = list(dict.fromkeys(row["name"].split(".")[0] for row in resnet))
    shares = []
    for name in tops:
        explorer.selected = name
        shares.append(explorer.selection["share"])
    assert sum(shares) == pytest.approx(1)
    assert explorer.selection["cumulated"] == pytest.approx(1)


def test_a_group_has_the_sums_of_its_rows_and_what_comes_out_of_it(resnet):
    rows = [row for row in resnet if row["name"].split(".")[:2] == ["layer2", "0"]]
    chosen = ArchitectureExplorer(resnet, selected="layer2.0").selection
    assert chosen["name"] == "layer2.0"
    assert chosen["layer"] == f"{len(rows)} operations"
    assert chosen["parameters"] == sum(row["parameters"] for row in rows)
    assert chosen["size"] == rows[-1]["size"]
    assert chosen["receptive_field"] == rows[-1]["receptive_field"]


def test_a_shared_module_and_branches_keep_their_joins():
    model = Branches()
    book = ledger(model, (4, 8, 8))
    network = ArchitectureExplorer(book).networks[0]
    assert network["name"] == ["shared", "shared", "side.0", "side.1", ""]
    assert network["sources"] == [[-1], [0], [-1], [2], [1, 3]]
    assert network["parameters"] == [148, 0, 20, 0, 0]
    explorer = ArchitectureExplorer(book, selected="side")
    assert explorer.selected == [0, 2, 4]
    explorer.selected = "shared"  # the last use, as a ledger finds it
    assert explorer.selected == [0, 1, 2]


def test_sources_are_earlier_rows_and_no_row_but_the_last_is_for_nothing(resnet):
    sources = resnet.sources()
    assert all(source < at for at, rows in enumerate(sources) for source in rows)
    assert {s for rows in sources for s in rows} == set(range(-1, len(resnet) - 1))


def test_a_model_is_its_ledger():
    torch.manual_seed(0)
    model = nets.lenet5()
    made, given = ArchitectureExplorer(model, input_shape=(1, 28, 28)), ledger(model, (1, 28, 28))
    assert made.state() == ArchitectureExplorer(given).state()
    assert (
        ArchitectureExplorer(given, model, input_shape=(1, 28, 28)).networks[0]
        == (made.networks[0])
    )


def test_the_largest_row_is_selected_at_first():
    book = ledger(nets.vgg16(), (3, 224, 224))
    explorer = ArchitectureExplorer(book, names=["VGG-16"])
    assert explorer.selection["name"] == "classifier.0"
    assert repr(explorer) == (
        "ArchitectureExplorer(VGG-16 by parameters: 'classifier.0', 102 764 544 of 138 357 544)"
    )
    assert "74.3 % of those of VGG-16 are in classifier.0" in explorer.caption()


def test_other_networks_start_anew(resnet):
    explorer = ArchitectureExplorer(resnet, opened=["layer1"], selected=60)
    explorer.networks = [ledger(nets.lenet5(), (1, 28, 28))]
    assert explorer.opened is None
    assert explorer.selection["name"] == "c5"


def test_a_state_is_taken_back_and_is_small():
    deep = ledger(nets.resnet152(), (3, 224, 224))
    explorer = ArchitectureExplorer(deep, opened="all", selected="layer3.20")
    size = len(json.dumps(explorer.state(), separators=(",", ":")))
    assert size < 60_000
    explorer.networks = json.loads(json.dumps(explorer.networks))
    assert explorer.networks[0]["name"] == [row["name"] for row in deep]


def test_the_picture_has_each_networks_length_on_the_common_scale(resnet):
    other = ledger(nets.lenet5(), (1, 28, 28))
    pixels = np.asarray(ArchitectureExplorer(resnet, other).picture().convert("L"))
    rows = pixels[[90, len(pixels) // 2 + 90]]  # through the middle of each bar
    filled = [np.flatnonzero(row < 200) for row in rows]
    lengths = [int(at[-1] - at[0] + 1) if len(at) else 0 for at in filled]
    assert lengths[1] / lengths[0] == pytest.approx(other.parameters / resnet.parameters, abs=0.004)


def test_what_cannot_be_traced_gives_the_ledgers_words():
    class Stuck(nn.Module):
        def forward(self, x):
            return x.view(3, 5)

    with pytest.raises(ValueError, match="model") as own:
        ledger(Stuck(), (1, 8))
    with pytest.raises(ValueError, match="model") as shown:
        ArchitectureExplorer(Stuck(), input_shape=(1, 8))
    assert str(shown.value) == str(own.value)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"model": nn.ReLU()}, ValueError, "input_shape must be given where model is a model"),
        ({"model": [1]}, TypeError, r"model must be a ledger or a torch.nn.Module, got \[1\]"),
        ({"other": 3}, TypeError, "other must be a ledger or a torch.nn.Module, got 3"),
        ({"input_shape": (1, 8)}, ValueError, "input_shape must come with a model"),
        ({"size_by": "area"}, ValueError, "size_by must be one of parameters, .* got 'area'"),
        ({"scale": "log"}, ValueError, "scale must be one of common, own; got 'log'"),
        ({"names": ["a", "b"]}, ValueError, "names must be 1, one for each network"),
        ({"names": [3]}, TypeError, "names must be a list of texts"),
        ({"selected": "c9"}, ValueError, "selected must be the name .* such as 'c.'.*'c9'"),
        ({"selected": 99}, ValueError, "selected must be from 0 to 11, got 99"),
        ({"selected": (1, 0)}, ValueError, "selected must name one of the 1 networks"),
        ({"selected": [0, 5, 5]}, ValueError, "selected must be .* rows that there are"),
        ({"selected": 1.5}, TypeError, "selected must be a row's place, its name"),
        ({"opened": ["c9"]}, ValueError, "opened must name groups, .* got 'c9'"),
        ({"opened": 3}, TypeError, "opened must be a list of groups"),
        ({"model": nn.Identity(), "input_shape": (1, 8)}, ValueError, "from 1 to 2000 operations"),
    ],
)
def test_what_is_refused_is_named(arguments, error, message):
    arguments = {"model": ledger(nets.lenet5(), (1, 28, 28))} | arguments
    with pytest.raises(error, match=message):
        ArchitectureExplorer(**arguments)
