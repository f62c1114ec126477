"""How a model is asked: its arguments checked, itself left as it was."""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cnnviz.arrays import as_array, as_number, shown
from cnnviz.ledgers._trace import as_it_was
from cnnviz.shapes import whole

__all__ = [
    "asked",
    "check_pictures",
    "check_range",
    "check_scores",
    "check_seed",
    "check_steps",
    "check_targets",
    "find_layer",
    "from_zero",
    "maps_and_result",
    "of_targets",
    "run",
    "scores_of",
    "slope",
    "targets_for",
    "within",
]

MOST_TARGETS = 2**20
MOST_STEPS = 100_000
LARGEST = 1e30


def check_pictures(x: Any) -> Tensor:
    """Return a copy of the pictures that has no past, (N, C, *n)."""
    if not isinstance(x, Tensor):
        raise TypeError(f"x must be a tensor of pictures (N, C, H, W), got {shown(x)}")
    if x.layout is not torch.strided or x.is_nested or x.is_meta or not x.is_floating_point():
        raise TypeError(f"x must be a dense tensor of floats with values, got {_kind(x)}")
    if x.ndim < 3 or x.numel() == 0:
        raise ValueError(
            f"x must be pictures (N, C, H, W), one of them (1, C, H, W); got shape {tuple(x.shape)}"
        )
    with torch.inference_mode(False):
        copy = x.detach().clone()
        if not torch.isfinite(copy).all():
            raise ValueError("x must be finite; it has NaN or infinite values")
    return copy


def _kind(x: Tensor) -> str:
    return f"{x.dtype}, {x.layout}, on {x.device}"


@contextlib.contextmanager
def asked(model: nn.Module) -> Iterator[None]:
    """Let a model run, in inference mode and with gradients, and leave it as it was."""
    before = [(buffer, buffer._version, buffer.clone()) for buffer in model.buffers()]
    places = {tensor.device for tensor in (*model.parameters(), *model.buffers())}
    devices = [device for device in places if device.type == "cuda"]
    with (
        torch.inference_mode(False),
        torch.enable_grad(),
        torch.random.fork_rng(devices=devices),
        as_it_was(model),
    ):
        try:
            yield
        finally:
            for buffer, version, values in before:
                if buffer._version != version:  # only then: a graph of the caller may hold it
                    with torch.no_grad():
                        buffer.copy_(values)


def run(model: nn.Module, x: Tensor) -> Any:
    """Run a model on a copy, which it may change; what stops it is said with the shape."""
    try:
        return model(x.clone())
    except _UnfitLayer:
        raise
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ValueError(
            f"model, {type(model).__name__}, can't take x of shape {tuple(x.shape)}, {x.dtype} on "
            f"{x.device}: {reason[:200]}"
        ) from error


class _UnfitLayer(ValueError):
    """A layer does not give what was asked for; said by a hook, while the model runs."""


def scores_of(model: nn.Module, x: Tensor) -> Tensor:
    """Return the scores of pictures, (N, classes)."""
    return check_scores(run(model, x), len(x))


def check_scores(scores: Any, count: int) -> Tensor:
    """Return what a model gave for so many pictures, if it is (N, classes)."""
    if not isinstance(scores, Tensor) or scores.ndim != 2 or len(scores) != count:
        got = tuple(scores.shape) if isinstance(scores, Tensor) else type(scores).__name__
        raise ValueError(
            f"model must give scores (N, classes), here ({count}, classes), got {got}: wrap it in "
            "a module that picks them"
        )
    return scores


def of_targets(scores: Tensor, target: Any, name: str = "target") -> Tensor:
    """Return the column of each row's target, (N,)."""
    targets = targets_for(target, len(scores), scores.shape[1], name)
    column: Tensor = scores.gather(1, targets.to(scores.device)[:, None])[:, 0]
    return column


def targets_for(target: Any, count: int, classes: int, name: str = "target") -> Tensor:
    """Return a class for each of so many pictures; one number stands for all."""
    numbers = check_targets(target, name)
    if len(numbers) == 1:
        numbers *= count
    if len(numbers) != count:
        raise ValueError(f"{name} must be one class, or {count}, one a picture; got {len(numbers)}")
    for number in numbers:
        if not 0 <= number < classes:
            raise ValueError(f"{name} must be from 0 to {classes - 1}, got {shown(number)}")
    return torch.tensor(numbers)


def check_targets(target: Any, name: str = "target") -> list[int]:
    """Return one class or several as a list."""
    numbers = [_index(name, value) for value in _listed(name, target)]
    if not 1 <= len(numbers) <= MOST_TARGETS:
        raise ValueError(f"{name} must have from 1 to {MOST_TARGETS} classes, got {len(numbers)}")
    return numbers


def _listed(name: str, target: Any) -> Sequence[Any]:
    if isinstance(target, (Tensor, np.ndarray)):
        values = as_array(name, target, axes=(0, 1), most=MOST_TARGETS).tolist()
        return values if isinstance(values, list) else [values]
    return target if isinstance(target, (list, tuple)) else [target]


def _index(name: str, value: Any) -> int:
    try:
        if isinstance(value, bool):
            raise TypeError
        return operator.index(value)
    except Exception:  # an object's own __index__ may raise anything
        raise TypeError(
            f"{name} must be a class, a whole number from 0, or one a picture; got {shown(value)}"
        ) from None


def slope(score: Tensor, of: Tensor, what: str, *, again: bool = False) -> Tensor:
    """Return the gradient of a sum of scores; an error if it does not depend on `of`.

    With `again`, another gradient may be asked for after it.
    """
    found = None
    if score.requires_grad:
        (found,) = torch.autograd.grad(score.sum(), of, retain_graph=again, allow_unused=True)
    if found is None:
        raise ValueError(
            f"model must give a score that has a slope in {what}; here it doesn't depend on it, or "
            "torch.no_grad, detach or rounding stands between"
        )
    return found.detach()


# --- numbers --------------------------------------------------------------------------------------


def within(name: str, value: Any) -> float:
    """Return a number that float32 holds with room to add."""
    number = as_number(name, value)
    if abs(number) > LARGEST:
        raise ValueError(f"{name} must be from {-LARGEST:g} to {LARGEST:g}, got {shown(value)}")
    return number


def from_zero(name: str, value: Any) -> float:
    """Return a number that is at least 0."""
    number = within(name, value)
    if number < 0:
        raise ValueError(f"{name} must be at least 0, got {shown(value)}")
    return number


def check_range(low: Any, high: Any) -> tuple[float, float]:
    """Return what a pixel may be, from and to."""
    low, high = within("low", low), within("high", high)
    if not low < high:
        raise ValueError(f"low must be below high, got {low:g} and {high:g}")
    return low, high


def check_steps(steps: Any) -> int:
    """Return a number of steps that somebody may wait for."""
    number = whole("steps", steps)
    if number > MOST_STEPS:
        raise ValueError(f"steps must be at most {MOST_STEPS}, got {shown(steps)}")
    return number


def check_seed(seed: Any) -> int:
    """Return a seed as a generator takes it."""
    return whole("seed", seed, minimum=0) % 2**63


# --- layers ---------------------------------------------------------------------------------------


def find_layer(model: nn.Module, layer: Any) -> tuple[str, nn.Module]:
    """Return a layer's name and itself, given either."""
    modules = dict(model.named_modules())
    if isinstance(layer, str):
        if layer not in modules or not layer:
            names = ", ".join(name for name in modules if name)
            raise ValueError(f"layer must be one of {names[:300]}; got {shown(layer)}")
        return layer, modules[layer]
    if not isinstance(layer, nn.Module):
        raise TypeError(f"layer must be a module of model or its name, got {shown(layer)}")
    for name, module in modules.items():
        if module is layer:
            return name or type(model).__name__, module
    raise ValueError(f"layer must be a module of model; this {type(layer).__name__} is none")


@contextlib.contextmanager
def _watched(model: nn.Module, layer: Any) -> Iterator[list[Tensor]]:
    """Collect what a layer gives while the model runs.

    The model goes on with a copy, so that what comes next may write over its input, as
    ReLU(inplace=True) does, and what was collected stays what the layer gave.
    """
    name, module = find_layer(model, layer)
    seen: list[Tensor] = []

    def keep(_module: nn.Module, _inputs: Any, output: Any) -> Tensor:
        if not isinstance(output, Tensor) or output.ndim < 3:
            got = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
            raise _UnfitLayer(f"layer {name!r} must give maps (N, K, H, W), it gives {got}")
        seen.append(output)
        if len(seen) > 1:
            raise _UnfitLayer(
                f"layer {name!r} runs more than once, so that its maps are not one set: choose a "
                "layer that runs once, or give each use a module of its own"
            )
        return output.clone()

    handle = module.register_forward_hook(keep)
    try:
        yield seen
    finally:
        handle.remove()


def maps_and_result(model: nn.Module, layer: Any, x: Tensor) -> tuple[Tensor, Any]:
    """Run a model; return what a layer gave, and what the model gave."""
    with _watched(model, layer) as seen:
        result = run(model, x)
    if not seen:
        name, _ = find_layer(model, layer)
        raise ValueError(f"layer {name!r} must run for x; the model doesn't use it")
    return seen[0], result
