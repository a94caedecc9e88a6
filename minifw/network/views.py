"""One vector: the parameters of a network lie side by side, and layers hold views of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import arguments
from .._typing import Array, ArrayLike, DType, Shape
from ..config import resolve
from ..constraints import Constraint
from ..engine.buffers import aligned_empty
from ..errors import ArgumentValueError, ShapeError, UndeclaredError, UsageError
from ..initializers import Initializer
from ..regularizers import Regularizer

if TYPE_CHECKING:
    from ..layers.base import Layer


class Param:
    """What a layer declares in `build`: one array of its parameters or of its state.

    Args:
        shape: Its shape.
        initializer: An `Initializer` or its name.
        trainable: `False` for state, such as running means: kept, saved, but never trained.
        regularizer: A `Regularizer`, its name or `None`.
        constraint: A `Constraint`, its name or `None`.

    Example:
        >>> Param((3,), initializer="ones").shape
        (3,)
    """

    __slots__ = ("constraint", "initializer", "regularizer", "shape", "trainable")

    def __init__(
        self,
        shape: Shape,
        initializer: Any = "zeros",
        trainable: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
    ) -> None:
        self.shape = arguments.shape(self, "shape", shape)
        self.trainable = trainable
        self.initializer: Initializer = resolve("initializer", initializer, self)
        self.regularizer: Regularizer | None = regularizer and resolve("regularizer", regularizer, self)
        self.constraint: Constraint | None = constraint and resolve("constraint", constraint, self)

    def draw(self, rng: np.random.Generator) -> Array:
        """Return the first value."""
        value = np.asarray(self.initializer(self.shape, rng))
        self._check_shape(f"initializer {self.initializer!r}", value.shape)
        if self.constraint is not None:  # one that does not fit raises now, and not after the first update
            try:
                projected = np.shape(self.constraint.project(value))
            except Exception as error:
                text = f"the constraint {self.constraint!r} cannot take a parameter of shape {self.shape}: {error}"
                raise ArgumentValueError(text) from error
            self._check_shape(f"constraint {self.constraint!r}", projected)
        return value

    def _check_shape(self, who: str, shape: Shape) -> None:
        if shape != self.shape:
            text = f"the {who} returned shape {shape} for a parameter of shape {self.shape}"
            raise ShapeError(text, expected=self.shape, received=shape)


class Views:
    """Arrays under names. Assigning to one copies into it: the view itself never changes."""

    def __init__(self, arrays: dict[str, Array]) -> None:
        self.__dict__.update(arrays)

    @classmethod
    def onto(cls, vector: Array, shapes: Mapping[str, Shape], begin: int = 0) -> Views:
        """Return views onto a vector, one behind the other.

        Example:
            >>> Views.onto(np.arange(6.0), {"kernel": (2, 2), "bias": (2,)}).bias
            array([4., 5.])
        """
        arrays = {}
        for name, shape in shapes.items():
            end = begin + math.prod(shape)
            arrays[name] = vector[begin:end].reshape(shape)
            begin = end
        return cls(arrays)

    @classmethod
    def of(cls, arrays: dict[str, Array]) -> Views:
        """Return views onto one new vector with these values."""
        if not arrays:
            return cls({})
        return cls.onto(np.concatenate([array.ravel() for array in arrays.values()]), shapes(arrays))

    def __getattr__(self, name: str) -> Array:
        known = ", ".join(vars(self))
        if name.startswith("__"):
            raise AttributeError(name)
        raise UndeclaredError(
            f"no array {name!r} here; build() declared {known or 'none'}"
            if self is not NOTHING
            else f"no array {name!r} here yet: the layer is not built. Call it with data, layer(x), or put it into a "
            "network and build that; a layer inside a layer is built when children() of the outer one names it"
        )

    def __setattr__(self, name: str, value: ArrayLike) -> None:
        window = vars(self).get(name)
        if value is window and window is not None:
            return  # `params.w -= step` has worked in place already
        if window is None:
            window = getattr(self, name)
        array = np.asarray(value)
        if array.shape != window.shape:  # NumPy would broadcast a (units,) gradient into an (n, units) window
            text = f"{name!r} has shape {window.shape}, got {array.shape}"
            raise ShapeError(text, expected=window.shape, received=array.shape)
        np.copyto(window, array, casting="same_kind")

    def __getitem__(self, name: Any) -> Array:
        raise UndeclaredError(f"arrays are attributes here: params.{name}, grads.{name} = ..., state.{name}")

    def __setitem__(self, name: Any, value: ArrayLike) -> None:
        self[name]

    def __repr__(self) -> str:
        return f"Views({', '.join(f'{name} {array.shape}' for name, array in vars(self).items())})"


class _Nothing(Views):
    """Stands for the views of a layer that is not built, and guards their place in every class."""

    def __set__(self, instance: Any, value: Any) -> None:
        raise UsageError(
            f"{type(instance).__name__}: params, grads and state belong to the layer's network and cannot be replaced; "
            "declare arrays in build(), and write into them: self.params.<name>[...] = ..., self.grads.<name> = ..."
        )


NOTHING = _Nothing({})


def shapes(arrays: Mapping[str, Array | Param]) -> dict[str, Shape]:
    """Return the shapes of arrays, or of what is to become arrays, by their names."""
    return {name: array.shape for name, array in arrays.items()}


class LazyVector:
    """A vector of NaN that takes no memory before it is asked for: who only predicts needs no gradients."""

    def __init__(self, size: int, dtype: DType) -> None:
        self.size, self.dtype = size, dtype

    @cached_property
    def array(self) -> Array:
        """The vector."""
        vector = aligned_empty((self.size,), self.dtype)
        vector.fill(np.nan)
        return vector


def gradients(params: Views, late: tuple[LazyVector, int] | None) -> Views | None:
    """Return views onto the gradients of one layer, or `None` before it is built.

    Args:
        params: Those onto its parameters.
        late: The gradients of its tree, and where its own begin there; `None` for a layer that was copied alone.
    """
    if params is NOTHING:
        return None
    if late is None:
        arrays = vars(params).values()
        late = LazyVector(sum(array.size for array in arrays), np.result_type(np.float32, *arrays)), 0
    vector, begin = late
    return Views.onto(vector.array, shapes(vars(params)), begin)


class Vectors:
    """The three vectors of a network.

    Attributes:
        params: The trained parameters, one after another.
        state: What is kept but not trained.
        late_grads: The gradients of the whole tree, and where the part of this network begins there.
    """

    __slots__ = ("late_grads", "params", "state")

    def __init__(self, params: Array, state: Array, late_grads: tuple[LazyVector, int]) -> None:
        self.params, self.state, self.late_grads = params, state, late_grads

    @property
    def grads(self) -> Array:
        """The gradients of the parameters; NaN until the first backward."""
        vector, begin = self.late_grads
        return vector.array[begin : begin + self.params.size]

    @classmethod
    def of(cls, declared: Iterable[Param], dtype: DType) -> Vectors:
        """Allocate room for all declared arrays."""
        sizes = [0, 0]
        for param in declared:
            sizes[param.trainable] += math.prod(param.shape)
        state, params = (aligned_empty((size,), dtype) for size in sizes)
        return cls(params, state, (LazyVector(params.size, dtype), 0))

    def cut(self, params: slice, state: slice) -> Vectors:
        """Return the part that belongs to a network inside."""
        vector, begin = self.late_grads
        return Vectors(self.params[params], self.state[state], (vector, begin + params.start))


class Snapshot:
    """State and generators of some layers, as they are now.

    Args:
        layers: All layers of a tree.
        state: The vector that holds all their state, if they have one.
    """

    __slots__ = "_generators", "_layers", "_state"

    def __init__(self, layers: Sequence[Layer], state: Array | None = None) -> None:
        windows = [state] if state is not None else [window for layer in layers for window in vars(layer.state).values()]
        self._state = [(window, window.copy()) for window in windows if window.size]
        self._layers = layers
        made = [(layer, layer.rng) for layer in layers if "rng" in vars(layer)]
        self._generators = [(layer, rng, rng.bit_generator.state) for layer, rng in made] if made else ()

    def restore(self) -> None:
        """Put state and generators back."""
        for window, kept in self._state:
            window[...] = kept
        for layer in self._layers:
            vars(layer).pop("rng", None)  # made since then; made again it begins at the same place
        for layer, rng, kept in self._generators:
            vars(layer)["rng"], rng.bit_generator.state = rng, kept
