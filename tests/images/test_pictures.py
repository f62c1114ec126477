"""The small pictures, and what importing them costs."""

import importlib.util
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from cnnviz import images

ROOT = Path(__file__).resolve().parents[2]


def correlate(image, kernel):
    """Correlate by nested loops: slow, and hard to get wrong."""
    rows, columns = (n - k + 1 for n, k in zip(image.shape, kernel.shape, strict=True))
    output = np.zeros((rows, columns), dtype=np.result_type(image, kernel))
    for i, j, u, v in product(range(rows), range(columns), *map(range, kernel.shape)):
        output[i, j] += image[i + u, j + v] * kernel[u, v]
    return output


@pytest.mark.parametrize("name", images.PICTURES)
def test_pictures_have_the_shape_they_document(name):
    expected = {"astronaut": (3, 96, 96), "digit": (28, 28), "impulse": (15, 15)}
    picture = images.picture(name)
    assert picture.shape == expected.get(name, (96, 96))
    assert picture.dtype == np.uint8
    assert picture.flags.c_contiguous
    picture[:] = 7
    assert (images.picture(name) != 7).any(), "a picture must not be changed by its user"


def test_picture_order_is_the_menu():
    menu = "camera astronaut checkerboard rings step digit impulse"
    assert " ".join(images.PICTURES) == menu


def test_photographs_are_made_by_the_tool():
    pytest.importorskip("skimage")
    spec = importlib.util.spec_from_file_location("tool", ROOT / "tools" / "make_pictures.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    for name, (row, column, block) in tool.CROPS.items():
        full = getattr(images, name)()
        small = images.picture(name)
        last = full[..., row + 95 * block : row + 96 * block, column : column + block]
        mean = last.reshape(*last.shape[:-2], -1).mean(axis=-1)
        np.testing.assert_array_equal(small[..., 95, 0], np.round(mean))


def test_drawn_pictures():
    board = images.picture("checkerboard")
    assert (np.diff(board[0].astype(int)).nonzero()[0] == np.arange(11, 95, 12)).all()
    assert (board == board.T).all()

    rings = images.picture("rings")
    assert (rings == rings.T).all()
    assert (rings == rings[::-1]).all()
    assert rings[47, 47] > 250
    assert rings.min() < 5

    step = images.picture("step")
    assert len(np.unique(step[:, :48])) == len(np.unique(step[:, 48:])) == 1
    assert step[0, 0] > step[0, 95]

    digit = images.picture("digit")
    ink = np.argwhere(digit)
    assert digit.max() == 255
    assert len(np.unique(digit)) > 10, "the stroke's edge is smooth"
    assert (ink.min(axis=0) >= 3).all(), "a margin, as in MNIST"
    assert (ink.max(axis=0) <= 24).all(), "a margin, as in MNIST"

    impulse = images.picture("impulse")
    assert np.argwhere(impulse).tolist() == [[7, 7]]


def test_correlating_the_impulse_turns_the_kernel_round():
    kernel = np.arange(1, 10).reshape(3, 3)
    output = correlate(images.picture("impulse").astype(int), kernel)
    np.testing.assert_array_equal(output[5:8, 5:8], 255 * kernel[::-1, ::-1])


@pytest.mark.parametrize("name", ["Camera", "", None, 3, ["camera"]])
def test_unknown_names_are_refused(name):
    with pytest.raises(ValueError, match=r"name must be one of camera, astronaut.*got"):
        images.picture(name)
    with pytest.raises(ValueError, match=r"name must be one of binary_8x8.*got"):
        images.figure(name)


def test_import_is_light():
    code = (
        "import sys, cnnviz.images, cnnviz.kernels; cnnviz.images.picture('camera');"
        "assert not {'skimage', 'scipy', 'matplotlib', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
