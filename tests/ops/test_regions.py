"""RoI pooling and RoI align: against plain loops, torch's grid_sample, and finite differences."""

import math

import numpy as np
import pytest
import torch
from agreement import assert_close, cases
from hypothesis import given
from hypothesis import strategies as st

from cnnviz import ops


def bilinear(plane, y, x):
    """Return the value at a point, pixel centres being whole numbers, as torchvision has it."""
    height, width = plane.shape
    if y < -1 or y > height or x < -1 or x > width:
        return 0.0
    y, x = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
    top, left = int(y), int(x)
    bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
    down, across = y - top, x - left
    upper = plane[top, left] * (1 - across) + plane[top, right] * across
    lower = plane[bottom, left] * (1 - across) + plane[bottom, right] * across
    return upper * (1 - down) + lower * down


def plain_align(x, boxes, size, scale, samples, aligned):
    out = np.zeros((len(boxes), len(x), *size))
    for r, box in enumerate(np.asarray(boxes) * scale):
        left, top, right, bottom = box - (0.5 if aligned else 0)
        width, height = right - left, bottom - top
        if not aligned:
            width, height = max(width, 1), max(height, 1)
        high, wide = height / size[0], width / size[1]
        down, across = (samples or max(0, math.ceil(side)) for side in (high, wide))
        for c, plane in enumerate(x):
            for i in range(size[0]):
                for j in range(size[1]):
                    points = [
                        bilinear(
                            plane,
                            top + i * high + (a + 0.5) * high / down,
                            left + j * wide + (b + 0.5) * wide / across,
                        )
                        for a in range(down)
                        for b in range(across)
                    ]
                    out[r, c, i, j] = sum(points) / max(1, down * across)
    return out


def plain_pool(x, boxes, size, scale):
    def rounded(value):
        return int(math.copysign(math.floor(abs(value) + 0.5), value))

    _, height, width = x.shape
    out = np.zeros((len(boxes), len(x), *size))
    for r, box in enumerate(np.asarray(boxes, float) * scale):
        left, top, right, bottom = map(rounded, box)
        high, wide = (max(n, 1) for n in (bottom - top + 1, right - left + 1))
        for i in range(size[0]):
            for j in range(size[1]):
                rows = range(top + i * high // size[0], top + math.ceil((i + 1) * high / size[0]))
                columns = range(
                    left + j * wide // size[1], left + math.ceil((j + 1) * wide / size[1])
                )
                for c, plane in enumerate(x):
                    seen = [
                        plane[y, z]
                        for y in rows
                        for z in columns
                        if 0 <= y < height and 0 <= z < width
                    ]
                    out[r, c, i, j] = max(seen, default=0)
    return out


boxes_drawn = st.lists(st.tuples(*[st.integers(-30, 90)] * 4), max_size=3).map(
    lambda drawn: np.array(drawn, float).reshape(-1, 4) / 4
)
drawn = {
    "boxes": boxes_drawn,
    "side": st.tuples(st.integers(1, 6), st.integers(1, 6)),
    "size": st.tuples(st.integers(1, 3), st.integers(1, 3)),
    "scale": st.sampled_from([1.0, 0.5, 0.25]),
    "seed": st.integers(0, 99),
}


@cases(120)
@given(**drawn, samples=st.sampled_from([None, 1, 2, 3]), aligned=st.booleans())
def test_align_is_its_plain_loops(boxes, side, size, scale, seed, samples, aligned):
    x = np.random.default_rng(seed).normal(size=(2, *side))
    ours = ops.roi_align(x, boxes, size, scale=scale, samples=samples, aligned=aligned)
    theirs = plain_align(x, boxes, size, scale, samples, aligned)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


@cases(120)
@given(**drawn)
def test_pool_is_its_plain_loops(boxes, side, size, scale, seed):
    x = np.random.default_rng(seed).normal(size=(2, *side))
    ours = ops.roi_pool(x, boxes, size, scale=scale)
    np.testing.assert_array_equal(ours, plain_pool(x, boxes, size, scale))


def test_align_is_torchs_grid_sample_at_the_bins_middles():
    x = torch.randn(1, 3, 9, 11, dtype=torch.float64)
    box = [1.5, 2.0, 8.5, 7.6]  # inside
    ours = ops.roi_align(x[0], [box], (4, 5), samples=1)
    left, top, right, bottom = box
    ys = top + (np.arange(4) + 0.5) * (bottom - top) / 4
    xs = left + (np.arange(5) + 0.5) * (right - left) / 5
    down, across = np.meshgrid(2 * ys / 9 - 1, 2 * xs / 11 - 1, indexing="ij")
    points = torch.tensor(np.stack([across, down], -1))[None]
    theirs = torch.nn.functional.grid_sample(x, points, align_corners=False)
    assert_close(ours, theirs)


@pytest.mark.parametrize(("aligned", "off"), [(True, 0.0), (False, 0.5)])
def test_on_a_slope_a_bin_has_the_value_of_its_middle_or_half_a_pixel_farther(aligned, off):
    middles = np.arange(16) + 0.5
    x = middles[:, None] * 10 + middles
    ours = ops.roi_align(x[None], [[8, 16, 40, 48]], 4, scale=0.25, aligned=aligned)
    where = 2 * np.arange(4) + 1
    true = (4 + where[:, None] + off) * 10 + 2 + where + off
    assert_close(ours[0, 0], true)


def numerical(f, x, grad, step=1e-6):
    out = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += step
        down[place] -= step
        out[place] = ((f(up) - f(down)) * grad).sum() / (2 * step)
    return out


BOXES = [[0.3, 1.1, 5.2, 4.9], [-2, -1, 3, 3], [2, 2, 2, 2], [4, 3, 1, 1], [1.5, 0.5, 9, 9]]


@pytest.mark.parametrize(
    "how", [{}, {"aligned": False}, {"samples": None}, {"samples": 3, "scale": 0.5}]
)
@pytest.mark.parametrize("images", [None, [1, 0, 1, 1, 0]])
def test_the_gradient_of_align_is_that_of_finite_differences(how, images):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5, 6) if images is None else (2, 2, 5, 6))
    x = x[None] if images is None else x
    grad = rng.normal(size=(5, x.shape[-3], 2, 3))

    def f(x):
        return ops.roi_align(x, BOXES, (2, 3), images=images, **how)

    ours = ops.roi_align_backward(grad, x, BOXES, images=images, **how)
    assert_close(ours, numerical(f, x, grad), 1e-8)


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_the_gradient_of_pool_is_that_of_finite_differences(scale):
    rng = np.random.default_rng(1)
    x = rng.permutation(2 * 3 * 5 * 6).reshape(2, 3, 5, 6) / 10
    images = [0, 1, 1, 0, 1]
    grad = rng.normal(size=(5, 3, 2, 2))
    ours = ops.roi_pool_backward(grad, x, BOXES, scale=scale, images=images)
    f = lambda x: ops.roi_pool(x, BOXES, 2, scale=scale, images=images)  # noqa: E731
    assert_close(ours, numerical(f, x, grad), 1e-8)


def test_pool_sends_a_tie_to_the_first_and_lets_nan_win():
    x = np.array([[[1.0, 3, 3], [3, 0, math.nan]]])
    pulled = ops.roi_pool_backward(np.ones((1, 1, 1, 1)), x, [[0, 0, 1, 1]])
    assert pulled.tolist() == [[[0, 1, 0], [0, 0, 0]]]
    assert math.isnan(ops.roi_pool(x, [[0, 0, 2, 1]], 1).item())


def test_weights_do_for_torch_what_align_does():
    x = torch.randn(4, 7, 8, dtype=torch.float64, requires_grad=True)
    rows, columns = map(torch.tensor, ops.roi_align_weights(BOXES, 3, (7, 8), scale=0.5))
    out = torch.einsum("rah,chw,rbw->rcab", rows, x, columns)
    assert_close(ops.roi_align(x, BOXES, 3, scale=0.5), out)
    grad = torch.randn_like(out)
    out.backward(grad)
    assert_close(ops.roi_align_backward(grad, x, BOXES, scale=0.5), x.grad)


def test_types_are_kept():
    x = np.ones((1, 4, 4), np.float32)
    assert ops.roi_align(x, BOXES, 2).dtype == ops.roi_pool(x, BOXES, 2).dtype == np.float32
    assert ops.roi_align(x.astype(int), BOXES, 2).dtype == np.float64
    assert ops.roi_align(x, [], 2).shape == (0, 1, 2, 2)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"x": np.ones((4, 4))}, "x must be maps"),
        ({"boxes": [[0, 0, 1]]}, r"boxes must be boxes \(N, 4\)"),
        ({"boxes": [[0, 0, 1, math.nan]]}, "boxes"),
        ({"boxes": [[0, 0, 1e30, 1]]}, "boxes times scale must be below"),
        ({"size": 0}, "size must be"),
        ({"scale": 0}, "scale must be above 0"),
        ({"samples": 0}, "samples must be"),
        ({"samples": 10**6}, "samples must be at most"),
        ({"images": [1]}, "images must be from 0 to 0"),
        ({"images": [0, 0]}, "images"),
        ({"x": np.ones((2, 1, 4, 4))}, "images must say of which of the 2 pictures"),
    ],
)
def test_bad_arguments_are_named(change, said):
    usual = {"x": np.ones((1, 4, 4)), "boxes": [[0, 0, 2, 2]], "size": 2}
    with pytest.raises(ValueError, match=said):
        ops.roi_align(**usual | change)


def test_a_gradient_of_another_shape_is_refused():
    for backward in (ops.roi_align_backward, ops.roi_pool_backward):
        with pytest.raises(ValueError, match="grad must be"):
            backward(np.ones((1, 2, 2, 2)), np.ones((1, 4, 4)), [[0, 0, 2, 2]])
