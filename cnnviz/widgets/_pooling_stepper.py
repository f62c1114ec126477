"""The pooling stepper: one window at a time, and where its gradient goes."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from cnnviz import images, ops, shapes
from cnnviz.arrays import as_array, shown
from cnnviz.widgets import _still
from cnnviz.widgets._base import STATIC, Widget
from cnnviz.widgets._traits import (
    Array,
    Checked,
    check_showable,
    choice,
    padded_size,
    sides,
    sizes,
    whole,
)

__all__ = ["PoolingStepper"]

LARGEST_SIDE = 512
MOST_NUMBERS = 65_536
MODES = {"max": "max", "mean": "average", "l2": "L2"}
GRADIENTS = ("off", "step", "all")


def _x(name: str, value: Any) -> NDArray[Any]:
    """Return numbers of shape (n,), (H, W) or (C, H, W), few enough for a page."""
    array = as_array(name, value)
    if array.ndim not in (1, 2, 3):
        raise ValueError(
            f"{name} must be an array (n,), (H, W) or (C, H, W), got shape {array.shape}"
        )
    if max(array.shape[-2:]) > LARGEST_SIDE or array.size > MOST_NUMBERS:
        raise ValueError(
            f"{name} must be at most {LARGEST_SIDE} a side and {MOST_NUMBERS} numbers in all, "
            f"got shape {array.shape}: take a part of it, or every second pixel, x[..., ::2, ::2]"
        )
    return as_array(name, array, finite=True)


def _kernel(name: str, value: Any) -> Any:
    """Return an int, one per axis, or "global"."""
    if isinstance(value, str) and value != "global":
        raise ValueError(
            f'{name} must be a whole number, one per axis, or "global"; got {shown(value)}'
        )
    return value if isinstance(value, str) else sizes()(name, value)


def _stride(name: str, value: Any) -> Any:
    return None if value is None else sizes()(name, value)


class PoolingStepper(Widget):
    """Pool an array one window at a time: the winner, the mean, and where the gradient goes.

    Parameters
    ----------
    x : array_like
        Numbers of shape ``(n,)``, ``(H, W)`` or ``(C, H, W)``, at most 65 536 of them. Left out,
        the 4 × 4 example of :func:`cnnviz.images.average_pooling_4x4`.
    kernel : int, tuple of int, or "global"
        ``"global"`` is one window as large as each channel; it takes no padding.
    stride : int or tuple of int, optional
        The kernel if left out, so that windows touch and don't overlap.
    padding : int or per axis an int or (before, after)
        At most ⌊k/2⌋ per side: −∞ under ``"max"``, else zeros that count.
    mode : {"max", "mean", "l2"}
        ``"l2"`` is the root of the mean of the squares.
    step : int
        The output whose window is shown, counted in reading order from 0, channel by channel.
    gradient : {"off", "step", "all"}
        What the grids show: values, or the gradient at the input when 1 arrives at this step's
        output, or at all outputs.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, or the window does not fit. The message names the argument,
        what it got, and what is allowed.

    Examples
    --------
    >>> import cnnviz
    >>> stepper = cnnviz.PoolingStepper(mode="mean")
    >>> stepper
    PoolingStepper(average pooling of 4 × 4 by 2 × 2, stride 2 → 2 × 2)
    >>> stepper.output
    array([[0.5, 1. ],
           [0.5, 0.5]])
    >>> stepper.backward([[4, 0], [0, 0]])
    array([[1., 1., 0., 0.],
           [1., 1., 0., 0.],
           [0., 0., 0., 0.],
           [0., 0., 0., 0.]])
    """

    _esm = STATIC / "PoolingStepper.js"

    x = Array(_x)
    kernel = Checked(_kernel, default_value=2)
    stride = Checked(_stride, default_value=None)
    padding = Checked(sides(), default_value=0)
    mode = Checked(choice(tuple(MODES)), default_value="max")
    step = Checked(whole(0), default_value=0)
    gradient = Checked(choice(GRADIENTS), default_value="off")

    def __init__(self, x: Any = None, kernel: Any = 2, **kwargs: Any) -> None:
        default = images.average_pooling_4x4().image if x is None else x
        super().__init__(x=default, kernel=kernel, **kwargs)
        self._settle()

    @property
    def output(self) -> NDArray[Any]:
        """The pooled array, by :func:`cnnviz.ops.pool`: ``(n′,)``, ``(H′, W′)`` or ``(C, H′, W′)``.

        Raises
        ------
        ValueError
            If the present window does not fit.
        """
        self._geometry()  # says first what does not fit
        return np.asarray(ops.pool(self.x, mode=self.mode, **self._window()))

    def backward(self, grad: ArrayLike | None = None) -> NDArray[Any]:
        """Return the gradient at the input, by :func:`cnnviz.ops.pool_backward`.

        Parameters
        ----------
        grad : array_like, optional
            The gradient at the output, of its shape. Left out, what the grids show: 1 at this
            step's output if `gradient` is ``"step"``, else 1 at every output.

        Returns
        -------
        ndarray
            Of the shape of `x`.
        """
        if grad is None:
            grad = np.ones(self.output.shape)
            if self.gradient == "step":
                grad.flat[np.arange(grad.size) != self.step] = 0
        return ops.pool_backward(grad, self.x, mode=self.mode, **self._window())

    def _window(self) -> dict[str, Any]:
        """Return kernel, stride and padding as `ops.pool` takes them."""
        size = self.x.shape[-2:]
        if self.kernel == "global":
            if np.any(self.padding):
                raise ValueError(
                    f'padding must be 0 when kernel is "global", got {self.padding!r}: '
                    "one window covers the input"
                )
            return {"kernel": size, "stride": size, "padding": 0}
        kernel = shapes.per_axis("kernel", self.kernel, len(size))
        return {"kernel": kernel, "stride": self.stride, "padding": self.padding}

    def _geometry(self) -> shapes.Geometry:
        window = self._window()
        stride = window["kernel"] if window["stride"] is None else window["stride"]
        g = shapes.geometry(self.x.shape[-2:], window["kernel"], stride, window["padding"])
        shapes.check_half_padding(g)  # so that each window shown holds a pixel
        return g

    def _check_fit(self, name: str | None = None) -> None:
        check_showable("padding", padded_size(self._geometry()))
        outputs = self.output.size
        if name in (None, "step") and self.step >= outputs:
            raise ValueError(f"step must be less than the {outputs} outputs, got {self.step}")

    @traitlets.observe("x", "kernel", "stride", "padding")
    def _keep_step_inside(self, _change: Any) -> None:
        if self._settled and not self._property_lock:
            self.step = min(self.step, self.output.size - 1)

    # ---- the widget contract -------------------------------------------------------------------

    def summary(self) -> str:
        """Return the kind of pooling and the sizes."""
        g = self._geometry()
        kind = f"{'global ' if self.kernel == 'global' else ''}{MODES[self.mode]}"
        stride = g.stride[0] if len(set(g.stride)) == 1 else g.stride
        output = (*self.x.shape[: -len(g.size)], *g.output)
        return (
            f"{kind} pooling of {_still.times(self.x.shape)} by {_still.times(g.kernel)}, "
            f"stride {stride} → {_still.times(output)}"
        )

    def caption(self) -> str:
        """Return one sentence on the two panels."""
        return f"Pooling stepper: {self.summary().replace('→', 'gives')}."

    def picture(self) -> Image.Image:
        """Return input and output, of the channel that the step is in."""
        low, high = float(self.x.min()), float(self.x.max())
        panels = []
        for title, values in (("Input", self.x), ("Output", self.output)):
            planes = values.reshape(-1, *((1, 1, *values.shape)[-2:]))
            plane = planes[self.step * len(planes) // self.output.size]
            pixels = _still.plane(plane, low, high)
            panels.append((title, title.lower(), pixels, _still.few(plane)))
        return _still.sentence(panels, "→")
