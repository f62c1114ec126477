"""Attributions against captum, finite differences and brute force; a model stays as it was."""

from __future__ import annotations

import copy

import captum.attr
import captum.robust
import pytest
import torch
import torch.nn.functional as F
from attributed_nets import WAYS, Functional, Kept, Restless, plain, pooled, seeded
from torch import nn

from cnnviz import attribution, fields, ledger, nets

X = torch.rand(3, 2, 9, 9, generator=torch.Generator().manual_seed(17), dtype=torch.float64)
TARGETS = [1, 3, 0]


def close(a, b):
    torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-12)


# --- gradients ------------------------------------------------------------------------------------


def test_a_gradient_is_what_the_score_does():
    net = seeded(plain).eval()
    found = attribution.gradient(net, X, TARGETS)
    step = 1e-6
    for place in [(0, 0, 0, 0), (1, 1, 4, 7), (2, 0, 8, 8), (0, 1, 3, 3)]:
        up, down = X.clone(), X.clone()
        up[place] += step
        down[place] -= step
        n = place[0]
        with torch.no_grad():
            rise = (net(up) - net(down))[n, TARGETS[n]] / (2 * step)
        assert float(found[place]) == pytest.approx(float(rise), rel=1e-5, abs=1e-9)


def test_saliency_is_captums():
    net = seeded(plain).eval()
    theirs = captum.attr.Saliency(net).attribute(X.clone().requires_grad_(), torch.tensor(TARGETS))
    close(attribution.saliency(net, X, TARGETS), theirs.amax(1))
    close(attribution.gradient(net, X, TARGETS).abs(), theirs)


def test_guided_backprop_is_captums():
    net = seeded(plain).eval()
    with pytest.warns(UserWarning, match="Setting backward hooks"):
        theirs = captum.attr.GuidedBackprop(net).attribute(
            X.clone().requires_grad_(), torch.tensor(TARGETS)
        )
    ours = attribution.guided_backprop(net, X, TARGETS)
    close(ours, theirs)
    assert not torch.allclose(ours, attribution.gradient(net, X, TARGETS))


@pytest.mark.parametrize("way", WAYS)
def test_guided_backprop_meets_every_relu(way):
    torch.manual_seed(0)
    net = Functional(WAYS[way]).double()
    same = seeded(plain)
    close(attribution.guided_backprop(net, X, 2), attribution.guided_backprop(same, X, 2))
    close(attribution.gradient(net, X, 2), attribution.gradient(same, X, 2))


def test_a_relu_in_place_changes_what_others_see():
    one, other = seeded(Kept), seeded(lambda: Kept(inplace=False))
    for ask in (attribution.gradient, attribution.guided_backprop):
        close(ask(one, X, 1), ask(other, X, 1))


def test_a_relu_in_place_at_the_start_leaves_the_picture_alone():
    net = seeded(lambda: nn.Sequential(nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(162, 3)))
    x = X - 0.5
    before = x.clone()
    attribution.guided_backprop(net, x, 0)
    attribution.occlusion(net, x, 0, 3, stride=3)
    attribution.gradient(net, x, 0)
    assert torch.equal(x, before)


def test_guided_backprop_says_when_it_cannot():
    with pytest.raises(ValueError, match=r"must have a ReLU .*attribution\.gradient"):
        attribution.guided_backprop(nn.Sequential(nn.Flatten(), nn.Linear(2, 1)), ones(1, 1, 2), 0)
    net = plain().eval()
    net[2] = torch.jit.trace(nn.Sequential(nn.ReLU(), nn.MaxPool2d(2)), torch.ones(1, 5, 9, 9))
    with pytest.raises(ValueError, match="2 is TorchScript"):
        attribution.guided_backprop(net, X.float(), 0)


def ones(*shape):
    return torch.ones(1, *shape)


# --- maps -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", [0, 1, 3, 4])
def test_grad_cam_is_captums(layer):
    net = seeded(plain).eval()
    theirs = captum.attr.LayerGradCam(net, net[layer]).attribute(
        X, torch.tensor(TARGETS), relu_attributions=True
    )
    close(attribution.grad_cam(net, str(layer), X, TARGETS), theirs.detach()[:, 0])
    close(
        attribution.grad_cam(net, net[layer], X, TARGETS, relu=False),
        captum.attr.LayerGradCam(net, net[layer])
        .attribute(X, torch.tensor(TARGETS))[:, 0]
        .detach(),
    )


def test_grad_cam_takes_a_layer_before_a_relu_writes_over_it():
    for layer in ("0", "3"):
        ours = attribution.grad_cam(seeded(lambda: plain(inplace=True)), layer, X, 0, relu=False)
        close(ours, attribution.grad_cam(seeded(plain), layer, X, 0, relu=False))


def test_cam_is_grad_cam_times_the_number_of_places():
    net = seeded(pooled)
    ours = attribution.cam(net, "3", X, TARGETS)
    close(ours, 25 * attribution.grad_cam(net, "3", X, TARGETS, relu=False))
    score = net(X).gather(1, torch.tensor(TARGETS)[:, None])[:, 0]
    close(ours.mean((1, 2)), (score - net[6].bias[TARGETS]).detach())


def test_cam_refuses_other_ends():
    with pytest.raises(ValueError, match=r"whose global means .* '3' don't: .*grad_cam"):
        attribution.cam(seeded(lambda: pooled(mean=False)), "3", X, 0)
    with pytest.raises(ValueError, match="'1' don't"):
        attribution.cam(seeded(pooled), "1", X, 0)
    with pytest.raises(ValueError, match="must end in a dense layer"):
        attribution.cam(nn.Conv2d(2, 2, 3).double(), "", X, 0)


def test_famous_networks_can_be_asked():
    torch.manual_seed(0)
    net = nets.resnet18(classes=5)
    x = torch.rand(1, 3, 64, 64)
    ours = attribution.cam(net, "layer4", x, 3)
    close(ours.float(), 4 * attribution.grad_cam(net, "layer4", x, 3, relu=False))
    assert attribution.guided_backprop(net, x, 3).shape == x.shape


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("9", r"layer '9' must give maps \(N, K, H, W\), it gives \(3, 4\)"),
        ("99", "layer must be one of 0, 1"),
        (nn.ReLU(), "this ReLU is none"),
        (3, "layer must be a module"),
    ],
)
def test_a_layer_that_does_not_fit_is_named(layer, message):
    with pytest.raises((ValueError, TypeError), match=message):
        attribution.grad_cam(seeded(plain), layer, X, 0)


def test_a_layer_that_runs_twice_or_never_is_named():
    net = Functional(nn.ReLU()).double()
    net.spare = nn.ReLU()
    with pytest.raises(ValueError, match="'relu' runs more than once"):
        attribution.grad_cam(net, "relu", X, 0)
    with pytest.raises(ValueError, match="'spare' must run"):
        attribution.grad_cam(net, "spare", X, 0)
    assert not any(module._forward_hooks for module in net.modules())


# --- occlusion ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("window", "stride"), [(3, 3), (4, 2), (2, 1), ((3, 2), (2, 1)), (9, 9), (4, 3)]
)
@pytest.mark.parametrize("fill", [0.0, 0.5])
def test_occlusion_is_captums(window, stride, fill):
    net = seeded(plain).eval()
    pairs = [(n, n) if isinstance(n, int) else n for n in (window, stride)]
    theirs = captum.attr.Occlusion(net).attribute(
        X,
        sliding_window_shapes=(2, *pairs[0]),
        strides=(2, *pairs[1]),
        baselines=fill,
        target=torch.tensor(TARGETS),
    )
    ours = attribution.occlusion(net, X, TARGETS, window, stride=stride, fill=fill, batch=7)
    torch.testing.assert_close(ours.float(), theirs[:, 0].float(), rtol=1e-4, atol=1e-5)


def test_occlusion_by_hand():
    net = seeded(plain).eval()
    blurred = F.avg_pool2d(X, 3, 1, 1)
    ours = attribution.occlusion(net, X, 2, 3, stride=3, fill=blurred)
    covered = X.clone()
    covered[:, :, 3:6, 6:9] = blurred[:, :, 3:6, 6:9]
    with torch.no_grad():
        fall = (net(X) - net(covered))[:, 2]
    close(ours[:, 3:6, 6:9], fall[:, None, None].expand(3, 3, 3))
    colour = attribution.occlusion(net, X, 2, 3, stride=3, fill=torch.tensor([[[0.1]], [[0.7]]]))
    covered[:, 0, 3:6, 6:9], covered[:, 1, 3:6, 6:9] = 0.1, 0.7
    covered = covered.float().double()  # as the colour was given
    again = torch.where(covered == X.float().double(), X, covered)
    with torch.no_grad():
        close(colour[:, 4, 7], (net(X) - net(again))[:, 2])


# --- fields ---------------------------------------------------------------------------------------


def test_an_effective_field_lies_in_the_field():
    net = nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1), nn.AvgPool2d(2), nn.Conv2d(3, 4, 3, dilation=2)
    ).double()
    x = torch.rand(5, 2, 20, 18, dtype=torch.float64)
    ours = attribution.effective_field(net, "2", x, (2, 3))
    graph = fields.check_graph(ledger(net, (2, 20, 18)).graph())
    mask = fields.reach(graph, len(graph["nodes"]) - 1, (2, 3))[0]
    assert torch.equal(ours > 0, torch.tensor(mask))
    jacobian = torch.autograd.functional.jacobian(lambda x: net(x)[0, :, 2, 3], x[:1])
    close(ours, jacobian.abs()[:, 0].mean((0, 1)))  # without ReLU it is the same for every picture
    assert torch.equal(
        attribution.effective_field(net, "2", x),
        attribution.effective_field(net, net[2], x, (3, 2)),
    )


def test_an_effective_field_is_a_mean_over_pictures():
    net = seeded(plain)
    both = attribution.effective_field(net, "4", X, (0, 1))
    each = [attribution.effective_field(net, "4", x[None], (0, 1)) for x in X]
    close(both, sum(each) / 3)
    with pytest.raises(ValueError, match=r"unit must be a place in the maps of \(2, 2\)"):
        attribution.effective_field(net, "4", X, (2, 0))


# --- attacks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("epsilon", [0.0, 0.03, 0.4])
def test_fgsm_is_captums(epsilon):
    net = seeded(plain).eval()
    attack = captum.robust.FGSM(net, lambda y, t: F.cross_entropy(y, t, reduction="none"), 0, 1)
    theirs = attack.perturb(X.clone(), epsilon, torch.tensor(TARGETS))
    close(attribution.fgsm(net, X, TARGETS, epsilon), theirs)


def test_pgd_is_captums():
    net = seeded(plain).eval()
    attack = captum.robust.PGD(net, lambda y, t: F.cross_entropy(y, t, reduction="none"), 0, 1)
    attack.fgsm.zero_thresh = 0  # a slope of 1e-6 has a sign, too
    theirs = attack.perturb(X.clone(), 0.1, 0.03, 5, torch.tensor(TARGETS), norm="Linf")
    close(attribution.pgd(net, X, TARGETS, 0.1, step=0.03, steps=5), theirs)


@pytest.mark.parametrize("seed", [None, 3])
def test_an_attack_raises_the_loss_within_its_bounds(seed):
    net = seeded(plain).eval()

    def loss(x):
        return F.cross_entropy(net(x), torch.tensor(TARGETS), reduction="none")

    fast = attribution.fgsm(net, X, TARGETS, 0.05)
    slow = attribution.pgd(net, X, TARGETS, 0.05, seed=seed)
    for moved in (fast, slow):
        assert float((moved - X).abs().max()) <= 0.05 + 1e-12
        assert moved.min() >= 0
        assert moved.max() <= 1
    assert (loss(fast) > loss(X)).all()
    assert (loss(slow) >= loss(fast) - 1e-3).all()


def test_attacks_keep_to_the_pixels_there_are():
    with pytest.raises(ValueError, match="x must lie from low = 0 to high = 1; it goes from"):
        attribution.fgsm(seeded(plain), 2 * X, 0, 0.1)
    net = seeded(plain)
    centred = attribution.fgsm(net, 2 * X - 1, TARGETS, 0.5, low=-1, high=1)
    assert centred.min() < 0


# --- pictures that please -------------------------------------------------------------------------


def test_a_picture_is_climbed_to():
    net = seeded(plain)
    picture = attribution.activation_maximisation(net, [0, 3], (2, 9, 9))
    assert picture.shape == (2, 2, 9, 9)
    assert picture.min() >= 0
    assert picture.max() <= 1
    net.eval()
    for row, target in enumerate((0, 3)):
        assert net(picture)[row, target] > net(X)[:, target].max()


def test_a_linear_unit_is_pleased_by_its_weights():
    net = nn.Sequential(nn.Flatten(), nn.Linear(18, 3)).double()
    picture = attribution.activation_maximisation(net, 1, (2, 3, 3), steps=60)
    assert torch.equal(picture.flatten(), (net[1].weight[1] > 0).double())


def test_what_costs_is_avoided():
    net = seeded(plain)

    def climbed(**how):
        return attribution.activation_maximisation(net, 0, (2, 9, 9), layer="3", **how)

    free = climbed()
    far = (free - 0.5).square().mean()
    rough = free.diff(dim=-1).abs().mean()
    assert (climbed(decay=20) - 0.5).square().mean() < far / 2
    assert climbed(variation=20).diff(dim=-1).abs().mean() < rough / 2
    assert torch.equal(free, climbed())
    assert not torch.equal(free, climbed(seed=1))
    assert not torch.equal(free, climbed(jitter=1))


# --- a model stays as it was ----------------------------------------------------------------------

ASKED = {
    "occlusion": lambda m: attribution.occlusion(m, X, 0, 3, stride=3),
    "gradient": lambda m: attribution.gradient(m, X, 0),
    "saliency": lambda m: attribution.saliency(m, X, 0),
    "guided_backprop": lambda m: attribution.guided_backprop(m, X, 0),
    "grad_cam": lambda m: attribution.grad_cam(m, "conv", X, 0),
    "effective_field": lambda m: attribution.effective_field(m, "norm", X),
    "activation_maximisation": lambda m: attribution.activation_maximisation(
        m, 0, (2, 9, 9), steps=3, jitter=2
    ),
    "fgsm": lambda m: attribution.fgsm(m, X, 0, 0.1),
    "pgd": lambda m: attribution.pgd(m, X, 0, 0.1, steps=2, seed=1),
}
REFUSED = {
    "cam": lambda m: attribution.cam(m, "conv", X, 0),
    "a layer without maps": lambda m: attribution.grad_cam(m, "head", X, 0),
    "a picture that doesn't fit": lambda m: attribution.gradient(m, X[:, :1], 0),
    "a class that isn't": lambda m: attribution.guided_backprop(m, X, 3),
}


@pytest.mark.parametrize("name", [*ASKED, *REFUSED])
@pytest.mark.parametrize("around", [torch.enable_grad, torch.no_grad, torch.inference_mode])
def test_a_model_stays_as_it_was(name, around):
    net = seeded(Restless)
    net.norm.eval()  # a mixed mode
    F.mse_loss(net(X), torch.zeros(3, 3, dtype=torch.float64)).backward()
    waiting = net(X).sum()  # a graph that holds the buffers
    net.head.bias.requires_grad_(False)
    state, before = copy.deepcopy(net.state_dict()), X.clone()
    grads = {key: p.grad.clone() for key, p in net.named_parameters()}
    modes = [module.training for module in net.modules()]
    runs, random = net.runs, torch.get_rng_state()
    with around():
        if name in ASKED:
            ASKED[name](net)
        else:
            with pytest.raises(ValueError, match=r"must|can't"):
                REFUSED[name](net)
    assert torch.equal(torch.get_rng_state(), random)
    assert [module.training for module in net.modules()] == modes
    assert net.runs == runs
    assert all(torch.equal(value, net.state_dict()[key]) for key, value in state.items())
    assert all(torch.equal(p.grad, grads[key]) for key, p in net.named_parameters())
    assert [p.requires_grad for p in net.head.parameters()] == [True, False]
    assert not any(m._forward_hooks or m._backward_hooks for m in net.modules())
    assert torch.equal(X, before)
    assert not X.requires_grad
    waiting.backward()


def test_a_model_in_training_is_asked_in_inference_mode():
    net = seeded(lambda: plain(norm=True))
    found = attribution.gradient(net, X, 0)
    close(found, attribution.gradient(net.eval(), X, 0))


def test_frozen_models_can_be_asked():
    net = seeded(plain).requires_grad_(False)
    assert attribution.grad_cam(net, "3", X, 0).shape == (3, 2, 2)
    assert attribution.effective_field(net, "3", X).shape == (9, 9)


def test_a_score_without_a_slope_is_said():
    class Cut(nn.Module):
        def forward(self, x):
            return x.detach().mean((2, 3)) * torch.ones(2, requires_grad=True)

    with pytest.raises(ValueError, match="has a slope in x"):
        attribution.gradient(Cut(), X, 0)


@pytest.mark.parametrize(
    ("x", "target", "message"),
    [
        (X.numpy(), 0, "x must be a tensor"),
        (X.long(), 0, "dense tensor of floats"),
        (X[0, 0], 0, r"\(1, C, H, W\); got shape \(9, 9\)"),
        (X * float("nan"), 0, "x must be finite"),
        (X[..., :5], 0, r"model, Sequential, can't take x of shape \(3, 2, 9, 5\)"),
        (X.float(), 0, "can't take x .*, torch.float32"),
        (X, 4, "target must be from 0 to 3, got 4"),
        (X, -1, "target must be from 0 to 3, got -1"),
        (X, [0, 1], "target must be one class, or 3"),
        (X, 1.0, "target must be a class"),
        (X, True, "target must be a class"),
    ],
)
def test_what_does_not_fit_is_named(x, target, message):
    with pytest.raises((TypeError, ValueError), match=message):
        attribution.gradient(seeded(plain), x, target)
