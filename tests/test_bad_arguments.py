"""Bad hyperparameters, H-01 to H-12 of the list of bad input, over every built-in class that has the argument."""

import numpy as np
import pytest

import minifw
from minifw import (
    SGD,
    ArgumentTypeError,
    ArgumentValueError,
    BinaryCrossentropyLoss,
    CategoricalCrossentropyLoss,
    Constant,
    Dense,
    GlorotNormal,
    Input,
    MSELoss,
    Sequential,
    ShapeError,
    SparseCategoricalCrossentropyLoss,
    UsageError,
)
from minifw.config import REQUIRED, constructor, registered

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
        "value": ("H-12", [NAN, "1", None, np.ones(3)]),
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
REQUIRED_ARGUMENTS |= {"activation": "relu", "input_dim": 4}


def cases():
    for kind, rules in RULES.items():
        for cls in registered(kind):
            for name, (row, values) in rules.items():
                known = constructor(cls)
                given = {n: REQUIRED_ARGUMENTS.get(n) for n, default in known.items() if default is REQUIRED}
                for value in values if name in known else ():
                    yield pytest.param(cls, {**given, name: value}, name, id=f"{row}-{cls.__name__}-{name}={value!r:.20}")


@pytest.mark.parametrize("cls, arguments, name", list(cases()))
def test_a_bad_argument_is_refused_at_construction_with_class_name_and_value(cls, arguments, name):
    with pytest.raises((ArgumentTypeError, ArgumentValueError)) as caught:
        cls(**arguments)
    text, value = str(caught.value), arguments[name]
    assert text.startswith(f"{cls.__name__}: ") and len(text) < 400
    assert repr(value) in text or repr(str(value)) in text or str(value) in text
