"""A layer owns its mathematics in both directions, and what it remembers between them."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Never

import numpy as np

from .. import arguments
from .._typing import Array, ArrayLike, Shape
from ..attributes import Cache, Remembering, Shown
from ..config import Configurable
from ..definitions import constructor
from ..engine.buffers import Buffers
from ..errors import ArgumentTypeError, UsageError
from ..network import access, build, tree
from ..network.definition import RESERVED
from ..network.entries import entries, put_weights
from ..network.names import rename, snake_case
from ..network.views import NOTHING, LazyVector, Param, Views, gradients

if TYPE_CHECKING:
    from ..network.network import Network

_TRANSIENT = ("cache", "_buffers", "_owner", "_given_name", "needs_message", "_late_grads")
_WINDOWS = ("params", "_grads", "state")


class _Generator(cached_property["np.random.Generator"]):
    """Is made at its first use, and cannot be replaced."""

    def __set__(self, instance: object, value: Any) -> None:
        raise UsageError(
            f"{type(instance).__name__}: rng is every layer's own generator and comes from the network's seed; "
            "draw from self.rng, and keep one of yours under another name"
        )


class Layer(Configurable, Remembering, registered=False):
    """The base of all layers; a subclass writes `forward` and `backward`, and `build` if it has parameters.

    Args:
        name: Its own name; without one its container deals one.
        trainable: Whether its parameters are trained.
        input_shape: The shape of one sample, on the first layer of a network that is to be built at once.
        input_dim: The same for samples that are vectors.
        dtype: That of the network, which it has anyway; any other is refused when it is built.

    Attributes:
        params: Views onto the trained parameters, by name.
        state: Views onto what is kept but not trained.
        cache: What `forward` leaves for `backward`.
        needs_message: `False` while nobody upstream wants dLoss/dx: `backward` may then return `None`.
        input_kind: `"float"`, or `"index"` for a layer that takes whole numbers.
        elementwise: Whether each output depends on one input, so that `backward(ones)` is the slope.
        gives: What a network gives that ends with it, such as `"probabilities"`; `None` where nothing is known.
        unready: What is missing before it can be trained, and what to do about it; `None` if nothing is.
        takes_any_size: Whether it brings its input to a scale of its own.
        mixes_samples: Whether in training the output of a sample depends on the others of its batch.
        factor_text: What `backward` multiplies by, in words for a trace; `z` is the input, `{self.rate}` an attribute.

    Example:
        >>> class Double(Layer):
        ...     def forward(self, x, training=False):
        ...         return 2 * x
        ...     def backward(self, error_grad):
        ...         return 2 * error_grad
        >>> Double()(np.array([[1.0, 2.0]]))
        array([[2., 4.]])
    """

    kinds: ClassVar[tuple[str, ...]] = ("layer",)
    reserved = RESERVED
    params: Views = NOTHING
    state: Views = NOTHING
    cache: Any = Cache()
    needs_message: bool = True
    input_kind: ClassVar[str] = "float"
    elementwise: ClassVar[bool] = False
    gives: str | None = None
    unready: tuple[str, str] | None = None
    takes_any_size: ClassVar[bool] = False
    mixes_samples: ClassVar[bool] = False
    is_network: ClassVar[bool] = False
    steps: ClassVar[tuple[str, str]] = ("forward", "backward")
    """The methods that a tap listens to."""
    factor_text: str = ""
    input_shape: Shape | None = None

    built = Shown(tree.is_built, "a network is built by build(input_shape), or by the first data")
    weights = variables = access.arrays()
    trainable_weights = trainable_variables = access.arrays(lambda entry: not entry.frozen)
    non_trainable_weights = non_trainable_variables = access.arrays(lambda entry: entry.frozen)
    if TYPE_CHECKING:  # each class that has such an array has the attribute
        kernel = bias = gamma = beta = moving_mean = moving_variance = embeddings = access.array("")

    _dtype_asked: str | None = None
    _own_name: str | None = None
    _given_name: str | None = None
    _trainable: bool | None = True
    _multiplier: float = 1.0
    _owner: weakref.ref[Network] | None = None
    _seeds: np.random.SeedSequence | None = None
    _late_grads: tuple[LazyVector, int] | None = None
    _grads: Views | None = None
    _declared: Mapping[str, Param] = MappingProxyType({})
    _buffers: Buffers | None = None

    def __init__(
        self,
        *,
        name: str | None = None,
        trainable: bool = True,
        input_shape: Any = None,
        input_dim: int | None = None,
        **unknown: Never,
    ) -> None:
        if (asked := unknown.pop("dtype", None)) is not None:
            self._dtype_asked = arguments.dtype(self, asked).name
        arguments.refuse_unknown(self, unknown, constructor(type(self)))
        self.name = name
        if input_dim is not None:
            input_shape = (arguments.integer(self, "input_dim", input_dim),)
        if input_shape is not None:
            self.input_shape = arguments.shape(self, "input_shape", input_shape)
        self.__dict__ = {"input_shape": None, "input_dim": None, **vars(self)}  # as in Settled
        if not arguments.flag(self, "trainable", trainable):
            tree.freeze_new(self)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "forward" in vars(cls) and cls.backward is Layer.backward:
            raise ArgumentTypeError(
                f"{cls.__name__} writes forward() but no backward(); write backward(self, error_grad): it gets "
                "dLoss/d(output), assigns self.grads.<name> for each parameter and returns dLoss/d(input)"
            )
        names = getattr(getattr(cls.__init__, "__code__", None), "co_varnames", ())
        access.show_arrays(cls, (name[: -len("_initializer")] for name in names if name.endswith("_initializer")))

    def build(self, input_shape: Shape) -> dict[str, Param]:
        """Declare the parameters and the state for samples of a shape; changes nothing."""
        return {}

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of one sample going out; by default that of one coming in."""
        return input_shape

    def forward(self, x: Array, training: bool = False) -> Array:
        """Return the output, and leave in `cache` what `backward` needs.

        Args:
            x: The input, samples along the first axis; never written to.
            training: Which mathematics is used, such as whether dropout drops.
        """
        raise NotImplementedError(f"{type(self).__name__} must write forward(self, x, training=False)")

    def backward(self, error_grad: Array) -> Array | None:
        """Fill `grads` and return dLoss/d(input) of the last forward.

        Args:
            error_grad: dLoss/d(output), shaped like the output; never written to.
        """
        raise NotImplementedError(f"{type(self).__name__} must write backward(self, error_grad)")

    def children(self, input_shape: Shape | None = None) -> list[tuple[str, Layer, Shape | None]]:
        """Return `(name, layer, input shape)` of each layer inside; shapes are `None` while unknown."""
        return []

    def get_weights(self) -> list[Array]:
        """Return copies of all parameters and state, layer by layer.

        Raises:
            UsageError: If the layer is not built.
        """
        return [entry.array.copy() for entry in entries(self)]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Copy values into all parameters and state, all or nothing.

        Args:
            weights: Arrays in the order of `get_weights`.

        Raises:
            ShapeError: If their number or a shape is another.
            UsageError: If the layer is not built.
        """
        put_weights(self, weights)

    def count_params(self) -> int:
        """Return the number of entries in all parameters and state."""
        return sum(entry.array.size for entry in entries(self))

    @property
    def name(self) -> str:
        """Its own name, else the one its container gave it."""
        return self._own_name or self._given_name or snake_case(type(self).__name__)

    @name.setter
    def name(self, value: str | None) -> None:
        rename(self, value)

    @property
    def trainable(self) -> bool:
        """Whether the parameters are trained; setting it takes effect at the next step, inside a composite too."""
        return bool(self._trainable)

    @trainable.setter
    def trainable(self, value: bool) -> None:
        tree.set_flag(self, "_trainable", arguments.flag(self, "trainable", value))

    @property
    def learning_rate_multiplier(self) -> float:
        """What the learning rate is multiplied by for this layer; effective at the next step."""
        return self._multiplier

    @learning_rate_multiplier.setter
    def learning_rate_multiplier(self, value: float) -> None:
        tree.set_flag(self, "_multiplier", float(arguments.number(self, "learning_rate_multiplier", value, "[0, inf)")))

    @_Generator
    def rng(self) -> np.random.Generator:
        """The layer's own generator, made at its first use."""
        own_seed = vars(self).get("seed")
        if own_seed is None and self._seeds is None:
            raise UsageError(f"{type(self).__name__} has no generator before it is built; call it with data: layer(x)")
        return np.random.default_rng(self._seeds if own_seed is None else own_seed)

    def __call__(self, x: ArrayLike, training: bool = False) -> Array:
        """Run `forward`; a layer that stands alone builds itself first, in the floating dtype of `x`."""
        return self.forward(x, training) if self.is_network else build.run_alone(self, x, training)  # type: ignore[arg-type]

    @property
    def grads(self) -> Views:
        """Views onto the gradients of the parameters; they take no memory before they are asked for."""
        self._grads = self._grads or gradients(self.params, self._late_grads)
        return self._grads or NOTHING

    @grads.setter
    def grads(self, value: Any) -> None:
        NOTHING.__set__(self, value)

    def _forget(self) -> None:
        """Drop what belonged to other windows."""
        tree.drop_cache(self)
        self._buffers = None

    def _written(self) -> dict[str, Any]:
        flags = {"name": self._own_name, "trainable": self.trainable, "learning_rate_multiplier": self._multiplier}
        known = constructor(type(self))
        return {**super()._written(), **{key: flag for key, flag in flags.items() if key not in known}}

    def _restore(self, flags: dict[str, Any]) -> None:
        for name in ("name", "trainable", "learning_rate_multiplier"):
            if name in flags:
                self._take_flag(name, flags.pop(name))
        super()._restore(flags)

    _take_flag = object.__setattr__
    """Sets a flag that a configuration holds; in a container not those of the layers, which bring their own."""

    def _argument(self, name: str) -> Any:
        if name == "input_dim" and "input_dim" not in vars(self):
            return None
        return self._own_name if name == "name" else super()._argument(name)

    def __getstate__(self) -> dict[str, Any]:
        state = {key: value for key, value in vars(self).items() if key not in _TRANSIENT}
        return {key: dict(vars(value)) if isinstance(value, Views) else value for key, value in state.items()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ = state | {key: Views.of(state[key]) for key in _WINDOWS if state.get(key) is not None}

    def __copy__(self) -> Layer:
        """A shallow copy would share its windows with the original, so `copy.copy` copies deeply."""
        return copy.deepcopy(self)
