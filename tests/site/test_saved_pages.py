"""Pages that `Widget.save_html` wrote, opened from the file system."""

import base64
import gzip
import json
import re

import chromium
import pytest
from accessibility import findings
from editor_page import page_of

import cnnviz
from cnnviz import widgets


@pytest.fixture(params=widgets.__all__)
def saved(request, tmp_path):
    """The address of one widget's page."""
    return getattr(cnnviz, request.param)().save_html(tmp_path / "saved.html").as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lives_by_itself_in_light_and_dark(saved, scheme, open_page):
    """(Errors, and requests beyond the file, fail the test when the page is left.)"""
    asked = []
    page = open_page(saved, color_scheme=scheme)
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    widget = page.locator("cnnviz-widget .cnnviz")
    widget.wait_for()
    assert widget.get_attribute("data-theme") == scheme
    assert page.locator("cnnviz-widget > img").count() == 0
    assert [url for url in asked if not url.startswith("data:")] == [saved]
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")
    assert findings(page) == []


def test_fits_a_phone(saved, open_page):
    page = open_page(saved, width=375, height=700)
    page.locator("cnnviz-widget .cnnviz").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_without_script_shows_a_picture_and_a_sentence(saved, open_page):
    page = open_page(saved, java_script_enabled=False)
    picture = page.locator("cnnviz-widget > img")
    assert picture.bounding_box()["width"] > 200
    assert picture.get_attribute("alt") == page.locator("figcaption").inner_text()
    assert page.locator("h1").is_visible()


# --- damaged pages --------------------------------------------------------------------------------


def _packed(text, change):
    """Return a page with what is packed in it changed, as text in base64."""
    return re.sub(r'(?<=id="packed">)[^<]*', lambda match: change(match[0]), text)


def _restated(change):
    """Return what changes the state in a page's packed content."""

    def changed(packed):
        content = json.loads(gzip.decompress(base64.b64decode(packed)))
        change(content["state"])
        again = json.dumps(content).encode()
        return base64.b64encode(gzip.compress(again)).decode("ascii")

    return lambda text: _packed(text, changed)


DAMAGES = {
    "a cut file": (lambda text: text[: int(len(text) * 0.8)], "this page is damaged or cut off"),
    "a cut payload": (
        lambda text: _packed(text, lambda packed: packed[: len(packed) // 8 * 4]),
        "this page is damaged or cut off",
    ),
    "a changed payload": (
        lambda text: _packed(text, lambda packed: f"{packed[:999]}AAAA{packed[1003:]}"),
        "this page is damaged or cut off",
    ),
    "no payload": (lambda text: _packed(text, lambda _: "!"), "this page is damaged or cut off"),
    "a state without a kernel": (
        _restated(lambda state: state.pop("kernel")),
        "its trait kernel is missing",
    ),
    "a huge shape": (
        _restated(lambda state: state["image"].update(shape=[10**9, 10**9])),
        "its trait image must be an array (rows, columns) or (3, rows, columns), "
        "at most 512 a side, not one of shape 1000000000 × 1000000000",
    ),
    "cut numbers": (
        _restated(lambda state: state["kernel"].update(data=state["kernel"]["data"][:40])),
        "its trait kernel is cut off",
    ),
}


@pytest.fixture
def open_damaged(browser, tmp_path):
    """Open a page that has something to say; nothing of it may reach beyond the page."""
    contexts = []

    def opened(text, scheme="light", init=""):
        file = tmp_path / "damaged.html"
        file.write_text(text, encoding="utf-8")
        context = browser.new_context(color_scheme=scheme, viewport={"width": 820, "height": 700})
        contexts.append((context, chromium.Watch(context)))
        page = context.new_page()
        if init:
            page.add_init_script(init)
        page.goto(file.as_uri(), timeout=10_000)
        page.locator(".cnnviz-problem").first.wait_for(timeout=10_000)
        return page

    yield opened
    for context, watch in contexts:
        context.close()
        assert [p for p in watch.problems if not p.startswith("console: Error: its ")] == []


def _check_said(page, says):
    note = page.locator("cnnviz-widget > .cnnviz-problem")
    assert note.inner_text() == f"This widget can't be shown: {says}."
    assert page.locator("cnnviz-widget > img").is_visible()
    assert note.bounding_box()["y"] < page.locator("cnnviz-widget > img").bounding_box()["y"]
    assert page.locator(".cnnviz").count() == 0
    assert findings(page) == []


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_page_says_so_over_its_picture(name, open_damaged, tmp_path):
    damage, says = DAMAGES[name]
    text = cnnviz.KernelEditor().save_html(tmp_path / "saved.html").read_text(encoding="utf-8")
    page = open_damaged(damage(text), scheme="dark" if "cut" in name else "light")
    _check_said(page, says)


def test_a_browser_that_can_unpack_nothing_says_so(open_damaged, tmp_path):
    text = cnnviz.PoolingStepper().save_html(tmp_path / "saved.html").read_text(encoding="utf-8")
    page = open_damaged(text, init="delete globalThis.DecompressionStream")
    _check_said(page, "this browser can't unpack it: a newer one can")


def test_a_page_cut_before_its_picture_says_so(open_damaged, tmp_path):
    text = cnnviz.PoolingStepper().save_html(tmp_path / "saved.html").read_text(encoding="utf-8")
    page = open_damaged(text[: text.index("<img") + 100])
    assert "this page is damaged or cut off" in page.locator(".cnnviz-problem").inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_damaged_state_in_the_book_is_said_over_its_picture(theme, open_damaged):
    cut = re.sub(r' state="[^"]*"', ' state="{"', cnnviz.VolumeViewer().to_html())
    page = open_damaged(page_of(cut, theme))
    _check_said(page, "its state is damaged or cut off")
