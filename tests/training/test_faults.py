"""Bad input and bad numbers: each is a clear error, before or where it happens."""

import numpy as np
import pytest
import torch
from small_runs import RECIPE, data, net, same, same_weights
from torch import nn

from cnnviz.training import NotFiniteError, Recipe, evaluate, fit, predict

PICTURES, LABELS = data()


def run(model, train=None, recipe=RECIPE, **more):
    return fit(model, train or data(), recipe=recipe, device="cpu", **more)


# --- data -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("train", "words"),
    [
        ((PICTURES, LABELS + 1), r"train labels must be from 0 to 3.* got 4 at picture \d+"),
        ((PICTURES, LABELS - 1), r"train labels must be from 0 to 3.* got -1 at picture \d+"),
        ((PICTURES[:, 0], LABELS), r"train pictures must be \(N, C, H, W\).*pictures\[:, None\]"),
        ((PICTURES[0], LABELS), "train pictures must be"),
        ((PICTURES.to(torch.int32), LABELS), "train pictures must be uint8 .* got int32"),
        ((PICTURES > 3, LABELS), "train pictures must be uint8 .* got bool"),
        ((PICTURES.numpy().astype("uint16"), LABELS), "train pictures must be uint8 .* got int64"),
        ((PICTURES, LABELS[:-1]), "72 pictures and 71 labels"),
        (
            (PICTURES, LABELS.float()),
            "train labels must be whole numbers, got float32: numbers to be met",
        ),
        ((PICTURES, LABELS[:, None]), r"train labels must be \(N,\), got shape \(72, 1\)"),
        ((PICTURES[:0], LABELS[:0]), "train pictures must hold at least one, got shape"),
        ((PICTURES, "labels"), "train labels must be an array of numbers"),
        (PICTURES, "train must be a pair"),
        (None, "train must be a pair"),
        (
            torch.utils.data.DataLoader(torch.utils.data.TensorDataset(PICTURES, LABELS)),
            "train must be a pair .* no loader",
        ),
        ((PICTURES.repeat(1, 3, 1, 1), LABELS), r"can't take train pictures of shape \(3, 8, 8\)"),
        ((torch.zeros(72, 1, 5, 9), LABELS), r"can't take train pictures of shape \(1, 5, 9\)"),
    ],
)
def test_bad_data_is_refused_before_anything_is_trained(train, words):
    model, untouched = net(), net()
    with pytest.raises((ValueError, TypeError), match=words):
        fit(model, train, recipe=RECIPE)
    if train is not None:
        with pytest.raises((ValueError, TypeError), match=words.replace("train", "validation")):
            fit(model, data(), train, RECIPE)
    assert same_weights(model, untouched)


def test_nan_in_the_data_is_found_and_its_picture_named():
    pictures = PICTURES.float() / 255
    pictures[17, 0, 3, 3] = torch.nan
    with pytest.raises(ValueError, match="finite numbers, got NaN or infinity in picture 17"):
        run(net(), (pictures, LABELS))
    with pytest.raises(ValueError, match="data pictures must hold finite"):
        evaluate(net(), (pictures, LABELS))
    with pytest.raises(ValueError, match="pictures must hold finite"):
        predict(net(), pictures)


def test_evaluate_refuses_labels_without_a_score():
    with pytest.raises(ValueError, match="data labels must be from 0 to 3"):
        evaluate(net(), (PICTURES, LABELS + 4))


@pytest.mark.parametrize(
    "of",
    [
        np.asarray,
        lambda x: x.numpy()[::-1][::-1],
        lambda x: np.broadcast_to(x.numpy(), x.shape),  # can't be written to
        lambda x: x.numpy().astype(">i8") if x.ndim == 1 else x.numpy(),
        lambda x: x.tolist() if x.ndim == 1 else x,
        lambda x: x.to(torch.uint8),
    ],
)
def test_arrays_of_every_kind_are_taken(of, recwarn):
    assert same(run(net(), (of(PICTURES), of(LABELS))), run(net()))
    assert not [w for w in recwarn if "writable" in str(w.message)]


def test_predict_refuses_pictures_that_do_not_fit():
    with pytest.raises(ValueError, match=r"can't take these pictures of shape \(3, 8, 8\)"):
        predict(net(), PICTURES.repeat(1, 3, 1, 1))
    with pytest.raises(TypeError, match=r"model must be a torch.nn.Module, got 3"):
        predict(3, PICTURES)


def test_uint8_is_seen_between_0_and_1():
    pictures = PICTURES.numpy() / 255  # float64, too
    np.testing.assert_allclose(run(net(), (pictures, LABELS)).loss, run(net()).loss, rtol=1e-4)


# --- what goes around them ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"recipe": "lenet-mnist"}, "recipe must be a Recipe, got 'lenet-mnist'"),
        ({"device": "tpu"}, "device must be one of 'cpu', 'cuda', 'mps', got 'tpu'"),
        ({"device": 3.5}, "device must be one of"),
        ({"device": "cuda:99"}, "'cuda:99' is not there"),
        ({"progress": "loud"}, "progress must be one of 'auto', 'bar', 'lines', 'none'"),
        ({"resume": True}, "checkpoint must name a file for resume"),
        ({"resume": 1}, "resume must be True or False, got 1"),
        ({"checkpoint_steps": 5}, "checkpoint must name a file for checkpoint_steps"),
    ],
)
def test_bad_arguments(arguments, words):
    with pytest.raises((ValueError, TypeError), match=words):
        fit(net(), data(), **{"recipe": RECIPE, "device": "cpu", **arguments})


def test_what_is_no_network():
    with pytest.raises(TypeError, match=r"model must be a torch.nn.Module"):
        fit(lambda x: x, data())
    with pytest.raises(ValueError, match="model must have a parameter to train"):
        fit(nn.Sequential(nn.Flatten(), nn.Linear(64, 4)).requires_grad_(False), data())
    with pytest.raises(ValueError, match=r"model must give scores \(N, classes\)"):
        fit(nn.Conv2d(1, 4, 8), data())


@pytest.mark.parametrize(
    ("count", "batch"), [(72, 1), (65, 64), (1, 64)], ids=["batch", "last batch", "data"]
)
def test_a_batch_of_one_and_batch_norm(count, batch):
    train = PICTURES[:count], LABELS[:count]
    words = rf"batch norm \(layer '1'\).*batches of {batch} of {count} pictures"
    with pytest.raises(ValueError, match=words):
        run(net(), train, RECIPE.but(batch=batch))
    without = nn.Sequential(nn.Flatten(), nn.Linear(64, 4))
    assert run(without, train, RECIPE.but(batch=batch, epochs=1)).epochs == 1


# --- numbers that are not finite ------------------------------------------------------------------


class Breaks(nn.Module):
    """Gives NaN from its nth call in training on."""

    def __init__(self, call):
        super().__init__()
        self.call, self.calls = call, 0

    def forward(self, x):
        self.calls += self.training
        return x * torch.nan if self.training and self.calls >= self.call else x


def test_the_layer_and_the_step_where_nan_began_are_named():
    kept, model = [], net(0, Breaks(8), nn.ReLU())
    with pytest.raises(NotFiniteError) as caught:
        run(model, on_epoch=lambda moment: kept.append(moment.filters()))
    error = caught.value
    assert (error.step, error.epoch, error.layer) == (8, 2, "4")
    assert "the loss is nan at step 8 (epoch 2). It began in layer '4' (Breaks)" in str(error)
    assert "whose input and weights are finite" in str(error)
    assert "weights of epoch 1 again" in str(error)
    assert error.history.steps == 7
    assert np.isfinite(error.history.loss).all()
    assert len(kept) == 1
    np.testing.assert_array_equal(model[0].weight.detach(), kept[0])


def test_in_the_first_epoch_the_first_weights_come_back():
    model, untouched = net(0, Breaks(3)), net(0, nn.Identity())
    with pytest.raises(NotFiniteError, match="weights that it came with again"):
        run(model)
    assert same_weights(model, untouched)


def test_a_step_too_large_is_found_in_the_layer_that_overflows():
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 4))
    recipe = Recipe(optimiser="sgd", learning_rate=1e25, batch=72)
    with pytest.raises(NotFiniteError, match="smaller learning rate") as caught:
        run(model, recipe=recipe)
    assert caught.value.layer in ("1", "3")
    assert all(value.isfinite().all() for value in model.state_dict().values())


class Root(nn.Module):
    """A root whose slope at 0 is infinite, while its value is not."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(4))

    def forward(self, x):
        return x + self.weight.abs().sqrt()


def test_weights_spoiled_by_a_gradient_are_named_at_the_next_step():
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 4), Root())
    with pytest.raises(NotFiniteError, match=r"step 2 .*'2' .Root., whose weights are not finite"):
        run(model)
    assert model[2].weight.isfinite().all()


def test_weights_spoiled_in_the_last_step_of_an_epoch_are_not_kept(tmp_path):
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 4), Root())
    with pytest.raises(NotFiniteError, match=r"after step 1 \(epoch 1\): 2.weight") as caught:
        run(model, recipe=RECIPE.but(batch=72, epochs=1), checkpoint=tmp_path / "run.pt")
    assert caught.value.layer == "2"
    assert model[2].weight.isfinite().all()
    assert not list(tmp_path.iterdir())


def test_a_loss_that_is_not_finite_by_itself():
    with pytest.raises(NotFiniteError, match="in the loss itself") as caught:
        run(net(), loss=lambda scores, labels: (scores * 0).log().mean())
    assert caught.value.layer == ""


def test_what_a_forward_does_between_its_layers():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = nn.Linear(64, 4)

        def forward(self, x):
            scores = self.dense(x.flatten(1))
            return scores / 0 if self.training else scores

    with pytest.raises(NotFiniteError, match="It began in Model itself, after its layers"):
        run(Model())


def test_no_hook_is_left_on_a_model_that_failed():
    model = net(0, Breaks(2))
    with pytest.raises(NotFiniteError):
        run(model)
    assert not any(module._forward_hooks for module in model.modules())


def test_dropout_drops_the_same_when_a_step_is_looked_at_again():
    """Only some masks make this layer fail: the second look has to draw the one of the first."""

    class Fragile(nn.Module):
        def forward(self, x):
            dropped = (x == 0).float().mean(1, keepdim=True)
            return x / (dropped < 0.75) if self.training else x

    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.Dropout(), Fragile(), nn.Linear(8, 4))
    with pytest.raises(NotFiniteError) as caught:
        run(model)
    assert caught.value.layer == "3"
