"""Who belongs to which network: adding, popping, nesting, lending, refusing."""

import contextlib
import copy
import gc
import weakref

import numpy as np
import pytest
from builders import by_hand, equal, sequential

from minifw import SGD, Adam, Sequential
from minifw.errors import ArgumentTypeError, ArgumentValueError, ShapeError, UsageError
from minifw.layers import Chain, Dense, Dropout, Input, Layer, LeakyReLU, ReLU, Softmax, Tanh

X = np.random.default_rng(0).normal(size=(6, 5))
Y = np.random.default_rng(1).normal(size=(6, 2))


class Picky(Layer):
    """Takes no shape at all."""

    def build(self, input_shape):
        raise ShapeError("too picky", expected="nothing", received=input_shape)

    def forward(self, x, training=False):
        return x

    def backward(self, error_grad):
        return error_grad


def layers():
    return [Dense(4), Dropout(0.5), Dense(3, activation="tanh"), Dense(2)]


def train(net, steps=3, optimizer=None):
    by_hand(net, optimizer or SGD(0.1), X, Y, steps)


# -- adding and popping -----------------------------------------------------------------------------------------------


def listed(entrance):
    return Sequential([*entrance, *layers()], seed=3, dtype="float64")


def one_by_one(entrance):
    net = Sequential(seed=3, dtype="float64")
    for layer in [*entrance, *layers()]:
        net.add(layer)
    return net


def added_later(entrance):
    first, *rest = layers()
    net = Sequential([*entrance, first], seed=3, dtype="float64")
    net.build((5,))
    for layer in rest:
        net.add(layer)
    return net


@pytest.mark.parametrize("entrance", [[Input((5,))], []], ids=["Input", "built by data"])
@pytest.mark.parametrize("make", [one_by_one, added_later])
def test_a_list_and_one_by_one_draw_the_same_values(make, entrance):
    net, other = listed(entrance), make(entrance)
    assert np.array_equal(net.forward(X, training=True), other.forward(X, training=True))  # the same units dropped, too
    assert equal(net, other)


def test_input_shape_and_input_dim_on_the_first_layer_build_at_once():
    wanted = Sequential([Input((5,)), Dense(3)], seed=1)
    for first in (Dense(3, input_shape=(5,)), Dense(3, input_dim=5)):
        assert equal(Sequential([first], seed=1), wanted)
    assert Sequential([Chain([Dense(3, input_dim=5)])]).count_params() == 18


def test_build_takes_a_shape_with_or_without_the_batch_and_returns_nothing():
    first, second = Sequential([Dense(3)], seed=1), Sequential([Dense(3)], seed=1)
    assert first.build((5,)) is None and second.build((None, 5)) is None
    assert equal(first, second)
    first.build((5,))
    assert equal(first, second)
    with pytest.raises(ShapeError, match=r"\(batch, 5\)"):
        first.build((4,))


def test_build_without_a_shape_needs_an_input():
    net = Sequential([Input((5,)), Dense(3)], seed=1)
    net.build()
    assert net.input_shape == (5,)
    with pytest.raises(ArgumentTypeError, match="input_shape must be a tuple such as"):
        Sequential([Dense(3)]).build()


def test_sequential_takes_no_layers_none_and_a_single_one():
    assert Sequential().layers == Sequential([]).layers == ()
    assert Sequential(None).layers == ()
    assert len(Sequential(Dense(3)).layers) == 1


def test_layers_are_a_tuple_of_what_was_given():
    given = layers()
    net = Sequential(given)
    given.clear()
    assert isinstance(net.layers, tuple) and len(net.layers) == 4


def test_add_to_a_built_network_keeps_the_values_of_all_others():
    net = Sequential([Input((5,)), Dense(4)], seed=1, dtype="float64")
    train_free = [w.copy() for w in net.get_weights()]
    net.add(Dense(2))
    assert all(np.array_equal(a, b) for a, b in zip(train_free, net.get_weights(), strict=False))
    assert net.packed.params.size == 5 * 4 + 4 + 4 * 2 + 2
    assert np.shares_memory(net.packed.params, net.layers[0].params.kernel)


def test_pop_returns_the_last_layer_with_its_values():
    net = Sequential([Input((5,)), Dense(4), Dense(2)], seed=1, dtype="float64")
    before, y = net.get_weights(), net.predict(X)
    last = net.pop()
    assert len(net.layers) == 1 and net.packed.params.size == 24
    assert np.array_equal(last.get_weights()[0], before[2])
    assert not np.shares_memory(last.params.kernel, net.packed.params)
    assert np.array_equal(last(net.predict(X)), y)
    net.add(last)
    assert equal(net, Sequential([Input((5,)), Dense(4), Dense(2)], seed=1, dtype="float64"))
    assert np.array_equal(net.predict(X), y)


def test_a_popped_layer_may_go_into_another_network():
    net = Sequential([Input((5,)), Dense(4), Dense(2)], seed=1)
    last = net.pop()
    kept = last.params.kernel.copy()
    other = Sequential([Input((4,)), last])
    assert np.array_equal(other.layers[0].params.kernel, kept)


def test_pop_down_to_nothing_and_start_again():
    net = Sequential([Input((5,)), Dense(4)], seed=1)
    net.pop()
    with pytest.raises(UsageError, match="no layers"):
        net.pop()
    with pytest.raises(UsageError, match="no layers"):
        net.predict(X)
    net.add(Dense(2))
    assert net.predict(X).shape == (6, 2)


@pytest.mark.parametrize("change", [lambda net: net.add(Dense(2)), lambda net: (net.pop(), net.add(Dense(2)))])
def test_add_and_pop_start_slots_and_step_count_anew(change):
    net = Sequential([Input((5,)), Dense(4), Dense(2)], seed=1, dtype="float64")
    optimizer, fresh = Adam(0.01), Adam(0.01)
    train(net, 3, optimizer)
    change(net)
    twin = Sequential([Input((5,)), *[Dense(layer.units) for layer in net.layers]], dtype="float64")
    twin.set_weights(net.get_weights())
    train(net, 2, optimizer)
    train(twin, 2, fresh)
    assert equal(net, twin)
    assert optimizer.iterations == 2


def test_add_drops_accumulated_gradients():
    net = Sequential([Input((5,)), Dense(2)], seed=1, dtype="float64")
    optimizer = SGD(0.1, gradient_accumulation_steps=2)
    train(net, 1, optimizer)
    net.add(Dense(2))
    before = net.get_weights()
    train(net, 1, optimizer)
    assert all(np.array_equal(a, b) for a, b in zip(before, net.get_weights(), strict=True))


# -- what is refused changes nothing ----------------------------------------------------------------------------------


def test_a_failed_add_changes_nothing():
    net = Sequential([Input((5,)), Dense(4)], seed=1)
    picky, before, packed, named = Picky(), net.get_weights(), net.packed, net.layers
    with pytest.raises(ShapeError, match="too picky"):
        net.add(picky)
    assert net.layers is named or net.layers == named
    assert net.packed is packed and np.array_equal(net.get_weights()[0], before[0])
    assert picky.name == "picky" and Sequential([picky]).layers == (picky,)
    net.add(Dense(2))
    assert equal(net, Sequential([Input((5,)), Dense(4), Dense(2)], seed=1))


def test_a_failed_add_leaves_the_optimizers_slots():
    net, other = (Sequential([Input((5,)), Dense(2)], seed=1, dtype="float64") for _ in range(2))
    first, second = Adam(0.1), Adam(0.1)
    train(net, 2, first)
    train(other, 2, second)
    with pytest.raises(ShapeError):
        net.add(Picky())
    train(net, 2, first)
    train(other, 2, second)
    assert equal(net, other) and first.iterations == 4


def test_a_failed_add_that_would_have_built_the_network_changes_nothing():
    net = Sequential([Input((5,))], seed=1)
    with pytest.raises(ShapeError):
        net.add(Picky())
    assert net.layers == () and net.packed is None
    net.add(Dense(2))
    assert equal(net, Sequential([Input((5,)), Dense(2)], seed=1))


def test_a_failed_build_changes_nothing():
    picky, dense = Picky(), Dense(3)
    net = Sequential([dense, picky], seed=1)
    with pytest.raises(ShapeError) as caught:
        net.predict(X)
    assert any("picky (Picky), build, input shape (3,)" in note for note in caught.value.__notes__)
    assert net.packed is None and not vars(dense.params)
    net.pop()
    assert np.array_equal(net.predict(X), Sequential([Dense(3)], seed=1).predict(X))


def test_a_failed_build_leaves_a_network_inside_as_it_was():
    inner = Sequential([Input((5,)), Dense(3)], seed=2)
    packed, before = inner.packed, inner.get_weights()
    with pytest.raises(ShapeError):
        Sequential([inner, Picky()])
    assert inner.packed is packed and np.array_equal(inner.get_weights()[0], before[0])


def test_layers_of_a_network_that_failed_to_be_are_free_again():
    dense = Dense(3)
    with contextlib.suppress(ShapeError):
        Sequential([Input((5,)), dense, Picky()])
    gc.disable()
    try:
        assert Sequential([Input((5,)), dense]).layers == (dense,)
    finally:
        gc.enable()


def test_layers_of_a_network_that_failed_to_be_are_free_while_its_error_is_kept():
    layer = Dense(3)
    with pytest.raises(ShapeError) as kept:
        sequential(layer, Softmax(axis=7))
    assert kept.value.__traceback__ is not None
    assert sequential(layer).layers == (layer,)


@pytest.mark.parametrize("wrong", [3, None, "Dense", Dense, [Dense(3)]])
def test_what_is_no_layer_is_refused(wrong):
    net = Sequential([Input((5,)), Dense(3)])
    with pytest.raises(ArgumentTypeError, match="layer"):
        net.add(wrong)
    with pytest.raises(ArgumentTypeError, match="layer"):
        Sequential([wrong])
    assert len(net.layers) == 1


def test_an_input_stands_first():
    with pytest.raises(UsageError, match="first"):
        Sequential([Dense(3)]).add(Input((5,)))
    with pytest.raises(UsageError, match="first"):
        Sequential([Input((5,))]).add(Input((5,)))
    with pytest.raises(TypeError):
        Sequential([Dense(3), Input((5,))])


# -- one owner, one place ---------------------------------------------------------------------------------------------


def shared_activation(layer):
    return [Dense(3, activation=layer), Dense(3, activation=layer)]


@pytest.mark.parametrize(
    "arrange",
    [
        lambda layer: [layer, layer],
        lambda layer: [layer, Dense(3), layer],
        lambda layer: [layer, Chain([layer])],
        lambda layer: [Chain([Chain([layer]), Dense(3)]), layer],
        shared_activation,
    ],
)
def test_a_layer_in_two_places_is_refused(arrange):
    with pytest.raises(UsageError, match=r"twice.*copy\.deepcopy"):
        Sequential(arrange(ReLU()))


def test_adding_a_layer_again_is_refused_and_changes_nothing():
    dense = Dense(5)
    net = Sequential([Input((5,)), dense])
    with pytest.raises(UsageError, match=r"dense \(Dense\).*twice.*copy\.deepcopy"):
        net.add(dense)
    with pytest.raises(UsageError):
        net.add(Chain([dense]))
    assert net.layers == (dense,)


def test_a_layer_of_another_network_is_refused():
    dense = Dense(3)
    net = Sequential([dense], name="first")
    for wrapped in ([dense], [Chain([dense])]):
        with pytest.raises(UsageError, match=r"dense \(Dense\).*first.*copy\.deepcopy.*del"):
            Sequential(wrapped)
    assert net.layers == (dense,)


def test_a_layer_inside_a_nested_network_is_refused_elsewhere():
    dense = Dense(3)
    net = Sequential([Sequential([dense])])
    with pytest.raises(UsageError, match=r"copy\.deepcopy"):
        Sequential([dense])
    del net
    assert Sequential([dense]).layers == (dense,)


def test_a_network_cannot_contain_itself():
    net = Sequential([Dense(3)])
    with pytest.raises(UsageError, match="itself"):
        net.add(net)
    outer = Sequential([net])
    with pytest.raises(UsageError):
        net.add(outer)


def test_del_of_a_network_frees_its_layers_at_once():
    dense = Dense(3)
    net = Sequential([Input((5,)), dense], seed=1)
    kept, gone = dense.params.kernel.copy(), weakref.ref(net)
    gc.disable()
    try:
        del net
        assert gone() is None
        other = Sequential([Input((5,)), dense])
    finally:
        gc.enable()
    assert np.array_equal(other.layers[0].params.kernel, kept)


def test_a_layer_with_values_for_another_width_is_refused():
    dense = Dense(3)
    dense(np.ones((1, 4)))
    with pytest.raises(ShapeError, match="use a new layer"):
        Sequential([Input((5,)), dense])


# -- names ------------------------------------------------------------------------------------------------------------


def test_names_come_from_class_and_position():
    net = Sequential([Dense(3), LeakyReLU(), Dense(3), LeakyReLU(), Dense(3)])
    assert [layer.name for layer in net.layers] == ["dense", "leaky_re_lu", "dense_1", "leaky_re_lu_1", "dense_2"]
    again = Sequential([Dense(3)])
    assert again.layers[0].name == "dense" and again.name == "sequential"


def test_own_names_are_dealt_first_and_numbering_skips_them():
    net = Sequential([Dense(3), Dense(3, name="dense"), Dense(3, name="dense_2"), Dense(3), Dense(3)])
    assert [layer.name for layer in net.layers] == ["dense_1", "dense", "dense_2", "dense_3", "dense_4"]


def test_two_layers_of_one_name_are_refused_and_nothing_changes():
    net = Sequential([Input((5,)), Dense(3, name="a"), Dense(3)], seed=1)
    with pytest.raises(ArgumentValueError, match="'a'"):
        net.add(Dense(2, name="a"))
    assert [layer.name for layer in net.layers] == ["a", "dense"]
    assert net.predict(X).shape == (6, 3)


def test_names_inside_a_chain_differ_when_it_comes_into_a_network():
    chain = Chain([Dense(2), Dense(2)])
    chain.layers[0].name = "dense_1"
    names = [name for name, _, _ in sequential(chain).named_parameters()]
    assert names[::2] == ["chain/dense_1/kernel", "chain/dense/kernel"]
    chain = Chain([Dense(2, name="a"), Dense(2)])
    chain.layers[1].name = "a"
    with pytest.raises(ArgumentValueError, match="two layers are named 'a'"):
        sequential(chain)


def test_parameters_are_named_by_the_path_to_them():
    encoder = Sequential([Dense(3, name="narrow")], name="encoder")
    net = Sequential([Input((5,)), encoder, Chain([Dense(5)])])
    names = [name for name, _, _ in net.named_parameters()]
    assert names == ["encoder/narrow/kernel", "encoder/narrow/bias", "chain/dense/kernel", "chain/dense/bias"]
    assert [name for name, _, _ in encoder.named_parameters()] == ["narrow/kernel", "narrow/bias"]


def test_a_name_given_to_a_layer_inside_is_dealt_around():
    net = Sequential([Input((5,)), Dense(3), Dense(3)])
    net.layers[0].name = "dense_1"
    assert list(net.activations(X)) == ["dense_1", "dense"]


def test_a_layer_inside_is_not_given_the_name_another_brought():
    net = Sequential([Input((5,)), Dense(3), Dense(3, name="mine")])
    with pytest.raises(ArgumentValueError, match="mine"):
        net.layers[0].name = "mine"
    assert list(net.activations(X)) == ["dense", "mine"]


def test_a_layer_renamed_inside_renames_its_parameters():
    net = Sequential([Input((5,)), Dense(3), Dense(3)])
    net.layers[0].name = "first"
    names = ["first/kernel", "first/bias", "dense/kernel", "dense/bias"]
    assert [name for name, _, _ in net.named_parameters()] == names
    assert [entry.name for entry in net.params_and_grads().layout] == names
    assert [name for name, _, _ in copy.deepcopy(net).named_parameters()] == names


@pytest.mark.parametrize("name", ["", "a/b", "a b", "x" * 65, 3, "opt", "train", "ä"])
def test_a_name_that_could_not_be_saved_is_refused(name):
    with pytest.raises(ArgumentValueError, match="name"):
        Dense(3, name=name)


# -- networks inside networks -----------------------------------------------------------------------------------------


def autoencoder():
    encoder = Sequential([Input((5,)), Dense(3, activation="tanh"), Dense(2)], seed=1, dtype="float64", name="encoder")
    decoder = Sequential([Input((2,)), Dense(3), Tanh(), Dense(5)], seed=2, dtype="float64", name="decoder")
    return encoder, decoder, Sequential([encoder, decoder], seed=3, dtype="float64")


def test_a_built_network_keeps_its_values_when_it_goes_into_another():
    encoder, decoder, both = autoencoder()
    fresh = [Sequential([Input((5,)), Dense(3, activation="tanh"), Dense(2)], seed=1, dtype="float64"), decoder]
    assert equal(encoder, fresh[0])
    assert np.array_equal(both.predict(X), decoder.predict(encoder.predict(X)))


def test_a_network_inside_lends_its_vectors():
    encoder, decoder, both = autoencoder()
    for net in (encoder, decoder):
        assert np.shares_memory(net.packed.params, both.packed.params)
        assert np.shares_memory(net.packed.grads, both.packed.grads)
    assert both.packed.params.size == encoder.packed.params.size + decoder.packed.params.size
    encoder.layers[0].params.kernel = np.zeros((5, 3))
    assert (both.packed.params[:15] == 0).all()
    encoder.packed.params[...] = 2.0
    assert (encoder.layers[1].params.bias == 2).all()


def test_all_three_of_an_autoencoder_stay_trainable():
    encoder, decoder, both = autoencoder()
    for net, x, y in ((both, X, X), (encoder, X, Y), (decoder, Y, X), (both, X, X)):
        net.compile(SGD(0.05), "mse")
        losses = net.fit(x, y, epochs=20, verbose=0).history["loss"]
        assert losses[-1] < losses[0]
    assert np.array_equal(both.predict(X), decoder.predict(encoder.predict(X)))


def test_a_nested_network_trains_bit_for_bit_like_a_flat_one():
    flat = Sequential([Input((5,)), Dense(3), Tanh(), Dense(2)], dtype="float64")
    nested = Sequential([Sequential([Dense(3), Sequential([Tanh()])]), Dense(2)], dtype="float64")
    nested.build((5,))
    nested.set_weights(flat.get_weights())
    train(flat, 5, Adam(0.01))
    train(nested, 5, Adam(0.01))
    assert equal(flat, nested)


def test_an_optimizer_of_the_inner_network_goes_on_after_it_went_inside():
    encoder, other = (Sequential([Input((5,)), Dense(2)], seed=1, dtype="float64") for _ in range(2))
    first, second = Adam(0.01), Adam(0.01)
    train(encoder, 3, first)
    train(other, 3, second)
    outer = Sequential([encoder, Dense(2)], dtype="float64")
    train(encoder, 3, first)
    train(other, 3, second)
    assert equal(encoder, other) and outer.packed is not None


def test_a_network_inside_refuses_add_and_pop_until_the_outer_is_gone():
    encoder, _, both = autoencoder()
    for change in (lambda: encoder.add(Dense(2)), encoder.pop):
        with pytest.raises(UsageError, match=r"inside another.*copy\.deepcopy"):
            change()
    kept = encoder.predict(X)
    del both, _
    encoder.add(Dense(2))
    encoder.pop()
    assert np.array_equal(encoder.predict(X), kept)


def test_after_the_outer_is_gone_the_inner_is_its_own_again():
    encoder, _, both = autoencoder()
    del both, _
    y = encoder.forward(X, training=True)
    assert encoder.backward(np.ones_like(y)) is None
    kept = y.copy()
    encoder.forward(X + 1, training=True)
    assert np.array_equal(y, kept)
    assert Sequential([encoder], dtype="float64").layers == (encoder,)


def test_add_to_the_outer_moves_the_inner_along():
    encoder, decoder, both = autoencoder()
    before, y = both.get_weights(), encoder.predict(X)
    both.add(Dense(1))
    assert all(np.array_equal(a, b) for a, b in zip(before, both.get_weights(), strict=False))
    assert np.shares_memory(encoder.packed.params, both.packed.params)
    assert np.array_equal(encoder.predict(X), y)
    assert both.pop().units == 1
    assert both.pop() is decoder
    assert not np.shares_memory(decoder.packed.params, both.packed.params)
    decoder.add(Dense(2))
    assert decoder.predict(Y).shape == (6, 2)


def test_two_outer_networks_cannot_have_one_inner():
    encoder, _, both = autoencoder()
    with pytest.raises(UsageError, match=r"encoder \(Sequential\).*copy\.deepcopy.*del"):
        Sequential([encoder], dtype="float64")
    assert np.shares_memory(encoder.packed.params, both.packed.params)


def test_a_built_network_of_another_dtype_is_refused():
    inner = Sequential([Input((5,)), Dense(3)], dtype="float32")
    packed = inner.packed
    with pytest.raises(ArgumentValueError, match=r"float32.*float64"):
        Sequential([inner], dtype="float64")
    net = Sequential([Input((5,)), Dense(5)], dtype="float64")
    with pytest.raises(ArgumentValueError, match=r"float32.*float64"):
        net.add(inner)
    assert inner.packed is packed and len(net.layers) == 1
    inner.add(Dense(2))


def test_an_unbuilt_network_takes_the_dtype_of_the_outer():
    inner = Sequential([Sequential([Dense(3)])], dtype="float32")
    net = Sequential([Input((5,)), inner], dtype="float64")
    assert inner.dtype == "float64" and inner.layers[0].packed.params.dtype == "float64"
    assert inner.predict(X).dtype == net.predict(X).dtype == "float64"


def test_an_outer_network_is_built_at_once_by_a_built_first_one():
    inner = Sequential([Input((5,)), Dense(3)])
    assert Sequential([inner, Dense(2)]).packed.params.size == 26


def test_a_flag_inside_reaches_every_network_around():
    encoder, _, both = autoencoder()
    before = len(both.params_and_grads())
    encoder.layers[0].trainable = False
    assert len(both.params_and_grads()) == before - 2 and len(encoder.params_and_grads()) == 2
    encoder.trainable = True
    assert len(both.params_and_grads()) == before


def test_a_dead_outer_network_takes_nothing_along():
    encoder, decoder, both = autoencoder()
    gone = weakref.ref(both)
    both.forward(X)
    gc.disable()
    try:
        del both
        assert gone() is None
    finally:
        gc.enable()
    assert decoder.predict(encoder.predict(X)).shape == (6, 5)


def test_a_chain_that_outlives_its_network_still_passes_messages_through_networks_inside():
    for leave in ("pop", "del"):
        chain = Chain([Sequential([Input((5,)), Dense(3)], dtype="float64", seed=1), Dense(2)])
        net = sequential(chain)
        if leave == "pop":
            assert net.pop() is chain
        del net
        y = chain(X, training=True)
        message = chain.backward(np.ones_like(y))
        assert message is not None and message.shape == X.shape
