#!/usr/bin/env bash
# Library: torch 2.13.0, keras 3.15.1 (on torch), flax 0.12.8, onnxruntime 1.32.0 with onnx 1.23.2
# Expected: an argument called momentum, given the same number, does the same in every batch norm.
# What happens: in torch it weighs the new batch, in Keras, flax and ONNX the old average. A layer ported with its momentum of
#   0.9 follows the last batch in one and hardly moves in the other. The defaults differ too, and Keras' epsilon is 100 times
#   larger. All agree that epsilon stands under the root, in training and at inference.
#
# Output seen, 2026-11-27:
#   a batch of 0 and 4; running mean from 0, momentum 0.9; 2 / sqrt(4 + 5) = 0.667, 2 / (sqrt(4) + 5) = 0.286
#                running mean  trained, epsilon 5  inference, variance 4  default momentum and epsilon
#   torch        1.8           0.667               0.667                  0.1 1e-05
#   keras        0.2           0.667               0.667                  0.99 0.001
#   flax linen   0.2           0.667               0.667                  0.99 1e-05
#   flax nnx     0.2           0.667               0.667                  0.99 1e-05
#   onnxruntime  0.2           0.667               0.667                  0.9 1e-05
#
# Why it matters here: chapter 9 writes the running average out, with the batch's weight. Whoever copies the number from one
#   library to another turns it round, and nothing fails: training, which uses the batch alone, looks the same.
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install torch==2.13.0 keras==3.15.1 jax==0.10.2 flax==0.12.8 onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
show <<'PYTHON'
import os

os.environ["KERAS_BACKEND"] = "torch"
import jax
import jax.numpy as jnp
import keras
import numpy as np
import onnxruntime
import torch
from flax import linen, nnx
from keras.ops import convert_to_numpy
from onnx import TensorProto, defs, helper

x = np.array([[0], [4]], np.float32)
known = np.array([[2]], np.float32)  # at inference, with mean 0 and variance 4
zero, one, four = (np.full(1, v, np.float32) for v in (0, 1, 4))


def in_torch():
    layer = torch.nn.BatchNorm1d(1, momentum=0.9, eps=5)
    trained, mean = layer(torch.tensor(x)).detach(), layer.running_mean.item()
    layer.running_mean[:], layer.running_var[:] = 0, 4
    plain = torch.nn.BatchNorm1d(1)
    inferred = layer.eval()(torch.tensor(known)).detach()
    return mean, trained, inferred, plain.momentum, plain.eps


def in_keras():
    layer = keras.layers.BatchNormalization(momentum=0.9, epsilon=5)
    trained = convert_to_numpy(layer(x, training=True))
    mean = convert_to_numpy(layer.moving_mean)[0]
    layer.set_weights([one, zero, zero, four])
    plain = keras.layers.BatchNormalization()
    inferred = convert_to_numpy(layer(known, training=False))
    return mean, trained, inferred, plain.momentum, plain.epsilon


def in_linen():
    layer = linen.BatchNorm(momentum=0.9, epsilon=5)
    state = layer.init(jax.random.key(0), x, use_running_average=True)
    trained, new = layer.apply(state, x, use_running_average=False, mutable=["batch_stats"])
    state = {**state, "batch_stats": {"mean": zero, "var": four}}
    inferred = layer.apply(state, known, use_running_average=True)
    plain = linen.BatchNorm()
    return new["batch_stats"]["mean"][0], trained, inferred, plain.momentum, plain.epsilon


def in_nnx():
    layer = nnx.BatchNorm(1, momentum=0.9, epsilon=5, rngs=nnx.Rngs(0))
    trained = layer(jnp.array(x), use_running_average=False)
    mean = layer.mean[...][0]
    layer.mean[...], layer.var[...] = jnp.array(zero), jnp.array(four)
    inferred = layer(jnp.array(known), use_running_average=True)
    plain = nnx.BatchNorm(1, rngs=nnx.Rngs(0))
    return mean, trained, inferred, plain.momentum, plain.epsilon


def run_onnx(x, variance, training):
    outputs = ["y", "mean out", "variance out"][: 3 if training else 1]
    names = ["x", "scale", "bias", "mean", "variance"]
    node = helper.make_node(
        "BatchNormalization", names, outputs, epsilon=5.0, momentum=0.9, training_mode=training
    )
    arrays = dict(zip(names, (x, one, zero, zero, variance)))
    graph = helper.make_graph(
        [node],
        "normalisation",
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, a.shape) for n, a in arrays.items()],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in outputs],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=10)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, arrays)


def in_onnxruntime():
    trained, mean, _ = run_onnx(x, one, 1)
    attributes = defs.get_schema("BatchNormalization", 15).attributes
    momentum, epsilon = (attributes[n].default_value.f for n in ("momentum", "epsilon"))
    return mean[0], trained, run_onnx(known, four, 0)[0], momentum, epsilon


print(
    "a batch of 0 and 4; running mean from 0, momentum 0.9;",
    f"2 / sqrt(4 + 5) = {2 / 9**0.5:.3f}, 2 / (sqrt(4) + 5) = {2 / 7:.3f}",
)
head = "running mean  trained, epsilon 5  inference, variance 4  default momentum and epsilon"
print(f"{'':11}  {head}")
for name, layer in {
    "torch": in_torch,
    "keras": in_keras,
    "flax linen": in_linen,
    "flax nnx": in_nnx,
    "onnxruntime": in_onnxruntime,
}.items():
    mean, trained, inferred, momentum, epsilon = layer()
    trained, inferred = float(trained[1, 0]), float(inferred[0, 0])
    numbers = f"{mean:<12.3g}  {trained:<18.3f}  {inferred:<21.3f}"
    print(f"{name:11}  {numbers}  {momentum:g} {epsilon:g}")
PYTHON
compare
