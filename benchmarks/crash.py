"""Kill a process while it saves over a file, again and again, and see what is left.

    python benchmarks/crash.py                   minifw, 300 kills
    python benchmarks/crash.py minifw numpy 50   these formats, 50 kills each

Formats other than minifw need their package: numpy, torch, joblib, keras.
"""

import argparse
import os
import random
import signal
import tempfile
import time
from pathlib import Path

os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "KERAS_BACKEND": "numpy", "TF_CPP_MIN_LOG_LEVEL": "3"}

import numpy as np

SIZE = 500  # a kernel of one megabyte in float32


def minifw_format():
    import minifw

    net = minifw.Sequential([minifw.Input((SIZE,)), minifw.Dense(SIZE, use_bias=False)], seed=1)

    def save(path, value):
        net.set_weights([np.full((SIZE, SIZE), value)])
        net.save(path)

    return save, lambda path: minifw.load_model(path).get_weights()[0]


def numpy_format():
    def load(path):
        with np.load(path) as file:
            return file["kernel"]

    return lambda path, value: np.savez(path, kernel=np.full((SIZE, SIZE), value, np.float32)), load


def torch_format():
    import torch

    torch.set_num_threads(1)
    return (
        lambda path, value: torch.save({"kernel": torch.full((SIZE, SIZE), value)}, path),
        lambda path: torch.load(path)["kernel"].numpy(),
    )


def joblib_format():
    import joblib

    return (
        lambda path, value: joblib.dump({"kernel": np.full((SIZE, SIZE), value, np.float32)}, path),
        lambda path: joblib.load(path)["kernel"],
    )


def keras_format():
    import keras

    net = keras.Sequential([keras.Input((SIZE,)), keras.layers.Dense(SIZE, use_bias=False)])

    def save(path, value):
        net.set_weights([np.full((SIZE, SIZE), value)])
        net.save(path)

    return save, lambda path: keras.saving.load_model(path).get_weights()[0]


FORMATS = {
    "minifw": (minifw_format, "net.safetensors"),
    "numpy": (numpy_format, "net.npz"),
    "torch": (torch_format, "net.pt"),
    "joblib": (joblib_format, "net.joblib"),
    "keras": (keras_format, "net.keras"),
}


def saver(save, path, value):
    """Return the id of a process that saves and saves, each time other values, until it is killed."""
    pid = os.fork()
    if pid:
        return pid
    try:
        while True:
            value += 1.0
            save(path, value)
    finally:
        os._exit(1)


def run(name, kills):
    """Kill that many savers; return how often the file was whole, damaged, and how many stray files there were."""
    factory, file = FORMATS[name]
    save, load = factory()
    whole = strays = changed = 0
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / file)
        save(path, 0.0)
        began = time.perf_counter()
        save(path, 0.0)
        duration = time.perf_counter() - began
        draw = random.Random(1)
        for i in range(kills):
            pid = saver(save, path, 1000.0 * i)
            time.sleep(draw.uniform(0.0, 3 * duration + 0.01))
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            try:
                kernel = load(path)
                whole += bool(kernel.shape == (SIZE, SIZE) and (kernel == kernel[0, 0]).all())
                changed += bool(kernel[0, 0] > 1000.0 * i)
            except Exception:
                save(path, 0.0)
            strays = max(strays, len(os.listdir(folder)) - 1)
        save(path, 0.0)
        left = len(os.listdir(folder)) - 1
    found = f"{whole} whole, {kills - whole} damaged, {changed} of the killed save itself"
    return f"{name}: {kills} kills, {found}; strays {strays}, in the end {left}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="format|kills", help=f"of {', '.join(FORMATS)}; and how many kills")
    words = parser.parse_args().words
    numbers = [int(word) for word in words if word.isdigit()]
    unknown = [word for word in words if word not in FORMATS and not word.isdigit()]
    if unknown or len(numbers) > 1:
        parser.error(f"formats are {', '.join(FORMATS)}, with one number at most; got {' '.join(words)}")
    for name in [word for word in words if not word.isdigit()] or ["minifw"]:
        print(run(name, *numbers or [300]), flush=True)


if __name__ == "__main__":
    main()
