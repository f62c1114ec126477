"""Feature maps: a network as all of its maps for one picture, down to one number's products."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray
from PIL import Image

from cnnviz import digit_network, images, shapes
from cnnviz.arrays import as_array, is_picture, shown
from cnnviz.numerals import times
from cnnviz.spans import Window
from cnnviz.widgets import _recording, _still
from cnnviz.widgets._base import STATIC, Widget
from cnnviz.widgets._recording import Layer, Unit
from cnnviz.widgets._traits import Checked, choice, is_list, pack

__all__ = ["FeatureMaps"]

#: What a page gets if nothing else is said, in bytes: the state as text.
BUDGET = 1_700_000
#: Of it, what the overview may take, where not everything goes in.
OVERVIEW = 0.7
#: The sides, in pixels, that maps of an overview may have at most.
SIDES = (48, 40, 32, 28, 24, 20, 16, 14, 12, 10, 8, 7, 6, 5, 4)
#: What can be shown; as in ``frontend/src/widgets/feature-maps/schema.ts``.
MOST_LAYERS, MOST_SIDE, MOST_TERMS = 512, 1024, 2**16
LEAST_BUDGET = 10_000
REST = 1000  # bytes of the state besides what is recorded
PICTURE_SIDE = 112  # of the picture itself, whatever the maps have


def _shipped(picture: Any) -> tuple[Any, Any]:
    """Return the network that ships, and a digit if there is no picture."""
    from cnnviz import nets

    digits = digit_network.load()["example_pictures"]
    return nets.trained_lenet5(), digits[0] if picture is None else picture


def _selected(name: str, value: Any) -> list[int]:
    if not is_list(value) or len(value) not in (0, 2, 4):
        raise ValueError(
            f"{name} must be () for all maps, (layer, map) or (layer, map, row, column), "
            f"got {shown(value)}"
        )
    return [shapes.whole(name, n, 0) for n in value]


def _picture(name: str, value: Any) -> NDArray[Any]:
    """Return a picture (C, H, W) as a model takes it: bytes become 0 to 1."""
    if isinstance(value, str):
        if value not in images.PICTURES:
            raise ValueError(
                f"{name} must be an array (C, H, W) or one of {', '.join(images.PICTURES)}; "
                f"got {shown(value)}"
            )
        value = images.picture(value)
    array = as_array(name, value, finite=True)
    if array.ndim == 4 and len(array) == 1:
        array = array[0]
    if array.ndim not in (2, 3):
        raise ValueError(f"{name} must be one picture (H, W) or (C, H, W), got shape {array.shape}")
    if max(array.shape[-2:]) > MOST_SIDE:
        raise ValueError(
            f"{name} must have at most {MOST_SIDE} pixels a side, got shape {array.shape}"
        )
    bytes_of_pixels = array.dtype == np.uint8 or is_picture(value)
    array = array[np.newaxis] if array.ndim == 2 else array
    return array / np.float32(255) if bytes_of_pixels else array.astype(np.float64)


def _places(layers: Sequence[Layer], value: Any) -> list[tuple[int, int, int, int]]:
    """Return the numbers that are to be recorded: (layer, map, row, column) each."""
    if not is_list(value):
        raise TypeError(f"units must be a list of (layer, map, row, column), got {shown(value)}")
    return [_place(layers, each) for each in value]


def _place(layers: Sequence[Layer], value: Any) -> tuple[int, int, int, int]:
    if not is_list(value) or len(value) != 4:
        raise ValueError(f"units must be (layer, map, row, column) each, got {shown(value)}")
    at, *place = value
    if isinstance(at, str):
        named = [i for i, layer in enumerate(layers) if at in (layer.name, *layer.modules)]
        if not named:
            names = ", ".join(repr(layer.name) for layer in layers[1:7])
            raise ValueError(f"units must name a layer that is shown, such as {names}; got {at!r}")
        at = named[-1]
    at, *place = (shapes.whole("units", n, 0) for n in (at, *place))
    _check_place("units", layers, [at, *place])
    if at == 0:
        raise ValueError("units must be of a layer from 1 on: 0 is the picture")
    return at, place[0], place[1], place[2]


def _check_place(name: str, layers: Sequence[Layer], place: Sequence[int]) -> None:
    if place and place[0] >= len(layers):
        raise ValueError(
            f"{name} must be of a layer below {len(layers)}, got {shown(tuple(place))}"
        )
    size = layers[place[0]].maps.shape if place else ()
    if any(at >= n for at, n in zip(place[1:], size, strict=False)):
        raise ValueError(
            f"{name} must lie in the maps of {layers[place[0]].name}, {times(size)}, "
            f"got {shown(tuple(place))}"
        )


class FeatureMaps(Widget):
    """All maps of a network for one picture; click one for its sum, and a pixel for its products.

    The model runs once, in inference mode, and is left as it was. What it is made of is followed
    operation by operation, as by :func:`cnnviz.ledger`: branches and functions, too. A batch norm,
    a ReLU, a tanh or a sigmoid is shown with the layer before it.

    A page gets the maps of all layers. Of a small network it gets every number and every weight,
    so that each pixel can be opened there. Of a large one it gets maps of a byte a number, made
    smaller, and the arithmetic of some numbers: those in `units`, and the largest of each layer.
    In a notebook the kernel opens all others.

    Parameters
    ----------
    model : torch.nn.Module, optional
        The LeNet-5 that ships with the package if left out.
    picture : array_like or str, optional
        What the model takes: shape ``(C, H, W)``, or ``(H, W)`` for one channel. Bytes and
        pictures of Pillow become 0 to 1, other numbers are taken as they are. Or a name from
        :data:`cnnviz.images.PICTURES`. One of MNIST's test digits if neither is given.
    layers : list of str, optional
        The modules that are shown, by the model's names; a block's name stands for all in it. All
        if left out.
    units : list of (layer, map, row, column)
        What can be opened on a page without a kernel, if not everything can. The layer is its
        place in the overview, 0 being the picture, or a module's name.
    budget : int
        How many bytes a page gets at most, 1 700 000 if left out: the widget's state as text.
    scale : str
        What is drawn in full tone: the largest magnitude of each "map", of its "layer" or of the
        "network".
    selected : tuple of int
        What is shown large: () nothing, (layer, map), or (layer, map, row, column).

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, if the model stops, or if the budget is too small. The
        message names the argument, or the module.

    Notes
    -----
    A map is called dead if it has the same number everywhere, for this picture. Two maps of a layer
    are called duplicates if the correlation of their positions is above 0.999.

    Examples
    --------
    >>> import cnnviz
    >>> from cnnviz import nets
    >>> widget = cnnviz.FeatureMaps(nets.trained_lenet5(), cnnviz.images.picture("digit"))
    >>> widget
    FeatureMaps(Sequential, 1 × 28 × 28, 7 layers, 258 maps)
    >>> widget.maps["c3"].shape
    (16, 10, 10)

    One number, and what it is the sum of:

    >>> widget.selected = (3, 5, 4, 4)
    >>> unit = widget.unit
    >>> unit["window"].shape, unit["weight"].shape
    ((6, 5, 5), (6, 5, 5))
    >>> total = (unit["window"].astype(float) * unit["weight"]).sum() + unit["bias"]
    >>> bool(abs(total - unit["value"]) < 1e-5)
    True
    """

    _esm = STATIC / "FeatureMaps.js"

    recorded: Any = traitlets.List().tag(sync=True)
    units: Any = traitlets.List().tag(sync=True)
    found: Any = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    selected = Checked(_selected, default_value=())
    scale = Checked(choice(("map", "layer", "network")), default_value="layer")

    def __init__(
        self,
        model: Any = None,
        picture: Any = None,
        layers: Any = None,
        units: Any = (),
        budget: int = BUDGET,
        **kwargs: Any,
    ) -> None:
        for name in ("recorded", "found"):
            if name in kwargs:
                raise TypeError(f"FeatureMaps has no argument {name!r}: it is recorded")
        room = shapes.whole("budget", budget, LEAST_BUDGET)
        if layers is not None and not is_list(layers) and not isinstance(layers, str):
            raise TypeError(f"layers must be a list of names, got {shown(layers)}")
        if model is None:
            model, picture = _shipped(picture)
        elif picture is None:
            raise ValueError("picture must be given: an array (C, H, W), as the model takes it")
        found = _recording.layers_of(model, _picture("picture", picture))
        places = _recording.picked(found, layers)
        if len(places) > MOST_LAYERS:
            raise ValueError(
                f"layers must be at most {MOST_LAYERS}, got {len(places)}: name some of them"
            )
        self._model = type(model).__name__
        self._layers = [found[place] for place in places]
        self._sources = [[_index(places, at) for at in found[place].sources] for place in places]
        recorded, taken = self._record(_places(self._layers, units), room)
        self._places = {(unit["layer"], unit["map"], *unit["place"]) for unit in taken}
        super().__init__(recorded=recorded, units=taken, **kwargs)
        self._settle()
        self._find()

    # ---- what is recorded ----------------------------------------------------------------------

    def _record(
        self, wanted: list[tuple[int, int, int, int]], budget: int
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return layers and units that together take no more than the budget."""
        if self._size_of_all() <= budget:
            everything = [self._layer(i, None) for i in range(len(self._layers))]
            room = budget - _bytes(everything) - REST
            if room >= 0:
                return everything, list(self._units_in(everything, wanted, room))
        sizes = [(side, self._size_of_overview(side)) for side in SIDES]
        side = next((side for side, size in sizes if size <= OVERVIEW * budget), None)
        if side is None:
            least = math.ceil(sizes[-1][1] / OVERVIEW / 1000) * 1000
            raise ValueError(
                f"budget must be at least {least} for these {len(self._layers)} layers, or layers "
                f"fewer; got {budget}"
            )
        overview = [self._layer(i, side) for i in range(len(self._layers))]
        room = budget - _bytes(overview) - REST
        return overview, list(self._units_in(overview, wanted, room))

    def _units_in(
        self, recorded: list[dict[str, Any]], wanted: list[tuple[int, int, int, int]], room: int
    ) -> Iterator[dict[str, Any]]:
        """Go through the units that are asked for, which must go in, and the largest of layers.

        Layers of which everything is recorded need none.
        """
        strongest = [(i, *layer.strongest()) for i, layer in enumerate(self._layers) if i]
        for place in dict.fromkeys([*wanted, *strongest]):
            if recorded[place[0]]["does"] is not None:
                continue
            unit = self._unit(*place, recorded[place[0]]["block"])
            size = _bytes(unit)
            if size <= room:
                room -= size
                yield unit
            elif place in wanted:
                raise ValueError(
                    f"budget leaves no room for unit {place}, of {size} bytes: give more of it, "
                    "or fewer units or layers"
                )

    def _size_of_all(self) -> int:
        """Return about how many bytes everything takes, without packing it."""
        numbers = sum(
            layer.maps.nbytes + (0 if layer.operation.weight is None else _nbytes(layer))
            for layer in self._layers
        )
        return numbers * 4 // 3

    def _size_of_overview(self, side: int) -> int:
        """Return how many bytes the overview takes with maps of this side."""
        sizes = (
            _smaller_size(layer.maps.shape, _side(i, side)) for i, layer in enumerate(self._layers)
        )
        return sum((math.prod(size) + 4 * size[0]) * 4 // 3 + 400 for size in sizes)

    def _layer(self, index: int, side: int | None) -> dict[str, Any]:
        """Return a layer as a page reads it, whole or with maps of this side."""
        layer = self._layers[index]
        block = 1 if side is None else _block(layer.maps.shape, _side(index, side))
        maps, scale = (layer.maps, None) if side is None else _bytes_of(layer.maps, block)
        whole = side is None and layer.whole and all(at >= 0 for at in self._sources[index])
        return {
            "name": layer.name,
            "label": layer.label,
            "from": self._sources[index],
            "size": list(layer.maps.shape[1:]),
            "block": block,
            "maps": pack(maps),
            "top": scale if scale is None else pack(scale),
            "dead": _recording.dead(layer.maps),
            "twins": _recording.twins(layer.maps),
            "does": _plain(layer) if whole and index else None,
        }

    def _unit(self, at: int, channel: int, row: int, column: int, block: int) -> dict[str, Any]:
        """Return a unit as a page reads it, with its map where the overview's is smaller."""
        layer = self._layers[at]
        unit = layer.unit(channel, row, column)
        big, top = _bytes_of(layer.maps[channel : channel + 1], 1)
        terms = unit.window if 0 < unit.window.size <= MOST_TERMS else None
        slides = layer.operation.kind in ("conv", "pool")
        size = (layer.operands[0] if slides else layer.maps).shape[1:]
        return {
            "layer": at,
            "map": channel,
            "place": [row, column],
            "kind": layer.operation.kind,
            "mode": layer.operation.mode,
            "first": unit.first,
            "window": None if terms is None else pack(terms),
            "weight": None if terms is None or unit.weight is None else pack(unit.weight),
            "bias": unit.bias,
            "divisor": unit.divisor,
            "rows": unit.rows,
            "columns": unit.columns,
            "size": list(size),
            "steps": [step.plain(channel) for step in layer.steps],
            "value": unit.value,
            "big": None if block == 1 else pack(big[0]),
            "top": float(top[0]),
        }

    @traitlets.observe("selected")
    def _find(self, _change: Any = None) -> None:
        """Answer for what is selected, where a page alone can't."""
        if not self._settled:
            return
        place = list(self.selected)
        try:
            self._check_fit("selected")
        except ValueError:  # a reader's page may hold what this model has not
            place = []
        if not place or not place[0] or self.recorded[place[0]]["does"] is not None:
            self.found = None
            return
        at, channel, *where = place
        row, column = where or self._layers[at].strongest(channel)[1:]
        known = (at, channel, row, column) in self._places
        block = self.recorded[at]["block"]
        self.found = None if known else self._unit(at, channel, row, column, block)

    # ---- what Python says of it ----------------------------------------------------------------

    @property
    def maps(self) -> dict[str, NDArray[Any]]:
        """The maps (C, H, W) of each layer that is shown, as the model has them, by its name.

        The last of those that share a name.
        """
        return {layer.name: layer.maps for layer in self._layers}

    @property
    def unit(self) -> dict[str, Any] | None:
        """What the selected number is made of; None where none is selected.

        ``window`` (C, kh, kw), what it sees, and 0 for padding; ``weight`` of the same shape, or
        None; ``bias`` and ``value``, the model's own.
        """
        if not self.selected or self.selected[0] == 0:
            return None
        at, channel, *where = self.selected
        layer = self._layers[at]
        row, column = where or layer.strongest(channel)[1:]
        unit: Unit = layer.unit(channel, row, column)
        return {name: getattr(unit, name) for name in ("window", "weight", "bias", "value")}

    def _check_fit(self, name: str | None = None) -> None:
        if name in (None, "selected"):
            _check_place("selected", self._layers, self.selected)

    # ---- the widget contract -------------------------------------------------------------------

    def summary(self) -> str:
        """Return the model's class, the picture's size, and how many layers and maps there are."""
        picture, *layers = self._layers
        where = f", {self._where()}" if self.selected else ""
        maps = sum(len(layer.maps) for layer in layers)
        return (
            f"{self._model}, {times(picture.maps.shape)}, {len(layers)} "
            f"layer{'' if len(layers) == 1 else 's'}, {maps} maps{where}"
        )

    def _where(self) -> str:
        at, channel, *place = self.selected
        spot = f" at ({place[0]}, {place[1]})" if place else ""
        return f"map {channel} of {self._layers[at].name}{spot}"

    def caption(self) -> str:
        """Return one sentence on the layers, and on maps that say nothing."""
        layers = self._layers[1:]
        flat = sum(len(_recording.dead(layer.maps)) for layer in layers)
        twins = sum(len(_recording.twins(layer.maps)) for layer in layers)
        return (
            f"Feature maps: what the {len(layers)} layers of {self._model} make of a picture of "
            f"{times(self._layers[0].maps.shape)}, from {layers[0].name} to {layers[-1].name}; "
            f"{flat} of {sum(len(layer.maps) for layer in layers)} maps are the same everywhere, "
            f"{twins} duplicate another."
        )

    def picture(self) -> Image.Image:
        """Return the picture and the first maps of some layers."""
        count = len(self._layers)
        some = sorted({round(i * (count - 1) / 5) for i in range(6)}) if count > 6 else range(count)
        panels = [
            (
                self._layers[i].name if i else "Picture",
                "output" if i else "input",
                _pixels(self._layers[i].maps[:16]),
                None,
            )
            for i in some
        ]
        rows = [panels[i : i + 3] for i in range(0, len(panels), 3)]
        return _still.stack([_still.sentence(row, "→" * (len(row) - 1)) for row in rows])


def _index(places: Sequence[int], at: int) -> int:
    return places.index(at) if at in places else -1


def _bytes(value: Any) -> int:
    """Return how many bytes a part of the state takes as text."""
    return len(json.dumps(value, separators=(",", ":")))


def _nbytes(layer: Layer) -> int:
    weight = layer.operation.weight
    return 0 if weight is None else int(weight.nbytes)


def _side(index: int, side: int) -> int:
    """Return the side that a layer's maps may have."""
    return side if index else max(side, PICTURE_SIDE)


def _block(shape: Sequence[int], side: int) -> int:
    """Return how many positions along each axis become one, so that none is longer than `side`."""
    return max(1, math.ceil(max(shape[1:]) / side))


def _smaller_size(shape: Sequence[int], side: int) -> tuple[int, ...]:
    block = _block(shape, side)
    return (shape[0], *(math.ceil(n / block) for n in shape[1:]))


def _smaller(maps: NDArray[Any], block: int) -> NDArray[np.float64]:
    """Return the means over blocks of maps (C, H, W); those at the end may be smaller."""
    out = maps.astype(np.float64)
    for axis in (1, 2):
        starts = np.arange(0, maps.shape[axis], block)
        counts = np.diff([*starts, maps.shape[axis]])
        shape = [1, 1, 1]
        shape[axis] = -1
        out = np.add.reduceat(out, starts, axis=axis) / counts.reshape(shape)
    return out


def _bytes_of(maps: NDArray[Any], block: int) -> tuple[NDArray[Any], NDArray[np.float32]]:
    """Return maps as a byte a number, and what the largest byte stands for in each map.

    0 stays 0: bytes are signed where a map of the layer has numbers below it.
    """
    small = maps if block == 1 else _smaller(maps, block)
    tops = np.abs(small).max(axis=(1, 2))
    dtype, most = (np.int8, 127) if small.min() < 0 else (np.uint8, 255)
    steps = small / np.where(tops > 0, tops, 1)[:, None, None] * most
    return np.round(steps).astype(dtype), tops.astype(np.float32)


def _plain(layer: Layer) -> dict[str, Any] | None:
    """Return how a layer works as a page reads it; None where it has to be asked for."""
    does = layer.operation
    if not all(isinstance(window, Window) and not window.transposed for window in does.windows):
        return None
    return {
        "kind": does.kind,
        "mode": does.mode,
        "input": list(layer.operands[0].shape if layer.operands else layer.maps.shape),
        "weight": None if does.weight is None else pack(does.weight),
        "bias": None if does.bias is None else pack(does.bias),
        "windows": [list(window[:4]) for window in does.windows],
        "groups": does.groups,
        "divisor": does.divisor,
        "steps": [step.plain() for step in layer.steps],
    }


def _pixels(maps: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the pixels of maps side by side."""
    sheet = _still.mosaic(maps if max(maps.shape[1:]) <= 64 else _smaller(maps, 4), 2)
    gap = np.isnan(sheet)
    low, high = min(0.0, float(maps.min())), float(maps.max())
    pixels = _still.plane(np.where(gap, 0, sheet), low, high or 1.0)
    pixels[gap] = 255
    return pixels
