"""The detection viewer: a one-stage detector's raw grid, its boxes, and what becomes of each."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray
from PIL import Image

from cnnviz import boxes, ops, palette
from cnnviz.arrays import as_array, as_flag, as_image, as_light, as_number, is_picture, shown
from cnnviz.data import Scenes
from cnnviz.numerals import times
from cnnviz.shapes import per_axis
from cnnviz.shapes import whole as whole_number
from cnnviz.widgets import _still
from cnnviz.widgets._base import STATIC, Widget
from cnnviz.widgets._suppression import Fate, Verdict, fates, judge, rounds
from cnnviz.widgets._traits import Array, Checked, choice, is_list, unpack, whole

__all__ = ["DetectionViewer"]

Floats = NDArray[Any]
Rows = list[list[float]]

#: What a page can hold; as in ``frontend/src/widgets/detection-viewer/schema.ts``.
MOST_PICTURES, MOST_CELLS, MOST_CLASSES, MOST_OBJECTS = 64, 32, 100, 300
LARGEST_SIDE = 512  # pixels
MOST_BYTES = 2**22  # of pictures and of scores, together
LARGEST_FILE = 2**26  # numbers of a picture that is scaled down
LARGEST_LOG = 8.0  # of ln(side in cells) that counts, as `cnnviz.nets.one_stage_grid` has it

TINTS = ("p_c", "class", "score")

#: Scenes, if nothing else is given: two nines and a box too many, one more box too many, all
#: right, one missed, one misread, and a crowd.
_SCENES: tuple[dict[str, Any], ...] = (
    {"seed": 146},
    {"seed": 9},
    {"seed": 22},
    {"seed": 17},
    {"seed": 41},
    {"seed": 189, "objects": (3, 5), "overlap": 0.4},
)


@functools.lru_cache(maxsize=1)
def _example_scenes() -> Scenes:
    from cnnviz import data

    made = [data.scenes(1, split="test", **options) for options in _SCENES]
    return Scenes(
        images=np.concatenate([each.images for each in made]),
        boxes=[each.boxes[0] for each in made],
        labels=[each.labels[0] for each in made],
        landmarks=[each.landmarks[0] for each in made],
        classes=made[0].classes,
        name="digits",
    )


class DetectionViewer(Widget):
    """What a one-stage detector says of each cell of a picture, and what becomes of its boxes.

    The detector gives 5 + classes scores a cell. p_c, b_x and b_y are the sigmoid of theirs, b_h
    and b_w the exponential, the classes' probabilities a softmax; that makes a box of each cell.
    Those with a score, p_c times the likeliest class's probability, below the threshold are left
    out, and of two of one class that overlap too much the worse is suppressed. The page computes
    all that from the raw scores, with the numbers that Python has.

    Parameters
    ----------
    pictures : Scenes or array_like, optional
        What is looked at: `cnnviz.data.Scenes`, or ``(N, C, H, W)``, ``(N, H, W)``, one picture
        ``(H, W)`` or Pillow's; bytes, or floats from 0 to 1, of one or three channels. The sides
        must be multiples of the detector's cells. Six scenes with digits if left out.
    model : torch.nn.Module, optional
        From ``(N, C, H, W)``, from 0 to 1, to ``(N, 5 + classes, gh, gw)``. It runs in inference
        mode and is left as it was. `cnnviz.nets.trained_one_stage` if left out.
    objects : list, optional
        What is there, for each picture: a dict of ``boxes`` and ``labels``, rows of
        ``(x1, y1, x2, y2, label)``, or None where nobody knows. A `Scenes` brings its own.
    names : list of str, optional
        What the classes are called.
    index : int
        The picture that is shown, from 0.
    threshold : float
        The least score of a box that counts.
    overlap : float
        Of two boxes of one class with an IoU above it, the worse is suppressed.
    step : int, optional
        How many rounds of suppression are over; all of them if left out.
    cell : (int, int), optional
        The row and the column of the cell that is looked at; that of the best score if left out.
    tint : {"p_c", "class", "score"}
        What the grid shows: p_c, the likeliest class's probability, or their product.
    show_objects : bool
        Whether true boxes lie over the picture, too.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, or the model stops. The message names it, what it got, and
        what is allowed.

    Notes
    -----
    In a notebook, a file of the reader's own is read and scaled in the browser, and goes to the
    reader's own kernel alone; :meth:`add` is the same in Python.

    Examples
    --------
    >>> import cnnviz
    >>> viewer = cnnviz.DetectionViewer()
    >>> viewer
    DetectionViewer(picture 1 of 6, 8 × 8 cells, 3 boxes kept, 1 suppressed)
    >>> viewer.found["labels"].tolist()
    [9, 5, 9]
    >>> [verdict.kind for verdict in viewer.verdicts]
    ['right', 'right', 'right']
    """

    _esm = STATIC / "DetectionViewer.js"

    images = Array(lambda name, value: as_array(name, value, axes=(4,)))
    scores = Array(lambda name, value: as_array(name, value, axes=(4,), finite=True))
    objects = Checked(lambda name, value: _objects(name, value), default_value=())
    names = Checked(lambda name, value: _names(name, value), default_value=())
    index = Checked(whole(0), default_value=0)
    threshold = Checked(lambda name, value: _share(name, value), default_value=0.5)
    overlap = Checked(lambda name, value: _share(name, value), default_value=0.5)
    step = Checked(lambda name, value: _step(name, value), default_value=None, allow_none=True)
    cell = Checked(lambda name, value: _cell(name, value), default_value=None, allow_none=True)
    tint = Checked(choice(TINTS), default_value="p_c")
    show_objects = Checked(as_flag, default_value=False)
    # A page's wish that a picture be looked at, and what is said of it: no part of the state.
    _asked: Any = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    _said: Any = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self,
        pictures: Any = None,
        model: Any = None,
        *,
        objects: Any = None,
        names: Any = None,
        **kwargs: Any,
    ) -> None:
        for name in ("images", "scores"):
            if name in kwargs:
                raise TypeError(
                    f"DetectionViewer has no argument {name!r}: it is made of pictures and model"
                )
        detector = _checked_model(model)
        given, state = _seen(_example_scenes() if pictures is None else pictures, detector)
        if objects is not None:
            state["objects"] = objects
        if names is not None:
            state["names"] = names
        super().__init__(**state, **kwargs)
        self._model, self._given = detector, given
        self._settle()

    def __setattr__(self, name: str, value: Any) -> None:
        """Assign; what is made of other things is refused, as it would no longer go with them."""
        if name in ("images", "scores") and self._settled:
            raise AttributeError(f"{name} are made of pictures and model: assign one of these")
        super().__setattr__(name, value)

    def _show(self, **traits: Any) -> None:
        """Change pictures and scores, and what belongs to them, all at once."""
        with self.hold_sync(), self.hold_trait_notifications():
            for name, value in traits.items():
                self.set_trait(name, value)
            self.index = min(self.index, len(self.images) - 1)
            self.cell = self.step = None  # what was looked at may be gone

    @property
    def pictures(self) -> NDArray[np.float32]:
        """What the model is given, (N, C, H, W), from 0 to 1; assign others to look at them."""
        return self._given

    @pictures.setter
    def pictures(self, value: Any) -> None:
        given, state = _seen(value, self._model)
        self._show(**state)
        self._given = given

    @property
    def model(self) -> Any:
        """The detector; assign another, or the same after more training, to run it anew."""
        return self._model

    @model.setter
    def model(self, value: Any) -> None:
        model = _checked_model(value)
        scores = _run(model, self._given, "pictures")
        same = len(self.names) == scores.shape[1] - 5
        self._show(scores=scores, names=self.names if same else _numbered(scores))
        self._model = model

    def add(self, picture: Any) -> None:
        """Look at one more picture, of any size, behind the others.

        If it is larger than they are, it is scaled down until it fits, its proportions kept; if it
        is smaller on one side, it lies in the middle of black. Colours become greys where the model
        reads one channel.

        Parameters
        ----------
        picture : array_like
            ``(H, W)``, ``(1, H, W)``, ``(3, H, W)`` or Pillow's; bytes, or floats from 0 to 1.

        Raises
        ------
        TypeError, ValueError
            If it is no picture, or there are as many as a page can hold.

        Examples
        --------
        >>> import cnnviz
        >>> viewer = cnnviz.DetectionViewer()
        >>> viewer.add(cnnviz.data.scenes(1, split="test", seed=30).images[0])
        >>> viewer.index, viewer.found["labels"].tolist()
        (6, [9])
        """
        planes = as_image("picture", picture, most=LARGEST_FILE, finite=True)
        light = as_light("picture", planes).astype(np.float32)
        planes = _fitted(light, self.images.shape[1:])
        given = np.concatenate([self._given, planes[None]])
        _check_room("picture", given)
        scores = _run(self._model, planes[None], "picture")
        with self.hold_sync():
            self._show(
                images=_bytes(given),
                scores=np.concatenate([self.scores, scores]),
                objects=[*self.objects, None],
            )
            self.index = len(given) - 1
        self._given = given

    @traitlets.observe("_asked")
    def _answer(self, _change: Any) -> None:
        """Look at the picture that the page asks for."""
        if self._asked is None:
            return
        try:
            self.add(unpack(self._asked["picture"]))
            said = ""
        except Exception as error:  # whatever is wrong with it, the page says so
            said = str(error)
        with self.hold_sync():
            self._said, self._asked = said, None

    def _check_fit(self, name: str | None = None) -> None:
        count, channels, rows, columns = self.scores.shape
        if len(self.objects) != count:
            raise ValueError(
                f"objects must be for each of the {count} pictures, got {len(self.objects)}"
            )
        if len(self.names) != channels - 5:
            raise ValueError(
                f"names must be of the {channels - 5} classes that the model tells apart, got "
                f"{len(self.names)}"
            )
        labels = [row[4] for rows_of in self.objects for row in rows_of or ()]
        if labels and max(labels) >= len(self.names):
            raise ValueError(
                f"objects must have labels below {len(self.names)}, the number of classes, got "
                f"{max(labels):g}"
            )
        if name in (None, "index") and self.index >= count:
            raise ValueError(f"index must be less than the {count} pictures, got {self.index}")
        inside = self.cell is None or (self.cell[0] < rows and self.cell[1] < columns)
        if name in (None, "cell") and not inside:
            raise ValueError(f"cell must lie in the grid, {(rows, columns)}, got {self.cell}")

    # ---- the true answers ----------------------------------------------------------------------

    @property
    def grid(self) -> NDArray[np.float64]:
        """What the detector says of each cell, as `cnnviz.boxes.encode_grid` has it.

        p_c, b_x, b_y, b_h, b_w and the classes' probabilities, (gh, gw, 5 + classes).
        """
        cells = np.moveaxis(self.scores[self.index].astype(np.float64), 0, -1)
        here, sides, classes = cells[..., :3], cells[..., 3:5], cells[..., 5:]
        parts = [
            ops.sigmoid(here),
            np.exp(np.minimum(sides, LARGEST_LOG)),
            ops.softmax(classes) if classes.size else classes,
        ]
        return np.concatenate(parts, axis=-1)

    def _decoded(self) -> tuple[Floats, Floats, NDArray[np.int64]]:
        """Return the box, the score and the label of each cell, row by row."""
        where, certain, labels = boxes.decode_grid(self.grid, self.images.shape[2:], 0.0)
        return np.asarray(where), np.asarray(certain), np.asarray(labels)

    @property
    def steps(self) -> list[boxes.Step]:
        """The rounds of suppression: which cell's box each keeps, and which fall to it.

        A cell is its place in the grid, row by row from 0.
        """
        where, certain, labels = self._decoded()
        cells = np.flatnonzero(certain >= self.threshold)
        found = rounds(where[cells], certain[cells], self.overlap, labels[cells])
        return [
            boxes.Step(int(cells[kept]), tuple(cells[list(fallen)].tolist()), ious)
            for kept, fallen, ious in found
        ]

    @property
    def fates(self) -> list[Fate]:
        """What becomes of each cell's box, row by row: kind, the cell it falls to, and their IoU.

        The kinds are "below" (the threshold), "kept" and "suppressed".
        """
        return fates(self.scores[0, 0].size, self.steps)

    @property
    def found(self) -> dict[str, Floats]:
        """The boxes that are kept, their scores and labels, by falling score.

        As `cnnviz.nets.one_stage_boxes` has them, in float64.
        """
        where, certain, labels = self._decoded()
        kept = [step.kept for step in self.steps]
        return {"boxes": where[kept], "scores": certain[kept], "labels": labels[kept]}

    @property
    def verdicts(self) -> list[Verdict] | None:
        """What each box that is kept is worth, beside the true ones; None where nobody knows these.

        A kind, the true box that is meant, and their IoU. The kinds are "right", "label" (a wrong
        one), "overlap" (0.1 to 0.5), "both", "double" (a better box has found it) and "nothing"
        (is there).
        """
        judged = self._judged()
        return None if judged is None else judged[0]

    @property
    def missed(self) -> list[int] | None:
        """The true boxes that none finds; None where nobody knows these."""
        judged = self._judged()
        return None if judged is None else judged[1]

    def _judged(self) -> tuple[list[Verdict], list[int]] | None:
        rows = self.objects[self.index]
        if rows is None:
            return None
        found = self.found
        there = np.array(rows, np.float64).reshape(-1, 5)
        return judge(found["boxes"], found["scores"], found["labels"], there)

    # ---- the widget contract -------------------------------------------------------------------

    def summary(self) -> str:
        """Return which picture it is, its grid, and how many boxes are kept and suppressed."""
        kept, fallen = self._counts()
        return (
            f"picture {self.index + 1} of {len(self.images)}, {times(self.scores.shape[2:])} "
            f"cells, {_count(kept, 'box', 'boxes')} kept, {fallen} suppressed"
        )

    def _counts(self) -> tuple[int, int]:
        steps = self.steps
        return len(steps), sum(len(step.fallen) for step in steps)

    def caption(self) -> str:
        """Return one sentence on what is found, what is suppressed, and what is wrong."""
        kept, fallen = self._counts()
        labels = [self.names[label] for label in self.found["labels"]]
        said = f" ({', '.join(labels)})" if 0 < kept <= 12 else ""
        worth = ""
        if (judged := self._judged()) is not None:
            verdicts, missed = judged
            right = sum(verdict.kind == "right" for verdict in verdicts)
            worth = f" {right} of {kept} right, {_count(len(missed), 'object', 'objects')} missed."
        return (
            f"Detection viewer: a picture of {times(self.images.shape[2:])} in "
            f"{times(self.scores.shape[2:])} cells, each with p_c; of their boxes those with a "
            f"score of at least {self.threshold:g} count: {kept} kept{said}, {fallen} suppressed."
            f"{worth}"
        )

    def picture(self) -> Image.Image:
        """Return the picture with its boxes: solid ones are kept, dashed ones suppressed."""
        where = self._decoded()[0]
        steps = self.steps
        outlines = [
            (where[cell].tolist(), "kernel", True) for step in steps for cell in step.fallen
        ] + [(where[step.kept].tolist(), "output", False) for step in steps]
        pixels = palette.light_rgb(self.images[self.index], 0, 255)
        return _still.outlined(self.images.shape[2:], Image.fromarray(pixels), outlines)


def _count(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _seen(pictures: Any, model: Any) -> tuple[Floats, dict[str, Any]]:
    """Return pictures as a model is given them, and the state that comes of them."""
    given = _pictures("pictures", pictures)
    scores = _run(model, given, "pictures")
    names = _numbered(scores)
    objects: list[Rows | None] = [None] * len(given)
    if isinstance(pictures, Scenes):
        objects = _objects("pictures", pictures)
        names = list(pictures.classes) if len(pictures.classes) == len(names) else names
    return given, {"images": _bytes(given), "scores": scores, "objects": objects, "names": names}


def _numbered(scores: Floats) -> list[str]:
    """Return names for classes that have none."""
    return [str(label) for label in range(scores.shape[1] - 5)]


# ---- pictures ------------------------------------------------------------------------------------


def _pictures(name: str, value: Any) -> NDArray[np.float32]:
    """Return pictures (N, C, H, W) from 0 to 1."""
    given = value.images if isinstance(value, Scenes) else value
    array = as_array(name, given, most=MOST_BYTES, finite=True)
    if array.ndim == 2 or is_picture(value):
        array = array[None]
    if array.ndim == 3 and is_picture(value):
        array = array[None]
    elif array.ndim == 3 and not is_picture(value):
        array = array[:, None]
    if array.ndim != 4 or array.shape[1] not in (1, 3):
        raise ValueError(
            f"{name} must be Scenes, (N, H, W), (N, 1 or 3, H, W) or one picture (H, W), got "
            f"shape {np.shape(value)}"
        )
    light = as_light(name, array).astype(np.float32)
    _check_room(name, light)
    return light


def _check_room(name: str, pictures: Floats) -> None:
    if len(pictures) > MOST_PICTURES or pictures.size > MOST_BYTES:
        raise ValueError(
            f"{name} must be at most {MOST_PICTURES}, and {MOST_BYTES} pixels together, got "
            f"shape {pictures.shape}"
        )
    if max(pictures.shape[2:]) > LARGEST_SIDE:
        raise ValueError(
            f"{name} must have at most {LARGEST_SIDE} pixels a side, got shape {pictures.shape}"
        )


def _bytes(pictures: Floats) -> NDArray[np.uint8]:
    rounded: NDArray[np.uint8] = np.rint(pictures * 255).astype(np.uint8)
    return rounded


def _fitted(planes: Floats, size: tuple[int, ...]) -> NDArray[np.float32]:
    """Return a picture as one of so many channels, rows and columns."""
    channels, height, width = size
    if len(planes) != channels:
        weights = np.array([0.299, 0.587, 0.114], np.float32)  # of red, green and blue, ITU-R 601
        planes = (
            np.tensordot(weights, planes, 1)[None]
            if channels == 1
            else planes.repeat(channels, axis=0)
        )
    scale = min(1.0, height / planes.shape[1], width / planes.shape[2])
    if scale < 1:
        high, wide = (max(1, round(side * scale)) for side in planes.shape[1:])
        shrunk = [
            Image.fromarray(plane).resize((wide, high), Image.Resampling.BOX) for plane in planes
        ]
        planes = np.stack([np.asarray(each) for each in shrunk])
    ground = np.zeros(size, np.float32)
    top, left = (height - planes.shape[1]) // 2, (width - planes.shape[2]) // 2
    ground[:, top : top + planes.shape[1], left : left + planes.shape[2]] = planes
    return ground


# ---- the model -----------------------------------------------------------------------------------


def _checked_model(model: Any) -> Any:
    if model is None:
        from cnnviz import nets

        return nets.trained_one_stage()
    from cnnviz.ledgers._ledger import check_model

    return check_model(model)


def _run(model: Any, pictures: NDArray[np.float32], what: str) -> NDArray[np.float32]:
    """Return a model's scores of pictures, (N, 5 + classes, gh, gw)."""
    import torch

    from cnnviz.ledgers._trace import as_it_was

    tensors = [*model.parameters(), *model.buffers()]
    like = next((t for t in tensors if t.is_floating_point()), torch.zeros(1))
    with torch.no_grad(), as_it_was(model):
        try:
            given = model(torch.from_numpy(pictures).to(like))
        except Exception as error:
            raise ValueError(
                f"model must take {what} of shape {pictures.shape}, but it stops: {error}"
            ) from error
    count, _, height, width = pictures.shape
    shape = tuple(getattr(given, "shape", ()))
    fits = len(shape) == 4 and shape[0] == count and 6 <= shape[1] <= 5 + MOST_CLASSES
    if not isinstance(given, torch.Tensor) or not fits:
        raise ValueError(
            f"model must give (N, 5 + classes, gh, gw), with 1 to {MOST_CLASSES} classes, got "
            f"{f'shape {shape}' if shape else type(given).__name__}"
        )
    rows, columns = shape[2:]
    if not 0 < rows <= MOST_CELLS or not 0 < columns <= MOST_CELLS:
        raise ValueError(f"model must give 1 to {MOST_CELLS} cells a side, got {rows} × {columns}")
    twice = _cells_of_twice(model, given.new_zeros(1, pictures.shape[1], 2 * height, 2 * width))
    fits = all(
        n % cells == 0 and more in (cells, 2 * cells)
        for n, cells, more in zip((height, width), shape[2:], twice or shape[2:], strict=True)
    )
    if not fits:
        raise ValueError(
            f"{what} must have sides that are multiples of the model's cells: pad or scale them; "
            f"got {height} × {width} pixels, of which it makes {rows} × {columns} cells"
        )
    scores: NDArray[np.float32] = given.detach().float().cpu().numpy()
    if not np.isfinite(scores).all():
        raise ValueError("model must give finite scores, got NaN or infinity")
    if scores.size > MOST_BYTES // 4:
        raise ValueError(
            f"{what} must be fewer: their scores are more than a page can hold, shape {shape}"
        )
    return scores


def _cells_of_twice(model: Any, black: Any) -> tuple[int, ...] | None:
    """Return how many cells a picture of twice the sides has; None for a model that takes none.

    A network that drops what does not fill a cell, as pooling does, has more than twice as many.
    """
    import torch

    from cnnviz.ledgers._trace import as_it_was

    with torch.no_grad(), as_it_was(model):
        try:
            return tuple(model(black).shape[2:])
        except Exception:  # it is made for one size
            return None


# ---- what is allowed -----------------------------------------------------------------------------


def _objects(name: str, value: Any) -> list[Rows | None]:
    """Return the rows (x1, y1, x2, y2, label) of each picture, None where nobody knows."""
    if isinstance(value, Scenes):
        value = [
            {"boxes": each, "labels": labels}
            for each, labels in zip(value.boxes, value.labels, strict=True)
        ]
    if not is_list(value):
        raise TypeError(f"{name} must be a list, of boxes for each picture, got {shown(value)}")
    return [_rows(f"{name}[{i}]", each) for i, each in enumerate(value)]


def _rows(name: str, value: Any) -> Rows | None:
    if value is None:
        return None
    if isinstance(value, Mapping):
        if missing := [part for part in ("boxes", "labels") if part not in value]:
            raise ValueError(f"{name} must have boxes and labels, it has no {missing[0]}")
        where, labels = (value[part] for part in ("boxes", "labels"))
        if np.size(where) == 0 and np.size(labels) == 0:
            return []
        where = as_array(f"{name} boxes", where, axes=(2,), most=5 * MOST_OBJECTS)
        labels = as_array(f"{name} labels", labels, axes=(1,), most=MOST_OBJECTS)
        if len(where) != len(labels):
            raise ValueError(
                f"{name} must have as many boxes as labels, got {len(where)} and {len(labels)}"
            )
        value = np.column_stack([where, labels])
    elif is_list(value) and len(value) == 0:
        return []
    rows = as_array(name, value, axes=(2,), most=10 * MOST_OBJECTS, finite=True).astype(np.float64)
    if rows.shape[1] != 5 or len(rows) > MOST_OBJECTS:
        raise ValueError(
            f"{name} must be at most {MOST_OBJECTS} rows of (x1, y1, x2, y2, label), got shape "
            f"{rows.shape}"
        )
    x1, y1, x2, y2, labels = rows.T
    if (x1 > x2).any() or (y1 > y2).any() or np.abs(rows).max() > 1e6:
        raise ValueError(f"{name} must have x1 ≤ x2 and y1 ≤ y2, and numbers up to a million")
    if (labels < 0).any() or (labels != np.floor(labels)).any():
        raise ValueError(f"{name} must have whole numbers from 0 for labels")
    return [[float(number) for number in row] for row in rows]


def _names(name: str, value: Any) -> list[str]:
    if not is_list(value) or not all(isinstance(each, str) for each in value):
        raise TypeError(f"{name} must be a list of texts, got {shown(value)}")
    if len(value) > MOST_CLASSES:
        raise ValueError(f"{name} must be at most {MOST_CLASSES}, got {len(value)}")
    return [str(each)[:60] for each in value]


def _share(name: str, value: Any) -> float:
    share = as_number(name, value)
    if not 0 <= share <= 1:
        raise ValueError(f"{name} must be from 0 to 1, got {shown(value)}")
    return share


def _step(name: str, value: Any) -> int | None:
    return None if value is None else whole_number(name, value, 0)


def _cell(name: str, value: Any) -> list[int] | None:
    return None if value is None else list(per_axis(name, value, 2, 0))
