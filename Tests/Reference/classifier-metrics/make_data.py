"""Measures of classifiers by scikit-learn, scipy and confidenceinterval.

    VENV/bin/pip install numpy scipy scikit-learn xgboost && VENV/bin/pip install --no-deps confidenceinterval==1.0.5
    VENV/bin/python make_data.py
"""
import importlib.util
import json
import pathlib

import numpy as np
import scipy
import sklearn
import xgboost as xgb
from scipy.stats import ks_2samp
from sklearn.calibration import _SigmoidCalibration, calibration_curve
from sklearn.inspection import permutation_importance
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import balanced_accuracy_score, brier_score_loss, confusion_matrix, roc_auc_score

# Its file alone: the package's other parts need more than is used here.
package = pathlib.Path(importlib.util.find_spec("confidenceinterval").origin).parent
spec = importlib.util.spec_from_file_location("delong", package / "delong.py")
delong = importlib.util.module_from_spec(spec)
spec.loader.exec_module(delong)
random = np.random.default_rng(31)
N = 400
labels = (random.random(N) < 0.4).astype(int)
# Three digits: many scores are tied.
scores = np.round(1 / (1 + np.exp(-(random.normal(size=N) + 1.2 * labels - 0.8))), 2)
weights = np.round(random.uniform(0.2, 3, N), 3)
logits = np.round(np.log((scores + 0.01) / (1.01 - scores)), 4)


def bootstrap(resamples):
    """Stratified, rows with their weights."""
    own = [np.flatnonzero(labels == k) for k in (0, 1)]
    values = []
    for _ in range(resamples):
        rows = np.concatenate([random.choice(o, len(o)) for o in own])
        values.append(roc_auc_score(labels[rows], scores[rows], sample_weight=weights[rows]))
    return float(np.std(values, ddof=1))


area, variance = delong.delong_roc_variance(labels.astype(bool), scores.astype(np.float64))
truth, curve_scores = calibration_curve(labels, 0.98 * scores + 0.005, n_bins=10)
platt = {}
for name, w in [("unit", np.ones(N)), ("weighted", weights)]:
    fit = _SigmoidCalibration().fit(logits, labels, w)
    platt[name] = dict(slope=float(fit.a_), offset=float(fit.b_))
isotonic = IsotonicRegression(out_of_bounds="clip", y_min=0, y_max=1).fit(scores, labels, weights)
grid = np.linspace(-0.1, 1.1, 49)

classes = random.integers(0, 3, N)
probabilities = random.dirichlet([1, 1, 1], N)
probabilities[np.arange(N), classes] += 0.4
probabilities = np.round(probabilities, 4)
predicted = probabilities.argmax(axis=1)
confusion = {
    key: confusion_matrix(classes, predicted, sample_weight=weights, normalize=value).tolist()
    for key, value in [("none", None), ("by_truth", "true"), ("by_prediction", "pred")]
}

tests = []
for n, m, shift, digits in [(40, 40, 0.3, 6), (200, 150, 0.1, 6), (500, 900, 0.08, 6), (1000, 1000, 0, 6), (300, 300, 0.5, 6)]:
    a, b = np.round(random.normal(size=n), digits), np.round(random.normal(shift, size=m), digits)
    exact = ks_2samp(a, b, method="exact")
    tests.append(dict(a=a.tolist() if n + m < 500 else [], b=b.tolist() if n + m < 500 else [], n=n, m=m,
                      distance=float(exact.statistic), pValue=float(exact.pvalue)))

# The model of the trees' reference, through scikit-learn's permutation importance.
trees = json.loads((pathlib.Path(__file__).resolve().parent.parent / "trees/models.json").read_text())
names = trees["names"]
x, y = np.array(trees["train"], np.float32).reshape(-1, len(names)), np.array(trees["labels"])


class Model(sklearn.base.ClassifierMixin, sklearn.base.BaseEstimator):
    def __init__(self):
        self.classes_ = np.array([0, 1])

    def fit(self, *_):
        return self

    def predict_proba(self, values):
        p = booster.predict(xgb.DMatrix(np.asarray(values), feature_names=names))
        return np.stack([1 - p, p], axis=1)


booster = xgb.Booster(model_file=bytearray(trees["models"]["classification"]["json"].encode()))
importance = permutation_importance(Model(), x, y, scoring="roc_auc", n_repeats=400, random_state=3)
out = dict(
    tool=f"scikit-learn {sklearn.__version__}, scipy {scipy.__version__}, numpy {np.__version__}, "
    f"xgboost {xgb.__version__}, confidenceinterval 1.0.5",
    scores=scores.tolist(), labels=labels.tolist(), weights=weights.tolist(), logits=logits.tolist(),
    area=float(area), deLong=float(np.sqrt(variance)), weightedArea=float(roc_auc_score(labels, scores, sample_weight=weights)),
    bootstrap=bootstrap(4000),
    calibration=dict(signalFraction=truth.tolist(), meanScore=curve_scores.tolist(),
                     brier=float(brier_score_loss(labels, scores, sample_weight=weights))),
    platt=platt, isotonic=dict(scores=grid.tolist(), probabilities=isotonic.predict(grid).tolist()),
    classes=classes.tolist(), probabilities=probabilities.ravel().tolist(), confusion=confusion,
    balancedAccuracy=float(balanced_accuracy_score(classes, predicted, sample_weight=weights)),
    kolmogorovSmirnov=tests,
    permutation=dict(mean=importance.importances_mean.tolist(), deviation=importance.importances_std.tolist(), repeats=400))
pathlib.Path(__file__).with_name("metrics.json").write_text(json.dumps(out))
print(out["tool"], {k: out[k] for k in ("area", "deLong", "weightedArea", "bootstrap", "platt", "permutation")})
print([(t["distance"], t["pValue"]) for t in tests])
