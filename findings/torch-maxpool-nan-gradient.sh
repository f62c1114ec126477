#!/usr/bin/env bash
# Library: torch 2.13.0
# Expected: max pooling picks one winner a window by one rule, so equal values and NaNs are treated alike.
# What happens: among equal values (−∞ too) the first takes the window's gradient, among NaNs the last. Tensor.amax of
#   the same four numbers shares the gradient among equals and turns it into NaN for NaNs; Tensor.max() shares both.
#
# Output seen, 2026-11-27:
#   four ones: max_pool2d [1, 0, 0, 0], amax [0.25, 0.25, 0.25, 0.25], max [0.25, 0.25, 0.25, 0.25]
#   four -infs: max_pool2d [1, 0, 0, 0], amax [0.25, 0.25, 0.25, 0.25], max [0.25, 0.25, 0.25, 0.25]
#   four nans: max_pool2d [0, 0, 0, 1], amax [nan, nan, nan, nan], max [0.25, 0.25, 0.25, 0.25]
#   two nans and two numbers: max_pool2d [0, 0, 1, 0], amax [nan, nan, nan, nan], max [0.5, 0, 0.5, 0]
#
# Why it matters here: chapter 8 sends a pooling's gradient back by hand. A from-scratch version with argmax agrees with
#   torch until a NaN comes, and one written with amax never does where values tie, as after a ReLU.
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install torch==2.13.0 numpy==2.4.6
show <<'PYTHON'
import torch
import torch.nn.functional as F

nan, inf = float("nan"), float("inf")
pools = {
    "max_pool2d": lambda x: F.max_pool2d(x.reshape(1, 1, 2, 2), 2).sum(),
    "amax": lambda x: x.amax(),
    "max": lambda x: x.max(),
}
windows = {
    "four ones": [1.0] * 4,
    "four -infs": [-inf] * 4,
    "four nans": [nan] * 4,
    "two nans and two numbers": [nan, 1.0, nan, 2.0],
}
for name, values in windows.items():
    gradients = []
    for pool_name, pool in pools.items():
        x = torch.tensor(values, requires_grad=True)
        pool(x).backward()
        gradients.append(f"{pool_name} [{', '.join(f'{g:g}' for g in x.grad.tolist())}]")
    print(f"{name}: {', '.join(gradients)}")
PYTHON
compare
