"""Receptive fields, position by position, through any graph of layers: what a unit sees exactly.

A graph is what `cnnviz.chain.graph` and a ledger's ``graph()`` give: plain lists and numbers. Its
nodes come in order of computation, each with

- ``name`` and ``label``, ``channels``, and ``size``, the positions per axis (one or two axes);
- ``from``: the indices of the nodes that go in;
- ``windows``: for each of these, a window per axis.

A window is

- ``[kernel, stride, before, dilation]``: output y sees the source's positions
  stride·y − before + dilation·t for t = 0 … kernel − 1, those that exist; with stride 0, every
  output sees the same;
- ``[kernel, stride, before, dilation, 1]``: transposed, source position x reaches the outputs
  stride·x − before + dilation·t;
- ``{"spans": [[first, last], …]}``: one for each output position, where nothing is regular; None
  for an output that sees nothing.

``frontend/src/math/field.ts`` gives the same answers in the browser.

>>> from cnnviz import chain, fields
>>> graph = chain.graph([{"kind": "conv", "channels": 1, "kernel": 3, "dilation": 2}], (1, 9))
>>> fields.reach(graph, 1, (2,))[0].astype(int)
array([0, 0, 1, 0, 1, 0, 1, 0, 0])
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.arrays import shown

__all__ = ["check_graph", "fold", "reach", "seen_by"]

Graph = dict[str, Any]
Mask = NDArray[np.bool_]

MOST_NODES = 2000
MOST_EDGES = 8000
LARGEST_SIDE = 4096
MOST_POSITIONS = 2**20  # of a map
MOST_WORK = 2**26  # pairs of an output and a position that it sees, per axis, over all edges
LARGEST = 1_000_000  # any number of a window
LONGEST_TEXT = 200

#: What a node may say of its field, per axis.
NUMBERS = ("receptive_field", "jump", "start", "misalignment")
PASSING = [1, 1, 0, 1]
WEIGHTED = ("conv", "linear")  # how labels begin of nodes that do more than pass on


# --- what a graph is made of ----------------------------------------------------------------------


def check_graph(value: Any) -> Graph:
    """Return a graph as plain lists, numbers and text; what is not part of one is left out.

    Raises
    ------
    TypeError, ValueError
        If something is no graph. The message says which node, counted from 0.

    Examples
    --------
    >>> check_graph({"nodes": [{"name": "input", "size": [8], "from": [], "windows": []}]})["nodes"]
    [{'name': 'input', 'label': 'input', 'channels': 1, 'size': [8], 'from': [], 'windows': []}]
    >>> check_graph({"nodes": []})
    Traceback (most recent call last):
    ...
    ValueError: graph must have from 1 to 2000 nodes, got 0
    """
    if not isinstance(value, Mapping) or not isinstance(value.get("nodes"), (list, tuple)):
        raise TypeError(f'graph must be a dict {{"nodes": [...]}}, got {shown(value)}')
    given = value["nodes"]
    if not 1 <= len(given) <= MOST_NODES:
        raise ValueError(f"graph must have from 1 to {MOST_NODES} nodes, got {len(given)}")
    nodes: list[Graph] = []
    for i, node in enumerate(given):
        nodes.append(_node(f"node {i} of graph", node, nodes))
    edges = sum(len(node["from"]) for node in nodes)
    if edges > MOST_EDGES:
        raise ValueError(f"graph must have at most {MOST_EDGES} edges, got {edges}")
    work = sum(
        _work(window, n_out, n_in)
        for node in nodes
        for source, windows in zip(node["from"], node["windows"], strict=True)
        for window, n_out, n_in in zip(windows, node["size"], nodes[source]["size"], strict=True)
    )
    if work > MOST_WORK:
        raise ValueError(f"graph must have windows of at most {MOST_WORK} positions, got {work}")
    return {"nodes": nodes}


def _node(where: str, node: Any, before: list[Graph]) -> Graph:
    if not isinstance(node, Mapping):
        raise TypeError(f"{where} must be a dict, got {shown(node)}")
    size = [_whole(f"the size of {where}", n, 1, LARGEST_SIDE) for n in _list(where, node, "size")]
    if not 1 <= len(size) <= 2:
        raise ValueError(f"{where} must have one or two axes, as rows and columns; got {size}")
    if before and len(size) != len(before[0]["size"]):
        raise ValueError(f"{where} must have as many axes as node 0, got {size}")
    if math.prod(size) > MOST_POSITIONS:
        raise ValueError(f"{where} must have at most {MOST_POSITIONS} positions, got {size}")
    sources = [
        _whole(f"from of {where}", source, 0, len(before) - 1)
        for source in _list(where, node, "from")
    ]
    if bool(sources) != bool(before):
        raise ValueError(f"{where} must come {'from' if before else 'before'} the others")
    windows = _list(where, node, "windows")
    if len(windows) != len(sources):
        raise ValueError(
            f"{where} must have windows for each node it comes from, {len(sources)}; "
            f"got {len(windows)}"
        )
    checked = [
        _windows(f"windows of {where}", each, size, before[source]["size"])
        for each, source in zip(windows, sources, strict=True)
    ]
    name = _text(f"the name of {where}", node.get("name"))
    numbers = {n: _numbers(f"{n} of {where}", node[n], size) for n in NUMBERS if n in node}
    return {
        "name": name,
        "label": _text(f"the label of {where}", node.get("label", name)),
        "channels": _whole(f"channels of {where}", node.get("channels", 1), 1, 10**9),
        "size": size,
        "from": sources,
        "windows": checked,
        **numbers,
    }


def _list(where: str, node: Mapping[str, Any], name: str) -> list[Any]:
    value = node.get(name)
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"{name} of {where} must be a list, got {shown(value)}")
    return list(value)


def _whole(where: str, value: Any, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{where} must be a whole number, got {shown(value)}")
    if not least <= value <= most:
        raise ValueError(f"{where} must be from {least} to {most}, got {shown(value)}")
    return int(value)


def _text(where: str, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{where} must be text, got {shown(value)}")
    return value[:LONGEST_TEXT].encode("utf-8", "replace").decode()


def _numbers(where: str, value: Any, size: list[int]) -> list[float] | None:
    if value is None:
        return None
    fits = isinstance(value, (list, tuple)) and len(value) == len(size)
    if not fits or not all(
        isinstance(n, (int, float)) and not isinstance(n, bool) and math.isfinite(n) for n in value
    ):
        raise ValueError(f"{where} must be a finite number per axis or None, got {shown(value)}")
    return list(value)


def _windows(where: str, value: Any, size: list[int], source: list[int]) -> list[Any]:
    if not isinstance(value, (list, tuple)) or len(value) != len(size):
        raise ValueError(f"{where} must be one per axis, {len(size)}; got {shown(value)}")
    return [_window(where, w, n, m) for w, n, m in zip(value, size, source, strict=True)]


def _window(where: str, window: Any, n_out: int, n_in: int) -> Any:
    if isinstance(window, Mapping):
        spans = window.get("spans")
        if not isinstance(spans, (list, tuple)) or len(spans) != n_out:
            raise ValueError(f"{where} must have a span for each of {n_out} outputs")
        return {"spans": [_span(where, span, n_in) for span in spans]}
    if not isinstance(window, (list, tuple)) or len(window) not in (4, 5):
        raise ValueError(
            f"{where} must be [kernel, stride, before, dilation], transposed with a 1 behind, or "
            f'{{"spans": [...]}}; got {shown(window)}'
        )
    kernel, stride, before, dilation, *transposed = window
    numbers = [
        _whole(f"kernel in {where}", kernel, 1, LARGEST),
        _whole(f"stride in {where}", stride, 1 if transposed else 0, LARGEST),
        _whole(f"before in {where}", before, -LARGEST, LARGEST),
        _whole(f"dilation in {where}", dilation, 1, LARGEST),
    ]
    return [*numbers, *(_whole(f"the last number in {where}", t, 1, 1) for t in transposed)]


def _span(where: str, span: Any, n: int) -> list[int] | None:
    if span is None:
        return None
    if not isinstance(span, (list, tuple)) or len(span) != 2:
        raise ValueError(f"{where} must have spans [first, last], got {shown(span)}")
    first = _whole(f"a span's first in {where}", span[0], 0, n - 1)
    return [first, _whole(f"a span's last in {where}", span[1], first, n - 1)]


def _work(window: Any, n_out: int, n_in: int) -> int:
    """Return at most how many pairs of an output and what it sees there are."""
    if isinstance(window, dict):
        return sum(int(span[1] - span[0] + 1) for span in window["spans"] if span)
    return n_out * min(int(window[0]), n_in)


# --- what a unit sees -----------------------------------------------------------------------------


def reach(graph: Graph, node: int, position: Sequence[int]) -> list[Mask | None]:
    """Return what a unit sees of every node that it is computed from.

    Along an axis a window is a table of which output sees what; going back through it is a product
    of matrices, exact for any set of positions, holes and all.

    Parameters
    ----------
    graph
        As :func:`check_graph` returns it.
    node, position
        The unit: the index of its node, and its place, a number per axis.

    Returns
    -------
    list
        For each node a mask of its size, True where the unit sees it; None where it sees nothing
        of the node. The unit's own node has the unit alone.

    Examples
    --------
    >>> from cnnviz import chain
    >>> graph = chain.graph([{"kind": "conv", "channels": 1, "kernel": 3}] * 2, (1, 7, 7))
    >>> [int(mask.sum()) for mask in reach(graph, 2, (1, 1))]
    [25, 9, 1]
    """
    nodes = graph["nodes"]
    masks = _alone(nodes, node, position)
    for i in range(node, 0, -1):
        mask = masks[i]
        if mask is None:
            continue
        for source, windows in zip(nodes[i]["from"], nodes[i]["windows"], strict=True):
            seen = mask
            for axis, window in enumerate(windows):
                n = nodes[source]["size"][axis]
                seen = _through(seen, axis, n, lambda y, x, w=window: _sees(w, y, x).T)
            masks[source] = _joined(masks[source], seen)
    return masks


def seen_by(graph: Graph, node: int, position: Sequence[int]) -> list[Mask | None]:
    """Return which units of every later node see a position of one.

    Parameters and result as those of :func:`reach`, the other way round.

    Examples
    --------
    >>> from cnnviz import chain
    >>> graph = chain.graph([{"kind": "pool", "kernel": 3, "stride": 2}], (1, 9))
    >>> seen_by(graph, 0, (4,))[1].astype(int)
    array([0, 1, 1, 0])
    """
    nodes = graph["nodes"]
    masks = _alone(nodes, node, position)
    for i in range(node + 1, len(nodes)):
        for source, windows in zip(nodes[i]["from"], nodes[i]["windows"], strict=True):
            mask = masks[source]
            if mask is None:
                continue
            for axis, window in enumerate(windows):
                n = nodes[i]["size"][axis]
                mask = _through(mask, axis, n, lambda x, y, w=window: _sees(w, y, x))
            masks[i] = _joined(masks[i], mask)
    return masks


def _alone(nodes: list[Graph], node: int, position: Sequence[int]) -> list[Mask | None]:
    _whole("node", node, 0, len(nodes) - 1)
    size = nodes[node]["size"]
    if len(position) != len(size) or not all(
        0 <= i < n for i, n in zip(position, size, strict=True)
    ):
        raise ValueError(f"position must be a place in {size}, got {shown(position)}")
    masks: list[Mask | None] = [None] * len(nodes)
    mask = np.zeros(size, bool)
    mask[tuple(position)] = True
    masks[node] = mask
    return masks


def _through(mask: Mask, axis: int, n: int, table: Any) -> Mask:
    """Return the mask after one axis: `table` says which of the n places there go with which."""
    lines = np.moveaxis(mask, axis, 0)
    here = np.flatnonzero(lines.reshape(len(lines), -1).any(1))
    product = np.tensordot(table(here, np.arange(n)).astype(np.float32), lines[here], axes=1)
    return np.moveaxis(product > 0, 0, axis)


def _sees(window: Any, outputs: NDArray[np.int64], inputs: NDArray[np.int64]) -> Mask:
    """Return which of these outputs sees which of these positions, (outputs, inputs)."""
    y = outputs[:, np.newaxis]
    if isinstance(window, dict):
        spans = np.array([span or (0, -1) for span in window["spans"]])
        first, last = spans[outputs].T[..., np.newaxis]
        inside: Mask = (first <= inputs) & (inputs <= last)
        return inside
    kernel, stride, before, dilation, *transposed = window
    along = y + before - stride * inputs if transposed else inputs - stride * y + before
    tap, rest = np.divmod(along, dilation)
    sees: Mask = (rest == 0) & (tap >= 0) & (tap < kernel)
    return sees


def _joined(one: Mask | None, other: Mask) -> Mask | None:
    if not other.any():
        return one
    return other if one is None else one | other


# --- fewer nodes ----------------------------------------------------------------------------------


def fold(graph: Graph) -> tuple[Graph, list[int]]:
    """Leave out nodes that pass on one node as it is, as ReLU and batch norm do.

    Returns
    -------
    graph
        Without them; their label stands behind that of the node which they pass on.
    where : list of int
        For each node of the old graph, which one stands for it.

    Examples
    --------
    >>> passing = {"name": "relu", "size": [8], "from": [0], "windows": [[[1, 1, 0, 1]]]}
    >>> first = {"name": "input", "size": [8], "from": [], "windows": []}
    >>> fold(check_graph({"nodes": [first, passing]}))[1]
    [0, 0]
    """
    kept: list[Graph] = []
    where: list[int] = []
    for node in graph["nodes"]:
        sources = [where[source] for source in node["from"]]
        passes = len(sources) == 1 and all(w == PASSING for w in node["windows"][0])
        passes = passes and not node["label"].startswith(WEIGHTED)
        source = kept[sources[0]] if passes else None
        if source and source["size"] == node["size"] and source["channels"] == node["channels"]:
            if sources[0]:
                source["label"] = f"{source['label']}, {node['label']}"[:LONGEST_TEXT]
            where.append(sources[0])
        else:
            where.append(len(kept))
            kept.append(node | {"from": sources})
    return {"nodes": kept}, where
