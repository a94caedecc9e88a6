"""What a network does with a batch: forwards, backwards, and what it hands out on the way."""

import sys
import threading

import numpy as np
import opened
import pytest
from builders import Probe, sequential

import minifw as mf
from minifw import L2, MSELoss, Sequential, ShapeError, UsageError
from minifw.network.tap import tap

X = np.random.default_rng(0).normal(size=(6, 5))
G = np.random.default_rng(1).normal(size=(6, 4))


class Spy(mf.Layer):
    """Passes everything on and counts."""

    backs = 0
    asked = None

    def forward(self, x, training=False):
        return x

    def backward(self, error_grad):
        self.backs += 1
        self.asked = self.needs_message
        return error_grad


class Fuse(mf.Layer):
    """Breaks when told to."""

    broken = ""

    def forward(self, x, training=False):
        if self.broken == "forward":
            raise LookupError("forward broke")
        return x

    def backward(self, error_grad):
        if self.broken == "backward":
            raise LookupError("backward broke")
        return error_grad


def mlp():
    return sequential(mf.Dense(3), mf.LeakyReLU(0.1), mf.Dense(4, activation="sigmoid"))


def step(net, x=X, g=G):
    net.forward(x, training=True)
    net.backward(g)


# -- outputs: whose they are ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("training", [False, True])
def test_a_result_is_never_overwritten_later(training):
    net = mlp()
    y = net.forward(X, training=training)
    kept = y.copy()
    step(net, X + 1)
    net.predict(X - 1)
    assert np.array_equal(y, kept)


def test_a_training_result_may_be_written_to_before_backward():
    net = mlp()
    step(net)
    wanted = net.packed.grads.copy()
    net.forward(X, training=True)[...] = 0.0
    net.backward(G)
    assert np.array_equal(net.packed.grads, wanted)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(
    "layer", [lambda: mf.Dense(4), lambda: mf.Softmax(), lambda: mf.Flatten(), lambda: mf.Residual([mf.Dense(5)])]
)
def test_a_message_to_the_input_is_never_overwritten_later(layer, training):
    net = sequential(layer())
    found = []
    for k in range(3):
        g = np.full_like(net.forward(X, training), k)
        found.append(net.backward(g, to_input=True))
        assert not any(np.may_share_memory(found[-1], other) for other in (g, X, *found[:-1]))


def test_predict_never_returns_the_callers_own_array():
    net = sequential(mf.Dropout(0.5), mf.Flatten())
    x = X.copy()
    y = net.predict(x)
    assert np.array_equal(x, y) and not np.may_share_memory(x, y)


@pytest.mark.parametrize(
    "layers",
    [
        [mf.Dropout(0.5)],
        [mf.Flatten()],
        [mf.Dropout(0.5), mf.Reshape((2, 2))],
        [Sequential([mf.Dropout(0.5)]), mf.Flatten()],
    ],
)
def test_what_a_network_returns_is_never_the_callers_own_x(layers):
    net, x = Sequential([mf.Input((4,)), *layers], dtype="float64"), np.ones((3, 4))
    calls = net.forward, net, lambda x: net.activations(x)[layers[-1].name], lambda x: list(net.outputs(x))[-1][1]
    for call in calls:
        call(x)[:] = 7.0
        assert (x == 1.0).all()


def test_neither_input_nor_message_is_written_to():
    net = sequential(mf.Dense(3, activation="relu"), mf.Dropout(0.5), mf.Dense(4), mf.Softmax())
    x, g = X.copy(), G.copy()
    x.flags.writeable = g.flags.writeable = False
    for _ in range(3):
        step(net, x, g)
        net.forward(x, training=True)
        list(opened.messages(net, g))
    assert np.array_equal(x, X) and np.array_equal(g, G)


def test_the_loss_gradient_is_not_overwritten_by_the_backward_pass():
    net, loss = mlp(), MSELoss()
    loss.forward(G, net.forward(X, training=True))
    g = loss.backward()
    kept = g.copy()
    net.backward(g)
    step(net)
    assert np.array_equal(g, kept)


@pytest.mark.parametrize(
    "layer",
    [mf.Dense(4), mf.Dense(4, activation="tanh"), mf.Sigmoid(), mf.ReLU(), mf.Flatten(), mf.Softmax(), mf.Dropout(0.5)],
    ids=repr,
)
def test_what_forward_returns_does_not_depend_on_the_cache(layer):
    """Several threads may predict: another one may empty or refill any cache at any moment."""
    forgetful = type("Forgetful", (type(layer),), {"cache": property(lambda self: None, lambda self, value: None)})
    wanted = sequential(layer).predict(X)
    twin = forgetful.from_config(layer.config())
    assert np.array_equal(sequential(twin).forward(X), wanted)


def test_threads_may_predict_with_a_built_network():
    net = sequential(mf.Dense(8, activation="tanh"), mf.Dense(8), mf.Softmax(), mf.Dense(4, activation="sigmoid"))
    inputs = [np.random.default_rng(i).normal(size=(i % 5 + 1, 5)) for i in range(6)]
    wanted = [net.predict(x) for x in inputs]
    wrong = []

    def work(i):
        try:
            for _ in range(60):
                if not np.array_equal(net.predict(inputs[i]), wanted[i]):
                    wrong.append(i)
        except Exception as error:
            wrong.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(i,)) for i in range(len(inputs))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not wrong


def test_a_network_is_heard_by_one_thread_at_a_time_and_others_do_not_wait_for_it():
    inner, done = sequential(mf.Dense(3)), []
    outer, other = sequential(inner, mf.Dense(4)), sequential(mf.Dense(4))
    outer.predict(X)

    def listen(net):
        with tap(net, lambda hop: None):
            done.append(net)

    threads = [threading.Thread(target=listen, args=(net,)) for net in (other, outer, inner)]
    with tap(outer, lambda hop: None):
        for thread in threads:
            thread.start()
        threads[0].join(20)
        threads[1].join(0.05)
        assert done == [other]
    for thread in threads:
        thread.join()
    assert set(done) == {other, outer, inner}


def test_a_shorter_and_a_longer_batch_go_through_the_same_network():
    net, fresh = mlp(), mlp()
    step(net)
    for n in (2, 6, 9, 1):
        x, g = np.resize(X, (n, 5)), np.resize(G, (n, 4))
        step(net, x, g)
        step(fresh, x, g)
        assert np.array_equal(net.packed.grads, fresh.packed.grads)


def test_outputs_have_the_dtype_of_the_network_whatever_comes_in():
    for dtype in ("float32", "float64"):
        net = sequential(mf.Dense(2), dtype=dtype)
        for x in (X, X.astype("f4"), X.astype(">f8"), X.astype("i8"), X.tolist()):
            assert net.forward(x).dtype == dtype
            assert net.forward(x, training=True).dtype == dtype


# -- outputs and activations ------------------------------------------------------------------------------------------


def test_outputs_walk_the_layers_and_end_with_the_result():
    net = mlp()
    hops = list(net.outputs(X))
    assert [layer for layer, _ in hops] == list(net.layers)
    x = X
    for layer, y in hops:
        x = layer.forward(x)
        assert np.array_equal(x, y)
    assert np.array_equal(hops[-1][1], net.predict(X))


def test_a_tap_on_outputs_opens_an_activation_and_a_nested_network():
    inner = Sequential([mf.Dense(3, activation="tanh"), mf.ReLU()], name="inner")
    net = sequential(inner, mf.Dense(4))
    names = [layer.name for layer, _ in opened.outputs(net, X)]
    assert names == ["dense", "tanh", "re_lu", "dense"]
    assert np.array_equal(list(opened.outputs(net, X))[-1][1], net.predict(X))


def test_activations_are_the_outputs_by_name():
    net = mlp()
    found = net.activations(X)
    assert list(found) == ["dense", "leaky_re_lu", "dense_1"]
    assert np.array_equal(found["dense_1"], net.predict(X))


def test_after_outputs_a_backward_may_follow():
    net, other = mlp(), mlp()
    list(opened.outputs(net, X, training=True))
    net.backward(G)
    step(other)
    assert np.array_equal(net.packed.grads, other.packed.grads)


def test_outputs_left_half_way_leave_no_forward_to_go_back_over():
    net = mlp()
    net.forward(X)
    next(net.outputs(X))
    with pytest.raises(UsageError):
        net.backward(G)


# -- messages ---------------------------------------------------------------------------------------------------------


def test_messages_come_output_side_first_and_the_last_is_the_gradient_of_the_input():
    net = mlp()
    net.forward(X)
    hops = [(layer, g.copy()) for layer, g in net.messages(G)]
    assert [layer for layer, _ in hops] == list(net.layers[::-1])
    net.forward(X)
    assert np.array_equal(net.backward(G, to_input=True), hops[-1][1])


def test_a_tap_on_messages_opens_an_activation_as_two_hops():
    net = mlp()
    net.forward(X)
    hops = [(layer.name, g.copy()) for layer, g in opened.messages(net, G)]
    assert [name for name, _ in hops] == ["sigmoid", "dense_1", "leaky_re_lu", "dense"]
    y = net.forward(X)
    assert np.allclose(hops[0][1], G * ((1.0 - y) * y), rtol=1e-14, atol=0)
    assert np.array_equal(net.backward(G, to_input=True), hops[-1][1])


def test_a_tap_on_messages_opens_chains_and_networks():
    inner = Sequential([mf.Dense(3, activation="tanh"), mf.ReLU()])
    net = sequential(mf.Chain([inner, mf.Dense(4)]), mf.LeakyReLU())
    net.forward(X)
    hops = [(layer.name, None if g is None else g.copy()) for layer, g in opened.messages(net, G)]
    assert [name for name, _ in hops] == ["leaky_re_lu", "dense", "re_lu", "tanh", "dense"]
    net.forward(X)
    assert np.array_equal(net.backward(G, to_input=True), hops[-1][1])


def test_messages_fill_the_same_gradients_as_backward():
    net, other = mlp(), mlp()
    for inside in (False, True):
        net.forward(X, training=True)
        list(opened.messages(net, G, inside=inside))
        step(other)
        assert np.array_equal(net.packed.grads, other.packed.grads)


def test_messages_are_real_in_every_pass_even_over_frozen_layers():
    net = mlp()
    net.layers[0].trainable = False
    for _ in range(3):
        net.forward(X)
        assert all(g is not None for _, g in net.messages(G))


@pytest.mark.parametrize("verb", ["backward", "messages"])
def test_going_back_without_a_forward_is_an_error_at_the_call(verb):
    net = mlp()
    with pytest.raises(UsageError, match=r"sequential .*fresh forward"):
        getattr(net, verb)(G)


@pytest.mark.parametrize("again", ["backward", "messages"])
@pytest.mark.parametrize("verb", ["backward", "messages"])
def test_a_finished_pass_spends_the_forward(verb, again):
    net = mlp()
    net.forward(X)
    list(getattr(net, verb)(G) or ())
    with pytest.raises(UsageError, match="fresh forward"):
        getattr(net, again)(G)


@pytest.mark.parametrize("verb", ["backward", "messages"])
def test_a_message_of_another_shape_is_an_error_at_the_call(verb):
    net = mlp()
    net.forward(X)
    with pytest.raises(ShapeError, match=r"layer 2, dense_1 \(Dense\).*\(6, 4\).*\(4, 6\)"):
        getattr(net, verb)(G.T)
    net.backward(G)  # a refused call spends nothing


@pytest.mark.parametrize("wrong", [G.astype("f2"), G.astype("i8"), G.tolist()], ids=["float16", "int64", "list"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("verb", ["backward", "messages"])
def test_a_message_of_another_dtype_is_an_error_at_the_call(verb, dtype, wrong):
    net = sequential(mf.Dense(4), dtype=dtype)
    net.forward(X)
    with pytest.raises(ValueError, match=f"layer 0, dense .*{dtype}"):
        getattr(net, verb)(wrong)


def test_a_wrong_message_is_found_after_predictions_too():
    class Wrong(mf.Layer):
        def forward(self, x, training=False):
            return x

        def backward(self, error_grad):
            return error_grad[:, :1]

    net = sequential(Wrong(), mf.Dense(2))
    net.predict(X)
    net.predict(X)
    net.backward(net.forward(X), to_input=True)  # nothing is known of that forward, so the check waits
    y = net.forward(X, training=True)
    with pytest.raises(ShapeError, match=r"layer 0, wrong \(Wrong\): .* returned shape \(6, 1\), expected \(6, 5\)"):
        net.backward(y, to_input=True)


def test_the_latest_of_two_forwards_counts():
    net, other = mlp(), mlp()
    net.forward(X + 1, training=True)
    step(net)
    step(other)
    assert np.array_equal(net.packed.grads, other.packed.grads)


def test_predict_leaves_no_forward():
    net = mlp()
    net.forward(X)
    net.predict(X)
    with pytest.raises(UsageError, match="predict leaves none"):
        net.backward(G)


def test_gradients_are_nan_before_the_first_backward_and_overwritten_by_each():
    net = mlp()
    assert np.isnan(net.packed.grads).all()
    step(net)
    once = net.packed.grads.copy()
    step(net)
    assert np.array_equal(net.packed.grads, once)


def test_backward_differentiates_in_the_mode_of_the_forward():
    net = sequential(mf.Dropout(0.5), mf.Dense(4))
    net.forward(X, training=False)
    assert np.array_equal(net.backward(G, to_input=True), G.dot(net.layers[1].params.kernel.T))
    net.forward(X, training=True)
    assert (net.backward(G, to_input=True) == 0).any()


# -- the early stop ---------------------------------------------------------------------------------------------------


def test_backward_returns_none_or_on_request_the_gradient_of_the_input():
    net = mlp()
    for _ in range(3):
        net.forward(X)
        assert net.backward(G) is None
        net.forward(X)
        assert net.backward(G, to_input=True).shape == X.shape


def test_the_walk_ends_at_the_first_layer_that_is_trained():
    net = sequential(Spy(), Probe(3), Spy(), Probe(4), Spy())
    step(net)  # the first pass is watched and goes all the way
    net.layers[1].trainable = False
    for layer in net.layers:
        layer.backs = 0
    step(net)
    assert [getattr(layer, "backs", 0) for layer in net.layers] == [0, 0, 0, 0, 1]
    assert net.layers[3].asked is False


def test_only_the_first_trained_layer_is_told_that_nobody_wants_its_message():
    net = sequential(Probe(3), Probe(4))
    step(net)
    step(net)
    assert [layer.asked for layer in net.layers] == [False, True]
    net.forward(X)
    net.backward(G, to_input=True)
    assert [layer.asked for layer in net.layers] == [True, True]


def test_the_early_stop_does_not_change_a_gradient():
    net, other = mlp(), mlp()
    for _ in range(2):
        step(net)
        other.forward(X, training=True)
        other.backward(G, to_input=True)
        assert np.array_equal(net.packed.grads, other.packed.grads)


def test_a_network_without_parameters_walks_nowhere():
    net = sequential(Spy(), Spy())
    g = np.ones((6, 5))
    step(net, X, g)
    step(net, X, g)
    assert net.layers[0].backs == 1 and net.params_and_grads() == ()


def test_the_early_stop_reaches_into_a_network_inside():
    inner = Sequential([Spy(), Probe(3), Probe(3)])
    net = sequential(inner, mf.Dense(4))
    step(net)
    step(net)
    assert inner.layers[0].backs == 1
    assert [layer.asked for layer in inner.layers[1:]] == [False, True]
    inner.layers[1].trainable = False
    step(net)
    assert inner.layers[2].asked is False


def test_a_network_inside_sends_a_message_when_a_layer_before_it_is_trained():
    net = sequential(mf.Dense(5), Sequential([mf.Dense(3), mf.Tanh()]), mf.Dense(4))
    flat = sequential(mf.Dense(5), mf.Dense(3), mf.Tanh(), mf.Dense(4))
    flat.set_weights(net.get_weights())
    for _ in range(2):
        step(net)
        step(flat)
        assert np.array_equal(net.packed.grads, flat.packed.grads)


# -- a layer that fails -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["forward", "outputs"])
def test_a_failed_forward_cannot_be_gone_back_over(verb):
    net = sequential(mf.Dense(4), Fuse())
    step(net)
    net.forward(X)
    net.layers[1].broken = "forward"
    with pytest.raises(LookupError):
        list(getattr(net, verb)(X))
    with pytest.raises(UsageError):
        net.backward(G)


@pytest.mark.parametrize("verb", ["backward", "messages"])
def test_a_failed_backward_cannot_be_gone_on_with(verb):
    net = sequential(Fuse(), mf.Dense(4))
    step(net)
    net.layers[0].broken = "backward"
    net.layers[1].trainable = False
    net.forward(X)
    with pytest.raises(LookupError):
        list(net.messages(G) if verb == "messages" else net.backward(G, to_input=True))
    net.layers[0].broken = ""
    with pytest.raises(UsageError):
        net.backward(G)
    step(net)


def test_a_failed_pass_leaves_the_parameters_alone():
    net = sequential(mf.Dense(4), Fuse())
    before = net.packed.params.copy()
    for broken in ("forward", "backward"):
        net.layers[1].broken = broken
        with pytest.raises(LookupError):
            step(net)
    assert np.array_equal(net.packed.params, before)


# -- penalties --------------------------------------------------------------------------------------------------------


def penalized():
    return sequential(
        mf.Dense(3, kernel_regularizer=L2(0.1)), mf.Dense(4, kernel_regularizer="l1", bias_regularizer=L2(0.5))
    )


def test_the_penalty_is_the_sum_over_all_regularizers():
    net = penalized()
    net.layers[1].params.bias = [1.0, 2.0, 0.0, 0.0]
    first, second = (layer.params.kernel for layer in net.layers)
    wanted = 0.1 * np.square(first).sum() + 0.01 * np.abs(second).sum() + 0.5 * 5.0
    assert net.penalty() == pytest.approx(wanted, rel=1e-14)


def test_frozen_parameters_carry_no_penalty():
    net = penalized()
    net.layers[0].trainable = False
    assert net.penalty() == pytest.approx(0.01 * np.abs(net.layers[1].params.kernel).sum(), rel=1e-14)
    net.trainable = False
    assert net.penalty() == 0
    net.trainable = True
    assert net.penalty() > 1e-3


def test_a_pass_adds_the_gradients_of_the_penalties_after_the_last_message():
    net, plain = penalized(), sequential(mf.Dense(3), mf.Dense(4))
    plain.set_weights(net.get_weights())
    step(plain)
    net.forward(X)
    for layer, _ in net.messages(G):
        assert np.array_equal(layer.grads.kernel, plain.layers[net.layers.index(layer)].grads.kernel)
    for _ in range(2):
        added = net.layers[0].grads.kernel - plain.layers[0].grads.kernel
        np.testing.assert_allclose(added, 0.2 * net.layers[0].params.kernel, rtol=1e-12)
        step(net)


def test_penalties_of_a_network_inside_count_once():
    inner = Sequential([mf.Dense(3, kernel_regularizer=L2(0.1))])
    net, plain = sequential(inner, mf.Dense(4)), sequential(mf.Dense(3), mf.Dense(4))
    plain.set_weights(net.get_weights())
    assert net.penalty() == inner.penalty() == pytest.approx(0.1 * np.square(inner.layers[0].params.kernel).sum())
    step(plain)
    wanted = plain.layers[0].grads.kernel + 0.2 * inner.layers[0].params.kernel
    for _ in range(2):
        step(net)
        np.testing.assert_allclose(inner.layers[0].grads.kernel, wanted, rtol=1e-12)
    net.forward(X)
    list(opened.messages(net, G))
    np.testing.assert_allclose(inner.layers[0].grads.kernel, wanted, rtol=1e-12)


def test_penalties_inside_a_plain_chain_belong_to_the_network():
    layer = mf.Dense(4, kernel_regularizer=L2(0.1), activation="tanh")
    net = sequential(mf.Chain([layer]))
    before = net.penalty()
    assert before == pytest.approx(0.1 * np.square(layer.params.kernel).sum())
    step(net)
    layer.trainable = False
    assert net.penalty() == 0
    step(net)
