"""What the exercises have in common that ask for a list of all layers of a kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnviz.check._feedback import Feedback
from cnnviz.check._mistakes import Mistake
from cnnviz.check._values import judge

__all__ = ["Layer", "Wanted", "judge_layers"]

Layer = tuple[int, int, int, int]


class Wanted(NamedTuple):
    """The layers that an exercise asks for.

    Attributes
    ----------
    right : set of Layer
        All of them.
    ranges : mapping of str to range
        Where to search, by the letters of a tuple, in its order.
    example : Layer
        One that may be given away.
    verb : str
        What the right ones do: "halve".
    """

    right: set[Layer]
    ranges: Mapping[str, range]
    example: Layer
    verb: str


def judge_layers(
    answer: object,
    wanted: Wanted,
    layer_fault: Callable[[Layer, str], Mistake],
    list_fault: Callable[[list[Layer]], Mistake | None],
    missing_hint: Callable[[set[Layer]], str],
    *,
    example_hint: str = "",
    hint: str,
    praise: str,
) -> Feedback:
    """Check a list of all layers of a kind, in any order.

    Parameters
    ----------
    answer : object
        What the learner hands in.
    wanted : Wanted
    layer_fault : callable
        Takes a layer within the ranges that is not right, and its name; says why it is not.
    list_fault : callable
        Takes all layers; says what is wrong with them together, or returns None.
    missing_hint : callable
        Takes the layers found, all of them right; hints at those that are missing.
    example_hint : str
        Why the example belongs in the list, for an empty one.
    hint, praise : str
        As in :func:`cnnviz.check._values.judge`.

    Returns
    -------
    Feedback
    """
    if isinstance(answer, Iterator):
        return Feedback(
            "failed",
            "Your answer is not a list yet: it makes its tuples when it is asked for them.",
            "Put it into list( ), or use square brackets for the round ones.",
        )

    def find_fault(rows: NDArray[Any]) -> Mistake | None:
        if (mistake := _rows_fault(rows, wanted, example_hint)) is not None:
            return mistake
        layers = [(int(k), int(s), int(p), int(last)) for k, s, p, last in rows]
        found = set(layers)
        if found == _swapped(wanted.right):
            return Mistake("Your s and p are swapped.", f"The order is {_order(wanted)}.")
        if (mistake := list_fault(layers)) is not None:
            return mistake
        for layer in layers:
            if layer not in wanted.right:
                name = f"{_order(wanted)} = {layer}"
                return _out_of_range(layer, name, wanted) or layer_fault(layer, name)
        if len(found) < len(layers):
            return Mistake(
                "Some of yours are there twice.", f"Each {_order(wanted)} belongs in it once."
            )
        if missing := wanted.right - found:
            are = "is" if len(missing) == 1 else "are"
            return Mistake(
                f"All of yours {wanted.verb}, but {len(missing)} {are} missing.",
                missing_hint(found),
            )
        return None

    given = list(answer) if isinstance(answer, (set, frozenset)) else answer
    return judge(given, find_fault, hint=hint, praise=praise)


def _swapped(layers: set[Layer]) -> set[Layer]:
    """Return layers with their second and third numbers, s and p, swapped."""
    return {(k, p, s, last) for k, s, p, last in layers}


def _order(wanted: Wanted) -> str:
    return f"({', '.join(wanted.ranges)})"


def _rows_fault(rows: NDArray[Any], wanted: Wanted, example_hint: str) -> Mistake | None:
    """Say why rows of numbers are no list of layers; None if they are one."""
    letters, example = list(wanted.ranges), wanted.example
    if rows.size == 0:
        return Mistake(
            "Your list is empty: nothing passed your test.", f"Does {example} pass?{example_hint}"
        )
    if rows.ndim != 2 or rows.shape[1] != 4:
        pairs = zip(letters, example, strict=True)
        named = ", ".join(f"{letter} = {value}" for letter, value in pairs)
        return Mistake(
            "Your answer should be a list of tuples, four numbers each.",
            f"For example [{example}]: {named}.",
        )
    if (rows != np.rint(rows)).any():
        return Mistake(
            "Your tuples hold numbers that are not whole.",
            f"{', '.join(letters[:-1])} and {letters[-1]} all count pixels.",
        )
    return None


def _out_of_range(layer: Layer, name: str, wanted: Wanted) -> Mistake | None:
    for (letter, allowed), value in zip(wanted.ranges.items(), layer, strict=True):
        if value not in allowed:
            return Mistake(
                f"{name} is out of range: {letter} goes from {allowed[0]} to {allowed[-1]}."
            )
    return None
