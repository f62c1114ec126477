"""Checks for chapter 7, convolution in three dimensions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz import ops, shapes
from cnnviz.check._feedback import Feedback
from cnnviz.check._functions import compare_function
from cnnviz.check._mistakes import (
    FORGOT_FLOOR,
    FORGOT_PADDING,
    FORGOT_PLUS_ONE,
    FORGOT_STRIDE,
    KERNEL_FLIPPED,
    OFF_BY_ONE_RIGHT,
    PADDING_ONE_SIDE,
    FunctionRow,
    Mistake,
)
from cnnviz.check._values import judge

__all__ = ["correlate3d", "factored_weights", "output_shape_3d", "rightward_kernel"]

Array = NDArray[Any]
Triple = Sequence[int]


def _hinted(feedback: Feedback, hints: Mapping[str, str]) -> Feedback:
    """Give a failure whose message holds one of the words the hint that goes with it."""
    if feedback.status == "failed":
        for words, hint in hints.items():
            if words in feedback.message:
                return replace(feedback, hint=hint)
    return feedback


# --------------------------------------------------------------------------------------
# The output's shape

# (volume, kernel, stride, padding): no two axes alike, and some strides leave a remainder.
_LAYERS = [
    ((16, 24, 30), (3, 3, 3), (1, 1, 1), (0, 0, 0)),
    ((16, 24, 30), (2, 3, 5), (1, 2, 3), (0, 1, 2)),
    ((9, 32, 47), (3, 7, 4), (1, 2, 2), (1, 3, 0)),
    ((10, 21, 18), (4, 1, 3), (3, 2, 1), (2, 0, 1)),
]


def _per_axis(one_axis: Callable[[int, int, int, int], float]) -> Callable[..., tuple[float, ...]]:
    """Return a function of four triples that applies a formula in n, k, s, p to each axis."""

    def on_each_axis(*layer: Triple) -> tuple[float, ...]:
        return tuple(one_axis(*axis) for axis in zip(*layer, strict=True))

    return on_each_axis


def _shape(n: Triple, k: Triple, s: Triple, p: Triple) -> tuple[int, ...]:
    return shapes.geometry(n, k, s, p).output


def _first_for_all(place: int) -> Callable[..., tuple[float, ...]]:
    """Return a function that uses one argument's first number for all three axes."""

    def wrong(*layer: Triple) -> tuple[float, ...]:
        changed = list(layer)
        changed[place] = (layer[place][0],) * 3
        return _shape(*changed)

    return wrong


OUTPUT_SHAPE_3D_MISTAKES: list[FunctionRow] = [
    (_per_axis(lambda n, k, s, p: (n + 2 * p - k) / s + 1), *FORGOT_FLOOR),
    (
        _per_axis(lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1),
        "You rounded up.",
        FORGOT_FLOOR.hint,
    ),
    (
        _per_axis(lambda n, k, s, p: round((n + 2 * p - k) / s) + 1),
        "You rounded to the nearest whole number.",
        FORGOT_FLOOR.hint,
    ),
    (
        _per_axis(lambda n, k, s, p: round((n + 2 * p - k) / s + 1)),
        "You rounded to the nearest whole number.",
        FORGOT_FLOOR.hint,
    ),
    (
        _per_axis(lambda n, k, s, p: (n + 2 * p - k + 1) // s),
        "You added the 1 before you divided.",
        "n + 2p − k pixels make ⌊(n + 2p − k) / s⌋ steps; the + 1 is the first place.",
    ),
    (
        _per_axis(lambda n, k, s, p: n - k + 1),
        "You forgot both the padding and the stride.",
        "The padded axis is n + 2p long, and the kernel moves by s.",
    ),
    (_per_axis(lambda n, k, s, p: (n + 2 * p - k) // s), *FORGOT_PLUS_ONE),
    (_per_axis(lambda n, k, s, p: n + 2 * p - k + 1), *FORGOT_STRIDE),
    (_per_axis(lambda n, k, s, p: (n - k) // s + 1), *FORGOT_PADDING),
    (_per_axis(lambda n, k, s, p: (n + p - k) // s + 1), *PADDING_ONE_SIDE),
    (
        lambda *layer: _shape(*layer)[::-1],
        "Your axes are the wrong way round: that is (W, H, D).",
        "Depth comes first, then height, then width, as in the volume's own shape.",
    ),
    (
        lambda *layer: [_shape(*layer)[axis] for axis in (0, 2, 1)],
        "Height and width are swapped.",
        "The order is depth, height, width: (D, H, W).",
    ),
    (
        lambda *layer: [_shape(*layer)[axis] for axis in (1, 0, 2)],
        "Depth and height are swapped.",
        "The order is depth, height, width: (D, H, W).",
    ),
    (
        lambda n, k, s, p: _shape(n, k[::-1], s, p),
        "You laid the kernel on with its axes in reverse.",
        "The kernel's first size belongs to the volume's first axis.",
    ),
    (
        _first_for_all(1),
        "You used the kernel size of the first axis for all three.",
        "Each axis has its own n, k, s and p.",
    ),
    (
        _first_for_all(2),
        "You used the stride of the first axis for all three.",
        "Each axis has its own n, k, s and p.",
    ),
    (
        _first_for_all(3),
        "You used the padding of the first axis for all three.",
        "Each axis has its own n, k, s and p.",
    ),
    (
        lambda *layer: np.prod(_shape(*layer)),
        "That is how many outputs there are. Return the three sizes.",
        "A tuple: (depth, height, width).",
    ),
    (
        lambda n, k, s, p: (n[0], *_shape(n, k, s, p)[1:]),
        "You left the depth as it was.",
        "A 3-D kernel moves along the depth as well.",
    ),
    (
        lambda *layer: _shape(*layer)[1:],
        "That is the height and the width only.",
        "A 3-D kernel moves along the depth as well: three sizes.",
    ),
    (
        lambda *layer: _shape(*layer)[0],
        "That is the depth only. Return the three sizes.",
        "A tuple: (depth, height, width).",
    ),
]


def output_shape_3d(answer: object) -> Feedback:
    """Check ``(volume, kernel, stride, padding) -> shape``, each of them (D, H, W).

    Examples
    --------
    >>> output_shape_3d(lambda *layer: _shape(*layer)[::-1]).message
    'Your axes are the wrong way round: that is (W, H, D).'
    """
    feedback = compare_function(
        answer,
        _shape,
        _LAYERS,
        mistakes=OUTPUT_SHAPE_3D_MISTAKES,
        hint="The axes do not influence each other: one formula, three times.",
        praise="Right: one formula, three times.",
    )
    # A tuple times 2 is a longer tuple, so that (v + 2*p - k)//s stops in one of two ways.
    on_tuples = "Tuples do not add like numbers: take the axes one by one, with zip."
    return _hinted(feedback, {"unsupported operand": on_tuples, "concatenate": on_tuples})


# --------------------------------------------------------------------------------------
# Convolution by loops

_RNG = np.random.default_rng(7)
_VOLUMES = [
    (_RNG.integers(-9, 10, (3, 4, 5)), _RNG.integers(-4, 5, (2, 2, 3))),
    (_RNG.integers(-9, 10, (5, 4, 3)), _RNG.integers(-4, 5, (3, 2, 1))),
    (_RNG.integers(-9, 10, (4, 5, 6)), _RNG.integers(-4, 5, (2, 3, 2))),
]


def _flipped(*axes: int) -> Callable[[Array, Array], Array]:
    return lambda volume, kernel: ops.correlate(volume, np.flip(kernel, axes))


def _without_last(axis: int) -> Callable[[Array, Array], Array]:
    return lambda volume, kernel: np.delete(ops.correlate(volume, kernel), -1, axis)


def _last_slice(volume: Array, kernel: Array) -> Array:
    """Give what is left when the sum is started anew for every slice of the kernel."""
    return ops.correlate(volume[len(kernel) - 1 :], kernel[-1:])


def _first_slice(volume: Array, kernel: Array) -> Array:
    return ops.correlate(volume, kernel[:1])[: len(volume) - len(kernel) + 1]


def _full_depth(volume: Array, kernel: Array) -> Array:
    """Slide along two axes only, each slice of the volume with the kernel's slices summed."""
    return ops.correlate(volume, kernel.sum(axis=0, keepdims=True))


def _backwards(volume: Array, kernel: Array) -> Array:
    """Read the voxel [z − l, r − i, c − j]; below 0 NumPy counts from the other end."""
    wrapped = np.pad(volume, [(k - 1, 0) for k in kernel.shape], mode="wrap")
    places = (slice(n - k + 1) for n, k in zip(volume.shape, kernel.shape, strict=True))
    return ops.convolve(wrapped, kernel)[tuple(places)]


def _as_large(volume: Array, kernel: Array) -> Array:
    """Write the right numbers into an array of the volume's shape."""
    short = [(0, k - 1) for k in kernel.shape]
    return np.pad(ops.correlate(volume, kernel), short)


_MEETS = "the weight [l, i, j] meets the voxel [z + l, r + i, c + j]."
_FORWARDS = f"Every axis is read forwards: {_MEETS}"
_PLACES = "Each axis has its own n and k, and n − k + 1 places."
_NO_CUBE = "The kernel need not be a cube: read its three sizes from kernel.shape."


CORRELATE3D_MISTAKES: list[FunctionRow] = [
    (ops.convolve, *KERNEL_FLIPPED),
    (_flipped(0), "Your kernel is flipped along its depth.", _FORWARDS),
    (_flipped(1), "Your kernel is flipped along its height.", _FORWARDS),
    (_flipped(2), "Your kernel is flipped along its width.", _FORWARDS),
    (
        _flipped(1, 2),
        "Your kernel is flipped in height and width, and not in depth.",
        KERNEL_FLIPPED.hint,
    ),
    (
        _without_last(0),
        "Off by one: the last place along the depth is missing.",
        OFF_BY_ONE_RIGHT.hint,
    ),
    (
        _without_last(1),
        "Off by one: the last place along the height is missing.",
        OFF_BY_ONE_RIGHT.hint,
    ),
    (
        _without_last(2),
        "Off by one: the last place along the width is missing.",
        OFF_BY_ONE_RIGHT.hint,
    ),
    (
        lambda volume, kernel: ops.correlate(volume, kernel)[:-1, :-1, :-1],
        "Off by one: the last place along every axis is missing.",
        f"{_PLACES} range(m) stops before m.",
    ),
    (
        _as_large,
        "The numbers are right, but your array is as large as the volume.",
        "There are n − k + 1 places along each axis, not n.",
    ),
    (
        lambda volume, kernel: ops.correlate(
            volume[tuple(slice(k - 1, None) for k in kernel.shape)],
            kernel[-1:, -1:, -1:],
        ),
        "Only the kernel's last weight counts: each product replaces the one before.",
        "A sum is collected with +=, not with =.",
    ),
    (
        _backwards,
        "You read the volume backwards from each place.",
        f"Forwards, not backwards: {_MEETS}",
    ),
    (
        lambda volume, kernel: ops.correlate(volume, kernel).astype(np.uint8),
        "Your sums wrap round: uint8 holds 0 to 255 and nothing else.",
        "Make the output with np.zeros(…), without a dtype.",
    ),
    (
        _last_slice,
        "Only the kernel's last slice counts: the sum starts anew for each slice.",
        "Add up over all three axes of the kernel before you go on: +=, not =.",
    ),
    (_first_slice, "Only the kernel's first slice counts.", "Loop over its depth as well."),
    (
        _full_depth,
        "Each output sees one slice of the volume only.",
        "The kernel's slice l lies on the volume's slice z + l.",
    ),
    (
        lambda volume, kernel: ops.correlate(volume, kernel) / kernel.size,
        "That is the mean over the window, and the sum is asked for.",
        "Do not divide by the number of weights.",
    ),
]


def correlate3d(answer: object) -> Feedback:
    """Check ``(volume, kernel) -> map``: no padding, stride 1, the kernel unflipped.

    Examples
    --------
    >>> correlate3d(lambda volume, kernel: ops.correlate(volume, kernel[::-1])).message
    'Your kernel is flipped along its depth.'
    """
    feedback = compare_function(
        answer,
        ops.correlate,
        _VOLUMES,
        mistakes=CORRELATE3D_MISTAKES,
        hint="Three loops over the output, and three over the kernel inside them.",
        praise="Right, on three volumes.",
    )
    return _hinted(
        feedback,
        {
            "IndexError": f"{_PLACES} There {_MEETS}",
            "broadcast": _NO_CUBE,
            "should be of shape": f"{_PLACES} {_NO_CUBE}",
        },
    )


# --------------------------------------------------------------------------------------
# The weights of a factored layer

# (channels_in, middle, channels_out, k_t, k)
_FACTORED = [(64, 144, 64, 3, 3), (3, 45, 64, 3, 7), (16, 10, 32, 5, 3), (1, 2, 4, 3, 5)]


_SWAPPED = Mistake(
    "Time and space are swapped.",
    "The first layer's kernels are 1 × k × k, the second's k_t × 1 × 1.",
)

_XOR = Mistake("In Python ^ is no power.", "A square is written k**2, or k * k.")

FACTORED_WEIGHTS_MISTAKES: list[FunctionRow] = [
    (
        lambda c, m, out, k_t, k: out * c * k_t * k * k,
        "That is the 3-D layer that the two replace.",
        "Count two layers: 1 × k × k into the middle, then k_t × 1 × 1 out of it.",
    ),
    (
        lambda c, m, out, k_t, k: c * m * k * k * m * out * k_t,
        "You multiplied the two layers: their weights add.",
        "They stand one after the other, each with kernels of its own.",
    ),
    (
        lambda c, m, out, k_t, k: m * c * k + out * m * k_t,
        "Your first kernel is a row of k.",
        "In space it is k × k: k² weights.",
    ),
    (lambda c, m, out, k_t, k: m * c * k_t * k_t + out * m * k, *_SWAPPED),
    (lambda c, m, out, k_t, k: m * c * k_t + out * m * k * k, *_SWAPPED),
    (
        lambda c, m, out, k_t, k: m * c * k * k + out * m * k_t * k_t,
        "Your second kernel is k_t × k_t.",
        "In time there is one axis: k_t weights a channel.",
    ),
    (
        lambda c, m, out, k_t, k: out * c * k * k + out * m * k_t,
        "Your first layer makes as many channels as the second.",
        "It makes `middle` of them.",
    ),
    (
        lambda c, m, out, k_t, k: m * c * k * k + out * c * k_t,
        "Your second layer reads the input's channels.",
        "It reads what the first layer made: `middle` channels.",
    ),
    (
        lambda c, m, out, k_t, k: c * out * (k * k + k_t),
        "You left the middle out: both your layers lead from the input to the output.",
        "The first makes `middle` channels, and the second reads them.",
    ),
    (
        lambda c, m, out, k_t, k: m * k * k + out * k_t,
        "You forgot the channels that each kernel reads.",
        "A kernel has a slice of weights for every channel that comes in.",
    ),
    (
        lambda c, m, out, k_t, k: m * k * k + out * m * k_t,
        "You forgot the channels that the first layer reads.",
        "A kernel has a slice of weights for every channel that comes in.",
    ),
    (
        lambda c, m, out, k_t, k: m * c * k * k + m * k_t,
        "You counted one kernel of the second layer.",
        "A layer has a kernel for every channel that it makes.",
    ),
    (
        lambda c, m, out, k_t, k: (m * c * k * k, out * m * k_t),
        "Those are the two layers one by one. Return their sum.",
        "How many together?",
    ),
    (
        lambda c, m, out, k_t, k: k_t * k * k * c * out // (k * k * c + k_t * out),
        "That is the middle that Tran et al. choose.",
        "Here the middle is given, and the weights are asked for.",
    ),
    # ^ comes after + and *: without brackets it takes the whole of both sides.
    (lambda c, m, out, k_t, k: m * c * k ^ 2 + out * m * k_t, *_XOR),
    (lambda c, m, out, k_t, k: m * c * (k ^ 2) + out * m * k_t, *_XOR),
    (
        lambda c, m, out, k_t, k: m * c * k * k + m + out * m * k_t + out,
        "You counted the biases, too.",
        "Weights only: nothing for `+ middle` or `+ K`.",
    ),
]


def factored_weights(answer: object) -> Feedback:
    """Check ``(channels_in, middle, channels_out, k_t, k) -> weights`` of a (2+1)-D pair.

    Examples
    --------
    >>> factored_weights(lambda c, m, out, k_t, k: c * m * k * k * m * out * k_t).message
    'You multiplied the two layers: their weights add.'
    """
    return compare_function(
        answer,
        lambda c, m, out, k_t, k: m * c * k * k + out * m * k_t,
        _FACTORED,
        mistakes=FACTORED_WEIGHTS_MISTAKES,
        hint="A layer has K · C · k₁ · k₂ · k₃ weights. Here are two layers.",
        praise="Right, for four pairs.",
    )


# --------------------------------------------------------------------------------------
# A kernel for motion to the right

_FRAMES, _WIDTH = 6, 16


def _moving(step: int) -> Array:
    """Return a clip (6, 1, 16) of a pattern that moves by `step` pixels a frame."""
    pattern = np.random.default_rng(11).integers(0, 256, _WIDTH + 2 * _FRAMES).astype(float)
    starts = _FRAMES - step * np.arange(_FRAMES)
    return np.stack([pattern[start : start + _WIDTH] for start in starts])[:, None]


def _answers(kernel: Array, clip: Array) -> bool:
    """Tell whether a kernel gives anything but 0 (and rounding) on a clip."""
    scale = np.abs(kernel).max() * clip.max()
    return bool(np.abs(ops.correlate(clip, kernel)).max() > 1e-6 * scale)


def _heard(kernel: Array) -> tuple[bool, bool, bool]:
    """Tell whether a kernel answers to motion to the left, to none, and to the right."""
    left, still, right = (_answers(kernel, _moving(step)) for step in (-1, 0, 1))
    return left, still, right


def rightward_kernel(answer: object) -> Feedback:
    """Check a kernel (3, 1, 3) that is deaf to what stands still and to what moves left by one.

    Both have to give 0 everywhere, and what moves to the right by 1 pixel a frame must not.

    Examples
    --------
    >>> rightward_kernel(np.eye(3)[:, None]).message
    'Your kernel answers to what stands still, too.'
    """
    return judge(
        answer,
        _motion_fault,
        shape=(3, 1, 3),
        hint="Shape (frames, 1, columns). Which sums of weights have to be 0?",
        praise="Right: 0 for what stands still or moves left by one, an answer to right by one.",
    )


def _motion_fault(kernel: Array) -> Mistake | None:
    """Say what is wrong with a kernel (3, 1, 3); None if nothing is."""
    left, still, right = _heard(kernel)
    if not right:
        if left and not still:
            return Mistake(
                "Your kernel answers to motion to the left, and not to the right.",
                "It is right for the other direction. Which way do its diagonals run?",
            )
        if not kernel.any():
            return Mistake("Your kernel is all zeros, and answers to nothing.")
        return Mistake(
            "Your kernel doesn't answer to motion to the right.",
            "Read the kernel as a 3×3 table. What moves to the right meets the diagonals from top "
            "left to bottom right: their five sums must not all be 0.",
        )
    if still and not left:
        return Mistake(
            "Your kernel doesn't answer to motion to the left, but to what stands still it does.",
            "What stands still meets kernel[:, 0, j]: each column's sum must be 0.",
        )
    if still:
        return Mistake(
            "Your kernel answers to what stands still, too.",
            "What stands still meets kernel[:, 0, j]: each column's sum must be 0.",
        )
    if left:
        return Mistake(
            "Your kernel answers to motion to the left as well.",
            "Read the kernel as a 3×3 table. Each of its five diagonals from top right to bottom "
            "left must sum to 0, the corners too.",
        )
    return None
