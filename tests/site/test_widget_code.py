"""“Copy as”: the Python that the page offers, run, gives the feature map that the page shows."""

from __future__ import annotations

from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from editor_page import EditorPage, feature_map

import cnnviz

SMALL = np.arange(56).reshape(7, 8) * 5 % 17 - 4
RNG = np.random.default_rng(11)
COLOUR = RNG.integers(0, 256, (3, 9, 10), dtype=np.uint8)
PER_CHANNEL = RNG.normal(size=(3, 3, 2))
ASYMMETRIC = ((2, 0), (1, 3))

SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {"image": SMALL, "kernel": "sobel_x"},
    "large-picture": {"image": "camera", "kernel": "gaussian", "bias": -3.5},
    "floats": {"image": SMALL / 7, "kernel": RNG.normal(size=(2, 3)), "bias": 1e-7},
    "flip": {"image": SMALL, "kernel": [[1, 2], [3, 4], [5, -6]], "flip": True},
    "normalise-flip": {
        "image": SMALL,
        "kernel": [[1, -2], [3, 4]],
        "normalise": True,
        "flip": True,
    },
    "stride": {"image": SMALL, "kernel": "box", "stride": (2, 3)},
    "dilation": {
        "image": SMALL,
        "kernel": [[1, 2, 3], [4, 5, 6]],
        "dilation": (3, 2),
        "flip": True,
    },
    "zero": {"image": SMALL, "kernel": "sobel_y", "padding": ASYMMETRIC},
    "reflect": {
        "image": SMALL,
        "kernel": "sobel_y",
        "padding": ASYMMETRIC,
        "padding_mode": "reflect",
    },
    "replicate": {
        "image": COLOUR,
        "kernel": "sharpen",
        "padding": ASYMMETRIC,
        "padding_mode": "replicate",
        "stride": 2,
    },
    "circular": {
        "image": SMALL,
        "kernel": "gaussian",
        "padding": ASYMMETRIC,
        "padding_mode": "circular",
        "dilation": 2,
    },
    "colour": {"image": COLOUR, "kernel": "emboss", "normalise": True, "bias": 0.1},
    "per-channel": {
        "image": COLOUR,
        "kernel": PER_CHANNEL,
        "normalise": True,
        "flip": True,
        "dilation": 2,
        "stride": 2,
        "bias": -1 / 3,
        "padding": 2,
    },
    "grey-three": {"image": SMALL, "kernel": PER_CHANNEL, "padding": 1},
    "colour-photo": {
        "image": "astronaut",
        "kernel": PER_CHANNEL,
        "padding_mode": "circular",
        "padding": 1,
    },
    "no-weight": {"image": SMALL, "kernel": np.zeros((3, 3)), "normalise": True},
}


def pasted(editor: EditorPage, library: str) -> tuple[str, np.ndarray]:
    """Return the code offered for a library and what it computes."""
    editor.radio(library).click()
    editor.settle()
    code = editor.element.locator("pre").inner_text()
    namespace: dict[str, Any] = {}
    exec(compile(code, library, "exec"), namespace)
    plt.close("all")
    return code, np.asarray(namespace["y"])


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_pasted_code_gives_the_feature_map(setting, open_editor):
    matplotlib.use("Agg")
    editor = open_editor(cnnviz.KernelEditor(**setting))
    editor.button("Copy as code").click()
    y = editor.check()
    codes = []
    for library in ("PyTorch", "NumPy", "SciPy"):
        code, computed = pasted(editor, library)
        assert computed.shape == y.shape
        np.testing.assert_allclose(computed, y, rtol=1e-9, atol=1e-9, err_msg=library)
        codes.append(code)
        call, kernel, image = (code.index(f"\n{what}") for what in ("def ", "kernel =", "image ="))
        assert call < kernel < image, "the call comes first, and what may be long last"
    assert "torch" in codes[0]
    assert "torch" not in codes[1] + codes[2]
    assert "scipy" in codes[2]
    assert "cnnviz" not in "".join(codes)


def test_the_code_follows_the_hand(open_editor):
    matplotlib.use("Agg")
    editor = open_editor(cnnviz.KernelEditor(SMALL, "identity"))
    editor.button("Copy as code").click()
    editor.drag("kernel", 0, 2, by=(0, -40))
    editor.set_slider("padding", 2)
    editor.page.wait_for_timeout(400)
    _, computed = pasted(editor, "NumPy")
    np.testing.assert_allclose(computed, feature_map(editor.state()), rtol=1e-12)


def test_copy_puts_the_code_on_the_clipboard(open_editor):
    permissions = ["clipboard-read", "clipboard-write"]
    editor = open_editor(cnnviz.KernelEditor(SMALL, "sobel_x"), permissions=permissions)
    editor.button("Copy as code").click()
    editor.settle()
    code = editor.element.locator("pre").text_content()
    editor.element.get_by_role("button", name="Copy", exact=True).click()
    editor.element.get_by_role("button", name="Copied").wait_for()
    assert editor.page.evaluate("navigator.clipboard.readText()") == code
