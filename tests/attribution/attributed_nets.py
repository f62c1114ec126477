"""Small networks to be looked into, written in the ways that networks are written."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def seeded(build, seed=0):
    torch.manual_seed(seed)
    return build().double()


def plain(inplace=False, norm=False):
    """Return two convolutions, pooling, and two dense layers for 2×9×9."""
    return nn.Sequential(
        nn.Conv2d(2, 5, 3, padding=1),
        *([nn.BatchNorm2d(5)] if norm else []),
        nn.ReLU(inplace=inplace),
        nn.MaxPool2d(2),
        nn.Conv2d(5, 6, 3),
        nn.ReLU(inplace=inplace),
        nn.Dropout(0.5),
        nn.Flatten(),
        nn.Linear(24, 8),
        nn.ReLU(inplace=inplace),
        nn.Linear(8, 4),
    )


def pooled(mean=True):
    """Return a network that ends in maps, their mean, and one dense layer, for 2×9×9."""
    return nn.Sequential(
        nn.Conv2d(2, 5, 3),
        nn.ReLU(),
        nn.Conv2d(5, 6, 3),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1) if mean else nn.AdaptiveMaxPool2d(1),
        nn.Flatten(),
        nn.Linear(6, 4),
    )


class Functional(nn.Module):
    """The layers of `plain` with a ReLU that is called in some other way."""

    def __init__(self, relu):
        super().__init__()
        self.layers = nn.ModuleList(m for m in plain() if not isinstance(m, nn.ReLU))
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        first, pool, second, dropout, flat, dense, last = self.layers
        x = pool(self.relu(first(x)))
        x = dropout(self.relu(second(x)))
        return last(self.relu(dense(flat(x))))


WAYS = {
    "one module three times": nn.ReLU(),
    "one module in place": nn.ReLU(inplace=True),
    "F.relu": F.relu,
    "F.relu, inplace": lambda x: F.relu(x, inplace=True),
    "F.relu, by position": lambda x: F.relu(x, True),
    "F.relu_": F.relu_,
    "torch.relu": torch.relu,
    "torch.relu_": torch.relu_,
    "x.relu()": lambda x: x.relu(),
    "x.relu_()": lambda x: x.relu_(),
}


class Kept(nn.Module):
    """Goes on with what a ReLU in place wrote over."""

    def __init__(self, inplace=True):
        super().__init__()
        self.conv, self.head = nn.Conv2d(2, 4, 3), nn.Linear(4, 3)
        self.inplace = inplace

    def forward(self, x: Tensor) -> Tensor:
        a = self.conv(x)
        b = F.relu(a, inplace=self.inplace)
        both = a + 2 * b if self.inplace else b + 2 * b
        return self.head(both.mean((2, 3)))


class Restless(nn.Module):
    """Draws at random, counts its runs, and moves a buffer, in any mode."""

    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(2, 4, 3), nn.Linear(4, 3)
        self.norm, self.drop = nn.BatchNorm2d(4), nn.Dropout(0.5)
        self.register_buffer("mean", torch.zeros(4))
        self.runs = 0

    def forward(self, x: Tensor) -> Tensor:
        self.runs += 1
        a = F.relu(self.norm(self.conv(x)), inplace=True)
        self.mean.mul_(0.9).add_(0.1 * a.detach().mean((0, 2, 3)))
        a = self.drop(a) + 1e-3 * torch.rand_like(a)
        return self.head(a.mean((2, 3)))
