"""The checks of chapter 3: right answers pass, and each mistake gets the message meant for it."""

import numpy as np
import pytest
import scipy.signal
import torch
from numpy.lib.stride_tricks import sliding_window_view

from cnnviz import check
from cnnviz.check.chapters import convolution_2d

WINDOW = convolution_2d._IMAGE[1:4, 2:5]
KERNEL = convolution_2d._KERNEL

# --------------------------------------------------------------------------------------
# One output by hand


@pytest.mark.parametrize("answer", [10, 10.0, np.array(10), torch.tensor(10.0)])
def test_one_output_right(answer):
    assert check.one_output(answer).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((WINDOW * KERNEL[::-1, ::-1]).sum(), "flipped"),
        ((WINDOW * KERNEL.T).sum(), "transposed"),
        ((convolution_2d._IMAGE[2:5, 1:4] * KERNEL).sum(), "row and column are swapped"),
        ((convolution_2d._IMAGE[0:3, 1:4] * KERNEL).sum(), "one up and one left"),
        ((convolution_2d._IMAGE[0:3, 0:3] * KERNEL).sum(), "the first window"),
        ((WINDOW * abs(KERNEL)).sum(), "added where the kernel subtracts"),
        (WINDOW.sum(), "without the weights"),
        ((WINDOW * KERNEL).mean(), "mean"),
        (1000, "1000"),
        (WINDOW * KERNEL, "shape"),
    ],
)
def test_one_output_wrong(answer, message):
    feedback = check.one_output(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Four nested loops


def nested_loops(image, kernel):
    height, width = kernel.shape
    output = np.zeros((image.shape[0] - height + 1, image.shape[1] - width + 1))
    for row in range(output.shape[0]):
        for column in range(output.shape[1]):
            for i in range(height):
                for j in range(width):
                    output[row, column] += kernel[i, j] * image[row + i, column + j]
    return output


def with_scipy(image, kernel):
    return scipy.signal.correlate2d(image, kernel, mode="valid")


def with_torch(image, kernel):
    x, w = (torch.tensor(a, dtype=torch.float32)[None, None] for a in (image, kernel))
    return torch.nn.functional.conv2d(x, w)[0, 0]


def nested_lists(image, kernel):
    return nested_loops(image, kernel).tolist()


@pytest.mark.parametrize("answer", [nested_loops, with_scipy, with_torch, nested_lists])
def test_correlate2d_right(answer):
    assert check.correlate2d(answer).status == "passed"


def flipped(image, kernel):
    return scipy.signal.convolve2d(image, kernel, mode="valid")


def same(image, kernel):
    """Stand a kernel's middle on each pixel; where a size is even, the odd zero goes after."""
    before = [(k - 1) // 2 for k in kernel.shape]
    padded = np.pad(image, [(b, k - 1 - b) for b, k in zip(before, kernel.shape, strict=True)])
    return nested_loops(padded, kernel)


def overwritten(image, kernel):
    output = np.zeros([n - k + 1 for n, k in zip(image.shape, kernel.shape, strict=True)])
    for row, column in np.ndindex(output.shape):
        for i, j in np.ndindex(kernel.shape):
            output[row, column] = kernel[i, j] * image[row + i, column + j]
    return output


def stops_early(rows, columns):
    """Fill all but the last row or column of a map of the right shape."""

    def short(image, kernel):
        output = np.zeros([n - k + 1 for n, k in zip(image.shape, kernel.shape, strict=True)])
        for row in range(output.shape[0] - rows):
            for column in range(output.shape[1] - columns):
                window = image[row : row + kernel.shape[0], column : column + kernel.shape[1]]
                output[row, column] = (window * kernel).sum()
        return output

    return short


def returns_too_soon(image, kernel):
    output = np.zeros([n - k + 1 for n, k in zip(image.shape, kernel.shape, strict=True)])
    for row in range(output.shape[0]):
        for column in range(output.shape[1]):
            window = image[row : row + kernel.shape[0], column : column + kernel.shape[1]]
            output[row, column] = (window * kernel).sum()
        return output


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (flipped, "Your kernel is flipped."),
        (lambda x, w: nested_loops(x, w.T), "Your kernel is transposed"),
        (lambda x, w: nested_loops(x, w).T, "Height and width are swapped."),
        (lambda x, w: nested_loops(x[:, :-1], w), "Off by one at the right edge"),
        (stops_early(rows=0, columns=1), "Off by one at the right edge"),
        (lambda x, w: nested_loops(x[:-1], w), "Off by one at the bottom edge"),
        (stops_early(rows=1, columns=0), "Off by one at the bottom edge"),
        (lambda x, w: nested_loops(x[:-1, :-1], w), "at the right and at the bottom edge"),
        (stops_early(rows=1, columns=1), "at the right and at the bottom edge"),
        (same, "“same” padding"),
        (overwritten, "only its last product"),
        (returns_too_soon, "Only your first row is filled"),
        (lambda x, w: nested_loops(x, w) / w.size, "mean of the products"),
        (lambda x, w: nested_loops(x, w) + 1, "wrong in every place"),
        (lambda x: x, "does not take these arguments"),
        (lambda x, w: x[99], "stops with IndexError"),
    ],
)
def test_correlate2d_wrong(answer, message):
    feedback = check.correlate2d(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# The factors of a separable kernel


def with_svd(kernel):
    u, s, vh = np.linalg.svd(kernel)
    if len(s) > 1 and s[1] > 1e-10:
        return None
    return u[:, 0] * np.sqrt(s[0]), vh[0] * np.sqrt(s[0])


def with_a_pivot(kernel):
    """Take the row and the column of the largest weight; no linear algebra."""
    i, j = np.unravel_index(abs(kernel).argmax(), kernel.shape)
    column, row = kernel[:, [j]], kernel[[i]] / kernel[i, j]
    return [column, row] if np.allclose(column @ row, kernel) else None


def stacked(kernel):
    """Return the two factors as the rows of one array, where they are equally long."""
    pair = with_svd(kernel)
    return np.stack(pair) if pair and len({*map(len, pair)}) == 1 else pair


@pytest.mark.parametrize("answer", [with_svd, with_a_pivot, stacked])
def test_separable_factors_right(answer):
    assert check.separable_factors(answer).status == "passed"


def unscaled(kernel):
    u, s, vh = np.linalg.svd(kernel)
    return (u[:, 0], vh[0]) if s[1] < 1e-10 else None


def scaled_twice(kernel):
    u, s, vh = np.linalg.svd(kernel)
    return (s[0] * u[:, 0], s[0] * vh[0]) if s[1] < 1e-10 else None


def rank_unchecked(kernel):
    u, s, vh = np.linalg.svd(kernel)
    return s[0] * u[:, 0], vh[0]


def column_of_vh(kernel):
    u, s, vh = np.linalg.svd(kernel)
    return (s[0] * u[:, 0], vh[:, 0]) if s[1] < 1e-10 else None


def exact_zero(kernel):
    u, s, vh = np.linalg.svd(kernel)
    return (s[0] * u[:, 0], vh[0]) if s[1] == 0 else None


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda k: with_svd(k) and with_svd(k)[0], "no pair of factors"),
        (lambda k: np.linalg.svd(k)[0][:, 0], "no pair of factors"),
        (lambda k: with_svd(k) and np.outer(*with_svd(k)), "size: the product"),
        (lambda k: with_svd(k) or False, "You return False"),
        (lambda k: print(end=""), "You return None for a 3×3 kernel that is separable"),
        (unscaled, "scale is wrong"),
        (scaled_twice, "scale is wrong"),
        (rank_unchecked, "rank is not checked"),
        (lambda k: with_svd(k) and with_svd(k)[::-1], "factors are swapped"),
        (exact_zero, "that is separable"),
        (lambda k: with_svd(k) and (k[0][:1], k[:, 0]), "have 1 and 3 numbers"),
        (column_of_vh, "not the kernel"),
        (lambda k: 1 / 0, "stops with ZeroDivisionError"),
        (KERNEL, "Hand in the function itself"),
    ],
)
def test_separable_factors_wrong(answer, message):
    feedback = check.separable_factors(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Every window in a column


def with_a_view(image, height, width):
    return sliding_window_view(image, (height, width)).reshape(-1, height * width).T


def with_loops(image, height, width):
    rows, columns = image.shape[0] - height + 1, image.shape[1] - width + 1
    windows = [
        image[row : row + height, column : column + width].ravel()
        for row in range(rows)
        for column in range(columns)
    ]
    return np.stack(windows, axis=1)


def with_unfold(image, height, width):
    x = torch.tensor(image, dtype=torch.float64)[None, None]
    return torch.nn.functional.unfold(x, (height, width))[0]


@pytest.mark.parametrize("answer", [with_a_view, with_loops, with_unfold])
def test_im2col_right(answer):
    assert check.im2col(answer).status == "passed"


def down_first(image, height, width):
    windows = sliding_window_view(image, (height, width)).transpose(1, 0, 2, 3)
    return windows.reshape(-1, height * width).T


def cut_up(image, height, width):
    return sliding_window_view(image, (height, width)).reshape(height * width, -1)


def inside_swapped(image, height, width):
    windows = sliding_window_view(image, (height, width)).transpose(0, 1, 3, 2)
    return windows.reshape(-1, height * width).T


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda x, h, w: with_loops(x, h, w).T, "windows lie in rows"),
        (down_first, "go down first"),
        (inside_swapped, "rows and columns are swapped"),
        (cut_up, "the windows are cut up"),
        (lambda x, h, w: with_loops(x, h, w)[::-1], "turned round"),
        (lambda x, h, w: with_loops(x, w, h), "The window's height and width are swapped"),
        (lambda x, h, w: with_loops(x[:, :-1], h, w), "Off by one at the right edge"),
        (lambda x, h, w: with_loops(x[:-1], h, w), "Off by one at the bottom edge"),
        (lambda x, h, w: with_loops(x[:-1, :-1], h, w), "at the right and at the bottom edge"),
        (
            lambda x, h, w: sliding_window_view(x, (h, w))[::h, ::w].reshape(-1, h * w).T,
            "do not overlap",
        ),
        (sliding_window_view, "does not take these arguments|stops with|of shape"),
    ],
)
def test_im2col_wrong(answer, message):
    feedback = check.im2col(answer)
    assert feedback.status == "failed"
    assert any(part in feedback.message for part in message.split("|"))


# --------------------------------------------------------------------------------------
# Stubs, and answers that misbehave

STUBS = [..., None, "", lambda *arguments: ..., lambda *arguments: None]
NASTY = [object(), "x", [[1], [1, 2]], {}, lambda *arguments: object(), lambda *arguments: "x"]


@pytest.mark.parametrize("name", convolution_2d.__all__)
def test_unanswered_stubs(name):
    stubs = STUBS if name != "one_output" else STUBS[:3]
    for stub in stubs:
        assert getattr(check, name)(stub).status == "unanswered"


@pytest.mark.parametrize("name", convolution_2d.__all__)
@pytest.mark.parametrize("answer", NASTY, ids=range(len(NASTY)))
def test_never_raises(name, answer):
    assert getattr(check, name)(answer).status == "failed"


def test_the_mistakes_of_one_output_differ():
    """A mistake that happened to give the right number would pass."""
    answers = [
        convolution_2d._weighted_sum(WINDOW, kernel)
        for kernel in (KERNEL, KERNEL[::-1, ::-1], KERNEL.T, abs(KERNEL))
    ]
    answers += [
        convolution_2d._weighted_sum(convolution_2d._window(*at), KERNEL)
        for at in [(2, 1), (0, 1), (0, 0)]
    ]
    answers += [WINDOW.sum(), (WINDOW * KERNEL).mean()]
    assert len(set(answers)) == len(answers)


def test_no_other_window_gives_the_right_output():
    outputs = {
        at: convolution_2d._weighted_sum(convolution_2d._window(*at), KERNEL)
        for at in np.ndindex(3, 3)
    }
    assert [at for at, value in outputs.items() if value == 10] == [(1, 2)]
