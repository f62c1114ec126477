"""The convolution stepper in Python: its answers against torch, its weights, what it refuses."""

import itertools
import random

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import cnnviz
from cnnviz import ConvolutionStepper
from cnnviz.widgets._traits import pack

CONV = (F.conv1d, F.conv2d, F.conv3d)
CONV_TRANSPOSE = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)
MODES = ("zero", "reflect", "replicate", "circular")


def torch_pads(pads):
    return [side for pair in reversed(pads) for side in pair]


def draw(rng, rank, transposed, plain):
    """Draw arguments and torch's answer to them; None where the sizes do not go together."""
    groups = 1 if plain else rng.choice((1, 1, 2, 3))
    inputs, outputs = (1, 1) if plain else (groups * rng.randint(1, 2), groups * rng.randint(1, 2))
    n = [rng.randint(2, 6 if rank < 3 else 4) for _ in range(rank)]
    k = [rng.randint(1, 3 if rank < 3 else 2) for _ in range(rank)]
    s = [rng.randint(1, 3) for _ in range(rank)]
    d = [rng.randint(1, 2) for _ in range(rank)]
    p = [(rng.randint(0, 2), rng.randint(0, 2)) for _ in range(rank)]
    mode = "zero" if transposed else rng.choice(MODES)
    shape = (inputs, outputs // groups) if transposed else (outputs, inputs // groups)
    x, w, b = (
        torch.tensor(np.array([rng.randint(-4, 4) for _ in range(np.prod(size))]).reshape(size))
        for size in ((inputs, *n), (*shape, *k), (outputs,))
    )
    arguments = {"stride": s, "dilation": d, "padding": p}
    real = [a.double() for a in (x, w, b)]
    if transposed:
        extra = [rng.randint(0, max(a, c) - 1) for a, c in zip(s, d, strict=True)]
        y = CONV_TRANSPOSE[rank - 1](
            *real, stride=s, dilation=d, output_padding=extra, groups=groups
        )
        if any(m - sum(q) < 1 for m, q in zip(y.shape[1:], p, strict=True)):
            return None
        cut = (slice(q[0], m - q[1]) for m, q in zip(y.shape[1:], p, strict=True))
        y = y[(slice(None), *cut)]
        arguments |= {"output_padding": extra, "transposed": True}
    else:
        most = {"reflect": -1, "circular": 0}.get(mode, 99)
        if any(max(q) > m + most for m, q in zip(n, p, strict=True)):
            return None
        span = [c * (a - 1) + 1 for a, c in zip(k, d, strict=True)]
        if any(a > m + sum(q) for a, m, q in zip(span, n, p, strict=True)):
            return None
        padded = F.pad(real[0][None], torch_pads(p), mode="constant" if mode == "zero" else mode)
        y = CONV[rank - 1](padded, *real[1:], stride=s, dilation=d, groups=groups)[0]
        arguments |= {"padding_mode": mode}
    if plain:
        x, w, y = x[0], w[0, 0], y[0]
    return {"x": x, "weight": w, "bias": b, "groups": groups, **arguments}, y.numpy()


def settings(count):
    rng = random.Random(3)
    kinds = itertools.cycle(itertools.product((1, 2, 3), (False, True), (False, False, True)))
    made = []
    while len(made) < count:
        one = draw(rng, *next(kinds))
        if one:
            made.append(one)
    return made


SETTINGS = settings(360)


def test_the_output_is_torchs_in_every_kind_of_setting():
    kinds = set()
    for arguments, expected in SETTINGS:
        stepper = ConvolutionStepper(**arguments)
        assert stepper.output.shape == expected.shape, arguments
        np.testing.assert_array_equal(stepper.output, expected, err_msg=str(arguments))
        kinds.add((stepper._rank(), stepper.transposed, stepper._plain(), stepper.groups > 1))
    assert len(kinds) == 18


def test_weights_go_in_and_come_back_as_torch_has_them():
    for arguments, _ in SETTINGS[::4]:
        stepper = ConvolutionStepper(**arguments)
        np.testing.assert_array_equal(stepper.weight, arguments["weight"])
        stepper.weight = stepper.weight * 2
        np.testing.assert_array_equal(stepper.weight, arguments["weight"] * 2)


def test_the_groups_slider_loses_no_weights():
    conv = torch.nn.Conv2d(4, 6, 3, bias=False)
    stepper = ConvolutionStepper(np.arange(100.0).reshape(4, 5, 5), conv.weight)
    dense = stepper.output
    stepper.groups = 2
    assert stepper.weight.shape == (6, 2, 3, 3)
    x = torch.arange(100.0, dtype=torch.float64).reshape(4, 5, 5)
    halves = [
        F.conv2d(x[c : c + 2], conv.weight.double()[k : k + 3, c : c + 2])
        for c, k in ((0, 0), (2, 3))
    ]
    np.testing.assert_allclose(stepper.output, torch.cat(halves).detach(), atol=1e-9)
    stepper.groups = 1
    np.testing.assert_array_equal(stepper.output, dense)


def test_grouped_weights_are_dense_ones_with_zeros_between():
    x, weight = np.ones((4, 3)), np.arange(12).reshape(4, 1, 3)
    stepper = ConvolutionStepper(x, weight, groups=4)
    grouped = stepper.output
    stepper.groups = 1
    np.testing.assert_array_equal(stepper.output, grouped)


def test_same_becomes_the_numbers_that_it_stands_for():
    stepper = ConvolutionStepper(np.ones(6), np.ones(4), padding="same")
    assert stepper.padding == [[1, 2]]
    assert stepper.output.shape == (6,)
    stepper.padding = (3, 0)
    assert stepper.padding == [[3, 0]]
    stepper.padding = "valid"
    assert stepper.padding == 0


def test_whole_numbers_stay_whole_and_a_missing_bias_follows_the_weights():
    stepper = ConvolutionStepper(np.ones((2, 4), int), np.ones((1, 2, 3), int))
    assert stepper.output.dtype == np.int64
    stepper.weight = np.ones((5, 2, 3), int)
    assert stepper.output.shape == (5, 2)
    assert ConvolutionStepper([1, 2, 3], [1], 5).output.tolist() == [6, 7, 8]


def test_what_is_done_in_the_browser_is_read_back():
    stepper = ConvolutionStepper(np.ones((2, 5, 5)), np.ones((3, 2, 3, 3)))
    heard = []
    stepper.observe(lambda change: heard.append(change["name"]), ["dense", "transposed", "step"])
    turned = pack(np.arange(54.0).reshape(2, 3, 3, 3))
    stepper.set_state({"dense": turned, "transposed": True, "stride": 2, "step": 4})
    assert set(heard) == {"dense", "transposed", "step"}
    expected = F.conv_transpose2d(
        torch.ones(2, 5, 5, dtype=torch.float64),
        torch.arange(54.0, dtype=torch.float64).reshape(2, 3, 3, 3),
        stride=2,
    )
    np.testing.assert_array_equal(stepper.output, expected)


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"x": np.zeros((1, 1, 1, 1, 1))}, ValueError, "x must be an array"),
        ({"x": [[np.nan]]}, ValueError, "x must hold finite"),
        ({"x": np.zeros((65, 65)), "weight": np.ones((3, 3))}, ValueError, "64"),
        ({"x": np.zeros((17, 4)), "weight": np.ones((1, 17, 3))}, ValueError, "16"),
        ({"x": np.zeros((2, 5, 5)), "weight": np.ones((3, 3))}, ValueError, "3 axes .* or 4"),
        ({"x": np.zeros((2, 5)), "weight": np.ones((1, 3, 3))}, ValueError, r"weight .*\(K, 2"),
        ({"weight": np.ones((1, 1, 3, 3))}, ValueError, "x must be given"),
        ({"x": np.zeros((2, 3, 4, 5))}, ValueError, "weight must be given"),
        ({"x": np.ones(20), "weight": np.ones(3), "bias": [1, 2]}, ValueError, "bias"),
        ({"groups": 2}, ValueError, "groups must be 1"),
        ({"x": np.ones((4, 5)), "weight": np.ones((3, 2, 2)), "groups": 2}, ValueError, "groups"),
        (
            {"x": np.ones((4, 5)), "weight": np.ones((3, 2, 2)), "transposed": True},
            ValueError,
            r"weight must have shape \(4, K/groups",
        ),
        ({"stride": 0}, ValueError, "stride"),
        ({"stride": (1, 2, 3)}, ValueError, "stride"),
        ({"dilation": 1.5}, TypeError, "dilation"),
        ({"dilation": 3}, ValueError, "weight must fit"),
        ({"padding": -1}, ValueError, "padding"),
        ({"padding": "full"}, ValueError, "padding"),
        ({"padding": (1, 2, 3)}, ValueError, "padding"),
        ({"padding": 5, "padding_mode": "reflect"}, ValueError, "padding must be at most 4"),
        ({"padding": "same", "transposed": True}, ValueError, "padding"),
        ({"padding": 3, "transposed": True}, ValueError, "padding must cut off less"),
        ({"padding_mode": "circular", "transposed": True}, ValueError, "padding_mode"),
        ({"padding_mode": "zeros"}, ValueError, "replicate"),
        ({"output_padding": 1}, ValueError, "output_padding must be 0"),
        ({"output_padding": 1, "transposed": True}, ValueError, "output_padding must be less"),
        ({"transposed": 1}, TypeError, "transposed"),
        ({"reading": "gather"}, ValueError, "stuffed"),
        ({"step": -1}, ValueError, "step"),
        ({"step": 9}, ValueError, "less than the 9 steps"),
        ({"steps": 1}, TypeError, "did you mean 'step'"),
    ],
)
def test_nonsense_is_refused_with_its_name(arguments, error, says):
    with pytest.raises(error, match=says):
        ConvolutionStepper(**arguments)


@pytest.mark.parametrize("arguments", [arguments for arguments, _ in SETTINGS[:36]])
def test_it_has_a_short_name_and_a_picture(arguments):
    stepper = ConvolutionStepper(**arguments)
    assert repr(stepper) == repr(ConvolutionStepper(**arguments))
    assert len(repr(stepper)) < 120
    assert stepper.picture().width > stepper.picture().height
    assert "gives" in stepper.caption()
    assert stepper.to_html() == ConvolutionStepper(**arguments).to_html()


def test_without_arguments_it_is_the_guides_figure():
    assert repr(cnnviz.ConvolutionStepper()) == "ConvolutionStepper(5 × 5 by 3 × 3 → 3 × 3)"
    assert ConvolutionStepper(transposed=True).output.shape == (5, 5)
