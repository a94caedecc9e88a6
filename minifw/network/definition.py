"""What every layer takes, and what a layer class is checked for when it is defined."""

from __future__ import annotations

from typing import Any, TypedDict

from .._typing import Shape
from ..config import resolve
from ..errors import ArgumentTypeError
from .views import Param

RESERVED = frozenset(
    {
        *("params", "grads", "state", "cache", "rng", "learning_rate_multiplier", "needs_message", "input_kind"),
        *("elementwise", "kinds", "is_network", "build", "output_shape", "forward", "backward", "messages", "outputs"),
        *("children", "factor_text", "config", "from_config", "get_weights", "set_weights", "count_params"),
    }
)
"""What no constructor's argument may be called: storing it would overwrite the contract."""

KERAS_STEPS = {
    "train_step test_step predict_step training_step validation_step": "defines {}(), which nobody calls; write the "
    "loop by hand: y_pred = net.forward(x, training=True), loss.forward(y, y_pred), net.backward(loss.backward()), "
    "optimizer.step(net.params_and_grads()); or look at the gradients in a callback's on_backward_end",
    "compute_loss compute_metrics": "defines {}(), which nobody calls; write a Loss with values and slopes, or a "
    "Metric, and pass it to compile",
    "make_train_function make_test_function make_predict_function configure_optimizers": "defines {}(), which nobody "
    "calls: nothing is traced, and compile(optimizer, loss) says how it is trained",
}
"""What a subclass of `Sequential` in Keras may write anew, and what to do instead."""


class LayerOptions(TypedDict, total=False):
    """What every built-in layer takes beside its own arguments."""

    name: str | None
    trainable: bool
    input_shape: Any
    input_dim: int | None


FORMER = {
    **dict.fromkeys(
        ("call", "add_weight"),
        "defines Keras' {}(); in minifw a layer writes forward(self, x, training=False) and backward(self, error_grad), "
        "and declares parameters in build(self, input_shape) -> {{name: Param(shape)}}",
    ),
    "__call__": "defines {}(), which nobody calls; write forward(self, x, training=False) and backward(self, error_grad)",
    **dict.fromkeys(
        ("messages", "outputs"),
        "defines {}(), which a composite needs no more; write children(self, input_shape=None), and call forward and "
        "backward of the layers inside from its own: whoever looks at the network listens to them",
    ),
    "rng": "defines an {} of its own, but every layer has one, made from the network's seed; draw from self.rng, and call "
    "another one something else",
    **dict.fromkeys(
        ("params", "grads", "state"),
        "defines its own {}, which every layer gets when it is built; declare arrays in build(self, input_shape) -> "
        "{{name: Param(shape)}}",
    ),
    **dict.fromkeys(
        ("name", "trainable", "learning_rate_multiplier"),
        "defines its own {0}, which every layer has already; set it on the layer: layer.{0} = ...",
    ),
}
"""Names of other times and places, and those that every layer has, and what to write instead."""


def check_definition(cls: type, base: type) -> None:
    """Raise an `ArgumentTypeError` for a class that has only one direction.

    Args:
        cls: The new class.
        base: `Layer`.
    """
    own = vars(cls)
    if "forward" in own and vars(base)["backward"] is getattr(cls, "backward", None):
        raise ArgumentTypeError(
            f"{cls.__name__} writes forward() but no backward(); write backward(self, error_grad): it gets "
            "dLoss/d(output), assigns self.grads.<name> for each parameter and returns dLoss/d(input)"
        )


def check_names(layer: Any) -> None:
    """Raise for a stored initializer, regularizer or constraint that is none: now, not when the first data comes."""
    for name, value in vars(layer).items():
        kind = name.rpartition("_")[2]
        if kind in ("initializer", "regularizer", "constraint") and value is not None:
            resolve(kind, value, f"{type(layer).__name__}: {name}")


def declared(layer: Any, name: str, shape: Shape) -> Param:
    """Return a parameter as the layer's arguments `<name>_initializer`, `..._regularizer` and `..._constraint` have it.

    Without an initializer it begins, as in Keras, `"glorot_uniform"`, a bias too.
    """
    initializer, regularizer, constraint = (
        getattr(layer, f"{name}_{part}") for part in ("initializer", "regularizer", "constraint")
    )
    return Param(shape, "glorot_uniform" if initializer is None else initializer, True, regularizer, constraint)
