"""Fully connected layers, and what stands around them: flattening and dropout."""

# Arrays that come in are typed Any (ArrayLike), so NumPy's functions on them are, too.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import Any

import numpy as np

from cnnviz import shapes
from cnnviz.arrays import as_array, as_number, refuse_large, shown
from cnnviz.ops._checks import (
    Array,
    ArrayLike,
    as_floats,
    as_numbers,
    as_numbers_alike,
    check_shape,
    in_silence,
    refuse_overflow,
)

__all__ = [
    "dropout",
    "dropout_backward",
    "dropout_mask",
    "flatten",
    "flatten_backward",
    "linear",
    "linear_backward",
]


_MOST_AXES = 64  # NumPy's


def linear(x: ArrayLike, weight: ArrayLike, bias: ArrayLike | None = None) -> Array:
    """Fully connected layer: each output is a weighted sum of all inputs, x · Wᵀ + b.

    Parameters
    ----------
    x
        ``(N, in)``, or ``(in,)`` for one example.
    weight
        ``(out, in)``, as `torch.nn.Linear` has it.
    bias
        ``(out,)``.

    Returns
    -------
    ndarray
        ``(N, out)`` or ``(out,)``.

    Raises
    ------
    ValueError, TypeError
        If shapes don't fit; for a stack of images, flatten it first.

    Examples
    --------
    >>> linear([1, 2], [[10, 1], [0, 3]], bias=[0, 5])
    array([12, 11])
    """
    x, weight, bias = as_numbers_alike(x=x, weight=weight, bias=bias)
    _check_linear(x, weight)
    check_shape("bias", bias, weight.shape[:1])
    refuse_overflow("x", weight.shape[1], x, weight, bias=bias)
    refuse_large("weight", (*x.shape[:-1], len(weight)), x.dtype)
    with in_silence():
        out = x @ weight.T
        return out if bias is None else out + bias


def linear_backward(grad: ArrayLike, x: ArrayLike, weight: ArrayLike) -> tuple[Array, Array, Array]:
    """Gradients of a loss with respect to the input, the weights and the bias of `linear`.

    Returns
    -------
    dx, dweight, dbias : ndarray
        Of the shapes of x, weight and bias.

    Examples
    --------
    >>> dx, dweight, dbias = linear_backward([1, 0], [1, 2], [[10, 1], [0, 3]])
    >>> dx
    array([10,  1])
    >>> dweight
    array([[1, 2],
           [0, 0]])
    """
    grad, x, weight = as_numbers_alike(grad=grad, x=x, weight=weight)
    _check_linear(x, weight)
    check_shape("grad", grad, (*x.shape[:-1], len(weight)))
    for factor in (x, weight):
        refuse_overflow("grad", max(grad.shape), grad, factor)
    rows, inputs = grad.reshape(-1, len(weight)), x.reshape(-1, weight.shape[1])
    with in_silence():
        return grad @ weight, rows.T @ inputs, rows.sum(axis=0)


def _check_linear(x: Array, weight: Array) -> None:
    if weight.ndim != 2:
        raise ValueError(f"weight must be (out, in), got shape {weight.shape}")
    if x.ndim not in (1, 2) or x.shape[-1] != weight.shape[1]:
        wanted = f"(N, {weight.shape[1]}) or ({weight.shape[1]},)"
        flat = ": flatten it first" if x.ndim > 2 else ""
        raise ValueError(f"x must be {wanted} for these weights, got shape {x.shape}{flat}")


def flatten(x: ArrayLike) -> Array:
    """Put all numbers of each example into one row: ``(N, C, *n)`` becomes ``(N, C · n …)``.

    Raises
    ------
    ValueError, TypeError
        If x has no axis.

    Examples
    --------
    >>> flatten(np.zeros((8, 16, 5, 5))).shape
    (8, 400)
    """
    x = as_numbers("x", x)
    if x.ndim < 1:
        raise ValueError("x must have an axis for the examples, got a single number")
    return x.reshape(len(x), -1)


def flatten_backward(grad: ArrayLike, x: ArrayLike) -> Array:
    """Gradient of a loss with respect to the input of `flatten`: the same numbers, shaped back.

    Examples
    --------
    >>> flatten_backward([[1, 2, 3, 4]], [[[0, 0], [0, 0]]])
    array([[[1, 2],
            [3, 4]]])
    """
    grad, x = as_numbers_alike(grad=grad, x=x)
    check_shape("grad", grad, flatten(x).shape)
    return grad.reshape(x.shape)


def dropout_mask(shape: Any, rate: float, seed: int | np.random.Generator = 0) -> Array:
    """Draw which values dropout keeps: True with the probability 1 − rate, each by itself.

    Parameters
    ----------
    shape
        Of the layer, ints.
    rate
        The probability of being dropped, from 0 to below 1.
    seed
        A whole number, or a generator that goes on.

    Raises
    ------
    ValueError, TypeError
        For a rate outside [0, 1), or a shape or seed that is none.

    Examples
    --------
    >>> int(dropout_mask((100, 100), rate=0.3).sum())
    6992
    """
    sizes = _sizes(shape)
    refuse_large("shape", sizes, np.float64)
    rate = _rate(rate)
    if not isinstance(seed, np.random.Generator):
        seed = np.random.default_rng(shapes.whole("seed", seed, minimum=0))
    return seed.random(sizes) >= rate


def _sizes(shape: Any) -> tuple[int, ...]:
    """Check a shape: one int, or a few in a row; nothing is read that is longer."""
    if isinstance(shape, np.ndarray) and shape.ndim == 1 and shape.size <= _MOST_AXES:
        shape = tuple(shape)
    if not isinstance(shape, (tuple, list)):
        return (shapes.whole("shape", shape, minimum=1),)
    if len(shape) > _MOST_AXES:
        raise ValueError(f"shape must have at most {_MOST_AXES} axes, got {len(shape)}")
    return tuple(shapes.whole("shape", size, minimum=1) for size in shape)


def dropout(x: ArrayLike, mask: ArrayLike, rate: float) -> Array:
    """Put 0 where the mask is False, and divide the rest by 1 − rate.

    The division keeps each value's mean as it is without dropout, so that nothing is left to do at
    inference: dropout is left out there.

    Raises
    ------
    ValueError, TypeError
        For a rate outside [0, 1), or a mask of another shape or of other than truth values.

    References
    ----------
    Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting" (2014),
    section 10 for this division.

    Examples
    --------
    >>> dropout([1.0, 2.0, 3.0, 4.0], [True, False, True, True], rate=0.5)
    array([2., 0., 6., 8.])
    """
    x = as_floats(as_numbers("x", x))
    return _kept(x, mask, rate)


def dropout_backward(grad: ArrayLike, mask: ArrayLike, rate: float) -> Array:
    """Gradient of a loss with respect to the input of `dropout`: the same mask, and division.

    Examples
    --------
    >>> dropout_backward([1.0, 1.0], [True, False], rate=0.5)
    array([2., 0.])
    """
    grad = as_floats(as_numbers("grad", grad))
    return _kept(grad, mask, rate)


def _kept(values: Array, mask: ArrayLike, rate: float) -> Array:
    keep = as_array("mask", mask)
    if keep.dtype != np.bool_:
        raise TypeError(f"mask must hold True and False, as dropout_mask draws, got {shown(mask)}")
    check_shape("mask", keep, values.shape)
    with in_silence():
        return np.where(keep, values / values.dtype.type(1 - _rate(rate)), values.dtype.type(0))


def _rate(rate: float) -> float:
    number = as_number("rate", rate)
    if not 0 <= number < 1:
        raise ValueError(f"rate must be from 0 to below 1, got {number}")
    return number
