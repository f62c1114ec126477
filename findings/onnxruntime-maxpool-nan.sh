#!/usr/bin/env bash
# Library: onnxruntime 1.32.0, with onnx 1.23.2 to write the models
# Expected: asking a model for a second output leaves its first as it was, and a maximum with a NaN is NaN, as in NumPy.
# What happens: MaxPool passes over NaNs (on x86-64). If the model also asks for the indices, its first output changes:
#   now a NaN comes through, but only where it stands first in its window.
#
# Output seen, 2026-11-27:
#   windows [1 nan] [nan 2] [2 3]
#   MaxPool alone            1 2 3
#   MaxPool with its indices 1 nan 3
#   NumPy                    nan nan 3
#
# Why it matters here: chapter 8 pools with NaNs beside PyTorch, which carries them on. A network that has diverged looks
#   healthy once exported, and looks ill again when someone asks for the indices to find out why.
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
show <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper

x = np.array([1, np.nan, 2, 3], np.float32)


def max_pool(x, outputs):
    names = ["y", "indices"][:outputs]
    types = [TensorProto.FLOAT, TensorProto.INT64]
    graph = helper.make_graph(
        [helper.make_node("MaxPool", ["x"], names, kernel_shape=[2])],
        "pooling",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, x.size])],
        [helper.make_tensor_value_info(n, t, None) for n, t in zip(names, types)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"x": x.reshape(1, 1, -1)})[0].ravel()


def line(values):
    return " ".join(f"{v:g}" for v in values)


windows = np.lib.stride_tricks.sliding_window_view(x, 2)
print("windows", " ".join(f"[{line(window)}]" for window in windows))
print("MaxPool alone           ", line(max_pool(x, 1)))
print("MaxPool with its indices", line(max_pool(x, 2)))
print("NumPy                   ", line(windows.max(axis=1)))
PYTHON
compare
