"""Example pictures, and the small figures that the course's sources print.

Four kinds, from small to large:

- :func:`picture` returns a small picture that needs nothing else installed: two photographs
  that ship with the package, and drawn ones for which the right answer can be seen;
- :func:`figure` returns a worked example of whole numbers from one of the sources, with the
  answer that the source prints, right or wrong;
- :func:`chest_phantom` returns a drawn volume, as a CT scanner would give it;
- :func:`camera`, :func:`astronaut`, :func:`coins` … return scikit-image's full-size pictures.
  scikit-image carries these files itself, so nothing is downloaded.

Grey pictures are ``(H, W)`` and colour ones ``(C, H, W)``, as in PyTorch. All are ``uint8``.

>>> from cnnviz import images
>>> images.picture("astronaut").shape
(3, 96, 96)
>>> example = images.figure("binary_8x8")
>>> example.kernel
array([[1, 0, 1],
       [0, 1, 0],
       [1, 0, 1]])
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnnviz.shapes import per_axis

__all__ = [
    "FIGURES",
    "PICTURES",
    "SourceFigure",
    "astronaut",
    "average_pooling_4x4",
    "binary_8x8",
    "brick",
    "camera",
    "cat",
    "chest_phantom",
    "clock",
    "coffee",
    "coins",
    "curve_detector",
    "curve_detector_elsewhere",
    "edge_dark_to_light",
    "edge_light_to_dark",
    "figure",
    "flipped_mask",
    "integers_6x6",
    "moon",
    "ones_with_cross",
    "ones_with_diagonals",
    "page",
    "picture",
    "text",
]

Picture = NDArray[np.uint8]
_Item = TypeVar("_Item")

# --------------------------------------------------------------------------------------
# Small pictures


def picture(name: str) -> Picture:
    """Return a small picture by name.

    =============== ============= ==========================================================
    name            shape         what it shows
    =============== ============= ==========================================================
    "camera"        (96, 96)      a man with a camera. CC0, by Lav Varshney
    "astronaut"     (3, 96, 96)   Eileen Collins. NASA, public domain
    "checkerboard"  (96, 96)      squares of 12 pixels: edges along both axes, and corners
    "rings"         (96, 96)      a zone plate: every direction, finer and finer outwards
    "step"          (96, 96)      one vertical edge, light on the left, dark on the right
    "digit"         (28, 28)      a drawn 5: straight strokes, a curve, and ends
    "impulse"       (15, 15)      one white pixel: filtering it draws the kernel, turned round
    =============== ============= ==========================================================

    The two photographs are squares cut from scikit-image's pictures, averaged over blocks.

    Parameters
    ----------
    name : str
        One of :data:`PICTURES`.

    Returns
    -------
    ndarray of uint8, shape (H, W) or (3, H, W)
        A new array, yours to change.

    Raises
    ------
    ValueError
        If there is no picture of that name.

    Examples
    --------
    >>> picture("impulse").max(), picture("impulse").sum()
    (np.uint8(255), np.uint64(255))
    """
    return _lookup(name, _PICTURES)()


def _shipped(name: str) -> Picture:
    """Read a photograph from the package."""
    with (resources.files("cnnviz") / "pictures" / f"{name}.png").open("rb") as file:
        return _channels_first(np.asarray(Image.open(file)))


def _checkerboard() -> Picture:
    """Draw squares of 12 pixels, the top left one light."""
    square = np.arange(96) // 12
    light = (square[:, np.newaxis] + square) % 2 == 0
    return np.where(light, 224, 32).astype(np.uint8)


def _rings() -> Picture:
    """Draw a zone plate.

    The stripes run through one period while the squared radius grows by 288, so their frequency
    is radius/144 per pixel: 0.47 in the corners, just under the 0.5 that pixels can hold. The
    profile is a triangle, not a cosine, which keeps it in whole numbers on every machine.
    """
    doubled = 2 * np.arange(96) - 95  # twice the distance from the middle: a whole number
    square = doubled[:, np.newaxis] ** 2 + doubled**2  # four times the squared radius
    period = 4 * 288
    height = np.abs(square % period - period // 2)
    return np.asarray(255 * height // (period // 2), dtype=np.uint8)


def _step() -> Picture:
    """Draw a light half and a dark half, away from black and white so that sharpening shows."""
    half = np.full((96, 96), 200, dtype=np.uint8)
    half[:, 48:] = 50
    return half


def _digit() -> Picture:
    """Draw a 5 on 28×28 pixels, light on dark as in MNIST.

    Each pixel counts how many of its 8×8 sample points lie in the pen's stroke. Coordinates are
    in sixteenths of a pixel, where every sample point is a whole number.
    """
    samples = 2 * np.arange(28 * 8) + 1
    y, x = samples[:, np.newaxis], samples[np.newaxis, :]
    unit, pen = 16, 21  # pen: half the stroke's width

    def along(position: NDArray[np.int64], first: int, last: int) -> NDArray[np.int64]:
        return np.maximum(np.maximum(first - position, position - last), 0)

    bar = along(x, 9 * unit, 19 * unit) ** 2 + (y - 5 * unit) ** 2 <= pen**2
    stem = (x - 9 * unit) ** 2 + along(y, 5 * unit, 12 * unit) ** 2 <= pen**2
    # The bowl: a ring around (13, 17), open on its left between the stem and the tail.
    right, down = x - 13 * unit, y - 17 * unit
    square, radius = right**2 + down**2, 6 * unit
    ring = (square >= (radius - pen) ** 2) & (square <= (radius + pen) ** 2)
    bowl = ring & (right >= -abs(down) + unit // 2)
    ink: NDArray[np.int64] = (bar | stem | bowl).reshape(28, 8, 28, 8).sum(axis=(1, 3))
    return (255 * ink // 64).astype(np.uint8)


def _impulse() -> Picture:
    """Draw one white pixel in the middle."""
    black = np.zeros((15, 15), dtype=np.uint8)
    black[7, 7] = 255
    return black


_PICTURES: dict[str, Callable[[], Picture]] = {
    "camera": lambda: _shipped("camera"),
    "astronaut": lambda: _shipped("astronaut"),
    "checkerboard": _checkerboard,
    "rings": _rings,
    "step": _step,
    "digit": _digit,
    "impulse": _impulse,
}

#: The names that :func:`picture` knows, in the order of the widgets' menu.
PICTURES: tuple[str, ...] = tuple(_PICTURES)

# --------------------------------------------------------------------------------------
# A volume


def chest_phantom() -> Picture:
    """Return a drawn chest as a CT scanner would give it: 16 slices of 24 × 24 voxels.

    Axis 0 runs from head to foot, axis 1 from front to back, axis 2 from side to side. The body
    (100) is an elliptic cylinder in air (0). In it lie a spine (200), two lungs (20), and in the
    lungs two small things of one brightness (120): a vessel that runs through every slice, and a
    nodule, a ball of three slices. Slice 8 shows two equal spots. Only the slices
    before and after it tell them apart.

    Returns
    -------
    ndarray of uint8, shape (16, 24, 24)
        A new array, yours to change.

    Examples
    --------
    >>> volume = chest_phantom()
    >>> volume[8, 11, [6, 17]]  # the vessel and the nodule
    array([120, 120], dtype=uint8)
    >>> volume[5, 11, [6, 17]]  # three slices higher
    array([120,  20], dtype=uint8)
    """
    volume = np.zeros((16, 24, 24), dtype=np.uint8)
    lungs = [(0, -1, side, 15, 12, 7) for side in (-11, 11)]
    for value, solids in (
        (100, [(0, 0, 0, _ENDLESS, 18, 23)]),
        (200, [(0, 12, 0, _ENDLESS, 4, 4)]),
        (20, lungs),
        (120, [(1, -1, 11, 3, 3, 3)]),
    ):
        for solid in solids:
            volume[_inside(volume.shape, *solid)] = value
    in_lung = _inside(volume.shape, *lungs[0])
    volume[in_lung & _inside(volume.shape, 0, -1, -11, _ENDLESS, 3, 3)] = 120
    return volume


_ENDLESS = 1000  # half an axis so long that an ellipsoid is a cylinder


def _inside(
    shape: tuple[int, ...], z: int, y: int, x: int, rz: int, ry: int, rx: int
) -> NDArray[np.bool_]:
    """Tell which voxels lie in an ellipsoid, of this centre and these half axes.

    Lengths are in half voxels from the volume's middle, where every voxel's centre is a whole
    number: the answer is the same on every machine.
    """
    total = np.zeros(shape, dtype=np.int64)
    radii = (rz, ry, rx)
    for axis, (n, centre) in enumerate(zip(shape, (z, y, x), strict=True)):
        along = 2 * np.arange(n, dtype=np.int64) - (n - 1) - centre
        others = np.prod([r for a, r in enumerate(radii) if a != axis], dtype=np.int64)
        total += (along * others).reshape(np.roll([n, 1, 1], axis)) ** 2
    return np.asarray(total <= np.prod(radii, dtype=np.int64) ** 2)


# --------------------------------------------------------------------------------------
# The sources' worked examples

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
    return _lookup(name, _FIGURES)()


# --------------------------------------------------------------------------------------
# Full-size pictures from scikit-image

Size = int | tuple[int, int] | None


def camera(size: Size = None) -> Picture:
    """Return a man with a camera, (512, 512). CC0, by Lav Varshney.

    Parameters
    ----------
    size : int, (int, int) or None
        Height and width to scale to, smoothed first so that fine detail does not turn into
        false stripes. An int gives a square, None the full size.

    Returns
    -------
    ndarray of uint8, shape (H, W)

    Raises
    ------
    ImportError
        If scikit-image is not installed.
    TypeError, ValueError
        If `size` is not one or two positive integers.

    Examples
    --------
    >>> camera().shape, camera(size=64).shape
    ((512, 512), (64, 64))
    """
    return _bundled("camera", size)


def astronaut(size: Size = None) -> Picture:
    """Return Eileen Collins, (3, 512, 512). NASA, public domain.

    `size` as in :func:`camera`.

    Examples
    --------
    >>> astronaut().shape
    (3, 512, 512)
    """
    return _bundled("astronaut", size)


def brick(size: Size = None) -> Picture:
    """Return a brick wall, (512, 512): a regular texture. CC0, from CC0Textures.

    `size` as in :func:`camera`.

    Examples
    --------
    >>> brick().shape
    (512, 512)
    """
    return _bundled("brick", size)


def cat(size: Size = None) -> Picture:
    """Return Chelsea the cat, (3, 300, 451). CC0, by Stéfan van der Walt.

    `size` as in :func:`camera`.

    Examples
    --------
    >>> cat().shape
    (3, 300, 451)
    """
    return _bundled("cat", size)


def clock(size: Size = None) -> Picture:
    """Return a clock blurred by moving the camera, (300, 400). Public domain, Stéfan van der Walt.

    `size` as in :func:`camera`.

    Examples
    --------
    >>> clock().shape
    (300, 400)
    """
    return _bundled("clock", size)


def coffee(size: Size = None) -> Picture:
    """Return a cup of coffee, (3, 400, 600). CC0, by Rachel Michetti.

    `size` as in :func:`camera`.

    Examples
    --------
    >>> coffee().shape
    (3, 400, 600)
    """
    return _bundled("coffee", size)


def coins(size: Size = None) -> Picture:
    """Return Greek coins from Pompeii, (303, 384). Brooklyn Museum, no known restrictions.

    `size` as in :func:`camera`.

    Examples
    --------
    >>> coins().shape
    (303, 384)
    """
    return _bundled("coins", size)


def moon(size: Size = None) -> Picture:
    """Return the surface of the Moon, (512, 512): low contrast. From scikit-image's pictures.

    `size` as in :func:`camera`.

    Examples
    --------
    >>> moon().shape
    (512, 512)
    """
    return _bundled("moon", size)


def page(size: Size = None) -> Picture:
    """Return a printed page, unevenly lit, (191, 384). From scikit-image's pictures.

    `size` as in :func:`camera`.

    Examples
    --------
    >>> page().shape
    (191, 384)
    """
    return _bundled("page", size)


def text(size: Size = None) -> Picture:
    """Return handwriting on paper, (172, 448). Public domain.

    `size` as in :func:`camera`.

    Examples
    --------
    >>> text().shape
    (172, 448)
    """
    return _bundled("text", size)


def _bundled(name: str, size: Size) -> Picture:
    """Load one of scikit-image's pictures, scaled to `size`."""
    wanted = None if size is None else per_axis("size", size, 2)
    try:
        from skimage import data, transform
    except ImportError as error:
        raise ImportError(
            f'images.{name}() needs scikit-image: pip install "cnnviz[course]". '
            f"The small pictures need nothing: images.picture({PICTURES[0]!r})."
        ) from error
    full = getattr(data, name)()
    if wanted is not None:
        resize: Callable[..., NDArray[Any]] = transform.resize
        full = np.round(resize(full, wanted, anti_aliasing=True, preserve_range=True))
    return _channels_first(np.asarray(full))


# --------------------------------------------------------------------------------------


def _channels_first(pixels: NDArray[Any]) -> Picture:
    """Turn (H, W, C) into (C, H, W), as a fresh uint8 array; leave (H, W) as it is."""
    axes = (0, 1) if pixels.ndim == 2 else (2, 0, 1)
    return np.array(pixels.transpose(axes), dtype=np.uint8, order="C")


def _lookup(name: str, registry: dict[str, _Item]) -> _Item:
    """Return the entry of that name, or list the names there are."""
    if not isinstance(name, str) or name not in registry:
        raise ValueError(f"name must be one of {', '.join(registry)}; got {name!r}")
    return registry[name]
