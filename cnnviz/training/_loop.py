"""The loop by which every network of the course is trained."""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.arrays import shown
from cnnviz.ops._checks import check_callable
from cnnviz.shapes import whole
from cnnviz.states import check_state
from cnnviz.training import _checkpoint
from cnnviz.training._augment import random_crop, random_flip
from cnnviz.training._device import Precision, check_model, choose_device
from cnnviz.training._examples import Examples
from cnnviz.training._faults import CheckpointError, NotFiniteError, first_bad_weight, origin
from cnnviz.training._history import History, Record
from cnnviz.training._hooks import Hook, Moment, Stop, stop_signals
from cnnviz.training._parallel import Team
from cnnviz.training._progress import make_progress
from cnnviz.training._recipe import Recipe
from cnnviz.training._scores import Criterion, Score, check_answers, inference, measured, prepared
from cnnviz.training._seeding import generator, mixed, seed_everything, undisturbed

__all__ = ["fit"]


def fit(
    model: nn.Module,
    train: Any,
    validation: Any = None,
    recipe: Recipe | None = None,
    *,
    loss: Criterion | None = None,
    device: str | torch.device | None = None,
    progress: str = "auto",
    stop: Stop | None = None,
    on_step: Hook | None = None,
    on_epoch: Hook | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_steps: int | None = None,
    resume: bool = False,
) -> History:
    """Train a network, in place, and say how it went.

    Parameters
    ----------
    model : torch.nn.Module
        From pictures ``(N, C, H, W)`` to scores ``(N, classes)``; with targets, to whatever the
        loss takes. It is moved to the device, and is in inference mode afterwards.
    train
        A pair of pictures and labels, or an object with ``.pictures`` and ``.labels``: arrays or
        tensors. Pictures are ``(N, C, H, W)``, uint8 (the network sees 0 … 255, or 0 … ``.top``,
        as 0 … 1) or floats (it sees them as they are); labels are whole numbers from 0, ``(N,)``.
        With a loss of one's own, floats ``(N, …)`` may stand for labels: **targets**, such as
        boxes. Of these none is right or wrong, so that accuracies are NaN. (Augmentation moves
        pictures alone, and not what a target says of a place.)
    validation : optional
        The same, to be measured after each epoch. What decides when to stop must not be what the
        result is judged by: hold a part of the training set out, as `hold_out` does.
    recipe : Recipe, optional
        How; ``Recipe()`` if left out.
    loss : callable, optional
        From scores and labels, or answers and targets, to the mean loss, a scalar. Cross-entropy
        if left out.
    device : str or torch.device, optional
        "cpu", "cuda" or "mps"; the fastest at hand if left out.
    progress : "auto", "bar", "lines" or "none"
        "bar" is a bar that leaves nothing behind, or in a notebook the same line in every run;
        "lines" prints a line for each epoch; "auto" is "bar" where somebody can see it.
    stop : StopToken or callable, optional
        Asked after each step. If it says yes, the epoch ends there: it is measured and written
        down like any other. So it does at the first Ctrl-C.
    on_step, on_epoch : callable, optional
        Called with a `Moment` after each step and each epoch.
    checkpoint : path-like, optional
        A file, ``.pt``, that the run is written to after each epoch and when it is stopped.
    checkpoint_steps : int, optional
        Write it after each so many steps, too.
    resume : bool
        Go on from `checkpoint`, if it is there. The numbers are those of a run that never stopped.

    Returns
    -------
    History
        Loss, accuracy, learning rate and time, as arrays.

    Raises
    ------
    TypeError, ValueError
        For bad data, before anything is trained: labels that the network has no score for, pictures
        of another rank or dtype, none at all; a batch of one where there is batch norm; a
        checkpoint of another network, another recipe or other data, or one that can't be read.
    FileExistsError
        If there is a checkpoint and `resume` is False.
    NotFiniteError
        If the loss or a weight becomes NaN or infinite. It says at which step and in which layer
        that began; the model has the weights of the last epoch that ended well.
    CheckpointError
        If a checkpoint can't be written. The one before it is as it was.

    Notes
    -----
    Several processes, as torchrun starts them, share every batch by `DistributedDataParallel`. The
    loss is then that of one process with the whole batch, except that batch norm sees its share
    alone. On one device and with as many threads, two runs give the same numbers, bit for bit.

    Examples
    --------
    >>> from cnnviz import nets
    >>> pictures = torch.rand(8, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    >>> labels = torch.arange(8)
    >>> _ = torch.manual_seed(0)
    >>> history = fit(nets.lenet5(), (pictures, labels), recipe=Recipe(epochs=2, batch=4))
    >>> history
    History(2 epochs, 4 steps)
    >>> len(history.loss), len(history.train_accuracy)
    (4, 2)
    """
    recipe = Recipe() if recipe is None else recipe
    called = {"loss": loss, "stop": stop, "on_step": on_step, "on_epoch": on_epoch}
    for name, value in called.items():
        if value is not None:
            check_callable(name, value)
    where = choose_device(device)
    with undisturbed(where):
        run = _Run(model, train, validation, recipe, where, loss or _cross_entropy)
        run.watch(progress, on_step, on_epoch)
        run.keep(checkpoint, checkpoint_steps, resume)
        with run.showing(), stop_signals(stop) as asked:
            while not run.over and not run.stopped(asked()):
                for indices in run.batches():
                    run.step(indices)
                    if run.stopped(asked()):
                        break
                run.end_epoch()
        return run.end()


def _cross_entropy(scores: Tensor, labels: Tensor, label_smoothing: float = 0.0) -> Tensor:
    return F.cross_entropy(scores, labels, label_smoothing=label_smoothing)


@dataclass
class _Sums:
    """What an epoch has added up so far."""

    loss: float = 0.0
    right: float = 0.0
    seen: int = 0
    seconds: float = 0.0


@dataclass
class _Best:
    """The best epoch so far, for early stopping."""

    score: float = math.inf
    epoch: int = 0
    weights: dict[str, Tensor] = field(default_factory=dict)


class _Run:
    """A run of `fit`: everything that it changes, and the steps that it is made of."""

    def __init__(
        self,
        model: nn.Module,
        train: Any,
        validation: Any,
        recipe: Recipe,
        device: torch.device,
        criterion: Criterion,
    ) -> None:
        check_model(model)
        if not isinstance(recipe, Recipe):
            raise TypeError(f"recipe must be a Recipe, got {shown(recipe)}")
        self.team = Team.here()
        self.recipe, self.device, self.criterion = recipe, device, criterion
        own = criterion is not _cross_entropy
        self.train = Examples("train", train, targets=own).to(device)
        self.validation = None
        if validation is not None:
            self.validation = Examples("validation", validation, targets=own).to(device)
        if recipe.patience is not None and self.validation is None:
            raise ValueError("patience needs a validation set to be measured on, got none")
        if recipe.patience is not None and recipe.monitor == "accuracy" and self.train.targets:
            raise ValueError('monitor must be "loss" where there are targets, got "accuracy"')
        self.model = model.to(device)
        if recipe.channels_last:
            model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._check_fit()
        model.train()
        self.net = self.team.wrapped(model, device)  # the same, unless it has a team
        self.precision = Precision(recipe.precision, device)
        self.optimiser = _optimiser(model, recipe)
        self.record, self.sums, self.best = Record(), _Sums(), _Best()
        self.epoch = self.done = 0  # epochs that are over, and steps of the one that isn't
        self.good = _copy(model)

    def _check_fit(self) -> None:
        """Refuse what would fail, or go wrong unseen, in the middle of the run."""
        if self.validation is not None and self.validation.targets != self.train.targets:
            raise TypeError("train and validation must both have labels or both targets, got each")
        for examples in filter(None, (self.train, self.validation)):
            check_answers(self.model, examples)
        if not any(p.requires_grad for p in self.model.parameters()):
            raise ValueError("model must have a parameter to train, got none")
        last = len(self.train) % self.recipe.batch or self.recipe.batch
        share = min(last, self.recipe.batch, len(self.train)) // self.team.size
        smallest = share // self.recipe.accumulate
        norms = (n for n, m in self.model.named_modules() if isinstance(m, _BATCH_NORM))
        if smallest <= 1 and (name := next(norms, None)) is not None:
            raise ValueError(
                f"batch must leave batch norm (layer {name!r}) more than one picture in training, "
                f"got batches of {self.recipe.batch} of {len(self.train)} pictures: the smallest "
                f"{'share of one ' if smallest < last else ''}has {smallest}"
            )

    # --- what surrounds the loop ------------------------------------------------------------------

    def watch(self, progress: str, on_step: Hook | None, on_epoch: Hook | None) -> None:
        """Note who wants to be told."""
        self._progress_kind = progress if self.team.leads else "none"
        self._on_step, self._on_epoch = on_step, on_epoch

    def keep(self, path: str | os.PathLike[str] | None, steps: int | None, resume: bool) -> None:
        """Note where the run is written to, and go on with what is there."""
        if not isinstance(resume, bool):
            raise TypeError(f"resume must be True or False, got {shown(resume)}")
        self._path = None if path is None else _checkpoint.checkpoint_path(path)
        self._every = None if steps is None else whole("checkpoint_steps", steps)
        if self._path is None:
            if resume or self._every:
                needs = "resume" if resume else "checkpoint_steps"
                raise ValueError(f"checkpoint must name a file for {needs}, got None")
            return
        names = {"train": self.train, "validation": self.validation}
        self._data = {name: e.fingerprint() for name, e in names.items() if e is not None}
        if self._path.exists():
            if not resume:
                raise FileExistsError(
                    f"checkpoint {str(self._path)!r} is there already: go on with resume=True, or "
                    "remove it to start anew"
                )
            self._go_on(self._path)

    @contextlib.contextmanager
    def showing(self) -> Iterator[None]:
        """Show the progress while the run lasts."""
        self._progress = make_progress(
            self._progress_kind, self.recipe.epochs, self.steps_per_epoch, len(self.record.loss)
        )
        try:
            yield
        finally:
            self._progress.close()

    def stopped(self, why: str) -> bool:
        """Say if the run is to stop, and note why; what one process is asked, all of them are."""
        self.record.stopped = self.team.any(why, self.device)
        return bool(self.record.stopped)

    def end(self) -> History:
        """Give the best weights back, and the history."""
        if self.best.weights:
            self.model.load_state_dict(self.best.weights)
            self.record.best_epoch = self.best.epoch
        self.model.eval()
        if len(self.record.loss) == self.recipe.epochs * self.steps_per_epoch:
            self.record.stopped = ""  # whatever asked came too late
        return self.record.history()

    # --- the loop ---------------------------------------------------------------------------------

    @property
    def steps_per_epoch(self) -> int:
        return -(-len(self.train) // self.recipe.batch)

    @property
    def over(self) -> bool:
        return self.epoch >= self.recipe.epochs or bool(self.record.stopped)

    def batches(self) -> Iterator[Tensor]:
        """Give the indices of each batch of this epoch that is still to come."""
        order = torch.randperm(
            len(self.train), generator=generator(self.recipe.seed, "order", self.epoch)
        )
        yield from torch.split(order, self.recipe.batch)[self.done :]

    def step(self, indices: Tensor) -> None:
        """Look at one batch, and take one step downhill."""
        start = time.perf_counter()
        self._seed_step()
        rate = self.recipe.rate(len(self.record.loss), self.steps_per_epoch)
        pictures, labels, weight = self._batch(indices)
        value, right = self._told(*self._backward(pictures, labels, weight), weight)
        if not math.isfinite(value):
            raise self._not_finite(value, pictures)
        self._descend(rate)
        self._count(value, right, len(indices), rate, time.perf_counter() - start)

    def _seed_step(self) -> None:
        seed = mixed(self.recipe.seed, "step", len(self.record.loss), self.team.rank)
        seed_everything(seed, self.device)

    def _batch(self, indices: Tensor) -> tuple[Tensor, Tensor, float]:
        """Return this process's pictures and labels, and how much its mean loss weighs."""
        share = self.team.share(indices)
        weight = len(share) * self.team.size / len(indices)
        if not len(share):  # a batch smaller than the team: take any picture, and weigh it by 0
            share = indices[:1]
        share = share.to(self.device)
        pictures = prepared(self.train.pictures[share], self.train.top, self.recipe.channels_last)
        return self._augmented(pictures), self.train.labels[share], weight

    def _augmented(self, pictures: Tensor) -> Tensor:
        if not self.recipe.augment:
            return pictures
        chance = generator(self.recipe.seed, "augment", len(self.record.loss), self.team.rank)
        for name in self.recipe.augment:
            if name == "crop":
                pictures = random_crop(pictures, self.recipe.crop_padding, generator=chance)
            else:
                pictures = random_flip(pictures, generator=chance)
        return pictures

    def _training_loss(self, scores: Tensor, labels: Tensor) -> Tensor:
        if self.criterion is _cross_entropy:
            return _cross_entropy(scores, labels, self.recipe.label_smoothing)
        return self.criterion(scores, labels)

    def _backward(self, pictures: Tensor, labels: Tensor, weight: float) -> tuple[Tensor, Tensor]:
        """Add up the gradients of a batch's parts; return its mean loss and how many are right."""
        self.optimiser.zero_grad(set_to_none=True)
        parts = min(self.recipe.accumulate, len(pictures))
        pairs = list(zip(pictures.chunk(parts), labels.chunk(parts), strict=True))
        losses, right = [], []
        for number, (some, theirs) in enumerate(pairs, 1):
            with self.team.quiet(self.net, number < len(pairs)):
                with self.precision.autocast():
                    scores = self.net(some)
                    loss = self._training_loss(scores, theirs)
                share = weight * len(some) / len(pictures)
                loss = loss if share == 1 else loss * share
                self.precision.scaler.scale(loss).backward()  # scales float16 alone
            losses.append(loss.detach().float())
            right.append(self.train.right(scores.detach(), theirs))
        return torch.stack(losses).sum(), torch.stack(right).sum()

    def _told(self, loss: Tensor, right: Tensor, weight: float) -> tuple[float, float]:
        """Return the batch's mean loss and how many are right, over all processes."""
        both = torch.stack((loss / self.team.size, (right * (weight > 0)).float()))
        value, count = self.team.total(both).tolist()  # the only time that a GPU is waited for
        return value, count

    def _descend(self, rate: float) -> None:
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.precision.scaler.step(self.optimiser)
        self.precision.scaler.update()

    def _count(self, value: float, right: float, seen: int, rate: float, seconds: float) -> None:
        self.done += 1
        self.sums.loss += value * seen
        self.sums.right += right
        self.sums.seen += seen
        self.sums.seconds += seconds
        self.record.add_step(loss=value, learning_rate=rate)
        moment = self._moment(self.epoch + 1)
        self._progress.step(moment)
        if self._on_step is not None:
            self._on_step(moment)
        if self._every and self.done % self._every == 0 and self.done < self.steps_per_epoch:
            self._check_weights()
            self._write()

    def end_epoch(self) -> None:
        """Measure, write down, keep what is good, and see whether patience is at its end."""
        self._check_weights()
        whole_epoch = self.done == self.steps_per_epoch
        if not whole_epoch:
            self._write()  # in the middle, so that going on leaves nothing out
        start = time.perf_counter()
        score = self._validated()
        self.sums.seconds += time.perf_counter() - start
        self._add_epoch(score)
        self.good = _copy(self.model)
        self._look_for_better(score)
        self.epoch, self.done, self.sums = self.epoch + 1, 0, _Sums()
        if whole_epoch:
            self._write()
        moment = self._moment(self.epoch)
        self._progress.epoch(moment)
        if self._on_epoch is not None:
            self._on_epoch(moment)

    def _validated(self) -> Score:
        if self.validation is None:
            return Score(math.nan, math.nan)
        self.team.agree_on_buffers(self.model)
        with inference(self.model):
            return measured(
                self.model,
                self.validation,
                self.criterion,
                channels_last=self.recipe.channels_last,
                autocast=self.precision.autocast,
                team=self.team,
            )

    def _add_epoch(self, score: Score) -> None:
        self.record.add_epoch(
            train_loss=self.sums.loss / self.sums.seen,
            train_accuracy=self.sums.right / self.sums.seen,
            validation_loss=score.loss,
            validation_accuracy=score.accuracy,
            seconds=self.sums.seconds,
        )

    def _look_for_better(self, score: Score) -> None:
        if self.recipe.patience is None:
            return
        value = score.loss if self.recipe.monitor == "loss" else -score.accuracy
        epoch = self.epoch + 1
        if value < self.best.score or not self.best.epoch:
            self.best = _Best(value, epoch, self.good)
        elif epoch - self.best.epoch >= self.recipe.patience:
            self.record.stopped = "patience"  # and not for now, as when somebody asks

    def _moment(self, epoch: int) -> Moment:
        return Moment(
            epoch=epoch,
            epochs=self.recipe.epochs,
            step=len(self.record.loss),
            steps=self.recipe.epochs * self.steps_per_epoch,
            loss=self.record.loss[-1],
            learning_rate=self.record.learning_rate[-1],
            model=self.model,
            _record=self.record,
        )

    # --- faults -----------------------------------------------------------------------------------

    def _check_weights(self) -> None:
        if name := first_bad_weight(self.model):
            step = len(self.record.loss)
            words = (
                f"the weights are not finite any more after step {step}",
                f": {name} is the first",
            )
            raise self._restored(words, step, name.rpartition(".")[0])

    def _not_finite(self, value: float, pictures: Tensor) -> NotFiniteError:
        """Look for the layer with the same pictures and the same chance."""
        step = len(self.record.loss) + 1
        self._seed_step()
        with self.precision.autocast():
            layer, began = origin(self.model, lambda: self.model(pictures))
        words = f"the loss is {value} at step {step}", f". It began {began}"
        return self._restored(words, step, layer)

    def _restored(self, words: tuple[str, str], step: int, layer: str) -> NotFiniteError:
        """Give the model its last good weights back, and return what to raise."""
        self.model.load_state_dict(self.good)
        what, where = words
        return NotFiniteError(
            f"{what} (epoch {self.epoch + 1}){where}. {self._what_is_left()}",
            step=step,
            epoch=self.epoch + 1,
            layer=layer,
            history=self.record.history(),
        )

    def _what_is_left(self) -> str:
        whose = f"of epoch {self.epoch}" if self.epoch else "that it came with"
        hint = " Try a smaller learning rate." if self.record.loss else ""
        return f"The model has the weights {whose} again.{hint}"

    # --- checkpoints ------------------------------------------------------------------------------

    def _write(self) -> None:
        if self._path is None or not self.team.leads:
            return
        stopped = self.record.stopped if self.record.stopped == "patience" else ""
        content = {
            "recipe": self.recipe.to_dict(),
            "data": self._data,
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.precision.scaler.state_dict(),
            "record": _as_tensors({**vars(self.record), "stopped": stopped}),
            "sums": vars(self.sums),
            "best": vars(self.best),
            "epoch": self.epoch,
            "done": self.done,
        }
        try:
            _checkpoint.write(self._path, content)
        except OSError as error:
            before = "; the one before it is as it was" if self._path.exists() else ""
            failure = CheckpointError(
                error.errno, f"checkpoint can't be written ({error.strerror}){before}"
            )
            failure.filename = str(self._path)
            failure.history = self.record.history()
            raise failure from error

    def _go_on(self, path: Path) -> None:
        """Take everything up where a checkpoint left it."""
        content = _checkpoint.read(path)
        check_state(str(path), self.model.state_dict(), content["model"])
        _checkpoint.check_same_run(path, content, self.recipe, self._data)
        self.model.load_state_dict(content["model"])
        self.optimiser.load_state_dict(content["optimiser"])
        if content["scaler"]:
            self.precision.scaler.load_state_dict(content["scaler"])
        self.record = Record(**_as_lists(content["record"]))
        self.sums, self.best = _Sums(**content["sums"]), _Best(**content["best"])
        self.epoch, self.done = content["epoch"], content["done"]
        self.good = _copy(self.model)


_BATCH_NORM = nn.modules.batchnorm._BatchNorm


def _optimiser(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    parameters = [p for p in model.parameters() if p.requires_grad]
    settings: dict[str, Any] = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay}
    # One kernel for all weights: the networks here are so small that a loop over them takes long.
    settings["fused"] = parameters[0].device.type != "mps"
    if recipe.optimiser == "sgd":
        return torch.optim.SGD(parameters, momentum=recipe.momentum, **settings)
    adam = torch.optim.Adam if recipe.optimiser == "adam" else torch.optim.AdamW
    return adam(parameters, betas=(recipe.momentum, 0.999), **settings)


def _copy(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def _as_tensors(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: torch.tensor(value, dtype=torch.float64) if isinstance(value, list) else value
        for name, value in record.items()
    }


def _as_lists(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.tolist() if isinstance(value, Tensor) else value
        for name, value in record.items()
    }
