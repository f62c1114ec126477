"""The checks of chapter 21: right answers pass, and each mistake gets the message meant for it."""

import numpy as np
import pytest

from cnnviz import boxes, check

# --------------------------------------------------------------------------------------
# A cell's target


def test_the_cell_is_the_one_that_encode_grid_fills():
    grid = boxes.encode_grid([[18, 18, 34, 54]], [0], 8, 64, 1)
    row, column = np.argwhere(grid[..., 0])[0]
    answer = [row, column, *grid[row, column, 1:5]]
    assert check.cell_target(answer).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([3, 4, 0.25, 0.5, 4.5, 2], "Row and column"),
        ([4, 3, 0.5, 0.25, 4.5, 2], "b_x and b_y"),
        ([4, 3, 0.25, 0.5, 2, 4.5], "Height and width"),
        ([4, 3, 2, 4, 36, 16], "pixels"),
        ([4, 3, 26 / 64, 36 / 64, 36 / 64, 16 / 64], "as in chapter 19"),
        ([4, 3, 0.25, 0.5, 36 / 64, 16 / 64], "sides are shares"),
        ([2, 2, 0.25, 0.25, 4.5, 2], "corner"),
    ],
)
def test_cell_wrong(answer, message):
    feedback = check.cell_target(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Suppression


def by_hand(found, scores, threshold, *, order=None, dead_count=False, equal=False):
    kept, seen = [], []
    for i in np.argsort(-scores, kind="stable") if order is None else order(scores):
        overlaps = [boxes.iou(found[i : i + 1], found[j : j + 1]).item() for j in kept]
        if dead_count:
            overlaps = [boxes.iou(found[i : i + 1], found[j : j + 1]).item() for j in seen]
        if all(o < threshold if equal else o <= threshold for o in overlaps):
            kept.append(int(i))
        seen.append(int(i))
    return kept


def test_suppression_by_loops_passes():
    assert check.suppress(by_hand).status == "passed"
    assert check.suppress(lambda b, s, t: np.array(by_hand(b, s, t), int)).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda b, s, t: by_hand(b, s, t, dead_count=True), "gone still drops"),
        (lambda b, s, t: by_hand(b, s, t, order=lambda s: range(len(s))), "order of the list"),
        (lambda b, s, t: by_hand(b, s, t, order=np.argsort), "worst score"),
        (lambda b, s, t: sorted(by_hand(b, s, t)), "The right boxes"),
        (lambda b, s, t: by_hand(b, s, t, equal=True), "exactly the threshold"),
        (lambda b, s, t: sorted(set(range(len(s))) - set(by_hand(b, s, t))), "are dropped"),
    ],
)
def test_suppression_wrong(answer, message):
    feedback = check.suppress(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Average precision


def mean_precision(hits, objects, recalls=101, fill=True, of=None, divide=0):
    found, points = 0, []
    for count, hit in enumerate(hits, 1):
        found += hit
        points.append((found / (of or objects), found / count))
    total = 0
    for n in range(recalls):
        r = n / (recalls - 1)
        reached = [precision for recall, precision in points if recall >= r - 1e-12]
        total += (max(reached) if fill else reached[0]) if reached else 0
    return total / (recalls - divide)


def test_a_mean_by_loops_passes():
    assert check.average_precision_101(mean_precision).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda h, n: mean_precision(h, n, fill=False), "with its dents"),
        (
            lambda h, n: boxes.average_precision(-np.arange(len(h)), np.array(h), n),
            "area under",
        ),
        (lambda h, n: mean_precision(h, n, recalls=11), "11 recalls"),
        (lambda h, n: mean_precision(h, n, of=max(sum(h), 1)), "were found"),
        (
            lambda h, n: sum(sum(h[: i + 1]) / (i + 1) for i in range(len(h)) if h[i]) / n,
            "at each hit",
        ),
        (lambda h, n: mean_precision(h, n, divide=1), "divide by 100"),
    ],
)
def test_average_precision_wrong(answer, message):
    feedback = check.average_precision_101(answer)
    assert feedback.status == "failed"
    assert message in feedback.message
