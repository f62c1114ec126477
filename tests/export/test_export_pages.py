"""Chapter 3 as `jupyter nbconvert` writes it, opened from the file system without a network."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import chromium
import pytest
from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = ROOT / "chapters" / "03-convolution-2d.ipynb"
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the page and the slides were written, by the command that a user types."""
    made = tmp_path_factory.mktemp("export")
    for name in ("PageExporter", "SlidesExporter"):
        # By its full name, which needs no installation; its short name stands in pyproject.toml.
        to = ["--to", f"cnnviz.export.{name}", "--output-dir", str(made)]
        subprocess.run(
            [sys.executable, "-m", "nbconvert", *to, str(CHAPTER)],
            cwd=made,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            check=True,
            capture_output=True,
            timeout=120,
        )
    return made


@pytest.fixture
def open_file(browser: Browser, folder: Path) -> Iterator[Callable[..., Page]]:
    """Open a file; nothing may be asked for, nothing may go wrong."""
    context = browser.new_context(viewport={"width": 1000, "height": 800})
    watch = chromium.Watch(context)

    def opened(ending: str, place: str = "") -> Page:
        page = context.new_page()
        page.goto((folder / f"{CHAPTER.stem}{ending}").as_uri() + place)
        return page

    yield opened
    context.close()
    assert watch.problems == []
    assert all(url.startswith("file://") and "03-convolution-2d" in url for url in watch.requests)


def play(page: Page, nth: int) -> None:
    """Type a weight into a widget, and see its output change."""
    widget = page.locator("cnnviz-widget").nth(nth)
    widget.scroll_into_view_if_needed()
    view = widget.locator(".cnnviz")
    kernel, total = view.locator(".panel.kernel .grid"), view.locator(".sum").first
    before = total.inner_text()
    kernel.focus()
    page.keyboard.press("Control+Home")
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    expect(total).not_to_have_text(before)
    assert "7·" in total.inner_text().replace(" ", "")


def test_every_widget_of_the_page_is_alive(open_file):
    page = open_file(".html")
    count = page.locator("cnnviz-widget").count()
    assert count >= 2
    for nth in range(count):
        play(page, nth)


def test_the_page_is_read_as_it_was_meant(open_file):
    page = open_file(".html")
    text = page.locator("body").inner_text()
    for markup in ("exercise-start", "solution-start", "{cite", "{doc", "```", ":::", "$$"):
        assert markup not in text
    solutions = page.locator("details.solution")
    assert solutions.count() >= 3
    for solution in solutions.all():
        cell = solution.locator(".cell").first
        expect(cell).to_be_hidden()
        solution.locator("summary").first.click()
        expect(cell).to_be_visible()
    pictures = page.locator("img:not(.cnnviz img)")  # a living widget's own are named as buttons
    assert pictures.count() > 0
    assert pictures.evaluate_all("(all) => all.every((image) => image.alt.length >= 10)")
    formula = page.locator(".math math").first
    assert formula.bounding_box()["height"] > 20  # set, not written out in one line


@pytest.mark.parametrize("width", [1000, 375])
def test_no_page_is_wider_than_its_window(open_file, width):
    page = open_file(".html")
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_slides_are_moved_through_by_keys_and_buttons(open_file):
    page = open_file(".slides.html")
    slides = page.locator("main > section")
    number = page.locator(".deck [role=status]")

    def at(place: int) -> None:
        expect(number).to_have_text(f"{place + 1} / {slides.count()}")
        assert [n for n, slide in enumerate(slides.all()) if slide.is_visible()] == [place]

    assert slides.count() > 20
    at(0)
    page.keyboard.press("ArrowRight")
    at(1)
    page.get_by_role("button", name="Next slide").click()
    at(2)
    page.reload()
    at(2)
    page.keyboard.press("ArrowLeft")
    at(1)
    page.keyboard.press("End")
    at(slides.count() - 1)
    page.keyboard.press("Home")
    at(0)


def test_a_widget_is_alive_on_its_slide_and_keeps_its_keys(open_file):
    page = open_file(".slides.html")
    place = page.locator("main > section").evaluate_all(
        "(all) => all.findIndex((slide) => slide.querySelector('cnnviz-widget'))"
    )
    for _ in range(place):
        page.keyboard.press("ArrowRight")
    play(page, 0)
    page.keyboard.press("ArrowRight")  # in the widget's grid
    expect(page.locator("cnnviz-widget").first).to_be_visible()


def test_a_link_leads_to_the_slide_of_its_target(open_file):
    page = open_file(".slides.html", "#ex-03-one-output")
    expect(page.locator("#ex-03-one-output")).to_be_visible()
