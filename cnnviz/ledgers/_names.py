"""What an operation is called: "conv 64, 7 × 7, s 2, p 3, no bias"."""

from __future__ import annotations

from typing import Any

from cnnviz import chain
from cnnviz.ledgers._rules import Call
from cnnviz.ledgers._trace import Node

__all__ = ["kind", "label"]

_WORDS = {
    "view": "reshape",
    "_unsafe_view": "reshape",
    "native_batch_norm": "batch norm",
    "native_group_norm": "group norm",
    "native_layer_norm": "layer norm",
    "_softmax": "softmax",
    "_safe_softmax": "softmax",
    "_log_softmax": "log softmax",
    "constant_pad_nd": "pad",
    "_prelu_kernel": "PReLU",
    "relu": "ReLU",
    "cat": "concatenate",
    "write": "written in place",
    "upsample_nearest2d": "upsample, nearest",
    "upsample_bilinear2d": "upsample, bilinear",
}
_KINDS = {
    name: kind
    for kind, names in {
        "conv": "convolution _convolution",
        "linear": "addmm mm bmm baddbmm mv",
        "norm": "native_batch_norm native_group_norm native_layer_norm "
        "_native_batch_norm_legit_no_training",
        "merge": "cat stack write",
        "reshape": "view _unsafe_view permute transpose",
        "input": "input",
    }.items()
    for name in names.split()
}


def kind(node: Node) -> str:
    """Return what sort it is: input, conv, pool, linear, norm, merge, reshape or other."""
    if "pool" in node.operation or (node.operation in ("mean", "amax") and node.placed):
        return "pool"
    if len(node.sources) > 1 and node.operation in ("add", "sub", "mul"):
        return "merge"
    return _KINDS.get(node.operation, "other")


def label(node: Node) -> str:
    """Return what it is in words, with what differs from its defaults."""
    call = node.call
    if call is None:
        return _WORDS.get(node.operation, node.operation)
    if call.name in ("convolution", "_convolution"):
        return _convolution(call)
    if "pool" in call.name:
        return _pool(call, len(node.size))
    if call.name in ("addmm", "mm", "mv") and node.parameters:
        return f"linear {node.shape[-1]}" + (", no bias" if call.name == "mm" else "")
    if call.name == "native_batch_norm":
        return "instance norm" if call.get("training") else f"batch norm {node.shape[1]}"
    if call.name == "mean" and node.placed:
        return "mean of each map"
    if call.name in ("view", "_unsafe_view") and len(node.shape) == 2:
        return "flatten"
    return _WORDS.get(call.name, call.name.strip("_").replace("_", " "))


def _convolution(call: Call) -> str:
    weight = call.args[1]
    axes = weight.ndim - 2
    transposed, groups = bool(call.get("transposed")), call.get("groups")
    layer: dict[str, Any] = {
        "kind": "conv_transpose" if transposed else "conv",
        "channels": weight.shape[1] * groups if transposed else weight.shape[0],
        "kernel": _short(list(weight.shape[2:])),
        "groups": groups,
        "bias": call.args[2] is not None,
    }
    for name in ("stride", "padding", "dilation"):
        layer[name] = _short(call.numbers(name, axes))
    if transposed:
        layer["output_padding"] = _short(call.numbers("output_padding", axes))
    return chain.label(layer, tuple(call.args[0].shape[1:]))


def _pool(call: Call, positions: int) -> str:
    """Name a pooling; one of lines is run as one of planes with a height of 1."""
    title = "max" if "max" in call.name else "mean"
    axes = call.out.ndim - 2
    if "adaptive" in call.name:
        return f"{title} pool to {' × '.join(map(str, call.out.shape[2:]))}"
    kernel = call.numbers("kernel_size", axes)[-positions:]
    stride = call.numbers("stride", axes, kernel)[-positions:]
    layer: dict[str, Any] = {"kind": "pool", "kernel": _short(kernel)}
    if stride != kernel:
        layer["stride"] = _short(stride)
    layer["padding"] = _short(call.numbers("padding", axes)[-positions:])
    rounded = ", rounded up" if call.get("ceil_mode") else ""
    return f"{title} {chain.label(layer, (1,) * (positions + 1))}{rounded}"


def _short(values: list[int]) -> Any:
    return values[0] if len(set(values)) == 1 else values
