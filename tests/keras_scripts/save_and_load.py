"""Save while training, load, and go on as if nothing had happened."""

import os

import keras
import numpy as np

keras.utils.set_random_seed(61)

rng = np.random.default_rng(61)
train_images, train_labels = rng.normal(size=(90, 12)), rng.integers(0, 3, 90)
train_images[np.arange(90), train_labels] += 2
test_images, test_labels = train_images[60:], train_labels[60:]
train_images, train_labels = train_images[:60], train_labels[:60]


def create_model():
    model = keras.Sequential(
        [keras.layers.Dense(16, activation="relu", input_shape=(12,)), keras.layers.Dense(3, name="logits")]
    )
    model.compile(
        optimizer="adam",
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy()],
    )
    return model


checkpoint_path = "training/cp-{epoch:04d}.weights.h5"
os.makedirs(os.path.dirname(checkpoint_path), exist_ok=True)
model = create_model()
model.save_weights(checkpoint_path.format(epoch=0))
history = model.fit(
    train_images,
    train_labels,
    epochs=4,
    batch_size=20,
    validation_data=(test_images, test_labels),
    callbacks=[keras.callbacks.ModelCheckpoint(filepath=checkpoint_path, save_weights_only=True, save_freq="epoch")],
    verbose=0,
)
scores = model.evaluate(test_images, test_labels, verbose=0)

untrained = create_model()
untrained.load_weights("training/cp-0000.weights.h5")
untrained_scores = untrained.evaluate(test_images, test_labels, verbose=0)
second = create_model()
second.load_weights("training/cp-0002.weights.h5")
second_scores = second.evaluate(test_images, test_labels, verbose=0)

model.save("model.keras")
new_model = keras.models.load_model("model.keras")
assert np.allclose(new_model.predict(test_images, verbose=0), model.predict(test_images, verbose=0), atol=1e-6)
new_history = new_model.fit(train_images, train_labels, epochs=2, batch_size=20, verbose=0)
new_scores = new_model.evaluate(test_images, test_labels, verbose=0)
same_architecture = keras.Sequential.from_config(model.get_config())
shapes = [w.shape for w in same_architecture.get_weights()]
print("saved:", sorted(os.listdir("training")))
