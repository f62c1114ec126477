"""`cnnviz.ops.conv`, backward and transposed, against PyTorch, finite differences and integers."""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from agreement import assert_close, cases
from hypothesis import assume, given
from hypothesis import strategies as st

from cnnviz import ops, shapes
from cnnviz.ops import _windows, convolution
from cnnviz.ops._padding import PADDING_MODES

TORCH_MODES = {
    "zero": "constant",
    "reflect": "reflect",
    "replicate": "replicate",
    "circular": "circular",
}
CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
CONV_TRANSPOSE = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


@dataclass
class Layer:
    """A random layer and its data; `pads` is what `padding` comes to."""

    x: np.ndarray
    weight: np.ndarray
    bias: np.ndarray | None
    arguments: dict
    pads: tuple[tuple[int, int], ...]
    rng: np.random.Generator

    @property
    def rank(self):
        return self.weight.ndim - 2


@st.composite
def axis(draw, mode):
    """Draw size, kernel, stride, dilation and padding that go together on one axis."""
    n = draw(st.integers(1, 8))
    most = {"reflect": min(n - 1, 3), "circular": min(n, 3)}.get(mode, 3)
    pads = draw(st.tuples(st.integers(0, most), st.integers(0, most)))
    dilation = draw(st.integers(1, 3))
    kernel = draw(st.integers(1, min(4, (n + sum(pads) - 1) // dilation + 1)))
    return n, kernel, draw(st.integers(1, 3)), dilation, pads


@st.composite
def layers(draw):
    """Draw a convolution of any rank, with everything that `ops.conv` takes."""
    rank = draw(st.integers(1, 3))
    mode = draw(st.sampled_from(list(TORCH_MODES)))
    axes = draw(st.lists(axis(mode), min_size=rank, max_size=rank))
    n, kernel, stride, dilation, pads = (tuple(part) for part in zip(*axes, strict=True))
    padding = pads
    form = draw(st.sampled_from(["pairs", "valid", "same", "one"]))
    if form == "valid" and all(
        d * (k - 1) < m for m, k, d in zip(n, kernel, dilation, strict=True)
    ):
        padding, pads = "valid", ((0, 0),) * rank
    elif form == "same" and mode in ("zero", "replicate"):
        padding, pads = "same", shapes.same_padding(n, kernel, stride, dilation)
    elif form == "one" and mode in ("zero", "replicate"):
        padding = draw(st.integers(2, 3))
        kernel = tuple(min(k, 3) for k in kernel)
        dilation = tuple(min(d, 2) for d in dilation)
        pads = ((padding, padding),) * rank
    groups, inner, outer = (draw(st.integers(1, 3)) for _ in range(3))
    batch = draw(st.sampled_from([(), (1,), (3,)]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return Layer(
        x=rng.standard_normal((*batch, groups * inner, *n)),
        weight=rng.standard_normal((groups * outer, inner, *kernel)),
        bias=rng.standard_normal(groups * outer) if draw(st.booleans()) else None,
        arguments={
            "stride": stride,
            "padding": padding,
            "dilation": dilation,
            "groups": groups,
            "padding_mode": mode,
        },
        pads=pads,
        rng=rng,
    )


def torch_conv(layer: Layer, x, weight, bias):
    """Give PyTorch's answer; it pads in a step of its own."""
    arguments = layer.arguments
    batched = x.reshape(-1, *x.shape[-layer.rank - 1 :])
    last_axis_first = [p for pair in reversed(layer.pads) for p in pair]
    padded = F.pad(batched, last_axis_first, TORCH_MODES[arguments["padding_mode"]])
    stride, dilation, groups = (arguments[k] for k in ("stride", "dilation", "groups"))
    out = CONV[layer.rank](padded, weight, bias, stride, 0, dilation, groups)
    return out.reshape(*x.shape[: -layer.rank - 1], *out.shape[1:])


@cases(1200)
@given(layers())
def test_conv_against_torch(layer):
    ours = ops.conv(layer.x, layer.weight, layer.bias, **layer.arguments)
    bias = None if layer.bias is None else torch.tensor(layer.bias)
    theirs = torch_conv(layer, torch.tensor(layer.x), torch.tensor(layer.weight), bias)
    assert_close(ours, theirs)


@cases(1200)
@given(layers())
def test_conv_backward_against_torch(layer):
    x, weight = (torch.tensor(a, requires_grad=True) for a in (layer.x, layer.weight))
    bias = torch.zeros(len(layer.weight), dtype=torch.float64, requires_grad=True)
    out = torch_conv(layer, x, weight, bias)
    grad = layer.rng.standard_normal(tuple(out.shape))
    theirs = torch.autograd.grad(out, (x, weight, bias), torch.tensor(grad))
    ours = ops.conv_backward(grad, layer.x, layer.weight, **layer.arguments)
    for our, their in zip(ours, theirs, strict=True):
        assert_close(our, their)


@cases(150)
@given(layers())
def test_conv_backward_against_finite_differences(layer):
    """Along random directions; `conv` is linear in each argument, so differences are exact."""
    arguments = layer.arguments
    bias = layer.rng.standard_normal(len(layer.weight))
    grad = layer.rng.standard_normal(ops.conv(layer.x, layer.weight, bias, **arguments).shape)
    gradients = ops.conv_backward(grad, layer.x, layer.weight, **arguments)
    inputs = [layer.x, layer.weight, bias]
    for i, gradient in enumerate(gradients):
        step = layer.rng.standard_normal(inputs[i].shape)
        up, down = list(inputs), list(inputs)
        up[i], down[i] = inputs[i] + step, inputs[i] - step
        change = ops.conv(*up, **arguments) - ops.conv(*down, **arguments)
        assert (gradient * step).sum() == pytest.approx((grad * change).sum() / 2, abs=1e-9)


@pytest.mark.parametrize("block_bytes", [1, 700, 5000])
def test_blocks_of_any_size_give_the_same(monkeypatch, block_bytes):
    """Images and rows are worked on in blocks: neither their number nor their seams may show."""
    rng = np.random.default_rng(0)
    x, weight = rng.standard_normal((5, 4, 9, 7)), rng.standard_normal((6, 2, 3, 2))
    arguments = {"stride": (2, 1), "padding": ((1, 2), 0), "groups": 2}
    grad = rng.standard_normal(ops.conv(x, weight, **arguments).shape)

    def results():
        return (
            ops.conv(x, weight, **arguments),
            *ops.conv_backward(grad, x, weight, **arguments),
            ops.conv_transpose(grad, weight, stride=(2, 1), padding=((1, 2), 0), groups=2),
        )

    whole = results()
    monkeypatch.setattr("cnnviz.ops._windows.BLOCK_BYTES", block_bytes)
    for one, other in zip(results(), whole, strict=True):
        assert_close(one, other)


def readable_conv(layer):
    """Pad, look at every window, multiply and add up: nothing is done for speed."""
    stride, dilation, groups = (layer.arguments[k] for k in ("stride", "dilation", "groups"))
    x = layer.x.reshape(-1, *layer.x.shape[-layer.rank - 1 :])
    mode = PADDING_MODES[layer.arguments["padding_mode"]]
    padded = np.pad(x, ((0, 0), (0, 0), *layer.pads), mode)
    span = [d * (k - 1) + 1 for k, d in zip(layer.weight.shape[2:], dilation, strict=True)]
    windows = np.lib.stride_tricks.sliding_window_view(padded, span, tuple(range(2, x.ndim)))
    steps = [slice(None, None, s) for s in (*stride, *dilation)]
    windows = windows[(slice(None), slice(None), *steps)]
    out = []
    for kernels, channels in zip(
        np.split(layer.weight, groups), np.split(windows, groups, axis=1), strict=True
    ):
        taps = range(-layer.rank, 0)
        axes = ((1, *taps), (1, *taps))
        out.append(np.moveaxis(np.tensordot(channels, kernels, axes), -1, 1))
    out = np.concatenate(out, axis=1)
    if layer.bias is not None:
        out = out + layer.bias.reshape(-1, *(1 for _ in span))
    return out.reshape(*layer.x.shape[: -layer.rank - 1], *out.shape[1:])


def readable_spread(grad, weight, g, groups):
    """Let every number of the gradient add its kernel, times itself, to its window."""
    out = np.zeros((len(grad), weight.shape[1] * groups, *g.size), grad.dtype)
    for group, (kernels, grads) in enumerate(
        zip(np.split(weight, groups), np.split(grad, groups, axis=1), strict=True)
    ):
        channels = slice(group * weight.shape[1], (group + 1) * weight.shape[1])
        for o in np.ndindex(*g.output):
            window = tuple(
                slice(i * s, i * s + d * (k - 1) + 1, d)
                for i, s, d, k in zip(o, g.stride, g.dilation, g.kernel, strict=True)
            )
            stamp = np.tensordot(grads[(slice(None), slice(None), *o)], kernels, 1)
            out[(slice(None), channels, *window)] += stamp
    inner = (slice(b, n - a) for n, (b, a) in zip(g.size, g.padding, strict=True))
    return out[(slice(None), slice(None), *inner)]


WAYS = st.tuples(st.sampled_from([1, 24, 10**9]), st.sampled_from([1, 300, 2000, 1 << 20]))


@contextmanager
def way(deep, block_bytes):
    """Take kernels row by row from this depth on, in blocks of this size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cnnviz.ops._windows.DEEP", deep)
        patch.setattr("cnnviz.ops._windows.BLOCK_BYTES", block_bytes)
        yield


@cases(600)
@given(layers(), WAYS)
def test_every_way_to_convolve_is_the_readable_one(layer, chosen):
    with way(*chosen):
        ours = ops.conv(layer.x, layer.weight, layer.bias, **layer.arguments)
    assert_close(ours, readable_conv(layer))


@cases(400)
@given(layers(), WAYS)
def test_the_weights_gradient_is_the_same_in_every_way(layer, chosen):
    grad = layer.rng.standard_normal(ops.conv(layer.x, layer.weight, **layer.arguments).shape)
    with way(10**9, 1 << 20):
        one = ops.conv_backward(grad, layer.x, layer.weight, **layer.arguments)
    with way(*chosen):
        other = ops.conv_backward(grad, layer.x, layer.weight, **layer.arguments)
    for ours, theirs in zip(other, one, strict=True):
        assert_close(ours, theirs)


@st.composite
def spreads(draw):
    """Draw what `_spread` gets: whole numbers, so that every order of a sum gives the same."""
    rank = draw(st.integers(1, 3))
    per_axis = st.lists(st.integers(1, 4), min_size=rank, max_size=rank).map(tuple)
    n, kernel, dilation = (draw(per_axis) for _ in range(3))
    extra = tuple(draw(st.integers(0, d - 1)) for d in dilation)
    full = shapes.conv_transpose_output_size(n, kernel, 1, 0, extra, dilation)
    pads = []
    for m in full:
        before = draw(st.integers(0, m - 1))
        pads.append((before, draw(st.integers(0, m - 1 - before))))
    g = shapes.transpose_geometry(n, kernel, 1, tuple(pads), extra, dilation)
    groups, inner, outer, images = (draw(st.integers(1, 3)) for _ in range(4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    grad = rng.integers(-9, 10, (images, groups * inner, *n)).astype(float)
    return grad, rng.integers(-9, 10, (groups * inner, outer, *kernel)).astype(float), g, groups


@cases(600)
@given(spreads(), WAYS, st.sampled_from([np.nan, np.inf, 2.0]))
def test_by_pixel_and_by_output_the_sums_are_the_readable_ones(spread, chosen, odd):
    grad, weight, g, groups = spread
    grad.flat[len(grad.flat) // 2] = odd
    with way(*chosen), np.errstate(invalid="ignore"):
        theirs = readable_spread(grad, weight, g, groups)
        for ours in (convolution._spread_by_pixel, convolution._spread_by_output):
            np.testing.assert_array_equal(ours(grad, weight, g, groups), theirs)


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_an_infinite_weight_stays_within_the_windows_that_it_meets(odd):
    """By pixel it would meet the zeros around the gradient, and 0 · ∞ is NaN."""
    weight = np.ones((1, 1, 3, 3))
    weight[0, 0, 0, 0] = odd
    dx, _, _ = ops.conv_backward(np.ones((1, 4, 4)), np.ones((1, 6, 6)), weight)
    assert not np.isfinite(dx[0, :4, :4]).any()
    assert np.isfinite(dx[0, 4:]).all()
    assert np.isfinite(dx[0, :, 4:]).all()


@pytest.mark.parametrize(
    ("x_shape", "weight_shape", "padding"),
    [((4, 1, 20, 20), (6, 1, 5, 5), 0), ((4, 16, 14, 14), (32, 16, 3, 3), 1)],
)
def test_float32_is_as_close_as_pytorchs(x_shape, weight_shape, padding):
    """Sums in another order: both are held to float64."""
    rng = np.random.default_rng(3)
    x, weight = (rng.standard_normal(s).astype(np.float32) for s in (x_shape, weight_shape))
    grad = rng.standard_normal(ops.conv(x, weight, padding=padding).shape).astype(np.float32)
    ours = (
        ops.conv(x, weight, padding=padding),
        *ops.conv_backward(grad, x, weight, padding=padding),
    )
    x, weight, grad = (a.astype(np.float64) for a in (x, weight, grad))
    true = (
        ops.conv(x, weight, padding=padding),
        *ops.conv_backward(grad, x, weight, padding=padding),
    )
    for one, other in zip(ours, true, strict=True):
        assert one.dtype == np.float32
        assert_close(one, other.astype(np.float32), 2e-6)


def test_rows_are_copied_in_one_piece_from_any_view():
    x = np.arange(120.0).reshape(4, 5, 6)
    for view in (x, x[1:, ::2, 1:], x[..., ::-1], x.T, x[..., :1], x[:, ::-1], x[..., ::2]):
        to = np.empty(view.size)
        copy = _windows.copied(view, to)
        np.testing.assert_array_equal(copy, view)
        assert copy.flags.c_contiguous
        assert np.shares_memory(copy, to) or view is copy


def test_windows_beyond_an_array_are_an_error():
    g = shapes.geometry((6, 6), 3)
    assert _windows.windows_of(np.zeros((1, 1, 6, 6)), g).shape == (1, 1, 4, 4, 3, 3)
    with pytest.raises(IndexError, match="must lie in an array of shape"):
        _windows.windows_of(np.zeros((1, 1, 6, 5)), g)


@st.composite
def transposed_layers(draw):
    rank = draw(st.integers(1, 3))
    per_axis = st.lists(st.integers(1, 4), min_size=rank, max_size=rank).map(tuple)
    n, kernel, stride, dilation = (draw(per_axis) for _ in range(4))
    extra = tuple(
        draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation, strict=True)
    )
    full = shapes.conv_transpose_output_size(n, kernel, stride, 0, extra, dilation)
    padding = tuple(draw(st.integers(0, min(3, (m - 1) // 2))) for m in full)
    groups, inner, outer = (draw(st.integers(1, 3)) for _ in range(3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    batch = draw(st.sampled_from([(), (1,), (3,)]))
    x = rng.standard_normal((*batch, groups * inner, *n))
    weight = rng.standard_normal((groups * inner, outer, *kernel))
    bias = rng.standard_normal(groups * outer) if draw(st.booleans()) else None
    return x, weight, bias, stride, padding, extra, dilation, groups


@cases(600)
@given(transposed_layers())
def test_conv_transpose_against_torch(layer):
    x, weight, bias, stride, padding, extra, dilation, groups = layer
    ours = ops.conv_transpose(x, weight, bias, stride, padding, extra, dilation, groups)
    theirs = CONV_TRANSPOSE[weight.ndim - 2](
        torch.tensor(x),
        torch.tensor(weight),
        None if bias is None else torch.tensor(bias),
        stride,
        padding,
        extra,
        groups,
        dilation,
    )
    assert_close(ours, theirs)


@cases(300)
@given(transposed_layers(), st.data())
def test_a_transposed_convolution_of_a_wanted_size_is_pytorchs(layer, data):
    x, weight, _, stride, padding, _, dilation, groups = layer
    rank = weight.ndim - 2
    whole = shapes.conv_transpose_output_size(
        x.shape[-rank:], weight.shape[2:], stride, 0, 0, dilation
    )
    smallest = [n - 2 * p for n, p in zip(whole, padding, strict=True)]
    assume(all(n + s > 1 for n, s in zip(smallest, stride, strict=True)))
    wanted = tuple(
        data.draw(st.integers(max(n, 1), n + s - 1)) for n, s in zip(smallest, stride, strict=True)
    )
    arguments = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    module = (torch.nn.ConvTranspose1d, torch.nn.ConvTranspose2d, torch.nn.ConvTranspose3d)[
        rank - 1
    ]
    net = module(
        x.shape[-rank - 1], weight.shape[1] * groups, weight.shape[2:], bias=False, **arguments
    )
    net.weight.data = torch.tensor(weight)
    ours = ops.conv_transpose(x, weight, **arguments, output_size=wanted)
    assert ours.shape[-rank:] == wanted
    assert_close(ours, net(torch.tensor(x), output_size=list(wanted)))


def test_conv_transpose_cuts_each_side_by_its_own_padding():
    rng = np.random.default_rng(1)
    x, weight = rng.standard_normal((2, 4, 5)), rng.standard_normal((2, 3, 3, 3))
    whole = ops.conv_transpose(x, weight, stride=2)
    cut = ops.conv_transpose(x, weight, stride=2, padding=((0, 2), 1))
    np.testing.assert_array_equal(cut, whole[:, :-2, 1:-1])


def python_conv(x, weight, stride, dilation):
    """Convolve nested loops of Python's own integers, ``(C, H, W)`` with ``(K, C, kh, kw)``."""
    channels, height, width = x.shape
    kernels, _, kh, kw = weight.shape
    rows = range(0, height - dilation * (kh - 1), stride)
    columns = range(0, width - dilation * (kw - 1), stride)
    taps = list(itertools.product(range(channels), range(kh), range(kw)))
    return [
        [
            [
                sum(
                    int(x[c, r + dilation * i, q + dilation * j]) * int(weight[k, c, i, j])
                    for c, i, j in taps
                )
                for q in columns
            ]
            for r in rows
        ]
        for k in range(kernels)
    ]


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int32, np.int64, np.uint64, bool])
def test_integers_are_exact(dtype):
    rng = np.random.default_rng(5)
    x = rng.integers(0, 2 if dtype is bool else 120, (2, 7, 8)).astype(dtype)
    weight = rng.integers(-9, 10, (3, 2, 3, 2)) * 10**14 + 1  # beyond what float64 holds
    for stride, dilation in [(1, 1), (2, 1), (1, 2)]:
        ours = ops.conv(x, weight, stride=stride, dilation=dilation)
        assert ours.dtype == np.int64
        assert ours.tolist() == python_conv(x, weight, stride, dilation)
    grad = rng.integers(-9, 10, ops.conv(x, weight).shape)
    for ours in ops.conv_backward(grad, x, weight, padding=0):
        assert ours.dtype == np.int64


def test_integer_gradients_are_exact():
    rng = np.random.default_rng(6)
    x, weight = rng.integers(-9, 10, (2, 6, 7)), rng.integers(-9, 10, (3, 2, 3, 2))
    grad = rng.integers(-9, 10, ops.conv(x, weight, padding=2, padding_mode="reflect").shape)
    arguments = {"padding": 2, "padding_mode": "reflect"}
    integers = ops.conv_backward(grad, x, weight, **arguments)
    floats = ops.conv_backward(*(a.astype(float) for a in (grad, x, weight)), **arguments)
    for ours, theirs in zip(integers, floats, strict=True):
        assert ours.tolist() == theirs.tolist()  # small enough that float64 is exact, too


def test_sums_that_may_leave_int64_are_refused():
    with pytest.raises(ValueError, match="x must be so small that sums stay exact in int64"):
        ops.conv(np.full((1, 4), 2**40), np.full((1, 1, 2), 2**40))
    with pytest.raises(ValueError, match="x must be so small"):
        ops.conv([[2**62]], [[[1]]], bias=[2**62])
    with pytest.raises(ValueError, match="grad must be so small"):
        ops.conv_backward([[2**40]], [[2**40]], [[[1]]])
    with pytest.raises(ValueError, match="image must hold numbers that fit in int64"):
        ops.correlate(np.array([2**63], np.uint64), [1])


def test_arrays_in_any_order_of_memory():
    rng = np.random.default_rng(8)
    x = rng.standard_normal((6, 5, 2, 3)).T  # (3, 2, 5, 6), the first axis fastest
    weight = rng.standard_normal((3, 3, 2, 4)).T[:, :, ::-1]
    contiguous = np.ascontiguousarray(x), np.ascontiguousarray(weight)
    out = ops.conv(x, weight)
    assert_close(out, ops.conv(*contiguous))
    grad = np.asfortranarray(rng.standard_normal(out.shape))
    for one, other in zip(
        ops.conv_backward(grad, x, weight), ops.conv_backward(grad, *contiguous), strict=True
    ):
        assert_close(one, other)


# ── Bad input ────────────────────────────────────────────────────────────────────────────────────

X, W = np.ones((2, 4, 6, 6)), np.ones((4, 4, 3, 3))
NAN = float("nan")
BAD = [  # what is called, the error, and what its message must say
    (
        lambda: ops.conv(np.ones((6, 6)), W),
        ValueError,
        r"x must have 3 or 4 axes .* got .*\(6, 6\)",
    ),
    (lambda: ops.conv(X[None], W), ValueError, "x must have 3 or 4 axes"),
    (lambda: ops.conv(X, np.ones((3, 3))), ValueError, r"weight must have .* got shape \(3, 3\)"),
    (lambda: ops.conv(X, np.ones((4,) * 6)), ValueError, "weight must have .* got shape"),
    (lambda: ops.conv(X, W[:, :3]), ValueError, "weight must have 4 channels per kernel .* got"),
    (lambda: ops.conv(X, W, groups=2), ValueError, "weight must have 2 channels per kernel"),
    (lambda: ops.conv(X, W, groups=3), ValueError, r"groups must divide .* x \(4\), got 3"),
    (lambda: ops.conv(X, W[:3, :2], groups=2), ValueError, r"groups .* weight \(3\), got 2"),
    (lambda: ops.conv(X, W, groups=0), ValueError, "groups must be .* at least 1, got 0"),
    (lambda: ops.conv(X, W, groups=True), TypeError, "groups must be .* got True"),
    (lambda: ops.conv(X, W, groups=(1, 1)), TypeError, r"groups must be .* got \(1, 1\)"),
    (lambda: ops.conv(X, W, bias=np.ones(3)), ValueError, r"bias must have shape \(4,\), got"),
    (lambda: ops.conv(X, np.ones((1, 4, 7, 3))), ValueError, "weight must fit .* 7 of only 6"),
    (lambda: ops.conv(X, W, dilation=3), ValueError, "weight must fit .* 7 of only 6"),
    (lambda: ops.conv(X, W, stride=0), ValueError, "stride must be .* at least 1.* got 0"),
    (lambda: ops.conv(X, W, stride=(1, 2, 3)), ValueError, "stride must .* got 3 numbers"),
    (lambda: ops.conv(X, W, stride=1.5), TypeError, "stride must be .* got 1.5"),
    (lambda: ops.conv(X, W, dilation=0), ValueError, "dilation must be .* got 0"),
    (lambda: ops.conv(X, W, dilation=NAN), TypeError, "dilation must be .* got nan"),
    (lambda: ops.conv(X, W, padding=-1), ValueError, "padding must be .* got -1"),
    (lambda: ops.conv(X, W, padding="full"), ValueError, '"valid", "same".* got .full'),
    (lambda: ops.conv(X, W, padding=NAN), TypeError, "padding must be .* got nan"),
    (lambda: ops.conv(X, W, padding_mode="mirror"), ValueError, "padding_mode .*'reflect'.* 'mir"),
    (lambda: ops.conv(X, W, padding_mode=None), ValueError, "padding_mode must be .* got None"),
    (lambda: ops.conv(X, W, padding=6, padding_mode="reflect"), ValueError, "padding .* most 5"),
    (lambda: ops.conv(X, W, padding=7, padding_mode="circular"), ValueError, "padding .* most 6"),
    (lambda: ops.conv(X[:0], W), ValueError, r"x must hold at least one .* got shape \(0, 4"),
    (lambda: ops.conv(X, W[:, :, :0]), ValueError, "weight must hold at least one"),
    (lambda: ops.conv(np.full(X.shape, None), W), TypeError, "x must "),
    (lambda: ops.conv(X, W.astype(complex)), TypeError, "weight must hold real .* complex128"),
    (lambda: ops.conv(X, W, bias=["a"] * 4), TypeError, "bias must hold real numbers"),
    (lambda: ops.conv([[1, 2], [3]], W), ValueError, "x must be an array, got rows of different"),
    (lambda: ops.conv(None, W), TypeError, "x must hold real numbers, got NoneType"),
    (lambda: ops.conv_backward(X, X, W), ValueError, r"grad must have shape \(2, 4, 4, 4\), got"),
    (lambda: ops.conv_backward(X, X, W, stride=0), ValueError, "stride must be .* got 0"),
    (lambda: ops.conv_transpose(X, W[:3]), ValueError, r"weight must .* x \(4\), got shape \(3"),
    (lambda: ops.conv_transpose(X, W, groups=3), ValueError, "groups must divide"),
    (lambda: ops.conv_transpose(X, W, output_padding=1), ValueError, "output_padding must be less"),
    (lambda: ops.conv_transpose(X, W, padding=4), ValueError, "padding must cut off less"),
    (lambda: ops.conv_transpose(X, W, padding="same"), ValueError, "padding must be .* 'same'"),
    (
        lambda: ops.conv_transpose(X, W, stride=2, output_size=20),
        ValueError,
        "output_size must be from 13 to 14 on axis 0, got 20",
    ),
    (
        lambda: ops.conv_transpose(X, W, stride=2, output_padding=1, output_size=14),
        ValueError,
        "output_padding must be 0 beside output_size, which says it, got 1",
    ),
    (
        lambda: ops.conv(np.ones((6, 7, 4)), W),
        ValueError,
        r"got shape \(4, 4, 3, 3\): move the channels of x .* np.moveaxis\(x, -1, -3\)",
    ),
    (lambda: ops.conv_transpose(X, W, bias=[1]), ValueError, r"bias must have shape \(4,\)"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


# ── Memory ───────────────────────────────────────────────────────────────────────────────────────

SMALL, KERNEL = np.ones((1, 6, 6)), np.ones((1, 1, 3, 3))


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: ops.conv(SMALL, KERNEL, padding=30000), "padding"),
        (lambda: ops.conv(SMALL, KERNEL, padding=30000, padding_mode="replicate"), "padding"),
        (lambda: ops.conv(SMALL, KERNEL, padding=10**15, dilation=10**15), "padding"),
        (lambda: ops.correlate(SMALL[0], KERNEL[0, 0], padding=((0, 10**10), 0)), "padding"),
        (lambda: ops.conv_backward(SMALL, SMALL, KERNEL, padding=30000), "grad must have shape"),
        (lambda: ops.conv_transpose(SMALL, KERNEL, stride=10**4), "stride"),
        (lambda: ops.conv_transpose(SMALL, KERNEL, dilation=20000), "dilation"),
        (lambda: ops.conv_transpose(SMALL, KERNEL, stride=10**4, padding=20000), "stride"),
        (lambda: ops.pool(SMALL, 3, 1, 30000), "padding"),
        (lambda: ops.conv(np.ones((1, 2**16)), np.ones((2**16, 1, 1))), "weight"),
        (lambda: ops.conv(np.ones((2**13, 1, 1, 1)), np.ones((2**17, 1, 1, 1))), "weight"),
        (lambda: ops.conv(np.ones((1, 1, 60000)), np.ones((1, 1, 1, 30000))), "weight"),
        (lambda: ops.relu(np.broadcast_to(1.0, (10**6, 10**6))), "x"),
        (lambda: ops.softmax(np.broadcast_to(1, (10**5, 10**5))), "x"),
        (lambda: ops.cross_entropy(np.broadcast_to(1.0, (10**6, 10**4)), [0]), "logits"),
    ],
)
def test_what_memory_does_not_hold_is_refused_before_it_is_made(call, name):
    with pytest.raises(ValueError, match=rf"^{name}") as refused:
        call()
    assert "GiB" in str(refused.value) or name.startswith("grad")
