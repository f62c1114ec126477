"""How far a run is, shown so that nothing of it is left in what is committed.

A bar changes from run to run, and a notebook keeps what is written. So in a notebook one line
stands, is overwritten while the cell runs, and in the end says again what it said at the start.
"""

from __future__ import annotations

import math
import sys
import time
from typing import Any, Protocol

from cnnviz.arrays import shown
from cnnviz.training._hooks import Moment

__all__ = ["PROGRESS", "Progress", "make_progress"]

PROGRESS = ("auto", "bar", "lines", "none")


class Progress(Protocol):
    """What shows how far a run is."""

    def step(self, moment: Moment) -> None:
        """Show that a step was taken."""

    def epoch(self, moment: Moment) -> None:
        """Show that an epoch is over."""

    def close(self) -> None:
        """Put away what is not to stay."""


def make_progress(kind: str, epochs: int, steps_per_epoch: int, done: int) -> Progress:
    """Return what shows a run's progress.

    Parameters
    ----------
    kind : "auto", "bar", "lines" or "none"
        "bar" is tqdm's in a terminal, and one line in a notebook; "lines" prints a line for each
        epoch; "auto" is "bar" where somebody can see it, and otherwise "none".
    epochs, steps_per_epoch : int
    done : int
        Steps that were taken before.
    """
    if not isinstance(kind, str) or kind not in PROGRESS:
        allowed = ", ".join(map(repr, PROGRESS))
        raise ValueError(f"progress must be one of {allowed}, got {shown(kind)}")
    if kind == "lines":
        return _Lines()
    if kind != "none" and _in_notebook():
        return _Notebook(epochs, steps_per_epoch)
    if kind == "bar" or (kind == "auto" and sys.stderr is not None and sys.stderr.isatty()):
        return _Bar(epochs * steps_per_epoch, done)
    return _Nothing()


def _in_notebook() -> bool:
    """Tell a notebook's kernel, without importing IPython where there is none."""
    if "ipykernel" not in sys.modules or "IPython" not in sys.modules:
        return False
    shell: Any = sys.modules["IPython"].get_ipython()
    return shell is not None and getattr(shell, "kernel", None) is not None


class _Nothing:
    def step(self, moment: Moment) -> None:
        pass

    def epoch(self, moment: Moment) -> None:
        pass

    def close(self) -> None:
        pass


class _Lines(_Nothing):
    def epoch(self, moment: Moment) -> None:
        print(f"epoch {moment.epoch} of {moment.epochs}: {_summary(moment)}", flush=True)


class _Bar(_Nothing):
    """tqdm's bar on standard error, which is wiped out in the end."""

    def __init__(self, steps: int, done: int) -> None:
        from tqdm import tqdm

        self._bar = tqdm(total=steps, initial=done, unit="step", leave=False)

    def step(self, moment: Moment) -> None:
        self._bar.set_postfix_str(f"loss {moment.loss:.3f}", refresh=False)
        self._bar.update()

    def epoch(self, moment: Moment) -> None:
        self._bar.set_description_str(f"epoch {moment.epoch} of {moment.epochs}")

    def close(self) -> None:
        self._bar.close()


class _Notebook(_Nothing):
    """One line under the cell."""

    def __init__(self, epochs: int, steps_per_epoch: int) -> None:
        from IPython.display import display

        times = f"{epochs} epoch{'' if epochs == 1 else 's'}"
        self._line = f"Training: {times} of {steps_per_epoch} step{'s' * (steps_per_epoch != 1)}."
        self._handle: Any = display(_plain(self._line), raw=True, display_id=True)  # type: ignore[no-untyped-call]
        self._began = self._shown = time.monotonic()
        self._taken = 0
        self._after = ""  # the last epoch in words

    def step(self, moment: Moment) -> None:
        from tqdm import tqdm

        self._taken += 1
        now = time.monotonic()
        if now - self._shown < 0.25:
            return
        self._shown = now
        ahead = moment.steps - moment.step + self._taken  # tqdm's rate is that of this run
        bar = tqdm.format_meter(
            self._taken, ahead, now - self._began, ncols=80, unit="step", ascii=False
        )
        self._handle.update(_plain(f"{bar}\nloss {moment.loss:.3f}{self._after}"), raw=True)

    def epoch(self, moment: Moment) -> None:
        self._after = f"; after epoch {moment.epoch} of {moment.epochs}: {_summary(moment)}"

    def close(self) -> None:
        self._handle.update(_plain(self._line), raw=True)


def _plain(text: str) -> dict[str, str]:
    return {"text/plain": text}


def _summary(moment: Moment) -> str:
    history = moment.history

    def share(value: float, digits: int) -> str:
        return "" if math.isnan(value) else f", accuracy {value:.{digits}%}"

    words = f"loss {history.train_loss[-1]:.3f}{share(history.train_accuracy[-1], 1)}"
    if not math.isnan(history.validation_loss[-1]):
        words += f"; validation loss {history.validation_loss[-1]:.3f}"
        words += share(history.validation_accuracy[-1], 2)
    return words
