"""Pictures, and the sources' figures against a computation of their own."""

import importlib.util
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from cnnviz import images

ROOT = Path(__file__).resolve().parent.parent


def correlate(image, kernel):
    """Correlate by nested loops: slow, and hard to get wrong."""
    rows, columns = (n - k + 1 for n, k in zip(image.shape, kernel.shape, strict=True))
    output = np.zeros((rows, columns), dtype=np.result_type(image, kernel))
    for i, j, u, v in product(range(rows), range(columns), *map(range, kernel.shape)):
        output[i, j] += image[i + u, j + v] * kernel[u, v]
    return output


def agrees_where_printed(answer, printed):
    given = ~np.isnan(printed)
    assert answer.shape == printed.shape
    return (answer[given] == printed[given]).all() and given.any()


# ---- small pictures


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


def test_the_phantom_is_what_its_words_say():
    volume = images.chest_phantom()
    assert (volume.shape, volume.dtype) == ((16, 24, 24), np.uint8)
    assert set(np.unique(volume)) == {0, 20, 100, 120, 200}
    assert (volume[:, 17, 11:13] == 200).all(), "the spine runs through every slice"
    spots = volume == 120
    in_nodule = [depth for depth in range(16) if spots[depth, :, 12:].any()]
    in_vessel = [depth for depth in range(16) if spots[depth, :, :12].any()]
    assert in_nodule == [7, 8, 9]
    assert in_vessel == list(range(16))
    solid = volume.copy()
    solid[spots] = 20
    np.testing.assert_array_equal(solid, solid[:, :, ::-1], "but for the spots, left is right")
    volume[:] = 7
    assert (images.chest_phantom() != 7).any()


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


# ---- the sources' figures


@pytest.mark.parametrize("name", images.FIGURES)
def test_figures_are_complete_and_fresh(name):
    example = images.figure(name)
    assert example.source
    assert ".txt" not in example.source
    first = getattr(images, name)()
    first.image[:] = 99
    first.kernel[:] = 99
    assert (images.figure(name).image != 99).any()
    assert (images.figure(name).kernel != 99).any()


RIGHT = ["binary_8x8", "edge_light_to_dark", "edge_dark_to_light"]
RIGHT += ["curve_detector", "curve_detector_elsewhere"]


@pytest.mark.parametrize("name", RIGHT)
def test_right_answers_are_right(name):
    image, kernel, printed, _ = images.figure(name)
    assert agrees_where_printed(correlate(image, kernel), printed)


def test_binary_figure_prints_16_of_36():
    image, kernel, printed, _ = images.binary_8x8()
    assert np.count_nonzero(~np.isnan(printed)) == 16
    assert correlate(image, kernel).size == 36


def test_integers_figure():
    image, kernel, printed, _ = images.integers_6x6()
    assert printed is None
    answer = [[-5, -4, 0, 8], [-10, -2, 2, 3], [0, -2, -4, -7], [-3, -2, -3, -16]]
    np.testing.assert_array_equal(correlate(image, kernel), answer)


@pytest.mark.parametrize(
    ("name", "answer"), [("curve_detector", 8100), ("curve_detector_elsewhere", 1500)]
)
def test_eight_row_filter_would_answer_otherwise(name, answer):
    image, kernel, _, _ = images.figure(name)
    longer = kernel.copy()
    longer[6, 3] = 30
    assert correlate(image, longer).item() == answer


@pytest.mark.parametrize("name", ["ones_with_diagonals", "ones_with_cross"])
def test_wrong_answers_are_wrong(name):
    image, kernel, printed, _ = images.figure(name)
    assert correlate(image, kernel).tolist() == [[5]]
    same = correlate(np.pad(image, 1), kernel)
    corner, side = (2, 3) if name == "ones_with_diagonals" else (3, 4)
    assert same.tolist() == [[corner, side, corner], [side, 5, side], [corner, side, corner]]
    assert (same != printed).any()
    assert (kernel @ image != printed).any(), "nor is it a matrix product"
    assert (kernel * image != printed).any(), "nor a product cell by cell"


def test_flipped_mask_gives_52():
    image, mask, printed, _ = images.flipped_mask()
    convolved = correlate(np.pad(image, 1), mask[::-1, ::-1])
    assert agrees_where_printed(convolved, printed)
    assert correlate(np.pad(image, 1), mask)[0, 0] != 52
    assert 5 * 2 + 4 * 4 + 1 * 0 == 26


def test_pooling_figure():
    image, kernel, printed, _ = images.average_pooling_4x4()
    np.testing.assert_array_equal(correlate(image, kernel)[::2, ::2], printed)


# ---- scikit-image's pictures


BUNDLED = ["astronaut", "brick", "camera", "cat", "clock"]
BUNDLED += ["coffee", "coins", "moon", "page", "text"]


@pytest.mark.parametrize("name", BUNDLED)
def test_full_size_pictures_need_no_network(name, monkeypatch):
    pytest.importorskip("skimage")
    monkeypatch.setattr("socket.socket.connect", None)
    monkeypatch.setattr("socket.getaddrinfo", None)
    full = getattr(images, name)()
    assert full.dtype == np.uint8
    assert full.ndim == 2 or full.shape[0] == 3
    small = getattr(images, name)(size=(20, 30))
    assert small.shape == (*full.shape[:-2], 20, 30)
    assert small.dtype == np.uint8
    assert abs(small.mean() - full.mean()) < 3


def test_resizing_smooths_first():
    pytest.importorskip("skimage")
    # Brick's fine grain would survive plain subsampling with all its contrast.
    full = images.brick()
    assert images.brick(size=32).std() < 0.9 * full[::16, ::16].std()


def test_bad_size_is_refused_before_scikit_image_is_needed():
    for size in (0, -1, (3,), (3, 0), ()):
        with pytest.raises(ValueError, match="size must be"):
            images.camera(size=size)
    for size in (2.5, "96", True, (3, None)):
        with pytest.raises(TypeError, match="size must be"):
            images.camera(size=size)


def test_missing_scikit_image_is_explained(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage", None)
    with pytest.raises(ImportError, match=r"images\.coins\(\) needs scikit-image: pip install"):
        images.coins()
    assert images.picture("camera").shape == (96, 96)


def test_import_is_light():
    code = (
        "import sys, cnnviz.images, cnnviz.kernels; cnnviz.images.picture('camera');"
        "assert not {'skimage', 'scipy', 'matplotlib', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
