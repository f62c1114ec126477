"""The convolution stepper: one window at a time, with channels, groups and transposition."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray
from PIL import Image

from cnnviz import ops, shapes
from cnnviz.arrays import as_array, as_flag
from cnnviz.widgets import _still
from cnnviz.widgets._base import AT_ONCE, STATIC, MisfitError, Widget
from cnnviz.widgets._traits import (
    Array,
    Checked,
    check_showable,
    check_sums,
    choice,
    is_list,
    padded_size,
    readable,
    sizes,
    whole,
)

__all__ = ["ConvolutionStepper"]

# By the number of spatial axes: how many positions an axis may have, and how many grids fit a page.
LARGEST_SIDE = {1: 96, 2: 64, 3: 16}
MOST_CHANNELS = 16
LARGEST_KERNEL = 15
PADDING_MODES = ("zero", "reflect", "replicate", "circular")
READINGS = ("scatter", "stuffed")

#: The figure of Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016).
GUIDE_INPUT = [
    [3, 3, 2, 1, 0],
    [0, 0, 1, 3, 1],
    [3, 1, 2, 2, 3],
    [2, 0, 0, 2, 2],
    [2, 0, 0, 0, 1],
]
GUIDE_KERNEL = [[0, 1, 2], [2, 2, 0], [0, 1, 2]]
#: What is stamped where no input is given: small, so that the stamps can be told apart.
STAMPED = [[1, 2, 0], [3, 1, 2], [2, 0, 1]]


def _x(name: str, value: Any) -> NDArray[Any]:
    """Return numbers of one to three spatial axes, with or without channels."""
    array = as_array(name, value)
    if array.ndim not in (1, 2, 3, 4):
        raise ValueError(
            f"{name} must be an array of one to three axes, or (C, *n) with channels first, "
            f"got shape {array.shape}"
        )
    return _small(name, array, max(LARGEST_SIDE.values()))


def _dense(name: str, value: Any) -> NDArray[Any]:
    array = as_array(name, value)
    if array.ndim not in (1, 2, 3, 4, 5):
        raise ValueError(
            f"{name} must be an array of one to three axes, or (K, C/groups, *k), "
            f"got shape {array.shape}"
        )
    return readable(name, _small(name, array, max(LARGEST_SIDE.values())))


def _small(name: str, array: NDArray[Any], side: int) -> NDArray[Any]:
    """Look at the shape before the values: what no stepper could show is not read."""
    if max(array.shape) > side:
        raise ValueError(
            f"{name} must have at most {side} positions on an axis, got shape {array.shape}: "
            "take a part of it"
        )
    return as_array(name, array, finite=True)


def _bias(name: str, value: Any) -> NDArray[Any]:
    """Return a number for each output channel."""
    return np.atleast_1d(as_array(name, value, axes=(0, 1), most=MOST_CHANNELS, finite=True))


def _padding(_name: str, value: Any) -> Any:
    """Return anything: what padding means depends on the other traits."""
    return value


class ConvolutionStepper(Widget):
    """Convolve one window at a time: ordinary or transposed, in 1-D to 3-D, with channels.

    Parameters
    ----------
    x : array_like, optional
        A plain array of one to three axes, or ``(C, *n)`` with channels.
    weight : array_like, optional
        A plain array of as many axes as `x`; or, with channels, ``(K, C/groups, *k)`` and, where
        the convolution is transposed, ``(C, K/groups, *k)``, as PyTorch has it.
    bias : float or array_like, optional
        ``(K,)``, or one number for a plain array.
    stride, dilation : int or one per axis
    padding : int, "valid", "same", or per axis an int or (before, after)
        Per side. ``"same"`` becomes the numbers that it stands for now.
    groups : int
        How many groups the channels are cut into: 1 is dense, C is depthwise.
    padding_mode : {"zero", "reflect", "replicate", "circular"}
        A transposed convolution has only ``"zero"``: its padding is cut off the output.
    transposed : bool
    output_padding : int or one per axis
        Extra positions at the end of a transposed convolution's output: less than the stride or
        the dilation.
    reading : {"scatter", "stuffed"}
        How a transposed convolution is shown: each input stamps its kernel on the output, or
        windows slide over the input with zeros put in.
    step : int
        What is shown of the process, counted from 0 in reading order, channel by channel: an
        output and, where inputs scatter, an input.

    Attributes
    ----------
    dense : ndarray
        Every weight, ``(K, C, *k)`` or transposed ``(C, K, *k)``; with groups, only the blocks on
        its diagonal are used. What the groups slider leaves out is kept, so that it can come back.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, or sizes do not go together. The message names the argument,
        what it got, and what is allowed.

    References
    ----------
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016): the numbers
    shown where none are given.

    Examples
    --------
    >>> import cnnviz
    >>> stepper = cnnviz.ConvolutionStepper()
    >>> stepper
    ConvolutionStepper(5 × 5 by 3 × 3 → 3 × 3)
    >>> stepper.output
    array([[12, 12, 17],
           [10, 17, 19],
           [ 9,  6, 14]])
    >>> cnnviz.ConvolutionStepper([1, 2], [1, 10, 100], stride=2, transposed=True).output
    array([  1,  10, 102,  20, 200])
    """

    _esm = STATIC / "ConvolutionStepper.js"

    x = Array(_x)
    dense = Array(_dense)
    bias = Array(_bias)
    stride = Checked(sizes(), default_value=1)
    padding = Checked(_padding, default_value=0)
    dilation = Checked(sizes(), default_value=1)
    groups = Checked(whole(), default_value=1)
    padding_mode = Checked(choice(PADDING_MODES), default_value="zero")
    transposed = Checked(as_flag, default_value=False)
    output_padding = Checked(sizes(minimum=0), default_value=0)
    reading = Checked(choice(READINGS), default_value="scatter")
    step = Checked(whole(0), default_value=0)

    def __init__(self, x: Any = None, weight: Any = None, bias: Any = None, **kwargs: Any) -> None:
        transposed = kwargs.get("transposed", False)
        weight = weight if weight is None else _dense("weight", weight)
        image = _x("x", _default_x(weight, transposed) if x is None else x)
        kernel = _dense("weight", _default_weight(image)) if weight is None else weight
        dense = _embedded(kernel, image, kwargs.get("groups", 1), transposed)
        outputs = _outputs(image, dense, transposed)
        super().__init__(
            x=image,
            dense=dense,
            bias=np.zeros(outputs, np.int32) if bias is None else bias,
            **kwargs,
        )
        self._settle()

    def _check_fit(self, name: str | None = None) -> None:
        _embedded(self.dense, self.x, 1, self.transposed)
        check_showable("stride" if self.transposed else "padding", self._shown_size())
        self.output  # noqa: B018 - what does not fit is refused here
        if name in (None, "step") and self.step >= self._steps():
            raise ValueError(f"step must be less than the {self._steps()} steps, got {self.step}")

    @traitlets.observe(
        "x",
        "dense",
        "stride",
        "padding",
        "dilation",
        "groups",
        "output_padding",
        "transposed",
        "reading",
    )
    def _keep_step_inside(self, _change: Any) -> None:
        if self._settled and not self._property_lock:
            self.step = min(self.step, self._steps() - 1)

    @property
    def weight(self) -> NDArray[Any]:
        """The weights as applied: ``(K, C/groups, *k)``, or transposed ``(C, K/groups, *k)``.

        Assign an array of that shape, or all of :attr:`dense`. Weights between the groups are 0.
        """
        if self._plain():
            return np.asarray(self.dense)
        rows, cols = self.dense.shape[:2]
        each = cols // self.groups
        blocks = [
            self.dense[row, group * each : (group + 1) * each]
            for row in range(rows)
            for group in [row * self.groups // rows]
        ]
        return np.stack(blocks)

    @weight.setter
    def weight(self, value: Any) -> None:
        dense = _embedded(_dense("weight", value), self.x, self.groups, self.transposed)
        outputs = _outputs(self.x, dense, self.transposed)
        with self.hold_trait_notifications():
            self.dense = dense
            if not self.bias.any():  # no bias was asked for: there are as many zeros as outputs now
                self.bias = np.zeros(outputs, self.bias.dtype)

    @property
    def output(self) -> NDArray[Any]:
        """The output by :func:`cnnviz.ops.conv` or `conv_transpose`: ``(K, *out)``, or plain.

        Raises
        ------
        ValueError
            If the present sizes do not go together, or sums leave the floats that hold them.
        """
        x, weight = (self.x[None], self.dense[None, None]) if self._plain() else (self.x, None)
        if weight is None:
            self._check_groups()
            weight = self.weight
        arguments: dict[str, Any] = {
            "stride": self.stride,
            "padding": self.padding,
            "dilation": self.dilation,
            "groups": self.groups,
        }
        if self.transposed:
            if self.padding_mode != "zero":
                raise ValueError(
                    'padding_mode must be "zero" where transposed is True: the padding is cut off '
                    f"the output; got {self.padding_mode!r}"
                )
            extra = self.output_padding
            y = ops.conv_transpose(x, weight, self.bias, output_padding=extra, **arguments)
        else:
            if np.any(self.output_padding):
                raise ValueError(
                    f"output_padding must be 0 where transposed is False, got {self.output_padding}"
                )
            y = ops.conv(x, weight, self.bias, padding_mode=self.padding_mode, **arguments)
        check_sums("weight", y.dtype, x, weight, self.bias)
        return np.asarray(y[0] if self._plain() else y)

    @traitlets.validate("x")
    def _small_enough(self, proposal: Any) -> NDArray[Any]:
        array: NDArray[Any] = proposal["value"]
        axes = self.dense.ndim
        plain = array.ndim == axes
        if not plain and (array.ndim != axes - 1 or axes < 3):
            wanted = f"{axes}, or {axes - 1} with channels" if axes > 2 else f"{axes}"
            raise MisfitError(
                f"x does not go with the weight, of shape {self.dense.shape}: it must have "
                f"{wanted} axes, got shape {array.shape}. {AT_ONCE}"
            )
        size = array.shape if plain else array.shape[1:]
        channels = 1 if plain else array.shape[0]
        side = LARGEST_SIDE.get(len(size), 0)
        if max(size) > side or channels > MOST_CHANNELS:
            raise ValueError(
                f"x must have at most {side} positions on each of {len(size)} axes and "
                f"{MOST_CHANNELS} channels, got shape {array.shape}: take a part of it"
            )
        return array

    @traitlets.validate("padding")
    def _resolved(self, proposal: Any) -> Any:
        """Return padding as one number, or as (before, after) for each axis."""
        value = proposal["value"]
        axes = self._rank()
        if not isinstance(value, str) and not is_list(value):
            return shapes.whole("padding", value, 0)
        kernel = self.dense.shape[-axes:]
        span = shapes.window_span(kernel, shapes.per_axis("dilation", self.dilation, axes))
        stride = shapes.per_axis("stride", self.stride, axes)
        pairs = shapes.padding_per_axis(
            value, self.x.shape[-axes:], span, stride, allow_same=not self.transposed
        )
        return 0 if isinstance(value, str) and value == "valid" else [list(pair) for pair in pairs]

    def _plain(self) -> bool:
        return bool(self.x.ndim == self.dense.ndim)

    def _rank(self) -> int:
        return int(self.x.ndim) - (not self._plain())

    def _check_groups(self) -> None:
        rows, cols = self.dense.shape[:2]
        if rows % self.groups or cols % self.groups:
            raise ValueError(
                f"groups must divide the channels, {cols} and {rows}, got {self.groups}"
            )

    def _shown_size(self) -> list[int]:
        """Return the sizes of the largest grid: the padded input, or what stamps fall on."""
        axes = self._rank()
        size, kernel = self.x.shape[-axes:], self.dense.shape[-axes:]
        if not self.transposed:
            window = (kernel, self.stride, self.padding, self.dilation)
            return padded_size(shapes.geometry(size, *window, kernel_name="weight"))
        stride, dilation, extra = (
            shapes.per_axis(name, getattr(self, name), axes, minimum=0)
            for name in ("stride", "dilation", "output_padding")
        )
        numbers = zip(size, kernel, stride, dilation, extra, strict=True)
        return [(n - 1) * s + d * (k - 1) + 1 + e for n, k, s, d, e in numbers]

    def _steps(self) -> int:
        scatters = self.transposed and self.reading == "scatter"
        return int(self.x.size if scatters else self.output.size)

    # ---- the widget contract -------------------------------------------------------------------

    def summary(self) -> str:
        """Return the sizes and what is out of the ordinary."""
        kind = "transposed, " if self.transposed else ""
        groups = f" in {self.groups} groups" if self.groups > 1 else ""
        sizes = _still.times(self.x.shape)
        return f"{kind}{sizes} by {_still.times(self.weight.shape)}{groups} → {self._size()}"

    def caption(self) -> str:
        """Return one sentence on what is shown."""
        kind = "transposed convolution" if self.transposed else "convolution"
        return (
            f"Convolution stepper: a {kind} of an input of {_still.times(self.x.shape)} with a "
            f"kernel of {_still.times(self.weight.shape)}, which gives {self._size()} numbers."
        )

    def picture(self) -> Image.Image:
        """Return input, kernel and output, each with its channels below one another."""
        low, high = float(min(0, self.x.min())), float(self.x.max())
        weight = self.weight if self._plain() else self.weight[0]
        output = self.output
        panels = [("Input", "input", self.x, low, high)]
        for title, tone, values in (("Kernel", "kernel", weight), ("Output", "output", output)):
            top = float(np.abs(values).max())
            panels.append((title, tone, values, -top or -1.0, top))
        return _still.sentence(
            [
                (title, tone, *_montage(_still.mosaic(values, self._rank()), low, high))
                for title, tone, values, low, high in panels
            ]
        )

    def _size(self) -> str:
        return _still.times(self.output.shape)


def _montage(
    values: NDArray[np.float64], low: float, high: float
) -> tuple[NDArray[np.uint8], NDArray[np.float64] | None]:
    """Return pixels and numbers; the gaps of a mosaic are white and have no number."""
    pixels = _still.plane(np.nan_to_num(values), low, high)
    pixels[np.isnan(values)] = 255
    return pixels, _still.few(values)


def _default_x(weight: Any, transposed: bool) -> Any:
    """Return the guide's input, or a smaller one to be stamped; of one axis, its first row."""
    axes = 2 if weight is None else np.ndim(weight)
    if axes > 2:
        raise ValueError(f"x must be given with a weight of {axes} axes")
    image = np.array(STAMPED if transposed else GUIDE_INPUT)
    return image if axes == 2 else image[0]


def _default_weight(x: NDArray[Any]) -> Any:
    """Return the guide's kernel in 2-D, its outer edge in 1-D, ones in 3-D."""
    if x.ndim > 3:
        raise ValueError(f"weight must be given with an x of shape {x.shape}")
    return {1: [1, 0, -1], 2: GUIDE_KERNEL, 3: np.ones((2, 2, 2), np.int32)}[x.ndim]


def _embedded(weight: NDArray[Any], x: NDArray[Any], groups: Any, transposed: Any) -> NDArray[Any]:
    """Return the dense weight of which these are the blocks on the diagonal."""
    groups = shapes.whole("groups", groups)
    transposed = as_flag("transposed", transposed)
    if weight.ndim == x.ndim:
        if groups > 1:
            raise ValueError(f"groups must be 1 for arrays without channels, got {groups}")
        return weight
    if x.ndim == 1 or weight.ndim != x.ndim + 1:
        axes = f"{x.ndim} axes (plain arrays) or {x.ndim + 1} (with channels)"
        axes = "one axis" if x.ndim == 1 else axes
        raise ValueError(
            f"weight must have {axes} for x of shape {x.shape}, got shape {weight.shape}"
        )
    if max(weight.shape[2:]) > LARGEST_KERNEL or max(weight.shape[:2]) > MOST_CHANNELS:
        raise ValueError(
            f"weight must have at most {MOST_CHANNELS} channels and {LARGEST_KERNEL} weights on an "
            f"axis, got shape {weight.shape}"
        )
    channels = x.shape[0]
    rows, cols = weight.shape[:2]
    if channels % groups or rows % groups:
        raise ValueError(
            f"groups must divide the {channels} channels of x and the {rows} rows of weight, "
            f"got {groups}"
        )
    inputs, wanted = (rows, channels) if transposed else (cols, channels // groups)
    if not transposed and cols == channels:
        return weight
    if inputs != wanted:
        shape = f"({channels}, K/groups, …)" if transposed else f"(K, {wanted}, …)"
        raise ValueError(
            f"weight must have shape {shape} for x with {channels} channels in {groups} groups, "
            f"got {weight.shape}"
        )
    dense = np.zeros((rows, cols * groups, *weight.shape[2:]), weight.dtype)
    for row in range(rows):
        group = row * groups // rows
        dense[row, group * cols : (group + 1) * cols] = weight[row]
    return dense


def _outputs(x: NDArray[Any], dense: NDArray[Any], transposed: Any) -> int:
    """Return the number of output channels."""
    if x.ndim == dense.ndim:
        return 1
    return int(dense.shape[1 if transposed else 0])
