"""Train what is too long for a chapter, and write down what came of it.

``python tools/record.py mnist`` or ``cifar10`` trains every network of that table over several
seeds, with the real data set, and writes ``chapters/records/NAME.json``: settings, device, versions
and every seed's figures. Chapters show the table and say which machine it is from.

On an H100, with ``--workers 6``, each table takes a few minutes; on two cores, hours.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import multiprocessing
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from cnnviz import data, nets
from cnnviz.files import replacing
from cnnviz.training import Recipe, evaluate, fit, hold_out

RECORDS = Path(__file__).resolve().parents[1] / "chapters" / "records"


@dataclasses.dataclass(frozen=True)
class Trial:
    """A line of a table: a network, a recipe, and what it is trained on."""

    network: Callable[[], nn.Module]
    recipe: Recipe
    pictures: int | None = None  # how many of the training set are used; all if None
    initialise: Callable[[nn.Module], None] | None = None


# ---- networks ------------------------------------------------------------------------------------


def tutorial_mnist() -> nn.Sequential:
    """Build the Keras network of the sources for MNIST."""
    return nn.Sequential(
        *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten()),
        *(nn.Linear(576, 64), nn.ReLU(), nn.Linear(64, 10)),
    )


def tutorial_cifar(dropout: tuple[float, float] = (0.2, 0.3), norm: bool = False) -> nn.Sequential:
    """Build the Keras network of the sources for CIFAR-10."""
    layers: list[nn.Module] = [
        *(nn.Conv2d(3, 32, 3, padding=1), *_norm(32, norm), nn.ReLU(), nn.Dropout(dropout[0])),
        *(nn.Conv2d(32, 32, 3), *_norm(32, norm), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(7200, 512), nn.ReLU(), nn.Dropout(dropout[1]), nn.Linear(512, 10)),
    ]
    return nn.Sequential(*layers)


def pyramid(
    widths: tuple[int, ...] = (32, 64, 128, 128),
    kernel: int = 3,
    pool: int = 2,
    norm: bool = True,
) -> nn.Sequential:
    """Build convolutions that grow wider as the maps shrink, and a mean over what is left."""
    layers: list[nn.Module] = []
    channels, size = 3, 32
    for width in widths:
        layers += [nn.Conv2d(channels, width, kernel, padding=kernel // 2), *_norm(width, norm)]
        layers.append(nn.ReLU())
        if size >= 2 * pool:
            layers.append(nn.MaxPool2d(pool))
            size //= pool
        channels = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10))


def _norm(width: int, there: bool) -> list[nn.Module]:
    return [nn.BatchNorm2d(width)] if there else []


def normal(deviation: float) -> Callable[[nn.Module], None]:
    """Draw weights from a normal distribution of one width for all layers."""

    def initialise(model: nn.Module) -> None:
        for layer in _layers(model):
            nn.init.normal_(layer.weight, std=deviation)
            nn.init.zeros_(layer.bias)

    return initialise


def xavier(model: nn.Module) -> None:
    """Draw weights after Glorot and Bengio (2010)."""
    for layer in _layers(model):
        nn.init.xavier_normal_(layer.weight)
        nn.init.zeros_(layer.bias)


def he(model: nn.Module) -> None:
    """Draw weights after He et al. (2015)."""
    for layer in _layers(model):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        nn.init.zeros_(layer.bias)


def _layers(model: nn.Module) -> list[Any]:
    return [m for m in model.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]


# ---- tables --------------------------------------------------------------------------------------

KERAS = Recipe(epochs=5, batch=32, channels_last=False)
MNIST = {
    "LeNet-5, the course's recipe": Trial(
        nets.lenet5,
        Recipe(epochs=2, batch=64, learning_rate=6e-3, schedule="one-cycle", label_smoothing=0.1),
    ),
    "LeNet-5, the plainest loop, 2 epochs": Trial(nets.lenet5, Recipe(epochs=2, batch=64)),
    "LeNet-5, the plainest loop, 10 epochs": Trial(nets.lenet5, Recipe(epochs=10, batch=64)),
    "LeNet-5, one-cycle, 10 epochs": Trial(
        nets.lenet5,
        Recipe(epochs=10, batch=64, learning_rate=6e-3, schedule="one-cycle", label_smoothing=0.1),
    ),
    "LeNet-5, tanh and mean pooling, 10 epochs": Trial(
        partial(nets.lenet5, activation="tanh", pool="mean"),
        Recipe(epochs=10, batch=64, learning_rate=3e-3, schedule="one-cycle"),
    ),
    "the sources' network": Trial(tutorial_mnist, KERAS),
    "the sources' network, 1000 steps an epoch": Trial(tutorial_mnist, KERAS, pictures=32_000),
}

SOURCES = Recipe(
    epochs=25,
    batch=512,
    optimiser="sgd",
    learning_rate=0.01,
    momentum=0.5,
    schedule="inverse",
    decay=4e-4,
)
CYCLE = Recipe(
    epochs=25,
    batch=128,
    optimiser="sgd",
    learning_rate=0.1,
    schedule="one-cycle",
    weight_decay=5e-4,
)
MOVED = CYCLE.but(augment=("crop", "flip"))
SHORT = CYCLE.but(epochs=10)
PLAIN = CYCLE.but(learning_rate=0.05)  # without batch norm, 0.1 goes astray
CIFAR = {
    "the sources' network and recipe": Trial(tutorial_cifar, SOURCES),
    "+ one-cycle, momentum 0.9, batch 128": Trial(tutorial_cifar, PLAIN),
    "+ batch norm": Trial(partial(tutorial_cifar, norm=True), CYCLE),
    "+ four convolutions, a mean for the dense layer": Trial(pyramid, CYCLE),
    "+ crops and flips": Trial(pyramid, MOVED),
    "+ label smoothing": Trial(pyramid, MOVED.but(label_smoothing=0.1)),
    "+ 100 epochs": Trial(pyramid, MOVED.but(epochs=100, label_smoothing=0.1)),
    # regularisation, of the sources' network, on a tenth of the pictures
    "a tenth: nothing": Trial(partial(tutorial_cifar, (0, 0)), PLAIN.but(weight_decay=0), 5_000),
    "a tenth: dropout 0.2, 0.3": Trial(tutorial_cifar, PLAIN.but(weight_decay=0), 5_000),
    "a tenth: dropout 0.5, 0.5": Trial(
        partial(tutorial_cifar, (0.5, 0.5)), PLAIN.but(weight_decay=0), 5_000
    ),
    "a tenth: weight decay 5e-4": Trial(partial(tutorial_cifar, (0, 0)), PLAIN, 5_000),
    "a tenth: weight decay 5e-3": Trial(
        partial(tutorial_cifar, (0, 0)), PLAIN.but(weight_decay=5e-3), 5_000
    ),
    "a tenth: crops and flips": Trial(
        partial(tutorial_cifar, (0, 0)), PLAIN.but(weight_decay=0, augment=("crop", "flip")), 5_000
    ),
    "a tenth: all of them": Trial(tutorial_cifar, PLAIN.but(augment=("crop", "flip")), 5_000),
    # sizes, of the pyramid, 10 epochs
    **{f"kernel {k}": Trial(partial(pyramid, kernel=k), SHORT) for k in (1, 3, 5, 7)},
    **{
        f"kernels × {f}": Trial(
            partial(pyramid, tuple(int(w * f) for w in (32, 64, 128, 128))), SHORT
        )
        for f in (0.25, 0.5, 1, 2, 4)
    },
    **{f"pooling {p}": Trial(partial(pyramid, pool=p), SHORT) for p in (2, 4)},
    **{
        f"batch {b}": Trial(pyramid, SHORT.but(batch=b, learning_rate=0.1 * b / 128))
        for b in (32, 512)
    },
    "schedule constant": Trial(pyramid, SHORT.but(schedule="constant", learning_rate=0.02)),
    "schedule step": Trial(pyramid, SHORT.but(schedule="step", step_epochs=4, learning_rate=0.05)),
    "schedule cosine": Trial(pyramid, SHORT.but(schedule="cosine", learning_rate=0.05)),
    # first weights, of a deep stack without batch norm, 10 epochs
    **{
        f"first weights {name}, {'batch norm' if norm else 'no norm'}": Trial(
            partial(pyramid, (32, 32, 64, 64, 64, 128, 128, 128, 128, 128), norm=norm),
            SHORT.but(learning_rate=0.02),
            initialise=how,
        )
        for norm in (False, True)
        for name, how in {"N(0, 0.01²)": normal(0.01), "Xavier": xavier, "He": he}.items()
    },
}
TABLES: dict[str, dict[str, Trial]] = {"mnist": MNIST, "cifar10": CIFAR}


# ---- training ------------------------------------------------------------------------------------


def run(job: tuple[str, str, int, str | None]) -> dict[str, Any]:
    """Train one network from one seed."""
    table, name, seed, device = job
    trial = TABLES[table][name]
    torch.set_num_threads(1)
    train, test = (data.load(table, split) for split in ("train", "test"))
    held_out = None
    if table == "cifar10":
        train, held_out = hold_out(train, 5_000)
    train = train[: trial.pictures]
    torch.manual_seed(seed)
    model = trial.network()
    if trial.initialise:
        trial.initialise(model)
    start = time.perf_counter()
    history = fit(
        model, train, held_out, trial.recipe.but(seed=seed), device=device, progress="none"
    )
    seconds = time.perf_counter() - start
    score = evaluate(model, test)
    result = {
        "name": name,
        "seed": seed,
        "test_accuracy": score.accuracy,
        "train_accuracy": [round(value, 5) for value in history.train_accuracy.tolist()],
        "train_loss": [round(value, 5) for value in history.train_loss.tolist()],
        "seconds": round(seconds, 2),
    }
    if held_out is not None:
        result["held_out_accuracy"] = [
            round(value, 5) for value in history.validation_accuracy.tolist()
        ]
    print(
        f"{name}, seed {seed}: {score.accuracy:.4f}, {seconds:.1f} s", file=sys.stderr, flush=True
    )
    return result


def main() -> None:
    """Train, and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("table", choices=sorted(TABLES))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=1, help="trainings at a time")
    parser.add_argument("--device", help="cpu or cuda; the fastest at hand if left out")
    parser.add_argument("--only", default="", help="lines whose name holds this")
    parser.add_argument("--out", type=Path, default=RECORDS)
    chosen = parser.parse_args()
    names = [name for name in TABLES[chosen.table] if chosen.only in name]
    jobs = [(chosen.table, n, seed, chosen.device) for seed in range(chosen.seeds) for n in names]
    context = multiprocessing.get_context("spawn")
    with context.Pool(chosen.workers) as pool:
        results = pool.map(run, jobs, chunksize=1)
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    content = {
        "device": chosen.device or device,
        "torch": torch.__version__,
        "workers": chosen.workers,
        "trials": {
            name: {
                "recipe": TABLES[chosen.table][name].recipe.to_dict(),
                "pictures": TABLES[chosen.table][name].pictures,
                "parameters": nets.parameter_count(TABLES[chosen.table][name].network()),
                "runs": [
                    {key: value for key, value in result.items() if key != "name"}
                    for result in results
                    if result["name"] == name
                ],
            }
            for name in names
        },
    }
    chosen.out.mkdir(parents=True, exist_ok=True)
    with replacing(chosen.out / f"{chosen.table}.json") as temporary:
        temporary.write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
