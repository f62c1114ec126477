"""`cnnviz.KernelEditor` in Python: state, arguments, answers, and the picture that stands in."""

import base64
import html
import io
import json
import re

import ipywidgets
import numpy as np
import pytest
import torch
from elements import Element
from PIL import Image

import cnnviz
from cnnviz import KernelEditor, kernels, ops
from cnnviz.widgets._traits import pack, unpack


def torch_output(editor: KernelEditor) -> np.ndarray:
    """The feature map by torch, from nothing but the editor's plain state."""
    x = torch.tensor(np.atleast_3d(editor.image.T).T.astype(np.float64))
    weight = torch.tensor(editor.kernel)
    if weight.ndim == 2:
        weight = weight.expand(len(x), *weight.shape)
    elif len(x) == 1:
        x = x.expand(3, *x.shape[1:])
    if editor.flip:
        weight = weight.flip(-1, -2)
    if editor.normalise:
        weight = weight / weight.abs().sum()
    p = editor.padding
    (top, bottom), (left, right) = p if isinstance(p, list) else [(p, p), (p, p)]
    mode = {"zero": "constant"}.get(editor.padding_mode, editor.padding_mode)
    x = torch.nn.functional.pad(x[None], (left, right, top, bottom), mode=mode)
    y = torch.nn.functional.conv2d(x, weight[None], stride=editor.stride, dilation=editor.dilation)
    return (y[0, 0] + editor.bias).numpy()


SETTINGS = [
    {},
    {"image": "astronaut", "kernel": "gaussian", "normalise": True, "bias": -3.5},
    {"kernel": np.arange(12.0).reshape(3, 4), "flip": True, "padding": ((1, 2), (0, 3))},
    {"image": "astronaut", "kernel": np.arange(18.0).reshape(3, 2, 3), "stride": (2, 3)},
    {"kernel": np.ones((3, 3, 3)), "dilation": 3, "padding": 4, "padding_mode": "reflect"},
    {"image": np.eye(5, dtype=bool), "kernel": [[1, 2]], "padding": 1, "padding_mode": "circular"},
    {"image": np.linspace(-1, 1, 40).reshape(1, 40), "kernel": [[1, 0, -1]], "flip": True},
]


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_output_is_the_true_answer(setting):
    editor = KernelEditor(**setting)
    expected = torch_output(editor)
    assert editor.output.shape == expected.shape
    np.testing.assert_allclose(editor.output, expected, rtol=1e-12, atol=1e-9)


def test_a_layers_weights_go_in_and_come_back():
    conv = torch.nn.Conv2d(3, 4, 5)
    editor = KernelEditor("astronaut")
    editor.kernel = conv.weight[0]
    np.testing.assert_array_equal(editor.kernel, conv.weight[0].detach().numpy())
    assert editor.preset == "custom"
    editor.kernel = "sobel_y"
    assert editor.preset == "sobel_y"
    np.testing.assert_array_equal(editor.kernel, kernels.sobel("y"))


def test_observers_hear_of_changes_and_only_of_changes():
    editor = KernelEditor()
    heard = []
    editor.observe(lambda change: heard.append(change["new"].tolist()), "kernel")
    editor.kernel = [[1, 2], [3, 4]]
    editor.kernel = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert heard == [[[1, 2], [3, 4]]]


def test_an_edit_made_in_the_browser_is_read_back():
    editor = KernelEditor()
    heard = []
    editor.observe(lambda change: heard.append(change["name"]), ["kernel", "stride", "cursor"])
    editor.set_state({"kernel": pack(np.eye(3)), "stride": 2, "cursor": [3, 4]})
    np.testing.assert_array_equal(editor.kernel, np.eye(3))
    assert (editor.stride, editor.cursor) == (2, [3, 4])
    assert set(heard) == {"kernel", "stride", "cursor"}
    np.testing.assert_allclose(editor.output, torch_output(editor))


def test_arrays_cannot_change_unseen():
    editor = KernelEditor()
    with pytest.raises(ValueError, match="read-only"):
        editor.kernel[0, 0] = 7


def test_it_is_an_ordinary_widget():
    editor = KernelEditor()
    other = ipywidgets.IntSlider(value=2, min=1, max=8)
    ipywidgets.link((other, "value"), (editor, "stride"))
    assert editor.stride == 2
    assert ipywidgets.HBox([editor, other]).children[0] is editor
    assert {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"} <= set(
        editor._repr_mimebundle_()[0]
    )


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"image": "cow"}, ValueError, "camera"),
        ({"image": np.zeros((4, 4, 3))}, ValueError, "moveaxis"),
        ({"image": np.zeros((2, 4, 4))}, ValueError, r"image .*\(2, 4, 4\)"),
        ({"image": np.zeros((600, 600))}, ValueError, "512"),
        ({"image": []}, ValueError, "image must hold at least one"),
        ({"image": [[1, np.nan]]}, ValueError, "image must hold finite"),
        ({"image": [["a", "b"]]}, TypeError, "image must hold real numbers"),
        ({"image": np.array([[None]])}, TypeError, "image must hold real numbers"),
        ({"image": [[1j]]}, TypeError, "image must hold real numbers"),
        ({"image": [[1, 2], [3]]}, ValueError, "image must be an array"),
        ({"kernel": "sobel"}, ValueError, "^kernel must be one of .*sobel_x"),
        ({"kernel": np.ones((2, 3, 3))}, ValueError, r"kernel .*\(2, 3, 3\)"),
        ({"kernel": np.ones((16, 3))}, ValueError, "15"),
        ({"kernel": [1, 2, 3]}, ValueError, "kernel"),
        ({"kernel": [[np.inf]]}, ValueError, "kernel must hold finite"),
        ({"stride": 0}, ValueError, "stride"),
        ({"stride": 1.5}, TypeError, "stride"),
        ({"stride": (1, 2, 3)}, ValueError, "stride"),
        ({"dilation": -1}, ValueError, "dilation"),
        ({"dilation": True}, TypeError, "dilation"),
        ({"padding": -1}, ValueError, "padding"),
        ({"padding": "same"}, ValueError, "same_padding"),
        ({"padding": float("nan")}, TypeError, "padding"),
        ({"padding_mode": "zeros"}, ValueError, "replicate"),
        ({"show": "grey"}, ValueError, "signed"),
        ({"bias": "1"}, TypeError, "bias"),
        ({"bias": float("inf")}, ValueError, "bias"),
        ({"flip": 1}, TypeError, "flip"),
        ({"normalise": "yes"}, TypeError, "normalise"),
        ({"cursor": (1, -1)}, ValueError, "cursor"),
        ({"pictures": "camera"}, TypeError, "pictures"),
        ({"pictures": {"mine": np.array([[0.5]])}}, ValueError, r"pictures\['mine'\]"),
        ({"pictures": {1: np.eye(2)}}, TypeError, "pictures .*each name text"),
        ({"pictures": [np.eye(2)]}, TypeError, "pictures .*each name text"),
        ({"pictures": {"a": "data:image/png;base64,AAAA"}}, ValueError, r"pictures\['a'\] .*read"),
        ({"normalize": True}, TypeError, "did you mean 'normalise'"),
        ({"colour": "red"}, TypeError, "no argument 'colour'"),
        ({"image": np.ones((3, 3)), "kernel": np.ones((5, 5))}, ValueError, "must fit in"),
        (
            {"image": np.ones((4, 4)), "padding": 4, "padding_mode": "reflect"},
            ValueError,
            "padding",
        ),
    ],
)
def test_nonsense_is_refused_with_its_name(arguments, error, says):
    with pytest.raises(error, match=says):
        KernelEditor(**arguments)


def test_a_refused_assignment_loses_nothing():
    editor = KernelEditor(stride=2)
    for name, value in [("stride", 0), ("kernel", [[np.nan]]), ("image", []), ("show", "?")]:
        before = editor.get_state([name])
        with pytest.raises((ValueError, TypeError)):
            setattr(editor, name, value)
        assert editor.get_state([name]) == before


def test_the_page_gets_the_whole_state_and_a_picture():
    editor = KernelEditor("step", "sobel_x", padding=1)
    found = Element(editor.to_html()).found
    assert found["cnnviz-widget"]["view"] == "KernelEditor"
    state = json.loads(found["cnnviz-widget"]["state"])
    assert state["padding"] == 1
    assert state["preset"] == "sobel_x"
    np.testing.assert_array_equal(unpack(state["kernel"]), editor.kernel)
    np.testing.assert_array_equal(unpack(state["image"]), editor.image)
    data = found["img"]["src"].removeprefix("data:image/png;base64,")
    picture = Image.open(io.BytesIO(base64.b64decode(data)))
    assert picture.width > 2 * picture.height
    assert "96 × 96" in found["img"]["alt"]


def test_the_menus_pictures_are_exact():
    editor = KernelEditor()
    for name, uri in editor.pictures.items():
        image = Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1])))
        pixels = np.asarray(image)
        expected = cnnviz.images.picture(name)
        shown = np.moveaxis(pixels, -1, 0) if pixels.ndim == 3 else pixels
        np.testing.assert_array_equal(shown, expected)


def test_the_menu_may_change():
    editor = KernelEditor(pictures=["step"])
    first = dict(editor.pictures)
    editor.pictures = {"mine": np.eye(3, dtype=int), **first}
    assert list(editor.pictures) == ["mine", "step"]
    assert editor.pictures["step"] == first["step"]
    with pytest.raises(ValueError, match="cow"):
        editor.pictures = ["cow"]


def test_text_goes_into_the_page_as_text():
    name = '"><script>alert(1)</script>'
    editor = KernelEditor(pictures={name: np.zeros((2, 2), np.uint8)})
    text = editor.to_html()
    assert "<script" not in text
    assert html.escape(name) in text or json.dumps(name)[1:-1] in html.unescape(text)


def test_repr_and_html_are_the_same_each_time():
    first, second = KernelEditor(kernel="emboss"), KernelEditor(kernel="emboss")
    assert (
        repr(first) == repr(second) == "KernelEditor(image 96 × 96, kernel 3 × 3 emboss → 94 × 94)"
    )
    assert first.to_html() == second.to_html()
    assert not re.search(r"0x[0-9a-f]{6,}", repr(first) + first.to_html()[:200])


def test_weights_are_those_applied():
    editor = KernelEditor("astronaut", "gaussian", flip=True, normalise=True)
    assert editor.weights.shape == (3, 5, 5)
    assert abs(editor.weights).sum() == pytest.approx(1)
    y = ops.conv(editor.image.astype(float), editor.weights[None])[0]
    np.testing.assert_allclose(editor.output, y)


def test_padding_may_name_both_sides_of_one_axis_alone():
    editor = KernelEditor(padding=((1, 2), 0))
    assert editor.padding == [[1, 2], [0, 0]]
    assert editor.output.shape == (97, 94)
