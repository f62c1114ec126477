"""Every argument of every widget takes odd values or refuses them by name."""

from typing import Any

import numpy as np
import pytest
import torch
from odd_inputs import complaints
from torch import nn

from cnnviz import (
    ArchitectureExplorer,
    BackpropStepper,
    BoxPlayground,
    ConvolutionStepper,
    DetectionViewer,
    DigitPad,
    EmbeddingExplorer,
    FeatureMaps,
    KernelEditor,
    PoolingStepper,
    ReceptiveField,
    ShapeCalculator,
    SlidingWindow,
    TrainingMonitor,
    VolumeViewer,
)

WIDGETS: dict[type, dict[str, Any]] = {
    ArchitectureExplorer: {
        "model": torch.nn.Sequential(torch.nn.Conv1d(1, 2, 3), torch.nn.ReLU()),
        "other": torch.nn.Flatten(),
        "input_shape": (1, 8),
        "names": ["one", "two"],
        "size_by": "shape",
        "scale": "own",
        "selected": 0,
        "opened": [],
    },
    BackpropStepper: {
        "x": np.eye(5),
        "weight": np.ones((2, 2)),
        "bias": 0.0,
        "grad": np.ones((2, 2)),
        "stride": 1,
        "padding": 0,
        "dilation": 1,
        "pool": "max",
        "pool_kernel": 2,
        "pool_stride": None,
        "route": "scatter",
        "step": 0,
    },
    BoxPlayground: {
        "objects": np.array([[0, 0, 4, 4, 0]]),
        "detections": np.array([[0, 0, 4, 4, 0.5, 0]]),
        "image": np.eye(5),
        "size": (8, 8),
        "classes": ["one"],
        "view": "iou",
        "selected": (0, 0),
        "iou_threshold": 0.5,
        "by_class": False,
        "step": 0,
        "score_threshold": 0.5,
        "match_threshold": 0.5,
        "grid": (2, 2),
        "anchor_sizes": [(2, 2)],
        "positive": 0.7,
        "negative": 0.3,
    },
    ConvolutionStepper: {
        "x": np.eye(5),
        "weight": np.ones((2, 2)),
        "bias": 0.0,
        "stride": 1,
        "padding": 0,
        "dilation": 1,
        "groups": 1,
        "padding_mode": "zero",
        "transposed": False,
        "output_padding": 0,
        "reading": "scatter",
        "step": 0,
    },
    DetectionViewer: {
        "pictures": np.zeros((2, 16, 16)),
        "model": torch.nn.Conv2d(1, 15, 8, stride=8),
        "objects": [None, [[1.0, 2.0, 8.0, 9.0, 3.0]]],
        "names": list("0123456789"),
        "index": 1,
        "threshold": 0.5,
        "overlap": 0.5,
        "step": 1,
        "cell": (1, 0),
        "tint": "score",
        "show_objects": True,
    },
    DigitPad: {
        "drawing": np.eye(28),
        "model": None,
        "label": 3,
        "centred": True,
        "looked_at": (0, 0),
    },
    EmbeddingExplorer: {
        "points": [[0, 0], [1, 0], [0, 1]],
        "labels": [0, 0, 1],
        "loss": "triplet",
        "margin": 0.5,
        "triplet": (0, 1, 2),
        "threshold": 1.0,
        "rate": 0.2,
        "step": 3,
    },
    KernelEditor: {
        "image": np.eye(5),
        "kernel": np.ones((2, 2)),
        "flip": False,
        "normalise": True,
        "bias": 0.0,
        "stride": 1,
        "dilation": 1,
        "padding": 0,
        "padding_mode": "zero",
        "show": "signed",
        "cursor": (0, 0),
        "pictures": [],
    },
    FeatureMaps: {
        "model": nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()),
        "picture": np.eye(6),
        "layers": ["0"],
        "units": [(1, 0, 1, 1)],
        "budget": 50_000,
        "scale": "map",
        "selected": (1, 0),
    },
    PoolingStepper: {
        "x": np.eye(4),
        "kernel": 2,
        "stride": None,
        "padding": 0,
        "mode": "mean",
        "step": 0,
        "gradient": "all",
    },
    ReceptiveField: {
        "layers": [{"kind": "pool"}],
        "input_shape": (1, 8),
        "graph": None,
        "selected": 1,
        "unit": (2,),
        "image": None,
        "effective": {"flat": np.ones(8)},
        "heat": 0,
    },
    ShapeCalculator: {"layers": [{"kind": "flatten"}], "input_shape": (1, 8), "selected": 0},
    SlidingWindow: {
        "page": np.eye(40),
        "model": None,
        "stride": 4,
        "digit": 3,
        "step": 1,
    },
    TrainingMonitor: {
        "runs": {"train_loss": [2.0, 1.0]},
        "filters": np.ones((2, 3, 1, 2, 2)),
        "run": 0,
        "step": 1,
        "log_scale": True,
        "training": False,
        "stopping": False,
    },
    VolumeViewer: {
        "volume": np.ones((4, 4, 4)),
        "kernel": "box",
        "axis": 0,
        "index": 1,
        "stride": 1,
        "padding": 0,
        "padding_mode": "zero",
        "cursor": (0, 0, 0),
    },
}


#: Arguments from which a part of the state is made.
NOT_STATE = {"weight", "filters", "model", "picture", "layers", "budget"}
NOT_STATE |= {"other", "input_shape", "names", "pictures"}


@pytest.mark.parametrize("widget", WIDGETS)
def test_odd_values_are_taken_or_refused_by_name(widget):
    def make(**arguments: Any) -> str:
        return repr(widget(**arguments))

    assert set(WIDGETS[widget]) <= {*widget._state_names(), *NOT_STATE}
    found = complaints(make, WIDGETS[widget])
    assert not found, "\n".join(found)


def test_every_argument_is_tried():
    of_their_own = {
        "networks",
        "dense",
        "examples",
        "found",
        "image_name",
        "images",
        "measured_at",
        "preset",
        "presets",
        "recorded",
        "scores",
    }
    for widget, arguments in WIDGETS.items():
        assert set(widget._state_names()) - of_their_own <= set(arguments), widget
