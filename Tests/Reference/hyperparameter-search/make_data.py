"""Reference numbers for HyperparameterSearch.

command: python make_data.py > answers.json      in an environment with optuna, scikit-learn, numpy

- process: mean and deviation of a Gaussian process with fixed kernel (scikit-learn), expected improvement (its formula);
- optuna: best values that Optuna's TPE and random samplers find on standard functions, over seeds, at given budgets.
"""

import json
import math
import sys

import numpy as np
import optuna
import sklearn
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern
from scipy.stats import norm

optuna.logging.set_verbosity(optuna.logging.WARNING)


def branin(x):
    a, b = 15 * x[0] - 5, 15 * x[1]
    return (b - 5.1 / (4 * math.pi**2) * a * a + 5 / math.pi * a - 6) ** 2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(a) + 10


A = np.array([[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]])
P = 1e-4 * np.array(
    [[1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991], [2348, 1451, 3522, 2883, 3047, 6650],
     [4047, 8828, 8732, 5743, 1091, 381]])


def hartmann6(x):
    return -float(np.array([1.0, 1.2, 3.0, 3.2]) @ np.exp(-(A * (np.array(x) - P) ** 2).sum(axis=1)))


def rastrigin(x):
    y = [10.24 * v - 5.12 for v in x]
    return 10 * len(y) + sum(v * v - 10 * math.cos(2 * math.pi * v) for v in y)


FUNCTIONS = {"branin": (branin, 2, 32), "hartmann6": (hartmann6, 6, 48), "rastrigin": (rastrigin, 4, 48)}
SEEDS = 20


def process():
    random = np.random.default_rng(4)
    x = random.uniform(size=(12, 3))
    y = np.sin(5 * x[:, 0]) + x[:, 1] ** 2 + 0.1 * x[:, 2]
    lengths, amplitude, noise = [0.4, 0.9, 2.0], 1.7, 1e-3
    mean, scale = y.mean(), y.std()
    kernel = ConstantKernel(amplitude, "fixed") * Matern(lengths, "fixed", nu=2.5)
    model = GaussianProcessRegressor(kernel, alpha=noise, optimizer=None).fit(x, (y - mean) / scale)
    points = random.uniform(size=(5, 3))
    m, s = model.predict(points, return_std=True)
    m, s = mean + scale * m, scale * s
    best = float(y.min())
    z = (best - m) / s
    gain = (best - m) * norm.cdf(z) + s * norm.pdf(z)
    return dict(
        inputs=x.tolist(), targets=y.tolist(), lengths=lengths, amplitude=amplitude, noise=noise, points=points.tolist(),
        means=m.tolist(), deviations=s.tolist(), best=best, gains=gain.tolist())


def search(function, dimensions, budget, make):
    results = []
    for seed in range(SEEDS):
        study = optuna.create_study(sampler=make(seed))
        study.optimize(
            lambda t: function([t.suggest_float(f"x{i}", 0, 1) for i in range(dimensions)]), n_trials=budget)
        results.append(study.best_value)
    return dict(median=float(np.median(results)), worst=float(np.max(results)), best=float(np.min(results)))


answers = {
    "tools": {"optuna": optuna.__version__, "scikit-learn": sklearn.__version__, "numpy": np.__version__},
    "process": process(),
    "functions": {
        name: {
            "dimensions": d, "budget": n, "seeds": SEEDS, "atHalf": f([0.5] * d), "atThird": f([1 / 3] * d),
            "tpe": search(f, d, n, lambda s: optuna.samplers.TPESampler(seed=s)),
            "random": search(f, d, n, lambda s: optuna.samplers.RandomSampler(seed=s)),
        }
        for name, (f, d, n) in FUNCTIONS.items()
    },
}
json.dump(answers, sys.stdout, indent=1)
