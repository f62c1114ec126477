"""``python -m cnnviz.training``: a recipe with a name, from the shell.

One process trains alone. Under torchrun, the same command shares every batch between its processes.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import nn

from cnnviz import data, nets
from cnnviz.files import output_path, replacing
from cnnviz.shapes import whole
from cnnviz.training._checkpoint import checkpoint_path
from cnnviz.training._device import choose_device
from cnnviz.training._history import History
from cnnviz.training._loop import fit
from cnnviz.training._parallel import Team
from cnnviz.training._progress import PROGRESS
from cnnviz.training._recipe import CHOICES, Recipe, recipe
from cnnviz.training._weights import save_weights

__all__ = ["RUNS", "main"]


@dataclass(frozen=True)
class Run:
    """What the shell needs besides a recipe: a network, and data that fits it."""

    network: Callable[[], nn.Module]
    load: Callable[[str], Any]


def _large_digits(split: str) -> Any:
    """Return scikit-learn's digits of 8 × 8 pixels, each pixel as a block of 4 × 4."""
    digits = data.load("digits", split)
    return replace(digits, pictures=np.kron(digits.pictures, np.ones((1, 1, 4, 4), np.uint8)))


def _cifar10(split: str) -> Any:
    return data.load("cifar10", split)


def _resnet18_for_32() -> nn.Module:
    """Return ResNet-18 without the five-fold halving that leaves one pixel of 32 × 32."""
    net = nets.resnet18(classes=10)
    net.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    nn.init.kaiming_normal_(net.conv1.weight, mode="fan_out", nonlinearity="relu")
    net.maxpool = nn.Identity()
    return net


#: What the shell can train, by the name of the recipe.
RUNS: dict[str, Run] = {
    "cifar10-small": Run(lambda: nets.cifar_resnet(20), _cifar10),
    "cifar10-94": Run(_resnet18_for_32, _cifar10),
    "lenet-digits": Run(lambda: nets.lenet5(32), _large_digits),
    "lenet-mnist": Run(nets.lenet5, lambda split: data.load("mnist", split)),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, print a table, write what was asked for; return the shell's exit status.

    Examples
    --------
    >>> main(["lenet-digits", "--epochs", "0"])
    2
    """
    options = _parser().parse_args(arguments)
    try:
        with _team():
            return _train(options)
    except (ValueError, TypeError, ArithmeticError, OSError, ImportError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2


def _train(options: argparse.Namespace) -> int:
    how = _recipe(options)
    device = choose_device(options.device)
    # Where it is written to is looked at before anything is trained, not after.
    history_path = options.history and output_path(options.history, (".json",), "history")
    weights_path = options.weights and output_path(options.weights, (".safetensors",), "weights")
    if options.checkpoint:
        checkpoint_path(options.checkpoint)
    run, leads = RUNS[options.recipe], Team.here().leads
    torch.manual_seed(how.seed)
    model = run.network()
    train, test = run.load("train"), run.load("test")
    if options.pictures is not None:
        train = train[: whole("pictures", options.pictures)]
    if leads:
        count = nets.parameter_count(model)
        print(f"{options.recipe}: {how}\n{train}\n{test}\n{count} parameters, on {_name(device)}")
    history = fit(
        model,
        train,
        test,
        how,
        device=device,
        progress=options.progress,
        checkpoint=options.checkpoint,
        resume=options.resume,
    )
    if leads:
        print(_table(history))
        if history_path:
            _write_json(history_path, options.recipe, how, device, history)
        if weights_path:
            save_weights(model, weights_path, metadata={"recipe": options.recipe})
    return 130 if history.stopped == "Ctrl-C" else 0


def _recipe(options: argparse.Namespace) -> Recipe:
    names = ("epochs", "batch", "accumulate", "learning_rate", "precision", "seed")
    given = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    return recipe(options.recipe).but(**given)


@contextlib.contextmanager
def _team() -> Iterator[None]:
    """Join the other processes, if torchrun has started any."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield
        return
    dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def _name(device: torch.device) -> str:
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else str(device)
    team = Team.here()
    return where if team.size == 1 else f"{where}, {team.size} processes"


def _table(history: History) -> str:
    header = ("epoch", "loss", "accuracy", "test loss", "test accuracy", "seconds")
    rows = [
        (
            str(epoch + 1),
            f"{history.train_loss[epoch]:.4f}",
            f"{history.train_accuracy[epoch]:.2%}",
            f"{history.validation_loss[epoch]:.4f}",
            f"{history.validation_accuracy[epoch]:.2%}",
            f"{history.seconds[epoch]:.1f}",
        )
        for epoch in range(history.epochs)
    ]
    lines = [
        "  ".join(cell.rjust(len(name)) for cell, name in zip(row, header, strict=True))
        for row in (header, *rows)
    ]
    stopped = [f"stopped by {history.stopped}"] if history.stopped else []
    return "\n".join([*lines, *stopped])


def _write_json(path: Any, name: str, how: Recipe, device: torch.device, history: History) -> None:
    content = {
        "recipe": name,
        "settings": how.to_dict(),
        "device": _name(device),
        "torch": torch.__version__,
        "history": history.to_dict(),
    }
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cnnviz.training",
        description="Train a network of the course by a recipe that has a name.",
        epilog="Several processes: torchrun --nproc-per-node 2 -m cnnviz.training lenet-mnist",
    )
    add = parser.add_argument
    add("recipe", choices=sorted(RUNS), help="what to train, and how")
    add("--epochs", type=int, help="how often every picture is seen")
    add("--pictures", type=int, help="how many of the training pictures; all if left out")
    add("--batch", type=int, help="pictures in a step, over all processes")
    add("--accumulate", type=int, help="in how many parts a batch goes through, for less memory")
    add("--learning-rate", type=float, help="the largest of the schedule")
    add("--precision", choices=CHOICES["precision"], help="'auto': mixed on CUDA")
    add("--seed", type=int, help="of the first weights, the order, the augmentation")
    add("--device", help="cpu, cuda or mps; the fastest at hand if left out")
    add("--progress", choices=PROGRESS, default="auto", help="how to show it; 'auto': a bar")
    add("--checkpoint", metavar="FILE.pt", help="write the run here after each epoch")
    add("--resume", action="store_true", help="go on from the checkpoint, if it is there")
    add("--history", metavar="FILE.json", help="write losses, accuracies and times here")
    add("--weights", metavar="FILE.safetensors", help="write the trained weights here")
    return parser
