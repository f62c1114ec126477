"""The backpropagation stepper in Python: its gradients against torch's, what it refuses."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from backprop_cases import settings

import cnnviz
from cnnviz import BackpropStepper
from cnnviz.widgets._traits import pack

SETTINGS = settings()


def torchs(arguments):
    """Return torch's feature maps and gradients, from the same arguments."""
    plain = arguments["x"].ndim == 2
    x, weight, bias = (
        torch.tensor(np.asarray(arguments[name], dtype=float)) for name in ("x", "weight", "bias")
    )
    x, weight = (x[None], weight[None, None]) if plain else (x, weight)
    leaves = [t.requires_grad_() for t in (x, weight, bias)]
    (top, bottom), (left, right) = arguments["padding"]
    padded = F.pad(x, (left, right, top, bottom))
    z = F.conv2d(padded, weight, bias, arguments["stride"], dilation=arguments["dilation"])
    a = torch.relu(z)
    window = arguments["pool_kernel"], arguments["pool_stride"] or arguments["pool_kernel"]
    p = {"max": F.max_pool2d, "mean": F.avg_pool2d, "none": lambda a, *_: a}[arguments["pool"]](
        a, *window
    )
    for each in (z, a, p):
        each.retain_grad()
    grad = arguments["grad"]
    grad = torch.ones_like(p) if grad is None else torch.tensor(np.asarray(grad, dtype=float))
    p.backward(grad.reshape(p.shape))
    found = {"Z": z, "A": a, "P": p, "dP": p.grad, "dA": a.grad, "dZ": z.grad}
    found |= dict(zip(("dX", "dW", "db"), (t.grad for t in leaves), strict=True))
    return {name: values.detach().numpy() for name, values in found.items()}


def test_every_number_is_torchs():
    kinds = set()
    for arguments in SETTINGS:
        widget = BackpropStepper(**arguments)
        whole = np.issubdtype(widget.x.dtype, np.integer)
        exact = whole and widget.pool != "mean"
        answers = widget.feature_maps | widget.gradients
        for name, expected in torchs(arguments).items():
            got = answers[name].reshape(expected.shape)
            np.testing.assert_allclose(got, expected, atol=0 if exact else 1e-12, rtol=0)
        assert np.issubdtype(answers["dX"].dtype, np.integer) == exact
        kinds.add((widget.pool, widget.route, widget.x.ndim, whole))
    assert len(SETTINGS) >= 300
    assert len(kinds) == 24


def test_answers_have_the_shapes_of_what_they_belong_to():
    for arguments in SETTINGS[::5]:
        widget = BackpropStepper(**arguments)
        assert widget.dx.shape == widget.x.shape
        assert widget.dweight.shape == widget.weight.shape
        assert widget.dbias.shape == widget.bias.shape
        assert widget.output.shape == widget.grad.shape == widget.gradients["dP"].shape


def test_the_sources_two_kernels():
    """The tables of "chapter 10": two kernels of 2 × 2, and the sum of what they send back."""
    widget = BackpropStepper(
        np.ones((1, 3, 3)),
        np.array([[[[0.1, 0.2], [0.2, 0.4]]], [[[-0.3, 0.1], [0.1, 0.2]]]]),
        bias=[1, 1],
        grad=[[[1, 3], [2, 2]], [[2, 1], [1, 1]]],
        pool="none",
    )
    expected = [[-0.5, 0.4, 0.7], [0.3, 1.9, 1.9], [0.5, 1.5, 1.0]]
    np.testing.assert_allclose(widget.dx[0], expected, atol=1e-12)


def test_the_example_shows_what_it_is_for():
    """A closed ReLU, a tie whose first element wins, and one element chosen by two windows."""
    widget = BackpropStepper()
    assert (widget.feature_maps["Z"] < 0).any()
    tied = widget.feature_maps["A"][1:, :2]
    assert (tied == tied.max()).sum() == 2
    assert widget.gradients["dA"].max() == 2
    assert widget.step == widget._steps() - 1


def test_ones_and_zeros_follow_the_sizes():
    widget = BackpropStepper(np.arange(64).reshape(8, 8) % 5, np.ones((3, 3), int))
    for name, value, shape in [
        ("pool_stride", 1, (5, 5)),
        ("stride", 2, (2, 2)),
        ("pool", "none", (3, 3)),
        ("padding", 1, (4, 4)),
        ("dilation", 2, (3, 3)),
    ]:
        setattr(widget, name, value)
        assert widget.grad.shape == widget.output.shape == shape
        assert np.all(widget.grad == 1)
        assert widget.step < widget._steps()
    widget = BackpropStepper(np.ones((2, 5, 5)), np.ones((1, 2, 3, 3)))
    widget.weight = np.ones((3, 2, 3, 3))
    assert widget.bias.tolist() == [0, 0, 0]
    assert widget.grad.shape == (3, 1, 1)


def test_a_gradient_that_was_given_is_not_stretched():
    widget = BackpropStepper(grad=[[1, 2], [3, 4]])
    with pytest.raises(ValueError, match="grad must have the output's shape"):
        widget.pool = "none"
    with widget.hold_trait_notifications():
        widget.pool = "none"
        widget.grad = np.arange(9).reshape(3, 3)
    assert widget.dbias.tolist() == [36 - 4 - 6]  # those of the open ReLUs


def test_what_is_done_in_the_browser_is_read_back():
    widget = BackpropStepper()
    heard = []
    widget.observe(lambda change: heard.append(change["name"]), ["x", "route", "step"])
    widget.set_state({"x": pack(np.ones((5, 5))), "route": "gather", "step": 3})
    assert set(heard) == {"x", "route", "step"}
    assert widget.dx.shape == (5, 5)


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"x": np.zeros(5)}, ValueError, r"x must have shape \(H, W\) or \(C, H, W\)"),
        ({"x": np.zeros((9, 9))}, ValueError, "x must have at most 8 positions"),
        ({"x": np.zeros((4, 5, 5))}, ValueError, "x must have at most 3 channels"),
        ({"x": [[np.nan]]}, ValueError, "x must hold finite"),
        ({"x": [["a"]]}, TypeError, "x must hold real numbers"),
        ({"x": np.zeros((2, 5, 5))}, ValueError, "weight must be given"),
        ({"weight": np.zeros((3, 3, 3))}, ValueError, "x must be given|weight must have shape"),
        ({"weight": np.zeros((6, 6))}, ValueError, "weight must have at most 5 positions"),
        ({"weight": np.zeros((1, 1, 2, 2))}, ValueError, "x must be given"),
        (
            {"x": np.zeros((2, 5, 5)), "weight": np.zeros((1, 3, 2, 2))},
            ValueError,
            r"weight must have shape \(K, 2, kh, kw\)",
        ),
        ({"x": np.zeros((2, 5, 5)), "weight": np.zeros((2, 2))}, ValueError, "weight must have"),
        ({"x": np.zeros((5, 5)), "weight": np.zeros((2, 2)), "bias": [1, 2]}, ValueError, "bias"),
        ({"bias": [1, 2, 3, 4]}, ValueError, "bias"),
        ({"grad": [[1, 2]]}, ValueError, r"grad must have the output's shape, \(2, 2\)"),
        ({"grad": np.inf}, ValueError, "grad"),
        ({"stride": 0}, ValueError, "stride"),
        ({"stride": (1, 2, 3)}, ValueError, "stride"),
        ({"dilation": 1.5}, TypeError, "dilation"),
        ({"dilation": 3}, ValueError, "weight must fit"),
        ({"padding": -1}, ValueError, "padding"),
        ({"padding": 3}, ValueError, "padding must leave at most 10 positions on an axis, got 11"),
        ({"padding": "same"}, ValueError, "same_padding"),
        ({"pool": "l2"}, ValueError, "pool must be one of max, mean, none"),
        ({"pool_kernel": 4}, ValueError, "pool_kernel must fit"),
        ({"pool_kernel": None}, TypeError, "pool_kernel"),
        ({"pool_stride": 0}, ValueError, "pool_stride"),
        ({"route": "stuffed"}, ValueError, "route must be one of scatter, gather"),
        ({"step": -1}, ValueError, "step"),
        ({"step": 38}, ValueError, "less than the 38 steps"),
        ({"steps": 1}, TypeError, "did you mean 'step'"),
    ],
)
def test_nonsense_is_refused_with_its_name(arguments, error, says):
    with pytest.raises(error, match=says):
        BackpropStepper(**arguments)


@pytest.mark.parametrize("arguments", SETTINGS[:24])
def test_it_has_a_short_name_and_a_picture(arguments):
    widget = BackpropStepper(**arguments)
    assert repr(widget) == repr(BackpropStepper(**arguments))
    assert len(repr(widget)) < 120
    assert widget.picture().width > widget.picture().height
    assert "gradient of the loss" in widget.caption()
    assert widget.to_html() == BackpropStepper(**arguments).to_html()


def test_it_is_public():
    assert cnnviz.BackpropStepper is BackpropStepper
