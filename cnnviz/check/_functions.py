"""Checks of answers that are functions, call by call."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence

from cnnviz.check._calls import Call, Outcome, attempts, calls_of, declared
from cnnviz.check._differences import difference, is_transposed
from cnnviz.check._feedback import Feedback
from cnnviz.check._guard import never_raises
from cnnviz.check._mistakes import HEIGHT_WIDTH_SWAPPED, FunctionRow, Mistake, mistaken
from cnnviz.check._reading import Unreadable, is_unanswered
from cnnviz.check._words import function_name, show

__all__ = ["compare_function", "judge_function"]


@never_raises
def compare_function(
    answer: object,
    reference: Callable[..., object],
    cases: Sequence[object],
    *,
    mistakes: Iterable[FunctionRow] = (),
    hint: str = "",
    praise: str = "Right.",
) -> Feedback:
    """Compare a function that the learner wrote with a right one and with known wrong ones.

    Parameters
    ----------
    answer : object
        What the learner hands in; it should be a function.
    reference : callable
        A right function.
    cases : sequence
        What to call them with. A tuple holds positional arguments, a dict keyword arguments;
        anything else is the only argument. Each call gets its own copy.
    mistakes : iterable of (callable, message, hint)
        Functions with a known bug. The first whose results agree with the learner's on all
        cases is named. A hint of "" stands for `hint`.
    hint, praise : str
        As in :func:`cnnviz.check._values.compare`.

    Returns
    -------
    Feedback

    Examples
    --------
    >>> from cnnviz.check._mistakes import FORGOT_FLOOR
    >>> def places(n, k, s):
    ...     return (n - k) // s + 1
    >>> cases = [(7, 3, 2), (8, 3, 2)]
    >>> compare_function(places, places, cases)
    ✓ Right.
    >>> def no_floor(n, k, s):
    ...     return (n - k) / s + 1
    >>> compare_function(no_floor, places, cases)
    ✗ no_floor(8, 3, 2) is 3.5, and should be 3.
    >>> compare_function(no_floor, places, cases, mistakes=[(no_floor, *FORGOT_FLOOR)])
    ✗ You forgot the floor.
      Case: no_floor(8, 3, 2) is 3.5, and should be 3.
      Hint: A last step that does not fit is not taken: ⌊ ⌋ rounds down, and // does that in Python.
    """
    calls = calls_of(cases)
    expected = [declared(call, reference) for call in calls]
    outcomes = attempts(answer, calls)
    if isinstance(outcomes, Feedback):
        return outcomes
    assert callable(answer)
    if (without_results := _without_results(outcomes, hint)) is not None:
        return without_results
    found = _first_failure(answer, reference, calls, outcomes, expected, hint)
    if found is None:
        return Feedback("passed", praise)
    failure, case = found
    if not any(outcome.error for outcome in outcomes):
        results = [outcome.result for outcome in outcomes]
        for wrong, message, own_hint in mistakes:
            if _all_agree(results, [call.attempt(wrong).result for call in calls]):
                return Feedback("failed", message, own_hint or hint, case)
    return failure


@never_raises
def judge_function(
    answer: object,
    find_fault: Callable[..., Mistake | str | None],
    cases: Sequence[object],
    *,
    hint: str = "",
    praise: str = "Right.",
) -> Feedback:
    """Check a function whose results may be right in several ways, result by result.

    Parameters
    ----------
    answer : object
        What the learner hands in; it should be a function.
    find_fault : callable
        Takes a result, whatever it is, and then the arguments that led to it; returns what is
        wrong, or None. :func:`as_numbers` reads numbers, and its `Unreadable` may pass through.
        A result of None is judged like any other, unless the function does nothing but return
        it: that is a stub.
        A plain str will do for a Mistake whose hint is `hint`.
    cases : sequence
        As in :func:`compare_function`.
    hint, praise : str
        As in :func:`cnnviz.check._values.compare`.

    Returns
    -------
    Feedback

    Examples
    --------
    >>> def find_fault(root, square):
    ...     return None if abs(root**2 - square) < 1e-9 else "That is no square root."
    >>> judge_function(lambda square: -(square**0.5), find_fault, [4, 9])
    ✓ Right.
    >>> def half(square):
    ...     return square / 2
    >>> judge_function(half, find_fault, [4, 9])
    ✗ That is no square root.
      Case: half(9)
    """
    calls = calls_of(cases)
    outcomes = attempts(answer, calls)
    if isinstance(outcomes, Feedback):
        return outcomes
    assert callable(answer)
    for call, (result, error) in zip(calls, outcomes, strict=True):
        where = call.describe(answer)
        if error is not None:
            parameters = _parameters(find_fault)[1:]
            return _raised_feedback(where, error, answer, parameters, hint)
        try:
            fault = call.run(functools.partial(find_fault, result))
        except Unreadable as unreadable:
            return Feedback("failed", f"{where} {unreadable}.", hint)
        if fault is not None:
            return mistaken(fault, hint, case=where)
    return Feedback("passed", praise)


def _without_results(outcomes: Sequence[Outcome], hint: str) -> Feedback | None:
    """Report a function that prints or yields where it should return; None if it returns."""
    if all(outcome.is_none for outcome in outcomes):
        message = "Your function returns nothing. Did you print instead of return?"
        return Feedback("failed", message, hint)
    if any(inspect.isgenerator(outcome.result) for outcome in outcomes):
        message = "Your function returns a generator, which has not computed anything yet."
        return Feedback("failed", message, "Wrap it in tuple(…).")
    return None


def _all_agree(results: Sequence[object], others: Sequence[object]) -> bool:
    """Tell whether two functions gave the same answer on every case."""
    return all(
        not is_unanswered(other) and difference(result, other) is None
        for result, other in zip(results, others, strict=True)
    )


def _first_failure(
    answer: Callable[..., object],
    reference: Callable[..., object],
    calls: Sequence[Call],
    outcomes: Sequence[Outcome],
    expected: Sequence[object],
    hint: str,
) -> tuple[Feedback, str] | None:
    """Report the first case that went wrong, and what came there; None if none did."""
    for call, (result, error), wanted in zip(calls, outcomes, expected, strict=True):
        where = call.describe(answer)
        if error is not None:
            raised = _raised_feedback(where, error, answer, _parameters(reference), hint)
            return raised, raised.message
        if is_unanswered(result):
            message = f"{where} returns {show(result)}. Is a return missing on some path?"
            return Feedback("failed", message, hint), message
        found = difference(result, wanted, reveal=True)
        if found is None:
            continue
        case = f"{where} {found}."
        if not is_transposed(result, wanted):
            return Feedback("failed", case, hint), case
        turned, turned_hint = HEIGHT_WIDTH_SWAPPED
        message = f"{where}: {turned[0].lower()}{turned[1:]}"
        return Feedback("failed", message, turned_hint), case
    return None


def _raised_feedback(
    where: str,
    error: BaseException,
    answer: Callable[..., object],
    parameters: Sequence[str],
    hint: str,
) -> Feedback:
    """Report an exception; one that comes from the call itself asks for another signature."""
    try:
        text = " ".join(str(error).split())
    except Exception:
        text = ""
    # No frame below the call: the arguments did not fit, and no line of the function ran.
    frames = error.__traceback__
    entered = 0
    while frames is not None:
        entered += 1
        frames = frames.tb_next
    if isinstance(error, TypeError) and entered <= 2:
        wanted = ", ".join(parameters) or "the ones in the text"
        message = f"{function_name(answer)} does not take these arguments: {text}"
        return Feedback("failed", message, f"It is called with ({wanted}).")
    reason = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return Feedback("failed", f"{where} stops with {reason}", hint)


def _parameters(function: Callable[..., object]) -> list[str]:
    """Return the names of a function's parameters, or [] where it does not tell."""
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []
