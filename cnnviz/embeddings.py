"""Embeddings: points that lie near one another where they show the same thing.

The losses that pull them together and push them apart, each above its own gradient; which triplets
teach anything; and what a threshold on the distance makes of pairs.

>>> from cnnviz import embeddings
>>> points, labels = [[0, 0], [3, 0], [0, 2]], ["Ann", "Ann", "Ben"]
>>> embeddings.triplets(labels).tolist()
[[0, 1, 2], [1, 0, 2]]
>>> embeddings.triplet_loss(points, embeddings.triplets(labels), margin=1)  # 9 − 4 + 1 and 0
3.0
"""

# Arrays that come in are typed Any (ArrayLike), so NumPy's functions on them are, too.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz import shapes
from cnnviz.arrays import as_array, as_number, refuse_large, shown

__all__ = [
    "KINDS",
    "contrastive_loss",
    "contrastive_loss_backward",
    "equal_error_interval",
    "equal_error_rate",
    "error_rates",
    "few_shot_accuracy",
    "operating_points",
    "pairs",
    "squared_distances",
    "triplet_kinds",
    "triplet_loss",
    "triplet_loss_backward",
    "triplets",
]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Of a triplet, from what teaches nothing to what is the wrong way round.
KINDS = ("easy", "semi-hard", "hard")

MOST_DRAWS = 10_000

_BLOCK = 2**20  # differences at a time
_silently = np.errstate(over="ignore", invalid="ignore")  # what is too large becomes infinite


@_silently
def squared_distances(points: ArrayLike, others: ArrayLike | None = None) -> Floats:
    """Return ‖x − y‖² for each of `points` and each of `others`.

    By the differences themselves: |x|² − 2xy + |y|², which is quicker, is rounded to 0 or below it
    for points that lie close together.

    Parameters
    ----------
    points : array_like, shape (N, D)
    others : array_like, shape (M, D), optional
        `points` again if left out.

    Returns
    -------
    ndarray of float64, shape (N, M)

    Raises
    ------
    TypeError, ValueError
        For what isn't finite numbers of these shapes.

    Examples
    --------
    >>> squared_distances([[0, 0], [3, 4]], [[0, 1]])
    array([[ 1.],
           [18.]])
    """
    x = _points("points", points)
    y = x if others is None else _points("others", others)
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"others must have {x.shape[1]} columns as points, got shape {y.shape}")
    refuse_large("points", (len(x), len(y)), np.dtype(np.float64))
    squared = np.empty((len(x), len(y)))
    rows = max(1, _BLOCK // y.size)
    for at in range(0, len(x), rows):
        difference = x[at : at + rows, np.newaxis] - y
        squared[at : at + rows] = np.einsum("nmd,nmd->nm", difference, difference)
    return squared


# ---- pairs ---------------------------------------------------------------------------------------


def pairs(labels: ArrayLike) -> tuple[Integers, NDArray[np.bool_]]:
    """Return all pairs of examples, and which of them show the same identity.

    Parameters
    ----------
    labels : array_like, shape (N,)
        Identities: whole numbers or texts.

    Returns
    -------
    pairs : ndarray of int, shape (N (N − 1) / 2, 2)
        Places in `labels`, the first the lower one.
    same : ndarray of bool

    Examples
    --------
    >>> pairs(["Ann", "Ann", "Ben"])
    (array([[0, 1],
           [0, 2],
           [1, 2]]), array([ True, False, False]))
    """
    names = _labels(labels)
    first, second = np.triu_indices(len(names), 1)
    return np.stack([first, second], 1).astype(np.int64), names[first] == names[second]


@_silently
def contrastive_loss(points: ArrayLike, labels: ArrayLike, margin: float = 1.0) -> float:
    """Mean over all pairs of ½ d² (same identity) and ½ max(0, margin − d)² (another one).

    Hadsell, Chopra, LeCun: Dimensionality reduction by learning an invariant mapping (2006), eq. 4.

    Parameters
    ----------
    points : array_like, shape (N, D)
    labels : array_like, shape (N,)
        Identities: whole numbers or texts.
    margin : float
        The distance from which on others are left alone, at least 0.

    Raises
    ------
    TypeError, ValueError
        For what isn't finite points with a label each, and for fewer than two.

    Examples
    --------
    >>> contrastive_loss([[0, 0], [0.6, 0.8]], ["Ann", "Ann"])
    0.5
    >>> contrastive_loss([[0, 0], [0.3, 0.4]], ["Ann", "Ben"])
    0.125
    """
    _, _, same, distance, gap = _contrasts(points, labels, margin)
    return float(np.where(same, distance**2, gap**2).mean() / 2)


@_silently
def contrastive_loss_backward(points: ArrayLike, labels: ArrayLike, margin: float = 1.0) -> Floats:
    """Gradient of `contrastive_loss` with respect to the points.

    Two points that coincide have no direction in which to part: their pair's share is 0.

    Examples
    --------
    >>> contrastive_loss_backward([[0, 0], [0.5, 0]], ["Ann", "Ben"]).tolist()
    [[0.5, 0.0], [-0.5, 0.0]]
    """
    x, both, same, distance, gap = _contrasts(points, labels, margin)
    apart = np.divide(-gap, distance, out=np.zeros_like(gap), where=distance > 0)
    share = np.where(same, 1.0, apart)[:, np.newaxis] * (x[both[:, 0]] - x[both[:, 1]])
    gradient = np.zeros_like(x)
    np.add.at(gradient, both[:, 0], share)
    np.add.at(gradient, both[:, 1], -share)
    return gradient / len(both)


def _contrasts(
    points: ArrayLike, labels: ArrayLike, margin: float
) -> tuple[Floats, Integers, NDArray[np.bool_], Floats, Floats]:
    """Return points, pairs, which are the same, their distance, and what others lack of margin."""
    x, names, width = _points("points", points), _labels(labels), _margin(margin)
    if len(names) != len(x):
        raise ValueError(f"labels must be {len(x)}, one for each point, got {len(names)}")
    if len(x) < 2:
        raise ValueError("points must be at least two, for a pair, got one")
    both, same = pairs(names)
    distance = np.sqrt(((x[both[:, 0]] - x[both[:, 1]]) ** 2).sum(1))
    return x, both, same, distance, np.maximum(0.0, width - distance)


# ---- triplets ------------------------------------------------------------------------------------


def triplets(labels: ArrayLike) -> Integers:
    """Return all (anchor, positive, negative): two of one identity, and one of another.

    Parameters
    ----------
    labels : array_like, shape (N,)
        Identities: whole numbers or texts.

    Returns
    -------
    ndarray of int, shape (T, 3)
        Places in `labels`, in rising order. T may be 0.

    Examples
    --------
    >>> triplets([7, 7, 8])
    array([[0, 1, 2],
           [1, 0, 2]])
    """
    names = _labels(labels)
    alike = names[:, np.newaxis] == names
    positive = alike & ~np.eye(len(names), dtype=bool)
    refuse_large("labels", (len(names),) * 3, np.dtype(bool))
    return np.argwhere(positive[:, :, np.newaxis] & ~alike[:, np.newaxis, :]).astype(np.int64)


@_silently
def triplet_loss(points: ArrayLike, triples: ArrayLike, margin: float = 0.2) -> float:
    """Mean over triplets of max(0, ‖a − p‖² − ‖a − n‖² + margin).

    Schroff, Kalenichenko, Philbin: FaceNet (2015), eq. 3, where it is a sum. The distances are
    squared; those of `torch.nn.TripletMarginLoss` are not.

    Parameters
    ----------
    points : array_like, shape (N, D)
    triples : array_like, shape (T, 3)
        Anchor, positive and negative, as places in `points`.
    margin : float
        By how much the negative must be farther away, in squared distance; at least 0.

    Raises
    ------
    TypeError, ValueError
        For what isn't finite points, and for triplets of points that there aren't.

    Examples
    --------
    >>> triplet_loss([[0, 0], [3, 0], [0, 4]], [[0, 1, 2]], margin=10)  # 9 − 16 + 10
    3.0
    """
    excess = _excesses(points, triples, margin)[2]
    return float(np.maximum(0.0, excess).mean())


@_silently
def triplet_loss_backward(points: ArrayLike, triples: ArrayLike, margin: float = 0.2) -> Floats:
    """Gradient of `triplet_loss` with respect to the points.

    Of a triplet with a loss: 2(n − p) on the anchor, 2(p − a) on the positive, 2(a − n) on the
    negative. One whose excess is exactly 0 has none.

    Examples
    --------
    >>> triplet_loss_backward([[0, 0], [1, 0], [0, 1]], [[0, 1, 2]]).tolist()
    [[-2.0, 2.0], [2.0, 0.0], [0.0, -2.0]]
    """
    x, chosen, excess = _excesses(points, triples, margin)
    a, p, n = chosen[excess > 0].T
    gradient = np.zeros_like(x)
    np.add.at(gradient, a, 2 * (x[n] - x[p]))
    np.add.at(gradient, p, 2 * (x[p] - x[a]))
    np.add.at(gradient, n, 2 * (x[a] - x[n]))
    return gradient / len(chosen)


@_silently
def triplet_kinds(points: ArrayLike, triples: ArrayLike, margin: float = 0.2) -> NDArray[np.str_]:
    """Tell easy, semi-hard and hard triplets.

    Easy: ‖a − p‖² + margin ≤ ‖a − n‖², so that the loss is 0. Hard: ‖a − n‖² ≤ ‖a − p‖². What lies
    between is semi-hard: the right way round, within the margin (FaceNet, eq. 4).

    Parameters
    ----------
    points, triples, margin
        As in `triplet_loss`.

    Returns
    -------
    ndarray of str, shape (T,)
        Of :data:`KINDS`.

    Examples
    --------
    >>> triplet_kinds([[0], [3], [2], [3.1], [4]], [[0, 1, 2], [0, 1, 3], [0, 1, 4]], 1).tolist()
    ['hard', 'semi-hard', 'easy']
    """
    x, chosen, excess = _excesses(points, triples, margin)
    wrong = _excesses(x, chosen, 0.0)[2] >= 0
    return np.array(KINDS)[np.where(wrong, 2, np.where(excess > 0, 1, 0))]


def _excesses(points: ArrayLike, triples: ArrayLike, margin: float) -> tuple[Any, Any, Any]:
    """Return points, triplets, and ‖a − p‖² − ‖a − n‖² + margin of each."""
    x, width = _points("points", points), _margin(margin)
    chosen = as_array("triples", triples, axes=(2,))
    if chosen.shape[1] != 3 or chosen.dtype.kind not in "iu":
        raise ValueError(
            "triples must hold (anchor, positive, negative), whole numbers of shape (T, 3), got "
            f"{chosen.dtype} of shape {chosen.shape}"
        )
    if chosen.min() < 0 or chosen.max() >= len(x):
        raise ValueError(
            f"triples must hold places in points, 0 to {len(x) - 1}, "
            f"got {chosen.min()} to {chosen.max()}"
        )
    a, p, n = x[chosen.T]
    return x, chosen, ((a - p) ** 2).sum(1) - ((a - n) ** 2).sum(1) + width


# ---- verification --------------------------------------------------------------------------------


def error_rates(distances: ArrayLike, same: ArrayLike, threshold: float) -> tuple[float, float]:
    """Return the rates of false accepts and of false rejects, where d ≤ threshold is accepted.

    Parameters
    ----------
    distances : array_like, shape (P,)
        Of pairs.
    same : array_like of bool, shape (P,)
        Which pairs show the same identity; there must be both kinds.
    threshold : float

    Returns
    -------
    false_accepts, false_rejects : float
        The share accepted of different pairs, and rejected of same ones.

    Raises
    ------
    TypeError, ValueError
        For other shapes, and where all pairs are of one kind: then a rate is 0 / 0.

    Examples
    --------
    >>> error_rates([0.1, 0.5, 0.4, 0.9], [True, True, False, False], 0.4)
    (0.5, 0.5)
    """
    d, alike = _verified(distances, same)
    accepted = d <= as_number("threshold", threshold)
    return float(accepted[~alike].mean()), float(1 - accepted[alike].mean())


def operating_points(distances: ArrayLike, same: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Return every threshold that makes a difference, with its two rates.

    Parameters
    ----------
    distances, same
        As in `error_rates`.

    Returns
    -------
    thresholds : ndarray, shape (K + 1,)
        −∞, which accepts nothing, and the K different distances in rising order.
    false_accepts, false_rejects : ndarray, shape (K + 1,)
        Rising from 0 to 1, and falling from 1 to 0. The ROC curve is 1 − false_rejects over
        false_accepts.

    Examples
    --------
    >>> operating_points([1, 2, 3], [True, False, True])
    (array([-inf,   1.,   2.,   3.]), array([0., 0., 1., 1.]), array([1. , 0.5, 0.5, 0. ]))
    """
    d, alike = _verified(distances, same)
    thresholds = np.unique(d)
    others, own = np.sort(d[~alike]), np.sort(d[alike])
    accepts = np.searchsorted(others, thresholds, side="right") / len(others)
    rejects = 1 - np.searchsorted(own, thresholds, side="right") / len(own)
    return (
        np.concatenate([[-np.inf], thresholds]),
        np.concatenate([[0.0], accepts]),
        np.concatenate([[1.0], rejects]),
    )


def equal_error_rate(distances: ArrayLike, same: ArrayLike) -> float:
    """Return the rate at which false accepts and false rejects are equally frequent.

    With finitely many pairs there may be no such threshold: the ROC curve's corners are joined by
    straight lines, and the rate is read where they cross the diagonal.

    Parameters
    ----------
    distances, same
        As in `error_rates`.

    Examples
    --------
    >>> equal_error_rate([0.1, 0.5, 0.4, 0.9], [True, True, False, False])
    0.5
    >>> equal_error_rate([0.1, 0.2, 0.4, 0.9], [True, True, False, False])
    0.0
    """
    _, accepts, rejects = operating_points(distances, same)
    lead = rejects - accepts
    k = int(np.argmax(lead <= 0))
    way = lead[k - 1] / (lead[k - 1] - lead[k])
    return float(accepts[k - 1] + way * (accepts[k] - accepts[k - 1]))


def equal_error_interval(
    points: ArrayLike, labels: ArrayLike, *, draws: int = 200, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Return between which bounds the equal error rate lies for other people of the same kind.

    A bootstrap over identities: as many are drawn as there are, with replacement, and all pairs of
    those drawn count, as often as both were. Pairs of one person are not independent of one
    another, so a bootstrap over pairs would promise too much.

    Parameters
    ----------
    points : array_like, shape (N, D)
    labels : array_like, shape (N,)
        Whose they are; at least three identities, some with two points.
    draws : int
        How often people are drawn, up to 10 000.
    level : float
        The share of the draws between the bounds, above 0 and below 1.
    seed : int

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed.

    Examples
    --------
    >>> points = [[0.0], [0.1], [1.0], [1.1], [2.0], [2.1]]
    >>> equal_error_interval(points, list("aabbcc"))
    (0.0, 0.0)
    """
    draws, seed = _draws(draws), shapes.whole("seed", seed, 0)
    tail = (1 - as_number("level", level)) / 2
    if not 0 < tail < 0.5:
        raise ValueError(f"level must be above 0 and below 1, got {shown(level)}")
    x, names = _points("points", points), _labels(labels)
    if len(names) != len(x):
        raise ValueError(f"labels must be {len(x)}, one for each point, got {len(names)}")
    known, place = np.unique(names, return_inverse=True)
    both, same = pairs(names)
    if len(known) < 3 or not same.any():
        raise ValueError("labels must hold at least three identities, and one of them twice")
    distances = np.sqrt(squared_distances(x)[both[:, 0], both[:, 1]])
    rng = np.random.default_rng(seed)
    rates: list[float] = []
    while len(rates) < draws:
        times = np.bincount(rng.integers(len(known), size=len(known)), minlength=len(known))
        often = times[place[both[:, 0]]] * np.where(same, 1, times[place[both[:, 1]]])
        drawn = np.repeat(np.arange(len(both)), often)
        if 0 < same[drawn].sum() < len(drawn):  # both kinds are there
            rates.append(equal_error_rate(distances[drawn], same[drawn]))
    low, high = np.quantile(rates, [tail, 1 - tail])
    return float(low), float(high)


def few_shot_accuracy(
    points: ArrayLike, labels: ArrayLike, shots: int = 1, *, draws: int = 20, seed: int = 0
) -> float:
    """Return how often the nearest of `shots` known pictures of each identity is the right one's.

    Each draw picks which pictures are known; all others are asked for, one by one.

    Parameters
    ----------
    points : array_like, shape (N, D)
    labels : array_like, shape (N,)
        Each identity has more than `shots` points.
    shots : int
    draws : int
        Up to 10 000.
    seed : int

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, or an identity has too few points.

    Examples
    --------
    >>> few_shot_accuracy([[0.0], [0.1], [1.0], [1.1]], list("aabb"))
    1.0
    """
    shots, draws = shapes.whole("shots", shots, 1), _draws(draws)
    x, names = _points("points", points), _labels(labels)
    if len(names) != len(x):
        raise ValueError(f"labels must be {len(x)}, one for each point, got {len(names)}")
    known, counts = np.unique(names, return_counts=True)
    if counts.min() <= shots:
        raise ValueError(
            f"shots must be less than {counts.min()}, the fewest points of an identity, got {shots}"
        )
    squared = squared_distances(x)
    rng = np.random.default_rng(shapes.whole("seed", seed, 0))
    right = []
    for _ in range(draws):
        gallery = np.concatenate(
            [rng.choice(np.flatnonzero(names == one), shots, replace=False) for one in known]
        )
        asked = np.setdiff1d(np.arange(len(x)), gallery)
        nearest = gallery[squared[np.ix_(asked, gallery)].argmin(1)]
        right.append(np.mean(names[nearest] == names[asked]))
    return float(np.mean(right))


# ---- what comes in -------------------------------------------------------------------------------


def _points(name: str, value: ArrayLike) -> Floats:
    return as_array(name, value, axes=(2,), finite=True).astype(np.float64)


def _labels(value: ArrayLike) -> NDArray[Any]:
    """Return identities as an array of whole numbers or texts."""
    if isinstance(value, (list, tuple)) and value and all(isinstance(one, str) for one in value):
        return np.array(value)
    texts = isinstance(value, np.ndarray) and value.dtype.kind == "U" and value.ndim == 1
    names = np.asarray(value) if texts else as_array("labels", value, axes=(1,))
    if names.dtype.kind not in "iuU" or not names.size:
        raise ValueError(f"labels must be a list of whole numbers or of texts, got {shown(value)}")
    return names


def _draws(value: int) -> int:
    draws = shapes.whole("draws", value, 1)
    if draws > MOST_DRAWS:
        raise ValueError(f"draws must be from 1 to {MOST_DRAWS}, got {shown(value)}")
    return draws


def _margin(value: float) -> float:
    margin = as_number("margin", value)
    if margin < 0:
        raise ValueError(f"margin must be at least 0, got {shown(value)}")
    return margin


def _verified(distances: ArrayLike, same: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    d = as_array("distances", distances, axes=(1,), finite=True).astype(np.float64)
    alike = as_array("same", same, axes=(1,))
    if alike.dtype.kind != "b" or alike.shape != d.shape:
        raise ValueError(
            f"same must be {len(d)} times True or False, one for each distance, got "
            f"{alike.dtype} of shape {alike.shape}"
        )
    if alike.all() or not alike.any():
        raise ValueError("same must hold both True and False: the rates are shares of each")
    return d, alike
