"""A run on disk, complete: what is read goes on as if it had never stopped."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from cnnviz.arrays import shown
from cnnviz.files import output_path, remove_leftovers, replacing
from cnnviz.states import few, read_torch
from cnnviz.training._recipe import Recipe

__all__ = ["ENDINGS", "check_same_run", "checkpoint_path", "read", "write"]

ENDINGS = (".pt", ".pth", ".ckpt")

_FORMAT = "cnnviz.training 1"


def checkpoint_path(path: str | os.PathLike[str]) -> Path:
    """Return where a checkpoint goes; parts of an earlier one, left by a kill, are cleared away."""
    target = output_path(path, ENDINGS, "checkpoint")
    remove_leftovers(target)
    return target


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Write a checkpoint whole, or leave the one that is there.

    It is put together in memory first: then what fails is the disk alone, and says so.

    Raises
    ------
    OSError
        If the disk is full, or can't be written to.
    """
    buffer = io.BytesIO()
    torch.save({"format": _FORMAT, **content}, buffer)
    with replacing(path) as temporary, open(temporary, "wb") as file:
        file.write(buffer.getbuffer())
        file.flush()
        os.fsync(file.fileno())  # on the disk before the old one goes


def read(path: Path) -> dict[str, Any]:
    """Read a checkpoint; nothing in it is run.

    Raises
    ------
    ValueError
        For a file that is none, or not all of one.
    OSError
        If it can't be read at all.
    """
    try:
        content = read_torch(path)
    except ValueError as error:
        raise ValueError(
            f"checkpoint {str(path)!r} is not one, or was cut short: {error}"
        ) from error
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise ValueError(
            f"checkpoint {str(path)!r} must be one that fit wrote, got {_what(content)}"
        )
    return content


def check_same_run(path: Path, content: Mapping[str, Any], recipe: Recipe, data: Any) -> None:
    """Refuse to go on with another recipe or other data: the numbers would be of neither run.

    More epochs are fine where the learning rate does not depend on them.

    Raises
    ------
    ValueError
        Naming what differs.
    """
    now, then = recipe.to_dict(), dict(content["recipe"])
    if recipe.schedule in ("constant", "step") and now["epochs"] >= content["epoch"]:
        then["epochs"] = now["epochs"]
    differences = [
        f"{name} was {then.get(name)!r} and is {value!r}"
        for name, value in now.items()
        if then.get(name) != value
    ]
    if differences:
        raise ValueError(f"checkpoint {str(path)!r} has another recipe: {few(differences)}")
    if content["data"] != data:
        parts = [name for name in data if content["data"].get(name) != data[name]]
        raise ValueError(f"checkpoint {str(path)!r} was made with other data: {', '.join(parts)}")


def _what(content: Any) -> str:
    if isinstance(content, dict):
        return f"a dict with {shown(sorted(map(str, content)), 100)}"
    return f"a {type(content).__name__}"
