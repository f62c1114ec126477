"""COCO's format: one JSON file with lists of pictures, categories and boxes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cnnviz.arrays import shown
from cnnviz.data._annotations import (
    MOST_SIDE,
    MOST_TEXT,
    Entry,
    Malformed,
    Reading,
    plain_name,
    text_of,
)

_LISTS = ("images", "categories", "annotations")
_Placed = list[tuple[int, Any]]  # values with the line at which each begins


def read(place: Path, pictures: Path, named: tuple[str, ...] | None) -> Reading:
    """Read a file, or the one that is in a folder."""
    path = place if place.is_file() else _only_json(place)
    reading = Reading(pictures)
    lists: dict[str, _Placed] = {}
    with reading.naming(path.name):
        _fill(lists, text_of(path, MOST_TEXT["coco"]))
        for name in _LISTS:
            if name not in lists:
                raise Malformed(f"the file must have a list of {name}")
    categories: dict[Any, str] = {}
    for line, value in lists.get("categories", []):
        with reading.naming(path.name, line):
            _add_category(categories, value)
    entries: dict[Any, Entry] = {}
    for line, value in lists.get("images", []):
        with reading.naming(path.name, line):
            _add_picture(entries, value)
    allowed = set(categories.values() if named is None else named)
    for line, value in lists.get("annotations", []):
        with reading.naming(path.name, line):
            _add_box(entries, categories, allowed, value)
    reading.problems.sort(key=lambda problem: problem.line)
    reading.entries = list(entries.values())
    reading.classes = tuple(categories[key] for key in sorted(categories, key=_rank))
    return reading


def _only_json(folder: Path) -> Path:
    found = sorted([*folder.glob("*.json"), *folder.glob("annotations/*.json")])
    if len(found) != 1:
        names = ", ".join(path.name for path in found[:5]) or "none"
        raise ValueError(f"path must be a .json file, or a folder with one of them, got {names}")
    return found[0]


def _rank(key: Any) -> tuple[bool, Any]:
    return isinstance(key, str), key


def _add_category(categories: dict[Any, str], value: Any) -> None:
    entry = _object("a category", value)
    key = _key("id", entry)
    name = entry.get("name")
    if not isinstance(name, str) or not name:
        raise Malformed(f"a category's name must be text, got {shown(name, 40)}")
    if key in categories or name in categories.values():
        raise Malformed(f"category {shown(key, 40)}, {shown(name, 40)}, is there twice")
    categories[key] = name


def _add_picture(entries: dict[Any, Entry], value: Any) -> None:
    entry = _object("a picture", value)
    key = _key("id", entry)
    if key in entries:
        raise Malformed(f"picture {shown(key, 40)} is there twice")
    sides = []
    for name in ("height", "width"):
        side = entry.get(name)
        if type(side) is not int or not 1 <= side <= MOST_SIDE:
            raise Malformed(
                f"{name} must be a whole number from 1 to {MOST_SIDE}, got {shown(side, 40)}"
            )
        sides.append(side)
    entries[key] = Entry(plain_name("file_name", entry.get("file_name")), (sides[0], sides[1]))


def _add_box(
    entries: dict[Any, Entry], categories: dict[Any, str], allowed: set[str], value: Any
) -> None:
    entry = _object("an annotation", value)
    picture, category = _key("image_id", entry), _key("category_id", entry)
    if picture not in entries:
        raise Malformed(f"image_id must be a picture of the file, got {shown(picture, 40)}")
    if categories.get(category) not in allowed:
        raise Malformed(f"category_id must be one of the classes, got {shown(category, 40)}")
    numbers = entry.get("bbox")
    if not isinstance(numbers, list) or len(numbers) != 4:
        raise Malformed(f"bbox must be four numbers, got {shown(numbers, 40)}")
    x, y, width, height = (_number(number) for number in numbers)
    crowd = entry.get("iscrowd", 0)
    if type(crowd) is not int or crowd not in (0, 1):
        raise Malformed(f"iscrowd must be 0 or 1, got {shown(crowd, 40)}")
    entries[picture].add((x, y, x + width, y + height), categories[category], crowd == 1)


def _object(what: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed(f"{what} must be an object, got {shown(value, 40)}")
    return value


def _key(name: str, entry: dict[str, Any]) -> int | str:
    key = entry.get(name)
    if type(key) is not int and not isinstance(key, str):
        raise Malformed(f"{name} must be a whole number or text, got {shown(key, 40)}")
    return key


def _number(value: Any) -> float:
    if type(value) not in (int, float):
        raise Malformed(f"bbox must be four numbers, got {shown(value, 40)}")
    try:
        return float(value)
    except OverflowError:
        raise Malformed("bbox must be finite numbers, got a larger one") from None


# --- JSON with lines ------------------------------------------------------------------------------

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


def _fill(lists: dict[str, _Placed], text: str) -> None:
    """Put what is in a file's lists into `lists`, each value with its line.

    Python's reader says nowhere where a value stands, so it is called for one value at a time.

    Raises
    ------
    Malformed
        Where the text stops being JSON, and for lists that are none; what came before is kept.
    """
    cursor = _Cursor(text)
    if not cursor.takes("{"):
        raise Malformed("the file must hold one JSON object", cursor.line())
    more = not cursor.takes("}")
    while more:
        line = cursor.line()
        name = cursor.value()
        if not isinstance(name, str) or not cursor.takes(":"):
            raise Malformed("a name and a colon must stand here", line)
        if name not in _LISTS:
            cursor.value()
        elif name in lists:
            raise Malformed(f"the list of {name} is there twice", line)
        elif not cursor.takes("["):
            raise Malformed(f"{name} must be a list", line)
        else:
            lists[name] = []
            for placed in cursor.elements():
                lists[name].append(placed)
        more = cursor.takes(",")
        if not more and not cursor.takes("}"):
            raise Malformed("a comma or a closing brace must stand here", cursor.line())
    if not cursor.at_end():
        raise Malformed("nothing must follow the object", cursor.line())


class _Cursor:
    """A place in a text, and the line that it is on."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._counted, self._line = 0, 1

    def _skip(self) -> None:
        match = _SPACE.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def line(self) -> int:
        """Return the line of what comes next, counted on from the last time."""
        self._skip()
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def at_end(self) -> bool:
        """Tell whether nothing follows."""
        self._skip()
        return self._at == len(self._text)

    def takes(self, sign: str) -> bool:
        """Step over a sign if it comes next."""
        self._skip()
        here = self._text.startswith(sign, self._at)
        self._at += here
        return here

    def value(self) -> Any:
        """Return the JSON value that comes next."""
        line = self.line()
        try:
            value, self._at = _DECODER.raw_decode(self._text, self._at)
        except json.JSONDecodeError as error:
            raise Malformed(f"this is no JSON: {error.msg}", error.lineno) from None
        except RecursionError:
            raise Malformed("this is nested too deeply", line) from None
        except ValueError:  # an integer of thousands of digits
            raise Malformed("this holds a number with too many digits", line) from None
        return value

    def elements(self) -> Iterator[tuple[int, Any]]:
        """Yield the values of a list whose bracket was taken."""
        if self.takes("]"):
            return
        while True:
            line = self.line()
            yield line, self.value()
            if self.takes("]"):
                return
            if not self.takes(","):
                raise Malformed("a comma or a closing bracket must stand here", self.line())
