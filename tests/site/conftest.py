"""What the browser tests share: one browser a worker, watched pages, the built book."""

from __future__ import annotations

import fcntl
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import chromium
import pytest
from editor_page import EditorPage, page_of, settle
from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "_build" / "html"
Opener = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder: it drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def tabs(browser: Browser) -> dict[str, tuple[Page, chromium.Watch]]:
    """Return the tabs opened so far, by their options: opening one costs a quarter second."""
    return {}


@pytest.fixture
def open_page(browser: Browser, tabs: dict[str, tuple[Page, chromium.Watch]]) -> Iterator[Opener]:
    """Open an address; no error and no outside request may follow until the test is over."""
    watches = []

    def opened(url: str, width: int = 820, height: int = 1000, **options: Any) -> Page:
        key = repr((width, height, sorted(options.items())))
        if key not in tabs:
            context = browser.new_context(viewport={"width": width, "height": height}, **options)
            context.set_default_timeout(30_000)
            watch = chromium.Watch(context)
            tabs[key] = (context.new_page(), watch)
        page, watch = tabs[key]
        page.mouse.move(1, 1)
        page.goto("about:blank")
        watch.clear()
        watches.append(watch)
        page.goto(url)
        return page

    yield opened
    assert [problem for watch in watches for problem in watch.problems] == []


@pytest.fixture
def open_editor(open_page: Opener, tmp_path: Path) -> Callable[..., EditorPage]:
    """Put a `KernelEditor` on a bare page, as a reader of the book finds it, and open that."""

    def opened(editor: Any, theme: str = "light", **options: Any) -> EditorPage:
        file = tmp_path / "page.html"
        file.write_text(page_of(editor.to_html(), theme), encoding="utf-8")
        return EditorPage(open_page(file.as_uri(), **options))

    return opened


@pytest.fixture
def opened(open_page: Opener, tmp_path: Path) -> Opener:
    """Put a widget on a page and open it: a bare page, or, with `saved`, one of its own."""

    def put(widget: Any, theme: str = "light", saved: bool = False, **options: Any) -> Page:
        file = tmp_path / "page.html"
        if saved:
            widget.save_html(file)
        else:
            file.write_text(page_of(widget.to_html(), theme), encoding="utf-8")
        page = open_page(file.as_uri(), **options)
        page.locator(".cnnviz").first.wait_for()
        settle(page)
        return page

    return put


@pytest.fixture(scope="session")
def book() -> Path:
    """Return the folder of the built book; where it is missing, build it, but not in CI."""
    index = BOOK / "index.html"
    if not index.is_file() and os.environ.get("CI"):
        pytest.fail("the book is not built: run `make book` first", pytrace=False)
    BOOK.parent.mkdir(exist_ok=True)
    with (BOOK.parent / ".tests-build.lock").open(
        "w"
    ) as lock:  # one worker builds, the others wait
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not index.is_file():
            built = subprocess.run(["make", "book"], cwd=ROOT, capture_output=True, text=True)
            if built.returncode:
                pytest.fail(f"`make book` failed:\n{built.stderr[-3000:]}", pytrace=False)
    return BOOK


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def site(book: Path) -> Iterator[str]:
    """Serve the built book; return its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(book)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
