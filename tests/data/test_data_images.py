"""Labelled pictures: parts of them, one of them, and what they refuse."""

import dataclasses

import numpy as np
import pytest
import torch

from cnnviz.data import Images

CLASSES = ("a", "b", "c")


def some(count=6, **changes):
    random = np.random.default_rng(0)
    fields = {
        "pictures": random.integers(0, 256, (count, 2, 3, 4), np.uint8),
        "labels": np.arange(count) % 3,
        "classes": CLASSES,
        "name": "some",
        "split": "train",
    }
    return Images(**(fields | changes))


@pytest.mark.parametrize(
    ("index", "places"),
    [
        (slice(1, 4), [1, 2, 3]),
        (slice(None, None, -2), [5, 3, 1]),
        ([4, 0, 4], [4, 0, 4]),
        (np.array([-1, 2], np.int8), [5, 2]),
        (np.array([True, False, False, True, False, True]), [0, 3, 5]),
        ([], []),
        (slice(0, 0), []),
    ],
)
def test_a_part_is_of_the_same_kind(index, places):
    images = some(note="of no use")
    part = images[index]
    assert isinstance(part, Images)
    assert len(part) == len(places)
    assert part.pictures.shape == (len(places), 2, 3, 4)
    np.testing.assert_array_equal(part.pictures, images.pictures[np.array(places, int)])
    np.testing.assert_array_equal(part.labels, images.labels[np.array(places, int)])
    assert (part.classes, part.name, part.split) == (CLASSES, "some", "train")
    assert part.note == "of no use"


def test_one_is_a_picture_and_its_label():
    images = some()
    for index in (4, np.int64(4), -2, np.array(4)):
        picture, label = images[index]
        np.testing.assert_array_equal(picture, images.pictures[4])
        assert (label, type(label)) == (1, int)
    assert [label for _, label in images] == [0, 1, 2, 0, 1, 2]


def test_torch_takes_them_as_they_are():
    images = some()
    batches = list(torch.utils.data.DataLoader(images, batch_size=4))
    assert [tuple(pictures.shape) for pictures, _ in batches] == [(4, 2, 3, 4), (2, 2, 3, 4)]
    np.testing.assert_array_equal(torch.cat([x for x, _ in batches]).numpy(), images.pictures)
    assert torch.cat([y for _, y in batches]).tolist() == images.labels.tolist()


@pytest.mark.parametrize(
    "index", ["3", None, 1.0, [0.5], (1, 2), (slice(1), 0), [[1, 2]], True, ..., np.array("a")]
)
def test_other_indices_are_refused(index):
    with pytest.raises(TypeError, match="index must be a number, a slice"):
        some()[index]


@pytest.mark.parametrize("index", [6, -7, [0, 6], np.array([True, False])])
def test_places_beyond_the_end_are_an_index_error(index):
    with pytest.raises(IndexError):
        some()[index]


def test_scaled_goes_from_0_to_1():
    pictures = np.array([0, 51, 255, 102], np.uint8).reshape(1, 1, 2, 2)
    scaled = some(1, pictures=pictures, labels=np.array([2])).scaled()
    assert scaled.dtype == np.float32
    np.testing.assert_array_equal(scaled.ravel(), np.float32([0, 0.2, 1, 0.4]))
    digits = some(1, pictures=pictures % 17, labels=np.array([2]), top=16).scaled()
    assert digits.max() <= 1


def test_repr_is_one_short_line():
    assert repr(some()) == "Images(some, train: 6 pictures of 2×3×4, 3 classes)"
    assert repr(some()[:1]) == "Images(some, train: 1 picture of 2×3×4, 3 classes)"
    assert repr(some(note="drawn")).endswith("3 classes; drawn)")


def test_nothing_can_be_put_in_their_place():
    with pytest.raises(dataclasses.FrozenInstanceError):
        some().labels = np.zeros(6, np.int64)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"pictures": [[1]]}, TypeError, r"pictures must be an array of uint8, got \[\[1\]\]"),
        ({"pictures": np.zeros((6, 1, 2, 2))}, TypeError, "pictures .* got dtype float64"),
        ({"pictures": np.zeros((6, 2, 2), np.uint8)}, ValueError, r"pictures .*\(N, C, H, W\)"),
        ({"labels": np.zeros(6, np.int32)}, TypeError, "labels must be .*int64, got dtype int32"),
        ({"labels": np.zeros((6, 1), np.int64)}, ValueError, r"labels must have shape \(N,\)"),
        ({"labels": np.zeros(5, np.int64)}, ValueError, "labels must be as many .* got 5 for 6"),
        ({"labels": np.array([0, 1, 3, 0, 9, 0])}, ValueError, "labels .* 0…2, .* 3 at place 2"),
        ({"labels": np.array([0, 1, 2, -1, 0, 0])}, ValueError, "labels .* got -1 at place 3"),
        ({"top": 16}, ValueError, "pictures must hold values up to top = 16, got 2"),
    ],
)
def test_what_does_not_go_together_is_refused(changes, error, words):
    with pytest.raises(error, match=words):
        some(**changes)
