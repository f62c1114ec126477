"""The networks that chapters share: sizes, counts, and what the paper says of LeNet-5."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnnviz import nets

PICTURES = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def padded(pictures):
    return F.pad(pictures, (2, 2, 2, 2))


def test_the_modern_form_has_61706_parameters_layer_by_layer():
    net = nets.lenet5()
    layers = ("c1", "c3", "c5", "f6", "output")
    counts = [nets.parameter_count(net.get_submodule(name)) for name in layers]
    assert counts == [156, 2416, 48120, 10164, 850]
    assert nets.parameter_count(net) == sum(counts) == 61706


def test_the_published_form_has_60000_parameters_layer_by_layer():
    net = nets.lenet5_1998()
    layers = ("c1", "s2", "c3", "s4", "c5", "f6", "output")
    counts = [nets.parameter_count(net.get_submodule(name)) for name in layers]
    assert counts == [156, 12, 1516, 32, 48120, 10164, 0]
    assert nets.parameter_count(net) == sum(counts) == 60000


def test_frozen_parameters_are_not_counted():
    net = nets.lenet5()
    net.c1.requires_grad_(False)
    assert nets.parameter_count(net) == 61706 - 156


@pytest.mark.parametrize("make", [nets.lenet5, nets.lenet5_1998])
def test_28_pixels_padded_in_the_network_are_32_pixels(make):
    small, large = make(28), make(32)
    large.load_state_dict(small.state_dict())
    torch.testing.assert_close(small(PICTURES), large(padded(PICTURES)))
    shapes = []
    for name in ("c1", "s2", "c3", "s4", "c5", "f6"):
        hook = lambda layer, x, out: shapes.append(tuple(out.shape[1:]))  # noqa: E731
        small.get_submodule(name).register_forward_hook(hook)
    assert small(PICTURES).shape == (3, 10)
    assert shapes == [(6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (120, 1, 1), (84,)]


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_squashing_after_max_pooling_is_squashing_before_it(activation):
    net = nets.lenet5(activation=activation)
    squash = {"relu": F.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}[activation]
    x = F.max_pool2d(squash(net.c1(PICTURES)), 2)
    x = F.max_pool2d(squash(net.c3(x)), 2)
    x = squash(net.f6(squash(net.c5(x)).flatten(1)))
    torch.testing.assert_close(net(PICTURES), net.output(x))


def test_mean_pooling_comes_after_the_squashing():
    net = nets.lenet5(activation="tanh", pool="mean")
    x = F.avg_pool2d(torch.tanh(net.c1(PICTURES)), 2)
    x = F.avg_pool2d(torch.tanh(net.c3(x)), 2)
    x = torch.tanh(net.f6(torch.tanh(net.c5(x)).flatten(1)))
    torch.testing.assert_close(net(PICTURES), net.output(x))


def test_other_planes_and_classes():
    net = nets.lenet5(32, channels=3, classes=7)
    assert net(torch.zeros(2, 3, 32, 32)).shape == (2, 7)


def test_the_table_of_connections_is_the_papers():
    """Ten rows of the paper's table I have ten crosses; groups of 3, 4, 4 and 6 neighbours."""
    table = np.zeros((6, 16), int)
    for column, rows in enumerate(nets.C3_TABLE):
        table[list(rows), column] = 1
    assert table.sum(0).tolist() == [3] * 6 + [4] * 9 + [6]
    assert table.sum(1).tolist() == [10] * 6
    rows = ["X...XXX..XXXX.XX", "XX...XXX..XXXX.X", "XXX...XXX..X.XXX"]
    rows += [".XXX..XXXX..X.XX", "..XXX..XXXX.XX.X", "...XXX..XXXX.XXX"]
    assert ["".join(".X"[i] for i in row) for row in table] == rows


def test_a_map_of_c3_sees_what_the_table_says_and_nothing_else():
    torch.manual_seed(0)
    conv = nets.PartialConv2d(nets.C3_TABLE, 5)
    for source in range(6):
        x = torch.zeros(1, 6, 5, 5)
        x[:, source] = 1
        moved = (conv(x) - conv(torch.zeros(1, 6, 5, 5))).flatten() != 0
        assert moved.tolist() == [source in sees for sees in nets.C3_TABLE]


def test_the_partial_convolution_is_a_convolution_with_zeros():
    conv = nets.PartialConv2d(nets.C3_TABLE, 5)
    dense = nn.Conv2d(6, 16, 5)
    with torch.no_grad():
        dense.weight.zero_()
        for k, (out, source) in enumerate(zip(conv.outputs, conv.inputs, strict=True)):
            dense.weight[out, source] = conv.weight[k]
        dense.bias.copy_(conv.bias)
    x = torch.randn(2, 6, 14, 14, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(conv(x), dense(x))


def test_subsampling_is_a_factor_times_the_sum_plus_a_bias():
    layer = nets.Subsampling(1)
    x = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    torch.testing.assert_close(layer(x), 10 * layer.weight[None] + layer.bias[None])


def test_the_prototypes_differ_and_match_themselves():
    patterns = nets.digit_prototypes()
    assert patterns.shape == (10, 84)
    assert set(patterns.unique().tolist()) == {-1.0, 1.0}
    scores = nets.Prototypes(patterns)(patterns)
    assert scores.argmax(1).tolist() == list(range(10))
    others = scores + torch.diag(torch.full((10,), -torch.inf))
    assert others.max() <= -4 * 8  # at least 8 pixels are different
    torch.testing.assert_close(scores.diagonal(), torch.zeros(10))


def test_the_published_form_learns():
    """Sixteen fixed pictures by heart: every layer passes its gradient on."""
    torch.manual_seed(0)
    net, labels = nets.lenet5_1998(28), torch.arange(16) % 10
    pictures = torch.rand(16, 1, 28, 28) * 1.275 - 0.1
    before = {name: p.clone() for name, p in net.named_parameters()}
    optimiser = torch.optim.Adam(net.parameters(), 2e-3)
    for _ in range(150):
        optimiser.zero_grad()
        F.cross_entropy(net(pictures), labels).backward()
        optimiser.step()
    assert (net(pictures).argmax(1) == labels).float().mean() >= 0.9
    assert all((p != before[name]).any() for name, p in net.named_parameters())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"size": 30}, "size must be 28 or 32, got 30"),
        ({"size": [28]}, "size must be 28 or 32"),
        ({"activation": "rely"}, "activation must be 'relu' or 'tanh' or 'sigmoid', got 'rely'"),
        ({"pool": None}, "pool must be 'max' or 'mean', got None"),
        ({"channels": 0}, "channels"),
        ({"classes": -1}, "classes"),
    ],
)
def test_what_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        nets.lenet5(**arguments)


class TestDropConnect:
    def test_in_inference_it_is_a_linear_layer(self):
        layer = nets.DropConnect(6, 4, p=0.5).eval()
        x = torch.rand(3, 6)
        assert torch.equal(layer(x), F.linear(x, layer.weight, layer.bias))

    def test_each_weight_is_dropped_or_scaled_and_the_bias_stays(self):
        layer = nets.DropConnect(50, 40, p=0.25)
        torch.manual_seed(0)
        used = (layer(torch.eye(50)) - layer.bias).T / layer.weight  # a row for each input
        kept = used.abs() > 1e-3
        assert torch.allclose(used[kept], torch.tensor(4 / 3), rtol=1e-3)
        assert 0.7 < kept.float().mean() < 0.8

    @pytest.mark.parametrize("p", [-0.1, 1, float("nan")])
    def test_no_share_is_refused(self, p):
        with pytest.raises(ValueError, match="p must be from 0 to below 1"):
            nets.DropConnect(2, 2, p=p)


class TestStochasticPool2d:
    WINDOW = torch.tensor([[0.0, 1.0], [2.0, 5.0]])

    def test_values_are_picked_as_often_as_their_share_says(self):
        torch.manual_seed(0)
        picked = nets.StochasticPool2d(2)(self.WINDOW.expand(8000, 1, 2, 2)).flatten()
        shares = [(picked == value).float().mean().item() for value in (0, 1, 2, 5)]
        assert shares == pytest.approx([0, 1 / 8, 2 / 8, 5 / 8], abs=0.02)

    def test_inference_gives_what_training_gives_on_average(self):
        x = torch.rand(1, 3, 5, 6)
        torch.manual_seed(0)
        pool = nets.StochasticPool2d(2)
        mean = pool(x.expand(4000, 3, 5, 6)).mean(0, keepdim=True)
        assert mean.shape == (1, 3, 2, 3)
        assert torch.allclose(pool.eval()(x), mean, atol=0.03)

    def test_a_window_of_zeros_gives_zero_and_no_nan(self):
        pool = nets.StochasticPool2d(2)
        for x in (torch.zeros(1, 1, 2, 2), -torch.ones(1, 1, 2, 2)):
            x.requires_grad_()
            for layer in (pool.train(), pool.eval()):
                out = layer(x)
                out.sum().backward()
                assert out.item() == 0
            assert torch.isfinite(x.grad).all()

    def test_the_gradient_goes_to_the_value_that_was_picked(self):
        torch.manual_seed(0)
        x = torch.rand(2, 2, 4, 4, requires_grad=True)
        out = nets.StochasticPool2d(2)(x)
        out.sum().backward()
        assert torch.equal(x.grad.sort().values.unique(), torch.tensor([0.0, 1.0]))
        assert torch.allclose((x.grad * x.detach()).sum(), out.sum())
