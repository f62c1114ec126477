"""One loop for every network of the course.

>>> from cnnviz import nets, training
>>> import numpy as np
>>> pictures, labels = np.zeros((4, 1, 28, 28), np.uint8), np.arange(4)
>>> training.fit(nets.lenet5(), (pictures, labels), recipe=training.Recipe(epochs=3, batch=2))
History(3 epochs, 6 steps)

`fit` trains, a `Recipe` says how, and a `History` what happened. `evaluate` and `predict` look at
what came out. From the shell, ``python -m cnnviz.training --help``.
"""

from __future__ import annotations

from cnnviz.training._augment import random_crop, random_flip
from cnnviz.training._device import choose_device
from cnnviz.training._examples import hold_out
from cnnviz.training._faults import CheckpointError, NotFiniteError
from cnnviz.training._history import History
from cnnviz.training._hooks import Moment, StopToken
from cnnviz.training._loop import fit
from cnnviz.training._recipe import RECIPES, Recipe, recipe
from cnnviz.training._scores import Score, evaluate, predict
from cnnviz.training._triplets import MINING, contrastive_loss, identity_batch, triplet_loss
from cnnviz.training._weights import load_weights, save_weights

__all__ = [
    "MINING",
    "RECIPES",
    "CheckpointError",
    "History",
    "Moment",
    "NotFiniteError",
    "Recipe",
    "Score",
    "StopToken",
    "choose_device",
    "contrastive_loss",
    "evaluate",
    "fit",
    "hold_out",
    "identity_batch",
    "load_weights",
    "predict",
    "random_crop",
    "random_flip",
    "recipe",
    "save_weights",
    "triplet_loss",
]
