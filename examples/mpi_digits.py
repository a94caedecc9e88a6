"""Reads handwritten digits with as many processes as `mpiexec` starts, on one machine or on many.

    pip install "minifw[mpi]" mpich
    OPENBLAS_NUM_THREADS=1 mpiexec -n 2 python examples/mpi_digits.py

Each process runs all of this and takes its rows of every batch. They all end with the same bits, and with the numbers of one
process up to rounding: run it with another `-n`, or without `mpiexec`, and compare. Many processes pay on many machines,
with networks far larger than this one.
"""

from __future__ import annotations

import time
from typing import Any

from digits import load, network, split

from minifw.parallel import MPITeam


def team() -> Any:
    """Return all processes, or `None` where there is no MPI."""
    try:
        return MPITeam()
    except ImportError as error:
        print(f"alone, since {error}")
        return None


def main(seed: int = 1, epochs: int = 5) -> float:
    together = team()
    images, labels = load()
    train, test = split(labels, seed)
    net = network(seed)

    began = time.perf_counter()
    net.fit(images[train], labels[train], batch_size=64, epochs=epochs, verbose=2, team=together)
    seconds = time.perf_counter() - began

    _, accuracy = net.evaluate(images[test], labels[test], verbose=0)
    if together is None or together.rank == 0:
        size = 1 if together is None else together.size
        print(f"{size} process{'es' * (size > 1)}: {accuracy:.1%} of new digits read right, {seconds:.1f} s of learning")
    return float(accuracy)


if __name__ == "__main__":
    main()
