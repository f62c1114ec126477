"""Faces: drawn ones, of people who do not exist, and folders of photographs, a folder a person."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnnviz import shapes
from cnnviz.arrays import shown
from cnnviz.data._images import Images
from cnnviz.data.errors import DamagedData
from cnnviz.files import path_text

__all__ = ["drawn_faces", "people"]

Floats = NDArray[np.float64]

MOST_IDENTITIES, MOST_EACH, LARGEST = 1000, 100, 128
WANTED = "folder must hold a folder of pictures for each person"
KINDS = (".pgm", ".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff")

#: What makes a person, each even in a range. Lengths in half pictures, tones from black to white.
_PERSON = {
    "skin": (0.55, 0.95),
    "hair": (0.05, 0.5),
    "wide": (0.5, 0.72),
    "high": (0.7, 0.88),
    "hairline": (-0.62, -0.32),
    "side": (0.0, 0.5),  # how far down the hair goes
    "apart": (0.2, 0.36),
    "eye": (-0.2, 0.02),
    "eye_size": (0.07, 0.13),
    "brow": (0.13, 0.24),
    "tilt": (-0.3, 0.3),
    "thick": (0.03, 0.07),
    "nose": (0.14, 0.34),
    "nose_wide": (0.05, 0.12),
    "mouth": (0.36, 0.54),
    "mouth_wide": (0.16, 0.32),
    "lips": (0.03, 0.07),
    "beard": (-0.6, 0.4),  # below 0: none
}
#: What differs from picture to picture of one person.
_MOMENT = {
    "x": (-0.1, 0.1),
    "y": (-0.1, 0.1),
    "scale": (0.9, 1.1),
    "turn": (-0.16, 0.16),
    "smile": (-0.3, 0.6),
    "open": (0.35, 1.0),
    "gaze": (-0.4, 0.4),
    "lift": (-0.03, 0.05),
    "light": (-0.3, 0.3),
    "ground": (0.0, 0.6),
    "glasses": (-1.0, 0.25),  # above 0: worn
}
_NOISE = 0.04
_SOFT = 26.0  # how sharp an edge is


def drawn_faces(identities: int, each: int = 8, *, size: int = 32, seed: int = 0) -> Images:
    """Draw portraits of people who do not exist.

    A person is a choice of 18 numbers (width of the face, distance of the eyes, tilt of the brows,
    …), the same in all their pictures. Place, scale, turn of the head, expression, light,
    background and glasses are drawn anew for each. They stand in where no real face may be kept.

    Parameters
    ----------
    identities : int
        How many people, up to 1000.
    each : int
        How many pictures of each, up to 100.
    size : int
        Pixels a side, from 16 to 128.
    seed : int
        Another one draws other people.

    Returns
    -------
    Images
        In grey, person by person; the label is the person. The first of `n` people are the same
        whatever `n` is.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a whole number within these bounds.

    Examples
    --------
    >>> from cnnviz import data
    >>> data.drawn_faces(20, 5)
    Images(drawn faces, seed 0: 100 pictures of 1×32×32, 20 classes)
    """
    identities = _bounded("identities", identities, 1, MOST_IDENTITIES)
    each = _bounded("each", each, 1, MOST_EACH)
    size = _bounded("size", size, 16, LARGEST)
    seed = _bounded("seed", seed, 0, 2**32 - 1)
    pictures = np.empty((identities * each, 1, size, size), np.uint8)
    for person in range(identities):
        rng = np.random.default_rng([seed, person])
        face = _drawn(rng, _PERSON)
        for at in range(person * each, (person + 1) * each):
            portrait = _portrait(face, _drawn(rng, _MOMENT), size)
            portrait += rng.normal(0, _NOISE, portrait.shape)
            pictures[at, 0] = np.round(255 * np.clip(portrait, 0, 1))
    labels = np.repeat(np.arange(identities), each)
    names = tuple(f"person {i}" for i in range(identities))
    return Images(pictures, labels, names, "drawn faces", f"seed {seed}")


def _bounded(name: str, value: Any, least: int, most: int) -> int:
    number = shapes.whole(name, value, least)
    if number > most:
        raise ValueError(f"{name} must be from {least} to {most}, got {shown(value)}")
    return number


def _drawn(rng: np.random.Generator, ranges: dict[str, tuple[float, float]]) -> dict[str, float]:
    return {name: float(rng.uniform(*ends)) for name, ends in ranges.items()}


def _portrait(face: dict[str, float], now: dict[str, float], size: int) -> Floats:
    """Return one picture, (size, size), from 0 to 1."""
    x, y = _face_coordinates(now, size)
    canvas = np.full((size, size), now["ground"])

    def paint(tone: float, inside: Floats) -> None:
        """Blend a tone in, where `inside` is above 0."""
        share = 1 / (1 + np.exp(-np.clip(_SOFT * inside, -50, 50)))
        canvas[:] = (1 - share) * canvas + share * tone

    skin, hair = face["skin"], face["hair"]
    high, wide = face["high"], face["wide"]
    paint(hair, np.minimum(_oval(x, y, 0, -0.08, wide + 0.12, high + 0.08), face["side"] - y))
    paint(skin, np.minimum(_oval(x, y, 0, 0.05, wide, high), y - face["hairline"]))
    if face["beard"] > 0:
        paint(skin - 0.4, np.minimum(_oval(x, y, 0, 0.05, wide, high), y - 0.6 + face["beard"]))
    for side in (-1, 1):
        _eye(paint, x, y, face, now, side)
    nose_end = face["eye"] + 0.08 + face["nose"]
    paint(skin - 0.22, _oval(x, y, 0, nose_end, face["nose_wide"], 0.05))
    along = x / face["mouth_wide"]
    middle = face["mouth"] + 0.12 * now["smile"] * (0.5 - along**2)
    paint(0.25, np.minimum(face["lips"] - np.abs(y - middle), face["mouth_wide"] - np.abs(x)))
    return canvas * (1 + now["light"] * x)


def _eye(
    paint: Any, x: Floats, y: Floats, face: dict[str, float], now: dict[str, float], side: int
) -> None:
    at, height, width = side * face["apart"], face["eye"], face["eye_size"]
    paint(0.98, _oval(x, y, at, height, width, 0.6 * width * now["open"]))
    pupil = at + now["gaze"] * width / 2
    paint(0.05, _oval(x, y, pupil, height, 0.45 * width, 0.45 * width * now["open"]))
    slope = face["tilt"] * side * (x - at)
    brow = height - face["brow"] - now["lift"] + slope
    paint(face["hair"], np.minimum(face["thick"] - np.abs(y - brow), 0.14 - np.abs(x - at)))
    if now["glasses"] > 0:
        paint(0.1, 0.03 - np.abs(np.hypot(x - at, y - height) - 0.19))


def _oval(x: Floats, y: Floats, left: float, top: float, wide: float, high: float) -> Floats:
    """Return how far inside an ellipse each place is, about in half pictures."""
    return (1 - np.hypot((x - left) / wide, (y - top) / high)) * min(wide, high)


def _face_coordinates(now: dict[str, float], size: int) -> tuple[Floats, Floats]:
    """Return where each pixel lies in a face that is moved, scaled and turned."""
    places = (np.arange(size) + 0.5) * 2 / size - 1
    x, y = (places - now["x"])[np.newaxis], (places - now["y"])[:, np.newaxis]
    cosine, sine = np.cos(now["turn"]) / now["scale"], np.sin(now["turn"]) / now["scale"]
    return cosine * x + sine * y, cosine * y - sine * x


# ---- photographs ---------------------------------------------------------------------------------


def people(folder: str | os.PathLike[str], *, size: int | Sequence[int] = 32) -> Images:
    """Read photographs from a folder that has a folder for each person, as ORL and LFW have.

    Colours become grey, and each picture is scaled to `size`. Files that are no pictures, such as
    a README, are passed over; so are folders without a picture.

    Parameters
    ----------
    folder : path-like
        Such as ``orl-faces``, with ``s1/1.pgm`` in it.
    size : int or (int, int)
        Height and width of the pictures, from 16 to 128.

    Returns
    -------
    Images
        Person by person, in the order of their names, ``s2`` before ``s10``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, there is no such folder, or no person in it.
    DamagedData
        If a picture can't be read; the message names it.

    Examples
    --------
    >>> people("no-such-folder")
    Traceback (most recent call last):
    ...
    ValueError: folder must hold a folder of pictures for each person; there is no folder \
'no-such-folder'
    """
    height, width = (_bounded("size", n, 16, LARGEST) for n in shapes.per_axis("size", size, 2, 1))
    root = Path(path_text(folder, "folder"))
    if not _is_folder(root):
        raise ValueError(f"{WANTED}; there is no folder {shown(str(root))}")
    found = {
        person.name: files
        for person in sorted(root.iterdir(), key=_natural)
        if person.is_dir() and (files := _pictures_in(person))
    }
    if not found:
        raise ValueError(f"{WANTED}; there are no pictures in those of {shown(str(root))}")
    pictures = [_read(file, height, width) for files in found.values() for file in files]
    counts = [len(files) for files in found.values()]
    labels = np.repeat(np.arange(len(found)), counts)
    return Images(np.stack(pictures)[:, np.newaxis], labels, tuple(found), root.name, "all")


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # a name too long, or with a NUL in it
        return False


def _natural(path: Path) -> list[tuple[int, int, str]]:
    """Return what sorts s2 before s10."""
    parts = re.split(r"(\d+)", path.name)
    return [(1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts]


def _pictures_in(folder: Path) -> list[Path]:
    files = (file for file in folder.iterdir() if file.suffix.lower() in KINDS and file.is_file())
    return sorted(files, key=_natural)


def _read(file: Path, height: int, width: int) -> NDArray[np.uint8]:
    try:
        with Image.open(file) as picture:
            grey = picture.convert("L").resize((width, height), Image.Resampling.BOX)
            return np.asarray(grey)
    except (OSError, ValueError, SyntaxError) as error:
        raise DamagedData(f"{file} can't be read as a picture: {error}") from None
