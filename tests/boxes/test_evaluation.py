"""COCO's numbers against pycocotools', to 1e-12: ties, crowds, empty pictures, sizes."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
import torch
from drawn_boxes import cases
from hypothesis import given
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from cnnviz import boxes

NAMES = ("AP", "AP50", "AP75", "APs", "APm", "APl")
NAMES += ("AR1", "AR10", "AR100", "ARs", "ARm", "ARl")


def coco_eval(detections, objects, classes, **parameters):
    """Return pycocotools' evaluation; ids start from 1, since it takes 0 for no object."""
    xywh = [boxes.convert(picture["boxes"], "xyxy", "xywh").tolist() for picture in objects]
    annotations, results = [], []
    for i, (picture, rows) in enumerate(zip(objects, xywh, strict=True)):
        for j, box in enumerate(rows):
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": i,
                    "category_id": int(picture["labels"][j]),
                    "bbox": box,
                    "area": float(picture.get("area", [w * h for *_, w, h in rows])[j]),
                    "iscrowd": int(picture.get("iscrowd", [0] * len(rows))[j]),
                }
            )
    for i, picture in enumerate(detections):
        rows = boxes.convert(picture["boxes"], "xyxy", "xywh").tolist()
        results += [
            {"image_id": i, "category_id": int(label), "bbox": box, "score": float(score)}
            for box, label, score in zip(rows, picture["labels"], picture["scores"], strict=True)
        ]
    truth = COCO()
    truth.dataset = {
        "images": [{"id": i} for i in range(len(objects))],
        "categories": [{"id": int(label)} for label in classes],
        "annotations": annotations,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        found = COCO()
        if results:
            found = truth.loadRes(results)
        else:
            found.dataset = truth.dataset | {"annotations": []}
            found.createIndex()
        evaluation = COCOeval(truth, found, "bbox")
        for name, value in parameters.items():
            setattr(evaluation.params, name, value)
        evaluation.evaluate()
        evaluation.accumulate()
        if not parameters:
            evaluation.summarize()
    return evaluation


@st.composite
def pictures(draw):
    """Draw detections and objects, half of the detections near objects; seldom an empty picture."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count, classes = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    largest = draw(st.sampled_from([40, 130, 400]))  # sides, in quarters
    crowds, ties = draw(st.sampled_from([0, 0.3])), draw(st.sampled_from([3, 1000]))
    detections, objects = [], []
    for _ in range(count):
        n, m = rng.integers(0, draw(st.sampled_from([2, 9, 40]))), rng.integers(0, 8)
        truth = corners(rng, m, largest)
        found = corners(rng, n, largest)
        near = rng.random(n) < 0.6 * (m > 0)
        found[near] = truth[rng.integers(0, max(m, 1), near.sum())]
        found[near, 2:] += rng.integers(-1, 6, (near.sum(), 2)) / 4  # a few are turned over
        kinds = rng.integers(0, classes, m)
        detections.append(
            {
                "boxes": found,
                "scores": rng.integers(0, ties, n) / 1000,
                "labels": rng.integers(0, classes + 1, n),
            }
        )
        objects.append(
            {
                "boxes": truth,
                "labels": kinds,
                "iscrowd": rng.random(m) < crowds,
                "area": rng.choice([100.0, 32.0**2, 5000.0, 96.0**2, 1e5], m),
            }
        )
        if draw(st.booleans()):
            del objects[-1]["area"]
    return detections, objects, range(classes + 1)


def corners(rng, count, largest):
    low = rng.integers(0, 200, (count, 2)) / 4
    return np.hstack([low, low + rng.integers(0, largest, (count, 2)) / 4])


@cases(120)
@given(pictures())
def test_all_numbers_agree_with_pycocotools(drawn):
    detections, objects, classes = drawn
    expected = coco_eval(detections, objects, classes)
    result = boxes.evaluate(detections, objects)
    assert tuple(result.numbers) == NAMES
    np.testing.assert_allclose([result[n] for n in NAMES], expected.stats, rtol=0, atol=1e-12)
    precision, recall = (expected.eval[name] for name in ("precision", "recall"))
    for label, numbers in result.classes.items():
        ours = [numbers["AP"], numbers["APm"], numbers["AR1"], numbers["ARl"]]
        theirs = precision[:, :, label, 0, -1], precision[:, :, label, 2, -1]
        theirs += recall[:, label, 0, 0], recall[:, label, 3, -1]
        np.testing.assert_allclose(ours, [t.mean() for t in theirs], rtol=0, atol=1e-12)


def test_more_than_a_hundred_detections_of_a_class():
    rng = np.random.default_rng(3)
    truth = corners(rng, 150, 60)
    detections = [
        {
            "boxes": np.tile(truth, (2, 1)) + rng.integers(0, 3, (300, 4)) / 4,
            "scores": rng.integers(0, 50, 300) / 50,
            "labels": np.zeros(300, int),
        }
    ]
    objects = [{"boxes": truth, "labels": np.zeros(150, int)}]
    expected = coco_eval(detections, objects, [0]).stats
    result = boxes.evaluate(detections, objects)
    np.testing.assert_allclose([result[n] for n in NAMES], expected, rtol=0, atol=1e-12)


@cases(30)
@given(pictures())
def test_other_thresholds_areas_and_counts(drawn):
    detections, objects, classes = drawn
    expected = coco_eval(
        detections,
        objects,
        classes,
        iouThrs=np.array([0.3, 0.5, 1.0]),
        areaRng=[[0, 1e10], [0, 500]],
        areaRngLbl=["all", "tiny"],
        maxDets=[2, 5],
    ).eval
    result = boxes.evaluate(
        detections,
        objects,
        thresholds=[0.5, 0.3, 1],
        areas={"-tiny": (0, 500)},
        max_detections=[5, 2],
    )
    assert list(result.numbers) == ["AP", "AP50", "AP-tiny", "AR2", "AR5", "AR-tiny"]
    theirs = [expected["precision"][:, :, :, a, -1] for a in (0, 0, 1)]
    theirs[1] = expected["precision"][1, :, :, 0, -1]
    theirs += [expected["recall"][:, :, 0, 0], expected["recall"][:, :, 0, 1]]
    theirs += [expected["recall"][:, :, 1, 1]]
    for ours, their in zip(result.numbers.values(), theirs, strict=True):
        valid = their[their > -1]
        assert ours == pytest.approx(valid.mean() if len(valid) else -1, abs=1e-12)


def test_nothing_at_all():
    empty = {"boxes": [], "labels": [], "scores": []}
    one = {"boxes": [[0, 0, 9, 9]], "labels": [1], "scores": [0.5]}
    for detections, objects in (([], []), ([empty], [empty]), ([one], [empty])):
        result = boxes.evaluate(detections, objects)
        assert set(result.numbers.values()) == {-1.0}
    assert boxes.evaluate([empty], [one])["AP"] == 0
    assert boxes.evaluate([one], [one])["AP"] == pytest.approx(1)
    assert boxes.evaluate([one], [one], classes=[2])["AP"] == -1


def test_tensors_and_printing():
    picture = {"boxes": torch.tensor([[0.0, 0, 9, 9]]), "labels": torch.tensor([1])}
    picture["scores"] = torch.tensor([0.5])
    result = boxes.evaluate([picture], [picture])
    assert str(result).splitlines()[0] == "AP     1.0000"
    assert result.classes[1]["APs"] == pytest.approx(1)


GOOD = {"boxes": [[0, 0, 9, 9]], "labels": [1], "scores": [0.5]}
BAD = [  # detections, objects, the error, and what its message must say
    ([GOOD], [], ValueError, "detections must be for as many pictures as objects, 0, got 1"),
    (GOOD, [GOOD], TypeError, "detections must be a list of mappings"),
    ([3], [GOOD], TypeError, r"detections\[0\] must be a mapping, got 3"),
    ([{"boxes": []}], [GOOD], ValueError, r"detections\[0\] .* lacks labels, scores"),
    ([GOOD, GOOD | {"scores": [np.nan]}], [GOOD] * 2, ValueError, r"detections\[1\]\['scores'\]"),
    (
        [GOOD],
        [GOOD | {"boxes": [[0, 0, 1, np.inf]]}],
        ValueError,
        r"objects\[0\]\['boxes'\] .* inf",
    ),
    ([GOOD], [GOOD | {"labels": [1, 2]}], ValueError, r"objects\[0\]\['labels'\] must hold one"),
    ([GOOD], [GOOD | {"iscrowd": [3]}], ValueError, r"objects\[0\]\['iscrowd'\] must hold True"),
]


@pytest.mark.parametrize(("detections", "objects", "error", "message"), BAD)
def test_bad_pictures_are_named(detections, objects, error, message):
    with pytest.raises(error, match=message):
        boxes.evaluate(detections, objects)


OPTIONS = [
    ({"thresholds": [0, 0.5]}, ValueError, "thresholds must be at most 62 numbers above 0"),
    ({"areas": {"s": (5, 1)}}, ValueError, r"areas\['s'\] must be \(least, most\)"),
    ({"areas": [1]}, TypeError, "areas must be a mapping"),
    ({"max_detections": 3}, TypeError, "max_detections must be a list"),
    ({"max_detections": [0]}, ValueError, "max_detections must be a whole number of at least 1"),
    ({"classes": ["cat"]}, TypeError, "classes must hold"),
]


@pytest.mark.parametrize(("options", "error", "message"), OPTIONS)
def test_bad_options_are_named(options, error, message):
    with pytest.raises(error, match=message):
        boxes.evaluate([GOOD], [GOOD], **options)
