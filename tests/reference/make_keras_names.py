"""Makes keras_names.npz: layers, losses as functions and utilities of Keras (on JAX), and their gradients (run by hand).

Keys are `layers/<case>/<x, y or dx>`, the message being that of `sum(w * y)` with `w` in `layers/<case>/w`;
`losses/<name>/<numbers or slopes>`, in the order of `REDUCTIONS` and there first without and then with weights,
`functions/<name>`, `activations/<name>` and `utils/<name>`.
"""

import os
from pathlib import Path

import numpy as np

REDUCTIONS = ("sum_over_batch_size", "sum", "mean_with_sample_weight", "none")
LAYERS = {
    "GlobalMaxPooling2D": ({}, (2, 3, 4, 3)),
    "GlobalMaxPooling2D, keepdims": ({"keepdims": True}, (2, 3, 4, 3)),
    "GlobalMaxPooling1D": ({}, (2, 5, 3)),
    "ZeroPadding2D": ({}, (2, 3, 4, 3)),
    "ZeroPadding2D, rows and columns": ({"padding": (2, 0)}, (2, 3, 4, 3)),
    "ZeroPadding2D, each side": ({"padding": ((0, 1), (2, 3))}, (2, 3, 4, 3)),
    "ZeroPadding1D": ({"padding": (3, 0)}, (2, 5, 3)),
    "UpSampling2D": ({"size": (3, 2)}, (2, 3, 4, 3)),
    "UpSampling1D": ({"size": 3}, (2, 5, 3)),
    "Permute": ({"dims": (3, 1, 2)}, (2, 3, 4, 5)),
    "RepeatVector": ({"n": 3}, (2, 5)),
    "Identity": ({}, (2, 5)),
    "AvgPool2D": ({"pool_size": 2}, (2, 4, 6, 3)),
    "MaxPool1D": ({"pool_size": 2}, (2, 6, 3)),
    "GlobalAvgPool1D": ({}, (2, 6, 3)),
}
LOSSES = {
    "MeanAbsolutePercentageError": ({}, "real", "scores"),
    "MeanSquaredLogarithmicError": ({}, "large", "scores"),
    "SquaredHinge": ({}, "bits", "scores"),
    "CosineSimilarity": ({}, "real", "scores"),
    "CosineSimilarity, axis 1": ({"axis": 1}, "real", "scores"),
}
FUNCTIONS = {
    "mean_squared_error": ({}, "real", "scores"),
    "mean_absolute_error": ({}, "real", "scores"),
    "mean_absolute_percentage_error": ({}, "real", "scores"),
    "mean_squared_logarithmic_error": ({}, "large", "large_scores"),
    "huber": ({"delta": 0.7}, "real", "scores"),
    "log_cosh": ({}, "real", "scores"),
    "poisson": ({}, "large", "large_scores"),
    "hinge": ({}, "bits", "scores"),
    "squared_hinge": ({}, "bits", "scores"),
    "kl_divergence": ({}, "shares", "other_shares"),
    "cosine_similarity": ({}, "real", "scores"),
    "binary_crossentropy": ({"label_smoothing": 0.1}, "bits", "shares"),
    "categorical_crossentropy": ({"from_logits": True}, "shares", "scores"),
    "sparse_categorical_crossentropy": ({}, "labels", "shares"),
}
ACTIVATIONS = (
    "elu", "gelu", "leaky_relu", "linear", "log_softmax", "mish", "relu", "selu", "sigmoid", "silu", "softmax", "softplus",
    "softsign", "swish", "tanh",
)
SEQUENCES = [[1], [2, 3], [4, 5, 6, 7], []]
PADDINGS = {
    "by default": {},
    "shorter": {"maxlen": 2},
    "longer, behind": {"maxlen": 5, "padding": "post", "value": 9},
    "cut behind": {"maxlen": 3, "truncating": "post", "dtype": "float64"},
}
ORDERS = {"2": {}, "1": {"order": 1}, "largest": {"axis": 1, "order": np.inf}}


def inputs():
    """Return targets and predictions, six samples of four outputs."""
    rng = np.random.default_rng(20)
    shape = (6, 4)
    return {
        "real": rng.normal(size=shape) * 2,
        "scores": rng.normal(size=shape) * 2,
        "large": rng.uniform(0, 9, shape),
        "large_scores": rng.uniform(0, 9, shape),
        "bits": rng.integers(0, 2, shape).astype(float),
        "shares": rng.dirichlet(np.ones(4), 6),
        "other_shares": rng.dirichlet(np.ones(4), 6),
        "labels": rng.integers(0, 4, 6),
        "weights": rng.uniform(0.2, 2, 6),
    }


def of_layers(keras, jax, rng):
    """Yield what layers make of an input, and what they send back."""
    for case, (options, shape) in LAYERS.items():
        layer, x = getattr(keras.layers, case.split(",")[0])(**options), rng.normal(size=shape)
        y = np.asarray(layer(x))
        w = rng.normal(size=y.shape)
        dx = jax.grad(lambda x, layer=layer, w=w: (w * layer(x)).sum())(x)
        yield from ((f"layers/{case}/{key}", np.asarray(array)) for key, array in {"x": x, "y": y, "w": w, "dx": dx}.items())


def of_losses(keras, jax, data):
    """Yield the numbers of losses and their gradients, however reduced and weighted."""
    for case, (options, y, p) in LOSSES.items():
        numbers, slopes = [], []
        for reduction in REDUCTIONS:
            loss = getattr(keras.losses, case.split(",")[0])(reduction=reduction, **options)
            for weights in (None, data["weights"]):

                def value(y_pred, y=data[y], loss=loss, weights=weights):
                    return loss(y, y_pred, weights)

                numbers.append(np.asarray(value(data[p]).sum()))
                slopes.append(np.asarray(jax.grad(lambda y_pred, value=value: value(y_pred).sum())(data[p])))
        yield f"losses/{case}/numbers", np.array(numbers)
        yield f"losses/{case}/slopes", np.array(slopes)


def main():
    """Write keras_names.npz beside this file."""
    os.environ["KERAS_BACKEND"] = "jax"
    import jax
    import keras
    from keras.src.backend.common import dtypes

    jax.config.update("jax_enable_x64", True)
    keras.config.set_floatx("float64")
    dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"  # Keras would calculate in float32 otherwise
    rng, data = np.random.default_rng(21), inputs()
    found = {f"inputs/{key}": value for key, value in data.items()}
    found |= dict(of_layers(keras, jax, rng)) | dict(of_losses(keras, jax, data))
    for name, (options, y, p) in FUNCTIONS.items():
        found[f"functions/{name}"] = np.asarray(getattr(keras.losses, name)(data[y], data[p], **options))
    one = keras.losses.mean_squared_error(data["real"][0], data["scores"][0])
    found["functions/mean_squared_error, one sample"] = np.asarray(one)
    for name in ACTIVATIONS:
        found[f"activations/{name}"] = np.asarray(getattr(keras.activations, name)(data["scores"]))
    for name, options in PADDINGS.items():
        found[f"utils/pad_sequences, {name}"] = np.asarray(keras.utils.pad_sequences(SEQUENCES, **options))
    for name, options in ORDERS.items():
        found[f"utils/normalize, {name}"] = np.asarray(keras.utils.normalize(data["real"], **options))
    np.savez_compressed(Path(__file__).with_name("keras_names.npz"), **found)


if __name__ == "__main__":
    main()
