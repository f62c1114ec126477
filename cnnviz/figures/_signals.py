"""Signals over time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from cnnviz.figures._checks import (
    Role,
    Values,
    check_axes,
    check_rate,
    check_signal_roles,
    check_texts,
    real,
    text_of,
)
from cnnviz.figures._drawing import NAME
from cnnviz.figures._layout import HEADING, WIDTH, add_axes, figure_of, new_figure
from cnnviz.figures._style import COLOURS, INK, LINE, with_own_settings

__all__ = ["show_signal"]

_FEW_SAMPLES = 40
_LARGEST = 1e300  # matplotlib's axis takes differences, and adds margins


@with_own_settings
def show_signal(
    *signals: ArrayLike,
    labels: Sequence[str] = (),
    role: Role | Sequence[Role] | None = None,
    title: str = "",
    rate: float | None = None,
    unit: str = "",
    ax: Axes | None = None,
) -> Figure:
    """Show one-dimensional signals over one axis.

    A signal of at most 40 samples is drawn sample by sample, a longer one as a line.

    Parameters
    ----------
    *signals : array_like, shape (n,)
        One to three.
    labels : sequence of str
        One per signal, for the legend.
    role : "input", "kernel", "output" or "gradient", or one of these per signal
        What the signals are; it sets their colours. Signals of one role differ in their lines. If
        left out, the first is an input and the others are outputs.
    title : str
        The heading; in the role's colour where all signals have the same.
    rate : float, optional
        Samples per second; the axis then shows seconds, else sample numbers.
    unit : str
        What the values are measured in.
    ax : Axes, optional
        Where to draw, instead of a figure of its own.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError, TypeError
        If a signal is not one-dimensional, empty, beyond ±1e300 or not made of real numbers, if
        there are none or more than three, if labels or roles don't match, or if another argument
        is none of the above.

    Examples
    --------
    >>> show_signal([0, 1, 0], [0, 0.5, 0.5], labels=["raw", "smooth"], title="A click")
    <Figure: A click>
    """
    if not 1 <= len(signals) <= 3:
        raise ValueError(f"signals must be one to three, got {len(signals)}")
    none = isinstance(labels, (str, tuple, list)) and not labels
    words = [] if none else check_texts("labels", labels, len(signals), "one per signal")
    title, unit = text_of("title", title), text_of("unit", unit)
    roles = check_signal_roles(role, len(signals))
    check_axes(ax)
    lines = [real("signals", signal) for signal in signals]
    for line in lines:
        if line.ndim != 1:
            raise ValueError(f"signals must be of shape (n,), got {line.shape}")
        if (largest := np.abs(line).max(initial=0, where=~np.isnan(line))) > _LARGEST:
            raise ValueError(f"signals must lie within ±{_LARGEST:g}, got {largest:g}")
    step = check_rate(rate, max(map(len, lines)))
    if ax is None:
        top = HEADING if title or words else 10
        figure = new_figure(WIDTH, top + 200 + 48)
        ax = add_axes(figure, 64, top, WIDTH - 64 - 12, 200)
    ax.set_xscale("linear")
    ax.set_yscale("linear")
    _draw_signals(ax, lines, words, roles, step)
    ax.set_xlabel("sample" if rate is None else "time in seconds")
    ax.set_ylabel(unit, parse_math=False)
    ax.margins(x=0.02)
    ax.spines[["top", "right"]].set_visible(False)
    if title:
        colour = COLOURS[roles[0]] if len(set(roles)) == 1 else INK
        ax.set_title(title, loc="left", color=colour, parse_math=False, **NAME)
    ax.set_label(title or " and ".join(words) or "Signal")
    return figure_of(ax)


def _draw_signals(
    ax: Axes, lines: Sequence[Values], labels: Sequence[str], roles: Sequence[Role], step: float
) -> None:
    handles: list[Line2D] = []
    for i, line in enumerate(lines):
        times, colour = np.arange(len(line)) * step, COLOURS[roles[i]]
        same = roles[:i].count(roles[i])  # signals of this role that were drawn before
        if len(line) <= _FEW_SAMPLES:
            times = times + 0.14 * step * (i - (len(lines) - 1) / 2)  # stems side by side
            ax.vlines(times, 0, line, color=colour, linewidth=1.4, clip_on=False)
            handles += ax.plot(times, line, "osD"[same], color=colour, clip_on=False)
            ax.axhline(0, color=LINE, linewidth=1, zorder=0)
        else:
            raw = i == 0 and len(lines) > 1  # thin, so that what is laid over it can be followed
            dashes, width = ("-", "--", ":")[same], 0.9 if raw else 1.8
            handles += ax.plot(times, line, dashes, color=colour, linewidth=width)
    if labels:
        # Numbers first: matplotlib leaves out a label that begins with "_".
        legend = ax.legend(
            handles,
            [str(i) for i in range(len(labels))],
            loc="lower right",
            bbox_to_anchor=(1, 1),
            ncols=len(labels),
            borderaxespad=0.2,
        )
        for text, label in zip(legend.get_texts(), labels, strict=True):
            text.set(text=label, parse_math=False)
