"""The format of MNIST: a header of big-endian integers, then bytes, all of it compressed."""

from __future__ import annotations

import gzip
import io
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cnnviz.data._files import Shelf, Source
from cnnviz.data._images import Images
from cnnviz.data.errors import DamagedData

_UNSIGNED_BYTES = 0x0800  # the header's first number, to which the number of axes is added


@dataclass(frozen=True)
class IdxDataset:
    """A data set of grey pictures in MNIST's format.

    Attributes
    ----------
    name : str
        Also the folder.
    classes : tuple of str
        What the labels mean.
    files : mapping of str to (Source, Source)
        The pictures' file and the labels' file of each split.
    counts : mapping of str to int
        How many pictures each split has.
    size : (int, int)
        Height and width.
    """

    name: str
    classes: tuple[str, ...]
    files: Mapping[str, tuple[Source, Source]]
    counts: Mapping[str, int]
    size: tuple[int, int] = (28, 28)

    def read(self, splits: tuple[str, ...], root: Path) -> list[Images]:
        """Return the splits, one by one."""
        shelf = Shelf(self.name, [root / self.name])
        sources = [source for split in splits for source in self.files[split]]
        contents = iter(shelf.obtain(sources))
        parts = []
        for split in splits:
            count, (first, second) = self.counts[split], self.files[split]
            pictures = parse(first.name, next(contents), (count, *self.size))
            labels = parse(second.name, next(contents), (count,))
            check_labels(second.name, labels, self.classes)
            parts.append(
                Images(
                    pictures[:, np.newaxis], labels.astype(np.int64), self.classes, self.name, split
                )
            )
        return parts


def parse(name: str, content: bytes, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return the bytes of a file whose shape is known.

    Raises
    ------
    DamagedData
        For anything but a whole file of that shape.

    Examples
    --------
    >>> labels = gzip.compress(bytes([0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 4]))
    >>> parse("labels.gz", labels, (3,)).tolist()
    [5, 0, 4]
    >>> parse("labels.gz", labels, (4,))
    Traceback (most recent call last):
    ...
    cnnviz.data.errors.DamagedData: labels.gz is damaged: it should hold (4,), its header says (3,)
    """
    start, size = 4 * (1 + len(shape)), math.prod(shape)
    data = inflate(name, content, start + size)
    if len(data) < start:
        raise DamagedData(f"{name} is damaged: it ends within its header")
    magic, *said = np.frombuffer(data[:start], ">u4").tolist()
    if magic != _UNSIGNED_BYTES + len(shape):
        raise DamagedData(
            f"{name} is damaged: it should begin with {_UNSIGNED_BYTES + len(shape)}, not {magic}"
        )
    if tuple(said) != shape:
        raise DamagedData(
            f"{name} is damaged: it should hold {shape}, its header says {tuple(said)}"
        )
    if len(data) != start + size:
        found = "more" if len(data) > start + size else str(len(data) - start)
        raise DamagedData(f"{name} is damaged: {size} bytes should follow its header, not {found}")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape).copy()


def inflate(name: str, content: bytes, most: int) -> bytes:
    """Return what a gzip file holds, but at most one byte more than `most`."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            return file.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DamagedData(f"{name} is no whole gzip file: {error}") from None


def check_labels(name: str, labels: NDArray[np.uint8], classes: tuple[str, ...]) -> None:
    """Raise `DamagedData` for a label that means nothing."""
    wrong = labels >= len(classes)
    if wrong.any():
        raise DamagedData(
            f"{name} is damaged: label {wrong.argmax()} is {labels[wrong][0]}, and there are "
            f"{len(classes)} classes"
        )
