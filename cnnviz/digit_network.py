"""The trained LeNet-5 that ships with the package, without torch.

Its weights are whole numbers from -127 to 127, a byte each, times a scale for each output. Those
products are the network: nothing was rounded only for the browser.

`cnnviz.nets.trained_lenet5` makes a torch module of it, and `cnnviz.DigitPad` shows it at work.
``tools/make_digit_weights.py`` trained it and wrote the file.

>>> weights = restored(load())
>>> sum(array.size for array in weights.values())
61706
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["NAMES", "load", "quantised", "restored"]

#: The layers that have weights, first layer first, as `cnnviz.nets.lenet5` names them.
NAMES = ("c1", "c3", "c5", "f6", "output")

_TOP = 127


@functools.cache
def load() -> Mapping[str, NDArray[Any]]:
    """Return what is in the file: rounded weights, their scales, biases, and example digits.

    Returns
    -------
    mapping of str to ndarray
        For each name in `NAMES`, ``<name>.weight`` (int8, as torch shapes it), ``<name>.scale``
        (float32, one for each output) and ``<name>.bias`` (float32); ``accuracy``, the share of
        MNIST's 10 000 test digits that is read rightly; ``example_pictures`` ``(6, 28, 28)``
        (uint8), ``example_labels`` and ``example_places``, six digits of the test set.

    Examples
    --------
    >>> load()["c1.weight"].dtype, load()["c1.weight"].shape
    (dtype('int8'), (6, 1, 5, 5))
    >>> bool(load()["accuracy"] >= 0.99)
    True
    """
    with (
        (resources.files("cnnviz") / "weights" / "lenet5-mnist.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as stored,
    ):
        arrays = {name: stored[name] for name in stored.files}
    for array in arrays.values():
        array.flags.writeable = False
    return MappingProxyType(arrays)


def quantised(state: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Round weights to a byte each, with a scale for each output.

    Parameters
    ----------
    state : mapping of str to ndarray
        ``<name>.weight`` (outputs first) and ``<name>.bias`` for each name in `NAMES`.

    Returns
    -------
    dict of str to ndarray
        As `load` returns them: ``weight`` int8, ``scale`` and ``bias`` float32.

    Examples
    --------
    >>> rounded = quantised(restored(load()))
    >>> bool((rounded["f6.weight"] == load()["f6.weight"]).all())
    True
    """
    rounded: dict[str, NDArray[Any]] = {}
    for name in NAMES:
        weight = np.asarray(state[f"{name}.weight"], np.float64)
        largest = np.abs(weight).reshape(len(weight), -1).max(axis=1)
        scale = (np.where(largest > 0, largest, 1) / _TOP).astype(np.float32)
        whole = np.rint(weight / _spread(scale, weight.ndim))
        rounded[f"{name}.weight"] = np.clip(whole, -_TOP, _TOP).astype(np.int8)
        rounded[f"{name}.scale"] = scale
        rounded[f"{name}.bias"] = np.asarray(state[f"{name}.bias"], np.float32)
    return rounded


def restored(rounded: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
    """Return the weights as float32: whole numbers times scales.

    Examples
    --------
    >>> restored(load())["output.weight"].shape
    (10, 84)
    """
    state: dict[str, NDArray[np.float32]] = {}
    for name in NAMES:
        weight = rounded[f"{name}.weight"].astype(np.float32)
        state[f"{name}.weight"] = weight * _spread(rounded[f"{name}.scale"], weight.ndim)
        state[f"{name}.bias"] = np.array(rounded[f"{name}.bias"], np.float32)
    return state


def _spread(scale: NDArray[Any], axes: int) -> NDArray[Any]:
    """Return one number for each output in a shape that multiplies all its weights."""
    return scale.reshape(-1, *(1,) * (axes - 1))
