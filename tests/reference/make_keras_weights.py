"""Writes files of Keras and what their networks say: python tests/reference/make_keras_weights.py (needs keras and jax)."""

from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def main():
    """Write keras_pictures.keras, keras_table.weights.h5 and keras_weights.npz beside this file."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(1)
    front = [layers.Conv2D(4, 3, padding="same", activation="relu"), layers.BatchNormalization(), layers.MaxPooling2D()]
    inner = keras.Sequential([layers.Flatten(), layers.Dense(5, name="own"), layers.LayerNormalization()], name="head")
    behind = [layers.Dropout(0.3), layers.PReLU(), inner, layers.Dense(3), layers.RMSNormalization(), layers.Dense(2)]
    convs = [layers.Conv2D(6, (2, 3), groups=2), layers.PReLU(shared_axes=[1, 2])]
    pictures = keras.Sequential([keras.Input((8, 9, 2)), layers.Normalization(), *front, *convs, *behind])
    table = keras.Sequential([keras.Input((5,)), layers.Embedding(7, 3), layers.Conv1D(4, 3), layers.Dense(2)])
    rng = np.random.default_rng(0)
    x, words = rng.normal(size=(6, 8, 9, 2)).astype(np.float32), rng.integers(0, 7, (6, 5))
    pictures.layers[0].adapt(2 * x + 1)
    pictures.compile("adam", "mse")
    pictures.fit(x, rng.normal(size=(6, 2)), verbose=0)
    for layer in (each for net in (pictures, inner, table) for each in net.layers):
        if not isinstance(layer, keras.Sequential | layers.Normalization):
            layer.set_weights([rng.uniform(0.1, 0.9, array.shape) for array in layer.get_weights()])
    pictures.save(HERE / "keras_pictures.keras")
    table.save_weights(HERE / "keras_table.weights.h5")
    kept = {"pictures/x": x, "pictures/y": pictures.predict(x, verbose=0)}
    kept |= {"table/x": words, "table/y": table.predict(words, verbose=0)}
    for name, net in (("pictures", pictures), ("table", table)):
        arrays = [array for array in net.get_weights() if array.dtype.kind == "f"]
        kept |= {f"{name}/{i}": array for i, array in enumerate(arrays)}
    np.savez(HERE / "keras_weights.npz", **kept)


if __name__ == "__main__":
    main()
