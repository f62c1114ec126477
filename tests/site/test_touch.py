"""With a finger on a phone: a swipe scrolls the page wherever it starts, a drag sideways edits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from editor_page import page_of
from playwright.sync_api import Locator, Page

import cnnviz

PHONE = {"width": 390, "height": 700, "has_touch": True, "is_mobile": True}
_LOWER = '<div style="height: 3000px"></div>'

Touched = tuple[Page, Callable[..., None]]


@pytest.fixture
def open_phone(open_page: Any, tmp_path: Any) -> Callable[[Any], Touched]:
    """Put a widget on a phone's page, longer than the screen; return the page and a finger."""

    def opened(widget: Any) -> Touched:
        file = tmp_path / "page.html"
        file.write_text(page_of(widget.to_html() + _LOWER), encoding="utf-8")
        page = open_page(file.as_uri(), **PHONE)
        page.locator("cnnviz-widget .cnnviz").wait_for()
        session = page.context.new_cdp_session(page)

        def swipe(x: float, y: float, by: tuple[float, float], lift: str = "touchEnd") -> None:
            def send(kind: str, *points: tuple[float, float]) -> None:
                touches = [{"x": x, "y": y} for x, y in points]
                session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

            send("touchStart", (x, y))
            for i in range(1, 11):
                send("touchMove", (x + by[0] * i / 10, y + by[1] * i / 10))
                page.wait_for_timeout(16)
            send(lift)
            page.wait_for_timeout(150)

        return page, swipe

    return opened


def _middle(page: Page, target: Locator) -> tuple[float, float]:
    """Bring an element to the middle of the screen; return where its middle is."""
    target.evaluate("(el) => el.scrollIntoView({ block: 'center' })")
    box = target.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _state(page: Page, widget: Any) -> Any:
    read = "(el, keys) => JSON.stringify(keys.map((key) => el.model.get(key)))"
    return page.locator("cnnviz-widget").evaluate(read, widget._state_names())


WIDGETS = {
    "KernelEditor": lambda: cnnviz.KernelEditor(padding=1),
    "PoolingStepper": lambda: cnnviz.PoolingStepper(np.arange(108).reshape(3, 6, 6)),
    "VolumeViewer": cnnviz.VolumeViewer,
    "ConvolutionStepper": lambda: cnnviz.ConvolutionStepper(padding=1, stride=2),
    "BackpropStepper": cnnviz.BackpropStepper,
    "ReceptiveField": cnnviz.ReceptiveField,
    "SlidingWindow": cnnviz.SlidingWindow,
    "DetectionViewer": cnnviz.DetectionViewer,
    "ArchitectureExplorer": cnnviz.ArchitectureExplorer,
    "EmbeddingExplorer": cnnviz.EmbeddingExplorer,
    "BoxPlayground": lambda: cnnviz.BoxPlayground(view="nms"),
    "FeatureMaps": lambda: cnnviz.FeatureMaps(
        cnnviz.nets.trained_lenet5(), "digit", selected=(3, 5, 4, 4)
    ),
}
# What may lie under a finger: grids of numbers and of pixels, film strips, boxes and points,
# timelines, knobs, rows.
TARGETS = (
    ".grid, .field, .boxes-field, .handle, .dot, .sheet-maps, .strip, .strip canvas, "
    "input[type=range], .line, .whole"
)


@pytest.mark.parametrize("name", WIDGETS)
def test_a_swipe_scrolls_and_changes_nothing(name, open_phone):
    widget = WIDGETS[name]()
    page, swipe = open_phone(widget)
    before = _state(page, widget)
    targets = [each for each in page.locator(TARGETS).all() if each.is_visible()]
    assert len(targets) >= 4
    for target in targets:
        x, y = _middle(page, target)
        top = page.evaluate("scrollY")
        up = -200 if top < 1500 else 200
        swipe(x, y, (6, up))
        what = target.evaluate("(el) => el.className || el.ariaLabel || el.parentNode.textContent")
        assert abs(page.evaluate("scrollY") - top) > 100, f"a swipe on {what} does not scroll"
        assert _state(page, widget) == before, f"a swipe on {what} changes something"


def test_a_drag_sideways_edits_a_weight_and_the_page_stays(open_phone):
    widget = cnnviz.KernelEditor(kernel=[[0, 1], [2, 3]])
    page, swipe = open_phone(widget)
    x, y = _middle(page, page.locator(".panel.kernel [role=gridcell]").nth(2))
    top = page.evaluate("scrollY")
    swipe(x, y, (80, 12))
    assert page.locator(".panel.kernel [role=gridcell]").nth(2).inner_text() == "12"
    assert page.evaluate("scrollY") == top


def test_a_finger_pins_an_output_by_a_tap_and_takes_it_along(open_phone):
    page, swipe = open_phone(cnnviz.ConvolutionStepper())
    grid = page.locator(".panel.output .grid")
    x, y = _middle(page, grid)
    swipe(x, y, (0, 0))
    assert page.locator(".sum b.t-output").first.inner_text() == "y[1, 1]"
    box = grid.bounding_box()
    swipe(x, y, (box["width"] / 3, 4))
    assert page.locator(".sum b.t-output").first.inner_text() == "y[1, 2]"


def test_a_finger_moves_a_timeline_sideways(open_phone):
    widget = cnnviz.ConvolutionStepper()
    page, swipe = open_phone(widget)
    bar = page.locator(".timeline input")
    x, y = _middle(page, bar)
    swipe(x, y, (100, 5))
    assert page.locator("cnnviz-widget").evaluate("(el) => el.model.get('step')") > 4


def test_one_draws_in_all_directions(open_phone):
    widget = cnnviz.KernelEditor(np.zeros((28, 28), np.uint8))
    page, swipe = open_phone(widget)
    page.locator('.pictures [data-value="drawing"]').click()
    x, y = _middle(page, page.locator(".panel.input .grid"))
    top = page.evaluate("scrollY")
    swipe(x, y, (3, -60))
    inked = page.locator("cnnviz-widget").evaluate("(el) => atob(el.model.get('image').data)")
    assert sum(character != "\0" for character in inked) > 15
    assert page.evaluate("scrollY") == top


def test_what_is_taken_over_is_given_back(open_phone):
    """A second finger enlarges the page: what the first did was not meant."""
    widget = cnnviz.KernelEditor(kernel=[[0, 1], [2, 3]])
    page, swipe = open_phone(widget)
    before = _state(page, widget)
    x, y = _middle(page, page.locator(".panel.kernel [role=gridcell]").nth(2))
    swipe(x, y, (80, 0), lift="touchCancel")
    assert _state(page, widget) == before
    assert page.get_by_role("button", name="Undo").is_disabled()
