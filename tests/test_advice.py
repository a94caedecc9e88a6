"""What is not here, is called otherwise, or cannot be called: the answer says what to write instead."""

import inspect

import numpy as np
import pytest
from builders import network, samples, sequential

import minifw
from minifw import (
    SGD,
    Adam,
    ArgumentTypeError,
    ArgumentValueError,
    Branches,
    Callback,
    Dense,
    Dropout,
    EarlyStopping,
    Elementwise,
    Embedding,
    Input,
    Layer,
    LeakyReLU,
    Loss,
    Metric,
    MSELoss,
    NonFiniteError,
    Normalization,
    Optimizer,
    Param,
    Regularizer,
    Residual,
    Sequential,
    ShapeError,
    UsageError,
    advice,
    check_gradients,
    check_layer,
    definitions,
)  # fmt: skip

X, Y = samples(8)
CLASSES = [cls for cls in map(vars(minifw).get, minifw.__all__) if isinstance(cls, type)]


class Closed(Layer):
    """Takes no options."""

    def __init__(self, share):
        self.share = share


# -- names of other frameworks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: SGD(decay=1e-6), r"SGD: 'decay' .*InverseTimeDecay\(rate, 1, decay\); weight_decay is another"),
        (lambda: Adam(lr=0.1), "Adam has no argument 'lr'; it is called learning_rate here$"),
        (lambda: LeakyReLU(alpha=0.1), "LeakyReLU has no argument 'alpha'; it is called negative_slope here$"),
        (lambda: minifw.RMSprop(alpha=0.9), "RMSprop has no argument 'alpha'; it is called rho here$"),
        (lambda: Embedding(10, 2, input_length=20), "Embedding: 'input_length' .* not needed, .*drop it"),
        (lambda: Dropout(p=0.5), "Dropout has no argument 'p'; it is called rate here"),
        (lambda: Dropout(keep_prob=0.5), "1 - keep_prob"),
        (lambda: Dense(in_features=4, units=2), "'in_features'; not needed"),
        (lambda: EarlyStopping(patiance=3), "EarlyStopping has no argument 'patiance'; did you mean 'patience'"),
        (lambda: network().compile("adam", "mse", lr=0.1), r"compile has no argument 'lr'; .*compile\(Adam\(learning_rate"),
        (lambda: network().fit(X, Y, n_iter=3), "fit has no argument 'n_iter'; it is called epochs here"),
        (lambda: Sequential(Dense(3), Dense(2)), r"put the layers into a list: Sequential\(\[\.\.\.\]\)"),
        (lambda: Branches(Dense(3), Dense(2), Dense(1)), r"got 3 arguments; put the layers into a list: Branches"),
        (lambda: Dropout(0.5, None, 1, 2), r"Dropout takes rate, noise_shape, seed by position, got 4 arguments$"),
        (lambda: Dense(activation="relu"), r"Dense needs 'units': Dense\(units, activation, use_bias"),
        (lambda: minifw.ExponentialDecay(0.1), r"ExponentialDecay needs 'decay_steps' and 'decay_rate': ExponentialDecay\("),
        (lambda: Closed(0.5, name="first"), r"Closed has no argument 'name', .*take \*\*options .*__init__\(\*\*options"),
        (lambda: minifw.Zeros(3), r"Zeros takes no arguments, got \(3,\)$"),
        (lambda: Sequential([Dense(3), Input((4,))]), "at place 1; an Input stands first, before all layers"),
        (lambda: Dense(3)(Input((4,))), "wanted numbers, got Input; there are no functional graphs.*Branches or Residual"),
        (lambda: Dense(3)(Dense(2)), "wanted numbers, got Dense; there are no functional graphs"),
        (lambda: Sequential([np.tanh]), r"a function of arrays is a Lambda\(function, gradient\)"),
        (lambda: Dense(2, kernel_initializer=0.5), r"Constant\(0\.5\)"),
        (lambda: network(optimizer=0.1), r"SGD\(0\.1\)"),
        (lambda: network(metrics=["f1"]), "unknown metric 'f1'; did you mean 'f1_score'"),
        (lambda: network(loss="cross_entropy"), "'sparse_categorical_crossentropy' takes class numbers"),
        (lambda: network().fit(X, np.array(["a", "b"] * 4), verbose=0), r"dtype <U1; .*np\.unique\(y, return_inv"),
        (lambda: network().fit(X, np.array(["a", 1] * 4, object), verbose=0), r"'a' \(str\) at index 0; .*np\.unique"),
    ],
)
def test_the_right_name_is_said(call, words):
    with pytest.raises((ArgumentTypeError, ArgumentValueError), match=words):
        call()


@pytest.mark.parametrize("name", [name for names in advice.NAMES for name in names.split()])
def test_a_name_of_elsewhere_leads_to_one_that_exists(name):
    callables = [*CLASSES, Sequential.fit, Sequential.compile, minifw.utils.to_categorical]
    known = {argument for called in callables for argument in inspect.signature(called).parameters}
    there = advice.NAMES[next(names for names in advice.NAMES if name in names.split())].split()
    assert set(there) <= known
    assert advice.elsewhere(name, there) == f"; it is called {' and '.join(there)} here"


def test_an_attribute_of_elsewhere_is_an_attribute_error_that_says_what_to_use():
    net = sequential()
    for name, words in ("train", "forward"), ("zero_grad", "not needed"), ("score", "evaluate"), ("to", "CPU"):
        with pytest.raises(AttributeError, match=f"Sequential has no attribute '{name}'; .*{words}"):
            getattr(net, name)
        assert not hasattr(net, name)
    with pytest.raises(AttributeError, match=r"SGD has no attribute 'lr'; it is called learning_rate here$"):
        SGD().lr  # noqa: B018
    with pytest.raises(AttributeError, match=r"'Dense' object has no attribute 'colour'$"):
        Dense(3).colour  # noqa: B018


def test_a_property_that_fails_says_why_itself():
    class Gain(Layer):
        def build(self, input_shape):
            return {"gain": Param(input_shape)}

        def forward(self, x, training=False):
            return x

        def backward(self, error_grad):
            return error_grad

        @property
        def largest(self):
            return self.params.gain.max()

    with pytest.raises(AttributeError, match="not built"):
        Gain().largest  # noqa: B018


# -- definitions ------------------------------------------------------------------------------------------------------


def define(base, **methods):
    return type("Mine", (base,), methods)


@pytest.mark.parametrize(
    ("base", "methods", "words"),
    [
        (Elementwise, {"f": lambda self, x: x}, r"Mine defines f\(self, x\), .* write f\(self, x, out=None, slope=None\)"),
        (Layer, {"forward": lambda self, x: x}, r"write forward\(self, x, training=False\)"),
        (Layer, {"forward": lambda self, x, *, training=False: x}, r"write forward\(self, x, training=False\)"),
        (Layer, {"forward": lambda self, x, mask, training=False: x}, r"forward\(self, x, mask, training=False\), but"),
        (Layer, {"output_shape": lambda self: ()}, r"write output_shape\(self, input_shape\)"),
        (Layer, {"outputShape": lambda self, input_shape: ()}, r"nobody calls; write output_shape\(self, input_shape\)"),
        (Loss, {"slopes": lambda self, y_pred, y_true: y_pred}, r"write slopes\(self, y_true, y_pred\)"),
        (Loss, {"forward": lambda self, y_true, y_pred: 0.0}, r"write forward\(self, y_true, y_pred, sample_weight=None\)"),
        (Loss, {"forward": lambda self, y_true, y_pred, sample_weight=None: 0.0}, r"no backward\(\); .*values\(self"),
        (Loss, {"call": lambda self, y_true, y_pred: 0.0}, r"as in Keras; write values\(self, y_true, y_pred\)"),
        (Optimizer, {"update": lambda self, w, g: None}, r"update\(self, param, grad, slots, coefficients, scratch\)"),
        (Optimizer, {"coefficients": lambda self, step: ()}, r"coefficients\(self, step, learning_rate\)"),
        (Optimizer, {"update_step": lambda self, g, w, rate: None}, "nobody calls; write the formula in update"),
        (Metric, {"result": lambda self, logs: 0.0}, r"write result\(self\)"),
        (minifw.MeanMetric, {"values": lambda self, y_pred, y_true: y_true}, r"write values\(self, y_true, y_pred\)"),
        (Callback, {"on_batch_end": lambda self, batch, logs=None: None}, r"write on_train_batch_end\(self, batch"),
        (Callback, {"on_train_begin": lambda self: None}, r"write on_train_begin\(self, logs=None\)"),
        (Callback, {"on_epoch_end": lambda self, logs, epoch: None}, r"write on_epoch_end\(self, epoch, logs=None\)"),
        (Callback, {"onEpochEnd": lambda self, epoch, logs=None: None}, r"nobody calls; write on_epoch_end"),
        (Regularizer, {"penalty": lambda self: 0.0}, r"write penalty\(self, w\)"),
        (minifw.LearningRateSchedule, {"__call__": lambda self: 0.1}, r"write __call__\(self, step\)"),
        (minifw.Initializer, {"draw": lambda self, shape: 0.0}, r"write draw\(self, shape, rng\)"),
    ],
)
def test_a_method_that_cannot_be_called_is_refused_with_its_class(base, methods, words):
    with pytest.raises(ArgumentTypeError, match=words):
        define(base, **methods)


def test_what_can_be_called_is_taken_whatever_its_arguments_are_named():
    define(Callback, on_epoch_end=lambda self, number, found: None, on_train_begin=lambda self, *args: None)
    define(Layer, forward=lambda self, *args, **options: None, backward=lambda self, g: g)
    define(Layer, forward=lambda self, z, training=False, scale=1.0: z, backward=lambda self, g: g)
    define(Loss, values=lambda self, y, p: 0.0, slopes=lambda self, y, p: p, value=lambda self: 0.0)
    define(Elementwise, f=staticmethod(lambda x, out=None, slope=None: x))
    define(Sequential, fit=lambda self, x: None, total=lambda self: 0)
    define(Dropout, rate=lambda self: 0.5, _forward=lambda self: None)
    assert str(inspect.signature(minifw.Zeros)) == "()" and next(iter(inspect.signature(Dropout).parameters)) == "rate"
    define(Optimizer, steps=lambda self: 0, update=lambda self, *args: None)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_the_built_in_classes_keep_the_rule_that_users_are_held_to(cls):
    def above(module):
        return module != cls.__module__ and module.startswith("minifw")

    bases = {base.__name__ for base in cls.__mro__}
    former = {name for base, *names in map(str.split, advice.FORMER) if base in bases for name in names} & vars(cls).keys()
    if not former and cls is not minifw.Mean:  # which takes numbers and no targets
        definitions.check_class(cls, above)


# -- own losses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "slopes", "words"),
    [
        (lambda y, p: 0.5, lambda y, p: p, r"Mine: values\(y_true, y_pred\) must return .* \(8,\).*got 0\.5 \(float\)"),
        (lambda y, p: ((y - p) ** 2).mean(), lambda y, p: p, r"Mine: values.*\(8,\).*got shape \(\)"),
        (lambda y, p: ((y - p) ** 2).mean(-1), lambda y, p: 1.0, r"Mine: slopes.*\(8, 2\).*got 1\.0 \(float\)"),
        (lambda y, p: ((y - p) ** 2).mean(-1), lambda y, p: (p - y).sum(0), r"Mine: slopes.*\(8, 2\).*got shape \(2,\)"),
    ],
)
def test_an_own_loss_of_the_wrong_shape_says_which_is_wanted(values, slopes, words):
    mine = define(Loss, values=lambda self, y, p: values(y, p), slopes=lambda self, y, p: slopes(y, p))
    with pytest.raises(ShapeError, match=words):
        network(loss=mine()).fit(X, Y, verbose=0)


def test_an_own_loss_written_as_forward_and_backward_trains():
    class Mine(Loss):
        def forward(self, y_true, y_pred, sample_weight=None):
            self.error = y_pred - y_true
            return float((self.error**2).mean())

        def backward(self):
            return 2 * self.error / self.error.size

    mine, same = network(loss=Mine()), network(loss=MSELoss())
    losses = [net.fit(X, Y, epochs=3, verbose=0).history["loss"] for net in (mine, same)]
    np.testing.assert_allclose(*losses, rtol=1e-12)


# -- looking ----------------------------------------------------------------------------------------------------------


class Forgetful(Layer):
    """Forgets the gradient of its shift, and goes wrong with that of its gain where it is told to."""

    wrong = 1.0

    def build(self, input_shape):
        return {"gain": Param(input_shape, "ones"), "shift": Param(input_shape)}

    def forward(self, x, training=False):
        self.cache = x
        return x * self.params.gain + self.params.shift

    def backward(self, error_grad):
        self.grads.gain = self.wrong * (error_grad * self.cache).sum(axis=0)
        return error_grad * self.params.gain


def test_a_forgotten_gradient_is_told_as_fit_tells_it():
    report = check_layer(Forgetful(), (3,))
    assert "backward() left it unset; assign it there: self.grads.shift = ..." in str(report)
    assert [check.passed for check in report.checks if check.name.startswith("gain")] == [True] * 6


def test_a_wrong_network_says_which_layer_is_to_blame():
    net = network(Dense(4, activation="tanh"), Residual([Forgetful(), Dropout(0.2)]), minifw.BatchNormalization(), Dense(2))
    net.layers[1].layers[0].wrong = 2.0
    report = net.check_gradients(X, Y)
    assert ": WRONG, first to blame is forgetful (Forgetful), which is wrong alone, too (gain, shift)\n" in str(report)
    assert "first to blame" not in str(network().check_gradients(X, Y))


def test_checks_want_a_layer_and_a_shape():
    with pytest.raises(ArgumentTypeError, match=r"check_gradients: wanted a layer, got .*instance of it: Dense\(\.\.\.\)"):
        check_gradients(Dense, X)


# -- the rest ---------------------------------------------------------------------------------------------------------


def test_what_is_too_large_for_float32_is_said_to_be():
    net = network(dtype="float32")
    with pytest.raises(NonFiniteError, match=r"too large for float32: scale them, or take dtype='float64'"):
        net.fit(np.where(np.arange(5) == 2, 1e300, X), Y, verbose=0)
    with pytest.raises(NonFiniteError) as caught:
        net.fit(np.where(np.arange(5) == 2, np.nan, X), Y, verbose=0)
    assert "float32:" not in str(caught.value)


def test_a_monitor_that_no_metric_has_is_named_with_those_there_are():
    with pytest.raises(ArgumentValueError, match=r"no metric 'accuracy' among loss, mae; write compile\(..., metrics="):
        network(metrics=["mae"]).fit(X, Y, verbose=0, callbacks=[EarlyStopping("val_accuracy")])


def test_a_network_that_sent_nothing_back_is_asked_to():
    generator, judge = sequential(), sequential(inputs=(2,))
    error_grad = np.ones_like(judge.forward(generator.forward(X, training=True), training=True))
    with pytest.raises(ShapeError, match=r"its error gradient has shape \(\); it is None: .*to_input=True"):
        generator.backward(judge.backward(error_grad))


def test_a_loss_by_its_name_is_left_to_compile():
    net = network()
    with pytest.raises(ArgumentTypeError, match=r"loss='mae' is no object of that kind; compile makes one"):
        net.loss = "mae"
    assert isinstance(net.loss, MSELoss)


def test_an_output_shape_has_no_batch_axis():
    flat = define(Layer, forward=lambda self, x, training=False: x, backward=lambda self, g: g)
    for shape in ((None, 5), 5, [5], (2.5,)):
        flat.output_shape = lambda self, input_shape, shape=shape: shape
        with pytest.raises(ArgumentTypeError, match=r"mine \(Mine\): output_shape\(\) must .*without the batch axis, got"):
            sequential(flat(), Dense(2))


def test_a_normalization_that_has_learned_nothing_says_so_until_it_has():
    layer = Normalization()
    net = network(layer, Dense(2))
    with pytest.warns(UserWarning, match=r"its mean is 0 and its variance 1, so it changes nothing; call adapt\(x\) first"):
        net.fit(X, Y, verbose=0)
    layer.adapt(X)
    net.fit(X, Y, verbose=0)
    network(Normalization(mean=0.0, variance=1.0), Dense(2)).fit(X, Y, verbose=0)


def test_accuracy_of_fractions_is_found_before_training():
    assert "the targets are fractions" in str(network(metrics=["accuracy"]).check(X, Y))
    assert network(metrics=["mae"]).check(X, Y) == network(metrics=["accuracy"]).check(X, np.round(Y)) == []


def test_files_of_others_are_not_written(tmp_path):
    for name in ("a.h5", "a.keras", "a.npz", "a.pt", "a.pkl"):
        with pytest.raises(ArgumentValueError, match=rf"{name} would be a file of .*here it is .*a\.safetensors"):
            network().save(tmp_path / name)
    assert not [*tmp_path.iterdir()]


def test_a_step_without_pairs_is_refused():
    with pytest.raises(UsageError, match=r"SGD: a step needs pairs .*step\(net\.params_and_grads\(\)\)"):
        SGD().step()
