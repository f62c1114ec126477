"""Pages that `Widget.save_html` wrote, opened from the file system."""

import pytest
from accessibility import findings

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
