"""The browser that tests and benchmarks drive: a Chromium of the machine, never a download."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, BrowserContext, Request, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
HOW_TO_GET_IT = (
    "no Chromium found: install it (on Debian, `apt-get install chromium`; on any machine, "
    "`playwright install chromium`) or name one in the environment variable CHROMIUM"
)


def lacking(what: str) -> NoReturn:
    """Skip, saying what to install; where nothing may be skipped, fail."""
    if os.environ.get("CI"):
        pytest.fail(f"nothing may be skipped when CI is set: {what}", pytrace=False)
    pytest.skip(what)


def find() -> str | None:
    """Return the path of a Chromium, or None."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found:
        return found
    with sync_playwright() as playwright:
        bundled = playwright.chromium.executable_path
    return shutil.which(bundled)


@contextmanager
def launched() -> Iterator[Browser]:
    """Run a headless browser that can look up no name but this machine's."""
    path = find()
    if path is None:
        raise FileNotFoundError(HOW_TO_GET_IT)
    # --no-sandbox: containers run as root, where Chromium's sandbox cannot start.
    arguments = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


class Watch:
    """What went wrong in a browser context: errors, and requests that leave the machine."""

    def __init__(self, context: BrowserContext) -> None:
        self.requests: list[str] = []
        self.problems: list[str] = []
        context.on("request", self._request)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.problems.append(f"page error: {error.error}"))
        context.on("requestfailed", self._failed)
        context.on("page", lambda page: page.on("websocket", lambda s: self._outside(s.url)))

    def _console(self, message) -> None:
        if message.type == "error":
            self.problems.append(f"console: {message.text}")

    def _failed(self, request: Request) -> None:
        switched_off = request.resource_type == "script" and request.failure == "csp"
        if not switched_off:  # a context without JavaScript refuses scripts so
            self.problems.append(f"failed ({request.failure}): {request.url[:200]}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith(("data:", "blob:")):
            self.requests.append(request.url)
            self._outside(request.url)

    def _outside(self, url: str) -> None:
        local = ("file://", "http://127.0.0.1:", "ws://127.0.0.1:", "about:")
        if not url.startswith(local):
            self.problems.append(f"outside request: {url[:200]}")

    def clear(self) -> None:
        """Forget what was seen."""
        self.requests.clear()
        self.problems.clear()
