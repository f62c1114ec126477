"""A network that reads digits: a few layers as plain arrays, run by `cnnviz.ops`, without torch."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz import digit_network, ops, shapes
from cnnviz.arrays import shown
from cnnviz.widgets._traits import Trait, pack, unpack

__all__ = [
    "CLASSES",
    "SIDE",
    "Layer",
    "Network",
    "NetworkTrait",
    "from_plain",
    "from_torch",
    "shipped",
]

#: Height and width of a digit, and how many there are.
SIDE, CLASSES = 28, 10

#: What a page can hold and draw; as in ``frontend/src/widgets/shared/network-schema.ts``.
MOST_WEIGHTS, MOST_PRODUCTS, MOST_LAYERS, MOST_MAPS, MOST_STEP = 250_000, 20_000_000, 12, 256, 28

_ALLOWED = (
    "an nn.Sequential of Conv2d, MaxPool2d, AvgPool2d, Flatten and Linear, each of them with a "
    "ReLU or Tanh behind it or none"
)
_ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "none": lambda x: x,
    "relu": ops.relu,
    "tanh": ops.tanh,
}
_LETTERS = {"conv": "C", "max": "S", "mean": "S", "linear": "F"}


@dataclass(frozen=True, eq=False)
class Layer:
    """A convolution, a pooling or a linear layer, and the activation behind it.

    `weight` is what the layer multiplies by. Where it is whole numbers times a scale for each
    output, `rounded` and `scale` are those: a page gets a byte for each weight.
    """

    kind: str
    activation: str = "none"
    kernel: int = 1
    stride: int = 1
    padding: int = 0
    weight: NDArray[np.float32] | None = None
    bias: NDArray[np.float32] | None = None
    rounded: NDArray[np.int8] | None = None
    scale: NDArray[np.float32] | None = None

    def __call__(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the layer's maps, activation and all, in float64."""
        if self.kind in ("max", "mean"):
            y = ops.pool(x, self.kernel, stride=self.stride, mode=self.kind)
        else:
            weight, bias = (np.asarray(a, np.float64) for a in (self.weight, self.bias))
            if self.kind == "conv":
                y = ops.conv(x, weight, bias, stride=self.stride, padding=self.padding)
            else:
                y = ops.linear(x.reshape(1, -1), weight, bias)[0]
        return np.asarray(_ACTIVATIONS[self.activation](y))

    def plain(self) -> dict[str, Any]:
        """Return the layer as a page reads it."""
        slides = {"kernel": self.kernel, "stride": self.stride, "padding": self.padding}
        numbers = {}
        if self.weight is not None and self.bias is not None:
            weight = self.weight if self.rounded is None else self.rounded
            scale = np.ones(len(weight), np.float32) if self.scale is None else self.scale
            arrays = {"weight": weight, "scale": scale, "bias": self.bias}
            numbers = {name: pack(array) for name, array in arrays.items()}
        return {"kind": self.kind, "activation": self.activation, **slides, **numbers}


@dataclass(frozen=True, eq=False)
class Network:
    """Layers, first layer first, from a digit ``(1, 28, 28)`` to ten scores."""

    layers: tuple[Layer, ...]

    @property
    def names(self) -> list[str]:
        """What each layer is called: as LeNet-5's are, C1, S2, C3 …, and the last one output."""
        lettered = [f"{_LETTERS[layer.kind]}{i + 1}" for i, layer in enumerate(self.layers)]
        return [*lettered[:-1], "output"]

    def maps(self, digit: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return what each layer makes of a digit, (28, 28) if it is one, by its name."""
        x, found = digit[np.newaxis], {}
        for name, layer in zip(self.names, self.layers, strict=True):
            x = found[name] = layer(x)
        return found

    def plain(self) -> list[dict[str, Any]]:
        """Return the layers as a page reads them."""
        return [layer.plain() for layer in self.layers]


@functools.cache
def shipped() -> Network:
    """Return the LeNet-5 that ships with the package."""
    stored = digit_network.load()
    weights = digit_network.restored()

    def layer(name: str, kind: str, activation: str = "none", padding: int = 0) -> Layer:
        weight = weights[f"{name}.weight"]
        return Layer(
            kind=kind,
            activation=activation,
            kernel=weight.shape[-1] if kind == "conv" else 1,
            padding=padding,
            weight=weight,
            bias=weights[f"{name}.bias"],
            rounded=stored[f"{name}.weight"],
            scale=stored[f"{name}.scale"],
        )

    pool = Layer("max", "relu", kernel=2, stride=2)
    layers = (
        layer("c1", "conv", padding=2),
        pool,
        layer("c3", "conv"),
        pool,
        layer("c5", "conv", "relu"),
        layer("f6", "linear", "relu"),
        layer("output", "linear"),
    )
    return Network(layers)


class NetworkTrait(Trait):
    """A network: torch's, None for the one that ships, or one that a widget already has."""

    def __init__(self) -> None:
        super().__init__(_network)
        self.tag(to_json=lambda n, _: n.plain(), from_json=lambda p, _: from_plain(p))


def _network(name: str, value: Any) -> Network:
    if value is None:
        return shipped()
    return value if isinstance(value, Network) else from_torch(name, value)


def from_plain(layers: Iterable[dict[str, Any]]) -> Network:
    """Return the network that `Network.plain` wrote."""
    return Network(tuple(map(_layer_from_plain, layers)))


def _layer_from_plain(plain: dict[str, Any]) -> Layer:
    if "weight" not in plain:
        return Layer(**plain)
    arrays = {name: unpack(plain[name]) for name in ("weight", "scale", "bias")}
    weight, scale = arrays["weight"], arrays["scale"]
    whole = weight.dtype == np.int8
    product = weight.astype(np.float32) * scale.reshape(-1, *(1,) * (weight.ndim - 1))
    return Layer(
        **{name: value for name, value in plain.items() if name not in arrays},
        weight=product,
        bias=arrays["bias"],
        rounded=weight if whole else None,
        scale=scale if whole else None,
    )


def from_torch(name: str, model: Any) -> Network:
    """Return the layers of a torch network like LeNet.

    Raises
    ------
    TypeError
        For what is no ``nn.Sequential``, or a layer of another kind in it.
    ValueError
        For a layer with an option that can't be shown, sizes that do not go from a digit
        ``(1, 28, 28)`` to ten scores, or more of anything than a page can hold.
    """
    # A network can only be torch's if torch is there.
    if not _is_a("Sequential", model):
        raise TypeError(f"{name} must be {_ALLOWED}; got {shown(model)}")
    layers: list[Layer] = []
    for module in _flat(model):
        kind = type(module).__name__
        if kind in ("ReLU", "Tanh"):
            if not layers or layers[-1].activation != "none":
                raise ValueError(f"{name} must have each {kind} behind a layer, one behind each")
            layers[-1] = replace(layers[-1], activation=kind.lower())
        elif kind in _READERS:
            layers.append(_READERS[kind](f"{name}'s {kind}", module))
        elif kind not in ("Flatten", "Identity", "Dropout"):
            raise TypeError(f"{name} must be {_ALLOWED}; it has a {kind}")
    network = Network(tuple(layers))
    _check(name, network)
    return network


def _flat(model: Any) -> Iterable[Any]:
    """Return the layers of a Sequential, those of Sequentials in it among them."""
    for module in model:
        yield from _flat(module) if _is_a("Sequential", module) else (module,)


def _is_a(kind: str, value: Any) -> bool:
    """Tell an object of one of torch's classes without loading torch."""
    return any(
        c.__name__ == kind and c.__module__.startswith("torch.nn.") for c in type(value).__mro__
    )


def _one(name: str, option: str, value: Any) -> int:
    """Return one whole number for both axes."""
    both = (value, value) if not isinstance(value, tuple) else value
    if isinstance(value, str) or len(set(both)) != 1:
        raise ValueError(f"{name} must have one {option} for both axes, got {shown(value)}")
    return shapes.whole(f"{name} {option}", both[0], 0)


def _conv(name: str, module: Any) -> Layer:
    plain = {"groups": module.groups, "dilation": _one(name, "dilation", module.dilation)}
    for option, value in plain.items():
        if value != 1:
            raise ValueError(f"{name} must have {option} 1, got {value}")
    if module.padding_mode != "zeros":
        raise ValueError(f"{name} must be padded with zeros, got {shown(module.padding_mode)}")
    return Layer(
        "conv",
        kernel=_one(name, "kernel_size", module.kernel_size),
        stride=_one(name, "stride", module.stride),
        padding=_one(name, "padding", module.padding),
        weight=_numbers(module.weight),
        bias=_bias(module, module.out_channels),
    )


def _pool(kind: str) -> Callable[[str, Any], Layer]:
    def read(name: str, module: Any) -> Layer:
        if _one(name, "padding", module.padding) or module.ceil_mode:
            raise ValueError(f"{name} must have neither padding nor ceil_mode")
        if kind == "max" and _one(name, "dilation", module.dilation) != 1:
            raise ValueError(f"{name} must have dilation 1, got {shown(module.dilation)}")
        if getattr(module, "divisor_override", None) is not None:
            raise ValueError(f"{name} must have no divisor_override")
        kernel = _one(name, "kernel_size", module.kernel_size)
        return Layer(kind, kernel=kernel, stride=_one(name, "stride", module.stride))

    return read


def _linear(name: str, module: Any) -> Layer:
    weight = _numbers(module.weight)
    return Layer("linear", weight=weight, bias=_bias(module, module.out_features))


_READERS: dict[str, Callable[[str, Any], Layer]] = {
    "Conv2d": _conv,
    "MaxPool2d": _pool("max"),
    "AvgPool2d": _pool("mean"),
    "Linear": _linear,
}


def _numbers(tensor: Any) -> NDArray[np.float32]:
    return np.array(tensor.detach().cpu().float().numpy())


def _bias(module: Any, outputs: int) -> NDArray[np.float32]:
    return np.zeros(outputs, np.float32) if module.bias is None else _numbers(module.bias)


def _check(name: str, network: Network) -> None:
    """Raise if a network does not read digits, or is more than a page can hold."""
    layers = network.layers
    if not layers or layers[-1].kind != "linear" or layers[-1].activation != "none":
        raise ValueError(f"{name} must end with a Linear layer that gives {CLASSES} scores")
    arrays = [a for each in layers for a in (each.weight, each.bias) if a is not None]
    weights = sum(array.size for array in arrays)
    if weights > MOST_WEIGHTS or len(layers) > MOST_LAYERS:
        raise ValueError(
            f"{name} must have at most {MOST_WEIGHTS} weights in {MOST_LAYERS} layers, got "
            f"{weights} in {len(layers)}"
        )
    if not all(np.isfinite(array).all() for array in arrays):
        raise ValueError(f"{name} must have finite weights")
    steps = [n for each in layers for n in (each.kernel, each.stride, each.padding + 1)]
    if min(steps) < 1 or max(steps) > MOST_STEP:
        raise ValueError(f"{name} must have kernels and strides from 1 to {MOST_STEP}")
    try:
        maps = network.maps(np.zeros((SIDE, SIDE)))
    except ValueError as error:
        raise ValueError(f"{name} must read a digit of 1 × {SIDE} × {SIDE}: {error}") from None
    products = sum(
        layer.weight.size * int(np.prod(values.shape[1:]))
        for layer, values in zip(layers, maps.values(), strict=True)
        if layer.weight is not None
    )
    if products > MOST_PRODUCTS:
        raise ValueError(f"{name} must take at most {MOST_PRODUCTS} products, got {products}")
    if maps["output"].shape != (CLASSES,):
        raise ValueError(f"{name} must give {CLASSES} scores, got {len(maps['output'])}")
    for layer, values in maps.items():
        if values.ndim == 3 and len(values) > MOST_MAPS:
            raise ValueError(
                f"{name} must have at most {MOST_MAPS} maps, {layer} has {len(values)}"
            )
