"""What a network's answer depends on: attributions, pictures that please a unit, attacks.

Every function takes any model that gives scores (N, classes), and leaves it as it was: modes,
gradients, hooks, buffers, and the random numbers to come. The model runs in inference mode.

- :func:`occlusion`: the score, with a part of the picture covered;
- :func:`gradient`, :func:`saliency`, :func:`guided_backprop`: the score's slope, and two pictures
  made of it;
- :func:`cam`, :func:`grad_cam`: a layer's maps, added up by what they do for the score;
- :func:`effective_field`: how much of its receptive field a unit makes use of;
- :func:`activation_maximisation`: a picture that a unit answers to most;
- :func:`fgsm`, :func:`pgd`: small changes of a picture that raise the loss.

>>> import torch
>>> from cnnviz import attribution
>>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 3, bias=False))
>>> _ = torch.nn.init.constant_(model[1].weight, 2)
>>> attribution.saliency(model, torch.ones(1, 1, 2, 2), target=0)
tensor([[[2., 2.],
         [2., 2.]]])
"""

from __future__ import annotations

from cnnviz.attribution._attacks import fgsm, pgd
from cnnviz.attribution._fields import effective_field
from cnnviz.attribution._gradients import gradient, guided_backprop, saliency
from cnnviz.attribution._maps import cam, grad_cam
from cnnviz.attribution._occlusion import occlusion
from cnnviz.attribution._synthesis import activation_maximisation

__all__ = [
    "activation_maximisation",
    "cam",
    "effective_field",
    "fgsm",
    "grad_cam",
    "gradient",
    "guided_backprop",
    "occlusion",
    "pgd",
    "saliency",
]
