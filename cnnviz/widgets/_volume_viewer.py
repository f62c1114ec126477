"""The volume viewer: a 3-D array in slices, a 3-D kernel, and the feature map that it makes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray
from PIL import Image

from cnnviz import images, ops, palette, shapes
from cnnviz.arrays import as_array, shown
from cnnviz.ops._padding import check_room
from cnnviz.widgets import _still
from cnnviz.widgets._base import STATIC, Widget
from cnnviz.widgets._traits import (
    Array,
    Checked,
    check_inside,
    check_showable,
    check_sums,
    choice,
    nearest_inside,
    pack,
    padded_size,
    position,
    readable,
    sides,
    sizes,
)

__all__ = ["VolumeViewer"]

LARGEST_SIDE = 64
MOST_BYTES = LARGEST_SIDE**3
LARGEST_KERNEL = 7
PADDING_MODES = ("zero", "reflect", "replicate", "circular")
AXES = ("D", "H", "W")
NODULE = (8, 11, 17)  # of the phantom


def _along(weights: tuple[int, int, int], axis: int) -> NDArray[np.float64]:
    """Return a 3 × 3 × 3 kernel whose slices across an axis hold one number each."""
    kernel = np.ones((3, 3, 3)) * np.array(weights, dtype=np.float64)
    return np.moveaxis(kernel, 2, axis)


def _laplacian() -> NDArray[np.float64]:
    """Return the sum of the second differences along the three axes."""
    kernel = np.zeros((3, 3, 3))
    for axis in range(3):
        kernel += np.moveaxis(np.pad([[[1.0, -2.0, 1.0]]], ((1, 1), (1, 1), (0, 0))), 2, axis)
    return kernel


#: The kernels that have a name, with the label in the menu.
KERNELS = {
    "thin": ("thin in depth", _along((-1, 2, -1), 0)),
    "edge_d": ("edge in depth", _along((-1, 0, 1), 0)),
    "edge_h": ("edge in height", _along((-1, 0, 1), 1)),
    "edge_w": ("edge in width", _along((-1, 0, 1), 2)),
    "laplacian": ("Laplacian", _laplacian()),
    "box": ("mean", np.full((3, 3, 3), 1 / 27)),
}


def _volume(name: str, value: Any) -> NDArray[Any]:
    """Return an array (D, H, W), small enough for a page."""
    array = as_array(name, value)
    if array.ndim != 3:
        raise ValueError(f"{name} must be an array (D, H, W), got shape {array.shape}")
    if max(array.shape) > LARGEST_SIDE:
        raise ValueError(
            f"{name} must be at most {LARGEST_SIDE} voxels a side, got shape {array.shape}: "
            "take a part of it, volume[:64, :64, :64], or every second voxel, volume[::2, ::2, ::2]"
        )
    array = readable(name, as_array(name, array, finite=True))
    if array.nbytes > MOST_BYTES:
        raise ValueError(
            f"{name} must take at most {MOST_BYTES} bytes, as 64 × 64 × 64 of uint8 do, "
            f"got {array.nbytes} in {array.dtype}: "
            "scale it to 0 … 255 and take volume.astype(np.uint8), or every second voxel"
        )
    return array


def _kernel(name: str, value: Any) -> NDArray[np.float64]:
    """Return a kernel by name or as an array (k₁, k₂, k₃)."""
    if isinstance(value, str):
        if value not in KERNELS:
            raise ValueError(
                f"{name} must be one of {', '.join(KERNELS)} or an array; got {shown(value)}"
            )
        return KERNELS[value][1]
    array = as_array(name, value)
    if array.ndim != 3 or max(array.shape) > LARGEST_KERNEL:
        raise ValueError(
            f"{name} must be one of {', '.join(KERNELS)} or an array (k1, k2, k3) of at most "
            f"{LARGEST_KERNEL} a side; got shape {array.shape}"
        )
    return as_array(name, array, finite=True).astype(np.float64)


def _axis(name: str, value: Any) -> int:
    axis = shapes.whole(name, value, 0)
    if axis > 2:
        raise ValueError(f"{name} must be 0 (depth), 1 (height) or 2 (width), got {axis}")
    return axis


def _index(name: str, value: Any) -> int:
    """Return a slice's number; the slices of the padding have numbers too, from below 0 on."""
    return shapes.whole(name, value, None)


class VolumeViewer(Widget):
    """Look through a volume slice by slice, and at the feature map a 3-D kernel makes of it.

    Parameters
    ----------
    volume : array_like
        Numbers of shape ``(D, H, W)``, at most 64 a side and as many bytes as 64 × 64 × 64 of
        uint8. Left out, :func:`cnnviz.images.chest_phantom`.
    kernel : str or array_like
        ``"thin"``, ``"edge_d"``, ``"edge_h"``, ``"edge_w"``, ``"laplacian"`` or ``"box"``, all
        3 × 3 × 3, or weights of shape ``(k1, k2, k3)``, at most 7 a side. Left out, ``"thin"``:
        −1, 2 and −1 from slice to slice, which answers to what is in one slice and not in the
        next.
    axis : {0, 1, 2}
        The axis that the slices lie across: depth, height or width.
    index : int, optional
        The slice of the volume that is shown. Left out, the middle one of the pinned window.
    stride : int or (int, int, int)
    padding : int or per axis an int or (before, after)
        Per side.
    padding_mode : {"zero", "reflect", "replicate", "circular"}
    cursor : (int, int, int), optional
        The output voxel whose sum is written out. Left out, the one over the middle of the volume,
        or over the phantom's nodule.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, or the kernel does not fit into the padded volume. The
        message names the argument, what it got, and what is allowed.

    Examples
    --------
    >>> import cnnviz
    >>> viewer = cnnviz.VolumeViewer()
    >>> viewer
    VolumeViewer(volume 16 × 24 × 24, kernel 3 × 3 × 3 thin → 14 × 22 × 22, at D = 8)
    >>> viewer.output[7, 10, [5, 16]]  # the vessel, the nodule
    array([  0., 800.])
    """

    _esm = STATIC / "VolumeViewer.js"

    volume = Array(_volume)
    kernel = Array(_kernel)
    stride = Checked(sizes(3), default_value=1)
    padding = Checked(sides(3), default_value=0)
    padding_mode = Checked(choice(PADDING_MODES), default_value="zero")
    axis = Checked(_axis, default_value=0)
    index = Checked(_index, default_value=0)
    cursor = Checked(position(3), default_value=(0, 0, 0))
    presets: Any = traitlets.List().tag(sync=True)

    def __init__(self, volume: Any = None, kernel: Any = None, **kwargs: Any) -> None:
        index, cursor = kwargs.pop("index", None), kwargs.pop("cursor", None)
        super().__init__(
            volume=images.chest_phantom() if volume is None else volume,
            kernel="thin" if kernel is None else kernel,
            presets=[
                {"name": name, "label": label, "kernel": pack(weights)}
                for name, (label, weights) in KERNELS.items()
            ],
            **kwargs,
        )
        self._check_fit("volume")
        g = self._geometry()
        self.cursor = _over(NODULE if volume is None else None, g) if cursor is None else cursor
        check_inside("cursor", self.cursor, g.output)
        before = g.padding[self.axis][0]
        middle = self.cursor[self.axis] * g.stride[self.axis] + g.kernel[self.axis] // 2 - before
        self.index = middle if index is None else index
        self._settle()

    def _check_fit(self, name: str | None = None) -> None:
        g = self._geometry()
        check_room(g, self.padding_mode)
        check_showable("padding", padded_size(g))
        check_sums("kernel", self.kernel.dtype, self.volume, self.kernel)
        if name in (None, "cursor"):
            check_inside("cursor", self.cursor, g.output)
        low, high = self._slices()
        if name in (None, "index") and not low <= self.index <= high:
            raise ValueError(
                f"index must be a slice across axis {self.axis}, from {low} to {high}, "
                f"got {self.index}"
            )

    def _slices(self) -> tuple[int, int]:
        """Return the numbers of the first and the last slice, those of the padding included."""
        g = self._geometry()
        before, after = g.padding[self.axis]
        return -before, g.size[self.axis] + after - 1

    @traitlets.observe("volume", "kernel", "stride", "padding", "axis")
    def _keep_places_inside(self, _change: Any) -> None:
        if self._settled and not self._property_lock:
            low, high = self._slices()
            self.cursor = nearest_inside(self.cursor, self._geometry().output)
            self.index = min(max(self.index, low), high)

    @property
    def output(self) -> NDArray[Any]:
        """The feature map, shape (D′, H′, W′), computed by :func:`cnnviz.ops.correlate`.

        Raises
        ------
        ValueError
            If the present kernel does not fit into the padded volume, or sums leave float64.
        """
        check_sums("kernel", self.kernel.dtype, self.volume, self.kernel)
        return ops.correlate(
            self.volume,
            self.kernel,
            stride=self.stride,
            padding=self.padding,
            padding_mode=self.padding_mode,
        )

    def _geometry(self) -> shapes.Geometry:
        return shapes.geometry(self.volume.shape, self.kernel.shape, self.stride, self.padding)

    # ---- the widget contract -------------------------------------------------------------------

    def summary(self) -> str:
        """Return the sizes, the kernel's name and the slice."""
        names = (n for n, (_, weights) in KERNELS.items() if np.array_equal(weights, self.kernel))
        return (
            f"volume {_still.times(self.volume.shape)}, kernel {_still.times(self.kernel.shape)} "
            f"{next(names, 'custom')} → {_still.times(self._geometry().output)}, "
            f"at {self._place()}"
        )

    def caption(self) -> str:
        """Return one sentence on the three panels."""
        g = self._geometry()
        return (
            f"Volume viewer: slice {self._place()} of a volume of {_still.times(g.size)}, a slice "
            f"of its {_still.times(g.kernel)} kernel, and of the {_still.times(g.output)} feature "
            "map."
        )

    def _place(self) -> str:
        return f"{AXES[self.axis]} = {_still.number(self.index)}"

    def picture(self) -> Image.Image:
        """Return a slice of each: of the volume, of the kernel, of the feature map."""
        g, axis = self._geometry(), self.axis
        at = min(max(self.index, 0), g.size[axis] - 1)
        step, size, last = g.stride[axis], g.kernel[axis], g.output[axis] - 1
        padded = at + g.padding[axis][0]
        z = min(self.cursor[axis], last)
        if not z * step <= padded < z * step + size:  # its window lies elsewhere: one over `at`
            z = min(max(math.floor((padded - (size - 1) / 2) / step + 0.5), 0), last)
        u = min(max(padded - z * step, 0), size - 1)
        whole = [self.volume, self.kernel, self.output]
        volume, kernel, output = (
            np.take(array, i, axis) for array, i in zip(whole, (at, u, z), strict=True)
        )
        low, high = float(self.volume.min()), float(self.volume.max())
        tops = [float(np.abs(array).max()) for array in whole]
        return _still.sentence(
            [
                ("Volume", "input", _still.plane(volume, low, high), _still.few(volume)),
                ("Kernel", "kernel", palette.signed_rgb(kernel, tops[1]), _still.few(kernel)),
                ("Feature map", "output", palette.signed_rgb(output, tops[2]), _still.few(output)),
            ]
        )


def _over(voxel: tuple[int, ...] | None, g: shapes.Geometry) -> tuple[int, ...]:
    """Return the output whose window lies over a voxel, the middle one if none is named."""
    at = voxel or tuple(n // 2 for n in g.size)
    numbers = zip(at, g.padding, g.kernel, g.stride, g.output, strict=True)
    return tuple(
        min(max((i + before - k // 2) // s, 0), n - 1) for i, (before, _), k, s, n in numbers
    )
