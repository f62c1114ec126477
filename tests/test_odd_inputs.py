"""Every public function of the arithmetic takes odd values or refuses them by name.

A new function gets a line in `CALLS`: the function and arguments that go together, all that it has.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from odd_inputs import complaints
from PIL import Image

from cnnviz import (
    arrays,
    attribution,
    boxes,
    chain,
    data,
    embeddings,
    images,
    kernels,
    ledgers,
    nets,
    ops,
    palette,
    shapes,
    signals,
    training,
)

IMAGE, X, WEIGHT = np.ones((4, 5)), np.ones((2, 4, 5)), np.ones((3, 2, 2, 2))
FLOATS = np.linspace(-1, 1, 12).reshape(3, 4)
WINDOW: dict[str, Any] = {"stride": 1, "padding": 0, "dilation": 1}
MODE = {"padding_mode": "zero"}
POOL = {"kernel": 2, "stride": 2, "padding": 0, "mode": "max", "dilation": 1}
POOL |= {"ceil_mode": False, "count_include_pad": True}
ZEROS, ONES = np.zeros(4), np.ones(4)
BATCH_NORM: dict[str, Any] = {"weight": ONES, "mean": ZEROS, "variance": ONES, "eps": 1e-5}
RESPONSE: dict[str, Any] = {"size": 3, "alpha": 1e-4, "beta": 0.75, "k": 2.0, "divide": False}
CONTRAST: dict[str, Any] = {"kernel": np.ones((3, 3)), "floor": 1.0, "padding_mode": "replicate"}
FOLDER = tempfile.TemporaryDirectory()  # of all files that are written here
WEIGHTS = Path(FOLDER.name) / "weights.safetensors"
ANNOTATED = Path(FOLDER.name)
Image.new("L", (8, 8)).save(ANNOTATED / "a.png")
(ANNOTATED / "a.txt").write_text("0 0.5 0.5 0.5 0.5")
MODEL = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 3))
training.save_weights(MODEL, WEIGHTS)
PICTURES, BATCH = np.zeros((4, 1, 8, 8), np.uint8), torch.ones(2, 1, 8, 8)
DATA = (PICTURES, [0, 1, 2, 0])
HOOKS = {"loss": None, "stop": None, "on_step": None, "on_epoch": None}
FIT: dict[str, Any] = {
    **{"model": MODEL, "train": DATA, "validation": DATA, "device": "cpu", "progress": "none"},
    **{"recipe": training.Recipe(epochs=1, batch=4)},
    **{"checkpoint": None, "checkpoint_steps": None, "resume": False},
    **HOOKS,
}
REGIONS: dict[str, Any] = {"boxes": [[0, 0, 2, 2], [1, 1, 4, 3]], "scale": 1.0}
ALIGN: dict[str, Any] = {"samples": 2, "aligned": True}
PEOPLE = Path(FOLDER.name) / "people"
(PEOPLE / "Ann").mkdir(parents=True)
Image.new("L", (20, 30)).save(PEOPLE / "Ann" / "1.pgm")
CONTRAST_PAIRS: dict[str, Any] = {"points": FLOATS, "labels": [0, 0, 1], "margin": 1.0}
TRIPLETS: dict[str, Any] = {"points": FLOATS, "triples": [[0, 1, 2]], "margin": 0.2}
VERIFIED: dict[str, Any] = {"distances": [1.0, 2.0, 3.0], "same": [True, False, True]}
LAYERS = [{"kind": "conv", "channels": 2, "kernel": 3}]


def refusing(call: Callable[..., Any], hooks: dict[str, Any]) -> Callable[..., Any]:
    """Return the same without calling hooks: what somebody's own function raises goes its way."""

    def run(**arguments: Any) -> Any:
        others = (arguments[name] for name, usual in hooks.items() if arguments[name] is not usual)
        return None if any(map(callable, others)) else call(**arguments)

    return run


CALLS: dict[str, tuple[Any, dict[str, Any]]] = {
    "arrays.as_array": (lambda x: arrays.as_array("x", x, finite=True), {"x": IMAGE}),
    "arrays.as_image": (lambda x: arrays.as_image("x", x, most=10**6, finite=True), {"x": IMAGE}),
    "arrays.as_light": (
        lambda x: arrays.as_light("x", arrays.as_image("x", x, most=10**6, finite=True)),
        {"x": np.eye(4)},
    ),
    "arrays.as_flag": (lambda x: arrays.as_flag("x", x), {"x": True}),
    "arrays.check_name": (lambda x: arrays.check_name("x", x, ("a", "b")), {"x": "a"}),
    "arrays.as_number": (lambda x: arrays.as_number("x", x), {"x": 1.0}),
    "ops.correlate": (ops.correlate, {"image": IMAGE, "kernel": np.ones((2, 2))} | WINDOW | MODE),
    "ops.convolve": (ops.convolve, {"image": IMAGE, "kernel": np.ones((2, 2))} | WINDOW | MODE),
    "ops.conv": (ops.conv, {"x": X, "weight": WEIGHT, "bias": None, "groups": 1} | WINDOW | MODE),
    "ops.conv_backward": (
        ops.conv_backward,
        {"grad": np.ones((3, 3, 4)), "x": X, "weight": WEIGHT, "groups": 1} | WINDOW | MODE,
    ),
    "ops.conv_transpose": (
        ops.conv_transpose,
        {"x": X, "weight": np.ones((2, 3, 2, 2)), "bias": None, "output_padding": 0, "groups": 1}
        | {"output_size": None}
        | WINDOW,
    ),
    "ops.pool": (ops.pool, {"x": X, "return_indices": False} | POOL),
    "ops.pool mean": (ops.pool, {"x": X} | POOL | {"mode": "mean"}),
    "ops.pool l2": (ops.pool, {"x": X} | POOL | {"mode": "l2"}),
    "ops.pool_backward": (ops.pool_backward, {"grad": np.ones((2, 2, 2)), "x": X} | POOL),
    "ops.pool_backward l2": (
        ops.pool_backward,
        {"grad": np.ones((2, 2, 2)), "x": X} | POOL | {"mode": "l2"},
    ),
    "ops.roi_align": (ops.roi_align, {"x": X, "size": 2, "images": None} | REGIONS | ALIGN),
    "ops.roi_align_backward": (
        ops.roi_align_backward,
        {"grad": np.ones((2, 2, 2, 2)), "x": X, "images": [0, 0]} | REGIONS | ALIGN,
    ),
    "ops.roi_align_weights": (ops.roi_align_weights, {"size": 2, "grid": (4, 5)} | REGIONS | ALIGN),
    "ops.roi_pool": (ops.roi_pool, {"x": X, "size": 2, "images": None} | REGIONS),
    "ops.roi_pool_backward": (
        ops.roi_pool_backward,
        {"grad": np.ones((2, 2, 2, 2)), "x": X, "images": [0, 0]} | REGIONS,
    ),
    "images.centred_digit": (images.centred_digit, {"picture": IMAGE}),
    "ops.relu": (ops.relu, {"x": FLOATS}),
    "ops.relu_backward": (ops.relu_backward, {"grad": FLOATS, "x": FLOATS}),
    "ops.sigmoid": (ops.sigmoid, {"x": FLOATS}),
    "ops.sigmoid_backward": (ops.sigmoid_backward, {"grad": FLOATS, "x": FLOATS}),
    "ops.softmax": (ops.softmax, {"x": FLOATS, "axis": 0}),
    "ops.softmax_backward": (ops.softmax_backward, {"grad": FLOATS, "x": FLOATS, "axis": 0}),
    "ops.leaky_relu": (ops.leaky_relu, {"x": FLOATS, "slope": 0.1}),
    "ops.leaky_relu_backward": (
        ops.leaky_relu_backward,
        {"grad": FLOATS, "x": FLOATS, "slope": 0.1},
    ),
    "ops.tanh": (ops.tanh, {"x": FLOATS}),
    "ops.tanh_backward": (ops.tanh_backward, {"grad": FLOATS, "x": FLOATS}),
    "ops.mean_squared_error": (ops.mean_squared_error, {"prediction": FLOATS, "target": FLOATS}),
    "ops.mean_squared_error_backward": (
        ops.mean_squared_error_backward,
        {"prediction": FLOATS, "target": FLOATS},
    ),
    "ops.batch_statistics": (ops.batch_statistics, {"x": FLOATS}),
    "ops.running_statistics": (
        ops.running_statistics,
        {"mean": ZEROS, "variance": ONES, "x": FLOATS, "momentum": 0.1, "unbiased": True},
    ),
    "ops.batch_norm": (ops.batch_norm, {"x": FLOATS} | BATCH_NORM | {"bias": ZEROS}),
    "ops.batch_norm_backward": (
        ops.batch_norm_backward,
        {"grad": FLOATS, "x": FLOATS} | BATCH_NORM,
    ),
    "ops.local_response_norm": (ops.local_response_norm, {"x": FLOATS} | RESPONSE),
    "ops.local_response_norm_backward": (
        ops.local_response_norm_backward,
        {"grad": FLOATS, "x": FLOATS} | RESPONSE,
    ),
    "ops.local_contrast_norm": (ops.local_contrast_norm, {"x": X} | CONTRAST),
    "ops.local_contrast_norm_backward": (
        ops.local_contrast_norm_backward,
        {"grad": X, "x": X} | CONTRAST,
    ),
    "ops.linear": (ops.linear, {"x": FLOATS, "weight": np.ones((2, 4)), "bias": [1, 2]}),
    "ops.linear_backward": (
        ops.linear_backward,
        {"grad": np.ones((3, 2)), "x": FLOATS, "weight": np.ones((2, 4))},
    ),
    "ops.flatten": (ops.flatten, {"x": X}),
    "ops.flatten_backward": (ops.flatten_backward, {"grad": np.ones((2, 20)), "x": X}),
    "ops.dropout": (ops.dropout, {"x": FLOATS, "mask": FLOATS > 0, "rate": 0.5}),
    "ops.dropout_backward": (
        ops.dropout_backward,
        {"grad": FLOATS, "mask": FLOATS > 0, "rate": 0.5},
    ),
    "ops.dropout_mask": (ops.dropout_mask, {"shape": (3, 4), "rate": 0.5, "seed": 0}),
    "ops.cross_entropy": (ops.cross_entropy, {"logits": FLOATS, "target": [0, 1, 2]}),
    "ops.cross_entropy_backward": (
        ops.cross_entropy_backward,
        {"logits": FLOATS, "target": [0, 1, 2]},
    ),
    "shapes.conv_output_size": (shapes.conv_output_size, {"n": (8, 9), "kernel": 3} | WINDOW),
    "shapes.dropped": (shapes.dropped, {"n": 8, "kernel": 3} | WINDOW),
    "shapes.pool_output_size": (
        shapes.pool_output_size,
        {"n": (8, 9), "kernel": 3, "ceil_mode": True} | WINDOW,
    ),
    "shapes.conv_transpose_output_size": (
        shapes.conv_transpose_output_size,
        {"n": 8, "kernel": 3, "output_padding": 0} | WINDOW,
    ),
    "shapes.transpose_output_padding": (
        shapes.transpose_output_padding,
        {"n": 8, "output_size": 10, "kernel": 3} | WINDOW,
    ),
    "shapes.same_padding": (
        shapes.same_padding,
        {"n": 8, "kernel": 3, "stride": 1, "dilation": 1},
    ),
    "shapes.receptive_field": (shapes.receptive_field, {"layers": [3, (3, 2)]}),
    "shapes.receptive_field, a layer": (
        lambda layer, layers=None: shapes.receptive_field([3, layer]),  # named in messages, too
        {"layer": 3},
    ),
    "shapes.receptive_field, a number": (
        lambda kernel, stride, padding, dilation, layers=None: shapes.receptive_field(
            [(kernel, stride, padding, dilation)]
        ),
        {"kernel": 3} | WINDOW,
    ),
    "shapes.geometry": (shapes.geometry, {"n": 8, "kernel": 3, "ceil_mode": False} | WINDOW),
    "shapes.transpose_geometry": (
        shapes.transpose_geometry,
        {"n": 8, "kernel": 3, "output_padding": 0} | WINDOW,
    ),
    "shapes.per_axis": (lambda value: shapes.per_axis("value", value, 2), {"value": 2}),
    "shapes.padding_per_axis": (
        lambda padding: shapes.padding_per_axis(padding, (8, 8), (3, 3), (1, 1)),
        {"padding": 2},
    ),
    "shapes.whole": (lambda groups: shapes.whole("groups", groups), {"groups": 2}),
    "kernels.identity": (kernels.identity, {"size": 3}),
    "kernels.box": (kernels.box, {"size": 3}),
    "kernels.gaussian": (kernels.gaussian, {"size": 3, "sigma": 1.0}),
    "kernels.laplacian_of_gaussian": (
        kernels.laplacian_of_gaussian,
        {"size": 5, "sigma": 1.0},
    ),
    "kernels.motion_blur": (kernels.motion_blur, {"size": 5, "angle": 30.0}),
    "kernels.prewitt": (kernels.prewitt, {"axis": "x"}),
    "kernels.sobel": (kernels.sobel, {"axis": "x"}),
    "kernels.scharr": (kernels.scharr, {"axis": "x"}),
    "kernels.get": (kernels.get, {"name": "box"}),
    "images.picture": (images.picture, {"name": "digit"}),
    "images.figure": (images.figure, {"name": "binary_8x8"}),
    "images.text": (images.text, {"size": 8}),
    "chain.check_input_shape": (
        lambda input_shape: chain.check_input_shape(input_shape),
        {"input_shape": (1, 8)},
    ),
    "chain.check_layers": (lambda layers: chain.check_layers(layers), {"layers": LAYERS}),
    "chain.rows": (chain.rows, {"layers": LAYERS, "input_shape": (1, 8, 8)}),
    "chain.link": (chain.link, {"layers": LAYERS, "input_shape": (1, 8, 8)}),
    "ledgers.ledger": (ledgers.ledger, {"model": MODEL, "input_shape": (1, 8, 8)}),
    "chain.from_link": (lambda link: chain.from_link(link), {"link": "#layers=1x8;flatten"}),
    "data.load": (data.load, {"name": "digits", "split": "test"}),
    "data.load_or_digits": (data.load_or_digits, {"name": "digits", "split": "test"}),
    "data.scenes": (
        data.scenes,
        {"count": 2, "size": (16, 24), "objects": (1, 2), "digits": "digits", "split": "test"}
        | {
            "classes": ["1", "2"],
            "scale": 8,
            "channels": 1,
            "ground": "plain",
            "overlap": 0.1,
            "seed": 0,
        },
    ),
    "data.read_annotations": (
        data.read_annotations,
        {"path": ANNOTATED, "format": "yolo", "images": None, "classes": None},
    ),
    "data.read_annotations, size": (
        lambda size: data.read_annotations(ANNOTATED, "yolo").scenes(size),
        {"size": 8},
    ),
    "palette.ink_on": (palette.ink_on, {"rgb": [0.0, 114.0, 178.0]}),
    "palette.light_rgb": (palette.light_rgb, {"planes": X[:1], "low": 0.0, "high": 1.0}),
    "palette.signed_rgb": (palette.signed_rgb, {"values": IMAGE, "top": 1.0}),
    "training.Recipe": (training.Recipe, training.Recipe().to_dict()),
    "training.recipe": (training.recipe, {"name": "lenet-mnist"}),
    "training.choose_device": (training.choose_device, {"device": "cpu"}),
    "training.hold_out": (training.hold_out, {"data": DATA, "count": 1, "seed": 0}),
    "training.fit": (refusing(training.fit, HOOKS), FIT),
    "training.evaluate": (
        refusing(training.evaluate, {"loss": torch.nn.functional.cross_entropy}),
        {"model": MODEL, "data": DATA, "batch": 2, "loss": torch.nn.functional.cross_entropy},
    ),
    "training.predict": (training.predict, {"model": MODEL, "pictures": PICTURES, "batch": 2}),
    "training.random_crop": (
        training.random_crop,
        {"pictures": BATCH, "padding": 2, "generator": None},
    ),
    "training.random_flip": (training.random_flip, {"pictures": BATCH, "generator": None}),
    "training.save_weights": (
        training.save_weights,
        {"model": MODEL, "path": WEIGHTS.with_stem("saved"), "dtype": None, "metadata": None},
    ),
    "training.load_weights": (
        lambda path: training.load_weights(MODEL, path),  # a model that it doesn't fit: by its name
        {"path": WEIGHTS},
    ),
    "training.History.from_dict": (training.History.from_dict, {"values": {"loss": [1.0]}}),
    "training.History.from_dict, a list": (
        lambda loss: training.History.from_dict({"loss": loss}),
        {"loss": [2.0, None]},
    ),
}


def a_layer(kind: str) -> tuple[Any, dict[str, Any]]:
    """Return a chain of one layer of a kind, every parameter an argument."""
    defaults = {name: 1 for name in chain.KINDS[kind]} | {"bias": True, "padding": 0}
    arguments = {name: defaults[name] for name in chain.KINDS[kind]} | {"output_padding": 0}
    known = {name: value for name, value in arguments.items() if name in chain.KINDS[kind]}

    def rows(**layer: Any) -> Any:
        return chain.rows([{"kind": kind, **layer}], (1, 8, 8))

    return rows, known


CALLS |= {f"chain.rows, {kind}": a_layer(kind) for kind in chain.KINDS if chain.KINDS[kind]}


ENDS = {"channels": 3, "classes": 4}
NETS: dict[str, dict[str, Any]] = {
    "lenet5": {"size": 28, "activation": "relu", "pool": "max"} | ENDS,
    "lenet5_1998": {"size": 28},
    "alexnet": {"form": "paper"} | ENDS,
    "vgg16": {"batch_norm": True} | ENDS,
    "vgg19": {"batch_norm": False} | ENDS,
    "googlenet": {"form": "paper", "aux": True} | ENDS,
    "one_stage": {"width": 4} | ENDS,
    "two_stage": {"width": 4, "sizes": [[8, 6], [4, 4]]} | ENDS,
    "resnet18": ENDS,
    "resnet34": ENDS,
    "resnet50": {"stride_on": "1x1"} | ENDS,
    "resnet101": {"stride_on": "3x3"} | ENDS,
    "resnet152": {"stride_on": "3x3"} | ENDS,
    "cifar_resnet": {"depth": 8, "shortcut": "identity", "residual": True, "block": "basic"}
    | {"preactivation": True}
    | ENDS,
    "BasicBlock": {"before": 4, "width": 8, "stride": 2, "shortcut": "identity"},
    "Bottleneck": {"before": 4, "width": 8, "stride": 2, "shortcut": "none", "stride_on": "1x1"},
    "PreActivationBlock": {"before": 4, "width": 8, "stride": 1, "shortcut": "projection"}
    | {"bottleneck": True},
    "Inception": {"before": 4, "one": 1, "reduce3": 1, "three": 1, "reduce5": 1, "five": 1}
    | {"pool": 1, "as_torchvision": True},
    "GoogLeNet": {"as_torchvision": True, "aux": False} | ENDS,
}


def a_net(name: str) -> Any:
    """Return what builds a network without its weights."""

    def build(**arguments: Any) -> Any:
        with torch.device("meta"):
            return getattr(nets, name)(**arguments)

    return build


CALLS |= {f"nets.{name}": (a_net(name), arguments) for name, arguments in NETS.items()}
LINEAR = torch.nn.Linear(2, 1)
DETECTOR = nets.two_stage(2, width=1)
CALLS |= {
    "nets.parameter_count": (nets.parameter_count, {"module": LINEAR}),
    "nets.one_stage_boxes": (
        nets.one_stage_boxes,
        {"scores": torch.zeros(1, 7, 2, 2), "threshold": 0.5, "overlap": 0.5},
    ),
    "nets.one_stage_target": (
        nets.one_stage_target,
        {"objects": [{"boxes": [[0, 0, 8, 8]], "labels": [1]}], "size": (8, 16), "classes": 2},
    ),
    "nets.one_stage_grid": (nets.one_stage_grid, {"scores": torch.zeros(1, 7, 2, 2)}),
    "nets.one_stage_loss": (
        nets.one_stage_loss,
        {"scores": torch.zeros(1, 7, 2, 2), "target": torch.zeros(1, 2, 2, 7)},
    ),
    "nets.region_features": (
        nets.region_features,
        {"features": torch.ones(2, 1, 4, 4), "regions": [[0, 0, 8, 8]], "images": [1]},
    ),
    "nets.two_stage_proposals": (
        nets.two_stage_proposals,
        {"scores": torch.ones(2), "deltas": torch.zeros(2, 4)}
        | {"anchors": torch.tensor([[0.0, 0, 8, 8], [4, 4, 9, 9]]), "size": (8, 12)}
        | {"count": 2, "overlap": 0.7},
    ),
    "nets.two_stage_boxes": (
        nets.two_stage_boxes,
        {"net": DETECTOR, "pictures": torch.zeros(1, 1, 8, 8), "threshold": 0.5, "overlap": 0.5}
        | {"regions": [[[0, 0, 8, 8]]]},
    ),
    "nets.two_stage_loss": (
        nets.two_stage_loss,
        {"net": DETECTOR, "pictures": torch.zeros(1, 1, 8, 8)}
        | {"objects": [{"boxes": [[0, 0, 8, 8]], "labels": [1]}], "regions": [[[0, 0, 8, 8]]]}
        | {"generator": None},
    ),
    "nets.load_pretrained": (nets.load_pretrained, {"net": LINEAR, "source": LINEAR.state_dict()}),
}


MAPS = torch.nn.Sequential(
    *(torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1)),
    *(torch.nn.Flatten(), torch.nn.Linear(2, 3)),
)
SEEN: dict[str, Any] = {"model": MAPS, "x": BATCH, "target": 1}
BOUNDS = {"model": MAPS, "x": BATCH, "labels": [0, 2], "epsilon": 0.1, "low": 0.0, "high": 1.0}
CLIMB = {"model": MAPS, "target": 1, "input_shape": (1, 8, 8), "layer": "0", "steps": 2}
CLIMB |= {"learning_rate": 0.1, "decay": 0.1, "variation": 0.1, "jitter": 1, "seed": 0}
CLIMB |= {"low": 0.0, "high": 1.0}
CALLS |= {
    "attribution.occlusion": (
        attribution.occlusion,
        SEEN | {"window": 4, "stride": 4, "fill": 0.5, "batch": 8},
    ),
    "attribution.gradient": (attribution.gradient, SEEN),
    "attribution.saliency": (attribution.saliency, SEEN),
    "attribution.guided_backprop": (attribution.guided_backprop, SEEN),
    "attribution.cam": (attribution.cam, SEEN | {"layer": "1"}),
    "attribution.grad_cam": (attribution.grad_cam, SEEN | {"layer": "0", "relu": True}),
    "attribution.effective_field": (
        attribution.effective_field,
        {"model": MAPS, "layer": "0", "x": BATCH, "unit": (2, 2)},
    ),
    "data.drawn_faces": (
        data.drawn_faces,
        {"identities": 2, "each": 2, "size": 16, "seed": 0},
    ),
    "data.people": (data.people, {"folder": PEOPLE, "size": 16}),
    "nets.embedding": (nets.embedding, {"features": 4, "size": 16, "channels": 1}),
    "training.triplet_loss": (
        training.triplet_loss,
        {
            "features": torch.eye(4),
            "labels": torch.tensor([0, 0, 1, 1]),
            "margin": 0.2,
            "mining": "all",
        },
    ),
    "training.contrastive_loss": (
        training.contrastive_loss,
        {"features": torch.eye(4), "labels": torch.tensor([0, 0, 1, 1]), "margin": 1.0},
    ),
    "training.identity_batch": (
        training.identity_batch,
        {"labels": [0, 0, 1, 1], "identities": 2, "each": 2, "rng": np.random.default_rng(0)},
    ),
    "embeddings.squared_distances": (
        embeddings.squared_distances,
        {"points": FLOATS, "others": FLOATS},
    ),
    "embeddings.pairs": (embeddings.pairs, {"labels": [0, 0, 1]}),
    "embeddings.triplets": (embeddings.triplets, {"labels": [0, 0, 1]}),
    "embeddings.contrastive_loss": (embeddings.contrastive_loss, CONTRAST_PAIRS),
    "embeddings.contrastive_loss_backward": (
        embeddings.contrastive_loss_backward,
        CONTRAST_PAIRS,
    ),
    "embeddings.triplet_loss": (embeddings.triplet_loss, TRIPLETS),
    "embeddings.triplet_loss_backward": (embeddings.triplet_loss_backward, TRIPLETS),
    "embeddings.triplet_kinds": (embeddings.triplet_kinds, TRIPLETS),
    "embeddings.equal_error_interval": (
        embeddings.equal_error_interval,
        {"points": np.eye(6), "labels": [0, 0, 1, 1, 2, 2], "draws": 3, "level": 0.9, "seed": 0},
    ),
    "embeddings.few_shot_accuracy": (
        embeddings.few_shot_accuracy,
        {"points": np.eye(4), "labels": [0, 0, 1, 1], "shots": 1, "draws": 2, "seed": 0},
    ),
    "embeddings.error_rates": (embeddings.error_rates, VERIFIED | {"threshold": 1.0}),
    "embeddings.operating_points": (embeddings.operating_points, VERIFIED),
    "embeddings.equal_error_rate": (embeddings.equal_error_rate, VERIFIED),
    "attribution.activation_maximisation": (attribution.activation_maximisation, CLIMB),
    "attribution.fgsm": (attribution.fgsm, BOUNDS),
    "attribution.pgd": (attribution.pgd, BOUNDS | {"steps": 2, "step": 0.1, "seed": 1}),
}


BOXES = np.array([[0.0, 0, 2, 2], [1, 0, 3, 2], [5, 5, 6, 7]])
FOUND: dict[str, Any] = {"boxes": BOXES, "scores": [0.9, 0.8, 0.7]}
RANKED: dict[str, Any] = {"scores": [0.9, 0.8, 0.7], "hits": [True, False, True], "objects": 4}
PICTURE_FOUND: dict[str, Any] = FOUND | {"labels": [0, 1, 1]}
CALLS |= {
    "boxes.convert": (
        boxes.convert,
        {"boxes": BOXES, "source": "xyxy", "target": "xywh-normalised", "size": (8, 8)},
    ),
    "boxes.area": (boxes.area, {"boxes": BOXES}),
    "boxes.clip": (boxes.clip, {"boxes": BOXES, "size": (8, 8)}),
    "boxes.iou": (boxes.iou, {"a": BOXES, "b": BOXES}),
    "boxes.giou": (boxes.giou, {"a": BOXES, "b": BOXES}),
    "boxes.diou": (boxes.diou, {"a": BOXES, "b": BOXES}),
    "boxes.paired_iou": (boxes.paired_iou, {"a": BOXES, "b": BOXES}),
    "boxes.paired_giou": (boxes.paired_giou, {"a": BOXES, "b": BOXES}),
    "boxes.paired_diou": (boxes.paired_diou, {"a": BOXES, "b": BOXES}),
    "boxes.nms": (boxes.nms, FOUND | {"threshold": 0.5, "labels": [0, 0, 1]}),
    "boxes.soft_nms": (
        boxes.soft_nms,
        FOUND | {"sigma": 0.5, "threshold": 0.001, "labels": [0, 0, 1]},
    ),
    "boxes.nms_steps": (boxes.nms_steps, FOUND | {"threshold": 0.5}),
    "boxes.anchors": (boxes.anchors, {"grid": (2, 3), "stride": 8, "sizes": [(4, 4), (8, 4)]}),
    "boxes.assign": (
        boxes.assign,
        {"anchors": BOXES, "boxes": BOXES, "positive": 0.7, "negative": 0.3},
    ),
    "boxes.encode_deltas": (boxes.encode_deltas, {"boxes": BOXES, "anchors": BOXES}),
    "boxes.decode_deltas": (boxes.decode_deltas, {"deltas": BOXES, "anchors": BOXES}),
    "boxes.encode_grid": (
        boxes.encode_grid,
        {"boxes": BOXES, "labels": [0, 1, 1], "grid": (2, 2), "size": (8, 8), "classes": 2},
    ),
    "boxes.decode_grid": (
        boxes.decode_grid,
        {"target": np.ones((2, 2, 7)), "size": (8, 8), "threshold": 0.5},
    ),
    "boxes.match": (boxes.match, FOUND | {"objects": BOXES, "threshold": 0.5}),
    "boxes.precision_recall": (boxes.precision_recall, RANKED),
    "boxes.average_precision": (boxes.average_precision, RANKED | {"method": "all-points"}),
    "boxes.evaluate": (
        boxes.evaluate,
        {"detections": [PICTURE_FOUND], "objects": [PICTURE_FOUND], "classes": [0, 1]}
        | {"thresholds": [0.5, 0.75], "areas": {"s": (0, 9)}, "max_detections": [1, 100]},
    ),
    "boxes.evaluate detections": (
        lambda **found: boxes.evaluate([found], [PICTURE_FOUND]),
        PICTURE_FOUND,
    ),
    "boxes.evaluate objects": (
        lambda **truth: boxes.evaluate([PICTURE_FOUND], [truth]),
        PICTURE_FOUND | {"iscrowd": [0, 1, 0], "area": [4.0, 4.0, 2.0]},
    ),
    "boxes.evaluate areas": (
        lambda **areas: boxes.evaluate([PICTURE_FOUND], [PICTURE_FOUND], areas=areas),
        {"s": (0, 9)},
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_odd_values_are_taken_or_refused_by_name(name):
    found = complaints(*CALLS[name])
    assert not found, "\n".join(found)


def test_every_public_function_is_tried():
    tried = {name.split(",")[0].split(" ")[0] for name in CALLS}
    spared = {  # no arguments, or what the others are made of
        *(f"signals.{name}" for name in signals.__all__),
        *("kernels.sharpen", "kernels.emboss", "kernels.laplacian"),
        *(f"images.{name}" for name in (*images.FIGURES, "chest_phantom")),
        *(f"images.{name}" for name in images.photographs.__all__),
        *("shapes.window_span", "shapes.count_axes", "shapes.listed", "shapes.check_half_padding"),
        *(f"arrays.{name}" for name in ("as_pixels", "byte_size", "channels_hint", "is_picture")),
        *("nets.digit_prototypes", "nets.trained_lenet5", "nets.trained_one_stage"),
        *("arrays.refuse_large", "arrays.shown", "data.cache_folder", "chain.label"),
        "chain.graph",  # as chain.rows
    }
    public = {
        f"{module.__name__.split('.')[1]}.{name}"
        for module in (
            *(arrays, attribution, boxes, chain, data, images, kernels, ledgers, nets),
            *(ops, palette, shapes, signals, training),
        )
        for name in module.__all__
        if callable(getattr(module, name)) and not isinstance(getattr(module, name), type)
    }
    assert public <= tried | spared, public - tried - spared
