"""Makes ops.npz: sigmoid, tanh, softmax and log-softmax of chosen points to 400 digits (needs mpmath; run by hand).

Each true value is kept as two doubles, `high + low`, so that an error can be told in hundredths of an ulp.
"""

from pathlib import Path

import numpy as np


def split(values):
    """Return each number as the nearest double and the rest as another."""
    high = [float(v) for v in values]
    return np.array(high), np.array([float(v - h) for v, h in zip(values, high, strict=True)])


def points(dtype):
    """About 300 points over the whole range of a dtype, subnormals and the borders of exp included."""
    info = np.finfo(dtype)
    least, most = float(info.smallest_subnormal), float(info.max)
    border = [88.0, 88.72, 88.8, 103.9, 104.0, 17.3, 36.7, 37.0, 708.4, 709.7, 709.8, 744.4, 745.0, 745.2, 0.5, 0.7, 1.0]
    magnitude = np.concatenate(
        [
            np.geomspace(least, most * 0.99, 60),
            [least, float(info.smallest_normal), float(info.eps), most],
            np.linspace(0.01, 40, 30),
            np.linspace(41, 110 if dtype == np.float32 else 750, 40),
            border,
        ]
    )
    with np.errstate(over="ignore"):
        x = np.concatenate([magnitude, -magnitude, [0.0, -0.0]]).astype(dtype)
    return x[np.isfinite(x)]


def softmax_rows():
    """Rows of scores from narrow to wide, some with equal maxima."""
    rng = np.random.default_rng(7)
    rows = [rng.normal(size=7) * scale for scale in (1e-3, 1, 1, 10, 30, 100, 100, 700, 1e3, 1e4, 1e30) for _ in range(3)]
    rows += [
        np.array([1e4, 0, -1e4, 0, 0, 0, 1.0]),
        np.full(7, 1e4),
        np.full(7, -1e4),
        np.array([0, -745, -740, -30, 0, 1, 2.0]),
    ]
    return np.array(rows).astype(np.float32).astype(np.float64)


def main():
    """Write ops.npz beside this file."""
    import mpmath as mp  # here, so that pytest can import this file without it

    mp.mp.dps = 400  # log(1 + 1e-300) must not become 0
    found = {}
    for dtype in (np.float32, np.float64):
        name, x = np.dtype(dtype).name, points(dtype)
        exact = [mp.mpf(float(v)) for v in x]
        found[f"x_{name}"] = x
        found[f"sigmoid_{name}"] = np.array(split([1 / (1 + mp.exp(-v)) for v in exact]))
        found[f"tanh_{name}"] = np.array(split([mp.tanh(v) for v in exact]))
        for slope in (0.1, 0.3):  # the slope as the dtype holds it
            s = mp.mpf(float(dtype(slope)))
            found[f"leaky_{slope}_{name}"] = np.array(split([v if v > 0 else s * v for v in exact]))
    rows = softmax_rows()
    soft, log = [], []
    for row in rows:
        exact = [mp.mpf(float(v)) for v in row]
        total = mp.fsum(mp.exp(v - max(exact)) for v in exact)
        soft.append(split([mp.exp(v - max(exact)) / total for v in exact]))
        log.append(split([v - max(exact) - mp.log(total) for v in exact]))
    found["scores"], found["softmax"], found["log_softmax"] = rows, np.array(soft), np.array(log)
    np.savez_compressed(Path(__file__).with_name("ops.npz"), **found)


if __name__ == "__main__":
    main()
