"""The tool that makes the detector's weights."""

import torch
from make_detector_weights import folded

from cnnviz import nets


def test_folding_changes_nothing_but_rounding():
    torch.manual_seed(0)
    net = nets.one_stage(width=4)
    for _ in range(3):
        net(torch.randn(8, 1, 16, 16))  # gives batch norm something to fold
    weights = folded(net)
    x = torch.randn(2, 1, 16, 16)
    out = x
    for number in range(1, 6):
        w, b = (torch.tensor(weights[f"conv{number}.{of}"]) for of in ("weight", "bias"))
        out = torch.relu(torch.nn.functional.conv2d(out, w, b, padding=1))
        out = torch.nn.functional.max_pool2d(out, 2) if number <= 3 else out
    out = torch.nn.functional.conv2d(
        out, *(torch.tensor(weights[f"head.{of}"]) for of in ("weight", "bias"))
    )
    torch.testing.assert_close(out, net.eval()(x))
