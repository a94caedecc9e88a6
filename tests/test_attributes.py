"""An attribute that a built-in class does not know is refused with the right name; classes of users set what they like."""

import copy
import pickle

import numpy as np
import pytest

import minifw
from minifw import L2, SGD, Adam, Dense, Dropout, Input, Layer, LeakyReLU, MSELoss, Param, Sequential, UsageError
from minifw.errors import UndeclaredError

X, Y = np.ones((6, 4)), np.ones((6, 2))


def network(*layers):
    net = Sequential([Input((4,)), *(layers or (Dense(3, activation="tanh"), Dense(2)))], seed=1)
    net.compile(Adam(0.01), "mse", metrics=["mae"])
    return net


NETWORK = network()
SCHEDULE = minifw.ExponentialDecay(0.1, 10, 0.9)
UNKNOWN = {
    "lr": (NETWORK.optimizer, "lr", 0.1, "Adam has no attribute 'lr'", "it is called learning_rate here"),
    "beta1": (Adam(), "beta1", 0.5, "beta_1"),
    "betas": (Adam(), "betas", (0.9, 0.99), "it is called beta_1 and beta_2 here"),
    "eps": (Adam(), "eps", 1e-3, "epsilon"),
    "a misspelt one of an optimizer": (SGD(), "momentun", 0.9, "did you mean 'momentum'"),
    "param_groups": (SGD(), "param_groups", [], "SGD has no attribute 'param_groups'"),
    "alpha": (LeakyReLU(), "alpha", 0.3, "LeakyReLU", "negative_slope"),
    "p": (Dropout(0.5), "p", 0.1, "it is called rate here"),
    "kernel": (NETWORK.layers[0], "kernel", np.ones((4, 3)), "Dense", "layer.params.kernel[...] =", "set_weights"),
    "weights": (NETWORK.layers[0], "weights", [], "use set_weights(...)"),
    "weights of a network": (NETWORK, "weights", [], "Sequential", "set_weights"),
    "trainabel": (Dense(3), "trainabel", False, "did you mean 'trainable'"),
    "the dtype of a layer": (Dense(3), "dtype", "float64", "Sequential(..., dtype=...)"),
    "a mode": (Dense(3), "training", True, "forward(x, training=True)"),
    "learning_rate of a network": (NETWORK, "learning_rate", 0.1, "net.optimizer.learning_rate"),
    "lr of a network": (NETWORK, "lr", 0.1, "net.optimizer.learning_rate"),
    "a misspelt flag of a network": (NETWORK, "stop_trainig", True, "did you mean 'stop_training'"),
    "a note on a network": (NETWORK, "notes", "good", "Sequential has no attribute 'notes'"),
    "a loss": (MSELoss(), "reducton", "sum", "MSELoss", "did you mean 'reduction'"),
    "a loss's gradient": (minifw.HuberLoss(), "dleta", 2.0, "did you mean 'delta'"),
    "a metric": (minifw.BinaryAccuracy(), "treshold", 0.7, "did you mean 'threshold'"),
    "a callback": (minifw.EarlyStopping(), "patiance", 3, "did you mean 'patience'"),
    "a schedule": (SCHEDULE, "decay_rates", 0.5, "did you mean 'decay_rate'"),
    "a regularizer": (L2(0.1), "lambda_", 0.2, "L2 has no attribute 'lambda_'"),
    "a constraint": (minifw.MaxNorm(1.0), "max", 2.0, "MaxNorm", "max_value"),
    "an initializer": (minifw.RandomNormal(), "std", 2.0, "RandomNormal", "stddev"),
    "an Input": (Input((4,)), "shpe", (5,), "did you mean 'shape'"),
    "a chain": (minifw.Chain([Dense(2)]), "layer", [], "Chain", "did you mean 'layers'"),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_an_attribute_that_a_class_does_not_know_is_refused_with_the_right_name(case):
    thing, name, value, *words = UNKNOWN[case]
    before = dict(vars(thing))
    with pytest.raises(UndeclaredError) as caught:
        setattr(thing, name, value)
    assert [word for word in words if word not in str(caught.value)] == []
    assert vars(thing) == before and isinstance(caught.value, (UsageError, AttributeError))


TOO_LATE = {
    "units after building": (NETWORK.layers[0], "units", 7, "units was settled"),
    "the network's dtype": (NETWORK, "dtype", "float64", "dtype was settled"),
    "the network's seed": (NETWORK, "seed", 3, "seed was settled"),
    "what is calculated": (NETWORK.layers[0], "gives", "scores", "gives cannot be set"),
    "names of metrics": (NETWORK, "metrics_names", ["loss"], "metrics_names cannot be set"),
    "a method": (NETWORK.layers[0], "output_shape", (None, 3), "output_shape is a method"),
    "a method of a network": (NETWORK, "summary", "mine", "summary is a method"),
    "params": (NETWORK.layers[0], "params", {}, "cannot be replaced", "self.params.<name>[...] ="),
    "grads": (NETWORK.layers[0], "grads", {}, "cannot be replaced"),
    "state": (Dense(2), "state", None, "cannot be replaced"),
    "the generator": (Dropout(0.5), "rng", np.random.default_rng(0), "draw from self.rng"),
}


@pytest.mark.parametrize("case", TOO_LATE)
def test_an_attribute_without_an_effect_is_refused(case):
    thing, name, value, *words = TOO_LATE[case]
    with pytest.raises(minifw.MinifwError) as caught:
        setattr(thing, name, value)
    assert [word for word in words if word not in str(caught.value)] == []


class Scale(Layer):
    def __init__(self, factor=2.0, **options):
        self.factor, self.history, self.lr, self.kernel = factor, [], 0.1, "mine"
        super().__init__(**options)

    def build(self, input_shape):
        self.seen_shape = input_shape
        return {"gain": Param(input_shape, "ones")}

    def forward(self, x, training=False):
        self.cache, self.calls = x, len(self.history)
        return x * self.params.gain

    def backward(self, error_grad):
        self.grads.gain = (error_grad * self.cache).sum(axis=0)
        return error_grad * self.params.gain


def test_classes_of_users_set_what_they_like_at_no_cost():
    class Mine(Dense):
        pass

    layer = Scale()
    layer.anything, layer.dtype = 1, "mine"
    Mine(3).units_of_yesterday = 4
    network(layer, Dense(2)).fit(X, Y, verbose=0)
    assert Scale.__setattr__ is Mine.__setattr__ is object.__setattr__ is not Dense.__setattr__
    assert layer.kernel == "mine" and layer.calls == 0


@pytest.mark.parametrize("name", ["params", "grads", "state", "rng"])
@pytest.mark.parametrize("built", [False, True])
def test_nobody_replaces_the_windows_and_the_generator(name, built):
    layer = Scale()
    if built:
        layer(X)
    with pytest.raises(UsageError, match=r"^Scale: .*(cannot be replaced|draw from self\.rng)"):
        setattr(layer, name, 3)
    assert layer(X).shape == X.shape


def test_a_class_of_a_user_that_guards_its_attributes_itself_keeps_its_guard():
    class Guarding(Scale):
        def __setattr__(self, name, value):
            object.__setattr__(self, f"{name}_", value)

    class Heir(Guarding):
        pass

    assert "__setattr__" not in vars(Heir) and vars(Heir(factor=3.0))["factor_"] == 3.0


def test_what_may_be_set_still_may():
    net = network()
    layer = net.layers[0]
    layer.trainable, layer.name, layer.learning_rate_multiplier = False, "first", 0.5
    layer.params.kernel[...] = 1.0
    net.stop_training, net.name, net.optimizer.learning_rate = True, "mine", 0.5
    net.optimizer.iterations = 3
    net.loss, net.metrics = MSELoss(), None
    stop = minifw.EarlyStopping("loss")
    stop.model, stop.patience, stop.on_epoch_end = net, 3, lambda epoch, logs: None
    layer.forward = lambda x, training=False: np.zeros((len(x), 3), np.float32)
    assert not net.layers[0].trainable and net.predict(X).shape == (6, 2)


def knows_of_a_call(thing):
    return hasattr(thing, "_last_call") and any(value is not None for value in vars(thing._last_call).values())


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))])
def test_copies_are_guarded_too_and_know_nothing_of_the_last_batch(again):
    net = network()
    net.fit(X, Y, verbose=0)
    loss = MSELoss()
    loss.forward(Y, net.forward(X, training=True))
    for thing in (net, net.layers[0], net.optimizer, loss, minifw.EarlyStopping(), SCHEDULE, L2(0.1)):
        twin = again(thing)
        assert knows_of_a_call(thing) == isinstance(thing, (Layer, MSELoss))
        assert not knows_of_a_call(twin)
        with pytest.raises(UndeclaredError):
            twin.nonsense = 1
    assert again(net.optimizer).iterations == 1
    twin = again(net)
    with pytest.raises(UsageError, match="fresh forward"):
        twin.backward(Y.astype(np.float32))
    twin.add(Dense(3))
    assert twin.pop().units == 3


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_what_any_protocol_has_pickled_works(protocol):
    loss, layer = MSELoss(), minifw.ReLU()
    loss.forward(Y, Y)
    layer(X)
    loss, layer = pickle.loads(pickle.dumps((loss, layer), protocol))
    assert not knows_of_a_call(loss) and not knows_of_a_call(layer)
    assert loss.forward(Y, Y) == 0.0 and np.array_equal(layer(X), X)


def test_a_layer_shows_what_it_keeps_and_a_user_may_drop_it():
    layer = Dense(3)
    assert layer.cache is None
    layer(X)
    assert layer.cache.shape == X.shape
    layer.cache = None
    assert layer.cache is None and layer._last_call.cache is None


def test_a_heir_of_a_built_in_layer_reads_the_cache_and_may_have_its_own():
    class Centred(Dense):
        def forward(self, x, training=False):
            y = super().forward(x, training)
            self.mean = self.cache.mean()
            return y

    class Own(Dense):
        def forward(self, x, training=False):
            y = super().forward(x, training)
            self.cache = "mine"
            return y

    for cls in (Centred, Own):
        assert minifw.check_layer(cls(3), (4,)).passed
    layer = Centred(3)
    layer(X)
    assert layer.mean == 1.0


def test_a_loss_and_an_optimizer_of_a_user_keep_a_cache_of_their_own():
    class Mine(minifw.Loss):
        def __init__(self, **options):
            self.cache, self.memory = {}, {}
            super().__init__(**options)

        def values(self, y_true, y_pred):
            self.cache["error"] = y_pred - y_true
            return (self.cache["error"] ** 2).mean(axis=-1)

        def slopes(self, y_true, y_pred):
            return 2 * self.cache["error"] / y_pred.shape[-1]

    net = network()
    net.compile("sgd", Mine())
    for _ in range(2):
        net.fit(X, Y, verbose=0)
    assert net.loss.cache and net.loss.memory == {}
