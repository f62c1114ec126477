"""A data set by its name."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np

from cnnviz.arrays import check_name
from cnnviz.data._digits import Digits
from cnnviz.data._files import cache_folder
from cnnviz.data._images import Images
from cnnviz.data._tables import CIFAR10, FASHION_MNIST, MNIST
from cnnviz.data.errors import DataError


class _Dataset(Protocol):
    def read(self, splits: tuple[str, ...], root: Path) -> list[Images]: ...


_DATASETS: dict[str, _Dataset] = {
    "digits": Digits(),
    "mnist": MNIST,
    "fashion-mnist": FASHION_MNIST,
    "cifar10": CIFAR10,
}

#: The data sets there are.
NAMES = tuple(_DATASETS)

_PARTS = {"train": ("train",), "test": ("test",), "all": ("train", "test")}

#: The parts that can be asked for.
SPLITS = tuple(_PARTS)


def load(name: str, split: str = "train") -> Images:
    """Return the labelled pictures of a data set.

    ================= =================== ================= =======================================
    name              train, test         one picture       by, licence
    ================= =================== ================= =======================================
    ``digits``        1437, 360           1×8×8, 0…16       Alpaydin and Kaynak, UCI, CC BY 4.0
    ``mnist``         60 000, 10 000      1×28×28, 0…255    LeCun and Cortes, CC BY-SA 3.0
    ``fashion-mnist`` 60 000, 10 000      1×28×28, 0…255    Zalando Research, MIT
    ``cifar10``       50 000, 10 000      3×32×32, 0…255    Krizhevsky, 2009
    ================= =================== ================= =======================================

    The splits are those of the makers. ``digits`` comes without one: sorted by digit, and within a
    digit in the file's order, every fifth picture is for testing. The file goes from one filled-in
    form to the next, about 130 digits each, so that most hands are in both parts. Trained on the
    first 1437 pictures in the file's order and tested on the last 360, from other hands, the
    nearest neighbour is right for 95.6 %; with the split made here, for 98.9 %.

    Files are looked for, and kept, in the folders ``mnist``, ``fashion-mnist`` and ``cifar10`` of
    `cache_folder`: the four ``*-ubyte.gz`` of either MNIST, and ``cifar-10-binary.tar.gz`` or the
    folder ``cifar-10-batches-bin`` that is in it (these two may also lie outside ``cifar10``).
    If that folder holds ``test_batch_first1000.bin`` instead of the whole test batch, these 1000
    pictures are returned with a `UserWarning` and a `note`.

    Parameters
    ----------
    name : {"digits", "mnist", "fashion-mnist", "cifar10"}
        The data set.
    split : {"train", "test", "all"}
        A part, or the training pictures followed by the test pictures.

    Returns
    -------
    Images
        Fresh arrays, which may be changed.

    Raises
    ------
    ValueError
        For another name or split.
    MissingData
        If a file is not here and can't be downloaded.
    DamagedData
        If a file is not what was published, and can't be downloaded anew.
    ImportError
        Where scikit-learn or pooch is needed and not installed.

    Examples
    --------
    >>> digits = load("digits")
    >>> digits.pictures.shape, digits.labels[:5].tolist()
    ((1437, 1, 8, 8), [1, 3, 5, 6, 7])
    >>> len(load("digits", "all"))
    1797
    """
    check_name("name", name, NAMES)
    check_name("split", split, SPLITS)
    parts = _DATASETS[name].read(_PARTS[split], cache_folder())
    images = parts[0] if len(parts) == 1 else _joined(parts, split)
    if images.note:
        warnings.warn(f"{name}, {split}: {images.note}", stacklevel=2)
    return images


def load_or_digits(name: str, split: str = "train") -> Images:
    """Return a data set, or `digits` if it can't be had, and print a line that says so.

    For lessons that make their point with either. What is returned has a `name`.

    Parameters
    ----------
    name, split
        As in `load`.

    Returns
    -------
    Images
        The data set, or the same split of ``digits``.

    Raises
    ------
    ValueError, ImportError
        As `load`.

    Examples
    --------
    >>> load_or_digits("digits", "test").name
    'digits'
    """
    try:
        return load(name, split)
    except DataError:
        print(
            f"{name} is not here and can't be downloaded: going on with scikit-learn's\n"
            f"digits, 8×8. data.load({name!r}, {split!r}) says which file to put where."
        )
    return load("digits", split)


def _joined(parts: list[Images], split: str) -> Images:
    return replace(
        parts[0],
        pictures=np.concatenate([part.pictures for part in parts]),
        labels=np.concatenate([part.labels for part in parts]),
        split=split,
        note="; ".join(part.note for part in parts if part.note),
    )
