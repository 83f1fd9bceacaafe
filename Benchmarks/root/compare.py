"""Times this program's reader and uproot on the same files, and checks that both read the same.

    swift build -c release --package-path Benchmarks/root
    python Benchmarks/root/make_file.py NANO.root .                      # in an environment with uproot
    python Benchmarks/root/compare.py zlib.root lz4.root zstd.root       # [--branch NAME] [--runs N]

Each run opens the file and reads all branches, or one, into arrays; the pages of the file are in memory by then. uproot
runs with and without two pools of threads of the machine's cores, and the better of both counts. The median of the runs is
taken, the two programs alternating. Same means: for each branch the number of values, and the sums modulo 2^64 of the values' words
and of the offsets are equal.
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
parser.add_argument("files", nargs="+")
parser.add_argument("--tree", default="Events")
parser.add_argument("--branch", default="Jet_pt")
parser.add_argument("--runs", type=int, default=3)
parser.add_argument("--program", default=os.path.join(HERE, ".build/release/root-benchmark"))
arguments = parser.parse_args()
CORES = len(os.sched_getaffinity(0))


def theirs(path, names, pools):
    options = {}
    if pools:
        options = {
            "decompression_executor": concurrent.futures.ThreadPoolExecutor(CORES),
            "interpretation_executor": concurrent.futures.ThreadPoolExecutor(CORES),
        }
    start = time.perf_counter()
    with uproot.open(path, object_cache=None, array_cache=None) as file:
        tree = file[arguments.tree]
        arrays = tree.arrays(names, library="ak", how=dict, **options)
    return time.perf_counter() - start, arrays


def ours(path, names):
    command = [arguments.program, path, arguments.tree, "1", *(names or [])]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return answer["seconds"][0], answer["checks"]


def check(array):
    layout = ak.to_packed(array).layout
    offsets = 0
    if layout.is_list:
        layout = layout.to_ListOffsetArray64(True)
        offsets = int(np.asarray(layout.offsets.data).astype(np.uint64).sum(dtype=np.uint64))
        layout = layout.content
    data = np.ascontiguousarray(np.asarray(layout.data))
    words = data.view(f"u{data.dtype.itemsize}")
    return [len(data), int(words.sum(dtype=np.uint64)), offsets]


def race(path, what, names):
    mine, plain, pooled = [], [], []
    for _ in range(arguments.runs):
        seconds, checks = ours(path, names)
        mine.append(seconds)
        seconds, arrays = theirs(path, names, False)
        plain.append(seconds)
        pooled.append(theirs(path, names, True)[0])
    wrong = [name for name in arrays if check(arrays[name]) != checks.get(name)]
    if wrong or len(arrays) != len(checks):
        raise SystemExit(f"{path}: not the same: {wrong[:5]}, {len(arrays)} and {len(checks)} branches")
    best = min(statistics.median(plain), statistics.median(pooled))
    values = sum(count for count, _, _ in checks.values())
    print(
        f"{os.path.basename(path):14s} {what:12s} {len(checks):5d} branches {values / 1e6:8.1f} M values   "
        f"this {statistics.median(mine):7.3f} s   uproot {statistics.median(plain):7.3f} s, "
        f"with pools {statistics.median(pooled):7.3f} s   ratio {best / statistics.median(mine):5.1f}", flush=True)


print(f"uproot {uproot.__version__}, awkward {ak.__version__}, numpy {np.__version__}, {platform.processor() or platform.machine()}, {CORES} cores")
for path in arguments.files:
    print(f"{path}: {os.path.getsize(path) / 1e6:.0f} MB")
    with open(path, "rb") as file:
        while file.read(1 << 24):
            pass
    race(path, arguments.branch, [arguments.branch])
    race(path, "all", None)
