"""Answers that are values: right, wrong, unanswered and hostile ones."""

import numpy as np
import pytest

from cnnviz.check._feedback import Feedback
from cnnviz.check._functions import compare_function
from cnnviz.check._mistakes import FORGOT_FLOOR, FORGOT_PLUS_ONE, HEIGHT_WIDTH_SWAPPED, Mistake
from cnnviz.check._values import compare, judge

from .answers import GRID, NASTY


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
    mistakes = [(13, "other", ""), ("image", "text", ""), (GRID.T, "grid", "")]
    feedback = compare(answer, expected, mistakes=mistakes)
    assert feedback.status == "failed"
    assert "\n" not in feedback.message
    assert len(feedback.message) < 200
    repr(feedback)


def test_known_mistakes_are_named():
    mistakes = [(12.5, *FORGOT_FLOOR), (11, *FORGOT_PLUS_ONE), (24, "Stride 1.", "")]
    named = {wrong: compare(wrong, 12, mistakes=mistakes, hint="h") for wrong in (12.5, 11, 24)}
    assert named[12.5] == Feedback("failed", *FORGOT_FLOOR)
    assert named[11] == Feedback("failed", *FORGOT_PLUS_ONE)
    assert named[24] == Feedback("failed", "Stride 1.", "h")
    unknown = compare(10, 12, mistakes=mistakes, hint="h")
    assert unknown == Feedback("failed", "Your answer is 10, and that is not it.", "h")


def test_a_right_answer_is_right_even_if_listed_as_a_mistake():
    assert compare(12, 12, mistakes=[(12, *FORGOT_FLOOR)])


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
    assert compare(answer, expected).message == HEIGHT_WIDTH_SWAPPED.message


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


def test_errors_in_the_declaration_of_a_value_are_not_hidden():
    with pytest.raises(TypeError, match="should be made of numbers"):
        compare(3, object())
    with pytest.raises(TypeError, match="is a function"):
        compare(3, 4, mistakes=[(len, "m", "")])


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


def test_errors_in_a_judge_are_not_hidden():
    with pytest.raises(ZeroDivisionError):
        judge(3, lambda numbers: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        judge(3, lambda numbers: None, praise=lambda numbers: 1 / 0)
