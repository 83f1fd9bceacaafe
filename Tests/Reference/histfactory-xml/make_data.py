"""What pyhf makes of HistFactory's XML, and its CLs.

    pip install pyhf==0.7.6 numpy==2.4.6 scipy==1.17.1 iminuit==2.33.0 uproot==5.7.7
    python make_data.py [FOLDER of ROOT's example: config/example.xml and data/example.root, ...]

Writes data/histograms.root, histograms.json (the same), and answers.json: of config/combination.xml the workspace of
`pyhf xml2json` and CLs of each measurement. With a FOLDER also those of its models, of whose histograms sums are kept; without
it, the answers that are there stay.
"""
import json
import logging
import os
import sys

import numpy as np
import pyhf
import pyhf.readxml
import uproot

HERE = os.path.dirname(os.path.abspath(__file__))
logging.getLogger("pyhf").setLevel(logging.ERROR)
pyhf.set_backend("numpy", custom_optimizer=pyhf.optimize.minuit_optimizer(tolerance=1e-4, strategy=2))


def histogram(contents, squares, kind):
    contents, squares = np.asarray(contents, dtype=kind), np.asarray(squares, float)
    edges = (0.0, float(len(contents)))
    axis = uproot.writing.identify.to_TAxis(
        fName="xaxis", fTitle="", fNbins=len(contents), fXmin=edges[0], fXmax=edges[1])
    padded = np.concatenate([[3], contents, [5]]).astype(kind)
    return uproot.writing.identify.to_TH1x(
        fName="", fTitle="", data=padded, fEntries=7.0, fTsumw=float(contents.sum()), fTsumw2=float(squares.sum()),
        fTsumwx=0.0, fTsumwx2=0.0, fSumw2=np.concatenate([[3.0], squares, [5.0]]) if len(squares) else np.array([]),
        fXaxis=axis)


def write():
    """Single and double precision, with and without squares of weights, full under- and overflows."""
    os.makedirs(os.path.join(HERE, "data"), exist_ok=True)
    entries = {
        "SR/data": ([62, 41, 25], [], "f4"), "CR/data": ([210, 160, 140], [], "f8"),
        "SR/signal": ([4.2, 7.7, 5.1], [0.2, 0.3, 0.25], "f4"), "SR/signal_relative": ([0.05, 0.04, 0.1], [], "f8"),
        "SR/top": ([30.5, 14.25, 6.125], [2.5, 1.75, 0.5], "f8"),
        "SR/top_jes_up": ([33.0, 16.0, 7.5], [], "f8"), "SR/top_jes_down": ([29.0, 13.0, 5.25], [], "f8"),
        "SR/fakes": ([8.0, 6.0, 3.0], [], "f4"), "SR/fakes_relative": ([0.2, 0.25, 0.3], [], "f8"),
        "flat": ([10.0, 10.0, 10.0], [], "f8"), "CR/top": ([190.0, 148.0, 131.0], [10, 9, 8], "f8"),
    }
    with uproot.recreate(os.path.join(HERE, "data", "histograms.root")) as file:
        for name, entry in entries.items():
            file[name] = histogram(*entry)
    dump({"data/histograms.root": os.path.join(HERE, "data", "histograms.root")}, "histograms.json")


def dump(files, name):
    result = {}
    for path, place in files.items():
        found = uproot.open(place)
        result[path] = {
            key: {"contents": found[key].values().astype(float).tolist(),
                  "squares": found[key].variances().astype(float).tolist()}
            for key, kind in found.classnames(cycle=False).items() if kind.startswith("TH1")}
    with open(os.path.join(HERE, name), "w") as file:
        json.dump(result, file, indent=1)


def tests(document):
    workspace = pyhf.Workspace(document)
    result = {}
    for measurement in document["measurements"]:
        model = workspace.model(measurement_name=measurement["name"])
        if model.config.suggested_bounds()[model.config.poi_index][0] > 0:
            continue  # no background-only hypothesis
        observed, band = pyhf.infer.hypotest(1.0, workspace.data(model), model, test_stat="qtilde", return_expected_set=True)
        result[measurement["name"]] = [float(observed)] + [float(value) for value in band]
    return result


def sums(document):
    """Names with the sums of their numbers, in the document's order."""
    def total(data):
        values = data.values() if isinstance(data, dict) else [data]
        return float(sum(np.sum(value) for value in values if value is not None))

    result = [[observation["name"], total(observation["data"])] for observation in document["observations"]]
    for channel in document["channels"]:
        for sample in channel["samples"]:
            result.append([f"{channel['name']}/{sample['name']}", total(sample["data"])])
            for modifier in sample["modifiers"]:
                result.append([f"{sample['name']}/{modifier['type']}/{modifier['name']}", total(modifier["data"])])
    return result


if __name__ == "__main__":
    write()
    place = os.path.join(HERE, "answers.json")
    answers = json.load(open(place)) if os.path.exists(place) else {}
    document = pyhf.readxml.parse(os.path.join(HERE, "config", "combination.xml"), HERE)
    answers["versions"] = {"pyhf": pyhf.__version__, "uproot": uproot.__version__}
    answers["all"] = {"workspace": document, "CLs": tests(document)}
    if len(sys.argv) > 1:
        for name in ("example", "examples/example_ShapeSys", "examples/example_DataDriven"):
            pyhf.readxml.clear_filecache()
            document = pyhf.readxml.parse(os.path.join(sys.argv[1], "config", name + ".xml"), sys.argv[1])
            answers[name] = {"sums": sums(document), "measurements": document["measurements"], "CLs": tests(document)}
    with open(place, "w") as file:
        json.dump(answers, file, indent=1)
    for name, answer in answers.items():
        print(name, answer.get("CLs"))
