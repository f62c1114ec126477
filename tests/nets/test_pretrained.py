"""Weights of others: the names are torchvision's, and what doesn't fit is named."""

import pickle

import pytest
import torch
import torchvision_names
from on_meta import build
from safetensors.torch import save_file
from torch import nn

from cnnviz import nets

NAMES = torchvision_names.read()
MAKERS = {
    "alexnet": (nets.alexnet, {}),
    "vgg16": (nets.vgg16, {}),
    "vgg16_bn": (nets.vgg16, {"batch_norm": True}),
    "vgg19": (nets.vgg19, {}),
    "vgg19_bn": (nets.vgg19, {"batch_norm": True}),
    "googlenet": (nets.googlenet, {"aux": True}),
    "resnet18": (nets.resnet18, {}),
    "resnet34": (nets.resnet34, {}),
    "resnet50": (nets.resnet50, {}),
    "resnet101": (nets.resnet101, {}),
    "resnet152": (nets.resnet152, {}),
}


def shapes(state):
    return {name: tuple(value.shape) for name, value in state.items()}


def like_torchvision(name, classes=None):
    """Return a state dict with torchvision's names and shapes, and numbers of its own."""
    state = {}
    for number, (key, shape) in enumerate(NAMES[name].items()):
        last = classes and shape[:1] == (1000,)
        shape = (classes, *shape[1:]) if last else shape
        kind = torch.int64 if key.endswith("num_batches_tracked") else torch.float32
        state[key] = torch.full(shape, number, dtype=kind)
    return state


def test_the_listing_knows_every_network():
    assert NAMES.keys() == MAKERS.keys()


@pytest.mark.parametrize("name", NAMES)
def test_names_and_shapes_are_torchvisions(name):
    make, options = MAKERS[name]
    assert shapes(build(make, **options).state_dict()) == NAMES[name]


@pytest.mark.parametrize("stride_on", ["3x3", "1x1"])
def test_where_the_stride_is_changes_no_name(stride_on):
    assert shapes(build(nets.resnet50, stride_on=stride_on).state_dict()) == NAMES["resnet50"]


@pytest.mark.parametrize("ending", [".pth", ".pt", ".safetensors", None])
def test_every_weight_comes_where_it_belongs(tmp_path, ending):
    state = like_torchvision("resnet18", classes=4)
    source = state if ending is None else tmp_path / f"weights{ending}"
    if ending == ".safetensors":
        save_file(state, source)
    elif ending is not None:
        torch.save(state, source)
    net = nets.resnet18(classes=4)
    assert nets.load_pretrained(net, source) == ()
    assert all(torch.equal(value, state[key]) for key, value in net.state_dict().items())


def test_an_old_file_loads(tmp_path):
    """As torch.save wrote before 1.6, from a time when batch norms had no counters."""
    state = like_torchvision("resnet18", classes=4)
    old = {key: v for key, v in state.items() if not key.endswith("num_batches_tracked")}
    torch.save(old, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    net = nets.resnet18(classes=4)
    assert nets.load_pretrained(net, tmp_path / "old.pth") == ()
    assert torch.equal(net.fc.bias, state["fc.bias"])
    assert net.bn1.num_batches_tracked == 0


def test_heads_are_left_out_where_there_are_none_and_taken_where_there_are():
    state = like_torchvision("googlenet", classes=3)
    left_out = nets.load_pretrained(nets.googlenet(classes=3), state)
    assert left_out == tuple(key for key in state if key.startswith("aux"))
    assert len(left_out) == 20
    with_heads = nets.googlenet(aux=True, classes=3)
    assert nets.load_pretrained(with_heads, state) == ()
    assert torch.equal(with_heads.aux2.fc2.bias, state["aux2.fc2.bias"])


def test_nothing_else_is_left_out():
    state = like_torchvision("resnet18", classes=4)
    with pytest.raises(ValueError, match=r"aux1.fc1.weight is too many"):
        nets.load_pretrained(nets.resnet18(classes=4), state | {"aux1.fc1.weight": torch.ones(1)})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fc.bias": None}, r"'weights.pth' holds .* network: fc.bias is missing$"),
        ({"fc.extra": torch.ones(1)}, "fc.extra is too many$"),
        ({"fc.bias": torch.ones(5)}, r"fc.bias is \(5,\) and should be \(4,\)$"),
        ({"layer1.0.bn1.running_var": None}, "layer1.0.bn1.running_var is missing"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_changed(tmp_path, change, words):
    state = like_torchvision("resnet18", classes=4) | change
    path = tmp_path / "weights.pth"
    torch.save({key: value for key, value in state.items() if value is not None}, path)
    net = nets.resnet18(classes=4)
    before = {key: value.clone() for key, value in net.state_dict().items()}
    with pytest.raises(ValueError, match=words):
        nets.load_pretrained(net, path)
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())


class Runs:
    def __reduce__(self):
        return (print, ("run",))


@pytest.mark.parametrize("protocol", ["torch", "pickle"])
def test_nothing_in_a_file_is_run(tmp_path, protocol, capsys):
    path = tmp_path / "evil.pth"
    if protocol == "torch":
        torch.save({"fc.weight": Runs()}, path)
    else:
        path.write_bytes(pickle.dumps(Runs(), protocol=2))
    with pytest.raises(ValueError, match=r"source 'evil.pth' holds no weights alone"):
        nets.load_pretrained(nets.resnet18(), path)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("ending", [".pth", ".safetensors"])
def test_a_file_cut_short_is_refused(tmp_path, ending):
    path = tmp_path / f"weights{ending}"
    state = nn.Linear(3, 2).state_dict()
    torch.save(state, path) if ending == ".pth" else save_file(state, path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ValueError, match=f"weights{ending}"):
        nets.load_pretrained(nn.Linear(3, 2), path)


def test_what_is_refused(tmp_path):
    net = nn.Linear(3, 2)
    with pytest.raises(FileNotFoundError, match="source must name a file that exists"):
        nets.load_pretrained(net, tmp_path / "none.pth")
    with pytest.raises(ValueError, match=r"source must name a file ending in .pth or .pt or"):
        nets.load_pretrained(net, tmp_path / "weights.bin")
    with pytest.raises(TypeError, match=r"net must be a torch.nn.Module, got 'resnet18'"):
        nets.load_pretrained("resnet18", {})
    with pytest.raises(ValueError, match="net lies on the device 'meta'"):
        nets.load_pretrained(build(nets.resnet18), {})
    inside = {"state_dict": net.state_dict(), "epoch": 3}
    with pytest.raises(ValueError, match="'state_dict' holds a OrderedDict: if the weights are"):
        nets.load_pretrained(net, inside)
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(ValueError, match=r"'list.pth' must hold tensors by name, got a list"):
        nets.load_pretrained(net, tmp_path / "list.pth")
