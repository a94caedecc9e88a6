"""Makes ops.npz: activations, slopes, softmax and log-softmax of chosen points to 400 digits (needs mpmath; run by hand).

Each true value is kept as the nearest double and the rest, in units of that double's last place, so that an error can be
told in hundredths of an ulp. A slope comes with the sum of the absolute terms of its formula.
"""

from pathlib import Path

import numpy as np


def split(mp, values):
    """Return each number as the nearest double and the rest in units of its last place."""
    high = np.array([float(v) for v in values])
    unit = np.spacing(np.minimum(np.abs(high), np.finfo(float).max / 2))
    rest = [float((v - h) / mp.mpf(u)) if np.isfinite(h) else 0.0 for v, h, u in zip(values, high, unit, strict=True)]
    return high, np.array(rest, np.float16)


def points(dtype):
    """About 430 points over the whole range of a dtype, subnormals and the borders of exp and erfc included."""
    info = np.finfo(dtype)
    least, most = float(info.smallest_subnormal), float(info.max)
    border = [88.0, 88.72, 88.8, 103.9, 104.0, 17.3, 36.7, 37.0, 708.4, 709.7, 709.8, 744.4, 745.0, 745.2, 0.5, 0.7, 1.0]
    border += [87.0, 87.3, 708.0, 14.6, 38.7, 21.3, 22.0, 9.0, 37.6, 5.0]
    magnitude = np.concatenate(
        [
            np.geomspace(least, most * 0.99, 60),
            [least, float(info.smallest_normal), float(info.eps), most],
            np.linspace(0.01, 40, 30),
            np.linspace(0.02, 15, 37),
            np.linspace(13.5, 22, 20) if dtype == np.float32 else np.linspace(19, 39, 25),
            np.linspace(41, 110 if dtype == np.float32 else 750, 40),
            border,
        ]
    )
    with np.errstate(over="ignore"):
        x = np.concatenate([magnitude, -magnitude, [0.0, -0.0]]).astype(dtype)
    return x[np.isfinite(x)]


def functions(mp, dtype):
    """Return value, and terms of the slope or `None`, of each activation; its arguments as the dtype holds them."""

    def held(number):
        return mp.mpf(float(dtype(number)))

    def sigmoid(v):
        return 1 / (1 + mp.exp(-v))

    def below(v):  # the normal distribution function; mpmath's own overflows far out
        return mp.mpf(0) if v < -1000 else mp.mpf(1) if v > 1000 else mp.erfc(-v / mp.sqrt(2)) / 2

    def gate(v):  # tanh(softplus(v))
        n = mp.exp(v) * (mp.exp(v) + 2)
        return n / (n + 2)

    def mish_terms(v):
        e = mp.exp(v)
        return [gate(v), v * 4 * (1 + e) * e / (e * (e + 2) + 2) ** 2]

    def bent(right, left):
        def slope(v):
            return [right] if v > 0 else [left, left * mp.expm1(v)]

        return lambda v: right * v if v > 0 else left * mp.expm1(v), slope

    line, cube = 2 * mp.sqrt(2 / mp.pi), 2 * mp.sqrt(2 / mp.pi) * mp.mpf("0.044715")

    def tanh_terms(v):
        s = sigmoid(line * v + cube * v**3)
        return [s, v * s * sigmoid(-line * v - cube * v**3) * (line + 3 * cube * v**2)]

    scale, alpha = mp.mpf("1.0507009873554804934193349852946"), mp.mpf("1.6732632423543772848170429916717")
    return {
        "sigmoid": (sigmoid, None),
        "tanh": (mp.tanh, None),
        "leaky_0.1": (lambda v: v if v > 0 else held(0.1) * v, None),
        "leaky_0.3": (lambda v: v if v > 0 else held(0.3) * v, None),
        "elu": bent(mp.mpf(1), mp.mpf(1)),
        "elu_0.3": bent(mp.mpf(1), held(0.3)),
        "selu": bent(scale, scale * alpha),
        "gelu": (lambda v: v * below(v), lambda v: [below(v), v * mp.exp(-v * v / 2) / mp.sqrt(2 * mp.pi)]),
        "gelu_tanh": (lambda v: v * sigmoid(line * v + cube * v**3), tanh_terms),
        "silu": (lambda v: v * sigmoid(v), lambda v: [sigmoid(v), v * sigmoid(v) * sigmoid(-v)]),
        "mish": (lambda v: v * gate(v), mish_terms),
        "softplus": (lambda v: max(v, 0) + mp.log1p(mp.exp(-abs(v))), lambda v: [sigmoid(v)]),
        "softsign": (lambda v: v / (1 + abs(v)), lambda v: [1 / (1 + abs(v)) ** 2]),
    }


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


def softmaxes(mp):
    """Return scores, error gradients, and for softmax and log-softmax the values and dLoss/dscores."""
    rows = softmax_rows()
    grads = np.random.default_rng(8).normal(size=rows.shape).astype(np.float32).astype(np.float64)
    found = {"softmax": [], "log_softmax": [], "softmax_gradient": [], "log_softmax_gradient": []}
    for row, grad in zip(rows, grads, strict=True):
        exact, g = [mp.mpf(float(v)) for v in row], [mp.mpf(float(v)) for v in grad]
        total = mp.fsum(mp.exp(v - max(exact)) for v in exact)
        p = [mp.exp(v - max(exact)) / total for v in exact]
        mean = mp.fsum(a * b for a, b in zip(p, g, strict=True))
        found["softmax"] += p
        found["log_softmax"] += [v - max(exact) - mp.log(total) for v in exact]
        found["softmax_gradient"] += [a * (b - mean) for a, b in zip(p, g, strict=True)]
        found["log_softmax_gradient"] += [b - a * mp.fsum(g) for a, b in zip(p, g, strict=True)]
    kept = {"scores": rows, "score_grads": grads}
    for name, values in found.items():
        kept[name], kept[f"{name}_rest"] = (part.reshape(rows.shape) for part in split(mp, values))
    return kept


def main():
    """Write ops.npz beside this file."""
    import mpmath as mp  # here, so that pytest can import this file without it

    mp.mp.dps = 400  # log(1 + 1e-300) must not become 0
    found = softmaxes(mp)
    for dtype in (np.float32, np.float64):
        dtype_name, x = np.dtype(dtype).name, points(dtype)
        found[f"x_{dtype_name}"] = x
        exact = [mp.mpf(float(v)) for v in x]
        for name, (value, terms) in functions(mp, dtype).items():
            key = f"{name}_{dtype_name}"
            found[key], found[f"{key}_rest"] = split(mp, [value(v) for v in exact])
            if terms is not None:
                parts = [terms(v) for v in exact]
                slopes = [mp.fsum(p) for p in parts]
                found[f"{key}_slope"], found[f"{key}_slope_rest"] = split(mp, slopes)
                found[f"{key}_slope_terms"] = np.array([float(mp.fsum(map(abs, p))) for p in parts])
    np.savez_compressed(Path(__file__).with_name("ops.npz"), **found)


if __name__ == "__main__":
    main()
