"""Odd values, and what a public function may do with one: take it, or refuse it by name.

`check` puts one value in the place of one argument. What must not happen: another error than a
`ValueError` or a `TypeError`, a message that names no argument, a warning of NumPy's, a reading of
memory that isn't there, a long wait.
"""

from __future__ import annotations

import inspect
import itertools
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


def values() -> Iterator[tuple[str, Any]]:
    """Yield odd values with a name each; anew, since some can be read only once."""
    nan, infinity = float("nan"), float("inf")
    itself: list[Any] = []
    itself.append(itself)
    deep: Any = 1
    for _ in range(200):
        deep = [deep]
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
        "path": __import__("pathlib").Path("photo.png"),
    }.items()


NAMES = [name for name, _ in values()]


def check(call: Callable[..., Any], arguments: dict[str, Any], name: str, value: Any) -> str | None:
    """Return what is wrong with what `call` does when an argument is `value`; None if nothing."""
    known = {*inspect.signature(call).parameters, *arguments}
    known |= {word.removesuffix("s") for word in known}  # "layer 3 must be …"
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            result = call(**{**arguments, name: value})
            if inspect.isgenerator(result):
                list(result)
        except (ValueError, TypeError) as error:
            message = str(error)
            if not any(re.search(rf"\b{re.escape(word)}\b", message) for word in known):
                return f"{type(error).__name__} that names no argument: {message[:200]!r}"
            if len(message) > 600:
                return f"a message of {len(message)} characters"
        except Exception as error:
            return f"{type(error).__name__}: {str(error)[:200]!r}"
    seconds = time.process_time() - start
    return None if seconds < MOST_SECONDS else f"{seconds:.1f} s"


def complaints(call: Callable[..., Any], arguments: dict[str, Any]) -> list[str]:
    """Try every odd value as every argument; return what is wrong, a line each."""
    found = []
    for name in arguments:
        for value_name, value in values():
            wrong = check(call, arguments, name, value)
            if wrong:
                found.append(f"{name} = {value_name}: {wrong}")
    return found
