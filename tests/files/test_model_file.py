"""A network in one file: it comes back whole and goes on with the same bits; weights alone, and PyTorch's."""

import copy
import functools
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from builders import network
from golden.make_trained import CUSTOM_OBJECTS, numbers, samples

import minifw
from minifw import SGD, Adam, ExponentialDecay, Sequential, load_model
from minifw.__main__ import main
from minifw.config import registered
from minifw.errors import ArgumentTypeError, ArgumentValueError, ModelFormatError, UsageError
from minifw.files.safetensors import Packed
from minifw.layers import Dense, Dropout, Input, Lambda, LeakyReLU, Residual

GOLDEN = Path(__file__).parents[1] / "golden"
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(22, 5)), RNG.normal(size=(22, 2))


def of_many_layers(optimizer="sgd", dtype="float32", **options):
    inside = Sequential([Dense(4, input_shape=(3,)), Dropout(0.2, seed=5)], dtype=dtype, name="inside")
    layers = [Dense(3, "relu", kernel_regularizer="l2"), Dropout(0.3), Residual([Dense(3), LeakyReLU(0.1)]), inside]
    layers += [Dense(2, kernel_constraint="max_norm", name="last")]
    measured = {"metrics": ["mae"], "weighted_metrics": ["mse"], **options}
    return network(*layers, optimizer=optimizer, dtype=dtype, **measured)


def train(net, epochs=1):
    return net.fit(X, Y, batch_size=4, epochs=epochs, verbose=0).history


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.safetensors"


def reloaded(net, path, **options):
    net.save(path)
    return load_model(path, **options)


def same(a, b):
    return a.fingerprint() == b.fingerprint()


# -- the whole network ------------------------------------------------------------------------------------------------

OPTIMIZERS = {
    **{cls.__name__: cls for cls in registered("optimizer")},
    "momentum": lambda: SGD(0.01, momentum=0.9, nesterov=True, weight_decay=0.01),
    "amsgrad": lambda: Adam(amsgrad=True, clipnorm=0.1),
    "accumulating": lambda: Adam(gradient_accumulation_steps=4, use_ema=True, ema_overwrite_frequency=3),
    "schedule": lambda: SGD(ExponentialDecay(0.1, 3, 0.5)),
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_network_goes_on_with_the_same_bits_with_every_optimizer(optimizer, dtype, path):
    net = of_many_layers(OPTIMIZERS[optimizer](), dtype)
    train(net)
    twin = reloaded(net, path)
    assert same(net, twin) and same(twin, reloaded(twin, path)) and repr(twin.optimizer) == repr(net.optimizer)
    assert twin.optimizer._calls == net.optimizer._calls == 6
    assert train(net, 2) == train(twin, 2)
    assert same(net, twin) and np.array_equal(net.predict(X), twin.predict(X))


def test_a_network_that_has_not_been_trained_compiled_or_seeded_comes_back(path):
    net = of_many_layers()
    assert same(net, reloaded(net, path)) and train(reloaded(net, path)) == train(net)
    bare = Sequential([Input((5,)), Dense(2), Dropout(0.5)])
    twin = reloaded(bare, path)
    assert twin.metrics is None and twin.config() == bare.config() and same(twin, bare)
    assert np.array_equal(twin.forward(X, training=True), bare.forward(X, training=True))


def test_layers_added_later_keep_their_generators_and_the_optimizer_its_fresh_start(path):
    net = of_many_layers("adam")
    train(net)
    net.add(Dense(2))
    twin = reloaded(net, path)
    net.add(Dropout(0.5)), twin.add(Dropout(0.5))
    assert train(net) == train(twin) and same(net, twin)


def test_names_flags_and_multipliers_come_back(path):
    net = of_many_layers()
    net.layers[0].trainable = False
    net.layers[2].learning_rate_multiplier = 0.5
    net.layers[3].name = "other"
    twin = reloaded(net, path)
    assert [layer.name for layer in twin.layers] == ["dense", "dropout", "residual", "other", "last"]
    assert [layer.trainable for layer in twin.layers] == [False, True, True, True, True]
    assert twin.layers[2].layers[0].learning_rate_multiplier == 0.5
    assert train(net) == train(twin)


def test_a_frozen_network_with_unfrozen_layers_comes_back(path):
    net = Sequential([Input((5,)), Dense(3), Dense(2)], trainable=False)
    net.layers[1].trainable = True
    assert [layer.trainable for layer in reloaded(net, path).layers] == [False, True]


def test_losses_and_metrics_come_back_under_their_keys(path):
    for cls in set(registered("loss")) - {minifw.LambdaLoss}:  # whose functions are kept by name
        net = Sequential([Input((5,)), Dense(2)], seed=1)
        net.compile("sgd", cls())
        assert repr(reloaded(net, path).loss) == repr(net.loss)
    net = of_many_layers()
    twin = reloaded(net, path)
    assert list(twin.metrics.plain) == ["mae"] and list(twin.metrics.weighted) == list(net.metrics.weighted)


def test_a_loaded_network_without_its_training_can_be_compiled(path):
    net = of_many_layers("adam")
    train(net)
    twin = reloaded(net, path, compile=False)
    assert twin.metrics is None and np.array_equal(twin.predict(X), net.predict(X))
    twin.compile("sgd", "mse")
    train(twin)


def test_own_classes_and_functions_come_back_by_name(path):
    class Twice(minifw.Layer):
        def __init__(self, factor=2.0):
            self.factor = factor

        def forward(self, x, training=False):
            return self.factor * x

        def backward(self, error_grad):
            return self.factor * error_grad

    def halving(step):
        return 0.5**step

    def back(x, y, error_grad):
        return error_grad * np.cos(x)

    net = Sequential([Input((5,)), Twice(3.0), Lambda(np.sin, back), Dense(2)], seed=1)
    net.compile(SGD(halving), "mse")
    own = {"Twice": Twice, "sin": np.sin, "back": back, "halving": halving}
    assert train(reloaded(net, path, custom_objects=own)) == train(net)
    for name in ("sin", "back", "halving"):
        with pytest.raises(ModelFormatError, match=name):
            load_model(path, custom_objects={key: value for key, value in own.items() if key != name})


def test_what_cannot_be_written_down_is_refused_and_leaves_the_old_file(path):
    net = of_many_layers()
    net.save(path)
    before = path.read_bytes()
    for broken, error, match in (
        (of_many_layers(SGD(lambda step: 0.1)), ArgumentTypeError, "learning_rate"),
        (Sequential([Input((2,)), Lambda(np.sin, lambda x, y, g: g)]), ArgumentTypeError, "gradient has no name"),
        (Sequential([Dense(2)]), UsageError, "no weights yet"),
        (net.layers[3], UsageError, "part of another network"),
        (deep(40), ArgumentValueError, "nested deeper than 32"),
    ):
        for _ in range(2):
            with pytest.raises(error, match=match):
                broken.save(path)
    other = of_many_layers()
    vars(other.layers[1])["rng"] = np.random.Generator(np.random.MT19937(1))
    with pytest.raises(ArgumentValueError, match="MT19937, a file keeps PCG64"):
        other.save(path)
    with pytest.raises(FileExistsError, match="overwrite=False"):
        net.save(path, overwrite=False)
    assert path.read_bytes() == before


def deep(levels):
    return functools.reduce(
        lambda inner, _: Sequential([inner], name="s"), range(levels), Sequential([Input((2,)), Dense(2)])
    )


def test_saving_twice_gives_equal_bytes_and_the_fingerprint_is_in_them(path, tmp_path):
    net = of_many_layers("adam")
    train(net)
    net.save(path)
    copy.deepcopy(net).save(tmp_path / "copy")
    assert path.read_bytes() == (tmp_path / "copy").read_bytes() and net.fingerprint().encode() in path.read_bytes()
    before = net.fingerprint()
    net.layers[1].rng.random()
    assert net.fingerprint() != before


def test_a_network_comes_from_its_configuration_alone():
    net = of_many_layers()
    twin = Sequential.from_config(net.config())
    assert twin.get_config() == net.config() and twin.count_params() == net.count_params()


def test_values_that_are_not_finite_load_with_one_warning(path):
    net = of_many_layers()
    net.layers[0].params.kernel[0, 0] = np.nan
    net.save(path)
    with pytest.warns(UserWarning, match="NaN or infinite values in dense/kernel") as caught:
        load_model(path)
    assert len(caught) == 1
    with pytest.warns(UserWarning, match="load_weights: .*dense/kernel"):
        of_many_layers().load_weights(path)


def test_saving_in_a_callback_takes_the_state_of_that_moment(path):
    class Save(minifw.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 2:
                self.model.save(path)
                self.expected = self.model.fingerprint()

    callback = Save()
    of_many_layers("adam").fit(X, Y, batch_size=4, callbacks=[callback], verbose=0)
    assert load_model(path).fingerprint() == callback.expected and load_model(path).optimizer.iterations == 3


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_loading_takes_as_much_memory_as_the_file_and_a_little(optimizer, path):
    wide = Sequential([Input((1500,)), Dense(2500), Residual([Dense(2500)]), Dense(500)], seed=1)
    wide.compile(optimizer, "mse")
    wide.train_on_batch(np.ones((1, 1500)), np.ones((1, 500)))
    wide.save(path)
    fresh = Sequential([Input((1500,)), Dense(2500), Residual([Dense(2500)]), Dense(500)])
    for load in (load_model, fresh.load_weights):
        tracemalloc.start()
        try:
            net = load(path) or fresh
            net.predict(np.ones((1, 1500)))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 1.1 * path.stat().st_size + 4e6
        assert np.array_equal(net.get_weights()[0], wide.get_weights()[0])


# -- weights alone ----------------------------------------------------------------------------------------------------


def test_weights_alone_come_back_and_the_rest_stays(path):
    net, other = of_many_layers("adam"), of_many_layers("sgd")
    train(net)
    net.save_weights(path)
    other.load_weights(path)
    assert np.array_equal(net.predict(X), other.predict(X)) and isinstance(other.optimizer, SGD)
    net.save(path)
    third = of_many_layers(dtype="float64")
    third.load_weights(path)
    assert np.allclose(third.predict(X), net.predict(X), atol=1e-6)
    with pytest.raises(UsageError, match="no weights yet"):
        Sequential([Dense(2)]).load_weights(path)


def test_weights_that_do_not_fit_change_nothing_and_all_differences_are_named(path):
    Packed({"dense/kernel": np.ones((5, 4)), "x\n": np.ones(1), "last/bias": np.ones(2, int)}, {}).write(path)
    net = of_many_layers()
    before = net.fingerprint()
    with pytest.raises(ModelFormatError) as raised:
        net.load_weights(path)
    for part in ("dense/kernel has shape (5, 4), not (5, 3)", r"'x\n' is too much", "dense/bias is missing", "dtype int64"):
        assert part in str(raised.value)
    assert net.fingerprint() == before


def test_what_does_not_fit_can_be_left_alone_with_a_warning(path):
    Packed({"dense/kernel": np.ones((5, 4)), "dense/bias": np.ones(3)}, {}).write(path)
    net = of_many_layers()
    kernel = net.layers[0].params.kernel.copy()
    with pytest.warns(UserWarning, match="left alone: dense/kernel has shape"):
        net.load_weights(path, skip_mismatch=True)
    assert (net.layers[0].params.bias == 1).all() and (net.layers[0].params.kernel == kernel).all()


def test_modules_of_pytorch_are_mapped_and_turned(path):
    tensors = {
        "fc1.weight": RNG.normal(size=(3, 3)),
        "fc1.bias": np.ones(3),
        "w": np.ones((3, 2)),
        "num_batches": np.ones(1),
    }
    Packed(tensors, {}).write(path)
    net = Sequential([Input((3,)), Dense(3, name="a"), Dense(2, use_bias=False, name="b")])
    net.load_weights(path, mapping={"a": "fc1", "b/kernel": "w"})
    assert np.allclose(net.layers[0].params.kernel, tensors["fc1.weight"].T) and (net.layers[1].params.kernel == 1).all()
    with pytest.raises(ArgumentValueError, match="no array or layer 'c'"):
        net.load_weights(path, mapping={"c": "fc1"})
    with pytest.raises(ArgumentTypeError, match="mapping must be"):
        net.load_weights(path, mapping="fc1")
    with pytest.raises(ModelFormatError, match=r"a/bias, 'fc2.bias' in the file, is missing"):
        net.load_weights(path, mapping={"a": "fc2", "b/kernel": "w"})


def test_a_convolution_of_pytorch_is_turned(path):
    weight = RNG.normal(size=(4, 2, 3, 5))
    Packed({"conv.weight": weight, "conv.bias": np.zeros(4)}, {}).write(path)
    net = Sequential([Input((7, 7, 2)), minifw.Conv2D(4, (3, 5))], dtype="float64")
    net.load_weights(path, mapping={"conv2d": "conv"})
    assert np.array_equal(net.layers[0].params.kernel, weight.transpose(2, 3, 1, 0))


def test_a_file_that_pytorch_wrote_predicts_what_pytorch_predicts():
    folder = Path(__file__).parents[1] / "reference"
    with np.load(folder / "torch_weights.npz") as kept:
        values = dict(kept)
    layers = [Input((4,)), Dense(4, "relu"), minifw.BatchNormalization(epsilon=1e-5), Dense(2)]
    net = Sequential(layers)
    mapping = {"dense": "fc1", "batch_normalization": "bn", "dense_1": "fc2"}
    net.load_weights(folder / "torch_weights.safetensors", mapping=mapping)
    assert np.allclose(net.predict(values["x"]), values["y"], atol=1e-5)
    convolution = Sequential([Input((5, 6, 2)), minifw.Conv2D(3, (3, 2))])
    convolution.load_weights(folder / "torch_weights.safetensors", mapping={"conv2d": "conv"})
    assert np.allclose(convolution.predict(values["image"]), values["mapped"], atol=1e-5)


# -- looking into a file ----------------------------------------------------------------------------------------------


def test_show_prints_a_file_without_building_it(path, capsys):
    net = of_many_layers("adam")
    train(net)
    net.save(path)
    main(["show", str(path)])
    text = capsys.readouterr().out
    for part in ("minifw format", "Sequential, dtype float32, input shape [5]", "units=3", "optimizer Adam(", "6 steps"):
        assert part in text
    assert "loss MSELoss" in text and "metrics mae" in text and "residual/dense/kernel  float32  (3, 3)" in text
    assert f"{net.count_params() * 4:,} bytes" in text and "found right" in text
    Packed({"\x1b[31m": np.ones(1), **{f"w{i}": np.ones(1) for i in range(1100)}}, {}).write(path)
    main(["show", str(path)])
    text = capsys.readouterr().out
    assert "\x1b" not in text and "and 101 more" in text
    path.write_bytes(b"no")
    with pytest.raises(SystemExit, match="2 bytes, need"):
        main(["show", str(path)])


# -- files of every format version ------------------------------------------------------------------------------------


@pytest.mark.parametrize("golden", sorted(GOLDEN.glob("format_*.safetensors")), ids=lambda p: p.name)
def test_a_file_of_every_format_version_loads(golden):
    net = load_model(golden)
    with np.load(golden.with_suffix(".npz")) as kept:
        assert np.allclose(net.predict(kept["x"]), kept["y"], rtol=1e-5)
    assert (net.optimizer.iterations, net.optimizer._calls) == (2, 5)
    assert net.layers[0].name == "first" and not net.layers[3].trainable


def test_the_newest_golden_file_is_of_this_format():
    assert GOLDEN.joinpath(f"format_{minifw.files.model.FORMAT}.safetensors").exists()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_trained_network_of_commit_4400435_has_the_same_bits_and_predicts_the_same_to_8_eps(dtype):
    net = load_model(GOLDEN / f"trained_{dtype}.safetensors", CUSTOM_OBJECTS)
    with np.load(GOLDEN / f"trained_{dtype}.npz") as file:
        golden = dict(file)
    x, y = golden.pop("x"), golden.pop("y")
    found = numbers(net)
    assert found.keys() == golden.keys()
    assert [name for name in found if found[name].tobytes() != golden[name].tobytes()] == []
    assert np.abs(net.predict(x) - y).max() <= 8 * np.finfo(dtype).eps
    optimizer = "Adam(learning_rate=CosineDecay(0.02, 40), amsgrad=True, weight_decay=0.01, clipnorm=1.0, use_ema=True)"
    assert repr(net.optimizer) == optimizer and net.optimizer.iterations == 12
    assert [*net.evaluate(*samples(4), verbose=0, return_dict=True)] == ["loss", "accuracy", "f1_score"]
    assert [layer.trainable for layer in net.layers] == [True] * 7 + [False, True]
