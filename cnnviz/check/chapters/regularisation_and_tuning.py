"""Checks for chapter 13, regularisation and tuning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.check._feedback import Feedback
from cnnviz.check._functions import compare_function
from cnnviz.check._mistakes import FunctionRow, ValueRow
from cnnviz.check._values import compare

__all__ = ["best_epoch", "dropped", "max_norm"]

Array = NDArray[Any]

# --------------------------------------------------------------------------------------
# Dropout by hand

_FEATURES, _KEPT, _SHARE = np.array([3, 6, 9, 12]), np.array([1, 0, 1, 1]), 0.25
_DROPPED = _FEATURES * _KEPT / (1 - _SHARE)

DROPPED_MISTAKES: list[ValueRow] = [
    (_FEATURES * _KEPT, "You forgot the division.", "What is kept is divided by 1 − p."),
    (_FEATURES * _KEPT / _SHARE, "You divided by p.", "p is the share that goes; 1 − p stays."),
    (
        _FEATURES * _KEPT * (1 - _SHARE),
        "You multiplied by 1 − p.",
        "Less is left, so what is left must grow.",
    ),
    (
        _FEATURES * (1 - _KEPT) / (1 - _SHARE),
        "You dropped the three, and kept the one.",
        "1 stands for kept.",
    ),
    (
        _FEATURES / (1 - _SHARE),
        "You dropped nothing.",
        "Where the mask is 0, the feature becomes 0.",
    ),
]


def dropped(answer: object) -> Feedback:
    """Check the features 3, 6, 9, 12 with the mask 1, 0, 1, 1 and p = 1/4.

    Examples
    --------
    >>> dropped([3, 0, 9, 12]).message
    'You forgot the division.'
    """
    return compare(
        answer,
        _DROPPED,
        mistakes=DROPPED_MISTAKES,
        hint="0 where the mask is 0; elsewhere the feature, divided by 3/4.",
        praise="Right.",
    )


# --------------------------------------------------------------------------------------
# Early stopping


def _best_epoch(
    losses: Sequence[float], patience: int, *, late: int = 0, ties: bool = False
) -> tuple[int, int]:
    """Return how many epochs are trained, and which is the best one; from 1."""
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best] or (ties and loss == losses[best]):
            best = epoch
        if epoch - best >= patience + late:
            return epoch + 1, best + 1
    return len(losses), best + 1


def _by_the_last_one(losses: Sequence[float], patience: int) -> tuple[int, int]:
    """Count the epochs that are worse than the one before."""
    worse = 0
    for epoch in range(1, len(losses)):
        worse = worse + 1 if losses[epoch] >= losses[epoch - 1] else 0
        if worse == patience:
            return epoch + 1, int(np.argmin(losses[: epoch + 1])) + 1
    return len(losses), int(np.argmin(losses)) + 1


_RUNS: list[tuple[list[float], int]] = [
    ([5, 3, 4, 6, 2], 2),
    ([5, 3, 4, 6, 2], 3),
    ([4, 3, 2, 1], 1),
    ([2, 2, 2, 1], 2),
    ([1, 5, 4, 3, 2], 2),
    ([3, 2, 2.5, 2, 2.25, 1], 3),
    ([7], 1),
]

BEST_EPOCH_MISTAKES: list[FunctionRow] = [
    (
        lambda losses, patience: tuple(n - 1 for n in _best_epoch(losses, patience)),
        "You count from 0.",
        "The first epoch is epoch 1.",
    ),
    (
        lambda losses, patience: _best_epoch(losses, patience)[::-1],
        "The two are swapped.",
        "First how many epochs are trained, then which is the best.",
    ),
    (
        lambda losses, patience: (len(losses), int(np.argmin(losses)) + 1),
        "You never stop early.",
        "After `patience` epochs without a better one, what comes later isn't seen.",
    ),
    (
        lambda losses, patience: _best_epoch(losses, patience, late=1),
        "You stop an epoch too late.",
        "Patience 2: two epochs without a better one, and that is the end.",
    ),
    (
        lambda losses, patience: (_best_epoch(losses, patience)[0],) * 2,
        "Your best epoch is the last one.",
        "The weights that are kept are those of the smallest loss.",
    ),
    (
        lambda losses, patience: _best_epoch(losses, patience, ties=True),
        "You take an equal loss for a better one.",
        "Only a smaller one starts the count anew.",
    ),
    (
        _by_the_last_one,
        "You compare each epoch with the one before it.",
        "Compare it with the best one so far.",
    ),
]


def best_epoch(answer: object) -> Feedback:
    """Check ``(losses, patience) -> (trained, best)``: early stopping, with epochs from 1.

    Examples
    --------
    >>> best_epoch(lambda losses, patience: _best_epoch(losses, patience)[::-1]).message
    'The two are swapped.'
    """
    return compare_function(
        answer,
        _best_epoch,
        _RUNS,
        mistakes=BEST_EPOCH_MISTAKES,
        hint="Keep the best loss so far and its epoch. Stop when epoch − best is `patience`.",
        praise="Right, also where the best one comes too late to be seen.",
    )


# --------------------------------------------------------------------------------------
# The max-norm constraint


def _shrunk(weight: Array, largest: float, axes: tuple[int, ...] = (1, 2, 3)) -> Array:
    length = np.sqrt((weight**2).sum(axis=axes, keepdims=True))
    shrunk: Array = weight * np.minimum(1, largest / np.maximum(length, 1e-300))
    return shrunk


_BANKS = [
    (np.array([3.0, 4, 0, 0, 0.3, 0, 0.4, 0]).reshape(2, 1, 2, 2), 1.0),
    (np.arange(-12.0, 12).reshape(3, 2, 2, 2) / 4, 2.5),
    (np.array([[[[1.0]]], [[[-6.0]]], [[[0.0]]]]), 3.0),
    (np.arange(36.0).reshape(2, 2, 3, 3) % 5, 6.0),
]

MAX_NORM_MISTAKES: list[FunctionRow] = [
    (
        lambda w, largest: w * largest / np.sqrt((w**2).sum((1, 2, 3), keepdims=True) + 1e-300),
        "You stretch short kernels, too.",
        "A kernel that is short enough stays as it is.",
    ),
    (
        lambda w, largest: _shrunk(w, largest, (0, 1, 2, 3)),
        "You shrink all kernels together.",
        "Each of the K kernels has a length of its own.",
    ),
    (
        lambda w, largest: _shrunk(w, largest, (2, 3)),
        "You treat each channel by itself.",
        "A kernel's length is over all its channels: axes 1, 2 and 3.",
    ),
    (
        lambda w, largest: np.clip(w, -largest, largest),
        "You clip single weights.",
        "It is the length of the whole kernel that is limited, not each weight.",
    ),
    (
        lambda w, largest: (
            w * np.minimum(1, largest / np.maximum((w**2).sum((1, 2, 3), keepdims=True), 1e-300))
        ),
        "You forgot the root.",
        "The length is the square root of the sum of squares.",
    ),
    (
        lambda w, largest: (
            w * np.minimum(1, largest / np.maximum(np.abs(w).sum((1, 2, 3), keepdims=True), 1e-300))
        ),
        "You add up absolute values.",
        "The length is the square root of the sum of squares.",
    ),
]


def max_norm(answer: object) -> Feedback:
    """Check ``(weight, largest) -> weight``: each kernel shrunk to a length of `largest` at most.

    Examples
    --------
    >>> max_norm(lambda weight, largest: np.clip(weight, -largest, largest)).message
    'You clip single weights.'
    """
    return compare_function(
        answer,
        _shrunk,
        _BANKS,
        mistakes=MAX_NORM_MISTAKES,
        hint="The length of each kernel: np.sqrt((weight**2).sum(axis=(1, 2, 3), keepdims=True)).",
        praise="Right. torch.renorm does this for one axis of a tensor.",
    )
