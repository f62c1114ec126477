"""Kill a run that writes checkpoints, again and again; print what came of it as JSON.

``python killed_runs.py FOLDER KILLS``. Every run is forked from this process, which has imported
PyTorch and used it once, so that it starts at once. It must not have started any threads.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from small_runs import LONG, data, net, same

from cnnviz.training import History, fit

EVERY = 2  # steps: so that a good part of the kills come while a checkpoint is written


def run(folder: Path, checkpoint: Path | None) -> None:
    """Train, and leave the number of each step and what came out in files."""
    with open(folder / "steps", "w", buffering=1) as log:
        model = net()
        history = fit(
            model,
            data(),
            data(40, seed=1),
            LONG,
            device="cpu",
            progress="none",
            on_step=lambda moment: log.write(f"{moment.step}\n"),
            checkpoint=checkpoint,
            checkpoint_steps=checkpoint and EVERY,
            resume=checkpoint is not None,
        )
    torch.save((history.to_dict(), model.state_dict()), folder / "result")


def forked(function: Callable[..., None], *arguments: Any) -> int:
    child = os.fork()
    if child:
        return child
    try:
        function(*arguments)
    except BaseException as error:
        print(repr(error), file=sys.stderr)
        os._exit(1)
    os._exit(0)


def steps(folder: Path) -> list[int]:
    try:
        return [int(line) for line in (folder / "steps").read_text().split("\n")[:-1]]
    except FileNotFoundError:
        return []


def ended(child: int, seconds: float) -> int | None:
    """Wait so long for a child; return its exit status, minus the signal, or None."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.001)
    return None


def result(folder: Path) -> tuple[History, dict[str, torch.Tensor]]:
    history, weights = torch.load(folder / "result", weights_only=True)
    return History.from_dict(history), weights


def main(folder: Path, kills: int) -> None:
    torch.set_num_threads(1)
    run(folder, None)  # what is loaded on first use is loaded now
    start = time.monotonic()
    run(folder, None)
    length, (expected, weights) = time.monotonic() - start, result(folder)
    chance, checkpoint = random.Random(0), folder / "run.pt"
    report: dict[str, Any] = {"kills": 0, "finished": 0, "different": 0, "left over": []}
    report |= {"reached": [], "resumed": [], "seconds": round(length, 2)}
    while report["kills"] < kills or checkpoint.exists():
        (folder / "steps").unlink(missing_ok=True)
        child = forked(run, folder, checkpoint)
        killing = report["kills"] < kills
        status = ended(child, chance.uniform(0, length / 2) if killing else 120)
        if status is None:
            os.kill(child, signal.SIGKILL)
            status = ended(child, 60)
        taken = steps(folder)
        if taken:
            report["resumed"].append(taken[0] - 1)
        if status == -signal.SIGKILL:
            report["kills"] += 1
            report["reached"].append(taken[-1] if taken else 0)
            continue
        if status != 0:
            raise SystemExit(f"a run ended with {status}")
        history, found = result(folder)
        equal = all(torch.equal(value, weights[name]) for name, value in found.items())
        report["finished"] += 1
        report["different"] += not (equal and same(history, expected))
        report["left over"] += [path.name for path in folder.glob(".*")]
        checkpoint.unlink()  # and once more from the start
    print(json.dumps(report))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
