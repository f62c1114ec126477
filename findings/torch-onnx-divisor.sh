#!/usr/bin/env bash
# Library: torch 2.13.0, its ONNX exporter (with onnxscript 0.7.2), and onnxruntime 1.32.0
# Expected: an argument that ONNX has no attribute for is written out as more operators, or refused.
# What happens: avg_pool2d's divisor_override is dropped without a word by both exporters. The exported network divides by
#   the window's size: with divisor_override=1, the usual way to get sums, each number is four times too small.
#
# Output seen, 2026-11-27:
#   torch, divisor_override=1: 14 22 46 54
#   exported, dynamo=True, through onnxruntime: 3.5 5.5 11.5 13.5
#   exported, dynamo=False, through onnxruntime: 3.5 5.5 11.5 13.5
#   operators in the file: AveragePool; warnings about the divisor: 0
#
# Why it matters here: chapter 8 pools with sums and means, and counts what an average divides by. The shapes agree, so
#   only a comparison of numbers finds it.
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install torch==2.13.0 onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.32.0 numpy==2.4.6
show <<'PYTHON'
import contextlib
import io
import logging
import warnings

import onnx
import onnxruntime
import torch
import torch.nn.functional as F


class SumPooling(torch.nn.Module):
    def forward(self, x):
        return F.avg_pool2d(x, 2, divisor_override=1)


def line(y):
    return " ".join(f"{v:g}" for v in y.ravel())


x = torch.arange(1.0, 17).reshape(1, 1, 4, 4)
print("torch, divisor_override=1:", line(SumPooling()(x).numpy()))

said = io.StringIO()  # warnings, log and print alike
logging.basicConfig(stream=said, level=logging.WARNING)
operators = set()
for dynamo in (True, False):
    file = io.BytesIO()
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(said):
        warnings.simplefilter("always")
        with contextlib.redirect_stderr(said):
            torch.onnx.export(SumPooling(), (x,), file, dynamo=dynamo)
    said.write("\n".join(str(w.message) for w in caught))
    session = onnxruntime.InferenceSession(file.getvalue(), providers=["CPUExecutionProvider"])
    (y,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    print(f"exported, dynamo={dynamo}, through onnxruntime: {line(y)}")
    operators |= {node.op_type for node in onnx.load_from_string(file.getvalue()).graph.node}
print(
    f"operators in the file: {', '.join(sorted(operators))};",
    "warnings about the divisor:",
    said.getvalue().lower().count("divisor"),
)
PYTHON
compare
