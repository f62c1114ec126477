"""The checks of chapter 5: right answers pass, and each mistake gets the message meant for it."""

import math

import numpy as np
import pytest
import scipy.ndimage
import torch

from cnnviz import check, kernels, ops
from cnnviz.check.chapters import edges_and_features

SOBEL_X, SOBEL_Y = kernels.sobel("x"), kernels.sobel("y")

# --------------------------------------------------------------------------------------
# A kernel for an edge that lies


@pytest.mark.parametrize(
    "answer",
    [
        SOBEL_Y,
        kernels.prewitt("y").tolist(),
        torch.tensor(kernels.scharr("y") / 32, dtype=torch.float32),
        [[0, 0, 0], [0, -1, 0], [0, 1, 0]],
        [[-1, -1, -1], [-1, -1, -1], [2, 2, 2]],
    ],
)
def test_lighter_below_right(answer):
    assert check.lighter_below(answer).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (-SOBEL_Y, "sign"),
        (SOBEL_X, "finds vertical edges"),
        (-SOBEL_X, "finds vertical edges"),
        (SOBEL_X + SOBEL_Y, "also answers vertical edges"),
        ([[-1, -1, -1], [0, 0, 0], [1, 1, 2]], "do not sum to 0"),
        ([[0, 0, 0], [0, 0, 0], [1, 1, 1]], "do not sum to 0"),
        (np.zeros((3, 3)), "zeros"),
        ([[1, 1, 1], [-2, -2, -2], [1, 1, 1]], "positive and with a negative"),
        ([[-1, -1, -1], [2, 2, 2], [-1, -1, -1]], "positive and with a negative"),
        ([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], "every edge that lies"),
        ([-1, 0, 1], "shape"),
    ],
)
def test_lighter_below_wrong(answer, message):
    feedback = check.lighter_below(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


def test_lighter_below_says_how_to_write_a_kernel():
    assert "three rows" in check.lighter_below([-1, 0, 1]).hint


# --------------------------------------------------------------------------------------
# The gradient's magnitude and direction


def slopes(image):
    return ops.correlate(image, SOBEL_X), ops.correlate(image, SOBEL_Y)


def gradient(image):
    x, y = slopes(image)
    return np.hypot(x, y), np.rad2deg(np.arctan2(y, x))


def with_scipy(image):
    """Count directions from 0° to 360°; SciPy's Sobel has the same signs."""
    x, y = (scipy.ndimage.sobel(image.astype(float), axis)[1:-1, 1:-1] for axis in (1, 0))
    return [np.sqrt(x**2 + y**2), np.degrees(np.arctan2(y, x)) % 360]


def with_torch(image):
    weight = torch.tensor(np.stack([SOBEL_X, SOBEL_Y])[:, None], dtype=torch.float32)
    x, y = torch.nn.functional.conv2d(torch.tensor(image, dtype=torch.float32)[None], weight)
    return torch.hypot(x, y), torch.rad2deg(torch.atan2(y, x))


def stacked(image):
    return np.array(gradient(image))


def stacked_in_torch(image):
    return torch.stack(with_torch(image))


@pytest.mark.parametrize("answer", [gradient, with_scipy, with_torch, stacked, stacked_in_torch])
def test_sobel_gradient_right(answer):
    assert check.sobel_gradient(answer).status == "passed"


def changed(magnitude=np.hypot, direction=lambda x, y: np.rad2deg(np.arctan2(y, x))):
    """Return a gradient with another magnitude or direction."""
    return lambda image: (magnitude(*slopes(image)), direction(*slopes(image)))


def flipped(image):
    x, y = ops.convolve(image, SOBEL_X), ops.convolve(image, SOBEL_Y)
    return np.hypot(x, y), np.rad2deg(np.arctan2(y, x))


def prewitt(image):
    x, y = (ops.correlate(image, kernels.prewitt(axis)) for axis in ("x", "y"))
    return np.hypot(x, y), np.rad2deg(np.arctan2(y, x))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (changed(direction=lambda x, y: np.arctan2(y, x)), "radians"),
        (changed(direction=lambda x, y: np.rad2deg(np.arctan2(x, y))), "arctan2 are swapped"),
        (flipped, "darker side"),
        (changed(direction=lambda x, y: np.rad2deg(np.arctan2(-y, x))), "upwards"),
        (changed(direction=lambda x, y: np.rad2deg(np.arctan(y / x))), "two of the four"),
        (changed(direction=lambda x, y: np.rad2deg(np.arctan2(x, -y))), "along the edge"),
        (changed(direction=lambda x, y: np.rad2deg(np.arctan2(-x, y))), "along the edge"),
        (changed(direction=lambda x, y: np.rad2deg(np.arctan2(y, x)) % 180), "are the same"),
        (changed(direction=lambda x, y: np.arctan2(x, y)), "radians, and that is not all"),
        (changed(direction=lambda x, y: np.arctan(y / x)), "radians, and that is not all"),
        (changed(direction=lambda x, y: 0 * x), "direction is wrong"),
        (slopes, "g_x and g_y themselves"),
        (changed(magnitude=lambda x, y: x**2 + y**2), "root"),
        (changed(magnitude=lambda x, y: abs(x) + abs(y)), "|g_x| + |g_y|"),
        (changed(magnitude=lambda x, y: np.hypot(x, y) / 8), "eighth"),
        (changed(magnitude=lambda x, y: x + y), "magnitude is wrong"),
        (prewitt, "Prewitt"),
        (lambda image: gradient(image)[::-1], "arrays are swapped"),
        (lambda image: gradient(image)[0], "not two arrays"),
        (lambda image: np.array(gradient(image) * 2), "not two arrays"),
        (lambda image: (gradient(image)[0], 0), "a single number"),
        (lambda image: gradient(np.pad(image, 1)), "as large as the image"),
        (lambda image: [part[:, :1] for part in gradient(image)], "of shape"),
        (lambda image: ("x", "y"), "text"),
        (lambda image: image[99], "stops with IndexError"),
        (gradient(np.eye(5)), "Hand in the function"),
    ],
)
def test_sobel_gradient_wrong(answer, message):
    feedback = check.sobel_gradient(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


def test_directions_are_defined_and_told_apart():
    """No slope along x is 0 (arctan would divide by it), and every quadrant occurs."""
    x, y = (
        np.concatenate([s.ravel() for s in part])
        for part in zip(*map(slopes, edges_and_features._PICTURES), strict=True)
    )
    assert np.all(x != 0)
    assert len(set(zip(np.sign(x), np.sign(y), strict=True)) - {(1, 0), (-1, 0)}) == 4


# --------------------------------------------------------------------------------------
# A kernel that can be turned


def steer(angle):
    theta = np.deg2rad(angle)
    return np.cos(theta) * SOBEL_X + np.sin(theta) * SOBEL_Y


def by_complex_numbers(angle):
    """The same as nested lists, as the real part of a turned complex kernel."""
    turn = complex(math.cos(math.radians(angle)), -math.sin(math.radians(angle)))
    return [
        [(complex(x, y) * turn).real for x, y in zip(*rows, strict=True)]
        for rows in zip(SOBEL_X, SOBEL_Y, strict=True)
    ]


@pytest.mark.parametrize("answer", [steer, by_complex_numbers])
def test_steered_sobel_right(answer):
    assert check.steered_sobel(answer).status == "passed"


def radians(angle):
    return np.cos(angle) * SOBEL_X + np.sin(angle) * SOBEL_Y


def not_added(angle):
    theta = np.deg2rad(angle)
    return np.cos(theta) * SOBEL_X, np.sin(theta) * SOBEL_Y


def with_prewitt(angle):
    theta = np.deg2rad(angle)
    return np.cos(theta) * kernels.prewitt("x") + np.sin(theta) * kernels.prewitt("y")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (radians, "degrees for radians"),
        (lambda angle: steer(angle).T, "Sine and cosine are swapped"),
        (lambda angle: steer(-angle), "turns the other way"),
        (lambda angle: ops.correlate(steer(angle), -np.eye(1)), "darker side"),
        (lambda angle: steer(angle + 90), "along the edge"),
        (with_prewitt, "Prewitt"),
        (lambda angle: SOBEL_X, "does not turn"),
        (lambda angle: SOBEL_X * (1 - angle / 90) + SOBEL_Y * angle / 90, "0° and 90°"),
        (not_added, "two kernels"),
        (lambda angle: steer(angle) / 8, "factor of 8"),
        (lambda angle: SOBEL_X + SOBEL_Y, "wrong in"),
        (lambda: SOBEL_X, "does not take these arguments"),
    ],
)
def test_steered_sobel_wrong(answer, message):
    feedback = check.steered_sobel(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Non-maximum suppression in four directions


def neighbours(angle, mirrored=False):
    """Return (down, right) towards the neighbour nearest to a direction."""
    theta = np.deg2rad(45 * np.round(angle / 45))
    down, right = round(np.sin(theta)), round(np.cos(theta))
    return (-down if mirrored else down), right


def with_loops(
    size, angle, keep=lambda value, ahead, behind: value >= max(ahead, behind), mirrored=False
):
    kept = np.zeros(size.shape)
    for r in range(1, size.shape[0] - 1):
        for c in range(1, size.shape[1] - 1):
            down, right = neighbours(angle[r, c], mirrored)
            sides = size[r + down, c + right], size[r - down, c - right]
            if keep(size[r, c], *sides):
                kept[r, c] = size[r, c]
    return kept


def with_shifts(size, angle):
    """Compare whole shifted arrays, one direction at a time."""
    sector = np.round(angle % 180 / 45).astype(int) % 4
    kept = np.zeros_like(size)
    for number, (down, right) in enumerate([(0, 1), (1, 1), (1, 0), (1, -1)]):
        ahead = np.roll(size, (-down, -right), axis=(0, 1))
        behind = np.roll(size, (down, right), axis=(0, 1))
        ridge = (sector == number) & (size >= ahead) & (size >= behind)
        kept[ridge] = size[ridge]
    kept[[0, -1]] = kept[:, [0, -1]] = 0
    return kept


@pytest.mark.parametrize("answer", [with_loops, with_shifts])
def test_non_maximum_suppression_right(answer):
    assert check.non_maximum_suppression(answer).status == "passed"


def all_eight(size, angle):
    top = scipy.ndimage.maximum_filter(size, size=3)
    inside = np.pad(np.ones([n - 2 for n in size.shape]), 1)
    return np.where(size == top, size, 0) * inside


def one_of_four_pairs(size, angle):
    """Compare with the first neighbour of each pair: right, down and right, down, down and left."""
    steps = np.round(angle / 45).astype(int) % 4 * 45
    return with_loops(size, steps, lambda value, ahead, behind: value >= ahead)


def rounded_with(whole):
    return lambda size, angle: with_loops(size, 45 * np.vectorize(whole)(angle / 45))


def in_place(size, angle):
    for r in range(1, size.shape[0] - 1):
        for c in range(1, size.shape[1] - 1):
            down, right = neighbours(angle[r, c])
            if size[r, c] < max(size[r + down, c + right], size[r - down, c - right]):
                size[r, c] = 0
    size[[0, -1]] = size[:, [0, -1]] = 0
    return size


def in_place_in_a_black_frame(size, angle):
    size[[0, -1]] = size[:, [0, -1]] = 0
    return in_place(size, angle)


def with_border(size, angle):
    inner = with_loops(np.pad(size, 1), np.pad(angle, 1))
    return inner[1:-1, 1:-1]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda s, a: with_loops(s, a + 90), "along the edge"),
        (lambda s, a: with_loops(s, a, mirrored=True), "diagonals are swapped"),
        (lambda s, a: with_loops(s, a, lambda v, ahead, _: v >= ahead), "one neighbour"),
        (one_of_four_pairs, "one neighbour"),
        (all_eight, "all eight"),
        (lambda s, a: with_loops(s, a, lambda v, *sides: v > max(sides)), "as large as a neigh"),
        (with_border, "border is not 0"),
        (lambda s, a: with_loops(s, a) > 0, "which pixels are kept"),
        (lambda s, a: with_loops(s, np.rad2deg(a)), "degrees for radians"),
        (lambda s, a: with_loops(s, 0 * a), "taken for 0°"),
        (lambda s, a: with_loops(s, a, lambda v, *sides: v >= min(sides)), "enough"),
        (rounded_with(int), "cut the direction off"),
        (rounded_with(math.floor), "cut the direction off"),
        (lambda s, a: with_loops(s, abs(a)), "−45° for 45°"),
        (in_place, "while you still compare"),
        (in_place_in_a_black_frame, "while you still compare"),
        (lambda s, a: s, "nothing to 0"),
        (lambda s, a: with_loops(s, a)[1:-1, 1:-1], "border is missing"),
        (lambda s, a: with_loops(s, a)[1:], "of shape"),
        (lambda s, a: 0 * s, "wrong in"),
        (lambda s, a: s[99], "stops with IndexError"),
    ],
)
def test_non_maximum_suppression_wrong(answer, message):
    feedback = check.non_maximum_suppression(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


def test_no_direction_lies_where_it_could_be_rounded_either_way():
    for size, angle in edges_and_features._RIDGE_CASES:
        assert size.shape == angle.shape
        assert abs(angle / 45 - np.round(angle / 45)).max() < 0.45


# --------------------------------------------------------------------------------------
# Stubs, and answers that misbehave

STUBS = [..., None, ""]
FUNCTION_STUBS = [lambda *arguments: ..., lambda *arguments: None]
NASTY = [object(), "x", [[1], [1, 2]], {}, lambda *arguments: object(), lambda *arguments: "x"]


@pytest.mark.parametrize("name", edges_and_features.__all__)
def test_unanswered_stubs(name):
    stubs = STUBS if name == "lighter_below" else STUBS + FUNCTION_STUBS
    for stub in stubs:
        assert getattr(check, name)(stub).status == "unanswered"


@pytest.mark.parametrize("name", edges_and_features.__all__)
@pytest.mark.parametrize("answer", NASTY, ids=range(len(NASTY)))
def test_never_raises(name, answer):
    assert getattr(check, name)(answer).status == "failed"
