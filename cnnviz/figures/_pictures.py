"""Pictures and feature maps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from cnnviz.figures._checks import (
    Role,
    Values,
    check_axes,
    check_role,
    check_window,
    dims_of,
    pixels_of,
    plane,
    text_of,
    top_of,
)
from cnnviz.figures._colours import light_range, signed_grounds
from cnnviz.figures._drawing import (
    Heading,
    bare,
    extent,
    fitted,
    heading,
    legend,
    outline,
)
from cnnviz.figures._layout import LEGEND, MARGIN, WIDTH, figure_of, single
from cnnviz.figures._style import with_own_settings

__all__ = ["draw_image", "draw_map", "show_feature_map", "show_image"]


@with_own_settings
def show_image(
    image: ArrayLike,
    title: str = "Input",
    *,
    role: Role = "input",
    window: Sequence[int] | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Show a grey or colour picture.

    Parameters
    ----------
    image : array_like, shape (H, W), (1, H, W) or (3, H, W), or a Pillow picture
        uint8 from 0 to 255; floats from 0 to 1. Values beyond stretch the scale.
    title : str
        The heading; the size is added.
    role : "input", "kernel", "output" or "gradient"
        What the picture is; it sets the heading's colour.
    window : (row, column, height, width), optional
        A window to outline in the kernel's colour.
    ax : Axes, optional
        Where to draw, instead of a figure of its own.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError, TypeError
        If `image` is of another shape, empty, infinite or not made of real numbers; if `window`
        does not lie within it; if another argument is none of the above.

    Examples
    --------
    >>> show_image(np.eye(4))
    <Figure: Input 4 × 4>
    """
    return draw_image("image", image, title, role=role, window=window, ax=ax)


def draw_image(
    name: str,
    image: ArrayLike,
    title: str,
    *,
    role: Role = "input",
    window: Sequence[int] | None = None,
    ax: Axes | None = None,
    how: Heading | None = None,
    dims: str | None = None,
) -> Figure:
    """Do what `show_image` does; `name` is the array's, `how` its heading as it fits.

    `dims` stands beside the title, the size if it is None.
    """
    check_role(role)
    check_axes(ax)
    title, pixels = text_of("title", title), pixels_of(name, image)
    height, width = pixels.shape[:2]
    place = check_window(window, (height, width))
    if dims is None:
        dims = dims_of(pixels if pixels.ndim == 2 else pixels.transpose(2, 0, 1))
    if ax is None:
        how = fitted(title, dims, WIDTH - 2 * MARGIN)
        ax = single(height, width, how.width)
    ax.imshow(_in_light(pixels), cmap="gray", vmin=0, vmax=1, extent=extent(pixels))
    bare(ax, height, width)
    outline(ax, place)
    heading(ax, title, dims, role, how)
    return figure_of(ax)


def _in_light(pixels: Values) -> Values:
    """Return pixels from 0, black, to 1; what is NaN is white in a colour picture as in a grey."""
    low, high = light_range(pixels)
    half = max(abs(low), abs(high)) / 2  # the difference of the largest floats is none
    if half > 1e300:
        pixels, low, high = pixels / half, low / half, high / half
    scaled: Values = (pixels - low) / (high - low)
    return np.nan_to_num(scaled, nan=1.0) if scaled.ndim == 3 else scaled


@with_own_settings
def show_feature_map(
    values: ArrayLike,
    title: str = "Feature map",
    *,
    role: Role = "output",
    top: float | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Show signed values as colours, blue below zero and red above, with a legend.

    Parameters
    ----------
    values : array_like, shape (H, W) or (1, H, W)
    title : str
        The heading; the size is added.
    role : "input", "kernel", "output" or "gradient"
        What the values are; it sets the heading's colour.
    top : float, optional
        The magnitude that gets the full tone; the largest there is if left out. Give the same
        to maps that are to be compared.
    ax : Axes, optional
        Where to draw, instead of a figure of its own.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError, TypeError
        If `values` is of another shape, empty, infinite or not made of real numbers; if `top` is
        not above 0; if another argument is none of the above.

    Examples
    --------
    >>> show_feature_map([[-1.0, 0.0], [2.0, 1.0]])
    <Figure: Feature map 2 × 2>
    """
    return draw_map("values", values, title, role=role, top=top, ax=ax)


def draw_map(
    name: str,
    values: ArrayLike,
    title: str,
    *,
    role: Role = "output",
    top: float | None = None,
    ax: Axes | None = None,
    how: Heading | None = None,
) -> Figure:
    """Do what `show_feature_map` does; `name` is the array's, `how` its heading as it fits."""
    check_role(role)
    check_axes(ax)
    title, array = text_of("title", title), plane(name, values)
    height, width = array.shape
    top = top_of(array, top)
    dims = dims_of(array)
    if ax is None:
        how = fitted(title, dims, WIDTH - 2 * MARGIN)
        ax = single(height, width, how.width, below=LEGEND)
    ax.imshow(signed_grounds(array, top), extent=extent(array))
    bare(ax, height, width)
    heading(ax, title, dims, role, how)
    legend(ax, top)
    return figure_of(ax)
