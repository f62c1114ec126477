"""Checks for chapter 6, channels and layers."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz import ops, shapes
from cnnviz.check._feedback import Feedback
from cnnviz.check._functions import compare_function
from cnnviz.check._layers import Layer, Wanted, judge_layers
from cnnviz.check._mistakes import (
    FORGOT_BIAS,
    KERNEL_FLIPPED,
    OFF_BY_ONE_BOTTOM,
    OFF_BY_ONE_RIGHT,
    FunctionRow,
    Mistake,
)

__all__ = ["conv_layer_parameters", "conv_layer_relu", "even_doublers", "separable_parameters"]

Array = NDArray[Any]

# --------------------------------------------------------------------------------------
# The parameters of one layer

# (k, c_in, c_out, groups): dense, grouped, 1×1 and depthwise.
_COUNTED = [(5, 3, 10, 1), (2, 4, 2, 2), (3, 16, 32, 4), (1, 64, 16, 1), (3, 8, 8, 8)]


CONV_LAYER_PARAMETERS_MISTAKES: list[FunctionRow] = [
    (lambda k, c_in, c_out, groups: k * k * (c_in // groups) * c_out, *FORGOT_BIAS),
    (
        lambda k, c_in, c_out, groups: (k * k + 1) * (c_in // groups) * c_out,
        "You gave each pair of channels a bias.",
        "A kernel has one bias, however deep it is: c_out biases in all.",
    ),
    (
        lambda k, c_in, c_out, groups: k * k * c_in * c_out,
        "You forgot the bias and the groups.",
        "Each kernel has one bias; and in g groups it is only c_in / g deep.",
    ),
    (
        lambda k, c_in, c_out, groups: k * k * (c_in // groups) * c_out + c_in,
        "You added a bias for each input channel.",
        "Biases belong to the kernels, and each kernel makes one output channel.",
    ),
    (
        lambda k, c_in, c_out, groups: k * k * c_in * c_out + c_in,
        "You added a bias for each input channel, and forgot the groups.",
        "Biases belong to the kernels; and in g groups a kernel is only c_in / g deep.",
    ),
    (
        lambda k, c_in, c_out, groups: (k * k * (c_in // groups) + 1) * (c_out // groups),
        "You counted one group.",
        "Each of the g groups has kernels and biases of its own.",
    ),
    (
        lambda k, c_in, c_out, groups: k * k * c_in * c_out + c_out,
        "You forgot the groups.",
        "In g groups a kernel is only c_in / g deep.",
    ),
    (
        lambda k, c_in, c_out, groups: k * k * (c_in // groups) * (c_out // groups) + c_out,
        "You divided by the groups twice.",
        "Each kernel is c_in / g deep, and there are still c_out kernels.",
    ),
    (
        lambda k, c_in, c_out, groups: (k * k * c_in * c_out + c_out) // groups,
        "You divided the biases by the groups, too.",
        "Groups make kernels shallower. Each of the c_out kernels keeps its bias.",
    ),
    (
        lambda k, c_in, c_out, groups: (k * k + 1) * c_out,
        "Your kernels are flat.",
        "A kernel reaches through all the channels of its group: k × k × c_in / g.",
    ),
    (
        lambda k, c_in, c_out, groups: (k * k + 1) * c_out // groups,
        "Your kernels are flat, and you divided them by the groups.",
        "Groups make each kernel shallower, k × k × c_in / g; there are still c_out.",
    ),
    (
        lambda k, c_in, c_out, groups: k * k * (c_in // groups) + 1,
        "You counted a single kernel.",
        "There are c_out of them.",
    ),
    (
        lambda k, c_in, c_out, groups: k * k * (c_in // groups) * c_out + 1,
        "You gave the whole layer one bias.",
        "Each of the c_out kernels has one.",
    ),
    (
        lambda k, c_in, c_out, groups: k * (c_in // groups) * c_out + c_out,
        "Your kernels are one pixel high.",
        "They are k × k: multiply by k twice.",
    ),
]


def conv_layer_parameters(answer: object) -> Feedback:
    """Check ``(k, c_in, c_out, groups) -> parameters``, weights and biases of one layer.

    Examples
    --------
    >>> conv_layer_parameters(lambda k, c_in, c_out, groups: k * k * c_in * c_out + c_out).message
    'You forgot the groups.'
    """
    return compare_function(
        answer,
        lambda k, c_in, c_out, groups: k * k * (c_in // groups) * c_out + c_out,
        _COUNTED,
        mistakes=CONV_LAYER_PARAMETERS_MISTAKES,
        hint="The weights of one kernel first; then its bias; then how many kernels there are.",
        praise="Right, for five layers, three of them in groups.",
    )


# --------------------------------------------------------------------------------------
# The forward pass of one layer


def _layer(seed: int, x: tuple[int, ...], weight: tuple[int, ...]) -> tuple[Array, Array, Array]:
    """Make small whole numbers; the bias differs from kernel to kernel and is never 0."""
    rng = np.random.default_rng(seed)
    bias = rng.permutation(np.array([2, -3, 1, -1])[: weight[0]])
    return rng.integers(-3, 4, x), rng.integers(-2, 3, weight), bias


# Nothing is square, and kernels and channels differ in number.
_FORWARD = [_layer(1, (3, 5, 6), (2, 3, 2, 3)), _layer(2, (2, 4, 7), (4, 2, 3, 2))]


def _forward(x: Array, weight: Array, bias: Array | None = None) -> Array:
    return ops.relu(ops.conv(x, weight, bias))


def _by_channel(x: Array, weight: Array) -> Array:
    """Return what each channel adds to each output, before it is summed: (K, C, H, W)."""
    kernels, channels, height, width = weight.shape
    alone = weight.reshape(kernels * channels, 1, height, width)
    # Every kernel meets every channel alone: as a depthwise layer over copies of the input.
    copies = np.tile(x, (kernels, 1, 1))
    parts = ops.conv(copies, alone, groups=kernels * channels)
    return parts.reshape(kernels, channels, *parts.shape[1:])


def _per_kernel(bias: Array) -> Array:
    return bias[:, None, None]


def _running_relu(x: Array, weight: Array, start: Array) -> Array:
    """Cut the sum at 0 after each channel, as a ReLU in the loop over channels does."""
    total = start
    for part in _by_channel(x, weight).swapaxes(0, 1):
        total = ops.relu(total + part)
    return total


_INSIDE = Mistake(
    "Your ReLU is inside the sum over channels.",
    "Add up all the channels and the bias first; then apply ReLU, once.",
)

CONV_LAYER_RELU_MISTAKES: list[FunctionRow] = [
    (
        lambda x, w, b: _forward(x, w, len(x) * b),
        "You added the bias once for each pair of channels.",
        "Each kernel has one bias: add it outside the loop over channels.",
    ),
    (lambda x, w, b: ops.relu(_by_channel(x, w)).sum(1) + _per_kernel(b), *_INSIDE),
    (lambda x, w, b: ops.relu(ops.relu(_by_channel(x, w)).sum(1) + _per_kernel(b)), *_INSIDE),
    (lambda x, w, b: ops.relu(_by_channel(x, w) + _per_kernel(b)[:, None]).sum(1), *_INSIDE),
    (lambda x, w, b: _running_relu(x, w, _per_kernel(b)), *_INSIDE),
    (lambda x, w, b: ops.relu(_running_relu(x, w, 0 * _per_kernel(b)) + _per_kernel(b)), *_INSIDE),
    (lambda x, w, b: _running_relu(x, w, 0 * _per_kernel(b)) + _per_kernel(b), *_INSIDE),
    (
        lambda x, w, b: ops.relu(_by_channel(x, w) + _per_kernel(b)[:, None]),
        "Your channels are not summed.",
        "One kernel makes one map: add up what it makes of all the channels.",
    ),
    (
        lambda x, w, b: _forward(x[-1:], w[:, -1:], b),
        "Only the last channel is left.",
        "Each channel is added to those before it: += in the loop, not =.",
    ),
    (
        lambda x, w, b: _forward(x[:1], w[:, :1], b),
        "You used the first channel only.",
        "The sum runs over all channels.",
    ),
    (
        lambda x, w, b: ops.relu(ops.conv(x, w) / len(x) + _per_kernel(b)),
        "You took the mean over the channels.",
        "The channels are added up.",
    ),
    (lambda x, w, b: _forward(x, w), *FORGOT_BIAS),
    (
        lambda x, w, b: ops.conv(x, w, b),
        "You forgot the ReLU.",
        "Negative results become 0: max(0, y).",
    ),
    (
        lambda x, w, b: _forward(x, w) + _per_kernel(b),
        "Your ReLU comes before the bias.",
        "The bias shifts the sum; ReLU then cuts what is still negative.",
    ),
    (lambda x, w, b: _forward(x, w[..., ::-1, ::-1], b), *KERNEL_FLIPPED),
    (
        lambda x, w, b: _forward(x, np.repeat(w[:1], len(w), 0), b),
        "All your maps come from the first kernel.",
        "Map o takes weight[o] and bias[o].",
    ),
    (
        lambda x, w, b: _forward(x, w, np.full_like(b, b[0])),
        "All your maps have the first kernel's bias.",
        "Each kernel brings its own: the bias has the index of the map.",
    ),
    (
        lambda x, w, b: _forward(x, w, b)[..., :-1, :-1],
        "Off by one at both edges: the last row and the last column are missing.",
        OFF_BY_ONE_RIGHT.hint,
    ),
    (lambda x, w, b: _forward(x, w, b)[..., :-1], *OFF_BY_ONE_RIGHT),
    (lambda x, w, b: _forward(x, w, b)[:, :-1], *OFF_BY_ONE_BOTTOM),
]


def conv_layer_relu(answer: object) -> Feedback:
    """Check ``(x, weight, bias) -> ReLU(convolution)``, shapes (C, H, W) and (K, C, kh, kw).

    Examples
    --------
    >>> conv_layer_relu(lambda x, weight, bias: ops.conv(x, weight, bias)).message
    'You forgot the ReLU.'
    """
    return compare_function(
        answer,
        _forward,
        _FORWARD,
        mistakes=CONV_LAYER_RELU_MISTAKES,
        hint=(
            "For each kernel: start from its bias, add the map of each channel, then max(0, …). "
            "A kernel here is not square: its height and width are weight.shape[2:]."
        ),
        praise="Right: one sum over all channels, one bias, one ReLU.",
    )


# --------------------------------------------------------------------------------------
# What a separable layer holds

# (k, c_in, c_out), c_in and c_out never equal; the first is the chapter's.
_SEPARABLE = [(3, 256, 384), (5, 64, 8), (3, 3, 12), (7, 10, 20)]


SEPARABLE_PARAMETERS_MISTAKES: list[FunctionRow] = [
    (
        lambda k, c_in, c_out: k * k * c_in + c_in * c_out,
        "You forgot the biases.",
        "Each kernel of either step has one.",
    ),
    (
        lambda k, c_in, c_out: k * k * c_in + (c_in + 1) * c_out,
        "You forgot the biases of the depthwise step.",
        "It has kernels, too: how many?",
    ),
    (
        lambda k, c_in, c_out: (k * k + 1) * c_in + c_in * c_out,
        "You forgot the biases of the 1×1 step.",
        "Each of its kernels makes one output channel, and has a bias.",
    ),
    (
        lambda k, c_in, c_out: (k * k * c_in + 1) * c_out,
        "That is the ordinary layer.",
        "The pair is two layers: one grid for each channel, then a 1×1 layer.",
    ),
    (
        lambda k, c_in, c_out: (k * k + 1) * c_out + (c_in + 1) * c_out,
        "Your depthwise step makes c_out channels.",
        "It comes first, so it keeps the channels that come in.",
    ),
    (
        lambda k, c_in, c_out: (k * k + 1) * c_out + (c_out + 1) * c_out,
        "Your depthwise step makes c_out channels.",
        "It comes first, so it keeps the channels that come in.",
    ),
    (
        lambda k, c_in, c_out: k * k + 1 + (c_in + 1) * c_out,
        "Your depthwise step has one kernel for all channels.",
        "Each channel has a kernel of its own.",
    ),
    (
        lambda k, c_in, c_out: (k * k * c_in + 1) * c_in + (c_in + 1) * c_out,
        "Your depthwise step is an ordinary layer.",
        "In a depthwise layer each kernel sees one channel.",
    ),
    (
        lambda k, c_in, c_out: (k * k + 1) * c_in + 2 * c_out,
        "Your 1×1 kernels are flat.",
        "They see one pixel, but in all the channels that come in.",
    ),
    (
        lambda k, c_in, c_out: (k * k + 1) * c_in + (k * k * c_in + 1) * c_out,
        "Your 1×1 step is k × k.",
        "The second step mixes channels only: its kernels see one pixel.",
    ),
    (
        lambda k, c_in, c_out: (k * k + 1) * c_in + 2 * c_in * c_out,
        "You gave each pair of channels a bias.",
        "A kernel has one bias, however deep it is.",
    ),
    (
        lambda k, c_in, c_out: (k * k + 1) * c_in,
        "You left out the 1×1 step.",
        "After each channel alone, they are mixed.",
    ),
    (
        lambda k, c_in, c_out: (c_in + 1) * c_out,
        "You left out the depthwise step.",
        "Before the mixing, each channel has a kernel of its own.",
    ),
    (
        lambda k, c_in, c_out: (k * k + 1) * c_in * (c_in + 1) * c_out,
        "You multiplied the two steps.",
        "One is done after the other: they add.",
    ),
    (
        lambda k, c_in, c_out: (k + 1) * c_in + (c_in + 1) * c_out,
        "Your depthwise kernels are one pixel high.",
        "They are k × k.",
    ),
]


def separable_parameters(answer: object) -> Feedback:
    """Check ``(k, c_in, c_out) -> parameters`` of a depthwise separable pair with biases.

    Examples
    --------
    >>> separable_parameters(lambda k, c_in, c_out: k * k * c_in + c_in * c_out).message
    'You forgot the biases.'
    """
    return compare_function(
        answer,
        lambda k, c_in, c_out: (k * k + 1) * c_in + (c_in + 1) * c_out,
        _SEPARABLE,
        mistakes=SEPARABLE_PARAMETERS_MISTAKES,
        hint="Two layers: the first has as many groups as channels, the second has 1×1 kernels.",
        praise="Right; the weights of the pair are 1/c_out + 1/k² of the ordinary layer's.",
    )


# --------------------------------------------------------------------------------------
# Transposed layers that double, evenly

_RANGES = {"k": range(1, 9), "s": range(1, 4), "p": range(4), "e": range(3)}
_SIZES = range(8, 17)  # long enough for a middle that no border reaches


def _size(n: int, k: int, s: int, p: int | tuple[int, int], e: int) -> int:
    """Return the size of a transposed layer's output along one axis; 0 if nothing is left."""
    try:
        size = shapes.conv_transpose_output_size(n, k, s, p, e)
    except ValueError:
        return 0
    assert isinstance(size, int)
    return size


def _doubles(k: int, s: int, p: int | tuple[int, int], e: int) -> bool:
    return e < s and all(_size(n, k, s, p, e) == 2 * n for n in _SIZES)


def _is_even(k: int, s: int) -> bool:
    """Tell whether all outputs away from the border are written equally often."""
    return k % s == 0


_DOUBLING: set[Layer] = {
    (k, s, p, e) for k, s, p, e in itertools.product(*_RANGES.values()) if _doubles(k, s, p, e)
}
_EVEN: set[Layer] = {layer for layer in _DOUBLING if _is_even(*layer[:2])}


def even_doublers(answer: object) -> Feedback:
    """Check a list of all ``(k, s, p, e)`` that double every n and write evenly, in the ranges.

    Examples
    --------
    >>> even_doublers([(4, 2, 1, 0)]).message
    'All of yours fit, but 3 are missing.'
    """
    return judge_layers(
        answer,
        Wanted(_EVEN, _RANGES, example=(4, 2, 1, 0), verb="fit"),
        _layer_fault,
        _uneven_fault,
        lambda found: (
            "(n − 1)s − 2p + k + e must be 2n for every n. Which s? Which p belongs to each k?"
        ),
        hint="Four loops over k, s, p and e; keep what doubles every n, then count the writes.",
        praise="Right, all four: s = 2, e = 0, k even and p = k/2 − 1.",
    )


def _uneven_fault(layers: list[Layer]) -> Mistake | None:
    """Say so where the writes were not counted; None if they were."""
    if set(layers) != _DOUBLING:
        return None
    return Mistake(
        "All of yours double, but half of them write unevenly.",
        "Count: ops.conv_transpose on ones, with a kernel of ones. k must be a multiple of s.",
    )


def _layer_fault(layer: Layer, name: str) -> Mistake:
    """Say why a layer does not double evenly."""
    k, s, p, e = layer
    if e >= s:
        return Mistake(
            f"{name} is not allowed: e must be less than s.",
            "e gives back what ⌊ ⌋ dropped, and that is at most s − 1.",
        )
    if layer in _DOUBLING:
        return Mistake(
            f"{name} doubles, but some outputs are written more often than others.",
            f"{k} weights on {s} positions: {k}/{s} is no whole number.",
        )
    if _doubles(k, s, (p // 2, p - p // 2), e):
        return Mistake(
            f"{name} would double if p were the padding of both sides together.",
            "p is per side, so it is cut off twice.",
        )
    n = next(n for n in _SIZES if _size(n, *layer) != 2 * n)
    return Mistake(
        f"{name} makes {_size(n, *layer)} of {n}, and twice {n} is {2 * n}.",
        "The size is (n − 1)s − 2p + k + e, and it has to be 2n for every n.",
    )
