"""Chance that repeats: each step draws from a stream of its own.

A step's stream depends on the seed and on the step's number alone. So a run that was stopped and
goes on draws what it would have drawn, a step that is looked at again drops the same units, and
no generator has to be carried along.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
from collections.abc import Iterator

import numpy as np
import torch

__all__ = ["generator", "mixed", "seed_everything", "undisturbed"]


def mixed(*parts: int | str) -> int:
    """Return a seed of 63 bits that any change of a part changes altogether.

    Examples
    --------
    >>> mixed(0, 1) == mixed(0, 1), mixed(0, 1) == mixed(1, 0)
    (True, False)
    """
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def generator(*parts: int | str) -> torch.Generator:
    """Return a generator on the CPU with a seed of its own.

    Examples
    --------
    >>> torch.randperm(4, generator=generator(0, "order", 0)).sort().values
    tensor([0, 1, 2, 3])
    """
    return torch.Generator().manual_seed(mixed(*parts))


def seed_everything(seed: int, device: torch.device) -> None:
    """Seed whatever a layer may draw from: PyTorch, NumPy and Python.

    `torch.manual_seed` would do more, but writes a traceback down where there is no CUDA: it is
    too slow for every step.
    """
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)
    elif device.type == "mps":
        torch.mps.manual_seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - a layer may still use it
    random.seed(seed)


@contextlib.contextmanager
def undisturbed(device: torch.device) -> Iterator[None]:
    """Leave the global generators as they were before.

    Examples
    --------
    >>> cpu = torch.device("cpu")
    >>> before = torch.get_rng_state()
    >>> with undisturbed(cpu):
    ...     seed_everything(1, cpu)
    >>> bool((torch.get_rng_state() == before).all())
    True
    """
    ours, numpys, pythons = torch.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002
    on_device = _device_state(device)
    try:
        yield
    finally:
        torch.set_rng_state(ours)
        np.random.set_state(numpys)  # noqa: NPY002
        random.setstate(pythons)
        if on_device is not None and device.type == "cuda":
            torch.cuda.set_rng_state(on_device, device)
        elif on_device is not None:
            torch.mps.set_rng_state(on_device)


def _device_state(device: torch.device) -> torch.Tensor | None:
    if device.type == "cuda":
        return torch.cuda.get_rng_state(device)
    return torch.mps.get_rng_state() if device.type == "mps" else None
