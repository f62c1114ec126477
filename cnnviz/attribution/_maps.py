"""A layer's maps, added up by what they do for a score."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from cnnviz.arrays import as_flag
from cnnviz.attribution._model import (
    asked,
    check_pictures,
    check_scores,
    find_layer,
    maps_and_result,
    of_targets,
    slope,
    targets_for,
)
from cnnviz.ledgers._ledger import bare_module

__all__ = ["cam", "grad_cam"]


def cam(model: nn.Module, layer: str | nn.Module, x: Tensor, target: Any) -> Tensor:
    """Return a class activation map: maps, weighted as the last layer weights their means.

    It is for models that end in maps, their global mean, and one dense layer. That layer is found
    as the last ``nn.Linear``; that it gets the means of the maps and gives the scores is checked.

    Parameters
    ----------
    model : torch.nn.Module
    layer : str or torch.nn.Module
        What gives the maps, ``(N, K, *m)``.
    x : Tensor, ``(N, C, *n)``
    target : int or sequence of int
        The class, or one for each picture.

    Returns
    -------
    Tensor, ``(N, *m)``
        Σₖ wₖ Aₖ, whose mean is the score without the bias. What is negative stays negative.

    Raises
    ------
    TypeError, ValueError
        As in :func:`grad_cam`; and if the model is not built so.

    References
    ----------
    Zhou, Khosla, Lapedriza, Oliva and Torralba, "Learning deep features for discriminative
    localization", CVPR (2016).

    Examples
    --------
    >>> head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 1, bias=False)]
    >>> model = nn.Sequential(nn.Identity(), *head)
    >>> _ = model[3].weight.data.copy_(torch.tensor([[2.0, -1.0]]))
    >>> maps = torch.tensor([[[[1.0, 0.0], [3.0, 0.0]], [[0.0, 4.0], [0.0, 0.0]]]])
    >>> cam(model, "0", maps, 0)
    tensor([[[ 2., -4.],
             [ 6.,  0.]]])
    """
    model, x = bare_module(model), check_pictures(x)
    linears = [module for module in model.modules() if isinstance(module, nn.Linear)]
    if not linears:
        raise ValueError(f"model must end in a dense layer for cam, got {_no_cam(model)}")
    head = linears[-1]
    with asked(model), torch.no_grad():
        maps, scores = maps_and_result(model, layer, x)
        means = maps.flatten(2).mean(2)
        fits = means.shape[1] == head.in_features and isinstance(scores, Tensor)
        if not fits or scores.ndim != 2 or not _close(head(means), scores):
            name, _ = find_layer(model, layer)
            raise ValueError(
                f"layer must give the maps whose global means go into the last dense layer; those "
                f"of {name!r} don't: {_no_cam(model)}"
            )
        weights = head.weight[targets_for(target, len(x), head.out_features).to(x.device)]
        return torch.einsum("nk,nk...->n...", weights, maps)


def _no_cam(model: nn.Module) -> str:
    return f"{type(model).__name__} may be asked by cnnviz.attribution.grad_cam, which needs no end"


def _close(a: Tensor, b: Tensor) -> bool:
    tolerance = torch.finfo(b.dtype).eps ** 0.5
    return a.shape == b.shape and torch.allclose(a, b, rtol=tolerance, atol=tolerance)


def grad_cam(
    model: nn.Module, layer: str | nn.Module, x: Tensor, target: Any, *, relu: bool = True
) -> Tensor:
    """Return Grad-CAM: a layer's maps, weighted by the mean slope of the score in each.

    Parameters
    ----------
    model : torch.nn.Module
        From pictures to scores, ``(N, classes)``.
    layer : str or torch.nn.Module
        What gives the maps, ``(N, K, *m)``: a module of the model or its name, as in a ledger's
        rows. Mostly the last one that has places. What it gives is taken before a ReLU in place
        writes over it.
    x : Tensor, ``(N, C, *n)``
    target : int or sequence of int
        The class, or one for each picture.
    relu : bool
        Whether to keep only what speaks for the class, as the paper does.

    Returns
    -------
    Tensor, ``(N, *m)``
        ReLU(Σₖ αₖ Aₖ), αₖ being the mean over the places of ∂ score / ∂ Aₖ.

    Raises
    ------
    TypeError, ValueError
        For what is no model, no picture, no class, no layer of the model; for a layer that gives
        no maps, doesn't run, runs more than once, or has no say in the score.

    References
    ----------
    Selvaraju, Cogswell, Das, Vedantam, Parikh and Batra, "Grad-CAM: visual explanations from deep
    networks via gradient-based localization", ICCV (2017).

    Examples
    --------
    >>> head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 1, bias=False)]
    >>> model = nn.Sequential(nn.Identity(), *head)
    >>> _ = model[3].weight.data.copy_(torch.tensor([[2.0, -1.0]]))
    >>> maps = torch.tensor([[[[1.0, 0.0], [3.0, 0.0]], [[0.0, 4.0], [0.0, 0.0]]]])
    >>> grad_cam(model, "0", maps, 0)
    tensor([[[0.5000, 0.0000],
             [1.5000, 0.0000]]])
    """
    model, x, relu = bare_module(model), check_pictures(x), as_flag("relu", relu)
    with asked(model):
        maps, scores = maps_and_result(model, layer, x.requires_grad_())
        score = of_targets(check_scores(scores, len(x)), target)
        slopes = slope(score, maps, f"layer {find_layer(model, layer)[0]!r}")
    weights = slopes.flatten(2).mean(2)
    summed = torch.einsum("nk,nk...->n...", weights, maps.detach())
    return summed.relu() if relu else summed
