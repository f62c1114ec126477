"""Dragging one weight of a 7×7 kernel over a 256×256 picture: the widget beside the usual way.

The widget is on a page of the built book, in headless Chromium, dragged by real pointer events:
from a `pointermove` to the frame painted, and the main thread's work for that frame.

The usual way is an ipywidgets slider whose every move asks a kernel for a new figure: a real
kernel, the slider's own messages, SciPy's correlation and three Matplotlib panels, timed from the
message sent to the PNG received. No browser takes part, so what it would add is not counted.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before NumPy is imported, here and in the kernel
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import queue
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from _report import machine, print_table, write_json
from jupyter_client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel
from playwright.sync_api import Page

import cnnviz
from cnnviz import images, kernels

ROOT = Path(__file__).resolve().parents[1]
BOOK_PAGE = ROOT / "_build" / "html" / "chapters" / "03-convolution-2d.html"
sys.path.insert(0, str(ROOT / "tests"))

import chromium  # noqa: E402
from editor_page import EditorPage, page_of  # noqa: E402

SIZE, KERNEL, SIGMA = 256, 7, 1.5
FRAME = 1000 / 60  # ms
WARM_UP = 30

# A frame is painted when the first task after its animation frames runs: the channel's message is
# posted from the last of them, and rendering comes before the next task. The first listener and
# the first animation frame are this script's, so that the widget's work lies between the marks.
INSTRUMENT = """(grid) => {
  const moves = (window.moves = []);
  const { port1, port2 } = new MessageChannel();
  let move;
  port1.onmessage = () => {
    const now = performance.now();
    moves.push([now - move.sent, move.handled - move.sent + now - move.frame]);
    move = undefined;
  };
  const onFrame = (time) => { move.frame = performance.now(); };
  window.addEventListener('pointermove', () => {
    if (move) return; // two moves in one frame are drawn as one
    move = { sent: performance.now() };
    requestAnimationFrame(onFrame);
  }, true);
  window.addEventListener('pointermove', () => {
    if (move.handled) return;
    move.handled = performance.now();
    requestAnimationFrame(() => port2.postMessage(0));
  });
}"""

# What a notebook usually holds; %matplotlib inline turns plt.show() into a PNG message.
USUAL_WAY = f"""
%matplotlib inline
import ipywidgets, matplotlib.pyplot as plt, numpy as np
from scipy.signal import correlate2d
from cnnviz import images, kernels

image = images.camera({SIZE}).astype(float)
kernel = kernels.gaussian({KERNEL}, {SIGMA})

def draw(weight):
    kernel[0, 0] = weight
    y = correlate2d(image, kernel, mode="valid")
    fig, axes = plt.subplots(1, 3, figsize=(9, 3))
    axes[0].imshow(image, cmap="gray")
    axes[1].imshow(kernel, cmap="RdBu_r", vmin=-abs(kernel).max(), vmax=abs(kernel).max())
    axes[2].imshow(y, cmap="RdBu_r", vmin=-abs(y).max(), vmax=abs(y).max())
    plt.show()

slider = ipywidgets.FloatSlider(min=-1, max=1, step=0.01)
out = ipywidgets.interactive_output(draw, {{"weight": slider}})
print(slider.comm.comm_id)
"""


@contextmanager
def editor_on_a_page() -> Iterator[tuple[EditorPage, str]]:
    """Put the widget at the head of a built page (or of a bare one) and open it."""
    picture = images.camera(SIZE)
    widget = cnnviz.KernelEditor(picture, kernels.gaussian(KERNEL, SIGMA)).to_html()
    with chromium.launched() as browser, tempfile.TemporaryDirectory() as folder:
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        if BOOK_PAGE.is_file():
            where = "chapter 3 of the built book"
            page.goto(BOOK_PAGE.as_uri())
            put = "(main, html) => main.insertAdjacentHTML('afterbegin', html)"
            page.locator("main article").first.evaluate(put, widget)
        else:
            where = "a bare page (the book is not built)"
            (Path(folder) / "page.html").write_text(page_of(widget), encoding="utf-8")
            page.goto((Path(folder) / "page.html").as_uri())
        yield EditorPage(page), where


def drag(editor: EditorPage, moves: int) -> np.ndarray[Any, Any]:
    """Drag a weight up and down; return a row a frame: time to the frame, work for it, in ms."""
    page: Page = editor.page
    x, y = editor.at("kernel", 0, 0)
    editor.grid("kernel").evaluate(INSTRUMENT)
    page.mouse.move(x, y)
    page.mouse.down()
    for i in range(1, moves + WARM_UP + 1):
        step = i % 60 if i % 120 < 60 else 60 - i % 60
        page.mouse.move(x, y - 4 * step)  # 4 px: the weight's next value
    page.wait_for_timeout(100)
    frames = np.array(page.evaluate("window.moves"))[WARM_UP:]
    page.mouse.up()
    page.wait_for_timeout(500)
    editor.check()  # what was timed is right
    return frames


def slide(moves: int) -> np.ndarray[Any, Any]:
    """Move the slider; return the time from each message to its figure, in ms."""
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        comm = _stdout(client, USUAL_WAY)
        return np.array([_answer(client, comm, i) for i in range(moves + 3)])[3:]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def _stdout(client: BlockingKernelClient, code: str) -> str:
    told: list[str] = []

    def listen(message: dict[str, Any]) -> None:
        if message["msg_type"] == "error":
            raise RuntimeError("\n".join(message["content"]["traceback"]))
        if message["msg_type"] == "stream":
            told.append(message["content"]["text"])

    client.execute_interactive(code, timeout=120, output_hook=listen)
    return "".join(told).strip().splitlines()[-1]


def _answer(client: BlockingKernelClient, comm: str, i: int) -> float:
    """Send one move of the slider; wait for its PNG."""
    value = {"method": "update", "state": {"value": 0.01 * (1 + i % 90)}, "buffer_paths": []}
    message = client.session.msg("comm_msg", {"comm_id": comm, "data": value})
    start = time.perf_counter()
    client.shell_channel.send(message)
    while True:
        try:
            reply = client.get_iopub_msg(timeout=60)
        except queue.Empty:
            raise RuntimeError("the kernel drew no figure") from None
        if reply["msg_type"] == "display_data" and "image/png" in reply["content"]["data"]:
            return 1e3 * (time.perf_counter() - start)


def summary(what: str, times: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Return what was timed with its median and its 95th percentile."""
    p50, p95 = np.percentile(times, [50, 95])
    return {"what": what, "moves": len(times), "p50 ms": float(p50), "p95 ms": float(p95)}


def main() -> None:
    """Measure, print and write it all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moves", type=int, default=400, help="of the pointer")
    parser.add_argument("--slider-moves", type=int, default=40)
    arguments = parser.parse_args()
    if chromium.find() is None:
        if os.environ.get("CI"):
            sys.exit(chromium.HOW_TO_GET_IT)
        print(f"SKIP {chromium.HOW_TO_GET_IT}")
        return
    with editor_on_a_page() as (editor, where):
        frames = drag(editor, arguments.moves)
    rows = [
        summary("widget: pointermove to frame painted", frames[:, 0]),
        summary("widget: work for that frame", frames[:, 1]),
        summary("usual way: slider to PNG, no browser", slide(arguments.slider_moves)),
    ]
    for row in rows:
        for p in ("p50", "p95"):
            row[f"ratio {p}"] = row[f"{p} ms"] / rows[0][f"{p} ms"]
    print(f"One weight of {KERNEL}×{KERNEL} over {SIZE}×{SIZE}; the widget on {where}.\n")
    print_table(list(rows[0]), [row.values() for row in rows])
    reached = rows[0]["p95 ms"]
    verdict = "holds" if reached <= FRAME else "falls short"
    print(f"\nWithin one 60 Hz frame ({FRAME:.1f} ms) at p95: {reached:.1f} ms, {verdict}.")
    facts = machine("numpy", "scipy", "matplotlib", "ipywidgets", "playwright")
    path = write_json(
        "frame", {"machine": facts, "page": where, "rows": rows, "holds": reached <= FRAME}
    )
    print(f"{facts}; written to {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
