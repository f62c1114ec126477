"""What axe-core finds on a page."""

from __future__ import annotations

from pathlib import Path

import chromium
from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"

# preload: axe would fetch the style sheets again, which a page from the file system may not.
_RUN = """async (rules) => (await axe.run(document, {
  resultTypes: ['violations'],
  preload: false,
  ...(rules.length ? { runOnly: { type: 'rule', values: rules } } : {}),
})).violations"""


def findings(page: Page, rules: tuple[str, ...] = ()) -> list[str]:
    """Run axe-core, all its rules or some; return what it finds, a line each with the element."""
    if not AXE.is_file():
        chromium.lacking("axe-core is missing: install Node 20 or later and run `make frontend`")
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(_RUN, list(rules))
    return [
        f"{violation['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for violation in found
        for node in violation["nodes"]
    ]
