"""Large networks without their weights: shapes and counts alone."""

import torch
from torch.utils.flop_counter import FlopCounterMode


def build(make, *args, **options):
    with torch.device("meta"):
        return make(*args, **options).eval()


def shapes(net, size, channels=3):
    """Return the shape that each child of `net` gives for one picture, without the batch."""
    found = {}
    for name, layer in net.named_children():
        keep = lambda _, x, out, name=name: found.update({name: tuple(out.shape[1:])})  # noqa: E731
        layer.register_forward_hook(keep)
    net(torch.zeros(1, channels, size, size, device="meta"))
    return found


def multiply_adds(net, size, channels=3):
    """Return the multiply–adds of convolutions and linear layers, as PyTorch counts them."""
    with FlopCounterMode(display=False) as counter:
        net(torch.zeros(1, channels, size, size, device="meta"))
    return counter.get_total_flops() // 2
