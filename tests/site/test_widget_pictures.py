"""Pictures of the reader's own: read in the browser, made small, sent nowhere."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from editor_page import EditorPage
from PIL import Image

import cnnviz
from cnnviz import images

RNG = np.random.default_rng(5)


def upload(editor: EditorPage, file: Path) -> list[str]:
    """Give the page a file; return the addresses that it asked for meanwhile."""
    asked: list[str] = []
    editor.page.on("request", lambda request: asked.append(request.url))
    editor.element.locator("input[type=file]").set_input_files(file)
    done = "(el) => el.model.get('image_name') === 'own' || el.querySelector('.status').textContent"
    editor.page.wait_for_function(done, arg=editor.element.element_handle())
    editor.settle()
    return [url for url in asked if not url.startswith(("data:", "blob:"))]


def undo(editor: EditorPage) -> None:
    editor.button("Undo").click()
    editor.settle()


def save(tmp_path: Path, name: str, pixels: np.ndarray, **options) -> Path:
    file = tmp_path / name
    Image.fromarray(pixels).save(file, **options)
    return file


def test_a_small_grey_picture_arrives_byte_for_byte(open_editor, tmp_path):
    pixels = RNG.integers(0, 256, (40, 60), dtype=np.uint8)
    editor = open_editor(cnnviz.KernelEditor("camera", "sobel_x"))
    assert upload(editor, save(tmp_path, "grey.png", pixels)) == []
    np.testing.assert_array_equal(editor.state()["image"], pixels)
    assert editor.dims("input") == "40 × 60"
    editor.check()
    undo(editor)
    np.testing.assert_array_equal(editor.state()["image"], images.picture("camera"))


def test_a_small_colour_picture_arrives_byte_for_byte(open_editor, tmp_path):
    pixels = RNG.integers(0, 256, (30, 20, 3), dtype=np.uint8)
    editor = open_editor(cnnviz.KernelEditor("camera", "sobel_x"))
    assert upload(editor, save(tmp_path, "colour.png", pixels)) == []
    np.testing.assert_array_equal(editor.state()["image"], np.moveaxis(pixels, -1, 0))
    editor.check()


def test_a_large_picture_is_made_small_and_sent_nowhere(open_editor, tmp_path):
    ramp = np.linspace(0, 255, 1200).astype(np.uint8)
    pixels = np.repeat(np.tile(ramp, (600, 1))[..., None], 3, axis=-1)
    pixels[..., 2] //= 2
    editor = open_editor(cnnviz.KernelEditor("camera", "sobel_x"))
    assert upload(editor, save(tmp_path, "large.jpg", pixels, quality=95)) == []
    image = editor.state()["image"]
    assert image.shape == (3, 64, 128)
    assert editor.status == "Your picture of 1200 × 600 pixels was scaled down to 128 × 64."
    assert np.abs(image[0].astype(float) - np.linspace(0, 255, 128)).max() < 6
    assert np.abs(image[2].astype(float) - np.linspace(0, 127, 128)).max() < 6
    editor.check()


def test_see_through_pixels_count_as_white(open_editor, tmp_path):
    pixels = np.zeros((12, 12, 4), dtype=np.uint8)
    pixels[6:, :, 3] = 255
    editor = open_editor(cnnviz.KernelEditor("camera", "box"))
    upload(editor, save(tmp_path, "clear.png", pixels))
    expected = np.repeat([[255], [0]], 6, axis=0) * np.ones((1, 12))
    np.testing.assert_array_equal(editor.state()["image"], expected)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.txt", b"no picture at all"),
        ("lies.png", b"<script>alert(1)</script>"),
        ("cut.png", "half"),
        ("empty.png", b""),
    ],
)
def test_what_is_no_picture_is_refused_and_nothing_is_lost(name, content, open_editor, tmp_path):
    if content == "half":
        buffer = io.BytesIO()
        Image.fromarray(RNG.integers(0, 256, (50, 50), dtype=np.uint8)).save(buffer, "PNG")
        content = buffer.getvalue()[:40]
    file = tmp_path / name
    file.write_bytes(content)
    editor = open_editor(cnnviz.KernelEditor("camera", "sobel_x"))
    before = editor.state()
    assert upload(editor, file) == []
    assert f"“{name}” is not a picture" in editor.status
    after = editor.state()
    assert all(np.array_equal(before[key], after[key]) for key in before)
    assert editor.button("Undo").is_disabled()
    editor.check()


def test_a_file_name_is_text_and_never_markup(open_editor, tmp_path):
    file = tmp_path / "<img src=x onerror=alert(1)>.txt"
    file.write_text("text")
    editor = open_editor(cnnviz.KernelEditor("camera", "sobel_x"))
    upload(editor, file)
    assert file.name in editor.status
    assert editor.element.locator(".status *").count() == 0


def test_the_same_file_can_be_chosen_again(open_editor, tmp_path):
    pixels = RNG.integers(0, 256, (20, 20), dtype=np.uint8)
    file = save(tmp_path, "again.png", pixels)
    editor = open_editor(cnnviz.KernelEditor("camera", "sobel_x"))
    upload(editor, file)
    undo(editor)
    upload(editor, file)
    np.testing.assert_array_equal(editor.state()["image"], pixels)


@pytest.mark.parametrize("name", images.PICTURES)
def test_every_offered_picture_is_the_package_s(name, open_editor):
    """Decoded by the browser, each picture is byte for byte what Python has."""
    other = next(n for n in images.PICTURES if n != name)
    editor = open_editor(cnnviz.KernelEditor(other, "sobel_x"))
    editor.choose_picture(name)
    np.testing.assert_array_equal(editor.state()["image"], images.picture(name))
    editor.check()


def test_drawing_paints_what_the_hand_does(open_editor):
    """A stroke is ink on a clean sheet, one step to undo, and the map follows it."""
    editor = open_editor(cnnviz.KernelEditor("camera", "sobel_x"))
    editor.choose_picture("drawing")
    assert editor.state()["image"].shape == (28, 28)
    assert not editor.state()["image"].any()
    x, y = editor.at("input", 4, 5)
    to_x, to_y = editor.at("input", 4, 20)
    editor.drag("input", 4, 5, by=(to_x - x, to_y - y), steps=40)
    editor.away()
    ink = editor.state()["image"]
    assert (ink[4, 5:21] == 255).all()
    assert not ink[6:].any()
    assert not ink[:, 22:].any()
    editor.check()
    undo(editor)
    assert not editor.state()["image"].any()


def test_a_quick_stroke_has_no_gaps(open_editor):
    """A quick pointer reports few places; the line between them is drawn all the same."""
    editor = open_editor(cnnviz.KernelEditor("camera", "sobel_x"))
    editor.choose_picture("drawing")
    x, y = editor.at("input", 3, 3)
    to_x, to_y = editor.at("input", 24, 24)
    editor.drag("input", 3, 3, by=(to_x - x, to_y - y), steps=3)
    assert (np.diagonal(editor.state()["image"])[3:25] == 255).all()


def test_drawing_with_padding_hits_the_pixel_under_the_pen(open_editor):
    editor = open_editor(cnnviz.KernelEditor("camera", "sobel_x"))
    editor.choose_picture("drawing")
    editor.set_slider("padding", 3)
    editor.click("input", 3 + 10, 3 + 12)
    assert np.unravel_index(editor.state()["image"].argmax(), (28, 28)) == (10, 12)
    editor.click("input", 1, 1)  # padding belongs to no pixel
    assert (editor.state()["image"] > 0).sum() == 5
