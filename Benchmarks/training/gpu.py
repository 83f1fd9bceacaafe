#!/usr/bin/env python3
"""Trains and scores on an NVIDIA GPU, in Searchlight and in PyTorch, in turn, on the same machine.

58 → 352 → 352 → 352 → 1, SELU, alpha-dropout 0.1, weighted cross-entropy, Nadam; float32 without TF32, the sample in the
device's memory, rows gathered for each batch, no number waited for within an epoch. PyTorch runs twice: one kernel after
another ("eager"), and as a CUDA graph of the whole step ("graph"), its fastest way to train small batches.

First both take five full-batch steps without dropout from the same weights, and their losses must agree; then this
program's trainings on the CPU and on the device are compared, and the bytes of two trainings on the device.

usage: gpu.py FOLDER [--quick]
   FOLDER holds the programs searchlight and training-benchmark (Scripts/bundle makes it). Needs a Python with torch 2.11.0 for
   CUDA and safetensors; LIBTORCH is set to its torch. Takes about two minutes.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import torch

COLUMNS = 58
ALL_BATCHES = [64, 256, 1024, 4096, 16384, 65536]
BEGIN = time.perf_counter()


def say(*words):
    print(f"[{time.perf_counter() - BEGIN:6.1f} s]", *words, flush=True)


def run(program, *arguments, limit=60):
    """The program's output; what went wrong is printed and gives None."""
    try:
        done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        say(f"{program.name} {arguments}: not done after {limit} s")
        return None
    if done.returncode != 0:
        say(f"{program.name} {arguments}: exit status {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
        return None
    return done.stdout


def network(dropout):
    layers, width = [], COLUMNS
    for _ in range(3):
        layers += [torch.nn.Linear(width, 352), torch.nn.SELU()]
        if dropout:
            layers.append(torch.nn.AlphaDropout(dropout))
        width = 352
    return torch.nn.Sequential(*layers, torch.nn.Linear(width, 1))


def nadam(net, capturable=False):
    return torch.optim.NAdam(net.parameters(), lr=1e-3, eps=1e-7, momentum_decay=4e-3, capturable=capturable)


def loss_of(net, x, y, w):
    return torch.nn.functional.binary_cross_entropy_with_logits(net(x).reshape(-1), y, weight=w)


def check(program):
    from safetensors.torch import load_file

    with tempfile.TemporaryDirectory() as folder:
        if run(program, "data", folder) is None:
            return
        data = {k: v.cuda() for k, v in load_file(f"{folder}/check.safetensors").items()}
    text = run(program, "check", "cuda")
    if text is None:
        return
    net = network(0).cuda()
    net.load_state_dict({k: v for k, v in data.items() if k not in "xyw"})
    optimiser = nadam(net)
    peer = []
    for _ in range(5):
        optimiser.zero_grad(set_to_none=True)
        loss = loss_of(net, data["x"], data["y"], data["w"])
        loss.backward()
        optimiser.step()
        peer.append(float(loss.detach()))
    for line in text.splitlines():
        name, *losses = line.split()
        worst = max(abs(float(a) - b) for a, b in zip(losses, peer))
        say(f"five full-batch losses, {name}: largest difference from PyTorch's {worst:.1e}",
            "" if worst < 1e-4 else "NOT THE SAME THING")


class Sample:
    def __init__(self, rows):
        torch.manual_seed(1)
        self.rows = rows
        self.x = torch.randn(rows, COLUMNS, device="cuda")
        self.y = (torch.rand(rows, device="cuda") < 0.5).float()
        self.w = 0.5 + torch.rand(rows, device="cuda")


def rate(step, batch, seconds=1.0):
    """Rows a second of step(), which issues one step; the median of three timings."""
    torch.cuda.synchronize()
    count, rates = 20, []
    for _ in range(4):
        start = time.perf_counter()
        for _ in range(count):
            step()
        torch.cuda.synchronize()
        passed = time.perf_counter() - start
        rates.append(count * batch / passed)
        count = max(20, min(3000, int(count * seconds / 3 / passed)))
    return statistics.median(rates[1:])


def order_of(sample, batch):
    """Endless batches of row numbers, in a new order each pass."""
    while True:
        order = torch.randperm(sample.rows, device="cuda")
        for at in range(0, sample.rows - batch + 1, batch):
            yield order[at:at + batch]


def eager(sample, batch):
    net = network(0.1).cuda().train()
    optimiser = nadam(net)
    total = torch.zeros((), device="cuda")
    batches = order_of(sample, batch)

    def step():
        rows = next(batches)
        optimiser.zero_grad(set_to_none=True)
        loss = loss_of(net, sample.x[rows], sample.y[rows], sample.w[rows])
        loss.backward()
        optimiser.step()
        total.add_(loss.detach())

    for _ in range(10):
        step()
    return rate(step, batch)


def graph(sample, batch):
    net = network(0.1).cuda().train()
    optimiser = nadam(net, capturable=True)
    total = torch.zeros((), device="cuda")
    rows = torch.zeros(batch, dtype=torch.long, device="cuda")
    batches = order_of(sample, batch)

    def whole():
        optimiser.zero_grad(set_to_none=True)
        loss = loss_of(net, sample.x[rows], sample.y[rows], sample.w[rows])
        loss.backward()
        optimiser.step()
        total.add_(loss.detach())

    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(5):
            whole()
    torch.cuda.current_stream().wait_stream(side)
    recorded = torch.cuda.CUDAGraph()
    with torch.cuda.graph(recorded):
        whole()

    def step():
        rows.copy_(next(batches))
        recorded.replay()

    return rate(step, batch)


def attempt(what, *arguments):
    try:
        return what(*arguments)
    except Exception as error:  # one way to run PyTorch that fails must not hide the others
        say(f"PyTorch {what.__name__} {arguments[1:]}: {type(error).__name__}: {str(error)[:300]}")
        return float("nan")
    finally:
        torch.cuda.empty_cache()


def training(program, batches):
    ours = {"ours": {}, "plain": {}}
    for rows, some in ((1 << 18, [b for b in batches if b < 4096]), (1 << 20, [b for b in batches if b >= 4096])):
        for kind, name in (("fused", "ours"), ("plain", "plain")):
            chosen = some if kind == "fused" else [b for b in some if b in (1024, 4096, 65536)]
            text = run(program, "rates", "cuda", kind, rows, 4, *chosen) if chosen else ""
            for line in (text or "").splitlines():
                batch, *values = line.split()
                ours[name][int(batch)] = statistics.median(float(v) for v in values[1:] or values)
    say("trained rows a second, whole epochs with order, losses and validation (Searchlight), steps alone (PyTorch)")
    print(f"{'batch':>6} {'Searchlight':>12} {'one by one':>12} {'eager':>12} {'graph':>12} {'to eager':>9} {'to graph':>9}")
    sample = Sample(1 << 20)
    for batch in batches:
        peers = [attempt(eager, sample, batch), attempt(graph, sample, batch)]
        mine, plain = ours["ours"].get(batch, float("nan")), ours["plain"].get(batch, float("nan"))
        print(f"{batch:>6} {mine:12.0f} {plain:12.0f} {peers[0]:12.0f} {peers[1]:12.0f} {mine / peers[0]:9.2f} "
              f"{mine / peers[1]:9.2f}", flush=True)


def scoring(program, rows=1 << 20):
    text = run(program, "answers", "cuda", rows)
    net = network(0).cuda().eval()
    host = torch.rand(rows, COLUMNS)
    there = host.cuda()

    def median(body):
        times = []
        for _ in range(8):
            torch.cuda.synchronize()
            start = time.perf_counter()
            body()
            times.append(time.perf_counter() - start)
        return rows / statistics.median(times[1:])

    def answers(source):
        with torch.inference_mode():
            return torch.cat([net(source[at:at + 65536].cuda()) for at in range(0, rows, 65536)]).cpu()

    for line in (text or "").splitlines():
        say(f"rows scored a second, Searchlight, {line}")
    say(f"rows scored a second, PyTorch eager, from the program's memory: {median(lambda: answers(host)):.0f}")
    say(f"rows scored a second, PyTorch eager, from the device's memory: {median(lambda: answers(there)):.0f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true", help="batches 64, 1024 and 65536 only")
    options = parser.parse_args()
    os.environ.setdefault("LIBTORCH", str(pathlib.Path(torch.__file__).parent))
    os.environ.setdefault("SWIFT_BACKTRACE", "enable=no")
    program = options.folder.resolve() / "training-benchmark"
    torch.backends.cuda.matmul.allow_tf32 = False
    if not torch.cuda.is_available():
        sys.exit("PyTorch finds no CUDA device")
    say(f"PyTorch {torch.__version__}, {torch.cuda.get_device_name()}, {os.cpu_count()} cores, LIBTORCH {os.environ['LIBTORCH']}")
    doctor = options.folder.resolve() / "searchlight"
    if doctor.exists():
        say("doctor:\n" + str(run(doctor, "doctor")))
    check(program)
    text = run(program, "parity", "cuda", limit=90)
    say("trained on the CPU and on the device:\n" + str(text))
    training(program, [64, 1024, 65536] if options.quick else ALL_BATCHES)
    scoring(program)


main()
