"""The scripts of the page: modules that fit into one, and that calculate what Python calculates."""

import copy
import json
import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from trace_facts import facts
from trace_networks import LAYERS, Scale, network, samples, tutorial

import minifw as mf
from minifw.inspect.trace import page
from minifw.inspect.trace.jumps import entry, shape, subscript
from minifw.inspect.trace.page import page_data, script
from minifw.inspect.trace.questions import questions

SCRIPTS = page.SCRIPTS.split()
WEB = Path(mf.__file__).with_name("inspect") / "trace" / "web"
NODE = Path(__file__).with_name("node")
DECLARED = re.compile(r"^(?:export )?(?:async )?(?:const|let|function\*?|class) +(\w+|[{\[])", re.MULTILINE)

LIVE = {
    "all activations": lambda: [
        layer
        for activation in (
            *(mf.ReLU(1.0, 0.1, 0.2), mf.LeakyReLU(0.1), mf.Sigmoid(), mf.Tanh(), mf.Softplus(), mf.Softsign(), mf.ELU(0.7)),
            *(mf.SELU(), mf.GELU(), mf.GELU(approximate=True), mf.SiLU(), mf.Mish(), mf.PReLU("uniform"), mf.Softmax()),
            *(mf.LogSoftmax(), mf.Activation("linear"), mf.Rescaling(0.5, 0.1)),
        )
        for layer in (mf.Dense(4), activation)
    ],
    "normalizations": lambda: [
        *(mf.BatchNormalization(), mf.Dense(4), mf.LayerNormalization(), mf.Tanh(), mf.Dense(3), mf.RMSNormalization()),
        *(mf.Dense(4, use_bias=False), mf.BatchNormalization(center=False), mf.Sigmoid()),
    ],
    "containers": lambda: [
        mf.Dense(4),
        mf.Residual([mf.Dense(4), mf.Residual([mf.Dense(4, "tanh")]), mf.Branches([mf.Dense(2), mf.Dense(2, "relu")])]),
        mf.Branches([[mf.Dense(3), mf.Tanh()], [], [mf.Residual([mf.LayerNormalization(), mf.Dense(4)])]]),
        mf.Dense(2),
    ],
}
LIVE |= {row: LAYERS[row] for row in ("activations", "activations inside", "penalties", "a network inside", "rank 3")}
SEEN = ("activations", "penalties", "own layers", "a shortcut")
SEEN += ("a network inside", "rank 3", "images", "dropout and flatten")
RECORDED = ("own layers", "dropout and flatten", "images", "words")


class Fourth(mf.MSELoss, registered=False):
    """A loss of one's own."""


def live(row, dtype="float64", loss="mse", n=3):
    shape = (2, 3) if row == "rank 3" else (5,)
    net = mf.Sequential([mf.Input(shape), *LIVE[row]()], dtype=dtype, seed=1)
    net.compile("adam", loss)
    x, y = samples(net, n)
    return net, x, y


def test_all_modules_are_joined_and_each_imports_only_from_before_it():
    assert sorted(SCRIPTS) == sorted(path.stem for path in WEB.glob("*.mjs"))
    for i, name in enumerate(SCRIPTS):
        text = (WEB / f"{name}.mjs").read_text(encoding="utf-8")
        imported = re.findall(r'^import [^;]* from "\./(\w+)\.mjs";$', text, re.MULTILINE)
        assert set(imported) <= set(SCRIPTS[:i]), f"{name} imports {imported}"
        assert len(re.findall("^import ", text, re.MULTILINE)) == len(imported), f"{name} imports in another form"
    assert not re.search(r"^(import|export)\b", script(), re.MULTILINE)


def test_no_name_of_the_top_level_is_used_twice():
    names = [name for module in SCRIPTS for name in DECLARED.findall((WEB / f"{module}.mjs").read_text(encoding="utf-8"))]
    assert len(names) > 100 and not {"{", "["} & set(names)  # each name is declared alone
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


def number(value):
    return float(value)


def terms(explanation):
    return [
        [[each.text, number(each.value), [[text, number(value)] for text, value in each.of]] for each in path.factors]
        for path in explanation.paths
    ]


def numbers(trace):
    """Every number that the page shows, with the terms that Python takes it apart into."""

    def taken(target, name, index):
        explanation = trace.explain(name, index)
        return {
            "target": target,
            "name": explanation.name,
            "value": number(explanation.value),
            "paths": terms(explanation),
        }

    yield taken({"what": "loss"}, "loss", ())
    line = trace[0]
    for i, jump in [*enumerate(trace.forward), (-1, line)]:
        upto = {"x": "error_grad_upto_x"}.get(jump.place_in, f"error gradient at {jump.place_in}")
        upto = f"error_grad_upto_{jump.place_in[2:]}" if jump.place_in.startswith("O_") else upto
        places = [("message", upto, jump.message_out)]
        if i >= 0:
            places.append(("value", jump.place_out, jump.output))
            places.append(("slope", f"slope at {jump.place_in}", jump.factor))
        for what, name, array in places:
            for k, index in enumerate(np.ndindex(array.shape if array is not None else (0,))):
                yield taken({"what": what, "hop": i, "at": k}, name, index)
        for key, grad in jump.grads.items():
            for k, index in enumerate(np.ndindex(grad.shape)):
                yield taken({"what": "gradient", "hop": i, "key": key, "at": k}, f"{jump.name}/{key}", index)


def changed(net, x, y, loss, rng, count):
    """Random changes, and the loss and gradients that Python finds after each."""
    trace = net.jump_back(x, y, loss)
    for _ in range(count):
        places = [("x", 0, ""), ("y", 0, "")] + [("p", i, k) for i, jump in enumerate(trace.forward) for k in jump.grads]
        where = places[rng.integers(len(places))]
        twin, inputs, targets = copy.deepcopy(net), x.copy(), y.copy()
        if where[0] == "p":
            jump = trace.forward[where[1]]
            names = {name: param for name, param, _ in twin.named_parameters()}
            array = names[f"{jump.name}/{where[2]}"]
        else:
            array = inputs if where[0] == "x" else targets
        array.reshape(-1)[rng.integers(array.size)] += rng.normal()
        after = twin.jump_back(inputs, targets, loss)
        yield {
            "where": where,
            "values": [number(value) for value in array.reshape(-1)],
            "loss": number(after.loss),
            "grads": [
                [i, key, [number(value) for value in after.grads[f"{jump.name}/{key}"].reshape(-1)]]
                for i, jump in enumerate(after.forward)
                for key in jump.grads
            ],
        }


def losses():
    """Losses with targets that they take."""
    rng = np.random.default_rng(3)
    shares = rng.dirichlet(np.ones(4), 3)
    yield from ((loss, rng.normal(size=(3, 4))) for loss in ("mse", "mae", mf.HuberLoss(0.3), mf.LogCoshLoss()))
    yield mf.QuantileLoss(0.7, reduction="sum"), rng.normal(size=(3, 4))
    yield mf.HingeLoss(), np.sign(rng.normal(size=(3, 4)))
    yield from ((loss, shares) for loss in (mf.BinaryCrossentropyLoss(True), mf.CategoricalCrossentropyLoss(True)))
    yield mf.CategoricalCrossentropyLoss(True, label_smoothing=0.1), np.eye(4)[[0, 2, 1]]
    yield mf.SparseCategoricalCrossentropyLoss(True), np.array([0, 3, 1])


def pages():
    """Networks as the page gets them, and what it has to draw and say of them."""
    net, x, y = tutorial()
    trace = net.jump_back(x, y, "mse")
    yield {"name": "tutorial", "data": page_data([trace], [0]), **facts(net, trace)}
    for row in SEEN:
        net = network(row)
        trace = net.jump_back(*samples(net, 3))
        yield {"name": row, "data": page_data([trace], [0]), **facts(net, trace)}


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """What the scripts are compared with."""
    rng = np.random.default_rng(0)
    found = {"networks": [], "changes": [], "trainings": [], "explanations": [], "obstacles": [], "questions": []}

    def data(trace):
        return page_data([trace], [0])

    for row in LIVE:
        for dtype, relative in (("float64", 1e-12), ("float32", 1e-5)):
            net, x, y = live(row, dtype)
            found["networks"].append({"name": f"{row} {dtype}", "data": data(net.jump_back(x, y)), "relative": relative})
    for row in RECORDED:
        net = network(row)
        found["networks"].append({"name": f"recorded {row}", "data": data(net.jump_back(*samples(net, 3))), "relative": 0})
    for loss, y in losses():
        net = mf.Sequential([mf.Input((5,)), mf.Dense(4)], dtype="float64", seed=2)
        trace = net.jump_back(rng.normal(size=(3, 5)), y, loss)
        found["networks"].append({"name": f"{loss!r}", "data": data(trace), "relative": 1e-12})
    for loss in ("bce", "kld", "poisson", "categorical_crossentropy", "sparse_categorical_crossentropy"):
        net = mf.Sequential([mf.Input((5,)), mf.Dense(4, "softmax")], dtype="float64", seed=2)
        y = np.array([0, 3, 1]) if loss.startswith("sparse") else np.eye(4)[[0, 3, 1]]
        trace = net.jump_back(rng.normal(size=(3, 5)), y, loss)
        found["networks"].append({"name": f"{loss} of shares", "data": data(trace), "relative": 1e-12})
    for row in ("activations", "normalizations", "containers", "penalties", "activations inside"):
        for dtype, relative in (("float64", 1e-12), ("float32", 1e-5)):
            net, x, y = live(row, dtype)
            changes = list(changed(net, x, y, "mse", rng, 30))
            about = {"name": f"{row} {dtype}", "data": data(net.jump_back(x, y)), "relative": relative}
            found["changes"].append({**about, "changes": changes})
    for optimizer, ours in (
        ({"name": "sgd", "rate": 0.1}, mf.SGD(0.1)),
        ({"name": "momentum", "rate": 0.01}, mf.SGD(0.01, momentum=0.9)),
        ({"name": "adam", "rate": 0.001}, mf.Adam(0.001)),
    ):
        net, x, y = tutorial()
        before = data(net.jump_back(x, y, "mse"))
        net.compile(ours, "mse")
        net.fit(x, y, epochs=1000, verbose=0)
        after = net.jump_back(x, y, "mse")
        layers = enumerate(after.forward)
        params = [[i, key, param.reshape(-1).tolist()] for i, jump in layers for key, param in jump.params.items()]
        about = {"name": optimizer["name"], "data": before, "optimizer": optimizer, "steps": 1000}
        found["trainings"].append({**about, "loss": float(after.loss), "params": params})
    for row in (*LAYERS, "tutorial"):
        for n in (1, 2) if row != "tutorial" else (1,):
            net = network(row) if row != "tutorial" else tutorial()[0]
            trace = net.jump_back(*(samples(net, n) if row != "tutorial" else tutorial()[1:]), "mse")
            asked = [[question._asdict() for question in questions(trace, jump)] for jump in trace]
            found["questions"].append({"name": f"{row}, {n}", "data": data(trace), "questions": asked})
    for row in LIVE:
        if row != "all activations":
            net, x, y = live(row, n=2)
            trace = net.jump_back(x, y)
            found["explanations"].append({"name": row, "data": data(trace), "numbers": list(numbers(trace))})
    net, x, y = tutorial()
    trace = net.jump_back(x, y, "mse")
    found["explanations"].append({"name": "tutorial", "data": data(trace), "numbers": list(numbers(trace))})
    net = mf.Sequential([mf.Input((16,)), mf.Dense(3, "tanh"), mf.Dense(2)], dtype="float64", seed=2)
    trace = net.jump_back(*samples(net, 2), "mse")
    found["explanations"].append({"name": "more ways than are shown", "data": data(trace), "numbers": list(numbers(trace))})
    for loss, y in losses():
        net = mf.Sequential([mf.Input((5,)), mf.Dense(4), mf.PReLU("ones"), mf.Dense(4)], dtype="float64", seed=2)
        trace = net.jump_back(rng.normal(size=(3, 5)), y, loss)
        found["explanations"].append({"name": f"{loss!r}", "data": data(trace), "numbers": list(numbers(trace))})
    for text, layers, loss in (
        ("no formula for Scale", [Scale()], "mse"),
        ("no formula for Conv1D", [mf.Conv1D(2, 1), mf.Flatten()], "mse"),
        ("softmax works along another axis", [mf.Softmax(axis=1), mf.Flatten()], "mse"),
        ("frozen", [mf.BatchNormalization(trainable=False), mf.Flatten()], "mse"),
        ("p_re_lu shares its slopes", [mf.PReLU(shared_axes=[1]), mf.Flatten()], "mse"),
        ("dense has 6000 entries, and the page calculates up to 4096", [mf.Flatten(), mf.Dense(1000)], "mse"),
        ("does not add its values up", [mf.Flatten()], mf.MSELoss(reduction="none")),
        ("no formula for Fourth", [mf.Flatten()], Fourth()),
    ):
        net = mf.Sequential([mf.Input((2, 3)), *layers], dtype="float64", seed=1)
        trace = net.jump_back(np.ones((2, 2, 3)), np.ones((2, *net.output_shape((2, 3)))), loss)
        found["obstacles"].append({"name": text, "data": data(trace), "obstacle": text})
    found["pages"] = list(pages())
    found["names"] = [
        {"place": place, "index": index, "name": entry(place, index), "below": subscript(index), "python": shape(index)}
        for place in ("I_H2", "W3", "x", "error_grad_upto_H1", "out of flatten", "residual/dense/kernel", "into dense")
        for index in ((0,), (3, 1), (11, 0), (1, 2, 3))
    ]
    shapes = (4,), (3, 2), (2, 3, 4)
    found["indices"] = [{"shape": size, "indices": list(np.ndindex(size))} for size in shapes]
    powers = range(-300, 300, 7)
    found["numbers"] = [0.0, *(float(f"{digits}e{power}") for digits in ("1", "9.9994", "3.14159") for power in powers)]
    path = tmp_path_factory.mktemp("node") / "cases.json"
    path.write_text(json.dumps(found), encoding="utf-8")
    return path


def test_each_module_has_tests_in_node():
    assert {path.name.split(".")[0] for path in NODE.glob("*.test.mjs")} >= {path.stem for path in WEB.glob("*.mjs")}


@pytest.mark.node
@pytest.mark.parametrize("module", sorted(path.name.split(".")[0] for path in NODE.glob("*.test.mjs")))
def test_in_node(cases, module):
    command = ["node", "--test", "--test-reporter=spec", str(NODE / f"{module}.test.mjs")]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", env={**os.environ, "MINIFW_CASES": str(cases)})
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
