"""`Widget.save_html`: one file, small, whole, quiet."""

import base64
import gzip
import html
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

import cnnviz
from cnnviz import widgets


def content(text):
    """Return what is packed in a page: script, style, state."""
    (packed,) = re.findall(r'id="packed">([A-Za-z0-9+/=]+)</script>', text)
    return json.loads(gzip.decompress(base64.b64decode(packed)))


def pixels(uri):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))).convert("RGB"))


def taken_out(state):
    """Take the pictures out of a state: those of the menu, and those that stand alone."""
    lone = [n for n, v in state.items() if isinstance(v, str) and v.startswith("data:image/")]
    return state.pop("pictures", {}) | {name: state.pop(name) for name in lone}


@pytest.mark.parametrize("name", widgets.__all__)
def test_a_page_is_small_and_holds_the_whole_widget(name, tmp_path):
    widget = getattr(cnnviz, name)()
    path = widget.save_html(tmp_path / "widget.html")
    assert path == tmp_path / "widget.html"
    # A network's weights do not get smaller by packing: they come on top.
    most = {"DigitPad": 170_000, "FeatureMaps": 400_000, "SlidingWindow": 150_000}
    most["DetectionViewer"] = 130_000  # six pictures, and all that the network says of them
    assert path.stat().st_size < most.get(name, 110_000)
    packed = content(path.read_text(encoding="utf-8"))
    state = widget.state()
    # Pictures may be of another format, pixel for pixel the same.
    pictures = [taken_out(s) for s in (packed["state"], state)]
    assert packed["state"] == state
    assert list(pictures[0]) == list(pictures[1])
    for one, other in zip(*(p.values() for p in pictures), strict=True):
        np.testing.assert_array_equal(pixels(one), pixels(other))
    assert packed["style"] == (widgets._base.STATIC / "cnnviz.css").read_text(encoding="utf-8")
    # What is left out of Jupyter's module is its export, and nothing else.
    module = (widgets._base.STATIC / f"{name}.js").read_text(encoding="utf-8")
    assert module == packed["script"] + "export default cnnvizWidget.default;\n"
    assert packed["script"].startswith("var cnnvizWidget=")


@pytest.mark.parametrize("name", widgets.__all__)
def test_a_page_names_no_address(name, tmp_path):
    text = getattr(cnnviz, name)().save_html(tmp_path / "widget.html").read_text(encoding="utf-8")
    assert not re.findall(r"""(?:src|href)=["'](?!data:)""", text)
    assert "http:" not in text
    assert "https:" not in text
    assert "default-src 'none'" in text


def test_the_same_widget_makes_the_same_page(tmp_path):
    first, second = (cnnviz.ShapeCalculator().save_html(tmp_path / f"{i}.html") for i in range(2))
    assert first.read_bytes() == second.read_bytes()


def test_title_and_caption_are_text(tmp_path):
    nasty = '</script><img src=x onerror="alert(1)"> & {braces}'
    widget = cnnviz.ShapeCalculator("LeNet-5")
    path = widget.save_html(tmp_path / "a.html", title=nasty, caption=nasty)
    text = path.read_text(encoding="utf-8")
    assert nasty not in text
    assert text.count(html.escape(nasty)) == 4  # title, heading, the picture's text, caption
    plain = widget.save_html(tmp_path / "b.html").read_text(encoding="utf-8")
    assert "<title>Shape calculator</title>" in plain
    assert html.escape(widget.caption()) in plain


def test_a_script_in_the_state_stays_in_its_string(tmp_path):
    name = "</script><script>alert(1)</script>"
    widget = cnnviz.KernelEditor(pictures={name: [[0, 255]]})
    text = widget.save_html(tmp_path / "a.html").read_text(encoding="utf-8")
    assert text.count("<script") == text.count("</script") == 2
    assert name in content(text)["state"]["pictures"]


def test_a_file_is_replaced(tmp_path):
    path = tmp_path / "a.html"
    path.write_text("old")
    cnnviz.ShapeCalculator().save_html(str(path))
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_missing_folder_is_named_and_not_made(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no '.*nowhere'.*make it first"):
        cnnviz.ShapeCalculator().save_html(tmp_path / "nowhere" / "a.html")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("name", ["a", "a.pdf", "html", ""])
def test_another_ending_is_refused(name, tmp_path):
    with pytest.raises(ValueError, match=r"path must name a file ending in \.html"):
        cnnviz.ShapeCalculator().save_html(tmp_path / name)
    with pytest.raises(TypeError):
        cnnviz.ShapeCalculator().save_html(7)
