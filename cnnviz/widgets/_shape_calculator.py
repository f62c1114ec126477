"""The shape calculator: a chain of layers edited by hand, sized after each."""

from __future__ import annotations

from typing import Any, Self

import traitlets
from PIL import Image

from cnnviz import chain
from cnnviz.arrays import shown
from cnnviz.numerals import grouped
from cnnviz.widgets import _still
from cnnviz.widgets._base import STATIC, Widget
from cnnviz.widgets._traits import Checked, whole

__all__ = ["ShapeCalculator"]

FIRST = "a small net"
MOST_LINES = 24  # of the still picture
_HEADS = ("Layer", "Output", "Field", "Jump", "Parameters", "Multiply–adds")


def _input_shape(_name: str, value: Any) -> list[int]:
    return list(chain.check_input_shape(value))


def _layers(_name: str, value: Any) -> list[dict[str, Any]]:
    return chain.check_layers(value)


class ShapeCalculator(Widget):
    """Edit a chain of layers; read size, receptive field, jump and cost after each.

    Parameters
    ----------
    layers : list of dict, or str
        The layers in order, as :mod:`cnnviz.chain` has them: each has its ``"kind"``, ``"conv"``,
        ``"conv_transpose"``, ``"pool"``, ``"flatten"`` or ``"linear"``, and its parameters
        (:data:`cnnviz.chain.KINDS`). Or the name of a known network
        (:data:`cnnviz.chain.PRESETS`). A small net if left out.
    input_shape : tuple of int
        Channels first: (C, L), (C, H, W) or (C, D, H, W), which makes the layers 1-D, 2-D or 3-D;
        or (features,) for linear layers alone. A known network brings its own; else (3, 32, 32).
    selected : int
        The layer, counted from 1, whose formula is open; 0 is the input.

    Raises
    ------
    TypeError, ValueError
        If something is not a layer, or a number is none that a layer could have. A layer that does
        not fit what comes in is kept, and explained in its row: see ``rows``.

    Examples
    --------
    >>> import cnnviz
    >>> layers = [{"kind": "conv", "channels": 8, "kernel": 3}, {"kind": "pool"}]
    >>> calculator = cnnviz.ShapeCalculator(layers, input_shape=(1, 28, 28))
    >>> calculator
    ShapeCalculator(1 × 28 × 28, 2 layers → 8 × 13 × 13)
    >>> calculator.rows[1]["receptive_field"]
    (4, 4)
    >>> calculator.link
    '#layers=1x28x28;conv:c8,k3;pool'
    >>> cnnviz.ShapeCalculator("LeNet-5")
    ShapeCalculator(1 × 32 × 32, 8 layers → 10)
    """

    _esm = STATIC / "ShapeCalculator.js"

    layers = Checked(_layers, default_value=())
    input_shape = Checked(_input_shape, default_value=(3, 32, 32))
    selected = Checked(whole(0), default_value=1)
    presets: Any = traitlets.Dict().tag(sync=True)

    def __init__(self, layers: Any = None, input_shape: Any = None, **kwargs: Any) -> None:
        if layers is None or isinstance(layers, str):
            layers, own_shape = _known(FIRST if layers is None else layers)
        else:
            own_shape = (3, 32, 32)
        super().__init__(
            layers=layers,
            input_shape=own_shape if input_shape is None else input_shape,
            presets=dict(chain.PRESETS),
            **kwargs,
        )
        self._settle()

    @classmethod
    def from_link(cls, text: str) -> Self:
        """Make a calculator of the chain that a link carries.

        Parameters
        ----------
        text : str
            What "Copy link" gives: ``#layers=…``, or a whole address that ends so.

        Raises
        ------
        TypeError, ValueError
            If the text can't be read, with the part that is wrong.

        Examples
        --------
        >>> ShapeCalculator.from_link("#layers=3x32x32;conv:c16,k5,s2;flatten;linear:u10")
        ShapeCalculator(3 × 32 × 32, 3 layers → 10)
        """
        layers, input_shape = chain.from_link(text)
        return cls(layers, input_shape)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What each layer gives: a dict each, as :func:`cnnviz.chain.rows` describes them."""
        return [dict(row) for row in self._rows()]

    @property
    def link(self) -> str:
        """The chain as text, ``#layers=…``: behind a page's address it opens with this chain."""
        return chain.link(self.layers, self.input_shape)

    def _rows(self) -> list[dict[str, Any]]:
        """Return the rows, computed once for each state (lists may be changed in place)."""
        state = repr((self.layers, self.input_shape))
        if self._sized[0] != state:
            self._sized = state, chain.rows(self.layers, self.input_shape)
        return self._sized[1]

    _sized: tuple[str, list[dict[str, Any]]] = ("", [])

    # ---- the widget contract -------------------------------------------------------------------

    def _result(self) -> str:
        """Return the last output's size, or which layer does not fit."""
        rows = self._rows()
        bad = next((i for i, row in enumerate(rows, 1) if row["error"]), None)
        if bad is not None:
            return f"layer {bad} does not fit"
        return _still.times(rows[-1]["size"] if rows else self.input_shape)

    def summary(self) -> str:
        """Return the input's shape, the number of layers and what comes out."""
        count = len(self.layers)
        many = f"{count} layer{'' if count == 1 else 's'}"
        return f"{_still.times(self.input_shape)}, {many} → {self._result()}"

    def caption(self) -> str:
        """Return one sentence on the chain and its cost."""
        parameters, multiply_adds = (
            grouped(sum(row[name] or 0 for row in self._rows()))
            for name in ("parameters", "multiply_adds")
        )
        return (
            f"Shape calculator: {len(self.layers)} layers over an input of "
            f"{_still.times(self.input_shape)}, after each its output size, receptive field, jump, "
            f"parameters and multiply–adds; in all {parameters} parameters and {multiply_adds} "
            "multiply–adds."
        )

    def picture(self) -> Image.Image:
        """Return the table."""
        ones = (1,) * (len(self.input_shape) - 1)
        lines = [["input", _still.times(self.input_shape), _axes(ones), _axes(ones), "", ""]]
        for row in self._rows():
            if row["error"]:
                waits = row["error"].startswith("waits")
                lines.append([row["layer"], row["error"] if waits else "does not fit", *[""] * 4])
            else:
                lines.append(
                    [
                        row["layer"],
                        _still.times(row["size"]),
                        _axes(row["receptive_field"]),
                        _axes(row["jump"]),
                        grouped(row["parameters"]),
                        grouped(row["multiply_adds"]),
                    ]
                )
        sums = [
            sum(row[name] or 0 for row in self._rows()) for name in ("parameters", "multiply_adds")
        ]
        total = ["Total", "", "", "", *map(grouped, sums)]
        return _still.table([list(_HEADS), *_shortened(lines), total])


def _known(name: str) -> tuple[list[dict[str, Any]], tuple[int, ...]]:
    if name not in chain.PRESETS:
        raise ValueError(
            f"layers must be a list of dicts or one of {', '.join(map(repr, chain.PRESETS))}; "
            f"got {shown(name)}"
        )
    return chain.from_link(chain.PRESETS[name])


def _shortened(lines: list[list[str]]) -> list[list[str]]:
    """Leave out the middle of a table that is too long for a picture."""
    if len(lines) <= MOST_LINES:
        return lines
    half = MOST_LINES // 2
    left_out = [f"… {len(lines) - 2 * half} more layers …", *[""] * 5]
    return [*lines[:half], left_out, *lines[-half:]]


def _axes(values: Any) -> str:
    """Write a number per axis, one where all agree."""
    if not values:
        return "–"
    shown = [_still.number(value) for value in values]
    return shown[0] if len(set(shown)) == 1 else " × ".join(shown)
