"""The drawn volume."""

from pathlib import Path

import numpy as np

from cnnviz import images

ROOT = Path(__file__).resolve().parents[2]


def test_the_phantom_is_what_its_words_say():
    volume = images.chest_phantom()
    assert (volume.shape, volume.dtype) == ((16, 24, 24), np.uint8)
    assert set(np.unique(volume)) == {0, 20, 100, 120, 200}
    assert (volume[:, 17, 11:13] == 200).all(), "the spine runs through every slice"
    spots = volume == 120
    in_nodule = [depth for depth in range(16) if spots[depth, :, 12:].any()]
    in_vessel = [depth for depth in range(16) if spots[depth, :, :12].any()]
    assert in_nodule == [7, 8, 9]
    assert in_vessel == list(range(16))
    solid = volume.copy()
    solid[spots] = 20
    np.testing.assert_array_equal(solid, solid[:, :, ::-1], "but for the spots, left is right")
    volume[:] = 7
    assert (images.chest_phantom() != 7).any()
