"""Memory: training and predicting do not grow, what is dropped is gone, nothing holds on to data."""

import contextlib
import copy
import gc
import tracemalloc
import weakref

import numpy as np
import opened
import pytest
from builders import network, sequential

from minifw import L2, SGD, Adam, CosineDecay, MSELoss, NonFiniteError, NonNeg, Sequential, UsageError, check_layer
from minifw.callbacks import Callback, EarlyStopping, TerminateOnNaN
from minifw.config import registered
from minifw.layers import Chain, Dense, Dropout, Input, Layer, LeakyReLU, ReLU, Sigmoid, Softmax

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(32, 5)), RNG.normal(size=(32, 2))


def regularized(optimizer=None):
    layers = Dense(8, activation="tanh", kernel_regularizer=L2(0.01)), Dropout(0.2), Chain([LeakyReLU(), Softmax()])
    optimizer = optimizer or Adam(0.001, clipnorm=1.0)
    return network(*layers, Dense(2, kernel_constraint=NonNeg()), optimizer=optimizer, metrics=["mae"])


NOISE = 12_000
"""Free lists of the interpreter fill up by so much; an array left behind in each round would be more."""


def growth(work, times, warm_up=30):
    """Bytes more in use after many rounds than before: the smaller of two stretches, since free lists fill up once."""
    for i in range(warm_up):
        work(i)
    gc.collect()
    tracemalloc.start()
    try:
        work(0)
        used = []
        for _ in range(3):
            gc.collect()
            used.append(tracemalloc.get_traced_memory()[0])
            for i in range(times // 2 if len(used) < 3 else 0):
                work(i)
        return min(used[1] - used[0], used[2] - used[1])
    finally:
        tracemalloc.stop()


@contextlib.contextmanager
def no_gc():
    """Only reference counts free anything inside."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class Fuse(Layer):
    """Breaks on request."""

    broken = ""

    def forward(self, x, training=False):
        if self.broken == "forward":
            raise OSError("broken")
        self.cache = x
        return x

    def backward(self, error_grad):
        if self.broken == "backward":
            raise OSError("broken")
        return error_grad


# -- nothing grows ----------------------------------------------------------------------------------------------------


def test_two_thousand_training_steps_do_not_grow():
    net, loss = regularized(), MSELoss()

    def step(i):
        n = 32 - i % 7
        loss.forward(Y[:n], net.forward(X[:n], training=True))
        net.backward(loss.backward())
        net.optimizer.step(net.params_and_grads())

    assert growth(step, times=2000) < NOISE


def test_training_calls_do_not_grow():
    net = regularized()

    def calls(i):
        n = 32 - i % 7
        net.train_on_batch(X[:n], Y[:n])
        net.test_on_batch(X[:n], Y[:n])
        net.layers[0].trainable = bool(i % 2)

    assert growth(calls, times=300, warm_up=50) < NOISE


def test_fitting_again_and_again_does_not_grow():
    net = regularized()
    assert growth(lambda i: net.fit(X, Y, batch_size=8 + i % 5, verbose=0, validation_split=0.2), times=100) < NOISE


def test_predicting_with_changing_batch_sizes_does_not_grow():
    net = regularized()
    x = RNG.normal(size=(200, 5))
    assert growth(lambda i: net.predict(x[: i % 199 + 1], batch_size=i % 9 + 1 if i % 2 else None), times=300) < NOISE


def test_messages_and_outputs_left_half_way_do_not_grow():
    net = regularized()

    def peek(i):
        next(iter(opened.outputs(net, X, training=True)))
        net.forward(X, training=True)
        next(iter(opened.messages(net, Y)))

    assert growth(peek, times=300) < NOISE


def test_adding_and_popping_does_not_grow():
    net = regularized()

    def change(i):
        net.add(Dense(2))
        net.pop()

    assert growth(change, times=200, warm_up=200) < NOISE


# -- what is dropped is gone ------------------------------------------------------------------------------------------


def built():
    return regularized()


def fitted():
    net = regularized()
    net.fit(X, Y, verbose=0, validation_split=0.5, callbacks=[Callback()])
    return net


def nested():
    return Sequential([regularized(), Sequential([Dense(3)]), Dense(2)], dtype="float64")


def by_hand():
    net, loss = regularized(), MSELoss()
    loss.forward(Y, net.forward(X, training=True))
    net.backward(loss.backward())
    SGD(0.1).step(net.params_and_grads())
    return net


def failed():
    net = regularized()
    net.layers[2].layers[0].f = None
    with pytest.raises(TypeError):
        net.forward(X)
    return net


MAKERS = [built, fitted, nested, by_hand, failed]


@pytest.mark.parametrize("make", MAKERS)
def test_a_network_dies_with_its_last_reference(make):
    with no_gc():
        net = make()
        gone = [weakref.ref(thing) for thing in (net, *net.layers, net.packed.params)]
        del net
        assert not any(ref() is not None for ref in gone)


OPTIONS = [
    {"clipnorm": 1.0},
    {"clipvalue": 1.0, "weight_decay": 0.1},
    {"global_clipnorm": 1.0, "learning_rate": CosineDecay(0.1, 9)},
    {"gradient_accumulation_steps": 2},
    {"use_ema": True, "ema_overwrite_frequency": 1},
    {"learning_rate": lambda step: 0.1},
]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: next(iter(options)))
@pytest.mark.parametrize("cls", list(registered("optimizer")))
@pytest.mark.parametrize("use", ["by hand", "fit", "copy"])
def test_a_network_and_its_optimizer_die_together(cls, options, use):
    def make():
        net = regularized(cls(**options))
        if use == "by hand":
            net.backward(np.ones_like(net.forward(X, training=True)))
            net.optimizer.step(net.params_and_grads())
        else:
            net.fit(X, Y, epochs=2, batch_size=8, verbose=0, callbacks=[EarlyStopping("loss", restore_best_weights=True)])
        copied = copy.deepcopy(net) if use == "copy" else net
        copied.train_on_batch(X, Y)
        everything = (net, copied, *copied.layers, copied.packed.params, copied.optimizer)
        return [weakref.ref(thing) for thing in (*everything, *copied.optimizer._vectors.values())]

    with no_gc():
        assert not any(ref() is not None for ref in make())


@pytest.mark.parametrize("make", MAKERS)
def test_sixty_networks_leave_nothing(make):
    gone = [weakref.ref(make()) for _ in range(60)]
    gc.collect()
    assert not any(ref() for ref in gone)


@pytest.mark.parametrize("ending", ["fit", "train_on_batch", "stop", "stop and raise"])
def test_what_is_not_finite_keeps_neither_network_nor_data(ending):
    def make():
        net, x = regularized(), np.full_like(X, np.nan)
        gone = [weakref.ref(thing) for thing in (net, *net.layers, x)]
        with contextlib.suppress(NonFiniteError, UsageError):
            if ending == "train_on_batch":
                net.train_on_batch(x, Y)
            else:
                stop = [TerminateOnNaN(raise_error="raise" in ending)] if "stop" in ending else []
                net.fit(x, Y, epochs=2, verbose=0, callbacks=stop)
        return gone

    with no_gc():
        assert not any(ref() is not None for ref in make())


def test_a_kept_layer_does_not_keep_its_network():
    net = regularized()
    layer, gone = net.layers[0], weakref.ref(net)
    with no_gc():
        del net
        assert gone() is None
    assert layer.params.kernel.shape == (5, 8)


def test_a_kept_history_does_not_keep_the_network():
    net = regularized()
    history, gone = net.fit(X, Y, verbose=0), weakref.ref(net)
    del net
    gc.collect()
    assert gone() is None and history.history["loss"]


def test_a_kept_optimizer_does_not_keep_the_network():
    net = regularized()
    net.train_on_batch(X, Y)
    optimizer, gone = net.optimizer, weakref.ref(net)
    del net
    gc.collect()
    assert gone() is None and optimizer.iterations == 1


# -- data is let go -----------------------------------------------------------------------------------------------------


def holder():
    return Sequential([Input((5,)), Fuse(), ReLU(), Dense(2), Fuse()], seed=1, dtype="float64")


@pytest.mark.parametrize("verb", ["predict", "predict_on_batch", "evaluate", "test_on_batch", "fit", "train_on_batch"])
def test_a_call_that_ended_holds_no_data(verb):
    net = holder()
    net.compile("sgd", "mse", metrics=["mae"])
    x, y = X.copy(), Y.copy()
    gone = weakref.ref(x), weakref.ref(y)
    with no_gc():
        arguments = (x,) if verb.startswith("predict") else (x, y)
        getattr(net, verb)(*arguments, **({"verbose": 0} if verb == "fit" else {}))
        if not verb.startswith("train"):
            assert all(layer.cache is None for layer in net.layers)
        del x, y, arguments
        assert not any(ref() is not None for ref in gone)


@pytest.mark.parametrize("verb", ["fit", "evaluate", "test_on_batch", "predict"])
def test_the_batches_are_let_go_too(verb):
    """Each batch is a copy; after the call no layer, loss or metric may hold the last one."""
    seen = []

    class Watch(Dense):
        def forward(self, x, training=False):
            seen.append(weakref.ref(x))
            y = super().forward(x, training)
            seen.append(weakref.ref(y))
            return y

    net = Sequential([Input((5,)), Watch(4), ReLU(), Watch(2)], seed=1, dtype="float64")
    net.compile("sgd", "mse", metrics=["mae"])
    with no_gc():
        if verb == "predict":
            net.predict(X, batch_size=8)
        else:
            getattr(net, verb)(X, Y, **({"verbose": 0, "batch_size": 8} if verb == "fit" else {}))
        alive = [ref() for ref in seen if ref() is not None]
        scratch = [array for layer in net.layers for array in getattr(layer._buffers, "arrays", ())]
        assert not [array for array in alive if not any(np.shares_memory(array, kept) for kept in scratch)]


def test_train_on_batch_leaves_no_cache():
    net = sequential(Dense(3), Sigmoid(), Dense(2))
    net.compile("sgd", "mse")
    net.train_on_batch(X, Y)
    assert all(layer.cache is None for layer in net.layers)


@pytest.mark.parametrize("where", [0, 3])
@pytest.mark.parametrize("verb", ["predict", "evaluate", "fit", "train_on_batch", "test_on_batch"])
def test_a_call_that_failed_holds_no_data_and_makes_no_cycle(verb, where):
    net = holder()
    net.compile("sgd", "mse")
    getattr(net, verb)(*((X,) if verb == "predict" else (X, Y)))
    net.layers[where].broken = "forward"
    x, y = X.copy(), Y.copy()
    gone = weakref.ref(x), weakref.ref(y)
    with no_gc():
        with contextlib.suppress(OSError):
            getattr(net, verb)(*((x,) if verb == "predict" else (x, y)))
        del x, y
        assert not any(ref() is not None for ref in gone)


@pytest.mark.parametrize("use", ["forward", "outputs", "backward", "messages"])
@pytest.mark.parametrize("watched", [True, False])
def test_an_exception_in_a_layer_makes_no_cycle(use, watched):
    net = holder()
    if not watched:
        net.forward(X, training=True)
        net.backward(Y)
    net.layers[0].broken = "forward" if use in ("forward", "outputs") else "backward"
    x, g = X.copy(), Y.copy()
    gone = weakref.ref(x), weakref.ref(g)
    with no_gc():
        with contextlib.suppress(OSError):
            if use in ("forward", "outputs"):
                list(getattr(net, use)(x))
            else:
                net.forward(x)
                list(net.messages(g) if use == "messages" else net.backward(g, to_input=True))
        del x, g
        for layer in net.layers:
            layer.cache = None
        assert not any(ref() is not None for ref in gone)


def test_a_refused_batch_is_not_held():
    net = holder()
    x = np.ones((3, 4))
    gone = weakref.ref(x)
    with no_gc():
        with contextlib.suppress(ValueError):
            net.predict(x)
        del x
        assert gone() is None


def test_a_training_step_leaves_scratch_as_large_as_the_largest_batch_only():
    net = regularized()
    for n in (32, 5, 32, 1):
        net.train_on_batch(X[:n], Y[:n])
    sizes = [whole.nbytes for layer in net._everyone() for whole in getattr(layer._buffers, "whole", ())]
    net.train_on_batch(X[:7], Y[:7])
    assert sizes == [whole.nbytes for layer in net._everyone() for whole in getattr(layer._buffers, "whole", ())]
    assert sum(sizes) < 40 * 32 * 8 * 8


def test_fit_needs_no_second_copy_of_the_data():
    x, y = np.ones((20_000, 64), np.float32), np.ones((20_000, 1), np.float32)
    net = Sequential([Input((64,)), Dense(8), Dense(1)], seed=1)
    net.compile(SGD(0.001), "mse")
    net.fit(x[:64], y[:64], verbose=0)
    tracemalloc.start()
    try:
        net.fit(x, y, verbose=0, validation_split=0.1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < x.nbytes / 4


def test_checking_a_layer_leaves_nothing():
    assert growth(lambda i: check_layer(Dense(2), (3,)), times=20, warm_up=10) < NOISE


class BiasFirst(Dense, registered=False):
    """Declares its bias before its kernel, so the two do not lie as `Dense` would have them."""

    def build(self, input_shape):
        declared = super().build(input_shape)
        return {"bias": declared["bias"], "kernel": declared["kernel"]}


@pytest.mark.parametrize("shape", [(7, 4), (3, 2, 4)])
@pytest.mark.parametrize("training", [False, True])
def test_a_bias_that_does_not_follow_its_kernel_gives_the_same_gradients(shape, training):
    rng = np.random.default_rng(0)
    x, error_grad = rng.normal(size=shape), rng.normal(size=(*shape[:-1], 3))
    usual, turned = Dense(3), BiasFirst(3)
    for layer in (usual, turned):
        layer(x)
    turned.params.kernel, turned.params.bias = usual.params.kernel, [1.0, 2.0, 3.0]
    usual.params.bias = [1.0, 2.0, 3.0]
    assert np.allclose(usual.forward(x, training), turned.forward(x, training), rtol=1e-14)
    assert np.allclose(usual.backward(error_grad), turned.backward(error_grad), rtol=1e-14)
    assert np.allclose(usual.grads.kernel, turned.grads.kernel, rtol=1e-13)
    assert np.allclose(usual.grads.bias, turned.grads.bias, rtol=1e-13)
