"""What moves and is exported: a window sliding over an input, as GIF, MP4 or an SVG sequence.

Pictures fit for a slide (1280 × 720): large numbers, the course's colours, padding hatched, the
window and what it makes outlined, and the sum written out beneath. matplotlib draws them; no
browser is needed.

>>> import tempfile
>>> from cnnviz import animations
>>> with tempfile.TemporaryDirectory() as folder:
...     animations.convolution([1, 2, 3, 4], [1, -1], f"{folder}/difference.gif").name
'difference.gif'
"""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from cnnviz import ops, shapes
from cnnviz.arrays import as_array, as_flag, check_name, shown
from cnnviz.figures._export import save
from cnnviz.figures._story import Array, Padding, Size, ordinary, pooled, refuse_wide
from cnnviz.figures._story import transposed as transposed_story

__all__ = ["convolution", "pooling"]


_LARGEST_KERNEL = 25  # weights
_LARGEST_NUMBER = 1e100  # whose squares, products and sums are numbers, too


def convolution(
    x: ArrayLike,
    weight: ArrayLike,
    path: str | os.PathLike[str],
    *,
    stride: Size = 1,
    padding: Padding = 0,
    dilation: Size = 1,
    padding_mode: str = "zero",
    transposed: bool = False,
    output_padding: Size = 0,
    fps: float = 2,
    style: str = "light",
) -> Path | list[Path]:
    """Write the animation of a convolution, a frame for each position of the window.

    Ordinary: each frame makes one output, its sum beneath. Transposed: each frame spreads one input
    over the output, what it adds to each beneath.

    Parameters
    ----------
    x : array_like, shape (n,) or (H, W)
        At most 16 positions, 12 a side on two axes, padding included.
    weight : array_like, shape (k,) or (kh, kw)
        As many axes as `x`; at most 25 weights. As in deep learning, the kernel isn't flipped.
    path : path-like
        ``….gif``, ``….mp4`` (needs the program ffmpeg), or a folder, without an ending, for a
        sequence of SVG files, which takes the place of one that is there. The folder that it lies
        in must exist. If writing fails, what was there stays.
    stride, padding, dilation, padding_mode, output_padding
        As in :func:`cnnviz.ops.conv` and :func:`cnnviz.ops.conv_transpose`; the last is for a
        transposed convolution, which is padded with zeros alone.
    transposed : bool
    fps : float
        Frames per second, from 0.01 to 50.
    style : {"light", "dark"}

    Returns
    -------
    Path or list of Path
        The file, or the sequence's files in order.

    Raises
    ------
    ValueError, TypeError
        If an argument is not allowed; the message names it.
    FileNotFoundError
        If the folder to write into does not exist.
    RuntimeError
        If an MP4 is asked for and there is no ffmpeg.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     frames = convolution([[1, 2, 0], [0, 1, 3]], [[1, 0], [0, -1]], f"{folder}/frames")
    ...     [frame.name for frame in frames]
    ['frame-1.svg', 'frame-2.svg']
    """
    image, kernel = _plain("x", x), _plain("weight", weight)
    if image.ndim != kernel.ndim:
        raise ValueError(
            f"weight must have as many axes as x, {image.ndim}; got shape {kernel.shape}"
        )
    if kernel.size > _LARGEST_KERNEL:
        raise ValueError(
            f"weight must have at most {_LARGEST_KERNEL} numbers to be legible, got {kernel.size}"
        )
    check_name("padding_mode", padding_mode, tuple(ops.PADDING_MODES))
    if as_flag("transposed", transposed):
        if padding_mode != "zero":
            raise ValueError(
                "padding_mode must be 'zero' for a transposed convolution, "
                f"got {shown(padding_mode)}"
            )
        story = transposed_story(image, kernel, stride, padding, output_padding, dilation)
    else:
        if any(shapes.per_axis("output_padding", output_padding, image.ndim, minimum=0)):
            raise ValueError(
                f"output_padding must be 0 for an ordinary convolution, got {shown(output_padding)}"
            )
        story = ordinary(image, kernel, stride, padding, dilation, padding_mode)
    return save(story, path, fps, style)


def pooling(
    x: ArrayLike,
    path: str | os.PathLike[str],
    kernel: Size = 2,
    *,
    stride: Size | None = None,
    padding: Padding = 0,
    mode: str = "max",
    fps: float = 2,
    style: str = "light",
) -> Path | list[Path]:
    """Write the animation of pooling, a frame for each window.

    Parameters
    ----------
    x : array_like, shape (n,) or (H, W)
        At most 16 positions, 12 a side on two axes, padding included.
    path, fps, style
        As in :func:`convolution`.
    kernel : int or tuple of int
        At most 25 positions in all.
    stride, padding, mode
        As in :func:`cnnviz.ops.pool`. The padding of a maximum is −∞, that of the others 0.

    Returns
    -------
    Path or list of Path
        The file, or the sequence's files in order.

    Raises
    ------
    ValueError, TypeError, FileNotFoundError, RuntimeError
        As :func:`convolution`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     len(pooling([[1, 2, 5, 6], [3, 4, 7, 8]], f"{folder}/frames"))
    2
    """
    image = _plain("x", x)
    check_name("mode", mode, ("max", "mean", "l2"))
    sides = shapes.per_axis("kernel", kernel, image.ndim)
    output = np.asarray(ops.pool(image, sides, stride, padding, mode), dtype=np.float64)
    steps = sides if stride is None else shapes.per_axis("stride", stride, image.ndim)
    g = shapes.geometry(image.shape, sides, steps, padding)
    shapes.check_half_padding(g)  # so that each window shown holds a number
    if math.prod(sides) > _LARGEST_KERNEL:
        raise ValueError(
            f"kernel must have at most {_LARGEST_KERNEL} positions to be legible, "
            f"got {math.prod(sides)}"
        )
    return save(pooled(image, g, output, mode), path, fps, style)


def _plain(name: str, values: ArrayLike) -> Array:
    """Return one or two axes of finite numbers, few enough for a slide."""
    array = as_array(name, values)
    if array.ndim not in (1, 2):
        raise ValueError(f"{name} must be of shape (n,) or (H, W), got {array.shape}")
    refuse_wide(name, array.shape)
    plain: Array = as_array(name, array, finite=True).astype(np.float64)
    if (largest := np.abs(plain).max()) > _LARGEST_NUMBER:
        raise ValueError(f"{name} must lie within ±{_LARGEST_NUMBER:g}, got {largest:g}")
    return plain
