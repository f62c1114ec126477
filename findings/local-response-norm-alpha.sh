#!/usr/bin/env bash
# Library: torch 2.13.0, and onnxruntime 1.32.0 with onnx 1.23.2
# Expected: local response norm with the constants of AlexNet's paper (size 5, alpha 1e-4, beta 0.75, k 2) is its formula,
#   a / (k + alpha * sum of the squares)^beta.
# What happens: both libraries divide alpha by the window's size, so that the same alpha counts a fifth. Five channels of 100
#   come out nearly twice as large. Only with alpha 5e-4 do they compute the paper's formula.
#
# Output seen, 2026-11-27:
#   five channels of 100; the one in the middle
#   the paper's formula, alpha 0.0001  23.24
#   torch, alpha 0.0001                43.87
#   onnxruntime, alpha 0.0001          43.87
#   torch, alpha 0.0005                23.24
#   onnxruntime, alpha 0.0005          23.24
#
# Why it matters here: chapter 9 gives AlexNet's formula. Its published alpha, put into a layer with an argument of that
#   name, is another network's; shapes and signs agree, and activations up to 10 differ by less than 2 %.
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install torch==2.13.0 onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
show <<'PYTHON'
import numpy as np
import onnxruntime
import torch
from onnx import TensorProto, helper

SIZE, BETA, K = 5, 0.75, 2.0
x = np.full((1, SIZE, 1, 1), 100, np.float32)


def formula(alpha):
    return x / (K + alpha * (x**2).sum()) ** BETA  # the window in the middle sees all channels


def in_torch(alpha):
    return torch.nn.functional.local_response_norm(torch.tensor(x), SIZE, alpha, BETA, K).numpy()


def in_onnxruntime(alpha):
    node = helper.make_node("LRN", ["x"], ["y"], size=SIZE, alpha=alpha, beta=BETA, bias=K)
    graph = helper.make_graph(
        [node],
        "normalisation",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, x.shape)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=10)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"x": x})[0]


print("five channels of 100; the one in the middle")
for name, layer, alpha in [
    ("the paper's formula", formula, 1e-4),
    ("torch", in_torch, 1e-4),
    ("onnxruntime", in_onnxruntime, 1e-4),
    ("torch", in_torch, 5e-4),
    ("onnxruntime", in_onnxruntime, 5e-4),
]:
    print(f"{name}, alpha {alpha:g}".ljust(34), f"{layer(alpha)[0, SIZE // 2, 0, 0]:.2f}")
PYTHON
compare
