"""What a ledger counts, for the course's networks and for models that are written in odd ways."""

from __future__ import annotations

import json
import random

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from cnnviz import chain, ledger, nets

PICTURES = {
    nets.lenet5: (1, 28, 28),
    nets.lenet5_1998: (1, 32, 32),
    nets.alexnet: (3, 224, 224),
    nets.vgg16: (3, 224, 224),
    nets.googlenet: (3, 224, 224),
    nets.resnet18: (3, 224, 224),
    nets.resnet50: (3, 224, 224),
}


# --- counts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", PICTURES, ids=lambda make: make.__name__)
def test_counts_are_pytorchs(make):
    with torch.device("meta"):
        net = make() if make is not nets.lenet5_1998 else None
    net = make() if net is None else net
    shape = PICTURES[make]
    book = ledger(net, shape)
    assert book.parameters == sum(p.numel() for p in net.parameters())
    assert not book.unused
    where = next(net.parameters()).device
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net.eval()(torch.zeros(1, *shape, device=where))
    assert book.multiply_adds == counter.get_total_flops() / 2


def test_known_fields():
    fields = {row["name"]: row["receptive_field"] for row in ledger(nets.resnet18(), (3, 224, 224))}
    # Araujo, Norris and Sim (2019) give these for the last layers before the mean.
    assert fields["layer4.1.conv2"] == (435, 435)
    assert ledger(nets.resnet50(), (3, 224, 224))["layer4.2.relu"]["receptive_field"] == (427, 427)
    assert ledger(nets.vgg16(), (3, 224, 224))["features.30"]["receptive_field"] == (212, 212)
    assert ledger(nets.alexnet(), (3, 224, 224))["features.12"]["receptive_field"] == (195, 195)


@pytest.mark.parametrize("name", chain.PRESETS)
def test_agrees_with_the_chain_calculator(name):
    layers, shape = chain.from_link(chain.PRESETS[name])
    agree(layers, shape)


@pytest.mark.parametrize("seed", range(60))
def test_agrees_with_the_chain_calculator_on_random_chains(seed):
    rng = random.Random(seed)
    layers = []
    for _ in range(rng.randint(1, 6)):
        kind = rng.choice(("conv", "conv", "conv_transpose", "pool"))
        layer = {"kind": kind, "kernel": rng.randint(1, 4), "stride": rng.randint(1, 3)}
        if kind != "pool":
            layer["channels"] = rng.choice((2, 4))
        if kind == "conv":
            layer["dilation"] = rng.randint(1, 2)
        if kind == "conv_transpose":  # with holes between its taps, the chain's field is a bound
            layer["stride"] = min(layer["stride"], layer["kernel"])
        if kind == "pool" and layer["stride"] == layer["kernel"]:
            del layer["stride"]
        layer["padding"] = rng.randint(0, layer["kernel"] // 2)
        layers.append(layer)
    shape = (2, *(rng.randint(40, 50) for _ in range(rng.randint(1, 3))))
    if any(row["error"] for row in chain.rows(layers, shape)):
        pytest.skip("this chain doesn't fit its input")
    agree(layers, shape)


def agree(layers, shape):
    rows = [row for row in chain.rows(layers, shape) if not row["layer"].startswith("flatten")]
    book = [row for row in ledger(built(layers, shape), shape) if row["layer"] != "flatten"]
    assert len(rows) == len(book)
    for expected, row in zip(rows, book, strict=True):
        for name in ("size", "receptive_field", "jump", "parameters", "multiply_adds"):
            assert row[name] == expected[name], (row["layer"], name)
        assert row["layer"].removeprefix("max ") == expected["layer"]


def built(layers, shape):
    """Build a chain of layers as PyTorch's modules."""
    axes = len(shape) - 1
    conv = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[axes - 1]
    back = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)[axes - 1]
    pool = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)[axes - 1]
    modules, before = [], shape
    for layer, row in zip(layers, chain.rows(layers, shape), strict=True):
        rest = {n: v for n, v in layer.items() if n not in ("kind", "channels", "kernel", "units")}
        if layer["kind"] == "pool":
            modules.append(pool(layer.get("kernel", 2), **rest))
        elif layer["kind"] == "flatten":
            modules.append(nn.Flatten())
        elif layer["kind"] == "linear":
            modules.append(nn.Linear(before[0], layer["units"], **rest))
        else:
            make = conv if layer["kind"] == "conv" else back
            modules.append(make(before[0], layer["channels"], layer["kernel"], **rest))
        before = row["size"]
    return nn.Sequential(*modules)


def test_an_added_parameter_of_any_kind_is_counted_once():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 4)
            self.b.weight = self.a.weight
            self.spare = nn.Linear(3, 3)

        def forward(self, x):
            return self.b(self.a(x))

    book = ledger(Tied(), (4,))
    assert [row["parameters"] for row in book] == [20, 4]
    assert book.unused == {"spare.weight": 9, "spare.bias": 3}


def test_memory():
    net = nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.ReLU(inplace=True), nn.Flatten()
    )
    book = ledger(net, (1, 8, 8))
    assert [row["memory"] for row in book] == [512, 512, 0, 0]
    assert book.peak_memory == 1024  # the picture's 256 are gone when the second map is made
    assert ledger(net.half(), (1, 8, 8)).memory == 512


# --- models that are written in other ways --------------------------------------------------------


class Functions(nn.Module):
    """Everything by functions and operators, in place where that can be."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(4, 2, 3, 3))
        self.again = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x):
        x = F.conv2d(x, self.weight, padding=1)
        y = x
        for _ in range(2):
            y = F.relu_(self.again(y))
        y += x
        y[:, :2] *= 2
        return F.max_pool2d(torch.cat([x, y], dim=1), 2).flatten(1)


def test_functions_operators_and_modules_used_twice():
    book = ledger(Functions(), (2, 8, 8))
    assert [row["layer"] for row in book] == [
        "conv 4, 3 × 3, p 1, no bias",
        "conv 4, 3 × 3, p 1",
        "ReLU",
        "conv 4, 3 × 3, p 1",
        "ReLU",
        "add",
        "mul",
        "written in place",
        "concatenate",
        "max pool 2 × 2",
        "flatten",
    ]
    assert [row["parameters"] for row in book][:4] == [72, 148, 0, 0]
    assert book.rows[-2]["receptive_field"] == (8, 8)


def test_branches_of_even_kernels_are_out_of_line():
    class Even(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Conv2d(1, 1, 1, stride=2), nn.Conv2d(1, 1, 2, stride=2)

        def forward(self, x):
            return self.a(x) + self.b(x)

    row = ledger(Even(), (1, 8, 8)).rows[-1]
    assert row["receptive_field"] == (2, 2)
    assert row["misalignment"] == (0.5, 0.5)
    assert row["start"] == (0.5, 0.5)


def test_jumps_that_differ_leave_no_rule():
    class Jumps(nn.Module):
        def forward(self, x):
            return x[..., ::2] + x[..., :4]

    row = ledger(Jumps(), (1, 8)).rows[-1]
    assert row["jump"] == (None,)
    assert row["receptive_field"] == (4,)  # position 3 sees 3 and 6
    assert row["misalignment"] == (3.0,)


@pytest.mark.parametrize(
    ("layer", "field"),
    [
        (nn.GroupNorm(1, 2), (9, 8)),
        (nn.InstanceNorm2d(2), (9, 8)),
        (nn.BatchNorm2d(2), (1, 1)),
        (nn.LayerNorm(8), (1, 8)),
        (nn.Softmax(-2), (9, 1)),
        (nn.AdaptiveAvgPool2d(1), (9, 8)),
        (nn.AdaptiveAvgPool2d(4), (3, 2)),
        (nn.AdaptiveMaxPool2d(3), (3, 4)),
        (nn.ReflectionPad2d(2), (1, 1)),
        (nn.Upsample(scale_factor=2, mode="bilinear"), (2, 2)),
        (nn.Upsample(size=(9, 8), mode="bilinear"), (1, 1)),
        (nn.PixelUnshuffle(1), (1, 1)),
        (nn.AvgPool2d(3, stride=2, ceil_mode=True), (3, 3)),
        (nn.ChannelShuffle(2), (1, 1)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else str(value),
)
def test_fields_of_single_layers_are_those_of_gradients(layer, field):
    row = ledger(layer, (2, 9, 8)).rows[-1]
    assert row["receptive_field"] == field
    x = torch.rand(1, 2, 9, 8, requires_grad=True)
    y = layer.eval()(x)
    largest = [0, 0]
    for place in torch.cartesian_prod(*(torch.arange(n) for n in y.shape[2:])).tolist():
        (slope,) = torch.autograd.grad(y[(0, 0, *place)], x, retain_graph=True)
        places = slope.abs().sum((0, 1)).nonzero()
        if len(places):  # a maximum passes its gradient to one value alone
            size = (places.amax(0) - places.amin(0) + 1).tolist()
            largest = [max(a, b) for a, b in zip(largest, size, strict=True)]
    if isinstance(layer, nn.AdaptiveMaxPool2d):
        assert all(a <= b for a, b in zip(largest, field, strict=True))
    else:
        assert tuple(largest) == field


def test_what_has_no_rule_is_named():
    book = ledger(nn.Sequential(nn.Conv2d(1, 2, 3), nn.Unfold(2)), (1, 8, 8))
    assert book.rows[-1]["receptive_field"] is None
    assert "im2col" in book.rows[-1]["note"]
    with pytest.raises(ValueError, match="im2col in 1 has none"):
        book.graph()


def test_several_inputs():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Conv2d(3, 4, 3), nn.Linear(5, 4)

        def forward(self, x, y):
            return self.a(x) + self.b(y)[:, :, None, None]

    book = ledger(Two(), [(3, 8, 8), (5,)])
    assert book.multiply_adds == 3 * 4 * 9 * 36 + 20
    assert book.rows[-1]["receptive_field"] == (3, 3)
    with pytest.raises(ValueError, match="for several inputs, give a list of shapes"):
        ledger(Two(), (3, 8, 8))


class Choosing(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return self.c(x) if x.sum() > 0 else x


def test_a_way_that_depends_on_values_is_followed_for_an_example():
    with pytest.raises(ValueError, match=r"Choosing, stops: .* give an example"):
        ledger(Choosing(), (3, 8, 8))
    assert ledger(Choosing(), torch.ones(1, 3, 8, 8)).parameters == 112
    assert ledger(Choosing(), -torch.ones(1, 3, 8, 8)).parameters == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda net: net,
        lambda net: net.half(),
        lambda net: net.bfloat16(),
        lambda net: net.double(),
        lambda net: net.to("meta"),
        lambda net: net.to(memory_format=torch.channels_last),
        lambda net: nn.DataParallel(net),
        lambda net: torch.compile(net),
        lambda net: torch.jit.script(net),
        lambda net: torch.fx.symbolic_trace(net),
    ],
    ids=lambda change: "",
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_device_precision_and_wrapping_do_not_matter(change):
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2))
    book = ledger(change(net), (3, 9, 9))
    assert (book.parameters, book.multiply_adds) == (120, 3 * 4 * 9 * 49)
    assert [row["receptive_field"] for row in book] == [(3, 3), (3, 3), (3, 3), (4, 4)]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_quantised_layers_are_named():
    net = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    quantised = torch.ao.quantization.quantize_dynamic(net, {nn.Linear})
    with pytest.raises(ValueError, match=r"stops at 1 \(Linear\)"):
        ledger(quantised, (4,))


def test_a_lazy_module_is_named():
    net = nn.Sequential(nn.ReLU(), nn.LazyConv2d(4, 3))
    with pytest.raises(ValueError, match=r"1 is lazy .* call model\(x\)"):
        ledger(net, (3, 8, 8))
    assert isinstance(net[1], nn.LazyConv2d)


def test_the_module_where_it_stops_is_named():
    net = nn.Sequential(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(5, 4, 3)))
    with pytest.raises(ValueError, match=r"model, Sequential, stops at 0\.1 \(Conv2d\)"):
        ledger(net, (3, 8, 8))
    assert len(ledger(net[0][0], (3, 8, 8))) == 1  # nothing is left behind


class Noting(nn.Module):
    """Counts its calls in a buffer, keeps what it saw last, and draws a random number."""

    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))
        self.norm = nn.BatchNorm1d(2)
        self.last: Tensor | None = None

    def forward(self, x):
        self.calls += 1
        self.last = self.norm(x) + torch.rand(())
        return self.last


def test_the_model_comes_out_as_it_went_in():
    net = Noting()
    net.norm.train()
    net.eval().norm.train()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    ledger(net, (2, 8))
    assert torch.equal(torch.rand(2), expected)
    assert net.last is None
    assert not net.training
    assert net.norm.training
    after = net.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())
    assert all(value.device.type == "cpu" for value in after.values())


@pytest.mark.parametrize("given", [(1, 28, 28), torch.zeros(1, 1, 28, 28)])
def test_inference_mode_around_it_hides_nothing(given):
    expected = ledger(nets.lenet5(), (1, 28, 28)).to_dict()
    with torch.inference_mode():
        made_in_it = nets.lenet5()
        example = given.clone() if isinstance(given, torch.Tensor) else given
        assert ledger(made_in_it, example).to_dict() == expected
        assert expected["multiply_adds"] == 416_520
    assert ledger(made_in_it, example).to_dict() == expected


@pytest.mark.parametrize(
    ("model", "shape", "words"),
    [
        ("net", (3, 8, 8), "model must be a torch.nn.Module"),
        (nn.Conv2d, (3, 8, 8), "model must be a torch.nn.Module"),
        (nn.Conv2d(3, 4, 3), "3x8x8", "input_shape must be"),
        (nn.Conv2d(3, 4, 3), (3, 0, 8), "input_shape must be"),
        (nn.Conv2d(3, 4, 3), None, "input_shape must be"),
        (nn.Conv2d(3, 4, 3), [], "input_shape must be"),
        (nn.Conv2d(3, 4, 3), (1, 3, 8, 8), "without the batch"),
        (nn.Conv2d(3, 4, 3), (8, 8, 3), "channels first"),
    ],
)
def test_what_can_not_be_is_refused_by_name(model, shape, words):
    with pytest.raises((TypeError, ValueError), match=words):
        ledger(model, shape)


# --- how it looks ---------------------------------------------------------------------------------


def test_a_ledger_is_a_sequence_of_rows_with_names():
    book = ledger(nets.lenet5(), (1, 28, 28))
    assert len(book) == len(list(book)) == 12
    assert book["c3"] is book[3]
    assert str(book).splitlines()[-1].split() == ["total", "61", "706", "416", "520"]
    with pytest.raises(KeyError, match="c9"):
        book["c9"]
    assert json.loads(json.dumps(book.to_dict()))["rows"][0]["receptive_field"] == [5, 5]
    assert json.dumps(book.graph())


def test_names_enter_the_page_as_text():
    net = nn.Sequential()
    net.add_module("<b>", nn.ReLU())
    page = ledger(net, (1, 2, 2))._repr_html_()
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
