"""Losses for embeddings in PyTorch, with the choice of triplets, and batches that have some."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from cnnviz.arrays import as_array, as_number, shown
from cnnviz.shapes import whole

__all__ = ["MINING", "contrastive_loss", "identity_batch", "triplet_loss"]

#: Which triplets of a batch count.
FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
MINING = ("all", "semi-hard", "hardest")


def triplet_loss(
    features: Tensor, labels: Tensor, margin: float = 0.2, mining: str = "semi-hard"
) -> Tensor:
    """Mean of max(0, ‖a − p‖² − ‖a − n‖² + margin) over triplets that are chosen in a batch.

    "all": every triplet. "semi-hard", after FaceNet: for each anchor and positive, the nearest
    negative that is farther away than the positive, or else the farthest there is. "hardest":
    for each anchor, the farthest positive and the nearest negative.

    Parameters
    ----------
    features : Tensor, shape (N, D)
    labels : Tensor of int, shape (N,)
        Identities; some must come twice, and there must be two.
    margin : float
        At least 0, in squared distance.
    mining : {"all", "semi-hard", "hardest"}

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, or no triplet is in the batch.

    Examples
    --------
    >>> features = torch.tensor([[0.0, 0], [1, 0], [0, 1], [0, 3]])
    >>> labels = torch.tensor([0, 0, 1, 1])
    >>> [triplet_loss(features, labels, 0.5, how).item() for how in ("all", "hardest")]
    [0.8125, 1.0]
    """
    squared, same, width = _batch(features, labels, margin)
    if not isinstance(mining, str) or mining not in MINING:
        raise ValueError(f"mining must be one of {', '.join(MINING)}; got {shown(mining)}")
    own = same & ~torch.eye(len(same), dtype=torch.bool, device=same.device)
    a, p = torch.nonzero(own, as_tuple=True)
    if not len(a) or bool(same.all()):
        raise ValueError("labels must hold an identity twice, and another: there is no triplet")
    far, nothing = torch.inf, -torch.inf
    if mining == "hardest":
        has_positive = own.any(1)
        positive = squared.masked_fill(~own, nothing).amax(1)[has_positive]
        negative = squared.masked_fill(same, far).amin(1)[has_positive]
        return torch.relu(positive - negative + width).mean()
    between, others = squared[a, p], squared[a].masked_fill(same[a], far)
    if mining == "all":
        return torch.relu(between[:, None] - others + width)[~same[a]].mean()
    beyond = others.masked_fill(others <= between[:, None], far).amin(1)
    farthest = squared[a].masked_fill(same[a], nothing).amax(1)
    return torch.relu(between - torch.where(beyond < far, beyond, farthest) + width).mean()


def contrastive_loss(features: Tensor, labels: Tensor, margin: float = 1.0) -> Tensor:
    """Mean over all pairs of ½ d² (same identity) and ½ max(0, margin − d)² (another one).

    Parameters
    ----------
    features, labels, margin
        As in `triplet_loss`; the margin is a distance, not a squared one.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, or there are fewer than two examples.

    Examples
    --------
    >>> contrastive_loss(torch.tensor([[0.0], [0.5]]), torch.tensor([0, 1])).item()
    0.125
    """
    squared, same, width = _batch(features, labels, margin)
    if len(same) < 2:
        raise ValueError("features must be at least two, for a pair, got one")
    i, j = torch.triu_indices(len(same), len(same), 1, device=same.device)
    near, alike = squared[i, j], same[i, j]
    distance = near.clamp_min(1e-24).sqrt()  # the root has no gradient at 0
    return torch.where(alike, near, torch.relu(width - distance).square()).mean() / 2


def _batch(features: Tensor, labels: Tensor, margin: float) -> tuple[Tensor, Tensor, float]:
    """Return squared distances, which are of one identity, and the margin."""
    if not _is_dense(features) or features.dtype not in FLOATS or features.ndim != 2:
        raise ValueError(f"features must be a tensor of floats (N, D), got {shown(features)}")
    if not _is_dense(labels) or labels.shape != features.shape[:1]:
        raise ValueError(f"labels must be a tensor ({len(features)},), got {shown(labels)}")
    width = as_number("margin", margin)
    if width < 0:
        raise ValueError(f"margin must be at least 0, got {shown(margin)}")
    squared = (features[:, None] - features).square().sum(-1)
    return squared, labels[:, None] == labels, width


def _is_dense(value: object) -> bool:
    return (
        isinstance(value, Tensor)
        and not value.is_nested
        and value.layout == torch.strided
        and not value.is_quantized
        and value.device.type != "meta"
    )


def identity_batch(
    labels: ArrayLike, identities: int, each: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw a batch that has pairs in it: some identities, and some pictures of each.

    Parameters
    ----------
    labels : array_like of int, shape (N,)
    identities, each : int
        How many are drawn; those that have too few pictures are passed over.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int, shape (identities · each,)
        Places in `labels`, none of them twice.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, or there are too few identities.

    Examples
    --------
    >>> batch = identity_batch([0, 0, 0, 1, 2, 2], 2, 2, np.random.default_rng(0))
    >>> np.array([0, 0, 0, 1, 2, 2])[batch].tolist()
    [0, 0, 2, 2]
    """
    names = as_array("labels", labels, axes=(1,))
    identities, each = whole("identities", identities, 1), whole("each", each, 1)
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy.random.Generator, got {shown(rng)}")
    known, counts = np.unique(names, return_counts=True)
    enough = known[counts >= each]
    if len(enough) < identities:
        raise ValueError(
            f"identities must be at most {len(enough)}, as many as have {each} pictures, "
            f"got {identities}"
        )
    chosen = np.sort(rng.choice(enough, identities, replace=False))
    places = [rng.choice(np.flatnonzero(names == one), each, replace=False) for one in chosen]
    return np.concatenate(places).astype(np.int64)
