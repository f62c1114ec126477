"""What the tests of `cnnviz.boxes` share: boxes that are drawn, and IoU by plain loops."""

from __future__ import annotations

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

EIGHTH = st.integers(-40, 40).map(lambda n: n / 8)  # exact in float32, and often equal


def cases(count: int):
    return settings(max_examples=count, deadline=None, derandomize=True)


@st.composite
def boxes(draw, least=0, most=12, *, degenerate=True):
    """Draw boxes (N, 4); some of no area and some turned over, unless `degenerate` is False."""
    side = st.integers(-2 if degenerate else 1, 24).map(lambda n: n / 8)
    rows = draw(st.lists(st.tuples(EIGHTH, EIGHTH, side, side), min_size=least, max_size=most))
    return np.array([(x, y, x + w, y + h) for x, y, w, h in rows]).reshape(-1, 4)


def area(box):
    x1, y1, x2, y2 = box
    return max(x2 - x1, 0) * max(y2 - y1, 0)


def overlap(a, b):
    """Return intersection and union of two boxes."""
    inside = area((max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])))
    return inside, area(a) + area(b) - inside


def iou(a, b):
    inside, union = overlap(a, b)
    return inside / union if union else 0.0
