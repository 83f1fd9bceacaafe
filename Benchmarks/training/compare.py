#!/usr/bin/env python3
"""Trains the same network in PyTorch and in Searchlight, in turn, on the same machine.

58 → 352 → 352 → 352 → 1, SELU, alpha-dropout 0.1, weighted cross-entropy, Nadam; float32, rows gathered for each batch.
First both take five full-batch steps without dropout from the same weights, and their losses must agree; then each
batch size is timed in alternating runs, and medians and their ratio are printed. In the same alternation the machine's
float32 matrix product is timed (2048 × 2048 × 2048, PyTorch's, as many threads): the last column is the part of it that
the fused training reaches, a row costing the multiplications and additions of its forward pass, its backward pass
and its weights' gradients, and nothing for all else.

usage: compare.py [--threads N] [--rounds N] [--program FILE] [BATCH ...]
   needs torch, safetensors; swift; LibTorch's room. On a machine that does other work, chrt -f 10 before it keeps the
   others off the cores for the two to three seconds of a run.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

# As the program sets it for itself: without it both starve on a machine that does other work too.
os.environ.setdefault("GOMP_SPINCOUNT", "200")
import torch
from safetensors.torch import load_file

HERE = pathlib.Path(__file__).resolve().parent
ROWS, COLUMNS = 40960, 58


def network(dropout):
    layers, width = [], COLUMNS
    for _ in range(3):
        layers += [torch.nn.Linear(width, 352), torch.nn.SELU()]
        if dropout:
            layers.append(torch.nn.AlphaDropout(dropout))
        width = 352
    return torch.nn.Sequential(*layers, torch.nn.Linear(width, 1))


def nadam(net):
    return torch.optim.NAdam(net.parameters(), lr=1e-3, eps=1e-7, momentum_decay=4e-3)


def step(net, optimiser, x, y, w):
    optimiser.zero_grad(set_to_none=True)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(net(x).reshape(-1), y, weight=w)
    loss.backward()
    optimiser.step()
    return loss


def check(binary):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([binary, "data", folder], check=True)
        data = load_file(f"{folder}/check.safetensors")
    ours = {}
    for line in subprocess.run([binary, "check"], check=True, capture_output=True, text=True).stdout.splitlines():
        name, *losses = line.split()
        ours[name] = [float(v) for v in losses]
    net = network(0)
    # Without dropout our places are 0, 2, 4, 6, as PyTorch's.
    net.load_state_dict({k: v for k, v in data.items() if k not in "xyw"})
    optimiser = nadam(net)
    peer = [float(step(net, optimiser, data["x"], data["y"], data["w"]).detach()) for _ in range(5)]
    worst = max(abs(a - b) for losses in ours.values() for a, b in zip(losses, peer))
    print(f"five full-batch losses: PyTorch {[round(v, 6) for v in peer]}; largest difference {worst:.1e}")
    if not worst < 1e-4:
        sys.exit("the two do not compute the same thing")


def time_pytorch(batch, epochs=2):
    torch.manual_seed(1)
    x, y, w = torch.randn(ROWS, COLUMNS), (torch.rand(ROWS) < 0.5).float(), 0.5 + torch.rand(ROWS)
    net = network(0.1).train()
    optimiser = nadam(net)
    rates = []
    for _ in range(epochs + 1):
        start = time.perf_counter()
        order = torch.randperm(ROWS)
        total = 0.0
        for at in range(0, ROWS, batch):
            rows = order[at:at + batch]
            total += float(step(net, optimiser, x[rows], y[rows], w[rows]).detach())
        rates.append(ROWS / (time.perf_counter() - start))
    return statistics.median(rates[1:])


def product_rate(size=2048, times=4):
    a, b, out = torch.randn(size, size), torch.randn(size, size), torch.empty(size, size)
    torch.mm(a, b, out=out)
    start = time.perf_counter()
    for _ in range(times):
        torch.mm(a, b, out=out)
    return times * 2 * size**3 / (time.perf_counter() - start)


def operations_per_row():
    widths = [COLUMNS, 352, 352, 352, 1]
    pairs = [a * b for a, b in zip(widths, widths[1:])]
    # Forward, gradients of weights, gradients of inputs; those of the features are not needed.
    return 2 * (3 * sum(pairs) - pairs[0])


def time_ours(binary, batch, kind, threads, epochs=2):
    out = subprocess.run([binary, "time", str(batch), str(epochs), kind, str(threads)], check=True, capture_output=True,
                         text=True).stdout
    return statistics.median(float(v) for v in out.split())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--program", help="training-benchmark, built already")
    parser.add_argument("batches", type=int, nargs="*", default=[64, 256, 1024, 4096])
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    binary = options.program or str(HERE / ".build/release/training-benchmark")
    if not options.program:
        subprocess.run(["swift", "build", "-c", "release"], cwd=HERE, check=True, stdout=sys.stderr)
    print(f"PyTorch {torch.__version__}, {options.threads} threads, medians of {options.rounds} alternating runs, "
          f"load average {os.getloadavg()[0]:.1f}")
    check(binary)
    print("batch  PyTorch/s  plain/s  fused/s  fused to PyTorch  product GFLOP/s  of the product")
    for batch in options.batches or [64, 256, 1024, 4096]:
        rates = {"pytorch": [], "plain": [], "fused": [], "product": []}
        for _ in range(options.rounds):
            rates["product"].append(product_rate())
            rates["pytorch"].append(time_pytorch(batch))
            for kind in ("plain", "fused"):
                rates[kind].append(time_ours(binary, batch, kind, options.threads))
        middle = {name: statistics.median(values) for name, values in rates.items()}
        print(f"{batch:5d}  {middle['pytorch']:9.0f}  {middle['plain']:7.0f}  {middle['fused']:7.0f}  "
              f"{middle['fused'] / middle['pytorch']:16.2f}  {middle['product'] / 1e9:15.0f}  "
              f"{middle['fused'] * operations_per_row() / middle['product']:14.2f}", flush=True)


main()
