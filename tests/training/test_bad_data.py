"""Careless samples, D-01 to D-38 of the list of bad input, at every entry point: refused with the reason, or taken.

What memory and dtypes may look like is tried in more ways in `../test_arrays.py`, targets in `test_bad_targets.py`.
"""

import numpy as np
import pytest
from builders import Quantity, Tensor, everything, network, read_only, refused

from minifw import SGD, BatchNormalization, Dense, Input, NonFiniteError, Normalization, Sequential

RNG = np.random.default_rng(0)
X, Y, W = RNG.normal(size=(6, 5)), RNG.normal(size=(6, 2)), RNG.random(6)
NAN, INF = float("nan"), float("inf")

USES_X = {
    "forward": lambda net, x: net.forward(x),
    "training forward": lambda net, x: net.forward(x, training=True),
    "call": lambda net, x: net(x),
    "outputs": lambda net, x: list(net.outputs(x)),
    "activations": lambda net, x: net.activations(x),
    "predict": lambda net, x: net.predict(x),
    "predict_on_batch": lambda net, x: net.predict_on_batch(x),
}
LEARNS = {
    "fit": lambda net, x, y, w=None: net.fit(x, y, sample_weight=w, verbose=0),
    "train_on_batch": lambda net, x, y, w=None: net.train_on_batch(x, y, sample_weight=w),
}
MEASURES = {
    "evaluate": lambda net, x, y, w=None: net.evaluate(x, y, sample_weight=w, verbose=0),
    "test_on_batch": lambda net, x, y, w=None: net.test_on_batch(x, y, sample_weight=w),
    "validation": lambda net, x, y, w=None: net.fit(X, Y, verbose=0, validation_data=(x, y) if w is None else (x, y, w)),
}
USES_Y = {**LEARNS, **MEASURES}
ALL = {**USES_X, **{name: lambda net, x, use=use: use(net, x, Y) for name, use in USES_Y.items()}}


def half_trained(last=None, loss="mse", dtype="float64"):
    layers = Dense(4, activation="tanh"), last or Dense(2)
    net = network(*layers, optimizer=SGD(0.1, momentum=0.9), dtype=dtype)
    net.train_on_batch(X, np.zeros((6, *net.output_shape(net.input_shape))))
    net.compile(net.optimizer, loss)
    return net


def numbered(row, names):
    return [f"{row}-{name}" for name in names]


def table(rows, uses):
    """Every row at every entry point, under the number of the row."""
    return [pytest.param(*row[1:], use, id=f"{row[0]}-{name}") for row in rows for name, use in uses.items()]


class Sparse:
    """What a sparse matrix looks like."""

    def toarray(self):
        return X


def holding(item):
    array = X.astype(object)
    array[2, 1] = item
    return array


X_REFUSED = [
    ("D-01", X[:, :4], ValueError, r"layer 0, dense \(Dense\): expects \(batch, 5\), got \(6, 4\)"),
    ("D-02 rank", X[:, :, None], ValueError, r"\(Dense\): expects \(batch, 5\), got \(6, 5, 1\).*reshape"),
    ("D-02 sample", np.ones(5), ValueError, r"expects \(batch, 5\), got \(5,\).*x\[np\.newaxis\]|samples differ"),
    ("D-03", np.float64(3), ValueError, "a single number.*pass an array of samples"),
    ("D-06", X[:, :0], ValueError, r"expects \(batch, 5\), got \(6, 0\)"),
    ("D-09", X + 1j, ValueError, r"complex numbers are not supported.*\.real"),
    ("D-10", holding("red"), TypeError, r"'red' \(str\) at index \(2, 1\)"),
    ("D-11 strings", np.full((6, 5), "a"), TypeError, "wanted numbers, got dtype <U1"),
    ("D-11 bytes", np.full((6, 5), b"a"), TypeError, r"wanted numbers, got dtype \|S1"),
    ("D-11 dates", np.zeros((6, 5), "datetime64[s]"), TypeError, "datetime64"),
    ("D-11 time spans", np.zeros((6, 5), "timedelta64[s]"), TypeError, "timedelta64"),
    ("D-12", np.zeros(6, [("height", float), ("width", float)]), TypeError, "fields height, width"),
    ("D-13", np.ma.masked_array(X, X > 1), TypeError, "masked.*fill or drop"),
    ("D-16", Sparse(), TypeError, r"\.toarray\(\)"),
    ("D-17", [[1.0] * 5] * 5 + [[1.0] * 4], ValueError, r"row 0 has shape \(5,\), row 5 has \(4,\)"),
]


@pytest.mark.parametrize("x, error, words, use", table(X_REFUSED, ALL))
def test_samples_that_would_be_silently_wrong_are_refused(x, error, words, use):
    refused(half_trained(), lambda net: use(net, x), error, words)


@pytest.mark.parametrize("x, error, words", [pytest.param(*row[1:], id=row[0]) for row in X_REFUSED[3:4] + X_REFUSED[5:]])
def test_a_bare_layer_and_adapt_refuse_them_too(x, error, words):
    for use in (Dense(2), Normalization().adapt):
        with pytest.raises(error, match=words):
            use(x)


@pytest.mark.parametrize(
    "build", [lambda net: net.predict(X[:, :0]), lambda net: net.build((0,)), lambda net: net(X[:, :0])]
)
def test_zero_features_are_refused_when_building(build):
    net = Sequential([Dense(2)])
    with pytest.raises(ValueError, match=r"\b0\b"):
        build(net)
    assert net.packed is None and net.predict(X).shape == (6, 2)


@pytest.mark.parametrize("use", USES_X.values(), ids=numbered("D-04", USES_X))
def test_no_samples_give_no_results(use):
    found = use(half_trained(dtype="float32"), X[:0])
    if isinstance(found, np.ndarray):
        assert found.shape == (0, 2) and found.dtype == np.float32


@pytest.mark.parametrize("use", USES_Y.values(), ids=numbered("D-04", USES_Y))
def test_no_samples_teach_and_measure_nothing(use):
    refused(half_trained(), lambda net: use(net, X[:0], Y[:0]), ValueError, "0 samples; it needs at least one")


@pytest.mark.parametrize("use", ALL.values(), ids=numbered("D-05", ALL))
def test_one_sample_is_enough(use):
    net = half_trained()
    assert use(net, X[:1]) is not None if use in USES_X.values() else True
    net.fit(X[:1], Y[:1], verbose=0)
    layer = BatchNormalization(beta_initializer="ones")
    assert np.array_equal(layer(X[:1], training=True), np.ones((1, 5)))


# -- taken as it is ---------------------------------------------------------------------------------------------------


SAME = {
    "D-07": lambda a: a.astype(np.longdouble),
    "D-10": lambda a: a.astype(object),
    "D-14": lambda a: a.view(np.matrix),
    "D-15": Tensor,
    "D-17": lambda a: a.tolist(),
    "D-19 Fortran": np.asfortranarray,
    "D-19 strided": lambda a: np.repeat(a, 2, axis=0)[::2],
    "D-19 backwards": lambda a: a[::-1, ::-1].copy()[::-1, ::-1],
    "D-20": read_only,
    "D-21": lambda a: a.astype(">f8"),
    "D-38": lambda a: a.view(Quantity),
}


def seen(found):
    """What an entry point said, as bytes."""
    if isinstance(found, dict):
        return [seen(value) for value in found.values()]
    if isinstance(found, list):
        return [seen(value[1] if isinstance(value, tuple) else value) for value in found]
    return np.asarray(getattr(found, "history", found) if not hasattr(found, "history") else 0.0).tobytes()


@pytest.mark.parametrize("kind", SAME.values(), ids=SAME)
@pytest.mark.parametrize("name", ALL)
def test_the_same_numbers_give_the_same_bits(name, kind):
    net, other = half_trained(), half_trained()
    if name in USES_X:
        assert seen(USES_X[name](net, kind(X))) == seen(USES_X[name](other, X))
    else:
        assert seen(USES_Y[name](net, kind(X), kind(Y), W)) == seen(USES_Y[name](other, X, Y, W))
    assert everything(net) == everything(other)


@pytest.mark.parametrize("of", ["f2", "f4", "i1", "u8", "?"], ids=["D-07 f2", "D-07 f4", "D-08 i1", "D-08 u8", "D-08 bool"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_any_number_is_cast_to_the_networks_dtype(dtype, of):
    x, y = np.abs(X * 3).astype(of), np.abs(Y * 3).astype(of)
    net, other = half_trained(dtype=dtype), half_trained(dtype=dtype)
    net.fit(x, y, verbose=0)
    other.fit(x.astype(dtype), y.astype(dtype), verbose=0)
    assert everything(net) == everything(other) and net.predict(x).dtype == net(x).dtype == dtype


@pytest.mark.parametrize("name", ALL, ids=numbered("D-20 D-22 D-23", ALL))
def test_data_is_not_written_to_nor_kept(name):
    net, other = half_trained(Dense(5)), half_trained(Dense(5))
    x = X.copy()
    for each, given in ((net, x), (other, X)):
        USES_X[name](each, given) if name in USES_X else USES_Y[name](each, given, given) if name != "validation" else None
    assert np.array_equal(x, X)
    x[...] = NAN
    assert everything(net) == everything(other) and np.array_equal(net.predict(X), other.predict(X))


@pytest.mark.parametrize("batch_size", [1, 4, 6, 100], ids=numbered("D-33", (1, 4, 6, 100)))
def test_batches_that_do_not_divide_and_that_are_larger_than_the_data(batch_size):
    net = half_trained()
    each = [float(np.mean((net.forward(X[i : i + 1]) - Y[i]) ** 2)) for i in range(6)]
    assert net.evaluate(X, Y, batch_size=batch_size, verbose=0) == pytest.approx(np.mean(each), rel=1e-12)
    assert net.fit(X, Y, batch_size=batch_size, verbose=0).params["steps"] == -(-6 // batch_size)


@pytest.mark.parametrize("x", [np.repeat(X[:1], 6, axis=0), np.ones((6, 5))], ids=["D-37 rows", "D-37 features"])
def test_repeated_rows_and_constant_features_are_fine(x):
    net = half_trained()
    losses = net.fit(x, np.repeat(Y[:1], 6, axis=0), epochs=9, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


# -- numbers that are not finite --------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [NAN, INF], ids=["D-18 NaN", "D-18 inf"])
@pytest.mark.parametrize("where", ["x", "y"])
@pytest.mark.parametrize("name", LEARNS)
def test_a_row_that_is_not_finite_is_named_and_nothing_is_learned(name, where, bad):
    x, y = X.copy(), Y.copy()
    (x if where == "x" else y)[4, 1] = bad
    refused(half_trained(), lambda net: LEARNS[name](net, x, y), NonFiniteError, "(?s)rows?.* 4")


@pytest.mark.parametrize("name", [*USES_X, "evaluate", "test_on_batch"], ids=lambda name: f"D-18-{name}")
def test_who_only_looks_sees_what_is_not_finite(name):
    net, x = half_trained(dtype="float32"), X.copy()
    x[4, 1] = NAN
    before = everything(net)
    if name in MEASURES:
        assert np.isnan(MEASURES[name](net, x, Y))
    elif isinstance(found := USES_X[name](net, x), np.ndarray):
        assert np.isnan(found).all(axis=1).tolist() == [False] * 4 + [True, False]
    assert everything(net) == before


@pytest.mark.parametrize(
    "name", ["predict", "predict_on_batch", "evaluate", "test_on_batch"], ids=lambda name: f"D-34-{name}"
)
def test_infinite_samples_have_a_result_that_is_defined(name):
    net, x = half_trained(dtype="float32"), X.copy()
    x[4, 1] = INF  # which tanh takes to 1
    assert np.isfinite(MEASURES[name](net, x, Y) if name in MEASURES else USES_X[name](net, x)).all()


@pytest.mark.filterwarnings("ignore:.*its inputs go up to")
@pytest.mark.parametrize("name", LEARNS, ids=numbered("D-34", LEARNS))
def test_values_too_large_are_blamed_on_a_layer(name):
    net = Sequential([Input((5,)), Dense(2, kernel_initializer="ones")])
    net.compile(SGD(momentum=0.9), "mse")
    net.train_on_batch(X, Y)
    refused(net, lambda net: LEARNS[name](net, np.full((6, 5), 3e38), Y), NonFiniteError, r"layer dense \(Dense\), forward")
