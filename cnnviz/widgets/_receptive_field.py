"""The receptive field: what any unit of a network sees, down to the picture."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray
from PIL import Image, ImageColor

from cnnviz import chain, fields, palette, shapes
from cnnviz.arrays import as_array, shown
from cnnviz.widgets import _page, _still
from cnnviz.widgets._base import STATIC, Widget
from cnnviz.widgets._ground import ground
from cnnviz.widgets._traits import Checked, is_list, nearest_inside, pack, unpack, whole

__all__ = ["ReceptiveField"]

FIRST = "a small net"
MOST_MEASURED = 6
LEVELS = 2**16 - 1  # of a measured field, which is sent as 16-bit numbers


def _input_shape(_name: str, value: Any) -> list[int]:
    return list(chain.check_input_shape(value))


def _drawable(shape: Any) -> list[int]:
    """Return the shape of an input that can be drawn; a reader may have typed any."""
    shape = chain.check_input_shape(shape)
    if not 2 <= len(shape) <= 3:
        raise ValueError(
            "input_shape must have one or two axes behind the channels, (C, L) or (C, H, W): a "
            f"field in a volume is not drawn; got {shown(shape)}"
        )
    return list(shape)


def _layers(_name: str, value: Any) -> list[dict[str, Any]]:
    return chain.check_layers(value)


def _graph(name: str, value: Any) -> dict[str, Any] | None:
    """Return a graph, of itself or of a ledger, without the nodes that only pass on."""
    return None if value is None else fields.fold(fields.check_graph(_plain(name, value)))[0]


def _plain(name: str, value: Any) -> Any:
    """Return the graph of a ledger, or what is one already."""
    if isinstance(value, Mapping):
        return value
    if not callable(getattr(value, "graph", None)):
        raise TypeError(
            f"{name} must be a dict as cnnviz.fields has it, or a ledger; got {shown(value)}"
        )
    return value.graph()


def _unit(name: str, value: Any) -> list[int]:
    if not is_list(value) or not 1 <= len(value) <= 2:
        raise ValueError(f"{name} must be a place on one or two axes, got {shown(value)}")
    return list(shapes.per_axis(name, value, len(value), 0))


def _effective(name: str, value: Any) -> list[dict[str, Any]]:
    """Return measured fields as named, packed arrays."""
    if value is None:
        return []
    if isinstance(value, list) and all(
        isinstance(each, dict) and set(each) == {"name", "values"} for each in value
    ):  # as the trait itself holds it
        value = {each["name"]: unpack(each["values"]) for each in value}
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise TypeError(f"{name} must be a dict of names and arrays, got {shown(value)}")
    if len(value) > MOST_MEASURED:
        raise ValueError(f"{name} must have at most {MOST_MEASURED} arrays, got {len(value)}")
    return [
        {"name": key, "values": _measured(f"{name}[{shown(key)}]", item)}
        for key, item in value.items()
    ]


def _measured(name: str, value: Any) -> dict[str, Any]:
    """Return an array of magnitudes, the largest as 65535."""
    array = as_array(name, value, finite=True).astype(np.float64)
    if not 1 <= array.ndim <= 2:
        raise ValueError(f"{name} must have the input's one or two axes, got shape {array.shape}")
    if max(array.shape) > fields.LARGEST_SIDE or array.size > fields.MOST_POSITIONS:
        raise ValueError(f"{name} must be no larger than an input, got shape {array.shape}")
    if array.min() < 0:
        raise ValueError(f"{name} must hold magnitudes, of at least 0, got {array.min()}")
    top = array.max()
    if not top > 0:
        raise ValueError(f"{name} must not be 0 everywhere")
    return pack(np.round(array / top * LEVELS).astype(np.uint16))


class ReceptiveField(Widget):
    """Touch a unit of any layer: all that it sees lights up, down to the picture.

    Parameters
    ----------
    layers : list of dict, or str, or ledger
        A chain to edit, as :mod:`cnnviz.chain` has it, or the name of a known network
        (:data:`cnnviz.chain.PRESETS`). Or anything with a ``graph()``, as a ledger of a model has.
        A small net if left out.
    input_shape : tuple of int
        Of a chain: (C, L) or (C, H, W). A known network brings its own; else (3, 32, 32).
    graph : dict or ledger
        A network with branches, as :mod:`cnnviz.fields` describes it, in place of a chain. Nodes
        that only pass on, as ReLU does, are folded into the one before.
    selected : int or str
        The layer that is looked at, 0 the input; of a graph its name will do. The last one with
        more than one position if left out.
    unit : tuple of int
        The unit, a place in that layer. The middle one if left out.
    image : str or array_like, optional
        What the input shows: a name from :data:`cnnviz.images.PICTURES`, or numbers from 0 to 255
        of shape (H, W) or (3, H, W), stretched over the input. None for a grid.
    effective : dict of str to array_like
        What was measured for `selected` and `unit`: arrays of the input's size, such as the mean
        gradient magnitude |∂y/∂x|, by name: ``{"before training": a, "after training": b}``.
    heat : int
        Which of these lies over the input; -1 for none.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed. A layer of a chain that does not fit what comes in is kept,
        and explained.

    Examples
    --------
    >>> import cnnviz
    >>> layers = [{"kind": "conv", "channels": 8, "kernel": 3, "dilation": 2}, {"kind": "pool"}]
    >>> widget = cnnviz.ReceptiveField(layers, input_shape=(1, 28, 28), unit=(3, 4))
    >>> widget
    ReceptiveField(1 × 28 × 28, 2 layers, unit (3, 4) of layer 2 sees rows 6–11, columns 8–13)
    >>> widget.field[6:12, 8:14].all(), int(widget.field.sum())
    (np.True_, 36)
    """

    _esm = STATIC / "ReceptiveField.js"

    layers = Checked(_layers, default_value=())
    input_shape = Checked(_input_shape, default_value=(3, 32, 32))
    graph = Checked(_graph, default_value=None, allow_none=True)
    selected = Checked(whole(0), default_value=0)
    unit = Checked(_unit, default_value=(0, 0))
    image = Checked(ground(256), default_value="")
    effective = Checked(_effective, default_value=[])
    measured_at: Any = traitlets.List().tag(sync=True)
    heat = Checked(whole(-1), default_value=-1)
    presets: Any = traitlets.Dict().tag(sync=True)

    def __init__(
        self, layers: Any = None, input_shape: Any = None, graph: Any = None, **kwargs: Any
    ) -> None:
        if graph is None and callable(getattr(layers, "graph", None)):
            layers, graph = None, layers
        if graph is not None:
            if layers is not None or input_shape is not None:
                raise ValueError("graph must come alone, without layers and input_shape")
            graph, names = _folded(graph)
            layers, first = [], graph["nodes"][0]
            input_shape = [first["channels"], *first["size"]]
        else:
            layers, input_shape, names = *_chain(layers, input_shape), {}
        selected, unit = kwargs.pop("selected", None), kwargs.pop("unit", None)
        kwargs.setdefault("image", "astronaut" if len(_drawable(input_shape)) == 3 else None)
        super().__init__(
            layers=layers,
            input_shape=input_shape,
            graph=graph,
            presets=dict(chain.PRESETS),
            **kwargs,
        )
        nodes = self._nodes()
        if selected is None:
            wide = (i for i, node in enumerate(nodes) if max(node["size"]) > 1)
            selected = max(wide, default=0)
        self.selected = _by_name(selected, names) if isinstance(selected, str) else selected
        self._refuse_missing()
        self.unit = self._middle() if unit is None else unit
        self.measured_at = [self.selected, *self.unit] if self.effective else []
        self._settle()

    def _check_fit(self, name: str | None = None) -> None:
        nodes = self._nodes()
        if name in (None, "selected"):
            self._refuse_missing()
        size = nodes[self._shown()]["size"]
        fits = len(self.unit) == len(size) and all(
            i < n for i, n in zip(self.unit, size, strict=True)
        )
        if name in (None, "unit") and not fits:
            raise ValueError(
                f"unit must be a place in the map of {_still.times(size)}, got {tuple(self.unit)}"
            )
        for each in self.effective:
            if each["values"]["shape"] != nodes[0]["size"]:
                raise ValueError(
                    f"effective[{each['name']!r}] must have the input's size, "
                    f"{tuple(nodes[0]['size'])}, got shape {tuple(each['values']['shape'])}"
                )
        if name in (None, "heat", "effective") and self.heat >= len(self.effective):
            raise ValueError(
                f"heat must be less than {len(self.effective)}, the number of measured fields, "
                f"got {self.heat}"
            )

    def _refuse_missing(self) -> None:
        last = len(self._nodes()) - 1 if self.graph else len(self.layers)
        if self.selected > last:
            raise ValueError(
                f"selected must be at most {last}, the last layer, got {self.selected}"
            )

    def _nodes(self) -> list[dict[str, Any]]:
        """Return the graph's nodes, those of the chain up to the first layer that doesn't fit."""
        nodes: list[dict[str, Any]] = self._graph_now()["nodes"]
        return nodes

    def _graph_now(self) -> dict[str, Any]:
        if self.graph:
            graph: dict[str, Any] = self.graph
            return graph
        state = repr((self.layers, self.input_shape))
        if self._made[0] != state:
            made = fields.check_graph(chain.graph(self.layers, _drawable(self.input_shape)))
            self._made = state, made
        return self._made[1]

    _made: tuple[str, dict[str, Any]] = ("", {})

    def _shown(self) -> int:
        """Return the node that is looked at: the last one that fits, if the chosen one doesn't."""
        return int(min(self.selected, len(self._nodes()) - 1))

    def _middle(self) -> list[int]:
        return [n // 2 for n in self._nodes()[self._shown()]["size"]]

    @traitlets.observe("selected", "layers", "input_shape", "graph")
    def _keep_unit_inside(self, _change: Any) -> None:
        if self._settled and not self._property_lock:
            last = len(self._nodes()) - 1 if self.graph else len(self.layers)
            self.selected = min(self.selected, last)
            size = self._nodes()[self._shown()]["size"]
            inside = len(size) == len(self.unit)
            self.unit = nearest_inside(self.unit, size) if inside else self._middle()

    @traitlets.observe("effective")
    def _measure_here(self, _change: Any) -> None:
        if self._settled and not self._property_lock:
            self.measured_at = [self.selected, *self.unit] if self.effective else []

    @property
    def field(self) -> NDArray[np.bool_]:
        """What the unit sees of the input: a mask of its size, (L,) or (H, W).

        Computed by :func:`cnnviz.fields.reach`.
        """
        graph = self._graph_now()
        size = graph["nodes"][self._shown()]["size"]
        unit = nearest_inside(self.unit, size) if len(size) == len(self.unit) else self._middle()
        mask = fields.reach(graph, self._shown(), unit)[0]
        return np.zeros(graph["nodes"][0]["size"], bool) if mask is None else mask

    # ---- the widget contract -------------------------------------------------------------------

    def _sees(self) -> str:
        mask = self.field
        if not mask.any():
            return "nothing of the input"
        words = ("rows", "columns") if mask.ndim == 2 else ("positions",)
        spans = (np.flatnonzero(mask.any(tuple({0, 1} - {a})[: mask.ndim - 1])) for a in (0, 1))
        ends = [(int(span[0]), int(span[-1])) for span, _ in zip(spans, words, strict=False)]
        return ", ".join(f"{w} {a}–{b}" for w, (a, b) in zip(words, ends, strict=True))

    def summary(self) -> str:
        """Return the input's shape, how many layers there are, and what the unit sees."""
        count = len(self._nodes()) - 1
        return (
            f"{_still.times(self.input_shape)}, {count} layer{'' if count == 1 else 's'}, "
            f"unit ({', '.join(map(str, self.unit))}) of {self._nodes()[self._shown()]['name']} "
            f"sees {self._sees()}"
        )

    def caption(self) -> str:
        """Return one sentence on the unit and its field."""
        node, mask = self._nodes()[self._shown()], self.field
        return (
            f"Receptive field: unit ({', '.join(map(str, self.unit))}) of {node['name']} "
            f"({node['label']}) sees {self._sees()} of the input of "
            f"{_still.times(mask.shape)}: {int(mask.sum())} positions."
        )

    def picture(self) -> Image.Image:
        """Return the input with the field lit up, and the chosen layer's map with the unit."""
        node = self._nodes()[self._shown()]
        mask = np.atleast_2d(self.field)
        light = np.full((*mask.shape, 3), 214, np.uint8)
        if self.image:
            scaled = _page.opened(self.image).convert("RGB").resize(mask.shape[::-1])
            light = np.asarray(scaled)
        dimmed = (0.3 * light + 0.7 * 255).astype(np.uint8)
        field = ImageColor.getrgb(palette.LIGHT["input"]) if not self.image else light
        seen = np.where(mask[..., np.newaxis], field, dimmed).astype(np.uint8)
        units = np.full((*np.atleast_2d(np.zeros(node["size"])).shape, 3), 214, np.uint8)
        at = nearest_inside([*[0] * (2 - len(self.unit)), *self.unit], units.shape[:2])
        units[tuple(at)] = ImageColor.getrgb(palette.LIGHT["output"])
        return _still.sentence(
            [("Input", "input", seen, None), (node["name"], "output", units, None)], "→"
        )


def _chain(layers: Any, input_shape: Any) -> tuple[Any, Any]:
    """Return a chain's layers and the shape of its input."""
    own: Any = (3, 32, 32)
    if layers is None or isinstance(layers, str):
        name = FIRST if layers is None else layers
        if name not in chain.PRESETS:
            raise ValueError(
                "layers must be a list of dicts, a ledger, or one of "
                f"{', '.join(map(repr, chain.PRESETS))}; got {shown(name)}"
            )
        layers, own = chain.from_link(chain.PRESETS[name])
    return layers, own if input_shape is None else input_shape


def _by_name(name: str, names: dict[str, int]) -> int:
    if name not in names:
        close = difflib.get_close_matches(name, names, 3) or list(names)[:6]
        raise ValueError(
            f"selected must be a layer's number or the name of a graph's node, such as "
            f"{', '.join(map(repr, close))}; got {shown(name)}"
            if names
            else f"selected must be a layer's number, got {shown(name)}"
        )
    return names[name]


def _folded(value: Any) -> tuple[dict[str, Any], dict[str, int]]:
    """Return a graph without nodes that pass on, and which node stands for each name."""
    whole_graph = fields.check_graph(_plain("graph", value))
    graph, where = fields.fold(whole_graph)
    names = [node["name"] for node in whole_graph["nodes"]]
    return graph, dict(zip(names, where, strict=True))
