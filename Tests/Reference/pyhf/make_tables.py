"""pyhf's own validation models and its interpolation codes, with optimisers that go to the end.

    pip install pyhf==0.7.6 numpy==2.4.6 scipy==1.17.1 iminuit==2.33.0
    python make_tables.py > tables.json

The models are those of pyhf's tests/test_validation.py (data in its folder validation/data). CLs there carry the noise of
SLSQP with numerical derivatives, up to 3e-5; here MINUIT (strategy 2, tolerance 1e-5) fits, starting again until nothing is
gained, and limits (observed, then -2 to +2 sigma) are roots of CLs to 1e-9. For each pair of interpolation codes: expected
events at a row of values of the parameters.

Left out: 2bin_2channel_coupledhisto. With code 0 its −2 ln L at mu = 1 has two minima, 30.872 at −0.36 and 31.375 at 0.48; the
published table rests on the second.
"""
import json
import logging
import sys

import numpy as np
import pyhf
import scipy.optimize

logging.getLogger("pyhf").setLevel(logging.ERROR)
DEFAULT = {"normsys": "code4", "histosys": "code4p"}
OLD = {"normsys": "code1", "histosys": "code0"}


class Patient(pyhf.optimize.minuit_optimizer):
    """MINUIT from where it ended, until −2 ln L stays."""

    def minimize(self, objective, data, pdf, init_pars, par_bounds, fixed_params=None, return_fitted_val=False, **kw):
        best, start = None, list(init_pars)
        for _ in range(6):
            values, value = super().minimize(
                objective, data, pdf, start, par_bounds, fixed_params, return_fitted_val=True, **kw)
            if best is not None and float(best[1]) - float(value) < 1e-11:
                break
            best = (values, value)
            start = [min(max(float(v), b[0]), b[1]) for v, b in zip(np.asarray(values).tolist(), par_bounds)]
        return best if return_fitted_val else best[0]


pyhf.set_backend("numpy", custom_optimizer=Patient(tolerance=1e-5, strategy=2))


def workspace(channels, parameters=()):
    return {
        "version": "1.0.0",
        "channels": [{"name": name, "samples": samples} for name, samples, _ in channels],
        "observations": [{"name": name, "data": data} for name, _, data in channels],
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": list(parameters)}}],
    }


def sample(name, data, *modifiers):
    return {"name": name, "data": data, "modifiers": [{"name": n, "type": t, "data": d} for n, t, d in modifiers]}


def signal(data):
    return sample("signal", data, ("mu", "normfactor", None))


def factors(low, high):
    return {"lo": low, "hi": high}


def shape(low, high):
    return {"lo_data": low, "hi_data": high}


def uncorrelated(s, b, db, n):
    return workspace([("SR", [signal(s), sample("bkg", b, ("uncorr", "shapesys", db))], n)])


def models():
    lumi = {"name": "lumi", "auxdata": [1.0], "sigmas": [0.1], "bounds": [[0.0, 10.0]], "inits": [1.0]}
    yield "1bin_example1", uncorrelated([10.0], [50.0], [7.0], [55.0]), "q", DEFAULT
    yield "1bin_example1_q0", uncorrelated([25.0], [50.0], [7.0], [80.0]), "q0", DEFAULT
    yield "2bin_example1", uncorrelated([30.0, 95.0], [100.0, 150.0], [15.0, 20.0], [120.0, 180.0]), "q", DEFAULT
    yield "README", uncorrelated([12.0, 11.0], [50.0, 52.0], [3.0, 7.0], [51.0, 48.0]), "qtilde", DEFAULT
    yield "1bin_lumi", workspace([("SR", [
        signal([20.0]), sample("bkg1", [100.0], ("lumi", "lumi", None)), sample("bkg2", [0.0], ("lumi", "lumi", None)),
    ], [55.0])], [lumi]), "q", DEFAULT
    yield "1bin_normsys", workspace([("SR", [
        signal([30.0, 95.0]), sample("bkg", [100.0, 150.0], ("bkg_norm", "normsys", factors(0.9, 1.1)))], [120.0, 180.0])]), "q", OLD
    for name, up, down in (("1bin", None, None), ("2bin", [110.0, 190.0], [90.0, 100.0]),
                           ("2bin_example2", [102.0, 190.0], [98.0, 100.0])):
        if up is None:
            s, b, n, up, down = [30.0], [100.0], [120.0], [110.0], [90.0]
        else:
            s, b, n = [30.0, 95.0], [100.0, 150.0], [120.0, 180.0]
        yield f"{name}_histosys", workspace([("SR", [
            signal(s), sample("bkg", b, ("bkg_norm", "histosys", shape(down, up)))], n)]), "q", OLD
    yield "2bin_2channel_example1", workspace([
        ("signal", [signal([10.0, 35.0]), sample("bkg", [100.0, 150.0], ("uncorr_signal", "shapesys", [10.0, 10.0]))], [110.0, 155.0]),
        ("control", [sample("bkg", [200.0, 350.0], ("uncorr_control", "shapesys", [5.0, 10.0]))], [205.0, 345.0])]), "q", DEFAULT
    yield "2bin_2channel_couplednorm", workspace([
        ("signal", [
            signal([10.0, 35.0]), sample("bkg1", [100.0, 100.0], ("coupled", "normsys", factors(0.9, 1.1))),
            sample("bkg2", [50.0, 100.0], ("coupled", "normsys", factors(0.5, 1.5)))], [105.0, 220.0]),
        ("control", [sample("bkg1", [100.0, 100.0], ("coupled", "normsys", factors(0.9, 1.1)))], [110.0, 105.0])]), "q", OLD
    yield "2bin_2channel_coupledshapefactor", workspace([
        ("signal", [signal([20.0, 20.0]), sample("bkg1", [100.0, 70.0], ("coupled", "shapefactor", None))], [220.0, 230.0]),
        ("control", [sample("bkg1", [100.0, 100.0], ("coupled", "shapefactor", None))], [200.0, 300.0])]), "q", DEFAULT
    yield "2bin_statex", workspace([("SR", [
        signal([10.0, 10.0]), sample("bkg1", [50.0, 70.0], ("stat", "staterror", [10.0, 10.0])),
        sample("bkg2", [30.0, 20.0], ("stat", "staterror", [5.0, 5.0])), sample("bkg3", [20.0, 15.0])], [100.0, 100.0])]), "qtilde", DEFAULT
    asymmetric = workspace([("SR", [
        signal([4.0, 9.0, 3.0]),
        sample("bkg", [40.0, 30.0, 20.0], ("norm", "normsys", factors(0.8, 1.3)), ("tilt", "histosys", shape([36.0, 31.0, 22.0], [47.0, 28.0, 17.0]))),
        sample("other", [10.0, 10.0, 10.0], ("norm", "normsys", factors(1.1, 0.95)), ("tilt", "histosys", shape([9.0, 9.0, 9.0], [13.0, 9.5, 9.0])))],
        [49.0, 41.0, 36.0])])
    for normsys in ("code1", "code4"):
        for histosys in ("code0", "code2", "code4p"):
            yield f"codes_{normsys}_{histosys}", asymmetric, "qtilde", {"normsys": normsys, "histosys": histosys}


def answers(document, statistic, codes):
    model = pyhf.Workspace(document).model(
        modifier_settings={kind: {"interpcode": code} for kind, code in codes.items()})
    data = pyhf.Workspace(document).data(model)
    result = {"workspace": document, "statistic": statistic, "codes": codes}

    def test(mu):
        observed, band = pyhf.infer.hypotest(mu, data, model, test_stat=statistic, return_expected_set=True)
        return [float(observed)] + [float(v) for v in band]

    if "tilt" not in model.config.par_order:
        result["CLs"] = test(0.0 if statistic == "q0" else 1.0)[0]
        if statistic != "q0":
            top = model.config.suggested_bounds()[model.config.poi_index][1] * (1 - 1e-9)
            result["limits"] = [
                scipy.optimize.brentq(lambda mu: test(mu)[index] - 0.05, 1e-3, top, xtol=1e-10, rtol=1e-9)
                for index in range(6)]
        return result
    rows = []
    for alpha in (-2.5, -1.0, -0.6, 0.0, 0.3, 1.0, 1.8):
        point = [0.0] * 3
        point[model.config.par_slice("mu").start] = 0.7
        point[model.config.par_slice("norm").start] = alpha
        point[model.config.par_slice("tilt").start] = -0.5 * alpha
        rows.append({"alpha": alpha, "expected": [float(v) for v in model.expected_actualdata(point)]})
    result["expected_events"] = rows
    return result


if __name__ == "__main__":
    result = {"versions": {"pyhf": pyhf.__version__, "scipy": scipy.__version__, "numpy": np.__version__}}
    for name, document, statistic, codes in models():
        result[name] = answers(document, statistic, codes)
        print(name, result[name].get("CLs"), result[name].get("limits"), file=sys.stderr)
    json.dump(result, sys.stdout, indent=1)
