"""A planted error in any gradient, of a layer, loss or regularizer, is found by the gradient checks every time."""

import numpy as np
import pytest

import minifw as mf
from minifw import L2, Sequential, check_gradients, check_layer
from minifw.config import registered

few_seeds = pytest.mark.parametrize("seeds", [1, pytest.param(5, marks=pytest.mark.campaign)])
PLANTS = {
    "wrong sign": lambda g: -g,
    "one part in ten thousand": lambda g: g * (1 + 1e-4),
    "missing 1/n": lambda g: g * len(g),
    "forgotten": lambda g: g * 0,
    "one entry": lambda g: g + np.eye(1, g.size).reshape(g.shape) * np.abs(g).max(),
    "not a number": lambda g: g * np.nan,
}
LAYERS = {
    "Dense": (lambda: mf.Dense(3), (4,)),
    "Dense, activation": (lambda: mf.Dense(3, activation="tanh"), (4,)),
    "Dense, rank 3": (lambda: mf.Dense(2), (2, 3)),
    "LeakyReLU": (lambda: mf.LeakyReLU(0.1), (4,)),
    "ReLU": (lambda: mf.ReLU(), (4,)),
    "Sigmoid": (lambda: mf.Sigmoid(), (4,)),
    "Tanh": (lambda: mf.Tanh(), (4,)),
    "Softmax": (lambda: mf.Softmax(), (4,)),
    "LogSoftmax": (lambda: mf.LogSoftmax(), (4,)),
    "ELU": (lambda: mf.ELU(0.7), (4,)),
    "SELU": (lambda: mf.SELU(), (4,)),
    "GELU": (lambda: mf.GELU(), (4,)),
    "GELU, approximate": (lambda: mf.GELU(approximate=True), (4,)),
    "SiLU": (lambda: mf.SiLU(), (4,)),
    "Mish": (lambda: mf.Mish(), (4,)),
    "Softplus": (lambda: mf.Softplus(), (4,)),
    "Softsign": (lambda: mf.Softsign(), (4,)),
    "PReLU": (lambda: mf.PReLU("ones"), (4,)),
    "Activation": (lambda: mf.Activation("tanh"), (4,)),
    "Dropout": (lambda: mf.Dropout(0.4), (4,)),
    "Flatten": (lambda: mf.Flatten(), (2, 2)),
    "Reshape": (lambda: mf.Reshape((2, 2)), (4,)),
    "Lambda": (lambda: mf.Lambda(np.sin, lambda x, y, error_grad: error_grad * np.cos(x)), (4,)),
    "Residual": (lambda: mf.Residual([mf.Dense(3), mf.Tanh(), mf.Dense(4)]), (4,)),
    "Branches": (lambda: mf.Branches([[mf.Dense(3), mf.Tanh()], mf.Dense(2), []]), (4,)),
    "Conv2D": (lambda: mf.Conv2D(2, 2), (3, 3, 2)),
    "Conv1D": (lambda: mf.Conv1D(2, 2, padding="causal"), (4, 2)),
    "MaxPooling2D": (lambda: mf.MaxPooling2D(), (4, 4, 2)),
    "MaxPooling1D": (lambda: mf.MaxPooling1D(), (4, 2)),
    "AveragePooling2D": (lambda: mf.AveragePooling2D(), (4, 4, 2)),
    "AveragePooling1D": (lambda: mf.AveragePooling1D(), (4, 2)),
    "GlobalAveragePooling2D": (lambda: mf.GlobalAveragePooling2D(), (2, 3, 2)),
    "GlobalAveragePooling1D": (lambda: mf.GlobalAveragePooling1D(), (3, 2)),
    "GlobalMaxPooling2D": (lambda: mf.GlobalMaxPooling2D(), (2, 3, 2)),
    "GlobalMaxPooling1D": (lambda: mf.GlobalMaxPooling1D(), (3, 2)),
    "ZeroPadding2D": (lambda: mf.ZeroPadding2D(), (2, 3, 2)),
    "ZeroPadding1D": (lambda: mf.ZeroPadding1D(), (3, 2)),
    "UpSampling2D": (lambda: mf.UpSampling2D(), (2, 3, 2)),
    "UpSampling1D": (lambda: mf.UpSampling1D(), (3, 2)),
    "Permute": (lambda: mf.Permute((2, 1)), (2, 3)),
    "RepeatVector": (lambda: mf.RepeatVector(2), (4,)),
    "Identity": (lambda: mf.Identity(), (4,)),
    "GaussianNoise": (lambda: mf.GaussianNoise(0.4), (4,)),
    "Rescaling": (lambda: mf.Rescaling(0.5, 1), (4,)),
    "BatchNormalization": (lambda: mf.BatchNormalization(), (4,)),
    "LayerNormalization": (lambda: mf.LayerNormalization(), (4,)),
    "RMSNormalization": (lambda: mf.RMSNormalization(), (4,)),
    "Normalization": (lambda: mf.Normalization(mean=0.5, variance=2.0), (4,)),
    "Chain": (lambda: mf.Chain([mf.Dense(3), mf.Tanh()]), (4,)),
    "Sequential": (lambda: Sequential([mf.Dense(3), mf.Tanh()], seed=1), (4,)),
}


def normal(rng):
    return rng.normal(size=(4, 4))


def shares(rng):
    return rng.dirichlet(np.ones(4), 4)


def labels(rng):
    return rng.integers(0, 4, 4)


LOSSES = {
    "MSE": (mf.MSELoss, normal),
    "MAE": (mf.MAELoss, normal),
    "Huber": (lambda: mf.HuberLoss(0.7), normal),
    "LogCosh": (mf.LogCoshLoss, normal),
    "quantile": (lambda: mf.QuantileLoss(0.3), normal),
    "Poisson": (mf.PoissonLoss, lambda rng: rng.poisson(2.0, (4, 4))),
    "hinge": (mf.HingeLoss, lambda rng: rng.choice([-1.0, 1.0], (4, 4))),
    "squared hinge": (mf.SquaredHingeLoss, lambda rng: rng.choice([-1.0, 1.0], (4, 4))),
    "MAPE": (mf.MAPELoss, shares),
    "MSLE": (mf.MSLELoss, shares),
    "cosine similarity": (mf.CosineSimilarityLoss, normal),
    "two functions": (lambda: mf.LambdaLoss(lambda y, p: (y * p).mean(axis=-1), lambda y, p: y / y.shape[-1]), normal),
    "KL": (mf.KLDivergenceLoss, shares),
    "binary CE": (mf.BinaryCrossentropyLoss, shares),
    "binary CE from logits": (lambda: mf.BinaryCrossentropyLoss(from_logits=True), shares),
    "CE": (mf.CategoricalCrossentropyLoss, shares),
    "CE from logits": (lambda: mf.CategoricalCrossentropyLoss(from_logits=True), shares),
    "sparse CE": (mf.SparseCategoricalCrossentropyLoss, labels),
    "sparse CE from logits": (lambda: mf.SparseCategoricalCrossentropyLoss(from_logits=True), labels),
}


def planted(layer, plant):
    """Return the layer, which now sends back a spoiled message."""

    class Broken(type(layer), registered=False):
        def backward(self, error_grad, *arguments, **keywords):
            message = super().backward(error_grad, *arguments, **keywords)
            return message if message is None else plant(np.array(message))

    layer.__class__ = Broken
    return layer


def planted_gradient(layer, name, plant):
    """Return the layer, one of whose parameters now gets a spoiled gradient."""

    class Broken(type(layer), registered=False):
        def backward(self, error_grad):
            message = super().backward(error_grad)
            setattr(self.grads, name, plant(getattr(self.grads, name).copy()))
            return message

    layer.__class__ = Broken
    return layer


def planted_slopes(loss, plant):
    """Return the loss, whose gradient is now spoiled."""

    class Broken(type(loss), registered=False):
        def backward(self):
            return plant(super().backward())

    loss.__class__ = Broken
    return loss


def wrong(report):
    """Return the names of the checks that failed."""
    return [check.name for check in report.checks if not check.passed]


def test_errors_are_planted_in_every_layer_and_loss():
    assert {type(factory()) for factory, _ in LAYERS.values()} | {mf.Embedding} == set(registered("layer"))
    assert {type(factory()) for factory, _ in LOSSES.values()} == set(registered("loss"))


@pytest.mark.parametrize("row", LAYERS)
@few_seeds
def test_without_a_plant_nothing_is_wrong(row, seeds):
    factory, shape = LAYERS[row]
    for seed in range(seeds):
        x = np.random.default_rng(seed).normal(size=(3, *shape))
        report = check_gradients(planted(factory(), lambda g: g), x, seed=seed)
        assert report.passed, f"\n{report}"


@pytest.mark.parametrize("plant", PLANTS)
@pytest.mark.parametrize("row", LAYERS)
@few_seeds
def test_a_spoiled_message_is_found_whatever_the_batch(row, plant, seeds):
    factory, shape = LAYERS[row]
    for seed in range(seeds):
        x = np.random.default_rng(seed).normal(size=(3, *shape))
        for training in (False, True):
            report = check_gradients(planted(factory(), PLANTS[plant]), x, seed=seed, training=training)
            assert wrong(report) == ["input"], f"seed {seed}, {plant}\n{report}"


@pytest.mark.parametrize(
    "plant", ["one entry", *(pytest.param(p, marks=pytest.mark.campaign) for p in PLANTS if p != "one entry")]
)
@pytest.mark.parametrize("row", [row for row in LAYERS if row != "Sequential"])
def test_check_layer_finds_a_spoiled_message(row, plant):
    factory, shape = LAYERS[row]
    found = wrong(check_layer(planted(factory(), PLANTS[plant]), shape))
    assert {name for name in found if name.startswith("input")} >= {
        f"input, batch of 7, {m}" for m in ("inference", "training")
    }


@pytest.mark.parametrize("plant", PLANTS)
@pytest.mark.parametrize("name", ["kernel", "bias"])
@pytest.mark.parametrize("shape", [(4,), (2, 4)])
def test_a_spoiled_parameter_gradient_is_found_and_named(name, shape, plant):
    for seed in range(5):
        x = np.random.default_rng(seed).normal(size=(3, *shape))
        report = check_gradients(planted_gradient(mf.Dense(3), name, PLANTS[plant]), x, seed=seed)
        assert wrong(report) == [name], f"seed {seed}\n{report}"


@pytest.mark.parametrize("plant", [*PLANTS.values(), lambda g: g.reshape(-1, len(g)).T.reshape(g.shape)])
@pytest.mark.parametrize(
    ("layer", "name", "x"),
    [
        (lambda: mf.Conv2D(2, 2), "kernel", np.random.default_rng(3).normal(size=(3, 3, 4, 2))),
        (lambda: mf.Conv2D(4, 2, groups=4), "kernel", np.random.default_rng(3).normal(size=(3, 3, 4, 4))),
        (lambda: mf.Conv1D(3, 2), "kernel", np.random.default_rng(3).normal(size=(3, 5, 2))),
        (lambda: mf.Embedding(3, 2), "embeddings", np.array([[0, 2, 1], [1, 1, 0]])),
        (lambda: mf.PReLU("ones"), "alpha", np.random.default_rng(3).normal(size=(3, 4, 5))),
    ],
)
@few_seeds
def test_a_spoiled_gradient_of_a_convolution_or_a_table_is_found(layer, name, x, plant, seeds):
    for seed in range(seeds):
        assert wrong(check_gradients(planted_gradient(layer(), name, plant), x, seed=seed)) == [name]


@pytest.mark.parametrize("plant", PLANTS)
@pytest.mark.parametrize(
    ("cls", "name"),
    [
        *((cls, name) for cls in (mf.BatchNormalization, mf.LayerNormalization) for name in ("gamma", "beta")),
        (mf.RMSNormalization, "scale"),
    ],
)
@few_seeds
def test_a_spoiled_gradient_of_a_normalization_is_found_and_named(cls, name, plant, seeds):
    for seed in range(seeds):
        x = np.random.default_rng(seed).normal(size=(6, 4))
        assert wrong(check_gradients(planted_gradient(cls(), name, PLANTS[plant]), x, seed=seed)) == [name]


def test_a_transposed_kernel_gradient_is_found():
    for seed in range(10):
        x = np.random.default_rng(seed + 100).normal(size=(5, 3))
        assert wrong(check_gradients(planted_gradient(mf.Dense(3), "kernel", np.transpose), x, seed=seed)) == ["kernel"]
    assert not check_layer(planted_gradient(mf.Dense(3), "kernel", np.transpose), (3,)).passed


def test_what_the_check_weighs_with_is_not_the_data_that_everybody_draws():
    x = np.random.default_rng(0).normal(size=(5, 3))
    assert not check_gradients(planted_gradient(mf.Dense(3), "kernel", np.transpose), x).passed


@pytest.mark.parametrize("row", [row for row, (_, shape) in LAYERS.items() if len(shape) == 1])
def test_a_transposed_message_is_found(row):
    factory, shape = LAYERS[row]
    for seed in range(5):
        x = np.random.default_rng(seed).normal(size=(shape[0], *shape))
        assert wrong(check_gradients(planted(factory(), np.transpose), x, seed=seed)) == ["input"]


def test_an_error_deep_inside_a_network_spoils_what_lies_below_it():
    net = Sequential([mf.Dense(3, name="low"), planted(mf.Tanh(), PLANTS["wrong sign"]), mf.Dense(2, name="high")], seed=1)
    report = check_gradients(net, np.random.default_rng(0).normal(size=(3, 4)))
    assert wrong(report) == ["low/kernel", "low/bias", "input"]


@pytest.mark.parametrize("plant", PLANTS)
@pytest.mark.parametrize("row", LOSSES)
@few_seeds
def test_a_spoiled_loss_is_found(row, plant, seeds):
    factory, targets = LOSSES[row]
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        net = Sequential([mf.Dense(4), mf.Softmax()], dtype="float64", seed=seed)
        x, y = rng.normal(size=(4, 3)), targets(rng)
        assert check_gradients(net, x, y, loss=factory()).passed
        report = check_gradients(net, x, y, loss=planted_slopes(factory(), PLANTS[plant]))
        assert "dense/kernel" in wrong(report), f"seed {seed}\n{report}"


@pytest.mark.parametrize("row", LOSSES)
@few_seeds
def test_a_transposed_loss_gradient_is_found(row, seeds):
    factory, targets = LOSSES[row]
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        net = Sequential([mf.Dense(4), mf.Softmax()], dtype="float64", seed=seed)
        x, y = rng.normal(size=(4, 3)), targets(rng)
        assert not check_gradients(net, x, y, loss=planted_slopes(factory(), np.transpose)).passed


def test_a_wrong_regularizer_gradient_is_found():
    class Half(L2, registered=False):  # the gradient of w**2 / 2, as other frameworks have it
        def gradient(self, w):
            return super().gradient(w) / 2

    net = Sequential([mf.Dense(2, kernel_regularizer=Half(0.1))], seed=1)
    assert wrong(check_gradients(net, np.ones((2, 3)))) == ["dense/kernel"]


class WritesIntoX(mf.Tanh, registered=False):
    def forward(self, x, training=False):
        x *= 0.5
        return super().forward(x, training)


class WritesIntoTheMessage(mf.Tanh, registered=False):
    def backward(self, error_grad):
        message = np.array(super().backward(error_grad))
        error_grad *= 2
        return message


class Upcasts(mf.Tanh, registered=False):
    def forward(self, x, training=False):
        return super().forward(x, training).astype(np.float64)


class WrongShape(mf.Tanh, registered=False):
    def output_shape(self, input_shape):
        return (1,)


class Restless(mf.Tanh, registered=False):
    count = 0

    def forward(self, x, training=False):
        self.count += 1
        return super().forward(x, training) + 1e-9 * self.count


class ForgetsItsArgument(mf.Dropout, registered=False):
    def config(self):
        return {"rate": 0.5}


class SendsNothingBack(mf.Tanh, registered=False):
    def backward(self, error_grad):
        return None


class SendsTheWrongShapeBack(mf.Tanh, registered=False):
    def backward(self, error_grad):
        return super().backward(error_grad)[:, :1]


@pytest.mark.parametrize(
    ("promise", "layer"),
    [
        ("input left alone", WritesIntoX()),
        ("error_grad left alone", WritesIntoTheMessage()),
        ("float32 kept", Upcasts()),
        ("output_shape", WrongShape()),
        ("inference twice the same", Restless()),
        ("config round trip", ForgetsItsArgument(0.5)),
        ("input, batch of 2, training", SendsNothingBack()),
        ("input, batch of 2, training", SendsTheWrongShapeBack()),
        ("message shape", SendsTheWrongShapeBack()),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_broken_promise_is_reported(promise, layer):
    assert promise in wrong(check_layer(layer, (3,)))
