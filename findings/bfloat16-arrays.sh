#!/usr/bin/env bash
# Library: numpy 2.4.6 with ml-dtypes 0.6.0 (the type that JAX gives its bfloat16 arrays), torch 2.13.0
# Expected: a bfloat16 array is a floating array to NumPy, and np.load gives back what np.save wrote.
# What happens: np.issubdtype says that it is neither floating nor a number, though arithmetic works. np.save writes it and
#   np.load gives two raw bytes an element. torch refuses to hand its own to NumPy at all.
#
# Output seen, 2026-11-27:
#   array([1, 2.5], dtype=bfloat16): sum 3.5, times float32 is float32
#   np.issubdtype(bfloat16, np.floating): False; np.number: False; kind V
#   saved and loaded: dtype |V2, values b'\x80?' b' @'; viewed as bfloat16: 1 2.5
#   torch.Tensor.numpy: TypeError
#
# Why it matters here: weights come in bfloat16, and the course's functions take arrays. A check written for floats refuses
#   them, one that asks for kind "f" lets them pass as something else, and a saved feature map has lost its meaning.
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install torch==2.13.0 ml-dtypes==0.6.0 numpy==2.4.6
show <<'PYTHON'
import ml_dtypes
import numpy as np
import torch

x = np.array([1, 2.5], ml_dtypes.bfloat16)
mixed = (x * np.ones(2, np.float32)).dtype
print(f"array([1, 2.5], dtype={x.dtype}): sum {float(x.sum()):g}, times float32 is {mixed}")
kinds = [np.issubdtype(x.dtype, kind) for kind in (np.floating, np.number)]
print(
    f"np.issubdtype(bfloat16, np.floating): {kinds[0]}; np.number: {kinds[1]};",
    f"kind {x.dtype.kind}",
)
np.save("weights.npy", x)
loaded = np.load("weights.npy")
print(
    f"saved and loaded: dtype {loaded.dtype.str}, values {loaded[0].item()} {loaded[1].item()};",
    "viewed as bfloat16:",
    *(f"{float(v):g}" for v in loaded.view(x.dtype)),
)
try:
    torch.tensor([1, 2.5], dtype=torch.bfloat16).numpy()
    print("torch.Tensor.numpy: converted")
except TypeError as error:
    print("torch.Tensor.numpy:", type(error).__name__)
PYTHON
compare
