"""The same sentences for a convolution over words, padded by Keras."""

import keras
import numpy as np
from keras import layers
from keras.utils import pad_sequences

keras.utils.set_random_seed(43)

rng = np.random.default_rng(43)
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

encoded = [[word_index[word] for word in text.split()] for text in texts]
padded = pad_sequences(encoded, maxlen=10, padding="post", truncating="post")
front = pad_sequences(encoded[:4])
shapes = [padded.shape, front.shape]

model = keras.Sequential(
    [
        keras.Input(shape=(10,), dtype="int32"),
        layers.Embedding(len(word_index) + 1, 8, embeddings_initializer="uniform"),
        layers.Conv1D(8, 3, activation="relu"),
        layers.GlobalMaxPooling1D(),
        layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
history = model.fit(
    padded[:120], labels[:120], batch_size=16, epochs=5, validation_data=(padded[120:], labels[120:]), verbose=0
)
scores = model.evaluate(padded[120:], labels[120:], verbose=0)
predictions = model.predict(padded[120:130], verbose=0)
print("right:", scores[1])
