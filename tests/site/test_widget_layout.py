"""The look: nothing jumps, nothing overflows, light and dark, legible, and without script."""

from __future__ import annotations

import json

import numpy as np
import pytest
from accessibility import findings
from editor_page import EditorPage, page_of

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


def test_three_panels_stand_side_by_side_at_800_and_stack_on_a_phone(open_editor):
    editor = open_editor(cnnviz.KernelEditor("camera", "sobel_x"), width=816)
    tops = {round(editor.panel(p).bounding_box()["y"]) for p in ("input", "kernel", "output")}
    assert len(tops) == 1
    phone = open_editor(cnnviz.KernelEditor("camera", "sobel_x"), width=375)
    tops = [phone.panel(p).bounding_box()["y"] for p in ("input", "kernel", "output")]
    assert tops == sorted(set(tops))


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
