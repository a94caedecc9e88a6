"""Convolution as one product of matrices, `columns @ kernel`: a row of `columns` is one window, laid out.

The kernel gets `columns.T @ g`, and `g @ kernel.T`, added up where the windows lie, goes back. All is done for blocks of
samples or rows of places. With groups there is one product a group; with one group a channel there is none at all.

Images are `(n, h, w, channels)`, kernels `(h, w, channels of a group, filters)`; in one dimension there is no `h`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from .._typing import Array
from . import depthwise, windows
from .tuning import COLUMNS, SMALL_PRODUCT


def correlate(images: Array, axes: windows.Axes, kernel: Array, out: Array) -> Array:
    """Write `columns @ kernel`, and return it."""
    plane, axes, kernel, places = _in_plane(images, axes, kernel, out)
    if _is_depthwise(plane, kernel):
        depthwise.correlate(plane, axes, kernel[:, :, 0], places)
    else:
        for columns, block in _columns(plane, axes, kernel, places):
            np.matmul(columns, _by_group(kernel, len(block))[:, np.newaxis], block)
    return out


def kernel_gradient(images: Array, axes: windows.Axes, g: Array, grad: Array) -> None:
    """Write `columns.T @ g`."""
    images, axes, grad, g = _in_plane(images, axes, grad, g)
    if _is_depthwise(images, grad):
        depthwise.kernel_gradient(images, axes, g, grad[:, :, 0])
        return
    grad[...] = 0.0
    for columns, block in _columns(images, axes, grad, g):
        by_group = _by_group(grad, len(block))
        by_group += np.add.reduce(np.matmul(columns.swapaxes(2, 3), block), axis=1)


def scatter(g: Array, axes: windows.Axes, kernel: Array, message: Array) -> Array:
    """Write `g @ kernel.T`, added up where the windows lie, and return it."""
    images, axes, kernel, g = _in_plane(message, axes, kernel, g)
    if _is_depthwise(images, kernel):
        depthwise.scatter(g, axes, kernel[:, :, 0], images)
        return message
    groups = images.shape[-1] // kernel.shape[2]
    transposed = _by_group(kernel, groups).swapaxes(1, 2)
    images[...] = 0.0
    for samples, rows in windows.blocks(len(g), axes, groups * transposed.shape[2], COLUMNS):
        block = g[samples, rows]
        columns = np.matmul(block.reshape(-1, groups, kernel.shape[3] // groups).swapaxes(0, 1), transposed)
        by_entry = columns.reshape(groups, *block.shape[:3], -1, kernel.shape[2]).transpose(4, 1, 2, 3, 0, 5)
        shares = (share.reshape(*block.shape[:3], -1) for share in by_entry)
        rows_of_block = axes[0]._replace(out=block.shape[1]), axes[1]
        images[samples] += windows.scatter(shares, rows_of_block, images[samples], rows.start)
    return message


def turned(axes: windows.Axes, kernel: Array, groups: int) -> tuple[windows.Axes, Array]:
    """Return the convolution of `g` that is, with stride 1, the same as `scatter`: its kernel is turned around."""
    *lengths, channels, filters = kernel.shape
    around = kernel[(slice(None, None, -1),) * len(axes)].reshape(*lengths, channels, groups, filters // groups)
    return tuple(axis.turned() for axis in axes), around.swapaxes(-1, -3).reshape(*lengths, -1, groups * channels)


def _in_plane(images: Array, axes: windows.Axes, kernel: Array, places: Array) -> tuple[Array, windows.Axes, Array, Array]:
    """Return all with two axes, the first of 1 where there was only one."""
    if len(axes) == 2:
        return images, axes, kernel, places
    return images[:, np.newaxis], (windows.axis(1, 1, 1, "valid"), *axes), kernel[np.newaxis], places[:, np.newaxis]


def _is_depthwise(images: Array, kernel: Array) -> bool:
    return bool(kernel.shape[2] == 1 < images.shape[-1] == kernel.shape[3])


def _by_group(kernel: Array, groups: int) -> Array:
    """Return a kernel as one matrix a group, `(groups, entries, outputs of a group)`, a view."""
    return kernel.reshape(-1, groups, kernel.shape[3] // groups).swapaxes(0, 1)


def _columns(images: Array, axes: windows.Axes, kernel: Array, places: Array) -> Iterator[tuple[Array, Array]]:
    """Yield blocks of windows, `(groups, products, windows, entries)`, with what belongs to them at their places.

    They are divided into products so small that OpenBLAS multiplies them without copying.
    """
    channels, entries = kernel.shape[2], math.prod(kernel.shape[:3])
    groups = images.shape[-1] // channels
    outputs = kernel.shape[3] // groups
    limit = max(1, SMALL_PRODUCT // (axes[1].out * entries * outputs))
    grouped = images.reshape(*images.shape[:3], groups, channels)
    padded, current, memory = grouped, None, None
    for samples, rows in windows.blocks(len(images), axes, groups * entries, COLUMNS):
        if samples != current:
            padded, current = windows.padded(grouped[samples], axes), samples
        columns = windows.windows(padded, axes)[:, rows].transpose(5, 0, 1, 2, 3, 4, 6)
        if not columns.flags.c_contiguous:
            memory = np.empty(columns.size, columns.dtype) if memory is None else memory  # anew costs as much as the copy
            copy = memory[: columns.size].reshape(columns.shape)
            copy[...] = columns
            columns = copy
        height = rows.stop - rows.start
        height = max(divisor for divisor in range(1, height + 1) if height % divisor == 0 and divisor <= limit)
        block = places[samples, rows].reshape(-1, height * axes[1].out, groups, outputs).transpose(2, 0, 1, 3)
        yield columns.reshape(groups, -1, block.shape[2], entries), block
