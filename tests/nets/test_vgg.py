"""VGG against its paper: Simonyan and Zisserman (2015), tables 1 and 2."""

import pytest
import torch
from on_meta import build, multiply_adds, shapes
from torch import nn

from cnnviz import nets


@pytest.mark.parametrize(
    ("make", "count", "cost"),
    [(nets.vgg16, 138_357_544, 15_470_264_320), (nets.vgg19, 143_667_240, 19_632_062_464)],
)
def test_counts(make, count, cost):
    """Table 2 says 138 and 144 million; torchvision 0.29.1 states the same counts and costs."""
    net = build(make)
    assert nets.parameter_count(net) == count
    assert multiply_adds(net, 224) == cost


@pytest.mark.parametrize(("make", "layers"), [(nets.vgg16, 16), (nets.vgg19, 19)])
def test_stages_are_those_of_table_1(make, layers):
    net = build(make)
    weighted = [m for m in net.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    assert len(weighted) == layers
    assert {m.kernel_size for m in weighted if isinstance(m, nn.Conv2d)} == {(3, 3)}
    found = shapes(net.features, 224)
    pooled = [found[n] for n, m in net.features.named_children() if isinstance(m, nn.MaxPool2d)]
    assert pooled == [(64, 112, 112), (128, 56, 56), (256, 28, 28), (512, 14, 14), (512, 7, 7)]


def test_three_quarters_of_the_parameters_are_in_one_layer():
    net = build(nets.vgg16)
    assert nets.parameter_count(net.features) == 14_714_688
    first = nets.parameter_count(net.classifier[0])
    assert first == 102_764_544
    assert first / nets.parameter_count(net) == pytest.approx(0.743, abs=5e-4)


def test_batch_norm_follows_each_convolution():
    net = build(nets.vgg16, batch_norm=True)
    kinds = [type(layer) for layer in net.features]
    assert all(
        kinds[i + 1 : i + 3] == [nn.BatchNorm2d, nn.ReLU]
        for i, kind in enumerate(kinds)
        if kind is nn.Conv2d
    )
    assert nets.parameter_count(net) == 138_365_992


def test_it_takes_other_planes_classes_and_sizes():
    net = build(nets.vgg16, channels=1, classes=5)
    assert net(torch.zeros(2, 1, 64, 64, device="meta")).shape == (2, 5)


def test_what_is_refused():
    with pytest.raises(TypeError, match="batch_norm must be True or False, got 1"):
        nets.vgg16(batch_norm=1)
    with pytest.raises(ValueError, match="classes must be a whole number of at least 1"):
        nets.vgg19(classes=0)
