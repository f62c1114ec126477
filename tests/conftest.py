"""What tests of all folders share: modules that are no package, and one browser a worker."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / folder) for folder in ("tests", "tools", "site_ext")]

import chromium  # noqa: E402

#: Folders whose files take longest, the longest first: whoever starts them last waits for them.
SLOWEST = ("lab", "site", "training")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow files, which two workers then share; the quick ones fill the gaps."""

    def place(item: pytest.Item) -> int:
        folder = item.path.parent.name
        return SLOWEST.index(folder) if folder in SLOWEST else len(SLOWEST)

    items.sort(key=place)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One for the site's tests and JupyterLab's: Playwright runs once in a process."""
    if chromium.find() is None:
        chromium.lacking(chromium.HOW_TO_GET_IT)
    with chromium.launched() as running:
        yield running
