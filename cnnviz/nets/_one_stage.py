"""A small one-stage detector after YOLO.

A picture goes through it once, and each cell of a grid says whether it owns an object, where that
lies, and what it is.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.arrays import shown
from cnnviz.boxes._inputs import as_floats
from cnnviz.nets._common import check_ends, counts

__all__ = ["OneStageLoss", "one_stage", "one_stage_grid", "one_stage_loss"]

BOX = 5.0  # λ_coord: how much more the box counts than the rest, as in the paper
_SAID_BEFORE = -3.0  # a cell's first score for "here is one": 5 %, as few cells own something
_LARGEST = 8.0  # of ln(side in cells) that counts: e⁸ cells are more than any picture has


def one_stage(classes: int = 10, *, channels: int = 1, width: int = 16) -> nn.Sequential:
    """Build a detector whose cells are 8×8 pixels, with one box a cell and no anchors.

    Parameters
    ----------
    classes : int
        What there is to find.
    channels : int
        Planes of a picture.
    width : int
        Maps of the first layer; the others have 2, 4, 6 and 6 times as many.

    Returns
    -------
    torch.nn.Sequential
        From ``(N, channels, 8 gh, 8 gw)`` to ``(N, 5 + classes, gh, gw)``: the scores of p_c, b_x,
        b_y, b_h, b_w and the classes, which `one_stage_grid` turns into those. A score sees 54×54
        pixels.

    Raises
    ------
    ValueError, TypeError
        For counts below 1.

    References
    ----------
    Redmon, Divvala, Girshick and Farhadi, "You only look once", CVPR (2016), at the size of digits.
    The first bias is that of Lin et al., "Focal loss for dense object detection", ICCV (2017).

    Examples
    --------
    >>> net = one_stage()
    >>> net(torch.zeros(2, 1, 64, 64)).shape
    torch.Size([2, 15, 8, 8])
    """
    (width,) = counts(width=width)
    maps = [width, 2 * width, 4 * width, 6 * width, 6 * width]
    channels, classes = check_ends(channels, classes, features=maps[-1], kernel=(width, 3, 3))
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for number, (before, after) in enumerate(zip([channels, *maps], maps, strict=False), 1):
        layers[f"conv{number}"] = nn.Conv2d(before, after, 3, padding=1, bias=False)
        layers[f"norm{number}"] = nn.BatchNorm2d(after)
        layers[f"relu{number}"] = nn.ReLU()
        if number <= 3:
            layers[f"pool{number}"] = nn.MaxPool2d(2)
    head = nn.Conv2d(maps[-1], 5 + classes, 1)
    assert head.bias is not None
    with torch.no_grad():
        head.bias[0] = _SAID_BEFORE
    layers["head"] = head
    return nn.Sequential(layers)


def one_stage_grid(scores: Tensor) -> Tensor:
    """Turn a detector's scores into what they say of each cell.

    p_c, b_x and b_y are the sigmoid of their scores, b_h and b_w the exponential, the classes'
    probabilities their softmax.

    Parameters
    ----------
    scores : Tensor, (N, 5 + classes, gh, gw)
        What the network gives.

    Returns
    -------
    Tensor, (N, gh, gw, 5 + classes)
        As `cnnviz.boxes.encode_grid` has it, and `cnnviz.boxes.decode_grid` takes it for each
        picture.

    Raises
    ------
    ValueError, TypeError
        For what are no scores.

    Examples
    --------
    >>> one_stage_grid(torch.zeros(1, 7, 1, 1))
    tensor([[[[0.5000, 0.5000, 0.5000, 1.0000, 1.0000, 0.5000, 0.5000]]]])
    """
    cells = _cells(scores)
    here, sides, classes = cells[..., :3], cells[..., 3:5], cells[..., 5:]
    return torch.cat([here.sigmoid(), sides.clamp(max=_LARGEST).exp(), classes.softmax(-1)], dim=-1)


class OneStageLoss(NamedTuple):
    """The terms of a detector's loss, each a mean over pictures of a sum over cells.

    Attributes
    ----------
    owner : Tensor
        Of all cells: the cross-entropy of p_c.
    centre, sides : Tensor
        Of the cells that own an object: the squared errors of b_x and b_y, and those of ln b_h and
        ln b_w. By the logarithm a tenth too much costs a small box what it costs a large one.
    label : Tensor
        Of the same cells: the cross-entropy of the classes.
    """

    owner: Tensor
    centre: Tensor
    sides: Tensor
    label: Tensor

    @property
    def total(self) -> Tensor:
        """The loss: owner + 5 (centre + sides) + label."""
        return self.owner + BOX * (self.centre + self.sides) + self.label


def one_stage_loss(scores: Tensor, target: Tensor) -> OneStageLoss:
    """Measure a detector's scores against its targets.

    Parameters
    ----------
    scores : Tensor, (N, 5 + classes, gh, gw)
        What the network gives.
    target : Tensor, (N, gh, gw, 5 + classes)
        Of each picture what `cnnviz.boxes.encode_grid` makes of it. Where p_c is 0 the rest counts
        for nothing, as it can't be said.

    Returns
    -------
    OneStageLoss
        Four terms; ``.total`` is what is brought down.

    Raises
    ------
    ValueError, TypeError
        For what are no scores, and targets of another shape.

    Examples
    --------
    >>> from cnnviz import boxes
    >>> target = boxes.encode_grid(torch.tensor([[0, 0, 8.0, 8]]), [1], 1, 8, classes=2)[None]
    >>> loss = one_stage_loss(torch.zeros(1, 7, 1, 1), target)
    >>> [round(term.item(), 3) for term in loss], round(loss.total.item(), 3)
    ([0.693, 0.0, 0.0, 0.693], 1.386)
    """
    cells = _cells(scores)
    target = _floats("target", target)
    if target.shape != cells.shape:
        raise ValueError(
            f"target must be (N, gh, gw, 5 + classes), here {tuple(cells.shape)}, "
            f"got shape {tuple(target.shape)}"
        )
    target = target.to(cells)
    owner = F.binary_cross_entropy_with_logits(cells[..., 0], target[..., 0], reduction="sum")
    owns = target[..., 0] > 0
    said, true = cells[owns], target[owns]
    centre = F.mse_loss(said[:, 1:3].sigmoid(), true[:, 1:3], reduction="sum")
    sides = F.mse_loss(said[:, 3:5], true[:, 3:5].log(), reduction="sum")
    label = F.cross_entropy(said[:, 5:], true[:, 5:], reduction="sum")
    return OneStageLoss(*(term / len(cells) for term in (owner, centre, sides, label)))


def _cells(scores: Any) -> Tensor:
    """Return scores with the cells in front: (N, gh, gw, 5 + classes)."""
    checked = _floats("scores", scores)
    if checked.ndim != 4 or checked.shape[1] < 6 or not len(checked):
        raise ValueError(
            f"scores must be (N, 5 + classes, gh, gw), got shape {tuple(checked.shape)}"
        )
    return checked.permute(0, 2, 3, 1)


def _floats(name: str, value: Any) -> Tensor:
    """Return a tensor as float32 or float64: half precision is too little to add up a loss in."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} must be a Tensor, got {shown(value)}")
    return cast(Tensor, as_floats(name, value))
