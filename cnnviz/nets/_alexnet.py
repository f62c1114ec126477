"""AlexNet: the paper's network in two halves, and the single column that followed."""

from __future__ import annotations

from collections import OrderedDict

from torch import nn

from cnnviz.nets._common import check_ends, draw_normal, one_of

__all__ = ["alexnet"]


def alexnet(form: str = "torchvision", *, channels: int = 3, classes: int = 1000) -> nn.Sequential:
    """AlexNet, as its paper has it or as common libraries do.

    Parameters
    ----------
    form : "torchvision" or "paper"
        "torchvision" is the single column of Krizhevsky (2014) for pictures of 224 × 224: 64 maps
        first, no groups, no normalisation, 61 100 840 parameters. "paper" is the network of 2012,
        for pictures of 227 × 227: 96 maps first, three layers split between two GPUs (here two
        groups), local response normalisation, 60 965 224 parameters.
    channels : int
        Planes of a picture.
    classes : int
        Scores that come out.

    Returns
    -------
    torch.nn.Sequential
        From ``(N, channels, 224, 224)``, or 227, to scores ``(N, classes)``.

    Raises
    ------
    ValueError, TypeError
        For an unknown form, a count below 1.

    Notes
    -----
    The paper says 224 × 224. Kernels of 11 and a stride of 4 give the 55 × 55 maps of its figure
    with 227, or with two zeros on each side of 224, as torchvision has it (one row and one
    column are left over). In the form of the paper, α is 10⁻⁴ for the sum of five squares; PyTorch
    divides the sum by five, so α is five times as large here. Weights are drawn as the paper says:
    deviation 0.01, biases 1 where it wants a ReLU to start alive.

    References
    ----------
    Krizhevsky, Sutskever and Hinton (2012), "ImageNet classification with deep convolutional
    neural networks". Krizhevsky (2014), "One weird trick for parallelizing convolutional neural
    networks".

    Examples
    --------
    >>> import torch
    >>> with torch.device("meta"):
    ...     net, x = alexnet("paper"), torch.zeros(1, 3, 227, 227)
    >>> net.conv1(x).shape
    torch.Size([1, 96, 55, 55])
    >>> sum(p.numel() for p in net.parameters())
    60965224
    """
    build = {"torchvision": _single_column, "paper": _two_halves}
    make = build[one_of("form", form, build)]
    channels, classes = check_ends(channels, classes, features=4096, kernel=(96, 11, 11))
    return make(channels, classes)


def _single_column(channels: int, classes: int) -> nn.Sequential:
    features = nn.Sequential(
        *(nn.Conv2d(channels, 64, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(192, 384, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(384, 256, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2)),
    )
    classifier = nn.Sequential(
        *(nn.Dropout(0.5), nn.Linear(256 * 6 * 6, 4096), nn.ReLU()),
        *(nn.Dropout(0.5), nn.Linear(4096, 4096), nn.ReLU()),
        nn.Linear(4096, classes),
    )
    return nn.Sequential(
        OrderedDict(
            features=features,
            avgpool=nn.AdaptiveAvgPool2d((6, 6)),  # nothing to do for 224 × 224
            flatten=nn.Flatten(),
            classifier=classifier,
        )
    )


def _two_halves(channels: int, classes: int) -> nn.Sequential:
    def normalise() -> nn.Module:
        return nn.LocalResponseNorm(5, alpha=5 * 1e-4, beta=0.75, k=2)

    net = nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(channels, 96, 11, stride=4),
            relu1=nn.ReLU(),
            norm1=normalise(),
            pool1=nn.MaxPool2d(3, 2),
            conv2=nn.Conv2d(96, 256, 5, padding=2, groups=2),
            relu2=nn.ReLU(),
            norm2=normalise(),
            pool2=nn.MaxPool2d(3, 2),
            conv3=nn.Conv2d(256, 384, 3, padding=1),  # the one that sees both halves
            relu3=nn.ReLU(),
            conv4=nn.Conv2d(384, 384, 3, padding=1, groups=2),
            relu4=nn.ReLU(),
            conv5=nn.Conv2d(384, 256, 3, padding=1, groups=2),
            relu5=nn.ReLU(),
            pool5=nn.MaxPool2d(3, 2),
            flatten=nn.Flatten(),
            fc6=nn.Linear(256 * 6 * 6, 4096),
            relu6=nn.ReLU(),
            drop6=nn.Dropout(0.5),
            fc7=nn.Linear(4096, 4096),
            relu7=nn.ReLU(),
            drop7=nn.Dropout(0.5),
            fc8=nn.Linear(4096, classes),
        )
    )
    draw_normal(net)
    for name in ("conv2", "conv4", "conv5", "fc6", "fc7"):
        nn.init.ones_(net.get_parameter(f"{name}.bias"))
    return net
