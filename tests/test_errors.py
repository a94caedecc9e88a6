"""Errors say what came, what was wanted, where and what to do; what is refused changes nothing."""

import inspect
import re

import numpy as np
import opened
import pytest
from builders import network, samples

from minifw import ExponentialDecay, MaxNorm, Sequential
from minifw.errors import (
    ArgumentTypeError,
    ArgumentValueError,
    MinifwError,
    ModelFormatError,
    NonFiniteError,
    ShapeError,
    UsageError,
)
from minifw.initializers import Constant, RandomNormal, RandomUniform, VarianceScaling
from minifw.layers import Chain, Dense, Dropout, Elementwise, Flatten, Input, Layer, LeakyReLU, Param, ReLU, Softmax
from minifw.losses import Loss, MSELoss, SparseCategoricalCrossentropyLoss
from minifw.optimizers import SGD, Adam, Optimizer, RMSprop
from minifw.regularizers import L1, L1L2, L2

X, Y = samples(6)
NAN, INF = float("nan"), float("inf")


def around(*more):
    return network(Dense(4, activation="tanh"), *more, Dense(2), optimizer=Adam(0.1))


class Unmoved:
    """A trained network that must come out of a block as it went in."""

    def __init__(self, *more):
        self.net = around(*more)
        self.net.train_on_batch(X, Y)

    def __enter__(self):
        self.before = self._bits()
        return self.net

    def __exit__(self, *error):
        if error[0] is None:
            assert self._bits() == self.before

    def _bits(self):
        slots = [vector.tobytes() for vector in self.net.optimizer._vectors.values()]
        return self.net.packed.params.tobytes(), self.net.packed.state.tobytes(), slots, self.net.optimizer.iterations


# -- the exceptions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error, parent",
    [
        (ShapeError, ValueError),
        (ArgumentValueError, ValueError),
        (ArgumentTypeError, TypeError),
        (UsageError, RuntimeError),
        (ModelFormatError, ValueError),
        (NonFiniteError, ArithmeticError),
    ],
)
def test_each_has_two_parents_and_carries_its_data(error, parent):
    raised = error("what happened", layer="dense", received=(3,))
    assert isinstance(raised, MinifwError) and isinstance(raised, parent)
    assert str(raised) == "what happened" and raised.layer == "dense" and raised.received == (3,)


# -- shapes at the door -----------------------------------------------------------------------------------------------

DOORS = {
    "forward": lambda net, x: net.forward(x),
    "training forward": lambda net, x: net.forward(x, training=True),
    "call": lambda net, x: net(x),
    "outputs": lambda net, x: net.outputs(x),
    "activations": lambda net, x: net.activations(x),
    "predict": lambda net, x: net.predict(x),
    "predict_on_batch": lambda net, x: net.predict_on_batch(x),
    "evaluate": lambda net, x: net.evaluate(x, np.zeros((len(x), 2))),
    "fit": lambda net, x: net.fit(x, np.zeros((len(x), 2)), verbose=0),
    "train_on_batch": lambda net, x: net.train_on_batch(x, np.zeros((len(x), 2))),
    "test_on_batch": lambda net, x: net.test_on_batch(x, np.zeros((len(x), 2))),
}
SHAPES = {
    "features": (np.ones((3, 4)), r"expects \(batch, 5\), got \(3, 4\)"),
    "rank": (np.ones((3, 5, 1)), r"expects \(batch, 5\), got \(3, 5, 1\).*reshape\(-1, 5\)"),
    "one sample": (np.ones(5), r"expects \(batch, 5\), got \(5,\).*x\[np\.newaxis\]"),
    "one axis": (np.ones(7), r"expects \(batch, 5\), got \(7,\)"),
}


@pytest.mark.parametrize("x, words", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_a_wrong_shape_names_the_layer_both_shapes_and_the_fix(door, x, words):
    with Unmoved() as net, pytest.raises(ShapeError, match=r"^layer 0, dense \(Dense\): " + words) as caught:
        door(net, x)
    assert caught.value.expected == (5,) and caught.value.received == x.shape[1:]


@pytest.mark.parametrize("door", ["forward", "call", "outputs", "predict"])
def test_a_single_number_has_no_batch(door):
    for net in (around(), Sequential([Dense(2)])):
        with pytest.raises(ShapeError, match="no batch axis"):
            DOORS[door](net, 3.0)


def test_an_unbuilt_network_refuses_samples_without_features():
    for x in (np.ones(5), np.ones((5, 0))):
        net = Sequential([Dense(2)])
        with pytest.raises(ValueError):
            net.predict(x)
        assert net.packed is None
        assert net.predict(np.ones((1, 3))).shape == (1, 2)


@pytest.mark.parametrize(
    "y, words",
    [
        (np.ones((6, 3)), r"y_true has shape \(6, 3\).*\(6, 2\)"),
        (np.ones(6), r"y_true has shape \(6,\).*\(6, 2\)"),
        (np.ones((6, 2, 1, 1)), r"y_true has shape \(6, 2, 1, 1\).*\(6, 2\)"),
        (np.ones((6, 1)), r"y_true has shape \(6, 1\).*nothing is broadcast"),
    ],
)
@pytest.mark.parametrize("verb", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_targets_of_another_shape_are_never_broadcast(verb, y, words):
    with Unmoved() as net, pytest.raises(ShapeError, match=f"MSELoss: {words}"):
        getattr(net, verb)(X, y)


@pytest.mark.parametrize("flat", [True, False])
def test_a_column_and_a_vector_of_targets_are_the_same(flat):
    net = Sequential([Input((5,)), Dense(1)], dtype="float64", seed=1)
    net.compile(SGD(0.1), "mse", metrics=["mae"])
    y = Y[:, :1]
    assert net.evaluate(X, y[:, 0] if flat else y) == net.evaluate(X, y)
    assert net.train_on_batch(X, y[:, 0] if flat else y)[0] > 0


LENGTHS = [
    ({"x": X, "y": Y[:4]}, "x has 6, y has 4"),
    ({"x": X, "y": Y, "sample_weight": np.ones(3)}, "x has 6, y has 6, sample_weight has 3"),
]


@pytest.mark.parametrize("data, words", LENGTHS)
@pytest.mark.parametrize("verb", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_lengths_that_differ_are_all_named(verb, data, words):
    with Unmoved() as net, pytest.raises(ArgumentValueError, match=words):
        getattr(net, verb)(**data)


def test_validation_data_is_checked_before_anything_is_trained():
    wrong = [(X, Y[:4]), (X,), X, (X, Y, None, None), 3, (X.astype(complex), Y)]
    for data in wrong:
        with Unmoved() as net, pytest.raises((ValueError, TypeError), match=r"validation_data|samples differ"):
            net.fit(X, Y, validation_data=data, verbose=0)


@pytest.mark.parametrize(
    "weights, words",
    [
        (-np.ones(6), "at least 0"),
        (np.full(6, NAN), "finite"),
        (np.full(6, INF), "finite"),
        (np.ones((6, 3)), r"shape \(6, 3\)"),
        (["a"] * 6, "wanted numbers"),
        (1.0, "single number"),
    ],
)
@pytest.mark.parametrize("verb", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_sample_weights_are_checked(verb, weights, words):
    with Unmoved() as net, pytest.raises((ValueError, TypeError), match=f"sample_weight.*{words}"):
        getattr(net, verb)(X, Y, sample_weight=weights)


def test_weights_that_are_all_0_teach_nothing():
    weights = np.zeros(6)
    for use in (
        lambda net: net.fit(X, Y, sample_weight=weights, verbose=0),
        lambda net: net.evaluate(X, Y, sample_weight=weights),
        lambda net: net.fit(X, Y, validation_data=(X, Y, weights), verbose=0),
    ):
        with Unmoved() as net, pytest.raises(ValueError, match="sample_weight is 0 for all 6 samples"):
            use(net)
    net = around()
    assert net.train_on_batch(X, Y, sample_weight=weights) == net.test_on_batch(X, Y, sample_weight=weights) == 0.0


@pytest.mark.parametrize("labels", [[0, 1, 2], [0, -1, 1], [0, 0.5, 1], [0, NAN, 1], [0, INF, 1], np.eye(3)])
@pytest.mark.parametrize("verb", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_class_numbers_are_checked(verb, labels):
    net = Sequential([Input((5,)), Dense(2, activation="softmax")], seed=1)
    net.compile("sgd", SparseCategoricalCrossentropyLoss())
    before = net.packed.params.copy()
    with pytest.raises(ValueError, match="SparseCategoricalCrossentropyLoss"):
        getattr(net, verb)(X[:3], labels)
    assert np.array_equal(before, net.packed.params)


@pytest.mark.parametrize("verb", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_no_targets_are_an_error(verb):
    with Unmoved() as net, pytest.raises((ArgumentValueError, TypeError), match=r"targets|'y'"):
        getattr(net, verb)(X, None)


# -- calls at the wrong moment ----------------------------------------------------------------------------------------


def test_backward_without_a_forward():
    with Unmoved() as net:
        with pytest.raises(UsageError, match=r"^sequential \(Sequential\): backward\(\) needs a fresh forward\(\)"):
            net.backward(Y)
        net.forward(X)
        net.backward(Y)
        with pytest.raises(UsageError, match="fresh forward"):
            net.backward(Y)


def test_a_loss_goes_back_only_after_a_forward():
    with pytest.raises(UsageError, match=r"MSELoss: backward\(\) needs a forward"):
        MSELoss().backward()


@pytest.mark.parametrize("ask", ["get_weights", "count_params", "params_and_grads"])
def test_weights_before_building(ask):
    with pytest.raises(UsageError, match=r"Input.*build\(input_shape\).*fit or predict"):
        getattr(Sequential([Dense(2)]), ask)()
    if ask != "params_and_grads":
        with pytest.raises(UsageError):
            getattr(Dense(2), ask)()


def test_a_bare_forward_of_an_unbuilt_layer():
    for layer in (Dense(2), Chain([Dense(2)])):
        with pytest.raises(UsageError, match=r"not built.*layer\(x\)"):
            layer.forward(X)


def test_an_empty_network_has_nothing_to_do():
    net = Sequential()
    net.compile("sgd", "mse")
    for use in (lambda: net.fit(X, Y), lambda: net.predict(X), lambda: net.build((5,)), lambda: net.evaluate(X, Y)):
        with pytest.raises(UsageError, match="no layers; add one first"):
            use()


@pytest.mark.parametrize(
    "weights, words",
    [
        ([], "has 4 weights, got 0"),
        ([np.ones((5, 4)), np.ones(4), np.ones((4, 2))], "has 4 weights, got 3"),
        ([np.ones((5, 4)), np.ones(4), np.ones((4, 2)), np.ones(3)], r"dense_1/bias has shape \(2,\), got \(3,\)"),
        ([np.ones((4, 5)), np.ones(4), np.ones((4, 2)), np.ones(2)], r"dense/kernel has shape \(5, 4\), got \(4, 5\)"),
        ([np.ones((5, 4)), np.ones(4), np.ones((4, 2)), 1j * np.ones(2)], r"complex"),
        ([np.ones((5, 4)), np.ones(4), np.ones((4, 2)), np.array(["a", "b"])], r"dtype <U1"),
        ([[[1.0], [1.0, 2.0]]], "wanted a list of arrays, got list: .*inhomogeneous"),
        (None, "wanted a list of arrays, got NoneType"),
        (5.0, "wanted a list of arrays, got float"),
        (memoryview(np.ones((4, 2))), "wanted a list of arrays, got memoryview"),
    ],
)
def test_set_weights_is_all_or_nothing(weights, words):
    with Unmoved() as net, pytest.raises((TypeError, ValueError), match=words):
        net.set_weights(weights)


@pytest.mark.parametrize("view", [lambda w: w, lambda w: w[::-1], lambda w: w.T, memoryview])
def test_weights_may_come_from_the_windows_they_go_into(view):
    net = Sequential([Input((3,)), Dense(3), Sequential([Dense(3)])], dtype="float64", seed=1)
    first, second = (layer.params for layer in (net.layers[0], net.layers[1].layers[0]))
    given = [view(second.kernel), second.bias, view(first.kernel), first.bias]
    wanted = [np.array(array) for array in given]
    net.set_weights(given)
    assert all(map(np.array_equal, net.get_weights(), wanted))
    given = [view(first.kernel), first.bias]
    wanted = np.array(given[0])
    net.layers[0].set_weights(given)
    assert np.array_equal(first.kernel, wanted)


def test_get_weights_gives_copies():
    with Unmoved() as net:
        for array in net.get_weights():
            array[...] = NAN


# -- names that do not exist --------------------------------------------------------------------------------------------

NAMES = {
    "optimizer": (lambda: around().compile(optimizer="adm", loss="mse"), "'adm'.*'Adam'"),
    "loss": (lambda: around().compile("sgd", "msse"), "'msse'.*'mse'"),
    "metric": (lambda: around().compile("sgd", "mse", metrics=["acuracy"]), "'acuracy'.*'Accuracy'"),
    "activation": (lambda: Dense(3, activation="sigmiod"), "activation 'sigmiod'.*'Sigmoid'"),
    "initializer": (lambda: Dense(3, kernel_initializer="glorot_unform"), "'glorot_unform'.*'GlorotUniform'"),
    "regularizer": (lambda: Dense(3, kernel_regularizer="l3"), "'l3'.*'L"),
    "constraint": (lambda: Dense(3, bias_constraint="max_nrm"), "'max_nrm'.*'MaxNorm'"),
    "layer": (lambda: Chain(["dens"]), "'dens'.*'Dense'"),
}


@pytest.mark.parametrize("make, words", NAMES.values(), ids=NAMES)
def test_an_unknown_name_gets_the_nearest_ones(make, words):
    with pytest.raises(ArgumentValueError, match=rf"unknown .*{words}"):
        make()


def test_a_refused_compile_changes_nothing():
    net = around()
    before = net.optimizer, net.loss, net.metrics
    wrong = [("adm", "mse"), ("sgd", "msse"), ("sgd", "mse", ["nope"]), (3, "mse"), ("sgd", 3), ("sgd", lambda a, b: 0)]
    for arguments in wrong:
        with pytest.raises((ArgumentValueError, ArgumentTypeError), match="compile"):
            net.compile(*arguments)
    assert (net.optimizer, net.loss, net.metrics) == before


KEYWORDS = {
    "Dense": (lambda: Dense(3, activatoin="relu"), "Dense has no argument 'activatoin'.*'activation'"),
    "ReLU": (lambda: ReLU(max_vale=3), "ReLU has no argument 'max_vale'.*'max_value'"),
    "Sequential": (lambda: Sequential([], sed=1), "Sequential has no argument 'sed'.*'seed'"),
    "Adam": (lambda: Adam(lr=0.1), "Adam has no argument 'lr'"),
    "SGD": (lambda: SGD(momentm=0.1), "SGD has no argument 'momentm'.*'momentum'"),
    "MSELoss": (lambda: MSELoss(reducton="sum"), "MSELoss has no argument 'reducton'.*'reduction'"),
    "compile": (lambda: around().compile(optimiser="sgd"), "compile has no argument 'optimiser'.*'optimizer'"),
    "fit": (lambda: around().fit(X, Y, epoch=3), "fit has no argument 'epoch'.*'epochs'"),
}


@pytest.mark.parametrize("make, words", KEYWORDS.values(), ids=KEYWORDS)
def test_a_misspelt_keyword_gets_the_nearest_one(make, words):
    with pytest.raises(ArgumentTypeError, match=words):
        make()


@pytest.mark.parametrize("word", ["trains", "validations", "self_", "loops", "unknowns", "at_"])
def test_only_arguments_are_suggested(word):
    with pytest.raises(ArgumentTypeError) as caught:
        around().fit(X, Y, **{word: 3})
    options = set(inspect.signature(Sequential.fit).parameters) - {"self", "unknown"}
    assert set(re.findall(r"'(\w+)'", str(caught.value))) <= {*options, word}


KERAS_ONLY = {
    "activity_regularizer": lambda: Dense(3, activity_regularizer="l2"),
    "lora_rank": lambda: Dense(3, lora_rank=4),
    "quantization_config": lambda: Dense(3, quantization_config={}),
    "dtype": lambda: MSELoss(dtype="float32"),
    "autocast": lambda: ReLU(autocast=False),
    "batch_input_shape": lambda: Dense(3, batch_input_shape=(None, 5)),
    "loss_scale_factor": lambda: SGD(loss_scale_factor=2.0),
    "jit_compile": lambda: around().compile("sgd", "mse", jit_compile=True),
    "run_eagerly": lambda: around().compile("sgd", "mse", run_eagerly=True),
    "steps_per_execution": lambda: around().compile("sgd", "mse", steps_per_execution=2),
    "loss_weights": lambda: around().compile("sgd", "mse", loss_weights=[1]),
    "auto_scale_loss": lambda: around().compile("sgd", "mse", auto_scale_loss=True),
}


@pytest.mark.parametrize("name", KERAS_ONLY)
def test_an_argument_of_keras_that_has_no_meaning_here_says_why(name):
    with pytest.raises(TypeError, match=rf"'{name}' is an argument of Keras that has no meaning here: \w.{{10,}}"):
        KERAS_ONLY[name]()


def test_a_batch_size_of_the_input_says_why_too():
    for make in (lambda: Input((5,), batch_size=3), lambda: Input(batch_shape=(3, 5))):
        with pytest.raises(TypeError, match="batch_size=3 has no meaning here"):
            make()


# -- hyperparameters --------------------------------------------------------------------------------------------------

BAD = {
    "learning_rate": [(lambda v: SGD(v), [-1.0, NAN, INF, "0.1", True, np.ones(2), None, [0.1]])],
    "momentum": [(lambda v: SGD(momentum=v), [-0.1, 1.0, NAN, "0"])],
    "beta_1": [(lambda v: Adam(beta_1=v), [-0.1, 1.0, NAN])],
    "beta_2": [(lambda v: Adam(beta_2=v), [-0.1, 1.0, NAN])],
    "rho": [(lambda v: RMSprop(rho=v), [-0.1, 1.0, NAN])],
    "epsilon": [(lambda v: Adam(epsilon=v), [-1e-9, NAN]), (lambda v: RMSprop(epsilon=v), [-1e-9, NAN])],
    "weight_decay": [(lambda v: SGD(weight_decay=v), [-0.1, NAN, "1"])],
    "clipnorm": [(lambda v: SGD(clipnorm=v), [0, -1.0, NAN, "1"])],
    "clipvalue": [(lambda v: SGD(clipvalue=v), [0, -1.0, NAN])],
    "global_clipnorm": [(lambda v: SGD(global_clipnorm=v), [0, -1.0, NAN])],
    "ema_momentum": [(lambda v: SGD(ema_momentum=v), [-0.1, 1.1, NAN])],
    "gradient_accumulation_steps": [(lambda v: SGD(gradient_accumulation_steps=v), [0, 1, 2.0, True])],
    "nesterov": [(lambda v: SGD(nesterov=v), [1, None])],
    "units": [(Dense, [0, -3, 2.5, 3.0, True, "10", None, (3,), NAN])],
    "use_bias": [(lambda v: Dense(3, use_bias=v), [1, None, "yes"])],
    "rate": [(Dropout, [-0.1, 1.0, 1.5, NAN, "0.5", True, None])],
    "negative_slope": [(LeakyReLU, [NAN, INF, "0.1", None, True]), (lambda v: ReLU(negative_slope=v), [-1, NAN])],
    "max_value": [(ReLU, [-1.0, NAN, "6"]), (MaxNorm, [-1.0, NAN, None])],
    "axis": [(Softmax, [0.5, None, "last", True])],
    "data_format": [(Flatten, ["channels_first", "last", 3])],
    "reduction": [(lambda v: MSELoss(reduction=v), ["avg", 3, True])],
    "from_logits": [(SparseCategoricalCrossentropyLoss, [1, "yes", None])],
    "dtype": [
        (lambda v: Sequential(dtype=v), ["int32", "float16", "complex64", "float33", np.longdouble, None, 3, ">f4", object])
    ],
    "seed": [(lambda v: Sequential(seed=v), [-1, 0.5, "1", True]), (lambda v: Dropout(0.5, seed=v), [-1, 0.5])],
    "l1": [(L1, [-0.1, NAN, "x"]), (L1L2, [-0.1, NAN])],
    "l2": [(L2, [-0.1, NAN, None])],
    "value": [(Constant, [NAN, "1", None, [1.0, NAN]])],
    "stddev": [(lambda v: RandomNormal(stddev=v), [-1.0, NAN])],
    "maxval": [(lambda v: RandomUniform(0.0, v), [-1.0, NAN])],
    "scale": [(VarianceScaling, [0, -1.0, NAN])],
    "mode": [(lambda v: VarianceScaling(mode=v), ["fan", None])],
    "decay_steps": [(lambda v: ExponentialDecay(0.1, v, 0.5), [0, -1, NAN])],
    "input_shape": [(lambda v: Dense(3, input_shape=v), [(0,), (2.5,), "5", (-1,), (None,), (True,)])],
    "input_dim": [(lambda v: Dense(3, input_dim=v), [0, 2.5, -1, (5,)])],
    "shape": [(Input, [(0,), (2.5,), "5", None, (5, None)])],
    "trainable": [(lambda v: Dense(3, trainable=v), [1, None, "no"])],
}
CASES = [(name, make, value) for name, makers in BAD.items() for make, values in makers for value in values]


@pytest.mark.parametrize("name, make, value", CASES, ids=[f"{name}={value!r}" for name, _, value in CASES])
def test_a_bad_hyperparameter_is_refused_when_it_is_given(name, make, value):
    with pytest.raises((ArgumentTypeError, ArgumentValueError), match=rf"\w+: {name}\b") as caught:
        make(value)
    assert len(str(caught.value)) < 400


GOOD = {
    "learning rate 0": lambda: SGD(0),
    "integer rate": lambda: SGD(1),
    "NumPy rate": lambda: SGD(np.float32(0.1)),
    "0-epsilon": lambda: Adam(epsilon=0),
    "NumPy units": lambda: Dense(np.int32(3)),
    "no dropout": lambda: Dropout(0),
    "class of an optimizer": lambda: around().compile(SGD, MSELoss),
    "any case": lambda: around().compile("ADAM", "MSE", metrics=["MAE"]),
    "linear": lambda: Dense(3, activation="linear"),
    "float": lambda: Sequential(dtype=float),
    "int shape": lambda: Input(5),
    "slope above 1": lambda: LeakyReLU(2),
    "a negative slope": lambda: LeakyReLU(-0.5),
}


@pytest.mark.parametrize("make", GOOD.values(), ids=GOOD)
def test_what_is_unusual_but_legal_is_taken(make):
    make()


@pytest.mark.parametrize("value", [NAN, INF, -1.0, "0.1", None, True])
def test_a_schedule_that_goes_wrong_names_the_step(value):
    net = around()
    net.compile(SGD(lambda step: value if step == 2 else 0.1), "mse")
    before = None
    with pytest.raises((ArgumentTypeError, ArgumentValueError), match=r"learning rate schedule .* at step 2"):
        for _ in range(3):
            before = net.get_weights()
            net.train_on_batch(X, Y)
    assert all(np.array_equal(a, b) for a, b in zip(before, net.get_weights(), strict=True))


FIT = {
    "batch_size": [0, -1, 2.0, True, "8"],
    "epochs": [-1, 2.0, True, None, "3"],
    "initial_epoch": [-1, 1.5, None],
    "validation_split": [1.0, -0.1, 1.5, NAN, "0.2", True],
    "steps_per_epoch": [0, -1, 2.0, True, "3"],
    "validation_steps": [0, -1, 2.0, True, "3"],
    "validation_batch_size": [0, -1, 2.0],
    "validation_freq": [0, -1, 1.5, [0], "2"],
    "shuffle": [1, None, "batch"],
}


@pytest.mark.parametrize("name, value", [(name, value) for name, values in FIT.items() for value in values])
def test_fit_checks_its_arguments_before_it_trains(name, value):
    with Unmoved() as net, pytest.raises((ArgumentTypeError, ArgumentValueError), match=rf"fit: {name}\b"):
        net.fit(X, Y, verbose=0, **{"validation_data": (X, Y), name: value})


def test_only_one_way_of_clipping():
    with pytest.raises(ArgumentValueError, match="only one of clipnorm, clipvalue, global_clipnorm"):
        SGD(clipnorm=1.0, clipvalue=1.0)


@pytest.mark.parametrize("axis", [0, 2, -2, 5])
def test_softmax_over_an_axis_that_is_not_there(axis):
    with pytest.raises(ShapeError, match=f"axis={axis}"):
        Sequential([Input((5,)), Softmax(axis)])


def test_dropout_with_a_noise_shape_that_does_not_fit():
    with pytest.raises(ShapeError, match=r"noise_shape=\(None, 3\)"):
        Sequential([Input((5,)), Dropout(0.5, noise_shape=(None, 3))])


def test_an_initializer_that_returns_another_shape():
    with pytest.raises(ShapeError, match=r"returned shape \(3,\).*shape \(5, 2\)"):

        class Odd(Constant):
            def draw(self, shape, rng):
                return np.zeros(3)

        Sequential([Input((5,)), Dense(2, kernel_initializer=Odd())])


# -- pairs and optimizers -----------------------------------------------------------------------------------------------


def read_only(array):
    array.flags.writeable = False
    return array


W = np.ones(3)
PAIRS = {
    "gradient of another shape": ([(np.ones(3), np.ones((3, 1)))], "pair 0.*shape"),
    "gradient is the parameter": ([(W, W)], "pair 0.*same memory"),
    "gradient overlaps": ([(W[:2], W[1:])], "pair 0.*same memory"),
    "overlapping parameters": ([(W[:2], np.ones(2)), (W[1:], np.ones(2))], "pair 1 is the same parameter as pair 0"),
    "twice": ([(W, np.ones(3)), (W, np.ones(3))], "pair 1 is the same parameter as pair 0"),
    "read-only": ([(read_only(np.ones(3)), np.ones(3))], "pair 0.*read-only"),
    "integers": ([(np.ones(3, int), np.ones(3, int))], "pair 0.*float"),
    "two dtypes": ([(np.ones(3), np.ones(3, "f4"))], "pair 0.*float"),
    "lists": ([([1.0], [1.0])], r"pair 0 must be \(param, grad\)"),
    "no pairs": ([np.ones(3)], r"pair 0 must be \(param, grad\)"),
}


@pytest.mark.parametrize("pairs, words", PAIRS.values(), ids=PAIRS)
def test_pairs_that_cannot_be_trained_are_refused(pairs, words):
    before = W.copy()
    with pytest.raises((ArgumentValueError, ArgumentTypeError, ShapeError), match=f"Adam: {words}"):
        Adam().step(pairs)
    assert np.array_equal(W, before)


def test_a_plain_list_is_bound_by_position():
    a, b, g = np.ones(2), np.ones(2), np.ones(2)
    optimizer = SGD(0.1, momentum=0.9)
    optimizer.step([(a, g), (b, g.copy())])
    for other in ([(b, g), (a, g)], [(a, g)], [(a, g), (np.ones(2), g)]):
        with pytest.raises(ArgumentValueError, match="same parameters in the same order"):
            optimizer.step(other)
    assert optimizer.iterations == 1 and np.array_equal(a, b)


def test_one_optimizer_for_two_networks_is_refused():
    first, second, optimizer = around(), around(), SGD(0.1)
    for net in (first, second):
        net.compile(optimizer, "mse")
    first.train_on_batch(X, Y)
    before = second.get_weights()
    with pytest.raises(UsageError, match=r"network of its first step.*copy\.deepcopy"):
        second.train_on_batch(X, Y)
    with pytest.raises(UsageError, match="belongs to a network"):
        optimizer.step([(np.ones(2), np.ones(2))])
    assert np.array_equal(before[0], second.get_weights()[0])


# -- a layer that breaks the contract -----------------------------------------------------------------------------------


class Odd(Layer):
    """Does what it is told, wrongly."""

    def __init__(self, out=None, back=None, sets=True):
        self.out, self.back, self.sets = out, back, sets

    def build(self, input_shape):
        return {"gain": Param(input_shape, "ones")}

    def forward(self, x, training=False):
        return x * self.params.gain if self.out is None else self.out(self, x)

    def backward(self, error_grad):
        if self.sets:
            self.grads.gain = error_grad.sum(axis=0)
        return error_grad * self.params.gain if self.back is None else self.back(self, error_grad)


WRONG = {
    "another shape": (
        Odd(lambda self, x: x[:, :2]),
        r"forward\(\) returned shape \(6, 2\), expected \(6, 4\).*output_shape",
    ),
    "without batch": (Odd(lambda self, x: x.sum(axis=0)), r"forward\(\) returned shape \(4,\), expected \(6, 4\)"),
    "None": (Odd(lambda self, x: None), r"forward\(\) returned NoneType; it must return an array"),
    "a list": (Odd(lambda self, x: x.tolist()), r"forward\(\) returned list; it must return an array"),
    "another dtype": (Odd(lambda self, x: x.astype("f4")), r"forward\(\) returned dtype float32, expected float64"),
    "a view": (
        Odd(lambda self, x: np.broadcast_to(self.params.gain, x.shape)),
        r"forward\(\) returned a view of its parameter 'gain'",
    ),
    "no message": (Odd(back=lambda self, g: None), r"backward\(\) returned None; it must return dLoss/d\(input\)"),
    "message of another shape": (
        Odd(back=lambda self, g: g[:, :2]),
        r"backward\(\) returned shape \(6, 2\), expected \(6, 4\)",
    ),
    "message of another dtype": (
        Odd(back=lambda self, g: g.astype("f4")),
        r"backward\(\) returned dtype float32, expected float64",
    ),
    "message is a list": (Odd(back=lambda self, g: g.tolist()), r"backward\(\) returned list"),
    "forgotten gradient": (Odd(sets=False), r"backward\(\) left the gradient of 'gain' unset; .*self\.grads\.gain = "),
}


@pytest.mark.filterwarnings("ignore:odd .* cannot be written down")
@pytest.mark.parametrize("layer, words", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("verb", ["fit", "train_on_batch", "by hand", "message by message"])
def test_a_layer_that_breaks_the_contract_is_named_before_anything_is_trained(verb, layer, words):
    net = around(Odd(layer.out, layer.back, layer.sets))
    before = net.get_weights()
    with pytest.raises((ShapeError, UsageError), match=rf"^layer 1, odd \(Odd\): {words}"):
        if verb == "by hand":
            net.forward(X, training=True)
            net.backward(Y)
        elif verb == "message by message":
            list(net.outputs(X, training=True))
            list(net.messages(Y))
        elif verb == "fit":
            net.fit(X, Y, verbose=0)
        else:
            net.train_on_batch(X, Y)
    assert all(np.array_equal(a, b) for a, b in zip(before, net.get_weights(), strict=True))
    assert net.optimizer.iterations == 0 and not net.optimizer._vectors


def test_the_contract_holds_inside_chains_and_networks_too():
    for wrapped in (Chain([Odd(sets=False)]), Sequential([Odd(sets=False)]), Chain([Sequential([Odd(sets=False)])])):
        net = around(wrapped)
        with pytest.raises(UsageError, match=r"layer 0, odd \(Odd\): backward\(\) left"):
            net.train_on_batch(X, Y)


def test_a_gradient_that_overflowed_is_not_called_forgotten():
    net = around(Odd(back=lambda self, g: g, sets=True))
    net.forward(X, training=True)
    net.backward(np.full((6, 2), NAN))
    net.train_on_batch(X, Y)


def test_a_layer_is_checked_once_and_runs_free_from_then_on():
    net = around(Odd())
    net.train_on_batch(X, Y)
    net.layers[1].sets = False
    net.train_on_batch(X, Y)


def test_a_forward_before_the_training_step_does_not_use_up_the_check():
    net = around(Odd(sets=False))
    net.predict(X)
    net.evaluate(X, Y)
    with pytest.raises(UsageError, match="left the gradient"):
        net.train_on_batch(X, Y)


BUILDS = {
    "a list": lambda self, shape: [Param(shape)],
    "no Param": lambda self, shape: {"w": np.zeros(shape)},
    "None": lambda self, shape: None,
}


@pytest.mark.parametrize("build", BUILDS.values(), ids=BUILDS)
def test_build_returns_a_dictionary_of_param(build):
    layer = type("Odder", (Odd,), {"build": build})()
    with pytest.raises(ArgumentTypeError, match="dictionary of Param") as caught:
        Sequential([Input((5,)), layer])
    assert "in odder (Odder), build, input shape (5,)" in caught.value.__notes__[0]


# -- classes that could not work ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["call", "add_weight"])
def test_a_subclass_written_for_keras_says_what_to_write(method):
    with pytest.raises(ArgumentTypeError, match=rf"Kerasy defines Keras' {method}\(\).*forward.*backward.*build"):
        type("Kerasy", (Layer,), {method: lambda self, x: x})


@pytest.mark.parametrize("method", ["messages", "outputs"])
def test_a_composite_of_the_former_way_says_the_new_one(method):
    with pytest.raises(ArgumentTypeError, match=rf"Old defines {method}\(\), .*no more; write children.*backward"):
        type("Old", (Layer,), {method: lambda self, x: x})


@pytest.mark.parametrize("method", ["value", "slope", "value_and_slope"])
def test_an_activation_of_the_former_way_says_the_new_one(method):
    with pytest.raises(ArgumentTypeError, match=rf"Old defines {method}\(\); write f\(self, x, out=None, slope=None\)"):
        type("Old", (Elementwise,), {method: lambda self, x: x})


def test_forward_without_backward_is_refused_when_the_class_is_defined():
    with pytest.raises(ArgumentTypeError, match=r"Half writes forward\(\) but no backward\(\).*self\.grads"):

        class Half(Layer):
            def forward(self, x, training=False):
                return x


@pytest.mark.parametrize("name", ["params", "grads", "state", "cache", "rng", "forward", "elementwise", "children", "kinds"])
def test_an_argument_named_like_an_attribute_of_every_layer_is_refused(name):
    namespace = {}
    exec(f"def __init__(self, {name}): self.{name} = {name}", namespace)
    with pytest.raises(ArgumentTypeError, match=f"Taken: the argument '{name}' would overwrite"):
        type("Taken", (Layer,), {"__init__": namespace["__init__"]})


def test_args_cannot_be_written_down():
    with pytest.raises(ArgumentTypeError, match=r"\*sizes.*name each argument"):

        class Many(Odd):
            def __init__(self, *sizes):
                self.sizes = sizes

        Many(1).config()


@pytest.mark.parametrize(
    "use",
    [
        lambda: Layer().forward(X),
        lambda: Layer().backward(X),
        lambda: Loss().forward(X, X),
        lambda: Optimizer().step([(np.ones(2), np.ones(2))]),
    ],
)
def test_a_base_class_says_what_a_subclass_must_write(use):
    with pytest.raises(NotImplementedError, match="must write"):
        use()


# -- an exception inside a layer ------------------------------------------------------------------------------------------


class Fuse(Layer):
    def __init__(self, direction):
        self.direction = direction

    def forward(self, x, training=False):
        if self.direction == "forward":
            raise ZeroDivisionError("mine")
        return x

    def backward(self, error_grad):
        if self.direction == "backward":
            raise ZeroDivisionError("mine")
        return error_grad


@pytest.mark.parametrize("watched", [True, False])
@pytest.mark.parametrize(
    "direction, use, what",
    [
        ("forward", lambda net: net.forward(X), "x"),
        ("forward", lambda net: net.predict(X), "x"),
        ("forward", lambda net: list(net.outputs(X)), "x"),
        ("forward", lambda net: list(opened.outputs(net, X)), "x"),
        ("backward", lambda net: (net.forward(X), net.backward(Y)), "error_grad"),
        ("backward", lambda net: (net.forward(X), list(net.messages(Y))), "error_grad"),
        ("backward", lambda net: (net.forward(X), list(opened.messages(net, Y))), "error_grad"),
        ("backward", lambda net: net.fit(X, Y, verbose=0), "error_grad"),
    ],
)
def test_it_keeps_its_type_and_gets_a_note(direction, use, what, watched):
    net = around(Fuse(direction), Fuse(""))
    if not watched:
        net.layers[1].direction = ""
        net.train_on_batch(X, Y)
        net.layers[1].direction = direction
    with pytest.raises(ZeroDivisionError) as caught:
        use(net)
    assert caught.value.args == ("mine",)
    assert caught.value.__notes__ == [f"in layer 1, fuse (Fuse), {direction}, {what} (6, 4)"]


def test_each_chain_around_adds_its_place():
    net = around(Chain([ReLU(), Fuse("forward")], name="block"))
    with pytest.raises(ZeroDivisionError) as caught:
        net.predict(X)
    assert caught.value.__notes__ == [
        "in layer 1, fuse (Fuse), forward, x (6, 4)",
        "in layer 1, block (Chain), forward, x (6, 4)",
    ]


def test_parameters_slots_state_and_counts_stay_as_they_were():
    unmoved = Unmoved(Fuse(""), Dropout(0.5))
    for direction in ("forward", "backward"):
        for use in (lambda net: net.fit(X, Y, verbose=0), lambda net: net.train_on_batch(X, Y)):
            with unmoved as net:
                net.layers[1].direction = direction
                with pytest.raises(ZeroDivisionError):
                    use(net)
                net.layers[1].direction = ""
            with pytest.raises(UsageError, match="fresh forward"):
                net.backward(Y)
    twin = Unmoved(Fuse(""), Dropout(0.5)).net
    assert unmoved.net.train_on_batch(X, Y) == twin.train_on_batch(X, Y)


def test_a_loss_that_fails_leaves_everything_as_it_was():
    class Broken(Loss):
        def values(self, y_true, y_pred):
            return np.zeros(len(y_pred))

        def slopes(self, y_true, y_pred):
            raise BufferError

    with Unmoved() as net:
        net.loss = Broken()
        with pytest.raises(BufferError):
            net.train_on_batch(X, Y)
