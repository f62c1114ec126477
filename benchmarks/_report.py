"""What the benchmarks share: timing side by side, a table, a JSON file, facts on the machine.

Threads are the business of each benchmark: the variables that limit them must be set before NumPy
is first imported, and so before anything else here is.
"""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"

#: JavaScript: from the milliseconds that handling took to those until the frame is painted.
#: What rendering the frame takes is in it: the channel's message comes after it.
AFTER_FRAME = """(handled) => new Promise((done) => requestAnimationFrame(() => {
  const frame = performance.now();
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => done(handled + performance.now() - frame);
  port2.postMessage(0);
}))"""


def race(
    contenders: Mapping[str, Callable[[], object]], seconds: float, least: int = 5
) -> dict[str, float]:
    """Time functions side by side; give the median of each in milliseconds.

    They take turns, so that whatever else the machine does hits them alike, for as long as asked
    and for some turns at least, after one turn that isn't counted.
    """
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for run in contenders.values():
        run()
    end = time.perf_counter() + seconds
    turns = 0
    while turns < least or time.perf_counter() < end:
        for name, run in contenders.items():
            start = time.perf_counter()
            run()
            times[name].append(1e3 * (time.perf_counter() - start))
        turns += 1
    return {name: statistics.median(values) for name, values in times.items()}


def geometric_mean(values: Iterable[float]) -> float:
    """Mean of ratios: 2 and ½ cancel."""
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values))


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a Markdown table, columns aligned."""
    cells = [list(header), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    cells.insert(1, ["-" * width for width in widths])
    for row in cells:
        print(
            "|", " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)), "|"
        )


def _cell(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def machine(*packages: str) -> dict[str, Any]:
    """Facts that explain a timing, without naming the machine."""
    return {
        "processor": _processor(),
        "cpus": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        **{package: metadata.version(package) for package in packages},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    models = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())


def write_json(name: str, results: Mapping[str, Any]) -> Path:
    """Write what was measured to ``benchmarks/results/<name>.json``."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(results, indent=2) + "\n")
    return path
