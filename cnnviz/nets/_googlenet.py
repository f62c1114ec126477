"""GoogLeNet: modules whose branches look at several sizes at once, and heads halfway."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from cnnviz.arrays import as_flag
from cnnviz.nets._common import check_ends, counts, draw_he, draw_normal, one_of

__all__ = ["GoogLeNet", "Inception", "Scores", "googlenet"]

#: Szegedy et al. (2015), table 1: maps of the 1 × 1, the 3 × 3 (reduced to, and out), the 5 × 5
#: (the same) and behind the pooling.
_TABLE = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
_FORMS = {"torchvision": "batch norm, 3 × 3 in the third branch", "paper": "as in 2015"}


class Scores(NamedTuple):
    """What `GoogLeNet` gives while it is trained with its heads; the paper weighs them 0.3 each."""

    main: Tensor
    aux1: Tensor
    aux2: Tensor


def googlenet(
    form: str = "torchvision", *, aux: bool = False, channels: int = 3, classes: int = 1000
) -> GoogLeNet:
    """GoogLeNet (Inception v1), as its paper has it or as common libraries do.

    Parameters
    ----------
    form : "torchvision" or "paper"
        "torchvision" has batch norm in place of biases and of local response normalisation,
        3 × 3 kernels where the paper has 5 × 5 (a slip that its weights were trained with), and
        2 × 2 in the last max pooling.
    aux : bool
        With the two auxiliary heads, which work while training alone.
    channels : int
        Planes of a picture.
    classes : int
        Scores that come out.

    Returns
    -------
    GoogLeNet
        From ``(N, channels, 224, 224)`` to scores ``(N, classes)``, or, in training with the heads,
        to three of them (`Scores`). Parameters: 6 624 904, with heads 13 004 888; in the form of
        the paper 6 998 552 and 13 378 280.

    Raises
    ------
    ValueError, TypeError
        For an unknown form, a count below 1, a switch that is neither True nor False.

    Notes
    -----
    Every max pooling rounds up (``ceil_mode``): only then are there 56, 28, 14 and 7 pixels, as in
    table 1. The paper does not give the constants of its local response normalisation; here
    they are PyTorch's. torchvision's weights for this network want pictures from −1 to 1,
    (x − 0.5) / 0.5, where those of the others want ImageNet's means and deviations.

    References
    ----------
    Szegedy et al. (2015), "Going deeper with convolutions".

    Examples
    --------
    >>> with torch.device("meta"):
    ...     net, x = googlenet(aux=True), torch.zeros(2, 3, 224, 224)
    >>> net.eval()(x).shape
    torch.Size([2, 1000])
    >>> [scores.shape[1] for scores in net.train()(x)]
    [1000, 1000, 1000]
    """
    one_of("form", form, _FORMS)
    return GoogLeNet(form == "torchvision", aux, channels, classes)


class GoogLeNet(nn.Sequential):
    """One layer after the other; a head stands behind the module whose maps it takes.

    `googlenet` builds it.

    Parameters
    ----------
    as_torchvision, aux : bool
    channels, classes : int

    Examples
    --------
    >>> net = GoogLeNet(as_torchvision=True, aux=False, channels=1, classes=10).eval()
    >>> net(torch.zeros(1, 1, 32, 32)).shape
    torch.Size([1, 10])
    """

    def __init__(self, as_torchvision: bool, aux: bool, channels: int, classes: int) -> None:
        as_flag("as_torchvision", as_torchvision)
        as_flag("aux", aux)
        channels, classes = check_ends(channels, classes, features=1024, kernel=(64, 7, 7))
        conv = partial(conv_relu, norm=as_torchvision)
        half = partial(nn.MaxPool2d, stride=2, ceil_mode=True)
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        layers["conv1"] = conv(channels, 64, 7, stride=2)
        layers["maxpool1"] = half(3)
        if not as_torchvision:
            layers["norm1"] = nn.LocalResponseNorm(5)
        layers["conv2"] = conv(64, 64, 1)
        layers["conv3"] = conv(64, 192, 3)
        if not as_torchvision:
            layers["norm3"] = nn.LocalResponseNorm(5)
        layers["maxpool2"] = half(3)
        before = 192
        for name, widths in _TABLE.items():
            module = Inception(before, *widths, as_torchvision=as_torchvision)
            layers[f"inception{name}"], before = module, module.after
            if aux and name in ("4a", "4d"):
                head = _head(before, classes, as_torchvision)
                layers["aux1" if name == "4a" else "aux2"] = head
            if name == "3b":
                layers["maxpool3"] = half(3)
            if name == "4e":
                layers["maxpool4"] = half(2 if as_torchvision else 3)
        layers["avgpool"] = nn.AdaptiveAvgPool2d((1, 1))
        layers["flatten"] = nn.Flatten()
        layers["dropout"] = nn.Dropout(0.2 if as_torchvision else 0.4)
        layers["fc"] = nn.Linear(before, classes)
        super().__init__(layers)
        draw_he(self.modules())
        draw_normal([layer for layer in self.modules() if isinstance(layer, nn.Linear)])

    def forward(self, x: Tensor) -> Any:
        """Give ``(N, classes)``, or `Scores` of that shape in training with heads."""
        heads = []
        for name, layer in self.named_children():
            if not name.startswith("aux"):
                x = layer(x)
            elif self.training:
                heads.append(layer(x))
        return Scores(x, *heads) if heads else x


class Inception(nn.Module):
    """Four branches over the same maps, whose results are stacked.

    Parameters
    ----------
    before : int
        Maps that come in.
    one, reduce3, three, reduce5, five, pool : int
        Maps of a row of table 1: of the 1 × 1 convolution, before and out of the 3 × 3, before and
        out of the 5 × 5, and of the 1 × 1 behind the pooling.
    as_torchvision : bool
        Batch norm, and 3 × 3 in the place of 5 × 5.

    Examples
    --------
    >>> Inception(192, 64, 96, 128, 16, 32, 32)(torch.zeros(1, 192, 28, 28)).shape
    torch.Size([1, 256, 28, 28])
    """

    def __init__(
        self,
        before: int,
        one: int,
        reduce3: int,
        three: int,
        reduce5: int,
        five: int,
        pool: int,
        *,
        as_torchvision: bool = False,
    ) -> None:
        super().__init__()
        as_flag("as_torchvision", as_torchvision)
        before, one, reduce3, three, reduce5, five, pool = counts(
            before=before,
            one=one,
            reduce3=reduce3,
            three=three,
            reduce5=reduce5,
            five=five,
            pool=pool,
        )
        conv = partial(conv_relu, norm=as_torchvision)
        self.after = one + three + five + pool
        self.branch1 = conv(before, one, 1)
        self.branch2 = nn.Sequential(conv(before, reduce3, 1), conv(reduce3, three, 3))
        self.branch3 = nn.Sequential(
            conv(before, reduce5, 1), conv(reduce5, five, 3 if as_torchvision else 5)
        )
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), conv(before, pool, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Give ``(N, after, H, W)`` for ``(N, before, H, W)``."""
        branches = (self.branch1, self.branch2, self.branch3, self.branch4)
        return torch.cat([branch(x) for branch in branches], dim=1)


def conv_relu(
    before: int, after: int, kernel: int, stride: int = 1, *, norm: bool = False
) -> nn.Sequential:
    """Return a convolution that keeps the size, but for its stride, maybe a batch norm, and a ReLU.

    Examples
    --------
    >>> [name for name, _ in conv_relu(3, 8, 3, norm=True).named_children()]
    ['conv', 'bn', 'relu']
    """
    conv = nn.Conv2d(before, after, kernel, stride, padding=kernel // 2, bias=not norm)
    layers: OrderedDict[str, nn.Module] = OrderedDict(conv=conv)
    if norm:
        layers["bn"] = nn.BatchNorm2d(after, eps=0.001)
    layers["relu"] = nn.ReLU()
    return nn.Sequential(layers)


def _head(before: int, classes: int, as_torchvision: bool) -> nn.Sequential:
    # 14 × 14 to 4 × 4: the paper's 5 × 5 means, 3 apart; torchvision's are for any size.
    pool = nn.AdaptiveAvgPool2d((4, 4)) if as_torchvision else nn.AvgPool2d(5, stride=3)
    return nn.Sequential(
        OrderedDict(
            pool=pool,
            conv=conv_relu(before, 128, 1, norm=as_torchvision),
            flatten=nn.Flatten(),
            fc1=nn.Linear(128 * 4 * 4, 1024),
            relu=nn.ReLU(),
            dropout=nn.Dropout(0.7),
            fc2=nn.Linear(1024, classes),
        )
    )
