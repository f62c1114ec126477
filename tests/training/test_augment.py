"""Random crops and flips: a picture moved or mirrored, each one by itself, the same by the seed."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnviz.training import random_crop, random_flip


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


PICTURES = torch.rand(64, 3, 6, 5, generator=chance())


def test_a_crop_is_the_padded_picture_moved():
    cut = random_crop(PICTURES, 2, generator=chance())
    padded = F.pad(PICTURES, (2, 2, 2, 2))
    moves = set()
    for place, picture in enumerate(cut):
        found = [
            (row, column)
            for row in range(5)
            for column in range(5)
            if torch.equal(picture, padded[place, :, row : row + 6, column : column + 5])
        ]
        assert len(found) == 1, "no piece of the picture, or channels moved apart"
        moves.add(found[0])
    assert len(moves) > 15  # of 25
    assert {row for row, _ in moves} == {column for _, column in moves} == set(range(5))


def test_a_flip_mirrors_about_half_of_the_pictures():
    turned = random_flip(PICTURES, generator=chance())
    kept = [torch.equal(a, b) for a, b in zip(turned, PICTURES, strict=True)]
    mirrored = [torch.equal(a, b.flip(-1)) for a, b in zip(turned, PICTURES, strict=True)]
    assert all(a != b for a, b in zip(kept, mirrored, strict=True))
    assert 20 < sum(kept) < 44


@pytest.mark.parametrize("function", [random_crop, random_flip])
def test_the_generator_decides(function):
    one, two = (function(PICTURES, generator=chance(7)) for _ in range(2))
    assert torch.equal(one, two)
    assert not torch.equal(one, function(PICTURES, generator=chance(8)))


@pytest.mark.parametrize("function", [random_crop, random_flip])
def test_integers_stay_integers(function):
    assert function((PICTURES * 255).to(torch.uint8)).dtype == torch.uint8


@pytest.mark.parametrize("function", [random_crop, random_flip])
def test_what_is_refused(function):
    with pytest.raises(ValueError, match=r"pictures must be \(N, C, H, W\), got shape \(3, 6, 5\)"):
        function(PICTURES[0])
    with pytest.raises(TypeError, match="pictures must be a dense tensor, got a ndarray"):
        function(np.zeros((1, 1, 4, 4)))

    with pytest.raises(TypeError, match=r"generator must be a torch.Generator, got 0"):
        function(PICTURES, generator=0)


@pytest.mark.parametrize("padding", [0, 6, 10**9, 1.5])
def test_a_padding_that_will_not_do(padding):
    with pytest.raises((ValueError, TypeError), match="padding must be"):
        random_crop(PICTURES, padding)
