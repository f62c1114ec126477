"""Feature maps' Python half: what is recorded, what it adds up to, and what is refused."""

import json

import numpy as np
import pytest
import torch
from torch import nn

import cnnviz
from cnnviz import FeatureMaps, nets
from cnnviz.widgets import _recording
from cnnviz.widgets._base import _compact
from cnnviz.widgets._traits import unpack


def picture(channels=3, side=9, seed=0):
    return np.random.default_rng(seed).normal(size=(channels, side, side))


class Branches(nn.Module):
    """A residual block with functions, in-place operations and maps put behind one another."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.second = nn.Conv2d(6, 6, 3, padding=1, groups=3)
        self.side = nn.Conv2d(3, 2, 1, stride=1)
        self.bend = nn.ReLU(inplace=True)
        self.head = nn.Linear(8, 4)

    def forward(self, x):
        y = self.bend(self.norm(self.first(x)))
        z = self.second(y)
        z += y
        z = torch.cat([self.bend(z), torch.tanh(self.side(x))], dim=1)
        return self.head(z.mean((2, 3)))


CONVOLUTIONS = {
    "plain": nn.Conv2d(3, 4, 3),
    "strided": nn.Conv2d(3, 4, (3, 2), stride=(2, 3), padding=(1, 0)),
    "dilated": nn.Conv2d(3, 4, 3, dilation=2, padding=3, bias=False),
    "grouped": nn.Conv2d(4, 6, 3, groups=2, padding="same"),
    "depthwise": nn.Conv2d(4, 8, 5, groups=4, padding=2),
    "reflected": nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect"),
}


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_sums_of_a_convolution_are_the_models(name):
    torch.manual_seed(1)
    conv = CONVOLUTIONS[name]
    x = picture(conv.in_channels)
    widget = FeatureMaps(nn.Sequential(conv), x)
    truth = conv(torch.tensor(x[None], dtype=torch.float32))[0].detach().numpy()
    maps = list(widget.maps.values())[-1]
    np.testing.assert_array_equal(maps, truth)
    last = len(widget.recorded) - 1
    for place in np.ndindex(*truth.shape):
        widget.selected = (last, *place)
        unit = widget.unit
        total = (unit["window"].astype(float) * unit["weight"]).sum() + (unit["bias"] or 0)
        assert total == pytest.approx(truth[place], abs=1e-5)


@pytest.mark.parametrize(
    "layer",
    [
        nn.MaxPool2d(3, stride=2, padding=1),
        nn.MaxPool2d(2, dilation=2, ceil_mode=True),
        nn.AvgPool2d(3, stride=2, padding=1),
        nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False),
        nn.AvgPool2d(2, ceil_mode=True),
        nn.AdaptiveAvgPool2d((4, 2)),
        nn.AdaptiveAvgPool2d(1),
        nn.BatchNorm2d(3, affine=False),
        nn.Sequential(nn.Conv2d(3, 2, 1), nn.BatchNorm2d(2), nn.Sigmoid()),
        nn.Sequential(nn.Flatten(), nn.Linear(243, 5, bias=False), nn.Tanh()),
        Branches(),
        nets.lenet5(activation="tanh", pool="mean"),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_every_number_is_worked_out(layer):
    torch.manual_seed(2)
    x = picture(1, 28) if len(layer.state_dict()) == 10 else picture()
    found = _recording.layers_of(layer, x)
    for each in found[1:]:
        assert each.operation.kind != "other", each.label
        for place in list(np.ndindex(*each.maps.shape))[::7]:
            worked_out = each.worked_out(*place)
            assert worked_out == pytest.approx(float(each.maps[place]), rel=1e-4, abs=1e-5)


def test_branches_are_followed():
    widget = FeatureMaps(Branches(), picture())
    names = [(layer["name"], layer["from"]) for layer in widget.recorded]
    assert names == [
        ("input", []),
        ("first", [0]),
        ("second", [1]),
        ("add", [2, 1]),
        ("side", [0]),
        ("cat", [3, 4]),
        ("mean", [5]),
        ("head", [6]),
    ]
    assert "batch norm" in widget.recorded[1]["label"]


def test_the_model_is_left_as_it_was():
    model = Branches().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    random = torch.random.get_rng_state()
    FeatureMaps(model, picture())
    assert model.training
    assert model.norm.training
    assert torch.equal(random, torch.random.get_rng_state())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())


def test_what_is_trained_later_changes_nothing():
    model = Branches()
    widget = FeatureMaps(model, picture(), selected=(1, 2, 3, 3))
    before = widget.unit["weight"].copy()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    np.testing.assert_array_equal(widget.unit["weight"], before)
    assert before.any()


@pytest.mark.parametrize("budget", [60_000, 100_000, 250_000])
def test_the_budget_is_kept(budget):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3))
    widget = FeatureMaps(model, picture(side=64), budget=budget, units=[("3", 5, 1, 2)])
    assert len(_compact(widget.state())) <= budget
    assert (widget.units[0]["layer"], widget.units[0]["map"]) == (3, 5)
    assert widget.found is None
    widget.selected = (3, 5, 1, 2)
    assert widget.found is None  # since it is recorded
    widget.selected = (3, 6, 1, 2)
    assert widget.found["value"] == pytest.approx(float(widget.maps["3"][6, 1, 2]))
    np.testing.assert_array_equal(unpack(widget.found["window"]), widget.unit["window"])


def test_a_network_and_a_digit_come_along():
    widget = FeatureMaps()
    assert repr(widget) == "FeatureMaps(Sequential, 1 × 28 × 28, 7 layers, 258 maps)"
    assert FeatureMaps(picture="digit").maps["input"].max() == 1


def test_small_networks_go_whole():
    widget = FeatureMaps(nets.trained_lenet5(), "digit")
    assert widget.units == []
    assert all(layer["does"] for layer in widget.recorded[1:])
    np.testing.assert_array_equal(unpack(widget.recorded[3]["maps"]), widget.maps["c3"])


def test_bytes_keep_zeros_and_are_near():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 32, 3), nn.ReLU(), nn.Conv2d(32, 8, 3))
    widget = FeatureMaps(model, picture(side=40), budget=60_000)
    for layer, maps in zip(widget.recorded, widget.maps.values(), strict=True):
        packed, top = unpack(layer["maps"]), unpack(layer["top"])
        most = np.iinfo(packed.dtype).max
        if layer["block"] == 1:
            np.testing.assert_array_equal(packed[maps == 0], 0)
            near = np.abs(packed * top[:, None, None] / most - maps) / top[:, None, None]
            assert near.max() <= 0.51 / most


def test_dead_and_duplicate_maps_are_found():
    conv = nn.Conv2d(1, 4, 3)
    with torch.no_grad():
        conv.weight[1] = 2 * conv.weight[0]
        conv.bias[1] = 5
        conv.weight[2] = 0
    widget = FeatureMaps(nn.Sequential(conv), picture(1, 12))
    assert widget.recorded[1]["dead"] == [2]
    assert widget.recorded[1]["twins"] == [[1, 0]]
    assert "1 of 4 maps are the same everywhere, 1 duplicate" in widget.caption()


def test_layers_by_name():
    whole = FeatureMaps(nets.resnet18(), picture(side=32), layers=["layer1", "conv1"])
    assert [layer["name"] for layer in whole.recorded][:3] == ["input", "conv1", "layer1.0.conv1"]
    assert len(whole.recorded) == 8
    assert whole.recorded[2]["from"] == [-1]


def test_pictures():
    net = nn.Sequential(nn.Conv2d(1, 2, 3))
    for given in ("digit", np.full((28, 28), 255, np.uint8), np.ones((1, 28, 28))):
        assert FeatureMaps(net, given).maps["input"].max() <= 1
    assert FeatureMaps(net, np.full((8, 8), 7)).maps["input"].max() == 7
    double = FeatureMaps(net.double(), picture(1))
    assert double.maps["input"].dtype == np.float64


class Stops(nn.Module):
    def forward(self, x):
        raise RuntimeError("no further")


class Words(nn.Module):
    def forward(self, x):
        return x.argmax()


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ({"picture": None}, "picture must be given"),
        ({"model": 3}, "model must be a torch.nn.Module"),
        ({"model": Stops()}, "model, Stops, stops"),
        ({"model": Words()}, "model, Words, must make maps"),
        ({"picture": np.full((3, 9, 9), np.nan)}, "picture must hold finite"),
        ({"picture": np.ones((2, 3, 9, 9))}, "picture must be one picture"),
        ({"picture": np.ones((3, 2000, 9))}, "picture must have at most 1024"),
        ({"picture": "nobody"}, "picture must be an array"),
        ({"picture": np.ones((1, 9, 9))}, "model, Branches, stops at first"),
        ({"layers": ["gone"]}, "layers must be names"),
        ({"layers": 3}, "layers must be a list"),
        ({"units": [(1, 2)]}, "units must be \\(layer"),
        ({"units": [("gone", 0, 0, 0)]}, "units must name a layer"),
        ({"units": [(0, 0, 0, 0)]}, "units must be of a layer from 1"),
        ({"units": [(1, 99, 0, 0)]}, "units must lie in the maps of first"),
        ({"units": 3}, "units must be a list"),
        ({"budget": 5}, "budget must be"),
        ({"budget": "much"}, "budget must be"),
        ({"scale": "none"}, "scale must be one of"),
        ({"selected": (1,)}, "selected must be"),
        ({"selected": (99, 0)}, "selected must be of a layer below 8"),
        ({"selected": (1, 0, 9, 0)}, "selected must lie in"),
        ({"found": None}, "no argument 'found'"),
        ({"colour": 1}, "no argument 'colour'"),
    ],
)
def test_what_is_wrong_is_refused_by_name(arguments, wrong):
    good = {"model": Branches(), "picture": picture()}
    with pytest.raises((ValueError, TypeError), match=wrong):
        FeatureMaps(**(good | arguments))


def test_numbers_that_are_none_are_refused():
    net = nn.Sequential(nn.Conv2d(3, 2, 3))
    with torch.no_grad():
        net[0].bias[0] = np.nan
    with pytest.raises(ValueError, match=r"must make finite numbers of this picture.* from 0"):
        FeatureMaps(net, picture())


def test_too_small_a_budget_says_what_would_do():
    with pytest.raises(ValueError, match=r"budget must be at least (\d+)") as caught:
        FeatureMaps(nets.resnet18(), picture(side=32), budget=20_000)
    enough = int(str(caught.value).split("at least ")[1].split()[0])
    widget = FeatureMaps(nets.resnet18(), picture(side=32), budget=enough)
    assert len(json.dumps(widget.state())) < 1.2 * enough


def test_the_picture_and_its_words_stand_still():
    widget = cnnviz.FeatureMaps(Branches(), picture(), selected=(1, 2))
    assert repr(widget) == "FeatureMaps(Branches, 3 × 9 × 9, 7 layers, 40 maps, map 2 of first)"
    assert widget.picture().width > 100
    assert "</cnnviz-widget>" in widget.to_html()
