"""States as the Python half of the widgets makes them, for the browser half, which must take each.

Run as a script, it writes them as JSON: ``states.py PATH``.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

import cnnviz
from cnnviz import chain, nets
from cnnviz.widgets import _page
from cnnviz.widgets._base import Widget

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import field_graphs

DTYPES = (
    *("uint8", "int8", "uint16", "int16", "int32", "float32", "float64"),
    *("bool", "int64", "uint32", "float16"),  # sent as one of the others
)


RNG = np.random.default_rng(0)


def widgets() -> Iterator[Widget]:
    """Make widgets of every kind, with what their arguments allow at its plainest and its most."""
    yield from _editors()
    yield from _pools()
    yield from _volumes()
    yield from _steppers()
    yield from _backward()
    yield from _explorers()
    yield from _embeddings()
    yield from _playgrounds()
    yield from _chains()
    yield from _fields()
    yield from _pads()
    yield from _maps()
    yield from _monitors()
    yield from _sliders()
    yield from _viewers()


def _editors() -> Iterator[Widget]:
    editor = cnnviz.KernelEditor
    yield editor()
    yield editor("astronaut", "gaussian", normalise=True, bias=-3.5)
    yield editor(kernel=np.arange(12.0).reshape(3, 4), flip=True, padding=((1, 2), (0, 3)))
    yield editor("astronaut", np.arange(18.0).reshape(3, 2, 3), stride=(2, 3))
    yield editor(kernel=np.ones((3, 3, 3)), dilation=3, padding=4, padding_mode="reflect")
    yield editor(np.linspace(-1, 1, 40).reshape(1, 40), [[1, 0, -1]], show="relu")
    yield editor(np.zeros((3, 512, 512)), np.ones((15, 15)), padding=15, padding_mode="circular")
    yield editor([[1]], [[1e300]], cursor=(0, 0), pictures=[])
    yield editor(pictures={"</script><b>": np.eye(3, dtype=np.uint8), "": np.eye(4, dtype=int)})
    yield editor("step", stride=10**6)
    for dtype in DTYPES:
        yield editor(np.eye(5).astype(dtype), np.eye(2).astype(dtype))
    yield _as_a_reader_leaves_it(editor("step", padding=2), padding=0, dilation=90)


def _pools() -> Iterator[Widget]:
    pool = cnnviz.PoolingStepper
    yield pool()
    for mode in ("max", "mean", "l2"):
        yield pool(np.arange(12.0), 3, stride=2, padding=((1, 0),), mode=mode, gradient="all")
    yield pool(np.ones((3, 5, 6)), (2, 3), stride=(1, 2), padding=((1, 0), (0, 1)), step=7)
    yield pool(np.ones((4, 128, 128)), "global")
    yield pool(np.ones((1, 512)), (1, 2))
    for dtype in DTYPES:
        yield pool(np.eye(4).astype(dtype))
    yield _as_a_reader_leaves_it(pool(), kernel=9)


def _volumes() -> Iterator[Widget]:
    viewer = cnnviz.VolumeViewer
    yield viewer()
    yield viewer(np.ones((64, 64, 64), np.uint8), np.ones((7, 7, 7)), padding=3, axis=2)
    yield viewer(np.ones((4, 5, 6)), [[[1]]], stride=(1, 2, 3), padding=((0, 1), (1, 0), (2, 2)))
    yield viewer(padding=2, padding_mode="reflect", index=-2, cursor=(0, 0, 0))
    for dtype in DTYPES:
        yield viewer(np.ones((3, 3, 3)).astype(dtype), "box")
    yield _as_a_reader_leaves_it(viewer(), stride=40, padding=1)


def _steppers() -> Iterator[Widget]:
    stepper = cnnviz.ConvolutionStepper
    yield stepper()
    yield stepper(np.arange(96), np.ones(96))
    yield stepper(np.arange(7), [1, 2], padding="same", padding_mode="circular")
    yield stepper(np.ones((4, 4, 4)), dilation=(1, 2, 3), padding=((0, 1), (1, 1), (2, 3)))
    yield stepper(np.ones((16, 64, 64)), np.ones((16, 16, 15, 15)), bias=np.arange(16.0))
    yield stepper(np.ones((4, 6, 6)), np.ones((8, 2, 3, 3)), groups=2, step=5)
    yield stepper(np.ones((4, 3)), np.ones((4, 1, 3)), groups=4)
    for reading in ("scatter", "stuffed"):
        yield stepper(transposed=True, stride=2, output_padding=1, reading=reading)
        yield stepper(np.ones((2, 3, 3, 3)), np.ones((2, 3, 2, 2, 2)), transposed=True, stride=30)
    yield stepper(stride=100, padding=50)
    for dtype in DTYPES:
        yield stepper(np.eye(4).astype(dtype), np.eye(2).astype(dtype), np.ones(1, dtype))
    yield _as_a_reader_leaves_it(stepper(), padding=0, dilation=6)


def _backward() -> Iterator[Widget]:
    stepper = cnnviz.BackpropStepper
    yield stepper()
    yield stepper(np.ones((8, 8)), np.ones((5, 5)), padding=1, pool="mean", pool_stride=(1, 2))
    yield stepper(
        np.ones((3, 8, 8)), np.ones((3, 3, 2, 2)), np.arange(3.0), padding=((0, 2), (1, 1))
    )
    yield stepper([[-1e300]], [[1]], grad=[[0.5]], pool="none", route="gather", step=0)
    yield stepper(np.ones((1, 4, 5)), np.ones((2, 1, 1, 2)), stride=(2, 1), pool_kernel=(2, 1))
    for dtype in DTYPES:
        yield stepper(np.eye(4).astype(dtype), np.eye(2).astype(dtype), np.ones(1, dtype))
    yield _as_a_reader_leaves_it(stepper(), dilation=6, step=999)


def _pads() -> Iterator[Widget]:
    pad = cnnviz.DigitPad
    yield pad()
    yield pad(np.zeros((112, 112)), centred=False, looked_at=(4, 0))
    yield pad(np.eye(28), label=1, looked_at=(2, 15))
    yield pad(model=nets.lenet5(activation="tanh", pool="mean"))
    yield pad(model=nn.Sequential(nn.AvgPool2d(28), nn.Flatten(), nn.Linear(1, 10)))
    yield pad(model=nn.Sequential(nn.Conv2d(1, 256, 28), nn.Tanh(), nn.Linear(256, 10)))


def _sliders() -> Iterator[Widget]:
    slider = cnnviz.SlidingWindow
    yield slider()
    yield slider(np.eye(32), digit=3)
    yield slider(np.ones((128, 128)), stride=16, step=48)
    dense = nn.Sequential(nn.AvgPool2d(28), nn.Flatten(), nn.Linear(1, 10))
    yield slider(np.zeros((40, 70)), dense, step=558)
    yield slider(model=nets.lenet5(activation="tanh", pool="mean"), stride=28)
    yield _as_a_reader_leaves_it(slider(step=200), stride=16, step=20)


def _viewers() -> Iterator[Widget]:
    viewer = cnnviz.DetectionViewer
    yield viewer()
    yield viewer(index=5, threshold=0.01, overlap=0.2, step=1, cell=(7, 0), tint="class")
    colours = nets.one_stage(3, channels=3, width=2)
    yield viewer(np.zeros((2, 3, 16, 24)), colours, names=["</script>", "", "b" * 60])
    rows = [[[0, 0, 9, 9, 2], [-5, 3, 1e6, 4, 0]], []]
    yield viewer(np.ones((2, 3, 8, 8), np.uint8), colours, objects=rows, show_objects=True)
    yield viewer(np.eye(512), nn.Conv2d(1, 6, 16, stride=16), threshold=0)
    yield _as_a_reader_leaves_it(viewer(), index=3, step=99, tint="score")


def _maps() -> Iterator[Widget]:
    maps = cnnviz.FeatureMaps
    yield maps(nets.trained_lenet5(), "digit")
    yield maps(nets.trained_lenet5(), "digit", selected=(3, 5, 4, 4), scale="map", budget=20_000)
    x = np.random.default_rng(0).normal(size=(3, 9, 8))
    layers = [
        nn.Conv2d(3, 4, 3, padding=5, dilation=(1, 4)),
        nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True),
        nn.GELU(),
        nn.Conv2d(4, 4, 3, groups=2, padding_mode="reflect", padding=1),
        nn.AdaptiveAvgPool2d((2, 3)),
        nn.Upsample(scale_factor=2),
        nn.ConvTranspose2d(4, 2, 2),
        nn.Flatten(),
        nn.Linear(70, 5),
        nn.Softmax(1),
    ]
    net = nn.Sequential(*layers)
    yield maps(net, x)
    yield maps(net.double(), x, budget=12_000, selected=(4, 3))
    yield maps(net, x, layers=["3", "8"], selected=(2, 0, 0, 0))
    yield _as_a_reader_leaves_it(maps(net, x, budget=12_000), selected=[1, 0, 3, 3])


def _monitors() -> Iterator[Widget]:
    monitor = cnnviz.TrainingMonitor
    yield monitor()
    record = {"loss": np.geomspace(9, 1e-9, 5000), "learning_rate": np.ones(5000)}
    epochs = {"train_accuracy": np.linspace(0, 1, 50), "validation_loss": [None, np.inf] * 25}
    for channels in (1, 2, 3):
        filters = np.ones((51, 96, channels, 11, 11))
        yield monitor(record | epochs, filters=filters, step=4, log_scale=True)
    yield monitor({"a" * 60: {"train_loss": [-1e300, 0, 1e-300]}, "": {"loss": [1]}}, run=1)
    yield monitor({"validation_accuracy": np.ones(3000), "stopped": "patience"})
    yield _as_a_reader_leaves_it(monitor(record), step=9, stopping=True)


def _chains() -> Iterator[Widget]:
    calculator = cnnviz.ShapeCalculator
    yield from map(calculator, [None, *chain.PRESETS])
    yield calculator([], input_shape=(7,), selected=0)
    yield calculator([{"kind": "pool"}] * chain.LONGEST, input_shape=(1, 8))
    yield calculator([{"kind": "linear", "units": chain.LARGEST, "bias": False}], selected=5)
    layer = {"channels": 4, "kernel": (3, 2, 1), "padding": ((0, 1), 2, 3), "stride": None}
    yield calculator([{"kind": "conv", **layer}], input_shape=(2, 8, 8, 8))
    yield calculator([{"kind": "conv_transpose", **layer, "output_padding": 0}])
    yield calculator([{"kind": "conv", "channels": 1, "kernel": [3], "padding": "same"}])


def _explorers() -> Iterator[Widget]:
    explorer = cnnviz.ArchitectureExplorer
    lenet, resnet = (nets.lenet5(), (1, 28, 28)), (nets.resnet18(), (3, 32, 32))
    books = [cnnviz.ledger(*each) for each in (lenet, resnet)]
    yield explorer(*books)
    for size_by in ("multiply_adds", "activations", "shape"):
        yield explorer(books[1], size_by=size_by, scale="own", opened="all", selected="layer1.0")
    yield explorer(nn.Flatten(), input_shape=(2, 3, 4, 5), names=["</script>"])
    yield explorer(nn.Linear(4, 2), nn.Conv1d(1, 2, 3), input_shape=(1, 4), opened=[])
    yield explorer(nn.Upsample(scale_factor=1.5), input_shape=(1, 8, 9))


def _embeddings() -> Iterator[Widget]:
    explorer = cnnviz.EmbeddingExplorer
    yield explorer()
    yield explorer(loss="contrastive", margin=4, rate=2, step=60, threshold=0)
    yield explorer([[2, 1.5], [-2, -1.5], [0, 0]], ["a", "b", "a"], triplet=(2, 0, 1), margin=0)
    yield explorer(np.zeros((16, 2), np.float32), np.arange(16) % 4, rate=0, threshold=5)


def _playgrounds() -> Iterator[Widget]:
    playground = cnnviz.BoxPlayground
    for view in ("iou", "nms", "target", "anchors", "pr"):
        yield playground(view=view, step=3)
    yield playground([], [])
    many = RNG.uniform(0, 64, (300, 2, 2))
    rows = np.column_stack([np.sort(many, axis=1).reshape(300, 4), RNG.random(300)])
    yield playground(rows[:, :4], rows, image=np.eye(64), grid=(32, 1), selected=(299, 299))
    yield playground({"boxes": np.zeros((1, 4)), "labels": [9]}, image="astronaut", size=(6, 9))
    yield playground([[-5, -5, 1e6, 1e6, 0]], classes=["</script>"], by_class=True)
    yield _as_a_reader_leaves_it(playground(), positive=0.2, objects=[], step=99)


def _fields() -> Iterator[Widget]:
    field = cnnviz.ReceptiveField
    yield from map(field, [None, *chain.PRESETS])
    yield field([], input_shape=(1, 7), unit=(3,))
    yield field([{"kind": "pool"}] * chain.LONGEST, input_shape=(1, 8), image=None)
    yield field(
        image=np.zeros((3, 40, 50)), effective={"</script>": np.eye(32), "": np.ones((32, 32))}
    )
    for seed in range(6):
        axes = 1 + seed % 2
        graph = field_graphs.network(random.Random(seed), axes).graph
        yield field(graph=graph, effective={"flat": np.ones(graph["nodes"][0]["size"])}, heat=0)
    yield _as_a_reader_leaves_it(field("LeNet-5"), selected=99, unit=[99, 99], heat=7)
    yield _as_a_reader_leaves_it(field(), input_shape=[1, 5000, 5000])
    yield _as_a_reader_leaves_it(field(), input_shape=[1, 8, 8, 8])


def _as_a_reader_leaves_it(widget: Widget, **traits: Any) -> Widget:
    """Set traits as a browser does, which may leave what does not fit together."""
    widget.set_state(traits)
    return widget


def states() -> list[tuple[str, dict[str, Any]]]:
    """Return each widget's view with its state as a page of the book and a saved page have it."""
    return [
        (widget._view(), state)
        for widget in widgets()
        for state in (widget.state(), _page.lighter(widget.state()))
    ]


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(states(), allow_nan=False), encoding="utf-8")
