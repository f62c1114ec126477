"""The checks, a module per chapter, named like the chapter's file without its number.

How to declare a check
----------------------
The checks of ``chapters/03-convolution-2d.md`` live in ``convolution_2d.py``, one function per
exercise, each named in that module's ``__all__``; ``cnnviz.check.<name>`` finds it by itself. The
mistakes that a check knows stand above it in a table of its name, ``<NAME>_MISTAKES``. There are
three kinds of checks.

*The answer is a value*: a number, a tuple, an array, a word. Give the right one, and for each
wrong one that a thoughtful reader might give a row: the wrong answer, what to tell them, and a
hint. A mistake that more than one exercise meets has a name, and fills the last two places::

    OUTPUT_COLUMNS_MISTAKES: list[ValueRow] = [
        (12.5, *FORGOT_FLOOR),
        (11, *FORGOT_PLUS_ONE),
        (24, "That is the width with stride 1.", "The kernel moves by s = 2."),
    ]

    def output_columns(answer: object) -> Feedback:
        '''Check the width of the feature map of a 28-wide picture, k = 5, s = 2.'''
        return compare(
            answer,
            12,
            mistakes=OUTPUT_COLUMNS_MISTAKES,
            hint="⌊(n + 2p − k) / s⌋ + 1",
        )

*The answer is a function*: give a right one, some calls to try, and for each plausible bug a
row with a function that has it. A wrong function is often one line::

    CORRELATE_MISTAKES: list[FunctionRow] = [
        (ops.convolve, *KERNEL_FLIPPED),
        (lambda x, k: ops.correlate(x, k)[..., :-1], *OFF_BY_ONE_RIGHT),
    ]

    def correlate(answer: object) -> Feedback:
        '''Check a cross-correlation written by hand.'''
        return compare_function(
            answer,
            ops.correlate,
            cases=[(image, kernel), (image[:5], kernel[:2])],
            mistakes=CORRELATE_MISTAKES,
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
