"""The one door by which arrays come into the package.

Whatever a reader has at hand is taken: NumPy arrays, nested lists, torch tensors wherever they
live, Pillow's pictures. What would be read wrongly is refused by name instead: masks (NumPy drops
them in silence), text, complex numbers, rows of different lengths. The shape is looked at before
the values are, so that an array far too large is refused at once.

>>> from cnnviz.arrays import as_array
>>> as_array("image", [[1, 2], [3, 4]]).shape
(2, 2)
"""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = [
    "as_array",
    "as_flag",
    "as_image",
    "as_light",
    "as_number",
    "as_pixels",
    "byte_size",
    "channels_hint",
    "check_name",
    "is_picture",
    "refuse_large",
    "shown",
]

#: What one array that the package makes may take. A laptop has more, but not twice as much.
MOST_BYTES = 4 * 2**30

_DEEPEST = 32  # axes, of arrays and of nested lists; NumPy has room for twice as many


def as_array(
    name: str,
    value: Any,
    *,
    axes: Collection[int] | None = None,
    most: int | None = None,
    finite: bool = False,
) -> NDArray[Any]:
    """Return what a caller gave as a NumPy array of real numbers, or say what is wrong with it.

    Parameters
    ----------
    name : str
        The argument's name, for the error.
    value
        An array, nested lists, a torch tensor (it is detached and brought to the CPU; bfloat16 and
        8-bit floats, which NumPy lacks, are widened to float32), or a Pillow picture
        (see `as_pixels`).
    axes : collection of int, optional
        The numbers of axes that are allowed; any if left out.
    most : int, optional
        The most elements that are allowed; any number if left out.
    finite : bool
        Refuse NaN and infinities.

    Returns
    -------
    ndarray
        Booleans, integers, or floats of at most 64 bits. It may share memory with `value`.

    Raises
    ------
    TypeError
        For what isn't an array of real numbers: text, a path, complex numbers, objects.
    ValueError
        For ragged rows, no element at all, masked elements, numbers beyond 64 bits, more than 32
        axes, and whatever `axes`, `most` and `finite` rule out.

    Examples
    --------
    >>> as_array("image", [[1, 2], [3]])
    Traceback (most recent call last):
    ...
    ValueError: image must be an array, got rows of different lengths
    >>> as_array("kernel", np.ma.masked_equal([1, -9999], -9999))
    Traceback (most recent call last):
    ...
    ValueError: kernel must hold a number everywhere, got 1 masked element: fill it first, as with \
.filled(0)
    """
    array = _numpy(name, value)
    if array.dtype.kind == "O":  # numbers that only their array's type hides, as pandas has them
        array = _numpy(name, array.tolist())
    if array.dtype.kind == "O" and array.size and all(isinstance(x, int) for x in array.flat):
        raise ValueError(f"{name} must hold numbers that fit in int64, got larger ones")
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold real numbers, got {_what(value, array)}")
    if array.size == 0:
        raise ValueError(f"{name} must hold at least one number, got shape {array.shape}")
    if array.ndim > _DEEPEST:
        raise ValueError(f"{name} must have at most {_DEEPEST} axes, got {array.ndim}")
    if axes is not None and array.ndim not in axes:
        raise ValueError(f"{name} must have {_either(axes)} axes, got shape {array.shape}")
    if most is not None and array.size > most:
        raise ValueError(
            f"{name} must hold at most {most} numbers, got shape {array.shape} with {array.size}"
        )
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        array = _narrowed(name, array)
    if not array.dtype.isnative:  # a file's order of bytes; nothing after this has to think of it
        array = array.astype(array.dtype.newbyteorder("="))
    if finite and array.dtype.kind == "f":
        refuse_large(name, array.shape, array.dtype)  # a view may look larger than memory is
        if not np.isfinite(array).all():
            raise ValueError(f"{name} must hold finite numbers, got NaN or infinity")
    return array


def as_image(
    name: str, value: Any, *, most: int | None = None, finite: bool = False
) -> NDArray[Any]:
    """Return one picture as its planes, ``(1, H, W)`` in greys or ``(3, H, W)`` in colours.

    Parameters
    ----------
    name, value, most, finite
        As in `as_array`. The picture is ``(H, W)``, ``(1, H, W)`` or ``(3, H, W)``, or Pillow's.

    Raises
    ------
    TypeError, ValueError
        As `as_array`; and for another shape, with the line of code that mends it.

    Examples
    --------
    >>> as_image("image", [[1, 2], [3, 4]]).shape
    (1, 2, 2)
    >>> as_image("image", np.zeros((8, 9, 3)))
    Traceback (most recent call last):
    ...
    ValueError: image must be an array (H, W), (1, H, W) or (3, H, W), got shape (8, 9, 3): move \
the channels to the front, as with np.moveaxis(image, -1, 0)
    """
    array = as_array(name, value, most=most)
    if array.ndim == 2:
        array = array[np.newaxis]
    elif array.ndim != 3 or array.shape[0] not in (1, 3):
        raise ValueError(
            f"{name} must be an array (H, W), (1, H, W) or (3, H, W), got shape {array.shape}"
            + channels_hint(name, array.shape)
        )
    return as_array(name, array, finite=finite)


def as_light(name: str, planes: NDArray[Any]) -> NDArray[np.float64]:
    """Return bytes, or floats from 0 to 1, as floats from 0 to 1, light as they are.

    Raises
    ------
    ValueError
        For numbers beyond.

    Examples
    --------
    >>> as_light("page", np.array([[0, 255]], np.uint8))
    array([[0., 1.]])
    """
    top = 255 if planes.dtype.kind in "iu" else 1
    if planes.min() < 0 or planes.max() > top:
        raise ValueError(
            f"{name} must hold whole numbers from 0 to 255, or floats from 0 to 1, got "
            f"{planes.min():g} to {planes.max():g}"
        )
    light: NDArray[np.float64] = planes.astype(np.float64) / top
    return light


def channels_hint(name: str, shape: Sequence[int]) -> str:
    """Return the end of a message that says how an array becomes one picture, channels first.

    Parameters
    ----------
    name : str
        The argument's name, as a caller would write it.
    shape : sequence of int
        A shape that is not ``(H, W)``, ``(1, H, W)`` or ``(3, H, W)``.

    Returns
    -------
    str
        Empty, or a colon and what to do.

    Examples
    --------
    >>> channels_hint("image", (1, 3, 8, 8))
    ': take the picture out of its batch, as with image[0]'
    >>> channels_hint("image", (8, 8, 1))
    ': leave out the last axis, as with image[..., 0]'
    """
    if len(shape) == 1:
        return f": give it rows and columns, as with np.atleast_2d({name})"
    if len(shape) == 4 and shape[1] in (1, 3):
        return f": take the picture out of its batch, as with {name}[0]"
    if len(shape) > 3:
        return channels_hint(f"{name}[0]", shape[1:])
    if len(shape) != 3:
        return ""
    if shape[-1] in (1, 2):
        return f": leave out the last axis, as with {name}[..., 0]"
    if shape[-1] in (3, 4):
        colours = name if shape[-1] == 3 else f"{name}[..., :3]"
        return f": move the channels to the front, as with np.moveaxis({colours}, -1, 0)"
    if shape[0] == 4:
        return f": leave out the transparency, as with {name}[:3]"
    return f": take one of its {shape[0]} planes, as with {name}[0]"


def as_flag(name: str, value: Any) -> bool:
    """Return True or False.

    Raises
    ------
    TypeError
        For anything else, 0 and 1 too.

    Examples
    --------
    >>> as_flag("aux", np.True_)
    True
    """
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {shown(value)}")
    return bool(value)


def as_number(name: str, value: Any, *, finite: bool = True) -> float:
    """Return one real number, whatever holds it, as a float.

    Raises
    ------
    TypeError
        For what isn't a number: a bool, text, a complex number, an array with axes.
    ValueError
        For NaN and infinities, unless `finite` is False; and for what leaves float64.

    Examples
    --------
    >>> as_number("sigma", np.float32(1.5))
    1.5
    >>> as_number("sigma", [1.5])
    Traceback (most recent call last):
    ...
    TypeError: sigma must be a number, got [1.5]
    """
    bare = _unwrapped(name, value)
    no_number = isinstance(bare, (bool, str, bytes)) or not hasattr(bare, "__float__")
    kind = getattr(getattr(bare, "dtype", None), "kind", "f")
    if no_number or getattr(bare, "ndim", 0) != 0 or kind not in "iuf":
        raise TypeError(f"{name} must be a number, got {shown(value)}")
    try:
        number = float(bare)
    except OverflowError:
        number = math.inf
    except Exception:  # an object's own __float__ may raise anything
        raise TypeError(f"{name} must be a number, got {shown(value)}") from None
    if finite and not math.isfinite(number):
        raise ValueError(f"{name} must be a finite number, got {shown(value)}")
    return number


def check_name(name: str, value: Any, allowed: Collection[str]) -> None:
    """Refuse what is none of the allowed names.

    Examples
    --------
    >>> check_name("split", "test", ("train", "test"))
    >>> check_name("split", "best", ("train", "test"))
    Traceback (most recent call last):
    ...
    ValueError: split must be one of train, test, got 'best'
    """
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {shown(value)}")


def shown(value: Any, most: int = 80) -> str:
    """Return what an error message shows of a value: its repr, cut short, whatever it is.

    Examples
    --------
    >>> shown([1, 2])
    '[1, 2]'
    >>> shown("abc" * 1000, most=12)
    "'abcabcabca…"
    """
    try:
        text = " ".join(repr(value).split())
    except Exception:  # too long an integer, a repr that raises, a list too deep
        text = f"a {type(value).__name__}"
    return text if len(text) <= most else text[: most - 1] + "…"


def as_pixels(picture: Any) -> NDArray[np.uint8]:
    """Return a Pillow picture as a viewer shows it: ``(H, W)`` in greys, else ``(3, H, W)``.

    A palette is looked up, other colour spaces become RGB, what is transparent lies on white, and
    16 bits become 8.

    Raises
    ------
    ValueError
        If a picture of floats holds NaN or infinity. Pillow has errors of its own, as for a file
        that was closed.

    Examples
    --------
    >>> from PIL import Image
    >>> as_pixels(Image.new("CMYK", (4, 2), (0, 255, 255, 0))).tolist()[0]
    [[255, 255, 255, 255], [255, 255, 255, 255]]
    """
    if picture.mode.startswith("I"):  # Pillow would cut 16 bits off at 255
        deep = np.asarray(picture, dtype=np.float64)
        return np.asarray(np.clip(np.rint(deep / 257), 0, 255), dtype=np.uint8)
    if picture.mode == "F" and not np.isfinite(np.asarray(picture)).all():
        raise ValueError("a picture must hold finite numbers, got NaN or infinity")
    if picture.mode in _PREMULTIPLIED:  # Pillow converts these to nothing else
        picture = picture.convert(_PREMULTIPLIED[picture.mode])
    grey = picture.mode in ("1", "L", "LA", "F")
    if picture.has_transparency_data:
        picture = _on_white(picture)
    if grey:
        return np.array(picture.convert("L"))
    return np.array(np.moveaxis(np.asarray(picture.convert("RGB")), -1, 0))


_PREMULTIPLIED = {"La": "LA", "RGBa": "RGBA"}


def _on_white(picture: Any) -> Any:
    from PIL import Image  # here, since most arrays are no pictures

    rgba = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba)


def is_picture(value: Any) -> bool:
    """Tell a Pillow picture, without importing Pillow."""
    return hasattr(value, "getbands") and hasattr(value, "convert")


def byte_size(shape: Sequence[int], dtype: DTypeLike = np.float64) -> int:
    """Return the bytes that an array takes.

    Examples
    --------
    >>> byte_size((1000, 1000), np.float32)
    4000000
    """
    return math.prod(map(int, shape)) * np.dtype(dtype).itemsize


def refuse_large(
    name: str, shape: Sequence[int], dtype: DTypeLike = np.float64, *, copies: int = 1
) -> None:
    """Raise before an array is made that would take more than `MOST_BYTES`.

    Parameters
    ----------
    name : str
        The argument that asks for it.
    shape : sequence of int
        The array that would be made.
    dtype
        Its type.
    copies : int
        How many arrays of this size are needed at once to make it.

    Examples
    --------
    >>> refuse_large("padding", (60006, 60006))
    Traceback (most recent call last):
    ...
    ValueError: padding asks for an array of shape (60006, 60006), 26.8 GiB; at most 4 GiB are made
    """
    size = byte_size(shape, dtype) * copies
    if size > MOST_BYTES:
        made = f", {size / 2**30:.1f} GiB" if size < 2**80 else ""
        raise ValueError(
            f"{name} asks for an array of shape {shown(tuple(map(int, shape)))}{made}; "
            f"at most {MOST_BYTES / 2**30:.0f} GiB are made"
        )


def _numpy(name: str, value: Any) -> NDArray[Any]:
    """Return anything as a NumPy array, without yet asking what it holds."""
    if isinstance(value, (str, bytes, os.PathLike)):
        raise TypeError(
            f"{name} must be an array of numbers, got the text or path {shown(value)}: open a file "
            "first, as with PIL.Image.open"
        )
    value = _unwrapped(name, value)
    try:
        return np.asarray(value)
    except ValueError as error:
        if "inhomogeneous" in str(error):
            raise ValueError(f"{name} must be an array, got rows of different lengths") from None
        raise ValueError(f"{name} must be an array of numbers: {error}") from None
    except Exception as error:  # an object's own __array__ may raise anything
        raise TypeError(f"{name} must be an array of numbers: {_first_line(error)}") from None


def _unwrapped(name: str, value: Any, depth: int = 0) -> Any:
    """Return tensors, masked arrays and pictures, alone or in lists, as plain arrays."""
    if isinstance(value, np.ma.MaskedArray):
        return _unmasked(name, value)
    if isinstance(value, np.ndarray):
        return value
    if hasattr(value, "detach"):
        return _from_torch(name, value)
    if is_picture(value):
        return _from_pillow(name, value)
    if isinstance(value, (list, tuple)) and depth < _DEEPEST and not _plain_numbers(value):
        return [_unwrapped(name, item, depth + 1) for item in value]
    return value


def _plain_numbers(items: Sequence[Any]) -> bool:
    """Tell a row of Python's own numbers, which most lists end in: nothing to unwrap."""
    return all(type(item) in (int, float, bool) for item in items)


def _unmasked(name: str, value: Any) -> NDArray[Any]:
    mask = np.ma.getmaskarray(value)  # type: ignore[no-untyped-call]
    count = int(mask.sum()) if mask.dtype.kind == "b" else 0  # records have a mask for each field
    if count:
        elements, them = ("1 masked element", "it") if count == 1 else (f"{count} masked", "them")
        raise ValueError(
            f"{name} must hold a number everywhere, got {elements}: fill {them} first, "
            "as with .filled(0)"
        )
    return np.asarray(value.data)


def _narrowed(name: str, wide: NDArray[Any]) -> NDArray[np.float64]:
    """Return floats of more than 64 bits as float64, none of them turned into an infinity."""
    with np.errstate(over="ignore"):
        array = wide.astype(np.float64)
    if (np.isinf(array) & np.isfinite(wide)).any():
        raise ValueError(f"{name} must hold numbers that fit in float64, got larger ones")
    return array


def _from_pillow(name: str, picture: Any) -> NDArray[np.uint8]:
    """Return a Pillow picture's pixels, which may have to be read from its file first."""
    try:
        return as_pixels(picture)
    except Exception as error:  # a file that is closed or cut off
        raise ValueError(
            f"{name} must be a picture that can be read: {_first_line(error)}"
        ) from None


def _from_torch(name: str, tensor: Any) -> NDArray[Any]:
    """Return a torch tensor's numbers, wherever it lives and whatever it is part of."""
    try:
        tensor = tensor.detach().cpu()
        if str(tensor.layout) != "torch.strided":
            tensor = tensor.to_dense()
        if tensor.is_quantized:
            tensor = tensor.dequantize()
        if tensor.is_floating_point() and str(tensor.dtype) not in _TORCH_FLOATS:
            tensor = tensor.float()
        return np.asarray(tensor.resolve_conj().resolve_neg().numpy())
    except Exception as error:  # a tensor without numbers (device "meta"), or no tensor at all
        raise TypeError(f"{name} must be an array of numbers: {_first_line(error)}") from None


_TORCH_FLOATS = ("torch.float16", "torch.float32", "torch.float64")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _what(value: Any, array: NDArray[Any]) -> str:
    """Say what was given instead of numbers."""
    if array.ndim == 0 and array.dtype.kind == "O":
        return type(value).__name__
    return f"dtype {array.dtype}"


def _either(numbers: Collection[int]) -> str:
    *most, last = map(str, sorted(numbers))
    return f"{', '.join(most)} or {last}" if most else last
