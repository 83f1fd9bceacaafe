"""Times Searchlight and pyhf on the same likelihoods, and checks that both computed the same thing.

    swift build -c release --package-path Benchmarks/statistics
    python Benchmarks/statistics/compare.py [--3L FOLDER] [--only WORD ...]      # pyhf==0.7.6 scipy iminuit

1. test: one hypothesis test (mu = 1, observed and expected) of a 20-bin, 3-sample model with normsys, histosys, staterror, lumi.
2. limit: its upper limit with the whole band. pyhf: toms748_scan with rtol 1e-4 in the bracket that the workspace's bounds give.
3. toys: 10 000 toys of each hypothesis. pyhf's time is that of its statistic on three toys, times their number; the check is the
   statistic of these three toys by both.
4. patch: with --3L FOLDER one hypothesis test of an ATLAS three-lepton patch. 5. grid: its 64 patches, reading, patching and
   compiling included; pyhf's time is that of three patches, times 64 over three.

Ratios are of processor seconds, all threads counted: on a machine that is busy they mean more than those of a clock. A difference
above the tolerance that stands beside it ends the script with status 1, unless pyhf's -2 ln L shows that its fit stopped early.
"""
import argparse
import copy
import json
import logging
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import numpy
import pyhf
import scipy

logging.getLogger("pyhf").setLevel(logging.ERROR)
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MODEL = os.path.join(ROOT, "Tests/Reference/pyhf/workspace_twenty_bins.json")
parser = argparse.ArgumentParser()
parser.add_argument("--3L", dest="leptons", help="a folder with BkgOnly.json and patchset.json")
parser.add_argument("--program", default=os.path.join(HERE, ".build/release/statistics-benchmark"))
parser.add_argument("--only", nargs="*", default=["test", "limit", "toys", "patch", "grid"])
parser.add_argument("--optimizer", nargs="*", default=["scipy", "minuit"])
arguments = parser.parse_args()
OPTIMIZERS = {"scipy": pyhf.optimize.scipy_optimizer, "minuit": pyhf.optimize.minuit_optimizer}
faults = 0


def ours(*command):
    return json.loads(subprocess.run([arguments.program, *command], check=True, capture_output=True).stdout)


def report(what, optimizer, mine, seconds, theirs, tolerance, factor=1, above=0.0):
    """`above`: how far above our minimum pyhf's free fit stopped, in -2 ln L."""
    global faults
    difference = max(abs(a - b) for a, b in zip(mine["result"], theirs))
    verdict = "" if difference < tolerance else f"  ABOVE {tolerance:g}"
    if difference >= tolerance and above > 1e-3:
        verdict = f": pyhf's fit stopped {above:.3f} above the minimum of -2 ln L"
    elif difference >= tolerance:
        faults += 1
    mine_seconds = mine["processor"]
    print(f"{what:22s} {mine_seconds * 1e3:10.3f} ms ({mine['seconds'] * 1e3:.3f} by the clock)   pyhf {optimizer:7s}"
          f" {seconds * factor:10.2f} s   ratio {seconds * factor / mine_seconds:9.0f}   largest difference {difference:.1e}{verdict}", flush=True)


def timed(function, *inputs):
    start = time.process_time()
    result = function(*inputs)
    return time.process_time() - start, result


def test(model, data):
    observed, band = pyhf.infer.hypotest(1.0, data, model, test_stat="qtilde", return_expected_set=True)
    return [float(observed)] + [float(value) for value in band]


def limit(model, data):
    from pyhf.infer.intervals.upper_limits import toms748_scan

    low, high = model.config.suggested_bounds()[model.config.poi_index]
    observed, band = toms748_scan(data, model, 1e-3 * high, high, rtol=1e-4)
    return [float(observed)] + [float(value) for value in band]


def race(what, mine, function, model, data, tolerance, minimum=None):
    for name in arguments.optimizer:
        pyhf.set_backend("numpy", custom_optimizer=OPTIMIZERS[name]())
        try:
            seconds, theirs = timed(function, model, data)
        except Exception as error:
            print(f"{what:22s} pyhf {name}: failed: {type(error).__name__}", flush=True)
            continue
        above = 0.0
        if minimum is not None:
            above = float(pyhf.infer.mle.fit(data, model, return_fitted_val=True)[1]) - minimum
        report(what, name, mine, seconds, theirs, tolerance, above=above)


def toys(document, count):
    """The statistic of three toys by both, and the time of all."""
    workspace = pyhf.Workspace(document)
    model = workspace.model()
    numpy.random.seed(3)
    point = model.config.suggested_init()
    point[model.config.poi_index] = 1.0
    drawn = [numpy.asarray(model.make_pdf(pyhf.tensorlib.astensor(point)).sample((1,)))[0] for _ in range(3)]
    mine = ours("toys", MODEL, str(count))
    print(f"toys                   CLs {mine['result'][0]:.4f} ± {mine['result'][1]:.4f} of {count} toys of each hypothesis,"
          f" {mine['seconds']:.2f} s by the clock on {os.cpu_count()} cores")
    for name in arguments.optimizer:
        pyhf.set_backend("numpy", custom_optimizer=OPTIMIZERS[name]())
        bounds, init, fixed = model.config.suggested_bounds(), model.config.suggested_init(), model.config.suggested_fixed()
        spent, differences = [], []
        for toy in drawn:
            seconds, theirs = timed(
                lambda: float(pyhf.infer.test_statistics.qmu_tilde(1.0, toy, model, init, bounds, fixed)))
            spent.append(seconds)
            differences.append((ours("statistic", written(document, model, toy))["result"][0], theirs))
        both = {"processor": mine["processor"], "seconds": mine["seconds"], "result": [a for a, _ in differences]}
        report(f"toys, {count} twice", name, both, statistics.mean(spent), [b for _, b in differences], 1e-3, 2 * count)


def written(document, model, toy):
    """A workspace whose observations and auxiliary measurements are those of a toy."""
    made = copy.deepcopy(document)
    place = 0
    counts = {}
    for channel in model.config.channels:
        bins = model.config.channel_nbins[channel]
        counts[channel] = [float(value) for value in toy[place:place + bins]]
        place += bins
    for observation in made["observations"]:
        observation["data"] = counts[observation["name"]]
    settings = {entry["name"]: entry for entry in made["measurements"][0]["config"]["parameters"]}
    for name in model.config.auxdata_order:
        size = model.config.param_set(name).n_parameters
        entry = settings.setdefault(name, {"name": name})
        entry["auxdata"] = [float(value) for value in toy[place:place + size]]
        place += size
    made["measurements"][0]["config"]["parameters"] = list(settings.values())
    path = os.path.join(tempfile.gettempdir(), f"toy-{os.getpid()}.json")
    with open(path, "w") as file:
        json.dump(made, file)
    return path


print(f"pyhf {pyhf.__version__}, scipy {scipy.__version__}, numpy {numpy.__version__}, Python {platform.python_version()},"
      f" {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
document = json.load(open(MODEL))
model = pyhf.Workspace(document).model()
data = pyhf.Workspace(document).data(model)
if "test" in arguments.only:
    race("test, 20 bins", ours("single", MODEL), test, model, data, 1e-4)
if "limit" in arguments.only:
    race("limit, 20 bins", ours("limit", MODEL), limit, model, data, 1e-3)
if "toys" in arguments.only:
    toys(document, 10000)
if arguments.leptons:
    background = os.path.join(arguments.leptons, "BkgOnly.json")
    patches = os.path.join(arguments.leptons, "patchset.json")
    patch_set = pyhf.PatchSet(json.load(open(patches)))

    def patched(name):
        workspace = pyhf.Workspace(patch_set.apply(pyhf.Workspace(json.load(open(background))), name))
        model = workspace.model()
        return model, workspace.data(model), test(model, workspace.data(model))

    name = "ERJR_500p0_0p0"
    if "patch" in arguments.only:
        workspace = pyhf.Workspace(patch_set.apply(pyhf.Workspace(json.load(open(background))), name))
        model = workspace.model()
        minimum = ours("minimum", background, patches, name)["result"][0]
        race(f"3L {name}", ours("test", background, patches, name), test, model, workspace.data(model), 1e-3, minimum)
    if "grid" in arguments.only:
        grid = ours("grid", background, patches)
        names = [patch.name for patch in patch_set]
        for optimizer in arguments.optimizer:
            pyhf.set_backend("numpy", custom_optimizer=OPTIMIZERS[optimizer]())
            spent, pairs, above = 0.0, [], 0.0
            for index in (0, 20, 40):
                try:
                    seconds, (model, data, theirs) = timed(patched, names[index])
                    minimum = ours("minimum", background, patches, names[index])["result"][0]
                    above = max(above, float(pyhf.infer.mle.fit(data, model, return_fitted_val=True)[1]) - minimum)
                except Exception as error:
                    print(f"3L grid, {names[index]}: pyhf {optimizer}: failed: {type(error).__name__}", flush=True)
                    break
                spent += seconds
                pairs.append((grid["result"][index], theirs[0]))
            else:
                mine = dict(grid, result=[a for a, _ in pairs])
                report("3L, 64 patches", optimizer, mine, spent / 3, [b for _, b in pairs], 1e-3, 64, above)
sys.exit(1 if faults else 0)
