"""Reference values of expressions: a small table of events and what awkward and numpy make of it.

    python make_data.py > expressions.json

Made with awkward 2.14.0, numpy 2.4.6, vector 1.9.0, seed 20240607. Columns are rounded to float32 and all arithmetic is
done in float64, as the expression language does it.
"""
import json

import awkward as ak
import numpy as np
import vector

vector.register_awkward()
rng = np.random.default_rng(20240607)
ROWS = 60


def collection(largest, fields):
    counts = rng.integers(0, largest + 1, ROWS)
    arrays = {}
    for name, make in fields.items():
        values = np.float32(make(counts.sum())).astype(np.float64)
        arrays[name] = ak.unflatten(values, counts)
    order = ak.argsort(arrays["pt"], ascending=False)
    return ak.zip({name: array[order] for name, array in arrays.items()})


def pt(n):
    return 20 + rng.exponential(60, n)


def eta(n):
    return rng.uniform(-4, 4, n)


def phi(n):
    return rng.uniform(-np.pi, np.pi, n)


J = collection(6, {"pt": pt, "eta": eta, "phi": phi, "mass": lambda n: rng.uniform(0, 30, n),
                   "btag": lambda n: rng.integers(0, 2, n)})
M = collection(3, {"pt": pt, "eta": eta, "phi": phi, "mass": lambda n: np.full(n, 0.10566)})
E = collection(2, {"pt": pt, "eta": eta, "phi": phi, "mass": lambda n: np.full(n, 0.000511)})
met = np.float32(rng.exponential(80, ROWS)).astype(np.float64)
met_phi = np.float32(phi(ROWS)).astype(np.float64)
weight = rng.uniform(0.1, 2, ROWS)


def at(array, index, missing=0.0):
    return ak.to_numpy(ak.fill_none(ak.firsts(array[:, index:index + 1]), missing))


def or_zero(array):
    return ak.to_numpy(ak.fill_none(array, 0.0))


def wrapped(difference):
    return np.arctan2(np.sin(difference), np.cos(difference))


def momentum(c, index):
    return vector.array({"pt": at(c.pt, index), "eta": at(c.eta, index), "phi": at(c.phi, index),
                         "mass": at(c.mass, index)})


def clipped_mass(four):
    return np.sqrt(np.maximum(0, four.E**2 - four.px**2 - four.py**2 - four.pz**2))


central = (J.pt > 30) & (abs(J.eta) < 2.5)
good = J[central]
L = ak.concatenate([E, M], axis=1)
L = L[ak.argsort(L.pt, ascending=False, stable=True)]

expected = {
    "count(Jet_btag)": ak.sum(J.btag, axis=1),
    "count(Jet_pt > 30 and abs(Jet_eta) < 2.5)": ak.sum(central, axis=1),
    "sum(Jet_pt)": ak.sum(J.pt, axis=1),
    "sum(Jet_pt[Jet_pt > 30 and abs(Jet_eta) < 2.5])": ak.sum(good.pt, axis=1),
    "max(Jet_mass)": or_zero(ak.max(J.mass, axis=1)),
    "min(Jet_eta)": or_zero(ak.min(J.eta, axis=1)),
    "mean(Jet_pt)": np.nan_to_num(or_zero(ak.mean(J.pt, axis=1))),  # awkward: 0/0 where there are none
    "any(Jet_btag and Jet_pt > 100)": ak.any((J.btag != 0) & (J.pt > 100), axis=1),
    "all(abs(Jet_eta) < 2.5)": ak.all(abs(J.eta) < 2.5, axis=1),
    "Jet_pt[2]": at(J.pt, 2),
    "Jet_eta[0] ?? -9": at(J.eta, 0, -9.0),
    "Jet_pt[Jet_btag][1]": at(J.pt[J.btag != 0], 1),
    "sum(Jet_pt * sinh(Jet_eta))": ak.sum(J.pt * np.sinh(J.eta), axis=1),
    "sum(Jet_pt * cos(Jet_phi - MissingET_phi)) / MissingET_MET": ak.sum(J.pt * np.cos(J.phi - met_phi), axis=1) / met,
    "count(Jet_pt > MissingET_MET)": ak.sum(J.pt > met, axis=1),
    "sqrt(MissingET_MET) * log(weight) - exp(-weight) / 2 ** 3": np.sqrt(met) * np.log(weight) - np.exp(-weight) / 8,
    "atan2(Jet_phi[0], hypot(weight, 2)) + tan(weight / 3)": np.arctan2(at(J.phi, 0), np.hypot(weight, 2)) + np.tan(weight / 3),
    "deltaPhi(Jet_phi[0], MissingET_phi)": wrapped(at(J.phi, 0) - met_phi),
    "min(abs(deltaPhi(Jet_phi, MissingET_phi)))": or_zero(ak.min(abs(wrapped(J.phi - met_phi)), axis=1)),
    "deltaR(Jet_eta[0], Jet_phi[0], Jet_eta[1], Jet_phi[1])":
        np.hypot(at(J.eta, 0) - at(J.eta, 1), wrapped(at(J.phi, 0) - at(J.phi, 1))),
    "mass(Jet_pt[0], Jet_eta[0], Jet_phi[0], Jet_mass[0], Jet_pt[1], Jet_eta[1], Jet_phi[1], Jet_mass[1])":
        clipped_mass(momentum(J, 0) + momentum(J, 1)),
    "mass(Muon_pt[0], Muon_eta[0], Muon_phi[0], Muon_mass[0], Jet_pt[0], Jet_eta[0], Jet_phi[0], Jet_mass[0])":
        clipped_mass(momentum(M, 0) + momentum(J, 0)),
    "count(Jet_btag) >= 1 and sum(Jet_pt) > 200 or not MissingET_MET < 150":
        ((ak.sum(J.btag, axis=1) >= 1) & (ak.sum(J.pt, axis=1) > 200)) | ~(met < 150),
    "sum(good_pt)": ak.sum(good.pt, axis=1),
    "good_mass[1]": at(good.mass, 1),
    "nJet": ak.num(J),
    "leptons_pt[0]": at(L.pt, 0),
    "leptons_eta[1]": at(L.eta, 1),
    "count(leptons_pt > 40 GeV)": ak.sum(L.pt > 40, axis=1),
    "sorted(Jet_eta)[0]": at(J.eta[ak.argsort(J.eta, ascending=False)], 0),
    "sorted(Jet_pt, abs(Jet_eta))[1]": at(J.pt[ak.argsort(abs(J.eta), ascending=False, stable=True)], 1),
    "sum(leading(Jet_pt, 3))": ak.sum(J.pt[:, :3], axis=1),
    "sum(where(Jet_btag, Jet_pt, -Jet_mass))": ak.sum(ak.where(J.btag != 0, J.pt, -J.mass), axis=1),
    "transverseMass(Muon_pt[0], Muon_phi[0], MissingET_MET, MissingET_phi)":
        np.sqrt(2 * at(M.pt, 0) * met * (1 - np.cos(at(M.phi, 0) - met_phi))),
}

jagged = {}
for name, c in {"Jet": J, "Muon": M, "Electron": E}.items():
    for field in c.fields:
        jagged[f"{name}_{field}"] = {"values": ak.to_list(ak.flatten(c[field])), "counts": ak.to_list(ak.num(c))}
print(json.dumps({
    "flat": {"MissingET_MET": met.tolist(), "MissingET_phi": met_phi.tolist(), "weight": weight.tolist()},
    "jagged": jagged,
    "expected": {text: np.asarray(ak.to_numpy(values), dtype=np.float64).tolist() for text, values in expected.items()},
}, indent=0))
