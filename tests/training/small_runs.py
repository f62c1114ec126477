"""A network and data so small that a run takes a moment."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from cnnviz.training import History, Recipe, StopToken

RECIPE = Recipe(
    epochs=3,
    batch=16,
    schedule="one-cycle",
    learning_rate=0.01,
    augment=("crop", "flip"),
    crop_padding=1,
    label_smoothing=0.1,
    weight_decay=1e-3,
)
CURVES = ("loss", "learning_rate", "train_loss", "train_accuracy")
CURVES += ("validation_loss", "validation_accuracy")


def data(count: int = 72, seed: int = 0, classes: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures of 8 × 8 whose brightest quarter is the label, in noise."""
    chance = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, classes, (count,), generator=chance)
    pictures = torch.randint(0, 120, (count, 1, 8, 8), generator=chance, dtype=torch.uint8)
    for picture, label in zip(pictures, labels.tolist(), strict=True):
        row, column = divmod(label, 2)
        picture[0, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4] += 80
    return pictures, labels


def net(seed: int = 0, *extra: nn.Module) -> nn.Sequential:
    """With all that makes going on hard: running statistics, and units dropped by chance."""
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(4),
        *extra,
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(16, 4),
    )


def same(one: History, other: History) -> bool:
    """Tell whether two runs gave the same numbers, bit for bit; times never are the same."""
    return all(
        getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in CURVES
    ) and (one.stopped, one.best_epoch) == (other.stopped, other.best_epoch)


def same_weights(one: nn.Module, other: nn.Module) -> bool:
    ours, theirs = one.state_dict(), other.state_dict()
    return all(torch.equal(value, theirs[name]) for name, value in ours.items())


def stop_at(step: int, token: StopToken) -> Any:
    """A hook that presses a button after so many steps."""
    return lambda moment: token.stop() if moment.step == step else None


#: A run that is stopped by its patience, or by somebody else.
LONG = RECIPE.but(epochs=30, patience=12, monitor="loss")
