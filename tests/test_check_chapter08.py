"""The checks of chapter 8: right answers pass, and each mistake gets the message meant for it."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.lib.stride_tricks import sliding_window_view

from cnnviz import check

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


def with_torch(x, k, s):
    return F.max_pool2d(torch.tensor(x)[None].double(), k, s)[0]


@pytest.mark.parametrize("answer", [with_windows, with_loops, with_torch])
def test_max_pool_right(answer):
    assert check.max_pool(answer).status == "passed"


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


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (overwritten, "keeps only the last gradient"),
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

NAMES = ["max_pool_by_hand", "max_pool", "max_pool_backward", "max_blur_pool"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stub", [..., None])
def test_unanswered(name, stub):
    assert getattr(check, name)(stub).status == "unanswered"


@pytest.mark.parametrize("name", NAMES[1:])
def test_a_function_that_returns_nothing_is_unanswered(name):
    assert getattr(check, name)(lambda *arguments: None).status == "unanswered"
