"""Checks for chapter 4, padding, stride and dilation."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz import shapes
from cnnviz.check._feedback import Feedback
from cnnviz.check._functions import compare_function
from cnnviz.check._layers import Layer, Wanted, judge_layers
from cnnviz.check._mistakes import (
    FORGOT_FLOOR,
    FORGOT_PADDING,
    FORGOT_PLUS_ONE,
    FORGOT_STRIDE,
    PADDING_ONE_SIDE,
    FunctionRow,
    Mistake,
)

__all__ = ["halving_layers", "output_size", "same_split", "use_map"]

Array = NDArray[Any]

_FORGOT_DILATION = Mistake(
    "You forgot the dilation.", "With dilation d the kernel spans d(k − 1) + 1 pixels, not k."
)

# --------------------------------------------------------------------------------------
# The output size

# (n, k, s, p, d): in some the stride leaves a remainder, in some it leaves none.
_LAYERS = [
    (8, 3, 1, 0, 1),
    (8, 3, 2, 1, 2),
    (28, 5, 2, 2, 1),
    (30, 4, 3, 1, 3),
    (31, 3, 4, 3, 2),
    (10, 4, 3, 0, 1),  # tells a kernel that spans d·k from a + 1 inside the fraction
]


def _span(k: int, d: int) -> int:
    return shapes.window_span((k,), (d,))[0]


OUTPUT_SIZE_MISTAKES: list[FunctionRow] = [
    (lambda n, k, s, p, d: (n + 2 * p - _span(k, d)) / s + 1, *FORGOT_FLOOR),
    (
        lambda n, k, s, p, d: -(-(n + 2 * p - _span(k, d)) // s) + 1,
        "You rounded up.",
        FORGOT_FLOOR.hint,
    ),
    (lambda n, k, s, p, d: (n + p - _span(k, d)) // s + 1, *PADDING_ONE_SIDE),
    (lambda n, k, s, p, d: (n - _span(k, d)) // s + 1, *FORGOT_PADDING),
    (lambda n, k, s, p, d: n + 2 * p - _span(k, d) + 1, *FORGOT_STRIDE),
    (lambda n, k, s, p, d: (n + 2 * p - _span(k, d)) // s, *FORGOT_PLUS_ONE),
    (lambda n, k, s, p, d: (n + 2 * p - k) // s + 1, *_FORGOT_DILATION),
    (
        lambda n, k, s, p, d: (n + 2 * p - _span(k, d + 1)) // s + 1,
        "Your dilation counts from 0: you left d pixels out between two weights.",
        "Here d is the distance from weight to weight. d = 1 leaves nothing out.",
    ),
    (
        lambda n, k, s, p, d: (n + 2 * p - d * k) // s + 1,
        "Your kernel spans d·k pixels.",
        "k weights have k − 1 gaps between them: the span is d(k − 1) + 1.",
    ),
    (
        lambda n, k, s, p, d: (n + 2 * p - d * (k - 1)) // s,
        "You divided the + 1, too.",
        "The first place takes no step: its + 1 stands outside the fraction.",
    ),
    (
        lambda n, k, s, p, d: (n + 2 * p - _span(k, d) + 1) // s + 1,
        "Off by one: you let the kernel stand one pixel too far to the right.",
        "The last start is n + 2p less the whole span, and the span is d(k − 1) + 1.",
    ),
    (
        lambda n, k, s, p, d: -(-n // s),
        "That is ⌈n / s⌉, the size that “same” padding gives.",
        "Here the padding is p per side, whatever size comes out.",
    ),
]


def output_size(answer: object) -> Feedback:
    """Check ``(n, k, s, p, d) -> size`` of a convolution's output along one axis.

    Examples
    --------
    >>> output_size(lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) / s + 1).message
    'You forgot the floor.'
    """
    return compare_function(
        answer,
        lambda n, k, s, p, d: shapes.conv_output_size(n, k, s, p, d),
        _LAYERS,
        mistakes=OUTPUT_SIZE_MISTAKES,
        hint="Span first: d(k − 1) + 1. Then count the starts, s pixels apart.",
        praise="Right, for six layers.",
    )


# --------------------------------------------------------------------------------------
# How often each pixel is used

_MAPS = [
    (8, 3, 1, 0, 1),
    (8, 3, 1, 1, 1),
    (7, 3, 2, 0, 1),
    (9, 3, 1, 2, 2),
    (8, 2, 3, 1, 1),
    (8, 3, 2, 1, 2),
]


def _starts(n: int, k: int, s: int, p: int, d: int) -> range:
    """Count off where windows start along one axis; pixel 0 is the first that is no padding."""
    return range(-p, n + p - _span(k, d) + 1, s)


def _taps(n: int, k: int, s: int, p: int, d: int) -> list[int]:
    """List every pixel that a tap of a window reads along one axis, padding included."""
    return [start + j * d for start in _starts(n, k, s, p, d) for j in range(k)]


def _uses(n: int, taps: list[int]) -> Array:
    """Count how often each of n pixels is among the taps; those in the padding don't count."""
    return np.bincount([i for i in taps if 0 <= i < n], minlength=n)


def _on_axis(n: int, k: int, s: int, p: int, d: int) -> Array:
    return _uses(n, _taps(n, k, s, p, d))


def _square(uses: Array) -> Array:
    return np.outer(uses, uses)


def _padded_map(n: int, k: int, s: int, p: int, d: int) -> Array:
    taps = [i + p for i in _taps(n, k, s, p, d)]
    return _square(_uses(n + 2 * p, taps))


def _without_last(n: int, k: int, s: int, p: int, d: int) -> Array:
    return _square(_uses(n, _taps(n, k, s, p, d)[:-k]))


def _cut_from_the_end(n: int, k: int, s: int, p: int, d: int) -> Array:
    return _padded_map(n, k, s, p, d)[p:-p, p:-p]


def _unstrided(n: int, k: int, s: int, p: int, d: int) -> Array:
    starts = [i - p for i in range(len(_starts(n, k, s, p, d)))]
    return _square(_uses(n, [start + j * d for start in starts for j in range(k)]))


def _contiguous(n: int, k: int, s: int, p: int, d: int) -> Array:
    return _square(_uses(n, [i + j for i in _starts(n, k, s, p, d) for j in range(k)]))


def _hanging_over(n: int, k: int, s: int, p: int, d: int) -> Array:
    starts = range(-p, n + p, s)
    return _square(_uses(n, [start + j * d for start in starts for j in range(k)]))


def _fitting_undilated(n: int, k: int, s: int, p: int, d: int) -> Array:
    starts = _starts(n, k, s, p, 1)
    return _square(_uses(n, [start + j * d for start in starts for j in range(k)]))


def _solid(n: int, k: int, s: int, p: int, d: int) -> Array:
    return _square(_on_axis(n, _span(k, d), s, p, 1))


def _wrapped_left(n: int, k: int, s: int, p: int, d: int) -> Array:
    return _square(_uses(n, [i + n if i < 0 else i for i in _taps(n, k, s, p, d)]))


def _wrapped(n: int, k: int, s: int, p: int, d: int) -> Array:
    return _square(_uses(n, [i % n for i in _taps(n, k, s, p, d)]))


_WRAPS = Mistake(
    "Your windows wrap round: what hangs over one side is counted on the other.",
    "In Python, used[-1] is the last pixel. Count on a padded map, then cut the padding off.",
)

USE_MAP_MISTAKES: list[FunctionRow] = [
    (
        _padded_map,
        "Your map includes the padding.",
        "Cut it off before you return: used[p : p + n, p : p + n].",
    ),
    (
        _cut_from_the_end,
        "Where p is 0, your map is empty: used[0:-0] holds nothing.",
        "Count from the front: cut with used[p : p + n].",
    ),
    (lambda n, k, s, p, d: _square(_on_axis(n, k, s, 0, d)), *FORGOT_PADDING),
    (lambda n, k, s, p, d: _square(_on_axis(n, k, 1, p, d)), *FORGOT_STRIDE),
    (lambda n, k, s, p, d: _square(_on_axis(n, k, s, p, 1)), *_FORGOT_DILATION),
    (
        _unstrided,
        "You have as many windows as the stride leaves, but they stand side by side.",
        "Window number r doesn't start at r. How far is it from the one before it?",
    ),
    (
        _contiguous,
        "Your windows start in the right places, and read k pixels in a row.",
        "Neighbouring weights lie d pixels apart: the slice needs a step.",
    ),
    (
        _hanging_over,
        "Your last windows hang over the edge.",
        "NumPy cuts a long slice and says nothing. Which start is the last that fits?",
    ),
    (
        _fitting_undilated,
        "Your windows are dilated, but you count as many as without dilation.",
        "A dilated window spans d(k − 1) + 1 pixels, so fewer places have room for it.",
    ),
    (
        _solid,
        "Your dilated kernel has no holes.",
        "It reads every d-th pixel of its window and skips the others.",
    ),
    (
        _without_last,
        "Off by one: the last window of each axis is missing.",
        "There are ⌊…⌋ + 1 windows, and range(m) stops before m.",
    ),
    (_wrapped_left, *_WRAPS),
    (_wrapped, *_WRAPS),
    (
        lambda n, k, s, p, d: np.add.outer(*[_on_axis(n, k, s, p, d)] * 2),
        "You added the counts of the two axes.",
        "3 rows of windows times 3 columns of windows are 9 windows: multiply.",
    ),
    (
        lambda n, k, s, p, d: np.minimum(_square(_on_axis(n, k, s, p, d)), 1),
        "Your map says whether a pixel is used, and not how often.",
        "Add 1 for every window that reads the pixel: += 1, not = 1.",
    ),
]


def use_map(answer: object) -> Feedback:
    """Check ``(n, k, s, p, d) -> map``, shape (n, n): how many outputs use each pixel.

    Examples
    --------
    >>> use_map(lambda n, k, s, p, d: np.ones((n, n))).status
    'failed'
    """
    return compare_function(
        answer,
        lambda n, k, s, p, d: _square(_on_axis(n, k, s, p, d)),
        _MAPS,
        mistakes=USE_MAP_MISTAKES,
        hint="For each window, add 1 to the pixels that it reads: used[r : … : d, c : … : d] += 1.",
        praise="Right, also with stride, dilation and padding.",
    )


# --------------------------------------------------------------------------------------
# "Same" padding, split

# Totals 4, 0 (the formula gives −2), 1, 3, 2, 7.
_SAMES = [(28, 5, 1, 1), (6, 1, 3, 1), (8, 3, 2, 1), (9, 4, 1, 1), (7, 3, 2, 1), (10, 4, 2, 3)]


def _total(n: int, k: int, s: int, d: int) -> int:
    """Return what "same" pads in all, by TensorFlow's rule."""
    before, after = shapes.same_padding(n, k, s, d)
    return int(before + after)


def _unclipped(n: int, k: int, s: int, d: int) -> tuple[int, int]:
    total = (-(-n // s) - 1) * s + _span(k, d) - n
    return total // 2, total - total // 2


def _rounded_down_size(n: int, k: int, s: int, d: int) -> tuple[int, int]:
    total = max((n // s - 1) * s + _span(k, d) - n, 0)
    return total // 2, total - total // 2


def _as_many_as_pixels(n: int, k: int, s: int, d: int) -> tuple[int, int]:
    total = (n - 1) * s + _span(k, d) - n
    return total // 2, total - total // 2


_HABIT = Mistake(
    "That is PyTorch's habit: it looks at the kernel alone.",
    "“Same” asks where the last window ends, so n and s count, too.",
)

SAME_SPLIT_MISTAKES: list[FunctionRow] = [
    (
        lambda n, k, s, d: shapes.same_padding(n, k, s, d)[::-1],
        "The odd pixel stands before; TensorFlow and PyTorch put it after.",
        "before = total // 2, and after is the rest.",
    ),
    (
        lambda n, k, s, d: (_total(n, k, s, d),) * 2,
        "You put the whole padding on each side.",
        "What the formula gives is the total. Half of it goes on each side.",
    ),
    (
        _total,
        "That is the total. Split it.",
        "Return two numbers: before = total // 2, and after = total − before.",
    ),
    (
        lambda n, k, s, d: "same",
        "You handed in the word; two numbers are wanted.",
        "Return before and after: how many zeros stand on each side.",
    ),
    (
        lambda n, k, s, d: (_total(n, k, s, d) / 2,) * 2,
        "You cut a pixel in half where the total is odd.",
        "Use // for before; after is what is left of the total.",
    ),
    (lambda n, k, s, d: ((k - 1) // 2,) * 2, *_HABIT),
    (lambda n, k, s, d: (d * (k - 1) // 2,) * 2, *_HABIT),
    (
        _as_many_as_pixels,
        "Your padding makes n outputs at every stride.",
        "“Same” makes ⌈n / s⌉ of them, and that is n at stride 1 only.",
    ),
    (
        lambda n, k, s, d: (_total(n, k, s, d) // 2,) * 2,
        "Both sides are rounded down: an odd pixel is lost.",
        "after is what is left of the total: total − before.",
    ),
    (
        lambda n, k, s, d: (-(-_total(n, k, s, d) // 2),) * 2,
        "Both sides are rounded up: there is a pixel too many where the total is odd.",
        "before = total // 2, and after is the rest.",
    ),
    (
        _unclipped,
        "Your padding can be negative.",
        "A stride larger than the kernel may need none at all: max(total, 0).",
    ),
    (
        lambda n, k, s, d: shapes.same_padding(n, k, 1, d),
        "That is the padding for stride 1.",
        "With a stride the last window starts at (⌈n / s⌉ − 1)s.",
    ),
    (lambda n, k, s, d: shapes.same_padding(n, k, s, 1), *_FORGOT_DILATION),
    (
        _rounded_down_size,
        "You rounded n / s down.",
        "“Same” makes ⌈n / s⌉ outputs, rounded up: -(-n // s) in Python.",
    ),
]


def same_split(answer: object) -> Feedback:
    """Check ``(n, k, s, d) -> (before, after)``, the padding that makes ⌈n / s⌉ outputs.

    Examples
    --------
    >>> same_split(lambda n, k, s, d: shapes.same_padding(n, k, s, d)[::-1]).message
    'The odd pixel stands before; TensorFlow and PyTorch put it after.'
    """
    return compare_function(
        answer,
        lambda n, k, s, d: shapes.same_padding(n, k, s, d),
        _SAMES,
        mistakes=SAME_SPLIT_MISTAKES,
        hint="The last window starts at (⌈n / s⌉ − 1)s and spans d(k − 1) + 1. Compare with n.",
        praise="Right: the odd pixel goes after, and nothing is ever negative.",
    )


# --------------------------------------------------------------------------------------
# Layers that halve

_RANGES = {"k": range(1, 6), "s": range(1, 4), "p": range(4), "d": range(1, 4)}
_EVEN = range(16, 65, 2)


def _halves(k: int, s: int, p: int, d: int, *, sizes: range = _EVEN) -> bool:
    return all(2 * shapes.conv_output_size(n, k, s, p, d) == n for n in sizes)


def _halves_by_total_padding(k: int, s: int, p: int, d: int) -> bool:
    """Tell whether a layer would halve if p were the padding of both sides together."""
    split = (p // 2, p - p // 2)
    return all(2 * shapes.conv_output_size(n, k, s, split, d) == n for n in _EVEN)


_HALVING: set[Layer] = {
    (k, s, p, d) for k, s, p, d in itertools.product(*_RANGES.values()) if _halves(k, s, p, d)
}
# Those that make ⌊n / 2⌋ of an odd n, too: what remains if odd n are tested with n // 2.
_ROUNDING_DOWN = {
    (k, s, p, d) for k, s, p, d in _HALVING if shapes.conv_output_size(17, k, s, p, d) == 8
}


def halving_layers(answer: object) -> Feedback:
    """Check a list of all ``(k, s, p, d)`` that halve every even n, in the exercise's ranges.

    Examples
    --------
    >>> halving_layers([(2, 2, 0, 1), (3, 2, 1, 1)]).message
    'All of yours halve, but 10 are missing.'
    """
    hint = "Four loops over k, s, p and d; keep what gives n / 2 for every even n."
    if isinstance(answer, str) and answer.strip():
        return Feedback("failed", "Your answer is a text, and should be a list of tuples.", hint)
    return judge_layers(
        answer,
        Wanted(_HALVING, _RANGES, example=(2, 2, 0, 1), verb="halve"),
        _layer_fault,
        _odd_fault,
        _missing_hint,
        example_hint=" It halves every even n, and no layer halves an odd one.",
        hint=hint,
        praise="Right, all twelve: s = 2 and p = ⌊d(k − 1) / 2⌋, for every k and d.",
    )


def _odd_fault(layers: list[Layer]) -> Mistake | None:
    """Say so where odd n must have been tested as well; None if not."""
    for way, left in (("down", _ROUNDING_DOWN), ("up", _HALVING - _ROUNDING_DOWN)):
        if sorted(layers) == sorted(left):
            return Mistake(
                f"All of yours halve, but you have tested odd n as well, rounded {way}.",
                "Only even n count: range(16, 65, 2).",
            )
    return None


def _layer_fault(layer: Layer, name: str) -> Mistake:
    """Say why a layer does not halve."""
    if _halves_by_total_padding(*layer):
        return Mistake(
            f"{name} would halve if p were the padding of both sides together.",
            "p is per side, so it counts twice.",
        )
    n = next(n for n in _EVEN if not _halves(*layer, sizes=range(n, n + 1)))
    size = shapes.conv_output_size(n, *layer)
    some = "" if n == _EVEN[0] else f" It does halve {_EVEN[0]}."
    return Mistake(
        f"{name} makes {size} of {n}, and half of it is {n // 2}.{some}",
        "It has to halve every even n, so try them all, or look at ⌊ ⌋.",
    )


def _missing_hint(found: set[Layer]) -> str:
    """Point to a kind of layer that none of the found ones is of."""
    if all(d == 1 for *_, d in found):
        return "None of yours is dilated."
    if all(k % 2 for k, *_ in found):
        return "None of yours has an even kernel. The floor can swallow an odd pixel."
    if all(k > 1 for k, *_ in found):
        return "The smallest kernel halves, too."
    return "For each k and d, which p makes ⌊(n + 2p − d(k − 1) − 1) / 2⌋ + 1 equal to n / 2?"
