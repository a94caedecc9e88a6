"""`fit(team=...)`: several ranks, here threads, take the steps that one would take alone."""

import re
from copy import copy

import numpy as np
import pytest
from thread_team import together

import minifw
from minifw import BatchNormalization, Dense, Dropout, Embedding, Flatten, GaussianNoise, Input, Residual, Sequential
from minifw.callbacks import (
    BackupAndRestore,
    CSVLogger,
    EarlyStopping,
    LambdaCallback,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TerminateOnNaN,
)
from minifw.errors import ArgumentTypeError, ArgumentValueError, NonFiniteError, UsageError
from minifw.files.training import generators
from minifw.losses import MSELoss, SparseCategoricalCrossentropyLoss

rng = np.random.default_rng(0)
X, Y, CLASSES, WEIGHTS = rng.normal(size=(37, 5)), rng.normal(size=(37, 2)), rng.integers(0, 3, 37), rng.random(37)
WEIGHTS[:9] = 0.0
WORDS = rng.integers(0, 9, (37, 5))


class Drift(minifw.Layer):
    """Keeps a mean of its own, draws where it stands, and adds noise by a list."""

    def build(self, input_shape):
        return {"seen": minifw.Param(input_shape, trainable=False)}

    def forward(self, x, training=False):
        if not training:
            return x
        self.state.seen = 0.9 * self.state.seen + 0.1 * x.mean(axis=0)
        return x + (self.rng.uniform(-0.1, 0.1, size=[*x.shape]) + self.rng.normal(0, 0.1, x.shape[1:])).astype(x.dtype)

    def backward(self, error_grad):
        return error_grad


class SquareOfMean(minifw.Loss):
    """No sum over samples: each sees all others."""

    def forward(self, y_true, y_pred, sample_weight=None):
        self.error = y_pred - y_true
        return float(self.error.mean() ** 2)

    def backward(self):
        return np.full_like(self.error, 2 * self.error.mean() / self.error.size)


CASES = {
    # name: (layers, loss, targets, options of compile and of fit)
    "a metric": (lambda: [Dense(7, "tanh"), Dense(2)], "mse", Y, {"metrics": ["mae"]}, {}),
    "dropout and noise": (
        lambda: [Dense(7, "tanh"), Dropout(0.4), GaussianNoise(0.1), Drift(), Dropout(0.5, noise_shape=(1, None)), Dense(2)],
        *("mse", Y, {}, {"steps_per_epoch": 3}),
    ),
    "batch normalization": (
        lambda: [BatchNormalization(), Dense(7, "tanh"), Residual([BatchNormalization(momentum=0.5), Dense(7)]), Dense(2)],
        *("mse", Y, {}, {"validation_split": 0.2}),
    ),
    "weights": (lambda: [Dense(2)], "mse", Y, {"weighted_metrics": ["mae"]}, {"sample_weight": WEIGHTS}),
    "mean of weights": (
        lambda: [Dense(2)],
        *(lambda: MSELoss(reduction="mean_with_sample_weight"), Y, {}, {"sample_weight": WEIGHTS}),
    ),
    "a sum, a penalty": (lambda: [Dense(2, kernel_regularizer="l2")], lambda: MSELoss(reduction="sum"), Y, {}, {}),
    "a loss of all samples together": (lambda: [Dense(2)], SquareOfMean, Y, {}, {}),
    "ignored classes": (
        lambda: [Dense(7, "tanh", kernel_regularizer="l1"), Dense(3)],
        lambda: SparseCategoricalCrossentropyLoss(from_logits=True, ignore_class=1),
        *(CLASSES, {"metrics": ["accuracy"]}, {}),
    ),
    "weights of classes": (
        lambda: [Dense(7, "tanh"), Dense(3, "softmax")],
        *("sparse_categorical_crossentropy", CLASSES, {"weighted_metrics": ["accuracy"]}, {"class_weight": {0: 2.0}}),
    ),
}


def trained(team, case, dtype, optimizer=lambda: minifw.SGD(0.05, momentum=0.9)):
    """The network of a case after three epochs, and its history."""
    layers, loss, y, compiled, options = CASES[case]
    net = Sequential([Input((5,)), *layers()], dtype=dtype, seed=3)
    net.compile(optimizer(), loss if isinstance(loss, str) else loss(), **compiled)
    history = net.fit(X, y, batch_size=8, epochs=3, verbose=0, team=team, **options)
    return net, history.history


@pytest.mark.parametrize(("size", "dtype"), [(2, "float32"), (3, "float64"), (9, "float64")])
@pytest.mark.parametrize("case", CASES)
def test_all_ranks_together_find_what_one_finds(case, size, dtype):
    bound = 1e-12 if dtype == "float64" else 1e-4 if case == "batch normalization" else 1e-6
    net, history = trained(None, case, dtype)
    results = together(size, lambda team: trained(team, case, dtype))
    assert len({other.fingerprint() for other, _ in results}) == 1
    for other, logs in results[:: size - 1]:
        for array, wanted in zip(other.get_weights(), net.get_weights(), strict=True):
            np.testing.assert_allclose(array, wanted, rtol=bound, atol=bound)
        assert logs.keys() == history.keys()
        assert all(logs[key] == pytest.approx(history[key], rel=bound, abs=bound) for key in history)
        assert generators(other) == generators(net)


@pytest.mark.parametrize("rows", [1, 2, 3, 5])
def test_batches_of_few_rows_find_what_one_finds(rows):
    def work(team):
        normalized = [BatchNormalization()] if rows > 1 else []
        net = simple(Drift(), Dropout(0.5, noise_shape=(1, None)), *normalized, OneForAll())
        net.fit(X[: 6 + rows], Y[: 6 + rows], batch_size=6, epochs=3, verbose=0, team=team)
        return net.get_flat()

    np.testing.assert_allclose(together(3, work), [work(None)] * 3, rtol=1e-12, atol=1e-12)


class OneForAll(minifw.Layer):
    """Draws one number for all rows."""

    def forward(self, x, training=False):
        return x * self.rng.uniform(0.5, 1.5, (1, 1)) if training else x

    def backward(self, error_grad):
        return error_grad


@pytest.mark.parametrize("built", [True, False])
def test_numbers_of_words_and_generators_of_batches(built):
    def work(team):
        net = Sequential([*[Input((5,))] * built, Embedding(9, 3), Flatten(), Dense(3, "softmax")], dtype="float64", seed=1)
        net.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        batches = ((WORDS[i : i + 6], CLASSES[i : i + 6]) for i in range(0, 37, 6))
        return net.fit(batches, verbose=0, team=team).history | {"weights": net.get_flat()}

    alone, others = work(None), together(3, work)
    for other in others:
        np.testing.assert_allclose(other.pop("weights"), alone["weights"], atol=1e-12)
        assert other == {key: pytest.approx(alone[key]) for key in other}


def simple(*layers, seed=1, optimizer=None, **compiled):
    net = Sequential([Input((5,)), *layers, Dense(2)], dtype="float64", seed=seed)
    net.compile(optimizer or minifw.SGD(0.1), "mse", **compiled)
    return net


def test_a_team_of_one_is_none():
    class Alone:
        rank, size, add = 0, 1, None

    nets = simple(), simple()
    nets[0].fit(X, Y, verbose=0)
    nets[1].fit(X, Y, verbose=0, team=Alone())
    assert nets[0].fingerprint() == nets[1].fingerprint()


def test_two_exchanges_a_step_one_for_the_predictions_and_one_for_the_gradients():
    def calls(**compiled):
        def work(team):
            net = simple(**compiled)
            net.fit(X[:32], Y[:32], batch_size=8, verbose=0, team=team)
            return team.calls

        return together(2, work)[0]

    around = 6 + 2 + 2  # what is compared at the beginning, the beginning of the epoch, what is compared at the end
    gradients, predictions = 8 * 12, 8 * 8 * 2
    assert len(calls()) == around + 4 * 4 and calls().count(gradients) == calls().count(predictions) == 4
    assert calls(metrics=["mae"]) == calls()


def test_files_are_written_and_lines_printed_by_the_first_rank(tmp_path, capsys):
    def work(team):
        folder = tmp_path / str(team.rank)
        folder.mkdir()
        callbacks = [
            ModelCheckpoint(folder / "{epoch}.safetensors", verbose=1),
            CSVLogger(folder / "log.csv"),
            BackupAndRestore(folder / "backup", delete_checkpoint=False),
            EarlyStopping("loss", patience=0, min_delta=9, verbose=1, restore_best_weights=True),
            ReduceLROnPlateau("loss", patience=1, min_delta=9, verbose=1),
        ]
        net = simple()
        history = net.fit(X, Y, epochs=9, verbose=2, callbacks=callbacks, team=team)
        return history.epoch, net.fingerprint(), sorted(path.name for path in folder.iterdir())

    first, *others = together(3, work)
    assert first[:2] == others[0][:2] == others[1][:2] and first[0] == [0, 1]
    assert first[2] == ["1.safetensors", "2.safetensors", "backup", "log.csv"] and [other[2] for other in others] == [[], []]
    out = capsys.readouterr().out
    parts = "Epoch 1/9", "2/2 - ", "Epoch 1: loss", "saving model", "early stopping", "Restoring model weights", "reducing"
    assert [out.count(part) for part in parts] == [1, 2, 0, 2, 1, 1, 1]


def test_training_goes_on_from_the_first_ranks_checkpoint(tmp_path):
    def run(team, epochs):
        net = simple(Dropout(0.3))
        backup = BackupAndRestore(tmp_path / "kept", delete_checkpoint=False)
        callbacks = [CSVLogger(tmp_path / "log.csv"), backup]
        net.fit(X, Y, batch_size=8, epochs=epochs, verbose=0, callbacks=callbacks, team=team)
        return net.get_flat()

    together(2, lambda team: run(team, 2))
    resumed = together(2, lambda team: run(team, 4))
    whole = simple(Dropout(0.3))
    whole.fit(X, Y, batch_size=8, epochs=4, verbose=0)
    np.testing.assert_allclose(resumed, [whole.get_flat()] * 2, atol=1e-12)
    assert (tmp_path / "log.csv").read_text().count("\n") == 5


def test_a_rank_that_ends_training_ends_it_for_all_when_the_epoch_is_over():
    def work(team):
        net = simple()
        stop = LambdaCallback(on_epoch_end=lambda epoch, logs: setattr(net, "stop_training", epoch == 2))
        history = net.fit(X, Y, epochs=9, verbose=0, callbacks=[stop] if team.rank == 1 else [], team=team)
        return history.epoch, net.stop_training

    def never(team):
        net = simple()
        stop = LambdaCallback(on_train_begin=lambda logs: setattr(net, "stop_training", True))
        return net.fit(X, Y, epochs=9, verbose=0, callbacks=[stop] if team.rank == 1 else [], team=team).epoch

    assert together(3, work) == [([0, 1, 2], True)] * 3 and together(3, never) == [[]] * 3


# -- what goes wrong --------------------------------------------------------------------------------------------------

ELSEWHERE = "fit: rank 1 of 3 has ended training, and its own message says why"


class Fails(minifw.Layer):
    """Raises when it is told to."""

    verb = ""

    def forward(self, x, training=False):
        if self.verb == ("forward" if training else "validation"):
            raise ZeroDivisionError("broken")
        return x

    def backward(self, error_grad):
        if self.verb == "backward":
            raise ZeroDivisionError("broken")
        return error_grad


EVENTS = (
    "on_train_begin on_epoch_begin on_train_batch_begin on_backward_end on_train_batch_end on_test_begin on_epoch_end "
    "on_train_end"
)


@pytest.mark.parametrize("verb", ["forward", "backward", "validation", "metric", *EVENTS.split()])
def test_an_error_on_one_rank_is_one_on_all_and_the_team_can_go_on(verb):
    def work(team):
        def metric(y_true, y_pred):
            if verb == "metric" and team.rank == 1:
                raise ZeroDivisionError("broken")
            return y_pred[:, 0]

        layer = Fails()
        net = simple(Dense(3), layer, BatchNormalization(), metrics=[metric])
        layer.verb = verb if team.rank == 1 else ""
        callbacks = []
        if verb.startswith("on_") and team.rank == 1:
            callbacks = [LambdaCallback(**{verb: lambda *told: 1 / 0})]
        options = {"batch_size": 8, "verbose": 0, "validation_split": 0.2}
        try:
            net.fit(X, Y, team=team, callbacks=callbacks, **options)
        except Exception as error:
            caught = error
        layer.verb = "none"
        again = simple()
        again.fit(X, Y, team=team, **options)
        return type(caught), str(caught), again.fingerprint()

    results = together(3, work)
    assert [kind for kind, _, _ in results] == [UsageError, ZeroDivisionError, UsageError]
    assert results[0][1] == results[2][1] == ELSEWHERE and len({end for _, _, end in results}) == 1


def test_an_argument_that_one_rank_gets_wrong_is_an_error_on_all():
    results = together(3, lambda team: simple().fit(X, Y, epochs=-1 if team.rank == 1 else 1, verbose=0, team=team))
    assert [type(error) for error in results] == [UsageError, ArgumentValueError, UsageError]
    assert "epochs must be in" in str(results[1]) and str(results[0]) == ELSEWHERE


def test_what_is_wrong_on_all_ranks_is_said_by_the_first():
    x = X.copy()
    x[17, 3] = np.nan
    first, *others = together(3, lambda team: simple(Dense(3)).fit(x, Y, batch_size=8, shuffle=False, verbose=0, team=team))
    assert "rows of x: 17" in str(first) and first.layer == "dense" and first.rows == [17]
    for error in others:
        assert type(error) is NonFiniteError and str(error) == ELSEWHERE.replace("rank 1", "rank 0")
        assert (error.layer, error.rows, error.batch_number) == ("dense", [17], 2)


class OddError(Exception):
    def __str__(self):
        return "its own text"


UNREADABLE = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no start")
ERRORS = FileNotFoundError(2, "no file", "a.csv"), KeyError("a"), OddError("b"), UNREADABLE


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_what_fails_alike_on_all_ranks_is_said_once(error):
    def work(team):
        def fail(*told):
            raise copy(error)

        simple().fit(X, Y, verbose=0, team=team, callbacks=[LambdaCallback(on_epoch_end=fail)])

    first, *others = together(3, work)
    assert type(first) is type(error) and str(first) == str(error)
    for other in others:
        assert type(other) is UsageError and str(other) == ELSEWHERE.replace("rank 1", "rank 0")
        assert other.__suppress_context__


def test_training_that_ends_with_nan_ends_on_all_ranks_at_the_last_finite_step():
    x = X.copy()
    x[17, 3] = np.nan

    def work(team):
        net = simple(Dropout(0.2))
        net.fit(x, Y, batch_size=8, shuffle=False, epochs=3, verbose=0, callbacks=[TerminateOnNaN()], team=team)
        return net.get_flat()

    np.testing.assert_allclose(together(3, work), [work(None)] * 3, atol=1e-12)


def unequal(what, odd):
    x, y, options = X, Y, {}
    net = simple(seed=2 if odd and what == "weights and seeds" else 1)
    if odd and what == "weights":
        net.layers[0].params.bias[0] = 1e-300
    if odd and what == "seeds":
        net.shuffles = 1
    if odd and what == "network":
        net.compile(minifw.SGD(0.2), "mse")
    if odd and what == "data":
        x, y = X[:-1], Y[:-1]
    if odd and what == "options":
        options = {"epochs": 2}
    return lambda team: net.fit(x, y, verbose=0, team=team, **options)


@pytest.mark.parametrize("what", ["weights", "seeds", "weights and seeds", "network", "data", "options"])
def test_ranks_that_begin_unequal_are_refused(what):
    first, *others = together(3, lambda team: unequal(what, team.rank == 1)(team))
    assert re.match(rf"fit: the 3 ranks begin with different {what}: each must build the same network", str(first))
    assert {str(error) for error in others} == {ELSEWHERE.replace("rank 1", "rank 0")}


def test_ranks_with_other_numbers_or_another_end_are_refused():
    def numbers(team):
        return simple().fit(X + (team.rank == 1), Y, verbose=0, team=team)

    def stops(team):
        net = simple()
        stop = LambdaCallback(on_train_batch_end=lambda batch, logs: setattr(net, "stop_training", True))
        return net.fit(X, Y, verbose=0, callbacks=[stop] if team.rank == 1 else [], team=team)

    def grows(team):
        net = simple()
        change = LambdaCallback(on_epoch_end=lambda epoch, logs: net.layers[0].set_weights([np.ones((5, 2)), np.ones(2)]))
        return net.fit(X, Y, verbose=0, callbacks=[change] if team.rank == 1 else [], team=team)

    def freezes(team):
        net = simple(BatchNormalization(center=False, scale=False))
        freeze = LambdaCallback(on_epoch_end=lambda epoch, logs: setattr(net.layers[0], "trainable", False))
        return net.fit(X, Y, epochs=2, verbose=0, callbacks=[freeze] if team.rank == 1 else [], team=team)

    for work in (numbers, stops, freezes, grows):
        results = together(3, work)
        text = "have grown apart" if work is grows else "are at different batches"
        assert all(type(error) is UsageError for error in results) and text in str(results[0])


class Mixes(minifw.Layer):
    mixes_samples = True

    def forward(self, x, training=False):
        return x - x.mean(axis=0)

    def backward(self, error_grad):
        return error_grad - error_grad.mean(axis=0)


class Draws(minifw.Layer):
    """Draws by a function of the generator and the input."""

    draw = None

    def forward(self, x, training=False):
        if training:
            self.draw(self.rng, x)
        return x

    def backward(self, error_grad):
        return error_grad


def fit_drawing(team, draw, rows):
    layer = Draws()
    layer.draw = draw
    return simple(layer).fit(X[:rows], Y[:rows], shuffle=False, verbose=0, team=team)


def test_layers_that_cannot_share_a_batch_are_refused():
    results = together(2, lambda team: simple(Mixes()).fit(X, Y, verbose=0, team=team))
    assert "cannot share a batch: mixes (Mixes) needs" in str(results[0])
    assert all(type(error) is UsageError for error in results)


DRAWS = {
    "normal": lambda rng, x: rng.normal(x, 0.1),
    "choice": lambda rng, x: rng.choice(x, size=1),
    "integers": lambda rng, x: rng.integers(0, np.full(len(x), 5)),
    "random": lambda rng, x: rng.random(len(x)),
    "standard_normal": lambda rng, x: rng.standard_normal(out=np.empty(x.shape)),
    "multinomial": lambda rng, x: rng.multinomial(5, [0.5, 0.5], size=len(x)),
    "permutation": lambda rng, x: rng.permutation(len(x)),
}


@pytest.mark.parametrize("name", DRAWS)
def test_draws_by_rows_without_a_shape_are_refused(name):
    results = together(2, lambda team: fit_drawing(team, DRAWS[name], 16))
    assert str(results[0]) == (
        f"draws (Draws): rng.{name} got no shape for 8 rows: in fit(team=...) draw by x.shape, by (1, ...) what all rows "
        "share, or take another batch_size"
    )
    assert type(results[0]) is type(results[1]) is UsageError


def test_rows_are_left_alone_where_shuffling_them_is_refused():
    def work(team):
        kept = []

        def shuffle(rng, x):
            kept.append(x.copy())
            rng.shuffle(kept[0])

        with pytest.raises(UsageError) as error:
            fit_drawing(team, shuffle, 16)
        return str(error.value), kept[0]

    (text, upper), (_, lower) = together(2, work)
    assert "rng.shuffle got no shape for 8 rows" in text
    np.testing.assert_array_equal([upper, lower], np.float64([X[:8], X[8:16]]))


def test_what_all_rows_share_is_drawn_by_any_other_shape_or_array():
    def work(team):
        drawn = []

        def draw(rng, x):
            drawn.append(rng.normal(np.zeros(5), 1))
            drawn.append(rng.permutation(x.shape[1]))
            drawn.append(rng.normal(size=(1, 5)))

        fit_drawing(team, draw, 4)
        return np.concatenate([array.ravel() for array in drawn])

    np.testing.assert_array_equal(together(2, work), [work(None)] * 2)


class OfSizeOne:
    size = 1


@pytest.mark.parametrize("team", [True, 3, minifw.SGD, np.zeros(1), np.float64(1), OfSizeOne()])
def test_what_is_no_team_is_refused(team):
    with pytest.raises(ArgumentTypeError, match=r"fit: team must be a team such as minifw\.parallel\.MPITeam\(\), got"):
        simple().fit(X, Y, verbose=0, team=team)
