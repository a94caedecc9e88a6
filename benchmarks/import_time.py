"""Times `import numpy` and `import numpy, minifw` in fresh processes, by turns, and prints the difference."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile

from harness import Timing, cell, environment, show

IMPORTS = ("numpy", "numpy, minifw")


def once(modules: str, cache: str) -> float:
    """Return the ms that an import takes in a process of its own, the interpreter's start not counted.

    Args:
        modules: What is imported.
        cache: A folder for the bytecode, so that none is compiled but the first time, whatever the environment says.
    """
    code = f"import time; begin = time.perf_counter(); import {modules}; print(time.perf_counter() - begin)"
    clean = {**environment(), "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": cache}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=clean)
    return float(done.stdout) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=25, metavar="N", help="processes of each kind")
    samples = max(1, parser.parse_args().samples)
    with tempfile.TemporaryDirectory() as cache:
        for modules in IMPORTS:  # the first import compiles
            once(modules, cache)
        rounds = [[once(modules, cache) for modules in IMPORTS] for _ in range(samples)]
    numpy, both = (Timing(tuple(taken)) for taken in zip(*rounds, strict=True))
    rows = [[f"import {name}", cell(t.pair)] for name, t in zip(IMPORTS, (numpy, both), strict=True)]
    rows.append(["difference", cell(both.minus(numpy))])
    show(f"ms, minimum/median of {samples} processes each", ["", "ms"], rows)


if __name__ == "__main__":
    main()
