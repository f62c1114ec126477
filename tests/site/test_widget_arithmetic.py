"""What is written adds up; what is pointed at is marked on both sides, everywhere."""

from __future__ import annotations

import re

import numpy as np
import pytest
from editor_page import EditorPage, check_sum, close_as_shown, feature_map, number, read_arithmetic

import cnnviz
from cnnviz import ops

SMALL = np.arange(56).reshape(7, 8) * 5 % 17
RNG = np.random.default_rng(3)
COLOUR = RNG.integers(0, 256, (3, 12, 12), dtype=np.uint8)

FLOATS = {
    "gaussian": {"image": "camera", "kernel": "gaussian"},
    "gaussian-bias": {"image": "camera", "kernel": "gaussian", "bias": 2.5},
    "gaussian-normalised": {"image": "camera", "kernel": "gaussian", "normalise": True},
    "third": {"image": "camera", "kernel": "box", "bias": -1 / 3, "padding": 1},
    "normalised": {
        "image": "camera",
        "kernel": RNG.normal(size=(3, 4)),
        "normalise": True,
        "bias": 7,
    },
    "colour": {"image": COLOUR, "kernel": "gaussian", "bias": 2.5},
    "colour-normalised": {"image": COLOUR, "kernel": "sobel_x", "normalise": True, "bias": 1 / 7},
    "per-channel": {
        "image": COLOUR,
        "kernel": RNG.normal(size=(3, 3, 3)),
        "bias": 0.1,
        "flip": True,
    },
    "tiny": {"image": RNG.normal(size=(9, 9)) * 1e-6, "kernel": RNG.normal(size=(3, 3)) * 1e-3},
    "large": {"image": SMALL * 1e7, "kernel": RNG.normal(size=(3, 3)) * 1e4},
}


@pytest.mark.parametrize("setting", FLOATS.values(), ids=FLOATS)
def test_the_written_sum_adds_up(setting, open_editor):
    """Evaluated digit for digit, each side of each equals sign is the result."""
    widget = cnnviz.KernelEditor(**setting)
    editor = open_editor(widget)
    y = widget.output
    rows, cols = y.shape
    for row, col in [(0, 0), (rows - 1, cols - 1), (rows // 3, cols // 2), (rows // 2, 1)]:
        editor.element.evaluate("(el, at) => el.model.set('cursor', at)", [row, col])
        editor.settle()
        written = editor.arithmetic()
        assert (written.row, written.col) == (row, col)
        check_sum(written, y[row, col])


def test_whole_numbers_need_no_rounding(open_editor):
    editor = open_editor(cnnviz.KernelEditor(SMALL, "sobel_x", bias=2))
    written = editor.arithmetic()
    assert not written.remainder
    assert written.members[0] == written.result == int(editor.check()[written.row, written.col])


def test_every_product_is_written(open_editor):
    """Each non-zero weight meets its input, in the order of the kernel; the rest are counted."""
    editor = open_editor(cnnviz.KernelEditor(SMALL, [[1, 0, 2], [0, -3, 0], [4, 5, 0]]))
    editor.click("output", 2, 3)
    x = SMALL[2:5, 3:6]
    products = f"1·{x[0, 0]} + 2·{x[0, 2]} + (−3)·{x[1, 1]} + 4·{x[2, 0]} + 5·{x[2, 1]}"
    assert products in editor.sum
    assert "(4 zero weights left out)" in editor.sum


def test_a_sum_that_is_zero_is_shown_as_zero(open_editor):
    """Weights that cancel leave float noise, which is neither written nor painted."""
    kernel = [[0.1, 0.2, 0.3], [0.1, -1.4, 0.1], [0.3, 0.2, 0.1]]
    editor = open_editor(cnnviz.KernelEditor(np.full((6, 6), 7), kernel))
    texts = {text for line in editor.read("output").texts for text in line}
    assert texts == {"0"}
    assert editor.arithmetic().result == 0
    assert set(editor.panel("output").locator(".legend span").all_inner_texts()) == {"0"}


def test_after_a_drag_the_sum_agrees_with_the_cells(open_editor):
    """A drag adds up many small changes; once the hand rests, no rounding of them is left."""
    editor = open_editor(cnnviz.KernelEditor(SMALL, "gaussian"))
    editor.drag("kernel", 2, 2, by=(0, -90), steps=12)
    editor.drag("kernel", 1, 3, by=(0, 130), steps=12)
    editor.away()
    editor.page.wait_for_timeout(450)
    y = editor.check()
    written = editor.arithmetic()
    assert close_as_shown(
        editor.read("output").values[written.row, written.col], float(written.result)
    )
    assert close_as_shown(float(written.result), y[written.row, written.col], digits=6)


# ---- looking, both ways ------------------------------------------------------------------------

SETTINGS = {
    "plain": {},
    "stride": {"stride": 2, "padding": 1},
    "stride-over-kernel": {"stride": 4},
    "dilated": {"dilation": 2, "padding": 2},
    "unequal": {"padding": ((0, 2), (3, 1)), "stride": (1, 2), "dilation": (2, 1)},
    "reflect": {"padding": 3, "padding_mode": "reflect"},
    "replicate": {"padding": 2, "padding_mode": "replicate"},
    "circular": {"padding": 3, "padding_mode": "circular", "stride": 2},
    "circular-dilated": {"padding": 4, "padding_mode": "circular", "dilation": 2},
    "flip": {"flip": True, "padding": 1},
}


def reached(editor: EditorPage, row: int, col: int) -> set[tuple[int, int]]:
    """Return the outputs that read one input, by brute force: a picture of a single 1."""
    state = editor.state()
    impulse = np.zeros(state["image"].shape[-2:])
    impulse[row, col] = 1
    ones = np.ones((1, 1, *state["kernel"].shape[-2:]))
    options = {n: _tuple(state[n]) for n in ("stride", "dilation", "padding")}
    hits = ops.conv(impulse[None], ones, **options, padding_mode=state["padding_mode"])[0]
    return set(map(tuple, np.argwhere(hits > 0).tolist()))


def _tuple(value):
    return tuple(map(_tuple, value)) if isinstance(value, list) else value


def before(editor: EditorPage) -> tuple[int, int]:
    padding = editor.state()["padding"]
    return (padding, padding) if isinstance(padding, int) else (padding[0][0], padding[1][0])


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_an_input_shows_every_output_that_it_reaches(setting, open_editor):
    """Hovered, and with the keyboard: as many outlines as brute force finds, on the same cells."""
    editor = open_editor(cnnviz.KernelEditor(SMALL, np.arange(1, 7).reshape(3, 2), **setting))
    top, left = before(editor)
    for row, col in [(0, 0), (0, 4), (3, 3), (6, 7)]:
        editor.hover("input", row + top, col + left)
        marks = editor.marks("output", "reach")
        cells = [(mark.row, mark.col) for mark in marks]
        assert len(cells) == len(set(cells))
        assert set(cells) == reached(editor, row, col)
        check_reading(editor, row, col)
    editor.away()
    assert editor.marks("output", "reach") == []
    editor.grid("input").focus()
    editor.press("Control+Home", *["ArrowDown"] * (top + 3), *["ArrowRight"] * (left + 2))
    assert {(m.row, m.col) for m in editor.marks("output", "reach")} == reached(editor, 3, 2)


def check_reading(editor: EditorPage, row: int, col: int) -> None:
    """Check `x[r, c] = v is read by n outputs: y[…] by w, …` against the gradient of the map."""
    text = editor.sum
    assert text.startswith(f"x[{row}, {col}] = {SMALL[row, col]} is read by ")
    count = int(re.search(r"read by (\d+) output", text)[1])
    assert count == len(reached(editor, row, col))
    state = editor.state()
    impulse = np.zeros(SMALL.shape)
    impulse[row, col] = 1
    gradient = feature_map({**state, "image": impulse})
    read = np.zeros_like(gradient)
    for i, j, weight in re.findall(r"y\[(\d+), (\d+)\] by (−?[\d.]+)", text):
        read[int(i), int(j)] += number(weight)
    np.testing.assert_array_equal(read, gradient)


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_an_output_shows_the_inputs_of_its_window(setting, open_editor):
    """The outline covers just the cells whose change changes the output, padding included."""
    editor = open_editor(cnnviz.KernelEditor(SMALL, np.arange(1, 7).reshape(3, 2), **setting))
    state = editor.state()
    y = feature_map(state)
    for row, col in [(0, 0), (y.shape[0] - 1, y.shape[1] - 1), (y.shape[0] // 2, y.shape[1] // 2)]:
        editor.hover("output", row, col)
        assert outlined(editor) == window(state, row, col)
        assert [(m.row, m.col) for m in editor.marks("output", "here output")] == [(row, col)]
        written = read_arithmetic(editor.sum)
        assert (written.row, written.col) == (row, col)
        check_sum(written, y[row, col])
    editor.away()
    editor.grid("output").focus()
    editor.press("Control+Home", "ArrowDown")
    assert outlined(editor) == window(state, 1, 0)
    assert editor.state()["cursor"] == [1, 0]


def outlined(editor: EditorPage) -> set[tuple[int, int]]:
    """Return the cells of the padded input that are outlined: one box, or a box a tap."""
    marks = [m for m in editor.marks("input") if m.kind in ("window", "tap")]
    return {
        (i, j)
        for m in marks
        for i in range(m.row, m.row + m.rows)
        for j in range(m.col, m.col + m.cols)
    }


def window(state, row: int, col: int) -> set[tuple[int, int]]:
    """Return the cells of the padded input under the kernel at one output."""
    (sr, sc), (dr, dc) = (np.broadcast_to(state[n], 2) for n in ("stride", "dilation"))
    rows, cols = state["kernel"].shape[-2:]
    return {(row * sr + u * dr, col * sc + v * dc) for u in range(rows) for v in range(cols)}


@pytest.mark.parametrize("flip", [False, True])
def test_a_weight_shows_the_input_that_it_meets(flip, open_editor):
    editor = open_editor(cnnviz.KernelEditor(SMALL, np.arange(1, 7).reshape(3, 2), flip=flip))
    editor.click("output", 1, 2)
    editor.hover("kernel", 0, 1)
    meets = (1 + 2, 2 + 0) if flip else (1 + 0, 2 + 1)
    assert [(m.row, m.col) for m in editor.marks("input", "here kernel")] == [meets]
    assert [(m.row, m.col) for m in editor.marks("kernel", "here kernel")] == [(0, 1)]


def test_padding_is_hatched_and_not_only_tinted(open_editor):
    editor = open_editor(cnnviz.KernelEditor(SMALL, padding=((1, 0), (0, 2))))
    textures = np.array(editor.read("input").textures)
    hatched = np.char.startswith(textures.astype(str), "pad")
    inside = np.pad(np.zeros(SMALL.shape, bool), ((1, 0), (0, 2)), constant_values=True)
    np.testing.assert_array_equal(hatched, inside)
    ground = (
        editor.panel("input")
        .locator(".pad")
        .first.evaluate("(e) => getComputedStyle(e).backgroundImage")
    )
    assert "gradient" in ground
