#!/usr/bin/env bash
# Library: keras 3.14.1 and 3.15.1, on torch 2.13.0
# Expected: a saved model answers the same after an upgrade within one major version.
# What happens: a Conv1DTranspose with kernel 3, stride 2 and "same" padding, saved by 3.14.1 and loaded by 3.15.1, answers
#   one place further right, as its JAX back end does. What 3.14.1 trained is off by a pixel there.
#
# Output seen, 2026-11-27:
#   keras 3.14.1 saves and answers 2 3 0 0 0 0
#   keras 3.15.1 loads and answers 1 2 3 0 0 0
#   torch, padding=1, output_padding=1: 2 3 0 0 0 0
#
# Why it matters here: chapter 6 gives torch's padding and output_padding for a "same" transposed convolution. A port that
#   was tested against the older Keras is one pixel off against the newer.
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install torch==2.13.0 keras==3.14.1 numpy==2.4.6
show <<'PYTHON'
import os

os.environ["KERAS_BACKEND"] = "torch"
import keras
import numpy as np

x = np.array([1, 0, 0], np.float32).reshape(1, 3, 1)
layer = keras.layers.Conv1DTranspose(1, 3, strides=2, padding="same", use_bias=False)
model = keras.Sequential([keras.Input((3, 1)), layer])
layer.set_weights([np.array([1, 2, 3], np.float32).reshape(3, 1, 1)])
model.save("upsampling.keras")
y = model.predict(x, verbose=0)
print(f"keras {keras.__version__} saves and answers", *(f"{v:g}" for v in y.ravel()))
PYTHON

install keras==3.15.1
show <<'PYTHON'
import os

os.environ["KERAS_BACKEND"] = "torch"
import keras
import numpy as np
import torch

x = np.array([1, 0, 0], np.float32).reshape(1, 3, 1)
y = keras.models.load_model("upsampling.keras").predict(x, verbose=0)
print(f"keras {keras.__version__} loads and answers", *(f"{v:g}" for v in y.ravel()))

w = torch.tensor([[[1.0, 2, 3]]])
y = torch.nn.functional.conv_transpose1d(
    torch.tensor(x).reshape(1, 1, 3), w, stride=2, padding=1, output_padding=1
)
print("torch, padding=1, output_padding=1:", *(f"{v:g}" for v in y.ravel().tolist()))
PYTHON
compare
