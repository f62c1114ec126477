"""Sizes: how large an output is, how much padding keeps a size, how far an output sees.

Integers only, no images. Letters are the course's: ``n`` input size, ``k`` kernel, ``p`` padding
per side, ``s`` stride, ``d`` dilation (1 = ordinary). One axis takes ints and gives an int; several
axes take tuples, where an int stands for the same number on every axis, and give a tuple. A list,
a NumPy array or a `torch.Size` will do for a tuple, and any kind of whole number for an int.

A bad argument is a `TypeError` (not a whole number) or a `ValueError` (not an allowed one) that
names the argument, what it got and what is allowed. No function returns a size of 0 or less.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from cnnviz.arrays import as_flag, shown

__all__ = [
    "Geometry",
    "ReceptiveField",
    "check_half_padding",
    "conv_output_size",
    "conv_transpose_output_size",
    "count_axes",
    "dropped",
    "geometry",
    "listed",
    "padding_per_axis",
    "per_axis",
    "pool_output_size",
    "receptive_field",
    "same_padding",
    "transpose_geometry",
    "transpose_output_padding",
    "whole",
    "window_span",
]

_BEYOND = 2**63  # what NumPy's integers don't hold
_MOST_NUMBERS = 4096  # in an array that says sizes
_MOST_LAYERS = 10_000  # of a stack; beyond that it is a mistake

T = TypeVar("T")
Size = int | Sequence[int]
Padding = int | str | Sequence[int | Sequence[int]]

PADDING_ALLOWED = (
    'a whole number of at least 0, "valid", "same", or one number or (before, after) per axis'
)


class Geometry(NamedTuple):
    """One window sliding over an input, every number per axis."""

    size: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]
    output: tuple[int, ...]


class ReceptiveField(NamedTuple):
    """What one output of a stack of layers sees, in input pixels."""

    size: int | tuple[int, ...]
    jump: int | tuple[int, ...]
    start: float | tuple[float, ...]


def conv_output_size(
    n: Size,
    kernel: Size,
    stride: Size = 1,
    padding: Padding = 0,
    dilation: Size = 1,
) -> int | tuple[int, ...]:
    """How many positions a window has: ⌊(n + p_before + p_after − d(k − 1) − 1) / s⌋ + 1.

    Pooling follows the same formula, unless it rounds up: see `pool_output_size`.

    Parameters
    ----------
    n, kernel, stride, dilation
        Ints, or one int per axis; at least 1.
    padding
        Per side: an int, ``"valid"`` (none), ``"same"`` (see `same_padding`), or per axis an int or
        ``(before, after)``. On a single axis ``(before, after)`` may stand alone.

    Returns
    -------
    int or tuple of int
        An int if every argument is for one axis, else one int per axis.

    Raises
    ------
    ValueError
        If the kernel reaches beyond the padded input, or a number is too small.
    TypeError
        If something is not a whole number: a float (NaN too), a bool, a string.

    References
    ----------
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016),
    relationship 6, with the dilation of its section 5.1.

    Examples
    --------
    >>> conv_output_size(28, 5)
    24
    >>> conv_output_size((28, 32), 3, stride=2, padding=1)
    (14, 16)
    >>> conv_output_size(4, 2, padding=(0, 1))
    4
    >>> conv_output_size(3, 5)
    Traceback (most recent call last):
    ...
    ValueError: kernel must fit in the padded input: it spans 5 of only 3 positions on axis 0
    """
    g = geometry(n, kernel, stride, padding, dilation)
    return _plain(g.output, n, kernel, stride, dilation, padding=padding)


def dropped(
    n: Size,
    kernel: Size,
    stride: Size = 1,
    padding: Padding = 0,
    dilation: Size = 1,
) -> int | tuple[int, ...]:
    """How many positions at the end of the padded input no window reaches: what ⌊ ⌋ drops.

    Arguments and errors are those of `conv_output_size`.

    Examples
    --------
    >>> dropped(8, 3, stride=2)
    1
    >>> dropped((8, 9), 3, stride=2)
    (1, 0)
    """
    g = geometry(n, kernel, stride, padding, dilation)
    axes = zip(g.size, window_span(g.kernel, g.dilation), g.stride, g.padding, strict=True)
    rest = tuple((size + sum(pads) - span) % step for size, span, step, pads in axes)
    return _plain(rest, n, kernel, stride, dilation, padding=padding)


def pool_output_size(
    n: Size,
    kernel: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
) -> int | tuple[int, ...]:
    """How many positions a pooling window has; with `ceil_mode`, ⌈ ⌉ stands for ⌊ ⌋.

    Rounded up, one more window is laid at the end where the last one would leave positions out; it
    reaches beyond the padded input. A window that would start beyond the input and the padding
    before it, so that it held no pixel, is left out again: that is PyTorch's rule, and ONNX's from
    operator set 19 on.

    Parameters
    ----------
    n, kernel, padding, dilation
        As for `conv_output_size`.
    stride
        The kernel if not given.
    ceil_mode : bool
        Round up.

    Raises
    ------
    ValueError, TypeError
        As for `conv_output_size`.

    Examples
    --------
    >>> pool_output_size(6, 3, stride=2), pool_output_size(6, 3, stride=2, ceil_mode=True)
    (2, 3)
    >>> pool_output_size(5, 1, stride=3, ceil_mode=True)  # ⌈4 / 3⌉ + 1 is 3; the third starts at 6
    2
    """
    stride = kernel if stride is None else stride
    g = geometry(n, kernel, stride, padding, dilation, ceil_mode=ceil_mode)
    return _plain(g.output, n, kernel, stride, dilation, padding=padding)


def conv_transpose_output_size(
    n: Size,
    kernel: Size,
    stride: Size = 1,
    padding: Padding = 0,
    output_padding: Size = 0,
    dilation: Size = 1,
) -> int | tuple[int, ...]:
    """Size after a transposed convolution: (n − 1)s − p_before − p_after + d(k − 1) + 1 + extra.

    Parameters
    ----------
    n, kernel, stride, dilation
        As for `conv_output_size`.
    padding
        What is cut off each side. ``"same"`` has no one meaning here and is refused.
    output_padding
        The extra positions at the end, at least 0 and less than the stride or the dilation:
        the ones that the ⌊ ⌋ of the ordinary convolution dropped.

    Raises
    ------
    ValueError, TypeError
        As for `conv_output_size`; also if nothing would be left.

    References
    ----------
    Dumoulin and Visin (2016), relationship 14; ``output_padding`` as in `torch.nn.ConvTranspose2d`.

    Examples
    --------
    >>> conv_transpose_output_size(14, 4, stride=2, padding=1)
    28
    >>> conv_transpose_output_size(conv_output_size(8, 3, stride=2), 3, stride=2, output_padding=1)
    8
    """
    g = transpose_geometry(n, kernel, stride, padding, output_padding, dilation)
    out = tuple(m - sum(pads) for m, pads in zip(g.size, g.padding, strict=True))
    return _plain(out, n, kernel, stride, output_padding, dilation, padding=padding)


def transpose_output_padding(
    n: Size,
    output_size: Size,
    kernel: Size,
    stride: Size = 1,
    padding: Padding = 0,
    dilation: Size = 1,
) -> int | tuple[int, ...]:
    """Find the ``output_padding`` with which a transposed convolution gives `output_size`.

    Parameters
    ----------
    n, kernel, stride, padding, dilation
        As for `conv_transpose_output_size`.
    output_size
        The size that is wanted, an int or one per axis: from the smallest that there is to s − 1
        more, which are all the sizes that the ordinary convolution makes n of.

    Raises
    ------
    ValueError, TypeError
        As for `conv_transpose_output_size`; and for a size that can't be had.

    References
    ----------
    `torch.nn.ConvTranspose2d`, whose ``output_size`` may be as large.

    Examples
    --------
    >>> transpose_output_padding(3, 8, kernel=3, stride=2)
    1
    >>> transpose_output_padding((3, 3), (7, 9), kernel=3, stride=2)
    Traceback (most recent call last):
    ...
    ValueError: output_size must be from 7 to 8 on axis 1, got (7, 9)
    """
    axes = count_axes(n, output_size, kernel, stride, dilation, padding=padding) or 1
    wanted = per_axis("output_size", output_size, axes)
    inputs, kernels = per_axis("n", n, axes), per_axis("kernel", kernel, axes)
    g = transpose_geometry(inputs, kernels, stride, 0, 0, dilation)
    pads = padding_per_axis(padding, g.output, g.kernel, g.stride, allow_same=False)
    extra = []
    for axis, (size, full, cut, s) in enumerate(zip(wanted, g.size, pads, g.stride, strict=True)):
        least = full - sum(cut)
        if not least <= size < least + s:
            raise ValueError(
                f"output_size must be from {max(least, 1)} to {least + s - 1} on axis {axis}, "
                f"got {shown(output_size)}"
            )
        extra.append(size - least)
    return _plain(tuple(extra), n, output_size, kernel, stride, dilation, padding=padding)


def same_padding(n: Size, kernel: Size, stride: Size = 1, dilation: Size = 1) -> Any:
    """Find the padding ``(before, after)`` that makes the output ⌈n / s⌉ long: TensorFlow's rule.

    In all max((⌈n / s⌉ − 1)s + d(k − 1) + 1 − n, 0) positions are added, half on each side; if that
    is odd, the odd one goes after. (With stride 1 this is what `torch.nn.Conv2d` does, too;
    PyTorch refuses ``"same"`` with a larger stride.)

    Returns
    -------
    tuple
        ``(before, after)`` for one axis, else one such pair per axis.

    Raises
    ------
    ValueError, TypeError
        As for `conv_output_size`.

    References
    ----------
    TensorFlow, `tf.nn`, "Notes on padding".

    Examples
    --------
    >>> same_padding(28, 5)
    (2, 2)
    >>> same_padding(5, 2)
    (0, 1)
    >>> same_padding((7, 8), 3, stride=2)
    ((1, 1), (0, 1))
    """
    axes = count_axes(n, kernel, stride, dilation)
    size = per_axis("n", n, axes)
    steps = per_axis("stride", stride, axes)
    span = window_span(per_axis("kernel", kernel, axes), per_axis("dilation", dilation, axes))
    return _plain(_same_pads(size, span, steps), n, kernel, stride, dilation)


def receptive_field(layers: Iterable[Any]) -> ReceptiveField:
    """Size, jump and start of the receptive field of a stack of layers.

    Each layer multiplies the jump (the distance, in input pixels, between the fields of
    neighbouring outputs) by its stride, and widens the field by d(k − 1) of the jumps before it.

    Parameters
    ----------
    layers
        First layer first. Each is ``(kernel, stride, padding, dilation)``; what is left out at
        the end is 1, 0, 1, and an int alone is a kernel. Any item may be per axis. ``"same"``
        depends on the input's size and is refused: give the numbers that `same_padding` returns.

    Returns
    -------
    ReceptiveField
        ``size`` and ``jump`` are ints, per axis if any layer is. ``start`` is where the first
        output's field is centred, in input pixels, the centre of pixel 0 being 0. It is a float,
        since the centre of an even field lies between two pixels; it is always a multiple of ½.

    Raises
    ------
    ValueError, TypeError
        As for `conv_output_size`, naming the layer.

    References
    ----------
    Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks",
    Distill (2019), equations 2 and 3.

    Examples
    --------
    >>> receptive_field([3, 3])
    ReceptiveField(size=5, jump=1, start=2.0)
    >>> receptive_field([(7, 2, 3), (3, 2, 1)])
    ReceptiveField(size=11, jump=4, start=0.0)
    >>> receptive_field([((3, 5), 2)])
    ReceptiveField(size=(3, 5), jump=(2, 2), start=(1.0, 2.0))
    """
    rows = [_layer(i, layer) for i, layer in enumerate(_each(layers))]
    counts = {i: count_axes(k, s, d, padding=p) for i, (k, s, p, d) in enumerate(rows)}
    axes = max((count or 1 for count in counts.values()), default=1)
    size, jump, twice_start = [1] * axes, [1] * axes, [0] * axes
    for i, (kernel, stride, padding, dilation) in enumerate(rows):
        where = f" of layer {i}"
        span = window_span(
            per_axis("kernel" + where, kernel, axes), per_axis("dilation" + where, dilation, axes)
        )
        steps = per_axis("stride" + where, stride, axes)
        pads = padding_per_axis(
            padding, span, span, steps, allow_same=False, name="padding" + where
        )
        for a in range(axes):
            size[a] += (span[a] - 1) * jump[a]
            twice_start[a] += (span[a] - 1 - 2 * pads[a][0]) * jump[a]
            jump[a] *= steps[a]
    if max(map(abs, twice_start)) > 2**53:
        raise ValueError("layers must be fewer or smaller: their field's start is no exact float")
    start = tuple(t / 2 for t in twice_start)
    if any(counts.values()):
        return ReceptiveField(tuple(size), tuple(jump), start)
    return ReceptiveField(size[0], jump[0], start[0])


def geometry(
    n: Size,
    kernel: Size,
    stride: Size = 1,
    padding: Padding = 0,
    dilation: Size = 1,
    *,
    ceil_mode: bool = False,
    kernel_name: str = "kernel",
) -> Geometry:
    """Give every number of a sliding window, checked and per axis, with the output's size.

    `kernel_name` is what messages call the kernel; `ceil_mode` as in `pool_output_size`.

    Examples
    --------
    >>> geometry((5, 6), 3, padding="same").padding
    ((1, 1), (1, 1))
    """
    as_flag("ceil_mode", ceil_mode)
    axes = count_axes(n, kernel, stride, dilation, padding=padding) or 1
    size = per_axis("n", n, axes)
    kernels = per_axis("kernel", kernel, axes)
    steps = per_axis("stride", stride, axes)
    dilations = per_axis("dilation", dilation, axes)
    span = window_span(kernels, dilations)
    pads = padding_per_axis(padding, size, span, steps)
    out = []
    for axis, (m, (before, after), w, s) in enumerate(zip(size, pads, span, steps, strict=True)):
        rest = m + before + after - w
        windows = rest // s + 1
        if ceil_mode and rest % s and windows * s < m + before:
            windows += 1
        if windows < 1:
            raise ValueError(
                f"{kernel_name} must fit in the padded input: it spans {w} of only "
                f"{m + before + after} positions on axis {axis}"
            )
        out.append(windows)
    return Geometry(size, kernels, steps, pads, dilations, tuple(out))


def check_half_padding(g: Geometry) -> None:
    """Refuse padding beyond half the kernel, with which a window might hold padding alone.

    Examples
    --------
    >>> check_half_padding(geometry(8, 3, padding=2))
    Traceback (most recent call last):
    ...
    ValueError: padding must be at most half the kernel, ⌊3/2⌋ = 1, got 2
    """
    for k, pads in zip(g.kernel, g.padding, strict=True):
        if max(pads) > k // 2:
            raise ValueError(
                f"padding must be at most half the kernel, ⌊{k}/2⌋ = {k // 2}, got {max(pads)}"
            )


def transpose_geometry(
    n: Size,
    kernel: Size,
    stride: Size = 1,
    padding: Padding = 0,
    output_padding: Size = 0,
    dilation: Size = 1,
) -> Geometry:
    """Give the convolution that a transposed one runs backwards, checked and per axis.

    Its ``output`` is the transposed one's input n, and its ``size`` the transposed one's output
    before `padding` is cut off it.

    Examples
    --------
    >>> g = transpose_geometry(14, 4, stride=2, padding=1)
    >>> g.size, g.padding, g.output
    ((30,), ((1, 1),), (14,))
    """
    axes = count_axes(n, kernel, stride, output_padding, dilation, padding=padding)
    inputs = per_axis("n", n, axes)
    kernels = per_axis("kernel", kernel, axes)
    steps = per_axis("stride", stride, axes)
    dilations = per_axis("dilation", dilation, axes)
    extra = _checked_output_padding(output_padding, steps, dilations)
    span = window_span(kernels, dilations)
    pads = padding_per_axis(padding, inputs, span, steps, allow_same=False)
    numbers = zip(inputs, steps, span, extra, strict=True)
    size = tuple((m - 1) * s + w + e for m, s, w, e in numbers)
    for axis, (m, cut) in enumerate(zip(size, pads, strict=True)):
        if m <= sum(cut):
            raise ValueError(
                f"padding must cut off less than the whole output, got {shown(padding)}, "
                f"which cuts {sum(cut)} of {m} positions on axis {axis}"
            )
    return Geometry(size, kernels, steps, pads, dilations, output=inputs)


def window_span(kernel: Sequence[int], dilation: Sequence[int]) -> tuple[int, ...]:
    """Positions from a window's first tap to its last, per axis: d(k − 1) + 1.

    Examples
    --------
    >>> window_span((3, 3), (1, 2))
    (3, 5)
    """
    return tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))


def per_axis(name: str, value: Any, axes: int | None, minimum: int = 1) -> tuple[int, ...]:
    """Give one checked int per axis; an int alone stands for every axis.

    Examples
    --------
    >>> per_axis("stride", 2, 3)
    (2, 2, 2)
    >>> per_axis("stride", 0, 2)
    Traceback (most recent call last):
    ...
    ValueError: stride must be a whole number of at least 1, or one per axis, got 0
    """
    axes, value = axes or 1, listed(value)
    allowed = f"a whole number of at least {minimum}, or one per axis"
    if not _is_sequence(value):
        return (_whole(name, value, value, allowed, minimum),) * axes
    if len(value) != axes:
        raise ValueError(
            f"{name} must be {allowed} (here {axes}), got {len(value)} numbers: {shown(value)}"
        )
    return tuple(_whole(name, item, value, allowed, minimum) for item in value)


def padding_per_axis(
    padding: Any,
    size: Sequence[int],
    span: Sequence[int],
    stride: Sequence[int],
    *,
    allow_same: bool = True,
    name: str = "padding",
) -> tuple[tuple[int, int], ...]:
    """Give ``(before, after)`` per axis; `size`, `span` and `stride` are what ``"same"`` needs.

    Examples
    --------
    >>> padding_per_axis((1, (0, 2)), (8, 8), (3, 3), (1, 1))
    ((1, 1), (0, 2))
    """
    axes, padding = len(size), listed(padding)
    allowed = PADDING_ALLOWED if allow_same else PADDING_ALLOWED.replace(' "same",', "")
    if isinstance(padding, str):
        if padding == "valid":
            return ((0, 0),) * axes
        if padding == "same" and allow_same:
            return _same_pads(size, span, stride)
        raise ValueError(f"{name} must be {allowed}, got {shown(padding)}")
    if not _is_sequence(padding):
        return ((_whole(name, padding, padding, allowed, 0),) * 2,) * axes
    if axes == 1 and len(padding) == 2 and not any(map(_is_sequence, padding)):
        padding = (padding,)  # one axis: (before, after) is clear without a second pair of brackets
    if len(padding) != axes:
        raise ValueError(f"{name} must be {allowed} (here {axes}), got {shown(padding)}")
    pads = []
    for item in padding:
        pair = item if _is_sequence(item) else (item, item)
        if len(pair) != 2:
            raise ValueError(f"{name} must be {allowed}, got {shown(padding)}")
        before, after = (_whole(name, p, padding, allowed, 0) for p in pair)
        pads.append((before, after))
    return tuple(pads)


def whole(name: str, value: Any, minimum: int | None = 1) -> int:
    """Check one whole number; without a minimum it may be any of 64 bits.

    Examples
    --------
    >>> whole("groups", 2), whole("index", -3, None)
    (2, -3)
    """
    if minimum is None:
        return _whole(name, value, value, "a whole number of 64 bits", -_BEYOND)
    return _whole(name, value, value, f"a whole number of at least {minimum}", minimum)


def count_axes(*values: Any, padding: Any = 0) -> int | None:
    """Count the axes that tuples speak of; None if there are only plain ints.

    Examples
    --------
    >>> count_axes(3, (2, 2)), count_axes(3, padding=((0, 1),)), count_axes(3)
    (2, 1, None)
    """
    for value in map(listed, values):
        if _is_sequence(value):
            return len(value)
    padding = listed(padding)
    if _is_sequence(padding) and any(map(_is_sequence, padding)):
        return len(padding)
    return None


def listed(value: Any) -> Any:
    """Return an array, alone or in a tuple, as lists of Python's numbers.

    Examples
    --------
    >>> import numpy as np
    >>> listed((np.array([1, 2]), 3))
    [[1, 2], 3]
    """
    if isinstance(value, (tuple, list)) and any(map(_is_array, value)):
        return [listed(item) if _is_array(item) else item for item in value]
    if not _is_array(value):
        return value
    try:
        return value.tolist()
    except Exception:  # a tensor without numbers (device "meta"), or none in rows
        return value


def _same_pads(
    size: Sequence[int], span: Sequence[int], stride: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    pads = []
    for n, w, s in zip(size, span, stride, strict=True):
        total = max((-(-n // s) - 1) * s + w - n, 0)  # −(−n // s) is ⌈n / s⌉
        pads.append((total // 2, total - total // 2))
    return tuple(pads)


def _checked_output_padding(
    value: Any, stride: tuple[int, ...], dilation: tuple[int, ...]
) -> tuple[int, ...]:
    extra = per_axis("output_padding", value, len(stride), minimum=0)
    for axis, (e, s, d) in enumerate(zip(extra, stride, dilation, strict=True)):
        if e >= max(s, d):
            raise ValueError(
                "output_padding must be less than the stride or the dilation, "
                f"got {e} with stride {s} and dilation {d} on axis {axis}"
            )
    return extra


def _each(layers: Any) -> list[Any]:
    """Return the layers of a stack as a list."""
    allowed = f"a list with an item for each layer, at most {_MOST_LAYERS}"
    try:
        if isinstance(layers, (str, bytes, Mapping)):
            raise TypeError
        found = list(itertools.islice(listed(layers), _MOST_LAYERS + 1))
    except Exception:  # nothing to go through, or what breaks when one does
        raise TypeError(f"layers must be {allowed}, got {shown(layers)}") from None
    if len(found) > _MOST_LAYERS:
        raise ValueError(f"layers must be {allowed}, got more: {shown(layers)}")
    return found


def _layer(index: int, layer: Any) -> tuple[Any, Any, Any, Any]:
    layer = listed(layer)
    given = tuple(layer) if _is_sequence(layer) else (layer,)
    if not 1 <= len(given) <= 4:
        raise ValueError(
            f"layer {index} must be (kernel, stride, padding, dilation), or begin so, "
            f"got {shown(layer)}"
        )
    kernel, stride, padding, dilation = given + (None, 1, 0, 1)[len(given) :]
    return kernel, stride, padding, dilation


def _plain(result: tuple[T, ...], *values: Any, padding: Any = 0) -> T | tuple[T, ...]:
    """Take a one-axis result out of its tuple if no argument was per axis."""
    return result[0] if count_axes(*values, padding=padding) is None else result


def _is_sequence(value: Any) -> bool:
    return isinstance(value, (tuple, list))


def _is_array(value: Any) -> bool:
    """Tell a NumPy array or a tensor that holds a few numbers."""
    axes = getattr(value, "ndim", 0)
    if not isinstance(axes, int) or axes == 0 or not hasattr(value, "tolist"):
        return False
    try:
        return bool(math.prod(value.shape) <= _MOST_NUMBERS)
    except Exception:  # a nested tensor has no shape
        return False


def _whole(name: str, item: Any, value: Any, allowed: str, minimum: int) -> int:
    """Check one number: `item` is it, `value` the whole argument, for the message."""
    try:
        if isinstance(item, bool) or str(getattr(item, "dtype", "")).endswith("bool"):
            raise TypeError
        number = operator.index(item)
    except Exception:  # an object's own __index__ may raise anything
        raise TypeError(f"{name} must be {allowed}, got {shown(value)}") from None
    if number < minimum:
        raise ValueError(f"{name} must be {allowed}, got {shown(value)}")
    if number >= _BEYOND:
        raise ValueError(f"{name} must be less than 2⁶³, got {shown(value)}")
    return number
