"""Named kernels, each with where it comes from.

Every function returns a new two-dimensional array. Kernels of whole numbers are ``int64``, so
that filtering a picture of whole numbers stays exact; the others are ``float64``.

All kernels are written for **cross-correlation**, which is what deep learning calls
convolution: laid on the image as they are, not flipped. With ``axis="x"`` a kernel measures the
change along x, so it answers to vertical edges, positive where the picture gets lighter from
left to right; ``axis="y"`` does the same from top to bottom.

>>> from cnnviz import kernels
>>> kernels.sobel()
array([[-1,  0,  1],
       [-2,  0,  2],
       [-1,  0,  1]])
>>> kernels.get("box").sum().round(12)
np.float64(1.0)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnviz.arrays import as_number, refuse_large, shown
from cnnviz.shapes import per_axis, whole

__all__ = [
    "NAMES",
    "PRESETS",
    "Preset",
    "box",
    "emboss",
    "gaussian",
    "get",
    "identity",
    "laplacian",
    "laplacian_of_gaussian",
    "motion_blur",
    "prewitt",
    "scharr",
    "sharpen",
    "sobel",
]

IntKernel = NDArray[np.int64]
FloatKernel = NDArray[np.float64]
Axis = Literal["x", "y"]


def identity(size: int | tuple[int, int] = 3) -> IntKernel:
    """Return the kernel that leaves a picture as it is: a 1 in the middle of zeros.

    It is the unit impulse of signal processing, the neutral element of convolution.

    Parameters
    ----------
    size : int or (int, int)
        Height and width. Both odd, since an even kernel has no middle cell.

    Returns
    -------
    ndarray of int64, shape (height, width)

    Raises
    ------
    TypeError, ValueError
        If `size` is not one or two odd positive integers, or the kernel would be too large.

    Examples
    --------
    >>> identity()
    array([[0, 0, 0],
           [0, 1, 0],
           [0, 0, 0]])
    """
    height, width = _size(size, odd=True)
    kernel = np.zeros((height, width), dtype=np.int64)
    kernel[height // 2, width // 2] = 1
    return kernel


def box(size: int | tuple[int, int] = 3) -> FloatKernel:
    """Return the mean filter: equal weights that sum to 1.

    The moving average of statistics, in two dimensions. Its hard edge lets some fine detail
    through, as stripes; :func:`gaussian` does not.

    Parameters
    ----------
    size : int or (int, int)
        Height and width, at least 1.

    Returns
    -------
    ndarray of float64, shape (height, width)

    Raises
    ------
    TypeError, ValueError
        If `size` is not one or two positive integers.

    Examples
    --------
    >>> box(2)
    array([[0.25, 0.25],
           [0.25, 0.25]])
    """
    height, width = _size(size)
    return np.full((height, width), 1 / (height * width))


def gaussian(size: int | tuple[int, int] = 5, sigma: float = 1.0) -> FloatKernel:
    r"""Return a blur whose weights fall off as a bell curve and sum to 1.

    The kernel samples :math:`\exp(-(x^2 + y^2) / 2\sigma^2)` at pixel centres and divides by the
    sum. It is the outer product of a column and a row, so two one-dimensional passes do the
    work of one two-dimensional pass; it is the only round kernel with that property.

    Parameters
    ----------
    size : int or (int, int)
        Height and width, at least 1. About 6σ + 1 holds nearly all of the bell.
    sigma : float
        Standard deviation in pixels, from 0.01 to 1000.

    Returns
    -------
    ndarray of float64, shape (height, width)

    Raises
    ------
    TypeError, ValueError
        If `size` is not one or two positive integers, or `sigma` is not from 0.01 to 1000.

    Examples
    --------
    >>> gaussian(3, sigma=1).round(3)
    array([[0.075, 0.124, 0.075],
           [0.124, 0.204, 0.124],
           [0.075, 0.124, 0.075]])
    """
    y, x = _grid(_size(size))
    variance = _sigma(sigma) ** 2
    # Relative to the innermost cell, so that a narrow bell on an even kernel is not 0 / 0.
    exponent = -(x**2 + y**2) / (2 * variance)
    bell: FloatKernel = np.exp(exponent - exponent.max())
    bell /= bell.sum()
    return bell


def sharpen() -> IntKernel:
    """Return the picture plus its difference from its four neighbours.

    Identity minus :func:`laplacian`: the digital form of unsharp masking, long used in the
    darkroom. The weights sum to 1, so flat areas keep their value.

    Returns
    -------
    ndarray of int64, shape (3, 3)

    Examples
    --------
    >>> sharpen()
    array([[ 0, -1,  0],
           [-1,  5, -1],
           [ 0, -1,  0]])
    """
    return identity() - laplacian()


def emboss() -> IntKernel:
    """Return the relief filter of drawing programs, lit from the top left.

    A difference along the diagonal added to the picture. It has no single inventor. The
    weights sum to 1, so flat areas keep their value.

    Returns
    -------
    ndarray of int64, shape (3, 3)

    Examples
    --------
    >>> emboss()
    array([[-2, -1,  0],
           [-1,  1,  1],
           [ 0,  1,  2]])
    """
    return np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])


def prewitt(axis: Axis = "x") -> IntKernel:
    """Return a central difference along `axis`, summed over three rows or columns.

    From J. M. S. Prewitt, "Object enhancement and extraction", in *Picture Processing and
    Psychopictorics*, 1970. There it is the slope of the plane that fits the 3×3 window best.

    Parameters
    ----------
    axis : "x" or "y"
        The direction of change that it measures.

    Returns
    -------
    ndarray of int64, shape (3, 3)

    Raises
    ------
    ValueError
        If `axis` is neither "x" nor "y".

    Examples
    --------
    >>> prewitt("y")
    array([[-1, -1, -1],
           [ 0,  0,  0],
           [ 1,  1,  1]])
    """
    return _derivative([1, 1, 1], axis)


def sobel(axis: Axis = "x") -> IntKernel:
    """Return a central difference along `axis`, smoothed by 1, 2, 1 across it.

    From I. Sobel and G. Feldman, "A 3×3 isotropic gradient operator for image processing", a
    talk at the Stanford Artificial Intelligence Project, 1968.

    Parameters
    ----------
    axis : "x" or "y"
        The direction of change that it measures.

    Returns
    -------
    ndarray of int64, shape (3, 3)

    Raises
    ------
    ValueError
        If `axis` is neither "x" nor "y".

    Examples
    --------
    >>> sobel("y")
    array([[-1, -2, -1],
           [ 0,  0,  0],
           [ 1,  2,  1]])
    """
    return _derivative([1, 2, 1], axis)


def scharr(axis: Axis = "x") -> IntKernel:
    """Return a central difference along `axis`, smoothed by 3, 10, 3 across it.

    From H. Scharr, *Optimale Operatoren in der Digitalen Bildverarbeitung*, dissertation,
    Heidelberg, 2000: weights chosen so that the gradient's direction is off as little as
    possible, whichever way the edge runs.

    Parameters
    ----------
    axis : "x" or "y"
        The direction of change that it measures.

    Returns
    -------
    ndarray of int64, shape (3, 3)

    Raises
    ------
    ValueError
        If `axis` is neither "x" nor "y".

    Examples
    --------
    >>> scharr()
    array([[ -3,   0,   3],
           [-10,   0,  10],
           [ -3,   0,   3]])
    """
    return _derivative([3, 10, 3], axis)


def laplacian() -> IntKernel:
    """Return the sum of the second differences along x and y.

    The five-point stencil by which numerical analysis replaces ∂²/∂x² + ∂²/∂y². Zero on any
    slope that is even, so it marks where the slope changes.

    Returns
    -------
    ndarray of int64, shape (3, 3)

    Examples
    --------
    >>> laplacian()
    array([[ 0,  1,  0],
           [ 1, -4,  1],
           [ 0,  1,  0]])
    """
    return np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])


def laplacian_of_gaussian(size: int | tuple[int, int] = 9, sigma: float = 1.4) -> FloatKernel:
    r"""Return a blur and a Laplacian in one kernel, the "Mexican hat" upside down.

    From D. Marr and E. Hildreth, "Theory of edge detection", *Proceedings of the Royal Society
    of London B* 207, 1980, where edges are the zero crossings of its answer. The kernel samples

    .. math:: \nabla^2 G = \frac{x^2 + y^2 - 2\sigma^2}{2\pi\sigma^6}
              \exp\!\left(-\frac{x^2 + y^2}{2\sigma^2}\right)

    and then takes off the mean, because cut to a finite window the weights no longer sum to 0,
    and a flat area must answer 0.

    Parameters
    ----------
    size : int or (int, int)
        Height and width, at least 3. About 6σ + 1 holds nearly all of the hat.
    sigma : float
        Standard deviation of the blur in pixels, from 0.01 to 1000.

    Returns
    -------
    ndarray of float64, shape (height, width)

    Raises
    ------
    TypeError, ValueError
        If `size` is not one or two integers of at least 3, or `sigma` is not from 0.01 to 1000.

    Examples
    --------
    >>> laplacian_of_gaussian()[4].round(3)
    array([ 0.004,  0.011,  0.001, -0.048, -0.083, -0.048,  0.001,  0.011,
            0.004])
    """
    y, x = _grid(_size(size, minimum=3))
    variance = _sigma(sigma) ** 2
    square = x**2 + y**2
    with np.errstate(under="ignore"):
        bell = np.exp(-square / (2 * variance))
    hat: FloatKernel = (square - 2 * variance) / (2 * math.pi * variance**3) * bell
    hat -= hat.mean()
    return hat


def motion_blur(size: int = 7, angle: float = 0) -> FloatKernel:
    """Return the mean along a line: what a moving camera does to a point while it exposes.

    The usual model of straight, even motion in image restoration. A line through the middle
    takes one point from every column (from every row, if it is steeper than 45°), `size` in
    all; a point between two pixels is shared between them.

    Parameters
    ----------
    size : int
        Number of points on the line, odd. The kernel is `size` × `size`.
    angle : float
        Direction of the line in degrees, counter-clockwise from the x axis.

    Returns
    -------
    ndarray of float64, shape (size, size)

    Raises
    ------
    TypeError, ValueError
        If `size` is not one odd positive integer, or `angle` is not a finite number.

    Examples
    --------
    >>> motion_blur(5)[2]
    array([0.2, 0.2, 0.2, 0.2, 0.2])
    >>> motion_blur(3, angle=90).round(3)
    array([[0.   , 0.333, 0.   ],
           [0.   , 0.333, 0.   ],
           [0.   , 0.333, 0.   ]])
    """
    length, _ = _size(whole("size", size), odd=True)
    radians = math.radians(as_number("angle", angle) % 360)
    across, up = math.cos(radians), math.sin(radians)
    reach = max(abs(across), abs(up))
    middle = length // 2
    steps = np.arange(length) - middle
    # Rounded so that a right angle, whose cosine comes out as 6e-17, draws a clean line.
    x = middle + steps * round(across / reach, 12)
    y = middle - steps * round(up / reach, 12)  # rows count downwards
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    # One spare row and column take the right and lower shares of points on the border, all 0.
    kernel = np.zeros((length + 1, length + 1))
    for dy, share_y in ((0, 1 - (y - top)), (1, y - top)):
        for dx, share_x in ((0, 1 - (x - left)), (1, x - left)):
            np.add.at(kernel, (top + dy, left + dx), share_y * share_x)
    return kernel[:length, :length] / length


class Preset(NamedTuple):
    """A kernel as a menu offers it: what to call it, and the function that makes it."""

    label: str
    function: Callable[[], NDArray[Any]]


#: The kernels that :class:`cnnviz.KernelEditor` offers, in the order of its menu.
PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "identity": Preset("Identity", identity),
        "box": Preset("Box blur", box),
        "gaussian": Preset("Gaussian blur", gaussian),
        "sharpen": Preset("Sharpen", sharpen),
        "emboss": Preset("Emboss", emboss),
        "prewitt_x": Preset("Prewitt x", lambda: prewitt("x")),
        "prewitt_y": Preset("Prewitt y", lambda: prewitt("y")),
        "sobel_x": Preset("Sobel x", lambda: sobel("x")),
        "sobel_y": Preset("Sobel y", lambda: sobel("y")),
        "scharr_x": Preset("Scharr x", lambda: scharr("x")),
        "scharr_y": Preset("Scharr y", lambda: scharr("y")),
        "laplacian": Preset("Laplacian", laplacian),
        "laplacian_of_gaussian": Preset("Laplacian of Gaussian", laplacian_of_gaussian),
        "motion_blur": Preset("Motion blur", motion_blur),
    }
)

#: The names that :func:`get` knows.
NAMES: tuple[str, ...] = tuple(PRESETS)


def get(name: str) -> NDArray[Any]:
    """Return the kernel with this preset name, at its default size.

    Parameters
    ----------
    name : str
        One of :data:`NAMES`.

    Returns
    -------
    ndarray of int64 or float64, shape (height, width)

    Raises
    ------
    ValueError
        If there is no preset of that name.

    Examples
    --------
    >>> get("sobel_y")[0]
    array([-1, -2, -1])
    """
    if not isinstance(name, str) or name not in PRESETS:
        raise ValueError(f"name must be one of {', '.join(NAMES)}; got {shown(name)}")
    return PRESETS[name].function()


def _derivative(smoothing: list[int], axis: Axis) -> IntKernel:
    """Return the central difference −1, 0, 1 along `axis`, `smoothing` across it."""
    if not isinstance(axis, str) or axis not in ("x", "y"):
        raise ValueError(f'axis must be "x" or "y", got {shown(axis)}')
    along_x = np.outer(smoothing, [-1, 0, 1])
    return along_x if axis == "x" else along_x.T.copy()


def _grid(size: tuple[int, int]) -> tuple[FloatKernel, FloatKernel]:
    """Return y as a column and x as a row: each cell's offset from the kernel's middle."""
    y, x = (np.arange(n, dtype=np.float64) - (n - 1) / 2 for n in size)
    return y[:, np.newaxis], x[np.newaxis, :]


def _size(size: int | tuple[int, int], *, minimum: int = 1, odd: bool = False) -> tuple[int, int]:
    """Return `size` as (height, width), or say what is wrong with it."""
    height, width = per_axis("size", size, 2, minimum)
    refuse_large("size", (height, width), copies=6)  # grids, squares and powers on the way
    if odd and (height % 2 == 0 or width % 2 == 0):
        raise ValueError(f"size must be odd, so that the kernel has a middle, got {shown(size)}")
    return height, width


def _sigma(value: float) -> float:
    """Return `value` as a float if it is a width in pixels that a kernel can show."""
    number = as_number("sigma", value)
    if not 0.01 <= number <= 1000:
        raise ValueError(f"sigma must be from 0.01 to 1000 pixels, got {shown(value)}")
    return number
