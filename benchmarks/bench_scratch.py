"""The networks of chapter 11 in NumPy, on one thread: against nested loops, and against PyTorch.

The code measured is the chapter's own: its cells tagged ``scratch`` (layers, Adam, the training
loop) and ``loops`` (the same layers, one number at a time) are run as they stand there.

- *Loops*: one batch of eight digits, forward and backward, in both. Above 1, NumPy is faster.
- *LeNet-5*: an epoch of MNIST in batches of 64, with Adam, beside the same network and batches in
  PyTorch. Below 1, NumPy is faster. A part of the epoch is timed, and scaled.
- *Digits*: the chapter's training runs over several seeds: time, and accuracy on held-out digits.

Times are the processor's, not the clock's: one thread does all the work, and what else the machine
does then counts less.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before NumPy and PyTorch are imported
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"

import argparse
import functools
import math
import operator
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jupytext
import numpy as np
import torch
from _report import machine, print_table, write_json
from torch.nn import functional as F

from cnnviz import data, ops, shapes

CHAPTER = Path(__file__).parents[1] / "chapters" / "11-cnn-from-scratch.md"
BATCH = 64  # of LeNet-5


def chapter() -> SimpleNamespace:
    """Run the chapter's cells that define its layers, and give what they define."""
    names: dict[str, Any] = {"np": np, "ops": ops, "shapes": shapes}
    for cell in jupytext.read(CHAPTER).cells:
        if {"scratch", "loops"} & set(cell.metadata.get("tags", [])):
            exec(compile(cell.source, str(CHAPTER), "exec"), names)
    return SimpleNamespace(**names)


def seconds_of(run: Callable[[], object]) -> float:
    """Time one call by the processor's clock."""
    start = time.process_time()
    run()
    return time.process_time() - start


def against_loops(c: SimpleNamespace, turns: int) -> dict[str, Any]:
    """Time one batch of digits, forward and backward, in NumPy and in nested loops."""
    seen = data.load("digits", "train")
    x, y = seen.scaled()[:8], seen.labels[:8]
    net = c.digit_network(0)
    looped = c.by_loops(net)

    def both_ways(which: Any) -> Any:
        scores = which.forward(x)
        which.backward(ops.cross_entropy_backward(scores, y))
        return scores

    np.testing.assert_allclose(both_ways(net), both_ways(looped), atol=1e-4)
    for ours, theirs in zip(net.gradients(), looped.gradients(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)
    slow, fast = [], []
    for _ in range(turns):  # side by side, so that whatever else the machine does hits both
        slow.append(seconds_of(lambda: both_ways(looped)))
        fast += [seconds_of(lambda: both_ways(net)) for _ in range(20)]
    times = {"loops ms": 1e3 * statistics.median(slow), "numpy ms": 1e3 * statistics.median(fast)}
    return times | {"ratio": times["loops ms"] / times["numpy ms"]}


def lenets(c: SimpleNamespace) -> tuple[Any, torch.nn.Sequential]:
    """Make LeNet-5 from the chapter's layers and in PyTorch, with the same weights."""
    rng, t = np.random.default_rng(0), torch.nn
    ours = c.Network(
        *(c.Conv(1, 6, 5, rng, padding=2), c.ReLU(), c.MaxPool(2, 2, 0)),
        *(c.Conv(6, 16, 5, rng, padding=0), c.ReLU(), c.MaxPool(2, 2, 0), c.Flatten()),
        *(c.Linear(400, 120, rng), c.ReLU(), c.Linear(120, 84, rng), c.ReLU()),
        c.Linear(84, 10, rng),
    )
    theirs = t.Sequential(
        *(t.Conv2d(1, 6, 5, padding=2), t.ReLU(), t.MaxPool2d(2)),
        *(t.Conv2d(6, 16, 5), t.ReLU(), t.MaxPool2d(2), t.Flatten()),
        *(t.Linear(400, 120), t.ReLU(), t.Linear(120, 84), t.ReLU(), t.Linear(84, 10)),
    )
    with torch.no_grad():
        for theirs_p, p in zip(theirs.parameters(), ours.parameters(), strict=True):
            theirs_p.copy_(torch.tensor(p))
    return ours, theirs


def against_torch(c: SimpleNamespace, part: float) -> dict[str, Any]:
    """Time a part of an epoch of LeNet-5 on MNIST; both sides take turns, batch by batch."""
    seen = data.load_or_digits("mnist", "train")
    if seen.name != "mnist":
        return {"ratio": math.nan}
    batches = len(seen) // BATCH
    order = np.random.default_rng(0).permutation(len(seen))[: batches * BATCH]
    ours, theirs = lenets(c)
    our_adam, their_adam = c.Adam(ours), torch.optim.Adam(theirs.parameters())
    x, y = seen.scaled(), seen.labels
    times: dict[str, list[float]] = {"numpy": [], "torch": []}
    for chosen in order.reshape(batches, BATCH)[: round(batches * part)]:
        batch, right = x[chosen], y[chosen]
        batch_t, right_t = torch.tensor(batch), torch.tensor(right)

        def our_step(batch: Any = batch, right: Any = right) -> None:
            scores = ours.forward(batch)
            ours.backward(ops.cross_entropy_backward(scores, right))
            our_adam.step()

        def their_step(batch: Any = batch_t, right: Any = right_t) -> None:
            their_adam.zero_grad()
            F.cross_entropy(theirs(batch), right).backward()
            their_adam.step()

        times["numpy"].append(seconds_of(our_step))
        times["torch"].append(seconds_of(their_step))
    held = data.load("mnist", "test")[:1000]
    read = ours.forward(held.scaled(), training=False).argmax(axis=1) == held.labels
    epoch = {f"{name} s": statistics.median(values) * batches for name, values in times.items()}
    return {
        **epoch,
        "ratio": epoch["numpy s"] / epoch["torch s"],
        "part of the epoch": part,
        "of 1000 test digits": float(read.mean()),
    }


def training(c: SimpleNamespace, seeds: int) -> list[dict[str, Any]]:
    """Train as the chapter does: on part of the digits for each seed, and once on all of them."""
    seen, held, both = (data.load("digits", split) for split in ("train", "test", "all"))
    rows = []
    for seed in range(seeds):
        for part in (seen, both):
            net = c.digit_network(seed, **c.WIDE)
            x, y = part.scaled(), part.labels
            learn = functools.partial(c.train, net, x, y, epochs=10, seed=seed)
            seconds = seconds_of(learn)
            row = {"seed": seed, "trained on": len(part), "seconds": seconds}
            row["right there"] = float(c.accuracy(net, x, y))
            if part is seen:
                row["held out"] = float(c.accuracy(net, held.scaled(), held.labels))
            rows.append(row)
    return rows


def verdicts(
    loops: dict[str, Any], lenet: dict[str, Any], runs: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Set what was measured beside what is asked for."""
    held = [row for row in runs if "held out" in row]
    on_all = [row for row in runs if "held out" not in row]
    measured = [
        ("loops over NumPy, one batch", loops["ratio"], ">=", 100),
        ("LeNet-5, NumPy over torch", lenet.get("ratio", math.nan), "<=", 1.5),
        ("slowest training, seconds", max(row["seconds"] for row in runs), "<=", 15),
        ("on held-out digits, worst", min(row["held out"] for row in held), ">=", 0.98),
        ("on all digits, seen, worst", min(row["right there"] for row in on_all), ">=", 0.9989),
    ]
    holds = {">=": operator.ge, "<=": operator.le}
    return [
        {
            "what": what,
            # Text: two decimals, the table's, would show 0.978 as what is asked for.
            "measured": "not measured" if math.isnan(value) else f"{value:.4g}",
            "to reach": f"{side} {bar:g}",
            "holds": "yes" if holds[side](value, bar) else "no",
        }
        for what, value, side, bar in measured
    ]


def main() -> None:
    """Measure, print and write it all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=10, help="of one batch in loops")
    parser.add_argument("--part", type=float, default=0.1, help="of LeNet-5's epoch")
    parser.add_argument("--seeds", type=int, default=5, help="for each training")
    options = parser.parse_args()
    torch.set_num_threads(1)
    c = chapter()
    loops = against_loops(c, options.turns)
    lenet = against_torch(c, options.part)
    runs = training(c, options.seeds)
    summary = verdicts(loops, lenet, runs)
    for rows in ([loops], [lenet], [{"held out": ""} | row for row in runs], summary):
        print_table(list(rows[0]), [row.values() for row in rows])
        print()
    facts = machine("numpy", "torch") | {"load": os.getloadavg()[0]}
    results = {"machine": facts, "loops": loops, "lenet": lenet, "runs": runs, "summary": summary}
    path = write_json("scratch", results)
    print(f"{facts}, one thread each; written to {path.relative_to(path.parents[2])}")


if __name__ == "__main__":
    main()
