"""How much of its receptive field a unit makes use of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from cnnviz.attribution._model import (
    asked,
    check_pictures,
    find_layer,
    maps_and_result,
    slope,
)
from cnnviz.ledgers._ledger import bare_module
from cnnviz.shapes import per_axis

__all__ = ["effective_field"]


def effective_field(
    model: nn.Module, layer: str | nn.Module, x: Tensor, unit: int | Sequence[int] | None = None
) -> Tensor:
    """Return the mean size of a unit's slope in each pixel: its effective receptive field.

    Parameters
    ----------
    model : torch.nn.Module
    layer : str or torch.nn.Module
        What gives the unit's maps, ``(N, K, *m)``: a module or its name.
    x : Tensor, ``(N, C, *n)``
        Pictures to average over. What a unit sees of one depends on which ReLUs are open.
    unit : int or tuple of int, optional
        The place in the maps; the middle, m // 2, if left out.

    Returns
    -------
    Tensor, ``(*n)``
        |∂ yₖ / ∂ x|, the mean over pictures, their channels, and the maps k. 0 outside of the
        receptive field; `cnnviz.ReceptiveField` lays it over the picture.

    Raises
    ------
    TypeError, ValueError
        For what is no model, picture, layer or place, or if the model can't take x.

    References
    ----------
    Luo, Li, Urtasun and Zemel, "Understanding the effective receptive field in deep convolutional
    neural networks", NeurIPS (2016).

    Examples
    --------
    >>> layer = nn.Conv2d(1, 1, 3, bias=False)
    >>> _ = nn.init.constant_(layer.weight, 1)
    >>> effective_field(nn.Sequential(layer), "0", torch.ones(1, 1, 3, 4), unit=(0, 1))
    tensor([[0., 1., 1., 1.],
            [0., 1., 1., 1.],
            [0., 1., 1., 1.]])
    """
    model, x = bare_module(model), check_pictures(x)
    name, _ = find_layer(model, layer)
    with asked(model):
        maps, _ = maps_and_result(model, layer, x.requires_grad_())
        units = maps.movedim(0, -1)
        for i in _place(unit, maps.shape[2:]):
            units = units[:, i]
        total = torch.zeros_like(x[0, 0])
        for each in units:
            found = slope(each, x, f"x at layer {name!r}", again=True)
            total += found.abs().mean((0, 1))
    return total / len(units)


def _place(unit: Any, size: Sequence[int]) -> tuple[int, ...]:
    if unit is None:
        return tuple(n // 2 for n in size)
    place = per_axis("unit", unit, len(size), 0)
    if any(i >= n for i, n in zip(place, size, strict=True)):
        raise ValueError(f"unit must be a place in the maps of {tuple(size)}, got {place}")
    return place
