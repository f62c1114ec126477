"""What of an answer can be read: tensors of all kinds, and no holes."""

import numpy as np
import pytest
import torch

from cnnviz.check._functions import compare_function
from cnnviz.check._reading import Unreadable, as_numbers
from cnnviz.check._values import compare, judge

GRID = torch.arange(6.0).reshape(2, 3)
HOLES = np.ma.masked_equal([[0, 1, 2], [3, -9999, 5]], -9999)


@pytest.mark.parametrize(
    "tensor",
    [
        GRID.to(torch.bfloat16),
        GRID.to_sparse(),
        GRID.clone().requires_grad_(),
        list(GRID.clone().requires_grad_()),
        np.ma.masked_array(GRID.numpy()),
    ],
    ids=["bfloat16", "sparse", "with gradients", "in a list", "an empty mask"],
)
def test_whatever_holds_numbers_is_read(tensor):
    assert np.array_equal(as_numbers(tensor), GRID.numpy())
    assert compare(tensor, GRID.numpy())


@pytest.mark.parametrize("answer", [HOLES, [HOLES[0], HOLES[1]]], ids=["alone", "in a list"])
def test_masked_answers_are_not_read_through_their_masks(answer):
    words = "can't be read: it must hold a number everywhere, got 1 masked element: fill it first"
    right = HOLES.data
    feedback = compare(answer, right, hint="h")
    assert (feedback.status, feedback.hint) == ("failed", "h")
    assert feedback.message.startswith(f"Your answer {words}")
    assert judge(answer, lambda numbers: None).message.startswith(f"Your answer {words}")
    called = compare_function(lambda n: answer, lambda n: right, [3])
    assert called.message.startswith(f"your function(3) {words}")


def test_tensors_without_numbers_are_named_and_not_raised():
    with pytest.raises(Unreadable, match="can't be read: it must"):
        as_numbers(torch.empty(2, device="meta"))
    assert compare(torch.empty(2, device="meta"), 3).status == "failed"
