"""An embedding learns what words have in common, from nothing but sequences of numbers.

    python examples/words.py

A made-up language has 60 words of four kinds: openers, names, verbs and closers, 15 of each. A sentence of six words is
well formed when its kinds come in the order of a small grammar; others are the same words in another order. The network
sees only numbers from 0 to 59 and whether the sentence is well formed. To tell, it must find out the kinds itself, and
afterwards the rows of the table of words that are of one kind lie together.
"""

from __future__ import annotations

import numpy as np

from minifw import Adam, Conv1D, Dense, Embedding, GlobalAveragePooling1D, Input, Sequential

KINDS, EACH, LENGTH = 4, 15, 6
GRAMMAR = np.array([[0, 1, 2, 1, 2, 3], [0, 1, 1, 2, 2, 3], [0, 2, 1, 2, 1, 3]])
"""Sentences that are well formed, by the kinds of their words."""


def sentences(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return sentences, `(count, 6)` whole numbers, and whether they are well formed, `(count, 1)`."""
    kinds = GRAMMAR[rng.integers(0, len(GRAMMAR), count)]
    good = rng.random(count) < 0.5
    spoiled = rng.permuted(kinds, axis=1)
    good |= (spoiled[:, np.newaxis] == GRAMMAR).all(axis=2).any(axis=1)  # the other order may be right by chance
    kinds = np.where(good[:, np.newaxis], kinds, spoiled)
    vocabulary = np.random.default_rng(7).permutation(KINDS * EACH).reshape(KINDS, EACH)
    return vocabulary[kinds, rng.integers(0, EACH, kinds.shape)], good[:, np.newaxis].astype(float)


def network() -> Sequential:
    """Return a network that looks at neighbouring words."""
    layers = [
        Input((LENGTH,)),
        Embedding(KINDS * EACH, 8),
        Conv1D(32, 3, padding="same", activation="relu"),
        Conv1D(32, 3, padding="same", activation="relu"),
        GlobalAveragePooling1D(),
        Dense(1, activation="sigmoid"),
    ]
    net = Sequential(layers, seed=1)
    net.compile(Adam(0.005), "mse", metrics=["accuracy"])
    return net


def together(table: np.ndarray) -> float:
    """Return how often a word's nearest neighbour in the table is of its own kind."""
    vocabulary = np.random.default_rng(7).permutation(KINDS * EACH).reshape(KINDS, EACH)
    kind = np.empty(KINDS * EACH, int)
    kind[vocabulary.ravel()] = np.repeat(np.arange(KINDS), EACH)
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    near = unit @ unit.T - 2 * np.eye(len(unit))
    return float((kind[near.argmax(axis=1)] == kind).mean())


def main() -> float:
    """Train and return the share of new sentences judged right."""
    rng = np.random.default_rng(0)
    x, y = sentences(4000, rng)
    new_x, new_y = sentences(1000, rng)
    net = network()
    before = together(net.get_weights()[0])
    net.fit(x, y, epochs=12, verbose=2)
    _, accuracy = net.evaluate(new_x, new_y, verbose=0)
    print(f"of {len(new_x)} new sentences {accuracy:.1%} were judged right")
    after = together(net.get_weights()[0])
    print(f"a word's nearest neighbour is of its own kind for {after:.0%} of the words ({before:.0%} before training)")
    return float(accuracy)


if __name__ == "__main__":
    main()
