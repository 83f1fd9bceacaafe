"""Importances of hyper-parameters of known functions, at random points.

command: python make_importance.py > importance.json      in an environment with optuna, scikit-learn, scipy, numpy

- sobol: first-order and total indices of the function itself, by scipy.stats.sobol_indices with 2^14 points;
- fanova: Optuna's FanovaImportanceEvaluator on the trials (a forest, seed 0), which adds up to 1 without interactions.
"""

import json
import math
import sys

import numpy as np
import optuna
import scipy
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from scipy.stats import sobol_indices, uniform

optuna.logging.set_verbosity(optuna.logging.WARNING)
A = [0, 1, 4.5, 9]
DECODE = {
    "g": lambda u: {f"x{i}": float(v) for i, v in enumerate(u)},
    "training": lambda u: {
        "rate": 1e-5 * 1e4 ** float(u[0]), "layers": min(5, 1 + int(5 * u[1])), "optimizer": ["adam", "sgd"][int(2 * u[2])],
        "dropout": 0.5 * float(u[3]), "batch": float(u[4]),
    },
}


def g(p):
    return math.prod((abs(4 * p[f"x{i}"] - 2) + a) / (1 + a) for i, a in enumerate(A))


def training(p):
    best = -3 if p["optimizer"] == "adam" else -1.5
    return (math.log10(p["rate"]) - best) ** 2 / 6 + 0.06 * (p["layers"] - 3) ** 2 + (p["dropout"] - 0.2) ** 2


FUNCTIONS = {
    "g": (g, {f"x{i}": FloatDistribution(0, 1) for i in range(4)}, 120),
    "training": (
        training,
        {"rate": FloatDistribution(1e-5, 1e-1, log=True), "layers": IntDistribution(1, 5),
         "optimizer": CategoricalDistribution(["adam", "sgd"]), "dropout": FloatDistribution(0, 0.5),
         "batch": FloatDistribution(0, 1)}, 100),
}

result = {"versions": {"optuna": optuna.__version__, "scipy": scipy.__version__, "python": sys.version.split()[0]}}
for name, (function, space, count) in FUNCTIONS.items():
    random = np.random.default_rng(2)
    points = [DECODE[name](u) for u in random.uniform(size=(count, len(space)))]
    values = [function(p) for p in points]
    study = optuna.create_study()
    for p, v in zip(points, values):
        study.add_trial(optuna.trial.create_trial(params=p, distributions=space, value=v))
    exact = sobol_indices(
        func=lambda x: np.array([function(DECODE[name](u)) for u in x.T]), n=2**14,
        dists=[uniform(0, 1)] * len(space), rng=np.random.default_rng(3))
    fanova = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0))
    result[name] = {
        "points": points, "values": values, "fanova": fanova,
        "first_order": dict(zip(space, exact.first_order.tolist())),
        "total": dict(zip(space, exact.total_order.tolist())),
    }
print(json.dumps(result, indent=1))
