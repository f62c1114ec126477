"""Odd values, and what a public function may do with one: take it, or refuse it by name.

`check` puts one value in the place of one argument. What must not happen: another error than a
`ValueError` or a `TypeError`, a message that names no argument, a warning of NumPy's, a reading of
memory that isn't there, a long wait.
"""

from __future__ import annotations

import array
import collections
import decimal
import enum
import inspect
import io
import itertools
import pathlib
import re
import time
import warnings
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from PIL import Image

MOST_SECONDS = 5.0  # for one call, on a busy machine


class Unreadable:
    """An object that nothing can be done with, not even shown."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("no array")

    def __index__(self) -> int:
        raise RuntimeError("no index")

    def __float__(self) -> float:
        raise RuntimeError("no float")


class Subclass(np.ndarray):
    """An array that lets NumPy do nothing with it."""

    def __array_ufunc__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("no ufunc")

    def __array_function__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("no function")


class Frame:
    """Numbers as a table of pandas' has them: in an array of objects."""

    shape = (3, 3)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.eye(3).astype(object if dtype is None else dtype)


class Index:
    """A whole number by its own word."""

    def __index__(self) -> int:
        return 2


class Two(enum.IntEnum):
    """A whole number with a name."""

    TWO = 2


class Unwalkable:
    """An object that has a length and items only for show, and a path that is none."""

    def __len__(self) -> int:
        raise RuntimeError("no len")

    def __iter__(self) -> Any:
        raise RuntimeError("no iter")

    def __getitem__(self, index: Any) -> Any:
        raise RuntimeError("no item")

    def __fspath__(self) -> str:
        raise RuntimeError("no path")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no eq")

    __hash__ = None  # type: ignore[assignment]


def _closed() -> Image.Image:
    buffer = io.BytesIO()
    Image.new("L", (4, 4)).save(buffer, "PNG")
    picture = Image.open(buffer)
    picture.close()
    return picture


def _cut_off() -> Image.Image:
    buffer = io.BytesIO()
    Image.effect_noise((40, 40), 50).save(buffer, "PNG")
    return Image.open(io.BytesIO(buffer.getvalue()[:200]))


def _nested(depth: int) -> Any:
    return [_nested(depth - 1)] if depth else 1


def values() -> Iterator[tuple[str, Any]]:
    """Yield odd values with a name each; anew, since some can be read only once."""
    nan, infinity = float("nan"), float("inf")
    itself: list[Any] = []
    itself.append(itself)
    deep: Any = 1
    for _ in range(200):
        deep = [deep]
    yield from _arrays()
    yield from _young_and_old()
    yield from _pictures()
    yield from {
        "None": None,
        "True": True,
        "np.True_": np.True_,
        "0": 0,
        "-1": -1,
        "1": 1,
        "2": 2,
        "7": 7,
        "10**9": 10**9,
        "10**30": 10**30,
        "-10**5000": -(10**5000),
        "10**5000": 10**5000,
        "1.0": 1.0,
        "0.5": 0.5,
        "nan": nan,
        "inf": infinity,
        "1e308": 1e308,
        "5e-324": 5e-324,
        "2j": 2j,
        "Fraction": Fraction(1, 3),
        "str": "3",
        "empty str": "",
        "max": "max",
        "same": "same",
        "bytes": b"3",
        "long str": "abc" * 10**5,
        "empty": [],
        "(1,)": (1,),
        "(2, 2)": (2, 2),
        "(2, 2, 2)": (2, 2, 2),
        "((0, 1), 2)": ((0, 1), 2),
        "(1, 2, 3, 4, 5)": (1, 2, 3, 4, 5),
        "(10**9, 10**9)": (10**9, 10**9),
        "(nan, nan)": (nan, nan),
        "('a', 'b')": ("a", "b"),
        "(None, None)": (None, None),
        "(True, False)": (True, False),
        "ragged": [[1, 2], [3]],
        "itself": itself,
        "deep": deep,
        "set": {1, 2},
        "dict": {"kind": 1},
        "range": range(2),
        "generator": (i for i in (1, 2)),
        "iterator": iter([3, 4]),
        "endless": itertools.count(),
        "object": object(),
        "Unreadable": Unreadable(),
        "[Unreadable]": [Unreadable()],
        "function": len,
        "type": int,
        "int8 5": np.int8(5),
        "uint64 max": np.uint64(2**64 - 1),
        "float32 nan": np.float32(nan),
        "0-d int": np.array(3),
        "0-d float": np.array(3.0),
        "0-d bool": np.array(True),
        "array ints": np.array([2, 2]),
        "array floats": np.array([2.0, 2.0]),
        "array strings": np.array(["a", "b"]),
        "array objects": np.array([1, None], dtype=object),
        "array dates": np.array(["2020-01-01"], "datetime64[D]"),
        "array records": np.zeros(2, dtype=[("a", int)]),
        "array empty": np.empty((0, 3)),
        "array bools": np.ones((3, 3), bool),
        "array complex": np.ones((3, 3), complex),
        "array huge ints": np.array([[2**63 - 1, -(2**63)], [1, 2]]),
        "array uint64": np.array([[2**64 - 1]], np.uint64),
        "array int64 min": np.full((4, 4), -(2**63)),
        "array nan": np.full((4, 4), nan),
        "array inf": np.array([[infinity, -infinity], [1.0, 2.0]]),
        "array 1e308": np.full((1, 4, 4), 1e308),
        "array 1e308 batch": np.full((1, 2, 3, 3), 1e308),
        "array 3e38 float32": np.full((1, 4, 4), 3e38, np.float32),
        "array subnormal": np.full((4, 4), 5e-324),
        "array float16": np.full((4, 4), 6e4, np.float16),
        "array longdouble": np.full((4, 4), 2.0, np.longdouble),
        "array big-endian": np.full((4, 4), 2.0, ">f4"),
        "array H W 3": np.zeros((8, 9, 3)),
        "array H W 1": np.zeros((8, 9, 1)),
        "array 1 3 H W": np.zeros((1, 3, 8, 9)),
        "array 7 axes": np.zeros((1,) * 7),
        "array endless": np.broadcast_to(1.0, (10**6, 10**6)),
        "array endless ints": np.broadcast_to(1, (10**3, 10**6, 10**6)),
        "masked": np.ma.masked_equal([[1, -9999], [2, 3]], -9999),
        "masked size": np.ma.masked_equal([1, 2], 1),
        "np.ma.masked": np.ma.masked,
        "subclass": np.ones((4, 4)).view(np.recarray),
        "tensor": torch.ones(1, 4, 4),
        "parameter": torch.nn.Parameter(torch.ones(2, 1, 2, 2)),
        "tensor bfloat16": torch.ones(4, 4, dtype=torch.bfloat16, requires_grad=True),
        "tensor meta": torch.empty(2, 2, device="meta"),
        "tensor sparse": torch.eye(3).to_sparse(),
        "tensor complex": torch.ones(2, dtype=torch.complex64),
        "tensor sizes": torch.tensor([2, 2]),
        "tensor bool": torch.tensor(True),
        "torch.Size": torch.Size([2, 2]),
        "picture": Image.new("RGB", (5, 4)),
        "path": pathlib.Path("photo.png"),
        "bytes path": b"/nowhere/a.gif",
        "surrogate": "\ud800",
        "long path": "/" * 300 + "a" * 5000,
        "Decimal": decimal.Decimal(2),
        "Decimal huge": decimal.Decimal("1e400"),
        "huge Fraction": Fraction(10**500),
        "rows of Fraction": [[Fraction(1, 2), 1], [2, 3]],
        "IntEnum": Two.TWO,
        "Index": Index(),
        "Unwalkable": Unwalkable(),
        "Frame": Frame(),
        "array.array": array.array("i", [2, 2]),
        "bytearray": bytearray(b"ab"),
        "memoryview": memoryview(np.ones((4, 4))),
        "deque": collections.deque([2, 2]),
        "dict of arrays": {"a": np.eye(2)},
        "dict keys": {2: 0}.keys(),
        "map": map(int, "22"),
        "Ellipsis": ...,
        "slice": slice(2),
        "module": np,
        "lambda": lambda x: x,
        "timedelta": np.timedelta64(2, "s"),
        "NaT": np.datetime64("NaT"),
        "void": np.void(b"abc"),
        "33 deep": _nested(33),
        "64 deep": _nested(64),
        "65 deep": _nested(65),
        "longdouble": np.longdouble(2),
        "longdouble huge": np.longdouble("1e4000"),
        "(int8, uint64)": (np.int8(2), np.uint64(2)),
        "rows of 0-d": [np.array(2), torch.tensor(2)],
        "rows of pictures": [Image.new("L", (4, 4))] * 3,
        "row with a mask": [np.ma.masked, 1],
        "row of huge": [[10**400, 1.5]],
        "row of text digits": ["2", "2"],
    }.items()


def _arrays() -> Iterator[tuple[str, Any]]:
    square = np.arange(1.0, 17.0).reshape(4, 4)
    fixed = square.copy()
    fixed.flags.writeable = False
    unaligned = np.frombuffer(b"\0" + square.tobytes(), np.uint8)[1:].view("f8")
    yield from {
        "Fortran order": np.asfortranarray(square),
        "negative strides": square[::-1, ::-1],
        "read-only": fixed,
        "unaligned": unaligned.reshape(4, 4),
        "stride 0": np.broadcast_to(np.arange(4.0), (4, 4)),
        "unwilling subclass": square.view(Subclass),
        "0-d object": np.array(3, dtype=object),
        "0-d None": np.array(None, dtype=object),
        "0-d text": np.array("3"),
        "objects ints": np.array([[1, 2], [3, 4]], object),
        "objects sizes": np.array([2, 2], object),
        "objects floats": np.array([[1.5, 2.0], [3, 4]], object),
        "objects Fractions": np.array([[Fraction(1, 2)] * 2] * 2, object),
        "objects huge": np.array([[10**30]], object),
        "objects mixed": np.array([[1, "a"]], object),
        "records nested": np.zeros((2, 2), [("a", int, (2,)), ("b", "f4")]),
        "0-d record": np.zeros((), [("a", int)]),
        "masked records": np.ma.zeros(2, dtype=[("a", int)]),
        "masked, none of it": np.ma.array(np.ones((4, 4))),
        "StringDType": np.array(["1", "2"], dtype=np.dtypes.StringDType()),
        "big-endian ints": np.full((4, 4), 3, ">i2"),
        "big-endian uint64": np.full((4, 4), 2**63, ">u8"),
        "float16 inf": np.array([[np.inf, 1]], np.float16),
        "longdouble too large": np.full((4, 4), np.longdouble("1e4000")),
        "longdouble too small": np.full((4, 4), np.longdouble("1e-4000")),
        "complex longdouble": np.ones(3, np.clongdouble),
        "spans of time": np.array([[1, 2]], "m8[s]"),
        "40 axes": np.ones((1,) * 40),
    }.items()


def _young_and_old() -> Iterator[tuple[str, Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some kinds are young, others about to go
        square = torch.arange(16.0).reshape(4, 4)
        kinds: dict[str, Any] = {
            "matrix": np.matrix([[1, 2], [3, 4]]),
            "tensor 0-d": torch.tensor(2),
            "tensor 0-d grad": torch.tensor(2.0, requires_grad=True),
            "tensor grown": torch.ones(4, 4, requires_grad=True) * 2,
            "tensor float8": square.to(torch.float8_e4m3fn),
            "tensor uint64": torch.full((2, 2), 2**63 - 1).to(torch.uint64),
            "tensor quantised": torch.quantize_per_tensor(square, 0.1, 0, torch.qint8),
            "tensor csr": square.to_sparse_csr(),
            "tensor nested": torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),
            "tensor negated": torch.tensor([[1j, 2j]]).conj().imag,
            "tensor transposed": square.t(),
            "tensor expanded": torch.ones(1).expand(4, 4),
            "tensor empty": torch.empty(0, 3),
            "tensor meta 0-d": torch.empty((), device="meta"),
            "tensor nan": torch.full((4, 4), torch.nan, dtype=torch.bfloat16),
            "layer": torch.nn.Linear(2, 2),
            "torch.dtype": torch.float32,
        }
    yield from kinds.items()


def _pictures() -> Iterator[tuple[str, Any]]:
    modes = ("1", "F", "HSV", "I", "I;16", "I;16B", "LAB", "La", "PA", "RGBX", "RGBa", "YCbCr")
    for mode in modes:
        yield f"picture {mode}", Image.new(mode, (5, 4))
    yield "picture of nothing", Image.new("L", (0, 4))
    for value in (np.nan, np.inf, 1e30):
        yield f"picture of {value}", Image.fromarray(np.full((4, 4), value, np.float32))
    yield "picture closed", _closed()
    yield "picture cut off", _cut_off()


NAMES = [name for name, _ in values()]


def names_in(call: Callable[..., Any], arguments: dict[str, Any]) -> re.Pattern[str]:
    """Return what finds the name of an argument in a message."""
    known = {*inspect.signature(call).parameters, *arguments}
    known |= {word.removesuffix("s") for word in known}  # "layer 3 must be …"
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, known))})\b")


def check(
    call: Callable[..., Any], arguments: dict[str, Any], names: re.Pattern[str]
) -> str | None:
    """Return what is wrong with what `call` does with arguments; None if nothing."""
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            result = call(**arguments)
            if inspect.isgenerator(result):
                list(result)
        except (ValueError, TypeError) as error:
            message = str(error)
            if not names.search(message):
                return f"{type(error).__name__} that names no argument: {message[:200]!r}"
            if len(message) > 600:
                return f"a message of {len(message)} characters"
        except Exception as error:
            return f"{type(error).__name__}: {str(error)[:200]!r}"
    seconds = time.process_time() - start
    return None if seconds < MOST_SECONDS else f"{seconds:.1f} s"


def complaints(call: Callable[..., Any], arguments: dict[str, Any]) -> list[str]:
    """Try every odd value as every argument; return what is wrong, a line each."""
    names, found = names_in(call, arguments), []
    for name in arguments:
        for value_name, value in values():
            wrong = check(call, arguments | {name: value}, names)
            if wrong:
                found.append(f"{name} = {value_name}: {wrong}")
    return found
