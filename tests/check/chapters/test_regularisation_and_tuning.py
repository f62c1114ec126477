"""The checks of chapter 13: right answers pass, and each mistake gets the message meant for it."""

import numpy as np
import pytest
import torch

from cnnviz import check, ops

# --------------------------------------------------------------------------------------
# Dropout by hand


def test_dropped_is_what_ops_gives():
    answer = ops.dropout([3, 6, 9, 12], [True, False, True, True], rate=0.25)
    assert check.dropped(answer).status == "passed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([3, 0, 9, 12], "forgot the division"),
        ([12, 0, 36, 48], "divided by p"),
        ([2.25, 0, 6.75, 9], "multiplied by 1 − p"),
        ([0, 8, 0, 0], "dropped the three"),
        ([4, 8, 12, 16], "dropped nothing"),
        ([4, 0, 12], "should be of shape (4,)"),
    ],
)
def test_dropped_wrong(answer, message):
    feedback = check.dropped(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Early stopping


def with_a_counter(losses, patience):
    best, kept, waited, trained = float("inf"), 0, 0, 0
    for loss in losses:
        trained += 1
        if loss < best:
            best, kept, waited = loss, trained, 0
        else:
            waited += 1
            if waited == patience:
                break
    return trained, kept


def test_best_epoch_right():
    assert check.best_epoch(with_a_counter).status == "passed"


def with_ties(losses, patience):
    best, kept, trained = float("inf"), 0, 0
    for loss in losses:
        trained += 1
        if loss <= best:
            best, kept = loss, trained
        if trained - kept == patience:
            break
    return trained, kept


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda seen, p: with_a_counter(seen, p)[::-1], "swapped"),
        (lambda seen, p: with_a_counter(seen, p + 1), "too late"),
        (lambda seen, p: (len(seen), 1 + seen.index(min(seen))), "never stop"),
        (lambda seen, p: tuple(n - 1 for n in with_a_counter(seen, p)), "count from 0"),
        (lambda seen, p: (with_a_counter(seen, p)[0],) * 2, "best epoch is the last"),
        (with_ties, "equal loss"),
        (lambda seen, p: with_a_counter(seen, p)[0], "is one number"),
    ],
)
def test_best_epoch_wrong(answer, message):
    feedback = check.best_epoch(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# The max-norm constraint


def with_torch(weight, largest):
    return torch.renorm(torch.tensor(weight), 2, 0, largest)


def by_kernel(weight, largest):
    out = weight.copy()
    for kernel in out:
        if np.linalg.norm(kernel) > largest:
            kernel *= largest / np.linalg.norm(kernel)
    return out


@pytest.mark.parametrize("answer", [with_torch, by_kernel])
def test_max_norm_right(answer):
    assert check.max_norm(answer).status == "passed"


def stretched(weight, largest):
    lengths = np.sqrt((weight**2).sum((1, 2, 3), keepdims=True))
    return np.divide(weight * largest, lengths, where=lengths > 0, out=np.zeros_like(weight))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (stretched, "stretch short kernels"),
        (lambda w, m: w * min(1, m / np.linalg.norm(w)), "all kernels together"),
        (lambda w, m: np.clip(w, -m, m), "clip single weights"),
        (lambda w, m: by_kernel(w.reshape(-1, 1), m).reshape(w.shape), "clip single weights"),
        (
            lambda w, m: by_kernel(w.reshape(-1, *w.shape[2:]), m).reshape(w.shape),
            "each channel by itself",
        ),
        (lambda w, m: w, "is wrong in 2 places of 8"),
    ],
)
def test_max_norm_wrong(answer, message):
    feedback = check.max_norm(answer)
    assert feedback.status == "failed"
    assert message in feedback.message


# --------------------------------------------------------------------------------------
# Stubs


@pytest.mark.parametrize("name", ["dropped", "best_epoch", "max_norm"])
@pytest.mark.parametrize("stub", [..., None])
def test_unanswered(name, stub):
    assert getattr(check, name)(stub).status == "unanswered"


@pytest.mark.parametrize("name", ["best_epoch", "max_norm"])
def test_a_function_that_returns_nothing_is_unanswered(name):
    assert getattr(check, name)(lambda *arguments: None).status == "unanswered"
