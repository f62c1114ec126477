"""The two-stage detector: its regions against `ops`, its proposals and its loss against loops."""

import math

import numpy as np
import pytest
import torch

from cnnviz import boxes, data, nets, ops
from cnnviz.nets import _two_stage as detector


def smooth(value, bend=1.0):
    """Return smooth L1 of one number."""
    return value**2 / 2 / bend if abs(value) < bend else abs(value) - bend / 2


def a_net(classes=3, width=2, seed=0):
    torch.manual_seed(seed)
    net = nets.two_stage(classes, width=width, sizes=((8, 8), (12, 6)))
    for layer in (net.objectness, net.shifts, net.labels, net.deltas):
        torch.nn.init.normal_(layer.weight, 0, 0.5)
    return net.double()


# --------------------------------------------------------------------------------------
# Regions of a map

REGIONS = np.array([[0, 0, 20, 16], [3.5, 2, 11, 27], [-6, 8, 9, 40], [5, 5, 5.5, 5.5]])


def test_regions_are_those_of_roi_align_and_so_is_their_gradient():
    torch.manual_seed(1)
    features = torch.randn(2, 3, 8, 6, dtype=torch.float64, requires_grad=True)
    of = [0, 1, 1, 0]
    cut = nets.region_features(features, REGIONS, of)
    plain = features.detach().numpy()
    np.testing.assert_allclose(
        cut.detach(), ops.roi_align(plain, REGIONS, 5, scale=1 / 4, images=of), atol=1e-12
    )
    pulled = torch.randn_like(cut)
    cut.backward(pulled)
    np.testing.assert_allclose(
        features.grad,
        ops.roi_align_backward(pulled.numpy(), plain, REGIONS, scale=1 / 4, images=of),
        atol=1e-12,
    )
    assert torch.autograd.gradcheck(
        lambda maps: nets.region_features(maps, REGIONS, of), features, eps=1e-6
    )


def test_no_regions_are_no_trouble():
    features = torch.ones(2, 3, 4, 4, requires_grad=True)
    cut = nets.region_features(features, [], [])
    assert cut.shape == (0, 3, 5, 5)
    cut.sum().backward()
    assert (features.grad == 0).all()


# --------------------------------------------------------------------------------------
# Proposals


def plain_proposals(scores, deltas, anchors, size, count, overlap):
    """Return regions by loops: decode, clip, drop what is small, suppress."""
    kept = []
    for k in sorted(range(len(scores)), key=lambda k: -scores[k])[: detector._BEFORE]:
        x1, y1, x2, y2 = anchors[k]
        dx, dy, dw, dh = deltas[k]
        x, y = (x1 + x2) / 2 + dx * (x2 - x1), (y1 + y2) / 2 + dy * (y2 - y1)
        w, h = (x2 - x1) * math.exp(dw), (y2 - y1) * math.exp(dh)
        edges = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
        box = [min(max(e, 0), m) for e, m in zip(edges, (size[1], size[0]) * 2, strict=True)]
        if min(box[2] - box[0], box[3] - box[1]) < 4:
            continue
        if all(boxes.iou([box], [other])[0, 0] <= overlap for other in kept):
            kept.append(box)
    return kept[:count]


@pytest.mark.parametrize(("count", "overlap"), [(32, 0.7), (5, 0.3), (1, 0.0)])
def test_proposals_are_those_of_plain_loops(count, overlap):
    torch.manual_seed(2)
    size = (24, 40)
    anchors = torch.as_tensor(boxes.anchors((6, 10), 4, ((8, 8), (14, 6), (3, 3))))
    scores, deltas = torch.randn(180).double(), torch.randn(180, 4).double() / 2
    found, chances = nets.two_stage_proposals(
        scores, deltas, anchors, size, count=count, overlap=overlap
    )
    plain = plain_proposals(
        scores.tolist(), deltas.tolist(), anchors.tolist(), size, count, overlap
    )
    np.testing.assert_allclose(found, plain, atol=1e-9)
    assert (chances.diff() <= 0).all()
    assert (chances > 0).all()
    assert not found.requires_grad


def test_of_many_anchors_only_the_best_are_looked_at():
    anchors = torch.as_tensor(boxes.anchors((2, 300), 8, ((8, 8),)))
    scores = torch.arange(600.0)
    found, _ = nets.two_stage_proposals(scores, torch.zeros(600, 4), anchors, (16, 2400), count=600)
    assert len(found) == 128
    np.testing.assert_array_equal(found[0], anchors[599])


# --------------------------------------------------------------------------------------
# The loss


def test_each_term_is_its_plain_loop():
    net = a_net().eval()  # batch norm with numbers that stay
    torch.manual_seed(3)
    pictures = torch.rand(2, 1, 16, 20, dtype=torch.float64)
    objects = [
        {"boxes": [[2, 1, 10, 9], [11, 3, 18, 15.5]], "labels": [2, 0]},
        {"boxes": [[4, 4, 12, 16]], "labels": [1]},
    ]
    regions = [[[1, 1, 9, 9], [0, 8, 8, 16], [12, 4, 18, 15]], [[3, 3, 12, 15], [0, 0, 6, 5]]]
    features = net.features(pictures)
    anchors = net.anchors(features).numpy()
    assert len(anchors) == 40  # so that all of them are in the sample
    scores, shifts = (each.detach().numpy() for each in net.score_anchors(features))
    terms = np.zeros(4)
    sampled = sum(len(each) for each in regions) + 3
    for n, (known, some) in enumerate(zip(objects, regions, strict=True)):
        where = np.array(known["boxes"], float)
        owner = boxes.assign(anchors, where)
        assert 0 < (owner >= 0).sum() < 32
        counted = (owner != boxes.IGNORED).sum()
        for a, o in enumerate(owner):
            if o == boxes.IGNORED:
                continue
            sign = 1 if o >= 0 else -1
            terms[0] += math.log1p(math.exp(-sign * scores[n, a])) / counted / 2
            if o >= 0:
                aim = boxes.encode_deltas(where[o], anchors[a])
                off = sum(smooth(s, 1 / 9) for s in shifts[n, a] - aim)
                terms[1] += off / counted / 2
        for region in [*some, *known["boxes"]]:
            said, delta = (v[0].tolist() for v in net.read(features, [region], [n]))
            ious = boxes.iou([region], where)[0]
            label = known["labels"][ious.argmax()] if ious.max() >= 0.5 else 3
            terms[2] += (math.log(sum(map(math.exp, said))) - said[label]) / sampled
            if label < 3:
                aim = boxes.encode_deltas([where[ious.argmax()]], [region])[0]
                terms[3] += (
                    sum(
                        smooth(d - t / s)
                        for d, t, s in zip(delta, aim, (0.1, 0.1, 0.2, 0.2), strict=True)
                    )
                    / sampled
                )
    loss = nets.two_stage_loss(net, pictures, objects, regions=regions)
    assert [term.item() for term in loss] == pytest.approx(terms.tolist(), rel=1e-9)
    assert (terms > 0).all()
    assert loss.total.item() == pytest.approx(terms.sum())


def test_gradients_reach_every_weight():
    net = a_net()
    objects = [{"boxes": [[2, 1, 10, 9]], "labels": [2]}]
    nets.two_stage_loss(net, torch.rand(1, 1, 16, 16).double(), objects).total.backward()
    for name, weight in net.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.isfinite().all(), name
        assert weight.grad.abs().sum() > 0, name


def test_a_picture_without_objects_teaches_that_nothing_is_there():
    net = a_net()
    loss = nets.two_stage_loss(
        net, torch.rand(1, 1, 16, 16).double(), [{"boxes": [], "labels": []}]
    )
    assert loss.shifts == loss.deltas == 0
    assert loss.objectness > 0
    assert loss.label > 0
    loss.total.backward()
    assert all(weight.grad.isfinite().all() for weight in net.parameters())


def test_an_object_without_area_is_none():
    net, picture = a_net().eval(), torch.rand(1, 1, 16, 16).double()
    losses = [
        nets.two_stage_loss(net, picture, [{"boxes": where, "labels": labels}], regions=[[]])
        for where, labels in (
            ([[2, 1, 10, 9]], [2]),
            ([[3, 3, 3, 8], [2, 1, 10, 9]], [0, 2]),
        )
    ]
    assert losses[0] == losses[1]


def test_a_sample_has_few_objects_and_their_labels():
    where, labels = torch.tensor([[0.0, 0, 10, 10], [20, 20, 30, 30]]), torch.tensor([4, 1])
    near = torch.tensor([[0.0, 0, 10, 9]]).repeat(30, 1)
    far = torch.tensor([[40.0, 40, 50, 50]]).repeat(60, 1)
    second = where[1:].repeat(3, 1)
    some, label, aim = detector._sample_regions(
        torch.cat([far, near, second]), where, labels, 10, torch.Generator().manual_seed(0)
    )
    assert len(some) == 64
    assert (label < 10).sum() == 16
    for region, one, delta in zip(some, label.tolist(), aim, strict=True):
        expected = {0.0: 4, 20.0: 1, 40.0: 10}[region[0].item()]
        assert one == expected
        assert (delta[3] != 0) == (one == 4)  # 9 high, and its object 10
    few, label, _ = detector._sample_regions(near[:2], where, labels, 10, None)
    assert len(few) == 2
    assert label.tolist() == [4, 4]


def test_the_generator_decides_what_is_drawn():
    net = a_net().eval()
    pictures, objects = torch.rand(1, 1, 64, 64).double(), [{"boxes": [[2, 1, 30, 29]]}]
    objects[0]["labels"] = [0]
    once, again, other = (
        nets.two_stage_loss(
            net, pictures, objects, generator=torch.Generator().manual_seed(seed)
        ).total
        for seed in (0, 0, 1)
    )
    assert once == again != other


# --------------------------------------------------------------------------------------
# What is found


def a_blind_net(labels, deltas):
    """Return a net that says the same of every region."""
    net = a_net(classes=len(labels) - 1).float().eval()
    for layer, says in ((net.labels, labels), (net.deltas, deltas)):
        torch.nn.init.zeros_(layer.weight)
        layer.bias.data[:] = torch.tensor(says)
    return net


def test_boxes_are_regions_moved_and_clipped():
    net = a_blind_net([0.0, 3.0, 1.0], [5.0, 0.0, 0.0, 5 * math.log(2)])
    regions = [[[0, 4, 8, 8]], [[8, 0, 16, 8], [0, 0, 4, 4]]]
    first, second = nets.two_stage_boxes(net, torch.zeros(2, 1, 16, 16), regions=regions)
    # Half its width to the right, and as high again.
    np.testing.assert_allclose(first["boxes"], [[4, 2, 12, 10]], atol=1e-5)
    np.testing.assert_allclose(second["boxes"], [[12, 0, 16, 12], [2, 0, 6, 6]], atol=1e-5)
    assert first["labels"].tolist() == [1]
    assert first["scores"] == pytest.approx([math.exp(3) / (1 + math.exp(3) + math.exp(1))])


def test_background_is_no_finding_and_small_chances_are_left_out():
    net = a_blind_net([0.0, 1.0, 1.5], [0.0] * 4)
    chance = math.e / (1 + math.e + math.exp(1.5))
    picture, regions = torch.zeros(1, 1, 16, 16), [[[0, 4, 8, 8]]]
    (found,) = nets.two_stage_boxes(net, picture, chance + 0.01, regions=regions)
    assert len(found["boxes"]) == len(found["scores"]) == 0
    (found,) = nets.two_stage_boxes(net, picture, chance - 0.01, regions=regions)
    assert found["labels"].tolist() == [1]


def test_of_boxes_that_overlap_one_is_left():
    net = a_blind_net([3.0, 0.0], [0.0] * 4)
    regions = [[[0, 0, 8, 8], [0, 0, 8, 7], [8, 8, 16, 16]]]
    for overlap, count in ((0.5, 2), (1.0, 3)):
        (found,) = nets.two_stage_boxes(
            net, torch.zeros(1, 1, 16, 16), 0.5, overlap, regions=regions
        )
        assert len(found["boxes"]) == count


def test_its_own_proposals_are_what_it_looks_at():
    net = a_net().eval()
    pictures = torch.rand(3, 1, 24, 16).double()
    features = net.features(pictures)
    scores, deltas = net.score_anchors(features)
    anchors = net.anchors(features)
    regions = [
        nets.two_stage_proposals(*one, anchors, (24, 16))[0]
        for one in zip(scores, deltas, strict=True)
    ]
    assert sum(map(len, regions)) > 10
    for mine, given in zip(
        nets.two_stage_boxes(net, pictures, 0.0),
        nets.two_stage_boxes(net, pictures, 0.0, regions=regions),
        strict=True,
    ):
        for key in ("boxes", "scores", "labels"):
            np.testing.assert_array_equal(mine[key], given[key])
    with torch.no_grad():
        assert len(net(pictures)) == 3


def test_anchors_and_their_answers_are_in_the_same_order():
    net = nets.two_stage(width=1, sizes=((8, 8), (12, 6)))
    torch.nn.init.zeros_(net.proposer[0].weight)
    features = torch.zeros(1, 4, 2, 3)
    net.proposer = torch.nn.Identity()
    features[0, 0, 1, 2] = 1.0  # the last place
    torch.nn.init.zeros_(net.objectness.weight)
    torch.nn.init.zeros_(net.shifts.weight)
    net.objectness.weight.data[1, 0] = 5.0  # its second anchor
    net.shifts.weight.data[4:, 0, 0, 0] = torch.tensor([1.0, 2, 3, 4])
    scores, deltas = net.score_anchors(features)
    assert scores.argmax() == 2 * 6 - 1
    assert deltas[0, -1].tolist() == [1, 2, 3, 4]
    assert net.anchors(features)[-1].tolist() == [7, 0, 13, 12]


# --------------------------------------------------------------------------------------
# All of it


def test_it_learns_to_find_digits():
    made = data.scenes(48, objects=(1, 2), classes=("1", "7"), seed=1)
    pictures, objects = torch.from_numpy(made.images), [target for _, target in made]
    torch.manual_seed(0)
    net = nets.two_stage(2, width=4)
    descent = torch.optim.AdamW(net.parameters(), 0.004)
    for _ in range(16):
        for some in torch.randperm(len(objects)).split(8):
            loss = nets.two_stage_loss(net, pictures[some], [objects[i] for i in some]).total
            descent.zero_grad()
            loss.backward()
            descent.step()
    found = nets.two_stage_boxes(net.eval(), pictures, 0.01)
    assert boxes.evaluate(found, objects, thresholds=[0.5])["AP50"] > 0.7


@pytest.mark.parametrize(("classes", "channels", "width"), [(1, 1, 2), (3, 3, 4)])
def test_it_has_a_place_for_each_4_pixels(classes, channels, width):
    net = nets.two_stage(classes, channels=channels, width=width)
    features = net.features(torch.zeros(2, channels, 12, 20))
    assert features.shape == (2, 4 * width, 3, 5)
    scores, deltas = net.score_anchors(features)
    assert scores.shape == (2, 60)
    assert deltas.shape == (2, 60, 4)
    said, moved = net.read(features, [[0, 0, 8, 8]], [1])
    assert said.shape == (1, classes + 1)
    assert moved.shape == (1, 4)
    assert scores.sigmoid().max() < 0.2  # before training, an anchor is sure of little


def test_what_does_not_fit_is_refused():
    net = nets.two_stage(3, width=1)
    picture, none = torch.zeros(1, 1, 8, 8), {"boxes": [], "labels": []}
    with pytest.raises(ValueError, match=r"pictures must be \(N, 1, H, W\)"):
        net.features(torch.zeros(1, 3, 8, 8))
    with pytest.raises(ValueError, match="pictures must have sides in multiples of 4"):
        net.features(torch.zeros(1, 1, 8, 10))
    with pytest.raises(TypeError, match="objects must be a list with boxes and labels"):
        nets.two_stage_loss(net, picture, [])
    with pytest.raises(ValueError, match="objects must be for 1 pictures, got 2"):
        nets.two_stage_loss(net, picture, [none, none])
    with pytest.raises(ValueError, match=r"objects\[0\]\['labels'\] must be from 0 to 2"):
        nets.two_stage_loss(net, picture, [{"boxes": [[0, 0, 8, 8]], "labels": [3]}])
    with pytest.raises(ValueError, match="regions must be a list of boxes for each of 1"):
        nets.two_stage_boxes(net, picture, regions=[[], []])
    with pytest.raises(ValueError, match=r"regions\[0\] must have sides above 0"):
        nets.two_stage_boxes(net, picture, regions=[[[0, 0, 0, 8]]])
    with pytest.raises(TypeError, match="net must be a TwoStage"):
        nets.two_stage_boxes(torch.nn.Linear(1, 1), picture)
    with pytest.raises(ValueError, match="sizes must be"):
        nets.two_stage(sizes=[[0, 4]])
    with pytest.raises(ValueError, match="images must be from 0 to 0"):
        nets.region_features(torch.zeros(1, 1, 4, 4), [[0, 0, 8, 8]], [1])
    scores, deltas, anchors = torch.zeros(1), torch.zeros(1, 4), torch.tensor([[0.0, 0, 8, 8]])
    with pytest.raises(ValueError, match=r"scores must be \(A,\), deltas and anchors"):
        nets.two_stage_proposals(scores, torch.zeros(2, 4), anchors, 8)
    with pytest.raises(ValueError, match="deltas must be finite"):
        nets.two_stage_proposals(scores, deltas + math.nan, anchors, 8)
