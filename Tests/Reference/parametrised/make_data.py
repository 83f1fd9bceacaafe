"""PyTorch's AUCs on the toy of arXiv:1601.07913, one a seed.

Run in an environment with torch and numpy:  python make_data.py > toy.json
The recipe is that of Studies/parametrised/toy.yaml.
"""

import json
import sys

import numpy as np
import torch

POINTS = [-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0]
TRAIN = [-2.0, -1.0, 0.0, 1.0, 2.0]
WIDTH, LOW, HIGH = 0.25, -4.0, 4.0
# Events that the study has after its division by hash: 51 % to train, 9 % to stop, 40 % to test.
SIGNAL, BACKGROUND = 1020, 5100
SEEDS = 4
# Dedicated networks at a point that was trained, and at one between.
DEDICATED = [-1.5, 0.0]

torch.set_num_threads(1)


def rows(rng, points, fraction):
    """x, theta, label; theta of the background drawn from the signal's."""
    n, b = int(SIGNAL * fraction), int(BACKGROUND * fraction)
    x = np.concatenate([rng.normal(p, WIDTH, n) for p in points] + [rng.uniform(LOW, HIGH, b)])
    theta = np.concatenate([np.repeat(points, n), rng.choice(points, b)])
    label = np.concatenate([np.ones(n * len(points)), np.zeros(b)])
    weight = np.where(label == 1, 0.5 / label.sum(), 0.5 / b) * len(label)
    return np.stack([x, theta], 1), label, weight


def auc(signal, background):
    order = np.sort(background)
    below = np.searchsorted(order, signal, "left") + np.searchsorted(order, signal, "right")
    return below.mean() / 2 / len(background)


def train(seed, points, sees):
    rng = np.random.default_rng([seed, int(sees), len(points), int(10 * points[0] + 100)])
    torch.manual_seed(seed)
    columns = slice(0, 2 if sees else 1)
    x, y, w = rows(rng, points, 1)
    v, vy, vw = rows(rng, points, 9 / 51)
    mean, width = np.average(x, 0, w), np.sqrt(np.average((x - np.average(x, 0, w)) ** 2, 0, w))
    width[width == 0] = 1
    scaled = lambda z: torch.tensor(((z - mean) / width)[:, columns], dtype=torch.float32)
    as_tensor = lambda z: torch.tensor(z, dtype=torch.float32)
    x, y, w, v, vy, vw = scaled(x), as_tensor(y), as_tensor(w), scaled(v), as_tensor(vy), as_tensor(vw)
    network = torch.nn.Sequential(torch.nn.Linear(x.shape[1], 3), torch.nn.Sigmoid(), torch.nn.Linear(3, 1))
    for layer in (network[0], network[2]):
        torch.nn.init.normal_(layer.weight, std=layer.in_features**-0.5)
        torch.nn.init.zeros_(layer.bias)
    optimizer = torch.optim.NAdam(network.parameters(), lr=0.03, eps=1e-7, momentum_decay=0.004)
    loss = lambda z, t, k: torch.nn.functional.binary_cross_entropy_with_logits(network(z)[:, 0], t, k)
    best, since, state = np.inf, 0, None
    for _ in range(100):
        order = torch.randperm(len(x))
        for start in range(0, len(x), 100):
            batch = order[start : start + 100]
            optimizer.zero_grad()
            loss(x[batch], y[batch], w[batch]).backward()
            optimizer.step()
        with torch.no_grad():
            held = loss(v, vy, vw).item()
        if held < best:
            best, since, state = held, 0, {k: t.clone() for k, t in network.state_dict().items()}
        else:
            since += 1
            if since == 25:
                break
    network.load_state_dict(state)

    def score(values, point):
        with torch.no_grad():
            return network(scaled(np.stack([values, np.full_like(values, point)], 1)))[:, 0].numpy()

    return score


def main():
    rng = np.random.default_rng(1)
    tests = {p: (rng.normal(p, WIDTH, 4000), rng.uniform(LOW, HIGH, 20000)) for p in POINTS}
    found = {name: {p: [] for p in POINTS} for name in ["parametrised"]}
    found["dedicated"] = {p: [] for p in DEDICATED}
    for seed in range(SEEDS):
        made = {}

        def network(points, sees):
            key = (tuple(points), sees)
            if key not in made:
                made[key] = train(seed, points, sees)
            return made[key]

        for point in POINTS:
            use = {
                "parametrised": network(TRAIN, True),
            }
            if point in DEDICATED:
                use["dedicated"] = network([point], False)
            for name, score in use.items():
                found[name][point].append(auc(score(tests[point][0], point), score(tests[point][1], point)))
        print(f"seed {seed}", file=sys.stderr, flush=True)
    results = {
        name: {f"{p:g}": [round(float(v), 5) for v in values] for p, values in points.items()}
        for name, points in found.items()
    }
    json.dump({"torch": torch.__version__, "results": results}, sys.stdout, indent=1)
    print()


main()
