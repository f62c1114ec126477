"""Networks that ship with the package: weights of a byte each, which are read without torch.

Weights are whole numbers from -127 to 127 times a scale for each output. Those products are the
network: torch, NumPy and the browser multiply the same numbers.

>>> weights = restored(load("lenet5-mnist.npz"), ("c1",))
>>> weights["c1.weight"].shape, weights["c1.bias"].shape
((6, 1, 5, 5), (6,))
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from importlib import resources
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["load", "quantised", "restored"]

_TOP = 127


@functools.cache
def load(file: str) -> Mapping[str, NDArray[Any]]:
    """Return what is in a file of the package, read-only.

    Returns
    -------
    mapping of str to ndarray
        For each layer that has weights ``<name>.weight`` (int8, as torch shapes it),
        ``<name>.scale`` (float32, one for each output) and ``<name>.bias`` (float32); and whatever
        else the file has.

    Examples
    --------
    >>> load("lenet5-mnist.npz")["c1.weight"].dtype
    dtype('int8')
    """
    with (
        (resources.files("cnnviz") / "weights" / file).open("rb") as opened,
        np.load(opened, allow_pickle=False) as stored,
    ):
        arrays = {name: stored[name] for name in stored.files}
    for array in arrays.values():
        array.flags.writeable = False
    return MappingProxyType(arrays)


def quantised(state: Mapping[str, NDArray[Any]], names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Round weights to a byte each, with a scale for each output.

    Parameters
    ----------
    state : mapping of str to ndarray
        ``<name>.weight`` (outputs first) and ``<name>.bias`` for each name.
    names : sequence of str
        The layers.

    Returns
    -------
    dict of str to ndarray
        As `load` returns them: ``weight`` int8, ``scale`` and ``bias`` float32.

    Examples
    --------
    >>> made = quantised({"a.weight": np.array([[1.0, -4.0]]), "a.bias": np.zeros(1)}, ["a"])
    >>> made["a.weight"]
    array([[  32, -127]], dtype=int8)
    """
    rounded: dict[str, NDArray[Any]] = {}
    for name in names:
        weight = np.asarray(state[f"{name}.weight"], np.float64)
        largest = np.abs(weight).reshape(len(weight), -1).max(axis=1)
        scale = (np.where(largest > 0, largest, 1) / _TOP).astype(np.float32)
        whole = np.rint(weight / _spread(scale, weight.ndim))
        rounded[f"{name}.weight"] = np.clip(whole, -_TOP, _TOP).astype(np.int8)
        rounded[f"{name}.scale"] = scale
        rounded[f"{name}.bias"] = np.asarray(state[f"{name}.bias"], np.float32)
    return rounded


def restored(
    rounded: Mapping[str, NDArray[Any]], names: Sequence[str]
) -> dict[str, NDArray[np.float32]]:
    """Return the weights of some layers as float32: whole numbers times scales.

    Examples
    --------
    >>> restored(load("lenet5-mnist.npz"), ["output"])["output.weight"].shape
    (10, 84)
    """
    state: dict[str, NDArray[np.float32]] = {}
    for name in names:
        weight = rounded[f"{name}.weight"].astype(np.float32)
        state[f"{name}.weight"] = weight * _spread(rounded[f"{name}.scale"], weight.ndim)
        state[f"{name}.bias"] = np.array(rounded[f"{name}.bias"], np.float32)
    return state


def _spread(scale: NDArray[Any], axes: int) -> NDArray[Any]:
    """Return one number for each output in a shape that multiplies all its weights."""
    return scale.reshape(-1, *(1,) * (axes - 1))
