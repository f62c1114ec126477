"""The digit pad on a page: drawn on by finger, mouse and key, light and dark, and nothing jumps."""

from __future__ import annotations

import pytest
from accessibility import findings
from editor_page import page_of, settle

import cnnviz

BOXES = """() => [...document.querySelectorAll(
  '.cnnviz :is(.sheet, .maps, .bars, .examples, .large, button)')].map((el) => {
    const { x, y, width, height } = el.getBoundingClientRect();
    return [el.className, ...[x, y + scrollY, width, height].map(Math.round)]; })"""


@pytest.fixture
def open_pad(open_page, tmp_path):
    """Put a pad on a bare page; return the page."""

    def opened(theme="light", **options):
        file = tmp_path / "page.html"
        lower = '<div style="height: 2000px"></div>'
        file.write_text(page_of(cnnviz.DigitPad().to_html() + lower, theme), encoding="utf-8")
        page = open_page(file.as_uri(), **options)
        page.locator("cnnviz-widget .cnnviz").wait_for()
        return page

    return opened


def drawn(page):
    """Return how many pixels of the sheet are not black."""
    return page.locator(".sheet canvas").evaluate("""(canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((value, i) => i % 4 === 0 && value > 0).length; }""")


def clear(page):
    page.get_by_role("button", name="Clear").click()
    settle(page)
    assert drawn(page) == 0


@pytest.mark.parametrize("width", [375, 600, 816, 860])
def test_nothing_jumps_and_nothing_scrolls_sideways(width, open_pad):
    page = open_pad(width=width, height=1000)
    settle(page)
    start = page.evaluate(BOXES)
    assert len(start) > 15
    for example in page.locator(".examples button").all():
        example.click()
        settle(page)
        assert page.evaluate(BOXES) == start
    clear(page)
    assert page.evaluate(BOXES) == start
    page.locator(".maps").nth(2).click()
    settle(page)
    assert page.evaluate(BOXES) == start
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [704, 816, 1000])
def test_the_maps_stand_beside_the_pen_and_no_text_runs_over(width, open_pad):
    """At the widths of a page's text and of a notebook's cell."""
    page = open_pad(width=width, height=1000)
    sheet, maps = (page.locator(name).first.bounding_box() for name in (".sheet", ".maps"))
    assert maps["x"] > sheet["x"] + sheet["width"]
    assert maps["y"] < sheet["y"] + sheet["height"] / 2
    page.locator(".examples button").last.click()  # read wrongly: the longest text there is
    settle(page)
    assert "wrong" in page.locator(".doubts").inner_text()
    wanted, room = page.locator(".verdict").evaluate(
        "(el) => [el.lastChild.scrollHeight, el.clientHeight]"
    )
    assert wanted <= room


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(theme, open_pad):
    page = open_pad(theme, width=860, height=1000)
    page.locator(".examples button").last.click()
    page.get_by_role("button", name="What the controls do").click()
    settle(page)
    assert "20 × 20" in page.locator(".help").inner_text()
    assert findings(page) == []


def test_a_finger_draws_on_the_sheet_and_scrolls_beside_it(open_pad):
    page = open_pad(width=390, height=700, has_touch=True, is_mobile=True)
    clear(page)
    session = page.context.new_cdp_session(page)

    def swipe(selector):
        target = page.locator(selector).first
        target.evaluate("(el) => el.scrollIntoView({ block: 'center' })")
        box = target.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        before = page.evaluate("scrollY")
        points = [(x, y - 9 * i) for i in range(12)]
        for i, (px, py) in enumerate(points):
            kind = "touchMove" if i else "touchStart"
            session.send(
                "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": px, "y": py}]}
            )
            page.wait_for_timeout(16)
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.wait_for_timeout(150)
        return page.evaluate("scrollY") - before

    assert swipe(".sheet") == 0
    ink = drawn(page)
    assert ink > 100
    assert abs(swipe(".maps")) > 50
    assert drawn(page) == ink


def test_the_keyboard_draws_and_its_reading_is_said(open_pad):
    page = open_pad(width=860, height=1000)
    clear(page)
    page.locator(".sheet").focus()
    for key in ("Space", *["ArrowDown"] * 8, "Space"):
        page.keyboard.press(key)
    settle(page)
    assert drawn(page) > 100
    assert page.locator(".cursor").is_visible()
    page.locator(".examples button").first.click()
    live = page.locator("[aria-live]")
    live.filter(has_text="Read as").wait_for(state="attached", timeout=3000)
