"""What Keras, PyTorch and scikit-learn call things, and what to write here instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NoReturn

from .errors import nearest

NO_MEANING_HERE = {
    "activity_regularizer": "penalties belong to parameters: use kernel_regularizer=",
    "dtype": "the numbers have that of the network, or float64",
    "auto_scale_loss loss_scale_factor": "there is no float16",
    "autocast": "a network has one dtype: Sequential(..., dtype=...)",
    "quantization_config": "there is no quantization",
    "lora_rank lora_alpha": "there is no low-rank adaptation",
    "loss_weights": "a network has one output",
    "batch_input_shape": "shapes have no batch axis: use input_shape=",
    "mask_zero": "there are no masks",
    "input_length": "not needed, the samples say how long they are: drop it",
    "run_eagerly": "everything runs eagerly",
    "decay": "old Keras' decay of the rate is learning_rate=InverseTimeDecay(rate, 1, decay); weight_decay is another",
    "renorm renorm_clipping renorm_momentum": "there is no batch renormalization",
    "jit_compile": "nothing is compiled",
    "rms_scaling": "Keras has given it up: use RMSNormalization",
    "steps_per_execution": "a step is one batch",
    "synchronized": "in fit(team=...) the statistics are always those of all processes",
    "weights": "call set_weights once the layer is built",
    "zipped max_shard_size": "a model is one plain file",
}
"""Keras' arguments that are refused, each with the reason."""

NAMES = {
    "lr eta learning_rate_init step_size": "learning_rate", "alpha": "negative_slope rho", "leak slope": "negative_slope",
    "nb_epoch num_epochs n_epochs max_iter n_iter": "epochs", "betas": "beta_1 beta_2", "beta1": "beta_1", "beta2": "beta_2",
    "eps": "epsilon", "p prob drop_prob": "rate", "std sigma": "stddev", "gamma": "rho decay_rate", "dim": "axis",
    "out_features output_size nb_units n_units": "units", "out_channels nb_filter": "filters", "stride subsample": "strides",
    "num_embeddings vocab_size": "input_dim", "embedding_dim": "output_dim", "border_mode": "padding", "bias": "use_bias",
    "init weight_init": "kernel_initializer", "criterion loss_fn objective": "loss", "nonlinearity": "activation",
}  # fmt: skip
"""Names of other frameworks, and what this one calls the same."""

INSTEAD = {
    "learning_rate": "the rate belongs to the optimizer: compile(Adam(learning_rate=...), ...)",
    "epochs": "the number of epochs belongs to fit: fit(x, y, epochs=...)",
    "metrics": "metrics belong to compile: compile(optimizer, loss, metrics=[...])",
    "keep_prob": "rate is the share that is dropped, 1 - keep_prob",
    "in_features in_channels": "not needed: a layer learns the size of its input from the layer before, or from Input",
    "train eval": "each call says its mode, forward(x, training=True) or forward(x, training=False); fit and predict do so",
    "zero_grad": "not needed: each backward overwrites the gradients",
    "parameters": "optimizer.step(net.params_and_grads()) moves the parameters, get_weights() copies them",
    "state_dict load_state_dict": "use get_weights and set_weights, or save_weights and load_weights for a file",
    "to cpu cuda": "everything runs on the CPU, in the dtype of Sequential(..., dtype=...)",
    "score": "use evaluate(x, y)", "predict_proba": "use predict(x)", "partial_fit": "use train_on_batch(x, y)",
    "predict_classes": "use predict(x).argmax(axis=-1), or predict(x) > 0.5 for one output",
    "fit_generator evaluate_generator predict_generator": "fit(...), evaluate(...), predict(...) take iterables of batches",
    "coef_ coefs_ intercepts_": "use get_weights()", "f1": "did you mean 'f1_score'?", "relu6": "use ReLU(max_value=6)",
    "kaiming_normal": "it is called 'he_normal' here", "kaiming_uniform": "it is called 'he_uniform' here",
    "xavier_normal": "it is called 'glorot_normal' here", "xavier_uniform xavier": "it is called 'glorot_uniform' here",
    "cross_entropy crossentropy nll": "'sparse_categorical_crossentropy' takes class numbers, 'categorical_crossentropy' "
    "rows of shares, 'binary_crossentropy' one probability",
    "lbfgs": "SciPy's takes a network as a function of one vector: net.loss_and_grad(flat, x, y)",
}  # fmt: skip
"""What belongs elsewhere, is not needed, or is called otherwise: in full words."""

KINDS = {
    "activation": "a layer is told its own units alone: the size of its input is that of the layer before, or of Input",
    "initializer": "for one number take Constant({0!r})", "regularizer": "for the sum of squares take L2({0!r})",
    "constraint": "for a greatest length take MaxNorm({0!r})", "optimizer": "for a learning rate take SGD({0!r})",
}  # fmt: skip
"""What to write instead of a number."""


FORMER = {
    "Elementwise value slope value_and_slope": "{}(); write f(self, x, out=None, slope=None), which returns the value and "
    "writes the derivative into slope",
    "Layer call add_weight": "Keras' {}(); in minifw a layer writes forward(self, x, training=False) and "
    "backward(self, error_grad), and declares parameters in build(self, input_shape) -> {{name: Param(shape)}}",
    "Layer __call__": "{}(), which nobody calls; write forward(self, x, training=False) and backward(self, error_grad)",
    "Layer messages outputs": "{}(), which a composite needs no more; write children(self, input_shape=None), and call "
    "forward and backward of the layers inside from its own: whoever looks at the network listens to them",
    "Layer rng": "an {} of its own, but every layer has one, made from the network's seed; draw from self.rng, and call "
    "another one something else",
    "Layer params grads state": "its own {}, which every layer gets when it is built; declare arrays in "
    "build(self, input_shape) -> {{name: Param(shape)}}",
    "Layer name trainable learning_rate_multiplier": "its own {0}, which every layer has already; set it on the layer: "
    "layer.{0} = ...",
    "Sequential train_step test_step predict_step training_step validation_step": "{}(), which nobody calls; write the "
    "loop by hand: y_pred = net.forward(x, training=True), loss.forward(y, y_pred), net.backward(loss.backward()), "
    "optimizer.step(net.params_and_grads()); or look at the gradients in a callback's on_backward_end",
    "Sequential compute_loss compute_metrics": "{}(), which nobody calls; write a Loss with values and slopes, or a "
    "Metric, and pass it to compile",
    "Sequential make_train_function make_test_function make_predict_function configure_optimizers": "{}(), which nobody "
    "calls: nothing is traced, and compile(optimizer, loss) says how it is trained",
    "Loss call": "{}(), as in Keras; write values(self, y_true, y_pred) and its gradient slopes(self, y_true, y_pred)",
    "Optimizer update_step get_updates zero_grad apply": "{}(), which nobody calls; write the formula in update(self, "
    "param, grad, slots, coefficients, scratch), which changes param in place",
    "Initializer __call__": "{}(), as in Keras; write draw(self, shape, rng)",
    "Constraint __call__": "{}(), as in Keras; write project(self, w)",
    "Regularizer __call__": "{}(), as in Keras; write penalty(self, w), which returns a number, and gradient(self, w)",
    "Callback on_batch_begin": "{}(), as Keras may; write on_train_batch_begin(self, batch, logs=None)",
    "Callback on_batch_end": "{}(), as Keras may; write on_train_batch_end(self, batch, logs=None)",
}
"""What subclasses of a base would define in vain, or to their harm: written for Keras, or for this one as it was."""


def entry(table: Mapping[str, str], name: str) -> str:
    """Return what a table says of a name, or nothing."""
    return next((text for names, text in table.items() if name in names.split()), "")


def elsewhere(name: str, known: Iterable[str]) -> str:
    """Return the end of a message about a name that other frameworks have, or nothing."""
    here = entry(NAMES, name)
    words = [word for word in here.split() if word in known]
    text = f"it is called {' and '.join(words)} here" if words else entry(INSTEAD, here or name)
    return f"; {text}" if text else ""


def instead(name: str, known: Iterable[str]) -> str:
    """Return the end of a message about a name that is not known.

    Args:
        name: What was written.
        known: What could have been.

    Example:
        >>> instead("lr", ["learning_rate", "momentum"]), instead("momentm", ["momentum"])
        ('; it is called learning_rate here', "; did you mean 'momentum'?")
    """
    known = list(known)
    return elsewhere(name, known) or nearest(name, known)


def of_kind(kind: str, value: object) -> str:
    """Return the end of a message about a value that is no object of a kind.

    Example:
        >>> of_kind("regularizer", 0.01)
        '; for the sum of squares take L2(0.01)'
    """
    if callable(value) and kind in ("activation", "layer"):
        return "; a function has no slope: subclass Elementwise and write f(self, x, out=None, slope=None), or take Lambda"
    return f"; {KINDS[kind].format(value)}" if isinstance(value, (int, float)) and kind in KINDS else ""


class Foreign:
    """An attribute that other frameworks have and no object here: reading it raises with what there is instead.

    A `__getattr__` could say so of every name, and would make all attributes slower to read, a step by a tenth.

    Args:
        name: The attribute.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type) -> NoReturn:
        known = [name for name in dir(owner) if name != self.name]
        text = f"{owner.__name__} has no attribute {self.name!r}{elsewhere(self.name, known)}"
        raise AttributeError(text, name=self.name, obj=instance)
