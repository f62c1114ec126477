"""Pascal VOC's format: an XML file for each picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from xml.parsers import expat

from cnnviz.arrays import shown
from cnnviz.data._annotations import (
    MOST_SIDE,
    MOST_TEXT,
    Entry,
    Malformed,
    Reading,
    bytes_of,
    first_folder,
    number,
    plain_name,
    whole_number,
)

_T = TypeVar("_T")

_DEEPEST, _MOST_ELEMENTS = 16, 20_000


def read(root: Path, pictures: Path, named: tuple[str, ...] | None) -> Reading:
    """Read all files of a folder."""
    folder = first_folder(root, "Annotations", "annotations")
    paths = sorted(folder.rglob("*.xml"))
    if not paths:
        raise ValueError(f"path must be a folder with .xml files, got {root.name}")
    reading = Reading(pictures)
    for path in paths:
        name = path.relative_to(root).as_posix()
        with reading.naming(name):
            _read_file(reading, path, name, named)
    return reading


def _read_file(reading: Reading, path: Path, name: str, named: tuple[str, ...] | None) -> None:
    tree, wrong = _tree(bytes_of(path, MOST_TEXT["voc"]))
    if tree is None:
        raise wrong or Malformed("the file must hold XML")
    try:
        entry = _entry(tree)
    except Malformed as error:
        raise wrong or error from None
    reading.entries.append(entry)
    for child in tree.children:
        if child.name == "object" and child.closed:
            with reading.naming(name, child.line):
                _add_box(entry, child, named)
    if wrong is not None:
        raise wrong


def _entry(tree: _Element) -> Entry:
    """Return the picture that a file is about."""
    if tree.name != "annotation":
        raise Malformed(f"the root must be annotation, got {shown(tree.name, 40)}", tree.line)
    size, picture = tree.one("size"), tree.one("filename")
    height, width = (size.one(side).whole(1, MOST_SIDE) for side in ("height", "width"))
    return Entry(picture.read(plain_name), (height, width))


def _add_box(entry: Entry, thing: _Element, named: tuple[str, ...] | None) -> None:
    label = thing.one("name")
    text = label.text.strip()
    if not text or (named is not None and text not in named):
        raise Malformed(f"name must be one of the classes, got {shown(text, 40)}", label.line)
    difficult = any(flag.whole(0, 1) for flag in thing.all("difficult"))
    box = thing.one("bndbox")
    x1, y1, x2, y2 = (box.one(side).read(number) for side in ("xmin", "ymin", "xmax", "ymax"))
    try:
        # Pixels are counted from 1, and the last one belongs to the box.
        entry.add((x1 - 1, y1 - 1, x2, y2), text, difficult)
    except Malformed as error:
        raise Malformed(str(error), box.line) from None


@dataclass
class _Element:
    """An element of XML with the line at which it begins."""

    name: str
    line: int
    children: list[_Element] = field(default_factory=list)
    text: str = ""
    closed: bool = False

    def all(self, name: str) -> list[_Element]:
        """Return the children of a name."""
        return [child for child in self.children if child.name == name]

    def one(self, name: str) -> _Element:
        """Return the only child of a name, or raise `Malformed`."""
        found = self.all(name)
        if len(found) != 1 or not found[0].closed:
            raise Malformed(f"{self.name} must have one {name}, got {len(found)}", self.line)
        return found[0]

    def read(self, reader: Callable[[str, str], _T]) -> _T:
        """Return what a reader of text makes of this one, or raise `Malformed` with the line."""
        try:
            return reader(self.name, self.text.strip())
        except Malformed as error:
            raise Malformed(str(error), self.line) from None

    def whole(self, least: int, most: int) -> int:
        """Return a whole number within bounds."""
        return self.read(lambda name, text: whole_number(name, text, least, most))


def _tree(content: bytes) -> tuple[_Element | None, Malformed | None]:
    """Return what could be read of a file's elements, and what stopped the reading.

    A file that declares a document type is not read: entities, which can grow without bound or
    name other files, can be declared nowhere else.
    """
    builder = _Builder()
    try:
        builder.parser.Parse(content, True)
    except expat.ExpatError as error:
        return builder.root, Malformed(
            f"this is no XML: {expat.ErrorString(error.code)}", error.lineno
        )
    except Malformed as error:
        return builder.root, error
    except (LookupError, ValueError):
        return builder.root, Malformed("the file is in an unknown encoding")
    return builder.root, None


class _Builder:
    """Puts elements together as the parser meets them."""

    def __init__(self) -> None:
        self.root: _Element | None = None
        self._open: list[_Element] = []
        self._count = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _doctype(self, *_: Any) -> None:
        raise Malformed(
            "the file must not declare a document type or entities", self.parser.CurrentLineNumber
        )

    def _start(self, name: str, _: dict[str, str]) -> None:
        line = self.parser.CurrentLineNumber
        self._count += 1
        if len(self._open) >= _DEEPEST or self._count > _MOST_ELEMENTS:
            raise Malformed("the file has too many elements, or too many in one another", line)
        element = _Element(name, line)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, _: str) -> None:
        self._open.pop().closed = True

    def _text(self, text: str) -> None:
        self._open[-1].text += text
