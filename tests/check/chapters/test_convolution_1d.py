"""The checks of chapter 2: right answers pass, wrong ones hear what is wrong with them."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.lib.stride_tricks import sliding_window_view

from cnnviz import check

CHECKS = ["correlate1d", "smooth", "toeplitz", "fft_convolve"]


def looped(x, w):
    return [sum(w[i] * x[j + i] for i in range(len(w))) for j in range(len(x) - len(w) + 1)]


def by_torch(x, w):
    x, w = (torch.tensor(a, dtype=torch.float64)[None, None] for a in (x, w))
    return F.conv1d(x, w)[0, 0]


def smooth_by_counting(x, k):
    ones = np.ones(k)
    return np.convolve(x, ones, "same") / np.convolve(np.ones_like(x), ones, "same")


def smooth_by_slices(x, k):
    r = (k - 1) // 2
    return [x[max(0, j - r) : j + r + 1].mean() for j in range(len(x))]


def toeplitz_by_eye(w, n):
    return sum(weight * np.eye(n - len(w) + 1, n, i) for i, weight in enumerate(w))


def toeplitz_by_rows(w, n):
    rows = n - len(w) + 1
    matrix = np.zeros((rows, n))
    for j in range(rows):
        matrix[j, j : j + len(w)] = w
    return matrix


def real_fft(x, w):
    n = len(x) + len(w) - 1
    return np.fft.irfft(np.fft.rfft(x, n) * np.fft.rfft(w, n), n)


def complex_fft_power_of_two(x, w):
    n = len(x) + len(w) - 1
    size = 1 << (n - 1).bit_length()
    return np.fft.ifft(np.fft.fft(x, size) * np.fft.fft(w, size)).real[:n]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("correlate1d", looped),
        ("correlate1d", by_torch),
        ("correlate1d", lambda x, w: sliding_window_view(x, len(w)) @ w),
        ("smooth", smooth_by_counting),
        ("smooth", smooth_by_slices),
        ("toeplitz", toeplitz_by_eye),
        ("toeplitz", toeplitz_by_rows),
        ("fft_convolve", real_fft),
        ("fft_convolve", complex_fft_power_of_two),
    ],
)
def test_right_answers_pass(name, answer):
    assert getattr(check, name)(answer).status == "passed"


# Written as a learner would write them, not as the check does.


def misses_the_last(x, w):
    return [x[j : j + len(w)] @ w for j in range(len(x) - len(w))]


def misses_the_first(x, w):
    return [x[j : j + len(w)] @ w for j in range(1, len(x) - len(w) + 1)]


def hangs_over(x, w):
    padded = np.pad(x, len(w) - 1)
    return [padded[j : j + len(w)] @ w for j in range(len(x) + len(w) - 1)]


def keeps_the_size(x, w):
    spare = len(w) - 1
    return looped(np.pad(x, (spare // 2, spare - spare // 2)), w)


def never_starts_afresh(x, w):
    total, y = 0, []
    for j in range(len(x) - len(w) + 1):
        for i in range(len(w)):
            total += w[i] * x[j + i]
        y.append(total)
    return y


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda x, w: looped(x, w[::-1]), "Your kernel is flipped."),
        (misses_the_last, "right edge"),
        (misses_the_first, "left edge"),
        (hangs_over, "full correlation"),
        (keeps_the_size, "same-size correlation"),
        (lambda x, w: np.convolve(x, w), "full convolution"),
        (never_starts_afresh, "all the earlier ones"),
    ],
)
def test_correlate1d_names_the_mistake(answer, message):
    feedback = check.correlate1d(answer)
    assert feedback.status == "failed"
    assert message in feedback.message
    assert feedback.hint


def window_mean(start, stop):
    def smooth(x, k):
        r = k // 2
        return [x[max(0, j + start(r)) : j + stop(r)].mean() for j in range(len(x))]

    return smooth


def negative_start(x, k):
    r = k // 2
    with np.errstate(invalid="ignore"):
        windows = [x[j - r : j + r + 1] for j in range(len(x))]
        return [np.float64(window.sum()) / window.size for window in windows]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda x, k: np.convolve(x, np.ones(k) / k, "same"), "The ends sag"),
        (window_mean(lambda r: -2 * r, lambda r: 1), "comes late"),
        (window_mean(lambda r: 0, lambda r: 2 * r + 1), "comes early"),
        (window_mean(lambda r: -r - 1, lambda r: r), "too far to the left"),
        (window_mean(lambda r: -r + 1, lambda r: r + 2), "too far to the right"),
        (window_mean(lambda r: -r, lambda r: r), "one short"),
        (negative_start, "starts below 0"),
        (lambda x, k: np.convolve(x, np.ones(k) / k, "valid"), "shorter than the signal"),
        (
            lambda x, k: np.convolve(np.pad(x, k // 2, "edge"), np.ones(k) / k, "valid"),
            "repeated the first and the last",
        ),
        (lambda x, k: np.convolve(x, np.ones(k), "same"), "did not divide"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_smooth_names_the_mistake(answer, message):
    feedback = check.smooth(answer)
    assert feedback.status == "failed"
    assert message in feedback.message
    assert feedback.hint


def starts_in_column_one(w, n):
    matrix = np.zeros((n - len(w) + 1, n + 1))
    for j in range(len(matrix)):
        matrix[j, j + 1 : j + 1 + len(w)] = w
    return matrix[:, :n]


def wraps_round(w, n):
    first = np.concatenate([w, np.zeros(n - len(w))])
    return [np.roll(first, j) for j in range(n)]


def full_matrix(w, n):
    return sum(weight * np.eye(n + len(w) - 1, n, i - len(w) + 1) for i, weight in enumerate(w))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda w, n: toeplitz_by_rows(w, n).T, "transposed"),
        (lambda w, n: toeplitz_by_rows(w[::-1], n), "Your kernel is flipped."),
        (starts_in_column_one, "columns are off by one"),
        (lambda w, n: toeplitz_by_rows(w, n)[:-1], "last row is missing"),
        (wraps_round, "wraps round"),
        (full_matrix, "full correlation"),
        (lambda w, n: [[*w, *[0] * (n - len(w))]] * (n - len(w) + 1), "does not move"),
    ],
)
def test_toeplitz_names_the_mistake(answer, message):
    feedback = check.toeplitz(answer)
    assert feedback.status == "failed"
    assert message in feedback.message
    assert feedback.hint


def transforms_of_length(size):
    def fft_convolve(x, w):
        n = size(len(x), len(w))
        return np.fft.ifft(np.fft.fft(x, n) * np.fft.fft(w, n)).real

    return fft_convolve


def guesses_the_length(x, w):
    n = len(x) + len(w) - 1
    return np.fft.irfft(np.fft.rfft(x, n) * np.fft.rfft(w, n))


def conjugates(x, w):
    n = len(x) + len(w) - 1
    return np.fft.ifft(np.fft.fft(x, n) * np.conj(np.fft.fft(w, n))).real


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (transforms_of_length(lambda n, k: n), "a circular convolution"),
        (transforms_of_length(lambda n, k: n + k - 2), "one too short"),
        (transforms_of_length(lambda n, k: n + k), "One value too many"),
        (transforms_of_length(lambda n, k: 8 if n + k <= 9 else 16), "zeros after them"),
        (guesses_the_length, "left to guess the length"),
        (lambda x, w: real_fft(x, w[::-1]), "Your kernel is not flipped."),
        (conjugates, "complex conjugate"),
        (lambda x, w: np.convolve(x, w, "valid"), "valid part only"),
    ],
)
def test_fft_convolve_names_the_mistake(answer, message):
    feedback = check.fft_convolve(answer)
    assert feedback.status == "failed"
    assert message in feedback.message
    assert feedback.hint


def test_a_wrong_correlation_can_be_followed_by_hand():
    def odd(x, w):
        return [sum(w[i] * x[j + i] for i in range(len(w))) + j for j in range(len(x) - len(w) + 1)]

    assert check.correlate1d(odd).message == (
        "odd([2, 1, 3, 0, 4], [1, 2, 3]) is wrong in 2 places of 3, the first at [1], "
        "where it has 8 and should have 7."
    )


def test_smooth_warns_of_a_fractional_half_width():
    def halved(x, k):
        r = (k - 1) / 2
        return [x[max(0, j - r) : j + r + 1].mean() for j in range(len(x))]

    feedback = check.smooth(halved)
    assert "slice indices must be integers" in feedback.message
    assert "//, not /" in feedback.hint


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("stub", [..., None, lambda a, b: ..., lambda a, b: None])
def test_stubs_are_unanswered(name, stub):
    feedback = getattr(check, name)(stub)
    assert feedback.status == "unanswered"
    assert "ot answered yet" in repr(feedback)


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("answer", [3, "text", [1, 2], lambda: 1, lambda a, b: "text", np.sum])
def test_other_answers_fail_without_raising(name, answer):
    assert getattr(check, name)(answer).status == "failed"
