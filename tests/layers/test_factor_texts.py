"""What layers and losses say of their own gradient, in words for a trace."""

import pytest

from minifw.config import registered
from minifw.layers import ELU, GELU, Lambda, Normalization
from minifw.losses import BinaryCrossentropyLoss, CategoricalCrossentropyLoss, HuberLoss, SparseCategoricalCrossentropyLoss

OURS = [cls for kind in ("layer", "loss") for cls in registered(kind) if cls.__module__.startswith("minifw.")]
CHAINS = {"Chain", "Network", "Sequential"}  # they open themselves


@pytest.mark.parametrize("cls", [cls for cls in OURS if cls is not Lambda and cls.__name__ not in CHAINS])
def test_every_layer_and_loss_says_its_factor(cls):
    assert cls.factor_text


@pytest.mark.parametrize(
    ("owner", "text"),
    [
        (ELU(0.5), "1 if z > 0 else 0.5 exp(z)"),
        (GELU(), "Φ(z) + z φ(z)"),
        (GELU(approximate=True), "(1 + t + z (1 - t²) u') / 2, t = tanh(u), u = √(2/π) (z + 0.044715 z³)"),
        (Normalization(invert=True), "max(√variance, 1e-7)"),
        (BinaryCrossentropyLoss(from_logits=True), "(σ(ŷ) - y) / n"),
        (CategoricalCrossentropyLoss(from_logits=True), "(softmax(ŷ) Σ y - y) / n"),
        (SparseCategoricalCrossentropyLoss(from_logits=True), "(softmax(ŷ) - onehot(y)) / n"),
        (HuberLoss(2), "clip(ŷ - y, -2, 2) / n"),
    ],
)
def test_the_factor_follows_the_arguments(owner, text):
    assert owner.factor_text.format(self=owner) == text
