"""The checks of chapter 8: right answers pass, and each mistake gets the message meant for it."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.lib.stride_tricks import sliding_window_view

from cnnviz import check, kernels, ops

# --------------------------------------------------------------------------------------
# By hand


@pytest.mark.parametrize("answer", [[[6, 7], [8, 8]], torch.tensor([[6.0, 7], [8, 8]])])
def test_max_pool_by_hand_right(answer):
    assert check.max_pool_by_hand(answer).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([[4, 5], [6, 8]], "window is 2×2"),
        ([[6, 6, 7], [8, 8, 8], [8, 8, 8]], "forgot the stride"),
        (6, "stride is the window's size"),
        ([[6]], "stride is the window's size"),
        ([[6, 7], [8, 2]], "rounded up"),
        ([[4, 5, 2], [6, 8, 7], [3, 2, 0]], "rounded up"),
        ([[6, 7, 7], [8, 8, 7], [3, 2, 0]], "rounded up"),
        (np.array([[13, 14], [18, 16]]) / 9, "means"),
        ([[6, 8], [7, 8]], "swapped"),
        ([6, 7, 8, 8], "stand in one row"),
        ([[6, 7], [8, 7]], "wrong in one place"),
        ("6 7 8 8", "text"),
    ],
)
def test_max_pool_by_hand_wrong(answer, message):
    feedback = check.max_pool_by_hand(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Forwards


def with_windows(x, k, s):
    return sliding_window_view(x, (k, k))[::s, ::s].max(axis=(2, 3))


def with_loops(x, k, s):
    rows, columns = ((n - k) // s + 1 for n in x.shape)
    y = np.empty((rows, columns), x.dtype)
    for r in range(rows):
        for c in range(columns):
            y[r, c] = x[r * s : r * s + k, c * s : c * s + k].max()
    return y


def with_slices(x, k, s):
    rows, columns = ((n - k) // s + 1 for n in x.shape)
    y = np.full((rows, columns), -np.inf)
    for i, j in np.ndindex(k, k):
        y = np.maximum(y, x[i::s, j::s][:rows, :columns])
    return y


@pytest.mark.parametrize("answer", [with_windows, with_loops, with_slices])
def test_max_pool_right(answer):
    assert check.max_pool(answer).status == "passed"


def pool(x, k, s, summary):
    return ops.pool(x, k, s)


@pytest.mark.parametrize(
    "answer",
    [
        lambda x, k, s: F.max_pool2d(torch.tensor(x)[None].double(), k, s)[0],
        lambda x, k, s: ops.pool(x, k, s),
        lambda x, k, s: pool(x, k, s, np.max),
    ],
)
def test_max_pool_by_a_pooling_function(answer):
    feedback = check.max_pool(answer)
    assert feedback.status == "failed"
    assert "call a function that pools" in feedback.message


def test_small_cases_are_printed_whole():
    feedback = check.max_pool(lambda x, k, s: with_windows(x, k, 1))
    assert "[[3, 1, 4, 1], [5, 9, 2, 6], [5, 3, 5, 8]]" in feedback.case
    feedback = check.max_pool_backward(overwritten_ties)
    assert "[[1, 4, 2, 2], [0, 4, 0, 2], [7, 7, 7, 7]]" in feedback.case


def rounded_up(x, k, s):
    return F.max_pool2d(torch.tensor(x)[None].double(), k, s, ceil_mode=True)[0]


def started_from_zero(x, k, s):
    y = with_loops(x, k, s)
    y[y < 0] = 0
    return y


def largest_magnitude(x, k, s):
    y = with_loops(x, k, s)
    low = -with_loops(-x, k, s)
    return np.where(-low > y, low, y)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda x, k, s: sliding_window_view(x, (k, k))[::s, ::s].mean(axis=(2, 3)), "means"),
        (lambda x, k, s: with_windows(x, k, 1), "forgot the stride"),
        (lambda x, k, s: with_windows(x, k, k), "stride is the window's size"),
        (started_from_zero, "never below 0"),
        (lambda x, k, s: sliding_window_view(x, (k, k))[::s, ::s].min(axis=(2, 3)), "minima"),
        (lambda x, k, s: sliding_window_view(x, (k, k))[::s, ::s].sum(axis=(2, 3)), "sums"),
        (largest_magnitude, "largest magnitude"),
        (lambda x, k, s: with_windows(x, k, s)[:-1], "bottom edge"),
        (lambda x, k, s: with_windows(x, k, s)[:, :-1], "right edge"),
        (lambda x, k, s: with_windows(x, k, s)[:-1, :-1], "last row and the last column"),
        (lambda x, k, s: with_windows(x, k, s).T, "height and width are swapped"),
        (lambda x, k, s: with_windows(x.T, k, s), "height and width are swapped"),
        (lambda x, k, s: x.max(), "should be of shape"),
        (lambda x, k: with_windows(x, k, k), "does not take these arguments"),
        (with_windows(np.eye(4), 2, 2), "Hand in the function itself"),
    ],
)
def test_max_pool_wrong(answer, message):
    feedback = check.max_pool(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


def every_start(x, k, s):
    """Keep what is left of a window that hangs over the edge."""
    rows, columns = (range(0, n, s) for n in x.shape)
    return [[x[r : r + k, c : c + k].max() for c in columns] for r in rows]


@pytest.mark.parametrize("answer", [rounded_up, every_start])
def test_max_pool_rounded_up(answer):
    assert "rounded up" in check.max_pool(answer).message


# --------------------------------------------------------------------------------------
# What pooling saves


@pytest.mark.parametrize("answer", [(4640, 903_168, 62_730), np.array([4640.0, 903168, 62730])])
def test_pooled_cost_right(answer):
    assert check.pooled_cost(answer).status == "passed"


def test_pooled_cost_is_what_torch_counts():
    net = torch.nn.Sequential(
        torch.nn.MaxPool2d(2), torch.nn.Conv2d(16, 32, 3, padding=1), torch.nn.Flatten()
    )
    outputs = net(torch.zeros(1, 16, 28, 28))
    counts = [sum(p.numel() for p in layer.parameters()) for layer in net]
    linear = torch.nn.Linear(outputs.numel(), 10)
    work = net[1].weight[0].numel() * outputs.numel()
    answer = (counts[1], work, sum(p.numel() for p in linear.parameters()))
    assert check.pooled_cost(answer).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((4608, 903_168, 62_730), "convolution's parameters: you forgot the bias"),
        ((320, 903_168, 62_730), "kernels read one channel"),
        ((288, 903_168, 62_730), "kernels read one channel"),
        ((1160, 903_168, 62_730), "divide the convolution's parameters by 4"),
        ((4640, 3_612_672, 250_890), "without the pooling"),
        ((4640, 56_448, 62_730), "kernels read one channel"),
        ((4640, 663_552, 46_090), "shrinks the map"),
        ((4640, 4608, 62_730), "at one place"),
        ((4640, 909_440, 62_730), "biases as multiplications"),
        ((4640, 903_168, 62_720), "fully connected layer's parameters: you forgot the bias"),
        ((4640, 903_168, 250_890), "reads maps of 28×28"),
        ((4640, 903_168, 46_090), "shrinks the map"),
        ((4640, 903_168, 31_370), "reads 16 maps"),
        ((4640, 903_168, 1970), "reads one map"),
        ((4640, 903_168, 330), "one number of each map"),
        ((4640, 7, 62_730), "The multiplications: 7 is not it"),
        ((4640.5, 7, 62_730), "The convolution's parameters: 4,640.5 is not it"),
        ((4640, 903_168), "should be of shape"),
        (4640, "should be of shape"),
    ],
)
def test_pooled_cost_wrong(answer, message):
    feedback = check.pooled_cost(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Backwards


def by_argmax(grad, x, k, s):
    dx = np.zeros(x.shape)
    for r, c in np.ndindex(grad.shape):
        i, j = np.unravel_index(x[r * s : r * s + k, c * s : c * s + k].argmax(), (k, k))
        dx[r * s + i, c * s + j] += grad[r, c]
    return dx


def by_autograd(grad, x, k, s):
    x = torch.tensor(x, dtype=torch.float64)[None].requires_grad_()
    F.max_pool2d(x, k, s).backward(torch.tensor(grad, dtype=torch.float64)[None])
    return x.grad[0]


@pytest.mark.parametrize("answer", [by_argmax, by_autograd])
def test_max_pool_backward_right(answer):
    assert check.max_pool_backward(answer).status == "passed"


def backwards(share):
    """Add ``share(window, gradient)`` to each window of dx."""

    def function(grad, x, k, s):
        dx = np.zeros(x.shape)
        for r, c in np.ndindex(grad.shape):
            window = (slice(r * s, r * s + k), slice(c * s, c * s + k))
            dx[window] += share(x[window], grad[r, c])
        return dx

    return function


def overwritten(grad, x, k, s):
    dx = np.zeros(x.shape)
    for r, c in np.ndindex(grad.shape):
        i, j = np.unravel_index(x[r * s : r * s + k, c * s : c * s + k].argmax(), (k, k))
        dx[r * s + i, c * s + j] = grad[r, c]
    return dx


def in_the_corner(grad, x, k, s):
    dx = np.zeros(x.shape)
    for r, c in np.ndindex(grad.shape):
        i, j = np.unravel_index(x[r * s : r * s + k, c * s : c * s + k].argmax(), (k, k))
        dx[i, j] += grad[r, c]
    return dx


def last_winner(grad, x, k, s):
    dx = np.zeros(x.shape)
    for r, c in np.ndindex(grad.shape):
        window = x[r * s : r * s + k, c * s : c * s + k]
        i, j = np.argwhere(window == window.max())[-1]
        dx[r * s + i, c * s + j] += grad[r, c]
    return dx


def overwritten_ties(grad, x, k, s):
    dx = np.zeros(x.shape)
    for r, c in np.ndindex(grad.shape):
        window = x[r * s : r * s + k, c * s : c * s + k]
        dx[r * s : r * s + k, c * s : c * s + k] = (window == window.max()) * grad[r, c]
    return dx


def masked_ties(grad, x, k, s):
    dx = np.zeros(x.shape)
    for r, c in np.ndindex(grad.shape):
        window = x[r * s : r * s + k, c * s : c * s + k]
        dx[r * s : r * s + k, c * s : c * s + k][window == window.max()] = grad[r, c]
    return dx


def last_overwritten(grad, x, k, s):
    dx = np.zeros(x.shape)
    for r, c in np.ndindex(grad.shape):
        window = x[r * s : r * s + k, c * s : c * s + k]
        i, j = np.argwhere(window == window.max())[-1]
        dx[r * s + i, c * s + j] = grad[r, c]
    return dx


def wiped(grad, x, k, s):
    dx = np.zeros(x.shape)
    for r, c in np.ndindex(grad.shape):
        share = np.zeros((k, k))
        window = x[r * s : r * s + k, c * s : c * s + k]
        share[np.unravel_index(window.argmax(), (k, k))] = grad[r, c]
        dx[r * s : r * s + k, c * s : c * s + k] = share
    return dx


def stride_forgotten_at_the_end(grad, x, k, s):
    dx = np.zeros(x.shape)
    for r, c in np.ndindex(grad.shape):
        i, j = np.unravel_index(x[r * s : r * s + k, c * s : c * s + k].argmax(), (k, k))
        dx[r + i, c + j] += grad[r, c]
    return dx


def swapped_inside(grad, x, k, s):
    dx = np.zeros(x.shape)
    for r, c in np.ndindex(grad.shape):
        j, i = np.unravel_index(x[r * s : r * s + k, c * s : c * s + k].argmax(), (k, k))
        dx[r * s + i, c * s + j] += grad[r, c]
    return dx


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (overwritten, "keeps only the last gradient"),
        (overwritten_ties, "give each the gradient, and where windows overlap, you overwrite"),
        (masked_ties, "give each the gradient, and where windows overlap, you overwrite"),
        (last_overwritten, "choose the last, and where windows overlap, you overwrite"),
        (wiped, "wipes out"),
        (stride_forgotten_at_the_end, "as if windows were one pixel apart"),
        (lambda grad, x, k, s: by_argmax(grad, x, k, 1), "as if windows were one pixel apart"),
        (swapped_inside, "swapped the winner's row and column"),
        (backwards(lambda w, g: g), "Every pixel of a window gets the whole gradient"),
        (lambda grad, x, k, s: by_argmax(np.ones_like(grad), x, k, s), "hand back 1"),
        (backwards(lambda w, g: g * (w == w.max())), "give each the whole gradient"),
        (backwards(lambda w, g: g * (w == w.max()) / (w == w.max()).sum()), "split the gradient"),
        (last_winner, "choose the last"),
        (backwards(lambda w, g: g / w.size), "as average pooling does"),
        (in_the_corner, "top left corner"),
        (lambda grad, x, k, s: by_argmax(with_loops(x, k, s), x, k, s), "maximum itself"),
        (lambda grad, x, k, s: by_argmax(grad * with_loops(x, k, s), x, k, s), "by the maximum"),
        (lambda grad, x, k, s: grad, "should be of shape"),
        (lambda grad, x, k, s: by_argmax(grad, x, k, s).T, "swapped"),
        (lambda grad, x, k, s: -by_argmax(grad, x, k, s), "wrong in"),
    ],
)
def test_max_pool_backward_wrong(answer, message):
    feedback = check.max_pool_backward(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Max pooling without aliases

WEIGHTS = np.outer([1, 2, 1], [1, 2, 1]) / 16


def blurred(x, weights=WEIGHTS):
    windows = sliding_window_view(x, weights.shape)
    return (windows * weights).sum(axis=(2, 3))


def by_two_steps(x):
    return blurred(with_windows(x, 2, 1))[::2, ::2]


def by_torch(x):
    highest = F.max_pool2d(torch.tensor(x, dtype=torch.float64)[None, None], 2, 1)
    return F.conv2d(highest, torch.tensor(WEIGHTS)[None, None], stride=2)[0, 0]


@pytest.mark.parametrize("answer", [by_two_steps, by_torch])
def test_max_blur_pool_right(answer):
    assert check.max_blur_pool(answer).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda x: with_windows(x, 2, 2), "ordinary max pooling"),
        (lambda x: blurred(with_windows(x, 2, 2)), "blur after you subsample"),
        (lambda x: blurred(np.pad(with_windows(x, 2, 2), 1)), "blur after you subsample"),
        (lambda x: blurred(with_windows(x, 2, 2))[::2, ::2], "halve twice"),
        (lambda x: with_windows(blurred(x), 2, 2), "before you take the maxima"),
        (lambda x: blurred(with_windows(x, 2, 1)), "forgot to subsample"),
        (lambda x: 16 * by_two_steps(x), "brightness"),
        (lambda x: blurred(with_windows(x, 2, 1))[1::2, 1::2], "odd rows and columns"),
        (lambda x: 16 / 9 * by_two_steps(x), "brightness"),
        (lambda x: 4 * by_torch(x), "brightness"),
        (lambda x: 0 * by_two_steps(x), "brightness"),
        (lambda x: blurred(with_windows(x, 2, 1), kernels.gaussian(3))[::2, ::2], "a Gaussian"),
        (lambda x: blurred(x)[::2, ::2], "left out the maxima"),
        (lambda x: blurred(blurred(x, np.full((2, 2), 1 / 4)))[::2, ::2], "no maximum"),
        (lambda x: with_windows(x, 2, 1), "left out the blur"),
        (lambda x: blurred(with_windows(x, 3, 1))[::2, ::2], "over 3×3"),
        (lambda x: blurred(with_windows(x, 2, 1), np.full((3, 3), 1 / 9))[::2, ::2], "plain mean"),
        (lambda x: blurred(np.pad(with_windows(x, 2, 1), 1))[::2, ::2], "padded"),
        (lambda x: blurred(with_windows(x, 2, 1), WEIGHTS[1:2] * 2)[::2, ::2], "one axis"),
        (lambda x: blurred(with_windows(x, 2, 1), WEIGHTS[:, 1:2] * 2)[::2, ::2], "one axis"),
        (lambda x: by_two_steps(x).T, "swapped"),
    ],
)
def test_max_blur_pool_wrong(answer, message):
    feedback = check.max_blur_pool(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Stubs

NAMES = ["max_pool_by_hand", "pooled_cost", "max_pool", "max_pool_backward", "max_blur_pool"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stub", [..., None])
def test_unanswered(name, stub):
    assert getattr(check, name)(stub).status == "unanswered"


@pytest.mark.parametrize("name", NAMES[2:])
def test_a_function_that_returns_nothing_is_unanswered(name):
    assert getattr(check, name)(lambda *arguments: None).status == "unanswered"
