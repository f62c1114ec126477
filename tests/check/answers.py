"""Answers that no check expects, and a grid to answer with."""

import numpy as np

GRID = np.arange(12).reshape(3, 4)


class RaisesEverywhere:
    """An object that refuses whatever is asked of it."""

    def __getattr__(self, name):
        raise RuntimeError(name)

    def _refuse(self, *args, **kwargs):
        raise RuntimeError("no")

    __array__ = __repr__ = __str__ = __iter__ = __len__ = __eq__ = __bool__ = __float__ = _refuse
    __hash__ = None


class Exits:
    def __array__(self, *args, **kwargs):
        raise SystemExit


def endless():
    items = []
    items.append(items)
    return items


NASTY = [
    "twelve",
    b"12",
    float("nan"),
    float("inf"),
    1j,
    {},
    {"a": 1},
    {1, 2},
    [[1, 2], [3]],
    [1, "two"],
    [],
    np.array([]),
    np.array(["a"]),
    np.array([object()]),
    np.array(1 + 2j),
    np.datetime64("2022-09-22"),
    10**400,
    object(),
    RaisesEverywhere(),
    [RaisesEverywhere()],
    Exits(),
    endless(),
    RaisesEverywhere,
    len,
    lambda: 12,
    np,
    iter([1, 2]),
    (n for n in range(3)),
    ValueError("12"),
]


class RaisesInStr(Exception):
    def __str__(self):
        raise RuntimeError("no words")


NASTY_FUNCTIONS = [
    lambda: 12,
    lambda n: 1 / 0,
    lambda n: exit(),
    lambda n: RaisesEverywhere(),
    lambda n: endless(),
    lambda n, k: n,
    lambda *, n: n,
    lambda n: n.missing,
    lambda n: int("x" * 1000),
    lambda n: (_ for _ in ()).throw(RaisesInStr()),
    int,
    print,
    dict,
    RaisesEverywhere,
]
