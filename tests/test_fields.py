"""Receptive fields through graphs against gradients; what is no graph is refused by name."""

import random

import field_graphs
import numpy as np
import pytest

from cnnviz import chain, fields, shapes

INPUT = {"name": "input", "size": [8], "from": [], "windows": []}


def agree(got, want):
    assert len(got) == len(want)
    for mask, tensor in zip(got, want, strict=True):
        if tensor is None:
            assert mask is None
        else:
            np.testing.assert_array_equal(mask, tensor.numpy())


@pytest.mark.parametrize("seed", range(60))
def test_a_field_is_where_the_gradient_is(seed):
    rng = random.Random(seed)
    net = field_graphs.network(rng, axes=1 + seed % 2)
    graph = fields.check_graph(net.graph)
    for _ in range(3):
        node = rng.randrange(len(graph["nodes"]))
        position = field_graphs.place(rng, graph["nodes"][node]["size"])
        agree(fields.reach(graph, node, position), field_graphs.seen(net, node, position))
        position = field_graphs.place(rng, graph["nodes"][0]["size"])
        agree(fields.seen_by(graph, 0, position), field_graphs.seers(net, position))


def test_the_random_networks_have_all_that_there_is():
    nets = [field_graphs.network(random.Random(seed), 1 + seed % 2).graph for seed in range(60)]
    nodes = [node for graph in nets for node in graph["nodes"]]
    windows = [w for node in nodes for each in node["windows"] for w in each]
    lists = [w for w in windows if isinstance(w, list)]
    assert sum(len(node["from"]) > 1 for node in nodes) > 30
    assert any(isinstance(w, dict) for w in windows)
    assert any(len(w) == 5 for w in lists)
    assert any(w[1] == 0 for w in lists)
    assert any(w[3] > 1 and len(w) == 4 for w in lists)


@pytest.mark.parametrize("name", chain.PRESETS)
def test_a_chain_is_a_graph_with_the_numbers_of_its_rows(name):
    layers, shape = chain.from_link(chain.PRESETS[name])
    graph = fields.check_graph(chain.graph(layers, shape))
    rows = chain.rows(layers, shape)
    assert len(graph["nodes"]) == len(rows) + 1
    for node, row in zip(graph["nodes"][1:], rows, strict=True):
        assert tuple(node["size"]) == (row["size"][1:] or (1, 1))
        field = row["receptive_field"]
        assert node["receptive_field"] == (field and list(field))


def test_start_is_where_the_first_field_is_centred():
    layers = [
        {"kind": "conv", "channels": 2, "kernel": (7, 2), "stride": 2, "padding": 3},
        {"kind": "pool", "kernel": 3, "stride": 2, "padding": 1},
        {"kind": "conv", "channels": 2, "kernel": 3, "padding": ((0, 2), (2, 0)), "dilation": 2},
    ]
    node = chain.graph(layers, (1, 64, 64))["nodes"][-1]
    rows = [((7, 2), 2, 3), (3, 2, 1), (3, 1, ((0, 2), (2, 0)), 2)]
    theory = shapes.receptive_field(rows)
    assert (tuple(node["start"]), tuple(node["jump"])) == (theory.start, theory.jump)
    up = {"kind": "conv_transpose", "channels": 1, "kernel": 2, "stride": 2}
    assert chain.graph([up, layers[1]], (1, 8, 8))["nodes"][2]["start"] is None


def test_a_chain_ends_where_a_layer_does_not_fit():
    layers = [{"kind": "pool"}, {"kind": "pool", "kernel": 9}, {"kind": "pool"}]
    assert len(chain.graph(layers, (1, 8, 8))["nodes"]) == 2


def test_passing_nodes_are_folded_and_what_is_seen_stays():
    rng = random.Random(0)
    folded = 0
    for seed in range(30):
        net = field_graphs.network(random.Random(seed), 2, depth=10)
        graph = fields.check_graph(net.graph)
        less, where = fields.fold(graph)
        node = len(graph["nodes"]) - 1
        position = field_graphs.place(rng, graph["nodes"][node]["size"])
        before = fields.reach(graph, node, position)[0]
        after = fields.reach(fields.check_graph(less), where[node], position)[0]
        assert (before is None) == (after is None)
        if before is not None:
            np.testing.assert_array_equal(before, after)
        folded += len(graph["nodes"]) - len(less["nodes"])
    assert folded > 10


def test_a_long_graph_takes_linear_time():
    node = {"name": "conv", "size": [64, 64], "windows": [[[3, 1, 1, 1]] * 2]}
    nodes = [INPUT | {"size": [64, 64]}] + [node | {"from": [i]} for i in range(1999)]
    graph = fields.check_graph({"nodes": nodes})
    assert fields.reach(graph, 1999, (0, 0))[0].all()


BAD = [
    (3, "graph must be a dict"),
    ({"nodes": []}, "from 1 to 2000 nodes"),
    ({"nodes": [INPUT] * 2001}, "from 1 to 2000 nodes"),
    ({"nodes": [3]}, "node 0 of graph must be a dict"),
    ({"nodes": [INPUT | {"size": []}]}, "one or two axes"),
    ({"nodes": [INPUT | {"size": [2, 2, 2]}]}, "one or two axes"),
    ({"nodes": [INPUT | {"size": [0]}]}, "size of node 0"),
    ({"nodes": [INPUT | {"size": [4097]}]}, "size of node 0"),
    ({"nodes": [INPUT | {"size": [4096, 4096]}]}, "1048576 positions"),
    ({"nodes": [INPUT | {"size": [True]}]}, "whole number"),
    ({"nodes": [INPUT | {"name": 3}]}, "name of node 0"),
    ({"nodes": [INPUT | {"jump": [float("nan")]}]}, "jump of node 0"),
    ({"nodes": [INPUT | {"from": [0]}]}, "from of node 0"),
    ({"nodes": [INPUT, INPUT]}, "node 1 of graph must come from"),
    ({"nodes": [INPUT, INPUT | {"from": [1]}]}, "from of node 1"),
    ({"nodes": [INPUT, INPUT | {"from": [0]}]}, "windows for each node"),
    ({"nodes": [INPUT, INPUT | {"size": [8, 8], "from": [0]}]}, "as many axes"),
    *(
        ({"nodes": [INPUT, INPUT | {"from": [0], "windows": [[window]]}]}, wrong)
        for window, wrong in [
            (3, "must be \\[kernel"),
            ([3, 1, 1], "must be \\[kernel"),
            ([0, 1, 1, 1], "kernel in windows of node 1"),
            ([1, -1, 1, 1], "stride in"),
            ([1, 0, 1, 1, 1], "stride in"),
            ([1, 1, 0.5, 1], "before in"),
            ([1, 1, 1, 0], "dilation in"),
            ([1, 1, 1, 1, 2], "last number"),
            ({"spans": [[0, 1]]}, "span for each of 8"),
            ({"spans": [[0, 8]] * 8}, "span's last"),
            ({"spans": [[2, 1]] * 8}, "span's last"),
            ({"spans": [3] * 8}, "spans \\[first, last\\]"),
        ]
    ),
]


@pytest.mark.parametrize(("graph", "wrong"), BAD)
def test_what_is_no_graph_is_refused_by_name(graph, wrong):
    with pytest.raises((ValueError, TypeError), match=wrong):
        fields.check_graph(graph)


def test_a_unit_that_sees_nothing():
    windows = [[{"spans": [[0, 1], None, [2, 3]]}]]
    some = {"name": "some", "size": [3], "from": [0], "windows": windows}
    graph = fields.check_graph({"nodes": [INPUT | {"size": [4]}, some]})
    assert fields.reach(graph, 1, (1,))[0] is None
    assert fields.reach(graph, 1, (2,))[0].tolist() == [False, False, True, True]


def test_too_much_work_is_refused():
    node = {"name": "wide", "size": [4096], "windows": [[[4096, 1, 2048, 1]]]}
    nodes = [INPUT | {"size": [4096]}] + [node | {"from": [i]} for i in range(5)]
    with pytest.raises(ValueError, match="67108864"):
        fields.check_graph({"nodes": nodes})


@pytest.mark.parametrize("position", [(8,), (-1,), (1, 1), ()])
def test_a_place_outside_is_refused(position):
    with pytest.raises(ValueError, match="position must be a place"):
        fields.reach(fields.check_graph({"nodes": [INPUT]}), 0, position)
