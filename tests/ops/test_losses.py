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
