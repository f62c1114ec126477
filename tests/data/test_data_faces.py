"""Drawn faces tell people apart; folders of photographs are read, or refused by name."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnviz import data, embeddings

ORL = Path(__file__).resolve().parents[3] / "shared" / "data" / "orl-faces"


def test_the_same_seed_draws_the_same_people():
    few, many = data.drawn_faces(3, 4, seed=5), data.drawn_faces(6, 4, seed=5)
    assert np.array_equal(few.pictures, many.pictures[:12])
    assert not np.array_equal(few.pictures, data.drawn_faces(3, 4, seed=6).pictures)
    assert few.labels.tolist() == [0] * 4 + [1] * 4 + [2] * 4


def test_a_larger_picture_shows_the_same_face():
    small, large = (data.drawn_faces(10, 1, size=n).scaled()[:, 0] for n in (24, 48))
    shrunk = large.reshape(10, 24, 2, 24, 2).mean((2, 4))
    for i in range(10):
        assert np.corrcoef(small[i].ravel(), shrunk[i].ravel())[0, 1] > 0.8


def test_pictures_of_one_person_differ_and_their_pixels_hardly_tell_who_it_is():
    faces = data.drawn_faces(30, 4)
    both, same = embeddings.pairs(faces.labels)
    squared = embeddings.squared_distances(faces.scaled().reshape(120, -1))
    distances = np.sqrt(squared[both[:, 0], both[:, 1]])
    assert distances.min() > 2
    assert 0.25 < embeddings.equal_error_rate(distances, same) < 0.5


@pytest.fixture
def folder(tmp_path):
    """Make photographs of three, by other hands: ``s2`` before ``s10``, in grey and in colour."""
    for person, count in (("s10", 2), ("s2", 3), ("a", 1)):
        (tmp_path / person).mkdir()
        for i in range(count):
            tone = 10 * (count + i)
            Image.new("L", (30, 40), tone).save(tmp_path / person / f"{i + 1}.pgm")
    Image.new("RGB", (9, 9), (255, 0, 0)).save(tmp_path / "a" / "2.PNG")
    (tmp_path / "README").write_text("not a person")
    (tmp_path / "a" / "notes.txt").write_text("not a picture")
    (tmp_path / "empty").mkdir()
    return tmp_path


def test_people_are_read_folder_by_folder(folder):
    faces = data.people(folder, size=(20, 16))
    assert faces.classes == ("a", "s2", "s10")
    assert faces.pictures.shape == (7, 1, 20, 16)
    assert faces.labels.tolist() == [0, 0, 1, 1, 1, 2, 2]
    assert faces.pictures[:, 0, 0, 0].tolist() == [10, 76, 30, 40, 50, 20, 30]


def test_ten_pictures_come_in_the_order_of_their_numbers(tmp_path):
    (tmp_path / "s1").mkdir()
    for i in range(1, 12):
        Image.new("L", (16, 16), i).save(tmp_path / "s1" / f"{i}.png")
    assert data.people(tmp_path, size=16).pictures[:, 0, 0, 0].tolist() == list(range(1, 12))


def test_a_picture_that_is_none_is_named(folder):
    (folder / "s2" / "3.pgm").write_bytes(b"P5 30 40 255\n cut off")
    with pytest.raises(data.DamagedData, match=r"s2/3\.pgm can't be read as a picture"):
        data.people(folder)
    (folder / "s2" / "3.pgm").write_bytes(b"")
    with pytest.raises(data.DamagedData, match=r"s2/3\.pgm"):
        data.people(folder)


def test_folders_without_people_are_refused(tmp_path):
    with pytest.raises(ValueError, match="there is no folder"):
        data.people(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="there are no pictures"):
        data.people(tmp_path)
    with pytest.raises(TypeError, match="folder must be a path"):
        data.people(7)
    with pytest.raises(ValueError, match="size must be a whole number of at least 16"):
        data.people(tmp_path, size=8)


@pytest.mark.skipif(not ORL.is_dir(), reason=f"the ORL faces are not at {ORL}")
def test_the_orl_faces_are_forty_people_with_ten_photographs_each():
    faces = data.people(ORL, size=(56, 46))
    assert faces.pictures.shape == (400, 1, 56, 46)
    assert np.bincount(faces.labels).tolist() == [10] * 40
    assert faces.classes[:3] == ("s1", "s2", "s3")
    both, same = embeddings.pairs(faces.labels)
    squared = embeddings.squared_distances(faces.scaled().reshape(400, -1))
    distances = np.sqrt(squared[both[:, 0], both[:, 1]])
    assert 0.08 < embeddings.equal_error_rate(distances, same) < 0.16
