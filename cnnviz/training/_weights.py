"""Weights alone, to be shipped: safetensors, which hold numbers and nothing that could run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from torch import nn

from cnnviz.arrays import shown
from cnnviz.files import output_path, replacing
from cnnviz.states import check_state, file_at, read_safetensors
from cnnviz.training._device import check_model

__all__ = ["load_weights", "save_weights"]

_DTYPES = ("float32", "float16", "bfloat16")


def save_weights(
    model: nn.Module,
    path: str | os.PathLike[str],
    *,
    dtype: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Path:
    """Write a network's weights and buffers, whole or not at all.

    Parameters
    ----------
    model : torch.nn.Module
    path : path-like
        A file that ends in ``.safetensors``.
    dtype : "float32", "float16" or "bfloat16", optional
        What floats are stored as: two bytes each halve the file. As they are, if left out.
    metadata : dict of str to str, optional
        What else is to be known of them, such as the data set and the accuracy.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    ValueError, TypeError, OSError
        For another ending or dtype, metadata that is not text, a place that can't be written to.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save_weights(nn.Linear(2, 1), folder + "/linear.safetensors")
    ...     load_weights(nn.Linear(2, 1), path)
    {}
    """
    from safetensors.torch import save

    check_model(model)
    target = output_path(path, (".safetensors",))
    if dtype is not None and (not isinstance(dtype, str) or dtype not in _DTYPES):
        allowed = ", ".join(map(repr, _DTYPES))
        raise ValueError(f"dtype must be one of {allowed}, got {shown(dtype)}")
    if not isinstance(metadata, (dict, type(None))):
        raise TypeError(f"metadata must be a dict, got {shown(metadata)}")
    for key, value in (metadata or {}).items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise TypeError(f"metadata must be texts by texts, got {shown({key: value})}")
    tensors = {
        name: _stored(value, dtype).contiguous() for name, value in model.state_dict().items()
    }
    content = save(tensors, metadata or {})
    with replacing(target) as temporary:
        temporary.write_bytes(content)
    return target


def load_weights(model: nn.Module, path: str | os.PathLike[str]) -> dict[str, str]:
    """Put weights from a file into a network; return what else the file says of them.

    Parameters
    ----------
    model : torch.nn.Module
        Changed in place, if everything fits, and otherwise left alone.
    path : path-like

    Returns
    -------
    dict of str to str
        The metadata.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        For a file that is not safetensors, or weights of another network: the keys and shapes
        that differ are named.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save_weights(nn.Linear(2, 1), folder + "/linear.safetensors")
    ...     load_weights(nn.Linear(3, 1), path)
    Traceback (most recent call last):
    ...
    ValueError: 'linear.safetensors' holds the weights of another network: weight is (1, 2) and \
should be (1, 3)
    """
    check_model(model)
    place = file_at(path, (".safetensors",))
    tensors, metadata = read_safetensors(place)
    check_state(place.name, model.state_dict(), tensors)
    model.load_state_dict(tensors)
    return metadata


def _stored(value: torch.Tensor, dtype: str | None) -> Any:
    if dtype is None or not value.is_floating_point():
        return value
    return value.to(getattr(torch, dtype))
