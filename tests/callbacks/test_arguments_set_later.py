"""Arguments of callbacks set between two trainings: as if they were made so, or refused as the constructor does."""

import itertools

import numpy as np
import pytest

from minifw import Dense, Input, MinifwError, Sequential, callbacks
from minifw.config import constructor

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(12, 3)), RNG.normal(size=(12, 2))
VALUES = [None, True, 0, 2, 0.5, -1, np.uint8(2), "loss", "min", "auto", "nonsense", [1]]
GIVEN = {
    "BackupAndRestore": {"backup_dir": "backup"},
    "CSVLogger": {"filename": "log.csv"},
    "LearningRateScheduler": {"schedule": lambda epoch, rate: rate / 2},
    "ModelCheckpoint": {"filepath": "net.safetensors"},
    "Recorder": {"x": X[:1], "y": Y[:1]},
}
CASES = [
    (name, argument)
    for name in callbacks.__all__
    for argument in constructor(getattr(callbacks, name))
    if argument not in ("x", "y", "filepath", "filename", "backup_dir")
]


@pytest.fixture
def train(tmp_path, monkeypatch):
    """Trains with a callback in a folder of its own; returns what came of it."""
    folders = itertools.count()

    def fit(callback, epochs=3):
        folder = tmp_path / f"{next(folders)}"
        folder.mkdir()
        monkeypatch.chdir(folder)
        net = Sequential([Input((3,)), Dense(2)], dtype="float64", seed=1)
        net.compile("sgd", "mse", metrics=["mae"])
        net.fit(X, Y, epochs=epochs, verbose=0, validation_data=(X, Y), callbacks=[callback])
        return net.history.history, net.optimizer.learning_rate, net.packed.params.tolist()

    return fit


def outcome(train, callback):
    """What came of a training, in words if it was refused."""
    try:
        return train(callback)
    except MinifwError as error:
        return str(error)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name, argument", CASES, ids=[".".join(case) for case in CASES])
def test_an_argument_set_after_a_training_is_as_if_the_callback_were_made_so(name, argument, train):
    cls, given = getattr(callbacks, name), GIVEN.get(name, {})
    for value in VALUES:
        used = cls(**given)
        train(used, epochs=1)
        try:
            fresh = cls(**{**given, argument: value})
        except MinifwError as error:
            with pytest.raises(type(error)):
                setattr(used, argument, value)
                train(used)
            continue
        setattr(used, argument, value)
        assert outcome(train, used) == outcome(train, fresh), value
