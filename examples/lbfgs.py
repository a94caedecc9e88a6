"""A network trained by SciPy's L-BFGS: `loss_and_grad` makes it a plain function of one vector.

    python examples/lbfgs.py        needs scipy: pip install "minifw[examples]"

Adam walks the two spirals step by step; L-BFGS sees the same loss and gradient, learns how the valley bends, and is at
the bottom in a few hundred evaluations.
"""

from __future__ import annotations

import numpy as np

from minifw import Dense, Input, Sequential


def spirals(samples: int = 200, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return points on two spiral arms, `(samples, 2)`, and the arm of each, `(samples,)`."""
    rng = np.random.default_rng(seed)
    arm = np.arange(samples) % 2
    angle = np.sqrt(rng.random(samples)) * 3 * np.pi
    turned = angle + np.pi * arm
    points = np.stack([angle * np.cos(turned), angle * np.sin(turned)], axis=1) / (3 * np.pi)
    return points + rng.normal(0, 0.01, points.shape), arm


def network() -> Sequential:
    """Return a small network with a smooth loss, which is what L-BFGS wants."""
    layers = [Input((2,)), Dense(16, activation="tanh"), Dense(16, activation="tanh"), Dense(2, activation="softmax")]
    net = Sequential(layers, dtype="float64", seed=1)
    net.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return net


def main() -> None:
    try:
        from scipy.optimize import minimize
    except ImportError:
        raise SystemExit('this example needs scipy: pip install "minifw[examples]"') from None
    x, y = spirals()

    net = network()
    found = minimize(net.loss_and_grad, net.get_flat(), args=(x, y), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    net.set_flat(found.x)
    loss, accuracy = net.evaluate(x, y, verbose=0)
    print(f"L-BFGS: loss {loss:.6f}, accuracy {accuracy:.1%} after {found.nfev} evaluations of all {len(x)} points")

    other = network()
    other.fit(x, y, batch_size=len(x), epochs=found.nfev, shuffle=False, verbose=0)
    loss_of_adam, accuracy = other.evaluate(x, y, verbose=0)
    print(f"Adam:   loss {loss_of_adam:.6f}, accuracy {accuracy:.1%} after as many")
    assert loss < loss_of_adam


if __name__ == "__main__":
    main()
