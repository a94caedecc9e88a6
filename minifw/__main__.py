"""The command line: `python -m minifw` plays the tutorial's network, jump by jump; `show FILE` prints a model file."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import __version__ as version
from ._typing import Array
from .errors import ModelFormatError
from .files.show import show
from .layers import Dense, Input, LeakyReLU, Sigmoid
from .output import put
from .sequential import Sequential


def tutorial() -> tuple[Sequential, Array, Array]:
    """Return the tutorial's 5-3-5-4 network and its one sample, `x` and `y`, drawn in the tutorial's order."""
    draw = np.random.RandomState(42)
    x, y = (draw.randint(1, 100, (size, 1)).T / 100 for size in (5, 4))
    layers: list[Any] = [Input((5,)), Dense(3), LeakyReLU(0.1), Dense(5), Sigmoid(), Dense(4), Sigmoid()]
    net = Sequential(layers, dtype="float64", name="tutorial")
    for layer in net.layers[::2]:
        layer.params.kernel = draw.random_sample(layer.params.kernel.shape[::-1]).T
    return net, x, y


def parser() -> argparse.ArgumentParser:
    """Return what understands the command line; a sub-command names its function with `set_defaults(run=...)`."""
    root = argparse.ArgumentParser("python -m minifw", description="Play the game of jumping back in a small network.")
    root.add_argument("--page", metavar="FILE", help="write the game as one HTML page instead")
    root.set_defaults(run=play)
    root.add_argument("--version", action="version", version=f"minifw {version}")
    commands = root.add_subparsers(title="commands", metavar="COMMAND")
    command = commands.add_parser("show", help="print what a model file holds, without building it")
    command.add_argument("file")
    command.set_defaults(run=show_file)
    return root


def play(options: argparse.Namespace) -> None:
    """Play the tutorial's network in the terminal, or write its page."""
    net, x, y = tutorial()
    trace = net.jump_back(x, y, loss="mse")
    if options.page is None:
        trace.play()
    else:
        try:
            trace.save_html(options.page)
        except OSError as error:
            raise SystemExit(f"{options.page}: cannot be written: {error.strerror}") from None
        put(f"{options.page}: open it in a browser")


def show_file(options: argparse.Namespace) -> None:
    """Print what a model file holds, or end with the reason why not."""
    try:
        text = show(options.file)
    except (ModelFormatError, OSError) as error:
        raise SystemExit(str(error)) from None
    put(text)


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the command line says, until nobody reads it any more, such as `head`."""
    options = parser().parse_args(arguments)
    try:
        options.run(options)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would complain when it flushes at its end
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
