"""The command line: `python -m minifw show FILE`."""

from __future__ import annotations

import argparse
import sys

from .checkpoint.show import show
from .errors import ModelFormatError


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m minifw", description="minifw on the command line")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("show", help="print what a model file holds, without building it")
    command.add_argument("file")
    given = parser.parse_args(arguments)
    try:
        print(show(given.file))
    except (ModelFormatError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
