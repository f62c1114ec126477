"""How long exports take: an animation as GIF and as SVG sequence, a widget as one page.

What a reader waits for in a notebook: processor time beside the clock's, since other programs may
be running. The bar: a 5 × 5 input with a 3 × 3 kernel at 2 fps is a GIF in under 5 s.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from _report import machine, print_table, write_json

import cnnviz
from cnnviz import animations, kernels

BAR = 5.0  # seconds
X = np.arange(25).reshape(5, 5) % 7
KERNEL = kernels.sobel()


def exports(folder: Path) -> dict[str, Callable[[], Any]]:
    """Prepare what is timed, by what it is called in the table."""
    return {
        "GIF, 5 × 5 by 3 × 3, 9 frames": lambda: animations.convolution(
            X, KERNEL, folder / "a.gif", fps=2
        ),
        "GIF, the same transposed, 25 frames": lambda: animations.convolution(
            X, KERNEL, folder / "b.gif", transposed=True
        ),
        "GIF, max pooling of 4 × 4, 4 frames": lambda: animations.pooling(
            X[:4, :4], folder / "c.gif"
        ),
        "SVG, 5 × 5 by 3 × 3, 9 files": lambda: animations.convolution(X, KERNEL, folder / "svg"),
        "page, KernelEditor": lambda: cnnviz.KernelEditor().save_html(folder / "editor.html"),
        "page, ShapeCalculator": lambda: cnnviz.ShapeCalculator().save_html(folder / "chain.html"),
    }


def size(result: Any) -> float:
    """Return how many kB were written."""
    paths = result if isinstance(result, list) else [result]
    return sum(path.stat().st_size for path in paths) / 1000


def measure(name: str, export: Callable[[], Any], turns: int) -> dict[str, Any]:
    """Time one export: the first turn by itself, then the median of the others."""
    clock, processor = [], []
    for _ in range(turns + 1):
        start, busy = time.perf_counter(), time.process_time()
        result = export()
        clock.append(time.perf_counter() - start)
        processor.append(time.process_time() - busy)
    return {
        "export": name,
        "first s": clock[0],
        "median s": statistics.median(clock[1:]),
        "processor s": statistics.median(processor[1:]),
        "kB": size(result),
    }


def main() -> None:
    """Measure, print and write it all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=3, help="turns after the first")
    turns = parser.parse_args().turns
    with tempfile.TemporaryDirectory() as folder:
        rows = [measure(*export, turns) for export in exports(Path(folder)).items()]
    print_table(list(rows[0]), [row.values() for row in rows])
    holds = rows[0]["median s"] < BAR
    print(f"\nThe first is to take less than {BAR} s: {'yes' if holds else 'no'}")
    facts = machine("matplotlib", "numpy", "pillow")
    path = write_json("export", {"machine": facts, "rows": rows, "bar s": BAR, "holds": holds})
    print(f"{facts}; written to {path.relative_to(path.parents[2])}")


if __name__ == "__main__":
    main()
