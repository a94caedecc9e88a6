"""Convolution as one matrix product: the windows of some samples, side by side, times the kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
from typing_extensions import Unpack

from .. import arguments
from .._typing import Array, Shape
from ..engine import windows
from ..engine.buffers import buffers
from ..engine.convolve import correlate, kernel_gradient, scatter, turned
from ..engine.reductions import sums_down
from ..errors import ArgumentValueError
from ..network.definition import LayerOptions, check_names
from ..network.views import Param
from .activated import Activated


class Convolution(Activated, registered=False):
    """What `Conv1D` and `Conv2D` share.

    A block of samples is laid out as windows, one a row, and multiplied with the kernel: `y = columns @ kernel + bias`;
    the kernel gets `columns.T @ g`, and `g @ kernel.T`, added up where the windows lie, goes back. With stride 1 that sum
    is a convolution of `g` with the kernel turned around, and calculated as one. With groups there is one product a group.
    """

    rank: int = 2

    def __init__(
        self, filters: int, kernel_size: Any, strides: Any = 1, padding: str = "valid", data_format: str | None = None,
        dilation_rate: Any = 1, groups: int = 1, activation: Any = None, use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform", bias_initializer: Any = "zeros", kernel_regularizer: Any = None,
        bias_regularizer: Any = None, kernel_constraint: Any = None, bias_constraint: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        self.filters = arguments.integer(self, "filters", filters)
        self.groups = arguments.integer(self, "groups", groups)
        self.use_bias = arguments.flag(self, "use_bias", use_bias)
        self.padding = arguments.choice(self, "padding", padding, ("valid", "same", *["causal"] * (self.rank == 1)))
        self.data_format = arguments.choice(self, "data_format", data_format, (None, "channels_last"))
        self._kernel = windows.sizes(self, "kernel_size", kernel_size, self.rank)
        self._strides = windows.sizes(self, "strides", strides, self.rank)
        self._dilation = windows.sizes(self, "dilation_rate", dilation_rate, self.rank)
        self.kernel_size, self.strides, self.dilation_rate, self.activation = kernel_size, strides, dilation_rate, activation
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer, self.bias_regularizer = kernel_regularizer, bias_regularizer
        self.kernel_constraint, self.bias_constraint = kernel_constraint, bias_constraint
        name = type(self).__name__
        if max(self._strides) > 1 and max(self._dilation) > 1:
            got = f"{strides!r} and {dilation_rate!r}"
            raise ArgumentValueError(f"{name}: strides and dilation_rate cannot both be above 1, got {got}")
        if self.filters % self.groups:
            got = f"filters={filters} and groups={groups}"
            raise ArgumentValueError(f"{name}: filters must be a multiple of groups, got {got}")
        self._resolve_activation()
        check_names(self)
        super().__init__(**options)


    def build(self, input_shape: Shape) -> dict[str, Param]:
        channels = input_shape[-1]
        if channels % self.groups:
            rule = f"the channels of its input must be a multiple of groups={self.groups}"
            raise ArgumentValueError(f"{type(self).__name__}: {rule}, got {channels} in samples of {input_shape}")
        return self._kernel_and_bias((*self._kernel, channels // self.groups, self.filters))

    def output_shape(self, input_shape: Shape) -> Shape:
        return (*(axis.out for axis in self._axes(input_shape)), self.filters)

    def _axes(self, input_shape: Shape) -> windows.Axes:
        return windows.axes(self, input_shape, self._kernel, self._strides, self.padding, self._dilation)

    def _affine(self, x: Array, training: bool) -> Array:
        axes = self._axes(x.shape[1:])
        self.cache = x, axes
        shape = len(x), *(axis.out for axis in axes), self.filters
        # new arrays in inference, where nothing may depend on what a layer holds
        y = buffers(self, x.dtype, shape, x.shape)[0] if training else np.empty(shape, x.dtype)
        y = correlate(x, axes, self.params.kernel, y)  # columns @ kernel
        if self.use_bias:
            y += self.params.bias
        return y

    def _affine_backward(self, error_grad: Array) -> Array | None:
        x, axes = self.cache
        kernel_gradient(x, axes, error_grad, self.grads.kernel)  # columns.T @ g
        if self.use_bias:
            sums_down(error_grad.reshape(-1, self.filters), self.grads.bias)
        if not self.needs_message:
            return None
        message: Array = buffers(self, x.dtype, error_grad.shape, x.shape)[1]
        if max(self._strides) == 1:
            return correlate(error_grad, *turned(axes, self.params.kernel, self.groups), message)
        return scatter(error_grad, axes, self.params.kernel, message)  # g @ kernel.T


class Conv1D(Convolution):
    """`y[i] = sum over a of x[i * stride + a * dilation] @ kernel[a] + bias`.

    Samples are `(steps, channels)`; `Conv2D` says how it is calculated and what memory it takes.

    Args:
        filters: The number of outputs at each place.
        kernel_size: The length of the window.
        strides: How far it moves.
        padding: `"valid"`, `"same"` for `ceil(steps / stride)` places, or `"causal"`: the same, but no place sees what
            comes after it.
        data_format: `None` or `"channels_last"`.
        dilation_rate: How far apart the entries of the window lie.
        groups: Into how many parts channels and filters are divided, each seeing only its own.
        activation: An activation layer, its name, or `None`.
        use_bias: Whether there is a bias.
        kernel_initializer: Where `kernel`, `(length, channels / groups, filters)`, starts.
        bias_initializer: Where `bias`, `(filters,)`, starts.
        kernel_regularizer: A penalty on `kernel`.
        bias_regularizer: A penalty on `bias`.
        kernel_constraint: A condition on `kernel`.
        bias_constraint: A condition on `bias`.
        options: As for every layer.

    Raises:
        ArgumentValueError: If strides and dilation are both above 1, or groups do not divide filters or channels.
        ShapeError: If samples have other axes, or the window does not fit into them.

    Example:
        >>> Conv1D(8, 3, padding="causal").output_shape((10, 4))
        (10, 8)
    """

    rank = 1


class Conv2D(Convolution):
    """`y[i, j] = sum over (a, b) of x[i * stride + a * dilation, j * stride + b * dilation] @ kernel[a, b] + bias`.

    Samples are `(height, width, channels)`. Forward and both gradients are matrix products of the windows, laid side by
    side for as many samples or rows of places at a time as make 262,144 entries (one row at least), so that the memory
    they take does not grow with the batch.

    Args:
        filters: The number of outputs at each place.
        kernel_size: Height and width of the window, or one number for both.
        strides: How far it moves, down and to the right.
        padding: `"valid"`, or `"same"` for `ceil(size / stride)` places.
        data_format: `None` or `"channels_last"`.
        dilation_rate: How far apart the entries of the window lie.
        groups: Into how many parts channels and filters are divided, each seeing only its own.
        activation: An activation layer, its name, or `None`.
        use_bias: Whether there is a bias.
        kernel_initializer: Where `kernel`, `(height, width, channels / groups, filters)`, starts.
        bias_initializer: Where `bias`, `(filters,)`, starts.
        kernel_regularizer: A penalty on `kernel`.
        bias_regularizer: A penalty on `bias`.
        kernel_constraint: A condition on `kernel`.
        bias_constraint: A condition on `bias`.
        options: As for every layer.

    Raises:
        ArgumentValueError: If strides and dilation are both above 1, or groups do not divide filters or channels.
        ShapeError: If samples have other axes, or the window does not fit into them.

    Example:
        >>> Conv2D(32, 3, padding="same").output_shape((28, 28, 16))
        (28, 28, 32)
    """
