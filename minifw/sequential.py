"""Sequential: layers one after another, built, trained and used as in Keras."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from typing_extensions import Unpack

from ._typing import Array, ArrayLike
from .callbacks.history import History
from .errors import ArgumentTypeError, ArgumentValueError, UsageError, nearest, shown
from .files.model import fingerprint, save
from .files.weights import save_weights
from .inspect.checks import check_gradients
from .inspect.health import health
from .inspect.pictures import plot_boundary
from .inspect.preflight import check
from .inspect.summary import summary
from .layers.base import Layer
from .layers.chain import Chain
from .layers.shapes import Input
from .losses.base import Loss
from .network import tree
from .network.definition import LayerOptions
from .network.network import Network
from .optimizers.base import Optimizer
from .training import compiled
from .training.compiled import Metrics
from .training.evaluate import evaluate
from .training.fit import fit
from .training.functional import get_flat, input_gradient, loss_and_grad, set_flat
from .training.predict import predict, predict_on_batch
from .training.step import test_on_batch, train_on_batch


class _Chosen:
    """What `compile` chose: another object of that kind may take its place."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __set__(self, net: Sequential, value: Any) -> None:
        absent = value is None and self.kind != "optimizer"
        if not absent and (isinstance(value, type) or self.kind not in getattr(value, "kinds", ())):
            raise ArgumentTypeError(
                f"{tree.label(net)}: {self.kind}={shown(value)} is no object of that kind; compile makes one: "
                f"compile(..., {self.kind}={shown(value)})"
            )
        if getattr(value, "reduction", "") in ("none", None):
            raise ArgumentValueError(
                f"{tree.label(net)}: {value!r} gives one value a sample, but training needs one number: use "
                "reduction='sum_over_batch_size'"
            )
        vars(net)[self.kind] = value

if TYPE_CHECKING:
    from .inspect.trace.trace import Trace


class Sequential(Network):
    """A network of layers one after another.

    Args:
        layers: The layers, input side first; an `Input` at the front builds the network at once.
        dtype: `"float32"` or `"float64"`.
        seed: An integer, so that two runs give the same bits; without one every network starts elsewhere.
        options: As for every layer.

    Attributes:
        layers: The layers, a tuple.
        optimizer: What `compile` chose.
        loss: What `compile` chose.
        history: The `History` of the last `fit`.
        stop_training: Set it to `True` in a callback to end `fit`.

    Example:
        >>> from minifw import Dense, Input, Sequential
        >>> net = Sequential([Input((5,)), Dense(3, activation="relu"), Dense(1)], seed=1)
        >>> net.count_params()
        22
    """

    optimizer: Optimizer = cast(Optimizer, _Chosen("optimizer"))
    loss: Loss | None = cast("Loss | None", _Chosen("loss"))
    metrics: Metrics | None = cast("Metrics | None", _Chosen("metrics"))
    history: History | None = None
    stop_training: bool = False
    _instead = {"layers": "change it with add() and pop(), or make a new network"}  # noqa: RUF012 (never written to)
    shuffles: int = 0
    _fitting: bool = False
    _measuring: bool = False

    def __init__(
        self,
        layers: Sequence[Layer | Input] | None = (),
        *,
        dtype: Any = "float32",
        seed: int | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        vars(self).update(optimizer=None, loss=None, metrics=None)
        layers = [layers] if isinstance(layers, (Layer, Input)) else list(layers or ())
        entrance = layers.pop(0) if layers and isinstance(layers[0], Input) else None
        super().__init__(layers, dtype=dtype, seed=seed, **options)
        self._entrance: Input | None = cast("Input | None", entrance)
        try:
            self._build_early()
        except BaseException:
            self._replace_layers(())  # an exception that is kept must not keep the layers captured
            raise

    # building
    def add(self, layer: Layer | Input) -> None:
        """Put a layer at the end; on a built network its parameters start now and all others keep their values.

        It is trained unless it was frozen itself, in a frozen network too. A built network moves all its parameters into
        a longer vector each time: hundreds of layers are better given at once, or before the input's shape is known.

        Args:
            layer: A layer, or an `Input` while there is none.

        Raises:
            UsageError: If the layer belongs to another network or stands here already. Nothing has changed then.
        """
        self._check_alone("add")
        if isinstance(layer, Input):
            if self.layers or self._entrance is not None:
                raise UsageError(f"{tree.label(self)}: an Input stands first, before all layers")
            self._entrance = layer
            return
        before = self.layers
        self._replace_layers((*before, layer))
        try:
            self._build_early()
        except BaseException:
            self._replace_layers(before)
            raise

    def pop(self) -> Layer:
        """Take the last layer away and return it; it keeps its values."""
        self._check_alone("pop")
        if not self.layers:
            raise UsageError(f"{tree.label(self)} has no layers to pop")
        last = self.layers[-1]
        self._replace_layers(self.layers[:-1])
        return last

    def _build_early(self) -> None:
        """Build at once when the input's shape is known."""
        first: Any = self.layers[0] if self.layers else None
        while isinstance(first, Chain) and first.layers and first.input_shape is None:
            first = first.layers[0]
        shape = self.input_shape or (first.input_shape if first is not None else None)
        if self._entrance is not None:
            self._entrance.check_dtype(self._dtype)
            shape = self._entrance.shape
        if self.layers and self.packed is None and shape is not None:
            self.build(shape)

    def _check_alone(self, verb: str) -> None:
        if tree.owner(self) is not None:
            raise UsageError(
                f"{tree.label(self)}: {verb}() on a network inside another; change it before it goes in, "
                "or give the other a copy: copy.deepcopy"
            )

    # looking
    @property
    def metrics_names(self) -> list[str]:
        """`["loss", metric, ...]`: what the numbers of `evaluate` and `train_on_batch` are called."""
        return ["loss", *(() if self.metrics is None else (*self.metrics.plain, *self.metrics.weighted))]

    # training, keeping, looking, and the network as a plain function
    compile = compiled.compile
    fit = fit
    train_on_batch = train_on_batch
    test_on_batch = test_on_batch
    evaluate = evaluate
    predict = predict
    predict_on_batch = predict_on_batch
    save = save
    fingerprint = fingerprint
    save_weights = save_weights
    get_flat = get_flat
    set_flat = set_flat
    loss_and_grad = loss_and_grad
    input_gradient = input_gradient
    check_gradients = check_gradients
    health = health
    plot_boundary = plot_boundary
    summary = summary
    check = check

    def jump_back(self, x: ArrayLike, y: ArrayLike, loss: Any = None) -> Trace:
        """Return the backward pass of one batch, jump by jump, as training would take it; nothing is changed.

        Args:
            x: The samples.
            y: The targets.
            loss: A `Loss`, its class or its name; by default the one the network was compiled with.

        Returns:
            A `Trace`.

        Raises:
            UsageError: If there is no loss.

        Example:
            >>> import minifw, numpy
            >>> net = minifw.Sequential([minifw.Input((5,)), minifw.Dense(3), minifw.Sigmoid()], seed=1)
            >>> trace = net.jump_back(numpy.ones((1, 5)), numpy.zeros((1, 3)), loss="mse")
            >>> [jump.over for jump in trace]
            ['the loss line MSELoss', 'the activation line sigmoid', 'the weights of dense']
            >>> trace["error_grad_upto_x"].shape
            (1, 5)
        """
        from .inspect.trace.trace import jump_back  # a twentieth of what importing the package takes

        return jump_back(self, x, y, loss)

    def export(self, filepath: Any, custom: Mapping[type, Any] | None = None, overwrite: bool = True) -> None:
        """Write the network, as `predict` uses it, to an ONNX file, which many runtimes read; it takes batches of any size.

        The input is called `"x"`, the output `"y"`: `onnxruntime.InferenceSession("model.onnx").run(None, {"x": x})`. The
        file needs the smallest version of ONNX's operators that has all of its own: 17, with `RMSNormalization` or `Mish`
        18, with `GELU` 20.

        For a layer of your own write a function that adds nodes, here `x * sigmoid(x)`, and pass `custom={Swish: swish}`:

            def swish(graph, layer, x, input_shape):
                return graph.add("Mul", x, graph.add("Sigmoid", x))

        Args:
            filepath: The file, such as `"model.onnx"`; it is replaced whole.
            custom: For layers of your own `{class: function}`; `minifw.export.onnx.export` says what a function gets and
                returns.
            overwrite: Whether a file that is there already may be replaced.

        Raises:
            UsageError: If the network is not built, calculates in float64, or holds a layer that nothing is known of, such
                as a `Lambda`; there is no new file then.
            ImportError: If onnx is missing; it names the command that installs it.
            OSError: If the file cannot be written; what was there before is untouched then.
        """
        from .export.onnx import export  # needs what only an export needs

        export(self, filepath, custom, overwrite)

    def load_weights(self, filepath: Any, skip_mismatch: bool = False, mapping: Mapping[str, str] | None = None) -> None:
        """Load parameters and state from a file or a dictionary, also of PyTorch or Keras; all or nothing.

        A file is one of `save_weights` or `save`, any other safetensors file, or, with such a name, a `.keras` or
        `.weights.h5` file of Keras 3 with the same layers in the same order, whatever they are called.

        A dictionary is `module.state_dict()` of PyTorch (of `module.float().cpu()`, if NumPy does not have its dtype):
        without `mapping` its modules match the layers by order, and the names and shapes of all arrays must agree. What
        comes from PyTorch, known by names such as `weight`, is turned: its kernels have the output axis first, and where
        channels were flattened, they came first. So behind a `Flatten` of what a convolution or a pooling sends, every
        array up to the next `Dense` is put into another order.

        Args:
            filepath: The file, or a dictionary of arrays.
            skip_mismatch: Whether to leave alone, with a warning, what is missing there or has another shape.
            mapping: Where there are other names: `{name here: name there}`, for an array (`"dense/kernel"`) or for a
                whole layer (`"dense"`), which then stands for a module of PyTorch (`"fc1"`: `fc1.weight`, `fc1.bias`) or a
                group of Keras (`"layers/dense_3"`). What it does not mention keeps its name, and what else there is, is
                passed over.

        Raises:
            ModelFormatError: If the file is damaged or does not fit; all differences are named. Nothing has changed then.
            ArgumentValueError: If the dictionary does not fit, or an order of PyTorch's cannot be told.
            UsageError: If the network is not built.
            ImportError: If h5py is missing for a file of Keras; it names the command that installs it.
            OSError: If the file cannot be read.

        Example:
            >>> import minifw, numpy
            >>> net = minifw.Sequential([minifw.Input((3,)), minifw.Dense(2)], seed=1)
            >>> net.load_weights({"fc.weight": numpy.ones((2, 3)), "fc.bias": numpy.zeros(2)})
            >>> net.predict(numpy.ones((1, 3)), verbose=0)
            array([[3., 3.]], dtype=float32)
        """
        from .files.loading import load_weights  # which also knows the orders of others

        load_weights(self, filepath, skip_mismatch, mapping)

    def to_torch(self, names: Iterable[str]) -> dict[str, Array]:
        """Return all arrays as a state dict of PyTorch; `load_weights` takes it back bit for bit.

        With `arrays = net.to_torch(module.state_dict())` the module takes them as
        `module.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})`.

        Args:
            names: The names in the module's order: `module.state_dict()` itself, or its keys. Modules match layers by order.

        Raises:
            ArgumentValueError: If modules and layers do not agree, or an order cannot be told.
            UsageError: If the network is not built.

        Example:
            >>> import minifw
            >>> net = minifw.Sequential([minifw.Input((3,)), minifw.Dense(2)], seed=1)
            >>> {name: array.shape for name, array in net.to_torch(["fc.weight", "fc.bias"]).items()}
            {'fc.weight': (2, 3), 'fc.bias': (2,)}
        """
        from .files.torch import to_torch

        return to_torch(self, names)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return a layer by its name or its index.

        Args:
            name: The name, such as `"dense_1"`.
            index: The place, instead of the name.

        Raises:
            ArgumentValueError: If there is none; the message lists the names.
        """
        if (name is None) == (index is None):
            raise ArgumentValueError("get_layer takes a name or an index, one of the two")
        names = [layer.name for layer in self.layers]
        if index is not None:
            if not -len(names) <= index < len(names):
                raise ArgumentValueError(f"{self.name}: no layer {index}; there are {len(names)}")
            return self.layers[index]
        if name not in names:
            if isinstance(name, int):
                raise ArgumentTypeError(f"{self.name}: get_layer takes a name; for a place write get_layer(index={name})")
            known = ", ".join(names) or "none"
            raise ArgumentValueError(f"{self.name}: no layer named {name!r}{nearest(str(name), names)} (layers: {known})")
        return self.layers[names.index(str(name))]

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if self.history is not None:
            self.history.set_model(self)

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in super().__getstate__().items() if key not in ("_fitting", "_measuring")}
