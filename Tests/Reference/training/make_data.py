#!/usr/bin/env python3
"""Reference numbers of PyTorch for networks, gradients, Nadam and safetensors files.

Command: python3 make_data.py        (torch 2.11.0 on a CPU, safetensors 0.8.0, numpy 2.4.6; seed 20, one thread)
Writes training.json and pytorch.safetensors beside itself; prints a file of ours when given --read FILE;
checks searchlight.safetensors when given --check FILE.
"""
import json
import sys

import torch
from safetensors.torch import load_file, save_file

if len(sys.argv) == 3 and sys.argv[1] == "--read":
    for name, tensor in sorted(load_file(sys.argv[2]).items()):
        print(name, list(tensor.shape), tensor.flatten().tolist())
    sys.exit(0)

if len(sys.argv) == 3 and sys.argv[1] == "--check":
    expected = {
        "0.weight": torch.arange(6).reshape(2, 3) / 4, "0.bias": torch.tensor([-1.0, 1e-3]), "empty": torch.empty(0, 4),
        "block.2.weight": torch.tensor([[[torch.finfo(torch.float32).max, 2.0**-149]], [[-0.0, 3.0]]]),
        "scale": torch.tensor(1 / 3),
    }
    found = load_file(sys.argv[2])
    assert set(found) == set(expected), sorted(found)
    for name, tensor in expected.items():
        assert found[name].dtype == torch.float32 and found[name].shape == tensor.shape, name
        # Bit by bit: a negative zero is not a zero.
        assert torch.equal(found[name].view(torch.int32), tensor.view(torch.int32)), name
    print(f"{sys.argv[2]}: {len(expected)} tensors agree")
    sys.exit(0)

torch.manual_seed(20)
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
ACTIVATIONS = {
    "selu": torch.nn.SELU(), "relu": torch.nn.ReLU(), "tanh": torch.nn.Tanh(), "sigmoid": torch.nn.Sigmoid(),
    "silu": torch.nn.SiLU(), "leakyRelu": torch.nn.LeakyReLU(0.1), "elu": torch.nn.ELU(0.7),
}
x = torch.randn(24, 5).float().double()
y = (torch.rand(24) < 0.4).double()
w = (0.2 + torch.rand(24)).float().double()


def flat(t):
    return [float(v) for v in t.detach().flatten()]


def network(activation):
    net = torch.nn.Sequential(
        torch.nn.Linear(5, 7), activation, torch.nn.Linear(7, 6), activation, torch.nn.Linear(6, 1))
    for p in net.parameters():
        p.data = p.data.float().double()
    return net


def case(name, activation):
    net = network(activation)
    start = {k: flat(v) for k, v in net.state_dict().items()}
    shapes = {k: list(v.shape) for k, v in net.state_dict().items()}
    layers, h = [], x
    for layer in net:
        h = layer(h)
        layers.append(flat(h))
    loss_of = torch.nn.BCEWithLogitsLoss(weight=w, reduction="mean")
    loss_of(net(x).reshape(-1), y).backward()
    gradients = {k: flat(p.grad) for k, p in net.named_parameters()}
    optimiser = torch.optim.NAdam(net.parameters(), lr=1e-2, betas=(0.9, 0.999), eps=1e-7, momentum_decay=4e-3)
    losses = []
    for _ in range(5):
        optimiser.zero_grad()
        loss = loss_of(net(x).reshape(-1), y)
        losses.append(float(loss.detach()))
        loss.backward()
        optimiser.step()
    return {"name": name, "shapes": shapes, "start": start, "layers": layers, "gradients": gradients,
            "losses": losses, "end": {k: flat(v) for k, v in net.state_dict().items()}}


def optimiser_trace(make):
    p = torch.nn.Parameter(torch.tensor([1.0, -0.5, 0.25]))
    optimiser = make([p])
    trace = []
    for step in range(6):
        optimiser.zero_grad()
        (0.5 * p * p + 0.1 * (step + 1) * p).sum().backward()
        optimiser.step()
        trace.append(flat(p))
    return trace


data = {
    "torch": torch.__version__, "x": flat(x), "y": flat(y), "w": flat(w),
    "cases": [case(name, activation) for name, activation in ACTIVATIONS.items()],
    "optimisers": {
        "nadam": optimiser_trace(lambda p: torch.optim.NAdam(p, lr=0.02, eps=1e-7, momentum_decay=4e-3)),
        "adam": optimiser_trace(lambda p: torch.optim.Adam(p, lr=0.02, eps=1e-8)),
        "adamW": optimiser_trace(lambda p: torch.optim.AdamW(p, lr=0.02, eps=1e-8, weight_decay=0.05)),
        "sgd": optimiser_trace(lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.8)),
    },
}
with open("training.json", "w") as file:
    json.dump(data, file, separators=(",", ":"))
save_file({"0.weight": torch.arange(6, dtype=torch.float32).reshape(2, 3) / 4, "0.bias": torch.tensor([-1.0, 1e-3],
          dtype=torch.float32)}, "pytorch.safetensors", metadata={"format": "pt"})
