"""Fits by pyhf's likelihood and MINUIT: in an environment with pyhf==0.7.6, jax and iminuit:
    python make_fits.py > fits.json

-2 ln L with jax's exact gradients, MINUIT at strategy 2: best-fit values, Hesse's uncertainties and correlations of some
parameters, Minos's intervals at 68.27 and 95 %, and the best fit of the parameter of interest with others held.
"""
import glob
import json
import os

import iminuit
import jax
import numpy as np
import pyhf

pyhf.set_backend("jax", precision="64b")
folder = os.path.dirname(os.path.abspath(__file__))
answers = {"pyhf": pyhf.__version__, "iminuit": iminuit.__version__, "workspaces": {}}
CHOSEN = {"workspace_twenty_bins.json": ["jes", "xs_ttbar", "xs_zjets", "staterror_SR[16]"],
          "workspace_all_modifiers.json": ["mu"]}


def minimum(model, data, held):
    values = model.config.suggested_init()
    function = jax.jit(lambda p: -2 * model.logpdf(p, data)[0])
    gradient = jax.jit(jax.grad(function))
    minuit = iminuit.Minuit(lambda p: float(function(p)), np.array(values), grad=lambda p: np.asarray(gradient(p)),
                            name=model.config.par_names)
    minuit.limits = model.config.suggested_bounds()
    for name, fixed in zip(model.config.par_names, model.config.suggested_fixed()):
        minuit.fixed[name] = fixed
    for name, value in held.items():
        minuit.values[name] = value
        minuit.fixed[name] = True
    minuit.errordef = 1
    minuit.strategy = 2
    minuit.tol = 1e-5
    minuit.migrad(ncall=1000000)
    minuit.migrad(ncall=1000000)
    return minuit


for file, chosen in CHOSEN.items():
    workspace = pyhf.Workspace(json.load(open(os.path.join(folder, file))))
    model = workspace.model(modifier_settings={"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}})
    data = pyhf.tensorlib.astensor(workspace.data(model))
    best = minimum(model, data, {})
    best.hesse()
    entry = {"values": {n: best.values[n] for n in best.parameters},
             "uncertainties": {n: best.errors[n] for n in best.parameters if not best.fixed[n]}, "intervals": {}}
    if len(chosen) > 1:
        correlation = best.covariance.correlation()
        entry["correlations"] = {f"{a} {b}": correlation[a, b] for a in chosen for b in chosen if a < b}
    for level in (0.6826894921370859, 0.95):
        best.minos(*chosen, cl=level)
        for name in chosen:
            found = best.merrors[name]
            entry["intervals"].setdefault(name, []).append(
                [best.values[name] + found.lower, best.values[name] + found.upper])
    poi = model.config.poi_name
    if file == "workspace_all_modifiers.json":
        entry["held"] = []
        for name in best.parameters:
            if name == poi or best.fixed[name] or "[" in name:
                continue
            for sign in (1, -1):
                value = best.values[name] + sign * best.errors[name]
                entry["held"].append({"name": name, "value": value,
                                      "poi": minimum(model, data, {name: value}).values[poi]})
    answers["workspaces"][file] = entry
print(json.dumps(answers, indent=1, sort_keys=True))
