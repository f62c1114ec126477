#!/usr/bin/env bash
# Library: onnxruntime 1.32.0, with onnx 1.23.2 to write the models
# Expected: a transposed convolution told its output's size loses what is too much at the end, as the "same" of a
#   convolution adds its odd zero at the end.
# What happens: without auto_pad the odd pixel is cut off at the head, with SAME_UPPER at the tail: ONNX splits the total
#   one way for SAME_UPPER and the other way for everything else, its default included.
#
# Output seen, 2026-11-27:
#   whole answer            1 2 3 0 0 0 0
#   output_shape=[6]        2 3 0 0 0 0
#   … auto_pad="SAME_UPPER" 1 2 3 0 0 0
#   … auto_pad="SAME_LOWER" 2 3 0 0 0 0
#
# Why it matters here: chapter 6 asks transposed convolutions for an output size. Each upsampling layer written the first
#   way moves the picture by a pixel against one written the second way, and all shapes are right.
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
show <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper

x = np.array([[[1, 0, 0]]], np.float32)
w = np.array([[[1, 2, 3]]], np.float32)


def transposed(**attributes):
    graph = helper.make_graph(
        [helper.make_node("ConvTranspose", ["x", "w"], ["y"], strides=[2], **attributes)],
        "upsampling",
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, 3]) for name in ("x", "w")
        ],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    (y,) = session.run(None, {"x": x, "w": w})
    return " ".join(f"{v:g}" for v in y.ravel())


print("whole answer           ", transposed())
print("output_shape=[6]       ", transposed(output_shape=[6]))
for auto_pad in ("SAME_UPPER", "SAME_LOWER"):
    print(f'… auto_pad="{auto_pad}"', transposed(output_shape=[6], auto_pad=auto_pad))
PYTHON
compare
