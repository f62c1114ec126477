"""Scenes: what is said of them is what was painted."""

import numpy as np
import pytest
import torch

from cnnviz import data
from cnnviz.data import _load
from cnnviz.data._scenes import stroke_ends


@pytest.fixture(scope="module")
def made():
    return data.scenes(200, size=(48, 80), objects=(0, 4), seed=3)


def extent(mask):
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]


def test_they_are_arrays_of_what_was_asked_for(made):
    assert made.images.shape == (200, 1, 48, 80)
    assert made.images.dtype == np.float32
    assert made.images.min() >= 0
    assert made.images.max() <= 1
    counts = [len(labels) for labels in made.labels]
    assert set(counts) == {0, 1, 2, 3, 4}
    for boxes, labels, landmarks, masks in zip(
        made.boxes, made.labels, made.landmarks, made.masks, strict=True
    ):
        k = len(labels)
        assert boxes.shape == (k, 4)
        assert boxes.dtype == np.float64
        assert labels.shape == (k,)
        assert labels.dtype == np.int64
        assert landmarks.shape == (k, 2, 2)
        assert masks.shape == (k, 48, 80)
        assert ((boxes[:, :2] >= 0) & (boxes[:, 2:] <= [80, 48])).all()
    assert set(np.concatenate(made.labels)) == set(range(10))
    assert (
        repr(made) == f"Scenes(digits: 200 pictures of 1×48×80, {sum(counts)} objects, 10 classes)"
    )


def test_boxes_are_tight_around_the_masks():
    apart = data.scenes(150, objects=(1, 3), overlap=0, seed=5)
    for boxes, masks in zip(apart.boxes, apart.masks, strict=True):
        for box, mask in zip(boxes, masks, strict=True):
            assert extent(mask) == box.tolist()


def test_where_digits_overlap_the_later_one_has_the_pixel():
    crowded = data.scenes(60, objects=4, scale=30, overlap=1, seed=2)
    hidden = 0
    for boxes, masks in zip(crowded.boxes, crowded.masks, strict=True):
        assert masks.sum(axis=0).max() == 1
        for box, mask in zip(boxes, masks, strict=True):
            if mask.any():
                seen = extent(mask)
                hidden += seen != box.tolist()
                assert (np.array(seen)[:2] >= box[:2]).all()
                assert (np.array(seen)[2:] <= box[2:]).all()
    assert hidden > 20


def test_masks_are_where_the_picture_is_bright():
    plain = data.scenes(50, ground="plain", objects=1, seed=1)
    for image, masks in zip(plain.images, plain.masks, strict=True):
        everything = masks.any(axis=0)
        assert image[0][everything].min() >= 0.35
        assert image[0][~everything].max() <= 0.5


@pytest.mark.parametrize("overlap", [0, 0.3])
def test_boxes_overlap_as_much_as_is_allowed(overlap):
    found = []
    for boxes in data.scenes(200, objects=4, overlap=overlap, seed=4).boxes:
        for i, a in enumerate(boxes):
            for b in boxes[:i]:
                shared = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
                smaller = min((a[2:] - a[:2]).prod(), (b[2:] - b[:2]).prod())
                found.append(np.maximum(shared, 0).prod() / smaller)
    assert max(found) <= overlap
    assert max(found) >= overlap - 0.05


def test_few_digits_find_no_room():
    wanted, found = 3 * 300, sum(map(len, data.scenes(300, objects=3, seed=6).labels))
    assert found >= 0.95 * wanted
    assert [len(labels) for labels in data.scenes(3, objects=60, seed=6).labels] != [60] * 3


@pytest.mark.parametrize("scale", [12, 25, (10, 40)])
def test_the_longer_side_has_the_scale(scale):
    least, most = scale if isinstance(scale, tuple) else (scale, scale)
    boxes = np.concatenate(data.scenes(200, scale=scale, objects=1, seed=7).boxes)
    sides = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    assert least - 2 <= sides.min()
    assert sides.max() <= most + 2
    assert sides.max() - sides.min() >= 0.8 * (most - least)


def test_places_are_spread_over_the_picture():
    boxes = np.concatenate(data.scenes(600, objects=1, seed=8).boxes)
    slack = 64 - (boxes[:, 2:] - boxes[:, :2])
    share = boxes[:, :2] / slack  # 0: at the left or the top; 1: at the right or the bottom
    assert np.abs(share.mean(axis=0) - 0.5).max() < 0.05
    assert share.min() == 0
    assert share.max() == 1


def test_a_scene_depends_on_the_seed_and_its_place_alone():
    few, many, others = (
        data.scenes(n, objects=(1, 3), seed=s) for n, s in ((5, 9), (40, 9), (5, 8))
    )
    np.testing.assert_array_equal(few.images, many.images[:5])
    np.testing.assert_array_equal(few.owners, many.owners[:5])
    for a, b in zip(few.landmarks, many.landmarks, strict=False):
        np.testing.assert_array_equal(a, b)
    assert not (few.images == others.images).all()


def test_parts_and_single_scenes(made):
    part = made[[7, 3]]
    assert len(part) == 2
    np.testing.assert_array_equal(part.boxes[0], made.boxes[7])
    np.testing.assert_array_equal(part.masks[1], made.masks[3])
    assert len(made[10:20]) == 10
    assert len(made[:0]) == 0
    picture, target = made[-2]
    np.testing.assert_array_equal(picture, made.images[-2])
    np.testing.assert_array_equal(target["masks"], made.masks[-2])
    assert list(target) == ["boxes", "labels", "landmarks", "masks"]
    assert len(list(made[:3])) == 3
    assert len(made.masks[5:9]) == 4
    loader = torch.utils.data.DataLoader(made[:4], batch_size=2, collate_fn=list)
    assert [len(batch) for batch in loader] == [2, 2]
    with pytest.raises(TypeError, match="index must be"):
        made["a"]
    with pytest.raises(IndexError):
        made[200]


def test_colours_and_sizes():
    colours = data.scenes(20, size=(90, 700), channels=3, seed=1)
    assert colours.images.shape == (20, 3, 90, 700)
    assert (colours.images.std(axis=1).max(axis=(1, 2)) > 0.05).all()
    assert data.scenes(0).images.shape == (0, 1, 64, 64)
    assert len(data.scenes(2, size=4, objects=1).boxes[0]) <= 1


def test_a_digit_on_plain_ground_is_the_digit():
    """The label says what is in the box: a nearest neighbour finds it again."""
    digits = data.load("digits", "test")
    scenes = data.scenes(100, size=40, scale=30, objects=1, ground="plain", split="test", seed=2)
    known = digits.scaled()[:, 0]
    right = 0
    for image, boxes, labels in zip(scenes.images, scenes.boxes, scenes.labels, strict=True):
        x1, y1, x2, y2 = boxes[0].astype(int)
        crop = torch.tensor(image[None, :, y1:y2, x1:x2])
        small = torch.nn.functional.adaptive_avg_pool2d(crop, 8)[0, 0].numpy()
        stretched = [
            k[:, np.flatnonzero(k.any(0))[0] : np.flatnonzero(k.any(0))[-1] + 1] for k in known
        ]
        wide = torch.stack(
            [
                torch.nn.functional.interpolate(
                    torch.tensor(k)[None, None], (8, 8), mode="bilinear"
                )[0, 0]
                for k in stretched
            ]
        ).numpy()
        nearest = np.abs(wide - small).sum(axis=(1, 2)).argmin()
        right += digits.labels[nearest] == labels[0]
    assert right >= 80


def test_some_classes_are_numbered_in_their_order():
    source = data.load("digits", "train")
    made = data.scenes(40, objects=2, classes=["7", "1"], seed=3)
    assert made.classes == ("7", "1")
    labels = np.concatenate(made.labels)
    assert set(labels) == {0, 1}
    # A one is narrower than a seven.
    boxes = np.concatenate(made.boxes)
    width = (boxes[:, 2] - boxes[:, 0]) / (boxes[:, 3] - boxes[:, 1])
    assert width[labels == 1].mean() < width[labels == 0].mean()
    assert len(source.classes) == 10


# --- landmarks ------------------------------------------------------------------------------------


def drawn(*rows):
    return np.array([[sign == "#" for sign in row] for row in rows])


@pytest.mark.parametrize(
    ("line", "ends"),
    [
        (drawn(".#.", ".#.", ".#."), [[1.5, 0.5], [1.5, 2.5]]),
        (drawn("####", "...#", "...#"), [[0.5, 0.5], [3.5, 2.5]]),  # a seven
        (drawn("#..#", "####", "...#"), [[0.5, 0.5], [3.5, 2.5]]),  # three ends: the left of two
        (drawn(".#.", "#.#", ".#."), [[1.5, 0.5], [1.5, 2.5]]),  # no end
        (drawn("#...", ".#..", "..#.", ".#.#", "..#."), [[0.5, 0.5], [2.5, 4.5]]),  # one end
        (drawn("#"), [[0.5, 0.5], [0.5, 0.5]]),
        (drawn("#.#", ".#.", "#.#"), [[0.5, 0.5], [0.5, 2.5]]),  # the left of the lowest
    ],
)
def test_stroke_ends(line, ends):
    assert stroke_ends(line).tolist() == ends


def test_landmarks_lie_on_the_ink_in_the_right_order():
    apart = data.scenes(200, size=96, objects=2, overlap=0, seed=1)
    on, total = 0, 0
    for boxes, landmarks, masks in zip(apart.boxes, apart.landmarks, apart.masks, strict=True):
        for box, points, mask in zip(boxes, landmarks, masks, strict=True):
            assert points[0, 1] <= points[1, 1]
            assert (points >= box[:2]).all()
            assert (points <= box[2:]).all()
            columns, rows = points.astype(int).T
            on += mask[rows, columns].sum()
            total += 2
    assert on >= 0.95 * total  # where a thin stroke was scaled, its line may lie beside it


def test_landmarks_of_ones_are_far_apart():
    scenes = data.scenes(300, objects=1, seed=2)
    heights, spans = [], []
    for boxes, labels, points in zip(scenes.boxes, scenes.labels, scenes.landmarks, strict=True):
        if labels[0] == 7:
            heights.append(boxes[0, 3] - boxes[0, 1])
            spans.append(points[0, 1, 1] - points[0, 0, 1])
    assert np.mean(np.array(spans) / heights) > 0.6


# --- where digits come from -----------------------------------------------------------------------


def test_mnist_is_taken_where_it_is(monkeypatch):
    class Small:
        def read(self, splits, root):
            pictures = np.zeros((3, 1, 28, 28), np.uint8)
            pictures[:, :, 4:24, 13:16] = 255
            return [
                data.Images(pictures, np.array([1, 1, 1]), tuple("0123456789"), "mnist", "train")
            ]

    monkeypatch.setitem(_load._DATASETS, "mnist", Small())
    scenes = data.scenes(4, digits="mnist", objects=1, scale=20)
    assert repr(scenes).startswith("Scenes(mnist: 4 pictures")
    for boxes, points in zip(scenes.boxes, scenes.landmarks, strict=True):
        width, height = boxes[0, 2:] - boxes[0, :2]
        assert abs(height - 20) <= 2
        assert 2 <= width <= 5
        middle = (boxes[0, 0] + boxes[0, 2]) / 2
        assert np.abs(points[0, :, 0] - middle).max() <= 1


def test_mnist_that_is_not_here_is_asked_for(monkeypatch, tmp_path, mirrors):
    monkeypatch.setenv("CNNVIZ_DATA", str(tmp_path))

    def nothing(self, splits, root):
        raise data.MissingData("mnist can't be loaded")

    monkeypatch.setattr(type(_load._DATASETS["mnist"]), "read", nothing)
    with pytest.raises(data.MissingData, match="mnist can't be loaded"):
        data.scenes(1, digits="mnist")


def test_without_scikit_image_it_says_so(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "skimage.morphology", None)
    with pytest.raises(ImportError, match=r"needs scikit-image: pip install"):
        data.scenes(1, ground="plain")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"count": -1}, "count must be"),
        ({"size": 3}, "size must be at least 4"),
        ({"size": (64, 0)}, "size must be"),
        ({"objects": (3, 1)}, "objects must be a number from 0 to 255"),
        ({"objects": 300}, "objects must be a number from 0 to 255"),
        ({"scale": 65}, "scale must be a number from 4 to 64"),
        ({"scale": 2}, "scale must be"),
        ({"channels": 2}, "channels must be 1 or 3"),
        ({"ground": "grass"}, "ground must be one of textures, plain"),
        ({"digits": "cifar10"}, "digits must be one of digits, mnist"),
        ({"split": "validation"}, "split must be one of"),
        ({"classes": []}, "classes must be a list of some of 0, 1"),
        ({"classes": ["3", "a"]}, "classes must be a list of some of 0, 1"),
        ({"classes": "37"}, "classes must be a list of some of 0, 1"),
        ({"classes": ["3", "3"]}, "classes must be different"),
        ({"overlap": 1.5}, "overlap must be from 0 to 1"),
        ({"overlap": float("nan")}, "overlap must be a finite"),
        ({"seed": -1}, "seed must be"),
        ({"count": 10**6, "size": 2000}, "count × size asks for"),
    ],
)
def test_what_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        data.scenes(**({"count": 2} | wrong))
