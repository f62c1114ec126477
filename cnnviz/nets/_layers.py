"""Layers that PyTorch does not have and more than one chapter uses."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.arrays import shown
from cnnviz.shapes import whole

__all__ = ["DropConnect", "StochasticPool2d"]


class DropConnect(nn.Linear):
    """A linear layer that drops weights while it is trained, where dropout drops features.

    Each weight is 0 with probability `p` and otherwise divided by 1 − p; in inference all are there
    as they are. Wan et al. (2013) draw a mask for each example; this layer draws one for the batch,
    since a mask for each would be as large as the weights times the batch.

    Parameters
    ----------
    in_features, out_features : int
        As in `torch.nn.Linear`.
    p : float
        The share that is dropped, from 0 to below 1.

    Raises
    ------
    ValueError
        For another share.

    Examples
    --------
    >>> layer = DropConnect(4, 2, p=0.5)
    >>> layer(torch.zeros(3, 4)).shape
    torch.Size([3, 2])
    """

    def __init__(self, in_features: int, out_features: int, p: float = 0.5) -> None:
        super().__init__(in_features, out_features)
        if not 0 <= p < 1:
            raise ValueError(f"p must be from 0 to below 1, got {shown(p)}")
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """Give ``(N, out_features)`` for ``(N, in_features)``."""
        return F.linear(x, F.dropout(self.weight, self.p, self.training), self.bias)


class StochasticPool2d(nn.Module):
    """Pooling that picks a value by lot, each with a chance in proportion to itself.

    With values a ≥ 0 in a window (those below 0 count as 0), aᵢ is picked with probability
    aᵢ / Σa while training. In inference the result is what is to be expected, Σa² / Σa. A window
    of zeros gives 0. After Zeiler and Fergus (2013), equations 4 to 6.

    Parameters
    ----------
    kernel : int
        Height and width of a window, and the stride. What is left over at the end is cut off.

    Examples
    --------
    >>> pool = StochasticPool2d(2).eval()
    >>> pool(torch.tensor([[[[1.0, 0.0], [0.0, 3.0]]]]))
    tensor([[[[2.5000]]]])
    """

    def __init__(self, kernel: int) -> None:
        super().__init__()
        self.kernel = whole("kernel", kernel)

    def forward(self, x: Tensor) -> Tensor:
        """Give ``(N, C, ⌊H/k⌋, ⌊W/k⌋)`` for ``(N, C, H, W)``."""
        k = self.kernel
        windows = F.relu(x).unfold(-2, k, k).unfold(-2, k, k).flatten(-2)
        total = windows.sum(-1, keepdim=True)
        if not self.training:
            return (windows * windows / total.where(total > 0, 1)).sum(-1)
        # The first value at which the running sum passes a point drawn from 0 to the whole sum.
        sums = windows.detach().cumsum(-1)
        point = torch.rand_like(sums[..., :1]) * sums[..., -1:]
        place = (sums <= point).sum(-1, keepdim=True).clamp(max=k * k - 1)
        return windows.gather(-1, place).squeeze(-1)
