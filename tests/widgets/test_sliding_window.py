"""The sliding window's Python half: both forms against torch, the counts against counting."""

from __future__ import annotations

import copy
import itertools
import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

import cnnviz
from cnnviz import digit_network, ledger, nets
from cnnviz.widgets._sliding_window import _covered

RNG = np.random.default_rng(5)


def wide_net():
    """Strides 3 and 2, padding, two linear layers: a window of 30 × 30 that jumps by 6."""
    torch.manual_seed(2)
    return nn.Sequential(
        nn.Conv2d(1, 3, 4, stride=3, padding=1),
        nn.Tanh(),
        nn.MaxPool2d(2),
        nn.Conv2d(3, 5, 2, bias=False),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(45, 8),
        nn.Tanh(),
        nn.Linear(8, 10),
    )


MODELS = {
    "the one that ships": lambda: None,
    "strides, padding, two linear layers": wide_net,
    "a linear layer alone": lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 10)),
    "one that pools a window to a number": lambda: nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.AvgPool2d(28), nn.Flatten(), nn.Linear(4, 10)
    ),
    "one whose pooling drops a line": lambda: nn.Sequential(
        nn.MaxPool2d(3),
        nn.Conv2d(1, 4, 4, stride=2),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(4, 10),
    ),
}


def by_torch(slider, model):
    """Return torch's scores of every window, cropped; its first padding holds real pixels."""
    net = copy.deepcopy(model or nets.trained_lenet5())
    first = next(iter(net))
    pad = first.padding[0] if isinstance(first, nn.Conv2d) else 0
    if pad:
        first.padding = (0, 0)
    rows, columns = slider.positions
    side, s = slider.window, slider.stride
    crops = [
        slider.page[i * s : i * s + side, j * s : j * s + side]
        for i, j in itertools.product(range(rows), range(columns))
    ]
    with torch.no_grad():
        scores = net.double()(torch.from_numpy(np.stack(crops)[:, None] / 255))
    return scores.numpy().T.reshape(10, rows, columns)


@pytest.mark.parametrize("times", [1, 2, 5])
@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_both_forms_are_torch_s_scores_of_every_crop(make, times):
    page = RNG.integers(0, 256, (47, 61), dtype=np.uint8)
    model = make()
    slider = cnnviz.SlidingWindow(page, model)
    slider.stride = times * slider.jump
    expected = by_torch(slider, model)
    assert slider.scores.shape == expected.shape
    assert np.abs(slider.scores - expected).max() < 1e-6
    for step in {0, math.prod(slider.positions) // 2, math.prod(slider.positions) - 1}:
        slider.step = step
        assert np.abs(slider.window_scores - expected.reshape(10, -1)[:, step]).max() < 1e-6


@pytest.mark.parametrize("side", [1, 2, 5, 7])
@pytest.mark.parametrize("apart", [1, 3, 5, 9])
def test_places_are_counted_once(side, apart):
    columns, held = 4, set()
    for count in range(1, 13):
        i, j = divmod(count - 1, columns)
        held |= {
            (i * apart + y, j * apart + x) for y, x in itertools.product(range(side), range(side))
        }
        assert _covered(side, apart, columns, count) == len(held)


def test_the_counts_are_the_ledger_s():
    """Of one window, and of the page as a picture that the network of convolutions reads whole."""
    slider = cnnviz.SlidingWindow()
    counts = slider.multiply_adds
    assert counts["cropping"] == counts["convolution"]
    assert sum(counts["cropping"].values()) == ledger(nets.lenet5(32), (1, 32, 32)).multiply_adds
    slider.step = math.prod(slider.positions) - 1
    net = nets.lenet5(32)
    whole = nn.Sequential(
        net.c1, net.s2, net.c3, net.s4, net.c5, nn.Conv2d(120, 84, 1), nn.Conv2d(84, 10, 1)
    )
    book = ledger(whole, (1, *slider.page.shape))
    assert sum(slider.multiply_adds["convolution"].values()) == book.multiply_adds


def test_the_example_page_holds_digits_that_are_found():
    slider = cnnviz.SlidingWindow()
    winners = slider.scores.argmax(axis=0)
    labels = digit_network.load()["example_labels"]
    assert winners[0, 0] == labels[0]
    assert winners[8, 6] == labels[3]


def test_torch_is_not_needed():
    code = (
        "import sys; sys.modules['torch'] = None; import cnnviz; w = cnnviz.SlidingWindow();"
        "w.to_html(); print(w)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("SlidingWindow(64 × 128, 9 × 25 windows of 32 × 32, stride 4")


def test_the_step_stays_inside():
    slider = cnnviz.SlidingWindow(step=224)
    slider.stride = 16
    assert slider.step == 3 * 7 - 1
    slider.page = np.zeros((32, 40), np.uint8)
    assert slider.step == 0


def test_the_picture_shows_window_map_and_counts():
    slider = cnnviz.SlidingWindow(step=30, digit=7)
    assert slider.picture().size[0] > 800
    assert "93 717 000" in slider.caption().replace("\u202f", " ").replace("\xa0", " ")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"page": np.zeros((31, 60))}, ValueError, "page must be at least as large as the window"),
        ({"page": np.zeros((32, 129))}, ValueError, "at most 128 pixels"),
        ({"page": np.zeros((3, 40, 40))}, ValueError, "page must be grey"),
        ({"page": np.full((40, 40), 2.5)}, ValueError, "floats from 0 to 1"),
        ({"page": np.full((40, 40), 256)}, ValueError, "whole numbers from 0 to 255"),
        ({"stride": 6}, ValueError, "stride must be a multiple of 4"),
        ({"stride": 0}, ValueError, "stride"),
        ({"digit": 10}, ValueError, "digit must be a digit from 0 to 9 or None"),
        ({"step": 225}, ValueError, "step must be less than the 225 windows"),
        ({"picture": np.zeros((64, 64))}, TypeError, "no argument 'picture'"),
        ({"model": nn.Linear(784, 10)}, TypeError, "model must be an nn.Sequential"),
        (
            {
                "model": nn.Sequential(
                    nn.Conv2d(1, 2, 3),
                    nn.Conv2d(2, 2, 3, padding=1),
                    nn.Flatten(),
                    nn.Linear(1352, 10),
                )
            },
            ValueError,
            "model must have no padding behind its first layer",
        ),
        (
            {
                "page": np.zeros((128, 128)),
                "model": nn.Sequential(nn.Flatten(), nn.Linear(784, 40), nn.Linear(40, 10)),
            },
            ValueError,
            "page must take at most 200000000 multiply",
        ),
    ],
)
def test_what_is_not_allowed_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        cnnviz.SlidingWindow(**arguments)
