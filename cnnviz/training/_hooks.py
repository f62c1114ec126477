"""How a run is watched and stopped from outside."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from cnnviz.training._history import History, Record

__all__ = ["Moment", "StopToken", "stop_signals"]

Stop = Callable[[], object]
Hook = Callable[["Moment"], object]


class StopToken:
    """A stop button: give it to `fit`, and press it from a hook, a widget or another thread.

    Examples
    --------
    >>> token = StopToken()
    >>> token()
    False
    >>> token.stop()
    >>> token
    StopToken(pressed)
    """

    def __init__(self) -> None:
        self._pressed = threading.Event()

    def stop(self) -> None:
        """Ask for the end: the step that is being taken is still taken."""
        self._pressed.set()

    def reset(self) -> None:
        """Make the token fit for another run."""
        self._pressed.clear()

    def __call__(self) -> bool:
        return self._pressed.is_set()

    def __repr__(self) -> str:
        return f"StopToken({'pressed' if self() else 'not pressed'})"


@dataclass(frozen=True, repr=False)
class Moment:
    """What a hook is told, after a step or an epoch.

    Attributes
    ----------
    epoch, epochs : int
        The epoch, from 1, and how many there will be at most.
    step, steps : int
        The step, from 1 over all epochs, and how many there will be at most.
    loss, learning_rate : float
        Of the last step.
    model : torch.nn.Module
        As it is now.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    learning_rate: float
    model: nn.Module
    _record: Record

    @property
    def over(self) -> bool:
        """Whether this is the end: no step is left, or the run has been stopped."""
        return self.step == self.steps or bool(self._record.stopped)

    @property
    def history(self) -> History:
        """Everything up to now, copied."""
        return self._record.history()

    def filters(self) -> NDArray[np.float32]:
        """Return a copy of the first convolution's kernels, ``(K, C, kh, kw)``.

        Raises
        ------
        ValueError
            If the model has no two-dimensional convolution.
        """
        for module in self.model.modules():
            weight: Any = getattr(module, "weight", None)
            if isinstance(module, nn.Conv2d):
                return np.array(weight.detach().float().cpu().numpy(), order="C")
        raise ValueError("model must have a Conv2d to show filters of, got none")

    def __repr__(self) -> str:
        return f"Moment(epoch {self.epoch} of {self.epochs}, step {self.step} of {self.steps})"


@contextlib.contextmanager
def stop_signals(stop: Stop | None) -> Iterator[Callable[[], str]]:
    """Give a function that says who asks to stop: "stop", "Ctrl-C", or "" for nobody.

    The first Ctrl-C is taken as a wish, so that it can't tear a step apart; a second one interrupts
    as usual. Only Python's main thread is told of Ctrl-C.
    """
    interrupted = threading.Event()
    usual = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: Any) -> None:
        if interrupted.is_set() and callable(usual):
            usual(number, frame)
        interrupted.set()

    def asked() -> str:
        if interrupted.is_set():
            return "Ctrl-C"
        return "stop" if stop is not None and stop() else ""

    listening = threading.current_thread() is threading.main_thread() and callable(usual)
    if listening:
        signal.signal(signal.SIGINT, note)
    try:
        yield asked
    finally:
        if listening:
            signal.signal(signal.SIGINT, usual)
