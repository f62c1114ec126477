"""Normalisation: by a batch's statistics, by neighbouring maps, by the contrast around a pixel."""

# Arrays that come in are typed Any (ArrayLike), so NumPy's functions on them are, too.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import Any

import numpy as np

from cnnviz import shapes
from cnnviz.arrays import as_flag, as_number, shown
from cnnviz.ops._checks import (
    Array,
    ArrayLike,
    as_floats,
    as_numbers,
    as_numbers_alike,
    check_shape,
    in_silence,
)
from cnnviz.ops.convolution import conv, conv_backward

__all__ = [
    "batch_norm",
    "batch_norm_backward",
    "batch_statistics",
    "local_contrast_norm",
    "local_contrast_norm_backward",
    "local_response_norm",
    "local_response_norm_backward",
    "running_statistics",
]


# ---- by the batch's statistics -------------------------------------------------------------------


def batch_statistics(x: ArrayLike) -> tuple[Array, Array]:
    """Mean and variance of each feature map over the batch and over all places.

    Parameters
    ----------
    x
        ``(N, C)`` or ``(N, C, *n)``.

    Returns
    -------
    mean, variance : ndarray
        ``(C,)`` each. The variance divides by the number of values, as batch norm does, and is
        computed from the differences to the mean, so that a large mean costs no digits.

    Raises
    ------
    ValueError, TypeError
        If x has fewer than two axes.

    Examples
    --------
    >>> batch_statistics([[1, 10], [3, 10]])
    (array([ 2., 10.]), array([1., 0.]))
    """
    x = _maps(x)
    with in_silence():
        mean = x.mean(axis=_places(x))
        return mean, np.square(x - _per_map(mean, x)).mean(axis=_places(x))


def running_statistics(
    mean: ArrayLike,
    variance: ArrayLike,
    x: ArrayLike,
    momentum: float = 0.1,
    unbiased: bool = True,
) -> tuple[Array, Array]:
    """Carry the averages that inference uses on by one batch: (1 − m) · old + m · new.

    Parameters
    ----------
    mean, variance
        What was so far, ``(C,)`` each; zeros and ones to start with.
    x
        The batch, ``(N, C)`` or ``(N, C, *n)``.
    momentum
        The weight m of the new batch, as in PyTorch. Keras and Flax give the weight of the old.
    unbiased
        Whether the batch's variance divides by the number of values less one here, as PyTorch has
        it. The batch itself is always normalised by the variance that divides by their number.

    Raises
    ------
    ValueError, TypeError
        For a momentum outside [0, 1], averages of another shape, or one value per map.

    Examples
    --------
    >>> running_statistics([0.0], [1.0], [[1], [3]], momentum=0.5)
    (array([1.]), array([1.5]))
    """
    mean, variance, x = as_numbers_alike(mean=mean, variance=variance, x=x)
    x, momentum = _maps(x), as_number("momentum", momentum)
    if not 0 <= momentum <= 1:
        raise ValueError(f"momentum must be from 0 to 1, got {momentum}")
    new_mean, new_variance = batch_statistics(x)
    check_shape("mean", mean, new_mean.shape)
    _check_variance(variance, new_mean.shape)
    count = _refuse_single(x)
    if as_flag("unbiased", unbiased):
        new_variance = new_variance * (count / (count - 1))
    with in_silence():
        return (
            ((1 - momentum) * mean + momentum * new_mean).astype(x.dtype),
            ((1 - momentum) * variance + momentum * new_variance).astype(x.dtype),
        )


def batch_norm(
    x: ArrayLike,
    weight: ArrayLike | None = None,
    bias: ArrayLike | None = None,
    mean: ArrayLike | None = None,
    variance: ArrayLike | None = None,
    eps: float = 1e-5,
) -> Array:
    """Shift and scale each feature map to mean 0 and variance 1, then by what is learned.

    Parameters
    ----------
    x
        ``(N, C)`` or ``(N, C, *n)``.
    weight, bias
        γ and β, ``(C,)`` each; 1 and 0 if left out.
    mean, variance
        What to normalise by, ``(C,)`` each: at inference the running statistics. Left out, both
        are the batch's own, as in training.
    eps
        Added to the variance, under the root.

    Returns
    -------
    ndarray
        γ · (x − mean) / √(variance + eps) + β, of the shape of x.

    Raises
    ------
    ValueError, TypeError
        If shapes don't fit, only one of mean and variance is given, a variance or eps is negative,
        or in training each map has a single value, which would become 0 whatever it was.

    References
    ----------
    Ioffe and Szegedy, "Batch normalization: accelerating deep network training by reducing internal
    covariate shift" (2015), algorithm 1, and section 3.2 on feature maps.

    Examples
    --------
    >>> batch_norm([[1.0], [3.0]], eps=0)
    array([[-1.],
           [ 1.]])
    >>> batch_norm([[1.0]], mean=[0.0], variance=[4.0], eps=0)
    array([[0.5]])
    """
    x, weight, bias, mean, variance = _batch_norm_arrays(x, weight, bias, mean, variance)
    with in_silence():
        normal, _ = _normalised(x, mean, variance, eps)
        return normal * _per_map(weight, x) + _per_map(bias, x)


def batch_norm_backward(
    grad: ArrayLike,
    x: ArrayLike,
    weight: ArrayLike | None = None,
    mean: ArrayLike | None = None,
    variance: ArrayLike | None = None,
    eps: float = 1e-5,
) -> tuple[Array, Array, Array]:
    """Gradients of a loss with respect to the input, the weight and the bias of `batch_norm`.

    In training, a map's statistics depend on each of its values: a gradient that is the same
    everywhere, or grows with the value, has no effect.

    Returns
    -------
    dx, dweight, dbias : ndarray
        Of the shapes of x, ``(C,)`` and ``(C,)``.

    Examples
    --------
    >>> dx, dweight, dbias = batch_norm_backward([[1.0], [1.0]], [[1.0], [3.0]])
    >>> dx
    array([[0.],
           [0.]])
    """
    x, weight, _, mean, variance = _batch_norm_arrays(x, weight, None, mean, variance)
    grad, x = as_numbers_alike(grad=grad, x=x)
    check_shape("grad", grad, x.shape)
    grad = as_floats(grad)
    with in_silence():
        normal, scale = _normalised(x, mean, variance, eps)
        dweight, dbias = ((grad * normal).sum(axis=_places(x)), grad.sum(axis=_places(x)))
        dx = grad
        if mean is None:
            count = _refuse_single(x)
            dx = grad - _per_map(dbias / count, x) - normal * _per_map(dweight / count, x)
        return dx * _per_map(weight, x) * _per_map(scale, x), dweight, dbias


def _batch_norm_arrays(
    x: ArrayLike,
    weight: ArrayLike | None,
    bias: ArrayLike | None,
    mean: ArrayLike | None,
    variance: ArrayLike | None,
) -> tuple[Array, Array, Array, Array | None, Array | None]:
    """Check what batch norm is given; weight and bias left out are ones and zeros."""
    x = _maps(x)
    shape = x.shape[1:2]
    if (mean is None) != (variance is None):
        missing = "mean" if mean is None else "variance"
        raise ValueError(
            f"{missing} must be given, too: mean and variance are both the batch's or both given"
        )
    weight = np.ones(shape, x.dtype) if weight is None else weight
    bias = np.zeros(shape, x.dtype) if bias is None else bias
    x, weight, bias = as_numbers_alike(x=x, weight=weight, bias=bias)
    check_shape("weight", weight, shape)
    check_shape("bias", bias, shape)
    if mean is None:
        return x, weight, bias, None, None
    x, mean, variance = as_numbers_alike(x=x, mean=mean, variance=variance)
    check_shape("mean", mean, shape)
    _check_variance(variance, shape)
    return x, weight.astype(x.dtype), bias.astype(x.dtype), mean, variance


def _normalised(
    x: Array, mean: Array | None, variance: Array | None, eps: float
) -> tuple[Array, Array]:
    """Return the normalised maps, and what each was divided by as a factor."""
    eps = as_number("eps", eps)
    if eps < 0:
        raise ValueError(f"eps must be at least 0, got {eps}")
    if mean is None or variance is None:
        _refuse_single(x)
        mean, variance = batch_statistics(x)
    scale = 1 / np.sqrt(variance + x.dtype.type(eps))
    return (x - _per_map(mean, x)) * _per_map(scale, x), scale


def _maps(x: ArrayLike) -> Array:
    x = as_floats(as_numbers("x", x))
    if x.ndim < 2:
        raise ValueError(f"x must be (N, C) or (N, C, *n), got shape {x.shape}")
    return x


def _places(x: Array) -> tuple[int, ...]:
    """Give the axes that a map's statistics run over."""
    return (0, *range(2, x.ndim))


def _per_map(values: Array, x: Array) -> Array:
    return values.reshape(-1, *(1 for _ in x.shape[2:]))


def _refuse_single(x: Array) -> int:
    """Return how many values each map has; raise if it's one."""
    count = x.size // x.shape[1]
    if count < 2:
        raise ValueError(
            f"x must hold more than one value per map in training, got shape {x.shape}: "
            "give a larger batch, or the running mean and variance"
        )
    return count


def _check_variance(variance: Array, shape: tuple[int, ...]) -> None:
    check_shape("variance", variance, shape)
    if (variance < 0).any():
        raise ValueError(f"variance must be at least 0, got {shown(variance.min())}")


# ---- by neighbouring maps ------------------------------------------------------------------------


def local_response_norm(
    x: ArrayLike,
    size: int = 5,
    alpha: float = 1e-4,
    beta: float = 0.75,
    k: float = 2.0,
    divide: bool = False,
) -> Array:
    """Divide each value by a power of the squares of its neighbours in `size` maps.

    Parameters
    ----------
    x
        ``(N, C, *n)`` or ``(N, C)``.
    size
        How many maps count, the map itself in the middle. An even size has one more before it, as
        in PyTorch; ONNX has it after.
    alpha, beta, k
        Of the formula; the defaults are AlexNet's.
    divide
        Whether alpha is divided by `size`, as PyTorch and ONNX do and AlexNet's formula doesn't.

    Returns
    -------
    ndarray
        x / (k + alpha · Σ x²)^beta, of the shape of x. Maps that don't exist add nothing.

    Raises
    ------
    ValueError, TypeError
        If x has fewer than two axes, size is below 1 or a number isn't finite.

    References
    ----------
    Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural
    networks" (2012), section 3.3.

    Examples
    --------
    >>> local_response_norm([[1.0, 2.0, 3.0]], size=3, alpha=1, beta=1, k=0)
    array([[0.2       , 0.14285714, 0.23076923]])
    """
    x, before, after, (a, b, c) = _response_arguments(x, size, alpha, beta, k, divide)
    with in_silence():
        return x / (c + a * _neighbours(np.square(x), before, after)) ** b


def local_response_norm_backward(
    grad: ArrayLike,
    x: ArrayLike,
    size: int = 5,
    alpha: float = 1e-4,
    beta: float = 0.75,
    k: float = 2.0,
    divide: bool = False,
) -> Array:
    """Gradient of a loss with respect to the input of `local_response_norm`.

    Each value has a part in its own numerator and in the denominators of its neighbours.

    Examples
    --------
    >>> local_response_norm_backward([[1.0, 0.0]], [[3.0, 4.0]], size=3, alpha=1, beta=1, k=0)
    array([[ 0.0112, -0.0384]])
    """
    grad, x = as_numbers_alike(grad=grad, x=x)
    x, before, after, (a, b, c) = _response_arguments(x, size, alpha, beta, k, divide)
    check_shape("grad", grad, x.shape)
    with in_silence():
        base = c + a * _neighbours(np.square(x), before, after)
        shared = _neighbours(grad * x / base ** (b + 1), after, before)
        return grad / base**b - 2 * a * b * x * shared


def _response_arguments(
    x: ArrayLike, size: int, alpha: float, beta: float, k: float, divide: bool
) -> tuple[Array, int, int, list[Any]]:
    """Return x, how many maps count before and after one, and alpha, beta and k in x's dtype."""
    x, size = _maps(x), shapes.whole("size", size, minimum=1)
    numbers = {"alpha": alpha, "beta": beta, "k": k}
    checked = [as_number(name, value) for name, value in numbers.items()]
    if as_flag("divide", divide):
        checked[0] /= size
    return x, size // 2, (size - 1) // 2, [x.dtype.type(value) for value in checked]


def _neighbours(x: Array, before: int, after: int) -> Array:
    """Add to each map the ones before and after it."""
    total, channels = np.zeros_like(x), x.shape[1]
    for shift in range(-min(before, channels - 1), min(after, channels - 1) + 1):
        to = slice(max(0, -shift), channels - max(0, shift))
        total[:, to] += x[:, max(0, shift) : channels + min(0, shift)]
    return total


# ---- by the contrast around a pixel --------------------------------------------------------------


def local_contrast_norm(
    x: ArrayLike,
    kernel: ArrayLike,
    floor: float | None = None,
    padding_mode: str = "replicate",
) -> Array:
    """Subtract the mean around each place, then divide by the standard deviation around it.

    Both run over all feature maps at once, weighted by the kernel.

    Parameters
    ----------
    x
        ``(C, *n)`` or ``(N, C, *n)``.
    kernel
        Weights ``(*k)``, with odd sizes, not negative, such as `cnnviz.kernels.gaussian` gives
        them. They are scaled so that over all maps they add up to 1.
    floor
        The least divisor c, above 0. Left out, it's the mean of the deviations of the image, as
        Jarrett et al. have it: only places of more contrast than usual are divided by their own.
    padding_mode
        What lies beyond the border: see `cnnviz.ops`.

    Returns
    -------
    ndarray
        v / max(c, σ), of the shape of x, where v = x − Σ w x and σ = √(Σ w v²). Where an image may
        have no contrast at all, give a floor: else its rounding errors are what is made large.

    Raises
    ------
    ValueError, TypeError
        If shapes don't fit, a weight is negative, all are 0, or the floor isn't above 0.

    References
    ----------
    Jarrett, Kavukcuoglu, Ranzato and LeCun, "What is the best multi-stage architecture for object
    recognition?" (2009), section 2.

    Examples
    --------
    >>> local_contrast_norm([[0.0, 0.0, 8.0, 8.0]], [1, 1, 1], floor=1)
    array([[ 0.        , -1.22474487,  1.22474487,  0.        ]])
    """
    return _contrast(x, kernel, floor, padding_mode)[0]


def local_contrast_norm_backward(
    grad: ArrayLike,
    x: ArrayLike,
    kernel: ArrayLike,
    floor: float | None = None,
    padding_mode: str = "replicate",
) -> Array:
    """Gradient of a loss with respect to the input of `local_contrast_norm`.

    Examples
    --------
    >>> local_contrast_norm_backward([[0.0, 0.0, 1.0]], [[0.0, 0.0, 1.0]], [1, 1, 1], floor=1)
    array([[ 0.        , -0.33333333,  0.33333333]])
    """
    grad, x = as_numbers_alike(grad=grad, x=x)
    y, x, v, sigma, least, weight = _contrast(x, kernel, floor, padding_mode)
    check_shape("grad", grad, x.shape)
    grad = as_floats(grad)
    channels, places = -weight.ndim + 1, tuple(range(-weight.ndim + 2, 0))

    def blur_backward(gradient: Array, of: Array) -> Array:
        dx, *_ = conv_backward(gradient, of, weight, padding="same", padding_mode=padding_mode)
        return dx

    with in_silence():
        divisor = np.maximum(least, sigma)
        ddivisor = -(grad * y).sum(axis=channels, keepdims=True) / divisor
        dsigma = np.where(sigma > least, ddivisor, 0)
        if floor is None:  # the floor is a mean of the deviations
            dleast = np.where(sigma > least, 0, ddivisor).mean(axis=places, keepdims=True)
            dsigma = dsigma + dleast
        dvariance = np.divide(dsigma, 2 * sigma, out=np.zeros_like(sigma), where=sigma != 0)
        dv = grad / divisor + 2 * v * blur_backward(dvariance, v)
        return dv - blur_backward(dv.sum(axis=channels, keepdims=True), x)


def _contrast(
    x: ArrayLike, kernel: ArrayLike, floor: float | None, padding_mode: str
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Return the result, x, v, σ, the floor and the weights as a bank of one kernel."""
    x, kernel = as_numbers_alike(x=x, kernel=kernel)
    x, kernel = as_floats(x), as_floats(kernel)
    if not 1 <= kernel.ndim <= 3 or not all(size % 2 for size in kernel.shape):
        raise ValueError(
            f"kernel must have 1, 2 or 3 axes, each of odd size, got shape {kernel.shape}"
        )
    if x.ndim not in (kernel.ndim + 1, kernel.ndim + 2):
        raise ValueError(
            f"x must be (C, *n) or (N, C, *n) for a kernel of shape {kernel.shape}, "
            f"got shape {x.shape}"
        )
    if not (kernel >= 0).all() or not 0 < kernel.sum() < np.inf:
        raise ValueError("kernel must hold weights from 0 up, not all of them 0")
    channels = x.shape[-kernel.ndim - 1]
    weight = np.repeat((kernel / kernel.sum() / channels)[np.newaxis], channels, 0)[np.newaxis]
    with in_silence():
        v = x - conv(x, weight, padding="same", padding_mode=padding_mode)
        sigma = np.sqrt(conv(np.square(v), weight, padding="same", padding_mode=padding_mode))
        least = _least_divisor(sigma, floor, kernel.ndim)
        divisor = np.maximum(least, sigma)
        y = np.divide(v, divisor, out=np.zeros_like(v), where=divisor != 0)
    return y, x, v, sigma, least, weight


def _least_divisor(sigma: Array, floor: float | None, rank: int) -> Array:
    if floor is None:
        return sigma.mean(axis=tuple(range(-rank, 0)), keepdims=True)
    number = as_number("floor", floor)
    if number <= 0:
        raise ValueError(f"floor must be above 0, got {number}")
    return np.asarray(number, sigma.dtype)
