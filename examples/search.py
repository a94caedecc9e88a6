"""Which layers, and which learning rate? scikit-learn tries them all on the handwritten digits, on one machine or on many.

    python examples/search.py           needs scikit-learn: pip install "minifw[sklearn]"
    python examples/search.py --dask    needs Dask too: pip install "dask[distributed]"

With `--dask` the same search runs on a Dask cluster, which is started here: two processes of this machine. Where there is
a real one, `Client("tcp://scheduler:8786")` is all that changes. The scores are the same numbers wherever they were found,
because `random_state` fixes the weights that each training starts from and the order of its samples.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from minifw import Dense, Dropout

DATA = Path(__file__).parent / "data" / "digits.npz"
GRID = {
    "layers": [(32,), (64, 32), [Dense(64, activation="gelu"), Dropout(0.2), 32]],
    "learning_rate": [0.001, 0.01],
}


def load() -> tuple[np.ndarray, np.ndarray]:
    """Return images as rows of 64 pixels from 0 to 1, `(1797, 64)`, and their digits, `(1797,)`."""
    with np.load(DATA, allow_pickle=False) as file:
        return (file["images"] / 16).astype(np.float32).reshape(-1, 64), file["labels"]


@contextmanager
def cluster() -> Iterator[None]:
    """Start a Dask cluster, let joblib, and so scikit-learn, work on it, and end it."""
    import joblib
    from dask.distributed import Client, LocalCluster

    # any free port, and no word of a worker that takes its time to end
    quiet = {"dashboard_address": ":0", "silence_logs": logging.ERROR}
    with (
        TemporaryDirectory() as folder,
        LocalCluster(n_workers=2, threads_per_worker=1, local_directory=folder, **quiet) as local,
        Client(local),
        joblib.parallel_config("dask"),
    ):
        yield


def search(epochs: int = 10) -> Any:
    """Return the search with all its scores, each the mean over three folds."""
    from sklearn.model_selection import GridSearchCV

    from minifw.sklearn import MinifwClassifier

    return GridSearchCV(MinifwClassifier(epochs=epochs, batch_size=32, random_state=1), GRID, cv=3).fit(*load())


def print_table(found: Any) -> None:
    """Print a line a candidate, the best first."""
    results = found.cv_results_
    print("  right  ±      rate   layers")
    for i in np.argsort(results["rank_test_score"], kind="stable"):
        mean, spread, tried = results["mean_test_score"][i], results["std_test_score"][i], results["params"][i]
        print(f"  {mean:.1%}  {spread:.1%}  {tried['learning_rate']:<5}  {list(tried['layers'])}")


def main(dask: bool = False) -> Any:
    began = time.perf_counter()
    try:
        with cluster() if dask else nullcontext():
            found = search()
    except ImportError as error:
        needed, also = ("scikit-learn and Dask", ' "dask[distributed]"') if dask else ("scikit-learn", "")
        print(f'this example needs {needed}: pip install "minifw[sklearn]"{also} ({error})')
        return None
    print_table(found)
    where = "on a Dask cluster" if dask else "in this process"
    print(f"{len(found.cv_results_['params'])} candidates, three folds each, {time.perf_counter() - began:.1f} s {where}")
    return found


if __name__ == "__main__":
    main(dask="--dask" in sys.argv[1:])
