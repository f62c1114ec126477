"""The checks of chapter 22: right answers pass, and each mistake gets the message meant for it."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnviz import check, ops

# --------------------------------------------------------------------------------------
# What RoI pooling reads


def test_the_pooled_box_is_where_the_gradient_of_one_bin_can_go():
    """The bin's maximum is at each place of the region in turn, and nowhere else."""
    reached = np.zeros((12, 12))
    for place in np.ndindex(12, 12):
        plane = np.zeros((1, 12, 12))
        plane[0][place] = 1
        reached[place] = ops.roi_pool(plane, [[20, 36, 91, 131]], 1, scale=1 / 16)[0, 0, 0, 0]
    rows, columns = np.nonzero(reached)
    box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert check.pooled_box(tuple(16 * int(edge) for edge in box)).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((16, 32, 96, 128), "left out the last"),
        ((16, 32, 96, 144), "isn't rounded to the nearest"),
        ((16, 32, 80, 128), "rounded down"),
        ((1, 2, 6, 8), "places of the map"),
        ((1, 2, 7, 9), "edges on the map"),
        ((20, 36, 91, 131), "box itself"),
        ((32, 16, 144, 112), "swapped"),
    ],
)
def test_pooled_box_wrong(answer, message):
    feedback = check.pooled_box(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# A value between pixels


def by_torch(plane, y, x):
    height, width = plane.shape
    where = torch.tensor([[[[2 * x / width - 1, 2 * y / height - 1]]]], dtype=torch.float64)
    maps = torch.tensor(plane)[None, None].double()
    return F.grid_sample(
        maps, where, mode="bilinear", padding_mode="border", align_corners=False
    ).item()


def by_four_pixels(plane, y, x):
    height, width = plane.shape
    y, x = min(max(y - 0.5, 0), height - 1), min(max(x - 0.5, 0), width - 1)
    top, left = int(y), int(x)
    bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
    down, across = y - top, x - left
    upper = plane[top, left] * (1 - across) + plane[top, right] * across
    lower = plane[bottom, left] * (1 - across) + plane[bottom, right] * across
    return upper * (1 - down) + lower * down


def test_bilinear_sample_is_that_of_torch_and_of_four_pixels():
    assert check.bilinear_sample(by_torch).status == "passed"
    assert check.bilinear_sample(by_four_pixels).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda p, y, x: by_torch(p, y + 0.5, x + 0.5), "half a pixel off"),
        (lambda p, y, x: by_torch(p, y + 1, x + 1), "the wrong way"),
        (lambda p, y, x: by_torch(p.T, y, x), "swapped"),
        (lambda p, y, x: p[min(int(y), 2), min(int(x), 3)], "nearest pixel"),
    ],
)
def test_bilinear_sample_wrong(answer, message):
    feedback = check.bilinear_sample(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


def test_bilinear_sample_without_clipping():
    def straight_on(plane, y, x):
        y, x = y - 0.5, x - 0.5
        top, left = max(0, min(int(y), 1)), max(0, min(int(x), 2))
        down, across = y - top, x - left
        upper = plane[top, left] * (1 - across) + plane[top, left + 1] * across
        lower = plane[top + 1, left] * (1 - across) + plane[top + 1, left + 1] * across
        return upper * (1 - down) + lower * down

    feedback = check.bilinear_sample(straight_on)
    assert feedback.status == "failed"
    assert "go on growing" in feedback.message


# --------------------------------------------------------------------------------------
# Hard negatives


def by_loops(losses, positive, ratio):
    mask, left = positive.copy(), ratio * sum(positive.tolist())
    for k in sorted(range(len(losses)), key=lambda k: -losses[k]):
        if left and not positive[k]:
            mask[k] = True
            left -= 1
    return mask


def test_hard_negatives_are_those_of_loops():
    assert check.hard_negatives(by_loops).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda losses, p, r: by_loops(-losses, p, r), "easiest"),
        (lambda losses, p, r: by_loops(losses, p, r) & ~p, "positives are missing"),
        (lambda losses, p, r: by_loops(losses, p, 1), "one negative for each"),
        (lambda losses, p, r: p | True, "all of them"),
    ],
)
def test_hard_negatives_wrong(answer, message):
    feedback = check.hard_negatives(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


def test_hard_negatives_among_all():
    def answer(losses, positive, ratio):
        count = min(ratio * positive.sum(), (~positive).sum())
        mask = positive.copy()
        mask[np.argsort(-losses)[:count]] = True
        return mask

    feedback = check.hard_negatives(answer)
    assert feedback.status == "failed"
    assert "took the places" in feedback.message
