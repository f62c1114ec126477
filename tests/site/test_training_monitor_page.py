"""The training monitor on a page: nothing jumps, by mouse, touch and key, light and dark."""

from __future__ import annotations

import numpy as np
import pytest
from accessibility import findings
from editor_page import page_of, settle

import cnnviz

BOXES = """() => [...document.querySelectorAll(
  '.cnnviz :is(.chart, .plot, .timeline, .readout, .readout b, .first, .filters, button)')]
  .map((el) => { const { x, y, width, height } = el.getBoundingClientRect();
    const fixed = el.tagName === 'B' ? [y, height] : [x, y + scrollY, width, height];
    return [el.className, ...fixed.map(Math.round)]; })"""


def recorded():
    """Return two runs, one of them with filters, and with gaps in its curves."""
    rng = np.random.default_rng(2)
    loss = np.exp(-np.arange(2400) / 400) + rng.random(2400) / 5
    loss[500:700] = np.nan
    epochs = np.arange(1, 25)
    record = {
        "loss": loss,
        "learning_rate": np.geomspace(0.1, 1e-5, 2400),
        "train_accuracy": 1 - 0.8 / epochs,
        "validation_loss": 1 / epochs,
        "validation_accuracy": 1 - 0.9 / epochs**0.7,
    }
    filters = rng.normal(size=(25, 6, 1, 5, 5))
    return {"dropout": record | {"filters": filters}, "no dropout": {"loss": loss[:1200] * 2}}


@pytest.fixture
def open_monitor(open_page, tmp_path):
    """Put a monitor on a bare page; return the page."""

    def opened(runs=None, theme="light", **options):
        file = tmp_path / "page.html"
        monitor = cnnviz.TrainingMonitor(recorded() if runs is None else runs)
        lower = '<div style="height: 2000px"></div>'
        file.write_text(page_of(monitor.to_html() + lower, theme), encoding="utf-8")
        page = open_page(file.as_uri(), **options)
        page.locator("cnnviz-widget .cnnviz").wait_for()
        return page

    return opened


def step_of(page):
    settle(page)
    return page.evaluate("document.querySelector('cnnviz-widget').model.get('step')")


@pytest.mark.parametrize("width", [375, 600, 860])
def test_nothing_jumps_and_nothing_scrolls_sideways(width, open_monitor):
    page = open_monitor(width=width, height=1000)
    settle(page)
    start = page.evaluate(BOXES)
    assert len(start) > 15
    plot = page.locator(".plot").first
    plot.focus()
    for key in ("Home", "ArrowRight", "PageUp", "PageUp", "PageUp", "ArrowRight", "End"):
        plot.press(key)
        settle(page)
        assert page.evaluate(BOXES) == start, key
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.locator(".readout b").evaluate_all(
        "(all) => all.filter((b) => b.getBoundingClientRect().right > "
        "b.closest('.readout').getBoundingClientRect().right).map((b) => b.textContent)"
    )
    assert wide == []


def test_a_log_scale_and_another_run_move_nothing_but_curves(open_monitor):
    page = open_monitor(width=860, height=1000)
    above = [
        box for box in page.evaluate(BOXES) if "first" not in box[0] and "filters" not in box[0]
    ]
    page.get_by_role("button", name="log scale").click()
    settle(page)
    assert page.locator(".ticks.up").first.inner_text().split()[0] != "0"
    page.get_by_role("radio", name="no dropout").click()
    settle(page)
    kept = [
        box for box in page.evaluate(BOXES) if "first" not in box[0] and "filters" not in box[0]
    ]
    assert [box for box in kept if box[0] in ("chart", "plot")] == [
        box for box in above if box[0] in ("chart", "plot")
    ]


def test_a_mouse_points_and_a_click_keeps(open_monitor):
    page = open_monitor(width=860, height=1000)
    plot = page.locator(".plot").first
    box = plot.bounding_box()
    step = page.locator(".readout b").nth(1)
    end = step.inner_text()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 40)
    settle(page)
    assert step.inner_text() != end
    assert step_of(page) is None
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] - 200)
    settle(page)
    assert step.inner_text() == end
    page.mouse.click(box["x"] + box["width"] / 4, box["y"] + 40)
    assert 550 <= step_of(page) <= 650


def test_a_finger_taps_the_curve_and_a_swipe_scrolls(open_monitor):
    page = open_monitor(width=375, height=700, has_touch=True)
    plot = page.locator(".plot").nth(1)
    plot.tap(position={"x": 30, "y": 50})
    assert 0 < step_of(page) < 600
    assert plot.evaluate("(el) => getComputedStyle(el).touchAction").startswith("pan-y")


def test_it_stands_still_until_it_is_played_and_stops_at_the_end(open_monitor):
    page = open_monitor({"loss": np.linspace(2, 1, 40)}, width=860, height=900)
    page.wait_for_timeout(400)
    assert step_of(page) is None
    page.get_by_role("button", name="First step").click()
    assert step_of(page) == 1
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_timeout(700)
    page.get_by_role("button", name="Pause").click()
    stopped = step_of(page)
    assert 1 < stopped < 40
    page.wait_for_timeout(500)
    assert step_of(page) == stopped


def test_on_a_page_there_is_no_button_to_stop(open_monitor):
    page = open_monitor(width=860, height=900)
    assert page.get_by_role("button", name="Stop").count() == 0
    assert page.get_by_role("button", name="Play").is_visible()


def test_an_empty_monitor_says_how_to_fill_it(open_monitor):
    page = open_monitor({}, width=860, height=900)
    assert "Give this monitor's hooks to fit" in page.locator(".cnnviz").inner_text()
    assert not page.locator(".chart").first.is_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 860])
def test_it_is_accessible(theme, width, open_monitor):
    page = open_monitor(theme=theme, width=width, height=1400)
    settle(page)
    assert findings(page) == []
