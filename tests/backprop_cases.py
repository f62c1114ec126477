"""Settings of the backpropagation stepper, drawn at random, for its tests in both halves.

Run as a script, it writes the widgets' states with the answers of the Python half as JSON:
``backprop_cases.py PATH``.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np

from cnnviz import BackpropStepper

COUNT = 360
_POOLS = ("max", "max", "mean", "none")


def setting(rng: random.Random, fractions: bool) -> dict[str, Any]:
    """Draw arguments that go together; many values are alike, so that maxima tie."""

    def numbers(*shape: int, bound: int = 3) -> Any:
        draw = [rng.randint(-bound, bound) for _ in range(int(np.prod(shape)))]
        values = np.array(draw).reshape(shape)
        return values + rng.choice((0.25, 0.5, 1 / 3)) if fractions else values

    while True:
        plain = rng.random() < 0.3
        channels, kernels = (1, 1) if plain else (rng.randint(1, 3), rng.randint(1, 3))
        n = [rng.randint(2, 8) for _ in range(2)]
        k = [rng.randint(1, 4) for _ in range(2)]
        s = [rng.choice((1, 1, 2, 3)) for _ in range(2)]
        d = [rng.choice((1, 1, 2)) for _ in range(2)]
        p = [[rng.randint(0, 2), rng.randint(0, 2)] for _ in range(2)]
        padded = [m + sum(q) for m, q in zip(n, p, strict=True)]
        z = [(m - e * (w - 1) - 1) // t + 1 for m, w, t, e in zip(padded, k, s, d, strict=True)]
        if max(padded) > 10 or min(z) < 1:
            continue
        pool = rng.choice(_POOLS)
        size = [rng.randint(1, min(3, m)) for m in z]
        step = rng.choice((None, [rng.randint(1, 3) for _ in range(2)]))
        out = [(m - w) // t + 1 for m, w, t in zip(z, size, step or size, strict=True)]
        output = z if pool == "none" else out
        x, weight = numbers(channels, *n), numbers(kernels, channels, *k, bound=2)
        grad = numbers(kernels, *output)
        if plain:
            x, weight, grad = x[0], weight[0, 0], grad[0]
        return {
            "x": x,
            "weight": weight,
            "bias": numbers(kernels, bound=1),
            "grad": rng.choice((None, grad, grad)),
            "stride": s,
            "padding": p,
            "dilation": d,
            "pool": pool,
            "pool_kernel": size,
            "pool_stride": step,
            "route": rng.choice(("scatter", "gather")),
        }


def settings(count: int = COUNT) -> list[dict[str, Any]]:
    """Return as many settings, three quarters of them of whole numbers."""
    rng = random.Random(8)
    return [setting(rng, fractions=i % 4 == 3) for i in range(count)]


def main() -> None:
    """Write each widget's state, and what its Python half computes."""
    cases = []
    for arguments in settings():
        widget = BackpropStepper(**arguments)
        answers = widget.feature_maps | widget.gradients
        cases.append(
            {
                "state": widget.state(),
                "steps": widget._steps(),
                "expect": {
                    name: {"shape": values.shape, "data": values.ravel().tolist()}
                    for name, values in answers.items()
                },
            }
        )
    Path(sys.argv[1]).write_text(json.dumps(cases), encoding="utf-8")


if __name__ == "__main__":
    main()
