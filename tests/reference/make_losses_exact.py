"""Makes losses_exact.npz: values and slopes of the losses to 400 digits (needs mpmath; run by hand).

Keys are `<loss>/<dtype>/<pairs, value or slope>`; each number is two doubles, `high + low`, followed by the sum of the
absolute terms of its formula.
"""

from pathlib import Path

import numpy as np

DELTA, QUANTILE, EPSILON = 0.7, 0.3, 1e-7


def pairs(dtype, kind):
    """Return targets and predictions of one output over the whole range of a dtype, subnormals included."""
    info = np.finfo(dtype)
    rng = np.random.default_rng(11)
    far = np.geomspace(float(info.smallest_subnormal), float(info.max) * 0.99, 24)
    near = np.geomspace(float(info.eps) / 4, 0.5, 14)
    if kind == "errors":
        y = np.concatenate([np.zeros(48), rng.normal(size=30) * 3, np.ones(28), [0.0]])
        p = np.concatenate([far, -far, rng.normal(size=30) * 3, 1 + near, 1 - near, [0.0]])
    elif kind == "scores":
        steps = np.linspace(-110, 110, 31) if dtype == np.float32 else np.linspace(-760, 760, 31)
        p = np.concatenate([far, -far, steps, rng.normal(size=30) * 5, [0.0]])
        y = np.resize([0.0, 1.0, 1.0, 0.0, 0.25, 1.0, 0.75], len(p))
    else:
        p = np.concatenate([far[far < 1], near, 1 - near, rng.uniform(size=30), [0.0, 1.0]])
        y = np.resize([0.0, 1.0, 1.0, 0.0, 0.25, 1.0, 0.75], len(p))
        if kind == "counts":
            p, y = np.concatenate([p, far[far > 1]]), np.resize([0.0, 1.0, 2.0, 5.0, 0.5], len(p) + sum(far > 1))
    return y.astype(dtype), p.astype(dtype)


def formulas(mp, dtype):
    """Return `name: (kind of pairs, function of a target and a prediction)`.

    The function returns the terms of the value and of the slope.
    """
    least, most = (mp.mpf(float(dtype(v))) for v in (EPSILON, 1 - EPSILON))
    delta, quantile, epsilon = mp.mpf(DELTA), mp.mpf(QUANTILE), mp.mpf(EPSILON)

    def huber(y, p):
        e = abs(p - y)
        value = e * e / 2 if e <= delta else delta * (e - delta / 2)
        return [value], [max(-delta, min(p - y, delta))]

    def log_cosh(y, p):
        e = abs(p - y)
        return [e, mp.log1p(mp.expm1(-2 * e) / 2)], [mp.tanh(p - y)]

    def pinball(y, p):
        slope = 1 - quantile if p > y else -quantile if p < y else 0.5 - quantile
        return [max(quantile * (y - p), (quantile - 1) * (y - p))], [slope]

    def hinge(y, p):
        y = 1 if y > 0 else -1
        return [1, -y * p] if y * p < 1 else [0], [-y if y * p < 1 else 0]

    def kl(y, p):
        y, q = max(least, min(y, 1)), max(least, min(p, 1))
        return [y * mp.log(y), -y * mp.log(q)], [-y / q if p == q else 0]

    def binary(y, p):
        q = max(least, min(p, most))
        slope = [-y / q, (1 - y) / (1 - q)] if p == q else [0]
        return [-y * mp.log(q), -(1 - y) * mp.log1p(-q)], slope

    def binary_logits(y, z):
        return [((z > 0) - y) * z, mp.log1p(mp.exp(-abs(z)))], [1 / (1 + mp.exp(-z)), -y]

    return {
        "mse": ("errors", lambda y, p: ([(p - y) ** 2], [2 * (p - y)])),
        "mae": ("errors", lambda y, p: ([abs(p - y)], [mp.sign(p - y)])),
        "huber": ("errors", huber),
        "log_cosh": ("errors", log_cosh),
        "quantile": ("errors", pinball),
        # the rounding of p + epsilon is a term of its own, times y
        "poisson": ("counts", lambda y, p: ([p, -y * mp.log(p + epsilon), y, -y], [1, -y / (p + epsilon)])),
        "hinge": ("scores", hinge),
        "kl_divergence": ("shares", kl),
        "binary": ("shares", binary),
        "binary logits": ("scores", binary_logits),
    }


def split(terms):
    """Return for each list of terms its sum, as the nearest double and the rest, and the sum of the absolute terms."""
    most = np.finfo(np.float64).max
    sums, sizes = [sum(each) for each in terms], [sum(map(abs, each)) for each in terms]
    high = [float(v) if abs(v) <= most else np.copysign(np.inf, int(v > 0) - 0.5) for v in sums]
    low = [0.0 if np.isinf(h) else float(v - h) for v, h in zip(sums, high, strict=True)]
    return np.array([high, low, [float(min(size, most / 4)) for size in sizes]])


def rows_of_scores():
    """Return rows of scores from narrow to wide, and a distribution for each."""
    rng = np.random.default_rng(12)
    scores = [rng.normal(size=5) * scale for scale in (1e-3, 1, 1, 10, 30, 100, 700, 1e4, 1e30) for _ in range(3)]
    scores += [[1e4, 0, -1e4, 0, 0], [1e4] * 5, [40, 0, 0, 0, 0], [0, -745, -740, -30, 0]]
    soft = rng.dirichlet(np.ones(5), len(scores))
    return np.array(scores).astype(np.float32).astype(float), soft.astype(np.float32).astype(float)


def of_mpmath():
    """Return exact values and slopes, one output at a time, and of rows of scores."""
    import mpmath as mp

    mp.mp.dps = 400  # log(1 + 1e-300) must not become 0
    found = {}
    for dtype in (np.float32, np.float64):
        for name, (kind, terms) in formulas(mp, dtype).items():
            y, p = pairs(dtype, kind)
            both = [terms(mp.mpf(float(a)), mp.mpf(float(b))) for a, b in zip(y, p, strict=True)]
            key = f"{name}/{np.dtype(dtype)}"
            found |= {f"{key}/pairs": np.array([y, p])}
            found |= {f"{key}/value": split([v for v, _ in both]), f"{key}/slope": split([s for _, s in both])}
    scores, soft = rows_of_scores()
    values, slopes = [], []
    for row, targets in zip(scores, soft, strict=True):
        z, y = [mp.mpf(v) for v in row], [mp.mpf(v) for v in targets]
        total, mass = mp.fsum(mp.exp(v - max(z)) for v in z), mp.fsum(y)
        values.append(split([[t * (max(z) + mp.log(total) - v) for t, v in zip(y, z, strict=True)]])[:2, 0])
        slopes.append(split([[mass * mp.exp(v - max(z)) / total, -t] for t, v in zip(y, z, strict=True)])[:2])
    found |= {"scores": scores, "soft": soft}
    found |= {"categorical logits/value": np.array(values), "categorical logits/slope": np.array(slopes)}
    return found


def main():
    """Write losses_exact.npz beside this file."""
    np.savez_compressed(Path(__file__).with_name("losses_exact.npz"), **of_mpmath())


if __name__ == "__main__":
    main()
