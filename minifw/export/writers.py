"""What each built-in layer is in ONNX: the nodes that its inference becomes."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from .._typing import Array, Shape
from ..engine import windows
from ..layers.activated import Activation
from ..layers.activations import ELU, GELU, SELU, LeakyReLU, Mish, PReLU, ReLU, Sigmoid, SiLU, Softplus, Softsign, Tanh
from ..layers.batch_normalization import BatchNormalization
from ..layers.branches import Branches
from ..layers.chain import Chain
from ..layers.convolution import Convolution
from ..layers.dense import Dense
from ..layers.embedding import Embedding
from ..layers.enlarging import UpSampling, ZeroPadding
from ..layers.noise import Dropout, GaussianNoise
from ..layers.normalization import LayerNormalization, RMSNormalization, sample_axes
from ..layers.pooling import AveragePooling, GlobalAveragePooling, GlobalMaxPooling, MaxPooling
from ..layers.preprocessing import LEAST, Normalization, Rescaling
from ..layers.residual import Residual
from ..layers.shapes import Flatten, Identity, Permute, RepeatVector, Reshape
from ..layers.softmax import LogSoftmax, Softmax
from ..network.network import Network
from .graph import Graph, Writer, inverse

# -- composition ------------------------------------------------------------------------------------------------------


def _chain(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    for name, inner, shape in layer.children(input_shape):
        x = graph.add_layer(inner, x, shape, name)
    return x


def _branches(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    return graph.add("Concat", *(graph.add_layer(inner, x, input_shape) for inner in layer.layers), axis=-1)


# -- products ---------------------------------------------------------------------------------------------------------


def _dense(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    kernel, *bias = _arrays(graph, vars(layer.params))
    # Gemm, which adds the bias itself, takes vectors only
    y = graph.add("Gemm", x, kernel, *bias) if len(input_shape) == 1 else graph.add("MatMul", x, kernel)
    if bias and len(input_shape) > 1:
        y = graph.add("Add", y, *bias)
    return _chain(graph, layer, y, input_shape)


def _convolution(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    filters_first = np.moveaxis(layer.params.kernel, (-1, -2), (0, 1))
    arrays = _arrays(graph, vars(layer.params) | {"kernel": filters_first})
    y = _slide(graph, "Conv", x, layer._axes(input_shape), *arrays, group=layer.groups, dilations=layer._dilation)
    return _chain(graph, layer, y, input_shape)


def _arrays(graph: Graph, values: dict[str, Any]) -> list[str]:
    """Let the file hold arrays of a layer under their names."""
    return [graph.array(name, value) for name, value in values.items()]


# -- windows ----------------------------------------------------------------------------------------------------------


def _slide(graph: Graph, operator: str, x: str, axes: windows.Axes, *arrays: str, **attributes: Any) -> str:
    """Add a node whose window slides over samples; ONNX wants their channels first."""
    _, kernel, stride, _, before, after, _ = zip(*axes, strict=True)
    window = {"kernel_shape": kernel, "strides": stride, "pads": (*before, *after)}
    first = (0, len(axes) + 1, *range(1, len(axes) + 1))
    return _in_order(graph, x, first, operator, *arrays, **window, **attributes)


def _global_pooling(graph: Graph, layer: Any, x: str, input_shape: Shape, operator: str) -> str:
    # one window as large as the sample: onnx.reference gets GlobalMaxPool of sequences wrong
    whole = tuple(windows.axis(size, size, 1, "valid") for size in input_shape[:-1])
    return _reshaped(graph, layer, _slide(graph, operator, x, whole), input_shape)


def _up_sampling(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    for axis, (size, times) in enumerate(zip(input_shape, layer._size, strict=False), 1):
        x = graph.add("Gather", x, np.repeat(np.arange(size), times), axis=axis)
    return x


def _in_order(graph: Graph, x: str, order: tuple[int, ...], operator: str, *inputs: Any, **attributes: Any) -> str:
    """Add a node that works on axes in another order."""
    return graph.transpose(graph.add(operator, graph.transpose(x, order), *inputs, **attributes), inverse(order))


# -- shapes and scales ------------------------------------------------------------------------------------------------


def _reshaped(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    return graph.add("Reshape", x, (0, *layer.output_shape(input_shape)))  # 0 is the batch as it is


def _spread(array: Array, axes: tuple[int, ...], input_shape: Shape) -> Array:
    """Return an array with as many axes as a sample, where each of its own has its place."""
    return array.reshape([size if axis in axes else 1 for axis, size in enumerate(input_shape, 1)])


def _normalization(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    axes = layer._axes(len(input_shape) + 1)
    mean, variance = (_spread(array, axes, input_shape) for array in (layer.state.mean, layer.state.variance))
    deviation = np.maximum(np.sqrt(variance), LEAST)
    if layer.invert:
        return graph.add("Add", graph.add("Mul", x, deviation), mean)
    return graph.add("Div", graph.add("Sub", x, mean), deviation)


# -- normalization ----------------------------------------------------------------------------------------------------


def _batch_normalization(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    order, size = _last(layer, input_shape)
    return _affine(graph, layer, x, (0, order[-1], *order[1:-1]), size, "BatchNormalization")


def _layer_normalization(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    order, sizes = _last(layer, input_shape)
    return _affine(graph, layer, x, order, sizes, "LayerNormalization", axis=-len(sizes))


def _affine(graph: Graph, layer: Any, x: str, order: tuple[int, ...], sizes: Shape, operator: str, **attributes: Any) -> str:
    """Add a node that normalizes, with what stands for a `gamma` or `beta` that the layer does not have."""
    arrays = _arrays(graph, {"gamma": np.ones(sizes), "beta": np.zeros(sizes)} | vars(layer.params) | vars(layer.state))
    return _in_order(graph, x, order, operator, *arrays, epsilon=float(layer.epsilon), **attributes)


def _rms_normalization(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    axes = layer._axes(len(input_shape) + 1)
    square = graph.add("ReduceMean", graph.add("Mul", x, x), axes, opset=18)  # RMSNormalization came with 23
    root = graph.add("Sqrt", graph.add("Add", square, layer.epsilon))
    return graph.add("Mul", graph.add("Div", x, root), _spread(layer.params.scale, axes, input_shape))


def _last(layer: Any, input_shape: Shape) -> tuple[tuple[int, ...], Shape]:
    """Return the order of axes that has those of the layer last, and their sizes."""
    axes = sample_axes(layer, "axis", layer.axis, len(input_shape) + 1)
    others = (axis for axis in range(len(input_shape) + 1) if axis not in axes)
    return (*others, *axes), tuple(input_shape[axis - 1] for axis in axes)


def _softmax(graph: Graph, layer: Any, x: str, input_shape: Shape, operator: str) -> str:
    order, sizes = _last(layer, input_shape)
    if len(sizes) == 1:
        return graph.add(operator, x, axis=order[-1])
    turned = graph.transpose(x, order)
    flat = graph.add("Flatten", turned, axis=-len(sizes))  # several axes become one, and several again
    y = graph.add("Reshape", graph.add(operator, flat, axis=-1), graph.add("Shape", turned))
    return graph.transpose(y, inverse(order))


# -- activations ------------------------------------------------------------------------------------------------------


def _relu(graph: Graph, layer: Any, x: str, input_shape: Shape) -> str:
    if layer.negative_slope or layer.threshold:
        low = graph.add("Mul", graph.add("Sub", x, layer.threshold), layer.negative_slope)
        y = graph.add("Where", graph.add("Greater", x, layer.threshold), x, low)
    else:
        y = graph.add("Relu", x)
    return y if layer.max_value is None else graph.add("Min", y, layer.max_value)


def _operator(name: str, opset: int = 1) -> Writer:
    """Return the function of a layer that is one operator."""
    return lambda graph, layer, x, shape: graph.add(name, x, opset=opset)


WRITERS: dict[type, Writer] = {
    **dict.fromkeys((Chain, Network, Activation), _chain),
    Residual: lambda graph, layer, x, shape: graph.add("Add", x, _chain(graph, layer, x, shape)),
    Branches: _branches,
    Dense: _dense,
    Convolution: _convolution,
    Embedding: lambda graph, layer, x, shape: graph.add("Gather", *_arrays(graph, vars(layer.params)), x),
    MaxPooling: lambda graph, layer, x, shape: _slide(graph, "MaxPool", x, layer._axes(shape)),
    AveragePooling: lambda graph, layer, x, shape: _slide(graph, "AveragePool", x, layer._axes(shape)),
    GlobalMaxPooling: partial(_global_pooling, operator="MaxPool"),
    GlobalAveragePooling: partial(_global_pooling, operator="AveragePool"),
    # all margins before the axes, then all behind them
    ZeroPadding: lambda graph, layer, x, shape: graph.add("Pad", x, np.ravel([(0, 0), *layer._margins, (0, 0)], "F")),
    UpSampling: _up_sampling,
    **dict.fromkeys((Dropout, GaussianNoise, Identity), lambda graph, layer, x, shape: x),
    **dict.fromkeys((Flatten, Reshape), _reshaped),
    Permute: lambda graph, layer, x, shape: graph.transpose(x, (0, *layer.dims)),
    RepeatVector: lambda graph, layer, x, shape: _reshaped(graph, layer, graph.add("Tile", x, (1, layer.n)), shape),
    Rescaling: lambda graph, layer, x, shape: graph.add("Add", graph.add("Mul", x, layer.scale), layer.offset),
    Normalization: _normalization,
    BatchNormalization: _batch_normalization,
    LayerNormalization: _layer_normalization,
    RMSNormalization: _rms_normalization,
    **{cls: partial(_softmax, operator=cls.__name__) for cls in (Softmax, LogSoftmax)},
    ReLU: _relu,
    **{cls: _operator(cls.__name__) for cls in (Sigmoid, Tanh, Softplus, Softsign)},
    SELU: _operator("Selu"),
    Mish: _operator("Mish", 18),
    GELU: lambda graph, layer, x, shape: graph.add("Gelu", x, approximate="tanh" if layer.approximate else "none", opset=20),
    ELU: lambda graph, layer, x, shape: graph.add("Elu", x, alpha=float(layer.alpha)),
    LeakyReLU: lambda graph, layer, x, shape: graph.add("LeakyRelu", x, alpha=float(layer.negative_slope)),
    PReLU: lambda graph, layer, x, shape: graph.add("PRelu", x, *_arrays(graph, vars(layer.params))),
    SiLU: lambda graph, layer, x, shape: graph.add("Mul", x, graph.add("Sigmoid", x)),
}
"""The function of each class. The numbers of a layer are read when it is written."""
