"""Weights by name: read from a file in which nothing can run, and compared with a network's."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cnnviz.arrays import shown
from cnnviz.files import output_path

__all__ = ["check_state", "few", "file_at", "read_safetensors", "read_torch"]


def file_at(path: str | os.PathLike[str], endings: tuple[str, ...], name: str = "path") -> Path:
    """Return a file to read, or say what is wrong with the place.

    Raises
    ------
    TypeError, ValueError
        As `cnnviz.files.output_path` does.
    FileNotFoundError
        If there is no such file.
    """
    place = output_path(path, endings, name)
    if not place.is_file():
        raise FileNotFoundError(f"{name} must name a file that exists, got {shown(str(place))}")
    return place


def read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read the tensors of a file, and what else it says of them.

    Raises
    ------
    ValueError
        For a file that is not safetensors, or not all of one.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            metadata = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"{path.name!r} is no whole safetensors file: {error}") from error
    return tensors, metadata


def read_torch(path: Path) -> Any:
    """Read what `torch.save` wrote; nothing in it is run.

    Raises
    ------
    ValueError
        With the reason alone, for a file cut short or a pickle that wants to run something.
    OSError
        If it can't be read at all.
    """
    content = io.BytesIO(path.read_bytes())
    try:
        return torch.load(content, map_location="cpu", weights_only=True)
    except Exception as error:  # a zip cut short, a pickle that wants to run something, …
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise ValueError(shown(reason[0], 120)) from error


def check_state(name: str, ours: Mapping[str, Any], saved: Mapping[str, Any]) -> None:
    """Refuse the weights of another network, and say what differs.

    Raises
    ------
    ValueError
        Naming the keys and shapes.

    Examples
    --------
    >>> check_state("net.pth", {"weight": torch.zeros(2)}, {"weight": torch.zeros(3)})
    Traceback (most recent call last):
    ...
    ValueError: 'net.pth' holds the weights of another network: weight is (3,) and should be (2,)
    """
    lacking = [f"{key} is missing" for key in ours if key not in saved]
    extra = [f"{key} is too many" for key in saved if key not in ours]
    shapes = [
        f"{key} is {tuple(saved[key].shape)} and should be {tuple(value.shape)}"
        for key, value in ours.items()
        if isinstance(value, Tensor) and key in saved and saved[key].shape != value.shape
    ]
    if differences := lacking + extra + shapes:
        raise ValueError(f"{name!r} holds the weights of another network: {few(differences)}")


def few(words: list[str], most: int = 4) -> str:
    """Join the first few, and say how many more there are.

    Examples
    --------
    >>> few(["a", "b", "c"], most=2)
    'a; b; and 1 more'
    """
    more = f"; and {len(words) - most} more" if len(words) > most else ""
    return "; ".join(words[:most]) + more
