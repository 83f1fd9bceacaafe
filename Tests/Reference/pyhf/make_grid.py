"""CLs of all patches of the ATLAS three-lepton likelihoods (HEPData ins1771533) by pyhf.

    python make_grid.py FOLDER [patch ...] > grid_3L.json     (FOLDER has BkgOnly.json and patchset.json)

in an environment with pyhf==0.7.6, jax and iminuit. `default`: pyhf as it comes (numpy, SLSQP with differences).
`best`: jax's exact gradients; each fit goes through SLSQP with a tolerance of 1e-14 and then MINUIT with strategy 1, each
from where the last one ended, until −2 ln L falls by less than 1e-10. `twice_nll_*` are -2 ln L of the free fit (mu >= 0) and of
that at mu = 1.
"""
import json
import os
import sys

import numpy as np
import pyhf
import scipy


class Best:
    """The lowest minimum that optimisers find from each other's ends."""

    name = "best"

    def __init__(self):
        self.optimizers = [
            pyhf.optimize.scipy_optimizer(tolerance=1e-14, maxiter=100000),
            pyhf.optimize.minuit_optimizer(tolerance=1e-4, strategy=1, maxiter=100000),
        ]

    def minimize(self, objective, data, pdf, init_pars, par_bounds, fixed_params=None, return_fitted_val=False, **kw):
        best = None
        for attempt in range(8):
            start = best[0] if best is not None else init_pars
            start = [float(v) for v in np.clip(start, [b[0] for b in par_bounds], [b[1] for b in par_bounds])]
            for i, is_fixed in enumerate(fixed_params or []):
                if is_fixed:
                    start[i] = init_pars[i]
            try:
                pars, value = self.optimizers[attempt % 2].minimize(
                    objective, data, pdf, start, par_bounds, fixed_params, return_fitted_val=True, do_grad=True)
            except Exception:
                continue
            gain = best[1] - value if best is not None else np.inf
            if gain > 0:
                best = (pars, value)
            if gain < 1e-10 and attempt > 0:
                break
        if best is None:
            raise RuntimeError("no optimiser converged")
        return best if return_fitted_val else best[0]


def test(workspace, backend, optimizer):
    pyhf.set_backend(backend, custom_optimizer=optimizer, precision="64b")
    model = workspace.model(modifier_settings={"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}})
    data = workspace.data(model)
    observed, band = pyhf.infer.hypotest(1.0, data, model, test_stat="qtilde", return_expected_set=True)
    free = pyhf.infer.mle.fit(data, model, return_fitted_val=True)[1]
    held = pyhf.infer.mle.fixed_poi_fit(1.0, data, model, return_fitted_val=True)[1]
    return {"CLs_obs": float(observed), "CLs_exp": [float(b) for b in band], "twice_nll_free": float(free),
            "twice_nll_held": float(held)}


def main():
    folder, names = sys.argv[1], sys.argv[2:]
    background = pyhf.Workspace(json.load(open(os.path.join(folder, "BkgOnly.json"))))
    patches = pyhf.PatchSet(json.load(open(os.path.join(folder, "patchset.json"))))
    output = {"pyhf": pyhf.__version__, "numpy": np.__version__, "scipy": scipy.__version__, "patches": []}
    for patch in patches:
        if names and patch.name not in names:
            continue
        workspace = pyhf.Workspace(patches.apply(background, patch.name))
        entry = {"name": patch.name, "values": list(patch.values)}
        for key, backend, optimizer in (("default", "numpy", "scipy"), ("best", "jax", Best())):
            try:
                entry[key] = test(workspace, backend, optimizer)
            except Exception as error:
                entry[key] = {"failed": str(error)[:100]}
        print(patch.name, entry["default"].get("CLs_obs"), entry["best"].get("CLs_obs"), file=sys.stderr, flush=True)
        output["patches"].append(entry)
    # JSON has no NaN, which CLs is where CLb underflows.
    print(json.dumps(output, indent=1).replace("NaN", "null"))


main()
