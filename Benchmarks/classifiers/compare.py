#!/usr/bin/env python3
"""Boosted trees, a shallow and a deep network on an excerpt of the HIGGS set: Searchlight beside XGBoost, scikit-learn, PyTorch.

Trained on lightgbm_binary.train.tsv (7000 rows, of which a tenth ends the trainings), tested on lightgbm_binary.test.tsv
(500 rows), from several seeds. Both sides have the same trees (up to 300 of depth 5, step 0.1, the end after 20 rounds) and the
same networks (tanh, Adam with a step of 1e-3, batches of 100, the end after five epochs without a better validation loss).
What must agree: the mean AUCs, within three times their spreads' combined uncertainty plus 0.005, as both sides draw other
weights and other validation rows. scikit-learn's networks are shown and not held to that: they start from other weights
and end by accuracy. Times are of whole processes' work on one training, data in memory, two threads.

usage: compare.py FOLDER [--seeds N]     FOLDER holds the two files (needs numpy, scikit-learn, xgboost, torch)
"""
import argparse
import csv
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("GOMP_SPINCOUNT", "200")
import numpy as np
import sklearn
import torch
import xgboost
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPClassifier

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
HIDDEN = {"shallow": [300], "deep": [300, 300, 300, 300]}
THREADS = 2

CARD = """schema: 1
kind: comparison
name: excerpt
seed: 20140219
table: {{file: table.csv, layout: higgs, test: {{last: {test}}}, validation: 0.1}}
inputs:
  complete: [low, high]
models:
  {model}
repeats: {seeds}
"""
MODELS = {
    "trees": "trees: {kind: trees, trees: 300, maximum_depth: 5, learning_rate: 0.1, patience: 20, threads: 2}",
    "shallow": "shallow: {kind: network, hidden: [300], activation: tanh, optimizer: adam, learning_rate: 1.0e-3, "
               "batch: 100, patience: 5, max_epochs: 200}",
    "deep": "deep: {kind: network, hidden: [300, 300, 300, 300], activation: tanh, optimizer: adam, learning_rate: 1.0e-3, "
            "batch: 100, patience: 5, max_epochs: 200}",
}


def ours(folder, model, seeds):
    """AUCs by seed, and the seconds of one training: a run of all seeds less a run of one, over the number more."""
    def run(count):
        card = folder / "card.yaml"
        card.write_text(CARD.format(test=len(TEST), model=MODELS[model], seeds=count))
        out = folder / f"run-{model}-{count}"
        begin = time.perf_counter()
        subprocess.run([ROOT / "searchlight", "run", card, "--output", out, "--fresh"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seconds = time.perf_counter() - begin
        with open(out / "tables.csv") as file:
            return [float(row["auc"]) for row in csv.DictReader(file)], seconds
    _, one = run(1)
    aucs, all_ = run(seeds)
    return aucs, (all_ - one) / (seeds - 1)


def peer_xgboost(seed):
    model = xgboost.XGBClassifier(n_estimators=300, max_depth=5, learning_rate=0.1, tree_method="hist", n_jobs=THREADS,
                                  random_state=seed, early_stopping_rounds=20, eval_metric="logloss")
    training, validation = validation_split(seed)
    model.fit(TRAIN[training, 1:], TRAIN[training, 0], eval_set=[(TRAIN[validation, 1:], TRAIN[validation, 0])],
              verbose=False)
    return model.predict_proba(TEST[:, 1:])[:, 1]


def validation_split(seed):
    rows = np.random.default_rng(seed).permutation(len(TRAIN))
    return rows[len(TRAIN) // 10:], rows[:len(TRAIN) // 10]


def peer_sklearn(hidden):
    def fit(seed):
        mean, width = TRAIN[:, 1:].mean(0), TRAIN[:, 1:].std(0)
        model = MLPClassifier(hidden, activation="tanh", solver="adam", alpha=0, batch_size=100, learning_rate_init=1e-3,
                              max_iter=200, early_stopping=True, validation_fraction=0.1, n_iter_no_change=5, tol=0,
                              random_state=seed)
        model.fit((TRAIN[:, 1:] - mean) / width, TRAIN[:, 0])
        return model.predict_proba((TEST[:, 1:] - mean) / width)[:, 1]
    return fit


def peer_torch(hidden):
    def fit(seed):
        torch.manual_seed(seed)
        training, validation = validation_split(seed)
        mean, width = TRAIN[training, 1:].mean(0), TRAIN[training, 1:].std(0)
        scaled = [torch.tensor((table[:, 1:] - mean) / width, dtype=torch.float32) for table in (TRAIN, TEST)]
        target = torch.tensor(TRAIN[:, 0], dtype=torch.float32)
        layers, size = [], scaled[0].shape[1]
        for units in [*hidden, 1]:
            layer = torch.nn.Linear(size, units)
            sigma = 1 / math.sqrt(size) / 0.87962566103423978
            torch.nn.init.trunc_normal_(layer.weight, std=sigma, a=-2 * sigma, b=2 * sigma)
            torch.nn.init.zeros_(layer.bias)
            layers += [layer, torch.nn.Tanh()]
            size = units
        network = torch.nn.Sequential(*layers[:-1])
        optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
        loss = torch.nn.BCEWithLogitsLoss()
        best, kept, since = math.inf, None, 0
        generator = np.random.default_rng(1000 + seed)
        while since < 5:
            order = generator.permutation(training)
            for start in range(0, len(order), 100):
                rows = torch.from_numpy(order[start:start + 100])
                optimizer.zero_grad()
                loss(network(scaled[0][rows])[:, 0], target[rows]).backward()
                optimizer.step()
            with torch.no_grad():
                value = float(loss(network(scaled[0][validation])[:, 0], target[validation]))
            since += 1
            if value < best:
                best, since = value, 0
                kept = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        network.load_state_dict(kept)
        with torch.no_grad():
            return network(scaled[1])[:, 0].numpy()
    return fit


def measured(fit, seeds):
    aucs, times = [], []
    for seed in range(seeds):
        begin = time.perf_counter()
        scores = fit(seed)
        times.append(time.perf_counter() - begin)
        aucs.append(roc_auc_score(TEST[:, 0], scores))
    return aucs, sorted(times)[len(times) // 2]


parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("--seeds", type=int, default=5)
arguments = parser.parse_args()
torch.set_num_threads(THREADS)
TRAIN, TEST = (np.loadtxt(f"{arguments.folder}/lightgbm_binary.{part}.tsv") for part in ("train", "test"))
subprocess.run([ROOT / "searchlight", "run", "--help"], check=True, stdout=subprocess.DEVNULL)
processor = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
print(f"{processor}, {THREADS} threads; xgboost {xgboost.__version__}, scikit-learn {sklearn.__version__}, torch {torch.__version__}")
print(f"{'model':10} {'program':14} {'AUC':>16} {'seconds':>9}")
failed = False
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    np.savetxt(folder / "table.csv", np.vstack([TRAIN, TEST]), delimiter=",", fmt="%.7g")
    peers = {"trees": {"xgboost": peer_xgboost}}
    for model, hidden in HIDDEN.items():
        peers[model] = {"scikit-learn": peer_sklearn(hidden), "torch": peer_torch(hidden)}
    for model in MODELS:
        results = {"searchlight": ours(folder, model, arguments.seeds)}
        results |= {peer: measured(fit, arguments.seeds) for peer, fit in peers[model].items()}
        mean, spread = {}, {}
        for program, (aucs, seconds) in results.items():
            mean[program], spread[program] = np.mean(aucs), np.std(aucs, ddof=1)
            print(f"{model:10} {program:14} {mean[program]:.4f} ± {spread[program]:.4f} {seconds:9.2f}", flush=True)
        for peer in peers[model].keys() - {"scikit-learn"}:
            allowed = 3 * math.hypot(spread["searchlight"], spread[peer]) / math.sqrt(arguments.seeds) + 0.005
            if abs(mean["searchlight"] - mean[peer]) > allowed:
                failed = True
                print(f"  {model}: AUCs differ from {peer}'s by more than {allowed:.4f}")
sys.exit(1 if failed else 0)
