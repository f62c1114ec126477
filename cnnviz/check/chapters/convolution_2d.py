"""Checks for chapter 3, convolution in two dimensions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from cnnviz import kernels, ops
from cnnviz.check._feedback import Feedback
from cnnviz.check._functions import compare_function, judge_function
from cnnviz.check._mistakes import (
    HEIGHT_WIDTH_SWAPPED,
    KERNEL_FLIPPED,
    KERNEL_TRANSPOSED,
    OFF_BY_ONE_BOTTOM,
    OFF_BY_ONE_RIGHT,
    FunctionRow,
    Mistake,
    ValueRow,
)
from cnnviz.check._reading import as_numbers
from cnnviz.check._values import compare

__all__ = ["correlate2d", "im2col", "one_output", "separable_factors"]

Array = NDArray[Any]

# --------------------------------------------------------------------------------------
# One output by hand

_IMAGE = np.array(
    [
        [2, 0, 1, 3, 1],
        [1, 2, 0, 2, 5],
        [0, 3, 2, 1, 0],
        [5, 1, 0, 2, 4],
        [1, 0, 3, 1, 2],
    ]
)
_KERNEL = np.array([[1, 0, -1], [2, 1, 0], [0, -1, 3]])
_ROW, _COLUMN = 1, 2


def _window(row: int, column: int) -> Array:
    height, width = _KERNEL.shape
    return _IMAGE[row : row + height, column : column + width]


def _weighted_sum(window: Array, kernel: Array) -> int:
    return int((window * kernel).sum())


_RIGHT_WINDOW = _window(_ROW, _COLUMN)

ONE_OUTPUT_MISTAKES: list[ValueRow] = [
    (_weighted_sum(_RIGHT_WINDOW, _KERNEL[::-1, ::-1]), *KERNEL_FLIPPED),
    (_weighted_sum(_RIGHT_WINDOW, _KERNEL.T), *KERNEL_TRANSPOSED),
    (
        _weighted_sum(_window(_COLUMN, _ROW), _KERNEL),
        "That is the output at row 2, column 1: row and column are swapped.",
        "The row comes first, and rows count downwards.",
    ),
    (
        _weighted_sum(_window(_ROW - 1, _COLUMN - 1), _KERNEL),
        "That is the output at row 0, column 1: your window stands one up and one left.",
        "Counting starts at 0, and output [1, 2] takes its window's top left from [1, 2].",
    ),
    (
        _weighted_sum(_window(0, 0), _KERNEL),
        "That is the output at row 0, column 0: the first window.",
        "Output [1, 2] stands one row down and two columns to the right of it.",
    ),
    (
        _weighted_sum(_RIGHT_WINDOW, abs(_KERNEL)),
        "You added where the kernel subtracts.",
        "Two weights are negative: their products count against the sum.",
    ),
    (
        int(_RIGHT_WINDOW.sum()),
        "That is the sum of the window, without the weights.",
        "Multiply each pixel by the weight that lies on it, then add.",
    ),
    (
        _weighted_sum(_RIGHT_WINDOW, _KERNEL) / _KERNEL.size,
        "That is the mean of the products.",
        "A convolution adds the nine products and does not divide.",
    ),
]


def one_output(answer: object) -> Feedback:
    """Check the output at row 1, column 2 of the exercise's 5×5 image and 3×3 kernel.

    Examples
    --------
    >>> one_output(3).message
    'Your kernel is flipped.'
    """
    return compare(
        answer,
        _weighted_sum(_RIGHT_WINDOW, _KERNEL),
        mistakes=ONE_OUTPUT_MISTAKES,
        hint="The window covers rows 1 to 3 and columns 2 to 4.",
        praise="Right. Nine products, one sum.",
    )


# --------------------------------------------------------------------------------------
# Four nested loops

# Neither square nor symmetric, so that no two mistakes give the same answers. The first is small:
# a reader can follow it by hand.
_PAIRS = [
    (np.array([[1, 2, 0, 3], [0, 3, 1, 2], [4, 0, 2, 5]]), np.array([[1, 2], [3, -1]])),
    (np.arange(35).reshape(5, 7) ** 2 % 11, np.array([[1, -2, 3], [0, 4, -1]])),
    (np.arange(24).reshape(6, 4) ** 3 % 7, np.array([[2, 0, -1], [1, 3, 0], [-2, 1, 5]])),
]


def _kept_zero(last_row: bool, last_column: bool) -> Callable[[Array, Array], Array]:
    """Return a correlation of the right shape whose last row or column was never filled."""

    def unfilled(image: Array, kernel: Array) -> Array:
        output = ops.correlate(image, kernel)
        if last_row:
            output[-1] = 0
        if last_column:
            output[:, -1] = 0
        return output

    return unfilled


def _first_row_only(image: Array, kernel: Array) -> Array:
    output = ops.correlate(image, kernel)
    output[1:] = 0
    return output


def _last_product(image: Array, kernel: Array) -> Array:
    height, width = kernel.shape
    products: Array = kernel[-1, -1] * image[height - 1 :, width - 1 :]
    return products


_OFF_BY_ONE_TWICE = Mistake(
    "Off by one at the right and at the bottom edge: the last column and row are missing.",
    OFF_BY_ONE_RIGHT.hint,
)


CORRELATE2D_MISTAKES: list[FunctionRow] = [
    (ops.convolve, *KERNEL_FLIPPED),
    (lambda x, w: ops.correlate(x, w.T), *KERNEL_TRANSPOSED),
    (lambda x, w: ops.correlate(x, w).T, *HEIGHT_WIDTH_SWAPPED),
    (lambda x, w: ops.correlate(x, w)[:, :-1], *OFF_BY_ONE_RIGHT),
    (_kept_zero(last_row=False, last_column=True), *OFF_BY_ONE_RIGHT),
    (lambda x, w: ops.correlate(x, w)[:-1], *OFF_BY_ONE_BOTTOM),
    (_kept_zero(last_row=True, last_column=False), *OFF_BY_ONE_BOTTOM),
    (lambda x, w: ops.correlate(x, w)[:-1, :-1], *_OFF_BY_ONE_TWICE),
    (_kept_zero(last_row=True, last_column=True), *_OFF_BY_ONE_TWICE),
    (
        lambda x, w: ops.correlate(x, w, padding="same"),
        "That is “same” padding: your map is as large as the image.",
        "Without padding the kernel stays inside: n − k + 1 rows and columns.",
    ),
    (
        _last_product,
        "Each place holds only its last product.",
        "Add the products up: += in the innermost loop, not =.",
    ),
    (
        _first_row_only,
        "Only your first row is filled.",
        "Is return inside the loop over the rows? It ends the function at once.",
    ),
    (
        lambda x, w: ops.correlate(x, w) / w.size,
        "You took the mean of the products.",
        "A convolution adds the products and does not divide.",
    ),
]


def correlate2d(answer: object) -> Feedback:
    """Check a valid cross-correlation ``(image, kernel) -> map`` of two 2-D arrays.

    Examples
    --------
    >>> correlate2d(ops.convolve).message
    'Your kernel is flipped.'
    """
    return compare_function(
        answer,
        ops.correlate,
        cases=_PAIRS,
        mistakes=CORRELATE2D_MISTAKES,
        hint="Two loops over the places of the map, two over the cells of the kernel.",
        praise="Right, also where height and width differ.",
    )


# --------------------------------------------------------------------------------------
# The factors of a separable kernel

_SEPARABLE: list[Array] = [
    kernels.sobel("x"),
    kernels.gaussian(5, sigma=1.2),
    5 * kernels.prewitt("y"),
    np.array([[0, 0, 0, 0], [0, 2, -1, 3], [0, -4, 2, -6]]),  # row 0 and column 0 hold no pattern
    3 * kernels.identity(),
]
_INSEPARABLE: list[Array] = [
    kernels.laplacian(),
    np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]]),
    kernels.sharpen(),
]


def separable_factors(answer: object) -> Feedback:
    """Check a function ``kernel -> (column, row)``, or None where there is no such pair.

    The factors are not unique (one may be doubled and the other halved), so what is judged is
    their outer product.

    Examples
    --------
    >>> separable_factors(lambda kernel: (kernel[:, 0], kernel[0])).message
    'The scale is wrong: your outer product is a multiple of the kernel.'
    """
    return judge_function(
        answer,
        _factors_fault,
        [*_SEPARABLE, *_INSEPARABLE],
        hint="np.linalg.svd(kernel) gives u, s, vh: separable means that s[1] is 0, up to "
        "rounding.",
        praise="Right, for five separable kernels and three that are not.",
    )


def _factors_fault(factors: Any, kernel: Array) -> Mistake | None:
    """Say what is wrong with the factors of one kernel; None if nothing is."""
    separable = np.linalg.matrix_rank(kernel) == 1
    if factors is None and not separable:
        return None
    size = "×".join(map(str, kernel.shape))
    if factors is None:
        return Mistake(
            f"You return None for a {size} kernel that is separable.",
            "Rounding leaves about 1e−17 where the second singular value is 0: compare with a "
            "small number, not with 0.",
        )
    if isinstance(factors, (bool, np.bool_)):
        return Mistake(
            f"You return {factors}, which is no pair of factors.",
            "Return column, row. For a kernel with no such pair, return None, not False.",
        )
    if getattr(factors, "shape", None) == kernel.shape:
        return Mistake(
            "You return one array of the kernel's size: the product.",
            "Return the two factors themselves: return column, row",
        )
    if not isinstance(factors, (list, tuple, np.ndarray)) or len(factors) != 2:
        return Mistake(
            "That is no pair of factors.",
            "Return two: the column, then the row: return column, row",
        )
    if not separable:
        return Mistake(
            f"The rank is not checked: you return factors for a {size} kernel that has none.",
            "Look at the second singular value before you use the first.",
        )
    column, row = (as_numbers(factor).ravel() for factor in factors)
    return _product_fault(column, row, kernel)


def _product_fault(column: Array, row: Array, kernel: Array) -> Mistake | None:
    """Say what is wrong with two factors of a separable kernel; None if nothing is."""
    product = np.outer(column, row)
    if product.shape == kernel.shape and np.allclose(product, kernel):
        return None
    if product.T.shape == kernel.shape and np.allclose(product.T, kernel):
        return Mistake(
            "Your two factors are swapped.", "The column comes first: return column, row"
        )
    if product.shape != kernel.shape:
        size = "×".join(map(str, kernel.shape))
        return Mistake(
            f"For a {size} kernel, your factors have {column.size} and {row.size} numbers.",
            "The column has a number for each row of the kernel, and the row one for each column.",
        )
    scale = float((product * kernel).sum() / (kernel * kernel).sum())
    if scale and np.allclose(product, scale * kernel):
        return Mistake(
            "The scale is wrong: your outer product is a multiple of the kernel.",
            "The columns of u and the rows of vh have length 1; s[0] must come in exactly once.",
        )
    return Mistake(
        "The outer product of your factors is not the kernel.",
        "The column is the first column of u, u[:, 0]; the row is the first row of vh, vh[0].",
    )


# --------------------------------------------------------------------------------------
# Every window in a column


def _windows(image: Array, height: int, width: int) -> Array:
    """Return all windows, (rows of places, columns of places, height, width)."""
    return sliding_window_view(image, (height, width))


def _columns(windows: Array) -> Array:
    """Copy windows, taken in their order, into the columns of a matrix."""
    height, width = windows.shape[2:]
    return windows.reshape(-1, height * width).T


IM2COL_MISTAKES: list[FunctionRow] = [
    (
        lambda x, h, w: _columns(_windows(x, h, w)).T,
        "Your windows lie in rows: the matrix is transposed.",
        "One window is one column: h·w rows, one column for each place.",
    ),
    (
        lambda x, h, w: _columns(_windows(x, h, w).transpose(1, 0, 2, 3)),
        "The places are in the wrong order: yours go down first.",
        "Read like a page: all places of the top row, left to right, then the next.",
    ),
    (
        lambda x, h, w: _columns(_windows(x, h, w).transpose(0, 1, 3, 2)),
        "Inside a window, rows and columns are swapped.",
        "Read each window row by row, as kernel.ravel() reads the kernel.",
    ),
    (
        lambda x, h, w: _windows(x, h, w).reshape(h * w, -1),
        "The shape is right and the order is not: the windows are cut up.",
        "reshape keeps the order in memory. Reshape to (places, height·width) first, "
        "then transpose.",
    ),
    (
        lambda x, h, w: _columns(_windows(x, h, w)[..., ::-1, ::-1]),
        "Each window is turned round.",
        "The first row of the matrix holds the top left pixel of every window.",
    ),
    (
        lambda x, h, w: _columns(_windows(x, w, h)),
        "The window's height and width are swapped.",
        HEIGHT_WIDTH_SWAPPED.hint,
    ),
    (lambda x, h, w: _columns(_windows(x, h, w)[:, :-1]), *OFF_BY_ONE_RIGHT),
    (lambda x, h, w: _columns(_windows(x, h, w)[:-1]), *OFF_BY_ONE_BOTTOM),
    (lambda x, h, w: _columns(_windows(x, h, w)[:-1, :-1]), *_OFF_BY_ONE_TWICE),
    (
        lambda x, h, w: _columns(_windows(x, h, w)[::h, ::w]),
        "Your windows do not overlap.",
        "The window moves by one pixel, so neighbouring windows share most pixels.",
    ),
]


def im2col(answer: object) -> Feedback:
    """Check ``(image, height, width) -> matrix`` with a window in each column.

    Examples
    --------
    >>> im2col(lambda image, h, w: sliding_window_view(image, (h, w)).reshape(-1, h * w)).message
    'Your windows lie in rows: the matrix is transposed.'
    """
    return compare_function(
        answer,
        lambda x, h, w: _columns(_windows(x, h, w)),
        cases=[
            (np.arange(12).reshape(3, 4), 2, 3),
            (np.arange(30).reshape(5, 6), 2, 3),
            (np.arange(28).reshape(7, 4), 3, 2),
        ],
        mistakes=IM2COL_MISTAKES,
        hint="sliding_window_view(image, (height, width)) has four axes; reshape two and two.",
        praise="Right. kernel.ravel() @ your matrix is the whole feature map.",
    )
