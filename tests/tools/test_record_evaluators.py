"""The record of evaluators: what it says of pycocotools is what pycocotools says, and so do we."""

import json

import numpy as np
import pytest
import record_evaluators as evaluators

from cnnviz import boxes

CASES = json.loads(evaluators.FILE.read_text("utf-8"))["cases"]

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])


def ours(case):
    """Return what `cnnviz.boxes` says: it has no ids."""

    def table(rows, last):
        numbers = np.reshape(rows, (-1, 6)).astype(float)
        return {"boxes": numbers[:, :4], "labels": numbers[:, 4].astype(int), last: numbers[:, 5]}

    found = [table(one["found"], "scores") for one in case["pictures"]]
    objects = [table(one["objects"], "iscrowd") for one in case["pictures"]]
    for one in objects:
        one["iscrowd"] = one["iscrowd"].astype(int)
    result = boxes.evaluate(found, objects)
    return {name: result[name] for name in evaluators.NUMBERS}


def test_the_record_holds_the_cases_and_all_evaluators():
    made = evaluators.cases()
    assert [case["name"] for case in CASES] == [case["name"] for case in made]
    for case, again in zip(CASES, made, strict=True):
        assert case["pictures"] == again["pictures"]
        assert list(case["results"]) == list(evaluators.EVALUATORS)


@every_case
def test_what_pycocotools_says_now_is_in_the_record(case):
    assert evaluators.judged("pycocotools", case) == pytest.approx(
        case["results"]["pycocotools"], abs=1e-12
    )


@every_case
def test_ours_is_pycocotools_wherever_objects_have_numbers_above_zero(case):
    came = ours(case)
    if case["first_id"]:
        assert came == pytest.approx(case["results"]["pycocotools"], abs=1e-12)
    else:
        assert came["AP"] == 1
        assert case["results"]["pycocotools"]["AP"] < 0.5


def test_an_evaluator_that_is_not_there_keeps_what_it_said(monkeypatch, tmp_path):
    record = tmp_path / "evaluators.json"
    record.write_bytes(evaluators.FILE.read_bytes())
    monkeypatch.setattr(evaluators, "FILE", record)
    monkeypatch.setattr(evaluators, "version", lambda name: None)
    evaluators.main()
    assert json.loads(record.read_text("utf-8"))["cases"] == CASES
