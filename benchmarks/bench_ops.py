"""Convolution in `cnnviz.ops` beside PyTorch's, on one thread each.

Three layers, forward and backward (input, weights and bias), and one large picture. A ratio is the
time of cnnviz over that of PyTorch, medians of turns taken side by side: below 1, cnnviz is faster.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before NumPy and PyTorch are imported
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from _report import geometric_mean, machine, print_table, race, write_json

from cnnviz import ops

LAYERS = [  # x, weight
    ((64, 1, 28, 28), (6, 1, 5, 5)),
    ((64, 16, 14, 14), (32, 16, 3, 3)),
    ((32, 64, 32, 32), (64, 64, 3, 3)),
]
PICTURE = ((512, 512), (7, 7))
BARS = {  # mean, worst
    "float32": {"forward": (1.05, 1.25), "backward": (0.95, 1.4), "picture": (1.0, 1.0)},
    "float64": {"forward": (1.5, 2.2), "backward": (1.7, 3.3), "picture": (1.0, 1.0)},
}

Contenders = dict[str, Callable[[], Any]]


def layer(
    x_shape: tuple[int, ...], weight_shape: tuple[int, ...], dtype: str
) -> dict[str, Contenders]:
    """Prepare one layer, forward and backward, with the same data on both sides."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal(x_shape).astype(dtype)
    weight = rng.standard_normal(weight_shape).astype(dtype)
    leaves = [
        torch.tensor(a, requires_grad=True) for a in (x, weight, np.zeros(len(weight), dtype))
    ]
    out = F.conv2d(*leaves)
    grad = rng.standard_normal(out.shape).astype(dtype)
    tensor = torch.tensor(grad)

    def torch_forward() -> torch.Tensor:
        with torch.no_grad():
            return F.conv2d(leaves[0], leaves[1])

    return {
        "forward": {"cnnviz": lambda: ops.conv(x, weight), "torch": torch_forward},
        "backward": {
            "cnnviz": lambda: ops.conv_backward(grad, x, weight),
            "torch": lambda: torch.autograd.grad(out, leaves, tensor, retain_graph=True),
        },
    }


def picture(dtype: str) -> Contenders:
    """Prepare one picture and one kernel, without channels."""
    rng = np.random.default_rng(0)
    image, kernel = (rng.standard_normal(shape).astype(dtype) for shape in PICTURE)
    x, weight = torch.tensor(image)[None, None], torch.tensor(kernel)[None, None]

    def torch_forward() -> torch.Tensor:
        with torch.no_grad():
            return F.conv2d(x, weight)[0, 0]

    return {"cnnviz": lambda: ops.correlate(image, kernel), "torch": torch_forward}


def check(contenders: Contenders) -> None:
    """Refuse to time two things that don't do the same."""
    ours, theirs = (run() for run in contenders.values())
    pairs = zip(ours, theirs, strict=True) if isinstance(ours, tuple) else [(ours, theirs)]
    for our, their in pairs:
        scale = float(their.abs().max())
        np.testing.assert_allclose(our / scale, their.numpy() / scale, atol=1e-4)


def measure(dtype: str, seconds: float) -> list[dict[str, Any]]:
    """Race every layer and the picture in one precision."""
    heats = [
        (direction, f"{x} · {weight}", contenders)
        for x, weight in LAYERS
        for direction, contenders in layer(x, weight, dtype).items()
    ]
    heats.append(("picture", " · ".join(map(str, PICTURE)), picture(dtype)))
    rows = []
    for what, shapes, contenders in heats:
        check(contenders)
        ms = race(contenders, seconds)
        rows.append(
            {"dtype": dtype, "what": what, "shapes": shapes}
            | {f"{name} ms": value for name, value in ms.items()}
            | {"ratio": ms["cnnviz"] / ms["torch"]}
        )
    return sorted(rows, key=lambda row: list(BARS[dtype]).index(row["what"]))


def summarise(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give mean and worst ratio for each precision and direction, beside what is asked for."""
    summary = []
    for dtype in dict.fromkeys(row["dtype"] for row in rows):
        for what, (mean_bar, worst_bar) in BARS[dtype].items():
            ratios = [r["ratio"] for r in rows if (r["dtype"], r["what"]) == (dtype, what)]
            mean, worst = geometric_mean(ratios), max(ratios)
            summary.append(
                {
                    "dtype": dtype,
                    "what": what,
                    "geometric mean": mean,
                    "at most": mean_bar,
                    "worst": worst,
                    "worst at most": worst_bar,
                    "holds": "yes" if mean <= mean_bar and worst <= worst_bar else "no",
                }
            )
    return summary


def main() -> None:
    """Measure, print and write it all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=2.0, help="for each row of the table")
    seconds = parser.parse_args().seconds
    torch.set_num_threads(1)
    rows = [row for dtype in ("float32", "float64") for row in measure(dtype, seconds)]
    summary = summarise(rows)
    print_table(list(rows[0]), [row.values() for row in rows])
    print()
    print_table(list(summary[0]), [row.values() for row in summary])
    facts = machine("numpy", "torch")
    path = write_json("ops", {"machine": facts, "rows": rows, "summary": summary})
    print(f"\n{facts}, one thread each; written to {path.relative_to(path.parents[2])}")


if __name__ == "__main__":
    main()
