"""The mean of each window."""

from __future__ import annotations

from .pooling import AveragePooling


class AveragePooling2D(AveragePooling):
    """`y[i, j]` is the mean of each channel in the window there; each of its entries gets the same share of the message.

    Args:
        pool_size: Height and width of the window, or one number for both.
        strides: How far it moves; by default its own size.
        padding: `"valid"`, or `"same"` for `ceil(size / stride)` places; padding does not count.
        data_format: `None` or `"channels_last"`.
        options: As for every layer.

    Raises:
        ShapeError: If samples are not `(height, width, channels)`, or the window does not fit into them.

    Example:
        >>> AveragePooling2D(2).output_shape((28, 28, 16))
        (14, 14, 16)
    """


class AveragePooling1D(AveragePooling):
    """`y[i]` is the mean of each channel in the window there; each of its entries gets the same share of the message.

    Args:
        pool_size: The length of the window.
        strides: How far it moves; by default its own size.
        padding: `"valid"`, or `"same"` for `ceil(steps / stride)` places; padding does not count.
        data_format: `None` or `"channels_last"`.
        options: As for every layer.

    Raises:
        ShapeError: If samples are not `(steps, channels)`, or the window does not fit into them.

    Example:
        >>> AveragePooling1D(2).output_shape((10, 4))
        (5, 4)
    """

    rank = 1
