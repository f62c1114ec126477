"""Detection scenes: real digits on real textures, with all that is known of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz.arrays import as_number, check_name, refuse_large, shown
from cnnviz.data._images import Images, places
from cnnviz.data._load import load
from cnnviz.images import photographs
from cnnviz.shapes import per_axis, whole

GROUNDS = ("textures", "plain")

_FINE = 32  # pixels a side at which every digit is looked at, whatever its file has
_MARGIN = 3  # fine pixels round the ink, in which its edge fades
_INK = 0.5  # from here on a pixel belongs to the digit
_TRIES = 50  # places that are tried before a digit is left out
_MOST_OBJECTS = 255  # in a scene: whose pixel it is takes a byte
_LEAST_SIDE = 4  # pixels: smaller, and no digit can be told from another

_LIGHT = 0.7  # a digit's tone at least; textures end at 0.7

_Box = tuple[int, int, int, int]  # x1, y1, x2, y2: edges between pixels
_Target = dict[str, NDArray[Any]]


@dataclass(frozen=True, eq=False, repr=False)
class Scenes:
    """Pictures with objects in them, each with its box, its label, its landmarks and its mask.

    ``scenes[10:20]`` and ``scenes[[3, 1, 4]]`` are `Scenes` again. ``scenes[3]`` is one picture,
    and what is in it as a dictionary of ``boxes``, ``labels``, ``landmarks`` and ``masks``, as
    torchvision's detectors take it.

    Attributes
    ----------
    images : ndarray of float32, shape (N, C, H, W)
        From 0 to 1.
    boxes : list of ndarray of float64, shape (k, 4)
        ``(x1, y1, x2, y2)`` in pixels, continuous: pixel (row r, column c) covers y from r to
        r + 1, and x from c to c + 1. They enclose all of an object, and what others hide of it.
    labels : list of ndarray of int64, shape (k,)
        Places in `classes`.
    landmarks : list of ndarray of float64, shape (k, L, 2)
        Points ``(x, y)``, in the boxes' coordinates.
    classes : tuple of str
        What the labels mean.
    owners : ndarray of uint8, shape (N, H, W), or None
        Whose pixel each is: 0 the ground's, i + 1 object i's. None where nobody knows.
    name : str
        What the scenes are made of.
    masks : sequence of ndarray of bool, shape (k, H, W)
        The pixels of each object that are seen.

    Examples
    --------
    >>> from cnnviz import data
    >>> made = data.scenes(8, objects=2)
    >>> made
    Scenes(digits: 8 pictures of 1×64×64, 16 objects, 10 classes)
    >>> picture, target = made[0]
    >>> picture.shape, target["boxes"].shape, target["landmarks"].shape, target["masks"].shape
    ((1, 64, 64), (2, 4), (2, 2, 2), (2, 64, 64))
    """

    images: NDArray[np.float32]
    boxes: list[NDArray[np.float64]]
    labels: list[NDArray[np.int64]]
    landmarks: list[NDArray[np.float64]]
    classes: tuple[str, ...]
    owners: NDArray[np.uint8] | None = None
    name: str = "scenes"

    def __len__(self) -> int:
        return len(self.images)

    @property
    def masks(self) -> Sequence[NDArray[np.bool_]]:
        """The pixels of each object that are seen, (k, H, W) for each picture."""
        if self.owners is None:
            raise ValueError(f"{self!r} has no masks: nobody said whose pixels they are")
        return _Masks(self.owners, [len(labels) for labels in self.labels])

    def __iter__(self) -> Iterator[tuple[NDArray[np.float32], _Target]]:
        return (self[index] for index in range(len(self)))

    @overload
    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], _Target]: ...
    @overload
    def __getitem__(self, index: slice | ArrayLike) -> Scenes: ...
    def __getitem__(self, index: Any) -> tuple[NDArray[np.float32], _Target] | Scenes:
        chosen = places(index, len(self))
        if isinstance(chosen, int):
            target: _Target = {
                "boxes": self.boxes[chosen],
                "labels": self.labels[chosen],
                "landmarks": self.landmarks[chosen],
            }
            if self.owners is not None:
                target["masks"] = self.masks[chosen]
            return self.images[chosen], target
        return replace(
            self,
            images=self.images[chosen],
            boxes=[self.boxes[i] for i in chosen],
            labels=[self.labels[i] for i in chosen],
            landmarks=[self.landmarks[i] for i in chosen],
            owners=None if self.owners is None else self.owners[chosen],
        )

    def __repr__(self) -> str:
        size = "×".join(map(str, self.images.shape[1:]))
        pictures = "1 picture" if len(self) == 1 else f"{len(self)} pictures"
        count = sum(map(len, self.labels))
        objects = "1 object" if count == 1 else f"{count} objects"
        return f"Scenes({self.name}: {pictures} of {size}, {objects}, {len(self.classes)} classes)"


class _Masks(Sequence[NDArray[np.bool_]]):
    """Masks that are made when they are asked for: all at once they may not fit into memory."""

    def __init__(self, owners: NDArray[np.uint8], counts: list[int]) -> None:
        self._owners, self._counts = owners, counts

    def __len__(self) -> int:
        return len(self._counts)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return _Masks(self._owners[index], self._counts[index])
        objects = np.arange(1, self._counts[index] + 1)[:, np.newaxis, np.newaxis]
        return self._owners[index] == objects


def scenes(
    count: int,
    *,
    size: int | tuple[int, int] = (64, 64),
    objects: int | tuple[int, int] = (1, 3),
    digits: str = "digits",
    split: str = "train",
    classes: Sequence[str] | None = None,
    scale: int | tuple[int, int] | None = None,
    channels: int = 1,
    ground: str = "textures",
    overlap: float = 0.1,
    seed: int = 0,
) -> Scenes:
    """Compose pictures of handwritten digits on photographs of brick, grass and gravel.

    A digit is scaled with its proportions kept, and painted in a light tone at a place by chance;
    a texture is cut out at a place by chance, and darkened. Scene i depends on `seed` and i alone:
    the first ten of a hundred are those that ten would be.

    What is known of a digit is read off what was painted:

    - A pixel belongs to it where the ink covers at least half of it.
    - Its box is the smallest that encloses these pixels, on the borders between pixels.
    - Its two landmarks are stroke ends. The ink is thinned to a line one pixel wide (Zhang and
      Suen), on a grid of 32×32 for the whole picture of the digit. A pixel of that line with
      exactly one neighbour, of eight, is an end. The first landmark is the highest end, the
      second the lowest, the leftmost of several. Where there are fewer than two ends, as in most
      zeros and eights, all of the line's pixels count as ends.

    Parameters
    ----------
    count : int
        How many scenes.
    size : int or (int, int)
        Height and width in pixels.
    objects : int or (int, int)
        How many digits are in a scene, or the least and the most, all numbers equally often.
        A digit that finds no room in 50 tries is left out.
    digits, split : str
        A data set of grey pictures, and its part, as in `load`.
    classes : sequence of str, optional
        The digits that are used, as in ``("3", "7")``; all of them if left out.
    scale : int or (int, int), optional
        The longer side of a digit's box in pixels, or the least and the most; to within a pixel or
        two, as edges fade. If left out, from a quarter to nine twentieths of the shorter side.
    channels : {1, 3}
        Grey, or coloured at random.
    ground : {"textures", "plain"}
        What the digits lie on; "plain" is black.
    overlap : float
        How much of the smaller of two boxes the other may cover, from 0 to 1.
    seed : int
        Other scenes for another seed.

    Returns
    -------
    Scenes

    Raises
    ------
    TypeError, ValueError
        For arguments outside of what is said above.
    ImportError
        Where scikit-image or scikit-learn is not installed.
    MissingData, DamagedData
        As `load`.

    References
    ----------
    Zhang and Suen, "A fast parallel algorithm for thinning digital patterns", Communications of
    the ACM 27(3), 1984, as scikit-image's ``skeletonize`` has it.

    Examples
    --------
    >>> made = scenes(100, size=(48, 96), objects=(0, 5), seed=1)
    >>> made.images.shape, len(made.boxes), min(map(len, made.boxes))
    ((100, 1, 48, 96), 100, 0)
    >>> again = scenes(10, size=(48, 96), objects=(0, 5), seed=1)
    >>> bool((again.images == made.images[:10]).all())
    True
    """
    plan = _plan(count, size, objects, scale, channels, ground, overlap, seed)
    check_name("digits", digits, ("digits", "mnist"))
    source = _of_classes(load(digits, split), classes)
    planes = _textures(plan.size) if ground == "textures" else []
    height, width = plan.size
    images = np.zeros((plan.number, plan.channels, height, width), np.float32)
    owners = np.zeros((plan.number, height, width), np.uint8)
    chances = [np.random.default_rng((plan.seed, i)) for i in range(plan.number)]
    picks = [
        chance.integers(len(source), size=chance.integers(*plan.objects, endpoint=True))
        for chance in chances
    ]
    stencils = _stencils(source, picks)
    made: list[tuple[Any, Any, Any]] = []
    for image, owner, chance, picked in zip(images, owners, chances, picks, strict=True):
        if planes:
            _lay(image, planes, chance)
        made.append(_compose(image, owner, [stencils[p] for p in picked], plan, chance))
    return Scenes(
        images,
        boxes=[boxes for boxes, _, _ in made],
        labels=[labels for _, labels, _ in made],
        landmarks=[landmarks for _, _, landmarks in made],
        classes=source.classes,
        owners=owners,
        name=source.name,
    )


class _Plan(NamedTuple):
    """What was asked for, checked."""

    number: int
    size: tuple[int, int]
    objects: tuple[int, int]
    scale: tuple[int, int]
    channels: int
    overlap: float
    seed: int


def _plan(
    count: Any,
    size: Any,
    objects: Any,
    scale: Any,
    channels: Any,
    ground: Any,
    overlap: Any,
    seed: Any,
) -> _Plan:
    number = whole("count", count, 0)
    height, width = per_axis("size", size, 2)
    shorter = min(height, width)
    if shorter < _LEAST_SIDE:
        raise ValueError(f"size must be at least {_LEAST_SIDE} pixels a side, got {shown(size)}")
    if whole("channels", channels) not in (1, 3):
        raise ValueError(f"channels must be 1 or 3, got {channels}")
    refuse_large("count × size", (number, 4 * channels + 1, height, width), np.uint8)
    if scale is None:
        scale = (max(_LEAST_SIDE, shorter // 4), max(_LEAST_SIDE, shorter * 9 // 20))
    check_name("ground", ground, GROUNDS)
    share = as_number("overlap", overlap)
    if not 0 <= share <= 1:
        raise ValueError(f"overlap must be from 0 to 1, got {share}")
    return _Plan(
        number,
        (height, width),
        _span("objects", objects, 0, _MOST_OBJECTS),
        _span("scale", scale, _LEAST_SIDE, shorter),
        int(channels),
        share,
        whole("seed", seed, 0),
    )


def _span(name: str, value: Any, least: int, most: int) -> tuple[int, int]:
    """Return the two ends of a range, which one number may stand for."""
    low, high = per_axis(name, value, 2, least)
    if not low <= high <= most:
        raise ValueError(
            f"{name} must be a number from {least} to {most}, or the least and the most, "
            f"got {shown(value)}"
        )
    return low, high


def _of_classes(source: Images, classes: Any) -> Images:
    """Return the pictures of some classes, numbered anew in their order."""
    if classes is None:
        return source
    known = classes if isinstance(classes, (list, tuple)) else ()
    if not known or any(not isinstance(name, str) or name not in source.classes for name in known):
        raise ValueError(
            f"classes must be a list of some of {', '.join(source.classes)}, got {shown(classes)}"
        )
    if len(set(known)) < len(known):
        raise ValueError(f"classes must be different, got {shown(classes)}")
    numbers = np.full(len(source.classes), -1)
    numbers[[source.classes.index(name) for name in known]] = np.arange(len(known))
    labels = numbers[source.labels]
    kept = labels >= 0
    return replace(
        source, pictures=source.pictures[kept], labels=labels[kept], classes=tuple(known)
    )


class _Stencil(NamedTuple):
    """A digit's ink, and what is known of it."""

    ink: NDArray[np.float32]  # 0…1, with a margin round it, on the fine grid
    label: int
    ends: NDArray[np.float64]  # (2, 2): x and y as shares of the ink's width and height
    longest: int  # fine pixels of the ink's longer side, without the margin


def _stencils(source: Images, picks: list[NDArray[np.int64]]) -> dict[int, _Stencil]:
    """Return a stencil for each digit that is used, by its place in the data set."""
    used = np.unique(np.concatenate(picks)) if picks else np.empty(0, np.int64)
    finer = _resizing(source.pictures.shape[-1], _FINE)
    # Fine detail was lost when the digits were scanned; the contrast brings back a stroke's edge.
    inks = finer @ source[used].scaled()[:, 0] @ finer.T
    inks = np.pad(np.clip(2 * inks - 0.5, 0, 1), ((0, 0), (_MARGIN, _MARGIN), (_MARGIN, _MARGIN)))
    lines = _thinned(inks >= _INK)
    return {
        int(place): _stencil(ink, line, int(source.labels[place]))
        for place, ink, line in zip(used, inks, lines, strict=True)
    }


def _stencil(ink: NDArray[Any], line: NDArray[np.bool_], label: int) -> _Stencil:
    top, bottom, left, right = _extent(ink >= _INK)
    window = ink[top - _MARGIN : bottom + _MARGIN, left - _MARGIN : right + _MARGIN]
    corner = np.array([left - _MARGIN, top - _MARGIN])
    ends = (stroke_ends(line) - corner) / np.array(window.shape[::-1])
    return _Stencil(window.astype(np.float32), label, ends, max(bottom - top, right - left))


def stroke_ends(line: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the highest and the lowest end of a line one pixel wide, (x, y) each.

    An end has one neighbour of eight. Where there are fewer than two, any pixel counts as an end.
    Among ends in one row the leftmost is taken.

    Examples
    --------
    >>> line = np.zeros((5, 5), bool)
    >>> line[1:4, 2] = line[3, 2:5] = True
    >>> stroke_ends(line).tolist()
    [[2.5, 1.5], [4.5, 3.5]]
    """
    padded = np.pad(line, 1).astype(np.int8)
    height, width = line.shape
    around = sum(
        padded[1 + down : 1 + down + height, 1 + right : 1 + right + width]
        for down in (-1, 0, 1)
        for right in (-1, 0, 1)
    )
    rows, columns = np.nonzero(line & (around == 2))  # itself and one neighbour
    if len(rows) < 2:
        rows, columns = np.nonzero(line)
    # np.nonzero goes row by row, each from the left.
    ends = [0, int(np.searchsorted(rows, rows[-1]))]
    return np.asarray(np.stack([columns[ends], rows[ends]], axis=1) + 0.5)


def _thinned(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Thin many digits at once: laid on one sheet, with a margin, they don't touch."""
    try:
        from skimage.morphology import skeletonize
    except ImportError as error:
        raise ImportError('data.scenes needs scikit-image: pip install "cnnviz[course]"') from error
    sheet = ink.reshape(-1, ink.shape[-1])
    thin: Callable[..., NDArray[np.bool_]] = skeletonize
    return thin(sheet).reshape(ink.shape) if len(sheet) else ink


def _extent(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Return the first row, the row after the last, and the same of the columns."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


@lru_cache(maxsize=1024)
def _resizing(before: int, after: int) -> NDArray[np.float32]:
    """Return the matrix (after, before) that scales a line of pixels.

    Between pixels it is linear; of a line that shrinks, each new pixel is a weighted mean of all
    that it covers, so that nothing falls between.
    """
    centres = (np.arange(after) + 0.5) * (before / after) - 0.5
    reach = max(1.0, before / after)
    weights = np.maximum(0, 1 - np.abs(np.arange(before) - centres[:, np.newaxis]) / reach)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)


def _textures(size: tuple[int, int]) -> list[NDArray[np.float32]]:
    """Return textures, mirrored beyond their ends so that a piece can begin anywhere."""
    beyond = [(0, n - 1) for n in size]
    return [
        np.pad(np.divide(photograph(), 255, dtype=np.float32), beyond, mode="symmetric")
        for photograph in (photographs.brick, photographs.grass, photographs.gravel)
    ]


def _lay(image: NDArray[np.float32], planes: list[NDArray[np.float32]], chance: Any) -> None:
    """Fill a picture with a piece of a texture, darkened."""
    plane = planes[chance.integers(len(planes))]
    height, width = image.shape[1:]
    top, left = (
        chance.integers(side - n + 1) for side, n in zip(plane.shape, (height, width), strict=True)
    )
    piece = plane[top : top + height, left : left + width]
    darkest, contrast = chance.uniform(0, 0.2), chance.uniform(0.2, 0.5)
    np.multiply(piece, np.float32(contrast), out=image)
    image += np.float32(darkest)
    if len(image) == 3:
        image *= chance.uniform(0.4, 1, (3, 1, 1)).astype(np.float32)


def _compose(
    image: NDArray[np.float32],
    owner: NDArray[np.uint8],
    stencils: list[_Stencil],
    plan: _Plan,
    chance: Any,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Paint digits into a picture; return their boxes, labels and landmarks."""
    boxes: list[_Box] = []
    labels, landmarks = [], []
    for stencil in stencils:
        ink = _scaled(stencil, chance.integers(*plan.scale, endpoint=True))
        top, bottom, left, right = _extent(ink >= _INK)
        box = _room(right - left, bottom - top, boxes, plan, chance)
        tones = _tones(plan.channels, chance)
        if box is None:
            continue
        origin = (box[0] - left, box[1] - top)
        boxes.append(box)
        labels.append(stencil.label)
        points = origin + stencil.ends * ink.shape[::-1]
        # Scaled, a tip may fade: it then moves to the middle of the box's outermost pixels.
        landmarks.append(np.clip(points, np.add(box[:2], 0.5), np.subtract(box[2:], 0.5)))
        _paint(image, owner, ink, origin, tones, len(boxes))
    return (
        np.array(boxes, np.float64).reshape(-1, 4),
        np.array(labels, np.int64),
        np.array(landmarks, np.float64).reshape(-1, 2, 2),
    )


def _tones(channels: int, chance: Any) -> NDArray[np.float32]:
    """Return a light tone: of three channels, one may be darker than the ground."""
    if channels == 1:
        return np.array([chance.uniform(_LIGHT, 1)], np.float32)
    tones = chance.uniform(0.4, 1, channels)
    return np.asarray(np.minimum(tones + max(0, _LIGHT - tones.mean()), 1), dtype=np.float32)


def _scaled(stencil: _Stencil, side: int) -> NDArray[np.float32]:
    """Return a stencil's ink so that its longer side, without the margin, has `side` pixels."""
    before = stencil.ink.shape
    height, width = (max(1, round(n * side / stencil.longest)) for n in before)
    ink = _resizing(before[0], height) @ stencil.ink @ _resizing(before[1], width).T
    # Thin strokes, made small, are pale: the digit would have no pixel of its own.
    return np.asarray(ink / ink.max())


def _room(width: int, height: int, boxes: list[_Box], plan: _Plan, chance: Any) -> _Box | None:
    """Return a box of these sides where there is room for it, or None."""
    across, down = plan.size[1] - width + 1, plan.size[0] - height + 1
    if across < 1 or down < 1:
        return None
    for x, y in chance.random((_TRIES, 2)).tolist():
        left, top = int(x * across), int(y * down)
        box = (left, top, left + width, top + height)
        if all(_covered(box, other) <= plan.overlap for other in boxes):
            return box
    return None


def _covered(a: _Box, b: _Box) -> float:
    """Return how much of the smaller of two boxes the other covers."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / min((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))


def _paint(
    image: NDArray[np.float32],
    owner: NDArray[np.uint8],
    ink: NDArray[np.float32],
    origin: tuple[int, int],
    tones: NDArray[np.float32],
    number: int,
) -> None:
    """Lay ink over a picture; its faded edge may reach beyond."""
    left, top = origin
    height, width = owner.shape
    ink = ink[max(0, -top) : height - top, max(0, -left) : width - left]
    rows = slice(max(0, top), max(0, top) + ink.shape[0])
    columns = slice(max(0, left), max(0, left) + ink.shape[1])
    under = image[:, rows, columns]
    under += ink * (tones[:, np.newaxis, np.newaxis] - under)
    owner[rows, columns][ink >= _INK] = number
