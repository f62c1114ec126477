"""The record of faces: what a run measures, and that figures alone are kept."""

import json

import numpy as np
import pytest
import record_faces

from cnnviz import data


def test_a_run_measures_every_way_on_people_not_trained_on(monkeypatch):
    monkeypatch.setattr(record_faces, "STEPS", 2)
    train, test = record_faces.parts(data.drawn_faces(20, 4, size=16), 14, seed=3)
    assert not set(train.labels) & set(test.labels)
    assert len(set(train.labels)) == 14
    assert len(train) + len(test) == 80
    results = record_faces.run(train, test, seed=3)
    assert len(results) == 6
    for figures in results.values():
        low, high = figures["interval"]
        assert 0 <= low <= figures["equal_error_rate"] + 0.1
        assert high <= 1
        assert 0 <= figures["one_shot"] <= 1


def test_other_seeds_draw_other_people():
    faces = data.drawn_faces(10, 4, size=16)
    people = [set(record_faces.parts(faces, 5, seed)[0].labels) for seed in range(4)]
    assert len({frozenset(each) for each in people}) > 1


def test_the_record_holds_figures_alone():
    text = record_faces.RECORD.read_text("utf-8")
    assert len(text) < 20_000

    def leaves(value):
        if isinstance(value, dict | list):
            for one in value.values() if isinstance(value, dict) else value:
                yield from leaves(one)
        else:
            yield value

    content = json.loads(text)
    for name, people in (("orl", 40), ("drawn", 100)):
        assert sum(content["sets"][name]["people"]) == people
        assert len(content["sets"][name]["runs"]) == record_faces.RUNS
        shares = list(leaves(content["sets"][name]["runs"]))
        assert all(isinstance(share, float | int) and 0 <= share <= 1 for share in shares)
        rates = [run["pixels"]["equal_error_rate"] for run in content["sets"][name]["runs"]]
        assert np.ptp(rates) > 0  # other people in each run


@pytest.mark.parametrize("seed", [0, 4])
def test_the_drawn_pixels_are_measured_as_recorded(seed):
    faces = data.drawn_faces(100, 8)
    _, test = record_faces.parts(faces, 60, seed)
    kept = json.loads(record_faces.RECORD.read_text("utf-8"))["sets"]["drawn"]["runs"][seed]
    measured = record_faces.figures(test.scaled().reshape(len(test), -1), test.labels)
    for name, value in kept["pixels"].items():
        assert measured[name] == pytest.approx(value, abs=0.002), name
