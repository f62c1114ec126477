"""One step of a stepper, and one move of a drag: from the hand to the frame painted, on a page.

Each widget shows its largest ordinary case (the convolution stepper 8 channels of 32 × 32 in and
out); its timeline goes on again and again in headless Chromium, or a number of the backpropagation
stepper is dragged to and fro, with every gradient following; on the digit pad a stroke goes on,
with every map of LeNet-5 following; over a receptive field's maps, 50 layers at 224 × 224, the
pointer goes from unit to unit; in the architecture explorer it goes over ResNet-152 beside itself,
all 515 rows of both open; in the box playground one of 200 detections is dragged. What is timed is
the time from the step to the first task after its frame, beside an empty page's own frame.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
from _report import AFTER_FRAME, machine, print_table, write_json

import cnnviz
from cnnviz import nets

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import chromium  # noqa: E402
from editor_page import page_of  # noqa: E402

STEPS, FRAME = 120, 1000 / 60
TIMER = (
    """async ([selector, steps]) => {
  const afterFrame = """
    + AFTER_FRAME
    + """;
  const range = document.querySelector(selector);
  const drags = range && !("max" in range);
  const { left, top } = range?.getBoundingClientRect() ?? {};
  const point = (type, right, down) => range.dispatchEvent(new PointerEvent(type,
    { clientX: left + 60 + right, clientY: top + 60 + down, button: 0, bubbles: true }));
  if (drags) point("pointerdown", 0, 0);
  const slope = selector === ".sheet" ? 1 : 0; // each move leaves new ink
  const times = [];
  for (let i = 0; i < steps; i++) {
    await new Promise((done) => requestAnimationFrame(done));
    await new Promise((done) => setTimeout(done));
    const start = performance.now();
    if (drags) point("pointermove", 8 * (1 + (i % 9)), slope * i);
    else if (range) {
      range.value = String((Number(range.value) + 1) % (Number(range.max) + 1));
      range.dispatchEvent(new Event("input"));
    }
    const handled = performance.now() - start;
    times.push(await afterFrame(handled));
  }
  return times.slice(10);
}"""
)


TIMELINE = ".cnnviz .timeline input[type=range]"
#: What is measured of a widget: else, a step of its timeline.
DRAGS = {
    "a drag of an input": ".of-x .grid",
    "a drag of a weight": ".of-w .grid",
    "a stroke on the digit pad": ".sheet",
    "a hover, 50 layers at 224 × 224": ".panel.output canvas",
    "a hover over their input": ".panel.input canvas",
    "a hover, GoogLeNet at 224 × 224": ".panel.output canvas",
    "a hover over ResNet-152 twice, 1030 rows": ".whole",
    "a drag among 200 boxes, suppression": ".boxes-field",
    "a drag among 200 boxes, precision": ".boxes-field",
}


def fifty() -> list[dict[str, object]]:
    """Return 50 layers over a large picture: most at its full size, some dilated."""
    conv: dict[str, object] = {"kind": "conv", "channels": 8, "kernel": 3}
    return [conv | {"padding": 1 + i % 2, "dilation": 1 + i % 2} for i in range(50)]


def crowd() -> tuple[np.ndarray, np.ndarray]:
    """Return 20 objects, and 200 detections of them: the first lies where a drag begins."""
    rng = np.random.default_rng(0)
    objects = np.tile(rng.uniform(0, 48, (20, 2)), 2)
    objects[:, 2:] += 16
    told = (objects.repeat(10, axis=0) + rng.normal(size=(200, 4))).clip(0, 64)
    told[0] = 4, 4, 18, 18
    return objects, np.column_stack([told, rng.random(200)])


def widgets() -> dict[str, cnnviz.widgets.Widget | None]:
    """Return what is measured, by name; None is an empty page."""
    rng = np.random.default_rng(0)
    x, weight = rng.integers(0, 9, (8, 32, 32)), rng.integers(-2, 3, (8, 8, 3, 3))
    small = x[:3, :8, :8], weight[:3, :3]
    deep = cnnviz.ledger(nets.resnet152(), (3, 224, 224))
    return {
        "an empty page": None,
        "convolution, 8 × 32 × 32": cnnviz.ConvolutionStepper(x, weight, padding=1),
        "the same, depthwise": cnnviz.ConvolutionStepper(x, weight[:, :1], padding=1, groups=8),
        "transposed, scatter": cnnviz.ConvolutionStepper(x, weight, padding=1, transposed=True),
        "pooling, 8 × 32 × 32": cnnviz.PoolingStepper(x, 2),
        "backpropagation, 3 × 8 × 8": cnnviz.BackpropStepper(
            *small, padding=1, pool="mean", step=0
        ),
        **{
            drag: cnnviz.BackpropStepper(*small, padding=1, pool="mean")
            for drag in ("a drag of an input", "a drag of a weight")
        },
        "a stroke on the digit pad": cnnviz.DigitPad(),
        **{
            hover: cnnviz.ReceptiveField(fifty(), input_shape=(3, 224, 224))
            for hover in ("a hover, 50 layers at 224 × 224", "a hover over their input")
        },
        "a hover, GoogLeNet at 224 × 224": cnnviz.ReceptiveField(
            cnnviz.ledger(nets.googlenet(), (3, 224, 224)), selected="inception4c"
        ),
        "a hover over ResNet-152 twice, 1030 rows": cnnviz.ArchitectureExplorer(
            deep, deep, opened="all"
        ),
        **{
            f"a drag among 200 boxes, {name}": cnnviz.BoxPlayground(
                *crowd(), size=(64, 64), view=view, step=999, score_threshold=0
            )
            for name, view in (("suppression", "nms"), ("precision", "pr"))
        },
        "volume, 32 × 32 × 32": cnnviz.VolumeViewer(rng.integers(0, 255, (32, 32, 32))),
    }


def main() -> None:
    """Measure, print the table, write the JSON."""
    rows = []
    with chromium.launched() as browser, tempfile.TemporaryDirectory() as folder:
        page = browser.new_page(viewport={"width": 820, "height": 1000})
        for name, widget in widgets().items():
            file = Path(folder) / "page.html"
            file.write_text(page_of(widget.to_html() if widget else ""), encoding="utf-8")
            page.goto(file.as_uri())
            page.wait_for_timeout(500)
            times = page.evaluate(TIMER, [DRAGS.get(name, TIMELINE), STEPS])
            p50, p95 = np.percentile(times, [50, 95])
            rows.append({"what": name, "p50 ms": p50, "p95 ms": p95})
    print_table(["a step of", "p50 ms", "p95 ms"], [tuple(row.values()) for row in rows])
    for what, column, measured in (
        ("a step, at the median", "p50 ms", [row for row in rows if row["what"] not in DRAGS]),
        (
            "a drag or a hover, at the 95th percentile",
            "p95 ms",
            [row for row in rows if row["what"] in DRAGS],
        ),
    ):
        verdict = "holds" if all(row[column] <= FRAME for row in measured) else "falls short"
        print(f"Within one 60 Hz frame ({FRAME:.1f} ms), {what}: {verdict}.")
    path = write_json("step", {"machine": machine("playwright"), "rows": rows})
    print(f"written to {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
