#!/usr/bin/env python3
"""Anomaly detectors of Searchlight, scikit-learn, PyOD and PyTorch on the same events, in turn, on the same machine.

Isolation forest (scikit-learn, as many jobs as cores, in fit and score), histogram score (PyOD) and nearest neighbours (scikit-learn, brute force)
on 200 000 events of 60 features; training of the deep detectors against the same networks in PyTorch. First both sides must
compute the same thing: scikit-learn's own trees score to 1e-6, forests of either kind have the same AUC within the spread over
seeds, histogram scores and distances agree event by event.

usage: compare.py [--rounds N] [--rows N] [--threads N] [CASE ...]   (needs torch, scikit-learn, pyod; swift; LibTorch's room)
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

# As the program sets it for itself: without it both starve on a machine that does other work too.
os.environ.setdefault("GOMP_SPINCOUNT", "200")
import joblib
import numpy
import pyod
import sklearn
import torch
from pyod.models.hbos import HBOS
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors

HERE = pathlib.Path(__file__).resolve().parent
COLUMNS, DEEP_ROWS, DEEP_COLUMNS, BATCH = 60, 40_960, 58, 512


def sample(random, rows, is_signal=False):
    """Correlated columns with tails; signal is wider and shifted in a third of them."""
    mix = numpy.random.default_rng(1).normal(size=(COLUMNS, COLUMNS)) / 8
    x = random.normal(size=(rows, COLUMNS)) @ mix + 0.3 * numpy.exp(0.7 * random.normal(size=(rows, 1)))
    if is_signal:
        x[:, ::3] = 1.5 * x[:, ::3] + 0.5
    return x.astype(numpy.float32)


def timed(body):
    """The result, seconds by the clock, seconds of all cores."""
    start, before = time.perf_counter(), time.process_time()
    result = body()
    return result, (time.perf_counter() - start, time.process_time() - before)


def costs(fit, score):
    return [fit[0], score[0], fit[1], score[1]]


def ours(binary, folder, case):
    out = subprocess.run([binary, case, folder, str(COLUMNS)], check=True, capture_output=True, text=True).stdout
    return numpy.fromfile(f"{folder}/scores.f32", dtype=numpy.float32), [float(v) for v in out.split()]


def show(name, peer, times, rounds):
    """Medians of both sides; the processor's time says more on a machine that does other work too."""
    for part, label in enumerate(("fit, clock", "score, clock", "fit, processor", "score, processor")):
        a, b = (statistics.median(t[part] for t in side) for side in (peer, times))
        print(f"{name:18} {label:16} peer {a:8.3f} s   searchlight {b:8.4f} s   ratio {a / b:7.1f}   ({rounds} rounds)")


def forest(binary, folder, train, test, labels, rounds, threads):
    def fit(seed=1):
        model, first = timed(lambda: IsolationForest(n_estimators=100, max_samples=256, random_state=seed, n_jobs=threads).fit(train))
        # Jobs given to the constructor are for fitting alone.
        with joblib.parallel_backend("threading", n_jobs=threads):
            scores, second = timed(lambda: -model.score_samples(test))
        return model, scores, costs(first, second)

    model, scores, _ = fit()
    trees = [dict(feature=[int(c[f]) if f >= 0 else 0 for f in e.tree_.feature], threshold=e.tree_.threshold.tolist(),
                  left=e.tree_.children_left.tolist(), right=e.tree_.children_right.tolist(), samples=e.tree_.n_node_samples.tolist())
             for e, c in zip(model.estimators_, model.estimators_features_)]
    with open(f"{folder}/forest.json", "w") as file:
        json.dump(dict(feature_names=[f"f{i}" for i in range(COLUMNS)], max_samples=256, trees=trees), file)
    worst = abs(ours(binary, folder, "trees")[0] - scores).max()
    print(f"the same 100 trees: largest difference of scores {worst:.1e}")
    peer, times = [], []
    for seed in range(rounds):
        _, scores, t = fit(seed)
        peer.append(t)
        own, t = ours(binary, folder, "forest")
        times.append(t)
    aucs = [roc_auc_score(labels, fit(seed)[1]) for seed in range(5)]
    own_auc = roc_auc_score(labels, own)
    print(f"own trees: AUC {own_auc:.4f}, scikit-learn's {min(aucs):.4f} to {max(aucs):.4f}; "
          f"mean score {own.mean():.4f} and {scores.mean():.4f}")
    show("isolation forest", peer, times, rounds)
    spread = 4 * statistics.stdev(aucs) + 0.002
    if worst > 1e-6 or abs(own_auc - statistics.mean(aucs)) > spread:
        sys.exit("the two do not compute the same thing")


def histogram(binary, folder, train, test, labels, rounds, threads):
    peer, times = [], []
    for _ in range(rounds):
        model, first = timed(lambda: HBOS(n_bins=10, alpha=0.1, tol=0.5).fit(train))
        scores, second = timed(lambda: model.decision_function(test))
        peer.append(costs(first, second))
        own, t = ours(binary, folder, "histogram")
        times.append(t)
    differing = (abs(own - scores) > 1e-3).mean()
    print(f"histogram scores: {differing:.1e} of the events differ by more than 1e-3 (values on an edge)")
    show("histogram score", peer, times, rounds)
    if differing > 1e-4:
        sys.exit("the two do not compute the same thing")


def neighbours(binary, folder, train, test, labels, rounds, threads):
    # The reference of 5000 events and 20 000 to be scored: the peer keeps all distances of a chunk in memory.
    small = f"{folder}/small"
    os.makedirs(small, exist_ok=True)
    reference, events = train[:5000], test[:20_000]
    reference.tofile(f"{small}/train.f32")
    events.tofile(f"{small}/test.f32")
    width = reference.astype(numpy.float64).std(0).astype(numpy.float32)
    peer, times = [], []
    for _ in range(rounds):
        model, first = timed(lambda: NearestNeighbors(n_neighbors=10, algorithm="brute", n_jobs=threads).fit(reference / width))
        scores, second = timed(lambda: model.kneighbors(events / width)[0].mean(1))
        peer.append(costs(first, second))
        own, t = ours(binary, small, "neighbours")
        times.append(t)
    worst = (abs(own - scores) / scores).max()
    print(f"distances: largest relative difference {worst:.1e}")
    show("nearest neighbours", peer, times, rounds)
    if worst > 1e-3:
        sys.exit("the two do not compute the same thing")


def chain(widths, bias, last):
    layers = []
    for a, b in zip(widths, widths[1:]):
        layers += [torch.nn.Linear(a, b, bias=bias), torch.nn.LeakyReLU(0.01)]
    return layers[:-1] if last else layers


def torch_rates(kind, epochs):
    torch.manual_seed(1)
    x = torch.randn(DEEP_ROWS, DEEP_COLUMNS)
    if kind == "deep-svdd":
        net = torch.nn.Sequential(*chain([DEEP_COLUMNS, 128, 16], False, True))
        centre = torch.full((16,), 0.1)
        parameters, loss = list(net.parameters()), lambda b: ((net(b) - centre) ** 2).sum(1).mean()
        clip, decay = None, 1e-8
    else:
        units = [93] * 3
        is_variational = kind == "variational-auto-encoder"
        encoder = torch.nn.Sequential(*chain([DEEP_COLUMNS, *units, 32 if is_variational else 16], True, True))
        decoder = torch.nn.Sequential(*chain([16, *units, DEEP_COLUMNS], True, True))
        parameters = list(encoder.parameters()) + list(decoder.parameters())
        clip, decay = 100.0, 0.0

        def loss(b):
            if not is_variational:
                return ((decoder(encoder(b)) - b) ** 2).mean()
            mu, log_variance = encoder(b).split(16, dim=1)
            z = mu + torch.exp(log_variance / 2) * torch.randn_like(mu)
            divergence = 0.5 * (mu**2 + log_variance.exp() - log_variance - 1).sum(1)
            return ((0.5 * ((decoder(z) - b) ** 2).sum(1) + divergence) / DEEP_COLUMNS).mean()

    optimiser = torch.optim.Adam(parameters, lr=1e-4, weight_decay=decay)
    rates = []
    for _ in range(epochs + 1):
        start = time.perf_counter()
        order, total = torch.randperm(DEEP_ROWS), 0.0
        for at in range(0, DEEP_ROWS, BATCH):
            optimiser.zero_grad(set_to_none=True)
            value = loss(x[order[at:at + BATCH]])
            value.backward()
            if clip:
                for p in parameters:
                    torch.nn.utils.clip_grad_norm_(p, clip)
            optimiser.step()
            total += value.item()
        rates.append(DEEP_ROWS / (time.perf_counter() - start))
    return statistics.median(rates[1:])


def deep(binary, kind, rounds, threads):
    sides = {"PyTorch": [], "plain": [], "fused": []}
    for _ in range(rounds):
        sides["PyTorch"].append(torch_rates(kind, 3))
        for path in ("plain", "fused"):
            out = subprocess.run([binary, kind, str(BATCH), "3", path, str(threads)], check=True, capture_output=True, text=True)
            sides[path].append(statistics.median(float(v) for v in out.stdout.split()))
    medians = {name: statistics.median(values) for name, values in sides.items()}
    print(f"{kind:25} rows/s at batch {BATCH}: " + ", ".join(f"{n} {v:9.0f}" for n, v in medians.items())
          + f"; ratio {medians['fused'] / medians['PyTorch']:.2f}")


def main():
    shallow = {"forest": forest, "histogram": histogram, "neighbours": neighbours}
    networks = ["auto-encoder", "deep-svdd", "variational-auto-encoder"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=[*shallow, *networks])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--no-build", action="store_true", help="take the program as it was built")
    arguments = parser.parse_args()
    build = ["swift", "build", "-c", "release", "--package-path", str(HERE)]
    if not arguments.no_build:
        subprocess.run(build, check=True, stdout=sys.stderr)
    binary = subprocess.run([*build, "--ignore-lock", "--show-bin-path"], check=True, capture_output=True, text=True).stdout.strip()
    binary += "/anomaly-benchmark"
    torch.set_num_threads(arguments.threads)
    print(f"scikit-learn {sklearn.__version__}, pyod {pyod.__version__}, torch {torch.__version__}, numpy {numpy.__version__}; "
          f"{arguments.threads} threads, load {os.getloadavg()[0]:.1f}")
    random = numpy.random.default_rng(7)
    train = sample(random, arguments.rows)
    test = numpy.concatenate([sample(random, arguments.rows // 2), sample(random, arguments.rows - arguments.rows // 2, True)])
    labels = numpy.arange(len(test)) >= arguments.rows // 2
    with tempfile.TemporaryDirectory() as folder:
        train.tofile(f"{folder}/train.f32")
        test.tofile(f"{folder}/test.f32")
        for case in arguments.cases:
            if case in shallow:
                shallow[case](binary, folder, train, test, labels, arguments.rounds, arguments.threads)
            elif case in networks:
                deep(binary, case, arguments.rounds, arguments.threads)
            else:
                parser.error(f"no case '{case}'; there are {', '.join([*shallow, *networks])}")


main()
