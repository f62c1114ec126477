"""What the networks share: checks of their arguments, a count, and how weights are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast

import numpy as np
from torch import Tensor, nn

from cnnviz.arrays import refuse_large, shown
from cnnviz.boxes._inputs import as_floats
from cnnviz.shapes import whole

__all__ = [
    "check_ends",
    "check_objects",
    "counts",
    "draw_he",
    "draw_normal",
    "float_tensor",
    "one_of",
    "parameter_count",
]

T = TypeVar("T")


def parameter_count(module: nn.Module) -> int:
    """Count a module's trainable parameters.

    Examples
    --------
    >>> parameter_count(nn.Conv2d(1, 6, 5))
    156
    """
    if not isinstance(module, nn.Module):
        raise TypeError(f"module must be a torch.nn.Module, got {shown(module)}")
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def one_of(name: str, value: T, allowed: Mapping[T, object]) -> T:
    """Return a value that is allowed, or say which are."""
    try:
        if value in allowed and not isinstance(value, bool):
            return value
    except (TypeError, ValueError):  # what can't be looked up: a list, an array, a buffer
        pass
    raise ValueError(f"{name} must be {' or '.join(map(repr, allowed))}, got {shown(value)}")


def check_ends(
    channels: Any, classes: Any, *, features: int, kernel: tuple[int, ...]
) -> tuple[int, int]:
    """Check how many planes go in and how many scores come out, and return both.

    Parameters
    ----------
    channels, classes
        The arguments.
    features : int
        What the last layer gets.
    kernel : tuple of int
        The first layer's kernels and their height and width, ``(K, kh, kw)``.
    """
    channels, classes = whole("channels", channels), whole("classes", classes)
    refuse_large("channels", (channels, *kernel), np.float32)
    refuse_large("classes", (classes, features), np.float32)
    return channels, classes


def counts(**given: Any) -> list[int]:
    """Check numbers of maps, and strides: whole, from 1, and no layer between two too large."""
    checked = {name: whole(name, value) for name, value in given.items()}
    for name, value in checked.items():
        refuse_large(name, (4 * value, max(checked.values()), 3, 3), np.float32)
    return list(checked.values())


def check_objects(objects: Any) -> Sequence[Mapping[str, Any]]:
    """Return what is known of each picture, if all of them have boxes and labels."""
    if not isinstance(objects, (list, tuple)) or not objects:
        raise TypeError(
            f"objects must be a list with boxes and labels of each picture, got {shown(objects)}"
        )
    for number, one in enumerate(objects):
        if not isinstance(one, Mapping) or not {"boxes", "labels"} <= set(one):
            raise TypeError(f"objects[{number}] must have boxes and labels, got {shown(one)}")
    return objects


def float_tensor(name: str, value: Any) -> Tensor:
    """Return a tensor as float32 or float64: half precision is too little to add up a loss in."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} must be a Tensor, got {shown(value)}")
    return cast(Tensor, as_floats(name, value))


def draw_he(layers: Iterable[nn.Module]) -> None:
    """Draw the weights of convolutions after He et al. (2015), by the outputs; biases are 0."""
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def draw_normal(layers: Iterable[nn.Module], deviation: float = 0.01) -> None:
    """Draw weights from a normal distribution around 0; biases are 0."""
    for layer in layers:
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.normal_(layer.weight, 0, deviation)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
