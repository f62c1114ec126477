"""Grids of numbers, written out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from cnnviz.arrays import as_array, as_flag
from cnnviz.figures._checks import (
    Role,
    check_axes,
    check_role,
    check_window,
    dims_of,
    frame_of,
    grid,
    text_of,
)
from cnnviz.figures._colours import light_grounds, signed_grounds, tinted_grounds
from cnnviz.figures._drawing import (
    Heading,
    bare,
    cell_size,
    cells,
    extent,
    fitted,
    heading,
    outline,
    padding_block,
    padding_cells,
)
from cnnviz.figures._layout import LARGEST_GRID, MARGIN, WIDTH, figure_of, single
from cnnviz.figures._style import with_own_settings

__all__ = ["draw_grid", "show_kernel", "show_numbers"]


@with_own_settings
def show_kernel(kernel: ArrayLike, title: str = "Kernel", *, ax: Axes | None = None) -> Figure:
    """Show a kernel's weights as numbers on signed colours; without numbers beyond 16 a side.

    Parameters
    ----------
    kernel : array_like, shape (k,), (kh, kw) or (1, kh, kw)
    title : str
        The heading; the size is added.
    ax : Axes, optional
        Where to draw, instead of a figure of its own.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError, TypeError
        If `kernel` is of another shape, empty, infinite or not made of real numbers; if another
        argument is none of the above.

    Examples
    --------
    >>> show_kernel([[1, 0, -1]])
    <Figure: Kernel 1 × 3>
    """
    return draw_grid("kernel", kernel, title, role="kernel", signed=True, ax=ax)


@with_own_settings
def show_numbers(
    numbers: ArrayLike,
    title: str = "",
    *,
    role: Role = "input",
    signed: bool | None = None,
    padding: int | str | Sequence[Any] = 0,
    window: Sequence[int] | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Show a small grid of numbers, a cell each.

    Parameters
    ----------
    numbers : array_like, shape (n,), (H, W) or (1, H, W)
        NaN leaves a cell blank. Beyond 16 cells a side the numbers are left out.
    title : str
        The heading; the size is added.
    role : "input", "kernel", "output" or "gradient"
        What the numbers are; it sets their colour.
    signed : bool, optional
        Colour by sign, or by size: an input as a picture, 0 black and the largest white, anything
        else in a tint of its role. By sign if left out and a number is negative.
    padding : int, or one int or (before, after) per axis
        A hatched frame of zeros to draw around the grid.
    window : (row, column, height, width), optional
        A window to outline in the kernel's colour. Row and column count from the first number,
        so they are negative in the padding.
    ax : Axes, optional
        Where to draw, instead of a figure of its own.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError, TypeError
        If an argument is none of the above.

    Examples
    --------
    >>> show_numbers([[1, 2], [3, 4]], "Input", padding=1, window=(-1, -1, 3, 3))
    <Figure: Input 2 × 2>
    """
    return draw_grid(
        "numbers",
        numbers,
        title,
        role=role,
        signed=signed,
        padding=padding,
        window=window,
        ax=ax,
    )


def draw_grid(
    name: str,
    numbers: ArrayLike,
    title: str,
    *,
    role: Role,
    signed: bool | None = None,
    padding: int | str | Sequence[Any] = 0,
    window: Sequence[int] | None = None,
    ax: Axes | None = None,
    how: Heading | None = None,
) -> Figure:
    """Do what `show_numbers` does; `name` is the array's, `how` its heading as it fits."""
    check_role(role)
    check_axes(ax)
    title, array = text_of("title", title), grid(name, numbers)
    dims = dims_of(as_array(name, numbers))
    written = max(array.shape) <= LARGEST_GRID
    frame = frame_of(padding, array.shape, written=written)
    place = check_window(window, array.shape, frame)
    (above, below), (left, right) = frame
    height, width = array.shape[0] + above + below, array.shape[1] + left + right
    signed = bool((array < 0).any()) if signed is None else as_flag("signed", signed)
    if ax is None:
        how = fitted(title, dims, WIDTH - 2 * MARGIN)
        ax = single(height, width, how.width, cells=written)

    if signed:
        grounds = signed_grounds(array)
    else:
        grounds = light_grounds(array) if role == "input" else tinted_grounds(array, role)
    if written:
        size = cell_size(ax, height, width)
        cells(ax, array, grounds, size)
        padding_cells(ax, array.shape, frame, size)
    else:
        if frame != ((0, 0), (0, 0)):
            padding_block(ax, -left, -above, width, height)
        ax.imshow(grounds, extent=extent(array), zorder=2)
    bare(ax, height, width, above, left)
    outline(ax, place)
    heading(ax, title, dims, role, how)
    return figure_of(ax)
