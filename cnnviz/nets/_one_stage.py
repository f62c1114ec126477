"""A small one-stage detector after YOLO.

A picture goes through it once, and each cell of a grid says whether it owns an object, where that
lies, and what it is.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnviz import boxes, rounded
from cnnviz.arrays import shown
from cnnviz.boxes._inputs import plain
from cnnviz.nets._common import check_ends, check_objects, counts, float_tensor
from cnnviz.shapes import Size, per_axis

__all__ = [
    "OneStageLoss",
    "one_stage",
    "one_stage_boxes",
    "one_stage_grid",
    "one_stage_loss",
    "one_stage_target",
    "trained_one_stage",
]

FILE = "one-stage-digits.npz"
NAMES = ("conv1", "conv2", "conv3", "conv4", "conv5", "head")  # the layers that have weights

CELL = 8  # pixels
BOX = 5.0  # λ_coord: how much more the box counts than the rest, as in the paper
EPSILON = 1e-5  # of batch norm
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
        layers[f"norm{number}"] = nn.BatchNorm2d(after, eps=EPSILON)
        layers[f"relu{number}"] = nn.ReLU()
        if number <= 3:
            layers[f"pool{number}"] = nn.MaxPool2d(2)
    head = nn.Conv2d(maps[-1], 5 + classes, 1)
    assert head.bias is not None
    with torch.no_grad():
        head.bias[0] = _SAID_BEFORE
    layers["head"] = head
    return nn.Sequential(layers)


def trained_one_stage() -> nn.Sequential:
    """Build the detector as `one_stage` does, trained to find the digits of `cnnviz.data.scenes`.

    ``tools/make_detector_weights.py`` trained it, on digits of scikit-learn's and of MNIST. Its
    batch norms are folded into the convolutions, whose weights are whole numbers times a scale for
    each output, as `cnnviz.rounded` has them.

    Returns
    -------
    torch.nn.Sequential
        A new network, in inference mode.

    Examples
    --------
    >>> from cnnviz import data
    >>> scenes = data.scenes(1, split="test", seed=2)
    >>> with torch.no_grad():
    ...     scores = trained_one_stage()(torch.tensor(scenes.images))
    >>> (found,) = one_stage_boxes(scores)
    >>> sorted(found["labels"].tolist()) == sorted(scenes.labels[0].tolist())
    True
    """
    weights = rounded.restored(rounded.load(FILE), NAMES)
    net = one_stage().eval()
    state = net.state_dict()
    for number, name in enumerate(NAMES, 1):
        biased = "head" if name == "head" else f"norm{number}"
        state[f"{name}.weight"] = torch.from_numpy(weights[f"{name}.weight"])
        state[f"{biased}.bias"] = torch.from_numpy(weights[f"{name}.bias"])
        if biased != "head":  # batch norm adds its bias, and does nothing else
            state[f"{biased}.running_var"] -= EPSILON
    net.load_state_dict(state)
    return net


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


def one_stage_boxes(
    scores: Tensor, threshold: float = 0.5, overlap: float = 0.5
) -> list[dict[str, NDArray[Any]]]:
    """Return what a detector finds in each picture, without what non-maximum suppression drops.

    Parameters
    ----------
    scores : Tensor, (N, 5 + classes, gh, gw)
        What the network gives.
    threshold : float
        The least score, p_c times the likeliest class's probability.
    overlap : float
        Of two boxes of one class with an IoU above it, the worse is dropped.

    Returns
    -------
    list of dict
        For each picture ``"boxes"`` (K, 4) in pixels, ``"scores"`` (K,) and ``"labels"`` (K,), by
        falling score: what `cnnviz.boxes.evaluate` takes.

    Raises
    ------
    ValueError, TypeError
        For what are no scores, and a threshold or an overlap that isn't allowed.

    Examples
    --------
    >>> (found,) = one_stage_boxes(torch.zeros(1, 7, 1, 2), threshold=0.25)
    >>> found["boxes"]
    array([[ 0.,  0.,  8.,  8.],
           [ 8.,  0., 16.,  8.]], dtype=float32)
    """
    grids = one_stage_grid(scores).detach().cpu().numpy()
    size = CELL * grids.shape[1], CELL * grids.shape[2]
    found = []
    for grid in grids:
        where, certain, labels = boxes.decode_grid(grid, size, threshold)
        kept = boxes.nms(where, certain, overlap, labels=labels)
        found.append({"boxes": where[kept], "scores": certain[kept], "labels": labels[kept]})
    return found


def one_stage_target(objects: Sequence[Mapping[str, Any]], size: Size, classes: int = 10) -> Tensor:
    """Return the grid that a detector should answer each picture by.

    Parameters
    ----------
    objects : sequence of mappings
        For each picture ``"boxes"`` (k, 4) in pixels and ``"labels"`` (k,).
    size : int or (H, W)
        The pictures', in multiples of 8.
    classes : int
        How many classes there are.

    Returns
    -------
    Tensor of float32, (N, H/8, W/8, 5 + classes)
        See `cnnviz.boxes.encode_grid`.

    Raises
    ------
    ValueError, TypeError
        For another size; for boxes and labels that can't be encoded.

    Examples
    --------
    >>> target = one_stage_target([{"boxes": [[0, 0, 8, 16]], "labels": [1]}], 16, classes=2)
    >>> target[0, 1, 0]
    tensor([1.0000, 0.5000, 0.0000, 2.0000, 1.0000, 0.0000, 1.0000])
    """
    height, width = per_axis("size", size, 2)
    if height % CELL or width % CELL:
        raise ValueError(f"size must be in multiples of {CELL}, got {shown(size)}")
    cells = height // CELL, width // CELL
    grids = []
    for number, one in enumerate(check_objects(objects)):
        try:
            grid = boxes.encode_grid(one["boxes"], one["labels"], cells, size, classes)
        except (TypeError, ValueError) as error:
            raise type(error)(f"objects[{number}]: {error}") from None
        grids.append(plain(grid))
    return torch.as_tensor(np.stack(grids), dtype=torch.float32)


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
    target = float_tensor("target", target)
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
    checked = float_tensor("scores", scores)
    if checked.ndim != 4 or checked.shape[1] < 6 or not len(checked):
        raise ValueError(
            f"scores must be (N, 5 + classes, gh, gw), got shape {tuple(checked.shape)}"
        )
    return checked.permute(0, 2, 3, 1)
