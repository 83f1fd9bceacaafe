"""A fitted isolation forest of scikit-learn's, histogram scores of PyOD's and a principal component analysis of scikit-learn's.

    python3 -m venv VENV && VENV/bin/pip install pyod==2.0.2 scikit-learn==1.5.2 numpy==1.26.4 scipy==1.13.1
    VENV/bin/python make_data.py
"""
import json
import numpy as np
import pyod
import sklearn
from pyod.models.hbos import HBOS
from pyod.models.knn import KNN
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score

random = np.random.default_rng(7)
N, M, D = 800, 150, 5
mix = random.normal(size=(D, D))


def background(rows):
    return np.round((random.normal(size=(rows, D)) @ mix + np.exp(0.5 * random.normal(size=(rows, 1)))), 3).astype(np.float32)


train, test = background(N), background(M)
signal = np.round(2.5 * random.normal(size=(M, D)) + 1.5, 3).astype(np.float32)
rows = np.concatenate([test, signal])
names = [f"x{i}" for i in range(D)]


def short(values, digits=3):
    return [round(float(v), digits) for v in np.asarray(values).ravel()]


forest = IsolationForest(n_estimators=10, max_samples=128, random_state=1).fit(train)
trees = []
for estimator, columns in zip(forest.estimators_, forest.estimators_features_):
    t = estimator.tree_
    trees.append(dict(feature=[int(columns[f]) if f >= 0 else 0 for f in t.feature], threshold=[float(v) for v in t.threshold],
                      left=t.children_left.tolist(), right=t.children_right.tolist(), samples=t.n_node_samples.tolist()))
big = IsolationForest(n_estimators=100, max_samples=256, random_state=1).fit(train)
labels = np.concatenate([np.zeros(M), np.ones(M)])
out = dict(tool=f"scikit-learn {sklearn.__version__}, pyod {pyod.version.__version__}, numpy {np.__version__}", names=names,
           train=short(train), rows=short(rows),
           forest=json.dumps(dict(feature_names=names, max_samples=128, trees=trees)),
           forestScores=[float(v) for v in -forest.score_samples(rows)],
           forestAUCs=[float(roc_auc_score(labels, -IsolationForest(n_estimators=100, max_samples=256, random_state=s).fit(train)
                                           .score_samples(rows))) for s in range(10)],
           histogram={})
far = rows.copy()
far[:20] *= 3
out["far"] = short(far)
for name, bins in (("10", 10), ("25", 25)):
    h = HBOS(n_bins=bins, alpha=0.1, tol=0.5).fit(train.astype(np.float64))
    out["histogram"][name] = dict(rows=[float(v) for v in h.decision_function(rows.astype(np.float64))],
                                  far=[float(v) for v in h.decision_function(far.astype(np.float64))])
k = KNN(n_neighbors=10, method="mean").fit(train.astype(np.float64) / train.astype(np.float64).std(axis=0))
out["neighbours"] = [float(v) for v in k.decision_function(rows.astype(np.float64) / train.astype(np.float64).std(axis=0))]
standard = (train.astype(np.float64) - train.astype(np.float64).mean(axis=0)) / train.astype(np.float64).std(axis=0)
pca = PCA().fit(standard)
out["variances"] = [float(v) for v in pca.explained_variance_ * (N - 1) / N]
out["components"] = [float(v) for v in pca.components_.ravel()]
json.dump(out, open("detectors.json", "w"))
print(out["tool"], out["forestAUCs"])
