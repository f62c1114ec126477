"""Train the one-stage detector that ships with cnnviz, and write its weights.

Run ``python tools/make_detector_weights.py`` in the repository's root; it writes
``cnnviz/weights/one-stage-digits.npz``. It needs torch and MNIST (``CNNVIZ_DATA``, or the network)
and takes a few minutes. Another machine's weights differ in their last digits, and so may its mean
average precision, which is measured on scenes of digits that it was not trained on and must not be
below `LEAST`.

Batch norm is folded into the convolutions. Each row of weights that makes one output is then
rounded to whole numbers from -127 to 127, times a scale of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cnnviz import boxes, data, nets, training
from cnnviz.nets import _one_stage as detector
from cnnviz.rounded import quantised

FILE = Path(__file__).resolve().parent.parent / "cnnviz" / "weights" / detector.FILE
DIGITS = ("digits", "mnist")

#: The least mean average precision at an IoU of 0.5, for each kind of digits.
LEAST = 0.93

RECIPE = training.Recipe(
    epochs=10, batch=16, learning_rate=0.006, optimiser="adam", schedule="one-cycle"
)


def folded(net: nn.Sequential) -> dict[str, NDArray[np.float32]]:
    """Return a detector's weights with its batch norms, as they are in use, folded into them.

    Behind a convolution w ∗ x, batch norm makes γ (w ∗ x − μ) / √(σ² + ε) + β: a convolution
    with the weights γ w / √(σ² + ε) and the bias β − γ μ / √(σ² + ε).
    """
    state = {name: value.detach().cpu() for name, value in net.state_dict().items()}
    weights = {name: state[name] for name in ("head.weight", "head.bias")}
    for number, name in enumerate(detector.NAMES[:-1], 1):
        norm = f"norm{number}"
        factor = state[f"{norm}.weight"] / (state[f"{norm}.running_var"] + detector.EPSILON).sqrt()
        weights[f"{name}.weight"] = state[f"{name}.weight"] * factor[:, None, None, None]
        weights[f"{name}.bias"] = state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * factor
    return {name: value.numpy() for name, value in weights.items()}


def precision(net: nn.Module, scenes: data.Scenes) -> float:
    """Return the mean average precision at an IoU of 0.5."""
    scores = torch.from_numpy(training.predict(net, scenes.images))
    found = nets.one_stage_boxes(scores, 0.01)
    objects = [target for _, target in scenes]
    return float(boxes.evaluate(found, objects, thresholds=[0.5])["AP50"])


def main() -> None:
    """Train, fold, round, write the file, and measure what is in it."""
    torch.set_num_threads(1)  # sums come in the same order each time
    torch.manual_seed(0)
    parts = [data.scenes(4000, objects=(0, 4), digits=name, seed=0) for name in DIGITS]
    images = np.concatenate([scenes.images for scenes in parts])
    objects = [target for scenes in parts for _, target in scenes]
    net = nets.one_stage()
    training.fit(
        net,
        (images, nets.one_stage_target(objects, 64)),
        recipe=RECIPE,
        loss=lambda scores, target: nets.one_stage_loss(scores, target).total,
        progress="lines",
    )
    arrays: dict[str, Any] = quantised(folded(net), detector.NAMES)
    before = FILE.read_bytes() if FILE.exists() else None
    np.savez_compressed(FILE, **arrays)
    trained = nets.trained_one_stage()
    for name in DIGITS:
        test = data.scenes(500, digits=name, split="test", seed=1)
        come = precision(trained, test)
        print(f"{name}: mAP {come:.3f}, before rounding {precision(net, test):.3f}")
        if come < LEAST:
            FILE.unlink() if before is None else FILE.write_bytes(before)
            raise SystemExit(f"that is below {LEAST}: nothing is written")
    print(f"{FILE.name}: {FILE.stat().st_size / 1000:.1f} kB")


if __name__ == "__main__":
    main()
