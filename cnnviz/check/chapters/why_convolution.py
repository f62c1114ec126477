"""Checks for chapter 1, "Why convolution?"."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz import ops
from cnnviz.check._feedback import Feedback
from cnnviz.check._functions import compare_function
from cnnviz.check._mistakes import FORGOT_BIAS, FunctionRow, Mistake, ValueRow
from cnnviz.check._values import compare, judge
from cnnviz.check._words import show

__all__ = [
    "conv_multiplications",
    "conv_parameters",
    "dense_parameters",
    "diagonal_detector",
    "equivariance_error",
]

Layer = Callable[[NDArray[Any]], NDArray[Any]]
Shape = tuple[int, int, int]  # channels, height, width
Pair = tuple[int, int]  # height, width

# --------------------------------------------------------------------------------------
# Counting

FORGOT_CHANNELS = Mistake(
    "You forgot the channels.",
    "A colour picture has three numbers at every pixel, and each of them has its own weight.",
)
FORGOT_KERNELS = Mistake(
    "You counted one kernel only.", "Every kernel has weights of its own and makes its own map."
)


_INPUTS, _UNITS = 64 * 64 * 3, 100

DENSE_PARAMETERS_MISTAKES: list[ValueRow] = [
    (
        _INPUTS * _UNITS,
        "You forgot the biases.",
        "Each of the 100 units has one bias besides its weights.",
    ),
    ((64 * 64 + 1) * _UNITS, *FORGOT_CHANNELS),
    (
        64 * 64 * _UNITS,
        "You forgot the channels, and the biases.",
        "There are 64·64·3 inputs, and each unit has a bias.",
    ),
    (
        _INPUTS * _UNITS + 1,
        "You counted one bias for the whole layer.",
        "Each of the 100 units has its own.",
    ),
    (
        _INPUTS * _UNITS + _INPUTS,
        "You counted a bias for each input.",
        "A bias is added to a unit's sum, so there is one for each unit.",
    ),
    (_INPUTS, "That is the number of inputs.", "Each of the 100 units has a weight for each."),
]


def dense_parameters(answer: object) -> Feedback:
    """Check the parameters of 100 units that each look at all of a 64×64 colour picture.

    Examples
    --------
    >>> dense_parameters(64 * 64 * 3 * 100)
    ✗ You forgot the biases.
      Hint: Each of the 100 units has one bias besides its weights.
    """
    return compare(
        answer,
        (_INPUTS + 1) * _UNITS,
        mistakes=DENSE_PARAMETERS_MISTAKES,
        hint="(inputs + 1) · units",
        praise="Right: over a million, for a picture the size of a stamp.",
    )


def _conv_parameters(image_shape: Shape, kernels: int, kernel_size: Pair) -> int:
    return kernels * (image_shape[0] * math.prod(kernel_size) + 1)


def _places(image_shape: Shape, kernel_size: Pair) -> int:
    _, height, width = image_shape
    return (height - kernel_size[0] + 1) * (width - kernel_size[1] + 1)


# Neither square pictures nor square kernels, and no two numbers alike.
_LAYERS: list[tuple[Shape, int, Pair]] = [
    ((1, 28, 30), 3, (5, 4)),
    ((3, 20, 16), 7, (2, 5)),
    ((6, 9, 11), 2, (3, 1)),
]


CONV_PARAMETERS_MISTAKES: list[FunctionRow] = [
    (lambda shape, n, size: n * shape[0] * math.prod(size), *FORGOT_BIAS),
    (lambda shape, n, size: n * (math.prod(size) + 1), *FORGOT_CHANNELS),
    (lambda shape, n, size: _conv_parameters(shape, 1, size), *FORGOT_KERNELS),
    (
        lambda shape, n, size: n * shape[0] * (math.prod(size) + 1),
        "You counted a bias for each channel of each kernel.",
        "The channels are added up first; then the kernel's one bias is added.",
    ),
    (
        lambda shape, n, size: n * shape[0] * math.prod(size) + 1,
        "You counted one bias for the whole layer.",
        "Each kernel has its own bias.",
    ),
    (
        lambda shape, n, size: n * (shape[0] * math.prod(size) + _places(shape, size)),
        "You counted a bias for each output.",
        "LeCun did so in 1989. Today a kernel's bias is shared, as its weights are.",
    ),
    (
        lambda shape, n, size: _conv_parameters(shape, n, size) * _places(shape, size),
        "Your weights are not shared: you counted new ones for each place.",
        "The same kernel is used everywhere, so the picture's size does not matter.",
    ),
    (
        lambda shape, n, size: _conv_parameters(shape, n, (size[0], size[0])),
        "You took the kernel for a square.",
        "Its height and its width may differ.",
    ),
    (
        lambda shape, n, size: _conv_parameters(shape, n, (size[1], size[1])),
        "You took the kernel for a square.",
        "Its height and its width may differ.",
    ),
]


def conv_parameters(answer: object) -> Feedback:
    """Check a function that counts the weights and biases of a convolutional layer.

    Examples
    --------
    >>> conv_parameters(lambda image_shape, kernels, size: kernels * (size[0] * size[1] + 1))
    ✗ You forgot the channels.
      Case: your function((3, 20, 16), 7, (2, 5)) is 77, and should be 217.
      Hint: A colour picture has three numbers at every pixel, and each of them has its own weight.
    """
    return compare_function(
        answer,
        _conv_parameters,
        _LAYERS,
        mistakes=CONV_PARAMETERS_MISTAKES,
        hint="One kernel: a weight for each of its cells in each channel, and one bias.",
        praise="Right. The picture's height and width never entered.",
    )


def _conv_multiplications(image_shape: Shape, kernels: int, kernel_size: Pair) -> int:
    weights = kernels * image_shape[0] * math.prod(kernel_size)
    return weights * _places(image_shape, kernel_size)


def _places_off_by_one(shape: Shape, size: Pair) -> int:
    return (shape[1] - size[0]) * (shape[2] - size[1])


CONV_MULTIPLICATIONS_MISTAKES: list[FunctionRow] = [
    (
        lambda shape, n, size: n * math.prod(shape) * math.prod(size),
        "You let the kernel stand on every pixel.",
        "It must not stick out: on n pixels a kernel of k has n − k + 1 places.",
    ),
    (
        lambda shape, n, size: n * shape[0] * math.prod(size) * _places_off_by_one(shape, size),
        "The number of places is off by one.",
        "On n pixels a kernel of k has n − k + 1 places.",
    ),
    (lambda shape, n, size: _conv_multiplications((1, *shape[1:]), n, size), *FORGOT_CHANNELS),
    (lambda shape, n, size: _conv_multiplications(shape, 1, size), *FORGOT_KERNELS),
    (
        lambda shape, n, size: n * shape[0] * math.prod(size),
        "You counted the weights.",
        "Each weight is used once at every place.",
    ),
    (
        lambda shape, n, size: n * _places(shape, size),
        "You counted the outputs.",
        "Each output takes a multiplication for every weight of its kernel.",
    ),
    (
        lambda shape, n, size: _conv_parameters(shape, n, size) * _places(shape, size),
        "You counted the bias as a multiplication.",
        "A bias is added, not multiplied.",
    ),
    (
        lambda shape, n, size: _conv_multiplications(shape, n, (size[1], size[0])),
        "Height and width are mixed up.",
        "The kernel's height goes with the picture's height: (H − kh + 1)(W − kw + 1).",
    ),
]


def conv_multiplications(answer: object) -> Feedback:
    """Check a function that counts the multiplications of a layer (stride 1, no padding).

    Examples
    --------
    >>> def no_border(image_shape, kernels, kernel_size):
    ...     channels, height, width = image_shape
    ...     return kernels * channels * kernel_size[0] * kernel_size[1] * height * width
    >>> conv_multiplications(no_border).message
    'You let the kernel stand on every pixel.'
    """
    return compare_function(
        answer,
        _conv_multiplications,
        _LAYERS,
        mistakes=CONV_MULTIPLICATIONS_MISTAKES,
        hint="Places on the picture, times the weights that are used at each.",
        praise="Right. Sharing weights saves memory; it saves no multiplication.",
    )


# --------------------------------------------------------------------------------------
# Detecting

_MIDDLE = np.array([0, 1, 0])

#: The bars of the chapter's simple cells.
_BARS: dict[str, NDArray[Any]] = {
    "vertical": np.tile(_MIDDLE, (3, 1)),
    "horizontal": np.tile(_MIDDLE, (3, 1)).T,
    "falling": np.eye(3, dtype=int),
    "rising": np.eye(3, dtype=int)[::-1],
}


def diagonal_detector(answer: object) -> Feedback:
    """Check a 3×3 kernel that answers to a rising diagonal, and to nothing else as strongly.

    Any kernel will do that answers 0 to a patch of one grey, and to the rising bar at least twice
    as strongly as to the vertical, the horizontal and the falling one.

    Examples
    --------
    >>> diagonal_detector([[0, 0, 1], [0, 1, 0], [1, 0, 0]])
    ✗ Your kernel answers 3 to a patch of ones only.
      Hint: Light alone is no diagonal: the weights must sum to 0.
    """
    return judge(
        answer,
        _detector_fault,
        shape=(3, 3),
        hint="Weigh the cells of the rising bar positively, and the others negatively.",
        praise=_detector_praise,
    )


def _responses(kernel: NDArray[Any]) -> tuple[float, str, float]:
    """Return the answer to the rising bar, and the bar that comes next with its answer."""
    responses = {name: float((kernel * bar).sum()) for name, bar in _BARS.items()}
    rising = responses.pop("rising")
    rival = max(responses, key=lambda name: responses[name])
    return rising, rival, responses[rival]


def _detector_fault(kernel: NDArray[Any]) -> Mistake | str | None:
    largest = float(np.abs(kernel).max())
    if largest == 0:
        return "Your kernel is 0 everywhere: it sees nothing."
    even = float(kernel.sum())
    rising, rival, runner_up = _responses(kernel)
    if abs(even) > 1e-4 * largest:
        return Mistake(
            f"Your kernel answers {show(even)} to a patch of ones only.",
            "Light alone is no diagonal: the weights must sum to 0.",
        )
    if rising < 0:
        return Mistake(
            f"Your kernel answers {show(rising)} to its own bar; it should answer more than 0.",
            "The three weights under the rising bar must add up to more than 0.",
        )
    if runner_up > rising:
        return Mistake(
            f"Your kernel detects the {rival} bar: it answers {show(runner_up)} to that, "
            f"and {show(rising)} to the rising one.",
            "Rows count downwards: a rising bar starts at the bottom left, in row 2, column 0.",
        )
    if rising < 2 * runner_up or rising == 0:
        return Mistake(
            f"Your kernel cannot tell well: it answers {show(rising)} to the rising bar, and "
            f"{show(runner_up)} to the {rival} one.",
            "The rising bar should be answered at least twice as strongly as any other.",
        )
    return None


def _detector_praise(kernel: NDArray[Any]) -> str:
    rising, _, runner_up = _responses(kernel)
    return (
        f"Right: {show(rising)} for the rising bar, at most {show(runner_up)} for the "
        "others, 0 for a patch of one grey."
    )


# --------------------------------------------------------------------------------------
# Shifting


def _shift_right(image: NDArray[Any], columns: int) -> NDArray[Any]:
    shifted = np.zeros_like(image)
    shifted[:, columns:] = image[:, : image.shape[1] - columns]
    return shifted


def _shift_left(image: NDArray[Any], columns: int) -> NDArray[Any]:
    return _shift_right(image[:, ::-1], columns)[:, ::-1]


def _error(
    layer: Layer,
    image: NDArray[Any],
    shift: int,
    steps: int,
    *,
    move: Callable[[NDArray[Any], int], NDArray[Any]] = _shift_right,
    summary: Callable[[NDArray[Any]], Any] = lambda difference: np.abs(difference).max(),
) -> float:
    """Compare the map of a moved picture with the map, moved by `steps`."""
    before, after = layer(image), layer(move(image, shift))
    return float(summary(after[:, steps:] - before[:, : before.shape[1] - steps]))


def _equivariance_error(layer: Layer, image: NDArray[Any], shift: int, stride: int) -> float:
    return _error(layer, image, shift, shift // stride)


_KERNEL = np.array([[1.0, 0.0, -2.0], [0.0, 3.0, 1.0]])


def _stride_1(image: NDArray[Any]) -> NDArray[Any]:
    return ops.correlate(image, _KERNEL)


def _stride_2(image: NDArray[Any]) -> NDArray[Any]:
    return ops.correlate(image, _KERNEL, stride=2)


def _weigh_columns(image: NDArray[Any]) -> NDArray[Any]:
    """Weigh each column by its number first: a layer that is not equivariant."""
    return ops.correlate(image * np.arange(1.0, image.shape[1] + 1), _KERNEL)


def _weigh_columns_down(image: NDArray[Any]) -> NDArray[Any]:
    """Weigh the columns the other way: here the largest difference is a negative one."""
    return -_weigh_columns(image)


# Whole numbers without a period, so that every shift shows: squares modulo a prime.
_IMAGE = (np.arange(9 * 14) ** 2 % 101).reshape(9, 14).astype(float)
_SHIFTS: list[tuple[Layer, NDArray[Any], int, int]] = [
    (_stride_1, _IMAGE, 2, 1),
    (_stride_2, _IMAGE, 4, 2),
    (_weigh_columns, _IMAGE, 3, 1),
    (_weigh_columns_down, _IMAGE, 3, 1),
]


def _whole_map_error(layer: Layer, image: NDArray[Any], shift: int, stride: int) -> float:
    moved = _shift_right(layer(image), shift // stride)
    return float(np.abs(layer(_shift_right(image, shift)) - moved).max())


EQUIVARIANCE_ERROR_MISTAKES: list[FunctionRow] = [
    (
        lambda layer, image, shift, stride: _error(layer, image, shift, 0),
        "You compared the two maps without moving one.",
        "That measures invariance. Move the first map, then compare.",
    ),
    (
        lambda layer, image, shift, stride: _error(layer, image, shift, shift),
        "You moved the map as far as the picture.",
        "One step of the map is `stride` pixels: it moves by shift // stride.",
    ),
    (
        _whole_map_error,
        "You compared the columns that came in at the left as well.",
        "Their windows hold something new: leave out the first shift // stride.",
    ),
    (
        lambda layer, image, shift, stride: _error(
            layer, image, shift, shift // stride, move=_shift_left
        ),
        "The picture moved one way and the map the other.",
        "After a move to the right, old column j is found at j + shift // stride.",
    ),
    (
        lambda layer, image, shift, stride: _error(
            layer, image, shift, shift // stride, summary=np.max
        ),
        "You forgot the absolute value.",
        "−40 is a large difference too.",
    ),
    (
        lambda layer, image, shift, stride: _error(
            layer, image, shift, shift // stride, summary=lambda d: np.abs(d).mean()
        ),
        "You took the mean.",
        "One wrong place should not hide among many right ones: take the largest.",
    ),
]


def equivariance_error(answer: object) -> Feedback:
    """Check a function that measures how far a layer is from shift equivariance.

    Examples
    --------
    >>> def rolled(layer, image, shift, stride):
    ...     before, after = layer(image), layer(np.roll(image, shift, axis=1))
    ...     moved = np.roll(before, shift // stride, axis=1)
    ...     return np.abs(after - moved)[:, shift // stride :].max()
    >>> print(equivariance_error(rolled).message)
    Right: 0 where the layer is equivariant, and a number that tells where it is not.
    """
    return compare_function(
        answer,
        _equivariance_error,
        _SHIFTS,
        mistakes=EQUIVARIANCE_ERROR_MISTAKES,
        hint="With m = shift // stride, column j of the old map is found at column j + m of the "
        "new one. Slice both maps so that they line up, and subtract.",
        praise="Right: 0 where the layer is equivariant, and a number that tells where it is not.",
    )
