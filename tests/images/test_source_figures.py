"""The sources' figures against a computation of their own."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from cnnviz import images

ROOT = Path(__file__).resolve().parents[2]

RIGHT = ["binary_8x8", "edge_light_to_dark", "edge_dark_to_light"]
RIGHT += ["curve_detector", "curve_detector_elsewhere"]


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
