"""Reference jets by the Python package `fastjet` for FastJet's own example event.

    pip install fastjet numpy
    python make_data.py        # writes single-event-jets.json beside this file

No random numbers. The versions used are written into the file.
"""
import importlib.metadata
import json
from pathlib import Path

import fastjet

here = Path(__file__).parent
rows = [[float(x) for x in line.split()] for line in (here / "single-event.dat").read_text().splitlines() if line.strip()]
event = [fastjet.PseudoJet(*row) for row in rows]
for i, p in enumerate(event):
    p.set_user_index(i)

ALGORITHMS = {"kt": fastjet.kt_algorithm, "cambridgeAachen": fastjet.cambridge_algorithm, "antiKt": fastjet.antikt_algorithm}
SCHEMES = {"energy": fastjet.E_scheme, "pt": fastjet.pt_scheme, "winnerTakesAll": fastjet.WTA_pt_scheme}


def describe(jet):
    return {
        "momentum": [jet.px(), jet.py(), jet.pz(), jet.E()],
        "constituents": sorted(p.user_index() for p in jet.constituents()),
    }


def by_pt(jets):
    return sorted(jets, key=lambda j: -j.pt())


result = {"fastjet": importlib.metadata.version("fastjet"), "inclusive": [], "exclusive": [], "trimmed": []}
for name, algorithm in ALGORITHMS.items():
    for scheme_name, scheme in SCHEMES.items():
        for radius in (0.4, 1.0):
            sequence = fastjet.ClusterSequence(event, fastjet.JetDefinition(algorithm, radius, scheme))
            result["inclusive"].append(
                {"algorithm": name, "scheme": scheme_name, "radius": radius, "ptMin": 5.0,
                 "jets": [describe(j) for j in by_pt(sequence.inclusive_jets(5.0))]})
sequence = fastjet.ClusterSequence(event, fastjet.JetDefinition(fastjet.kt_algorithm, 0.7))
for count in (2, 4):
    result["exclusive"].append({"radius": 0.7, "count": count, "jets": [describe(j) for j in by_pt(sequence.exclusive_jets(count))]})

# Trimming by FastJet's own Filter.
trimmer = fastjet.Filter(fastjet.JetDefinition(fastjet.kt_algorithm, 0.2), fastjet.SelectorPtFractionMin(0.05))
sequence = fastjet.ClusterSequence(event, fastjet.JetDefinition(fastjet.antikt_algorithm, 0.8))
for jet in by_pt(sequence.inclusive_jets(20.0)):
    result["trimmed"].append(describe(trimmer(jet)))


def rounded(x):
    if isinstance(x, float):
        return float(f"{x:.12g}")
    if isinstance(x, list):
        return [rounded(y) for y in x]
    if isinstance(x, dict):
        return {k: rounded(v) for k, v in x.items()}
    return x


(here / "single-event-jets.json").write_text(json.dumps(rounded(result), indent=None, separators=(",", ":")) + "\n")
