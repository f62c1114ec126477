"""What a recipe is: checked settings, and the learning rate of each step."""

import dataclasses
import json
import math

import pytest

from cnnviz.training import RECIPES, Recipe, recipe


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("epochs", 0, "epochs must be"),
        ("epochs", 1.5, "epochs must be"),
        ("batch", -1, "batch must be"),
        ("batch", "64", "batch must be"),
        ("seed", -1, "seed must be"),
        ("patience", 0, "patience must be"),
        ("optimiser", "adma", "optimiser must be one of 'adam', 'adamw', 'sgd', got 'adma'"),
        ("schedule", None, "schedule must be one of"),
        ("monitor", "f1", "monitor must be one of 'loss', 'accuracy'"),
        ("precision", "half", "precision must be one of"),
        ("learning_rate", 0, "learning_rate must be above 0, got 0"),
        ("learning_rate", math.nan, "learning_rate must be a finite number"),
        ("learning_rate", "fast", "learning_rate must be a number"),
        ("momentum", 1.0, "momentum must be from 0"),
        ("weight_decay", -1e-4, "weight_decay must be 0 or above"),
        ("label_smoothing", 1, "label_smoothing must be from 0"),
        ("warm_up", -0.1, "warm_up must be from 0"),
        ("step_factor", 0.0, "step_factor must be above 0"),
        ("augment", ("mirror",), "augment must be one of 'crop', 'flip', got 'mirror'"),
        ("augment", 3, "augment must be a tuple"),
        ("channels_last", 1, "channels_last must be True or False"),
    ],
)
def test_what_is_refused(setting, value, words):
    with pytest.raises((ValueError, TypeError), match=words):
        Recipe(**{setting: value})


def test_an_unknown_setting_is_named():
    with pytest.raises(TypeError, match="lerning_rate"):
        Recipe(lerning_rate=0.1)


def test_a_recipe_is_a_value():
    assert Recipe(epochs=3) == Recipe(epochs=3) != Recipe(epochs=4)
    assert hash(Recipe()) == hash(Recipe())
    with pytest.raises(dataclasses.FrozenInstanceError):
        Recipe().epochs = 3
    assert repr(Recipe(epochs=3, augment="flip")) == "Recipe(epochs=3, augment=('flip',))"
    assert eval(repr(RECIPES["cifar10-small"])) == RECIPES["cifar10-small"]
    assert json.loads(json.dumps(Recipe().to_dict())) == Recipe().to_dict()


def test_a_changed_recipe_is_checked_too():
    with pytest.raises(ValueError, match="epochs must be"):
        Recipe().but(epochs=0)


def rates(**settings):
    made = Recipe(learning_rate=1.0, epochs=4, **settings)
    return [made.rate(step, 5) for step in range(20)]


def test_constant():
    assert rates() == [1.0] * 20


def test_step():
    stairs = rates(schedule="step", step_epochs=2, step_factor=0.5)
    assert stairs == [1.0] * 10 + [0.5] * 10


def test_inverse_divides_by_what_grows_with_the_steps():
    assert rates(schedule="inverse", decay=0.5) == [1 / (1 + 0.5 * step) for step in range(20)]


def test_cosine_falls_all_the_way():
    falling = rates(schedule="cosine")
    assert falling == sorted(falling, reverse=True)
    assert 0.99 < falling[0] <= 1
    assert 0 < falling[-1] < 0.01
    assert falling[9] + falling[10] == pytest.approx(1)  # half-way it is a half


def test_one_cycle_rises_on_a_line_and_falls():
    cycle = rates(schedule="one-cycle", warm_up=0.5)
    assert cycle[:10] == pytest.approx([(i + 0.5) / 10 for i in range(10)])
    assert cycle[10:] == sorted(cycle[10:], reverse=True)
    assert cycle[-1] < 0.01
    assert rates(schedule="one-cycle", warm_up=0) == rates(schedule="cosine")


def test_recipes_have_names():
    assert recipe("lenet-mnist") is RECIPES["lenet-mnist"]
    assert recipe("cifar10-small").augment == ("crop", "flip")
    with pytest.raises(ValueError, match="'lenet-mnist'"):
        recipe("lenet")
