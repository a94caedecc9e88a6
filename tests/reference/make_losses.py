"""Makes losses.npz: the losses of Keras (on JAX) and of PyTorch, and their gradients (run by hand).

Keys are `inputs/<name>`, `keras/<loss>/<numbers, values or slopes>`, each first without and then with weights, and
`torch/<loss>/<value or slope>`. Numbers and slopes are in the order of `REDUCTIONS`.
"""

import os
from pathlib import Path

import numpy as np

REDUCTIONS = ("sum_over_batch_size", "sum", "mean_with_sample_weight", "none")
DELTA, QUANTILE, SMOOTHING, IGNORED = 0.7, 0.3, 0.1, 1
EPSILON = 1e-7


def inputs():
    """Return targets and predictions for all losses, six samples of four outputs."""
    rng = np.random.default_rng(10)
    shape = (6, 4)
    return {
        "real": rng.normal(size=shape) * 2,
        "scores": rng.normal(size=shape) * 2,
        "shares": rng.uniform(0.05, 0.95, shape),
        "soft": rng.dirichlet(np.ones(4), 6),
        "counts": rng.integers(0, 5, shape).astype(float),
        "bits": rng.integers(0, 2, shape).astype(float),
        "labels": np.array([0, 1, 2, 3, 1, 0]),
        "weights": rng.uniform(0.2, 2, 6),
    }


# -- Keras -------------------------------------------------------------------------------------------------------------


def keras_losses(losses):
    """Return `name: (class, options, targets, predictions)`."""
    smooth, logits = {"label_smoothing": SMOOTHING}, {"from_logits": True}
    binary, categorical = losses.BinaryCrossentropy, losses.CategoricalCrossentropy
    sparse = losses.SparseCategoricalCrossentropy
    return {
        "mse": (losses.MeanSquaredError, {}, "real", "scores"),
        "mae": (losses.MeanAbsoluteError, {}, "real", "scores"),
        "huber": (losses.Huber, {"delta": DELTA}, "real", "scores"),
        "log_cosh": (losses.LogCosh, {}, "real", "scores"),
        "poisson": (losses.Poisson, {}, "counts", "shares"),
        "kl_divergence": (losses.KLDivergence, {}, "soft", "shares"),
        "hinge": (losses.Hinge, {}, "bits", "scores"),
        "binary": (binary, {}, "bits", "shares"),
        "binary smooth": (binary, smooth, "bits", "shares"),
        "binary logits": (binary, logits, "bits", "scores"),
        "binary logits smooth": (binary, {**logits, **smooth}, "bits", "scores"),
        "categorical": (categorical, {}, "soft", "shares"),
        "categorical smooth": (categorical, smooth, "soft", "shares"),
        "categorical logits": (categorical, logits, "soft", "scores"),
        "categorical logits smooth": (categorical, {**logits, **smooth}, "soft", "scores"),
        "sparse": (sparse, {}, "labels", "shares"),
        "sparse logits": (sparse, logits, "labels", "scores"),
        "sparse ignore": (sparse, {"ignore_class": IGNORED}, "labels", "shares"),
        "sparse logits ignore": (sparse, {"ignore_class": IGNORED, **logits}, "labels", "scores"),
    }


def of_keras(data):
    """Return Keras' values and gradients, every reduction, without and with weights."""
    os.environ["KERAS_BACKEND"] = "jax"
    import jax
    import keras
    from keras.src.backend.common import dtypes

    jax.config.update("jax_enable_x64", True)
    keras.config.set_floatx("float64")
    dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"  # Keras would calculate in float32 otherwise
    found = {}
    for name, (cls, options, y, p) in keras_losses(keras.losses).items():
        values, slopes = [], []
        for reduction in REDUCTIONS:
            for weights in (None, data["weights"]):
                loss = cls(reduction=reduction, **options)

                def value(y_pred, y=data[y], loss=loss, weights=weights):
                    return loss(y, y_pred, weights)

                values.append(np.asarray(value(data[p])))
                slopes.append(np.asarray(jax.grad(lambda y_pred, value=value: value(y_pred).sum())(data[p])))
        found[f"keras/{name}/numbers"] = np.array(values[:-2]).reshape(-1, 2)
        found[f"keras/{name}/values"] = np.array(values[-2:])
        found[f"keras/{name}/slopes"] = np.array(slopes).reshape(len(REDUCTIONS), 2, *data[p].shape)
    return found


# -- PyTorch -----------------------------------------------------------------------------------------------------------


def of_torch(data):
    """Return PyTorch's values and gradients of what it has under its own name."""
    import torch
    import torch.nn.functional as f

    t = {key: torch.tensor(value) for key, value in data.items()}
    losses = {
        "mse": ("scores", lambda p: f.mse_loss(p, t["real"])),
        "mae": ("scores", lambda p: f.l1_loss(p, t["real"])),
        "huber": ("scores", lambda p: f.huber_loss(p, t["real"], delta=DELTA)),
        "poisson": ("shares", lambda p: f.poisson_nll_loss(p, t["counts"], log_input=False, eps=EPSILON)),
        "kl_divergence": ("shares", lambda p: f.kl_div(torch.log(p), t["soft"], reduction="batchmean")),
        "quantile": (
            "scores",
            lambda p: torch.maximum(QUANTILE * (t["real"] - p), (QUANTILE - 1) * (t["real"] - p)).mean(),
        ),
        "binary": ("shares", lambda p: f.binary_cross_entropy(p, t["bits"])),
        "binary logits": ("scores", lambda p: f.binary_cross_entropy_with_logits(p, t["bits"])),
        "categorical logits": ("scores", lambda p: f.cross_entropy(p, t["soft"])),
        "categorical logits smooth": ("scores", lambda p: f.cross_entropy(p, t["soft"], label_smoothing=SMOOTHING)),
        "sparse logits": ("scores", lambda p: f.cross_entropy(p, t["labels"])),
        "sparse logits ignore": ("scores", lambda p: f.cross_entropy(p, t["labels"], ignore_index=IGNORED)),
    }
    found = {}
    for name, (y_pred, loss) in losses.items():
        p = torch.tensor(data[y_pred], requires_grad=True)
        value = loss(p)
        value.backward()
        found |= {f"torch/{name}/value": value.detach().numpy(), f"torch/{name}/slope": p.grad.numpy()}
    return found


def main():
    """Write losses.npz beside this file."""
    data = inputs()
    found = {**{f"inputs/{key}": value for key, value in data.items()}, **of_keras(data), **of_torch(data)}
    np.savez_compressed(Path(__file__).with_name("losses.npz"), **found)


if __name__ == "__main__":
    main()
