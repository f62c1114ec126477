"""The gallery shows every widget, each made by a few lines."""

import json
import re
from pathlib import Path

from cnnviz import widgets

NOTEBOOK = Path(__file__).resolve().parents[1] / "gallery.ipynb"
LINES = 4  # and the widget's name, to show it
CELLS = [
    ("".join(cell["source"]), json.dumps(cell.get("outputs", []), ensure_ascii=False))
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    if cell["cell_type"] == "code"
]


def test_every_widget_is_there_alive_under_the_lines_that_make_it():
    shown = {}
    for source, outputs in CELLS:
        for view in re.findall(r'<cnnviz-widget view=\\"(\w+)\\"', outputs):
            assert f"cnnviz.{view}" in source
            shown.setdefault(view, []).append(source)
    assert sorted(shown) == sorted(widgets.__all__)
    for view, sources in shown.items():
        for source in sources:
            lines = [line for line in source.splitlines() if not re.fullmatch(r"\w+", line)]
            assert len(lines) <= LINES, view
        assert any("# yours" in source for source in sources), f"{view}: whose data?"


def test_the_exports_are_shown():
    sources = "\n".join(source for source, _ in CELLS)
    for call in (".save_html(", "animations.convolution(", "animations.pooling(", ".from_link("):
        assert call in sources
