"""Two-sided test statistics t and t-tilde by pyhf: python make_two_sided.py (pyhf==0.7.6, scipy, iminuit) -> two_sided.json

workspace_twenty_bins.json with the parameter of interest's lower bound at -5, on its own observation and on one that is
3 % lower, so that the best fit is negative. p-values are formulas 37 and 43 of arXiv:1007.1727 on pyhf's statistics.
"""
import json
import os

import pyhf
from scipy.stats import norm

FOLDER = os.path.dirname(os.path.abspath(__file__))
pyhf.set_backend("numpy", pyhf.optimize.minuit_optimizer(tolerance=1e-6, strategy=2, maxiter=1000000))
spec = json.load(open(os.path.join(FOLDER, "workspace_twenty_bins.json")))
poi = spec["measurements"][0]["config"]["poi"]
for parameter in spec["measurements"][0]["config"]["parameters"]:
    if parameter["name"] == poi:
        parameter["bounds"] = [[-5, 10]]
workspace = pyhf.Workspace(spec)
model = workspace.model()
init, fixed, bounds = (model.config.suggested_init(), model.config.suggested_fixed(), model.config.suggested_bounds())
physical = list(bounds)
physical[model.config.poi_index] = (0, 10)
statistics = pyhf.infer.test_statistics

answers = []
for factor in (1.0, 0.97):
    main = [factor * v for v in workspace.data(model, include_auxdata=False)]
    data = main + model.config.auxdata
    background = pyhf.infer.mle.fixed_poi_fit(0.0, data, model)
    asimov = model.expected_data(background)
    for mu in (0.1, 0.5, 1.0, 2.0):
        t = float(statistics.tmu(mu, data, model, init, bounds, fixed))
        tilde = float(statistics.tmu_tilde(mu, data, model, init, physical, fixed))
        border = float(statistics.tmu_tilde(mu, asimov, model, init, physical, fixed))
        p_tilde = (
            2 * norm.sf(tilde**0.5) if tilde <= border
            else norm.sf(tilde**0.5) + norm.sf((tilde + border) / (2 * border**0.5)))
        answers.append(dict(factor=factor, mu=mu, t=t, p=2 * norm.sf(t**0.5), tilde=tilde, pTilde=p_tilde))
with open(os.path.join(FOLDER, "two_sided.json"), "w") as file:
    json.dump(dict(pyhf=pyhf.__version__, answers=answers), file, indent=1)
    file.write("\n")
for answer in answers:
    print(answer)
