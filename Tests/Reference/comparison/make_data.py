"""What pyhf and PyTorch say where Searchlight compares classifiers.

    python make_data.py significance significance.json                           # in an environment with pyhf
    python make_data.py networks .../higgs/lightgbm_binary.train.tsv networks.json # in an environment with torch and numpy

The first computes expected discovery significances of binned experiments whose background has one common uncertainty, a normal
distribution (pyhf's `lumi` on the background alone). The second trains the networks of ComparisonTests.excerptCard on the 7000 rows of
the HIGGS set: the last 1400 are for tests, a tenth of the others ends trainings.
Made with pyhf 0.7.6 (scipy optimiser), torch 2.11.0, numpy 2.4.6, Python 3.11. Seeds 0 to 9.
"""
import json
import math
import sys


def significance(path):
    import pyhf

    cases = [
        ([100.0], [1000.0], 0.05), ([10.0], [3.0], 0.0001), ([5.0, 20.0, 30.0], [200.0, 150.0, 20.0], 0.05),
        ([1.0, 2.0, 30.0, 40.0], [500.0, 300.0, 100.0, 5.0], 0.2), ([50.0, 50.0], [900.0, 100.0], 0.5),
        ([0.0, 10.0], [1000.0, 1.5], 0.05),
    ]
    answers = []
    for signal, background, uncertainty in cases:
        spec = {
            "channels": [{"name": "c", "samples": [
                {"name": "signal", "data": signal, "modifiers": [{"name": "mu", "type": "normfactor", "data": None}]},
                {"name": "background", "data": background, "modifiers": [{"name": "lumi", "type": "lumi", "data": None}]},
            ]}],
            "parameters": [
                {"name": "lumi", "auxdata": [1.0], "bounds": [[0.01, 5.0]], "inits": [1.0], "sigmas": [uncertainty]},
                {"name": "mu", "bounds": [[0.0, 10.0]], "inits": [1.0]},
            ],
        }
        model = pyhf.Model(spec, poi_name="mu")
        parameters = model.config.suggested_init()
        parameters[model.config.poi_index] = 1.0
        data = model.expected_data(parameters)
        q0 = pyhf.infer.test_statistics.q0(
            0.0, data, model, model.config.suggested_init(), model.config.suggested_bounds(),
            model.config.suggested_fixed())
        answers.append({"signal": signal, "background": background, "uncertainty": uncertainty,
                        "z": math.sqrt(float(q0))})
    with open(path, "w") as file:
        json.dump({"pyhf": pyhf.__version__, "cases": answers}, file, indent=1)


def networks(data_path, path):
    import numpy as np
    import torch

    torch.set_num_threads(1)
    table = np.loadtxt(data_path)
    label, features = table[:, 0], table[:, 1:]
    groups = {"low": slice(0, 21), "complete": slice(0, 28)}
    models = {"shallow": [300], "deep": [100, 100, 100]}
    results = {}
    for inputs, columns in groups.items():
        for name, hidden in models.items():
            aucs = []
            for seed in range(10):
                generator = np.random.default_rng(seed)
                torch.manual_seed(seed)
                rest = np.arange(5600)
                generator.shuffle(rest)
                validation, training = rest[:560], rest[560:]
                mean, width = features[training, columns].mean(0), features[training, columns].std(0)
                scaled = torch.tensor((features[:, columns] - mean) / width, dtype=torch.float32)
                target = torch.tensor(label, dtype=torch.float32)
                aucs.append(train(scaled, target, training, validation, hidden, generator, torch))
            results[f"{inputs}/{name}"] = {"mean": float(np.mean(aucs)), "spread": float(np.std(aucs, ddof=1)), "aucs": aucs}
            print(inputs, name, results[f"{inputs}/{name}"], flush=True)
    with open(path, "w") as file:
        json.dump({"torch": torch.__version__, "results": results}, file, indent=1)


def train(scaled, target, training, validation, hidden, generator, torch):
    layers, width = [], scaled.shape[1]
    for units in [*hidden, 1]:
        layer = torch.nn.Linear(width, units)
        # Keras's lecun_normal.
        sigma = 1 / math.sqrt(width) / 0.87962566103423978
        torch.nn.init.trunc_normal_(layer.weight, std=sigma, a=-2 * sigma, b=2 * sigma)
        torch.nn.init.zeros_(layer.bias)
        layers += [layer, torch.nn.Tanh()]
        width = units
    network = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    loss = torch.nn.BCEWithLogitsLoss()
    best, kept, since = math.inf, None, 0
    while since < 5:
        order = training.copy()
        generator.shuffle(order)
        for start in range(0, len(order), 100):
            rows = torch.from_numpy(order[start:start + 100])
            optimizer.zero_grad()
            loss(network(scaled[rows])[:, 0], target[rows]).backward()
            optimizer.step()
        with torch.no_grad():
            value = float(loss(network(scaled[validation])[:, 0], target[validation]))
        if value < best:
            best, since = value, 0
            kept = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        else:
            since += 1
    network.load_state_dict(kept)
    with torch.no_grad():
        scores = network(scaled[5600:])[:, 0].numpy()
    return auc(scores, target[5600:].numpy())


def auc(scores, labels):
    signal, background = scores[labels == 1], scores[labels == 0]
    import numpy as np
    return float((signal[:, None] > background[None, :]).mean() + 0.5 * np.mean(signal[:, None] == background[None, :]))


if __name__ == "__main__":
    significance(sys.argv[2]) if sys.argv[1] == "significance" else networks(sys.argv[2], sys.argv[3])
