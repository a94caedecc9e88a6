"""What the last bits of a result depend on beside the versions: the processor, and the code that is chosen for it."""

from __future__ import annotations

import os
import platform
import sys
from contextlib import suppress
from typing import Any

import numpy as np


def machine() -> dict[str, Any]:
    """Return what bit-identical results depend on beside the checkpoint."""
    config: Any = np.show_config(mode="dicts")  # type: ignore[no-untyped-call, unused-ignore]
    blas, simd = config["Build Dependencies"]["blas"], config["SIMD Extensions"]
    return {
        "numpy": np.__version__, "blas": f"{blas.get('name')} {blas.get('version')}", "kernel": blas_kernel(),
        "simd": [*simd.get("baseline", ()), *simd.get("found", ())],
        "machine": platform.machine(), "processor": processor(), "cores": os.cpu_count(),
        "threads": {name: value for name, value in os.environ.items() if name.endswith("_NUM_THREADS")},
    }


def processor() -> str:
    """Return the name of the processor's model, as far as the system knows it."""
    fields: dict[str, str] = {}
    with suppress(OSError), open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:  # only Linux has it
        for line in file:
            key, _, value = line.partition(":")
            fields.setdefault(key.strip(), value.strip())
    names = [fields[key] for key in ("model name", "cpu", "CPU implementer", "CPU part") if key in fields]
    return " ".join(names) or platform.processor() or platform.machine()


def blas_kernel() -> str | None:
    """Return what OpenBLAS calls the kernel that it multiplies with; without OpenBLAS, what `OPENBLAS_CORETYPE` says."""
    with suppress(ImportError, LookupError, OSError):  # a Python in a browser, or a NumPy of another make
        import ctypes

        core = str(sys.modules["numpy._core._multiarray_umath"].__file__)
        bundled = os.path.join(os.path.dirname(np.__path__[0]), "numpy.libs")
        names = os.listdir(bundled) if os.path.isdir(bundled) else ()
        paths = [core, *(os.path.join(bundled, name) for name in names if "openblas" in name)]
        for library in map(ctypes.CDLL, paths):  # all are loaded already; a search goes on in what a library was linked with
            for name in ("scipy_openblas_get_corename", "openblas_get_corename"):
                function = getattr(library, f"{name}64_", getattr(library, name, None))
                if function is not None:
                    function.restype = ctypes.c_char_p
                    return str(function().decode())
    return os.environ.get("OPENBLAS_CORETYPE")
