"""The embedding explorer in a browser: what is dragged and stepped is what Python computes."""

import json
import subprocess
import sys

import numpy as np
import pytest
from accessibility import findings
from editor_page import close_as_shown, settle

import cnnviz
from cnnviz import embeddings

SPREAD = [[-1.5, 1], [-0.9, 0.2], [0.3, 0.4], [1, -0.2], [1.4, 0.9], [-0.2, -1.1], [0.8, -1.2]]


def twin(page):
    """Return the widget that Python makes of what the page holds."""
    names = cnnviz.EmbeddingExplorer()._state_names()
    read = "(el, keys) => JSON.stringify(keys.map((key) => el.model.get(key)))"
    values = json.loads(page.locator("cnnviz-widget").evaluate(read, names))
    return cnnviz.EmbeddingExplorer(**dict(zip(names, values, strict=True)))


def facts(page):
    settle(page)
    read = "(all) => all.map((one) => [...one.children].map((each) => each.textContent))"
    return dict(page.locator(".facts > div").evaluate_all(read))


def places(page):
    """Return where the points are drawn, in the plane's units."""
    read = """(dots) => dots.map(({ style }) => [parseFloat(style.left), parseFloat(style.top)])"""
    share = np.array(page.locator(".dot").evaluate_all(read)) / 100
    return (share - 0.5) * (4, -3)


def check(page):
    """Hold all that is shown to what Python computes from the same state."""
    shown, wanted = facts(page), twin(page)
    assert np.allclose(places(page), wanted.embedding, atol=1e-4)
    assert close_as_shown(float(shown["Loss"]), wanted.loss_value, 3)
    for name, rate in zip(("False accepts", "False rejects"), wanted.error_rates, strict=True):
        assert float(shown[name].split(", ")[1][:-2]) == pytest.approx(100 * rate, abs=0.051)
    equal = float(shown["Equal error rate"][:-2])
    assert equal == pytest.approx(100 * wanted.equal_error_rate, abs=0.051)
    counts = page.locator(".kinds button b").all_text_contents()
    assert dict(zip(embeddings.KINDS, map(int, counts), strict=True)) == wanted.kinds


@pytest.mark.parametrize("loss", ["triplet", "contrastive"])
def test_every_step_is_pythons(opened, loss):
    widget = cnnviz.EmbeddingExplorer(SPREAD, [0, 1, 0, 1, 2, 2, 0], loss=loss, margin=1.5)
    page = opened(widget, saved=True)
    page.locator(".timeline input").focus()
    for key in ("Home", *["ArrowRight"] * 4, "PageUp", "End"):
        page.keyboard.press(key)
        check(page)
    assert twin(page).step == 60


def test_the_curve_is_the_roc(opened):
    page = opened(cnnviz.EmbeddingExplorer())
    path = page.locator(".roc .curve").get_attribute("d")
    corners = np.array([list(map(float, each.split())) for each in path[1:].split("L")])
    _, accepts, rejects = embeddings.operating_points(*twin(page)._pairs())
    assert np.allclose(corners, 100 * np.stack([accepts, rejects], 1), atol=0.006)


def test_arrows_point_where_the_loss_pulls(opened):
    page = opened(cnnviz.EmbeddingExplorer())
    wanted = twin(page)
    path = page.locator(".plane .pull").get_attribute("d")
    shafts = [each.split("L") for each in path.split("M")[1:]][::2]
    ends = np.array([[list(map(float, point.split())) for point in shaft] for shaft in shafts])
    pulled = np.linalg.norm(wanted.pull, axis=1) > 1e-9
    drawn = (ends[:, 1] - ends[:, 0]) * (1, -1)
    pull = wanted.pull[pulled]
    assert np.allclose(drawn, 0.5 * pull / np.linalg.norm(pull, axis=1).max(), atol=2e-3)


def test_a_mouse_drags_a_point_and_one_press_undoes_it(opened):
    page = opened(cnnviz.EmbeddingExplorer(step=5))
    before, shown = twin(page).points, places(page)
    box = page.locator(".plane").bounding_box()
    dot = page.locator(".dot").nth(4).bounding_box()
    x, y = dot["x"] + dot["width"] / 2, dot["y"] + dot["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - box["width"] / 8, y + box["height"] / 6, steps=5)
    page.mouse.up()
    moved = twin(page)
    assert moved.step == 0
    assert moved.points[4] == pytest.approx([shown[4][0] - 0.5, shown[4][1] - 0.5], abs=0.02)
    assert moved.points[0] == pytest.approx(shown[0].tolist(), abs=1e-4)
    check(page)
    page.get_by_role("button", name="Undo").click()
    assert twin(page).points == before


def test_a_click_chooses_and_does_not_move(opened):
    page = opened(cnnviz.EmbeddingExplorer())
    before = twin(page).points
    page.locator(".dot").nth(1).click()
    page.locator(".dot").nth(5).click()
    assert twin(page).triplet == [0, 1, 5]
    assert twin(page).points == before
    assert page.locator(".dot.positive").inner_text() == "A2"


def test_a_finger_drags_sideways(opened):
    page = opened(cnnviz.EmbeddingExplorer(), width=375, has_touch=True)
    dot = page.locator(".dot").nth(4)
    dot.scroll_into_view_if_needed()
    box = dot.bounding_box()
    x, y = box["x"] + 14, box["y"] + 14
    session = page.context.new_cdp_session(page)

    def send(kind, *points):
        touches = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    send("touchStart", (x, y))
    for i in range(1, 11):
        send("touchMove", (x + 5 * i, y + i))
    send("touchEnd")
    settle(page)
    width = page.locator(".plane").bounding_box()["width"]
    assert twin(page).points[4][0] == pytest.approx(0.1 + 50 / width * 4, abs=0.05)
    check(page)


def test_keys_move_and_the_live_region_tells_of_it(opened):
    page = opened(cnnviz.EmbeddingExplorer())
    page.locator(".dot").first.focus()
    for key in ("ArrowLeft", "ArrowUp", "Shift+ArrowDown"):
        page.keyboard.press(key)
    check(page)
    assert twin(page).points[0] == pytest.approx([-1.35, 0.4])
    page.wait_for_timeout(600)
    said = page.locator("[aria-live]").inner_text()
    assert said.startswith("A1 at (−1.35, 0.4), anchor. triplet loss ")


def test_what_is_looked_at_shows_what_the_threshold_gets_wrong(opened):
    page = opened(cnnviz.EmbeddingExplorer())
    wanted = twin(page)
    both, same = embeddings.pairs(wanted.labels)
    distances, _ = wanted._pairs()
    for i in range(12):
        page.locator(".dot").nth(i).focus()
        settle(page)
        lines = [
            (page.locator(".plane .wrong").nth(rejected).get_attribute("d") or "").count("L")
            for rejected in (0, 1)
        ]
        mine = (both == i).any(1)
        accepted = distances <= wanted.threshold
        assert lines == [(mine & ~same & accepted).sum(), (mine & same & ~accepted).sum()]


@pytest.mark.parametrize("library", ["NumPy", "PyTorch"])
@pytest.mark.parametrize("loss", ["triplet", "contrastive"])
def test_the_copied_code_comes_to_the_same_loss(opened, library, loss):
    page = opened(cnnviz.EmbeddingExplorer(loss=loss, margin=1.1, step=9))
    page.get_by_role("button", name="Copy as code").click()
    page.get_by_role("radio", name=library).click()
    code = page.locator(".code pre").inner_text()
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(ran.stdout) == pytest.approx(twin(page).loss_value, rel=1e-9)


def test_nothing_moves_when_a_point_does(opened):
    for width in (820, 375):
        page = opened(cnnviz.EmbeddingExplorer(), width=width)
        read = """() => [...document.querySelectorAll(
          '.cnnviz :is(.plane, .roc svg, .facts > div, .kinds button, .sum, .roles, .hint)'
          )].map(
          (el) => { const { x, y, width, height } = el.getBoundingClientRect();
          const { top } = document.querySelector('.cnnviz').getBoundingClientRect();
          return [el.className.toString(), ...[x, y - top, width, height].map(Math.round)]; })"""
        start = page.evaluate(read)
        page.locator(".dot").nth(3).focus()
        for key in ("Shift+ArrowLeft", "Shift+ArrowDown", "Enter"):
            page.keyboard.press(key)
            settle(page)
            assert page.evaluate(read) == start, (width, key)
        for name in ("Last step", "Step back"):
            page.get_by_role("button", name=name).click()
            settle(page)
            assert page.evaluate(read) == start, (width, name)
        page.get_by_role("radio", name="Contrastive").click()
        settle(page)
        assert page.evaluate(read) == start, width


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [820, 375])
def test_axe_finds_nothing_and_nothing_overflows(opened, theme, width):
    page = opened(cnnviz.EmbeddingExplorer(), theme=theme, width=width)
    page.get_by_role("button", name="Copy as code").click()
    settle(page)
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
