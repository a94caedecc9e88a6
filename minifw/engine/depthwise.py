"""Convolution with one group a channel: sums of products, no matrix in them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .._typing import Array
from . import windows
from .windows import Axes

BLOCK = 65_536
"""Entries of the output that are worked on at a time, so that they stay in a cache."""


def correlate(images: Array, axes: Axes, kernel: Array, out: Array) -> None:
    """Write the windows of each channel times its kernel, `(kernel_h, kernel_w, channels)`, summed."""
    h, w, c = out.shape[1:]
    # with stride 1 a row of places is one stretch of memory for each entry of the window: long sums instead of short
    wide = np.repeat(kernel[:, :, np.newaxis], w, axis=2).reshape(*kernel.shape[:2], w * c)
    for samples, padded in _padded(images, axes, out):
        found = windows.windows(np.ascontiguousarray(padded), axes)
        if axes[1].stride > 1:
            np.einsum("nhwijc,ijc->nhwc", found, kernel, out=out[samples])
            continue
        first = found[:, :, 0]
        rows = as_strided(first, (*first.shape[:-1], w * c), first.strides)
        np.einsum("nhijk,ijk->nhk", rows, wide, out=out[samples].reshape(-1, h, w * c))


def kernel_gradient(images: Array, axes: Axes, g: Array, grad: Array) -> None:
    """Write the gradient of the kernel, `(kernel_h, kernel_w, channels)`."""
    grad[...] = 0.0
    for samples, padded in _padded(images, axes, g):
        grad += np.einsum("nhwijc,nhwc->ijwc", windows.windows(padded, axes), g[samples]).sum(axis=2)


def scatter(g: Array, axes: Axes, kernel: Array, message: Array) -> None:
    """Write the error gradients of all windows, added up where they lie."""
    whole = np.zeros((len(g), axes[0].padded, axes[1].padded, g.shape[3]), g.dtype)
    for i, j in np.ndindex(kernel.shape[:2]):
        place = whole[:, axes[0].at(i), axes[1].at(j)]
        np.add(place, g * kernel[i, j], place)
    message[...] = windows.middle(whole, axes)


def _padded(images: Array, axes: Axes, out: Array) -> Iterator[tuple[slice, Array]]:
    samples = max(1, BLOCK // max(1, out[:1].size))
    for begin in range(0, len(images), samples):
        part = slice(begin, min(begin + samples, len(images)))
        yield part, windows.padded(images[part], axes)
