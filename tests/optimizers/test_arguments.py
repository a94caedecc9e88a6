"""The arguments of optimizers: names and defaults of Keras, and what is refused."""

import numpy as np
import pytest

from minifw import ArgumentTypeError, ArgumentValueError, ExponentialDecay, Sequential
from minifw.config import constructor, registered, resolve
from minifw.layers import Dense, Input
from minifw.optimizers import SGD, Adadelta, Adagrad, Adam, Adamax, AdamW, Lion, Nadam, RMSprop

BETAS = {"beta_1": 0.9, "beta_2": 0.999}
KERAS = {
    SGD: {"learning_rate": 0.01, "momentum": 0.0, "nesterov": False},
    Adam: {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": False},
    AdamW: {
        "learning_rate": 0.001,
        "weight_decay": 0.004,
        "beta_1": 0.9,
        "beta_2": 0.999,
        "epsilon": 1e-7,
        "amsgrad": False,
    },
    RMSprop: {"learning_rate": 0.001, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-7, "centered": False},
    Adagrad: {"learning_rate": 0.001, "initial_accumulator_value": 0.1, "epsilon": 1e-7},
    Adadelta: {"learning_rate": 0.001, "rho": 0.95, "epsilon": 1e-7},
    Adamax: {"learning_rate": 0.001, **BETAS, "epsilon": 1e-7},
    Nadam: {"learning_rate": 0.001, **BETAS, "epsilon": 1e-7},
    Lion: {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.99},
}
TAIL = {
    "weight_decay": None,
    "clipnorm": None,
    "clipvalue": None,
    "global_clipnorm": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "gradient_accumulation_steps": None,
    "name": None,
}
every_class = pytest.mark.parametrize("cls", [*registered("optimizer")])


@every_class
def test_names_order_and_defaults_are_those_of_keras(cls):
    found = constructor(cls)
    assert found == {**TAIL, **KERAS[cls]}
    assert list(found)[: len(KERAS[cls])] == list(KERAS[cls])


@every_class
def test_names_stand_for_classes_in_any_case(cls):
    for name in (cls.__name__, cls.__name__.lower(), cls.__name__.upper()):
        assert type(resolve("optimizer", name)) is cls


@every_class
def test_config_makes_the_same_optimizer_again(cls):
    for optimizer in (cls(), cls(ExponentialDecay(0.5, 10, 0.9), weight_decay=0.1, clipnorm=2.0, name="mine")):
        again = cls.from_config(optimizer.config())
        assert again.config() == optimizer.config()
        assert repr(again) == repr(optimizer) == repr(eval(repr(optimizer)))
        assert again.learning_rate == optimizer.learning_rate


def test_apply_gradients_takes_the_order_of_keras():
    w, v = np.zeros(2), np.zeros(1)
    optimizer = SGD(1.0)
    for _ in range(2):
        optimizer.apply_gradients(zip([np.ones(2), np.full(1, 2.0)], [w, v], strict=True))
    assert (w.tolist(), v.tolist(), optimizer.iterations) == ([-2, -2], [-4], 2)


def test_apply_gradients_refuses_the_pairs_of_a_network():
    net = Sequential([Input((2,)), Dense(1)])
    with pytest.raises(ArgumentTypeError, match=r"takes \(grad, param\).*call step\(net.params_and_grads\(\)\)"):
        SGD().apply_gradients(net.params_and_grads())


# -- what is refused


@pytest.mark.parametrize(
    ("make", "name", "bad", "interval"),
    [
        (Adam, "beta_1", 1.0, "[0, 1)"),
        (Adam, "beta_1", -0.1, "[0, 1)"),
        (Adam, "beta_2", 1, "[0, 1)"),
        (Adam, "beta_2", float("nan"), "[0, 1)"),
        (Adam, "epsilon", -1e-9, "[0, inf)"),
        (RMSprop, "rho", 1.0, "[0, 1)"),
        (RMSprop, "momentum", -0.1, "[0, 1)"),
        (RMSprop, "epsilon", float("nan"), "[0, inf)"),
        (AdamW, "beta_1", 1.0, "[0, 1)"),
        (AdamW, "weight_decay", -1, "[0, inf)"),
        (Adagrad, "initial_accumulator_value", -0.1, "[0, inf)"),
        (Adagrad, "epsilon", -1.0, "[0, inf)"),
        (Adadelta, "rho", 1, "[0, 1)"),
        (Adadelta, "epsilon", float("nan"), "[0, inf)"),
        (Adamax, "beta_1", 1.0, "[0, 1)"),
        (Adamax, "beta_2", -1, "[0, 1)"),
        (Adamax, "epsilon", -1.0, "[0, inf)"),
        (Nadam, "beta_1", 1.0, "[0, 1)"),
        (Nadam, "beta_2", 2, "[0, 1)"),
        (Nadam, "epsilon", -1.0, "[0, inf)"),
        (Lion, "beta_1", 1.0, "[0, 1)"),
        (Lion, "beta_2", float("inf"), "[0, 1)"),
        (SGD, "momentum", 1.0, "[0, 1)"),
        (SGD, "momentum", float("nan"), "[0, 1)"),
        (SGD, "weight_decay", -0.1, "[0, inf)"),
        (SGD, "weight_decay", float("nan"), "[0, inf)"),
        (SGD, "clipnorm", 0, "(0, inf)"),
        (SGD, "clipvalue", -1.0, "(0, inf)"),
        (SGD, "global_clipnorm", float("nan"), "(0, inf)"),
        (SGD, "ema_momentum", 1.5, "[0, 1]"),
        (SGD, "ema_overwrite_frequency", 0, "[1, inf)"),
        (SGD, "gradient_accumulation_steps", 1, "[2, inf)"),
    ],
)
def test_hyperparameters_out_of_range_are_refused_with_class_name_value_and_range(make, name, bad, interval):
    with pytest.raises(ArgumentValueError) as caught:
        make(**{name: bad})
    assert str(caught.value) == f"{make.__name__}: {name} must be in {interval}, got {bad!r}"


@pytest.mark.parametrize("name", ["momentum", "weight_decay", "clipnorm", "ema_momentum", "ema_overwrite_frequency"])
@pytest.mark.parametrize("bad", ["1", True, [0.5]])
def test_hyperparameters_of_another_type_are_refused(name, bad):
    with pytest.raises(ArgumentTypeError, match=f"SGD: {name} must be an? "):
        SGD(**{name: bad})


@pytest.mark.parametrize("name", ["nesterov", "use_ema"])
def test_flags_must_be_true_or_false(name):
    with pytest.raises(ArgumentTypeError, match=f"SGD: {name} must be True or False, got 1"):
        SGD(**{name: 1})


def test_legal_edges_are_accepted():
    Adam(0, beta_1=0, beta_2=0, epsilon=0, weight_decay=0)
    RMSprop(np.float32(0.1), rho=0, momentum=0, epsilon=0)
    Adagrad(0, initial_accumulator_value=0, epsilon=0)
    SGD(1, ema_momentum=1, gradient_accumulation_steps=2)


def test_only_one_way_to_clip_may_be_given():
    with pytest.raises(ArgumentValueError, match="only one of clipnorm, clipvalue, global_clipnorm"):
        SGD(clipnorm=1.0, clipvalue=1.0)


def test_adamw_without_decay_is_adam_and_says_so():
    with pytest.raises(ArgumentTypeError, match=r"AdamW: weight_decay must be a number in .*got None"):
        AdamW(weight_decay=None)


@every_class
def test_unknown_and_foreign_arguments_are_refused(cls):
    with pytest.raises(ArgumentTypeError, match="did you mean 'learning_rate'"):
        cls(learning_rat=0.9)
    with pytest.raises(ArgumentTypeError, match=r"'loss_scale_factor' is an argument of Keras .* no float16"):
        cls(loss_scale_factor=2.0)


def test_the_name_is_the_class_in_snake_case_as_in_keras_unless_another_is_given():
    assert [optimizer.name for optimizer in (SGD(), Adam(), AdamW(), RMSprop(), Adam(name="mine"))] == [
        "sgd", "adam", "adam_w", "rm_sprop", "mine",
    ]
    assert repr(Adam()) == "Adam()" and Adam().config()["name"] is None and Adam(name="mine").config()["name"] == "mine"
