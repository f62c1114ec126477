"""The detection viewer's Python half: boxes against torch, fates and verdicts one by one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import cnnviz
from cnnviz import boxes, data, nets, palette
from cnnviz.widgets._suppression import judge
from cnnviz.widgets._traits import pack

RNG = np.random.default_rng(3)


class Says(nn.Module):
    """A detector that says the same of every picture, or of the nth."""

    def __init__(self, scores):
        super().__init__()
        self.scores = torch.as_tensor(np.asarray(scores, np.float32))

    def forward(self, x):
        return self.scores.expand(len(x), *self.scores.shape[-3:])


def crowd(classes=2, grid=(5, 6), seed=0):
    """A detector many of whose boxes overlap."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(5 + classes, *grid))
    scores[3:5] = rng.uniform(1.2, 1.6, (2, *grid))
    return Says(scores)


def by_torch(viewer, model):
    """Return what `one_stage_boxes` finds in the picture that is shown, from left to right."""
    with torch.no_grad():
        scores = model(torch.from_numpy(viewer.pictures[viewer.index][None]))
    (found,) = nets.one_stage_boxes(scores, viewer.threshold, viewer.overlap)
    return sorted_by_place(found)


def sorted_by_place(found):
    order = np.lexsort(found["boxes"].T)
    return {name: values[order] for name, values in found.items()}


@pytest.mark.parametrize("threshold", [0.02, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("index", range(6))
def test_what_is_found_is_torch_s(index, threshold):
    viewer = cnnviz.DetectionViewer(index=index, threshold=threshold)
    found, expected = sorted_by_place(viewer.found), by_torch(viewer, nets.trained_one_stage())
    assert found["labels"].tolist() == expected["labels"].tolist()
    np.testing.assert_allclose(found["boxes"], expected["boxes"], atol=1e-4)
    np.testing.assert_allclose(found["scores"], expected["scores"], atol=1e-5)


def test_the_grid_is_torch_s():
    model = crowd()
    viewer = cnnviz.DetectionViewer(np.zeros((40, 48)), model)
    expected = nets.one_stage_grid(model.scores[None].double())[0].numpy()
    np.testing.assert_allclose(viewer.grid, expected, rtol=1e-12)
    large = cnnviz.DetectionViewer(np.zeros((8, 8)), Says(np.full((6, 1, 1), 50)))
    assert large.grid[0, 0, 3] == np.exp(8)  # as the net's own reading has it
    assert large.grid[0, 0, 5] == 1


@pytest.mark.parametrize("overlap", [0.0, 0.2, 0.5, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_the_fates_are_those_of_suppression_done_one_by_one(seed, overlap):
    viewer = cnnviz.DetectionViewer(
        np.zeros((40, 48)), crowd(seed=seed), threshold=0.2, overlap=overlap
    )
    where, scores, labels = viewer._decoded()
    left = [i for i in np.argsort(-scores, kind="stable") if scores[i] >= 0.2]
    assert len(left) > 8
    expected = [("below", -1)] * 30
    while left:
        best, *others = left
        expected[best] = ("kept", -1)
        left = []
        for other in others:
            iou = boxes.iou(where[[best]], where[[other]])[0, 0]
            if labels[other] == labels[best] and iou > overlap:
                expected[other] = ("suppressed", best)
            else:
                left.append(other)
    assert [(fate.kind, fate.by) for fate in viewer.fates] == expected
    for place, fate in enumerate(viewer.fates):
        if fate.by >= 0:
            iou = boxes.iou(where[[fate.by]], where[[place]])[0, 0]
            assert fate.iou == pytest.approx(iou)
    assert [step.kept for step in viewer.steps] == sorted(
        (i for i, (kind, _) in enumerate(expected) if kind == "kept"),
        key=lambda i: (-scores[i], i),
    )
    assert any(kind == "suppressed" for kind, _ in expected) == (overlap < 0.9)


def test_the_first_examples_say_what_their_text_says():
    viewer = cnnviz.DetectionViewer()
    seen = []
    for index in range(6):
        viewer.index = index
        kinds = [verdict.kind for verdict in viewer.verdicts]
        suppressed = sum(fate.kind == "suppressed" for fate in viewer.fates)
        wrong = [kind for kind in kinds if kind != "right"]
        seen.append((suppressed, wrong, len(viewer.missed)))
    assert seen == [
        (1, [], 0),
        (1, [], 0),
        (0, [], 0),
        (0, [], 1),
        (0, ["label"], 1),
        (0, ["overlap"], 1),
    ]


@pytest.mark.parametrize(
    ("box", "label", "kind", "meant"),
    [
        ([0, 0, 10, 10], 0, "right", 0),
        ([0, 0, 10, 5], 0, "right", 0),  # an IoU of just 0.5
        ([0, 0, 10, 4.9], 0, "overlap", 0),
        ([0, 0, 10, 1], 0, "overlap", 0),  # of just 0.1
        ([0, 0, 10, 0.9], 0, "nothing", -1),
        ([0, 0, 10, 8], 1, "label", 0),
        ([0, 0, 10, 4], 1, "both", 0),
        ([20, 0, 30, 10], 0, "label", 1),
        ([50, 50, 60, 60], 1, "nothing", -1),
        ([0, 0, 0, 0], 0, "nothing", -1),
    ],
)
def test_verdicts(box, label, kind, meant):
    objects = np.array([[0, 0, 10, 10, 0], [20, 0, 30, 10, 1]], float)
    (verdict,), missed = judge(np.array([box], float), np.ones(1), np.array([label]), objects)
    assert (verdict.kind, verdict.object) == (kind, meant)
    assert missed == [i for i in range(2) if kind != "right" or i != meant]
    if meant >= 0:
        iou = boxes.iou([box], objects[[meant], :4])[0, 0]
        assert verdict.iou == pytest.approx(iou)


def test_a_second_box_of_one_object_is_double_and_the_surer_one_is_right():
    objects = np.array([[0, 0, 10, 10, 0]], float)
    twins = np.array([[0, 0, 10, 9], [0, 0, 10, 10]], float)
    verdicts, missed = judge(twins, np.array([0.6, 0.9]), np.zeros(2, int), objects)
    assert [verdict.kind for verdict in verdicts] == ["double", "right"]
    assert missed == []
    verdicts, missed = judge(twins[:0], np.zeros(0), np.zeros(0, int), objects)
    assert (verdicts, missed) == ([], [0])
    verdicts, missed = judge(twins, np.ones(2), np.zeros(2, int), np.zeros((0, 5)))
    assert [verdict.kind for verdict in verdicts] == ["nothing", "nothing"]


# ---- pictures and models -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (np.zeros((16, 24)), (1, 1, 16, 24)),
        (np.zeros((3, 16, 24), np.uint8), (3, 1, 16, 24)),
        (np.zeros((2, 1, 8, 8), bool), (2, 1, 8, 8)),
        (torch.zeros(2, 1, 8, 8), (2, 1, 8, 8)),
        ([[0.0] * 8] * 8, (1, 1, 8, 8)),
        (Image.new("L", (24, 16)), (1, 1, 16, 24)),
    ],
)
def test_pictures_come_in_many_forms(value, shape):
    assert cnnviz.DetectionViewer(value).pictures.shape == shape


def test_colours_other_cells_and_names():
    net = nn.Sequential(nn.Conv2d(3, 7, 16, stride=16))
    viewer = cnnviz.DetectionViewer(
        RNG.random((2, 3, 32, 48)), net, names=["cat", "dog"], threshold=0
    )
    assert viewer.grid.shape == (2, 3, 7)
    where, _, _ = viewer._decoded()
    x, y = (where[:, :2] + where[:, 2:]).T / 2
    assert (x.reshape(2, 3) // 16 == [0, 1, 2]).all()
    assert (y.reshape(2, 3) // 16 == [[0], [1]]).all()
    assert viewer.verdicts is None
    assert viewer.missed is None
    assert repr(viewer).startswith("DetectionViewer(picture 1 of 2, 2 × 3 cells, ")


def test_scenes_bring_their_objects_and_names():
    scenes = data.scenes(2, split="test", seed=4, classes=("3", "7"), size=64)
    viewer = cnnviz.DetectionViewer(scenes, nets.one_stage(2))
    assert viewer.names == ["3", "7"]
    for rows, where, labels in zip(viewer.objects, scenes.boxes, scenes.labels, strict=True):
        np.testing.assert_array_equal(rows, np.column_stack([where, labels]))
    np.testing.assert_array_equal(viewer.pictures, scenes.images)
    plain = cnnviz.DetectionViewer(scenes)  # whose classes are other ones than the model's
    assert plain.names == [str(digit) for digit in range(10)]


def test_a_model_for_one_size_and_one_with_a_fixed_grid_are_taken():
    one_size = nn.Sequential(nn.Flatten(), nn.Linear(256, 24), nn.Unflatten(1, (6, 2, 2)))
    fixed = nn.Sequential(nn.Conv2d(1, 6, 3, padding=1), nn.AdaptiveAvgPool2d(2))
    for net in (one_size, fixed):
        assert cnnviz.DetectionViewer(np.zeros((16, 16)), net).grid.shape == (2, 2, 6)


def test_a_model_runs_in_inference_mode_and_is_left_as_it_was():
    net = nets.one_stage(3)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    assert net.training
    viewer = cnnviz.DetectionViewer(RNG.random((16, 16)), net)
    assert net.training
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    with torch.no_grad():
        expected = net.eval()(torch.from_numpy(viewer.pictures))
    np.testing.assert_allclose(viewer.scores, expected.numpy(), atol=1e-6)


def test_another_model_and_other_pictures():
    viewer = cnnviz.DetectionViewer(np.zeros((3, 16, 16)), crowd(2, (2, 2)), index=2, cell=(1, 1))
    viewer.model = crowd(4, (4, 4), seed=1)
    assert (viewer.scores.shape, viewer.names) == ((3, 9, 4, 4), ["0", "1", "2", "3"])
    assert (viewer.index, viewer.cell, viewer.step) == (2, None, None)
    viewer.pictures = np.ones((16, 16))
    assert (viewer.index, viewer.objects, viewer.images.max()) == (0, [None], 255)
    before = viewer.state()
    with pytest.raises(ValueError, match="multiples of the model's cells"):
        viewer.pictures = np.zeros((18, 16))
    with pytest.raises(ValueError, match="model must"):
        viewer.model = nn.Flatten()
    assert viewer.state() == before


# ---- a picture of one's own ----------------------------------------------------------------------


def test_a_picture_of_the_same_size_is_looked_at_as_it_is():
    scene = data.scenes(1, split="test", seed=30)
    viewer = cnnviz.DetectionViewer()
    viewer.add(scene.images[0, 0])
    assert (viewer.index, len(viewer.pictures), viewer.objects[-1]) == (6, 7, None)
    np.testing.assert_array_equal(viewer.pictures[-1], scene.images[0])
    with torch.no_grad():
        expected = nets.trained_one_stage()(torch.from_numpy(scene.images))
    np.testing.assert_allclose(viewer.scores[-1:], expected.numpy(), atol=1e-4)
    assert viewer.found["labels"].tolist() == scene.labels[0].tolist()


def test_a_larger_one_is_scaled_and_a_smaller_one_lies_in_the_middle():
    viewer = cnnviz.DetectionViewer(np.zeros((16, 24)))
    viewer.add(np.full((64, 32), 0.5))
    expected = np.zeros((16, 24))
    expected[:, 8:16] = 0.5
    np.testing.assert_allclose(viewer.pictures[-1, 0], expected)
    viewer.add(np.full((4, 6), 255, np.uint8))
    expected = np.zeros((16, 24))
    expected[6:10, 9:15] = 1
    np.testing.assert_allclose(viewer.pictures[-1, 0], expected)
    viewer.add(Image.new("RGB", (24, 16), (255, 0, 0)))  # red is a dark grey
    np.testing.assert_allclose(viewer.pictures[-1, 0], np.full((16, 24), 0.299), atol=1e-6)
    assert len(viewer.scores) == len(viewer.images) == len(viewer.objects) == 4


def test_greys_become_three_channels():
    viewer = cnnviz.DetectionViewer(np.zeros((1, 3, 8, 8)), nn.Conv2d(3, 6, 8, stride=8))
    viewer.add(np.eye(8))
    np.testing.assert_array_equal(viewer.pictures[-1], [np.eye(8, dtype=np.float32)] * 3)


def test_a_page_asks_for_a_picture_and_bad_ones_lose_nothing():
    viewer = cnnviz.DetectionViewer()
    picture = RNG.integers(0, 256, (40, 64), dtype=np.uint8)
    viewer.set_state({"_asked": {"picture": pack(picture)}})
    assert (viewer._asked, viewer._said, viewer.index, len(viewer.images)) == (None, "", 6, 7)
    np.testing.assert_array_equal(viewer.images[-1, 0, 12:52], picture)
    before = viewer.state()
    for bad in ({"picture": pack(np.zeros((2, 2, 2, 2)))}, {"picture": {}}, {}):
        viewer.set_state({"_asked": bad})
        assert viewer._asked is None
        assert viewer._said
        assert viewer.state() == before
    viewer.set_state({"_asked": {"picture": pack(picture)}})
    assert (viewer._said, len(viewer.images)) == ("", 8)


def test_what_a_page_asks_is_no_part_of_its_state():
    assert not any("asked" in name or "said" in name for name in cnnviz.DetectionViewer().state())


# ---- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"pictures": np.zeros((2, 2, 8, 8))}, "pictures must be Scenes"),
        ({"pictures": np.full((8, 8), 1.5)}, "pictures must hold whole numbers from 0 to 255"),
        ({"pictures": np.zeros((65, 8, 8))}, "pictures must be at most 64"),
        ({"pictures": np.zeros((1, 1, 8, 520))}, "pictures must have at most 512 pixels"),
        ({"pictures": np.zeros((12, 16))}, "pictures must have sides that are multiples"),
        ({"pictures": np.zeros((12, 12))}, "pictures must .* 12 × 12 pixels, .* 1 × 1 cells"),
        ({"pictures": "digit"}, "pictures must"),
        ({"model": "a net"}, "model must"),
        ({"model": nn.Conv2d(3, 6, 8)}, "model must take pictures of shape .*but it stops"),
        ({"model": nn.Conv2d(1, 5, 8, stride=8)}, "model must give .*5 . classes"),
        ({"model": nn.Conv2d(1, 6, 1)}, "model must give 1 to 32 cells a side, got 64 × 64"),
        ({"model": Says(np.full((6, 2, 2), np.nan))}, "model must give finite scores"),
        ({"objects": []}, "objects must be for each of the 6 pictures"),
        ({"objects": [[[0, 0, 1, 1, 10]]] * 6}, "objects must have labels below 10"),
        ({"objects": [[[2, 0, 1, 1, 1]]] * 6}, r"objects\[0\] must have x1 ≤ x2"),
        ({"objects": [{"boxes": [[0, 0, 1, 1]]}] * 6}, r"objects\[0\] must have boxes and labels"),
        ({"objects": 3}, "objects must be a list"),
        ({"names": ["cat"]}, "names must be of the 10 classes"),
        ({"names": [1] * 10}, "names must be a list of texts"),
        ({"index": 6}, "index must be less than the 6 pictures"),
        ({"threshold": 1.1}, "threshold must be from 0 to 1"),
        ({"overlap": -0.1}, "overlap must be from 0 to 1"),
        ({"step": -1}, "step must be"),
        ({"cell": (8, 0)}, r"cell must lie in the grid, \(8, 8\)"),
        ({"tint": "label"}, "tint must be one of p_c, class, score"),
        ({"show_objects": 1}, "show_objects must be True or False"),
        ({"images": np.zeros((1, 1, 8, 8))}, "has no argument 'images'"),
        ({"scores": np.zeros((1, 6, 1, 1))}, "has no argument 'scores'"),
    ],
)
def test_what_is_not_allowed_is_named(arguments, says):
    with pytest.raises((ValueError, TypeError), match=says):
        cnnviz.DetectionViewer(**arguments)


def test_what_is_made_of_others_is_not_assigned():
    viewer = cnnviz.DetectionViewer()
    for name in ("images", "scores"):
        with pytest.raises(AttributeError, match="made of pictures and model"):
            setattr(viewer, name, np.zeros((1, 1, 8, 8)))
    with pytest.raises(ValueError, match="picture"):
        viewer.add(np.zeros((2, 2, 2, 2)))
    with pytest.raises(ValueError, match="at most 64"):
        cnnviz.DetectionViewer(np.zeros((64, 8, 8))).add(np.zeros((8, 8)))


# ---- the contract --------------------------------------------------------------------------------


def test_caption_and_picture_say_what_is_found():
    viewer = cnnviz.DetectionViewer()
    assert viewer.caption() == (
        "Detection viewer: a picture of 64 × 64 in 8 × 8 cells, each with p_c; of their boxes "
        "those with a score of at least 0.5 count: 3 kept (9, 5, 9), 1 suppressed. 3 of 3 right, "
        "0 objects missed."
    )
    pixels = np.asarray(viewer.picture())
    for tone in ("output", "kernel"):  # kept, suppressed
        colour = [int(palette.LIGHT[tone][i : i + 2], 16) for i in (1, 3, 5)]
        assert (pixels == colour).all(axis=-1).sum() > 100
    empty = cnnviz.DetectionViewer(np.zeros((8, 8)), threshold=1)
    assert empty.caption().endswith("count: 0 kept, 0 suppressed.")
    assert empty.found["boxes"].shape == (0, 4)
