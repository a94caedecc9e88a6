"""Stop when it no longer helps, and keep the best: callbacks around a small network."""

import keras
import numpy as np
from keras.callbacks import CSVLogger, EarlyStopping, LambdaCallback, LearningRateScheduler, ReduceLROnPlateau

keras.utils.set_random_seed(6)

# a wave with noise, and little of it to learn from, so that learning by heart sets in soon
rng = np.random.default_rng(14)
x = rng.uniform(-2, 2, (60, 1))
y = np.sin(2 * x) + rng.normal(0, 0.3, (60, 1))
x_train, y_train, x_val, y_val = x[:30], y[:30], x[30:], y[30:]


def network():
    model = keras.Sequential(
        [
            keras.Input((1,)),
            keras.layers.Dense(24, activation="tanh"),
            keras.layers.Dense(24, activation="gelu"),
            keras.layers.Dense(1),
        ]
    )
    draw = np.random.default_rng(15)
    model.set_weights([draw.normal(0, 0.3, w.shape) if w.ndim == 2 else w for w in model.get_weights()])
    model.compile(keras.optimizers.SGD(0.02, momentum=0.9, nesterov=True), loss="mse", metrics=["mae"])
    return model


# the best weights come back
model = network()
lines = []
stop = EarlyStopping(monitor="val_loss", patience=6, min_delta=1e-4, restore_best_weights=True, verbose=1)
history = model.fit(
    x_train,
    y_train,
    epochs=60,
    batch_size=10,
    shuffle=False,
    verbose=0,
    validation_data=(x_val, y_val),
    callbacks=[
        stop,
        ReduceLROnPlateau(monitor="val_loss", factor=0.5, patience=3, min_lr=1e-3),
        CSVLogger("training.csv"),
        LambdaCallback(on_epoch_end=lambda epoch, logs: lines.append((epoch, logs["loss"], logs["val_loss"]))),
    ],
)
scores = model.evaluate(x_val, y_val, verbose=0)
predictions = model.predict(x_val, verbose=0)
table = np.genfromtxt("training.csv", delimiter=",", skip_header=1)
print(f"stopped after {len(history.epoch)} epochs, the best was {stop.best_epoch + 1}: {stop.best:.4f}")
assert min(history.history["val_loss"]) == stop.best
with open("training.csv") as file:
    assert file.readline().strip().split(",") == ["epoch", *sorted(history.history)]


# the same network with a rate that falls by plan, and a callback of one's own
class Watch(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.rates = []

    def on_epoch_end(self, epoch, logs=None):
        self.rates.append(float(self.model.optimizer.learning_rate))
        if logs.get("loss") < 0.05:
            self.model.stop_training = True


def falling(epoch, lr):
    return lr if epoch < 4 else lr * 0.9


planned = network()
watch = Watch()
planned_history = planned.fit(
    x_train, y_train, epochs=12, batch_size=10, shuffle=False, verbose=0, callbacks=[LearningRateScheduler(falling), watch]
)
planned_scores = planned.evaluate(x_val, y_val, verbose=0)
rates = watch.rates

# and a rate that follows a schedule, step by step
schedule = keras.optimizers.schedules.ExponentialDecay(0.05, decay_steps=10, decay_rate=0.8, staircase=True)
scheduled = network()
scheduled.compile(optimizer=keras.optimizers.Adam(learning_rate=schedule), loss=keras.losses.Huber(), metrics=["mae"])
scheduled_history = scheduled.fit(x_train, y_train, epochs=8, batch_size=10, shuffle=False, verbose=0)
