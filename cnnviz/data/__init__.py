"""Data sets to train and to test on.

:func:`load` returns labelled pictures. ``digits`` needs no network, as scikit-learn brings it
along. The others are downloaded once, checked against a SHA-256 that is known beforehand, and kept
in the user's cache, or in the folder that the environment variable ``CNNVIZ_DATA`` names.

Without a network, :func:`load` raises one error that says which file to put where;
:func:`load_or_digits` says so in a line and goes on with ``digits``.

>>> from cnnviz import data
>>> data.load("digits", "test")
Images(digits, test: 360 pictures of 1×8×8, 10 classes)

:func:`scenes` composes pictures with several digits, each with its box, its landmarks and its mask;
:func:`read_annotations` brings such pictures from a folder, in the formats of COCO, YOLO and VOC.
"""

from __future__ import annotations

from cnnviz.data._annotations import FORMATS, Annotations, Problem, read_annotations
from cnnviz.data._faces import drawn_faces, people
from cnnviz.data._files import cache_folder
from cnnviz.data._images import Images
from cnnviz.data._load import NAMES, SPLITS, load, load_or_digits
from cnnviz.data._scenes import Scenes, scenes
from cnnviz.data.errors import DamagedData, DataError, MissingData

__all__ = [
    "FORMATS",
    "NAMES",
    "SPLITS",
    "Annotations",
    "DamagedData",
    "DataError",
    "Images",
    "MissingData",
    "Problem",
    "Scenes",
    "cache_folder",
    "drawn_faces",
    "load",
    "load_or_digits",
    "people",
    "read_annotations",
    "scenes",
]
