"""The digits that scikit-learn brings along."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnnviz.data._images import Images

_EVERY = 5  # picture is for testing


@dataclass(frozen=True)
class Digits:
    """Scikit-learn's digits: nothing to download.

    The file has no split of its own. Sorted by digit (and, within a digit, as in the file), every
    fifth picture is for testing. Each digit then has its share, and so has each stretch of the
    file, which goes on from form to form, about 130 digits each.
    """

    name: str = "digits"
    classes: tuple[str, ...] = tuple("0123456789")

    def read(self, splits: tuple[str, ...], root: Path) -> list[Images]:
        """Return the splits, one by one."""
        try:
            from sklearn.datasets import load_digits
        except ImportError as error:
            raise ImportError(
                'the data set "digits" needs scikit-learn: pip install "cnnviz[course]"'
            ) from error
        bunch = load_digits()
        pictures = bunch.images.astype(np.uint8)[:, np.newaxis]
        labels = bunch.target.astype(np.int64)
        testing = np.zeros(len(labels), bool)
        testing[np.argsort(labels, kind="stable")[::_EVERY]] = True
        chosen = {"train": ~testing, "test": testing}
        return [
            Images(
                pictures[chosen[split]], labels[chosen[split]], self.classes, self.name, split, 16
            )
            for split in splits
        ]
