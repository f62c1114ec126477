"""Chapter 1's checks: right answers pass, and each wrong one meets the message meant for it."""

import numpy as np
import pytest
import torch

from cnnviz import check
from cnnviz.check.chapters import why_convolution

STUBS = [..., None, lambda *arguments: ..., lambda *arguments: None]


@pytest.mark.parametrize("name", why_convolution.__all__)
@pytest.mark.parametrize("stub", STUBS[:2])
def test_a_stub_is_unanswered(name, stub):
    assert getattr(check, name)(stub).status == "unanswered"


@pytest.mark.parametrize("name", ["conv_parameters", "conv_multiplications", "equivariance_error"])
@pytest.mark.parametrize("stub", STUBS[2:])
def test_a_stub_function_is_unanswered(name, stub):
    assert getattr(check, name)(stub).status == "unanswered"


@pytest.mark.parametrize("name", why_convolution.__all__)
@pytest.mark.parametrize(
    "nonsense", ["many", [[1, 2], [3]], object(), {}, float("nan"), lambda: 1 / 0, [[None] * 3] * 3]
)
def test_nonsense_fails_and_never_raises(name, nonsense):
    assert getattr(check, name)(nonsense).status in ("failed", "unanswered")
    assert not getattr(check, name)(nonsense)


# --- counting -------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [1_228_900, 1_228_900.0, np.int64(1_228_900)])
def test_dense_parameters_right(answer):
    assert check.dense_parameters(answer)


def test_dense_parameters_agree_with_torch():
    layer = torch.nn.Linear(64 * 64 * 3, 100)
    assert check.dense_parameters(sum(p.numel() for p in layer.parameters()))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (12288 * 100, "forgot the biases"),
        (4097 * 100, "forgot the channels."),
        (4096 * 100, "the channels, and the biases"),
        (12288 * 100 + 1, "one bias for the whole layer"),
        (12288 * 100 + 12288, "a bias for each input"),
        (12288, "number of inputs"),
        (7, "is 7, and that is not it"),
    ],
)
def test_dense_parameters_wrong(answer, message):
    feedback = check.dense_parameters(answer)
    assert not feedback
    assert message in feedback.message
    assert feedback.hint


def conv_by_torch(image_shape, kernels, kernel_size):
    layer = torch.nn.Conv2d(image_shape[0], kernels, kernel_size)
    return sum(p.numel() for p in layer.parameters())


def conv_by_loops(image_shape, kernels, kernel_size):
    total = 0
    for _ in range(kernels):
        for _ in range(image_shape[0]):
            total += kernel_size[0] * kernel_size[1]
        total += 1
    return total


@pytest.mark.parametrize("answer", [conv_by_torch, conv_by_loops])
def test_conv_parameters_right(answer):
    assert check.conv_parameters(answer)


def places(shape, size):
    return (shape[1] - size[0] + 1) * (shape[2] - size[1] + 1)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda s, n, k: n * s[0] * k[0] * k[1], "forgot the bias"),
        (lambda s, n, k: n * (k[0] * k[1] + 1), "forgot the channels"),
        (lambda s, n, k: s[0] * k[0] * k[1] + 1, "one kernel only"),
        (lambda s, n, k: n * s[0] * (k[0] * k[1] + 1), "a bias for each channel"),
        (lambda s, n, k: n * s[0] * k[0] * k[1] + 1, "one bias for the whole layer"),
        (lambda s, n, k: n * (s[0] * k[0] * k[1] + places(s, k)), "a bias for each output"),
        (lambda s, n, k: n * (s[0] * k[0] * k[1] + 1) * places(s, k), "not shared"),
        (lambda s, n, k: n * (s[0] * k[0] ** 2 + 1), "for a square"),
        (lambda s, n, k: n * (s[0] * k[1] ** 2 + 1), "for a square"),
        (lambda s, n, k: 78, "is 78, and should be 63"),
        (lambda s: 78, "does not take these arguments"),
    ],
)
def test_conv_parameters_wrong(answer, message):
    feedback = check.conv_parameters(answer)
    assert not feedback
    assert message in feedback.message
    assert feedback.hint


def multiplications_by_loops(image_shape, kernels, kernel_size):
    channels, height, width = image_shape
    total = 0
    for top in range(height):
        for left in range(width):
            if top + kernel_size[0] <= height and left + kernel_size[1] <= width:
                total += kernels * channels * kernel_size[0] * kernel_size[1]
    return total


def multiplications_by_torch(image_shape, kernels, kernel_size):
    layer = torch.nn.Conv2d(image_shape[0], kernels, kernel_size)
    return layer(torch.zeros(image_shape)).numel() * layer.weight[0].numel()


@pytest.mark.parametrize("answer", [multiplications_by_loops, multiplications_by_torch])
def test_conv_multiplications_right(answer):
    assert check.conv_multiplications(answer)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda s, n, k: n * s[0] * k[0] * k[1] * s[1] * s[2], "stand on every pixel"),
        (
            lambda s, n, k: n * s[0] * k[0] * k[1] * (s[1] - k[0]) * (s[2] - k[1]),
            "off by one",
        ),
        (lambda s, n, k: n * k[0] * k[1] * places(s, k), "forgot the channels"),
        (lambda s, n, k: s[0] * k[0] * k[1] * places(s, k), "one kernel only"),
        (lambda s, n, k: n * s[0] * k[0] * k[1], "counted the weights"),
        (lambda s, n, k: n * places(s, k), "counted the outputs"),
        (lambda s, n, k: n * (s[0] * k[0] * k[1] + 1) * places(s, k), "bias as a multiplication"),
        (lambda s, n, k: n * s[0] * k[0] * k[1] * places(s, k[::-1]), "mixed up"),
    ],
)
def test_conv_multiplications_wrong(answer, message):
    feedback = check.conv_multiplications(answer)
    assert not feedback
    assert message in feedback.message
    assert feedback.hint


# --- detecting ------------------------------------------------------------------------------------

RISING = np.eye(3)[::-1]


@pytest.mark.parametrize(
    "kernel",
    [
        3 * RISING - 1,
        [[-1, -1, 2], [-1, 2, -1], [2, -1, -1]],
        [[-1, 0, 1], [0, 0, 0], [1, 0, -1]],
        [[0, -1, 1], [-1, 2, -1], [1, -1, 0]],  # twice as strong, and no more
        torch.tensor(3 * RISING - 1, dtype=torch.float32, requires_grad=True),
        0.001 * (3 * RISING - 1),
    ],
)
def test_diagonal_detector_right(kernel):
    assert check.diagonal_detector(kernel)


@pytest.mark.parametrize(
    ("kernel", "message"),
    [
        (RISING, "answers 3 to a patch of ones only"),
        (RISING - 1, "answers −6 to a patch of ones only"),
        (1 - 3 * RISING, "answers −6 to its own bar; it should answer more than 0"),
        (3 * np.eye(3) - 1, "detects the falling bar: it answers 6 to that, and 0"),
        ([[-1, 2, -1]] * 3, "detects the vertical bar"),
        (np.array([[-1, 2, -1]] * 3).T, "detects the horizontal bar"),
        (np.zeros((3, 3)), "0 everywhere"),
        ([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], "cannot tell well: it answers 6"),
        ([[0, 1, 0], [0, -1, 0], [0, 0, 0]], "answers −1 to its own bar"),
        ([[-1, 1, 2], [1, -6, 1], [2, 1, -1]], "answers −2 to its own bar"),
        ([[0, 0, 0], [1, 0, -1], [0, 0, 0]], "cannot tell well: it answers 0"),
        (3 * np.eye(5)[::-1] - 1, "shape (5, 5)"),
        (np.full((3, 3), np.nan), "no finite real number"),
        ("rising", "should be a number"),
    ],
)
def test_diagonal_detector_wrong(kernel, message):
    feedback = check.diagonal_detector(kernel)
    assert feedback.status == "failed"
    assert message in feedback.message


# --- shifting -------------------------------------------------------------------------------------


def shift_right(image, columns):
    shifted = np.zeros_like(image)
    shifted[:, columns:] = image[:, : image.shape[1] - columns]
    return shifted


def error_by_slices(layer, image, shift, stride):
    steps = shift // stride
    before, after = layer(image), layer(shift_right(image, shift))
    return np.abs(after[:, steps:] - before[:, :-steps]).max()


def error_by_loops(layer, image, shift, stride):
    before, after = layer(image), layer(np.roll(image, shift, axis=1))
    return max(
        abs(after[row, column] - before[row, column - shift // stride])
        for row in range(after.shape[0])
        for column in range(shift // stride, after.shape[1])
    )


@pytest.mark.parametrize("answer", [error_by_slices, error_by_loops])
def test_equivariance_error_right(answer):
    assert check.equivariance_error(answer)


def unmoved(layer, image, shift, stride):
    return np.abs(layer(shift_right(image, shift)) - layer(image)).max()


def moved_by_pixels(layer, image, shift, stride):
    before, after = layer(image), layer(shift_right(image, shift))
    return np.abs(after[:, shift:] - before[:, :-shift]).max()


def whole_map(layer, image, shift, stride):
    moved = shift_right(layer(image), shift // stride)
    return np.abs(layer(shift_right(image, shift)) - moved).max()


def wrong_way(layer, image, shift, stride):
    steps = shift // stride
    left = np.zeros_like(image)
    left[:, :-shift] = image[:, shift:]
    return np.abs(layer(left)[:, steps:] - layer(image)[:, :-steps]).max()


def signed(layer, image, shift, stride):
    steps = shift // stride
    return (layer(shift_right(image, shift))[:, steps:] - layer(image)[:, :-steps]).max()


def mean(layer, image, shift, stride):
    steps = shift // stride
    return np.abs(layer(shift_right(image, shift))[:, steps:] - layer(image)[:, :-steps]).mean()


def always_zero(layer, image, shift, stride):
    return 0.0


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (unmoved, "without moving one"),
        (moved_by_pixels, "as far as the picture"),
        (whole_map, "came in at the left"),
        (wrong_way, "one way and the map the other"),
        (signed, "forgot the absolute value"),
        (mean, "took the mean"),
        (always_zero, "is 0, and should be"),
    ],
)
def test_equivariance_error_wrong(answer, message):
    feedback = check.equivariance_error(answer)
    assert not feedback
    assert message in feedback.message
    assert feedback.hint
