"""Training on many machines: a team of processes that `mpiexec` has started."""

from __future__ import annotations

import sys
import time
import traceback
from typing import Any

from ._typing import Array
from .errors import needed


class MPITeam:
    """All processes of one `mpiexec`, for `fit(team=...)`: together they take the steps that one of them would take alone.

    Every process runs the same script: it builds the same network, with `seed=`, and calls `fit` with all of the data. Of
    each batch it takes its rows; predictions, the loss, gradients, metrics and the statistics of `BatchNormalization` are
    those of the whole batch, so all end with the same bits. Callbacks are told in each
    process, those that write files or print in the one of rank 0 alone. An error in one is an error in all: its own
    there, one that names the rank elsewhere. One that ends with an error outside `fit` ends all of them within seconds.

    A layer of your own that draws numbers does so by a shape, as in `self.rng.normal(size=x.shape)`: a shape of as many rows
    as `x` is drawn for the whole batch; what all rows share is drawn by `(1, ...)`. An array of as many rows is refused, be
    it given to `self.rng`, as in `shuffle(x)`, or drawn without a shape, as in `permutation(len(x))`. So is a layer that
    says by `mixes_samples` that it mixes the samples of a batch, but for `BatchNormalization`.

    Start one process a machine, or set `OPENBLAS_NUM_THREADS` so that the processes of a machine share its cores.

    Args:
        comm: A communicator of `mpi4py`; by default that of all processes.

    Attributes:
        rank: The number of this process, from 0.
        size: How many there are.

    Raises:
        ImportError: If `mpi4py` or the library behind it is missing; it names the command that installs it.

    Example:
        Started with `mpiexec -n 4 python train.py` the size is 4, and the script goes on with `net.fit(x, y, team=team)`.

        >>> team = MPITeam()
        >>> team.rank, team.size
        (0, 1)
    """

    def __init__(self, comm: Any = None) -> None:
        with needed("MPITeam needs mpi4py and an MPI", "mpi", " mpich"):
            from mpi4py import MPI
        self._comm, self._in_place = (MPI.COMM_WORLD if comm is None else comm).Dup(), MPI.IN_PLACE
        self.rank, self.size = int(self._comm.rank), int(self._comm.size)
        if self.size > 1:
            self._end, sys.excepthook = self._comm.Dup(), self._last_words

    def add(self, array: Array) -> None:
        """Replace an array by its sum over all processes."""
        self._comm.Allreduce(self._in_place, array)

    def _last_words(self, *error: Any) -> None:
        """Show an error that nobody caught; without this the process would wait for the others to end, and they for it."""
        print("".join(traceback.format_exception(*error)), end="", file=sys.stderr, flush=True)  # at once: others write, too
        others, end = self._end.Ibarrier(), time.monotonic() + 3.0  # seconds for the others to end, too
        while not others.Test():
            if time.monotonic() > end:
                self._end.Abort(1)
            time.sleep(0.01)
