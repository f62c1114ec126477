"""How a network is trained: everything that decides what comes out, in one value."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from cnnviz.arrays import as_number, shown
from cnnviz.ops._checks import check_one_of
from cnnviz.shapes import whole

__all__ = ["AUGMENTATIONS", "CHOICES", "RECIPES", "Recipe", "recipe"]

AUGMENTATIONS = ("crop", "flip")

#: What the settings that are names may be.
CHOICES = {
    "optimiser": ("adam", "adamw", "sgd"),
    "schedule": ("constant", "step", "inverse", "cosine", "one-cycle"),
    "monitor": ("loss", "accuracy"),
    "precision": ("auto", "float32", "bfloat16", "float16"),
}


@dataclass(frozen=True, kw_only=True, repr=False)
class Recipe:
    """How a network is trained. What it does not say, `fit` does not do.

    Parameters
    ----------
    epochs : int
        How often every picture is seen; at most, with `patience`.
    batch : int
        Pictures in a step.
    accumulate : int
        In how many parts a batch goes through the network, one after the other. Their gradients
        are added up, so that the step is the same and takes less memory; batch norm's statistics
        are then those of a part.
    optimiser : "adam", "adamw" or "sgd"
    learning_rate : float
        The largest that the schedule comes to.
    schedule : "constant", "step", "inverse", "cosine" or "one-cycle"
        How the learning rate goes from step to step; see `rate`.
    step_epochs, step_factor : int, float
        "step" multiplies the rate by `step_factor` after each `step_epochs` epochs.
    decay : float
        "inverse" divides the rate by 1 + `decay` · step, as Keras' optimisers once did.
    warm_up : float
        The share of all steps in which "one-cycle" rises.
    momentum : float
        Of "sgd"; Adam's β₁.
    weight_decay : float
        As the optimiser has it: "adam" and "sgd" add it to the gradient, "adamw" shrinks weights.
    label_smoothing : float
        The share of a label that is spread over all classes, in training alone.
    augment : tuple of "crop" and "flip"
        What is done to the pictures of a batch, in this order; see `random_crop`, `random_flip`.
    crop_padding : int
        How many pixels "crop" may move a picture.
    patience : int, optional
        Stop after so many epochs without a better one, and give the best weights back.
    monitor : "loss" or "accuracy"
        What makes an epoch better: it is measured on the validation set.
    precision : "auto", "float32", "bfloat16" or "float16"
        "auto" is mixed precision on CUDA (bfloat16 where the GPU has it) and float32 elsewhere.
    channels_last : bool
        Lay pictures out as ``(N, H, W, C)`` in memory, which is mostly faster.
    seed : int
        Decides the order of the pictures, the augmentation, and what dropout drops.

    Raises
    ------
    ValueError, TypeError
        For what is no such number or name, by the argument's name.

    Examples
    --------
    >>> Recipe(epochs=2, schedule="one-cycle")
    Recipe(epochs=2, schedule='one-cycle')
    >>> Recipe(epochs=2).but(batch=32)
    Recipe(epochs=2, batch=32)
    >>> Recipe(optimiser="adma")
    Traceback (most recent call last):
    ...
    ValueError: optimiser must be one of 'adam', 'adamw', 'sgd', got 'adma'
    """

    epochs: int = 10
    batch: int = 64
    accumulate: int = 1
    optimiser: str = "adam"
    learning_rate: float = 1e-3
    schedule: str = "constant"
    step_epochs: int = 10
    step_factor: float = 0.1
    decay: float = 0.0
    warm_up: float = 0.3
    momentum: float = 0.9
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    augment: tuple[str, ...] = ()
    crop_padding: int = 4
    patience: int | None = None
    monitor: str = "loss"
    precision: str = "auto"
    channels_last: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "accumulate", "step_epochs", "crop_padding"):
            self._set(name, whole(name, getattr(self, name)))
        self._set("seed", whole("seed", self.seed, minimum=0))
        if self.patience is not None:
            self._set("patience", whole("patience", self.patience))
        for name, allowed in CHOICES.items():
            check_one_of(name, getattr(self, name), allowed)
        if not isinstance(self.channels_last, bool):
            raise TypeError(f"channels_last must be True or False, got {shown(self.channels_last)}")
        self._set("learning_rate", _above_zero("learning_rate", self.learning_rate))
        self._set("step_factor", _above_zero("step_factor", self.step_factor))
        for name in ("weight_decay", "decay"):
            self._set(name, _from_zero(name, getattr(self, name), math.inf))
        for name in ("momentum", "label_smoothing", "warm_up"):
            self._set(name, _from_zero(name, getattr(self, name), 1.0))
        self._set("augment", _augmentations(self.augment))

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)  # frozen for everyone else

    def but(self, **changes: Any) -> Recipe:
        """Return the same recipe with some things changed."""
        return dataclasses.replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Return every setting as plain numbers, texts and lists.

        Examples
        --------
        >>> Recipe(augment=("flip",)).to_dict()["augment"]
        ['flip']
        """
        return {**dataclasses.asdict(self), "augment": list(self.augment)}

    def rate(self, step: int, steps_per_epoch: int) -> float:
        """Return the learning rate of a step.

        Parameters
        ----------
        step : int
            Counted from 0 over all epochs.
        steps_per_epoch : int

        Returns
        -------
        float
            "constant": always `learning_rate`. "step": times `step_factor` after each
            `step_epochs`. "inverse": divided by 1 + `decay` · step. "cosine": falls to 0 along half
            a cosine. "one-cycle": rises on a line over the first `warm_up` of all steps, and then
            falls like "cosine".

        Examples
        --------
        >>> one_cycle = Recipe(schedule="one-cycle", learning_rate=1.0, epochs=1)
        >>> [round(one_cycle.rate(step, 10), 2) for step in range(10)]
        [0.17, 0.5, 0.83, 0.99, 0.89, 0.72, 0.5, 0.28, 0.11, 0.01]
        """
        if self.schedule == "constant":
            return self.learning_rate
        if self.schedule == "step":
            times = step // steps_per_epoch // self.step_epochs
            return self.learning_rate * self.step_factor**times
        if self.schedule == "inverse":
            return self.learning_rate / (1 + self.decay * step)
        # In the middle of each step, so that neither the first nor the last one is for nothing.
        done = (step + 0.5) / (self.epochs * steps_per_epoch)
        rising = self.warm_up if self.schedule == "one-cycle" else 0.0
        if done < rising:
            return self.learning_rate * done / rising
        fallen = (done - rising) / (1 - rising)
        return self.learning_rate * (1 + math.cos(math.pi * fallen)) / 2

    def __repr__(self) -> str:
        changed = [
            f"{field.name}={getattr(self, field.name)!r}"
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != field.default
        ]
        return f"Recipe({', '.join(changed)})"


def recipe(name: str) -> Recipe:
    """Return a recipe that has a name.

    Raises
    ------
    ValueError
        For a name that is not in `RECIPES`.

    Examples
    --------
    >>> recipe("lenet-mnist").schedule
    'one-cycle'
    """
    check_one_of("name", name, tuple(RECIPES))
    return RECIPES[name]


def _above_zero(name: str, value: object) -> float:
    number = as_number(name, value)
    if number <= 0:
        raise ValueError(f"{name} must be above 0, got {shown(value)}")
    return number


def _from_zero(name: str, value: object, end: float) -> float:
    number = as_number(name, value)
    if not 0 <= number < end:
        limit = f"from 0 up to, but not, {end:g}" if end < math.inf else "0 or above"
        raise ValueError(f"{name} must be {limit}, got {shown(value)}")
    return number


def _augmentations(value: object) -> tuple[str, ...]:
    steps = (value,) if isinstance(value, str) else value
    if not isinstance(steps, (tuple, list)):
        raise TypeError(f"augment must be a tuple of names, got {shown(value)}")
    for step in steps:
        check_one_of("augment", step, AUGMENTATIONS)
    return tuple(steps)


#: The recipes that have a name, for chapters and for the shell.
RECIPES: dict[str, Recipe] = {
    "lenet-digits": Recipe(epochs=10, batch=32, learning_rate=4e-3, schedule="one-cycle"),
    "lenet-mnist": Recipe(
        epochs=2,
        batch=64,
        learning_rate=6e-3,
        schedule="one-cycle",
        label_smoothing=0.1,
    ),
    "cifar10-small": Recipe(
        epochs=20,
        batch=128,
        optimiser="sgd",
        learning_rate=0.1,
        schedule="one-cycle",
        weight_decay=5e-4,
        augment=("crop", "flip"),
    ),
    "cifar10-94": Recipe(
        epochs=40,
        batch=256,
        optimiser="sgd",
        learning_rate=0.2,
        schedule="one-cycle",
        weight_decay=5e-4,
        label_smoothing=0.1,
        augment=("crop", "flip"),
    ),
}
