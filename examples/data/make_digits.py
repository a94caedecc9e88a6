"""Write `digits.npz` from the copy of the data that scikit-learn carries; only this script needs scikit-learn.

Run it with `pip install scikit-learn` and `python examples/data/make_digits.py`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

digits = load_digits()
np.savez_compressed(
    Path(__file__).with_name("digits.npz"),
    images=digits.images.astype(np.uint8),
    labels=digits.target.astype(np.uint8),
)
