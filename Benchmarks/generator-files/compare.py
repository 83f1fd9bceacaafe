"""Times this program's readers of Les Houches and HepMC files, and pylhe and pyhepmc, on the same files, and checks that
both read the same.

    swift build -c release --package-path Benchmarks/generator-files
    python Benchmarks/generator-files/compare.py FOLDER [--runs N]       # in an environment with pylhe and pyhepmc

FOLDER holds the public files that are repeated here to a useful size (see SOURCES). The files are in memory by then; the two
programs alternate, and the median of the runs is taken. Both run on one thread. Same means: events, particles, and the sum
modulo 2^64 of the words of all momenta, energies and masses are equal; the sum is not timed for the peers.
"""

import argparse
import gzip
import json
import os
import pathlib
import platform
import statistics
import subprocess
import tempfile
import time

import numpy as np
import pyhepmc
import pylhe

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = HERE / ".build/release/generator-files-benchmark"
# name, file, marks of the events to repeat, how often
SOURCES = [
    ("MadGraph.lhe", "pylhe-testfile-madgraph-2.2.1-Z-mlm.lhe.gz", (b"<event>", b"</LesHouchesEvents>"), 2),
    ("weights.lhe", "pylhe-testfile-madgraph-2.0.0-wbj.lhe", (b"<event ", b"</LesHouchesEvents>"), 150),
    ("MadGraph.lhe.gz", "pylhe-testfile-madgraph-2.2.1-Z-mlm.lhe.gz", (b"<event>", b"</LesHouchesEvents>"), 2),
    ("version2.hepmc", "gohep_test.hepmc", (b"E 0 ", b"HepMC::IO_GenEvent-END"), 150),
    ("version3.hepmc", "example.hepmc3", (b"E 0 ", b"HepMC::Asciiv3-END"), 150),
]


def repeat(source, target, marks, times):
    opener = gzip.open if source.suffix == ".gz" else open
    with opener(source, "rb") as file:
        data = file.read()
    begin, end = data.index(marks[0]), data.rindex(marks[1])
    writer = gzip.open if target.suffix == ".gz" else open
    with writer(target, "wb") as file:
        file.write(data[:begin] + data[begin:end] * times + data[end:])


def words(rows):
    return int(np.asarray(rows, dtype=np.float64).view(np.uint64).sum(dtype=np.uint64))


def read_lhe(path, check):
    events = particles = total = 0
    start = time.perf_counter()
    for event in pylhe.LHEFile.fromfile(str(path)).events:
        events += 1
        if check:
            particles += len(event.particles)
            total += words([[p.px, p.py, p.pz, p.e, p.m] for p in event.particles])
    return time.perf_counter() - start, (events, particles, total % 2**64)


def read_hepmc(path, check):
    events = particles = total = 0
    start = time.perf_counter()
    with pyhepmc.open(str(path)) as file:
        for event in file:
            events += 1
            if check:
                p = event.numpy.particles
                particles += len(p.px)
                total += sum(words(np.array(c)) for c in (p.px, p.py, p.pz, p.e, p.generated_mass))
    return time.perf_counter() - start, (events, particles, total % 2**64)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    print(f"pylhe {pylhe.__version__}, pyhepmc {pyhepmc.__version__}, {platform.machine()}, "
          f"{len(os.sched_getaffinity(0))} cores, one thread each")
    with tempfile.TemporaryDirectory() as folder:
        for name, source, marks, times in SOURCES:
            path = pathlib.Path(folder) / name
            repeat(arguments.folder / source, path, marks, times)
            reader = read_hepmc if "hepmc" in name else read_lhe
            peer = "pyhepmc" if "hepmc" in name else "pylhe"
            mine, theirs = [], []
            expected = reader(path, True)[1]
            for _ in range(arguments.runs):
                answer = json.loads(subprocess.run([PROGRAM, path], check=True, capture_output=True).stdout)
                found = (answer["events"], answer["particles"], answer["words"])
                if found != expected:
                    raise SystemExit(f"{name}: not the same: {found} and {expected}")
                mine.append(answer["seconds"])
                theirs.append(reader(path, False)[0])
            a, b = statistics.median(mine), statistics.median(theirs)
            print(f"{name:16s} {path.stat().st_size / 1e6:6.1f} MB {expected[0]:6d} events {expected[1]:8d} particles   "
                  f"this {expected[0] / a:9.0f} events/s   {peer} {expected[0] / b:9.0f} events/s   ratio {b / a:6.1f}",
                  flush=True)


main()
