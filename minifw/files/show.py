"""A model file as text, without building what is in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..errors import shown
from . import json, weights
from .model import LONGEST
from .safetensors import Reader

_MOST = 1_000


def show(path: Any) -> str:
    """Return what a model file holds: its network, its arrays, how it was trained. The whole file is read and checked.

    Args:
        path: The file, of minifw or any other of the format.

    Raises:
        ModelFormatError: If the file is damaged.
        OSError: If it cannot be read.
    """
    with Reader(path) as file, file.described():
        file.read({})
        return "\n".join([*_network(file), *_arrays(file)])


def _network(file: Reader) -> Iterator[str]:
    if "minifw.config" not in file.metadata:
        yield f"{file.path}: arrays"
        return
    yield f"{file.path}: minifw format {shown(file.metadata['minifw.format'])}"
    written = json.read(file.metadata["minifw.config"], longest=LONGEST)
    config = written["config"]
    yield f"{_word(written['class'])}, dtype {_word(config.get('dtype'))}, input shape {_word(config.get('input_shape'))}"
    yield from _layers(config.get("layers", []), "  ")
    compiled = json.read(file.metadata.get("minifw.training", "{}")).get("compiled")
    if compiled is not None:
        steps = (compiled["counts"] or {"iterations": 0})["iterations"]
        yield f"optimizer {_called(compiled['optimizer'])}, after {_word(steps)} steps"
        yield f"loss {_called(compiled['loss'])}"
        yield "metrics " + (", ".join(_word(key) for key, _ in compiled["metrics"]) or "none")


def _layers(layers: Any, indent: str) -> Iterator[str]:
    for layer in layers:
        frozen = "" if layer["config"].get("trainable", layer.get("trainable", True)) else ", frozen"
        yield f"{indent}{_called(layer)}{frozen}"
        yield from _layers(layer["config"].get("layers", ()), indent + "  ")


def _called(written: Any) -> str:
    """Return a configuration as a call, with what is not `None` in it."""
    if not isinstance(written, dict):
        return _word(written)
    hidden = ("layers", "trainable")
    config = {key: value for key, value in written["config"].items() if value is not None and key not in hidden}
    texts = {key: (_called if isinstance(item, dict) and "class" in item else shown)(item) for key, item in config.items()}
    return f"{_word(written['class'])}({', '.join(f'{_word(key)}={text}' for key, text in texts.items())})"


def _word(value: Any) -> str:
    """Return a text as it is if it is printable and short, else as Python would write it."""
    return value if isinstance(value, str) and value.isprintable() and len(value) < 80 else shown(value)


def _arrays(file: Reader) -> Iterator[str]:
    tensors = weights.tensors(file)
    width = min(max((len(_word(name)) for name in tensors), default=0), 60)
    for name, tensor in sorted(tensors.items())[:_MOST]:
        yield f"  {_word(name):<{width}}  {tensor.dtype.name:<8} {tensor.shape}"
    if len(tensors) > _MOST:
        yield f"  and {len(tensors) - _MOST:,} more"
    size, total = (sum(tensor.end - tensor.begin for tensor in part.values()) for part in (tensors, file.tensors))
    yield f"{len(tensors):,} arrays, {size:,} bytes; of the optimizer {total - size:,} bytes"
    yield f"SHA-256 {file.metadata['minifw.sha256']}, found right" if "minifw.sha256" in file.metadata else "no digest"
