"""Checks for chapter 12, LeNet-5."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz import ops
from cnnviz.check._feedback import Feedback
from cnnviz.check._functions import compare_function
from cnnviz.check._mistakes import FORGOT_BIAS, FunctionRow, Mistake, ValueRow
from cnnviz.check._values import compare

__all__ = ["batch_sizes", "c3_mask", "changed_lenet", "subsample"]

Array = NDArray[Any]

# --------------------------------------------------------------------------------------
# Counting parameters


def _parameters(channels: int = 3, maps: int = 8, read_by_c3: int | None = None) -> int:
    """Count those of LeNet-5 with that many channels of input, and that many maps in C1."""
    convolutions = ((channels, maps), (read_by_c3 or maps, 16), (16, 120))
    fully_connected = (120 + 1) * 84 + (84 + 1) * 10
    return sum((25 * c + 1) * k for c, k in convolutions) + fully_connected


_BIASES = 8 + 16 + 120 + 84 + 10
_RIGHT = _parameters()

CHANGED_LENET_MISTAKES: list[ValueRow] = [
    (_parameters(1, 6), "That is the net as it was.", "C1 has changed, and what reads C1."),
    (_RIGHT - _parameters(1, 6), "That is how many are new.", "Add those that were there."),
    (
        _parameters(channels=1),
        "Your C1 reads one channel.",
        "A kernel has 5×5 weights for each channel that it reads.",
    ),
    (
        _parameters(read_by_c3=6),
        "Your C3 still reads six maps.",
        "C1 has eight maps now, and S2 as many.",
    ),
    (_parameters(maps=6), "Your C1 has six kernels.", "It has eight now."),
    (
        _RIGHT - (25 * 3 + 1) * 8 + (25 + 1) * 6,
        "Your C1 is the old one.",
        "It reads three channels now, and has eight kernels.",
    ),
    (_RIGHT - _BIASES, "You forgot the biases.", "One for each kernel and for each unit."),
    (
        _RIGHT + 2 * 8 + 2 * 16,
        "You gave S2 and S4 parameters.",
        "They had some in 1998. Max pooling has none.",
    ),
    (
        _RIGHT + 8 * (3 - 1) + 16 * (8 - 1) + 120 * (16 - 1),
        "You gave every kernel a bias for each map that it reads.",
        "A kernel sums over all its maps, and then adds one bias.",
    ),
]


def changed_lenet(answer: object) -> Feedback:
    """Check how many parameters LeNet-5 has for colour pictures, with eight maps in C1.

    Examples
    --------
    >>> changed_lenet(61_706).message
    'That is the net as it was.'
    """
    return compare(
        answer,
        _RIGHT,
        mistakes=CHANGED_LENET_MISTAKES,
        hint="(25·C + 1)·K for each convolution. Which C and which K have changed?",
        praise="Right: 1252 more, 800 of them in C3.",
    )


# --------------------------------------------------------------------------------------
# The table of C3


def _mask(*sets: set[int]) -> Array:
    mask = np.zeros((len(sets), 6), dtype=int)
    for row, maps in zip(mask, sets, strict=True):
        row[sorted(maps)] = 1
    return mask


def _runs(length: int, direction: int = 1) -> list[set[int]]:
    """Return the six runs of neighbours, round the end."""
    return [{(start + direction * i) % 6 for i in range(length)} for start in range(6)]


def _cut_runs(length: int) -> list[set[int]]:
    return [set(range(start, min(start + length, 6))) for start in range(6)]


_GAPS = [{0, 1, 3, 4}, {1, 2, 4, 5}, {0, 2, 3, 5}]
_ALL = set(range(6))
_TABLE = _mask(*_runs(3), *_runs(4), *_GAPS, _ALL)

C3_MASK_MISTAKES: list[ValueRow] = [
    (
        _TABLE.T,
        "Your rows are the maps of S2.",
        "A row for each of the sixteen maps of C3, a column for each of the six of S2.",
    ),
    (1 - _TABLE, "Your ones and zeros are swapped.", "1 where there is a connection."),
    (np.ones_like(_TABLE), "That connects everything.", "Only the last map of C3 sees all six."),
    (
        _mask(*_cut_runs(3), *_cut_runs(4), *_GAPS, _ALL),
        "Your runs of neighbours stop at the end.",
        "After map 5 comes map 0 again: % 6.",
    ),
    (
        _mask(*_runs(3, -1), *_runs(4, -1), *_GAPS, _ALL),
        "Your runs of neighbours go backwards.",
        "Map o starts at o and goes up: o, o + 1, o + 2.",
    ),
    (
        _mask(*_runs(4), *_runs(3), *_GAPS, _ALL),
        "The threes and the fours are swapped.",
        "The first six maps see three neighbours each.",
    ),
    (
        _mask(*_runs(3), *_runs(3), *_GAPS, _ALL),
        "Your maps 6 to 11 see three neighbours.",
        "They see four.",
    ),
    (
        _mask(*_runs(3), *_runs(4), *_GAPS, set()),
        "Your last map sees nothing.",
        "Map 15 sees all six.",
    ),
]


def c3_mask(answer: object) -> Feedback:
    """Check the connections of C3 as ones and zeros, (16, 6).

    Examples
    --------
    >>> c3_mask(np.ones((16, 6))).message
    'That connects everything.'
    """
    return compare(
        answer,
        _TABLE,
        mistakes=C3_MASK_MISTAKES,
        hint="mask[o, i] = 1 where map o of C3 sees map i of S2. Begin with np.zeros((16, 6)).",
        praise="Right: 60 connections of 96.",
    )


# --------------------------------------------------------------------------------------
# Subsampling as in 1998


def _summed(x: Array) -> Array:
    return ops.pool(x, 2, mode="mean") * 4


def _right_subsample(x: Array, weight: Array, bias: Array) -> Array:
    return weight[:, None, None] * _summed(x) + bias[:, None, None]


def _with_columns(x: Array, weight: Array, bias: Array) -> Array:
    """Multiply and add along the columns, where NumPy puts a plain row of numbers."""
    return weight * _summed(x) + bias


_MAPS = [
    (np.arange(1.0, 9).reshape(1, 2, 4), np.array([0.5]), np.array([1.0])),
    (np.arange(24.0).reshape(2, 4, 3)[:, :, :2], np.array([1.0, -2.0]), np.array([3.0, 0.5])),
    (np.arange(-20.0, 28).reshape(2, 4, 6), np.array([0.25, 2.0]), np.array([-1.0, 4.0])),
    (np.arange(48.0).reshape(3, 4, 4) % 7, np.array([1.0, 0.5, 3.0]), np.array([1.0, 0.0, 2.0])),
]

SUBSAMPLE_MISTAKES: list[FunctionRow] = [
    (
        lambda x, weight, bias: _right_subsample(x, weight / 4, bias),
        "You take the mean.",
        "In 1998 the four numbers are added, and not divided by 4.",
    ),
    (
        lambda x, weight, bias: weight[:, None, None] * ops.pool(x, 2) + bias[:, None, None],
        "You take the maximum.",
        "Add the four numbers.",
    ),
    (lambda x, weight, bias: _right_subsample(x, weight, 0 * bias), *FORGOT_BIAS),
    (
        lambda x, weight, bias: _right_subsample(x, 0 * weight + 1, bias),
        "You forgot the factor.",
        "Each map has one, by which its sums are multiplied.",
    ),
    (
        lambda x, weight, bias: weight[:, None, None] * (_summed(x) + bias[:, None, None]),
        "You multiply the bias, too.",
        "First the sum, then the factor, and the bias last.",
    ),
    (
        lambda x, weight, bias: _right_subsample(x, 0 * weight + weight[0], 0 * bias + bias[0]),
        "All your maps have the factor and the bias of the first.",
        "weight[:, None, None] has a place for each map.",
    ),
    (
        lambda x, weight, bias: 1.7159 * np.tanh(2 / 3 * _right_subsample(x, weight, bias)),
        "You squash the result.",
        "Right for the layer as a whole; here hand back what goes into the tanh.",
    ),
    (
        lambda x, weight, bias: (
            weight[:, None, None] * ops.pool(x, 2, 1, mode="mean") * 4 + bias[:, None, None]
        ),
        "Your windows overlap.",
        "They touch: the next one starts two pixels on.",
    ),
]


def subsample(answer: object) -> Feedback:
    """Check ``(x, weight, bias) -> y``: sums of 2×2 blocks, times a factor, plus a bias.

    Examples
    --------
    >>> subsample(lambda x, weight, bias: _right_subsample(x, weight, 0 * bias)).message
    'You forgot the bias.'
    """
    return compare_function(
        answer,
        _right_subsample,
        _MAPS,
        mistakes=SUBSAMPLE_MISTAKES,
        hint="x[:, ::2, ::2] is the top left number of every block. Three more like it, added.",
        praise="Right. Average pooling is the case weight = 1/4, bias = 0.",
    )


# --------------------------------------------------------------------------------------
# Steps of an epoch


def _sizes(pictures: int, steps: int, *, up: bool = True) -> list[int]:
    """Return the batch sizes that come to so many steps; `up` counts an incomplete last one."""
    return [
        b for b in range(1, pictures + 1) if (-(-pictures // b) if up else pictures // b) == steps
    ]


def _dropping_the_last(pictures: int, steps: int) -> list[int]:
    return _sizes(pictures, steps, up=False)


_EPOCHS = [(10, 2), (10, 3), (60_000, 1000), (10_000, 67), (7, 5), (1797, 15)]
_WHOLE_NUMBERS = Mistake(
    "You leave out sizes that don't divide the number of pictures.",
    "The last batch may be smaller: steps = ⌈pictures / batch⌉.",
)

BATCH_SIZES_MISTAKES: list[FunctionRow] = [
    (
        _dropping_the_last,
        "You rounded down.",
        "The last batch counts, however small: ⌈pictures / batch⌉.",
    ),
    (
        lambda pictures, steps: [b for b in _sizes(pictures, steps) if b * steps == pictures],
        *_WHOLE_NUMBERS,
    ),
    (
        lambda pictures, steps: _sizes(pictures, steps)[:1],
        "You stop at the first.",
        "More than one size can come to the same number of steps.",
    ),
    (
        lambda pictures, steps: _sizes(pictures, steps)[:-1],
        "You leave the largest out.",
        "range(m) stops before m.",
    ),
    (
        lambda pictures, steps: _sizes(pictures, steps)[::-1],
        "Right, but in falling order.",
        "Hand them back from small to large.",
    ),
]


def batch_sizes(answer: object) -> Feedback:
    """Check ``(pictures, steps) -> list``: all batch sizes that make an epoch so many steps.

    Examples
    --------
    >>> batch_sizes(_dropping_the_last).message
    'You rounded down.'
    """
    return compare_function(
        answer,
        _sizes,
        _EPOCHS,
        mistakes=BATCH_SIZES_MISTAKES,
        hint="Try every size from 1 to the number of pictures: is ⌈pictures / size⌉ the steps?",
        praise="Right, also where there is more than one, and where there is none.",
    )
