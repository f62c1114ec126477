"""scikit-image's full-size pictures."""

import sys
from pathlib import Path

import numpy as np
import pytest

from cnnviz import images
from cnnviz.images import photographs

ROOT = Path(__file__).resolve().parents[2]

BUNDLED = ["astronaut", "brick", "camera", "cat", "clock"]
BUNDLED += ["coffee", "coins", "grass", "gravel", "moon", "page", "text"]


@pytest.mark.parametrize("name", BUNDLED)
def test_full_size_pictures_need_no_network(name, monkeypatch):
    pytest.importorskip("skimage")
    monkeypatch.setattr("socket.socket.connect", None)
    monkeypatch.setattr("socket.getaddrinfo", None)
    full = getattr(images, name)()
    assert full.dtype == np.uint8
    assert full.ndim == 2 or full.shape[0] == 3
    small = getattr(images, name)(size=(20, 30))
    assert small.shape == (*full.shape[:-2], 20, 30)
    assert small.dtype == np.uint8
    assert abs(small.mean() - full.mean()) < 3


def test_resizing_smooths_first():
    pytest.importorskip("skimage")
    # Brick's fine grain would survive plain subsampling with all its contrast.
    full = images.brick()
    assert images.brick(size=32).std() < 0.9 * full[::16, ::16].std()


def test_bad_size_is_refused_before_scikit_image_is_needed():
    for size in (0, -1, (3,), (3, 0), ()):
        with pytest.raises(ValueError, match="size must be"):
            images.camera(size=size)
    for size in (2.5, "96", True, (3, None)):
        with pytest.raises(TypeError, match="size must be"):
            images.camera(size=size)


def test_missing_scikit_image_is_explained(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage", None)
    with pytest.raises(ImportError, match=r"images\.coins\(\) needs scikit-image: pip install"):
        images.coins()
    assert images.picture("camera").shape == (96, 96)


def test_each_photograph_says_what_it_is():
    for name, entry in photographs._PHOTOGRAPHS.items():
        function = getattr(images, name)
        assert function.__name__ == name
        assert function.__doc__.startswith(f"Return {entry.shows}, {entry.shape}.")
        assert function().shape == entry.shape
    assert sorted(photographs._PHOTOGRAPHS) == photographs.__all__


def test_a_size_that_memory_does_not_hold_is_refused_at_once():
    for size in (10**6, (1, 10**12)):
        with pytest.raises(ValueError, match="size asks for an array"):
            images.camera(size)
    with pytest.raises(ValueError, match="size must be less than 2⁶³"):
        images.camera(10**30)
