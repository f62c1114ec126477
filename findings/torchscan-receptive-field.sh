#!/usr/bin/env bash
# Library: torchscan 0.2.0 with torch 2.13.0
# Expected: a summary's column "Receptive field" grows along a chain: 3, 5, 6, 10 for two 3×3 convolutions, a 2×2 pooling
#   and a third convolution.
# What happens: it holds each layer's own kernel, as if every layer were the first.
#
# Output seen, 2026-11-28:
#   layer      right  torchscan
#   Conv2d     3      3
#   Conv2d     5      3
#   MaxPool2d  6      2
#   Conv2d     10     3
#
# Why it matters here: chapter 14 replaces large kernels by stacks of small ones, because their fields are equal. By this
#   column they never are.
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install torch==2.13.0 torchscan==0.2.0
show <<'PYTHON'
import contextlib
import io

import torchscan
from torch import nn

net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3), nn.MaxPool2d(2), nn.Conv2d(4, 4, 3))
table = io.StringIO()
with contextlib.redirect_stdout(table):
    torchscan.summary(net.eval(), (1, 32, 32), receptive_field=True)
lines = table.getvalue().splitlines()
rows = [line.split() for line in lines if "Conv2d" in line or "MaxPool2d" in line]

field, jump = 1, 1
print("layer      right  torchscan")
for row, (kernel, stride) in zip(rows, [(3, 1), (3, 1), (2, 2), (3, 1)], strict=True):
    field, jump = field + (kernel - 1) * jump, jump * stride
    print(f"{row[1]:10} {field:<6} {row[-1]}")
PYTHON
compare
