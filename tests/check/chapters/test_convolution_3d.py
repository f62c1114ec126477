"""The checks of chapter 7: right answers pass, and each mistake gets the message meant for it."""

import math

import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import sliding_window_view

from cnnviz import check

# --------------------------------------------------------------------------------------
# The output's shape


def axis_by_axis(volume, kernel, stride, padding):
    sizes = zip(volume, kernel, stride, padding, strict=True)
    return tuple((n + 2 * p - k) // s + 1 for n, k, s, p in sizes)


def at_once(volume, kernel, stride, padding):
    n, k, s, p = map(np.array, (volume, kernel, stride, padding))
    return (n + 2 * p - k) // s + 1


def by_torch(volume, kernel, stride, padding):
    layer = torch.nn.Conv3d(1, 1, kernel, stride=stride, padding=padding)
    return list(layer(torch.zeros(1, 1, *volume)).shape[2:])


@pytest.mark.parametrize("answer", [axis_by_axis, at_once, by_torch])
def test_output_shape_right(answer):
    assert check.output_shape_3d(answer).status == "passed"


def unrounded(volume, kernel, stride, padding):
    n, k, s, p = map(np.array, (volume, kernel, stride, padding))
    return (n + 2 * p - k) / s + 1


def padding_once(volume, kernel, stride, padding):
    n, k, s, p = map(np.array, (volume, kernel, stride, padding))
    return (n + p - k) // s + 1


def rounded(volume, kernel, stride, padding):
    sizes = zip(volume, kernel, stride, padding, strict=True)
    return [round((n + 2 * p - k) / s) + 1 for n, k, s, p in sizes]


def rounded_last(volume, kernel, stride, padding):
    return np.round(unrounded(volume, kernel, stride, padding))


def one_too_early(volume, kernel, stride, padding):
    n, k, s, p = map(np.array, (volume, kernel, stride, padding))
    return (n + 2 * p - k + 1) // s


def swapped(*axes):
    return lambda *layer: tuple(axis_by_axis(*layer)[axis] for axis in axes)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (unrounded, "forgot the floor"),
        (lambda *layer: np.ceil(unrounded(*layer)), "rounded up"),
        (lambda *layer: at_once(*layer) - 1, "forgot the + 1"),
        (lambda n, k, s, p: axis_by_axis(n, k, (1, 1, 1), p), "forgot the stride"),
        (lambda n, k, s, p: axis_by_axis(n, k, s, (0, 0, 0)), "forgot the padding"),
        (padding_once, "padding once"),
        (rounded, "rounded to the nearest"),
        (rounded_last, "rounded to the nearest"),
        (one_too_early, "before you divided"),
        (lambda n, k, s, p: axis_by_axis(n, k, (1, 1, 1), (0, 0, 0)), "both the padding"),
        (swapped(2, 1, 0), "(W, H, D)"),
        (swapped(0, 2, 1), "Height and width"),
        (swapped(1, 0, 2), "Depth and height"),
        (lambda n, k, s, p: axis_by_axis(n, k[::-1], s, p), "axes in reverse"),
        (lambda n, k, s, p: axis_by_axis(n, (k[0],) * 3, s, p), "the kernel size of the first"),
        (lambda n, k, s, p: axis_by_axis(n, k, (s[0],) * 3, p), "the stride of the first"),
        (lambda n, k, s, p: axis_by_axis(n, k, s, (p[0],) * 3), "the padding of the first"),
        (lambda *layer: math.prod(axis_by_axis(*layer)), "how many outputs"),
        (lambda *layer: (layer[0][0], *axis_by_axis(*layer)[1:]), "left the depth"),
        (lambda *layer: axis_by_axis(*layer)[1:], "height and the width only"),
        (lambda *layer: axis_by_axis(*layer)[0], "depth only"),
        (lambda *layer: (size for size in axis_by_axis(*layer)), "returns a generator"),
        (lambda *layer: axis_by_axis(*layer)[:2], "should be"),
        (lambda n, k: n, "does not take these arguments"),
        ((14, 22, 28), "Hand in the function itself"),
    ],
)
def test_output_shape_wrong(answer, message):
    feedback = check.output_shape_3d(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


@pytest.mark.parametrize(
    "answer",
    [
        lambda n, k, s, p: (n + 2 * p - k) // s + 1,
        lambda n, k, s, p: (n - k + 2 * p) // s + 1,
        lambda n, k, s, p: n + (1, 1, 1) + 1,
    ],
)
def test_output_shape_on_whole_tuples(answer):
    feedback = check.output_shape_3d(answer)
    assert "TypeError" in feedback.message
    assert "with zip" in feedback.hint


# --------------------------------------------------------------------------------------
# Convolution by loops


def six_loops(volume, kernel):
    places = [n - k + 1 for n, k in zip(volume.shape, kernel.shape, strict=True)]
    y = np.zeros(places)
    for place in np.ndindex(*places):
        for at in np.ndindex(*kernel.shape):
            y[place] += kernel[at] * volume[tuple(np.add(place, at))]
    return y


def by_windows(volume, kernel):
    return np.einsum("drclij,lij->drc", sliding_window_view(volume, kernel.shape), kernel)


def by_conv3d(volume, kernel):
    x, w = (torch.tensor(a)[None, None] for a in (volume, kernel))
    return torch.nn.functional.conv3d(x, w)[0, 0]


@pytest.mark.parametrize("answer", [six_loops, by_windows, by_conv3d])
def test_correlate_right(answer):
    assert check.correlate3d(answer).status == "passed"


def sum_starts_anew(volume, kernel):
    y = 0 * six_loops(volume, kernel)
    for z, r, c in np.ndindex(*y.shape):
        for index, weights in enumerate(kernel):
            height, width = weights.shape
            window = volume[z + index, r : r + height, c : c + width]
            y[z, r, c] = (weights * window).sum()
    return y


def last_weight_only(volume, kernel):
    y = 0 * six_loops(volume, kernel)
    for place in np.ndindex(*y.shape):
        for at in np.ndindex(*kernel.shape):
            y[place] = kernel[at] * volume[tuple(np.add(place, at))]
    return y


def backwards(volume, kernel):
    y = 0 * six_loops(volume, kernel)
    for place in np.ndindex(*y.shape):
        for at in np.ndindex(*kernel.shape):
            y[place] += kernel[at] * volume[tuple(np.subtract(place, at))]
    return y


def as_large_as_the_volume(volume, kernel):
    y, inside = np.zeros(volume.shape), six_loops(volume, kernel)
    y[tuple(map(slice, inside.shape))] = inside
    return y


def too_many_places(volume, kernel):
    y = np.zeros(volume.shape)
    for place in np.ndindex(*y.shape):
        for at in np.ndindex(*kernel.shape):
            y[place] += kernel[at] * volume[tuple(np.add(place, at))]
    return y


def by_cube_loops(volume, kernel):
    f = len(kernel)
    y = np.zeros([n - f + 1 for n in volume.shape])
    for place in np.ndindex(*y.shape):
        for at in np.ndindex(f, f, f):
            y[place] += kernel[at] * volume[tuple(np.add(place, at))]
    return y


def by_cube_windows(volume, kernel):
    f = len(kernel)
    y = np.zeros([n - f + 1 for n in volume.shape])
    for z, r, c in np.ndindex(*y.shape):
        y[z, r, c] = (kernel * volume[z : z + f, r : r + f, c : c + f]).sum()
    return y


def first_slice_only(volume, kernel):
    return six_loops(volume, kernel[:1])[: len(volume) - len(kernel) + 1]


def slice_by_slice(volume, kernel):
    return np.concatenate([six_loops(plane[None], kernel.sum(0)[None]) for plane in volume])


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda v, k: six_loops(v, np.flip(k)), "Your kernel is flipped."),
        (lambda v, k: six_loops(v, k[::-1]), "flipped along its depth"),
        (lambda v, k: six_loops(v, k[:, ::-1]), "flipped along its height"),
        (lambda v, k: six_loops(v, k[:, :, ::-1]), "flipped along its width"),
        (lambda v, k: six_loops(v, k[:, ::-1, ::-1]), "and not in depth"),
        (lambda v, k: six_loops(v, k)[:-1], "along the depth is missing"),
        (lambda v, k: six_loops(v, k)[:, :-1], "along the height is missing"),
        (lambda v, k: six_loops(v, k)[..., :-1], "along the width is missing"),
        (lambda v, k: six_loops(v, k)[:-1, :-1, :-1], "along every axis is missing"),
        (last_weight_only, "last weight"),
        (backwards, "backwards"),
        (as_large_as_the_volume, "as large as the volume"),
        (lambda v, k: six_loops(v, k).astype(int).astype(np.uint8), "wrap round"),
        (sum_starts_anew, "starts anew"),
        (first_slice_only, "first slice"),
        (slice_by_slice, "one slice of the volume only"),
        (lambda v, k: six_loops(v, k) / k.size, "mean over the window"),
        (lambda v, k: v, "is of shape"),
        (lambda v: v, "does not take these arguments"),
    ],
)
def test_correlate_wrong(answer, message):
    feedback = check.correlate3d(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (too_many_places, "n − k + 1 places"),
        (by_cube_loops, "need not be a cube"),
        (by_cube_windows, "need not be a cube"),
        (lambda v, k: six_loops(v, k) + 1, "Three loops over the output"),
    ],
)
def test_correlate_hints_at_the_sizes(answer, hint):
    feedback = check.correlate3d(answer)
    assert feedback.status == "failed"
    assert hint in feedback.hint


# --------------------------------------------------------------------------------------
# The weights of a factored layer


def by_sum(channels_in, middle, channels_out, k_t, k):
    return middle * (channels_in * k**2 + channels_out * k_t)


def by_layers(channels_in, middle, channels_out, k_t, k):
    space = torch.nn.Conv3d(channels_in, middle, (1, k, k), bias=False)
    time = torch.nn.Conv3d(middle, channels_out, (k_t, 1, 1), bias=False)
    return space.weight.numel() + time.weight.numel()


@pytest.mark.parametrize("answer", [by_sum, by_layers])
def test_factored_weights_right(answer):
    assert check.factored_weights(answer).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda c, m, o, t, k: c * o * t * k**2, "3-D layer that the two replace"),
        (lambda c, m, o, t, k: (m * c * k**2) * (o * m * t), "their weights add"),
        (lambda c, m, o, t, k: m * (c * k + o * t), "row of k"),
        (lambda c, m, o, t, k: by_sum(c, m, o, k, t), "Time and space"),
        (lambda c, m, o, t, k: c * m * t + o * m * k * k, "Time and space"),
        (lambda c, m, o, t, k: by_sum(c, m, o, t * t, k), "k_t × k_t"),
        (lambda c, m, o, t, k: o * c * k**2 + o * m * t, "as many channels as the second"),
        (lambda c, m, o, t, k: m * c * k**2 + o * c * t, "reads the input's channels"),
        (lambda c, m, o, t, k: c * o * (k**2 + t), "left the middle out"),
        (lambda c, m, o, t, k: m * k**2 + o * t, "channels that each kernel reads"),
        (lambda c, m, o, t, k: m * k**2 + o * t * m, "channels that the first layer reads"),
        (lambda c, m, o, t, k: m * c * k**2 + m * t, "one kernel of the second"),
        (lambda c, m, o, t, k: (m * c * k**2, o * m * t), "Return their sum"),
        (lambda c, m, o, t, k: t * k**2 * c * o // (k**2 * c + t * o), "Tran et al."),
        (lambda c, m, o, t, k: m * c * k ^ 2 + o * m * t, "no power"),
        (lambda c, m, o, t, k: c * (k ^ 2) * m + o * m * t, "no power"),
        (lambda c, m, o, t, k: by_sum(c, m, o, t, k) + m + o, "biases"),
        (lambda c, m, o, t, k: by_sum(c, m, o, t, k) + 1, "should be"),
        (110592, "Hand in the function itself"),
    ],
)
def test_factored_weights_wrong(answer, message):
    feedback = check.factored_weights(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# A kernel for motion to the right

RIGHT = np.array([[0, 1, 0], [-1, -1, 0], [1, 0, 0]])


@pytest.mark.parametrize(
    "kernel",
    [
        RIGHT,
        np.roll(RIGHT, 1, axis=1),
        -0.1 * RIGHT,
        RIGHT - np.roll(RIGHT, 1, axis=1),
    ],
)
def test_rightward_kernel_right(kernel):
    assert check.rightward_kernel(kernel[:, None]).status == "passed"
    assert check.rightward_kernel(torch.tensor(kernel[:, None])).status == "passed"


CANCELS_LEFT = np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 0]])
CHANGE = np.array([[0, -1, 0], [0, 1, 0], [0, 0, 0]])


@pytest.mark.parametrize(
    ("kernel", "message"),
    [
        (np.eye(3), "answers to what stands still, too"),
        (np.eye(3) - 1 / 3, "to the left as well"),
        (CHANGE, "to the left as well"),
        (CANCELS_LEFT, "to what stands still it does"),
        (RIGHT[:, ::-1], "to the left, and not to the right"),
        (RIGHT[::-1], "to the left, and not to the right"),
        (np.array([[0, -1, 1], [-1, 2, -1], [1, -1, 0]]), "to the left as well"),
        (np.array([[1, 0, 0], [0, -1, 0], [0, 0, 0]]), "doesn't answer to motion to the right"),
        (np.zeros((3, 3)), "all zeros"),
    ],
)
def test_rightward_kernel_wrong(kernel, message):
    feedback = check.rightward_kernel(kernel[:, None])
    assert feedback.status == "failed"
    assert message in feedback.message


def test_rightward_kernel_does_not_hand_over_the_mirror_image():
    hint = check.rightward_kernel(RIGHT[:, None, ::-1]).hint
    assert "::-1" not in hint
    assert "other direction" in hint


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (RIGHT, "should be of shape (3, 1, 3)"),
        ("right", "should be a number"),
        (np.full((3, 1, 3), np.nan), "finite"),
    ],
)
def test_rightward_kernel_of_the_wrong_kind(answer, message):
    assert message in check.rightward_kernel(answer).message


# --------------------------------------------------------------------------------------
# Stubs

FUNCTIONS = ["output_shape_3d", "correlate3d", "factored_weights"]


@pytest.mark.parametrize("name", [*FUNCTIONS, "rightward_kernel"])
@pytest.mark.parametrize("stub", [..., None])
def test_unanswered(name, stub):
    assert getattr(check, name)(stub).status == "unanswered"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_that_returns_nothing_is_unanswered(name):
    assert getattr(check, name)(lambda *arguments: None).status == "unanswered"
