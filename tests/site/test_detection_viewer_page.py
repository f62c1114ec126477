"""The detection viewer on a page: torch's boxes, pointing both ways, three ways to point."""

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
  '.cnnviz :is(.panel, .grid, .boxes-field, .scroller, .timeline, .numbers, .sum, button)'
)].map((el) => {
    const { x, y, width, height } = el.getBoundingClientRect();
    return [el.className, ...[x, y + scrollY, width, height].map(Math.round)]; })"""
CELL = "() => document.querySelector('cnnviz-widget').model.get('cell')"


@pytest.fixture
def open_viewer(opened):
    """Put a detection viewer on a bare page; return the page."""

    def put(theme="light", arguments=None, **options):
        widget = cnnviz.DetectionViewer(**(arguments or {}))
        return opened(widget, theme, **({"width": 860, "height": 1100} | options))

    return put


def listed(page):
    return page.locator(".listed li").all_inner_texts()


def edge_of(text, name):
    """Return what an edge comes to as it is written out."""
    (value,) = re.findall(rf"{name} = [^=≈]* [=≈] (−?[\d.]+)", text)
    return float(value.replace("−", "-"))


@pytest.mark.parametrize("index", range(6))
def test_the_boxes_are_torch_s(index, open_viewer):
    page = open_viewer(arguments={"index": index})
    twin = cnnviz.DetectionViewer(index=index)
    with torch.no_grad():
        scores = nets.trained_one_stage()(torch.from_numpy(twin.pictures[index][None]))
    (found,) = nets.one_stage_boxes(scores)
    lines = [text for text in listed(page) if "missed" not in text]
    names = [text.split()[1] for text in lines if ", box " not in text]
    assert sorted(names) == sorted(str(label) for label in found["labels"])
    assert len(listed(page)) - len(lines) == len(twin.missed)
    # Each box's edges, as they are written out when it is looked at.
    field = page.locator(".boxes-field")
    edges = []
    field.press("Home")
    for _ in lines:
        settle(page)
        text = page.locator(".sum").inner_text()
        if "Suppressed" not in text:
            edges.append([edge_of(text, name) for name in ("x1", "y1", "x2", "y2")])
        field.press("ArrowRight")
    assert np.abs(np.sort(edges, axis=0) - np.sort(found["boxes"], axis=0)).max() < 0.0051


def test_a_box_lights_its_cell_and_a_cell_its_box(open_viewer):
    page = open_viewer()
    twin = cnnviz.DetectionViewer()
    (loser,) = [i for i, fate in enumerate(twin.fates) if fate.kind == "suppressed"]
    keeper = twin.fates[loser].by
    grid, here = page.locator(".panel.input .grid"), page.locator(".panel.input .marks .here")
    size = grid.bounding_box()["width"] / 8

    def cell_of(mark):
        box, outer = mark.bounding_box(), grid.bounding_box()
        return round((box["y"] - outer["y"]) / size) * 8 + round((box["x"] - outer["x"]) / size)

    grid.hover(position={"x": (loser % 8 + 0.5) * size, "y": (loser // 8 + 0.5) * size})
    settle(page)
    assert "Suppressed: box 3 (9 at 0.85)" in page.locator(".sum").inner_text()
    assert cell_of(here) == loser
    assert page.locator(".listed [aria-current]").inner_text().startswith("4: 9 0.72")
    # The box that keeps its place: pointing to it shows the one that falls to it.
    x1, y1, x2, y2 = twin._decoded()[0][keeper]
    field = page.locator(".boxes-field")
    scale = field.bounding_box()["width"] / 64
    field.hover(position={"x": (x2 - 0.6) * scale, "y": (y1 + y2) / 2 * scale})
    settle(page)
    assert cell_of(here) == keeper
    assert "falls to it" in page.locator(".sum").inner_text()
    tap = page.locator(".panel.input .marks .tap")
    assert cell_of(tap) == loser
    page.mouse.move(1, 1)
    settle(page)
    assert page.evaluate(CELL) is None  # pointing alone changes nothing
    assert x1 < x2


def test_the_keyboard_does_what_the_mouse_does_and_is_heard(open_viewer):
    page = open_viewer()
    live = page.locator("[aria-live]")
    page.locator(".panel.input .grid").focus()
    for key in ("Control+Home", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    assert page.evaluate(CELL) == [1, 1]
    live.filter(has_text="Cell row 1, column 1: p_c 0.00").wait_for(state="attached", timeout=5000)
    page.locator(".boxes-field").focus()
    page.keyboard.press("End")
    live.filter(has_text="Suppressed: box 3").wait_for(state="attached", timeout=5000)
    page.locator(".timeline input").press("Home")
    live.filter(has_text="0 kept, 0 suppressed, 4 waiting").wait_for(state="attached", timeout=5000)
    assert page.get_by_role("radio", name="Decoded boxes").get_attribute("aria-checked") == "true"


def test_a_finger_taps_a_cell_and_a_box(open_viewer):
    page = open_viewer(has_touch=True, width=375, height=2200)
    grid, field = page.locator(".panel.input .grid"), page.locator(".boxes-field")
    size = grid.bounding_box()["width"] / 8
    grid.tap(position={"x": 2.5 * size, "y": 3.5 * size})
    settle(page)
    assert page.evaluate(CELL) == [3, 2]
    scale = field.bounding_box()["width"] / 64
    field.tap(position={"x": 40 * scale, "y": 20 * scale})
    settle(page)
    assert page.evaluate(CELL) == [2, 5]


def test_a_run_is_played_to_its_end(open_viewer):
    page = open_viewer(arguments={"step": 0})
    assert "4 waiting" in page.locator(".panel.output header").inner_text()
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Play").wait_for(timeout=10_000)  # no longer "Pause"
    settle(page)
    assert "3 kept, 1 suppressed" in page.locator(".panel.output header").inner_text()
    assert page.get_by_role("radio", name="After suppression").get_attribute("aria-checked")


@pytest.mark.parametrize("width", [375, 600, 816, 860])
def test_nothing_jumps_and_nothing_scrolls_sideways(width, open_viewer):
    page = open_viewer(width=width)
    start = page.evaluate(BOXES)
    assert len(start) > 15
    for act in (
        lambda: page.get_by_role("button", name="First step").click(),
        lambda: page.get_by_role("slider", name="score").press("Home"),
        lambda: page.get_by_role("slider", name="score").press("End"),
        lambda: page.get_by_role("button", name="Next picture").click(),
        lambda: page.locator(".panel.input .grid").press("ArrowDown"),
        lambda: page.get_by_role("button", name="true boxes").click(),
    ):
        act()
        settle(page)
        assert page.evaluate(BOXES) == start
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_page_without_a_kernel_offers_no_file_and_says_so(open_viewer):
    page = open_viewer()
    assert page.locator("input[type=file]").count() == 0
    assert page.get_by_text("In a notebook, where a kernel runs the detector").is_visible()


def test_many_classes_and_cells_stay_within_the_page(open_viewer):
    scores = np.random.default_rng(0).normal(size=(105, 32, 32)).astype(np.float32)

    class Says(torch.nn.Module):
        def forward(self, x):
            return torch.from_numpy(scores).expand(len(x), *scores.shape)

    arguments = {
        "pictures": np.zeros((3, 64, 64))[:, None].repeat(3, 1),
        "model": Says(),
        "names": ["a name that is long " * 3] * 100,
        "threshold": 0.01,
    }
    page = open_viewer(arguments=arguments, width=375)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert page.locator(".numbers").bounding_box()["height"] < 260


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(theme, open_viewer):
    page = open_viewer(theme, {"show_objects": True})
    assert findings(page) == []
    page.locator(".boxes-field").press("End")
    page.get_by_role("button", name="What the controls do").click()
    settle(page)
    assert findings(page) == []
