"""A drawn volume."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cnnviz.images._lookup import Picture

__all__ = ["chest_phantom"]


def chest_phantom() -> Picture:
    """Return a drawn chest as a CT scanner would give it: 16 slices of 24 × 24 voxels.

    Axis 0 runs from head to foot, axis 1 from front to back, axis 2 from side to side. The body
    (100) is an elliptic cylinder in air (0). In it lie a spine (200), two lungs (20), and in the
    lungs two small things of one brightness (120): a vessel that runs through every slice, and a
    nodule, a ball of three slices. Slice 8 shows two equal spots. Only the slices
    before and after it tell them apart.

    Returns
    -------
    ndarray of uint8, shape (16, 24, 24)
        A new array, yours to change.

    Examples
    --------
    >>> volume = chest_phantom()
    >>> volume[8, 11, [6, 17]]  # the vessel and the nodule
    array([120, 120], dtype=uint8)
    >>> volume[5, 11, [6, 17]]  # three slices higher
    array([120,  20], dtype=uint8)
    """
    volume = np.zeros((16, 24, 24), dtype=np.uint8)
    lungs = [(0, -1, side, 15, 12, 7) for side in (-11, 11)]
    for value, solids in (
        (100, [(0, 0, 0, _ENDLESS, 18, 23)]),
        (200, [(0, 12, 0, _ENDLESS, 4, 4)]),
        (20, lungs),
        (120, [(1, -1, 11, 3, 3, 3)]),
    ):
        for solid in solids:
            volume[_inside(volume.shape, *solid)] = value
    in_lung = _inside(volume.shape, *lungs[0])
    volume[in_lung & _inside(volume.shape, 0, -1, -11, _ENDLESS, 3, 3)] = 120
    return volume


_ENDLESS = 1000  # half an axis so long that an ellipsoid is a cylinder


def _inside(
    shape: tuple[int, ...], z: int, y: int, x: int, rz: int, ry: int, rx: int
) -> NDArray[np.bool_]:
    """Tell which voxels lie in an ellipsoid, of this centre and these half axes.

    Lengths are in half voxels from the volume's middle, where every voxel's centre is a whole
    number: the answer is the same on every machine.
    """
    total = np.zeros(shape, dtype=np.int64)
    radii = (rz, ry, rx)
    for axis, (n, centre) in enumerate(zip(shape, (z, y, x), strict=True)):
        along = 2 * np.arange(n, dtype=np.int64) - (n - 1) - centre
        others = np.prod([r for a, r in enumerate(radii) if a != axis], dtype=np.int64)
        total += (along * others).reshape(np.roll([n, 1, 1], axis)) ** 2
    return np.asarray(total <= np.prod(radii, dtype=np.int64) ** 2)
