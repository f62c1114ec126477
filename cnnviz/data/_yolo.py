"""YOLO's format: a text file for each picture, a box in each line, as shares of the picture."""

from __future__ import annotations

from pathlib import Path

from cnnviz.arrays import shown
from cnnviz.data._annotations import (
    MOST_TEXT,
    PICTURE_ENDINGS,
    Entry,
    Malformed,
    Reading,
    first_folder,
    number,
    open_picture,
    text_of,
    whole_number,
    within,
)

_NAMES = "classes.txt"
_MOST_CLASSES = 100_000


def read(root: Path, pictures: Path, named: tuple[str, ...] | None) -> Reading:
    """Read the boxes of all pictures of a folder; one without a file of its own has none."""
    labels = first_folder(root, "labels")
    reading = Reading(pictures, classes=named)
    for folder in (labels, root):
        if reading.classes is None and (folder / _NAMES).is_file():
            with reading.naming(_NAMES):
                reading.classes = _names(text_of(folder / _NAMES, MOST_TEXT["yolo"]))
    files = {
        path.relative_to(labels).with_suffix("").as_posix(): path
        for path in sorted(labels.rglob("*.txt"))
        if path.name != _NAMES
    }
    found = [p for p in sorted(pictures.rglob("*")) if p.suffix.lower() in PICTURE_ENDINGS]
    if not files and not found:
        raise ValueError(f"path must be a folder with pictures and .txt files, got {root.name}")
    for path in found:
        name = path.relative_to(pictures)
        file = files.pop(name.with_suffix("").as_posix(), None)
        with reading.naming(name.as_posix()):
            entry = Entry(name.as_posix(), _size(pictures, name.as_posix()))
            reading.entries.append(entry)
            if file is not None:
                _read_boxes(reading, entry, file, file.relative_to(root).as_posix())
    for file in files.values():
        with reading.naming(file.relative_to(root).as_posix()):
            raise Malformed("there is no picture of this name")
    if reading.classes is None:
        reading.classes = _numbers(reading)
    return reading


def _numbers(reading: Reading) -> tuple[str, ...]:
    """Return names for classes that have none: their numbers, as far as they go."""
    most = max((int(label) for entry in reading.entries for label in entry.labels), default=-1)
    return tuple(map(str, range(most + 1)))


def _names(text: str) -> tuple[str, ...]:
    names = [line.strip() for line in text.split("\n")]
    while names and not names[-1]:
        names.pop()
    for line, name in enumerate(names, start=1):
        if not name:
            raise Malformed("a class must have a name", line)
        if name in names[: line - 1]:
            raise Malformed(f"class {shown(name, 40)} is there twice", line)
    return tuple(names)


def _size(folder: Path, name: str) -> tuple[int, int]:
    try:
        with open_picture(within(folder, name)) as picture:
            return picture.height, picture.width
    except (OSError, ValueError) as error:
        raise Malformed(str(error)) from None


def _read_boxes(reading: Reading, entry: Entry, path: Path, name: str) -> None:
    text = ""
    with reading.naming(name):
        text = text_of(path, MOST_TEXT["yolo"])
    for place, line in enumerate(text.split("\n"), start=1):
        with reading.naming(name, place):
            if line.strip():
                _add_box(entry, line, reading.classes)


def _add_box(entry: Entry, line: str, classes: tuple[str, ...] | None) -> None:
    words = line.split()
    if len(words) != 5:
        raise Malformed(f"a class and four numbers must stand here, got {shown(line.strip(), 60)}")
    most = _MOST_CLASSES if classes is None else len(classes)
    label = whole_number("class", words[0], 0, most - 1)
    cx, cy, width, height = (
        number(what, word)
        for what, word in zip(("x", "y", "width", "height"), words[1:], strict=True)
    )
    if max(abs(cx), abs(cy), width, height) > 2:
        raise Malformed("x, y, width and height must be shares of the picture, not pixels")
    across, down = entry.size[1], entry.size[0]
    box = (
        (cx - width / 2) * across,
        (cy - height / 2) * down,
        (cx + width / 2) * across,
        (cy + height / 2) * down,
    )
    entry.add(box, str(label) if classes is None else classes[label])
