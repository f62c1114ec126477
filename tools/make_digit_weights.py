"""Train the LeNet-5 that ships with cnnviz, and write it with the example digits of `DigitPad`.

Run ``python tools/make_digit_weights.py`` in the repository's root; it writes
``cnnviz/weights/lenet5-mnist.npz``. It needs torch and MNIST (``CNNVIZ_DATA``, or the network) and
takes a few minutes. Another machine's weights differ in their last digits, and so may its accuracy,
which is measured and must not be below `LEAST`.

Each row of weights that makes one output is rounded to whole numbers from -127 to 127, times a
scale of its own. What is rounded is the network from then on: torch, NumPy and the browser
multiply the same numbers.

MNIST is by Yann LeCun and Corinna Cortes, under CC BY-SA 3.0; six of its test digits are in the
file, under the same licence.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from cnnviz import data, digit_network, nets, training
from cnnviz.rounded import quantised, restored

FILE = Path(__file__).resolve().parent.parent / "cnnviz" / "weights" / digit_network.FILE

#: The least share of MNIST's 10 000 test digits that the rounded network must read.
LEAST = 0.99

RECIPE = replace(training.recipe("lenet-mnist"), epochs=3)

#: What the pad offers: these digits, read rightly and surely, and one that is read wrongly.
OFFERED = (2, 3, 5, 7, 8)


def main() -> None:
    """Train, round, measure, choose the examples and write the file."""
    torch.set_num_threads(1)  # sums come in the same order each time
    torch.manual_seed(0)
    net = nets.lenet5()
    training.fit(net, data.load("mnist", "train"), recipe=RECIPE, progress="lines")
    weights = {name: value.numpy() for name, value in net.state_dict().items()}
    rounded = quantised(weights, digit_network.NAMES)
    state = restored(rounded, digit_network.NAMES)
    net.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
    test = data.load("mnist", "test")
    scores = training.predict(net, test.pictures)
    accuracy = float((scores.argmax(1) == test.labels).mean())
    print(f"{accuracy:.2%} of {len(test.labels)} test digits, after rounding")
    if accuracy < LEAST:
        raise SystemExit(f"that is below {LEAST:.1%}: nothing is written")
    chosen = examples(scores, test.labels)
    FILE.parent.mkdir(exist_ok=True)
    arrays: dict[str, Any] = {
        "accuracy": np.array(accuracy),
        "example_pictures": test.pictures[chosen, 0],
        "example_labels": test.labels[chosen].astype(np.uint8),
        "example_places": np.array(chosen, np.uint16),
        **rounded,
    }
    np.savez_compressed(FILE, **arrays)
    print(f"{FILE.name}: {FILE.stat().st_size / 1000:.1f} kB; examples {chosen}")


def examples(scores: NDArray[np.float32], labels: NDArray[np.integer]) -> list[int]:
    """Return places in the test set: the first sure one of each digit offered, then an error.

    The error is the surest one, which shows that being sure is not being right.
    """
    shares = torch.from_numpy(scores).softmax(1).numpy()
    top, said = shares.max(1), shares.argmax(1)
    right = said == labels
    sure = right & (top > np.median(top))
    chosen = [int(np.flatnonzero(sure & (labels == digit))[0]) for digit in OFFERED]
    return [*chosen, int(np.argmax(np.where(right, 0.0, top)))]


if __name__ == "__main__":
    main()
