"""Arrays at every entry point: what NumPy understands comes in, what would be silently wrong is refused."""

import warnings

import numpy as np
import pytest
from builders import Quantity, Tensor, network, read_only, samples

from minifw import SGD, ArgumentTypeError, ArgumentValueError, MSELoss, Sequential, SparseCategoricalCrossentropyLoss
from minifw.arrays import as_batch, as_numbers, batches, same_length, split
from minifw.layers import Dense, Input

X, Y = samples(8)


def measured(dtype="float64"):
    return network(dtype=dtype, metrics=["mae"])


def everything(x, y, dtype="float64"):
    """What all entry points say to the same data."""
    net = measured(dtype)
    found = [net.predict(x), net.predict_on_batch(x), net.forward(x), net.forward(x, training=True), net(x)]
    found += [net.evaluate(x, y), net.test_on_batch(x, y), net.train_on_batch(x, y)]
    net.fit(x, y, batch_size=3, epochs=2, verbose=0, validation_data=(x, y))
    found += [*net.history.history.values(), *net.get_weights()]
    return found


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


# -- memory of any shape ----------------------------------------------------------------------------------------------


def memmap(array, tmp_path):
    np.save(tmp_path / "x.npy", array)
    return np.load(tmp_path / "x.npy", mmap_mode="r")


class Frame(Tensor):
    """A table whose columns have names."""

    dtypes = dict.fromkeys(["height", "colour", "year", "width", "weight"], np.dtype("O"))


KINDS = {
    "Fortran order": np.asfortranarray,
    "strided": lambda a: np.repeat(a, 2, axis=0)[::2],
    "strided columns": lambda a: np.repeat(a, 2, axis=1)[:, ::2],
    "negative strides": lambda a: a[::-1, ::-1].copy()[::-1, ::-1],
    "read-only": read_only,
    "big-endian": lambda a: a.astype(">f8"),
    "lists": lambda a: a.tolist(),
    "tuples": lambda a: tuple(map(tuple, a)),
    "list of arrays": list,
    "np.matrix": lambda a: a.view(np.matrix),
    "objects": lambda a: a.astype(object),
    "a subclass": lambda a: a.view(Quantity),
    "__array__": Tensor,
    "a frame of objects": lambda a: Frame(a.astype(object)),
    "a memoryview": lambda a: memoryview(a.copy()),
    "longdouble": lambda a: a.astype(np.longdouble),
    "a part of a larger array": lambda a: np.pad(a, 3)[3:-3, 3:-3],
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_same_numbers_give_the_same_bits(kind):
    x, y = kind(X), kind(Y)
    assert same(everything(x, y), everything(X, Y))


def test_a_read_only_memory_map_is_data_like_any_other(tmp_path):
    assert same(everything(memmap(X, tmp_path), Y), everything(X, Y))


def test_broadcast_rows_are_rows():
    x, y = np.broadcast_to(X[0], (8, 5)), np.broadcast_to(Y[0], (8, 2))
    assert same(everything(x, y), everything(x.copy(), y.copy()))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("of", ["f2", "f4", "f8", "i1", "u8", "i8", "?"])
def test_any_number_is_cast_to_the_networks_dtype(dtype, of):
    x, y = (np.abs(a * 3).astype(of) for a in (X, Y))
    assert same(everything(x, y, dtype), everything(x.astype(dtype), y.astype(dtype), dtype))
    net = measured(dtype)
    assert net.predict(x).dtype == net.forward(x, training=True).dtype == net.packed.params.dtype == dtype


def test_huge_integers_lose_digits_and_nothing_else():
    x = np.full((1, 5), 2**64 - 1, np.uint64)
    assert np.array_equal(measured().forward(x), measured().forward(np.full((1, 5), 2.0**64)))


def test_what_does_not_fit_float32_becomes_infinite_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y = Sequential([Dense(1, kernel_initializer="ones")]).predict(np.full((1, 2), 1e300))
    assert np.isinf(y).all()


def test_what_already_fits_is_not_copied():
    assert as_batch(X, np.dtype("float64"), "x") is X
    assert as_batch(X.T, np.dtype("float64"), "x").flags.c_contiguous


def test_without_a_dtype_floats_stay_and_the_rest_becomes_float32():
    for given, wanted in (("f4", "f4"), ("f8", "f8"), (">f8", "f8"), ("f2", "f4"), ("i8", "f4"), ("?", "f4")):
        assert as_batch(np.ones((1, 2)).astype(given), None, "x").dtype == np.dtype(wanted)


# -- nothing is written to, nothing is held on to -----------------------------------------------------------------------


def test_neither_x_nor_y_nor_weights_are_written_to():
    x, y, weights = X.copy(), Y.copy(), np.arange(8.0)
    everything(x, y)
    measured().fit(x, y, sample_weight=weights, verbose=0)
    assert np.array_equal(x, X) and np.array_equal(y, Y) and np.array_equal(weights, np.arange(8.0))


def test_x_may_be_y_or_a_part_of_it():
    def autoencode(x, y):
        net = Sequential([Input((5,)), Dense(3), Dense(5)], dtype="float64", seed=1)
        net.compile(SGD(0.1), "mse")
        net.fit(x, y, epochs=2, batch_size=3, verbose=0)
        return net.get_weights()

    x, both = X.copy(), np.hstack([X, X])
    assert same(autoencode(x, x), autoencode(X.copy(), X.copy()))
    assert same(autoencode(both[:, :5], both[:, 5:]), autoencode(X, X))
    assert np.array_equal(x, X)


def test_changing_the_data_afterwards_changes_nothing():
    net, other, x, y = measured(), measured(), X.copy(), Y.copy()
    for each, data in ((net, (x, y)), (other, (X, Y))):
        each.fit(*data, verbose=0)
        y_pred = each.predict(data[0])
    kept = y_pred.copy()
    x[...] = y[...] = np.nan
    assert np.array_equal(y_pred, kept) and same(net.get_weights(), other.get_weights())


def test_a_batch_of_fit_is_its_own():
    """Whoever changes the data between two calls of a layer does not reach the batch that is on its way."""
    x, y = X.copy(), Y.copy()

    class Vandal(Dense):
        def forward(self, batch, training=False):
            y_pred = super().forward(batch, training)
            if training:
                x[...] = y[...] = 1e6
            return y_pred

    nets = [Sequential([Input((5,)), layer(2)], seed=1, dtype="float64") for layer in (Vandal, Dense)]
    for net, data in zip(nets, ((x, y), (X.copy(), Y.copy())), strict=True):
        net.compile(SGD(0.1), "mse")
        net.fit(*data, batch_size=8, shuffle=False, verbose=0)
    assert same(nets[0].get_weights(), nets[1].get_weights())


# -- what is refused ----------------------------------------------------------------------------------------------------

MASKED = np.ma.masked_array(np.ones((8, 5)), mask=X > 0)
RECORDS = np.zeros(8, dtype=[("height", "f8"), ("width", "f8")])


class Sparse:
    shape = (8, 5)

    def toarray(self):
        return X


def mixed(item):
    array = np.ones((8, 5), object)
    array[2, 1] = item
    return array


REFUSED = {
    "complex": (X + 1j, ValueError, r"complex.*\.real"),
    "complex list": ([[1j] * 5] * 8, ValueError, "complex"),
    "strings": (np.full((8, 5), "a"), TypeError, "wanted numbers, got dtype <U1"),
    "bytes": (np.full((8, 5), b"a"), TypeError, r"wanted numbers, got dtype \|S1"),
    "dates": (np.zeros((8, 5), "datetime64[s]"), TypeError, r"datetime64"),
    "time spans": (np.zeros((8, 5), "timedelta64[s]"), TypeError, r"timedelta64"),
    "records": (RECORDS, TypeError, "fields height, width"),
    "masked": (MASKED, TypeError, "masked.*fill or drop"),
    "masked without a mask": (np.ma.masked_array(X), TypeError, "masked"),
    "sparse": (Sparse(), TypeError, r"\.toarray\(\)"),
    "text among numbers": (mixed("x"), TypeError, r"'x' \(str\) at index \(2, 1\)"),
    "None among numbers": (mixed(None), TypeError, r"None \(NoneType\) at index \(2, 1\)"),
    "complex among objects": (mixed(1j), TypeError, r"1j \(complex\) at index \(2, 1\)"),
    "a time span among objects": (mixed(np.timedelta64(1, "D")), TypeError, r"timedelta64\) at index \(2, 1\)"),
    "a huge integer": (mixed(10**400), ValueError, "an integer in it is too large for a float64"),
    "an array among objects": (mixed(np.ones(2)), TypeError, r"at index \(2, 1\)"),
    "a column of text": (Frame(mixed("red")), TypeError, r"'red' \(str\) at index \(2, 1\), column 'colour'"),
    "a column of dates": (Frame(mixed(np.datetime64(1, "D"))), TypeError, r"datetime64.*column 'colour'"),
    "a column with a gap": (Frame(mixed(None)), TypeError, r"None \(NoneType\) at index \(2, 1\), column 'colour'"),
    "ragged": ([[1.0] * 5] * 7 + [[1.0] * 4], ValueError, r"row 0 has shape \(5,\), row 7 has \(4,\)"),
    "ragged arrays": ([np.ones(5)] * 3 + [np.ones((5, 1))] * 5, ValueError, r"row 3 has \(5, 1\)"),
    "a generator": ((row for row in X), TypeError, "generator"),
    "a dictionary": ({"x": X}, TypeError, "dict"),
    "a set": ({1, 2}, TypeError, "set"),
    "a string": ("data.csv", TypeError, "wanted"),
    "None": (None, TypeError, "None"),
}
ENTRIES = {
    "predict": lambda net, x: net.predict(x),
    "predict_on_batch": lambda net, x: net.predict_on_batch(x),
    "forward": lambda net, x: net.forward(x),
    "outputs": lambda net, x: net.outputs(x),
    "call": lambda net, x: net(x),
    "fit": lambda net, x: net.fit(x, Y, verbose=0),
    "evaluate": lambda net, x: net.evaluate(x, Y),
    "train_on_batch": lambda net, x: net.train_on_batch(x, Y),
    "test_on_batch": lambda net, x: net.test_on_batch(x, Y),
    "targets of fit": lambda net, x: net.fit(X, x, verbose=0),
    "targets of evaluate": lambda net, x: net.evaluate(X, x),
    "weights": lambda net, x: net.train_on_batch(X, Y, sample_weight=x),
    "validation": lambda net, x: net.fit(X, Y, validation_data=(x, Y), verbose=0),
    "a bare layer": lambda net, x: Dense(2)(x),
}


def cases():
    """None means that there are no targets or weights, which has messages of its own; `predict` takes a generator."""
    taken = {"None": ("targets of fit", "targets of evaluate", "weights"), "a generator": ("predict",)}
    return [(what, entry) for what in REFUSED for entry in ENTRIES if entry not in taken.get(what, ())]


@pytest.mark.parametrize(("what", "entry"), cases())
def test_what_would_be_silently_wrong_is_refused_with_the_reason(what, entry):
    data, error, words = REFUSED[what]
    if what == "a generator":
        data = (row for row in X)
    net = measured()
    before = net.get_weights()
    with pytest.raises((ArgumentTypeError, ArgumentValueError), match=words) as caught:
        ENTRIES[entry](net, data)
    assert isinstance(caught.value, error)
    assert same(before, net.get_weights()) and net.optimizer.iterations == 0


def test_the_message_says_where():
    net = measured()
    for entry, where in (
        ("predict", r"^layer 0, dense \(Dense\)"),
        ("fit", "^fit: x"),
        ("targets of fit", "^fit: y"),
        ("weights", "^train_on_batch: sample_weight"),
        ("validation", "^fit: validation_data: x"),
    ):
        with pytest.raises(ArgumentValueError, match=where):
            ENTRIES[entry](net, X + 1j)


# -- class numbers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "labels", [[0, 1, 2], np.array([0.0, 1.0, 2.0]), np.array([[0], [1], [2]], "u1"), np.array([0, 1, 2], ">i4")]
)
def test_class_numbers_may_come_as_any_whole_numbers(labels):
    net = Sequential([Input((5,)), Dense(3, activation="softmax")], seed=1)
    net.compile(SGD(0.1), SparseCategoricalCrossentropyLoss(), metrics=["accuracy"])
    other = Sequential([Input((5,)), Dense(3, activation="softmax")], seed=1)
    other.compile(SGD(0.1), SparseCategoricalCrossentropyLoss(), metrics=["accuracy"])
    net.fit(X[:3], labels, verbose=0)
    other.fit(X[:3], np.arange(3), verbose=0)
    assert same(net.get_weights(), other.get_weights()) and net.history.history == other.history.history


def test_fractions_are_no_index():
    with pytest.raises(ArgumentValueError, match=r"whole numbers, got 0\.5"):
        as_batch([0.0, 0.5], None, "x", index=True)
    assert as_batch([0.0, 2.0], None, "x", index=True).dtype == np.int64


# -- batches and parts ----------------------------------------------------------------------------------------------------


def test_one_sample_is_a_batch_too():
    net = measured()
    assert net.predict(X[:1]).shape == (1, 2)
    assert np.isfinite(net.fit(X[:1], Y[:1], verbose=0).history["loss"]).all()


@pytest.mark.parametrize("n, size, lengths", [(5, 2, [2, 2, 1]), (4, 2, [2, 2]), (3, 10, [3]), (0, 3, [])])
def test_batches_cover_everything_once(n, size, lengths):
    found = list(batches(n, size))
    assert [part.stop - part.start for part in found] == lengths
    assert [i for part in found for i in range(n)[part]] == list(range(n))


@pytest.mark.parametrize("n, share, at", [(30, 0.9, 2), (10, 0.1, 9), (10, 0.3, 7), (100, 0.29, 71), (1000, 0.001, 999)])
def test_split_floors_the_rounded_product(n, share, at):
    assert split(n, share) == at == int(n * (1.0 - share))


def test_same_length_names_all_lengths():
    assert same_length(x=X, y=Y, sample_weight=None) == 8
    with pytest.raises(ArgumentValueError, match="x has 8, y has 7, sample_weight has 8"):
        same_length(x=X, y=Y[:7], sample_weight=np.ones(8))


def test_as_numbers_keeps_the_dtype_and_the_memory():
    assert as_numbers(X, "x") is X and as_numbers([[1, 2]], "x").dtype == np.int64
    assert type(as_numbers(X.view(Quantity), "x")) is np.ndarray


def test_constant_and_repeated_rows_train():
    net = measured()
    x = np.repeat(X[:1], 8, axis=0)
    losses = net.fit(x, np.repeat(Y[:1], 8, axis=0), epochs=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_a_loss_takes_what_numpy_understands():
    wanted = MSELoss().forward(Y, X[:, :2])
    for kind in (list, np.asfortranarray, lambda a: a.tolist(), lambda a: a.astype(">f8"), read_only):
        assert MSELoss().forward(kind(Y), X[:, :2]) == wanted
