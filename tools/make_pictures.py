"""Make the small pictures that ship with cnnviz from scikit-image's bundled ones.

Run ``python tools/make_pictures.py`` in the repository's root; it writes ``cnnviz/pictures``.
Both originals may be used freely: ``camera`` is CC0 by its photographer, Lav Varshney;
``astronaut`` is NASA's portrait of Eileen Collins, in the public domain.

Each picture is a square cut out of the original and averaged over equal blocks, so that every
pixel of the small picture is the plain mean of a block of the large one.
"""

from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data

SIZE = 96
FOLDER = Path(__file__).resolve().parent.parent / "cnnviz" / "pictures"

#: name -> (first row, first column, pixels averaged per side)
CROPS = {"camera": (36, 60, 4), "astronaut": (4, 128, 2)}


def shrink(picture: np.ndarray, row: int, column: int, block: int) -> np.ndarray:
    """Cut a square out of `picture` (H, W[, C]) and average it in `block` × `block` blocks."""
    side = SIZE * block
    square = picture[row : row + side, column : column + side]
    blocks = square.reshape(SIZE, block, SIZE, block, *square.shape[2:])
    return np.asarray(np.round(blocks.mean(axis=(1, 3))), dtype=np.uint8)


def main() -> None:
    """Write every picture in `CROPS`."""
    FOLDER.mkdir(exist_ok=True)
    for name, crop in CROPS.items():
        small = Image.fromarray(shrink(getattr(data, name)(), *crop))
        small.save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
