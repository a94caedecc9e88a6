"""A network between a simulator and a cost: each is a function with a gradient, and the error gradient goes through all.

    python examples/simulator.py

A surrogate network learns how far a ball flies (with drag) from its angle and its speed. Then it stands in the middle of
a chain: controls -> network -> cost. The cost says how the distance should change, the network says with
`input_gradient` how its inputs should change for that, and the controls are moved until the ball lands on the target.
The simulator, which has no gradient, only confirms it.
"""

from __future__ import annotations

import math

import numpy as np

from minifw import Adam, Dense, Input, Sequential

TARGET = 20.0
DRAG, GRAVITY, STEP = 0.02, 9.81, 0.01


def flight(angle: float, speed: float) -> float:
    """Return the distance in m of a ball thrown at an angle in degrees with a speed in m/s; drag grows with its square."""
    vx, vy = speed * math.cos(math.radians(angle)), speed * math.sin(math.radians(angle))
    x = y = 0.0
    while True:
        drag = DRAG * math.hypot(vx, vy)
        vx, vy = vx - STEP * drag * vx, vy - STEP * (GRAVITY + drag * vy)
        x, y = x + STEP * vx, y + STEP * vy
        if y <= 0:
            return x


def scaled(controls: np.ndarray) -> np.ndarray:
    """Return angles of 20 to 70 degrees and speeds of 10 to 25 m/s as numbers from -1 to 1."""
    return (controls - [45.0, 17.5]) / [25.0, 7.5]


def surrogate(samples: int = 1000) -> Sequential:
    """Return a network that has learned the simulator from random throws, in units of 10 m."""
    rng = np.random.default_rng(0)
    controls = rng.uniform([20, 10], [70, 25], (samples, 2))
    distances = np.array([[flight(*throw) / 10] for throw in controls])
    net = Sequential(
        [Input((2,)), Dense(24, activation="tanh"), Dense(24, activation="tanh"), Dense(1)], dtype="float64", seed=1
    )
    net.compile(Adam(0.003), "mse")
    net.fit(scaled(controls), distances, epochs=300, verbose=0)
    return net


def main() -> None:
    net = surrogate()
    controls = np.array([[30.0, 12.0]])
    print(f"start: {controls[0, 0]:.1f} degrees, {controls[0, 1]:.1f} m/s, the ball flies {flight(*controls[0]):.2f} m")
    for _ in range(200):
        x = scaled(controls)
        distance = 10 * net.predict(x, verbose=0)
        # the cost is (distance - TARGET)^2 / 2; its gradient enters the network where the distance comes out
        message = net.input_gradient(x, 10 * (distance - TARGET))
        controls = controls - 0.05 * message / [25.0, 7.5]
    distance = flight(*controls[0])
    angle, speed = controls[0]
    print(f"found: {angle:.1f} degrees, {speed:.1f} m/s, the ball flies {distance:.2f} m (wanted {TARGET:.0f})")
    assert abs(distance - TARGET) < 0.5


if __name__ == "__main__":
    main()
