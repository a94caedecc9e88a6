"""What holds for a whole run of the tests."""

import gc
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]

collect_ignore = ["outside/mpi_script.py"]  # what each process of test_mpi.py runs

NEEDS: dict[str, tuple[str, ...]] = {
    "minifw/sklearn.py": ("sklearn",),
    "tests/outside/test_notebook.py": ("ipykernel", "matplotlib", "nbclient"),
    "tests/outside/test_pictures.py": ("matplotlib",),
    "tests/outside/test_search.py": ("dask", "distributed", "sklearn"),
    "tests/outside/test_sklearn.py": ("pandas", "sklearn"),
    "minifw/export/onnx.py": ("onnx", "onnxruntime"),
    "tests/outside/test_keras_weights.py": ("h5py",),
    "tests/outside/test_onnx.py": ("onnx", "onnxruntime"),
    "minifw/parallel.py": ("mpi4py",),
    "tests/outside/test_mpi.py": ("mpi4py",),
}
"""Files whose tests or examples need an optional package; the project's own checks install all of them and run these too."""


class Optional:
    """Leaves out of the collection what needs a package that is not installed."""

    @staticmethod
    def pytest_ignore_collect(collection_path):
        if collection_path.is_relative_to(ROOT):
            packages = NEEDS.get(collection_path.relative_to(ROOT).as_posix(), ())
            return True if any(find_spec(name) is None for name in packages) else None
        return None


def pytest_configure(config):
    """Of all folders, not of this one alone."""
    config.pluginmanager.register(Optional())


def pytest_collection_finish():
    """Thousands of collected tests are no garbage: without them each `gc.collect()` of a test takes no time."""
    gc.collect()
    gc.freeze()
