"""What happened while a network was trained, as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.arrays import as_array, shown

__all__ = ["History", "Record"]

Floats = NDArray[np.float64]

#: The arrays of a history with a number for each step, and those with one for each epoch.
STEPS = ("loss", "learning_rate")
EPOCHS = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "seconds")


@dataclass(frozen=True, repr=False, eq=False)
class History:
    """What happened while a network was trained.

    Attributes
    ----------
    loss, learning_rate : ndarray of float64, ``(steps,)``
        Of each step: the mean loss of its batch, before the step; and the step's size.
    train_loss, train_accuracy : ndarray of float64, ``(epochs,)``
        Means over an epoch, taken while the weights change: with dropout and augmentation, and so
        often worse than on the validation set. Accuracies are between 0 and 1.
    validation_loss, validation_accuracy : ndarray of float64, ``(epochs,)``
        After each epoch; NaN where there was no validation set.
    seconds : ndarray of float64, ``(epochs,)``
        How long each epoch took, its validation included.
    stopped : str
        Why training ended before its last epoch: "stop", "Ctrl-C" or "patience"; else "".
    best_epoch : int or None
        The epoch, from 1, whose weights the model holds in the end; None without patience.

    Examples
    --------
    >>> history = History.from_dict({"loss": [2.3, 1.9], "train_loss": [2.1]})
    >>> history
    History(1 epoch, 2 steps)
    >>> history.train_loss
    array([2.1])
    """

    loss: Floats
    learning_rate: Floats
    train_loss: Floats
    train_accuracy: Floats
    validation_loss: Floats
    validation_accuracy: Floats
    seconds: Floats
    stopped: str = ""
    best_epoch: int | None = None

    @property
    def epochs(self) -> int:
        """How many epochs there were, an unfinished last one included."""
        return len(self.train_loss)

    @property
    def steps(self) -> int:
        """How many steps there were."""
        return len(self.loss)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as lists, texts and numbers, for JSON; NaN becomes None."""
        arrays = {name: _plain(getattr(self, name)) for name in (*STEPS, *EPOCHS)}
        return {**arrays, "stopped": self.stopped, "best_epoch": self.best_epoch}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> History:
        """Make a history of what `to_dict` gave; arrays that are missing are empty.

        Raises
        ------
        ValueError, TypeError
            For a name that no history has, and for what is no dict of lists of numbers.
        """
        if not isinstance(values, Mapping):
            raise TypeError(f"values must be a dict, got {shown(values)}")
        known = {f.name for f in fields(cls)}
        if unknown := set(values) - known:
            raise ValueError(
                f"values must have the names of a history, got {shown(sorted(unknown))}"
            )
        arrays: dict[str, Any] = {
            name: _array(name, values.get(name, ())) for name in (*STEPS, *EPOCHS)
        }
        rest = {name: values[name] for name in ("stopped", "best_epoch") if name in values}
        return cls(**arrays, **rest)

    def __repr__(self) -> str:
        """Say what is the same in every run and on every machine."""
        why = f", stopped by {self.stopped}" if self.stopped else ""
        return f"History({_count(self.epochs, 'epoch')}, {_count(self.steps, 'step')}{why})"


@dataclass
class Record:
    """A history while it grows."""

    loss: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    train_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    stopped: str = ""
    best_epoch: int | None = None

    def add_step(self, **values: float) -> None:
        """Add a number to each array of steps."""
        for name in STEPS:
            getattr(self, name).append(values[name])

    def add_epoch(self, **values: float) -> None:
        """Add a number to each array of epochs."""
        for name in EPOCHS:
            getattr(self, name).append(values[name])

    def history(self) -> History:
        """Return what there is so far."""
        return History.from_dict(vars(self))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _array(name: str, values: Any) -> Floats:
    if isinstance(values, (list, tuple)):
        values = [np.nan if value is None else value for value in values]
    numbers = as_array(name, values) if not isinstance(values, list) or values else np.empty(0)
    if numbers.ndim != 1:
        raise ValueError(f"{name} must be a list of numbers, got shape {numbers.shape}")
    array = np.array(numbers, dtype=np.float64)
    array.flags.writeable = False
    return array


def _plain(values: Floats) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]
