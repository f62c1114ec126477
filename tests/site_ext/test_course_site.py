"""The mends of the theme's markup, and the files that the site takes from the package."""

import re
from pathlib import Path

import course_site
import pytest
from docutils import nodes
from docutils.utils import new_document
from sphinx.errors import ExtensionError

ROOT = Path(__file__).resolve().parents[2]


def test_a_missing_front_end_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(course_site, "FRONT_END", tmp_path)
    with pytest.raises(ExtensionError, match=r"page\.js and cnnviz\.css .* `make frontend`"):
        course_site.add_assets(None, None)


def test_the_mends_still_find_what_they_mend():
    """The theme may change: a mend that matches nothing is to be taken out."""
    book = ROOT / "_build" / "html"
    if not book.is_dir():
        pytest.skip("the site is not built: run `make book`")
    pages = "".join(p.read_text(encoding="utf-8") for p in (book / "appendices").glob("*.html"))
    for pattern, _ in course_site.MENDS:
        assert not re.search(pattern, pages), f"{pattern} was not mended"
    for mended in ('aria-label="Colour mode"', 'aria-label="Sidebar"', 'role="listitem"'):
        assert mended in pages


def test_no_line_ends_inside_a_number():
    paragraph = nodes.paragraph("", "", nodes.Text("61 706, 78 % of 1 2345 in C5, "))
    paragraph += nodes.literal("", "12 345")
    document = new_document("page")
    document += paragraph
    course_site.keep_numbers_whole(None, document, "page")
    assert document.astext() == "61\u00a0706, 78\u00a0% of 1 2345 in C5, 12 345"
