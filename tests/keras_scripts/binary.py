"""Who comes back to the gym? Two classes of different size, weighted, with one sigmoid at the end."""

import keras
import numpy as np
from keras import layers, regularizers

keras.utils.set_random_seed(2)

rng = np.random.default_rng(12)
visits = rng.poisson(4, 300)
distance = rng.exponential(3, 300)
age = rng.integers(16, 80, 300)
comes_back = (0.6 * visits - 0.5 * distance - 0.02 * age + rng.logistic(0, 0.6, 300) > 1.2).astype("int32")
x = np.stack([visits, distance, age / 40], axis=1).astype("float32")
x_train, y_train = x[:240], comes_back[:240]
x_test, y_test = x[240:], comes_back[240:]

negative, positive = np.bincount(y_train)
class_weight = {0: 240 / (2 * negative), 1: 240 / (2 * positive)}

model = keras.Sequential(name="gym")
model.add(layers.Dense(12, input_shape=(3,), kernel_regularizer=regularizers.L2(0.001)))
model.add(layers.Activation("relu"))
model.add(layers.Dense(6, activation="elu", kernel_regularizer="l2"))
model.add(layers.Dropout(0.0))
model.add(layers.Dense(1, activation="sigmoid"))
model.set_weights([rng.normal(0, 0.5, w.shape) if w.ndim == 2 else w for w in model.get_weights()])

model.compile(
    optimizer=keras.optimizers.RMSprop(learning_rate=0.01),
    loss=keras.losses.BinaryCrossentropy(),
    metrics=[
        "accuracy",
        keras.metrics.Precision(name="precision"),
        keras.metrics.Recall(name="recall"),
        keras.metrics.AUC(name="auc"),
    ],
)
history = model.fit(
    x_train, y_train, epochs=12, batch_size=32, validation_split=0.25, class_weight=class_weight, shuffle=False, verbose=2
)

scores = model.evaluate(x_test, y_test, return_dict=True, verbose=0)
predictions = model.predict(x_test)
classes = (predictions > 0.5).astype("int32")
for name, value in scores.items():
    print(f"{name}: {value:.3f}")
print("wrong:", int((classes[:, 0] != y_test).sum()), "of", len(y_test))
