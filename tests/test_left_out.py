"""Whoever asks for a name that is not there learns what to use instead, in each way of asking."""

import ast
import inspect
import pickle
import re
from pathlib import Path

import numpy as np
import pytest

import minifw
from minifw.left_out import LEFT_OUT, explain

MODULES = [minifw, *(module for name, module in vars(minifw).items() if name in minifw.__all__ and inspect.ismodule(module))]
NAMES = [name for names in LEFT_OUT for name in names.split()]
WAYS = {
    "import from the package": "from minifw import {0}",
    "import from a module": "from minifw.layers import Dense, {0}",
    "import under another name": "from minifw.layers import {0} as mine",
    "attribute": "minifw.{0}",
    "attribute of a module": "minifw.layers.{0}",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["LSTM", "MultiHeadAttention", "TensorBoard", "Model", "GradientTape", "Conv2DTranspose"])
def test_a_name_left_out_on_purpose_answers_with_what_to_use(way, name):
    error = ImportError if "import" in way else AttributeError
    with pytest.raises(error, match=rf"^minifw(\.layers)? has no '{name}': left out on purpose; \w+") as caught:
        exec(WAYS[way].format(name), {"minifw": minifw})
    assert next(reason for names, reason in LEFT_OUT.items() if name in names.split()) in str(caught.value)


@pytest.mark.parametrize("way", WAYS)
def test_a_misspelt_name_gets_the_nearest(way):
    with pytest.raises((ImportError, AttributeError), match=r"has no 'Desne'; did you mean 'Dense'"):
        exec(WAYS[way].format("Desne"), {"minifw": minifw})


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_module_answers_and_hasattr_stays_false(module):
    assert not hasattr(module, "LSTM") and getattr(module, "LSTM", None) is None and not hasattr(module, "__wrapped__")
    with pytest.raises(ImportError, match="left out on purpose") as caught:
        exec(f"from {module.__name__} import LSTM")
    assert (caught.value.name, caught.value.path) == ("LSTM", module.__file__)


def test_what_keras_calculates_with_is_numpys():
    with pytest.raises(AttributeError, match=r"arrays are NumPy's: np\.mean"):
        minifw.ops.mean.reduce()
    with pytest.raises(AttributeError, match="has no 'sigmoyd'; did you mean 'sigmoid'"):
        minifw.ops.sigmoyd(1)


def test_nothing_in_the_table_is_there_and_no_name_stands_twice():
    assert len(NAMES) == len(set(NAMES))
    here = [f"{module.__name__}.{name}" for module in MODULES for name in NAMES if name in getattr(module, "__all__", ())]
    assert not here


def test_what_the_table_names_is_there():
    words = {word for reason in LEFT_OUT.values() for word in re.findall(r"\b[A-Z]\w+[a-z]\w*|\b[A-Z]+[a-z]+\w*", reason)}
    assert words - {"NumPy", "None", "True"} <= set(dir(minifw))
    for text in re.findall(r"\b(?:utils|layers|np)\.[\w.]+", " ".join(LEFT_OUT.values())):
        assert eval(text, {"np": np, "utils": minifw.utils, "layers": minifw.layers}) is not None


def test_modules_are_still_modules():
    assert pickle.loads(pickle.dumps(minifw.Dense)) is minifw.Dense
    assert not [name for name in dir(minifw) if name in NAMES]
    source = ast.parse(Path(minifw.__file__).read_text(encoding="utf-8"))
    assert not [node for node in source.body if getattr(node, "name", "") == "__getattr__"]  # type checkers would allow any


def test_it_explains_to_whoever_calls_it():
    with pytest.raises(AttributeError, match="minifw has no 'Foo'"):
        explain(minifw, "Foo")
