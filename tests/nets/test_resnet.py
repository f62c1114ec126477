"""ResNet against its paper: He, Zhang, Ren and Sun (2016), table 1."""

import pytest
import torch
from on_meta import build, multiply_adds, shapes
from torch import nn

from cnnviz import nets

COUNTS = {  # what torchvision 0.29.1 states
    nets.resnet18: 11_689_512,
    nets.resnet34: 21_797_672,
    nets.resnet50: 25_557_032,
    nets.resnet101: 44_549_160,
    nets.resnet152: 60_192_808,
}
DEEP = (nets.resnet50, nets.resnet101, nets.resnet152)


@pytest.mark.parametrize("make", COUNTS)
def test_counts(make):
    net = build(make)
    assert nets.parameter_count(net) == COUNTS[make]
    layers = [
        name
        for name, module in net.named_modules()
        if isinstance(module, (nn.Conv2d, nn.Linear)) and "downsample" not in name
    ]
    assert len(layers) == int(make.__name__.removeprefix("resnet"))


@pytest.mark.parametrize("make", COUNTS)
def test_stages_are_those_of_table_1(make):
    found, wide = shapes(build(make), 224), 4 if make in DEEP else 1
    assert found["conv1"] == (64, 112, 112)
    assert [found[f"layer{n}"] for n in (1, 2, 3, 4)] == [
        (64 * wide, 56, 56),
        (128 * wide, 28, 28),
        (256 * wide, 14, 14),
        (512 * wide, 7, 7),
    ]


@pytest.mark.parametrize(
    ("make", "options", "cost", "stated"),
    [
        (nets.resnet18, {}, 1_814_073_344, 1.8),
        (nets.resnet34, {}, 3_663_761_408, 3.6),  # 3.66: cut off, not rounded
        (nets.resnet50, {"stride_on": "1x1"}, 3_857_973_248, 3.8),
        (nets.resnet101, {"stride_on": "1x1"}, 7_570_194_432, 7.6),
        (nets.resnet152, {"stride_on": "1x1"}, 11_282_415_616, 11.3),
    ],
)
def test_the_papers_form_costs_what_table_1_says(make, options, cost, stated):
    found = multiply_adds(build(make, **options), 224)
    assert found == cost
    assert abs(found / 1e9 - stated) < 0.1


@pytest.mark.parametrize("make", DEEP)
def test_the_stride_on_the_3_by_3_costs_231_million_more_and_no_parameters(make):
    paper, later = build(make, stride_on="1x1"), build(make)
    assert multiply_adds(later, 224) - multiply_adds(paper, 224) == 231_211_008
    assert nets.parameter_count(later) == nets.parameter_count(paper)


@pytest.mark.parametrize("make", [nets.BasicBlock, nets.Bottleneck, nets.PreActivationBlock])
def test_a_block_whose_branch_gives_zero_is_the_identity(make):
    """Of what is not negative, that is: a ReLU comes last, but for the pre-activation."""
    block = make(64, 64 if make is not nets.Bottleneck else 16).eval()
    for name, p in block.named_parameters():
        if name.startswith("conv") or name.startswith("branch"):
            nn.init.zeros_(p)
    x = torch.randn(2, 64, 5, 5)
    assert torch.equal(block(x), x if make is nets.PreActivationBlock else x.relu())


def test_a_bottleneck_computes_what_the_paper_says():
    torch.manual_seed(0)
    block = nets.Bottleneck(8, 4, stride=2).double().eval()
    x = torch.randn(2, 8, 6, 6, dtype=torch.float64)
    branch = block.bn1(block.conv1(x)).relu()
    branch = block.bn2(block.conv2(branch)).relu()
    branch = block.bn3(block.conv3(branch))
    torch.testing.assert_close(block(x), (branch + block.downsample(x)).relu())


def test_it_learns_and_every_weight_gets_a_gradient():
    torch.manual_seed(0)
    net = nets.resnet50(classes=3)
    net(torch.rand(2, 3, 64, 64)).logsumexp(1).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())


def test_what_is_refused():
    with pytest.raises(ValueError, match="stride_on must be '3x3' or '1x1', got 3"):
        nets.resnet50(stride_on=3)
    with pytest.raises(ValueError, match=r"shortcut must be .* got 'around'"):
        nets.BasicBlock(4, 8, shortcut="around")
    with pytest.raises(ValueError, match="width must give at least the 8 maps before it, got 4"):
        nets.BasicBlock(8, 4, shortcut="identity")
    with pytest.raises(ValueError, match="channels"):
        nets.resnet18(channels=0)
