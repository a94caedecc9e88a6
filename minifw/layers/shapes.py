"""Layers that move numbers and change none, and the shape of the input."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from typing_extensions import Unpack

from .. import arguments
from .._typing import Array, DType, Shape
from ..config import Configurable
from ..definitions import REQUIRED
from ..engine.reductions import sums_down
from ..errors import ArgumentTypeError, ArgumentValueError, ShapeError, shown
from ..network.definition import LayerOptions
from .base import Layer


class Input(Configurable, registered=False):
    """The shape of one sample, given first in a list of layers, so that the network is built at once; no layer itself.

    Args:
        shape: The shape without the batch axis.
        batch_size: `None`; batches may have any size.
        dtype: `None`, the network's, or one of whole numbers; inputs are cast to what the network calculates in anyway.
        name: A label.
        batch_shape: `(None, ...)` instead of the shape.

    Raises:
        ArgumentTypeError: If a shape is missing, or an argument asks for what is not so.

    Example:
        >>> Input((5,))
        Input((5,))
    """

    def __init__(
        self, shape: Any = REQUIRED, batch_size: None = None, dtype: Any = None, name: str | None = None,
        batch_shape: Sequence[int | None] | None = None,
    ) -> None:
        if batch_shape is not None:
            if shape is not REQUIRED or not isinstance(batch_shape, (tuple, list)) or not batch_shape:
                raise ArgumentTypeError(f"Input: give a shape, or batch_shape=(None, ...); got batch_shape={batch_shape!r}")
            batch_size, *shape = batch_shape
        if batch_size is not None:
            raise ArgumentTypeError(f"Input: batch_size={batch_size!r} has no meaning here: batches have any size")
        if shape is REQUIRED:
            raise ArgumentTypeError("Input: the shape of one sample is missing, as in Input((4,))")
        self.shape: Shape = arguments.shape(self, "shape", shape)
        self.dtype = None if dtype is None else arguments.dtype(self, dtype).name
        self.batch_size, self.name, self.batch_shape = batch_size, name, None

    def check_dtype(self, dtype: DType) -> None:
        """Raise unless inputs may have the dtype in a network of another."""
        if self.dtype is not None and np.dtype(self.dtype).kind == "f":
            arguments.same_dtype(self, self.dtype, dtype)


class _Reshaped(Layer, registered=False):
    """The same numbers in another shape; a subclass writes `output_shape`."""

    factor_text = "the shape of before"

    def forward(self, x: Array, training: bool = False) -> Array:
        self.cache = x.shape
        return x.reshape(len(x), *self.output_shape(x.shape[1:]))

    def backward(self, error_grad: Array) -> Array:
        return error_grad.reshape(self.cache)


class Flatten(_Reshaped):
    """Each sample as one vector, in C order.

    Args:
        data_format: `None` or `"channels_last"`; samples are channels-last here.
        options: As for every layer.

    Example:
        >>> Flatten().output_shape((8, 8))
        (64,)
    """

    def __init__(self, data_format: Any = None, **options: Unpack[LayerOptions]) -> None:
        self.data_format = arguments.choice(self, "data_format", data_format, (None, "channels_last"))
        super().__init__(**options)

    def output_shape(self, input_shape: Shape) -> Shape:
        return (math.prod(input_shape),)


class Reshape(_Reshaped):
    """Each sample in another shape, in C order.

    Args:
        target_shape: The shape of one sample going out; one size may be -1 and is what the others leave over.
        options: As for every layer.

    Raises:
        ArgumentTypeError: If `target_shape` is no tuple of integers.
        ArgumentValueError: If a size is 0 or below -1, or two are -1.
        ShapeError: When it is built, if a sample does not fill the shape.

    Example:
        >>> Reshape((2, -1)).output_shape((6,))
        (2, 3)
    """

    def __init__(self, target_shape: Sequence[int], **options: Unpack[LayerOptions]) -> None:
        if not isinstance(target_shape, (tuple, list)):
            raise ArgumentTypeError(f"Reshape: target_shape must be a tuple such as (4, -1), got {shown(target_shape)}")
        sizes = [arguments.integer(self, f"target_shape[{axis}]", n, "[-1, inf)") for axis, n in enumerate(target_shape)]
        if 0 in sizes or sizes.count(-1) > 1:
            raise ArgumentValueError(
                f"Reshape: target_shape takes sizes from 1 on, and -1 for at most one of them, got {shown(target_shape)}"
            )
        self.target_shape = tuple(sizes)
        super().__init__(**options)

    def output_shape(self, input_shape: Shape) -> Shape:
        target, size = self.target_shape, math.prod(input_shape)
        known = abs(math.prod(target))
        if size != known and (size % known or -1 not in target):
            why = f"a sample of shape {input_shape} holds {size} numbers, which do not fill target_shape {target} with its "
            more = " or a multiple of them" if -1 in target else ""
            raise ShapeError(f"Reshape: {why}{known}{more}", expected=target, received=input_shape)
        return tuple(size // known if n == -1 else n for n in target)


class Permute(Layer):
    """The axes of each sample in another order; the message goes back in the order of before.

    Args:
        dims: For each axis going out which axis it was, counted from 1.
        options: As for every layer.

    Raises:
        ArgumentValueError: If `dims` does not name each axis from 1 on once.
        ShapeError: When it is built, if samples have another number of axes.

    Example:
        >>> Permute((2, 1)).output_shape((3, 4))
        (4, 3)
    """

    factor_text = "the order of before"

    def __init__(self, dims: Sequence[int], **options: Unpack[LayerOptions]) -> None:
        self.dims = arguments.shape(self, "dims", dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ArgumentValueError(f"Permute: dims must name each axis from 1 on once, such as (2, 1), got {shown(dims)}")
        super().__init__(**options)

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != len(self.dims):
            text = f"Permute: dims={self.dims} is for samples of {len(self.dims)} axes, got {input_shape}"
            raise ShapeError(text, expected=len(self.dims), received=input_shape)
        return tuple(input_shape[axis - 1] for axis in self.dims)

    def forward(self, x: Array, training: bool = False) -> Array:
        return np.ascontiguousarray(x.transpose(0, *self.dims))

    def backward(self, error_grad: Array) -> Array:
        return np.ascontiguousarray(error_grad.transpose(0, *(np.argsort(self.dims) + 1)))


class RepeatVector(Layer):
    """Each sample, a vector, `n` times one after another; its messages are added up.

    Args:
        n: How many times.
        options: As for every layer.

    Raises:
        ShapeError: When it is built, if samples are no vectors.

    Example:
        >>> RepeatVector(3).output_shape((5,))
        (3, 5)
    """

    factor_text = "added up over the copies"

    def __init__(self, n: int, **options: Unpack[LayerOptions]) -> None:
        self.n = arguments.integer(self, "n", n)
        super().__init__(**options)

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1:
            text = f"RepeatVector: wants samples of shape (features,), got {input_shape}; put Flatten before it"
            raise ShapeError(text, expected="(features,)", received=input_shape)
        return (self.n, *input_shape)

    def forward(self, x: Array, training: bool = False) -> Array:
        return np.repeat(x[:, np.newaxis], self.n, axis=1)

    def backward(self, error_grad: Array) -> Array:
        return sums_down(error_grad)


class Identity(Layer):
    """`y = x`.

    Args:
        options: As for every layer.

    Example:
        >>> Identity().output_shape((3,))
        (3,)
    """

    factor_text = "1"
    elementwise = True

    def forward(self, x: Array, training: bool = False) -> Array:
        return x

    def backward(self, error_grad: Array) -> Array:
        return error_grad
