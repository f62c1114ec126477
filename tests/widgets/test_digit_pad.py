"""The digit pad's Python half: the network that ships, others from torch, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import cnnviz
from cnnviz import data, digit_network, nets, training
from cnnviz.widgets import _network
from cnnviz.widgets._traits import unpack

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "data"
needs_mnist = pytest.mark.skipif(
    not (REAL / "mnist").is_dir(), reason="MNIST is not beside the clone"
)
EXAMPLES = digit_network.load()["example_pictures"]
LABELS = digit_network.load()["example_labels"].tolist()


@pytest.fixture(scope="module")
def mnist():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CNNVIZ_DATA", str(REAL))
        return data.load("mnist", "test")


@needs_mnist
def test_the_network_that_ships_reads_99_percent_of_mnist(mnist):
    accuracy = training.evaluate(nets.trained_lenet5(), mnist).accuracy
    assert accuracy >= 0.99
    assert accuracy == pytest.approx(float(digit_network.load()["accuracy"]), abs=2e-4)


@needs_mnist
def test_numpy_and_torch_agree_on_a_hundred_digits(mnist):
    expected = training.predict(nets.trained_lenet5(), mnist.pictures[:100])
    for picture, scores in zip(mnist.pictures[:100, 0], expected, strict=True):
        assert np.abs(cnnviz.DigitPad(picture).scores - scores).max() < 1e-4


def test_every_map_is_torch_s():
    pad, net = cnnviz.DigitPad(EXAMPLES[2]), nets.trained_lenet5()
    x, found = torch.from_numpy(EXAMPLES[2][None, None] / 255).float(), {}
    for name, layer in net.named_children():
        x = layer(x)
        key = {"squash1": "S2", "squash3": "S4", "squash5": "C5", "squash6": "F6"}.get(name)
        found[key or (name if name == "output" else name.upper())] = x[0].detach().numpy()
    for name, values in pad.maps.items():
        assert np.allclose(values.ravel(), found[name].ravel(), atol=1e-5), name


def test_a_page_gets_at_most_130_kb_of_weights_a_byte_each():
    model = cnnviz.DigitPad().state()["model"]
    arrays = [
        layer[name] for layer in model for name in ("weight", "scale", "bias") if name in layer
    ]
    assert sum(len(array["data"]) for array in arrays) <= 130_000
    assert {layer["weight"]["dtype"] for layer in model if "weight" in layer} == {"int8"}
    assert (
        sum(unpack(a).size for layer in model for n, a in layer.items() if n in ("weight", "bias"))
        == 61706
    )


def test_the_state_brings_back_the_same_network():
    pad = cnnviz.DigitPad()
    again = _network.from_plain(pad.state()["model"]).maps(pad.digit)
    for name, values in pad.maps.items():
        assert np.array_equal(values, again[name])


def test_torch_is_not_needed():
    code = (
        "import sys; sys.modules['torch'] = None; import cnnviz; pad = cnnviz.DigitPad();"
        "pad.to_html(); print(pad.prediction)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(LABELS[0])


@pytest.mark.parametrize(("picture", "label"), list(zip(EXAMPLES, LABELS, strict=True)))
def test_of_the_examples_the_last_alone_is_misread(picture, label):
    wrong = picture is EXAMPLES[-1] or np.array_equal(picture, EXAMPLES[-1])
    assert (cnnviz.DigitPad(picture).prediction != label) == wrong


def test_probabilities_are_the_scores_softmax():
    pad = cnnviz.DigitPad()
    assert pad.probabilities.sum() == pytest.approx(1)
    assert pad.probabilities.argmax() == pad.scores.argmax() == pad.prediction


def test_an_empty_pad_is_read_as_nothing():
    pad = cnnviz.DigitPad(np.zeros((28, 28)))
    assert pad.prediction is None
    assert repr(pad) == "DigitPad(nothing drawn)"
    assert "nothing is drawn" in pad.caption()
    assert pad.picture().size[0] > 400


def test_a_drawing_is_placed_unless_it_is_not_to_be():
    corner = np.roll(EXAMPLES[1], (-4, -4), (0, 1))
    assert corner.any(axis=1).argmax() < 4, "it has moved"
    pad = cnnviz.DigitPad(corner)
    assert np.allclose(pad.digit * 255, EXAMPLES[1])
    pad.centred = False
    assert np.allclose(pad.digit * 255, corner)


def test_floats_bytes_and_both_sizes_are_the_same_drawing():
    ones = np.ones((4, 4), np.uint8)
    drawings = [
        cnnviz.DigitPad(picture).drawing
        for picture in (EXAMPLES[0], EXAMPLES[0] / 255, np.kron(EXAMPLES[0], ones), EXAMPLES[:1])
    ]
    assert all(np.array_equal(drawings[0], each) for each in drawings)


NETS = {
    "lenet, tanh and mean": lambda: nets.lenet5(activation="tanh", pool="mean"),
    "a linear layer behind a pool": lambda: nn.Sequential(
        nn.AvgPool2d(7), nn.Flatten(), nn.Linear(16, 10, bias=False)
    ),
    "strides, padding, nested": lambda: nn.Sequential(
        nn.Sequential(nn.Conv2d(1, 3, 4, stride=3, padding=1), nn.Tanh()),
        nn.MaxPool2d(3, stride=2),
        nn.Conv2d(3, 5, 2, bias=False),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Flatten(),
        nn.Linear(45, 10),
    ),
}


@pytest.mark.parametrize("make", NETS.values(), ids=NETS)
def test_a_network_of_one_s_own_gives_torch_s_scores(make):
    torch.manual_seed(1)
    net = make().eval()
    pad = cnnviz.DigitPad(EXAMPLES[3], net)
    expected = training.predict(net, EXAMPLES[3][None, None])[0]
    assert np.abs(pad.scores - expected).max() < 1e-5
    again = _network.from_plain(pad.state()["model"])
    assert np.array_equal(again.maps(pad.digit)["output"], pad.scores)


def test_what_is_trained_later_does_not_change_the_pad():
    net = nets.trained_lenet5()
    pad = cnnviz.DigitPad(model=net)
    before = pad.scores
    with torch.no_grad():
        net.output.weight.zero_()
    assert np.array_equal(pad.scores, before)


def linear(n=784):
    return nn.Linear(n, 10)


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (nn.Linear(784, 10), TypeError, "model must be an nn.Sequential of Conv2d"),
        ("lenet", TypeError, "model must be an nn.Sequential"),
        (nn.Sequential(nn.BatchNorm2d(1), linear()), TypeError, "it has a BatchNorm2d"),
        (nn.Sequential(nn.ReLU(), linear()), ValueError, "each ReLU behind a layer"),
        (nn.Sequential(linear(), nn.ReLU()), ValueError, "must end with a Linear layer"),
        (nn.Sequential(nn.Flatten(), linear(100)), ValueError, "must read a digit of 1 × 28 × 28"),
        (nn.Sequential(nn.Flatten(), nn.Linear(784, 9)), ValueError, "must give 10 scores, got 9"),
        (nn.Sequential(), ValueError, "must end with"),
        (nn.Sequential(nn.Linear(784, 400), linear(400)), ValueError, "at most 250000 weights"),
        (nn.Sequential(nn.Conv2d(1, 2, 3, dilation=2), linear()), ValueError, "dilation 1, got 2"),
        (nn.Sequential(nn.Conv2d(1, 2, (3, 2)), linear()), ValueError, "one kernel_size for both"),
        (nn.Sequential(nn.Conv2d(1, 2, 3, padding="same"), linear()), ValueError, "one padding"),
        (nn.Sequential(nn.MaxPool2d(2, padding=1), linear()), ValueError, "neither padding"),
        (
            nn.Sequential(nn.Conv2d(1, 200, 15, padding=7), nn.AvgPool2d(28), linear(200)),
            ValueError,
            "products",
        ),
    ],
)
def test_what_is_no_such_network_is_refused(model, error, message):
    with pytest.raises(error, match=message):
        cnnviz.DigitPad(model=model)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"drawing": np.zeros((30, 30))}, ValueError, "drawing must be 28 × 28 or 112 × 112"),
        ({"drawing": np.full((28, 28), 256)}, ValueError, "whole numbers from 0 to 255"),
        ({"drawing": np.full((28, 28), 2.5)}, ValueError, "floats from 0 to 1"),
        ({"label": 10}, ValueError, "label must be a digit from 0 to 9"),
        ({"label": "2"}, TypeError, "label must be"),
        ({"centred": 1}, TypeError, "centred must be True or False"),
        ({"looked_at": (6, 0)}, ValueError, "looked_at must be"),
        ({"looked_at": (0, 6)}, ValueError, "looked_at must be"),
        ({"looked_at": 3}, ValueError, "looked_at must be"),
        ({"picture": np.zeros((28, 28))}, TypeError, "no argument 'picture'"),
    ],
)
def test_what_is_not_allowed_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        cnnviz.DigitPad(**arguments)


def test_what_is_looked_at_moves_into_a_smaller_network():
    pad = cnnviz.DigitPad(looked_at=(3, 15))
    pad.model = NETS["a linear layer behind a pool"]()
    assert pad.looked_at == [0, 0]
