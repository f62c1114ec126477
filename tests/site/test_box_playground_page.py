"""The box playground in a browser: by mouse, finger and key; its answers are cnnviz.boxes'."""

import contextlib
import io
import json
import re

import numpy as np
import pytest
from accessibility import findings
from editor_page import settle

import cnnviz

VIEWS = ("iou", "nms", "target", "anchors", "pr")
NAMES = dict(zip(VIEWS, ("IoU", "NMS", "Target", "Anchors", "Precision–recall"), strict=True))


def crowd(seed, count=40, **settings):
    """Return a playground with objects, and detections around them, in fractions of a pixel."""
    rng = np.random.default_rng(seed)
    corners = np.sort(rng.uniform(0, 64, (6, 2, 2)), axis=1).reshape(6, 4)
    corners[:, 2:] += 1
    labels = rng.integers(0, 3, 6)
    near = np.repeat(corners, count // 6 + 1, axis=0)[:count] + rng.normal(size=(count, 4)) * 2
    near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 0.5)
    kinds = np.repeat(labels, count // 6 + 1)[:count]
    told = np.column_stack([near, rng.random(count), kinds])
    return cnnviz.BoxPlayground(
        np.column_stack([corners, labels]), told, classes=["a", "b", "c"], size=(66, 66), **settings
    )


def twin(page):
    """Return a Python widget in the state that the page is in."""
    widget = cnnviz.BoxPlayground()
    read = "(el, names) => Object.fromEntries(names.map((name) => [name, el.model.get(name)]))"
    state = page.locator("cnnviz-widget").evaluate(read, widget._state_names())
    widget.set_state(state)
    return widget


def facts(page):
    settle(page)
    read = "(all) => all.map((one) => [...one.children].map((each) => each.textContent))"
    return dict(page.locator(".facts > div").evaluate_all(read))


def number(text):
    return float(text.replace("−", "-"))


def items(page):
    settle(page)
    read = "(all) => all.map((one) => [...one.children].map((each) => each.textContent))"
    return page.locator(".listed li").evaluate_all(read)


def check_iou(page, widget):
    shown = facts(page)
    for name, value in widget.pair.items():
        assert number(shown[{"iou": "IoU", "giou": "GIoU", "diou": "DIoU"}[name]]) == pytest.approx(
            value, rel=1e-3, abs=1e-4
        )


def check_nms(page, widget):
    """After so many rounds, each detection has the fate that Python's rounds give it."""
    rounds = widget.rounds[: widget.step]
    kept = {step.kept for step in rounds}
    fell = {i: (step.kept, iou) for step in rounds for i, iou in zip(*step[1:], strict=True)}
    shown = items(page)
    assert [int(name.split()[0]) for name, _ in shown] == np.argsort(
        -widget.detections[:, 4], kind="stable"
    ).tolist()
    for name, fate in shown:
        at = int(name.split()[0])
        if widget.detections[at, 4] < widget.score_threshold:
            assert fate == "score too low"
        elif at in kept:
            assert fate == "✓ kept"
        elif at in fell:
            by, iou = fell[at]
            assert re.fullmatch(rf"✕ IoU (\d\.\d\d) with {by}", fate), (fate, by)
            assert float(fate.split()[2]) == pytest.approx(iou, abs=0.0051)
        else:
            assert fate == "waits"


def check_target(page, widget):
    x1, y1, x2, y2 = widget.objects[widget.selected[0], :4]
    across, down = (x1 + x2) / 2 / widget.size[1], (y1 + y2) / 2 / widget.size[0]
    cell = widget.target[int(down * widget.grid[0]), int(across * widget.grid[1])]
    shown = [number(value) for _, value in items(page)]
    assert shown == pytest.approx(cell.tolist(), rel=1e-3, abs=1e-4)


def check_anchors(page, widget):
    counts = [int((widget.assignment == fate).sum()) for fate in (-2, -1)]
    found = int((widget.assignment >= 0).sum())
    assert [int(each) for each in facts(page).values()] == [found, *counts]


def check_pr(page, widget):
    shown = facts(page)
    above = widget.detections[:, 4] >= widget.score_threshold
    right = int((widget.matched[above] >= 0).sum())
    assert number(shown["Recall"]) == pytest.approx(right / len(widget.objects), rel=1e-3)
    if above.any():
        assert number(shown["Precision"]) == pytest.approx(right / above.sum(), rel=1e-3)
    assert number(shown["AP"]) == pytest.approx(widget.average_precision, rel=1e-3)
    drawn = page.locator(".precision .curve").get_attribute("d")
    points = np.array([list(map(float, pair.split())) for pair in drawn[1:].split("L")[1:]])
    curve = widget.curve
    assert points[:, 0] / 100 == pytest.approx(curve.recall, abs=1e-4)
    assert 1 - points[:, 1] / 100 == pytest.approx(curve.precision, abs=1e-4)


CHECKS = dict(
    zip(VIEWS, (check_iou, check_nms, check_target, check_anchors, check_pr), strict=True)
)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_shows_what_python_computes(opened, view):
    for seed, settings in enumerate(
        (
            {},
            {"selected": (3, 7), "step": 2, "grid": (2, 6), "by_class": True, "positive": 0.5},
            {"iou_threshold": 0.2, "score_threshold": 0.7, "match_threshold": 0.75, "step": 4},
        )
    ):
        widget = crowd(seed, view=view, **settings)
        page = opened(widget, saved=seed == 0)
        CHECKS[view](page, widget)


def drag(page, start, by, steps=5):
    """Drag from a point of the picture, in its units, and back to where the mouse rests."""
    box = page.locator(".boxes-field").bounding_box()
    height, width = page.locator("cnnviz-widget").evaluate("(el) => el.model.get('size')")
    scale = box["width"] / width, box["height"] / height
    x, y = (box["x"] + start[0] * scale[0], box["y"] + start[1] * scale[1])
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by[0] * scale[0], y + by[1] * scale[1], steps=steps)
    page.mouse.up()
    settle(page)


@pytest.mark.parametrize("view", VIEWS)
def test_a_drag_moves_a_box_and_all_follows(opened, view):
    widget = cnnviz.BoxPlayground(
        [[20, 20, 60, 60, 0], [70, 60, 90, 80, 1]],
        [[24, 22, 64, 62, 0.9, 0], [30, 20, 70, 60, 0.5, 0]],
        classes=["a", "b"],
        size=(96, 128),
        view=view,
        step=1,
    )
    page = opened(widget)
    kind, place = ("detections", 0) if view == "nms" else ("objects", 0)
    before = getattr(widget, kind)[place].tolist()
    drag(page, (before[0], before[1]), (-10, -5))  # its corner
    drag(page, (before[0] - 5, before[1] + 20 - 5), (0, 0))  # a click beside its side
    after = getattr(twin(page), kind)[place].tolist()
    assert after == [before[0] - 10, before[1] - 5, *before[2:]]
    CHECKS[view](page, twin(page))
    drag(page, (before[2], before[1] + 20), (12, 3))  # its right side
    assert getattr(twin(page), kind)[place].tolist()[2] == before[2] + 12
    CHECKS[view](page, twin(page))
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo").click()
    assert getattr(twin(page), kind)[place].tolist() == before


def test_everything_is_reached_with_the_keyboard(opened):
    page = opened(cnnviz.BoxPlayground())
    page.get_by_role("radio", name="IoU").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "handle object"
    before = twin(page)
    for key in ("ArrowRight", "Shift+ArrowDown", "Alt+ArrowUp"):
        page.keyboard.press(key)
    moved = before.objects[1] + [1, -1, 1, 1, 0]
    assert twin(page).objects[1].tolist() == moved.tolist()
    check_iou(page, twin(page))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "handle detection"
    page.keyboard.press("PageDown")
    assert twin(page).selected == [1, 1]
    check_iou(page, twin(page))
    page.wait_for_timeout(600)
    said = page.locator("[aria-live]").inner_text()
    assert said.startswith("detection 1, car 0.81: (60, 48, 120, 86); width = min(")
    page.keyboard.press("Delete")
    assert len(twin(page).detections) == 7
    page.keyboard.press("Control+z")
    assert twin(page).detections.tolist() == before.detections.tolist()
    page.get_by_role("radio", name="IoU").focus()
    for view in (*VIEWS[1:], VIEWS[0]):
        page.keyboard.press("ArrowRight")
        assert twin(page).view == view
        settle(page)


def test_a_finger_that_has_tapped_a_box_drags_it_up_and_down(opened):
    page = opened(cnnviz.BoxPlayground(view="target"), width=375, has_touch=True, is_mobile=True)
    session = page.context.new_cdp_session(page)
    handle = page.locator(".handle.object")

    def touch(kind, *points):
        touches = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before = twin(page).objects[1].tolist()
    touch("touchStart", (x, y))
    touch("touchEnd")
    page.wait_for_timeout(60)
    assert page.evaluate("document.activeElement.className") == "handle object"
    touch("touchStart", (x, y))
    for i in range(1, 9):
        touch("touchMove", (x + 1, y - 3 * i))
        page.wait_for_timeout(16)
    touch("touchEnd")
    settle(page)
    after = twin(page).objects[1].tolist()
    assert page.evaluate("scrollY") == 0
    assert (
        before[1] - after[1]
        == before[3] - after[3]
        == pytest.approx(24 / box["height"] * 38, abs=2)
    )
    check_target(page, twin(page))


def test_rounds_follow_from_their_number_alone(opened):
    page = opened(crowd(4, view="nms"))
    widget = twin(page)
    page.locator(".timeline input").focus()
    for key in ("End", "ArrowLeft", "Home", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
        check_nms(page, twin(page))
    page.keyboard.press("End")
    assert twin(page).step == len(widget.rounds)
    kept = [int(name.split()[0]) for name, fate in items(page) if fate == "✓ kept"]
    assert kept == widget.kept.tolist()


def test_thresholds_and_the_grid_are_set_on_the_page(opened):
    page = opened(crowd(5))
    for view, label, key, trait, value in (
        ("nms", "falls: IoU >", "Home", "iou_threshold", 0),
        ("pr", "score ≥", "End", "score_threshold", 1),
        ("pr", "match: IoU ≥", "ArrowRight", "match_threshold", 0.51),
        ("target", "rows", "ArrowRight", "grid", [4, 3]),
        ("anchors", "positive: IoU ≥", "Home", "positive", 0),
    ):
        page.get_by_role("radio", name=NAMES[view]).click()
        page.get_by_role("slider", name=label).focus()
        page.keyboard.press(key)
        assert getattr(twin(page), trait) == value
        if trait != "positive":  # which is now below the other: the page shows it, Python refuses
            CHECKS[view](page, twin(page))


@pytest.mark.parametrize("view", VIEWS)
def test_the_code_that_is_copied_runs_and_says_the_same(opened, view):
    widget = crowd(6, view=view, score_threshold=0)
    page = opened(widget)
    page.get_by_role("button", name="Copy as code").click()
    told = io.StringIO()
    with contextlib.redirect_stdout(told), np.printoptions(threshold=10**6):
        exec(page.locator(".code pre").inner_text(), {})
    said = told.getvalue()
    wanted = {
        "iou": lambda: [repr(value) for value in widget.pair.values()],
        "nms": lambda: [str(step) for step in widget.rounds],
        "target": lambda: [str(np.asarray(widget.target))],
        "anchors": lambda: [str(widget.assignment)],
        "pr": lambda: [repr(widget.average_precision)],
    }[view]()
    for words in wanted:
        assert words in said, (words, said)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [820, 375])
def test_axe_finds_nothing_and_nothing_overflows(opened, theme, width):
    page = opened(cnnviz.BoxPlayground(image="astronaut", step=2), theme=theme, width=width)
    for view in VIEWS:
        page.get_by_role("radio", name=NAMES[view]).click()
        page.wait_for_timeout(200)  # the tones of buttons pass over
        assert findings(page) == [], view
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view


def test_nothing_moves_while_a_box_is_dragged(opened):
    read = """() => [...document.querySelectorAll(
      '.cnnviz :is(.boxes, .boxes-field, .beside, .timeline, .sum, .editing, .hint)')].map((el) => {
      const { x, y, width, height } = el.getBoundingClientRect();
      return [el.className, ...[x, y, width, height].map(Math.round)]; })"""
    for width in (820, 375):
        page = opened(cnnviz.BoxPlayground(), width=width, height=1600)
        for view in VIEWS:
            page.get_by_role("radio", name=NAMES[view]).click()
            settle(page)
            start = page.evaluate(read)
            kind = "detections" if view == "nms" else "objects"
            box = getattr(twin(page), kind)[0]
            for _ in range(3):
                drag(page, ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), (5, -3), steps=1)
                assert page.evaluate(read) == start, (width, view)


def test_a_page_without_boxes_says_so(opened):
    page = opened(cnnviz.BoxPlayground([], []))
    for view in VIEWS:
        page.get_by_role("radio", name=NAMES[view]).click()
        settle(page)
        assert re.search(r"no (pair|object)|0 detections", page.locator(".sum").inner_text()), view
    assert json.dumps(twin(page).state())
