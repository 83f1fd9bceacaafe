#!/usr/bin/env python3
"""ONNX: what PyTorch's and scikit-learn's exporters write, and what ONNX Runtime makes of this program's files.

usage: make_data.py           imports/*.onnx, imports.json, state-dict.safetensors: networks of PyTorch and scikit-learn with
                              the outputs of ONNX Runtime
       make_data.py --keras   imports/keras-*.onnx, keras.json: the same of Keras, which needs an environment of its own
       make_data.py --check   exports.json: ONNX Runtime's outputs for the files in exports/, which the tests write

Versions and seeds: README.md. Fails where an exporter's own tool and ONNX Runtime differ by more than 1e-5.
"""
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime

HERE = pathlib.Path(__file__).resolve().parent
ROWS = 12


def run(path, x):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    outputs = {}
    for output, value in zip(session.get_outputs(), session.run(None, {session.get_inputs()[0].name: x})):
        if isinstance(value, np.ndarray) and value.dtype == np.float32:
            outputs[output.name] = value.reshape(len(x), -1)
    return outputs


def lists(a):
    return np.asarray(a, np.float64).reshape(-1).tolist()


def imports():
    import torch
    from safetensors.torch import save_file
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from skl2onnx import to_onnx

    torch.manual_seed(5)
    rng = np.random.default_rng(5)
    x = rng.normal(size=(ROWS, 4)).astype(np.float32) * np.float32([1, 3, 0.1, 20]) + np.float32([0, 5, 1, -30])
    nn = torch.nn
    folder = HERE / "imports"
    # Values beside a model are appended to what is there.
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        if not file.name.startswith("keras-"):
            file.unlink()

    class Scaled(nn.Module):
        """Standardisation inside the network, swish, and a squeezed output."""

        def __init__(self):
            super().__init__()
            self.register_buffer("mean", torch.tensor([0.0, 5, 1, -30]))
            self.register_buffer("std", torch.tensor([1.0, 3, 0.1, 20]))
            self.body = nn.Sequential(nn.Linear(4, 6), nn.SiLU(), nn.Linear(6, 1))

        def forward(self, x):
            return torch.sigmoid(self.body((x - self.mean) / self.std)).squeeze(-1)

    class Products(nn.Module):
        """Products and sums by hand, without a bias first, and a factor at the end."""

        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Parameter(torch.randn(4, 5) / 10), nn.Parameter(torch.randn(5, 3))
            self.c = nn.Parameter(torch.randn(3))

        def forward(self, x):
            return (torch.relu(x @ self.a) @ self.b + self.c) * 2.5 - 1

    nets = {
        "all": nn.Sequential(
            nn.BatchNorm1d(4), nn.Linear(4, 6), nn.BatchNorm1d(6), nn.SELU(), nn.AlphaDropout(0.1), nn.Linear(6, 5),
            nn.LeakyReLU(0.2), nn.Dropout(0.2), nn.Linear(5, 5, bias=False), nn.ELU(0.7), nn.Linear(5, 4), nn.Tanh(),
            nn.Linear(4, 3), nn.Softmax(dim=1)),
        "scaled": Scaled(),
        "products": Products(),
    }
    cases = []
    for name, net in nets.items():
        net.train()
        for _ in range(20):
            net(torch.from_numpy(rng.normal(size=(32, 4)).astype(np.float32) * np.float32([1, 3, 0.1, 20])
                                 + np.float32([0, 5, 1, -30])))
        net.eval()
        with torch.no_grad():
            expected = net(torch.from_numpy(x)).numpy()
        if name == "all":
            save_file(net.state_dict(), HERE / "state-dict.safetensors")
        for kind in ("legacy", "dynamo"):
            path = folder / f"torch-{name}-{kind}.onnx"
            if kind == "legacy":
                torch.onnx.export(net, (torch.from_numpy(x),), str(path), dynamo=False, input_names=["x"],
                                  output_names=["y"], dynamic_axes={"x": {0: "batch"}, "y": {0: "batch"}})
            else:
                torch.onnx.export(net, (torch.from_numpy(x),), str(path), dynamo=True, input_names=["x"],
                                  output_names=["y"], external_data=False,
                                  dynamic_shapes=({0: torch.export.Dim("batch")},))
            cases.append((path, expected))
    # Values in a file beside the model, as exporters write large ones.
    model = onnx.load(folder / "torch-products-legacy.onnx")
    path = folder / "external.onnx"
    onnx.save_model(model, path, save_as_external_data=True, location="external.data", size_threshold=0,
                    convert_attribute=False)
    cases.append((path, expected))

    labels = (x[:, 0] > 0).astype(int)
    for name, model, target in [
        ("binary", MLPClassifier(hidden_layer_sizes=(6, 5), activation="relu", max_iter=30, random_state=3), labels),
        ("three", MLPClassifier(hidden_layer_sizes=(6,), activation="tanh", max_iter=30, random_state=3), np.arange(ROWS) % 3),
        ("regression", MLPRegressor(hidden_layer_sizes=(5,), activation="logistic", max_iter=30, random_state=3), x[:, 1]),
    ]:
        pipeline = make_pipeline(StandardScaler(), model).fit(x, target)
        path = folder / f"sklearn-{name}.onnx"
        options = {"zipmap": False} if name != "regression" else {}
        path.write_bytes(to_onnx(pipeline, x[:1], target_opset=17, options={id(pipeline): options} if options else None)
                         .SerializeToString())
        expected = pipeline.predict(x) if name == "regression" else pipeline.predict_proba(x)
        cases.append((path, expected.astype(np.float32)))

    written = []
    for path, expected in cases:
        outputs = run(path, x)
        name = "probabilities" if "probabilities" in outputs else next(iter(outputs))
        worst = np.abs(outputs[name] - expected.reshape(ROWS, -1)).max()
        assert worst < 1e-5, (path, worst)
        graph = onnx.load(path, load_external_data=False)
        print(f"{path.name}: {worst:.1e}, opset {graph.opset_import[0].version}, "
              f"{' '.join(node.op_type for node in graph.graph.node)}")
        written.append({"file": path.name, "output": name, "width": outputs[name].shape[1],
                        "values": lists(outputs[name])})
    (HERE / "imports.json").write_text(json.dumps({"x": lists(x), "columns": 4, "cases": written}) + "\n")


def keras():
    import keras
    import tensorflow
    import tf2onnx

    keras.utils.set_random_seed(5)
    layers, rng = keras.layers, np.random.default_rng(5)
    x = np.float32(json.loads((HERE / "imports.json").read_text())["x"]).reshape(-1, 4)
    events = np.concatenate([x] * 20) + rng.normal(size=(20 * ROWS, 4)).astype(np.float32)
    # Keras's export leaves the constants of its layer Normalization as inputs, so batch normalisation stands for it.
    nets = {
        "all": ([layers.BatchNormalization(momentum=0.5), layers.Dense(6, activation="selu"), layers.AlphaDropout(0.1),
                 layers.Dense(5), layers.BatchNormalization(), layers.LeakyReLU(0.2), layers.Dense(5, activation="swish"),
                 layers.Dense(5, activation="elu"), layers.Dropout(0.1), layers.Dense(4, activation="relu"),
                 layers.Dense(3, activation="softmax")], "sparse_categorical_crossentropy"),
        "binary": ([layers.BatchNormalization(momentum=0.5), layers.Dense(6, activation="tanh"),
                    layers.Dense(1, activation="sigmoid")], "binary_crossentropy"),
    }
    written = []
    for name, (stack, loss) in nets.items():
        net = keras.Sequential([keras.Input((4,)), *stack])
        net.compile("nadam", loss)
        net.fit(events, rng.integers(0, 3 if name == "all" else 2, len(events)), epochs=5, verbose=0)
        expected = np.asarray(net(x, training=False))
        for kind in ("export", "tf2onnx"):
            path = HERE / "imports" / f"keras-{name}-{kind}.onnx"
            if kind == "export":
                net.export(path, format="onnx", verbose=False)
            else:
                tf2onnx.convert.from_function(
                    tensorflow.function(lambda rows: net(rows, training=False)), opset=17, output_path=str(path),
                    input_signature=[tensorflow.TensorSpec((None, 4), tensorflow.float32, name="x")])
            (output, values), = run(path, x).items()
            worst = np.abs(values - expected).max()
            assert worst < 1e-5, (path, worst)
            model = onnx.load(path)
            print(f"{path.name}: {worst:.1e}, opset {model.opset_import[0].version}, "
                  f"{' '.join(node.op_type for node in model.graph.node)}")
            written.append({"file": path.name, "output": output, "width": values.shape[1], "values": lists(values)})
    (HERE / "keras.json").write_text(json.dumps({"x": lists(x), "columns": 4, "cases": written}) + "\n")


def check():
    written = []
    x = json.loads((HERE / "imports.json").read_text())
    x = np.float32(x["x"]).reshape(-1, x["columns"])
    # A missing object here and there; the tests' scalers have 0 and -99 for it.
    x[::3, 1] = 0
    x[1::4, 3] = -99
    gaps = json.loads((HERE.parent / "trees" / "models.json").read_text())["gaps"]
    gaps = np.float32([np.nan if value is None else value for value in gaps]).reshape(-1, 4)
    for path in sorted((HERE / "exports").glob("*.onnx")):
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        (name, values), = run(path, gaps if path.name.startswith("trees") else x).items()
        written.append({"file": path.name, "output": name, "width": values.shape[1], "values": lists(values)})
        print(f"{path.name}: {name} {list(values.shape)}, "
              f"{' '.join(node.op_type for node in model.graph.node)}")
    (HERE / "exports.json").write_text(json.dumps({"x": lists(x), "columns": 4, "cases": written}) + "\n")


if sys.argv[1:] == ["--check"]:
    check()
elif sys.argv[1:] == ["--keras"]:
    keras()
elif not sys.argv[1:]:
    imports()
else:
    sys.exit(__doc__)
