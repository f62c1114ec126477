"""A kernel editor as a reader has it: what to press, and what the page then shows.

Everything here is read from the screen's side (the cells' text, the canvas' pixels, the written
sum), so that a test can hold what is *shown* against what `cnnviz.ops` computes from the state.
"""

from __future__ import annotations

import base64
import re
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page

from cnnviz import ops, palette
from cnnviz.widgets._traits import unpack

ROOT = Path(__file__).resolve().parents[1]
STATIC = ROOT / "cnnviz" / "static"
Array = NDArray[Any]
# What was set is drawn by then.
_TWO_FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"

STATE = (
    *("image", "image_name", "kernel", "preset", "flip", "normalise", "bias"),
    *("stride", "dilation", "padding", "padding_mode", "show", "cursor"),
)

_READ_PANEL = """(panel) => {
  const cells = [...panel.querySelectorAll('[role=gridcell]')];
  if (cells.length) return { cells: cells.map((cell) => [
    cell.ariaLabel, cell.textContent, getComputedStyle(cell).backgroundColor, cell.className]) };
  const canvas = panel.querySelector('.grid canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let text = '';
  for (let i = 0; i < data.length; i += 8192)
    text += String.fromCharCode(...data.subarray(i, i + 8192));
  return { rows: canvas.height, cols: canvas.width, data: btoa(text) };
}"""

_READ_MARKS = """(panel) => {
  return [...panel.querySelectorAll('.marks i')].map((mark) => {
    const percent = (name) => parseFloat(mark.style[name]);
    return [mark.className, percent('top'), percent('left'), percent('height'), percent('width')];
  });
}"""


def settle(page: Page) -> None:
    """Wait until what was asked for is drawn."""
    page.evaluate(_TWO_FRAMES)


def page_of(widget: str, theme: str = "light") -> str:
    """Return a bare page that holds a widget's HTML and what the book gives it."""
    ground, ink = ("#121212", "#e8eaed") if theme == "dark" else ("#fff", "#16191d")
    return (
        f'<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Test</title>'
        f'<link rel="stylesheet" href="{(STATIC / "cnnviz.css").as_uri()}">'
        f'<script defer src="{(STATIC / "page.js").as_uri()}"></script></head>'
        f'<body style="margin: 8px; color: {ink}; background: {ground}">'
        f"<main><h1>Test</h1>{widget}</main></body></html>"
    )


class Cells(NamedTuple):
    """A grid of numbers as shown: which part of it, the texts, their grounds, their hatchings."""

    row: int
    col: int
    texts: list[list[str]]
    grounds: Array  # (rows, cols, 3)
    textures: list[list[str]]

    @property
    def values(self) -> Array:
        return np.array([[number(text) for text in line] for line in self.texts])


class Mark(NamedTuple):
    """An area of a grid that is outlined, in whole cells."""

    kind: str
    row: int
    col: int
    rows: int
    cols: int


def number(text: str) -> float:
    """Return a number written with a true minus sign."""
    assert "-" not in text, f"{text!r} has a hyphen for a minus sign"
    return float(text.replace("−", "-"))


def feature_map(state: dict[str, Any]) -> Array:
    """Compute the feature map of a state with `cnnviz.ops`, from the definitions."""
    image, kernel = _planes(state["image"]), _planes(state["kernel"])
    channels = max(len(image), len(kernel))
    image = np.repeat(image, channels // len(image), axis=0)
    kernel = np.repeat(kernel, channels // len(kernel), axis=0)
    if state["flip"]:
        kernel = kernel[:, ::-1, ::-1]
    total = np.abs(kernel).sum()
    if state["normalise"] and total:
        kernel = kernel / total
    return ops.conv(
        image,
        kernel[None],
        np.array([state["bias"]]),
        **{name: _hashable(state[name]) for name in ("stride", "dilation", "padding")},
        padding_mode=state["padding_mode"],
    )[0]


def _planes(array: Array) -> Array:
    return np.asarray(array if array.ndim == 3 else array[None], dtype=np.float64)


def _hashable(value: Any) -> Any:
    return tuple(map(_hashable, value)) if isinstance(value, list) else value


class Arithmetic(NamedTuple):
    """The written sum behind an output: `name = member = … = result`, evaluated exactly."""

    row: int
    col: int
    members: list[Fraction]
    result: Fraction
    remainder: bool
    exact: bool  # else it says "≈" somewhere


def evaluate(text: str) -> Fraction:
    """Evaluate a written expression exactly, digit for digit as it stands there."""
    text = re.sub(r"\s\((rounding)\)", "", text)
    text = re.sub(r"[RGB] \[", "(", text).replace("]", ")")
    text = text.replace("−", "-").replace("·", "*").replace("÷", "/")
    assert re.fullmatch(r"[-+*/().\d\se]+", text), f"not arithmetic: {text!r}"
    exact = re.sub(r"\d+(\.\d+)?(e[-+]?\d+)?", lambda n: f"Fraction('{n[0]}')", text)
    return Fraction(eval(exact, {"Fraction": Fraction}))


def read_arithmetic(text: str) -> Arithmetic:
    """Parse `y[r, c] = … ≈ … = result (n zero weights left out)`."""
    text = re.sub(r" \(\d+ zero weights? left out\)$", "", text)
    head, *members, result = re.split(" [=≈] ", text)
    place = re.fullmatch(r"y\[(\d+), (\d+)\]", head)
    assert place, text
    assert members, text
    return Arithmetic(
        int(place[1]),
        int(place[2]),
        [evaluate(member) for member in members],
        evaluate(result),
        remainder="(rounding)" in text or "≈" in text,
        exact="≈" not in text,
    )


def written(root: Any) -> tuple[tuple[int, ...], float]:
    """Return the place and the value of the output whose sum a page or a widget writes out."""
    name, *_, value = root.locator(".sum b.t-output").all_inner_texts()
    return tuple(int(i) for i in re.findall(r"-?\d+", name)), number(value)


class EditorPage:
    """The nth kernel editor in a page of the book, or, with `host`, wherever else one stands."""

    def __init__(self, page: Page, nth: int = 0, host: str = "cnnviz-widget") -> None:
        self.page = page
        self.element = page.locator(host).filter(has=page.get_by_label("Kernel editor")).nth(nth)
        self.element.locator(".cnnviz").wait_for()
        self.settle()

    # ---- reading -------------------------------------------------------------------------------

    def settle(self) -> None:
        """Wait until what was asked for is drawn."""
        settle(self.page)

    def state(self) -> dict[str, Any]:
        """Return the widget's state in the book, arrays as arrays."""
        read = "(el, keys) => Object.fromEntries(keys.map((key) => [key, el.model.get(key)]))"
        state = self.element.evaluate(read, list(STATE))
        return {k: unpack(v) if isinstance(v, dict) else v for k, v in state.items()}

    def panel(self, name: str) -> Locator:
        return self.element.locator(f".panel.{name}")

    def grid(self, name: str) -> Locator:
        return self.panel(name).locator(".grid")

    def read(self, name: str) -> Cells | Array:
        """Return what a panel shows: numbers in cells, or pixels (rows, cols, 3)."""
        shown = self.panel(name).evaluate(_READ_PANEL)
        if "cells" not in shown:
            data = np.frombuffer(base64.b64decode(shown["data"]), np.uint8)
            return data.reshape(shown["rows"], shown["cols"], 4)[..., :3]
        labels = [re.match(r"row (\d+), column (\d+): (.*)", label) for label, *_ in shown["cells"]]
        places = np.array([(int(m[1]), int(m[2])) for m in labels])
        (row, col), (last_row, last_col) = places[0], places[-1]
        shape = (last_row - row + 1, last_col - col + 1)
        texts = [text for _, text, _, _ in shown["cells"]]
        assert [m[3] for m in labels] == texts, "what is read out is not what is shown"
        grounds = [list(map(int, re.findall(r"\d+", g)[:3])) for _, _, g, _ in shown["cells"]]
        return Cells(
            int(row),
            int(col),
            np.array(texts, dtype=object).reshape(shape).tolist(),
            np.array(grounds).reshape(*shape, 3),
            np.array([t for *_, t in shown["cells"]], dtype=object).reshape(shape).tolist(),
        )

    def marks(self, name: str, kind: str | None = None) -> list[Mark]:
        """Return what is outlined in a panel that is shown whole."""
        rows, cols = self.cells_of(name)
        found = []
        for mark, top, left, height, width in self.panel(name).evaluate(_READ_MARKS):
            cells = np.array([top * rows, left * cols, height * rows, width * cols]) / 100
            assert np.allclose(cells, cells.round(), atol=1e-3)
            found.append(Mark(mark, *(int(n) for n in cells.round())))
        return [mark for mark in found if kind in (None, mark.kind)]

    def cells_of(self, name: str) -> tuple[int, int]:
        """Return how many rows and columns a panel shows."""
        shown = self.read(name)
        return shown.grounds.shape[:2] if isinstance(shown, Cells) else shown.shape[:2]

    def dims(self, name: str) -> str:
        return self.panel(name).locator("header .dims").inner_text()

    @property
    def sum(self) -> str:
        return self.element.locator(".sum").inner_text()

    @property
    def status(self) -> str:
        return self.element.locator(".status").inner_text()

    def arithmetic(self) -> Arithmetic:
        return read_arithmetic(self.sum)

    # ---- doing ---------------------------------------------------------------------------------

    def control(self, label: str) -> Locator:
        return self.element.get_by_label(label, exact=True)

    def button(self, name: str) -> Locator:
        return self.element.get_by_role("button", name=name, exact=True)

    def radio(self, name: str) -> Locator:
        return self.element.get_by_role("radio", name=name, exact=True)

    def choose_picture(self, name: str) -> None:
        """Choose a picture of the menu, or "drawing" for a clean sheet."""
        self.element.locator(f'.pictures [data-value="{name}"]').click()
        self.wait_for_picture(name)

    def wait_for_picture(self, name: str) -> None:
        """Wait until a picture of that name is decoded and drawn."""
        arrived = "([el, name]) => el.model.get('image_name') === name"
        self.page.wait_for_function(arrived, arg=[self.element.element_handle(), name])
        self.settle()

    def zoom(self) -> None:
        """Zoom into the numbers, or out again."""
        self.element.locator('button[title^="Zoom"]').click()
        self.settle()

    def set_slider(self, label: str, value: int) -> None:
        self.element.locator("label.slider", has_text=label).locator("input").fill(str(value))
        self.settle()

    def at(self, name: str, row: int, col: int) -> tuple[float, float]:
        """Return where the middle of a cell is on the page."""
        rows, cols = self.cells_of(name)
        box = self.grid(name).bounding_box()
        assert box
        return (
            box["x"] + (col + 0.5) / cols * box["width"],
            box["y"] + (row + 0.5) / rows * box["height"],
        )

    def hover(self, name: str, row: int, col: int) -> None:
        self.page.mouse.move(*self.at(name, row, col))
        self.settle()

    def away(self) -> None:
        """Take the pointer off the widget."""
        self.page.mouse.move(1, 1)
        self.settle()

    def click(self, name: str, row: int, col: int) -> None:
        self.page.mouse.click(*self.at(name, row, col))
        self.settle()

    def drag(self, name: str, row: int, col: int, by: tuple[float, float], steps: int = 6) -> None:
        x, y = self.at(name, row, col)
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + by[0], y + by[1], steps=steps)
        self.page.mouse.up()
        self.settle()

    def type_weight(self, row: int, col: int, text: str) -> None:
        """Click a cell of the kernel and type into it."""
        self.click("kernel", row, col)
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")
        self.settle()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
        self.settle()

    # ---- checking ------------------------------------------------------------------------------

    def check(self) -> Array:
        """Hold everything that is shown of the feature map against `ops`; return the map."""
        state = self.state()
        return self.check_shows(feature_map(state), state["cursor"], state["show"])

    def check_shows(self, y: Array, cursor: Any, show: str = "signed") -> Array:
        """Hold size, legend, cells or pixels, and the written sum against a feature map."""
        assert self.dims("output") == f"{y.shape[0]} × {y.shape[1]}"
        self._check_legend(y, show)
        self._check_map(y, show)
        written = self.arithmetic()
        row, col = np.minimum(cursor, np.array(y.shape) - 1)
        assert (written.row, written.col) == (row, col)
        check_sum(written, y[row, col])
        return y

    def _check_legend(self, y: Array, show: str) -> None:
        low, high = map(number, self.panel("output").locator(".legend span").all_inner_texts())
        top = np.abs(y).max()
        assert close_as_shown(high, top)
        assert low == (-high if show == "signed" else 0)

    def _check_map(self, y: Array, show: str) -> None:
        how = {"signed": lambda v: v, "absolute": np.abs, "relu": lambda v: np.maximum(v, 0)}
        values = how[show](y)
        shown = self.read("output")
        top = np.abs(y).max()
        if show == "signed":
            colours = palette.signed_rgb(y).astype(int)
        else:
            colours = np.repeat((values / (top or 1) * 255)[..., None], 3, axis=-1)
        if isinstance(shown, Cells):
            rows, cols = shown.grounds.shape[:2]
            part = np.s_[shown.row : shown.row + rows, shown.col : shown.col + cols]
            assert all(map(close_as_shown, shown.values.ravel(), values[part].ravel()))
            colours, pixels = colours[part], shown.grounds
        else:
            pixels = shown
        assert pixels.shape == colours.shape
        off = np.abs(pixels.astype(int) - colours)
        assert off.max() <= 1.6, f"a colour is off by {off.max()} of 255"


def close_as_shown(shown: float, value: float, digits: int = 3) -> bool:
    """Whether `shown` is `value` to so many significant digits (noise about 0 is 0)."""
    if abs(value) < 1e-12:
        return abs(shown) < 1e-12
    unit = 10.0 ** (np.floor(np.log10(abs(value))) + 1 - digits)
    return bool(abs(shown - value) <= 0.501 * unit)


def _last_digit(value: float, digits: int = 6) -> float:
    """Return what the last of so many significant digits is worth."""
    return float(10.0 ** (np.floor(np.log10(abs(value))) + 1 - digits))


def check_sum(written: Arithmetic, value: float) -> None:
    """Check that every member of a written sum is the result, and the result the value."""
    assert close_as_shown(float(written.result), value, digits=6)
    last = 0 if written.exact or not written.result else _last_digit(float(written.result))
    for member in written.members:
        assert abs(member - written.result) <= 1e-9 * max(1, abs(value)) + last, (
            f"{float(member)!r} is written equal to {float(written.result)!r}"
        )
