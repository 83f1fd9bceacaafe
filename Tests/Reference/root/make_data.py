"""What uproot says of ROOT files.

usage: make_data.py small FOLDER             writes the small files of the tests (histograms.root, codecs.root)
       make_data.py plain FOLDER             writes plain.root, in which nothing is compressed
       make_data.py histograms FILE...       prints the histograms of files as JSON
       make_data.py ranged FILE              prints the values of Double32_t and Float16_t branches as JSON
       make_data.py digests FOLDER FILE...   writes a digest of each branch of each file to FOLDER/<file>.txt

A digest is the first 16 hexadecimal digits of a SHA-256 over the nodes of a branch's array, outermost first. A node is
a line of text and then bytes, all little-endian:

  numbers TYPE COUNT     the values (bool: one byte each)
  list COUNT             the COUNT + 1 offsets as int64, from 0
  strings COUNT          the offsets of the bytes as int64, then the bytes
  fixed SIZE COUNT       nothing
  record NAMES COUNT     nothing; NAMES are joined by commas; its fields follow in this order
  variant COUNT          the tags as int8 (-1: none), then for each alternative its node

The content of a list, or of fixed-size arrays, without any elements is left out: its type may not be known.
"""

import hashlib
import json
import os
import sys

import awkward as ak
import numpy as np
import uproot


class Digest:
    def __init__(self):
        self.hash = hashlib.sha256()
        self.type = ""

    def line(self, text):
        self.hash.update((text + "\n").encode())

    def bytes(self, array, dtype):
        self.hash.update(np.ascontiguousarray(array).astype(dtype, copy=False).tobytes())

    def numbers(self, array):
        shape = array.shape
        for size in shape[1:]:
            self.line(f"fixed {size} {shape[0]}")
        flat = array.reshape(-1)
        if len(shape) > 1 and flat.size == 0:
            return
        name = flat.dtype.name
        self.line(f"numbers {name if flat.size else '-'} {flat.size}")
        self.bytes(flat, flat.dtype.newbyteorder("<"))

    def node(self, layout):
        kind = type(layout).__name__
        if kind == "EmptyArray":
            self.line("numbers - 0")
        elif kind == "NumpyArray":
            self.numbers(np.asarray(layout.data))
        elif kind in ("ListOffsetArray", "ListArray"):
            layout = layout.to_ListOffsetArray64(True)
            offsets = np.asarray(layout.offsets.data)
            content = layout.content[: offsets[-1]]
            if layout.parameter("__array__") in ("string", "bytestring"):
                self.line(f"strings {len(offsets) - 1}")
                self.bytes(offsets, "<i8")
                self.bytes(np.asarray(content.data), "u1")
                return
            self.line(f"list {len(offsets) - 1}")
            self.bytes(offsets, "<i8")
            if offsets[-1] > 0:
                self.node(content)
        elif kind == "RegularArray":
            self.line(f"fixed {layout.size} {len(layout)}")
            if layout.size * len(layout) > 0:
                self.node(layout.content[: layout.size * len(layout)])
        elif kind == "RecordArray":
            names = layout.fields
            self.line(f"record {','.join(names)} {len(layout)}")
            for name in names:
                self.node(layout.content(name)[: len(layout)])
        elif kind in ("IndexedArray",):
            self.node(layout.project())
        elif kind == "UnionArray":
            raise NotImplementedError("variants are digested by hand")
        else:
            raise NotImplementedError(kind)


def digest(array):
    result = Digest()
    result.node(ak.to_packed(array).layout)
    return result.hash.hexdigest()[:16]


def histograms(files):
    result = {}
    for path in files:
        found = {}
        with uproot.open(path) as file:
            for key, class_name in file.classnames().items():
                if not class_name.startswith(("TH1", "TH2")):
                    continue
                histogram = file[key]
                values = histogram.values(flow=True)
                found[key] = {
                    "class": class_name,
                    "title": histogram.member("fTitle"),
                    "entries": histogram.member("fEntries"),
                    "edges": [axis.edges().tolist() for axis in histogram.axes],
                    "sumW": values.T.reshape(-1).tolist(),
                    "sumW2": histogram.variances(flow=True).T.reshape(-1).tolist(),
                }
        if found:
            result[os.path.basename(path)] = found
    json.dump(result, sys.stdout, indent=0)


def digests(folder, files):
    for path in files:
        lines = []
        with uproot.open(path) as file:
            for key, class_name in file.classnames().items():
                if class_name not in ("TTree", "TNtuple", "ROOT::RNTuple"):
                    continue
                tree = file[key]
                names = tree.keys(recursive=True, full_paths=True) if class_name != "ROOT::RNTuple" else tree.keys(recursive=False)
                for name in names:
                    # uproot reads the bits of objects that are referred to as if nothing followed them, and knows no
                    # name for the members of a tree of branches whose own name is left out of theirs.
                    if name.endswith(".fBits") or "double32" in path or (name == "evt" and len(tree[name].branches) > 0):
                        continue
                    try:
                        array = tree[name].array(library="ak") if class_name != "ROOT::RNTuple" else tree.arrays(filter_name=name)[name]
                        # ROOT's counters are Int_t, which uproot takes for unsigned.
                        if class_name == "TTree" and any(leaf.member("fType", none_if_missing=True) == 6 for leaf in tree[name].member("fLeaves")):
                            array = ak.values_astype(array, "int32")
                        if name == "evt":
                            array["N"] = ak.values_astype(array["N"], "int32")
                        lines.append(f"{key}\t{name}\t{digest(array)}")
                    except Exception as error:
                        print(f"{path}: {key}: {name}: {type(error).__name__} {str(error)[:100]}", file=sys.stderr)
        if lines:
            with open(os.path.join(folder, os.path.basename(path) + ".txt"), "w") as out:
                out.write("\n".join(lines) + "\n")


def ranged(path):
    with uproot.open(path) as file:
        tree = file["tree"]
        json.dump({name: ak.flatten(tree[name].array(), axis=None).tolist() for name in tree.keys()}, sys.stdout)


def small(folder):
    import hist

    generator = np.random.default_rng(20250917)
    weighted = hist.Hist(
        hist.axis.Variable([0, 10, 25, 45.5, 100], name="pt", label="p_{T}"), storage=hist.storage.Weight()
    )
    weighted.fill(generator.exponential(30, 500), weight=generator.normal(1, 0.4, 500))
    plain = hist.Hist(hist.axis.Regular(7, -3, 3, name="x"), storage=hist.storage.Double())
    plain.fill(generator.normal(0, 1.4, 300))
    plane = hist.Hist(
        hist.axis.Regular(3, 0, 3, name="x", label="x"), hist.axis.Variable([-1, 0, 5], name="y", label="y"),
        storage=hist.storage.Weight(),
    )
    plane.fill(generator.normal(1, 2, 200), generator.normal(1, 3, 200), weight=generator.exponential(2, 200))
    with uproot.recreate(os.path.join(folder, "histograms.root"), compression=uproot.ZLIB(4)) as file:
        file["weighted"] = weighted
        file["shapes/plain"] = plain
        file["shapes/deep/plane"] = plane

    entries = 60
    jagged = ak.unflatten(generator.normal(0, 30, 150).astype("f4"), generator.multinomial(150, [1 / entries] * entries))
    columns = {
        "i1": generator.integers(-128, 128, entries, dtype="i1"),
        "u2": generator.integers(0, 65536, entries, dtype="u2"),
        "u8": generator.integers(0, 2**63, entries, dtype="u8"),
        "f8": generator.normal(size=(entries, 2, 3)),
        "flag": generator.integers(0, 2, entries).astype(bool),
        "x": jagged,
    }
    codecs = {"none": None, "zlib": uproot.ZLIB(5), "lzma": uproot.LZMA(5), "lz4": uproot.LZ4(5), "zstd": uproot.ZSTD(5)}
    with uproot.recreate(os.path.join(folder, "codecs.root"), compression=uproot.ZLIB(9)) as file:
        for name, codec in codecs.items():
            tree = file.mktree(name, {key: ak.type(value) if key == "x" else value.dtype if value.ndim == 1 else np.dtype((value.dtype, value.shape[1:])) for key, value in columns.items()})
            tree.compression = codec
            # Two baskets a branch.
            for part in (slice(0, 25), slice(25, entries)):
                tree.extend({key: value[part] for key, value in columns.items()})
        tuple_ = file.mkrntuple("tuple", {key: columns[key] for key in ("i1", "u8", "flag", "x")})


def plain(folder):
    """What fuzzing changes: uncompressed, so that a changed byte reaches the readers."""
    import hist

    generator = np.random.default_rng(20251126)
    entries = 30
    jagged = ak.unflatten(generator.normal(size=60).astype("f4"), generator.multinomial(60, [1 / entries] * entries))
    names = ak.Array([f"ev{index}" for index in range(entries)])
    columns = {
        "x": generator.normal(size=entries), "i": generator.integers(-5, 5, entries, dtype="i4"),
        "a": generator.normal(size=(entries, 2)).astype("f4"), "name": names, "jagged": jagged,
    }
    tuples = {
        "deep": ak.Array([[[1, 2], []], [], [[3]]] * 10),
        "record": ak.zip({"pt": jagged, "id": ak.values_astype(jagged, "i8")}),
        "variant": ak.Array([1, "a", 2.5] * 10),
        "optional": ak.Array([1, None, 3] * 10),
        "text": names,
        "flag": np.array([True, False, True] * 10),
        "fixed": ak.to_regular(ak.Array(np.arange(60).reshape(30, 2))),
    }
    shape = hist.Hist(hist.axis.Regular(5, -3, 3, name="x"), storage=hist.storage.Weight())
    shape.fill(generator.normal(size=50), weight=generator.exponential(2, 50))
    with uproot.recreate(os.path.join(folder, "plain.root"), compression=None) as file:
        file["shape"] = shape
        tree = file.mktree("dir/Events", {
            key: ak.type(value).content if isinstance(value, ak.Array) else np.dtype((value.dtype, value.shape[1:]))
            for key, value in columns.items()})
        for part in (slice(0, 10), slice(10, entries)):
            tree.extend({key: value[part] for key, value in columns.items()})
        for name, value in tuples.items():
            file.mkrntuple(name, {"v": value})


if __name__ == "__main__":
    command, *rest = sys.argv[1:] or ["help"]
    if command == "small":
        small(rest[0])
    elif command == "plain":
        plain(rest[0])
    elif command == "histograms":
        histograms(rest)
    elif command == "ranged":
        ranged(rest[0])
    elif command == "digests":
        digests(rest[0], rest[1:])
    else:
        sys.exit(__doc__)
