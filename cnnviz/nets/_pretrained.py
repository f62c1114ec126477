"""Weights that others trained, by name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from cnnviz.arrays import shown
from cnnviz.nets._googlenet import GoogLeNet
from cnnviz.states import check_state, file_at, read_safetensors, read_torch

__all__ = ["load_pretrained"]

_ENDINGS = (".pth", ".pt", ".safetensors")


def load_pretrained(
    net: nn.Module, source: str | os.PathLike[str] | Mapping[str, Any]
) -> tuple[str, ...]:
    """Put weights that others saved into a network, name by name; return what was left out.

    Parameters
    ----------
    net : torch.nn.Module
        Changed in place, if everything fits, and otherwise left alone. `alexnet`, `googlenet` (in
        the form of torchvision), `vgg16`, `vgg19` and `resnet18` to `resnet152` take torchvision's.
    source : path-like or mapping
        A ``.pth`` or ``.pt`` file that holds a ``state_dict``, a ``.safetensors`` file, or the
        ``state_dict`` itself. A pickle that wants to run something is refused.

    Returns
    -------
    tuple of str
        What the source holds and the network was built without: the auxiliary heads of `googlenet`,
        and nothing else. Empty if all was taken.

    Raises
    ------
    TypeError, ValueError
        For what is no network and no weights; for those of another network: what is missing, too
        many, or of another shape is named.
    FileNotFoundError
        If there is no such file.

    Notes
    -----
    The counters ``num_batches_tracked`` of batch norms, which older files don't have, stay as they
    are where they are missing: nothing is computed from them.

    Examples
    --------
    >>> from cnnviz import nets
    >>> net, other = nets.googlenet(classes=5), nets.googlenet(classes=5, aux=True)
    >>> left_out = load_pretrained(net, other.state_dict())
    >>> len(left_out), left_out[0]
    (20, 'aux1.conv.conv.weight')
    >>> load_pretrained(net, nets.googlenet(classes=7).state_dict())
    Traceback (most recent call last):
    ...
    ValueError: 'source' holds the weights of another network: fc.weight is (7, 1024) and should \
be (5, 1024); fc.bias is (7,) and should be (5,)
    """
    if not isinstance(net, nn.Module):
        raise TypeError(f"net must be a torch.nn.Module, got {shown(net)}")
    ours = net.state_dict()
    if any(isinstance(value, Tensor) and value.is_meta for value in ours.values()):
        raise ValueError(
            "net lies on the device 'meta', which holds no numbers: build it on another"
        )
    name, saved = _read(source)
    headless = isinstance(net, GoogLeNet) and not hasattr(net, "aux1")
    left_out = tuple(key for key in saved if headless and key.startswith(("aux1.", "aux2.")))
    taken = {key: value for key, value in saved.items() if key not in left_out}
    for key, value in ours.items():
        if key.endswith(".num_batches_tracked"):
            taken.setdefault(key, value)
    check_state(name, ours, taken)
    net.load_state_dict(taken)
    return left_out


def _read(source: Any) -> tuple[str, dict[str, Tensor]]:
    """Return what a source is called in messages, and its tensors."""
    if isinstance(source, Mapping):
        return "source", _tensors("source", source)
    path = file_at(source, _ENDINGS, "source")
    if path.suffix.lower() == ".safetensors":
        return path.name, read_safetensors(path)[0]
    try:
        content = read_torch(path)
    except ValueError as error:
        raise ValueError(f"source {path.name!r} holds no weights alone: {error}") from error
    return path.name, _tensors(f"source {path.name!r}", content)


def _tensors(name: str, content: Any) -> dict[str, Tensor]:
    if not isinstance(content, Mapping):
        raise ValueError(f"{name} must hold tensors by name, got a {type(content).__name__}")
    for key, value in content.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise ValueError(
                f"{name} must hold tensors by name; {shown(key)} holds a {type(value).__name__}: "
                "if the weights are inside, give that part"
            )
    return dict(content)
