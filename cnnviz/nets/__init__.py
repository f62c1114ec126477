"""Networks that more than one chapter uses, and the famous ones, in PyTorch.

`lenet5` is the network as it is built today, `lenet5_1998` as it was published. Their layers have
the paper's names, so that ``net.c3`` is the third one in both.

>>> from cnnviz import nets
>>> nets.parameter_count(nets.lenet5()), nets.parameter_count(nets.lenet5_1998())
(61706, 60000)

`alexnet`, `vgg16`, `googlenet`, `resnet50` and their like have the names of torchvision, module by
module, so that weights saved by others load by name with `load_pretrained`. Where a paper and
torchvision differ, an argument picks one.

To look at shapes and counts alone, build a large network without its weights:

>>> import torch
>>> with torch.device("meta"):
...     net = nets.vgg16()
>>> nets.parameter_count(net)
138357544
"""

from __future__ import annotations

from cnnviz.nets._alexnet import alexnet
from cnnviz.nets._cifar import cifar_resnet
from cnnviz.nets._common import parameter_count
from cnnviz.nets._embedding import UnitLength, embedding
from cnnviz.nets._googlenet import GoogLeNet, Inception, Scores, googlenet
from cnnviz.nets._layers import DropConnect, StochasticPool2d
from cnnviz.nets._lenet import (
    C3_TABLE,
    PartialConv2d,
    Prototypes,
    ScaledTanh,
    Subsampling,
    digit_prototypes,
    lenet5,
    lenet5_1998,
    trained_lenet5,
)
from cnnviz.nets._one_stage import (
    OneStageLoss,
    one_stage,
    one_stage_boxes,
    one_stage_grid,
    one_stage_loss,
    one_stage_target,
    trained_one_stage,
)
from cnnviz.nets._pretrained import load_pretrained
from cnnviz.nets._residual import BasicBlock, Bottleneck, PreActivationBlock
from cnnviz.nets._resnet import resnet18, resnet34, resnet50, resnet101, resnet152
from cnnviz.nets._two_stage import (
    TwoStage,
    TwoStageLoss,
    region_features,
    two_stage,
    two_stage_boxes,
    two_stage_loss,
    two_stage_proposals,
)
from cnnviz.nets._vgg import vgg16, vgg19

__all__ = [
    "C3_TABLE",
    "BasicBlock",
    "Bottleneck",
    "DropConnect",
    "GoogLeNet",
    "Inception",
    "OneStageLoss",
    "PartialConv2d",
    "PreActivationBlock",
    "Prototypes",
    "ScaledTanh",
    "Scores",
    "StochasticPool2d",
    "Subsampling",
    "TwoStage",
    "TwoStageLoss",
    "UnitLength",
    "alexnet",
    "cifar_resnet",
    "digit_prototypes",
    "embedding",
    "googlenet",
    "lenet5",
    "lenet5_1998",
    "load_pretrained",
    "one_stage",
    "one_stage_boxes",
    "one_stage_grid",
    "one_stage_loss",
    "one_stage_target",
    "parameter_count",
    "region_features",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "trained_lenet5",
    "trained_one_stage",
    "two_stage",
    "two_stage_boxes",
    "two_stage_loss",
    "two_stage_proposals",
    "vgg16",
    "vgg19",
]
