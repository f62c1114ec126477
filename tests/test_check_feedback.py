"""The checks' machinery: right, wrong, unanswered and hostile answers."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cnnviz.check import _feedback as fb
from cnnviz.check._feedback import (
    Feedback,
    Mistake,
    as_numbers,
    compare,
    compare_function,
    judge,
    judge_function,
)

ROOT = Path(__file__).resolve().parent.parent
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


class RaisesInStr(Exception):
    def __str__(self):
        raise RuntimeError("no words")


# ---- Feedback


def test_feedback_reads_as_text_and_as_truth():
    assert repr(Feedback("passed", "Right.")) == "✓ Right."
    assert repr(Feedback("failed", "No.", "Think.")) == "✗ No.\n  Hint: Think."
    assert (
        repr(Feedback("failed", "No.", "Think.", "f(1)")) == "✗ No.\n  Case: f(1)\n  Hint: Think."
    )
    assert repr(Feedback("unanswered", "Not yet.")) == "… Not yet."
    assert Feedback("passed", "")
    assert not Feedback("failed", "")
    assert not Feedback("unanswered", "")
    with pytest.raises(AttributeError):
        Feedback("passed", "").status = "failed"


# ---- values


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (12, 12),
        (12.0, 12),
        (np.float32(12), 12),
        (np.array(12), 12),
        (True, True),
        ([24, 32], (24, 32)),
        (np.array([24, 32]), (24, 32)),
        (GRID.tolist(), GRID),
        (GRID.astype(np.float16), GRID),
        (GRID.astype(np.uint8), GRID),
        (np.float32(1) / np.float32(3), 1 / 3),
        (GRID / 3 + 1e-8, GRID / 3),
        (" Kernel ", "kernel"),
        ((GRID, GRID[0]), (GRID, GRID[0])),
        ([GRID, 3], (GRID, 3)),
        (("edge", 3), ("edge", 3)),
        ([1.0, float("nan")], [1.0, float("nan")]),
        (0.0, 0.0),
    ],
)
def test_right_values_pass(answer, expected):
    feedback = compare(answer, expected, praise="Well seen.")
    assert feedback.status == "passed", feedback
    assert feedback.message == "Well seen."


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (11, 12),
        (3_000_001, 3_000_000),
        (12.01, 12),
        (0.3334, 1 / 3),
        (1e-8, 0.0),
        (False, True),
        ([24, 33], (24, 32)),
        ([24], (24, 32)),
        (24, (24, 32)),
        (GRID + (GRID == 11), GRID),
        ("image", "kernel"),
        (3, "kernel"),
        ((GRID, GRID[1]), (GRID, GRID[0])),
        ((GRID,), (GRID, GRID[0])),
        (GRID, (GRID, GRID[0])),
        (np.nan, 12),
        (-12, 12),
        (12 + 1j, 12),
    ],
)
def test_wrong_values_fail(answer, expected):
    feedback = compare(answer, expected, hint="Count again.")
    assert feedback.status == "failed"
    assert feedback.hint == "Count again."


def test_torch_tensors_are_answers():
    torch = pytest.importorskip("torch")
    grid = torch.arange(12.0).reshape(3, 4)
    assert compare(grid, GRID)
    assert compare(grid.requires_grad_(), GRID)
    assert compare([row for row in grid], GRID), "a list of tensors that carry gradients"
    assert compare(torch.nn.Parameter(grid.detach() + 1), GRID).status == "failed"
    assert compare_function(lambda x: torch.tensor(x), lambda x: x, [(GRID,)])


@pytest.mark.parametrize(
    "stub", [..., None, NotImplemented, (..., ...), [3, ...], [[..., 1]], (None,), "", "  "]
)
def test_stubs_are_unanswered_and_see_no_hint(stub):
    feedback = compare(stub, 12, hint="Use the formula.")
    assert (feedback.status, feedback.hint) == ("unanswered", "")
    assert "not answered yet" in repr(feedback).lower()


@pytest.mark.parametrize(
    ("expected", "wanted"),
    [
        (12, "a number"),
        (1 / 3, "a number"),
        (True, "True or False"),
        ("kernel", "a text in quotes"),
        ((24, 32), "your values, as a tuple,"),
        (GRID, "an array"),
        ([1, 2], "an array"),
    ],
)
def test_stubs_are_told_what_is_expected_but_not_its_size(expected, wanted):
    message = f"Not answered yet. Put {wanted} in place of the three dots, and run the cell."
    assert compare(..., expected) == Feedback("unanswered", message)


def test_judged_stubs_are_told_the_shape_that_the_text_asks_for():
    asked = {None: "your answer", (): "a number", (3, 3): "an array of shape (3, 3)"}
    for shape, wanted in asked.items():
        message = judge(..., lambda numbers: None, shape=shape, hint="h").message
        assert f"Put {wanted} in place" in message


# By number: pytest itself would stumble over some of them.
@pytest.mark.parametrize("number", range(len(NASTY)))
@pytest.mark.parametrize("expected", [12, GRID, (24, 32), "kernel", (GRID, 1), 1 / 3])
def test_no_value_makes_a_check_raise(number, expected):
    answer = NASTY[number]
    mistakes = {Mistake("other"): 13, "text": "image", Mistake("grid"): GRID.T}
    feedback = compare(answer, expected, mistakes=mistakes)
    assert feedback.status == "failed"
    assert "\n" not in feedback.message
    assert len(feedback.message) < 200
    repr(feedback)


def test_known_mistakes_are_named():
    mistakes = {fb.FORGOT_FLOOR: 12.5, fb.FORGOT_PLUS_ONE: 11, "Stride 1.": 24}
    named = {wrong: compare(wrong, 12, mistakes=mistakes, hint="h") for wrong in (12.5, 11, 24)}
    assert named[12.5] == Feedback("failed", *fb.FORGOT_FLOOR)
    assert named[11] == Feedback("failed", *fb.FORGOT_PLUS_ONE)
    assert named[24] == Feedback("failed", "Stride 1.", "h")
    unknown = compare(10, 12, mistakes=mistakes, hint="h")
    assert unknown == Feedback("failed", "Your answer is 10, and that is not it.", "h")
    pairs = [(fb.FORGOT_FLOOR, 12.5)]
    assert compare(12.5, 12, mistakes=pairs).message == "You forgot the floor."


def test_a_right_answer_is_right_even_if_listed_as_a_mistake():
    assert compare(12, 12, mistakes={fb.FORGOT_FLOOR: 12})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (GRID.T, GRID),
        (np.zeros((4, 3)), GRID),
        (GRID[:, :3].T, GRID[:, :3]),
        (np.zeros((2, 4, 3)), np.zeros((2, 3, 4))),
    ],
)
def test_swapped_height_and_width_are_named(answer, expected):
    assert compare(answer, expected).message == fb.HEIGHT_WIDTH_SWAPPED.message


@pytest.mark.parametrize(
    ("answer", "expected", "words"),
    [
        (GRID[np.newaxis], GRID, "has the right values, but it is of shape (1, 3, 4)"),
        ([12], 12, "has the right values, but it is of shape (1,) and should be one number"),
        (GRID[:2], GRID, "is of shape (2, 4) and should be of shape (3, 4)"),
        (GRID + (GRID == 6), GRID, "in one place of 12: at [1, 2], where it has 7"),
        (GRID + (GRID > 8), GRID, "in 3 places of 12, the first at [2, 1], where it has 10"),
        (-GRID - 1, GRID, "wrong in every place, from [0, 0] on, where it has −1"),
        (GRID / np.where(GRID == 0, np.nan, 1), GRID, "NaN"),
        ("12", 12, "is the text '12'"),
        (len, 12, "is a function: is a pair of brackets missing?"),
        ((GRID, GRID[1]), (GRID, GRID[0]), "at value 2 of 2"),
        (-11, 12, "is −11, and"),
        (0.1234567, 12, "is 0.123457, and"),
    ],
)
def test_differences_are_described(answer, expected, words):
    assert words in compare(answer, expected).message


# ---- functions


def places(n, k, s=1, p=0):
    return (n + 2 * p - k) // s + 1


CASES = [(28, 5), (7, 3, 2), (8, 3, 2), (8, 3, 2, 1)]
MISTAKES = [
    (fb.FORGOT_FLOOR, lambda n, k, s=1, p=0: (n + 2 * p - k) / s + 1),
    (fb.FORGOT_PLUS_ONE, lambda n, k, s=1, p=0: (n + 2 * p - k) // s),
    (fb.FORGOT_STRIDE, lambda n, k, s=1, p=0: n + 2 * p - k + 1),
    (fb.PADDING_ONE_SIDE, lambda n, k, s=1, p=0: (n + p - k) // s + 1),
    (fb.FORGOT_PADDING, lambda n, k, s=1, p=0: (n - k) // s + 1),
]


def test_two_right_functions_pass():
    def counted(n, k, s=1, p=0):
        return len(range(-p, n + p - k + 1, s))

    for answer in (places, counted, lambda *a: float(places(*a))):
        assert compare_function(answer, places, CASES, mistakes=MISTAKES)


def test_each_mistake_is_named():
    for mistake, wrong in MISTAKES[:3]:
        feedback = compare_function(wrong, places, CASES, mistakes=MISTAKES)
        assert (feedback.status, feedback.message, feedback.hint) == ("failed", *mistake)


def test_a_named_mistake_comes_with_its_case():
    feedback = compare_function(MISTAKES[0][1], places, CASES, mistakes=MISTAKES)
    assert feedback.case == "your function(8, 3, 2) is 3.5, and should be 3."


def test_a_mistake_must_agree_on_every_case():
    # (7, 3, 2, 1) alone can't tell counting the padding once from forgetting it: both give 3.
    forgetful = MISTAKES[4][1]
    feedback = compare_function(forgetful, places, [(7, 3, 2, 1)], mistakes=MISTAKES[3:])
    assert feedback.message == fb.PADDING_ONE_SIDE.message
    for mistake, wrong in MISTAKES:
        cases = [*CASES, (7, 3, 2, 1), (8, 3, 1, 1)]
        feedback = compare_function(wrong, places, cases, mistakes=MISTAKES)
        assert (feedback.status, feedback.message, feedback.hint) == ("failed", *mistake)


def test_a_mistake_that_agrees_on_some_cases_only_is_not_named():
    def odd_one_out(n, k, s=1, p=0):
        return (n + 2 * p - k) / s + (2 if p else 1)

    feedback = compare_function(odd_one_out, places, CASES, mistakes=MISTAKES, hint="h")
    assert feedback == Feedback("failed", "odd_one_out(8, 3, 2) is 3.5, and should be 3.", "h")


def test_a_broken_mistake_never_matches():
    mistakes = [(Mistake("broken"), lambda n, k, s=1, p=0: 1 / 0), (Mistake("none"), print)]
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
    assert feedback.hint == fb.HEIGHT_WIDTH_SWAPPED.hint


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

    wrong = [(Mistake("other"), lambda n: n - 1)]
    feedback = compare_function(answer, reference, [(5,), (6,)], mistakes=wrong)
    assert feedback.status in ("failed", "unanswered")
    assert "\n" not in feedback.message
    repr(feedback)


def test_errors_in_the_declaration_are_not_hidden():
    with pytest.raises(ZeroDivisionError):
        compare_function(places, lambda *a: 1 / 0, CASES)
    with pytest.raises(ValueError, match="cases must hold"):
        compare_function(places, places, [])
    with pytest.raises(TypeError, match="should be made of numbers"):
        compare(3, object())
    with pytest.raises(TypeError, match="is a function"):
        compare(3, 4, mistakes={"m": places})


# ---- many right answers


def blurs(kernel):
    """Find fault with a kernel that should sum to 1 and hold nothing negative."""
    if abs(kernel.sum() - 1) > 1e-6:
        return Mistake("It changes the brightness.", "Divide by the sum.")
    return "It subtracts." if (kernel < 0).any() else None


def test_every_value_without_a_fault_is_right():
    for kernel in ([0.5, 0.5], [1, 0], np.float32([0.25, 0.75]), (0.1, 0.9)):
        assert judge(kernel, blurs, shape=(2,))
    assert judge(1, blurs, shape=())
    assert judge([0.2] * 5, blurs), "any shape will do where none is asked for"
    praised = judge([0.5, 0.5], blurs, praise=lambda kernel: f"At most {kernel.max()}.")
    assert praised == Feedback("passed", "At most 0.5.")


@pytest.mark.parametrize(
    ("kernel", "feedback"),
    [
        ([1, 1], Feedback("failed", "It changes the brightness.", "Divide by the sum.")),
        ([2, -1], Feedback("failed", "It subtracts.", "h")),
        ([1], Feedback("failed", "Your answer is of shape (1,) and should be of shape (2,).", "h")),
        (1, Feedback("failed", "Your answer is one number and should be of shape (2,).", "h")),
        ("12", Feedback("failed", "Your answer should be a number, and is the text '12'.", "h")),
    ],
)
def test_faults_of_values_are_told(kernel, feedback):
    assert judge(kernel, blurs, shape=(2,), hint="h") == feedback


@pytest.mark.parametrize("kernel", [[np.nan, 1], [np.inf, 1], [1j, 1]])
def test_what_cannot_be_judged_does_not_reach_the_judge(kernel):
    feedback = judge(kernel, lambda numbers: 1 / 0, shape=(2,))
    assert "no finite real number" in feedback.message


@pytest.mark.parametrize("number", range(len(NASTY)))
def test_no_value_makes_a_judge_raise(number):
    assert judge(NASTY[number], blurs, shape=(2,)).status == "failed"


def square_root(root, square):
    return None if np.allclose(as_numbers(root) ** 2, square) else Mistake("No root.", "Try √.")


SQUARES = [(4,), (9,), {"square": 2}]


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


def test_errors_in_a_judge_are_not_hidden():
    with pytest.raises(ZeroDivisionError):
        judge(3, lambda numbers: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        judge(3, lambda numbers: None, praise=lambda numbers: 1 / 0)
    with pytest.raises(ValueError, match="cases must hold"):
        judge_function(abs, square_root, [])


# ---- the package


def test_no_chapter_reaches_into_the_machinery():
    """A chapter declares its checks with public names only."""
    for module in sorted((ROOT / "cnnviz" / "check").glob("chapter*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "cnnviz.check._feedback":
                names = {alias.name for alias in node.names}
                assert names <= set(fb.__all__), f"{module.name}: {names - set(fb.__all__)}"


def test_ready_made_mistakes_are_sentences():
    constants = [getattr(fb, name) for name in fb.__all__ if name.isupper()]
    assert len(constants) >= 10
    assert len({mistake.message for mistake in constants}) == len(constants)
    for message, hint in constants:
        assert message.endswith(".")
        assert hint.endswith(".")


def test_every_check_is_found_by_name():
    from cnnviz import check

    for name in check.__all__:
        assert callable(getattr(check, name)), name
        assert name in dir(check)
    with pytest.raises(AttributeError, match="there is no check called 'nonsense'"):
        _ = check.nonsense


def test_gathering_reads_names_without_running_modules(tmp_path, monkeypatch):
    from cnnviz import check

    monkeypatch.setattr(check, "__file__", str(tmp_path / "__init__.py"))
    (tmp_path / "chapter01.py").write_text('raise SystemExit\n__all__ = ["one", "two"]\n')
    (tmp_path / "chapter02.py").write_text('__all__ = ["three"]\n')
    assert check._gather() == {"one": "chapter01", "two": "chapter01", "three": "chapter02"}
    (tmp_path / "chapter03.py").write_text('__all__ = ["two"]\n')
    with pytest.raises(ImportError, match="two is a check in both chapter01 and chapter03"):
        check._gather()
    (tmp_path / "chapter03.py").write_text("two = 2\n")
    with pytest.raises(ImportError, match=r"chapter03\.py has no __all__"):
        check._gather()


def test_importing_the_checks_is_light():
    code = (
        "import sys, cnnviz.check; cnnviz.check.Feedback;"
        "assert not {'torch', 'matplotlib', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_a_named_mistake_is_not_called_transposed_as_well():
    """A known bug whose results happen to be the right ones, turned: the case shows a number."""

    def steer(angle):
        return np.array([[0.0, angle], [90.0 - angle, 0.0]])

    def swapped(angle):
        return steer(90 - angle)

    mistake = Mistake("Sine and cosine are swapped.", "At 0° it is Sobel x.")
    feedback = compare_function(swapped, steer, [30, 45, 60], mistakes=[(mistake, swapped)])
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
