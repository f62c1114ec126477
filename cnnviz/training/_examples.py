"""Pictures with their labels or targets, as tensors that a batch is taken out of by its indices.

The data sets of the course fit into memory. Taking rows of a tensor is many times faster than a
`torch.utils.data.DataLoader`, which fetches one picture after another and stacks them.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnnviz.arrays import as_array, refuse_large, shown
from cnnviz.shapes import whole
from cnnviz.training._seeding import generator

__all__ = ["Examples", "as_pictures", "hold_out", "top_of"]

Pair = tuple[Any, Any]


class Examples:
    """Pictures and their labels, or the numbers that a network is to give for them, checked.

    Parameters
    ----------
    name : str
        The argument that they came as, for errors.
    data
        A pair of pictures and labels, or an object with ``.pictures`` and ``.labels``, such as
        `cnnviz.data.load` gives. See `as_pictures`; labels are whole numbers, ``(N,)``.
    targets : bool
        Whether floats ``(N, …)`` may stand for the labels.

    Examples
    --------
    >>> examples = Examples("train", (np.zeros((3, 1, 8, 8), np.uint8), [0, 1, 2]))
    >>> len(examples)
    3
    >>> Examples("train", (np.zeros((3, 8, 8), np.uint8), [0, 1, 2]))
    Traceback (most recent call last):
    ...
    ValueError: train pictures must be (N, C, H, W), got shape (3, 8, 8): give them a channel, as \
with pictures[:, None]
    """

    def __init__(self, name: str, data: Any, *, targets: bool = False) -> None:
        self.name = name
        pictures, labels = _pair(name, data)
        self.top = top_of(data)
        self.pictures = as_pictures(f"{name} pictures", pictures)
        self.labels = _as_labels(name, labels, targets)
        if len(self.pictures) != len(self.labels):
            raise ValueError(
                f"{name} must have a label for each picture, got {len(self.pictures)} pictures "
                f"and {len(self.labels)} labels"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device) -> Examples:
        """Bring everything to a device, once and for all."""
        self.pictures, self.labels = self.pictures.to(device), self.labels.to(device)
        return self

    @property
    def targets(self) -> bool:
        """Whether these are numbers to be met, of which none is right or wrong."""
        return self.labels.is_floating_point()

    def right(self, scores: Tensor, labels: Tensor) -> Tensor:
        """Return how many of the answers are right; NaN where that can't be said."""
        if self.targets:
            return torch.full((), torch.nan, device=scores.device)
        return (scores.argmax(1) == labels).sum()

    def check_labels(self, classes: int) -> None:
        """Refuse a label that the network has no score for."""
        outside = (self.labels < 0) | (self.labels >= classes)
        if bool(outside.any()):
            first = int(outside.nonzero()[0])
            raise ValueError(
                f"{self.name} labels must be from 0 to {classes - 1}, since the model gives "
                f"{classes} scores, got {int(self.labels[first])} at picture {first}"
            )

    def fingerprint(self) -> dict[str, Any]:
        """Return what tells these examples from others, for a checkpoint."""
        crc = zlib.crc32(_bytes(self.pictures))
        crc = zlib.crc32(_bytes(self.labels), crc)
        return {"shape": list(self.pictures.shape), "top": self.top, "crc": crc}


def as_pictures(name: str, value: Any) -> Tensor:
    """Return a batch of pictures as a tensor, uint8 or float32.

    Parameters
    ----------
    name : str
        The argument's name, for errors.
    value
        An array or a tensor, ``(N, C, H, W)``: uint8, which a network sees between 0 and 1, or
        floats, which it sees as they are.

    Raises
    ------
    TypeError
        For another dtype.
    ValueError
        For another rank, no picture at all, NaN and infinities.

    Examples
    --------
    >>> as_pictures("pictures", np.zeros((2, 1, 8, 8))).dtype
    torch.float32
    """
    pictures = _tensor(name, value)
    if pictures.dtype != torch.uint8 and not pictures.is_floating_point():
        raise TypeError(f"{name} must be uint8 (0 to 255) or floats, got {_dtype(pictures)}")
    if pictures.ndim != 4:
        hint = ": give them a channel, as with pictures[:, None]" if pictures.ndim == 3 else ""
        raise ValueError(f"{name} must be (N, C, H, W), got shape {tuple(pictures.shape)}{hint}")
    if not pictures.numel():
        raise ValueError(f"{name} must hold at least one, got shape {tuple(pictures.shape)}")
    if pictures.dtype == torch.uint8:
        return pictures
    _refuse_unbounded(name, pictures)
    return pictures.to(torch.float32)


def hold_out(data: Any, count: int, *, seed: int = 0) -> tuple[Any, Any]:
    """Split a data set in two: what is left to train on, and some to validate with.

    Parameters
    ----------
    data
        A pair of pictures and labels or targets, or an object with ``.pictures`` and ``.labels``.
    count : int
        How many examples are held out, drawn at random.
    seed : int
        Decides which.

    Returns
    -------
    train, validation
        Tensors in pairs; or parts of `data`, where ``data[indices]`` gives them.

    Raises
    ------
    ValueError, TypeError
        For data that `fit` would not take; for a count that leaves nothing to train on.

    Examples
    --------
    >>> train, validation = hold_out((np.zeros((10, 1, 8, 8)), np.arange(10)), 2)
    >>> len(train[1]), len(validation[1])
    (8, 2)
    """
    examples = Examples("data", data, targets=True)
    count, seed = whole("count", count), whole("seed", seed, minimum=0)
    if count >= len(examples):
        raise ValueError(f"count must be below the {len(examples)} examples, got {count}")
    order = torch.randperm(len(examples), generator=generator(seed, "hold out"))
    held, left = order[:count].sort().values, order[count:].sort().values
    if hasattr(data, "pictures"):
        return data[left.numpy()], data[held.numpy()]
    return (
        (examples.pictures[left], examples.labels[left]),
        (examples.pictures[held], examples.labels[held]),
    )


def _pair(name: str, data: Any) -> Pair:
    if hasattr(data, "pictures") and hasattr(data, "labels"):
        return data.pictures, data.labels
    if isinstance(data, (tuple, list)) and len(data) == 2:
        return data[0], data[1]
    hint = (
        ": give the pictures and labels themselves, no loader"
        if hasattr(data, "__iter__") or hasattr(data, "__getitem__")
        else ""
    )
    raise TypeError(f"{name} must be a pair (pictures, labels), got {shown(data)}{hint}")


def top_of(data: Any) -> int:
    """Return what the brightest pixel is: 255, unless the data set says otherwise."""
    return int(getattr(data, "top", 255))


def _as_labels(name: str, value: Any, targets: bool) -> Tensor:
    labels = _tensor(f"{name} labels", value)
    if targets and labels.is_floating_point() and labels.ndim:
        _refuse_unbounded(f"{name} targets", labels)
        return labels.to(torch.float32)
    if labels.is_floating_point() or labels.is_complex() or labels.dtype == torch.bool:
        hint = "" if targets else ": numbers to be met need a loss of their own"
        raise TypeError(f"{name} labels must be whole numbers, got {_dtype(labels)}{hint}")
    if labels.ndim != 1:
        raise ValueError(f"{name} labels must be (N,), got shape {tuple(labels.shape)}")
    return labels.to(torch.int64)


def _refuse_unbounded(name: str, numbers: Tensor) -> None:
    finite = numbers.isfinite().flatten(1).all(1) if numbers.ndim > 1 else numbers.isfinite()
    if not bool(finite.all()):
        first = int((~finite).nonzero()[0])
        raise ValueError(f"{name} must hold finite numbers, got NaN or infinity in picture {first}")


def _tensor(name: str, value: Any) -> Tensor:
    """Return what is given as a tensor of its own dtype, sharing memory where it can."""
    if isinstance(value, Tensor):
        is_dense = value.layout == torch.strided and not (value.is_nested or value.is_meta)
        if not is_dense or value.is_complex():
            raise TypeError(f"{name} must be a dense tensor of real numbers, got {shown(value)}")
        return value.detach()
    array = as_array(name, value)
    if array.dtype.kind == "u" and array.dtype != np.uint8:
        array = array.astype(np.int64)
    # torch warns of read-only arrays and refuses negative strides; a copy is neither.
    if not array.flags.writeable or any(stride < 0 for stride in array.strides):
        refuse_large(name, array.shape, array.dtype)
        array = array.copy()
    return torch.from_numpy(array)


def _bytes(tensor: Tensor) -> memoryview:
    return tensor.cpu().contiguous().numpy().data.cast("B")


def _dtype(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
