"""Several labels at once: which of five tags belong to an article?"""

import keras
import numpy as np
from keras import layers, metrics

keras.utils.set_random_seed(66)

rng = np.random.default_rng(166)
words = rng.poisson(1.0, (180, 24)).astype("float32")
tags = (words @ rng.normal(0, 1, (24, 5)) > 1).astype("float32")
x_train, x_test, y_train, y_test = words[:140], words[140:], tags[:140], tags[140:]

model = keras.Sequential([layers.Dense(24, activation="relu", input_shape=(24,)), layers.Dense(5, activation="sigmoid")])
model.compile(
    loss="binary_crossentropy",
    optimizer="adam",
    metrics=[
        "binary_accuracy",
        metrics.Precision(thresholds=0.5),
        metrics.Recall(thresholds=0.5),
        metrics.F1Score(average="macro", threshold=0.5),
        metrics.AUC(multi_label=False, num_thresholds=50, name="auc"),
    ],
)
history = model.fit(x_train, y_train, epochs=6, batch_size=35, validation_data=(x_test, y_test), verbose=0)
scores = model.evaluate(x_test, y_test, return_dict=True, verbose=0)
predictions = model.predict(x_test, verbose=0)
print("tags of the first:", np.flatnonzero(predictions[0] > 0.5), "true:", np.flatnonzero(y_test[0]))
