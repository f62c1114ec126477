"""The two directives of the front page: a live widget, and a card for each chapter.

Both are made when the site is built, from the package and from the chapters' notebooks, so that
neither can fall behind them.
"""

from __future__ import annotations

import base64
import html
import io
import json
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from PIL import Image
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import cnnviz

__all__ = ["ChapterCards", "Widget", "setup"]

CARD_WIDTH = 360  # pixels: twice what a card is wide on most pages


class Widget(SphinxDirective):
    """Put a widget on a page: ``{widget} KernelEditor``, its arguments as JSON below."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the widget's element."""
        arguments = json.loads("\n".join(self.content) or "{}")
        widget = getattr(cnnviz, self.arguments[0])(**arguments)
        return [nodes.raw("", widget.to_html(), format="html")]


class ChapterCards(SphinxDirective):
    """Show chapters as cards; each line is ``file: what it is about``, in reading order."""

    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {"first": directives.positive_int}

    def run(self) -> list[nodes.Node]:
        """Return the cards."""
        lines = [line for line in self.content if line.strip()]
        first = self.options.get("first", 1)
        cards = [self._card(number, line) for number, line in enumerate(lines, first)]
        return [nodes.raw("", f'<div class="chapter-cards">{"".join(cards)}</div>', format="html")]

    def _card(self, number: int, line: str) -> str:
        name, _, words = (part.strip() for part in line.partition(":"))
        path = Path(self.env.srcdir) / f"{name}.ipynb"
        self.env.note_dependency(str(path))
        notebook = json.loads(path.read_text(encoding="utf-8"))
        page = self.env.app.builder.get_relative_uri(self.env.docname, name)
        return (
            f'<a class="chapter-card" href="{page}"><img src="{_picture(notebook)}" alt="">'
            f"<span><strong>{number}. {html.escape(_title(notebook))}</strong>"
            f"<span>{html.escape(words)}</span></span></a>"
        )


def _title(notebook: Any) -> str:
    """Return a notebook's first heading."""
    cells = (cell for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    text = "\n".join("".join(cell["source"]) for cell in cells)
    return next(line[2:] for line in text.splitlines() if line.startswith("# "))


def _picture(notebook: Any) -> str:
    """Return the first picture that a notebook made, small, as a data URI."""
    outputs = (out.get("data", {}) for c in notebook["cells"] for out in c.get("outputs", ()))
    data = "".join(next(data["image/png"] for data in outputs if "image/png" in data))
    picture = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")
    small = picture.resize((CARD_WIDTH, round(picture.height * CARD_WIDTH / picture.width)))
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=75, method=6)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    app.add_directive("widget", Widget)
    app.add_directive("chapter-cards", ChapterCards)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
