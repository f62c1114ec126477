"""The checks of chapter 20: right answers pass, and each mistake gets the message meant for it."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz import check

# --------------------------------------------------------------------------------------
# Windows at two scales


def test_windows_are_those_that_unfold_finds():
    count = sum(
        torch.zeros(1, 1, *size).unfold(2, 32, 8).unfold(3, 32, 8)[..., 0, 0].numel()
        for size in ((120, 200), (60, 100))
    )
    assert check.windows_at_two_scales(count).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (264, "one scale"),
        (36, "shrunk page alone"),
        (255, "left out the first place"),
        (528, "twice"),
        (330, "halved the counts"),
        (89 * 169 + 29 * 69, "stride of 1"),
        (47, "added rows and columns"),
    ],
)
def test_windows_wrong(answer, message):
    feedback = check.windows_at_two_scales(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# A dense layer's weights as kernels


def test_reshaped_weights_score_as_the_dense_layer_does():
    def kernels(weight, channels, side):
        return weight.reshape(len(weight), channels, side, side)

    assert check.dense_as_kernels(kernels).status == "passed"
    dense = nn.Linear(2 * 3 * 3, 4)
    x = torch.rand(1, 2, 3, 3)
    weight = kernels(dense.weight.detach().numpy(), 2, 3)
    y = nn.functional.conv2d(x, torch.from_numpy(weight), dense.bias)
    assert torch.allclose(y.flatten(1), dense(x.flatten(1)), atol=1e-6)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            lambda w, c, m: w.reshape(len(w), m, m, c).transpose(0, 3, 1, 2),
            "as if channels came last",
        ),
        (lambda w, c, m: w.reshape(len(w), m, m, c), "Your channels come last"),
        (lambda w, c, m: w.reshape(len(w), c, m, m)[:, :, ::-1, ::-1], "turned round"),
        (lambda w, c, m: w.reshape(len(w), c, m, m).transpose(0, 1, 3, 2), "Rows and columns"),
        (lambda w, c, m: w.reshape(len(w), c, m, m).transpose(1, 0, 2, 3), "Units and channels"),
    ],
)
def test_reshaped_wrong(answer, message):
    feedback = check.dense_as_kernels(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# What a layer shares


def by_counting(m, t, n):
    """Count the places that n × n windows hold, one by one."""
    line = set(itertools.chain.from_iterable(range(i * t, i * t + m) for i in range(n)))
    return n**2 * m**2 / len(line) ** 2


def test_sharing_is_what_counting_finds():
    assert check.sharing(by_counting).status == "passed"
    assert check.sharing(lambda m, t, n: np.float64(by_counting(m, t, n))).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda m, t, n: (n * m / (m + (n - 1) * t)) ** 2, "gaps"),
        (lambda m, t, n: by_counting(m, t, n) ** 0.5, "one axis"),
        (lambda m, t, n: (m / min(t, m)) ** 2, "limit for many"),
        (lambda m, t, n: (n * m / (m + n * min(t, m))) ** 2, "a window too many"),
        (lambda m, t, n: 1 / by_counting(m, t, n), "upside down"),
    ],
)
def test_sharing_wrong(answer, message):
    feedback = check.sharing(answer)
    assert feedback.status == "failed"
    assert message in feedback.message
