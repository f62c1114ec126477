"""LeNet-5, as it is built today and as it was published in 1998."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz import digit_network
from cnnviz.nets._common import check_ends, one_of

__all__ = [
    "C3_TABLE",
    "PartialConv2d",
    "Prototypes",
    "ScaledTanh",
    "Subsampling",
    "digit_prototypes",
    "lenet5",
    "lenet5_1998",
    "trained_lenet5",
]

#: Which maps of S2 each map of C3 sees: table I of LeCun et al. (1998), column by column.
C3_TABLE: tuple[tuple[int, ...], ...] = (
    (0, 1, 2),
    (1, 2, 3),
    (2, 3, 4),
    (3, 4, 5),
    (0, 4, 5),
    (0, 1, 5),
    (0, 1, 2, 3),
    (1, 2, 3, 4),
    (2, 3, 4, 5),
    (0, 3, 4, 5),
    (0, 1, 4, 5),
    (0, 1, 2, 5),
    (0, 1, 3, 4),
    (1, 2, 4, 5),
    (0, 2, 3, 5),
    (0, 1, 2, 3, 4, 5),
)

_PADDING = {28: 2, 32: 0}  # what C1 needs to give 28 × 28
_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}
_POOLS: dict[str, Callable[[], nn.Module]] = {
    "max": lambda: nn.MaxPool2d(2),
    "mean": lambda: nn.AvgPool2d(2),
}


def lenet5(
    size: int = 28,
    *,
    activation: str = "relu",
    pool: str = "max",
    channels: int = 1,
    classes: int = 10,
) -> nn.Sequential:
    """LeNet-5 as it is built today: every map of C3 sees all of S2, and the last layer is linear.

    Parameters
    ----------
    size : 28 or 32
        Height and width of the pictures. 28 × 28 ones are padded by 2 zeros on each side in C1.
    activation : "relu", "tanh" or "sigmoid"
        What follows C1, C3, C5 and F6.
    pool : "max" or "mean"
        How S2 and S4 take 2 × 2 values together.
    channels : int
        Planes of a picture.
    classes : int
        Scores that come out.

    Returns
    -------
    torch.nn.Sequential
        From ``(N, channels, size, size)`` to scores ``(N, classes)``; 61 706 parameters, all
        trainable, for one channel and ten classes.

    Raises
    ------
    ValueError, TypeError
        For another size, an unknown name, a count below 1.

    Notes
    -----
    None of the activations ever falls, so it doesn't matter for max pooling whether they come
    before or after it; after it there is a quarter of the work. Mean pooling is not so patient:
    there the activation comes first.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner (1998), "Gradient-based learning applied to document
    recognition".

    Examples
    --------
    >>> net = lenet5()
    >>> net(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    >>> net.c3
    Conv2d(6, 16, kernel_size=(5, 5), stride=(1, 1))
    """
    padding = _PADDING[one_of("size", size, _PADDING)]
    squash = _ACTIVATIONS[one_of("activation", activation, _ACTIVATIONS)]
    shrink = _POOLS[one_of("pool", pool, _POOLS)]

    channels, classes = check_ends(channels, classes, features=84, kernel=(6, 5, 5))

    def stage(number: int, conv: nn.Module) -> list[tuple[str, nn.Module]]:
        after = [(f"s{number + 1}", shrink()), (f"squash{number}", squash())]
        return [(f"c{number}", conv), *(after if pool == "max" else reversed(after))]

    return nn.Sequential(
        OrderedDict(
            [
                *stage(1, nn.Conv2d(channels, 6, 5, padding=padding)),
                *stage(3, nn.Conv2d(6, 16, 5)),
                ("c5", nn.Conv2d(16, 120, 5)),
                ("flatten", nn.Flatten()),
                ("squash5", squash()),
                ("f6", nn.Linear(120, 84)),
                ("squash6", squash()),
                ("output", nn.Linear(84, classes)),
            ]
        )
    )


def trained_lenet5() -> nn.Sequential:
    """LeNet-5 as `lenet5` builds it, trained on MNIST: the network of `cnnviz.DigitPad`.

    Returns
    -------
    torch.nn.Sequential
        A new network, whose weights are those of `cnnviz.digit_network`: whole numbers times a
        scale for each output.

    Examples
    --------
    >>> net = trained_lenet5()
    >>> net(torch.zeros(1, 1, 28, 28)).shape
    torch.Size([1, 10])
    """
    net = lenet5()
    weights = digit_network.restored()
    net.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    return net


def lenet5_1998(size: int = 32) -> nn.Sequential:
    """LeNet-5 as it was published, with 60 000 trainable parameters.

    C3 follows the table of connections, S2 and S4 have a factor and a bias for each map, every
    layer to F6 ends in the scaled tanh, and the output is the distance to ten fixed patterns of
    7 × 12 pixels. Its sign is turned, so that here, too, the largest score wins, and cross-entropy
    is the paper's criterion (its equation 9 without the constant j).

    Parameters
    ----------
    size : 32 or 28
        Height and width of the pictures, as in `lenet5`. The paper scales grey values so that
        white is −0.1 and black 1.175.

    Returns
    -------
    torch.nn.Sequential
        From ``(N, 1, size, size)`` to scores ``(N, 10)``.

    Raises
    ------
    ValueError
        For another size.

    Examples
    --------
    >>> from cnnviz.nets import parameter_count
    >>> net = lenet5_1998()
    >>> [parameter_count(layer) for layer in (net.c1, net.s2, net.c3, net.s4, net.c5, net.f6)]
    [156, 12, 1516, 32, 48120, 10164]
    """
    padding = _PADDING[one_of("size", size, _PADDING)]
    return nn.Sequential(
        OrderedDict(
            [
                ("c1", _as_1998(nn.Conv2d(1, 6, 5, padding=padding))),
                ("squash1", ScaledTanh()),
                ("s2", Subsampling(6)),
                ("squash2", ScaledTanh()),
                ("c3", PartialConv2d(C3_TABLE, 5)),
                ("squash3", ScaledTanh()),
                ("s4", Subsampling(16)),
                ("squash4", ScaledTanh()),
                ("c5", _as_1998(nn.Conv2d(16, 120, 5))),
                ("flatten", nn.Flatten()),
                ("squash5", ScaledTanh()),
                ("f6", _as_1998(nn.Linear(120, 84))),
                ("squash6", ScaledTanh()),
                ("output", Prototypes(digit_prototypes())),
            ]
        )
    )


class ScaledTanh(nn.Module):
    """1.7159 · tanh(2x / 3), whose values at ±1 are ±1.

    Examples
    --------
    >>> ScaledTanh()(torch.tensor([-1.0, 0.0, 1.0]))
    tensor([-1.0000,  0.0000,  1.0000])
    """

    def forward(self, x: Tensor) -> Tensor:
        """Squash every value."""
        return 1.7159 * torch.tanh(2 / 3 * x)


class Subsampling(nn.Module):
    """The sum of each 2 × 2 block, times a factor, plus a bias: one of each for every map.

    Examples
    --------
    >>> Subsampling(6)(torch.zeros(1, 6, 28, 28)).shape
    torch.Size([1, 6, 14, 14])
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels, 1, 1))
        self.bias = nn.Parameter(torch.empty(channels, 1, 1))
        _draw_as_1998(self.weight, 4)
        _draw_as_1998(self.bias, 4)

    def forward(self, x: Tensor) -> Tensor:
        """Halve height and width."""
        return self.weight * (4 * F.avg_pool2d(x, 2)) + self.bias


class PartialConv2d(nn.Module):
    """A convolution whose output maps each see some of the input maps alone.

    Parameters
    ----------
    table : sequence of tuples of int
        For each output map, the input maps that it sees.
    kernel : int
        Height and width of the kernels.

    Examples
    --------
    >>> conv = PartialConv2d(C3_TABLE, 5)
    >>> conv.weight.shape  # a kernel for each connection
    torch.Size([60, 5, 5])
    >>> conv(torch.zeros(1, 6, 14, 14)).shape
    torch.Size([1, 16, 10, 10])
    """

    outputs: Tensor
    inputs: Tensor

    def __init__(self, table: Sequence[Sequence[int]], kernel: int) -> None:
        super().__init__()
        pairs = [(out, source) for out, sources in enumerate(table) for source in sources]
        self.register_buffer("outputs", torch.tensor([out for out, _ in pairs]), persistent=False)
        self.register_buffer("inputs", torch.tensor([i for _, i in pairs]), persistent=False)
        self.maps = (len(table), 1 + max(source for _, source in pairs))
        self.weight = nn.Parameter(torch.empty(len(pairs), kernel, kernel))
        self.bias = nn.Parameter(torch.empty(len(table)))
        for (out, _), weight in zip(pairs, self.weight, strict=True):
            _draw_as_1998(weight, len(table[out]) * kernel**2)
        for sources, bias in zip(table, self.bias, strict=True):
            _draw_as_1998(bias, len(sources) * kernel**2)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve with the kernels in their places, and zeros where nothing is connected."""
        places = self.weight.new_zeros(*self.maps, *self.weight.shape[1:])
        return F.conv2d(x, places.index_put((self.outputs, self.inputs), self.weight), self.bias)


class Prototypes(nn.Module):
    """Minus the squared distance to each of some fixed patterns.

    Parameters
    ----------
    patterns : Tensor
        ``(classes, features)``; not trained.

    Examples
    --------
    >>> Prototypes(torch.eye(2))(torch.tensor([[3.0, 0.0]]))
    tensor([[ -4., -10.]])
    """

    patterns: Tensor

    def __init__(self, patterns: Tensor) -> None:
        super().__init__()
        self.register_buffer("patterns", patterns)

    def forward(self, x: Tensor) -> Tensor:
        """Score every class: 0 is a perfect match."""
        return -(x[:, None] - self.patterns).square().sum(-1)


# Drawn for this course, after the idea of the paper's figure 3: digits of 7 × 12 pixels.
_DIGITS = """
.......  .......  .......  .......  .......  .......  .......  .......  .......  .......
..###..  ...##..  .####..  .####..  ....##.  ######.  ..####.  #######  .#####.  .####..
.##.##.  ..###..  ##..##.  ##..##.  ...###.  ##.....  .##....  #######  ##...##  ##..##.
##...##  .####..  .....##  .....##  ..####.  ##.....  ##.....  .....##  ##...##  ##...##
##...##  ...##..  .....##  .....##  .##.##.  ##.....  ##.....  ....##.  .##.##.  ##...##
##...##  ...##..  ....##.  ..####.  ##..##.  #####..  #####..  ....##.  ..###..  .##..##
##...##  ...##..  ...##..  ..####.  #######  ##..##.  ##..##.  ...##..  ..###..  ..#####
##...##  ...##..  ..##...  .....##  #######  .....##  ##...##  ...##..  .##.##.  .....##
##...##  ...##..  .##....  .....##  ....##.  .....##  ##...##  ..##...  ##...##  .....##
.##.##.  ...##..  ##.....  ##..##.  ....##.  ##..##.  .##.##.  ..##...  ##...##  ....##.
..###..  ..####.  #######  .####..  ....##.  .####..  ..###..  ..##...  .#####.  .####..
.......  .......  .......  .......  .......  .......  .......  .......  .......  .......
"""


def digit_prototypes() -> Tensor:
    """Return the ten digits as patterns of 7 × 12 pixels, ink +1 and paper −1.

    Returns
    -------
    Tensor
        ``(10, 84)``, row by row.

    Examples
    --------
    >>> for row in digit_prototypes()[7].reshape(12, 7)[1:5]:
    ...     print("".join(".#"[int(value > 0)] for value in row))
    #######
    #######
    .....##
    ....##.
    """
    rows = [line.split() for line in _DIGITS.split("\n") if line]
    digits = ["".join(row[digit] for row in rows) for digit in range(10)]
    return torch.tensor([[1.0 if pixel == "#" else -1.0 for pixel in d] for d in digits])


Layer = TypeVar("Layer", nn.Conv2d, nn.Linear)


def _as_1998(layer: Layer) -> Layer:
    fan_in = layer.weight[0].numel()
    _draw_as_1998(layer.weight, fan_in)
    if layer.bias is not None:
        _draw_as_1998(layer.bias, fan_in)
    return layer


def _draw_as_1998(weight: Tensor, fan_in: int) -> None:
    """Draw evenly from ±2.4 / (inputs of the unit), as the paper does."""
    bound = 2.4 / fan_in
    with torch.no_grad():
        weight.uniform_(-bound, bound)
