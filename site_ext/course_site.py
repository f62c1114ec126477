"""What the site needs beyond Jupyter Book: the widgets' scripts and style, and mended markup.

They are the files of the front end that ``make frontend`` built into ``cnnviz/static``: ``page.js``
and ``views/X.js``, classic scripts (a module would not load from ``file://``), and ``cnnviz.css``.
`course_light` says which page loads which of them. Formulas have the style of exported pages.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError

ROOT = Path(__file__).resolve().parent.parent
FRONT_END = ROOT / "cnnviz" / "static"
SITE_STATIC = ROOT / "site_static"
WIDGET_FILES = ("page.js", "cnnviz.css")
FORMULAS = ROOT / "cnnviz" / "export" / "formulas.css"
VIEWS = "views"  # the folder of the scripts of single views

# What the theme's markup gets wrong, mostly for those who listen to a page (axe-core's findings).
MENDS = (
    # The theme's script listens to the first of two buttons for a sidebar. The first stands in the
    # header that the site does not show: on a phone, the sidebars would not open.
    (
        r'<button class="pst-navbar-icon sidebar-toggle (?:primary|secondary)-toggle"'
        r"[^>]*>(?:.|\n)*?</button>",
        "",
    ),
    # A button's spoken name must hold its visible one: this one shows "Search Ctrl+K".
    (r'(<button class="btn search-button-field[^>]*) aria-label="Search"', r"\1"),
    (r'aria-label="Color mode" data-bs-title="Color mode"', 'aria-label="Colour mode"'),
    (r'(<i class="theme-switch [^>]*) title="[\w ]+"', r'\1 aria-hidden="true"'),
    # Everything lies in a landmark.
    (
        r'<div id="pst-primary-sidebar"',
        '<div role="region" aria-label="Sidebar" id="pst-primary-sidebar"',
    ),
    # Another spoken name that is not the visible one: this says "Show code cell content".
    (r'<summary aria-label="Toggle hidden content">', "<summary>"),
    # A table's empty corner heads nothing.
    (r'<th class="head"><p>\s*</p></th>', "<td></td>"),
    # A list of citations has list items; the role that docutils gives them is deprecated.
    (r'role="doc-biblioentry"', 'role="listitem"'),
)


def add_assets(app: Sphinx, config: Config) -> None:
    """Add the scripts and styles that every page loads.

    Raises
    ------
    ExtensionError
        When the front end has not been built.
    """
    missing = [name for name in WIDGET_FILES if not (FRONT_END / name).is_file()]
    if missing:
        raise ExtensionError(
            f"{' and '.join(missing)} not found in cnnviz/static: run `make frontend` (needs Node)"
        )
    files = (SITE_STATIC, *(FRONT_END / name for name in WIDGET_FILES), FORMULAS)
    config.html_static_path += map(str, files)


def copy_views(app: Sphinx, problem: Exception | None) -> None:
    """Put the scripts of the views into a folder of their own, where ``page.js`` looks for them.

    Sphinx would copy what is in a folder of static files, and leave out the folder.
    """
    if problem is None and app.builder.format == "html":
        shutil.copytree(FRONT_END / VIEWS, Path(app.outdir) / "_static" / VIEWS, dirs_exist_ok=True)


def offer_notebook(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Put one button on a chapter's page: its notebook, in one click."""
    buttons = [b for b in context["header_buttons"] if b.get("label") != "download-buttons"]
    if context.get("page_source_suffix") == ".ipynb":
        notebook = {
            "type": "link",
            "url": f"{context['pathto']('_sources', 1)}/{context['sourcename']}",
            "icon": "fas fa-download",
            "text": "Notebook",
            "tooltip": "Download this chapter's notebook",
            "label": "download-notebook-button",
        }
        buttons.insert(0, notebook)
    context["header_buttons"] = buttons


def mend_pages(app: Sphinx) -> None:
    """Let each page pass through `MENDS` on its way from the template to the file."""
    if app.builder.format != "html":
        return
    templates = app.builder.templates  # type: ignore[attr-defined]
    render = templates.render

    def render_and_mend(template: str, context: dict[str, Any]) -> str:
        page: str = render(template, context)
        for pattern, replacement in MENDS:
            page = re.sub(pattern, replacement, page)
        return page

    templates.render = render_and_mend


def keep_numbers_whole(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Let no line end inside a number, or between it and its per cent sign: 61 706, 78 %."""
    as_it_stands = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw)
    for text in list(doctree.findall(nodes.Text)):
        whole = re.sub(r"(?<=\d) (?=\d{3}(?!\d)|%)", "\N{NO-BREAK SPACE}", text)
        if whole != text and not isinstance(text.parent, as_it_stands):
            text.parent.replace(text, nodes.Text(whole))


def number_by_file(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Give a chapter the number of its file, and not of its place: some may be still to come.

    Sphinx has numbered all sections, figures and exercises by now, and asks which pages to read
    again for it: none.
    """
    for name, sections in env.toc_secnumbers.items():
        chapter = re.match(r"chapters/(\d+)-", name)
        if chapter is None:
            continue

        def renumbered(number: tuple[int, ...], first: int = int(chapter[1])) -> tuple[int, ...]:
            return (first, *number[1:])

        for anchor, number in sections.items():
            sections[anchor] = renumbered(number)
        for numbers in env.toc_fignumbers.get(name, {}).values():
            for anchor, number in numbers.items():
                numbers[anchor] = renumbered(number)
        for entry in (env.titles[name], *env.tocs[name].findall(nodes.reference)):
            if entry.get("secnumber"):
                entry["secnumber"] = renumbered(entry["secnumber"])
    return []


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the parts."""
    # Jupyter Book sets this value for sphinx_comments, which the site leaves out.
    app.add_config_value("comments_config", {}, "html")
    app.connect("config-inited", add_assets)
    app.connect("builder-inited", mend_pages)
    app.connect("env-get-updated", number_by_file, priority=900)  # after those that number
    app.connect("doctree-resolved", keep_numbers_whole)
    app.connect("build-finished", copy_views)
    app.connect("html-page-context", offer_notebook, priority=600)  # after the theme's buttons
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
