"""The pages of the book, from its table of contents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

TOC = Path(__file__).resolve().parents[2] / "_toc.yml"


def listed(part: dict[str, Any]) -> list[str]:
    """Return the files named in a part of the table of contents, depth first."""
    own = [part[key] for key in ("root", "file") if key in part]
    below = [
        page
        for key in ("parts", "chapters", "sections")
        for sub in part.get(key, [])
        for page in listed(sub)
    ]
    return own + below


PAGES = listed(yaml.safe_load(TOC.read_text(encoding="utf-8")))
