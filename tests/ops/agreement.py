"""What the tests of `cnnviz.ops` share: how many cases they draw, and when two arrays agree."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import settings


def cases(count: int):
    return settings(max_examples=count, deadline=None, derandomize=True)


def assert_close(ours, theirs, tolerance=1e-12):
    """Compare in the largest norm, relative to the largest true value.

    A result that is nearly 0 everywhere by cancellation counts as 0.001: the data are about 1.
    """
    theirs = theirs.detach().numpy() if isinstance(theirs, torch.Tensor) else np.asarray(theirs)
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    assert np.abs(ours - theirs).max() <= tolerance * max(np.abs(theirs).max(), 1e-3)
