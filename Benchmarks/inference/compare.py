#!/usr/bin/env python3
"""Scores events with the same network in ONNX Runtime, PyTorch and Searchlight, in turn, on the same machine.

58 → 352 → 352 → 352 → 1, SELU (arXiv:1912.04220), float32, no dropout. Searchlight's times include its scaler, which is there for
each event, and the making of the network; the peers get scaled events and the batch size of several that is fastest with
them. Outputs must agree to 1e-5 (logits of order one), or nothing is printed.

usage: compare.py [--threads N] [--rounds N] [--events N]     (needs torch, onnx, onnxruntime, safetensors; swift; LibTorch's room)
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("GOMP_SPINCOUNT", "200")
import numpy as np
import onnxruntime
import torch
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).resolve().parent
COLUMNS, UNITS = 58, 352
BATCHES = (512, 1024, 4096, 16384)


def network():
    layers, width = [], COLUMNS
    for _ in range(3):
        layers += [torch.nn.Linear(width, UNITS), torch.nn.SELU()]
        width = UNITS
    net = torch.nn.Sequential(*layers, torch.nn.Linear(width, 1)).eval()
    for layer in net:
        if isinstance(layer, torch.nn.Linear):
            torch.nn.init.normal_(layer.weight, std=layer.in_features**-0.5)
            torch.nn.init.normal_(layer.bias, std=0.1)
    return net


def timed(score, x, batch):
    start = time.perf_counter()
    outputs = [score(x[at:at + batch]) for at in range(0, len(x), batch)]
    return len(x) / (time.perf_counter() - start), np.concatenate([np.asarray(o) for o in outputs])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--events", type=int, default=262144)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    net, x = network(), torch.randn(options.events, COLUMNS)
    subprocess.run(["swift", "build", "-c", "release"], cwd=HERE, check=True, stdout=sys.stderr)
    binary = str(HERE / ".build/release/inference-benchmark")
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        save_file({**{k: v.contiguous() for k, v in net.state_dict().items()}, "x": x}, f"{folder}/data.safetensors")
        torch.onnx.export(net, (x[:2],), f"{folder}/net.onnx", dynamo=False, input_names=["x"],
                          dynamic_axes={"x": {0: "batch"}})
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = options.threads
        session = onnxruntime.InferenceSession(f"{folder}/net.onnx", settings, providers=["CPUExecutionProvider"])
        peers = {"ONNX Runtime": (lambda b: session.run(None, {"x": b})[0], x.numpy()),
                 "PyTorch": (lambda b: net(b), x)}
        best = {name: max(BATCHES, key=lambda size: max(timed(score, values[:65536], size)[0] for _ in range(3)))
                for name, (score, values) in peers.items()}
        kinds = {"Searchlight": {}, "Searchlight without tiles": {"SEARCHLIGHT_TILES": "off"}}
        rates, outputs = {name: [] for name in [*peers, *kinds]}, {}
        for _ in range(options.rounds):
            for name, (score, values) in peers.items():
                rate, outputs[name] = timed(score, values, best[name])
                rates[name].append(rate)
            for name, extra in kinds.items():
                run = subprocess.run([binary, folder, "1", str(options.threads)], check=True, capture_output=True,
                                     text=True, env=os.environ | extra)
                rates[name].append(float(run.stdout))
                outputs[name] = np.fromfile(f"{folder}/outputs.f32", np.float32).reshape(-1, 1)
        exact = net.double()(x[:16384].double()).numpy()
    worst = {name: np.abs(values - outputs["ONNX Runtime"]).max() for name, values in outputs.items()}
    if not max(worst.values()) < 1e-5:
        sys.exit(f"they do not compute the same thing: largest differences {worst}")
    print(f"ONNX Runtime {onnxruntime.__version__}, PyTorch {torch.__version__}, {options.threads} threads, "
          f"{options.events} events, medians of {options.rounds} alternating runs, load average {os.getloadavg()[0]:.1f}; "
          f"batches of {best}")
    middle = {name: statistics.median(values) for name, values in rates.items()}
    print(f"{'':26}  events/s  slowest  fastest  to ONNX Runtime  largest error against double precision")
    for name, rate in middle.items():
        error = np.abs(outputs[name][:16384] - exact).max()
        print(f"{name:26}  {rate:8.0f}  {min(rates[name]):7.0f}  {max(rates[name]):7.0f}  "
              f"{rate / middle['ONNX Runtime']:15.2f}  {error:.1e}")


main()
