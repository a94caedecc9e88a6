"""Kind or unkind? Words become vectors, and a sentence the mean of its words."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(42)

rng = np.random.default_rng(42)
GOOD, BAD = ["fine", "lovely", "warm", "clever"], ["dull", "cold", "rude", "late"]
OTHERS = ["the", "food", "was", "and", "staff", "a", "very", "room", "day", "we"]
texts, labels = [], []
for _ in range(160):
    label = int(rng.integers(0, 2))
    words = list(rng.choice(OTHERS, rng.integers(4, 9))) + list(rng.choice((BAD, GOOD)[label], 2))
    texts.append(" ".join(rng.permutation(words)))
    labels.append(label)
labels = np.array(labels)
word_index = {word: i + 1 for i, word in enumerate(sorted({word for text in texts for word in text.split()}))}

maxlen = 12
sequences = np.zeros((len(texts), maxlen), dtype="int32")
for row, text in zip(sequences, texts, strict=True):
    indices = [word_index[word] for word in text.split()]
    row[: len(indices)] = indices

model = keras.Sequential()
model.add(layers.Embedding(input_dim=len(word_index) + 1, output_dim=8))
model.add(layers.GlobalAveragePooling1D())
model.add(layers.Dense(8, activation="relu"))
model.add(layers.Dense(1, activation="sigmoid"))
model.compile(optimizer=keras.optimizers.Adam(0.02), loss="binary_crossentropy", metrics=["accuracy"])
history = model.fit(sequences[:120], labels[:120], epochs=8, batch_size=20, validation_split=0.2, verbose=0)
model.summary()
scores = model.evaluate(sequences[120:], labels[120:], verbose=0)
predictions = model.predict(sequences[120:], verbose=0)

vectors = model.layers[0].get_weights()[0]
unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
nearest = {word: float(unit[word_index[word]] @ unit[word_index["lovely"]]) for word in ("warm", "rude")}
near_scores = nearest
print(f"accuracy {scores[1]:.2f}; beside 'lovely': {nearest}")
