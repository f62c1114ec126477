"""The checks of chapter 4: right answers pass, and each mistake gets the message meant for it."""

import itertools
import math

import numpy as np
import pytest
import torch

from cnnviz import check, ops

# --------------------------------------------------------------------------------------
# The output size


def by_formula(n, k, s, p, d):
    return (n + 2 * p - d * (k - 1) - 1) // s + 1


def by_counting(n, k, s, p, d):
    return sum(1 for start in range(0, n + 2 * p, s) if start + d * (k - 1) < n + 2 * p)


def by_ceiling(n, k, s, p, d):
    return math.ceil((n + 2 * p - d * (k - 1)) / s)


def by_torch(n, k, s, p, d):
    layer = torch.nn.Conv1d(1, 1, k, stride=s, padding=p, dilation=d)
    return layer(torch.zeros(1, 1, n)).shape[-1]


@pytest.mark.parametrize("answer", [by_formula, by_counting, by_ceiling, by_torch])
def test_output_size_right(answer):
    assert check.output_size(answer).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) / s + 1, "forgot the floor"),
        (lambda n, k, s, p, d: math.ceil((n + 2 * p - d * (k - 1) - 1) / s) + 1, "rounded up"),
        (lambda n, k, s, p, d: (n + p - d * (k - 1) - 1) // s + 1, "padding once"),
        (lambda n, k, s, p, d: by_formula(n, k, s, 0, d), "forgot the padding"),
        (lambda n, k, s, p, d: by_formula(n, k, 1, p, d), "forgot the stride"),
        (lambda n, k, s, p, d: by_formula(n, k, s, p, d) - 1, "forgot the + 1"),
        (lambda n, k, s, p, d: by_formula(n, k, s, p, 1), "forgot the dilation"),
        (lambda n, k, s, p, d: by_formula(n, k, s, p, d + 1), "counts from 0"),
        (lambda n, k, s, p, d: (n + 2 * p - d * k) // s + 1, "spans d·k"),
        (lambda n, k, s, p, d: (n + 2 * p - d * (k - 1)) // s, "divided the + 1"),
        (lambda n, k, s, p, d: (n + 2 * p - d * (k - 1)) // s + 1, "Off by one"),
        (lambda n, k, s, p, d: math.ceil(n / s), "“same”"),
        (lambda n, k, s, p, d: n, "should be"),
        (lambda n, k: n - k + 1, "does not take these arguments"),
        (6, "Hand in the function itself"),
    ],
)
def test_output_size_wrong(answer, message):
    feedback = check.output_size(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# How often each pixel is used


def by_loops(n, k, s, p, d):
    used = np.zeros((n + 2 * p, n + 2 * p), int)
    span = d * (k - 1) + 1
    for row in range(0, n + 2 * p - span + 1, s):
        for column in range(0, n + 2 * p - span + 1, s):
            used[row : row + span : d, column : column + span : d] += 1
    return used[p : p + n, p : p + n]


def by_transposing(n, k, s, p, d):
    """The gradient of the sum of all outputs, for a kernel of ones."""
    x, w = np.zeros((1, n, n)), np.ones((1, 1, k, k))
    ones = np.ones_like(ops.conv(x, w, stride=s, padding=p, dilation=d))
    return ops.conv_backward(ones, x, w, stride=s, padding=p, dilation=d)[0][0]


def by_autograd(n, k, s, p, d):
    x = torch.zeros(1, 1, n, n, requires_grad=True)
    w = torch.ones(1, 1, k, k)
    torch.nn.functional.conv2d(x, w, stride=s, padding=p, dilation=d).sum().backward()
    return x.grad[0, 0]


@pytest.mark.parametrize("answer", [by_loops, by_transposing, by_autograd])
def test_use_map_right(answer):
    assert check.use_map(answer).status == "passed"


def padding_kept(n, k, s, p, d):
    return by_loops(n + 2 * p, k, s, 0, d)


def one_window_short(n, k, s, p, d):
    used = np.zeros((n + 2 * p, n + 2 * p), int)
    span = d * (k - 1) + 1
    for row in range(0, n + 2 * p - span + 1, s)[:-1]:
        for column in range(0, n + 2 * p - span + 1, s)[:-1]:
            used[row : row + span : d, column : column + span : d] += 1
    return used[p : p + n, p : p + n]


def windows_from(starts, n, k, p, d, step=None):
    """Count windows from these starts on the padded map; NumPy cuts off what hangs over."""
    used = np.zeros((n + 2 * p, n + 2 * p), int)
    for row, column in itertools.product(starts, starts):
        if step is None:
            used[row : row + d * (k - 1) + 1 : d, column : column + d * (k - 1) + 1 : d] += 1
        else:
            used[row : row + k : step, column : column + k : step] += 1
    return used[p : p + n, p : p + n]


def cut_from_the_end(n, k, s, p, d):
    return padding_kept(n, k, s, p, d)[p:-p, p:-p]


def without_stride(n, k, s, p, d):
    return windows_from(range(by_formula(n, k, s, p, d)), n, k, p, d)


def contiguous(n, k, s, p, d):
    starts = [i * s for i in range(by_formula(n, k, s, p, d))]
    return windows_from(starts, n, k, p, d, step=1)


def hanging_over(n, k, s, p, d):
    return windows_from(range(0, n + 2 * p, s), n, k, p, d)


def fitting_undilated(n, k, s, p, d):
    return windows_from(range(0, n + 2 * p - k + 1, s), n, k, p, d)


def negative_indices(n, k, s, p, d):
    used = np.zeros((n, n), int)
    starts = range(-p, n + p - d * (k - 1), s)
    taps = [start + j * d for start in starts for j in range(k)]
    for row, column in itertools.product(taps, taps):
        if row < n and column < n:
            used[row, column] += 1
    return used


def modulo(n, k, s, p, d):
    used = np.zeros((n, n), int)
    starts = range(-p, n + p - d * (k - 1), s)
    taps = [(start + j * d) % n for start in starts for j in range(k)]
    for row, column in itertools.product(taps, taps):
        used[row, column] += 1
    return used


def sums(n, k, s, p, d):
    full = by_loops(n, k, s, p, d)
    axis = np.sqrt(full.diagonal())
    return axis[:, None] + axis


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (padding_kept, "includes the padding"),
        (lambda n, k, s, p, d: by_loops(n, k, s, 0, d), "forgot the padding"),
        (lambda n, k, s, p, d: by_loops(n, k, 1, p, d), "forgot the stride"),
        (lambda n, k, s, p, d: by_loops(n, k, s, p, 1), "forgot the dilation"),
        (lambda n, k, s, p, d: by_loops(n, d * (k - 1) + 1, s, p, 1), "no holes"),
        (cut_from_the_end, "used[0:-0]"),
        (without_stride, "side by side"),
        (contiguous, "k pixels in a row"),
        (hanging_over, "hang over"),
        (fitting_undilated, "as many as without dilation"),
        (one_window_short, "last window"),
        (negative_indices, "wrap round"),
        (modulo, "wrap round"),
        (sums, "added the counts"),
        (lambda *layer: by_loops(*layer) > 0, "how often"),
        (lambda *layer: by_loops(*layer)[0], "shape"),
        (lambda n, k, s, p, d: np.full((n, n), k * k), "wrong in"),
    ],
)
def test_use_map_wrong(answer, message):
    feedback = check.use_map(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# "Same" padding, split


def with_ceil(n, k, s, d):
    total = max((math.ceil(n / s) - 1) * s + d * (k - 1) + 1 - n, 0)
    return total // 2, math.ceil(total / 2)


def with_remainder(n, k, s, d):
    """TensorFlow's documentation tells the two cases apart."""
    span = d * (k - 1) + 1
    total = max(span - (n % s or s), 0)
    return [total // 2, total - total // 2]


@pytest.mark.parametrize("answer", [with_ceil, with_remainder])
def test_same_split_right(answer):
    assert check.same_split(answer).status == "passed"


def total_of(n, k, s, d):
    return sum(with_ceil(n, k, s, d))


def n_outputs(n, k, s, d):
    total = (n - 1) * s + d * (k - 1) + 1 - n
    return total // 2, total - total // 2


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda *layer: with_ceil(*layer)[::-1], "odd pixel stands before"),
        (lambda *layer: (total_of(*layer), total_of(*layer)), "whole padding on each side"),
        (total_of, "That is the total"),
        (lambda *layer: (total_of(*layer) // 2,) * 2, "rounded down: an odd pixel is lost"),
        (lambda *layer: (math.ceil(total_of(*layer) / 2),) * 2, "rounded up"),
        (lambda *layer: (total_of(*layer) / 2,) * 2, "pixel in half"),
        (lambda n, k, s, d: ((k - 1) // 2,) * 2, "PyTorch's habit"),
        (lambda n, k, s, d: (d * (k - 1) // 2, d * (k - 1) // 2), "PyTorch's habit"),
        (lambda n, k, s, d: n_outputs(n, k, s, d), "n outputs at every stride"),
        (lambda n, k, s, d: "SAME", "two numbers are wanted"),
        (lambda n, k, s, d: with_ceil(n, k, 1, d), "for stride 1"),
        (lambda n, k, s, d: with_ceil(n, k, s, 1), "forgot the dilation"),
        (lambda n, k, s, d: with_remainder(n - n % s, k, s, d), "goes wrong"),
        (lambda n, k, s, d: (0, 0), "goes wrong"),
    ],
)
def test_same_split_wrong(answer, message):
    feedback = check.same_split(answer)
    assert feedback.status == "failed"
    if message != "goes wrong":
        assert message in feedback.message


def test_same_split_negative():
    def unclipped(n, k, s, d):
        total = (math.ceil(n / s) - 1) * s + d * (k - 1) + 1 - n
        return total // 2, total - total // 2

    assert "negative" in check.same_split(unclipped).message


def test_same_split_size_rounded_down():
    def floored(n, k, s, d):
        total = max((n // s - 1) * s + d * (k - 1) + 1 - n, 0)
        return total // 2, total - total // 2

    assert "n / s down" in check.same_split(floored).message


# --------------------------------------------------------------------------------------
# Layers that halve

DERIVED = [
    (k, 2, d * (k - 1) // 2, d) for k in range(1, 6) for d in range(1, 4) if d * (k - 1) // 2 <= 3
]
GRID = list(itertools.product(range(1, 6), range(1, 4), range(4), range(1, 4)))


def fits(sizes):
    """Search the whole grid for layers that halve these sizes."""
    return [
        (k, s, p, d)
        for k, s, p, d in GRID
        if all(by_formula(n, k, s, p, d) == n / 2 for n in sizes)
    ]


def rounded(way):
    """Search with odd n as well, half of them rounded."""
    return [
        layer for layer in GRID if all(by_formula(n, *layer) == way(n / 2) for n in range(16, 65))
    ]


@pytest.mark.parametrize(
    "answer",
    [DERIVED, DERIVED[::-1], set(DERIVED), np.array(DERIVED), fits(range(16, 65, 2))],
)
def test_halving_layers_right(answer):
    assert check.halving_layers(answer).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message", "hint"),
    [
        ([(k, p, s, d) for k, s, p, d in DERIVED], "s and p are swapped", "order"),
        (fits([16]), "It does halve 16", "every even n"),
        ([(3, 2, 2, 1)], "padding of both sides together", "per side"),
        ([(3, 2, 0, 1)], "makes 7 of 16", "every even n"),
        ([(7, 2, 3, 1)], "out of range: k goes from 1 to 5", ""),
        ([(2, 2, 0, 0)], "out of range: d goes from 1 to 3", ""),
        (DERIVED + DERIVED[:1], "twice", "once"),
        ([row for row in DERIVED if row[3] == 1], "7 are missing", "dilated"),
        ([row for row in DERIVED if row[0] % 2], "5 are missing", "even kernel"),
        ([row for row in DERIVED if row[0] > 1], "3 are missing", "smallest kernel"),
        (DERIVED[1:], "1 is missing", "which p"),
        (DERIVED[0], "list of tuples", "For example"),
        ([], "list is empty", "(2, 2, 0, 1)"),
        (fits(range(16, 65)), "list is empty", "odd"),
        (rounded(math.floor), "odd n as well, rounded down", "Only even n"),
        (rounded(math.ceil), "odd n as well, rounded up", "Only even n"),
        ([(3, 2, 1.9, 1)], "not whole", "count pixels"),
        ((layer for layer in DERIVED), "not a list yet", "square brackets"),
        (map(tuple, DERIVED), "not a list yet", "square brackets"),
        ("all", "should be a list of tuples", "Four loops"),
    ],
)
def test_halving_layers_wrong(answer, message, hint):
    feedback = check.halving_layers(answer)
    assert feedback.status == "failed"
    assert message in feedback.message
    assert hint in feedback.hint


# --------------------------------------------------------------------------------------
# Stubs


@pytest.mark.parametrize("name", ["output_size", "use_map", "same_split", "halving_layers"])
@pytest.mark.parametrize("stub", [..., None])
def test_unanswered(name, stub):
    assert getattr(check, name)(stub).status == "unanswered"


@pytest.mark.parametrize("name", ["output_size", "use_map", "same_split"])
def test_a_function_that_returns_nothing_is_unanswered(name):
    assert getattr(check, name)(lambda *layer: None).status == "unanswered"
