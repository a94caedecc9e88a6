"""What each built-in layer is in ONNX: the nodes that its inference becomes."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from .._typing import Shape
from ..layers import (
    activated,
    activations,
    batch_normalization,
    branches,
    chain,
    convolution,
    dense,
    embedding,
    enlarging,
    noise,
    normalization,
    pooling,
    preprocessing,
    residual,
    shapes,
    softmax,
)
from ..network.network import Network
from .graph import Graph, Writer, inverse

# -- composition ------------------------------------------------------------------------------------------------------


def _chain(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    for name, inner, shape in layer.children(input_shape):
        x = graph.add_layer(inner, x, shape, name)
    return x


def _branches(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    outputs = [graph.add_layer(inner, x, input_shape) for inner in layer.layers]
    return graph.add("Concat", *outputs, axis=-1)


# -- products ---------------------------------------------------------------------------------------------------------


def _dense(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    kernel, *bias = _arrays(graph, vars(layer.params))
    if len(input_shape) == 1:
        y = graph.add("Gemm", x, kernel, *bias)
    else:
        y = graph.add("MatMul", x, kernel)
        y = graph.add("Add", y, *bias) if bias else y
    return _chain(graph, layer, y, input_shape)


def _convolution(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    axes, rank = layer._axes(input_shape), layer.rank
    kernel = layer.params.kernel.transpose(rank + 1, rank, *range(rank))
    options = {"group": layer.groups, "dilations": [axis.dilation for axis in axes], **_window(axes)}
    arrays = _arrays(graph, vars(layer.params) | {"kernel": kernel})
    y = _in_order(graph, x, _first(input_shape), "Conv", *arrays, **options)
    return _chain(graph, layer, y, input_shape)


def _arrays(graph: Graph, values: dict[str, Any]) -> list[str]:
    """Let the file hold arrays of a layer under their names."""
    return [graph.array(name, value) for name, value in values.items()]


# -- windows ----------------------------------------------------------------------------------------------------------


def _pooling(graph: Graph, layer: Any, x: str, input_shape: Shape, operator: str) -> str:
    return _in_order(graph, x, _first(input_shape), operator, **_window(layer._axes(input_shape)))


def _global_pooling(graph: Graph, layer: Any, x: str, input_shape: Shape, operator: str) -> str:
    # one window as large as the sample: onnx.reference gets GlobalMaxPool of sequences wrong
    y = graph.add(operator, graph.transpose(x, _first(input_shape)), kernel_shape=input_shape[:-1])
    return _shaped(graph, y, layer.output_shape(input_shape))


def _zero_padding(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    before, after = zip(*layer._margins, strict=True)
    return _in_order(graph, x, _first(input_shape), "Pad", np.array((0, 0, *before, 0, 0, *after)))


def _up_sampling(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    for axis, (size, times) in enumerate(zip(input_shape, layer._size, strict=False), 2):
        x = _in_order(graph, x, _first(input_shape), "Gather", np.repeat(np.arange(size), times), axis=axis)
    return x


def _window(axes: Any) -> dict[str, Any]:
    """Return how a window slides as ONNX's attributes."""
    _, kernel, stride, _, before, after, _ = zip(*axes, strict=True)
    return {"kernel_shape": kernel, "strides": stride, "pads": (*before, *after)}


def _in_order(graph: Graph, x: str, order: tuple[int, ...], operator: str, *inputs: Any, **attributes: Any) -> str:
    """Add a node that works on axes in another order."""
    return graph.transpose(graph.add(operator, graph.transpose(x, order), *inputs, **attributes), inverse(order))


def _first(input_shape: Shape) -> tuple[int, ...]:
    """Return the order of axes that has the channels of a sample first."""
    rank = len(input_shape)
    return (0, rank, *range(1, rank))


# -- shapes and scales ------------------------------------------------------------------------------------------------


def _same_numbers(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    return _shaped(graph, x, layer.output_shape(input_shape))


def _repeat_vector(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    return graph.add("Tile", _shaped(graph, x, (1, *input_shape)), np.array((1, layer.n, 1)))


def _shaped(graph: Graph, x: str, shape: Shape) -> str:
    return graph.add("Reshape", x, graph.array("shape", np.array((0, *shape))))  # 0 is the batch as it is


def _normalization(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    axes = layer._axes(len(input_shape) + 1)
    spread = [1, *(n if axis in axes else 1 for axis, n in enumerate(input_shape, 1))]
    mean = layer.state.mean.reshape(spread)
    deviation = np.maximum(np.sqrt(layer.state.variance.reshape(spread)), preprocessing.LEAST)
    if layer.invert:
        return graph.add("Add", graph.add("Mul", x, deviation), mean)
    return graph.add("Mul", graph.add("Sub", x, mean), 1.0 / deviation)


# -- normalization ----------------------------------------------------------------------------------------------------


def _batch_normalization(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    order, size = _last(layer, input_shape)
    first = (0, order[-1], *order[1:-1])
    return _in_order(graph, x, first, "BatchNormalization", *_affine(graph, layer, size), epsilon=float(layer.epsilon))


def _layer_normalization(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    order, sizes = _last(layer, input_shape)
    arrays, epsilon = _affine(graph, layer, sizes), float(layer.epsilon)
    return _in_order(graph, x, order, "LayerNormalization", *arrays, axis=-len(sizes), epsilon=epsilon)


def _rms_normalization(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    order, sizes = _last(layer, input_shape)
    x, axes = graph.transpose(x, order), graph.array("axes", np.arange(-len(sizes), 0))
    square = graph.add("ReduceMean", graph.add("Mul", x, x), axes, opset=18)  # RMSNormalization itself came with 23
    root = graph.add("Sqrt", graph.add("Add", square, float(layer.epsilon)))
    y = graph.add("Mul", graph.add("Div", x, root), *_arrays(graph, vars(layer.params)))
    return graph.transpose(y, inverse(order))


def _affine(graph: Graph, layer: Any, sizes: Shape) -> list[str]:
    """Let the file hold a layer's arrays, and what stands for a `gamma` or `beta` that it does not have."""
    absent = {"gamma": np.ones(sizes), "beta": np.zeros(sizes)}
    return _arrays(graph, absent | vars(layer.params) | vars(layer.state))


def _last(layer: Any, input_shape: Shape) -> tuple[tuple[int, ...], Shape]:
    """Return the order of axes that has those of the layer last, and their sizes."""
    axes = normalization.sample_axes(layer, "axis", layer.axis, len(input_shape) + 1)
    others = (axis for axis in range(len(input_shape) + 1) if axis not in axes)
    return (*others, *axes), tuple(input_shape[axis - 1] for axis in axes)


def _softmax(graph: Graph, layer: Any, x: str, input_shape: Shape, operator: str) -> str:
    order, sizes = _last(layer, input_shape)
    if len(sizes) == 1:
        return graph.add(operator, x, axis=order[-1])
    turned = tuple(input_shape[axis - 1] for axis in order[1:])  # several axes become one, and several again
    x = _shaped(graph, graph.transpose(x, order), (*turned[: -len(sizes)], math.prod(sizes)))
    y = _shaped(graph, graph.add(operator, x, axis=-1), turned)
    return graph.transpose(y, inverse(order))


# -- activations ------------------------------------------------------------------------------------------------------


def _relu(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    slope, threshold = float(layer.negative_slope), float(layer.threshold)
    if threshold:
        low = graph.add("Mul", graph.add("Sub", x, threshold), slope)
        y = graph.add("Where", graph.add("Greater", x, threshold), x, low)
    else:
        y = graph.add("LeakyRelu", x, alpha=slope) if slope else graph.add("Relu", x)
    return y if layer.max_value is None else graph.add("Min", y, float(layer.max_value))


def _entrywise(operator: str, opset: int = 1) -> Writer:
    """Return the function of a layer that is one operator."""
    return lambda graph, layer, x, shape: graph.add(operator, x, opset=opset)


WRITERS: dict[type, Writer] = {
    chain.Chain: _chain,
    Network: _chain,
    activated.Activation: _chain,
    residual.Residual: lambda graph, layer, x, shape: graph.add("Add", x, _chain(graph, layer, x, shape)),
    branches.Branches: _branches,
    dense.Dense: _dense,
    convolution.Convolution: _convolution,
    embedding.Embedding: lambda graph, layer, x, shape: graph.add("Gather", *_arrays(graph, vars(layer.params)), x),
    pooling.MaxPooling: partial(_pooling, operator="MaxPool"),
    pooling.AveragePooling: partial(_pooling, operator="AveragePool"),
    pooling.GlobalMaxPooling: partial(_global_pooling, operator="MaxPool"),
    pooling.GlobalAveragePooling: partial(_global_pooling, operator="AveragePool"),
    enlarging.ZeroPadding: _zero_padding,
    enlarging.UpSampling: _up_sampling,
    **dict.fromkeys((noise.Dropout, noise.GaussianNoise, shapes.Identity), lambda graph, layer, x, shape: x),
    **dict.fromkeys((shapes.Flatten, shapes.Reshape), _same_numbers),
    shapes.Permute: lambda graph, layer, x, shape: graph.transpose(x, (0, *layer.dims)),
    shapes.RepeatVector: _repeat_vector,
    preprocessing.Rescaling: lambda graph, layer, x, shape: graph.add("Add", graph.add("Mul", x, layer.scale), layer.offset),
    preprocessing.Normalization: _normalization,
    batch_normalization.BatchNormalization: _batch_normalization,
    normalization.LayerNormalization: _layer_normalization,
    normalization.RMSNormalization: _rms_normalization,
    softmax.Softmax: partial(_softmax, operator="Softmax"),
    softmax.LogSoftmax: partial(_softmax, operator="LogSoftmax"),
    activations.ReLU: _relu,
    activations.Sigmoid: _entrywise("Sigmoid"),
    activations.Tanh: _entrywise("Tanh"),
    activations.Softplus: _entrywise("Softplus"),
    activations.Softsign: _entrywise("Softsign"),
    activations.SELU: _entrywise("Selu"),
    activations.Mish: _entrywise("Mish", 18),
    activations.GELU: lambda graph, layer, x, shape: graph.add(
        "Gelu", x, approximate="tanh" if layer.approximate else "none", opset=20
    ),
    activations.ELU: lambda graph, layer, x, shape: graph.add("Elu", x, alpha=float(layer.alpha)),
    activations.LeakyReLU: lambda graph, layer, x, shape: graph.add("LeakyRelu", x, alpha=float(layer.negative_slope)),
    activations.PReLU: lambda graph, layer, x, shape: graph.add("PRelu", x, layer.params.alpha[None]),
    activations.SiLU: lambda graph, layer, x, shape: graph.add("Mul", x, graph.add("Sigmoid", x)),
}
"""The function of each class. The numbers of a layer are read when it is written."""
