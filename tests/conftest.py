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


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One for the site's tests and JupyterLab's: Playwright runs once in a process."""
    if chromium.find() is None:
        chromium.lacking(chromium.HOW_TO_GET_IT)
    with chromium.launched() as running:
        yield running
