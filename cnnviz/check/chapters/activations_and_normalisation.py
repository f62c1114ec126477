"""Checks for chapter 9, activations and normalisation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz import ops
from cnnviz.check._calls import names_used
from cnnviz.check._feedback import Feedback
from cnnviz.check._functions import compare_function
from cnnviz.check._mistakes import FunctionRow, Mistake, ValueRow
from cnnviz.check._values import compare

__all__ = ["fold_batch_norm", "normalise_maps", "softmax_by_hand", "stable_softmax"]

Array = NDArray[Any]

# --------------------------------------------------------------------------------------
# Softmax

_SCORES = 7 + np.log([1.0, 2.0, 5.0])
_NOT_DIVIDED = Mistake("Your numbers don't sum to 1.", "Divide each power by the sum of all.")
_NO_POWERS = Mistake(
    "You divided the scores themselves by their sum.",
    "First raise e to each of them: e^(ln 2) = 2.",
)

SOFTMAX_BY_HAND_MISTAKES: list[ValueRow] = [
    ([1, 2, 5], *_NOT_DIVIDED),
    (np.exp(_SCORES), *_NOT_DIVIDED),
    (_SCORES / _SCORES.sum(), *_NO_POWERS),
    ((_SCORES - 7) / (_SCORES - 7).sum(), *_NO_POWERS),
    ([1 / 5, 2 / 5, 1], "You divided by the largest power.", "Divide by the sum of all three."),
    (
        ops.softmax(-_SCORES),
        "The largest score got the smallest probability.",
        "e to the power of z, not of −z.",
    ),
    (
        ops.sigmoid(_SCORES),
        "Those are three sigmoids, each by itself.",
        "In softmax the three share one sum.",
    ),
    (
        ops.sigmoid(_SCORES - 7),
        "Those are three sigmoids, each by itself.",
        "In softmax the three share one sum.",
    ),
    (
        np.log(ops.softmax(_SCORES)),
        "Those are the logarithms of the probabilities.",
        "Leave the powers as they are.",
    ),
    ([12.5, 25, 62.5], "Right in per cent.", "Write the probabilities as fractions of 1."),
]


def softmax_by_hand(answer: object) -> Feedback:
    """Check the softmax of 7, 7 + ln 2 and 7 + ln 5.

    Examples
    --------
    >>> softmax_by_hand([1, 2, 5]).message
    "Your numbers don't sum to 1."
    """
    return compare(
        answer,
        np.array([1, 2, 5]) / 8,
        mistakes=SOFTMAX_BY_HAND_MISTAKES,
        hint="Take 7 off each score; that changes nothing. Then e^(ln 2) = 2.",
        praise="Right. The 7 had no say.",
    )


# Small scores first, to be worked by hand; then rows that overflow, that underflow, and that are
# far from one another. As many rows as columns in one, where a wrong axis goes unnoticed.
_SCORE_TABLES = [
    np.array([[0.0, 1.0], [2.0, 2.0], [3.0, 0.0]]),
    np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 4.0], [-1.0, 5.0, 1.0]]),
    np.array([[1000.0, 1001.0, 1003.0]]),
    np.array([[0.0, 1000.0, 1.0]]),
    np.array([[-1000.0, -1001.0], [1000.0, 998.0]]),
    np.array([[0.0, 2000.0, 1.0, 1999.0], [-2.0, -1.0, 0.0, 1.0]]),
]


def _in_silence(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """Let a wrong softmax overflow without a warning in the reader's cell."""

    def silent(z: Array) -> Array:
        with np.errstate(all="ignore"):
            return function(z)

    return silent


def _over(powers: Array) -> Array:
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


_OVERFLOWS = "Your softmax overflows: e^1000 is no float."

STABLE_SOFTMAX_MISTAKES: list[FunctionRow] = [
    (
        _in_silence(lambda z: _over(np.exp(z))),
        _OVERFLOWS,
        "Only differences count. Take each row's largest score off before the powers.",
    ),
    (
        _in_silence(lambda z: _over(np.exp(z - z.mean(axis=1, keepdims=True)))),
        "Less their mean, scores can still be too large.",
        "Take the largest off, so that no power is above e^0.",
    ),
    (
        _in_silence(lambda z: _over(np.exp(z - z.min(axis=1, keepdims=True)))),
        "Less the smallest, scores can still be too large.",
        "Take the largest off, so that no power is above e^0.",
    ),
    (
        _in_silence(lambda z: _over(np.exp(z - z.max()))),
        "You take the same number off every row.",
        "A row far below another's scores becomes 0 / 0. Each row needs its own largest score.",
    ),
    (
        lambda z: ops.softmax(z, axis=0),
        "Your columns sum to 1, not your rows.",
        "The classes run along axis 1.",
    ),
    (
        lambda z: ops.softmax(z.ravel()).reshape(z.shape),
        "All your numbers together sum to 1.",
        "Each row is a picture of its own: axis=1.",
    ),
    (
        lambda z: np.exp(z - z.max(axis=1, keepdims=True)),
        "Your rows don't sum to 1.",
        "Divide by each row's sum, with keepdims=True.",
    ),
    (
        lambda z: ops.softmax(-z, axis=1),
        "The largest score gets the smallest probability.",
        "e to the power of z less the largest, not the other way round.",
    ),
    (
        lambda z: z - z.max(axis=1, keepdims=True) - np.log(_powers(z).sum(axis=1, keepdims=True)),
        "Those are logarithms of probabilities.",
        "Leave the powers as they are.",
    ),
    (lambda z: ops.sigmoid(z), "Those are sigmoids.", "In softmax a row shares one sum."),
]


def _powers(z: Array) -> Array:
    return np.asarray(np.exp(z - z.max(axis=1, keepdims=True)))


def stable_softmax(answer: object) -> Feedback:
    """Check ``z -> p``: the softmax of each row of scores (N, K), of any size.

    Examples
    --------
    >>> stable_softmax(lambda z: ops.softmax(z, axis=0)).message
    'Your columns sum to 1, not your rows.'
    """
    with np.errstate(all="ignore"):  # the answer's overflow is told in words
        return compare_function(
            answer,
            lambda z: ops.softmax(z, axis=1),
            _SCORE_TABLES,
            mistakes=STABLE_SOFTMAX_MISTAKES,
            hint="Take each row's largest score off, raise e to the rest, divide by the row's sum: "
            "both with axis=1 and keepdims=True.",
            praise="Right, for scores of any size.",
        )


# --------------------------------------------------------------------------------------
# Batch norm


def _integers(shape: Sequence[int], seed: int) -> Array:
    return np.random.default_rng(seed).integers(-9, 10, tuple(shape)).astype(float)


# (x, gamma, beta, eps): one map small enough to be worked by hand; as many pictures as maps; an ε
# large enough to be seen where it's misplaced.
_BATCHES = [
    (np.array([[[[1.0, 1]]], [[[7.0, 7]]]]), np.array([2.0]), np.array([3.0]), 7.0),
    (_integers((2, 3, 2, 2), 0), np.array([1.0, -2, 0.5]), np.array([0.0, 4, 1]), 0.5),
    (_integers((3, 3, 2, 4), 1), np.array([3.0, 1, 2]), np.array([-1.0, 0, 2]), 3.0),
]

_BATCH_NORM_FUNCTIONS = {
    "batch_norm",
    "BatchNorm2d",
    "BatchNorm1d",
    "BatchNorm3d",
    "native_batch_norm",
}


def _normalised(
    axes: tuple[int, ...] | None,
    finish: Callable[[Array, Array, Array], Array] | None = None,
    divisor: Callable[[Array, float], Array] = lambda variance, eps: np.sqrt(variance + eps),
    ddof: int = 0,
) -> Callable[[Array, Array, Array, float], Array]:
    """Make a batch norm over these axes, which divides and finishes as told."""

    def function(x: Array, gamma: Array, beta: Array, eps: float) -> Array:
        mean = x.mean(axis=axes, keepdims=True)
        variance = x.var(axis=axes, keepdims=True, ddof=ddof)
        normal = (x - mean) / divisor(variance, eps)
        g, b = gamma[:, np.newaxis, np.newaxis], beta[:, np.newaxis, np.newaxis]
        return np.asarray(g * normal + b if finish is None else finish(normal, g, b))

    return function


_MAPS = (0, 2, 3)
_EACH_MAP = "A map's numbers, over all pictures and all places, are one feature: axis=(0, 2, 3)."
_UNDER_THE_ROOT = "√(σ² + ε): add ε to the variance, then take the root."

NORMALISE_MAPS_MISTAKES: list[FunctionRow] = [
    (_normalised((0,)), "You normalise each number of a map by itself.", _EACH_MAP),
    (
        _normalised((2, 3)),
        "You normalise each picture's map by itself.",
        f"{_EACH_MAP} What you wrote is called instance norm.",
    ),
    (
        _normalised((1, 2, 3)),
        "You normalise each picture, all its maps together.",
        f"{_EACH_MAP} What you wrote is called layer norm.",
    ),
    (_normalised((0, 1, 2, 3)), "You normalise all maps together.", _EACH_MAP),
    (
        _normalised(_MAPS, ddof=1),
        "Your variance divides by m − 1.",
        "In batch norm it divides by m, as np.var does.",
    ),
    (
        _normalised(_MAPS, divisor=lambda variance, eps: np.sqrt(variance) + eps),
        "Your ε stands outside the root.",
        _UNDER_THE_ROOT,
    ),
    (
        _normalised(_MAPS, divisor=lambda variance, eps: np.sqrt(variance)),
        "You left out ε.",
        _UNDER_THE_ROOT,
    ),
    (
        _normalised(_MAPS, divisor=lambda variance, eps: np.sqrt(variance + eps**2)),
        "You squared ε.",
        _UNDER_THE_ROOT,
    ),
    (
        _normalised(_MAPS, divisor=lambda variance, eps: variance + eps),
        "You divide by the variance.",
        "Divide by its root, the standard deviation.",
    ),
    (
        _normalised(_MAPS, lambda normal, gamma, beta: normal),
        "You left out γ and β.",
        "Multiply what is normalised by γ, then add β.",
    ),
    (
        _normalised(_MAPS, lambda normal, gamma, beta: gamma * normal),
        "You left out β.",
        "Add it at the end, one for each map.",
    ),
    (
        _normalised(_MAPS, lambda normal, gamma, beta: normal + beta),
        "You left out γ.",
        "Multiply by it what is normalised, one for each map.",
    ),
    (
        _normalised(_MAPS, lambda normal, gamma, beta: gamma * (normal + beta)),
        "You add β before you multiply by γ.",
        "γ times the normalised number, and then + β.",
    ),
    (
        _normalised(_MAPS, lambda normal, gamma, beta: beta * normal + gamma),
        "You swapped γ and β.",
        "γ multiplies, β is added.",
    ),
]


def normalise_maps(answer: object) -> Feedback:
    """Check ``(x, gamma, beta, eps) -> y``: batch norm of maps (N, C, H, W), in training.

    An answer that calls a batch norm is sent back, though its numbers are right.

    Examples
    --------
    >>> normalise_maps(lambda x, gamma, beta, eps: x).status
    'failed'
    """
    feedback = compare_function(
        answer,
        lambda x, gamma, beta, eps: ops.batch_norm(x, gamma, beta, eps=eps),
        _BATCHES,
        mistakes=NORMALISE_MAPS_MISTAKES,
        hint="Mean and variance over axis=(0, 2, 3) with keepdims=True; gamma[:, None, None].",
        praise="Right: one mean and one variance for each map.",
    )
    if feedback and names_used(answer) & _BATCH_NORM_FUNCTIONS:
        return Feedback(
            "failed",
            "The numbers are right, but you call a batch norm.",
            "Take the mean and the variance yourself: over which axes?",
        )
    return feedback


# --------------------------------------------------------------------------------------
# Batch norm folded into the convolution before it


def _layer(kernels: int, channels: int, eps: float, seed: int) -> tuple[object, ...]:
    """Return weight, bias, gamma, beta, mean, variance and eps of small whole numbers."""
    rng = np.random.default_rng(seed)
    vectors = [rng.integers(-5, 6, kernels).astype(float) for _ in range(4)]
    variance = rng.integers(1, 10, kernels).astype(float)
    return (_integers((kernels, channels, 3, 3), seed), *vectors, variance, eps)


_ONE = [np.full((1, 1, 1, 1), 3.0), *(np.array([v]) for v in (2.0, 4.0, 1.0, 5.0, 16.0)), 0.0]
_LAYERS: list[tuple[object, ...]] = [tuple(_ONE), _layer(3, 2, 0.5, 0), _layer(2, 4, 3.0, 1)]

Folded = tuple[Array, Array]


def _fold_with(
    offset: Callable[[Array, Array, Array, Array], Array],
    divisor: Callable[[Array, float], Array] = lambda variance, eps: np.sqrt(variance + eps),
    factor: Callable[[Array, Array], Array] = lambda gamma, root: gamma / root,
) -> Callable[..., Folded]:
    """Make a fold whose bias is ``offset(bias, beta, mean, scale)``."""

    def fold(
        weight: Array,
        bias: Array,
        gamma: Array,
        beta: Array,
        mean: Array,
        variance: Array,
        eps: float,
    ) -> Folded:
        scale = factor(gamma, divisor(variance, eps))
        return weight * scale[:, None, None, None], offset(bias, beta, mean, scale)

    return fold


def _shifted(bias: Array, beta: Array, mean: Array, scale: Array) -> Array:
    return np.asarray(scale * (bias - mean) + beta)


_fold = _fold_with(_shifted)
_FOLDED_UNDER_THE_ROOT = "The factor is γ / √(σ² + ε)."


def _weight_kept(weight: Array, *rest: Any) -> Folded:
    return weight, _fold(weight, *rest)[1]


FOLD_BATCH_NORM_MISTAKES: list[FunctionRow] = [
    (_weight_kept, "You left the weights as they are.", "Each kernel is multiplied by its factor."),
    (
        _fold_with(lambda bias, beta, mean, scale: bias - mean + beta),
        "Your bias is not multiplied.",
        "Batch norm multiplies what the convolution adds, too: s (b − μ) + β.",
    ),
    (
        _fold_with(lambda bias, beta, mean, scale: bias - scale * mean + beta),
        "Your convolution's bias is not multiplied.",
        "s (w · x + b − μ) + β: the factor stands before b as well.",
    ),
    (
        _fold_with(lambda bias, beta, mean, scale: scale * bias - mean + beta),
        "You subtract the mean after you multiply.",
        "s (w · x + b − μ) + β: the factor stands before μ as well.",
    ),
    (
        _fold_with(lambda bias, beta, mean, scale: scale * bias + beta),
        "You forgot the mean.",
        "It is subtracted from what the convolution gives, bias included.",
    ),
    (
        _fold_with(lambda bias, beta, mean, scale: beta - scale * mean),
        "You forgot the convolution's own bias.",
        "Batch norm sees w · x + b.",
    ),
    (
        _fold_with(lambda bias, beta, mean, scale: scale * (bias - mean)),
        "You forgot β.",
        "It comes last, and nothing multiplies it.",
    ),
    (
        _fold_with(lambda bias, beta, mean, scale: scale * (bias - mean + beta)),
        "You multiply β, too.",
        "It comes last, and nothing multiplies it.",
    ),
    (
        _fold_with(lambda bias, beta, mean, scale: scale * (bias + mean) + beta),
        "You add the mean.",
        "Batch norm subtracts it.",
    ),
    (
        _fold_with(_shifted, lambda variance, eps: np.sqrt(variance) + eps),
        "Your ε stands outside the root.",
        _FOLDED_UNDER_THE_ROOT,
    ),
    (
        _fold_with(_shifted, lambda variance, eps: np.sqrt(variance)),
        "You left out ε.",
        _FOLDED_UNDER_THE_ROOT,
    ),
    (
        _fold_with(_shifted, lambda variance, eps: variance + eps),
        "You divide by the variance.",
        _FOLDED_UNDER_THE_ROOT,
    ),
    (
        _fold_with(_shifted, factor=lambda gamma, root: 1 / root),
        "You left out γ.",
        _FOLDED_UNDER_THE_ROOT,
    ),
    (
        _fold_with(_shifted, factor=lambda gamma, root: gamma * root),
        "You multiply by the root.",
        _FOLDED_UNDER_THE_ROOT,
    ),
    (
        lambda *layer: _fold(*layer)[::-1],
        "You return the bias first.",
        "The order is (weight, bias).",
    ),
]


def fold_batch_norm(answer: object) -> Feedback:
    """Check ``(weight, bias, gamma, beta, mean, variance, eps) -> (weight, bias)``.

    Examples
    --------
    >>> fold_batch_norm(_weight_kept).message
    'You left the weights as they are.'
    """
    return compare_function(
        answer,
        _fold,
        _LAYERS,
        mistakes=FOLD_BATCH_NORM_MISTAKES,
        hint="Write batch norm of w · x + b, and sort: what multiplies x, and what is left?",
        praise="Right. In use, batch norm costs nothing.",
    )
