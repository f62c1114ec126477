"""`cnnviz.ops.cross_entropy` against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from agreement import assert_close

from cnnviz import ops


def test_cross_entropy_against_torch():
    rng = np.random.default_rng(11)
    for logits in (rng.standard_normal((6, 4)), rng.standard_normal(4)):
        target = rng.integers(0, 4, logits.shape[:-1])
        leaf = torch.tensor(logits, requires_grad=True)
        loss = F.cross_entropy(leaf, torch.tensor(target))
        assert ops.cross_entropy(logits, target) == pytest.approx(loss.item(), rel=1e-12)
        (dtheirs,) = torch.autograd.grad(loss, leaf)
        assert_close(ops.cross_entropy_backward(logits, target), dtheirs)


X, W = np.ones((2, 4, 6, 6)), np.ones((4, 4, 3, 3))
BAD = [  # what is called, the error, and what its message must say
    (lambda: ops.cross_entropy(X, 0), ValueError, r"logits must be \(classes,\) or"),
    (lambda: ops.cross_entropy([1.0, 2.0], 2), ValueError, "target must .* 0 to 1, got 2"),
    (lambda: ops.cross_entropy([1.0, 2.0], 0.0), TypeError, "target must hold whole numbers"),
    (lambda: ops.cross_entropy([1.0, 2.0], [0]), ValueError, r"target must have shape \(\)"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_truth_values_are_no_classes():
    for target in (True, np.array([True, False]), torch.tensor([True, False])):
        logits = [1.0, 2.0] if np.ndim(target) == 0 else [[1.0, 2.0], [3.0, 4.0]]
        for function in (ops.cross_entropy, ops.cross_entropy_backward):
            with pytest.raises(TypeError, match="target must hold whole numbers, got dtype bool"):
                function(logits, target)


def test_classes_of_any_whole_kind():
    logits = np.random.default_rng(12).standard_normal((3, 4))
    expected = ops.cross_entropy(logits, [0, 3, 1])
    for target in (np.array([0, 3, 1], np.uint8), torch.tensor([0, 3, 1]), (0, 3, 1)):
        assert ops.cross_entropy(logits, target) == expected
        assert ops.cross_entropy_backward(torch.tensor(logits), target).shape == (3, 4)


def test_huge_scores_have_a_mean():
    logits = np.array([[1e308, 0.0]] * 4)
    assert ops.cross_entropy(logits, [1, 1, 1, 1]) == pytest.approx(1e308)
    assert ops.cross_entropy(np.full((4, 2), 3e38, np.float32), [0] * 4) == pytest.approx(np.log(2))
