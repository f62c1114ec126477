"""GoogLeNet against its paper: Szegedy et al. (2015), table 1."""

import pytest
import torch
from on_meta import build, multiply_adds, shapes
from torch import nn

from cnnviz import nets

# Rows of table 1: what comes out, and the paper's columns "params" (in units of 1024 weights,
# biases left out) and "ops" (millions of multiply–adds).
TABLE = {
    ("conv1",): ((64, 112, 112), 2.7, 34),
    ("maxpool1",): ((64, 56, 56), 0, 0),
    ("conv2", "conv3"): ((192, 56, 56), 112, 360),
    ("maxpool2",): ((192, 28, 28), 0, 0),
    ("inception3a",): ((256, 28, 28), 159, 128),
    ("inception3b",): ((480, 28, 28), 380, 304),
    ("maxpool3",): ((480, 14, 14), 0, 0),
    ("inception4a",): ((512, 14, 14), 364, 73),
    ("inception4b",): ((512, 14, 14), 437, 88),
    ("inception4c",): ((512, 14, 14), 463, 100),
    ("inception4d",): ((528, 14, 14), 580, 119),
    ("inception4e",): ((832, 14, 14), 840, 170),
    ("maxpool4",): ((832, 7, 7), 0, 0),
    ("inception5a",): ((832, 7, 7), 1072, 54),
    ("inception5b",): ((1024, 7, 7), 1388, 71),
    ("avgpool",): ((1024, 1, 1), 0, 0),
    ("fc",): ((1000,), 1000, 1),
}
# Where the widths that the table states give another number than its own column, and which.
OTHER_PARAMETERS = {
    "conv1": 9.2,  # 2.7 is 7 × 1 and 1 × 7, each from three planes
    "inception4a": 366.75,
    "inception4c": 497.5,
    "inception4d": 590.5,
    "inception4e": 847.0,
    "inception5a": 1018.0,
    "inception5b": 1409.0,
}
OTHER_COSTS = {"conv1": 118.0, "inception5a": 51.1}


def weights(net, names):
    return sum(p.numel() for n in names for p in getattr(net, n).parameters() if p.dim() > 1)


@pytest.mark.parametrize("form", ["torchvision", "paper"])
def test_shapes_are_those_of_table_1(form):
    found = shapes(build(nets.googlenet, form), 224)
    assert {rows: found[rows[-1]] for rows in TABLE} == {
        k: shape for k, (shape, *_) in TABLE.items()
    }


@pytest.mark.parametrize("rows", TABLE, ids="+".join)
def test_parameters_are_those_of_table_1_or_differ_as_noted(rows):
    count = weights(build(nets.googlenet, "paper"), rows) / 1024
    expected = OTHER_PARAMETERS.get(rows[0])
    if expected is None:
        assert count == pytest.approx(TABLE[rows][1], abs=1.01)
    else:
        assert count == pytest.approx(expected, abs=0.05)
        assert abs(count - TABLE[rows][1]) > 1.01


def test_the_costs_are_those_of_table_1_but_for_two():
    net, costs = build(nets.googlenet, "paper"), {}

    def count(layer, x, out):
        area = out.shape[2:].numel() if isinstance(layer, nn.Conv2d) else 1
        costs[layer] = layer.weight.numel() * area

    for layer in net.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.register_forward_hook(count)
    assert multiply_adds(net, 224) == sum(costs.values()) == 1_582_671_872
    for rows, (_, _, stated) in TABLE.items():
        inside = [layer for name in rows for layer in getattr(net, name).modules()]
        found = sum(costs.get(layer, 0) for layer in inside) / 1e6
        assert found == pytest.approx(OTHER_COSTS.get(rows[0], stated), abs=1), rows


@pytest.mark.parametrize(
    ("form", "aux", "count"),
    [
        ("torchvision", False, 6_624_904),  # torchvision 0.29.1 states it
        ("torchvision", True, 13_004_888),
        ("paper", False, 6_998_552),  # 6 990 272 weights and 8 280 biases
        ("paper", True, 13_378_280),
    ],
)
def test_counts(form, aux, count):
    assert nets.parameter_count(build(nets.googlenet, form, aux=aux)) == count


def test_the_paper_has_5_by_5_where_torchvision_has_3_by_3():
    kernels = {
        form: build(nets.googlenet, form).inception3a.branch3[1].conv.kernel_size
        for form in ("paper", "torchvision")
    }
    assert kernels == {"paper": (5, 5), "torchvision": (3, 3)}
    assert multiply_adds(build(nets.googlenet), 224) == 1_498_376_192


@pytest.mark.parametrize("form", ["torchvision", "paper"])
def test_heads_work_while_training_and_learn(form):
    torch.manual_seed(0)
    net = nets.googlenet(form, aux=True, classes=5)
    x = torch.rand(2, 3, 224, 224)
    with torch.no_grad():
        assert net.eval()(x).shape == (2, 5)
    scores = net.train()(x)
    assert [s.shape for s in scores] == [(2, 5)] * 3
    scores.aux1.sum().backward()
    assert net.inception4a.branch1.conv.weight.grad is not None
    assert net.inception4b.branch1.conv.weight.grad is None  # behind the first head


def test_a_head_sees_4_by_4_means():
    """Section 5: 5 × 5 means with a stride of 3, 4 × 4 × 512 and 4 × 4 × 528."""
    net = build(nets.googlenet, "paper", aux=True)
    x = torch.zeros(1, 528, 14, 14, device="meta")
    assert net.aux2.pool(x).shape == (1, 528, 4, 4)
    assert net.aux1.pool(x[:, :512]).shape == (1, 512, 4, 4)


def test_what_is_refused():
    with pytest.raises(ValueError, match="form must be 'torchvision' or 'paper', got None"):
        nets.googlenet(None)
    with pytest.raises(TypeError, match="aux must be True or False, got 'yes'"):
        nets.googlenet(aux="yes")
