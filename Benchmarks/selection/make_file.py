"""Writes a file with the muons of many NanoAOD-like events.

usage: make_file.py NANO.root FILE.root [EVENTS]        by default 4 000 000

The events of NANO.root are drawn at random, seed 1, and the real values of their muons are smeared by a hundredth (charges are
not) and cut to twelve bits of mantissa, as NanoAOD's are. zlib, 100 000 events a basket.
"""
import sys

import awkward as ak
import numpy as np
import uproot

source, target, *rest = sys.argv[1:]
events = int(rest[0]) if rest else 4_000_000
tree = uproot.open(source)["Events"]
members = ["pt", "eta", "phi", "charge", "pfRelIso04_all", "dxy"]
muons = ak.zip({name: tree[f"Muon_{name}"].array() for name in members})
generator = np.random.default_rng(1)


def smeared(layout, **_):
    if layout.is_numpy and layout.dtype.kind == "f":
        values = np.asarray(layout.data)
        values = (values * (1 + 0.01 * generator.standard_normal(values.shape))).astype("f4")
        return ak.contents.NumpyArray((values.view(np.uint32) & np.uint32(0xFFFFF800)).view(np.float32))


with uproot.recreate(target, compression=uproot.ZLIB(1)) as file:
    for done in range(0, events, 100_000):
        draw = generator.integers(0, tree.num_entries, min(100_000, events - done))
        batch = {"Muon": ak.transform(smeared, ak.to_packed(muons[draw]))}
        if done == 0:
            file.mktree("Events", {name: array.type.content for name, array in batch.items()})
        file["Events"].extend(batch)
