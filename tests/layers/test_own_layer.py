"""A layer of one's own: two methods, and everything works."""

import copy
import dataclasses
import pickle

import numpy as np
import pytest
from builders import network, samples, sequential

from minifw import SGD, Adam, Sequential, UsageError, check_gradients, check_layer, ops
from minifw.layers import Dense, Dropout, Input, Layer, Param, Sigmoid

X, Y = samples(12)


class Swish(Layer):
    """`x * sigmoid(x)`."""

    def forward(self, x, training=False):
        s = ops.sigmoid(x)
        self.cache = x, s
        return x * s

    def backward(self, error_grad):
        x, s = self.cache
        return error_grad * (s * (1 + x * (1 - s)))


class Scale(Layer):
    """Each feature times a learned gain."""

    def build(self, input_shape):
        return {"gain": Param(input_shape, initializer="ones")}

    def forward(self, x, training=False):
        self.cache = x
        return x * self.params.gain

    def backward(self, error_grad):
        self.grads.gain = (error_grad * self.cache).sum(axis=0)
        return error_grad * self.params.gain


class Power(Layer):
    """`sign(x) * |x| ** exponent`, with an argument and without `super().__init__()`."""

    def __init__(self, exponent, shift=0.0):
        self.exponent, self.shift = exponent, shift

    def forward(self, x, training=False):
        self.cache = x
        return np.sign(x) * np.abs(x) ** self.exponent + self.shift

    def backward(self, error_grad):
        return error_grad * self.exponent * np.abs(self.cache) ** (self.exponent - 1)


class Gated(Layer):
    """A composite: `dense(x) * swish(dense(x))`, with children of its own."""

    def __init__(self, units):
        self.units = units
        self.dense, self.swish = Dense(units), Swish()

    def children(self, input_shape=None):
        inside = None if input_shape is None else self.dense.output_shape(input_shape)
        return [("dense", self.dense, input_shape), ("swish", self.swish, inside)]

    def output_shape(self, input_shape):
        return self.dense.output_shape(input_shape)

    def forward(self, x, training=False):
        y = self.dense.forward(x, training).copy()
        gate = self.swish.forward(y, training)
        self.cache = y, gate
        return y * gate

    def backward(self, error_grad):
        y, gate = self.cache
        return self.dense.backward(error_grad * gate + self.swish.backward(error_grad * y))


class Centre(Layer):
    """Takes a running mean off; its state is not trained."""

    def build(self, input_shape):
        return {"mean": Param(input_shape, trainable=False), "shift": Param(input_shape)}

    def forward(self, x, training=False):
        mean = self.state.mean.copy()
        if training:
            self.state.mean += 0.5 * (x.mean(axis=0) - mean)
        return x - mean + self.params.shift

    def backward(self, error_grad):
        self.grads.shift = error_grad.sum(axis=0)
        return error_grad


class Noise(Layer):
    """Multiplies by noise from the layer's own generator."""

    def forward(self, x, training=False):
        self.cache = 1.0 + 0.1 * self.rng.normal(size=x.shape).astype(x.dtype) if training else np.ones_like(x)
        return x * self.cache

    def backward(self, error_grad):
        return error_grad * self.cache


LAYERS = [Swish(), Scale(), Power(2.0), Gated(3), Centre(), Noise()]
every_layer = pytest.mark.parametrize("layer", LAYERS, ids=repr)


def around(layer, dtype="float64"):
    return network(Dense(5), copy.deepcopy(layer), Dense(2), optimizer=Adam(0.01), dtype=dtype)


@every_layer
def test_a_layer_of_ones_own_keeps_the_contract(layer):
    report = check_layer(layer, (5,))
    assert report.passed, report


@every_layer
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_layer_of_ones_own_trains(layer, dtype):
    net = around(layer, dtype)
    losses = net.fit(X, Y, epochs=30, verbose=0, batch_size=5).history["loss"]
    assert losses[-1] < losses[0]
    assert net.predict(X).dtype == dtype


@every_layer
def test_gradients_of_a_layer_of_ones_own_are_right_in_a_network(layer):
    report = check_gradients(around(layer), X[:4], Y[:4])
    assert report.passed, report


@every_layer
def test_a_layer_of_ones_own_stands_in_the_summary(layer):
    found = []
    net = around(layer)
    net.summary(print_fn=found.append)
    assert f"{net.layers[1].name} ({type(layer).__name__})" in found[0]


@every_layer
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))], ids=["deepcopy", "pickle"])
def test_copies_go_on_bit_for_bit(layer, copied):
    net = around(layer)
    net.fit(X, Y, epochs=2, verbose=0, batch_size=5)
    twin = copied(net)
    for each in (net, twin):
        each.fit(X, Y, epochs=2, verbose=0, batch_size=5)
    assert all(np.array_equal(a, b) for a, b in zip(net.get_weights(), twin.get_weights(), strict=True))


def test_repr_is_the_constructor_call():
    assert [repr(layer) for layer in (Swish(), Scale(), Gated(3))] == ["Swish()", "Scale()", "Gated(3)"]
    assert repr(Power(2.0)) == "Power(2.0)" and repr(Power(2.0, shift=1.0)) == "Power(2.0, shift=1.0)"
    assert repr(Swish(name="mine", trainable=False)) == "Swish(name='mine', trainable=False)"


@every_layer
def test_config_makes_the_same_layer_of_ones_own(layer):
    twin = type(layer).from_config(layer.config())
    assert repr(twin) == repr(layer) and twin.config() == layer.config()


def test_a_layer_of_ones_own_takes_the_options_of_every_layer_without_a_constructor():
    net = Sequential([Scale(input_shape=(5,), name="gain", trainable=False), Dense(2)])
    assert net.layers[0].name == "gain" and len(net.params_and_grads()) == 2
    with pytest.raises(TypeError, match=r"Swish has no argument 'nam'; did you mean 'name'"):
        Swish(nam="x")


def test_layers_that_are_dataclasses_work():
    @dataclasses.dataclass
    class Gain(Layer):
        factor: float = 2.0

        def forward(self, x, training=False):
            return self.factor * x

        def backward(self, error_grad):
            return self.factor * error_grad

    net = sequential(Gain(), Gain(), Dense(2))
    net.compile("sgd", "mse")
    net.train_on_batch(X, Y)
    assert [name for name, _, _ in net.named_parameters()] == ["dense/kernel", "dense/bias"]
    assert check_layer(Gain(3.0), (5,)).passed


def test_a_layer_alone_builds_itself_when_called_in_the_dtype_of_its_input():
    for x in (X, X.astype("f4")):
        layer = Scale()
        y = layer(x)
        assert y.dtype == layer.params.gain.dtype == x.dtype and np.array_equal(x, y)
    with pytest.raises(UsageError, match="not built"):
        Scale().forward(X)


def test_the_name_of_a_layer_may_be_set_and_is_dealt_otherwise():
    named = Swish()
    named.name = "mine"
    net = Sequential([Swish(), named, Scale(), Swish()])
    assert [layer.name for layer in net.layers] == ["swish", "mine", "scale", "swish_1"]


def test_frozen_parameters_of_a_layer_of_ones_own_stay():
    net = around(Scale())
    net.layers[1].trainable = False
    net.fit(X, Y, verbose=0)
    assert np.array_equal(net.layers[1].params.gain, np.ones(5))
    net.layers[1].trainable = True
    net.fit(X, Y, verbose=0)
    assert not np.array_equal(net.layers[1].params.gain, np.ones(5))


def test_state_is_kept_and_copied_but_not_trained():
    net = around(Centre())
    net.fit(X, Y, verbose=0, epochs=3)
    centre = net.layers[1]
    assert centre.state.mean.any() and np.shares_memory(centre.state.mean, net.packed.state)
    assert [entry.name for entry in net.params_and_grads().layout if "centre" in entry.name] == ["centre/shift"]
    kept = net.packed.state.copy()
    net.predict(X)
    net.evaluate(X, Y)
    assert np.array_equal(net.packed.state, kept)
    assert [w.shape for w in centre.get_weights()] == [(5,), (5,)] and centre.count_params() == 10


def test_a_composites_children_are_packed_named_frozen_and_walked():
    net = around(Gated(3))
    gated = net.layers[1]
    assert [name for name, _, _ in net.named_parameters()][2:4] == ["gated/dense/kernel", "gated/dense/bias"]
    assert np.shares_memory(gated.dense.params.kernel, net.packed.params)
    assert gated.count_params() == 18 and len(gated.get_weights()) == 2
    gated.trainable = False
    assert len(net.params_and_grads()) == 4
    with pytest.raises(UsageError, match=r"copy\.deepcopy"):
        Sequential([gated.dense])


def test_the_first_layer_may_skip_a_message_nobody_wants_or_ignore_that():
    for layer in (Scale(), Gated(5)):
        net = Sequential([Input((5,)), layer, Dense(2)], dtype="float64", seed=1)
        net.compile(SGD(0.1), "mse")
        net.fit(X, Y, verbose=0, epochs=2, batch_size=4)
        net.forward(X)
        assert net.backward(Y, to_input=True).shape == X.shape


def test_the_generator_of_a_layer_of_ones_own_follows_the_networks_seed_and_goes_on():
    first, second = (around(Noise()).forward(X, training=True) for _ in range(2))
    assert np.array_equal(first, second)
    net = around(Noise())
    assert not np.array_equal(net.forward(X, training=True), net.forward(X, training=True))
    assert not np.array_equal(around(Dropout(0.1)).layers[1].rng.random(3), around(Noise()).layers[0].rng.random(3))


def test_parameters_copy_what_is_assigned_and_demand_the_shape():
    layer = Scale()
    layer(X)
    gain = layer.params.gain
    mine = np.arange(5.0)
    layer.params.gain = mine
    mine[:] = 0
    assert layer.params.gain is gain and np.array_equal(gain, np.arange(5.0))
    layer.params.gain = [1, 2, 3, 4, 5]
    layer.params.gain -= 1
    assert np.array_equal(gain, np.arange(5.0))
    for wrong in (np.ones(4), np.ones((5, 1)), 1.0, np.ones((1, 5))):
        with pytest.raises(ValueError, match=r"'gain' has shape \(5,\), got"):
            layer.params.gain = wrong
    for attempt in (lambda: layer.params.gian, lambda: setattr(layer.grads, "gian", gain)):
        with pytest.raises(AttributeError, match=r"no array 'gian'.*declared gain"):
            attempt()


def test_parameters_of_an_unbuilt_layer_say_so():
    with pytest.raises(AttributeError, match=r"not built.*layer\(x\)"):
        Scale().params.gain  # noqa: B018
    with pytest.raises(UsageError, match="not built"):
        Scale().grads.gain = np.ones(3)


def test_parameters_that_a_built_layer_has_not_say_so():
    net = sequential(Sigmoid())
    with pytest.raises(AttributeError, match=r"build\(\) declared none"):
        _ = net.layers[0].params.kernel
    with pytest.raises(AttributeError, match="not built"):
        _ = Dense(2).params.kernel
