"""Pictures with boxes from a folder of one's own, in the formats of COCO, YOLO and Pascal VOC.

What comes from a file is not trusted: each number is looked at before it is used, a file is read
only up to a size, and a name in a file can't lead out of the folder. What is malformed is named by
file and line and left out; the rest is kept.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnviz.arrays import as_pixels, check_name, refuse_large, shown
from cnnviz.data._scenes import Scenes
from cnnviz.shapes import per_axis

MOST_SIDE = 2**16  # pixels of a picture
MOST_PIXELS = 2**26  # of a picture that is opened
MOST_TEXT = {"coco": 2**30, "yolo": 2**22, "voc": 2**22}  # bytes of a file
_SLACK = 1.0  # pixels by which a box may leave its picture: rounding

Box = tuple[float, float, float, float]


class Problem(NamedTuple):
    """What is wrong in a file, and where.

    Examples
    --------
    >>> print(Problem("labels/7.txt", 3, "5 numbers are needed, got 4"))
    labels/7.txt:3: 5 numbers are needed, got 4
    """

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class Malformed(ValueError):
    """What a file says can't be used. The reader turns it into a `Problem`."""

    def __init__(self, text: str, line: int | None = None) -> None:
        super().__init__(text)
        self.line = line  # if it is another than the reader would say


@dataclass
class Entry:
    """One picture, and what was found about it."""

    name: str  # below the folder of pictures, with forward slashes
    size: tuple[int, int]
    boxes: list[Box] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)  # names
    ignored: list[bool] = field(default_factory=list)

    def add(self, box: Box, label: str, ignored: bool = False) -> None:
        """Add an object whose box lies in the picture, or raise `Malformed`."""
        self.boxes.append(clipped(box, self.size))
        self.labels.append(label)
        self.ignored.append(ignored)


@dataclass
class Reading:
    """What a format's reader brings: all that it could read, and what it could not."""

    pictures: Path
    entries: list[Entry] = field(default_factory=list)
    classes: tuple[str, ...] | None = None
    problems: list[Problem] = field(default_factory=list)

    @contextlib.contextmanager
    def naming(self, file: str, line: int = 1) -> Iterator[None]:
        """Turn a `Malformed` into a problem at this place, and go on."""
        try:
            yield
        except Malformed as error:
            self.problems.append(Problem(file, error.line or line, str(error)))


class _Pictures(Sequence[NDArray[np.float32]]):
    """Pictures that are read when they are asked for."""

    def __init__(self, folder: Path, files: list[str], sizes: NDArray[np.int64]) -> None:
        self._folder, self._files, self._sizes = folder, files, sizes

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return _Pictures(self._folder, self._files[index], self._sizes[index])
        return self.read(index, None)

    def read(self, index: int, size: tuple[int, int] | None) -> NDArray[np.float32]:
        """Return a picture as (3, H, W), scaled to a size if one is given."""
        path = within(self._folder, self._files[index])
        with open_picture(path) as picture:
            wanted = tuple(self._sizes[index].tolist())
            if (picture.height, picture.width) != wanted:
                raise ValueError(
                    f"{self._files[index]} must be of {wanted[0]}×{wanted[1]} pixels as its "
                    f"annotation says, got {picture.height}×{picture.width}"
                )
            try:
                pixels = as_pixels(
                    picture if size is None else picture.convert("RGB").resize(size[::-1])
                )
            except OSError as error:
                raise ValueError(f"{self._files[index]} can't be read: {error}") from None
        planes = np.broadcast_to(pixels, (3, *pixels.shape[-2:]))
        return np.divide(planes, 255, dtype=np.float32)


@dataclass(frozen=True, eq=False, repr=False)
class Annotations:
    """The pictures of a folder, and the objects that its annotations tell of.

    Attributes
    ----------
    files : list of str
        The pictures' names below their folder.
    sizes : ndarray of int64, shape (N, 2)
        Height and width in pixels.
    boxes : list of ndarray of float64, shape (k, 4)
        ``(x1, y1, x2, y2)`` in pixels, continuous: pixel (row r, column c) covers y from r to
        r + 1, and x from c to c + 1.
    labels : list of ndarray of int64, shape (k,)
        Places in `classes`.
    ignored : list of ndarray of bool, shape (k,)
        Objects that don't count: COCO's crowds, and what VOC calls difficult.
    classes : tuple of str
        What the labels mean.
    problems : list of Problem
        What was left out, each with its file and its line.
    images : sequence of ndarray of float32, shape (3, H, W)
        From 0 to 1. Each is read from its file when it is asked for.
    """

    files: list[str]
    sizes: NDArray[np.int64]
    boxes: list[NDArray[np.float64]]
    labels: list[NDArray[np.int64]]
    ignored: list[NDArray[np.bool_]]
    classes: tuple[str, ...]
    problems: list[Problem]
    images: _Pictures

    def __len__(self) -> int:
        return len(self.files)

    def __repr__(self) -> str:
        count = sum(map(len, self.labels))
        return (
            f"Annotations({_counted(len(self), 'picture')}, {_counted(count, 'object')}, "
            f"{_counted(len(self.classes), 'class')}; {_counted(len(self.problems), 'problem')})"
        )

    def scenes(self, size: int | tuple[int, int]) -> Scenes:
        """Return all pictures scaled to one size, with their boxes, to train on.

        Proportions are not kept. Ignored objects are left out; there are no landmarks, and no
        masks.

        Parameters
        ----------
        size : int or (int, int)
            Height and width in pixels.

        Returns
        -------
        Scenes

        Raises
        ------
        FileNotFoundError, ValueError
            For a picture that is not there, or not what its annotation says.
        TypeError, ValueError
            For a size that is not one or two positive integers, or takes more than memory holds.
        """
        height, width = per_axis("size", size, 2)
        refuse_large("size", (len(self), 3, height, width), np.float32)
        images = np.zeros((len(self), 3, height, width), np.float32)
        for index, image in enumerate(images):
            image[:] = self.images.read(index, (height, width))
        kept = [~ignored for ignored in self.ignored]
        scales = np.array([width, height]) / self.sizes.reshape(-1, 2)[:, ::-1]
        return Scenes(
            images,
            boxes=[
                boxes[keep] * np.tile(scale, 2)
                for boxes, keep, scale in zip(self.boxes, kept, scales, strict=True)
            ],
            labels=[labels[keep] for labels, keep in zip(self.labels, kept, strict=True)],
            landmarks=[np.zeros((int(keep.sum()), 0, 2)) for keep in kept],
            classes=self.classes,
            name="annotated",
        )


def read_annotations(
    path: str | os.PathLike[str],
    format: str = "coco",
    *,
    images: str | os.PathLike[str] | None = None,
    classes: Sequence[str] | None = None,
) -> Annotations:
    """Read the boxes of a folder of pictures, in the format of COCO, YOLO or Pascal VOC.

    ======== ==================================== ==================================================
    format   files                                a box, and how it becomes ``(x1, y1, x2, y2)``
    ======== ==================================== ==================================================
    "coco"   one ``.json``, in the folder or in   ``[x, y, w, h]`` in continuous pixels:
             ``annotations``                      ``(x, y, x + w, y + h)``
    "yolo"   a ``.txt`` for each picture, in      ``class cx cy w h``, as shares of the picture's
             ``labels`` or beside the pictures;   W and H: ``((cx − w/2) W, (cy − h/2) H,
             ``classes.txt`` with a name a line   (cx + w/2) W, (cy + h/2) H)``
    "voc"    a ``.xml`` for each picture, in      pixels counted from 1, the last one included:
             ``Annotations`` or in the folder     ``(xmin − 1, ymin − 1, xmax, ymax)``
    ======== ==================================== ==================================================

    A box that leaves its picture by up to a pixel is clipped: programs round. One that leaves it by
    more, that has no area, or is not made of finite numbers, is a problem. So is whatever else
    can't be used; each problem names its file and line and is left out, the rest is kept, and
    a `UserWarning` tells of the first. After a mistake in JSON or XML the rest of that file can't
    be told, and is left out.

    A file is read up to 1 GiB (COCO) or 4 MiB; XML that declares entities is refused unread.
    Names of pictures may not lead out of their folder.

    Parameters
    ----------
    path : path-like
        The folder, or for COCO also the file.
    format : {"coco", "yolo", "voc"}
        How it is written.
    images : path-like, optional
        Where the pictures are. If left out, ``images`` or ``JPEGImages`` in the folder, or else
        the folder itself. COCO and VOC say how large pictures are, so that these need not be there.
    classes : sequence of str, optional
        Names, in the order of labels. If left out, those of the files: for COCO by their number,
        for VOC in alphabetical order. Without ``classes.txt``, YOLO's numbers are the names.

    Returns
    -------
    Annotations

    Raises
    ------
    TypeError, ValueError
        For arguments outside of what is said above, and a folder that is not there, or in which
        there is nothing of the format.

    References
    ----------
    Lin et al., "Microsoft COCO: Common Objects in Context", 2014; Everingham et al., "The PASCAL
    Visual Object Classes Challenge", 2010; Redmon, "Darknet".

    Examples
    --------
    >>> import json, tempfile
    >>> place = Path(tempfile.mkdtemp())
    >>> _ = (place / "all.json").write_text(json.dumps({
    ...     "images": [{"id": 1, "file_name": "a.png", "height": 40, "width": 60}],
    ...     "categories": [{"id": 7, "name": "seven"}],
    ...     "annotations": [{"image_id": 1, "category_id": 7, "bbox": [10, 5, 20, 30]}],
    ... }))
    >>> found = read_annotations(place, "coco")
    >>> found
    Annotations(1 picture, 1 object, 1 class; 0 problems)
    >>> found.boxes[0].tolist()
    [[10.0, 5.0, 30.0, 35.0]]
    """
    readers = _readers()
    check_name("format", format, FORMATS)
    place = _existing("path", path, file=format == "coco")
    named = None if classes is None else _checked_classes(classes)
    pictures = (
        first_folder(_root(place), "images", "JPEGImages")
        if images is None
        else _existing("images", images)
    )
    reading = readers[format](place if place.is_file() else _root(place), pictures, named)
    found = _gathered(reading, named)
    if found.problems:
        warnings.warn(
            f"{_counted(len(found.problems), 'malformed annotation')} left out, all of them in "
            f".problems; the first: {found.problems[0]}",
            stacklevel=2,
        )
    return found


_Reader = Callable[[Path, Path, "tuple[str, ...] | None"], Reading]

FORMATS = ("coco", "yolo", "voc")


def _readers() -> dict[str, _Reader]:
    from cnnviz.data import _coco, _voc, _yolo  # here: they import this module

    return dict(zip(FORMATS, (_coco.read, _yolo.read, _voc.read), strict=True))


def _gathered(reading: Reading, named: tuple[str, ...] | None) -> Annotations:
    """Turn what a reader brings into arrays, names into numbers."""
    entries = reading.entries
    classes = reading.classes if named is None else named
    if classes is None:
        classes = tuple(sorted({label for entry in entries for label in entry.labels}))
    numbers = {name: number for number, name in enumerate(classes)}
    sizes = np.array([entry.size for entry in entries], np.int64).reshape(-1, 2)
    files = [entry.name for entry in entries]
    return Annotations(
        files,
        sizes,
        [np.array(entry.boxes, np.float64).reshape(-1, 4) for entry in entries],
        [np.array([numbers[n] for n in entry.labels], np.int64) for entry in entries],
        [np.array(entry.ignored, bool) for entry in entries],
        classes,
        reading.problems,
        _Pictures(reading.pictures, files, sizes),
    )


# --- what the readers share -----------------------------------------------------------------------


def clipped(box: Box, size: tuple[int, int]) -> Box:
    """Return a box within its picture, or raise `Malformed`.

    Parameters
    ----------
    box
        ``(x1, y1, x2, y2)``, continuous.
    size
        Height and width.
    """
    x1, y1, x2, y2 = box
    height, width = size
    if not all(map(math.isfinite, box)):
        raise Malformed("a box must be made of finite numbers")
    if x2 <= x1 or y2 <= y1:
        raise Malformed(f"a box must have an area, got {x2 - x1:g} by {y2 - y1:g} pixels")
    if min(x1, y1) < -_SLACK or x2 > width + _SLACK or y2 > height + _SLACK:
        raise Malformed(
            f"a box must lie in its picture of {width}×{height}, got x {x1:g}…{x2:g} and "
            f"y {y1:g}…{y2:g}"
        )
    inside = (max(x1, 0.0), max(y1, 0.0), min(x2, float(width)), min(y2, float(height)))
    if inside[2] <= inside[0] or inside[3] <= inside[1]:
        raise Malformed("a box must lie in its picture, got one beside it")
    return inside


def number(what: str, text: str) -> float:
    """Return a number that is written in plain decimals, or raise `Malformed`.

    Python's `float` also takes underscores, other scripts' digits, NaN and infinities.

    Examples
    --------
    >>> number("xmin", " 12.5 ")
    12.5
    """
    if not _PLAIN.fullmatch(text.strip()):
        raise Malformed(f"{what} must be a plain number, got {shown(text.strip(), 40)}")
    return float(text)


_PLAIN = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,3})?", re.ASCII)


def whole_number(what: str, text: str, least: int, most: int) -> int:
    """Return a whole number between two bounds, or raise `Malformed`."""
    value = number(what, text)
    if not least <= value <= most or value != int(value):
        raise Malformed(f"{what} must be a whole number from {least} to {most}, got {text.strip()}")
    return int(value)


def plain_name(what: str, name: Any) -> str:
    """Return a file's name below a folder, or raise `Malformed` if it may lead out of it."""
    if not isinstance(name, str) or not name.strip() or len(name) > 1000:
        raise Malformed(f"{what} must be the name of a picture, got {shown(name, 40)}")
    parts = PureWindowsPath(name)  # knows both slashes, and drives
    below = not parts.drive and not parts.root and ".." not in parts.parts
    if not below or any(ord(sign) < 32 or 0xD800 <= ord(sign) < 0xE000 for sign in name):
        raise Malformed(f"{what} must name a picture below its folder, got {shown(name, 40)}")
    return PurePosixPath(*parts.parts).as_posix()


def text_of(path: Path, most: int) -> str:
    """Return a text file in UTF-8, or raise `Malformed`."""
    return decoded(bytes_of(path, most))


def decoded(content: bytes) -> str:
    """Return UTF-8 as text, or raise `Malformed`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(f"the file must be in UTF-8, and is not at byte {error.start}") from None
    return text


def bytes_of(path: Path, most: int) -> bytes:
    """Return a file's bytes, or raise `Malformed` if it can't be read or is too large."""
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise Malformed(f"the file can't be read: {error.strerror}") from None
    if len(content) > most:
        raise Malformed(f"the file must have at most {most} bytes")
    return content


def within(folder: Path, name: str) -> Path:
    """Return a picture's path, links followed, or raise `Malformed` if it leaves the folder."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise Malformed(f"{name} must lie below its folder, and is a link to elsewhere")
    return path


def open_picture(path: Path) -> Any:
    """Open a picture; its pixels are not read yet."""
    from PIL import Image, UnidentifiedImageError

    if not path.is_file():
        raise FileNotFoundError(f"there is no picture {path}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # bounded below
            picture = Image.open(path, formats=PICTURE_FORMATS)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise ValueError(
            f"{path.name} is no picture that can be read: {type(error).__name__}"
        ) from None
    if picture.width * picture.height > MOST_PIXELS:
        picture.close()
        raise ValueError(f"{path.name} must have at most {MOST_PIXELS} pixels")
    return picture


PICTURE_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "PPM", "TIFF", "WEBP")
PICTURE_ENDINGS = {
    ".jpg",
    ".jpeg",
    ".png",
    ".bmp",
    ".gif",
    ".pgm",
    ".ppm",
    ".tif",
    ".tiff",
    ".webp",
}


def _root(path: Path) -> Path:
    """Return the folder in which pictures and annotations have their folders."""
    folder = path if path.is_dir() else path.parent
    return folder.parent if folder.name in ("annotations", "Annotations", "labels") else folder


def first_folder(root: Path, *names: str) -> Path:
    """Return the first of these folders that is there, or else the root."""
    return next((root / name for name in names if (root / name).is_dir()), root)


def _existing(name: str, path: Any, file: bool = False) -> Path:
    """Return the path of a folder that is there, or of a file if that is allowed."""
    try:
        text = os.fsdecode(path)
        os.fsencode(text)
    except Exception:  # an object's own __fspath__ may raise anything
        raise TypeError(f"{name} must be a path, got {shown(path)}") from None
    if not text or "\0" in text:
        raise ValueError(f"{name} must be a folder that is there, got {shown(text)}")
    try:
        found = Path(text)
        there = found.is_dir() or (file and found.is_file())
    except OSError:  # a name longer than names can be
        there = False
    if not there:
        kind = "file or folder" if file else "folder"
        raise ValueError(f"{name} must be a {kind} that is there, got {shown(text)}")
    return found


def _checked_classes(classes: Any) -> tuple[str, ...]:
    if not isinstance(classes, (list, tuple)):
        raise TypeError(f"classes must be a list of names, got {shown(classes)}")
    if not classes:
        raise ValueError("classes must be at least one name, got none")
    for name in classes:
        if not isinstance(name, str):
            raise TypeError(f"classes must be names, got {shown(name)}")
    if len(set(classes)) != len(classes):
        raise ValueError(f"classes must be different names, got {shown(classes)}")
    return tuple(classes)


def _counted(count: int, what: str) -> str:
    if count == 1:
        return f"1 {what}"
    return f"{count} {what}{'es' if what.endswith('s') else 's'}"
