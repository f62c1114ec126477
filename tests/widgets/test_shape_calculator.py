"""The Python half of the shape calculator."""

import json

import numpy as np
import pytest

from cnnviz import ShapeCalculator, chain

NET = [
    {"kind": "conv", "channels": 8, "kernel": (3, 5), "stride": 2},
    {"kind": "pool"},
    {"kind": "flatten"},
    {"kind": "linear", "units": 10, "bias": False},
]


def test_rows_and_link_are_those_of_the_chain():
    calculator = ShapeCalculator(NET, (3, 32, 40))
    assert calculator.rows == chain.rows(NET, (3, 32, 40))
    assert calculator.rows[-1]["size"] == (10,)
    assert calculator.link == chain.link(NET, (3, 32, 40))
    assert repr(calculator) == "ShapeCalculator(3 × 32 × 40, 4 layers → 10)"


def test_a_link_makes_the_same_calculator():
    first = ShapeCalculator(NET, (3, 32, 40))
    again = ShapeCalculator.from_link("https://example.org/page.html" + first.link)
    assert again.rows == first.rows
    assert again.link == first.link
    assert again.to_html() == first.to_html()


@pytest.mark.parametrize("name", chain.PRESETS)
def test_known_networks_by_name(name):
    calculator = ShapeCalculator(name)
    assert calculator.link == f"#layers={chain.PRESETS[name]}"
    assert ShapeCalculator(name, (1, 300, 300)).input_shape == [1, 300, 300]


def test_without_arguments_it_is_a_small_net():
    assert repr(ShapeCalculator()) == "ShapeCalculator(3 × 32 × 32, 6 layers → 10)"
    assert repr(ShapeCalculator([])) == "ShapeCalculator(3 × 32 × 32, 0 layers → 3 × 32 × 32)"


def test_what_does_not_fit_is_kept_and_explained():
    calculator = ShapeCalculator([{"kind": "conv", "channels": 4, "kernel": 7}], (1, 5, 5))
    assert "spans 7 of only 5" in calculator.rows[0]["error"]
    assert repr(calculator) == "ShapeCalculator(1 × 5 × 5, 1 layer → layer 1 does not fit)"
    assert calculator.picture().width > 200
    calculator.input_shape = (1, 9, 9)
    assert calculator.rows[0]["size"] == (4, 3, 3)


def test_an_edit_made_in_the_browser_is_read_back():
    calculator = ShapeCalculator()
    heard = []
    calculator.observe(lambda change: heard.append(change["name"]), ["layers", "input_shape"])
    calculator.set_state({"layers": [{"kind": "pool", "kernel": [2, 3]}], "input_shape": [1, 8, 9]})
    assert heard == ["input_shape", "layers"] or heard == ["layers", "input_shape"]
    assert calculator.rows[0]["size"] == (1, 4, 3)


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"layers": "LeNet"}, ValueError, "'LeNet-5'.*got 'LeNet'"),
        ({"layers": 3}, TypeError, "layers must be a list"),
        ({"layers": [{"kind": "relu"}]}, ValueError, "kind of layer 1"),
        ({"layers": [{"kind": "pool", "kernel": np.nan}]}, TypeError, "kernel of layer 1"),
        ({"input_shape": 32}, TypeError, "input_shape must be one to four"),
        ({"input_shape": (3, 0)}, ValueError, "input_shape"),
        ({"input_shape": (1, 2, 3, 4, 5)}, ValueError, "input_shape"),
        ({"selected": -1}, ValueError, "selected"),
        ({"selected": 1.5}, TypeError, "selected"),
        ({"input_size": (3, 8, 8)}, TypeError, "did you mean 'input_shape'"),
    ],
)
def test_nonsense_is_refused_with_its_name(arguments, error, says):
    with pytest.raises(error, match=says):
        ShapeCalculator(**arguments)


def test_a_refused_assignment_loses_nothing():
    calculator = ShapeCalculator(NET)
    before = calculator.layers
    with pytest.raises(ValueError, match="kind of layer 1"):
        calculator.layers = [{"kind": "dropout"}]
    assert calculator.layers == before


def test_the_page_gets_the_whole_state():
    state = ShapeCalculator(NET, (3, 32, 40)).state()
    assert state["layers"][0] == {"kind": "conv", "channels": 8, "kernel": [3, 5], "stride": 2}
    assert state["input_shape"] == [3, 32, 40]
    assert json.loads(json.dumps(state)) == state
    for link in state["presets"].values():
        chain.from_link(link)


def test_the_caption_gives_the_sums():
    caption = ShapeCalculator("LeNet-5").caption()
    assert "8 layers over an input of 1 × 32 × 32" in caption
    assert "61 706 parameters" in caption


def test_rows_are_computed_once_for_each_state(monkeypatch):
    calls = []
    rows = chain.rows
    monkeypatch.setattr(chain, "rows", lambda *a: calls.append(1) or rows(*a))
    calculator = ShapeCalculator("LeNet-5")
    calculator.to_html()
    assert repr(calculator)
    assert len(calls) == 1
    calculator.rows[0]["size"] = None  # the caller's own
    assert calculator.rows[0]["size"] == (6, 28, 28)
    calculator.layers = calculator.layers[:2]
    assert len(calculator.rows) == 2
    calculator.input_shape = (1, 28, 28)
    assert calculator.rows[0]["size"] == (6, 24, 24)
    assert len(calls) == 3


def test_a_long_chains_picture_leaves_out_its_middle():
    long = ShapeCalculator([{"kind": "flatten"}] * 200, (3, 4))
    assert (
        long.picture().height
        < 1.1 * ShapeCalculator([{"kind": "flatten"}] * 23, (3, 4)).picture().height
    )
