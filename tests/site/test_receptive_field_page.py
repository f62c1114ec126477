"""The receptive field in a browser: by mouse, finger and keyboard, what Python says is lit."""

import random

import field_graphs
import numpy as np
import pytest
from accessibility import findings
from editor_page import settle

import cnnviz
from cnnviz import fields

DILATED = [
    {"kind": "conv", "channels": 4, "kernel": 3, "dilation": 3},
    {"kind": "pool"},
    {"kind": "conv", "channels": 4, "kernel": 3, "padding": 1},
]
# Which positions of a canvas have another colour than its corner's ground: their middles.
LIT = """(canvas, [rows, columns, tone]) => {
  const context = canvas.getContext('2d');
  const probe = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
  const one = probe.getContext('2d');
  one.fillStyle = getComputedStyle(canvas.closest('.cnnviz')).getPropertyValue(tone);
  one.fillRect(0, 0, 1, 1);
  const wanted = [...one.getImageData(0, 0, 1, 1).data].join();
  const lit = [];
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) {
    const [x, y] = [(c + 0.5) * canvas.width / columns, (r + 0.5) * canvas.height / rows];
    lit.push([...context.getImageData(x, y, 1, 1).data].join() === wanted ? 1 : 0);
  }
  return lit;
}"""


def facts(page):
    settle(page)
    rows = page.locator(".facts > div:visible")
    read = "(all) => all.map((one) => [...one.children].map((each) => each.textContent))"
    return dict(rows.evaluate_all(read))


def lit(page, selector, size, tone="--cnn-input"):
    settle(page)
    rows, columns = size if len(size) > 1 else (1, size[0])
    marks = page.locator(selector).first.evaluate(LIT, [rows, columns, tone])
    return np.array(marks, bool).reshape(size)


def point(page, selector, place, size, click=False):
    """Move the mouse to the middle of a place of a map."""
    box = page.locator(selector).first.bounding_box()
    row, column = place if len(place) > 1 else (0, place[0])
    rows, columns = size if len(size) > 1 else (1, size[0])
    x = box["x"] + (column + 0.5) * box["width"] / columns
    y = box["y"] + (row + 0.5) * box["height"] / rows
    page.mouse.move(x, y)
    if click:
        page.mouse.click(x, y)
    settle(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [820, 375])
def test_axe_finds_nothing_and_nothing_overflows(opened, theme, width):
    graph = field_graphs.network(random.Random(3), 2).graph
    heat = {"before training": np.ones(graph["nodes"][0]["size"])}
    wrong = [{"kind": "pool"}, {"kind": "pool", "kernel": 99}]
    for widget in (
        cnnviz.ReceptiveField(),
        cnnviz.ReceptiveField(DILATED, (1, 40)),
        cnnviz.ReceptiveField(wrong, (1, 28, 28)),
        cnnviz.ReceptiveField(graph=graph, effective=heat, heat=0),
    ):
        page = opened(widget, theme=theme, width=width)
        assert findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("seed", range(4))
def test_what_lights_up_under_the_mouse_is_what_python_says(opened, seed):
    rng = random.Random(seed)
    graph = field_graphs.network(rng, 1 + seed % 2, depth=5).graph
    widget = cnnviz.ReceptiveField(graph=graph, image=None)
    nodes = widget.graph["nodes"]
    page = opened(widget, width=860, height=900)
    size, own = nodes[0]["size"], nodes[widget.selected]["size"]
    for _ in range(3):
        place = field_graphs.place(rng, own)
        point(page, ".panel.output canvas", place, own)
        mask = fields.reach(widget.graph, widget.selected, place)[0]
        mask = np.zeros(size, bool) if mask is None else mask
        np.testing.assert_array_equal(lit(page, ".panel.input canvas", size), mask)
        place = field_graphs.place(rng, size)
        point(page, ".panel.input canvas", place, size)
        mask = fields.seen_by(widget.graph, 0, place)[widget.selected]
        mask = np.zeros(own, bool) if mask is None else mask
        shown = lit(page, ".panel.output canvas", own, "--cnn-output")
        np.testing.assert_array_equal(shown, mask)


def test_a_picture_is_veiled_but_for_the_field(opened):
    widget = cnnviz.ReceptiveField(DILATED, (1, 28, 28), selected=2, unit=(4, 5))
    page = opened(widget)
    seen = page.locator(".panel.input canvas").evaluate("""(canvas) => {
      const context = canvas.getContext('2d');
      return Array.from({ length: 784 }, (_, i) => context.getImageData(
        (i % 28 + 0.5) * canvas.width / 28, (Math.floor(i / 28) + 0.5) * canvas.height / 28, 1, 1,
      ).data[3] === 0 ? 1 : 0);
    }""")
    np.testing.assert_array_equal(np.array(seen, bool).reshape(28, 28), widget.field)
    assert widget.field.sum() == 36  # of 64: with holes


def test_hover_any_map_of_the_row_and_keep_a_unit_by_a_click(opened):
    widget = cnnviz.ReceptiveField(DILATED, (1, 28, 28))
    page = opened(widget)
    tile = ".maps button:nth-child(3) canvas"
    before = facts(page)
    point(page, tile, (10, 10), (11, 11))
    assert facts(page)["Field"] == "8"
    page.mouse.move(2, 2)
    assert facts(page) == before
    point(page, tile, (10, 10), (11, 11), click=True)
    model = "document.querySelector('cnnviz-widget').model"
    assert page.evaluate(f"[{model}.get('selected'), ...{model}.get('unit')]") == [2, 10, 10]


def test_nothing_moves_under_the_mouse(opened):
    page = opened(cnnviz.ReceptiveField("VGG blocks"), width=860, height=900)
    places = """[...document.querySelectorAll('.maps canvas, .panel canvas, .timeline, .editing')]
      .map((one) => JSON.stringify(one.getBoundingClientRect()))"""
    before = page.evaluate(places)
    for place in ((0, 0), (3, 20), (27, 27)):
        point(page, ".panel.output canvas", place, (28, 28))
        assert page.evaluate(places) == before
        point(page, ".panel.input canvas", place, (28, 28))
        assert page.evaluate(places) == before


def test_all_of_it_by_keyboard(opened):
    page = opened(cnnviz.ReceptiveField(DILATED, (1, 28, 28), unit=(4, 5)), width=375, height=800)
    page.locator(".maps [aria-checked=true]").focus()
    page.keyboard.press("ArrowLeft")
    assert facts(page)["Field"] == "8"
    page.keyboard.press("ArrowRight")
    while page.evaluate("document.activeElement.closest('.panel.output') === null"):
        page.keyboard.press("Tab")
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Home")
    assert facts(page)["Where"] == "rows 0–9, columns 0–9"
    page.wait_for_timeout(600)
    said = page.locator("[aria-live]").inner_text()
    assert said.startswith("Unit (0, 0) of layer 3 sees rows 0–9, columns 0–9: 10 × 10")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowUp")
    assert "Units that see it" in facts(page)
    page.keyboard.press("Tab")
    assert "This unit sees" in facts(page)


def test_the_timeline_plays_through_the_layers(opened):
    page = opened(cnnviz.ReceptiveField(DILATED, (1, 28, 28)))
    page.get_by_role("button", name="First step").click()
    assert facts(page)["This unit sees"] == "1 × 1"
    page.get_by_role("button", name="Play").click()
    page.locator(".timeline .count", has_text="layer 3 of 3").wait_for()
    assert facts(page)["Field"] == "12"


def test_a_finger_keeps_a_unit(opened):
    widget = cnnviz.ReceptiveField(DILATED, (1, 28, 28))
    page = opened(widget, width=390, height=900, has_touch=True, is_mobile=True)
    target = page.locator(".panel.output canvas")
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    page.touchscreen.tap(box["x"] + 2, box["y"] + 2)
    assert facts(page)["Where"].startswith("rows 0–")
    model = "document.querySelector('cnnviz-widget').model"
    assert page.evaluate(f"{model}.get('unit')") == [0, 0]


def test_heat_lies_over_the_unit_that_was_measured(opened):
    measured = np.zeros((28, 28))
    measured[10:14, 8:12] = 1
    widget = cnnviz.ReceptiveField(
        DILATED, (1, 28, 28), unit=(5, 4), effective={"after": measured}, heat=0, image=None
    )
    page = opened(widget)
    shown = lit(page, ".panel.input canvas", (28, 28), "--cnn-gradient")
    np.testing.assert_array_equal(shown, measured > 0)
    assert facts(page)["95 % width"] == "4"
    page.get_by_role("radio", name="none").click()
    assert "95 % width" not in facts(page)
