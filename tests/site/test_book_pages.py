"""Every page of the built book: whole and quiet, from a server and from files, on any screen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from accessibility import findings
from book_pages import PAGES
from playwright.sync_api import Page

pytestmark = pytest.mark.parametrize("name", PAGES)


def test_is_built(name, book):
    assert (book / f"{name}.html").is_file(), "run `make book`"


COLOUR_RULES = ("color-contrast", "link-in-text-block")


def test_is_whole_still_and_accessible_on_every_screen(name, site, open_page):
    """From a server, by a reader who asked for stillness; light, dark, narrow and on a phone.

    (Errors, and requests to other places, fail the test when the page is left.)
    """
    page = open_page(
        f"{site}/{name}.html", color_scheme="light", width=1200, reduced_motion="reduce"
    )
    page.wait_for_load_state("networkidle")
    assert page.title()
    assert page.locator("main h1:visible").count() == 1
    assert page.evaluate(_BROKEN) == []

    before = page.evaluate(_CURSORS)
    page.wait_for_timeout(200)
    assert page.evaluate(_CURSORS) == before
    assert page.get_by_role("button", name="Pause").count() == 0

    assert page.locator("html").get_attribute("data-theme") == "light"
    assert findings(page) == []
    page.emulate_media(color_scheme="dark")
    page.locator("html[data-theme=dark]").wait_for()
    # The dark page is the light one in other colours: what else there is to find was found there.
    assert findings(page, COLOUR_RULES) == []

    try:
        for width in (800, 375):
            page.set_viewport_size({"width": width, "height": 800})
            settled(page)
            wide = page.evaluate(_TOO_WIDE, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, wide
    finally:  # the tab is the next test's, too
        page.set_viewport_size({"width": 1200, "height": 1000})
        page.emulate_media(color_scheme="light")


def settled(page: Page) -> None:
    """Wait until what follows the window's size has followed it."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")


_CURSORS = """[...document.querySelectorAll('cnnviz-widget')]
  .map((el) => String(el.model.get('cursor')))"""

_TOO_WIDE = """(width) => [...document.querySelectorAll('main *')]
  .filter((el) => el.getBoundingClientRect().right > width + 1 && !el.closest(
    '.math-scroll, pre, .pst-scrollable-table-container, .output, .highlight, .sum, .formula'))
  .slice(0, 3).map((el) => el.outerHTML.slice(0, 120))"""

#: Pictures wait until they are near; here they are all called for. Gives the addresses that fail.
_BROKEN = """() => Promise.all([...document.images].map((image) => {
  image.loading = 'eager';
  return image.decode().then(() => '', () => image.src.slice(0, 120));
})).then((all) => all.filter(Boolean))"""


def test_loads_from_the_file_system(name, book, open_page):
    page = open_page((book / f"{name}.html").as_uri())
    widgets = page.locator("cnnviz-widget")
    for i in range(widgets.count()):
        assert widgets.nth(i).locator(".cnnviz").count() == 1
        assert widgets.nth(i).locator("> img").count() == 0


def test_asks_for_nothing_from_elsewhere(name, book):
    """Not even when a reader has a network: no script, style, font, picture or frame from afar."""
    text = (book / f"{name}.html").read_text(encoding="utf-8")
    loading = (
        r"""<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\bsrc=["'](https?:)?//[^"']+"""
    )
    assert [m[0] for m in re.finditer(loading, text)] == []
    links = [m[0] for m in re.finditer(r"<link\b[^>]*>", text)]
    allowed = ("canonical",)
    assert [
        link
        for link in links
        if re.search(r"""href=["'](https?:)?//""", link)
        and not any(f'rel="{a}"' in link for a in allowed)
    ] == []


def test_without_script_shows_a_picture_and_a_sentence_for_each_widget(name, site, open_page):
    page = open_page(f"{site}/{name}.html", java_script_enabled=False)
    for widget in page.locator("cnnviz-widget").all():
        picture = widget.locator("img")
        assert picture.is_visible()
        assert len(picture.get_attribute("alt")) > 20
        assert picture.bounding_box()["width"] > 200
        assert widget.locator("p").is_visible()


def test_formulas_are_whole(name, book):
    """Every formula was understood: native MathML, no error in it, no TeX left over."""
    text = (book / f"{name}.html").read_text(encoding="utf-8")
    assert "<merror" not in text
    assert "mathjax" not in text.lower()
    body = re.sub(r"<(pre|code|script|annotation|style)\b.*?</\1>", "", text, flags=re.DOTALL)
    leftover = re.findall(
        r"\$[^$<>]{1,60}\$|\\(?:frac|lfloor|sum|times)\b", re.sub(r"<[^>]+>", "", body)
    )
    assert leftover == []


def test_links_within_the_book_lead_somewhere(name, book):
    file = book / f"{name}.html"
    text = re.sub(r"<script\b.*?</script>", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    dead = []
    for target in set(re.findall(r"""<a\b[^>]*\bhref=["']([^"']*)["']""", text)):
        if re.match(r"[a-z]+:|//", target):
            continue
        address, _, anchor = target.partition("#")
        there = (file.parent / address.partition("?")[0]).resolve() if address else file
        if not there.is_file() or (anchor and not _has(there, anchor)):
            dead.append(target)
    assert dead == []


def _has(file: Path, anchor: str) -> bool:
    return file.suffix != ".html" or f'id="{anchor}"' in file.read_text(encoding="utf-8")
