"""Layers, losses, functions and utilities under Keras' names give Keras' values, which are kept in reference/."""

import copy
import runpy
from pathlib import Path

import numpy as np
import pytest

import minifw
from minifw import (
    Activation,
    ArgumentTypeError,
    ArgumentValueError,
    Constant,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Input,
    LambdaLoss,
    Mean,
    Metric,
    Normalization,
    ReLU,
    Sequential,
    ShapeError,
    activations,
    check_layer,
    layers,
    load_model,
    losses,
    metrics,
    models,
    utils,
)

REFERENCE = Path(__file__).parent / "reference"
MADE = runpy.run_path(str(REFERENCE / "make_keras_names.py"), run_name="made")
KERAS = dict(np.load(REFERENCE / "keras_names.npz"))
DATA = {key.split("/")[1]: value for key, value in KERAS.items() if key.startswith("inputs/")}
X, Y = np.random.default_rng(1).normal(size=(12, 4)), np.random.default_rng(2).normal(size=(12, 2))


def near(found, wanted):
    return np.shape(found) == wanted.shape and np.allclose(found, wanted, rtol=1e-12, atol=1e-13)


# -- beside Keras ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", MADE["LAYERS"])
def test_a_layer_gives_and_sends_back_what_keras_does(case):
    options, _ = MADE["LAYERS"][case]
    x, y, w, dx = (KERAS[f"layers/{case}/{key}"] for key in ("x", "y", "w", "dx"))
    layer = getattr(layers, case.split(",")[0])(**options)
    assert near(layer(x), y) and near(layer.backward(w), dx)
    assert layer.output_shape(x.shape[1:]) == y.shape[1:] and check_layer(layer, x.shape[1:]).passed


@pytest.mark.parametrize("case", MADE["LOSSES"])
def test_a_loss_and_its_gradient_are_keras(case):
    options, y, p = MADE["LOSSES"][case]
    numbers, slopes = (iter(KERAS[f"losses/{case}/{key}"]) for key in ("numbers", "slopes"))
    for reduction in MADE["REDUCTIONS"]:
        for weights in (None, DATA["weights"]):
            loss = getattr(losses, case.split(",")[0])(reduction=reduction, **options)
            assert np.sum(loss(DATA[y], DATA[p], weights)) == pytest.approx(next(numbers), rel=1e-12)
            assert near(loss.backward(), next(slopes))


@pytest.mark.parametrize("name", MADE["FUNCTIONS"])
def test_a_loss_as_a_function_gives_one_value_a_sample_as_keras_does(name):
    options, y, p = MADE["FUNCTIONS"][name]
    assert near(getattr(losses, name)(DATA[y], DATA[p], **options), KERAS[f"functions/{name}"])
    assert getattr(losses, name)(DATA[y][0], DATA[p][0], **options).shape == () and name in losses.__all__


def test_predictions_without_a_batch_axis_are_one_sample():
    found = losses.mean_squared_error(DATA["real"][0].tolist(), DATA["scores"][0].tolist())
    assert near(found, KERAS["functions/mean_squared_error, one sample"])


@pytest.mark.parametrize("name", activations.__all__)
def test_an_activation_takes_anything_and_gives_what_keras_does(name):
    assert near(getattr(activations, name)(DATA["scores"].tolist()), KERAS[f"activations/{name}"])
    assert set(MADE["ACTIVATIONS"]) == set(activations.__all__)


@pytest.mark.parametrize("name", MADE["PADDINGS"])
def test_sequences_are_padded_as_keras_does(name):
    found, wanted = utils.pad_sequences(MADE["SEQUENCES"], **MADE["PADDINGS"][name]), KERAS[f"utils/pad_sequences, {name}"]
    assert np.array_equal(found, wanted) and found.dtype == wanted.dtype


@pytest.mark.parametrize("name", MADE["ORDERS"])
def test_vectors_are_normalized_as_keras_does(name):
    assert near(utils.normalize(DATA["real"], **MADE["ORDERS"][name]), KERAS[f"utils/normalize, {name}"])
    assert np.array_equal(utils.normalize([[0, 0], [0, 2]]), [[0, 0], [0, 1]])


# -- functions where a name may stand ----------------------------------------------------------------------------------


def test_functions_stand_for_what_has_their_name_in_files_too(tmp_path):
    net = Sequential(
        [Input((4,)), Dense(3, activation=activations.relu), Activation(activations.swish), Dense(2, activations.linear)]
    )
    measured = [losses.huber, "mape", "msle", "cosine_similarity", metrics.SquaredHinge]
    net.compile("sgd", losses.mean_squared_error, metrics=measured)
    assert isinstance(net.layers[0].inner, ReLU) and net.layers[2].inner is None and isinstance(net.loss, minifw.MSELoss)
    assert list(net.metrics.plain) == ["huber", "mape", "msle", "cosine_similarity", "squared_hinge"]
    assert len(net.metrics) == 5 and net.metrics[-1] is list(net.metrics)[4]
    net.fit(X, Y, verbose=0)
    net.save(tmp_path / "net")
    twin = load_model(tmp_path / "net")
    assert twin.config() == net.config() and twin.evaluate(X, Y, verbose=0) == net.evaluate(X, Y, verbose=0)
    assert net.config()["layers"][0]["config"]["activation"] == "relu"


def test_a_loss_as_a_function_is_measured_as_the_loss_and_not_as_the_metric_of_its_name():
    net = Sequential([Input((4,)), Dense(2)], seed=1)
    net.compile("sgd", "mse", metrics=[losses.cosine_similarity, "cosine_similarity"])
    _, loss, metric = net.evaluate(X, Y, verbose=0)
    assert loss == pytest.approx(-metric) and list(net.metrics.plain) == ["cosine_similarity", "cosine_similarity_1"]


def test_second_names_are_the_same_classes_and_stay_in_their_modules():
    assert layers.MaxPool2D is minifw.MaxPooling2D and layers.GlobalAvgPool1D is minifw.GlobalAveragePooling1D
    assert losses.CosineSimilarity is minifw.CosineSimilarityLoss is not metrics.CosineSimilarity
    assert not hasattr(minifw, "MaxPool2D") and not hasattr(minifw, "mean_squared_error")


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: layers.ZeroPadding2D((1, 2, 3)), ArgumentValueError, r"ZeroPadding2D: padding must be .*\(rows, columns\)"),
        (lambda: layers.ZeroPadding1D((1, -2)), ArgumentValueError, r"ZeroPadding1D: padding must be in \[0, inf\), got -2"),
        (lambda: layers.UpSampling2D(0), ArgumentValueError, "UpSampling2D: size must be in"),
        (lambda: layers.UpSampling2D(interpolation="bilinear"), ArgumentValueError, "interpolation must be .*'nearest'"),
        (lambda: layers.UpSampling1D()(np.ones((2, 3))), ShapeError, r"UpSampling1D: wants .*\(steps, channels\)"),
        (lambda: layers.Permute((2, 3)), ArgumentValueError, r"Permute: dims must name each axis from 1 on once.*\(2, 3\)"),
        (lambda: layers.Permute((2, 1))(np.ones((2, 3))), ShapeError, r"Permute: dims=\(2, 1\) is for samples of 2 axes"),
        (lambda: layers.RepeatVector(2)(np.ones((2, 3, 4))), ShapeError, "RepeatVector: .*put Flatten before it"),
        (lambda: Sequential([Input((3,)), layers.GlobalMaxPooling2D()]), ShapeError, "GlobalMaxPooling2D: wants samples"),
        (lambda: losses.CosineSimilarity(axis=0), ArgumentValueError, "axis=0 is the batch"),
        (lambda: losses.CosineSimilarity(axis=2)([[1.0]], [[1.0]]), ArgumentValueError, r"\(1, 1\) have no axis=2"),
        (lambda: losses.mean_squared_error(np.ones((2, 3)), np.ones((2, 2))), ShapeError, "MSELoss: y_true has shape"),
        (lambda: utils.pad_sequences([1, 2]), ShapeError, "every sequence must hold items of one shape"),
        (lambda: utils.pad_sequences([[1], [[2, 3]]]), ShapeError, "every sequence must hold items of one shape"),
        (lambda: utils.pad_sequences([["a"]]), ArgumentTypeError, "pad_sequences: sequence 0: wanted numbers"),
        (lambda: utils.pad_sequences(3), ArgumentTypeError, "must be a list of sequences of numbers, got 3"),
        (lambda: utils.pad_sequences([[1]], padding="left"), ArgumentValueError, "padding must be one of 'pre', 'post'"),
        (lambda: models.clone_model(Dense(3)), ArgumentTypeError, "clone_model: wanted a Sequential, got Dense"),
        (lambda: Mean()(np.ones((2, 2)), [1, 2]), ShapeError, r"Mean: sample_weight has shape \(2,\)"),
        (lambda: Sequential([Dense(2)]).compile("sgd", "mse", [Mean()]), ArgumentTypeError, "Mean takes numbers"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(make, error, words):
    with pytest.raises(error, match=words):
        make()


# -- clones, constants, means ------------------------------------------------------------------------------------------


def test_a_clone_has_learned_nothing_and_shares_nothing():
    net = Sequential([Input((4,)), Dense(3, "relu", trainable=False), Dropout(0.5), Dense(2)], seed=1, name="mine")
    start = net.get_weights()
    net.compile("sgd", "mse")
    net.fit(X, Y, verbose=0)
    clone = models.clone_model(net)
    assert clone.config() == net.config() and clone.loss is None and not clone.layers[0].trainable
    assert all(map(np.array_equal, clone.get_weights(), start)) and not np.array_equal(clone.weights[2], net.weights[2])
    clone.weights[0][...] = 7.0
    assert net.weights[0].max() < 7.0


def test_a_constant_may_hold_an_array(tmp_path):
    table = np.arange(15.0).reshape(5, 3)
    net = Sequential([Input((2,)), Embedding(5, 3, embeddings_initializer=Constant(table)), Flatten(), Dense(1)], seed=1)
    assert np.array_equal(net.layers[0].embeddings, table)
    net.save(tmp_path / "net")
    assert load_model(tmp_path / "net").config() == net.config()
    with pytest.raises(ShapeError, match=r"values of shape \(5, 3\) do not spread over a parameter of shape \(4, 3\)"):
        Sequential([Input((2,)), Embedding(4, 3, embeddings_initializer=Constant(table))])


def test_a_mean_takes_numbers_and_weights():
    mean = Mean("loss")
    assert (mean.result(), mean.name) == (0.0, "loss")
    assert mean(2.0) == 2.0 and mean([4.0, 6.0], [1, 0]) == 3.0 and mean(np.full((2, 2), 3.0)) == 3.0
    mean.reset_state()
    assert mean(5, sample_weight=3) == 5.0


class Far(Metric):
    """As Keras' users write it."""

    def __init__(self, name="far", limit=0.5, **kwargs):
        super().__init__(name=name, **kwargs)
        self.limit = limit
        self.total = self.add_weight(name="total", initializer="zeros")
        self.count = self.add_weight(name="count", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.total.assign_add(np.sum(np.abs(y_true - y_pred) > self.limit))
        self.count.assign(self.count + np.size(y_pred))

    def result(self):
        return self.total / self.count


def test_a_metric_with_weights_of_its_own_is_counted_by_epochs(tmp_path):
    net = Sequential([Input((4,)), Dense(2)], seed=1)
    net.compile("sgd", "mse", metrics=[Far()])
    logs = net.fit(X, Y, epochs=2, verbose=0, validation_data=(X, Y)).history
    wanted = float(np.mean(np.abs(net.predict(X) - Y) > 0.5))
    assert logs["val_far"][-1] == net.evaluate(X, Y, verbose=0)[1] == pytest.approx(wanted) and type(logs["far"][0]) is float
    net.save(tmp_path / "net")
    assert load_model(tmp_path / "net", {"Far": Far}).evaluate(X, Y, verbose=0)[1] == pytest.approx(wanted)


def test_a_weight_of_a_metric_is_an_array_that_is_assigned_to():
    metric = Far()
    total, table = metric.total, metric.add_weight((2, 3), "ones", name="table")
    total += 3
    assert total is metric.total and (total, total.assign_sub(1)) == (2, 2) and table.assign_add(1).sum() == 12
    assert type(total + 1) is np.float64 and type(table * 2) is np.ndarray and float(total.numpy()) == 2.0
    metric.reset_state()
    assert not any(variable.any() for variable in metric.variables) and len(metric.variables) == 3


# -- arguments that say what is so anyway ------------------------------------------------------------------------------


def test_a_shape_with_its_batch_and_a_dtype_that_is_so_anyway_are_taken():
    known = Input((3,), dtype="int32"), Embedding(9, 2, dtype="float32"), Flatten(), Dense(2, dtype=np.float32)
    net = Sequential(known, seed=1)
    same = Sequential([Input((3,)), Embedding(9, 2), Flatten(), Dense(2)], seed=1)
    ids = np.array([[1, 2, 3]])
    assert np.array_equal(net.predict(ids), same.predict(ids)) and net.config() == same.config()
    net = Sequential([Input(batch_shape=(None, 4), name="x", dtype="float64"), Dense(1, dtype="float64")], dtype="float64")
    assert net.built and repr(Input(batch_shape=(None, 4))) == "Input((4,))"
    assert Sequential([Input((8, 8, 1), dtype="uint8"), Conv2D(2, 3)]).built


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Sequential([Input((4,), dtype="float64"), Dense(1)]), r"Input: dtype='float64' in a network of float32"),
        (
            lambda: Sequential([Input((4,)), Dense(1, dtype="float64")]),
            r"dense \(Dense\): dtype='float64' in a network of float32",
        ),
        (lambda: Dense(3, dtype="mixed_float16"), r"Dense: dtype='mixed_float16' is none.*Sequential\("),
        (lambda: Input((4,), dtype="string"), "Input: dtype='string' is none"),
        (lambda: Input(), r"Input: the shape of one sample is missing, as in Input\(\(4,\)\)"),
        (lambda: Input((4,), batch_shape=(None, 4)), r"Input: give a shape, or batch_shape"),
        (lambda: Input(batch_shape=4), r"Input: give a shape, or batch_shape=\(None, \.\.\.\); got batch_shape=4"),
    ],
)
def test_what_is_not_so_is_refused_with_what_to_do(make, words):
    with pytest.raises(ArgumentTypeError, match=words):
        make()


def test_a_refused_dtype_leaves_the_layers_free():
    layer = Dense(1, dtype="float64")
    with pytest.raises(ArgumentTypeError, match="a network has one dtype"):
        Sequential([Input((4,)), layer])
    assert not layer.built and Sequential([Input((4,)), layer], dtype="float64").built


def test_mean_and_variance_show_what_data_taught_and_the_configuration_what_was_given():
    layer, given = Normalization(), Normalization(mean=[1.0, 2.0], variance=[3.0, 4.0])
    assert layer.mean is None and given.mean == [1.0, 2.0] and given.variance == [3.0, 4.0]
    layer.adapt([[1.0, 2.0], [3.0, 6.0]])
    assert layer.mean.tolist() == [2.0, 4.0] and layer.variance.tolist() == [1.0, 4.0]
    assert repr(layer) == "Normalization()" and layer.config()["mean"] is None
    net = Sequential([Input((2,)), layer, Dense(1)], seed=1)
    layer.adapt([[5.0, 5.0]])
    assert net.layers[0].mean.tolist() == [5.0, 5.0]


def test_layers_of_another_network_are_refused_with_the_way_to_copy_them():
    base = Sequential([Input((4,)), Dense(3), Dense(2)], seed=1)
    with pytest.raises(minifw.UsageError, match=r"copy\.deepcopy\(net\.layers\[:-1\]\)"):
        Sequential(base.layers[:-1])
    new = Sequential([Input((4,)), *copy.deepcopy(base.layers[:-1]), Dense(5)], seed=2)
    assert np.array_equal(new.layers[0].kernel, base.layers[0].kernel) and new.layers[0].kernel is not base.layers[0].kernel


def test_a_function_of_the_user_is_still_none_of_ours():
    for make in (lambda: Dense(3, activation=np.tanh), lambda: Sequential([Dense(2)]).compile("sgd", lambda y, p: 0)):
        with pytest.raises(ArgumentTypeError):
            make()
    assert LambdaLoss(np.subtract, np.subtract)([[1.0]], [[3.0]]) == -2.0
