"""Times this program's reader and writer of comma-separated values beside pandas and NumPy, and checks that they agree.

    swift build -c release --package-path Benchmarks/tables
    python Benchmarks/tables/compare.py [--rows N] [--runs N]         # in an environment with numpy and pandas

The tables are made here: as the UCI repository keeps HIGGS (29 columns, 18 digits behind the point, no header), and with the shortest
digits and a header. Each run reads the whole file, which the system has in memory, into arrays of doubles. pandas' parser is its
C one with the converter that is exact (`float_precision="round_trip"`, the default from pandas 3.1 on), and once its fastest one, which is not; NumPy's `loadtxt` reads
a tenth of the rows. The median of the runs is taken, the programs alternating. Same means: for each column the number of values and the
sum modulo 2^64 of the words of the doubles are equal.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import tempfile
import time

import numpy as np
import pandas as pd

HERE = os.path.dirname(os.path.abspath(__file__))
parser = argparse.ArgumentParser()
parser.add_argument("--rows", type=int, default=300_000)
parser.add_argument("--runs", type=int, default=3)
parser.add_argument("--program", default=os.path.join(HERE, ".build/release/tables-benchmark"))
arguments = parser.parse_args()


def table(rows):
    generator = np.random.default_rng(7)
    data = generator.normal(size=(rows, 29)).astype(np.float32).astype(np.float64)
    data[:, 0] = generator.integers(0, 2, rows)
    return data


def ours(*words):
    answer = json.loads(subprocess.run([arguments.program, *words], check=True, capture_output=True).stdout)
    return answer["seconds"][0], answer["checks"]


def timed(body):
    start = time.perf_counter()
    result = body()
    return time.perf_counter() - start, result


def checks(columns):
    with np.errstate(over="ignore"):
        return [[len(c), int(np.ascontiguousarray(c, dtype=np.float64).view(np.uint64).sum(dtype=np.uint64))]
                for c in columns]


def row(name, mine, peer, seconds, size):
    print(f"{name:34s} {mine:7.2f} s {size / mine / 1e6:6.0f} MB/s   {peer:32s} {seconds:7.2f} s   ratio {seconds / mine:5.1f}")


def read(path, header):
    size = os.path.getsize(path)
    names = {"header": 0 if header else None}
    peers = {
        "pandas": lambda: pd.read_csv(path, dtype=np.float64, **names),
        "pandas, not exact": lambda: pd.read_csv(path, dtype=np.float64, float_precision="high", **names),
    }
    times = {name: [] for name in ["ours", "inferred", *peers]}
    for _ in range(arguments.runs):
        seconds, found = ours("read", path, "1", "float64")
        times["ours"].append(seconds)
        times["inferred"].append(ours("read", path, "1")[0])
        for name, body in peers.items():
            seconds, frame = timed(body)
            times[name].append(seconds)
            if name == "pandas":
                expected = checks([frame[column].to_numpy() for column in frame])
                mine = [found[str(column) if header else f"column{column}"] for column in frame]
                assert mine == expected, "values differ"
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name in peers:
        row("float64", medians["ours"], name, medians[name], size)
    row("types inferred", medians["inferred"], "pandas", medians["pandas"], size)


if __name__ == "__main__":
    print(f"{platform.processor() or platform.machine()}, {len(os.sched_getaffinity(0))} cores, "
          f"pandas {pd.__version__}, numpy {np.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        data = table(arguments.rows)
        for title, header, options in [
            ("18 digits, no header", False, {"fmt": "%.18e"}), ("shortest digits, header", True, {"fmt": "%r"})]:
            path = os.path.join(folder, "table.csv")
            if header:
                pd.DataFrame(data, columns=[f"c{i}" for i in range(29)]).to_csv(path, index=False)
            else:
                np.savetxt(path, data, delimiter=",", **options)
            print(f"\nreading {title}: {arguments.rows} rows, {os.path.getsize(path) / 1e6:.0f} MB")
            read(path, header)
        frame = pd.read_csv(path)
        out = os.path.join(folder, "out.csv")
        mine = statistics.median(ours("write", path, out, "1")[0] for _ in range(arguments.runs))
        assert (pd.read_csv(out).to_numpy() == frame.to_numpy()).all(), "written values differ"
        peer = statistics.median(timed(lambda: frame.to_csv(out, index=False))[0] for _ in range(arguments.runs))
        print("\nwriting")
        row("shortest digits", mine, "pandas", peer, os.path.getsize(out))
        small = os.path.join(folder, "small.csv")
        np.savetxt(small, data[: arguments.rows // 10], delimiter=",", fmt="%.18e")
        mine = statistics.median(ours("read", small, "1", "float64")[0] for _ in range(arguments.runs))
        peer, array = timed(lambda: np.loadtxt(small, delimiter=","))
        assert checks(array.T) == [ours("read", small, "1", "float64")[1][f"column{i}"] for i in range(29)]
        print("\nreading a tenth of the rows")
        row("float64", mine, "numpy.loadtxt", peer, os.path.getsize(small))
