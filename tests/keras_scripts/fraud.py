"""One in twenty is a fraud: a first bias that knows it, weights of classes, counts of what went wrong."""

import keras
import numpy as np

keras.utils.set_random_seed(30)

rng = np.random.default_rng(30)
labels = (rng.random((400, 1)) < 0.08).astype(int)
features = rng.normal(0, 1, (400, 5)) + 1.2 * labels * np.array([1, -1, 0.5, 0, 1])
train_features, val_features, test_features = features[:240], features[240:320], features[320:]
train_labels, val_labels, test_labels = labels[:240], labels[240:320], labels[320:]

neg, pos = np.bincount(labels[:, 0])
METRICS = [
    keras.metrics.BinaryCrossentropy(name="cross entropy"),
    keras.metrics.MeanSquaredError(name="Brier score"),
    keras.metrics.TruePositives(name="tp"),
    keras.metrics.FalsePositives(name="fp"),
    keras.metrics.TrueNegatives(name="tn"),
    keras.metrics.FalseNegatives(name="fn"),
    keras.metrics.BinaryAccuracy(name="accuracy"),
    keras.metrics.Precision(name="precision"),
    keras.metrics.Recall(name="recall"),
    keras.metrics.AUC(name="auc"),
    keras.metrics.AUC(name="prc", curve="PR"),
]


def make_model(metrics=METRICS, output_bias=None):
    if output_bias is not None:
        output_bias = keras.initializers.Constant(output_bias)
    model = keras.Sequential(
        [
            keras.layers.Dense(16, activation="relu", input_shape=(train_features.shape[-1],)),
            keras.layers.Dense(1, activation="sigmoid", bias_initializer=output_bias),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=1e-3), loss=keras.losses.BinaryCrossentropy(), metrics=metrics
    )
    return model


careless = make_model(metrics=["accuracy"])
careless_loss = careless.evaluate(train_features, train_labels, verbose=0)[0]
informed = make_model(metrics=["accuracy"], output_bias=np.log(pos / neg))
informed_loss = informed.evaluate(train_features, train_labels, verbose=0)[0]
print(f"loss before training: {careless_loss:.3f} without, {informed_loss:.3f} with the bias")

total = neg + pos
class_weight = {0: (1 / neg) * (total / 2.0), 1: (1 / pos) * (total / 2.0)}
weighted_model = make_model(output_bias=0.0)
weighted_history = weighted_model.fit(
    train_features,
    train_labels,
    batch_size=80,
    epochs=6,
    callbacks=[
        keras.callbacks.EarlyStopping(monitor="val_prc", verbose=1, patience=10, mode="max", restore_best_weights=True)
    ],
    validation_data=(val_features, val_labels),
    class_weight=class_weight,
    verbose=0,
)
test_predictions = weighted_model.predict(test_features, batch_size=80, verbose=0)
weighted_scores = weighted_model.evaluate(test_features, test_labels, batch_size=80, verbose=0)
for name, value in zip(weighted_model.metrics_names, weighted_scores, strict=False):
    print(name, ": ", value)
