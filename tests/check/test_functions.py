"""Answers that are functions: right, wrong, unanswered and hostile ones."""

import numpy as np
import pytest

from cnnviz.check._feedback import Feedback
from cnnviz.check._functions import compare_function, judge_function
from cnnviz.check._mistakes import (
    FORGOT_FLOOR,
    FORGOT_PADDING,
    FORGOT_PLUS_ONE,
    FORGOT_STRIDE,
    HEIGHT_WIDTH_SWAPPED,
    PADDING_ONE_SIDE,
    Mistake,
)
from cnnviz.check._reading import as_numbers
from cnnviz.check._values import compare

from .answers import GRID, NASTY, NASTY_FUNCTIONS


def places(n, k, s=1, p=0):
    return (n + 2 * p - k) // s + 1


CASES = [(28, 5), (7, 3, 2), (8, 3, 2), (8, 3, 2, 1)]


MISTAKES = [
    (lambda n, k, s=1, p=0: (n + 2 * p - k) / s + 1, *FORGOT_FLOOR),
    (lambda n, k, s=1, p=0: (n + 2 * p - k) // s, *FORGOT_PLUS_ONE),
    (lambda n, k, s=1, p=0: n + 2 * p - k + 1, *FORGOT_STRIDE),
    (lambda n, k, s=1, p=0: (n + p - k) // s + 1, *PADDING_ONE_SIDE),
    (lambda n, k, s=1, p=0: (n - k) // s + 1, *FORGOT_PADDING),
]


def test_two_right_functions_pass():
    def counted(n, k, s=1, p=0):
        return len(range(-p, n + p - k + 1, s))

    for answer in (places, counted, lambda *a: float(places(*a))):
        assert compare_function(answer, places, CASES, mistakes=MISTAKES)


def test_each_mistake_is_named():
    for wrong, *mistake in MISTAKES[:3]:
        feedback = compare_function(wrong, places, CASES, mistakes=MISTAKES)
        assert (feedback.status, feedback.message, feedback.hint) == ("failed", *mistake)


def test_a_named_mistake_comes_with_its_case():
    feedback = compare_function(MISTAKES[0][0], places, CASES, mistakes=MISTAKES)
    assert feedback.case == "your function(8, 3, 2) is 3.5, and should be 3."


def test_a_mistake_must_agree_on_every_case():
    # (7, 3, 2, 1) alone can't tell counting the padding once from forgetting it: both give 3.
    forgetful = MISTAKES[4][0]
    feedback = compare_function(forgetful, places, [(7, 3, 2, 1)], mistakes=MISTAKES[3:])
    assert feedback.message == PADDING_ONE_SIDE.message
    for wrong, *mistake in MISTAKES:
        cases = [*CASES, (7, 3, 2, 1), (8, 3, 1, 1)]
        feedback = compare_function(wrong, places, cases, mistakes=MISTAKES)
        assert (feedback.status, feedback.message, feedback.hint) == ("failed", *mistake)


def test_a_mistake_that_agrees_on_some_cases_only_is_not_named():
    def odd_one_out(n, k, s=1, p=0):
        return (n + 2 * p - k) / s + (2 if p else 1)

    feedback = compare_function(odd_one_out, places, CASES, mistakes=MISTAKES, hint="h")
    assert feedback == Feedback("failed", "odd_one_out(8, 3, 2) is 3.5, and should be 3.", "h")


def test_a_broken_mistake_never_matches():
    mistakes = [(lambda n, k, s=1, p=0: 1 / 0, "broken", ""), (print, "none", "")]
    feedback = compare_function(lambda *a: 0, places, CASES, mistakes=mistakes)
    assert "should be 24" in feedback.message


@pytest.mark.parametrize(
    "answer", [..., None, lambda n, k, *a: ..., lambda n, k, *a: None, lambda n, k, *a: (..., 1)]
)
def test_function_stubs_are_unanswered(answer):
    feedback = compare_function(answer, places, CASES, hint="Start with one step.")
    assert (feedback.status, feedback.hint) == ("unanswered", "")
    assert feedback.message.startswith("Not answered yet. Let the function return")


def test_missing_returns_are_told():
    def no_return(n, k, s=1, p=0):
        places(n, k, s, p)

    def prints(n, k, s=1, p=0):
        print(places(n, k, s, p))

    def untouched(n, k, s=1, p=0): ...

    def described(n, k, s=1, p=0):
        """Count the places."""

    def some_return(n, k, s=1, p=0):
        if s == 1:
            return places(n, k, s, p)

    def raises(n, k, s=1, p=0):
        raise NotImplementedError

    for answer in (no_return, prints):
        feedback = compare_function(answer, places, CASES, hint="h")
        nothing = "Your function returns nothing. Did you print instead of return?"
        assert feedback == Feedback("failed", nothing, "h")
    for answer in (untouched, described):
        assert compare_function(answer, places, CASES).status == "unanswered"
    assert compare_function(raises, places, CASES).status == "unanswered"
    feedback = compare_function(some_return, places, CASES)
    assert feedback.status == "failed"
    assert feedback.message.startswith("some_return(7, 3, 2) returns None.")


def test_exceptions_are_reported_with_their_case():
    def fragile(n, k, s=1, p=0):
        return places(n, k, s, p) if n != 8 else n / 0

    feedback = compare_function(fragile, places, CASES)
    assert feedback.status == "failed"
    assert feedback.message == "fragile(8, 3, 2) stops with ZeroDivisionError: division by zero"


@pytest.mark.parametrize("answer", [lambda: 1, lambda n: n, lambda a, b, c, d, e: a])
def test_a_wrong_signature_is_explained(answer):
    feedback = compare_function(answer, places, CASES)
    assert feedback.status == "failed"
    assert "does not take these arguments" in feedback.message
    assert feedback.hint == "It is called with (n, k, s, p)."


def test_a_type_error_inside_the_function_is_not_taken_for_a_wrong_signature():
    def inside(n, k, s=1, p=0):
        return n + "k"

    feedback = compare_function(inside, places, CASES)
    assert "stops with TypeError: unsupported operand" in feedback.message


def test_arrays_in_cases_are_described_and_protected():
    def spoils(image):
        image[:] = 0
        return image

    original = GRID.copy()
    feedback = compare_function(spoils, lambda image: image, [original])
    assert (original == GRID).all()
    assert feedback.message == (
        "spoils([[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]) is wrong in 11 places of 12, "
        "the first at [0, 1], where it has 0 and should have 1."
    )


@pytest.mark.parametrize(
    ("case", "shown"),
    [
        (np.array([1.5, -2.0]), "[1.5, -2]"),
        (np.arange(12), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]"),
        (np.arange(13), "an array of 13 values"),
        (np.zeros((5, 7)), "an array of shape 5×7"),
        (np.zeros((0, 3)), "an array of shape 0×3"),
        (np.array(["a", "b"]), "an array of 2 values"),
    ],
)
def test_short_arrays_are_written_out(case, shown):
    message = compare_function(lambda x: 1, lambda x: 0, [(case,)]).message
    assert message == f"your function({shown}) is 1, and should be 0."


def test_only_functions_results_reveal_what_is_right():
    """The right value of an exercise is its answer; that of a case is not."""
    right, wrong = np.array([13, 7, 15]), np.array([13, 20, 35])
    message = compare_function(lambda x: wrong, lambda x: right, [(1,)]).message
    assert message.endswith("the first at [1], where it has 20 and should have 7.")
    assert compare(wrong, right).message.endswith("the first at [1], where it has 20.")
    message = compare_function(lambda x: "image", lambda x: "kernel", [(1,)]).message
    assert message == "your function(1) is 'image', and should be 'kernel'."
    assert "kernel" not in compare("image", "kernel").message
    pairs = compare_function(lambda x: (right, 8), lambda x: (right, 9), [(1,)]).message
    assert pairs == "your function(1) goes wrong at value 2 of 2, which is 8, and should be 9."


def test_swapped_results_are_named_with_their_case():
    grid = np.arange(15).reshape(3, 5)
    feedback = compare_function(lambda image: image.T, lambda image: image, [(grid,)])
    assert feedback.message.startswith("your function(an array of shape 3×5): height and width")
    assert feedback.hint == HEIGHT_WIDTH_SWAPPED.hint


def test_cases_may_be_tuples_keywords_or_one_argument():
    assert compare_function(places, places, [(7, 3), {"n": 7, "k": 3, "s": 2}])
    assert compare_function(abs, abs, [-3, -4.5, GRID])
    message = compare_function(lambda n, k, s=1: 0, places, [{"n": 7, "k": 3}]).message
    assert message == "your function(n=7, k=3) is 0, and should be 5."


@pytest.mark.parametrize("number", range(len(NASTY) + len(NASTY_FUNCTIONS)))
def test_nothing_makes_a_function_check_raise(number):
    answer = [*NASTY, *NASTY_FUNCTIONS][number]

    def reference(n):
        return n + 0.5

    wrong = [(lambda n: n - 1, "other", "")]
    feedback = compare_function(answer, reference, [(5,), (6,)], mistakes=wrong)
    assert feedback.status in ("failed", "unanswered")
    assert "\n" not in feedback.message
    repr(feedback)


def test_errors_in_the_declaration_are_not_hidden():
    with pytest.raises(ZeroDivisionError):
        compare_function(places, lambda *a: 1 / 0, CASES)
    with pytest.raises(ValueError, match="cases must hold"):
        compare_function(places, places, [])


def square_root(root, square):
    return None if np.allclose(as_numbers(root) ** 2, square) else Mistake("No root.", "Try √.")


SQUARES = [(4,), (9,), {"square": 2}]


def test_a_judge_without_cases_is_a_wrong_declaration():
    with pytest.raises(ValueError, match="cases must hold"):
        judge_function(abs, square_root, [])


def test_every_function_without_a_fault_is_right():
    for answer in (lambda square: square**0.5, lambda square: -np.sqrt(square)):
        assert judge_function(answer, square_root, SQUARES, praise="Yes.").message == "Yes."


def test_faults_of_functions_are_told():
    def halves(square):
        return square / 2

    def in_words(square):
        return "two"

    def fragile(square):
        return square**0.5 if square != 9 else square / 0

    def told(answer):
        return judge_function(answer, square_root, SQUARES, hint="h")

    assert told(halves) == Feedback("failed", "No root.", "Try √.", "halves(9)")
    unread = "in_words(4) should be a number, and is the text 'two'."
    assert told(in_words) == Feedback("failed", unread, "h")
    assert told(fragile).message.startswith("fragile(9) stops with ZeroDivisionError")
    assert told(lambda: 2).hint == "It is called with (square)."
    assert told(2.0).message == "Hand in the function itself; what came is 2."


def test_none_is_a_result_unless_it_is_the_only_one():
    def find_fault(root, square):
        if root is None:
            return None if square < 0 else "There is a root."
        return square_root(root, square)

    def real_root(square):
        return square**0.5 if square >= 0 else None

    def none_too_many(square):
        return 2 if square == 4 else None

    cases = [4, 9, -1]
    assert judge_function(real_root, find_fault, cases)
    assert judge_function(none_too_many, find_fault, cases).message == "There is a root."
    for stub in (..., None, lambda square: ..., lambda square: None):
        assert judge_function(stub, find_fault, cases).status == "unanswered"

    def never(square):
        return print(end="") if square > 0 else None

    assert judge_function(never, find_fault, cases).message == "There is a root."


def test_a_judge_does_not_spoil_the_next_call():
    def find_fault(result, grid):
        grid[:] = 0
        return None if result == 66 else "spoiled"

    original = GRID.copy()
    assert judge_function(lambda grid: grid.sum(), find_fault, [original, original])
    assert (original == GRID).all()


@pytest.mark.parametrize("number", range(len(NASTY) + len(NASTY_FUNCTIONS)))
def test_nothing_makes_a_judge_of_functions_raise(number):
    answer = [*NASTY, *NASTY_FUNCTIONS][number]
    feedback = judge_function(answer, square_root, [(2,), (3,)])
    assert feedback.status in ("failed", "unanswered")
    repr(feedback)


def test_a_named_mistake_is_not_called_transposed_as_well():
    """A known bug whose results happen to be the right ones, turned: the case shows a number."""

    def steer(angle):
        return np.array([[0.0, angle], [90.0 - angle, 0.0]])

    def swapped(angle):
        return steer(90 - angle)

    mistake = Mistake("Sine and cosine are swapped.", "At 0° it is Sobel x.")
    feedback = compare_function(swapped, steer, [30, 45, 60], mistakes=[(swapped, *mistake)])
    assert feedback.message == mistake.message
    assert "height and width" not in feedback.case
    assert feedback.case.startswith("swapped(30)")
    unknown = compare_function(swapped, steer, [30, 45, 60])
    assert "height and width" in unknown.message


def test_whole_numbers_are_written_in_full():
    message = compare_function(lambda n: 2 * n, lambda n: n, [1_852_416.0]).message
    assert message == "your function(1852416) is 3704832, and should be 1852416."
    message = compare_function(lambda n: (i for i in range(n)), lambda n: (1, 2), [3]).message
    assert "generator" in message
    assert "0x" not in message
