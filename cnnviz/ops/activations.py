"""Activations: what stands between the layers."""

# Arrays that come in are typed Any (ArrayLike), so NumPy's functions on them are, too.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import numpy as np

from cnnviz.arrays import as_number
from cnnviz.ops._checks import (
    Array,
    ArrayLike,
    as_floats,
    as_numbers_alike,
    check_axis,
    check_shape,
    in_silence,
)

__all__ = [
    "leaky_relu",
    "leaky_relu_backward",
    "relu",
    "relu_backward",
    "sigmoid",
    "sigmoid_backward",
    "softmax",
    "softmax_backward",
    "tanh",
    "tanh_backward",
]


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


def leaky_relu(x: ArrayLike, slope: float = 0.01) -> Array:
    """Leaky rectified linear unit: x where x > 0, else `slope` · x.

    Raises
    ------
    ValueError, TypeError
        If `slope` is no finite number.

    References
    ----------
    Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models" (2013).

    Examples
    --------
    >>> leaky_relu([-2, 0, 3], slope=0.5)
    array([-1.,  0.,  3.])
    """
    (x,) = as_numbers_alike(x=x)
    x, slope = as_floats(x), as_number("slope", slope)
    with in_silence():
        return np.where(x > 0, x, x * x.dtype.type(slope))


def leaky_relu_backward(grad: ArrayLike, x: ArrayLike, slope: float = 0.01) -> Array:
    """Gradient of a loss with respect to the input of `leaky_relu`.

    Examples
    --------
    >>> leaky_relu_backward([4, 4, 4], [-2, 0, 3], slope=0.5)
    array([2., 2., 4.])
    """
    grad, x = as_numbers_alike(grad=grad, x=x)
    check_shape("grad", grad, x.shape)
    grad, slope = as_floats(grad), as_number("slope", slope)
    with in_silence():
        return np.where(x > 0, grad, grad * grad.dtype.type(slope))


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


def tanh(x: ArrayLike) -> Array:
    """Hyperbolic tangent, (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ), of every element.

    Examples
    --------
    >>> tanh([-1000, 0, 1000])
    array([-1.,  0.,  1.])
    """
    (x,) = as_numbers_alike(x=x)
    return np.tanh(as_floats(x))


def tanh_backward(grad: ArrayLike, x: ArrayLike) -> Array:
    """Gradient of a loss with respect to the input of `tanh`: `grad` / cosh²(x).

    Examples
    --------
    >>> tanh_backward([4.0], [0.0])
    array([4.])
    """
    grad, x = as_numbers_alike(grad=grad, x=x)
    check_shape("grad", grad, x.shape)
    x = as_floats(x)
    with in_silence():
        return grad * 4 * sigmoid(2 * x) * sigmoid(-2 * x)  # 1 − tanh², without its cancellation


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
