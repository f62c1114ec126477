"""Feature maps in a browser: by mouse, finger and keyboard, what Python says is what is written."""

import base64
import gzip
import json
import re

import numpy as np
import pytest
import torch
from accessibility import findings
from editor_page import close_as_shown, settle
from torch import nn

import cnnviz

MODEL = "document.querySelector('cnnviz-widget').model"


def large():
    """A network that does not go into its page whole."""
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3)]
    picture = np.random.default_rng(0).normal(size=(3, 40, 40))
    return cnnviz.FeatureMaps(nn.Sequential(*layers), picture, budget=80_000)


@pytest.fixture
def opened(open_page, tmp_path):
    """Save a widget as a page of its own and open it."""

    def put(widget, **options):
        page = open_page(widget.save_html(tmp_path / "page.html").as_uri(), **options)
        page.locator(".cnnviz").wait_for()
        settle(page)
        return page

    return put


def selected(page):
    settle(page)
    return page.evaluate(f"{MODEL}.get('selected')")


def written(page):
    """Return the results of the lines of the sum: the numbers that stand at their ends."""
    settle(page)
    lines = page.locator(".sum > div").all_inner_texts()
    ends = [re.search(r"(?:=|≈)\s*(−?[\d.]+(?:e[−+]?\d+)?)(?: \(.*\))?$", line) for line in lines]
    return [float(end[1].replace("−", "-")) for end in ends if end]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [820, 375])
def test_axe_finds_nothing_and_nothing_overflows(opened, scheme, width):
    missing = large()
    missing.selected = (3, 7)
    missing.found = None
    for widget in (
        cnnviz.FeatureMaps(),
        cnnviz.FeatureMaps(selected=(3, 5, 4, 4)),
        cnnviz.FeatureMaps(selected=(2, 1)),
        missing,
    ):
        page = opened(widget, width=width, color_scheme=scheme)
        assert findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_click_opens_a_map_and_a_pixel_its_sum(opened):
    widget = cnnviz.FeatureMaps()
    page = opened(widget, width=900, height=1200)
    page.locator(".overview .sheet-maps").nth(3).click(position={"x": 60, "y": 10})
    assert selected(page) == [3, 1]
    grid = page.locator(".zoom .two .panel.output .grid")
    box = grid.bounding_box()
    for row, column in ((0, 0), (4, 5), (9, 9)):
        page.mouse.click(
            box["x"] + (column + 0.5) * box["width"] / 10,
            box["y"] + (row + 0.5) * box["height"] / 10,
        )
        assert selected(page) == [3, 1, row, column]
        partial, total = written(page)
        assert close_as_shown(total, float(widget.maps["c3"][1, row, column]), 5)
        widget.selected = (3, 1, row, column)
        unit = widget.unit
        sums = (unit["window"].astype(float) * unit["weight"]).sum(axis=(1, 2))
        assert min(abs(sums - partial)) < 1e-5 * abs(sums).max()
    page.get_by_role("slider", name="Channel", exact=True).fill("2")
    assert close_as_shown(written(page)[0], float(sums[2]), 5)
    page.get_by_role("button", name="Map", exact=True).click()
    page.get_by_role("button", name="All maps").click()
    assert selected(page) == []


def test_a_pixel_of_the_input_shows_the_numbers_that_see_it(opened):
    page = opened(cnnviz.FeatureMaps(selected=(3, 5, 4, 4)), width=900, height=1200)
    pixels = page.locator(".zoom .two .panel.input .grid")
    box = pixels.bounding_box()
    reach = page.locator(".zoom .two .panel.output .grid .reach")
    # c3 is 5×5 over 14×14: its numbers 0 to 9 see the rows r to r + 4.
    for row, column, rows, columns in ((6, 6, 5, 5), (0, 13, 1, 1), (2, 5, 3, 5)):
        page.mouse.move(
            box["x"] + (column + 0.5) * box["width"] / 14,
            box["y"] + (row + 0.5) * box["height"] / 14,
        )
        settle(page)
        assert reach.count() == 1
        style = reach.evaluate("(el) => [el.style.height, el.style.width]")
        assert style == [f"{10 * rows}%", f"{10 * columns}%"]
        status = page.locator(".status").inner_text()
        assert status.endswith(f"seen by {rows * columns} of this map")
    page.mouse.move(0, 0)
    pixels.focus()
    page.keyboard.press("ArrowDown")
    settle(page)
    assert reach.count() == 1
    page.keyboard.press("Tab")
    settle(page)
    assert reach.count() == 0


def test_every_layer_writes_what_the_model_has(opened):
    widget = cnnviz.FeatureMaps()
    page = opened(widget, width=900, height=1200)
    for at, layer in enumerate(widget.recorded[1:], 1):
        page.evaluate(f"{MODEL}.set('selected', [{at}, 3])")
        maps = widget.maps[layer["name"]]
        row, column = np.unravel_index(np.abs(maps[3]).argmax(), maps[3].shape)
        assert close_as_shown(written(page)[-1], float(maps[3, row, column]), 5), layer["name"]


def test_all_of_it_by_keyboard(opened):
    page = opened(cnnviz.FeatureMaps(), width=900, height=1200)
    sheet = page.locator(".overview .sheet-maps").nth(1)
    sheet.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert sheet.get_attribute("aria-valuetext") == "map 2 of 6"
    page.keyboard.press("Enter")
    assert len(selected(page)) == 2
    page.keyboard.press("ArrowDown")
    assert selected(page)[:2] == [1, 2]
    assert len(selected(page)) == 4
    page.wait_for_timeout(600)
    said = page.locator("[aria-live]").inner_text()
    assert said.startswith("c1, map 2, [")
    assert "bias" in said
    page.keyboard.press("Escape")
    assert selected(page) == [1, 2]
    page.keyboard.press("Escape")
    assert selected(page) == []
    assert sheet.evaluate("(el) => el === document.activeElement")


def test_a_finger_opens_a_map_and_a_pixel(opened):
    page = opened(cnnviz.FeatureMaps(), width=390, height=900, has_touch=True, is_mobile=True)
    box = page.locator(".overview .sheet-maps").nth(1).bounding_box()
    page.touchscreen.tap(box["x"] + 5, box["y"] + 5)
    assert selected(page) == [1, 0]
    grid = page.locator(".zoom .two .panel.output .grid")
    grid.scroll_into_view_if_needed()
    box = grid.bounding_box()
    page.touchscreen.tap(box["x"] + 3, box["y"] + 3)
    assert selected(page) == [1, 0, 0, 0]


def test_what_was_recorded_opens_and_the_rest_says_what_to_do(opened):
    widget = large()
    page = opened(widget, width=900, height=1200)
    unit = widget.units[-1]
    at = unit["layer"], unit["map"]
    page.evaluate(f"{MODEL}.set('selected', [{at[0]}, {(at[1] + 1) % 32}, 0, 0])")
    settle(page)
    assert "Not recorded: run the cell in JupyterLab" in page.locator(".missing").inner_text()
    assert page.locator(".sum").is_hidden()
    page.get_by_role("button", name=f"Open map {at[1]}").click()
    assert selected(page) == [*at, *unit["place"]]
    assert page.locator(".missing").is_hidden()
    assert close_as_shown(written(page)[-1], unit["value"], 5)


def test_the_scale_is_per_map_layer_or_network(opened):
    page = opened(cnnviz.FeatureMaps(), width=900)
    brightest = """(canvas) => canvas.getContext('2d').getImageData(
      0, 0, canvas.width, canvas.height).data.filter((_, i) => i % 4 === 0).reduce((a, b) =>
      Math.max(a, b), 0)"""
    canvas = page.locator(".overview canvas").nth(2)  # after a ReLU: light
    seen = []
    for name in ("map", "layer", "network"):
        page.get_by_role("radio", name=name, exact=True).click()
        settle(page)
        seen.append(canvas.evaluate(brightest))
    assert seen[0] == seen[1] == 255
    assert seen[2] < 255


def test_dead_and_duplicate_maps_are_named(opened):
    conv = nn.Conv2d(1, 4, 3)
    with torch.no_grad():
        conv.weight[1], conv.weight[2] = conv.weight[0], 0
        conv.bias[1] = 3
    widget = cnnviz.FeatureMaps(nn.Sequential(conv), np.random.default_rng(0).normal(size=(9, 9)))
    page = opened(widget, width=900)
    assert page.locator(".flags").nth(1).inner_text() == "1 dead, 1 duplicate"
    page.evaluate(f"{MODEL}.set('selected', [1, 2])")
    settle(page)
    assert page.locator(".zoom .flags").first.inner_text().startswith("dead: the same everywhere")
    page.get_by_role("button", name="Previous map").click()
    settle(page)
    assert page.locator(".zoom .flags").first.inner_text() == "duplicates map 0"


def test_a_damaged_state_is_named_over_the_picture(browser, tmp_path):
    path = cnnviz.FeatureMaps().save_html(tmp_path / "page.html")
    text = path.read_text("utf-8")

    def damaged(match):
        content = json.loads(gzip.decompress(base64.b64decode(match[0])))
        content["state"]["recorded"][2]["size"] = [15, 14]
        return base64.b64encode(gzip.compress(json.dumps(content).encode())).decode()

    path.write_text(re.sub(r'(?<=id="packed">)[^<]*', damaged, text), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    note = page.locator(".cnnviz-problem").inner_text()
    assert "its trait recorded does not fit together at layer 2" in note
    assert page.locator("cnnviz-widget > img").is_visible()
    page.close()
