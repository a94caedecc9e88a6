"""The house: who may import whom, how long a file and a function may be, and what has a name and a docstring."""

import ast
import difflib
import inspect
import io
import subprocess
import sys
import tokenize
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

import minifw

ROOT = Path(minifw.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))

# A module, or all of a folder, and its stratum. The first line that fits counts.
STRATA = {
    "0": "_typing errors advice arguments arrays attributes definitions left_out output",
    "1a": "engine/tuning engine/errstate",
    "1b": "engine/ files/atomic files/json files/machine files/safetensors",
    "1c": "config datasets functions ops/",
    "2": "constraints initializers regularizers schedules",
    "3a": "network/access network/build network/definition network/entries network/names "
    "network/tree network/views",
    "3b": "layers/base",
    "3c": "network/contract network/ownership network/tap layers/branches layers/chain layers/residual",
    "3d": "layers/",
    "3e": "network/",
    "4": "losses/ metrics/ optimizers/",
    "5a": "files/ inspect/table inspect/report",
    "5b": "inspect/",
    "5c": "callbacks/",
    "6": "training/",
    "7": "sequential",
    "8": "export/ parallel sklearn",
    "9": "__main__ activations models utils",
}
"""From the ground up: a module imports from above in this table only, and from its own folder."""

PLAIN = {f"{folder}/__init__" for folder in ("engine", "export", "files", "inspect", "network", "ops", "training")}
"""Packages that hand nothing on."""

OPTIONAL = {"torch", "onnx", "onnxruntime", "matplotlib", "tqdm", "pandas", "polars", "scipy", "sklearn", "multiprocessing"}
OPTIONAL |= {"h5py", "mpi4py"}
OPTIONAL |= {"select", "termios", "tty"}  # a browser's Python has none of them
QUICK = "inspect.trace.", "export.", "files.loading", "files.torch", "team"
"""Rooms of the package that it loads when they are entered, so that importing it stays quick."""
SLOW = {"csv", "json", "hashlib", "pathlib", "tempfile", "difflib", "ctypes", "zipfile"}


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return "/".join(parts)


MODULES = {module_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in FILES}

# These inherit from another package's classes, so where it is missing they cannot be imported.
INHERITING = {"sklearn": "sklearn"}
ABSENT = {module for module, package in INHERITING.items() if find_spec(package) is None}
IMPORTABLE = [
    "minifw." + module.removesuffix("/__init__").replace("/", ".")
    for module in MODULES
    if module not in {"__init__", "__main__", *ABSENT}
]


def stratum(module):
    """The stratum of a module, with its letter."""
    if module.split("/")[-1] == "__init__" and module not in PLAIN:
        return "9"
    for name, members in STRATA.items():
        for member in members.split():
            if module == member or (member.endswith("/") and module.startswith(member)):
                return name
    return None


def statements(body):
    """The statements that run at import; `if TYPE_CHECKING` does not, and neither does the inside of a function."""
    for statement in body:
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            yield from statements(statement.orelse)
        elif isinstance(statement, (ast.If, ast.Try, ast.With, ast.ClassDef, ast.For, ast.While)):
            for part in ("body", "orelse", "finalbody"):
                yield from statements(getattr(statement, part, []))
            for handler in getattr(statement, "handlers", []):
                yield from statements(handler.body)
        else:
            yield statement


def imported(module, statement):
    """The modules of the package that an import statement of `module` loads on purpose."""
    if isinstance(statement, ast.Import):
        assert not any(alias.name.split(".")[0] == "minifw" for alias in statement.names), f"{module}: import relatively"
        return
    if not isinstance(statement, ast.ImportFrom):
        return
    if statement.level:
        folder = module.split("/")[: -statement.level]
    elif (statement.module or "").split(".")[0] == "minifw":
        folder = []
    else:
        return
    inner = (statement.module or "").split(".")
    base = [part for part in [*folder, *(inner if statement.level else inner[1:])] if part]
    if "/".join(base) in MODULES:
        yield "/".join(base)
        return
    for alias in statement.names:
        inside = "/".join([*base, alias.name])
        if inside in MODULES:
            yield inside
        elif f"{inside}/__init__" in MODULES:
            yield f"{inside}/__init__"
        else:
            yield "/".join([*base, "__init__"])


GRAPH = {
    module: {name for statement in statements(tree.body) for name in imported(module, statement)} - {module}
    for module, tree in MODULES.items()
}


# -- who imports whom -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_its_place_and_imports_from_above_only(module):
    own = stratum(module)
    assert own is not None, f"{module} is in no stratum of DESIGN section 4"
    wrong = []
    for other in GRAPH[module]:
        found = stratum(other)
        siblings = own == found and module.rpartition("/")[0] == other.rpartition("/")[0]
        packages = own == found == "9"
        if not (siblings or packages or (found is not None and (found[0], found[1:] or "a") < (own[0], own[1:] or "a"))):
            wrong.append(f"{other} ({found})")
    assert not wrong, f"{module} ({own}) imports {', '.join(wrong)}"


def test_there_are_no_import_cycles():
    state, path = {}, []

    def visit(module):
        state[module] = "open"
        path.append(module)
        for other in sorted(GRAPH[module]):
            if state.get(other) == "open":
                raise AssertionError(" -> ".join([*path[path.index(other) :], other]))
            if other not in state:
                visit(other)
        state[module] = "done"
        path.pop()

    for module in GRAPH:
        if module not in state:
            visit(module)


def test_the_walk_sees_the_imports():
    assert {"layers/activated", "engine/affine", "_typing", "network/views"} <= GRAPH["layers/dense"]
    assert "network/network" in GRAPH["sequential"] and "network/network" not in GRAPH["layers/base"]
    assert "ops/__init__" in GRAPH["layers/activations"] and "network/tree" in GRAPH["network/network"]
    assert sum(map(len, GRAPH.values())) > 200


@pytest.mark.parametrize("module", MODULES)
def test_functions_import_only_what_is_optional_or_slow(module):
    top = {id(statement) for statement in statements(MODULES[module].body)}
    for node in ast.walk(MODULES[module]):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for inner in ast.walk(node):
                if isinstance(inner, (ast.Import, ast.ImportFrom)) and id(inner) not in top:
                    names = [alias.name for alias in inner.names] if isinstance(inner, ast.Import) else [inner.module or "."]
                    names = [name for name in names if not name.startswith(QUICK)]
                    assert {name.split(".")[0] for name in names} <= OPTIONAL | SLOW, ast.unparse(inner)


@pytest.mark.parametrize("module", MODULES)
def test_only_numpy_typing_extensions_and_the_standard_library_are_needed(module):
    for statement in statements(MODULES[module].body):
        if isinstance(statement, ast.Import):
            found = {alias.name.split(".")[0] for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom) and not statement.level:
            found = {(statement.module or "").split(".")[0]}
        else:
            continue
        inherited = {INHERITING[module]} if module in INHERITING else set()
        assert found <= {"numpy", "typing_extensions", "minifw"} | inherited | sys.stdlib_module_names


def test_every_module_can_be_imported_first():
    """A hidden cycle would show as an error when another module than the package's first is asked for."""
    code = "import sys, importlib\nfor name in sys.argv[1:]:\n    importlib.import_module(name)"
    subprocess.run([sys.executable, "-W", "error", "-c", code, *sorted(IMPORTABLE, reverse=True)], check=True)


def test_importing_loads_nothing_slow_or_optional():
    code = "import sys, numpy, typing_extensions; known = set(sys.modules); import minifw; print(*set(sys.modules) - known)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "minifw.sequential" in loaded and not loaded & (OPTIONAL | SLOW | {"numpy.random"})


def test_nothing_relies_on_assert_and_training_warns_of_nothing():
    code = """if True:
        import numpy as np
        from minifw import *
        net = Sequential([Input((5,)), Dense(3, "relu", kernel_regularizer="l2"), Dropout(0.5), Dense(2)], seed=1)
        net.compile("adam", "mse", metrics=["mae"])
        net.fit(np.ones((9, 5)), np.ones((9, 2)), batch_size=4, epochs=2, validation_split=0.3, verbose=0)
        try:
            net.predict(np.ones((2, 4)))
        except ShapeError:
            print(net.predict(np.ones((2, 5))).shape)"""
    found = subprocess.run([sys.executable, "-O", "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert (found.stdout.strip(), found.stderr) == ("(2, 2)", "")


# -- sizes ------------------------------------------------------------------------------------------------------------


NO_CODE = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


def code_lines(path):
    """The numbers of the lines that hold code: not blank, no comment, no docstring."""
    text = path.read_text(encoding="utf-8")
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines -= set(range(node.lineno, node.end_lineno + 1))
    return lines


@pytest.mark.parametrize("path", FILES, ids=[module_of(path) for path in FILES])
def test_no_file_is_longer_than_350_lines_and_no_function_than_40(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 350
    code = code_lines(path)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = len(code & set(range(node.lineno, node.end_lineno + 1)))
            assert length <= 40, f"{node.name} has {length} lines of code"


def test_the_top_level_holds_what_the_user_fixed():
    fixed = {"pyproject.toml", "minifw", "tests", "benchmarks", "examples", "README.md", "LICENSE", "dist", "build"}
    assert {path.name for path in ROOT.parent.iterdir() if not path.name.startswith(".")} <= fixed


# -- names ------------------------------------------------------------------------------------------------------------


def everything():
    """All modules, imported."""
    return [import_module(name) for name in IMPORTABLE]


PUBLIC = [
    value
    for module in everything()
    for name, value in vars(module).items()
    if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__ and callable(value)
]


def test_every_configurable_class_callback_and_exception_is_a_name_of_the_package():
    bases = minifw.config.Configurable, minifw.Callback, minifw.MinifwError
    found = {cls for cls in PUBLIC if isinstance(cls, type) and issubclass(cls, bases)} - {minifw.config.Configurable}
    internal = {
        "Labelled",
        "MeanLoss",
        "Wrapped",
        "OfFunctions",
        "Moments",
        "UndeclaredError",
        "Activated",
        "AffineNormalizer",
        "AlongAxis",
        "Convolution",
        "Pooling",
        "MaxPooling",
        "AveragePooling",
        "GlobalPooling",
        "GlobalAveragePooling",
        "GlobalMaxPooling",
        "ZeroPadding",
        "UpSampling",
    }
    missing = sorted(
        cls.__name__ for cls in found if cls.__name__ not in internal and getattr(minifw, cls.__name__, None) is not cls
    )
    assert not missing


def test_every_class_of_the_package_is_defined_once_and_under_its_own_name():
    classes = {name: value for name, value in vars(minifw).items() if isinstance(value, type)}
    assert all(name == cls.__name__ and cls.__module__.startswith("minifw.") for name, cls in classes.items())
    assert not {"sigmoid", "softmax", "MeanSquaredErrorLoss"} & set(vars(minifw))


@pytest.mark.parametrize("package", ["layers", "losses", "metrics", "optimizers", "callbacks", "ops", "models"])
def test_all_lists_what_a_module_of_keras_offers(package):
    module = getattr(minifw, package)
    assert len(module.__all__) == len(set(module.__all__)) and all(hasattr(module, name) for name in module.__all__)
    own = {name for name, value in vars(module).items() if isinstance(value, type) and not name.startswith("_")}
    assert own <= set(module.__all__)


def test_keras_modules_are_there():
    for name in ("layers", "losses", "optimizers", "metrics", "callbacks", "models"):
        assert inspect.ismodule(getattr(minifw, name))
    assert all(inspect.ismodule(getattr(minifw, name)) for name in ("initializers", "regularizers", "constraints"))
    assert minifw.optimizers.schedules is minifw.schedules and minifw.models.Sequential is minifw.Sequential
    assert isinstance(minifw.__version__, str)


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_a_docstring(module):
    docstring = ast.get_docstring(MODULES[module])
    assert docstring and docstring.split("\n")[0].endswith((".", "?"))


@pytest.mark.parametrize("thing", PUBLIC, ids=lambda thing: f"{thing.__module__}.{thing.__name__}")
def test_every_public_name_has_a_docstring(thing):
    assert thing.__doc__ and thing.__doc__.strip()
    if not isinstance(thing, type):
        return
    assert "__doc__" in vars(thing)
    for name, value in vars(thing).items():
        function = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
        if name.startswith("_") or not inspect.isfunction(function) or function.__module__ != thing.__module__:
            continue
        inherited = any(name in vars(base) for base in thing.__mro__[1:])
        assert inherited or function.__doc__, f"{thing.__name__}.{name}"


def test_a_layer_has_at_most_eleven_public_methods():
    classes = minifw.Layer.__mro__[:-1]
    methods = {name for cls in classes for name, value in vars(cls).items() if inspect.isfunction(value) and name[0] != "_"}
    assert len(methods) <= 11, methods


def test_the_package_is_typed():
    assert (ROOT / "py.typed").exists()


def test_a_star_import_and_dir_hold_what_all_says_and_no_more():
    code = "import minifw; from minifw import *; print(sorted(name for name in globals() if name in dir(minifw)))"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, capture_output=True, text=True)
    assert ast.literal_eval(done.stdout) == sorted({*minifw.__all__, "__doc__"})
    assert set(dir(minifw)) == {*minifw.__all__, "__doc__", "__version__"}


def test_all_is_written_so_that_type_checkers_see_it():
    tree = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8"))
    listed = next(node.value for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == "__all__")
    assert ast.literal_eval(listed) == minifw.__all__


CONTRACTS = minifw.Layer, minifw.losses.Loss, minifw.Optimizer, minifw.Metric, minifw.Callback


def misspelt(cls):
    """The methods of a class that look like one of its contract's, and are none."""
    inherited = {name for base in cls.__mro__[1:] for name in vars(base)} | {"slope", "save_weights"}
    known = {name for base in CONTRACTS if issubclass(cls, base) for name, value in vars(base).items() if name[0] != "_"}
    for name, value in vars(cls).items():
        if name not in known | inherited and name[0] != "_" and inspect.isfunction(value):
            yield from difflib.get_close_matches(name, known, 1, 0.85)


def test_no_method_of_the_contract_is_misspelt():
    assert [(thing.__name__, *misspelt(thing)) for thing in PUBLIC if isinstance(thing, type) and [*misspelt(thing)]] == []
    assert list(misspelt(type("Typo", (minifw.Layer,), {"bakward": lambda self, g: g}))) == ["backward"]
