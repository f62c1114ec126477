"""The loss: what stands after the layers."""

# Arrays that come in are typed Any (ArrayLike), so NumPy's functions on them are, too.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import numpy as np

from cnnviz.arrays import as_array
from cnnviz.ops._checks import (
    Array,
    ArrayLike,
    as_floats,
    as_numbers,
    as_numbers_alike,
    check_shape,
    in_silence,
)
from cnnviz.ops.activations import softmax

__all__ = [
    "cross_entropy",
    "cross_entropy_backward",
    "mean_squared_error",
    "mean_squared_error_backward",
]


def cross_entropy(logits: ArrayLike, target: ArrayLike) -> float:
    """Mean of −log softmax(logits)[target], as `torch.nn.functional.cross_entropy`.

    Parameters
    ----------
    logits
        ``(N, classes)``, or ``(classes,)`` for one example.
    target
        Class indices, ``(N,)``, or one int.

    Raises
    ------
    ValueError, TypeError
        For targets that aren't whole numbers from 0 to classes − 1, one per example.

    Examples
    --------
    >>> round(cross_entropy([[0.0, 0.0], [0.0, 9.0]], [0, 1]), 4)
    0.3466
    """
    scores, classes = _examples(logits, target)
    with in_silence():
        shifted = scores - scores.max(axis=-1, keepdims=True)
        log_sum = np.log(np.exp(shifted).sum(axis=-1))
        losses = log_sum - np.take_along_axis(shifted, classes[..., np.newaxis], -1)[..., 0]
        mean = losses.mean(dtype=np.float64)
        return float(np.sum(losses / losses.size) if np.isinf(mean) else mean)


def cross_entropy_backward(logits: ArrayLike, target: ArrayLike) -> Array:
    """Gradient of `cross_entropy` with respect to the logits: (softmax − one-hot target) / N.

    Examples
    --------
    >>> cross_entropy_backward([0.0, 0.0], 1)
    array([ 0.5, -0.5])
    """
    scores, classes = _examples(logits, target)
    gradient = softmax(scores)
    column = classes[..., np.newaxis]
    np.put_along_axis(gradient, column, np.take_along_axis(gradient, column, -1) - 1, -1)
    return gradient / classes.size


def mean_squared_error(prediction: ArrayLike, target: ArrayLike) -> float:
    """Mean of (prediction − target)² over all numbers, as `torch.nn.functional.mse_loss`.

    Raises
    ------
    ValueError, TypeError
        If the two have different shapes.

    Examples
    --------
    >>> mean_squared_error([1.0, 2.0], [1.0, 5.0])
    4.5
    """
    difference = _difference(prediction, target)
    with in_silence():
        return float(np.square(difference).mean(dtype=np.float64))


def mean_squared_error_backward(prediction: ArrayLike, target: ArrayLike) -> Array:
    """Gradient of `mean_squared_error` with respect to the prediction: 2 (prediction − target) / n.

    Examples
    --------
    >>> mean_squared_error_backward([1.0, 2.0], [1.0, 5.0])
    array([ 0., -3.])
    """
    difference = _difference(prediction, target)
    with in_silence():
        return difference * (2 / difference.size)


def _difference(prediction: ArrayLike, target: ArrayLike) -> Array:
    prediction, target = as_numbers_alike(prediction=prediction, target=target)
    check_shape("target", target, prediction.shape)
    with in_silence():
        return as_floats(prediction) - as_floats(target)


def _examples(logits: ArrayLike, target: ArrayLike) -> tuple[Array, Array]:
    """Check what `cross_entropy` is given: one class for each row of scores."""
    scores, classes = as_floats(as_numbers("logits", logits)), as_array("target", target)
    if scores.ndim not in (1, 2):
        raise ValueError(f"logits must be (classes,) or (N, classes), got shape {scores.shape}")
    check_shape("target", classes, scores.shape[:-1])
    if classes.dtype.kind not in "iu":
        raise TypeError(f"target must hold whole numbers, got dtype {classes.dtype}")
    if classes.min() < 0 or classes.max() >= scores.shape[-1]:
        raise ValueError(
            f"target must hold classes from 0 to {scores.shape[-1] - 1}, "
            f"got {classes.min()} to {classes.max()}"
        )
    return scores, classes.astype(np.int64)
