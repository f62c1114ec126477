"""The checks of chapter 12: right answers pass, and each mistake gets the message meant for it."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnviz import check, nets

# --------------------------------------------------------------------------------------
# Counting parameters


def test_changed_lenet_is_what_torch_counts():
    net = nets.lenet5(32, channels=3)
    net.c1, net.c3 = torch.nn.Conv2d(3, 8, 5), torch.nn.Conv2d(8, 16, 5)
    assert net(torch.zeros(1, 3, 32, 32)).shape == (1, 10)
    assert check.changed_lenet(nets.parameter_count(net)).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (61_706, "as it was"),
        (1252, "how many are new"),
        (62_558, "C1 reads one channel"),
        (62_158, "C3 still reads six"),
        (62_506, "C1 is the old one"),
        (62_720, "forgot the biases"),
        (62_957, "that is not it"),
    ],
)
def test_changed_lenet_wrong(answer, message):
    feedback = check.changed_lenet(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# The table of C3


def table():
    mask = np.zeros((16, 6))
    for out, sources in enumerate(nets.C3_TABLE):
        mask[out, list(sources)] = 1
    return mask


@pytest.mark.parametrize("answer", [table(), table().astype(bool), torch.tensor(table())])
def test_c3_mask_right(answer):
    assert check.c3_mask(answer).status == "passed"


def with_one_wrong():
    mask = table()
    mask[12, 5] = 1
    return mask


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (table().T, "rows are the maps of S2"),
        (1 - table(), "swapped"),
        (np.ones((16, 6)), "connects everything"),
        (with_one_wrong(), "wrong in one place of 96: at [12, 5]"),
        (table()[:15], "should be of shape (16, 6)"),
    ],
)
def test_c3_mask_wrong(answer, message):
    feedback = check.c3_mask(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Subsampling


def with_slices(x, weight, bias):
    corners = [x[:, i::2, j::2] for i in (0, 1) for j in (0, 1)]
    return weight[:, None, None] * sum(corners) + bias[:, None, None]


def with_torch(x, weight, bias):
    """What `nets.Subsampling` does, map by map."""
    rows = []
    for values, factor, offset in zip(x, weight, bias, strict=True):
        layer = nets.Subsampling(1).double()
        layer.weight.data.fill_(factor)
        layer.bias.data.fill_(offset)
        rows.append(layer(torch.tensor(values)[None, None])[0, 0])
    return torch.stack(rows).detach()


@pytest.mark.parametrize("answer", [with_slices, with_torch])
def test_subsample_right(answer):
    assert check.subsample(answer).status == "passed"


def pooled(x, pool):
    return pool(torch.tensor(x)[None], 2)[0].numpy()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            lambda x, w, b: w[:, None, None] * pooled(x, F.avg_pool2d) + b[:, None, None],
            "take the mean",
        ),
        (
            lambda x, w, b: w[:, None, None] * pooled(x, F.max_pool2d) + b[:, None, None],
            "take the maximum",
        ),
        (lambda x, w, b: with_slices(x, w, 0 * b), "forgot the bias"),
        (lambda x, w, b: w[:, None, None] * with_slices(x, 0 * w + 1, b), "multiply the bias"),
        (lambda x, w, b: with_slices(x, w, b)[0], "should be of shape (1, 1, 2)"),
        (lambda x: x, "does not take these arguments"),
    ],
)
def test_subsample_wrong(answer, message):
    feedback = check.subsample(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Steps of an epoch


def by_trying(pictures, steps):
    return [size for size in range(1, pictures + 1) if math.ceil(pictures / size) == steps]


def by_bounds(pictures, steps):
    """⌈p / b⌉ = s exactly where p / s ≤ b < p / (s − 1)."""
    first = math.ceil(pictures / steps)
    end = pictures if steps == 1 else math.ceil(pictures / (steps - 1)) - 1
    return list(range(first, end + 1))


@pytest.mark.parametrize("answer", [by_trying, by_bounds])
def test_batch_sizes_right(answer):
    assert check.batch_sizes(answer).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda p, s: [b for b in range(1, p + 1) if p // b == s], "rounded down"),
        (lambda p, s: [p // s] if p % s == 0 else [], "don't divide"),
        (lambda p, s: by_trying(p, s)[:1], "stop at the first"),
        (lambda p, s: by_trying(p, s)[::-1], "falling order"),
        (lambda p, s: p // s, "is one number"),
        (lambda p, s: [], "should be of shape (5,)"),
    ],
)
def test_batch_sizes_wrong(answer, message):
    feedback = check.batch_sizes(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Stubs

NAMES = ["changed_lenet", "c3_mask", "subsample", "batch_sizes"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stub", [..., None])
def test_unanswered(name, stub):
    assert getattr(check, name)(stub).status == "unanswered"


@pytest.mark.parametrize("name", NAMES[2:])
def test_a_function_that_returns_nothing_is_unanswered(name):
    assert getattr(check, name)(lambda *arguments: None).status == "unanswered"
