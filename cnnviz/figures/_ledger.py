"""Where a network's parameters, work and memory are."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cnnviz.arrays import check_name, shown
from cnnviz.figures._checks import check_axes
from cnnviz.figures._drawing import NAME
from cnnviz.figures._layout import HEADING, MARGIN, WIDTH, add_axes, figure_of, new_figure
from cnnviz.figures._style import COLOURS, INK, with_own_settings
from cnnviz.numerals import grouped
from cnnviz.shapes import whole

__all__ = ["show_ledger"]

_WHAT: dict[str, tuple[str, str]] = {
    "parameters": ("Parameters", COLOURS["kernel"]),
    "multiply_adds": ("Multiply–adds", INK),
    "memory": ("Bytes of activations", COLOURS["output"]),
}
_LONGEST = 26  # signs of a name
_LINE = 18  # pixels a bar
_MOST_BARS = 40
_NAMES, _NUMBERS = 180, 120  # pixels beside the bars


@with_own_settings
def show_ledger(
    ledger: Any, what: str = "parameters", *, depth: int | None = None, ax: Axes | None = None
) -> Figure:
    """Show where in a network something is: a bar for each layer or block, from top to bottom.

    Parameters
    ----------
    ledger : Ledger
        What `cnnviz.ledger` returns.
    what : "parameters", "multiply_adds" or "memory"
        What the bars' lengths are.
    depth : int, optional
        How many parts of a name make a block: with 1, "layer1.0.conv1" is counted in "layer1". The
        most that give at most 40 bars if left out. Rows without a name stand by what they do.
    ax : Axes, optional
        Where to draw, instead of a figure of its own.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError, TypeError
        If it is no ledger, if `what` is none of these, if `depth` is less than 1.

    Examples
    --------
    >>> from cnnviz import ledger, nets
    >>> show_ledger(ledger(nets.lenet5(), (1, 28, 28)))
    <Figure: Parameters, 61 706>
    """
    rows = getattr(ledger, "rows", None)
    if not isinstance(rows, list):
        raise TypeError(f"ledger must be what cnnviz.ledger returns, got {shown(ledger)}")
    check_name("what", what, _WHAT)
    check_axes(ax)
    blocks = _blocks(rows, what, depth if depth is None else whole("depth", depth))
    title, colour = _WHAT[what]
    total = grouped(sum(blocks.values()))
    if ax is None:
        height = _LINE * max(len(blocks), 1)
        figure = new_figure(WIDTH, HEADING + height + MARGIN)
        ax = add_axes(figure, _NAMES, HEADING, WIDTH - _NAMES - _NUMBERS, height)
    bars = ax.barh(range(len(blocks)), list(blocks.values()), height=0.72, color=colour)
    for bar, value in zip(bars, blocks.values(), strict=True):
        place = (bar.get_width(), bar.get_y() + bar.get_height() / 2)
        ax.annotate(
            grouped(value), place, (4, 0), textcoords="offset points", va="center", color=INK
        )
    ax.set_yticks(range(len(blocks)), [_short(name) for name in blocks], parse_math=False)
    ax.set_ylim(max(len(blocks), 1) - 0.5, -0.5)
    ax.set_xticks([])
    ax.tick_params(length=0)
    ax.spines[["top", "right", "bottom"]].set_visible(False)
    ax.set_title(f"{title}, {total}", loc="left", color=colour, parse_math=False, **NAME)
    ax.set_label(f"{title}, {total}")
    return figure_of(ax)


def _blocks(rows: list[dict[str, Any]], what: str, depth: int | None) -> dict[str, int]:
    """Add up rows by the first parts of their names, leaving out what has none of it."""
    if depth is None:
        deepest = max((str(row["name"]).count(".") for row in rows), default=0) + 1
        choices = [_blocks(rows, what, d) for d in range(1, deepest + 1)]
        return next((b for b in reversed(choices) if len(b) <= _MOST_BARS), choices[0])
    blocks: dict[str, int] = {}
    for row in rows:
        name = ".".join(row["name"].split(".")[:depth]) or row["layer"]
        blocks[name] = blocks.get(name, 0) + row[what]
    return {name: value for name, value in blocks.items() if value}


def _short(name: str) -> str:
    """Keep the end of a long name, where it differs from the others."""
    return name if len(name) <= _LONGEST else "…" + name[1 - _LONGEST :]
