"""usage: python check_written.py FOLDER

Compares tables that Searchlight wrote (events.csv, events.tsv.gz, events.npz, events.h5 in FOLDER) value by value with the
formulas of makeMixed in Tests/EventFilesTests/TableConversionTests.swift. numpy 2.4.6, h5py 3.16.0, pandas 3.1.1.
"""
import pathlib
import sys

import h5py
import numpy as np
import pandas as pd

folder = pathlib.Path(sys.argv[1])
ROWS = 500
i = np.arange(ROWS)
x = (i * 0.1 - 7) / 3
f = (i.astype(np.float32) / np.float32(7))
counts = i * 7 % 5
offsets = np.concatenate([[0], np.cumsum(counts)])
jets = np.arange(offsets[-1]).astype(np.float32) / np.float32(3)

with np.load(folder / "events.npz") as file:
    assert (file["x"] == x).all() and file["f"].dtype == np.float32 and (file["f"] == f).all()
    assert (file["n"] == i - 250).all() and (file["good"] == (i % 3 == 0)).all()
    assert (file["Jet_pt"] == jets).all() and (file["Jet_pt.offsets"] == offsets).all()

with h5py.File(folder / "events.h5") as file:
    assert (file["events/x"][:] == x).all() and (file["events/Jet_pt"][:] == jets).all()
    assert (file["events/nJet"][:] == counts).all()

for name, separator in [("events.csv", ","), ("events.tsv.gz", "\t")]:
    frame = pd.read_csv(folder / name, sep=separator)
    assert len(frame) == ROWS and (frame["x"].to_numpy() == x).all(), name
    assert (frame["f"].to_numpy().astype(np.float32) == f).all() and (frame["n"] == i - 250).all(), name
    block = frame[[f"Jet_pt[{k}]" for k in range(4)]].to_numpy()
    assert (np.isfinite(block).sum(axis=1) == counts).all(), name
    assert (block[np.isfinite(block)].astype(np.float32) == jets).all(), name
print("all values are equal")
