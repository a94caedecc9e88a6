"""Times one row through 8-64-64-4, call by call, as a server sees it: the median and the slowest of a thousand.

    python benchmarks/serving.py                                  minifw alone
    python benchmarks/serving.py --against onnxruntime,sklearn,torch,keras
    python benchmarks/serving.py --quick                          few calls

ReLU after the hidden layers, float32. Every program is a process of its own; they take turns, a thousand calls at a time,
first from one thread, then from four at once (where there are fewer cores, the threads wait for one another, and that is
what is measured). Cells are the median and the 99.9th percentile of all calls, in µs. onnxruntime runs a model built here
with `onnx.helper`; `torch compiled` is `torch.compile`, which needs a C++ compiler; Keras makes a fiftieth of the calls,
since each takes milliseconds, and none from four threads, where it fails.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from itertools import pairwise
from typing import Any

import numpy as np
from harness import Action, Worker, digits, show, taking_part

SIZES = (8, 64, 64, 4)
CHUNK = 1000
"""Calls in a row."""


def weights() -> list[np.ndarray]:
    """Return kernel, bias, kernel, ..., the same in every process."""
    rng = np.random.default_rng(1)
    return [a.astype("float32") for i, o in pairwise(SIZES) for a in (rng.normal(0, i**-0.5, (i, o)), rng.normal(0, 0.1, o))]


def row() -> np.ndarray:
    """Return one sample."""
    return np.random.default_rng(2).normal(size=(1, SIZES[0])).astype("float32")


def with_minifw() -> dict[str, Action]:
    from minifw import Dense, Input, Sequential

    layers = [Input((8,)), Dense(64, activation="relu"), Dense(64, activation="relu"), Dense(4)]
    net, x = Sequential(layers), row()
    net.set_weights(weights())
    verbs: dict[str, Callable[[Any], Any]] = {
        "forward": net.forward,
        "predict_on_batch": net.predict_on_batch,
        "predict": net.predict,
    }
    return {name: (lambda verb=verb: verb(x)) for name, verb in verbs.items()}


def with_onnxruntime() -> dict[str, Action]:
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    arrays, nodes, name = weights(), [], "x"
    for i in range(3):
        out = f"z{i}" if i < 2 else "y"
        nodes.append(helper.make_node("Gemm", [name, f"w{2 * i}", f"w{2 * i + 1}"], [out]))
        if i < 2:
            nodes.append(helper.make_node("Relu", [out], [name := f"a{i}"]))
    ends = [helper.make_tensor_value_info(end, TensorProto.FLOAT, [None, n]) for end, n in (("x", 8), ("y", 4))]
    initializers = [numpy_helper.from_array(array, f"w{i}") for i, array in enumerate(arrays)]
    graph = helper.make_graph(nodes, "row", ends[:1], ends[1:], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    session, x = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]), row()
    return {"run": lambda: session.run(None, {"x": x})}


def with_sklearn() -> dict[str, Action]:
    from sklearn.neural_network import MLPRegressor

    x, arrays = row(), weights()
    net = MLPRegressor(hidden_layer_sizes=SIZES[1:-1]).partial_fit(np.repeat(x, 4, 0), np.zeros((4, 4), "float32"))
    net.coefs_, net.intercepts_ = arrays[::2], arrays[1::2]
    return {"predict": lambda: net.predict(x)}


def with_torch() -> dict[str, Action]:
    import torch
    from torch import nn

    net, x = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 4)), row()
    tensors = [torch.from_numpy(array.T.copy()) for array in weights()]
    net.load_state_dict(dict(zip(net.state_dict(), tensors, strict=True)))
    inputs = torch.from_numpy(x)

    def called(function: Any) -> Action:
        def call() -> None:
            with torch.inference_mode():
                function(inputs)

        return call

    actions = {"eager": called(net)}
    if shutil.which(os.environ.get("CXX", "g++")):
        actions["compiled"] = called(torch.compile(net))
    return actions


def with_keras() -> dict[str, Action]:
    os.environ["KERAS_BACKEND"] = "jax"
    import keras

    layers = keras.layers
    chain = [keras.Input((8,)), layers.Dense(64, activation="relu"), layers.Dense(64, activation="relu"), layers.Dense(4)]
    net, x = keras.Sequential(chain), row()
    net.set_weights(weights())
    return {"predict_on_batch": lambda: net.predict_on_batch(x), "predict": lambda: net.predict(x, verbose=0)}


WITH = {
    "minifw": with_minifw,
    "onnxruntime": with_onnxruntime,
    "sklearn": with_sklearn,
    "torch": with_torch,
    "keras": with_keras,
}


def latencies(action: Action, calls: int, threads: int) -> list[float]:
    """Return the µs of each call, shared among threads that begin together."""
    taken = np.empty((threads, -(-calls // threads)))
    start = threading.Barrier(threads)

    def call(mine: np.ndarray) -> None:
        start.wait()
        for i in range(len(mine)):
            begin = time.perf_counter_ns()
            action()
            mine[i] = time.perf_counter_ns() - begin

    workers = [threading.Thread(target=call, args=(mine,)) for mine in taken]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return list(taken.ravel() / 1e3)


def answer() -> None:
    """Be a worker: name the ways of one program, then call one as often, and from as many threads, as each request says."""
    actions = WITH[sys.argv[sys.argv.index("--worker") + 1]]()
    for action in actions.values():
        action()  # the first call plans and compiles
    for line in sys.stdin:
        request = json.loads(line)
        if "case" in request:
            print(json.dumps({"actions": list(actions)}), flush=True)
        else:
            name, calls, threads = request["action"]
            print(json.dumps({"us": latencies(actions[name], calls, threads)}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", metavar="LIBRARIES", help="onnxruntime,sklearn,torch,keras: to be measured too")
    parser.add_argument("--quick", action="store_true", help="few calls")
    parser.add_argument("--calls", type=int, default=100_000, metavar="N", help="calls of each; by default 100,000")
    options = parser.parse_args()
    names = taking_part(options.against)
    calls = 2000 if options.quick else max(CHUNK, options.calls)
    seen: dict[tuple[str, str, int], list[float]] = {}
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(__file__, name, 0.0)) for name in names]
        ways = [(worker, way) for worker in workers for way in worker.prepare({})["actions"]]
        for threads in (1, 4):
            for _ in range(calls // CHUNK):
                for worker, way in ways:
                    if worker.name == "keras" and threads > 1:
                        continue
                    share = CHUNK // 50 if worker.name == "keras" else CHUNK
                    taken = worker.ask({"action": [way, share, threads]})["us"]
                    seen.setdefault((worker.name, way, threads), []).extend(taken)
    rows = []
    for worker, way in ways:
        cells: list[str] = []
        for threads in (1, 4):
            us = seen.get((worker.name, way, threads))
            cells += ["–", "–"] if us is None else [digits(np.median(us)), digits(np.percentile(us, 99.9))]
        rows.append([f"{worker.name} {way}", *cells, f"{len(seen[worker.name, way, 1]):,}"])
    headers = ["program", "median", "99.9 %", "4 threads: median", "99.9 %", "calls of each"]
    show("One row through 8-64-64-4, µs a call", headers, rows)


if __name__ == "__main__":
    answer() if "--worker" in sys.argv else main()
