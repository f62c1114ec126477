"""The look: nothing jumps, nothing overflows, light and dark, legible, and without script."""

from __future__ import annotations

import functools
import json

import numpy as np
import pytest
from accessibility import findings
from editor_page import EditorPage, page_of, settle

import cnnviz

SMALL = np.arange(64).reshape(8, 8) * 7 % 23


def boxes(editor: EditorPage) -> dict[str, list[float]]:
    """Return where everything that should stand still is, on the page however it is scrolled."""
    places = editor.element.evaluate("""(root) => {
      const found = {};
      for (const selector of ['.panel.input .grid', '.panel.kernel .grid', '.panel.output .grid',
        '.timeline', '.sum', '.legend', 'select', 'button', 'label', '.formula'])
        root.querySelectorAll(selector).forEach((el, i) => {
          const { x, y, width, height } = el.getBoundingClientRect();
          if (width) found[`${selector} ${i}`] = [x, y + scrollY, width, height].map(Math.round);
        });
      return found;
    }""")
    assert len(places) > 20
    return places


@pytest.mark.parametrize("width", [820, 375])
def test_nothing_jumps_when_a_value_changes(width, open_editor):
    """The pointer stays on what it drags: no box moves while values change."""
    editor = open_editor(cnnviz.KernelEditor("camera", "sobel_x"), width=width, height=1400)
    start = boxes(editor)

    def still(place: dict[str, list[float]]) -> dict[str, list[list[float]]]:
        return {k: [v, start[k]] for k, v in place.items() if k in start and v != start[k]}

    editor.type_weight(0, 0, "-123.4567")
    assert still(boxes(editor)) == {}
    editor.drag("kernel", 1, 1, by=(0, -60))
    assert still(boxes(editor)) == {}
    editor.control("bias").fill("12345.5")
    editor.press("Enter")
    assert still(boxes(editor)) == {}
    editor.control("Kernel preset").select_option("box")
    editor.settle()
    assert still(boxes(editor)) == {}
    for step in ("First step", "Step forward", "Last step"):
        editor.button(step).click()
        editor.settle()
        assert still(boxes(editor)) == {}
    editor.page.evaluate("scrollTo(0, 0)")
    editor.hover("input", 5, 5)
    assert still(boxes(editor)) == {}
    editor.type_weight(0, 0, "abc1x")
    editor.page.evaluate("scrollTo(0, 0)")
    assert "is not a number" in editor.status
    assert still(boxes(editor)) == {}


@pytest.mark.parametrize("width", [320, 375, 600, 800, 1280])
def test_no_page_scrolls_sideways(width, open_editor):
    editor = open_editor(cnnviz.KernelEditor("astronaut", "gaussian", padding=1), width=width)
    editor.button("Copy as code").click()
    editor.zoom()
    assert editor.page.evaluate("document.documentElement.scrollWidth") <= width


def test_three_panels_stand_side_by_side_at_800(open_editor):
    editor = open_editor(cnnviz.KernelEditor("camera", "sobel_x"), width=816)
    tops = {round(editor.panel(p).bounding_box()["y"]) for p in ("input", "kernel", "output")}
    assert len(tops) == 1


WITH_KERNEL = {
    "editor": lambda: cnnviz.KernelEditor("camera", "sobel_x"),
    "stepper": lambda: cnnviz.ConvolutionStepper(SMALL, np.ones((3, 3), int)),
    "channels": lambda: cnnviz.ConvolutionStepper(
        np.arange(128).reshape(2, 8, 8) % 9, np.ones((2, 2, 3, 3), int)
    ),
    "volume": cnnviz.VolumeViewer,
}


@pytest.fixture
def open_widget(open_page, tmp_path):
    """Put any widget on a bare page and open that."""

    def opened(widget, width, **options):
        (tmp_path / "page.html").write_text(page_of(widget.to_html()), encoding="utf-8")
        page = open_page((tmp_path / "page.html").as_uri(), width=width, height=2200, **options)
        page.locator("cnnviz-widget .cnnviz").wait_for()
        settle(page)
        return page

    return opened


@pytest.mark.parametrize("make", WITH_KERNEL.values(), ids=WITH_KERNEL)
def test_on_a_phone_input_and_map_stand_side_by_side_before_the_kernel(make, open_widget):
    page = open_widget(make(), 375)
    places = [page.locator(f".panel.{p}").bounding_box() for p in ("input", "output", "kernel")]
    assert places[0]["y"] == places[1]["y"]
    assert places[0]["x"] + places[0]["width"] < places[1]["x"]
    assert places[2]["y"] >= max(box["y"] + box["height"] for box in places[:2])
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


#: The sizes of all texts that are there to be read; a number that is too small is not drawn.
_SMALL_TEXTS = """() => {
  const found = [];
  const texts = document.createTreeWalker(document.querySelector('.cnnviz'), NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const parent = texts.currentNode.parentElement;
    const style = getComputedStyle(parent);
    if (!texts.currentNode.data.trim() || !parent.getClientRects().length) continue;
    if (parent.closest('.cnn-hidden') || style.color === 'rgba(0, 0, 0, 0)') continue;
    for (const one of [style, getComputedStyle(parent, '::after')])
      if ((one === style || !['none', 'normal', '""'].includes(one.content))
          && parseFloat(one.fontSize) < 12)
        found.push([texts.currentNode.data, one.fontSize, parent.className]);
  }
  return found;
}"""

RNG = np.random.default_rng(3)
ANY = WITH_KERNEL | {
    "numbers": lambda: cnnviz.KernelEditor(SMALL, "gaussian", padding=1),
    "signal": lambda: cnnviz.ConvolutionStepper([1, 2, 3, 4, 5, 6], [1, 0, -1], padding=1),
    "transposed": lambda: cnnviz.ConvolutionStepper(
        SMALL[:3, :3], np.ones((4, 4), int), stride=8, transposed=True
    ),
    "gradients": lambda: cnnviz.PoolingStepper(
        RNG.normal(size=(6, 6)) * 30, mode="l2", gradient="all"
    ),
    "one output": lambda: cnnviz.PoolingStepper(
        RNG.normal(size=(8, 8)), 4, stride=8, mode="mean", gradient="all"
    ),
    "chain": cnnviz.ShapeCalculator,
    "field": cnnviz.ReceptiveField,
    "explorer": lambda: cnnviz.ArchitectureExplorer(size_by="shape"),
    "embedding": cnnviz.EmbeddingExplorer,
    **{
        f"boxes, {view}": functools.partial(cnnviz.BoxPlayground, view=view, step=2)
        for view in ("iou", "nms", "target", "anchors", "pr")
    },
    "digit": cnnviz.DigitPad,
    "detections": lambda: cnnviz.DetectionViewer(index=5, show_objects=True),
    "sliding": lambda: cnnviz.SlidingWindow(step=224, digit=1),
    "maps": lambda: cnnviz.FeatureMaps(cnnviz.nets.trained_lenet5(), "digit"),
    "one map": lambda: cnnviz.FeatureMaps(
        cnnviz.nets.trained_lenet5(), "digit", selected=(3, 5, 4, 4)
    ),
    "training": lambda: cnnviz.TrainingMonitor(
        {"loss": RNG.random(9000), "train_accuracy": RNG.random(9), "stopped": "patience"},
        filters=RNG.normal(size=(9, 6, 1, 5, 5)),
    ),
    "backward": cnnviz.BackpropStepper,
    "backward, the most": lambda: cnnviz.BackpropStepper(
        RNG.integers(-9, 9, (3, 8, 8)), RNG.integers(-3, 4, (3, 3, 3, 3)), padding=1, pool="mean"
    ),
    "backward, fractions": lambda: cnnviz.BackpropStepper(
        RNG.normal(size=(5, 5)), RNG.normal(size=(2, 2)), stride=2, padding=1, pool="none"
    ),
}


@pytest.mark.parametrize("make", ANY.values(), ids=ANY)
def test_nothing_on_a_phone_is_under_12_px(make, open_widget):
    assert open_widget(make(), 375).evaluate(_SMALL_TEXTS) == []


#: Cells whose number is wider than the cell, or comes near the note below it.
_CROWDED = """() => [...document.querySelectorAll('[role=gridcell]')].flatMap((cell) => {
  if (!cell.firstChild || getComputedStyle(cell).color === 'rgba(0, 0, 0, 0)') return [];
  const range = document.createRange();
  range.selectNodeContents(cell);
  const [text, box] = [range.getBoundingClientRect(), cell.getBoundingClientRect()];
  const size = parseFloat(getComputedStyle(cell).fontSize);
  const middle = text.y + text.height / 2;
  const note = cell.dataset.note && cell.dataset.note !== '…' ? 14 : 0;
  const fits = text.width <= box.width - 1 && middle + 0.5 * size <= box.bottom - note;
  return fits ? [] : [[cell.textContent, cell.dataset.note, text.width, box.width]];
})"""


@pytest.mark.parametrize("width", [320, 375, 640, 820])
@pytest.mark.parametrize("make", ANY.values(), ids=ANY)
def test_no_two_texts_of_a_grid_touch(make, width, open_widget):
    assert open_widget(make(), width).evaluate(_CROWDED) == []


@pytest.mark.parametrize("width", [375, 640, 820])
@pytest.mark.parametrize(("channels", "kernel"), [(1, 7), (8, 3), (8, 7)])
def test_sums_end_with_a_line_and_nothing_jumps_while_stepping(
    channels, kernel, width, open_widget
):
    x, w = RNG.normal(size=(channels, 9, 9)), RNG.normal(size=(2, channels, kernel, kernel))
    page = open_widget(cnnviz.ConvolutionStepper(x, w, bias=[0.5, -2]), width)
    lines = page.locator(".sum").evaluate(
        "(el) => el.clientHeight / parseFloat(getComputedStyle(el).lineHeight)"
    )
    assert lines == int(lines)
    boxes = """() => [...document.querySelectorAll(
      '.cnnviz :is(.panel, .grid, .indices, .sum, .timeline, .geometry, .call, button, label)')]
      .map((el) => { const { x, y, width, height } = el.getBoundingClientRect();
                     return [el.className, ...[x, y, width, height].map(Math.round)]; })"""
    start = page.evaluate(boxes)
    for button in ["Step forward"] * 4 + ["Last step", "Step back", "First step"]:
        page.get_by_role("button", name=button, exact=True).click()
        settle(page)
        assert page.evaluate(boxes) == start


@pytest.mark.parametrize("width", [320, 375, 600, 640, 680, 820])
def test_the_scale_s_ends_are_shown_whole(width, open_editor):
    image = np.arange(64).reshape(8, 8) * 123.456789
    editor = open_editor(cnnviz.KernelEditor(image, [[-123.456]]), width=width)
    cut = editor.panel("output").evaluate("""(panel) => {
      const { right } = panel.getBoundingClientRect();
      return [...panel.querySelectorAll('.legend span')].filter((el) =>
        el.scrollWidth > el.clientWidth || el.getBoundingClientRect().right > right + 0.5).length;
    }""")
    assert cut == 0


@pytest.mark.parametrize("make", ANY.values(), ids=ANY)
def test_on_paper_there_is_nothing_to_press(make, open_widget):
    page = open_widget(make(), 820)
    page.emulate_media(media="print")
    try:
        pressed = ".cnnviz :is(button:not(.layer, .dot), input, select)"
        assert not any(one.is_visible() for one in page.locator(pressed).all())
        shown = ".cnnviz :is(.panel, .chain, .chart, .overview, .networks, .plane, .boxes):visible"
        assert page.locator(shown).count()
    finally:
        page.emulate_media(media="screen")


def test_what_titles_say_is_said_without_a_mouse(open_editor):
    editor = open_editor(cnnviz.KernelEditor("camera", "sobel_x"), width=375)
    editor.element.locator("button[aria-label^='What the controls']").focus()
    editor.press("Enter")
    told = editor.element.locator(".help").inner_text()
    for control in ("÷ Σ|w|", "123", "Yours", "paint"):
        assert control in told
    assert "128 pixels" in told
    assert editor.page.evaluate("document.documentElement.scrollWidth") <= 375
    assert findings(editor.page) == []


STATES = {
    "grey": {"image": "camera"},
    "numbers": {"image": SMALL, "kernel": "gaussian", "padding": 1},
    "dropped": {"image": SMALL, "stride": 3, "padding": 1},
    "colour": {
        "image": "astronaut",
        "kernel": np.ones((3, 3, 3)),
        "padding_mode": "reflect",
        "padding": 2,
    },
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("setting", STATES.values(), ids=STATES)
def test_axe_finds_nothing(setting, theme, open_editor):
    editor = open_editor(cnnviz.KernelEditor(**setting), theme=theme)
    editor.button("Copy as code").click()
    editor.hover("input", 2, 2)
    editor.type_weight(0, 0, "oops1")
    assert findings(editor.page) == []


def test_text_keeps_its_contrast_on_every_tone(open_editor):
    """Numbers stand on any tone of the signed scale, which axe measures, from end to end."""
    kernel = np.linspace(-1, 1, 225).reshape(15, 15).round(2)
    for theme in ("light", "dark"):
        editor = open_editor(cnnviz.KernelEditor("camera", kernel), theme=theme, width=1200)
        assert findings(editor.page) == []


def test_the_theme_is_followed_while_the_page_stands_open(open_editor):
    editor = open_editor(cnnviz.KernelEditor("camera"))
    ground = "getComputedStyle(document.querySelector('.cnnviz')).backgroundColor"
    light = editor.page.evaluate(ground)
    editor.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    editor.settle()
    assert editor.page.evaluate(ground) != light
    editor.check()


def test_the_system_s_theme_is_followed_where_the_page_says_nothing(open_page, tmp_path):
    html = page_of(cnnviz.KernelEditor("camera").to_html()).replace(' data-theme="light"', "", 1)
    (tmp_path / "page.html").write_text(html)
    for scheme in ("light", "dark"):
        page = open_page((tmp_path / "page.html").as_uri(), color_scheme=scheme)
        assert page.locator(".cnnviz").get_attribute("data-theme") == scheme


def test_without_script_a_picture_stands_there(open_page, tmp_path):
    """Alternative text, a sentence, and a picture that is really drawn."""
    widget = cnnviz.KernelEditor("camera", "sobel_x")
    (tmp_path / "page.html").write_text(page_of(widget.to_html()))
    page = open_page((tmp_path / "page.html").as_uri(), java_script_enabled=False)
    picture = page.locator("cnnviz-widget img")
    assert picture.is_visible()
    assert picture.get_attribute("alt") == widget.caption()
    assert picture.bounding_box()["width"] > 300
    assert page.get_by_text(widget.caption(), exact=True).is_visible()


def test_with_reduced_motion_nothing_moves_by_itself(open_editor):
    editor = open_editor(cnnviz.KernelEditor("camera"), reduced_motion="reduce")
    assert editor.button("Play").count() == 1
    before = editor.state()["cursor"]
    editor.page.wait_for_timeout(300)
    assert editor.state()["cursor"] == before
    running = editor.page.evaluate("document.getAnimations().map(String)")
    assert json.dumps(running) == "[]"


def test_two_editors_on_a_page_keep_to_themselves(open_page, tmp_path):
    both = [cnnviz.KernelEditor(SMALL, "sobel_x"), cnnviz.KernelEditor("camera", "box")]
    (tmp_path / "page.html").write_text(page_of("".join(w.to_html() for w in both)))
    page = open_page((tmp_path / "page.html").as_uri(), height=1900)
    first, second = EditorPage(page, 0), EditorPage(page, 1)
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((el) => el.id)")
    assert len(ids) == len(set(ids))
    first.type_weight(0, 0, "5")
    assert first.state()["kernel"][0, 0] == 5
    assert second.state()["kernel"][0, 0] == pytest.approx(1 / 9)
    first.away()
    first.check()
    second.check()
    assert findings(page) == []
