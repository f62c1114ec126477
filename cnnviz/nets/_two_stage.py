"""A small two-stage detector after Faster R-CNN.

A picture goes through the backbone once. The first stage says of each anchor on its map whether an
object is there, and moves it onto that; the best become regions. The second stage cuts each region
out of the same map, says what it is, and moves it once more.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnviz import boxes, ops
from cnnviz.arrays import as_array, refuse_large, shown
from cnnviz.boxes._inputs import as_boxes, as_labels, as_share, plain
from cnnviz.nets._common import check_ends, check_objects, counts, float_tensor
from cnnviz.shapes import Size, per_axis, whole

__all__ = [
    "TwoStage",
    "TwoStageLoss",
    "region_features",
    "two_stage",
    "two_stage_boxes",
    "two_stage_loss",
    "two_stage_proposals",
]

STRIDE = 4  # pixels from one place of the map to the next
BINS = 5  # a side, of what the second stage sees of a region
SIZES = ((14, 10), (20, 14), (28, 20), (36, 26))  # of anchors, (height, width): digits are tall
UNITS = 128  # of the second stage's dense layer

_EPSILON = 1e-5  # of batch norm
_SAID_BEFORE = -3.0  # an anchor's first score for "here is one": 5 %, as few stand on something
_BEFORE = 128  # anchors that suppression looks at: the rest is too unlikely to be worth the time
_LEAST = 4.0  # pixels: no region is narrower or lower
_ANCHORS = 64  # of a picture that the loss looks at, at most half of them on objects
_REGIONS = 64  # of a picture that the loss looks at, at most a quarter of them on objects
_SPREAD = (0.1, 0.1, 0.2, 0.2)  # of a region's deltas: what is learned is divided by it
_BEND = 1 / 9  # where the deltas' loss turns from squares to a straight line


class TwoStage(nn.Module):
    """The network that `two_stage` builds; see there.

    Attributes
    ----------
    backbone : nn.Sequential
        From pictures ``(N, channels, H, W)`` to a map ``(N, 4 width, H/4, W/4)``.
    proposer : nn.Sequential
        Of the map, 3×3 places for each anchor.
    objectness, shifts : nn.Conv2d
        The first stage's answers: a score and four deltas for each anchor of a place.
    head : nn.Sequential
        The second stage: from regions ``(R, 4 width, 5, 5)`` to ``(R, 128)``.
    labels, deltas : nn.Linear
        Its answers: a score for each class and, last, for background; and four deltas, which all
        classes share.
    sizes : tuple of (height, width)
        The anchors of a place, in pixels.
    """

    def __init__(
        self, classes: int, channels: int, width: int, sizes: Sequence[tuple[float, float]]
    ) -> None:
        super().__init__()
        self.sizes = tuple(sizes)
        self.channels, self.classes = channels, classes
        maps = [channels, width, 2 * width, 4 * width, 4 * width]
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        for number, (before, after) in enumerate(pairwise(maps), 1):
            layers[f"conv{number}"] = nn.Conv2d(before, after, 3, padding=1, bias=False)
            layers[f"norm{number}"] = nn.BatchNorm2d(after, eps=_EPSILON)
            layers[f"relu{number}"] = nn.ReLU()
            if number <= 2:
                layers[f"pool{number}"] = nn.MaxPool2d(2)
        self.backbone = nn.Sequential(layers)
        self.proposer = nn.Sequential(nn.Conv2d(maps[-1], maps[-1], 3, padding=1), nn.ReLU())
        self.objectness = nn.Conv2d(maps[-1], len(self.sizes), 1)
        self.shifts = nn.Conv2d(maps[-1], 4 * len(self.sizes), 1)
        self.head = nn.Sequential(
            nn.Flatten(), nn.Linear(maps[-1] * BINS**2, UNITS), nn.ReLU(inplace=True)
        )
        self.labels = nn.Linear(UNITS, classes + 1)
        self.deltas = nn.Linear(UNITS, 4)
        for layer in (self.objectness, self.shifts, self.labels, self.deltas):
            nn.init.normal_(layer.weight, 0, 0.01)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]  # all of them have one
        nn.init.constant_(self.objectness.bias, _SAID_BEFORE)  # type: ignore[arg-type]

    def features(self, pictures: Tensor) -> Tensor:
        """Return the map that both stages read, ``(N, 4 width, H/4, W/4)``."""
        pictures = float_tensor("pictures", pictures)
        if pictures.ndim != 4 or pictures.shape[1] != self.channels or min(pictures.shape) == 0:
            raise ValueError(
                f"pictures must be (N, {self.channels}, H, W), got shape {tuple(pictures.shape)}"
            )
        if pictures.shape[2] % STRIDE or pictures.shape[3] % STRIDE:
            raise ValueError(
                f"pictures must have sides in multiples of {STRIDE}, "
                f"got {tuple(pictures.shape[2:])}"
            )
        result: Tensor = self.backbone(pictures)
        return result

    def anchors(self, features: Tensor) -> Tensor:
        """Return the anchors that stand on a map, (A, 4), in pixels; see `cnnviz.boxes.anchors`."""
        grid = tuple(features.shape[-2:])
        return torch.as_tensor(boxes.anchors(grid, STRIDE, self.sizes)).to(features)

    def score_anchors(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return a score (N, A) and deltas (N, A, 4) for each anchor, in `anchors`' order."""
        seen = self.proposer(features)
        scores = self.objectness(seen).permute(0, 2, 3, 1).flatten(1)
        deltas = self.shifts(seen).permute(0, 2, 3, 1)
        return scores, deltas.reshape(len(features), -1, 4)

    def read(self, features: Tensor, regions: Any, images: Any) -> tuple[Tensor, Tensor]:
        """Return scores (R, classes + 1) and deltas (R, 4) of regions, the deltas as learned."""
        seen = self.head(region_features(features, regions, images))
        return self.labels(seen), self.deltas(seen)

    def forward(self, pictures: Tensor) -> list[dict[str, NDArray[Any]]]:
        """Return what `two_stage_boxes` does."""
        return two_stage_boxes(self, pictures)


def two_stage(
    classes: int = 10,
    *,
    channels: int = 1,
    width: int = 16,
    sizes: Sequence[tuple[float, float]] = SIZES,
) -> TwoStage:
    """Build a detector that first says where something is, and then what.

    Parameters
    ----------
    classes : int
        What there is to find.
    channels : int
        Planes of a picture.
    width : int
        Maps of the backbone's first layer; the next ones have 2, 4 and 4 times as many.
    sizes : sequence of (height, width)
        The anchors that stand on each place of the map, in pixels.

    Returns
    -------
    TwoStage
        Train it on `two_stage_loss`; `two_stage_boxes` says what it finds.

    Raises
    ------
    ValueError, TypeError
        For counts below 1, and sizes that are none.

    References
    ----------
    Ren, He, Girshick and Sun, "Faster R-CNN", NeurIPS (2015), at the size of digits, with the
    regions of He et al., "Mask R-CNN", ICCV (2017). Two things are simpler here: the second stage
    has four deltas for all classes together, where the paper has four for each; and anchors that
    reach beyond the picture are trained, too.

    Examples
    --------
    >>> net = two_stage()
    >>> features = net.features(torch.zeros(2, 1, 64, 64))
    >>> scores, deltas = net.score_anchors(features)
    >>> features.shape, net.anchors(features).shape
    (torch.Size([2, 64, 16, 16]), torch.Size([1024, 4]))
    >>> scores.shape, deltas.shape
    (torch.Size([2, 1024]), torch.Size([2, 1024, 4]))
    """
    (width,) = counts(width=width)
    channels, classes = check_ends(channels, classes, features=UNITS, kernel=(width, 3, 3))
    refuse_large("width", (4 * width, BINS**2, UNITS), np.float32)
    sides = as_array("sizes", sizes, axes=(2,), finite=True).astype(np.float64)
    if sides.shape[1] != 2 or not len(sides) or (sides <= 0).any():
        raise ValueError(
            f"sizes must be (height, width) of each anchor, above 0, got {shown(sides.tolist())}"
        )
    refuse_large("sizes", (4 * len(sides), 4 * width), np.float32)
    return TwoStage(classes, channels, width, [(high, wide) for high, wide in sides.tolist()])


def region_features(features: Tensor, regions: Any, images: Any) -> Tensor:
    """Sample regions of a map on 5×5 bins, by RoI align, with a gradient for the map.

    Parameters
    ----------
    features : Tensor, (N, C, H, W)
        A map with a stride of 4 pixels.
    regions : (R, 4)
        Boxes in pixels of the picture. They get no gradient.
    images : (R,)
        Of which picture each is.

    Returns
    -------
    Tensor, (R, C, 5, 5)
        As `cnnviz.ops.roi_align` has it: ``rows · map · columnsᵀ``, of each region.

    Raises
    ------
    ValueError, TypeError
        For what isn't a map, boxes, or a picture's number.

    Examples
    --------
    >>> features = torch.arange(49.0).reshape(1, 1, 7, 7)
    >>> cut = region_features(features, [[4, 4, 24, 24]], [0])  # a place of the map is a bin
    >>> cut.equal(features[..., 1:6, 1:6])
    True
    """
    features = float_tensor("features", features)
    if features.ndim != 4 or 0 in features.shape[-2:]:
        raise ValueError(f"features must be (N, C, H, W), got shape {tuple(features.shape)}")
    corners = plain(as_boxes("regions", regions, finite=True))
    of = as_labels("images", images, len(corners), "regions")
    if of.size and not 0 <= of.min() <= of.max() < len(features):
        raise ValueError(f"images must be from 0 to {len(features) - 1}, got {shown(of.tolist())}")
    grid = (int(features.shape[2]), int(features.shape[3]))
    rows, columns = (
        torch.as_tensor(matrix).to(features)
        for matrix in ops.roi_align_weights(corners, BINS, grid, scale=1 / STRIDE)
    )
    order, cut = [], []
    for number in np.unique(of):  # all regions of a map at once: it isn't copied for each
        mine = np.flatnonzero(of == number)
        order.append(mine)
        cut.append(_cut(features[int(number)], rows[mine], columns[mine]))
    if not cut:
        return features[:0, :, :1, :1].expand(-1, -1, BINS, BINS)  # in the graph, as others are
    back = np.argsort(np.concatenate(order))
    return torch.cat(cut)[torch.as_tensor(back)]


def _cut(plane: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Return ``rows[r] @ plane @ columns[r].T``, (R, C, 5, 5), of maps (C, H, W)."""
    channels, height, width = plane.shape
    lines = rows.flatten(0, 1) @ plane.transpose(0, 1).reshape(height, channels * width)
    lines = lines.reshape(len(rows), BINS * channels, width) @ columns.transpose(1, 2)
    return lines.reshape(len(rows), BINS, channels, BINS).transpose(1, 2)


def two_stage_proposals(
    scores: Tensor,
    deltas: Tensor,
    anchors: Tensor,
    size: Size,
    *,
    count: int = 32,
    overlap: float = 0.7,
) -> tuple[Tensor, Tensor]:
    """Return the regions that the first stage proposes in a picture.

    The 128 best anchors are moved by their deltas and clipped to the picture. What is then less
    than 4 pixels wide or high is left out, as is what overlaps a better one by too much.

    Parameters
    ----------
    scores : Tensor, (A,)
    deltas, anchors : Tensor, (A, 4)
        As `TwoStage.score_anchors` and `TwoStage.anchors` have them.
    size : int or (H, W)
        The picture's.
    count : int
        How many, at most.
    overlap : float
        Of two regions with an IoU above it, the worse is dropped.

    Returns
    -------
    regions : Tensor, (K, 4)
        Without gradient.
    chances : Tensor, (K,)
        The sigmoid of their scores, which fall.

    Raises
    ------
    ValueError, TypeError
        For shapes that don't go together, deltas that aren't finite, and what isn't allowed.

    Examples
    --------
    >>> anchors = torch.tensor([[0.0, 0, 8, 8], [0, 1, 8, 9], [12, 12, 20, 20]])
    >>> two_stage_proposals(torch.tensor([2.0, 1, 0]), torch.zeros(3, 4), anchors, 16)
    (tensor([[ 0.,  0.,  8.,  8.],
            [12., 12., 16., 16.]]), tensor([0.8808, 0.5000]))
    """
    scores, deltas = (
        float_tensor(name, value).detach()
        for name, value in (("scores", scores), ("deltas", deltas))
    )
    anchors = float_tensor("anchors", anchors)
    if scores.ndim != 1 or deltas.shape != (len(scores), 4) or anchors.shape != deltas.shape:
        raise ValueError(
            f"scores must be (A,), deltas and anchors (A, 4), got shapes {tuple(scores.shape)}, "
            f"{tuple(deltas.shape)} and {tuple(anchors.shape)}"
        )
    for name, value in (("scores", scores), ("deltas", deltas)):
        if not value.isfinite().all():
            raise ValueError(f"{name} must be finite, got some that aren't")
    count, overlap = whole("count", count), as_share("overlap", overlap)
    best = scores.argsort(descending=True, stable=True)[:_BEFORE]
    found = boxes.clip(boxes.decode_deltas(deltas[best], anchors[best]), per_axis("size", size, 2))
    large = (found[:, 2:] - found[:, :2] >= _LEAST).all(1)
    found, best = found[large], best[large]
    kept = boxes.nms(found, scores[best], overlap)[:count]
    return found[kept], scores[best][kept].sigmoid()


def two_stage_boxes(
    net: TwoStage,
    pictures: Tensor,
    threshold: float = 0.5,
    overlap: float = 0.5,
    *,
    regions: Sequence[Any] | None = None,
) -> list[dict[str, NDArray[Any]]]:
    """Return what a detector finds in each picture, without what non-maximum suppression drops.

    Parameters
    ----------
    net : TwoStage
        In inference mode, or batch norm takes its numbers from these pictures.
    pictures : Tensor, (N, channels, H, W)
        With sides in multiples of 4.
    threshold : float
        The least score: the likeliest class's probability.
    overlap : float
        Of two boxes of one class with an IoU above it, the worse is dropped.
    regions : sequence of (K, 4), optional
        For each picture the boxes to look at, in place of the first stage's: Fast R-CNN.

    Returns
    -------
    list of dict
        For each picture ``"boxes"`` (K, 4) in pixels, ``"scores"`` (K,) and ``"labels"`` (K,), by
        falling score: what `cnnviz.boxes.evaluate` takes.

    Raises
    ------
    ValueError, TypeError
        For pictures and regions that don't fit, and what isn't allowed.

    Examples
    --------
    >>> net = two_stage(width=4).eval()
    >>> (found,) = two_stage_boxes(net, torch.zeros(1, 1, 16, 16), 0, regions=[[[0, 0, 8, 8]]])
    >>> found["boxes"].shape, found["scores"].shape, found["labels"].shape
    ((1, 4), (1,), (1,))
    """
    _check_net(net)
    threshold, overlap = as_share("threshold", threshold), as_share("overlap", overlap)
    with torch.no_grad():
        features = net.features(pictures)
        size = STRIDE * features.shape[2], STRIDE * features.shape[3]
        chosen = _regions_of(net, features, regions)
        scores, deltas = net.read(features, torch.cat(chosen), _numbers(chosen))
        moved = boxes.decode_deltas(deltas * deltas.new_tensor(_SPREAD), torch.cat(chosen))
        certain, labels = scores.softmax(1)[:, : net.classes].max(1)
    lengths = [len(each) for each in chosen]
    parts = (value.cpu().split(lengths) for value in (boxes.clip(moved, size), certain, labels))
    found = []
    for where, chance, label in zip(*(map(plain, part) for part in parts), strict=True):
        (sure,) = np.nonzero(chance >= threshold)
        kept = sure[boxes.nms(where[sure], chance[sure], overlap, labels=label[sure])]
        found.append({"boxes": where[kept], "scores": chance[kept], "labels": label[kept]})
    return found


class TwoStageLoss(NamedTuple):
    """The terms of a detector's loss.

    Attributes
    ----------
    objectness : Tensor
        Of a sample of anchors: the mean cross-entropy of whether each stands on an object.
    shifts : Tensor
        Of those that do: how far their deltas are off, smooth L1, over the size of the sample.
    label : Tensor
        Of a sample of regions: the mean cross-entropy of the classes and background.
    deltas : Tensor
        Of those with an object: how far their deltas are off, over the size of the sample.
    """

    objectness: Tensor
    shifts: Tensor
    label: Tensor
    deltas: Tensor

    @property
    def total(self) -> Tensor:
        """The loss: the sum of the four."""
        return self.objectness + self.shifts + self.label + self.deltas


def two_stage_loss(
    net: TwoStage,
    pictures: Tensor,
    objects: Sequence[Mapping[str, Any]],
    *,
    regions: Sequence[Any] | None = None,
    generator: torch.Generator | None = None,
) -> TwoStageLoss:
    """Run a detector on pictures whose objects are known, and measure what both stages say.

    Both stages learn at once. The regions are the first stage's of this moment, and the objects'
    own boxes; they count as given, so that no gradient goes back through their corners
    ("approximate joint training").

    Parameters
    ----------
    net : TwoStage
        In training mode.
    pictures : Tensor, (N, channels, H, W)
        With sides in multiples of 4.
    objects : sequence of mappings
        For each picture ``"boxes"`` (k, 4) in pixels and ``"labels"`` (k,).
    regions : sequence of (K, 4), optional
        For each picture the regions that the second stage learns from, in place of the first's.
    generator : torch.Generator, optional
        Draws the anchors and the regions that count; torch's own if left out.

    Returns
    -------
    TwoStageLoss
        Four terms; ``.total`` is what is brought down. A picture counts 64 of its anchors, at most
        half of them on objects, and 64 regions, at most a quarter of them.

    Raises
    ------
    ValueError, TypeError
        For pictures, objects and regions that don't fit.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> objects = [{"boxes": [[2, 0, 12, 14]], "labels": [1]}]
    >>> loss = two_stage_loss(two_stage(2, width=4), torch.rand(1, 1, 16, 16), objects)
    >>> round(loss.label.item(), 1)  # ln 3: two classes and background, nothing learned
    1.1
    """
    _check_net(net)
    features = net.features(pictures)
    truth = [_truth(number, each, net) for number, each in enumerate(check_objects(objects))]
    if len(truth) != len(features):
        raise ValueError(f"objects must be for {len(features)} pictures, got {len(truth)}")
    anchors = net.anchors(features)
    scores, shifts = net.score_anchors(features)
    terms = [
        _anchor_terms(*said, anchors, where.to(anchors), generator)
        for said, (where, _) in zip(zip(scores, shifts, strict=True), truth, strict=True)
    ]
    objectness, moved = (torch.stack(term).mean() for term in zip(*terms, strict=True))
    with torch.no_grad():
        given = _regions_of(net, features, regions, (scores, shifts))
    chosen, answers, aims = [], [], []
    for some, (where, labels) in zip(given, truth, strict=True):
        taken, label, aim = _sample_regions(
            torch.cat([some, where.to(some)]), where.to(some), labels, net.classes, generator
        )
        chosen.append(taken)
        answers.append(label)
        aims.append(aim)
    said, deltas = net.read(features, torch.cat(chosen), _numbers(chosen))
    answer, aim = torch.cat(answers).to(said.device), torch.cat(aims)
    known = answer < net.classes
    label = F.cross_entropy(said, answer, reduction="sum") / max(1, len(answer))
    off = F.smooth_l1_loss(deltas[known], aim[known], reduction="sum") / max(1, len(answer))
    return TwoStageLoss(objectness, moved, label, off)


def _anchor_terms(
    scores: Tensor,
    shifts: Tensor,
    anchors: Tensor,
    where: Tensor,
    generator: torch.Generator | None,
) -> tuple[Tensor, Tensor]:
    """Return what a picture's anchors cost: whether, and by how much."""
    owner = boxes.assign(anchors, where)
    here = _drawn(owner >= 0, _ANCHORS // 2, generator)
    nothing = _drawn(owner == boxes.BACKGROUND, _ANCHORS - len(here), generator)
    some = torch.cat([here, nothing])
    certain = F.binary_cross_entropy_with_logits(
        scores[some], (owner[some] >= 0).to(scores), reduction="sum"
    )
    aim = boxes.encode_deltas(where[owner[here]], anchors[here])
    off = F.smooth_l1_loss(shifts[here], aim, reduction="sum", beta=_BEND)
    count = max(1, len(some))
    return certain / count, off / count


def _sample_regions(
    regions: Tensor,
    where: Tensor,
    labels: Tensor,
    classes: int,
    generator: torch.Generator | None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return regions to learn from, the class of each (the last is background), and its deltas."""
    if len(where):
        best, owner = boxes.iou(regions, where).max(1)
    else:
        best = regions.new_zeros(len(regions))
        owner = best.long()
    here = _drawn(best >= 0.5, _REGIONS // 4, generator)
    nothing = _drawn(best < 0.5, _REGIONS - len(here), generator)
    some = torch.cat([here, nothing])
    label = torch.full((len(some),), classes, device=labels.device)
    label[: len(here)] = labels[owner[here].to(labels.device)]
    aim = regions.new_zeros(len(some), 4)
    if len(here):
        spread = regions.new_tensor(_SPREAD)
        aim[: len(here)] = boxes.encode_deltas(where[owner[here]], regions[here]) / spread
    return regions[some], label, aim


def _drawn(possible: Tensor, most: int, generator: torch.Generator | None) -> Tensor:
    """Return some of the places that are possible, each as likely as any other."""
    places = torch.nonzero(possible)[:, 0]
    if len(places) <= most:
        return places
    order = torch.randperm(len(places), generator=generator)
    return places[order[:most].to(places.device)]


def _regions_of(
    net: TwoStage,
    features: Tensor,
    regions: Sequence[Any] | None,
    said: tuple[Tensor, Tensor] | None = None,
) -> list[Tensor]:
    """Return each picture's regions: those given, else the first stage's."""
    if regions is None:
        size = STRIDE * features.shape[2], STRIDE * features.shape[3]
        anchors = net.anchors(features)
        scores, deltas = said or net.score_anchors(features)
        return [
            two_stage_proposals(*one, anchors, size)[0] for one in zip(scores, deltas, strict=True)
        ]
    if not isinstance(regions, (list, tuple)) or len(regions) != len(features):
        raise ValueError(
            f"regions must be a list of boxes for each of {len(features)} pictures, "
            f"got {shown(regions)}"
        )
    found = []
    for number, each in enumerate(regions):
        corners = torch.as_tensor(plain(as_boxes(f"regions[{number}]", each, finite=True)))
        if not (corners[:, 2:] > corners[:, :2]).all():
            raise ValueError(f"regions[{number}] must have sides above 0, got some that haven't")
        found.append(corners.to(features))
    return found


def _numbers(regions: Sequence[Tensor]) -> NDArray[np.int64]:
    """Return of which picture each region is."""
    return np.repeat(np.arange(len(regions)), [len(each) for each in regions])


def _truth(number: int, one: Mapping[str, Any], net: TwoStage) -> tuple[Tensor, Tensor]:
    """Return the boxes of a picture's objects that have an area, and their labels."""
    name = f"objects[{number}]"
    where = plain(as_boxes(f"{name}['boxes']", one["boxes"], finite=True))
    labels = as_labels(f"{name}['labels']", one["labels"], len(where))
    if labels.size and not 0 <= labels.min() <= labels.max() < net.classes:
        raise ValueError(
            f"{name}['labels'] must be from 0 to {net.classes - 1}, got {shown(labels.tolist())}"
        )
    there = (where[:, 2:] > where[:, :2]).all(1)
    return torch.as_tensor(where[there]), torch.as_tensor(labels[there])


def _check_net(net: Any) -> None:
    if not isinstance(net, TwoStage):
        raise TypeError(f"net must be a TwoStage, as two_stage builds it, got {shown(net)}")
