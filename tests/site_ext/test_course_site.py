"""The mends of the theme's markup, and the files that the site takes from the package."""

import re
from pathlib import Path

import course_site
import pytest
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
