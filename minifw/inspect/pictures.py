"""Pictures, drawn with matplotlib: where a network of two inputs sees which class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import arguments
from .._typing import Array, ArrayLike
from ..arrays import as_index, as_numbers, not_empty, same_length
from ..errors import ArgumentValueError, ShapeError, needed
from ..network import tree
from ..ops import sigmoid, softmax

if TYPE_CHECKING:
    from ..sequential import Sequential

COLORS = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999"
"""The classes' colours: those of Okabe and Ito, told apart by colour-blind people too."""

MARKERS = "os^DvPX*"


def pyplot(what: str) -> Any:
    """Return `matplotlib.pyplot` for a picture, or raise an `ImportError` that names the command that installs it."""
    with needed(f"{what} draws with matplotlib", "plot"):
        from matplotlib import pyplot
    return pyplot


def plot_boundary(self: Sequential, x: ArrayLike, y: ArrayLike, resolution: int = 200) -> Any:
    """Draw what a network of two inputs says around the samples, a line where it changes its mind, and the samples.

    The stronger the colour of a class, the surer the network is of it. A network that ends in scores is drawn as the loss
    with `from_logits=True` reads them.

    Args:
        x: The samples, `(n, 2)`; the first number is drawn to the right, the second upwards.
        y: Their classes: numbers, or one-hot rows.
        resolution: How many points are predicted along each axis.

    Returns:
        The figure of matplotlib; `figure.savefig("boundary.png")` writes it, `matplotlib.pyplot.show()` shows it.

    Raises:
        ImportError: If matplotlib is missing; it names the command that installs it.
        ShapeError: If the samples are not pairs of numbers.
        ArgumentValueError: If the network does not say classes, with one sigmoid, a softmax, or scores for such a loss;
            or if there are more than eight of them.
    """
    where = f"{tree.label(self)}: plot_boundary"
    arguments.integer("plot_boundary", "resolution", resolution, "[2, 2000]")
    x, y = as_numbers(x, f"{where}: x").astype(np.float64), as_numbers(y, f"{where}: y")
    not_empty(same_length(x=x, y=y), "plot_boundary")
    if x.shape[1:] != (2,):
        text = f"{where} draws samples of two numbers, one along each axis, but x has shape {x.shape}"
        raise ShapeError(text, expected=(len(x), 2), received=x.shape)
    if not np.isfinite(x).all():
        raise ArgumentValueError(f"{where}: x holds NaN or infinities; drop those rows")
    least, most = x.min(axis=0), x.max(axis=0)
    edge = np.where(most > least, 0.08 * (most - least), 1.0)
    across, up = np.linspace(least - edge, most + edge, resolution).T
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    shares = _shares(self, self.predict(grid, batch_size=4096, verbose=0), where)
    labels = y.argmax(axis=1) if y.ndim == 2 and y.shape[1] > 1 else as_index(y.reshape(len(y), -1)[:, 0], f"{where}: y")
    if not 0 <= labels.min() <= labels.max() < shares.shape[1]:
        wanted = f"class numbers from 0 to {shares.shape[1] - 1}"
        raise ArgumentValueError(f"{where}: y must be {wanted}, got {labels.min()} to {labels.max()}")
    return _drawn(across, up, shares.reshape(resolution, resolution, -1), x, labels)


def _shares(net: Sequential, y_pred: Array, where: str) -> Array:
    """Return the share of each class, `(n, classes)`."""
    outputs, loss = y_pred[0].size, net.loss if net.loss is not None and net.loss.wants == "scores" else None
    gives = net.gives if loss is None else type(loss).wants  # what it would want without from_logits
    if y_pred.ndim == 2 and gives == "probabilities" and outputs == 1:
        share = sigmoid(y_pred) if loss else y_pred
        return np.hstack([1 - share, share])
    if y_pred.ndim == 2 and gives == "shares that sum to 1" and 1 < outputs <= len(COLORS):
        return softmax(y_pred) if loss else y_pred
    raise ArgumentValueError(
        f"{where} draws up to {len(COLORS)} classes, but the network ends in {outputs} of {gives or 'any kind'}; end it "
        "with one sigmoid, with a softmax, or compile it with a loss of from_logits=True"
    )


def _drawn(across: Array, up: Array, shares: Array, x: Array, labels: Array) -> Any:
    figure, ax = pyplot("plot_boundary").subplots()
    palette = np.array([[int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)] for color in COLORS[: shares.shape[-1]]])
    extent = (across[0], across[-1], up[0], up[-1])
    ax.imshow(1 - 0.5 * (1 - shares @ palette), origin="lower", extent=extent, aspect="auto", interpolation="bilinear")
    for number in range(shares.shape[-1]):
        others = np.delete(shares, number, axis=-1).max(axis=-1)
        ax.contour(across, up, shares[..., number] - others, levels=[0], colors="black", linewidths=1)
    for number in np.unique(labels):
        points, look = x[labels == number].T, {"color": COLORS[number], "marker": MARKERS[number]}
        ax.scatter(*points, **look, edgecolors="black", linewidths=0.6, label=f"class {number}")
    ax.set(xlabel="first input", ylabel="second input")
    ax.legend()
    return figure
