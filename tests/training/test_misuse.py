"""Misuse, A-01 to A-30 of the list of bad input: an error that says the missing call, or a result that is defined.

What `fit` does when something breaks inside it is also in `test_misuse_of_fit.py`, Ctrl-C (A-20) in `test_interrupt.py`.
"""

import copy
import pickle
import subprocess
import sys
import threading

import numpy as np
import opened
import pytest
from builders import everything, network, refused, samples

from minifw import SGD, Adam, Callback, LambdaCallback, MSELoss, Sequential, UsageError
from minifw.layers import BatchNormalization, Dense, Dropout, Input, Layer, Param, Residual

X, Y = samples(6)


def half_trained(*more):
    layers = Dense(4, activation="tanh"), BatchNormalization(), Dropout(0.2), *more, Dense(2)
    net = network(*layers, optimizer=Adam(0.01))
    net.train_on_batch(X, Y)
    return net


def same(first, second):
    return all(map(np.array_equal, first, second))


# -- forward and backward ---------------------------------------------------------------------------------------------

BACK = {
    "backward": lambda net, g: net.backward(g),
    "backward to the input": lambda net, g: net.backward(g, to_input=True),
    "messages": lambda net, g: list(net.messages(g)),
    "messages inside": lambda net, g: list(opened.messages(net, g)),
}
WASTED = {
    "A-01 no forward": lambda net: None,
    "A-01 after predict": lambda net: net.predict(X),
    "A-01 after fit": lambda net: net.fit(X, Y, verbose=0),
    "A-02 twice": lambda net: (net.forward(X, training=True), net.backward(Y)),
    "A-02 after messages": lambda net: (net.forward(X), list(net.messages(Y))),
}


@pytest.mark.parametrize("before", WASTED.values(), ids=WASTED)
@pytest.mark.parametrize("back", BACK.values(), ids=BACK)
def test_going_back_needs_a_fresh_forward(back, before):
    net = half_trained()
    before(net)
    words = r"^sequential \(Sequential\): backward\(\) needs a fresh forward\(\)"
    refused(net, lambda net: back(net, Y), UsageError, words)


@pytest.mark.parametrize("back", BACK.values(), ids=[f"A-03-{name}" for name in BACK])
def test_the_latest_of_two_forwards_counts_and_nothing_adds_up(back):
    net, other = half_trained(Dense(3)), half_trained(Dense(3))
    net.forward(X[:3])
    for each in (net, other):
        each.forward(X)
        back(each, Y)
    assert np.array_equal(net.packed.grads, other.packed.grads, equal_nan=True)


MESSAGES = {
    "A-08 features": (np.ones((6, 3)), r"dense_1 \(Dense\): sent out \(6, 2\), but its error gradient has shape \(6, 3\)"),
    "A-08 samples": (np.ones((4, 2)), r"sent out \(6, 2\).* has shape \(4, 2\)"),
    "A-08 number": (1.0, r"sent out \(6, 2\).* has shape \(\)"),
    "A-08 dtype": (np.ones((6, 2), "f4"), r"must be a float64 array, got float32"),
    "A-08 list": (np.ones((6, 2)).tolist(), r"must be a float64 array, got list"),
}


@pytest.mark.parametrize("message, words", MESSAGES.values(), ids=MESSAGES)
@pytest.mark.parametrize("back", BACK.values(), ids=BACK)
def test_an_error_gradient_of_another_shape_or_dtype_is_refused(back, message, words):
    net = half_trained()
    net.forward(X)
    refused(net, lambda net: back(net, message), ValueError, words)


def test_fit_owns_its_batches():
    net, other, x, y = half_trained(), half_trained(), X.copy(), Y.copy()

    def spoil(batch, pairs):
        x[...] = y[...] = np.nan

    net.fit(x, y, verbose=0, callbacks=[LambdaCallback(on_backward_end=spoil)])
    other.fit(X, Y, verbose=0)
    assert everything(net) == everything(other)


def test_results_of_inference_do_not_depend_on_what_layers_hold():
    net = half_trained()
    wanted, found = net.predict(X), []
    threads = [threading.Thread(target=lambda: found.extend((net.predict(X), net.forward(X)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16 and all(np.array_equal(wanted, y) for y in found)


# -- one layer, two places --------------------------------------------------------------------------------------------

PLACES = {
    "A-05 list": lambda layer: Sequential([layer, Dense(5), layer]),
    "A-05 add": lambda layer: (_net := Sequential([layer])).add(layer),
    "A-05 inside": lambda layer: Sequential([layer, Residual([layer])]),
    "A-06 another network": lambda layer: [Sequential([layer]), Sequential([layer])],
    "A-06 another composite": lambda layer: [Sequential([layer]), Sequential([Residual([layer])])],
}


@pytest.mark.parametrize("arrange", PLACES.values(), ids=PLACES)
def test_a_layer_has_one_place(arrange):
    with pytest.raises(UsageError, match=r"copy\.deepcopy"):
        arrange(Dense(5))


def test_a_built_network_inside_another_lends_its_vectors():
    inner = Sequential([Input((5,)), Dense(5)], dtype="float64", seed=2)
    weights = inner.get_weights()
    net = Sequential([inner, Dense(2)], dtype="float64")
    assert same(weights, inner.get_weights()) and np.shares_memory(inner.packed.params, net.packed.params)


# -- layers of one's own ----------------------------------------------------------------------------------------------


class Own(Layer):
    """Forgets `super().__init__()`; does what it is told, wrongly."""

    def __init__(self, out=None, back=None, sets=True):
        self.out, self.back, self.sets = out, back, sets

    def build(self, input_shape):
        return {"gain": Param(input_shape, "ones")}

    def forward(self, x, training=False):
        return x * self.params.gain if self.out is None else self.out(self, x)

    def backward(self, error_grad):
        if self.sets:
            self.grads.gain = error_grad.sum(axis=0)
        return error_grad if self.back is None else self.back(error_grad)


WRONG = {
    "A-10 shape": ({"out": lambda self, x: x[:, :2]}, r"forward\(\) returned shape \(6, 2\), expected \(6, 4\)"),
    "A-10 None": ({"out": lambda self, x: None}, r"forward\(\) returned NoneType"),
    "A-10 list": ({"out": lambda self, x: x.tolist()}, r"forward\(\) returned list"),
    "A-10 view": ({"out": lambda self, x: np.broadcast_to(self.params.gain, x.shape)}, "a view of its parameter 'gain'"),
    "A-11 shape": ({"back": lambda g: g[:, :2]}, r"backward\(\) returned shape \(6, 2\), expected \(6, 4\)"),
    "A-11 dtype": ({"back": lambda g: g.astype("f4")}, r"backward\(\) returned dtype float32, expected float64"),
    "A-11 forgotten": ({"sets": False}, r"backward\(\) left the gradient of 'gain' unset"),
}
BY_HAND = {
    "fit": lambda net: net.fit(X, Y, verbose=0),
    "train_on_batch": lambda net: net.train_on_batch(X, Y),
    "by hand": lambda net: (net.forward(X, training=True), net.backward(Y)),
}


@pytest.mark.filterwarnings("ignore:own .* cannot be written down")
@pytest.mark.parametrize("how, words", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("use", BY_HAND.values(), ids=BY_HAND)
def test_a_layer_that_breaks_the_contract_is_named_before_anything_moves(use, how, words):
    net = Sequential([Input((5,)), Dense(4), Own(**how), Dense(2)], dtype="float64", seed=1)
    net.compile("sgd", "mse")
    refused(net, use, (ValueError, UsageError), rf"^layer 1, own \(Own\): .*{words}")


@pytest.mark.parametrize("use", BY_HAND.values(), ids=[f"A-09-{name}" for name in BY_HAND])
def test_a_constructor_without_super_works(use):
    net = Sequential([Input((5,)), Dense(4), Own(), Dense(2)], dtype="float64", seed=1)
    net.compile("sgd", "mse")
    use(net)
    assert net.layers[1].name == "own" and copy.deepcopy(net).predict(X).shape == (6, 2)


V = np.ones(3)
PAIRS = {
    "A-12 twice": ([(V, np.ones(3)), (V, np.ones(3))], "pair 1 is the same parameter as pair 0"),
    "A-12 overlapping": ([(V[:2], np.ones(2)), (V[1:], np.ones(2))], "pair 1 is the same parameter as pair 0"),
    "A-12 aliasing": ([(V, V)], "pair 0.*same memory"),
    "A-12 read-only": ([(np.broadcast_to(1.0, 3), np.ones(3))], "pair 0.*read-only"),
}


@pytest.mark.parametrize("pairs, words", PAIRS.values(), ids=PAIRS)
@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_pairs_that_cannot_be_trained_are_refused(optimizer, pairs, words):
    with pytest.raises(ValueError, match=f"{optimizer.__name__}: {words}"):
        optimizer().step(pairs)
    assert np.array_equal(V, np.ones(3))


def test_another_order_of_plain_pairs_is_refused_and_freezing_a_network_is_none():
    a, b, g = np.ones(2), np.ones(2), np.ones(2)
    optimizer = SGD(0.1, momentum=0.9)
    optimizer.step([(a, g), (b, g.copy())])
    for other in ([(b, g), (a, g)], [(a, g)], [(a, g), (np.ones(2), g)]):
        with pytest.raises(ValueError, match="same parameters in the same order"):
            optimizer.step(other)
    net = half_trained()
    net.layers[0].trainable = False
    net.train_on_batch(X, Y)
    assert net.optimizer.iterations == 2 and optimizer.iterations == 1


# -- calls at the wrong moment ----------------------------------------------------------------------------------------

MISSING = {
    "A-14 fit": (lambda net: net.fit(X, Y), r"fit needs compile\(optimizer=\.\.\., loss=\.\.\.\) first"),
    "A-14 evaluate": (lambda net: net.evaluate(X, Y), r"evaluate needs compile\("),
    "A-14 train_on_batch": (lambda net: net.train_on_batch(X, Y), r"train_on_batch needs compile\("),
    "A-14 test_on_batch": (lambda net: net.test_on_batch(X, Y), r"test_on_batch needs compile\("),
    "A-14 get_weights": (lambda net: net.get_weights(), r"build\(input_shape\)"),
    "A-14 set_weights": (lambda net: net.set_weights([]), r"build\(input_shape\)"),
    "A-14 count_params": (lambda net: net.count_params(), r"build\(input_shape\)"),
    "A-14 pairs": (lambda net: net.params_and_grads(), r"build\(input_shape\)"),
    "A-14 get_flat": (lambda net: net.get_flat(), r"build\(input_shape\)"),
    "A-14 loss": (lambda net: MSELoss().backward(), r"MSELoss: backward\(\) needs a forward"),
    "A-14 layer": (lambda net: Dense(2).forward(X), r"layer\(x\)"),
}


@pytest.mark.parametrize("use, words", MISSING.values(), ids=MISSING)
def test_the_missing_call_is_named(use, words):
    with pytest.raises(UsageError, match=words):
        use(Sequential([Dense(2)]))


@pytest.mark.parametrize("verb", ["fit", "train_on_batch", "predict"], ids=lambda verb: f"A-14-{verb}")
def test_who_gets_data_builds(verb):
    net = Sequential([Dense(2)])
    net.summary(print_fn=lambda text: None)
    net.compile("sgd", "mse")
    getattr(net, verb)(*((X, Y) if verb != "predict" else (X,)))
    assert net.input_shape == (5,)


def test_compiling_again_keeps_weights_and_starts_slots_anew():
    net = half_trained()
    weights = net.get_weights()
    net.compile(Adam(0.01), "mse")
    assert same(weights, net.get_weights()) and net.optimizer.iterations == 0 and not net.optimizer._vectors


def test_fitting_again_goes_on_and_counts_epochs_anew():
    net, other = half_trained(), half_trained()
    net.fit(X, Y, 4, epochs=3, verbose=0)
    assert [other.fit(X, Y, 4, verbose=0).epoch for _ in range(3)] == [[0]] * 3
    assert everything(net) == everything(other) and net.optimizer.iterations == other.optimizer.iterations


@pytest.mark.filterwarnings("ignore:.*a batch of one sample")
@pytest.mark.parametrize("n, batch_size", [(6, 4), (1, 1), (3, 100), (6, 5)], ids=lambda number: f"A-17-{number}")
def test_any_number_of_samples_and_any_batch_size(n, batch_size):
    net = half_trained()
    net.fit(X[:n], Y[:n], batch_size, verbose=0)
    assert net.predict(X[:n], batch_size=batch_size).shape == net.forward(X[:n]).shape == (n, 2)
    assert np.isfinite(net.evaluate(X[:n], Y[:n], batch_size, verbose=0))


def test_another_width_after_building_is_refused():  # A-18; every entry point in test_bad_data.py, D-01
    refused(half_trained(), lambda net: net.predict(X[:, :4]), ValueError, r"expects \(batch, 5\), got \(6, 4\)")


# -- what breaks, and what is changed from outside --------------------------------------------------------------------


def failing(event):
    def fail(*given):
        raise error("mine")

    error = KeyError
    return type("Failing", (Callback,), {event: fail})()


EVENTS = ("on_train_begin", "on_epoch_begin", "on_train_batch_begin", "on_backward_end", "on_test_begin", "on_train_end")


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: f"A-19-{event}")
def test_an_exception_of_a_callback_stays_as_it_is_and_fit_can_be_called_again(event):
    net, ended = half_trained(), []
    end = LambdaCallback(on_train_end=lambda logs: ended.append(True))
    with pytest.raises(KeyError, match="mine"):
        net.fit(X, Y, verbose=0, validation_data=(X, Y), callbacks=[end, failing(event)])
    assert ended == [True] and net.optimizer.iterations == 1 + (event in EVENTS[4:])
    assert net.fit(X, Y, verbose=0).epoch == [0]


@pytest.mark.parametrize(
    "error", [SystemExit, GeneratorExit, MemoryError, KeyboardInterrupt], ids=lambda error: f"A-21-{error.__name__}"
)
@pytest.mark.parametrize("use", BY_HAND.values(), ids=BY_HAND)
def test_whatever_is_raised_in_the_middle_of_a_step_leaves_no_half_of_it(use, error):
    def fail(self, x):
        raise error

    net = Sequential(
        [Input((5,)), Dense(4), BatchNormalization(), Dropout(0.5), Own(fail), Dense(2)], dtype="float64", seed=1
    )
    net.compile(Adam(), "mse")
    if use is BY_HAND["by hand"]:
        before = net.packed.params.tobytes()
        with pytest.raises(error):
            use(net)
        assert net.packed.params.tobytes() == before
    else:
        refused(net, use, error, None)
    net.layers[3].out = None
    use(net)


def test_a_callback_may_change_the_rate_stop_measure_and_not_fit():
    net = half_trained()

    class Busy(Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.optimizer.learning_rate = 0.005
            assert self.model.predict(X).shape == (6, 2) and self.model.evaluate(X, Y, verbose=0) > 0
            with pytest.raises(UsageError, match="being fitted already"):
                self.model.fit(X, Y, verbose=0)
            self.model.stop_training = True

    assert net.fit(X, Y, 2, epochs=5, verbose=0, callbacks=[Busy()]).epoch == [0]
    assert net.optimizer.iterations == 2 and net.optimizer.learning_rate == 0.005


WEIGHTS = {
    "A-23 none": (lambda w: [], "has 8 weights, got 0"),
    "A-23 fewer": (lambda w: w[:-1], "has 8 weights, got 7"),
    "A-23 shape": (lambda w: [*w[:-1], np.ones(3)], r"dense_1/bias has shape \(2,\), got \(3,\)"),
    "A-23 transposed": (lambda w: [w[0].T, *w[1:]], r"dense/kernel has shape \(5, 4\), got \(4, 5\)"),
    "A-23 complex": (lambda w: [*w[:-1], w[-1] + 1j], "complex"),
    "A-23 text": (lambda w: [*w[:-1], np.array(["a", "b"])], "dtype <U1"),
}


@pytest.mark.parametrize("change, words", WEIGHTS.values(), ids=WEIGHTS)
def test_set_weights_is_all_or_nothing(change, words):
    refused(
        half_trained(),
        lambda net: net.set_weights(change([w + 1 for w in net.get_weights()])),
        (ValueError, TypeError),
        words,
    )
    layer = half_trained().layers[0]
    with pytest.raises((ValueError, TypeError)):
        layer.set_weights(change(layer.get_weights()))


@pytest.mark.parametrize("what", ["network", "layer"], ids=lambda what: f"A-24-{what}")
def test_get_weights_gives_copies(what):
    net = half_trained()
    before = everything(net)
    for array in (net if what == "network" else net.layers[0]).get_weights():
        array[...] = np.nan
    assert everything(net) == before


def test_layers_are_a_tuple():
    assert type(half_trained().layers) is tuple and type(Residual([Dense(5)]).layers) is tuple


def test_freezing_in_the_middle_keeps_parameters_and_slots():
    net = half_trained()
    layer = net.layers[0]
    layer.trainable = False
    frozen, slots = layer.get_weights(), {name: vector[:24].copy() for name, vector in net.optimizer._vectors.items()}
    net.fit(X, Y, epochs=2, verbose=0)
    assert same(frozen, layer.get_weights())
    assert all(np.array_equal(slots[name], vector[:24]) for name, vector in net.optimizer._vectors.items())


COPIES = {
    "A-27 deepcopy": copy.deepcopy,
    "A-27 copy": copy.copy,
    "A-27 pickle": lambda thing: pickle.loads(pickle.dumps(thing)),
}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_copies_in_the_middle_of_training_are_equal_and_independent(copied):
    net = half_trained()
    other, before = copied(net), everything(net)
    assert everything(other) == before and all(layer.cache is None for layer in other.layers)
    other.fit(X, Y, verbose=0)
    assert everything(net) == before
    net.fit(X, Y, verbose=0)
    assert everything(net) == everything(other)
    layer, optimizer = copied(net.layers[0]), copied(net.optimizer)
    assert same(layer.get_weights(), net.layers[0].get_weights()) and optimizer.iterations == net.optimizer.iterations


IMPORT = """if True:
    import locale, os, signal, sys, threading, warnings, random
    import numpy as np
    def world():
        handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        return (str(np.random.get_state()), np.geterr(), list(warnings.filters), threading.active_count(), dict(os.environ),
                handlers, os.getcwd(), locale.setlocale(locale.LC_ALL), random.getstate(), sys.getrecursionlimit())
    before = world()
    import minifw
    if world() != before:
        print("importing")
    net = minifw.Sequential([minifw.Dense(2), minifw.Dropout(0.5)], seed=1)
    net.compile("adam", "mse")
    net.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
    if world() != before:
        print("training")"""


@pytest.mark.parametrize("options", [(), ("-O", "-W", "error")], ids=["A-30", "A-29"])
def test_importing_and_training_touch_nothing_global(options):
    found = subprocess.run([sys.executable, *options, "-c", IMPORT], capture_output=True, text=True, check=True)
    assert (found.stdout.strip(), found.stderr) == ("", "")
