"""Careless targets, weights and generators, D-24 to D-32 of the list of bad input, at every entry point that takes them."""

import numpy as np
import pytest
from builders import everything, network, refused

from minifw import SGD
from minifw.errors import NonFiniteError, ShapeError, UsageError
from minifw.layers import Dense
from minifw.losses import BinaryCrossentropyLoss, CategoricalCrossentropyLoss, MSELoss, SparseCategoricalCrossentropyLoss

RNG = np.random.default_rng(0)
X, Y, W = RNG.normal(size=(6, 5)), RNG.normal(size=(6, 2)), RNG.random(6)
LABELS = np.array([0, 1, 2, 0, 1, 2])
NAN = float("nan")

LEARNS = {
    "fit": lambda net, x, y, w=None: net.fit(x, y, sample_weight=w, verbose=0),
    "train_on_batch": lambda net, x, y, w=None: net.train_on_batch(x, y, sample_weight=w),
}
USES = {
    **LEARNS,
    "evaluate": lambda net, x, y, w=None: net.evaluate(x, y, sample_weight=w, verbose=0),
    "test_on_batch": lambda net, x, y, w=None: net.test_on_batch(x, y, sample_weight=w),
    "loss": lambda net, x, y, w=None: net.loss.forward(y, net.forward(x), w),
}
KINDS = {
    "mse": (MSELoss, None, 2, Y),
    "sparse": (SparseCategoricalCrossentropyLoss, "softmax", 3, LABELS),
    "one-hot": (CategoricalCrossentropyLoss, "softmax", 3, np.eye(3)[LABELS]),
    "binary": (BinaryCrossentropyLoss, "sigmoid", 1, LABELS % 2),
}


def half_trained(kind, units=None):
    loss, activation, outputs, y = KINDS[kind]
    layers = Dense(4, activation="tanh"), Dense(units or outputs, activation=activation)
    net = network(*layers, optimizer=SGD(0.1, momentum=0.9), loss=loss())
    net.train_on_batch(X, y[:, :1] if units else y)
    return net


REFUSED = [
    ("D-24", "mse", Y[:4], None, ValueError, r"x has 6, y has 4|\(4, 2\).*\(6, 2\)"),
    ("D-24 weights", "mse", Y, W[:3], ValueError, r"x has 6, y has 6, sample_weight has 3|\(3,\).*\(6,\)"),
    ("D-25", "mse", Y[:, :1], None, ShapeError, r"MSELoss: y_true has shape \(6, 1\).*\(6, 2\).*nothing is broadcast"),
    ("D-25 vector", "mse", Y[:, 0], None, ShapeError, r"y_true has shape \(6,\).*\(6, 2\)"),
    ("D-26 large", "sparse", LABELS + 1, None, ValueError, "0 to 2 for 3 outputs, got 1 to 3"),
    ("D-26 negative", "sparse", LABELS - 1, None, ValueError, "0 to 2 for 3 outputs, got -1 to 1"),
    ("D-26 fraction", "sparse", LABELS / 2, None, ValueError, r"whole numbers, got 0\.5"),
    ("D-26 NaN", "sparse", [0, 1, 2, NAN, 1, 2], None, ValueError, "whole numbers, got nan"),
    ("D-26 one-hot", "sparse", np.eye(3)[LABELS], None, ShapeError, r"\(6, 3\).*argmax"),
    ("D-27", "one-hot", np.eye(4)[LABELS], None, ShapeError, r"y_true has shape \(6, 4\).*\(6, 3\)"),
    ("D-28", "binary", [-1, 1, -1, 1, 1, 1], None, ValueError, "-1.* to 1"),
    ("D-28 above", "binary", [0, 1, 0, 2, 1, 1], None, ValueError, "0.* to 2"),
    ("D-31 negative", "mse", Y, W - 1, ValueError, "sample_weight must be finite and at least 0, got -"),
    ("D-31 NaN", "mse", Y, [1, 1, 1, NAN, 1, 1], ValueError, "sample_weight must be finite"),
    (
        "D-31 shape",
        "mse",
        Y,
        np.ones((6, 3)),
        ShapeError,
        r"sample_weight has shape \(6, 3\), expected one a sample, \(6,\)",
    ),
    ("D-09", "mse", Y + 1j, None, ValueError, "y(_true)?: complex numbers"),
    ("D-11", "mse", np.full((6, 2), "a"), None, TypeError, "y(_true)?: wanted numbers, got dtype <U1"),
]


@pytest.mark.parametrize("kind, y, w, error, words", [pytest.param(*row[1:], id=row[0]) for row in REFUSED])
@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_targets_and_weights_that_cannot_be_right_are_refused(use, kind, y, w, error, words):
    refused(half_trained(kind), lambda net: use(net, X, y, w), error, words)


@pytest.mark.parametrize("kind, y, w, error, words", [pytest.param(*row[1:], id=row[0]) for row in REFUSED])
def test_and_so_are_those_of_validation_data(kind, y, w, error, words):
    with pytest.raises(error, match=words):
        half_trained(kind).fit(X, KINDS[kind][3], verbose=0, validation_data=(X, y) if w is None else (X, y, w))


@pytest.mark.parametrize("use", [USES["fit"], USES["evaluate"]], ids=["D-31 fit", "D-31 evaluate"])
def test_weights_that_are_all_0_are_refused_for_whole_data_only(use):
    refused(half_trained("mse"), lambda net: use(net, X, Y, np.zeros(6)), ValueError, "sample_weight is 0 for all 6 samples")
    for name in ("train_on_batch", "test_on_batch", "loss"):
        assert USES[name](half_trained("mse"), X, Y, np.zeros(6)) == 0


@pytest.mark.parametrize("use", USES.values(), ids=[f"D-25-{name}" for name in USES])
def test_a_column_and_a_vector_of_targets_are_the_same(use):
    net, other = half_trained("mse", 1), half_trained("mse", 1)
    found = use(net, X, Y[:, 0]), use(other, X, Y[:, :1])
    assert everything(net) == everything(other) and (found[0] == found[1] or use is USES["fit"])


@pytest.mark.parametrize("use", USES.values(), ids=[f"D-29-{name}" for name in USES])
def test_whole_numbers_are_targets_like_others(use):
    net, other = half_trained("mse"), half_trained("mse")
    found = use(net, X, np.rint(Y).astype(int)), use(other, X, np.rint(Y))
    assert everything(net) == everything(other) and (found[0] == found[1] or use is USES["fit"])


@pytest.mark.parametrize(
    "kind, y",
    [
        ("one-hot", np.full((6, 3), 1 / 3)),
        ("sparse", np.zeros(6, int)),
        ("one-hot", np.eye(3)[[1] * 6]),
        ("binary", np.ones(6)),
    ],
    ids=["D-27 soft", "D-30 sparse", "D-30 one-hot", "D-30 binary"],
)
@pytest.mark.parametrize("use", LEARNS.values(), ids=LEARNS)
def test_soft_rows_and_a_single_class_teach(use, kind, y):
    net = half_trained(kind)
    before = everything(net)
    use(net, X, y)
    assert everything(net) != before and np.isfinite(net.packed.params).all()


@pytest.mark.parametrize("kind", ["mse", "one-hot", "binary"], ids=["D-18", "D-27", "D-28"])
@pytest.mark.parametrize("use", LEARNS.values(), ids=LEARNS)
def test_a_target_that_is_not_finite_is_refused_or_blamed_on_its_row(use, kind):
    y = np.full((6, KINDS[kind][2]), 0.5)
    y[4, 0] = NAN
    refused(half_trained(kind), lambda net: use(net, X, y), (NonFiniteError, ValueError), "(?s)nan|rows?.* 4")


# -- batches from a generator -----------------------------------------------------------------------------------------


def ends():
    yield X, Y


def wrong_arity():
    yield from ends()
    yield (X,)


def fails():
    yield from ends()
    raise KeyError("mine")


def other_dtype():
    yield from ends()
    yield X + 1j, Y


def other_shape():
    yield from ends()
    yield X[:, :4], Y


GENERATORS = {
    "D-32 ends": (ends, ValueError, "epoch 0, batch 1: the generator ended, but 3 batches are wanted"),
    "D-32 arity": (
        wrong_arity,
        ValueError,
        r"epoch 0, batch 1: wanted \(x, y\) or \(x, y, sample_weight\), got a tuple of 1",
    ),
    "D-32 raises": (fails, UsageError, "epoch 0, batch 1 could not be had: the generator raised KeyError: 'mine'"),
    "D-32 dtype": (other_dtype, ValueError, "epoch 0, batch 1: x: complex numbers"),
    "D-32 shape": (other_shape, ShapeError, r"expects \(batch, 5\), got \(6, 4\)"),
}


@pytest.mark.parametrize("make, error, words", GENERATORS.values(), ids=GENERATORS)
def test_a_generator_that_fails_names_the_batch_and_what_was_learned_stays(make, error, words):
    net, other = half_trained("mse"), half_trained("mse")
    with pytest.raises(error, match=words) as caught:
        net.fit(make(), steps_per_epoch=3, verbose=0)
    assert make is not fails or isinstance(caught.value.__cause__, KeyError)
    assert make is not other_shape or "epoch 0, batch 1" in "".join(
        [str(caught.value), *getattr(caught.value, "__notes__", [])]
    )
    other.train_on_batch(X, Y)
    assert everything(net) == everything(other)


@pytest.mark.parametrize("dtype", ["f4", "i8", ">f8"], ids=["D-32 f4", "D-32 i8", "D-32 big-endian"])
def test_batches_of_other_dtypes_are_cast(dtype):
    net, other, x, y = half_trained("mse"), half_trained("mse"), X.astype(dtype), Y.astype(dtype)
    net.fit(iter([(X, Y), (x, y)]), verbose=0)
    other.fit(iter([(X, Y), (x.astype("f8"), y.astype("f8"))]), verbose=0)
    assert everything(net) == everything(other)
