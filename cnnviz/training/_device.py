"""Where a network is trained, and how precisely."""

from __future__ import annotations

import contextlib
import os
from typing import Any

import torch
from torch import nn

from cnnviz.arrays import shown

__all__ = ["Precision", "check_model", "choose_device", "device_of"]

_SUPPORTED = ("cpu", "cuda", "mps")


def choose_device(device: str | torch.device | None = None) -> torch.device:
    """Return the device to train on: what is asked for, or the fastest at hand.

    Parameters
    ----------
    device : str or torch.device, optional
        "cpu", "cuda", "cuda:1" or "mps". Left out: CUDA, else MPS, else the CPU.

    Raises
    ------
    ValueError
        For a device that this machine or this build of PyTorch does not have.

    Examples
    --------
    >>> choose_device("cpu")
    device(type='cpu')
    """
    if device is None:
        return _own_gpu() or torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        chosen = torch.device(device)
    except (RuntimeError, TypeError, ValueError, OverflowError):
        raise ValueError(f"device must be one of {_names()}, got {shown(device)}") from None
    if chosen.type not in _SUPPORTED:
        raise ValueError(f"device must be one of {_names()}, got {shown(device)}")
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        there = torch.cuda.device_count()
        raise ValueError(f"device {shown(str(chosen))} is not there: PyTorch sees {there} GPUs")
    if chosen.type == "mps" and not torch.backends.mps.is_available():
        raise ValueError("device 'mps' is not there: it is the GPU of a Mac")
    return _own_gpu() or chosen if chosen == torch.device("cuda") else chosen


def _names() -> str:
    return ", ".join(map(repr, _SUPPORTED))


def _own_gpu() -> torch.device | None:
    """Return the GPU of this process, which torchrun numbers."""
    if not torch.cuda.is_available():
        return None
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)) % torch.cuda.device_count())


def check_model(model: Any) -> None:
    """Refuse what is no network.

    Raises
    ------
    TypeError
        Saying what it got.

    Examples
    --------
    >>> check_model("lenet")
    Traceback (most recent call last):
    ...
    TypeError: model must be a torch.nn.Module, got 'lenet'
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, got {shown(model)}")


def device_of(model: nn.Module) -> torch.device:
    """Return where a network's weights are.

    Examples
    --------
    >>> device_of(nn.Linear(1, 1))
    device(type='cpu')
    """
    first = next(model.parameters(), None)
    return torch.device("cpu") if first is None else first.device


class Precision:
    """Mixed precision as a recipe asks for it: what to compute under, and what scales the loss.

    Float16 has so small a range that gradients vanish: the loss is scaled up before they are
    computed. Bfloat16 has the range of float32 and needs none of that.
    """

    def __init__(self, name: str, device: torch.device) -> None:
        if name == "auto":
            name = _best(device)
        if name != "float32" and device.type == "mps":
            raise ValueError(f"precision must be 'float32' on MPS, got {name!r}")
        self.device = device.type
        self.dtype: torch.dtype = getattr(torch, name)
        self.scaler: Any = torch.amp.GradScaler(self.device, enabled=name == "float16")

    def autocast(self) -> contextlib.AbstractContextManager[Any]:
        """Return what a forward pass runs under."""
        if self.dtype == torch.float32:
            return contextlib.nullcontext()
        return torch.autocast(self.device, dtype=self.dtype)


def _best(device: torch.device) -> str:
    if device.type != "cuda":
        return "float32"
    return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"
