"""Writes NanoAOD-like files, one a codec, by repeating real events through uproot's writer.

usage: make_file.py NANO.root FOLDER [EVENTS]        writes zlib.root, lz4.root and zstd.root with the same events

The events of NANO.root (jagged collections and flat columns) are drawn at random, seed 1, and their real values are
smeared by a hundredth and cut to twelve bits of mantissa as NanoAOD's are: mere repetition would compress like nothing
that exists. 10 000 events a basket.
"""
import os
import sys

import awkward as ak
import numpy as np
import uproot

source, folder, *rest = sys.argv[1:]
events = int(rest[0]) if rest else 200_000
codecs = {"zlib": uproot.ZLIB(1), "lz4": uproot.LZ4(4), "zstd": uproot.ZSTD(5)}
tree = uproot.open(source)["Events"]
names = [name for name in tree.keys() if not name.startswith(("HLT_", "L1", "Flag_"))]
collections, flat = {}, {}
for name in names:
    array = tree[name].array()
    head, _, member = name.partition("_")
    if array.ndim == 2 and member:
        collections.setdefault(head, {})[member] = array
    elif array.ndim == 1 and not (name.startswith("n") and f"{name[1:]}" in {n.partition('_')[0] for n in names}):
        flat[name] = array
flags = {name: tree[name].array() for name in tree.keys() if name.startswith("HLT_")}
flat |= dict(list(flags.items())[:100])
groups = {}
for head, members in collections.items():
    counts = ak.num(next(iter(members.values())))
    groups[head] = ak.zip({name: array for name, array in members.items() if ak.all(ak.num(array) == counts)})
generator = np.random.default_rng(1)


def smeared(layout, **_):
    if layout.is_numpy and layout.dtype.kind == "f":
        values = np.asarray(layout.data)
        values = (values * (1 + 0.01 * generator.standard_normal(values.shape))).astype(values.dtype)
        if values.dtype == np.float32:
            values = (values.view(np.uint32) & np.uint32(0xFFFFF800)).view(np.float32)
        return ak.contents.NumpyArray(values)


files = {
    name: uproot.recreate(os.path.join(folder, f"{name}.root"), compression=codec) for name, codec in codecs.items()
}
done = 0
while done < events:
    count = min(10_000, events - done)
    draw = generator.integers(0, tree.num_entries, count)
    batch = {name: ak.transform(smeared, ak.to_packed(array[draw])) for name, array in (groups | flat).items()}
    for file in files.values():
        if done == 0:
            file.mktree("Events", {name: array.type.content for name, array in batch.items()})
        file["Events"].extend(batch)
    done += count
for file in files.values():
    file.close()
