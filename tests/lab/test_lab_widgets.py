"""Every widget in a real JupyterLab: driven by mouse and key, read from Python, set from Python."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from editor_page import close_as_shown, written
from notebooks import FRAME, eventually, run_all, write_notebook
from PIL import Image
from playwright.sync_api import Locator, Page, expect

import cnnviz

ROOT = Path(__file__).resolve().parents[2]
TICK = 400  # ms for a change to go to the kernel, or to come from there


class Live:
    """A widget in a running notebook: its view on the page, and its object in Python."""

    def __init__(self, page: Page, python: Any, view: Locator, name: str) -> None:
        self.page = page
        self.python = python
        self.view = view
        self.name = name
        view.scroll_into_view_if_needed()

    def value(self, expression: str) -> Any:
        """Return what an expression of the widget `w` is in Python, once the page is heard."""
        self.page.wait_for_timeout(TICK)
        return self.python.value(f"(lambda w: {expression})({self.name})")

    def becomes(self, expression: str, expected: Any) -> None:
        """Wait until an expression of the widget `w` has a value in Python."""

        @eventually
        def agree() -> None:
            found = self.python.value(f"(lambda w: {expression})({self.name})")
            assert found == expected, (expression, found)

        agree()

    def assign(self, code: str) -> None:
        """Run a statement with `w` for the widget in Python, and let the page hear it."""
        self.python.run(f"w = {self.name}\n{code}")
        self.page.wait_for_timeout(FRAME)

    def click(self, name: str) -> None:
        self.view.get_by_role("button", name=name, exact=True).click()

    def choose(self, name: str) -> None:
        self.view.get_by_role("radio", name=name).first.click()

    def slide(self, name: str, *keys: str) -> None:
        slider = self.view.get_by_role("slider", name=re.compile(f"^{name}")).first
        slider.focus()
        for key in keys:
            slider.press(key)

    def type_into(self, grid: str, text: str) -> None:
        """Type a number over a grid's first cell."""
        cells = self.view.locator(grid).first
        cells.focus()
        cells.press("Control+Home")
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def check(self) -> None:
        """The number that is written out is Python's, at the place that it names."""

        @eventually
        def agree() -> None:
            place, shown = written(self.view)
            exact = self.python.value(f"(lambda w: float(w.output[{place}]))({self.name})")
            assert close_as_shown(shown, exact, 6), place

        agree()


def drive_kernel_editor(live: Live) -> None:
    live.type_into(".panel.kernel .grid", "2.5")
    live.becomes("float(w.kernel[0, 0])", 2.5)
    live.check()
    live.slide("stride", "ArrowRight")
    live.becomes("w.stride", 2)
    live.check()


def drive_convolution_stepper(live: Live) -> None:
    live.click("Last step")
    last = live.value("w.output.size") - 1
    live.becomes("w.step", last)
    live.check()
    live.view.locator(".timeline input").press("Home")
    live.becomes("w.step", 0)
    live.check()
    live.type_into(".panel.kernel .grid", "3")
    live.check()
    live.becomes("float(w.dense.ravel()[0])", 3)
    live.slide("stride", "ArrowLeft")
    live.becomes("w.stride", 1)
    live.check()
    live.choose("transposed")
    live.becomes("w.transposed", True)
    live.assign("w.transposed = False; w.dilation = 2")
    live.check()


def drive_backprop_stepper(live: Live) -> None:
    def check(name: str, expression: str) -> None:
        cells = live.view.locator(f".of-{name} [role=gridcell]").all_inner_texts()
        shown = [float(text.replace("−", "-")) for text in cells]
        assert shown == live.value(f"{expression}.ravel().tolist()"), name

    def check_all() -> None:
        live.click("Last step")
        for name, expression in (
            ("z", "w.feature_maps['Z']"),
            ("p", "w.output"),
            ("dp", "w.grad"),
            ("dx", "w.dx"),
            ("dw", "w.dweight"),
            ("db", "w.dbias"),
        ):
            check(name, expression)

    check_all()
    live.type_into(".of-dp .grid", "3")
    live.becomes("int(w.grad[0, 0])", 3)
    check_all()
    live.type_into(".of-w .grid", "-2")
    check_all()
    live.choose("full convolution")
    live.becomes("w.route", "gather")
    live.view.locator(".timeline input").press("Home")
    live.becomes("w.step", 0)
    check_all()
    live.assign("w.grad = w.grad * 0 + 1; w.pool = 'none'")
    check_all()


def drive_digit_pad(live: Live) -> None:
    @eventually
    def check() -> None:
        shown = live.view.locator(".says").inner_text()
        assert shown == live.value("'–' if w.prediction is None else str(w.prediction)")

    check()
    live.view.locator(".examples button").last.click()
    live.becomes("w.label is not None and w.prediction != w.label", True)
    check()
    live.click("Clear")
    live.becomes("int(w.drawing.sum())", 0)
    sheet = live.view.locator(".sheet")
    sheet.focus()
    for key in ("Space", *["ArrowDown"] * 6, "Space"):
        sheet.press(key)
    assert live.value("int(w.drawing.sum())") > 0
    check()
    live.assign("w.drawing = w.drawing.T")
    check()


def drive_pooling_stepper(live: Live) -> None:
    live.click("Last step")
    live.becomes("w.step", live.value("w.output.size") - 1)
    for mode, trait in (("average", "mean"), ("L2", "l2"), ("max", "max")):
        live.choose(mode)
        live.becomes("w.mode", trait)
        live.check()
    live.slide("kernel", "ArrowRight")
    live.becomes("w.kernel", 3)
    live.assign("w.mode = 'mean'")
    live.check()


def drive_shape_calculator(live: Live) -> None:
    @eventually
    def check() -> None:
        sizes = live.value("[row['size'] for row in w.rows]")
        rows = live.view.locator(".chain [role=row]").filter(has=live.page.locator("button.layer"))
        shown = rows.locator("[data-label=Output]").all_inner_texts()
        numbers = [[int(re.sub(r"\s", "", n)) for n in text.split("×")] for text in shown[1:]]
        assert numbers == sizes

    before = live.value("len(w.layers)")
    live.click("+ linear")
    live.becomes("len(w.layers)", before + 1)
    assert "flatten" in live.value("[row['error'] or '' for row in w.rows if row['error']][0]")
    live.click("Undo")
    check()
    live.view.locator("button.layer").nth(1).click()
    channels = live.view.get_by_label("channels")
    channels.fill("8")
    live.becomes("w.layers[0]['channels']", 8)
    check()
    live.view.locator("button.layer").nth(1).focus()
    live.page.keyboard.press("ArrowDown")
    live.page.keyboard.press("Delete")
    live.becomes("len(w.layers)", before - 1)
    check()
    live.assign("w.input_shape = (1, 28, 28)")
    check()


def drive_receptive_field(live: Live) -> None:
    @eventually
    def check() -> None:
        facts = live.view.locator(".facts > div").filter(has_text="Positions").inner_text()
        seen = int(re.sub(r"\s", "", facts.split("\n")[1]).split("of")[0])
        live.becomes("int(w.field.sum())", seen)

    check()
    live.click("Step back")
    check()
    live.view.locator(".panel.output .field").press("ArrowRight")
    check()
    live.assign("w.unit = (0, 0)")
    check()


def drive_training_monitor(live: Live) -> None:
    @eventually
    def check() -> None:
        step = live.value("w.runs[w.run]['step'][w._at(w.runs[w.run])]")
        assert live.view.locator(".readout b").nth(1).inner_text().startswith(f"{step} of ")

    check()
    live.view.locator(".plot").first.press("Home")
    live.becomes("w.step", 1)
    check()
    live.view.locator(".timeline input").press("ArrowRight")
    live.becomes("w.step", live.value("w.runs[0]['step'][1]"))
    live.click("log scale")
    live.becomes("w.log_scale", True)
    live.assign("w.step = 100")
    check()
    live.assign("w.runs = {'other': {'loss': [3, 2, 1]}}")
    check()


def drive_volume_viewer(live: Live) -> None:
    live.check()
    for axis, name in ((1, "height"), (2, "width"), (0, "depth")):
        live.choose(f"slices across {name}")
        live.becomes("w.axis", axis)
        live.click("Step forward")
        live.check()
    before = live.value("w.index")
    live.view.locator(".timeline input").press("ArrowLeft")
    live.becomes("w.index", before - 1)
    live.type_into(".panel.kernel .grid", "4")
    assert 4 in live.value("w.kernel.ravel().tolist()")
    live.check()
    live.assign("w.stride = 2")
    live.check()


def drive_detection_viewer(live: Live) -> None:
    def check() -> None:
        """The boxes that are kept, and how many are suppressed, are Python's."""
        kept, fallen = live.value("[len(w.steps), sum(f.kind == 'suppressed' for f in w.fates)]")
        counts = live.view.locator(".panel.output > header .dims")
        expect(counts).to_have_text(f"{kept} kept, {fallen} suppressed")

    check()
    live.slide("score", "Home")
    live.becomes("w.threshold", 0)
    check()
    live.assign("w.threshold = 0.5")
    live.click("Next picture")
    live.becomes("w.index", 1)
    check()
    live.view.locator(".panel.input .grid").press("ArrowRight")
    assert live.value("w.cell[1]") > 0
    live.assign("w.overlap = 0.9")
    check()


def drive_sliding_window(live: Live) -> None:
    @eventually
    def check() -> None:
        """The scores of the window, and what both forms have multiplied, are Python's."""
        rows = live.view.locator(".figures").first.locator("tbody tr td:last-child")
        scores = live.value("w.scores.reshape(10, -1)[:, w.step].tolist()")
        shown = [float(text.replace("−", "-")) for text in rows.all_inner_texts()]
        assert shown == pytest.approx(scores, abs=0.0051)
        last = live.view.locator(".figures").last.locator("tbody tr").last.inner_text()
        totals = [int(re.sub(r"\D", "", text)) for text in last.split("\t")[1:3]]
        assert totals == live.value("[sum(v.values()) for v in w.multiply_adds.values()]")

    check()
    live.click("Step forward")
    check()
    live.assign("w.stride = 8")
    check()
    live.view.get_by_role("radio", name="16").click()
    live.becomes("w.stride", 16)
    check()
    live.assign("w.digit = 7")
    check()


def drive_feature_maps(live: Live) -> None:
    live.view.locator(".overview .sheet-maps").nth(3).click(position={"x": 4, "y": 4})
    live.becomes("w.selected", [3, 0])
    live.assign("w.selected = (3, 5, 4, 4)")
    eventually(lambda: check_unit(live))()
    live.view.get_by_role("button", name="Map", exact=True).click()
    live.click("All maps")
    live.becomes("w.selected", [])


def check_unit(live: Live) -> None:
    """The number at the end of the sum is the model's."""
    value = live.value("float(w.unit['value'])")
    line = live.view.locator(".sum > div").last.inner_text()
    shown = float(re.findall(r"−?[\d.]+", line)[-1].replace("−", "-"))
    assert close_as_shown(shown, value, 5)


def drive_architecture_explorer(live: Live) -> None:
    @eventually
    def check() -> None:
        facts = live.view.locator(".facts > div").filter(has_text="Parameters").inner_text()
        shown = int(re.sub(r"\D", "", facts.split("\n")[1]))
        assert live.value("w.selection['parameters']") == shown

    check()
    live.view.locator("[role=tree] [tabindex='0']").first.press("Home")
    check()
    live.assign("w.selected = len(w.networks[0]['name']) - 1")
    check()


def drive_embedding_explorer(live: Live) -> None:
    @eventually
    def check() -> None:
        facts = live.view.locator(".facts > div").filter(has_text="Loss").inner_text()
        assert close_as_shown(float(facts.split("\n")[1]), live.value("w.loss_value"), 3)

    check()
    before = live.value("w.points[0][0]")
    live.view.locator(".dot").first.press("ArrowRight")
    live.becomes("w.points[0][0]", before + 0.05)
    check()
    live.click("Step forward")
    live.becomes("w.step", 1)
    check()
    live.assign("w.loss, w.step = 'contrastive', 20")


def drive_box_playground(live: Live) -> None:
    @eventually
    def check() -> None:
        shown = live.view.locator(".facts > div").first.inner_text().split("\n")[1]
        assert close_as_shown(float(shown), live.value("w.pair['iou']"), 4)

    check()
    before = live.value("w.objects[w.selected[0]].tolist()")
    live.view.locator(".handle.object").press("ArrowLeft")
    live.becomes("w.objects[w.selected[0], 0]", before[0] - 1)
    check()
    live.assign("import numpy as np; w.detections = np.insert(w.objects, 4, 0.5, axis=1)")
    check()
    live.choose("NMS")
    live.becomes("w.view", "nms")
    live.click("Last step")
    live.becomes("w.step", live.value("len(w.rounds)"))
    live.assign("w.view = 'iou'")
    check()


DRIVERS: dict[str, tuple[str, Callable[[Live], None]]] = {
    "Architecture explorer": ("explorer", drive_architecture_explorer),
    "Kernel editor": ("editor", drive_kernel_editor),
    "Backpropagation stepper": ("backward", drive_backprop_stepper),
    "Embedding explorer": ("faces", drive_embedding_explorer),
    "Box playground": ("playground", drive_box_playground),
    "Feature maps": ("maps", drive_feature_maps),
    "Detection viewer": ("detections", drive_detection_viewer),
    "Digit pad": ("pad", drive_digit_pad),
    "Convolution stepper": ("stepper", drive_convolution_stepper),
    "Pooling stepper": ("pooler", drive_pooling_stepper),
    "Receptive field": ("field", drive_receptive_field),
    "Shape calculator": ("calculator", drive_shape_calculator),
    "Sliding window": ("slider", drive_sliding_window),
    "Training monitor": ("monitor", drive_training_monitor),
    "Volume viewer": ("viewer", drive_volume_viewer),
}


def test_every_widget_of_the_gallery_is_alive(lab, open_notebook):
    """Run the gallery, then work on each widget: the page and Python stay one."""
    shutil.copy(ROOT / "gallery.ipynb", lab.notebooks / "gallery.ipynb")
    page = open_notebook("gallery.ipynb")
    run_all(page)
    views = page.locator(".jp-OutputArea-output .cnnviz")
    labels = views.evaluate_all("(all) => all.map((el) => el.getAttribute('aria-label'))")
    assert set(labels) == set(DRIVERS)
    python = lab.kernel_of("gallery.ipynb")
    for label, (name, drive) in DRIVERS.items():
        drive(Live(page, python, views.nth(labels.index(label)), name))


EACH = """
import cnnviz
import numpy as np
x = np.arange(25).reshape(5, 5) % 7
""" + "\n".join(
    f"display({code})"
    for code in (
        "cnnviz.KernelEditor(x, 'box')",
        "cnnviz.ConvolutionStepper(x, [[1, 0], [0, 1]])",
        "cnnviz.BackpropStepper(x, [[1, 0], [0, 1]])",
        "cnnviz.PoolingStepper(x, 2)",
        "cnnviz.DetectionViewer()",
        "cnnviz.DigitPad()",
        "cnnviz.EmbeddingExplorer()",
        "cnnviz.FeatureMaps()",
        "cnnviz.ArchitectureExplorer()",
        "cnnviz.BoxPlayground()",
        "cnnviz.ReceptiveField([{'kind': 'pool'}])",
        "cnnviz.ShapeCalculator([{'kind': 'flatten'}])",
        "cnnviz.SlidingWindow()",
        "cnnviz.TrainingMonitor({'loss': [3, 2, 1], 'train_accuracy': [0.5, 0.75, 1]})",
        "cnnviz.VolumeViewer(np.arange(60).reshape(3, 4, 5))",
    )
)


LARGE = """
import cnnviz, torch
torch.manual_seed(0)
layers = [torch.nn.Conv2d(3, 16, 3, padding=1), torch.nn.MaxPool2d(2), torch.nn.Conv2d(16, 32, 3)]
large = cnnviz.FeatureMaps(torch.nn.Sequential(*layers), torch.rand(3, 40, 40), budget=80_000)
large
"""


def test_the_kernel_opens_what_was_not_recorded(lab, open_notebook):
    notebook = write_notebook(lab.notebooks, LARGE)
    page = open_notebook(notebook)
    run_all(page)
    view = page.locator(".jp-OutputArea-output .cnnviz")
    live = Live(page, lab.kernel_of(Path(notebook).name), view, "large")
    view.locator(".overview .sheet-maps").nth(3).click(position={"x": 4, "y": 4})
    at = live.value("w.selected")
    assert at[0] == 3
    view.locator(".zoom .panel.output .grid").first.press("ArrowDown")
    assert len(live.value("w.selected")) == 4
    assert live.value("w.found is not None or tuple(w.selected) in w._places")
    check_unit(live)
    assert view.locator(".missing").is_hidden()


def test_plain_keys_stay_in_a_widget(lab, open_notebook):
    """JupyterLab has shortcuts on plain keys: pressed in a widget, they change no cell."""
    page = open_notebook(write_notebook(lab.notebooks, EACH, "1 + 1"))
    run_all(page)
    cells = "jupyterapp.shell.currentWidget.content.widgets.map((cell) => cell.model.id)"
    active = "jupyterapp.shell.currentWidget.content.activeCellIndex"
    before = page.evaluate(cells)
    views = page.locator(".jp-OutputArea-output .cnnviz")
    assert views.count() == len(DRIVERS)
    for view in views.all():
        inside = view.locator(".grid, .plot, .timeline input, button.layer")
        for element in inside.all():
            if not element.is_visible():
                continue
            element.focus()
            here = page.evaluate(active)
            for key in ("a", "d", "d", "x", "ArrowUp", "ArrowDown"):
                page.keyboard.press(key)
            assert page.evaluate(cells) == before, element
            assert page.evaluate(active) == here
            assert view.evaluate("(el) => el.contains(document.activeElement)")
    page.keyboard.press("Shift+Enter")  # but a cell can be run from a widget in it
    page.wait_for_timeout(TICK)
    assert page.evaluate(active) == len(before) - 1


@pytest.mark.parametrize("width", [1400, 700])
def test_no_widget_is_wider_than_its_cell(lab, open_notebook, width):
    page = open_notebook(write_notebook(lab.notebooks, EACH))
    page.set_viewport_size({"width": width, "height": 900})
    run_all(page)
    for view in page.locator(".jp-OutputArea-output .cnnviz").all():
        wide, room = view.evaluate(
            "(el) => [el.scrollWidth, el.closest('.jp-OutputArea-output').clientWidth]"
        )
        assert wide <= room


DETECTOR = """
import cnnviz, numpy as np
viewer = cnnviz.DetectionViewer(np.zeros((64, 64)))
display(viewer)
"""


def test_a_picture_of_one_s_own_goes_to_the_kernel_and_comes_back_as_boxes(lab, open_notebook):
    """A scene as a file, the same inverted, a file that is no picture, and one more."""
    (scene,) = cnnviz.data.scenes(1, split="test", seed=2).images
    pixels = np.rint(scene[0] * 255).astype(np.uint8)
    files = {"scene": pixels, "ink": 255 - pixels}
    for name, values in files.items():
        Image.fromarray(values).save(lab.notebooks / f"{name}.png")
    (lab.notebooks / "broken.png").write_bytes(b"no picture")
    page = open_notebook(write_notebook(lab.notebooks, DETECTOR))
    run_all(page)
    view = page.locator(".jp-OutputArea-output .cnnviz")
    live = Live(page, lab.kernel_of("test.ipynb"), view, "viewer")
    file = view.locator("input[type=file]")

    def found(count: int) -> None:
        live.becomes("len(w.images)", count)
        live.becomes("w.found['labels'].tolist()", [6, 8, 7])
        expect(view.locator(".which")).to_have_text(f"picture {count} of {count}")
        expect(view.locator(".panel.output > header .dims")).to_have_text("3 kept, 0 suppressed")

    assert "nowhere else" in view.locator(".own .hint").inner_text()
    file.set_input_files(lab.notebooks / "scene.png")
    found(2)
    assert live.value("w.images[-1, 0].tolist()") == pixels.tolist()
    file.set_input_files(lab.notebooks / "broken.png")
    expect(view.locator(".status.alarm")).to_contain_text("is not a picture")
    assert live.value("len(w.images)") == 2
    view.get_by_role("button", name="dark on light").click()
    file.set_input_files(lab.notebooks / "ink.png")
    found(3)
