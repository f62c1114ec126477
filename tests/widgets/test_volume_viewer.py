"""The Python half of the volume viewer: torch's answers, refusals, the page's state."""

import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from elements import Element

from cnnviz import VolumeViewer, images
from cnnviz.widgets._traits import pack, unpack
from cnnviz.widgets._volume_viewer import KERNELS

RNG = np.random.default_rng(0)
CASES = [
    {},
    {"kernel": "laplacian", "padding": 1},
    {"kernel": RNG.normal(size=(1, 2, 3)), "stride": (1, 2, 3), "padding": ((1, 0), (2, 1), 0)},
    {"volume": RNG.normal(size=(5, 6, 7)), "padding": 2, "padding_mode": "reflect", "axis": 1},
    {"volume": RNG.integers(0, 2, (4, 4, 4)) > 0, "stride": 2, "axis": 2},
    {"kernel": "box", "padding": 1, "padding_mode": "replicate"},
    {"kernel": "edge_h", "padding": (0, 1, 2), "padding_mode": "circular"},
]


@pytest.mark.parametrize("case", CASES)
def test_the_output_is_torchs(case):
    viewer = VolumeViewer(**case)
    x = torch.tensor(viewer.volume.astype(np.float64))[None, None]
    p = viewer.padding
    pairs = p if isinstance(p, list) else [(p, p)] * 3
    mode = {"zero": "constant"}.get(viewer.padding_mode, viewer.padding_mode)
    x = F.pad(x, [side for pair in reversed(pairs) for side in pair], mode=mode)
    expected = F.conv3d(x, torch.tensor(viewer.kernel)[None, None], stride=viewer.stride)[0, 0]
    assert viewer.output.shape == tuple(expected.shape)
    np.testing.assert_allclose(viewer.output, expected.numpy(), rtol=1e-12, atol=1e-9)


def test_a_vessel_and_a_nodule_differ_in_depth_alone():
    viewer = VolumeViewer()
    volume = images.chest_phantom()
    np.testing.assert_array_equal(viewer.volume, volume)
    vessel, nodule = volume[8, 10:13, 5:8], volume[8, 10:13, 16:19]
    np.testing.assert_array_equal(vessel, nodule)
    assert viewer.output[7, 10, 5] == 0
    assert viewer.output[7, 10, 16] == 800 == viewer.output.max()
    assert (viewer.index, viewer.cursor) == (8, [7, 10, 16])


def test_named_kernels_do_what_they_are_named_for():
    ramp = np.arange(5)
    for axis, name in enumerate(["edge_d", "edge_h", "edge_w"]):
        volume = np.broadcast_to(ramp.reshape(np.roll([5, 1, 1], axis)), (5, 5, 5))
        assert (VolumeViewer(volume, name).output == 18).all()
        assert (VolumeViewer(volume, "laplacian").output == 0).all()
        assert (VolumeViewer(volume, "thin").output == 0).all()
        np.testing.assert_allclose(VolumeViewer(volume, "box").output, volume[1:-1, 1:-1, 1:-1])
    bowl = sum(axis**2 for axis in np.meshgrid(ramp, ramp, ramp))
    assert (VolumeViewer(bowl, "laplacian").output == 6).all()


def test_index_and_cursor_start_where_window_and_slice_meet():
    viewer = VolumeViewer(np.zeros((9, 8, 7), np.uint8), axis=1, stride=2, padding=1)
    assert viewer.cursor == [2, 2, 1]  # the windows round voxels (4, 4, 3)
    assert viewer.index == 2 * 2 - 1 + 1
    assert VolumeViewer(padding=1, index=-1).index == -1


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"volume": np.zeros((4, 4))}, ValueError, r"volume must be .*\(4, 4\)"),
        ({"volume": np.zeros((65, 4, 4))}, ValueError, "::2"),
        ({"volume": np.zeros((64, 64, 64))}, ValueError, "astype"),
        ({"volume": np.full((4, 4, 4), np.nan)}, ValueError, "finite"),
        ({"volume": []}, ValueError, "at least one number"),
        ({"volume": "chest"}, TypeError, "volume"),
        ({"kernel": "sobel"}, ValueError, "edge_d"),
        ({"kernel": np.ones((3, 3))}, ValueError, r"kernel .*\(3, 3\)"),
        ({"kernel": np.ones((8, 1, 1))}, ValueError, "at most 7"),
        ({"kernel": np.full((3, 3, 3), np.inf)}, ValueError, "kernel must hold finite"),
        ({"volume": np.zeros((2, 4, 4))}, ValueError, "fit"),
        ({"axis": 3}, ValueError, "axis"),
        ({"axis": -1}, ValueError, "axis"),
        ({"axis": 1.0}, TypeError, "axis"),
        ({"index": 16}, ValueError, "from 0 to 15"),
        ({"index": -2, "padding": 1}, ValueError, "from −?-1 to 16"),
        ({"index": 1.5}, TypeError, "index"),
        ({"cursor": (14, 0, 0)}, ValueError, "cursor"),
        ({"cursor": (1, 2)}, ValueError, "cursor"),
        ({"stride": 0}, ValueError, "stride"),
        ({"stride": (1, 1)}, ValueError, "stride"),
        ({"padding": -1}, ValueError, "padding"),
        ({"padding": 17, "padding_mode": "circular"}, ValueError, "padding"),
        ({"padding_mode": "same"}, ValueError, "replicate"),
        ({"slice": 3}, TypeError, "no argument 'slice'"),
    ],
)
def test_nonsense_is_refused_with_its_name(arguments, error, says):
    with pytest.raises(error, match=says):
        VolumeViewer(**arguments)


def test_the_largest_volume_is_taken():
    assert VolumeViewer(np.zeros((64, 64, 64), np.uint8)).output.shape == (62, 62, 62)


def test_the_page_gets_the_whole_state_and_a_picture():
    viewer = VolumeViewer(axis=2, padding=1, index=-1)
    html = viewer.to_html()
    found = Element(html).found
    assert found["cnnviz-widget"]["view"] == "VolumeViewer"
    state = json.loads(found["cnnviz-widget"]["state"])
    assert (state["axis"], state["index"], state["cursor"]) == (2, -1, [8, 11, 17])
    np.testing.assert_array_equal(unpack(state["volume"]), viewer.volume)
    assert [preset["name"] for preset in state["presets"]] == list(KERNELS)
    assert "W = −1" in found["img"]["alt"]
    assert len(VolumeViewer().to_html()) < 60_000


@pytest.mark.parametrize("case", CASES)
def test_every_kind_has_a_picture_and_a_sentence(case):
    viewer = VolumeViewer(**case)
    assert viewer.picture().width > 2 * viewer.picture().height
    assert " × ".join(map(str, viewer.output.shape)) in viewer.caption()
    assert repr(viewer) == repr(VolumeViewer(**case))


def test_an_edit_made_in_the_browser_is_read_back():
    viewer = VolumeViewer(np.arange(27.0).reshape(3, 3, 3))
    viewer.set_state({"kernel": pack(np.eye(3)[None]), "index": 2, "axis": 1, "cursor": [0, 0, 0]})
    np.testing.assert_array_equal(viewer.kernel, np.eye(3)[None])
    assert viewer.output.shape == (3, 1, 1)
    assert "custom" in repr(viewer)


def test_the_still_shows_the_map_where_the_slice_is():
    """A cursor elsewhere does not show another slice of the map than the volume's."""
    volume = np.zeros((6, 6, 6))
    volume[:, 1] = 200  # only the first slices across the height hold anything
    there, default = (
        VolumeViewer(volume, np.ones((3, 3, 3)), axis=1, index=1, **cursor)
        for cursor in ({"cursor": (1, 0, 1)}, {"cursor": (1, 3, 1)})
    )
    assert np.array_equal(np.asarray(there.picture()), np.asarray(default.picture()))
