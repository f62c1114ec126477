"""A drawn digit, placed as MNIST's makers placed theirs; and what is lost without it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnviz import data, digit_network
from cnnviz.images import centred_digit
from cnnviz.widgets import _network

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "data"
needs_mnist = pytest.mark.skipif(
    not (REAL / "mnist").is_dir(), reason="MNIST is not beside the clone"
)

EXAMPLES = digit_network.load()["example_pictures"]


@pytest.fixture(scope="module")
def thousand():
    """Return the first thousand of MNIST's test digits, and their labels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CNNVIZ_DATA", str(REAL))
        test = data.load("mnist", "test")
    return test.pictures[:1000, 0], test.labels[:1000]


def centre_of_mass(picture):
    i = np.arange(len(picture))
    return (picture.sum(axis=1) @ i) / picture.sum(), (picture.sum(axis=0) @ i) / picture.sum()


@pytest.mark.parametrize("digit", EXAMPLES)
def test_mnist_s_own_digits_stay_where_they_are(digit):
    assert np.array_equal(centred_digit(digit), digit)
    assert np.allclose(centred_digit(np.kron(digit, np.ones((4, 4), np.uint8))), digit)
    assert np.allclose(centred_digit(digit / 255), digit / 255)


@needs_mnist
def test_nearly_all_of_mnist_s_digits_stay_where_they_are(thousand):
    moved = [
        i for i, digit in enumerate(thousand[0]) if not np.array_equal(centred_digit(digit), digit)
    ]
    assert len(moved) <= 1


@pytest.mark.parametrize("shape", [(80, 40), (13, 200), (5, 3), (1, 1), (20, 20), (300, 299)])
@pytest.mark.parametrize("where", [(0, 0), (7, 90)])
def test_the_box_has_20_pixels_and_the_centre_of_mass_is_in_the_middle(shape, where):
    rng = np.random.default_rng(1)
    sheet = np.zeros((400, 400))
    sheet[where[0] : where[0] + shape[0], where[1] : where[1] + shape[1]] = rng.uniform(
        1, 255, shape
    )
    placed = centred_digit(sheet)
    box = [np.ptp(np.flatnonzero(placed.any(axis=a))) + 1 for a in (1, 0)]
    assert max(box) == 20
    assert box[np.argmin(shape)] == pytest.approx(max(1, 20 * min(shape) / max(shape)), abs=0.5)
    assert np.abs(np.subtract(centre_of_mass(placed), 14)).max() <= 0.5 + 1e-5
    mean = sheet[sheet > 0].mean()
    assert placed.sum() / np.prod(box) == pytest.approx(mean), "averaging keeps the mean"


def test_where_it_is_drawn_and_how_large_does_not_matter():
    digit = Image.fromarray(EXAMPLES[1])
    large = np.asarray(digit.resize((140, 140), Image.Resampling.NEAREST))
    sheet = np.zeros((300, 300), np.uint8)
    sheet[30:170, 120:260] = large
    assert np.allclose(centred_digit(sheet), centred_digit(large))
    assert np.allclose(centred_digit(sheet), EXAMPLES[1])


def test_a_digit_with_its_mass_at_one_end_does_not_leave_the_frame():
    sheet = np.zeros((100, 100))
    sheet[:, 50] = 1e-3
    sheet[95:, 40:60] = 1000
    placed = centred_digit(sheet)
    assert (placed.any(axis=1)[:20]).all() or placed.any(axis=1).sum() == 20
    assert placed.sum() == pytest.approx(sheet.sum() / 25)


def test_nothing_drawn_gives_nothing():
    assert not centred_digit(np.zeros((112, 112))).any()


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (np.ones((3, 28, 28)), "picture must be grey"),
        (-np.ones((28, 28)), "picture must be light on a ground of 0"),
        (np.full((28, 28), np.nan), "picture must hold finite numbers"),
        (np.ones(28), "picture must be an array"),
    ],
)
def test_what_is_no_drawing_is_refused(picture, message):
    with pytest.raises(ValueError, match=message):
        centred_digit(picture)


def moved(digit, rng):
    """Return a digit of another size somewhere on a sheet of 28 × 28, nothing of it cut off."""
    rows, cols = np.flatnonzero(digit.any(axis=1)), np.flatnonzero(digit.any(axis=0))
    box = digit[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
    size = rng.uniform(0.5, 1.3)
    shape = [max(1, min(28, round(n * size))) for n in box.shape]
    box = np.asarray(Image.fromarray(box).resize(shape[::-1], Image.Resampling.BILINEAR))
    sheet = np.zeros((28, 28), np.uint8)
    top, left = (rng.integers(0, 28 - n + 1) for n in box.shape)
    sheet[top : top + box.shape[0], left : left + box.shape[1]] = box
    return sheet


@needs_mnist
def test_what_accuracy_is_lost_without_it(thousand):
    """Digits somewhere on the sheet, of half to 1.3 times their size, as people draw them."""
    pictures, labels = thousand
    rng = np.random.default_rng(0)
    elsewhere = [moved(picture, rng) for picture in pictures]
    network = _network.shipped()

    def accuracy(digits):
        return np.mean([network.maps(d / 255)["output"].argmax() for d in digits] == labels)

    table = {
        "as MNIST has them": accuracy(pictures),
        "moved and scaled": accuracy(elsewhere),
        "the same, placed": accuracy([centred_digit(sheet) for sheet in elsewhere]),
    }
    for what, share in table.items():
        print(f"{what:20} {share:6.1%}")
    assert table["as MNIST has them"] > 0.98
    assert table["moved and scaled"] < 0.75
    assert table["the same, placed"] > 0.96
