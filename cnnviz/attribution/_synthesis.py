"""A picture that a unit answers to most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from cnnviz.arrays import refuse_large, shown
from cnnviz.attribution._model import (
    asked,
    check_range,
    check_scores,
    check_seed,
    check_steps,
    check_targets,
    from_zero,
    maps_and_result,
    of_targets,
    scores_of,
    slope,
)
from cnnviz.chain import check_input_shape
from cnnviz.ledgers._ledger import bare_module
from cnnviz.shapes import whole

__all__ = ["activation_maximisation"]


def activation_maximisation(
    model: nn.Module,
    target: Any,
    input_shape: Sequence[int],
    *,
    layer: str | nn.Module | None = None,
    steps: int = 100,
    learning_rate: float = 0.05,
    decay: float = 0.0,
    variation: float = 0.0,
    jitter: int = 0,
    seed: int = 0,
    low: float = 0.0,
    high: float = 1.0,
) -> Tensor:
    """Climb, from grey with a little noise, to a picture for which a score or a map is large.

    Parameters
    ----------
    model : torch.nn.Module
        From pictures to scores, ``(N, classes)``.
    target : int or sequence of int
        The class, or the map of `layer`; several make several pictures.
    input_shape : tuple of int
        The shape of one picture, ``(C, *n)``.
    layer : str or torch.nn.Module, optional
        Raise the mean of a map of this layer in place of a score.
    steps : int
    learning_rate : float
        Of Adam, in the units of the picture.
    decay : float
        Takes `decay` times the mean squared distance from grey off the score.
    variation : float
        Takes `variation` times the mean size of the difference between neighbours off the score.
    jitter : int
        Before each step, move the picture by up to so many pixels along each axis; what leaves on
        one side comes in on the other.
    seed : int
        Decides the noise and the moves.
    low, high : float
        What a pixel may be. Grey is the middle.

    Returns
    -------
    Tensor, ``(targets, C, *n)``
        On the device and of the type of the model's parameters.

    Raises
    ------
    TypeError, ValueError
        For what is none of these, or if the model can't take pictures of this shape.

    References
    ----------
    Erhan, Bengio, Courville and Vincent, "Visualizing higher-layer features of a deep network"
    (2009); Olah, Mordvintsev and Schubert, "Feature visualization", Distill (2017), on `variation`
    and `jitter`.

    Examples
    --------
    >>> model = nn.Sequential(nn.Flatten(), nn.Linear(2, 1, bias=False))
    >>> _ = model[1].weight.data.copy_(torch.tensor([[3.0, -1.0]]))
    >>> activation_maximisation(model, 0, (1, 1, 2))
    tensor([[[[1., 0.]]]])
    """
    model, shape = bare_module(model), check_input_shape(input_shape)
    if len(shape) < 2:
        raise ValueError(f"input_shape must be that of a picture, (C, H, W), got {shape}")
    refuse_large("input_shape", shape, float)
    steps, jitter = check_steps(steps), whole("jitter", jitter, minimum=0)
    if jitter > max(shape[1:]):
        raise ValueError(f"jitter must be at most {max(shape[1:])}, the size, got {shown(jitter)}")
    rate = from_zero("learning_rate", learning_rate)
    weights = from_zero("decay", decay), from_zero("variation", variation)
    low, high = check_range(low, high)
    generator = torch.Generator().manual_seed(check_seed(seed))
    targets = check_targets(target)
    with asked(model):
        picture = _grey(model, (len(targets), *shape), low, high, generator).requires_grad_()
        optimiser = torch.optim.Adam([picture], lr=rate)
        for _ in range(steps):
            moves = torch.randint(-jitter, jitter + 1, (len(shape) - 1,), generator=generator)
            moved = torch.roll(picture, moves.tolist(), tuple(range(2, picture.ndim)))
            gain = _answer(model, layer, moved, targets) - _cost(picture, *weights, low, high)
            picture.grad = slope(-gain, picture, "a picture")
            optimiser.step()
            with torch.no_grad():
                picture.clamp_(low, high)
    return picture.detach()


def _grey(model: nn.Module, shape: Sequence[int], low: float, high: float, draw: Any) -> Tensor:
    """Return mid-grey pictures with noise of a hundredth of what a pixel may be."""
    like = next((p for p in model.parameters() if p.is_floating_point()), torch.empty(0))
    noise = 0.01 * (high - low) * torch.randn(tuple(shape), generator=draw)
    return ((low + high) / 2 + noise).clamp(low, high).to(like)


def _answer(model: nn.Module, layer: Any, pictures: Tensor, targets: list[int]) -> Tensor:
    if layer is None:
        return of_targets(scores_of(model, pictures), targets)
    maps, _ = maps_and_result(model, layer, pictures)
    return of_targets(check_scores(maps.flatten(2).mean(2), len(targets)), targets)


def _cost(
    pictures: Tensor, decay: float, variation: float, low: float, high: float
) -> Tensor | float:
    """Return what is taken off for pixels far from grey, and for neighbours that differ."""
    cost: Tensor | float = 0.0
    if decay:
        cost = decay * (pictures - (low + high) / 2).square().flatten(1).mean(1)
    if variation:
        for axis in range(2, pictures.ndim):
            if pictures.shape[axis] > 1:
                cost = cost + variation * pictures.diff(dim=axis).abs().flatten(1).mean(1)
    return cost
