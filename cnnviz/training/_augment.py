"""What is done to the pictures of a batch so that no two epochs see the same ones."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from cnnviz.arrays import shown
from cnnviz.shapes import whole

__all__ = ["random_crop", "random_flip"]


def random_crop(
    pictures: Tensor, padding: int = 4, *, generator: torch.Generator | None = None
) -> Tensor:
    """Pad each picture with zeros and cut a piece of the old size out, anywhere.

    Parameters
    ----------
    pictures : Tensor
        ``(N, C, H, W)``.
    padding : int
        Zeros on each side, so that a picture moves by at most as many pixels.
    generator : torch.Generator, optional
        Of the CPU, wherever the pictures are.

    Returns
    -------
    Tensor
        ``(N, C, H, W)``, in the dtype that came.

    Raises
    ------
    ValueError, TypeError
        For a padding below 1 or beyond the picture's size, or what is no batch of pictures.

    Examples
    --------
    >>> random_crop(torch.ones(2, 3, 32, 32)).shape
    torch.Size([2, 3, 32, 32])
    """
    count, channels, height, width = _checked_shape(pictures, generator)
    padding = whole("padding", padding)
    if padding > min(height, width):
        raise ValueError(f"padding must be at most {min(height, width)}, got {padding}")
    padded = F.pad(pictures, (padding, padding, padding, padding))
    moves = torch.randint(0, 2 * padding + 1, (2, count), generator=generator).to(pictures.device)
    rows = moves[0, :, None] + torch.arange(height, device=pictures.device)
    columns = moves[1, :, None] + torch.arange(width, device=pictures.device)
    # One take for the whole batch: where each pixel lies in the padded picture, as one number.
    places = rows[:, :, None] * (width + 2 * padding) + columns[:, None, :]
    places = places.view(count, 1, -1).expand(-1, channels, -1)
    return padded.flatten(2).gather(2, places).view(pictures.shape)


def random_flip(pictures: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
    """Mirror each picture, left to right, or don't: one is as likely as the other.

    Parameters
    ----------
    pictures : Tensor
        ``(N, C, H, W)``.
    generator : torch.Generator, optional
        Of the CPU, wherever the pictures are.

    Returns
    -------
    Tensor
        ``(N, C, H, W)``.

    Raises
    ------
    ValueError, TypeError
        For what is no batch of pictures.

    Examples
    --------
    >>> random_flip(torch.ones(2, 3, 32, 32)).shape
    torch.Size([2, 3, 32, 32])
    """
    count = _checked_shape(pictures, generator)[0]
    mirrored = torch.rand(count, generator=generator).to(pictures.device) < 0.5
    return torch.where(mirrored[:, None, None, None], pictures.flip(-1), pictures)


def _checked_shape(
    pictures: Tensor, generator: torch.Generator | None
) -> tuple[int, int, int, int]:
    if not isinstance(generator, (torch.Generator, type(None))):
        raise TypeError(f"generator must be a torch.Generator, got {shown(generator)}")
    if not isinstance(pictures, Tensor) or pictures.is_nested:
        raise TypeError(f"pictures must be a dense tensor, got a {type(pictures).__name__}")
    if pictures.ndim != 4:
        raise ValueError(f"pictures must be (N, C, H, W), got shape {tuple(pictures.shape)}")
    count, channels, height, width = pictures.shape
    return count, channels, height, width
