"""What a model does to a picture, operation by operation, seen while it runs on shapes alone.

The model runs once on PyTorch's device "meta", where tensors have a shape and no values, so neither
time nor memory depends on the picture. What it does passes through a `TorchDispatchMode`, which
sees the operations of ATen below modules and functions, in whatever way the model is written.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.modules import module as torch_module
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from cnnviz.ledgers._rules import Along, Call, along, plain_name
from cnnviz.spans import Table, Window, identity, whole

__all__ = ["Node", "Recorder", "Trace", "as_it_was", "run", "trace"]


@dataclass
class Node:
    """A value that depends on the input: what made it, from what, and what that cost."""

    operation: str
    module: str
    shape: tuple[int, ...]
    size: tuple[int, ...]  # positions along each of the input's axes; 1 where it has no such axis
    placed: bool = True  # whether it has an axis of positions at all
    sources: list[tuple[int, tuple[Window | Table, ...]]] = field(default_factory=list)
    call: Call | None = None
    kind: type[nn.Module] | None = None  # the class of the module
    entry: int = 0  # which of the modules' calls it belongs to
    parameters: int = 0
    multiply_adds: int = 0
    memory: int = 0
    followed: bool = True  # whether there is a rule for what its positions see


class Trace(NamedTuple):
    """All that happened, in order."""

    nodes: list[Node]
    peak_memory: int
    unused: dict[str, int]  # parameters that nothing needed


class _Known(NamedTuple):
    """A tensor's node, and which of the input's axes runs along each of its dimensions."""

    node: int
    axes: tuple[int | None, ...]


# What changes nothing but how values are laid out makes no node of its own, if positions stay.
_LAID_OUT = frozenset(
    [
        "view",
        "_unsafe_view",
        "reshape",
        "_reshape_alias",
        "permute",
        "transpose",
        "t",
        "numpy_T",
        "squeeze",
        "unsqueeze",
        "expand",
        "slice",
        "select",
        "unbind",
        "split",
        "split_with_sizes",
        "alias",
        "detach",
        "clone",
        "_to_copy",
        "copy",
        "contiguous",
        "lift_fresh",
    ]
)
# PyTorch's own rules for shapes take a millisecond for some of these.
_KEEP_SHAPE = frozenset(
    [
        "relu",
        "add",
        "sub",
        "mul",
        "div",
        "sigmoid",
        "tanh",
        "hardtanh",
        "leaky_relu",
        "silu",
        "gelu",
        "elu",
        "hardswish",
        "clamp",
    ]
)
_SEVERAL = frozenset({"unbind", "split", "split_with_sizes", "var_mean", "std_mean"})
_PICK_ONE = frozenset({"select", "unbind"})


def trace(model: nn.Module, inputs: Sequence[Tensor]) -> Trace:
    """Run a model once and return what it did.

    The model comes out as it went in: its mode, its buffers and the random numbers to come.

    Raises
    ------
    ValueError
        If it can't run so, with the module at which it stopped.
    """
    with torch.inference_mode(False):  # what was made in it would keep the recorder in the dark
        inputs = [each.clone() if each.is_inference() else each for each in inputs]
    return run(Recorder(model, inputs), model, inputs)


def run(recorder: Recorder, model: nn.Module, inputs: Sequence[Tensor]) -> Trace:
    """Run a model once under a recorder, as `trace` does."""
    with (
        torch.inference_mode(False),  # in it the recorder would be told of other operations
        torch.no_grad(),
        torch.random.fork_rng(devices=[]),
        as_it_was(model),
        recorder.watched(),
    ):
        try:
            with recorder:
                result = model(*inputs)
        except Exception as error:
            raise ValueError(_explained(error, recorder.path(), model)) from error
    return recorder.finished(result)


@contextlib.contextmanager
def as_it_was(model: nn.Module) -> Iterator[None]:
    """Put a model into inference mode, and leave it and all that it notes down as they were."""
    modules = list(model.modules())
    modes = [module.training for module in modules]
    notes = [(m, dict(m.__dict__), dict(m._buffers)) for m in modules if not _compiled(m)]
    for module in modules:
        module.training = False
    try:
        yield
    finally:
        for module, attributes, buffers in notes:
            module.__dict__.clear()
            module.__dict__.update(attributes)
            module._buffers.clear()
            module._buffers.update(buffers)
        for module, mode in zip(modules, modes, strict=True):
            module.training = mode


def _compiled(module: nn.Module) -> bool:
    """Tell a module of TorchScript, whose attributes aren't Python's."""
    return isinstance(module, torch.jit.ScriptModule)


def _explained(error: Exception, where: str, model: nn.Module) -> str:
    text = str(error).strip().split("\n")[0] or type(error).__name__
    place = f" at {where}" if where else ""
    if any(word in text for word in ("meta", "fake impl")) or "DataDependent" in str(type(error)):
        hint = (
            "its way depends on values, or it can't do without them: give an example, a tensor "
            "with the batch first, in place of the shape"
        )
    elif isinstance(error, TypeError) and "argument" in text:
        hint = "for several inputs, give a list of shapes"
    else:
        hint = "is the shape that of one example, channels first and without the batch?"
    return f"model, {type(model).__name__}, stops{place}: {text} ({hint})"


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Keeps, for each tensor that depends on the input, what it sees."""

    def __init__(self, model: nn.Module, inputs: Sequence[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.names = {id(module): name for name, module in model.named_modules()}
        self.parameters = {id(p): (name, p) for name, p in model.named_parameters()}
        self.counted: set[int] = set()
        self.on_meta = all(tensor.is_meta for tensor in inputs)
        self.stack: list[nn.Module] = []
        self.entries: list[int] = []  # the number of each one's call
        self.calls = 0
        self.nodes: list[Node] = []
        self.known: dict[int, _Known] = {}
        self.made_of: dict[int, frozenset[int]] = {}  # parameters in what doesn't depend on inputs
        self.shadows: dict[int, Tensor] = {}
        self.kept: list[Any] = []  # so that no id is given twice
        self.storages: dict[int, list[int]] = {}  # bytes, first and last operation
        self.views: dict[int, list[Tensor]] = {}  # what shares the same numbers
        self.written: dict[
            int, dict[int, None]
        ] = {}  # nodes written through a view of a tensor since
        self.clock = 0
        self.axes = max((tensor.ndim - 2 for tensor in inputs), default=0)
        for tensor in inputs:
            self._enter(tensor)

    def _enter(self, tensor: Tensor) -> None:
        axes = tuple(d - 2 if d >= 2 else None for d in range(tensor.ndim))
        size = self._size(tensor, axes)
        self._append(Node("input", "", tuple(tensor.shape), size, tensor.ndim > 2), tensor, axes)

    # --- where it happens ---------------------------------------------------------------------

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Know at every moment in which module the model is."""
        before = torch_module.register_module_forward_pre_hook(self._entered)
        after = torch_module.register_module_forward_hook(self._left)
        try:
            yield
        finally:
            before.remove()
            after.remove()

    def _entered(self, module: nn.Module, args: Any) -> None:
        if id(module) in self.names:
            self.stack.append(module)
            self.calls += 1
            self.entries.append(self.calls)

    def _left(self, module: nn.Module, args: Any, output: Any) -> None:
        if id(module) in self.names:
            self.stack.pop()
            self.entries.pop()

    def path(self) -> str:
        """Return the name of the module where the model is, with its class."""
        if not self.stack or not (name := self.names[id(self.stack[-1])]):
            return ""
        return f"{name} ({type(self.stack[-1]).__name__})"

    # --- what happens -------------------------------------------------------------------------

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """Run one operation and take it down."""
        kwargs = kwargs or {}
        went_in = _tensors(args) + _tensors(list(kwargs.values()))
        in_place = func._schema.is_mutable and bool(args) and isinstance(args[0], Tensor)
        if self.on_meta and in_place and not args[0].is_meta:
            return args[0]  # the model's own numbers stay as they are
        out = self._run(func, args, kwargs, went_in)
        self.clock += 1
        name = plain_name(func)
        read = went_in[1:] if name == "copy_" else went_in
        dependent = _once(tensor for tensor in read if id(tensor) in self.known)
        for tensor in dependent:
            self._used(tensor)
            self._renew(tensor)
        came_out = _tensors(out)
        for place, tensor in enumerate(came_out):
            if not dependent:
                self._mix(tensor, went_in)
            elif place == 0 or name in _SEVERAL:
                call = Call(func, name.removesuffix("_"), args, kwargs, tensor, place)
                self._take_down(call, dependent, went_in)
            else:  # a maximum's place, and the like
                self._stand_beside(tensor, came_out[0])
        return out

    def _run(
        self, func: Any, args: Sequence[Any], kwargs: dict[str, Any], went_in: list[Tensor]
    ) -> Any:
        """Return what comes out. For most of a network's layers that needs no look at the rules."""
        if not self.on_meta:
            return func(*args, **kwargs)
        name = plain_name(func)
        if args and isinstance(args[0], Tensor) and args[0].is_meta:
            if name.removesuffix("_") in _KEEP_SHAPE and _alike(went_in):
                return args[0] if name.endswith("_") else _blank(args[0])
            if name == "convolution" and (shape := _convolved(*args)):
                return torch.empty(shape, dtype=args[0].dtype, device="meta")
            if name == "native_batch_norm" and not args[5]:
                return _blank(args[0]), _blank(args[0]), _blank(args[0])
        if any(not tensor.is_meta for tensor in went_in):
            args, kwargs = self._shadowed(args), self._shadowed(kwargs)
        return func(*args, **kwargs)

    def _stand_beside(self, tensor: Tensor, first: Tensor) -> None:
        """Let what came out beside something count as the same."""
        known = self.known[id(first)]
        axes = known.axes if tensor.shape == first.shape else (None,) * tensor.ndim
        self._remember(tensor, known._replace(axes=axes))

    def _mix(self, tensor: Tensor, went_in: Sequence[Tensor]) -> None:
        """Note which parameters are in a tensor that doesn't depend on the input."""
        if found := self._ingredients(went_in):
            self.made_of[id(tensor)] = found
            self.kept.append(tensor)

    def _shadowed(self, value: Any) -> Any:
        if isinstance(value, Tensor):
            return value if value.is_meta else self._shadow(value)
        if isinstance(value, (list, tuple)):
            return type(value)(map(self._shadowed, value))
        if isinstance(value, dict):
            return {name: self._shadowed(item) for name, item in value.items()}
        return value

    def _shadow(self, tensor: Tensor) -> Tensor:
        """Return a tensor of the same shape without values."""
        if id(tensor) not in self.shadows:
            self.kept.append(tensor)
            self.shadows[id(tensor)] = tensor.to("meta")
        return self.shadows[id(tensor)]

    def _ingredients(self, tensors: Sequence[Tensor]) -> frozenset[int]:
        found: set[int] = set()
        for tensor in tensors:
            if id(tensor) in self.parameters:
                found.add(id(tensor))
            found |= self.made_of.get(id(tensor), frozenset())
        return frozenset(found)

    # --- what is taken down -------------------------------------------------------------------

    def _take_down(self, call: Call, dependent: list[Tensor], went_in: list[Tensor]) -> None:
        """Make a node of what came out, or none if only its layout is new."""
        seen = [(tensor, self._rule(call, tensor)) for tensor in dependent]
        axes = self._axes_of(call.out, seen)
        sources = [(self.known[id(t)].node, self._windows(t, maps, axes)) for t, maps in seen]
        sources = list(dict.fromkeys(sources))
        size = self._size(call.out, axes)
        before, windows = sources[0]
        if (
            call.name in _LAID_OUT
            and len(sources) == 1
            and all(window == identity for window in windows)
            and size == self.nodes[before].size
        ):
            self._lay_out(call.out, _Known(before, axes))
            return
        found = self._ingredients(went_in) - self.counted
        self.counted |= found
        node = Node(
            operation=call.name,
            module=self.names[id(self.stack[-1])] if self.stack else "",
            kind=type(self.stack[-1]) if self.stack else None,
            entry=self.entries[-1] if self.entries else 0,
            shape=tuple(call.out.shape),
            size=size,
            placed=any(axis is not None for axis in axes),
            sources=sources,
            call=call,
            parameters=sum(self.parameters[key][1].numel() for key in found),
            multiply_adds=_multiply_adds(call),
            followed=all(maps is not None for _, maps in seen),
        )
        self._append(node, call.out, axes)

    def _lay_out(self, tensor: Tensor, known: _Known) -> None:
        """Let a tensor be another view of a node; in the layer that made it, it is the result."""
        node = self.nodes[known.node]
        if self.entries and node.entry == self.entries[-1]:
            node.shape = tuple(tensor.shape)
        if id(tensor) in self.known:
            self._tell_views(tensor, known)
        self._remember(tensor, known)
        self._used(tensor)

    def _append(self, node: Node, tensor: Tensor, axes: tuple[int | None, ...]) -> None:
        self.nodes.append(node)
        known = _Known(len(self.nodes) - 1, axes)
        if id(tensor) in self.known:  # written in place
            self._tell_views(tensor, known)
        self._remember(tensor, known)
        node.memory = self._held(tensor)

    def _rule(self, call: Call, tensor: Tensor) -> list[Along] | None:
        maps = along(call, tensor)
        if maps is None or call.name not in _PICK_ONE:
            return maps
        kept = {item[0] for item in maps if item is not None}
        axes = self.known[id(tensor)].axes
        picked = any(axes[d] is not None for d in range(tensor.ndim) if d not in kept)
        return None if picked else maps

    def _axes_of(
        self, out: Tensor, seen: Sequence[tuple[Tensor, list[Along] | None]]
    ) -> tuple[int | None, ...]:
        """Return which of the input's axes runs along each dimension of what came out."""
        axes: list[int | None] = [None] * out.ndim
        for tensor, maps in seen:
            mine = self.known[id(tensor)].axes
            for d, item in enumerate(maps or ()):
                if item is not None and axes[d] is None and mine[item[0]] not in axes:
                    axes[d] = mine[item[0]]
        return tuple(axes)

    def _windows(
        self, tensor: Tensor, maps: list[Along] | None, axes: tuple[int | None, ...]
    ) -> tuple[Window | Table, ...]:
        """Return, for each of the input's axes, the window through which a tensor is seen."""
        node, mine = self.known[id(tensor)]
        windows: list[Window | Table] = [whole(n) for n in self.nodes[node].size]
        for d, item in enumerate(maps or ()):
            axis = None if item is None else mine[item[0]]
            if item is not None and axis is not None and axes[d] == axis:
                windows[axis] = item[1]
        for axis in set(range(self.axes)) - set(axes) - set(mine):
            windows[axis] = identity  # neither has it: one position that stays one
        return tuple(windows)

    def _size(self, tensor: Tensor, axes: Sequence[int | None]) -> tuple[int, ...]:
        sizes = {axis: tensor.shape[d] for d, axis in enumerate(axes) if axis is not None}
        return tuple(sizes.get(axis, 1) for axis in range(self.axes))

    def _tell_views(self, written: Tensor, known: _Known) -> None:
        """Let what shares a tensor's numbers know that they were written over."""
        for tensor in self.views[_storage(written)]:
            old = self.known[id(tensor)]
            there = self.nodes[old.node]
            told = there.operation == "write" and known.node in dict(there.sources)
            if tensor is written or old.node == known.node or told:
                continue
            if tensor.shape == written.shape and old.axes == known.axes:
                self.known[id(tensor)] = known
            else:
                self.written.setdefault(id(tensor), {})[known.node] = None

    def _renew(self, tensor: Tensor) -> None:
        """Add what was written through a view, now that the whole is read again."""
        for writer in self.written.pop(id(tensor), ()):
            old, there = self.known[id(tensor)], self.nodes[writer]
            here, still = self.nodes[old.node], (identity,) * self.axes
            node = Node(
                operation="write",
                module=there.module,
                kind=there.kind,
                entry=there.entry,
                shape=tuple(tensor.shape),
                size=here.size,
                placed=here.placed,
                sources=[(old.node, still), (writer, still)],
                followed=here.size == there.size,
            )
            self.nodes.append(node)
            self.known[id(tensor)] = _Known(len(self.nodes) - 1, old.axes)

    # --- what is kept -------------------------------------------------------------------------

    def _remember(self, tensor: Tensor, known: _Known) -> None:
        if id(tensor) not in self.known:
            self.kept.append(tensor)
            self.views.setdefault(_storage(tensor), []).append(tensor)
        self.known[id(tensor)] = known

    def _held(self, tensor: Tensor) -> int:
        """Return the bytes of a tensor whose numbers are new, 0 for those that were there."""
        key = _storage(tensor)
        if key in self.storages:
            self._used(tensor)
            return 0
        held = tensor.untyped_storage().nbytes()
        self.storages[key] = [held, self.clock, self.clock]
        return held

    def _used(self, tensor: Tensor) -> None:
        if held := self.storages.get(_storage(tensor)):
            held[2] = self.clock

    def finished(self, result: Any) -> Trace:
        """Return all that happened, the result being kept to the end."""
        for tensor in _tensors(result):
            self._used(tensor)
        unused = {
            name: p.numel() for key, (name, p) in self.parameters.items() if key not in self.counted
        }
        return Trace(self.nodes, self._peak(), unused)

    def _peak(self) -> int:
        """Return the most bytes alive at once, if each value goes when it was used last."""
        changes = [0] * (self.clock + 2)
        for held, born, last in self.storages.values():
            changes[born] += held
            changes[last + 1] -= held
        return max(itertools.accumulate(changes), default=0)


def _alike(tensors: Sequence[Tensor]) -> bool:
    """Tell whether tensors are floats of one shape and kind."""
    first = tensors[0]
    return first.is_floating_point() and all(
        t.shape == first.shape and t.dtype == first.dtype and t.is_meta for t in tensors
    )


def _convolved(
    x: Tensor,
    weight: Tensor,
    bias: Any,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Any,
    groups: int,
) -> list[int] | None:
    """Return the shape of an ordinary convolution that fits; others are PyTorch's to judge."""
    axes = x.ndim - 2
    fits = x.ndim == weight.ndim and x.shape[1] == groups * weight.shape[1]
    if transposed or not fits or x.dtype != weight.dtype or weight.shape[0] % groups:
        return None
    numbers = (
        list(values) * (axes if len(values) == 1 else 1) for values in (stride, padding, dilation)
    )
    each = zip(x.shape[2:], weight.shape[2:], *numbers, strict=True)
    size = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in each]
    return [x.shape[0], weight.shape[0], *size] if min(size) > 0 else None


def _blank(tensor: Tensor) -> Tensor:
    """Return `torch.empty_like`, which is a good deal slower on "meta"."""
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")


def _storage(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _multiply_adds(call: Call) -> int:
    """Return the products that are summed in one operation.

    The two kinds of which networks are made come first; for others PyTorch's own formulas, which
    count floating points, two for each product, take ten times as long.
    """
    out = call.out.shape
    if call.name == "convolution":
        x, weight = call.args[:2]
        places = x.shape[2:] if call.get("transposed") else out[2:]
        return int(out[0] * math.prod(places) * weight.numel())
    if call.name in ("mm", "addmm"):
        return int(out.numel() * call.args[-1].shape[0])
    count = flop_registry.get(call.func._overloadpacket)
    return 0 if count is None else int(count(*call.args, **call.kwargs, out_val=call.out)) // 2


def _once(tensors: Iterable[Tensor]) -> list[Tensor]:
    return list({id(tensor): tensor for tensor in tensors}.values())


def _tensors(value: Any) -> list[Tensor]:
    """Return the tensors in what goes in or comes out."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return []
    found = []
    for item in value:
        if isinstance(item, Tensor):
            found.append(item)
        elif isinstance(item, (list, tuple, dict)):
            found += _tensors(item)
    return found
