"""With the keyboard alone: every control is reached, and does what the pointer does."""

from __future__ import annotations

import numpy as np
import pytest
from editor_page import EditorPage

import cnnviz

SMALL = np.arange(64).reshape(8, 8) * 7 % 23

_NAME = """(el) => el.ariaLabel ?? el.labels?.[0]?.firstChild.textContent ?? el.textContent"""

_VISIT = """() => {
  document.activeElement.dataset.seen = '';
  return document.activeElement.tagName;
}"""

# A radio that isn't checked is reached by the arrow keys from the one that is.
_UNREACHED = f"""(root) => [...root.querySelectorAll('a[href], button, select, input, [tabindex]')]
  .filter((el) => el.checkVisibility() && !el.disabled && !el.closest('[aria-hidden=true]'))
  .filter((el) => !('seen' in el.dataset) && !(el.role === 'radio'
    && el.closest('[role=radiogroup]').querySelector('[data-seen]')))
  .map({_NAME})"""


def editor_with_everything(open_editor) -> EditorPage:
    """Return an editor that shows all its controls: colour, weights per channel, the code."""
    widget = cnnviz.KernelEditor("astronaut", np.arange(27).reshape(3, 3, 3) - 13, padding=1)
    editor = open_editor(widget)
    editor.button("Copy as code").click()
    editor.type_weight(0, 0, "2")
    editor.press("Control+z")
    editor.type_weight(0, 0, "3")
    return editor


def test_tab_reaches_every_control(open_editor):
    editor = editor_with_everything(open_editor)
    editor.page.locator("h1").click()
    stops = 0
    while stops < 99:
        editor.page.keyboard.press("Tab")
        if editor.page.evaluate(_VISIT) == "BODY":
            break
        stops += 1
    assert 20 < stops < 99
    assert editor.element.evaluate(_UNREACHED) == []


def test_what_has_the_focus_is_outlined(open_editor):
    editor = editor_with_everything(open_editor)
    editor.page.locator("h1").click()
    for _ in range(25):
        editor.page.keyboard.press("Tab")
        style = editor.page.evaluate(
            "(({ outlineStyle, outlineWidth }) => [outlineStyle, parseFloat(outlineWidth)])"
            "(getComputedStyle(document.activeElement))"
        )
        assert style[0] != "none"
        assert style[1] >= 2


def test_a_kernel_is_edited_without_a_pointer(open_editor):
    editor = open_editor(cnnviz.KernelEditor(SMALL, "identity"))
    editor.grid("kernel").focus()
    editor.press("Control+Home", "ArrowRight", "ArrowDown", "ArrowDown")
    editor.page.keyboard.type("-1.5")
    editor.press("Enter")
    expected = np.array([[0, 0, 0], [0, 1, 0], [0, -1.5, 0]])
    np.testing.assert_array_equal(editor.state()["kernel"], expected)
    editor.press("+", "+", "-", "Escape")  # a minus sign begins a number; Escape drops it
    np.testing.assert_allclose(editor.state()["kernel"][2, 1], 0.5)
    editor.press("Shift+ArrowUp", "Shift+ArrowLeft")
    np.testing.assert_allclose(editor.state()["kernel"][2, 1], 1.4)
    editor.press("Delete")
    assert editor.state()["kernel"][2, 1] == 0
    editor.check()


def test_what_is_no_number_is_refused_in_words(open_editor):
    editor = open_editor(cnnviz.KernelEditor(SMALL, "sobel_x"))
    before = editor.state()
    editor.type_weight(0, 0, "1x")
    assert "“1x” is not a number" in editor.status
    assert editor.page.evaluate("document.activeElement.value") == "1x"  # still there, to be mended
    np.testing.assert_array_equal(editor.state()["kernel"], before["kernel"])


def test_leaving_a_weight_that_is_being_typed_keeps_it_and_lets_go(open_editor):
    """The next control gets the focus, by a click as by Tab."""
    editor = open_editor(cnnviz.KernelEditor(SMALL, "identity"))
    editor.click("kernel", 0, 0)
    editor.page.keyboard.type("5")
    editor.control("bias").click()
    editor.settle()
    assert editor.state()["kernel"][0, 0] == 5
    assert editor.control("bias").evaluate("(el) => el === document.activeElement")
    editor.click("kernel", 0, 1)
    editor.page.keyboard.type("6")
    editor.press("Tab")
    assert editor.state()["kernel"][0, 1] == 6
    assert not editor.grid("kernel").evaluate("(el) => el === document.activeElement")


def test_undo_and_redo_go_all_the_way(open_editor):
    """Each act is one step; back to the start, forth to the end, over every kind of change."""
    editor = open_editor(cnnviz.KernelEditor("camera", "identity"))
    trail = [editor.state()]

    def did() -> None:
        editor.settle()
        trail.append(editor.state())

    editor.control("Kernel preset").select_option("sobel_y"), did()
    editor.drag("kernel", 1, 1, by=(0, -48), steps=8), did()
    editor.type_weight(0, 0, "7"), did()
    editor.set_slider("stride", 2), did()
    editor.set_slider("padding", 3), did()
    editor.control("Padding mode").select_option("circular"), did()
    editor.button("÷ Σ|w|").click(), did()
    editor.element.locator('[data-value="yes"]').click(), did()
    editor.control("bias").fill("4"), editor.press("Enter"), did()
    editor.choose_picture("astronaut"), did()
    editor.control("Kernel rows").select_option("5"), did()
    for keys, past in (("Control+z", trail[-2::-1]), ("Control+y", trail[1:])):
        editor.grid("kernel").focus()
        for state in past:
            editor.press(keys)
            assert differing(editor.state(), state) == []
        assert editor.button("Undo" if keys == "Control+z" else "Redo").is_disabled()
    editor.press(*["Control+z"] * 2, *["Control+Shift+z"] * 2)
    assert differing(editor.state(), trail[-1]) == []
    editor.check()


def test_undo_and_redo_may_be_pressed_faster_than_frames_are_drawn(open_editor):
    editor = open_editor(cnnviz.KernelEditor(SMALL, "identity"))
    editor.type_weight(0, 0, "5")
    after = editor.state()
    editor.grid("kernel").evaluate("""(grid) => { for (const key of 'zyzyzy')
      grid.dispatchEvent(new KeyboardEvent('keydown', { key, ctrlKey: true, bubbles: true })); }""")
    editor.settle()
    assert differing(editor.state(), after) == []


def differing(one, other) -> list[str]:
    return [key for key in one if key != "cursor" and not np.array_equal(one[key], other[key])]


def test_what_changes_nothing_is_no_step_to_undo(open_editor):
    editor = open_editor(cnnviz.KernelEditor(SMALL, "identity"))
    editor.button("Reset").click()
    editor.element.locator('[data-value="no"]').click()
    editor.type_weight(1, 1, "1")
    editor.control("Kernel preset").select_option("identity")
    editor.settle()
    assert editor.button("Undo").is_disabled()


def test_reset_brings_back_the_start_and_can_be_undone(open_editor):
    editor = open_editor(cnnviz.KernelEditor(SMALL, "sobel_x", bias=2))
    start = editor.state()
    editor.type_weight(0, 0, "9")
    changed = editor.state()
    editor.button("Reset").click()
    editor.settle()
    assert differing(editor.state(), start) == []
    editor.press("Control+z")
    assert differing(editor.state(), changed) == []


def test_the_timeline_goes_by_keys_and_buttons(open_editor):
    editor = open_editor(cnnviz.KernelEditor(SMALL, "sobel_x", padding=1))
    line = editor.element.get_by_role("slider", name="Position of the window")
    line.focus()

    def at() -> int:
        row, col = editor.state()["cursor"]
        assert editor.element.locator(".count").inner_text() == f"{row * 8 + col + 1} of 64"
        assert line.get_attribute("aria-valuetext") == f"{row * 8 + col + 1} of 64"
        assert line.input_value() == str(row * 8 + col)
        editor.check()
        return row * 8 + col

    editor.press("Home")
    assert at() == 0
    editor.press("ArrowLeft")
    assert at() == 0
    editor.press("ArrowRight", "ArrowRight", "ArrowUp")
    assert at() == 3
    editor.press("End")
    assert at() == 63
    editor.press("ArrowRight", "ArrowLeft")
    assert at() == 62
    for name, place in {
        "First step": 0,
        "Step back": 0,
        "Step forward": 1,
        "Last step": 63,
    }.items():
        editor.button(name).press("Enter")
        editor.settle()
        assert at() == place


def test_playing_walks_and_stops(open_editor):
    editor = open_editor(cnnviz.KernelEditor(np.eye(4), "box"))
    assert editor.button("Play").count() == 1  # it doesn't start by itself
    editor.button("First step").click()
    editor.button("Play").press("Enter")
    editor.page.wait_for_function("document.querySelector('.count').textContent === '4 of 4'")
    editor.button("Play").wait_for()  # at the end it stands still
    editor.check()


@pytest.mark.parametrize("group", ["Correlation or convolution", "Show the feature map as"])
def test_a_choice_goes_by_arrow_keys(group, open_editor):
    editor = open_editor(cnnviz.KernelEditor(SMALL, "sobel_x"))
    radios = editor.element.get_by_role("radiogroup", name=group).get_by_role("radio")
    radios.first.focus()
    for i in range(1, radios.count()):
        editor.press("ArrowRight")
        assert radios.nth(i).get_attribute("aria-checked") == "true"
        editor.check()


def test_drawing_goes_by_keys(open_editor):
    editor = open_editor(cnnviz.KernelEditor("camera", "sobel_x"))
    editor.element.locator('.pictures [data-value="drawing"]').press("Enter")
    editor.grid("input").focus()
    editor.press("Control+Home", *["ArrowDown"] * 5, *["ArrowRight"] * 7, " ")
    assert editor.state()["image"][5, 7] == 255
    assert editor.state()["image"].sum() == 255 + 4 * 128  # a soft pen
    editor.grid("output").focus()
    editor.press("Control+Home")
    editor.check()


def test_the_arithmetic_is_read_out(open_editor):
    """Moving with the keyboard says the present sum in a live region, once it has settled."""
    editor = open_editor(cnnviz.KernelEditor(SMALL, "box"))
    editor.grid("output").focus()
    editor.press("Control+Home", "ArrowRight")
    live = editor.element.locator("[aria-live=polite]")
    editor.page.wait_for_function(
        "document.querySelector('[aria-live=polite]').textContent.startsWith('y[0, 1]')"
    )
    assert live.text_content() == editor.sum
    label = editor.grid("output").get_attribute("aria-label")
    assert "row 0, column 1" in label
    active = editor.grid("output").get_attribute("aria-activedescendant")
    assert (
        editor.page.locator(f"#{active}").get_attribute("aria-label").startswith("row 0, column 1")
    )
