"""What a reader costs a server: the memory of a JupyterLab and of each chapter's kernel.

Each chapter is run in a fresh kernel, offline, as `tools/sync.py` runs it; a cell after its last
one asks the system for the most memory that the kernel had at any time. The numbers go into the
page on scale (`appendices/scale.md`), by way of ``scale.json`` beside it, to which
``tests/test_scale.py`` holds it.

``python benchmarks/bench_chapters.py 12 13`` measures those two and keeps the other rows.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import psutil
from _report import machine, print_table

ROOT = Path(__file__).resolve().parents[1]
#: What the page on scale is held to; its "pages" are bytes that bench_page.py measured.
RECORD = ROOT / "appendices" / "scale.json"
sys.path.insert(0, str(ROOT / "tools"))

import sync  # noqa: E402

# Linux counts in KiB, macOS in bytes.
MOST_MEMORY = """import resource, sys
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak * (1 if sys.platform == "darwin" else 1024))"""


def measured(chapter: sync.Chapter) -> dict[str, float]:
    """Run a chapter; give the seconds it took and the kernel's largest memory in bytes."""
    notebook = sync.read_notebook(chapter.notebook)
    notebook.cells.append(nbformat.v4.new_code_cell(MOST_MEMORY))
    start = time.perf_counter()
    sync.execute(notebook, chapter.folder)
    return {
        "seconds": time.perf_counter() - start,
        "bytes": int(notebook.cells[-1].outputs[0].text),
    }


def server_bytes() -> int:
    """Return the memory of a JupyterLab without a kernel, five seconds after it says it is up."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ServerApp.port=0"]
        server = subprocess.Popen(
            [*command, "--allow-root", f"--ServerApp.root_dir={folder}"],
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stderr is not None
            if not any("is running at" in line for line in server.stderr):
                raise RuntimeError("JupyterLab did not start")
            time.sleep(5)
            return int(psutil.Process(server.pid).memory_info().rss)
        finally:
            server.kill()
            server.wait()


def main() -> None:
    """Measure, print the table, write the JSON."""
    recorded = json.loads(RECORD.read_text("utf-8"))
    before = recorded["chapters"]
    found = {chapter.slug: chapter for chapter in sync.find_chapters()}
    chosen = sync.find_chapters(sys.argv[1:])
    rows = {slug: before[slug] for slug in found if slug in before}
    rows |= {chapter.slug: measured(chapter) for chapter in chosen}
    rows = dict(sorted(rows.items()))
    print_table(
        ["chapter", "s", "MB at most"],
        [(slug, row["seconds"], row["bytes"] / 1e6) for slug, row in rows.items()],
    )
    server = server_bytes()
    print(f"JupyterLab itself: {server / 1e6:.0f} MB")
    facts = machine("torch", "numpy", "jupyterlab")
    recorded |= {"machine": facts, "server": server, "chapters": rows}
    RECORD.write_text(json.dumps(recorded, indent=1) + "\n", "utf-8")
    print(f"written to {RECORD.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
