"""Thirty mistakes of hands that learned Keras, PyTorch or scikit-learn first."""

MISTAKES = [
    # Keras, of today and of old
    ("h01 a layer by its name", "net = Sequential()", 'net.add("relu")', "layer", "'relu'", "Activation('relu')"),
    ("h02 a shape with the batch axis", "", "Input(shape=(None, 4))", "Input", "shape", "batch"),
    ("h03 images without channels", "", "Sequential([Input((28, 28)), Conv2D(8, 3)])",
     "Conv2D", "(28, 28)", "(28, 28, 1)"),
    ("h04 epochs under their oldest name", "", "net.fit(x, y, nb_epoch=5)", "nb_epoch", "epochs"),
    ("h05 validation data without targets", "", "net.fit(x, y, validation_data=x, verbose=0)",
     "validation_data", "(x, y)"),
    ("h06 fit_generator", "", "net.fit_generator(iter([(x, y)]), steps_per_epoch=1)", "fit_generator", "fit("),
    ("h07 predict_classes", "", "net.predict_classes(x)", "predict_classes", "predict(x)", "argmax"),
    ("h08 the history as a dictionary", "history = net.fit(x, y, verbose=0)", 'history["loss"]', "history.history['loss']"),
    ("h09 a rate for compile", "", 'net.compile("adam", "mse", lr=0.01)', "lr", "learning_rate", "Adam("),
    ("h10 a single matrix as weights", "", "net.layers[0].set_weights(np.ones((4, 5)))", "dense", "list"),
    ("h11 a file of Keras", "", 'net.save(folder + "/model.h5")', "model.h5", ".safetensors"),
    ("h12 a checkpoint of Keras", "", 'ModelCheckpoint(folder + "/best.keras")', "best.keras", ".safetensors"),
    ("h13 a number as regularizer", "", "Dense(3, kernel_regularizer=0.01)", "kernel_regularizer", "0.01", "L2(0.01)"),
    ("h14 a layer by its place", "", "net.get_layer(0)", "index=0"),
    # PyTorch
    ("h15 inputs and outputs of a layer", "", "Dense(5, 3)", "Dense", "activation", "3", "input"),
    ("h16 a mode for the network", "", "net.eval()", "eval", "training=False"),
    ("h17 zero_grad", "", "net.zero_grad()", "zero_grad", "not needed"),
    ("h18 a step without pairs", "optimizer = SGD(0.1)", "optimizer.step()", "SGD", "net.params_and_grads()"),
    ("h19 parameters()", "", "SGD(net.parameters(), 0.1)", "parameters", "params_and_grads"),
    ("h20 the parameters go to the optimizer", "", "SGD(net.params_and_grads(), 0.1)", "SGD", "learning_rate", "step("),
    ("h21 a device", "", 'net.to("cuda")', "to", "CPU"),
    ("h22 both betas", "", "Adam(0.01, betas=(0.9, 0.99))", "betas", "beta_1", "beta_2"),
    ("h23 p and not rate", "", "Dropout(p=0.5)", "'p'", "rate"),
    ("h24 words of an embedding", "", "Embedding(num_embeddings=10, embedding_dim=4)", "num_embeddings", "input_dim"),
    ("h25 the loss goes backwards through the network", """
loss = MSELoss()
value = loss.forward(y, net.forward(x, training=True))""", "net.backward(value)", "dense_1", "loss.backward()"),
    ("h26 a first value of PyTorch's name", "", 'Dense(3, kernel_initializer="kaiming_normal")',
     "kaiming_normal", "he_normal"),
    # scikit-learn
    ("h27 a pipeline of named steps", "", 'Sequential([("hidden", Dense(5)), ("out", Dense(3))])',
     "layer", "'hidden'", "name="),
    ("h28 score", "", "net.score(x, y)", "score", "evaluate"),
    ("h29 iterations of fit", "", "net.fit(x, y, max_iter=100)", "max_iter", "epochs"),
    ("h30 a solver", "", 'net.compile("lbfgs", "mse")', "unknown optimizer 'lbfgs'", "loss_and_grad"),
]
