"""Where numbers stop being finite."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from cnnviz.training._history import History

__all__ = ["CheckpointError", "NotFiniteError", "first_bad_weight", "origin"]


class NotFiniteError(FloatingPointError):
    """The loss, or a weight, became NaN or infinite.

    Attributes
    ----------
    step, epoch : int
        Where, from 1.
    layer : str
        The layer in which it began; "" if in the loss itself.
    history : History
        What there was before.
    """

    def __init__(self, message: str, *, step: int, epoch: int, layer: str, history: History):
        super().__init__(message)
        self.step, self.epoch, self.layer, self.history = step, epoch, layer, history


class CheckpointError(OSError):
    """A checkpoint could not be written; the one before it is as it was.

    Attributes
    ----------
    history : History
        What there was up to then.
    """

    history: History


def origin(model: nn.Module, forward: Callable[[], Any]) -> tuple[str, str]:
    """Run a forward pass again; return the first layer with an output that is not finite.

    Parameters
    ----------
    model : torch.nn.Module
    forward : callable
        Runs it, as it was run when the loss was not finite.

    Returns
    -------
    layer, words : str
        The layer's name, "" if every output is finite; and where it began, as the end of a
        sentence.

    Examples
    --------
    >>> net = nn.Sequential(nn.Linear(1, 1), nn.ReLU())
    >>> _ = nn.init.constant_(net[0].weight, float("nan"))
    >>> origin(net, lambda: net(torch.ones(1, 1)))[1]
    "in layer '0' (Linear), whose weights are not finite any more"
    """
    found: list[tuple[str, str]] = []

    def hook(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def look(module: nn.Module, inputs: Any, output: Any) -> None:
            if not found and not _finite(output):
                found.append((name, _words(name, module, inputs)))

        return look

    named = [(name, module) for name, module in model.named_modules() if name]
    handles = [module.register_forward_hook(hook(name)) for name, module in named]
    try:
        with torch.no_grad():
            scores = forward()
    finally:
        for handle in handles:
            handle.remove()
    if found:
        return found[0]
    if not _finite(scores):  # what the model's own forward does between its layers
        return type(model).__name__, f"in {type(model).__name__} itself, after its layers"
    return "", "in the loss itself: every layer's output is finite"


def first_bad_weight(model: nn.Module) -> str:
    """Return the name of the first parameter or buffer that is not finite, or "".

    Examples
    --------
    >>> first_bad_weight(nn.Linear(2, 2))
    ''
    """
    for name, value in [*model.named_parameters(), *model.named_buffers()]:
        if not _finite(value):
            return name
    return ""


def _words(name: str, module: nn.Module, inputs: Any) -> str:
    where = f"in layer {name!r} ({type(module).__name__})"
    if first_bad_weight(module):
        return f"{where}, whose weights are not finite any more"
    return f"{where}, whose input and weights are finite" if _finite(inputs) else where


def _finite(value: Any) -> bool:
    if isinstance(value, Tensor):
        return not value.is_floating_point() or bool(value.isfinite().all())
    if isinstance(value, dict):
        return all(map(_finite, value.values()))
    return all(map(_finite, value)) if isinstance(value, (tuple, list)) else True
