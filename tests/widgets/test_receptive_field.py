"""The receptive field's Python half: what is taken, what is refused, and what a unit sees."""

import random

import field_graphs
import numpy as np
import pytest
from torch import nn

from cnnviz import ReceptiveField, chain, ledger
from cnnviz.widgets._traits import unpack

NET = [
    {"kind": "conv", "channels": 8, "kernel": 3, "padding": 1},
    {"kind": "pool"},
    {"kind": "conv", "channels": 8, "kernel": 3, "dilation": 2},
    {"kind": "flatten"},
]


class Ledger:
    """What stands in for a ledger: anything with a graph."""

    def __init__(self, graph):
        self._graph = graph

    def graph(self):
        return self._graph


def branches(seed=3):
    return field_graphs.network(random.Random(seed), 2).graph


def test_a_chain_shows_the_middle_unit_of_the_last_map():
    field = ReceptiveField(NET, (3, 32, 40))
    assert (field.selected, list(field.unit)) == (3, [6, 8])
    assert field.field.shape == (32, 40)
    seen = np.zeros((32, 40), bool)  # 3 taps of 2 pooled, widened by 1: 4 in a row, 4 apart
    rows, columns = (np.flatnonzero(field.field.any(axis)) for axis in (1, 0))
    seen[np.ix_(rows, columns)] = True
    np.testing.assert_array_equal(field.field, seen)
    assert (rows[0], rows[-1], len(rows)) == (11, 22, 12)


def test_holes_are_holes():
    field = ReceptiveField([{"kind": "conv", "channels": 1, "kernel": 3, "dilation": 3}], (1, 20))
    assert np.flatnonzero(field.field).tolist() == [7, 10, 13]


@pytest.mark.parametrize("name", chain.PRESETS)
def test_known_networks(name):
    field = ReceptiveField(name)
    assert field.field.any()
    assert f"{len(field.layers)} layers" in repr(field)


def test_a_ledger_or_its_graph_may_be_given():
    graph = branches()
    one, other = ReceptiveField(Ledger(graph)), ReceptiveField(graph=graph)
    assert one.state() == other.state() == ReceptiveField(graph=Ledger(graph)).state()
    assert one.input_shape == [1, *graph["nodes"][0]["size"]]


def test_a_layer_is_chosen_by_its_name_even_if_it_is_folded_away():
    nodes = [
        {"name": "input", "size": [8], "from": [], "windows": []},
        {"name": "conv", "size": [6], "from": [0], "windows": [[[3, 1, 0, 1]]]},
        {"name": "relu", "size": [6], "from": [1], "windows": [[[1, 1, 0, 1]]]},
    ]
    field = ReceptiveField(graph={"nodes": nodes}, selected="relu", unit=(0,))
    assert field.selected == 1
    assert field.graph["nodes"][1]["label"] == "conv, relu"
    assert np.flatnonzero(field.field).tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="selected"):
        ReceptiveField(graph={"nodes": nodes}, selected="gone")


def test_measured_fields_keep_their_proportions_and_their_place():
    measured = np.outer(np.hanning(34)[1:-1], np.hanning(34)[1:-1])
    field = ReceptiveField(NET, effective={"before": measured}, unit=(2, 3), heat=0)
    assert field.measured_at == [3, 2, 3]
    values = unpack(field.effective[0]["values"])
    np.testing.assert_allclose(values / values.max(), measured / measured.max(), atol=1e-5)
    field.unit = (0, 0)
    assert field.measured_at == [3, 2, 3]


def test_the_unit_stays_inside():
    field = ReceptiveField(NET, (3, 32, 32), unit=(11, 11))
    field.input_shape = (3, 20, 20)
    assert list(field.unit) == [5, 5]
    field.selected = 4
    assert list(field.unit) == [0, 0]
    field.layers = NET[:1]
    assert field.selected == 1


def test_a_layer_that_does_not_fit_is_kept():
    field = ReceptiveField([{"kind": "pool"}, {"kind": "pool", "kernel": 40}], (1, 8, 8))
    assert field.field.sum() == 4
    assert len(field.layers) == 2


def test_pictures():
    assert ReceptiveField(NET).image.startswith("data:image/png")
    assert ReceptiveField(NET, (1, 40)).image == ReceptiveField(NET, image=None).image == ""
    assert ReceptiveField(image=np.zeros((1, 5, 5))).image.startswith("data:image/png")
    field = ReceptiveField(NET, image="camera")
    assert ReceptiveField(NET, image=field.image).image.startswith("data:image/png")


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ({"layers": "no such net"}, "layers must be"),
        ({"input_shape": (1, 8, 8, 8)}, "input_shape must have one or two axes"),
        ({"input_shape": (8,)}, "input_shape must have one or two axes"),
        ({"input_shape": (1, 5000, 5000)}, "the size of node 0"),
        ({"graph": branches(), "layers": NET}, "graph must come alone"),
        ({"graph": 3}, "graph must be a dict as"),
        ({"graph": {"nodes": [3]}}, "node 0 of graph"),
        ({"selected": 9}, "selected must be at most 6"),
        ({"unit": (8, 8)}, "unit must be a place"),
        ({"unit": (1,)}, "unit must be a place"),
        ({"image": "nobody"}, "image must be one of"),
        ({"image": np.full((3, 3), 256)}, "image must hold"),
        ({"image": np.zeros((300, 3))}, "image must be an array"),
        ({"effective": {"a": np.ones((3, 3))}}, "must have the input's size"),
        ({"effective": {"a": -np.ones((32, 32))}}, "must hold magnitudes"),
        ({"effective": {"a": np.zeros((32, 32))}}, "must not be 0 everywhere"),
        ({"effective": {str(i): np.ones((32, 32)) for i in range(7)}}, "at most 6"),
        ({"heat": 0}, "heat must be less than 0"),
    ],
)
def test_what_is_wrong_is_refused_by_name(arguments, wrong):
    with pytest.raises((ValueError, TypeError), match=wrong):
        ReceptiveField(**arguments)


def test_the_caption_says_what_is_seen():
    field = ReceptiveField(NET, (1, 32, 32), unit=(0, 0))
    assert "unit (0, 0) of layer 3" in field.caption()
    assert "rows 0–10, columns 0–10" in field.caption()
    assert field.picture().size[0] > 500


def test_what_a_reader_leaves_is_said():
    field = ReceptiveField(NET)
    field.set_state({"input_shape": [1, 8, 8, 8]})
    assert "one or two axes" in repr(field)
    field.set_state({"input_shape": [1, 8, 8], "unit": [99, 99], "selected": 99})
    assert field.field.any()


def test_a_model_by_its_ledger():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2))
    field = ReceptiveField(ledger(model, (1, 12, 12)), unit=(1, 1))
    chained = ReceptiveField(
        [{"kind": "conv", "channels": 2, "kernel": 3}, {"kind": "pool"}], (1, 12, 12), unit=(1, 1)
    )
    np.testing.assert_array_equal(field.field, chained.field)
    assert len(field.graph["nodes"]) == 3
