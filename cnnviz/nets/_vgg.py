"""VGG: convolutions of 3 × 3 alone, in five stages."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from torch import nn

from cnnviz.arrays import as_flag
from cnnviz.nets._common import check_ends, draw_he, draw_normal

__all__ = ["vgg16", "vgg19"]


def vgg16(*, batch_norm: bool = False, channels: int = 3, classes: int = 1000) -> nn.Sequential:
    """VGG with 16 layers that have weights: configuration D of the paper.

    Parameters
    ----------
    batch_norm : bool
        Normalise after each convolution, which the paper did not have yet.
    channels : int
        Planes of a picture.
    classes : int
        Scores that come out.

    Returns
    -------
    torch.nn.Sequential
        From ``(N, channels, 224, 224)`` to scores ``(N, classes)``; 138 357 544 parameters.
        Names and numbers of the layers are torchvision's.

    Raises
    ------
    ValueError, TypeError
        For a count below 1, a switch that is neither True nor False.

    References
    ----------
    Simonyan and Zisserman (2015), "Very deep convolutional networks for large-scale image
    recognition", table 1.

    Examples
    --------
    >>> import torch
    >>> with torch.device("meta"):
    ...     net = vgg16()
    >>> net.classifier[0]
    Linear(in_features=25088, out_features=4096, bias=True)
    """
    return _vgg((2, 2, 3, 3, 3), batch_norm, channels, classes)


def vgg19(*, batch_norm: bool = False, channels: int = 3, classes: int = 1000) -> nn.Sequential:
    """VGG with 19 layers that have weights: configuration E; 143 667 240 parameters.

    Parameters, what is returned and errors are those of `vgg16`.

    Examples
    --------
    >>> import torch
    >>> with torch.device("meta"):
    ...     net = vgg19()
    >>> sum(isinstance(layer, nn.Conv2d) for layer in net.features)
    16
    """
    return _vgg((2, 2, 4, 4, 4), batch_norm, channels, classes)


def _vgg(depths: Sequence[int], batch_norm: bool, channels: int, classes: int) -> nn.Sequential:
    as_flag("batch_norm", batch_norm)
    channels, classes = check_ends(channels, classes, features=4096, kernel=(64, 3, 3))
    features: list[nn.Module] = []
    before = channels
    for depth, width in zip(depths, (64, 128, 256, 512, 512), strict=True):
        for _ in range(depth):
            features.append(nn.Conv2d(before, width, 3, padding=1))
            if batch_norm:
                features.append(nn.BatchNorm2d(width))
            features.append(nn.ReLU())
            before = width
        features.append(nn.MaxPool2d(2))
    classifier = nn.Sequential(
        *(nn.Linear(512 * 7 * 7, 4096), nn.ReLU(), nn.Dropout(0.5)),
        *(nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(0.5)),
        nn.Linear(4096, classes),
    )
    draw_he(features)
    draw_normal(classifier)
    return nn.Sequential(
        OrderedDict(
            features=nn.Sequential(*features),
            avgpool=nn.AdaptiveAvgPool2d((7, 7)),  # nothing to do for 224 × 224
            flatten=nn.Flatten(),
            classifier=classifier,
        )
    )
