"""Formats, areas and overlaps of boxes: against plain loops, the formulas, finite differences."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
import tracemalloc

import drawn_boxes
import numpy as np
import pytest
import torch
from drawn_boxes import cases
from hypothesis import given
from hypothesis import strategies as st

from cnnviz import boxes

PAIRS = [
    (boxes.iou, boxes.paired_iou),
    (boxes.giou, boxes.paired_giou),
    (boxes.diou, boxes.paired_diou),
]
FORMATS = ("xyxy", "xywh", "cxcywh", "xyxy-inclusive")
NORMALISED = ("xyxy-normalised", "xywh-normalised", "cxcywh-normalised")


def giou(a, b):
    _, union = drawn_boxes.overlap(a, b)
    hull = drawn_boxes.area((min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])))
    return drawn_boxes.iou(a, b) - ((hull - union) / hull if hull else 0)


def diou(a, b):
    corner = (max(a[2], b[2]) - min(a[0], b[0]), max(a[3], b[3]) - min(a[1], b[1]))
    centres = [((x1 + x2) / 2, (y1 + y2) / 2) for x1, y1, x2, y2 in (a, b)]
    diagonal = math.hypot(*corner)
    far = math.dist(*centres) / diagonal if diagonal else 0
    return drawn_boxes.iou(a, b) - far**2


FORMULAS = [(boxes.iou, drawn_boxes.iou), (boxes.giou, giou), (boxes.diou, diou)]


@pytest.mark.parametrize(("call", "formula"), FORMULAS)
@cases(60)
@given(a=drawn_boxes.boxes(), b=drawn_boxes.boxes())
def test_each_pair_against_the_formula(call, formula, a, b):
    expected = np.array([[formula(x, y) for y in b.tolist()] for x in a.tolist()])
    result = call(a, b)
    assert result.shape == (len(a), len(b))
    np.testing.assert_allclose(result, expected.reshape(len(a), len(b)), atol=1e-12)
    np.testing.assert_array_equal(call(torch.tensor(a), torch.tensor(b)).numpy(), result)
    np.testing.assert_array_equal(call(b, a).T, result)


@pytest.mark.parametrize(("call", "paired"), PAIRS)
@cases(40)
@given(a=drawn_boxes.boxes(most=8, degenerate=False))
def test_partners_are_the_diagonal_and_values_have_their_bounds(call, paired, a):
    b = a[::-1] + 0.25
    matrix = call(a, b)
    np.testing.assert_array_equal(paired(a, b), np.diag(matrix))
    assert ((matrix >= (0 if call is boxes.iou else -1)) & (matrix <= 1)).all()
    np.testing.assert_array_equal(paired(a, a), np.ones(len(a)))


@pytest.mark.parametrize("paired", [paired for _, paired in PAIRS])
def test_slopes_against_finite_differences(paired):
    corners = torch.rand(20, 2, dtype=torch.float64, generator=torch.manual_seed(0)) * 4
    a = torch.cat([corners, corners + 1], 1).requires_grad_()
    b = torch.cat([corners.flip(0), corners.flip(0) + 1.5], 1).requires_grad_()
    assert torch.autograd.gradcheck(paired, (a, b))


@pytest.mark.parametrize("call", [f for pair in PAIRS for f in pair])
def test_slopes_of_boxes_of_no_area_are_finite(call):
    a = torch.tensor([[1.0, 1, 1, 1], [0, 0, 2, 2], [3, 3, 1, 1]], requires_grad=True)
    b = torch.tensor([[1.0, 1, 1, 1], [2, 2, 4, 4], [3, 3, 1, 1]])
    call(a, b).sum().backward()
    assert torch.isfinite(a.grad).all()


def test_boxes_that_lie_apart_are_pulled_together_by_all_but_iou():
    pulls = []
    for _, paired in PAIRS:
        a = torch.tensor([[0.0, 0, 1, 1]], requires_grad=True)
        (1 - paired(a, torch.tensor([[3.0, 0, 4, 1]]))).sum().backward()
        pulls.append(-float(a.grad[0, [0, 2]].sum()))
    assert pulls[0] == 0
    assert min(pulls[1:]) > 0


@pytest.mark.parametrize("call", [f for pair in PAIRS for f in pair])
def test_kinds_of_numbers(call):
    a = np.array([[0, 0, 300, 300]])
    assert call(a, a).dtype == np.float64
    assert call(a.tolist(), a.astype(np.float32)).dtype == np.float64
    single, half = a.astype(np.float32), a.astype(np.float16)
    assert call(single, single).dtype == np.float32
    assert call(half, half).dtype == np.float32
    assert call(half, half).item() == 1  # 300 · 300 leaves float16
    assert call(torch.tensor(half), torch.tensor(half)).item() == 1
    assert call(torch.tensor(a), torch.tensor(a)).dtype == torch.float32
    mixed = call(torch.tensor(a, dtype=torch.float64), a)
    assert isinstance(mixed, torch.Tensor)
    assert mixed.dtype == torch.float64
    assert call(a, torch.tensor(a)).item() == 1


def test_no_boxes():
    some = np.ones((3, 4))
    assert boxes.iou([], some).shape == (0, 3)
    assert boxes.iou(some, np.zeros((0, 4))).shape == (3, 0)
    assert boxes.iou(torch.zeros(0, 4), some).shape == (0, 3)
    assert boxes.paired_giou([], []).shape == (0,)
    assert boxes.area([]).shape == (0,)
    assert boxes.clip([], 4).shape == (0, 4)
    assert boxes.convert(torch.zeros(0, 4), "xyxy", "cxcywh").shape == (0, 4)


def test_numbers_that_are_none():
    nan, inf = np.nan, np.inf
    with np.errstate(all="raise"):
        result = boxes.iou([[nan, 0, 1, 1], [0, 0, inf, 1], [0, 0, 1, 1]], [[0, 0, 1, 1]])
    np.testing.assert_array_equal(result, [[nan], [0], [1]])


def test_large_pairs_are_refused_before_they_are_made():
    many = np.zeros((10**6, 4), np.float32)
    for a in (many, torch.tensor(many)):
        with pytest.raises(ValueError, match=r"a asks for an array of shape \(1000000, 1000000\)"):
            boxes.iou(a, a)


def test_memory_is_that_of_the_result():
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 1000, 4))
    tracemalloc.start()
    try:
        result = boxes.giou(a, b)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.5 * result.nbytes


@cases(40)
@given(drawn_boxes.boxes(), st.sampled_from(FORMATS + NORMALISED))
def test_formats_there_and_back(a, name):
    size = (8, 16)
    there = boxes.convert(a, "xyxy", name, size=size)
    np.testing.assert_allclose(boxes.convert(there, name, "xyxy", size=size), a, atol=1e-12)
    np.testing.assert_allclose(
        boxes.convert(torch.tensor(a), "xyxy", name, size=size).numpy(), there, atol=1e-12
    )


def test_formats_by_hand():
    expected = {
        "xyxy": [10, 20, 30, 60],
        "xywh": [10, 20, 20, 40],
        "cxcywh": [20, 40, 20, 40],
        "xyxy-inclusive": [10, 20, 29, 59],
        "xyxy-normalised": [0.1, 0.1, 0.3, 0.3],
        "xywh-normalised": [0.1, 0.1, 0.2, 0.2],
        "cxcywh-normalised": [0.2, 0.2, 0.2, 0.2],
    }
    for (source, a), (target, b) in itertools.product(expected.items(), repeat=2):
        result = boxes.convert([[a]], source, target, size=(200, 100))
        np.testing.assert_allclose(result, [[b]], atol=1e-12)


@cases(40)
@given(drawn_boxes.boxes())
def test_areas_and_clipped_boxes_against_loops(a):
    assert boxes.area(a).tolist() == [drawn_boxes.area(row) for row in a.tolist()]
    expected = [[min(max(e, 0), m) for e, m in zip(r, (3, 2, 3, 2), strict=True)] for r in a]
    assert boxes.clip(a, (2, 3)).tolist() == np.array(expected).reshape(-1, 4).tolist()
    assert boxes.clip(torch.tensor(a), (2, 3)).tolist() == boxes.clip(a, (2, 3)).tolist()


BAD = [  # what is called, the error, and what its message must say
    (
        lambda: boxes.iou([1, 2, 3, 4], []),
        ValueError,
        r"a must be boxes \(N, 4\), got shape \(4,\)",
    ),
    (lambda: boxes.iou([], [[1, 2, 3]]), ValueError, r"b must be boxes .* got shape \(1, 3\)"),
    (lambda: boxes.area("box"), TypeError, "boxes must be an array of numbers"),
    (lambda: boxes.area(torch.eye(4).to_sparse()), TypeError, "boxes must be a dense tensor"),
    (
        lambda: boxes.paired_iou(np.ones((2, 4)), np.ones((3, 4))),
        ValueError,
        r"b must have the shape of a, \(2, 4\), got \(3, 4\)",
    ),
    (lambda: boxes.convert([], "xyxy", "yolo"), ValueError, "target must be one of xyxy, xywh"),
    (lambda: boxes.convert([], None, "xyxy"), ValueError, "source must be one of .*, got None"),
    (
        lambda: boxes.convert([], "xyxy", "xywh-normalised"),
        ValueError,
        "size must be the picture's",
    ),
    (lambda: boxes.clip([], (4, 0)), ValueError, r"size must be a whole number of at least 1"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_torch_stays_out():
    code = (
        "import sys; from cnnviz import boxes; b = [[0, 0, 1, 1]]; boxes.iou(b, b); "
        "boxes.nms(b, [1]); print('torch' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"
