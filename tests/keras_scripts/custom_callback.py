"""Callbacks of one's own: one that watches every turn, one that stops, one that keeps predictions."""

import keras
import numpy as np

keras.utils.set_random_seed(54)


class LossAndErrorPrintingCallback(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch % 3 == 0:
            print("Up to batch {}, the average loss is {:7.2f}.".format(batch, logs["loss"]))

    def on_test_batch_end(self, batch, logs=None):
        seen["test batches"] += 1

    def on_epoch_end(self, epoch, logs=None):
        print(
            "Epoch {}: loss {:7.2f}, mean absolute error {:7.2f}.".format(epoch, logs["loss"], logs["mean_absolute_error"])
        )


class EarlyStoppingAtMinLoss(keras.callbacks.Callback):
    """Stop when the loss is at its minimum: when it has not become smaller `patience` times."""

    def __init__(self, patience=0):
        super().__init__()
        self.patience = patience
        self.best_weights = None

    def on_train_begin(self, logs=None):
        self.wait = 0
        self.stopped_epoch = 0
        self.best = np.inf

    def on_epoch_end(self, epoch, logs=None):
        current = logs.get("loss")
        if np.less(current, self.best):
            self.best = current
            self.wait = 0
            self.best_weights = self.model.get_weights()
        else:
            self.wait += 1
            if self.wait >= self.patience:
                self.stopped_epoch = epoch
                self.model.stop_training = True
                self.model.set_weights(self.best_weights)


class Predictions(keras.callbacks.Callback):
    def __init__(self, x):
        super().__init__()
        self.x, self.kept = x, []

    def on_epoch_begin(self, epoch, logs=None):
        self.kept.append(self.model.predict(self.x, verbose=0)[:, 0])

    def on_train_end(self, logs=None):
        seen["parameters"] = self.model.count_params()
        seen["epochs"] = self.params["epochs"]


rng = np.random.default_rng(54)
x = rng.uniform(-1, 1, (90, 4))
y = x @ np.array([[1.0], [-2.0], [3.0], [0.5]])
seen = {"test batches": 0}

model = keras.Sequential([keras.layers.Dense(1)])
model.compile(
    optimizer=keras.optimizers.RMSprop(learning_rate=0.6), loss="mean_squared_error", metrics=["mean_absolute_error"]
)
stop, keep = EarlyStoppingAtMinLoss(patience=1), Predictions(x[:3])
history = model.fit(
    x, y, batch_size=15, epochs=20, verbose=0, validation_split=0.2, callbacks=[LossAndErrorPrintingCallback(), stop, keep]
)
steps = [stop.stopped_epoch, len(history.epoch), seen["test batches"], seen["parameters"], seen["epochs"]]
curve = np.array(keep.kept)
scores = model.evaluate(x, y, verbose=0)
