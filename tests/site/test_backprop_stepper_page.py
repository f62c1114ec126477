"""The backpropagation stepper on a page: what it shows is Python's, by mouse, key and finger."""

from __future__ import annotations

import numpy as np
import pytest
from accessibility import findings
from editor_page import close_as_shown, page_of, settle

from cnnviz import BackpropStepper

RNG = np.random.default_rng(2)
SETTINGS = {
    "example": {},
    "channels": {
        "x": RNG.integers(-3, 4, (2, 6, 6)),
        "weight": RNG.integers(-2, 3, (3, 2, 3, 3)),
        "bias": [1, 0, -1],
        "padding": 1,
        "stride": 2,
        "pool_stride": 1,
    },
    "average": {"pool": "mean", "grad": [[4, -8], [0, 12]]},
    "no pooling": {"pool": "none", "route": "gather", "dilation": 2, "padding": ((1, 0), (0, 2))},
}
#: The places of a page, and what they show.
PLACES = {"z": "Z", "a": "A", "p": "P", "dp": "dP", "da": "dA", "dz": "dZ", "dx": "dX", "dw": "dW"}


class Shown:
    """A page with a stepper, beside its Python half in the same state."""

    def __init__(self, page, widget) -> None:
        self.page = page
        self.plain = widget.x.ndim == 2
        self.element = page.locator("cnnviz-widget")

    def twin(self) -> BackpropStepper:
        state = self.element.evaluate(
            "(el, names) => Object.fromEntries(names.map((name) => [name, el.model.get(name)]))",
            BackpropStepper._state_names(),
        )
        widget = BackpropStepper()
        widget.set_state(state)
        return widget

    def settle(self) -> None:
        settle(self.page)

    def click(self, role: str, name: str) -> None:
        self.element.get_by_role(role, name=name, exact=role == "button").first.click()
        self.settle()

    def cells(self, place: str) -> list[str]:
        return self.element.locator(f".of-{place} [role=gridcell]:not(.pad)").all_inner_texts()

    def sum(self) -> str:
        return self.element.locator(".sum").inner_text()

    def check(self) -> None:
        """All that the grids show, at the last step, is Python's."""
        self.click("button", "Last step")
        twin = self.twin()
        answers = twin.feature_maps | twin.gradients
        k = twin._kernel_shown()
        for place, name in PLACES.items():
            if twin.pool == "none" and name in ("A", "dA"):
                continue
            values = answers[name]
            if not self.plain:
                values = values[0] if name == "dX" else values[k, 0] if name == "dW" else values[k]
            shown = [float(text.replace("−", "-")) for text in self.cells(place)]
            assert len(shown) == values.size, name
            assert all(map(close_as_shown, shown, values.ravel())), name


@pytest.fixture
def open_stepper(open_page, tmp_path):
    """Put a stepper on a bare page and open that."""

    def opened(setting, width=860, **options):
        widget = BackpropStepper(**setting)
        (tmp_path / "page.html").write_text(page_of(widget.to_html()), encoding="utf-8")
        page = open_page((tmp_path / "page.html").as_uri(), width=width, height=1600, **options)
        page.locator("cnnviz-widget .cnnviz").wait_for()
        shown = Shown(page, widget)
        shown.settle()
        return shown

    return opened


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_every_number_is_pythons(setting, open_stepper):
    shown = open_stepper(setting)
    shown.check()
    shown.click("button", "Reset")
    shown.check()


def test_numbers_are_dragged_and_typed_and_the_gradients_follow(open_stepper):
    shown = open_stepper({})
    before = shown.cells("dx")
    box = shown.element.locator(".of-w [role=gridcell]").nth(2).bounding_box()
    shown.page.mouse.move(box["x"] + 9, box["y"] + 9)
    shown.page.mouse.down()
    shown.page.mouse.move(box["x"] + 41, box["y"] + 9, steps=4)
    shown.page.mouse.up()
    shown.settle()
    assert shown.twin().weight[0, 2] == 6
    assert shown.cells("dx") != before
    shown.check()
    shown.element.locator(".of-dp .grid").focus()
    shown.page.keyboard.press("Control+Home")
    shown.page.keyboard.type("-3")
    shown.page.keyboard.press("Enter")
    shown.settle()
    assert shown.twin().grad[0, 0] == -3
    shown.check()
    shown.click("button", "Undo")
    shown.click("button", "Undo")
    assert shown.twin().weight[0, 2] == 2
    assert shown.cells("dx") == before


def test_settings_change_sizes_and_what_is_not_possible_is_said(open_stepper):
    shown = open_stepper({})
    for name, keys in (("padding", 1), ("stride", 1), ("n", 2), ("kernels", 1)):
        slider = shown.element.get_by_role("slider", name=name, exact=True).first
        slider.focus()
        for _ in range(keys):
            shown.page.keyboard.press("ArrowRight")
        shown.settle()
        shown.plain = shown.twin().x.ndim == 2
        shown.check()
    shown.element.get_by_role("slider", name="padding", exact=True).focus()
    for _ in range(3):
        shown.page.keyboard.press("ArrowRight")
    shown.settle()
    assert "is not possible" in shown.element.locator(".status").inner_text()
    shown.check()


def test_a_hovered_number_marks_its_paths_and_so_does_the_keyboard(open_stepper):
    shown = open_stepper({})
    box = shown.element.locator(".of-x [role=gridcell]").nth(7).bounding_box()
    shown.page.mouse.move(box["x"] + 9, box["y"] + 9)
    shown.settle()
    marked = {
        place: shown.element.locator(f".of-{place} .marks .reach").count()
        for place in ("z", "a", "p", "dz")
    }
    assert marked == {"z": 6, "a": 5, "p": 4, "dz": 5}
    told = shown.sum()
    assert told.startswith("X[1, 2] = 0, 12 paths to P: dX[1, 2] = 1·1·1·2 = 2")
    shown.page.mouse.move(1, 1)
    shown.element.locator(".of-x .grid").focus()
    for key in ("Control+Home", "ArrowDown", "ArrowRight", "ArrowRight"):
        shown.page.keyboard.press(key)
    shown.settle()
    assert shown.sum() == told
    assert shown.element.locator(".of-p .marks .reach").count() == 4


def test_the_keyboard_walks_the_process_and_it_is_read_out(open_stepper):
    shown = open_stepper({}, width=375)
    shown.element.locator(".timeline input").focus()
    shown.page.keyboard.press("Home")
    shown.settle()
    sums = []
    for _ in range(38):
        sums.append(shown.sum())
        shown.page.keyboard.press("ArrowRight")
        shown.settle()
    assert len(set(sums)) == 38
    assert [text[:2] for text in sums[::9]] == ["Z[", "A ", "dZ", "dZ", "dW"]
    shown.element.locator(".of-dw .grid").focus()
    shown.page.keyboard.press("Control+Home")
    shown.page.wait_for_function(
        "document.querySelector('[aria-live=polite]').textContent.startsWith('dW[0, 0]')"
    )


@pytest.mark.parametrize("width", [375, 640, 860])
@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_nothing_jumps_while_it_runs(setting, width, open_stepper):
    shown = open_stepper(setting, width)
    boxes = """() => [...document.querySelectorAll(
      '.cnnviz :is(.grid, .sum, .rule, .timeline, .cnn-row)')]
      .map((el) => { const { x, y, width, height } = el.getBoundingClientRect();
                     return [el.className, ...[x, y, width, height].map(Math.round)]; })"""
    start = shown.page.evaluate(boxes)
    for name in ("conv", "ReLU", "pool", "dA", "dZ", "dX", "dW", "db"):
        radio = shown.element.get_by_role("radio", name=name).first
        if radio.is_visible():
            radio.click()
            shown.settle()
            assert shown.page.evaluate(boxes) == start, name


#: Kernels, inputs and frames that leave little room for their titles.
NARROW = {
    "example": {},
    "one weight": {"x": np.ones((2, 8, 8)), "weight": np.ones((2, 2, 1, 1)), "bias": [0, 0]},
    "small maps": {
        "x": np.ones((2, 3, 3)),
        "weight": np.ones((2, 2, 2, 2)),
        "bias": [0, 0],
        "pool": "none",
    },
    "two pixels": {"x": np.ones((2, 2)), "weight": [[1]], "pool": "none"},
    "wide frame": {"x": np.ones((4, 4)), "weight": np.ones((5, 5)), "padding": 2, "pool": "none"},
}
#: Titles that run into another one, or over the widget's edge.
TITLES_THAT_TOUCH = """(widget) => {
  const edge = widget.getBoundingClientRect().right;
  const titles = [...widget.querySelectorAll('.flow header span')].map((el) => {
    const range = document.createRange();
    range.selectNodeContents(el);
    const { left, right, top, bottom } = range.getBoundingClientRect();
    const header = el.closest('header').getBoundingClientRect();
    const isSeen = right > left && top < header.bottom - 2 && bottom > header.top + 2;
    return { text: el.textContent, left, right, top, bottom, isSeen };
  }).filter(({ isSeen }) => isSeen);
  const level = (a, b) => Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
  const meet = (a, b) => a !== b && a.left <= b.left && a.right > b.left && level(a, b);
  return titles.flatMap((a) => [
    ...(a.right > edge ? [[a.text, 'the edge']] : []),
    ...titles.filter((b) => meet(a, b)).map((b) => [a.text, b.text]),
  ]);
}"""


@pytest.mark.parametrize("width", [375, 640, 700, 790])
@pytest.mark.parametrize("setting", NARROW.values(), ids=NARROW)
def test_no_title_runs_into_another(setting, width, open_stepper):
    shown = open_stepper(setting, width)
    assert shown.element.evaluate(TITLES_THAT_TOUCH) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_axe_finds_nothing_and_no_page_scrolls_sideways(setting, theme, open_stepper):
    for width in (375, 860):
        shown = open_stepper(setting, width)
        shown.page.evaluate("(theme) => document.documentElement.dataset.theme = theme", theme)
        shown.click("button", "Copy as code")
        shown.settle()
        assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
        assert findings(shown.page) == []
