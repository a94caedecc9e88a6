"""How long does a kettle take? A regression with features brought to one scale, and metrics in minutes."""

import keras
import numpy as np
from keras import Input, Sequential
from keras.layers import Dense, Normalization
from keras.losses import MeanSquaredError
from keras.metrics import MeanAbsoluteError, RootMeanSquaredError
from keras.optimizers import Adam

keras.utils.set_random_seed(1)

# litres, watts, temperature at the start, and the minutes until it boils, give or take a few
rng = np.random.default_rng(11)
litres = rng.uniform(0.3, 1.7, 240)
watts = rng.uniform(1000, 3000, 240)
start = rng.uniform(4, 40, 240)
minutes = 4186 * litres * (100 - start) / watts / 60 + rng.normal(0, 0.1, 240)
features = np.column_stack([litres, watts, start])
x_train, x_test = features[:200], features[200:]
y_train, y_test = minutes[:200], minutes[200:]

normalization = Normalization(axis=-1)
normalization.adapt(x_train)

model = Sequential(
    [
        Input(shape=(3,)),
        normalization,
        Dense(16, activation="relu"),
        Dense(8, activation="tanh"),
        Dense(1),
    ]
)
model.summary()

# everyone who runs this starts from the same kernels
model.set_weights([rng.normal(0, 0.5, w.shape) if w.ndim == 2 else w for w in model.get_weights()])

model.compile(
    optimizer=Adam(learning_rate=0.02),
    loss=MeanSquaredError(),
    metrics=[MeanAbsoluteError(), RootMeanSquaredError(name="rmse")],
)
history = model.fit(
    x_train,
    y_train,
    batch_size=16,
    epochs=15,
    validation_split=0.2,
    shuffle=False,
    verbose=0,
)

scores = model.evaluate(x_test, y_test, verbose=0)
predictions = model.predict(x_test, verbose=0)
print("test loss, mean absolute error, root mean squared error:", scores)
for wanted, said in list(zip(y_test, predictions.flatten(), strict=True))[:3]:
    print(f"{wanted:.1f} min, predicted {said:.1f} min")
