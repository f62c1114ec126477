"""Non-maximum suppression against plain loops: ties, no area, NaN, labels, a million boxes."""

from __future__ import annotations

import contextlib
import math
import tracemalloc

import drawn_boxes
import numpy as np
import pytest
import torch
from drawn_boxes import cases
from hypothesis import given
from hypothesis import strategies as st

from cnnviz import boxes
from cnnviz.boxes import _nms

SCORES = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0, 0.125, -1.0, math.nan, math.inf, -math.inf])
THRESHOLDS = st.sampled_from([0.0, 0.1, 0.25, 1 / 3, 0.5, 0.6, 0.9, 1.0])
WAYS = st.sampled_from(["with all", "nearby"])


@st.composite
def detections(draw, most=14):
    corners = draw(drawn_boxes.boxes(most=most))
    n = len(corners)
    scores = draw(st.lists(SCORES, min_size=n, max_size=n))
    labels = draw(st.none() | st.lists(st.integers(-1, 2), min_size=n, max_size=n))
    return corners, np.array(scores, float), labels


def by_loops(corners, scores, threshold, labels=None):
    """Return (kept, who falls to it and with what IoU) in turn."""
    labels = labels or [0] * len(corners)
    left = [i for i in range(len(corners)) if not math.isnan(scores[i])]
    left.sort(key=lambda i: (-scores[i], i))
    steps = []
    while left:
        best = left.pop(0)
        ious = {i: drawn_boxes.iou(corners[best], corners[i]) for i in left}
        fallen = [i for i in left if labels[i] == labels[best] and ious[i] > threshold]
        steps.append((best, sorted(fallen), [ious[i] for i in sorted(fallen)]))
        left = [i for i in left if i not in fallen]
    return steps


@contextlib.contextmanager
def compared(way):
    """Let NMS compare boxes with all that are left, or with those near them, from first to last."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_nms, "_TRIAL", {"with all": math.inf, "nearby": -1}[way])
        patch.setattr(_nms, "_ON_A_GRID", 0)
        yield


def random_boxes(count, rng, centres=None):
    centres = rng.uniform(0, 1000, (count, 2)) if centres is None else centres
    sides = rng.uniform(1, 80, (count, 2))
    return np.hstack([centres - sides / 2, centres + sides / 2])


@cases(200)
@given(detections(), THRESHOLDS, WAYS)
def test_against_loops(drawn, threshold, way):
    corners, scores, labels = drawn
    expected = [kept for kept, _, _ in by_loops(corners, scores, threshold, labels)]
    with compared(way):
        result = boxes.nms(corners, scores, threshold, labels=labels)
    assert result.tolist() == expected
    assert result.dtype == np.int64
    tensors = torch.tensor(corners), torch.tensor(scores)
    assert boxes.nms(*tensors, threshold, labels=labels).tolist() == expected


@cases(100)
@given(detections(), THRESHOLDS, WAYS)
def test_steps_against_loops(drawn, threshold, way):
    corners, scores, _ = drawn
    with compared(way):
        steps = boxes.nms_steps(corners, scores, threshold)
    expected = by_loops(corners, scores, threshold)
    assert [(s.kept, list(s.fallen), list(s.ious)) for s in steps] == expected


def many_boxes(kind):
    """Return enough boxes for many cells and blocks, and their scores, some of them equal."""
    rng = np.random.default_rng(0)
    corners, scores = random_boxes(1500, rng), rng.integers(0, 300, 1500)
    if kind == "crowded":
        corners = random_boxes(1500, rng, rng.uniform(0, 30, (1500, 2)))
    if kind == "sizes":
        corners[:, 2:] = corners[:, :2] + 10 ** rng.uniform(0, 3, (1500, 2))
    if kind == "far":
        corners[700] = [1e9, 1e9, 2e9, 2e9]
    if kind in ("a crowd first", "a crowd last"):
        corners[:700] = random_boxes(700, rng, rng.uniform(0, 10, (700, 2)))
        scores[:700] += 400 if kind == "a crowd first" else -400
    return corners, scores


@pytest.mark.parametrize("threshold", [0.0, 0.2, 0.5, 0.8])
@pytest.mark.parametrize(
    "kind", ["spread", "crowded", "sizes", "far", "a crowd first", "a crowd last"]
)
def test_many_boxes_against_the_matrix(threshold, kind):
    """To the last bit, whichever way they are compared, and where the ways change."""
    corners, scores = many_boxes(kind)
    matrix = boxes.iou(corners, corners)
    standing, expected = np.ones(1500, bool), []
    for i in np.argsort(-scores, kind="stable").tolist():
        if standing[i]:
            standing[i] = False
            falls = np.flatnonzero(standing & (matrix[i] > threshold))
            standing[falls] = False
            expected.append(boxes.Step(i, tuple(falls.tolist()), tuple(matrix[i, falls].tolist())))
    assert boxes.nms(corners, scores, threshold).tolist() == [step.kept for step in expected]
    assert boxes.nms_steps(corners, scores, threshold) == expected
    for way in ("with all", "nearby"):
        with compared(way):
            assert boxes.nms_steps(corners, scores, threshold) == expected


@pytest.mark.parametrize(("kind", "threshold", "grids"), [("crowded", 0.1, 0), ("spread", 0.8, 1)])
def test_boxes_are_compared_the_cheaper_way(monkeypatch, kind, threshold, grids):
    """A grid where many boxes are kept, none where few are."""
    counted = {"grids": 0, "pairs": 0}

    class Counted(_nms.Neighbours):
        def __init__(self, *args):
            super().__init__(*args)
            counted["grids"] += 1

    def inside_of(a, b, true=_nms.inside_of):
        inside = true(a, b)
        counted["pairs"] += inside.size
        return inside

    monkeypatch.setattr(_nms, "Neighbours", Counted)
    monkeypatch.setattr(_nms, "inside_of", inside_of)
    kept = boxes.nms(*many_boxes(kind), threshold)
    assert min(counted["grids"], 1) == grids
    assert counted["pairs"] < (25 if grids else 60) * 1500
    assert len(kept) > 1000 if grids else len(kept) < 100


def soft_by_loops(corners, scores, sigma, threshold):
    left = {i: s for i, s in enumerate(scores) if not math.isnan(s)}
    kept = []
    while left:
        best = min(left, key=lambda i: (-left[i], i))
        score = left.pop(best)
        if score < threshold:
            break
        kept.append((best, score))
        for i in left:
            left[i] *= math.exp(-(drawn_boxes.iou(corners[best], corners[i]) ** 2) / sigma)
    return kept


@cases(150)
@given(detections(), st.sampled_from([0.1, 0.5, 2.0]), st.sampled_from([0.0, 0.001, 0.3]))
def test_soft_nms_against_loops(drawn, sigma, threshold):
    corners, scores, _ = drawn
    scores = np.where(np.isfinite(scores) & (scores >= 0), scores, np.nan)
    kept, new = boxes.soft_nms(corners, scores, sigma=sigma, threshold=threshold)
    expected = soft_by_loops(corners, scores, sigma, threshold)
    # Scores that differ by rounding alone may change places: compared by box.
    assert dict(zip(kept.tolist(), new.tolist(), strict=True)) == pytest.approx(dict(expected))
    assert (np.diff(new) <= 0).all()


def test_soft_nms_of_each_label_by_itself():
    rng = np.random.default_rng(1)
    corners, scores = random_boxes(300, rng) / 4, rng.random(300)
    labels = rng.integers(0, 3, 300)
    kept, new = boxes.soft_nms(corners, scores, labels=labels)
    found = {}
    for label in range(3):
        some = np.flatnonzero(labels == label)
        alone, numbers = boxes.soft_nms(corners[some], scores[some])
        found |= dict(zip(some[alone].tolist(), numbers.tolist(), strict=True))
    assert dict(zip(kept.tolist(), new.tolist(), strict=True)) == found
    assert new.tolist() == sorted(found.values(), reverse=True)


def test_a_million_boxes():
    """Memory is a few hundred bytes a box; N × N bits would be 116 GiB."""
    count = 10**6
    rng = np.random.default_rng(2)
    objects = random_boxes(1000, rng, rng.uniform(0, 3000, (1000, 2)))
    corners = objects[rng.integers(0, 1000, count)] + rng.uniform(-0.5, 0.5, (count, 4))
    scores = rng.random(count)
    tracemalloc.start()
    try:
        kept = boxes.nms(corners, scores, 0.5)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 500 * count
    assert (np.diff(scores[kept]) <= 0).all()
    assert len(kept) < 20_000
    some = boxes.iou(corners[kept[:1000]], corners[kept[:1000]])
    assert some[~np.eye(1000, dtype=bool)].max() <= 0.5
    fallen = np.setdiff1d(np.arange(count), kept)[:200]
    better = scores[fallen, None] <= scores[kept]
    assert ((boxes.iou(corners[fallen], corners[kept]) > 0.5) & better).any(axis=1).all()


@pytest.mark.parametrize("corner", [[0, 0, 4, 4], [1, 1, 1, 1]])
def test_a_million_times_one_box(corner):
    kept = boxes.nms(np.tile(np.float32(corner), (10**6, 1)), np.ones(10**6))
    assert len(kept) == (1 if boxes.area(corner) else 10**6)
    assert kept[0] == 0


def test_ties_go_to_the_lower_index():
    same = np.tile([0.0, 0, 2, 2], (5, 1))
    assert boxes.nms(same, np.ones(5)).tolist() == [0]
    assert boxes.nms(same, [1, 2, 2, 1, 0]).tolist() == [1]


def test_above_the_threshold_is_above():
    pair = [[0, 0, 2, 2], [0, 0, 2, 1]]  # IoU ½
    assert boxes.nms(pair, [1, 0.5], 0.5).tolist() == [0, 1]
    assert boxes.nms(pair, [1, 0.5], np.nextafter(0.5, 0)).tolist() == [0]


def test_no_boxes():
    for none in ([], np.zeros((0, 4)), torch.zeros(0, 4)):
        assert boxes.nms(none, []).tolist() == []
        assert boxes.nms(none, [], labels=[]).tolist() == []
        assert boxes.nms_steps(none, []) == []
        assert [part.tolist() for part in boxes.soft_nms(none, [])] == [[], []]
    assert isinstance(boxes.nms(torch.zeros(0, 4), torch.zeros(0)), torch.Tensor)
    assert boxes.nms(np.ones((2, 4)), [np.nan, np.nan]).tolist() == []


ONE = [[0, 0, 1, 1]]
BAD = [  # what is called, the error, and what its message must say
    (lambda: boxes.nms([[0, 0, 1, 1], [0, np.inf, 1, 1]], [1, 2]), ValueError, "boxes .* in box 1"),
    (lambda: boxes.nms(ONE, [1, 2]), ValueError, r"scores must hold one number for each of the 1"),
    (lambda: boxes.nms(ONE, [1], 1.5), ValueError, "threshold must be a number from 0 to 1"),
    (lambda: boxes.nms(ONE, [1], labels=[0.5]), TypeError, "labels must hold whole numbers"),
    (lambda: boxes.nms(ONE, [1], labels=[1, 2]), ValueError, "labels must hold one number"),
    (lambda: boxes.soft_nms(ONE, [-1]), ValueError, "scores must be at least 0 and finite, got -1"),
    (lambda: boxes.soft_nms(ONE, [1], sigma=0), ValueError, "sigma must be above 0"),
    (lambda: boxes.soft_nms(ONE, [1], threshold=-1), ValueError, "threshold must be at least 0"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
