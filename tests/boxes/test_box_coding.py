"""Anchors, their objects, deltas and grids: against plain loops, and there and back."""

from __future__ import annotations

import math

import drawn_boxes
import numpy as np
import pytest
import torch
from drawn_boxes import cases
from hypothesis import given
from hypothesis import strategies as st

from cnnviz import boxes

SHARES = st.sampled_from([0.0, 0.2, 0.3, 0.5, 0.7, 1.0])


def test_anchors_against_loops():
    sizes = [(4, 4), (2, 6), (8, 3)]
    expected = []
    for row in range(3):
        for column in range(2):
            for h, w in sizes:
                x, y = (column + 0.5) * 10, (row + 0.5) * 16
                expected.append([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
    result = boxes.anchors((3, 2), (16, 10), sizes)
    np.testing.assert_allclose(result, expected)
    np.testing.assert_array_equal(boxes.anchors((3, 2), (16, 10), torch.tensor(sizes)), result)


def assign_by_loops(cells, objects, positive, negative):
    result = []
    ious = [[drawn_boxes.iou(a, b) for b in objects] for a in cells]
    for row in ious:
        best = max(row, default=0)
        if best > 0 and best >= positive:
            result.append(row.index(best))
        else:
            result.append(-2 if objects and best >= negative and best < positive else -1)
    claims = {}
    for j in range(len(objects)):
        most = max((row[j] for row in ious), default=0)
        for i, row in enumerate(ious):
            if row[j] == most > 0 and row[j] > claims.get(i, (0, 0))[0]:
                claims[i] = row[j], j
    for i, (_, j) in claims.items():
        result[i] = j
    return result


@cases(150)
@given(drawn_boxes.boxes(), drawn_boxes.boxes(most=6), SHARES, SHARES)
def test_assignment_against_loops(cells, objects, one, other):
    positive, negative = max(one, other), min(one, other)
    expected = assign_by_loops(cells.tolist(), objects.tolist(), positive, negative)
    result = boxes.assign(cells, objects, positive, negative)
    assert result.tolist() == expected
    assert result.dtype == np.int64
    tensors = torch.tensor(cells), torch.tensor(objects)
    assert boxes.assign(*tensors, positive, negative).tolist() == expected


def test_each_object_has_an_anchor():
    cells = boxes.anchors(8, 8, [(16, 16)])
    small = [[3, 3, 6, 6], [40, 50, 44, 53]]  # IoU far below 0.7
    result = boxes.assign(cells, small)
    assert {0, 1} <= set(result.tolist())


def test_a_claim_goes_before_what_the_anchor_would_choose():
    cells = [[0, 0, 10, 10], [0, 0, 10, 9]]
    objects = [
        [0, 0, 10, 10],
        [0, 8, 10, 10],
    ]  # the second one overlaps the first anchor alone most
    assert boxes.assign(cells, objects, 0.7, 0.3).tolist() == [0, 0]
    objects = [[0, 0, 10, 9], [0, 0, 10, 11]]  # anchor 0 is the best of the second
    assert boxes.assign(cells, objects, 0.7, 0.3).tolist() == [1, 0]


def test_deltas_by_hand():
    delta = boxes.encode_deltas([[10, 10, 30, 50]], [[0, 0, 10, 20]])
    np.testing.assert_allclose(delta, [[1.5, 1, math.log(2), math.log(2)]])


@cases(40)
@given(drawn_boxes.boxes(least=1, degenerate=False), st.data())
def test_deltas_there_and_back(a, data):
    n = len(a)
    b = data.draw(drawn_boxes.boxes(least=n, most=n, degenerate=False))
    delta = boxes.encode_deltas(a, b)
    np.testing.assert_allclose(boxes.decode_deltas(delta, b), a, atol=1e-12)
    tensors = boxes.encode_deltas(torch.tensor(a), torch.tensor(b))
    np.testing.assert_allclose(tensors.numpy(), delta, atol=1e-12)
    np.testing.assert_allclose(boxes.decode_deltas(tensors, b).numpy(), a, atol=1e-12)


def test_slopes_of_deltas_against_finite_differences():
    generator = torch.manual_seed(0)
    corners = torch.rand(6, 2, dtype=torch.float64, generator=generator)
    a = torch.cat([corners, corners + 1 + corners], 1).requires_grad_()
    b = torch.cat([corners.flip(0), corners.flip(0) + 1], 1)
    assert torch.autograd.gradcheck(lambda x: boxes.encode_deltas(x, b), (a,))
    deltas = torch.randn(6, 4, dtype=torch.float64, generator=generator).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: boxes.decode_deltas(x, b), (deltas,))


def test_a_network_may_ask_for_any_size():
    result = boxes.decode_deltas([[0, 0, 1e6, -1e6]], [[0, 0, 10, 10]])
    assert np.isfinite(result).all()
    assert result[0, 2] - result[0, 0] == pytest.approx(625)


@st.composite
def scenes(draw):
    grid = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    size = draw(st.tuples(st.sampled_from([8, 20, 64]), st.sampled_from([8, 20, 64])))
    count = draw(st.integers(0, 5))
    share, side = st.integers(0, 64).map(lambda n: n / 64), st.integers(1, 160)
    rows = []
    for _ in range(count):
        x, y = draw(share) * size[1], draw(share) * size[0]
        w, h = draw(side) / 8, draw(side) / 8
        rows.append([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
    labels = draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))
    return np.array(rows).reshape(-1, 4), labels, grid, size


def grid_by_loops(corners, labels, grid, size, classes):
    target = np.zeros((*grid, 5 + classes))
    for (x1, y1, x2, y2), label in zip(corners.tolist(), labels, strict=True):
        across, down = grid[1] / size[1], grid[0] / size[0]
        x, y = (x1 + x2) / 2 * across, (y1 + y2) / 2 * down
        i, j = min(int(y), grid[0] - 1), min(int(x), grid[1] - 1)
        if target[i, j, 0] == 0:
            target[i, j, :5] = 1, x - j, y - i, (y2 - y1) * down, (x2 - x1) * across
            target[i, j, 5 + label] = 1
    return target


@cases(100)
@given(scenes())
def test_grids_against_loops_and_back(scene):
    corners, labels, grid, size = scene
    target = boxes.encode_grid(corners, labels, grid, size, 3)
    np.testing.assert_allclose(target, grid_by_loops(corners, labels, grid, size, 3), atol=1e-9)
    found, scores, kinds = boxes.decode_grid(target, size)
    assert (scores == 1).all()
    rows = {(*np.round(b, 6), k) for b, k in zip(corners.tolist(), labels, strict=True)}
    back = {(*np.round(b, 6), k) for b, k in zip(found.tolist(), kinds.tolist(), strict=True)}
    assert back <= rows
    assert len(back) == (target[..., 0] == 1).sum()
    tensor = boxes.encode_grid(torch.tensor(corners), labels, grid, size, 3)
    assert tensor.tolist() == target.tolist()
    assert boxes.decode_grid(tensor, size)[0].tolist() == found.tolist()


def test_the_first_object_has_the_cell():
    target = boxes.encode_grid([[0, 0, 4, 4], [1, 1, 3, 3]], [1, 0], 1, 4, 2)
    assert target.tolist() == [[[1, 0.5, 0.5, 1, 1, 0, 1]]]


def test_scores_of_a_grid():
    cell = [0.5, 0.5, 0.5, 1, 1, 0.25, 0.75]
    grid = np.array([[cell, [np.nan] * 7, [0.9, 0, 0, 1, 1, 0.1, 0.1]]])
    found, scores, labels = boxes.decode_grid(grid, (4, 12), threshold=0.375)
    assert found.tolist() == [[0, 0, 4, 4]]
    assert (scores.tolist(), labels.tolist()) == ([0.375], [1])
    assert boxes.decode_grid(grid[..., :5], (4, 12))[1].tolist() == [0.5, 0.9]
    assert boxes.decode_grid(grid.astype(np.float32), (4, 12), 0)[0].dtype == np.float32


ONE = [[0, 0, 2, 2]]
BAD = [  # what is called, the error, and what its message must say
    (lambda: boxes.anchors(0, 1, [(1, 1)]), ValueError, "grid must be a whole number of at least"),
    (lambda: boxes.anchors(1, 1, [(1, 0)]), ValueError, r"sizes must be \(height, width\)"),
    (lambda: boxes.anchors(10**5, 1, [(1, 1)]), ValueError, "grid asks for an array of shape"),
    (lambda: boxes.assign(ONE, ONE, 0.3, 0.7), ValueError, "negative must be at most positive"),
    (lambda: boxes.assign([[0, 0, np.nan, 1]], ONE), ValueError, "anchors .* in box 0"),
    (lambda: boxes.encode_deltas([[0, 0, 0, 1]], ONE), ValueError, "boxes must have sides above"),
    (lambda: boxes.decode_deltas(ONE, [[2, 2, 0, 0]]), ValueError, "anchors must have sides above"),
    (lambda: boxes.encode_deltas(ONE, ONE * 2), ValueError, "boxes must have the shape of anchors"),
    (lambda: boxes.encode_grid(ONE, [2], 1, 4, 2), ValueError, "labels must be from 0 to 1, got 2"),
    (lambda: boxes.encode_grid(ONE, [0, 0], 1, 4, 2), ValueError, "labels must hold one number"),
    (lambda: boxes.encode_grid([[4, 4, 9, 9]], [0], 1, 4, 1), ValueError, "boxes .* centres in"),
    (lambda: boxes.encode_grid([[1, 1, 1, 2]], [0], 1, 4, 1), ValueError, "boxes .* sides above 0"),
    (lambda: boxes.decode_grid(np.ones((2, 2, 4)), 4), ValueError, "target must be .* 5"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_no_boxes():
    assert boxes.assign([], ONE).shape == (0,)
    assert boxes.assign(ONE, []).tolist() == [-1]
    assert boxes.encode_deltas([], []).shape == (0, 4)
    assert boxes.decode_deltas(torch.zeros(0, 4), []).shape == (0, 4)
    assert not boxes.encode_grid([], [], 2, 8, 1).any()
    assert [part.shape for part in boxes.decode_grid(np.zeros((2, 2, 6)), 8)] == [
        (0, 4),
        (0,),
        (0,),
    ]
