"""Containers as part of a network: built, named, frozen, copied, and what they say when something inside goes wrong."""

import copy
import pickle

import numpy as np
import opened
import pytest
from builders import blocks, by_hand, sequential

from minifw import SGD, Adam, Sequential
from minifw.errors import ArgumentTypeError, ArgumentValueError, ShapeError, UsageError
from minifw.layers import Branches, Chain, Dense, Dropout, Flatten, Input, Layer, Param, Reshape, Residual, Tanh

RNG = np.random.default_rng(0)
X, Y, G = (RNG.normal(size=(12, n)) for n in (5, 2, 2))


class Fuse(Layer):
    def __init__(self, direction=""):
        self.direction = direction

    def forward(self, x, training=False):
        return 1 / 0 if self.direction == "forward" else x

    def backward(self, error_grad):
        return 1 / 0 if self.direction == "backward" else error_grad


class Table(Layer):
    """A row of numbers for each whole number."""

    input_kind = "index"

    def build(self, input_shape):
        return {"rows": Param((9, 3), "normal")}

    def output_shape(self, input_shape):
        return (*input_shape, 3)

    def forward(self, x, training=False):
        self.cache = x
        return self.params.rows[x]

    def backward(self, error_grad):
        self.grads.rows = np.zeros((9, 3))
        np.add.at(self.grads.rows, self.cache, error_grad)


# -- built, named, frozen, copied -------------------------------------------------------------------------------------


def test_a_residual_that_changes_the_shape_is_refused_when_it_is_built():
    net = Sequential([Dense(4), Residual([Dense(3), Tanh()], name="block")])
    words = r"^block \(Residual\): .* \(4,\) come out of its layers as \(3,\); end them with one that gives \(4,\) again"
    with pytest.raises(ShapeError, match=words) as caught:
        net.build((5,))
    assert (caught.value.expected, caught.value.received) == ((4,), (3,)) and net.packed is None
    assert caught.value.__notes__ == ["in layer 1, block (Residual), output_shape, input shape (4,)"]
    with pytest.raises(ShapeError, match=r"\(5,\).*\(3,\)"):
        Residual(Dense(3))(X)


@pytest.mark.parametrize("x, words", [(X, r"\(5, 1\), and branch 1.*\(3,\)"), (X[:, :1], r"\(1, 1\), and branch 1.*\(3,\)")])
def test_branches_that_do_not_fit_together_are_refused_when_they_are_built(x, words):
    ways = Branches([Reshape((-1, 1)), Chain([Dense(3)], name="deep")])
    with pytest.raises(ShapeError, match=rf"branches \(Branches\).*branch 0, reshape \(Reshape\), gives {words}"):
        ways(x)


def test_a_branch_that_gives_one_number_a_sample_has_no_axis_to_join():
    with pytest.raises(ShapeError, match=r"branch 0, reshape \(Reshape\), gives \(\)"):
        Branches([Reshape(())])(X[:, :1])


def test_branches_need_a_branch():
    with pytest.raises(ArgumentValueError, match="Branches: layers must hold at least one branch"):
        Branches([])


@pytest.mark.parametrize("make", [Chain, Residual, Branches])
@pytest.mark.parametrize("wrong", [3, Dense, None])
def test_what_is_no_list_of_layers_is_refused(make, wrong):
    with pytest.raises(ArgumentTypeError, match=f"^{make.__name__}: layers must be a list of layers, got"):
        make(wrong)
    with pytest.raises(ArgumentTypeError, match=f"^{make.__name__}: a layer is a name, a class or an instance"):
        make([3])
    assert len(make(Dense(3)).layers) == len(make([Dense(3)]).layers) == 1


def test_layers_inside_are_named_by_their_path():
    names = [name for name, _, _ in sequential(*blocks()).named_parameters()]
    assert names[2:6] == [f"residual/dense{n}/{w}" for n in ("", "_1") for w in ("kernel", "bias")]
    assert names[6] == "branches/sequential/dense/kernel" and names[10] == "branches/dense/kernel"
    assert [layer.name for layer in sequential(*blocks()).layers[2].layers] == ["sequential", "dense", "chain"]


def test_flags_write_through_and_hold_for_one_layer_too():
    net = sequential(*blocks())
    net.layers[1].trainable = net.layers[2].trainable = False
    assert net.params_and_grads().layout[2].name == "residual_1/sequential/dense/kernel"
    before = net.get_weights()
    by_hand(net, Adam(0.1), X, Y, 2)
    moved = [not np.array_equal(old, new) for old, new in zip(before, net.get_weights(), strict=True)]
    assert moved == [True] * 2 + [False] * 10 + [True] * 4
    net.layers[2].trainable = True
    net.layers[2].layers[1].learning_rate_multiplier = 0.5
    assert [run.multiplier for run in net.params_and_grads().runs] == [1.0, 1.0, 0.5, 1.0]


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))], ids=["deepcopy", "pickle"]
)
def test_a_copy_in_mid_training_goes_on_bit_for_bit(copied):
    net = sequential(*blocks()[:3], Branches([Dropout(0.3), Residual([Dropout(0.2)])]), Dense(2))
    net.compile(Adam(0.01), "mse")
    net.fit(X, Y, epochs=2, batch_size=5, verbose=0)
    twin = copied(net)
    for each in (net, twin):
        each.fit(X, Y, epochs=2, batch_size=5, verbose=0)
    assert np.array_equal(net.packed.params, twin.packed.params)


def test_a_network_inside_lends_its_vectors():
    net = sequential(*blocks())
    for inner in (net.layers[2].layers[0], net.layers[3].layers[0]):
        assert np.shares_memory(inner.packed.params, net.packed.params) and inner.packed.params.size == inner.count_params()
        with pytest.raises(UsageError, match="inside another"):
            inner.add(Dense(2))


@pytest.mark.parametrize("make", [lambda layer: Residual([layer, layer]), lambda layer: Branches([layer, [layer]])])
def test_a_layer_twice_inside_is_refused(make):
    with pytest.raises(UsageError, match=r"\(Dense\) stands in the network twice"):
        sequential(make(Dense(5)))


def test_the_summary_shows_a_row_a_block_or_opens_it():
    found = []
    net = sequential(Residual([Dense(5)]), Branches([[Tanh()], Dense(3)]), Dense(2))
    net.summary(print_fn=found.append)
    net.summary(print_fn=found.append, expand_nested=True)
    lines = [[line for line in text.splitlines() if line[0] == "│"] for text in found]
    rows = [[[cell.strip() for cell in line[1:-1].split("│")] for line in text] for text in lines]
    assert rows[0] == [
        ["residual (Residual)", "(None, 5)", "30"],
        ["branches (Branches)", "(None, 8)", "18"],
        ["dense (Dense)", "(None, 2)", "18"],
    ]
    names = ["residual", "dense", "branches", "chain", "tanh", "dense", "dense"]
    assert [row[0].split()[0] for row in rows[1]] == names


def test_config_makes_the_same_network_again():
    net = sequential(*blocks())
    twin = Sequential.from_config(net.config())
    assert twin.config() == net.config() and np.array_equal(twin.packed.params, net.packed.params)


def test_a_configuration_keeps_the_flags_inside_a_container():
    base = sequential(Dense(3), Dense(2))
    base.trainable = False
    base.layers[-1].trainable = True
    base.layers[0].learning_rate_multiplier = 0.5
    for net in (Sequential.from_config(base.config()), Sequential.from_config(sequential(base).config()).layers[0]):
        assert [layer.trainable for layer in net.layers] == [False, True]
        assert [layer.learning_rate_multiplier for layer in net.layers] == [0.5, 1.0]


# -- what goes wrong inside -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("walk", [lambda net: net.predict(X), lambda net: list(opened.outputs(net, X))])
def test_an_error_inside_names_every_place_around(walk):
    net = sequential(Branches([Residual([Tanh(), Fuse("forward")]), Dense(3)]), Dense(2))
    with pytest.raises(ZeroDivisionError) as caught:
        walk(net)
    assert caught.value.__notes__ == [
        "in layer 1, fuse (Fuse), forward, x (12, 5)",
        "in branch 0, residual (Residual), forward, x (12, 5)",
        "in layer 0, branches (Branches), forward, x (12, 5)",
    ]


@pytest.mark.parametrize("first", [Dense(5), Tanh()], ids=repr)
@pytest.mark.parametrize("trained", [0, 1])
def test_an_error_on_the_way_back_names_every_place_around(trained, first):
    fuse = Fuse()
    net = sequential(Branches([[copy.deepcopy(first), fuse], Dense(3)]), Dense(2))
    by_hand(net, SGD(0.1), X, Y, trained)
    fuse.direction = "backward"
    with pytest.raises(ZeroDivisionError) as caught:
        net.forward(X, training=True)
        net.backward(G, to_input=not trained or not hasattr(first, "units"))
    assert caught.value.__notes__[1] == "in branch 0, chain (Chain), backward, error_grad (12, 5)"
    assert caught.value.__notes__[2] == "in layer 0, branches (Branches), backward, error_grad (12, 8)"


class Wrong(Layer):
    def forward(self, x, training=False):
        return x

    def backward(self, error_grad):
        return error_grad[:, :1]


@pytest.mark.parametrize("block", [lambda: Residual(Wrong()), lambda: Branches([Tanh(), Wrong()])])
def test_a_layer_inside_is_held_to_the_contract_once(block):
    net = sequential(block(), Dense(2))
    net.compile("sgd", "mse")
    place = "layer 0" if isinstance(net.layers[0], Residual) else "branch 1"
    with pytest.raises(ShapeError, match=rf"^{place}, wrong \(Wrong\): backward\(\) returned shape \(12, 1\)"):
        net.fit(X, Y, verbose=0)


# -- whole numbers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "first",
    [lambda: Chain([Table()]), lambda: Sequential([Table(), Tanh()]), lambda: Branches([Table(), [Table(), Tanh()]])],
)
def test_layers_of_whole_numbers_may_begin_a_container(first):
    net = Sequential([first(), Flatten(), Dense(2)], dtype="float64", seed=1)
    net.compile(Adam(0.1), "mse")
    ids = np.arange(24).reshape(12, 2) % 9
    losses = net.fit(ids.astype(float), Y, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0] and first()(ids).dtype == np.float32
    with pytest.raises(ValueError, match="whole numbers"):
        net.predict(ids + 0.5)


def test_branches_of_numbers_and_whole_numbers_are_refused():
    with pytest.raises(UsageError, match=r"branches \(Branches\): either all branches begin with .* whole numbers, or none"):
        Sequential([Input((2,)), Branches([[Table(), Flatten()], Dense(3)])])
