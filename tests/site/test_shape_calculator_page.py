"""The shape calculator in a browser: keyboard, phone, links, and code that runs."""

import re

import pytest
import torch
from accessibility import findings
from editor_page import page_of

import cnnviz
from cnnviz import chain


@pytest.fixture
def opened(open_page, tmp_path):
    """Put a calculator on a bare page and open it, with a link behind its address or without."""

    def put(calculator, link="", theme="light", **options):
        file = tmp_path / "page.html"
        file.write_text(page_of(calculator.to_html(), theme), encoding="utf-8")
        page = open_page(file.as_uri() + link, **options)
        page.locator(".cnnviz").wait_for()
        return page

    return put


def names(page):
    """The layers as the table names them."""
    texts = page.locator(".chain .layer").all_inner_texts()
    return [text.replace("\u00a0", " ").split("\n")[-1] for text in texts[1:]]


def layers(page):
    return page.evaluate("document.querySelector('cnnviz-widget').model.get('layers')")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [820, 375])
def test_axe_finds_nothing_and_nothing_overflows(opened, theme, width):
    bad = [{"kind": "conv", "channels": 4, "kernel": 40}, {"kind": "flatten"}]
    for calculator in (cnnviz.ShapeCalculator("down and up again"), cnnviz.ShapeCalculator(bad)):
        page = opened(calculator, theme=theme, width=width)
        assert findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_phone_sizes_are_read_down_the_chain(opened):
    """A line a layer, three columns; what else there is to know stands where a layer is open."""
    page = opened(cnnviz.ShapeCalculator("VGG blocks"), width=375, height=800)
    rows = page.locator(".chain [role=row]:has(.layer)")
    boxes = rows.evaluate_all("""(all) => all.map((row) => [...row.children]
      .map((cell) => cell.getBoundingClientRect()).filter((box) => box.width)
      .map(({ left, right, height }) => [left, right, height]))""")
    ends = [[round(right) for _, right, _ in row] for row in boxes]
    assert len(ends) > 10
    assert all(row == ends[0] and len(row) == 3 for row in ends)
    assert all(
        0 <= left < right <= 375 and height < 40 for row in boxes for left, right, height in row
    )
    assert "parameters" in page.locator(".working").inner_text()
    rows.nth(3).locator(".layer").click()
    page.locator(".chosen .layer", has_text=re.compile(r"^\s*3")).wait_for()
    sizes = page.locator(".cnnviz button:visible, .cnnviz input:visible:not([type=checkbox])")
    assert all(box["height"] >= 32 for box in (one.bounding_box() for one in sizes.all()))


def test_a_row_stays_under_the_finger_that_opens_it(opened):
    page = opened(cnnviz.ShapeCalculator("VGG blocks"), height=500)
    row = page.locator(".chain .layer").nth(8)
    row.scroll_into_view_if_needed()
    before = row.bounding_box()["y"]
    row.click()
    page.wait_for_timeout(100)
    assert page.locator(".chosen .layer").inner_text().startswith("8")
    assert row.bounding_box()["y"] == pytest.approx(before, abs=1)


def test_a_net_is_built_by_keyboard_alone(opened):
    page = opened(cnnviz.ShapeCalculator([], (1, 28, 28), selected=0))
    page.locator(".layer").first.focus()
    page.get_by_role("button", name="+ conv", exact=True).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # + pool
    page.wait_for_timeout(50)
    assert names(page) == ["conv 16, 3 × 3", "pool 2 × 2"]
    page.locator(".chosen .layer").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")  # the kind
    page.keyboard.press("Tab")  # channels
    page.keyboard.type("8")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowUp")
    page.wait_for_timeout(50)
    assert names(page)[0] == "conv 8, 4 × 4"
    page.locator(".chosen .layer").focus()
    page.keyboard.press("Alt+ArrowDown")
    page.wait_for_timeout(50)
    assert names(page) == ["pool 2 × 2", "conv 8, 4 × 4"]
    assert page.evaluate("document.activeElement.className") == "layer"
    page.keyboard.press("Delete")
    page.wait_for_timeout(50)
    assert names(page) == ["pool 2 × 2"]
    page.keyboard.press("Control+z")
    page.wait_for_timeout(50)
    assert names(page) == ["pool 2 × 2", "conv 8, 4 × 4"]


def test_a_teachers_link_opens_with_the_chain(opened):
    sent = cnnviz.ShapeCalculator(
        [{"kind": "conv", "channels": 5, "kernel": (3, 2), "padding": ((0, 1), 2)}], (2, 9, 9)
    )
    page = opened(cnnviz.ShapeCalculator(), link=sent.link)
    assert names(page) == ["conv 5, 3 × 2, p 0+1 × 2"]
    assert layers(page) == sent.layers
    page.get_by_role("button", name="Copy link").click()
    address = page.locator(".address").input_value()
    assert address == page.url
    assert cnnviz.ShapeCalculator.from_link(address).rows == sent.rows


def test_a_broken_link_is_explained(opened):
    page = opened(cnnviz.ShapeCalculator(), link="#layers=1x9;conv:k3")
    assert "can't be read" in page.locator(".status").inner_text()
    assert len(names(page)) == 6


CHAINS = [
    *chain.PRESETS.values(),
    "3x20;conv:c4,k3,p0+2;pool:k3,s2,p1;conv_transpose:c2,k4,s3,p1,o2,d2;flatten;linear:u3,b0",
    "2x9x8x7;conv:c4,k3x2x1,psame,g2,b0;conv_transpose:c6,k2,p0+1x0x1+0,g2;pool:k2,psame",
    "4x9x9;conv:c4,k2,s2,psame;pool:k2x3",
    "12;linear:u3;linear:u2,b0",
]


@pytest.mark.parametrize("text", CHAINS)
def test_the_code_runs_and_gives_the_last_size(text, opened):
    calculator = cnnviz.ShapeCalculator.from_link(text)
    page = opened(calculator)
    page.get_by_role("button", name="Copy as code").click()
    code = page.locator(".code pre").inner_text()
    scope = {}
    with torch.device("meta"):
        exec(code.replace("print(", "shape = ("), scope)  # the code is the course's own
    assert tuple(scope["shape"])[1:] == calculator.rows[-1]["size"]
    count = sum(p.numel() for p in scope["net"].parameters())
    assert count == sum(row["parameters"] for row in calculator.rows)
    page.get_by_role("radio", name="cnnviz").click()
    scope = {}
    exec(page.locator(".code pre").inner_text(), scope)
    assert scope["calculator"].rows == calculator.rows


def test_code_ends_where_a_layer_does_not_fit(opened):
    page = opened(cnnviz.ShapeCalculator([{"kind": "pool", "kernel": 40}]))
    page.get_by_role("button", name="Copy as code").click()
    assert "# layer 1, pool 40 × 40, does not fit" in page.locator(".code pre").inner_text()
