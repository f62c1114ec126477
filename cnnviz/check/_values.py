"""Checks of answers that are values: one right value, or many."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.check._differences import difference, is_transposed
from cnnviz.check._feedback import Feedback
from cnnviz.check._guard import DeclarationError, never_raises
from cnnviz.check._mistakes import HEIGHT_WIDTH_SWAPPED, Mistake, ValueRow, mistaken
from cnnviz.check._reading import Unreadable, as_numbers, is_unanswered
from cnnviz.check._words import shape_words

__all__ = ["compare", "judge"]


@never_raises
def compare(
    answer: object,
    expected: object,
    *,
    mistakes: Iterable[ValueRow] = (),
    hint: str = "",
    praise: str = "Right.",
) -> Feedback:
    """Compare an answer with the expected value and with the results of known mistakes.

    Shapes must agree; dtypes need not. Whole numbers must agree exactly (to 0.001, which a
    float32 or an FFT may leave); other numbers to 1e−5 of the largest, so float32 is enough.

    Parameters
    ----------
    answer : object
        What the learner hands in: a number, list, tuple, NumPy array, torch tensor, str …
    expected : object
        The right value: a number, bool, str, array, or a tuple of these.
    mistakes : iterable of (value, message, hint)
        Wrong values worth a message of their own. The first that matches is named. A hint of ""
        stands for `hint`.
    hint : str
        What to say when the answer is wrong in no known way.
    praise : str
        What to say when it is right: the place for a last insight.

    Returns
    -------
    Feedback

    Examples
    --------
    >>> from cnnviz.check._mistakes import FORGOT_FLOOR
    >>> compare(12, 12)
    ✓ Right.
    >>> compare(12.5, 12, mistakes=[(12.5, *FORGOT_FLOOR)])
    ✗ You forgot the floor.
      Hint: A last step that does not fit is not taken: ⌊ ⌋ rounds down, and // does that in Python.
    >>> compare(..., 12, hint="Use the formula.")
    … Not answered yet. Put a number in place of the three dots, and run the cell.
    """
    if is_unanswered(answer):
        return _unanswered(_kind_words(expected))
    found = difference(answer, expected)
    if found is None:
        return Feedback("passed", praise)
    for wrong, message, own_hint in mistakes:
        if difference(answer, wrong) is None:
            return Feedback("failed", message, own_hint or hint)
    if is_transposed(answer, expected):
        return Feedback("failed", *HEIGHT_WIDTH_SWAPPED)
    return Feedback("failed", f"Your answer {found}.", hint)


@never_raises
def judge(
    answer: object,
    find_fault: Callable[[NDArray[Any]], Mistake | str | None],
    *,
    shape: tuple[int, ...] | None = None,
    hint: str = "",
    praise: str | Callable[[NDArray[Any]], str] = "Right.",
) -> Feedback:
    """Check an answer of which there are many right ones, by what it has to fulfil.

    Parameters
    ----------
    answer : object
        What the learner hands in: a number, list, NumPy array, torch tensor …
    find_fault : callable
        Takes the answer as an array of finite real numbers, returns what is wrong with it, or
        None. A plain str will do for a Mistake whose hint is `hint`.
    shape : tuple of int, optional
        The shape that the answer must have; any if left out.
    hint : str
        What to say when the answer is not of the right kind.
    praise : str, or callable from the answer to str
        What to say when it is right.

    Returns
    -------
    Feedback

    Examples
    --------
    >>> def find_fault(kernel):
    ...     return None if abs(kernel.sum() - 1) < 1e-6 else "The weights must sum to 1."
    >>> judge([0.5, 0.25, 0.25], find_fault, shape=(3,))
    ✓ Right.
    >>> judge([1, 2, 1], find_fault, shape=(3,), hint="Divide.")
    ✗ The weights must sum to 1.
      Hint: Divide.
    >>> judge([0.5, 0.5], find_fault, shape=(3,))
    ✗ Your answer is of shape (2,) and should be of shape (3,).
    """
    if is_unanswered(answer):
        return _unanswered(_wanted_words(shape))
    try:
        numbers = as_numbers(answer)
    except Unreadable as error:
        return Feedback("failed", f"Your answer {error}.", hint)
    if shape is not None and numbers.shape != shape:
        message = f"Your answer is {shape_words(numbers.shape)} and should be {shape_words(shape)}."
        return Feedback("failed", message, hint)
    if numbers.dtype.kind == "c" or not np.isfinite(numbers).all():
        message = "Your answer holds something that is no finite real number."
        return Feedback("failed", message, hint)
    try:
        fault = find_fault(numbers)
        words = praise(numbers) if callable(praise) and fault is None else praise
    except Exception as error:
        # The answer was readable, so this is the check's own bug.
        raise DeclarationError(error) from error
    return Feedback("passed", str(words)) if fault is None else mistaken(fault, hint)


def _unanswered(wanted: str) -> Feedback:
    message = f"Not answered yet. Put {wanted} in place of the three dots, and run the cell."
    return Feedback("unanswered", message)


def _kind_words(expected: object) -> str:
    """Say what kind of answer is expected, without giving its size away."""
    if isinstance(expected, str):
        return "a text in quotes"
    if isinstance(expected, (bool, np.bool_)):
        return "True or False"
    if isinstance(expected, tuple):
        return "your values, as a tuple,"
    return "a number" if np.ndim(expected) == 0 else "an array"  # type: ignore[arg-type]


def _wanted_words(shape: tuple[int, ...] | None) -> str:
    if shape is None:
        return "your answer"
    if shape == (1,):
        return "a list of one number"
    if len(shape) == 1:
        return f"{shape[0]} numbers, ({', '.join('…' * shape[0])}),"
    return f"an array of shape {shape}" if shape else "a number"
