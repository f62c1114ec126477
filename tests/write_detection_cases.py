"""Write what the browser's detection viewer must make of a detector's scores, as Python does.

Run as ``python tests/write_detection_cases.py cases.json``: states of viewers as a page gets them,
and what their Python half says of the picture that is shown. The file is the same each time on one
machine.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from cnnviz import DetectionViewer


class Says(nn.Module):
    """A detector that says the same of every picture."""

    def __init__(self, scores: Any) -> None:
        super().__init__()
        self.scores = torch.as_tensor(np.asarray(scores, np.float32))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return its scores."""
        return self.scores.expand(len(x), *self.scores.shape)


def viewers() -> Iterator[DetectionViewer]:
    """Make the viewers: the pictures that ship, and crowds of boxes by chance."""
    for index in range(6):
        for threshold, overlap in ((0.5, 0.5), (0.02, 0.2), (0.3, 0.0)):
            yield DetectionViewer(index=index, threshold=threshold, overlap=overlap)
    for seed in range(12):
        rng = np.random.default_rng(seed)
        scores = rng.normal(size=(5 + 1 + seed % 3, 4, 5))
        scores[0] += 2
        scores[3:5] = rng.uniform(0.2, 1.5, (2, 4, 5))
        corners = np.sort(rng.uniform(0, 40, (6, 2, 2)), axis=1).reshape(6, 4)
        objects = np.column_stack([corners, rng.integers(0, 1 + seed % 3, 6)])
        viewer = DetectionViewer(np.zeros((32, 40)), Says(scores), objects=[objects], threshold=0)
        if seed % 2:  # some of the boxes are there, moved a little
            where, _, labels = viewer._decoded()
            moved = where[::4] + rng.normal(size=(5, 1)) * 2
            viewer.objects = [np.column_stack([moved, labels[::4]])]
        viewer.threshold, viewer.overlap = rng.uniform(0, 0.4), rng.uniform(0, 0.7)
        yield viewer
    yield DetectionViewer(np.zeros((16, 16)), Says(np.full((6, 2, 2), 99.0)))
    yield DetectionViewer(np.zeros((16, 16)), Says(np.full((9, 2, 2), -99.0)), objects=[[]])


def case(viewer: DetectionViewer) -> dict[str, Any]:
    """Return a viewer's state and its answers."""
    where, scores, labels = viewer._decoded()
    grid = viewer.grid
    verdicts, missed = viewer.verdicts, viewer.missed
    return {
        "state": viewer.state(),
        "expect": {
            "values": grid.reshape(-1, grid.shape[-1]).tolist(),
            "boxes": where.tolist(),
            "scores": scores.tolist(),
            "labels": labels.tolist(),
            "fates": [list(fate) for fate in viewer.fates],
            "kept": [step.kept for step in viewer.steps],
            "verdicts": None if verdicts is None else [list(verdict) for verdict in verdicts],
            "missed": missed,
        },
    }


if __name__ == "__main__":
    content = json.dumps([case(viewer) for viewer in viewers()], allow_nan=False)
    Path(sys.argv[1]).write_text(content, encoding="utf-8")
