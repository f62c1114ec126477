"""The numbers that go through a model, operation by operation: a trace that keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from cnnviz.ledgers._rules import plain_name
from cnnviz.ledgers._trace import Node, Recorder, Trace, run

__all__ = ["Values", "record"]


class Values(NamedTuple):
    """Copies of what came out of a node and of what went in, each with the node that it is from."""

    out: Tensor
    operands: tuple[tuple[int, Tensor], ...]


def record(model: nn.Module, example: Tensor) -> tuple[Trace, dict[int, Values]]:
    """Run a model once on an example, batch first; return its trace, and the numbers of each node.

    The model comes out as it went in, as after `cnnviz.ledgers.ledger`. What an operation writes in
    place is copied before and after, so that each node has its own numbers.

    Raises
    ------
    ValueError
        If the model stops, with the module at which it did.
    """
    with torch.inference_mode(False):  # a tensor made in it has no version
        example = example.clone()
        keeper = _Keeper(model, [example])
        return run(keeper, model, [example]), keeper.values


class _Keeper(Recorder):  # type: ignore[no-untyped-call]
    """A recorder that copies what goes in and out."""

    def __init__(self, model: nn.Module, inputs: Sequence[Tensor]) -> None:
        self.values: dict[int, Values] = {}
        self.operands: tuple[tuple[int, Tensor], ...] = ()
        self.copies: dict[int, tuple[int, Tensor]] = {}  # of each tensor the last version
        super().__init__(model, inputs)

    def _run(
        self, func: Any, args: Sequence[Any], kwargs: dict[str, Any], went_in: list[Tensor]
    ) -> Any:
        known = [tensor for tensor in went_in if id(tensor) in self.known]
        self.operands = tuple((self.known[id(t)].node, self._copy(t)) for t in known)
        return super()._run(func, args, kwargs, went_in)

    def _copy(self, tensor: Tensor) -> Tensor:
        version, copy = self.copies.get(id(tensor), (-1, tensor))
        if version != tensor._version:
            copy = tensor.clone()
            self.copies[id(tensor)] = tensor._version, copy
        return copy

    def _append(self, node: Node, tensor: Tensor, axes: tuple[int | None, ...]) -> None:
        super()._append(node, tensor, axes)
        copy = tensor.clone()
        # PyTorch counts a writing in place only after this has returned.
        written = node.call is not None and plain_name(node.call.func).endswith("_")
        self.copies[id(tensor)] = tensor._version + written, copy
        self.values[len(self.nodes) - 1] = Values(copy, self.operands)

    def _renew(self, tensor: Tensor) -> None:
        count = len(self.nodes)
        super()._renew(tensor)
        for index in range(count, len(self.nodes)):
            self.values[index] = Values(tensor.clone(), ())
