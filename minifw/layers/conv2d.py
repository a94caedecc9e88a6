"""Convolution of images."""

from __future__ import annotations

from .convolution import Convolution


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
