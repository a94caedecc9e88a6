"""What did nothing, and said nothing: each such mistake gets an error or a warning that says what to do."""

import re

import numpy as np
import pytest

import minifw
from minifw import (
    SGD,
    Adam,
    BinaryAccuracy,
    Branches,
    Chain,
    Dense,
    Input,
    Layer,
    Metric,
    MSELoss,
    Optimizer,
    Regularizer,
    Residual,
    Sequential,
    UsageError,
    check_layer,
)

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(6, 4)).astype(np.float32), RNG.normal(size=(6, 2)).astype(np.float32)


def network(*layers, optimizer="sgd", **options):
    net = Sequential([Input((4,)), *layers, Dense(2)], seed=1)
    net.compile(optimizer, "mse", **options)
    return net


def fit(net):
    return net.fit(X, Y, verbose=0)


# -- methods that nobody calls ------------------------------------------------------------------------------------------

NOBODY = {
    **dict.fromkeys(["train_step", "test_step", "predict_step", "training_step", "validation_step"], "the loop by hand"),
    **dict.fromkeys(["compute_loss", "compute_metrics"], "write a Loss with values and slopes, or a Metric"),
    **dict.fromkeys(["make_train_function", "make_test_function", "make_predict_function"], "nothing is traced"),
    "configure_optimizers": r"compile\(optimizer, loss\)",
    "call": r"forward\(self, x, training=False\)",
}


@pytest.mark.parametrize("base", [Sequential, type("Between", (Sequential,), {})])
@pytest.mark.parametrize("name", NOBODY)
def test_a_network_with_a_step_of_keras_is_refused_at_its_definition(name, base):
    with pytest.raises(TypeError, match=rf"^Mine defines (Keras' )?{name}\(\).*{NOBODY[name]}"):
        type("Mine", (base,), {name: lambda self, data: None})


@pytest.mark.parametrize("name", ["update_step", "get_updates", "zero_grad", "apply"])
def test_an_optimizer_of_another_framework_is_refused_at_its_definition(name):
    with pytest.raises(TypeError, match=rf"^Mine defines {name}\(\), which nobody calls; write the formula in update\(self"):
        type("Mine", (SGD,), {name: lambda self, *args: None})


def test_an_optimizer_with_a_step_and_no_update_is_refused_at_its_definition():
    with pytest.raises(TypeError, match=r"^Mine defines step\(\), which counts, .* write the formula in update\(self"):

        class Mine(Optimizer):
            def step(self, pairs):
                for param, grad in pairs:
                    param -= 0.1 * grad


def test_an_optimizer_may_still_do_something_around_its_step():
    class Loud(SGD):
        seen = 0

        def step(self, pairs):
            self.seen += 1
            super().step(pairs)

    net = network(optimizer=Loud(0.1))
    fit(net)
    assert net.optimizer.seen == net.optimizer.iterations == 1


OWN = {
    "messages": (lambda self, g: g, r"messages\(\), which a composite needs no more; write children"),
    "outputs": (property(lambda self: []), r"outputs\(\), which a composite needs no more; write children"),
    "rng": (np.random.default_rng(1), "an rng of its own, .*; draw from self.rng"),
    "params": ({}, r"its own params, .*; declare arrays in build\(self, input_shape\) -> {name: Param\(shape\)}"),
    "grads": (property(lambda self: 1), "its own grads"),
    "state": (None, "its own state"),
    "name": (property(lambda self: "me"), r"its own name, .* layer\.name = \.\.\."),
    "trainable": (False, r"its own trainable, .* layer\.trainable = \.\.\."),
}


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("base", [Layer, Dense, minifw.Elementwise, Chain])
def test_a_layer_that_defines_what_every_layer_has_is_refused(name, base):
    value, words = OWN[name]
    with pytest.raises(TypeError, match=rf"^Mine defines {words}"):
        type("Mine", (base,), {name: value})


# -- updates and gradients ----------------------------------------------------------------------------------------------


class Returning(Optimizer):
    def update(self, param, grad, slots, coefficients, scratch):
        return param - coefficients[0] * grad


class Binding(Optimizer):
    def update(self, param, grad, slots, coefficients, scratch):
        param = param - coefficients[0] * grad


class Remembering(Optimizer):
    slots = ("m",)

    def update(self, param, grad, slots, coefficients, scratch):
        slots[0][...] = grad
        return param - coefficients[0] * slots[0]


@pytest.mark.parametrize("cls", [Returning, Binding, Remembering])
@pytest.mark.parametrize("options", [{}, {"clipnorm": 1.0}, {"gradient_accumulation_steps": 2}])
def test_an_update_that_does_not_write_is_told_at_the_first_step(cls, options):
    net = network(optimizer=cls(0.1, **options))
    before = net.get_weights()
    with pytest.raises(UsageError, match=rf"^{cls.__name__}: update\(\) changed no parameter.*write in place: param -= "):
        net.fit(X, Y, batch_size=3, verbose=0)
    assert all(map(np.array_equal, before, net.get_weights()))
    w = np.ones(3)
    with pytest.raises(UsageError, match="write in place"):
        cls(0.1).step([(w, np.ones(3))])


class Writing(Optimizer):
    def update(self, param, grad, slots, coefficients, scratch):
        param -= coefficients[0] * grad
        return param


class Scaling(Optimizer):
    def update(self, param, grad, slots, coefficients, scratch):
        np.multiply(param, np.exp(-coefficients[0] * grad), out=param)


@pytest.mark.parametrize("cls", [Writing, Scaling])
@pytest.mark.parametrize("rate", [0.1, 1e-12, 0.0, lambda step: 0.1 * step])
def test_an_update_that_writes_is_left_alone_however_small_the_step(cls, rate):
    w, optimizer = np.ones(3, np.float32), cls(rate)
    for _ in range(3):
        optimizer.step([(w, np.ones(3, np.float32))])
    assert optimizer.iterations == 3
    optimizer.step([(w, np.zeros(3, np.float32))])
    assert "update" not in vars(optimizer) or rate == 0.0


def back(net, loss):
    loss.forward(Y, net.forward(X, training=True))
    net.backward(loss.backward())


def test_a_step_with_the_gradients_of_the_last_one_is_told():
    net, loss, optimizer = network(Dense(3)), MSELoss(), Adam(0.01)
    for _ in range(3):
        back(net, loss)
        optimizer.step(net.params_and_grads())
    with pytest.warns(UserWarning, match=r"^Adam: no backward came since the last step.* call net\.backward\(loss\."):
        optimizer.step(net.params_and_grads())
    for layer, error_grad in net.messages((loss.forward(Y, net.forward(X, training=True)), loss.backward())[1]):
        assert error_grad is not None or layer is net.layers[0]
    optimizer.step(net.params_and_grads())


def test_a_step_before_any_backward_is_refused():
    net = network(Dense(3))
    before = net.get_weights()
    with pytest.raises(UsageError, match=r"^SGD: the gradient of dense/kernel was never calculated; before each step call"):
        SGD(0.1).step(net.params_and_grads())
    assert all(map(np.array_equal, before, net.get_weights()))


def test_a_loop_over_the_layers_by_hand_and_gradients_written_by_hand_are_no_mistake():
    net, loss, optimizer = network(Dense(3)), MSELoss(), SGD(0.1)
    for _ in range(2):
        x = X
        for layer in net.layers:
            x = layer.forward(x, training=True)
        loss.forward(Y, x)
        error_grad = loss.backward()
        for layer in reversed(net.layers):
            error_grad = layer.backward(error_grad)
        optimizer.step(net.params_and_grads())
    other = network(Dense(3))
    for _ in range(2):
        other.packed.grads[...] = 1.0
        other.optimizer.step(other.params_and_grads())


# -- layers that write into what they are given -------------------------------------------------------------------------


class Doubling(Layer):
    def forward(self, x, training=False):
        x *= 2
        return x

    def backward(self, error_grad):
        return 2 * error_grad


class Clipping(Layer):
    def forward(self, x, training=False):
        return np.maximum(x, 0, out=x).copy()

    def backward(self, error_grad):
        return error_grad


class Greedy(Layer):
    def forward(self, x, training=False):
        return 2 * x

    def backward(self, error_grad):
        error_grad *= 2
        return error_grad


AROUND = {
    "at the front": lambda layer: [layer, Dense(3)],
    "behind another": lambda layer: [Dense(4, activation="tanh"), layer],
    "in a chain": lambda layer: [Chain([Dense(4), layer])],
    "in a residual": lambda layer: [Residual([layer, Dense(4)])],
    "in a branch": lambda layer: [Branches([layer, Dense(3)])],
    "in a network": lambda layer: [Sequential([layer, Dense(3)])],
}
USES = {
    "predict": lambda net: net.predict(X),
    "evaluate": lambda net: net.evaluate(X, Y, verbose=0),
    "fit": fit,
    "outputs": lambda net: list(net.outputs(X)),
    "by hand": lambda net: back(net, MSELoss()),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("cls", [Doubling, Clipping])
def test_a_forward_that_writes_into_x_is_named_and_the_callers_array_is_as_it_was(cls, around, use):
    net, before = network(*AROUND[around](cls())), X.copy()
    with pytest.raises(UsageError, match=rf"{cls.__name__}\): forward\(\) wrote into x, .*: not x \*= 2 but 2 \* x"):
        USES[use](net)
    assert np.array_equal(X, before)


@pytest.mark.parametrize("around", list(AROUND)[:4])
def test_a_backward_that_writes_into_the_error_gradient_is_named(around):
    net, before = network(*AROUND[around](Greedy())), Y.copy()
    with pytest.raises(UsageError, match=r"\(Greedy\): backward\(\) wrote into error_grad, .* not error_grad \*= 2"):
        fit(net)
    with pytest.raises(UsageError, match="wrote into error_grad"):
        net.forward(X, training=True)
        net.backward(Y)
    assert np.array_equal(Y, before)


@pytest.mark.parametrize("layer", [Doubling(), Chain([Doubling()]), Residual([Clipping()])])
def test_a_layer_that_stands_alone_cannot_write_into_the_callers_array(layer):
    x = X.copy()
    with pytest.raises(UsageError, match=r"\): forward\(\) wrote into x, which is the caller's"):
        layer(x)
    assert np.array_equal(x, X)


def test_another_value_error_of_a_layer_stays_what_it_is():
    class Failing(Doubling):
        def forward(self, x, training=False):
            raise ValueError("mine")

    with pytest.raises(ValueError, match=r"^mine$"):
        Failing()(X)


@pytest.mark.parametrize(("cls", "cause"), [(Doubling, "input left alone"), (Greedy, "error_grad left alone")])
def test_the_check_of_a_layer_names_the_cause_first_and_no_consequence(cls, cause):
    report = check_layer(cls(), (4,))
    wrong = [check for check in report.checks if not check.passed]
    assert [check.name for check in wrong] == [cause] and report.checks[0] is wrong[0]
    assert wrong[0].detail == "it was written into; return a new array"


def test_who_writes_only_in_training_is_found_too():
    class Late(Doubling):
        def forward(self, x, training=False):
            return super().forward(x) if training else 2 * x

    assert [check.name for check in check_layer(Late(), (4,)).checks if not check.passed] == ["input left alone"]


# -- metrics, losses, penalties -----------------------------------------------------------------------------------------


class Own(Metric):
    value = None

    def update_state(self, y_true, y_pred, sample_weight=None):
        pass

    def result(self):
        return self.value

    def reset_state(self):
        pass


@pytest.mark.parametrize("value", [np.ones((3, 2)), [1.0, 2.0], (1, 2, 3), np.ones(0)])
def test_a_metric_that_returns_an_array_is_told(value):
    metric = Own()
    metric.value = value
    shape = re.escape(str(np.shape(value)))
    with pytest.warns(UserWarning, match=rf"^Own: result\(\) returned shape {shape}; .* want one number for 'own'"):
        fit(network(metrics=[metric]))


@pytest.mark.parametrize("value", [None, "good", {"a": 1.0}, 1j])
def test_a_metric_that_returns_no_number_is_refused(value):
    metric = Own()
    metric.value = value
    with pytest.raises(TypeError, match=r"^Own: result\(\) returned .*; it must return a number"):
        network(metrics=[metric]).evaluate(X, Y, verbose=0)


@pytest.mark.parametrize("value", [1, 0.5, np.float32(2), np.ones((1, 1)), True])
def test_a_metric_may_return_any_single_number(value):
    metric = Own()
    metric.value = value
    assert fit(network(metrics=[metric])).history["own"] == [value]


PREDICTED, LABELS = np.array([[0.2], [0.9]]), np.array([[0], [1]])


MEASURES = [MSELoss(), minifw.BinaryCrossentropyLoss(), BinaryAccuracy(), minifw.MeanAbsoluteError()]


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("labels", [LABELS, LABELS.astype(bool), LABELS.tolist(), LABELS.astype(np.uint8)])
def test_targets_and_predictions_that_changed_places_are_told(measure, labels):
    with pytest.warns(UserWarning, match=r"y_true holds fractions and y_pred whole .* swapped: the targets come first"):
        measure(PREDICTED, labels)
    measure(labels, PREDICTED)
    measure(LABELS.astype(np.float64), LABELS)


class Penalty(Regularizer):
    value = None

    def penalty(self, w):
        return self.value

    def gradient(self, w):
        return np.zeros_like(w)


@pytest.mark.parametrize("value", [None, "much", np.ones(3), [1.0]])
def test_a_penalty_that_is_no_number_is_refused(value):
    penalty = Penalty()
    penalty.value = value
    with pytest.raises(TypeError, match=r"^Penalty: penalty\(\) must return a number, got "):
        fit(network(Dense(3, kernel_regularizer=penalty)))
    penalty.value = np.array(0.5)
    assert penalty(X) == 0.5


# -- what a file could not hold -----------------------------------------------------------------------------------------


class Forgetful(Greedy):
    def __init__(self, factor, **options):
        self._factor = factor
        super().__init__(**options)

    def backward(self, error_grad):
        return 2 * error_grad


class Keeping(Forgetful):
    def __init__(self, function, **options):
        self.function = function
        super().__init__(1.0, **options)


class Rate(SGD):
    def __init__(self, learning_rate=0.01, warmth=1):
        super().__init__(learning_rate)


UNSAVED = {
    "a layer": ([Forgetful(2.0)], "sgd", r"forgetful \(Forgetful\)", r"'factor' must be stored as self\.factor"),
    "a layer inside": ([Chain([Dense(3), Forgetful(2.0)])], "sgd", r"forgetful \(Forgetful\)", "'factor' must be stored"),
    "a lambda": ([Keeping(lambda x: x)], "sgd", r"keeping \(Keeping\)", "function=<function .*cannot be written down"),
    "an optimizer": ([], Rate(), "Rate", r"'warmth' must be stored as self\.warmth"),
}


@pytest.mark.parametrize("case", UNSAVED)
def test_what_save_would_refuse_is_told_by_check_and_by_fit_before(case, tmp_path):
    layers, optimizer, where, what = UNSAVED[case]
    net = network(*layers, optimizer=optimizer)
    (finding,) = net.check(X, Y)
    assert re.fullmatch(where, finding.where) and re.search(what, finding.what) and finding.fix and finding.error is None
    with pytest.warns(UserWarning, match=rf"^{where}: .*{what}"):
        fit(net)
    with pytest.warns(UserWarning, match=what):
        net.fit(iter([(X, Y)]), verbose=0)
    with pytest.raises(TypeError, match=what):
        net.save(tmp_path / "net.safetensors")


@pytest.mark.parametrize(
    ("net", "where"),
    [
        (network(optimizer=SGD(lambda step: 0.1)), "SGD"),
        (network(minifw.Lambda(lambda x: 2 * x, lambda x, y, g: 2 * g)), "lambda (Lambda)"),
        (network(metrics=[lambda y_true, y_pred: y_pred]), "MeanMetricWrapper"),
    ],
)
def test_a_function_without_a_name_is_told_by_check_alone(net, where):
    fit(net)
    assert [finding.where for finding in net.check(X, Y)] == [where]


def test_what_can_be_saved_is_not_told():
    assert network(Chain([Dense(3)]), optimizer=Writing(0.1), metrics=[Own()]).check(X, Y) == []


@pytest.mark.parametrize("thing", [MSELoss(), BinaryAccuracy(), SGD(), minifw.ExponentialDecay(0.1, 10, 0.9)])
def test_a_name_is_a_string(thing):
    with pytest.raises(TypeError, match=rf"^{type(thing).__name__}: name must be a string, got 5"):
        thing.name = 5
    thing.name = "mine"


def test_a_file_takes_no_name_that_is_none(tmp_path):
    metric = Own()
    metric.name = 5
    with pytest.raises(TypeError, match="Own: the argument name=5 cannot be written down"):
        network(metrics=[metric]).save(tmp_path / "net.safetensors")
