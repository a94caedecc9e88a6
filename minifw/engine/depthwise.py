"""Convolution with one group a channel, `y[i, j] = sum over (a, b) of x[i + a, j + b] * kernel[a, b]`: no matrix in it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .._typing import Array
from ..arrays import batches
from . import windows
from .tuning import DEPTHWISE


def correlate(images: Array, axes: windows.Axes, kernel: Array, out: Array) -> None:
    """Write the windows of each channel times its kernel, `(kernel_h, kernel_w, channels)`, summed."""
    h, w, c = out.shape[1:]
    # with stride 1 a row of places is one run of memory for each entry of the window: long sums instead of short
    wide = np.repeat(kernel[:, :, np.newaxis], w, axis=2).reshape(*kernel.shape[:2], w * c)
    for samples, padded in _padded(images, axes, out):
        views = windows.windows(np.ascontiguousarray(padded), axes)
        if axes[1].stride > 1:
            np.einsum("nhwijc,ijc->nhwc", views, kernel, out=out[samples])
            continue
        first = views[:, :, 0]
        rows = as_strided(first, (*first.shape[:-1], w * c), first.strides)
        np.einsum("nhijk,ijk->nhk", rows, wide, out=out[samples].reshape(-1, h, w * c))


def kernel_gradient(images: Array, axes: windows.Axes, g: Array, grad: Array) -> None:
    """Write the gradient of the kernel, the windows of each channel times `g`, summed over samples and places."""
    grad[...] = 0.0
    for samples, padded in _padded(images, axes, g):
        grad += np.einsum("nhwijc,nhwc->ijwc", windows.windows(padded, axes), g[samples]).sum(axis=2)


def scatter(g: Array, axes: windows.Axes, kernel: Array, message: Array) -> None:
    """Write `g` times the kernel, added up where the windows lie."""
    shares = (g * factor for factor in kernel.reshape(-1, g.shape[-1]))
    message[...] = windows.scatter(shares, axes, message)


def _padded(images: Array, axes: windows.Axes, out: Array) -> Iterator[tuple[slice, Array]]:
    for samples in batches(len(images), max(1, DEPTHWISE // max(1, out[:1].size))):
        yield samples, windows.padded(images[samples], axes)
