"""Boxes on a picture: those that are true, and those that a detector says."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from cnnviz.boxes._inputs import as_boxes, plain
from cnnviz.figures._checks import Values, check_axes, check_texts
from cnnviz.figures._pictures import draw_image
from cnnviz.figures._style import COLOURS, with_own_settings

__all__ = ["show_boxes"]

_ROOM = 0.12  # of the picture's height: so much a label needs above its box


@with_own_settings
def show_boxes(
    image: ArrayLike,
    objects: ArrayLike = (),
    found: ArrayLike = (),
    title: str = "",
    *,
    labels: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Show a picture with boxes: true ones drawn through, a detector's dashed.

    Parameters
    ----------
    image : array_like, shape (H, W), (1, H, W) or (3, H, W), or a Pillow picture
        uint8 from 0 to 255; floats from 0 to 1. Values beyond stretch the scale.
    objects : array_like, shape (M, 4)
        True boxes, ``(x1, y1, x2, y2)`` in pixels, continuous: pixel 0 reaches from 0 to 1. They
        have the input's colour.
    found : array_like, shape (K, 4)
        A detector's boxes, in the kernel's colour. What lies outside the picture isn't drawn.
    title : str
        The heading.
    labels : sequence of str, optional
        What to write at each box of `found`.
    ax : Axes, optional
        Where to draw, instead of a figure of its own.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError, TypeError
        If `image` is none, as in `show_image`; if `objects` or `found` aren't finite boxes, or
        `labels` not a text for each that is found.

    Examples
    --------
    >>> import numpy as np
    >>> show_boxes(np.eye(8), [[0, 0, 4, 4]], [[1, 0, 5, 4]], "A diagonal", labels=["IoU 0.6"])
    <Figure: A diagonal>
    """
    check_axes(ax)
    true, said = (
        plain(as_boxes(name, boxes, finite=True))
        for name, boxes in (("objects", objects), ("found", found))
    )
    words = [""] * len(said)
    if labels is not None:
        words = check_texts("labels", labels, len(said), "one for each box found")
    figure = draw_image("image", image, title, ax=ax, dims="")
    ax = figure.axes[-1] if ax is None else ax
    for box in true:
        _outline(ax, box, COLOURS["input"], "-")
    for box in said:
        _outline(ax, box, COLOURS["kernel"], "--")
    for box, word in zip(said, words, strict=True):
        if word:
            _label(ax, box, word)
    return figure


def _outline(ax: Axes, box: Values, colour: str, style: str) -> None:
    """Draw a box, ringed in white so that it shows on any ground."""
    x1, y1, x2, y2 = box.tolist()
    for edge, how, thickness in (("white", "-", 3.4), (colour, style, 1.8)):
        corner, width, height = (x1, y1), x2 - x1, y2 - y1
        ax.add_patch(
            Rectangle(corner, width, height, fill=False, ec=edge, ls=how, lw=thickness, zorder=5)
        )


def _label(ax: Axes, box: Values, word: str) -> None:
    """Write above a box, or below it where the picture ends."""
    x1, y1, _, y2 = box.tolist()
    above = y1 > _ROOM * ax.get_ylim()[0]
    ax.annotate(
        word,
        (x1, y1 if above else y2),
        (1, 4 if above else -4),
        textcoords="offset points",
        va="bottom" if above else "top",
        color="white",
        fontsize=9,
        bbox={"fc": COLOURS["kernel"], "ec": "none", "pad": 1.5},
        annotation_clip=True,
        clip_on=True,
        parse_math=False,
        zorder=6,
    )
