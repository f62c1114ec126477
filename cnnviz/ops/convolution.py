"""Convolution over channels, forward and backward, and its transpose."""

# Arrays that come in are typed Any (ArrayLike), so NumPy's functions on them are, too.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import math

import numpy as np

from cnnviz import shapes
from cnnviz.arrays import refuse_large, shown
from cnnviz.ops._checks import (
    Array,
    ArrayLike,
    as_numbers_alike,
    check_one_of,
    check_shape,
    in_silence,
    refuse_overflow,
)
from cnnviz.ops._padding import (
    NONE,
    PADDING_MODES,
    Pads,
    check_room,
    cut,
    pad_backward,
    padded_size,
)
from cnnviz.ops._windows import (
    add_columns,
    blocks,
    columns_of,
    grouped,
    matrices_of,
    matrix_of,
    parts_of,
    weight_of,
    windows_of,
)
from cnnviz.shapes import Geometry, Padding, Size

__all__ = ["conv", "conv_backward", "conv_transpose"]

LITTLE = 1 << 15  # numbers to add: fewer aren't worth a choice
GATHER = 2.5  # adding a number into place takes this many times as long as copying it


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
    x, weight, bias = as_numbers_alike(x=x, weight=weight, bias=bias)
    g, groups = _conv_geometry(x, weight, stride, padding, dilation, groups, padding_mode)
    check_shape("bias", bias, weight.shape[:1])
    refuse_overflow("x", weight[0].size, x, weight, bias=bias)
    batch = _batched(x, g)
    _refuse_large(batch, weight, g)
    with in_silence():
        out = _gather(batch, weight, g, groups, padding_mode)
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
    grad, x, weight = as_numbers_alike(grad=grad, x=x, weight=weight)
    g, groups = _conv_geometry(x, weight, stride, padding, dilation, groups, padding_mode)
    check_shape("grad", grad, (*_lead(x, g), len(weight), *g.output))
    for factor in (x, weight):
        refuse_overflow("grad", grad.size * weight[0, 0].size, grad, factor)
    grad, batch = _batched(grad, g), _batched(x, g)
    _refuse_large(batch, weight, g)
    parts = parts_of(weight, g, groups)
    dmatrices = np.zeros_like(matrices_of(weight, groups, parts).swapaxes(-1, -2), order="C")
    with in_silence():
        for images, rows, part, columns in columns_of(batch, g, groups, padding_mode, parts):
            dout = grouped(grad[images, :, rows], groups)
            dmatrices[part] += (columns @ dout.swapaxes(-1, -2)).sum(axis=0)
        whole = g._replace(size=padded_size(g))
        if padding_mode == "zero":
            dx = _spread(grad, weight, whole, groups)
        else:
            dpadded = _spread(grad, weight, whole._replace(padding=NONE * len(g.size)), groups)
            dx = pad_backward(dpadded, g.padding, padding_mode)
        dbias = grad.sum(axis=(0, *range(2, grad.ndim)))
    return dx.reshape(x.shape), weight_of(dmatrices.swapaxes(-1, -2), weight.shape), dbias


def conv_transpose(
    x: ArrayLike,
    weight: ArrayLike,
    bias: ArrayLike | None = None,
    stride: Size = 1,
    padding: Padding = 0,
    output_padding: Size = 0,
    dilation: Size = 1,
    groups: int = 1,
    output_size: Size | None = None,
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
    output_size
        The size that is wanted, an int or one per axis, instead of `output_padding`: see
        `cnnviz.shapes.transpose_output_padding`.
    stride, dilation, groups
        As for `conv`.

    Returns
    -------
    ndarray
        ``(K, *out)`` or ``(N, K, *out)``, by `cnnviz.shapes.conv_transpose_output_size`.

    Raises
    ------
    ValueError, TypeError
        As `conv`, if the padding cuts everything off, and for a size that can't be had.

    References
    ----------
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016), section 4.

    Examples
    --------
    >>> conv_transpose([[1, 2]], [[[1, 10, 100]]], stride=2)
    array([[  1,  10, 102,  20, 200]])
    >>> conv_transpose([[1, 2]], [[[1, 10, 100]]], stride=2, output_size=6)
    array([[  1,  10, 102,  20, 200,   0]])
    """
    x, weight, bias = as_numbers_alike(x=x, weight=weight, bias=bias)
    n, channels = _spatial(x, weight)
    groups = _check_groups(groups, channels, "the channels of x")
    if len(weight) != channels:
        raise ValueError(
            f"weight must have a row for each channel of x ({channels}), got shape {weight.shape}"
        )
    if output_size is not None:
        if any(shapes.per_axis("output_padding", output_padding, len(n), minimum=0)):
            raise ValueError(
                "output_padding must be 0 beside output_size, which says it, "
                f"got {shown(output_padding)}"
            )
        output_padding = shapes.transpose_output_padding(
            n, output_size, weight.shape[2:], stride, padding, dilation
        )
    g = shapes.transpose_geometry(n, weight.shape[2:], stride, padding, output_padding, dilation)
    kernels = weight.shape[1] * groups
    check_shape("bias", bias, (kernels,))
    refuse_overflow("x", weight[:, 0].size, x, weight, bias=bias)
    batch = _batched(x, g)
    widest = "stride" if max(g.stride) > 1 else "dilation" if max(g.dilation) > 1 else "weight"
    refuse_large(widest, (len(batch), kernels, *g.size), x.dtype)
    with in_silence():
        out = _with_bias(_spread(batch, weight, g, groups), bias)
    return out.reshape(*_lead(x, g), *out.shape[1:])


def _gather(x: Array, weight: Array, g: Geometry, groups: int, padding_mode: str) -> Array:
    """Let each output collect what its window holds: weights × columns, block by block."""
    parts = parts_of(weight, g, groups)
    matrices = matrices_of(weight, groups, parts)
    out = np.empty((len(x), len(weight), *g.output), x.dtype)
    for images, rows, part, columns in columns_of(x, g, groups, padding_mode, parts):
        block = grouped(out[images, :, rows], groups)
        if part == 0:
            np.matmul(matrices[part], columns, out=block)
        else:
            block += matrices[part] @ columns
    return out


def _spread(grad: Array, weight: Array, g: Geometry, groups: int) -> Array:
    """Run `_gather` backwards, onto ``g.size`` pixels, and cut ``g.padding`` off them.

    There are two orders for the same sums, by output and by pixel; the quicker is taken.
    """
    added = weight[0].size * groups * math.prod(g.output)  # numbers, for one image by output
    if set(g.stride) != {1} or len(grad) * added < LITTLE:
        return _spread_by_output(grad, weight, g, groups)
    frame, _ = _frame(g)
    framed = padded_size(g._replace(size=g.output, padding=frame))
    parts = parts_of(_rotated(weight, groups), g, groups)
    copied = len(weight) * math.prod(g.kernel) * math.prod(framed) / parts  # by pixel
    # By pixel, an infinite weight would meet the zeros around the gradient, and 0 · ∞ is NaN.
    if copied <= GATHER * added and np.isfinite(weight).all():
        return _spread_by_pixel(grad, weight, g, groups)
    return _spread_by_output(grad, weight, g, groups)


def _spread_by_output(grad: Array, weight: Array, g: Geometry, groups: int) -> Array:
    """Let each output add its kernel, times itself, to its window."""
    out = np.zeros((len(grad), weight.shape[1] * groups, *g.size), grad.dtype)
    matrix, windows = matrix_of(weight, groups).swapaxes(-1, -2), windows_of(out, g)
    for images, rows in blocks(len(grad), out.shape[1], g, grad.dtype):
        columns = matrix @ grouped(grad[images, :, rows], groups)
        add_columns(windows[images, :, rows], columns, g)
    return cut(out, g.padding)


def _spread_by_pixel(grad: Array, weight: Array, g: Geometry, groups: int) -> Array:
    """Convolve the gradient, zeros around it, with the kernels rotated by 180°; for stride 1."""
    frame, excess = _frame(g)
    back = shapes.geometry(g.output, g.kernel, padding=frame, dilation=g.dilation)
    return cut(_gather(grad, _rotated(weight, groups), back, groups, "zero"), excess)


def _frame(g: Geometry) -> tuple[Pads, Pads]:
    """Give the zeros that go around the gradient, and what to cut off if padding is wider."""
    span = shapes.window_span(g.kernel, g.dilation)
    wanted = [
        (w - 1 - before, n - after - o)
        for w, (before, after), n, o in zip(span, g.padding, g.size, g.output, strict=True)
    ]
    frame = tuple((max(before, 0), max(after, 0)) for before, after in wanted)
    return frame, tuple((max(-before, 0), max(-after, 0)) for before, after in wanted)


def _rotated(weight: Array, groups: int) -> Array:
    """Rotate kernels by 180° and swap, group by group, the channels that they read and write."""
    by_group = weight.reshape(groups, -1, *weight.shape[1:]).swapaxes(1, 2)
    turned = np.flip(by_group, tuple(range(3, by_group.ndim)))
    return turned.reshape(groups * weight.shape[1], -1, *weight.shape[2:])


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
            + _channels_last(x, weight.ndim, weight.shape[1] * groups)
        )
    check_one_of("padding_mode", padding_mode, tuple(PADDING_MODES))
    g = shapes.geometry(n, weight.shape[2:], stride, padding, dilation, kernel_name="weight")
    check_room(g, padding_mode)
    return g, groups


def _channels_last(x: Array, rank: int, channels: int) -> str:
    """Say how channels that come last come first; nothing if they don't seem to."""
    if x.shape[-1] != channels:
        return ""
    return f": move the channels of x to the front, as with np.moveaxis(x, -1, {1 - rank})"


def _refuse_large(batch: Array, weight: Array, g: Geometry) -> None:
    """Raise before padding or an output is made that memory doesn't hold."""
    refuse_large("padding", (*batch.shape[:2], *padded_size(g)), batch.dtype)
    refuse_large("weight", (len(batch), len(weight), *g.output), batch.dtype)


def _check_groups(groups: int, channels: int, whose: str) -> int:
    groups = shapes.whole("groups", groups)
    if channels % groups:
        raise ValueError(f"groups must divide {whose} ({channels}), got {groups}")
    return groups


def _batched(x: Array, g: Geometry) -> Array:
    """Give a single ``(C, *n)`` a batch axis."""
    return x.reshape(-1, *x.shape[-len(g.size) - 1 :])


def _lead(x: Array, g: Geometry) -> tuple[int, ...]:
    """Give the batch axis that x came with: ``(N,)`` or ``()``."""
    return x.shape[: -len(g.size) - 1]


def _with_bias(out: Array, bias: Array | None) -> Array:
    if bias is not None:
        out += bias.reshape(-1, *(1 for _ in out.shape[2:]))
    return out
