"""nbconvert's exporters: a page and slides in one file, whose widgets live without a network."""

# mypy: allow-untyped-calls, disallow-subclassing-any=False
from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nbconvert.exporters.html import HTMLExporter
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from traitlets import Unicode, default

__all__ = ["PageExporter", "SlidesExporter", "widget_scripts"]

HERE = Path(__file__).resolve().parent
STATIC = HERE.parent / "static"
STYLES = (STATIC / "cnnviz.css", HERE / "formulas.css", HERE / "export.css")


def widget_scripts(views: Iterable[str]) -> list[Path]:
    """Return the classic scripts that make widgets live, in the order in which they run.

    Parameters
    ----------
    views : iterable of str
        Names of views, as in ``<cnnviz-widget view="KernelEditor">``.

    Returns
    -------
    list of Path
        ``page.js`` and, where a view has a script of its own, that; none if there are no views.

    Examples
    --------
    >>> widget_scripts(["KernelEditor"])[0].name
    'page.js'
    >>> widget_scripts([])
    []
    """
    names = sorted(set(views))
    own = (STATIC / "views" / f"{name}.js" for name in names)
    return [STATIC / "page.js", *filter(Path.is_file, own)] if names else []


def inline(script: Path) -> str:
    """Return a script's text in a form that no ``</script>`` in it can end."""
    return script.read_text(encoding="utf-8").replace("</script", r"<\/script")


class _Chapter(Preprocessor):
    """Turn MyST cells into HTML; last of the preprocessors, when outputs are made."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        exporter = self.parent
        assert isinstance(exporter, PageExporter)
        # Not at the top: where one exporter's module can't be imported, nbconvert lists none, and
        # JupyterLab's export menu stays empty.
        try:
            from cnnviz.export._cells import Chapter
        except ImportError as error:
            raise ImportError(
                f"{error.name} is missing: install what exporting needs with "
                'pip install "cnnviz[course]"'
            ) from error
        found = resources.get("metadata", {})
        chapter = Chapter(
            nb,
            name=found.get("name") or "notebook",
            folder=Path(found.get("path") or "."),
            ending=exporter.file_extension,
            bibliography=exporter.bibliography,
            slides=exporter.slides,
            warn=self.log.warning,
        )
        nb.cells = chapter.cells()
        scripts = widget_scripts(chapter.views)
        resources["cnnviz"] = {
            "title": chapter.title,
            "references": chapter.references(),
            "styles": [path.read_text(encoding="utf-8") for path in STYLES],
            "scripts": [inline(s) for s in (*scripts, *exporter.own_scripts)],
            "slides": exporter.slides,
        }
        return nb, resources


class PageExporter(HTMLExporter):
    r"""A notebook as one page: widgets alive, formulas set, exercises' solutions folded, offline.

    What MyST adds to Markdown is shown as on the course's site: admonitions, exercises, citations,
    links between chapters. Other notebooks may be exported as well.

    Examples
    --------
    >>> from nbformat import v4
    >>> cells = [v4.new_markdown_cell("# Title\n\nHalf of $k^2$.")]
    >>> page, _ = PageExporter().from_notebook_node(v4.new_notebook(cells=cells))
    >>> "<msup><mi>k</mi><mn>2</mn></msup>" in page
    True
    """

    export_from_notebook = "HTML with living widgets"
    slides = False
    own_scripts: tuple[Path, ...] = ()

    bibliography = Unicode(
        "",
        help="A BibTeX file for {cite}. Empty: references.bib beside the notebook or above it.",
    ).tag(config=True)

    @default("template_name")
    def _template_name_default(self) -> str:
        return "cnnviz"

    @default("extra_template_basedirs")
    def _default_extra_template_basedirs(self) -> list[str]:
        return [str(HERE / "templates")]

    @default("exclude_input_prompt")
    def _exclude_input_prompt_default(self) -> bool:
        return True

    @default("exclude_output_prompt")
    def _exclude_output_prompt_default(self) -> bool:
        return True

    def _init_preprocessors(self) -> None:
        super()._init_preprocessors()
        self.register_preprocessor(_Chapter(parent=self), enabled=True)


class SlidesExporter(PageExporter):
    """A notebook as slides in one file, moved through by arrow keys, alive and offline.

    If any cell has a slide type, those count. If none has, a slide begins at each piece of text,
    and an exercise, or its solution, is one slide however many cells it spans.
    """

    export_from_notebook = "Slides with living widgets"
    slides = True
    own_scripts = (HERE / "slides.js",)

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".slides.html"

    @default("template_extension")
    def _template_extension_default(self) -> str:
        return ".html.j2"  # the page's template, too
