"""Generator against discriminator, batch by batch, and one inside the other."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(55)

rng = np.random.default_rng(55)
latent_dim, batch_size = 3, 16


def real_samples(n):
    x = rng.uniform(-1, 1, (n, 1))
    return np.hstack([x, x**2])


discriminator = keras.Sequential(
    [layers.Dense(16, activation="relu", input_dim=2), layers.Dense(1, activation="sigmoid")], name="discriminator"
)
discriminator.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
generator = keras.Sequential(
    [layers.Dense(12, activation="relu", input_dim=latent_dim), layers.Dense(2, activation="linear")], name="generator"
)

# the weights of the discriminator rest while the generator learns
discriminator.trainable = False
gan = keras.Sequential([generator, discriminator])
gan.compile(loss="binary_crossentropy", optimizer="adam")

curve = []
for _ in range(6):
    x_real, y_real = real_samples(batch_size), np.ones((batch_size, 1))
    noise = rng.normal(size=(batch_size, latent_dim))
    x_fake, y_fake = generator.predict(noise, verbose=0), np.zeros((batch_size, 1))
    discriminator.trainable = True
    d_loss, d_accuracy = discriminator.train_on_batch(np.vstack([x_real, x_fake]), np.vstack([y_real, y_fake]))
    discriminator.trainable = False
    g_loss = gan.train_on_batch(rng.normal(size=(batch_size, latent_dim)), np.ones((batch_size, 1)))
    curve.append([d_loss, d_accuracy, g_loss])
    print(f"discriminator {d_loss:.3f}, generator {g_loss:.3f}")
predictions = generator.predict(rng.normal(size=(4, latent_dim)), verbose=0)
