"""ResNet for CIFAR-10 against its paper: He, Zhang, Ren and Sun (2016), section 4.2 and table 6."""

import pytest
import torch
from on_meta import build, shapes
from torch import nn

from cnnviz import nets


@pytest.mark.parametrize(
    ("depth", "count", "millions"),
    [
        (20, 269_722, 0.27),
        (32, 464_154, 0.46),
        (44, 658_586, 0.66),
        (56, 853_018, 0.85),
        (110, 1_727_962, 1.7),
        (1202, 19_421_274, 19.4),
    ],
)
def test_counts_are_those_of_table_6(depth, count, millions):
    net = build(nets.cifar_resnet, depth)
    assert nets.parameter_count(net) == count
    assert round(count / 1e6, 1 if depth > 56 else 2) == millions


@pytest.mark.parametrize("depth", [8, 20, 56])
@pytest.mark.parametrize("options", [{}, {"preactivation": True}, {"residual": False}])
def test_depth_counts_the_layers_with_weights(depth, options):
    net = build(nets.cifar_resnet, depth, **options)
    assert sum(isinstance(m, (nn.Conv2d, nn.Linear)) for m in net.modules()) == depth


def test_a_projection_costs_two_convolutions_and_their_norms():
    more = nets.parameter_count(build(nets.cifar_resnet, 20, shortcut="projection")) - 269_722
    assert more == 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64


@pytest.mark.parametrize(
    ("depth", "count"),
    [(164, 1_703_258), (1001, 10_327_706)],  # about 1.7 and 10.2 million there
)
def test_pre_activation_with_bottlenecks(depth, count):
    """He et al. (2016b), table 4."""
    options = {"block": "bottleneck", "preactivation": True, "shortcut": "projection"}
    assert nets.parameter_count(build(nets.cifar_resnet, depth, **options)) == count


def test_stages():
    found = shapes(build(nets.cifar_resnet, 20), 32)
    assert [found[f"layer{n}"] for n in (1, 2, 3)] == [(16, 32, 32), (32, 16, 16), (64, 8, 8)]
    assert found["fc"] == (10,)


@pytest.mark.parametrize("shortcut", ["identity", "projection"])
@pytest.mark.parametrize("preactivation", [False, True])
@pytest.mark.parametrize("block", ["basic", "bottleneck"])
def test_every_form_gives_scores_and_gradients(shortcut, preactivation, block):
    torch.manual_seed(0)
    options = {"shortcut": shortcut, "preactivation": preactivation, "block": block}
    net = nets.cifar_resnet(20, channels=1, classes=4, **options)
    scores = net(torch.rand(3, 1, 32, 32))
    assert scores.shape == (3, 4)
    scores.logsumexp(1).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())


@pytest.mark.parametrize("preactivation", [False, True])
def test_the_plain_network_is_the_residual_one_without_its_ways_around(preactivation):
    torch.manual_seed(0)
    options = {"preactivation": preactivation}
    residual = nets.cifar_resnet(20, **options).double().eval()
    plain = nets.cifar_resnet(20, residual=False, **options).double().eval()
    plain.load_state_dict(residual.state_dict())  # the same weights by the same names
    x = torch.rand(2, 3, 32, 32, dtype=torch.float64)
    assert not torch.allclose(plain(x), residual(x))
    around = [m for m in residual.modules() if hasattr(m, "downsample")]
    assert len(around) == 9
    for block in around:
        block.downsample = None
    torch.testing.assert_close(plain(x), residual(x))


def test_the_identity_takes_every_second_pixel_and_adds_maps_of_zeros():
    net = nets.cifar_resnet(20)
    x = torch.rand(1, 16, 6, 6)
    around = net.layer2[0].downsample(x)
    assert torch.equal(around[:, :16], x[:, :, ::2, ::2])
    assert around.shape == (1, 32, 3, 3)
    assert not around[:, 16:].any()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"depth": 21}, r"depth must be 6n \+ 2 with 'basic' blocks, from 8 to 5000, got 21"),
        ({"depth": 2}, "depth must be"),
        ({"depth": 6 * 10**8 + 2}, "depth must be"),
        ({"depth": 32, "block": "bottleneck"}, r"depth must be 9n \+ 2 with 'bottleneck' blocks"),
        ({"depth": 20, "shortcut": "none"}, "shortcut must be 'identity' or 'projection'"),
        ({"depth": 20, "block": "wide"}, "block must be 'basic' or 'bottleneck', got 'wide'"),
    ],
)
def test_what_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        nets.cifar_resnet(**arguments)


def test_switches_are_true_or_false():
    with pytest.raises(TypeError, match="residual must be True or False, got 0"):
        nets.cifar_resnet(20, residual=0)
