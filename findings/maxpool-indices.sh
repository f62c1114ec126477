#!/usr/bin/env bash
# Library: torch 2.13.0, onnxruntime 1.32.0, and the reference evaluator of onnx 1.23.2
# Expected: one 2×2 window over two channels has one answer to "where was the maximum?".
# What happens: three answers. torch counts within each channel's plane, onnxruntime through the whole tensor, as ONNX's
#   text says, and onnx's own reference evaluator gives places that hold no maximum by either count.
#
# Output seen, 2026-11-27:
#   maxima in channel 0 at row 1, column 1; in channel 1 at row 0, column 1
#   torch                    [3, 1]
#   onnxruntime              [3, 5]
#   onnx reference evaluator [6, 2]
#
# Why it matters here: chapter 8 keeps a pooling's indices to unpool with. Taken from one library to another they put each
#   maximum into another pixel, and with one image of one channel, the usual test, nobody sees it.
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install torch==2.13.0 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
show <<'PYTHON'
import numpy as np
import onnxruntime
import torch
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

x = np.zeros((1, 2, 2, 2), np.float32)
x[0, 0, 1, 1] = x[0, 1, 0, 1] = 1
print("maxima in channel 0 at row 1, column 1; in channel 1 at row 0, column 1")

graph = helper.make_graph(
    [helper.make_node("MaxPool", ["x"], ["y", "indices"], kernel_shape=[2, 2])],
    "pooling",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
    [
        helper.make_tensor_value_info("y", TensorProto.FLOAT, None),
        helper.make_tensor_value_info("indices", TensorProto.INT64, None),
    ],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
session = onnxruntime.InferenceSession(
    model.SerializeToString(), providers=["CPUExecutionProvider"]
)
indices = {
    "torch": torch.nn.functional.max_pool2d(torch.tensor(x), 2, return_indices=True)[1].numpy(),
    "onnxruntime": session.run(None, {"x": x})[1],
    "onnx reference evaluator": ReferenceEvaluator(model).run(None, {"x": x})[1],
}
for name, found in indices.items():
    print(f"{name:24} {found.ravel().tolist()}")
PYTHON
compare
