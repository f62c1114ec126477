"""What tests of all folders share: the modules beside this file, one browser a worker."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

sys.path.insert(0, str(Path(__file__).resolve().parent))

import chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One for the site's tests and JupyterLab's: Playwright runs once in a process."""
    if chromium.find() is None:
        chromium.lacking(chromium.HOW_TO_GET_IT)
    with chromium.launched() as running:
        yield running
