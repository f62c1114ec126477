"""Labelled pictures, as every data set gives them."""

from __future__ import annotations

import operator
from dataclasses import dataclass, replace
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz.arrays import shown


@dataclass(frozen=True, eq=False, repr=False)
class Images:
    """Pictures with a label each.

    ``images[10:20]``, ``images[[3, 1, 4]]`` and ``images[images.labels == 7]`` are `Images` again;
    ``images[3]`` is one picture and its label, so that a loop, or PyTorch's ``DataLoader``,
    takes them one by one.

    Attributes
    ----------
    pictures : ndarray of uint8, shape (N, C, H, W)
        Whole numbers from 0 to `top`, as they were published.
    labels : ndarray of int64, shape (N,)
        Places in `classes`.
    classes : tuple of str
        What the labels mean.
    name, split : str
        The data set, and which part of it.
    top : int
        The largest value that a pixel can have: 255, and 16 in the digits of scikit-learn.
    note : str
        What must be said with any figure measured on these pictures; empty as a rule.

    Raises
    ------
    TypeError, ValueError
        For pictures that aren't uint8 with four axes, labels that aren't int64 or lie outside
        `classes`, and numbers of both that differ.

    Examples
    --------
    >>> from cnnviz import data
    >>> digits = data.load("digits", "train")
    >>> digits
    Images(digits, train: 1437 pictures of 1×8×8, 10 classes)
    >>> sevens = digits[digits.labels == 7]
    >>> len(sevens), sevens.pictures.shape
    (143, (143, 1, 8, 8))
    >>> picture, label = digits[0]
    >>> picture.shape, digits.classes[label]
    ((1, 8, 8), '1')
    """

    pictures: NDArray[np.uint8]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    name: str
    split: str
    top: int = 255
    note: str = ""

    def __post_init__(self) -> None:
        _check("pictures", self.pictures, np.uint8, 4, "(N, C, H, W)")
        _check("labels", self.labels, np.int64, 1, "(N,)")
        if len(self.labels) != len(self.pictures):
            raise ValueError(
                f"labels must be as many as pictures, got {len(self.labels)} for "
                f"{len(self.pictures)}"
            )
        wrong = (self.labels < 0) | (self.labels >= len(self.classes))
        if wrong.any():
            raise ValueError(
                f"labels must lie in 0…{len(self.classes) - 1}, one for each of classes, got "
                f"{self.labels[wrong][0]} at place {wrong.argmax()}"
            )
        if self.pictures.max(initial=0) > self.top:
            raise ValueError(
                f"pictures must hold values up to top = {self.top}, got {self.pictures.max()}"
            )

    def __len__(self) -> int:
        return len(self.labels)

    @overload
    def __getitem__(self, index: int) -> tuple[NDArray[np.uint8], int]: ...
    @overload
    def __getitem__(self, index: slice | ArrayLike) -> Images: ...
    def __getitem__(self, index: Any) -> tuple[NDArray[np.uint8], int] | Images:
        chosen = places(index, len(self))
        if isinstance(chosen, int):
            return self.pictures[chosen], int(self.labels[chosen])
        return replace(self, pictures=self.pictures[chosen], labels=self.labels[chosen])

    def __repr__(self) -> str:
        size = "×".join(map(str, self.pictures.shape[1:]))
        pictures = "1 picture" if len(self) == 1 else f"{len(self)} pictures"
        note = f"; {self.note}" if self.note else ""
        of = f"{pictures} of {size}, {len(self.classes)} classes"
        return f"Images({self.name}, {self.split}: {of}{note})"

    def scaled(self) -> NDArray[np.float32]:
        """Return the pictures as numbers from 0 to 1, float32, shape (N, C, H, W).

        Examples
        --------
        >>> from cnnviz import data
        >>> x = data.load("digits", "test").scaled()
        >>> x.dtype, float(x.min()), float(x.max())
        (dtype('float32'), 0.0, 1.0)
        """
        return np.divide(self.pictures, self.top, dtype=np.float32)


def places(index: Any, count: int) -> int | NDArray[np.int64]:
    """Return which of `count` pictures an index means: one, or an array of them.

    Raises
    ------
    TypeError
        For what is no number, slice, or list or array of numbers or booleans.
    IndexError
        For a picture that isn't there, and booleans that are not as many as the pictures.
    """
    if isinstance(index, slice):
        return np.arange(count)[index]
    wanted = np.asarray(index)
    if wanted.size == 0:  # an empty list has NumPy's float64
        wanted = wanted.astype(np.int64)
    if wanted.ndim > 1 or wanted.dtype.kind not in "iub" or isinstance(index, (tuple, bool)):
        raise TypeError(
            "index must be a number, a slice, or a list or an array of numbers or of as many "
            f"booleans as there are pictures, got {shown(index)}"
        )
    found = np.arange(count)[operator.index(wanted[()]) if wanted.ndim == 0 else wanted]
    return int(found) if wanted.ndim == 0 else found


def _check(name: str, array: Any, dtype: type[np.generic], axes: int, shape: str) -> None:
    if not isinstance(array, np.ndarray) or array.dtype != dtype:
        what = f"dtype {array.dtype}" if isinstance(array, np.ndarray) else shown(array)
        raise TypeError(f"{name} must be an array of {dtype.__name__}, got {what}")
    if array.ndim != axes:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")
