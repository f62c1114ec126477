"""What the tests do to a notebook in JupyterLab: write one, run it, wait for its two halves."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import nbformat
from playwright.sync_api import Page

FRAME = 50  # ms for a page itself to follow
PATIENCE = 8  # seconds that the two halves have to agree


def write_notebook(folder: Path, *cells: str) -> str:
    """Write a notebook of code cells; return its name."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c.strip()) for c in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "test.ipynb")
    return "test.ipynb"


def run_all(page: Page) -> None:
    """Run every cell and wait for the last."""
    finished = page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
    errors = page.evaluate("""jupyterapp.shell.currentWidget.content.model.toJSON().cells
      .flatMap((cell) => cell.outputs ?? []).filter((out) => out.output_type === 'error')""")
    assert errors == []
    assert finished


def eventually(check: Callable[[], None]) -> Callable[[], None]:
    """Ask again until a check holds: what it compares is on its way between page and kernel."""

    def repeated() -> None:
        end = time.monotonic() + PATIENCE
        while True:
            time.sleep(FRAME / 1000)
            try:
                return check()
            except AssertionError:
                if time.monotonic() > end:
                    raise

    return repeated
