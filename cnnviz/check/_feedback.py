"""What every exercise's check is made of.

How to declare a check
----------------------
A chapter's checks live in ``cnnviz/check/chapterNN.py``, one function per exercise, each named
in that module's ``__all__``; ``cnnviz.check.<name>`` finds it by itself. There are three kinds.

*The answer is a value*: a number, a tuple, an array, a word. Give the right one, and for each
wrong one that a thoughtful reader might give, what to tell them::

    def output_columns(answer: object) -> Feedback:
        '''Check the width of the feature map of a 28-wide picture, k = 5, s = 2.'''
        return compare(
            answer,
            12,
            mistakes={
                FORGOT_FLOOR: 12.5,
                FORGOT_PLUS_ONE: 11,
                Mistake("That is the width with stride 1.", "The kernel moves by s = 2."): 24,
            },
            hint="⌊(n + 2p − k) / s⌋ + 1",
        )

*The answer is a function*: give a right one, some calls to try, and for each plausible bug a
function that has it. A wrong function is often one line::

    def correlate(answer: object) -> Feedback:
        '''Check a cross-correlation written by hand.'''
        return compare_function(
            answer,
            ops.correlate,
            cases=[(image, kernel), (image[:5], kernel[:2])],
            mistakes=[
                (KERNEL_FLIPPED, lambda x, k: ops.convolve(x, k)),
                (OFF_BY_ONE_RIGHT, lambda x, k: ops.correlate(x, k)[..., :-1]),
            ],
        )

Choose cases that tell the mistakes apart: pictures that are not square, kernels that are not
symmetric, sizes that the stride does not divide. A mistake is named only when its results agree
with the learner's on *every* case.

*Many answers are right*: any kernel that blurs, either sign of an eigenvector. Write a function
that finds what is wrong with an answer, and hand it to `judge` (values) or `judge_function`
(functions: it gets each result with the arguments that led to it)::

    def blur(answer: object) -> Feedback:
        '''Check a 3×3 kernel that blurs; there are many.'''

        def find_fault(kernel: Array) -> Mistake | None:
            if abs(kernel.sum() - 1) < 1e-6:
                return None
            return Mistake("Your kernel changes the brightness.", "Its weights must sum to 1.")

        return judge(answer, find_fault, shape=(3, 3))

A check never raises, whatever the learner hands in. An unanswered stub (``...``, ``None``, or a
function that does nothing but return one of them) is told apart from a wrong answer, and sees no
hint: a hint before the first try would spoil it. What is declared here is not protected: if
`expected` or the reference is broken, the check raises, and its test shows it.
"""

from __future__ import annotations

import copy
import dis
import functools
import inspect
import math
import reprlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "FORGOT_BIAS",
    "FORGOT_FLOOR",
    "FORGOT_PADDING",
    "FORGOT_PLUS_ONE",
    "FORGOT_STRIDE",
    "HEIGHT_WIDTH_SWAPPED",
    "KERNEL_FLIPPED",
    "KERNEL_NOT_FLIPPED",
    "KERNEL_TRANSPOSED",
    "OFF_BY_ONE_BOTTOM",
    "OFF_BY_ONE_RIGHT",
    "PADDING_ONE_SIDE",
    "WRONG_SIGN",
    "Feedback",
    "Mistake",
    "Unreadable",
    "as_numbers",
    "compare",
    "compare_function",
    "judge",
    "judge_function",
]

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True, repr=False)
class Feedback:
    """What a check says about an answer. True when the answer is right.

    Attributes
    ----------
    status : "passed", "failed" or "unanswered"
    message : str
        What is right or wrong, in a sentence.
    hint : str
        A first step towards the answer, or "".
    case : str
        The call that shows it, where the message does not name it, or "".

    Examples
    --------
    >>> Feedback("failed", "Your kernel is flipped.", "Lay it on the image as it is.")
    ✗ Your kernel is flipped.
      Hint: Lay it on the image as it is.
    """

    status: Literal["passed", "failed", "unanswered"]
    message: str
    hint: str = ""
    case: str = ""

    def __bool__(self) -> bool:
        return self.status == "passed"

    def __repr__(self) -> str:
        mark = {"passed": "✓", "failed": "✗", "unanswered": "…"}[self.status]
        case = f"\n  Case: {self.case}" if self.case else ""
        hint = f"\n  Hint: {self.hint}" if self.hint else ""
        return f"{mark} {self.message}{case}{hint}"


class Mistake(NamedTuple):
    """A mistake worth naming: what it is, and a hint that leads out of it."""

    message: str
    hint: str = ""


KERNEL_FLIPPED = Mistake(
    "Your kernel is flipped.",
    "Cross-correlation lays the kernel on the input as it is, without turning it round.",
)
KERNEL_NOT_FLIPPED = Mistake(
    "Your kernel is not flipped.",
    "Convolution turns the kernel round on every axis before it slides.",
)
KERNEL_TRANSPOSED = Mistake(
    "Your kernel is transposed: its rows have become columns.",
    "Row i, column j of the kernel meets row i, column j of the window.",
)
HEIGHT_WIDTH_SWAPPED = Mistake(
    "Height and width are swapped.",
    "Arrays count rows first: (height, width), and image[row, column].",
)
OFF_BY_ONE_RIGHT = Mistake(
    "Off by one at the right edge: the last column is missing.",
    "A kernel of size k has n − k + 1 places to stand, and range(m) stops before m.",
)
OFF_BY_ONE_BOTTOM = Mistake(
    "Off by one at the bottom edge: the last row is missing.",
    "A kernel of size k has n − k + 1 places to stand, and range(m) stops before m.",
)
FORGOT_FLOOR = Mistake(
    "You forgot the floor.",
    "A last step that does not fit is not taken: ⌊ ⌋ rounds down, and // does that in Python.",
)
FORGOT_PLUS_ONE = Mistake(
    "You forgot the + 1.",
    "The steps between places are one fewer than the places: the first place takes no step.",
)
FORGOT_PADDING = Mistake(
    "You forgot the padding.", "With p pixels on each side, the input is n + 2p wide."
)
PADDING_ONE_SIDE = Mistake(
    "You counted the padding once.", "p is padding per side, so it counts twice: n + 2p."
)
FORGOT_STRIDE = Mistake("You forgot the stride.", "The kernel moves by s pixels, not by one.")
FORGOT_BIAS = Mistake("You forgot the bias.", "Each kernel has one bias, added after the sum.")
WRONG_SIGN = Mistake("The sign is the wrong way round.", "Follow one window by hand.")

_STOPPED = "Your answer could not be read."


def _never_raises(check: Callable[_P, Feedback]) -> Callable[_P, Feedback]:
    """Turn whatever the learner's objects still manage to raise into a failed feedback.

    Errors in the declaration of a check come as `_DeclarationError` and pass through.
    """

    @functools.wraps(check)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> Feedback:
        try:
            return check(*args, **kwargs)
        except _DeclarationError as error:
            raise error.args[0] from None
        except (Exception, SystemExit) as error:
            return Feedback("failed", f"{_STOPPED} ({type(error).__name__})")

    return guarded


class _DeclarationError(Exception):
    """A check is declared wrongly; holds the error that says how."""


# --------------------------------------------------------------------------------------
# Values


@_never_raises
def compare(
    answer: object,
    expected: object,
    *,
    mistakes: Mapping[Mistake | str, object] | Iterable[tuple[Mistake | str, object]] = (),
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
    mistakes : mapping from Mistake to value, or iterable of (Mistake, value)
        Wrong values worth a message of their own. The first that matches is named. A plain
        str will do for a Mistake whose hint is `hint`.
    hint : str
        What to say when the answer is wrong in no known way.
    praise : str
        What to say when it is right: the place for a last insight.

    Returns
    -------
    Feedback

    Examples
    --------
    >>> compare(12, 12)
    ✓ Right.
    >>> compare(12.5, 12, mistakes={FORGOT_FLOOR: 12.5})
    ✗ You forgot the floor.
      Hint: A last step that does not fit is not taken: ⌊ ⌋ rounds down, and // does that in Python.
    >>> compare(..., 12, hint="Use the formula.")
    … Not answered yet. Put a number in place of the three dots, and run the cell.
    """
    if _is_unanswered(answer):
        return _unanswered(_kind_words(expected))
    difference = _difference(answer, expected)
    if difference is None:
        return Feedback("passed", praise)
    pairs = mistakes.items() if isinstance(mistakes, Mapping) else mistakes
    for mistake, wrong in pairs:
        if _difference(answer, wrong) is None:
            return _mistaken(mistake, hint)
    if _is_transposed(answer, expected):
        return Feedback("failed", *HEIGHT_WIDTH_SWAPPED)
    return Feedback("failed", f"Your answer {difference}.", hint)


@_never_raises
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
    if _is_unanswered(answer):
        return _unanswered(_wanted_words(shape))
    try:
        numbers = as_numbers(answer)
    except Unreadable as error:
        return Feedback("failed", f"Your answer {error}.", hint)
    if shape is not None and numbers.shape != shape:
        message = (
            f"Your answer is {_shape_words(numbers.shape)} and should be {_shape_words(shape)}."
        )
        return Feedback("failed", message, hint)
    if numbers.dtype.kind == "c" or not np.isfinite(numbers).all():
        message = "Your answer holds something that is no finite real number."
        return Feedback("failed", message, hint)
    try:
        fault = find_fault(numbers)
        words = praise(numbers) if callable(praise) and fault is None else praise
    except Exception as error:
        # The answer was readable, so this is the check's own bug.
        raise _DeclarationError(error) from error
    return Feedback("passed", str(words)) if fault is None else _mistaken(fault, hint)


def _mistaken(mistake: Mistake | str, hint: str, case: str = "") -> Feedback:
    message, own_hint = mistake if isinstance(mistake, Mistake) else Mistake(mistake)
    return Feedback("failed", message, own_hint or hint, case)


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


def _is_unanswered(value: object) -> bool:
    """Tell whether `value` is a stub, or a list or tuple with a stub in it."""
    if value is None or value is Ellipsis or value is NotImplemented:
        return True
    if isinstance(value, str):
        return not value.strip()
    return isinstance(value, (list, tuple)) and any(_is_unanswered(item) for item in value)


def _difference(answer: object, expected: object, *, reveal: bool = False) -> str | None:
    """Say how `answer` differs from `expected`, as the end of a sentence; None if it does not.

    The right value, or the first of many, is told only where it may be: a function's results
    may be revealed, since they are not what the exercise asks for.
    """
    if isinstance(expected, str):
        return _text_difference(answer, expected, reveal)
    if isinstance(expected, tuple) and not all(_is_number(item) for item in expected):
        return _items_difference(answer, expected, reveal)
    try:
        wanted = as_numbers(expected)
    except Unreadable as error:
        raise _DeclarationError(TypeError(f"what to compare with {error}")) from None
    try:
        got = as_numbers(answer)
    except Unreadable as error:
        return str(error)
    return _number_difference(got, wanted, reveal)


def _is_number(value: object) -> bool:
    return np.ndim(value) == 0 and not isinstance(value, str)  # type: ignore[arg-type]


def _text_difference(answer: object, expected: str, reveal: bool) -> str | None:
    if not isinstance(answer, str):
        return f"should be a text in quotes, and is {_show(answer)}"
    same = answer.strip().casefold() == expected.strip().casefold()
    return None if same else f"is {_show(answer)}, and {_instead(expected, reveal)}"


def _instead(expected: object, reveal: bool) -> str:
    return f"should be {_show(expected)}" if reveal else "that is not it"


def _items_difference(answer: object, expected: tuple[object, ...], reveal: bool) -> str | None:
    """Compare several results of different shapes, one by one."""
    if not isinstance(answer, (list, tuple)):
        return f"should be {len(expected)} values, and is {_show(answer)}"
    if len(answer) != len(expected):
        return f"should be {len(expected)} values, and has {len(answer)}"
    for place, (got, wanted) in enumerate(zip(answer, expected, strict=True), start=1):
        difference = _difference(got, wanted, reveal=reveal)
        if difference is not None:
            return f"goes wrong at value {place} of {len(expected)}, which {difference}"
    return None


def _number_difference(got: NDArray[Any], expected: NDArray[Any], reveal: bool) -> str | None:
    if got.shape != expected.shape:
        return _shape_difference(got, expected)
    wrong = ~_close(got, expected)
    if not wrong.any():
        return None
    if np.isnan(got[wrong]).any():
        return "holds NaN (not a number), as 0/0 gives"
    if got.ndim == 0:
        return f"is {_number(got[()])}, and {_instead(expected[()], reveal)}"
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    at = f"[{', '.join(str(i) for i in first)}]"
    has = f"where it has {_number(got[first])}"
    if reveal:
        has += f" and should have {_number(expected[first])}"
    if wrong.all():
        return f"is wrong in every place, from {at} on, {has}"
    count = int(wrong.sum())
    if count == 1:
        return f"is wrong in one place of {wrong.size}: at {at}, {has}"
    return f"is wrong in {count} places of {wrong.size}, the first at {at}, {has}"


def _shape_difference(got: NDArray[Any], expected: NDArray[Any]) -> str:
    wanted, given = _shape_words(expected.shape), _shape_words(got.shape)
    same_values = got.size == expected.size and got.squeeze().shape == expected.squeeze().shape
    if same_values and _close(got.squeeze(), expected.squeeze()).all():
        return f"has the right values, but it is {given} and should be {wanted}"
    return f"is {given} and should be {wanted}"


def _shape_words(shape: tuple[int, ...]) -> str:
    return f"of shape {shape}" if shape else "one number"


def _close(got: NDArray[Any], expected: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell, place by place, what counts as equal."""
    if expected.dtype.kind in "biu":
        tolerance = 1e-3
    else:
        finite = np.abs(expected[np.isfinite(expected)])
        tolerance = 1e-5 * float(finite.max(initial=0.0)) or 1e-9
    with np.errstate(all="ignore"):
        return np.asarray(np.isclose(got, expected, rtol=0, atol=tolerance, equal_nan=True))


def _is_transposed(answer: object, expected: object) -> bool:
    """Tell whether `answer` is `expected` with its last two axes swapped, in shape or values."""
    try:
        got, wanted = as_numbers(answer), as_numbers(expected)
    except (Unreadable, _DeclarationError):
        return False
    if wanted.ndim < 2:
        return False
    turned = wanted.swapaxes(-1, -2)
    if got.shape != turned.shape:
        return False
    return turned.shape != wanted.shape or bool(_close(got, turned).all())


class Unreadable(Exception):
    """An answer that holds no numbers; the message is the end of a sentence about it."""


def as_numbers(value: object) -> NDArray[Any]:
    """Turn a number, list, NumPy array or torch tensor into an array of numbers.

    torch is not imported: a tensor is known by its methods.

    Raises
    ------
    Unreadable
        If there are no numbers in it. `find_fault` functions may let it pass through.

    Examples
    --------
    >>> as_numbers([[1, 2], [3, 4]]).shape
    (2, 2)
    >>> as_numbers("three")
    Traceback (most recent call last):
    cnnviz.check._feedback.Unreadable: should be a number, and is the text 'three'
    """
    if isinstance(value, str):
        raise Unreadable(f"should be a number, and is the text {_show(value)}")
    if callable(value):
        raise Unreadable("should be a value, and is a function: is a pair of brackets missing?")
    try:
        numbers = np.asarray(_detached(value))
        if numbers.dtype.kind == "O":
            numbers = numbers.astype(np.float64)
    except (Exception, SystemExit):
        numbers = None
    if numbers is None or numbers.dtype.kind not in "biufc":
        raise Unreadable(f"should be made of numbers, and is {_show(value)}")
    # Wider floats, or a float16 overflows in the comparison.
    return numbers.astype(np.float64) if numbers.dtype.kind == "f" else numbers


def _detached(value: Any) -> Any:
    """Free tensors, alone or in lists, from their graph and their device."""
    if isinstance(value, (list, tuple)):
        return [_detached(item) for item in value]
    return value.detach().cpu().numpy() if hasattr(value, "detach") else value


# --------------------------------------------------------------------------------------
# Functions


@_never_raises
def compare_function(
    answer: object,
    reference: Callable[..., object],
    cases: Sequence[object],
    *,
    mistakes: Iterable[tuple[Mistake | str, Callable[..., object]]] = (),
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
    mistakes : iterable of (Mistake, callable)
        Functions with a known bug. The first whose results agree with the learner's on all
        cases is named.
    hint, praise : str
        As in :func:`compare`.

    Returns
    -------
    Feedback

    Examples
    --------
    >>> def places(n, k, s):
    ...     return (n - k) // s + 1
    >>> cases = [(7, 3, 2), (8, 3, 2)]
    >>> compare_function(places, places, cases)
    ✓ Right.
    >>> def no_floor(n, k, s):
    ...     return (n - k) / s + 1
    >>> compare_function(no_floor, places, cases)
    ✗ no_floor(8, 3, 2) is 3.5, and should be 3.
    >>> compare_function(no_floor, places, cases, mistakes=[(FORGOT_FLOOR, no_floor)])
    ✗ You forgot the floor.
      Case: no_floor(8, 3, 2) is 3.5, and should be 3.
      Hint: A last step that does not fit is not taken: ⌊ ⌋ rounds down, and // does that in Python.
    """
    calls = _calls(cases)
    expected = [_declared(call, reference) for call in calls]
    outcomes = _attempts(answer, calls)
    if isinstance(outcomes, Feedback):
        return outcomes
    assert callable(answer)
    if all(outcome.is_none for outcome in outcomes):
        message = "Your function returns nothing. Did you print instead of return?"
        return Feedback("failed", message, hint)
    if any(inspect.isgenerator(outcome.result) for outcome in outcomes):
        message = "Your function returns a generator, which has not computed anything yet."
        return Feedback("failed", message, "Wrap it in tuple(…).")
    found = _first_failure(answer, reference, calls, outcomes, expected, hint)
    if found is None:
        return Feedback("passed", praise)
    failure, case = found
    if not any(outcome.error for outcome in outcomes):
        results = [outcome.result for outcome in outcomes]
        for mistake, wrong in mistakes:
            if _all_agree(results, [call.attempt(wrong).result for call in calls]):
                return _mistaken(mistake, hint, case=case)
    return failure


@_never_raises
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
        As in :func:`compare`.

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
    calls = _calls(cases)
    outcomes = _attempts(answer, calls)
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
            return _mistaken(fault, hint, case=where)
    return Feedback("passed", praise)


_UNANSWERED_FUNCTION = Feedback(
    "unanswered", "Not answered yet. Let the function return the answer, and run the cell."
)


def _calls(cases: Sequence[object]) -> list[_Call]:
    if not cases:
        raise _DeclarationError(ValueError("cases must hold at least one call, got none"))
    return [_Call.of(case) for case in cases]


def _attempts(answer: object, calls: Sequence[_Call]) -> Feedback | list[_Outcome]:
    """Make the calls; or say what there is to say about an answer that is no function yet."""
    if _is_unanswered(answer):
        return _UNANSWERED_FUNCTION
    if not callable(answer):
        message = f"Hand in the function itself; what came is {_show(answer)}."
        return Feedback("failed", message, "Write its name, without calling it.")
    outcomes = [call.attempt(answer) for call in calls]
    return _UNANSWERED_FUNCTION if _is_stub(answer, outcomes) else outcomes


class _Outcome(NamedTuple):
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
        return _is_unanswered(self.result)


class _Call(NamedTuple):
    """One set of arguments, copied for every call, so that no function spoils the next one's."""

    args: tuple[object, ...]
    kwargs: dict[str, object]

    @classmethod
    def of(cls, case: object) -> _Call:
        if isinstance(case, tuple):
            return cls(case, {})
        if isinstance(case, dict):
            return cls((), case)
        return cls((case,), {})

    def run(self, function: Callable[..., _T]) -> _T:
        args, kwargs = copy.deepcopy((self.args, self.kwargs))
        return function(*args, **kwargs)

    def attempt(self, function: Callable[..., object]) -> _Outcome:
        try:
            return _Outcome(self.run(function))
        except (Exception, SystemExit) as error:
            return _Outcome(error=error)

    def describe(self, function: Callable[..., object]) -> str:
        named = [f"{name}={_show(value)}" for name, value in self.kwargs.items()]
        arguments = ", ".join([*(_show(value) for value in self.args), *named])
        # A call is code, to be copied into a cell: there a true minus sign is a syntax error.
        return f"{_name(function)}({arguments.replace('−', '-')})"


def _declared(call: _Call, reference: Callable[..., object]) -> object:
    """Run the reference; an error here is the check's own, and not to be hidden."""
    try:
        return call.run(reference)
    except Exception as error:
        raise _DeclarationError(error) from error


def _is_stub(function: Callable[..., object], outcomes: Sequence[_Outcome]) -> bool:
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


def _all_agree(results: Sequence[object], others: Sequence[object]) -> bool:
    """Tell whether two functions gave the same answer on every case."""
    return all(
        not _is_unanswered(other) and _difference(result, other) is None
        for result, other in zip(results, others, strict=True)
    )


def _first_failure(
    answer: Callable[..., object],
    reference: Callable[..., object],
    calls: Sequence[_Call],
    outcomes: Sequence[_Outcome],
    expected: Sequence[object],
    hint: str,
) -> tuple[Feedback, str] | None:
    """Report the first case that went wrong, and what came there; None if none did."""
    for call, (result, error), wanted in zip(calls, outcomes, expected, strict=True):
        where = call.describe(answer)
        if error is not None:
            raised = _raised_feedback(where, error, answer, _parameters(reference), hint)
            return raised, raised.message
        if _is_unanswered(result):
            message = f"{where} returns {_show(result)}. Is a return missing on some path?"
            return Feedback("failed", message, hint), message
        difference = _difference(result, wanted, reveal=True)
        if difference is None:
            continue
        case = f"{where} {difference}."
        if not _is_transposed(result, wanted):
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
        hint = f"It is called with ({wanted})."
        return Feedback("failed", f"{_name(answer)} does not take these arguments: {text}", hint)
    reason = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return Feedback("failed", f"{where} stops with {reason}", hint)


def _parameters(function: Callable[..., object]) -> list[str]:
    """Return the names of a function's parameters, or [] where it does not tell."""
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


# --------------------------------------------------------------------------------------
# Words


def _name(function: Callable[..., object]) -> str:
    name = getattr(function, "__name__", None)
    # The layers that a check hands over are private to its module; their underscore is no news.
    return name.lstrip("_") if isinstance(name, str) and name != "<lambda>" else "your function"


def _number(value: Any) -> str:
    """Write a number as a reader would: no np.float64(…), whole numbers in full, a true minus."""
    if value.dtype.kind not in "iuf":
        return str(value)
    number = value.item()
    whole = math.isfinite(number) and number == int(number) and abs(number) < 1e15
    return (str(int(number)) if whole else f"{number:.6g}").replace("-", "−")


_LONGEST_LIST = 12  # what a reader can take in, and type again


def _show_array(value: object, shape: tuple[int, ...]) -> str:
    """Write a short array as a list that can be typed again, and say the size of a long one."""
    numbers = np.asarray(_detached(value))
    if 0 < numbers.size <= _LONGEST_LIST and numbers.dtype.kind in "biuf":
        return _listed(numbers)
    size = "×".join(str(int(n)) for n in shape)
    return f"an array of shape {size}" if len(shape) > 1 else f"an array of {size} values"


def _listed(numbers: NDArray[Any]) -> str:
    return f"[{', '.join(map(_listed, numbers))}]" if numbers.ndim else _number(numbers[()])


def _show(value: object) -> str:
    """Write a value in a few words, whatever its own repr does."""
    try:
        shape = getattr(value, "shape", None)
        if isinstance(shape, tuple) and len(shape) > 0:
            return _show_array(value, shape)
        if isinstance(value, (bool, np.bool_)):
            return str(bool(value))
        if isinstance(value, (int, float, np.number)):
            return _number(np.asarray(value)[()])
        if callable(value):
            return f"the function {_name(value)}"
        if inspect.isgenerator(value):
            return "a generator"
        return reprlib.repr(value)
    except Exception:
        return f"a {type(value).__name__}"
