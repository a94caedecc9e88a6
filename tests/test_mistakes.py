"""Ninety-two mistakes, written down before the first of them was run: each gets an answer in words that help."""

import contextlib
import io
import traceback
import warnings

import numpy as np
import pytest
from mistakes import authors, data, habits

import minifw

MISTAKES = [*authors.MISTAKES, *habits.MISTAKES, *data.MISTAKES]
"""What it is, what stands before it and is right, the mistake itself, and words that a good answer holds."""


def made(*layers):
    """A compiled network of four inputs."""
    net = minifw.Sequential([minifw.Input((4,)), *layers], seed=1)
    net.compile("sgd", "mse")
    return net


def names(folder):
    """What a user has at hand."""
    rng = np.random.default_rng(1)
    classes = np.arange(8) % 3
    return {
        **{name: getattr(minifw, name) for name in minifw.__all__},
        "np": np,
        "made": made,
        "folder": str(folder),
        "__name__": "script",
        "x": rng.random((8, 4)),
        "y": np.eye(3)[classes],
        "classes": classes,
        "binary": np.arange(8.0)[:, np.newaxis] % 2,
        "net": made(minifw.Dense(5, activation="tanh"), minifw.Dense(3)),
    }


def answer(before, mistake, folder):
    """What the user sees: the error, warnings, and what was printed."""
    script, error, printed = names(folder), None, io.StringIO()
    exec(before, script)
    with warnings.catch_warnings(record=True) as told, contextlib.redirect_stdout(printed):
        warnings.simplefilter("always")
        try:
            exec(mistake, script)
        except Exception as raised:
            error = raised
    said = [str(warning.message) for warning in told]
    said += [printed.getvalue()] if mistake.lstrip().startswith("print(") else []
    said += [] if error is None else [str(error), *getattr(error, "__notes__", ())]
    return error, "\n".join(said).strip()


def is_answer(error):
    """Whether an error is one that was raised on purpose, or a user's own with a note on it."""
    if hasattr(error, "__notes__"):
        return True
    ours = traceback.extract_tb(error.__traceback__)[-1].filename.startswith(minifw.__path__[0])
    return ours and isinstance(error, (minifw.MinifwError, AttributeError, NotImplementedError))


PYTHONS_OWN = {
    "d19": "Network.backward() missing 1 required positional argument: 'error_grad'",
    "d30": "health() missing 2 required positional arguments: 'x' and 'y'",
}
"""Where Python says itself which argument of which method is missing, and nobody could say it better."""


@pytest.mark.parametrize(("title", "before", "mistake", "words"), [pytest.param(*m[:3], m[3:], id=m[0]) for m in MISTAKES])
def test_a_mistake_is_answered(title, before, mistake, words, tmp_path):
    error, text = answer(before, mistake, tmp_path)
    assert text, "silence"
    assert [word for word in words if word not in text] == [], text
    assert error is None or is_answer(error) or text == PYTHONS_OWN[title[:3]]
