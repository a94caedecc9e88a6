"""How a number is taken apart: every number of a trace is a sum of products, and this says of which.

A gradient and a message are sums over the paths that they came along, a value of `Dense` is a sum over its inputs, a value
of an activation or a slope one factor that is calculated from another number. The page has the same rule in its
`explanation.mjs`, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..._typing import Array
from ...layers.batch_normalization import BatchNormalization
from ...layers.dense import Dense
from ...layers.normalization import LayerNormalization, RMSNormalization
from ...layers.residual import Residual
from ...losses.base import ElementwiseLoss
from ...network import tree
from .explain import Explanation, Factor, Path
from .jumps import Jump, entry, symbol, upto
from .notation import counted, term

Index = tuple[int, ...]

NORMALIZATIONS = BatchNormalization, LayerNormalization, RMSNormalization


def explain_gradient(jump: Jump, key: str, grad: Array, penalty: Jump | None, index: Index) -> Explanation:
    """Explain one entry of a parameter's gradient.

    Args:
        jump: Over the layer that has the parameter.
        key: The parameter.
        grad: Its whole gradient.
        penalty: The jump over the parameter's penalty, if it has one.
        index: The entry.
    """

    def paths() -> Iterator[Path]:
        yield from _dense_paths(jump, key, index) if type(jump.layer) is Dense else _any_paths(jump, key, index)
        if penalty is not None:
            of = (_param(jump, key, index)[:2],)
            yield Path((Factor(penalty.factor_text, penalty.grads[key][index], None, of),))

    parameter = f"{jump.name}/{key}[{', '.join(map(str, index))}]"
    return Explanation(entry(symbol(jump, key), index), grad[index], paths, parameter)


def explain_message(jump: Jump, at: Index) -> Explanation:
    """Explain one entry of the message that a layer, or the loss, sent back."""
    return Explanation(*_named(upto(jump.place_in), at, jump.message_out), lambda: _message_paths(jump, at))


def explain_value(jump: Jump, at: Index) -> Explanation:
    """Explain one entry of what came out of a layer."""
    return Explanation(*_named(jump.place_out, at, jump.output), lambda: _value_paths(jump, at))


def explain_slope(jump: Jump, at: Index) -> Explanation:
    """Explain one slope of an elementwise layer."""
    return Explanation(*_named(f"slope at {jump.place_in}", at, jump.factor), lambda: iter([Path((_slope(jump, at),))]))


def explain_loss(line: Jump, value: float, penalties: Sequence[Jump], at: Index) -> Explanation:
    """Explain the loss: one term an entry, or one a sample, and one a penalty."""

    def paths() -> Iterator[Path]:
        loss, y, y_pred = line.layer, line.y, line.input
        elementwise = isinstance(loss, ElementwiseLoss)
        values = loss.each(y, y_pred) if elementwise else loss.values(y, y_pred)
        n = counted(loss, y_pred)[0]
        for place in np.ndindex(values.shape):
            text = f"{term(loss)} / n at {_at(line.place_in, place, y_pred)}"
            yield Path((Factor(text, values[place] / n, None, _prediction(line, place) if elementwise else ()),))
        for jump in penalties:
            ((key, param),) = jump.params.items()
            yield Path((Factor(f"{jump.layer!r} of {symbol(jump, key)}", jump.layer.penalty(param)),))

    return Explanation("loss", value, paths)


def _message_paths(jump: Jump, at: Index) -> Iterator[Path]:
    if jump.kind == "loss":
        yield Path((_of_loss(jump, at),))
    elif jump.factor is not None:
        yield Path((*_arriving(jump, at), _slope(jump, at)))
    elif type(jump.layer) is Dense:
        for unit in range(jump.params["kernel"].shape[1]):
            yield Path((*_arriving(jump, (*at[:-1], unit)), _param(jump, "kernel", (at[-1], unit))))
    elif jump.parts:
        if type(jump.layer) is Residual:
            yield Path(_arriving(jump, at))
        for part, begin, _ in _parts(jump):
            yield Path((_sent(part[0], at),) if part else _arriving(jump, (*at[:-1], begin + at[-1])))
    else:
        yield from _any_paths(jump, None, at)


def _value_paths(jump: Jump, at: Index) -> Iterator[Path]:
    layer, came, value = jump.layer, jump.input, jump.output
    if type(layer) is Dense:
        for i in range(came.shape[-1]):
            yield Path((_entered(jump, (*at[:-1], i)), _param(jump, "kernel", (i, at[-1]))))
        if "bias" in jump.params:
            yield Path((_param(jump, "bias", at[-1:]),))
    elif jump.parts:
        if type(layer) is Residual:
            yield Path((_entered(jump, at),))
        part, inner = next((part, (*at[:-1], at[-1] - begin)) for part, begin, end in _parts(jump) if at[-1] < end)
        yield Path((Factor(*_named(part[-1].place_out, inner, part[-1].output)) if part else _entered(jump, inner),))
    elif type(layer) in NORMALIZATIONS and layer.axis in (-1, came.ndim - 1):
        gain = [_param(jump, layer.gain, at[-1:])] if layer.gain in jump.params else []
        yield Path((_normalized(jump, at), *gain))
        if "beta" in jump.params:
            yield Path((_param(jump, "beta", at[-1:]),))
    else:
        of = (_entered(jump, at)[:2],) if layer.elementwise else ()
        yield Path((Factor(f"{type(layer).__name__} at {_at(jump.place_in, at, value)}", value[at], None, of),))


def _arriving(jump: Jump, at: Index) -> tuple[Factor, ...]:
    """Return the factors of one entry of the message that arrived: what a layer sent, then the slopes on the way."""
    behind = jump.behind
    if behind is None:
        return (Factor(*_named(upto(jump.place_out), at, jump.message_in)),)
    if behind.kind == "loss":
        return (_of_loss(behind, at),)
    return (*_arriving(behind, at), _slope(behind, at)) if behind.factor is not None else (_sent(behind, at),)


def _sent(jump: Jump, at: Index) -> Factor:
    """Return one entry of the message that a layer sent, which can be opened."""
    message = explain_message(jump, at)
    return Factor(message.name, message.value, message)


def _of_loss(line: Jump, at: Index) -> Factor:
    """Return one entry of the gradient of the loss."""
    text = f"{line.factor_text} at {_at(line.place_in, at, line.input)}"
    return Factor(text, line.message_out[at], None, _prediction(line, at))


def _prediction(line: Jump, at: Index) -> tuple[tuple[str, Any], ...]:
    """Return a prediction and, if there is one for each, its target."""
    truth = [_named("y", at, line.y)] if line.y.shape == line.input.shape else []
    return _named(line.place_in, at, line.input), *truth


def _slope(jump: Jump, at: Index) -> Factor:
    """Return the slope of an elementwise layer at one entry."""
    name = f"{jump.factor_text} at {_at(jump.place_in, at, jump.factor)}"
    return Factor(name, jump.factor[at], None, (_entered(jump, at)[:2],))


def _parts(jump: Jump) -> Iterator[tuple[list[Jump], int, int]]:
    """Yield the parts of a container, and from where to where on the last axis what comes out of each stands."""
    end = 0
    for part in jump.parts:
        begin, end = end, end + (part[-1].output if part else jump.input).shape[-1]
        yield part, begin, end


def _normalized(jump: Jump, at: Index) -> Factor:
    """Return one entry of the input with mean 0 and deviation 1."""
    layer, z = jump.layer, jump.input
    place = (..., at[-1]) if type(layer) is BatchNormalization else at[:-1]
    mean = z[place].mean() * layer.centred
    r = 1.0 / np.sqrt(np.square(z[place] - mean).mean() + layer.epsilon)
    text = f"{'(z - mean)' if layer.centred else 'z'} r at {_at(jump.place_in, at, z)}"
    return Factor(text, (z[at] - mean) * r, None, (_entered(jump, at)[:2], *[("mean", mean)] * layer.centred, ("r", r)))


def _entered(jump: Jump, at: Index) -> Factor:
    """Return one entry of what went into a layer."""
    return Factor(*_named(jump.place_in, at, jump.input))


def _param(jump: Jump, key: str, at: Index) -> Factor:
    """Return one entry of a parameter."""
    return Factor(entry(symbol(jump, key), at), jump.params[key][at])


def _named(place: str, at: Index, array: Array) -> tuple[str, Any]:
    return _at(place, at, array), array[at]


def _dense_paths(jump: Jump, key: str, index: Index) -> Iterator[Path]:
    """Yield one path for each row that went through: the message, and for the kernel what lies at the other end."""
    for row in np.ndindex(jump.input.shape[:-1]):
        end = (_entered(jump, (*row, index[0])),) if key == "kernel" else ()
        yield Path((*_arriving(jump, (*row, index[-1])), *end))


def _any_paths(jump: Jump, key: str | None, index: Index) -> Iterator[Path]:
    """Yield a path for each output that the parameter, or the input, has an influence on, found by asking the layer."""
    message = jump.message_in
    probe = np.zeros_like(message)
    for at in np.ndindex(message.shape):
        probe[at] = 1
        slopes = _alone(jump, probe, key)
        probe[at] = 0
        if slopes[index]:
            inner = _at(jump.place_in, index, message) if key is None else entry(symbol(jump, key), index)
            text = f"∂ {_at(jump.place_out, at, message)} / ∂ {inner}"
            yield Path((*_arriving(jump, at), Factor(text, slopes[index])))


def _alone(jump: Jump, error_grad: Array, key: str | None) -> Array:
    """Return what the layer makes of an error gradient, without an activation of its own: that is a jump of its own."""
    layer = jump.layer
    networks: list[Any] = [inner for inner in tree.walk(layer) if inner.is_network]
    for network in networks:  # its forward has been spent, but what that left is still there
        network._last_call.out_shape = (len(error_grad), *network.output_shape(network.input_shape))
    message = getattr(layer, layer.steps[1])(error_grad)
    return np.array(message if key is None else vars(layer.grads)[key])


def _at(place: str, at: Index, array: Array) -> str:
    """Return the name of an entry of a batch; the sample is named where there are several, and counted from 1 too."""
    sample = f" of sample {at[0] + 1}" if len(array) > 1 else ""
    return entry(place, at[1:]) + sample
