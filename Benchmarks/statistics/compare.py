"""Times Searchlight and pyhf on the same likelihoods, and checks that both computed the same thing.

    swift build -c release --package-path Benchmarks/statistics
    python Benchmarks/statistics/compare.py [--3L FOLDER]        # in an environment with pyhf==0.7.6 scipy iminuit

1. One hypothesis test (mu = 1, observed and expected) of a 20-bin, 3-sample model with normsys, histosys, staterror and lumi.
2. Its upper limit with the whole band. pyhf: toms748_scan with rtol 1e-4 in the bracket that the workspace's bounds give.
3. With --3L: one hypothesis test of an ATLAS three-lepton patch, and the grid of 64 (pyhf's time: 64 times the one test).
"""
import argparse
import json
import os
import platform
import subprocess
import time

import pyhf

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MODEL = os.path.join(ROOT, "Tests/Reference/pyhf/workspace_twenty_bins.json")
parser = argparse.ArgumentParser()
parser.add_argument("--3L", dest="leptons", help="a folder with BkgOnly.json and patchset.json")
parser.add_argument("--program", default=os.path.join(HERE, ".build/release/statistics-benchmark"))
parser.add_argument("--without-limit", action="store_true", help="skip pyhf's limit, which takes minutes")
arguments = parser.parse_args()
OPTIMIZERS = {"scipy (default)": pyhf.optimize.scipy_optimizer, "minuit": pyhf.optimize.minuit_optimizer}


def ours(*command):
    return json.loads(subprocess.run([arguments.program, *command], check=True, capture_output=True).stdout)


def report(what, optimizer, mine, seconds, theirs):
    difference = max(abs(a - b) for a, b in zip(mine["result"], theirs)) if theirs else float("nan")
    ratio = seconds / mine["seconds"]
    print(f"{what:28s} {mine['seconds'] * 1e3:9.3f} ms   pyhf {optimizer:16s} {seconds:9.3f} s   ratio {ratio:10.0f}"
          f"   largest difference {difference:.1e}", flush=True)


def test(model, data):
    observed, band = pyhf.infer.hypotest(1.0, data, model, test_stat="qtilde", return_expected_set=True)
    return [float(observed)] + [float(value) for value in band]


def limit(model, data):
    from pyhf.infer.intervals.upper_limits import toms748_scan

    low, high = model.config.suggested_bounds()[model.config.poi_index]
    observed, band = toms748_scan(data, model, 1e-3 * high, high, rtol=1e-4)
    return [float(observed)] + [float(value) for value in band]


def race(what, mine, function, model, data):
    for name, make in OPTIMIZERS.items():
        pyhf.set_backend("numpy", custom_optimizer=make())
        start = time.perf_counter()
        try:
            theirs = function(model, data)
        except Exception as error:
            print(f"{what:28s} pyhf {name}: failed after {time.perf_counter() - start:.1f} s: {type(error).__name__}")
            continue
        report(what, name, mine, time.perf_counter() - start, theirs)


print(f"pyhf {pyhf.__version__}, Python {platform.python_version()}, {os.cpu_count()} cores, {platform.processor() or platform.machine()}")
workspace = pyhf.Workspace(json.load(open(MODEL)))
model = workspace.model()
data = workspace.data(model)
race("20 bins, one test", ours("single", MODEL), test, model, data)
if not arguments.without_limit:
    race("20 bins, limit with band", ours("limit", MODEL), limit, model, data)
if arguments.leptons:
    background = os.path.join(arguments.leptons, "BkgOnly.json")
    patches = os.path.join(arguments.leptons, "patchset.json")
    patch_set = pyhf.PatchSet(json.load(open(patches)))
    name = "ERJR_500p0_0p0"
    workspace = pyhf.Workspace(patch_set.apply(pyhf.Workspace(json.load(open(background))), name))
    model = workspace.model()
    data = workspace.data(model)
    race(f"3L {name}, one test", ours("test", background, patches, name), test, model, data)
    grid = ours("grid", background, patches)
    print(f"3L, 64 tests: {grid['seconds']:.3f} s, reading, patching and compiling included")
