"""Checks for chapter 5, edges and other features."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz import kernels, ops
from cnnviz.check._feedback import Feedback
from cnnviz.check._functions import compare_function, judge_function
from cnnviz.check._mistakes import FunctionRow, Mistake
from cnnviz.check._reading import as_numbers
from cnnviz.check._values import judge

__all__ = ["lighter_below", "non_maximum_suppression", "sobel_gradient", "steered_sobel"]

Array = NDArray[Any]

# --------------------------------------------------------------------------------------
# A kernel for an edge that lies


def lighter_below(answer: object) -> Feedback:
    """Check a 3×3 kernel that is positive where it gets lighter downwards, and else 0.

    Examples
    --------
    >>> lighter_below(kernels.sobel("y"))
    ✓ Right: the columns sum to 0, and the bottom row outweighs the top one.
    >>> lighter_below(kernels.sobel("x")).message
    'Your kernel finds vertical edges.'
    """
    return judge(
        answer,
        _lying_edge_fault,
        shape=(3, 3),
        hint="Write three rows of three numbers: [[a, b, c], [d, e, f], [g, h, i]].",
        praise="Right: the columns sum to 0, and the bottom row outweighs the top one.",
    )


def _lying_edge_fault(kernel: Array) -> Mistake | None:
    """Say what is wrong with the kernel; None if nothing is.

    A picture that changes along one axis only meets the kernel's sums along the other. So a
    vertical edge is answered by the columns' sums, and a lying edge by the rows'.
    """
    tolerance = 1e-6 * float(abs(kernel).max())
    rows, columns = kernel.sum(axis=1), kernel.sum(axis=0)
    if tolerance == 0:
        return Mistake("A kernel of zeros answers 0 to everything.", "Subtract one row.")
    if abs(rows.sum()) > 3 * tolerance:
        return Mistake(
            "Your kernel answers a flat area: its weights do not sum to 0.",
            "What is added on one side must be subtracted on the other.",
        )
    upright, lying = (bool((abs(sums) > 3 * tolerance).any()) for sums in (columns, rows))
    if upright and not lying:
        return Mistake("Your kernel finds vertical edges.", "Turn it by a quarter: swap its axes.")
    if upright:
        return Mistake(
            "Your kernel also answers vertical edges.", "Let each of its columns sum to 0."
        )
    if not lying:
        return Mistake(
            "Your kernel answers 0 to every edge that lies.",
            "Its rows must differ in their sums: the bottom one positive, the top one negative.",
        )
    # An edge may lie below the window's middle row, or above it.
    answers = sorted((float(rows[2]), float(rows[1] + rows[2])))
    if answers[0] >= -3 * tolerance:
        return None
    if answers[1] <= 3 * tolerance:
        return Mistake(
            "The sign is the wrong way round: yours is positive where it gets darker.",
            "Let the bottom row be the positive one.",
        )
    return Mistake(
        "Your kernel answers the same edge with a positive and with a negative number.",
        "That is a second difference. Follow an edge through the window: once below the middle "
        "row, once above it.",
    )


# --------------------------------------------------------------------------------------
# The gradient's magnitude and direction

# Not square, not symmetric, no g_x of 0, all four quadrants. The patch of the text lies in one
# quadrant and tells few mistakes apart, so it comes last.
_PICTURES = [
    np.arange(1, 25).reshape(6, 4) ** 3 % 17,
    np.arange(1, 36).reshape(5, 7) ** 2 % 29,
    np.array([[1, 4, 7], [5, 8, 11], [9, 12, 15]]),
]

_SAME_SIZE = Mistake(
    "Your arrays are as large as the image.",
    "Without padding the kernels stay inside: n − 2 rows and columns.",
)
_PREWITT = Mistake(
    "Those are Prewitt's kernels.", "Sobel's count the middle row (or column) twice: 1 2 1."
)
_RADIANS_AND_MORE = Mistake(
    "Your direction is in radians, and that is not all.",
    "Turn it into degrees, and check again: the rest will be named.",
)
_ALONG_EDGE = Mistake(
    "Your direction runs along the edge.", "The gradient stands at right angles to the edge."
)
_SLOPES = Mistake(
    "Those are g_x and g_y themselves.",
    "The two are the legs of a right-angled triangle. Its long side and its angle are wanted.",
)

# What a wrong function makes of g_x and g_y, the mistake, a hint.
_GradientRow = tuple[Callable[[Array, Array], Array], str, str]

_MAGNITUDE_MISTAKES: list[_GradientRow] = [
    (
        lambda x, y: x**2 + y**2,
        "You forgot the root.",
        "m = √(g_x² + g_y²): np.hypot(g_x, g_y).",
    ),
    (
        lambda x, y: abs(x) + abs(y),
        "Your magnitude is |g_x| + |g_y|.",
        "That is an old shortcut, up to 41 % too long on a diagonal. Take √(g_x² + g_y²).",
    ),
    (
        lambda x, y: np.hypot(x, y) / 8,
        "Your magnitude is an eighth of what is asked.",
        "That is the true slope; here the kernels' answers are wanted as they are.",
    ),
]

_DIRECTION_MISTAKES: list[_GradientRow] = [
    (
        lambda x, y: np.arctan2(y, x),
        "Your direction is in radians.",
        "np.rad2deg turns radians into degrees.",
    ),
    (
        lambda x, y: _degrees(x, y),
        "The arguments of arctan2 are swapped.",
        "The vertical part comes first: arctan2(g_y, g_x).",
    ),
    (
        lambda x, y: _degrees(-y, -x),
        "Your direction points to the darker side.",
        "Sobel x is −1 0 1: positive where it gets lighter to the right. Do not flip it.",
    ),
    (
        lambda x, y: _degrees(-y, x),
        "Your direction counts y upwards.",
        "Rows count downwards, so 90° is lighter below.",
    ),
    (
        lambda x, y: np.rad2deg(np.arctan(y / x)),
        "Your direction knows only two of the four quadrants.",
        "arctan(g_y / g_x) cannot tell (1, 1) from (−1, −1); arctan2(g_y, g_x) can.",
    ),
    (
        lambda x, y: _degrees(y, x) % 180,
        "In your direction, opposite directions are the same.",
        "Lighter to the right is 0°, lighter to the left 180°: keep the whole circle.",
    ),
    (lambda x, y: _degrees(y, x) + 90, *_ALONG_EDGE),
    (lambda x, y: _degrees(y, x) - 90, *_ALONG_EDGE),
]


def sobel_gradient(answer: object) -> Feedback:
    """Check ``image -> (magnitude, direction in degrees)`` by Sobel's kernels, unpadded.

    Directions count modulo 360°, so −90° and 270° are the same.

    Examples
    --------
    >>> def in_radians(image):
    ...     x, y = (ops.correlate(image, kernels.sobel(axis)) for axis in ("x", "y"))
    ...     return np.hypot(x, y), np.arctan2(y, x)
    >>> sobel_gradient(in_radians).message
    'Your direction is in radians.'
    """
    return judge_function(
        answer,
        _gradient_fault,
        _PICTURES,
        hint="g_x = ops.correlate(image, kernels.sobel('x')), and likewise g_y.",
        praise="Right, in all four quadrants.",
    )


def _gradient_fault(result: Any, image: Array) -> Mistake | None:
    """Say what is wrong with the gradient of one image; None if nothing is."""
    stacked = not isinstance(result, (list, tuple)) and np.ndim(result) == 3
    if not (isinstance(result, (list, tuple)) or stacked) or len(result) != 2:
        return Mistake(
            "That is not two arrays.", "End with return magnitude, direction: the size comes first."
        )
    magnitude, direction = (as_numbers(part) for part in result)
    x, y = (ops.correlate(image, kernels.sobel(axis)) for axis in ("x", "y"))
    for part in (magnitude, direction):
        if part.shape == image.shape != x.shape:
            return _SAME_SIZE
        if part.ndim == 0:
            return Mistake(
                "One of your two arrays is a single number.",
                "Each place of the feature maps has a magnitude and a direction of its own.",
            )
        if part.shape != x.shape:
            return Mistake(
                f"For an image of shape {image.shape}, one of your arrays is of shape "
                f"{part.shape}.",
                f"Both should be of shape {x.shape}.",
            )
    if np.allclose(magnitude, x) and np.allclose(direction, y):
        return _SLOPES
    if np.allclose(direction, np.hypot(x, y)) and _same_turn(magnitude, _degrees(y, x)):
        return Mistake("Your two arrays are swapped.", "return magnitude, direction")
    return _magnitude_fault(magnitude, image, x, y) or _direction_fault(direction, x, y)


def _magnitude_fault(magnitude: Array, image: Array, x: Array, y: Array) -> Mistake | None:
    if np.allclose(magnitude, np.hypot(x, y)):
        return None
    for wrong, *mistake in _MAGNITUDE_MISTAKES:
        if np.allclose(magnitude, wrong(x, y)):
            return Mistake(*mistake)
    flat_x, flat_y = (ops.correlate(image, kernels.prewitt(axis)) for axis in ("x", "y"))
    if np.allclose(magnitude, np.hypot(flat_x, flat_y)):
        return _PREWITT
    return Mistake("Your magnitude is wrong.", "m = √(g_x² + g_y²), with Sobel's g_x and g_y.")


def _direction_fault(direction: Array, x: Array, y: Array) -> Mistake | None:
    if _same_turn(direction, _degrees(y, x)):
        return None
    for wrong, *mistake in _DIRECTION_MISTAKES:
        if _same_turn(direction, wrong(x, y)):
            return Mistake(*mistake)
    if any(_same_turn(np.rad2deg(direction), row[0](x, y)) for row in _DIRECTION_MISTAKES):
        return _RADIANS_AND_MORE
    return Mistake(
        "Your direction is wrong.",
        "Try the patch of the text: g_x = 24 and g_y = 32 should give 53.13°.",
    )


def _degrees(y: Array, x: Array) -> Array:
    return np.asarray(np.rad2deg(np.arctan2(y, x)))


def _same_turn(angles: Array, others: Array) -> bool:
    """Tell whether angles in degrees agree, whole turns left out."""
    apart = (angles - others + 180) % 360 - 180
    return bool(np.all(abs(apart) < 1e-3))


# --------------------------------------------------------------------------------------
# A kernel that can be turned


def _mixed(angle: float, pair: Callable[[Any], Array] = kernels.sobel) -> Array:
    theta = np.deg2rad(angle)
    return np.asarray(np.cos(theta) * pair("x") + np.sin(theta) * pair("y"))


def _in_radians(angle: float) -> Array:
    return np.asarray(np.cos(angle) * kernels.sobel("x") + np.sin(angle) * kernels.sobel("y"))


def _not_added(angle: float) -> Array:
    theta = np.deg2rad(angle)
    return np.stack([np.cos(theta) * kernels.sobel("x"), np.sin(theta) * kernels.sobel("y")])


STEERED_SOBEL_MISTAKES: list[FunctionRow] = [
    (
        _in_radians,
        "You took the degrees for radians.",
        "np.cos and np.sin want radians: np.deg2rad(angle).",
    ),
    (
        lambda angle: _mixed(90 - angle),
        "Sine and cosine are swapped.",
        "At 0° only Sobel x counts, and cos 0° = 1.",
    ),
    (
        lambda angle: _mixed(-angle),
        "Your kernel turns the other way.",
        "Rows count downwards, so steer(90) is Sobel y as it is, not its negative.",
    ),
    (
        lambda angle: -_mixed(angle),
        "Your kernel answers the darker side.",
        "steer(0) should be −1 0 1, −2 0 2, −1 0 1: positive where it gets lighter.",
    ),
    (
        lambda angle: _mixed(angle + 90),
        "Your kernel measures along the edge.",
        "The direction is the one in which the picture rises, across the edge.",
    ),
    (lambda angle: _mixed(angle, kernels.prewitt), *_PREWITT),
    (
        lambda angle: (1 - angle / 90) * kernels.sobel("x") + angle / 90 * kernels.sobel("y"),
        "Your kernel is right at 0° and 90°, but not between.",
        "A slope of length 1 at the angle θ has the parts cos θ and sin θ, and they "
        "do not sum to 1.",
    ),
    (
        _not_added,
        "You return two kernels, one for each axis.",
        "One kernel is asked for; what it answers is a sum.",
    ),
    (
        lambda angle: kernels.sobel("x"),
        "Your kernel does not turn.",
        "Mix Sobel x and Sobel y in shares that depend on the angle.",
    ),
    (
        lambda angle: _mixed(angle) / 8,
        "Your kernel is right but for a factor of 8.",
        "Here Sobel's answers are wanted as they are: steer(0) is Sobel x.",
    ),
]


def steered_sobel(answer: object) -> Feedback:
    """Check a function from an angle in degrees to Sobel's kernel in that direction.

    Examples
    --------
    >>> steered_sobel(lambda angle: _mixed(90 - angle)).message
    'Sine and cosine are swapped.'
    """
    return compare_function(
        answer,
        _mixed,
        cases=[30, 90, -50, 200],
        mistakes=STEERED_SOBEL_MISTAKES,
        hint="g_x cos θ + g_y sin θ is what one kernel answers: mix the two kernels likewise.",
        praise="Right. Two kernels, and every direction between them.",
    )


# --------------------------------------------------------------------------------------
# Non-maximum suppression in four directions

_STEPS = ((0, 1), (1, 1), (1, 0), (1, -1))  # down and right, for 0°, 45°, 90°, 135°


def _ridge(
    magnitude: Array,
    direction: Array,
    *,
    ways: tuple[int, ...] = (1, -1),
    border: bool = False,
    strict: bool = False,
    enough: Callable[[list[Any]], Any] = max,
    whole: Callable[[float], int] = round,
) -> Array:
    """Keep what is at least as large as its neighbours `ways` along the direction.

    `enough` picks the neighbour to compare with, `whole` makes a whole number of eighths of a turn.
    """
    padded = np.pad(magnitude, 1)
    kept = np.zeros_like(magnitude)
    for row, column in _places(magnitude.shape, border):
        value = magnitude[row, column]
        down, right = _STEPS[whole(float(direction[row, column]) / 45) % 4]
        sides = [padded[row + 1 + way * down, column + 1 + way * right] for way in ways]
        if value > enough(sides) or (value == enough(sides) and not strict):
            kept[row, column] = value
    return kept


def _in_place(magnitude: Array, direction: Array, *, border_first: bool = False) -> Array:
    """Set pixels to 0 while later ones are still to be compared with them."""
    changed = magnitude.copy()
    outside = np.pad(
        np.zeros([n - 2 for n in magnitude.shape], dtype=bool), 1, constant_values=True
    )
    if border_first:
        changed[outside] = 0
    for row, column in _places(magnitude.shape, border=False):
        down, right = _STEPS[round(float(direction[row, column]) / 45) % 4]
        sides = changed[row + down, column + right], changed[row - down, column - right]
        if changed[row, column] < max(sides):
            changed[row, column] = 0
    changed[outside] = 0
    return changed


def _peaks(magnitude: Array, direction: Array) -> Array:
    """Keep what is at least as large as all its eight neighbours: the mistake of going too far."""
    kept = np.zeros_like(magnitude)
    for row, column in _places(magnitude.shape, border=False):
        around = magnitude[row - 1 : row + 2, column - 1 : column + 2]
        if magnitude[row, column] >= around.max():
            kept[row, column] = magnitude[row, column]
    return kept


def _only_ahead(magnitude: Array, direction: Array) -> Array:
    """Compare with the one neighbour that the direction points at, in eight directions."""
    kept = np.zeros_like(magnitude)
    for row, column in _places(magnitude.shape, border=False):
        eighth = round(float(direction[row, column]) / 45) % 8
        sign = 1 if eighth < 4 else -1
        down, right = (sign * step for step in _STEPS[eighth % 4])
        if magnitude[row, column] >= magnitude[row + down, column + right]:
            kept[row, column] = magnitude[row, column]
    return kept


def _places(shape: tuple[int, ...], border: bool) -> Iterator[tuple[int, ...]]:
    for place in np.ndindex(shape):
        inside = all(0 < i < n - 1 for i, n in zip(place, shape, strict=True))
        if border or inside:
            yield place


def _case(seed: int, shape: tuple[int, int], top: int) -> tuple[Array, Array]:
    """Return magnitudes up to `top`, with equal neighbours, and directions of all kinds.

    No direction lies within 3° of 22.5°, 67.5° …, where it could be rounded either way.
    """
    generator = np.random.default_rng(seed)
    sector = 45 * generator.integers(-4, 5, shape)
    direction = np.clip(sector + generator.uniform(-19, 19, shape), -180, 180)
    return generator.integers(1, top, shape), direction


_ONE_NEIGHBOUR = Mistake(
    "You compare with one neighbour only: the one ahead.",
    "A ridge is higher than what lies on both of its sides.",
)
_CUT_OFF = Mistake(
    "You cut the direction off instead of rounding it.",
    "40° is nearer to 45° than to 0°.",
)
_SPOILED = Mistake(
    "You change the magnitudes while you still compare with them.",
    "A pixel set to 0 is a neighbour of the next one. Write into a new array.",
)
_RIDGE_CASES = [_case(1, (8, 11), 6), _case(2, (12, 7), 30)]


NON_MAXIMUM_SUPPRESSION_MISTAKES: list[FunctionRow] = [
    (
        lambda size, angle: _ridge(size, angle + 90),
        "You compare along the edge.",
        "The direction is the gradient's: walk across the edge, not along it.",
    ),
    (
        lambda size, angle: _ridge(size, -angle),
        "The two diagonals are swapped.",
        "Rows count downwards: 45° is one row down and one column to the right.",
    ),
    (lambda size, angle: _ridge(size, angle, ways=(1,)), *_ONE_NEIGHBOUR),
    (_only_ahead, *_ONE_NEIGHBOUR),
    (
        _peaks,
        "You compare with all eight neighbours.",
        "Then only single peaks are left. Two neighbours count: ahead and behind.",
    ),
    (
        lambda size, angle: _ridge(size, angle, strict=True),
        "You drop pixels that are as large as a neighbour.",
        "At least as large: >=, not >. Else a ridge of two equal pixels disappears.",
    ),
    (
        lambda size, angle: _ridge(size, angle, border=True),
        "Your border is not 0.",
        "The outermost pixels lack a neighbour; leave them out.",
    ),
    (
        lambda size, angle: _ridge(size, angle) > 0,
        "You return which pixels are kept, not their magnitude.",
        "The next step compares magnitudes with its thresholds: keep them.",
    ),
    (
        lambda size, angle: _ridge(size, angle, enough=min),
        "One lower neighbour is enough for you.",
        "A ridge is at least as high as both of its sides.",
    ),
    (lambda size, angle: _ridge(size, angle, whole=int), *_CUT_OFF),
    (lambda size, angle: _ridge(size, angle, whole=math.floor), *_CUT_OFF),
    (
        lambda size, angle: _ridge(size, abs(angle)),
        "You take −45° for 45°.",
        "The first points up to the right, the second down to the right.",
    ),
    (_in_place, *_SPOILED),
    (lambda size, angle: _in_place(size, angle, border_first=True), *_SPOILED),
    (
        lambda size, angle: size,
        "You set nothing to 0.",
        "Start from zeros, and write the magnitudes to be kept into them.",
    ),
    (
        lambda size, angle: _ridge(size, angle)[1:-1, 1:-1],
        "Your answer is smaller than the magnitude: its border is missing.",
        "Keep the size; the border becomes 0.",
    ),
    (
        lambda size, angle: _ridge(size, np.rad2deg(angle)),
        "You took the degrees for radians.",
        "The direction comes in degrees.",
    ),
    (
        lambda size, angle: _ridge(size, 0 * angle),
        "All directions are taken for 0°.",
        "Round direction / 45, and choose the pair of neighbours by that.",
    ),
]


def non_maximum_suppression(answer: object) -> Feedback:
    """Check ``(magnitude, direction) -> magnitude`` where only the ridges are left.

    Examples
    --------
    >>> non_maximum_suppression(lambda size, angle: _ridge(size, angle + 90)).message
    'You compare along the edge.'
    """
    return compare_function(
        answer,
        _ridge,
        cases=_RIDGE_CASES,
        mistakes=NON_MAXIMUM_SUPPRESSION_MISTAKES,
        hint="round(direction / 45) % 4 is 0, 1, 2 or 3: →, ↘, ↓, ↙, and each with its opposite.",
        praise="Right, in all four directions.",
    )
