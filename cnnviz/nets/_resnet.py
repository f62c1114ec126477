"""ResNet for ImageNet, with 18 to 152 layers that have weights."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from torch import nn

from cnnviz.nets._common import check_ends, draw_he, one_of
from cnnviz.nets._residual import STRIDE_ON, BasicBlock, Bottleneck, make_stage

__all__ = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]


def resnet18(*, channels: int = 3, classes: int = 1000) -> nn.Sequential:
    """ResNet-18: eight basic blocks; 11 689 512 parameters.

    Parameters
    ----------
    channels : int
        Planes of a picture.
    classes : int
        Scores that come out.

    Returns
    -------
    torch.nn.Sequential
        From ``(N, channels, 224, 224)``, or any size from 1 × 1, to scores ``(N, classes)``. Names
        are torchvision's.

    Raises
    ------
    ValueError, TypeError
        For a count below 1.

    References
    ----------
    He, Zhang, Ren and Sun (2016), "Deep residual learning for image recognition", table 1.

    Examples
    --------
    >>> import torch
    >>> net = resnet18(classes=10).eval()
    >>> net(torch.zeros(2, 3, 64, 64)).shape
    torch.Size([2, 10])
    """
    return _resnet(BasicBlock, (2, 2, 2, 2), channels, classes)


def resnet34(*, channels: int = 3, classes: int = 1000) -> nn.Sequential:
    """ResNet-34: sixteen basic blocks; 21 797 672 parameters. Otherwise as `resnet18`.

    Examples
    --------
    >>> import torch
    >>> with torch.device("meta"):
    ...     net = resnet34()
    >>> [len(getattr(net, f"layer{number}")) for number in (1, 2, 3, 4)]
    [3, 4, 6, 3]
    """
    return _resnet(BasicBlock, (3, 4, 6, 3), channels, classes)


def resnet50(*, stride_on: str = "3x3", channels: int = 3, classes: int = 1000) -> nn.Sequential:
    """ResNet-50: sixteen bottlenecks; 25 557 032 parameters. Otherwise as `resnet18`.

    Parameters
    ----------
    stride_on : "3x3" or "1x1"
        Which convolution of a bottleneck halves the size: the 3 × 3, as in torchvision ("v1.5"),
        or the first 1 × 1, as in the paper. The parameters are the same, the work is not.
    channels, classes : int
        As for `resnet18`.

    Examples
    --------
    >>> import torch
    >>> with torch.device("meta"):
    ...     net = resnet50(stride_on="1x1")
    >>> net.layer2[0].conv1
    Conv2d(256, 128, kernel_size=(1, 1), stride=(2, 2), bias=False)
    """
    return _resnet(_bottleneck(stride_on), (3, 4, 6, 3), channels, classes)


def resnet101(*, stride_on: str = "3x3", channels: int = 3, classes: int = 1000) -> nn.Sequential:
    """ResNet-101: 33 bottlenecks; 44 549 160 parameters. Otherwise as `resnet50`.

    Examples
    --------
    >>> import torch
    >>> with torch.device("meta"):
    ...     net = resnet101()
    >>> len(net.layer3)
    23
    """
    return _resnet(_bottleneck(stride_on), (3, 4, 23, 3), channels, classes)


def resnet152(*, stride_on: str = "3x3", channels: int = 3, classes: int = 1000) -> nn.Sequential:
    """ResNet-152: 50 bottlenecks; 60 192 808 parameters. Otherwise as `resnet50`.

    Examples
    --------
    >>> import torch
    >>> with torch.device("meta"):
    ...     net = resnet152()
    >>> len(net.layer2), len(net.layer3)
    (8, 36)
    """
    return _resnet(_bottleneck(stride_on), (3, 8, 36, 3), channels, classes)


def _bottleneck(stride_on: str) -> Callable[..., Any]:
    return partial(Bottleneck, stride_on=one_of("stride_on", stride_on, STRIDE_ON))


def _resnet(
    block: Callable[..., Any], depths: Sequence[int], channels: int, classes: int
) -> nn.Sequential:
    channels, classes = check_ends(channels, classes, features=2048, kernel=(64, 7, 7))
    layers: OrderedDict[str, nn.Module] = OrderedDict(
        conv1=nn.Conv2d(channels, 64, 7, stride=2, padding=3, bias=False),
        bn1=nn.BatchNorm2d(64),
        relu=nn.ReLU(),
        maxpool=nn.MaxPool2d(3, stride=2, padding=1),
    )
    after, width = 64, 64
    for number, depth in enumerate(depths, start=1):
        stride = 1 if number == 1 else 2
        layers[f"layer{number}"], after = make_stage(block, after, width, depth, stride)
        width *= 2
    layers["avgpool"] = nn.AdaptiveAvgPool2d((1, 1))
    layers["flatten"] = nn.Flatten()
    layers["fc"] = nn.Linear(after, classes)
    net = nn.Sequential(layers)
    draw_he(net.modules())
    return net
