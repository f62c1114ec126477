"""The box playground: boxes to drag, and all that a detector computes from boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray
from PIL import Image

from cnnviz import boxes, shapes
from cnnviz.arrays import as_array, as_flag, as_number, shown
from cnnviz.widgets import _page, _still
from cnnviz.widgets._base import STATIC, Widget
from cnnviz.widgets._ground import ground
from cnnviz.widgets._suppression import rounds
from cnnviz.widgets._traits import Array, Checked, choice, is_list, whole

__all__ = ["BoxPlayground"]

Floats = NDArray[np.float64]

#: What a page can hold and draw; as in ``frontend/src/widgets/box-playground/schema.ts``.
MOST_BOXES, MOST_CLASSES, MOST_CELLS, MOST_ANCHORS = 300, 100, 32, 9
LARGEST = 10**6  # of a coordinate
LARGEST_PICTURE = 512  # pixels a side

VIEWS = ("iou", "nms", "target", "anchors", "pr")
#: What stands in a row behind the box.
OBJECT, DETECTION = ("labels",), ("scores", "labels")

# A street, if nothing else is given.
STREET = (96, 144)
CLASSES = ("pedestrian", "car", "motorcycle")
OBJECTS = ((18, 30, 36, 84, 0), (56, 44, 112, 82, 1), (94, 62, 130, 92, 2))
DETECTIONS = (
    (50, 40, 104, 78, 0.92, 1),
    (60, 48, 120, 86, 0.81, 1),
    (16, 26, 38, 82, 0.88, 0),
    (20, 36, 42, 92, 0.55, 0),
    (92, 58, 128, 94, 0.74, 2),
    (92, 54, 134, 88, 0.47, 1),
    (4, 8, 32, 26, 0.38, 2),
    (44, 34, 92, 76, 0.64, 1),
)


class _Rows(Array):
    """Boxes with what belongs to each, a row a box. As plain lists they may be none."""

    def __init__(self, further: Sequence[str]) -> None:
        super().__init__(lambda name, value: _rows(name, value, further))
        columns = 4 + len(further)
        self.tag(
            to_json=lambda rows, _: rows.tolist(),
            from_json=lambda rows, _: np.array(rows, dtype=np.float64).reshape(-1, columns),
        )


class BoxPlayground(Widget):
    """Drag boxes, and watch IoU, suppression, targets, anchors and average precision follow.

    Boxes are ``(x1, y1, x2, y2)`` in continuous coordinates. Objects are what is there, detections
    what a detector says of it.

    Parameters
    ----------
    objects : array_like or dict, optional
        Rows of ``(x1, y1, x2, y2)`` or ``(x1, y1, x2, y2, label)``; or a dict of ``boxes`` and
        ``labels``, as :func:`cnnviz.data.scenes` and torchvision have it. A street if left out.
    detections : array_like or dict, optional
        Rows of ``(x1, y1, x2, y2, score)`` or ``(x1, y1, x2, y2, score, label)``; or a dict with
        ``scores``, too, as torchvision's detectors give it.
    image : str or array_like, optional
        What lies below, stretched over the whole: a name from :data:`cnnviz.images.PICTURES`, or
        an array of shape (H, W) or (1 or 3, H, W), of whole numbers to 255 or of fractions to 1.
    size : (int, int), optional
        Height and width, in the boxes' units; the image's if left out, or what holds all boxes.
    classes : list of str, optional
        What the labels 0, 1, … are called.
    view : {"iou", "nms", "target", "anchors", "pr"}
        What is shown.
    selected : (int, int)
        The object and the detection that are looked at, from 0.
    iou_threshold, score_threshold : float
        Of suppression: a detection whose score is lower is left out; one whose IoU with a kept one
        is greater falls. The point of the precision–recall curve is that of `score_threshold`.
    by_class : bool
        Whether boxes of one class alone make one another fall.
    step : int
        How many rounds of suppression are over.
    match_threshold : float
        The IoU from which a detection finds an object.
    grid : (int, int)
        Rows and columns of the cells that own objects, and in which anchors stand.
    anchor_sizes : list of (float, float)
        Height and width of the anchors of each cell.
    positive, negative : float
        The IoU from which an anchor is to find an object, and below which it is background.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed.

    Examples
    --------
    >>> import cnnviz
    >>> boxes = cnnviz.BoxPlayground([[10, 10, 50, 40]], [[20, 10, 60, 40, 0.9]])
    >>> boxes
    BoxPlayground(iou: 1 object, 1 detection, IoU 0.6)
    """

    _esm = STATIC / "BoxPlayground.js"

    view = Checked(choice(VIEWS), default_value="iou")
    size = Checked(lambda name, value: _pair(name, value, 1, LARGEST), default_value=STREET)
    image = Checked(lambda name, value: _image(name, value), default_value="")
    classes = Checked(lambda name, value: _classes(name, value), default_value=CLASSES)
    objects = _Rows(OBJECT)
    detections = _Rows(DETECTION)
    selected = Checked(lambda name, value: _pair(name, value, 0), default_value=(0, 0))
    iou_threshold = Checked(lambda name, value: _share(name, value), default_value=0.5)
    by_class = Checked(lambda name, value: as_flag(name, value), default_value=False)
    step = Checked(whole(0), default_value=0)
    score_threshold = Checked(lambda name, value: _share(name, value), default_value=0.3)
    match_threshold = Checked(lambda name, value: _share(name, value), default_value=0.5)
    grid = Checked(lambda name, value: _pair(name, value, 1, MOST_CELLS), default_value=(3, 3))
    anchor_sizes = Checked(
        lambda name, value: _anchor_sizes(name, value), default_value=((56, 24), (36, 56))
    )
    positive = Checked(lambda name, value: _share(name, value), default_value=0.7)
    negative = Checked(lambda name, value: _share(name, value), default_value=0.3)

    def __init__(
        self,
        objects: Any = None,
        detections: Any = None,
        *,
        image: Any = None,
        size: Any = None,
        classes: Any = None,
        **kwargs: Any,
    ) -> None:
        if objects is None and detections is None and image is None:
            objects, detections = OBJECTS, DETECTIONS
            kwargs.setdefault("selected", (1, 0))
            classes = CLASSES if classes is None else classes
        found = _rows("objects", () if objects is None else objects, OBJECT)
        told = _rows("detections", () if detections is None else detections, DETECTION)
        picture = _image("image", image)
        if size is None:
            size = _page.opened(picture).size[::-1] if picture else _room(found, told)
        if classes is None:
            labels = [*found[:, -1], *told[:, -1], 0]
            classes = [str(label) for label in range(int(max(labels)) + 1)]
        super().__init__(
            objects=found, detections=told, image=picture, size=size, classes=classes, **kwargs
        )
        self._settle()

    def _check_fit(self, name: str | None = None) -> None:
        for rows, trait in ((self.objects, "objects"), (self.detections, "detections")):
            most = int(rows[:, -1].max(initial=0))
            if most >= len(self.classes):
                raise ValueError(
                    f"{trait} must have labels below {len(self.classes)}, the number of classes, "
                    f"got {most}"
                )
        if name in (None, "positive", "negative") and self.negative > self.positive:
            raise ValueError(
                f"negative must be at most positive, {self.positive}, got {self.negative}"
            )
        counts = (len(self.objects), len(self.detections))
        if name in (None, "selected") and any(
            at >= max(1, count) for at, count in zip(self.selected, counts, strict=True)
        ):
            raise ValueError(
                f"selected must be an object and a detection of {counts}, got {self.selected}"
            )

    @traitlets.observe("objects", "detections")
    def _keep_selected(self, _change: Any) -> None:
        if self._settled and not self._property_lock:
            counts = (len(self.objects), len(self.detections))
            self.selected = [
                min(at, max(0, count - 1)) for at, count in zip(self.selected, counts, strict=True)
            ]

    # ---- the true answers ----------------------------------------------------------------------

    @property
    def pair(self) -> dict[str, float]:
        """IoU, GIoU and DIoU of the object and the detection that are looked at.

        Raises
        ------
        ValueError
            If there are no objects, or no detections.
        """
        if not len(self.objects) or not len(self.detections):
            raise ValueError("no pair: it takes an object and a detection")
        one = self.objects[self.selected[0] : self.selected[0] + 1, :4]
        other = self.detections[self.selected[1] : self.selected[1] + 1, :4]
        measures = (boxes.iou, boxes.giou, boxes.diou)
        return {each.__name__: float(each(one, other)[0, 0]) for each in measures}

    @property
    def rounds(self) -> list[boxes.Step]:
        """The rounds of suppression: what each keeps, what falls to it, by their places."""
        left = np.flatnonzero(self.detections[:, 4] >= self.score_threshold)
        chosen = self.detections[left]
        labels = chosen[:, 5] if self.by_class else None
        return [
            boxes.Step(int(left[kept]), tuple(left[list(fallen)].tolist()), ious)
            for kept, fallen, ious in rounds(
                chosen[:, :4], chosen[:, 4], self.iou_threshold, labels
            )
        ]

    @property
    def kept(self) -> NDArray[np.int64]:
        """The places of the detections that suppression keeps, by falling score."""
        left = np.flatnonzero(self.detections[:, 4] >= self.score_threshold)
        chosen = self.detections[left]
        labels = chosen[:, 5].astype(int) if self.by_class else None
        kept = boxes.nms(chosen[:, :4], chosen[:, 4], self.iou_threshold, labels=labels)
        return np.asarray(left[kept])

    @property
    def target(self) -> Floats:
        """The target y = [p_c, b_x, b_y, b_h, b_w, c…] of each cell, (gh, gw, 5 + classes).

        Objects without area, and those whose centre lies outside, are left out.
        """
        x1, y1, x2, y2 = self.objects[:, :4].T
        x, y = (x1 + x2) / 2, (y1 + y2) / 2
        inside = (x >= 0) & (y >= 0) & (x <= self.size[1]) & (y <= self.size[0])
        rows = self.objects[inside & (x2 > x1) & (y2 > y1)]
        labels, count = rows[:, 4].astype(int), len(self.classes)
        return np.asarray(boxes.encode_grid(rows[:, :4], labels, self.grid, self.size, count))

    @property
    def anchors(self) -> Floats:
        """The anchors, row by row, cell by cell, size by size."""
        if not any(side % count for side, count in zip(self.size, self.grid, strict=True)):
            whole_stride = [side // count for side, count in zip(self.size, self.grid, strict=True)]
            return np.asarray(boxes.anchors(self.grid, whole_stride, self.anchor_sizes))
        stride = np.divide(self.size, self.grid)
        sizes = np.divide(self.anchor_sizes, stride)
        return np.asarray(boxes.anchors(self.grid, 1, sizes) * stride[[1, 0, 1, 0]])

    @property
    def assignment(self) -> NDArray[np.int64]:
        """The object that each anchor answers for; −1 for background, −2 for ignored."""
        return np.asarray(
            boxes.assign(self.anchors, self.objects[:, :4], self.positive, self.negative)
        )

    @property
    def matched(self) -> NDArray[np.int64]:
        """The object of its class that each detection finds, −1 for none."""
        result = np.full(len(self.detections), -1, np.int64)
        for label in np.unique(self.detections[:, 5]):
            mine = np.flatnonzero(self.detections[:, 5] == label)
            there = np.flatnonzero(self.objects[:, 4] == label)
            told, found = self.detections[mine], self.objects[there, :4]
            match = boxes.match(told[:, :4], told[:, 4], found, self.match_threshold)
            result[mine[match >= 0]] = there[match[match >= 0]]
        return result

    @property
    def curve(self) -> boxes.PrecisionRecall:
        """Precision and recall down to each score, all classes together."""
        hits = self.matched >= 0
        return boxes.precision_recall(self.detections[:, 4], hits, len(self.objects))

    @property
    def average_precision(self) -> float:
        """The area under the curve's envelope, all classes together; NaN without objects."""
        hits = self.matched >= 0
        return boxes.average_precision(self.detections[:, 4], hits, len(self.objects))

    # ---- the widget contract -------------------------------------------------------------------

    def summary(self) -> str:
        """Return the view, how many boxes there are, and what the view says of them."""
        return (
            f"{self.view}: {_count(len(self.objects), 'object')}, "
            f"{_count(len(self.detections), 'detection')}, {self._says()}"
        )

    def _says(self) -> str:
        """Return what the view says, in a few words."""
        if self.view == "nms":
            return f"suppression keeps {len(self.kept)}"
        if self.view == "target":
            return f"{int(self.target[..., 0].sum())} of {np.prod(self.grid)} cells own an object"
        if self.view == "anchors":
            count = int((self.assignment >= 0).sum())
            return f"{count} of {len(self.anchors)} anchors answer for an object"
        if self.view == "pr" and len(self.objects):
            return f"average precision {_still.number(self.average_precision)}"
        if self.view == "pr":
            return "nothing to find"
        if not len(self.objects) or not len(self.detections):
            return "no pair"
        return f"IoU {_still.number(self.pair['iou'])}"

    def caption(self) -> str:
        """Return one sentence on the boxes and on what the view says of them."""
        return (
            f"Box playground: {_count(len(self.objects), 'object')} (solid lines) and "
            f"{_count(len(self.detections), 'detection')} (dashed lines); {self._says()}."
        )

    def picture(self) -> Image.Image:
        """Return the boxes over the picture, objects in solid lines, detections in dashed ones."""
        below = _page.opened(self.image) if self.image else None
        outlines = [
            (tuple(row[:4]), tone, dashed)
            for rows, tone, dashed in (
                (self.objects, "input", False),
                (self.detections, "output", True),
            )
            for row in rows
        ]
        return _still.outlined(self.size, below, outlines)


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


# ---- what is allowed -----------------------------------------------------------------------------


def _rows(name: str, value: Any, further: Sequence[str]) -> Floats:
    """Return boxes and what belongs to each, from rows or from a dict."""
    columns = 4 + len(further)
    if isinstance(value, Mapping):
        value = _columns(name, value, further)
    elif is_list(value) and len(value) == 0:
        return np.empty((0, columns))
    most = MOST_BOXES * columns
    rows = as_array(name, value, axes=(2,), most=most, finite=True).astype(np.float64)
    if rows.shape[1] == columns - 1:  # without labels: all of class 0
        rows = np.column_stack([rows, np.zeros(len(rows))])
    if rows.shape[1] != columns:
        asked = " or ".join(
            f"(x1, y1, x2, y2{''.join(f', {each[:-1]}' for each in some)})"
            for some in (further[:-1], further)
        )
        raise ValueError(f"{name} must be rows of {asked}, got shape {rows.shape}")
    return _checked_rows(name, rows)


def _checked_rows(name: str, rows: Floats) -> Floats:
    if len(rows) > MOST_BOXES:
        raise ValueError(f"{name} must be at most {MOST_BOXES} boxes, got {len(rows)}")
    if rows.size and np.abs(rows).max() > LARGEST:
        raise ValueError(f"{name} must hold numbers up to {LARGEST}, got {np.abs(rows).max():g}")
    for i, row in enumerate(rows):
        if row[0] > row[2] or row[1] > row[3]:
            raise ValueError(
                f"{name} must have x1 ≤ x2 and y1 ≤ y2 in each row, got {row[:4].tolist()} "
                f"in row {i}"
            )
        if row[-1] < 0 or row[-1] != np.floor(row[-1]):
            raise ValueError(
                f"{name} must have whole numbers from 0 for labels, got {row[-1]} in row {i}"
            )
        if len(row) > 5 and not 0 <= row[4] <= 1:
            raise ValueError(f"{name} must have scores from 0 to 1, got {row[4]} in row {i}")
    return rows


def _columns(name: str, value: Mapping[str, Any], further: Sequence[str]) -> Any:
    """Return the parts of a dict beside one another."""
    if missing := [part for part in ("boxes", *further) if part not in value]:
        raise ValueError(
            f"{name} must be rows, or a dict of {', '.join(('boxes', *further))}; it has no "
            f"{' and no '.join(missing)}"
        )
    if len(value["boxes"]) == 0:
        return np.empty((0, 4 + len(further)))
    parts = [as_array(f"{name}[{part!r}]", value[part]) for part in ("boxes", *further)]
    if any(len(part) != len(parts[0]) for part in parts) or parts[0].ndim != 2:
        sizes = ", ".join(str(part.shape) for part in parts)
        raise ValueError(f"{name} must have as many boxes, (n, 4), as of the rest, got {sizes}")
    return np.column_stack(parts)


def _room(*rows: Floats) -> tuple[int, int]:
    """Return the size that holds all boxes, at least that of a street."""
    edges = np.vstack([each[:, :4] for each in rows])
    right, bottom = edges[:, 2:].max(axis=0, initial=0) if len(edges) else (0, 0)
    return max(STREET[0], int(np.ceil(bottom))), max(STREET[1], int(np.ceil(right)))


def _image(name: str, value: Any) -> str:
    """Return a picture as a data URI; fractions are from black, 0, to white, 1."""
    if value is not None and not isinstance(value, str):
        array = as_array(name, value, finite=True)
        if array.dtype.kind == "f" and array.size and array.min() >= 0 and array.max() <= 1:
            value = np.round(array.astype(np.float64) * 255)
    picture: str = ground(LARGEST_PICTURE)(name, value)
    return picture


def _sides(name: str, value: Any) -> list[float]:
    """Return a height and a width."""
    if not is_list(value) or len(value) != 2:
        raise ValueError(f"{name} must be a height and a width, got {shown(value)}")
    sides = [as_number(name, side) for side in value]
    if min(sides) <= 0 or max(sides) > LARGEST:
        raise ValueError(f"{name} must be above 0, up to {LARGEST}, got {shown(value)}")
    return sides


def _anchor_sizes(name: str, value: Any) -> list[list[float]]:
    if not is_list(value) or not 1 <= len(value) <= MOST_ANCHORS:
        raise ValueError(
            f"{name} must be from 1 to {MOST_ANCHORS} pairs of height and width, got {shown(value)}"
        )
    return [_sides(f"{name}[{i}]", each) for i, each in enumerate(value)]


def _pair(name: str, value: Any, least: int, most: int | None = None) -> list[int]:
    pair = list(shapes.per_axis(name, value, 2, least))
    if most is not None and max(pair) > most:
        raise ValueError(f"{name} must be at most {most}, got {shown(value)}")
    return pair


def _share(name: str, value: Any) -> float:
    share = as_number(name, value)
    if not 0 <= share <= 1:
        raise ValueError(f"{name} must be from 0 to 1, got {shown(value)}")
    return share


def _classes(name: str, value: Any) -> list[str]:
    if not is_list(value) or not all(isinstance(each, str) for each in value):
        raise TypeError(f"{name} must be a list of texts, got {shown(value)}")
    if not 1 <= len(value) <= MOST_CLASSES:
        raise ValueError(f"{name} must be from 1 to {MOST_CLASSES} names, got {len(value)}")
    return [str(each)[:60] for each in value]
