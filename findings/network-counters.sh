#!/usr/bin/env bash
# Library: torch 2.13.0, torchinfo 1.8.0, fvcore 0.1.5.post20221221, thop 0.1.1.post2209072238, ptflops 0.7.5
# Expected: tools that count a network's multiply–adds agree, or differ by a factor of two (operations against multiply–adds).
# What happens: five tools give five totals for one small network. Each counts other things beside the products of
#   convolutions and matrices: torch nothing (but two for each), torchinfo biases, and the parameters of batch norm once,
#   fvcore two a value for batch norm and one for a mean, thop four a value for batch norm and no product that isn't a
#   module's, ptflops biases, pooling and activations: a ReLU as a module twice, as a function once, as a tensor's method
#   not at all.
#
# Output seen, 2026-11-28:
#   convolution 55296, product of matrices 64, linear 80: 55440 multiply–adds
#   tool       nn.ReLU  F.relu   x.relu()
#   torch      110880   110880   110880
#   torchinfo  57450    57450    57450
#   fvcore     60048    60048    60048
#   thop       64088    64088    64088
#   ptflops    70746    68698    66650
#
# Why it matters here: chapter 14 compares networks by their cost. Numbers of two tools, or of one tool for two styles of
#   code, must not be compared.
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install torch==2.13.0 torchinfo==1.8.0 fvcore==0.1.5.post20221221 thop==0.1.1.post2209072238 ptflops==0.7.5
show <<'PYTHON'
import logging
import warnings

import thop
import torch
import torchinfo
from fvcore.nn import FlopCountAnalysis
from ptflops import get_model_complexity_info
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
X = torch.zeros(1, 3, 16, 16)
STYLES = {
    "nn.ReLU": lambda net, x: net.relu(x),
    "F.relu": lambda net, x: nn.functional.relu(x),
    "x.relu()": lambda net, x: x.relu(),
}


class Net(nn.Module):
    def __init__(self, style):
        super().__init__()
        self.style = style
        self.conv, self.norm = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.relu, self.pool, self.mean = nn.ReLU(), nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1)
        self.matrix, self.linear = nn.Parameter(torch.ones(8, 8)), nn.Linear(8, 10)

    def forward(self, x):
        x = STYLES[self.style](self, self.norm(self.conv(x)))
        return self.linear(self.mean(self.pool(x)).flatten(1) @ self.matrix)


def by_torch(net):
    with FlopCounterMode(display=False) as counter:
        net(X)
    return counter.get_total_flops()


TOOLS = {
    "torch": by_torch,
    "torchinfo": lambda net: torchinfo.summary(net, input_data=X, verbose=0).total_mult_adds,
    "fvcore": lambda net: int(FlopCountAnalysis(net, X).total()),
    "thop": lambda net: int(thop.profile(net, (X,), verbose=False)[0]),
    "ptflops": lambda net: get_model_complexity_info(
        net, (3, 16, 16), as_strings=False, print_per_layer_stat=False, backend="pytorch"
    )[0],
}
conv, product, linear = 3 * 8 * 9 * 16 * 16, 8 * 8, 8 * 10
total = conv + product + linear
print(f"convolution {conv}, product of matrices {product}, linear {linear}: {total} multiply–adds")
print(f"{'tool':10} " + " ".join(f"{style:8}" for style in STYLES).rstrip())
for name, tool in TOOLS.items():
    counts = [tool(Net(style).eval()) for style in STYLES]
    print(f"{name:10} " + " ".join(f"{count:<8}" for count in counts).rstrip())
PYTHON
compare
