"""Activations: what stands between the layers."""

# Arrays that come in are typed Any (ArrayLike), so NumPy's functions on them are, too.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import numpy as np

from cnnviz.ops._checks import (
    Array,
    ArrayLike,
    as_floats,
    as_numbers_alike,
    check_axis,
    check_shape,
    in_silence,
)

__all__ = ["relu", "relu_backward", "sigmoid", "sigmoid_backward", "softmax", "softmax_backward"]


def relu(x: ArrayLike) -> Array:
    """Rectified linear unit, max(x, 0), of every element.

    Examples
    --------
    >>> relu([-2, 0, 3])
    array([0, 0, 3])
    """
    (x,) = as_numbers_alike(x=x)
    return np.maximum(x, 0)


def relu_backward(grad: ArrayLike, x: ArrayLike) -> Array:
    """Gradient of a loss with respect to the input of `relu`: `grad` where x > 0, else 0.

    Examples
    --------
    >>> relu_backward([5, 5, 5], [-2, 0, 3])
    array([0, 0, 5])
    """
    grad, x = as_numbers_alike(grad=grad, x=x)
    check_shape("grad", grad, x.shape)
    return np.where(x > 0, grad, 0)


def sigmoid(x: ArrayLike) -> Array:
    """Logistic function, 1 / (1 + e⁻ˣ), of every element; no x is too large or too small.

    Examples
    --------
    >>> sigmoid([-1000, 0, 1000])
    array([0. , 0.5, 1. ])
    """
    (x,) = as_numbers_alike(x=x)
    with in_silence():
        return np.exp(-np.logaddexp(0, -as_floats(x)))


def sigmoid_backward(grad: ArrayLike, x: ArrayLike) -> Array:
    """Gradient of a loss with respect to the input of `sigmoid`: `grad` · σ(x) · σ(−x).

    Examples
    --------
    >>> sigmoid_backward([4.0], [0.0])
    array([1.])
    """
    grad, x = as_numbers_alike(grad=grad, x=x)
    check_shape("grad", grad, x.shape)
    x = as_floats(x)
    with in_silence():
        return grad * sigmoid(x) * sigmoid(-x)  # σ(−x) is 1 − σ(x), without its cancellation


def softmax(x: ArrayLike, axis: int = -1) -> Array:
    """Make positive numbers that add up to 1 along an axis: eˣ / Σ eˣ.

    Raises
    ------
    ValueError, TypeError
        If x has no such axis, or `axis` is no whole number.

    Examples
    --------
    >>> softmax([1000.0, 1000.0])
    array([0.5, 0.5])
    """
    (x,) = as_numbers_alike(x=x)
    axis, x = check_axis(axis, x), as_floats(x)
    with in_silence():
        powers = np.exp(x - x.max(axis=axis, keepdims=True))  # at most e⁰
        return powers / powers.sum(axis=axis, keepdims=True)


def softmax_backward(grad: ArrayLike, x: ArrayLike, axis: int = -1) -> Array:
    """Gradient of a loss with respect to the input of `softmax`: y · (`grad` − Σ `grad` · y).

    Examples
    --------
    >>> softmax_backward([1.0, 0.0], [0.0, 0.0])
    array([ 0.25, -0.25])
    """
    grad, x = as_numbers_alike(grad=grad, x=x)
    check_shape("grad", grad, x.shape)
    y = softmax(x, axis)
    with in_silence():
        return y * (grad - (grad * y).sum(axis=check_axis(axis, x), keepdims=True))
