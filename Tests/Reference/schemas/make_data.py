"""Files of Delphes, of NanoAOD and of a private layout, and what uproot and awkward say of them.

usage: make_data.py small FOLDER          writes the small files of the tests: the same events in three layouts
       make_data.py expected FOLDER DATA  prints the toolkit's columns of these and of the real files in DATA/root as JSON

The columns of a file are given as digests: the first 16 hexadecimal digits of a SHA-256 over the number of values of each
event as little-endian int64 (nothing for one value an event), then over all values as little-endian float64.
"""

import hashlib
import json
import os
import sys

import awkward as ak
import numpy as np
import uproot

SEED = 20251121


def rounded(values):
    """float32 with 5 bits of mantissa: they compress."""
    words = np.asarray(values, dtype=np.float32).view(np.uint32)
    return ((words + (1 << 17)) & ~np.uint32((1 << 18) - 1)).view(np.float32)


def collection(random, counts, mean, mass):
    total = int(counts.sum())
    order = lambda flat: ak.unflatten(flat, counts)
    pt = order(rounded(20 + random.exponential(mean, total)))
    pt = pt[ak.argsort(pt, ascending=False)]
    return {
        "pt": pt,
        "eta": order(rounded(random.normal(0, 1.5, total))),
        "phi": order(rounded(random.uniform(-np.pi, np.pi, total))),
        "mass": order(rounded(random.exponential(mass, total))),
        "charge": order(random.choice([-1, 1], total).astype(np.int32)),
        "disc": order(rounded(random.uniform(0, 1, total))),
        "flavour": order(random.choice([0, 4, 5], total).astype(np.int32)),
    }


def make_events(random, count, scale):
    jets = collection(random, random.poisson(3 + scale, count), 40 * scale, 8)
    muons = collection(random, random.poisson(0.8 * scale, count), 25 * scale, 0)
    electrons = collection(random, random.poisson(0.5, count), 25, 0)
    particles = collection(random, random.integers(0, 3, count), 30, 5)
    particles["pid"] = ak.unflatten(
        random.choice([6, -6, 24, 11], int(ak.sum(ak.num(particles["pt"])))).astype(np.int32), ak.num(particles["pt"]))
    return {
        "Jet": jets, "Muon": muons, "Electron": electrons, "Particle": particles,
        "met": rounded(random.exponential(40 * scale, count)),
        "met_phi": rounded(random.uniform(-np.pi, np.pi, count)),
        "ht": rounded(ak.to_numpy(ak.sum(jets["pt"], axis=1))),
        "weight": rounded(random.choice([0.5, 0.5, 0.5, -0.25], count)),
    }


def one(values):
    """One object an event, as Delphes stores what is one value an event."""
    return ak.unflatten(values, np.ones(len(values), dtype=np.int64))


def delphes(events, truth):
    def members(source, names):
        return {new: source[old] for old, new in names.items()}

    four = {"pt": "PT", "eta": "Eta", "phi": "Phi", "mass": "Mass"}
    jets = members(events["Jet"], four)
    jets["Flavor"] = ak.values_astype(events["Jet"]["flavour"], np.uint32)
    # Bit 0 as the default b-tag, bit 1 a tighter one.
    tight = ak.values_astype(events["Jet"]["disc"] > 0.75, np.uint32)
    jets["BTag"] = ak.values_astype(events["Jet"]["disc"] > 0.5, np.uint32) + 2 * tight
    lepton = {"pt": "PT", "eta": "Eta", "phi": "Phi", "charge": "Charge"}
    return {
        "Event": ak.zip({
            "Weight": one(events["weight"]),
            "CrossSection": one(np.full(len(events["weight"]), 12.5, dtype=np.float32))}),
        "Jet": ak.zip(jets),
        "Muon": ak.zip(members(events["Muon"], lepton)),
        "Electron": ak.zip(members(events["Electron"], lepton)),
        **({"Particle": ak.zip(members(events["Particle"], four | {"pid": "PID"}))} if truth else {}),
        "MissingET": ak.zip({"MET": one(events["met"]), "Phi": one(events["met_phi"])}),
        "ScalarHT": ak.zip({"HT": one(events["ht"])}),
    }


def nanoaod(events, truth):
    jets = {name: events["Jet"][name] for name in ["pt", "eta", "phi", "mass"]}
    lepton = ["pt", "eta", "phi", "charge"]
    return {
        "Jet": ak.zip(jets | {"hadronFlavour": events["Jet"]["flavour"], "btagDeepFlavB": events["Jet"]["disc"]}),
        "Muon": ak.zip({name: events["Muon"][name] for name in lepton}),
        "Electron": ak.zip({name: events["Electron"][name] for name in lepton}),
        **({"GenPart": ak.zip({name: events["Particle"][name] for name in ["pt", "eta", "phi", "mass"]}
                              | {"pdgId": events["Particle"]["pid"]})} if truth else {}),
        "MET_pt": events["met"], "MET_phi": events["met_phi"], "LHE_HT": events["ht"],
        "genWeight": events["weight"],
    }


def private(events):
    """In MeV, with names of its own; one branch an object's property."""
    columns = {}
    jets, muons, electrons = events["Jet"], events["Muon"], events["Electron"]
    columns["jet"] = ak.zip({"pt": jets["pt"] * np.float32(1024), "eta": jets["eta"], "score": jets["disc"]})
    for new, old in [("mu", muons), ("el", electrons)]:
        columns[new] = ak.zip({"pt": old["pt"] * np.float32(1024), "q": old["charge"]})
    columns |= {"met_met": events["met"] * np.float32(1024), "mcWeight": events["weight"]}
    return columns


def write(path, tree, columns, counter, field, extra=None):
    with uproot.recreate(path, compression=uproot.ZLIB(9)) as file:
        types = {name: (array.type.content if isinstance(array, ak.Array) else array.dtype)
                 for name, array in columns.items()}
        out = file.mktree(tree, types, counter_name=counter, field_name=field)
        out.extend(columns)
        for name, values in (extra or {}).items():
            file[name] = values


def small(folder):
    random = np.random.default_rng(SEED)
    samples = {"soft": (200, 1.0), "hard": (160, 2.0)}
    for name, (count, scale) in samples.items():
        events = make_events(random, count, scale)
        write(os.path.join(folder, f"{name}-delphes.root"), "Delphes", delphes(events, name == "hard"),
              lambda c: c + "_size", lambda outer, inner: outer if inner == "" else f"{outer}.{inner}")
        weights = events["weight"].astype(np.float64)
        runs = {"genEventCount": np.array([count], dtype=np.int64), "genEventSumw": np.array([weights.sum()]),
                "genEventSumw2": np.array([(weights ** 2).sum()])}
        write(os.path.join(folder, f"{name}-nanoaod.root"), "Events", nanoaod(events, name == "hard"),
              lambda c: "n" + c, lambda outer, inner: outer if inner == "" else f"{outer}_{inner}", {"Runs": runs})
        if name == "hard":
            write(os.path.join(folder, f"{name}-private.root"), "ntuples/data", private(events),
                  lambda c: c + "_n", lambda outer, inner: outer if inner == "" else f"{outer}_{inner}")


def digest(array):
    hash = hashlib.sha256()
    array = ak.Array(array)
    if array.ndim > 1:
        hash.update(ak.to_numpy(ak.num(array)).astype("<i8").tobytes())
        array = ak.flatten(array)
    hash.update(ak.to_numpy(array).astype("<f8").tobytes())
    return hash.hexdigest()[:16]


def delphes_columns(tree):
    get = lambda name: tree[name].array()
    result = {}
    for collection in ["Jet", "FatJet", "GenJet", "Particle", "Electron", "Muon", "Photon"]:
        for new, old in [("pt", "PT"), ("eta", "Eta"), ("phi", "Phi"), ("mass", "Mass"), ("charge", "Charge"),
                         ("flavour", "Flavor"), ("pid", "PID"), ("status", "Status"), ("mother", "M1")]:
            known = {"Jet": "pt eta phi mass charge flavour", "FatJet": "pt eta phi mass", "GenJet": "pt eta phi mass",
                     "Particle": "pt eta phi mass charge pid status mother", "Electron": "pt eta phi charge",
                     "Muon": "pt eta phi charge", "Photon": "pt eta phi"}[collection]
            if new in known.split() and f"{collection}.{old}" in tree.keys(recursive=True, full_paths=False):
                result[f"{collection}_{new}"] = get(f"{collection}.{old}")
    keys = tree.keys(recursive=True, full_paths=False)
    result["Jet_btag"] = get("Jet.BTag") & 1
    if "Jet.TauTag" in keys:
        result["Jet_tautag"] = get("Jet.TauTag") & 1
    for lepton in ["Electron", "Muon"]:
        result[f"{lepton}_positive"] = get(f"{lepton}.Charge") > 0
    for column, branch in [("MissingET_MET", "MissingET.MET"), ("MissingET_phi", "MissingET.Phi"),
                           ("ScalarHT_HT", "ScalarHT.HT"), ("GenMissingET_MET", "GenMissingET.MET"),
                           ("GenMissingET_phi", "GenMissingET.Phi")]:
        if branch in keys:
            result[column] = get(branch)[:, 0]
    result["generator_weight"] = get("Event.Weight")[:, 0]
    return result


def nanoaod_columns(tree):
    keys = set(tree.keys())
    names = {f"{c}_{m}": f"{c}_{m}" for c, members in {
        "Jet": "pt eta phi mass", "FatJet": "pt eta phi mass", "Electron": "pt eta phi charge",
        "Muon": "pt eta phi charge", "Photon": "pt eta phi", "GenJet": "pt eta phi mass"}.items()
        for m in members.split()}
    names |= {f"Particle_{m}": f"GenPart_{m}" for m in ["pt", "eta", "phi", "mass", "status"]}
    names |= {"Particle_pid": "GenPart_pdgId", "Particle_mother": "GenPart_genPartIdxMother",
              "MissingET_MET": "MET_pt", "MissingET_phi": "MET_phi", "GenMissingET_MET": "GenMET_pt",
              "GenMissingET_phi": "GenMET_phi"}
    result = {new: tree[old].array() for new, old in names.items() if old in keys}
    if "Jet_hadronFlavour" in keys:
        result["Jet_flavour"] = tree["Jet_hadronFlavour"].array()
    elif "Jet_partonFlavour" in keys:
        result["Jet_flavour"] = abs(tree["Jet_partonFlavour"].array())
    for lepton in ["Electron", "Muon"]:
        result[f"{lepton}_positive"] = tree[f"{lepton}_charge"].array() > 0
    result["generator_weight"] = tree["genWeight"].array() if "genWeight" in keys else np.ones(tree.num_entries)
    return result


def selected(tree):
    """What a selection of jets and leptons keeps, of the small files in Delphes' layout."""
    get = lambda name: tree[name].array()
    good = (get("Jet.PT") > 30) & (abs(get("Jet.Eta")) < 2.5)
    tags = good & ((get("Jet.BTag") & 1) == 1)
    leptons = ak.sum(get("Muon.PT") > 25, axis=1) + ak.sum(get("Electron.PT") > 25, axis=1)
    passes = (ak.sum(good, axis=1) >= 2) & (ak.sum(tags, axis=1) >= 1) & (leptons >= 1)
    weights = ak.values_astype(get("Event.Weight")[:, 0], np.float64)
    pt = ak.values_astype(get("Jet.PT"), np.float64)
    return {"count": int(ak.sum(passes)), "sumW": float(ak.sum(weights[passes])), "allW": float(ak.sum(weights)),
            "sumOfGoodPt": float(ak.sum(pt[good][passes]))}


def expected(folder, data):
    result = {"columns": {}, "selected": {}}
    files = [(os.path.join(folder, f), None) for f in sorted(os.listdir(folder)) if f.endswith(".root")]
    files += [(os.path.join(data, "root", f), None) for f in
              ["delphes_10ev.root", "nanoAOD_2015_CMS_Open_Data_ttbar.root", "nano_dy.root"]]
    for path, _ in files:
        name = os.path.basename(path)
        file = uproot.open(path)
        if "Delphes" in file:
            tree = file["Delphes"]
            columns = delphes_columns(tree)
            if name.endswith("-delphes.root"):
                result["selected"][name] = selected(tree)
        elif "Events" in file:
            columns = nanoaod_columns(file["Events"])
        else:
            continue
        result["columns"][name] = {column: digest(array) for column, array in sorted(columns.items())}
    print(json.dumps(result, indent=1, sort_keys=True))


if __name__ == "__main__":
    {"small": small, "expected": expected}[sys.argv[1]](*sys.argv[2:])
