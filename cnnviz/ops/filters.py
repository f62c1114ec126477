"""Filters on plain arrays, without channels."""

# Arrays that come in are typed Any (ArrayLike), so NumPy's functions on them are, too.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import numpy as np

from cnnviz import shapes
from cnnviz.ops._checks import Array, ArrayLike, as_numbers
from cnnviz.ops.convolution import conv
from cnnviz.shapes import Padding, Size

__all__ = ["convolve", "correlate"]


def correlate(
    image: ArrayLike,
    kernel: ArrayLike,
    stride: Size = 1,
    padding: Padding = 0,
    dilation: Size = 1,
    padding_mode: str = "zero",
) -> Array:
    """Slide a kernel over a plain array, as it is: cross-correlation.

    Parameters
    ----------
    image, kernel
        Arrays of the same rank, 1, 2 or 3, without channels.
    stride, padding, dilation, padding_mode
        As the module says. For the "full" correlation give ``padding`` = k − 1.

    Returns
    -------
    ndarray
        Shape by `cnnviz.shapes.conv_output_size`.

    Raises
    ------
    ValueError, TypeError
        For ranks that differ, a kernel larger than the padded image, and bad arguments generally.

    Examples
    --------
    >>> correlate([1, 2, 4, 8], [-1, 1])
    array([1, 2, 4])
    """
    image, kernel = as_numbers("image", image), as_numbers("kernel", kernel)
    if image.ndim not in (1, 2, 3):
        raise ValueError(
            f"image must have 1, 2 or 3 axes, got shape {image.shape}{_one_plane(image, kernel)}"
        )
    if kernel.ndim != image.ndim:
        raise ValueError(
            f"kernel must have as many axes as the image ({image.ndim}), got shape {kernel.shape}"
            + _one_plane(image, kernel)
        )
    # Here the kernel has its own name; `conv` would speak of its weight.
    shapes.geometry(image.shape, kernel.shape, stride, padding, dilation)
    return conv(
        image[None], kernel[None, None], None, stride, padding, dilation, padding_mode=padding_mode
    )[0]


def convolve(
    image: ArrayLike,
    kernel: ArrayLike,
    stride: Size = 1,
    padding: Padding = 0,
    dilation: Size = 1,
    padding_mode: str = "zero",
) -> Array:
    """Flip the kernel on every axis, then `correlate`: convolution as mathematics defines it.

    Parameters, result and errors are those of `correlate`.

    Examples
    --------
    >>> convolve([1, 2, 4, 8], [-1, 1])
    array([-1, -2, -4])
    """
    flipped = np.flip(as_numbers("kernel", kernel))
    return correlate(image, flipped, stride, padding, dilation, padding_mode)


def _one_plane(image: Array, kernel: Array) -> str:
    """Say how an image with channels, alone or in a batch, becomes a plain one for a 2-D kernel."""
    if kernel.ndim != 2 or image.ndim not in (3, 4):
        return ""
    first = ["0"] * (image.ndim - 2)
    if image.shape[-1] <= 4 < min(image.shape[-3:-1]):  # channels last
        first = [*first[1:], "...", "0"]
    return f": take one channel of the image, as with image[{', '.join(first)}]"
