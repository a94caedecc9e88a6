"""Where batches come from: generators, sequences, files larger than memory; steps and class weights."""

import subprocess
import sys

import numpy as np
import pytest
from builders import bits, network

from minifw import SGD, Adam, Callback, MSELoss, Sequential, SparseCategoricalCrossentropyLoss
from minifw.engine.tuning import FILE_BLOCK, FILE_BLOCKS
from minifw.errors import ArgumentTypeError, ArgumentValueError, ShapeError, UsageError
from minifw.layers import Dense, Input
from minifw.training.batches import ArrayBatches

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(22, 5)), RNG.normal(size=(22, 2))
W = RNG.random(22)
PARTS = [slice(i, i + 8) for i in (0, 8, 16)]


def by_adam(optimizer=None, **options):
    return network(optimizer=optimizer or Adam(0.01), **options)


class Indexed:
    """Batches by number, as data sets of other libraries have them."""

    def __init__(self, *columns):
        self.columns, self.asked = columns, []

    def __len__(self):
        return len(PARTS)

    def __getitem__(self, i):
        self.asked.append(i)
        return tuple(column[PARTS[i]] for column in self.columns)


class Iterable:
    """Batches that can be gone through again and again."""

    def __init__(self, *columns):
        self.columns = columns

    def __iter__(self):
        return (tuple(column[part] for column in self.columns) for part in PARTS)


def generator(*columns, epochs=1):
    for _ in range(epochs):
        yield from Iterable(*columns)


SOURCES = {
    "generator": lambda *columns: generator(*columns, epochs=3),
    "iterable": Iterable,
    "sequence": Indexed,
    "list": lambda *columns: list(Iterable(*columns)),
    "tuple": lambda *columns: tuple(Iterable(*columns)),
    "lists in an iterable": lambda *columns: map(list, generator(*columns, epochs=3)),
    "nested lists": lambda *columns: ([c[p].tolist() for c in columns] for _ in range(3) for p in PARTS),
    "other dtypes": lambda *columns: (
        tuple(column[part].astype(dtype) for column in columns) for dtype in ("O", "f8", ">f8") for part in PARTS
    ),
}


# -- the same bits as arrays ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_fit_takes_any_maker_of_batches(source, weights):
    columns = (X, Y, W) if weights else (X, Y)
    net, other = by_adam(metrics=["mae"]), by_adam(metrics=["mae"])
    found = net.fit(source(*columns), steps_per_epoch=3, epochs=3, shuffle=False, verbose=0)
    wanted = other.fit(X, Y, 8, 3, sample_weight=W if weights else None, shuffle=False, verbose=0)
    assert bits(net) == bits(other) and found.history == wanted.history and found.params == wanted.params


@pytest.mark.parametrize("source", [Iterable, Indexed, lambda *columns: list(Iterable(*columns))])
def test_what_can_start_again_needs_no_steps(source):
    net, other = by_adam(), by_adam()
    assert net.fit(source(X, Y), epochs=3, shuffle=False, verbose=0).epoch == [0, 1, 2]
    other.fit(X, Y, 8, 3, shuffle=False, verbose=0)
    assert bits(net) == bits(other)


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_evaluate_and_predict_take_it_too(source):
    net = by_adam(metrics=["mae"])
    assert net.evaluate(source(X, Y), steps=3) == net.evaluate(X, Y, batch_size=8)
    assert net.evaluate(source(X, Y, W), steps=3) == net.evaluate(X, Y, batch_size=8, sample_weight=W)
    assert np.array_equal(net.predict(source(X, Y), steps=3), net.predict(X, batch_size=8))


@pytest.mark.parametrize("form", [lambda x: x, lambda x: (x,), lambda x: (x, None), lambda x: (x, Y, W)])
def test_predict_takes_samples_alone(form):
    net = by_adam()
    assert np.array_equal(net.predict(form(X[part]) for part in PARTS), net.predict(X, batch_size=8))


def test_a_list_of_rows_is_an_array():
    net = by_adam()
    assert np.array_equal(net.predict(list(X)), net.predict(X)) and np.array_equal(net.predict(X.tolist()), net.predict(X))
    assert net.evaluate(list(X), Y.tolist()) == net.evaluate(X, Y)


@pytest.mark.parametrize("source", [Iterable, Indexed, lambda x, y: list(Iterable(x, y))])
def test_validation_data_may_be_batches(source):
    net, other = by_adam(), by_adam()
    found = net.fit(X, Y, 8, 2, validation_data=source(X, Y), verbose=0).history
    assert found == other.fit(X, Y, 8, 2, validation_data=(X, Y), verbose=0).history
    found = net.fit(X, Y, 8, 2, validation_data=source(X, Y), validation_steps=2, verbose=0).history
    assert found == other.fit(X, Y, 8, 2, validation_data=(X[:16], Y[:16]), verbose=0).history


def test_a_generator_that_validates_goes_on_where_it_stands():
    net = by_adam(SGD(0.0))
    batches = generator(X, Y, epochs=2)
    found = net.fit(X, Y, epochs=2, validation_data=batches, validation_steps=3, verbose=0).history["val_loss"]
    assert found == [net.evaluate(X, Y, batch_size=8)] * 2
    with pytest.raises(ArgumentValueError, match=r"fit: validation_data, batch 0: the generator gave no batch"):
        net.fit(X, Y, validation_data=batches, validation_steps=3, verbose=0)


def test_the_batches_of_a_sequence_are_shuffled_and_those_of_others_are_not():
    orders = []
    for _ in range(2):
        data = Indexed(X, Y)
        by_adam().fit(data, epochs=4, verbose=0)
        orders.append([data.asked[i : i + 3] for i in range(0, 12, 3)])
    assert orders[0] == orders[1] and all(sorted(order) == [0, 1, 2] for order in orders[0])
    assert len(set(map(tuple, orders[0]))) > 1
    net, other = by_adam(), by_adam()
    net.fit(Iterable(X, Y), epochs=2, verbose=0)
    other.fit(X, Y, 8, 2, shuffle=False, verbose=0)
    assert bits(net) == bits(other) and net.shuffles == 0


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_the_first_batch_builds_the_network(source):
    net = by_adam(inputs=None)
    net.fit(source(X, Y), steps_per_epoch=3, verbose=0)
    assert net.input_shape == (5,)
    assert by_adam(inputs=None).predict(source(X, Y), steps=3).shape == (22, 2)


def test_a_batch_belongs_to_fit():
    def reusing():
        x, y = np.empty((8, 5)), np.empty((8, 2))
        for _ in range(3):
            x[...], y[...] = X[:8], Y[:8]
            yield x, y

    class Spoil(Callback):
        def on_train_batch_begin(self, batch, logs=None):
            self.x[...] = np.nan

    net, other = by_adam(), by_adam()
    x = X[:8].copy()
    spoil = Spoil()
    spoil.x = x
    net.fit([(x, Y[:8])], verbose=0, callbacks=[spoil])
    other.fit(X[:8], Y[:8], verbose=0)
    assert bits(net) == bits(other)
    net.fit(reusing(), verbose=0)


# -- too few, too many, wrong (D-32) ----------------------------------------------------------------------------------


def after(batches):
    """A network that has learned from so many batches."""
    net = by_adam()
    for part in PARTS[:batches]:
        net.train_on_batch(X[part], Y[part])
    return net


def broken(error):
    yield from list(generator(X, Y))[:2]
    raise error


@pytest.mark.parametrize("error", [ValueError("boom"), KeyError(3), StopIteration()], ids=repr)
def test_an_exception_of_a_generator_is_the_cause_and_what_was_learned_stays(error):
    net = by_adam()
    with pytest.raises(UsageError, match=r"fit, epoch 0, batch 2 could not be had: the generator raised") as caught:
        net.fit(broken(error), verbose=0)
    cause = caught.value.__cause__
    assert cause is error or (isinstance(error, StopIteration) and cause.__cause__ is error)
    assert caught.value.batch == 2 and bits(net) == bits(after(2)) and net.optimizer.iterations == 2
    assert net.fit(X, Y, verbose=0).epoch == [0]
    with pytest.raises(UsageError, match="evaluate, batch 2 could not be had"):
        net.evaluate(broken(ValueError("boom")))
    with pytest.raises(UsageError, match="predict, batch 2 could not be had"):
        net.predict(broken(ValueError("boom")))


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_but_an_exit_stays_an_exit(error):
    with pytest.raises(error):
        by_adam().fit(broken(error()), verbose=0)


def test_a_sequence_that_raises_is_named_too():
    data = Indexed(X, Y)
    data.columns = X, None
    with pytest.raises(UsageError, match=r"fit, epoch 0, batch 0 could not be had: the Indexed raised TypeError"):
        by_adam().fit(data, verbose=0)


def test_a_generator_that_ends_early_is_an_error_that_says_when():
    net = by_adam()
    with pytest.raises(
        ArgumentValueError, match=r"fit, epoch 1, batch 0: the generator gave no batch; an iterator is used up"
    ):
        net.fit(generator(X, Y), epochs=2, verbose=0)
    assert bits(net) == bits(after(3)) and net.history.epoch == [0]
    net = by_adam()
    with pytest.raises(ArgumentValueError, match=r"epoch 1, batch 1: the generator ended, but 2 batches are wanted"):
        net.fit(generator(X, Y), steps_per_epoch=2, epochs=2, verbose=0)
    assert bits(net) == bits(after(3)) and net.history.epoch == [0]
    for verb in (net.evaluate, net.predict):
        with pytest.raises(ArgumentValueError, match=rf"{verb.__name__}, batch 3: the generator ended, but 9 batches"):
            verb(generator(X, Y), steps=9)


class Empty:
    def __iter__(self):
        return iter(())


@pytest.mark.parametrize("steps", [None, 2])
@pytest.mark.parametrize("source", [Empty(), iter(())], ids=["iterable", "iterator"])
def test_no_batch_at_all_is_an_error(source, steps):
    with pytest.raises(ArgumentValueError, match=r"fit, epoch 0, batch 0: the \w+ gave no batch"):
        by_adam().fit(source, steps_per_epoch=steps, verbose=0)


WRONG = {
    "one array": (X[16:], ArgumentValueError, r"wanted \(x, y\) or \(x, y, sample_weight\), got ndarray"),
    "no targets": ((X[16:],), ArgumentValueError, "got a tuple of 1"),
    "four": ((X[16:], Y[16:], W[16:], W[16:]), ArgumentValueError, "got a tuple of 4"),
    "a dictionary": ({"x": X}, ArgumentValueError, "got dict"),
    "None for targets": ((X[16:], None), ArgumentValueError, "needs targets"),
    "lengths": ((X[16:], Y[17:]), ArgumentValueError, "x has 6, y has 5"),
    "no samples": ((X[:0], Y[:0]), ShapeError, "0 samples"),
    "features": ((X[16:, :4], Y[16:]), ShapeError, r"layer 0, dense \(Dense\): expects \(batch, 5\), got \(6, 4\)"),
    "text": ((X[16:].astype(str), Y[16:]), ArgumentTypeError, "wanted numbers"),
    "a number": ((X[16:], 3.0), ArgumentValueError, "y is a single number"),
}


@pytest.mark.parametrize("item, error, words", WRONG.values(), ids=WRONG)
def test_a_wrong_batch_is_named_and_what_was_learned_stays(item, error, words):
    net = by_adam()
    with pytest.raises(error, match=rf"^fit, epoch 0, batch 2\b.*{words}") as caught:
        net.fit(iter([*list(generator(X, Y))[:2], item]), verbose=0)
    assert caught.value.batch == 2 and bits(net) == bits(after(2))


def test_targets_that_do_not_fit_are_named_in_a_note():
    net = by_adam()
    with pytest.raises(ShapeError, match="MSELoss") as caught:
        net.fit(iter([*list(generator(X, Y))[:2], (X[16:], Y[16:, :1])]), verbose=0)
    assert caught.value.__notes__ == ["in epoch 0, batch 2"] and bits(net) == bits(after(2))


@pytest.mark.parametrize(
    "options, words",
    [
        ({"batch_size": 8}, "batch_size cuts arrays into batches; the list gives whole batches"),
        ({"validation_split": 0.5}, "validation_split=0.5 needs arrays"),
        ({"sample_weight": W}, "sample_weight belongs to arrays"),
        ({"steps_per_epoch": 0}, "steps_per_epoch"),
        ({"steps_per_epoch": 2.0}, "steps_per_epoch"),
        ({"validation_steps": -1}, "validation_steps"),
    ],
)
def test_what_belongs_to_arrays_is_refused_beside_batches(options, words):
    net = by_adam()
    with pytest.raises((ArgumentValueError, ArgumentTypeError), match=f"fit: {words}"):
        net.fit(list(generator(X, Y)), verbose=0, **options)
    assert net.optimizer.iterations == 0


def test_a_generator_beside_targets_is_no_array():
    with pytest.raises(ArgumentTypeError, match="fit: x: wanted an array, got generator"):
        by_adam().fit(generator(X, Y), Y, verbose=0)


# -- steps ------------------------------------------------------------------------------------------------------------


class Rows(Callback):
    """Writes down which samples an epoch has seen, by their first number."""

    def __init__(self):
        self.epochs = []

    def on_epoch_begin(self, epoch, logs=None):
        self.epochs.append([])

    def on_train_batch_end(self, batch, logs=None):
        self.epochs[-1].append(self.model.seen)


class Watched(Sequential):
    """A network of one's own may have attributes of one's own."""


def watched(n):
    """A network that remembers the rows of the last batch, and the rows."""
    net = Watched([Input((1,)), Dense(1)], dtype="float64", seed=1)
    net.compile(SGD(0.0), "mse")
    forward = net.forward

    def remember(x, training=False):
        net.seen = x[:, 0].astype(int).tolist()
        return forward(x, training)

    net.forward = remember
    return net, np.arange(float(n))[:, None]


@pytest.mark.parametrize("n, steps, sizes", [(40, 4, [10] * 4), (22, 3, [8, 8, 6]), (10, 4, [3, 3, 3, 1]), (5, 1, [5])])
def test_steps_alone_choose_a_batch_size_that_sees_all(n, steps, sizes):
    (net, x), rows = watched(n), Rows()
    assert net.fit(x, x, steps_per_epoch=steps, verbose=0, callbacks=[rows]).params["steps"] == steps
    assert [len(batch) for batch in rows.epochs[0]] == sizes
    assert sorted(row for batch in rows.epochs[0] for row in batch) == list(range(n))


def test_the_next_epoch_goes_on_where_this_one_stopped():
    (net, x), rows = watched(10), Rows()
    net.fit(x, x, batch_size=2, steps_per_epoch=2, epochs=4, shuffle=False, verbose=0, callbacks=[rows])
    assert rows.epochs == [[[0, 1], [2, 3]], [[4, 5], [6, 7]], [[8, 9], [0, 1]], [[2, 3], [4, 5]]]


def test_each_pass_has_an_order_of_its_own():
    (net, x), rows = watched(10), Rows()
    net.fit(x, x, batch_size=5, steps_per_epoch=1, epochs=6, verbose=0, callbacks=[rows])
    halves = [epoch[0] for epoch in rows.epochs]
    passes = [halves[i] + halves[i + 1] for i in (0, 2, 4)]
    assert all(sorted(order) == list(range(10)) for order in passes) and passes[0] != passes[1] != passes[2]
    assert net.shuffles == 3


def test_an_iterable_starts_again_when_it_ends():
    net, other = by_adam(), by_adam()
    net.fit(Iterable(X, Y), steps_per_epoch=2, epochs=3, verbose=0)
    other.fit(Iterable(X, Y), epochs=2, verbose=0)
    assert bits(net) == bits(other) and net.optimizer.iterations == 6


def test_evaluate_and_predict_take_the_first_steps():
    net = by_adam()
    assert net.evaluate(X, Y, batch_size=4, steps=2) == net.evaluate(X[:8], Y[:8], batch_size=4)
    assert np.array_equal(net.predict(X, batch_size=4, steps=2), net.predict(X[:8], batch_size=4))
    assert net.evaluate(X, Y, steps=4) == net.evaluate(X, Y, batch_size=6)
    assert np.array_equal(net.predict(X, steps=4), net.predict(X, batch_size=6))
    found = net.fit(X, Y, verbose=0, validation_data=(X, Y), validation_batch_size=4, validation_steps=2)
    assert found.history["val_loss"] == [net.evaluate(X[:8], Y[:8], batch_size=4)]


@pytest.mark.parametrize("verb", ["evaluate", "predict"])
def test_more_steps_than_batches_are_an_error(verb):
    net, data = by_adam(), (X,) if verb == "predict" else (X, Y)
    with pytest.raises(ArgumentValueError, match=f"{verb}: 4 steps are wanted, but 22 samples in batches of 8"):
        getattr(net, verb)(*data, batch_size=8, steps=4)
    for steps in (0, 1.5):
        with pytest.raises((ArgumentValueError, ArgumentTypeError), match=f"{verb}: steps"):
            getattr(net, verb)(*data, steps=steps)


def test_predict_tells_callbacks():
    calls = []

    class Log(Callback):
        def on_predict_begin(self, logs=None):
            calls.append((self.params["steps"], self.model is net))

        def on_predict_batch_begin(self, batch, logs=None):
            calls.append(batch)

        def on_predict_batch_end(self, batch, logs=None):
            calls.append(logs["outputs"].shape)

        def on_predict_end(self, logs=None):
            calls.append("end")

    net = by_adam()
    for data in (X, Iterable(X)):
        net.predict(data, **{"batch_size": 8} if data is X else {}, callbacks=[Log()])
    assert calls[:8] == [(3, True), 0, (8, 2), 1, (8, 2), 2, (6, 2), "end"] and calls[9:] == calls[1:8]
    with pytest.raises(ArgumentTypeError, match="predict: callbacks must be a list"):
        net.predict(X, callbacks=[3])


# -- files larger than memory -----------------------------------------------------------------------------------------


def mapped(path, shape, dtype="f4"):
    return np.memmap(path, dtype=dtype, mode="w+", shape=shape)


def test_a_mapped_file_is_shuffled_in_one_pass(tmp_path):
    length = FILE_BLOCK // (16 * 4)  # rows of a stretch
    x = mapped(tmp_path / "x", (70 * length + 5, 16))
    net = Sequential([Input((16,)), Dense(1)], seed=1)
    data = ArrayBatches(net, x, np.zeros(len(x), "i1"), None, "fit")
    data.batch_size = 1000
    length = FILE_BLOCK // (data.x.nbytes // data.size + data.y.nbytes // data.size)
    batches = [batch.rows for batch in data.one_pass(np.random.default_rng(0))]
    rows = np.concatenate(batches)
    assert np.array_equal(np.sort(rows), np.arange(len(x)))
    assert [len(part) for part in batches[:-1]] == [1000] * (len(batches) - 1)
    stretches = rows // length
    for stretch in range(stretches.max() + 1):
        places = np.flatnonzero(stretches == stretch)
        assert places[-1] - places[0] < FILE_BLOCKS * length  # it is read once
    assert len(set(stretches[:1000])) > FILE_BLOCKS / 2  # and a batch comes from all over the file


def test_a_mapped_file_trains_like_the_array(tmp_path):
    x, y = mapped(tmp_path / "x", (22, 5), "f8"), mapped(tmp_path / "y", (22, 2), "f8")
    x[...], y[...] = X, Y
    net, other = by_adam(), by_adam()
    net.fit(x, y, 8, 2, shuffle=False, verbose=0, validation_split=0.2)
    other.fit(X, Y, 8, 2, shuffle=False, verbose=0, validation_split=0.2)
    assert bits(net) == bits(other) and np.array_equal(net.predict(x), other.predict(X))
    net.fit(x[::-1], y, 8, 2, verbose=0)
    nets = [by_adam() for _ in range(2)]
    for each in nets:
        each.fit(x, y, 8, 2, verbose=0)
    assert bits(nets[0]) == bits(nets[1]) != bits(net)


LIMITED = """
import resource, sys
import numpy as np
import minifw

rows, width = 20_000, 1_000
x = np.memmap(sys.argv[1], dtype=sys.argv[2], mode="w+", shape=(rows, width))
y = np.zeros((rows, 1), "f4")
net = minifw.Sequential([minifw.Input((width,)), minifw.Dense(1)], seed=1)
net.compile("sgd", "mse", metrics=["mae"])
net.fit(x[:2048], y[:2048], 1024, verbose=0)
net.predict(x[:2048], batch_size=1024)
used = int(open("/proc/self/statm").read().split()[5]) * resource.getpagesize()
limit = used + 32 * 2**20
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
try:
    np.array(x)
except MemoryError:
    print("the data does not fit")
net.fit(x, y, 1024, epochs=2, verbose=0, validation_split=0.1)
net.evaluate(x, y, 1024, verbose=0)
print(net.predict(x, 1024).shape)
"""


@pytest.mark.parametrize("dtype", ["f4", "i2"])
def test_data_larger_than_memory_is_learned(tmp_path, dtype):
    command = [sys.executable, "-c", LIMITED, str(tmp_path / "x"), dtype]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "the data does not fit\n(20000, 1)\n"


# -- class weights ----------------------------------------------------------------------------------------------------

LABELS = RNG.integers(0, 3, 22)
CLASS_WEIGHT = {0: 2.0, 2: 0.5}
EACH = np.array([2.0, 1.0, 0.5])[LABELS]


def classifier(sparse=True):
    net = Sequential([Input((5,)), Dense(3, activation="softmax")], dtype="float64", seed=1)
    net.compile(
        SGD(0.1), SparseCategoricalCrossentropyLoss() if sparse else "mse", metrics=["acc"], weighted_metrics=["mse"]
    )
    if sparse:
        net.compile(SGD(0.1), SparseCategoricalCrossentropyLoss(), metrics=["acc"], weighted_metrics=["acc"])
    return net


@pytest.mark.parametrize(
    "labels", [LABELS, LABELS[:, None], LABELS.astype("f4"), np.eye(3)[LABELS]], ids=["n", "n1", "f", "1hot"]
)
def test_class_weights_are_the_weights_of_the_samples(labels):
    sparse = labels.shape != (22, 3)
    net, other = classifier(sparse), classifier(sparse)
    found = net.fit(X, labels, 8, 2, class_weight=CLASS_WEIGHT, verbose=0, validation_split=0.2).history
    plain = other.fit(X[:17], labels[:17], 8, 2, sample_weight=EACH[:17], verbose=0, validation_data=(X[17:], labels[17:]))
    assert bits(net) == bits(other) and found == plain.history
    assert net.train_on_batch(X, labels, class_weight=CLASS_WEIGHT) == other.train_on_batch(X, labels, sample_weight=EACH)


@pytest.mark.parametrize("shape", [(22, 4), (22, 4, 1)])
def test_class_weights_of_sequences_are_those_of_each_label(shape):
    x, labels = RNG.normal(size=(22, 4, 5)), RNG.integers(0, 3, shape)
    nets = [Sequential([Input((4, 5)), Dense(3, activation="softmax")], dtype="float64", seed=1) for _ in range(2)]
    for net in nets:
        net.compile(SGD(0.1), SparseCategoricalCrossentropyLoss(), weighted_metrics=["acc"])
    each = np.array([2.0, 1.0, 0.5])[labels.reshape(22, 4)]
    found = nets[0].fit(x, labels, 8, 2, class_weight=CLASS_WEIGHT, verbose=0).history
    assert found == nets[1].fit(x, labels.reshape(22, 4), 8, 2, sample_weight=each, verbose=0).history
    assert bits(nets[0]) == bits(nets[1])


def test_class_weights_reach_batches_of_a_generator():
    net, other = classifier(), classifier()
    net.fit(generator(X, LABELS), class_weight=CLASS_WEIGHT, verbose=0)
    other.fit(X, LABELS, 8, class_weight=CLASS_WEIGHT, shuffle=False, verbose=0)
    assert bits(net) == bits(other)
    with pytest.raises(ArgumentValueError, match="batch 0: it brings sample weights, and class_weight is given too"):
        net.fit(generator(X, LABELS, W), class_weight=CLASS_WEIGHT, verbose=0)


@pytest.mark.parametrize(
    "options, words",
    [
        ({"class_weight": {0: 1.0}, "sample_weight": W}, "class_weight and sample_weight cannot both be given"),
        ({"class_weight": [1.0, 2.0]}, "class_weight must be a dictionary"),
        ({"class_weight": {"cat": 1.0}}, "a class in class_weight must be an integer"),
        ({"class_weight": {0: -1.0}}, r"class_weight\[0\] must be in"),
        ({"class_weight": {0: "2"}}, r"class_weight\[0\] must be a number"),
        ({"class_weight": {1: float("nan")}}, r"class_weight\[1\]"),
    ],
)
@pytest.mark.parametrize("verb", ["fit", "train_on_batch"])
def test_class_weights_are_checked(verb, options, words):
    net = classifier()
    before = bits(net)
    with pytest.raises((ValueError, TypeError), match=f"{verb}: {words}"):
        getattr(net, verb)(X, LABELS, **options)
    assert bits(net) == before


def test_pandas_frames_and_series_are_arrays():
    class Frame:
        """What NumPy sees of a DataFrame."""

        def __init__(self, values):
            self.values, self.iloc = values, None

        def __array__(self, dtype=None, copy=None):
            return np.array(self.values, dtype=dtype)

        def __len__(self):
            return len(self.values)

        def __getitem__(self, key):
            raise KeyError(key)  # a column, not a row

        def __iter__(self):
            return iter(["a", "b", "c", "d", "e"])

    net, other = by_adam(), by_adam()
    x, y, w = Frame(X), Frame(Y), Frame(W)
    net.fit(x, y, 8, 2, sample_weight=w, validation_data=(x, y, w), verbose=0, validation_split=0.5)
    other.fit(X, Y, 8, 2, sample_weight=W, validation_data=(X, Y, W), verbose=0)
    assert bits(net) == bits(other)
    assert np.array_equal(net.predict(x, batch_size=8), other.predict(X, batch_size=8))
    assert net.evaluate(x, y) == other.evaluate(X, Y) and MSELoss().forward(y, X[:, :2]) > 0
