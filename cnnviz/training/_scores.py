"""How good a network is, and what it answers."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnviz.ops._checks import check_callable
from cnnviz.shapes import whole
from cnnviz.training._device import check_model, device_of
from cnnviz.training._examples import Examples, as_pictures, top_of
from cnnviz.training._parallel import Team

__all__ = ["Criterion", "Score", "evaluate", "inference", "measured", "predict", "prepared"]

#: From scores ``(N, classes)`` and labels ``(N,)``, or answers and targets, to the mean loss.
Criterion = Callable[[Tensor, Tensor], Tensor]

_AT_ONCE = 500  # pictures: fast, and small enough for any of the course's networks


class Score(NamedTuple):
    """Mean loss, and the share of right answers (0 to 1; NaN where there are targets)."""

    loss: float
    accuracy: float


def evaluate(
    model: nn.Module, data: Any, *, loss: Criterion = F.cross_entropy, batch: int = _AT_ONCE
) -> Score:
    """Measure a network on a data set, in inference mode.

    Parameters
    ----------
    model : torch.nn.Module
        It stays where it is, and in the mode in which it is.
    data
        A pair of pictures and labels, or an object with ``.pictures`` and ``.labels``, as in `fit`;
        with a loss of its own, targets in the place of labels.
    loss : callable
        From scores and labels to the mean loss.
    batch : int
        Pictures at a time: what memory holds. It decides nothing else.

    Returns
    -------
    Score
        A named tuple (loss, accuracy).

    Raises
    ------
    ValueError, TypeError
        For what is no data set, and for labels that the network has no score for.

    Examples
    --------
    >>> model = nn.Flatten()  # its scores are the pixels
    >>> evaluate(model, (np.eye(3).reshape(3, 1, 1, 3), [0, 1, 0])).accuracy
    0.6666666666666666
    """
    check_model(model)
    check_callable("loss", loss)
    batch = whole("batch", batch)
    own = loss is not F.cross_entropy
    examples = Examples("data", data, targets=own).to(device_of(model))
    with inference(model):
        check_answers(model, examples)
        return measured(model, examples, loss, batch=batch)


def predict(model: nn.Module, pictures: Any, *, batch: int = _AT_ONCE) -> NDArray[np.float32]:
    """Return a network's scores for pictures, or whatever it answers, in inference mode.

    Parameters
    ----------
    model : torch.nn.Module
        It stays where it is, and in the mode in which it is.
    pictures
        ``(N, C, H, W)``, uint8 or floats, as in `fit`; or an object with ``.pictures``.
    batch : int
        Pictures at a time.

    Returns
    -------
    ndarray of float32, ``(N, classes)``, or ``(N, …)``

    Raises
    ------
    ValueError, TypeError
        For what are no pictures.

    Examples
    --------
    >>> predict(nn.Flatten(), np.eye(2).reshape(2, 1, 1, 2))
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    check_model(model)
    batch = whole("batch", batch)
    device, top = device_of(model), top_of(pictures)
    checked = as_pictures("pictures", getattr(pictures, "pictures", pictures))
    _answer_shape(model, checked[:1].to(device), "these")
    tensors = torch.split(checked, batch)
    with inference(model):
        scores = [model(prepared(part.to(device), top)).float().cpu() for part in tensors]
    return np.asarray(torch.cat(scores).numpy())


@contextlib.contextmanager
def inference(model: nn.Module) -> Iterator[None]:
    """Put a model into inference mode for a while, and each part of it back into its own."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        for module, training in modes:
            module.training = training


def prepared(pictures: Tensor, top: int = 255, channels_last: bool = False) -> Tensor:
    """Return pictures as a network sees them: float32, what was uint8 (0 to top) from 0 to 1.

    Examples
    --------
    >>> prepared(torch.tensor([[[[0, 255]]]], dtype=torch.uint8))
    tensor([[[[0., 1.]]]])
    """
    layout = torch.channels_last if channels_last else torch.contiguous_format
    if pictures.dtype == torch.uint8:
        return pictures.to(torch.float32, memory_format=layout).div_(top)
    return pictures.contiguous(memory_format=layout)


def check_answers(model: nn.Module, examples: Examples) -> None:
    """Refuse a model that can't take these pictures, and labels that it has no score for."""
    answer = _answer_shape(model, examples.pictures, examples.name)
    if examples.targets:
        return
    if len(answer) != 2:
        raise ValueError(
            f"model must give scores (N, classes) for N pictures, got {answer} for one picture"
        )
    examples.check_labels(answer[1])


def _answer_shape(model: nn.Module, pictures: Tensor, name: str) -> tuple[int, ...]:
    """Return the shape of what a model gives for a picture: a try that shows if it fits."""
    shape = tuple(pictures.shape[1:])
    try:
        with inference(model):
            scores = model(prepared(pictures[:1]))
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"model can't take {name} pictures of shape {shape}: {reason}") from error
    if not isinstance(scores, Tensor) or scores.ndim == 0 or len(scores) != 1:
        got = tuple(scores.shape) if isinstance(scores, Tensor) else type(scores).__name__
        raise ValueError(
            f"model must give scores (N, classes) for N pictures, got {got} for one picture"
        )
    return tuple(scores.shape)


def measured(
    model: nn.Module,
    examples: Examples,
    criterion: Criterion,
    *,
    batch: int = _AT_ONCE,
    channels_last: bool = False,
    autocast: Callable[[], contextlib.AbstractContextManager[Any]] = contextlib.nullcontext,
    team: Team | None = None,
) -> Score:
    """Return mean loss and accuracy (NaN for targets); each of a team looks at its own share."""
    team = team or Team()
    sums = torch.zeros(2, dtype=torch.float64)
    for indices in torch.split(torch.arange(len(examples)), batch * team.size):
        share = team.share(indices)
        if not len(share):
            continue
        share = share.to(examples.labels.device)
        labels = examples.labels[share]
        with autocast():
            scores = model(prepared(examples.pictures[share], examples.top, channels_last))
            loss = criterion(scores, labels)
        right = examples.right(scores, labels)
        sums += torch.tensor([float(loss) * len(share), float(right)], dtype=torch.float64)
    loss_sum, right_sum = team.total(sums.to(_adds_up_on(examples, team))).tolist()
    return Score(loss_sum / len(examples), right_sum / len(examples))


def _adds_up_on(examples: Examples, team: Team) -> torch.device:
    """Return where a team's numbers are: NCCL adds up on GPUs alone."""
    return examples.labels.device if team.size > 1 else torch.device("cpu")
