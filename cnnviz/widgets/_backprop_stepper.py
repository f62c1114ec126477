"""The backpropagation stepper: a convolution, a ReLU and a pooling, forward and backward."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray
from PIL import Image

from cnnviz import ops, shapes
from cnnviz.arrays import as_array
from cnnviz.widgets import _still
from cnnviz.widgets._base import STATIC, Widget
from cnnviz.widgets._traits import Array, Checked, choice, padded_size, sides, sizes, whole

__all__ = ["BackpropStepper"]

# Few enough for every number to be read, and for every path of a gradient to be written out.
LARGEST_SIDE = 8
LARGEST_PADDED = 10
LARGEST_KERNEL = 5
MOST_CHANNELS = 3
POOLS = {"max": "max pooling", "mean": "average pooling", "none": "no pooling"}
ROUTES = ("scatter", "gather")
_CELL = 34  # px of the page, in the picture that stands still
TONES = ("input", "kernel", "kernel", "output", "output", "output")

# A closed ReLU, a tie for a maximum, and an element that is the largest of two windows.
EXAMPLE_X = [
    [2, 0, 2, 2, 3],
    [0, 3, 0, 1, 1],
    [0, 1, 0, 2, 2],
    [3, 1, 3, 1, 1],
    [0, 2, 1, 1, 3],
]
EXAMPLE_WEIGHT = [[0, 1, 2], [-1, 0, 1], [1, -2, 0]]
EXAMPLE_BIAS = -1


def _small(name: str, value: Any, axes: tuple[int, ...], side: int, shape: str) -> NDArray[Any]:
    """Look at the shape before the values: what could not be shown is not read."""
    array = as_array(name, value)
    if array.ndim not in axes:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")
    if max(array.shape[-2:]) > side:
        raise ValueError(
            f"{name} must have at most {side} positions on an axis, got shape {array.shape}"
        )
    if max(array.shape[:-2], default=1) > MOST_CHANNELS:
        raise ValueError(
            f"{name} must have at most {MOST_CHANNELS} channels, got shape {array.shape}"
        )
    return as_array(name, array, finite=True)


def _x(name: str, value: Any) -> NDArray[Any]:
    return _small(name, value, (2, 3), LARGEST_SIDE, "(H, W) or (C, H, W)")


def _weight(name: str, value: Any) -> NDArray[Any]:
    return _small(name, value, (2, 4), LARGEST_KERNEL, "(kh, kw) or (K, C, kh, kw)")


def _grad(name: str, value: Any) -> NDArray[Any]:
    return _small(name, value, (2, 3), LARGEST_PADDED, "(H′, W′) or (K, H′, W′)")


def _bias(name: str, value: Any) -> NDArray[Any]:
    """Return a number for each kernel."""
    return np.atleast_1d(as_array(name, value, axes=(0, 1), most=MOST_CHANNELS, finite=True))


def _pool_stride(name: str, value: Any) -> Any:
    return None if value is None else sizes(2)(name, value)


class BackpropStepper(Widget):
    """Follow a gradient back through convolution, ReLU and pooling, number by number.

    Forward, ``X ∗ W + b → Z``, ``ReLU → A``, ``pool → P``; backward, from the gradient at ``P``
    that is given, the gradients at ``A``, ``Z``, ``X``, ``W`` and ``b``.

    Parameters
    ----------
    x : array_like, optional
        ``(H, W)``, or ``(C, H, W)`` with at most 3 channels; at most 8 a side.
    weight : array_like, optional
        ``(kh, kw)``, or with channels ``(K, C, kh, kw)`` of at most 3 kernels; at most 5 a side.
    bias : float or array_like, optional
        ``(K,)``; zeros if left out.
    grad : array_like, optional
        The loss's gradient at the output, of its shape; ones if left out.
    stride, dilation : int or one per axis
        Of the convolution.
    padding : int, "valid", or per axis an int or (before, after)
        Zeros around the input, per side; at most 10 positions in all on an axis.
    pool : {"max", "mean", "none"}
    pool_kernel : int or one per axis
    pool_stride : int, one per axis, or None
        None is the pooling's kernel, as in PyTorch.
    route : {"scatter", "gather"}
        How the gradient at the input is computed: each element of dZ stamps its kernel on dX, or
        a window with the kernel rotated by 180° slides over dZ, framed by zeros.
    step : int, optional
        What is shown of the process, counted from 0; all of it if left out.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, or sizes do not go together. The message names the argument,
        what it got, and what is allowed.

    Examples
    --------
    >>> import cnnviz
    >>> stepper = cnnviz.BackpropStepper()
    >>> stepper
    BackpropStepper(5 × 5 by 3 × 3, ReLU, max pooling → 2 × 2)
    >>> stepper.output
    array([[4, 5],
           [3, 5]])
    >>> stepper.dx
    array([[ 0,  0,  1,  2,  0],
           [ 0,  0,  2,  3,  4],
           [-1,  1, -3,  0,  2],
           [ 1, -2,  2, -4,  0],
           [ 0,  0,  0,  0,  0]])
    >>> stepper.dbias
    array([4])
    """

    _esm = STATIC / "BackpropStepper.js"

    x = Array(_x)
    weight = Array(_weight)
    bias = Array(_bias)
    grad = Array(_grad)
    stride = Checked(sizes(2), default_value=1)
    padding = Checked(sides(2), default_value=0)
    dilation = Checked(sizes(2), default_value=1)
    pool = Checked(choice(tuple(POOLS)), default_value="max")
    pool_kernel = Checked(sizes(2), default_value=2)
    pool_stride = Checked(_pool_stride, default_value=None)
    route = Checked(choice(ROUTES), default_value="scatter")
    step = Checked(whole(0), default_value=0)

    def __init__(
        self, x: Any = None, weight: Any = None, bias: Any = None, grad: Any = None, **kwargs: Any
    ) -> None:
        if x is None and weight is None:  # the example is one of overlapping windows
            bias = EXAMPLE_BIAS if bias is None else bias
            kwargs = {"pool_stride": 1, **kwargs}
        image = _x("x", _default_x(weight) if x is None else x)
        kernel = _weight("weight", _default_weight(image) if weight is None else weight)
        step = kwargs.pop("step", None)
        super().__init__(
            x=image,
            weight=kernel,
            bias=np.zeros(_kernels(kernel), np.int32) if bias is None else bias,
            grad=np.ones((1, 1), np.int32) if grad is None else grad,
            **kwargs,
        )
        self._check_sizes()
        self._follow()
        self.step = self._steps() - 1 if step is None else step
        self._settle()

    # ---- forward and backward ------------------------------------------------------------------

    @property
    def feature_maps(self) -> dict[str, NDArray[Any]]:
        """What each layer gives, as ``{"Z": …, "A": …, "P": …}``, by :mod:`cnnviz.ops`.

        Raises
        ------
        ValueError
            If the present sizes do not go together.
        """
        return {name: self._as_given(values) for name, values in self._forward().items()}

    @property
    def gradients(self) -> dict[str, NDArray[Any]]:
        """The loss's gradients, ``{"dP": …, "dA": …, "dZ": …, "dX": …, "dW": …, "db": …}``.

        Each has the shape of what it belongs to.

        Raises
        ------
        ValueError
            If the present sizes do not go together.
        """
        z, a, p = self._forward().values()
        x, weight, _ = self._with_channels()
        dp = self._present_grad(p.shape)
        da = ops.pool_backward(dp, a, mode=self.pool, **self._pooling()) if self._pools() else dp
        dz = ops.relu_backward(da, z)
        dx, dweight, dbias = ops.conv_backward(dz, x, weight, **self._window())
        named = {"dP": dp, "dA": da, "dZ": dz, "dX": dx}
        return {
            **{name: self._as_given(values) for name, values in named.items()},
            "dW": dweight[0, 0] if self._plain() else dweight,
            "db": dbias,
        }

    @property
    def output(self) -> NDArray[Any]:
        """The pooled feature map, ``(H′, W′)`` or ``(K, H′, W′)``."""
        return self.feature_maps["P"]

    @property
    def dx(self) -> NDArray[Any]:
        """The gradient at the input, of its shape."""
        return self.gradients["dX"]

    @property
    def dweight(self) -> NDArray[Any]:
        """The gradient at the weights, of their shape."""
        return self.gradients["dW"]

    @property
    def dbias(self) -> NDArray[Any]:
        """The gradient at the bias, ``(K,)``."""
        return self.gradients["db"]

    def _forward(self) -> dict[str, NDArray[Any]]:
        """Return Z, A and P with their channels."""
        self._check_sizes()  # says first what does not fit
        x, weight, bias = self._with_channels()
        z = ops.conv(x, weight, bias, **self._window())
        a = ops.relu(z)
        p = ops.pool(a, mode=self.pool, **self._pooling()) if self._pools() else a
        return {"Z": z, "A": a, "P": p}

    # ---- what goes together --------------------------------------------------------------------

    def _plain(self) -> bool:
        return bool(self.x.ndim == 2)

    def _pools(self) -> bool:
        return bool(self.pool != "none")

    def _as_given(self, values: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(values[0] if self._plain() else values)

    def _with_channels(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Return x, weight and bias as a convolution takes them."""
        bias = self.bias if self.bias.any() else np.zeros(_kernels(self.weight), self.bias.dtype)
        if self._plain():
            return self.x[None], self.weight[None, None], bias
        return self.x, self.weight, bias

    def _window(self) -> dict[str, Any]:
        return {"stride": self.stride, "padding": self.padding, "dilation": self.dilation}

    def _pooling(self) -> dict[str, Any]:
        return {
            "kernel": shapes.per_axis("pool_kernel", self.pool_kernel, 2),
            "stride": self.pool_stride,
        }

    def _present_grad(self, shape: tuple[int, ...]) -> NDArray[Any]:
        """Return the gradient at P, of P's shape: one of ones alone is of any shape."""
        if np.all(self.grad == 1):
            return np.ones(shape, self.grad.dtype)
        wanted = shape[1:] if self._plain() else shape
        if self.grad.shape != wanted:
            raise ValueError(f"grad must have the output's shape, {wanted}, got {self.grad.shape}")
        return np.asarray(self.grad.reshape(shape))

    def _check_sizes(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Refuse what does not go together; return the sizes of Z and of P, without channels."""
        x, weight = self.x, self.weight
        if weight.ndim != (2 if self._plain() else 4):
            wanted = "(kh, kw)" if self._plain() else f"(K, {len(x)}, kh, kw)"
            raise ValueError(
                f"weight must have shape {wanted} for x of shape {x.shape}, got {weight.shape}"
            )
        if not self._plain() and weight.shape[1] != len(x):
            raise ValueError(
                f"weight must have shape (K, {len(x)}, kh, kw) for x with {len(x)} channels, "
                f"got {weight.shape}"
            )
        kernels = _kernels(weight)
        if self.bias.any() and self.bias.shape != (kernels,):
            raise ValueError(
                f"bias must have a number for each of {kernels} kernels, got {self.bias.shape}"
            )
        g = shapes.geometry(
            x.shape[-2:],
            weight.shape[-2:],
            self.stride,
            self.padding,
            self.dilation,
            kernel_name="weight",
        )
        if max(padded_size(g)) > LARGEST_PADDED:
            raise ValueError(
                f"padding must leave at most {LARGEST_PADDED} positions on an axis, "
                f"got {_still.times(padded_size(g))}"
            )
        size = g.output
        if self._pools():
            kernel, stride = self._pooling().values()
            name = "pool_kernel"
            size = shapes.geometry(
                size, kernel, kernel if stride is None else stride, kernel_name=name
            ).output
        self._present_grad((kernels, *size))
        return g.output, size

    def _check_fit(self, name: str | None = None) -> None:
        self._check_sizes()
        if name in (None, "step") and self.step >= self._steps():
            raise ValueError(f"step must be less than the {self._steps()} steps, got {self.step}")

    @traitlets.observe(
        "x",
        "weight",
        "stride",
        "padding",
        "dilation",
        "pool",
        "pool_kernel",
        "pool_stride",
        "route",
    )
    def _keep_along(self, _change: Any) -> None:
        if self._settled and not self._property_lock:
            self._follow()
            self.step = min(self.step, self._steps() - 1)

    def _follow(self) -> None:
        """Give a bias of zeros and a gradient of ones the sizes that they have now."""
        kernels, (_, size) = _kernels(self.weight), self._check_sizes()
        if not self.bias.any():
            self.bias = np.zeros(kernels, self.bias.dtype)
        if np.all(self.grad == 1):
            shape = size if self._plain() else (kernels, *size)
            self.grad = np.ones(shape, self.grad.dtype)

    def _parts(self) -> list[tuple[str, int]]:
        """Return the parts of the process in order, with the steps that each takes a kernel."""
        z, p = map(math.prod, self._check_sizes())
        pools = p if self._pools() else 0
        inputs = z if self.route == "scatter" else self.x.size
        taps = self.weight.size // _kernels(self.weight)
        counts = (z, 1, pools, pools, 1, inputs, taps, 1)
        return list(zip(("Z", "A", "P", "dA", "dZ", "dX", "dW", "db"), counts, strict=True))

    def _steps(self) -> int:
        return _kernels(self.weight) * sum(count for _, count in self._parts())

    def _kernel_shown(self) -> int:
        """Return the kernel that the step belongs to."""
        left, kernels = self.step, _kernels(self.weight)
        for _, count in self._parts():
            if left < kernels * count:
                return int(left // count)
            left -= kernels * count
        return kernels - 1

    # ---- the widget contract -------------------------------------------------------------------

    def summary(self) -> str:
        """Return the sizes and the layers."""
        pooling = f", {POOLS[self.pool]}" if self._pools() else ""
        sizes = f"{_still.times(self.x.shape)} by {_still.times(self.weight.shape)}"
        return f"{sizes}, ReLU{pooling} → {_still.times(self.output.shape)}"

    def caption(self) -> str:
        """Return one sentence on the two rows."""
        given = f"{_still.times(self.x.shape)} with a kernel of {_still.times(self.weight.shape)}"
        return (
            f"Backpropagation stepper: a convolution of an input of {given}, ReLU and "
            f"{POOLS[self.pool]} give {_still.times(self.output.shape)} numbers; below each array "
            "stands the gradient of the loss at it."
        )

    def picture(self) -> Image.Image:
        """Return the forward pass in a row, and the gradients below it, of one kernel."""
        k = self._kernel_shown()
        x, weight, bias = self._with_channels()
        maps, gradients = self._forward(), self.gradients
        if self._plain():
            gradients = {n: g if n == "db" else g[None] for n, g in gradients.items()}
        here = slice(k, k + 1)
        forward = {"X": x, "W": weight[k], "b": bias[here]}
        forward |= {name: values[k] for name, values in maps.items()}
        backward = {"dX": gradients["dX"], "dW": gradients["dW"][k], "db": gradients["db"][here]}
        backward |= {name: gradients[name][k] for name in ("dZ", "dA", "dP")}
        rows = [(forward, TONES, "∗+=→→"), (backward, ["gradient"] * 6, "  ←←←")]
        return _still.stack(
            [
                _still.sentence(list(map(_panel, row, tones, row.values())), signs, _CELL)
                for row, tones, signs in rows
            ]
        )


def _panel(name: str, tone: str, values: NDArray[Any]) -> tuple[Any, ...]:
    """Return a panel of a still picture; the gaps between channels are white, without numbers."""
    plane = _still.mosaic(np.atleast_2d(values), 2)
    top = float(np.abs(values).max()) or 1.0
    pixels = _still.plane(np.nan_to_num(plane), -top, top)
    pixels[np.isnan(plane)] = 255
    return name, tone, pixels, plane


def _kernels(weight: NDArray[Any]) -> int:
    return 1 if weight.ndim == 2 else len(weight)


def _default_x(weight: Any) -> Any:
    if weight is not None and np.ndim(weight) != 2:
        raise ValueError(f"x must be given with a weight of {np.ndim(weight)} axes")
    return EXAMPLE_X


def _default_weight(x: NDArray[Any]) -> Any:
    if x.ndim != 2:
        raise ValueError(f"weight must be given with an x of shape {x.shape}")
    return EXAMPLE_WEIGHT
