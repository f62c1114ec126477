#!/usr/bin/env bash
# Library: torch 2.13.0, keras 3.15.1 (on torch and on jax 0.10.2), flax 0.12.8, onnxruntime 1.32.0 with onnx 1.23.2
# Expected: batch norm keeps a running average of the variance that it divides by while it trains.
# What happens: all of them divide by the batch's biased variance (the mean of the squares), 4 here. Keras, flax and
#   onnxruntime average that one; torch averages the unbiased one, 8, which its training never used. So even after many equal
#   batches torch answers otherwise at inference than in training, by √2 for two values a channel.
#
# Output seen, 2026-11-27:
#   two values, 0 and 4; running variance from 1, where each batch weighs 0.1; epsilon 1e-05
#                   trained  running variance  after 200 batches  inference then
#   torch           1.00     1.7               8                  0.71
#   keras on torch  1.00     1.3               4                  1.00
#   keras on jax    1.00     1.3               4                  1.00
#   flax linen      1.00     1.3               4                  1.00
#   flax nnx        1.00     1.3               4                  1.00
#   onnxruntime     1.00     1.3               4                  1.00
#
# Why it matters here: chapter 9 carries running statistics from training to inference. The factor is n / (n - 1), where n
#   counts a channel's values in the batch: nothing for large maps, 1.07 for 15 values, 2 for two.
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install torch==2.13.0 keras==3.15.1 jax==0.10.2 flax==0.12.8 onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
cat > layers.py <<'PYTHON'
import numpy as np

x = np.array([[0], [4]], np.float32)


def row(name, train, infer):
    """Print what one layer does; `train` gives its output and its running variance."""
    y, first = train()
    for _ in range(199):
        _, last = train()
    print(f"{name:14}  {y[1, 0]:.2f}     {first:<16.3g}  {last:<17.3g}  {infer()[1, 0]:.2f}")
PYTHON

keras_on() {
  show <<PYTHON
import os
import sys

os.environ["KERAS_BACKEND"] = "$1"
sys.path.insert(0, ".")
import keras
from keras.ops import convert_to_numpy
from layers import row, x

layer = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)


def train():
    y = layer(x, training=True)
    return convert_to_numpy(y), convert_to_numpy(layer.moving_variance)[0]


row("keras on $1", train, lambda: convert_to_numpy(layer(x, training=False)))
PYTHON
}

show <<'PYTHON'
import sys

sys.path.insert(0, ".")
import torch
from layers import row, x

print("two values, 0 and 4; running variance from 1, where each batch weighs 0.1; epsilon 1e-05")
print(f"{'':14}  trained  running variance  after 200 batches  inference then")
layer = torch.nn.BatchNorm1d(1, momentum=0.1, eps=1e-5)


def train():
    y = layer.train()(torch.tensor(x))
    return y.detach().numpy(), layer.running_var.item()


row("torch", train, lambda: layer.eval()(torch.tensor(x)).detach().numpy())
PYTHON
keras_on torch
keras_on jax
show <<'PYTHON'
import sys

sys.path.insert(0, ".")
import jax
import jax.numpy as jnp
import numpy as np
import onnxruntime
from flax import linen, nnx
from layers import row, x
from onnx import TensorProto, helper

layer = linen.BatchNorm(momentum=0.9, epsilon=1e-5)
state = layer.init(jax.random.key(0), x, use_running_average=True)


def train():
    global state
    y, changed = layer.apply(state, x, use_running_average=False, mutable=["batch_stats"])
    state = {**state, **changed}
    return y, float(changed["batch_stats"]["var"][0])


row("flax linen", train, lambda: layer.apply(state, x, use_running_average=True))

module = nnx.BatchNorm(1, momentum=0.9, epsilon=1e-5, rngs=nnx.Rngs(0))


def train():
    y = module(jnp.array(x), use_running_average=False)
    return y, float(module.var[...][0])


row("flax nnx", train, lambda: module(jnp.array(x), use_running_average=True))


def session(training):
    outputs = ["y", "mean out", "variance out"][: 3 if training else 1]
    node = helper.make_node(
        "BatchNormalization",
        ["x", "scale", "bias", "mean", "variance"],
        outputs,
        epsilon=1e-5,
        momentum=0.9,
        training_mode=training,
    )
    inputs = [("x", [2, 1])] + [(name, [1]) for name in node.input[1:]]
    graph = helper.make_graph(
        [node],
        "normalisation",
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in outputs],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=10)
    return onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )


one, zero = np.ones(1, np.float32), np.zeros(1, np.float32)
feeds = {"x": x, "scale": one, "bias": zero, "mean": zero, "variance": one}
training, inference = session(1), session(0)


def train():
    y, feeds["mean"], feeds["variance"] = training.run(None, feeds)
    return y, float(feeds["variance"][0])


row("onnxruntime", train, lambda: inference.run(None, feeds)[0])
PYTHON
compare
