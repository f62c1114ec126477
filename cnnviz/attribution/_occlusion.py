"""The score, with a part of the picture covered."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from cnnviz.arrays import shown
from cnnviz.attribution._model import (
    asked,
    check_pictures,
    scores_of,
    targets_for,
    within,
)
from cnnviz.ledgers._ledger import bare_module
from cnnviz.shapes import per_axis, whole

__all__ = ["occlusion"]


def occlusion(
    model: nn.Module,
    x: Tensor,
    target: Any,
    window: int | Sequence[int],
    *,
    stride: int | Sequence[int] = 1,
    fill: float | Tensor = 0.0,
    batch: int = 64,
) -> Tensor:
    """Return by how much the score of a class falls when a window over each pixel is covered.

    Parameters
    ----------
    model : torch.nn.Module
        From pictures to scores, ``(N, classes)``.
    x : Tensor, ``(N, C, *n)``
    target : int or sequence of int
        The class, or one for each picture.
    window : int or tuple of int
        The size of what is covered, in all channels at once.
    stride : int or tuple of int
        How far the window moves; at most its size, so that each pixel is covered. The last window
        is cut off where the picture ends.
    fill : float or Tensor
        What stands in the place of the pixels: a number, or what broadcasts to x, as a colour
        ``(C, 1, 1)`` or a blurred picture.
    batch : int
        Covered pictures at a time.

    Returns
    -------
    Tensor, ``(N, *n)``
        For each pixel the score of x less that of the covered picture, the mean over all windows
        that cover it. Above 0 where the picture speaks for the class.

    Raises
    ------
    TypeError, ValueError
        For what is no model, picture, class, window, stride or fill, or if the model can't take x.

    References
    ----------
    Zeiler and Fergus, "Visualizing and understanding convolutional networks", ECCV (2014).

    Examples
    --------
    >>> model = nn.Sequential(nn.Flatten(), nn.Linear(4, 1, bias=False))
    >>> _ = model[1].weight.data.copy_(torch.tensor([[1.0, 2.0, 3.0, 4.0]]))
    >>> occlusion(model, torch.ones(1, 1, 2, 2), 0, window=1)
    tensor([[[1., 2.],
             [3., 4.]]])
    """
    model, x = bare_module(model), check_pictures(x)
    size = x.shape[2:]
    windows = per_axis("window", window, len(size))
    steps = per_axis("stride", stride, len(size))
    batch = whole("batch", batch)
    for n, k, s in zip(size, windows, steps, strict=True):
        if k > n:
            raise ValueError(f"window must be at most {n}, the picture's size, got {shown(window)}")
        if s > k:
            raise ValueError(
                f"stride must be at most {k}, the window's size, or pixels would never be covered; "
                f"got {shown(stride)}"
            )
    cover = _cover(fill, x)
    places = list(_places(size, windows, steps))
    with asked(model), torch.no_grad():
        falls, times = torch.zeros_like(x[:, 0]), torch.zeros_like(x[0, 0])
        columns = targets_for(target, len(x), scores_of(model, x).shape[1])
        for i, column in enumerate(columns.tolist()):
            before = scores_of(model, x[i : i + 1])[0, column]
            for first in range(0, len(places), batch):
                some = places[first : first + batch]
                covered = x[i].repeat(len(some), *([1] * (x.ndim - 1)))
                for picture, place in zip(covered, some, strict=True):
                    here = (slice(None), *place)
                    picture[here] = cover[i][here]
                fall = before - scores_of(model, covered)[:, column]
                for amount, place in zip(fall, some, strict=True):
                    falls[i][place] += amount
        for place in places:
            times[place] += 1
        return falls / times


def _places(
    size: Sequence[int], windows: Sequence[int], steps: Sequence[int]
) -> Iterator[tuple[slice, ...]]:
    """Yield where the window stands, from the first pixel on, until all is covered."""
    along = (
        [slice(i * s, min(i * s + k, n)) for i in range(-(-(n - k) // s) + 1)]
        for n, k, s in zip(size, windows, steps, strict=True)
    )
    return itertools.product(*along)


def _cover(fill: Any, x: Tensor) -> Tensor:
    """Return the pictures that are seen through the window."""
    dense = isinstance(fill, Tensor) and fill.layout is torch.strided and not fill.is_nested
    if not isinstance(fill, Tensor) or (dense and fill.ndim == 0):
        return torch.full_like(x, within("fill", fill))
    if not dense or fill.is_meta or fill.is_complex():
        raise TypeError(f"fill must be a number or a dense tensor of them, got {shown(fill)}")
    try:
        cover = fill.detach().to(x).expand_as(x)
    except RuntimeError:
        raise ValueError(
            f"fill must be a number, or broadcast to x, {tuple(x.shape)}; got {tuple(fill.shape)}"
        ) from None
    if not torch.isfinite(cover).all():
        raise ValueError("fill must be finite; it has NaN or infinite values")
    return cover
