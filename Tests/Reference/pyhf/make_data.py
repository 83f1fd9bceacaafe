"""Reference numbers by pyhf for Inference's tests.

Run in a virtual environment with pyhf==0.7.6, scipy, iminuit:
    python make_data.py [workspace_NAME.json ...]

Reads the workspaces *.json in this folder (made by Searchlight's tests, see README.md) and writes answers.json:
hypothesis tests at several mu, -2 ln L at fits, and upper limits, all with pyhf's numpy backend.

pyhf's default optimiser (SLSQP, tolerance 1e-6 or so on -2 ln L) leaves noise of up to 3e-5 on CLs, so each fit runs twice:
with SLSQP at a tolerance of 1e-14, then polished by MINUIT at strategy 2 with a tolerance of 1e-6; the lower one counts.
"""
import glob
import json
import os
import sys

import numpy as np
import pyhf
import scipy
from scipy.optimize import brentq

FOLDER = os.path.dirname(os.path.abspath(__file__))
pyhf.set_backend("numpy")


class Best:
    """The lower minimum of two optimisers."""

    def __init__(self):
        self.first = pyhf.optimize.scipy_optimizer(tolerance=1e-14, maxiter=100000)
        self.second = pyhf.optimize.minuit_optimizer(tolerance=1e-6, strategy=2, maxiter=1000000)
        self.name = "best"

    def minimize(self, objective, data, pdf, init_pars, par_bounds, fixed_params=None, return_fitted_val=False, **kw):
        best = None
        for optimizer in (self.first, self.second):
            try:
                start = best[0] if best is not None else init_pars
                start = np.clip(start, [b[0] for b in par_bounds], [b[1] for b in par_bounds])
                start = [float(v) for v in start]
                if fixed_params:
                    for i, is_fixed in enumerate(fixed_params):
                        if is_fixed:
                            start[i] = init_pars[i]
                pars, value = optimizer.minimize(
                    objective, data, pdf, start, par_bounds, fixed_params, return_fitted_val=True)
            except Exception as error:
                print("  ", type(optimizer).__name__, "failed:", str(error)[:80], file=sys.stderr)
                continue
            if best is None or value < best[1]:
                best = (pars, value)
        if best is None:
            raise RuntimeError("no optimiser converged")
        return best if return_fitted_val else best[0]


pyhf.set_backend("numpy", custom_optimizer=Best())


def answers(path):
    workspace = pyhf.Workspace(json.load(open(path)))
    model = workspace.model()
    data = workspace.data(model)
    bounds = model.config.suggested_bounds()
    poi = model.config.poi_index
    scale = bounds[poi][1] / 10
    result = {"tests": [], "parameters": model.config.par_names}

    def cls(mu):
        return pyhf.infer.hypotest(mu, data, model, test_stat="qtilde", return_expected_set=True)

    for mu in [0.3 * scale, 1.0 * scale, 2.0 * scale]:
        observed, band = cls(mu)
        result["tests"].append({"mu": mu, "CLs_obs": float(observed), "CLs_exp": [float(b) for b in band]})
    free = pyhf.infer.mle.fit(data, model, return_fitted_val=True)
    held = pyhf.infer.mle.fixed_poi_fit(scale, data, model, return_fitted_val=True)
    result["twice_nll_free"] = float(free[1])
    result["twice_nll_held"] = {"mu": scale, "value": float(held[1])}
    result["pars_free"] = [float(p) for p in free[0]]

    def limit(which):
        function = lambda mu: float(cls(mu)[0] if which is None else cls(mu)[1][which]) - 0.05
        return brentq(function, 1e-3 * scale, 9.9 * scale, rtol=1e-7)

    result["limit_observed"] = limit(None)
    result["limit_expected"] = [limit(i) for i in range(5)]
    return result


TARGET = os.path.join(FOLDER, "answers.json")
output = {"pyhf": pyhf.__version__, "numpy": np.__version__, "scipy": scipy.__version__, "workspaces": {}}
if os.path.exists(TARGET):
    output["workspaces"] = json.load(open(TARGET))["workspaces"]
for path in sorted(glob.glob(os.path.join(FOLDER, "workspace_*.json"))):
    name = os.path.basename(path)
    if sys.argv[1:] and name not in sys.argv[1:]:
        continue
    print(name, file=sys.stderr)
    output["workspaces"][name] = answers(path)
    with open(TARGET, "w") as file:
        json.dump(output, file, indent=1, sort_keys=True)
        file.write("\n")
