"""Odd input to figures and animations is drawn, or refused by the argument's name; never raw."""

import itertools
import math
import warnings

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("matplotlib")

from figure_cases import drawn
from matplotlib import pyplot
from odd_inputs import Unwalkable

from cnnviz import animations, figures

torch = pytest.importorskip("torch")

ARRAYS = {
    "ragged": [[1, 2], [3]],
    "empty": np.zeros((0, 3)),
    "infinite": [[1, math.inf]],
    "text": "camera.png",
    "none": None,
    "a number": 5,
    "complex": np.array([[1j]]),
    "objects": np.array([[object()]]),
    "masked": np.ma.masked_equal([[1, 2], [3, 4]], 2),
    "too large an int": [[10**30]],
    "dates": np.array([["2020-01-01"]], dtype="M8[D]"),
    "a million a side": np.broadcast_to(np.float64(1), (10**6, 10**6)),
    "30 000 a side": np.broadcast_to(np.uint8(1), (3, 30_000, 30_000)),
    "five axes": np.ones((2,) * 5),
    "iterator": iter([1, 2]),
}
DRAWABLE = {
    "NaN": np.full((3, 3), np.nan),
    "largest floats": np.array([[-1.7e308, 1.7e308], [0, 5e-324]]),
    "smallest floats": np.eye(3) * 5e-324,
    "edges of int64": np.array([[2**63 - 1, -(2**63)]]),
    "flags": np.eye(3, dtype=bool),
    "bfloat16": torch.ones(3, 3, dtype=torch.bfloat16),
    "with a gradient": torch.nn.Parameter(torch.ones(1, 3, 3)),
    "half": np.eye(3, dtype=np.float16),
    "a line": np.ones((1, 400)),
    "palette": Image.new("P", (5, 4)),
    "one axis, as a row": np.ones((1, 3)),
}
TAKE_ARRAYS = {
    "image": figures.show_image,
    "values": figures.show_feature_map,
    "kernel": figures.show_kernel,
    "numbers": figures.show_numbers,
    "signals": figures.show_signal,
    "output": lambda array: figures.show_convolution(np.eye(3), [1], array),
    "x": lambda array: animations.convolution(array, [1], "/nowhere/a.gif"),
    "weight": lambda array: animations.convolution([1, 2, 3], array, "/nowhere/a.gif"),
}


@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS)
@pytest.mark.parametrize("name", TAKE_ARRAYS)
def test_what_is_no_array_is_refused_by_name(name, array):
    with pytest.raises((ValueError, TypeError), match=f"^{name} must"):
        TAKE_ARRAYS[name](array)


UNUSUAL = [
    pytest.param(name, array, id=f"{name}-{what}")
    for what, array in DRAWABLE.items()
    for name in ("image", "values", "kernel", "numbers")
    if name == "image" or not isinstance(array, Image.Image)  # a picture is an image
]


@pytest.mark.parametrize(("name", "array"), UNUSUAL)
def test_what_is_unusual_is_drawn(name, array):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = drawn(TAKE_ARRAYS[name](array))
    assert picture.std() > 0


ODD_NUMBERS = [math.nan, math.inf, -math.inf, -1, 0, True, "1", [1], 1j, 10**400]
ODD_WINDOWS = [
    (0, 0, 4, 1),
    (0, -1, 1, 1),
    (3, 0, 1, 1),
    (0, 0, 0, 1),
    (0, 0, 1),
    (0, 0, 1, 1.5),
    (math.nan,) * 4,
    (10**400, 0, 1, 1),
    "abcd",
    5,
    [None] * 4,
]
ODD_TEXTS = [5, None, b"a", ["a"], "x" * 2000]


@pytest.mark.parametrize(
    ("name", "value", "call"),
    [
        *(("top", v, lambda v: figures.show_feature_map(np.eye(3), top=v)) for v in ODD_NUMBERS),
        *(("rate", v, lambda v: figures.show_signal([1, 2], rate=v)) for v in ODD_NUMBERS),
        *(("aspect", v, lambda v: figures.panels(2, aspect=v)) for v in ODD_NUMBERS),
        *(("count", v, figures.panels) for v in [*ODD_NUMBERS, 10**9, 2.5]),
        *(("columns", v, lambda v: figures.panels(2, columns=v)) for v in [*ODD_NUMBERS, 33]),
        *(
            ("fps", v, lambda v: animations.pooling([1, 2], "/nowhere/a.gif", fps=v))
            for v in [*ODD_NUMBERS, 0.001, 51]
        ),
        *(("window", v, lambda v: figures.show_image(np.eye(3), window=v)) for v in ODD_WINDOWS),
        *(("window", v, lambda v: figures.show_numbers(np.eye(3), window=v)) for v in ODD_WINDOWS),
        *(
            (name, v, lambda v, name=name: figures.show_boxes(np.eye(3), **{name: v}))
            for name in ("objects", "found")
            for v in (
                5,
                "a",
                [[1, 2, 3]],
                [[0, 0, 1, math.nan]],
                [[0, 0, 1, math.inf]],
                [[[0] * 4]],
            )
        ),
        *(
            ("labels", v, lambda v: figures.show_boxes(np.eye(3), [], [[0, 0, 1, 1]], labels=v))
            for v in (5, ["a", "b"], [5], itertools.repeat("a"), Unwalkable())
        ),
        *(("title", v, lambda v: figures.show_boxes(np.eye(3), title=v)) for v in ODD_TEXTS),
        *(("title", v, lambda v: figures.show_image(np.eye(3), v)) for v in ODD_TEXTS),
        *(("unit", v, lambda v: figures.show_signal([1], unit=v)) for v in ODD_TEXTS),
        *(("labels", v, lambda v: figures.show_signal([1], labels=[v])) for v in ODD_TEXTS),
        *(
            ("labels", v, lambda v: figures.show_signal([1], labels=v))
            for v in (5, ["a", "b"], itertools.repeat("a"), Unwalkable())
        ),
        *(
            ("titles", v, lambda v: figures.show_convolution([1], [1], [1], titles=v))
            for v in ("ab", 5, None, [1, 2, 3], itertools.repeat("a"), Unwalkable())
        ),
        *(
            ("padding", v, lambda v: figures.show_numbers(np.eye(3), padding=v))
            for v in (-1, 1.5, None, "same", 10**400, 30_000, 64, [1, 2, 3])
        ),
        *(
            ("role", v, lambda v: figures.show_image(np.eye(3), role=v))
            for v in (None, 5, [], ["input"], "padding", np.array(["input"]))
        ),
        *(
            ("role", v, lambda v: figures.show_signal([1], role=v))
            for v in (5, [], [5], "x", Unwalkable())
        ),
        *(
            ("style", v, lambda v: animations.pooling([1, 2], "/nowhere/a.gif", style=v))
            for v in ("blue", None, [], 5)
        ),
        ("path", Unwalkable(), lambda v: animations.pooling([1, 2], v)),
        ("weight", np.ones(4), lambda v: animations.convolution([1, 2, 3], v, "/nowhere/a.gif")),
        *(
            ("mode", v, lambda v: animations.pooling([1, 2], "/nowhere/a.gif", mode=v))
            for v in ("min", None, np.array(["max"]))
        ),
        *(
            (
                "output_padding",
                v,
                lambda v: animations.convolution(
                    np.eye(3), np.eye(2), "/nowhere/a.gif", output_padding=v
                ),
            )
            for v in (
                np.array([1, 2]),
                (0, 1),
                [0],
                np.zeros(3, int),
                "0",
                None,
                0.0,
                [[1], [2, 3]],
            )
        ),
    ],
)
def test_an_odd_argument_is_refused_by_name(name, value, call):
    with pytest.raises((ValueError, TypeError), match=f"^{name} "):
        call(value)


@pytest.mark.parametrize("projection", ["polar", "3d"])
def test_axes_that_hold_no_picture_are_refused(projection):
    figure = pyplot.figure()
    try:
        ax = figure.add_subplot(projection=projection)
        with pytest.raises(ValueError, match="ax must have straight axes"):
            figures.show_image(np.eye(3), ax=ax)
    finally:
        pyplot.close(figure)


@pytest.mark.parametrize("value", [1.7e308, 1e301, np.finfo(float).max])
@pytest.mark.parametrize("count", [1, 2, 60])
def test_signals_that_no_axis_can_span_are_refused(value, count):
    signal = np.resize([value, -value], count)
    with pytest.raises(ValueError, match=r"^signals must lie within ±1e\+300, got "):
        figures.show_signal([1, 2], signal)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert drawn(figures.show_signal(signal / value * 1e300)).std() > 0


@pytest.mark.parametrize("sign", ["\u200b", "\u200d", "\ufeff", "\u00ad", "\u202e", "\ufe0f"])
def test_signs_that_are_never_seen_are_left_out(sign):
    draws = [
        lambda text: figures.show_image(np.eye(3), text),
        lambda text: figures.show_numbers(np.eye(2), text),
        lambda text: figures.show_signal([1, 2], title=text, labels=[text], unit=text),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for draw in draws:
            for odd, plain in ((sign, ""), (f" {sign} ", ""), (f"a{sign}b", "ab")):
                np.testing.assert_array_equal(drawn(draw(odd)), drawn(draw(plain)))


def test_padding_and_kernels_as_arrays_are_taken():
    figure = figures.show_numbers(
        np.eye(3), padding=np.array([1, 2]), window=np.array([-1, -2, 1, 1])
    )
    assert figure.axes[0].get_xlim() == (-2, 5)


def test_numbers_too_large_for_a_slide_are_still_written(tmp_path):
    for x in ([1e99, -1e99, 3], [1e-300, 2e-300, 0], [1e15, 1e-15, 2]):
        animations.convolution(x, [1, -1], tmp_path / "a.gif")
    with pytest.raises(ValueError, match=r"x must lie within ±1e\+100"):
        animations.convolution([1e200, 1], [1], tmp_path / "a.gif")
