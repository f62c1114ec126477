"""Feature maps of ResNet-18 at 224 × 224: what is sent, first paint, and one step of the zoom.

The widget stands on a bare page with the course's scripts, in headless Chromium. What is sent is
the page with its state as text, the scripts and the sheet, none of them packed; beside it, the one
file that `save_html` writes. The first paint is timed from the navigation to the first task after
the frame that has the maps in it. A zoom step goes from one opened number to another: through those
that are recorded of ResNet-18, and, as by the arrow keys, over the pixels of a map of LeNet-5,
where everything is worked out on the page. It is timed as a step of `bench_step` is, beside an
empty page.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _report import AFTER_FRAME, machine, print_table, write_json
from PIL import Image

import cnnviz
from cnnviz import images, nets

ROOT = Path(__file__).resolve().parents[1]
STATIC = ROOT / "cnnviz" / "static"
sys.path.insert(0, str(ROOT / "tests"))

import chromium  # noqa: E402
from editor_page import page_of  # noqa: E402

FRAME, MOST_BYTES, MOST_PAINT = 1000 / 60, 2_000_000, 1000
STEPS, LOADS = 120, 5
# Before any script of the page: the first frame in which the overview is there.
PAINTED = """window.painted = new Promise((done) => {
  const look = () => requestAnimationFrame(() => {
    if (!document.querySelector('.cnnviz .overview canvas')) return look();
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => done(performance.now());
    port2.postMessage(0);
  });
  look();
});"""
TIMER = (
    """async ([places, steps]) => {
  const afterFrame = """
    + AFTER_FRAME
    + """;
  const model = document.querySelector('cnnviz-widget')?.model;
  const times = [];
  for (let i = 0; i < steps; i++) {
    await new Promise((done) => requestAnimationFrame(done));
    await new Promise((done) => setTimeout(done));
    const start = performance.now();
    model?.set('selected', places[i % places.length]);
    const handled = performance.now() - start;
    times.push(await afterFrame(handled));
  }
  return times.slice(10);
}"""
)


def resnet() -> cnnviz.FeatureMaps:
    """Return ResNet-18 with first weights, its batch norms set by some noise, and a photograph."""
    torch.manual_seed(0)
    net = nets.resnet18()
    with torch.no_grad():
        net(torch.randn(4, 3, 64, 64))
    photograph = Image.fromarray(np.moveaxis(images.picture("astronaut"), 0, -1))
    return cnnviz.FeatureMaps(net, photograph.resize((224, 224)))


def first_paint(browser: Any, address: str) -> float:
    """Return the median time from navigation to the overview's frame, in ms."""
    times = []
    for _ in range(LOADS):
        page = browser.new_page(viewport={"width": 900, "height": 1000})
        page.add_init_script(PAINTED)
        page.goto(address)
        times.append(page.evaluate("window.painted"))
        page.close()
    return float(np.median(times))


def zoom_steps(browser: Any, address: str, places: list[list[int]]) -> tuple[float, float]:
    """Return the median and the 95th percentile of a step, in ms."""
    page = browser.new_page(viewport={"width": 900, "height": 1200})
    page.goto(address)
    page.wait_for_timeout(1500)
    p50, p95 = np.percentile(page.evaluate(TIMER, [places, STEPS]), [50, 95])
    page.close()
    return float(p50), float(p95)


def main() -> None:
    """Measure, print the table, write the JSON."""
    start = time.perf_counter()
    widget, lenet = resnet(), cnnviz.FeatureMaps()
    made = time.perf_counter() - start
    recorded = [[unit["layer"], unit["map"], *unit["place"]] for unit in widget.units]
    pixels = [[3, 5, i // 10, i % 10] for i in range(100)]
    with chromium.launched() as browser, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pages = {what: folder / f"{what}.html" for what in ("resnet", "lenet", "empty", "saved")}
        for what, html in {
            "resnet": widget.to_html(),
            "lenet": lenet.to_html(),
            "empty": "",
        }.items():
            pages[what].write_text(page_of(html), encoding="utf-8")
        widget.save_html(pages["saved"])
        assets = [STATIC / "page.js", STATIC / "views" / "FeatureMaps.js", STATIC / "cnnviz.css"]
        sent = sum(path.stat().st_size for path in (pages["resnet"], *assets))
        saved = pages["saved"].stat().st_size
        paint = first_paint(browser, pages["resnet"].as_uri())
        steps = {
            "an empty page": zoom_steps(browser, pages["empty"].as_uri(), [[]]),
            "ResNet-18, recorded numbers": zoom_steps(browser, pages["resnet"].as_uri(), recorded),
            "LeNet-5, pixel by pixel": zoom_steps(browser, pages["lenet"].as_uri(), pixels),
        }
    rows = [
        ("sent, page and scripts, kB", sent / 1000, MOST_BYTES / 1000),
        ("sent, saved as one file, kB", saved / 1000, MOST_BYTES / 1000),
        ("first paint, ms", paint, float(MOST_PAINT)),
        *((f"zoom step p95, {what}, ms", p95, FRAME) for what, (_, p95) in steps.items()),
    ]
    print(f"Made in {made:.1f} s; {len(recorded)} numbers of ResNet-18 open without a kernel.\n")
    print_table(["what", "measured", "at most"], rows)
    for what, measured, most in rows:
        print(f"{what}: {'holds' if measured <= most else 'falls short'}.")
    path = write_json(
        "feature_maps",
        {
            "machine": machine("torch", "playwright"),
            "rows": [dict(zip(("what", "measured", "at most"), row, strict=True)) for row in rows],
            "p50 ms": {what: p50 for what, (p50, _) in steps.items()},
        },
    )
    print(f"written to {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
