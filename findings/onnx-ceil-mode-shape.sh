#!/usr/bin/env bash
# Library: onnx 1.23.2 and onnxruntime 1.32.0
# Expected: the shape that onnx infers for a pooling is the shape that comes out when the model runs.
# What happens: with ceil_mode, a last window that would start in the padding on the right is left out by onnxruntime, as
#   by PyTorch. Up to opset 21 onnx's shape inference counts it: one output too many. Opset 22 leaves it out too.
#
# Output seen, 2026-11-27:
#   5 numbers, kernel 2, stride 2, padding 1, ceil_mode: ceil((5 + 2 - 2) / 2) + 1 = 4
#   opset 12 MaxPool: inferred 4, computed 3
#   opset 12 AveragePool: inferred 4, computed 3
#   opset 21 MaxPool: inferred 4, computed 3
#   opset 21 AveragePool: inferred 4, computed 3
#   opset 22 MaxPool: inferred 3, computed 3
#   opset 22 AveragePool: inferred 3, computed 3
#
# Why it matters here: chapter 8 counts windows with rounding up. The formula alone is wrong here, and so is the size in
#   a file exported at opset 21 or lower: the next Reshape or fully connected layer is planned for a row that isn't there.
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
show <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper, shape_inference

onnxruntime.set_default_logger_severity(3)  # it warns of the very thing
print("5 numbers, kernel 2, stride 2, padding 1, ceil_mode: ceil((5 + 2 - 2) / 2) + 1 = 4")
for opset in (12, 21, 22):
    for operator in ("MaxPool", "AveragePool"):
        node = helper.make_node(
            operator, ["x"], ["y"], kernel_shape=[2], strides=[2], pads=[1, 1], ceil_mode=1
        )
        # ceil_mode came to AveragePool with opset 10, so each of these is a valid model.
        graph = helper.make_graph(
            [node],
            "pooling",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 5])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9
        )
        inferred = shape_inference.infer_shapes(model, strict_mode=True).graph.output[0]
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), providers=["CPUExecutionProvider"]
        )
        (y,) = session.run(None, {"x": np.ones((1, 1, 5), np.float32)})
        width = inferred.type.tensor_type.shape.dim[-1].dim_value
        print(f"opset {opset} {operator}: inferred {width}, computed {y.shape[-1]}")
PYTHON
compare
