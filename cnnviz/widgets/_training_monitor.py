"""The training monitor: loss, accuracy and the first layer's filters, live and afterwards."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets
from numpy.typing import NDArray
from PIL import Image

from cnnviz import palette
from cnnviz.arrays import as_flag
from cnnviz.shapes import whole as whole_number
from cnnviz.widgets import _still
from cnnviz.widgets._base import STATIC, Widget
from cnnviz.widgets._training_run import (
    EPOCHS,
    MOST_SNAPSHOTS,
    STEPS,
    Run,
    Snapshot,
    filters_at,
    plain_run,
    plain_runs,
)
from cnnviz.widgets._traits import Checked, Trait, whole

if TYPE_CHECKING:
    from cnnviz.training import Moment

__all__ = ["TrainingMonitor"]

#: Seconds between two pictures of a run that goes on; more where one takes long to make.
PAUSE = 0.2
#: So many times as long as it takes to send a picture, nothing is sent: a share of 2 % at most.
REST = 50


def _step(name: str, value: Any) -> int | None:
    return None if value is None else whole_number(name, value, 0)


class TrainingMonitor(Widget):
    """Watch a network while it is trained, stop it, and play the run again.

    Show a monitor in one cell, and give its hooks to :func:`cnnviz.training.fit` in the next: loss,
    accuracy and the first layer's filters appear as they come. “Stop” ends the epoch cleanly: it is
    measured, the history is kept, and the cell goes on.

    Parameters
    ----------
    runs : History, mapping, or mapping from names to either, optional
        What has been recorded: a `cnnviz.training.History`, its ``to_dict()``, or a mapping with
        some of a history's arrays under their names. Several runs, with a name each, are laid over
        one another. Also what ``state()["runs"]`` gave, as JSON keeps it. A mapping may have more:

        - ``filters``, the first layer's kernels ``(T, K, C, kh, kw)``: T is the number of epochs,
          or one more, the first then being those before training;
        - ``per_epoch``, the steps in an epoch, where a run was stopped in the middle of one.
    filters : array_like, optional
        The same, where there is one run.
    run : int
        Which run is shown in full, counted from 0; the others are grey.
    step : int, optional
        The step whose numbers are shown, from 1; None is the last one, also while it moves on.
    log_scale : bool
        Draw the loss on a logarithmic scale.
    training, stopping : bool
        Whether a run goes on, and whether it has been asked to stop.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed. The message names it, what it got, and what is allowed.

    Notes
    -----
    The Stop button needs a kernel that listens while a cell runs, as ipykernel 7 does with
    JupyterLab 4.4 or later (“subshells”). Elsewhere, interrupt the kernel: `fit` ends the epoch
    just as cleanly.

    A run is thinned to at most 400 steps and 200 epochs, the highest and the lowest among them;
    filters take a byte for each weight. A page gets about 10 to 40 kB for each run.

    Examples
    --------
    >>> import cnnviz
    >>> record = {"loss": [2.3, 1.1, 0.6, 0.4], "validation_accuracy": [0.7, 0.8]}
    >>> cnnviz.TrainingMonitor(record)
    TrainingMonitor(1 run, 4 steps)
    >>> cnnviz.TrainingMonitor({"dropout": record, "no dropout": record}, run=1)
    TrainingMonitor(2 runs, 4 steps of 'no dropout')

    With a network that is being trained:

    >>> from cnnviz import nets, training
    >>> digits = np.zeros((8, 1, 28, 28)), np.arange(8)
    >>> monitor = cnnviz.TrainingMonitor()
    >>> recipe = training.Recipe(epochs=2, batch=4)
    >>> training.fit(nets.lenet5(), digits, recipe=recipe, **monitor.hooks())
    History(2 epochs, 4 steps)
    >>> monitor
    TrainingMonitor(1 run, 4 steps)
    """

    _esm = STATIC / "TrainingMonitor.js"

    runs = Trait(plain_runs, default_value=())
    run = Checked(whole(0), default_value=0)
    step = Checked(_step, default_value=None, allow_none=True)
    log_scale = Checked(as_flag, default_value=False)
    training = Checked(as_flag, default_value=False)
    stopping = Checked(as_flag, default_value=False)

    def __init__(self, runs: Any = None, *, filters: Any = None, **kwargs: Any) -> None:
        if filters is not None:
            runs = _with_filters(runs, filters)
        super().__init__(runs=plain_runs("runs", runs), **kwargs)
        self._settle()

    def hooks(self, name: str = "") -> dict[str, Any]:
        """Return what `fit` takes to be watched and stopped: ``stop``, ``on_step``, ``on_epoch``.

        Parameters
        ----------
        name : str
            Of the run. It takes the place of one with the same name, and stands beside the others.

        Examples
        --------
        >>> import cnnviz
        >>> sorted(cnnviz.TrainingMonitor().hooks("dropout"))
        ['on_epoch', 'on_step', 'stop']
        """
        if not isinstance(name, str):
            raise TypeError(f"name must be text, got {name!r}")
        self.stopping = False
        live = _Live(name, self._take)
        return {"stop": lambda: self.stopping, "on_step": live.on_step, "on_epoch": live.on_epoch}

    def stop(self) -> None:
        """Ask the run that goes on to end, as the button does; from a hook or another thread."""
        self.stopping = True

    def _take(self, run: Run, over: bool) -> None:
        """Show a run as it is now, in place of what it was before."""
        names = [each["name"] for each in self.runs]
        place = names.index(run["name"]) if run["name"] in names else len(names)
        with self.hold_sync():
            self.runs = [*self.runs[:place], run, *self.runs[place + 1 :]]
            if not self.training:  # it has just begun
                self.run, self.step = place, None
            self.training = not over
            if over:
                self.stopping = False

    @traitlets.observe("comm")
    def _leave_routes(self, change: Any) -> None:
        """Leave it to the page which way its messages come back.

        JupyterLab sends them to a thread beside the one that runs cells. ipykernel 7.4 would have
        them wait for the cell from which something was sent last: Stop would be heard too late.
        """
        if hasattr(change["new"], "_reply_subshell_for"):
            change["new"]._reply_subshell_for = lambda _data, chosen: chosen

    def _check_fit(self, name: str | None = None) -> None:
        if name in (None, "run") and self.run >= max(1, len(self.runs)):
            raise ValueError(f"run must be less than the {len(self.runs)} runs, got {self.run}")

    @traitlets.observe("runs")
    def _keep_run_inside(self, _change: Any) -> None:
        if self._settled and not self._property_lock:
            self.run = min(self.run, max(0, len(self.runs) - 1))

    # ---- the widget contract -------------------------------------------------------------------

    @property
    def _shown(self) -> Run | None:
        """The run that is shown in full."""
        return self.runs[min(self.run, len(self.runs) - 1)] if self.runs else None

    def _at(self, run: Run) -> int:
        """Return the place of the step that is shown, among those that were kept."""
        last = len(run["step"]) - 1
        if self.step is None:
            return last
        return max(0, int(np.searchsorted(run["step"], self.step, "right")) - 1)

    def summary(self) -> str:
        """Return how many runs there are, and how long the one is that is shown."""
        run = self._shown
        if run is None:
            return "nothing trained yet"
        count = f"{len(self.runs)} run{'' if len(self.runs) == 1 else 's'}"
        steps = run["step"][-1] if run["step"] else 0
        of = f" of {run['name']!r}" if run["name"] else ""
        return f"{count}, {steps} step{'' if steps == 1 else 's'}{of}"

    def caption(self) -> str:
        """Return one sentence on the run and where it came to."""
        run = self._shown
        if run is None or not run["step"]:
            return "Training monitor: nothing has been trained yet."
        at = self._at(run)
        parts = [f"loss {_still.number(run['loss'][at])}"] if run["loss"][at] is not None else []
        for part in ("train_accuracy", "validation_accuracy"):
            value = _last(run, part, run["step"][at])
            if value is not None:
                parts.append(f"{part.replace('_', ' ')} {100 * value:.1f} %")
        of = f", {run['name']}" if run["name"] else ""
        numbers = f": {', '.join(parts)}" if parts else ""
        return f"Training monitor: step {run['step'][at]} of {run['steps']}{of}{numbers}."

    def picture(self) -> Image.Image:
        """Return the curves of the run that is shown, and its filters."""
        run = self._shown
        if run is None or not run["step"]:
            return _still.message(self.caption())
        at = [step / run["per_epoch"] for step in run["step"]]
        ends = [min(epoch, at[-1]) for epoch in run["epoch"]]
        pictures = [
            _still.chart("Loss", [_line(run, "loss", at), _line(run, "validation_loss", ends)])
        ]
        accuracies = [_line(run, part, ends) for part in ("train_accuracy", "validation_accuracy")]
        if any(values for _, _, values in accuracies):
            pictures.append(_still.chart("Accuracy", accuracies))
        filters = filters_at(run, run["step"][self._at(run)])
        if filters is not None:
            pictures.append(
                _still.sentence([("First layer's filters", "kernel", _pixels(filters), None)])
            )
        return _still.stack(pictures).quantize(64)  # a third of the bytes


def _with_filters(runs: Any, filters: Any) -> Any:
    """Return one run's record with filters in it."""
    record = runs.to_dict() if hasattr(runs, "to_dict") else runs
    if not isinstance(record, dict):
        raise TypeError(f"filters must come with one run's history, got {type(runs).__name__}")
    return {**record, "filters": filters}


def _last(run: Run, part: str, step: int) -> float | None:
    """Return a number of the last epoch that is over after so many steps, if it is known."""
    ended = [min(epoch * run["per_epoch"], run["step"][-1]) <= step for epoch in run["epoch"]]
    values: list[float | None] = run[part][: sum(ended)]
    return values[-1] if values else None


def _line(run: Run, part: str, at: list[float]) -> tuple[str, list[float], list[float | None]]:
    """Return a curve with its name: the training's, or the validation's."""
    return "validation" if part.startswith("validation") else "training", at, run[part]


def _pixels(filters: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return filters ``(K, C, kh, kw)`` side by side: signed, or as colours where C is 3."""
    top = float(np.abs(filters).max()) or 1.0
    sheets = [_still.mosaic(filters[:, c], 2) for c in range(filters.shape[1])]
    gap = np.isnan(sheets[0])
    planes = np.where(gap, 0, np.stack(sheets))
    colours = (
        palette.light_rgb(planes, -top, top)
        if len(planes) == 3
        else _still.plane(planes[0], -top, top)
    )
    colours[gap] = 255
    return colours


def _snapshot(moment: Moment) -> list[Snapshot]:
    """Return the filters as they are now; nothing of a network that has no convolution."""
    try:
        return [(moment.step, moment.filters())]
    except ValueError:
        return []


class _Live:
    """A run while it goes on: what is kept of it, and when it is shown.

    `show` is told the run as it is, and whether it is over.
    """

    def __init__(self, name: str, show: Callable[[Run, bool], None]) -> None:
        self.name, self._show = name, show
        self._snapshots: list[Snapshot] = []
        self._next = 0.0
        self._last: Moment | None = None  # before a run, and after it

    def on_step(self, moment: Moment) -> None:
        """Note a step; show the run if it has not been shown for a while."""
        if self._last is None:
            self._snapshots = _snapshot(moment)
            self._watch_cell()
        self._last = moment
        if time.perf_counter() >= self._next:
            self._tell(over=False)

    def on_epoch(self, moment: Moment) -> None:
        """Note an epoch and its filters; the last one is always shown."""
        if moment.over or moment.epoch % -(-moment.epochs // (MOST_SNAPSHOTS - 2)) == 0:
            self._snapshots += _snapshot(moment)
        self._last = moment
        if moment.over or time.perf_counter() >= self._next:
            self._tell(over=moment.over)

    def _tell(self, over: bool) -> None:
        moment = self._last
        if moment is None:
            return
        start, now = time.perf_counter(), moment.step
        history = moment.history
        run = plain_run(
            self.name,
            {part: getattr(history, part) for part in (*STEPS, *EPOCHS)},
            per_epoch=moment.steps // moment.epochs,
            steps=moment.steps,
            snapshots=[each for each in self._snapshots if each[0] < now] + _snapshot(moment),
            stopped=history.stopped if over else "",
        )
        self._show(run, over)
        end = time.perf_counter()
        self._next = end + max(PAUSE, REST * (end - start))
        if over:
            self._last = None

    def _watch_cell(self) -> None:
        """In a notebook, note the end of the cell: `fit` may fail, and tells no hook of it."""
        ipython = sys.modules.get("IPython")
        shell = ipython.get_ipython() if ipython else None
        if shell is None:
            return

        def ended(_result: Any) -> None:
            shell.events.unregister("post_run_cell", ended)
            self._tell(over=True)

        shell.events.register("post_run_cell", ended)
