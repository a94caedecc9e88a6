"""What Python says of a trace, for the tests in node: the numbers and names that the page has to draw and say."""

import copy

import numpy as np

import minifw as mf
from minifw.inspect.trace.jumps import entry, symbol, upto


def numbers(array):
    return [float(value) for value in np.asarray(array).reshape(-1)]


def rows(array):
    """An array of the batch: the numbers of each sample."""
    return [numbers(sample) for sample in array]


def facts(net, trace):
    """All that is checked of one network."""
    outside = [jump for jump in trace.forward if not jump.inside]
    return {
        "loss": float(trace.loss),
        "x": rows(trace.x),
        "y": rows(trace.y),
        "places": places(trace, outside),
        "steps": [
            {"phase": "start", "batch": {"x": rows(trace.x), "y": rows(trace.y)}, "whole": {}},
            *(forward_step(jump) for jump in trace.forward),
            loss_step(trace),
            *(back_step(trace, jump) for jump in trace.jumps),
            {"phase": "end", "batch": {}, "whole": {f"gradient of {name}": numbers(g) for name, _, g in gradients(trace)}},
        ],
        "right": [[right(trace, jump, sample) for jump in trace.jumps] for sample in range(len(trace.x))],
        "gradients": [[path, g.shape, numbers(g), name] for name, path, g in gradients(trace)],
        "told": told(trace, outside),
        "trained": trained(net, trace),
    }


def gradients(trace):
    """The name on the page, the path, and the whole gradient of each parameter."""
    for jump in trace.forward:
        for key in jump.grads:
            path = f"{jump.name}/{key}"
            yield symbol(jump, key), path, trace.grads[path]


def places(trace, outside):
    """Every place of the walk: what lies there, which message arrives there, and from which steps on they may be seen."""
    order = {id(jump): i for i, jump in enumerate(trace.jumps)}
    loss_at = 1 + len(trace.forward)
    before = outside[0]
    found = [
        {"name": "x", "values": trace.x, "since": 0, "message": before.message_out, "from": loss_at + 1 + order[id(before)]},
    ]
    for jump in outside:
        behind = order[id(jump)] - 1 if jump.behind is None else order[id(jump.behind)]
        since, after = 1 + trace.forward.index(jump), loss_at + 1 + behind
        values = {"values": jump.output, "message": jump.message_in}
        found.append({"name": jump.place_out, "since": since, "from": after, **values})
    for place, following in zip(found, [*outside, None], strict=True):
        place["upto"] = upto(place["name"])
        place["rank"] = place["values"].ndim
        place["values"] = rows(place["values"])
        place["message"] = None if place["message"] is None else rows(place["message"])
        place["jump"] = "loss′" if following is None else sign(following)
    return found


def sign(jump):
    """What the lane writes above a jump."""
    if type(jump.layer) is mf.Dense and jump.input.ndim == 2:
        return f"@ {symbol(jump, 'kernel')}ᵀ"
    return "⊙ slope" if jump.factor is not None else ""


def forward_step(jump):
    batch = {jump.place_in: rows(jump.input), jump.place_out: rows(jump.output)}
    whole = {symbol(jump, key): numbers(param) for key, param in jump.params.items()}
    return {"phase": "forward", "batch": batch, "whole": whole}


def loss_step(trace):
    out = trace.forward[-1].place_out
    return {"phase": "loss", "batch": {f"ŷ = {out}": rows(trace.y_pred), "y": rows(trace.y)}, "whole": {}}


def back_step(trace, jump):
    """The arrays of a jump back, under the titles that the page gives them."""
    if jump.kind == "penalty":
        owner = next(other for other in trace.forward if other.name == jump.name)
        (key,) = jump.grads
        name = symbol(owner, key)
        whole = {f"from the penalty on {name}": jump.grads[key], f"gradient of {name}": trace.grads[f"{jump.name}/{key}"]}
        return {"phase": "back", "batch": {}, "whole": {title: numbers(array) for title, array in whole.items()}}
    if jump.kind == "loss":
        return {"phase": "back", "batch": {upto(trace.forward[-1].place_out): rows(jump.message_out)}, "whole": {}}
    batch = {upto(jump.place_out): jump.message_in, jump.place_in: jump.input, upto(jump.place_in): jump.message_out}
    if jump.factor is not None:
        batch[f"slope at {jump.place_in}"] = jump.factor
    whole = {f"gradient of {symbol(jump, key)}": numbers(trace.grads[f"{jump.name}/{key}"]) for key in jump.grads}
    return {"phase": "back", "batch": {k: rows(array) for k, array in batch.items() if array is not None}, "whole": whole}


def right(trace, jump, sample):
    """The right answers before a jump: a word, and the number where one is asked for; nothing where nothing is asked."""

    def word(value, *words):
        return words[0 if value > 0 else 1 if value < 0 else 2]

    def largest(array):
        return np.unravel_index(np.argmax(np.abs(array[sample])), array.shape[1:])

    if jump.kind == "penalty" or jump.inside:
        return []
    if jump.kind == "loss":
        g = jump.message_out[sample][largest(jump.message_out)]
        return [word(g, "grow", "shrink", "stay"), float(g)]
    if jump.message_out is None:
        return []
    if jump.factor is not None:
        at = largest(jump.message_in)
        slope, sent = jump.factor[sample][at], jump.message_out[sample][at]
        return [word(abs(slope) - 1, "larger", "smaller", "it stays"), float(sent)]
    if sign(jump):
        (unit,), (row,) = largest(jump.message_in), largest(jump.input)
        part = jump.message_in[sample, unit] * jump.input[sample, row]
        asked = [word(part, "positive", "negative", "zero")]
        return [*asked, float(trace.grads[f"{jump.name}/kernel"][row, unit])] if len(trace.x) == 1 else asked
    if jump.message_in is None:
        return []
    size = np.abs(jump.message_out).max() - np.abs(jump.message_in).max()
    return [word(size, "larger", "smaller", "the same")]


def told(trace, outside):
    """The numbers of the story's chapters, each with the value that is asked for there."""
    denses = [jump for jump in outside if type(jump.layer) is mf.Dense and jump.input.ndim == 2]
    if len(denses) < 2:
        return None
    first, last = denses[0], denses[-1]
    behind = [jump for jump in outside[outside.index(last) + 1 :] if jump.factor is not None]
    bends = [jump for jump in outside[outside.index(first) + 1 :] if jump.factor is not None]
    kernels = [trace.grads[f"{jump.name}/kernel"] for jump in (first, last)]
    furthest = np.argmax(np.abs(trace[0].message_out[0]))
    found = {
        "One neuron": [[first.output[0, 0]], first.output[0, 0], entry(first.place_out, (0,))],
        "A network": [[len(denses), first.input.shape[1], trace.y_pred.shape[1]], None, ""],
        "How wrong?": [[trace.y_pred[0, furthest], trace.y[0, furthest], trace.loss], trace.loss, ""],
        "The first jump": [[], trace[0].message_out[0, 0], upto(outside[-1].place_out)],
        "At the weights": [[last.input[0, 0], last.message_in[0, 0]], kernels[1][0, 0], last.place_in],
        "All the ways back": [[], last.message_out[0, 0], ""],
        "The chain": [[kernels[0][0, 0]], kernels[0][0, 0], entry(symbol(first, "kernel"), (0, 0))],
    }
    if bends:
        z, bent = bends[0].input[0, 0], bends[0].output[0, 0]
        found["A bend"] = [[z, bent], bent, type(bends[0].layer).__name__]
    if behind:
        found["Over the bend"] = [[], behind[-1].message_out[0, 0], behind[-1].factor_text]
    return {
        title: [numbers(said), None if asked is None else float(asked), name] for title, (said, asked, name) in found.items()
    }


def trained(net, trace, rate=0.1, steps=3):
    """The loss before each of some steps of plain descent, and after the last, as Python calculates it."""
    net = copy.deepcopy(net)
    losses = [float(trace.loss)]
    for _ in range(steps):
        found = net.jump_back(trace.x, trace.y, trace[0].layer)
        for name, param, _ in net.named_parameters():
            if name in found.grads:
                param -= rate * found.grads[name]
        losses.append(float(net.jump_back(trace.x, trace.y, trace[0].layer).loss))
    return losses
