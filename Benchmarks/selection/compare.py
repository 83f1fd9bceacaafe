"""Times a selection with a derived column, this program's and awkward's, and checks that both fill the same histogram.

    swift build -c release --package-path Benchmarks/selection
    python Benchmarks/selection/make_file.py NANO.root muons.root        # in an environment with uproot
    python Benchmarks/selection/compare.py muons.root                    # [--runs N]

The analysis: of the muons above 5 GeV within |η| < 2.4, isolated and from the vertex, events with two of opposite charge of which one
has 20 GeV; the histogram of their mass, in 120 bins, with its flows. awkward runs on the whole arrays, and on parts of them in a pool of
threads of the machine's cores; the better of both counts. Its arrays are doubles, made so before the clock starts, because this
program computes in doubles. Reading, by uproot with and without pools, is timed apart. The medians of the runs are taken, the
two programs alternating. Same means: the numbers of events after each cut and all bins are equal.
"""
import argparse
import concurrent.futures
import json
import os
import platform
import statistics
import subprocess
import time

import awkward as ak
import numpy as np
import uproot

HERE = os.path.dirname(os.path.abspath(__file__))
parser = argparse.ArgumentParser()
parser.add_argument("file")
parser.add_argument("--tree", default="Events")
parser.add_argument("--runs", type=int, default=5)
parser.add_argument("--program", default=os.path.join(HERE, ".build/release/selection-benchmark"))
arguments = parser.parse_args()
CORES = len(os.sched_getaffinity(0))
MEMBERS = ["pt", "eta", "phi", "charge", "pfRelIso04_all", "dxy"]
EDGES = np.linspace(0, 120, 121)


def read(pooled):
    options = {}
    if pooled:
        options = {
            "decompression_executor": concurrent.futures.ThreadPoolExecutor(CORES),
            "interpretation_executor": concurrent.futures.ThreadPoolExecutor(CORES),
        }
    start = time.perf_counter()
    with uproot.open(arguments.file, object_cache=None, array_cache=None) as file:
        arrays = file[arguments.tree].arrays([f"Muon_{name}" for name in MEMBERS], library="ak", how=dict, **options)
    return time.perf_counter() - start, arrays


def select(muons):
    good = muons[(muons.pt > 5) & (abs(muons.eta) < 2.4) & (muons.pfRelIso04_all < 0.25) & (abs(muons.dxy) < 0.1)]
    two = good[ak.num(good) == 2]
    first, second = two[:, 0], two[:, 1]
    opposite = first.charge * second.charge < 0
    first, second = first[opposite], second[opposite]
    hard = (first.pt > 20) | (second.pt > 20)
    a, b = first[hard], second[hard]
    mass = np.sqrt(2 * a.pt * b.pt * (np.cosh(a.eta - b.eta) - np.cos(a.phi - b.phi)))
    mass = ak.to_numpy(mass)
    counts = np.histogram(mass, EDGES)[0]
    # numpy counts the last edge in; no histogram of physics does.
    at_edge = int(np.count_nonzero(mass == EDGES[-1]))
    counts[-1] -= at_edge
    flows = [int(np.count_nonzero(mass < EDGES[0])), int(np.count_nonzero(mass >= EDGES[-1]))]
    return [len(muons), len(two), len(first), len(a)], [flows[0], *counts.tolist(), flows[1]]


def pooled(muons, pool):
    bounds = [len(muons) * part // CORES for part in range(CORES + 1)]
    parts = list(pool.map(select, [muons[a:b] for a, b in zip(bounds, bounds[1:])]))
    return [list(map(sum, zip(*column))) for column in zip(*parts)]


def timed(body):
    start = time.perf_counter()
    answer = body()
    return time.perf_counter() - start, answer


def ours():
    command = [arguments.program, arguments.file, arguments.tree, "1"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


print(f"awkward {ak.__version__}, uproot {uproot.__version__}, numpy {np.__version__}, "
      f"{platform.processor() or platform.machine()}, {CORES} cores, {os.path.getsize(arguments.file) / 1e6:.0f} MB")
_, arrays = read(False)
muons = ak.zip({name: ak.values_astype(arrays[f"Muon_{name}"], np.float64) for name in MEMBERS})
muons = ak.to_packed(muons)
times = {name: [] for name in ("read", "select", "uproot", "uproot with pools", "awkward", "awkward in parts")}
with concurrent.futures.ThreadPoolExecutor(CORES) as pool:
    for _ in range(arguments.runs):
        answer = ours()
        times["read"] += answer["read"]
        times["select"] += answer["select"]
        times["uproot"].append(read(False)[0])
        times["uproot with pools"].append(read(True)[0])
        for name, body in (("awkward", lambda: select(muons)), ("awkward in parts", lambda: pooled(muons, pool))):
            seconds, (flow, histogram) = timed(body)
            times[name].append(seconds)
            if flow != answer["flow"] or histogram != answer["histogram"]:
                different = sum(a != b for a, b in zip(histogram, answer["histogram"]))
                raise SystemExit(f"not the same: {flow} and {answer['flow']}, {different} bins differ")
median = {name: statistics.median(values) for name, values in times.items()}
print(f"{answer['flow'][0]} events, {len(ak.flatten(arrays['Muon_pt']))} muons; events after each cut {answer['flow'][1:]}; "
      f"{len(answer['histogram'])} bins equal")
best = min(median["awkward"], median["awkward in parts"])
reading = min(median["uproot"], median["uproot with pools"])
print(f"select: this {median['select']:.3f} s   awkward {median['awkward']:.3f} s, "
      f"in parts {median['awkward in parts']:.3f} s   ratio {best / median['select']:.1f}")
print(f"read:   this {median['read']:.3f} s   uproot {median['uproot']:.3f} s, "
      f"with pools {median['uproot with pools']:.3f} s   ratio {reading / median['read']:.1f}")
print(f"both:   this {median['select'] + median['read']:.3f} s   theirs {best + reading:.3f} s   "
      f"ratio {(best + reading) / (median['select'] + median['read']):.1f}")
