"""Reference answers by pyhf for the operations on workspaces.

Run in a virtual environment with pyhf==0.7.6:
    python make_data.py [FOLDER of the 3L likelihood: BkgOnly.json and patchset.json]

Reads ../pyhf/workspace_all_modifiers.json and two small workspaces of its own, right.json and integers.json, which it
writes; writes answers.json: for each operation the document or its digest, or the words of pyhf's refusal. With a FOLDER
answers of the 3L files are made anew too; without, those that are there stay.
"""
import copy
import json
import logging
import os
import subprocess
import sys
import tempfile

import pyhf

HERE = os.path.dirname(os.path.abspath(__file__))
ALL = os.path.join(HERE, "..", "pyhf", "workspace_all_modifiers.json")
JOINS = ["none", "outer", "left outer", "right outer"]
logging.getLogger("pyhf").setLevel(logging.ERROR)


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def write(name, document):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1, ensure_ascii=False)
        file.write("\n")


def integers():
    """Numbers written as integers, names beyond ASCII, lists out of order."""
    return {
        "version": "1.0.0",
        "observations": [{"data": [12, 7], "name": "Z"}, {"name": "e\u0301", "data": [3.0]}],
        "measurements": [
            {"name": "second", "config": {"poi": "µ", "parameters": [{"name": "µ", "bounds": [[0, 5]], "inits": [1]}]}},
            {"name": "first", "config": {"poi": "µ", "parameters": []}},
        ],
        "channels": [
            {"name": "Z", "samples": [
                {"name": "signal", "data": [1, 2.50], "modifiers": [
                    {"type": "normfactor", "data": None, "name": "µ"},
                    {"type": "normsys", "data": {"lo": 1, "hi": 1.1e0}, "name": "b"},
                    {"type": "histosys", "data": {"lo_data": [1, 2], "hi_data": [1, 3]}, "name": "b"}]},
                {"name": "Background", "data": [10, 1e-5], "modifiers": [
                    {"type": "shapesys", "data": [2, 0], "name": "a"}]}]},
            {"name": "e\u0301", "samples": [
                {"name": "signal", "data": [5e0], "modifiers": [{"name": "µ", "type": "normfactor", "data": None}]}]},
        ],
    }


def right(left):
    """Another workspace: one channel as in `left`, one that differs, one of its own; the measurement with other settings."""
    other = copy.deepcopy(left)
    by_name = {channel["name"]: channel for channel in other["channels"]}
    changed = by_name["control_region"]
    changed["samples"][0]["data"][1] = 161.0
    changed["samples"].append({"name": "extra", "data": [1.0, 2.0], "modifiers": []})
    other["channels"] = [
        by_name["multijet_region"], changed,
        {"name": "validation_region", "samples": [{"name": "main", "data": [9.0], "modifiers": [
            {"name": "norm_main", "type": "normfactor", "data": None}]}]},
    ]
    observed = {item["name"]: item for item in other["observations"]}
    other["observations"] = [
        observed["multijet_region"], observed["control_region"], {"name": "validation_region", "data": [8]}]
    settings = other["measurements"][0]["config"]["parameters"]
    other["measurements"][0]["config"]["parameters"] = [settings[2], {"name": "norm_main", "bounds": [[0, 5]]}]
    other["measurements"].append({"name": "own", "config": {"poi": "norm_main", "parameters": []}})
    return other


def attempt(operation):
    """A digest, or pyhf's refusal."""
    try:
        return {"digest": pyhf.utils.digest(operation())}
    except Exception as error:
        return {"error": type(error).__name__, "message": str(error).splitlines()[0][:200]}


def combinations(left, other):
    result = []
    for join in JOINS:
        for merging in [False, True]:
            result.append({
                "join": join, "mergingChannels": merging,
                "answer": attempt(lambda: pyhf.Workspace.combine(left, other, join=join, merge_channels=merging))})
    return result


def inspect(path):
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out.json")
        pyhf_program = os.path.join(os.path.dirname(sys.executable), "pyhf")
        subprocess.run([pyhf_program, "inspect", path, "--output-file", out], check=True, stdout=subprocess.DEVNULL)
        return read(out)


def operations(workspace, prunings, renamings):
    return {
        "digest": pyhf.utils.digest(workspace),
        "sorted": pyhf.utils.digest(pyhf.Workspace.sorted(workspace)),
        "pruned": [{"arguments": a, "answer": attempt(lambda: workspace.prune(**a))} for a in prunings],
        "renamed": [{"arguments": a, "answer": attempt(lambda: workspace.rename(**a))} for a in renamings],
    }


def main():
    write("integers.json", integers())
    left = pyhf.Workspace(read(ALL))
    write("right.json", right(dict(left)))
    other = pyhf.Workspace(read(os.path.join(HERE, "right.json")))
    whole = pyhf.Workspace(read(os.path.join(HERE, "integers.json")))
    # Only what differs: the outer join of these has no conflict.
    agreeing = other.prune(channels=["control_region"])
    old = read(os.path.join(HERE, "answers.json")) if os.path.exists(os.path.join(HERE, "answers.json")) else {}
    answers = {
        "pyhf": pyhf.__version__,
        "workspace_all_modifiers": operations(
            left,
            [
                {"channels": ["control_region"]}, {"channels": ["control_region", "signal_region"]},
                {"samples": ["fakes", "rare"]}, {"modifiers": ["shared"]}, {"modifiers": ["lumi", "off"]},
                {"modifier_types": ["staterror", "shapesys"]}, {"modifier_types": ["normsys"], "samples": ["rare"]},
                {"modifiers": ["mu"]}, {"samples": ["multijet"]}, {"measurements": ["all"]},
                {"channels": ["nowhere"]}, {"samples": ["nothing"]}, {"modifiers": ["none"]},
                {"modifier_types": ["normfactors"]}, {"measurements": ["no"]}, {},
            ],
            [
                {"channels": {"control_region": "CR"}}, {"samples": {"main": "top", "rare": "other"}},
                {"modifiers": {"mu": "mu_signal", "shared": "jes"}}, {"measurements": {"all": "everything"}},
                {"modifiers": {"off": "on", "stat_SR": "statistics"}, "channels": {"signal_region": "SR"}},
                {"channels": {"main": "x"}}, {"modifiers": {"control_region": "x"}}, {"measurements": {"mu": "x"}},
                {"samples": {"mu": "x"}},
                # A swap is one step.
                {"samples": {"fakes": "rare", "rare": "fakes"}},
            ]),
        "integers": operations(
            whole, [{"channels": ["Z"]}, {"measurements": ["first"]}, {"modifier_types": ["normsys"]}],
            [{"modifiers": {"µ": "mu"}}, {"channels": {"e\u0301": "Z\u0301"}}]),
        "combined": combinations(left, other),
        "combinedAgreeing": combinations(left, agreeing),
        "combinedApart": combinations(left, whole),
        "inspected": {
            "workspace_all_modifiers": inspect(ALL), "integers": inspect(os.path.join(HERE, "integers.json"))},
        "3L": old.get("3L"),
    }
    if len(sys.argv) > 1:
        background = read(os.path.join(sys.argv[1], "BkgOnly.json"))
        patches = pyhf.PatchSet(read(os.path.join(sys.argv[1], "patchset.json")))
        three = []
        for patch in list(patches)[::16]:
            workspace = pyhf.Workspace(patches.apply(background, patch.name))
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "w.json")
                with open(path, "w") as file:
                    json.dump(workspace, file)
                found = inspect(path)
            three.append({
                "patch": patch.name,
                **operations(
                    workspace,
                    [{"channels": ["SRISR_cuts"]}, {"modifier_types": ["staterror"]}, {"modifiers": ["lumi"]}],
                    [{"channels": {"SRlow_cuts": "SR"}, "modifiers": {"mu_SIG": "mu"}}]),
                "inspected": pyhf.utils.digest(found),
                "combined": combinations(workspace, whole),
            })
        answers["3L"] = three
    write("answers.json", answers)


main()
