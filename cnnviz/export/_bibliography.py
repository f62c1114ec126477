"""Citations by author and year, and the list of what was cited, from a BibTeX file."""

# mypy: allow-untyped-calls
from __future__ import annotations

from html import escape
from pathlib import Path

from pybtex.backends.html import Backend  # type: ignore[import-untyped]
from pybtex.database import BibliographyData, Entry, parse_file  # type: ignore[import-untyped]
from pybtex.plugin import find_plugin  # type: ignore[import-untyped]

__all__ = ["Bibliography", "find_bibliography"]

NAME = "references.bib"


def find_bibliography(folder: Path) -> Path | None:
    """Return ``references.bib`` of a folder or of the nearest one above that has it."""
    folder = folder.resolve()
    return next((p for f in (folder, *folder.parents) if (p := f / NAME).is_file()), None)


class Bibliography:
    """The works of a BibTeX file, of which it remembers those that were cited.

    Parameters
    ----------
    path : Path or None
        The file. None: nothing is known, and a citation shows its key.
    """

    def __init__(self, path: Path | None) -> None:
        self.works = parse_file(str(path)).entries if path else {}
        self.cited: list[str] = []

    def cite(self, keys: list[str], *, in_text: bool) -> str:
        """Return a citation as HTML: *Author [year]* in a sentence, else *[Author, year]*."""
        parts = [self._cite(key, in_text=in_text) for key in keys]
        return ", ".join(parts) if in_text else f"[{'; '.join(parts)}]"

    def _cite(self, key: str, *, in_text: bool) -> str:
        work = self.works.get(key)
        if work is None:
            return escape(key)
        if key not in self.cited:
            self.cited.append(key)
        author, year = escape(authors(work)), escape(work.fields.get("year", "n.d."))
        words = f"{author} [{year}]" if in_text else f"{author}, {year}"
        return f'<a class="cite" href="#ref-{escape(key)}">{words}</a>'

    def listed(self) -> str:
        """Return the works cited so far as an HTML list, in the order of their authors."""
        cited = BibliographyData({key: self.works[key] for key in self.cited})
        style, html = find_plugin("pybtex.style.formatting", "plain")(), Backend()
        entries = sorted(cited.entries.values(), key=lambda work: authors(work).casefold())
        return "\n".join(
            f'<li id="ref-{escape(entry.key)}">{entry.text.render(html)}</li>'
            for entry in style.format_entries(entries)
        )


def authors(work: Entry) -> str:
    """Return the surnames of a work's authors or editors, or its title; three and more *et al.*."""
    people = work.persons.get("author") or work.persons.get("editor") or []
    names = [" ".join(map(str, p.rich_prelast_names + p.rich_last_names)) for p in people]
    if not names:
        return str(work.fields.get("title", work.key)).strip("{}")
    return f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
