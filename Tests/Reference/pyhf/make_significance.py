"""Discovery p-values by pyhf: in an environment with pyhf==0.7.6, iminuit:
    python make_significance.py > significance.json

p0 of the data and its expectation for mu = 1 (median), with MINUIT at strategy 2.
"""
import glob
import json
import os

import pyhf

pyhf.set_backend("numpy", pyhf.optimize.minuit_optimizer(tolerance=1e-6, strategy=2, maxiter=1000000))
folder = os.path.dirname(os.path.abspath(__file__))
answers = {"pyhf": pyhf.__version__, "workspaces": {}}
for name in ("all_modifiers", "statistical_only", "twenty_bins"):
    file = f"workspace_{name}.json"
    workspace = pyhf.Workspace(json.load(open(os.path.join(folder, file))))
    model = workspace.model()
    observed, median = pyhf.infer.hypotest(
        0.0, workspace.data(model), model, test_stat="q0", return_expected=True)
    answers["workspaces"][file] = {"p0_obs": float(observed), "p0_exp": float(median)}
print(json.dumps(answers, indent=1, sort_keys=True))
