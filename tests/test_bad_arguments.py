"""Bad hyperparameters, H-01 to H-12 of the list of bad input, over every built-in class that has the argument."""

import numpy as np
import pytest
from builders import network, refused

import minifw
from minifw import SGD, Constant, GlorotNormal, Sequential
from minifw.config import REQUIRED, constructor, registered
from minifw.errors import ArgumentTypeError, ArgumentValueError, ShapeError, UsageError
from minifw.layers import Dense, Input
from minifw.losses import BinaryCrossentropyLoss, CategoricalCrossentropyLoss, MSELoss, SparseCategoricalCrossentropyLoss

NAN, INF = float("nan"), float("inf")
X, Y = np.random.default_rng(0).normal(size=(6, 5)), np.zeros((6, 2))

SHARES, NAMES = [-0.1, 1.0, 1, 2, NAN, "0.5", True], [3, "no_such_name", object()]
COUNTS = [0, -3, 2.5, True, "10", None, NAN]
RULES = {
    "optimizer": {
        "learning_rate": ("H-01", [-1.0, NAN, INF, "0.1", True, None, np.ones(2), [0.1]]),
        **dict.fromkeys(("beta_1", "beta_2", "rho", "momentum"), ("H-02", [*SHARES, None])),
        "epsilon": ("H-02", [-1e-9, NAN, "0", True, None]),
        "weight_decay": ("H-02", [-0.1, NAN, "1", True]),
        **dict.fromkeys(("clipnorm", "clipvalue", "global_clipnorm"), ("H-02", [0, -1.0, NAN, "1", True])),
    },
    "layer": {
        **dict.fromkeys(("units", "filters", "output_dim"), ("H-03", COUNTS)),
        "rate": ("H-04", [-0.1, 1.0, 1.5, NAN, "0.5", True, None]),
        "negative_slope": ("H-04", [NAN, INF, "0.1", True, None]),
        "alpha": ("H-04", [0, -1.0, NAN, "1", True, None]),
        "momentum": ("H-02", [-0.1, 1.1, NAN, "0.9", True]),
        "epsilon": ("H-02", [-1e-3, NAN, "0", True, None]),
        "activation": ("H-07", NAMES),
        **dict.fromkeys(("kernel_initializer", "beta_initializer", "alpha_initializer"), ("H-07", NAMES)),
        **dict.fromkeys(("kernel_regularizer", "gamma_regularizer", "alpha_regularizer"), ("H-07", NAMES)),
        **dict.fromkeys(("bias_constraint", "beta_constraint", "embeddings_constraint"), ("H-07", NAMES)),
        "seed": ("H-08", [-1, 2**64, 0.5, "1", True, np.random.default_rng(0)]),
        "dtype": ("H-11", ["int32", "float16", "complex64", "float33", np.longdouble, ">f4", object, None, 3]),
    },
    "initializer": {
        "seed": ("H-08", [-1, 2**64, 0.5, "1", True, np.random.default_rng(0)]),
        "stddev": ("H-12", [-1.0, NAN, "1", None]),
        "scale": ("H-12", [0, -1.0, NAN, "1"]),
        "value": ("H-12", [NAN, "1", None]),
    },
    "regularizer": dict.fromkeys(("l1", "l2"), ("H-12", [-0.1, NAN, "x", True, None])),
    "loss": {
        "from_logits": ("H-07", [1, "yes", None]),
        "reduction": ("H-07", ["avg", 3, True]),
        "label_smoothing": ("H-02", [-0.1, 1.1, NAN, "0", None]),
        "delta": ("H-02", [-1.0, NAN, "1", None]),
    },
    "metric": {"threshold": ("H-02", [NAN, "0.5", True]), "k": ("H-03", [0, -1, 2.5, True, "5", None])},
}
REQUIRED_ARGUMENTS = {"units": 3, "filters": 2, "kernel_size": 3, "output_dim": 3, "rate": 0.5, "stddev": 1.0, "scale": 2.0}
REQUIRED_ARGUMENTS |= {"activation": "relu", "input_dim": 4, "function": np.subtract, "gradient": np.subtract}


def cases():
    for kind, rules in RULES.items():
        for cls in registered(kind):
            for name, (row, values) in rules.items():
                known = constructor(cls)
                needed = [n for n, default in known.items() if default is REQUIRED or n == "gradient"]
                given = {n: REQUIRED_ARGUMENTS.get(n) for n in needed}
                for value in values if name in known else ():
                    yield pytest.param(cls, {**given, name: value}, name, id=f"{row}-{cls.__name__}-{name}={value!r:.20}")


@pytest.mark.parametrize("cls, arguments, name", list(cases()))
def test_a_bad_argument_is_refused_at_construction_with_class_name_and_value(cls, arguments, name):
    with pytest.raises((ArgumentTypeError, ArgumentValueError)) as caught:
        cls(**arguments)
    text, value = str(caught.value), arguments[name]
    assert text.startswith(f"{cls.__name__}: ") and len(text) < 400
    assert repr(value) in text or repr(str(value)) in text or str(value) in text


LEGAL = {
    "H-01 rate 0": lambda: SGD(0),
    "H-01 whole rate": lambda: SGD(1),
    "H-02 epsilon 0": lambda: minifw.Adam(epsilon=0, beta_1=0, beta_2=0, weight_decay=0),
    "H-02 momentum of BatchNormalization": lambda: [minifw.BatchNormalization(momentum=m) for m in (0, 1)],
    "H-03 units of NumPy": lambda: Dense(np.int32(3)),
    "H-04 rate 0": lambda: minifw.Dropout(0),
    "H-04 negative slope": lambda: minifw.LeakyReLU(-0.5),
    "H-08 seeds": lambda: [Sequential(seed=seed) for seed in (None, 0, 2**64 - 1)],
    "H-11 dtypes": lambda: [Sequential(dtype=dtype) for dtype in (float, "f4", np.float32, np.dtype("float64"))],
    "H-12 no penalty": lambda: minifw.L1L2(0, 0),
}


@pytest.mark.parametrize("make", LEGAL.values(), ids=LEGAL)
def test_what_is_unusual_but_legal_is_taken(make):
    make()


# -- verbs ------------------------------------------------------------------------------------------------------------


def with_momentum(loss="mse", units=2, activation=None):
    layers = Dense(4, activation="tanh"), Dense(units, activation=activation)
    return network(*layers, optimizer=SGD(0.1, momentum=0.9), loss=loss)


WHOLE = [0, -1, 2.0, True, "8", NAN]
VERBS = {
    "fit": {
        "batch_size": ("H-05", WHOLE),
        "epochs": ("H-05", [-1, 2.0, True, None, "3"]),
        "initial_epoch": ("H-05", [-1, 1.5, None]),
        "steps_per_epoch": ("H-05", WHOLE),
        "validation_batch_size": ("H-05", WHOLE),
        "validation_steps": ("H-05", WHOLE),
        "validation_split": ("H-06", [1.0, 1, -0.1, 1.5, NAN, "0.2", True]),
    },
    "evaluate": {"batch_size": ("H-05", WHOLE), "steps": ("H-05", WHOLE)},
    "predict": {"batch_size": ("H-05", WHOLE), "steps": ("H-05", WHOLE)},
}
VERB_CASES = [
    pytest.param(verb, name, value, id=f"{row}-{verb}-{name}={value!r}")
    for verb, names in VERBS.items()
    for name, (row, values) in names.items()
    for value in values
]


@pytest.mark.parametrize("verb, name, value", VERB_CASES)
def test_a_bad_argument_of_a_verb_is_refused_before_anything_happens(verb, name, value):
    more = {"fit": {"validation_data": (X, Y)}, "evaluate": {}, "predict": {}}[verb]
    data = (X,) if verb == "predict" else (X, Y)
    text = refused(
        with_momentum(), lambda net: getattr(net, verb)(*data, **{**more, name: value}), (TypeError, ValueError), name
    )
    assert text.startswith(f"{verb}: {name} must be ") and str(value) in text


@pytest.mark.parametrize("share", [1e-17, 0.9], ids=["H-06 nothing validates", "H-06 nothing trains"])
def test_a_split_that_leaves_nothing_says_both_numbers(share):
    n = 6 if share < 0.5 else 1
    refused(
        with_momentum(),
        lambda net: net.fit(X[:n], Y[:n], validation_split=share),
        ValueError,
        f"{share} of {n} sample.*need at least one",
    )


def test_no_epochs_are_a_legal_nothing():  # H-05
    net = with_momentum()
    before = net.packed.params.tobytes()
    assert net.fit(X, Y, epochs=0, verbose=0).history == {} and net.packed.params.tobytes() == before


UNKNOWN = {
    "H-07 optimizer": (
        lambda net: net.compile("adm", "mse"),
        ValueError,
        "compile: unknown optimizer 'adm'; did you mean .*'Adam'",
    ),
    "H-07 loss": (lambda net: net.compile("sgd", "msse"), ValueError, "compile: unknown loss 'msse'; did you mean .*'mse'"),
    "H-07 metric": (
        lambda net: net.compile("sgd", "mse", metrics=["acuracy"]),
        ValueError,
        "compile: unknown metric 'acuracy'; did you mean 'Accuracy'",
    ),
    "H-07 activation": (
        lambda net: Dense(3, activation="sigmiod"),
        ValueError,
        "Dense: unknown activation 'sigmiod'.*'Sigmoid'",
    ),
    "H-07 initializer": (
        lambda net: Dense(3, kernel_initializer="glorot_unform"),
        ValueError,
        "Dense: kernel_initializer: unknown initializer 'glorot_unform'; did you mean .*'GlorotUniform'",
    ),
    "H-07 Dense": (lambda net: Dense(3, activatoin="relu"), TypeError, "Dense has no argument 'activatoin'.*'activation'"),
    "H-07 SGD": (lambda net: SGD(momentm=0.1), TypeError, "SGD has no argument 'momentm'.*'momentum'"),
    "H-07 loss argument": (
        lambda net: MSELoss(reducton="sum"),
        TypeError,
        "MSELoss has no argument 'reducton'.*'reduction'",
    ),
    "H-07 compile": (
        lambda net: net.compile(optimiser="sgd"),
        TypeError,
        "compile has no argument 'optimiser'.*'optimizer'",
    ),
    "H-07 fit": (lambda net: net.fit(X, Y, epoch=3), TypeError, "fit has no argument 'epoch'.*'epochs'"),
    "H-07 jit": (
        lambda net: net.compile("sgd", "mse", jit_compile=True),
        TypeError,
        "'jit_compile'.*no meaning here: nothing",
    ),
}


@pytest.mark.parametrize("use, error, words", UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_name_gets_the_nearest_ones(use, error, words):
    net = with_momentum()
    before = net.optimizer, net.loss, net.metrics
    refused(net, use, error, words)
    assert (net.optimizer, net.loss, net.metrics) == before


# -- the learning rate, sizes and shapes ------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [NAN, INF, -1.0, "0.1", None, True], ids=lambda value: f"H-01-{value!r}")
def test_a_rate_that_goes_wrong_later_is_refused_too(value):
    for use in (lambda net: net.train_on_batch(X, Y), lambda net: net.fit(X, Y, verbose=0)):
        net = with_momentum()
        net.compile(SGD(lambda step: value if step == 1 else 0.1, momentum=0.9), "mse")
        use(net)
        refused(net, use, (TypeError, ValueError), "learning rate schedule .* at step 1")
    with pytest.raises((TypeError, ValueError), match="SGD: learning_rate must be"):
        net.optimizer.learning_rate = value
    with pytest.raises((TypeError, ValueError), match="ExponentialDecay: initial_learning_rate must be"):
        minifw.ExponentialDecay(value, 10, 0.5)


@pytest.mark.parametrize(
    "build", [lambda layer: Sequential([Input((5,)), layer]), lambda layer: layer(X)], ids=["H-03-Sequential", "H-03-call"]
)
def test_more_than_fits_into_memory_says_how_much(build):
    with pytest.raises(MemoryError, match=r"Unable to allocate .* TiB"):
        build(Dense(10**12))


@pytest.mark.parametrize(
    "loss, units, y",
    [
        (CategoricalCrossentropyLoss, 2, np.eye(3)[[0, 1, 2, 0, 1, 2]]),
        (SparseCategoricalCrossentropyLoss, 2, [0, 1, 2, 0, 1, 2]),
        (BinaryCrossentropyLoss, 2, [0, 1, 0, 0, 1, 1]),
        (MSELoss, 3, Y),
    ],
    ids=["H-09 one-hot", "H-09 sparse", "H-09 binary", "H-09 mse"],
)
@pytest.mark.parametrize("verb", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_an_output_of_another_width_is_refused_at_the_first_batch(verb, loss, units, y):
    net = with_momentum(loss(), units, "sigmoid")
    refused(net, lambda net: getattr(net, verb)(X, y), ValueError, rf"^{loss.__name__}: .*\b{units}\b")


@pytest.mark.parametrize(
    "use",
    [
        lambda net: net.fit(X, Y),
        lambda net: net.evaluate(X, Y),
        lambda net: net.predict(X),
        lambda net: net.predict_on_batch(X),
        lambda net: net.train_on_batch(X, Y),
        lambda net: net.test_on_batch(X, Y),
        lambda net: net.forward(X),
        lambda net: net(X),
        lambda net: net.build((5,)),
    ],
    ids=[
        f"H-10-{name}"
        for name in (
            "fit",
            "evaluate",
            "predict",
            "predict_on_batch",
            "train_on_batch",
            "test_on_batch",
            "forward",
            "call",
            "build",
        )
    ],
)
def test_an_empty_network_says_what_it_needs(use):
    net = Sequential()
    net.compile("sgd", "mse")
    with pytest.raises(UsageError, match=r"sequential \(Sequential\) has no layers; add one first"):
        use(net)


class Odd(Constant):
    """Returns another shape than it was asked for."""

    def draw(self, shape, rng):
        return np.zeros(3)


def test_an_initializer_of_another_shape_and_one_for_no_inputs():  # H-12
    with pytest.raises(ShapeError, match=r"returned shape \(3,\) for a parameter of shape \(5, 2\)"):
        Sequential([Input((5,)), Dense(2, kernel_initializer=Odd())])
    with pytest.raises(ValueError, match=r"\b0\b"):
        Dense(2, kernel_initializer=GlorotNormal()).build((0,))
