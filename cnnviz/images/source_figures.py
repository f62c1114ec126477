"""The worked examples of the course's sources, with what they print, right or wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnviz.images._lookup import lookup

__all__ = [
    "FIGURES",
    "SourceFigure",
    "average_pooling_4x4",
    "binary_8x8",
    "curve_detector",
    "curve_detector_elsewhere",
    "edge_dark_to_light",
    "edge_light_to_dark",
    "figure",
    "flipped_mask",
    "integers_6x6",
    "ones_with_cross",
    "ones_with_diagonals",
]

_WU = "吴高巍 (Wu Gaowei), 《图像数据的深度学习模型》, Institute of Automation, CAS, 2022"
_ZEN = (
    "禅与计算机程序设计艺术 (Zen and the Art of Computer Programming), an article on CNNs in Python"
)
_PARVEEZ = (
    "Saniya Parveez and Roberto Iriondo, “Convolutional Neural Networks (CNNs) Tutorial with "
    "Python”, Towards AI, 2021"
)


class SourceFigure(NamedTuple):
    """A worked example as a source prints it.

    Attributes
    ----------
    image, kernel : ndarray
        What goes in. All are laid on unflipped (cross-correlation) but :func:`flipped_mask`.
    printed : ndarray or None
        The answer as the source prints it, **right or wrong**; NaN where the source leaves a
        cell blank, None where it prints no answer.
    source : str
        Author, title and year.
    """

    image: NDArray[Any]
    kernel: NDArray[Any]
    printed: NDArray[Any] | None
    source: str


def binary_8x8() -> SourceFigure:
    """Return zeros and ones with the filter 1 0 1 / 0 1 0 / 1 0 1.

    From 吴高巍 (Wu Gaowei), 《图像数据的深度学习模型》, 2022. The slide fills in 16 of the 36
    answers and leaves the others blank. All 16 are right; the window that it marks, at row 2
    and column 3, gives the last of them, a 3.

    Examples
    --------
    >>> binary_8x8().printed[2]
    array([ 4.,  1.,  5.,  3., nan, nan])
    """
    image = [
        [1, 1, 1, 0, 0, 0, 1, 0],
        [0, 1, 1, 1, 0, 0, 0, 1],
        [1, 0, 1, 1, 1, 0, 0, 0],
        [0, 1, 0, 1, 1, 1, 0, 0],
        [0, 0, 1, 0, 1, 1, 1, 0],
        [0, 0, 0, 1, 1, 1, 0, 1],
        [1, 0, 1, 0, 1, 0, 1, 0],
        [0, 1, 0, 1, 0, 1, 0, 1],
    ]
    printed = np.full((6, 6), np.nan)
    printed[0] = [5, 3, 4, 1, 2, 0]
    printed[1] = [1, 5, 3, 4, 1, 2]
    printed[2, :4] = [4, 1, 5, 3]
    return SourceFigure(np.array(image), np.array(_DIAGONALS), printed, _WU)


def integers_6x6() -> SourceFigure:
    """Return the first edge-detection example: 6×6 small integers and 1 0 −1 three times.

    From 吴高巍 (Wu Gaowei), 《图像数据的深度学习模型》, 2022. The slide marks the first window;
    its answer was a picture and is lost.

    Examples
    --------
    >>> int((integers_6x6().image[:3, :3] * integers_6x6().kernel).sum())
    -5
    """
    image = [
        [3, 0, 1, 2, 7, 4],
        [1, 5, 8, 9, 3, 1],
        [2, 7, 2, 5, 1, 3],
        [0, 1, 3, 1, 7, 8],
        [4, 2, 1, 6, 2, 8],
        [2, 4, 5, 2, 3, 9],
    ]
    return SourceFigure(np.array(image), np.array(_FALLING_EDGE), None, _WU)


def edge_light_to_dark() -> SourceFigure:
    """Return a 6×6 edge, 10 on the left and 0 on the right, which answers 30.

    From 吴高巍 (Wu Gaowei), 《图像数据的深度学习模型》, 2022. The answer printed is right. Its
    kernel, 1 0 −1, is positive where the picture gets *darker* from left to right: the
    opposite sign of :func:`cnnviz.kernels.prewitt`.

    Examples
    --------
    >>> edge_light_to_dark().printed[0]
    array([ 0, 30, 30,  0])
    """
    image = np.tile([10, 10, 10, 0, 0, 0], (6, 1))
    printed = np.tile([0, 30, 30, 0], (4, 1))
    return SourceFigure(image, np.array(_FALLING_EDGE), printed, _WU)


def edge_dark_to_light() -> SourceFigure:
    """Return the same edge the other way round, which answers −30.

    From 吴高巍 (Wu Gaowei), 《图像数据的深度学习模型》, 2022. The answer printed is right.

    Examples
    --------
    >>> edge_dark_to_light().printed[0]
    array([  0, -30, -30,   0])
    """
    image = np.tile([0, 0, 0, 10, 10, 10], (6, 1))
    printed = np.tile([0, -30, -30, 0], (4, 1))
    return SourceFigure(image, np.array(_FALLING_EDGE), printed, _WU)


def curve_detector() -> SourceFigure:
    """Return a 7×7 curve detector over a patch that holds its curve: 6600.

    From 吴高巍 (Wu Gaowei), 《图像数据的深度学习模型》, 2022. The answer printed is right for the
    7×7 filter. Beside the patch the slide prints the filter with an eighth row, one more 30 in
    its column; a filter of 8 rows does not fit a patch of 7, and its first seven rows would
    answer 8100.

    Examples
    --------
    >>> int((curve_detector().image * curve_detector().kernel).sum())
    6600
    """
    patch = [
        [0, 0, 0, 0, 0, 0, 30],
        [0, 0, 0, 0, 50, 50, 50],
        [0, 0, 0, 20, 50, 0, 0],
        [0, 0, 0, 50, 50, 0, 0],
        [0, 0, 0, 50, 50, 0, 0],
        [0, 0, 0, 50, 50, 0, 0],
        [0, 0, 0, 50, 50, 0, 0],
    ]
    return SourceFigure(np.array(patch), np.array(_CURVE), np.array([[6600]]), _WU)


def curve_detector_elsewhere() -> SourceFigure:
    """Return the same curve detector over another part of the picture: 0.

    From 吴高巍 (Wu Gaowei), 《图像数据的深度学习模型》, 2022. The answer printed is right for the
    7×7 filter; the first seven rows of the eight that are printed beside it would answer 1500.

    Examples
    --------
    >>> int((curve_detector_elsewhere().image * curve_detector_elsewhere().kernel).sum())
    0
    """
    patch = [
        [0, 0, 0, 0, 0, 0, 0],
        [0, 40, 0, 0, 0, 0, 0],
        [40, 0, 40, 0, 0, 0, 0],
        [40, 20, 0, 0, 0, 0, 0],
        [0, 50, 0, 0, 0, 0, 0],
        [0, 0, 50, 0, 0, 0, 0],
        [25, 25, 0, 50, 0, 0, 0],
    ]
    return SourceFigure(np.array(patch), np.array(_CURVE), np.array([[0]]), _WU)


def ones_with_diagonals() -> SourceFigure:
    """Return 3×3 ones with 1 0 1 / 0 1 0 / 1 0 1, and a map of twos that is **wrong**.

    From 禅与计算机程序设计艺术 (Zen and the Art of Computer Programming), an article on CNNs in
    Python. A 3×3 kernel fits a 3×3 image once, so the answer is one number, 5. With a border
    of zeros there are nine: 2 in the corners, 3 on the sides, 5 in the middle.

    Examples
    --------
    >>> int((ones_with_diagonals().image * ones_with_diagonals().kernel).sum())
    5
    """
    ones = np.ones((3, 3), dtype=np.int64)
    return SourceFigure(ones, np.array(_DIAGONALS), 2 * ones, _ZEN)


def ones_with_cross() -> SourceFigure:
    """Return 3×3 ones with 0 1 0 / 1 1 1 / 0 1 0, and an answer that is **wrong**.

    From 禅与计算机程序设计艺术 (Zen and the Art of Computer Programming), an article on CNNs in
    Python. The answer is one number, 5; with a border of zeros it is 3 in the corners, 4 on
    the sides and 5 in the middle.

    Examples
    --------
    >>> int((ones_with_cross().image * ones_with_cross().kernel).sum())
    5
    """
    cross = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])
    printed = np.array([[1, 2, 1], [2, 3, 2], [1, 2, 1]])
    return SourceFigure(np.ones((3, 3), dtype=np.int64), cross, printed, _ZEN)


def flipped_mask() -> SourceFigure:
    """Return the mask and the picture behind "5·2 + 4·4 + 1·0 = 52".

    From Saniya Parveez and Roberto Iriondo, "Convolutional Neural Networks (CNNs) Tutorial with
    Python", Towards AI, 2021. Their pictures are lost. The numbers are those of the page that
    they cite for the method, Tutorialspoint's "Concept of Convolution". There the first pixel,
    with a border of zeros and the mask turned round, is 5·2 + 4·4 + 2·8 + 1·10 = 52: the
    tutorial drops one product and the digit 1 of a 10. What it prints sums to 26.

    `printed` is the first pixel only; the others are NaN.

    Examples
    --------
    >>> image, mask, printed, _ = flipped_mask()
    >>> turned = mask[::-1, ::-1]
    >>> int((image[:2, :2] * turned[1:, 1:]).sum()), int(printed[0, 0])
    (52, 52)
    """
    image = 2 * np.arange(1, 10).reshape(3, 3)
    mask = np.arange(1, 10).reshape(3, 3)
    printed = np.full((3, 3), np.nan)
    printed[0, 0] = 52
    return SourceFigure(image, mask, printed, _PARVEEZ)


def average_pooling_4x4() -> SourceFigure:
    """Return zeros and ones averaged over 2×2 blocks: ½ 1 / ½ ½.

    From 吴高巍 (Wu Gaowei), 《图像数据的深度学习模型》, 2022. The answer printed is right. The
    kernel holds the weights ¼ that the slide draws; it moves in steps of 2.

    Examples
    --------
    >>> average_pooling_4x4().image.reshape(2, 2, 2, 2).mean(axis=(1, 3))
    array([[0.5, 1. ],
           [0.5, 0.5]])
    """
    image = np.array([[1, 1, 1, 1], [0, 0, 1, 1], [0, 1, 1, 0], [0, 1, 1, 0]])
    printed = np.array([[0.5, 1.0], [0.5, 0.5]])
    return SourceFigure(image, np.full((2, 2), 0.25), printed, _WU)


_DIAGONALS = [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
_FALLING_EDGE = [[1, 0, -1], [1, 0, -1], [1, 0, -1]]
_CURVE = [
    [0, 0, 0, 0, 0, 30, 0],
    [0, 0, 0, 0, 30, 0, 0],
    [0, 0, 0, 30, 0, 0, 0],
    [0, 0, 0, 30, 0, 0, 0],
    [0, 0, 0, 30, 0, 0, 0],
    [0, 0, 0, 30, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0],
]

_FIGURES: dict[str, Callable[[], SourceFigure]] = {
    function.__name__: function
    for function in (
        binary_8x8,
        integers_6x6,
        edge_light_to_dark,
        edge_dark_to_light,
        curve_detector,
        curve_detector_elsewhere,
        ones_with_diagonals,
        ones_with_cross,
        flipped_mask,
        average_pooling_4x4,
    )
}

#: The names that :func:`figure` knows.
FIGURES: tuple[str, ...] = tuple(_FIGURES)


def figure(name: str) -> SourceFigure:
    """Return a source's worked example by name; the function of that name describes it.

    Parameters
    ----------
    name : str
        One of :data:`FIGURES`.

    Returns
    -------
    SourceFigure
        ``(image, kernel, printed, source)``, the arrays new and yours to change.

    Raises
    ------
    ValueError
        If there is no figure of that name.

    Examples
    --------
    >>> image, kernel, printed, source = figure("curve_detector")
    >>> image.shape, kernel.shape, printed.tolist()
    ((7, 7), (7, 7), [[6600]])
    """
    return lookup(name, _FIGURES)()
