"""Small changes of a picture that raise the loss."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.attribution._model import (
    asked,
    check_pictures,
    check_range,
    check_seed,
    check_steps,
    from_zero,
    scores_of,
    slope,
    targets_for,
)
from cnnviz.ledgers._ledger import bare_module

__all__ = ["fgsm", "pgd"]


def fgsm(
    model: nn.Module,
    x: Tensor,
    labels: Any,
    epsilon: float,
    *,
    low: float = 0.0,
    high: float = 1.0,
) -> Tensor:
    """Move each pixel by ε in the direction in which the loss rises: the fast gradient sign method.

    Parameters
    ----------
    model : torch.nn.Module
        From pictures to scores, ``(N, classes)``, before softmax.
    x : Tensor, ``(N, C, *n)``
        Pictures with values from `low` to `high`.
    labels : int or sequence of int
        Their classes; one number stands for all. The loss is cross-entropy.
    epsilon : float
        How far a pixel is moved, in the units of x: 8 grey levels of 255 are 8 / 255.
    low, high : float
        What a pixel may be; what leaves it is cut off.

    Returns
    -------
    Tensor, as x
        clip(x + ε · sign(∂ loss / ∂ x)).

    Raises
    ------
    TypeError, ValueError
        For what is no model, picture, label or ε, for pixels beyond `low` and `high`, or if the
        model can't take x.

    References
    ----------
    Goodfellow, Shlens and Szegedy, "Explaining and harnessing adversarial examples", ICLR (2015).

    Examples
    --------
    >>> model = nn.Sequential(nn.Flatten(), nn.Linear(2, 2, bias=False))
    >>> _ = model[1].weight.data.copy_(torch.tensor([[3.0, -1.0], [0.0, 0.0]]))
    >>> fgsm(model, torch.tensor([[[[0.5, 0.5]]]]), labels=0, epsilon=0.25)
    tensor([[[[0.2500, 0.7500]]]])
    """
    model, x, epsilon, low, high = _checked(model, x, epsilon, low, high)
    with asked(model):
        return _moved(model, x, labels, epsilon, x, epsilon, low, high)


def pgd(
    model: nn.Module,
    x: Tensor,
    labels: Any,
    epsilon: float,
    *,
    steps: int = 10,
    step: float | None = None,
    seed: int | None = None,
    low: float = 0.0,
    high: float = 1.0,
) -> Tensor:
    """Take several such steps, none of which may lead further than ε from the picture.

    Parameters
    ----------
    model, x, labels, epsilon, low, high
        As in :func:`fgsm`.
    steps : int
    step : float, optional
        How far a pixel moves in each; 2.5 · ε / steps if left out, as in the paper.
    seed : int, optional
        Begin somewhere at random within ε, not at the picture.

    Returns
    -------
    Tensor, as x

    Raises
    ------
    TypeError, ValueError
        As in :func:`fgsm`.

    References
    ----------
    Madry, Makelov, Schmidt, Tsipras and Vladu, "Towards deep learning models resistant to
    adversarial attacks", ICLR (2018).

    Examples
    --------
    >>> model = nn.Sequential(nn.Flatten(), nn.Linear(2, 2, bias=False))
    >>> _ = model[1].weight.data.copy_(torch.tensor([[3.0, -1.0], [0.0, 0.0]]))
    >>> pgd(model, torch.tensor([[[[0.5, 0.5]]]]), labels=0, epsilon=0.25, steps=3)
    tensor([[[[0.2500, 0.7500]]]])
    """
    model, x, epsilon, low, high = _checked(model, x, epsilon, low, high)
    steps = check_steps(steps)
    length = 2.5 * epsilon / steps if step is None else from_zero("step", step)
    seed = None if seed is None else check_seed(seed)
    with asked(model):
        moved = x
        if seed is not None:
            generator = torch.Generator().manual_seed(seed)
            noise = torch.rand(x.shape, generator=generator, dtype=torch.float64) * 2 - 1
            moved = (x + (epsilon * noise).to(x)).clamp(low, high)
        for _ in range(steps):
            moved = _moved(model, moved, labels, length, x, epsilon, low, high)
    return moved


def _moved(
    model: nn.Module,
    now: Tensor,
    labels: Any,
    length: float,
    x: Tensor,
    epsilon: float,
    low: float,
    high: float,
) -> Tensor:
    """Take one step from `now`, and stay within ε of x and within what a pixel may be."""
    now = now.detach().requires_grad_()
    scores = scores_of(model, now)
    targets = targets_for(labels, len(x), scores.shape[1], "labels").to(scores.device)
    loss = F.cross_entropy(scores, targets, reduction="sum")
    step = length * slope(loss, now, "x").sign()
    far = (now + step - x).detach().clamp(-epsilon, epsilon)
    return (x.detach() + far).clamp(low, high)


def _checked(
    model: Any, x: Any, epsilon: Any, low: Any, high: Any
) -> tuple[nn.Module, Tensor, float, float, float]:
    model, x, epsilon = bare_module(model), check_pictures(x), from_zero("epsilon", epsilon)
    low, high = check_range(low, high)
    if x.min() < low or x.max() > high:
        raise ValueError(
            f"x must lie from low = {low:g} to high = {high:g}; it goes from {float(x.min()):g} to "
            f"{float(x.max()):g}"
        )
    return model, x, epsilon, low, high
