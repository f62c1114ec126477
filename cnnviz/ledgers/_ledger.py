"""A model, operation by operation, as a table."""

from __future__ import annotations

import functools
import html
import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.modules.lazy import LazyModuleMixin

from cnnviz import chain
from cnnviz.arrays import shown
from cnnviz.ledgers._names import kind, label
from cnnviz.ledgers._trace import Node, Trace, trace
from cnnviz.numerals import grouped, times
from cnnviz.spans import Spans, Table, Window

__all__ = ["Ledger", "bare_module", "check_model", "ledger"]

Row = dict[str, Any]


def ledger(model: nn.Module, input_shape: Any) -> Ledger:
    """Write down what every operation of a model does, costs and sees.

    The model runs once on shapes alone (PyTorch's device "meta"), in inference mode: nothing is
    computed, nothing of it is changed, and neither its device nor its precision matters. Whatever
    it is made of is followed: modules, functions, operators, in-place operations, branches, modules
    used twice.

    Parameters
    ----------
    model : torch.nn.Module
    input_shape : tuple of int, list of tuples, or Tensor
        The shape of one example, without the batch: ``(C, *n)`` on one to three axes, or
        ``(features,)``; a list of such shapes for a model with several inputs. A tensor, or a list
        of tensors, batch first, is run as it is: a model whose way depends on values, or whose
        layers can't do without them, is followed along the way that this example takes.

    Returns
    -------
    Ledger
        Its rows are dicts with

        - ``name``: the module's; ``layer``: what it does, in words; ``kind``: "conv", "pool",
          "linear", "norm", "merge", "reshape" or "other";
        - ``size``: the shape of its output, without the batch;
        - ``receptive_field``, ``jump``, ``start``: per axis, in positions of the (first) input, as
          in :func:`cnnviz.shapes.receptive_field`; where paths come together, of their union. They
          are those of the largest field, padding not cut off and gaps counted as seen. None once
          positions are gone (flatten), or where an operation has no rule here; jump and start are
          None where they follow no rule;
        - ``misalignment``: per axis, how far apart the centres of the paths' fields are that come
          together; 0 where they agree, or where there is but one;
        - ``parameters``: numbers that are trained or could be, each counted where it is used first;
        - ``multiply_adds``: one for each product that is summed, in convolutions and products of
          matrices, those with padding included. Biases, normalisation, pooling and activations are
          not counted;
        - ``memory``: bytes of new values; 0 for what is written in place or only laid out anew;
        - ``note``: what there is to say about it, mostly nothing.

    Raises
    ------
    TypeError
        If the model is not a module.
    ValueError
        If a shape is none, a module is lazy, or the model stops: the message names the module.

    References
    ----------
    Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks",
    Distill (2019), whose recurrences hold along every path.

    Examples
    --------
    >>> from torch import nn
    >>> book = ledger(nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.MaxPool2d(2)), (3, 32, 32))
    >>> for row in book:
    ...     print(row["name"], row["layer"], row["size"], row["receptive_field"], row["jump"])
    0 conv 8, 3 × 3, p 1 (8, 32, 32) (3, 3) (1, 1)
    1 max pool 2 × 2 (8, 16, 16) (4, 4) (2, 2)
    >>> book.parameters, book.multiply_adds
    (224, 221184)
    """
    model = check_model(model)
    return Ledger(type(model).__name__, trace(model, _inputs(model, input_shape)))


def check_model(model: Any) -> nn.Module:
    """Return a module that can be run, without what torch.compile wraps around it.

    Raises
    ------
    TypeError, ValueError
        If it is no module, or a lazy one that has seen nothing yet.
    """
    bare = bare_module(model)
    for name, module in bare.named_modules():
        lazy: Any = module if isinstance(module, LazyModuleMixin) else None
        if lazy is not None and lazy.has_uninitialized_params():
            raise ValueError(
                f"model must have seen data: {name or type(bare).__name__} is lazy and doesn't "
                "know its shape yet; call model(x) with a batch first"
            )
    return bare


def bare_module(model: Any) -> nn.Module:
    """Return the module itself, or the one that torch.compile wraps.

    Raises
    ------
    TypeError
        If it is no module.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, got {shown(model)}")
    bare: nn.Module = getattr(model, "_orig_mod", model)
    return bare


def _inputs(model: nn.Module, given: Any) -> list[Tensor]:
    examples = given if isinstance(given, list) else [given]
    if examples and all(isinstance(item, Tensor) for item in examples):
        for example in examples:
            if example.is_nested or example.layout is not torch.strided:
                raise TypeError(f"input_shape, as an example, must be dense, got {shown(example)}")
        return list(examples)
    several = isinstance(given, list) and given and not any(isinstance(n, int) for n in given)
    shapes = [chain.check_input_shape(shape) for shape in (given if several else [given])]
    floats = (p.dtype for p in model.parameters() if p.is_floating_point())
    dtype = next(floats, torch.float32)
    return [torch.empty(1, *shape, dtype=dtype, device="meta") for shape in shapes]


class Ledger(Sequence[Row]):
    """What :func:`ledger` found: a sequence of rows, with sums. A row is also found by its name.

    Attributes
    ----------
    model : str
        The class of the model.
    input_shape : tuple of int
        Shape of the first input, without the batch.
    rows : list of dict
    parameters, multiply_adds, memory : int
        Sums over the rows; memory in bytes: what training has to keep, about.
    peak_memory : int
        Bytes of the values alive at once at most, if each goes when it was used for the last time:
        what inference needs beside the weights.
    unused : dict of str to int
        Parameters that no value depends on, with their counts.
    """

    def __init__(self, model: str, traced: Trace) -> None:
        self.model = model
        self._nodes = traced.nodes
        self._sights = _seen(traced.nodes)
        self.input_shape = traced.nodes[0].shape[1:]
        self.unused = traced.unused
        self.peak_memory = traced.peak_memory
        self._groups = list(_groups(traced.nodes))
        self.rows = [self._row(group) for group in self._groups]
        self.parameters, self.multiply_adds, self.memory = (
            sum(row[name] for row in self.rows)
            for name in ("parameters", "multiply_adds", "memory")
        )

    def _row(self, group: list[int]) -> Row:
        nodes = [self._nodes[i] for i in group]
        last = nodes[-1]
        main = max(nodes, key=lambda node: node.multiply_adds)
        working = sum(node.multiply_adds > 0 for node in nodes)
        name = label(main) if len(nodes) == 1 or working == 1 else _class(last)
        return {
            "name": last.module,
            "layer": name,
            "kind": kind(main),
            "size": last.shape[1:] if last.shape[:1] == (1,) else last.shape,
            **self._sight(group[-1]),
            **{
                count: sum(getattr(node, count) for node in nodes)
                for count in ("parameters", "multiply_adds", "memory")
            },
            "note": self._note(nodes),
        }

    def _sight(self, index: int) -> Row:
        spans, apart = self._sights[index]
        if spans is None or not self._nodes[index].placed:
            return dict.fromkeys(("receptive_field", "jump", "start", "misalignment"))
        return {
            "receptive_field": tuple(s.field() for s in spans),
            "jump": tuple(s.jump() for s in spans),
            "start": tuple(s.start() for s in spans),
            "misalignment": apart,
        }

    def _note(self, nodes: Sequence[Node]) -> str:
        unknown = [node.operation for node in nodes if not node.followed]
        counted = any(node.multiply_adds for node in nodes)
        if not unknown or (counted and not nodes[-1].size):
            return ""
        what = "sees" if counted else "sees and multiplies"
        return f"what {unknown[0]} {what} isn't known"

    # --- to look at ---------------------------------------------------------------------------

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def __getitem__(self, key: Any) -> Any:
        """Return a row by its place or its module's name (the last, if it has several)."""
        if not isinstance(key, str):
            return self.rows[key]
        found = [row for row in self.rows if row["name"] == key]
        if not found:
            raise KeyError(f"no row is named {key!r}")
        return found[-1]

    def __iter__(self) -> Iterator[Row]:
        """Go through the rows."""
        return iter(self.rows)

    def __repr__(self) -> str:
        """Return the sums in a few words."""
        return (
            f"Ledger({self.model}, {times(self.input_shape)}, {_many(len(self.rows), 'row')}: "
            f"{grouped(self.parameters)} parameters, {grouped(self.multiply_adds)} multiply–adds)"
        )

    def __str__(self) -> str:
        """Return the table as text."""
        lines = [list(_HEADS), *(self._line(row) for row in self.rows), self._total()]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(
                cell.ljust(w) if i < 3 else cell.rjust(w)
                for i, (cell, w) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        )

    def _repr_html_(self) -> str:
        """Return the table for a notebook and for the site."""
        lines = [self._line(row) for row in self.rows]
        largest = {
            name: max((row[name] for row in self.rows), default=0) or 1
            for name in ("parameters", "multiply_adds")
        }
        body = "".join(
            "<tr>" + "".join(_cells(line, row, largest)) + "</tr>"
            for line, row in zip(lines, self.rows, strict=True)
        )
        head = "".join(f'<th scope="col">{html.escape(text)}</th>' for text in _HEADS)
        foot = "".join(f"<td>{html.escape(text)}</td>" for text in self._total())
        caption = html.escape(f"{self.model}, {times(self.input_shape)}")
        return (
            f'{_STYLE}<div class="cnnviz-ledger" tabindex="0" role="region" aria-label="{caption}">'
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
            f"<tfoot><tr>{foot}</tr></tfoot></table></div>"
        )

    def _line(self, row: Row) -> list[str]:
        return [
            row["name"],
            row["layer"] + (f" ({row['note']})" if row["note"] else ""),
            times(row["size"]),
            _axes(row["receptive_field"]),
            _axes(row["jump"]),
            grouped(row["parameters"]),
            grouped(row["multiply_adds"]),
        ]

    def _total(self) -> list[str]:
        return ["total", "", "", "", "", grouped(self.parameters), grouped(self.multiply_adds)]

    def to_dict(self) -> dict[str, Any]:
        """Return rows and sums as plain lists, numbers and strings, as JSON holds them.

        Examples
        --------
        >>> ledger(nn.Sequential(nn.Linear(4, 2)), (4,)).to_dict()["rows"][0]["layer"]
        'linear 2'
        """
        names = ("model", "input_shape", "parameters", "multiply_adds", "memory", "peak_memory")
        sums = {name: _plain(getattr(self, name)) for name in names}
        rows = [{name: _plain(value) for name, value in row.items()} for row in self.rows]
        return {**sums, "unused": self.unused, "rows": rows}

    def sources(self) -> list[list[int]]:
        """Return for each row the rows whose values it works on, in order; −1 is an input.

        Unlike :meth:`graph` it has one entry a row, and asks for no rules.

        Examples
        --------
        >>> ledger(nn.Sequential(nn.Conv1d(1, 2, 3), nn.MaxPool1d(2)), (1, 8)).sources()
        [[-1], [0]]
        """
        row_of = {node: at for at, group in enumerate(self._groups) for node in group}
        found = (
            {row_of.get(source, -1) for node in group for source, _ in self._nodes[node].sources}
            for group in self._groups
        )
        return [sorted(rows - {at}) for at, rows in enumerate(found)]

    def graph(self) -> dict[str, Any]:
        """Return the operations as a graph: what each one's positions see of those before it.

        Returns
        -------
        dict
            ``nodes``, in the order in which they are computed, each with ``name``, ``label``,
            ``channels``, ``size`` (positions per axis), ``from`` (places of its sources in the
            list), ``windows`` (for each source, one per axis) and the row's numbers. A window is
            ``[kernel, stride, before, dilation]``, with a 1 behind it if it is transposed, or
            ``{"spans": [[first, last], …]}``, as in :mod:`cnnviz.spans`.

        Raises
        ------
        ValueError
            If an operation has no rule, with its name.

        Examples
        --------
        >>> ledger(nn.Sequential(nn.MaxPool1d(2)), (1, 8)).graph()["nodes"][1]["windows"]
        [[[2, 2, 0, 1]]]
        """
        for node in self._nodes:
            if not node.followed:
                raise ValueError(
                    f"the model must be made of operations with a rule: {node.operation} in "
                    f"{node.module or self.model} has none"
                )
        return {"nodes": [self._graph_node(i, node) for i, node in enumerate(self._nodes)]}

    def _graph_node(self, index: int, node: Node) -> dict[str, Any]:
        sight = {name: _plain(value) for name, value in self._sight(index).items()}
        return {
            "name": node.module or node.operation,
            "label": label(node),
            "channels": node.shape[1] if len(node.shape) > 1 else 1,
            "size": list(node.size),
            "from": [source for source, _ in node.sources],
            "windows": [[_window(window) for window in windows] for _, windows in node.sources],
            **sight,
        }


_HEADS = ("name", "layer", "output", "field", "jump", "parameters", "multiply–adds")


_STYLE = """<style>
.cnnviz-ledger { overflow-x: auto; max-height: 32em; overflow-y: auto; }
.cnnviz-ledger table { border-collapse: collapse; font-variant-numeric: tabular-nums;
  font-size: 0.875em; margin: 0; }
.cnnviz-ledger th, .cnnviz-ledger td { padding: 2px 8px; text-align: left; white-space: nowrap;
  border: 0; }
.cnnviz-ledger :is(th, td):nth-child(n + 4) { text-align: right; }
.cnnviz-ledger tbody th { font-weight: 400; }
.cnnviz-ledger tbody tr { background: none; border-top: 1px solid #8884; }
.cnnviz-ledger tfoot td { border-top: 2px solid #888; font-weight: 600; }
.cnnviz-ledger td[style] { background: linear-gradient(#e69f0066, #e69f0066) right
  / var(--share) 80% no-repeat; }
</style>"""


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _groups(nodes: Sequence[Node]) -> Iterator[list[int]]:
    """Put the operations of one of PyTorch's own layers into one row, all others by themselves."""
    group: list[int] = []
    for index, node in enumerate(nodes):
        if node.operation == "input":
            continue
        if group and not (_layer(node) and nodes[group[-1]].entry == node.entry):
            yield group
            group = []
        group.append(index)
    if group:
        yield group


def _layer(node: Node) -> bool:
    return node.kind is not None and node.kind.__module__.startswith("torch.nn.")


def _class(node: Node) -> str:
    return node.kind.__name__ if node.kind is not None else node.operation


class _Sight(NamedTuple):
    """What a node's positions see along each axis, and how far its paths' centres are apart."""

    spans: tuple[Spans, ...] | None = None
    apart: tuple[float, ...] = ()


def _seen(nodes: Sequence[Node]) -> list[_Sight]:
    """Return what each node sees; what only the second input reaches sees nothing of the first."""
    found: list[_Sight] = []
    for index, node in enumerate(nodes):
        none = (0.0,) * len(node.size)
        if not node.sources:
            start = Spans() if index == 0 else Spans((None,), 1)
            found.append(_Sight((start,) * len(node.size), none))
            continue
        paths = [_passed(found[source].spans, w, node.size) for source, w in node.sources]
        known = [path for path in paths if path is not None]
        if not node.followed or len(known) < len(paths):
            found.append(_Sight())
            continue
        along = zip(*known, strict=True)
        axes = [_joined(each, n) for each, n in zip(along, node.size, strict=True)]
        found.append(_Sight(tuple(spans for spans, _ in axes), tuple(gap for _, gap in axes)))
    return found


def _passed(
    spans: tuple[Spans, ...] | None, windows: Sequence[Window | Table], size: tuple[int, ...]
) -> tuple[Spans, ...] | None:
    if spans is None:
        return None
    each = zip(spans, windows, size, strict=True)
    return tuple(span.through(window, n) for span, window, n in each)


def _joined(paths: Sequence[Spans], positions: int) -> tuple[Spans, float]:
    """Return the union of the paths along an axis, and the most that their centres are apart."""
    different = list(dict.fromkeys(paths))
    pairs = itertools.combinations(different, 2)
    union = functools.reduce(lambda a, b: a.joined(b, positions), different)
    return union, max((a.apart(b, positions) for a, b in pairs), default=0.0)


def _window(window: Window | Table) -> Any:
    if isinstance(window, Table):
        return {"spans": [None if span is None else list(span) for span in window.spans]}
    numbers = [window.kernel, window.stride, window.before, window.dilation]
    return [*numbers, 1] if window.transposed else numbers


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _cells(line: Sequence[str], row: Row, largest: dict[str, int]) -> Iterator[str]:
    """Write the cells of a row; a bar in the last two says how much of the largest it is."""
    first, *middle = map(html.escape, line)
    yield f'<th scope="row">{first}</th>'
    yield from (f"<td>{text}</td>" for text in middle[:-2])
    for text, name in zip(middle[-2:], largest, strict=True):
        yield f'<td style="--share: {100 * row[name] / largest[name]:.1f}%">{text}</td>'


def _axes(values: Any) -> str:
    """Write a number per axis, one where all agree."""
    if not values:
        return "–"
    texts = ["–" if value is None else f"{value:g}" for value in values]
    return texts[0] if len(set(texts)) == 1 else " × ".join(texts)
