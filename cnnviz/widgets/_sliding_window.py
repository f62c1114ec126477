"""The sliding window: a network at each place of a page, crop by crop and as one convolution."""

from __future__ import annotations

import functools
import itertools
import math
import operator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from cnnviz import digit_network, palette
from cnnviz.arrays import as_image, as_light
from cnnviz.numerals import grouped
from cnnviz.shapes import whole as whole_number
from cnnviz.widgets import _still
from cnnviz.widgets._base import STATIC, Widget
from cnnviz.widgets._network import CLASSES, SIDE, Layer, Network, NetworkTrait
from cnnviz.widgets._traits import Array, Checked, whole

__all__ = ["SlidingWindow"]

#: What a page of the browser can hold; as in ``frontend/src/widgets/sliding-window/schema.ts``.
LARGEST_SIDE, MOST_PRODUCTS = 128, 200_000_000

#: Where the first example digits stand on the page that is there if none is given: top and left.
_PLACES = ((2, 2), (3, 51), (2, 98), (34, 26), (33, 75))
_PAGE = (64, 128)


def _page(name: str, value: Any) -> NDArray[np.uint8]:
    """Return a page (H, W) of bytes."""
    planes = as_image(name, value, finite=True)
    if len(planes) != 1 or max(planes.shape) > LARGEST_SIDE:
        raise ValueError(
            f"{name} must be grey, light on dark, (H, W) with at most {LARGEST_SIDE} pixels a "
            f"side, got shape {planes.shape}"
        )
    page: NDArray[np.uint8] = np.rint(as_light(name, planes[0]) * 255).astype(np.uint8)
    return page


def _digit(name: str, value: Any) -> int | None:
    if value is None:
        return None
    digit = whole_number(name, value, 0)
    if digit >= CLASSES:
        raise ValueError(f"{name} must be a digit from 0 to 9 or None, got {digit}")
    return digit


def _example_page() -> NDArray[np.uint8]:
    page = np.zeros(_PAGE, np.uint8)
    pictures = digit_network.load()["example_pictures"]
    for (top, left), picture in zip(_PLACES, pictures, strict=False):
        page[top : top + SIDE, left : left + SIDE] = picture
    return page


@dataclass(frozen=True)
class _Plan:
    """How a network is laid over a page.

    `window` is its side in pixels, the first layer's padding included: it holds real pixels there.
    `jump` is how far apart two windows are at the least: the strides up to `last`, the layer that
    sees the whole window, come to it. By layer, `sides` are the
    maps' sides for one window, and `strides` how many pixels lie between two of their places.
    """

    window: int
    jump: int
    last: int
    sides: tuple[int, ...]
    strides: tuple[int, ...]
    layers: tuple[Layer, ...]

    def cropped(self) -> Network:
        """Return the network that reads a window of real pixels, without padding."""
        return Network(self.layers)

    def convolved(self, stride: int) -> Network:
        """Return the network whose every layer slides: linear layers as convolutions."""
        sides = (self.window, *self.sides)
        return Network(
            tuple(
                layer
                if i < self.last
                else _slid(layer, sides[i], stride // self.jump if i == self.last else 1)
                for i, layer in enumerate(self.layers)
            )
        )


def _slid(layer: Layer, side: int, stride: int) -> Layer:
    """Return a layer that sees maps of `side` × `side` as one that slides over larger ones."""
    if layer.kind != "linear":
        return replace(layer, stride=stride)
    assert layer.weight is not None
    weight = layer.weight.reshape(len(layer.weight), -1, side, side)
    return replace(layer, kind="conv", kernel=side, stride=stride, weight=weight)


@functools.lru_cache(maxsize=8)
def _plan(network: Network) -> _Plan:
    """Return how a network is laid over a page; raise where its padding can't be real pixels."""
    first, *others = network.layers
    if any(layer.padding for layer in others):
        raise ValueError(
            "model must have no padding behind its first layer: there a crop is padded with "
            "zeros, where the page has values, and the two forms differ"
        )
    maps = network.maps(np.zeros((SIDE, SIDE))).values()
    sides = tuple(values.shape[-1] if values.ndim == 3 else 1 for values in maps)
    last = sides.index(1)
    strides = tuple(itertools.accumulate((layer.stride for layer in network.layers), operator.mul))
    return _Plan(
        window=SIDE + 2 * first.padding,
        jump=strides[last - 1] if last else 1,
        last=last,
        sides=sides,
        strides=strides,
        layers=(replace(first, padding=0), *others),
    )


class SlidingWindow(Widget):
    """A digit network at each position of a window: crop by crop, and as one convolution.

    Both give the same scores. The counts of multiply–adds say what each does for them: cropping
    runs the whole network for every window, convolution computes each value of a layer's maps
    once, however many windows it lies in.

    Parameters
    ----------
    page : array_like, optional
        What is searched, light on dark: shape ``(H, W)``, at least as large as the window, at most
        128 pixels a side; bytes from 0 to 255 or floats from 0 to 1. Five of the digits that ship
        with the package if left out.
    model : torch.nn.Sequential, optional
        What reads a window, as in `cnnviz.DigitPad`; a LeNet-5 trained on MNIST if left out. If
        its first layer pads, the window is larger by that padding, and holds real pixels there.
        No other layer may pad.
    stride : int, optional
        Pixels between neighbouring windows: a multiple of `jump`, which it is if left out.
    digit : int, optional
        Whose scores the maps show; each window's highest if left out.
    step : int
        The window that is looked at, counted row by row from 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed. The message names it, what it got, and what is allowed.

    Examples
    --------
    >>> import cnnviz
    >>> slider = cnnviz.SlidingWindow(step=30)
    >>> slider
    SlidingWindow(64 × 128, 9 × 25 windows of 32 × 32, stride 4, window 31)
    >>> slider.scores.shape, slider.place
    ((10, 9, 25), (4, 20))
    >>> {form: sum(layers.values()) for form, layers in slider.multiply_adds.items()}
    {'cropping': 12912120, 'convolution': 3864120}
    """

    _esm = STATIC / "SlidingWindow.js"

    page = Array(_page)
    model = NetworkTrait()
    stride = Checked(whole())
    digit = Checked(_digit, default_value=None, allow_none=True)
    step = Checked(whole(0), default_value=0)

    def __init__(
        self, page: Any = None, model: Any = None, stride: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(
            page=_example_page() if page is None else page,
            model=model,
            stride=1 if stride is None else stride,
            **kwargs,
        )
        if stride is None:
            self.stride = _plan(self.model).jump
        self._settle()

    @property
    def window(self) -> int:
        """Height and width of the window."""
        return self._plan().window

    @property
    def jump(self) -> int:
        """The least stride: the product of the strides in front of the layer that sees all."""
        return self._plan().jump

    @property
    def positions(self) -> tuple[int, int]:
        """How many windows there are, one below the other and side by side."""
        window = self.window
        rows, columns = ((n - window) // self.stride + 1 for n in self.page.shape)
        return rows, columns

    @property
    def place(self) -> tuple[int, int]:
        """The pixel in the upper left corner of the window that is looked at."""
        row, column = divmod(self.step, self.positions[1])
        return row * self.stride, column * self.stride

    @property
    def scores(self) -> NDArray[np.float64]:
        """The scores of all windows by one convolution, shape (10, rows, columns)."""
        plan, (rows, columns) = self._plan(), self.positions
        height, width = (plan.window + (n - 1) * self.stride for n in (rows, columns))
        maps = plan.convolved(self.stride).maps(self.page[:height, :width] / 255)
        return maps["output"][:, :rows, :columns]

    @property
    def window_scores(self) -> NDArray[np.float64]:
        """The scores of the window that is looked at, cropped, shape (10,)."""
        plan, (top, left) = self._plan(), self.place
        crop = self.page[top : top + plan.window, left : left + plan.window]
        return plan.cropped().maps(crop / 255)["output"]

    @property
    def multiply_adds(self) -> dict[str, dict[str, int]]:
        """What both forms have multiplied up to the window that is looked at, layer by layer.

        Of the convolution what the windows need: a value that lies in none of them doesn't count.
        """
        return self._multiply_adds(self.step + 1)

    def _multiply_adds(self, count: int) -> dict[str, dict[str, int]]:
        """Return what the first `count` windows take."""
        plan, columns = self._plan(), self.positions[1]
        cropping, convolution = {}, {}
        for i, (name, layer) in enumerate(zip(plan.cropped().names, plan.layers, strict=True)):
            if layer.weight is not None:
                each, side = int(layer.weight.size), plan.sides[i]
                apart = self.stride // plan.strides[i] if i < plan.last else 1
                cropping[name] = each * side * side * count
                convolution[name] = each * _covered(side, apart, columns, count)
        return {"cropping": cropping, "convolution": convolution}

    def _plan(self) -> _Plan:
        return _plan(self.model)

    def _check_fit(self, name: str | None = None) -> None:
        plan = self._plan()
        if min(self.page.shape) < plan.window:
            raise ValueError(
                f"page must be at least as large as the window, {plan.window} × {plan.window}, "
                f"got shape {self.page.shape}"
            )
        if self.stride % plan.jump:
            raise ValueError(
                f"stride must be a multiple of {plan.jump}, the product of the network's strides: "
                f"between its steps a convolution has no values; got {self.stride}"
            )
        count = math.prod(self.positions)
        products = sum(self._multiply_adds(count)["convolution"].values())
        if products > MOST_PRODUCTS:
            raise ValueError(
                f"page must take at most {MOST_PRODUCTS} multiply–adds with this model, got "
                f"{products}: take a smaller one or a larger stride"
            )
        if name in (None, "step") and self.step >= count:
            raise ValueError(f"step must be less than the {count} windows, got {self.step}")

    @traitlets.observe("page", "model", "stride")
    def _keep_step_inside(self, _change: Any) -> None:
        if self._settled and not self._property_lock:
            self.step = min(self.step, math.prod(self.positions) - 1)

    # ---- the widget contract -------------------------------------------------------------------

    def summary(self) -> str:
        """Return the sizes, the stride, and the window that is looked at."""
        side = self.window
        return (
            f"{_still.times(self.page.shape)}, {_still.times(self.positions)} windows of "
            f"{side} × {side}, stride {self.stride}, window {self.step + 1}"
        )

    def caption(self) -> str:
        """Return one sentence on what both forms take for all windows."""
        count, side = math.prod(self.positions), self.window
        totals = {k: sum(v.values()) for k, v in self._multiply_adds(count).items()}
        ratio = totals["cropping"] / totals["convolution"]
        return (
            f"Sliding window: {count} windows of {side} × {side} on a page of "
            f"{_still.times(self.page.shape)}, and the scores that a network gives each: "
            f"{grouped(totals['cropping'])} multiply–adds if each window is cropped, "
            f"{grouped(totals['convolution'])} as one convolution, {_still.number(ratio)} times "
            "fewer."
        )

    def picture(self) -> Image.Image:
        """Return the page with the window, the map of scores, and what both forms take."""
        shown, winners = self._shown()
        page = palette.light_rgb(self.page[None], 0, 255)
        framed = _framed(page, self.place, self.window)
        scores = palette.signed_rgb(shown, float(np.abs(shown).max()))
        numbers = winners if self.digit is None else shown
        panels = _still.sentence(
            [("Page", "input", framed, None), ("Scores", "output", scores, _still.few(numbers))],
            "→",
        )
        counts = self._multiply_adds(math.prod(self.positions))
        lines = [[form, grouped(sum(layers.values()))] for form, layers in counts.items()]
        return _still.stack([panels, _still.table([["", "multiply–adds"], *lines])])

    def _shown(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return the score that each window's cell shows, and whose it is."""
        scores = self.scores
        winners = scores.argmax(axis=0)
        shown = scores.max(axis=0) if self.digit is None else scores[self.digit]
        return shown, winners


def _covered(side: int, apart: int, columns: int, count: int) -> int:
    """Return how many places of a map the first `count` windows hold, each counted once.

    A window holds `side` × `side` of them, neighbouring windows begin `apart` places from one
    another, `columns` of them in a row.
    """
    rows, rest = divmod(count, columns)
    new_rows = _span(side, apart, rows + 1) - _span(side, apart, rows)
    whole_rows = _span(side, apart, rows) * _span(side, apart, columns)
    return whole_rows + new_rows * _span(side, apart, rest)


def _span(side: int, apart: int, windows: int) -> int:
    """Return how many places of a line so many windows hold."""
    return side + (windows - 1) * min(side, apart) if windows else 0


def _framed(pixels: NDArray[np.uint8], place: tuple[int, int], side: int) -> NDArray[np.uint8]:
    """Return pixels with a frame around a window, in the colour of what slides."""
    picture = Image.fromarray(pixels)
    top, left = place
    corners = [left, top, left + side - 1, top + side - 1]
    ImageDraw.Draw(picture).rectangle(corners, outline=palette.DARK["kernel"])
    return np.asarray(picture)
