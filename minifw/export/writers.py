"""What each built-in layer is in ONNX: the nodes that its inference becomes."""

from __future__ import annotations

import math
from collections.abc import Callable
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
from ..sequential import Sequential
from .graph import Graph, Writer, inverse

WRITERS: dict[type, Writer] = {}
"""The function of each class. The numbers of a layer are read when it is written."""


def writes(*classes: type) -> Callable[[Writer], Writer]:
    """Enter a function for some classes."""

    def enter(writer: Writer) -> Writer:
        WRITERS.update(dict.fromkeys(classes, writer))
        return writer

    return enter


# -- composition ------------------------------------------------------------------------------------------------------


@writes(chain.Chain, Network, Sequential)
def _chain(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    for inner in layer.layers:
        x, input_shape = graph.add_layer(inner, x, input_shape), inner.output_shape(input_shape)
    return x


@writes(residual.Residual)
def _residual(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    return graph.entrywise("Add", x, _chain(graph, layer, x, input_shape))


@writes(branches.Branches)
def _branches(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    return graph.add("Concat", *(graph.add_layer(inner, x, input_shape) for inner in layer.layers), axis=-1)


@writes(activated.Activation)
def _activation(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    return x if layer.inner is None else graph.add_layer(layer.inner, x, input_shape, "activation")


# -- products ---------------------------------------------------------------------------------------------------------


@writes(dense.Dense)
def _dense(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    kernel, *bias = _kernel_and_bias(graph, layer, layer.params.kernel)
    if len(input_shape) == 1:
        y = graph.add("Gemm", x, kernel, *bias)
    else:
        y = graph.add("MatMul", x, kernel)
        y = graph.add("Add", y, *bias) if bias else y
    return _activation(graph, layer, y, layer.output_shape(input_shape))


@writes(convolution.Convolution)
def _convolution(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    axes, rank = layer._axes(input_shape), layer.rank
    inputs = _kernel_and_bias(graph, layer, layer.params.kernel.transpose(rank + 1, rank, *range(rank)))
    dilations = [axis.dilation for axis in axes]
    y = _in_order(
        graph, x, _first(input_shape), "Conv", *inputs, group=layer.groups, dilations=dilations, **_window(axes)
    )
    return _activation(graph, layer, y, layer.output_shape(input_shape))


@writes(embedding.Embedding)
def _embedding(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    return graph.add("Gather", graph.array("embeddings", layer.params.embeddings), x)


def _kernel_and_bias(graph: Graph, layer: Any, kernel: Any) -> list[str]:
    return [graph.array("kernel", kernel)] + ([graph.array("bias", layer.params.bias)] if layer.use_bias else [])


# -- windows ----------------------------------------------------------------------------------------------------------


@writes(pooling.MaxPooling, pooling.AveragePooling)
def _pooling(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    operator = "MaxPool" if isinstance(layer, pooling.MaxPooling) else "AveragePool"
    return _in_order(graph, x, _first(input_shape), operator, **_window(layer._axes(input_shape)))


@writes(pooling.GlobalMaxPooling, pooling.GlobalAveragePooling)
def _global_pooling(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    # one window as large as the sample: onnx.reference gets GlobalMaxPool of sequences wrong
    operator = "MaxPool" if isinstance(layer, pooling.GlobalMaxPooling) else "AveragePool"
    y = graph.add(operator, graph.transpose(x, _first(input_shape)), kernel_shape=input_shape[:-1])
    return _shaped(graph, y, layer.output_shape(input_shape))


@writes(enlarging.ZeroPadding)
def _zero_padding(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    before, after = zip(*layer._margins, strict=True)
    return _in_order(graph, x, _first(input_shape), "Pad", np.array((0, 0, *before, 0, 0, *after)))


@writes(enlarging.UpSampling)
def _up_sampling(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    order = _first(input_shape)
    x = graph.transpose(x, order)
    for axis, (size, times) in enumerate(zip(input_shape, layer._size, strict=False), 2):
        x = graph.add("Gather", x, np.repeat(np.arange(size), times), axis=axis)
    return graph.transpose(x, inverse(order))


def _window(axes: Any) -> dict[str, list[int]]:
    """Return how a window slides as ONNX's attributes."""
    return {
        "kernel_shape": [axis.kernel for axis in axes],
        "strides": [axis.stride for axis in axes],
        "pads": [axis.before for axis in axes] + [axis.after for axis in axes],
    }


def _in_order(graph: Graph, x: str, order: tuple[int, ...], operator: str, *inputs: Any, **attributes: Any) -> str:
    """Add a node that works on axes in another order."""
    return graph.transpose(graph.add(operator, graph.transpose(x, order), *inputs, **attributes), inverse(order))


def _first(input_shape: Shape) -> tuple[int, ...]:
    """Return the order of axes that has the channels of a sample first."""
    rank = len(input_shape)
    return (0, rank, *range(1, rank))


# -- shapes and scales ------------------------------------------------------------------------------------------------

WRITERS |= dict.fromkeys((noise.Dropout, noise.GaussianNoise, shapes.Identity), lambda graph, layer, x, shape: x)
WRITERS |= {
    shapes.Flatten: lambda graph, layer, x, shape: _shaped(graph, x, layer.output_shape(shape)),
    shapes.Reshape: lambda graph, layer, x, shape: _shaped(graph, x, layer.output_shape(shape)),
    shapes.Permute: lambda graph, layer, x, shape: graph.transpose(x, (0, *layer.dims)),
}


@writes(shapes.RepeatVector)
def _repeat_vector(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    return graph.add("Tile", _shaped(graph, x, (1, *input_shape)), np.array((1, layer.n, 1)))


def _shaped(graph: Graph, x: str, shape: Shape) -> str:
    return graph.add("Reshape", x, graph.array("shape", np.array((0, *shape))))  # 0 is the batch as it is


@writes(preprocessing.Rescaling)
def _rescaling(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    return graph.entrywise("Add", graph.entrywise("Mul", x, layer.scale), layer.offset)


@writes(preprocessing.Normalization)
def _normalization(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    axes = layer._axes(len(input_shape) + 1)
    spread = [1, *(n if axis in axes else 1 for axis, n in enumerate(input_shape, 1))]
    mean = layer.state.mean.reshape(spread)
    deviation = np.maximum(np.sqrt(layer.state.variance.reshape(spread)), preprocessing.LEAST)
    if layer.invert:
        return graph.entrywise("Add", graph.entrywise("Mul", x, deviation), mean)
    return graph.entrywise("Mul", graph.entrywise("Sub", x, mean), 1.0 / deviation)


# -- normalization ----------------------------------------------------------------------------------------------------


@writes(batch_normalization.BatchNormalization)
def _batch_normalization(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    (axis,) = normalization.sample_axes(layer, "axis", layer.axis, len(input_shape) + 1)
    order = (0, axis, *(other for other in range(1, len(input_shape) + 1) if other != axis))
    size = input_shape[axis - 1]
    gamma, beta = _parameter(layer, "gamma", (size,), 1.0), _parameter(layer, "beta", (size,), 0.0)
    values = {"gamma": gamma, "beta": beta, "mean": layer.state.moving_mean, "variance": layer.state.moving_variance}
    arrays = [graph.array(name, value) for name, value in values.items()]
    return _in_order(graph, x, order, "BatchNormalization", *arrays, epsilon=float(layer.epsilon))


@writes(normalization.LayerNormalization)
def _layer_normalization(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    order, sizes = _last(layer, input_shape)
    gamma = graph.array("gamma", _parameter(layer, "gamma", sizes, 1.0))
    beta = [graph.array("beta", layer.params.beta)] if layer.center else []
    epsilon = float(layer.epsilon)
    return _in_order(graph, x, order, "LayerNormalization", gamma, *beta, axis=-len(sizes), epsilon=epsilon)


@writes(normalization.RMSNormalization)
def _rms_normalization(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    order, sizes = _last(layer, input_shape)
    x, axes = graph.transpose(x, order), graph.array("axes", np.arange(-len(sizes), 0))
    square = graph.add("ReduceMean", graph.add("Mul", x, x), axes, opset=18)  # RMSNormalization itself came with 23
    root = graph.add("Sqrt", graph.add("Add", square, float(layer.epsilon)))
    y = graph.add("Mul", graph.add("Div", x, root), graph.array("scale", layer.params.scale))
    return graph.transpose(y, inverse(order))


def _parameter(layer: Any, name: str, shape: Shape, default: float) -> Any:
    """Return a parameter, or what stands for it in a layer that has none."""
    return vars(layer.params).get(name, np.full(shape, default))


def _last(layer: Any, input_shape: Shape) -> tuple[tuple[int, ...], Shape]:
    """Return the order of axes that has those of the layer last, and their sizes."""
    axes = normalization.sample_axes(layer, "axis", layer.axis, len(input_shape) + 1)
    others = (axis for axis in range(len(input_shape) + 1) if axis not in axes)
    return (*others, *axes), tuple(input_shape[axis - 1] for axis in axes)


@writes(softmax.Softmax, softmax.LogSoftmax)
def _softmax(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    order, sizes = _last(layer, input_shape)
    operator = "Softmax" if isinstance(layer, softmax.Softmax) else "LogSoftmax"
    if len(sizes) == 1:
        return graph.add(operator, x, axis=order[-1])
    turned = tuple(input_shape[axis - 1] for axis in order[1:])  # several axes become one, and several again
    x = _shaped(graph, graph.transpose(x, order), (*turned[: -len(sizes)], math.prod(sizes)))
    y = _shaped(graph, graph.add(operator, x, axis=-1), turned)
    return graph.transpose(y, inverse(order))


# -- activations ------------------------------------------------------------------------------------------------------


def _entrywise(operator: str, opset: int = 1) -> Writer:
    """Return the function of a layer that is one operator."""
    return lambda graph, layer, x, input_shape: graph.entrywise(operator, x, opset=opset)


@writes(activations.ReLU)
def _relu(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    slope, threshold = float(layer.negative_slope), float(layer.threshold)
    if threshold:
        low = graph.entrywise("Mul", graph.entrywise("Sub", x, threshold), slope)
        y = graph.entrywise("Where", graph.entrywise("Greater", x, threshold), x, low)
    else:
        y = graph.entrywise("LeakyRelu", x, alpha=slope) if slope else graph.entrywise("Relu", x)
    return y if layer.max_value is None else graph.entrywise("Min", y, float(layer.max_value))


@writes(activations.GELU)
def _gelu(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    return graph.entrywise("Gelu", x, approximate="tanh" if layer.approximate else "none", opset=20)


WRITERS |= {
    activations.Sigmoid: _entrywise("Sigmoid"),
    activations.Tanh: _entrywise("Tanh"),
    activations.Softplus: _entrywise("Softplus"),
    activations.Softsign: _entrywise("Softsign"),
    activations.SELU: _entrywise("Selu"),
    activations.Mish: _entrywise("Mish", 18),
    activations.ELU: lambda graph, layer, x, shape: graph.entrywise("Elu", x, alpha=float(layer.alpha)),
    activations.LeakyReLU: lambda graph, layer, x, shape: graph.entrywise("LeakyRelu", x, alpha=float(layer.negative_slope)),
    activations.PReLU: lambda graph, layer, x, shape: graph.entrywise("PRelu", x, layer.params.alpha[None]),
    activations.SiLU: lambda graph, layer, x, shape: graph.entrywise("Mul", x, graph.entrywise("Sigmoid", x)),
}
