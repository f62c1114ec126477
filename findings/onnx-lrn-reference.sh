#!/usr/bin/env bash
# Library: the reference evaluator of onnx 1.23.2, beside onnxruntime 1.32.0
# Expected: local response norm treats every image by itself, and the reference evaluator follows the operator's own text.
# What happens: its loop over channels runs over the number of images. With one image of six channels the first channel is
#   right and five come out as they went in; with six images all are right; with seven it fails.
#
# Output seen, 2026-11-27:
#   the first of equal images, its channels 1 2 3 4 5 6, size 3, alpha 3, beta 1, bias 1
#   onnxruntime, 1 image   0.167 0.133 0.1 0.0784 0.0641 0.0968
#   reference, 1 image     0.167 2 3 4 5 6
#   reference, 2 images    0.167 0.133 3 4 5 6
#   reference, 6 images    0.167 0.133 0.1 0.0784 0.0641 0.0968
#   reference, 7 images    IndexError
#
# Why it matters here: chapter 9 compares local response norm across libraries. Against this reference, on one image, a right
#   implementation looks wrong, and one that does nothing looks nearly right.
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
show <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator


def first_image(library, images):
    x = np.tile(np.arange(1, 7, dtype=np.float32).reshape(1, 6, 1, 1), (images, 1, 1, 1))
    node = helper.make_node("LRN", ["x"], ["y"], size=3, alpha=3.0, beta=1.0, bias=1.0)
    graph = helper.make_graph(
        [node],
        "normalisation",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, x.shape)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=10)
    if library == "reference":
        return ReferenceEvaluator(model).run(None, {"x": x})[0][0]
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"x": x})[0][0]


print("the first of equal images, its channels 1 2 3 4 5 6, size 3, alpha 3, beta 1, bias 1")
for library, images in [("onnxruntime", 1), *(("reference", n) for n in (1, 2, 6, 7))]:
    try:
        answer = " ".join(f"{v:.3g}" for v in first_image(library, images).ravel())
    except Exception as error:
        answer = type(error).__name__
    print(f"{library}, {images} image{'s' * (images > 1)}".ljust(22), answer)
PYTHON
compare
