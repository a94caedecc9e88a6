"""What `minifw.parallel` says where there is no MPI."""

import subprocess
import sys

import pytest

from minifw.parallel import MPITeam


@pytest.mark.parametrize("error", [ModuleNotFoundError("No module named 'mpi4py'"), RuntimeError("cannot load MPI library")])
def test_a_missing_mpi_is_an_error_that_says_how_to_install_it(monkeypatch, error):
    class Missing:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name == "mpi4py":
                raise error

    for name in [name for name in sys.modules if name.partition(".")[0] == "mpi4py"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Missing, *sys.meta_path])
    with pytest.raises(ImportError, match=r'MPITeam needs mpi4py and an MPI: pip install "minifw\[mpi\]" mpich \('):
        MPITeam()


def test_nothing_is_imported_before_a_team_is_made():
    code = "import sys, minifw.parallel; print([name for name in sys.modules if name.startswith('mpi4py')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
