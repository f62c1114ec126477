"""The trained LeNet-5 that ships with the package, without torch; see `cnnviz.rounded`.

`cnnviz.nets.trained_lenet5` makes a torch module of it, and `cnnviz.DigitPad` shows it at work.
``tools/make_digit_weights.py`` trained it and wrote the file.

>>> sum(array.size for array in restored().values())
61706
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz import rounded

__all__ = ["FILE", "NAMES", "load", "restored"]

FILE = "lenet5-mnist.npz"

#: The layers that have weights, first layer first, as `cnnviz.nets.lenet5` names them.
NAMES = ("c1", "c3", "c5", "f6", "output")


def load() -> Mapping[str, NDArray[Any]]:
    """Return what is in the file: rounded weights, their scales, biases, and example digits.

    Returns
    -------
    mapping of str to ndarray
        Beside the weights of each of `NAMES`, as `cnnviz.rounded.load` has them: ``accuracy``, the
        share of MNIST's 10 000 test digits that is read rightly; ``example_pictures``
        ``(6, 28, 28)`` (uint8), ``example_labels`` and ``example_places``, six digits of the test
        set.

    Examples
    --------
    >>> load()["c1.weight"].dtype, load()["c1.weight"].shape
    (dtype('int8'), (6, 1, 5, 5))
    >>> bool(load()["accuracy"] >= 0.99)
    True
    """
    return rounded.load(FILE)


def restored() -> dict[str, NDArray[np.float32]]:
    """Return the weights as float32: whole numbers times scales.

    Examples
    --------
    >>> restored()["output.weight"].shape
    (10, 84)
    """
    return rounded.restored(load(), NAMES)
