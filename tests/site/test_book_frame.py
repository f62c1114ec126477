"""The frame around the pages: what loads, search, theme and sidebars, by mouse and by key."""

from __future__ import annotations

import html
import re
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from book_pages import PAGES
from fontTools.ttLib import TTFont
from playwright.sync_api import expect

ROOT = Path(__file__).resolve().parents[2]

CHAPTER = "chapters/03-convolution-2d"


@pytest.mark.parametrize("name", PAGES)
def test_loads_only_what_it_shows(name, book, site, open_page):
    page = open_page(f"{site}/{name}.html")
    page.wait_for_load_state("networkidle")
    loaded = page.evaluate("performance.getEntriesByType('resource').map((r) => r.name)")
    names = [re.sub(r".*?/_static/|\?.*", "", url) for url in loaded]
    views = page.locator("cnnviz-widget").evaluate_all(
        "(all) => all.map((w) => w.getAttribute('view'))"
    )
    assert {n for n in names if n.startswith("views/")} == {f"views/{view}.js" for view in views}
    assert ("page.js" in names) == bool(views)
    assert [n for n in names if n.endswith(".css")] == []  # its style is in its head
    assert not [n for n in names if re.search("fontawesome|searchindex|searchtools|bootstrap", n)]
    if views:  # its scripts are asked for where the first widget stands, the theme's at the end
        text = (book / f"{name}.html").read_text(encoding="utf-8")
        assert text.index("_static/page.js") < text.index("<cnnviz-widget")
        assert text.index("</article>") < text.index("_static/course.js")
    assert page.locator("cnnviz-widget > :only-child .cnnviz-body").count() == len(views)


class _Halting(SimpleHTTPRequestHandler):
    """Serve the book; a page stops where it is told until its reader lets it go on."""

    def __init__(self, *arguments: Any, halt: str, go_on: threading.Event, **options: Any) -> None:
        self.halt, self.go_on = halt, go_on
        super().__init__(*arguments, **options)

    def do_GET(self) -> None:
        if not self.path.endswith(".html"):
            return super().do_GET()
        page = Path(self.translate_path(self.path)).read_text(encoding="utf-8")
        there = re.compile(self.halt).search(page, page.index("<cnnviz-widget")).end()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(page[:there].encode())
        self.wfile.flush()
        self.go_on.wait(30)
        self.wfile.write(page[there:].encode())
        return None

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.mark.parametrize("halt", ["<img", r"</cnnviz-widget>[\s\S]{1000}"])
def test_a_widget_does_not_wait_for_the_rest_of_its_page(halt, book, browser):
    """Alive as soon as it has been read itself; what is read later takes nothing from it."""
    go_on = threading.Event()
    handler = partial(_Halting, directory=str(book), halt=halt, go_on=go_on)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = browser.new_page()
    try:
        address = f"http://127.0.0.1:{server.server_port}/{CHAPTER}.html"
        page.goto(address, wait_until="commit")
        alive = page.locator("cnnviz-widget").first.locator(".cnnviz button").first
        if halt == "<img":  # its own picture is still on the way
            page.wait_for_function("!!customElements.get('cnnviz-widget')")
            page.wait_for_timeout(200)
            expect(alive).to_have_count(0)
            go_on.set()
        expect(alive).to_be_visible()
        if not go_on.is_set():
            assert page.evaluate("document.readyState") == "loading"
        go_on.set()
        page.wait_for_load_state("networkidle")
        expect(page.locator("cnnviz-widget > :only-child .cnnviz-body")).to_have_count(2)
    finally:
        go_on.set()
        page.close()
        server.shutdown()


@pytest.mark.parametrize("by", ["keys", "mouse"])
@pytest.mark.parametrize("place", ["http", "file"])
def test_search_finds_a_chapter(by, place, book, site, open_page):
    page = open_page(f"{site}/index.html" if place == "http" else (book / "index.html").as_uri())
    if by == "keys":
        page.keyboard.press("Control+k")
    else:
        page.locator(".search-button__button:visible").first.click()
    field = page.locator("#pst-search-dialog input")
    expect(field).to_be_focused()
    field.fill("dilation")
    if place == "file":  # results come, without the excerpts that a browser lets only servers give
        return
    field.press("Enter")
    expect(page.locator("#search-results li a").first).to_be_visible()
    assert "Padding, stride and dilation" in page.locator("#search-results").inner_text()


def test_the_theme_is_switched_and_kept(site, open_page):
    page = open_page(f"{site}/{CHAPTER}.html", width=1200)
    seen = set()
    for _ in range(3):
        page.locator(".theme-switch-button").click()
        seen.add(page.locator("html").get_attribute("data-mode"))
        assert page.locator(".theme-switch-button svg:visible").count() == 1
    assert seen == {"light", "dark", "auto"}


def test_sidebars_open_on_a_phone(site, open_page):
    page = open_page(f"{site}/{CHAPTER}.html", width=375, height=700)
    link = page.locator("nav.bd-links a", has_text="Pooling")
    expect(link).not_to_be_visible()
    page.locator(".primary-toggle:visible").click()
    expect(link).to_be_visible()
    page.keyboard.press("Escape")
    expect(link).not_to_be_visible()
    page.locator(".secondary-toggle:visible").click()
    expect(
        page.locator(".bd-sidebar-secondary a:visible, dialog[open] a:visible").first
    ).to_be_visible()


def test_solutions_are_folded_and_open(site, open_page):
    page = open_page(f"{site}/{CHAPTER}.html", width=1200)
    solution = page.locator("div.admonition.solution").first
    cell = solution.locator(".cell").first
    expect(cell).not_to_be_visible()
    solution.locator(".toggle-button").click()
    expect(cell).to_be_visible()


def test_code_is_copied(site, open_page):
    page = open_page(f"{site}/{CHAPTER}.html", width=1200)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    block = page.locator("div.cell_input .highlight:visible").first
    block.hover()
    block.locator(".copybtn").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == block.locator("pre").inner_text().strip()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_has_no_buttons(scheme, site, open_page):
    page = open_page(f"{site}/{CHAPTER}.html", width=1200, color_scheme=scheme)
    page.emulate_media(media="print")
    assert page.locator("button:visible, input:visible, select:visible").count() == 0
    page.emulate_media(media="screen")


def test_every_chinese_character_is_in_the_font_that_comes_along(book):
    font = TTFont(ROOT / "cnnviz" / "static" / "fonts" / "cnnviz-cjk.ttf")
    pages = "".join(path.read_text(encoding="utf-8") for path in book.rglob("*.html"))
    shown = {
        c for c in html.unescape(pages) if "\u2e80" <= c <= "\u9fff" or "\uff00" <= c <= "\uffef"
    }
    assert len(shown) > 100
    assert sorted(c for c in shown if ord(c) not in font.getBestCmap()) == []


def test_chinese_has_a_font_where_the_system_has_none(site, open_page):
    page = open_page(f"{site}/appendices/glossary.html")
    family = '"cnnviz CJK"'
    assert family in page.evaluate("getComputedStyle(document.querySelector('article')).fontFamily")
    faces = page.evaluate(f"document.fonts.load('16px {family}', '卷积').then((all) => all.length)")
    assert faces == 1


def test_numbers_run_by_chapter(book):
    text = (book / f"{CHAPTER}.html").read_text(encoding="utf-8")
    exercises = re.findall(r"Exercise (\d+\.\d+)", text)
    assert sorted(set(exercises)) == ["3.1", "3.2", "3.3", "3.4"]
    assert '<span class="section-number">3.1. </span>Predict' in text
    assert re.search(r">3\. Convolution in two dimensions</a>", text)


def test_the_front_page_is_alive_and_has_a_card_a_chapter(site, open_page):
    page = open_page(f"{site}/index.html", width=1200)
    expect(page.locator("cnnviz-widget .cnnviz")).to_have_count(1)
    cards = page.locator("a.chapter-card")
    chapters = [name for name in PAGES if name.startswith("chapters/")]
    assert cards.count() == len(chapters)
    assert [card.get_attribute("href") for card in cards.all()] == [f"{c}.html" for c in chapters]
    assert cards.first.inner_text().startswith("1. Why convolution?")
    boxes = [card.bounding_box() for card in cards.all()]
    assert boxes[0]["y"] == boxes[1]["y"], "cards stand side by side"
    assert boxes[0]["x"] + boxes[0]["width"] < boxes[1]["x"]
