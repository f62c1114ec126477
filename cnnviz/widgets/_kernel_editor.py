"""The kernel editor: image ∗ kernel = feature map."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray
from PIL import Image

from cnnviz import images, kernels, ops, palette, shapes
from cnnviz.arrays import as_array, as_flag, as_image, as_number, shown
from cnnviz.ops._padding import check_room
from cnnviz.widgets import _page, _still
from cnnviz.widgets._base import STATIC, Widget, _data_uri
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
    sides,
    sizes,
)

__all__ = ["KernelEditor"]

LARGEST_KERNEL = 15
LARGEST_IMAGE = 512
PADDING_MODES = ("zero", "reflect", "replicate", "circular")
SHOW = ("signed", "absolute", "relu")


def _image(name: str, value: Any) -> NDArray[Any]:
    """Return a picture by name or as an array (H, W) or (3, H, W)."""
    if isinstance(value, str):
        if value not in images.PICTURES:
            raise ValueError(
                f"{name} must be one of {', '.join(images.PICTURES)}, or an array; got "
                f"{shown(value)}. Open a file first, as with PIL.Image.open"
            )
        return images.picture(value)
    planes = as_image(name, value)
    if max(planes.shape[-2:]) > LARGEST_IMAGE:
        raise ValueError(
            f"{name} must be at most {LARGEST_IMAGE} pixels a side, got shape {planes.shape}: "
            "take a part of it, image[..., :512, :512], or every second pixel, image[..., ::2, ::2]"
        )
    planes = as_array(name, planes, finite=True)
    return planes[0] if len(planes) == 1 else planes


def _kernel(name: str, value: Any) -> NDArray[np.float64]:
    """Return a kernel by preset name or as an array (kh, kw), (1, kh, kw) or (3, kh, kw)."""
    if isinstance(value, str) and value not in kernels.PRESETS:
        raise ValueError(
            f"{name} must be one of {', '.join(kernels.NAMES)}, or an array; got {shown(value)}"
        )
    array = kernels.get(value) if isinstance(value, str) else as_array(name, value)
    fits = array.ndim == 2 or (array.ndim == 3 and array.shape[0] in (1, 3))
    if not fits or max(array.shape[-2:]) > LARGEST_KERNEL:
        raise ValueError(
            f"{name} must be a preset's name or an array (kh, kw) or, a weight per channel, "
            f"(1 or 3, kh, kw), of at most {LARGEST_KERNEL} × {LARGEST_KERNEL}; "
            f"got shape {array.shape}"
        )
    array = array[0] if array.ndim == 3 and array.shape[0] == 1 else array
    return as_array(name, array, finite=True).astype(np.float64)


def _bias(name: str, value: Any) -> float:
    return as_number(name, value)


def _preset_of(kernel: NDArray[np.float64]) -> str:
    """Return the name of the preset that equals this kernel, or "custom"."""
    return next((n for n in kernels.NAMES if np.array_equal(kernels.get(n), kernel)), "custom")


def _offered(name: str, value: Any) -> dict[str, str]:
    """Return the pictures of the menu as PNG data URIs by name."""
    allowed = f"{name} must be a list of names or a dict of arrays"
    if not isinstance(value, (list, tuple, dict)):
        raise TypeError(f"{allowed}, got {shown(value)}")
    if not all(isinstance(key, str) for key in value):
        raise TypeError(f"{allowed}, each name text, got {shown(value)}")
    items = value.items() if isinstance(value, dict) else zip(value, value, strict=True)
    return {key: _data_uri(_offer(f"{name}[{shown(key)}]", item)) for key, item in items}


def _offer(name: str, value: Any) -> Image.Image:
    """Return a picture of the menu; it must hold whole numbers from 0 to 255."""
    if isinstance(value, str) and value.startswith(_page.PNG):  # as the trait itself holds it
        try:
            value = _page.opened(value)
        except (ValueError, OSError):
            raise ValueError(
                f"{name} must be a picture that can be read, got {shown(value)}"
            ) from None
    array = _image(name, value)
    if array.dtype.kind not in "bui" or array.min() < 0 or array.max() > 255:
        raise ValueError(f"{name} must hold whole numbers from 0 to 255")
    pixels = np.moveaxis(array, 0, -1) if array.ndim == 3 else array
    return Image.fromarray(np.ascontiguousarray(pixels, dtype=np.uint8))


class KernelEditor(Widget):
    """Paint a convolution kernel and watch the feature map; read the sum behind any number.

    Parameters
    ----------
    image : str or array_like
        A name from :data:`cnnviz.images.PICTURES`, or numbers of shape ``(H, W)`` (grey),
        ``(1, H, W)`` or ``(3, H, W)`` (colour), at most 512 pixels a side.
    kernel : str or array_like
        A name from :data:`cnnviz.kernels.NAMES`, or weights of shape ``(kh, kw)`` (used for every
        channel) or ``(3, kh, kw)``, at most 15 × 15. A torch tensor will do:
        ``editor.kernel = conv.weight[0]``.
    flip : bool
        False for correlation, which deep learning calls convolution; True for convolution.
    normalise : bool
        Divide by the sum of the weights' absolute values (over all channels).
    bias : float
    stride, dilation : int or (int, int)
    padding : int or per axis an int or (before, after)
        Per side.
    padding_mode : {"zero", "reflect", "replicate", "circular"}
    show : {"signed", "absolute", "relu"}
        How the feature map is shown; :attr:`output` is not changed by it.
    cursor : (int, int)
        The row and column of the output whose sum is written out.
    pictures : list of str, or dict of str to array_like
        What the picture menu offers.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, or the kernel does not fit into the padded image. The
        message names the argument, what it got, and what is allowed.

    Examples
    --------
    >>> import cnnviz
    >>> editor = cnnviz.KernelEditor("step", "sobel_x", padding=1)
    >>> editor
    KernelEditor(image 96 × 96, kernel 3 × 3 sobel_x → 96 × 96)
    >>> editor.kernel
    array([[-1.,  0.,  1.],
           [-2.,  0.,  2.],
           [-1.,  0.,  1.]])
    >>> editor.output.shape
    (96, 96)
    """

    _esm = STATIC / "KernelEditor.js"

    image = Array(_image)
    image_name = traitlets.Unicode("array").tag(sync=True)
    kernel = Array(_kernel)
    preset = traitlets.Unicode("custom").tag(sync=True)
    flip = Checked(as_flag, default_value=False)
    normalise = Checked(as_flag, default_value=False)
    bias = Checked(_bias, default_value=0.0)
    stride = Checked(sizes(2), default_value=1)
    dilation = Checked(sizes(2), default_value=1)
    padding = Checked(sides(2), default_value=0)
    padding_mode = Checked(choice(PADDING_MODES), default_value="zero")
    show = Checked(choice(SHOW), default_value="signed")
    cursor = Checked(position(2), default_value=(0, 0))
    pictures = Checked(_offered, default_value=())
    presets: Any = traitlets.List().tag(sync=True)

    def __init__(self, image: Any = "camera", kernel: Any = "sobel_x", **kwargs: Any) -> None:
        offered = kwargs.pop("pictures", images.PICTURES)
        cursor = kwargs.pop("cursor", None)
        super().__init__(
            image=image,
            kernel=kernel,
            pictures=offered,
            presets=[
                {"name": name, "label": preset.label, "kernel": pack(_kernel("kernel", name))}
                for name, preset in kernels.PRESETS.items()
            ],
            **kwargs,
        )
        if isinstance(image, str):
            self.image_name = image
        self._name_kernel()
        rows, cols = self._geometry().output
        self.cursor = (rows // 2, cols // 2) if cursor is None else cursor
        self.observe(self._name_kernel, "kernel")
        self._settle()

    @property
    def weights(self) -> NDArray[np.float64]:
        """The weights as applied, shape (C, kh, kw): one set a channel, flipped, divided."""
        planes = self._planes()
        weights = np.broadcast_to(self.kernel, (len(planes), *self.kernel.shape[-2:]))
        if self.flip:
            weights = weights[:, ::-1, ::-1]
        return _normalised(weights) if self.normalise else np.array(weights)

    @property
    def output(self) -> NDArray[np.float64]:
        """The feature map, shape (H′, W′), computed by :func:`cnnviz.ops.conv`.

        Raises
        ------
        ValueError
            If the present kernel does not fit into the padded image, or sums leave float64.
        """
        planes, weights = self._planes(), self.weights
        check_sums("kernel", planes.dtype, planes, weights, self.bias)
        y = ops.conv(
            planes,
            weights[None],
            np.array([self.bias]),
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            padding_mode=self.padding_mode,
        )
        return np.asarray(y[0])

    def _planes(self) -> NDArray[np.float64]:
        """Return the image as (C, H, W); a kernel of three channels sees a grey one three times."""
        planes = self.image if self.image.ndim == 3 else self.image[None]
        if self.kernel.ndim == 3 and len(planes) == 1:
            planes = np.repeat(planes, 3, axis=0)
        return np.asarray(planes, dtype=np.float64)

    def _check_fit(self, name: str | None = None) -> None:
        g = self._geometry()
        check_room(g, self.padding_mode)
        check_showable("padding", padded_size(g))
        planes = self._planes()
        check_sums("kernel", planes.dtype, planes, self.weights, self.bias)
        if name in (None, "cursor"):
            check_inside("cursor", self.cursor, g.output)

    @traitlets.observe("image", "kernel", "stride", "padding", "dilation")
    def _keep_cursor_inside(self, _change: Any) -> None:
        if self._settled and not self._property_lock:
            self.cursor = nearest_inside(self.cursor, self._geometry().output)

    def _geometry(self) -> shapes.Geometry:
        size, kernel = self.image.shape[-2:], self.kernel.shape[-2:]
        return shapes.geometry(size, kernel, self.stride, self.padding, self.dilation)

    def _name_kernel(self, _change: Any = None) -> None:
        self.preset = _preset_of(self.kernel)

    # ---- the widget contract -------------------------------------------------------------------

    def summary(self) -> str:
        """Return the sizes and the kernel's name."""
        size = _still.times(self.image.shape)
        kernel = _still.times(self.kernel.shape)
        output = _still.times(self._geometry().output)
        return f"image {size}, kernel {kernel} {self.preset} → {output}"

    def caption(self) -> str:
        """Return one sentence on the three panels."""
        height, width = self.image.shape[-2:]
        rows, cols = self.kernel.shape[-2:]
        preset = kernels.PRESETS[self.preset].label if self.preset in kernels.NAMES else "custom"
        out = _still.times(self._geometry().output)
        return (
            f"Kernel editor: an image of {height} × {width} pixels, a {rows} × {cols} kernel "
            f"({preset}), and the {out} feature map that the kernel makes of the image."
        )

    def picture(self) -> Image.Image:
        """Return the three panels side by side."""
        planes = self._planes() if self.image.ndim == 3 else self._planes()[:1]
        bytes_ = self.image.dtype == np.uint8 and planes.max() > 1
        low, high = (0.0, 255.0) if bytes_ else (float(planes.min()), float(planes.max()))
        kernel = self.kernel if self.kernel.ndim == 2 else self.kernel[0]
        output = self.output
        return _still.sentence(
            [
                ("Input", "input", palette.light_rgb(planes, low, high), _still.few(planes[0])),
                ("Kernel", "kernel", palette.signed_rgb(kernel), _still.few(kernel)),
                ("Feature map", "output", palette.signed_rgb(output), _still.few(output)),
            ]
        )


def _normalised(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide by the sum of the absolute values, unless all are 0."""
    _, power = np.frexp(np.abs(weights).max())
    scaled = np.ldexp(weights, -power)  # a power of two: no digit changes, and no sum overflows
    return np.asarray(scaled / (np.abs(scaled).sum() or 1))
