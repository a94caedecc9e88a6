"""Weights of PyTorch's modules, there and back; the numbers and predictions are PyTorch's own."""

from pathlib import Path

import numpy as np
import pytest
from builders import Tensor, bits

import minifw as mf
from minifw import ArgumentTypeError, ArgumentValueError, Dense, Flatten, Input, ModelFormatError, Sequential
from minifw.files.safetensors import Packed

RNG = np.random.default_rng(7)


def reference():
    """The state dict, samples and predictions of each network, samples channels last."""
    networks = {}
    with np.load(Path(__file__).parents[1] / "reference" / "torch_networks.npz") as kept:
        for name, array in kept.items():
            network, _, key = name.partition("/")
            networks.setdefault(network, {})[key] = array
    return {name: (arrays, arrays.pop("x"), arrays.pop("y")) for name, arrays in networks.items()}


REFERENCE = reference()


def cnn():
    norm = {"epsilon": 1e-5}
    behind = [mf.BatchNormalization(**norm), mf.Dropout(0.3), mf.PReLU(), mf.LayerNormalization(**norm), mf.Tanh()]
    return [
        *(Input((8, 11, 2)), mf.Conv2D(4, 3, padding="same", activation="relu"), mf.BatchNormalization(**norm)),
        *(mf.MaxPooling2D(2), mf.Conv2D(6, (2, 3), groups=2), mf.PReLU(shared_axes=(1, 2)), Flatten()),
        *(*behind, mf.RMSNormalization(epsilon=float(np.finfo(np.float32).eps))),
        *(Dense(5), mf.PReLU(shared_axes=1), Dense(5)),
    ]


def sequence():
    first = [mf.Conv1D(4, 3, dilation_rate=2), mf.GELU(), mf.AveragePooling1D(2)]
    return [Input((12, 3)), Sequential(first), mf.Chain([Flatten()]), Dense(4)]


def table():
    return [Input((5,)), mf.Embedding(7, 3), Flatten(), Dense(4, activation="sigmoid"), Dense(4)]


def norms():
    every = mf.LayerNormalization(axis=(1, 2, 3), epsilon=1e-5)
    return [Input((4, 4, 2)), mf.Conv2D(3, 2), every, mf.Conv2D(2, 1, use_bias=False)]


NETWORKS = {"cnn": cnn, "sequence": sequence, "table": table, "norms": norms}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_state_dict_as_it_is_makes_the_same_predictions_and_goes_back_bit_for_bit(name):
    state, x, y = REFERENCE[name]
    net = Sequential(NETWORKS[name](), seed=1)
    net.load_weights(state)
    assert np.allclose(net.predict(x, verbose=0), y, atol=2e-6 * np.abs(y).max())
    back = net.to_torch(state)
    assert list(back) == [key for key in state if "num_batches" not in key]
    for key, array in back.items():
        assert array.dtype == np.float32 and array.shape == state[key].shape and array.flags.c_contiguous
        assert array.tobytes() == state[key].tobytes()


# -- what was flattened -----------------------------------------------------------------------------------------------


def conv_and_dense(**options):
    layers = [Input((3, 4, 2)), mf.Conv2D(5, 1, name="conv"), Flatten(), Dense(2, name="fc")]
    return Sequential(layers, seed=1, **options)


def its_state(net):
    """What PyTorch would hold for it, made by its definition alone: channels first, outputs first."""
    kernel, bias = net.layers[-1].get_weights()
    conv, conv_bias = net.layers[0].get_weights()
    weight = kernel.reshape(3, 4, 5, 2).transpose(3, 2, 0, 1).reshape(2, 60)
    turned = conv.transpose(3, 2, 0, 1)
    return {"c.weight": turned, "c.bias": conv_bias, "f.weight": weight, "f.bias": bias}


LEAVES = {"kernel": "weight", "gamma": "weight", "alpha": "weight", "beta": "bias", "bias": "bias"}
LEAVES |= {"embeddings": "weight"}
LEAVES |= {"moving_mean": "running_mean", "moving_variance": "running_var"}


def names_there(net):
    """Names of PyTorch for all arrays; the modules are called as the layers are."""
    return [f"{name}.{LEAVES[key]}" for name, _, key in (entry.name.rpartition("/") for entry in net.entries())]


MAPPINGS = {
    "layers": {"conv": "c", "fc": "f"},
    "arrays": {"conv/kernel": "c.weight", "conv/bias": "c.bias", "fc/kernel": "f.weight", "fc/bias": "f.bias"},
}


@pytest.mark.parametrize("mapping", MAPPINGS.values(), ids=MAPPINGS)
@pytest.mark.parametrize("where", ["file", "dictionary"])
def test_a_kernel_behind_a_flatten_is_put_in_order_with_a_mapping_too(mapping, where, tmp_path):
    net, other = conv_and_dense(), conv_and_dense()
    other.set_weights([RNG.normal(size=array.shape) for array in other.get_weights()])
    state = its_state(other)
    Packed(state, {}).write(tmp_path / "module.safetensors")
    net.load_weights(state if where == "dictionary" else tmp_path / "module.safetensors", mapping=mapping)
    assert bits(net) == bits(other)


def test_a_network_inside_another_knows_what_was_flattened_before_it():
    head = Sequential([Dense(2, name="fc")], name="head")
    net, other = Sequential([Input((3, 4, 2)), mf.Conv2D(5, 1), Flatten(), head], seed=1), conv_and_dense()
    state = its_state(other)
    head.load_weights({key: state[key] for key in ("f.weight", "f.bias")})
    assert np.array_equal(net.layers[-1].layers[0].params.kernel, other.layers[-1].params.kernel)
    assert np.array_equal(head.to_torch(["f.weight", "f.bias"])["f.weight"], state["f.weight"])


class Mean(mf.Layer):
    def output_shape(self, input_shape):
        return input_shape[1:]

    def forward(self, x, training=False):
        return x.mean(axis=1)

    def backward(self, error_grad):
        raise NotImplementedError


class Scale(mf.Layer):
    def build(self, input_shape):
        return {"gamma": mf.Param(input_shape, "ones")}

    def forward(self, x, training=False):
        return x * self.params.gamma

    def backward(self, error_grad):
        raise NotImplementedError


class Beside(mf.Layer):
    def __init__(self, **options):
        self.conv = mf.Conv2D(5, 1)
        super().__init__(**options)

    def children(self, input_shape=None):
        return [("conv", self.conv, input_shape)]

    def output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + 5)

    def forward(self, x, training=False):
        return np.concatenate([x, self.conv.forward(x, training)], axis=-1)

    def backward(self, error_grad):
        raise NotImplementedError


CONV = [Input((3, 4, 2)), mf.Conv2D(5, 1)]


@pytest.mark.parametrize(
    "layers",
    [
        [Input((4, 5)), Flatten(), Dense(2)],
        [Input((4, 5, 1)), Flatten(), Dense(2)],
        [Input((4, 5, 1)), mf.Conv2D(1, 1), Flatten(), Dense(2)],
        [Input((4, 5, 3)), mf.GlobalAveragePooling2D(keepdims=True), Flatten(), Dense(2)],
        [Input((20,)), mf.Reshape((4, 5)), Dense(3), Flatten(), Dense(2)],
        [Input((4, 5, 3)), mf.Permute((3, 1, 2)), Flatten(), Dense(2)],
        [*CONV, mf.ZeroPadding2D(1), mf.Permute((3, 1, 2)), Flatten(), Dense(2)],
        [Input((6,)), mf.RepeatVector(3), Dense(5), mf.Identity(), Flatten(), Dense(2)],
        [Input((4, 5)), mf.LayerNormalization(epsilon=1e-5), mf.Residual([Dense(5)]), Flatten(), Dense(2)],
        [Input((20,)), Dense(12), mf.Reshape((4, 3)), mf.Tanh(), Flatten(), Dense(2)],
        [*CONV, mf.LayerNormalization(epsilon=1e-5), mf.Conv2D(2, 1), mf.GlobalAveragePooling2D(), Dense(2)],
        [Input((6,)), mf.Embedding(7, 3), mf.Conv1D(4, 2), mf.GlobalAveragePooling1D(), Dense(2)],
        [Input((3, 3, 2)), mf.Conv2D(4, 3), mf.PReLU(shared_axes=(1, 2)), Flatten(), Dense(2)],
        [Input((6,)), Dense(8), mf.Reshape((8, 1)), mf.Conv1D(3, 1), Dense(4), mf.GlobalAveragePooling1D(), Dense(2)],
    ],
)
def test_what_is_in_the_same_order_in_both_is_only_transposed(layers):
    net = Sequential(layers, seed=1)
    state = net.to_torch(names_there(net))
    assert np.array_equal(list(state.values())[-2], net.layers[-1].params.kernel.T)


def test_what_is_shaped_back_is_channels_first_again():
    layers = [Input((3, 4, 2)), mf.Conv2D(5, 1), Flatten(), mf.Reshape((3, 4, 5)), mf.Conv2D(2, 1), Flatten(), Dense(2)]
    net = Sequential(layers, seed=1)
    state = net.to_torch([f"{module}.{leaf}" for module in "abc" for leaf in ("weight", "bias")])
    kernel = net.layers[-1].params.kernel
    assert np.array_equal(state["c.weight"], kernel.reshape(3, 4, 2, 2).transpose(3, 2, 0, 1).reshape(2, 24))


VIEWS = {
    "added to a picture": [mf.Residual([mf.Conv2D(2, 1)]), mf.Conv2D(5, 1), Flatten()],
    "another shape, and added": [mf.Conv2D(5, 1), mf.Reshape((12, 5)), mf.Residual([mf.Conv1D(5, 1)]), Flatten()],
    "another shape": [mf.Conv2D(5, 1), mf.Reshape((12, 5)), mf.Conv1D(5, 1), Flatten()],
    "divided": [mf.Conv2D(5, 1), Flatten(), mf.Reshape((6, 10)), mf.Tanh(), Flatten()],
    "one channel and four": [mf.Branches([mf.Conv2D(1, 1), mf.Conv2D(4, 1)]), Flatten()],
    "single channels": [mf.Branches([mf.Conv2D(1, 1, name=name) for name in "abcde"]), Flatten()],
}


@pytest.mark.parametrize("layers", VIEWS.values(), ids=VIEWS)
def test_what_is_only_seen_in_another_shape_keeps_its_order(layers):
    net = Sequential([Input((3, 4, 2)), *layers, Dense(2)], seed=1)
    weight = list(net.to_torch(names_there(net)).values())[-2]
    assert np.array_equal(weight, net.layers[-1].params.kernel.reshape(3, 4, 5, 2).transpose(3, 2, 0, 1).reshape(2, 60))


UNTOLD = {
    "a picture that no layer has looked at": (
        [Input((3, 4, 2)), Flatten(), Dense(2)],
        r"dense/kernel: .* cannot be told: it depends on how the input of sequential \(Sequential\) has its axes there; put",
    ),
    "such pictures added": ([Input((3, 4, 2)), mf.Residual([mf.Tanh()]), Flatten(), Dense(2)], "kernel: .* the input of "),
    "axes moved": ([*CONV, mf.Permute((2, 1, 3)), Flatten(), Dense(2)], r"dense/kernel: .* how permute \(Permute\) has"),
    "axes of a sequence moved": (
        [Input((6,)), mf.Embedding(7, 3), mf.Permute((2, 1)), Flatten(), Dense(2)],
        r"dense/kernel: .* how permute \(Permute\) has",
    ),
    "looked at in another division": (
        [Input((5, 4)), mf.Conv1D(4, 1), Flatten(), mf.Reshape((10, 2)), mf.Conv1D(3, 1)],
        r"conv1d_1/kernel: .* how conv1d_1 \(Conv1D\) has",
    ),
    "a Dense on another division": (
        [*CONV, Flatten(), mf.Reshape((6, 10)), Dense(2)],
        r"dense/kernel: .* how dense \(Dense\) has",
    ),
    "a vector that was flattened, repeated": (
        [*CONV, Flatten(), mf.RepeatVector(2), Flatten(), Dense(2)],
        r"dense/kernel: .* how repeat_vector \(RepeatVector\) has",
    ),
    "divided and looked at": (
        [*CONV, Flatten(), mf.Reshape((6, 10)), mf.LayerNormalization(epsilon=1e-5), Flatten(), Dense(2)],
        r"dense/kernel: .* how layer_normalization \(LayerNormalization\) has",
    ),
    "flattened on several ways": (
        [*CONV, mf.Branches([[Flatten()], [Flatten()]]), Dense(2)],
        r"dense/kernel: .* how branches \(Branches\) has",
    ),
    "added to what a Dense gives": (
        [*CONV, Flatten(), mf.Residual([Dense(60)]), Dense(2)],
        r"dense/kernel: .* how residual \(Residual\) has",
    ),
    "pictures made from vectors": (
        [Input((6,)), Dense(60), mf.PReLU(), mf.Reshape((3, 4, 5)), mf.Conv2D(2, 3)],
        r"dense/kernel: .* how conv2d \(Conv2D\) has",
    ),
    "pictures made from several vectors": (
        [Input((6,)), mf.Branches([Dense(30), Dense(30, name="second")]), mf.Reshape((3, 4, 5)), mf.Conv2D(2, 3)],
        r"branches/dense/kernel: .* how conv2d \(Conv2D\) has",
    ),
    "pictures made from vectors and normalized": (
        [Input((6,)), Dense(60), mf.Reshape((3, 4, 5)), mf.BatchNormalization(epsilon=1e-5), mf.Conv2D(2, 3)],
        r"dense/kernel: .* how batch_normalization \(BatchNormalization\) has",
    ),
    "channels normalized": (
        [*CONV, mf.LayerNormalization(epsilon=1e-5), Flatten(), Dense(2)],
        r"dense/kernel: .* how layer_normalization \(LayerNormalization\) has",
    ),
    "one channel, and a Dense": (
        [Input((3, 4, 2)), mf.Conv2D(1, 1), Dense(5), Flatten(), Dense(2)],
        r"dense_1/kernel: .* how dense \(Dense\) has",
    ),
    "a layer of one's own": ([*CONV, Mean(), Flatten(), Dense(2)], r"dense/kernel: .* how mean \(Mean\) has"),
    "a composite of one's own": ([*CONV, Beside(), Flatten(), Dense(2)], r"dense/kernel: .* how beside \(Beside\) has"),
    "a function of a vector that was flattened": (
        [*CONV, Flatten(), mf.Lambda(np.flip, np.flip), Dense(2)],
        r"dense/kernel: .* how lambda \(Lambda\) has",
    ),
    "arrays of a layer of one's own": ([*CONV, Flatten(), Scale()], r"scale/gamma: .* how scale \(Scale\) has"),
    "some axes normalized": (
        [*CONV, mf.LayerNormalization(axis=(2, 3), epsilon=1e-5)],
        r"layer_normalization/gamma: .* how layer_normalization \(LayerNormalization\) has",
    ),
}


@pytest.mark.parametrize("case", UNTOLD)
def test_an_order_that_cannot_be_told_is_refused(case):
    layers, words = UNTOLD[case]
    net = Sequential(layers, seed=1)
    before = bits(net)
    state = dict(zip(names_there(net), map(np.zeros_like, net.get_weights()), strict=True))
    with pytest.raises(ArgumentValueError, match=words):
        net.load_weights(state)
    with pytest.raises(ArgumentValueError, match=words):
        net.load_weights(state, mapping={key.rpartition(".")[0]: key.rpartition(".")[0] for key in state})
    with pytest.raises(ArgumentValueError, match=words):
        net.to_torch(state)
    assert bits(net) == before


def test_arrays_whose_order_is_known_can_be_taken_beside_one_that_is_refused():
    net = Sequential([*CONV, Mean(), Flatten(), Dense(2)], seed=1)
    state = {"c.weight": np.ones((5, 2, 1, 1)), "c.bias": np.ones(5)}
    with pytest.warns(UserWarning, match="left alone: dense/kernel is missing; dense/bias is missing"):
        net.load_weights(state, mapping={"conv2d": "c"}, skip_mismatch=True)
    assert (net.layers[0].params.kernel == 1).all()


def test_only_what_a_picture_was_made_from_is_refused():
    layers = [Input((6,)), Dense(8, name="a"), Dense(20, name="b"), mf.Reshape((4, 5)), mf.Conv1D(3, 1)]
    net, state = Sequential(layers, seed=1), {"fc.weight": np.ones((8, 6)), "fc.bias": np.ones(8)}
    with pytest.warns(UserWarning, match="left alone: b/kernel is missing"):
        net.load_weights(state, mapping={"a": "fc"}, skip_mismatch=True)
    assert (net.layers[0].params.kernel == 1).all()
    with pytest.raises(ArgumentValueError, match=r"b/kernel: in which order"):
        net.load_weights({"fc.weight": np.ones((20, 8)), "fc.bias": np.ones(20)}, mapping={"b": "fc"})


def test_pytorch_has_no_slope_for_each_place():
    net = Sequential([*CONV, mf.PReLU()], seed=1)
    state = {"c.weight": np.ones((5, 2, 1, 1)), "c.bias": np.ones(5), "p.weight": np.ones(5)}
    with pytest.raises(ArgumentValueError, match=r"p_re_lu/alpha, 'p.weight' .* has shape \(5,\), not \(5, 3, 4\)"):
        net.load_weights(state)


# -- modules and layers -----------------------------------------------------------------------------------------------


def square():
    return Sequential([Input((4,)), Dense(4), mf.BatchNormalization(epsilon=1e-5), Dense(4, use_bias=False)], seed=1)


def square_state():
    rng = np.random.default_rng(3)
    state = {"fc1.weight": rng.normal(size=(4, 4)), "fc1.bias": rng.normal(size=4)}
    state |= {f"bn.{leaf}": rng.random(size=4) for leaf in ("weight", "bias", "running_mean", "running_var")}
    return state | {"bn.num_batches_tracked": np.array(3), "fc2.weight": rng.normal(size=(4, 4))}


def without(key):
    return {name: array for name, array in square_state().items() if name != key}


BOTH = r"here are {'dense': \['weight', 'bias'\], 'batch_normalization': \[.*\], 'dense_1': \['weight'\]}, there {"
MISFITS = {
    "another order": (dict(sorted(square_state().items())), f"no match for the layers; {BOTH}'bn': .*, 'fc1': .*, 'fc2': "),
    "a module is missing": (without("fc2.weight"), f"no match for the layers; {BOTH}'fc1': .*, 'bn': .*'running_var'\\]}}$"),
    "an array is missing": (without("fc1.bias"), rf"no match for the layers; {BOTH}'fc1': \['weight'\], 'bn': "),
    "a module too many": ({**square_state(), "out.weight": np.ones((4, 4))}, f"no match for the layers; {BOTH}.*'out': "),
    "another shape": (
        {**square_state(), "fc2.weight": np.ones((3, 4))},
        rf"dense_1/kernel, 'fc2.weight' in the dictionary, has shape \(3, 4\), not \(4, 4\); {BOTH}'fc1'",
    ),
    "whole numbers": (
        {**square_state(), "fc1.bias": np.ones(4, int)},
        "dense/bias, 'fc1.bias' in the dictionary, has dtype int64, not float32",
    ),
    "nothing": ({}, f"no match for the layers; {BOTH}}}"),
}


@pytest.mark.parametrize("case", MISFITS)
def test_a_dictionary_that_does_not_fit_is_refused_with_both_lists_and_changes_nothing(case):
    state, words = MISFITS[case]
    net = square()
    before = bits(net)
    with pytest.raises(ArgumentValueError, match=words):
        net.load_weights(state)
    assert bits(net) == before


def test_an_array_of_another_shape_can_be_left_alone():
    net, state = square(), {**square_state(), "fc2.weight": np.ones((3, 4))}
    kept = net.layers[-1].params.kernel.copy()
    with pytest.warns(UserWarning, match=r"left alone: dense_1/kernel, 'fc2.weight' in the dictionary, has shape"):
        net.load_weights(state, skip_mismatch=True)
    assert np.array_equal(net.layers[-1].params.kernel, kept)
    assert np.array_equal(net.layers[0].params.kernel, state["fc1.weight"].T.astype(np.float32))


@pytest.mark.parametrize(
    "dress",
    [np.asfortranarray, lambda a: a.astype(">f8"), lambda a: np.repeat(a, 2, axis=0)[::2], Tensor, np.ndarray.tolist],
    ids=["Fortran order", "another byte order", "a view", "a tensor", "lists"],
)
def test_arrays_of_any_kind_are_taken_into_float32(dress):
    net, wanted = square(), square()
    wanted.load_weights({name: array.astype(np.float32) for name, array in square_state().items()})
    net.load_weights({name: array if array.ndim == 0 else dress(array) for name, array in square_state().items()})
    assert bits(net) == bits(wanted)


def test_one_array_may_serve_two_modules():
    net = Sequential([Input((4,)), Dense(4, use_bias=False), Dense(4, use_bias=False)], seed=1)
    shared = RNG.normal(size=(4, 4))
    net.load_weights({"encoder.weight": shared, "decoder.weight": shared})
    assert np.array_equal(net.layers[0].params.kernel, shared.T.astype(np.float32))
    assert np.array_equal(net.layers[1].params.kernel, net.layers[0].params.kernel)


class Unsupported:
    def detach(self):
        return self

    def __array__(self, dtype=None, copy=None):
        raise TypeError("Got unsupported ScalarType BFloat16")


def test_what_numpy_has_no_dtype_for_is_refused_by_name():
    net = square()
    before = bits(net)
    with pytest.raises(ArgumentTypeError, match=r"'fc1.bias': .* ScalarType BFloat16; try .float\(\).cpu\(\)"):
        net.load_weights({**square_state(), "fc1.bias": Unsupported()})
    with pytest.raises(ArgumentValueError, match=r"no match for the layers; .* there {'': \['0'\]}"):
        net.load_weights({0: np.ones(4)})
    assert bits(net) == before


def test_a_file_may_be_called_like_a_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("the dictionary", "the file"):
        Packed(square_state(), {}).write(name)
        with pytest.raises(ModelFormatError, match=rf"{name}: the arrays do not fit .* 'bn.bias' is too much"):
            square().load_weights(name)


def test_a_dictionary_under_the_names_of_the_network_is_taken_as_it_is():
    net, other = conv_and_dense(), conv_and_dense()
    other.set_weights([RNG.normal(size=array.shape) for array in other.get_weights()])
    net.load_weights({entry.name: entry.array for entry in other.entries()})
    assert bits(net) == bits(other)
    with pytest.raises(ArgumentValueError, match=r"the dictionary: .* do not fit the network: fc/bias is missing; 'z'"):
        net.load_weights({**{e.name: e.array for e in other.entries() if e.name != "fc/bias"}, "z": np.ones(1)})


def test_arrays_of_the_network_itself_may_change_places():
    net = Sequential([Input((4,)), Dense(4, use_bias=False), Dense(4, use_bias=False)], seed=1)
    first, second = (layer.params.kernel for layer in net.layers)
    before = first.copy(), second.copy()
    net.load_weights({"dense/kernel": second, "dense_1/kernel": first})
    assert np.array_equal(first, before[1]) and np.array_equal(second, before[0])


def test_a_file_still_wants_the_names_of_the_network_or_a_mapping(tmp_path):
    Packed(square_state(), {}).write(tmp_path / "module.safetensors")
    with pytest.raises(ModelFormatError, match=r"dense/kernel is missing.*'fc1.weight' is too much"):
        square().load_weights(tmp_path / "module.safetensors")


def test_an_epsilon_of_our_own_is_warned_of():
    net = Sequential([Input((4,)), mf.BatchNormalization(), mf.LayerNormalization(epsilon=1e-5)], seed=1)
    arrays = dict.fromkeys(names_there(net), np.ones(4))
    with pytest.warns(UserWarning, match=r"\(BatchNormalization\) has 0.001 as epsilon, its own default") as caught:
        net.load_weights(arrays)
    assert [warning.filename for warning in caught] == [__file__]
    assert "layer_normalization" not in str(caught[0].message)


@pytest.mark.parametrize(
    ("names", "error", "words"),
    [
        ("fc1.weight", ArgumentTypeError, r"names must be module.state_dict\(\) or its keys, got 'fc1.weight'"),
        (3, ArgumentTypeError, r"names must be module.state_dict\(\) or its keys, got 3"),
        (["fc1.weight"], ArgumentValueError, rf"no match for the layers; {BOTH}'fc1': \['weight'\]}}$"),
    ],
)
def test_names_that_are_none_are_refused(names, error, words):
    with pytest.raises(error, match=words):
        square().to_torch(names)


def test_float64_goes_both_ways_bit_for_bit():
    net = Sequential([Input((3, 4, 2)), mf.Conv2D(5, 1), Flatten(), Dense(2)], dtype="float64", seed=1)
    names = ["c.weight", "c.bias", "f.weight", "f.bias"]
    twin = Sequential([Input((3, 4, 2)), mf.Conv2D(5, 1), Flatten(), Dense(2)], dtype="float64", seed=2)
    twin.load_weights(net.to_torch(names))
    assert bits(twin) == bits(net)
