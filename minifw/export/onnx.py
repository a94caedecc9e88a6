"""A network as an ONNX file, for runtimes that know nothing of this package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import arguments
from ..errors import ArgumentTypeError, UsageError, needed, shown
from ..files import atomic
from ..network import tree
from ..network.network import Network
from .graph import CALLED, Graph, Writer
from .writers import WRITERS


def export(net: Network, filepath: Any, custom: Mapping[type, Writer] | None = None, overwrite: bool = True) -> None:
    """Write a network as it predicts; this is `Sequential.export`.

    A layer of your own needs a function, which is called with the graph, the layer, the name of its input and the shape of
    one sample of it. It adds nodes with `graph.add(operator, *inputs, **attributes)`, where each input is the name of a
    value, a number, a tuple or an array; it returns the name of the layer's output, what the last `graph.add` returned.
    The first axis of every value is the batch, and samples have the shapes that they have here, channels last. A composite
    adds a layer inside it with `graph.add_layer(inner, x, input_shape)`. ONNX's operators: https://onnx.ai/onnx/operators

    Args:
        net: The network.
        filepath: The file.
        custom: The functions by class; they come before those of the built-in layers.
        overwrite: Whether a file that is there already may be replaced.

    Raises:
        UsageError: If the network is not built, calculates in float64, or nothing is known of a layer.
        ImportError: If onnx is missing.
        OSError: If the file cannot be written.

    Example:
        >>> import minifw, numpy, onnxruntime, os, tempfile
        >>> class Swish(minifw.Layer):
        ...     def __init__(self, beta, **options):
        ...         self.beta = beta
        ...         super().__init__(**options)
        ...     def forward(self, x, training=False):
        ...         return x / (1.0 + numpy.exp(-self.beta * x))
        ...     def backward(self, error_grad):
        ...         raise NotImplementedError
        >>> def swish(graph, layer, x, input_shape):
        ...     return graph.add("Mul", x, graph.add("Sigmoid", graph.add("Mul", x, layer.beta)))
        >>> net = minifw.Sequential([minifw.Input((5,)), minifw.Dense(3), Swish(2.0)], seed=1)
        >>> x = numpy.ones((4, 5), numpy.float32)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     net.export(os.path.join(folder, "model.onnx"), custom={Swish: swish})
        ...     session = onnxruntime.InferenceSession(os.path.join(folder, "model.onnx"))
        >>> numpy.allclose(session.run(None, {"x": x})[0], net.predict(x, verbose=0))
        True
    """
    arguments.flag("export", "overwrite", overwrite)
    custom = {} if custom is None else custom
    if not isinstance(custom, Mapping) or not all(isinstance(cls, type) and callable(custom[cls]) for cls in custom):
        raise ArgumentTypeError(f"export: custom must be {{class: {CALLED}}}, got {shown(custom)}")
    with needed("net.export() writes the file with onnx", "onnx"):
        import onnx
    data = _model(onnx, net, {**WRITERS, **custom}).SerializeToString()
    atomic.write(filepath, [data], len(data), overwrite=overwrite)


def _model(onnx: Any, net: Network, writers: Mapping[type, Writer]) -> Any:
    """Return the network as a model of ONNX that its own checker has found sound."""
    if tree.vectors(net).params.dtype.name != "float32":
        fix = "make the same network with dtype='float32' and give it the weights: other.set_weights(net.get_weights())"
        raise UsageError(f"{tree.label(net)}: export writes float32, for all runtimes; the network is {net.dtype}; {fix}")
    helper, graph, shape = onnx.helper, Graph(onnx, writers), net.input_shape or ()
    y = graph.add_layer(net, "x", shape)
    nodes = [*graph.nodes, helper.make_node("Identity", [y], ["y"], "y")]
    read = {"y"}
    for node in reversed(nodes):  # a transpose that was undone is read by nobody
        read.update(node.input if node.name in read else ())

    def value(name: str, shape: Any, kind: Any = onnx.TensorProto.FLOAT) -> Any:
        return helper.make_tensor_value_info(name, kind, ["batch", *shape])

    made = helper.make_graph(
        [node for node in nodes if node.name in read],
        net.name,
        [value("x", shape, onnx.TensorProto.INT64 if net.input_kind == "index" else onnx.TensorProto.FLOAT)],
        [value("y", net.output_shape(shape))],
        [onnx.numpy_helper.from_array(array, name) for name, array in graph.arrays.items() if name in read],
        value_info=[value(name, sizes) for name, sizes in graph.shapes.items() if name in read - {"x"}],
    )
    model = helper.make_model_gen_version(made, opset_imports=[helper.make_opsetid("", graph.opset)], producer_name="minifw")
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise UsageError(f"{tree.label(net)}: export: the nodes of a function in custom do not fit: {error}") from error
    return model
