"""Optimizers arrive where those of Keras and of PyTorch do."""

import copy
import json
from pathlib import Path

import numpy as np
import pytest

from minifw import SGD, Adam, AdamW, optimizers, schedules

TORCH = dict(np.load(Path(__file__).parents[1] / "reference" / "torch.npz"))
KERAS = dict(np.load(Path(__file__).parents[1] / "reference" / "optimizers.npz"))
CASES = json.loads(str(KERAS["optimizers"]))
TOLERANCES = {"float64": {"rtol": 1e-12, "atol": 1e-14}, "float32": {"rtol": 1e-5, "atol": 2e-6}}


def test_the_reference_has_every_optimizer_with_every_common_argument():
    names = {name for name, _ in CASES.values()}
    assert names == set(optimizers.__all__) - {"Optimizer", "schedules"}
    for option in ("weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "use_ema", "gradient_accumulation_steps"):
        assert names == {name for name, options in CASES.values() if option in options}


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("label", CASES)
def test_optimizer_arrives_where_keras_does(label, dtype):
    name, options = CASES[label]
    if isinstance(options["learning_rate"], list):
        schedule, its = options["learning_rate"]
        options = {**options, "learning_rate": getattr(schedules, schedule)(**its)}
    optimizer = getattr(optimizers, name)(**options)
    w = KERAS["start"].astype(dtype)
    g = np.empty_like(w)
    pairs = [(w[:12].reshape(4, 3), g[:12].reshape(4, 3)), (w[12:], g[12:])]
    for g[...] in KERAS["grads"]:
        optimizer.step(pairs)
    optimizer.finalize(pairs)
    assert w.dtype == dtype
    assert np.allclose(w, KERAS["ends"][list(CASES).index(label)], **TOLERANCES[dtype])


@pytest.mark.parametrize(
    ("name", "optimizer"),
    [
        ("sgd", SGD(0.01)),
        ("sgd_momentum", SGD(0.01, momentum=0.9)),
        ("sgd_nesterov", SGD(0.01, momentum=0.9, nesterov=True)),
        ("sgd_decay", SGD(0.01, weight_decay=0.1)),
        ("adam", Adam(0.01, epsilon=1e-30)),
        ("adam_amsgrad", Adam(0.01, epsilon=1e-30, amsgrad=True)),
        ("adam_decay", AdamW(0.01, epsilon=1e-30, weight_decay=0.1)),
    ],
)
def test_optimizer_arrives_where_that_of_torch_does(name, optimizer):
    w, g, optimizer = TORCH["start"].copy(), np.empty_like(TORCH["start"]), copy.deepcopy(optimizer)
    for g[...] in TORCH["grads"]:
        optimizer.step([(w, g)])
    assert np.allclose(w, TORCH[name], rtol=1e-11, atol=1e-13)
