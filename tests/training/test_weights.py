"""Weights in safetensors: they come back, they are small, and others are refused."""

import numpy as np
import pytest
import torch
from small_runs import data, net, same_weights
from torch import nn

from cnnviz import nets
from cnnviz.training import load_weights, predict, save_weights


def test_they_come_back_with_what_is_said_of_them(tmp_path):
    model, other = net(1), net(2)
    model.to(memory_format=torch.channels_last)
    path = save_weights(model, tmp_path / "net.safetensors", metadata={"accuracy": "0.991"})
    assert load_weights(other, path) == {"accuracy": "0.991"}
    assert same_weights(model, other)


def test_half_precision_halves_the_file_and_hardly_moves_the_scores(tmp_path):
    torch.manual_seed(0)
    lenet, again = nets.lenet5(), nets.lenet5()
    path = save_weights(lenet, tmp_path / "lenet.safetensors", dtype="float16")
    assert path.stat().st_size < 130_000
    load_weights(again, path)
    assert again.c1.weight.dtype == torch.float32
    pictures = torch.rand(8, 1, 28, 28)
    np.testing.assert_allclose(predict(again, pictures), predict(lenet, pictures), atol=2e-3)


def test_running_statistics_and_counters_are_kept(tmp_path):
    model, other = net(1).train(), net(2)
    model(data()[0].float())
    load_weights(other, save_weights(model, tmp_path / "net.safetensors", dtype="bfloat16"))
    assert other[1].num_batches_tracked == 1


def test_the_weights_of_another_network_are_named_and_left_out(tmp_path):
    path = save_weights(net(1), tmp_path / "net.safetensors")
    other, untouched = nets.lenet5(), nets.lenet5()
    untouched.load_state_dict(other.state_dict())
    with pytest.raises(ValueError, match=r"c1.weight is missing; .* and \d+ more"):
        load_weights(other, path)
    assert same_weights(other, untouched)


@pytest.mark.parametrize("share", [0, 0.5])
def test_a_file_cut_short(tmp_path, share):
    path = save_weights(net(), tmp_path / "net.safetensors")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(ValueError, match=r"'net.safetensors' is no whole safetensors file"):
        load_weights(net(), path)


def test_what_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_weights(net(), tmp_path / "none.safetensors")
    with pytest.raises(ValueError, match=r"path must name a file ending in .safetensors"):
        save_weights(net(), tmp_path / "net.pt")
    with pytest.raises(ValueError, match="dtype must be one of 'float32', 'float16', 'bfloat16'"):
        save_weights(net(), tmp_path / "net.safetensors", dtype="int8")
    with pytest.raises(TypeError, match="metadata must be texts"):
        save_weights(net(), tmp_path / "net.safetensors", metadata={"accuracy": 0.99})
    assert not list(tmp_path.iterdir())
    with pytest.raises(TypeError, match="path"):
        save_weights(nn.Linear(1, 1), 3)
