"""The box playground in Python: what it takes, what it refuses, and its answers by brute force."""

import itertools
import json

import numpy as np
import pytest
import torch
from elements import Element

import cnnviz
from cnnviz import boxes

RNG = np.random.default_rng(5)


def some(count, classes=3, size=64):
    corners = np.sort(RNG.uniform(0, size, (count, 2, 2)), axis=1).reshape(count, 4)
    return corners, RNG.random(count), RNG.integers(0, classes, count)


def playground(**kwargs):
    corners, scores, labels = some(30)
    objects = np.column_stack([corners[:5], labels[:5]])
    told = np.column_stack([corners + RNG.normal(size=corners.shape) * 0.1, scores, labels])
    told[:, 2:4] = np.maximum(told[:, 2:4], told[:, :2])
    return cnnviz.BoxPlayground(objects, told, classes=["a", "b", "c"], size=(64, 64), **kwargs)


def test_rows_and_dicts_are_the_same():
    corners, scores, labels = some(4)
    rows = cnnviz.BoxPlayground(
        np.column_stack([corners, labels]), np.column_stack([corners, scores, labels])
    )
    torch_s = {
        "boxes": torch.tensor(corners),
        "scores": torch.tensor(scores),
        "labels": torch.tensor(labels),
    }
    dicts = cnnviz.BoxPlayground(torch_s, torch_s)
    assert np.array_equal(rows.objects, dicts.objects)
    assert np.array_equal(rows.detections, dicts.detections)


def test_without_labels_all_are_of_one_class():
    widget = cnnviz.BoxPlayground([[0, 0, 4, 4]], [[0, 0, 4, 4, 0.5]])
    assert widget.objects.tolist() == [[0, 0, 4, 4, 0]]
    assert widget.detections.tolist() == [[0, 0, 4, 4, 0.5, 0]]
    assert widget.classes == ["0"]


def test_size_is_the_image_s_or_holds_all_boxes():
    image = np.zeros((30, 40))
    assert cnnviz.BoxPlayground([], image=image).size == [30, 40]
    assert cnnviz.BoxPlayground([[0, 0, 500.5, 7]]).size == [96, 501]
    assert cnnviz.BoxPlayground([], image=image, size=(3, 4)).size == [3, 4]


def test_fractions_are_from_black_to_white():
    both = [
        cnnviz.BoxPlayground([], image=x).image for x in (np.eye(4), np.eye(4, dtype=int) * 255)
    ]
    assert both[0] == both[1]


def test_kept_is_what_the_rounds_keep():
    for by_class, threshold in itertools.product([False, True], [0.0, 0.2, 0.5, 1.0]):
        widget = playground(by_class=by_class, iou_threshold=threshold, score_threshold=0.2)
        rounds = widget.rounds
        assert [step.kept for step in rounds] == widget.kept.tolist()
        left = np.flatnonzero(widget.detections[:, 4] >= 0.2)
        all_of_them = [i for step in rounds for i in (step.kept, *step.fallen)]
        assert sorted(all_of_them) == left.tolist()
        for step in rounds:
            for fallen, share in zip(step.fallen, step.ious, strict=True):
                one, other = widget.detections[step.kept], widget.detections[fallen]
                assert share == boxes.iou([one[:4]], [other[:4]])[0, 0] > threshold
                assert not by_class or one[5] == other[5]


def test_the_target_leaves_out_what_no_cell_owns():
    objects = [[-9, 0, 4, 4, 0], [5, 5, 5, 9, 0], [8, 8, 24, 16, 1]]
    widget = cnnviz.BoxPlayground(objects, size=(32, 32), classes=["a", "b"], grid=(2, 2))
    assert widget.target[..., 0].tolist() == [[0, 1], [0, 0]]
    assert widget.target[0, 1].tolist() == [1, 0, 0.75, 0.5, 1, 0, 1]


def test_anchors_stand_in_their_cells_where_those_are_not_whole():
    widget = cnnviz.BoxPlayground([], size=(10, 7), grid=(3, 2), anchor_sizes=[(4, 2), (1, 1)])
    middles = (widget.anchors[:, :2] + widget.anchors[:, 2:]) / 2
    rows, columns = np.divmod(np.arange(12) // 2, 2)
    assert middles == pytest.approx(np.stack([(columns + 0.5) * 3.5, (rows + 0.5) * 10 / 3], 1))
    assert widget.anchors[0, 2:] - widget.anchors[0, :2] == pytest.approx([2, 4])


def test_a_detection_finds_an_object_of_its_class_alone():
    objects = [[0, 0, 8, 8, 0]]
    widget = cnnviz.BoxPlayground(
        objects, [[0, 0, 8, 8, 0.9, 1], [0, 0, 8, 7, 0.8, 0], [0, 0, 8, 8, 0.7, 0]]
    )
    assert widget.matched.tolist() == [-1, 0, -1]
    assert widget.curve.recall.tolist() == [0, 1, 1]
    assert widget.average_precision == 0.5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"objects": [[4, 0, 0, 4]]}, "objects must have x1 ≤ x2 and y1 ≤ y2"),
        ({"objects": [[0, 0, 4, 4, 0.5]]}, "objects must have whole numbers from 0 for labels"),
        ({"objects": [[0, 0, 4]]}, "objects must be rows of"),
        ({"objects": [[0, 0, np.nan, 4]]}, "objects"),
        ({"objects": {"boxes": [[0, 0, 4, 4]]}}, "it has no labels"),
        ({"detections": [[0, 0, 4, 4, 1.5]]}, "detections must have scores from 0 to 1"),
        ({"detections": np.zeros((301, 5))}, "detections must be at most 300 boxes"),
        ({"objects": [[0, 0, 4, 4, 3]], "classes": ["a"]}, "objects must have labels below 1"),
        ({"selected": (9, 0)}, "selected must be an object and a detection"),
        ({"positive": 0.2}, "negative must be at most positive"),
        ({"grid": (33, 1)}, "grid must be at most 32"),
        ({"anchor_sizes": [(0, 1)]}, r"anchor_sizes\[0\] must be above 0"),
        ({"view": "map"}, "view must be one of"),
        ({"iou_threshold": 2}, "iou_threshold must be from 0 to 1"),
    ],
)
def test_what_can_t_be_is_refused_by_name(arguments, words):
    with pytest.raises(ValueError, match=words):
        cnnviz.BoxPlayground(**arguments)


def test_assignments_keep_what_is_looked_at():
    widget = cnnviz.BoxPlayground(selected=(2, 7))
    widget.objects = widget.objects[:1]
    assert widget.selected == [0, 7]
    with pytest.raises(ValueError, match="selected does not go with the rest"):
        widget.selected = (1, 0)
    with pytest.raises(ValueError, match="negative does not go with the rest"):
        widget.negative = 0.9


def test_repr_says_what_the_view_says():
    says = {
        "iou": "IoU 0.641",
        "nms": "suppression keeps 5",
        "target": "3 of 9 cells own an object",
        "anchors": "3 of 18 anchors answer for an object",
        "pr": "average precision 0.917",
    }
    for view, words in says.items():
        widget = cnnviz.BoxPlayground(view=view)
        assert repr(widget) == f"BoxPlayground({view}: 3 objects, 8 detections, {words})"
        assert words in widget.caption()


def test_the_picture_has_both_kinds_of_lines():
    widget = cnnviz.BoxPlayground(
        [[0, 0, 40, 40]], [[50, 10, 90, 40, 0.9]], image=np.zeros((50, 100))
    )
    found = Element(widget.to_html()).found
    state = json.loads(found["cnnviz-widget"]["state"])
    assert (found["cnnviz-widget"]["view"], state["view"]) == ("BoxPlayground", "iou")
    assert state["objects"] == [[0, 0, 40, 40, 0]]
    assert "1 object (solid lines)" in found["img"]["alt"]
    pixels = np.asarray(widget.picture().convert("RGB")).astype(int)
    assert pixels.shape[0] * 2 == pixels.shape[1]
    for tone in ("#0072b2", "#00754f"):
        rgb = [int(tone[i : i + 2], 16) for i in (1, 3, 5)]
        assert (pixels == rgb).all(axis=-1).sum() > 200
