"""The Python half of the pooling stepper: torch's answers, refusals, the page's state."""

import json
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from elements import Element

from cnnviz import PoolingStepper, images
from cnnviz.widgets._traits import pack, unpack

RNG = np.random.default_rng(0)
SETTINGS = [
    {},
    {"x": RNG.integers(-5, 5, (7, 8)), "kernel": 3, "stride": 2, "padding": 1},
    {"x": RNG.normal(size=(3, 9, 7)), "kernel": (2, 3), "stride": (1, 2), "padding": (1, 0)},
    {"x": RNG.normal(size=(2, 5, 6)), "kernel": "global"},
    {"x": RNG.integers(-9, 9, 11), "kernel": 3, "stride": 1, "padding": 1},
    {"x": np.ones((6, 6), np.uint8), "kernel": 3, "stride": 1},
    {"x": RNG.integers(0, 255, 13), "kernel": "global"},
    {"x": RNG.normal(size=(8, 8)), "kernel": 4, "padding": [(2, 2), (1, 1)], "stride": 3},
]
CASES = [{**setting, "mode": mode} for setting in SETTINGS for mode in ("max", "mean", "l2")]


def torch_pool(stepper: PoolingStepper, x: torch.Tensor) -> torch.Tensor:
    """Pool by torch, from nothing but the stepper's plain state."""
    rank = min(2, x.ndim)
    kernel, stride, padding = stepper.kernel, stepper.stride, stepper.padding
    kernel = x.shape[-rank:] if kernel == "global" else kernel
    if isinstance(padding, list):
        padding = [before for before, _ in padding]  # symmetric in these cases
    channels = x if x.ndim > rank else x[None]
    if stepper.mode == "max":
        y = getattr(F, f"max_pool{rank}d")(channels, kernel, stride, padding)
    else:
        power = 1 if stepper.mode == "mean" else 2
        y = getattr(F, f"avg_pool{rank}d")(channels**power, kernel, stride, padding) ** (1 / power)
    return y if x.ndim > rank else y[0]


@pytest.mark.parametrize("case", CASES)
def test_the_output_is_torchs(case):
    stepper = PoolingStepper(**case)
    expected = torch_pool(stepper, torch.tensor(stepper.x, dtype=torch.float64)).numpy()
    assert stepper.output.shape == expected.shape
    np.testing.assert_allclose(stepper.output, expected, rtol=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_the_gradient_is_torchs(case):
    stepper = PoolingStepper(**case)
    x = torch.tensor(stepper.x, dtype=torch.float64, requires_grad=True)
    y = torch_pool(stepper, x)
    grad = RNG.normal(size=y.shape)
    y.backward(torch.tensor(grad))
    np.testing.assert_allclose(stepper.backward(grad), x.grad.numpy(), rtol=1e-12, atol=1e-15)


def test_the_gradient_shown_is_that_of_this_step_or_of_all():
    x = [[1, 2, 7, 7], [4, 3, 7, 7]]
    assert PoolingStepper(x).backward().tolist() == [[0, 0, 1, 0], [1, 0, 0, 0]]
    stepper = PoolingStepper(x, gradient="step", step=1)
    assert stepper.backward().tolist() == [[0, 0, 1, 0], [0, 0, 0, 0]]
    stepper.gradient = "all"
    assert stepper.backward().sum() == 2


def test_the_default_is_the_sources_example():
    example = images.figure("average_pooling_4x4")
    stepper = PoolingStepper(mode="mean")
    np.testing.assert_array_equal(stepper.x, example.image)
    np.testing.assert_array_equal(stepper.output, example.printed)


def test_whole_numbers_stay_whole_under_the_maximum():
    assert PoolingStepper([[1, 2], [3, 4]]).output.dtype.kind == "i"


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"x": 3}, ValueError, r"x must be .*\(\)"),
        ({"x": np.zeros((1, 2, 3, 4))}, ValueError, r"x must be .*\(1, 2, 3, 4\)"),
        ({"x": []}, ValueError, "x must hold at least one"),
        ({"x": [[1, np.inf]]}, ValueError, "x must hold finite"),
        ({"x": [["a"]]}, TypeError, "x must hold real"),
        ({"x": np.zeros((600, 2))}, ValueError, "::2"),
        ({"x": np.zeros((20, 80, 80))}, ValueError, "65536"),
        ({"kernel": 0}, ValueError, "kernel"),
        ({"kernel": 2.5}, TypeError, "kernel"),
        ({"kernel": "all"}, ValueError, "global"),
        ({"kernel": (1, 2, 3)}, ValueError, "kernel"),
        ({"kernel": 5}, ValueError, "kernel must fit"),
        ({"stride": 0}, ValueError, "stride"),
        ({"stride": (1, 2, 3)}, ValueError, "stride"),
        ({"padding": 2}, ValueError, "at most half the kernel"),
        ({"padding": -1}, ValueError, "padding"),
        ({"padding": "same"}, ValueError, "same_padding"),
        ({"kernel": "global", "padding": 1}, ValueError, "padding must be 0"),
        ({"mode": "average"}, ValueError, "mean"),
        ({"gradient": True}, ValueError, "gradient"),
        ({"step": -1}, ValueError, "step"),
        ({"step": 4}, ValueError, "step must be less than the 4 outputs"),
        ({"strides": 2}, TypeError, "did you mean 'stride'"),
    ],
)
def test_nonsense_is_refused_with_its_name(arguments, error, says):
    with pytest.raises(error, match=says):
        PoolingStepper(**arguments)


def test_the_page_gets_the_whole_state_and_a_picture():
    stepper = PoolingStepper(RNG.integers(0, 9, (2, 6, 6)), (2, 3), padding=1, step=7)
    found = Element(stepper.to_html()).found
    assert found["cnnviz-widget"]["view"] == "PoolingStepper"
    state = json.loads(found["cnnviz-widget"]["state"])
    assert (state["kernel"], state["stride"], state["padding"]) == ([2, 3], None, 1)
    assert (state["mode"], state["gradient"], state["step"]) == ("max", "off", 7)
    np.testing.assert_array_equal(unpack(state["x"]), stepper.x)
    assert "2 × 6 × 6 by 2 × 3" in found["img"]["alt"]
    assert stepper.picture().width > stepper.picture().height


@pytest.mark.parametrize("case", CASES)
def test_every_kind_has_a_picture_and_a_sentence(case):
    stepper = PoolingStepper(**case)
    assert stepper.picture().size[0] > 100
    assert str(math.prod(stepper.x.shape[-1:])) in stepper.caption()
    assert repr(stepper) == repr(PoolingStepper(**case))


def test_an_edit_made_in_the_browser_is_read_back():
    stepper = PoolingStepper()
    stepper.set_state({"x": pack(np.full((4, 4), 0.5)), "mode": "mean", "kernel": "global"})
    assert stepper.output.tolist() == [[0.5]]
    stepper.set_state({"kernel": 3, "stride": 1, "step": 3})
    assert stepper.output.shape == (2, 2)
