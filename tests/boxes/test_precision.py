"""Matches, precision, recall and average precision of one class, against plain loops."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import drawn_boxes
import numpy as np
import pytest
import torch
from drawn_boxes import cases
from hypothesis import given
from hypothesis import strategies as st

from cnnviz import boxes

SCORES = st.sampled_from([0.1, 0.25, 0.5, 0.75, 1.0])


@st.composite
def ranked(draw):
    """Draw scores, hits, and how many objects there are."""
    scores = draw(st.lists(SCORES, max_size=12))
    hits = draw(st.lists(st.booleans(), min_size=len(scores), max_size=len(scores)))
    return scores, hits, sum(hits) + draw(st.integers(0, 4))


def curve_by_loops(scores, hits, objects):
    """Return exact (precision, recall) down to each detection."""
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    points, found = [], 0
    for n, i in enumerate(order, 1):
        found += hits[i]
        points.append((Fraction(found, n), Fraction(found, objects)))
    return points


def precision_at(points, recall):
    return max((p for p, r in points if r >= recall), default=Fraction(0))


@cases(150)
@given(ranked())
def test_average_precision_against_exact_loops(drawn):
    scores, hits, objects = drawn
    if objects == 0:
        assert math.isnan(boxes.average_precision(scores, hits, objects))
        assert np.isnan(boxes.precision_recall(scores, hits, objects).recall).all()
        return
    points = curve_by_loops(scores, hits, objects)
    curve = boxes.precision_recall(scores, hits, objects)
    np.testing.assert_allclose(curve.precision, [float(p) for p, _ in points])
    np.testing.assert_allclose(curve.recall, [float(r) for _, r in points])
    assert curve.scores.tolist() == sorted(scores, reverse=True)
    steps = [0, *sorted({r for _, r in points})]
    area = sum((b - a) * precision_at(points, b) for a, b in itertools.pairwise(steps))
    eleven = sum(precision_at(points, Fraction(n, 10)) for n in range(11)) / 11
    asked = np.linspace(0, 1, 101)  # COCO's recalls are floats
    many = sum(max((float(p) for p, r in points if float(r) >= a), default=0) for a in asked) / 101
    for method, expected in (("all-points", area), ("11-points", eleven), ("101-points", many)):
        result = boxes.average_precision(scores, hits, objects, method=method)
        assert result == pytest.approx(float(expected), abs=1e-12)


def match_by_loops(found, scores, objects, threshold):
    result, taken = [-1] * len(found), set()
    for i in sorted(range(len(found)), key=lambda i: -scores[i]):
        best, choice = threshold, None
        for j, other in enumerate(objects):
            iou = drawn_boxes.iou(found[i], other)
            if j not in taken and iou >= best and iou > 0:
                best, choice = iou, j
        if choice is not None:
            result[i] = choice
            taken.add(choice)
    return result


@cases(100)
@given(drawn_boxes.boxes(), drawn_boxes.boxes(most=6), st.sampled_from([0, 0.1, 0.5, 1]), st.data())
def test_matches_against_loops(found, objects, threshold, data):
    scores = data.draw(st.lists(SCORES, min_size=len(found), max_size=len(found)))
    expected = match_by_loops(found.tolist(), scores, objects.tolist(), threshold)
    assert boxes.match(found, scores, objects, threshold).tolist() == expected
    tensors = torch.tensor(found), torch.tensor(scores), torch.tensor(objects)
    assert boxes.match(*tensors, threshold).tolist() == expected


def test_recalls_in_tenths_are_reached():
    """3 of 10 objects are a recall of 0.3, though 3 · 0.1 is a larger float."""
    result = boxes.average_precision([3, 2, 1], [True] * 3, 10, method="11-points")
    assert result == pytest.approx(4 / 11)


def test_the_order_of_equal_scores_decides():
    assert boxes.average_precision([1, 1], [True, False], 1) == 1
    assert boxes.average_precision([1, 1], [False, True], 1) == 0.5


BAD = [  # what is called, the error, and what its message must say
    (lambda: boxes.precision_recall([1], [1], 0), ValueError, "hits must be at most as many as"),
    (lambda: boxes.precision_recall([np.nan], [1], 1), ValueError, "scores .* got NaN"),
    (lambda: boxes.precision_recall([1], [2], 1), ValueError, "hits must hold True or False"),
    (lambda: boxes.precision_recall([1], [1, 0], 1), ValueError, "hits must hold one number"),
    (lambda: boxes.precision_recall([1], [1], -1), ValueError, "objects must be a whole number"),
    (lambda: boxes.average_precision([], [], 1, method="voc"), ValueError, "method must be one of"),
    (lambda: boxes.match([[0, 0, 1, 1]], [np.nan], []), ValueError, "scores .* got NaN"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_nothing():
    assert boxes.match([], [], []).tolist() == []
    assert boxes.match([[0, 0, 1, 1]], [1], []).tolist() == [-1]
    assert boxes.average_precision([], [], 3) == 0
