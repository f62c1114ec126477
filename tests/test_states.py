"""Weights by name: what differs is said, a few at a time."""

import pytest
import torch

from cnnviz.states import check_state, few, file_at, read_torch

OURS = {"a": torch.zeros(2), "b": torch.zeros(3), "counter": 1}


def test_the_same_names_and_shapes_pass_whatever_the_numbers():
    check_state("x", OURS, {"a": torch.ones(2), "b": torch.ones(3), "counter": 7})


@pytest.mark.parametrize(
    ("saved", "words"),
    [
        ({"a": torch.zeros(2), "counter": 1}, "'x' .* network: b is missing$"),
        (OURS | {"c": torch.zeros(1)}, "c is too many$"),
        (OURS | {"b": torch.zeros(3, 1)}, r"b is \(3, 1\) and should be \(3,\)$"),
        ({}, "a is missing; b is missing; counter is missing$"),
    ],
)
def test_what_differs_is_named(saved, words):
    with pytest.raises(ValueError, match=words):
        check_state("x", OURS, saved)


def test_few_says_how_many_more_there_are():
    assert few(list("abcdef")) == "a; b; c; d; and 2 more"
    assert few(["a"]) == "a"


def test_a_file_that_torch_cannot_read_gives_the_reason_alone(tmp_path):
    path = tmp_path / "x.pt"
    path.write_bytes(b"nothing of torch's")
    with pytest.raises(ValueError, match=r"^.{1,120}$"):
        read_torch(path)


def test_a_file_must_be_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="weights must name a file that exists"):
        file_at(tmp_path / "x.pt", (".pt",), "weights")
