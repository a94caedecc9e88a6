"""The largest entry of each window."""

from __future__ import annotations

from .pooling import MaxPooling


class MaxPooling2D(MaxPooling):
    """`y[i, j]` is the largest entry of each channel in the window there; its message goes to the first that is.

    Args:
        pool_size: Height and width of the window, or one number for both.
        strides: How far it moves; by default its own size.
        padding: `"valid"`, or `"same"` for `ceil(size / stride)` places; padding never wins.
        data_format: `None` or `"channels_last"`.
        options: As for every layer.

    Raises:
        ShapeError: If samples are not `(height, width, channels)`, or the window does not fit into them.

    Example:
        >>> MaxPooling2D(2).output_shape((28, 28, 16))
        (14, 14, 16)
    """


class MaxPooling1D(MaxPooling):
    """`y[i]` is the largest entry of each channel in the window there; its message goes to the first that is.

    Args:
        pool_size: The length of the window.
        strides: How far it moves; by default its own size.
        padding: `"valid"`, or `"same"` for `ceil(steps / stride)` places; padding never wins.
        data_format: `None` or `"channels_last"`.
        options: As for every layer.

    Raises:
        ShapeError: If samples are not `(steps, channels)`, or the window does not fit into them.

    Example:
        >>> MaxPooling1D(2).output_shape((10, 4))
        (5, 4)
    """

    rank = 1
