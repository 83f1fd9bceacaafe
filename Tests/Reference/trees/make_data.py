"""Models of XGBoost's Python package on a fixed sample, with their outputs.

    python3 -m venv VENV && VENV/bin/pip install xgboost==1.7.4 numpy==1.26.4 scipy==1.13.1 scikit-learn==1.5.2
    VENV/bin/python make_data.py
"""
import json
import numpy as np
import sklearn
import xgboost as xgb
from sklearn.metrics import roc_auc_score

random = np.random.default_rng(12)
N, M, D = 500, 100, 4


def sample(rows):
    x = random.normal(size=(rows, D)).astype(np.float32)
    signal = x[:, 0] * x[:, 1] + 0.5 * x[:, 2] + 0.3 * random.normal(size=rows)
    classes = np.digitize(signal, [-0.4, 0.4])
    weights = random.uniform(0.5, 2, size=rows).astype(np.float32)
    return np.round(x, 3), np.round(signal, 3).astype(np.float32), classes, np.round(weights, 3)


def short(values):
    return [round(float(v), 3) for v in values.ravel()]


x, number, classes, weights = sample(N)
xt, numbert, classest, _ = sample(M)
y, yt = (number > 0).astype(np.float32), (numbert > 0).astype(np.float32)
with_gaps = xt.copy()
with_gaps[random.random(xt.shape) < 0.1] = np.nan
common = dict(max_depth=4, eta=0.2, tree_method="hist", max_bin=64, min_child_weight=1, nthread=2, seed=3, base_score=0.5,
              seed_per_iteration=True)
normal = weights * np.float32(len(weights) / weights.sum(dtype=np.float64))
names = [f"x{i}" for i in range(D)]
out = dict(tool=f"xgboost {xgb.__version__}, numpy {np.__version__}, scikit-learn {sklearn.__version__}", names=names,
           train=short(x), test=short(xt), labels=y.tolist(), numbers=short(number),
           classes=classes.tolist(), weights=short(weights), testLabels=yt.tolist(),
           gaps=[None if np.isnan(v) else round(float(v), 3) for v in with_gaps.ravel()], models={})
for name, target, extra in [
    ("classification", y, dict(objective="binary:logistic")),
    ("sampled", y, dict(objective="binary:logistic", subsample=0.7, colsample_bytree=0.75)),
    ("regression", number, dict(objective="reg:squarederror", **{"lambda": 2.0, "alpha": 0.1})),
    ("multiclass", classes, dict(objective="multi:softprob", num_class=3)),
]:
    data = xgb.DMatrix(x, target, weight=normal, feature_names=names)
    booster = xgb.train({**common, **extra}, data, 8)
    test = xgb.DMatrix(xt, feature_names=names)
    out["models"][name] = dict(
        json=booster.save_raw("json").decode(),
        margins=booster.predict(test, output_margin=True).ravel().astype(float).tolist(),
        outputs=booster.predict(test).ravel().astype(float).tolist(),
        gaps=booster.predict(xgb.DMatrix(with_gaps, feature_names=names), output_margin=True).ravel().astype(float).tolist(),
        gain=[booster.get_score(importance_type="total_gain").get(n, 0.0) for n in names],
        splits=[booster.get_score(importance_type="weight").get(n, 0.0) for n in names])
json.dump(out, open("models.json", "w"))
print("test AUC", roc_auc_score(yt, out["models"]["classification"]["outputs"]))
