"""The colours of the course: one colour, one meaning, in figures, widgets and prose.

The tones are from the Okabe–Ito family, which colour-blind readers tell apart. The style sheet of
the widgets holds the same values (``frontend/src/ui/style.css``); a test compares the two.

>>> from cnnviz import palette
>>> palette.LIGHT["input"]
'#0072b2'
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz.arrays import as_array, as_number, refuse_large, shown

__all__ = ["DARK", "LIGHT", "SIGNED", "ink_on", "light_rgb", "signed_rgb"]

#: Tones for a light ground, by what they mean.
LIGHT = {"input": "#0072b2", "kernel": "#b34700", "output": "#00754f", "gradient": "#9b4d7a"}

#: The same for a dark ground.
DARK = {"input": "#56b4e9", "kernel": "#ff9d5c", "output": "#3fcf9d", "gradient": "#e39ac4"}

#: The ends and the middle of the scale for signed values: negative, zero, positive.
SIGNED = ("#2166ac", "#f7f7f7", "#b2182b")


def light_rgb(planes: ArrayLike, low: float, high: float) -> NDArray[np.uint8]:
    """Return one plane as grey or three as colour.

    Parameters
    ----------
    planes : array_like, shape (1, …) or (3, …), mostly (1, H, W) or (3, H, W)
    low, high : float
        The values of black and of full light.

    Returns
    -------
    ndarray of uint8, shape (…, 3)

    Raises
    ------
    TypeError, ValueError
        For what isn't real numbers, for NaN, and for another number of planes.

    Examples
    --------
    >>> light_rgb([[[0, 5, 10]]], 0, 10)[0].tolist()
    [[0, 0, 0], [128, 128, 128], [255, 255, 255]]
    """
    array = _numbers("planes", planes)
    if array.ndim == 0 or len(array) not in (1, 3):
        raise ValueError(f"planes must be 1 or 3, of any shape, got shape {array.shape}")
    # A quarter of everything, so that no difference is too large for a float.
    dark, light = as_number("low", low) / 4, as_number("high", high) / 4
    with np.errstate(over="ignore"):
        scaled = np.clip((array / 4 - dark) / ((light - dark) or 1), 0, 1) * 255
    rgb = np.broadcast_to(scaled, (3, *scaled.shape[1:]))
    return np.rint(np.moveaxis(rgb, 0, -1)).astype(np.uint8)


def signed_rgb(values: ArrayLike, top: float | None = None) -> NDArray[np.uint8]:
    """Return the colours of signed values, zero always in the middle of the scale.

    Parameters
    ----------
    values : array_like of any shape
    top : float, optional
        The magnitude that gets the full tone; the largest in `values` if left out.

    Returns
    -------
    ndarray of uint8, shape (*values.shape, 3)

    Raises
    ------
    TypeError, ValueError
        For what isn't real numbers, and for NaN.

    Examples
    --------
    >>> signed_rgb([-2, 0, 2])
    array([[ 33, 102, 172],
           [247, 247, 247],
           [178,  24,  43]], dtype=uint8)
    """
    array = _numbers("values", values)
    if top is None:
        largest = float(np.abs(array).max(initial=0, where=np.isfinite(array)))
    else:
        largest = as_number("top", top)
    with np.errstate(over="ignore"):
        t = np.clip(array / (largest or 1), -1, 1)[..., None]
    negative, zero, positive = (
        np.array([int(tone[i : i + 2], 16) for i in (1, 3, 5)], dtype=np.float64) for tone in SIGNED
    )
    rgb = zero + np.where(t < 0, negative - zero, positive - zero) * np.abs(t)
    return np.asarray(np.rint(rgb), dtype=np.uint8)


def ink_on(rgb: ArrayLike) -> str:
    """Return black or white, whichever is easier to read on a ground.

    It is the ink of the higher contrast by WCAG 2, ``(L₁ + 0.05) / (L₂ + 0.05)``. The two are equal
    at the relative luminance ``L = √(1.05 · 0.05) − 0.05 ≈ 0.179``, so that a grey is written on in
    black from 118 on.

    Parameters
    ----------
    rgb : array_like, shape (3,)
        Red, green and blue from 0 to 255.

    Raises
    ------
    TypeError, ValueError
        For anything else.

    Examples
    --------
    >>> ink_on([117, 117, 117]), ink_on([118, 118, 118])
    ('white', 'black')
    """
    ground = as_array("rgb", rgb, most=3, finite=True)
    if ground.shape != (3,) or ground.min() < 0 or ground.max() > 255:
        raise ValueError(f"rgb must be three numbers from 0 to 255, got {shown(rgb)}")
    parts = ground / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ np.array([0.2126, 0.7152, 0.0722]))
    return "black" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "white"


def _numbers(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """Return what is to be coloured; infinities lie beyond both ends, NaN nowhere."""
    array = as_array(name, value)
    refuse_large(name, (*array.shape, 3), copies=4)
    array = array.astype(np.float64)
    if np.isnan(array).any():
        raise ValueError(f"{name} must hold numbers, got NaN")
    return array
