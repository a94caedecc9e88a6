"""Convolution as one matrix product: the windows of some samples, side by side, times the kernel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy import add, matmul
from typing_extensions import Unpack

from .. import arguments
from .._typing import Array, Shape
from ..engine import depthwise, windows
from ..engine.buffers import buffers
from ..engine.reductions import sums_down
from ..engine.windows import Axes
from ..errors import ArgumentValueError
from ..network.definition import LayerOptions, check_names
from ..network.views import Param
from .activated import Activated

SMALL = 1_000_000
"""Multiplications up to which OpenBLAS multiplies without first copying both sides: quicker by a quarter."""

BLOCK = 262_144
"""Entries of the windows that are laid side by side at a time: 1 to 2 MB, which a cache holds."""


class Convolution(Activated, registered=False):
    """What `Conv1D` and `Conv2D` share.

    A block of samples is laid out as windows, one a row, and multiplied with the kernel: `y = columns @ kernel + bias`;
    the kernel gets `columns.T @ g`, and `g @ kernel.T`, added up where the windows lie, goes back. With stride 1 that sum
    is a convolution of `g` with the kernel turned around, and calculated as one. With groups there is one product a group.
    """

    rank: int = 2

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        self.filters = arguments.integer(self, "filters", filters)
        self.groups = arguments.integer(self, "groups", groups)
        arguments.flag(self, "use_bias", use_bias)
        arguments.choice(self, "padding", padding, ("valid", "same", *["causal"] * (self.rank == 1)))
        arguments.choice(self, "data_format", data_format, (None, "channels_last"))
        self._kernel, self._strides, self._dilation = (
            windows.pair(self, name, value, self.rank)
            for name, value in (("kernel_size", kernel_size), ("strides", strides), ("dilation_rate", dilation_rate))
        )
        self.kernel_size, self.strides, self.padding = kernel_size, strides, padding
        self.data_format, self.dilation_rate = data_format, dilation_rate
        self.activation, self.use_bias = activation, use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer, self.bias_regularizer = kernel_regularizer, bias_regularizer
        self.kernel_constraint, self.bias_constraint = kernel_constraint, bias_constraint
        self._check_together()
        self._resolve_activation()
        check_names(self)
        super().__init__(**options)

    def _check_together(self) -> None:
        """Raise for arguments that are all right alone and not together."""
        if max(self._strides) > 1 and max(self._dilation) > 1:
            raise ArgumentValueError(
                f"{type(self).__name__}: strides and dilation_rate cannot both be above 1, "
                f"got {self.strides!r} and {self.dilation_rate!r}"
            )
        if self.filters % self.groups:
            raise ArgumentValueError(
                f"{type(self).__name__}: filters must be a multiple of groups, "
                f"got filters={self.filters} and groups={self.groups}"
            )

    def build(self, input_shape: Shape) -> dict[str, Param]:
        channels = windows.image_shape(self, input_shape, self.rank)[2]
        if channels % self.groups:
            raise ArgumentValueError(
                f"{type(self).__name__}: the channels of its input must be a multiple of groups={self.groups}, "
                f"got {channels} in samples of {input_shape}"
            )
        self.output_shape(input_shape)
        sizes = self._kernel[2 - self.rank :]
        return self._kernel_and_bias((*sizes, channels // self.groups, self.filters))

    def output_shape(self, input_shape: Shape) -> Shape:
        axes = self._axes(input_shape)
        windows.fits(self, axes, input_shape)
        return (*(axis.out for axis in axes[2 - self.rank :]), self.filters)

    def _affine(self, x: Array, training: bool) -> Array:
        axes = self._axes(x.shape[1:])
        images = x.reshape(len(x), axes[0].size, axes[1].size, x.shape[-1])
        y_shape = len(x), axes[0].out, axes[1].out, self.filters
        # new arrays in inference, where nothing may depend on what a layer holds
        y: Array = buffers(self, x.dtype, y_shape, images.shape)[0] if training else np.empty(y_shape, x.dtype)
        if self._is_depthwise(images):
            depthwise.correlate(images, axes, self._by_channel(self.params.kernel), y)
        else:
            self._correlate(images, axes, self._by_group(self.params.kernel), y)
        if self.use_bias:
            add(y, self.params.bias, y)
        self.cache = images, x.shape, axes, y_shape
        return y.reshape(len(x), *self.output_shape(x.shape[1:]))

    def _affine_backward(self, error_grad: Array) -> Array | None:
        images, shape, axes, y_shape = self.cache
        g = error_grad.reshape(y_shape)
        if self._is_depthwise(images):
            depthwise.kernel_gradient(images, axes, g, self._by_channel(self.grads.kernel))
        else:
            kernel_grad = self._by_group(self.grads.kernel)
            kernel_grad[...] = 0.0
            for samples, rows, columns in self._columns(images, axes, kernel_grad.shape[2]):
                parts = matmul(columns.swapaxes(2, 3), self._places(g, samples, rows, columns.shape[2]))
                kernel_grad += np.add.reduce(parts, axis=1)
        if self.use_bias:
            sums_down(g.reshape(-1, self.filters), self.grads.bias)
        if not self.needs_message:
            return None
        message: Array = buffers(self, images.dtype, y_shape, images.shape)[1]
        if max(self._strides) == 1:
            self._turn_around(g, axes, message)
        else:
            self._scatter(g, axes, message)
        return message.reshape(shape)

    def _turn_around(self, g: Array, axes: Axes, message: Array) -> None:
        """Send back what a convolution of the error gradient with the kernel turned around gives."""
        back = [
            axis._replace(size=axis.out, out=axis.size, before=reach - axis.before, after=reach - axis.after)
            for axis in axes
            for reach in [(axis.kernel - 1) * axis.dilation]
        ]
        if self._is_depthwise(message):
            depthwise.correlate(g, (back[0], back[1]), self._by_channel(self.params.kernel)[::-1, ::-1], message)
            return
        kernel = self.params.kernel.reshape(*self._kernel, -1, self.groups, self.filters // self.groups)
        turned = kernel[::-1, ::-1].transpose(3, 0, 1, 4, 2).reshape(self.groups, -1, kernel.shape[2])
        self._correlate(g, (back[0], back[1]), turned, message)

    def _scatter(self, g: Array, axes: Axes, message: Array) -> None:
        """Send back the error gradients of all windows, added up where they lie."""
        if self._is_depthwise(message):
            depthwise.scatter(g, axes, self._by_channel(self.params.kernel), message)
            return
        kernel = self._by_group(self.params.kernel).transpose(0, 2, 1)
        shape = (self.groups, message.shape[-1] // self.groups)
        message[...] = 0.0
        for samples, rows in windows.blocks(len(g), axes, kernel.shape[0] * kernel.shape[2], BLOCK):
            parts = matmul(self._places(g, samples, rows)[:, 0], kernel)
            here = axes[0]._replace(out=rows.stop - rows.start), axes[1]
            parts = parts.reshape(self.groups, -1, here[0].out, here[1].out, *self._kernel, shape[1])
            whole = np.zeros((parts.shape[1], axes[0].padded, axes[1].padded, *shape), g.dtype)
            windows.scatter(parts.transpose(1, 2, 3, 4, 5, 0, 6), here, whole[:, rows.start * axes[0].stride :])
            message[samples] += windows.middle(whole, axes).reshape(message[samples].shape)

    def _correlate(self, images: Array, axes: Axes, kernel: Array, out: Array) -> None:
        """Multiply the windows of images with a kernel, `(groups, entries, outputs)`."""
        for samples, rows, columns in self._columns(images, axes, kernel.shape[2]):
            matmul(columns, kernel[:, np.newaxis], self._places(out, samples, rows, columns.shape[2]))

    def _columns(self, images: Array, axes: Axes, outputs: int) -> Iterator[tuple[slice, slice, Array]]:
        """Yield blocks of windows, `(groups, chunks, windows, entries)`, with the samples and rows of places they belong to.

        A chunk times a kernel with so many outputs is a small product.
        """
        entries = self._kernel[0] * self._kernel[1] * images.shape[-1]
        grouped = images.reshape(*images.shape[:3], self.groups, images.shape[-1] // self.groups)
        padded, held, room = grouped, None, None
        for samples, rows in windows.blocks(len(images), axes, entries, BLOCK):
            if samples != held:
                padded, held = windows.padded(grouped[samples], axes), samples
            found = windows.windows(padded, axes)[:, rows].transpose(5, 0, 1, 2, 3, 4, 6)
            if not found.flags.c_contiguous:
                room = np.empty(found.size, found.dtype) if room is None else room  # memory anew costs as much as the copy
                columns = room[: found.size].reshape(found.shape)
                columns[...] = found
                found = columns
            each = axes[1].out * entries // self.groups
            most = max(1, SMALL // (each * outputs))
            count = rows.stop - rows.start
            some = max(divisor for divisor in range(1, count + 1) if count % divisor == 0 and divisor <= most)
            yield samples, rows, found.reshape(self.groups, -1, some * axes[1].out, entries // self.groups)

    def _places(self, array: Array, samples: slice, rows: slice, chunk: int | None = None) -> Array:
        """Return a part of an output as `(groups, chunks, places, outputs of a group)`, a view."""
        part = array[samples, rows]
        places = part[..., 0].size if chunk is None else chunk
        return part.reshape(-1, places, self.groups, array.shape[-1] // self.groups).transpose(2, 0, 1, 3)

    def _by_group(self, kernel: Array) -> Array:
        """Return a kernel as one matrix a group, `(groups, entries, outputs of a group)`, a view."""
        return kernel.reshape(-1, self.groups, self.filters // self.groups).transpose(1, 0, 2)

    def _is_depthwise(self, images: Array) -> bool:
        return bool(self.groups == self.filters == images.shape[-1] > 1)

    def _by_channel(self, kernel: Array) -> Array:
        return kernel.reshape(*self._kernel, self.filters)

    def _axes(self, input_shape: Shape) -> Axes:
        sizes = windows.image_shape(self, input_shape, self.rank)
        each = zip(sizes, self._kernel, self._strides, self._dilation, strict=False)
        rows, columns = (windows.axis(n, kernel, stride, self.padding, apart) for n, kernel, stride, apart in each)
        return rows, columns


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
