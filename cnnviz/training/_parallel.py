"""Several processes, each with its share of every batch: PyTorch's DistributedDataParallel."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

__all__ = ["Team"]


@dataclass(frozen=True)
class Team:
    """The processes that train one network together; mostly one alone.

    Examples
    --------
    >>> Team.here()
    Team(rank=0, size=1)
    >>> Team(rank=1, size=2).share(torch.arange(5))
    tensor([1, 3])
    """

    rank: int = 0
    size: int = 1

    @classmethod
    def here(cls) -> Team:
        """Return the team of this process, as torchrun and `init_process_group` made it."""
        if not (dist.is_available() and dist.is_initialized()):
            return cls()
        return cls(dist.get_rank(), dist.get_world_size())

    @property
    def leads(self) -> bool:
        """Whether this process is the one that writes and shows."""
        return self.rank == 0

    def share(self, indices: Tensor) -> Tensor:
        """Return this process's part of a batch."""
        return indices if self.size == 1 else indices[self.rank :: self.size]

    def total(self, values: Tensor) -> Tensor:
        """Add up what the processes have."""
        if self.size > 1:
            dist.all_reduce(values)
        return values

    def any(self, words: str, device: torch.device) -> str:
        """Return words that any process has, the same in all of them; "" if none has any."""
        if self.size == 1:
            return words
        reasons = ("", "stop", "Ctrl-C")
        place = torch.tensor(reasons.index(words), device=device)
        dist.all_reduce(place, op=dist.ReduceOp.MAX)
        return reasons[int(place)]

    def wrapped(self, model: nn.Module, device: torch.device) -> nn.Module:
        """Return the model, made to share its gradients if it is not alone."""
        if self.size == 1:
            return model
        devices = None if device.type == "cpu" else [device]
        return nn.parallel.DistributedDataParallel(model, device_ids=devices)

    def quiet(self, net: nn.Module, still: bool) -> contextlib.AbstractContextManager[Any]:
        """Keep gradients to oneself while there are parts of the batch still to come."""
        if still and isinstance(net, nn.parallel.DistributedDataParallel):
            return net.no_sync()  # type: ignore[no-any-return]
        return contextlib.nullcontext()

    def agree_on_buffers(self, model: nn.Module) -> None:
        """Give every process the running statistics of the first."""
        if self.size > 1:
            for buffer in model.buffers():
                dist.broadcast(buffer, 0)
