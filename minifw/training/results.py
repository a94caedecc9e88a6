"""What training and evaluation hand back, and what they leave behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..sequential import Sequential


def returned(logs: dict[str, Any], return_dict: bool) -> Any:
    """Return what Keras returns: a dictionary if asked for, else one number, or a list if there are metrics."""
    if return_dict:
        return logs
    return list(logs.values()) if len(logs) > 1 else logs["loss"]


def drop_caches(net: Sequential) -> None:
    """Forget what the last forward left, so that nothing keeps its batch alive."""
    for layer in net._everyone():
        layer.cache = None
    net._out_shape = None
    if net.loss is not None:
        net.loss.forget()
