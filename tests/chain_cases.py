"""Chains of layers for the tests of `cnnviz.chain` in Python and of `chain.ts` in the browser.

Run as a script, it writes the chains with Python's answers as JSON: ``chain_cases.py PATH``.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

from cnnviz import chain

COUNT = 700


def layer(rng: random.Random, rank: int, channels: int) -> dict[str, Any]:
    """Draw a layer that often fits, and now and then doesn't."""

    def axes(values: range | tuple[int, ...]) -> int | list[int]:
        if rng.random() < 0.7:
            return rng.choice(values)
        return [rng.choice(values) for _ in range(rank)]

    def padding() -> Any:
        pick = rng.random()
        if pick < 0.15:
            return rng.choice(["same", "valid"])
        if pick < 0.3:
            return [[rng.randint(0, 2), rng.randint(0, 2)] for _ in range(rank)]
        return axes((0, 0, 1, 1, 2))

    def maybe(name: str, value: Any, chance: float = 0.5) -> dict[str, Any]:
        return {name: value} if rng.random() < chance else {}

    kind = rng.choice(["conv"] * 5 + ["conv_transpose"] * 3 + ["pool"] * 3 + ["flatten", "linear"])
    if kind == "flatten":
        return {"kind": kind}
    if kind == "linear":
        return {"kind": kind, "units": rng.randint(1, 12)} | maybe("bias", False, 0.3)
    if kind == "pool":
        return {
            "kind": kind,
            **maybe("kernel", axes((2, 2, 3, 4)), 0.8),
            **maybe("stride", axes((1, 2, 3))),
            **maybe("padding", rng.choice([0, 1, "same"]), 0.3),
        }
    groups = rng.choice([1, 1, 2, min(channels, 64)])
    return {
        "kind": kind,
        "channels": groups * rng.randint(1, 4),
        "kernel": axes((1, 2, 3, 3, 4, 5)),
        **maybe("stride", axes((1, 2, 2, 3))),
        **maybe("padding", padding()),
        **maybe("dilation", axes((1, 2)), 0.3),
        **(maybe("output_padding", axes((0, 1)), 0.4) if kind == "conv_transpose" else {}),
        **({"groups": groups} if groups > 1 else {}),
        **maybe("bias", False, 0.3),
    }


def draw(rng: random.Random) -> tuple[list[dict[str, Any]], tuple[int, ...]]:
    """Draw a chain; most of its layers fit what comes in, so that chains get long."""
    rank = rng.choice([1, 2, 2, 2, 3])
    n = [rng.randint(4, {1: 60, 2: 30, 3: 12}[rank]) for _ in range(rank)]
    shape = (rng.randint(1, 6), *n)
    layers: list[dict[str, Any]] = []
    for _ in range(rng.randint(0, 7)):
        size = chain.rows(layers, shape)[-1]["size"] if layers else shape
        for _attempt in range(4):
            one = layer(rng, rank, size[0] if size else 1)
            if not size or chain.rows([*layers, one], shape)[-1]["error"] is None:
                break
        layers.append(one)
    return layers, shape


def cases(count: int = COUNT, seed: int = 0) -> list[dict[str, Any]]:
    """Return chains with their link and rows."""
    rng = random.Random(seed)
    return [answered(*draw(rng)) for _ in range(count)]


def answered(layers: list[dict[str, Any]], shape: tuple[int, ...]) -> dict[str, Any]:
    return {
        "layers": chain.check_layers(layers),
        "input_shape": shape,
        "link": chain.link(layers, shape),
        "rows": chain.rows(layers, shape),
    }


#: Chains as long as may be: up and down again, up by 3 and down by 2, up for good, an odd turn.
LONG = (
    "#layers=1x8x8" + ";conv_transpose:c1,k2,s2;conv:c1,k2,s2" * 100,
    "#layers=1x9" + ";conv_transpose:c1,k3,s3;conv:c1,k3,s2,p1" * 60,
    "#layers=1x1" + ";conv_transpose:c1,k1,s1000000" * 100,
    "#layers=1x40" + ";conv:c1,k2,s2;conv_transpose:c1,k5,s2,p1,o1" * 100,
    "#layers=1x30x20" + ";conv_transpose:c1,k4,s6;conv:c1,k5,s4;conv:c1,k3,s3,p2" * 20,
)


def long_cases() -> list[dict[str, Any]]:
    """Return `LONG` with its rows, which only linear time can give."""
    return [answered(*chain.from_link(link)) for link in LONG]


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(cases() + long_cases()), encoding="utf-8")
