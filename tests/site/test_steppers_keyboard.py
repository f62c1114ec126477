"""The steppers without a mouse, on a phone-sized page: every step is reached, read and true."""

from __future__ import annotations

import numpy as np
import pytest
from accessibility import findings
from editor_page import close_as_shown, page_of, written

import cnnviz

X = np.arange(50).reshape(2, 5, 5) % 7
W = np.arange(36).reshape(2, 2, 3, 3) % 5 - 2
WIDGETS = {
    "convolution": lambda: cnnviz.ConvolutionStepper(X, W, stride=2, padding=1),
    "stuffed": lambda: cnnviz.ConvolutionStepper(X, W, transposed=True, reading="stuffed"),
    "pooling": lambda: cnnviz.PoolingStepper(X, 2, mode="mean"),
    "volume": lambda: cnnviz.VolumeViewer(np.arange(210).reshape(5, 6, 7) % 11),
}


@pytest.fixture(params=WIDGETS)
def opened(request, open_page, tmp_path):
    """Open each widget at 375 px; return the page and the widget's Python half."""
    widget = WIDGETS[request.param]()
    file = tmp_path / "page.html"
    file.write_text(page_of(widget.to_html()), encoding="utf-8")
    page = open_page(file.as_uri(), width=375, height=800)
    page.locator(".cnnviz").wait_for()
    return page, widget


def settled(page) -> tuple[tuple[int, ...], float]:
    """Return the place and the value of the output that is written out, once it is drawn."""
    page.wait_for_timeout(80)
    return written(page)


def focus_by_tab(page, selector: str) -> None:
    """Go to a control with the tab key alone."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("(s) => document.activeElement.matches(s)", selector):
            return
    pytest.fail(f"the tab key does not reach {selector}")


def test_the_timeline_goes_both_ways_by_key(opened):
    page, widget = opened
    y = widget.output
    seen = [settled(page)]
    focus_by_tab(page, ".timeline input[type=range]")
    for key in ("End", "ArrowLeft", "Home", "ArrowRight"):
        page.keyboard.press(key)
        seen.append(settled(page))
    assert len({place for place, _ in seen}) >= 3
    for place, value in seen:
        assert close_as_shown(value, y[place], 6), place


def test_an_outputs_grid_is_walked_by_arrow_keys(opened):
    page, widget = opened
    focus_by_tab(page, ".panel.output .grid, .grid[aria-label^='y['], .grid[aria-label^='Output']")
    places = set()
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
        place, value = settled(page)
        places.add(place)
        assert close_as_shown(value, widget.output[place], 6), place
    assert len(places) >= 2


def test_nothing_overflows_and_axe_finds_nothing(opened):
    page, _ = opened
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert findings(page) == []
