"""After everything a reader can do, the page shows what `cnnviz.ops` computes."""

from __future__ import annotations

import numpy as np
import pytest
from editor_page import Cells, EditorPage, close_as_shown

import cnnviz
from cnnviz import kernels

SMALL = np.arange(64).reshape(8, 8) * 7 % 23
RNG = np.random.default_rng(7)
ASYMMETRIC = np.array([[1, 2, 3], [0, -1, 4], [2, 0, -5]])


def choose_preset(editor: EditorPage) -> None:
    editor.control("Kernel preset").select_option("laplacian_of_gaussian")


def drag_a_weight(editor: EditorPage) -> None:
    before = editor.state()["kernel"][0, 0]
    editor.drag("kernel", 0, 0, by=(0, -40))
    assert editor.state()["kernel"][0, 0] > before
    assert editor.control("Kernel preset").input_value() == "custom"


def type_a_weight(editor: EditorPage) -> None:
    editor.type_weight(1, 2, "-3,25")
    assert editor.state()["kernel"][1, 2] == -3.25


def paint_weights(editor: EditorPage) -> None:
    editor.button("paint").click()
    editor.control("with").fill("2.5")
    editor.press("Enter")
    x, y = editor.at("kernel", 0, 0)
    to_x, to_y = editor.at("kernel", 0, 2)
    editor.drag("kernel", 0, 0, by=(to_x - x, to_y - y))
    assert (editor.state()["kernel"][0] == 2.5).all()


def even_kernel(editor: EditorPage) -> None:
    editor.control("Kernel rows").select_option("4")
    editor.control("Kernel columns").select_option("2")
    assert editor.state()["kernel"].shape == (4, 2)


def largest_kernel(editor: EditorPage) -> None:
    editor.control("Kernel rows").select_option("15")
    editor.control("Kernel columns").select_option("15")
    editor.settle()
    assert editor.dims("kernel") == "15 × 15"


def one_weight(editor: EditorPage) -> None:
    editor.control("Kernel rows").select_option("1")
    editor.control("Kernel columns").select_option("1")


def stride(editor: EditorPage) -> None:
    editor.set_slider("stride", 3)
    assert editor.state()["stride"] == 3


def padding(editor: EditorPage) -> None:
    editor.set_slider("padding", 4)


def reflect(editor: EditorPage) -> None:
    padding(editor)
    editor.control("Padding mode").select_option("reflect")


def replicate(editor: EditorPage) -> None:
    padding(editor)
    editor.control("Padding mode").select_option("replicate")


def circular(editor: EditorPage) -> None:
    padding(editor)
    editor.control("Padding mode").select_option("circular")


def dilation(editor: EditorPage) -> None:
    editor.set_slider("dilation", 3)


def flip(editor: EditorPage) -> None:
    editor.element.locator('[data-value="yes"]').click()
    assert editor.state()["flip"] is True


def normalise(editor: EditorPage) -> None:
    editor.button("÷ Σ|w|").click()
    assert editor.state()["normalise"] is True


def bias(editor: EditorPage) -> None:
    editor.control("bias").fill("-12.5")
    editor.press("Enter")
    assert editor.state()["bias"] == -12.5


def absolute(editor: EditorPage) -> None:
    editor.panel("output").get_by_role("radio").nth(1).click()
    assert editor.state()["show"] == "absolute"


def relu(editor: EditorPage) -> None:
    editor.panel("output").get_by_role("radio").nth(2).click()
    assert editor.state()["show"] == "relu"


def numbers(editor: EditorPage) -> None:
    editor.zoom()
    assert isinstance(editor.read("output"), Cells)


def click_an_output(editor: EditorPage) -> None:
    editor.click("output", 3, 1)
    assert editor.state()["cursor"] == [3, 1]


def step_forward(editor: EditorPage) -> None:
    editor.button("Step forward").click()


def another_picture(editor: EditorPage) -> None:
    editor.choose_picture("checkerboard")
    assert editor.state()["image_name"] == "checkerboard"


def colour_picture(editor: EditorPage) -> None:
    editor.choose_picture("astronaut")
    assert editor.state()["image"].ndim == 3


def grey_again(editor: EditorPage) -> None:
    colour_picture(editor)
    editor.button("To grey").click()
    editor.settle()
    assert editor.state()["image"].ndim == 2


def everything(editor: EditorPage) -> None:
    for act in (colour_picture, flip, normalise, bias, stride, reflect, dilation, drag_a_weight):
        act(editor)
        editor.settle()


ACTIONS = [
    *(choose_preset, drag_a_weight, type_a_weight, paint_weights, even_kernel, largest_kernel),
    *(one_weight, stride, padding, reflect, replicate, circular, dilation, flip, normalise, bias),
    *(absolute, relu, numbers, click_an_output, step_forward, another_picture, colour_picture),
    *(grey_again, everything),
]


@pytest.mark.parametrize("act", ACTIONS, ids=lambda act: act.__name__)
def test_shows_the_truth_after(act, open_editor):
    editor = open_editor(cnnviz.KernelEditor("camera", ASYMMETRIC))
    before = editor.state()
    act(editor)
    editor.away()
    assert not _equal(before, editor.state()) or act is numbers
    editor.check()


def _equal(one, other) -> bool:
    return all(np.array_equal(one[key], other[key]) for key in one)


def test_shows_the_truth_of_every_preset(open_editor):
    """The numbers of a small map are all written out."""
    editor = open_editor(cnnviz.KernelEditor(np.tile(SMALL, (2, 2)), "identity"))
    for name in kernels.NAMES:
        editor.control("Kernel preset").select_option(name)
        editor.settle()
        assert editor.state()["preset"] == name
        assert np.array_equal(editor.state()["kernel"], kernels.get(name))
        shown = editor.read("kernel")
        assert all(map(close_as_shown, shown.values.ravel(), kernels.get(name).ravel())), name
        editor.check()


FROM_PYTHON = {
    "non-square": {"image": RNG.integers(0, 255, (5, 14)), "kernel": RNG.normal(size=(2, 3))},
    "unequal": {
        "image": SMALL,
        "kernel": ASYMMETRIC,
        "stride": (2, 3),
        "dilation": (1, 2),
        "padding": ((0, 2), (3, 1)),
        "padding_mode": "circular",
    },
    "colour": {
        "image": RNG.integers(0, 255, (3, 10, 12), dtype=np.uint8),
        "kernel": RNG.normal(size=(3, 3, 3)),
        "normalise": True,
        "flip": True,
        "bias": 1 / 3,
    },
    "grey-three": {"image": SMALL, "kernel": RNG.integers(-3, 4, (3, 2, 2)), "bias": -4},
    "fractions": {"image": RNG.normal(size=(9, 9)), "kernel": RNG.normal(size=(5, 5)) / 1000},
    "huge": {"image": SMALL * 10_000_000, "kernel": ASYMMETRIC * 1e6},
    "zero": {"image": SMALL, "kernel": np.zeros((3, 3)), "normalise": True},
    "one-pixel": {"image": [[5]], "kernel": [[-2]], "bias": 3},
}


@pytest.mark.parametrize("setting", FROM_PYTHON.values(), ids=FROM_PYTHON)
def test_shows_the_truth_of_what_python_set(setting, open_editor):
    """The page, and the Python half, and `ops` agree."""
    widget = cnnviz.KernelEditor(**setting)
    editor = open_editor(widget)
    np.testing.assert_allclose(editor.check(), widget.output, rtol=1e-12)


def test_a_byte_picture_is_drawn_byte_for_byte(open_editor):
    picture = np.tile(np.arange(256, dtype=np.uint8).reshape(16, 16), (1, 2))
    editor = open_editor(cnnviz.KernelEditor(picture))
    np.testing.assert_array_equal(editor.read("input"), np.repeat(picture[..., None], 3, axis=-1))


def test_a_colour_picture_is_drawn_byte_for_byte(open_editor):
    picture = RNG.integers(0, 256, (3, 20, 24), dtype=np.uint8)
    editor = open_editor(cnnviz.KernelEditor(picture))
    np.testing.assert_array_equal(editor.read("input"), np.moveaxis(picture, 0, -1))
    for channel, name in enumerate("RGB"):
        editor.panel("input").get_by_role("radio", name=name, exact=True).click()
        editor.settle()
        np.testing.assert_array_equal(editor.read("input")[..., 1], picture[channel])


def test_channel_sums_add_up_to_the_map(open_editor):
    editor = open_editor(cnnviz.KernelEditor("astronaut", ASYMMETRIC, padding=1))
    texts = editor.element.locator(".parts > div").all_inner_texts()
    assert texts == ["R", "+ G", "+ B"]
    editor.check()


@pytest.mark.parametrize("dilation", [1, 2])
def test_floor_drops_are_shaded_exactly_when_it_drops(dilation, open_editor):
    """What ⌊ ⌋ drops is what no window covers at the far edge: shaded, and counted in words."""
    editor = open_editor(cnnviz.KernelEditor(np.arange(108).reshape(9, 12), "sobel_x"))
    editor.set_slider("dilation", dilation)
    dropping = 0
    for padding in (0, 1):
        for stride in (1, 2, 3, 5):
            editor.set_slider("padding", padding)
            editor.set_slider("stride", stride)
            dropping += check_floor(editor)
    assert 0 < dropping < 8


def check_floor(editor: EditorPage) -> bool:
    """Check shading and words against the windows; return whether anything is dropped."""
    y, state = editor.check(), editor.state()
    padded = np.array(state["image"].shape) + 2 * state["padding"]
    used = (np.array(y.shape) - 1) * state["stride"] + 2 * state["dilation"] + 1
    rest = padded - used
    textures = np.array(editor.read("input").textures)
    beyond = (used <= np.indices(padded).T).any(-1).T
    np.testing.assert_array_equal(textures == "dropped", beyond)
    words = editor.element.get_by_text("⌊ ⌋ drops")
    assert words.count() == int(rest.any())
    for n, axis in zip(rest, ("row", "column"), strict=True):
        if n:
            assert f"{n} {axis}{'s' if n > 1 else ''}" in words.inner_text()
    for formula in editor.element.locator(".formula math").all():
        assert {"⌊", "⌋"} <= set(formula.text_content())
    return bool(rest.any())
