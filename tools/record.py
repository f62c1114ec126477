"""Train what is too long for a chapter, and write down what came of it.

``python tools/record.py mnist``, ``cifar10`` or ``cifar10-cpu`` trains every network of that table
over several seeds, with the real data set, and writes ``chapters/records/NAME.json``: settings,
device, versions and every seed's figures. Chapters show the table and say which machine it is from.
Lines that are not run again stay as they are, and with ``--more`` the seeds that a line already
has, so that a table can be made in several runs.

CIFAR-10's test set is left for the end of the course: its networks are trained on 40 000 of the
training pictures and judged by the other 10 000, which nothing is chosen by. Those of
``cifar10-cpu`` are so small that a processor's core trains each in a minute: on 5 000 of the
40 000, judged by 2 000 of the 10 000.
"""

from __future__ import annotations

import argparse
import base64
import dataclasses
import functools
import json
import multiprocessing
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from cnnviz import data, nets
from cnnviz.files import replacing
from cnnviz.training import Moment, NotFiniteError, Recipe, fit, hold_out, predict, recipe

RECORDS = Path(__file__).resolve().parents[1] / "chapters" / "records"


@dataclasses.dataclass(frozen=True)
class Trial:
    """A line of a table: a network, a recipe, and what it is trained on."""

    network: Callable[[], nn.Module]
    recipe: Recipe
    pictures: int | None = None  # how many of the training set are used; all if None
    initialise: Callable[[nn.Module], None] | None = None
    after_step: Callable[[Moment], None] | None = None
    mistakes: bool = False  # whether wrong answers are written down one by one


# ---- networks ------------------------------------------------------------------------------------


def tutorial_mnist() -> nn.Sequential:
    """Build the Keras network of the sources for MNIST."""
    return nn.Sequential(
        *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten()),
        *(nn.Linear(576, 64), nn.ReLU(), nn.Linear(64, 10)),
    )


def tutorial_cifar(
    dropout: tuple[float, float] = (0.2, 0.3),
    norm: bool = False,
    pool: Callable[[int], nn.Module] = nn.MaxPool2d,
    dense: Callable[[int, int], nn.Module] = nn.Linear,
) -> nn.Sequential:
    """Build the Keras network of the sources for CIFAR-10."""
    layers: list[nn.Module] = [
        *(nn.Conv2d(3, 32, 3, padding=1), *_norm(32, norm), nn.ReLU(), nn.Dropout(dropout[0])),
        *(nn.Conv2d(32, 32, 3), *_norm(32, norm), nn.ReLU(), pool(2), nn.Flatten()),
        *(dense(7200, 512), nn.ReLU(), nn.Dropout(dropout[1]), nn.Linear(512, 10)),
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


def keras(model: nn.Module) -> None:
    """Draw weights as Keras does: Glorot and Bengio's, even in an interval, and biases of 0."""
    for layer in _layers(model):
        nn.init.xavier_uniform_(layer.weight)
        nn.init.zeros_(layer.bias)


def he(model: nn.Module) -> None:
    """Draw weights after He et al. (2015)."""
    for layer in _layers(model):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        nn.init.zeros_(layer.bias)


def max_norm(largest: float) -> Callable[[Moment], None]:
    """Shrink each unit's weights, after each step, to a length of `largest` at most."""

    def shrink(moment: Moment) -> None:
        with torch.no_grad():
            for layer in _layers(moment.model):
                layer.weight.copy_(torch.renorm(layer.weight, 2, 0, largest))

    return shrink


def freezing(first: float) -> Callable[[Moment], None]:
    """Freeze the pyramid's convolutions from the front, one after another, the last at the end.

    The first stops learning after a share `first` of all steps, the k-th of n at the place that
    divides what is left evenly; the dense layer learns until the end.
    """

    def freeze(moment: Moment) -> None:
        layers = list(moment.model.children())
        starts = [i for i, layer in enumerate(layers) if isinstance(layer, nn.Conv2d)]
        for k, start in enumerate(starts):
            if moment.step < moment.steps * (first + (1 - first) * k / len(starts)):
                break
            for layer in layers[start : start + 2]:  # the convolution and its batch norm
                layer.eval().requires_grad_(False)

    return freeze


def _layers(model: nn.Module) -> list[Any]:
    return [m for m in model.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]


# ---- tables --------------------------------------------------------------------------------------

KERAS = Recipe(epochs=5, batch=32, channels_last=False)
MNIST = {
    "LeNet-5, the course's recipe": Trial(
        nets.lenet5,
        recipe("lenet-mnist"),
        mistakes=True,
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
    "LeNet-5 of 1998, 2 epochs": Trial(
        partial(nets.lenet5_1998, 28),
        Recipe(epochs=2, batch=64, learning_rate=3e-3, schedule="one-cycle"),
    ),
    "the sources' network": Trial(tutorial_mnist, KERAS, initialise=keras),
    "the sources' network, 1000 steps an epoch": Trial(
        tutorial_mnist, KERAS, pictures=32_000, initialise=keras
    ),
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
LONG = PLAIN.but(epochs=60, learning_rate=0.02)  # until 5 000 pictures are known by heart


def part(
    dropout: tuple[float, float] = (0, 0),
    pool: Callable[[int], nn.Module] = nn.MaxPool2d,
    dense: Callable[[int, int], nn.Module] = nn.Linear,
    after_step: Callable[[Moment], None] | None = None,
    weight_decay: float = 0,
    **recipe: Any,
) -> Trial:
    """Return the sources' network with some of the means against overfitting, and few pictures."""
    network = partial(tutorial_cifar, dropout, pool=pool, dense=dense)
    how = LONG.but(weight_decay=weight_decay, **recipe)
    return Trial(network, how, pictures=5_000, after_step=after_step)


CIFAR = {
    "the sources' network and recipe": Trial(tutorial_cifar, SOURCES),
    "+ one-cycle, momentum 0.9, batch 128": Trial(tutorial_cifar, PLAIN),
    "+ batch norm": Trial(partial(tutorial_cifar, norm=True), CYCLE),
    "+ four convolutions, a mean for the dense layer": Trial(pyramid, CYCLE),
    "+ crops and flips": Trial(pyramid, MOVED),
    "+ label smoothing": Trial(pyramid, MOVED.but(label_smoothing=0.1)),
    "+ 100 epochs": Trial(pyramid, MOVED.but(epochs=100, label_smoothing=0.1)),
    # regularisation, of the sources' network, on 5 000 pictures
    "a part: nothing": part(),
    "a part: dropout 0.2, 0.3": part(dropout=(0.2, 0.3)),
    "a part: dropout 0.5, 0.5": part(dropout=(0.5, 0.5)),
    "a part: DropConnect 0.5": part(dense=partial(nets.DropConnect, p=0.5)),
    "a part: stochastic pooling": part(pool=nets.StochasticPool2d),
    "a part: weight decay 5e-4": part(weight_decay=5e-4),
    "a part: weight decay 5e-3": part(weight_decay=5e-3),
    "a part: max-norm 1": part(after_step=max_norm(1)),
    "a part: crops and flips": part(augment=("crop", "flip")),
    "a part: label smoothing": part(label_smoothing=0.1),
    "a part: dropout, decay, crops and flips": part(
        dropout=(0.2, 0.3), weight_decay=5e-4, augment=("crop", "flip")
    ),
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

# One change a line, on a processor: a network of 3.4 million multiply–adds, and few pictures.
SLIM = (16, 32, 64, 64)
FEW = CYCLE.but(epochs=8)
CROPPED = FEW.but(augment=("crop", "flip"))
SMOOTH = CROPPED.but(label_smoothing=0.1)


def few(how: Recipe, norm: bool = True, **more: Any) -> Trial:
    """Return the slim pyramid, trained on 5 000 pictures."""
    return Trial(partial(pyramid, SLIM, norm=norm), how, pictures=5_000, **more)


CIFAR_CPU = {
    "plain": few(FEW.but(schedule="constant", learning_rate=0.02), norm=False),
    "+ batch norm": few(FEW.but(schedule="constant", learning_rate=0.05)),
    "+ one-cycle": few(FEW),
    "+ crops and flips": few(CROPPED),
    "+ label smoothing": few(SMOOTH),
    "+ 20 epochs": few(SMOOTH.but(epochs=20)),
    # what the order hides
    "20 epochs without crops, flips, smoothing": few(FEW.but(epochs=20)),
    # what is meant to save time
    "the plain layout": few(SMOOTH.but(channels_last=False)),
    "freezing from 1/4": few(SMOOTH, after_step=freezing(0.25)),
    "freezing from 1/2": few(SMOOTH, after_step=freezing(0.5)),
    "freezing from 3/4": few(SMOOTH, after_step=freezing(0.75)),
}
TABLES: dict[str, dict[str, Trial]] = {"mnist": MNIST, "cifar10": CIFAR, "cifar10-cpu": CIFAR_CPU}


# ---- training ------------------------------------------------------------------------------------


@functools.cache  # a worker trains many networks on them
def pictures(table: str) -> tuple[Any, Any]:
    """Return what a table's networks are trained on, and what they are judged by."""
    if table == "mnist":
        return data.load("mnist", "train"), data.load("mnist", "test")
    train, held_out = hold_out(data.load("cifar10", "train"), 10_000)
    return train, held_out[:2_000] if table == "cifar10-cpu" else held_out


def run(job: tuple[str, str, int, str | None]) -> dict[str, Any]:
    """Train one network from one seed."""
    table, name, seed, device = job
    trial = TABLES[table][name]
    torch.set_num_threads(1)
    train, test = pictures(table)
    train = train[: trial.pictures]
    torch.manual_seed(seed)
    model = trial.network()
    if trial.initialise:
        trial.initialise(model)
    start, busy = time.perf_counter(), time.process_time()
    try:
        history = fit(
            model,
            train,
            test if table == "cifar10" else None,  # its curve is wanted; nothing is chosen by it
            trial.recipe.but(seed=seed),
            device=device,
            progress="none",
            on_step=trial.after_step,
        )
    except NotFiniteError as error:
        print(f"{name}, seed {seed}: {error}", file=sys.stderr, flush=True)
        return {"name": name, "seed": seed, "failed": str(error)}
    seconds, processor = time.perf_counter() - start, time.process_time() - busy
    scores = predict(model, test.pictures)
    accuracy = float((scores.argmax(1) == test.labels).mean())
    result = {
        "name": name,
        "seed": seed,
        "test_accuracy": accuracy,
        "train_accuracy": [round(value, 5) for value in history.train_accuracy.tolist()],
        "train_loss": [round(value, 5) for value in history.train_loss.tolist()],
        "seconds": round(seconds, 2),
        "processor_seconds": round(processor, 2),
    }
    if table == "cifar10":
        result["test_accuracies"] = [
            round(value, 5) for value in history.validation_accuracy.tolist()
        ]
    if trial.mistakes:
        result["mistakes"] = mistakes(scores, test.labels)
    print(f"{name}, seed {seed}: {accuracy:.4f}, {seconds:.1f} s", file=sys.stderr, flush=True)
    return result


def mistakes(scores: Any, labels: Any) -> list[tuple[int, int, int, float]]:
    """List each wrong answer: the picture's place, its label, what was said, and how surely."""
    said = scores.argmax(1)
    exponentials = np.exp(scores - scores.max(1, keepdims=True))
    sure = exponentials.max(1) / exponentials.sum(1)
    return [
        (int(i), int(labels[i]), int(said[i]), round(float(sure[i]), 4))
        for i in np.flatnonzero(said != labels)
    ]


def hard_pictures(table: str, runs: list[dict[str, Any]]) -> dict[str, str]:
    """Return the test pictures that every run got wrong, by their places: bytes as base64."""
    wrong = [{place for place, *_ in run["mistakes"]} for run in runs if "failed" not in run]
    _, test = pictures(table)
    return {
        str(place): base64.b64encode(test.pictures[place].tobytes()).decode()
        for place in sorted(set.intersection(*wrong) if wrong else ())
    }


def main() -> None:
    """Train, and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("table", choices=sorted(TABLES))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=1, help="trainings at a time")
    parser.add_argument("--device", help="cpu or cuda; the fastest at hand if left out")
    parser.add_argument("--only", nargs="+", default=[""], help="lines whose name holds a text")
    parser.add_argument("--out", type=Path, default=RECORDS)
    parser.add_argument("--more", action="store_true", help="keep the seeds that are there")
    chosen = parser.parse_args()
    names = [name for name in TABLES[chosen.table] if any(part in name for part in chosen.only)]
    machine = {
        "device": chosen.device or _fastest(),
        "torch": torch.__version__,
        "workers": chosen.workers,
    }
    chosen.out.mkdir(parents=True, exist_ok=True)
    path = chosen.out / f"{chosen.table}.json"
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    if chosen.more:
        results = {name: written(path, chosen.table, name, machine["device"]) for name in names}
    jobs = [
        (chosen.table, name, seed, chosen.device)
        for seed in range(chosen.seeds)
        for name in names
        if seed not in {result["seed"] for result in results[name]}
    ]
    context = multiprocessing.get_context("spawn")
    with context.Pool(chosen.workers) as pool:
        # Written as they come: a long run may be stopped.
        for result in pool.imap_unordered(run, jobs):
            name = result.pop("name")
            results[name] = sorted([*results[name], result], key=lambda each: each["seed"])
            fresh = {name: machine | line(chosen.table, name, results[name])}
            write(path, fresh, order=list(TABLES[chosen.table]))


def _fastest() -> str:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"


def line(table: str, name: str, results: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what is written down of one line of a table."""
    trial = TABLES[table][name]
    content = {
        "recipe": trial.recipe.to_dict(),
        "pictures": trial.pictures,
        "parameters": nets.parameter_count(trial.network()),
        "runs": results,
    }
    if trial.mistakes:
        content["wrong in all runs"] = hard_pictures(table, results)
    return content


def read(path: Path) -> dict[str, Any]:
    """Return a table's lines by name; none where there is no table yet."""
    lines: dict[str, Any] = json.loads(path.read_text("utf-8"))["trials"] if path.exists() else {}
    return lines


def written(path: Path, table: str, name: str, device: str) -> list[dict[str, Any]]:
    """Return the runs that a line already has, of the same recipe on the same device."""
    there = read(path).get(name, {"device": None})
    same = there["device"] == device and there["recipe"] == TABLES[table][name].recipe.to_dict()
    runs: list[dict[str, Any]] = there["runs"] if same else []
    return runs


def write(path: Path, fresh: dict[str, Any], order: list[str]) -> None:
    """Put lines into a table, in place of those of the same name. Names not in order go."""
    trials = read(path) | fresh
    content = {"trials": {name: trials[name] for name in order if name in trials}}
    with replacing(path) as temporary:
        temporary.write_text(as_json(content) + "\n", encoding="utf-8")


def as_json(value: Any, depth: int = 4, indent: str = "") -> str:
    """Return JSON with a line for each run, so that changes can be read."""
    if not depth or not value or not isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    inner = indent + " "
    if isinstance(value, dict):
        parts = [
            f"{json.dumps(key, ensure_ascii=False)}: {as_json(item, depth - 1, inner)}"
            for key, item in value.items()
        ]
    else:
        parts = [as_json(item, depth - 1, inner) for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n{inner}" + f",\n{inner}".join(parts) + f"\n{indent}{closing}"


if __name__ == "__main__":
    main()
