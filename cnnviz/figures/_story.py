"""What an animation tells, step by step, whatever it is drawn with."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnviz import numerals, ops, shapes
from cnnviz.numerals import decimal

__all__ = [
    "Array",
    "Index",
    "Padding",
    "Piece",
    "Size",
    "Step",
    "Story",
    "Texts",
    "ordinary",
    "pooled",
    "refuse_wide",
    "transposed",
]


Size = int | Sequence[int]


Padding = int | str | Sequence[int | Sequence[int]]


Index = tuple[int, ...]


Texts = Any  # an array of str


Array = NDArray[np.float64]


_LARGEST_SIDE = {1: 16, 2: 12}  # positions a side, by the number of axes: what a slide has room for


class Piece(NamedTuple):
    """A few characters of the sum in one tone: "input", "kernel", "output", or None for plain."""

    text: str
    role: str | None = None


@dataclass
class Step:
    """What one frame shows, whatever it is drawn with."""

    window: list[Index]  # positions of the wide panel (input, or a transposed one's output)
    focus: Index  # the output that is made; transposed, the input that is spread
    shown: Texts  # the output as far as it is known, "" where it isn't
    words: list[list[Piece]]  # the sum, in parts between which a line may break
    winners: list[Index] = field(default_factory=list)  # of a maximum


@dataclass
class Story:
    """Three panels and the steps that lead through them; every array has one or two axes."""

    input: Array
    input_texts: Texts
    hatched: NDArray[np.bool_]  # the wide panel's padding, or what padding cuts off
    kernel: Array | None
    kernel_texts: Texts | None
    output: Array
    spacing: Index  # the kernel's dilation
    transposed: bool
    note: str
    steps: list[Step]


def ordinary(
    image: Array,
    kernel: Array,
    stride: Size,
    padding: Padding,
    dilation: Size,
    padding_mode: str,
) -> Story:
    options: Any = {"stride": stride, "padding": padding, "dilation": dilation}
    sizes = (image.shape, kernel.shape, stride, padding, dilation)
    g = shapes.geometry(*sizes, kernel_name="weight")  # first, for its words on what doesn't fit
    output = np.asarray(ops.correlate(image, kernel, padding_mode=padding_mode, **options))
    padded = np.pad(image, g.padding, ops.PADDING_MODES[padding_mode])
    x, w, y = _texts(padded), _texts(kernel), _texts(output)
    steps = []
    shown = _blank(y)
    for at in np.ndindex(output.shape):
        shown = shown.copy()
        shown[at] = y[at]
        taps = _taps(at, g)
        pairs = [(w[u], x[i]) for u, i in zip(np.ndindex(w.shape), taps, strict=True)]
        steps.append(Step(taps, at, shown, _sum(f"y{_index(at)}", pairs, y[at])))
    note = _note(g, padding_mode if np.any(g.padding) else None)
    hatched = _frame(padded.shape, g.padding)
    return Story(padded, x, hatched, kernel, w, output, g.dilation, False, note, steps)


def transposed(
    image: Array,
    kernel: Array,
    stride: Size,
    padding: Padding,
    output_padding: Size,
    dilation: Size,
) -> Story:
    g = shapes.transpose_geometry(
        image.shape, kernel.shape, stride, padding, output_padding, dilation
    )
    refuse_wide("x", g.size)
    # What padding cuts off is drawn, too, so nothing is cut off here.
    options: Any = {"output_padding": output_padding, "dilation": dilation, "stride": stride}
    whole = np.asarray(ops.conv_transpose(image[None], kernel[None, None], **options)[0])
    x, w = _texts(image), _texts(kernel)
    cut = _frame(whole.shape, g.padding)
    full = g._replace(padding=((0, 0),) * image.ndim)
    sums = _texts(np.stack(list(_partial_sums(image, kernel, full))))
    known = np.zeros(whole.shape, bool)
    steps = []
    for before, after, at in zip(sums, sums[1:], np.ndindex(image.shape), strict=False):
        taps = _taps(at, full)
        words = [[Piece(f"x{_index(at)} = "), Piece(x[at], "input")]]
        for u, i in zip(np.ndindex(kernel.shape), taps, strict=True):
            known[i] = True
            if not cut[i]:
                place = tuple(j - p[0] for j, p in zip(i, g.padding, strict=True))
                words.append(_added(f"y{_index(place)}", before[i], x[at], w[u], after[i]))
        steps.append(Step(taps, at, np.where(known, after, "").astype(object), words))
    note = _note(g, "cut off" if np.any(g.padding) else None)
    if np.any(output_padding):
        extra = shapes.per_axis("output_padding", output_padding, image.ndim, 0)
        note += f" · output padding {_bare(extra)}"
    return Story(image, x, cut, kernel, w, whole, g.dilation, True, note, steps)


def _partial_sums(image: Array, kernel: Array, g: shapes.Geometry) -> Iterator[Array]:
    """Yield the transposed output before the first input is spread, and after each."""
    running = np.zeros(g.size)
    yield running.copy()
    for at in np.ndindex(image.shape):
        for u, i in zip(np.ndindex(kernel.shape), _taps(at, g), strict=True):
            running[i] += image[at] * kernel[u]
        yield running.copy()


def pooled(image: Array, g: shapes.Geometry, output: Array, mode: str) -> Story:
    empty = -np.inf if mode == "max" else 0.0
    padded = np.pad(image, g.padding, constant_values=empty)
    hatched = _frame(padded.shape, g.padding)
    # Padding that is −∞ has no say in how many decimals the numbers get.
    x, y = _texts(np.where(np.isinf(padded), 0, padded)), _texts(output)
    x[np.isinf(padded)] = "−∞"
    steps, shown = [], _blank(y)
    for at in np.ndindex(output.shape):
        shown = shown.copy()
        shown[at] = y[at]
        taps = _taps(at, g)
        winners = [i for i in taps if mode == "max" and padded[i] == output[at]]
        name = f"y{_index(at)}"
        steps.append(
            Step(taps, at, shown, _POOLED[mode](name, [x[i] for i in taps], y[at]), winners)
        )
    note = f"{mode} · kernel {_bare(g.kernel)} · " + _note(g, None)
    return Story(padded, x, hatched, None, None, output, g.dilation, False, note, steps)


def _taps(at: Index, g: shapes.Geometry) -> list[Index]:
    """Return the padded positions that the window of output `at` covers, in reading order."""
    axes = zip(at, g.stride, g.kernel, g.dilation, strict=True)
    return list(itertools.product(*(range(i * s, i * s + k * d, d) for i, s, k, d in axes)))


def _frame(shape: Index, padding: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    """Return where the padding is."""
    frame = np.ones(shape, bool)
    frame[tuple(slice(p[0], n - p[1]) for n, p in zip(shape, padding, strict=True))] = False
    return frame


def refuse_wide(name: str, shape: Sequence[int]) -> None:
    most = _LARGEST_SIDE[len(shape)]
    if max(shape) > most:
        size = " × ".join(map(str, shape))
        raise ValueError(
            f"{name} must have at most {most} positions a side, padding included, to be "
            f"legible on a slide; got {size}"
        )


def _texts(values: Array) -> Texts:
    """Write the numbers as they are shown, everywhere alike; what rounds to 0 is a bare 0."""
    noise = 1e-12 * np.abs(values).max()
    texts = numerals.aligned(np.where(np.abs(values) < noise, 0, values))
    bare = [text if text.strip("−0.") else "0" for text in texts]
    return np.array(bare, dtype=object).reshape(values.shape)


def _blank(texts: Texts) -> Texts:
    return np.full(texts.shape, "", dtype=object)


def _factor(text: str, role: str) -> Piece:
    return Piece(f"({text})" if text.startswith("−") or "·" in text else text, role)


def _sum(name: str, pairs: Sequence[tuple[str, str]], result: str) -> list[list[Piece]]:
    """Write ``y[i, j] = w·x + … = result``; what rounding the numbers lost is a term, too."""
    words = [[Piece(f"{name} = ")]]
    for number, (w, x) in enumerate(pairs):
        sign = [Piece(" + ")] if number else []
        words.append([*sign, _factor(w, "kernel"), Piece("·"), _factor(x, "input")])
    products = sum((decimal(w) * decimal(x) for w, x in pairs), Decimal(0))
    return [*words, *_end(decimal(result) - products, result)]


def _end(rest: Decimal, result: str) -> list[list[Piece]]:
    sign = "−" if rest < 0 else "+"
    rounding = [[Piece(f" {sign} {numerals.exact(abs(rest))} (rounding)")]] if rest else []
    return [*rounding, [Piece(" = "), Piece(result, "output")]]


def _added(name: str, before: str, x: str, w: str, after: str) -> list[Piece]:
    """Write ``y[i, j]: before + x·w = after``, one part."""
    rest = decimal(after) - decimal(before) - decimal(x) * decimal(w)
    terms = [
        Piece(f"   {name}: {before} + "),
        _factor(x, "input"),
        Piece("·"),
        _factor(w, "kernel"),
    ]
    return [*terms, *itertools.chain(*_end(rest, after))]


def _maximum(name: str, inputs: Sequence[str], result: str) -> list[list[Piece]]:
    listed = [[Piece(", " if i else ""), Piece(x, "input")] for i, x in enumerate(inputs)]
    return [[Piece(f"{name} = max(")], *listed, [Piece(") = "), Piece(result, "output")]]


def _mean(name: str, inputs: Sequence[str], result: str) -> list[list[Piece]]:
    exact = sum(map(decimal, inputs), Decimal(0)) == decimal(result) * len(inputs)
    listed = [[Piece(" + " if i else ""), _factor(x, "input")] for i, x in enumerate(inputs)]
    equals = f") ÷ {len(inputs)} {'=' if exact else '≈'} "
    return [[Piece(f"{name} = (")], *listed, [Piece(equals), Piece(result, "output")]]


def _l2(name: str, inputs: Sequence[str], result: str) -> list[list[Piece]]:
    squares = sum((decimal(x) ** 2 for x in inputs), Decimal(0))
    exact = squares == decimal(result) ** 2 * len(inputs)
    listed = [
        [Piece(" + " if i else ""), _factor(x, "input"), Piece("²")] for i, x in enumerate(inputs)
    ]
    equals = f") ÷ {len(inputs)}) {'=' if exact else '≈'} "
    return [[Piece(f"{name} = √((")], *listed, [Piece(equals), Piece(result, "output")]]


_POOLED: dict[str, Callable[[str, Sequence[str], str], list[list[Piece]]]] = {
    "max": _maximum,
    "mean": _mean,
    "l2": _l2,
}


def _index(at: Index) -> str:
    return f"[{', '.join(map(str, at))}]"


def _bare(values: Sequence[Any]) -> str:
    """Write a number per axis, one where all agree, unequal padding as before+after."""
    texts = [
        (str(v[0]) if v[0] == v[1] else f"{v[0]}+{v[1]}") if isinstance(v, tuple) else str(v)
        for v in values
    ]
    return texts[0] if len(set(texts)) == 1 else " × ".join(texts)


def _note(g: shapes.Geometry, padding_is: str | None) -> str:
    parts = [f"stride {_bare(g.stride)}", f"padding {_bare(g.padding)}"]
    if padding_is:
        parts[-1] += f" ({padding_is})"
    if any(d > 1 for d in g.dilation):
        parts.append(f"dilation {_bare(g.dilation)}")
    return " · ".join(parts)
