"""Thirty mistakes with data, files, traces and checks, and calls in the wrong order."""

MISTAKES = [
    # data
    ("d01 a dictionary of columns", "", 'net.fit({"a": x[:, 0], "b": x[:, 1]}, y, verbose=0)', "dict", "array"),
    ("d02 one sample without its axis", "", "net.predict(x[0])", "(4,)", "np.newaxis"),
    ("d03 samples along the second axis", "", "net.fit(x.T, y.T, verbose=0)", "(4, 8)", "4"),
    ("d04 classes from 1 to 3", """
net.compile("sgd", SparseCategoricalCrossentropyLoss(from_logits=True))""", "net.fit(x, classes + 1, verbose=0)",
     "0 to 2", "1 to 3", "number the classes from 0"),
    ("d05 classes -1 and 1 for a binary loss", """
net = made(Dense(1, activation="sigmoid"))
net.compile("sgd", "binary_crossentropy")""", "net.fit(x, 2.0 * binary - 1.0, verbose=0)", "-1", "(y + 1) / 2"),
    ("d06 softmax over a single unit", """
net = made(Dense(1, activation="softmax"))
net.compile("sgd", "binary_crossentropy")""", "net.fit(x, binary, verbose=0)", "softmax", "1", "sigmoid"),
    ("d07 weights by class as a list", """
net.compile("sgd", SparseCategoricalCrossentropyLoss(from_logits=True))""",
     "net.fit(x, classes, class_weight=[1.0, 2.0, 1.0], verbose=0)", "class_weight", "{0: "),
    ("d08 weights of classes that are not there", """
net.compile("sgd", SparseCategoricalCrossentropyLoss(from_logits=True))""",
     'net.fit(x, classes, class_weight={"a": 1.0, "b": 2.0}, verbose=0)', "class_weight", "'a'", "integer"),
    ("d09 half a batch", "", "net.fit(x, y, batch_size=len(x) / 2, verbose=0)", "batch_size", "4.0", "integer"),
    ("d10 a share of a generator", "", "net.fit(iter([(x, y)]), validation_split=0.2, verbose=0)",
     "validation_split", "validation_data"),
    ("d11 features and targets in one table", "table = np.hstack([x, y])", "net.fit(table, verbose=0)", "y", "fit(x, y)"),
    ("d12 a generator and targets", "", "net.fit(iter([(x, y)]), y, verbose=0)", "y", "(x, y)"),
    ("d13 accuracy of a regression", 'net.compile("sgd", "mse", metrics=["accuracy"])', "print(net.check(x, 0.3 + y))",
     "accuracy", "class"),
    ("d14 fractions for an embedding", "net = Sequential([Input((4,)), Embedding(10, 2), Flatten(), Dense(3)])",
     "net.predict(x)", "embedding", "whole numbers"),
    ("d15 statistics that were never learned", "net = made(Normalization(), Dense(3))",
     "net.fit(x, y, verbose=0)", "Normalization", "adapt("),
    ("d16 more classes than named", "", "utils.to_categorical(classes, num_classes=2)", "2", "num_classes"),
    # order of calls
    ("d17 save before there are weights", "net = Sequential([Dense(3)])", 'net.save(folder + "/a.safetensors")', "Input"),
    ("d18 a step before any gradient", "optimizer = SGD(0.1)", "optimizer.step(net.params_and_grads())", "backward"),
    ("d19 backward without a gradient", "net.forward(x, training=True)", "net.backward()", "backward()", "error_grad"),
    ("d20 a class among layers", "", "Sequential([Input((4,)), ReLU])", "ReLU", "ReLU()"),
    ("d21 None among layers", "", "Sequential([Input((4,)), Dense(3), None])", "layer", "None", "at place 1"),
    ("d22 early stopping without validation", "", """
net.fit(x, y, verbose=0, epochs=2, callbacks=[EarlyStopping("val_loss")])""", "val_loss", "validation_data"),
    # files
    ("d23 a kernel of PyTorch's layout", "kernel, bias = net.layers[0].get_weights()",
     "net.layers[0].set_weights([kernel.T, bias])", "(4, 5)", "(5, 4)", "transpose"),
    ("d24 own classes in a list", """
class Mine(ReLU):
    pass
net = made(Mine())
net.save(folder + "/own.safetensors")""",
     'load_model(folder + "/own.safetensors", custom_objects=[Mine])', "custom_objects", "{'Mine': Mine}"),
    ("d25 an open file as path", "import io\nfile = io.BytesIO()", "net.save(file)", "path", "BytesIO"),
    # looking
    ("d26 a message that the trace has not", 'trace = net.jump_back(x[:1], y[:1], loss="mse")',
     'trace["error_grad_upto_H9"]', "error_grad_upto_H9", "error_grad_upto_H1"),
    ("d27 a weight that is not there", 'trace = net.jump_back(x[:1], y[:1], loss="mse")',
     'trace.explain("dense/kernel", (4, 9))', "dense/kernel", "(4, 9)", "(4, 5)"),
    ("d28 check_layer with samples", "", "check_layer(Dense(3), x)", "check_layer", "shape", "x.shape[1:]"),
    ("d29 check_layer with a class", "", "check_layer(Dense, (4,))", "check_layer", "Dense(...)"),
    ("d30 health without data", "", "net.health()", "health", "x"),
]
