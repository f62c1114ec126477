"""A run of training as a page gets it: curves of few hundred points, a byte for each weight."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.arrays import as_array, shown
from cnnviz.shapes import whole
from cnnviz.widgets._traits import pack, unpack

__all__ = ["FILTER_BYTES", "MOST_FILTERS", "MOST_SNAPSHOTS", "Snapshot", "plain_run", "plain_runs"]

#: What a page can hold and draw; as in ``frontend/src/widgets/training-monitor/schema.ts``.
MOST_RUNS, MOST_POINTS, MOST_EPOCHS, MOST_SNAPSHOTS, MOST_FILTERS = 8, 400, 200, 32, 64
FILTER_BYTES = 20_000

#: Of a history, as `cnnviz.training.History` names them: a number a step, and one an epoch.
STEPS = ("loss", "learning_rate")
EPOCHS = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
_LENGTHS = ("steps", "per_epoch")
_UNUSED = ("seconds", "best_epoch")
_PLAIN = {"name", "step", "epoch", "filters", "stopped", *STEPS, *EPOCHS, *_LENGTHS}
_STOPS = ("", "stop", "Ctrl-C", "patience")
_DIGITS = 5

#: The first layer's kernels ``(K, C, kh, kw)``, and after how many steps they were so.
Snapshot = tuple[int, NDArray[Any]]

Run = dict[str, Any]


def plain_runs(name: str, value: Any) -> list[Run]:
    """Return one run or several as the browser reads them.

    `value` is None, a history, or a mapping from names to histories; or what this returned.
    """
    if value is None:
        return []
    if isinstance(value, (list, tuple)):
        runs = [_checked(name, run) for run in value]
    elif _is_history(value):
        runs = [_from_history(name, "", value)]
    elif isinstance(value, Mapping):
        runs = [_from_history(name, _label(name, key), one) for key, one in value.items()]
    else:
        raise TypeError(
            f"{name} must be a History, a mapping from names to histories, or None, "
            f"got {shown(value)}"
        )
    if len(runs) > MOST_RUNS:
        raise ValueError(f"{name} must be at most {MOST_RUNS} runs, got {len(runs)}")
    if len({run["name"] for run in runs}) < len(runs):
        raise ValueError(f"{name} must have a name of its own for each run")
    return runs


def _is_history(value: Any) -> bool:
    if isinstance(value, Mapping):
        return bool(value) and set(value) <= {*_PLAIN, *_UNUSED}
    return hasattr(value, "to_dict") and hasattr(value, "train_loss")


def _label(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > 60:
        raise TypeError(
            f"{name} must have texts of at most 60 characters for names, got {shown(value)}"
        )
    return value


def _from_history(name: str, label: str, value: Any) -> Run:
    if not _is_history(value):
        raise TypeError(f"{name} must hold histories, got {shown(value)} for {shown(label)}")
    record = value if isinstance(value, Mapping) else value.to_dict()
    if "step" in record:
        return {**_checked(name, record), "name": label or record["name"]}
    series = {part: _series(name, part, record.get(part)) for part in (*STEPS, *EPOCHS)}
    return plain_run(
        label,
        series,
        per_epoch=record.get("per_epoch"),
        steps=record.get("steps"),
        snapshots=_given_snapshots(name, record.get("filters")),
        stopped=str(record.get("stopped", "")),
        argument=name,
    )


def _series(name: str, part: str, value: Any) -> NDArray[np.float64]:
    """Return a part of a record as floats, NaN where it says None."""
    if value is None or (isinstance(value, (Sequence, np.ndarray)) and len(value) == 0):
        return np.empty(0)
    if isinstance(value, (list, tuple)):
        value = [math.nan if each is None else each for each in value]
    return np.asarray(as_array(f"{name} ({part})", value, axes=(1,), most=10**7), np.float64)


def _given_snapshots(name: str, value: Any) -> list[Snapshot] | NDArray[Any] | None:
    """Return filters ``(T, K, C, kh, kw)``, or None; when they were so is not known here."""
    if value is None:
        return None
    return as_array(f"{name} (filters)", value, axes=(5,), most=10**8, finite=True)


def plain_run(
    label: str,
    series: Mapping[str, NDArray[np.float64]],
    *,
    per_epoch: int | None = None,
    steps: int | None = None,
    snapshots: list[Snapshot] | NDArray[Any] | None = None,
    stopped: str = "",
    argument: str = "runs",
) -> Run:
    """Return a run as the browser reads it.

    Parameters
    ----------
    label : str
        Its name.
    series : mapping of str to ndarray
        A history's arrays; empty where there is none.
    per_epoch : int, optional
        Steps in an epoch. Left out, the epochs are as long as the last one allows.
    steps : int, optional
        How many there are to be; those that there are if left out.
    snapshots : list of (int, ndarray), or ndarray, optional
        The filters after some steps; or an array of those after each epoch, with or without
        those before the first.
    stopped : str
        Why the run ended early.
    argument : str
        What an error calls it.
    """
    epochs = max(len(series[part]) for part in EPOCHS)
    if wrong := [part for part in EPOCHS if len(series[part]) not in (0, epochs)]:
        raise ValueError(
            f"{argument} must have a number for each of {epochs} epochs, "
            f"got {len(series[wrong[0]])} of {wrong[0]}"
        )
    for part in ("train_accuracy", "validation_accuracy"):
        if np.any((series[part] < 0) | (series[part] > 1)):
            raise ValueError(
                f"{argument} must have accuracies from 0 to 1, got {np.nanmin(series[part]):g} to "
                f"{np.nanmax(series[part]):g} of {part}"
            )
    loss, rate = series["loss"], series["learning_rate"]
    if not len(loss):  # a record of epochs alone: a step is an epoch
        loss, per_epoch = series["train_loss"] if len(series["train_loss"]) else _nan(epochs), 1
    if len(rate) not in (0, len(loss)):
        raise ValueError(
            f"{argument} must have a learning_rate for each of {len(loss)} steps, got {len(rate)}"
        )
    each = whole(f"{argument} (per_epoch)", per_epoch or max(1, -(-len(loss) // max(epochs, 1))))
    if epochs > len(loss) or (epochs - 1) * each >= max(len(loss), 1):
        raise ValueError(
            f"{argument} must have {epochs} epochs of steps, {each} in each, got {len(loss)} steps"
        )
    total = max(whole(f"{argument} (steps)", steps or 0, 0), len(loss))
    ends = np.minimum(np.arange(1, epochs + 1) * each, len(loss))
    kept_epochs = thinned([series[part] for part in EPOCHS if len(series[part])], MOST_EPOCHS)
    places = ends[kept_epochs] - 1 if len(kept_epochs) <= MOST_POINTS // 4 else ends[:0]
    kept = np.union1d(thinned([loss], MOST_POINTS - len(places)), places[places >= 0])
    if isinstance(snapshots, np.ndarray):
        snapshots = _dated(argument, snapshots, ends)
    return {
        "name": label,
        "steps": total,
        "per_epoch": each,
        "step": (kept + 1).tolist(),
        "loss": _plain(loss, kept),
        "learning_rate": _plain(rate, kept),
        "epoch": (kept_epochs + 1).tolist(),
        **{part: _plain(series[part], kept_epochs) for part in EPOCHS},
        "filters": _quantised(snapshots) if snapshots else None,
        "stopped": stopped if stopped in _STOPS else "",
    }


def _nan(count: int) -> NDArray[np.float64]:
    return np.full(count, np.nan)


def thinned(curves: list[NDArray[np.float64]], most: int) -> NDArray[np.int64]:
    """Return the places of at most `most` numbers that show how curves of one length look.

    The first and the last place are kept, and of each stretch between them those where a curve is
    lowest and highest: no spike is lost, as it would be in every n-th number or in means.
    """
    count = len(curves[0]) if curves else 0
    if count <= most:
        return np.arange(count)
    stretches = (most - 2) // (2 * len(curves))
    edges = np.linspace(0, count, stretches + 1).astype(int)
    kept = {0, count - 1}
    for curve in curves:
        low, high = (np.where(np.isnan(curve), bad, curve) for bad in (np.inf, -np.inf))
        for start, end in itertools.pairwise(edges.tolist()):
            kept |= {start + int(low[start:end].argmin()), start + int(high[start:end].argmax())}
    return np.array(sorted(kept))


def _plain(values: NDArray[np.float64], kept: NDArray[np.int64]) -> list[float | None]:
    """Return some of the numbers, rounded to what can be seen; None for what is not finite."""
    if not len(values):
        return []
    return [
        float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None
        for value in values[kept].tolist()
    ]


# ---- the first layer's filters -------------------------------------------------------------------


def _dated(name: str, filters: NDArray[Any], ends: NDArray[np.int64]) -> list[Snapshot]:
    """Return filters with the steps that they are of."""
    dates = [0, *ends.tolist()][-len(filters) :]
    if len(filters) not in (len(ends), len(ends) + 1):
        raise ValueError(
            f"{name} must have filters for each of {len(ends)} epochs, or for one more before the "
            f"first, got {len(filters)}"
        )
    return list(zip(dates, filters, strict=True))


def _quantised(snapshots: list[Snapshot]) -> dict[str, Any] | None:
    """Return filters as whole numbers from −127 to 127 and a scale for each snapshot.

    Of one channel, or of three, which are colours; of others the first. No more filters, and then
    no more snapshots, than a page has room for.
    """
    count, channels, *window = snapshots[0][1].shape
    taken = channels if channels in (1, 3) else 1
    one = taken * math.prod(window)
    count = min(count, MOST_FILTERS, FILTER_BYTES // (2 * one))
    if not count:
        return None
    room = min(MOST_SNAPSHOTS, FILTER_BYTES // (count * one))
    if len(snapshots) > room:
        chosen = np.linspace(0, len(snapshots) - 1, room).round().astype(int)
        snapshots = [snapshots[i] for i in chosen]
    stack = np.stack([np.asarray(each, np.float64)[:count, :taken] for _, each in snapshots])
    largest = np.abs(stack).max(axis=(1, 2, 3, 4))
    scale = np.where(largest > 0, largest, 1) / 127
    whole_numbers = np.rint(stack / scale[:, None, None, None, None]).astype(np.int8)
    return {
        "step": [int(step) for step, _ in snapshots],
        "channels": channels,
        "scale": [float(f"{each:.{_DIGITS}g}") for each in scale],
        "values": pack(whole_numbers),
    }


def filters_at(run: Run, step: int) -> NDArray[np.float64] | None:
    """Return the last filters that are known after so many steps."""
    filters = run["filters"]
    if filters is None:
        return None
    at = max(0, int(np.searchsorted(filters["step"], step, "right")) - 1)
    return np.asarray(unpack(filters["values"])[at] * filters["scale"][at])


# ---- what comes back -----------------------------------------------------------------------------


def _checked(name: str, run: Any) -> Run:
    """Return a run that `plain_run` made, as a file may have kept it, or say that it is none."""
    wrong = f"{name} must be runs as a monitor's state has them"
    if not isinstance(run, Mapping) or set(run) != _PLAIN:
        raise TypeError(f"{wrong}, got {shown(run)}")
    try:
        steps, epochs = len(run["step"]), len(run["epoch"])
        sound = (
            isinstance(run["name"], str)
            and run["stopped"] in _STOPS
            and _rises(run["step"], 1, run["steps"])
            and _rises(run["epoch"], 1, run["steps"])
            and run["per_epoch"] >= 1
            and all(_numbers(run[part], (0, steps)[part == "loss" :]) for part in STEPS)
            and all(_numbers(run[part], (0, epochs)) for part in EPOCHS)
            and _sound_filters(run["filters"])
        )
    except (TypeError, ValueError, KeyError):
        sound = False
    if not sound:
        raise ValueError(f"{wrong}, got one that is damaged")
    return dict(run)


def _rises(numbers: Any, least: int, most: int) -> bool:
    """Whether these are whole numbers, each larger than the one before."""
    return all(
        type(number) is int and low < number <= most
        for low, number in zip([least - 1, *numbers], numbers, strict=False)
    )


def _numbers(values: Any, lengths: tuple[int, ...]) -> bool:
    return len(values) in lengths and all(
        value is None or (type(value) in (int, float) and math.isfinite(value)) for value in values
    )


def _sound_filters(filters: Any) -> bool:
    if filters is None:
        return True
    values = unpack(filters["values"])
    count = len(values)
    return (
        values.ndim == 5
        and values.size <= FILTER_BYTES
        and values.dtype == np.int8
        and type(filters["channels"]) is int
        and len(filters["step"]) == count
        and _rises(filters["step"], 0, 10**12)
        and _numbers(filters["scale"], (count,))
    )
