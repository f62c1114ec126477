"""Chains of layers against torch's modules, and the text that carries them."""

import math
import random
import time
import urllib.parse

import chain_cases
import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnnviz import chain, ops, shapes

CASES = chain_cases.cases()
CONV = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
CONV_TRANSPOSE = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
POOL = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)


class Pad(nn.Module):
    """Zeros in front of and behind each axis; negative numbers cut."""

    def __init__(self, pads):
        super().__init__()
        self.pads = [side for pair in reversed(pads) for side in pair]

    def forward(self, x):
        return nn.functional.pad(x, self.pads)


def pads_of(layer, n):
    """Padding per axis, (before, after), from TensorFlow's rule or from what the layer says."""
    rank = len(n)
    axes = lambda value: value if isinstance(value, list) else [value] * rank  # noqa: E731
    padding = layer.get("padding", 0)
    kernel = axes(layer.get("kernel", 2))
    default = kernel if layer["kind"] == "pool" else 1
    stride, dilation = axes(layer.get("stride", default)), axes(layer.get("dilation", 1))
    if padding == "same":
        total = [
            max((math.ceil(m / s) - 1) * s + d * (k - 1) + 1 - m, 0)
            for m, k, s, d in zip(n, kernel, stride, dilation, strict=True)
        ]
        return [(t // 2, t - t // 2) for t in total]
    if padding == "valid":
        return [(0, 0)] * rank
    if rank == 1 and isinstance(padding, list) and len(padding) == 2:
        return [tuple(padding)]
    return [(p, p) if isinstance(p, int) else tuple(p) for p in axes(padding)]


def modules(layer, shape):
    """One layer as torch modules, all padding done by hand."""
    kind, bias = layer["kind"], layer.get("bias", True)
    if kind == "flatten":
        return [nn.Flatten()]
    if kind == "linear":
        return [nn.Linear(shape[0], layer["units"], bias=bias)]
    channels, *n = shape
    rank, pads = len(n), pads_of(layer, n)
    if kind == "pool":
        return [Pad(pads), POOL[rank - 1](layer.get("kernel", 2), layer.get("stride"))]
    options = {name: layer.get(name, 1) for name in ("stride", "dilation", "groups")}
    sizes = (channels, layer["channels"], layer["kernel"])
    if kind == "conv":
        return [Pad(pads), CONV[rank - 1](*sizes, **options, bias=bias)]
    extra = layer.get("output_padding", 0)
    full = CONV_TRANSPOSE[rank - 1](*sizes, **options, bias=bias, output_padding=extra)
    return [full, Pad([(-before, -after) for before, after in pads])]


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_sizes_parameters_and_multiply_adds_are_those_of_torch(case):
    """The multiply–adds are counted twice: by hooks on the modules, and by torch's own counter."""
    shape = tuple(case["input_shape"])
    x = torch.empty(1, *shape, device="meta")
    hooked = []
    for layer, row in zip(case["layers"], case["rows"], strict=True):
        if row["error"]:
            break
        with torch.device("meta"):
            net = nn.Sequential(*modules(layer, shape))
        hooked.clear()
        for module in net:
            if isinstance(module, CONV + CONV_TRANSPOSE + (nn.Linear,)):

                def count(module, args, y):
                    transposed = isinstance(module, CONV_TRANSPOSE)
                    each = args[0] if transposed else y  # a product for each of these and …
                    hooked.append(each.numel() * module.weight[0].numel())

                module.register_forward_hook(count)
        with FlopCounterMode(display=False) as flops:
            x = net(x)
        shape = tuple(x.shape[1:])
        assert row["size"] == shape
        assert row["parameters"] == sum(p.numel() for p in net.parameters())
        assert row["multiply_adds"] == sum(hooked)
        assert 2 * row["multiply_adds"] == flops.get_total_flops()


def sized(layer, shape):
    y = nn.Sequential(*modules(layer, shape))(torch.empty(1, *shape))
    if not y.numel():
        raise ValueError("torch lets a transposed convolution cut off everything")


def test_the_cases_try_everything():
    fitting = [
        (layer, row)
        for case in CASES
        for layer, row in zip(case["layers"], case["rows"], strict=True)
        if not row["error"]
    ]
    kinds = [layer["kind"] for layer, _ in fitting]
    assert all(kinds.count(kind) >= 30 for kind in chain.KINDS), kinds
    assert sum(layer.get("groups", 1) > 1 for layer, _ in fitting) > 100
    assert sum("depthwise" in row["layer"] for _, row in fitting) > 30
    assert {len(row["size"]) for _, row in fitting} == {1, 2, 3, 4}
    assert sum(any(row["error"] for row in case["rows"]) for case in CASES) > 100


@pytest.mark.parametrize("case", CASES[:250], ids=range(250))
def test_a_layer_that_does_not_fit_is_refused_by_torch_too(case):
    bad = next((i for i, row in enumerate(case["rows"]) if row["error"]), None)
    if bad is None or case["layers"][bad]["kind"] in ("flatten", "linear"):
        return
    shape = case["rows"][bad - 1]["size"] if bad else tuple(case["input_shape"])
    layer = case["layers"][bad]
    if len(shape) == 1:
        assert "in a row" in case["rows"][bad]["error"]
        return
    if layer["kind"] == "pool" and "half" in case["rows"][bad]["error"]:
        return  # torch pads by itself no more than half a kernel; here it is padded by hand
    with pytest.raises((RuntimeError, ValueError)):
        sized(layer, shape)


def field_by_gradients(layers, n):
    """The largest span, over outputs in the middle, of inputs that have a gradient."""
    x = torch.ones(1, 1, n, dtype=torch.float64, requires_grad=True)
    y = x
    for layer in layers:
        one = torch.ones(1, 1, layer["kernel"], dtype=torch.float64)
        options = {k: layer.get(k, 1) for k in ("stride", "dilation")}
        function = nn.functional.conv1d
        if layer["kind"] == "conv_transpose":
            function = nn.functional.conv_transpose1d
            options["output_padding"] = layer.get("output_padding", 0)
        y = function(y, one, padding=layer.get("padding", 0), **options)
    middle = y.shape[-1] // 2
    spans = []
    for i in range(middle - 12, middle + 12):
        (g,) = torch.autograd.grad(y[0, 0, i], x, retain_graph=True)
        seen = g[0, 0].nonzero().flatten()
        if len(seen):
            assert seen[0] > 0
            assert seen[-1] < n - 1
            spans.append(int(seen[-1] - seen[0]) + 1)
    return max(spans)


@pytest.mark.parametrize("seed", range(40))
def test_the_receptive_field_is_where_gradients_come_from(seed):
    """Transposed layers included; without holes (dilation, strides over the kernel) it is exact."""
    rng = chain_cases.random.Random(seed)
    layers = []
    for _ in range(rng.randint(1, 4)):
        stride = rng.choice([1, 1, 2, 3])
        kind = rng.choice(["conv", "conv_transpose"])
        kernel = stride + rng.randint(0, 3)
        layers.append({"kind": kind, "channels": 1, "kernel": kernel, "stride": stride})
        layers[-1]["padding"] = rng.randint(0, 1) if kernel > 1 else 0
    row = chain.rows(layers, (1, 2000))[-1]
    assert row["receptive_field"] == (field_by_gradients(layers, 2000),)


def test_jumps_may_be_fractions():
    up = {"kind": "conv_transpose", "channels": 1, "kernel": 3, "stride": 3}
    assert chain.rows([up], (1, 5))[0]["jump"] == (1 / 3,)
    down = {"kind": "conv", "channels": 1, "kernel": 3, "stride": 3}
    assert chain.rows([up, down], (1, 5))[1]["jump"] == (1,)


def test_the_presets_are_what_their_names_say():
    answers = {}
    for name, text in chain.PRESETS.items():
        layers, shape = chain.from_link(text)
        assert chain.link(layers, shape) == f"#layers={text}"
        rows = chain.rows(layers, shape)
        assert not any(row["error"] for row in rows), name
        answers[name] = rows
    # LeCun et al. (1998), with every map of C3 connected; Krizhevsky et al. (2012).
    assert sum(row["parameters"] for row in answers["LeNet-5"]) == 61_706
    alexnet = answers["AlexNet's features"]
    assert alexnet[-1]["size"] == (256, 6, 6)
    assert alexnet[-1]["receptive_field"] == (195, 195)
    assert answers["down and up again"][-1]["size"] == (1, 28, 28)


@pytest.mark.parametrize("case", CASES[:200], ids=range(200))
def test_links_carry_the_chain(case):
    layers, shape = chain.from_link(case["link"])
    assert shape == tuple(case["input_shape"])
    assert chain.rows(layers, shape) == case["rows"]
    assert chain.link(layers, shape) == case["link"]
    address = "https://example.org/a.html?x=1;2" + case["link"]
    assert chain.from_link(address) == (layers, shape)


def test_links_stand_in_an_address_as_they_are():
    for case in CASES:
        text = case["link"].removeprefix("#")
        # What RFC 3986 lets stand in a fragment.
        assert urllib.parse.quote(text, safe="!$&'()*+,;=:@/?") == text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "begin with the input's shape"),
        ("#layers=", "begin with the input's shape"),
        ("3x32x32;convolution:c3", "kind of layer 1"),
        ("3x32x32;conv:c3,k", "'k' of 'conv:c3,k'"),
        ("3x32x32;conv:c3,k3,k5", "'k5'"),
        ("3x32x32;conv:c3,k3,z5", "'z5'"),
        ("3x32x32;conv:c3,k3,b2", "'b2'"),
        ("3x32x32;conv:c3", "layer 1, conv, needs a number of kernel"),
        ("3x32x32;conv:c0,k3", "channels of layer 1"),
        ("3x32x32;pool:k2,d3", "no parameter 'dilation'"),
        ("0x32", "input_shape"),
        ("3x32x32;;flatten", "kind of layer 1"),
        ("3x32x32;conv:c3,k-3", "k-3"),
        ("3x32x32;conv:c3,k９", "k９"),
        ("3x32x32;conv:c3x4,k3", "channels of layer 1"),
        ("3x32x32;conv:c3,ksame", "kernel of layer 1"),
        ("3x32x32" + ";flatten" * 201, "at most 200 of them; got more"),
    ],
)
def test_a_broken_link_is_refused_with_the_part_that_is_broken(text, says):
    with pytest.raises((ValueError, TypeError), match=says):
        chain.from_link(text)


@pytest.mark.parametrize(
    ("layers", "error", "says"),
    [
        ("conv", TypeError, "layers must be a list of dicts"),
        ({"kind": "flatten"}, TypeError, "layers must be a list of dicts"),
        (3, TypeError, "layers must be a list"),
        (["flatten"], TypeError, "layer 1 must be a dict"),
        ([{}], ValueError, "kind of layer 1"),
        ([{"kind": ["conv"]}], ValueError, "kind of layer 1"),
        (
            [{"kind": "flatten"}, {"kind": "relu"}],
            ValueError,
            "kind of layer 2 must be one of conv",
        ),
        ([{"kind": "conv", "kernel": 3}], ValueError, "needs a number of channels"),
        ([{"kind": "conv", "channels": 3, "kernal": 3}], ValueError, "did you mean 'kernel'"),
        ([{"kind": "flatten", "zzz": 3}], ValueError, "it has none"),
        ([{"kind": "pool", "kernel": np.float64(2)}], TypeError, "kernel of layer 1"),
        ([{"kind": "pool", "kernel": 0}], ValueError, "kernel of layer 1 must be a whole number"),
        ([{"kind": "pool", "kernel": 2.0}], TypeError, "kernel of layer 1"),
        ([{"kind": "pool", "kernel": []}], ValueError, "kernel of layer 1"),
        ([{"kind": "pool", "kernel": [2, 2, 2, 2]}], ValueError, "kernel of layer 1"),
        ([{"kind": "pool", "padding": "full"}], ValueError, "padding of layer 1"),
        ([{"kind": "pool", "padding": -1}], ValueError, "padding of layer 1"),
        ([{"kind": "linear", "units": True}], TypeError, "units of layer 1"),
        ([{"kind": "linear", "units": 10**7}], ValueError, "at most 1000000, got 10000000"),
        ([{"kind": "linear", "units": 3, "bias": 1}], TypeError, "bias of layer 1"),
        ([{"kind": "conv", "channels": 4, "kernel": "3"}], TypeError, "kernel of layer 1"),
    ],
)
def test_nonsense_is_refused_with_the_layer_and_the_parameter(layers, error, says):
    with pytest.raises(error, match=says):
        chain.check_layers(layers)


@pytest.mark.parametrize(
    "shape", [(), (1, 2, 3, 4, 5), (0,), (3, 2.0), "3x3", 7, (True, 3), (10**7,)]
)
def test_bad_input_shapes_are_refused(shape):
    with pytest.raises((ValueError, TypeError), match="input_shape"):
        chain.check_input_shape(shape)


def test_numpys_numbers_are_numbers():
    layers = chain.check_layers([{"kind": "pool", "kernel": np.array([2, 3]).tolist()}])
    given = chain.check_layers([{"kind": "pool", "kernel": tuple(np.array([2, 3]))}])
    assert given == layers == [{"kind": "pool", "kernel": [2, 3]}]
    assert type(given[0]["kernel"][0]) is int


@pytest.mark.parametrize(
    ("layer", "shape", "says"),
    [
        ({"kind": "conv", "channels": 4, "kernel": 7}, (1, 5, 5), "spans 7 of only 5"),
        ({"kind": "conv", "channels": 4, "kernel": [3, 3]}, (1, 5), "here 1"),
        (
            {"kind": "conv", "channels": 4, "kernel": 3, "groups": 3},
            (6, 9),
            "6 in and 4 out; got 3",
        ),
        ({"kind": "conv", "channels": 4, "kernel": 3}, (6,), "6 numbers in a row"),
        ({"kind": "pool", "padding": 2}, (6, 9), "⌊2/2⌋ = 1, got 2"),
        ({"kind": "linear", "units": 4}, (6, 9), "6 × 9: put a flatten before it"),
        (
            {"kind": "conv_transpose", "channels": 1, "kernel": 3, "output_padding": 1},
            (1, 9),
            "output_padding",
        ),
        ({"kind": "conv_transpose", "channels": 1, "kernel": 1, "padding": 1}, (1, 2), "cut off"),
        (
            {"kind": "conv", "channels": 10**6, "kernel": 1},
            (10**6, 10**6, 10**6),
            "too large to be counted",
        ),
    ],
)
def test_what_does_not_fit_is_explained_and_holds_up_the_rest(layer, shape, says):
    first, second = chain.rows([layer, {"kind": "flatten"}], shape)
    assert says in first["error"]
    assert second["error"] == "waits for layer 1"
    assert first["size"] is second["size"] is first["parameters"] is None


def test_pooling_is_what_ops_does():
    """`ops.pool` fits where the row fits, and gives the row's size."""
    for case in CASES[:120]:
        shape = tuple(case["input_shape"])
        for layer, row in zip(case["layers"], case["rows"], strict=True):
            if row["size"] is None:
                break
            if layer["kind"] == "pool":
                options = {k: layer[k] for k in ("stride", "padding") if k in layer}
                kernel = layer.get("kernel", 2)
                kernel = kernel if isinstance(kernel, list) else [kernel] * (len(shape) - 1)
                assert ops.pool(np.zeros(shape), kernel, **options).shape == row["size"]
            shape = row["size"]


# ── Long chains ──────────────────────────────────────────────────────────────────────────────────

UP_AND_DOWN = ";conv_transpose:c1,k2,s2;conv:c1,k2,s2"


def seconds(text):
    """Return what processor time a link's rows take, the best of three."""
    layers, input_shape = chain.from_link(text)
    times = []
    for _ in range(3):
        start = time.process_time()
        rows = chain.rows(layers, input_shape)
        times.append(time.process_time() - start)
    assert rows[-1]["error"] is None
    return min(times)


def test_a_long_chain_takes_time_by_its_length():
    """Up and down a hundred times; also where the pattern of what outputs see stays long."""
    short, long = (seconds("#layers=1x8x8x8" + UP_AND_DOWN * n) for n in (25, 100))
    assert long < 10 * short
    uneven = ";conv_transpose:c1,k3,s3;conv:c1,k3,s2,p1"
    assert seconds("#layers=1x3x3x3" + uneven * 7 + ";conv:c1,k3,p1" * 180) < 100 * short


def walked_back(layers, outputs):
    """Return the largest field of the last layer's outputs, each walked back by itself."""
    most = 0
    for position in range(outputs):
        low = high = position
        for layer in reversed(layers):
            stride, before = layer.get("stride", 1), layer.get("padding", 0)
            reach = layer.get("dilation", 1) * (layer["kernel"] - 1)
            if layer["kind"] == "conv_transpose":
                low, high = -((reach - low - before) // stride), (high + before) // stride
            else:
                low, high = low * stride - before, high * stride - before + reach
        most = max(most, high - low + 1)
    return most


@pytest.mark.parametrize("strides", [(1, 2), (2, 3), (2, 3, 4), (1, 2, 3, 6)])
def test_the_largest_field_is_found_among_all_outputs(strides):
    rng = random.Random(str(strides))
    for _ in range(120):
        layers = [
            {
                "kind": rng.choice(["conv", "conv_transpose"]),
                "channels": 1,
                "kernel": rng.randint(1, 5),
                "stride": rng.choice(strides),
                "padding": rng.randint(0, 1),
                "dilation": rng.randint(1, 2),
            }
            for _ in range(rng.randint(2, 7))
        ]
        row = chain.rows(layers, (1, 500))[-1]
        up = [layer["stride"] for layer in layers if layer["kind"] == "conv_transpose"]
        first = next((i for i, x in enumerate(layers) if x["kind"] != "conv"), len(layers))
        before = shapes.receptive_field(
            [
                (1,),
                *((x["kernel"], x["stride"], x["padding"], x["dilation"]) for x in layers[:first]),
            ]
        )
        if row["error"] is None:
            behind = walked_back(layers[first:], math.prod(up)) - 1
            assert row["receptive_field"] == (before.size + before.jump * max(behind, 0),)


def test_what_can_not_be_told_apart_any_more_gets_a_bound_that_is_reached():
    """Ten times up by 3 and down by 2: 59 049 kinds of outputs, whose strides share no factor."""
    layers = [{"kind": "conv_transpose", "channels": 1, "kernel": 5, "stride": 3}]
    layers = [*layers, {"kind": "conv", "channels": 1, "kernel": 4, "stride": 2}] * 10
    row = chain.rows(layers, (1, 50))[-1]
    assert row["receptive_field"] == (walked_back(layers, 3**10),)


@pytest.mark.parametrize("shape", [5, 5.0, None, {3, 4}, "3x3", iter([3])])
def test_a_shape_that_is_no_row_of_numbers_is_refused_by_name(shape):
    with pytest.raises(TypeError, match="input_shape must be one to four whole numbers"):
        chain.rows([], shape)
    with pytest.raises(TypeError, match="input_shape must be one to four whole numbers"):
        chain.link([], shape)


def test_shapes_and_sizes_may_be_arrays():
    layers = [{"kind": "conv", "channels": np.int8(4), "kernel": np.array([3, 5])}]
    (row,) = chain.rows(layers, np.array([1, 8, 8]))
    assert row["size"] == (4, 6, 4)
    assert chain.link(layers, torch.Size([1, 8, 8])) == "#layers=1x8x8;conv:c4,k3x5"


@pytest.mark.parametrize("shape", ["3X32", "3×32", "3*32", " 3x32", "3,32"])
def test_a_link_is_written_one_way(shape):
    with pytest.raises(ValueError, match="a link must begin with the input's shape"):
        chain.from_link(f"#layers={shape};flatten")
