"""Arguments that are set once more, after building and a first step: they work, in the file too, or are refused at once."""

import copy

import numpy as np
import pytest

import minifw
from minifw import L2, SGD, AdamW, Branches, Callback, Chain, Dense, Dropout, EarlyStopping, Input, Residual, Sequential
from minifw.callbacks.base import LambdaCallback
from minifw.callbacks.checkpoints import BackupAndRestore
from minifw.config import REQUIRED, constructor, registered
from minifw.errors import ArgumentTypeError, ArgumentValueError, MinifwError, UsageError
from minifw.layers.lambda_ import Lambda
from minifw.losses import LambdaLoss

KINDS = ("layer", "optimizer", "loss", "metric", "initializer", "regularizer", "constraint", "schedule")
GIVEN = {"activation": "tanh", "fn": minifw.MAELoss(), "boundaries": [1, 2], "values": [0.1, 0.2, 0.3]}
GIVEN["target_shape"] = (-1,)
NUMBERS = {"decay_steps": 4, "initial_learning_rate": 0.1, "kernel_size": 2, "input_dim": 9}
VALUES = [0.5, 0.25, 0.0, 2, 3, True, False, None, "sum", "same", "ones", "relu", "fan_out", (1,), L2(0.1), np.float32(0.75)]
SHAPES = [(6,), (6, 3), (6, 4, 2)]


def square(x):
    return x * x


def square_gradient(x, y, error_grad):
    return 2 * x * error_grad


def fourth(y_true, y_pred):
    return ((y_pred - y_true) ** 4).mean(axis=-1)


def fourth_slopes(y_true, y_pred):
    return 4 * (y_pred - y_true) ** 3 / y_pred.shape[-1]


def made(cls):
    if cls is Lambda:
        return cls(square, square_gradient)
    if cls is LambdaLoss:
        return cls(fourth, fourth_slopes)
    if issubclass(cls, Chain):
        return cls([Dense(6)])
    needed = [name for name, default in constructor(cls).items() if default is REQUIRED]
    return cls(**{name: copy.deepcopy(GIVEN.get(name, NUMBERS.get(name, 0.5 if "rat" in name else 1))) for name in needed})


def some(cls):
    try:
        return made(cls)
    except MinifwError:
        return cls(**{name: 0.5 for name, default in constructor(cls).items() if default is REQUIRED})


THINGS = {f"{kind} {cls.__name__}": cls for kind in KINDS for cls in registered(kind)}


def trained(kind, thing):
    """A network that holds the object and has made a step, and its data."""
    rng, first, compiled = np.random.default_rng(1), Dense(6), {"optimizer": "sgd", "loss": "mse"}
    if kind in ("loss", "metric"):
        compiled[{"loss": "loss", "metric": "metrics"}[kind]] = thing if kind == "loss" else [thing]
    elif kind == "optimizer":
        compiled["optimizer"] = thing
    elif kind == "schedule":
        compiled["optimizer"] = SGD(thing)
    elif kind != "layer":
        first = Dense(6, **{f"kernel_{kind}": thing})
    for shape in SHAPES:
        try:
            layers = [thing] if kind == "layer" else [first]
            net = Sequential([Input(shape), *layers, minifw.Flatten(), Dense(3, "softmax")], dtype="float64", seed=1)
            break
        except MinifwError:
            continue
    x, y = rng.integers(0, 2, (8, *shape)), np.eye(3)[rng.integers(0, 3, 8)]
    index = "index" in (getattr(thing, "target_kind", ""), getattr(getattr(thing, "fn", None), "target_kind", ""))
    y = y.argmax(axis=1) if index else y
    if index and kind == "metric":
        compiled["loss"] = "sparse_categorical_crossentropy"
    net.compile(**compiled)
    net.train_on_batch(x, y)
    return net, x, y


@pytest.mark.parametrize("which", THINGS)
def test_an_argument_that_is_set_late_is_the_same_in_the_file_or_refused_at_once(which, tmp_path):
    kind, thing = which.split()[0], some(THINGS[which])
    net, x, y = trained(kind, thing)
    for name in (name for name in constructor(type(thing)) if name != "name"):
        for value in VALUES:
            before = repr(thing)
            try:
                setattr(thing, name, value)
            except MinifwError as refused:
                assert repr(thing) == before and name in str(refused)
        if not isinstance(getattr(type(thing), name, None), property):
            with pytest.raises(UsageError, match="cannot be deleted"):
                delattr(thing, name)
    net.train_on_batch(x, y)
    net.save(tmp_path / "net")
    functions = (square, square_gradient, fourth, fourth_slopes)
    same = minifw.load_model(tmp_path / "net", {function.__name__: function for function in functions})
    assert same.fingerprint() == net.fingerprint() and np.array_equal(same.predict(x), net.predict(x))
    assert repr(same.train_on_batch(x, y)) == repr(net.train_on_batch(x, y)) and same.fingerprint() == net.fingerprint()


@pytest.mark.parametrize(
    ("optimizer", "name", "value"),
    [
        (SGD(0.1, 0.5), "momentum", 0.75),
        (AdamW(0.1), "weight_decay", 0.5),
        (AdamW(0.1), "epsilon", 0.5),
        (SGD(0.1, clipnorm=1.0), "clipnorm", 0.25),
    ],
    ids=repr,
)
def test_what_is_scheduled_has_its_effect_and_comes_back_in_a_resumed_training(optimizer, name, value, tmp_path):
    class Schedule(Callback):
        def on_epoch_begin(self, epoch, logs=None):
            setattr(self.model.optimizer, name, value / (1 + epoch))
            self.model.layers[0].rate = 0.5 / (1 + epoch)

    def run(epochs, *told):
        net = Sequential([Input((4,)), Dropout(0.1), Dense(2, kernel_regularizer=L2(0.1))], dtype="float64", seed=1)
        net.compile(copy.deepcopy(optimizer), "mse")
        net.fit(np.ones((8, 4)), np.ones((8, 2)), batch_size=4, epochs=epochs, verbose=0, callbacks=[*told])
        return net.fingerprint()

    keep = BackupAndRestore(tmp_path, delete_checkpoint=False)
    whole = run(4, Schedule(), BackupAndRestore(tmp_path / "other"))
    run(2, Schedule(), keep)
    assert run(4, Schedule(), keep) == whole != run(4)


def test_other_vectors_cannot_come_or_go_after_the_first_step_but_before_it():
    optimizer = SGD(0.1)
    optimizer.momentum, optimizer.clipnorm, optimizer.nesterov = 0.5, 1.0, True
    w = np.ones(2)
    optimizer.step([(w, np.ones(2))])
    for name, value in (("momentum", 0.0), ("clipnorm", None), ("use_ema", True), ("nesterov", False)):
        with pytest.raises(UsageError, match=f"SGD: {name}={value} comes too late"):
            setattr(optimizer, name, value)
    with pytest.raises(ArgumentValueError, match="momentum must be in"):
        optimizer.momentum = 2.0
    assert repr(optimizer) == "SGD(learning_rate=0.1, momentum=0.5, nesterov=True, clipnorm=1.0)"


def test_the_error_says_how_to_look_at_the_scores(tmp_path):
    net = Sequential([Input((4,)), Dense(3, "softmax")], seed=1)
    x = np.ones((2, 4), np.float32)
    with pytest.raises(UsageError, match=r"activation=None comes too late.*copy.deepcopy\(net\)") as refused:
        net.layers[-1].activation = None
    names = {"copy": copy, "net": net}
    exec(str(refused.value).split("in a copy: ")[1].replace("...", "layer"), {**names, "layer": Dense(3)}, names)
    assert np.array_equal(minifw.ops.softmax(names["new"].predict(x)), net.predict(x))


def test_users_classes_may_set_what_they_declare():
    class Mine(Dense):
        def __init__(self, units, activation=None, **options):
            self.units = units
            super().__init__(units, **options)
            self.activation, self.units = activation, units

    class Bare(SGD):
        def __init__(self):
            self.momentum, self.nesterov = 0.5, False

    mine, bare = Mine(3, "relu"), Bare()
    mine.activation = "tanh"
    assert mine.config()["activation"] == "tanh" and bare.weight_decay is None
    with pytest.raises(UsageError, match="Mine: use_bias=False comes too late"):
        mine.use_bias = False


def test_a_users_optimizer_or_layer_that_became_another_is_not_saved(tmp_path):
    class Slow(minifw.Optimizer):
        def update(self, param, grad, slots, coefficients, scratch):
            param -= coefficients[0] * grad

    class Own(minifw.Layer):
        width = 1

        def build(self, input_shape):
            return {"w": minifw.Param((self.width,))}

        def forward(self, x, training=False):
            return x * self.params.w[0]

        def backward(self, error_grad):
            self.grads.w = np.zeros(1)
            return error_grad * self.params.w[0]

    net = Sequential([Input((4,)), Own(), Dense(2)], seed=1)
    net.compile(Slow(), "mse")
    net.train_on_batch(np.ones((2, 4)), np.ones((2, 2)))
    net.optimizer.clipnorm = 1.0
    with pytest.raises(UsageError, match=r"Slow\(clipnorm=1.0\) cannot be saved: it has \[\], but"):
        net.save(tmp_path / "net")
    net.compile("sgd", "mse")
    net.layers[0].width = 2
    with pytest.raises(UsageError, match=r"changed since: own/w is float32 \(1,\), not float32 \(2,\)"):
        net.save(tmp_path / "net")


def test_what_compile_chose_gives_way_to_an_object_of_its_kind_only():
    net = Sequential([Input((4,)), Dense(2)], seed=1)
    net.compile("sgd", "mse")
    net.optimizer, net.loss = SGD(0.5), minifw.MAELoss()
    before = net.optimizer, net.loss, net.metrics
    for name, value in (("optimizer", "adam"), ("optimizer", None), ("loss", "mse"), ("loss", SGD()), ("metrics", ["mae"])):
        with pytest.raises(ArgumentTypeError, match=f"sequential .*{name}=.* compile"):
            setattr(net, name, value)
    with pytest.raises(ArgumentValueError, match="one value a sample"):
        net.loss = minifw.MSELoss(reduction="none")
    assert (net.optimizer, net.loss, net.metrics) == before
    with pytest.raises(UsageError, match=r"layers=.* comes too late.*add\(\) and pop\(\)"):
        net.layers = [Dense(3)]


def test_a_callback_takes_what_its_constructor_takes(tmp_path):
    stop, save = EarlyStopping(), minifw.ModelCheckpoint("a")
    stop.patience, save.filepath = 3, tmp_path / "b"
    assert stop.patience == 3 and save.filepath == str(tmp_path / "b")
    with pytest.raises(ArgumentValueError, match="patience must be in"):
        stop.patience = -1
    with pytest.raises(ArgumentValueError, match="save_freq must be"):
        save.save_freq = "epcoh"
    assert stop.patience == 3 and save.save_freq == "epoch" and LambdaCallback().on_epoch_begin(0) is None


@pytest.mark.parametrize("kind", [np.longdouble, np.float16, np.float32, np.float64])
def test_numpys_scalars_are_saved_and_do_not_widen(kind, tmp_path):
    net = Sequential([Input((4,)), minifw.Rescaling(kind(0.5)), Dropout(kind(0.5)), Dense(np.uint8(20))], seed=1)
    net.compile(SGD(kind(0.5), kind(0.5), clipnorm=kind(0.5)), minifw.HuberLoss(kind(0.5)))
    net.train_on_batch(np.ones((2, 4)), np.ones((2, 20)))
    assert net.predict(np.ones((2, 4))).dtype == np.float32
    net.save(tmp_path / "net")
    assert minifw.load_model(tmp_path / "net").fingerprint() == net.fingerprint()


def test_containers_are_guarded_too():
    for container in (Chain([Dense(2)]), Residual([Dense(2)]), Branches([Dense(2)])):
        with pytest.raises(UsageError, match=r"layers=.* comes too late"):
            container.layers = ()
