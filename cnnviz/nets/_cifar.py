"""ResNet for pictures of 32 × 32, as deep as one likes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any

from torch import nn

from cnnviz.arrays import as_flag, shown
from cnnviz.nets._common import check_ends, draw_he, one_of
from cnnviz.nets._residual import (
    BasicBlock,
    Bottleneck,
    PreActivationBlock,
    conv,
    make_stage,
)
from cnnviz.shapes import whole

__all__ = ["cifar_resnet"]

_LAYERS = {"basic": 2, "bottleneck": 3}  # convolutions of a block
_SHORTCUTS = {"identity": "option A", "projection": "option B"}
_DEEPEST = 5000  # a network is made of Python objects: this one takes seconds


def cifar_resnet(
    depth: int,
    *,
    shortcut: str = "identity",
    residual: bool = True,
    preactivation: bool = False,
    block: str = "basic",
    channels: int = 3,
    classes: int = 10,
) -> nn.Sequential:
    """ResNet for CIFAR-10: a convolution, three stages of n blocks, the mean, a linear layer.

    Parameters
    ----------
    depth : int
        Layers with weights: 6n + 2 with basic blocks (20, 32, 44, 56, 110), 9n + 2 with
        bottlenecks (29, 164, 1001); up to 5000.
    shortcut : "identity" or "projection"
        What goes around a block that changes the shape: every second pixel and maps of zeros, as
        in the paper (option A), or a 1 × 1 convolution (option B).
    residual : bool
        False builds the plain network: the same layers, and nothing goes around them.
    preactivation : bool
        Norm and ReLU before each convolution, as in He et al. (2016b).
    block : "basic" or "bottleneck"
    channels : int
        Planes of a picture.
    classes : int
        Scores that come out.

    Returns
    -------
    torch.nn.Sequential
        From ``(N, channels, 32, 32)``, or any size from 1 × 1, to scores ``(N, classes)``.

    Raises
    ------
    ValueError, TypeError
        For a depth that no number of blocks gives, an unknown name, a count below 1.

    References
    ----------
    He, Zhang, Ren and Sun (2016), "Deep residual learning for image recognition", section 4.2.
    He, Zhang, Ren and Sun (2016b), "Identity mappings in deep residual networks".

    Examples
    --------
    >>> from cnnviz import nets
    >>> nets.parameter_count(cifar_resnet(20))
    269722
    >>> nets.parameter_count(cifar_resnet(20, residual=False))
    269722
    >>> cifar_resnet(21)
    Traceback (most recent call last):
    ...
    ValueError: depth must be 6n + 2 with 'basic' blocks, from 8 to 5000, got 21
    """
    one_of("shortcut", shortcut, _SHORTCUTS)
    one_of("block", block, _LAYERS)
    for name, value in (("residual", residual), ("preactivation", preactivation)):
        as_flag(name, value)
    channels, classes = check_ends(channels, classes, features=256, kernel=(16, 3, 3))
    blocks = _blocks(depth, block)
    build = _builder(block, shortcut if residual else "none", preactivation)

    layers: OrderedDict[str, nn.Module] = OrderedDict(conv1=conv(channels, 16, 3))
    if not preactivation:
        layers["bn1"], layers["relu"] = nn.BatchNorm2d(16), nn.ReLU()
    after = 16
    for number, width in enumerate((16, 32, 64), start=1):
        stride = 1 if number == 1 else 2
        layers[f"layer{number}"], after = make_stage(build, after, width, blocks, stride)
    if preactivation:  # the last block ends in a sum
        layers["bn"], layers["relu"] = nn.BatchNorm2d(after), nn.ReLU()
    layers["avgpool"] = nn.AdaptiveAvgPool2d((1, 1))
    layers["flatten"] = nn.Flatten()
    layers["fc"] = nn.Linear(after, classes)
    net = nn.Sequential(layers)
    draw_he(net.modules())
    return net


def _blocks(depth: int, block: str) -> int:
    """Return how many blocks a stage has."""
    step = 3 * _LAYERS[block]
    depth = whole("depth", depth)
    blocks, rest = divmod(depth - 2, step)
    if blocks < 1 or rest or depth > _DEEPEST:
        raise ValueError(
            f"depth must be {step}n + 2 with {block!r} blocks, from {step + 2} to {_DEEPEST}, "
            f"got {shown(depth)}"
        )
    return blocks


def _builder(block: str, shortcut: str, preactivation: bool) -> Callable[..., Any]:
    bottleneck = block == "bottleneck"
    if preactivation:
        return partial(PreActivationBlock, shortcut=shortcut, bottleneck=bottleneck)
    return partial(Bottleneck if bottleneck else BasicBlock, shortcut=shortcut)
