"""Exported notebooks: what MyST adds to Markdown is shown, and a page needs nothing else."""

from __future__ import annotations

import base64
import importlib
import logging
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from nbformat import v4

from cnnviz.export import PageExporter, SlidesExporter, _exporters, widget_scripts

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = [*sorted((ROOT / "chapters").glob("*.ipynb")), ROOT / "gallery.ipynb"]
RAW = re.compile(r".{0,20}(?:\{[a-z]+[:}-]|`{3}|:{3}|\$|\)=).{0,20}")
WORK = "@article{one, author={Doe, A. and Roe, B.}, title={On sums}, journal={J}, year={1999}}"
GATES = """\
```{exercise-start} Halve *it*
:label: ex-half
```
What is half of $8$?
```{exercise-end}
```
```{solution-start} ex-half
:class: dropdown
```
Four.
"""


@cache
def page_of(path, exporter=PageExporter):
    """Return what is made of a chapter, and what was said on the way."""
    said = []
    made = exporter()
    made.log = logging.Logger("export", logging.WARNING)
    made.log.addHandler(handler := logging.Handler())
    handler.emit = lambda record: said.append(record.getMessage())
    page, _ = made.from_filename(str(path))
    return BeautifulSoup(page, "html.parser"), said


def exported(*cells, folder=None, exporter=PageExporter, name="notebook"):
    """Return the body of what is made of cells; a string is a Markdown cell."""
    nodes = [v4.new_markdown_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    resources = {"metadata": {"name": name, "path": str(folder or ROOT / "tests")}}
    page, _ = exporter().from_notebook_node(v4.new_notebook(cells=nodes), resources)
    return BeautifulSoup(page, "html.parser")


def read(soup):
    """Return what a reader reads, code and formulas left out."""
    if soup.name in ("script", "style", "pre", "code", "math"):
        return ""
    kinds = soup.interesting_string_types  # text, not comments
    return "".join(
        read(part) if isinstance(part, Tag) else str(part)
        for part in soup.contents
        if isinstance(part, Tag) or type(part) in kinds
    )


def code(source, *outputs, **metadata):
    return v4.new_code_cell(source, outputs=list(outputs), metadata=metadata)


def shown(**data):
    return v4.new_output("display_data", {k.replace("_", "/"): v for k, v in data.items()})


# --- the course's own -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_is_shown_without_its_markup(path):
    soup, said = page_of(path)
    assert said == []  # no formula, no work, no picture's description is missing
    assert RAW.findall(read(soup)) == []
    source = path.with_suffix(".md").read_text(encoding="utf-8")
    assert len(soup.select("div.exercise")) == source.count("{exercise-start}")
    assert len(soup.select("details.solution:not([open])")) == source.count("{solution-start}")
    for image in soup.select("img"):
        assert len(image.get("alt", "")) >= 10
        assert not image["alt"].startswith("No description")
    cited = {
        key.strip()
        for keys in re.findall(r"\{cite(?::t)?\}`(.*?)`", source)
        for key in keys.split(",")
    }
    assert {item["id"] for item in soup.select(".references li")} == {f"ref-{k}" for k in cited}


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_links_within_a_chapter_lead_somewhere(path):
    soup, _ = page_of(path)
    for link in soup.select('a[href^="#"]'):
        assert soup.find(id=link["href"][1:]), link
    for link in soup.select("a[href]:not([href^='#']):not([href^='http'])"):
        name, _, label = link["href"].partition("#")
        source = (path.parent / name).with_suffix(".md")
        assert source.is_file(), link
        assert not label or f"({label})=" in source.read_text(encoding="utf-8")


def test_nothing_is_fetched():
    """No script, style sheet, font or picture of a page lies elsewhere."""
    for exporter in (PageExporter, SlidesExporter):
        soup, _ = page_of(ROOT / "gallery.ipynb", exporter)
        assert not soup.select("[src]:not([src^='data:']), link[href]")
        assert not re.search(r"@import|url\((?!\"?data:)", "".join(map(str, soup("style"))))


def test_the_names_of_the_exporters_lead_to_them():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for place in project["entry-points"]["nbconvert.exporters"].values():
        module, _, name = place.partition(":")
        assert issubclass(getattr(importlib.import_module(module), name), PageExporter)


def test_what_is_missing_is_said_when_a_page_is_made_and_not_before():
    """nbconvert makes every exporter when it lists them: one that fails there would hide all."""
    code = """
import sys
for name in ("pybtex", "markdown_it", "mdit_py_plugins", "latex2mathml"):
    sys.modules[name] = None
from nbconvert.exporters import get_exporter
from nbformat import v4
exporter = get_exporter("cnnviz.export.PageExporter")
try:
    exporter().from_notebook_node(v4.new_notebook())
except ImportError as error:
    print(error)
"""
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, cwd=ROOT)
    assert "is missing: install what exporting needs with pip install" in run.stdout


# --- scripts --------------------------------------------------------------------------------------


def test_only_the_scripts_of_the_views_shown_are_put_in(tmp_path, monkeypatch):
    """Whether the front end is one script, or a core and a script for each view."""
    monkeypatch.setattr(_exporters, "STATIC", tmp_path)
    (tmp_path / "page.js").write_text("core")
    assert widget_scripts([]) == []
    assert widget_scripts(["B"]) == [tmp_path / "page.js"]
    (tmp_path / "views").mkdir()
    for name in "ABC":
        (tmp_path / "views" / f"{name}.js").write_text(name)
    assert [path.stem for path in widget_scripts(["C", "A", "C"])] == ["page", "A", "C"]


def test_a_script_cannot_end_its_element_early(tmp_path):
    script = tmp_path / "page.js"
    script.write_text('const text = "</script><b>";')
    assert _exporters.inline(script) == r'const text = "<\/script><b>";'


def test_a_widget_is_its_element_and_not_its_model():
    """Where a notebook was just run, its outputs name models that no page knows."""
    still = '<img src="data:," alt="A still">'
    element = f'<cnnviz-widget view="KernelEditor" state="{{}}">{still}</cnnviz-widget>'
    output = shown(text_html=element)
    output.data["application/vnd.jupyter.widget-view+json"] = {"model_id": "a"}
    soup = exported(code("editor", output))
    assert len(soup.select("cnnviz-widget")) == 1
    assert "model_id" not in str(soup)
    assert len(soup.select("body > script")) >= 1


def test_a_page_without_widgets_has_no_widgets_script():
    assert not exported("Words.").select("body > script")


# --- what MyST adds -------------------------------------------------------------------------------


@pytest.mark.parametrize("fence", ["```", ":::", "````"])
@pytest.mark.parametrize(
    ("opening", "title", "box"),
    [
        ("{admonition} Guess $k$\n:class: tip", "Guess k", "div.admonition.tip"),
        ("{admonition} Later\n:class: dropdown", "Later", "details.admonition:not([open])"),
        ("{note}", "Note", "div.admonition.note"),
        ("{warning}", "Warning", "div.admonition.warning"),
    ],
)
def test_admonitions_keep_title_and_formulas(fence, opening, title, box):
    soup = exported(f"{fence}{opening}\n\nFor **you**: $$k^2$$\n\n- one\n{fence}")
    (found,) = soup.select(box)
    assert found.select_one(".admonition-title").get_text() == title
    assert all(found.select_one(name) for name in ("msup", "strong", "li"))


def test_an_exercise_and_its_solution_span_cells():
    soup = exported(GATES, code("4"), "```{solution-end}\n```\n\n## On", name="03-two")
    exercise = soup.select_one("main > div.exercise")
    assert exercise.select_one(".admonition-title").get_text() == "Exercise 3.1: Halve it"
    solution = soup.select_one("main > details.solution")
    assert solution.summary.get_text() == "Solution to Exercise 3.1"
    assert "Four." in solution.get_text()
    assert solution.select_one(".cell")
    assert soup.select_one("main > div.text > h2").get_text() == "On"


def test_a_solution_that_never_ends_is_closed_by_the_page():
    soup = exported(GATES, "Afterwards.")
    assert "Afterwards." in soup.select_one("main > details.solution").get_text()


def test_citations_name_author_and_year_and_are_listed(tmp_path):
    (tmp_path / "references.bib").write_text(WORK)
    inside = tmp_path / "chapters"
    inside.mkdir()
    soup = exported("{cite:t}`one` adds {cite}`one`.", folder=inside)
    assert soup.select_one("p").get_text() == "Doe and Roe [1999] adds [Doe and Roe, 1999]."
    assert "On sums" in soup.select_one("#ref-one").get_text()


def test_what_is_not_known_is_shown_and_reported(tmp_path, caplog):
    roles = "{cite}`none`, {doc}`away`, {ref}`nowhere`, {odd}`role`, $\\nope{x}$"
    soup = exported(roles, "```{odd}\nkept\n```", folder=tmp_path)
    for words in ("none", "away", "nowhere", "role", "nope", "kept"):
        assert words in soup.get_text()
    messages = "\n".join(record.message for record in caplog.records)
    for words in ("not in the bibliography: none", "formula not translated", "{odd} is shown"):
        assert words in messages


def test_references_lead_to_places_in_this_and_other_notebooks(tmp_path):
    other = v4.new_notebook(cells=[v4.new_markdown_cell("# Other *one*\n\n(far)=\n## Far away")])
    (tmp_path / "02-other.ipynb").write_text(v4.writes(other))
    soup = exported(
        "(near)=\n## Near by\n\n{ref}`near`, {ref}`there <far>`, {doc}`02-other`, {eq}`sum`\n\n"
        "$$\na + b\n$$ (sum)",
        folder=tmp_path,
    )
    links = [(link["href"], link.get_text()) for link in soup.select("a")]
    assert links == [
        ("#near", "Near by"),
        ("02-other.html#far", "there"),
        ("02-other.html", "Other one"),
        ("#sum", "(1)"),
    ]
    assert soup.select_one("#sum .eqno").get_text() == "(1)"
    assert soup.select_one("#near")


def test_pictures_come_along(tmp_path):
    (tmp_path / "a.png").write_bytes(b"bytes")
    attachments = {"b.png": {"image/png": "Yg=="}}
    attached = v4.new_markdown_cell("![B](attachment:b.png)", attachments=attachments)
    soup = exported("![A](a.png)", attached, folder=tmp_path)
    assert [image["src"] for image in soup.select("img")] == [
        f"data:image/png;base64,{base64.b64encode(b'bytes').decode()}",
        "data:image/png;base64,Yg==",
    ]


def test_a_drawn_picture_says_what_it_shows():
    alt = 'Two "maps" & a <kernel>'
    soup = exported(code("plot()", shown(image_png="Yg=="), mystnb={"image": {"alt": alt}}))
    assert soup.select_one("img")["alt"] == alt


def test_hidden_code_is_one_click_away():
    soup = exported(code("import math", jupyter={"source_hidden": True}), code("1 + 1"))
    folded, plain = soup.select(".cell")
    assert "import" in folded.select_one("details:not([open]) pre").get_text()
    assert not plain.select("details")


# --- slides ---------------------------------------------------------------------------------------


def slides_of(*cells):
    soup = exported(*cells, exporter=SlidesExporter)
    return [" ".join(slide.get_text().split()) for slide in soup.select("main > section")]


def test_a_slide_begins_at_each_text_and_holds_its_code():
    slides = slides_of("# A", code("1 + 1"), "b", GATES, code("4"), "```{solution-end}\n```\nc")
    assert [slide[:1] for slide in slides] == ["A", "b", "E", "S", "c"]
    assert "1 + 1" in slides[0]
    assert "Four." in slides[3]
    assert slides[3].endswith("4")


def test_slide_types_count_where_there_are_any():
    def typed(text, kind):
        return v4.new_markdown_cell(text, metadata={"slideshow": {"slide_type": kind}})

    cells = [typed("a", "slide"), "b", typed("c", "subslide"), typed("d", "notes"), typed("e", "-")]
    assert slides_of(*cells) == ["a b", "c e"]
