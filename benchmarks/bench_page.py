"""What a page of the site costs a reader on a slow line, beside the build of an earlier commit.

Both builds are served over http without compression and read by headless Chromium behind a line of
1.6 Mbit/s and 150 ms, with a processor four times slower, each page into an empty cache. The two
builds take turns. Measured are, as the median of the loads,

- the bytes that come before the page is at rest, and those until it is read to its end;
- the first contentful paint;
- the time until the first widget is alive, which is when its view stands in place of its picture.

The earlier build is made from git, with the packages that are installed now.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from _report import machine, print_table, write_json
from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "_build"
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "site")]

import chromium  # noqa: E402
from book_pages import PAGES  # noqa: E402

BASE = "cbbc242"  # before the pages were made light
LINE = {"latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 200_000}  # bytes/s
SLOWER = 4

# Set before the page's own scripts: when the first widget has something of its view in it.
WATCH = """
new MutationObserver((_, observer) => {
  if (!document.querySelector('cnnviz-widget .cnnviz button')) return;
  observer.disconnect();
  requestAnimationFrame(() => { window.aliveAt = performance.now(); });
}).observe(document, { childList: true, subtree: true });
"""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
# Down in steps, as a reader goes: pictures wait until they are near.
TO_THE_END = """async () => {
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
    scrollTo(0, y);
    await new Promise((done) => setTimeout(done, 60));
  }
}"""


class _Quiet(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def serve(folder: Path) -> str:
    """Serve a folder from now on; return its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def build(folder: Path) -> Path:
    """Build the site of a working tree; return where its pages lie."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", ".", "--quiet"]
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return folder / "_build" / "html"


def earlier_build(commit: str) -> Path:
    """Return the site of an earlier commit, built once and kept beside the present one."""
    kept = BUILD / f"site-{commit}"
    if not kept.is_dir():
        tree = BUILD / f"tree-{commit}"
        subprocess.run(["git", "worktree", "prune"], cwd=ROOT, check=True)
        subprocess.run(
            ["git", "worktree", "add", "--force", "--detach", str(tree), commit],
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
        shutil.move(build(tree), kept)
        subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=ROOT, check=True)
    return kept


def load(browser: Browser, url: str) -> dict[str, float | None]:
    """Read a page into an empty cache over the slow line."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    page = context.new_page()
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.setCacheDisabled", {"cacheDisabled": True})
    line.send("Network.emulateNetworkConditions", {"offline": False, **LINE})
    line.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    bytes_ = [0]
    line.on("Network.loadingFinished", lambda event: _count(bytes_, event))
    page.add_init_script(WATCH)
    page.goto(url, wait_until="networkidle", timeout=120_000)
    first = {"bytes": float(bytes_[0]), "paint": page.evaluate(PAINT), "alive": _alive(page)}
    line.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    page.evaluate(TO_THE_END)
    page.wait_for_load_state("networkidle", timeout=120_000)
    page.wait_for_timeout(300)
    context.close()
    return {**first, "bytes to the end": float(bytes_[0])}


def _count(total: list[int], event: dict[str, Any]) -> None:
    total[0] += int(event["encodedDataLength"])


def is_there(url: str) -> bool:
    """Whether a build has the page: an earlier one lacks the later chapters."""
    try:
        urllib.request.urlopen(url).close()
    except urllib.error.HTTPError:
        return False
    return True


def _alive(page: Page) -> float | None:
    if page.locator("cnnviz-widget").count() == 0:
        return None
    page.wait_for_function("window.aliveAt", timeout=60_000)
    return float(page.evaluate("window.aliveAt"))


def medians(loads: list[dict[str, float | None]]) -> dict[str, float | None]:
    """Return the median of each measure; None where the page has no such thing."""
    return {
        name: None if value is None else statistics.median(float(one[name] or 0) for one in loads)
        for name, value in loads[0].items()
    }


def main() -> None:
    """Measure each page, print the table and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default=BASE, help="the commit to compare with")
    parser.add_argument("--loads", type=int, default=3, help="loads of each page of each build")
    parser.add_argument("pages", nargs="*", default=PAGES, help="names as in _toc.yml")
    chosen = parser.parse_args()
    sites = {"before": serve(earlier_build(chosen.base)), "now": serve(build(ROOT))}
    results: dict[str, dict[str, dict[str, float | None]]] = {}
    with chromium.launched() as browser:
        for name in chosen.pages:
            urls = {which: f"{address}/{name}.html" for which, address in sites.items()}
            loads: dict[str, list[dict[str, float | None]]] = {
                which: [] for which, url in urls.items() if is_there(url)
            }
            for _ in range(chosen.loads):
                for which in loads:
                    loads[which].append(load(browser, urls[which]))
            results[name] = {which: medians(all_) for which, all_ in loads.items()}
            print(name, results[name], file=sys.stderr, flush=True)
    print_table(
        ("page", "kB", "ratio", "to the end", "ratio", "paint s", "ratio", "alive s", "ratio"),
        [(name, *_cells(result)) for name, result in results.items()],
    )
    write_json("page", {"machine": machine("playwright"), "base": chosen.base, "pages": results})


def _cells(result: dict[str, dict[str, float | None]]) -> list[object]:
    cells: list[object] = []
    for measure in ("bytes", "bytes to the end", "paint", "alive"):
        before, now = (result.get(which, {}).get(measure) for which in ("before", "now"))
        if now is None:
            cells += ["–", "–"]
        elif before is None:
            cells += [f"{now / 1000:.1f}", "–"]
        else:
            cells += [f"{before / 1000:.1f} → {now / 1000:.1f}", now / before]
    return cells


if __name__ == "__main__":
    main()
