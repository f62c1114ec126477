"""Every widget on every page of the built book is alive: driven, and held against `cnnviz.ops`."""

from __future__ import annotations

import re

import numpy as np
import pytest
from book_pages import PAGES
from editor_page import EditorPage, close_as_shown, written

import cnnviz
from cnnviz.widgets._traits import unpack


@pytest.mark.parametrize("name", PAGES)
def test_every_widget_is_alive(name, site, open_page):
    """A preset, a dragged and a typed weight, a stride, another picture: the map follows each."""
    page = open_page(f"{site}/{name}.html", width=1200, height=1100)
    widgets = page.locator("cnnviz-widget")
    views = widgets.evaluate_all("(all) => all.map((el) => el.getAttribute('view'))")
    assert set(views) <= set(DRIVERS), "a widget that this test can't drive yet: give it a driver"
    seen: dict[str, int] = {}
    for view in views:
        DRIVERS[view](page, seen.setdefault(view, 0))
        seen[view] += 1


def drive_kernel_editor(page, nth: int) -> None:
    editor = EditorPage(page, nth)
    editor.panel("kernel").scroll_into_view_if_needed()
    editor.away()
    start = editor.state()
    y = editor.check()
    if min(start["image"].shape[-2:]) >= 3:
        editor.control("Kernel preset").select_option("emboss")
        editor.settle()
        assert editor.state()["preset"] == "emboss"
        editor.check()
    rows, cols = editor.state()["kernel"].shape[-2:]
    editor.drag("kernel", 0, 0, by=(0, -40))
    assert editor.state()["preset"] == "custom"
    editor.type_weight(rows - 1, cols - 1, "2.5")
    editor.away()
    assert editor.state()["kernel"][..., -1, -1].ravel()[0] == 2.5
    editor.check()
    editor.set_slider("stride", 2)
    assert editor.state()["stride"] == 2
    editor.check()
    others = editor.element.locator(".pictures [data-value]").evaluate_all(
        "(all) => all.map((el) => el.dataset.value).filter((name) => name !== 'drawing')"
    )
    for name in [n for n in others if n != start["image_name"]][:1]:
        editor.choose_picture(name)
        assert editor.state()["image_name"] == name
        editor.check()
    editor.button("Reset").click()
    editor.away()
    np.testing.assert_array_equal(editor.check(), y)


class Stepper:
    """Any widget with a timeline, beside its Python half in the same state."""

    def __init__(self, page, view: str, nth: int) -> None:
        self.page = page
        self.make = getattr(cnnviz, view)
        self.element = page.locator(f"cnnviz-widget[view={view}]").nth(nth)
        self.element.scroll_into_view_if_needed()

    def twin(self):
        """Return a Python widget in the state that the page is in."""
        state = self.element.evaluate(
            "(el, names) => Object.fromEntries(names.map((name) => [name, el.model.get(name)]))",
            self.make._state_names(),
        )
        widget = self.make()
        widget.set_state(state)
        return widget

    def click(self, name: str) -> None:
        self.element.get_by_role("button", name=name, exact=True).click()
        self.page.wait_for_timeout(60)

    def choose(self, name: str) -> None:
        self.element.get_by_role("radio", name=name).first.click()
        self.page.wait_for_timeout(60)

    def check(self) -> None:
        """The number written out at the end of the sum is Python's, at the place it names."""
        place, value = written(self.element)
        assert close_as_shown(value, self.twin().output[place], 6), (place, value)


def drive_convolution_stepper(page, nth: int) -> None:
    stepper = Stepper(page, "ConvolutionStepper", nth)
    if stepper.element.get_by_role("radio", name="zero-stuffed").is_visible():
        stepper.choose("zero-stuffed")
    stepper.check()
    stepper.click("Last step")
    stepper.check()
    stepper.click("Step back")
    stepper.check()
    padding = stepper.element.get_by_role("slider", name=re.compile("^padding")).first
    padding.focus()
    padding.press("ArrowRight")
    page.wait_for_timeout(100)
    stepper.check()
    stepper.click("Undo")
    stepper.check()


def drive_backprop_stepper(page, nth: int) -> None:
    stepper = Stepper(page, "BackpropStepper", nth)
    check_gradients(stepper)
    for name in ("average", "none", "max"):
        stepper.choose(name)
        check_gradients(stepper)
    stepper.choose("full convolution")
    stepper.click("Last step")
    check_gradients(stepper)


def check_gradients(stepper: Stepper) -> None:
    """At the last step, the grids show what Python computes: the last kernel, channel 0."""
    stepper.click("Last step")
    twin = stepper.twin()
    for name, values in twin.gradients.items():
        if twin.pool == "none" and name == "dA":  # A is what comes out, and its gradient is dP
            continue
        plane = values
        if twin.x.ndim > 2:
            plane = values[-1][0] if name == "dW" else values[0 if name == "dX" else -1]
        cells = stepper.element.locator(f".of-{name.lower()} [role=gridcell]:not(.pad)")
        shown = [float(text.replace("−", "-")) for text in cells.all_inner_texts()]
        assert len(shown) == np.size(plane), name
        assert all(map(close_as_shown, shown, np.ravel(plane))), name


def drive_digit_pad(page, nth: int) -> None:
    """Examples, a drawing by mouse, another placing: what is read is what Python reads."""
    pad = Stepper(page, "DigitPad", nth)

    def check() -> None:
        page.wait_for_timeout(100)
        twin = pad.twin()
        said = pad.element.locator(".says").inner_text()
        assert said == ("–" if twin.prediction is None else str(twin.prediction))
        shares = pad.element.locator(".share").all_inner_texts()
        for text, share in zip(shares, twin.probabilities, strict=True):
            shown = float(re.sub(r"[^0-9.]", "", text) or 0) / 100
            assert twin.prediction is None or abs(shown - share) < 0.0011

    check()
    for example in pad.element.locator(".examples button").all():
        example.click()
        check()
    assert "wrong" in pad.element.locator(".doubts").inner_text()
    pad.click("Clear")
    check()
    sheet = pad.element.locator(".sheet")
    sheet.evaluate("(el) => el.scrollIntoView({ block: 'center' })")  # not under the page's header
    sheet = sheet.bounding_box()
    page.mouse.move(sheet["x"] + 40, sheet["y"] + 20)
    page.mouse.down()
    page.mouse.move(sheet["x"] + 30, sheet["y"] + 90, steps=8)
    page.mouse.up()
    check()
    assert pad.twin().drawing.any()
    pad.click("centre and scale")
    assert not pad.twin().centred
    check()


def drive_pooling_stepper(page, nth: int) -> None:
    stepper = Stepper(page, "PoolingStepper", nth)
    for name, mode in (("average", "mean"), ("L2", "l2"), ("max", "max")):
        stepper.choose(name)
        assert stepper.twin().mode == mode
        stepper.click("Last step")
        stepper.click("Step back")
        stepper.check()


def drive_training_monitor(page, nth: int) -> None:
    """The run is played, stepped, pointed at and keyed through: the numbers are Python's."""
    monitor = Stepper(page, "TrainingMonitor", nth)
    if not monitor.twin().runs:
        assert "Nothing has been trained" in monitor.element.inner_text()
        return

    def check() -> int:
        page.wait_for_timeout(60)
        twin = monitor.twin()
        run = twin.runs[twin.run]
        at = twin._at(run)
        names = monitor.element.locator(".readout span").all_inner_texts()
        shown = dict(
            zip(names, monitor.element.locator(".readout b").all_inner_texts(), strict=True)
        )
        step = int(re.sub(r"\D", "", shown["step"].partition(" of ")[0]))
        assert step == run["step"][at]
        loss = run["loss"][at]
        shown_loss = float(shown["loss"].replace("−", "-")) if shown["loss"] != "–" else None
        assert loss == shown_loss or close_as_shown(shown_loss, loss, 3)
        return step

    last = check()
    plot = monitor.element.locator(".plot").first
    plot.focus()
    for key, moves in (("Home", -1), ("ArrowRight", 1), ("PageUp", 1), ("ArrowLeft", -1)):
        before = check()
        plot.press(key)
        assert (check() - before) * moves > 0, key
    box = plot.bounding_box()
    plot.click(position={"x": box["width"] / 2, "y": 20})
    page.mouse.move(0, 0)
    half = check()
    assert 0.4 < half / last < 0.6
    monitor.click("Play")
    page.wait_for_timeout(600)
    monitor.click("Pause")
    assert check() > half
    for radio in monitor.element.get_by_role("radio").all():
        radio.click()
        check()
    monitor.click("log scale")
    monitor.click("Last step")
    assert check() == monitor.twin().runs[monitor.twin().run]["step"][-1]


def drive_volume_viewer(page, nth: int) -> None:
    viewer = Stepper(page, "VolumeViewer", nth)
    viewer.check()
    for axis, name in ((1, "height"), (2, "width"), (0, "depth")):
        viewer.choose(f"slices across {name}")
        assert viewer.twin().axis == axis
        viewer.click("Step forward")
        viewer.check()


def drive_shape_calculator(page, nth: int) -> None:
    calculator = Stepper(page, "ShapeCalculator", nth)
    for _ in range(2):
        rows = calculator.twin().rows
        total = sum(row["parameters"] or 0 for row in rows)
        shown = calculator.element.locator(".chain").inner_text()
        assert str(total) in re.sub(r"[^0-9\n]", "", shown), total
        calculator.click("+ linear")


def drive_receptive_field(page, nth: int) -> None:
    field = Stepper(page, "ReceptiveField", nth)
    for name in ("Last step", "Step back", "Step back"):
        field.click(name)
        seen = int(field.twin().field.sum())
        facts = dict(
            field.element.locator(".facts > div:visible").evaluate_all(
                "(all) => all.map((one) => [...one.children].map((each) => each.textContent))"
            )
        )
        assert re.sub(r"\s", "", facts["Positions"]).split("of")[0] == str(seen)


def drive_feature_maps(page, nth: int) -> None:
    """Open the last convolution and the scores: what is written out is what was recorded."""
    maps = Stepper(page, "FeatureMaps", nth)
    recorded = maps.element.evaluate("(el) => el.model.get('recorded')")
    if not maps.element.locator(".overview").is_visible():  # one map is open
        maps.click("All maps")
    for at in (3, len(recorded) - 1):
        maps.element.locator(".overview .sheet-maps").nth(at).click(position={"x": 4, "y": 4})
        page.wait_for_timeout(100)
        line = maps.element.locator(".sum > div").last.inner_text()
        shown = float(re.findall(r"−?[\d.]+", line)[-1].replace("−", "-"))
        values = unpack(recorded[at]["maps"])[0]
        assert close_as_shown(shown, values.flat[np.abs(values).argmax()], 5)
        maps.click("All maps")


def drive_architecture_explorer(page, nth: int) -> None:
    explorer = Stepper(page, "ArchitectureExplorer", nth)
    explorer.element.locator("[role=tree] [tabindex='0']").first.focus()
    for key in ("Home", "ArrowDown", "End"):
        page.keyboard.press(key)
        page.wait_for_timeout(60)
        chosen = explorer.twin().selection
        facts = dict(
            explorer.element.locator(".facts > div").evaluate_all(
                "(all) => all.map((one) => [...one.children].map((each) => each.textContent))"
            )
        )
        assert int(re.sub(r"\D", "", facts["Parameters"])) == chosen["parameters"]
        assert facts["Up to here"] == f"{100 * chosen['cumulated']:.1f} %"


def drive_sliding_window(page, nth: int) -> None:
    """Windows are stepped through at each stride: scores and counts are Python's."""
    slider = Stepper(page, "SlidingWindow", nth)

    def check() -> None:
        page.wait_for_timeout(100)
        twin = slider.twin()
        cells = slider.element.locator(".figures").first.locator("tbody td").all_inner_texts()
        shown = [float(text.replace("−", "-")) for text in cells]
        slid = twin.scores.reshape(10, -1)[:, twin.step]
        expected = np.stack([twin.window_scores, slid], axis=1)
        assert np.abs(np.reshape(shown, (10, 2)) - expected).max() < 0.0051
        last = slider.element.locator(".figures").last.locator("tbody tr").last.inner_text()
        totals = [int(re.sub(r"\D", "", text)) for text in last.split("\t")[1:3]]
        assert totals == [sum(layers.values()) for layers in twin.multiply_adds.values()]

    for radio in slider.element.get_by_role("radio").all():
        radio.click()
        check()
        slider.click("First step")
        slider.click("Step forward")
        check()


def drive_detection_viewer(page, nth: int) -> None:
    """Go through the pictures at several thresholds: numbers, boxes and fates are Python's."""
    viewer = Stepper(page, "DetectionViewer", nth)
    element = viewer.element

    def check() -> None:
        page.wait_for_timeout(100)
        twin = viewer.twin()
        best = int(twin._decoded()[1].argmax())
        columns = twin.grid.shape[1]
        row, column = twin.cell or divmod(best, columns)
        shown = element.locator(".numbers dt + dd").all_inner_texts()
        assert [float(text) for text in shown] == pytest.approx(
            twin.grid[row, column].tolist(), abs=0.00051
        )
        fallen = sum(fate.kind == "suppressed" for fate in twin.fates)
        counts = element.locator(".panel.output > header .dims").inner_text()
        assert counts == f"{len(twin.steps)} kept, {fallen} suppressed"
        names = [twin.names[label] for label in twin.found["labels"]]
        listed = element.locator(".listed .kept, .listed .falls").all_inner_texts()
        assert sorted(text.split()[1] for text in listed) == sorted(names)

    check()
    for keys in ("Home", "End", "PageDown"):
        element.get_by_role("slider", name=re.compile("^score")).press(keys)
        check()
    if element.get_by_role("button", name="Next picture").is_visible():
        viewer.click("Next picture")
        check()
    element.locator(".panel.input .grid").press("ArrowDown")
    check()


def drive_embedding_explorer(page, nth: int) -> None:
    """Move a point and go down the gradient: what is shown is what Python computes."""
    explorer = Stepper(page, "EmbeddingExplorer", nth)
    explorer.element.locator(".dot").nth(1).focus()
    for key in ("ArrowRight", "Shift+ArrowUp", "Enter"):
        page.keyboard.press(key)
    for _ in range(3):
        explorer.click("Step forward")
        twin = explorer.twin()
        facts = dict(
            explorer.element.locator(".facts > div").evaluate_all(
                "(all) => all.map((one) => [...one.children].map((each) => each.textContent))"
            )
        )
        assert close_as_shown(float(facts["Loss"]), twin.loss_value, 3)
        rates = [
            float(facts[name].split(", ")[1][:-2]) for name in ("False accepts", "False rejects")
        ]
        assert rates == pytest.approx([100 * rate for rate in twin.error_rates], abs=0.05)


def drive_box_playground(page, nth: int) -> None:
    playground = Stepper(page, "BoxPlayground", nth)
    playground.element.get_by_role("radio", name="NMS").click()
    playground.click("Last step")
    twin = playground.twin()
    fates = playground.element.locator(".listed li").evaluate_all(
        "(all) => all.map((one) => [parseInt(one.textContent), one.className])"
    )
    assert [at for at, fate in fates if fate == "kept"] == twin.kept.tolist()
    assert twin.step == len(twin.rounds)


DRIVERS = {
    "ArchitectureExplorer": drive_architecture_explorer,
    "BackpropStepper": drive_backprop_stepper,
    "BoxPlayground": drive_box_playground,
    "ConvolutionStepper": drive_convolution_stepper,
    "DetectionViewer": drive_detection_viewer,
    "DigitPad": drive_digit_pad,
    "EmbeddingExplorer": drive_embedding_explorer,
    "FeatureMaps": drive_feature_maps,
    "KernelEditor": drive_kernel_editor,
    "PoolingStepper": drive_pooling_stepper,
    "ReceptiveField": drive_receptive_field,
    "ShapeCalculator": drive_shape_calculator,
    "SlidingWindow": drive_sliding_window,
    "TrainingMonitor": drive_training_monitor,
    "VolumeViewer": drive_volume_viewer,
}


def test_the_book_has_widgets(book):
    """(So that the test above can't pass for want of any.)"""
    counts = {n: (book / f"{n}.html").read_text("utf-8").count("<cnnviz-widget ") for n in PAGES}
    assert sum(counts.values()) >= 3
    assert all(counts[name] for name in PAGES if name.startswith("chapters/")), counts
