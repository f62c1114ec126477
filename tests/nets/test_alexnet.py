"""AlexNet against its paper: Krizhevsky, Sutskever and Hinton (2012), section 3 and figure 2."""

import pytest
import torch
from on_meta import build, multiply_adds, shapes
from torch import nn

from cnnviz import nets, ops


def test_the_papers_layers_have_these_sizes():
    """Figure 2; 253 440 there, for the first layer, is 55 × 48 × 96 and not 55 × 55 × 96."""
    found = shapes(build(nets.alexnet, "paper"), 227)
    assert [found[f"conv{n}"] for n in (1, 2, 3, 4, 5)] == [
        (96, 55, 55),
        (256, 27, 27),
        (384, 13, 13),
        (384, 13, 13),
        (256, 13, 13),
    ]
    assert [found[f"pool{n}"] for n in (1, 2, 5)] == [(96, 27, 27), (256, 13, 13), (256, 6, 6)]
    assert [found[f"fc{n}"] for n in (6, 7, 8)] == [(4096,), (4096,), (1000,)]


def test_224_does_not_fit_the_papers_first_layer():
    assert (224 - 11) % 4 != 0
    assert (227 - 11) % 4 == 0
    assert shapes(build(nets.alexnet, "paper"), 227)["conv1"][1] == 55
    conv = nn.Conv2d(3, 96, 11, stride=4)
    assert conv(torch.zeros(1, 3, 224, 224)).shape[-1] == 54


def test_the_papers_form_has_60_million_parameters_layer_by_layer():
    """Section 1: "60 million parameters"."""
    net = build(nets.alexnet, "paper")
    counts = {name: nets.parameter_count(layer) for name, layer in net.named_children()}
    assert {name: count for name, count in counts.items() if count} == {
        "conv1": 34_944,
        "conv2": 307_456,
        "conv3": 885_120,
        "conv4": 663_936,
        "conv5": 442_624,
        "fc6": 37_752_832,
        "fc7": 16_781_312,
        "fc8": 4_097_000,
    }
    assert nets.parameter_count(net) == 60_965_224
    assert multiply_adds(net, 227) == 724_406_816


def test_the_single_column_has_61100840_parameters():
    """The count that torchvision 0.29.1 states, and its multiply–adds, 0.714 · 10⁹."""
    net = build(nets.alexnet)
    assert nets.parameter_count(net) == 61_100_840
    assert multiply_adds(net, 224) == 714_188_480
    assert shapes(net, 224)["features"] == (256, 6, 6)


def test_each_half_of_a_split_layer_sees_its_own_half():
    net = nets.alexnet("paper").conv2
    x = torch.zeros(1, 96, 5, 5)
    still = net(x)
    x[:, :48] = 1
    moved = (net(x) != still).flatten(2).any(-1).flatten()
    assert moved.tolist() == [True] * 128 + [False] * 128


def test_the_response_is_normalised_as_the_paper_says():
    """Section 3.3: k = 2, n = 5, α = 10⁻⁴, β = 0.75, and α times the sum, not the mean."""
    x = 30 * torch.rand(1, 8, 3, 3, dtype=torch.float64)
    found = build(nets.alexnet, "paper").norm1(x)
    squares = torch.nn.functional.pad(x**2, (0, 0, 0, 0, 2, 2)).unfold(1, 5, 1).sum(-1)
    torch.testing.assert_close(found, x / (2 + 1e-4 * squares) ** 0.75)
    same = ops.local_response_norm(x, size=5, alpha=1e-4, beta=0.75, k=2.0, divide=False)
    torch.testing.assert_close(found, torch.from_numpy(same))


@pytest.mark.parametrize(("form", "size"), [("torchvision", 224), ("paper", 227)])
def test_it_gives_scores_for_other_planes_and_classes(form, size):
    net = build(nets.alexnet, form, channels=1, classes=7)
    assert net(torch.zeros(2, 1, size, size, device="meta")).shape == (2, 7)


def test_weights_are_drawn_as_the_paper_says():
    torch.manual_seed(0)
    net = nets.alexnet("paper", classes=10)
    assert net.fc7.weight.std().item() == pytest.approx(0.01, rel=0.01)
    ones = [name for name, p in net.named_parameters() if (p == 1).all()]
    assert ones == [f"{name}.bias" for name in ("conv2", "conv4", "conv5", "fc6", "fc7")]


def test_what_is_refused():
    with pytest.raises(ValueError, match="form must be 'torchvision' or 'paper', got '2012'"):
        nets.alexnet("2012")
    with pytest.raises(ValueError, match="channels"):
        nets.alexnet(channels=0)
    with pytest.raises(ValueError, match="classes asks for an array"):
        nets.alexnet(classes=10**9)
