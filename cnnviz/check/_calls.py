"""The calls that a learner's function is tried with, and what each of them comes to."""

from __future__ import annotations

import copy
import dis
import inspect
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from cnnviz.check._feedback import Feedback
from cnnviz.check._guard import DeclarationError
from cnnviz.check._reading import is_unanswered
from cnnviz.check._words import function_name, show

__all__ = ["Call", "Outcome", "attempts", "calls_of", "declared", "names_used"]

_T = TypeVar("_T")

_UNANSWERED_FUNCTION = Feedback(
    "unanswered", "Not answered yet. Let the function return the answer, and run the cell."
)


class Outcome(NamedTuple):
    """What a call came to: a result, or the exception that it raised."""

    result: object = None
    error: BaseException | None = None

    @property
    def is_none(self) -> bool:
        return self.result is None and self.error is None

    @property
    def unanswered(self) -> bool:
        if self.error is not None:
            return isinstance(self.error, NotImplementedError)
        return is_unanswered(self.result)


class Call(NamedTuple):
    """One set of arguments, copied for every call, so that no function spoils the next one's."""

    args: tuple[object, ...]
    kwargs: dict[str, object]

    @classmethod
    def of(cls, case: object) -> Call:
        if isinstance(case, tuple):
            return cls(case, {})
        if isinstance(case, dict):
            return cls((), case)
        return cls((case,), {})

    def run(self, function: Callable[..., _T]) -> _T:
        args, kwargs = copy.deepcopy((self.args, self.kwargs))
        return function(*args, **kwargs)

    def attempt(self, function: Callable[..., object]) -> Outcome:
        try:
            return Outcome(self.run(function))
        except (Exception, SystemExit) as error:
            return Outcome(error=error)

    def describe(self, function: Callable[..., object]) -> str:
        named = [f"{name}={show(value)}" for name, value in self.kwargs.items()]
        arguments = ", ".join([*(show(value) for value in self.args), *named])
        # A call is code, to be copied into a cell: there a true minus sign is a syntax error.
        return f"{function_name(function)}({arguments.replace('−', '-')})"


def calls_of(cases: Sequence[object]) -> list[Call]:
    """Return the calls that a check declares."""
    if not cases:
        raise DeclarationError(ValueError("cases must hold at least one call, got none"))
    return [Call.of(case) for case in cases]


def attempts(answer: object, calls: Sequence[Call]) -> Feedback | list[Outcome]:
    """Make the calls; or say what there is to say about an answer that is no function yet."""
    if is_unanswered(answer):
        return _UNANSWERED_FUNCTION
    if not callable(answer):
        message = f"Hand in the function itself; what came is {show(answer)}."
        return Feedback("failed", message, "Write its name, without calling it.")
    outcomes = [call.attempt(answer) for call in calls]
    return _UNANSWERED_FUNCTION if _is_stub(answer, outcomes) else outcomes


def declared(call: Call, reference: Callable[..., object]) -> object:
    """Run the reference; an error here is the check's own, and not to be hidden."""
    try:
        return call.run(reference)
    except Exception as error:
        raise DeclarationError(error) from error


def names_used(function: object) -> frozenset[str]:
    """Return the names, of functions and attributes, that a function's own lines use.

    Examples
    --------
    >>> sorted(names_used(lambda x: np.max(x)))
    ['max', 'np']
    """
    code = getattr(function, "__code__", None)
    return frozenset(code.co_names) if inspect.iscode(code) else frozenset()


def _is_stub(function: Callable[..., object], outcomes: Sequence[Outcome]) -> bool:
    """Tell a stub from a function that forgot its return: both return None."""
    if not all(outcome.unanswered for outcome in outcomes):
        return False
    return _does_nothing(function) or not all(outcome.is_none for outcome in outcomes)


def _does_nothing(function: Callable[..., object]) -> bool:
    """Tell whether a function's body is `...`, `pass`, a docstring or a constant's return."""
    code = getattr(function, "__code__", None)
    if not inspect.iscode(code):
        return False
    steps = {step.opname for step in dis.get_instructions(code)}
    return steps <= {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"}
