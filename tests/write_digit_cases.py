"""Write a hundred digits that the browser's network must read as torch does.

Run as ``python tests/write_digit_cases.py cases.json``: the network as a page gets it, and for each
sheet how it is placed (by `cnnviz.images.centred_digit`) and the scores of torch. The digits are
MNIST's first hundred test digits where it lies beside the clone, else the six that ship; every
second one is moved and made narrower, so that it has to be placed.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from cnnviz import DigitPad, data, digit_network, nets
from cnnviz.widgets._traits import pack

REAL = Path(__file__).resolve().parents[1].parent / "shared" / "data"
COUNT, SHEET = 100, 112


def digits() -> list[NDArray[np.uint8]]:
    """Return a hundred pictures of 28 × 28."""
    if (REAL / "mnist").is_dir():
        os.environ["CNNVIZ_DATA"] = str(REAL)
        return list(data.load("mnist", "test").pictures[:COUNT, 0])
    stored = digit_network.load()["example_pictures"]
    return [stored[i % len(stored)] for i in range(COUNT)]


def sheets() -> list[NDArray[np.uint8]]:
    """Return them as they may stand on the pad."""
    rng = np.random.default_rng(0)
    made = []
    for i, digit in enumerate(digits()):
        sheet = np.kron(digit, np.ones((4, 4), np.uint8))
        if i % 2:
            width, height = rng.integers(40, SHEET, 2)
            part = Image.fromarray(digit).resize((width, height), Image.Resampling.BILINEAR)
            sheet = np.zeros((SHEET, SHEET), np.uint8)
            top, left = rng.integers(0, SHEET - height + 1), rng.integers(0, SHEET - width + 1)
            sheet[top : top + height, left : left + width] = np.asarray(part)
        made.append(sheet)
    return made


def main() -> None:
    """Write the cases to the file named."""
    net = nets.trained_lenet5().eval()
    cases: list[dict[str, Any]] = []
    for sheet in sheets():
        digit = DigitPad(sheet).digit
        with torch.no_grad():
            scores = net(torch.from_numpy(digit)[None, None].float())[0]
        cases.append({"sheet": pack(sheet), "digit": pack(digit), "scores": scores.tolist()})
    content = {"model": DigitPad().state()["model"], "cases": cases}
    Path(sys.argv[1]).write_text(json.dumps(content), encoding="utf-8")


if __name__ == "__main__":
    main()
