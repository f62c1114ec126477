"""The course in a real JupyterLab: run, touched in the browser, read back from Python."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import numpy as np
import pytest
from editor_page import EditorPage, close_as_shown
from notebooks import eventually, run_all, write_notebook
from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = ROOT / "chapters" / "03-convolution-2d.ipynb"

TWO_WIDGETS = """
import cnnviz
import ipywidgets
import numpy as np

editor = cnnviz.KernelEditor("camera", "sobel_x")
slider = ipywidgets.IntSlider(value=1, min=1, max=8, description="steps")
link = ipywidgets.jslink((editor, "stride"), (slider, "value"))
seen = []
editor.observe(lambda change: seen.append(change.new.tolist()), "kernel")
ipywidgets.HBox([editor, slider])
"""
IN_A_TAB = """
tab = ipywidgets.Tab([cnnviz.KernelEditor("camera", "box"), cnnviz.KernelEditor("astronaut")])
tab.titles = ["grey", "colour"]
tab
"""
FIND_EDITOR = "next(w for w in Out.values() if isinstance(w, cnnviz.KernelEditor))"


@pytest.fixture
def chapter(lab) -> str:
    """Return the name of a fresh copy of chapter 3, as a clone has it."""
    shutil.copy(CHAPTER, lab.notebooks / "chapter.ipynb")
    return "chapter.ipynb"


def editor_in(page: Page, nth: int = 0) -> EditorPage:
    editor = EditorPage(page, nth, host=".jp-OutputArea-output")
    editor.panel("kernel").scroll_into_view_if_needed()
    return editor


def run_cell(page: Page, code: str) -> str:
    """Type code into a new cell at the end, run it, and return what it prints."""
    notebook = "jupyterapp.shell.currentWidget.content"
    page.evaluate(f"void ({notebook}.activeCellIndex = {notebook}.widgets.length - 1)")
    page.evaluate("jupyterapp.commands.execute('notebook:insert-cell-below')")
    page.evaluate("jupyterapp.commands.execute('notebook:enter-edit-mode')")
    page.keyboard.insert_text(code)
    page.evaluate("jupyterapp.commands.execute('notebook:run-cell')")
    return page.locator(".jp-Cell").last.locator(".jp-OutputArea-output").first.inner_text()


def test_chapter_3_is_run_touched_and_read_back(lab, chapter, open_notebook):
    """Run all cells, drag a weight in the browser, and read kernel and output in the next cell."""
    page = open_notebook(chapter)
    run_all(page)
    editor = editor_in(page)
    before = editor.read("kernel").values
    editor.drag("kernel", 0, 0, by=(0, -40))
    editor.away()
    page.wait_for_timeout(400)
    shown = editor.read("kernel").values
    assert shown[0, 0] > before[0, 0]
    printed = run_cell(
        page, f"editor = {FIND_EDITOR}; print(editor.kernel.tolist(), editor.output.shape)"
    )
    kernel, _, shape = printed.strip().rpartition("] (")
    np.testing.assert_array_equal(np.array(eval(f"{kernel}]")), shown)
    assert editor.dims("output") == shape.rstrip(")").replace(", ", " × ")
    python = lab.kernel_of(chapter)
    editor.check_shows(
        np.array(python.value("editor.output.tolist()")), python.value("editor.cursor")
    )
    assert python.value("editor.preset") == "custom"


def test_what_python_sets_is_shown(lab, open_notebook):
    """A new kernel from a torch layer, and a new picture, reach the page at once."""
    code = 'import cnnviz\neditor = cnnviz.KernelEditor("camera")\neditor'
    name = write_notebook(lab.notebooks, code)
    page = open_notebook(name)
    run_all(page)
    editor = editor_in(page)
    python = lab.kernel_of(name)
    python.run(
        "import torch, numpy as np\n"
        "torch.manual_seed(0)\n"
        "conv = torch.nn.Conv2d(1, 2, (3, 5))\n"
        "editor.kernel = conv.weight[0]\n"
        "editor.bias = conv.bias[0].item()\n"
        "editor.image = np.arange(120.).reshape(10, 12) % 7"
    )
    page.wait_for_function(
        "document.querySelector('.panel.kernel .dims').textContent.startsWith('3 × 5')"
    )
    editor.settle()
    weights = np.array(python.value("editor.kernel.tolist()"))
    assert all(map(close_as_shown, editor.read("kernel").values.ravel(), weights.ravel()))
    assert editor.dims("input") == "10 × 12"
    y = np.array(python.value("editor.output.tolist()"))
    python.run("direct = conv(torch.tensor(editor.image)[None, None].float())[0, 0]")
    np.testing.assert_allclose(y, python.value("direct.tolist()"), atol=1e-5)
    editor.check_shows(y, python.value("editor.cursor"))


def test_widgets_are_ordinary_ipywidgets(lab, open_notebook):
    """In a box and in tabs; linked both ways in the browser; observed in Python."""
    name = write_notebook(lab.notebooks, TWO_WIDGETS, IN_A_TAB)
    page = open_notebook(name)
    run_all(page)
    python = lab.kernel_of(name)
    editor = editor_in(page)
    slider = page.locator(".widget-slider .widget-readout")
    assert editor.element.locator(".cnnviz").bounding_box()["width"] > 500

    editor.set_slider("stride", 3)
    page.wait_for_function(
        "document.querySelector('.widget-slider .widget-readout').textContent == '3'"
    )
    slider.fill("2")
    slider.press("Enter")
    page.wait_for_function("document.querySelector('.cnnviz .slider output').textContent == '2'")

    @eventually
    def both_halves_agree():
        assert python.value("[editor.stride, slider.value]") == [2, 2]

    both_halves_agree()
    editor.settle()
    editor.check_shows(
        np.array(python.value("editor.output.tolist()")), python.value("editor.cursor")
    )

    assert python.value("seen") == []
    editor.type_weight(0, 1, "2.5")

    @eventually
    def the_weight_is_seen():
        assert python.value("seen")[-1:] == [[[-1, 2.5, 1], [-2, 0, 2], [-1, 0, 1]]]

    the_weight_is_seen()

    grey, colour = page.locator(".widget-tab .cnnviz").all()
    assert grey.bounding_box()["width"] > 500
    assert not colour.is_visible()
    page.locator(".widget-tab .lm-TabBar-tab", has_text="colour").click()
    assert colour.bounding_box()["width"] > 500
    grid = colour.locator(".panel.input .grid")
    assert grid.bounding_box()["width"] > 100  # laid out although it was drawn while hidden
    assert colour.locator(".panel.output .dims").inner_text() == "94 × 94"


def test_before_it_is_run_a_chapter_shows_pictures(chapter, open_notebook):
    """As cloned, and so not trusted: a picture with a sentence for each widget, and no error."""
    page = open_notebook(chapter)
    assert not any(
        page.evaluate(
            "[...jupyterapp.shell.currentWidget.content.model.cells].map((c) => c.trusted)"
        )
    )
    pictures = page.locator('.jp-OutputArea-output img[alt^="Kernel editor:"]')
    notebook = nbformat.read(CHAPTER, as_version=4)
    widgets = [c for c in notebook.cells if "<cnnviz-widget" in str(c.get("outputs", ""))]
    assert pictures.count() == len(widgets) > 0
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        assert picture.evaluate("(image) => image.complete && image.naturalWidth") > 500
        assert picture.bounding_box()["width"] > 300
    assert page.get_by_text("Kernel editor: an image of").count() == len(widgets)
    for words in ("model not found", "Error displaying widget", "Loading widget"):
        assert page.get_by_text(words).count() == 0


def test_directives_are_rendered_and_solutions_folded(chapter, open_notebook):
    """The notebook reads as the site does."""
    page = open_notebook(chapter)
    page.locator(".jp-MarkdownCell aside.myst-admonition, .jp-MarkdownCell aside").first.wait_for()
    notebook = nbformat.read(CHAPTER, as_version=4)
    text = page.locator(".jp-Notebook").inner_text()
    assert ":::" not in text
    assert "```{" not in text
    folded = [c for c in notebook.cells if c.metadata.get("jupyter", {}).get("source_hidden")]
    assert page.locator(".jp-Cell-inputWrapper .jp-Placeholder").count() == len(folded) > 0
    hidden = folded[0].source.splitlines()[0]
    assert page.locator(".jp-CodeCell .cm-line", has_text=hidden).count() == 0
