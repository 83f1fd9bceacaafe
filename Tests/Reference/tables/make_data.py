"""Writes tables as NumPy, h5py, pandas and Python's csv write them, and what is in them as JSON.

    python make_data.py            # in this folder

Made with numpy 2.4.6, h5py 3.16.0, pandas 3.1.1, PyTables 3.11.1, Python 3.11. All numbers come from the formulas below.
"""
import csv
import gzip
import json
import math

import h5py
import numpy as np
import pandas as pd

ROWS = 37


def columns():
    index = np.arange(ROWS)
    real = np.array([math.ldexp(math.sin(i + 0.5), (7 * i) % 60 - 30) for i in range(ROWS)])
    return {
        "x": real,
        "small": real.astype(np.float32),
        "half": (index / 8).astype(np.float16),
        "signed": (index - 18).astype(np.int8),
        "short": (index * 997 - 15000).astype(np.int16),
        "whole": (index * 123457 - 1000).astype(np.int32),
        "long": (index.astype(np.int64) << 40) - 5,
        "byte": (index * 6).astype(np.uint8),
        "word": (index * 1771).astype(np.uint16),
        "wide": (index.astype(np.uint32) * 116_000_000),
        "huge": (index.astype(np.uint64) << np.uint64(50)),
        "good": index % 3 == 0,
    }


def swapped(values):
    return values.astype(values.dtype.newbyteorder(">"))


def jagged():
    counts = np.array([i * 7 % 5 for i in range(ROWS)])
    offsets = np.concatenate([[0], np.cumsum(counts)])
    return (np.arange(offsets[-1]) * 1.25 - 3).astype(np.float32), offsets.astype(np.int64)


def write_numpy(table):
    values, offsets = jagged()
    matrix = np.arange(3 * ROWS, dtype=np.float64).reshape(ROWS, 3) / 7
    np.savez("by_numpy.npz", **table, **{"Jet_pt": values, "Jet_pt.offsets": offsets, "matrix": matrix})
    np.savez_compressed("compressed.npz", **{name: swapped(column) for name, column in table.items()},
                        **{"Jet_pt": values, "Jet_pt.offsets": offsets, "matrix": matrix,
                           "text": np.array(["a"] * ROWS), "other": np.arange(3.0), "single": np.float64(1),
                           "fortran": np.asfortranarray(matrix)})
    np.save("matrix.npy", matrix)
    record = np.zeros(ROWS, dtype=[("x", "<f8"), ("whole", ">i4"), ("three", "<f4", (3,)), ("good", "?")])
    record["x"], record["whole"], record["three"], record["good"] = (
        table["x"], table["whole"], matrix.astype(np.float32), table["good"])
    np.save("record.npy", record)
    return values, offsets, matrix


def write_hdf5(table, matrix):
    with h5py.File("by_h5py.h5", "w") as file:
        group = file.create_group("data", track_order=True)
        for name, column in table.items():
            group.create_dataset(name, data=column, compression="gzip" if name == "x" else None)
        group["matrix"] = matrix
        group["label"] = np.array([b"text"] * ROWS)
        group["settings"] = np.arange(4)
        record = np.zeros(ROWS, dtype=[("x", "f8"), ("whole", "i4"), ("three", "f4", (3,)), ("good", "?")])
        record["x"], record["whole"], record["three"], record["good"] = (
            table["x"], table["whole"], matrix.astype(np.float32), table["good"])
        file.create_group("deep/below")["record"] = record
        file["array"] = matrix
    frame = pd.DataFrame({name: table[name] for name in ["x", "small", "whole", "long", "good"]})
    frame["y"] = frame["x"] * 2
    frame.to_hdf("fixed.h5", key="events", mode="w", format="fixed")
    frame.to_hdf("table.h5", key="events", mode="w", format="table", data_columns=["whole"])


def write_text(table):
    names = ["x", "small", "whole", "long", "good"]
    rows = list(zip(*(table[name].tolist() for name in names)))
    with open("plain.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["x", "small", "whole", "long", "good"])
        writer.writerows(rows)
    with gzip.GzipFile("pandas.tsv.gz", "wb", mtime=0) as file:
        frame = pd.DataFrame({name: table[name] for name in names})
        frame.loc[3, "x"] = np.nan
        frame["a, \"quoted\"\nname"] = frame["whole"]
        frame["word"] = "a,b"
        file.write(frame.to_csv(sep="\t", index=False).encode())
    np.savetxt("savetxt.txt", np.stack([table["x"], table["whole"].astype(float)], axis=1), header="x whole")
    # As the UCI repository keeps HIGGS: no header, 18 digits.
    np.savetxt("uci.csv", np.stack([table["good"].astype(float), table["small"].astype(float), table["x"]], axis=1),
               delimiter=",", fmt="%.18e")


def plain(values):
    return [repr(v) if isinstance(v, float) and not math.isfinite(v) else v for v in np.asarray(values).ravel().tolist()]


if __name__ == "__main__":
    table = columns()
    values, offsets, matrix = write_numpy(table)
    write_hdf5(table, matrix)
    write_text(table)
    with open("expected.json", "w") as file:
        content = {name: plain(column) for name, column in table.items()}
        json.dump({"columns": content, "types": {name: str(column.dtype) for name, column in table.items()},
                   "jagged": plain(values), "offsets": plain(offsets), "matrix": plain(matrix)}, file)
