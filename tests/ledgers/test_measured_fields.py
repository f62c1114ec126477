"""The receptive fields of a ledger, measured by gradients."""

from __future__ import annotations

import random

import pytest
import torch
from random_nets import measured, network

from cnnviz import ledger


def hulls(mask: torch.Tensor) -> list[tuple[int, int]]:
    """Return first and last place along each axis."""
    places = mask.nonzero()
    return list(zip(places.amin(0).tolist(), places.amax(0).tolist(), strict=True))


@pytest.mark.parametrize("seed", range(200))
def test_the_field_of_an_inner_unit_is_the_support_of_its_gradient(seed: int) -> None:
    axes = 1 + seed % 2
    size = (61, 57)[:axes]
    net = network(seed, axes)
    book = ledger(net, (2, *size))
    spans = book._sights[-1].spans
    assert spans is not None
    out = book._nodes[-1].size
    # Where a transposed layer leaves holes along one axis, a branch may see nothing at all there,
    # and so doesn't count along the other axis either: axis by axis, that is a bound.
    holes = any(None in s.intervals for sight in book._sights for s in sight.spans or ())
    rng = random.Random(seed)
    inner = 0
    for _ in range(60):
        unit = tuple(rng.randrange(n) for n in out)
        seen = [s.at(y) for s, y in zip(spans, unit, strict=True)]
        if any(
            span is None or span[0] < 0 or span[1] >= n for span, n in zip(seen, size, strict=True)
        ):
            continue
        inner += 1
        found = hulls(measured(net, size, unit))
        if holes and axes == 2:
            assert all(a >= c and b <= d for (a, b), (c, d) in zip(found, seen, strict=True))
        else:
            assert found == seen
        if inner == 2:
            break
