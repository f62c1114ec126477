"""The score's slope at a picture, and two pictures that are made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from cnnviz.attribution._model import (
    asked,
    check_pictures,
    of_targets,
    scores_of,
    slope,
)
from cnnviz.ledgers._ledger import bare_module

__all__ = ["gradient", "guided_backprop", "saliency"]


def gradient(model: nn.Module, x: Tensor, target: Any) -> Tensor:
    """Return how much the score of a class would rise for each pixel, made a little lighter.

    Parameters
    ----------
    model : torch.nn.Module
        From pictures to scores, ``(N, classes)``. Scores before softmax are the usual choice: a
        probability's slope is also that of the other classes.
    x : Tensor, ``(N, C, *n)``
        Pictures, as the model takes them.
    target : int or sequence of int
        The class, or one for each picture.

    Returns
    -------
    Tensor, ``(N, C, *n)``
        ∂ score / ∂ x.

    Raises
    ------
    TypeError, ValueError
        For what is no model, no picture, no class; if the model can't take x; if the score has no
        slope.

    Examples
    --------
    >>> model = nn.Sequential(nn.Flatten(), nn.Linear(2, 1, bias=False))
    >>> _ = model[1].weight.data.copy_(torch.tensor([[3.0, -1.0]]))
    >>> gradient(model, torch.ones(1, 1, 1, 2), 0)
    tensor([[[[ 3., -1.]]]])
    """
    model, x = bare_module(model), check_pictures(x)
    with asked(model):
        score = of_targets(scores_of(model, x.requires_grad_()), target)
        return slope(score, x, "x")


def saliency(model: nn.Module, x: Tensor, target: Any) -> Tensor:
    """Return the size of the slope at each pixel, the largest over the channels.

    Parameters and errors are those of :func:`gradient`.

    Returns
    -------
    Tensor, ``(N, *n)``
        max over C of |∂ score / ∂ x|.

    References
    ----------
    Simonyan, Vedaldi and Zisserman, "Deep inside convolutional networks", ICLR workshop (2014).

    Examples
    --------
    >>> model = nn.Sequential(nn.Flatten(), nn.Linear(2, 1, bias=False))
    >>> _ = model[1].weight.data.copy_(torch.tensor([[3.0, -1.0]]))
    >>> saliency(model, torch.ones(1, 1, 1, 2), 0)
    tensor([[[3., 1.]]])
    """
    return gradient(model, x, target).abs().amax(1)


def guided_backprop(model: nn.Module, x: Tensor, target: Any) -> Tensor:
    """Return the slope, with all that is negative on its way back through a ReLU set to 0.

    Each ReLU is met where it runs: as a module, as a function or a method, in place or not, and as
    often as it is used. Other activations pass back their own slope.

    Parameters are those of :func:`gradient`.

    Returns
    -------
    Tensor, ``(N, C, *n)``

    Raises
    ------
    TypeError, ValueError
        As in :func:`gradient`; and if the model has no ReLU, or one inside TorchScript, where it
        can't be met.

    Notes
    -----
    It is no slope of the score, and hardly depends on it: Adebayo et al., "Sanity checks for
    saliency maps", NeurIPS (2018).

    References
    ----------
    Springenberg, Dosovitskiy, Brox and Riedmiller, "Striving for simplicity: the all convolutional
    net", ICLR workshop (2015).

    Examples
    --------
    >>> model = nn.Sequential(nn.Flatten(), nn.ReLU(), nn.Linear(2, 1, bias=False))
    >>> _ = model[2].weight.data.copy_(torch.tensor([[3.0, -1.0]]))
    >>> guided_backprop(model, torch.ones(1, 1, 1, 2), 0)
    tensor([[[[3., 0.]]]])
    """
    model, x = bare_module(model), check_pictures(x)
    for name, module in model.named_modules():
        if isinstance(module, torch.jit.ScriptModule):
            raise ValueError(
                f"model must be Python's for guided backpropagation: {name or 'the model'} is "
                "TorchScript, whose ReLUs can't be met; use the module that it was made from"
            )
    with asked(model), _Guided() as guided:
        score = of_targets(scores_of(model, x.requires_grad_()), target)
        if not guided.met:
            raise ValueError(
                "model must have a ReLU for guided backpropagation, and none ran; the slope itself "
                "is cnnviz.attribution.gradient"
            )
        return slope(score, x, "x")


class _GuidedReLU(torch.autograd.Function):
    """ReLU, which passes back what is positive to where its input was."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, inplace: bool) -> Tensor:
        if inplace:
            ctx.mark_dirty(x)
        y = x.relu_() if inplace else x.relu()
        ctx.save_for_backward(y > 0)
        return y

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (on,) = ctx.saved_tensors
        return grads[0].clamp(min=0) * on, None


class _Guided(TorchFunctionMode):
    """Puts a guided ReLU in the place of each one that runs, however it is called."""

    _NEW = (F.relu, torch.relu, Tensor.relu)
    _IN_PLACE = (torch.relu_, Tensor.relu_)  # F.relu_ is torch.relu_

    def __init__(self) -> None:
        super().__init__()
        self.met = False

    def __torch_function__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func in self._NEW:
            self.met = True
            return _relu(*args, **(kwargs or {}))
        if func in self._IN_PLACE:
            self.met = True
            return _relu(*args, **{**(kwargs or {}), "inplace": True})
        return func(*args, **(kwargs or {}))


def _relu(input: Tensor, inplace: bool = False) -> Any:
    return _GuidedReLU.apply(input, inplace)  # type: ignore[no-untyped-call]
