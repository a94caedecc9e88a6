"""A script written for Keras on both sides: Keras runs it as it stands, minifw after `convert`, and both are compared.

What is patched is the same on both sides: a random initializer gives values that depend on the shape alone, and `fit` takes
the rows in their order. Nothing here imports Keras or minifw: the side hands in its modules.
"""

import ast
import contextlib
import functools
import os
import re
import runpy
from pathlib import Path
from unittest import mock

import numpy as np

FOLDER = Path(__file__).parent / "keras_scripts"
SCRIPTS = sorted(path for path in FOLDER.glob("*.py") if path.stem != "conftest")

COMPARED = re.compile(r"(\w+_)?(history|scores|predictions|curve|table|rates|steps|loss|errors|shapes)")
"""The names of a script whose numbers are compared, beside the weights that its networks end with."""

RANDOM = "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "Orthogonal"
"""The classes that draw, here and there; all other random ones inherit from them."""

AT_CHANCE = re.compile(r"\b(Dropout\(0?\.[0-9]*[1-9]|GaussianNoise\()")
"""Who draws in every step differs from step to step: only what is `untrained` is compared number by number then."""


# -- from one to the other ---------------------------------------------------------------------------------------------


def convert(text, own=""):
    """Return the script for minifw: its imports, its file names and its seed call changed, nothing else.

    What `own` defines takes the place of the definitions of the same names: a layer, a loss or a metric that Keras
    differentiates or compiles itself has to be written with its `backward` here.
    """
    tree, edits = ast.parse(text), []
    seed = re.search(r"^keras\.utils\.set_random_seed\((\d+)\)$", text, flags=re.M)
    for node in ast.walk(tree):
        if seed and isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Sequential":
            end = len(text[: _end(text, node) - 1].rstrip())  # behind the last argument
            edits.append((end, end, {"(": "", ",": " "}.get(text[end - 1], ", ") + f"seed={seed[1]}"))
    replaced = {node.name: node for node in ast.parse(own).body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    for node in tree.body:
        if getattr(node, "name", None) in replaced:
            edits.append((_begin(text, node), _end(text, node), ast.get_source_segment(own, replaced[node.name])))
    for begin, end, new in sorted(edits, reverse=True):
        text = text[:begin] + new + text[end:]
    if seed:
        text = text.replace(seed[0], f"np.random.seed({seed[1]})")
    text = re.sub(r"^import keras$", "import minifw as keras", text, flags=re.M)
    text = re.sub(r"^from keras\b", "from minifw", text, flags=re.M)
    return re.sub(r"\.(keras|h5)(?=[\"'])", ".safetensors", text)


def _begin(text, node):
    return sum(len(line) for line in text.splitlines(keepends=True)[: node.lineno - 1]) + node.col_offset


def _end(text, node):
    return sum(len(line) for line in text.splitlines(keepends=True)[: node.end_lineno - 1]) + node.end_col_offset


def own_classes(path):
    """Return what a user of that script has to write anew for minifw; of most scripts nothing."""
    file = FOLDER / "own" / path.name
    return file.read_text(encoding="utf-8") if file.exists() else ""


# -- both begin alike --------------------------------------------------------------------------------------------------


def first_values(shape):
    """Return the values that a random parameter of this shape begins with."""
    fans = np.prod(shape[:-2]) * sum(shape[-2:]) if len(shape) > 1 else 2 * shape[0]
    limit = np.sqrt(6 / fans)
    return np.random.default_rng([int(n) for n in shape]).uniform(-limit, limit, shape)


@contextlib.contextmanager
def alike(sequential, initializers, draw):
    """Patch a side: `draw` makes the method `name` of a random initializer, and `fit` keeps the order of the rows.

    Args:
        sequential: The class `Sequential` of the side.
        initializers: Its module of initializers.
        draw: The name of the method that draws, and what takes its place.
    """
    fit = sequential.fit

    @functools.wraps(fit)
    def in_order(self, *args, **options):
        return fit(self, *args, **{**options, "shuffle": False})

    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(sequential, "fit", in_order))
        for name in RANDOM:
            stack.enter_context(mock.patch.object(getattr(initializers, name), *draw))
        yield


def run(text, name, folder, sequential):
    """Run a script in a folder, and return what is compared: `{name: digest}`."""
    with contextlib.chdir(folder):
        Path(name).write_text(text, encoding="utf-8")
        names = runpy.run_path(os.path.join(folder, name), run_name="__main__")
    found = {key: digest(value) for key, value in names.items() if COMPARED.fullmatch(key)}
    for key, value in names.items():
        if isinstance(value, sequential):
            arrays = [array for array in value.get_weights() if np.ndim(array)]  # Keras counts what it adapted to
            found[f"{key}.get_weights()"] = {str(i): digest(array) for i, array in enumerate(arrays)}
    at_chance = AT_CHANCE.search(text)
    return {key: shape_only(value) if at_chance and "untrained" not in key else value for key, value in found.items()}


# -- what is compared --------------------------------------------------------------------------------------------------


def digest(value):
    """Return `[shape, numbers]` of an array, dictionaries of arrays entry by entry; few numbers stand for many."""
    if hasattr(value, "history"):
        value = value.history
    if isinstance(value, dict):
        return {key: digest(entry) for key, entry in sorted(value.items())}
    if isinstance(value, (list, tuple)) and len({np.shape(entry) for entry in value}) > 1:
        return {str(i): digest(entry) for i, entry in enumerate(value)}
    array = np.asarray(value, dtype="float64")
    numbers = array.ravel()
    if numbers.size > 8:
        some = numbers[np.linspace(0, numbers.size - 1, 4).astype(int)]
        numbers = [numbers.mean(), np.sqrt(np.square(numbers).mean()), *some]
    return [list(array.shape), [float(number) for number in numbers]]


def shape_only(found):
    return {key: shape_only(value) for key, value in found.items()} if isinstance(found, dict) else [found[0], []]


def deviation(found, wanted, where=""):
    """Return by how much two digests differ, relative to the greatest number of each array; keys and shapes must agree."""
    if isinstance(wanted, dict):
        assert found.keys() == wanted.keys(), f"{where}: {sorted(found)} instead of {sorted(wanted)}"
        return max((deviation(found[key], wanted[key], f"{where} {key}") for key in wanted), default=0.0)
    assert found[0] == wanted[0], f"{where}: shape {found[0]} instead of {wanted[0]}"
    if not wanted[1]:
        return 0.0
    got, expected = np.asarray(found[1]), np.asarray(wanted[1])
    assert (np.isfinite(got) == np.isfinite(expected)).all(), where
    return float(np.abs(got - expected).max(initial=0.0) / max(np.abs(expected).max(initial=0.0), 1e-3))
