"""A one-stage detector to a mAP (IoU 0.5) of 0.90 on scenes, beside a plain loop.

Both train the same network from the same first weights, on the same 2000 scenes and as many
threads. After each epoch they look at 500 scenes of other digits, which is in neither's time; the
first epoch with 0.90 ends the run. The plain loop is a tutorial's: a `Dataset` that encodes a
picture's target when it is asked for it, a `DataLoader`, batches of 16, Adam, a learning rate that
stays as it is. The recipe is `training.fit` with targets that were encoded once, channels last, and
a rate that rises and falls in one cycle.

A ratio is the recipe's time over the plain loop's. Beside the clock's time stands the processor's,
which other programs on the machine change less.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from _report import machine, print_table, write_json
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from cnnviz import boxes, data, nets, training

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

from make_detector_weights import precision

GOAL, BAR, MOST_SECONDS = 0.90, 0.5, 300
CELLS, SIDE, CLASSES = 8, 64, 10
RECIPE = training.Recipe(
    epochs=4, batch=16, learning_rate=0.006, optimiser="adam", schedule="one-cycle"
)


def loss(scores: Tensor, target: Tensor) -> Tensor:
    return nets.one_stage_loss(scores, target).total


class Plain(Dataset):  # type: ignore[type-arg]
    """Scenes, each with a target that is encoded when it is asked for."""

    def __init__(self, scenes: data.Scenes) -> None:
        self.scenes = scenes

    def __len__(self) -> int:
        return len(self.scenes)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        where, labels = self.scenes.boxes[index], self.scenes.labels[index]
        target = torch.from_numpy(boxes.encode_grid(where, labels, CELLS, SIDE, CLASSES))
        return torch.from_numpy(self.scenes.images[index]), target


class Clock:
    """Time that runs only when it is let run: on the wall, and the processor's."""

    def __init__(self) -> None:
        self.seconds = self.processor = 0.0

    def __enter__(self) -> None:
        self._began = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter() - self._began[0]
        self.processor += time.process_time() - self._began[1]


def plain_epochs(net: nn.Module, scenes: data.Scenes, clock: Clock) -> Iterator[None]:
    loader = DataLoader(Plain(scenes), batch_size=16, shuffle=True)
    optimiser = torch.optim.Adam(net.parameters())
    while True:
        with clock:
            net.train()
            for pictures, target in loader:
                optimiser.zero_grad()
                loss(net(pictures), target).backward()
                optimiser.step()
        yield


def plain(net: nn.Module, train: data.Scenes, test: data.Scenes) -> dict[str, Any]:
    clock, came = Clock(), []
    for _ in plain_epochs(net, train, clock):
        came.append(precision(net, test))
        if came[-1] >= GOAL or clock.seconds > MOST_SECONDS:
            return outcome(clock, came)
    raise AssertionError


def ours(net: nn.Module, train: data.Scenes, test: data.Scenes) -> dict[str, Any]:
    clock, came = Clock(), []

    def look(moment: training.Moment) -> None:
        clock.__exit__()
        came.append(precision(moment.model, test))
        clock.__enter__()

    with clock:
        target = nets.one_stage_target([target for _, target in train], SIDE)
        training.fit(
            net,
            (train.images, target),
            recipe=RECIPE,
            loss=loss,
            device="cpu",
            progress="none",
            stop=lambda: bool(came) and came[-1] >= GOAL,
            on_epoch=look,
        )
    return outcome(clock, came)


def outcome(clock: Clock, came: list[float]) -> dict[str, Any]:
    return {
        "seconds": clock.seconds,
        "processor": clock.processor,
        "epochs": len(came),
        "precision": came,
        "reached": came[-1] >= GOAL,
    }


def network(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return nets.one_stage(CLASSES)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2, help="for both")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    train = data.scenes(2000, seed=0)
    test = data.scenes(500, split="test", seed=1)
    runs = {
        "recipe": ours(network(options.seed), train, test),
        "plain": plain(network(options.seed), train, test),
    }
    rows = [
        (
            name,
            run["epochs"],
            run["seconds"],
            run["processor"],
            " ".join(f"{value:.3f}" for value in run["precision"]),
            "yes" if run["reached"] else "no",
        )
        for name, run in runs.items()
    ]
    print_table(("loop", "epochs", "s", "processor s", "mAP after each epoch", "0.90"), rows)
    ratios = {
        clock: runs["recipe"][clock] / runs["plain"][clock] for clock in ("seconds", "processor")
    }
    print(
        f"\nThe recipe takes {ratios['seconds']:.2f} of the plain loop's time "
        f"({ratios['processor']:.2f} of the processor's; to reach: {BAR}), "
        f"{runs['recipe']['seconds']:.0f} s (to reach: {MOST_SECONDS})."
    )
    write_json(
        "detector",
        {
            "machine": {**machine("torch", "numpy"), "threads": options.threads},
            "load": os.getloadavg() if hasattr(os, "getloadavg") else None,
            **runs,
            "ratios": ratios,
        },
    )


if __name__ == "__main__":
    main()
