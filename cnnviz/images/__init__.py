"""Example pictures, and the small figures that the course's sources print.

Four kinds, from small to large:

- :func:`picture` returns a small picture that needs nothing else installed: two photographs
  that ship with the package, and drawn ones for which the right answer can be seen;
- :func:`figure` returns a worked example of whole numbers from one of the sources, with the
  answer that the source prints, right or wrong;
- :func:`chest_phantom` returns a drawn volume, as a CT scanner would give it;
- :func:`camera`, :func:`astronaut`, :func:`coins` … return scikit-image's full-size pictures.
  scikit-image carries these files itself, so nothing is downloaded.

:func:`centred_digit` places a drawn digit as MNIST's makers placed theirs.

Grey pictures are ``(H, W)`` and colour ones ``(C, H, W)``, as in PyTorch. All are ``uint8``.

>>> from cnnviz import images
>>> images.picture("astronaut").shape
(3, 96, 96)
>>> example = images.figure("binary_8x8")
>>> example.kernel
array([[1, 0, 1],
       [0, 1, 0],
       [1, 0, 1]])
"""

from __future__ import annotations

from cnnviz.images.digits import centred_digit
from cnnviz.images.phantom import chest_phantom
from cnnviz.images.photographs import (
    astronaut,
    brick,
    camera,
    cat,
    clock,
    coffee,
    coins,
    grass,
    gravel,
    moon,
    page,
    text,
)
from cnnviz.images.pictures import PICTURES, picture
from cnnviz.images.source_figures import (
    FIGURES,
    SourceFigure,
    average_pooling_4x4,
    binary_8x8,
    curve_detector,
    curve_detector_elsewhere,
    edge_dark_to_light,
    edge_light_to_dark,
    figure,
    flipped_mask,
    integers_6x6,
    ones_with_cross,
    ones_with_diagonals,
)

__all__ = [
    "FIGURES",
    "PICTURES",
    "SourceFigure",
    "astronaut",
    "average_pooling_4x4",
    "binary_8x8",
    "brick",
    "camera",
    "cat",
    "centred_digit",
    "chest_phantom",
    "clock",
    "coffee",
    "coins",
    "curve_detector",
    "curve_detector_elsewhere",
    "edge_dark_to_light",
    "edge_light_to_dark",
    "figure",
    "flipped_mask",
    "grass",
    "gravel",
    "integers_6x6",
    "moon",
    "ones_with_cross",
    "ones_with_diagonals",
    "page",
    "picture",
    "text",
]
