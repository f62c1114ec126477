"""Measure what embeddings tell apart, and write ``chapters/records/faces.json``.

``python tools/record_faces.py ORL`` takes the folder of the ORL faces, 40 people with ten
photographs each. In each of five runs, 25 people are drawn to train on and the others to test on,
and each way of training starts from new weights; the drawn faces of the chapter are measured
likewise, with 60 people and 40. Figures alone are written: no picture, no name, no embedding.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz import data, embeddings, nets
from cnnviz.files import replacing
from cnnviz.training import contrastive_loss, identity_batch, random_crop, random_flip, triplet_loss

RECORD = Path(__file__).resolve().parents[1] / "chapters" / "records" / "faces.json"
RUNS, STEPS, PEOPLE, EACH, MARGIN, RATE = 5, 200, 12, 4, 0.2, 1e-3
ORL_SIZE, ORL_TRAINED = (40, 32), 25

Loss = Callable[[Tensor, Tensor], Tensor]


def trained(loss: Loss, more: list[Any], pictures: Tensor, labels: Any, seed: int) -> nn.Module:
    """Train an embedding; `more` are parameters of the loss itself."""
    net = nets.embedding(size=(pictures.shape[2], pictures.shape[3]))
    optimiser = torch.optim.Adam([*net.parameters(), *more], RATE)
    rng = np.random.default_rng(seed)
    mixing = torch.Generator().manual_seed(seed)
    for _ in range(STEPS):
        batch = identity_batch(labels, PEOPLE, EACH, rng)
        x = random_flip(random_crop(pictures[batch], 2, generator=mixing), generator=mixing)
        value = loss(net(x), torch.from_numpy(labels[batch]))
        optimiser.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return net


def softmax_loss(people: int) -> tuple[Loss, list[Any]]:
    """Return the loss of a classifier over the people that are trained on."""
    head = nn.Linear(32, people)
    return lambda x, y: F.cross_entropy(head(16 * x), y), list(head.parameters())


def figures(features: Any, labels: Any) -> dict[str, Any]:
    """Return what was measured on people who took no part in training."""
    both, same = embeddings.pairs(labels)
    distances = np.sqrt(embeddings.squared_distances(features)[both[:, 0], both[:, 1]])
    return {
        "equal_error_rate": round(embeddings.equal_error_rate(distances, same), 4),
        "interval": [round(end, 4) for end in embeddings.equal_error_interval(features, labels)],
        "one_shot": round(embeddings.few_shot_accuracy(features, labels, 1), 4),
        "three_shots": round(embeddings.few_shot_accuracy(features, labels, 3), 4),
    }


def run(train: data.Images, test: data.Images, seed: int) -> dict[str, dict[str, Any]]:
    """Train in every way, and measure each on the same people."""
    pictures, others = (torch.from_numpy(each.scaled()) for each in (train, test))
    labels = np.unique(train.labels, return_inverse=True)[1]
    torch.manual_seed(seed)
    ways: dict[str, tuple[Loss, list[Any]]] = {
        "softmax over the people trained on": softmax_loss(int(labels.max()) + 1),
        "contrastive": (contrastive_loss, []),
        **{
            f"triplets, {how}": (partial(triplet_loss, margin=MARGIN, mining=how), [])
            for how in ("all", "semi-hard", "hardest")
        },
    }
    results = {"pixels": figures(others.flatten(1).numpy(), test.labels)}
    for name, (loss, more) in ways.items():
        torch.manual_seed(seed)
        net = trained(loss, more, pictures, labels, seed)
        with torch.no_grad():
            features = net(others).numpy()
        results[name] = figures(features, test.labels)
        print(seed, name, results[name], flush=True)
    return results


def parts(images: data.Images, trained_on: int, seed: int) -> tuple[data.Images, data.Images]:
    """Return pictures of some people, and those of all others."""
    people = np.random.default_rng(seed).permutation(len(images.classes))
    seen = np.isin(images.labels, people[:trained_on])
    return images[seen], images[~seen]


def main() -> None:
    """Measure, and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("orl", type=Path, help="the folder of the ORL faces")
    torch.set_num_threads(1)
    faces = data.people(parser.parse_args().orl, size=ORL_SIZE)
    sets = {"orl": (faces, ORL_TRAINED), "drawn": (data.drawn_faces(100, 8), 60)}
    content = {
        "device": platform.machine() + ", one core",
        "torch": torch.__version__,
        "steps": STEPS,
        "batch": [PEOPLE, EACH],
        "margin": MARGIN,
        "sets": {
            name: {
                "people": [count, len(images.classes) - count],
                "size": list(images.pictures.shape[2:]),
                "runs": [run(*parts(images, count, seed), seed) for seed in range(RUNS)],
            }
            for name, (images, count) in sets.items()
        },
    }
    with replacing(RECORD) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
