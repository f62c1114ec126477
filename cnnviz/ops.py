"""The layers of a convolutional network in NumPy, forward and backward.

Shapes are PyTorch's: images ``(C, *n)`` or ``(N, C, *n)``, weights ``(K, C/groups, *k)``, with one,
two or three spatial axes ``n``. "Convolution" is what deep learning calls so: the kernel isn't
flipped. Only `convolve` flips it.

Two ideas carry the file. **Windows**: `_windows` shows an array as all the windows that a kernel
visits, without copying. **Columns**: copied out, every window is a column of a matrix, so that a
convolution is one matrix product, weights × columns ("im2col"). Backward the same two run the other
way round: a matrix product gives the columns' gradient, which is added back into the windows.

What is common to all functions:

- float64 in, float64 out, and float32 in, float32 out. Integers (and booleans, as 0 and 1) are
  computed as int64 and stay exact; a sum that might leave int64 is refused. Beside floats,
  integers take the floats' type. float16 becomes float32.
- ``stride`` and ``dilation`` are ints or one per axis. ``padding`` is per side: an int,
  ``"valid"``, ``"same"`` (see `cnnviz.shapes.same_padding`), or per axis an int or
  ``(before, after)``. ``padding_mode`` is ``"zero"``, ``"reflect"`` (``c b | a b c | b a``),
  ``"replicate"`` (``a a | a b c | c c``) or ``"circular"`` (``b c | a b c | a b``).
- A bad argument is a `ValueError` or a `TypeError` that names it, what it got and what is allowed.
"""

# Arrays that come in are typed Any (ArrayLike), so NumPy's functions on them are, too.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from cnnviz import shapes
from cnnviz.shapes import Geometry, Padding, Size

__all__ = [
    "conv",
    "conv_backward",
    "conv_transpose",
    "convolve",
    "correlate",
    "cross_entropy",
    "cross_entropy_backward",
    "pool",
    "pool_backward",
    "relu",
    "relu_backward",
    "sigmoid",
    "sigmoid_backward",
    "softmax",
    "softmax_backward",
]

Array = NDArray[Any]
ArrayLike = Any  # what numpy.asarray takes; Any, so that an array may keep its name once checked

PADDING_MODES: dict[str, Any] = {  # ours and numpy.pad's
    "zero": "constant",
    "reflect": "reflect",
    "replicate": "edge",
    "circular": "wrap",
}
POOL_MODES = ("max", "mean", "l2")
BLOCK_BYTES = 1 << 20  # columns are made about 1 MiB at a time, so that they stay in the cache


# ── Filters on plain arrays ──────────────────────────────────────────────────────────────────────


def correlate(
    image: ArrayLike,
    kernel: ArrayLike,
    stride: Size = 1,
    padding: Padding = 0,
    dilation: Size = 1,
    padding_mode: str = "zero",
) -> Array:
    """Slide a kernel over a plain array, as it is: cross-correlation.

    Parameters
    ----------
    image, kernel
        Arrays of the same rank, 1, 2 or 3, without channels.
    stride, padding, dilation, padding_mode
        As the module says. For the "full" correlation give ``padding`` = k − 1.

    Returns
    -------
    ndarray
        Shape by `cnnviz.shapes.conv_output_size`.

    Raises
    ------
    ValueError, TypeError
        For ranks that differ, a kernel larger than the padded image, and bad arguments generally.

    Examples
    --------
    >>> correlate([1, 2, 4, 8], [-1, 1])
    array([1, 2, 4])
    """
    image, kernel = _array("image", image), _array("kernel", kernel)
    if image.ndim not in (1, 2, 3):
        raise ValueError(f"image must have 1, 2 or 3 axes, got shape {image.shape}")
    if kernel.ndim != image.ndim:
        raise ValueError(
            f"kernel must have as many axes as the image ({image.ndim}), got shape {kernel.shape}"
        )
    # Here the kernel has its own name; `conv` would speak of its weight.
    shapes.geometry(image.shape, kernel.shape, stride, padding, dilation)
    return conv(
        image[None], kernel[None, None], None, stride, padding, dilation, padding_mode=padding_mode
    )[0]


def convolve(
    image: ArrayLike,
    kernel: ArrayLike,
    stride: Size = 1,
    padding: Padding = 0,
    dilation: Size = 1,
    padding_mode: str = "zero",
) -> Array:
    """Flip the kernel on every axis, then `correlate`: convolution as mathematics defines it.

    Parameters, result and errors are those of `correlate`.

    Examples
    --------
    >>> convolve([1, 2, 4, 8], [-1, 1])
    array([-1, -2, -4])
    """
    flipped = np.flip(_array("kernel", kernel))
    return correlate(image, flipped, stride, padding, dilation, padding_mode)


# ── Convolution ──────────────────────────────────────────────────────────────────────────────────


def conv(
    x: ArrayLike,
    weight: ArrayLike,
    bias: ArrayLike | None = None,
    stride: Size = 1,
    padding: Padding = 0,
    dilation: Size = 1,
    groups: int = 1,
    padding_mode: str = "zero",
) -> Array:
    """Convolve the channels of images with a bank of kernels, in 1-D, 2-D or 3-D.

    Parameters
    ----------
    x
        Images, ``(C, *n)`` or ``(N, C, *n)``.
    weight
        Kernels, ``(K, C/groups, *k)``; its rank says whether it's 1-D, 2-D or 3-D.
    bias
        ``(K,)``, added to the output channels.
    groups
        Channels are cut into this many groups, each with K/groups kernels of its own.
    stride, padding, dilation, padding_mode
        As the module says.

    Returns
    -------
    ndarray
        Feature maps, ``(K, *out)`` or ``(N, K, *out)``.

    Raises
    ------
    ValueError, TypeError
        For ranks or channels that don't match, groups that don't divide the channels, a kernel
        larger than the padded input, and bad arguments generally.

    References
    ----------
    Chellapilla, Puri and Simard, "High performance convolutional neural networks for document
    processing" (2006): convolution unrolled into one matrix product.

    Examples
    --------
    >>> x = np.arange(9).reshape(1, 3, 3)
    >>> conv(x, [[[[1, 0], [0, -1]]]], bias=[10])
    array([[[6, 6],
            [6, 6]]])
    """
    x, weight, bias = _arrays(x=x, weight=weight, bias=bias)
    g, groups = _conv_geometry(x, weight, stride, padding, dilation, groups, padding_mode)
    _check_shape("bias", bias, weight.shape[:1])
    _refuse_overflow("x", weight[0].size, x, weight, bias=bias)
    matrix = _matrix(weight, groups)
    padded = _pad(_batched(x, g), g.padding, padding_mode)
    out = np.empty((len(padded), len(weight), *g.output), x.dtype)
    for images, rows, columns in _columns(padded, g, groups):
        block = out[images, :, rows]
        block[...] = (matrix @ columns).reshape(block.shape)
    return _with_bias(out, bias).reshape(*_lead(x, g), *out.shape[1:])


def conv_backward(
    grad: ArrayLike,
    x: ArrayLike,
    weight: ArrayLike,
    stride: Size = 1,
    padding: Padding = 0,
    dilation: Size = 1,
    groups: int = 1,
    padding_mode: str = "zero",
) -> tuple[Array, Array, Array]:
    """Gradients of a loss with respect to the input, the weights and the bias of `conv`.

    Parameters
    ----------
    grad
        The loss's gradient with respect to `conv`'s output, of that output's shape.
    x, weight, stride, padding, dilation, groups, padding_mode
        What `conv` was given.

    Returns
    -------
    dx, dweight, dbias : ndarray
        Of the shapes of x, weight and bias.

    Raises
    ------
    ValueError, TypeError
        As `conv`, and for a `grad` of another shape than the output's.

    References
    ----------
    LeCun et al., "Gradient-based learning applied to document recognition" (1998): a shared
    weight's gradient is the sum over its uses.

    Examples
    --------
    >>> x = np.arange(9.0).reshape(1, 3, 3)
    >>> dx, dweight, dbias = conv_backward(np.ones((1, 2, 2)), x, np.ones((1, 1, 2, 2)))
    >>> dx  # how many windows hold each pixel
    array([[[1., 2., 1.],
            [2., 4., 2.],
            [1., 2., 1.]]])
    >>> dweight
    array([[[[ 8., 12.],
             [20., 24.]]]])
    >>> dbias
    array([4.])
    """
    grad, x, weight = _arrays(grad=grad, x=x, weight=weight)
    g, groups = _conv_geometry(x, weight, stride, padding, dilation, groups, padding_mode)
    _check_shape("grad", grad, (*_lead(x, g), len(weight), *g.output))
    for factor in (x, weight):
        _refuse_overflow("grad", grad.size * weight[0, 0].size, grad, factor)
    grad, matrix = _batched(grad, g), _matrix(weight, groups)
    padded = _pad(_batched(x, g), g.padding, padding_mode)
    dpadded, dmatrix = np.zeros_like(padded), np.zeros_like(matrix)
    dwindows = _windows(dpadded, g)
    for images, rows, columns in _columns(padded, g, groups):
        dout = _grouped(grad[images, :, rows], groups)
        dmatrix += (dout @ columns.swapaxes(-1, -2)).sum(axis=0)
        _add_columns(dwindows[images, :, rows], matrix.swapaxes(-1, -2) @ dout, g)
    dx = _pad_backward(dpadded, g.padding, padding_mode)
    dbias = grad.sum(axis=(0, *range(2, grad.ndim)))
    return dx.reshape(x.shape), dmatrix.reshape(weight.shape), dbias


def conv_transpose(
    x: ArrayLike,
    weight: ArrayLike,
    bias: ArrayLike | None = None,
    stride: Size = 1,
    padding: Padding = 0,
    output_padding: Size = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Array:
    """Transposed convolution: each input value stamps its kernel, times itself, on the output.

    It is the way from ``grad`` to ``dx`` in `conv_backward`, used forward.

    Parameters
    ----------
    x
        ``(C, *n)`` or ``(N, C, *n)``.
    weight
        ``(C, K/groups, *k)``, as `torch.nn.ConvTranspose2d` has it.
    bias
        ``(K,)``.
    padding
        How much is cut off each side of the output.
    output_padding
        Extra positions at the end of each axis, less than the stride or the dilation.
    stride, dilation, groups
        As for `conv`.

    Returns
    -------
    ndarray
        ``(K, *out)`` or ``(N, K, *out)``, by `cnnviz.shapes.conv_transpose_output_size`.

    Raises
    ------
    ValueError, TypeError
        As `conv`, and if the padding cuts everything off.

    References
    ----------
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016), section 4.

    Examples
    --------
    >>> conv_transpose([[1, 2]], [[[1, 10, 100]]], stride=2)
    array([[  1,  10, 102,  20, 200]])
    """
    x, weight, bias = _arrays(x=x, weight=weight, bias=bias)
    n, channels = _spatial(x, weight)
    groups = _check_groups(groups, channels, "the channels of x")
    if len(weight) != channels:
        raise ValueError(
            f"weight must have a row for each channel of x ({channels}), got shape {weight.shape}"
        )
    g = shapes.transpose_geometry(n, weight.shape[2:], stride, padding, output_padding, dilation)
    kernels = weight.shape[1] * groups
    _check_shape("bias", bias, (kernels,))
    _refuse_overflow("x", weight[:, 0].size, x, weight, bias=bias)
    matrix, batch = _matrix(weight, groups), _batched(x, g)
    out = np.zeros((len(batch), kernels, *g.size), x.dtype)
    windows = _windows(out, g)
    for images, rows in _blocks(windows):
        columns = matrix.swapaxes(-1, -2) @ _grouped(batch[images, :, rows], groups)
        _add_columns(windows[images, :, rows], columns, g)
    out = _with_bias(_cut(out, g.padding), bias)
    return out.reshape(*_lead(x, g), *out.shape[1:])


# ── Pooling ──────────────────────────────────────────────────────────────────────────────────────


def pool(
    x: ArrayLike,
    kernel: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    mode: str = "max",
) -> Array:
    """Summarise every window of an array by one number.

    Parameters
    ----------
    x
        The last axes are pooled, up to two axes in front of them (images and channels) are kept.
    kernel
        One int per pooled axis; an int alone pools the last two axes (the only one of a 1-D array,
        the last three of a 5-D one).
    stride
        The kernel if not given, so that windows touch and don't overlap.
    padding
        As the module says, at most ⌊k/2⌋ per side. Padding never wins a maximum (it counts as −∞).
        In means it counts as zeros and is counted, as in PyTorch (``count_include_pad=True``).
    mode
        ``"max"``, ``"mean"``, or ``"l2"``: the root of the mean of the squares.
        (`torch.nn.LPPool2d(2, …)` takes the root of their sum: √(pixels in a window) times as
        much.)

    Returns
    -------
    ndarray
        Integers stay integers under ``"max"`` and become float64 otherwise.

    Raises
    ------
    ValueError, TypeError
        For an unknown mode, a kernel larger than the padded input, and bad arguments generally.

    Examples
    --------
    >>> x = [[1, 2, 5, 6], [3, 4, 7, 8]]
    >>> pool(x, 2)
    array([[4, 8]])
    >>> pool(x, 2, mode="mean")
    array([[2.5, 6.5]])
    """
    (x,) = _arrays(x=x)
    g = _pool_geometry(x, kernel, stride, padding, mode)
    taps = _taps(_windows(_pad_pool(x, g, mode), g), g)
    out: Array
    if mode == "max":
        out = next(taps).copy()
        for tap in taps:
            np.maximum(out, tap, out=out)
    elif mode == "mean":
        out = np.asarray(sum(taps) / math.prod(g.kernel))
    else:
        out = np.sqrt(sum(tap * tap for tap in taps) / math.prod(g.kernel))
    return out.reshape(*x.shape[: -len(g.size)], *g.output)


def pool_backward(
    grad: ArrayLike,
    x: ArrayLike,
    kernel: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    mode: str = "max",
) -> Array:
    """Gradient of a loss with respect to the input of `pool`.

    Parameters
    ----------
    grad
        The loss's gradient with respect to `pool`'s output, of that output's shape.
    x, kernel, stride, padding, mode
        What `pool` was given.

    Returns
    -------
    ndarray
        Of the shape of x. ``"max"`` gives a window's gradient to its first maximum in reading
        order, as PyTorch does; ``"mean"`` gives every pixel the same share; ``"l2"`` gives pixel x
        the share x / (pixels in a window · result), and 0 where the result is 0.

    Raises
    ------
    ValueError, TypeError
        As `pool`, and for a `grad` of another shape than the output's.

    Examples
    --------
    >>> pool_backward([[10, 20]], [[1, 2, 7, 7], [4, 3, 7, 7]], 2)
    array([[ 0,  0, 20,  0],
           [10,  0,  0,  0]])
    """
    grad, x = _arrays(grad=grad, x=x)
    g = _pool_geometry(x, kernel, stride, padding, mode)
    _check_shape("grad", grad, (*x.shape[: -len(g.size)], *g.output))
    _refuse_overflow("grad", math.prod(g.kernel), grad)
    padded, count = _pad_pool(x, g, mode), math.prod(g.kernel)
    dpadded = np.zeros_like(padded)
    taps, dtaps = _taps(_windows(padded, g), g), _taps(_windows(dpadded, g), g)
    grad = grad.reshape(1, -1, *g.output)
    result = pool(x, kernel, stride, padding, mode).reshape(grad.shape)
    shares: Iterable[Array]
    if mode == "max":
        shares = _to_first(taps, result, grad)
    elif mode == "mean":
        shares = itertools.repeat(grad / count, count)
    else:
        slope = np.divide(grad, count * result, out=np.zeros_like(result), where=result > 0)
        shares = (slope * tap for tap in taps)
    for dtap, share in zip(dtaps, shares, strict=True):
        dtap += share
    return _cut(dpadded, g.padding).reshape(x.shape)


def _to_first(taps: Iterable[Array], result: Array, grad: Array) -> Iterator[Array]:
    """Yield each tap's share of `grad`: all of it for the first that equals `result`, else 0."""
    unclaimed = np.ones(result.shape, bool)
    for tap in taps:
        first = unclaimed & (tap == result)
        unclaimed &= ~first
        yield np.where(first, grad, 0)


# ── What stands between and after the layers ─────────────────────────────────────────────────────


def relu(x: ArrayLike) -> Array:
    """Rectified linear unit, max(x, 0), of every element.

    Examples
    --------
    >>> relu([-2, 0, 3])
    array([0, 0, 3])
    """
    (x,) = _arrays(x=x)
    return np.maximum(x, 0)


def relu_backward(grad: ArrayLike, x: ArrayLike) -> Array:
    """Gradient of a loss with respect to the input of `relu`: `grad` where x > 0, else 0.

    Examples
    --------
    >>> relu_backward([5, 5, 5], [-2, 0, 3])
    array([0, 0, 5])
    """
    grad, x = _arrays(grad=grad, x=x)
    _check_shape("grad", grad, x.shape)
    return np.where(x > 0, grad, 0)


def sigmoid(x: ArrayLike) -> Array:
    """Logistic function, 1 / (1 + e⁻ˣ), of every element; no x is too large or too small.

    Examples
    --------
    >>> sigmoid([-1000, 0, 1000])
    array([0. , 0.5, 1. ])
    """
    (x,) = _arrays(x=x)
    return np.exp(-np.logaddexp(0, -_float(x)))


def sigmoid_backward(grad: ArrayLike, x: ArrayLike) -> Array:
    """Gradient of a loss with respect to the input of `sigmoid`: `grad` · σ(x) · σ(−x).

    Examples
    --------
    >>> sigmoid_backward([4.0], [0.0])
    array([1.])
    """
    grad, x = _arrays(grad=grad, x=x)
    _check_shape("grad", grad, x.shape)
    return grad * sigmoid(x) * sigmoid(-x)  # σ(−x) is 1 − σ(x), without its cancellation


def softmax(x: ArrayLike, axis: int = -1) -> Array:
    """Make positive numbers that add up to 1 along an axis: eˣ / Σ eˣ.

    Raises
    ------
    ValueError
        If x has no such axis.

    Examples
    --------
    >>> softmax([1000.0, 1000.0])
    array([0.5, 0.5])
    """
    (x,) = _arrays(x=x)
    powers = np.exp(_float(x) - x.max(axis=_axis(axis, x), keepdims=True))  # at most e⁰
    return powers / powers.sum(axis=axis, keepdims=True)


def softmax_backward(grad: ArrayLike, x: ArrayLike, axis: int = -1) -> Array:
    """Gradient of a loss with respect to the input of `softmax`: y · (`grad` − Σ `grad` · y).

    Examples
    --------
    >>> softmax_backward([1.0, 0.0], [0.0, 0.0])
    array([ 0.25, -0.25])
    """
    grad, x = _arrays(grad=grad, x=x)
    _check_shape("grad", grad, x.shape)
    y = softmax(x, axis)
    return y * (grad - (grad * y).sum(axis=axis, keepdims=True))


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
    logits, target = _examples(logits, target)
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=1))
    return float(np.mean(log_sum - shifted[np.arange(len(target)), target]))


def cross_entropy_backward(logits: ArrayLike, target: ArrayLike) -> Array:
    """Gradient of `cross_entropy` with respect to the logits: (softmax − one-hot target) / N.

    Examples
    --------
    >>> cross_entropy_backward([0.0, 0.0], 1)
    array([ 0.5, -0.5])
    """
    batch, classes = _examples(logits, target)
    gradient = softmax(batch)
    gradient[np.arange(len(classes)), classes] -= 1
    return (gradient / len(classes)).reshape(np.shape(logits))


# ── Windows and columns ──────────────────────────────────────────────────────────────────────────


def _windows(padded: Array, g: Geometry) -> Array:
    """Show ``(N, C, *n)`` as its windows, ``(N, C, *out, *k)``: a view that may be written to."""
    span = shapes.window_span(g.kernel, g.dilation)
    axes = tuple(range(2, padded.ndim))
    everywhere = sliding_window_view(padded, span, axis=axes, writeable=True)
    outputs = (slice(0, o * s, s) for o, s in zip(g.output, g.stride, strict=True))
    taps = (slice(None, None, d) for d in g.dilation)
    return everywhere[(slice(None), slice(None), *outputs, *taps)]


def _taps(windows: Array, g: Geometry) -> Iterator[Array]:
    """Yield what each tap of the kernel sees, in reading order: views, ``(N, C, *out)``."""
    for tap in np.ndindex(*g.kernel):
        yield windows[(..., *tap)]


def _blocks(windows: Array) -> Iterator[tuple[slice, slice]]:
    """Cut the output into blocks of whole images, or else of rows of one image.

    Each block's columns are about `BLOCK_BYTES` large: what one step writes, the next then finds
    in the processor's cache. That is most of the difference between a slow im2col and a fast one.
    """
    images, rows = windows.shape[0], windows.shape[2]
    row_bytes = windows[0, :, 0].size * windows.itemsize
    rows_at_once = min(max(BLOCK_BYTES // row_bytes, 1), rows)
    images_at_once = max(BLOCK_BYTES // (row_bytes * rows), 1)
    for image in range(0, images, images_at_once):
        for row in range(0, rows, rows_at_once):
            yield slice(image, image + images_at_once), slice(row, row + rows_at_once)


def _columns(padded: Array, g: Geometry, groups: int) -> Iterator[tuple[slice, slice, Array]]:
    """Yield blocks of images and rows with their columns, ``(N, groups, C/groups · Πk, L)``."""
    windows = _windows(padded, g)
    height = padded.shape[1] // groups * math.prod(g.kernel)
    rank = len(g.size)
    taps_first = (0, 1, *range(2 + rank, 2 + 2 * rank), *range(2, 2 + rank))
    for images, rows in _blocks(windows):
        block = windows[images, :, rows].transpose(taps_first)
        yield images, rows, block.reshape(len(block), groups, height, -1)


def _add_columns(windows: Array, columns: Array, g: Geometry) -> None:
    """Add columns back into the windows that `_columns` would have read them from.

    Tap by tap, since windows overlap: within one tap, no two of them share a pixel.
    """
    n, channels = windows.shape[:2]
    outputs = windows.shape[2 : 2 + len(g.size)]
    by_tap = columns.reshape(n, channels, -1, *outputs)
    for t, tap in enumerate(_taps(windows, g)):
        tap += by_tap[:, :, t]


def _grouped(x: Array, groups: int) -> Array:
    """Reshape ``(N, C, *n)`` to ``(N, groups, C/groups, L)``, L being all positions."""
    return x.reshape(len(x), groups, x.shape[1] // groups, -1)


def _matrix(weight: Array, groups: int) -> Array:
    """Reshape weights to one matrix per group, a row for each kernel: ``(groups, K/groups, …)``."""
    return weight.reshape(groups, len(weight) // groups, -1)


# ── Padding ──────────────────────────────────────────────────────────────────────────────────────


def _pad(x: Array, padding: Sequence[tuple[int, int]], mode: str) -> Array:
    """Pad the spatial axes of ``(N, C, *n)``."""
    if not np.any(padding):
        return x
    return np.pad(x, ((0, 0), (0, 0), *padding), PADDING_MODES[mode])


def _pad_backward(dpadded: Array, padding: Sequence[tuple[int, int]], mode: str) -> Array:
    """Gradient with respect to the input of `_pad`: what a copy received goes to its original."""
    if mode == "zero":
        return _cut(dpadded, padding)
    for axis, (before, after) in enumerate(padding, start=2):
        n = dpadded.shape[axis] - before - after
        originals = np.pad(np.arange(n), (before, after), PADDING_MODES[mode])
        moved = np.moveaxis(dpadded, axis, 0)
        inner = moved[before : before + n].copy()
        for copy in (*range(before), *range(before + n, len(moved))):
            inner[originals[copy]] += moved[copy]
        dpadded = np.moveaxis(inner, 0, axis)
    return dpadded


def _cut(padded: Array, padding: Sequence[tuple[int, int]]) -> Array:
    """Take the padding of the spatial axes away again."""
    sizes = zip(padded.shape[2:], padding, strict=True)
    inner = (slice(before, size - after) for size, (before, after) in sizes)
    return padded[(slice(None), slice(None), *inner)]


def _pad_pool(x: Array, g: Geometry, mode: str) -> Array:
    """Bring what `pool` was given to ``(1, C, *n)``, and pad it as this mode wants."""
    x = x.reshape(1, -1, *g.size)
    if mode != "max":
        return _pad(_float(x), g.padding, "zero")
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    return np.pad(x, ((0, 0), (0, 0), *g.padding), constant_values=lowest)


# ── What goes in ─────────────────────────────────────────────────────────────────────────────────


def _array(name: str, value: ArrayLike) -> Array:
    """Check one array; see the module for what happens to its dtype."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} must be an array, got rows of different lengths") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}")
    if array.size == 0:
        raise ValueError(f"{name} must hold at least one number, got shape {array.shape}")
    if array.dtype == np.uint64 and array.max() > np.iinfo(np.int64).max:
        raise ValueError(f"{name} must hold numbers that fit in int64, got {array.max()}")
    if array.dtype.kind != "f":
        return array.astype(np.int64, copy=False)
    return array.astype(np.float32) if array.dtype == np.float16 else array


def _arrays(**named: ArrayLike | None) -> tuple[Any, ...]:
    """Check arrays and bring them to one dtype; a bias may be None and stays so."""
    arrays = [
        None if value is None and name == "bias" else _array(name, value)
        for name, value in named.items()
    ]
    dtypes = {a.dtype for a in arrays if a is not None}
    # NumPy makes float64 of int64 and float32; here, as in PyTorch, integers don't widen floats.
    dtype = np.result_type(*({d for d in dtypes if d.kind == "f"} or dtypes))
    return tuple(None if a is None else a.astype(dtype, copy=False) for a in arrays)


def _float(x: Array) -> Array:
    return x.astype(np.float64) if x.dtype.kind != "f" else x


def _batched(x: Array, g: Geometry) -> Array:
    """Give a single ``(C, *n)`` a batch axis."""
    return x.reshape(-1, *x.shape[-len(g.size) - 1 :])


def _lead(x: Array, g: Geometry) -> tuple[int, ...]:
    """Give the batch axis that x came with: ``(N,)`` or ``()``."""
    return x.shape[: -len(g.size) - 1]


def _with_bias(out: Array, bias: Array | None) -> Array:
    return out if bias is None else out + bias.reshape(-1, *(1 for _ in out.shape[2:]))


def _spatial(x: Array, weight: Array) -> tuple[tuple[int, ...], int]:
    """Check the ranks of x and weight; give the spatial sizes and the channels of x."""
    if weight.ndim not in (3, 4, 5):
        raise ValueError(
            "weight must have two channel axes and 1, 2 or 3 spatial ones, "
            f"got shape {weight.shape}"
        )
    if x.ndim not in (weight.ndim - 1, weight.ndim):
        raise ValueError(
            f"x must have {weight.ndim - 1} or {weight.ndim} axes for a weight of shape "
            f"{weight.shape}, got shape {x.shape}"
        )
    spatial = x.shape[2 - weight.ndim :]
    return spatial, x.shape[1 - weight.ndim]


def _conv_geometry(
    x: Array,
    weight: Array,
    stride: Size,
    padding: Padding,
    dilation: Size,
    groups: int,
    padding_mode: str,
) -> tuple[Geometry, int]:
    """Check all that `conv` and `conv_backward` have in common."""
    n, channels = _spatial(x, weight)
    groups = _check_groups(groups, channels, "the channels of x")
    _check_groups(groups, len(weight), "the kernels of weight")
    if weight.shape[1] * groups != channels:
        raise ValueError(
            f"weight must have {channels // groups} channels per kernel for x with {channels} "
            f"channels in {groups} groups, got shape {weight.shape}"
        )
    _check_one_of("padding_mode", padding_mode, tuple(PADDING_MODES))
    g = shapes.geometry(n, weight.shape[2:], stride, padding, dilation, kernel_name="weight")
    room = {"reflect": -1, "circular": 0}.get(padding_mode, math.inf)
    for axis, (size, pads) in enumerate(zip(g.size, g.padding, strict=True)):
        if max(pads) > size + room:
            raise ValueError(
                f"padding must be at most {size + room} on axis {axis}, of size {size}, "
                f"when it's {padding_mode}, got {padding!r}"
            )
    return g, groups


def _pool_geometry(
    x: Array, kernel: Size, stride: Size | None, padding: Padding, mode: str
) -> Geometry:
    _check_one_of("mode", mode, POOL_MODES)
    rank = len(kernel) if isinstance(kernel, (tuple, list)) else {1: 1, 5: 3}.get(x.ndim, 2)
    if rank not in (1, 2, 3):
        raise ValueError(f"kernel must be for 1, 2 or 3 axes, got {kernel!r}")
    if not rank <= x.ndim <= rank + 2:
        raise ValueError(
            f"x must have {rank} to {rank + 2} axes for a kernel on {rank}, got shape {x.shape}"
        )
    g = shapes.geometry(x.shape[-rank:], kernel, kernel if stride is None else stride, padding)
    for k, pads in zip(g.kernel, g.padding, strict=True):
        if max(pads) > k // 2:
            raise ValueError(
                f"padding must be at most half the kernel, {k // 2} for {k}, got {padding!r}"
            )
    return g


def _examples(logits: ArrayLike, target: ArrayLike) -> tuple[Array, Array]:
    """Check what `cross_entropy` is given and give it a batch axis."""
    scores, classes = _float(_array("logits", logits)), _array("target", target)
    if scores.ndim not in (1, 2):
        raise ValueError(f"logits must be (classes,) or (N, classes), got shape {scores.shape}")
    _check_shape("target", classes, scores.shape[:-1])
    if classes.dtype.kind == "f":
        raise TypeError(f"target must hold whole numbers, got dtype {classes.dtype}")
    if classes.min() < 0 or classes.max() >= scores.shape[-1]:
        raise ValueError(
            f"target must hold classes from 0 to {scores.shape[-1] - 1}, "
            f"got {classes.min()} to {classes.max()}"
        )
    return np.atleast_2d(scores), np.atleast_1d(classes)


def _axis(axis: int, x: Array) -> int:
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(f"axis must be one of the {x.ndim} axes of x, got {axis!r}")
    return axis


def _check_groups(groups: int, channels: int, whose: str) -> int:
    groups = shapes.whole("groups", groups)
    if channels % groups:
        raise ValueError(f"groups must divide {whose} ({channels}), got {groups}")
    return groups


def _check_one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")


def _check_shape(name: str, array: Array | None, shape: tuple[int, ...]) -> None:
    if array is not None and array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")


def _refuse_overflow(name: str, terms: int, *arrays: Array, bias: Array | None = None) -> None:
    """Raise if a sum of this many products of integers, and the bias, might leave int64."""
    if arrays[0].dtype.kind == "f":
        return
    bound = terms * math.prod(map(_largest, arrays)) + (0 if bias is None else _largest(bias))
    if bound > np.iinfo(np.int64).max:
        raise ValueError(
            f"{name} must be so small that sums stay exact in int64, got one of up to {bound:.1e}; "
            "float64 has more room"
        )


def _largest(x: Array) -> int:
    return max(int(x.max()), -int(x.min()))
