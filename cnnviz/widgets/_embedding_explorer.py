"""The embedding explorer: identities as points in a plane, and the losses that pull at them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray
from PIL import Image

from cnnviz import embeddings, shapes
from cnnviz.arrays import as_array, as_number, shown
from cnnviz.numerals import short
from cnnviz.widgets import _still
from cnnviz.widgets._base import STATIC, Widget
from cnnviz.widgets._traits import Check, Checked, choice, is_list

__all__ = ["EmbeddingExplorer"]

#: What a page can hold; as in ``frontend/src/widgets/embedding-explorer/math.ts``.
MOST_POINTS, MOST_IDENTITIES = 16, 4
STEPS = 60
LOSSES = ("triplet", "contrastive")
#: The plane reaches from −2 to 2 and from −1.5 to 1.5.
WIDE, HIGH = 2.0, 1.5
LARGEST_MARGIN, LARGEST_RATE, DIAGONAL = 4.0, 2.0, 5.0
ROUNDING = 12  # decimals: 0.1 + 0.2 is 0.3 here, and short on a page

#: Three identities with four pictures each, not yet told apart.
FIRST = (
    ((-1.3, 0.6), (-0.7, 0.9), (-0.5, 0.1), (0.4, 0.5)),
    ((0.1, -0.3), (0.8, 0.9), (1.1, 0.2), (1.4, 0.7)),
    ((-1.0, -0.7), (-0.2, -1.0), (0.5, -0.9), (-0.3, 0.5)),
)


def _points(name: str, value: Any) -> list[list[float]]:
    array = as_array(name, value, axes=(2,), finite=True).astype(np.float64)
    if array.shape[1] != 2 or not 3 <= len(array) <= MOST_POINTS:
        raise ValueError(
            f"{name} must be from 3 to {MOST_POINTS} points (x, y), got shape {array.shape}"
        )
    if (np.abs(array) > (WIDE, HIGH)).any():
        raise ValueError(
            f"{name} must lie in the plane, x from −{WIDE:g} to {WIDE:g} and y from −{HIGH} to "
            f"{HIGH}, got {shown(array[(np.abs(array) > (WIDE, HIGH)).any(1)][0].tolist())}"
        )
    rounded: list[list[float]] = (array.round(ROUNDING) + 0.0).tolist()
    return rounded


def _labels(name: str, value: Any) -> list[int]:
    """Return identities as 0, 1, … in the order in which they come."""
    embeddings.pairs(value)  # refuses what are no labels
    known = {label: at for at, label in enumerate(dict.fromkeys(np.asarray(value).tolist()))}
    if not 2 <= len(known) <= MOST_IDENTITIES:
        raise ValueError(
            f"{name} must name from 2 to {MOST_IDENTITIES} identities, got {len(known)}"
        )
    codes = [known[label] for label in np.asarray(value).tolist()]
    if len(codes) == len(known):
        raise ValueError(f"{name} must name an identity twice, for a pair; got {shown(value)}")
    return codes


def _triplet(name: str, value: Any) -> list[int]:
    if not is_list(value) or len(value) != 3:
        raise ValueError(f"{name} must be anchor, positive and negative, got {shown(value)}")
    return [shapes.whole(name, each, 0) for each in value]


def _between(low: float, high: float) -> Check:
    def check(name: str, value: Any) -> float:
        number = round(as_number(name, value), ROUNDING)
        if not low <= number <= high:
            raise ValueError(f"{name} must be from {low:g} to {high:g}, got {shown(value)}")
        return number

    return check


def _step(name: str, value: Any) -> int:
    step = shapes.whole(name, value, 0)
    if step > STEPS:
        raise ValueError(f"{name} must be at most {STEPS}, got {step}")
    return step


class EmbeddingExplorer(Widget):
    """Drag points that stand for pictures of a few identities, and see what a loss asks of them.

    Arrows are the negative gradient on each point: where the loss pulls it. The steps follow them.

    Parameters
    ----------
    points : array_like, shape (N, 2), optional
        Where the pictures lie, x from −2 to 2 and y from −1.5 to 1.5. Three identities with four
        pictures each if left out.
    labels : array_like, shape (N,), optional
        Whose they are: at most four identities, whole numbers or texts. On the page they are A, B,
        C and D in the order in which they come.
    loss : {"triplet", "contrastive"}
        :func:`cnnviz.embeddings.triplet_loss` over all triplets, or
        :func:`cnnviz.embeddings.contrastive_loss` over all pairs.
    margin : float
        Of a triplet in squared distance, of a pair in distance.
    triplet : tuple of int, optional
        Anchor, positive, negative: whose sum is written out, as places in `points`.
    threshold : float
        Two pictures at most this far apart are taken for one identity.
    rate : float
        How far a step goes, in gradients.
    step : int
        How many steps down the gradient have been made, at most 60.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed.

    Examples
    --------
    >>> import cnnviz
    >>> explorer = cnnviz.EmbeddingExplorer([[0, 0], [1, 0], [0, 1.2]], ["Ann", "Ann", "Ben"])
    >>> explorer
    EmbeddingExplorer(3 points of 2 identities, triplet loss 0.03, A1 A2 B1 is semi-hard)
    >>> explorer.step = 60
    >>> explorer.loss_value, explorer.kinds
    (0.0, {'easy': 2, 'semi-hard': 0, 'hard': 0})
    """

    _esm = STATIC / "EmbeddingExplorer.js"

    points = Checked(_points, default_value=())
    labels = Checked(_labels, default_value=())
    loss = Checked(choice(LOSSES), default_value="triplet")
    margin = Checked(_between(0, LARGEST_MARGIN), default_value=0.5)
    triplet = Checked(_triplet, default_value=(0, 0, 0))
    threshold = Checked(_between(0, DIAGONAL), default_value=1.0)
    rate = Checked(_between(0, LARGEST_RATE), default_value=0.2)
    step = Checked(_step, default_value=0)

    def __init__(self, points: Any = None, labels: Any = None, **kwargs: Any) -> None:
        if (points is None) != (labels is None):
            missing = "labels" if labels is None else "points"
            raise ValueError(f"{missing} must be given with the other of points and labels")
        if points is None:
            points = [point for identity in FIRST for point in identity]
            labels = [at for at, identity in enumerate(FIRST) for _ in identity]
        triplet = kwargs.pop("triplet", None)
        super().__init__(points=points, labels=labels, **kwargs)
        self._check_fit("labels")
        self.triplet = self._first_triplet() if triplet is None else triplet
        self._settle()

    def _check_fit(self, name: str | None = None) -> None:
        if len(self.labels) != len(self.points):
            raise ValueError(
                f"labels must be {len(self.points)}, one for each point, got {len(self.labels)}"
            )
        if name in (None, "triplet") and not self._is_triplet():
            raise ValueError(
                "triplet must be two different points of one identity and one of another, got "
                f"{tuple(self.triplet)}"
            )

    def _is_triplet(self) -> bool:
        if max(self.triplet) >= len(self.labels):
            return False
        a, p, n = (self.labels[i] for i in self.triplet)
        return bool(a == p != n and self.triplet[0] != self.triplet[1])

    @traitlets.observe("labels")
    def _keep_a_triplet(self, _change: Any) -> None:
        if self._settled and not self._property_lock and not self._is_triplet():
            self.triplet = self._first_triplet()

    def _first_triplet(self) -> list[int]:
        """Return a semi-hard triplet, if there is one: it has something to say."""
        triples = embeddings.triplets(self.labels)
        kinds = embeddings.triplet_kinds(self.embedding, triples, self.margin)
        wanted: list[int] = triples[np.argmax(kinds == "semi-hard")].tolist()
        return wanted

    # ---- the true answer -----------------------------------------------------------------------

    def _gradient(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.loss == "contrastive":
            return embeddings.contrastive_loss_backward(points, self.labels, self.margin)
        triples = embeddings.triplets(self.labels)
        return embeddings.triplet_loss_backward(points, triples, self.margin)

    @property
    def embedding(self) -> NDArray[np.float64]:
        """Where the points are after `step` steps down the gradient, (N, 2).

        The plane's edge holds them back.
        """
        points = np.array(self.points, dtype=np.float64)
        for _ in range(self.step):
            moved = points - self.rate * self._gradient(points)
            points = np.clip(moved, (-WIDE, -HIGH), (WIDE, HIGH))
        return points

    @property
    def loss_value(self) -> float:
        """The loss of the points where they are."""
        if self.loss == "contrastive":
            return embeddings.contrastive_loss(self.embedding, self.labels, self.margin)
        triples = embeddings.triplets(self.labels)
        return embeddings.triplet_loss(self.embedding, triples, self.margin)

    @property
    def pull(self) -> NDArray[np.float64]:
        """The negative gradient on each point, (N, 2)."""
        return -self._gradient(self.embedding)

    @property
    def kinds(self) -> dict[str, int]:
        """How many triplets are easy, semi-hard and hard."""
        triples = embeddings.triplets(self.labels)
        found = embeddings.triplet_kinds(self.embedding, triples, self.margin).tolist()
        return {kind: found.count(kind) for kind in embeddings.KINDS}

    @property
    def error_rates(self) -> tuple[float, float]:
        """The rates of false accepts and false rejects at the threshold, over all pairs."""
        return embeddings.error_rates(*self._pairs(), self.threshold)

    @property
    def equal_error_rate(self) -> float:
        """Where the two rates would be equal, as :func:`cnnviz.embeddings.equal_error_rate`."""
        return embeddings.equal_error_rate(*self._pairs())

    def _pairs(self) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return the distances of all pairs, and which are of one identity."""
        both, same = embeddings.pairs(self.labels)
        points = self.embedding
        return np.sqrt(((points[both[:, 0]] - points[both[:, 1]]) ** 2).sum(1)), same

    # ---- the widget contract -------------------------------------------------------------------

    def _name(self, point: int) -> str:
        """Return a point's name, such as A1."""
        identity = self.labels[point]
        return f"{'ABCD'[identity]}{self.labels[: point + 1].count(identity)}"

    def _chosen(self) -> tuple[str, str]:
        """Return the chosen triplet's names, and its kind."""
        kind = embeddings.triplet_kinds(self.embedding, [self.triplet], self.margin)[0]
        return " ".join(map(self._name, self.triplet)), str(kind)

    def summary(self) -> str:
        """Return how many points there are, the loss, and the chosen triplet's kind."""
        names, kind = self._chosen()
        after = f" after step {self.step}" if self.step else ""
        return (
            f"{len(self.points)} points of {max(self.labels) + 1} identities, "
            f"{self.loss} loss {short(self.loss_value)}{after}, {names} is {kind}"
        )

    def caption(self) -> str:
        """Return one sentence on the loss and on what the threshold makes of the pairs."""
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.kinds.items())
        accepts, rejects = self.error_rates
        return (
            f"Embedding explorer: {len(self.points)} points of {max(self.labels) + 1} identities "
            f"with arrows where the {self.loss} loss of {short(self.loss_value)} pulls them; "
            f"triplets: {kinds}; at a threshold of {short(self.threshold)}, "
            f"{100 * accepts:.1f} % false accepts and {100 * rejects:.1f} % false rejects."
        )

    def picture(self) -> Image.Image:
        """Return the plane with its points and their pull."""
        at, pull = self.embedding, self.pull
        longest = math.sqrt(float((pull**2).sum(1).max()))
        tips = at + pull * (0.5 / longest if longest else 0)
        names = [self._name(i) for i in range(len(at))]
        return _still.scatter((WIDE, HIGH), at, tips, names, self.labels)
