"""Letter by letter: three letters go in, the fourth is to come out; then a word is made."""

import keras
import numpy as np
from keras.layers import Dense, Embedding, Flatten

keras.utils.set_random_seed(44)

text = "the rain in spain stays mainly in the plain and the train to the main lane waits in vain " * 2
letters = sorted(set(text))
to_number = {letter: i for i, letter in enumerate(letters)}
numbers = np.array([to_number[letter] for letter in text])
x = np.stack([numbers[i : len(numbers) - 3 + i] for i in range(3)], axis=1)
y = numbers[3:]

model = keras.Sequential()
model.add(Embedding(len(letters), 6, input_length=3) if False else Embedding(len(letters), 6))
model.add(Flatten())
model.add(Dense(24, activation="tanh"))
model.add(Dense(len(letters), activation="softmax"))
model.compile(
    loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.Adagrad(learning_rate=0.1), metrics=["accuracy"]
)
history = model.fit(x, y, epochs=6, batch_size=16, verbose=0)
scores = model.evaluate(x, y, verbose=0)

seed = [to_number[letter] for letter in "the"]
for _ in range(8):
    following = model.predict(np.array([seed[-3:]]), verbose=0)[0]
    seed.append(int(np.argmax(following)))
print("".join(letters[number] for number in seed))
predictions = model.predict(x[:4], verbose=0)
