"""deepcopy, pickle and copy.copy: independent, equal, and training goes on bit for bit."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest
from builders import by_hand, equal, sequential

from minifw import L2, Callback, ExponentialDecay, History, MSELoss, Sequential
from minifw.errors import ArgumentTypeError, ShapeError, UsageError
from minifw.layers import Dense, Dropout, Input, Layer, Param
from minifw.optimizers import SGD, Adam, RMSprop

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(20, 5)), RNG.normal(size=(20, 2))
WAYS = [copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing)), copy.copy]
WAY_IDS = ["deepcopy", "pickle", "copy.copy"]
every_way = pytest.mark.parametrize("copied", WAYS, ids=WAY_IDS)
both_ways = pytest.mark.parametrize("copied", WAYS[:2], ids=WAY_IDS[:2])


class Counter(Layer):
    """Counts the batches it trained on, in its state; adds a learned shift."""

    def build(self, input_shape):
        return {"shift": Param(input_shape, "uniform"), "seen": Param((), trainable=False)}

    def forward(self, x, training=False):
        if training:
            self.state.seen += 1.0
        return x + self.params.shift

    def backward(self, error_grad):
        self.grads.shift = error_grad.sum(axis=0)
        return error_grad


def counting(optimizer="adam", **options):
    layers = Dense(4, kernel_regularizer=L2(0.01)), Dropout(0.3), Counter(), Dense(2, activation="tanh")
    net = sequential(*layers, **options)
    net.compile(optimizer, "mse", metrics=["mae"])
    return net


def fit(net, epochs=2):
    return net.fit(X, Y, batch_size=8, epochs=epochs, verbose=0).history


# -- networks ---------------------------------------------------------------------------------------------------------


@every_way
@pytest.mark.parametrize(
    "optimizer",
    [
        SGD(0.1, momentum=0.9),
        Adam(ExponentialDecay(0.1, 3, 0.5), amsgrad=True, clipnorm=0.5),
        RMSprop(0.01, centered=True, use_ema=True, ema_overwrite_frequency=3),
        Adam(0.01, gradient_accumulation_steps=4),
    ],
    ids=repr,
)
def test_training_goes_on_bit_for_bit(copied, optimizer):
    net = counting(type(optimizer).from_config(optimizer.config()))
    fit(net)
    twin = copied(net)
    assert equal(net, twin)
    assert fit(net) == fit(twin)
    assert equal(net, twin) and net.optimizer._calls == twin.optimizer._calls == 12


@every_way
def test_a_copy_is_independent(copied):
    net = counting()
    fit(net)
    before, slots = net.get_weights(), {name: v.copy() for name, v in net.optimizer._vectors.items()}
    twin = copied(net)
    for name in ("params", "grads", "state"):
        assert not np.shares_memory(getattr(net.packed, name), getattr(twin.packed, name))
    fit(twin)
    twin.layers[0].trainable = False
    assert all(np.array_equal(a, b) for a, b in zip(before, net.get_weights(), strict=True))
    assert all(np.array_equal(slots[name], vector) for name, vector in net.optimizer._vectors.items())
    assert net.layers[0].trainable and len(net.params_and_grads()) == 5


@both_ways
def test_a_copy_between_backward_and_update_still_holds_the_gradients(copied):
    net, loss = counting(), MSELoss()
    for step in range(3):
        loss.forward(Y, net.forward(X, training=True))
        net.backward(loss.backward())
        if step == 2:
            twin = copied(net)
            twin.optimizer.step(twin.params_and_grads())
        net.optimizer.step(net.params_and_grads())
    assert equal(net, twin)


@both_ways
def test_a_copy_in_the_middle_of_accumulating_goes_on(copied):
    net = counting(SGD(0.1, gradient_accumulation_steps=3))
    net.train_on_batch(X, Y)
    twin = copied(net)
    for _ in range(4):
        assert net.train_on_batch(X, Y) == twin.train_on_batch(X, Y)
    assert equal(net, twin)


@both_ways
def test_generators_are_copied_where_they_stand(copied):
    net = counting()
    net.forward(X, training=True)
    twin = copied(net)
    for _ in range(2):
        assert np.array_equal(net.forward(X, training=True), twin.forward(X, training=True))


@both_ways
def test_an_unbuilt_network_builds_to_the_same_values_as_its_copy(copied):
    net = Sequential([Dense(3), Dense(2)])
    twin = copied(net)
    net.build((5,))
    twin.build((5,))
    assert equal(net, twin)


@both_ways
def test_flags_names_and_the_input_survive(copied):
    net = Sequential([Input((5,)), Dense(3, name="a"), Dense(2)], name="mine", seed=1)
    net.layers[0].trainable, net.layers[1].learning_rate_multiplier = False, 0.5
    twin = copied(net)
    assert (twin.name, [layer.name for layer in twin.layers]) == ("mine", ["a", "dense"])
    assert [(run.offset, run.multiplier) for run in twin.params_and_grads().runs] == [(18, 0.5)]
    assert twin.dtype == "float32" and twin.seed == 1 and twin.input_shape == (5,)
    assert repr(twin) == repr(net)


@both_ways
def test_add_to_a_copy_draws_what_the_original_would(copied):
    net = counting()
    twin = copied(net)
    net.add(Dense(3))
    twin.add(Dense(3))
    assert equal(net, twin)


@both_ways
def test_caches_and_scratch_are_left_out(copied):
    net = counting()
    net.forward(np.ones((500, 5)), training=True)
    twin = copied(net)
    assert all(layer.cache is None for layer in twin.layers)
    with pytest.raises(UsageError, match="fresh forward"):
        twin.backward(np.ones((500, 2)))
    assert len(pickle.dumps(net)) < 20_000


def test_copies_of_a_loss_leave_the_batch_behind():
    for loss in (MSELoss(), MSELoss(reduction="sum")):
        loss.forward(np.zeros((500, 2)), np.ones((500, 2)))
        assert len(pickle.dumps(loss)) < 1000


@both_ways
def test_a_copys_vectors_have_numpys_own_dtype_object(copied):
    """What comes in is compared with `is`; another dtype object would send every batch the slow way."""
    twin = copied(counting())
    assert twin.packed.params.dtype is np.dtype("float64")
    assert twin.forward(X).dtype is np.dtype("float64")


def test_a_copy_made_in_a_callback_can_be_fitted_to_the_same_end():
    kept = []

    class Keep(Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                kept.append(copy.deepcopy(self.model))

    net = counting()
    net.fit(X, Y, batch_size=8, epochs=4, verbose=0, callbacks=[Keep()])
    kept[0].fit(X, Y, batch_size=8, initial_epoch=2, epochs=4, verbose=0)
    assert equal(net, kept[0])


def test_copy_copy_of_a_layer_or_network_copies_deeply():
    net = counting()
    for original in (net, net.layers[0]):
        assert not np.shares_memory(copy.copy(original).get_weights()[0], original.get_weights()[0])
    twin = copy.copy(net.layers[0])
    twin.params.kernel = np.zeros((5, 4))
    assert net.layers[0].params.kernel.any()


def test_a_network_pickled_here_is_the_same_in_another_process(tmp_path):
    net = Sequential([Input((5,)), Dense(4, activation="tanh"), Dropout(0.5), Dense(2)], seed=1, dtype="float64")
    net.compile("adam", "mse")
    fit(net)
    (tmp_path / "net").write_bytes(pickle.dumps(net))
    np.save(tmp_path / "data.npy", np.hstack([X, Y]))
    code = """if True:
        import pickle, numpy as np
        net, data = pickle.loads(open("net", "rb").read()), np.load("data.npy")
        net.fit(data[:, :5], data[:, 5:], batch_size=8, epochs=2, verbose=0)
        print(net.packed.params.tobytes().hex())"""
    found = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    fit(net)
    assert found.stdout.strip() == net.packed.params.tobytes().hex()


# -- networks inside networks -----------------------------------------------------------------------------------------


def nested():
    encoder = Sequential([Input((5,)), Dense(3), Dropout(0.2)], dtype="float64", seed=1, name="encoder")
    net = Sequential([encoder, Sequential([Dense(4), Counter()]), Dense(2)], dtype="float64", seed=2)
    net.compile(Adam(0.01), "mse")
    return net


@every_way
def test_a_nested_network_goes_on_bit_for_bit_and_its_parts_lend_their_vectors(copied):
    net = nested()
    fit(net)
    twin = copied(net)
    assert equal(net, twin)
    for inner in twin.layers[:2]:
        assert np.shares_memory(inner.packed.params, twin.packed.params)
    assert fit(net) == fit(twin)
    assert equal(net, twin)
    with pytest.raises(UsageError):
        twin.layers[0].add(Dense(2))


@both_ways
def test_outer_and_inner_copied_together_stay_together(copied):
    net = nested()
    encoder, twin = copied((net.layers[0], net))
    assert twin.layers[0] is encoder and np.shares_memory(encoder.packed.params, twin.packed.params)


@both_ways
def test_a_copy_of_an_inner_network_is_nobodys_part(copied):
    net = nested()
    encoder = copied(net.layers[0])
    assert equal(encoder, net.layers[0]) and not np.shares_memory(encoder.packed.params, net.packed.params)
    encoder.add(Dense(2))
    y = encoder.forward(X, training=True)
    assert encoder.backward(np.ones_like(y)) is None
    assert Sequential([encoder], dtype="float64").layers == (encoder,)


@both_ways
def test_networks_that_were_fitted_themselves_can_be_copied_inside_another(copied):
    net = nested()
    inner = net.layers[0]
    inner.compile("adam", "mse")
    inner.fit(X, RNG.normal(size=(20, 3)), verbose=0)
    fit(net)
    twin = copied(net)
    assert twin.layers[0].history.model is twin.layers[0] and equal(net, twin)


# -- layers -----------------------------------------------------------------------------------------------------------


@every_way
def test_a_copied_layer_owns_its_values(copied):
    net = counting()
    layer = copied(net.layers[0])
    assert np.array_equal(layer.params.kernel, net.layers[0].params.kernel)
    assert not np.shares_memory(layer.params.kernel, net.packed.params)
    assert np.array_equal(layer(X), net.layers[0](X))
    other = Sequential([Input((5,)), layer], dtype="float64")
    assert np.array_equal(other.predict(X), net.layers[0](X))
    assert layer.kernel_regularizer.l2 == 0.01 and other.penalty() == net.penalty()


@both_ways
def test_a_copied_layer_leaves_its_given_name_but_keeps_its_own(copied):
    net = Sequential([Input((5,)), Dense(3), Dense(3), Dense(3, name="mine")])
    assert [copied(layer).name for layer in net.layers] == ["dense", "dense", "mine"]


def test_a_pickled_layer_carries_its_own_values_only():
    net = Sequential([Input((5,)), Dense(3), Dense(500), Dense(500)])
    assert len(pickle.dumps(net.layers[0])) < 5_000


@both_ways
def test_a_layer_with_an_unfinished_forward_is_copied_without_it(copied):
    dense = Dense(3)
    dense(X)
    twin = copied(dense)
    assert twin.cache is None and np.array_equal(twin(X), dense(X))


# -- optimizers, losses, histories, errors ----------------------------------------------------------------------------


@both_ways
def test_network_and_optimizer_copied_apart_go_on_together(copied):
    net, optimizer = counting(), Adam(0.01)
    by_hand(net, optimizer, X, Y, 2)
    twin, its = copied(net), copied(optimizer)
    by_hand(net, optimizer, X, Y, 2)
    by_hand(twin, its, X, Y, 2)
    assert equal(net, twin)


@both_ways
def test_network_and_optimizer_copied_together_belong_together(copied):
    net = counting()
    fit(net)
    twin = copied(net)
    with pytest.raises(UsageError, match="belongs to the network"):
        by_hand(net, twin.optimizer, X, Y, 2)
    with pytest.raises(UsageError, match="belongs to the network"):
        by_hand(twin, net.optimizer, X, Y, 2)


@both_ways
def test_an_optimizer_of_a_plain_list_goes_on(copied):
    w, g = np.ones(3), np.array([1.0, -2.0, 3.0])
    optimizer = Adam(0.1)
    optimizer.step([(w, g)])
    v, its = w.copy(), copied(optimizer)
    optimizer.step([(w, g)])
    its.step([(v, g)])
    assert np.array_equal(v, w) and its.iterations == 2


@both_ways
def test_a_history_is_copied_with_its_numbers(copied):
    net = counting()
    fit(net)
    twin = copied(net.history)
    assert isinstance(twin, History) and twin.history == net.history.history
    assert twin.epoch == [0, 1] and twin.params == net.history.params
    assert copied(net).history.history == net.history.history


@both_ways
def test_errors_keep_their_data(copied):
    with pytest.raises(ShapeError) as caught:
        counting().predict(np.ones((2, 4)))
    twin = copied(caught.value)
    assert str(twin) == str(caught.value) and twin.received == (4,) and twin.layer == "dense"
    assert isinstance(copied(ArgumentTypeError("x")), TypeError)
