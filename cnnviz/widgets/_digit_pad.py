"""The digit pad: draw a digit, and watch a LeNet-5 read it."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray
from PIL import Image

from cnnviz import digit_network, images, ops, palette
from cnnviz.arrays import as_flag, as_image, as_light, shown
from cnnviz.shapes import whole as whole_number
from cnnviz.widgets import _still
from cnnviz.widgets._base import STATIC, Widget
from cnnviz.widgets._network import CLASSES, SIDE, Network, NetworkTrait
from cnnviz.widgets._traits import Array, Checked, pack

__all__ = ["DigitPad"]

#: The sheet has so many pixels for each of the network's, a side.
FINER = 4
SHEET = SIDE * FINER

_Panel = tuple[str, str, NDArray[np.uint8], NDArray[Any] | None]


def _drawing(name: str, value: Any) -> NDArray[np.uint8]:
    """Return a sheet (112, 112) of bytes; a picture (28, 28) is enlarged."""
    planes = as_image(name, value, finite=True)
    if planes.shape not in ((1, SIDE, SIDE), (1, SHEET, SHEET)):
        raise ValueError(
            f"{name} must be {SIDE} × {SIDE} or {SHEET} × {SHEET}, grey and light on dark, got "
            f"shape {planes.shape}: for another size, cnnviz.images.centred_digit({name})"
        )
    sheet = np.rint(as_light(name, planes[0]) * 255).astype(np.uint8)
    return sheet if len(sheet) == SHEET else _enlarged(sheet)


def _enlarged(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.kron(picture, np.ones((FINER, FINER), np.uint8))


def _label(name: str, value: Any) -> int | None:
    if value is None:
        return None
    label = whole_number(name, value, 0)
    if label >= CLASSES:
        raise ValueError(f"{name} must be a digit from 0 to 9 or None, got {label}")
    return label


def _place(name: str, value: Any) -> list[int]:
    """Return a layer's and a map's place."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise ValueError(f"{name} must be (layer, map), two whole numbers, got {shown(value)}")
    return [whole_number(name, each, 0) for each in value]


class DigitPad(Widget):
    """Draw a digit, and see every feature map of a LeNet-5 and what it takes the digit for.

    The drawing is scaled and centred as MNIST's digits are, by `cnnviz.images.centred_digit`. The
    network runs where the reader is: in the browser, with the numbers that torch has.

    Parameters
    ----------
    drawing : array_like, optional
        What is drawn, light on dark: shape ``(28, 28)`` as MNIST's digits are, or ``(112, 112)``
        as fine as the pad is; bytes from 0 to 255 or floats from 0 to 1. One of MNIST's test
        digits if left out; zeros for an empty pad.
    model : torch.nn.Sequential, optional
        What reads it: Conv2d, MaxPool2d or AvgPool2d, Flatten and Linear, each with a ReLU or a
        Tanh behind it or none, from ``(1, 28, 28)`` to ten scores, of at most 250 000 weights.
        The weights are copied: what is trained later does not change the pad. A LeNet-5 trained
        on MNIST if left out, which torch is not needed for.
    label : int, optional
        The digit that the drawing is meant to be, so that a wrong reading can be called so.
    centred : bool
        False shows the network the drawing as it stands on the pad.
    looked_at : (int, int)
        The layer and the map shown large, both counted from 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed. The message names it, what it got, and what is allowed.

    Notes
    -----
    A page that `save_html` writes has about 150 kB: half of it are the network's weights.

    Examples
    --------
    >>> import cnnviz
    >>> pad = cnnviz.DigitPad()
    >>> pad
    DigitPad(a 2 read as 2)
    >>> {name: values.shape for name, values in pad.maps.items()}  # doctest: +NORMALIZE_WHITESPACE
    {'C1': (6, 28, 28), 'S2': (6, 14, 14), 'C3': (16, 10, 10), 'S4': (16, 5, 5),
     'C5': (120, 1, 1), 'F6': (84,), 'output': (10,)}

    Digits of a data set, and a network of one's own:

    >>> from torch import nn
    >>> net = nn.Sequential(nn.Conv2d(1, 4, 5, stride=2), nn.Flatten(), nn.Linear(576, 10))
    >>> cnnviz.DigitPad(cnnviz.images.picture("digit"), net).maps["C1"].shape
    (4, 12, 12)
    """

    _esm = STATIC / "DigitPad.js"

    drawing = Array(_drawing)
    model = NetworkTrait()
    label = Checked(_label, default_value=None, allow_none=True)
    centred = Checked(as_flag, default_value=True)
    looked_at = Checked(_place, default_value=(0, 0))
    examples: Any = traitlets.List().tag(sync=True)

    def __init__(self, drawing: Any = None, model: Any = None, **kwargs: Any) -> None:
        stored = digit_network.load()
        pictures, labels = stored["example_pictures"], stored["example_labels"].tolist()
        if drawing is None:
            drawing = pictures[0]
            kwargs.setdefault("label", labels[0])
        super().__init__(
            drawing=drawing,
            model=model,
            examples=[
                {"picture": pack(picture), "label": label}
                for picture, label in zip(pictures, labels, strict=True)
            ],
            **kwargs,
        )
        self._settle()

    @property
    def digit(self) -> NDArray[np.float64]:
        """What the network sees: shape (28, 28), from 0 to 1."""
        if self.centred:
            return images.centred_digit(self.drawing) / 255
        blocks = self.drawing.reshape(SIDE, FINER, SIDE, FINER)
        return np.asarray(blocks.mean(axis=(1, 3)) / 255)

    @property
    def maps(self) -> dict[str, NDArray[np.float64]]:
        """What each layer makes of the digit, activation and all, computed by `cnnviz.ops`.

        By the layers' names, C1, S2 … and output: maps ``(K, H, W)`` or units ``(K,)``.
        """
        network: Network = self.model
        return network.maps(self.digit)

    @property
    def scores(self) -> NDArray[np.float64]:
        """The network's score for each digit, shape (10,)."""
        return self.maps["output"]

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """The scores' softmax, shape (10,)."""
        return np.asarray(ops.softmax(self.scores))

    @property
    def prediction(self) -> int | None:
        """The digit with the highest score; None where nothing is drawn."""
        return int(np.argmax(self.scores)) if self.drawing.any() else None

    def _check_fit(self, name: str | None = None) -> None:
        if name in (None, "looked_at"):
            layer, index = self.looked_at
            counts = _counts(self.maps)
            if layer >= len(counts) or index >= counts[layer]:
                raise ValueError(
                    f"looked_at must be (layer, map), a layer below {len(counts)} and a map below "
                    f"{counts}, got {(layer, index)}"
                )

    @traitlets.observe("model")
    def _keep_looking_inside(self, _change: Any) -> None:
        if self._settled and not self._property_lock:
            counts = _counts(self.maps)
            layer = min(self.looked_at[0], len(counts) - 1)
            self.looked_at = (layer, min(self.looked_at[1], counts[layer] - 1))

    # ---- the widget contract -------------------------------------------------------------------

    def summary(self) -> str:
        """Return what is drawn, and what it is read as."""
        if self.prediction is None:
            return "nothing drawn"
        what = "a drawing" if self.label is None else f"a {self.label}"
        return f"{what} read as {self.prediction}"

    def caption(self) -> str:
        """Return one sentence on the reading and its runners-up."""
        if self.prediction is None:
            return "Digit pad: nothing is drawn yet."
        shares = self.probabilities
        first, second, third = (f"{d} ({_percent(shares[d])})" for d in _ranked(shares)[:3])
        meant = "" if self.label is None else f", meant as a {self.label}"
        return (
            f"Digit pad: a drawing{meant}, the maps that a network makes of it, and what it reads: "
            f"{first}, before {second} and {third}."
        )

    def picture(self) -> Image.Image:
        """Return the drawing, the digit as the network sees it, all maps, and the reading."""
        maps, shares = self.maps, self.probabilities
        pads: list[_Panel] = [
            ("Drawing", "input", palette.light_rgb(self.drawing[None], 0, 255), None),
            ("As it is read", "input", palette.light_rgb(self.digit[None], 0, 1), None),
        ]
        layers = list(maps.items())[:-1]
        hidden: list[_Panel] = [(name, "output", _pixels(values), None) for name, values in layers]
        rows = [hidden[i : i + 3] for i in range(0, len(hidden), 3)]
        table = [["read as", "probability"]]
        table += [[str(d), _percent(shares[d])] for d in _ranked(shares)[:3]]
        return _still.stack(
            [
                _still.sentence(pads, "→"),
                *(_still.sentence(row, "→" * (len(row) - 1)) for row in rows),
                _still.table(table),
            ]
        )


def _counts(maps: dict[str, NDArray[Any]]) -> list[int]:
    """Return how many pictures each layer but the last is shown as: a map each, or one of units."""
    return [len(values) if _is_spread(values) else 1 for values in list(maps.values())[:-1]]


def _is_spread(values: NDArray[Any]) -> bool:
    """Tell maps from units, which are shown as one picture."""
    return values.ndim == 3 and values[0].size > 1


def _pixels(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the pixels of a layer's maps side by side, or of its units in rows."""
    units = values if _is_spread(values) else values.reshape(-1, 1, 1)
    sheet = _still.mosaic(units, 2)
    gap = np.isnan(sheet)
    low, high = min(0.0, float(values.min())), float(values.max())
    pixels = _still.plane(np.where(gap, 0, sheet), low, high or 1.0)
    pixels[gap] = 255
    return pixels


def _ranked(shares: NDArray[np.float64]) -> list[int]:
    return [int(digit) for digit in np.argsort(-shares, kind="stable")]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
