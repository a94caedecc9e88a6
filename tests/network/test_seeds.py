"""One seed, the same bits: whatever else is random, in this process or another, and nothing global is touched."""

import os
import subprocess
import sys

import numpy as np
import pytest
from builders import bits, samples, sequential

from minifw import SGD, Adam, ArgumentTypeError, GlorotUniform, RandomNormal, Sequential, UsageError
from minifw.layers import Dense, Dropout, Input, Residual

X, Y = samples(24)


def with_dropout(seed=1, **options):
    return sequential(Dense(4), Dropout(0.5), Dense(2), seed=seed, **options)


def trained(seed=1, epochs=3):
    net = with_dropout(seed)
    net.compile(Adam(0.01), "mse")
    net.fit(X, Y, batch_size=7, epochs=epochs, verbose=0)
    return net


def test_one_seed_gives_one_network_and_one_training():
    assert bits(with_dropout(1)) == bits(with_dropout(1)) != bits(with_dropout(2))
    assert bits(trained(1)) == bits(trained(1)) != bits(trained(2))
    assert trained(1).history.history == trained(1).history.history


def test_without_a_seed_every_network_starts_elsewhere():
    assert bits(with_dropout(None)) != bits(with_dropout(None))


def test_networks_inside_follow_the_seed_of_the_one_around_them_even_taken_out_again():
    def made(seed):
        inner = Sequential([Dense(2)])
        outer = Sequential([Input((3,)), Residual([Sequential([Sequential([Dense(3)])])]), inner, Dense(1)], seed=seed)
        mark = outer.fingerprint()
        outer.pop(), outer.pop()
        inner.add(Dense(4))
        return mark, inner.fingerprint()

    assert made(1) == made(1)
    assert not set(made(1)) & set(made(2)) and made(None) != made(None)


def test_a_configuration_of_nested_networks_starts_from_the_outer_seed():
    config = sequential(Sequential([Dense(3), Dropout(0.5)]), Dense(2)).config()
    one, other = Sequential.from_config(config), Sequential.from_config(config)
    assert all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


def test_numpys_global_generator_neither_matters_nor_moves():
    wanted = bits(trained())
    np.random.seed(7)
    state = np.random.get_state()[1].copy()
    net = trained()
    net.predict(X)
    net.evaluate(X, Y)
    assert bits(net) == wanted
    assert np.array_equal(np.random.get_state()[1], state)


CODE = """if True:
    import numpy as np
    np.random.seed({seed})
    from minifw import *
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(24, 5)), rng.normal(size=(24, 2))
    net = Sequential([Input((5,)), Dense(4), Dropout(0.5), Dense(2)], seed=1, dtype="float64")
    net.compile(Adam(0.01), "mse", metrics=["mse", "mae"])
    history = net.fit(X, Y, batch_size=7, epochs=3, verbose=0)
    print(net.packed.params.tobytes().hex(), history.history)"""


def test_other_processes_with_other_hash_seeds_give_the_same_bits():
    found = [
        subprocess.run(
            [sys.executable, "-c", CODE.format(seed=seed)],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in (0, 4321)
    ]
    assert found[0] == found[1]
    assert found[0].split()[0] == bits(trained())[0].hex()


def test_importing_touches_nothing_global():
    code = """if True:
        import locale, os, random, signal, sys, threading, warnings
        import numpy as np, typing_extensions

        def world():
            handlers = [signal.getsignal(number) for number in signal.valid_signals()]
            printing = {key: value for key, value in np.get_printoptions().items()}
            return (np.random.get_state()[1].tobytes(), np.geterr(), list(warnings.filters), dict(os.environ), os.getcwd(),
                    handlers, threading.active_count(), printing, random.getstate(), locale.setlocale(locale.LC_ALL),
                    sys.getrecursionlimit(), sys.getswitchinterval(), np.geterrcall())

        before = world()
        import minifw
        names = ["global", "errstate", "filters", "env", "cwd", "signals", "threads", "printing", "random", "locale",
                 "recursion", "switch", "errcall"]
        print([name for name, a, b in zip(names, before, world(), strict=True) if a != b])
        print([name for name in ("torch", "matplotlib", "tqdm", "pandas", "sklearn", "scipy", "inspect", "difflib", "json",
                                 "hashlib", "tempfile") if name in sys.modules and name not in known])"""
    code = code.replace("        before = world()", "        before, known = world(), set(sys.modules)")
    found = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines() == ["[]", "[]"]


# -- shuffling --------------------------------------------------------------------------------------------------------


def orders(net, **options):
    """Which samples each batch held, told apart by a target of their own."""
    seen = []

    class Watch(Dense):
        def forward(self, x, training=False):
            if training:
                seen.append(x[:, 0].astype(int).tolist())
            return super().forward(x, training)

    x = np.arange(10.0)[:, None]
    net = Sequential([Input((1,)), Watch(1)], seed=net)
    net.compile(SGD(0.0), "mse")
    net.fit(x, x, batch_size=4, verbose=0, **options)
    return net, x, seen


def test_each_epoch_has_an_order_of_its_own_and_holds_every_sample_once():
    _, _, seen = orders(1, epochs=3)
    assert [len(batch) for batch in seen] == [4, 4, 2] * 3
    epochs = [[x for batch in seen[i : i + 3] for x in batch] for i in (0, 3, 6)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in [*epochs, list(range(10))]}) == 4


def test_the_order_follows_the_seed():
    assert orders(1, epochs=2)[2] == orders(1, epochs=2)[2] != orders(2, epochs=2)[2]


def test_without_shuffling_the_order_is_the_datas():
    _, _, seen = orders(1, epochs=2, shuffle=False)
    assert seen == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]] * 2


def test_a_second_fit_goes_on_with_the_next_order():
    once = orders(1, epochs=4)[2]
    net, x, seen = orders(1, epochs=2)
    net.fit(x, x, batch_size=4, epochs=2, verbose=0)
    assert seen == once


def test_two_fits_are_one_longer_fit():
    net = trained(epochs=2)
    net.fit(X, Y, batch_size=7, epochs=2, verbose=0)
    assert bits(net) == bits(trained(epochs=4))


def test_predicting_and_evaluating_use_up_nothing_random():
    net = trained(epochs=2)
    net.predict(X)
    net.evaluate(X, Y)
    net.test_on_batch(X, Y)
    net.forward(X)
    net.summary(print_fn=len)
    net.check_gradients(X[:2], Y[:2], samples=3)
    net.fit(X, Y, batch_size=7, epochs=2, verbose=0)
    assert bits(net) == bits(trained(epochs=4))


# -- the network's seed reaches everything -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "first", ["predict", "__call__", "forward", "build", "outputs", "activations", "fit", "evaluate", "train_on_batch"]
)
def test_however_a_network_is_built_the_seed_and_dtype_are_its_own(first):
    wanted = Sequential([Input((5,)), Dense(3)], seed=1, dtype="float64").get_weights()[0]
    net = Sequential([Dense(3)], seed=1, dtype="float64")
    net.compile(SGD(0.0), "mse")
    x, y = X.astype("float32"), np.zeros((24, 3))
    arguments = {"build": ((5,),), "fit": (x, y), "evaluate": (x, y), "train_on_batch": (x, y)}.get(first, (x,))
    found = getattr(net, first)(*arguments, **({"verbose": 0} if first == "fit" else {}))
    if first == "outputs":
        list(found)
    assert net.packed.params.dtype == "float64"
    assert np.array_equal(net.layers[0].params.kernel, wanted)


def test_a_layer_more_at_the_end_changes_nothing_before_it():
    short, long = Sequential([Input((5,)), Dense(4)], seed=1), Sequential([Input((5,)), Dense(4), Dense(3)], seed=1)
    assert np.array_equal(short.get_weights()[0], long.get_weights()[0])


def test_two_layers_of_a_network_draw_different_values():
    net = Sequential([Input((4,)), Dense(4), Dense(4)], seed=1)
    assert not np.array_equal(net.layers[0].params.kernel, net.layers[1].params.kernel)


def test_an_initializers_own_seed_comes_before_the_networks():
    nets = [
        Sequential([Input((5,)), Dense(4, kernel_initializer=GlorotUniform(seed=3), bias_initializer="normal")], seed=seed)
        for seed in (1, 2)
    ]
    assert np.array_equal(nets[0].layers[0].params.kernel, nets[1].layers[0].params.kernel)
    assert not np.array_equal(nets[0].layers[0].params.bias, nets[1].layers[0].params.bias)


# -- dropout ----------------------------------------------------------------------------------------------------------


def masks(seed=None, own=None, calls=2):
    net = Sequential([Input((50,)), Dropout(0.5, seed=own)], seed=seed)
    return [net.forward(np.ones((4, 50)), training=True).tobytes() for _ in range(calls)]


def test_dropout_follows_the_networks_seed():
    assert masks(1) == masks(1) != masks(2)
    first, second = masks(1)
    assert first != second


def test_a_seed_of_its_own_replaces_the_networks():
    assert masks(1, own=5) == masks(2, own=5) == masks(None, own=5) != masks(1, own=6)


def test_dropout_with_a_seed_draws_the_same_alone_and_in_a_network():
    layer = Dropout(0.5, seed=5)
    x = np.ones((4, 50), np.float32)
    assert [layer(x, training=True).tobytes() for _ in range(2)] == masks(1, own=5)


def test_two_dropouts_of_one_network_drop_different_units():
    net = Sequential([Input((50,)), Dropout(0.5), Dropout(0.5)], seed=1)
    first, second = (y for _, y in net.outputs(np.ones((4, 50)), training=True))
    assert (first != second / 2).any()


def test_a_bare_layer_without_a_seed_has_no_generator_before_it_is_built():
    with pytest.raises(UsageError, match="generator"):
        Dropout(0.5).forward(np.ones((2, 3)), training=True)


# -- what a seed may be -------------------------------------------------------------------------------------------------

MAKERS = [
    lambda seed: Sequential([Input((5,)), Dense(3)], seed=seed).predict(X),
    lambda seed: Dropout(0.5, seed=seed)(X, training=True),
    lambda seed: RandomNormal(seed=seed)((3,), np.random.default_rng(0)),
]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("seed", [None, 0, 2**64 - 1, np.int64(3)])
def test_a_seed_is_none_or_a_whole_number_below_2_to_the_64(make, seed):
    make(seed)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("seed", [-1, 2**64, 1.0, True, "1", np.random.default_rng(0), [1, 2], np.nan])
def test_any_other_seed_is_refused(make, seed):
    with pytest.raises((ArgumentTypeError, ValueError), match="seed"):
        make(seed)
