"""Convolution of sequences."""

from __future__ import annotations

from .convolution import Convolution


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
