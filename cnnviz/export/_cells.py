"""A notebook's cells as they are exported: text as HTML, exercises and solutions put in boxes."""

# mypy: allow-untyped-calls
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nbformat import NotebookNode, v4

from cnnviz.export._bibliography import Bibliography, find_bibliography
from cnnviz.export._markdown import Markdown, split_options

__all__ = ["Chapter"]

# ```{exercise-start} Title … ``` and its three kin: they open and close what spans several cells.
GATE = re.compile(
    r"^(`{3,}|:{3,})\{(exercise|solution)-(start|end)\}[ \t]*(.*)\n((?:(?!\1).*\n)*)\1[ \t]*$",
    re.MULTILINE,
)
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
LEFT_OUT = ("skip", "notes")  # slide types that no one is shown


class Chapter:
    """A notebook on its way to a page.

    Parameters
    ----------
    notebook : NotebookNode
        Run or not; it is read, and its code cells' metadata are completed.
    name, folder, ending
        The notebook's name without ending, the folder of its neighbours, and the ending of the file
        that is written: a link to another chapter goes to its file beside this one.
    bibliography : str
        Path of a BibTeX file, or empty to look for ``references.bib``.
    slides : bool
        Whether the cells are parted into slides.
    warn : callable
        Is told what could not be translated.
    """

    def __init__(
        self,
        notebook: NotebookNode,
        *,
        name: str,
        folder: Path,
        ending: str,
        bibliography: str,
        slides: bool,
        warn: Callable[[str], None],
    ) -> None:
        self.notebook = notebook
        self.slides = slides
        self.views: set[str] = set()
        path = Path(bibliography) if bibliography else find_bibliography(folder)
        self.bibliography = Bibliography(path)
        self.text = Markdown(
            name=name, folder=folder, ending=ending, bibliography=self.bibliography, warn=warn
        )
        sources = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
        self.title = self.text.learn(sources) or name

    def references(self) -> str:
        """Return the list of the works cited, as HTML; empty if there are none."""
        return self.bibliography.listed()

    def cells(self) -> list[NotebookNode]:
        """Return the cells to print: code cells, text as HTML, and bare pieces of markup."""
        chosen = any(cell.metadata.get("slideshow", {}) for cell in self.notebook.cells)
        printed: list[NotebookNode] = []
        open_boxes: list[str] = []
        for cell in self.notebook.cells:
            kind = cell.metadata.get("slideshow", {}).get("slide_type", "")
            if self.slides and kind in LEFT_OUT:
                continue
            begins = kind in ("slide", "subslide") if chosen else cell.cell_type == "markdown"
            for piece in self._pieces(cell, open_boxes):
                shut = not open_boxes or piece.metadata.get("opens") == len(open_boxes) == 1
                if self.slides and begins and shut and printed and not piece.metadata.get("closes"):
                    printed.append(bare("</section><section>"))
                    begins = not chosen
                printed.append(piece)
        return [*printed, *(bare(closing) for closing in reversed(open_boxes))]

    def _pieces(self, cell: NotebookNode, open_boxes: list[str]) -> Iterator[NotebookNode]:
        """Yield a cell, parted at the gates of exercises and solutions."""
        if cell.cell_type == "code":
            yield self._complete(cell)
            return
        if cell.cell_type != "markdown":
            yield cell
            return
        attachments = cell.get("attachments", {})
        after = 0
        for gate in GATE.finditer(cell.source):
            yield from self._prose(cell.source[after : gate.start()], attachments)
            after = gate.end()
            _, kind, side, argument, rest = gate.groups()
            if side == "start":
                opening, closing = self.text.box(kind, argument, split_options(rest)[0])
                open_boxes.append(closing)
                yield bare(opening, opens=len(open_boxes))
            elif open_boxes:
                yield bare(open_boxes.pop(), closes=True)
        yield from self._prose(cell.source[after:], attachments)

    def _prose(self, source: str, attachments: dict[str, Any]) -> Iterator[NotebookNode]:
        if source.strip():
            yield v4.new_markdown_cell(self.text.render(source, attachments))

    def _complete(self, cell: NotebookNode) -> NotebookNode:
        """Give a cell's pictures their alternative text, and its widgets the page's own script."""
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        for output in cell.outputs:
            data = output.get("data", {})
            for kind in ("image/png", "image/jpeg"):
                if alt and kind in data:
                    output.metadata.setdefault(kind, NotebookNode())["alt"] = alt
            views = set(re.findall(r'<cnnviz-widget view="(\w+)"', data.get("text/html", "")))
            if views:
                data.pop(WIDGET_VIEW, None)  # it would be shown instead, and needs a kernel
            self.views |= views
        return cell


def bare(html: str, **metadata: Any) -> NotebookNode:
    """Return a piece of markup that stands between cells."""
    piece: NotebookNode = v4.new_markdown_cell(html, metadata={"bare": True, **metadata})
    return piece
