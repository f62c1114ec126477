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


def test_chapters_have_the_numbers_of_their_files():
    book = ROOT / "_build" / "html"
    if not book.is_dir():
        pytest.skip("the site is not built: run `make book`")
    pages = sorted((book / "chapters").glob("[0-9]*.html"))
    for page in pages:
        number = str(int(page.name[:2]))
        text = page.read_text(encoding="utf-8")
        sections = re.findall(r'<h[1-6]><span class="section-number">(\d+)\.', text)
        assert set(sections) == {number}, page.name
        exercises = re.findall(r"Exercise\s+(\d+)\.\d+", re.sub(r"<[^>]+>", "", text))
        assert set(exercises) == {number}, page.name
    # In the list of chapters, too: the last one's number and name stand together.
    front = (book / "index.html").read_text(encoding="utf-8")
    shown = re.findall(r'href="chapters/(\d\d)-[^"]*">\s*(\d+)\. ', front)
    assert {int(file) for file, _ in shown} == {int(page.name[:2]) for page in pages}
    assert all(int(file) == int(number) for file, number in shown)
