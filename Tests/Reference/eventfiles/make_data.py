"""Writes what h5py makes of the layout in Sources/EventFiles/README.md, and checks files that Searchlight wrote.

    python make_data.py write by_h5py.h5          # read by the tests
    python make_data.py check by_searchlight.h5   # written by the tests' events, compared value by value

Made with h5py 3.16.0 and numpy 2.4.6. No random numbers.
"""
import json
import sys

import h5py
import numpy as np


def events(rows):
    """The same events as makeEvents in Tests/EventFilesTests/EventTableTests.swift."""
    counts = [row * 7 % 5 for row in range(rows)]
    pt = np.array(
        [np.float32(row) + np.float32(100) / np.float32(jet + 1) for row in range(rows) for jet in range(counts[row])],
        dtype=np.float32)
    index = np.arange(rows)
    return {
        "weight": 0.5 + index.astype(np.float64),
        "Jet_pt": pt,
        "Jet_btag": (pt.astype(np.int64) % 2).astype(np.uint8),
        "Jet_pt:jes_up": (pt * np.float32(1.02)).astype(np.float32),
        "event_index": index.astype(np.int32),
        "number": index.astype(np.int64) << 40,
        "isGood": index % 3 == 0,
        "Muon_good": pt > 50,
    }, np.array(counts, dtype=np.int32)


def write(path, rows=50):
    columns, counts = events(rows)
    with h5py.File(path, "w") as file:
        file.attrs["format"] = "searchlight events"
        file.attrs["schema_version"] = 1
        group = file.create_group("events", track_order=True)
        for name in ["nJet", "nJet:jes_up", "nMuon"]:
            group.create_dataset(name, data=counts).attrs["role"] = "counts"
        for name, values in columns.items():
            dataset = group.create_dataset(name, data=values, compression="gzip", chunks=(16,))
            collection = name.split(":")[0].rpartition("_")[0]
            if collection in ("Jet", "Muon"):
                dataset.attrs["counts"] = "n" + collection + (":jes_up" if ":" in name else "")
        metadata = file.create_group("metadata")
        metadata["sample"] = json.dumps(
            {"name": "python", "kind": "simulated", "parameters": {}, "slices": [], "cutFlows": {}, "notes": {}})
        metadata["record"] = json.dumps(
            {"schema": 1, "program": "make_data.py", "version": h5py.__version__, "command": "write", "seed": 0,
             "inputs": {}, "libraries": {"h5py": h5py.__version__}, "cpuClass": "any"})


def check(path):
    with h5py.File(path, "r") as file:
        rows = int(file["events"].attrs["rows"])
        columns, counts = events(rows)
        stored = list(file["events"])
        for name in ["nJet", "nJet:jes_up", "nMuon"]:
            np.testing.assert_array_equal(file["events"][name][:], counts)
            stored.remove(name)
        assert set(stored) == set(columns), stored
        for name, values in columns.items():
            found = file["events"][name][:]
            assert found.dtype == values.dtype, (name, found.dtype, values.dtype)
            np.testing.assert_array_equal(found, values)
        sample = json.loads(file["metadata/sample"][()])
        assert sample["slices"][0]["crossSection"] == file["slices/crossSection"][0]
        assert file["slices/name"][0].decode() == sample["slices"][0]["name"]
        assert json.loads(file["metadata/record"][()])["program"] == "searchlight"
    print(f"{path}: {rows} rows, {len(columns)} columns agree")


if __name__ == "__main__":
    {"write": write, "check": check}[sys.argv[1]](sys.argv[2])
