"""Networks as ONNX files, run by others: onnxruntime, and the reference that stands for the standard itself."""

import numpy as np
import onnx
import onnxruntime
import pytest
from layers.test_contract import ROWS
from onnx.reference import ReferenceEvaluator

import minifw as mf
from minifw import ArgumentTypeError, Dense, Input, Lambda, Sequential, UsageError
from minifw.config import registered
from minifw.network import tree

EPS = float(np.finfo(np.float32).eps)


def random_weights(net, seed=1):
    """Give a network weights that are no starting values; a variance is not negative."""
    rng = np.random.default_rng(seed)
    for entry in net.entries():
        entry.array[...] = rng.normal(size=entry.array.shape) * (1.0 if entry.array.ndim < 2 else 0.5)
        if not entry.trained:
            np.abs(entry.array, entry.array)
    return net


def samples(net, n, seed=2):
    rng = np.random.default_rng(seed)
    shape = (n, *net.input_shape)
    return rng.integers(0, 5, shape) if net.input_kind == "index" else rng.normal(size=shape).astype(np.float32)


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options)


def assert_the_same(net, path, tolerance, custom=None):
    """Export, check, and compare with both runtimes; the tolerance is a share of the largest entry."""
    net.export(path, custom=custom)
    onnx.checker.check_model(path, full_check=True)
    runtime, reference = session(path), ReferenceEvaluator(str(path))
    for n in (0, 1, 7, 64):
        x = samples(net, n)
        y = net.forward(x) if n == 0 else net.predict(x, verbose=0)
        runners = [runtime, reference] if n else [runtime]
        for runner in runners:
            (found,) = runner.run(None, {"x": x})
            assert found.shape == y.shape and found.dtype == np.float32
            assert not n or np.abs(found - y).max() <= tolerance * np.abs(y).max(), (n, type(runner))
    return onnx.load(path)


def alone(row):
    factory, shape = ROWS[row]
    net = Sequential([factory()], seed=3)
    net.build(shape)
    return random_weights(net)


def holds_a_function(net):
    return any(isinstance(layer, Lambda) for layer in tree.walk(net))


def operators(model):
    return [node.op_type for node in model.graph.node]


# -- what comes out ---------------------------------------------------------------------------------------------------


def test_every_registered_layer_but_lambda_is_among_those_that_are_compared():
    compared = {type(layer) for row in ROWS if not holds_a_function(net := alone(row)) for layer in tree.walk(net)}
    built_in = {cls for cls in registered("layer") if getattr(mf.layers, cls.__name__, None) is cls}  # no example's
    assert built_in - compared == {Lambda}


@pytest.mark.parametrize("row", ROWS)
def test_a_layer_gives_the_numbers_of_predict_or_is_refused(row, tmp_path):
    net = alone(row)
    if not holds_a_function(net):
        assert_the_same(net, tmp_path / "net.onnx", 8 * EPS)
        return
    with pytest.raises(UsageError, match=r"nothing says what .* \(Lambda\) is in ONNX"):
        net.export(tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["Dense", "Conv1D"])
@pytest.mark.parametrize("activation", list(registered("activation")))
def test_every_activation_may_end_another_layer(name, activation, tmp_path):
    activation = None if activation is mf.Activation else activation()
    layer = Dense(3, activation=activation) if name == "Dense" else mf.Conv1D(3, 2, activation=activation)
    net = Sequential([Input((5,) if name == "Dense" else (6, 4)), layer], seed=1)
    assert_the_same(random_weights(net), tmp_path / "net.onnx", 8 * EPS)


# -- networks ---------------------------------------------------------------------------------------------------------


def any_layer(rng, shape):
    """A layer that takes samples of a shape; every kind has its turn."""
    choices = [
        *(lambda cls=cls: cls() for cls in (mf.ReLU, mf.Tanh, mf.Sigmoid, mf.GELU, mf.SiLU, mf.Mish, mf.Softsign, mf.PReLU)),
        mf.BatchNormalization,
        lambda: mf.Dropout(0.5),
        lambda: Dense(int(rng.integers(1, 6)), activation="tanh"),
    ]
    if shape[-1] > 2:  # of one number the normalized one is a sign, which jumps
        choices += [mf.LayerNormalization, mf.RMSNormalization]
    if len(shape) == 1:
        choices += [lambda: Dense(12), lambda: mf.Reshape((shape[0], 1)), lambda: mf.RepeatVector(3)]
    if len(shape) == 2:
        choices += [mf.Flatten, mf.GlobalAveragePooling1D, lambda: mf.Conv1D(4, 3, padding="causal", activation="relu")]
        choices += [lambda: mf.MaxPooling1D(2, padding="same"), mf.GlobalMaxPooling1D, lambda: mf.Permute((2, 1))]
        choices += [lambda: mf.ZeroPadding1D((0, 2)), lambda: mf.UpSampling1D(2)]
    if len(shape) == 3:
        choices += [mf.Flatten, mf.GlobalAveragePooling2D, lambda: mf.Conv2D(4, 3, padding="same", activation="elu")]
        choices += [lambda: mf.MaxPooling2D(2, padding="same"), lambda: mf.AveragePooling2D(3, 1, padding="same")]
        choices += [mf.ZeroPadding2D, lambda: mf.UpSampling2D((1, 2)), lambda: mf.Permute((3, 1, 2)), mf.GlobalMaxPooling2D]
    return choices[rng.integers(len(choices))]()


def some_layers(rng, shape, depth, count):
    """Layers one after another, blocks of several kinds among them."""
    layers = []
    for _ in range(count):
        block = rng.integers(8) if depth else 0
        if block == 1:
            layer = Sequential(some_layers(rng, shape, depth - 1, 2))
        elif block == 2:
            layer = mf.Chain(some_layers(rng, shape, depth - 1, 2))
        elif block == 3:
            inner = some_layers(rng, shape, depth - 1, 2)
            same = mf.Chain(inner).output_shape(shape)[:-1] == shape[:-1]
            layer = mf.Residual([*inner, Dense(shape[-1])] if same else [Dense(shape[-1], activation="tanh")])
        elif block == 4:
            layer = mf.Branches([[], [Dense(3), mf.LeakyReLU(0.1)], mf.Residual([mf.Tanh()])])
        else:
            layer = any_layer(rng, shape)
        layers.append(layer)
        shape = layer.output_shape(shape)
    return layers


def any_network(seed):
    rng = np.random.default_rng(seed)
    shape = [(5,), (6, 4), (6, 5, 3)][seed % 3]
    net = Sequential([Input(shape), *some_layers(rng, shape, 2, 6)], seed=seed)
    for entry in net.entries():
        entry.array[...] += rng.normal(size=entry.array.shape) * 0.1
        if not entry.trained:
            np.abs(entry.array, entry.array)
    return net


@pytest.mark.parametrize("seed", [*range(24), *(pytest.param(seed, marks=pytest.mark.campaign) for seed in range(24, 400))])
def test_nested_networks_give_the_numbers_of_predict(seed, tmp_path):
    assert_the_same(any_network(seed), tmp_path / "net.onnx", 1e-5)


def test_a_table_stands_before_branches_that_look_up_whole_numbers(tmp_path):
    ways = mf.Branches([[mf.Embedding(5, 3), mf.Tanh()], mf.Embedding(5, 2)])
    net = Sequential([Input((4,)), ways, mf.GlobalAveragePooling1D(), Dense(2)], seed=1)
    model = assert_the_same(net, tmp_path / "net.onnx", 1e-5)
    assert model.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.INT64


def small_cnn():
    body = [mf.Conv2D(4, 3, activation="relu", padding="same"), mf.BatchNormalization(), mf.MaxPooling2D(2), mf.SiLU()]
    block = mf.Residual([mf.Conv2D(4, 3, padding="same"), mf.PReLU(), mf.Dropout(0.3), mf.Rescaling(0.5, 1)])
    return Sequential([Input((8, 8, 3)), *body, block, mf.Flatten(), Dense(3, activation="softmax")], seed=1)


def test_transposes_of_neighbours_cancel_one_another(tmp_path):
    body = [mf.Conv2D(4, 3), mf.BatchNormalization(), mf.AveragePooling2D(2), mf.Conv2D(2, 2), mf.GlobalMaxPooling2D()]
    net = random_weights(Sequential([Input((8, 8, 3)), *body, Dense(3)], seed=1))
    model = assert_the_same(net, tmp_path / "net.onnx", 1e-5)
    assert operators(model).count("Transpose") == 2


def test_a_network_of_many_kinds_gives_the_numbers_of_predict(tmp_path):
    assert_the_same(random_weights(small_cnn()), tmp_path / "net.onnx", 1e-5)


def test_what_only_training_needs_leaves_no_node(tmp_path):
    layers = [mf.Dropout(0.5), mf.GaussianNoise(0.1), mf.Activation("linear"), mf.Chain([])]
    model = assert_the_same(Sequential([Input((5,)), *layers], seed=1), tmp_path / "net.onnx", 0.0)
    assert operators(model) == ["Identity"]


@pytest.mark.parametrize(
    ("layer", "opset"), [(mf.LayerNormalization(), 17), (mf.Mish(), 18), (mf.RMSNormalization(), 18), (mf.GELU(), 20)]
)
def test_the_file_asks_for_no_newer_operators_than_it_needs(layer, opset, tmp_path):
    net = Sequential([Input((5,)), Dense(3), layer], seed=1)
    net.export(tmp_path / "net.onnx")
    assert [entry.version for entry in onnx.load(tmp_path / "net.onnx").opset_import] == [opset]


def test_names_are_those_of_the_network_and_shapes_are_written_beside_them(tmp_path):
    net = Sequential([Input((5,)), Dense(4, name="first"), Sequential([Dense(3, activation="prelu")], name="head")], seed=1)
    net.export(tmp_path / "net.onnx")
    graph = onnx.load(tmp_path / "net.onnx").graph
    assert {"first/kernel", "first/bias", "head/dense/kernel"} <= {array.name for array in graph.initializer}
    assert {"first/Gemm", "head/dense/activation/PRelu"} <= {node.name for node in graph.node}
    assert {"first/Gemm"} <= {value.name for value in graph.value_info}
    sizes = [dim.dim_param or dim.dim_value for dim in graph.output[0].type.tensor_type.shape.dim]
    assert sizes == ["batch", 3]


# -- layers of the user's ---------------------------------------------------------------------------------------------


class Swish(mf.Layer):
    def forward(self, x, training=False):
        return x / (1 + np.exp(-x))

    def backward(self, error_grad):
        raise NotImplementedError


class Twice(mf.Layer):
    """A composite of the user's."""

    def __init__(self, inner, **options):
        self.inner = inner
        super().__init__(**options)

    def children(self, input_shape=None):
        return [("inner", self.inner, input_shape)]

    def forward(self, x, training=False):
        return 2 * self.inner.forward(x, training)

    def backward(self, error_grad):
        raise NotImplementedError


class Doubled(Dense):
    def _affine(self, x, training):
        return 2 * super()._affine(x, training)


class Named(Dense):
    """Calculates as a Dense does."""

    def __init__(self, units, **options):
        super().__init__(units, activation="relu", **options)

    def backward(self, error_grad):
        return super().backward(error_grad)


class Classifier(Sequential):
    def __init__(self, units, **options):
        super().__init__([Input((5,)), Dense(units), mf.Softmax()], **options)

    def fit(self, *arguments, **options):
        return super().fit(*arguments, **options)


def swish(graph, layer, x, input_shape):
    return graph.add("Mul", x, graph.add("Sigmoid", x))


def twice(graph, layer, x, input_shape):
    return graph.add("Mul", graph.add_layer(layer.inner, x, input_shape, "inner"), 2)


def with_layer(layer, shape=(5,)):
    return Sequential([Input(shape), Dense(4), layer, Dense(2)], seed=1)


def test_a_function_of_the_users_adds_a_layer_of_the_users(tmp_path):
    custom = {Swish: swish, Twice: twice}
    assert_the_same(with_layer(Swish()), tmp_path / "net.onnx", 1e-6, custom)
    model = assert_the_same(with_layer(Twice(Twice(Swish()))), tmp_path / "net.onnx", 1e-6, custom)
    assert "twice/inner/inner/Sigmoid" in [node.name for node in model.graph.node]
    between = [mf.Conv2D(2, 3), Swish(), mf.Conv2D(2, 3), mf.GlobalAveragePooling2D()]
    assert_the_same(Sequential([Input((8, 8, 2)), *between], seed=1), tmp_path / "net.onnx", 1e-5, custom)


@pytest.mark.parametrize("shape", [(0, 4), np.array([0, 4])])
def test_a_function_gives_whole_numbers_as_a_tuple_or_an_array(shape, tmp_path):
    custom = {Swish: lambda graph, layer, x, input_shape: swish(graph, layer, graph.add("Reshape", x, shape), input_shape)}
    assert_the_same(with_layer(Swish()), tmp_path / "net.onnx", 1e-6, custom)


def test_a_function_comes_before_that_of_a_built_in_layer_and_serves_subclasses(tmp_path):
    class Sharper(Swish):
        pass

    assert_the_same(with_layer(Sharper()), tmp_path / "net.onnx", 1e-6, {Swish: swish})
    function = Lambda(np.sin, lambda x, y, error_grad: error_grad * np.cos(x))
    custom = {Lambda: lambda graph, layer, x, input_shape: graph.add("Sin", x)}
    assert_the_same(with_layer(function), tmp_path / "net.onnx", 1e-6, custom)


def test_a_subclass_that_calculates_as_its_parent_does_needs_no_function(tmp_path):
    assert_the_same(with_layer(Named(3)), tmp_path / "net.onnx", 1e-6)
    assert_the_same(Classifier(3, seed=1), tmp_path / "net.onnx", 1e-6)
    assert_the_same(Sequential([Classifier(3), Dense(2)], seed=1), tmp_path / "net.onnx", 1e-6)


# -- refusals ---------------------------------------------------------------------------------------------------------

OWN = r"nothing says what own \({}\) is in ONNX; pass a function that adds it: export\(\.\.\., custom={{{}: function}}\)"
REFUSED = {
    "a class of the user's": (lambda: with_layer(Swish(name="own")), None, OWN.format("Swish", "Swish")),
    "inside a block": (lambda: with_layer(mf.Residual([Swish(name="own")])), None, OWN.format("Swish", "Swish")),
    "a subclass with another mathematics": (
        lambda: with_layer(Doubled(3, name="own")),
        None,
        OWN.format("Doubled", "Doubled"),
    ),
    "float64": (
        lambda: Sequential([Input((5,)), Dense(2)], dtype="float64", name="net"),
        None,
        r"net \(Sequential\): export writes float32.*the network is float64; make the same network with dtype='float32'",
    ),
    "no shape yet": (lambda: Sequential([Dense(2)], name="net"), None, r"net \(Sequential\) has no weights yet"),
    "a function that returns nothing": (
        lambda: with_layer(Swish(name="own")),
        {Swish: lambda graph, layer, x, input_shape: None},
        r"the function for own \(Swish\) must return what graph.add returned, the name of the layer's output, got None",
    ),
    "an operator that does not exist": (
        lambda: with_layer(Swish()),
        {Swish: lambda graph, layer, x, input_shape: graph.add("Swoosh", x)},
        r"the nodes of a function in custom do not fit: .*Swoosh",
    ),
    "a value that does not exist": (
        lambda: with_layer(Swish()),
        {Swish: lambda graph, layer, x, input_shape: graph.add("Mul", x, "z")},
        r"the nodes of a function in custom do not fit: .*\bz\b",
    ),
    "another shape than the layer announces": (
        lambda: with_layer(Swish()),
        {Swish: lambda graph, layer, x, input_shape: graph.add("Concat", x, x, axis=-1)},
        r"the nodes of a function in custom do not fit: .*swish/Concat",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_written_is_refused_and_leaves_the_file_as_it_was(case, tmp_path):
    make, custom, words = REFUSED[case]
    net = make()
    with pytest.raises(UsageError, match=words):
        net.export(tmp_path / "net.onnx", custom=custom)
    assert not list(tmp_path.iterdir())
    (tmp_path / "net.onnx").write_bytes(b"before")
    with pytest.raises(UsageError, match=words):
        net.export(tmp_path / "net.onnx", custom=custom)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("net.onnx", b"before")]


@pytest.mark.parametrize("custom", [swish, [Swish], {"Swish": swish}, {Swish: "Mul"}, {Swish(): swish}])
def test_custom_is_a_function_for_each_class(custom, tmp_path):
    with pytest.raises(ArgumentTypeError, match=r"custom must be {class: function\(graph, layer, x, input_shape\)}, got"):
        with_layer(Swish()).export(tmp_path / "net.onnx", custom=custom)
    assert not list(tmp_path.iterdir())


def test_a_file_is_replaced_whole_unless_it_is_to_stay(tmp_path, monkeypatch):
    path = tmp_path / "net.onnx"
    path.write_bytes(b"before")
    net = small_cnn()
    with pytest.raises(FileExistsError):
        net.export(path, overwrite=False)
    monkeypatch.setattr("os.fsync", lambda descriptor: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match=r"No space left on device.*untouched"):
        net.export(path)
    assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == [("net.onnx", b"before")]
    monkeypatch.undo()
    net.export(path)
    onnx.checker.check_model(str(path))


def test_an_export_changes_nothing_in_the_network(tmp_path):
    net = small_cnn()
    net.compile("adam", "mse")
    before = net.fingerprint()
    net.export(tmp_path / "first.onnx")
    net.export(tmp_path / "second.onnx")
    assert net.fingerprint() == before
    assert (tmp_path / "first.onnx").read_bytes() == (tmp_path / "second.onnx").read_bytes()
