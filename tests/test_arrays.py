"""The door for arrays: what is taken, and what is refused by name before it is read."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from cnnviz import arrays
from cnnviz.arrays import as_array


class TestTensors:
    @pytest.mark.parametrize(
        "tensor",
        [
            torch.nn.Parameter(torch.tensor([1.0, 2.0])),
            torch.tensor([1.0, 2.0], requires_grad=True) * 1,
            torch.tensor([1.0, 2.0], dtype=torch.bfloat16),
            torch.tensor([1.0, 2.0], dtype=torch.bfloat16, requires_grad=True),
            torch.tensor([1.0, 2.0]).to(torch.float8_e5m2),
            torch.tensor([1.0, 2.0]).to_sparse(),
            torch.tensor([1, 2], dtype=torch.int16),
            torch.tensor([0 - 1j, 0 - 2j]).conj().imag,
            [torch.tensor(1.0, requires_grad=True), 2],
            (torch.nn.Parameter(torch.tensor([1.0]))[0], torch.tensor(2.0)),
        ],
        ids=lambda t: getattr(t, "type", lambda: "list")(),
    )
    def test_every_kind_is_read(self, tensor: object) -> None:
        assert as_array("x", tensor).tolist() == [1, 2]

    def test_bfloat16_is_widened(self) -> None:
        assert as_array("x", torch.ones(2, dtype=torch.bfloat16)).dtype == np.float32

    def test_complex_is_refused_by_name(self) -> None:
        with pytest.raises(TypeError, match="weight must hold real numbers, got dtype complex64"):
            as_array("weight", torch.ones(2, dtype=torch.complex64))


class TestMasks:
    @pytest.mark.parametrize(
        "masked",
        [
            np.ma.masked_equal([1, 2, -9999, 4], -9999),
            [np.ma.masked_equal([1, -9999], -9999), [1, 2]],
            [1, np.ma.masked, 3],
            np.ma.masked_invalid([1.0, np.nan]),
        ],
    )
    def test_a_masked_element_is_refused(self, masked: object) -> None:
        with pytest.raises(ValueError, match=r"image must hold a number everywhere, got 1 masked"):
            as_array("image", masked)

    def test_an_unused_mask_is_no_matter(self) -> None:
        array = as_array("image", np.ma.masked_equal([1, 2], -1))
        assert type(array) is np.ndarray
        assert array.tolist() == [1, 2]


class TestRefusals:
    @pytest.mark.parametrize(
        ("value", "error", "words"),
        [
            ("photo.png", TypeError, "PIL.Image.open"),
            (b"abc", TypeError, "got the text or path"),
            (["a", "b"], TypeError, "real numbers, got dtype <U1"),
            ([1 + 2j], TypeError, "real numbers, got dtype complex128"),
            (None, TypeError, "real numbers, got NoneType"),
            ({1: 2}, TypeError, "real numbers, got dict"),
            ([[1, 2], [3]], ValueError, "rows of different lengths"),
            ([], ValueError, r"at least one number, got shape \(0,\)"),
            (np.ones((3, 0)), ValueError, r"at least one number, got shape \(3, 0\)"),
            ([2**70], ValueError, "fit in int64"),
            (np.array(["2020-01-01"], "datetime64[D]"), TypeError, "real numbers, got dtype date"),
        ],
    )
    def test_is_named(self, value: object, error: type[Exception], words: str) -> None:
        with pytest.raises(error, match=f"^x must.*{words}"):
            as_array("x", value)

    def test_an_object_whose_array_raises(self) -> None:
        class Broken:
            def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
                raise RuntimeError("no device")

        with pytest.raises(TypeError, match=r"x must be an array of numbers: no device"):
            as_array("x", Broken())

    def test_a_list_that_holds_itself(self) -> None:
        loop: list[object] = []
        loop.append(loop)
        with pytest.raises((TypeError, ValueError), match=r"^x must"):
            as_array("x", loop)

    def test_size_and_axes_before_values(self) -> None:
        endless = np.broadcast_to(np.nan, (10**6, 10**6))  # reading it would take minutes
        with pytest.raises(ValueError, match=r"x must hold at most 100 numbers, got"):
            as_array("x", endless, most=100, finite=True)
        with pytest.raises(ValueError, match=r"x must have 1 or 3 axes"):
            as_array("x", endless, axes=(1, 3), finite=True)

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_finite(self, bad: float) -> None:
        assert as_array("x", [bad]).size == 1
        with pytest.raises(ValueError, match="x must hold finite numbers"):
            as_array("x", [1.0, bad], finite=True)


def test_long_doubles_become_float64() -> None:
    assert as_array("x", np.ones(2, np.longdouble)).dtype == np.float64


class TestPictures:
    RGB = Image.new("RGB", (3, 2), (10, 20, 30))

    def test_grey_stays_grey(self) -> None:
        assert as_array("image", Image.new("L", (3, 2), 7)).tolist() == [[7, 7, 7]] * 2

    def test_one_bit_is_black_and_white(self) -> None:
        assert np.unique(as_array("image", Image.new("1", (3, 2), 1))).tolist() == [255]

    @pytest.mark.parametrize("mode", ["RGB", "RGBA", "RGBX", "HSV"])
    def test_colours_as_a_viewer_shows_them(self, mode: str) -> None:
        pixels = as_array("image", self.RGB.convert(mode))
        assert pixels.shape == (3, 2, 3)
        np.testing.assert_allclose(pixels[:, 0, 0], [10, 20, 30], atol=3)

    def test_a_palette_is_looked_up(self) -> None:
        picture = Image.new("P", (3, 2), 1)
        picture.putpalette([0, 0, 0, 200, 100, 50])
        assert as_array("image", picture)[:, 0, 0].tolist() == [200, 100, 50]

    def test_what_is_transparent_lies_on_white(self) -> None:
        clear = Image.new("RGBA", (3, 2), (10, 20, 30, 0))
        assert np.unique(as_array("image", clear)).tolist() == [255]
        assert as_array("image", Image.new("LA", (3, 2), (0, 255))).tolist() == [[0, 0, 0]] * 2

    def test_sixteen_bits_become_eight(self) -> None:
        deep = Image.fromarray(np.array([[0, 257, 65535]], np.uint16))
        assert as_array("image", deep).tolist() == [[0, 1, 255]]

    @pytest.mark.parametrize(
        ("mode", "plain", "colour"), [("La", "LA", (100, 128)), ("RGBa", "RGBA", (100, 50, 0, 128))]
    )
    def test_premultiplied_ones_are_as_the_others(
        self, mode: str, plain: str, colour: tuple[int, ...]
    ) -> None:
        picture = Image.new(mode, (3, 2), colour)
        expected = as_array("image", picture.convert(plain))
        np.testing.assert_array_equal(as_array("image", picture), expected)
        assert expected.max() < 255

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_floats_that_are_none_are_refused(self, value: float) -> None:
        picture = Image.fromarray(np.full((2, 3), value, np.float32))
        with pytest.raises(ValueError, match=r"image must be a picture .* finite numbers"):
            as_array("image", picture)

    def test_a_closed_file_is_named(self, tmp_path: Path) -> None:
        Image.new("L", (3, 2)).save(tmp_path / "a.png")
        with Image.open(tmp_path / "a.png") as picture:
            pass
        with pytest.raises(ValueError, match="image must be a picture that can be read: "):
            as_array("image", picture)


@pytest.mark.parametrize(
    ("numbers", "kind"),
    [([[1, 2], [3, 4]], "i"), ([[1, 2.5], [3, 4]], "f"), ([[True, False]], "b")],
)
def test_objects_that_are_numbers_are_read_as_they_are(numbers: list[Any], kind: str) -> None:
    array = as_array("x", np.array(numbers, dtype=object))
    assert array.tolist() == numbers
    assert array.dtype.kind == kind


@pytest.mark.parametrize(
    ("objects", "error", "words"),
    [
        ([10**30], ValueError, "x must hold numbers that fit in int64"),
        ([1, "a"], TypeError, "x must hold real numbers"),
        ([Fraction(1, 2)], TypeError, "x must hold real numbers"),
        ([1, np.ma.masked], ValueError, "x must hold a number everywhere"),
    ],
)
def test_objects_that_are_none_are_refused(
    objects: list[Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        as_array("x", np.array(objects, dtype=object))


@pytest.mark.skipif(np.finfo(np.longdouble).max == np.finfo(float).max, reason="no wider float")
def test_wide_floats_become_no_infinities() -> None:
    with pytest.raises(ValueError, match="x must hold numbers that fit in float64"):
        as_array("x", [np.longdouble(10) ** 400])
    assert as_array("x", np.array([np.inf, 1], np.longdouble)).tolist() == [np.inf, 1]


def test_large_arrays_are_refused_before_they_are_made() -> None:
    arrays.refuse_large("size", (1000, 1000))
    with pytest.raises(ValueError, match=r"size asks for .* 7450\.6 GiB; at most 4 GiB"):
        arrays.refuse_large("size", (10**6, 10**6))


class TestImages:
    @pytest.mark.parametrize(
        ("shape", "planes"), [((4, 5), 1), ((1, 4, 5), 1), ((3, 4, 5), 3), ((3, 4, 3), 3)]
    )
    def test_a_picture_becomes_planes(self, shape: tuple[int, ...], planes: int) -> None:
        picture = np.arange(np.prod(shape)).reshape(shape)
        assert arrays.as_image("image", picture).shape == (planes, *shape[-2:])
        assert arrays.as_image("image", torch.tensor(picture)).shape == (planes, *shape[-2:])

    @pytest.mark.parametrize(
        "shape",
        [
            (9, 8, 3),
            (9, 8, 1),
            (9, 8, 2),
            (9, 8, 4),
            (4, 9, 8),
            (2, 9, 8),
            (7, 9, 8),
            (8,),
            (1, 3, 9, 8),
            (5, 1, 9, 8),
            (1, 9, 8, 3),
            (2, 9, 8, 1),
            (1, 9, 8, 4),
            (1, 1, 3, 9, 8),
        ],
        ids=str,
    )
    def test_the_line_in_the_message_mends_it(self, shape: tuple[int, ...]) -> None:
        image = np.zeros(shape)
        with pytest.raises(ValueError, match=r"^image must be .* got shape") as refused:
            arrays.as_image("image", image)
        line = str(refused.value).split("as with ")[1]
        mended = arrays.as_image("image", eval(line, {"np": np, "image": image}))
        assert mended.shape[-2:] == ((9, 8) if len(shape) > 1 else (1, 8))

    def test_values_are_looked_at_last(self) -> None:
        with pytest.raises(ValueError, match="image must be an array"):
            arrays.as_image("image", np.full((4, 4, 3), np.nan), finite=True)
        with pytest.raises(ValueError, match="image must hold finite numbers"):
            arrays.as_image("image", np.full((4, 4), np.nan), finite=True)


class TestNumbers:
    @pytest.mark.parametrize(
        "value",
        [
            2,
            2.0,
            np.float32(2),
            np.array(2),
            np.uint8(2),
            torch.tensor(2.0),
            Fraction(2),
            torch.nn.Parameter(torch.tensor(2.0)),
            torch.tensor(2.0, dtype=torch.bfloat16),
        ],
        ids=str,
    )
    def test_any_real_number_is_read(self, value: object) -> None:
        assert arrays.as_number("sigma", value) == 2

    @pytest.mark.parametrize(
        "value",
        [
            True,
            np.True_,
            torch.tensor(True),
            "2",
            b"2",
            None,
            2j,
            np.complex128(2),
            [2],
            {2},
            np.array([2.0]),
            np.array(True),
            torch.tensor([2.0]),
        ],
        ids=str,
    )
    def test_what_is_no_number_is_refused(self, value: object) -> None:
        with pytest.raises(TypeError, match=r"^sigma must be a number, got"):
            arrays.as_number("sigma", value)

    @pytest.mark.parametrize("value", [np.nan, -np.inf, 10**400])
    def test_what_is_not_finite_is_refused(self, value: float) -> None:
        with pytest.raises(ValueError, match=r"^sigma must be a finite number, got"):
            arrays.as_number("sigma", value)
        assert not np.isfinite(arrays.as_number("sigma", value, finite=False))


def test_tensors_without_numbers_are_refused_by_name() -> None:
    with pytest.raises(TypeError, match=r"^x must be an array of numbers: "):
        as_array("x", torch.empty(2, device="meta"))


def test_a_files_order_of_bytes_is_no_matter() -> None:
    assert as_array("x", np.array([1, 2], ">i2")).dtype == np.int16


def test_errors_show_values_cut_short() -> None:
    class Silent:
        def __repr__(self) -> str:
            raise RuntimeError

    assert arrays.shown(Silent()) == "a Silent"
    assert arrays.shown(10**5000) == "a int"
    assert len(arrays.shown(list(range(10**4)))) == 80
    assert arrays.shown(np.eye(2)) == "array([[1., 0.], [0., 1.]])"
