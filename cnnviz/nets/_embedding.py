"""A small network that gives a picture a place among others."""

from __future__ import annotations

from collections import OrderedDict

import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.shapes import per_axis, whole

__all__ = ["UnitLength", "embedding"]

WIDTHS = (16, 32, 64)
MOST_FEATURES, LARGEST = 1024, 256


class UnitLength(nn.Module):
    """Divide each example's features (N, D) by their length, so that they lie on a sphere.

    Examples
    --------
    >>> import torch
    >>> UnitLength()(torch.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return features of length 1."""
        return F.normalize(x)


def embedding(
    features: int = 32, *, size: int | tuple[int, int] = 32, channels: int = 1
) -> nn.Sequential:
    """Build three convolutions with pooling, a linear layer, and features of length 1.

    Parameters
    ----------
    features : int
        How many numbers stand for a picture, up to 1024.
    size : int or (int, int)
        Height and width of the pictures, from 8 to 256.
    channels : int
        Of the pictures, up to 1024.

    Returns
    -------
    torch.nn.Sequential
        (N, channels, H, W) to (N, features).

    Raises
    ------
    TypeError, ValueError
        If an argument is not a whole number, or out of these bounds.

    Examples
    --------
    >>> import torch
    >>> net = embedding(8, size=24)
    >>> net(torch.rand(5, 1, 24, 24)).shape
    torch.Size([5, 8])
    """
    features, before = whole("features", features, 1), whole("channels", channels, 1)
    height, width = per_axis("size", size, 2, 8)
    for name, value, most in (
        ("features", features, MOST_FEATURES),
        ("channels", before, MOST_FEATURES),
        ("size", max(height, width), LARGEST),
    ):
        if value > most:
            raise ValueError(f"{name} must be at most {most}, got {value}")
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for at, after in enumerate(WIDTHS, 1):
        layers[f"conv{at}"] = nn.Conv2d(before, after, 3, padding=1)
        layers[f"relu{at}"] = nn.ReLU()
        layers[f"pool{at}"] = nn.MaxPool2d(2)
        before = after
    layers["flatten"] = nn.Flatten()
    layers["linear"] = nn.Linear(before * (height // 8) * (width // 8), features)
    layers["unit"] = UnitLength()
    return nn.Sequential(layers)
