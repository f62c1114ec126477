"""The sliding window on a page: true scores and counts, pointing both ways, and nothing jumps."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from accessibility import findings
from editor_page import settle

import cnnviz
from cnnviz import nets

BOXES = """() => [...document.querySelectorAll(
  '.cnnviz :is(.panel, .grid, .figures, .timeline, .sum, button:not([hidden]))')].map((el) => {
    const { x, y, width, height } = el.getBoundingClientRect();
    return [el.className, ...[x, y + scrollY, width, height].map(Math.round)]; })"""


@pytest.fixture
def open_slider(opened):
    """Put a sliding window on a bare page; return the page."""

    def put(theme="light", step=30, **options):
        widget = cnnviz.SlidingWindow(step=step)
        return opened(widget, theme, **({"width": 860, "height": 1000} | options))

    return put


def body(page, nth):
    rows = page.locator(".figures").nth(nth).locator("tbody tr").all_inner_texts()
    return [row.split("\t") for row in rows]


def test_the_scores_are_torch_s_and_the_counts_python_s(open_slider):
    page = open_slider(step=206)  # where the 7 stands
    twin = cnnviz.SlidingWindow(step=206)
    net = nets.trained_lenet5()
    net.c1.padding = (0, 0)
    (top, left), side = twin.place, twin.window
    crop = twin.page[top : top + side, left : left + side] / np.float32(255)
    with torch.no_grad():
        expected = net(torch.from_numpy(crop)[None, None])[0].numpy()
    cells = np.array([row[1:] for row in body(page, 0)])
    shown = np.char.replace(cells, "−", "-").astype(float)
    assert np.abs(shown - expected[:, None]).max() < 0.0051
    assert page.locator(".figures").first.locator(".first th").inner_text() == "7"
    counts = [[int(re.sub(r"\D", "", text)) for text in row[1:3]] for row in body(page, 1)]
    forms = [list(layers.values()) for layers in twin.multiply_adds.values()]
    assert np.array_equal(np.array(counts[:-1]).T, forms)
    assert counts[-1] == [sum(form) for form in forms]


def test_a_score_shows_its_window_and_a_pixel_all_that_hold_it(open_slider):
    page = open_slider()
    window = page.locator(".panel.input .marks .window")
    grid = page.locator(".panel.output .grid").first
    box = grid.bounding_box()
    grid.hover(position={"x": box["width"] * 12.5 / 25, "y": box["height"] * 0.5 / 9})
    settle(page)
    assert "rows 0–31, columns 48–79" in page.locator(".sum").inner_text()
    picture, frame = page.locator(".panel.input .grid").bounding_box(), window.bounding_box()
    assert frame["x"] - picture["x"] == pytest.approx(picture["width"] * 48 / 128, abs=1)
    assert frame["width"] == pytest.approx(picture["width"] * 32 / 128, abs=1)
    page.locator(".panel.input .grid").hover(position={"x": 3, "y": 3})
    settle(page)
    assert page.locator(".sum").inner_text().startswith("Pixel (0, 0) is in 1 window")
    reach = page.locator(".panel.output .marks .reach")
    assert reach.count() == 2
    assert window.count() == 0


def test_the_keyboard_does_what_the_mouse_does_and_is_heard(open_slider):
    page = open_slider(step=0)
    step = "() => document.querySelector('cnnviz-widget').model.get('step')"
    page.locator(".panel.output .grid").first.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    settle(page)
    assert page.evaluate(step) == 27
    page.locator(".timeline input").press("End")
    assert page.evaluate(step) == 224
    live = page.locator("[aria-live]")
    live.filter(has_text="Window 225 of 225").wait_for(state="attached", timeout=3000)
    page.locator(".panel.input .grid").focus()
    page.keyboard.press("ArrowRight")
    live.filter(has_text="Pixel (0, 1) is in 1 window").wait_for(state="attached", timeout=3000)


def test_a_run_is_played_to_its_end(open_slider):
    page = open_slider(step=200)
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Play").wait_for(timeout=10_000)  # no longer "Pause"
    settle(page)
    # By then both maps hold all windows, and the bar of cropping is full.
    empty = "(cells) => cells.filter((cell) => !cell.textContent).length"
    assert page.locator(".panel.output [role=gridcell]").evaluate_all(empty) == 0
    bars = page.locator(".work i").evaluate_all("(all) => all.map((el) => el.style.width)")
    assert bars[0] == "100%"
    assert float(bars[1].rstrip("%")) < 20


@pytest.mark.parametrize("width", [375, 600, 816, 860])
def test_nothing_jumps_and_nothing_scrolls_sideways(width, open_slider):
    page = open_slider(step=224, width=width)
    settle(page)
    start = page.evaluate(BOXES)
    assert len(start) > 15
    for act in (
        lambda: page.get_by_role("button", name="First step").click(),
        lambda: page.locator("select").select_option("8"),
        lambda: page.locator(".panel.input .grid").press("ArrowRight"),
        lambda: page.get_by_role("button", name="Last step").click(),
    ):
        act()
        settle(page)
        assert page.evaluate(BOXES) == start
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    room = "(el) => el.scrollHeight - el.clientHeight"
    assert page.locator(".sum").evaluate(room) <= 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(theme, open_slider):
    page = open_slider(theme)
    assert findings(page) == []
    page.locator(".panel.input .grid").press("ArrowRight")
    settle(page)
    assert findings(page) == []
