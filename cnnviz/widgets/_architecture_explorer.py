"""The architecture explorer: a network, or two side by side, as blocks sized by what they cost."""

from __future__ import annotations

import difflib
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import traitlets
from PIL import Image

from cnnviz.arrays import shown
from cnnviz.numerals import grouped
from cnnviz.widgets import _still
from cnnviz.widgets._base import STATIC, Widget
from cnnviz.widgets._traits import Checked, choice, is_list

__all__ = ["ArchitectureExplorer"]

#: What a page can hold and draw; as in ``frontend/src/widgets/architecture-explorer/schema.ts``.
MOST_NETWORKS, MOST_ROWS, MOST_SOURCES = 2, 2000, 8000
LONGEST_TEXT = 200
LARGEST = 2**53 - 1

SIZES = ("parameters", "multiply_adds", "activations", "shape")
WORDS = {"multiply_adds": "multiply–adds", "shape": "activations"}  # what a shape's share is of
SCALES = ("common", "own")
KINDS = ("conv", "pool", "linear", "norm", "merge", "reshape", "other", "input")
#: A column for each of these: a list with one entry a row is a third of as many dicts.
COUNTS = ("parameters", "multiply_adds", "memory")
SIGHTS = ("receptive_field", "jump")
COLUMNS = ("name", "layer", "size", "sources", *COUNTS, *SIGHTS)

Network = dict[str, Any]


class ArchitectureExplorer(Widget):
    """See where a network's parameters, work and values sit, and another's beside it.

    Every operation is a block, from the input at the top to the output at the bottom, its joins
    and branches at its left. Operations of one module stand together, and fold up. Click a block
    for its row of the ledger.

    Parameters
    ----------
    model : Ledger or torch.nn.Module, optional
        What :func:`cnnviz.ledger` gave, or a model, of which the ledger is then made. LeNet-5 if
        left out.
    other : Ledger or torch.nn.Module, optional
        A second one, side by side with the first.
    input_shape : tuple of int, optional
        Of models: one example's shape, as :func:`cnnviz.ledger` takes it.
    names : list of str, optional
        What the networks are called; their classes if left out.
    size_by : {"parameters", "multiply_adds", "activations", "shape"}
        What a block's length stands for. Activations are the new values that an operation makes;
        what is written in place or only laid out anew counts as 0. "shape" draws each output: as
        wide as its map, as thick as the root of its channels.
    scale : {"common", "own"}
        Whether the blocks of two networks have one scale, or each network has its own.
    selected : int, str or tuple, optional
        The row whose numbers are shown: its place in the ledger, or its module's name, or that of a
        group of modules. Of the second network: ``(1, row)``. The largest row by `size_by` if left
        out.
    opened : list of str, "all" or None
        The groups that stand open, by name. None opens, level by level, as many as about 40 lines
        hold.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, or the ledger can't be made: then with the ledger's words.

    Examples
    --------
    >>> import cnnviz
    >>> from cnnviz import nets
    >>> book = cnnviz.ledger(nets.lenet5(), (1, 28, 28))
    >>> explorer = cnnviz.ArchitectureExplorer(book, names=["LeNet-5"])
    >>> explorer
    ArchitectureExplorer(LeNet-5 by parameters: 'c5', 48 120 of 61 706)
    >>> explorer.selected = "s4"
    >>> explorer.selection["size"], explorer.selection["receptive_field"]
    ((16, 5, 5), (16, 16))
    """

    _esm = STATIC / "ArchitectureExplorer.js"

    networks = Checked(lambda name, value: _networks(name, value), default_value=())
    size_by = Checked(choice(SIZES), default_value="parameters")
    scale = Checked(choice(SCALES), default_value="common")
    selected = Checked(lambda _name, value: value, default_value=(0, 0, 1))
    opened = Checked(lambda _name, value: value, default_value=None, allow_none=True)

    def __init__(
        self,
        model: Any = None,
        other: Any = None,
        *,
        input_shape: Any = None,
        names: Any = None,
        **kwargs: Any,
    ) -> None:
        if "networks" in kwargs:
            raise TypeError("networks must be given as model and other")
        if model is None:
            model, names = _lenet(), ["LeNet-5"] if names is None and other is None else names
        given = {"model": model} | ({} if other is None else {"other": other})
        if input_shape is not None and all(map(_is_ledger, given.values())):
            raise ValueError(
                "input_shape must come with a model; a ledger has its own, "
                f"got {shown(input_shape)}"
            )
        networks = [_network(name, value, input_shape) for name, value in given.items()]
        selected, opened = kwargs.pop("selected", None), kwargs.pop("opened", None)
        super().__init__(networks=_named(networks, names), **kwargs)
        self.opened = opened
        self.selected = self._largest() if selected is None else selected
        self._settle()

    @traitlets.validate("selected")
    def _rows_of(self, proposal: Any) -> list[int]:
        return _selected(proposal["value"], self.networks)

    @traitlets.validate("opened")
    def _groups_of(self, proposal: Any) -> list[list[str]] | None:
        return _opened(proposal["value"], self.networks)

    @traitlets.observe("networks")
    def _start_anew(self, _change: Any) -> None:
        """Rows and groups were those of other networks."""
        if self._settled and not self._property_lock:
            self.opened = None
            self.selected = self._largest()

    def _largest(self) -> list[int]:
        """Return the row of the first network that has most of what blocks are sized by."""
        values = _values(self.networks[0], self.size_by)
        row = max(range(len(values)), key=values.__getitem__)
        return [0, row, row + 1]

    @property
    def selection(self) -> dict[str, Any]:
        """What is selected: a row of the ledger, or the sums of several and what comes out of them.

        ``share`` and ``cumulated`` are of all that blocks are sized by (activations, for shapes):
        that of these rows, and that of the first row up to the last of these.
        """
        at, first, last = self.selected
        network = self.networks[at]
        values = _values(network, self.size_by)
        total = sum(values) or 1
        out = last - 1
        layer = network["layers"][network["layer"][out]]
        alone = last - first == 1
        return {
            "network": network["title"],
            "name": network["name"][first] if alone else _common(network["name"][first:last]),
            "layer": layer["text"] if alone else f"{last - first} operations",
            "size": tuple(network["size"][out]),
            **{count: sum(network[count][first:last]) for count in COUNTS},
            "activations": sum(_values(network, "activations")[first:last]),
            **{s: _per_axis(network[s][out], len(network["size"][out]) - 1) for s in SIGHTS},
            "share": sum(values[first:last]) / total,
            "cumulated": sum(values[:last]) / total,
        }

    # ---- the widget contract -------------------------------------------------------------------

    def summary(self) -> str:
        """Return the networks, what they are sized by, and the selected rows' share."""
        titles = " and ".join(network["title"] for network in self.networks)
        network = self.networks[self.selected[0]]
        return (
            f"{titles} by {_word(self.size_by)}: {self.selection['name']!r}, "
            f"{grouped(self._selected_sum())} of {grouped(sum(_values(network, self.size_by)))}"
        )

    def _selected_sum(self) -> int:
        at, first, last = self.selected
        return sum(_values(self.networks[at], self.size_by)[first:last])

    def caption(self) -> str:
        """Return one sentence with the networks' totals and the selected rows' share."""
        word = _word(self.size_by)
        totals = " and ".join(
            f"{network['title']} with {grouped(sum(_values(network, self.size_by)))} {word}"
            for network in self.networks
        )
        chosen = self.selection
        name = chosen["name"] or chosen["layer"]
        return (
            f"Architecture explorer: {totals}; {100 * chosen['share']:.1f} % of those of "
            f"{chosen['network']} are in {name}."
        )

    def picture(self) -> Image.Image:
        """Return each network as one bar, a part for each operation; the selected ones in ink."""
        scale = max(sum(_values(network, self.size_by)) for network in self.networks)
        bars = []
        for at, network in enumerate(self.networks):
            values = _values(network, self.size_by)
            most = scale if self.scale == "common" else sum(values)
            chosen = range(*self.selected[1:]) if at == self.selected[0] else range(0)
            title = f"{network['title']}: {grouped(sum(values))} {_word(self.size_by)}"
            bars.append(_still.bar(title, [v / (most or 1) for v in values], chosen))
        return _still.stack(bars).quantize(16)


# ---- networks ------------------------------------------------------------------------------------


def _is_ledger(value: Any) -> bool:
    return hasattr(value, "rows") and callable(getattr(value, "sources", None))


def _lenet() -> Any:
    from cnnviz import ledgers, nets  # they need torch

    return ledgers.ledger(nets.lenet5(), (1, 28, 28))


def _network(name: str, value: Any, input_shape: Any) -> Network:
    """Return a ledger, or that of a model, as columns."""
    if _is_ledger(value):
        return _checked(name, _columns(value))
    from cnnviz.ledgers import ledger  # needs torch, and a ledger that is there already doesn't

    if not callable(getattr(value, "named_modules", None)):
        raise TypeError(f"{name} must be a ledger or a torch.nn.Module, got {shown(value)}")
    if input_shape is None:
        raise ValueError(f"input_shape must be given where {name} is a model, not a ledger")
    return _checked(name, _columns(ledger(value, input_shape)))


def _columns(book: Any) -> Network:
    rows = book.rows
    pairs = [(_layer_text(row), row["kind"]) for row in rows]
    layers = {pair: at for at, pair in enumerate(dict.fromkeys(pairs))}
    return {
        "title": book.model,
        "input_shape": list(book.input_shape),
        "layers": [{"text": text, "kind": kind} for text, kind in layers],
        "name": [row["name"][:LONGEST_TEXT] for row in rows],
        "layer": [layers[pair] for pair in pairs],
        "size": [list(row["size"]) for row in rows],
        "sources": book.sources(),
        **{count: [row[count] for row in rows] for count in COUNTS},
        **{sight: [_short(row[sight]) for row in rows] for sight in SIGHTS},
    }


def _layer_text(row: Mapping[str, Any]) -> str:
    note = f" ({row['note']})" if row["note"] else ""
    return f"{row['layer']}{note}"[:LONGEST_TEXT]


def _short(values: Any) -> Any:
    """Return a number per axis, one where all agree."""
    if values is None or None in values:
        return None
    return values[0] if len(set(values)) == 1 else list(values)


def _per_axis(value: Any, axes: int) -> tuple[float, ...] | None:
    """Return the numbers per axis, as the ledger has them."""
    if value is None:
        return None
    return tuple(value) if isinstance(value, list) else (value,) * axes


def _networks(name: str, value: Any) -> list[Network]:
    """Return networks as columns, of ledgers or of themselves."""
    if not is_list(value) or not 1 <= len(value) <= MOST_NETWORKS:
        raise ValueError(f"{name} must be a list of one or two ledgers, got {shown(value)}")
    return [
        _checked(f"item {i} of {name}", each)
        if isinstance(each, Mapping)
        else _network(f"item {i} of {name}", each, None)
        for i, each in enumerate(value)
    ]


def _checked(name: str, network: Mapping[str, Any]) -> Network:
    """Refuse what no page can show, and columns that can't be those of a ledger."""
    if missing := [c for c in ("title", "input_shape", "layers", *COLUMNS) if c not in network]:
        raise TypeError(
            f"{name} must be a ledger, or a dict as networks has it; {missing} is missing"
        )
    if wrong := [c for c in ("layers", *COLUMNS) if not is_list(network[c])]:
        raise TypeError(f"{name} must have a list for {wrong[0]}, got {shown(network[wrong[0]])}")
    rows = len(network["name"])
    if not 1 <= rows <= MOST_ROWS:
        raise ValueError(f"{name} must have from 1 to {MOST_ROWS} operations, got {rows}")
    if any(len(network[column]) != rows for column in COLUMNS):
        raise ValueError(f"{name} must have {rows} entries in each column")
    if sum(map(len, network["sources"])) > MOST_SOURCES:
        raise ValueError(f"{name} must have at most {MOST_SOURCES} joins")
    for count in COUNTS:
        if not all(isinstance(n, int) and 0 <= n <= LARGEST for n in network[count]):
            raise ValueError(f"{name} must have {count} from 0 to 2⁵³ − 1 in each operation")
    return dict(network)


def _named(networks: list[Network], names: Any) -> list[Network]:
    if names is None:
        return networks
    if not is_list(names) or not all(isinstance(each, str) and each for each in names):
        raise TypeError(f"names must be a list of texts, got {shown(names)}")
    if len(names) != len(networks) or max(map(len, names)) > 60:
        raise ValueError(
            f"names must be {len(networks)}, one for each network, of at most 60 characters; "
            f"got {shown(names)}"
        )
    return [network | {"title": str(each)} for network, each in zip(networks, names, strict=True)]


def _values(network: Network, size_by: str) -> list[int]:
    """Return what each row's block is sized by; for shapes, how many values there are."""
    if size_by in COUNTS:
        return list(network[size_by])
    return [
        math.prod(size) if memory else 0
        for size, memory in zip(network["size"], network["memory"], strict=True)
    ]


def _word(size_by: str) -> str:
    return WORDS.get(size_by, size_by)


# ---- rows and groups -----------------------------------------------------------------------------


def _selected(value: Any, networks: Sequence[Network]) -> list[int]:
    """Return rows as ``[network, first, one past the last]``, of a place or a name."""
    at, key = 0, value
    if is_list(value) and len(value) == 3 and all(_is_whole(each) for each in value):
        at, first, last = map(int, value)
        if at < len(networks) and 0 <= first < last <= len(networks[at]["name"]):
            return [at, first, last]
        raise ValueError(
            f"selected must be [network, first, one past the last row] of rows that there are, "
            f"got {shown(value)}"
        )
    if is_list(value) and len(value) == 2:
        at, key = value
        if not _is_whole(at) or not 0 <= at < len(networks):
            raise ValueError(
                f"selected must name one of the {len(networks)} networks, from 0, got {shown(at)}"
            )
    names = networks[at]["name"]
    if _is_whole(key):
        if not 0 <= key < len(names):
            raise ValueError(f"selected must be from 0 to {len(names) - 1}, got {shown(key)}")
        return [int(at), int(key), int(key) + 1]
    if not isinstance(key, str):
        raise TypeError(
            f"selected must be a row's place, its name, or (network, either), got {shown(value)}"
        )
    return [int(at), *_named_rows(key, names)]


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _named_rows(name: str, names: Sequence[str]) -> tuple[int, int]:
    """Return the last run of rows of a group of modules, or the last row of a module."""
    grouped_here = name in _groups(names)
    inside = [each == name or (grouped_here and each.startswith(f"{name}.")) for each in names]
    if not any(inside):
        known = [*dict.fromkeys([*names, *_groups(names)])]
        close = difflib.get_close_matches(name, known, 3) or known[:6]
        raise ValueError(
            f"selected must be the name of a row or a group, such as "
            f"{', '.join(map(repr, close))}; got {shown(name)}"
        )
    last = len(names) - inside[::-1].index(True)
    first = last - 1
    while grouped_here and first and inside[first - 1]:
        first -= 1
    return first, last


def _groups(names: Sequence[str]) -> list[str]:
    """Return the modules that have modules of their own among these."""
    parts = (name.split(".") for name in dict.fromkeys(names))
    return list(dict.fromkeys(".".join(p[:n]) for p in parts for n in range(1, len(p))))


def _common(names: Sequence[str]) -> str:
    """Return the innermost module that all of these belong to."""
    levels = zip(*(name.split(".") for name in names), strict=False)
    same = itertools.takewhile(lambda level: len(set(level)) == 1, levels)
    return ".".join(level[0] for level in same)


def _opened(value: Any, networks: Sequence[Network]) -> list[list[str]] | None:
    """Return the names of the groups that stand open, network by network."""
    if value is None:
        return None
    groups = [_groups(network["name"]) for network in networks]
    if isinstance(value, str) and value == "all":
        return groups
    if not is_list(value):
        raise TypeError(
            f'opened must be a list of groups\' names, "all" or None, got {shown(value)}'
        )
    nested = len(value) == len(groups) and all(is_list(each) for each in value)
    wanted = [list(each) for each in value] if nested else [list(value)] * len(groups)
    known = {group for each in groups for group in each}
    for name in (name for each in wanted for name in each):
        if not isinstance(name, str) or name not in known:
            some = ", ".join(map(repr, sorted(known)[:4])) or "of which there are none"
            raise ValueError(f"opened must name groups, such as {some}; got {shown(name)}")
    return [
        [name for name in here if name in names] for names, here in zip(wanted, groups, strict=True)
    ]
